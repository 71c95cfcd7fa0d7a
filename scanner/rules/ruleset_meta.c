/* ruleset_meta.c - what a rule's source and meta say about it */
#include <ctype.h>
#include <stdlib.h>

#include "core/kinds.h"
#include "rules/private.h"

static const char *const areas[] = { "hidden",	"access",    "integrity",
				     "opaque",	"malware",   "weakness",
				     "network", "components" };

/* Text outside comments, strings and regular expressions of a rule file. */
struct source {
	struct fw_view v;
	size_t pos;
	bool operand; /* a value came last: a slash divides */
};

static void skip_until(struct source *s, const char *end, bool escapes)
{
	struct fw_view stop = fw_view_str(end);

	while (s->pos < s->v.len) {
		if (escapes && s->v.data[s->pos] == '\\') {
			s->pos += 2;
			continue;
		}
		if (fw_view_starts(fw_view_sub(s->v, s->pos, stop.len), stop)) {
			s->pos += stop.len;
			return;
		}
		s->pos++;
	}
}

/* The next identifier, or an empty view at the end. */
static struct fw_view next_word(struct source *s)
{
	while (s->pos < s->v.len) {
		struct fw_view rest = fw_view_sub(s->v, s->pos, SIZE_MAX);
		uint8_t ch = rest.data[0];
		size_t n = 0;

		while (n < rest.len &&
		       (isalnum(rest.data[n]) || rest.data[n] == '_'))
			n++;
		if (n > 0) {
			s->pos += n;
			s->operand = true;
			return fw_view_sub(rest, 0, n);
		}
		s->pos++;
		if (fw_view_starts(rest, FW_STR("//")))
			skip_until(s, "\n", false);
		else if (fw_view_starts(rest, FW_STR("/*")))
			skip_until(s, "*/", false);
		else if (ch == '"')
			skip_until(s, "\"", true);
		else if (ch == '/' && !s->operand)
			skip_until(s, "/", true);
		else if (!isspace(ch))
			s->operand = ch == ')' || ch == ']';
	}
	return (struct fw_view){ NULL, 0 };
}

static bool is_one_of(struct fw_view word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_eq(word, fw_view_str(list[i])))
			return true;
	return false;
}

bool rules_is_index(struct fw_view source)
{
	struct source s = { .v = source };
	struct fw_view word;
	bool any = false;

	while ((word = next_word(&s)).data != NULL) {
		if (!fw_view_eq(word, FW_STR("include")))
			return false;
		s.operand = false;
		any = true;
	}
	return any;
}

/* "elf, script" as a mask; 0 for none or an unknown word. */
static unsigned targets_named(const char *list)
{
	static const char *const names[] = { "elf", "script", "config",
					     "web", "kernel", "uefi",
					     "key", "any" };
	struct fw_view rest = fw_view_str(list), word;
	unsigned mask = 0;

	while (fw_split(&rest, ',', &word)) {
		unsigned bit = 0;

		word = fw_trim(word);
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (fw_view_eq(word, fw_view_str(names[i])))
				bit = 1U << i;
		if (bit == 0)
			return 0;
		mask |= bit;
	}
	return mask;
}

/* Reads `= "WORDS"` behind the word target, if that is what stands there. */
static unsigned source_targets(const struct source *s, struct fw_view word)
{
	static const char sigils[] = "$#@!";
	struct fw_view rest = fw_view_sub(s->v, s->pos, SIZE_MAX), list;
	struct fw_arena a = { 0 };

	if (word.data > s->v.data && memchr(sigils, word.data[-1], 4) != NULL)
		return 0; /* a string of that name */
	rest = fw_trim(rest);
	if (!fw_view_starts(rest, FW_STR("=")))
		return 0;
	rest = fw_trim(fw_view_sub(rest, 1, SIZE_MAX));
	if (!fw_view_starts(rest, FW_STR("\"")))
		return 0;
	rest = fw_view_sub(rest, 1, SIZE_MAX);
	fw_split(&rest, '"', &list);
	unsigned mask = targets_named(fw_strdup(&a, list));

	fw_arena_free(&a);
	return mask;
}

static void read_source(struct rule_file *f)
{
	static const char *const place[] = {
		"filename",   "filepath",  "extension",	   "owner",
		"assay_mode", "assay_uid", "assay_setuid", "assay_in_init",
		"include" /* the parts can use any of these */
	};
	static const char *const before_value[] = { "matches", "and",
						    "or",      "not",
						    "include", "contains" };
	struct source s = { .v = f->text };
	bool named = true; /* the rule at hand has a target */
	bool any = false;
	struct fw_view word;

	while ((word = next_word(&s)).data != NULL) {
		if (is_one_of(word, place, sizeof(place) / sizeof(place[0])))
			f->placed = true;
		if (fw_view_eq(word, FW_STR("assay_entropy")))
			f->entropy = true;
		if (is_one_of(word, before_value,
			      sizeof(before_value) / sizeof(before_value[0])))
			s.operand = false;
		if (fw_view_eq(word, FW_STR("include"))) {
			f->includes = true;
			f->targets |= FW_RULE_ANY;
		}
		if (fw_view_eq(word, FW_STR("rule"))) {
			any = any || !named;
			named = false;
		}
		if (fw_view_eq(word, FW_STR("target"))) {
			unsigned mask = source_targets(&s, word);

			named = named || mask != 0;
			f->targets |= mask;
		}
	}
	if (any || !named)
		f->targets |= FW_RULE_ANY;
}

static const YR_META *meta_named(YR_RULE *rule, const char *name, size_t n)
{
	YR_META *meta;

	yr_rule_metas_foreach(rule, meta)
	{
		if (strcmp(meta->identifier, name) == 0 && n-- == 0)
			return meta;
	}
	return NULL;
}

static const char *meta_text(YR_RULE *rule, const char *name, size_t n)
{
	const YR_META *meta = meta_named(rule, name, n);

	return meta != NULL && meta->type == META_TYPE_STRING ? meta->string
							      : NULL;
}

static unsigned rule_targets(YR_RULE *rule)
{
	const char *list = meta_text(rule, "target", 0);
	unsigned mask = list == NULL ? 0 : targets_named(list);

	return mask == 0 ? FW_RULE_ANY : mask;
}

void rules_classify(struct rule_file *f)
{
	struct fw_view stem = fw_view_str(f->stem);

	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct fw_view area = fw_view_str(areas[i]);

		if (fw_view_starts(stem, area) && f->stem[area.len] == '/')
			f->own = true;
	}
	read_source(f);
}

bool rules_in_class(unsigned targets, enum rule_class c)
{
	const unsigned both = FW_RULE_KEY | FW_RULE_ANY;
	unsigned own = c == RULE_TEXT
			       ? FW_RULE_SCRIPT | FW_RULE_CONFIG | FW_RULE_WEB
			       : FW_RULE_ELF | FW_RULE_KERNEL | FW_RULE_UEFI;

	return (targets & (own | both)) != 0;
}

static bool parse_severity(const char *s, enum fw_severity *out)
{
	for (int i = FW_INFO; s != NULL && i <= FW_CRITICAL; i++) {
		if (strcmp(s, fw_severity_name((enum fw_severity)i)) == 0) {
			*out = (enum fw_severity)i;
			return true;
		}
	}
	return false;
}

static bool parse_confidence(const char *s, enum fw_confidence *out)
{
	for (int i = FW_UNSURE; s != NULL && i <= FW_SURE; i++) {
		if (strcmp(s, fw_confidence_name((enum fw_confidence)i)) == 0) {
			*out = (enum fw_confidence)i;
			return true;
		}
	}
	return false;
}

static const char *copy_or(struct fw_ruleset *rs, const char *s,
			   const char *instead)
{
	if (s == NULL)
		return instead;
	return fw_strdup(&rs->arena, fw_view_str(s));
}

static void copy_lists(struct fw_ruleset *rs, YR_RULE *rule, struct fw_kind *k)
{
	for (size_t i = 0; i < 4; i++) {
		const YR_META *cwe = meta_named(rule, "cwe", i);

		if (cwe != NULL && cwe->type == META_TYPE_INTEGER &&
		    cwe->integer > 0 && cwe->integer < 100000)
			k->cwe[i] = (unsigned)cwe->integer;
		k->references[i] =
			copy_or(rs, meta_text(rule, "reference", i), NULL);
	}
}

static bool per_image(YR_RULE *rule)
{
	const char *per = meta_text(rule, "per", 0);

	return per != NULL && strcmp(per, "image") == 0;
}

static const struct fw_kind *new_kind(struct fw_ruleset *rs, YR_RULE *rule,
				      const struct fw_rule_info *info)
{
	struct fw_kind *k = fw_alloc(&rs->arena, 1, sizeof(*k));
	const char *title = meta_text(rule, "title", 0);

	if (title == NULL)
		title = meta_text(rule, "description", 0);
	k->id = info->id;
	k->title = copy_or(rs, title, info->name);
	k->explanation = copy_or(
		rs, meta_text(rule, "explanation", 0),
		"A rule of a rule set that was added to the scan matches. Its "
		"author gives no further explanation.");
	k->ask_vendor = copy_or(rs, meta_text(rule, "ask_vendor", 0),
				"What is this part of the firmware for, and "
				"why does it contain these bytes?");
	k->false_alarm = copy_or(rs, meta_text(rule, "false_alarm", 0), NULL);
	k->severity = info->severity;
	k->confidence = info->confidence;
	k->per_image = per_image(rule);
	copy_lists(rs, rule, k);
	rs->kinds = fw_grow(&rs->arena, rs->kinds, &rs->kind_cap,
			    rs->kind_count + 2, sizeof(*rs->kinds));
	rs->kinds[rs->kind_count++] = k;
	return k;
}

/* What the linter asks of the project's own rules. */
static const char *missing_meta(struct fw_ruleset *rs, YR_RULE *rule)
{
	static const char *const required[] = { "title", "explanation",
						"ask_vendor" };
	const char *list = meta_text(rule, "target", 0);
	enum fw_confidence c;
	enum fw_severity s;
	char *text = NULL;
	const char *lacks[8];
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (meta_text(rule, required[i], 0) == NULL)
			lacks[n++] = required[i];
	if (!parse_severity(meta_text(rule, "severity", 0), &s))
		lacks[n++] = "severity";
	if (!parse_confidence(meta_text(rule, "confidence", 0), &c))
		lacks[n++] = "confidence";
	if (list == NULL || targets_named(list) == 0)
		lacks[n++] = "target";
	if (meta_named(rule, "reference", 0) == NULL &&
	    meta_named(rule, "cwe", 0) == NULL)
		lacks[n++] = "reference or cwe";
	for (size_t i = 0; i < n; i++)
		text = i == 0 ? fw_sprintf(&rs->arena, "%s", lacks[0])
			      : fw_sprintf(&rs->arena, "%s, %s", text,
					   lacks[i]);
	return text;
}

/* The line of "rule NAME" in the source, or 0. */
static int line_of(const struct rule_file *f, const char *name)
{
	struct source s = { .v = f->text };
	struct fw_view word, want = fw_view_str(name);
	bool after_rule = false;

	while ((word = next_word(&s)).data != NULL) {
		if (after_rule && fw_view_eq(word, want)) {
			int line = 1;

			for (const uint8_t *p = f->text.data; p < word.data;
			     p++)
				line += *p == '\n';
			return line;
		}
		after_rule = fw_view_eq(word, FW_STR("rule"));
		s.operand = false;
	}
	return 0;
}

void rules_describe(struct fw_ruleset *rs, const struct rule_file *f,
		    YR_RULE *rule, struct fw_rule_info *info)
{
	const char *severity = meta_text(rule, "severity", 0);
	const char *named = meta_text(rule, "kind", 0);

	*info = (struct fw_rule_info){
		.id = fw_sprintf(&rs->arena, "%s%s/%s", f->own ? "" : "rules/",
				 f->namespace, rule->identifier),
		.name = fw_strdup(&rs->arena, fw_view_str(rule->identifier)),
		.stem = f->stem,
		.file = f->path,
		.line = line_of(f, rule->identifier),
		.targets = rule_targets(rule),
		.placed = f->placed,
		.secret = meta_named(rule, "secret", 0) != NULL,
		.detail = copy_or(rs, meta_text(rule, "detail", 0), NULL),
		.severity = FW_MEDIUM,
		.confidence = FW_UNSURE,
		.missing = missing_meta(rs, rule),
	};
	const char *lacks;

	info->component = rules_component(rs, rule, &lacks);
	if (info->component != NULL) {
		info->missing = lacks;
		return;
	}
	parse_confidence(meta_text(rule, "confidence", 0), &info->confidence);
	info->kind = named == NULL ? NULL : fw_kind_named(named);
	if (!parse_severity(severity, &info->severity) && info->kind != NULL)
		info->severity = info->kind->severity;
	if (info->kind == NULL)
		info->kind = new_kind(rs, rule, info);
}
