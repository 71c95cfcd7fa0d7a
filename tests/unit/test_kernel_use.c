/* test_kernel_use.c - settings, command lines and modules of kernels */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_kernel_config, fw_analyzer_bootargs,
	fw_analyzer_cmdline, fw_analyzer_modules;

static void inspect(const struct fw_analyzer *a, struct fw_mem *m,
		    struct fw_view bytes, const char *format)
{
	struct fw_object o = { .bytes = bytes, .format = format };

	*m = (struct fw_mem){ 0 };
	if (a->wants(&o))
		a->inspect(&o, fw_mem_out(m, bytes));
}

static void correlate(const struct fw_analyzer *a, struct fw_mem *m,
		      const struct fw_place *places, uint32_t n)
{
	struct fw_tree tree = { .places = places, .count = n };

	*m = (struct fw_mem){ 0 };
	a->correlate(&tree, fw_mem_out(m, FW_STR("")));
}

#define HEAD                                                                   \
	"#\n# Automatically generated file; DO NOT EDIT.\n"                    \
	"# Linux/mips 3.10.14 Kernel Configuration\n#\n"

static void settings_are_read(void **state)
{
	static const struct {
		struct fw_view text;
		const char *detail; /* NULL: no finding */
	} rows[] = {
		{ FW_STR(HEAD
			 "CONFIG_MODULES=y\n# CONFIG_SECCOMP is not set\n"
			 "# CONFIG_MODULE_SIG is not set\nCONFIG_KGDB=y\n"),
		  "3 options: MODULE_SIG, SECCOMP, KGDB" },
		{ FW_STR(HEAD "CONFIG_MIPS=y\n# CONFIG_CC_STACKPROTECTOR is "
			      "not set\n"),
		  "1 options: STACKPROTECTOR" },
		/* one of its names is enough; what does not exist is not off */
		{ FW_STR(HEAD "# CONFIG_CC_STACKPROTECTOR_REGULAR is not set\n"
			      "CONFIG_CC_STACKPROTECTOR_STRONG=y\n"),
		  NULL },
		{ FW_STR(HEAD "CONFIG_SECCOMP=y\n# CONFIG_KGDB is not set\n"),
		  NULL },
		/* no kernel's */
		{ FW_STR("# Automatically generated make config\n"
			 "# Busybox version: 1.22.1\n"
			 "# CONFIG_SECCOMP is not set\nCONFIG_KGDB=y\n"),
		  NULL },
		{ FW_STR("# Linux/mips Kernel Configuration"), NULL },
		{ FW_STR(HEAD "# CONFIG_ is not set\nCONFIG_\nCONFIG_=\n=y\n"),
		  NULL },
		{ FW_STR("#"), NULL },
		{ FW_STR(""), NULL },
	};
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		inspect(&fw_analyzer_kernel_config, &m, rows[i].text, NULL);
		assert_int_equal(m.finding_count, rows[i].detail != NULL);
		if (rows[i].detail != NULL) {
			assert_string_equal(m.findings[0].detail,
					    rows[i].detail);
			assert_string_equal(
				fw_mem_fact(&m, "kernel.config.version"),
				"3.10.14");
		}
		fw_mem_free(&m);
	}
	inspect(&fw_analyzer_kernel_config, &m,
		FW_STR(HEAD "CONFIG_CMDLINE=\"console=ttyS0 root=/dev/x\"\n"),
		NULL);
	assert_string_equal(fw_mem_fact(&m, "kernel.config.cmdline"),
			    "console=ttyS0 root=/dev/x");
	fw_mem_free(&m);
}

static void command_lines_stand_in_code(void **state)
{
	static const struct {
		struct fw_view bytes;
		const char *line; /* NULL: none */
	} rows[] = {
		{ FW_STR("\0\1bootargs=console=ttyS1,115200 root=/dev/mtdblock2"
			 "\0bootcmd=x"),
		  "console=ttyS1,115200 root=/dev/mtdblock2" },
		{ FW_STR("\0\1console=ttyS0,115200 init=/sbin/init\0"),
		  "console=ttyS0,115200 init=/sbin/init" },
		{ FW_STR("\0\1bootargs=console=ttyS1 mem=64M"),
		  "console=ttyS1 mem=64M" },
		{ FW_STR("\0\1console=ttyS0\0"), NULL },
		{ FW_STR("\0\1setenv bootargs=console=ttyS1 root=x"), NULL },
		{ FW_STR("text: bootargs=console=ttyS1 root=x\n"), NULL },
		{ FW_STR("\0\1bootargs="), NULL },
		{ FW_STR("\0"), NULL },
	};
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		inspect(&fw_analyzer_bootargs, &m, rows[i].bytes, NULL);
		assert_int_equal(m.fact_count, rows[i].line != NULL);
		if (rows[i].line != NULL)
			assert_string_equal(fw_mem_fact(&m, "kernel.cmdline"),
					    rows[i].line);
		fw_mem_free(&m);
	}
	inspect(&fw_analyzer_bootargs, &m, rows[0].bytes, "squashfs");
	assert_int_equal(m.fact_count, 0);
	fw_mem_free(&m);
}

static void what_opens_the_device_is_found(void **state)
{
	static const struct {
		struct fw_fact fact;
		const char *kind; /* NULL: silent */
	} rows[] = {
		{ { "kernel.cmdline", "console=ttyS0 init=/bin/sh" },
		  "access/kernel-cmdline" },
		{ { "dtb.bootargs", "rdinit=/bin/busybox/ash" },
		  "access/kernel-cmdline" },
		{ { "kernel.config.cmdline", "root=/dev/x single" },
		  "access/kernel-cmdline" },
		{ { "uboot.env", "bootargs=console=ttyS0 S" },
		  "access/kernel-cmdline" },
		{ { "kernel.cmdline", "console=ttyS0 selinux=0" },
		  "weakness/kernel-cmdline" },
		{ { "kernel.cmdline", "console=ttyS0 root=x init=/sbin/init" },
		  NULL },
		{ { "kernel.cmdline", "root=x init=/linuxrc -- single" },
		  NULL },
		{ { "kernel.cmdline", "singleton init= init=/bin/shell" },
		  NULL },
		{ { "uboot.env", "bootcmd=single" }, NULL },
		{ { "uboot.env", "bootargs" }, NULL },
		{ { "other.fact", "single" }, NULL },
		{ { "kernel.cmdline", "" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_place places[] = {
			{ .path = "image", .parent = UINT32_MAX },
			{ .path = "image/a",
			  .facts = &rows[i].fact,
			  .fact_count = 1 },
			{ .path = "second", .parent = UINT32_MAX },
		};
		struct fw_mem m;

		correlate(&fw_analyzer_cmdline, &m, places, 3);
		assert_int_equal(m.finding_count, rows[i].kind != NULL);
		if (rows[i].kind != NULL) {
			assert_string_equal(m.findings[0].kind->id,
					    rows[i].kind);
			assert_int_equal(m.findings[0].place, 0);
		}
		fw_mem_free(&m);
	}
}

#define RELEASE "3.10.14 preempt mod_unload MIPS32_R1 32BIT "

static const struct fw_fact usual[] = { { "module.vermagic", RELEASE },
					{ "module.signed", "no" } };
static const struct fw_fact odd[] = {
	{ "module.vermagic", "2.6.36 mod_unload MIPS32_R1 32BIT " }
};
static const struct fw_fact kernel[] = { { "kernel.version", "3.10.14" } };

#define MODULE(p, f)                                                           \
	{                                                                      \
		.path = (p), .facts = (f),                                     \
		.fact_count = sizeof(f) / sizeof((f)[0])                       \
	}

static void modules_agree(void **state)
{
	struct fw_place places[] = {
		{ .path = "image", .parent = UINT32_MAX },
		MODULE("image/kernel", kernel),
		MODULE("image/a.ko", usual),
		MODULE("image/b.ko", usual),
		MODULE("image/c.ko", usual),
		MODULE("image/d.ko", odd),
		{ .path = "second", .parent = UINT32_MAX },
		MODULE("second/d.ko", odd),
	};
	struct fw_mem m;

	(void)state;
	correlate(&fw_analyzer_modules, &m, places, 8);
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].place, 0);
	assert_string_equal(m.findings[0].detail,
			    "1 of 4 modules; the others are for \"" RELEASE
			    "\"");
	assert_string_equal(fw_mem_fact(&m, "modules.count"), "4");
	assert_string_equal(fw_mem_fact(&m, "modules.unsigned"), "3");
	assert_string_equal(fw_mem_fact(&m, "modules.fit_kernel"), "yes");
	fw_mem_free(&m);
	/* where its own release says that it belongs */
	places[5].path = "image/lib/modules/2.6.36/d.ko";
	correlate(&fw_analyzer_modules, &m, places, 8);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	/* too few to be neighbours */
	places[5].path = "image/d.ko";
	places[4].fact_count = 0;
	correlate(&fw_analyzer_modules, &m, places, 8);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	correlate(&fw_analyzer_modules, &m, NULL, 0);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(command_lines_stand_in_code),
		cmocka_unit_test(what_opens_the_device_is_found),
		cmocka_unit_test(modules_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
