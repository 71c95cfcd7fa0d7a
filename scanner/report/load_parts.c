/* load_parts.c - a saved result, read back: findings, components, run */
#include <time.h>

#include "report/load_private.h"

static const uint64_t number_max = INT64_MAX;

/* Findings of one kind share it; a handful of kinds, so a short walk. */
struct kinds {
	struct fw_kind **v;
	size_t n, cap;
};

static void lists(struct load *l, json_t *o, struct fw_kind *k)
{
	json_t *cwe = load_array(l, o, "cwe");
	json_t *refs = load_array(l, o, "references");

	for (size_t i = 0; i < 4 && i < json_array_size(cwe); i++)
		k->cwe[i] = (unsigned)json_integer_value(json_array_get(cwe, i)) &
			    0xffffff;
	for (size_t i = 0; i < 4 && i < json_array_size(refs); i++) {
		const char *s = json_string_value(json_array_get(refs, i));

		if (s == NULL) {
			load_fail(l, "references", "no text");
			return;
		}
		k->references[i] = fw_strdup(l->arena, fw_view_str(s));
	}
}

static const struct fw_kind *kind(struct load *l, json_t *o, struct kinds *all)
{
	const char *id = load_word(l, o, "kind");

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i]->id, id) == 0)
			return all->v[i];
	const struct fw_kind *known =
		l->opt->kind == NULL ? NULL : l->opt->kind(id);
	struct fw_kind *k = fw_alloc(l->arena, 1, sizeof(*k));

	k->id = id;
	k->title = load_word(l, o, "title");
	k->explanation = load_text(l, o, "explanation");
	k->ask_vendor = load_text(l, o, "ask_vendor");
	k->false_alarm = known == NULL ? NULL : known->false_alarm;
	lists(l, o, k);
	all->v = fw_grow(l->arena, all->v, &all->cap, all->n + 1,
			 sizeof(struct fw_kind *));
	all->v[all->n++] = k;
	return k;
}

static void evidence(struct load *l, json_t *o, struct fw_claim *c)
{
	json_t *list = load_array(l, o, "evidence");
	size_t n = json_array_size(list);
	struct fw_evidence *v = fw_alloc(l->arena, n, sizeof(*v));

	for (size_t i = 0; i < n && !l->failed; i++) {
		json_t *e = json_array_get(list, i);
		uint64_t line = load_number(l, e, "line", UINT32_MAX,
					    UINT64_MAX);
		uint64_t address = load_number(l, e, "address", number_max,
					       UINT64_MAX);

		v[i].offset = load_number(l, e, "offset", number_max,
					  FW_NO_OFFSET);
		v[i].line = line == UINT64_MAX ? 0 : (uint32_t)line;
		v[i].address = address == UINT64_MAX ? 0 : address;
		v[i].symbol = load_text(l, e, "symbol");
		v[i].text = load_text(l, e, "text");
	}
	c->evidence = v;
	c->evidence_count = n;
}

static void finding(struct load *l, json_t *o, struct fw_finding *f,
		    struct kinds *all)
{
	const char *print = load_word(l, o, "fingerprint");

	f->claim.kind = kind(l, o, all);
	f->claim.severity = load_enum(l, o, "severity", FW_CRITICAL + 1,
				      load_severity_name);
	f->claim.confidence = load_enum(l, o, "confidence", FW_SURE + 1,
					load_confidence_name);
	f->claim.detail = load_text(l, o, "detail");
	f->claim.rule = load_text(l, o, "rule");
	evidence(l, o, &f->claim);
	f->node = (uint32_t)load_number(l, o, "object", UINT32_MAX,
					LOAD_NO_NULL);
	if (f->node >= l->r->node_count)
		load_fail(l, "object", "there is no such object");
	if (strlen(print) != sizeof(f->fingerprint) - 1 ||
	    strspn(print, "0123456789abcdef") != strlen(print))
		load_fail(l, "fingerprint", "not 32 hexadecimal digits");
	else
		memcpy(f->fingerprint, print, sizeof(f->fingerprint));
}

void load_findings(struct load *l, json_t *list)
{
	size_t n = json_array_size(list);
	struct fw_finding *v = fw_alloc(l->arena, n, sizeof(*v));
	struct kinds all = { 0 };

	l->list = "findings";
	for (l->index = 0; l->index < n && !l->failed; l->index++)
		finding(l, json_array_get(list, l->index), &v[l->index], &all);
	l->list = NULL;
	l->r->findings = v;
	l->r->finding_count = n;
}

static void component(struct load *l, json_t *o, struct fw_component *c)
{
	json_t *nodes = load_array(l, o, "objects");
	json_t *why = load_array(l, o, "evidence");
	size_t n = json_array_size(nodes), w = json_array_size(why);
	uint32_t *ids = fw_alloc(l->arena, n, sizeof(*ids));
	const char **texts = fw_alloc(l->arena, w, sizeof(char *));

	c->name = load_word(l, o, "name");
	c->version = load_text(l, o, "version");
	c->type = load_text(l, o, "type");
	c->cpe = load_text(l, o, "cpe");
	c->purl = load_text(l, o, "purl");
	c->license = load_text(l, o, "license");
	c->confidence = load_enum(l, o, "confidence", FW_SURE + 1,
				  load_confidence_name);
	for (size_t i = 0; i < n; i++) {
		json_int_t id = json_integer_value(json_array_get(nodes, i));

		if (id < 0 || (uint64_t)id >= l->r->node_count)
			load_fail(l, "objects", "there is no such object");
		else
			ids[i] = (uint32_t)id;
	}
	for (size_t i = 0; i < w; i++) {
		const char *s = json_string_value(json_array_get(why, i));

		if (s == NULL)
			load_fail(l, "evidence", "no text");
		texts[i] = s == NULL ? "" : fw_strdup(l->arena, fw_view_str(s));
	}
	c->nodes = ids;
	c->node_count = n;
	c->evidence = texts;
	c->evidence_count = w;
}

void load_components(struct load *l, json_t *list)
{
	size_t n = json_array_size(list);
	struct fw_component *v = fw_alloc(l->arena, n, sizeof(*v));

	l->list = "components";
	for (l->index = 0; l->index < n && !l->failed; l->index++)
		component(l, json_array_get(list, l->index), &v[l->index]);
	l->list = NULL;
	l->r->components = v;
	l->r->component_count = n;
}

void load_run(struct load *l, json_t *run)
{
	struct fw_result *r = l->r;
	json_t *sandbox = load_object(l, run, "sandbox");
	const char *started = load_text(l, run, "started");
	struct tm tm = { 0 };

	if (started != NULL) {
		if (strptime(started, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
			load_fail(l, "run.started", "no time");
		r->run.started = timegm(&tm);
	}
	if (!json_is_number(json_object_get(run, "seconds")))
		load_fail(l, "run.seconds", "no number");
	r->run.seconds = json_number_value(json_object_get(run, "seconds"));
	r->run.peak_rss_bytes = load_number(l, run, "peak_rss_bytes",
					    number_max, LOAD_NO_NULL);
	r->run.jobs = (unsigned)load_number(l, run, "jobs", UINT32_MAX,
					    LOAD_NO_NULL);
	r->run.seccomp = load_bool(l, sandbox, "seccomp");
	r->run.landlock = load_bool(l, sandbox, "landlock");
}
