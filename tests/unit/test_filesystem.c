/* test_filesystem.c - modes, owners, links and names; paths in file systems */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/data.h"
#include "core/roots.h"
#include "tree_build.h"

extern const struct fw_analyzer fw_analyzer_filesystem;

static const struct {
	const char *folder, *name, *link; /* link: or NULL */
	enum fw_type type;
	uint32_t mode, uid;
	const char *kind; /* NULL: silence */
	enum fw_severity severity;
} rows[] = {
	{ "bin", "ls", NULL, FW_FILE, 0755, 0, NULL, 0 },
	{ "bin", "bash", NULL, FW_FILE, 04755, 0, "hidden/setuid-shell",
	  FW_CRITICAL },
	{ "bin", "su", NULL, FW_FILE, 04755, 0, NULL, 0 },
	{ "bin", "busybox", NULL, FW_FILE, 04755, 0, NULL, 0 },
	{ "bin", "toolctl", NULL, FW_FILE, 04755, 0, "access/setuid", FW_LOW },
	{ "etc", "passwd", NULL, FW_FILE, 0666, 0, "access/world-writable",
	  FW_MEDIUM },
	{ "etc", "notes", NULL, FW_FILE, 0666, 0, "access/world-writable",
	  FW_LOW },
	{ "etc", "hosts", NULL, FW_FILE, 0644, 1000,
	  "integrity/developer-owner", FW_LOW },
	{ "bin", "x", "/home/joe/src/out/x", FW_LINK, 0777, 0,
	  "integrity/link-outside", FW_LOW },
	{ "bin", "x", "../../../x", FW_LINK, 0777, 0, "integrity/link-outside",
	  FW_LOW },
	{ "etc", "resolv.conf", "/tmp/a/b/c/resolv.conf", FW_LINK, 0777, 0,
	  NULL, 0 },
	{ "bin", "sh", "busybox", FW_LINK, 0777, 0, NULL, 0 },
	{ "etc", "...", NULL, FW_FILE, 0644, 0, "hidden/odd-name", FW_MEDIUM },
	{ "etc", "a\xe2\x80\xaetxt.exe", NULL, FW_FILE, 0644, 0,
	  "hidden/odd-name", FW_MEDIUM },
	{ "etc", "caf\xc3\xa9", NULL, FW_FILE, 0644, 0, NULL, 0 },
	{ "etc", "rc.bak", NULL, FW_FILE, 0644, 0, "weakness/build-leftover",
	  FW_LOW },
	{ "bin", "tcpdump", NULL, FW_FILE, 0755, 0, "weakness/debug-tool",
	  FW_LOW },
};

static void rows_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built *b = calloc(1, sizeof(*b));
		uint32_t bin, etc, image = built_system(b, &bin, &etc);
		uint32_t up = rows[i].folder[0] == 'b' ? bin : etc;
		uint32_t at = built_add(b, up, rows[i].name, rows[i].type);
		const struct fw_mem_finding *f;
		struct fw_mem m;

		b->meta[at].mode = rows[i].mode;
		b->meta[at].uid = rows[i].uid;
		b->meta[at].link = rows[i].link;
		if (up == bin)
			b->places[at].format = "elf";
		built_run(b, &fw_analyzer_filesystem, &m);
		if (m.finding_count != (rows[i].kind != NULL))
			fail_msg("row %zu, %s: %zu findings", i, rows[i].name,
				 m.finding_count);
		f = rows[i].kind ? built_found(&m, rows[i].kind) : NULL;
		assert_true((f != NULL) == (rows[i].kind != NULL));
		if (f != NULL) {
			assert_int_equal(f->severity, rows[i].severity);
			assert_int_equal(f->place, image);
		}
		fw_mem_free(&m);
		built_free(b);
	}
}

static void an_open_tree_is_one_cause(void **state)
{
	struct built *b = calloc(1, sizeof(*b));
	uint32_t bin, etc;
	struct fw_mem m;

	(void)state;
	built_system(b, &bin, &etc);
	for (int i = 0; i < 30; i++)
		b->meta[built_add(b, bin, "prog", FW_FILE)].mode = 0777;
	built_run(b, &fw_analyzer_filesystem, &m);
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].severity, FW_LOW);
	assert_non_null(strstr(m.findings[0].detail, "1 tree"));
	fw_mem_free(&m);
	built_free(b);
}

static void paths_are_followed(void **state)
{
	struct built *b = calloc(1, sizeof(*b));
	struct fw_arena a = { 0 };
	uint32_t bin, etc, image = built_system(b, &bin, &etc), at, loop;

	(void)state;
	at = built_add(b, bin, "busybox", FW_FILE);
	b->meta[built_add(b, bin, "sh", FW_LINK)].link = "busybox";
	b->meta[built_add(b, image, "sbin", FW_LINK)].link = "/bin";
	loop = built_add(b, etc, "loop", FW_LINK);
	b->meta[loop].link = "../etc/loop";
	struct fw_roots *r = fw_roots_of(&b->tree, &a);

	assert_true(fw_root_is_system(r, image));
	assert_int_equal(fw_root_find(r, image, "/bin/busybox"), at);
	assert_int_equal(fw_root_find(r, image, "/bin/../bin/./busybox"), at);
	assert_int_equal(fw_root_follow(r, image, "/sbin/sh"), at);
	assert_int_equal(fw_root_follow(r, image, "/etc/loop"), UINT32_MAX);
	assert_int_equal(fw_root_follow(r, image, "/bin/none"), UINT32_MAX);
	assert_int_equal(fw_root_find(r, UINT32_MAX, "/bin"), UINT32_MAX);
	assert_string_equal(fw_root_path(r, at), "/bin/busybox");
	fw_arena_free(&a);
	built_free(b);
}

static int load(void **state)
{
	(void)state;
	fw_hash_init();
	return !fw_data_load(ASSAY_SOURCE_DIR "/rules/data");
}

static int unload(void **state)
{
	(void)state;
	fw_data_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_told_apart),
		cmocka_unit_test(an_open_tree_is_one_cause),
		cmocka_unit_test(paths_are_followed),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
