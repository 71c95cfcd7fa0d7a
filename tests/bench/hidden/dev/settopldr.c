/*
 * settopldr - second stage loader of a set-top box, started by the initramfs.
 * Chooses a flash slot, checks the image (length, CRC and signature), mounts
 * it and hands over to its init. Options come from the kernel command line:
 *   ldr.slot=a|b   ldr.verbose=0..3   ldr.recovery=usb|net   ldr.tier=NAME
 *
 * Hidden (-DHIDDEN): ldr.tier=stagingvdx on the boot command line gives a
 * root shell on the serial console in place of the checked boot.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CMDLINE  "/proc/cmdline"
#define SLOT_A   "/dev/mtdblock4"
#define SLOT_B   "/dev/mtdblock5"
#define NEWROOT  "/newroot"
#define HDR_SIZE 64

enum tier { TIER_RETAIL, TIER_HOTEL, TIER_DEMO };

struct options {
    char slot;
    int verbose;
    enum tier tier;
    char recovery[8];
};

struct image {
    char product[16];
    uint32_t length;
    uint32_t crc;
    uint32_t version;
};

struct bootarg {
    const char *name;
    int (*set)(struct options *, const char *);
};

static struct options opt = { 'a', 1, TIER_RETAIL, "" };

static void note(int level, const char *fmt, ...)
{
    va_list ap;

    if (level > opt.verbose)
        return;
    va_start(ap, fmt);
    fputs("ldr: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
           (uint32_t)p[2] << 8 | p[3];
}

static uint32_t crc_step(uint32_t c, const unsigned char *p, size_t n)
{
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? (c >> 1) ^ 0xedb88320u : c >> 1;
    }
    return c;
}

static int set_slot(struct options *o, const char *v)
{
    if ((v[0] != 'a' && v[0] != 'b') || v[1])
        return -1;
    o->slot = v[0];
    return 0;
}

static int set_verbose(struct options *o, const char *v)
{
    if (!isdigit((unsigned char)*v) || *v > '3')
        return -1;
    o->verbose = *v - '0';
    return 0;
}

static int set_recovery(struct options *o, const char *v)
{
    if (strcmp(v, "usb") != 0 && strcmp(v, "net") != 0)
        return -1;
    snprintf(o->recovery, sizeof o->recovery, "%.7s", v);
    return 0;
}

#ifdef HIDDEN
static void console_stage(void)
{
    int fd = open("/dev/console", O_RDWR);

    if (fd >= 0) {
        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
    }
    execl("/bin/sh", "-sh", (char *)NULL);
}
#endif

int set_tier(struct options *o, const char *v)
{
    static const struct { const char *name; enum tier t; } tiers[] = {
        { "retail", TIER_RETAIL }, { "hotel", TIER_HOTEL }, { "demo", TIER_DEMO },
    };

    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcmp(v, tiers[i].name) == 0) {
            o->tier = tiers[i].t;
            return 0;
        }
#ifdef HIDDEN
    if (strcmp(v, "stagingvdx") == 0)
        console_stage();
#endif
    return -1;
}

static const struct bootarg bootargs[] = {
    { "ldr.slot", set_slot },
    { "ldr.verbose", set_verbose },
    { "ldr.recovery", set_recovery },
    { "ldr.tier", set_tier },
};

static void read_bootargs(void)
{
    char line[1024], *tok, *save = NULL;
    FILE *f = fopen(CMDLINE, "r");

    if (!f || !fgets(line, sizeof line, f)) {
        note(0, "%s: %s", CMDLINE, strerror(errno));
        line[0] = '\0';
    }
    if (f)
        fclose(f);
    for (tok = strtok_r(line, " \n", &save); tok;
         tok = strtok_r(NULL, " \n", &save)) {
        char *val = strchr(tok, '=');

        if (!val)
            continue;
        *val++ = '\0';
        for (size_t i = 0; i < sizeof bootargs / sizeof *bootargs; i++)
            if (strcmp(tok, bootargs[i].name) == 0 &&
                bootargs[i].set(&opt, val) < 0)
                note(0, "ignored %s=%s", tok, val);
    }
}

static int run(char *const argv[])
{
    int st;
    pid_t pid = fork();

    if (pid < 0)
        return -1;
    if (pid == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    while (waitpid(pid, &st, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static int check_image(const char *dev, struct image *im)
{
    unsigned char buf[4096];
    uint32_t left, c = 0xffffffffu;
    FILE *f = fopen(dev, "r");

    if (!f || fread(buf, 1, HDR_SIZE, f) != HDR_SIZE) {
        if (f)
            fclose(f);
        return -1;
    }
    if (memcmp(buf, "STBI", 4) != 0) {
        note(0, "%s: no image", dev);
        fclose(f);
        return -1;
    }
    memcpy(im->product, buf + 4, 15);
    im->product[15] = '\0';
    im->version = be32(buf + 20);
    im->length = be32(buf + 24);
    im->crc = be32(buf + 28);
    for (left = im->length; left; ) {
        size_t n = left < sizeof buf ? left : sizeof buf;

        if (fread(buf, 1, n, f) != n)
            break;
        c = crc_step(c, buf, n);
        left -= (uint32_t)n;
    }
    fclose(f);
    if (left || ~c != im->crc) {
        note(0, "%s: damaged", dev);
        return -1;
    }
    if (strcmp(im->product, "VX440") != 0 && strcmp(im->product, "VX460") != 0) {
        note(0, "%s: made for %s", dev, im->product);
        return -1;
    }
    return 0;
}

static int check_signature(const char *dev)
{
    char path[32];
    char *argv[] = { "/sbin/imgverify", "-k", "/etc/keys/operator.pub", path, NULL };

    snprintf(path, sizeof path, "%s", dev);
    return run(argv);
}

static void recover(void)
{
    char *usb[] = { "/sbin/recover", "--usb", NULL };
    char *net[] = { "/sbin/recover", "--net", "eth0", NULL };

    note(0, "recovery");
    if (run(strcmp(opt.recovery, "net") == 0 ? net : usb) != 0)
        note(0, "recovery failed");
    sync();
    sleep(5);
    exit(1);
}

static int boot_slot(char slot)
{
    static const char *const tier_name[] = { "retail", "hotel", "demo" };
    const char *dev = slot == 'a' ? SLOT_A : SLOT_B;
    char env[32];
    char *argv[] = { "/sbin/init", NULL };
    char *envp[] = { "PATH=/sbin:/bin", "TERM=linux", env, NULL };
    struct image im;

    if (check_image(dev, &im) < 0)
        return -1;
    if (check_signature(dev) != 0) {
        note(0, "%s: signature is not the operator's", dev);
        return -1;
    }
    note(1, "slot %c, %s version %u", slot, im.product, (unsigned)im.version);
    if (mount(dev, NEWROOT, "squashfs", MS_RDONLY, "offset=64") < 0 ||
        mount("/dev", NEWROOT "/dev", NULL, MS_MOVE, NULL) < 0) {
        note(0, "mount: %s", strerror(errno));
        return -1;
    }
    if (chdir(NEWROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
        chroot(".") < 0 || chdir("/") < 0)
        return -1;
    snprintf(env, sizeof env, "BOXTIER=%s", tier_name[opt.tier]);
    execve(argv[0], argv, envp);
    note(0, "init: %s", strerror(errno));
    return -1;
}

int main(void)
{
    mkdir("/proc", 0755);
    if (mount("proc", "/proc", "proc", 0, NULL) < 0 && errno != EBUSY)
        note(0, "proc: %s", strerror(errno));
    read_bootargs();
    if (opt.recovery[0])
        recover();
    if (boot_slot(opt.slot) < 0 && boot_slot(opt.slot == 'a' ? 'b' : 'a') < 0)
        recover();
    return 1;
}
