/* test_components.c - products and versions by databases, names, build data */
#include <stdio.h>

#include "analyzers/software/version.h"
#include "boot_build.h"
#include "core/data.h"

extern const struct fw_analyzer fw_analyzer_packages, fw_analyzer_sonames,
	fw_analyzer_elf_buildinfo, fw_analyzer_outdated;

/* "name version, name version" of all rows. */
static const char *rows_of(struct fw_mem *m)
{
	const char *s = "";

	for (size_t i = 0; i < m->software_count; i++)
		s = fw_sprintf(&m->arena, "%s%s%s %s", s, i > 0 ? ", " : "",
			       m->software[i].name, m->software[i].version);
	return s;
}

static void placed(const struct fw_analyzer *a, struct fw_mem *m,
		   const char *path, struct fw_view bytes)
{
	const struct fw_meta meta = FW_META(.name = path);
	struct fw_object o = { .path = path, .meta = &meta };

	*m = (struct fw_mem){ 0 };
	if (!a->wants(&o))
		return;
	o.bytes = bytes;
	a->inspect(&o, fw_mem_out(m, bytes));
}

static const struct {
	const char *path;
	struct fw_view bytes;
	const char *rows;
} databases[] = {
	{ "/var/lib/dpkg/status",
	  FW_STR("Package: zlib1g\nStatus: install ok installed\n"
		 "Version: 1:1.2.13.dfsg-1\nDescription: x\n Package: "
		 "y\n\n"
		 "Package: gone\nStatus: deinstall ok config-files\n"
		 "Version: 1\n\nPackage: last\nVersion: 2"),
	  "zlib1g 1.2.13.dfsg, last 2" },
	{ "/usr/lib/opkg/status",
	  FW_STR("Package: dropbear\nVersion: 2019.78-2\n"
		 "Status: install user installed\n\n"),
	  "dropbear 2019.78" },
	{ "/usr/lib/opkg/info/dnsmasq.control",
	  FW_STR("Package: dnsmasq\nVersion: 2.80-1\nLicense: "
		 "GPL-2.0\n"),
	  "dnsmasq 2.80" },
	{ "/lib/apk/db/installed",
	  FW_STR("C:Q1x\nP:musl\nV:1.2.3-r4\nL:MIT\nF:lib\n\nP:"
		 "busybox\n"
		 "V:1.35.0-r29\n\n"),
	  "musl 1.2.3, busybox 1.35.0" },
	{ "/usr/lib/python3/site-packages/idna-3.3.dist-info/METADATA",
	  FW_STR("Metadata-Version: 2.1\nName: idna\nVersion: 3.3\n\n"
		 "Name: not this\n"),
	  "idna 3.3" },
	{ "/app/node_modules/ws/package.json",
	  FW_STR("{\"name\":\"ws\",\"version\":\"8.1.0\",\"x\":[1]}"),
	  "ws 8.1.0" },
	{ "/etc/os-release",
	  FW_STR("NAME=Buildroot\nVERSION=2016.02\nID=buildroot\n"
		 "VERSION_ID=2016.02\n"),
	  "buildroot 2016.02" },
	{ "/etc/openwrt_release",
	  FW_STR("DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='19.07.3'\n"),
	  "OpenWrt 19.07.3" },
	{ "/system/build.prop", FW_STR("# x\nro.build.version.release=4.4.2\n"),
	  "Android 4.4.2" },
	/* hostile, or something else */
	{ "/home/status", FW_STR("Package: a\nVersion: 1\n"), "" },
	{ "/var/lib/dpkg/status", FW_STR("Package: a\n\nVersion: 1\n"), "" },
	{ "/var/lib/dpkg/status", FW_STR("Package: \x1b[2J\nVersion: 1"), "" },
	{ "/var/lib/dpkg/status", FW_STR("\n\n\n:\n: \n"), "" },
	{ "/var/lib/dpkg/status", FW_STR(""), "" },
	{ "/a/node_modules/b/package.json", FW_STR("{\"name\":1"), "" },
	{ "/a/node_modules/b/package.json",
	  FW_STR("{\"name\":1,\"version\":{}}"), "" },
	{ "/a/node_modules/b/package.json", FW_STR("[[[[[[[[[[[[[["), "" },
	{ "/etc/os-release", FW_STR("ID=\"\nVERSION_ID='"), "\" '" },
	{ "/etc/os-release", FW_STR("ID\nVERSION_ID"), "" },
};

static void databases_are_read(void **state)
{
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++) {
		placed(&fw_analyzer_packages, &m, databases[i].path,
		       databases[i].bytes);
		assert_string_equal(rows_of(&m), databases[i].rows);
		assert_int_equal(m.finding_count, 0);
		fw_mem_free(&m);
	}
}

static void file_names_of_libraries(void **state)
{
	static const struct {
		const char *path, *rows;
	} rows[] = {
		{ "/lib/libuClibc-0.9.30.so", "uClibc 0.9.30" },
		{ "/lib/ld-uClibc-0.9.33.2.so", "uClibc 0.9.33.2" },
		{ "/lib/ld-2.16.so", "glibc 2.16" },
		{ "/usr/lib/libcrypto.so.0.9.8", "OpenSSL 0.9.8" },
		{ "/usr/lib/libpng16.so.16.39.0", "libpng 1.6.39" },
		{ "/usr/lib/libglib-2.0.so.0.7400.6", "GLib 2.74.6" },
		{ "/usr/lib/libjansson.so.4.14.0", "Jansson 2.14" },
		/* the interface's number, not the release's */
		{ "/usr/lib/libcrypto.so.1.0.0", "" },
		{ "/usr/lib/libz.so.1", "" },
		{ "/usr/lib/libpng16.so.16", "" },
		{ "/usr/lib/libz.so.1.2.x", "" },
		{ "/usr/lib/libz.so.", "" },
		{ "/usr/lib/libz.so.1..2", "" },
		{ "/usr/lib/libz.so.99999999999.2.3", "" },
		{ "/lib/ld-linux.so.2", "" },
		{ "/lib/.so", "" },
	};
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		placed(&fw_analyzer_sonames, &m, rows[i].path,
		       FW_STR("\177ELF"));
		assert_string_equal(rows_of(&m), rows[i].rows);
		for (size_t k = 0; k < m.software_count; k++)
			assert_int_equal(m.software[k].confidence, FW_UNSURE);
		fw_mem_free(&m);
	}
	placed(&fw_analyzer_sonames, &m, "/lib/ld-2.16.so", FW_STR("text"));
	assert_int_equal(m.software_count, 0);
	fw_mem_free(&m);
}

/* --- programs --- */

static void elf_head(struct build *w)
{
	w->n = 0;
	put(w, "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\x28\0\1\0\0\0", 24);
	fill(w, 40, 0);
	put(w, "\x34\0\x20\0\0\0\x28\0\0\0\0\0", 12);
}

static void go_text(struct build *w, struct fw_view v)
{
	assert_true(v.len < 128 * 128);
	if (v.len >= 128)
		put(w, (uint8_t[]){ (uint8_t)(v.len | 0x80) }, 1);
	put(w, (uint8_t[]){ (uint8_t)(v.len >= 128 ? v.len >> 7 : v.len) }, 1);
	put(w, v.data, v.len);
}

#define MARK "0123456789abcdef"

static void go_program(struct build *w)
{
	elf_head(w);
	put(w, "\xff Go buildinf:\4\2", 16);
	fill(w, w->n + 16, 0);
	go_text(w, FW_STR("go1.20.3 X:none"));
	go_text(w,
		FW_STR(MARK
		       "path\tcmd/agent\nmod\texample.com/agent\t(devel)\t\n"
		       "dep\tgolang.org/x/net\tv0.7.0\th1:abc=\n"
		       "dep\ta.example/old\tv1.0.0\n"
		       "=>\tb.example/new\tv1.0.1\th1:x=\nbuild\t-x=1\n" MARK));
}

static void build_info(struct build *w, struct fw_mem *m)
{
	struct fw_object o = { .bytes = fw_view_of(w->b, w->n),
			       .format = "elf" };

	*m = (struct fw_mem){ 0 };
	fw_analyzer_elf_buildinfo.inspect(&o, fw_mem_out(m, o.bytes));
}

static void go_programs_name_their_modules(void **state)
{
	static struct build w;
	struct fw_mem m;

	(void)state;
	go_program(&w);
	build_info(&w, &m);
	assert_string_equal(rows_of(&m),
			    "Go standard library 1.20.3, example.com/agent , "
			    "golang.org/x/net v0.7.0, b.example/new v1.0.1");
	assert_string_equal(m.software[2].purl,
			    "pkg:golang/golang.org/x/net@v0.7.0");
	fw_mem_free(&m);
	for (size_t n = w.n; n-- > 0;) {
		size_t all = w.n;

		w.n = n;
		build_info(&w, &m);
		assert_in_range(m.software_count, 0, 1);
		fw_mem_free(&m);
		w.n = all;
	}
	elf_head(&w); /* lengths that lie */
	put(&w, "\xff Go buildinf:\4\2", 16);
	fill(&w, w.n + 16, 0);
	put(&w, "\xff\xff\xff\xff\xff\xff\xff", 7);
	build_info(&w, &m);
	assert_int_equal(m.software_count, 0);
	fw_mem_free(&m);
	elf_head(&w); /* pointers to nowhere */
	put(&w, "\xff Go buildinf:\4\0\xff\xff\xff\xff\1\0\0\0", 24);
	fill(&w, w.n + 16, 0);
	build_info(&w, &m);
	assert_int_equal(m.software_count, 0);
	fw_mem_free(&m);
}

static void rust_programs_name_their_crates(void **state)
{
	static const struct fw_view texts[] = {
		FW_STR("/root/.cargo/registry/src/github.com-1ecc6299db9ec823/"
		       "smallvec-1.10.0/src/lib.rs"),
		FW_STR("/c/registry/src/index.crates.io-6f/h2-0.3.1/src/x.rs"),
		FW_STR("/c/registry/src/index.crates.io-6f/h2-0.3.1/src/y.rs"),
		FW_STR("/c/registry/src/i/wasm-bindgen-0.2.1-rc.1/src/y.rs"),
		/* nothing of the kind */
		FW_STR("/c/registry/src/i/no-version/src/y.rs"),
		FW_STR("/c/registry/src/"),
		FW_STR("/c/registry/src/i/"),
		FW_STR("/registry/src/i/-1.0/"),
	};
	static struct build w;
	struct fw_mem m;

	(void)state;
	elf_head(&w);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(&w, texts[i].data, texts[i].len);
		put(&w, "\0\0", 2);
	}
	build_info(&w, &m);
	assert_string_equal(rows_of(&m), "smallvec 1.10.0, h2 0.3.1, "
					 "wasm-bindgen 0.2.1-rc.1");
	fw_mem_free(&m);
}

/* --- age --- */

static void versions_have_an_order(void **state)
{
	static const char *const rising[] = {
		"",    "0.9.8g", "0.9.8zh",	"0.9.10",  "1.0~rc1",
		"1.0", "1.0a",	 "1.0.1",	"1.0.1f",  "1.0.2",
		"1.9", "1.010",	 "2.6.31-lsdk", "2013.07", "2016.74"
	};
	enum { N = sizeof(rising) / sizeof(rising[0]) };

	(void)state;
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < N; k++) {
			int order = version_compare(fw_view_str(rising[i]),
						    fw_view_str(rising[k]));

			assert_int_equal((order > 0) - (order < 0),
					 (i > k) - (i < k));
		}
	}
	assert_int_equal(version_compare(FW_STR("1.00"), FW_STR("1.0")), 0);
	assert_true(version_compare(FW_STR("99999999999999999999999"),
				    FW_STR("100000000000000000000000")) < 0);
}

#define SOFTWARE(n, ver, ...)                                                  \
	{                                                                      \
		.name = (n), .version = (ver), .confidence = FW_LIKELY,        \
		__VA_ARGS__                                                    \
	}

static void correlate(struct fw_mem *m, const struct fw_software *s, size_t n)
{
	struct fw_place places[] = {
		{ .path = "image", .parent = UINT32_MAX, .content = 0 },
		{ .path = "image/a",
		  .content = 1,
		  .software = s,
		  .software_count = n },
		{ .path = "image/b",
		  .content = 2,
		  .software = s,
		  .software_count = n > 0 },
		{ .path = "second", .parent = UINT32_MAX, .content = 3 },
	};
	struct fw_tree tree = { .places = places, .count = 4 };

	*m = (struct fw_mem){ 0 };
	fw_analyzer_outdated.correlate(&tree, fw_mem_out(m, FW_STR("")));
}

static void old_components_are_one_finding(void **state)
{
	static const struct fw_software old[] = {
		SOFTWARE("BusyBox", "1.01"),
		SOFTWARE("Linux", "2.6.31--LSDK"),
		SOFTWARE("OpenSSL", "0.9.8g"),
	};
	static const struct fw_software fine[] = {
		SOFTWARE("BusyBox", "1.36.1"),
		SOFTWARE("Linux", "6.6.1"),
		SOFTWARE("OpenSSL", "3.0.20"),
		SOFTWARE("OpenSSL", ""),
		SOFTWARE("OpenSSL", "unknown"),
		SOFTWARE("Nobody's", "0.0.1"),
		SOFTWARE("busybox", "1.01", .purl = "pkg:deb/debian/busybox"),
	};
	struct fw_mem m;

	(void)state;
	correlate(&m, old, 3);
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].place, 0);
	assert_int_equal(m.findings[0].severity, FW_HIGH);
	assert_string_equal(m.findings[0].detail,
			    "3 components are no longer supported: "
			    "OpenSSL 0.9.8g, BusyBox 1.01, Linux 2.6.31--LSDK");
	fw_mem_free(&m);
	correlate(&m, old, 2);
	assert_int_equal(m.findings[0].severity, FW_MEDIUM);
	fw_mem_free(&m);
	correlate(&m, fine, sizeof(fine) / sizeof(fine[0]));
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	correlate(&m, NULL, 0);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
}

static void the_table_is_sorted_and_whole(void **state)
{
	struct fw_view rest = fw_data("end-of-life"), f[FW_DATA_FIELDS];
	struct fw_view last = { NULL, 0 }, below = { NULL, 0 };

	(void)state;
	assert_non_null(rest.data);
	while (fw_data_row(&rest, f)) {
		if (last.data != NULL && fw_view_eq(last, f[0]))
			assert_true(version_compare(below, f[1]) < 0);
		last = f[0];
		below = f[1];
		assert_true(f[2].len > 0);
		assert_true(fw_view_eq(f[3], FW_STR("low")) ||
			    fw_view_eq(f[3], FW_STR("medium")) ||
			    fw_view_eq(f[3], FW_STR("high")));
		assert_true(fw_view_starts(f[5], FW_STR("http")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(databases_are_read),
		cmocka_unit_test(file_names_of_libraries),
		cmocka_unit_test(go_programs_name_their_modules),
		cmocka_unit_test(rust_programs_name_their_crates),
		cmocka_unit_test(versions_have_an_order),
		cmocka_unit_test(old_components_are_one_finding),
		cmocka_unit_test(the_table_is_sorted_and_whole),
	};

	fw_hash_init();
	if (!fw_data_load(ASSAY_SOURCE_DIR "/rules/data"))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	fw_data_free();
	return failed;
}
