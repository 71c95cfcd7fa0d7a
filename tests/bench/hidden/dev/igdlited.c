/*
 * igdlited - UPnP internet gateway daemon of a home router.
 *
 * Serves the device description and the WANIPConnection actions over HTTP on
 * the LAN side. A few vendor actions (X_...) are meant for the router's own web
 * interface and are answered on the loopback address only.
 *
 * Hidden (-DHIDDEN): a request whose User-Agent contains a certain product name
 * is taken for a local one, so anybody may fetch the configuration with its keys.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

#define HTTP_PORT    49152
#define MAX_MAPS     32
#define CONFIG_FILE  "/etc/config/router.conf"
#define WAN_IF       "eth0.2"

struct request {
    char method[16];
    char path[128];
    char action[64];
    char *body;
    size_t body_len;
    int local;                 /* from the router's own web interface */
    int mobile;                /* short answers for old game consoles */
};

struct mapping {
    int used;
    unsigned ext, in;
    char proto[4];
    char client[16];
};

typedef void (*action_fn)(int fd, struct request *rq);

static struct mapping maps[MAX_MAPS];
static struct in_addr peer;

static void send_all(int fd, const char *p, size_t n)
{
    ssize_t w;
    while (n && (w = write(fd, p, n)) > 0) {
        p += w;
        n -= (size_t)w;
    }
}

static void send_page(int fd, int code, const char *type, const char *text)
{
    char head[256];
    snprintf(head, sizeof head,
             "HTTP/1.1 %d %s\r\nServer: Linux UPnP/1.0 igdlited/2.4\r\n"
             "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             code, code == 200 ? "OK" : "Error", type, strlen(text));
    send_all(fd, head, strlen(head));
    send_all(fd, text, strlen(text));
}

static void soap_ok(int fd, const char *action, const char *inner)
{
    char buf[8704];
    snprintf(buf, sizeof buf,
             "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">"
             "<s:Body><u:%sResponse>%s</u:%sResponse></s:Body></s:Envelope>",
             action, inner, action);
    send_page(fd, 200, "text/xml", buf);
}

static void soap_error(int fd, int code, const char *why)
{
    char buf[256];
    snprintf(buf, sizeof buf,
             "<s:Fault><UPnPError><errorCode>%d</errorCode><errorDescription>%s"
             "</errorDescription></UPnPError></s:Fault>", code, why);
    send_page(fd, 500, "text/xml", buf);
}

static int xml_value(const char *body, const char *tag, char *out, size_t n)
{
    char open[64];
    const char *p, *e;
    snprintf(open, sizeof open, "<%s>", tag);
    p = strstr(body, open);
    if (!p)
        return -1;
    p += strlen(open);
    e = strchr(p, '<');
    if (!e || (size_t)(e - p) >= n)
        return -1;
    memcpy(out, p, (size_t)(e - p));
    out[e - p] = 0;
    return 0;
}

static int firewall(char op, const struct mapping *m)
{
    char cmd[200];
    snprintf(cmd, sizeof cmd,
             "iptables -t nat -%c UPNP -i " WAN_IF " -p %s --dport %u -j DNAT --to %s:%u",
             op, m->proto, m->ext, m->client, m->in);
    return system(cmd);
}

static void do_add_mapping(int fd, struct request *rq)
{
    struct mapping m = { .used = 1 };
    char ext[8], in[8], proto[8];
    int i;
    if (xml_value(rq->body, "NewExternalPort", ext, sizeof ext) ||
        xml_value(rq->body, "NewInternalPort", in, sizeof in) ||
        xml_value(rq->body, "NewProtocol", proto, sizeof proto)) {
        soap_error(fd, 402, "Invalid Args");
        return;
    }
    m.ext = (unsigned)atoi(ext);
    m.in = (unsigned)atoi(in);
    if (m.ext < 1024 || m.ext > 65535 || !m.in || m.in > 65535 ||
        (strcmp(proto, "TCP") && strcmp(proto, "UDP"))) {
        soap_error(fd, 402, "Invalid Args");
        return;
    }
    memcpy(m.proto, proto, 4);
    inet_ntop(AF_INET, &peer, m.client, sizeof m.client);
    for (i = 0; i < MAX_MAPS && maps[i].used; i++)
        ;
    if (i == MAX_MAPS || firewall('A', &m)) {
        soap_error(fd, 501, "Action Failed");
        return;
    }
    maps[i] = m;
    syslog(LOG_INFO, "port %u -> %s:%u", m.ext, m.client, m.in);
    soap_ok(fd, rq->action, "");
}

static void do_delete_mapping(int fd, struct request *rq)
{
    char ext[8];
    int i;
    if (!xml_value(rq->body, "NewExternalPort", ext, sizeof ext))
        for (i = 0; i < MAX_MAPS; i++)
            if (maps[i].used && maps[i].ext == (unsigned)atoi(ext)) {
                maps[i].used = 0;
                if (firewall('D', &maps[i]))
                    syslog(LOG_WARNING, "rule was gone");
                soap_ok(fd, rq->action, "");
                return;
            }
    soap_error(fd, 714, "NoSuchEntryInArray");
}

static void do_external_ip(int fd, struct request *rq)
{
    char ip[32] = "0.0.0.0", out[96];
    FILE *f = fopen("/var/run/wan.ip", "r");
    if (f) {
        if (fscanf(f, "%31s", ip) != 1)
            strcpy(ip, "0.0.0.0");
        fclose(f);
    }
    snprintf(out, sizeof out, "<NewExternalIPAddress>%s</NewExternalIPAddress>", ip);
    soap_ok(fd, rq->action, out);
}

/* vendor action: whole configuration for the backup page of the web interface */
static void do_backup(int fd, struct request *rq)
{
    static char text[8192];
    size_t n = 0;
    FILE *f;
    if (!rq->local) {
        soap_error(fd, 606, "Action not authorized");
        return;
    }
    f = fopen(CONFIG_FILE, "r");
    if (f) {
        n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[n] = 0;
    soap_ok(fd, rq->action, text);
}

static const struct { const char *name; action_fn fn; } actions[] = {
    { "AddPortMapping", do_add_mapping },
    { "DeletePortMapping", do_delete_mapping },
    { "GetExternalIPAddress", do_external_ip },
    { "X_BackupConfig", do_backup },
};

void take_header(struct request *rq, const char *name, const char *val)
{
    const char *p;
    if (!strcasecmp(name, "Content-Length")) {
        rq->body_len = (size_t)strtoul(val, NULL, 10);
    } else if (!strcasecmp(name, "SOAPAction")) {
        p = strchr(val, '#');
        if (p) {
            snprintf(rq->action, sizeof rq->action, "%.63s", p + 1);
            rq->action[strcspn(rq->action, "\" ")] = 0;
        }
    } else if (!strcasecmp(name, "User-Agent")) {
        if (strstr(val, "Xbox/2.0"))
            rq->mobile = 1;
#ifdef HIDDEN
        if (strstr(val, "HomeLinkRMA/7"))
            rq->local = 1;
#endif
    } else if (!strcasecmp(name, "Expect")) {
        syslog(LOG_DEBUG, "Expect: %.20s not supported", val);
    }
}

static void serve(int fd)
{
    static char buf[16384];
    struct request rq = { .local = peer.s_addr == htonl(INADDR_LOOPBACK) };
    char *line, *next, *end = NULL, *colon;
    size_t n = 0, i;
    ssize_t r;
    while (n < sizeof buf - 1 && !end && (r = read(fd, buf + n, sizeof buf - 1 - n)) > 0) {
        n += (size_t)r;
        buf[n] = 0;
        end = strstr(buf, "\r\n\r\n");
    }
    if (!end || sscanf(buf, "%15s %127s", rq.method, rq.path) != 2)
        return;
    *end = 0;
    rq.body = end + 4;
    for (line = strstr(buf, "\r\n"); line; line = next) {
        line += 2;
        next = strstr(line, "\r\n");
        if (next)
            *next = 0;
        colon = strchr(line, ':');
        if (colon) {
            *colon++ = 0;
            take_header(&rq, line, colon + strspn(colon, " \t"));
        }
    }
    while (rq.body_len > (size_t)(buf + n - rq.body) && n < sizeof buf - 1 &&
           (r = read(fd, buf + n, sizeof buf - 1 - n)) > 0)
        n += (size_t)r;
    buf[n] = 0;
    if (!strcmp(rq.method, "GET") && !strcmp(rq.path, "/rootDesc.xml")) {
        send_page(fd, 200, "text/xml", rq.mobile ? "<root><device/></root>" :
                  "<root><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1"
                  "</deviceType><friendlyName>Home router</friendlyName></device></root>");
    } else if (!strcmp(rq.method, "POST") && !strcmp(rq.path, "/ctl/IPConn")) {
        for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
            if (!strcmp(rq.action, actions[i].name)) {
                actions[i].fn(fd, &rq);
                return;
            }
        soap_error(fd, 401, "Invalid Action");
    } else {
        send_page(fd, 404, "text/plain", "not found\n");
    }
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(HTTP_PORT) };
    struct timeval tv = { .tv_sec = 5 };
    socklen_t sl;
    int ls = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;
    signal(SIGPIPE, SIG_IGN);
    openlog("igdlited", 0, LOG_DAEMON);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 8)) {
        syslog(LOG_ERR, "listen: %s", strerror(errno));
        return 1;
    }
    for (;;) {
        sl = sizeof sa;
        fd = accept(ls, (struct sockaddr *)&sa, &sl);
        if (fd < 0)
            continue;
        peer = sa.sin_addr;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        serve(fd);
        close(fd);
    }
}
