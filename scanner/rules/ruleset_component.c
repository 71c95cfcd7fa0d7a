/* ruleset_component.c - rules that name a product instead of a finding
 *
 * meta component names the product, version is a regular expression (PCRE2)
 * whose first group takes the version out of the text at the match.
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
	EXAMPLES = 8
};

struct rule_component {
	const char *name, *type, *product, *purl, *license;
	pcre2_code *version; /* NULL: the product has none in its text */
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

/* The first group of the expression in v, as a string; NULL: no match. */
static const char *version_in(const struct rule_component *c, struct fw_view v,
			      struct fw_arena *a)
{
	pcre2_match_data *m = pcre2_match_data_create(2, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	const char *text = NULL;

	if (m != NULL && limits != NULL) {
		pcre2_set_match_limit(limits, MATCH_STEPS);
		int n = pcre2_match(c->version, v.data, v.len, 0, 0, m, limits);
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m);

		if ((n == 0 || n > 1) && at[2] != PCRE2_UNSET &&
		    at[3] - at[2] <= VERSION_LEN)
			text = fw_strdup(a,
					 fw_view_sub(v, at[2], at[3] - at[2]));
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(m);
	return text;
}

static const char *banner(struct fw_view v, struct fw_arena *a)
{
	size_t n = 0;

	while (n < v.len && n < BANNER_LEN && v.data[n] >= ' ' &&
	       v.data[n] < 0x7f)
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
				 .confidence = FW_LIKELY,
				 .evidence = banner(at, fw_out_arena(out)) };
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

void rules_component_match(const struct rule_component *c,
			   YR_SCAN_CONTEXT *context, YR_RULE *rule,
			   struct fw_view bytes, struct fw_out *out)
{
	const char *seen[VERSIONS_MAX];
	struct fw_view first = { NULL, 0 };
	YR_STRING *string;
	size_t n = 0;

	yr_rule_strings_foreach(rule, string)
	{
		const void *p = context->matches[string->idx].head;
		YR_MATCH match;

		for (; p != NULL && n < VERSIONS_MAX; p = match.next) {
			memcpy(&match, p, sizeof(match));
			struct fw_view at = fw_view_sub(
				bytes, (size_t)(match.base + match.offset),
				LOOK_AHEAD);
			const char *version =
				c->version == NULL || at.data == NULL
					? NULL
					: version_in(c, at, fw_out_arena(out));

			if (first.data == NULL)
				first = at;
			if (version == NULL || !is_new(seen, n, version))
				continue;
			seen[n++] = version;
			emit(c, version, at, out);
		}
	}
	if (n == 0 && first.data != NULL)
		emit(c, "", first, out);
}
