/* test_ruleset.c - loading, grouping and matching rules; reading examples */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "rules/example.h"
#include "rules/ruleset.h"

#define META(target)                                                           \
	"meta: title = \"t\" severity = \"high\" confidence = \"low\" "        \
	"explanation = \"e\" ask_vendor = \"a\" cwe = 78 cwe = 506 "           \
	"reference = \"r\" target = \"" target "\" "

struct box {
	char dir[64];
	struct fw_rule_errors errs;
	struct fw_ruleset *rs;
};

static void write_rule(struct box *b, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	*strrchr(path, '/') = '\0';
	mkdir(path, 0700);
	path[strlen(path)] = '/';
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	fw_hash_init();
	snprintf(b->dir, sizeof(b->dir), "/tmp/test_ruleset.XXXXXX");
	*state = b;
	return mkdtemp(b->dir) == NULL;
}

static int close_box(void **state)
{
	static const char *const names[] = { "hidden/a.yar",
					     "hidden/b.yar",
					     "hidden/c.yar",
					     "x.yar",
					     "index.yar",
					     "hidden",
					     "" };
	struct box *b = *state;
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
		remove(path);
	}
	fw_ruleset_free(b->rs);
	fw_rule_errors_free(&b->errs);
	free(b);
	return 0;
}

static void load(struct box *b)
{
	const char *dir = b->dir;

	b->rs = fw_ruleset_load(&dir, 1, NULL, &b->errs);
	assert_non_null(b->rs);
}

/* Loads again, with the file; whether the file was used. */
static bool load_with(struct box *b, const char *compiled)
{
	const char *dir = b->dir;

	fw_ruleset_free(b->rs);
	b->rs = fw_ruleset_load(&dir, 1, compiled, &b->errs);
	assert_non_null(b->rs);
	return fw_ruleset_precompiled(b->rs);
}

static void damage(const char *path, long at)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	int byte = fgetc(f);

	assert_int_equal(fseek(f, -1, SEEK_CUR), 0);
	fputc(byte ^ 1, f);
	fclose(f);
}

static size_t scan(struct box *b, const struct fw_object *obj, unsigned targets,
		   bool placed, struct fw_mem *m)
{
	assert_true(fw_ruleset_scan(b->rs, obj, targets, "mips", placed,
				    fw_mem_out(m, obj->bytes)));
	return m->finding_count;
}

static size_t scan_count(struct box *b, const struct fw_object *obj,
			 unsigned targets, bool placed)
{
	struct fw_mem m = { 0 };
	size_t n = scan(b, obj, targets, placed, &m);

	fw_mem_free(&m);
	return n;
}

static void broken_file_is_named_and_stops_no_other(void **state)
{
	struct box *b = *state;
	struct fw_object obj = { .bytes = FW_STR("some evil text") };

	write_rule(b, "hidden/a.yar",
		   "rule one { condition: true }\n\nrule two {\n"
		   "  condition: nothing_such }\n");
	write_rule(b, "hidden/b.yar",
		   "rule one { " META(
			   "any") "strings: $a = \"evil\" condition: $a }");
	load(b);
	assert_int_equal(b->errs.count, 1);
	assert_int_equal(b->errs.items[0].line, 4);
	assert_false(b->errs.items[0].warning);
	assert_non_null(strstr(b->errs.items[0].file, "/hidden/a.yar"));
	assert_non_null(strstr(b->errs.items[0].text, "nothing_such"));
	assert_int_equal(fw_ruleset_count(b->rs), 1);
	assert_int_equal(fw_ruleset_files(b->rs), 1);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, false), 1);
}

static void compiled_rules_are_used_if_they_are_of_these_sources(void **state)
{
	static const char text[] = "rule one { " META(
		"any") "strings: $a = \"evil\" condition: $a }";
	static const char other[] = "rule one { " META(
		"elf") "strings: $a = \"good\" condition: $a }";
	static const long places[] = { 0, 9, 45, 72, 90, 2000, -1 };
	struct box *b = *state;
	struct fw_object obj = { .bytes = FW_STR("some evil text") };
	char path[256];

	snprintf(path, sizeof(path), "%s/compiled", b->dir);
	write_rule(b, "hidden/a.yar", text);
	load(b);
	assert_true(fw_ruleset_save(b->rs, path));
	assert_true(load_with(b, path));
	assert_int_equal(fw_ruleset_count(b->rs), 1);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, false), 1);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		damage(path, places[i]);
		assert_false(load_with(b, path));
		assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, false), 1);
		damage(path, places[i]);
		assert_true(load_with(b, path));
	}
	assert_int_equal(chmod(path, 0666), 0);
	assert_false(load_with(b, path)); /* anybody may have written it */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(truncate(path, 100), 0);
	assert_false(load_with(b, path));
	assert_true(fw_ruleset_save(b->rs, path));
	write_rule(b, "hidden/a.yar", other);
	assert_false(load_with(b, path));
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, false), 0);
	write_rule(b, "hidden/a.yar", text);
	assert_true(load_with(b, path));
	write_rule(b, "hidden/b.yar",
		   "include \"nothing.yar\" rule x { "
		   "condition: false }");
	assert_false(load_with(b, NULL));
	assert_false(fw_ruleset_save(b->rs, path));
	assert_true(b->errs.count > 0);
	remove(path);
}

static void meta_becomes_a_kind(void **state)
{
	struct box *b = *state;
	struct fw_object obj = { .bytes = FW_STR("xx\nevil") };
	struct fw_mem m = { 0 };
	size_t n;

	write_rule(b, "hidden/a.yar",
		   "rule one { " META(
			   "script") "strings: $a = \"evil\" condition: $a }");
	write_rule(b, "x.yar",
		   "rule two { meta: description = \"d\" condition: true }");
	load(b);
	const struct fw_kind *const *kinds = fw_ruleset_kinds(b->rs, &n);

	assert_int_equal(n, 2);
	assert_null(kinds[2]);
	assert_int_equal(scan(b, &obj, FW_RULE_SCRIPT, false, &m), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct fw_kind *k = m.findings[i].kind;

		if (strcmp(k->id, "hidden/a/one") == 0) {
			assert_int_equal(k->severity, FW_HIGH);
			assert_int_equal(k->confidence, FW_UNSURE);
			assert_int_equal(k->cwe[1], 506);
			assert_string_equal(k->references[0], "r");
			assert_int_equal(m.findings[i].at, 3);
			assert_non_null(strstr(m.findings[i].detail, "evil"));
		} else {
			assert_string_equal(k->id, "rules/x/two");
			assert_string_equal(k->title, "d");
			assert_int_equal(k->severity, FW_MEDIUM);
			assert_int_equal(k->confidence, FW_UNSURE);
		}
	}
	fw_mem_free(&m);
}

static void targets_keep_rules_apart(void **state)
{
	struct box *b = *state;
	struct fw_object obj = { .bytes = FW_STR("evil") };

	/* In one file, so in one group: the rule's own target still counts. */
	write_rule(b, "hidden/a.yar",
		   "rule one { " META(
			   "elf") "condition: true } "
				  "rule two { " META(
					  "script, web") "condition: true }");
	load(b);
	assert_int_equal(b->errs.count, 0);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ELF, false), 1);
	assert_int_equal(scan_count(b, &obj, FW_RULE_WEB, false), 1);
	assert_int_equal(scan_count(b, &obj, FW_RULE_KEY, false), 0);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ELF | FW_RULE_WEB, false),
			 2);
}

/* An installed assay is full of what its rules look for. */
static void its_own_files_are_no_hit(void **state)
{
	static const char rule[] =
		"rule one { " META("config") "strings: $a = \"backdoor\" "
					     "condition: $a }";
	struct box *b = *state;
	struct fw_object same = { .bytes = fw_view_str(rule) };
	struct fw_object more = { .bytes = FW_STR("telnetd; backdoor") };

	write_rule(b, "hidden/a.yar", rule);
	load(b);
	assert_int_equal(b->errs.count, 0);
	assert_int_equal(scan_count(b, &same, FW_RULE_CONFIG, false), 0);
	assert_int_equal(scan_count(b, &more, FW_RULE_CONFIG, false), 1);
	same.bytes.len--; /* one byte less is another file */
	assert_int_equal(scan_count(b, &same, FW_RULE_CONFIG, false), 1);
}

/* A folder of rules can be anybody's: mutation k is the same in every run. */
static void damaged_sources_do_no_harm(void **state)
{
	static const char rule[] =
		"import \"elf\" rule one : tag { " META(
			"elf") "strings: $a = \"back\" nocase $b = { 41 [1-3] 42 } "
			       "$c = /ab{1,3}c+/ condition: any of them and "
			       "filesize < 1MB and #a > 0 and @b[1] >= 0 }";
	struct box *b = *state;
	struct fw_object obj = { .bytes = FW_STR("back A..B abbc") };
	char text[sizeof(rule)];

	for (uint32_t k = 1; k <= 200; k++) {
		uint32_t x = k * 2654435761U;

		memcpy(text, rule, sizeof(rule));
		for (unsigned n = x % 3 + 1; n > 0; n--) {
			x = x * 1664525U + 1013904223U;
			text[x % (sizeof(rule) - 1)] =
				"\"{}()[]$#/*\\\n\x01\xff" "0a="[x >> 8 & 15];
		}
		if (x >> 28 == 0)
			text[x % sizeof(rule)] = '\0';
		write_rule(b, "hidden/a.yar", text);
		load(b);
		(void)scan_count(b, &obj, FW_RULE_ELF, false);
		fw_ruleset_free(b->rs);
	}
	load(b);
}

static void evidence_is_text_or_digits(void **state)
{
	struct box *b = *state;
	struct fw_object obj = {
		.bytes = FW_STR("a\n  evil\n\x8a\x01\xff\x02KEY-"
				"0123456789012345678901234567890123456789")
	};
	struct fw_mem m = { 0 };

	write_rule(
		b, "hidden/a.yar",
		"rule one { " META(
			"any") "strings: $a = /\\n[ ]+evil\\n/ condition: $a } "
			       "rule two { " META(
				       "any") "strings: $a = { 8a 01 ff 02 } "
					      "condition: $a } "
					      "rule three { meta: secret = "
					      "true strings: $a = "
					      "/KEY-[0-9]{40}/ "
					      "condition: $a }");
	load(b);
	assert_int_equal(b->errs.count, 0);
	assert_int_equal(scan(b, &obj, FW_RULE_ANY, false, &m), 3);
	assert_string_equal(m.findings[0].detail, "contains \"evil\"");
	assert_int_equal(m.findings[0].at, 4);
	assert_string_equal(m.findings[1].detail, "contains \"8a01ff02\"");
	assert_string_equal(m.findings[2].detail,
			    "contains \"KEY-0123456789012345678901234567\"");
	fw_mem_free(&m);
}

static void place_is_told_only_to_rules_that_ask(void **state)
{
	struct box *b = *state;
	struct fw_meta meta = FW_META(.name = "rcS");
	struct fw_object obj = { .bytes = FW_STR("evil"),
				 .path = "/etc/init.d/rcS",
				 .meta = &meta };

	meta.mode = 04755;
	meta.uid = 0;
	write_rule(b, "hidden/a.yar",
		   "rule one { " META("any") "condition: filename == \"rcS\" "
					     "and assay_setuid and "
					     "assay_in_init and owner == "
					     "\"root\" and extension == \"\" "
					     "and assay_mode == 0o4755 and "
					     "assay_uid == 0 and "
					     "filepath startswith \"/etc\" }");
	write_rule(
		b, "hidden/b.yar",
		"rule two { /* filepath */ " META(
			"any") "strings: $a = \"filename\" $b = /filepath\"/ "
			       "condition: not $a and not $b and assay_size == "
			       "4 and "
			       "assay_arch == \"mips\" and assay_entropy > 1.4 "
			       "and "
			       "filetype == \"\" and assay_format == \"\" }");
	load(b);
	assert_int_equal(b->errs.count, 0);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, true), 1);
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, false), 1);
	obj.path = "/etc/other";
	assert_int_equal(scan_count(b, &obj, FW_RULE_ANY, true), 0);
}

static void same_files_give_the_same_digest(void **state)
{
	struct box *b = *state;
	char first[65];

	write_rule(b, "hidden/a.yar", "rule one { condition: true }");
	/* An index is not read a second time. */
	write_rule(b, "index.yar", "// all\ninclude \"hidden/a.yar\"\n");
	load(b);
	assert_int_equal(b->errs.count, 0);
	assert_int_equal(fw_ruleset_count(b->rs), 1);
	memcpy(first, fw_ruleset_sha256(b->rs), sizeof(first));
	assert_int_equal(strlen(first), 64);
	fw_ruleset_free(b->rs);
	load(b);
	assert_string_equal(first, fw_ruleset_sha256(b->rs));
	fw_ruleset_free(b->rs);
	write_rule(b, "hidden/a.yar", "rule one { condition: false }");
	load(b);
	assert_string_not_equal(first, fw_ruleset_sha256(b->rs));
}

static void lacking_meta_is_told(void **state)
{
	struct box *b = *state;
	size_t n;

	write_rule(
		b, "hidden/a.yar",
		"\nrule one { meta: title = \"t\" severity = \"awful\" "
		"confidence = \"low\" explanation = \"e\" ask_vendor = \"a\" "
		"target = \"elf, toaster\" condition: true }");
	load(b);
	const struct fw_rule_info *r = fw_ruleset_rules(b->rs, &n);

	assert_int_equal(n, 1);
	assert_int_equal(r->line, 2);
	assert_string_equal(r->missing, "severity, target, reference or cwe");
}

/* What the one component rule of the box says to text, or "-". */
static const char *version_of(struct box *b, struct fw_view text)
{
	static char answer[80];
	struct fw_object obj = { .bytes = text };
	struct fw_mem m = { 0 };

	assert_true(fw_ruleset_scan(b->rs, &obj, FW_RULE_ELF, NULL, false,
				    fw_mem_out(&m, text)));
	assert_in_range(m.software_count, 0, 1);
	snprintf(answer, sizeof(answer), "%s",
		 m.software_count == 0 ? "-" : m.software[0].version);
	fw_mem_free(&m);
	return answer;
}

static void a_version_can_stand_apart(void **state)
{
	static const struct {
		struct fw_view text;
		const char *version;
	} rows[] = {
		{ FW_STR("made by %s\0"
			 "2.4.3\0"),
		  "2.4.3" },
		{ FW_STR("2.4.1\0made by %s\0--------------\0"
			 "2.4.3"),
		  "2.4.1" },
		{ FW_STR("x\0"
			 "2.4.3\0made by %s"),
		  "2.4.3" },
		/* part of a longer text, too far, not there */
		{ FW_STR("made by %s\0v2.4.3\0"
			 "2.4.3 x\0"),
		  "" },
		{ FW_STR("made by %s\0----------------------------------"
			 "-------------------------\0"
			 "2.4.3\0"),
		  "" },
		{ FW_STR("made by %s"), "" },
		{ FW_STR("2.4.3\0made by"), "-" },
		{ FW_STR("\0"), "-" },
	};
	struct box *b = *state;

	write_rule(b, "hidden/a.yar",
		   "rule p { meta: component = \"P\" apart = 64 version = "
		   "\"(2\\\\.[0-9]+\\\\.[0-9]+)\" target = \"elf\" hit = \"x\" "
		   "miss = \"y\" "
		   "strings: $a = \"made by %s\" condition: $a }");
	load(b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(version_of(b, rows[i].text),
				    rows[i].version);
}

static void objects_have_targets(void **state)
{
	struct fw_object obj = { .bytes = FW_STR("\177ELF\1\1\1") };

	(void)state;
	assert_true(fw_rule_targets_of(&obj) & FW_RULE_ELF);
	assert_false(fw_rule_targets_of(&obj) & FW_RULE_SCRIPT);
	obj.bytes = FW_STR("#!/bin/sh\n");
	assert_true(fw_rule_targets_of(&obj) & FW_RULE_SCRIPT);
	assert_false(fw_rule_targets_of(&obj) & FW_RULE_ELF);
	obj.bytes = FW_STR("hsqs\x01\0\x02\x03\x04\0\0\0\x80\x81\x82\x83");
	obj.format = "squashfs";
	assert_int_equal(fw_rule_targets_of(&obj), 0);
	obj.bytes = FW_STR("\x89PNG\r\n\x1a\n\0\0\0\x0d");
	obj.format = "png"; /* nothing is unpacked from it: now or never */
	obj.leaf = true;
	assert_int_equal(fw_rule_targets_of(&obj), FW_RULE_KEY | FW_RULE_ANY);
	obj.bytes = FW_STR("");
	assert_int_equal(fw_rule_targets_of(&obj), 0);
}

static void recipes_are_read(void **state)
{
	struct fw_arena a = { 0 };
	struct rule_example e;

	(void)state;
	assert_true(rule_example_read(
		&e, &a, "hit.hex",
		FW_STR("# c\n7f 45 # E\n\"a\\x00\\n\" # t\nzeros 2\n"
		       "@path /etc/x\n@mode 4755\n@uid 0\n@arch arm\n")));
	assert_int_equal(e.obj.bytes.len, 7);
	assert_memory_equal(e.obj.bytes.data, "\177Ea\0\n\0\0", 7);
	assert_string_equal(e.obj.path, "/etc/x");
	assert_int_equal(e.obj.meta->mode, 04755);
	assert_int_equal(e.obj.meta->uid, 0);
	assert_string_equal(e.arch, "arm");
	assert_true(rule_example_read(&e, &a, "hit.txt", FW_STR("7f 45")));
	assert_int_equal(e.obj.bytes.len, 5);
	assert_false(rule_example_read(&e, &a, "a.hex", FW_STR("00\n7g")));
	assert_int_equal(e.line, 2);
	assert_false(rule_example_read(&e, &a, "a.hex", FW_STR("\"x")));
	assert_false(rule_example_read(&e, &a, "a.hex", FW_STR("@what 1")));
	assert_false(rule_example_read(&e, &a, "a.hex", FW_STR("\"\\q\"")));
	assert_false(rule_example_read(&e, &a, "a.hex", FW_STR("# none\n")));
	fw_arena_free(&a);
}

#define BOXED(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(broken_file_is_named_and_stops_no_other),
		BOXED(compiled_rules_are_used_if_they_are_of_these_sources),
		BOXED(meta_becomes_a_kind),
		BOXED(targets_keep_rules_apart),
		BOXED(its_own_files_are_no_hit),
		BOXED(damaged_sources_do_no_harm),
		BOXED(evidence_is_text_or_digits),
		BOXED(place_is_told_only_to_rules_that_ask),
		BOXED(same_files_give_the_same_digest),
		BOXED(lacking_meta_is_told),
		BOXED(a_version_can_stand_apart),
		cmocka_unit_test(objects_have_targets),
		cmocka_unit_test(recipes_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
