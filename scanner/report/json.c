/* json.c - the saved result, assay.scan/1
 *
 * One object a line, written as it is made: memory stays that of one object.
 * Keys are sorted and always there; what is not known is null. Texts of the
 * image are escaped as everywhere, so that no reader of this file can be
 * steered by one; load.c takes the escapes back.
 *
 * offset is null where the object is no run of its parent's bytes: an image, a
 * folder, or what was decoded. sha256 is null where there was nothing to hash.
 * What the document has no key for is a fact scan.* of the object that it is about.
 * A fact is a string, or an array where an object has several of one key.
 */
#include <time.h>

#include <jansson.h>

#include "core/format.h"
#include "report/report.h"
#include "report/show.h"

enum { ARENA_KEEP = 1 << 20 };

struct json {
	FILE *to;
	struct fw_arena arena; /* of the objects written last */
	bool failed;
	bool first; /* of its array */
};

static void raw(struct json *j, const char *s)
{
	if (fputs(s, j->to) < 0)
		j->failed = true;
}

/* Writes and releases v. */
static void value(struct json *j, json_t *v)
{
	if (v == NULL || json_dumpf(v, j->to, JSON_COMPACT | JSON_SORT_KEYS |
						      JSON_ENCODE_ANY) != 0)
		j->failed = true;
	json_decref(v);
	if (j->arena.used > ARENA_KEEP) {
		fw_arena_free(&j->arena);
		j->arena = (struct fw_arena){ 0 };
	}
}

static void item(struct json *j, json_t *v)
{
	raw(j, j->first ? "\n" : ",\n");
	j->first = false;
	value(j, v);
}

static void open_array(struct json *j, const char *name)
{
	raw(j, "\"");
	raw(j, name);
	raw(j, "\":[");
	j->first = true;
}

static void close_array(struct json *j)
{
	raw(j, "],\n");
}

static json_t *text(struct json *j, const char *s)
{
	return s == NULL ? json_null()
			 : json_string(fw_show_raw(&j->arena, s));
}

static json_t *path(struct json *j, const char *s)
{
	return s == NULL ? json_null()
			 : json_string(fw_show_path(&j->arena, s));
}

static json_t *number(uint64_t x)
{
	return json_integer((json_int_t)x);
}

/* null for the value that means nothing. */
static json_t *unless(uint64_t x, uint64_t none)
{
	return x == none ? json_null() : number(x);
}

static json_t *hash(struct json *j, bool known, const uint8_t *sha256)
{
	return known ? json_string(fw_show_hex(&j->arena, sha256,
					       FW_SHA256_SIZE))
		     : json_null();
}

static json_t *facts(struct json *j, const struct fw_node *n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n->fact_count; i++) {
		const char *key = fw_show_raw(&j->arena, n->facts[i].key);
		json_t *v = text(j, n->facts[i].value);
		json_t *there = json_object_get(o, key);

		if (json_is_array(there))
			json_array_append_new(there, v);
		else if (there != NULL)
			json_object_set_new(o, key,
					    json_pack("[O,o]", there, v));
		else
			json_object_set_new(o, key, v);
	}
	return o;
}

/* What the document has no key for: as facts of the object that it is about. */
static void own_facts(struct json *j, const struct fw_result *r, uint32_t id,
		      json_t *o)
{
	const struct fw_node *n = &r->nodes[id];
	json_t *limits;

	if (n->note != NULL)
		json_object_set_new(o, "scan.note", text(j, n->note));
	if (n->meta->type == FW_CHARDEV || n->meta->type == FW_BLOCKDEV)
		json_object_set_new(o, "scan.device",
				    json_string(fw_sprintf(
					    &j->arena, "%u:%u",
					    n->meta->rdev_major,
					    n->meta->rdev_minor)));
	if (n->parent != FW_NO_NODE || n->image >= r->image_count)
		return;
	json_object_set_new(o, "scan.fail_on",
			    json_string(fw_severity_name(r->fail_on)));
	json_object_set_new(o, "scan.incomplete",
			    json_string(r->incomplete ? "yes" : "no"));
	if (r->limit_count == 0)
		return;
	limits = json_array();
	for (size_t i = 0; i < r->limit_count; i++) {
		const struct fw_limit_hit *l = &r->limits[i];
		const char *s = fw_sprintf(&j->arena, "%s %llu %s", l->option,
					   (unsigned long long)l->count,
					   l->note == NULL ? "" : l->note);

		json_array_append_new(limits, text(j, s));
	}
	json_object_set_new(o, "scan.limit", limits);
}

static void object(struct json *j, const struct fw_result *r, uint32_t id)
{
	const struct fw_node *n = &r->nodes[id];
	const struct fw_meta *m = n->meta;
	bool link = m->type == FW_LINK || m->type == FW_HARDLINK;
	json_t *all = facts(j, n);

	own_facts(j, r, id, all);
	item(j, json_pack("{s:I,s:o,s:I,s:o,s:s,s:o,s:o,s:I,s:o,"
			  "s:o,s:o,s:o,s:o,s:o,s:s,s:o}",
			  "id", (json_int_t)id, "parent",
			  unless(n->parent, FW_NO_NODE), "image",
			  (json_int_t)n->image, "path", path(j, n->path),
			  "kind", fw_type_name(m->type), "format",
			  text(j, n->format ? n->format->name : NULL), "offset",
			  unless(n->offset, UINT64_MAX), "size",
			  (json_int_t)n->size, "sha256",
			  hash(j, n->hashed, n->sha256), "mode",
			  unless(m->mode, FW_NO_MODE), "uid",
			  unless(m->uid, FW_NO_MODE), "gid",
			  unless(m->gid, FW_NO_MODE), "target",
			  text(j, link ? m->link : NULL), "mtime",
			  m->mtime == 0 ? json_null() : json_integer(m->mtime),
			  "state", fw_state_name(n->state), "facts", all));
}

static json_t *evidence(struct json *j, const struct fw_claim *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->evidence_count; i++) {
		const struct fw_evidence *e = &c->evidence[i];

		json_array_append_new(
			list, json_pack("{s:o,s:o,s:o,s:o,s:o}", "offset",
					unless(e->offset, FW_NO_OFFSET), "line",
					unless(e->line, 0), "address",
					unless(e->address, 0), "symbol",
					text(j, e->symbol), "text",
					text(j, e->text)));
	}
	return list;
}

static json_t *cwes(const struct fw_kind *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < 4 && k->cwe[i] != 0; i++)
		json_array_append_new(list, json_integer(k->cwe[i]));
	return list;
}

static json_t *references(struct json *j, const struct fw_kind *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < 4 && k->references[i] != NULL; i++)
		json_array_append_new(list, text(j, k->references[i]));
	return list;
}

static void finding(struct json *j, const struct fw_result *r,
		    const struct fw_finding *f)
{
	const struct fw_claim *c = &f->claim;
	const struct fw_kind *k = c->kind;

	item(j, json_pack("{s:o,s:o,s:s,s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,"
			  "s:o,s:o}",
			  "kind", text(j, k->id), "title", text(j, k->title),
			  "severity", fw_severity_name(c->severity),
			  "confidence", fw_confidence_name(c->confidence),
			  "object", (json_int_t)f->node, "path",
			  path(j, r->nodes[f->node].path), "evidence",
			  evidence(j, c), "detail", text(j, c->detail),
			  "explanation", text(j, k->explanation), "ask_vendor",
			  text(j, k->ask_vendor), "cwe", cwes(k), "references",
			  references(j, k), "rule", text(j, c->rule),
			  "fingerprint", text(j, f->fingerprint)));
}

static void image(struct json *j, const struct fw_result *r,
		  const struct fw_image *m)
{
	const struct fw_node *n = &r->nodes[m->node];
	json_t *counts = json_object();

	for (int s = FW_INFO; s <= FW_CRITICAL; s++)
		json_object_set_new(counts, fw_severity_name(s),
				    number(m->findings[s]));
	item(j, json_pack("{s:o,s:I,s:o,s:s,s:I,s:I,s:o,s:{s:I,s:I,s:I,s:I}}",
			  "path", path(j, n->path), "size", (json_int_t)n->size,
			  "sha256", hash(j, n->hashed, n->sha256), "verdict",
			  fw_verdict_name(m->verdict), "objects",
			  (json_int_t)m->objects, "files", (json_int_t)m->files,
			  "findings", counts, "coverage", "total",
			  (json_int_t)m->coverage.total, "explained",
			  (json_int_t)m->coverage.explained, "padding",
			  (json_int_t)m->coverage.padding, "opaque",
			  (json_int_t)m->coverage.opaque));
}

static void component(struct json *j, const struct fw_component *c)
{
	json_t *nodes = json_array(), *why = json_array();

	for (size_t i = 0; i < c->node_count; i++)
		json_array_append_new(nodes, number(c->nodes[i]));
	for (size_t i = 0; i < c->evidence_count; i++)
		json_array_append_new(why, text(j, c->evidence[i]));
	item(j, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s}", "name",
			  text(j, c->name), "version", text(j, c->version),
			  "type", text(j, c->type), "cpe", text(j, c->cpe),
			  "purl", text(j, c->purl), "license",
			  text(j, c->license), "objects", nodes, "evidence",
			  why, "confidence",
			  fw_confidence_name(c->confidence)));
}

/* RFC 3339, UTC. */
static json_t *when(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char s[40];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(s, sizeof(s), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(s);
}

static void run(struct json *j, const struct fw_result *r)
{
	raw(j, "\"run\":");
	value(j, json_pack("{s:o,s:f,s:I,s:I,s:{s:b,s:b}}", "started",
			   when(r->run.started), "seconds", r->run.seconds,
			   "peak_rss_bytes", (json_int_t)r->run.peak_rss_bytes,
			   "jobs", (json_int_t)r->run.jobs, "sandbox",
			   "seccomp", (int)r->run.seccomp, "landlock",
			   (int)r->run.landlock));
	raw(j, ",\n");
}

static void lists(struct json *j, const struct fw_result *r)
{
	open_array(j, "components");
	for (size_t i = 0; i < r->component_count; i++)
		component(j, &r->components[i]);
	close_array(j);
	open_array(j, "findings");
	for (size_t i = 0; i < r->finding_count; i++)
		finding(j, r, &r->findings[i]);
	close_array(j);
	open_array(j, "images");
	for (size_t i = 0; i < r->image_count; i++)
		image(j, r, &r->images[i]);
	close_array(j);
	open_array(j, "objects");
	for (uint32_t i = 0; i < r->node_count && !j->failed; i++)
		object(j, r, i);
	close_array(j);
}

static bool json_write(const struct fw_result *r,
		       const struct fw_report_options *opt, FILE *to)
{
	struct json j = { .to = to };

	raw(&j, "{");
	lists(&j, r);
	if (!opt->reproducible)
		run(&j, r);
	raw(&j, "\"schema\":\"assay.scan/1\",\n\"tool\":");
	value(&j, json_pack("{s:s,s:s,s:{s:I,s:o}}", "name", "assay", "version",
			    ASSAY_VERSION, "rules", "count",
			    (json_int_t)r->rules.count, "sha256",
			    hash(&j, r->rules.count > 0, r->rules.sha256)));
	raw(&j, "}\n");
	fw_arena_free(&j.arena);
	return fflush(to) == 0 && !ferror(to) && !j.failed;
}

const struct fw_report_writer fw_report_json = {
	.name = "json",
	.suffix = ".json",
	.title = "the whole result for programs (assay.scan/1)",
	.write = json_write,
};
