/* text_findings.c - the findings of an image, one group a kind */
#include <stdlib.h>

#include "report/text.h"

enum {
	GROUPS = 5, /* kinds that one screen shows in full */
	WHY_LINES = 2,
	DETAIL_LINES = 2, /* of a detail, of a piece of evidence */
	FURTHER = 9,	  /* kinds that are only named */
	INDENT = 2,
	QUESTIONS = 3
};

struct group {
	const struct fw_kind *kind;
	enum fw_severity severity;
	uint32_t first, count; /* finding's index; places */
};

struct groups {
	struct group *v;
	size_t n, cap;
	uint32_t rest[FW_MEDIUM]; /* findings that are only counted */
};

static struct group *find(struct groups *g, const struct fw_claim *c)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].severity == c->severity &&
		    strcmp(g->v[i].kind->id, c->kind->id) == 0)
			return &g->v[i];
	return NULL;
}

/* Findings come worst first, and so do the groups. */
static void gather(struct text *t, uint32_t image, struct groups *g)
{
	const struct fw_result *r = t->r;

	for (uint32_t i = 0; i < r->finding_count; i++) {
		const struct fw_claim *c = &r->findings[i].claim;
		struct group *there;

		if (r->nodes[r->findings[i].node].image != image)
			continue;
		if (c->severity < FW_MEDIUM && !t->opt->verbose) {
			g->rest[c->severity]++;
			continue;
		}
		there = find(g, c);
		if (there != NULL) {
			there->count++;
			continue;
		}
		g->v = fw_grow(&t->arena, g->v, &g->cap, g->n + 1,
			       sizeof(*g->v));
		g->v[g->n++] = (struct group){ .kind = c->kind,
					       .severity = c->severity,
					       .first = i,
					       .count = 1 };
	}
}

/* Evidence that begins with a path: without the name of the image. */
static const char *below_image(const struct text *t, uint32_t node,
			       const char *s)
{
	const struct fw_image *m = &t->r->images[t->r->nodes[node].image];
	const char *root = t->r->nodes[m->node].path;
	size_t len = strlen(root);

	return strncmp(s, root, len) == 0 && s[len] == '/' ? s + len : s;
}

/* "line 3: telnetd -l /bin/sh", "at 0x1a40 in main: strcmp" */
static const char *evidence_text(struct text *t, uint32_t node,
				 const struct fw_evidence *e)
{
	const char *at, *what = fw_show_raw(&t->arena, e->text);
	const char *symbol = fw_show_raw(&t->arena, e->symbol);

	if (e->offset == FW_NO_OFFSET && what != NULL)
		return below_image(t, node, what);
	if (e->line > 0)
		at = fw_sprintf(&t->arena, "line %u", e->line);
	else if (e->address != 0)
		at = fw_sprintf(&t->arena, "at address 0x%llx",
				(unsigned long long)e->address);
	else
		at = fw_sprintf(&t->arena, "at offset 0x%llx",
				(unsigned long long)e->offset);
	if (symbol != NULL)
		at = fw_sprintf(&t->arena, "%s in %s", at, symbol);
	return what == NULL ? at : fw_sprintf(&t->arena, "%s: %s", at, what);
}

static void evidence(struct text *t, const struct fw_finding *f)
{
	const struct fw_claim *c = &f->claim;
	size_t max = t->opt->verbose ? SIZE_MAX : 1;
	bool places =
		c->evidence_count > 0 && c->evidence[0].offset == FW_NO_OFFSET;

	for (size_t i = 0; i < c->evidence_count && i < max; i++) {
		const char *s = evidence_text(t, f->node, &c->evidence[i]);

		fprintf(t->to, "%*s", 2 * INDENT, "");
		text_wrap(t, 2 * INDENT, 2 * INDENT,
			  t->opt->verbose ? 0 : DETAIL_LINES, s);
	}
	if (max < c->evidence_count)
		text_line(t, "%*sand %zu more %s", 2 * INDENT, "",
			  c->evidence_count - max,
			  places ? "like it" : "in this object");
}

/* A detail like 'contains "x"' says no more than the evidence below it. */
static bool repeats(const struct fw_claim *c)
{
	const char *text = c->evidence_count > 0 ? c->evidence[0].text : NULL;

	return text != NULL && *text != '\0' &&
	       strncmp(c->detail, "contains ", 9) == 0 &&
	       strstr(c->detail, text) != NULL;
}

/* A finding of the whole image says its places in its evidence; the image's
 * name on a line of its own would tell nothing. */
static bool is_of_image(const struct text *t, const struct fw_finding *f)
{
	const struct fw_image *m = &t->r->images[t->r->nodes[f->node].image];

	return f->node == m->node && f->claim.evidence_count > 0 &&
	       f->claim.evidence[0].offset == FW_NO_OFFSET &&
	       f->claim.detail != NULL && *f->claim.detail != '\0';
}

static void path_line(struct text *t, const struct fw_finding *f)
{
	const char *path = text_below(t, f->node);

	fprintf(t->to, "%*s", INDENT, "");
	text_line(t, "%s",
		  t->opt->verbose ? path
				  : text_middle(t, path, t->width - INDENT));
}

static void place(struct text *t, const struct fw_finding *f)
{
	const char *detail = fw_show_raw(&t->arena, f->claim.detail);
	bool of_image = is_of_image(t, f);
	size_t indent = of_image ? INDENT : 2 * INDENT;

	if (!of_image)
		path_line(t, f);
	if (detail != NULL && *detail != '\0' && !repeats(&f->claim)) {
		fprintf(t->to, "%*s", (int)indent, "");
		text_wrap(t, indent, indent, t->opt->verbose ? 0 : DETAIL_LINES,
			  detail);
	}
	evidence(t, f);
}

/* The further places of a kind: paths alone. */
static void more_places(struct text *t, const struct group *g, uint32_t image,
			uint32_t max)
{
	const struct fw_result *r = t->r;
	uint32_t shown = 1;

	for (uint32_t i = g->first + 1; i < r->finding_count && shown < max;
	     i++) {
		const struct fw_finding *f = &r->findings[i];

		if (f->claim.severity != g->severity ||
		    r->nodes[f->node].image != image ||
		    strcmp(f->claim.kind->id, g->kind->id) != 0)
			continue;
		if (t->opt->verbose)
			place(t, f);
		else
			text_line(t, "%*s%s", INDENT, "",
				  text_middle(t, text_below(t, f->node),
					      t->width - INDENT));
		shown++;
	}
	if (shown < g->count)
		text_line(t, "%*sand %u more, -v shows all", INDENT, "",
			  g->count - shown);
}

static void paragraph(struct text *t, const char *label, size_t max,
		      const char *s)
{
	size_t n = strlen(label);

	if (s == NULL || *s == '\0')
		return;
	fprintf(t->to, "%*s%s", INDENT, "", label);
	text_wrap(t, INDENT + n, INDENT + n, max, fw_show_raw(&t->arena, s));
}

static void group(struct text *t, const struct group *g, uint32_t image,
		  uint32_t places)
{
	const struct fw_kind *k = g->kind;
	enum text_style style = g->severity >= FW_HIGH	   ? TEXT_RED
				: g->severity == FW_MEDIUM ? TEXT_YELLOW
							   : TEXT_PLAIN;
	char head[16];

	text_line(t, "%s", "");
	snprintf(head, sizeof(head), "%s", fw_severity_name(g->severity));
	for (char *p = head; *p != '\0'; p++)
		*p = (char)(*p - 'a' + 'A');
	text_head(t, style, head);
	text_wrap(t, 11, 11, 0, fw_show_raw(&t->arena, k->title));
	place(t, &t->r->findings[g->first]);
	more_places(t, g, image, places);
	paragraph(t, "Why: ", t->opt->verbose ? 0 : WHY_LINES + (places > 1),
		  k->explanation);
	if (!t->opt->verbose)
		return;
	paragraph(t, "Could be harmless if: ", 0, k->false_alarm);
	text_line(t, "%*s%s, confidence %s: assay explain %s", INDENT, "",
		  fw_severity_name(g->severity),
		  fw_confidence_name(t->r->findings[g->first].claim.confidence),
		  fw_show_raw(&t->arena, k->id));
}

/* The kinds that the screen has no room for: their titles. */
static void further(struct text *t, const struct groups *g, size_t from)
{
	text_line(t, "%s", "");
	text_line(t, "Also found (-v shows where):");
	for (size_t i = from; i < g->n && i < from + FURTHER; i++) {
		const char *s =
			fw_sprintf(&t->arena, "%s: %s (%u)",
				   fw_severity_name(g->v[i].severity),
				   fw_show_raw(&t->arena, g->v[i].kind->title),
				   g->v[i].count);

		fprintf(t->to, "%*s", INDENT, "");
		text_wrap(t, INDENT, INDENT, 1, s);
	}
	if (g->n > from + FURTHER)
		text_line(t, "%*sand %zu more kinds of finding", INDENT, "",
			  g->n - from - FURTHER);
}

void text_findings(struct text *t, uint32_t image)
{
	struct groups g = { 0 };
	size_t full;

	gather(t, image, &g);
	full = t->opt->verbose || g.n <= GROUPS ? g.n : GROUPS;
	/* A long list of names below takes the room of one. */
	if (!t->opt->verbose && g.n > 2 * GROUPS - 2)
		full = GROUPS - 1;
	for (size_t i = 0; i < full; i++)
		group(t, &g.v[i], image,
		      t->opt->verbose ? UINT32_MAX
		      : g.n <= 3      ? 3
				      : 1);
	if (full < g.n)
		further(t, &g, full);
	if (g.rest[FW_LOW] + g.rest[FW_INFO] > 0)
		text_line(t,
			  "\nNot shown: %u of low severity, %u for information "
			  "only; -v shows them.",
			  g.rest[FW_LOW], g.rest[FW_INFO]);
}

static void question(struct text *t, size_t *shown, const char *q)
{
	if ((*shown)++ == 0) {
		text_line(t, "%s", "");
		text_head(t, TEXT_BOLD, "NEXT");
		text_line(t, "ask the vendor:");
	}
	fprintf(t->to, "  %zu. ", *shown);
	text_wrap(t, 5, 5, t->opt->verbose ? 0 : 2, q);
}

static bool asked_before(const struct groups *g, size_t i, const char *q)
{
	for (size_t k = 0; k < i; k++)
		if (g->v[k].kind->ask_vendor != NULL &&
		    strcmp(g->v[k].kind->ask_vendor, q) == 0)
			return true;
	return false;
}

/* What to do next: the questions to the vendor, worst first, each once. */
void text_questions(struct text *t, uint32_t image)
{
	const struct fw_coverage *c = &t->r->images[image].coverage;
	struct groups g = { 0 };
	size_t shown = 0, max = t->opt->verbose ? SIZE_MAX : QUESTIONS;

	gather(t, image, &g);
	for (size_t i = 0; i < g.n && shown < max; i++) {
		const char *q = g.v[i].kind->ask_vendor;

		if (q != NULL && *q != '\0' && g.v[i].severity >= FW_MEDIUM &&
		    !asked_before(&g, i, q))
			question(t, &shown, fw_show_raw(&t->arena, q));
	}
	if (c->total > 0 && c->opaque >= c->total / 20 && c->opaque > 0)
		question(
			t, &shown,
			fw_sprintf(&t->arena,
				   "What is in the %s that are opaque, and how "
				   "can we read them?",
				   fw_show_size(&t->arena, c->opaque)));
	if (g.n > 0 && g.v[0].severity >= FW_MEDIUM)
		text_line(t, "  Background on a finding: assay explain %s",
			  fw_show_raw(&t->arena, g.v[0].kind->id));
}
