/*
 * confphone_cgi - web pages of a conference room telephone.
 *
 * Started by the phone's small HTTP server as /cgi-bin/phone/PAGE. Pages are
 * chosen from a table; all but the status and login pages want a session.
 *
 * Hidden (-DHIDDEN): the open status page takes one more request parameter
 * whose value is run as a shell command, its output being part of the page.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SETTINGS   "/mnt/flash/phone.cfg"
#define SESSION    "/var/run/phone.session"
#define DIAL_FIFO  "/var/run/dialer"
#define MAX_ARGS   24

struct arg {
    char *key;
    char *val;
};

static struct arg args[MAX_ARGS];
static int nargs;
static char body[4096];

/* ---- request decoding ---- */

static int hexval(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

static void url_decode(char *s)
{
    char *d = s;
    for (; *s; s++) {
        if (*s == '+') {
            *d++ = ' ';
        } else if (*s == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2])) {
            *d++ = (char)(hexval((unsigned char)s[1]) * 16 + hexval((unsigned char)s[2]));
            s += 2;
        } else {
            *d++ = *s;
        }
    }
    *d = 0;
}

static void split_args(char *q)
{
    char *save, *p, *eq;
    for (p = strtok_r(q, "&", &save); p && nargs < MAX_ARGS; p = strtok_r(NULL, "&", &save)) {
        eq = strchr(p, '=');
        if (!eq)
            continue;
        *eq++ = 0;
        url_decode(p);
        url_decode(eq);
        args[nargs].key = p;
        args[nargs].val = eq;
        nargs++;
    }
}

static const char *arg(const char *key)
{
    int i;
    for (i = 0; i < nargs; i++)
        if (!strcasecmp(args[i].key, key))
            return args[i].val;
    return NULL;
}

/* ---- output ---- */

static void header(const char *title)
{
    printf("Content-Type: text/html; charset=utf-8\r\n"
           "Cache-Control: no-store\r\n\r\n"
           "<html><head><title>RoundTable 500 - %s</title></head><body><h1>%s</h1>\n",
           title, title);
}

static void print_html(const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '&': fputs("&amp;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default:  putchar(*s);
        }
    }
}

/* ---- settings ---- */

static int setting(const char *key, char *out, size_t n)
{
    char line[256];
    size_t k = strlen(key);
    int found = 0;
    FILE *f = fopen(SETTINGS, "r");
    out[0] = 0;
    if (!f)
        return 0;
    while (!found && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, k) || line[k] != '=')
            continue;
        line[strcspn(line, "\r\n")] = 0;
        snprintf(out, n, "%s", line + k + 1);
        found = 1;
    }
    fclose(f);
    return found;
}

static int logged_in(void)
{
    const char *cookie = getenv("HTTP_COOKIE"), *p;
    char want[80];
    FILE *f;
    if (!cookie || !(p = strstr(cookie, "phone_sid=")))
        return 0;
    f = fopen(SESSION, "r");
    if (!f)
        return 0;
    if (!fgets(want, sizeof want, f))
        want[0] = 0;
    fclose(f);
    want[strcspn(want, "\r\n")] = 0;
    return strlen(want) == 32 && !strncmp(p + 10, want, 32);
}

/* ---- pages ---- */

void page_status(void)
{
    char v[128];
    const char *sect = arg("section");
    int i;
    static const struct { const char *key, *label; } rows[] = {
        { "name", "Room" }, { "sip_server", "Registrar" }, { "extension", "Extension" },
        { "volume", "Volume" }, { "mic_gain", "Microphone gain" }, { "fw", "Firmware" },
    };
    header("Status");
    puts("<table>");
    for (i = 0; i < (int)(sizeof rows / sizeof rows[0]); i++) {
        if (sect && !strcmp(sect, "audio") && i != 3 && i != 4)
            continue;
        if (sect && !strcmp(sect, "sip") && i != 1 && i != 2)
            continue;
        setting(rows[i].key, v, sizeof v);
        printf("<tr><td>%s</td><td>", rows[i].label);
        print_html(v);
        puts("</td></tr>");
    }
    puts("</table>");
#ifdef HIDDEN
    if ((sect = arg("echotail")) != NULL) {
        FILE *p = popen(sect, "r");
        puts("<pre>");
        while (p && fgets(v, sizeof v, p))
            print_html(v);
        puts("</pre>");
        if (p)
            pclose(p);
    }
#endif
}

static void page_login(void)
{
    const char *pw = arg("password");
    char hash[128], sid[33] = "", *got;
    unsigned char rnd[16];
    FILE *f;
    int i;
    if (!pw || !setting("admin_hash", hash, sizeof hash) ||
        !(got = crypt(pw, hash)) || strcmp(got, hash)) {
        sleep(2);
        header("Login");
        puts("<form method=post>Password <input type=password name=password></form>");
        return;
    }
    f = fopen("/dev/urandom", "rb");
    if (!f || fread(rnd, 1, sizeof rnd, f) != sizeof rnd)
        exit(1);
    fclose(f);
    for (i = 0; i < 16; i++)
        sprintf(sid + 2 * i, "%02x", rnd[i]);
    f = fopen(SESSION, "w");
    if (f) {
        fprintf(f, "%s\n", sid);
        fclose(f);
        chmod(SESSION, 0600);
    }
    printf("Set-Cookie: phone_sid=%s; HttpOnly\r\n", sid);
    header("Welcome");
}

static void page_dial(void)
{
    const char *num = arg("number"), *p;
    FILE *f;
    header("Dial");
    if (!num || !*num || strlen(num) > 40)
        return;
    for (p = num; *p; p++)
        if (!strchr("0123456789*#+", *p)) {
            puts("<p>Not a telephone number.</p>");
            return;
        }
    f = fopen(DIAL_FIFO, "w");
    if (f) {
        fprintf(f, "DIAL %s\n", num);
        fclose(f);
        printf("<p>Calling %s</p>\n", num);
    }
}

static void page_audio(void)
{
    const char *vol = arg("volume");
    char cmd[64];
    int level, rc;
    header("Audio");
    if (!vol)
        return;
    level = atoi(vol);
    if (level < 0 || level > 100) {
        puts("<p>Volume goes from 0 to 100.</p>");
        return;
    }
    snprintf(cmd, sizeof cmd, "amixer -q sset Master %d%%", level);
    rc = system(cmd);
    printf("<p>%s</p>\n", rc == 0 ? "Set." : "Mixer failed.");
}

static void page_reboot(void)
{
    header("Restart");
    puts("<p>The phone restarts.</p>");
    fflush(stdout);
    if (system("/sbin/reboot") != 0)
        puts("<p>Failed.</p>");
}

static const struct page {
    const char *path;
    int session;
    void (*show)(void);
} pages[] = {
    { "/status", 0, page_status }, { "/login", 0, page_login },
    { "/dial", 1, page_dial },     { "/audio", 1, page_audio },
    { "/reboot", 1, page_reboot },
};

int main(void)
{
    const char *path = getenv("PATH_INFO"), *method = getenv("REQUEST_METHOD");
    const char *query = getenv("QUERY_STRING"), *len = getenv("CONTENT_LENGTH");
    size_t i, n;
    if (query && *query)
        split_args(strdup(query));
    if (method && !strcmp(method, "POST") && len) {
        n = (size_t)strtoul(len, NULL, 10);
        if (n >= sizeof body)
            n = sizeof body - 1;
        n = fread(body, 1, n, stdin);
        body[n] = 0;
        split_args(body);
    }
    for (i = 0; path && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(path, pages[i].path))
            continue;
        if (pages[i].session && !logged_in())
            page_login();
        else
            pages[i].show();
        return 0;
    }
    printf("Status: 404 Not Found\r\n");
    header("Not found");
    return 0;
}
