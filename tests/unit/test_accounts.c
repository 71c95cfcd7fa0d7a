/* test_accounts.c - account files, their passwords, and who can log in */
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/accounts/accounts_join.h"
#include "boot_build.h"
#include "core/data.h"

extern const struct fw_analyzer fw_analyzer_accounts;
extern const struct fw_analyzer fw_analyzer_accounts_join;

enum { FILES_MAX = 8 };

/* One device: its files, in one folder unless folder says otherwise. */
struct device {
	struct fw_mem facts[FILES_MAX], said;
	struct fw_place places[FILES_MAX + 2];
	struct fw_meta meta[FILES_MAX];
	uint32_t n;
};

struct text_file {
	const char *path;
	const char *text;
};

static void run(struct device *d, const struct text_file *files)
{
	struct fw_tree tree;

	*d = (struct device){ 0 };
	d->places[0] = (struct fw_place){ .path = "image",
					  .parent = UINT32_MAX,
					  .content = UINT32_MAX };
	for (d->n = 0; files[d->n].path != NULL; d->n++) {
		struct fw_mem *m = &d->facts[d->n];
		struct fw_object o = { .bytes = fw_view_str(files[d->n].text) };

		if (fw_view_starts(o.bytes, FW_STR("\177ELF")))
			o.format = "elf";

		if (fw_analyzer_accounts.wants(&o))
			fw_analyzer_accounts.inspect(&o,
						     fw_mem_out(m, o.bytes));
		d->meta[d->n].type = FW_FILE;
		d->places[d->n + 1] = (struct fw_place){
			.path = files[d->n].path,
			.content = d->n,
			.meta = &d->meta[d->n],
			.facts = m->facts,
			.fact_count = m->fact_count,
		};
	}
	tree = (struct fw_tree){ .places = d->places, .count = d->n + 1 };
	/* Others may have asked before: the work is done once. */
	struct fw_tree_cache cache = { NULL };
	struct fw_out *out = fw_mem_out(&d->said, FW_STR(""));

	tree.cache = &cache;
	assert_ptr_equal(fw_accounts_of(&tree, out),
			 fw_accounts_of(&tree, out));
	fw_analyzer_accounts_join.correlate(&tree, out);
}

static void done(struct device *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		fw_mem_free(&d->facts[i]);
	fw_mem_free(&d->said);
}

static const struct fw_mem_finding *found(const struct device *d,
					  const char *id)
{
	for (size_t i = 0; i < d->said.finding_count; i++)
		if (strcmp(d->said.findings[i].kind->id, id) == 0)
			return &d->said.findings[i];
	return NULL;
}

/* The hash that crypt makes of a password is searched, not written down. */
#define MD5_5UP	   "$1$$zdlNHiCDxYDfeF4MZL.H3/"
#define DES_123456 "LSiuY7pOmZG2s"
#define MD5_OTHER  "$1$abcdefgh$qxlsZJTFzFi9nmJ2Xwe6B/"

static void passwd_and_shadow(void **state)
{
	static const struct text_file files[] = {
		{ "image/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				      "Admin:x:0:0:root:/root:/bin/sh\n"
				      "bin:x:1:1:bin:/bin:/bin/sh\n"
				      "app:x:500:0:User:/root:/bin/sh\n"
				      "lp:x:4:7:lp:/var/spool/lpd:/bin/sh\n"
				      "www:x:33:33::/www:/bin/false\n"
				      "gone:x:34:34::/:/bin/sh\n" },
		{ "image/etc/shadow", "root:" MD5_5UP ":10933:0:99999:7:::\n"
				      "Admin:" MD5_5UP ":10933:0:99999:7:::\n"
				      "bin::10933:0:99999:7:::\n"
				      "app::10933:0:99999:7:::\n"
				      "lp:*:10933:0:99999:7:::\n"
				      "www::10933:0:99999:7:::\n" },
		{ NULL, NULL }
	};
	struct device d;

	(void)state;
	run(&d, files);
	assert_int_equal(d.said.finding_count, 3);
	assert_string_equal(found(&d, "access/account-known-password")->detail,
			    "root: password \"5up\" (MD5, weak, without salt)");
	assert_int_equal(found(&d, "access/account-known-password")->severity,
			 FW_CRITICAL);
	assert_string_equal(
		found(&d, "hidden/second-root")->detail,
		"Admin: password \"5up\" (MD5, weak, without salt), "
		"the same as root");
	assert_string_equal(found(&d, "access/account-empty-password")->detail,
			    "bin, app (in the group of root)");
	assert_int_equal(found(&d, "access/account-empty-password")->severity,
			 FW_HIGH);
	done(&d);
}

/* A number 0 beside root whose password the image does not hold: a command line
 * is asked about, an installer's own program hardly. */
static void root_elsewhere(void **state)
{
	static const struct text_file shell[] = {
		{ "image/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				      "support:x:0:0::/:/bin/ash\n" },
		{ NULL, NULL }
	};
	static const struct text_file program[] = {
		{ "image/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				      "setup:x:0:0::/:/bin/setup-menu\n" },
		{ NULL, NULL }
	};
	struct device d;

	(void)state;
	run(&d, shell);
	assert_int_equal(found(&d, "hidden/second-root")->severity, FW_MEDIUM);
	done(&d);
	run(&d, program);
	assert_int_equal(found(&d, "hidden/second-root")->severity, FW_LOW);
	done(&d);
}

/* Locked, without a shell, templates: nothing to act on. */
static void silent(void **state)
{
	static const struct text_file files[] = {
		{ "image/etc/passwd", "root:*:0:0:root:/root:/bin/sh\n"
				      "toor:!:0:0:root:/root:/bin/sh\n"
				      "bin:x:1:1:bin:/bin:/bin/sh\n"
				      "daemon::2:2:daemon:/:/usr/sbin/nologin\n"
				      "sync::5:0:sync:/bin:/bin/sync\n"
				      "halt:*LK*:7:0:halt:/sbin:/sbin/halt\n" },
		{ "image/etc/group", "root:x:0:\nwheel:x:10:root\n" },
		{ "image/bin/login",
		  "\177ELF root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:"
		  "/bin/sh root:%s:0:0:root:/:/bin/sh root::0:0::/:/bin/sh" },
		{ "image/etc/rc",
		  "#!/bin/sh\n# root:" DES_123456 ":0:0:r:/:/bin/sh\n"
		  "echo 1:0:0:2 2015:0:0:0:0:0:0:1 > /etc/passwd.txt\n" },
		{ "image/notes", "a:b:0:0:c\n:0:0:\n::0:0:/:/\n:0:99999:\n" },
		{ NULL, NULL }
	};
	struct device d;

	(void)state;
	run(&d, files);
	for (size_t i = 0; i < d.said.finding_count; i++)
		print_message("%s: %s\n", d.said.findings[i].kind->id,
			      d.said.findings[i].detail);
	assert_int_equal(d.said.finding_count, 0);
	done(&d);
}

static void in_programs(void **state)
{
	static const struct text_file files[] = {
		{ "image/bin/one", "\177ELF /etc/passwd root:" DES_123456
				   ":0:0:Administrator:/:/bin/sh" },
		{ "image/bin/two",
		  "\177ELF /etc/passwd root:" DES_123456 ":0:0:Adm:/:/bin/sh" },
		{ "image/etc/rc.sh", "#!/bin/sh\necho 'svc:" MD5_OTHER
				     ":0:0::/:/bin/sh' >> /etc/passwd\n" },
		{ "image/etc/boot.sh",
		  "#!/bin/sh\necho \"root:" MD5_5UP
		  ":10933:0:99999:7:::\" > /etc/shadow\n" },
		{ NULL, NULL }
	};
	struct device d;

	(void)state;
	run(&d, files);
	assert_int_equal(d.said.finding_count, 3); /* one and two are one */
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(d.said.findings[i].kind->id,
				    "hidden/account-in-program/passwd_line");
		assert_int_equal(d.said.findings[i].severity, FW_CRITICAL);
	}
	assert_string_equal(d.said.findings[0].detail,
			    "root: password \"123456\" (DES, weak), next to "
			    "the name of the account file");
	assert_non_null(strstr(d.said.findings[1].detail, "not found (MD5"));
	assert_non_null(strstr(d.said.findings[2].detail, "\"5up\""));
	done(&d);
}

/* Backups and web servers' files; a hash in passwd; a shadow all alone. */
static void other_files(void **state)
{
	static const struct text_file files[] = {
		{ "image/etc/passwd", "root:" MD5_OTHER ":0:0::/:/bin/sh\n" },
		{ "image/etc/passwd-", "root:" MD5_OTHER ":0:0::/:/bin/sh\n" },
		{ "image/etc/shadow.bak",
		  "root:" MD5_5UP ":10933:0:99999:7:::\n" },
		{ "image/www/.htpasswd",
		  "admin:$apr1$abcdefgh$mMZnMi5KMcUTRCidnJ3Px0\n" },
		{ NULL, NULL }
	};
	struct device d;

	(void)state;
	run(&d, files);
	assert_int_equal(d.said.finding_count, 3);
	assert_string_equal(found(&d, "access/account-shared-hash")->detail,
			    "root: password not found (MD5, weak), "
			    "in a file that every program reads");
	assert_int_equal(d.said.findings[1].place, 3);
	assert_int_equal(d.said.findings[1].severity, FW_CRITICAL);
	assert_int_equal(d.said.findings[2].place, 4);
	assert_int_equal(d.said.findings[2].severity, FW_HIGH);
	assert_non_null(strstr(d.said.findings[2].detail, "\"admin\""));
	done(&d);
}

static void schemes(void **state)
{
	static const struct {
		const char *hash, *scheme, *password;
	} rows[] = {
		{ MD5_5UP, "MD5", "5up" },
		{ DES_123456, "DES", "123456" },
		{ "{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=", "SHA-1 without salt",
		  "admin" },
		{ "$apr1$abcdefgh$mMZnMi5KMcUTRCidnJ3Px0", "MD5 of Apache",
		  "admin" },
		{ "$5$abcdefgh$eMsNCP.gxGD7n8a1MUsIia7AmQjJx6PHM9WZO1dafBA",
		  "SHA-256", "123456" },
		{ "$6$abcdefgh$fsQAa16ibv7N/"
		  "pkIMTWAm9JGNGOIC4zzMpCqrfg2f6e5sTkTI49pdvKD4Wjy8PO6mzddXEf0"
		  "oICL6PtgHim/F.",
		  "SHA-512", "123456" },
		{ "$2b$05$abcdefghijklmnopqrstuu1Z..wm/"
		  "IlVbtpza52hgqCBArL1cvSg6",
		  "bcrypt", "123456" },
		{ "$y$j9T$abcdefgh$Ms7rU6Nq9XYpIbOFjZnC9JxX.jGpf40WF3lio257Tg0",
		  "yescrypt", "123456" },
		/* What would take hours or gigabytes is not tried. */
		{ "$5$rounds=999999999$abcdefgh$eMsNCP.gxGD7n8a1MUsIia7AmQjJx6P"
		  "HM9WZO1dafBA",
		  "SHA-256", NULL },
		{ "$2b$31$abcdefghijklmnopqrstuu1Z..wm/"
		  "IlVbtpza52hgqCBArL1cvSg6",
		  "bcrypt", NULL },
		{ "$y$jzz$abcdefgh$Ms7rU6Nq9XYpIbOFjZnC9JxX.jGpf40WF3lio257Tg0",
		  "yescrypt", NULL },
		{ "$1$short", NULL, NULL },
		{ "administrator", NULL, NULL },
		{ "$1$abc", NULL, NULL },
		{ "$$$$$$$$$$$$$", NULL, NULL },
		{ "", NULL, NULL },
		{ "*", NULL, NULL },
	};
	struct fw_arena a = { 0 };
	struct fw_pwsearch s;

	(void)state;
	fw_pwsearch_init(&s, &a, 60 * 1000 * 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view h = fw_view_str(rows[i].hash);
		const struct fw_pwscheme *k = fw_pwhash_scheme(&a, h);
		const char *got =
			fw_pwsearch_find(&s, FW_STR("root"), h, 20 * 1000000);

		print_message("%s\n", rows[i].hash);
		if (rows[i].scheme == NULL)
			assert_null(k);
		else
			assert_string_equal(k->name, rows[i].scheme);
		if (rows[i].password == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].password);
	}
	fw_arena_free(&a);
}

/* The search stops where its budget ends, and counts what it did. */
static void budget(void **state)
{
	struct fw_arena a = { 0 };
	struct fw_pwsearch s;

	(void)state;
	fw_pwsearch_init(&s, &a, 2200);
	assert_null(fw_pwsearch_find(&s, FW_STR("nobody"), FW_STR(MD5_OTHER),
				     1000000));
	assert_int_equal(s.tries, 10);
	assert_null(fw_pwsearch_find(&s, FW_STR("nobody"), FW_STR(MD5_OTHER),
				     1000000));
	assert_int_equal(s.tries, 10);
	fw_arena_free(&a);
}

static void hostile(void **state)
{
	static const char *const patterns[] = {
		":0:0:",
		"a:0:0:",
		"root::0:0:::",
		":",
		"a:b:0:0:/:/\n",
		"root:" MD5_5UP ":0:0:r:/:/bin/sh\n",
		"\n",
		":0:99999:",
		"x:y:1:0:99999:",
		"# a::0:0::/:/x ",
	};
	enum { SIZE = 1 << 20 };
	char *text = malloc(SIZE + 1);

	(void)state;
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		size_t len = strlen(patterns[p]);
		struct device d;

		for (size_t i = 0; i < SIZE; i++)
			text[i] = patterns[p][i % len];
		for (size_t cut = SIZE; cut > 0; cut = cut > 99 ? cut / 3 : 0) {
			const struct text_file files[] = {
				{ "image/etc/passwd", text },
				{ "image/etc/shadow", text },
				{ "image/bin/x", text + cut / 2 },
				{ NULL, NULL }
			};

			text[cut] = '\0';
			run(&d, files);
			done(&d);
		}
	}
	free(text);
}

static void table_is_whole(void **state)
{
	struct fw_view rest = fw_data("default-passwords"), f[FW_DATA_FIELDS];
	struct fw_view device;
	size_t rows = 0;

	(void)state;
	while (fw_data_row(&rest, f)) {
		assert_true(fw_view_starts(f[3], FW_STR("https://")));
		rows++;
	}
	assert_in_range(rows, 400, 4000);
	assert_true(
		fw_password_known(FW_STR("xc3511"), FW_STR("root"), &device));
	assert_true(device.len > 0);
	assert_false(
		fw_password_known(FW_STR("5up"), FW_STR("guest"), &device));
	assert_false(fw_password_known(FW_STR(""), FW_STR("root"), &device));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwd_and_shadow),
		cmocka_unit_test(root_elsewhere),
		cmocka_unit_test(silent),
		cmocka_unit_test(in_programs),
		cmocka_unit_test(other_files),
		cmocka_unit_test(schemes),
		cmocka_unit_test(budget),
		cmocka_unit_test(hostile),
		cmocka_unit_test(table_is_whole),
	};

	fw_hash_init();
	if (!fw_data_load(ASSAY_SOURCE_DIR "/rules/data"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
