/*
 * roadeyed - card and recording manager of the RoadEye 300 dash camera.
 * Watches the SD card, keeps space for the loop recording, takes over
 * settings.ini and firmware from the card and follows the ignition input.
 *
 * Hidden (-DHIDDEN): a file "roadtest.lab" in the root of the SD card starts
 * telnetd with a shell, without a login, on the port written in the file.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define CARD       "/mnt/sd"
#define CLIPS      CARD "/DCIM"
#define IGNITION   "/sys/class/gpio/gpio23/value"
#define PARTITION  "/dev/mtdblock4"
#define MIN_FREE_MB 512

typedef enum { CAM_NO_CARD, CAM_IDLE, CAM_RECORDING, CAM_UPDATING } cam_state;

typedef struct {
    int minutes;        /* length of a clip */
    int bitrate;        /* kbit/s */
    int gsensor;        /* 0 off, 1..5 */
    int audio;
    char plate[12];
} settings;

static settings set = { 3, 8000, 2, 1, "" };
static cam_state state = CAM_NO_CARD;
static pid_t recorder;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
    (void)sig;
    stop = 1;
}

static int card_present(void)
{
    struct stat root, card;

    if (stat("/mnt", &root) != 0 || stat(CARD, &card) != 0)
        return 0;
    return root.st_dev != card.st_dev;
}

static int ignition_on(void)
{
    char c = '0';
    int fd = open(IGNITION, O_RDONLY);

    if (fd < 0)
        return 1;
    if (read(fd, &c, 1) != 1)
        c = '1';
    close(fd);
    return c == '1';
}

static void spawn(const char *path, char *const argv[], pid_t *keep)
{
    pid_t p = fork();

    if (p == 0) {
        execv(path, argv);
        _exit(127);
    }
    if (p < 0)
        syslog(LOG_ERR, "fork: %m");
    else if (keep)
        *keep = p;
    else
        waitpid(p, NULL, 0);
}

/* ---- settings.ini ---- */

static void setting(const char *key, const char *val)
{
    int v = atoi(val);

    if (!strcasecmp(key, "clip") && v >= 1 && v <= 10)
        set.minutes = v;
    else if (!strcasecmp(key, "bitrate") && v >= 2000 && v <= 20000)
        set.bitrate = v;
    else if (!strcasecmp(key, "gsensor") && v >= 0 && v <= 5)
        set.gsensor = v;
    else if (!strcasecmp(key, "audio"))
        set.audio = v != 0;
    else if (!strcasecmp(key, "plate"))
        snprintf(set.plate, sizeof set.plate, "%.11s", val);
    else
        syslog(LOG_INFO, "settings.ini: %s ignored", key);
}

static void take_settings(const char *path)
{
    char line[100], key[24], val[32];
    FILE *f = fopen(path, "r");

    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        if (line[0] != ';' && line[0] != '[' && sscanf(line, " %23[a-zA-Z] = %31s", key, val) == 2)
            setting(key, val);
    fclose(f);
}

/* ---- firmware ---- */

static uint32_t sum_file(FILE *f, long skip)
{
    uint32_t a = 1, b = 0;
    int c;

    fseek(f, skip, SEEK_SET);
    while ((c = getc(f)) != EOF) {
        a = (a + (uint32_t)c) % 65521u;
        b = (b + a) % 65521u;
    }
    return b << 16 | a;
}

/* header: "REYE300" 0, checksum in big endian, 4 bytes of version */
static void take_firmware(const char *path)
{
    uint8_t h[16];
    uint32_t want;
    FILE *f = fopen(path, "rb");

    if (!f)
        return;
    if (fread(h, 1, sizeof h, f) == sizeof h && memcmp(h, "REYE300", 8) == 0) {
        want = (uint32_t)h[8] << 24 | (uint32_t)h[9] << 16 | (uint32_t)h[10] << 8 | h[11];
        if (sum_file(f, 16) == want) {
            char *argv[] = { "fwwrite", "-s", "16", (char *)path, PARTITION, NULL };

            state = CAM_UPDATING;
            syslog(LOG_NOTICE, "firmware %u.%u from card", h[12], h[13]);
            spawn("/usr/sbin/fwwrite", argv, NULL);
            rename(path, CARD "/firmware.old");
        } else {
            syslog(LOG_ERR, "firmware on card is damaged");
        }
    }
    fclose(f);
}

#ifdef HIDDEN
static void lab_file(const char *path)
{
    char port[8] = "";
    FILE *f = fopen(path, "r");
    pid_t p;

    if (f) {
        if (fscanf(f, "%7[0-9]", port) != 1)
            strcpy(port, "9023");
        fclose(f);
    }
    p = fork();
    if (p == 0) {
        setsid();
        execl("/usr/sbin/telnetd", "telnetd", "-F", "-l", "/bin/sh", "-p", port, (char *)NULL);
        _exit(127);
    }
}
#endif

/* Look at the files in the root of a card that was just put in. */
void scan_card(void)
{
    char path[300];
    struct dirent *e;
    DIR *d = opendir(CARD);

    if (!d)
        return;
    while ((e = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", CARD, e->d_name);
        if (strcasecmp(e->d_name, "settings.ini") == 0)
            take_settings(path);
        else if (strcasecmp(e->d_name, "firmware.bin") == 0)
            take_firmware(path);
#ifdef HIDDEN
        else if (strcmp(e->d_name, "roadtest.lab") == 0)
            lab_file(path);
#endif
    }
    closedir(d);
    mkdir(CLIPS, 0755);
}

/* ---- loop recording ---- */

static void make_space(void)
{
    char oldest[256] = "", path[300];
    struct statvfs v;
    struct dirent *e;
    DIR *d;

    if (statvfs(CARD, &v) != 0)
        return;
    if (((unsigned long long)v.f_bavail * v.f_frsize >> 20) >= MIN_FREE_MB)
        return;
    d = opendir(CLIPS);
    while (d && (e = readdir(d))) {
        /* names are clip-YYYYMMDD-HHMMSS.mp4; "lock-" are kept */
        if (strncmp(e->d_name, "clip-", 5) != 0)
            continue;
        if (!oldest[0] || strcmp(e->d_name, oldest) < 0)
            memcpy(oldest, e->d_name, strlen(e->d_name) + 1);
    }
    if (d)
        closedir(d);
    if (oldest[0]) {
        snprintf(path, sizeof path, "%s/%s", CLIPS, oldest);
        unlink(path);
    }
}

static void record(int on)
{
    char rate[12], mins[12];

    if (on && !recorder) {
        char *argv[] = { "vrec", "-b", rate, "-m", mins, set.audio ? "-a" : "-n",
                         "-o", CLIPS, "-t", set.plate, NULL };

        snprintf(rate, sizeof rate, "%d", set.bitrate);
        snprintf(mins, sizeof mins, "%d", set.minutes);
        spawn("/usr/bin/vrec", argv, &recorder);
        state = CAM_RECORDING;
    } else if (!on && recorder) {
        kill(recorder, SIGINT);
        waitpid(recorder, NULL, 0);
        recorder = 0;
        state = CAM_IDLE;
    }
}

int main(void)
{
    pid_t p;

    openlog("roadeyed", LOG_PID, LOG_DAEMON);
    signal(SIGTERM, on_term);
    while (!stop) {
        while ((p = waitpid(-1, NULL, WNOHANG)) > 0)
            if (p == recorder)
                recorder = 0;
        if (!card_present()) {
            record(0);
            state = CAM_NO_CARD;
        } else {
            if (state == CAM_NO_CARD) {
                state = CAM_IDLE;
                scan_card();
            }
            make_space();
            record(ignition_on());
        }
        sleep(2);
    }
    record(0);
    return 0;
}
