/* ruleset_component.c - rules that name a product instead of a finding
 *
 * meta component names the product, version is a regular expression (PCRE2)
 * whose first group takes the version out of the text at the match. With meta
 * apart the version is a text of its own, as where a program prints it with %s:
 * a run of printable bytes that the whole expression fits, no more than that
 * many bytes before or after the match. The nearest counts.
 */
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/private.h"

enum {
	LOOK_AHEAD = 256, /* bytes from the match on that the version is in */
	VERSIONS_MAX = 4,
	VERSION_LEN = 64,
	BANNER_LEN = 96,
	MATCH_STEPS = 20000,
	APART_MAX = 1 << 20,
	APART_LOOKS = 4, /* matches around which a version is looked for */
	EXAMPLES = 8
};

struct rule_component {
	const char *name, *type, *product, *purl, *license;
	pcre2_code *version; /* NULL: the product has none in its text */
	size_t apart;	     /* bytes; 0: the version stands at the match */
	enum fw_confidence confidence;
	const char *examples[2][EXAMPLES]; /* misses, hits; NULL-ended */
};

static const char *text_meta(struct fw_ruleset *rs, YR_RULE *rule,
			     const char *name, size_t n)
{
	YR_META *meta;

	yr_rule_metas_foreach(rule, meta)
	{
		if (strcmp(meta->identifier, name) == 0 &&
		    meta->type == META_TYPE_STRING && n-- == 0)
			return fw_strdup(&rs->arena, fw_view_str(meta->string));
	}
	return NULL;
}

static size_t apart_meta(YR_RULE *rule)
{
	YR_META *meta;

	yr_rule_metas_foreach(rule, meta)
	{
		if (strcmp(meta->identifier, "apart") == 0 &&
		    meta->type == META_TYPE_INTEGER && meta->integer > 0)
			return meta->integer < APART_MAX ? (size_t)meta->integer
							 : APART_MAX;
	}
	return 0;
}

static enum fw_confidence confidence_meta(struct fw_ruleset *rs, YR_RULE *rule)
{
	const char *text = text_meta(rs, rule, "confidence", 0);

	for (int i = FW_UNSURE; text != NULL && i <= FW_SURE; i++)
		if (strcmp(text, fw_confidence_name(i)) == 0)
			return i;
	return FW_LIKELY;
}

const char *fw_rule_component_name(const struct rule_component *c)
{
	return c->name;
}

const char *fw_rule_example(const struct rule_component *c, bool hit, size_t n)
{
	return n < EXAMPLES ? c->examples[hit][n] : NULL;
}

const struct rule_component *rules_component(struct fw_ruleset *rs,
					     YR_RULE *rule, const char **bad)
{
	const char *name = text_meta(rs, rule, "component", 0);
	const char *version = text_meta(rs, rule, "version", 0);
	struct rule_component *c;
	PCRE2_SIZE at;
	uint32_t groups = 0;
	int error;

	*bad = NULL;
	if (name == NULL)
		return NULL;
	c = fw_alloc(&rs->arena, 1, sizeof(*c));
	*c = (struct rule_component){
		.name = name,
		.type = text_meta(rs, rule, "type", 0),
		.product = text_meta(rs, rule, "cpe", 0),
		.purl = text_meta(rs, rule, "purl", 0),
		.license = text_meta(rs, rule, "license", 0),
		.apart = apart_meta(rule),
		.confidence = confidence_meta(rs, rule),
	};
	for (size_t i = 0; i < EXAMPLES; i++) {
		c->examples[0][i] = text_meta(rs, rule, "miss", i);
		c->examples[1][i] = text_meta(rs, rule, "hit", i);
	}
	if (version == NULL)
		return c;
	c->version = pcre2_compile((PCRE2_SPTR)version, PCRE2_ZERO_TERMINATED,
				   0, &error, &at, NULL);
	if (c->version != NULL)
		pcre2_pattern_info(c->version, PCRE2_INFO_CAPTURECOUNT,
				   &groups);
	if (c->version == NULL)
		*bad = "a version that is a regular expression";
	else if (groups == 0)
		*bad = "a group in its version";
	return c;
}

void rules_component_free(const struct rule_component *c)
{
	if (c != NULL)
		pcre2_code_free(c->version);
}

/* What a version is matched with, made once for a match. */
struct matcher {
	const struct rule_component *c;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static bool matcher_open(struct matcher *m, const struct rule_component *c)
{
	*m = (struct matcher){ c, pcre2_match_data_create(2, NULL),
			       pcre2_match_context_create(NULL) };
	if (m->limits != NULL)
		pcre2_set_match_limit(m->limits, MATCH_STEPS);
	return m->data != NULL && m->limits != NULL;
}

static void matcher_close(struct matcher *m)
{
	pcre2_match_context_free(m->limits);
	pcre2_match_data_free(m->data);
}

/* The first group of the expression in v; data NULL: no match. */
static struct fw_view version_in(const struct matcher *m, struct fw_view v,
				 uint32_t options)
{
	int n = pcre2_match(m->c->version, v.data, v.len, 0, options, m->data,
			    m->limits);
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);

	if ((n == 0 || n > 1) && at[2] != PCRE2_UNSET &&
	    at[3] - at[2] <= VERSION_LEN)
		return fw_view_sub(v, at[2], at[3] - at[2]);
	return (struct fw_view){ NULL, 0 };
}

static bool is_printable(uint8_t ch)
{
	return ch >= ' ' && ch < 0x7f;
}

/* The text of its own nearest to at that is a version. */
static struct fw_view version_around(const struct matcher *m,
				     struct fw_view bytes, size_t at)
{
	size_t from = at > m->c->apart ? at - m->c->apart : 0;
	struct fw_view v = fw_view_sub(bytes, 0, at + m->c->apart);
	struct fw_view best = { NULL, 0 };
	size_t nearest = SIZE_MAX;

	while (from < v.len) {
		size_t to = from, away = from > at ? from - at : at - from;

		if (away >= nearest && from > at)
			break;
		while (to < v.len && is_printable(v.data[to]))
			to++;
		if (to > from && to - from <= LOOK_AHEAD && away < nearest) {
			struct fw_view text =
				version_in(m, fw_view_sub(v, from, to - from),
					   PCRE2_ANCHORED | PCRE2_ENDANCHORED);

			if (text.data != NULL) {
				best = text;
				nearest = away;
			}
		}
		from = to + 1;
	}
	return best;
}

static const char *banner(struct fw_view v, struct fw_arena *a)
{
	size_t n = 0;

	while (n < v.len && n < BANNER_LEN && is_printable(v.data[n]))
		n++;
	return fw_sprintf(a, "banner: %.*s", FW_FMT(fw_view_sub(v, 0, n)));
}

static void emit(const struct rule_component *c, const char *version,
		 struct fw_view at, struct fw_out *out)
{
	struct fw_software s = { .name = c->name,
				 .version = version,
				 .type = c->type,
				 .license = c->license,
				 .confidence = c->confidence,
				 .evidence = banner(at, fw_out_arena(out)) };
	if (c->apart > 0 && *version != '\0')
		s.evidence = fw_text(out, "%s, text: %s", s.evidence, version);

	const char *part = c->type == NULL ? "a"
			   : !strcmp(c->type, "operating-system") ||
					   !strcmp(c->type, "firmware")
				   ? "o"
				   : "a";

	if (c->product != NULL)
		s.cpe = fw_text(out, "cpe:2.3:%s:%s:%s:*:*:*:*:*:*:*", part,
				c->product, *version ? version : "*");
	if (c->purl != NULL)
		s.purl = fw_text(out, "%s%s%s", c->purl, *version ? "@" : "",
				 version);
	fw_out_software(out, &s);
}

static bool is_new(const char **seen, size_t n, const char *version)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(seen[i], version) == 0)
			return false;
	return n < VERSIONS_MAX;
}

struct product {
	struct matcher m;
	struct fw_view bytes, first;
	const char *seen[VERSIONS_MAX];
	size_t n, looks;
	struct fw_out *out;
};

static void match_at(struct product *p, size_t at)
{
	struct fw_view near = fw_view_sub(p->bytes, at, LOOK_AHEAD);
	struct fw_view text = { NULL, 0 };
	const struct rule_component *c = p->m.c;

	if (p->first.data == NULL)
		p->first = near;
	if (c->version != NULL && near.data != NULL && c->apart == 0)
		text = version_in(&p->m, near, 0);
	else if (c->version != NULL && near.data != NULL &&
		 p->looks++ < APART_LOOKS)
		text = version_around(&p->m, p->bytes, at);
	if (text.data == NULL)
		return;
	const char *version = fw_strdup(fw_out_arena(p->out), text);

	if (!is_new(p->seen, p->n, version))
		return;
	p->seen[p->n++] = version;
	emit(c, version, near, p->out);
}

void rules_component_match(const struct rule_component *c,
			   YR_SCAN_CONTEXT *context, YR_RULE *rule,
			   struct fw_view bytes, struct fw_out *out)
{
	struct product p = { .bytes = bytes, .out = out };
	YR_STRING *string;

	if (!matcher_open(&p.m, c)) {
		matcher_close(&p.m);
		return;
	}
	yr_rule_strings_foreach(rule, string)
	{
		const void *at = context->matches[string->idx].head;
		YR_MATCH match;

		for (; at != NULL && p.n < VERSIONS_MAX; at = match.next) {
			memcpy(&match, at, sizeof(match));
			match_at(&p, (size_t)(match.base + match.offset));
		}
	}
	if (p.n == 0 && p.first.data != NULL)
		emit(c, "", p.first, out);
	matcher_close(&p.m);
}
