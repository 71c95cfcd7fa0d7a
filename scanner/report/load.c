/* load.c - a saved result, read back: documents, images, objects
 *
 * The counterpart of json.c. A document is input like any other: every index,
 * name and number is checked before it is used.
 */
#include <stdlib.h>

#include "report/load_private.h"
#include "report/show.h"

enum { OBJECTS_MAX = 1 << 26, DEPTH_MAX = 1 << 20 };

static const uint64_t number_max = INT64_MAX;

void load_fail(struct load *l, const char *key, const char *why)
{
	if (l->failed)
		return;
	l->failed = true;
	if (l->list != NULL)
		snprintf(l->err, l->err_len, "%s[%zu].%s: %s", l->list,
			 l->index, key, why);
	else
		snprintf(l->err, l->err_len, "%s: %s", key, why);
}

json_t *load_object(struct load *l, json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_object(v))
		load_fail(l, key, "no object");
	return v;
}

json_t *load_array(struct load *l, json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_array(v) || json_array_size(v) > OBJECTS_MAX)
		load_fail(l, key, "no array");
	return v;
}

const char *load_text(struct load *l, json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (json_is_string(v))
		return fw_unescape(l->arena, json_string_value(v));
	if (!json_is_null(v))
		load_fail(l, key, "no text");
	return NULL;
}

const char *load_word(struct load *l, json_t *o, const char *key)
{
	const char *s = load_text(l, o, key);

	if (s == NULL)
		load_fail(l, key, "missing");
	return s == NULL ? "" : s;
}

const char *load_path(struct load *l, json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_string(v)) {
		load_fail(l, key, "no text");
		return "";
	}
	return fw_strdup(l->arena, fw_view_str(json_string_value(v)));
}

uint64_t load_number(struct load *l, json_t *o, const char *key, uint64_t max,
		     uint64_t null)
{
	json_t *v = json_object_get(o, key);

	if (json_is_null(v) && null > max)
		return null;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max) {
		load_fail(l, key, "no number, or out of range");
		return 0;
	}
	return (uint64_t)json_integer_value(v);
}

bool load_bool(struct load *l, json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_boolean(v))
		load_fail(l, key, "neither true nor false");
	return json_is_true(v);
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

bool load_hash(struct load *l, json_t *o, const char *key,
	       uint8_t sha256[FW_SHA256_SIZE])
{
	json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);

	if (json_is_null(v))
		return false;
	if (s == NULL || json_string_length(v) != 2 * FW_SHA256_SIZE) {
		load_fail(l, key, "no SHA-256");
		return false;
	}
	for (size_t i = 0; i < FW_SHA256_SIZE; i++) {
		int hi = digit(s[2 * i]), lo = digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			load_fail(l, key, "no SHA-256");
			return false;
		}
		sha256[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

unsigned load_enum(struct load *l, json_t *o, const char *key, unsigned n,
		   const char *(*name)(unsigned i))
{
	const char *s = json_string_value(json_object_get(o, key));

	for (unsigned i = 0; s != NULL && i < n; i++)
		if (strcmp(s, name(i)) == 0)
			return i;
	load_fail(l, key, "none of the words that may stand here");
	return 0;
}

static const char *state_name(unsigned i)
{
	return fw_state_name(i);
}

static const char *verdict_name(unsigned i)
{
	return fw_verdict_name(i);
}

static const char *type_name(unsigned i)
{
	return fw_type_name(i);
}

const char *load_severity_name(unsigned i)
{
	return fw_severity_name(i);
}

const char *load_confidence_name(unsigned i)
{
	return fw_confidence_name(i);
}

static const struct fw_format *format(struct load *l, json_t *o)
{
	const char *name = load_text(l, o, "format");
	const struct fw_format *f = NULL;

	if (name == NULL)
		return NULL;
	if (l->opt->format != NULL)
		f = l->opt->format(name);
	if (f == NULL) { /* of another version, or a made-up one */
		struct fw_format *made = fw_alloc(l->arena, 1, sizeof(*made));

		made->name = name;
		made->title = name;
		made->class = FW_LEAF;
		f = made;
	}
	return f;
}

static void device(struct fw_meta *m, const char *s)
{
	char *end;

	m->rdev_major = (uint32_t)strtoul(s, &end, 10);
	if (*end == ':')
		m->rdev_minor = (uint32_t)strtoul(end + 1, NULL, 10);
}

struct fact_list {
	struct fw_fact *v;
	size_t n, cap;
};

/* "--max-depth 3 what lies deeper was not opened"; of one image is enough. */
static void limit(struct load *l, const char *s, size_t *cap)
{
	struct fw_result *r = l->r;
	struct fw_view rest = fw_view_str(s), option = { 0 }, count = { 0 };

	fw_split(&rest, ' ', &option);
	fw_split(&rest, ' ', &count);
	struct fw_limit_hit *v = fw_grow(l->arena, (void *)(uintptr_t)r->limits,
					 cap, r->limit_count + 1, sizeof(*v));

	v[r->limit_count++] = (struct fw_limit_hit){
		.option = fw_strdup(l->arena, option),
		.note = rest.len == 0 ? NULL : fw_strdup(l->arena, rest),
		.count = count.len == 0
				 ? 0
				 : strtoull(fw_strdup(l->arena, count), NULL,
					    10),
	};
	r->limits = v;
}

/* Takes what json.c stored as facts scan.*; the others are kept. */
static void fact(struct load *l, struct fw_node *n, struct fw_meta *m,
		 struct fact_list *facts, const char *key, const char *value,
		 size_t *limit_cap)
{
	if (strcmp(key, "scan.note") == 0) {
		n->note = value;
	} else if (strcmp(key, "scan.device") == 0) {
		device(m, value);
	} else if (strcmp(key, "scan.incomplete") == 0) {
		l->r->incomplete |= strcmp(value, "yes") == 0;
	} else if (strcmp(key, "scan.fail_on") == 0) {
		for (int s = FW_INFO; s <= FW_CRITICAL; s++)
			if (strcmp(value, fw_severity_name(s)) == 0)
				l->r->fail_on = s;
	} else if (strcmp(key, "scan.limit") == 0) {
		if (n->image == 0)
			limit(l, value, limit_cap);
	} else {
		facts->v = fw_grow(l->arena, facts->v, &facts->cap,
				   facts->n + 1, sizeof(*facts->v));
		facts->v[facts->n++] = (struct fw_fact){ key, value };
	}
}

static void load_facts(struct load *l, json_t *o, struct fw_node *n,
		       struct fw_meta *m, size_t *limit_cap)
{
	struct fact_list list = { 0 };
	json_t *facts = load_object(l, o, "facts"), *v;
	const char *raw;

	json_object_foreach(facts, raw, v) {
		const char *key = fw_unescape(l->arena, raw);
		size_t count = json_is_array(v) ? json_array_size(v) : 1;

		for (size_t i = 0; i < count; i++) {
			json_t *s = json_is_array(v) ? json_array_get(v, i) : v;

			if (json_is_string(s))
				fact(l, n, m, &list, key,
				     fw_unescape(l->arena,
						 json_string_value(s)),
				     limit_cap);
			else
				load_fail(l, "facts", "a value is no text");
		}
	}
	n->facts = list.v;
	n->fact_count = list.n;
}

static const struct fw_meta *meta(struct load *l, json_t *o,
				  struct fw_meta *m)
{
	json_t *mtime = json_object_get(o, "mtime");

	m->type = load_enum(l, o, "kind", FW_GAP + 1, type_name);
	m->mode = (uint32_t)load_number(l, o, "mode", 07777, FW_NO_MODE);
	m->uid = (uint32_t)load_number(l, o, "uid", FW_NO_MODE - 1, FW_NO_MODE);
	m->gid = (uint32_t)load_number(l, o, "gid", FW_NO_MODE - 1, FW_NO_MODE);
	m->link = load_text(l, o, "target");
	if (json_is_integer(mtime))
		m->mtime = json_integer_value(mtime);
	else if (!json_is_null(mtime))
		load_fail(l, "mtime", "no number");
	return m;
}

static void object(struct load *l, json_t *o, struct fw_node *nodes,
		   size_t *limit_cap)
{
	uint32_t id = (uint32_t)l->index;
	struct fw_node *n = &nodes[id];
	struct fw_meta *m = fw_alloc(l->arena, 1, sizeof(*m));

	if (load_number(l, o, "id", number_max, LOAD_NO_NULL) != id)
		load_fail(l, "id", "not its index");
	n->fd = -1;
	n->parent = (uint32_t)load_number(l, o, "parent", OBJECTS_MAX,
					  FW_NO_NODE);
	n->image = (uint32_t)load_number(l, o, "image", OBJECTS_MAX,
					 LOAD_NO_NULL);
	if (n->image >= l->r->image_count)
		load_fail(l, "image", "there is no such image");
	if (n->parent != FW_NO_NODE && n->parent >= id)
		load_fail(l, "parent", "not an earlier object");
	if (l->failed)
		return;
	if (n->parent != FW_NO_NODE) {
		n->depth = nodes[n->parent].depth + 1;
		nodes[n->parent].child_count++;
		if (nodes[n->parent].image != n->image)
			load_fail(l, "image", "not that of its parent");
	}
	if (n->depth > DEPTH_MAX)
		load_fail(l, "parent", "too deep");
	n->path = load_path(l, o, "path");
	n->name = fw_basename(n->path);
	n->meta = meta(l, o, m);
	m->name = fw_unescape(l->arena, n->name);
	n->format = format(l, o);
	n->size = load_number(l, o, "size", number_max, LOAD_NO_NULL);
	n->offset = load_number(l, o, "offset", number_max, UINT64_MAX);
	n->hashed = load_hash(l, o, "sha256", n->sha256);
	n->state = load_enum(l, o, "state", FW_STATE_VIOLATED + 1, state_name);
	load_facts(l, o, n, m, limit_cap);
}

static void objects(struct load *l, json_t *list)
{
	size_t n = json_array_size(list), limit_cap = 0;
	struct fw_node *nodes = fw_alloc(l->arena, n, sizeof(*nodes));

	l->list = "objects";
	for (l->index = 0; l->index < n && !l->failed; l->index++) {
		json_t *o = json_array_get(list, l->index);

		object(l, o, nodes, &limit_cap);
	}
	l->list = NULL;
	l->r->nodes = nodes;
	l->r->node_count = n;
}

static void image(struct load *l, json_t *o, struct fw_image *m)
{
	json_t *counts = load_object(l, o, "findings");
	json_t *coverage = load_object(l, o, "coverage");
	uint8_t sha256[FW_SHA256_SIZE];

	/* These are the root object's, too; here they must only be sound. */
	load_path(l, o, "path");
	load_number(l, o, "size", number_max, LOAD_NO_NULL);
	load_hash(l, o, "sha256", sha256);
	m->verdict = load_enum(l, o, "verdict", FW_INCOMPLETE + 1,
			       verdict_name);
	m->objects = (uint32_t)load_number(l, o, "objects", OBJECTS_MAX,
					   LOAD_NO_NULL);
	m->files = (uint32_t)load_number(l, o, "files", OBJECTS_MAX,
					 LOAD_NO_NULL);
	for (int s = FW_INFO; s <= FW_CRITICAL; s++)
		m->findings[s] = (uint32_t)load_number(
			l, counts, fw_severity_name(s), OBJECTS_MAX,
			LOAD_NO_NULL);
	m->coverage.total = load_number(l, coverage, "total", number_max, 0);
	m->coverage.explained =
		load_number(l, coverage, "explained", number_max, 0);
	m->coverage.padding = load_number(l, coverage, "padding", number_max, 0);
	m->coverage.opaque = load_number(l, coverage, "opaque", number_max, 0);
}

/* Worst first: what fails is worse than what is incomplete. */
static enum fw_verdict worse(enum fw_verdict a, enum fw_verdict b)
{
	static const int rank[] = { [FW_PASS] = 0,
				    [FW_REVIEW] = 1,
				    [FW_INCOMPLETE] = 2,
				    [FW_FAIL] = 3 };

	return rank[a] > rank[b] ? a : b;
}

static struct fw_image *images(struct load *l, json_t *list)
{
	size_t n = json_array_size(list);
	struct fw_image *v = fw_alloc(l->arena, n, sizeof(*v));

	l->list = "images";
	for (l->index = 0; l->index < n && !l->failed; l->index++) {
		v[l->index].node = FW_NO_NODE;
		image(l, json_array_get(list, l->index), &v[l->index]);
		l->r->verdict = worse(l->r->verdict, v[l->index].verdict);
	}
	l->list = NULL;
	l->r->images = v;
	l->r->image_count = n;
	return v;
}

/* Each image has one object without parent. */
static void roots(struct load *l, struct fw_image *v)
{
	for (uint32_t i = 0; i < l->r->node_count && !l->failed; i++) {
		const struct fw_node *n = &l->r->nodes[i];

		if (n->parent != FW_NO_NODE)
			continue;
		if (v[n->image].node != FW_NO_NODE)
			load_fail(l, "objects", "an image has two roots");
		v[n->image].node = i;
	}
	for (size_t i = 0; i < l->r->image_count; i++)
		if (v[i].node == FW_NO_NODE)
			load_fail(l, "objects", "an image has no root");
}

static void document(struct load *l, json_t *doc)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	struct fw_result *r = l->r;
	struct fw_image *v;

	if (schema == NULL || strcmp(schema, "assay.scan/1") != 0) {
		load_fail(l, "schema", "this is not a result of assay scan "
				       "(assay.scan/1 was expected)");
		return;
	}
	json_t *tool = load_object(l, doc, "tool");
	json_t *rules = load_object(l, tool, "rules");

	r->rules.count = load_number(l, rules, "count", OBJECTS_MAX,
				     LOAD_NO_NULL);
	load_hash(l, rules, "sha256", r->rules.sha256);
	v = images(l, load_array(l, doc, "images"));
	if (!l->failed)
		objects(l, load_array(l, doc, "objects"));
	if (!l->failed)
		roots(l, v);
	if (!l->failed)
		load_findings(l, load_array(l, doc, "findings"));
	if (!l->failed)
		load_components(l, load_array(l, doc, "components"));
	if (!l->failed && json_object_get(doc, "run") != NULL)
		load_run(l, load_object(l, doc, "run"));
}

const struct fw_result *fw_result_load(FILE *in, struct fw_arena *a,
				       const struct fw_load_options *opt,
				       char *err, size_t err_len)
{
	json_error_t e;
	json_t *doc = json_loadf(in, JSON_REJECT_DUPLICATES, &e);
	struct load l = { .arena = a,
			  .opt = opt,
			  .err = err,
			  .err_len = err_len,
			  .r = fw_alloc(a, 1, sizeof(struct fw_result)) };

	l.r->fail_on = FW_HIGH;
	if (doc == NULL)
		snprintf(err, err_len, "no JSON: line %d: %s", e.line,
			 fw_show_raw(a, e.text)); /* it quotes the document */
	else
		document(&l, doc);
	l.failed |= doc == NULL;
	json_decref(doc);
	return l.failed ? NULL : l.r;
}
