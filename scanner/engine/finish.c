/* finish.c - from the tree to findings, components, coverage and the verdict */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/text.h"
#include "engine/cover.h"
#include "engine/kinds.h"
#include "engine/software.h"
#include "engine/tree.h"

enum { MERGED_PLACES = 256 };

struct maker {
	struct scan *s;
	struct tree t;
	struct fw_finding *findings;
	size_t n, cap;
};

/* --- findings --- */

/* A path that stays the same when a rebuilt image moves its parts: without the
 * image's name and without offsets. */
static char *stable_path(struct fw_arena *a, const char *path)
{
	char *out = fw_strdup(a, fw_view_str(path)), *to = out;
	const char *slash = strchr(path, '/');

	for (const char *p = slash ? slash : ""; *p != '\0';) {
		if (p[0] == '@' && p[1] == '0' && p[2] == 'x') {
			p += 3;
			while ((*p >= '0' && *p <= '9') ||
			       (*p >= 'a' && *p <= 'f'))
				p++;
			*to++ = '@';
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	return out;
}

static void fingerprint(struct maker *m, struct fw_finding *f)
{
	const struct fw_claim *c = &f->claim;
	const char *key = c->key ? c->key : c->detail ? c->detail : "";
	char *text = fw_sprintf(
		&m->s->arena, "%s\n%s\n%s", c->kind->id,
		stable_path(&m->s->arena, m->t.nodes[f->node].path), key);
	uint8_t sum[FW_SHA256_SIZE];

	fw_sha256(fw_view_str(text), sum);
	fw_hex(sum, 16, f->fingerprint);
}

/* Manuals show by example what nobody should do. A program or a file that can
 * be run is no manual, wherever it lies. */
static bool is_manual(const struct fw_node *n)
{
	static const char *const places[] = {
		"*/usr/share/doc/*",  "*/usr/share/man/*",
		"*/usr/share/info/*", "*/usr/share/gtk-doc/*",
		"*/usr/doc/*",	      "*/usr/man/*",
		"*/usr/local/man/*",  "*/usr/local/share/man/*"
	};
	bool runs = n->meta->mode != FW_NO_MODE && (n->meta->mode & 0111) != 0;

	if (runs || (n->format != NULL && n->format->class == FW_EXECUTABLE))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (fw_path_matches(n->path, places[i]))
			return true;
	return false;
}

static void weaken_manual(struct maker *m, struct fw_finding *f)
{
	if (f->claim.severity <= FW_LOW || !is_manual(&m->t.nodes[f->node]))
		return;
	f->claim.severity = FW_LOW;
	f->claim.confidence = FW_UNSURE;
}

static void add_finding(struct maker *m, const struct fw_claim *c,
			uint32_t node)
{
	m->findings = fw_grow(&m->s->arena, m->findings, &m->cap, m->n + 1,
			      sizeof(*m->findings));
	struct fw_finding *f = &m->findings[m->n++];

	*f = (struct fw_finding){ .claim = *c, .node = node };
	weaken_manual(m, f);
	fingerprint(m, f);
}

static void add_claims(struct maker *m, const struct claim_list *l,
		       uint32_t node)
{
	for (size_t i = 0; i < l->n; i++)
		add_finding(m, &l->v[i], node);
}

static void add_state(struct maker *m, uint32_t i)
{
	const struct fw_node *n = &m->t.nodes[i];
	const struct fw_kind *k = fw_scanner_kind(n->state);
	struct fw_claim c;

	if (k == NULL)
		return;
	c = FW_CLAIM(k);
	c.detail = n->note ? n->note : fw_state_name(n->state);
	c.key = fw_state_name(n->state);
	add_finding(m, &c, i);
}

static int worst_first(const void *a, const void *b)
{
	const struct fw_finding *x = a, *y = b;

	if (x->claim.severity != y->claim.severity)
		return x->claim.severity > y->claim.severity ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	int order = strcmp(x->claim.kind->id, y->claim.kind->id);

	if (order != 0)
		return order;
	order = strcmp(x->claim.detail ? x->claim.detail : "",
		       y->claim.detail ? y->claim.detail : "");
	if (order != 0)
		return order;
	return strcmp(x->claim.rule ? x->claim.rule : "",
		      y->claim.rule ? y->claim.rule : "");
}

/* --- one cause, one finding --- */

static bool merges(const struct maker *m, const struct fw_finding *a,
		   const struct fw_finding *b)
{
	return a->claim.kind == b->claim.kind &&
	       m->t.nodes[a->node].image == m->t.nodes[b->node].image;
}

/* The first place where it stands, as one line. */
static struct fw_evidence place_of(struct maker *m, const struct fw_finding *f)
{
	const struct fw_evidence *e = f->claim.evidence;
	const char *what = f->claim.evidence_count > 0 && e->text != NULL
				   ? e->text
				   : f->claim.detail;
	const char *path = m->t.nodes[f->node].path;

	return (struct fw_evidence){
		.offset = FW_NO_OFFSET,
		.text = what == NULL ? path
				     : fw_sprintf(&m->s->arena, "%s: %s", path,
						  what),
	};
}

/* Makes findings i of the same kind and image into one at the image: it has
 * the worst severity of them, and a place of each as evidence. */
static void merge_at(struct maker *m, size_t i, bool *gone)
{
	struct fw_finding *f = &m->findings[i];
	struct fw_evidence *v = NULL;
	size_t n = 0, cap = 0, places = 0;

	for (size_t k = i; k < m->n; k++) {
		if (gone[k] || !merges(m, f, &m->findings[k]))
			continue;
		places++;
		gone[k] = k != i;
		v = fw_grow(&m->s->arena, v, &cap, n + 1, sizeof(*v));
		if (n < MERGED_PLACES)
			v[n++] = place_of(m, &m->findings[k]);
	}
	if (places < 2)
		return;
	f->node = m->t.roots[m->t.nodes[f->node].image];
	f->claim.detail = fw_sprintf(&m->s->arena, "in %zu places", places);
	f->claim.key = f->claim.kind->id;
	f->claim.evidence = v;
	f->claim.evidence_count = n;
	fingerprint(m, f);
}

/* Findings are sorted, worst first. Each kind is merged once an image, so the
 * work is bounded by kinds and images times findings. */
static void merge_findings(struct maker *m)
{
	bool *gone = fw_alloc(&m->s->arena, m->n + 1, sizeof(*gone));
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!gone[i] && m->findings[i].claim.kind->per_image)
			merge_at(m, i, gone);
	for (size_t i = 0; i < m->n; i++)
		if (!gone[i])
			m->findings[kept++] = m->findings[i];
	m->n = kept;
}

static void gather_findings(struct maker *m)
{
	for (uint32_t i = 0; i < m->t.count; i++) {
		const struct entry *e = m->t.entries[i];

		if (e->content != NULL)
			for (unsigned k = 0; k < STAGES; k++)
				add_claims(m, &e->content->said[k].claims, i);
		add_claims(m, &e->said.claims, i);
		add_claims(m, &m->s->place_said[i].claims, i);
		add_state(m, i);
	}
	if (m->n == 0)
		return;
	qsort(m->findings, m->n, sizeof(*m->findings), worst_first);
	merge_findings(m);
	qsort(m->findings, m->n, sizeof(*m->findings), worst_first);
}

/* What correlators said of a place joins its facts. */
static void add_place_facts(struct maker *m)
{
	for (uint32_t i = 0; i < m->t.count; i++) {
		const struct fact_list *more = &m->s->place_said[i].facts;
		struct fw_node *n = &m->t.nodes[i];

		if (more->n == 0)
			continue;
		struct fw_fact *all = fw_alloc(
			&m->s->arena, n->fact_count + more->n, sizeof(*all));

		if (n->fact_count > 0)
			memcpy(all, n->facts, n->fact_count * sizeof(*all));
		memcpy(all + n->fact_count, more->v, more->n * sizeof(*all));
		n->facts = all;
		n->fact_count += more->n;
	}
}

/* Facts for correlators alone have done their work. */
static void drop_working_facts(struct maker *m)
{
	for (uint32_t i = 0; i < m->t.count; i++) {
		struct fw_node *n = &m->t.nodes[i];
		struct fw_fact *kept = NULL;
		size_t left = 0, hidden = 0;

		for (size_t k = 0; k < n->fact_count; k++)
			hidden += n->facts[k].key[0] == '_';
		if (hidden == 0)
			continue;
		kept = fw_alloc(&m->s->arena, n->fact_count, sizeof(*kept));
		for (size_t k = 0; k < n->fact_count; k++)
			if (n->facts[k].key[0] != '_')
				kept[left++] = n->facts[k];
		n->facts = kept;
		n->fact_count = left;
	}
}

/* --- images and the verdict --- */

static uint32_t image_end(const struct maker *m, size_t i)
{
	return i + 1 < m->s->image_count ? m->t.roots[i + 1]
					 : (uint32_t)m->t.count;
}

static bool damaged(const struct fw_node *n)
{
	return n->state > FW_STATE_DONE;
}

static void sum_image(struct maker *m, struct fw_image *img, size_t i,
		      bool *incomplete)
{
	uint32_t end = image_end(m, i);

	img->node = m->t.roots[i];
	for (uint32_t k = img->node; k < end; k++) {
		img->objects++;
		img->files += m->t.nodes[k].meta->type == FW_FILE;
		*incomplete = *incomplete || damaged(&m->t.nodes[k]);
	}
	for (size_t k = 0; k < m->n; k++)
		if (m->findings[k].node >= img->node &&
		    m->findings[k].node < end)
			img->findings[m->findings[k].claim.severity]++;
	img->coverage = fw_cover(&m->t, img->node, end);
}

static enum fw_verdict judge(const struct fw_image *img, enum fw_severity fail,
			     bool incomplete)
{
	for (int s = FW_CRITICAL; s >= (int)fail; s--)
		if (img->findings[s] > 0)
			return FW_FAIL;
	if (incomplete)
		return FW_INCOMPLETE;
	for (int s = FW_CRITICAL; s >= FW_MEDIUM; s--)
		if (img->findings[s] > 0)
			return FW_REVIEW;
	return FW_PASS;
}

static void judge_images(struct maker *m, struct fw_result *r)
{
	struct fw_image *imgs =
		fw_alloc(&m->s->arena, m->s->image_count + 1, sizeof(*imgs));
	static const uint8_t rank[] = { [FW_PASS] = 0,
					[FW_REVIEW] = 1,
					[FW_INCOMPLETE] = 2,
					[FW_FAIL] = 3 };

	r->verdict = FW_PASS;
	for (size_t i = 0; i < m->s->image_count; i++) {
		bool incomplete = m->s->limits.n > 0;

		sum_image(m, &imgs[i], i, &incomplete);
		r->incomplete = r->incomplete || incomplete;
		imgs[i].verdict = judge(&imgs[i], r->fail_on, incomplete);
		if (rank[imgs[i].verdict] > rank[r->verdict])
			r->verdict = imgs[i].verdict;
	}
	r->images = imgs;
	r->image_count = m->s->image_count;
}

static void say_run(struct scan *s, struct fw_result *r)
{
	struct rusage use;
	uint64_t peak = 0;

	getrusage(RUSAGE_SELF, &use);
	peak = (uint64_t)use.ru_maxrss * 1024;
	for (unsigned i = 0; i < s->jobs; i++)
		peak += s->slot_rss[i];
	r->run.started = s->started;
	r->run.seconds = (double)(fw_now_ms() - s->started_ms) / 1000;
	r->run.peak_rss_bytes = peak;
	r->run.jobs = s->jobs;
	r->run.seccomp = !s->opt.no_sandbox;
	r->run.landlock = !s->opt.no_sandbox && s->landlock;
	r->run.forks = s->forks;
	r->run.bytes_hashed = s->bytes_hashed;
	r->run.bytes_matched = s->bytes_matched;
	r->run.contents = s->content_count;
	if (s->opt.matcher != NULL) {
		r->rules.count = s->opt.matcher->count;
		memcpy(r->rules.sha256, s->opt.matcher->sha256, FW_SHA256_SIZE);
	}
}

static int by_option(const void *a, const void *b)
{
	return strcmp(((const struct fw_limit_hit *)a)->option,
		      ((const struct fw_limit_hit *)b)->option);
}

struct fw_result *fw_result_make(struct scan *s)
{
	struct fw_result *r = fw_alloc(&s->arena, 1, sizeof(*r));
	struct maker m = { .s = s };
	struct fw_tree *tree = fw_alloc(&s->arena, 1, sizeof(*tree));

	m.t.s = s;
	m.t.roots = fw_alloc(&s->arena, s->image_count + 1, sizeof(uint32_t));
	fw_tree_expand(&m.t);
	tree->places = fw_tree_places(&m.t);
	tree->count = (uint32_t)m.t.count;
	tree->cache = fw_alloc(&s->arena, 1, sizeof(*tree->cache));
	s->tree = tree;
	s->place_said =
		fw_alloc(&s->arena, m.t.count + 1, sizeof(*s->place_said));
	if (!s->stopping)
		fw_broker_correlate(s);
	gather_findings(&m);
	add_place_facts(&m);
	drop_working_facts(&m);
	if (s->limits.n > 1)
		qsort(s->limits.v, s->limits.n, sizeof(*s->limits.v),
		      by_option);
	r->fail_on = s->opt.fail_on;
	judge_images(&m, r);
	r->nodes = m.t.nodes;
	r->node_count = m.t.count;
	r->findings = m.findings;
	r->finding_count = m.n;
	fw_software_merge(&m.t, r);
	r->limits = s->limits.v;
	r->limit_count = s->limits.n;
	say_run(s, r);
	return r;
}
