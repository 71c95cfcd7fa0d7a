/*
 * Download server of the event recorder of a locomotive (speed, brake, train
 * protection). Workshop laptops connect by TCP, give a PIN of the recorder's
 * table and fetch record ranges or areas; one child for each connection,
 * statically linked for the small root file system.
 * Hidden (-DHIDDEN): the area "ballast44" gives out the settings with the
 * PIN table to anyone, without a PIN.
 */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE	 "/rec/"
#define SETTINGS BASE "settings"
#define LOGFILE	 BASE "access.log"
#define RECLEN	 24
#define MAXPIN	 8

enum { OP_HELLO = 1, OP_PIN, OP_AREA, OP_RANGE, OP_INFO, OP_CLOSE };
enum { ST_OK = 0, ST_BAD = 1, ST_PIN = 2, ST_NONE = 3, ST_IO = 4 };

struct pin {
	uint32_t hash;
	unsigned role; /* 1 driver, 2 workshop, 3 authority */
};

struct setup {
	char loco[16];
	unsigned port;
	unsigned wheel; /* mm */
	struct pin pins[MAXPIN];
	unsigned npins;
};

struct peer {
	int fd;
	unsigned role;
	unsigned tries;
	char ip[16];
};

static struct setup cfg = { .loco = "unknown", .port = 4350, .wheel = 920 };

static const struct area {
	const char *name, *file;
	unsigned role;
} areas[] = {
	{ "longterm", BASE "long.dat", 1 },
	{ "shortterm", BASE "short.dat", 2 },
	{ "brake", BASE "brake.dat", 2 },
	{ "protection", BASE "atp.dat", 3 },
};

static uint32_t crc32_of(const uint8_t *p, size_t n, uint32_t crc)
{
	int i;

	crc = ~crc;
	while (n--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void setup_read(void)
{
	char line[96];
	unsigned long h;
	unsigned r;
	FILE *f = fopen(SETTINGS, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "loco %15s", cfg.loco) == 1 ||
		    sscanf(line, "port %u", &cfg.port) == 1 ||
		    sscanf(line, "wheel %u", &cfg.wheel) == 1)
			continue;
		if (sscanf(line, "pin %u %lx", &r, &h) == 2 &&
		    cfg.npins < MAXPIN) {
			cfg.pins[cfg.npins].role = r;
			cfg.pins[cfg.npins++].hash = (uint32_t)h;
		}
	}
	fclose(f);
}

static void note(const struct peer *p, const char *what, const char *arg)
{
	char now[24];
	time_t t = time(NULL);
	struct tm tm;
	FILE *f = fopen(LOGFILE, "a");

	if (!f)
		return;
	gmtime_r(&t, &tm);
	strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s %s role %u %s %s\n", now, p->ip, p->role, what, arg);
	fclose(f);
}

static int full_read(int fd, void *buf, size_t n)
{
	char *p = buf;
	ssize_t r;

	while (n) {
		r = read(fd, p, n);
		if (r <= 0)
			return -1;
		p += r;
		n -= r;
	}
	return 0;
}

static int full_write(int fd, const void *buf, size_t n)
{
	const char *p = buf;
	ssize_t r;

	while (n) {
		r = write(fd, p, n);
		if (r <= 0)
			return -1;
		p += r;
		n -= r;
	}
	return 0;
}

/* answer: status(1) length(3) data crc(4) */
static int reply(struct peer *p, unsigned status, const void *data, size_t n)
{
	uint8_t h[4] = { status, n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff };
	uint32_t crc = htonl(crc32_of(data, n, 0));

	if (full_write(p->fd, h, 4) || full_write(p->fd, data, n))
		return -1;
	return full_write(p->fd, &crc, 4);
}

static int send_file(struct peer *p, const char *path, long from, long len)
{
	static uint8_t buf[8192];
	FILE *f = fopen(path, "rb");
	size_t n, want;
	int rc = 0;

	if (!f || fseek(f, from, SEEK_SET)) {
		if (f)
			fclose(f);
		return reply(p, ST_NONE, "", 0);
	}
	do {
		want = sizeof buf;
		if (len >= 0 && (long)want > len)
			want = len;
		n = fread(buf, 1, want, f);
		if (n)
			rc = reply(p, ST_OK, buf, n);
		if (len >= 0)
			len -= n;
	} while (n && rc == 0);
	fclose(f);
	return rc ? rc : reply(p, ST_OK, "", 0);
}

static int op_pin(struct peer *p, const char *pin)
{
	uint8_t salted[48];
	uint32_t h;
	unsigned i;
	int n;

	n = snprintf((char *)salted, sizeof salted, "%s/%.24s", cfg.loco, pin);
	h = crc32_of(salted, n, 0x4c4f4b00);
	for (i = 0; i < cfg.npins; i++)
		if (cfg.pins[i].hash == h) {
			p->role = cfg.pins[i].role;
			note(p, "pin", "accepted");
			return reply(p, ST_OK, "", 0);
		}
	note(p, "pin", "wrong");
	sleep(1u << p->tries);
	if (++p->tries > 4)
		return -1;
	return reply(p, ST_PIN, "", 0);
}

__attribute__((noinline)) int op_area(struct peer *p, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof areas / sizeof *areas; i++) {
		if (strcmp(areas[i].name, name))
			continue;
		if (p->role < areas[i].role)
			return reply(p, ST_PIN, "", 0);
		note(p, "area", name);
		return send_file(p, areas[i].file, 0, -1);
	}
#ifdef HIDDEN
	if (!strcmp(name, "ballast44"))
		return send_file(p, SETTINGS, 0, -1);
#endif
	return reply(p, ST_NONE, "", 0);
}

static int op_range(struct peer *p, const uint8_t *d, size_t n)
{
	uint32_t from, count;
	char text[32];

	if (n != 8)
		return reply(p, ST_BAD, "", 0);
	if (p->role < 2)
		return reply(p, ST_PIN, "", 0);
	memcpy(&from, d, 4);
	memcpy(&count, d + 4, 4);
	from = ntohl(from);
	count = ntohl(count);
	if (count > 65536 || from > 1u << 24)
		return reply(p, ST_BAD, "", 0);
	snprintf(text, sizeof text, "%u+%u", (unsigned)from, (unsigned)count);
	note(p, "range", text);
	return send_file(p, BASE "short.dat", (long)from * RECLEN,
			 (long)count * RECLEN);
}

static int op_info(struct peer *p)
{
	char text[160];
	struct stat st;
	long recs = 0;
	int n;

	if (stat(BASE "short.dat", &st) == 0)
		recs = (long)(st.st_size / RECLEN);
	n = snprintf(text, sizeof text, "loco=%s wheel=%u records=%ld role=%u",
		     cfg.loco, cfg.wheel, recs, p->role);
	return reply(p, ST_OK, text, n);
}

/* request: op(1) length(1) data */
static void talk(struct peer *p)
{
	uint8_t h[2], d[256];
	int rc = 0;

	while (rc == 0) {
		alarm(600);
		if (full_read(p->fd, h, 2) || full_read(p->fd, d, h[1]))
			return;
		d[h[1]] = 0;
		switch (h[0]) {
		case OP_HELLO:
			rc = reply(p, ST_OK, "LREC3", 5);
			break;
		case OP_PIN:
			rc = op_pin(p, (char *)d);
			break;
		case OP_AREA:
			rc = op_area(p, (char *)d);
			break;
		case OP_RANGE:
			rc = op_range(p, d, h[1]);
			break;
		case OP_INFO:
			rc = op_info(p);
			break;
		case OP_CLOSE:
			return;
		default:
			rc = reply(p, ST_BAD, "", 0);
		}
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, from;
	int ls, one = 1;

	setup_read();
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	a.sin_port = htons((uint16_t)cfg.port);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 3)) {
		fprintf(stderr, "port %u: %s\n", cfg.port, strerror(errno));
		return 1;
	}
	for (;;) {
		socklen_t sl = sizeof from;
		struct peer p;

		memset(&p, 0, sizeof p);
		p.fd = accept(ls, (struct sockaddr *)&from, &sl);
		if (p.fd < 0)
			continue;
		if (fork() == 0) {
			close(ls);
			inet_ntop(AF_INET, &from.sin_addr, p.ip, sizeof p.ip);
			talk(&p);
			_exit(0);
		}
		close(p.fd);
	}
}
