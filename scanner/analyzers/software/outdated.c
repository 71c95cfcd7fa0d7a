/* outdated.c - components whose branch is no longer looked after
 *
 * rules/data/end-of-life.tsv: names of the product ('|' parts them), the
 * version from which on it is no longer listed, when the branch below ended,
 * severity, what is known of it, address. Of several lines of one product the
 * first that fits counts. One finding an image lists all.
 */
#include "analyzers/software/version.h"
#include "core/analyzer.h"
#include "core/data.h"

enum { ROWS_MAX = 40, LINES_MAX = 1024 };

static const struct fw_kind outdated = {
	.id = "weakness/outdated-component",
	.title = "Software is in use that nobody repairs any more",
	.explanation = "These programs and libraries come from branches whose "
		       "makers have ended support. Faults that became public "
		       "since then stay open, and attacks on them are often "
		       "published.",
	.ask_vendor = "Which of these components have you repaired yourself, "
		      "against which faults, and when will they be replaced?",
	.false_alarm =
		"The vendor may have taken over repairs without changing "
		"the version. A component that is never started, or "
		"never sees foreign input, does less harm.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 1104, 937 },
};

static const struct fw_kind *const kinds[] = { &outdated, NULL };

enum column { PRODUCT, BELOW, ENDED, SEVERITY, KNOWN, REFERENCE };

struct line {
	struct fw_view f[REFERENCE + 1];
	enum fw_severity severity;
};

struct table {
	const struct line *v;
	size_t n;
};

struct hit {
	const struct fw_software *s;
	const struct line *line;
	const char *path;
	uint32_t more; /* further places */
};

struct found {
	struct hit v[ROWS_MAX];
	size_t n, left_out;
};

static struct table read_table(struct fw_arena *a)
{
	struct line *v = NULL;
	size_t n = 0, cap = 0;
	struct fw_view rest = fw_data("end-of-life"), f[FW_DATA_FIELDS];

	while (n < LINES_MAX && fw_data_row(&rest, f)) {
		v = fw_grow(a, v, &cap, n + 1, sizeof(*v));
		v[n].severity =
			fw_view_eq(f[SEVERITY], FW_STR("high"))	 ? FW_HIGH
			: fw_view_eq(f[SEVERITY], FW_STR("low")) ? FW_LOW
								 : FW_MEDIUM;
		for (size_t i = 0; i <= REFERENCE; i++)
			v[n].f[i] = f[i];
		n++;
	}
	return (struct table){ v, n };
}

static bool is_called(struct fw_view names, struct fw_view name)
{
	struct fw_view one;

	while (fw_split(&names, '|', &one))
		if (fw_view_eq(one, name))
			return true;
	return false;
}

static bool is_version(struct fw_view v)
{
	return v.len > 0 && v.data[0] >= '0' && v.data[0] <= '9';
}

static const struct line *line_of(const struct table *t,
				  const struct fw_software *s)
{
	struct fw_view name = fw_view_str(s->name);
	struct fw_view version =
		fw_view_str(s->version != NULL ? s->version : "");

	/* A distribution repairs what it ships without a new version. */
	if (!is_version(version) ||
	    (s->purl != NULL && strncmp(s->purl, "pkg:deb/", 8) == 0))
		return NULL;
	for (size_t i = 0; i < t->n; i++)
		if (is_called(t->v[i].f[PRODUCT], name) &&
		    version_compare(version, t->v[i].f[BELOW]) < 0)
			return &t->v[i];
	return NULL;
}

static void add(struct found *all, const struct fw_software *s,
		const struct line *line, const char *path)
{
	for (size_t i = 0; i < all->n; i++) {
		struct hit *h = &all->v[i];

		if (strcmp(h->s->name, s->name) == 0 &&
		    strcmp(h->s->version, s->version) == 0) {
			h->more++;
			return;
		}
	}
	if (all->n == ROWS_MAX) {
		all->left_out++;
		return;
	}
	all->v[all->n++] = (struct hit){ s, line, path, 0 };
}

/* A library's file name says little where bytes of the image say more. */
static bool is_surer_elsewhere(const struct found *all, const struct hit *h)
{
	if (h->s->confidence > FW_UNSURE)
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].s->confidence > FW_UNSURE &&
		    strcmp(all->v[i].s->name, h->s->name) == 0)
			return true;
	return false;
}

static const char *row_text(struct fw_out *out, const struct hit *h)
{
	const struct fw_view *f = h->line->f;
	const char *more =
		h->more == 0 ? "" : fw_text(out, " and %u more", h->more);

	return fw_text(out, "%s %s (%s%s): support ended %.*s%s%.*s; %.*s", h->s->name,
		       h->s->version, h->path, more, FW_FMT(f[ENDED]),
		       f[KNOWN].len > 0 ? ", " : "", FW_FMT(f[KNOWN]),
		       FW_FMT(f[REFERENCE]));
}

/* Worst first, otherwise as found. */
static void report(struct fw_out *out, const struct found *all, uint32_t image)
{
	struct fw_evidence evidence[ROWS_MAX];
	struct fw_claim claim = FW_CLAIM(&outdated);
	const char *names = "";
	size_t n = 0;

	claim.severity = FW_LOW;
	for (int severity = FW_HIGH; severity >= FW_LOW; severity--) {
		for (size_t i = 0; i < all->n; i++) {
			const struct hit *h = &all->v[i];

			if ((int)h->line->severity != severity ||
			    is_surer_elsewhere(all, h))
				continue;
			if (claim.severity < h->line->severity)
				claim.severity = h->line->severity;
			if (n < 5)
				names = fw_text(out, "%s%s%s %s", names,
						n > 0 ? ", " : "", h->s->name,
						h->s->version);
			evidence[n++] = (struct fw_evidence){
				.offset = FW_NO_OFFSET, .text = row_text(out, h)
			};
		}
	}
	if (n == 0)
		return;
	claim.detail = fw_text(out, "%zu component%s no longer supported: %s%s",
			       n + all->left_out, n == 1 ? " is" : "s are",
			       names, n > 5 ? " ..." : "");
	claim.key = outdated.id;
	claim.evidence = evidence;
	claim.evidence_count = n;
	fw_out_at(out, image);
	fw_out_claim(out, &claim);
}

static void outdated_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct table t = read_table(fw_out_arena(out));
	struct found *all = fw_alloc(fw_out_arena(out), 1, sizeof(*all));
	uint32_t image = 0;

	for (uint32_t i = 0; i < tree->count && fw_out_ok(out); i++) {
		const struct fw_place *p = &tree->places[i];

		if (p->parent == UINT32_MAX) {
			report(out, all, image);
			*all = (struct found){ .n = 0 };
			image = i;
		}
		for (size_t k = 0; k < p->software_count; k++) {
			const struct line *line = line_of(&t, &p->software[k]);

			if (line != NULL)
				add(all, &p->software[k], line, p->path);
		}
	}
	report(out, all, image);
}

const struct fw_analyzer fw_analyzer_outdated = {
	.name = "outdated",
	.title = "components that are no longer supported",
	.kinds = kinds,
	.correlate = outdated_correlate,
};
