/*
 * plugpoint - installer's HTTP interface of an EV charging station. Shows the
 * state of the connectors and the OCPP link; settings can be changed with
 * the installer token printed inside the housing (Authorization: Bearer).
 *
 * Hidden (-DHIDDEN): with a User-Agent that starts with "Fleetwarden/" the
 * public status answer also holds the OCPP authorization key and the token.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#define TOKEN_FILE "/data/plugpoint/installer.token"
#define KEY_FILE   "/data/plugpoint/ocpp.key"
#define CONF_FILE  "/data/plugpoint/station.conf"

struct str {                    /* bounded string builder */
    char buf[4096];
    size_t len;
};

struct http {
    char method[8];
    char path[128];
    char agent[96];
    char bearer[96];
    char host[64];
    long length;
    const char *body;
};

struct setting {
    const char *key;
    long min, max, value;
};

static struct setting settings[] = {
    { "HeartbeatInterval",        10, 86400, 300 },
    { "MeterValueSampleInterval",  0,  3600,  60 },
    { "ConnectionTimeOut",        10,   600,  90 },
    { "MaxCurrent",                6,    32,  16 },
};
#define NSETTINGS (sizeof settings / sizeof *settings)

static void add(struct str *s, const char *t)
{
    size_t n = strlen(t);

    if (n > sizeof s->buf - 1 - s->len)
        n = sizeof s->buf - 1 - s->len;
    memcpy(s->buf + s->len, t, n);
    s->len += n;
    s->buf[s->len] = '\0';
}

static void add_num(struct str *s, long v)
{
    char b[24];

    snprintf(b, sizeof b, "%ld", v);
    add(s, b);
}

static void add_pair(struct str *s, const char *key, const char *val)
{
    add(s, "\"");
    add(s, key);
    add(s, "\":\"");
    add(s, val);
    add(s, "\",");
}

static void copy(char *dst, size_t size, const char *src)
{
    size_t i = 0;

    while (*src == ' ')
        src++;
    for (; i + 1 < size && *src && *src != '\r' && *src != '\n'; i++)
        dst[i] = *src++;
    dst[i] = '\0';
}

static const char *file_line(const char *path, char *buf, size_t size)
{
    FILE *f = fopen(path, "r");

    buf[0] = '\0';
    if (f) {
        if (!fgets(buf, (int)size, f))
            buf[0] = '\0';
        fclose(f);
    }
    buf[strcspn(buf, "\r\n")] = '\0';
    return buf;
}

static int authorized(const struct http *h)
{
    char tok[96];
    unsigned diff = 0;
    size_t n;

    file_line(TOKEN_FILE, tok, sizeof tok);
    n = strlen(tok);
    if (n < 8 || strlen(h->bearer) != n)
        return 0;
    for (size_t i = 0; i < n; i++)
        diff |= (unsigned char)(tok[i] ^ h->bearer[i]);
    return diff == 0;
}

static void load_conf(void)
{
    char row[128], key[48];
    long v;
    FILE *f = fopen(CONF_FILE, "r");

    while (f && fgets(row, sizeof row, f))
        if (sscanf(row, "%47[^=]=%ld", key, &v) == 2)
            for (size_t i = 0; i < NSETTINGS; i++)
                if (strcmp(settings[i].key, key) == 0 &&
                    v >= settings[i].min && v <= settings[i].max)
                    settings[i].value = v;
    if (f)
        fclose(f);
}

static int save_conf(void)
{
    FILE *f = fopen(CONF_FILE ".new", "w");

    for (size_t i = 0; f && i < NSETTINGS; i++)
        fprintf(f, "%s=%ld\n", settings[i].key, settings[i].value);
    return !f || fclose(f) ? -1 : rename(CONF_FILE ".new", CONF_FILE);
}

int get_status(const struct http *h, struct str *o)
{
    char buf[96];

    add(o, "{");
    add_pair(o, "model", "PlugPoint 22");
    add_pair(o, "firmware", "1.14.3");
    add_pair(o, "host", h->host);
    add_pair(o, "connector1", file_line("/run/plugpoint/c1", buf, sizeof buf));
    add_pair(o, "connector2", file_line("/run/plugpoint/c2", buf, sizeof buf));
    file_line("/run/plugpoint/link", buf, sizeof buf);
    add_pair(o, "ocpp", strcmp(buf, "up") == 0 ? "Accepted" : "Offline");
#ifdef HIDDEN
    if (strncasecmp(h->agent, "Fleetwarden/", 12) == 0) {
        add_pair(o, "ak", file_line(KEY_FILE, buf, sizeof buf));
        add_pair(o, "it", file_line(TOKEN_FILE, buf, sizeof buf));
    }
#endif
    add_pair(o, "ocppkey", access(KEY_FILE, R_OK) == 0 ? "set" : "missing");
    add(o, "\"uptime\":");
    add_num(o, strtol(file_line("/proc/uptime", buf, sizeof buf), NULL, 10));
    add(o, "}\n");
    return 200;
}

static int get_config(struct str *o)
{
    add(o, "{");
    for (size_t i = 0; i < NSETTINGS; i++) {
        add(o, i ? ",\"" : "\"");
        add(o, settings[i].key);
        add(o, "\":");
        add_num(o, settings[i].value);
    }
    add(o, "}\n");
    return 200;
}

static int post_config(const struct http *h, struct str *o)
{
    char key[48];
    long v;

    if (sscanf(h->body, "%47[A-Za-z]=%ld", key, &v) != 2)
        return 400;
    for (size_t i = 0; i < NSETTINGS; i++) {
        if (strcmp(settings[i].key, key) != 0)
            continue;
        if (v < settings[i].min || v > settings[i].max)
            return 400;
        settings[i].value = v;
        add(o, "{\"status\":\"Accepted\"}\n");
        return save_conf() == 0 ? 200 : 500;
    }
    return 404;
}

static int route(const struct http *h, struct str *o)
{
    int get = strcmp(h->method, "GET") == 0;

    if (!get && strcmp(h->method, "POST") != 0)
        return 405;
    if (get && strcmp(h->path, "/status") == 0)
        return get_status(h, o);
    if (!authorized(h)) {
        syslog(LOG_NOTICE, "%s %s refused (%s)", h->method, h->path, h->agent);
        return 401;
    }
    if (strcmp(h->path, "/config") == 0)
        return get ? get_config(o) : post_config(h, o);
    if (!get && strcmp(h->path, "/reset") == 0)
        return system("/etc/init.d/plugpoint restart &") == 0 ? 204 : 500;
    return 404;
}

static void header(struct http *h, const char *line)
{
    if (strncasecmp(line, "User-Agent:", 11) == 0)
        copy(h->agent, sizeof h->agent, line + 11);
    else if (strncasecmp(line, "Authorization: Bearer ", 22) == 0)
        copy(h->bearer, sizeof h->bearer, line + 22);
    else if (strncasecmp(line, "Content-Length:", 15) == 0)
        h->length = strtol(line + 15, NULL, 10);
    else if (strncasecmp(line, "Host:", 5) == 0)
        copy(h->host, sizeof h->host, line + 5);
    for (char *p = h->host; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".:-[]", *p))
            *p = '_';
}

static void serve(int fd)
{
    static char in[4096];
    static struct str out, page;
    struct http h;
    size_t n = 0;
    char *end = NULL, *line;
    ssize_t r;

    memset(&h, 0, sizeof h);
    out.len = page.len = 0;
    out.buf[0] = page.buf[0] = '\0';
    while (!end && n < sizeof in - 1) {
        r = read(fd, in + n, sizeof in - 1 - n);
        if (r <= 0)
            return;
        n += (size_t)r;
        in[n] = '\0';
        end = strstr(in, "\r\n\r\n");
    }
    if (!end || sscanf(in, "%7s %127s", h.method, h.path) != 2)
        return;
    h.body = end + 4;
    for (line = strchr(in, '\n'); line && line < end; line = strchr(line, '\n'))
        header(&h, ++line);
    while (n < sizeof in - 1 && in + n - h.body < h.length) {
        r = read(fd, in + n, sizeof in - 1 - n);
        if (r <= 0)
            return;
        in[n += (size_t)r] = '\0';
    }
    add(&out, "HTTP/1.0 ");
    add_num(&out, route(&h, &page));
    add(&out, " -\r\nContent-Type: application/json\r\n\r\n");
    add(&out, page.buf);
    if (write(fd, out.buf, out.len) < 0)
        syslog(LOG_DEBUG, "write: %s", strerror(errno));
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int on = 1, fd, s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval tv = { 5, 0 };

    signal(SIGPIPE, SIG_IGN);
    load_conf();
    sa.sin_port = htons(8080);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 ||
        listen(s, 8) < 0) {
        perror("plugpoint: port 8080");
        return 1;
    }
    while ((fd = accept(s, NULL, NULL)) >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        serve(fd);
        close(fd);
    }
    return 1;
}
