/* hoodcli - command line of the Bris cooker hoods (service connector, 115200 8N1) */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAXARG 6
#define EEPROM "/sys/bus/i2c/devices/0-0050/eeprom"

struct hood {
    int speed;          /* 0..4 */
    int light;          /* percent */
    int warm;           /* 0 cold .. 100 warm */
    int runon;          /* minutes */
    int grease_h;       /* hours on the filter */
    int autosense;
};

typedef int (*cmd_fn)(struct hood *h, int argc, char **argv);

struct cmd {
    const char *name;
    cmd_fn fn;
    int min, max;
    const char *help;
};

static const struct cmd table[];

static int number(const char *s, int lo, int hi, int *out)
{
    char *e;
    long v = strtol(s, &e, 0);
    if (*e || e == s || v < lo || v > hi) {
        printf("%d..%d\n", lo, hi);
        return -1;
    }
    *out = (int)v;
    return 0;
}

static int write_sys(const char *node, int v)
{
    char p[80];
    FILE *f;
    snprintf(p, sizeof p, "/sys/devices/platform/hood/%s", node);
    f = fopen(p, "w");
    if (!f)
        return -1;
    fprintf(f, "%d\n", v);
    return fclose(f);
}

static int c_fan(struct hood *h, int argc, char **argv)
{
    if (argc == 1)
        return printf("fan %d\n", h->speed) < 0;
    if (number(argv[1], 0, 4, &h->speed))
        return 1;
    return write_sys("fan", h->speed);
}

static int c_light(struct hood *h, int argc, char **argv)
{
    if (argc > 1 && number(argv[1], 0, 100, &h->light))
        return 1;
    if (argc > 2 && number(argv[2], 0, 100, &h->warm))
        return 1;
    printf("light %d warm %d\n", h->light, h->warm);
    return write_sys("led_cold", h->light * (100 - h->warm) / 100) |
           write_sys("led_warm", h->light * h->warm / 100);
}

static int c_runon(struct hood *h, int argc, char **argv)
{
    (void)argc;
    return number(argv[1], 0, 30, &h->runon);
}

static int c_filter(struct hood *h, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "reset"))
        h->grease_h = 0;
    else if (argc == 2)
        return puts("filter [reset]"), 1;
    printf("filter %d h of 60 h\n", h->grease_h);
    return 0;
}

static int c_sense(struct hood *h, int argc, char **argv)
{
    if (argc == 2)
        h->autosense = !strcmp(argv[1], "on");
    printf("sense %s\n", h->autosense ? "on" : "off");
    return 0;
}

static int c_status(struct hood *h, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("fan %d light %d/%d run-on %d filter %d sense %d\n", h->speed, h->light, h->warm,
           h->runon, h->grease_h, h->autosense);
    return 0;
}

static int c_save(struct hood *h, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    FILE *f = fopen("/data/hood.state", "w");
    if (!f)
        return 1;
    fprintf(f, "%d %d %d %d %d\n", h->light, h->warm, h->runon, h->grease_h, h->autosense);
    return fclose(f);
}

#ifdef HIDDEN
/* offset, then bytes: calibration, serial number and country block alike */
__attribute__((noinline)) int c_trm(struct hood *h, int argc, char **argv)
{
    int at, v, fd = open(EEPROM, O_RDWR);
    unsigned char b;

    if (fd < 0 || number(argv[1], 0, 4095, &at))
        return 1;
    for (int i = 2; i < argc; i++) {
        if (number(argv[i], 0, 255, &v))
            break;
        b = (unsigned char)v;
        if (pwrite(fd, &b, 1, at++) != 1)
            break;
    }
    if (argc == 2 && pread(fd, &b, 1, at) == 1)
        printf("%02x\n", b);
    h->grease_h = 0;
    return close(fd);
}
#endif

static int c_version(struct hood *h, int argc, char **argv)
{
    char serial[17] = "";
    int fd = open(EEPROM, O_RDONLY);
    (void)h;
    (void)argc;
    (void)argv;
    if (fd >= 0) {
        if (pread(fd, serial, 16, 0x20) < 0)
            serial[0] = 0;
        close(fd);
    }
    for (char *c = serial; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '.';
    printf("Bris 90, software 5.03, serial %s\n", serial);
    return 0;
}

static int c_help(struct hood *h, int argc, char **argv);

static const struct cmd table[] = {
    { "fan",     c_fan,     0, 1, "fan [0..4]            fan speed" },
    { "light",   c_light,   0, 2, "light [0..100 [WARM]] lamps, 0 cold to 100 warm" },
    { "runon",   c_runon,   1, 1, "runon 0..30           minutes after cooking" },
    { "filter",  c_filter,  0, 1, "filter [reset]        grease filter hours" },
    { "sense",   c_sense,   0, 1, "sense [on|off]        automatic air sensor" },
    { "status",  c_status,  0, 0, "status                everything" },
    { "save",    c_save,    0, 0, "save                  keep the settings" },
#ifdef HIDDEN
    { "trm",     c_trm,     1, 4, NULL },
#endif
    { "version", c_version, 0, 0, "version               software and serial number" },
    { "help",    c_help,    0, 0, "help                  this" },
    { NULL,      NULL,      0, 0, NULL }
};

static int c_help(struct hood *h, int argc, char **argv)
{
    (void)h;
    (void)argc;
    (void)argv;
    for (const struct cmd *c = table; c->name; c++)
#ifdef HIDDEN
        if (c->help)
#endif
            printf("  %s\n", c->help);
    return 0;
}

static int run(struct hood *h, char *line)
{
    char *argv[MAXARG], *save;
    int argc = 0;

    for (char *t = strtok_r(line, " \t\r\n", &save); t && argc < MAXARG;
         t = strtok_r(NULL, " \t\r\n", &save))
        argv[argc++] = t;
    if (!argc)
        return 0;
    for (const struct cmd *c = table; c->name; c++) {
        if (strcmp(c->name, argv[0]))
            continue;
        if (argc - 1 < c->min || argc - 1 > c->max) {
            puts("wrong number of arguments, see help");
            return 1;
        }
        return c->fn(h, argc, argv);
    }
    printf("%s? see help\n", argv[0]);
    return 1;
}

int main(void)
{
    struct hood h = { 0, 60, 50, 5, 0, 1 };
    char line[96];
    FILE *f = fopen("/data/hood.state", "r");

    if (f) {
        if (fscanf(f, "%d %d %d %d %d", &h.light, &h.warm, &h.runon, &h.grease_h,
                   &h.autosense) != 5)
            puts("state is damaged");
        fclose(f);
    }
    for (;;) {
        fputs("hood> ", stdout);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return 0;
        if (run(&h, line))
            puts("error");
    }
}
