/* test_report.c - saved results: round trip, and what is refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/text.h"
#include "report/load.h"
#include "report/report.h"
#include "report/show.h"
#include "../result_build.h"

/* Not inlined: gcc 12 at -O3 takes the stream's buffer for the pointer to it. */
__attribute__((noinline)) static char *written(const struct fw_result *r, const char *writer)
{
	struct fw_report_options opt = { .verbose = true };
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	assert_true(fw_report_named(writer)->write(r, &opt, to));
	fclose(to);
	return text;
}

static const struct fw_format *known_format(const char *name)
{
	return strcmp(name, "trx") == 0	     ? &built_trx
	       : strcmp(name, "squashfs") == 0 ? &built_fs
					       : NULL;
}

static const struct fw_kind *known_kind(const char *id)
{
	return strcmp(id, built_shell.id) == 0 ? &built_shell : NULL;
}

static const struct fw_result *load(struct fw_arena *a, const char *text,
				    char *err, size_t err_len)
{
	struct fw_load_options opt = { known_format, known_kind };
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(in);
	const struct fw_result *r = fw_result_load(in, a, &opt, err, err_len);

	fclose(in);
	return r;
}

static void round_trip(void **state)
{
	static const char *const writers[] = { "json", "text" };
	struct fw_arena a = { 0 };
	char err[200] = "";
	char *json = written(&built_result, "json");
	const struct fw_result *r = load(&a, json, err, sizeof(err));

	(void)state;
	assert_string_equal(err, "");
	assert_non_null(r);
	for (size_t i = 0; i < 2; i++) {
		char *was = written(&built_result, writers[i]);
		char *is = written(r, writers[i]);

		assert_string_equal(was, is);
		free(was);
		free(is);
	}
	assert_int_equal(r->nodes[7].meta->rdev_minor, 3);
	assert_int_equal(r->limits[0].count, 3);
	assert_true(r->incomplete);
	free(json);
	fw_arena_free(&a);
}

/* One text replaced by another, and what is said of it. */
static const struct {
	const char *from, *to, *says;
} refused[] = {
	{ "assay.scan/1", "assay.scan/2", "schema" },
	{ "\"parent\":0", "\"parent\":8", "not an earlier object" },
	{ "\"parent\":1,", "\"parent\":null,", "two roots" },
	{ "\"image\":0", "\"image\":1", "no such image" },
	{ "\"id\":3", "\"id\":2", "not its index" },
	{ "\"object\":5", "\"object\":9", "no such object" },
	{ "\"object\":5", "\"object\":-1", "out of range" },
	{ "\"objects\":[5]", "\"objects\":[77]", "no such object" },
	{ "\"kind\":\"file\"", "\"kind\":\"fil\"", "none of the words" },
	{ "\"sha256\":\"abcd", "\"sha256\":\"ABCD", "no SHA-256" },
	{ "\"sha256\":\"abcd", "\"sha256\":\"", "no SHA-256" },
	{ "\"fingerprint\":\"0123", "\"fingerprint\":\"", "fingerprint" },
	{ "\"fingerprint\":\"0123", "\"fingerprint\":\"<123", "fingerprint" },
	{ "\"size\":40960", "\"size\":-1", "size" },
	{ "\"size\":40960", "\"size\":\"1\"", "size" },
	{ "\"mtime\":1700000000", "\"mtime\":[]", "mtime" },
	{ "\"evidence\":[", "\"evidence\":[7,", "[0]" },
	{ "\"2023-11-14T", "\"yesterday", "run.started" },
	{ "\"landlock\":true", "\"landlock\":1", "landlock" },
	{ "\"elf.machine\":\"mips\"", "\"elf.machine\":{}", "no text" },
	{ "\"state\":\"done\"", "\"state\":\"\"", "objects[0].state" },
	{ "{", "[", "no JSON" },
};

static void refuses(void **state)
{
	char *json = written(&built_result, "json");

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct fw_arena a = { 0 };
		const char *at = strstr(json, refused[i].from);
		char err[200] = "";

		assert_non_null(at);
		char *bad = fw_sprintf(&a, "%.*s%s%s", (int)(at - json), json,
				       refused[i].to,
				       at + strlen(refused[i].from));

		if (load(&a, bad, err, sizeof(err)) != NULL ||
		    strstr(err, refused[i].says) == NULL)
			fail_msg("%s -> %s: %s", refused[i].from,
				 refused[i].to, err);
		fw_arena_free(&a);
	}
	free(json);
}

/* A document that ends early is refused wherever it ends. */
static void cut(void **state)
{
	char *json = written(&built_result, "json");
	size_t len = strlen(json);
	char err[200];

	(void)state;
	for (size_t n = 1; n + 2 < len; n += 7) {
		struct fw_arena a = { 0 };

		assert_null(load(&a,
				 fw_strdup(&a, fw_view_of(json, len - 1 - n)),
				 err, sizeof(err)));
		fw_arena_free(&a);
	}
	free(json);
}

static void escapes(void **state)
{
	static const char *const texts[] = {
		"plain",    "a\\b",	"\033[31m\r\n\t", "\xff\xfe",
		"\\x41",    "caf\xc3\xa9", "\xe2\x80\xae" "evil", "\\u{20}",
	};
	struct fw_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *shown = fw_show_raw(&a, texts[i]);

		assert_string_equal(fw_unescape(&a, shown), texts[i]);
		assert_string_equal(fw_show_path(&a, shown), shown);
	}
	assert_string_equal(fw_show_path(&a, "a\033b"), "a\\x1bb");
	assert_string_equal(fw_show_size(&a, 1023), "1023 bytes");
	assert_string_equal(fw_show_size(&a, 1 << 20), "1.0 MiB");
	assert_string_equal(fw_show_size(&a, UINT64_MAX), "16.0 EiB");
	assert_string_equal(fw_show_share(&a, 1, 1 << 20), "<0.1%");
	assert_string_equal(fw_show_share(&a, (1 << 20) - 1, 1 << 20),
			    ">99.9%");
	assert_string_equal(fw_show_share(&a, 0, 0), "0.0%");
	fw_arena_free(&a);
}

/* Parts too small to matter are summed, so that the large ones are seen. */
static void small_parts_are_one_line(void **state)
{
	struct fw_node nodes[9];
	struct fw_result r = built_result;
	struct fw_report_options opt = { 0 };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	memcpy(nodes, built_nodes, sizeof(nodes));
	for (size_t i = 0; i < 9; i++)
		if (nodes[i].meta->type == FW_GAP)
			nodes[i].size = 83;
	r.nodes = nodes;
	for (unsigned verbose = 0; verbose < 2; verbose++) {
		FILE *to = open_memstream(&text, &len);

		assert_non_null(to);
		opt.verbose = verbose != 0;
		assert_true(fw_report_named("text")->write(&r, &opt, to));
		fclose(to);
		assert_int_equal(strstr(text, "1 small part of less than 512 "
					      "bytes") != NULL,
				 !verbose);
		assert_int_equal(strstr(text, "83 bytes  opaque: looks") !=
					 NULL,
				 verbose);
		free(text);
	}
}

static void full_disk(void **state)
{
	struct fw_report_options opt = { 0 };
	FILE *to = fopen("/dev/full", "w");

	(void)state;
	if (to == NULL)
		skip();
	for (size_t i = 0; i < fw_report_writer_count; i++)
		assert_false(fw_report_writers[i]->write(&built_result, &opt,
							 to));
	fclose(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(refuses),
		cmocka_unit_test(cut),	      cmocka_unit_test(escapes),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(small_parts_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
