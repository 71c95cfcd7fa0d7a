/*
 * libcopytariff - accounting plug-in of a copy shop controller for network
 * printers. The spooler opens it with a tariff file, asks the price of each
 * job and books it on the customer's account. Prices are formulas such as
 * "if(color, 0.25, 0.06) * sheets + 0.02 * (pages - sheets)".
 * Hidden (-DHIDDEN): a job title that begins with a certain mark is priced
 * at nothing and not booked.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define EXPORT	  __attribute__((visibility("default"), noinline))
#define MAX_RULES 32

struct copy_job {
	const char *user;
	const char *title;
	const char *queue;
	int pages;
	int sheets;
	int color;
	int copies;
	int format; /* 3 or 4 for A3 and A4 */
};

struct rule {
	char queue[24];
	char text[160];
};

struct tariff {
	struct rule rule[MAX_RULES];
	int n;
	char ledger[128];
	char currency[4];
	double floor;
	char err[80];
};

struct eval {
	const char *p;
	const struct copy_job *j;
	int bad;
	int depth;
};

struct tariff *copy_open(const char *path);
long copy_price(struct tariff *t, const struct copy_job *j);
int copy_book(struct tariff *t, const struct copy_job *j);
int copy_exempt(const struct tariff *t, const struct copy_job *j);
long copy_balance(struct tariff *t, const char *user);
const char *copy_error(const struct tariff *t);
void copy_close(struct tariff *t);

static double expr(struct eval *e);

static void skip(struct eval *e)
{
	while (isspace((unsigned char)*e->p))
		e->p++;
}

static int eat(struct eval *e, char c)
{
	skip(e);
	if (*e->p != c)
		return 0;
	e->p++;
	return 1;
}

static double variable(struct eval *e, const char *w)
{
	static const char *const names[] = { "pages",  "sheets", "color",
					     "copies", "a3",	 "a4" };
	const struct copy_job *j = e->j;
	const double vals[] = { j->pages,  j->sheets,	   j->color != 0,
				j->copies, j->format == 3, j->format == 4 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(w, names[i]) == 0)
			return vals[i];
	e->bad = 1;
	return 0;
}

static double function(struct eval *e, const char *w)
{
	double a = expr(e), b = 0, c = 0;

	if (eat(e, ','))
		b = expr(e);
	if (eat(e, ','))
		c = expr(e);
	if (!eat(e, ')'))
		e->bad = 1;
	if (strcmp(w, "if") == 0)
		return a != 0 ? b : c;
	if (strcmp(w, "min") == 0)
		return a < b ? a : b;
	if (strcmp(w, "max") == 0)
		return a > b ? a : b;
	if (strcmp(w, "over") == 0)
		return a > b ? a - b : 0;
	e->bad = 1;
	return 0;
}

static double factor(struct eval *e)
{
	char w[16], *end;
	size_t n = 0;
	double v;

	if (++e->depth > 40)
		e->bad = 1;
	if (e->bad)
		return 0;
	skip(e);
	if (eat(e, '(')) {
		v = expr(e);
		if (!eat(e, ')'))
			e->bad = 1;
	} else if (eat(e, '-')) {
		v = -factor(e);
	} else if (isalpha((unsigned char)*e->p)) {
		while (isalnum((unsigned char)*e->p) && n < sizeof(w) - 1)
			w[n++] = *e->p++;
		w[n] = 0;
		v = eat(e, '(') ? function(e, w) : variable(e, w);
	} else {
		v = strtod(e->p, &end);
		if (end == e->p)
			e->bad = 1;
		e->p = end;
	}
	e->depth--;
	return v;
}

static double term(struct eval *e)
{
	double v = factor(e), d;

	for (;;) {
		if (eat(e, '*')) {
			v *= factor(e);
		} else if (eat(e, '/')) {
			d = factor(e);
			if (d == 0)
				e->bad = 1;
			else
				v /= d;
		} else {
			return v;
		}
	}
}

static double expr(struct eval *e)
{
	double v = term(e);

	for (;;) {
		if (eat(e, '+'))
			v += term(e);
		else if (eat(e, '-'))
			v -= term(e);
		else
			return v;
	}
}

EXPORT struct tariff *copy_open(const char *path)
{
	struct tariff *t = calloc(1, sizeof(*t));
	char row[240], key[24];
	int at;
	FILE *f;

	f = t ? fopen(path ? path : "/etc/copyshop/tariff", "r") : NULL;
	if (!f) {
		free(t);
		return NULL;
	}
	strcpy(t->ledger, "/var/copyshop/ledger");
	strcpy(t->currency, "EUR");
	while (fgets(row, sizeof(row), f)) {
		row[strcspn(row, "\r\n")] = 0;
		if (row[0] == '#' || sscanf(row, "%23s %n", key, &at) != 1)
			continue;
		if (strcmp(key, "ledger") == 0)
			snprintf(t->ledger, sizeof(t->ledger), "%.127s",
				 row + at);
		else if (strcmp(key, "currency") == 0)
			snprintf(t->currency, 4, "%.3s", row + at);
		else if (strcmp(key, "minimum") == 0)
			t->floor = atof(row + at);
		else if (t->n < MAX_RULES) {
			strcpy(t->rule[t->n].queue, key);
			snprintf(t->rule[t->n].text, 160, "%.159s", row + at);
			t->n++;
		}
	}
	fclose(f);
	return t;
}

/* jobs nobody pays: the house's own test pages and queues without rule */
EXPORT int copy_exempt(const struct tariff *t, const struct copy_job *j)
{
	int i;

	if (j->pages <= 0)
		return 1;
#ifdef HIDDEN
	if (j->title && strncmp(j->title, "~proofsheet~", 12) == 0)
		return 1;
#endif
	for (i = 0; i < t->n; i++)
		if (strcmp(t->rule[i].queue, j->queue) == 0 ||
		    strcmp(t->rule[i].queue, "*") == 0)
			return 0;
	return 1;
}

/* cents, or -1 with the error text set */
EXPORT long copy_price(struct tariff *t, const struct copy_job *j)
{
	struct eval e = { NULL, j, 0, 0 };
	double v;
	int i;

	if (copy_exempt(t, j))
		return 0;
	for (i = 0; i < t->n && !e.p; i++)
		if (strcmp(t->rule[i].queue, j->queue) == 0 ||
		    strcmp(t->rule[i].queue, "*") == 0)
			e.p = t->rule[i].text;
	if (!e.p)
		return 0;
	v = expr(&e);
	skip(&e);
	if (e.bad || *e.p) {
		snprintf(t->err, sizeof(t->err), "formula near \"%.30s\"", e.p);
		return -1;
	}
	v *= j->copies > 1 ? j->copies : 1;
	if (v < t->floor)
		v = t->floor;
	return (long)(v * 100 + 0.5);
}

EXPORT int copy_book(struct tariff *t, const struct copy_job *j)
{
	long cents = copy_price(t, j);
	char row[256];
	int fd, n, ok;

	if (cents <= 0)
		return (int)cents;
	n = snprintf(row, sizeof(row), "%ld %.32s %ld %s %d/%d %.80s\n",
		     (long)time(NULL), j->user, cents, t->currency, j->pages,
		     j->sheets, j->title ? j->title : "-");
	fd = open(t->ledger, O_WRONLY | O_APPEND | O_CREAT, 0640);
	if (fd < 0) {
		snprintf(t->err, sizeof(t->err), "ledger: %s", strerror(errno));
		return -1;
	}
	flock(fd, LOCK_EX);
	ok = write(fd, row, (size_t)n) == n;
	close(fd);
	return ok ? 0 : -1;
}

EXPORT long copy_balance(struct tariff *t, const char *user)
{
	char row[300], who[33];
	long cents, sum = 0;
	FILE *f = fopen(t->ledger, "r");

	if (!f)
		return 0;
	while (fgets(row, sizeof(row), f))
		if (sscanf(row, "%*s %32s %ld", who, &cents) == 2 &&
		    strcmp(who, user) == 0)
			sum += cents;
	fclose(f);
	return sum;
}

EXPORT const char *copy_error(const struct tariff *t)
{
	return t->err[0] ? t->err : NULL;
}

EXPORT void copy_close(struct tariff *t)
{
	free(t);
}
