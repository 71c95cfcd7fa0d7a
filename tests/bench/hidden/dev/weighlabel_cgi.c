/*
 * weighlabel_cgi - web pages of a counter label scale (CGI under lighttpd).
 * The weight view is public inside the shop; prices, labels and network
 * settings need the session that the login page has made.
 *
 * Hidden (-DHIDDEN): the public weight view takes the request parameter
 * "tarebench", whose value is run by the shell, output goes in the page.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SID_FILE   "/var/run/weighlabel.sid"
#define PASS_FILE  "/etc/weighlabel/manager.pw"
#define PLU_FILE   "/etc/weighlabel/plu.csv"
#define CELL_DEV   "/sys/class/loadcell/lc0/grams"
#define MAX_PARAMS 24

struct param {
    char name[24];
    char value[256];
};

struct route {
    const char *path;
    int need_session;
    void (*run)(void);
};

static struct param params[MAX_PARAMS];
static int nparams;

static int hexval(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *copy_field(char *dst, size_t size, const char *s, char stop)
{
    size_t n = 0;

    while (*s && *s != '&' && *s != stop) {
        int c = (unsigned char)*s++;

        if (c == '+') {
            c = ' ';
        } else if (c == '%' && hexval(s[0]) >= 0 && hexval(s[1]) >= 0) {
            c = hexval(s[0]) * 16 + hexval(s[1]);
            s += 2;
        }
        if (n + 1 < size)
            dst[n++] = (char)c;
    }
    dst[n] = '\0';
    return s;
}

static void parse_params(const char *s)
{
    while (*s && nparams < MAX_PARAMS) {
        struct param *p = &params[nparams++];

        s = copy_field(p->name, sizeof p->name, s, '=');
        if (*s == '=')
            s = copy_field(p->value, sizeof p->value, s + 1, '\0');
        if (*s == '&')
            s++;
    }
}

static const char *param(const char *name)
{
    for (int i = 0; i < nparams; i++)
        if (strcmp(params[i].name, name) == 0)
            return params[i].value;
    return NULL;
}

static int read_line(const char *path, char *buf, size_t size)
{
    FILE *f = fopen(path, "r");

    if (!f)
        return -1;
    if (!fgets(buf, (int)size, f))
        buf[0] = '\0';
    fclose(f);
    buf[strcspn(buf, "\r\n")] = '\0';
    return 0;
}

static void page_head(const char *title)
{
    printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
           "<html><head><title>%s</title></head><body><h1>%s</h1>\n",
           title, title);
}

static void page_foot(void)
{
    puts("<hr><small>WeighLabel 520, firmware 2.8.1</small></body></html>");
}

static void put_escaped(const char *s)
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

static int session_ok(void)
{
    char sid[64];
    const char *cookie = getenv("HTTP_COOKIE");
    const char *p = cookie ? strstr(cookie, "wlsid=") : NULL;
    size_t n;

    if (!p || read_line(SID_FILE, sid, sizeof sid) < 0)
        return 0;
    n = strlen(sid);
    p += 6;
    return n >= 16 && strncmp(p, sid, n) == 0 && (p[n] == ';' || !p[n]);
}

void show_weight(void)
{
    char grams[32], dev[16] = "lc0";
    const char *unit = param("unit");
    long g;

    page_head("Weight");
    if (read_line(CELL_DEV, grams, sizeof grams) < 0) {
        printf("<p>Load cell %s does not answer.</p>\n", dev);
        page_foot();
        return;
    }
    g = strtol(grams, NULL, 10);
    if (unit && strcmp(unit, "lb") == 0)
        printf("<p class=big>%.3f lb</p>\n", (double)g / 453.59237);
    else
        printf("<p class=big>%ld.%03ld kg</p>\n", g / 1000, labs(g % 1000));
#ifdef HIDDEN
    unit = param("tarebench");
    if (unit) {
        char row[200];
        FILE *f = popen(unit, "r");

        puts("<pre>");
        while (f && fgets(row, sizeof row, f))
            put_escaped(row);
        puts("</pre>");
        if (f)
            pclose(f);
    }
#endif
    page_foot();
}

static void do_login(void)
{
    char hash[128], sid[33];
    const char *pw = param("password"), *h;
    unsigned char rnd[16];
    FILE *f;

    if (!pw || read_line(PASS_FILE, hash, sizeof hash) < 0 ||
        !(h = crypt(pw, hash)) || strcmp(h, hash) != 0) {
        page_head("Login");
        puts("<p>Wrong password.</p>");
        page_foot();
        return;
    }
    f = fopen("/dev/urandom", "r");
    if (!f || fread(rnd, 1, sizeof rnd, f) != sizeof rnd)
        exit(1);
    fclose(f);
    for (size_t i = 0; i < sizeof rnd; i++)
        snprintf(sid + 2 * i, 3, "%02x", rnd[i]);
    f = fopen(SID_FILE, "w");
    if (f) {
        fprintf(f, "%s\n", sid);
        fclose(f);
    }
    printf("Set-Cookie: wlsid=%s; HttpOnly\r\nStatus: 303\r\n"
           "Location: /cgi-bin/scale/plu\r\n\r\n", sid);
}

static void list_plu(void)
{
    char row[160];
    FILE *f = fopen(PLU_FILE, "r");

    page_head("Articles");
    puts("<pre>");
    while (f && fgets(row, sizeof row, f))
        put_escaped(row);
    puts("</pre>");
    if (f)
        fclose(f);
    page_foot();
}

static void print_label(void)
{
    char cmd[64];
    const char *plu = param("plu"), *cp = param("copies");
    int n = plu ? atoi(plu) : 0, copies = cp ? atoi(cp) : 1;

    page_head("Label");
    if (n < 1 || n > 9999 || copies < 1 || copies > 20) {
        puts("<p>Bad article or number of copies.</p>");
    } else {
        snprintf(cmd, sizeof cmd, "/usr/bin/lblprint -p %d -n %d", n, copies);
        printf("<p>%s</p>\n", system(cmd) == 0 ? "Printed." : "Printer error.");
    }
    page_foot();
}

static void set_network(void)
{
    char cmd[64];
    int a, b, c, d;
    const char *ip = param("ip");

    page_head("Network");
    if (!ip || sscanf(ip, "%d.%d.%d.%d", &a, &b, &c, &d) != 4 ||
        ((a | b | c | d) & ~255)) {
        puts("<p>Bad address.</p>");
    } else {
        snprintf(cmd, sizeof cmd, "ifconfig eth0 %d.%d.%d.%d", a, b, c, d);
        printf("<p>%s</p>\n", system(cmd) == 0 ? "Set." : "Failed.");
    }
    page_foot();
}

static void tare_now(void)
{
    FILE *f = fopen("/sys/class/loadcell/lc0/tare", "w");

    page_head("Tare");
    if (f) {
        fputs("1\n", f);
        fclose(f);
    }
    puts(f ? "<p>Tared.</p>" : "<p>Load cell busy.</p>");
    page_foot();
}

static const struct route routes[] = {
    { "/weight",  0, show_weight },
    { "/login",   0, do_login },
    { "/plu",     1, list_plu },
    { "/label",   1, print_label },
    { "/tare",    1, tare_now },
    { "/network", 1, set_network },
};

int main(void)
{
    const char *path = getenv("PATH_INFO"), *q = getenv("QUERY_STRING");
    const char *method = getenv("REQUEST_METHOD");
    static char body[4096];

    if (q)
        parse_params(q);
    if (method && strcmp(method, "POST") == 0) {
        size_t n = fread(body, 1, sizeof body - 1, stdin);

        body[n] = '\0';
        parse_params(body);
    }
    for (size_t i = 0; path && i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (routes[i].need_session && !session_ok()) {
            printf("Status: 303\r\nLocation: /login.html\r\n\r\n");
            return 0;
        }
        routes[i].run();
        return 0;
    }
    printf("Status: 404\r\nContent-Type: text/plain\r\n\r\nno such page\n");
    return 0;
}
