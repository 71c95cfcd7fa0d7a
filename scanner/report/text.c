/* text.c - the report for people: one screen, or with -v everything */
#include <stdarg.h>

#include "report/text.h"

enum { WIDTH = 80, WIDTH_MIN = 40, WIDTH_MAX = 200, MARGIN = 11 };

void text_line(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(t->to, fmt, ap);
	va_end(ap);
	fputc('\n', t->to);
}

static void styled(struct text *t, enum text_style style, const char *s)
{
	static const char *const codes[] = { "", "1", "1;31", "1;33", "1;32" };

	if (t->opt->color && style != TEXT_PLAIN)
		fprintf(t->to, "\033[%sm%s\033[0m", codes[style], s);
	else
		fputs(s, t->to);
}

void text_head(struct text *t, enum text_style style, const char *head)
{
	size_t n = strlen(head);

	styled(t, style, head);
	fprintf(t->to, "%*s", n < MARGIN ? (int)(MARGIN - n) : 1, "");
}

size_t text_columns(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The byte where column n begins. */
static size_t column_at(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i] != '\0'; i++) {
		if (((unsigned char)s[i] & 0xc0) == 0x80)
			continue;
		if (n == 0)
			break;
		n--;
	}
	return i;
}

/* Bytes of s that go on a line of n columns; never 0 unless s is empty. */
static size_t line_bytes(const char *s, size_t n)
{
	size_t end = column_at(s, n);

	if (s[end] == '\0' || s[end] == ' ')
		return end;
	for (size_t i = end; i > 0; i--)
		if (s[i] == ' ')
			return i;
	return end;
}

void text_wrap(struct text *t, size_t used, size_t indent, size_t max,
	       const char *s)
{
	for (size_t lines = 1;; lines++) {
		size_t room = used + 8 < t->width ? t->width - used : 8;
		size_t n = line_bytes(s, room);
		const char *rest = s + n;

		while (*rest == ' ')
			rest++;
		if (*rest != '\0' && lines == max) {
			/* a long word is cut in the middle, not left out */
			size_t all = column_at(s, room - 3);

			n = line_bytes(s, room - 3);
			n = n + 16 < all ? all : n;
			fprintf(t->to, "%.*s...\n", (int)n, s);
			return;
		}
		fprintf(t->to, "%.*s\n", (int)n, s);
		if (*rest == '\0')
			return;
		s = rest;
		used = indent;
		fprintf(t->to, "%*s", (int)indent, "");
	}
}

const char *text_middle(struct text *t, const char *s, size_t width)
{
	size_t n = text_columns(s);

	if (n <= width || width < 8)
		return s;
	/* the end of a path tells more than its beginning */
	size_t head = (width - 3) / 4, tail = width - 3 - head;

	return fw_sprintf(&t->arena, "%.*s...%s", (int)column_at(s, head), s,
			  s + column_at(s, n - tail));
}

const char *text_below(struct text *t, uint32_t node)
{
	const struct fw_node *n = &t->r->nodes[node];
	const struct fw_image *m = &t->r->images[n->image];
	const char *path = n->path, *root = t->r->nodes[m->node].path;
	size_t len = strlen(root);

	if (node != m->node && strncmp(path, root, len) == 0 &&
	    path[len] == '/')
		path += len;
	return fw_show_path(&t->arena, path);
}

static const char *count_text(struct text *t, uint32_t n, const char *what)
{
	return fw_sprintf(&t->arena, "%u %s", n, what);
}

/* "2 critical, 1 high and 3 low", worst first, from `from` down to `to`. */
static const char *counts(struct text *t, const struct fw_image *m,
			  enum fw_severity from, enum fw_severity to)
{
	const char *parts[FW_CRITICAL + 1], *s = "";
	size_t n = 0;

	for (int i = (int)from; i >= (int)to; i--)
		if (m->findings[i] > 0)
			parts[n++] = count_text(t, m->findings[i],
						fw_severity_name(i));
	for (size_t i = 0; i < n; i++)
		s = fw_sprintf(&t->arena, "%s%s%s", s,
			       i == 0	    ? ""
			       : i == n - 1 ? " and "
					    : ", ",
			       parts[i]);
	return s;
}

static uint32_t at_or_above(const struct fw_image *m, enum fw_severity s)
{
	uint32_t n = 0;

	for (int i = (int)s; i <= FW_CRITICAL; i++)
		n += m->findings[i];
	return n;
}

static uint32_t damaged(const struct fw_result *r, uint32_t image)
{
	uint32_t n = 0;

	for (size_t i = 0; i < r->node_count; i++)
		n += r->nodes[i].image == image &&
		     fw_state_is_damage(r->nodes[i].state);
	return n;
}

/* Whatever the verdict: it holds for what could be read. */
static void unread(struct text *t, const struct fw_coverage *c)
{
	if (c->total == 0 || c->opaque * 100 < c->total)
		return;
	fprintf(t->to, "%*s", MARGIN, "");
	text_wrap(t, MARGIN, MARGIN, 0,
		  fw_sprintf(&t->arena,
			     "%s of its bytes are opaque: what they hold "
			     "nobody has seen.",
			     fw_show_share(&t->arena, c->opaque, c->total)));
}

static void verdict(struct text *t, const struct fw_image *m)
{
	enum fw_severity bar = t->r->fail_on;
	uint32_t over = at_or_above(m, bar);
	uint32_t all = at_or_above(m, FW_INFO);

	switch (m->verdict) {
	case FW_FAIL:
		text_head(t, TEXT_RED, "FAIL");
		text_wrap(t, MARGIN, MARGIN, 0,
			  fw_sprintf(&t->arena,
				     "do not accept this image before the vendor has "
				     "explained %s: %s.",
				     over == 1 ? "this finding"
					       : "these findings",
				     counts(t, m, FW_CRITICAL, bar)));
		break;
	case FW_REVIEW:
		text_head(t, TEXT_YELLOW, "REVIEW");
		text_wrap(t, MARGIN, MARGIN, 0,
			  fw_sprintf(&t->arena,
				     "nothing %s was found, but somebody should "
				     "look at %s.",
				     bar == FW_CRITICAL ? "critical"
				     : bar == FW_HIGH	? "critical or high"
							: "above the limit",
				     counts(t, m, FW_CRITICAL, FW_INFO)));
		break;
	case FW_INCOMPLETE:
		text_head(t, TEXT_YELLOW, "INCOMPLETE");
		text_wrap(t, MARGIN, MARGIN, 0,
			  "no decision is possible: parts of this image could "
			  "not be read, and what was read shows nothing that "
			  "forbids it.");
		break;
	case FW_PASS:
		text_head(t, TEXT_GREEN, "PASS");
		text_wrap(t, MARGIN, MARGIN, 0,
			  all == 0 && m->coverage.opaque > m->coverage.total / 100
				   ? "nothing was found in what could be read."
			  : all == 0 ? "nothing was found that its buyer did "
				       "not ask for."
				   : "nothing was found that needs a decision.");
		break;
	}
	unread(t, &m->coverage);
}

static void limits(struct text *t)
{
	for (size_t i = 0; i < t->r->limit_count; i++) {
		const struct fw_limit_hit *l = &t->r->limits[i];
		const char *note = fw_show_raw(&t->arena, l->note);

		text_wrap(t, 2, 4, 2,
			  fw_sprintf(&t->arena, "  limit %s reached%s: %s",
				     fw_show_raw(&t->arena, l->option),
				     l->count < 2
					     ? ""
					     : fw_sprintf(&t->arena,
							  " %llu times",
							  (unsigned long long)
								  l->count),
				     note == NULL ? "something was left out"
						  : note));
	}
}

static const char *state_words(enum fw_state s)
{
	static const char *const words[] = {
		"not looked at",
		"read",
		"damaged",
		"cut short",
		"the reader crashed on it",
		"took too long",
		"over a limit",
		"broke the rules of the sandbox: treat as an attack"
	};

	return (size_t)s < sizeof(words) / sizeof(words[0]) ? words[s] : "?";
}

static void incomplete(struct text *t, uint32_t image)
{
	uint32_t n = damaged(t->r, image), shown = 0;
	uint32_t max = t->opt->verbose ? UINT32_MAX : 3;

	if (n == 0 && t->r->limit_count == 0)
		return;
	text_line(t, "%s", "");
	text_head(t, TEXT_YELLOW, "INCOMPLETE");
	text_line(t, n == 0 ? "limits of the scan were reached"
			    : "%u object%s could not be read to the end",
		  n, n == 1 ? "" : "s");
	limits(t);
	for (uint32_t i = 0; i < t->r->node_count && shown < max; i++) {
		const struct fw_node *o = &t->r->nodes[i];

		if (o->image != image || !fw_state_is_damage(o->state))
			continue;
		shown++;
		fprintf(t->to, "  ");
		text_wrap(t, 2, 4, t->opt->verbose ? 0 : 2,
			  fw_sprintf(&t->arena, "%s: %s%s%s",
				     text_middle(t, text_below(t, i), 48),
				     state_words(o->state),
				     o->note == NULL ? "" : ", ",
				     o->note == NULL
					     ? ""
					     : fw_show_raw(&t->arena,
							   o->note)));
	}
	if (shown < n)
		text_line(t, "  and %u more, -v shows all", n - shown);
}

/* The facts hardening.* of the image, on one line: of how many programs each is
 * true. "nx.missing" and the like are news only where they are not 0. */
static void hardening(struct text *t, const struct fw_node *n)
{
	static const char prefix[] = "hardening.";
	const char *s = "", *programs = "";

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct fw_fact *f = &n->facts[i];
		const char *key = f->key + sizeof(prefix) - 1;

		if (strncmp(f->key, prefix, sizeof(prefix) - 1) != 0 ||
		    (strchr(key, '.') != NULL && strcmp(f->value, "0") == 0))
			continue;
		if (strcmp(key, "programs") == 0)
			programs = fw_sprintf(&t->arena, "of %s programs: ",
					      fw_show_raw(&t->arena, f->value));
		else
			s = fw_sprintf(&t->arena, "%s%s%s %s", s,
				       *s == '\0' ? "" : ", ",
				       fw_show_raw(&t->arena, key),
				       fw_show_raw(&t->arena, f->value));
	}
	if (*s == '\0' && *programs == '\0')
		return;
	text_head(t, TEXT_BOLD, "HARDENING");
	text_wrap(t, MARGIN, MARGIN, t->opt->verbose ? 0 : 2,
		  fw_sprintf(&t->arena, "%s%s", programs, s));
}

/* "BusyBox 1.01, Linux 2.6.31, libupnp", in one buffer: there can be many. */
static const char *software(struct text *t)
{
	size_t count = t->r->component_count, len = 1;
	const char **rows = fw_alloc(&t->arena, count, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		const struct fw_component *c = &t->r->components[i];
		const char *v = fw_show_raw(&t->arena, c->version);
		bool known = v != NULL && *v != '\0';

		rows[i] = fw_sprintf(&t->arena, "%s%s%s%s",
				     fw_show_raw(&t->arena, c->name),
				     known ? " " : "", known ? v : "",
				     i + 1 < count ? ", " : "");
		len += strlen(rows[i]);
	}
	char *all = fw_alloc(&t->arena, len, 1);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(rows[i]);

		memcpy(all + at, rows[i], n);
		at += n;
	}
	return all;
}

/* What the correlator says of old ones, with the worst of them by name; "" where
 * it says nothing or the report is of several images. */
static const char *outdated(struct text *t)
{
	for (size_t i = 0; i < t->r->finding_count; i++) {
		const struct fw_claim *c = &t->r->findings[i].claim;

		if (t->r->image_count == 1 && c->detail != NULL &&
		    strcmp(c->kind->id, "weakness/outdated-component") == 0)
			return fw_sprintf(&t->arena, "; %s",
					  fw_show_raw(&t->arena, c->detail));
	}
	return "";
}

static void components(struct text *t)
{
	size_t n = t->r->component_count;

	if (n == 0)
		return;
	text_head(t, TEXT_BOLD, "SOFTWARE");
	text_wrap(t, MARGIN, MARGIN, t->opt->verbose ? 0 : 3,
		  fw_sprintf(&t->arena, "%zu component%s recognised%s%s%s", n,
			     n == 1 ? "" : "s",
			     t->opt->verbose ? ": " : ", -v lists them",
			     t->opt->verbose ? software(t) : "",
			     t->opt->verbose ? "" : outdated(t)));
}

static void sandbox(struct text *t)
{
	bool on = t->r->run.seccomp;

	text_head(t, on ? TEXT_BOLD : TEXT_RED, "SANDBOX");
	text_wrap(t, MARGIN, MARGIN, 0,
		  fw_sprintf(&t->arena, "system call filter %s, Landlock %s%s",
			     on ? "on" : "OFF",
			     t->r->run.landlock ? "on" : "off",
			     on ? "" : "; do not scan strangers' images like "
				       "this"));
}

static void image_head(struct text *t, const struct fw_image *m)
{
	const struct fw_node *n = &t->r->nodes[m->node];
	const char *name = fw_show_path(&t->arena, n->path);

	fprintf(t->to, "%s", t->opt->color ? "\033[1m" : "");
	fprintf(t->to, "%s", text_middle(t, name, t->width));
	text_line(t, "%s", t->opt->color ? "\033[0m" : "");
	text_line(t, "%s, %u object%s, %u file%s%s",
		  fw_show_size(&t->arena, n->size), m->objects,
		  m->objects == 1 ? "" : "s", m->files,
		  m->files == 1 ? "" : "s",
		  t->r->rules.count == 0
			  ? ""
			  : fw_sprintf(&t->arena, ", %zu rules",
				       t->r->rules.count));
	if (n->hashed)
		text_line(t, "SHA-256 %s",
			  fw_show_hex(&t->arena, n->sha256, FW_SHA256_SIZE));
	text_line(t, "%s", "");
}

static void one_image(struct text *t, uint32_t image)
{
	const struct fw_image *m = &t->r->images[image];

	image_head(t, m);
	verdict(t, m);
	text_findings(t, image);
	incomplete(t, image);
	text_line(t, "%s", "");
	text_coverage(t, image);
	text_layers(t, image);
	hardening(t, &t->r->nodes[m->node]);
	if (t->opt->verbose)
		text_tree(t, image);
	text_questions(t, image);
}

static void last_lines(struct text *t)
{
	components(t);
	sandbox(t);
	if (!t->opt->reproducible && t->opt->verbose)
		text_line(t,
			  "\n%.1f s with %u jobs, peak memory of a process %s",
			  t->r->run.seconds, t->r->run.jobs,
			  fw_show_size(&t->arena, t->r->run.peak_rss_bytes));
}

static bool text_write(const struct fw_result *r,
		       const struct fw_report_options *opt, FILE *to)
{
	struct text t = { .to = to, .r = r, .opt = opt };
	size_t width = opt->width == 0 ? WIDTH : opt->width;

	t.width = width < WIDTH_MIN   ? WIDTH_MIN
		  : width > WIDTH_MAX ? WIDTH_MAX
				      : width;
	for (uint32_t i = 0; i < r->image_count; i++) {
		if (i > 0)
			text_line(&t, "%s", "");
		one_image(&t, i);
		fw_arena_free(&t.arena);
		t.arena = (struct fw_arena){ 0 };
	}
	last_lines(&t);
	fw_arena_free(&t.arena);
	return fflush(to) == 0 && !ferror(to);
}

const struct fw_report_writer fw_report_text = {
	.name = "text",
	.suffix = ".txt",
	.title = "one screen for people; -v shows everything",
	.write = text_write,
};
