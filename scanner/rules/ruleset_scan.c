/* ruleset_scan.c - one object against the rules that can apply to it */
#include <stdio.h>

#include "core/data.h"
#include "rules/private.h"

enum {
	TIMEOUT_S = 30,
	EVIDENCE_MAX = 5,
	TEXT_MAX = 120,
	SECRET_MAX = 32,
	LINE_SCAN = 1 << 20
};

struct scan {
	struct rule_group *group;
	const struct fw_object *obj;
	struct fw_out *out;
	unsigned targets;
	bool text;
	bool twice; /* the text class was run on it before */
};

static bool format_is(const struct fw_object *obj, const char *name)
{
	return obj->format != NULL && strcmp(obj->format, name) == 0;
}

static unsigned text_targets(const struct fw_object *obj)
{
	const unsigned all = FW_RULE_SCRIPT | FW_RULE_CONFIG | FW_RULE_WEB |
			     FW_RULE_KEY | FW_RULE_ANY;

	/* Without its name a text can be a script, settings or a page. */
	if (fw_view_starts(obj->bytes, FW_STR("#!")))
		return FW_RULE_SCRIPT | FW_RULE_CONFIG | FW_RULE_KEY |
		       FW_RULE_WEB | FW_RULE_ANY;
	return all;
}

unsigned fw_rule_targets_of(const struct fw_object *obj)
{
	static const char *const kernels[] = { "kernel", "linux", "zimage",
					       "bzimage", "vmlinux" };
	struct fw_view v = obj->bytes;

	if (v.len == 0)
		return 0;
	if (fw_view_starts(v, FW_STR("\177ELF")) || format_is(obj, "elf")) {
		bool module =
			obj->path != NULL && fw_path_matches(obj->path, "*.ko");

		return FW_RULE_ELF | FW_RULE_ANY |
		       (module ? FW_RULE_KERNEL : 0U);
	}
	if (fw_view_starts(v, FW_STR("MZ")) || format_is(obj, "pe") ||
	    format_is(obj, "te"))
		return FW_RULE_UEFI | FW_RULE_ANY;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (format_is(obj, kernels[i]))
			return FW_RULE_KERNEL | FW_RULE_ANY;
	if (fw_is_text(v))
		return text_targets(obj);
	/* Nothing is unpacked from these; some are keys. */
	if (obj->leaf)
		return FW_RULE_KEY | FW_RULE_ANY;
	/* Bytes that no format knows can be a monolithic program. What is in a
	 * container is looked at when it has been unpacked. */
	if (obj->format == NULL)
		return FW_RULE_ELF | FW_RULE_KERNEL | FW_RULE_UEFI |
		       FW_RULE_KEY | FW_RULE_ANY;
	return 0;
}

/* Names that public rule sets compare `filetype` with. */
static const char *filetype_of(const struct fw_object *obj)
{
	struct fw_view v = obj->bytes;

	if (fw_view_starts(v, FW_STR("\177ELF")))
		return "ELF";
	if (fw_view_starts(v, FW_STR("MZ")))
		return "EXE";
	if (fw_view_starts(v, FW_STR("PK\3\4")))
		return "ZIP";
	if (fw_view_starts(v, FW_STR("%PDF")))
		return "PDF";
	if (fw_view_starts(v, FW_STR("#!")))
		return "SCRIPT";
	return obj->format != NULL ? obj->format : "";
}

static bool in_init(const char *path)
{
	static const char *const places[] = {
		"*/etc/init.d/*",     "*/etc/rc*",	"*/etc/inittab",
		"*/etc/init/*",	      "*/etc/preinit*", "*/etc/profile*",
		"*/lib/preinit/*",    "*/rcS",		"*/etc/cron*",
		"*/systemd/system/*", "/init",		"*/etc/autorun*"
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (fw_path_matches(path, places[i]))
			return true;
	return false;
}

static void set_content(YR_SCANNER *s, const struct scan *scan,
			const char *arch)
{
	const struct fw_object *obj = scan->obj;

	yr_scanner_define_string_variable(s, "filetype", filetype_of(obj));
	yr_scanner_define_string_variable(
		s, "assay_format", obj->format != NULL ? obj->format : "");
	yr_scanner_define_string_variable(s, "assay_arch",
					  arch != NULL ? arch : "");
	yr_scanner_define_integer_variable(s, "assay_size",
					   (int64_t)obj->bytes.len);
	if (scan->group->entropy)
		yr_scanner_define_float_variable(s, "assay_entropy",
						 fw_entropy(obj->bytes));
}

static void set_place(YR_SCANNER *s, const struct fw_object *obj)
{
	const char *path = obj->path != NULL ? obj->path : "";
	const char *base = fw_basename(path);
	const char *dot = strrchr(base, '.');
	const struct fw_meta none = FW_META(.name = "");
	const struct fw_meta *m = obj->meta != NULL ? obj->meta : &none;
	bool has_mode = m->mode != FW_NO_MODE, has_uid = m->uid != FW_NO_MODE;
	char owner[16] = "";

	if (has_uid)
		snprintf(owner, sizeof(owner), "%u", m->uid);
	yr_scanner_define_string_variable(s, "filename", base);
	yr_scanner_define_string_variable(s, "filepath", path);
	yr_scanner_define_string_variable(s, "extension", dot ? dot : "");
	yr_scanner_define_string_variable(
		s, "owner", has_uid && m->uid == 0 ? "root" : owner);
	yr_scanner_define_integer_variable(s, "assay_mode",
					   has_mode ? (int64_t)m->mode : -1);
	yr_scanner_define_integer_variable(s, "assay_uid",
					   has_uid ? (int64_t)m->uid : -1);
	yr_scanner_define_boolean_variable(s, "assay_setuid",
					   has_mode && (m->mode & 06000) != 0);
	yr_scanner_define_boolean_variable(s, "assay_in_init", in_init(path));
}

/* White space that a pattern needed to find a line's start. */
static size_t leading_space(struct fw_view v)
{
	size_t n = 0;

	while (n < v.len && (v.data[n] == '\n' || v.data[n] == '\r' ||
			     v.data[n] == ' ' || v.data[n] == '\t'))
		n++;
	return n < v.len ? n : 0;
}

static bool is_readable(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t ch = v.data[i];

		if ((ch < ' ' && ch != 0 && ch != '\n' && ch != '\r' &&
		     ch != '\t') ||
		    ch == 0x7f)
			return false;
	}
	/* Latin and UTF-8 pass as text unless most of it is that. */
	return v.len > 0 && fw_is_text(v);
}

/* Matched bytes as a C string: text without its zero bytes (of a wide string),
 * or hexadecimal. */
static const char *match_text(struct fw_out *out, struct fw_view match,
			      size_t max)
{
	char *text = fw_alloc(fw_out_arena(out), max + 1, 1);
	struct fw_view whole = match;
	size_t n = 0;

	for (size_t i = 0; i < match.len && n < max; i++)
		if (match.data[i] != 0)
			text[n++] = (char)match.data[i];
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = 0;
	if (is_readable(fw_view_of(text, n)))
		return text;
	whole.len = whole.len < max / 2 ? whole.len : max / 2;
	fw_hex(whole.data, whole.len, text);
	return text;
}

/* The first match of a string that may be shown. Matches lie unaligned in
 * libyara's memory, so they are copied out. */
static bool first_match(YR_SCAN_CONTEXT *context, const YR_STRING *string,
			YR_MATCH *match)
{
	const void *at = context->matches[string->idx].head;

	while (at != NULL) {
		memcpy(match, at, sizeof(*match));
		if (!match->is_private)
			return true;
		at = match->next;
	}
	return false;
}

static uint32_t line_at(const struct scan *s, uint64_t off)
{
	uint32_t line = 1;

	if (!s->text || off > s->obj->bytes.len || off > LINE_SCAN)
		return 0;
	for (uint64_t i = 0; i < off; i++)
		line += s->obj->bytes.data[i] == '\n';
	return line;
}

static struct fw_evidence evidence_of(const struct scan *s,
				      const YR_MATCH *match, bool secret)
{
	struct fw_view v = fw_view_of(
		match->data,
		match->data_length > 0 ? (size_t)match->data_length : 0);
	size_t skip = leading_space(v);
	uint64_t at = (uint64_t)(match->base + match->offset) + skip;

	return (struct fw_evidence){
		.offset = at,
		.line = line_at(s, at),
		.text = match_text(s->out, fw_view_sub(v, skip, SIZE_MAX),
				   secret ? (size_t)SECRET_MAX
					  : (size_t)TEXT_MAX),
	};
}

/* The first match of each of the first strings that are there. */
static size_t gather(const struct scan *s, YR_SCAN_CONTEXT *context,
		     YR_RULE *rule, bool secret, struct fw_evidence *e)
{
	YR_STRING *string;
	size_t n = 0;

	yr_rule_strings_foreach(rule, string)
	{
		YR_MATCH match;

		if (n == EVIDENCE_MAX)
			break;
		if (first_match(context, string, &match))
			e[n++] = evidence_of(s, &match, secret);
	}
	return n;
}

static int on_event(YR_SCAN_CONTEXT *context, int message, void *data,
		    void *user)
{
	struct scan *s = user;
	YR_RULE *rule = data;

	if (message != CALLBACK_MSG_RULE_MATCHING)
		return CALLBACK_CONTINUE;
	size_t at = (size_t)(rule - s->group->rules->rules_table);
	const struct fw_rule_info *info = s->group->info[at];
	struct fw_evidence evidence[EVIDENCE_MAX];

	if (info == NULL || !(info->targets & (s->targets | FW_RULE_ANY)) ||
	    (s->twice && s->group->twin[at]))
		return CALLBACK_CONTINUE;
	if (info->component != NULL) {
		rules_component_match(info->component, context, rule,
				      s->obj->bytes, s->out);
		return CALLBACK_CONTINUE;
	}
	struct fw_claim claim = FW_CLAIM(info->kind);

	claim.severity = info->severity;
	claim.confidence = info->confidence;
	claim.rule = info->id;
	claim.key = info->id;
	claim.evidence = evidence;
	claim.evidence_count = gather(s, context, rule, info->secret, evidence);
	claim.detail = info->detail;
	if (claim.detail == NULL && claim.evidence_count > 0)
		claim.detail =
			fw_text(s->out, "contains \"%s\"", evidence[0].text);
	else if (claim.detail == NULL)
		claim.detail = fw_text(s->out, "rule %s matches", info->id);
	fw_out_claim(s->out, &claim);
	return fw_out_ok(s->out) ? CALLBACK_CONTINUE : CALLBACK_ABORT;
}

static bool scanner_ready(struct rule_group *g)
{
	if (g->scanner != NULL)
		return true;
	if (yr_scanner_create(g->rules, &g->scanner) != ERROR_SUCCESS) {
		g->scanner = NULL;
		return false;
	}
	/* A fault must end the job, not be caught inside it. */
	yr_scanner_set_flags(g->scanner,
			     SCAN_FLAGS_NO_TRYCATCH |
				     SCAN_FLAGS_REPORT_RULES_MATCHING);
	yr_scanner_set_timeout(g->scanner, TIMEOUT_S);
	return true;
}

/* A file of the rules in use, byte for byte, holds what they look for. Anything
 * more or less than that is matched: nothing can be hidden in it. */
static bool is_own_file(const struct fw_ruleset *rs, struct fw_view v)
{
	for (size_t i = 0; i < rs->file_count; i++)
		if (fw_view_eq(rs->files[i].text, v))
			return true;
	return fw_data_is_table(v);
}

bool fw_ruleset_scan(struct fw_ruleset *rs, const struct fw_object *obj,
		     unsigned targets, const char *arch, bool placed,
		     struct fw_out *out)
{
	struct scan s = { .obj = obj, .out = out, .targets = targets };
	bool ok = true;

	if (targets == 0 || obj->bytes.data == NULL ||
	    is_own_file(rs, obj->bytes))
		return true;
	s.text = fw_is_text(obj->bytes);
	/* What can only be one of them: keys, and rules for everything. */
	if (!(targets & ~(unsigned)(FW_RULE_KEY | FW_RULE_ANY)))
		targets |= s.text ? FW_RULE_CONFIG : FW_RULE_ELF;
	for (size_t i = 0; i < RULE_GROUPS && fw_out_ok(out); i++) {
		struct rule_group *g = &rs->groups[i];

		if (g->rules == NULL || g->placed != placed ||
		    !rules_in_class(
			    targets & ~(unsigned)(FW_RULE_KEY | FW_RULE_ANY),
			    g->class))
			continue;
		if (!scanner_ready(g)) {
			ok = false;
			continue;
		}
		s.group = g;
		set_content(g->scanner, &s, arch);
		if (placed)
			set_place(g->scanner, obj);
		yr_scanner_set_callback(g->scanner, on_event, &s);
		ok = yr_scanner_scan_mem(g->scanner, obj->bytes.data,
					 obj->bytes.len) == ERROR_SUCCESS &&
		     ok;
		s.twice = true;
	}
	return ok;
}
