/*
 * lullabeam_web - small web server of the LullaBeam BM-20 baby monitor.  It
 * serves the phone application: status, night light, volume, lullabies and
 * the snapshot written by the camera process.
 *
 * Hidden (-DHIDDEN): the status request, which needs no token, knows one more
 * parameter whose value is run as a shell command, the output is the answer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define WEB_PORT	8088
#define TOKEN_FILE	"/data/pairing.token"
#define SNAPSHOT	"/tmp/cam/last.jpg"
#define STATE_FILE	"/data/monitor.state"

static struct {
	int volume;
	int light;
	int song;
	char name[32];
} state = { 5, 0, 0, "Nursery" };

static const char *const songs[] = {
	"Twinkle", "Brahms", "Rain", "Heartbeat", "White noise"
};
#define NSONGS ((int)(sizeof songs / sizeof songs[0]))

static void put_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(fd, buf, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		buf += n;
		len -= (size_t)n;
	}
}

__attribute__((format(printf, 3, 4)))
static void answer(int fd, int code, const char *fmt, ...)
{
	char body[1024], head[192];
	va_list ap;
	int n, h;

	va_start(ap, fmt);
	n = vsnprintf(body, sizeof body, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n >= (int)sizeof body)
		n = (int)sizeof body - 1;
	h = snprintf(head, sizeof head,
		     "HTTP/1.0 %d %s\r\nContent-Type: application/json\r\n"
		     "Content-Length: %d\r\nConnection: close\r\n\r\n",
		     code, code == 200 ? "OK" : "Error", n);
	put_all(fd, head, (size_t)h);
	put_all(fd, body, (size_t)n);
}

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Find parameter `name' in the query string and decode it into out. */
static int query_get(const char *q, const char *name, char *out, size_t size)
{
	size_t nlen = strlen(name), o = 0;

	while (q && *q) {
		if (strncmp(q, name, nlen) == 0 && q[nlen] == '=') {
			for (q += nlen + 1; *q && *q != '&' && o + 1 < size; q++) {
				if (*q == '+')
					out[o++] = ' ';
				else if (*q == '%' && hexval(q[1]) >= 0 && hexval(q[2]) >= 0) {
					out[o++] = (char)(hexval(q[1]) * 16 + hexval(q[2]));
					q += 2;
				} else
					out[o++] = *q;
			}
			out[o] = 0;
			return 1;
		}
		q = strchr(q, '&');
		if (q)
			q++;
	}
	return 0;
}

static int query_int(const char *q, const char *name, int low, int high, int *out)
{
	char text[16], *end;
	long v;

	if (!query_get(q, name, text, sizeof text))
		return 0;
	v = strtol(text, &end, 10);
	if (end == text || *end || v < low || v > high)
		return 0;
	*out = (int)v;
	return 1;
}

static void save_state(void)
{
	FILE *f = fopen(STATE_FILE, "w");

	if (f) {
		fprintf(f, "volume=%d\nlight=%d\nsong=%d\nname=%s\n",
			state.volume, state.light, state.song, state.name);
		fclose(f);
	}
}

/* The token is made when a phone is paired with the button held down. */
static int token_ok(const char *q)
{
	char want[80] = "", got[80];
	unsigned char diff = 0;
	size_t i, len;
	FILE *f = fopen(TOKEN_FILE, "r");

	if (!f)
		return 0;
	if (!fgets(want, sizeof want, f))
		want[0] = 0;
	fclose(f);
	want[strcspn(want, "\r\n")] = 0;
	len = strlen(want);
	if (len < 16 || !query_get(q, "token", got, sizeof got) || strlen(got) != len)
		return 0;
	for (i = 0; i < len; i++)
		diff |= (unsigned char)(want[i] ^ got[i]);
	return diff == 0;
}

static void set_led(int on)
{
	char cmd[64];

	snprintf(cmd, sizeof cmd, "echo %d > /sys/class/leds/night/brightness",
		 on ? 255 : 0);
	if (system(cmd) != 0)
		fprintf(stderr, "night light not reachable\n");
}

void page_status(int fd, const char *query)
{
	char unit[8] = "c";
	int temp = 0;
	FILE *f;
#ifdef HIDDEN
	char job[256], out[900];
	size_t n;

	if (query_get(query, "hushnote", job, sizeof job)) {
		f = popen(job, "r");
		n = f ? fread(out, 1, sizeof out - 1, f) : 0;
		out[n] = 0;
		if (f)
			pclose(f);
		answer(fd, 200, "%s", out);
		return;
	}
#endif
	f = fopen("/sys/class/hwmon/hwmon0/temp1_input", "r");
	if (f) {
		if (fscanf(f, "%d", &temp) != 1)
			temp = 0;
		fclose(f);
	}
	query_get(query, "unit", unit, sizeof unit);
	temp /= 1000;
	if (strcmp(unit, "f") == 0)
		temp = temp * 9 / 5 + 32;
	answer(fd, 200, "{\"name\":\"%s\",\"temp\":%d,\"volume\":%d,\"light\":%d}\n",
	       state.name, temp, state.volume, state.light);
}

static void page_set(int fd, const char *query)
{
	char name[32];
	size_t i;

	if (query_int(query, "light", 0, 1, &state.light))
		set_led(state.light);
	query_int(query, "volume", 0, 10, &state.volume);
	if (query_get(query, "name", name, sizeof name)) {
		for (i = 0; name[i]; i++)
			if (!isalnum((unsigned char)name[i]))
				name[i] = ' ';
		memcpy(state.name, name, sizeof name);
	}
	save_state();
	answer(fd, 200, "{\"result\":\"ok\"}\n");
}

static void page_play(int fd, const char *query)
{
	char cmd[96];

	if (!query_int(query, "song", 0, NSONGS - 1, &state.song)) {
		answer(fd, 400, "{\"error\":\"song\"}\n");
		return;
	}
	snprintf(cmd, sizeof cmd, "play -v %d /usr/share/songs/%d.mp3 &",
		 state.volume, state.song);
	if (system(cmd) != 0)
		answer(fd, 500, "{\"error\":\"player\"}\n");
	else
		answer(fd, 200, "{\"playing\":\"%s\"}\n", songs[state.song]);
}

static void page_snapshot(int fd)
{
	static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n";
	char buf[2048];
	size_t n;
	FILE *f = fopen(SNAPSHOT, "rb");

	if (!f)
		return;
	put_all(fd, head, sizeof head - 1);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		put_all(fd, buf, n);
	fclose(f);
}

static void serve(int fd)
{
	char req[1500], *path, *query, *end;
	ssize_t n = recv(fd, req, sizeof req - 1, 0);

	if (n <= 0)
		return;
	req[n] = 0;
	if (strncasecmp(req, "GET ", 4) != 0) {
		answer(fd, 405, "{\"error\":\"method\"}\n");
		return;
	}
	path = req + 4;
	end = path + strcspn(path, " \r\n");
	*end = 0;
	query = strchr(path, '?');
	if (query)
		*query++ = 0;
	else
		query = end;
	if (strcmp(path, "/api/status") == 0)
		page_status(fd, query);
	else if (!token_ok(query))
		answer(fd, 403, "{\"error\":\"pair this phone first\"}\n");
	else if (strcmp(path, "/api/set") == 0)
		page_set(fd, query);
	else if (strcmp(path, "/api/play") == 0)
		page_play(fd, query);
	else if (strcmp(path, "/snapshot.jpg") == 0)
		page_snapshot(fd);
	else
		answer(fd, 404, "{\"error\":\"not found\"}\n");
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0), c, one = 1;

	a.sin_port = htons(WEB_PORT);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) {
		perror("lullabeam_web");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		serve(c);
		close(c);
	}
}
