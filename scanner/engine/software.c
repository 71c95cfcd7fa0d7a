/* software.c - components: one row a product and version */
#include <stdlib.h>

#include "engine/software.h"

enum { EVIDENCE_MAX = 8 };

/* Facts of formats that name a component. */
static const struct source {
	const char *name_key, *name, *version_key, *type, *evidence;
	const char *cpe, *purl, *license; /* cpe and purl: before the version */
} sources[] = {
	{ NULL, "Linux", "kernel.version", "operating-system",
	  "banner of the kernel", "cpe:2.3:o:linux:linux_kernel",
	  "pkg:generic/linux", "GPL-2.0-only" },
	{ NULL, "U-Boot", "uboot.version", "firmware",
	  "banner of the boot loader", "cpe:2.3:a:denx:u-boot",
	  "pkg:generic/u-boot", "GPL-2.0-or-later" },
	{ "package.name", NULL, "package.version", "library",
	  "package database", NULL, NULL, NULL },
};

enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

static const char *fact(const struct fw_node *n, const char *key)
{
	for (size_t i = 0; i < n->fact_count; i++)
		if (strcmp(n->facts[i].key, key) == 0)
			return n->facts[i].value;
	return NULL;
}

/* The numbers that a version begins with: "2.6.31" of "2.6.31--vendor-9". What
 * a vendor appends is in no list of faults. */
static struct fw_view upstream(const char *version)
{
	size_t n = strspn(version, "0123456789.");

	while (n > 0 && version[n - 1] == '.')
		n--;
	return fw_view_of(version, n);
}

static void name_for_lists(struct fw_arena *a, const struct source *from,
			   struct fw_software *row)
{
	struct fw_view v = upstream(row->version);

	row->license = from->license;
	if (from->cpe == NULL || v.len == 0)
		return;
	row->cpe = fw_sprintf(a, "%s:%.*s:*:*:*:*:*:*:*", from->cpe, FW_FMT(v));
	row->purl = fw_sprintf(a, "%s@%.*s", from->purl, FW_FMT(v));
}

static bool from_facts(struct fw_arena *a, const struct fw_node *n,
		       const struct source *from, struct fw_software *row)
{
	const char *version = fact(n, from->version_key);

	if (version == NULL)
		return false;
	*row = (struct fw_software){ .name = from->name,
				     .version = version,
				     .type = from->type,
				     .evidence = from->evidence,
				     .confidence = FW_SURE };
	if (from->name_key != NULL)
		row->name = fact(n, from->name_key);
	name_for_lists(a, from, row);
	return row->name != NULL;
}

static void append(struct fw_software *v, size_t *n,
		   const struct software_list *l)
{
	if (l->n > 0)
		memcpy(v + *n, l->v, l->n * sizeof(*v));
	*n += l->n;
}

const struct fw_software *fw_software_at(const struct tree *t, uint32_t node,
					 size_t *n)
{
	const struct entry *e = t->entries[node];
	const struct content *c = e->content;
	struct fw_software rows[SOURCES], *v;
	size_t found = 0, room = e->said.software.n;

	for (size_t i = 0; i < SOURCES; i++)
		found += from_facts(&t->s->arena, &t->nodes[node], &sources[i],
				    &rows[found]);
	for (unsigned k = 0; c != NULL && k < STAGES; k++)
		room += c->said[k].software.n;
	*n = 0;
	if (found + room == 0)
		return NULL;
	v = fw_alloc(&t->s->arena, found + room, sizeof(*v));
	memcpy(v, rows, found * sizeof(*v));
	*n = found;
	for (unsigned k = 0; c != NULL && k < STAGES; k++)
		append(v, n, &c->said[k].software);
	append(v, n, &e->said.software);
	return v;
}

/* --- merging --- */

struct row {
	struct fw_software said;
	uint32_t node;
};

struct rows {
	struct row *v;
	size_t n, cap;
};

static void gather(const struct tree *t, struct rows *all,
		   const struct fw_software *v, size_t n, uint32_t node)
{
	all->v = fw_grow(&t->s->arena, all->v, &all->cap, all->n + n,
			 sizeof(*all->v));
	for (size_t i = 0; i < n; i++)
		all->v[all->n++] = (struct row){ v[i], node };
}

static int compare(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* By name, version, how sure, place; what is surest leads its group. */
static int by_product(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare(x->said.name, y->said.name);

	if (order == 0)
		order = compare(x->said.version, y->said.version);
	if (order == 0 && x->said.confidence != y->said.confidence)
		order = x->said.confidence > y->said.confidence ? -1 : 1;
	if (order == 0 && x->node != y->node)
		order = x->node < y->node ? -1 : 1;
	if (order == 0)
		order = compare(x->said.evidence, y->said.evidence);
	return order;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void add_evidence(struct fw_component *c, const char **list,
			 const char *text)
{
	if (text == NULL || c->evidence_count == EVIDENCE_MAX)
		return;
	for (size_t i = 0; i < c->evidence_count; i++)
		if (strcmp(list[i], text) == 0)
			return;
	list[c->evidence_count++] = text;
}

static const char *first_of(const char *a, const char *b)
{
	return a != NULL ? a : b;
}

static struct fw_component merge(struct fw_arena *a, const struct row *v,
				 size_t n)
{
	const char **evidence = fw_alloc(a, EVIDENCE_MAX, sizeof(*evidence));
	uint32_t *nodes = fw_alloc(a, n, sizeof(*nodes));
	struct fw_component c = { .name = v[0].said.name,
				  .version = first_of(v[0].said.version, ""),
				  .confidence = v[0].said.confidence,
				  .evidence = evidence,
				  .nodes = nodes };

	for (size_t i = 0; i < n; i++) {
		const struct fw_software *s = &v[i].said;

		c.type = first_of(c.type, s->type);
		c.cpe = first_of(c.cpe, s->cpe);
		c.purl = first_of(c.purl, s->purl);
		c.license = first_of(c.license, s->license);
		add_evidence(&c, evidence, s->evidence);
		nodes[i] = v[i].node;
	}
	qsort(nodes, n, sizeof(*nodes), by_number);
	for (size_t i = 0; i < n; i++)
		if (c.node_count == 0 || nodes[c.node_count - 1] != nodes[i])
			nodes[c.node_count++] = nodes[i];
	if (c.type == NULL)
		c.type = "application";
	return c;
}

static size_t group_end(const struct rows *all, size_t i, bool with_version)
{
	size_t end = i + 1;

	while (end < all->n &&
	       !compare(all->v[end].said.name, all->v[i].said.name) &&
	       (!with_version ||
		!compare(all->v[end].said.version, all->v[i].said.version)))
		end++;
	return end;
}

/* Version "" sorts first; it is no news beside a version. */
static bool is_idle(const struct rows *all, size_t i, size_t end)
{
	return compare(all->v[i].said.version, "") == 0 &&
	       group_end(all, i, false) > end;
}

/* What only a name of a file says is no news beside what its bytes say. */
static bool is_outdone(const struct row *v, size_t n, const struct row *x)
{
	if (x->said.confidence > FW_UNSURE)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v[i].said.confidence > FW_UNSURE &&
		    compare(v[i].said.version, "") != 0 &&
		    compare(v[i].said.name, x->said.name) == 0)
			return true;
	return false;
}

/* Of the rows of one node, which begin at from. */
static void drop_outdone(struct rows *all, size_t from)
{
	struct row *v = all->v + from;
	size_t n = all->n - from, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_outdone(v, n, &v[i]))
			v[i].said.name = NULL;
	for (size_t i = 0; i < n; i++)
		if (v[i].said.name != NULL)
			v[kept++] = v[i];
	all->n = from + kept;
}

void fw_software_merge(const struct tree *t, struct fw_result *r)
{
	struct fw_component *out;
	struct rows all = { 0 };

	for (uint32_t i = 0; i < t->count; i++) {
		const struct software_list *l = &t->s->place_said[i].software;
		size_t n, from = all.n;
		const struct fw_software *v = fw_software_at(t, i, &n);

		gather(t, &all, v, n, i);
		gather(t, &all, l->v, l->n, i);
		drop_outdone(&all, from);
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), by_product);
	out = fw_alloc(&t->s->arena, all.n + 1, sizeof(*out));
	r->components = out;
	for (size_t i = 0, end; i < all.n; i = end) {
		end = group_end(&all, i, true);
		if (!is_idle(&all, i, end))
			out[r->component_count++] =
				merge(&t->s->arena, &all.v[i], end - i);
	}
}
