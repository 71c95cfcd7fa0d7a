/* test_content.c - boot loaders, kinds of text, data behind the end of files */
#include "boot_build.h"
#include "core/analyzer.h"

extern const struct fw_analyzer fw_analyzer_boot_loader,
	fw_analyzer_content_kind, fw_analyzer_appended;

/* --- boot loaders --- */

static void loader(struct fw_mem *m, const char *banner, const char *format)
{
	static struct build w;
	struct fw_object_cache cache = { 0 };
	struct fw_object o = { .format = format, .cache = &cache };

	w.n = 0;
	fill(&w, 1024, 1);
	put(&w, "\0", 1);
	put(&w, banner, strlen(banner) + 1);
	fill(&w, 2048, 2);
	o.bytes = built(&w);
	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_boot_loader.wants(&o))
		fw_analyzer_boot_loader.inspect(&o, fw_mem_out(m, o.bytes));
}

static void banners_name_boot_loaders(void **state)
{
	static const struct {
		const char *banner, *key, *value, *product;
	} rows[] = {
		{ "U-Boot 1.1.4 (Mar 24 2014 - 09:57:30)", "uboot.version",
		  "1.1.4", NULL },
		{ "\n\nU-Boot 2013.07 (Sep 22 2016 - 21:41:56)\n",
		  "uboot.version", "2013.07", NULL },
		{ "U-Boot SPL 2020.01-rc3 (Feb 01 2020 - 01:02:03 +0000)",
		  "uboot.version", "2020.01-rc3", NULL },
		{ "barebox 2016.04.0 #1 Fri Apr 8 09:00:00 CEST 2016",
		  "barebox.version", "2016.04.0", "barebox" },
		{ "CFE version 1.0.37-5.12 for BCM947XX (32bit,SP,LE)",
		  "cfe.version", "1.0.37-5.12", "CFE" },
		{ "Breed 1.1 (r1266)", "breed.version", "1.1", "Breed" },
		{ "RedBoot(tm) bootstrap and debug environment [ROMRAM]\n"
		  "OpenWrt certified release, version v2_0 - built 12:00",
		  "redboot.version", "v2_0", "RedBoot" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m;

		loader(&m, rows[i].banner, NULL);
		assert_fact(&m, rows[i].key, rows[i].value);
		assert_int_equal(m.software_count, rows[i].product != NULL);
		if (rows[i].product != NULL)
			assert_string_equal(m.software[0].name,
					    rows[i].product);
		assert_int_equal(m.finding_count, 0);
		fw_mem_free(&m);
	}
}

static void builds_are_told(void **state)
{
	struct fw_mem m;

	(void)state;
	loader(&m, "U-Boot 2013.07 (Sep 22 2016 - 21:41:56)", NULL);
	assert_fact(&m, "uboot.built", "Sep 22 2016 - 21:41:56");
	fw_mem_free(&m);
	loader(&m, "U-Boot 1.1.3 (custom)", NULL);
	assert_fact(&m, "uboot.version", "1.1.3");
	assert_null(fw_mem_fact(&m, "uboot.built"));
	fw_mem_free(&m);
}

static void talk_about_boot_loaders_is_none(void **state)
{
	static const char *const rows[] = {
		"Now running in RAM - U-Boot at: %08lx",
		"U-Boot environment not found",
		"U-Boot code: %08lX -> %08lX",
		"U-Boot ",
		"U-Boot 2",
		"U-Boot . . .",
		"CFE version %d.%d.%d",
		"please install Breed 1.1",
		"Breed like rabbits",
	};
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		loader(&m, rows[i], NULL);
		assert_int_equal(m.fact_count, 0);
		assert_int_equal(m.software_count, 0);
		fw_mem_free(&m);
	}
	/* A program that updates boot loaders is none. */
	loader(&m, "U-Boot 1.1.4 (Mar 24 2014 - 09:57:30)", "elf");
	assert_int_equal(m.fact_count, 0);
	fw_mem_free(&m);
}

static void a_version_is_said_once(void **state)
{
	struct fw_mem m;

	(void)state;
	loader(&m,
	       "U-Boot 1.1.4 (Mar 24 2014 - 09:57:30)\1"
	       "U-Boot 1.1.4 (Mar 24 2014 - 09:57:30)",
	       NULL);
	assert_int_equal(m.fact_count, 2);
	fw_mem_free(&m);
}

/* --- kinds of text --- */

static const struct {
	const char *text, *kind;
} kind_rows[] = {
	{ "#!/bin/sh\necho hi\n", "script.sh" },
	{ "#! /bin/busybox ash\n", "script.sh" },
	{ "#!/bin/sh /etc/rc.common\nSTART=10\n", "script.sh" },
	{ "#!/usr/bin/env python3.8\nimport os\n", "script.python" },
	{ "#!/usr/bin/lua5.1\r\nprint(1)\n", "script.lua" },
	{ "#!/opt/vendor/magic\n", "script.other" },
	{ "#!", "script.other" },
	{ "export PATH=/bin\ninsmod a.ko\nif [ -e /x ]\nthen\nfi\n",
	  "script.sh" },
	{ "sync\nkillall httpd\ntar -xf /tmp/a\nsync\nreboot\n", "script.sh" },
	{ "<?php system($_GET['c']); ?>", "script.php" },
	{ "\xef\xbb\xbf<!DOCTYPE HTML>\n<html>", "web.html" },
	{ "<SCRIPT language=JavaScript>\nvar a = 1;\n</SCRIPT>", "web.html" },
	{ "<META http-equiv=Content-Type>\n<P>help</P>", "web.html" },
	{ "<?xml version=\"1.0\"?>\n<a/>", "config.xml" },
	{ "{\n \"a\": 1\n}\n", "config.json" },
	{ "[ { \"a\": 1 } ]", "config.json" },
	{ "; a comment\n[main]\nname = x\nport=1\n", "config.ini" },
	{ "name=x\nport=1\nhost=2\n", "config.properties" },
	{ "var loginuser=\"x\";\nvar level=2;\n", "web.js" },
	{ "/* a\n * b\n */\nbody {\n margin: 0;\n}\n.a {\n "
	  "color:red;\n}\n",
	  "web.css" },
	{ "Bag Attributes\n-----BEGIN CERTIFICATE-----\nAA", "cert.pem" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nAA", "key.pem" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\nAA", "key.openssh" },
	{ "ssh-rsa AAAAB3NzaC1yc2E= a@b\n", "key.public" },
	/* none of these */
	{ "Dear reader,\nthis is a letter.\nYours.\n", NULL },
	{ "root:x:0:0:root:/root:/bin/sh\n", NULL },
	{ "{ not json }", NULL },
	{ "a=1\n", NULL },
	{ "for you, my dear\nthis is a letter\nand nothing else\n", NULL },
	{ "[", NULL },
	{ "{}", "config.json" },
	{ "[x", NULL },
	{ "  \n\n", NULL },
};

static void kinds_of_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
		struct fw_object o = { .bytes =
					       fw_view_str(kind_rows[i].text) };
		struct fw_mem m = { 0 };
		const char *kind = NULL;

		if (fw_analyzer_content_kind.wants(&o)) {
			fw_analyzer_content_kind.inspect(
				&o, fw_mem_out(&m, o.bytes));
			kind = fw_mem_fact(&m, "content.kind");
		}
		if (kind_rows[i].kind == NULL)
			assert_null(kind);
		else
			assert_string_equal(kind, kind_rows[i].kind);
		fw_mem_free(&m);
	}
}

/* --- data behind the end --- */

static const struct fw_meta file = { .type = FW_FILE },
			    region = { .type = FW_REGION },
			    gap = { .type = FW_GAP };
static const struct fw_fact padding[] = { { "content.guess", "padding" } },
			    code[] = { { "content.guess", "code" } },
			    data[] = { { "content.guess", "data" } };

/* An image that holds one file of these two parts; the finding's severity, or
 * -1. */
static int behind(const char *first, struct fw_place rest)
{
	const struct fw_place places[] = {
		{ .path = "x.bin",
		  .parent = UINT32_MAX,
		  .meta = &file,
		  .format = "squashfs",
		  .size = 1 << 20 },
		{ .path = "x.bin/a",
		  .parent = 0,
		  .meta = &file,
		  .size = 100000 },
		{ .path = "x.bin/a/@0",
		  .parent = 1,
		  .meta = &region,
		  .format = first,
		  .size = 100 },
		rest,
		{ .path = "x.bin/b", .parent = 0, .meta = &file, .size = 9 },
	};
	const struct fw_tree t = { .places = places, .count = 5 };
	struct fw_mem m = { 0 };
	int severity = -1;

	fw_analyzer_appended.correlate(&t, fw_mem_out(&m, FW_STR("")));
	assert_true(m.finding_count <= 1);
	if (m.finding_count == 1) {
		assert_string_equal(m.findings[0].kind->id,
				    "integrity/appended-data");
		assert_int_equal(m.findings[0].place, 0);
		severity = (int)m.findings[0].severity;
	}
	fw_mem_free(&m);
	return severity;
}

static struct fw_place part(const char *format, const struct fw_fact *guess,
			    uint64_t size)
{
	return (struct fw_place){ .path = "x.bin/a/@64",
				  .parent = 1,
				  .meta = format ? &region : &gap,
				  .format = format,
				  .facts = guess,
				  .fact_count = guess != NULL,
				  .size = size };
}

static void data_behind_the_end(void **state)
{
	(void)state;
	assert_int_equal(behind("png", part("zip", NULL, 8192)), FW_MEDIUM);
	assert_int_equal(behind("gif", part(NULL, code, 8192)), FW_MEDIUM);
	assert_int_equal(behind("jpeg", part(NULL, data, 8192)), FW_LOW);
	assert_int_equal(behind("png", part("elf", NULL, 1024)), FW_LOW);
	/* and what is ordinary */
	assert_int_equal(behind("png", part(NULL, data, 16)), -1);
	assert_int_equal(behind("png", part(NULL, padding, 65536)), -1);
	assert_int_equal(behind("jpeg", part("jpeg", NULL, 8192)), -1);
	assert_int_equal(behind("elf", part("zip", NULL, 8192)), -1);
	assert_int_equal(behind("squashfs", part(NULL, data, 8192)), -1);
	assert_int_equal(behind(NULL, part("zip", NULL, 8192)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners_name_boot_loaders),
		cmocka_unit_test(builds_are_told),
		cmocka_unit_test(talk_about_boot_loaders_is_none),
		cmocka_unit_test(a_version_is_said_once),
		cmocka_unit_test(kinds_of_text),
		cmocka_unit_test(data_behind_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
