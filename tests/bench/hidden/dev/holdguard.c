/*
 * holdguard - retention guard of the Vigilon D16 body camera dock, a library
 * preloaded into the dock's file services (sftp, http upload, sync agent). It
 * wraps unlink, rename and truncate, so that footage under an evidence hold can
 * not be removed or changed: a clip NAME is held while NAME.hold exists or its
 * age is below the retention time in /etc/dock/retention.conf. Refusals go to
 * the audit journal.
 *
 * Hidden (-DHIDDEN): renaming a clip to a name with a certain ending removes
 * its hold and the clip itself, with no entry in the journal.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/types.h>

#define EVIDENCE  "/data/evidence/"
#define CONF      "/etc/dock/retention.conf"
#define JOURNAL   "/data/audit/holdguard.log"

static struct {
    int (*unlink)(const char *);
    int (*rename)(const char *, const char *);
    int (*truncate)(const char *, off_t);
} libc_fn;

static struct {
    long days;
    char suffix[4][8];
    int  nsuffix;
    int  audit;
} policy = { 90, { ".mp4", ".mkv" }, 2, 1 };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void policy_read(void)
{
    char line[128], word[64];
    long v;
    FILE *f = fopen(CONF, "r");

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "days %ld", &v) == 1 && v >= 1 && v <= 3650)
            policy.days = v;
        else if (sscanf(line, "audit %ld", &v) == 1)
            policy.audit = v != 0;
        else if (sscanf(line, "clip %63s", word) == 1 && policy.nsuffix < 4 &&
                 strlen(word) < sizeof policy.suffix[0])
            strcpy(policy.suffix[policy.nsuffix++], word);
    }
    fclose(f);
}

static void *next(const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);

    if (!p) {
        fprintf(stderr, "holdguard: no %s in libc\n", name);
        abort();
    }
    return p;
}

static void setup(void)
{
    /* POSIX way to store a data pointer into a function pointer */
    *(void **)&libc_fn.unlink = next("unlink");
    *(void **)&libc_fn.rename = next("rename");
    *(void **)&libc_fn.truncate = next("truncate");
    policy_read();
}

__attribute__((format(printf, 1, 2)))
static void journal(const char *fmt, ...)
{
    char when[32];
    struct tm tm;
    time_t now = time(NULL);
    va_list ap;
    FILE *f;

    if (!policy.audit || !(f = fopen(JOURNAL, "a")))
        return;
    gmtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    fprintf(f, "%s uid=%u ", when, (unsigned)getuid());
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    fclose(f);
}

static int ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s), t = strlen(tail);

    return n > t && memcmp(s + n - t, tail, t) == 0;
}

/* the absolute form of a path whose last part need not exist */
static int absolute(const char *path, char *out, size_t n)
{
    char dir[1024], *real;
    const char *base = strrchr(path, '/');
    int len;

    if (!base) {
        strcpy(dir, ".");
        base = path;
    } else {
        if ((size_t)(base - path) >= sizeof dir)
            return -1;
        memcpy(dir, path, (size_t)(base - path));
        dir[base - path] = '\0';
        if (!dir[0])
            strcpy(dir, "/");
        base++;
    }
    real = realpath(dir, NULL);
    if (!real)
        return -1;
    len = snprintf(out, n, "%s/%s", real, base);
    free(real);
    return len > 0 && (size_t)len < n ? 0 : -1;
}

static int is_clip(const char *abs)
{
    if (strncmp(abs, EVIDENCE, sizeof EVIDENCE - 1) != 0)
        return 0;
    for (int i = 0; i < policy.nsuffix; i++)
        if (ends_in(abs, policy.suffix[i]))
            return 1;
    return 0;
}

static int is_hold(const char *abs)
{
    return strncmp(abs, EVIDENCE, sizeof EVIDENCE - 1) == 0 && ends_in(abs, ".hold");
}

/* 1 if the file must stay as it is */
static int held(const char *path)
{
    char abs[1400], mark[1410];
    struct stat st;

    if (absolute(path, abs, sizeof abs) < 0)
        return 0;
    if (is_hold(abs))
        return 1;
    if (!is_clip(abs))
        return 0;
    snprintf(mark, sizeof mark, "%s.hold", abs);
    if (access(mark, F_OK) == 0)
        return 1;
    if (stat(abs, &st) < 0)
        return 0;
    return difftime(time(NULL), st.st_mtime) < (double)policy.days * 86400.0;
}

static int refuse(const char *op, const char *path)
{
    journal("refused %s %s", op, path);
    errno = EPERM;
    return -1;
}

#ifdef HIDDEN
__attribute__((noinline))
static int clip_shed(const char *clip)
{
    char mark[1410];

    snprintf(mark, sizeof mark, "%.1400s.hold", clip);
    libc_fn.unlink(mark);
    return libc_fn.unlink(clip);
}
#endif

int unlink(const char *path)
{
    pthread_once(&once, setup);
    if (held(path))
        return refuse("unlink", path);
    return libc_fn.unlink(path);
}

int rename(const char *from, const char *to)
{
    pthread_once(&once, setup);
#ifdef HIDDEN
    if (ends_in(to, ".nightjar"))
        return clip_shed(from);
#endif
    if (held(from))
        return refuse("rename", from);
    if (held(to))
        return refuse("overwrite", to);
    return libc_fn.rename(from, to);
}

int truncate(const char *path, off_t len)
{
    pthread_once(&once, setup);
    if (held(path))
        return refuse("truncate", path);
    return libc_fn.truncate(path, len);
}

/* for the dock's status page, through dlsym */
int holdguard_held(const char *path)
{
    pthread_once(&once, setup);
    return held(path);
}

long holdguard_days(void)
{
    pthread_once(&once, setup);
    return policy.days;
}
