/* test_rules_bench.c - counting how often rules look closer */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/bench.h"

#define META(target)                                                           \
	"meta: title = \"t\" severity = \"high\" confidence = \"low\" "        \
	"explanation = \"e\" ask_vendor = \"a\" cwe = 78 target = \"" target   \
	"\" "

struct box {
	char dir[64], file[96];
	struct fw_rule_errors errs;
	struct fw_ruleset *rs;
	struct fw_rule_bench *bench;
};

/* Three rules: for texts, for programs, for both. */
static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	const char *dirs[] = { b->dir };

	fw_hash_init();
	snprintf(b->dir, sizeof(b->dir), "/tmp/test_rules_bench.XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return 1;
	for (size_t i = 0; i < 3; i++) {
		static const char *const rules[] = {
			"rule text { " META("script") "strings: $a = \"QWQW\" "
						      "condition: $a }",
			"rule code { " META("elf") "strings: $a = \"ZXZX\" "
						   "condition: $a }",
			"rule both { " META("elf, web") "strings: $a = "
							"/VBVB[0-9]{2}/ "
							"condition: $a }"
		};

		snprintf(b->file, sizeof(b->file), "%s/%zu.yar", b->dir, i);
		FILE *f = fopen(b->file, "w");

		fputs(rules[i], f);
		fclose(f);
	}
	b->rs = fw_ruleset_load(dirs, 1, NULL, &b->errs);
	b->bench = fw_rule_bench_new(b->rs);
	*state = b;
	return b->bench == NULL;
}

static int close_box(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < 3; i++) {
		snprintf(b->file, sizeof(b->file), "%s/%zu.yar", b->dir, i);
		remove(b->file);
	}
	rmdir(b->dir);
	fw_rule_bench_free(b->bench);
	fw_ruleset_free(b->rs);
	fw_rule_errors_free(&b->errs);
	free(b);
	return 0;
}

/* Rules in order of their files: text, code, both. */
static uint64_t looks(const struct box *b, size_t rule)
{
	size_t count;
	const struct fw_rule_info *rules = fw_ruleset_rules(b->rs, &count);

	assert_int_equal(count, 3);
	return fw_rule_bench_looks(b->bench, &rules[rule]);
}

static void looks_are_counted(void **state)
{
	struct box *b = *state;

	fw_rule_bench_add(b->bench, FW_STR("QWQW ZXZX VBVB1 QWQW VBVB22"),
			  FW_RULE_SCRIPT | FW_RULE_CONFIG);
	assert_int_equal(looks(b, 0), 2);
	assert_int_equal(looks(b, 1), 0);
	assert_int_equal(looks(b, 2), 2); /* also where the rest does not fit */
	fw_rule_bench_add(b->bench, FW_STR("QWQW ZXZX VBVB"), FW_RULE_ELF);
	assert_int_equal(looks(b, 0), 2);
	assert_int_equal(looks(b, 1), 1);
	assert_int_equal(looks(b, 2), 3);
	assert_int_equal(fw_rule_bench_looks(b->bench, NULL), 6);
}

static void nothing_to_count(void **state)
{
	struct box *b = *state;

	fw_rule_bench_add(b->bench, FW_STR(""), FW_RULE_ELF);
	fw_rule_bench_add(b->bench, FW_STR("QWQ"), FW_RULE_SCRIPT);
	fw_rule_bench_add(b->bench, FW_STR("QWQW ZXZX"), 0);
	fw_rule_bench_add(b->bench, FW_STR("WQW ZXZ VBV QWQ"), FW_RULE_ELF);
	assert_int_equal(fw_rule_bench_looks(b->bench, NULL), 0);
	fw_rule_bench_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looks_are_counted, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(nothing_to_count, open_box,
						close_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
