/* test_network.c - addresses and hosts; how programs install updates */
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/web/netname.h"
#include "core/data.h"
#include "elf_build.h"

extern const struct fw_analyzer fw_analyzer_net_facts, fw_analyzer_network,
	fw_analyzer_update_path;

static bool has_part(const struct fw_mem *m, const char *key, const char *part)
{
	for (size_t i = 0; i < m->fact_count; i++)
		if (strcmp(m->facts[i].key, key) == 0 &&
		    strstr(m->facts[i].value, part) != NULL)
			return true;
	return false;
}

static size_t count(const struct fw_mem *m, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < m->fact_count; i++)
		n += strcmp(m->facts[i].key, key) == 0;
	return n;
}

/* --- classes --- */

static void classes_of_addresses(void **state)
{
	static const struct {
		const char *text, *class;
	} rows[] = {
		{ "10.1.2.3", "private" },
		{ "172.16.0.1", "private" },
		{ "172.32.0.1", "public" },
		{ "192.168.1.1", "private" },
		{ "100.64.0.1", "private" },
		{ "127.0.0.1", "loopback" },
		{ "169.254.1.1", "link-local" },
		{ "224.0.0.1", "multicast" },
		{ "239.255.255.250", "multicast" },
		{ "255.255.255.255", "netmask" },
		{ "255.255.255.0", "netmask" },
		{ "192.0.2.7", "documentation" },
		{ "1.3.101.110", "identifier" },
		{ "2.5.4.43", "identifier" },
		{ "198.51.100.7", "documentation" },
		{ "203.0.113.7", "documentation" },
		{ "198.18.0.1", "documentation" },
		{ "0.0.0.0", "reserved" },
		{ "8.8.8.8", "resolver" },
		{ "114.114.114.114", "resolver" },
		{ "18.8.8.8", "public" },
		{ "80.1.2.0", "network" },
		{ "183.61.46.161", "public" },
		{ "99.99.99.99", "example" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view v = fw_view_str(rows[i].text);
		uint32_t ip;
		size_t len;

		assert_true(net_read_ip(v, &ip, &len));
		assert_int_equal(len, v.len);
		assert_string_equal(net_ip_class(ip, v), rows[i].class);
	}
}

static void what_is_no_address(void **state)
{
	static const char *const rows[] = {
		"",	     "1",	  "1.2.3",    "1.2.3.",
		"256.1.1.1", "1.2.3.4.5", "01.2.3.4", "1.2.3.1234",
		"1..2.3",    "a.b.c.d",	  "1.2.3.%d", "170.0.0.192.in-addr.arpa"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t ip;
		size_t len;

		assert_false(net_read_ip(fw_view_str(rows[i]), &ip, &len));
	}
}

static void classes_of_hosts(void **state)
{
	static const struct {
		const char *host, *class; /* NULL: no host */
	} rows[] = {
		{ "gateway.push.apple.com", "push" },
		{ "members.dyndns.org", "ddns" },
		{ "pool.ntp.org", "time" },
		{ "www.w3.org", "schema" },
		{ "schemas.vendor.com", "schema" },
		{ "www.gnu.org", "documentation" },
		{ "www.example.com", "example" },
		{ "cloud.vendor.cn", "public" },
		{ "notdyndns.org", "public" },
		{ "router.local", NULL },
		{ "com.vendor.app", NULL },
		{ "messages.de", NULL },
		{ "libfoo.so", NULL },
		{ "a..com", NULL },
		{ "-a.com", NULL },
		{ "A.com", NULL },
		{ ".com", NULL },
		{ "com", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view v = fw_view_str(rows[i].host);

		assert_int_equal(net_is_host(v), rows[i].class != NULL);
		if (rows[i].class != NULL)
			assert_string_equal(net_host_class(v), rows[i].class);
	}
}

/* --- facts --- */

static struct fw_mem inspect(const struct fw_analyzer *a, struct fw_view v)
{
	struct fw_object obj = { .bytes = v };
	struct fw_mem m = { 0 };

	if (a->wants(&obj))
		a->inspect(&obj, fw_mem_out(&m, v));
	return m;
}

static struct fw_mem inspect_program(const struct fw_analyzer *a,
				     const char *import, const char *text,
				     size_t len)
{
	static struct elf_bytes w;
	const struct elf_plan p = { .type = ET_EXEC,
				    .machine = EM_MIPS,
				    .interp = true,
				    .stack = -1,
				    .imports = { import, "printf" },
				    .modinfo = text,
				    .modinfo_len = len };

	elf_build(&w, &p);
	return inspect(a, elf_view(&w));
}

static void facts_of_a_program(void **state)
{
	static const char text[] =
		"183.61.46.161\0version 2.40.7.33\0httpd/82.40.7.33\0"
		"usage: -s 82.1.2.3\nmore\0"
		"GET http://www.vendor.com/up.asp?u=%s&pwd=%s&ip=99.1.2.3&x=1\0"
		"http://%s:%d/x\0http://www.w3.org/2001/XMLSchema\0"
		"See http://home.vendor.org/manual for help\0"
		"cloud.vendor.cn\0Host: push.vendor.net\r\n\0me@vendor.com\0"
		"http://255.255.255.255:65535/wfc.xml\0"
		"http://%s.relay.com:80/x\0%s.part.cn\0%s.txt.gz\0%s.a.com-\0"
		"ww.maker.com.of.somebody.\0org.some.com.package.name\0"
		"www.some.com.not a host\0"
		"echo \"6.7.8.9 ota.vendor.com\" >> /etc/hosts\0"
		"echo \"127.0.0.1 localhost\" > /etc/hosts\0";
	struct fw_mem m = inspect_program(&fw_analyzer_net_facts, "connect",
					  text, sizeof(text));

	(void)state;
	assert_true(has_part(&m, "net.ip", "public program 183.61.46.161 @0x"));
	assert_true(has_part(&m, "net.ip", "example program 99.1.2.3 "));
	assert_true(has_part(&m, "net.ip", "example program 82.1.2.3 "));
	assert_false(has_part(&m, "net.ip", "2.40.7.33"));
	assert_false(has_part(&m, "net.ip", "82.40.7.33"));
	assert_true(has_part(&m, "net.url",
			     "public program http://www.vendor.com/up.asp"));
	assert_true(
		has_part(&m, "net.url", "schema program http://www.w3.org"));
	assert_true(has_part(&m, "net.url",
			     "documentation program http://home.vendor.org"));
	assert_true(has_part(&m, "net.url", "netmask program http://255."));
	assert_int_equal(count(&m, "net.url"), 4);
	assert_true(has_part(&m, "net.host", "public program cloud.vendor.cn"));
	assert_true(has_part(&m, "net.host", "public program push.vendor.net"));
	/* Behind a value that is put in; in front of something else. */
	assert_true(has_part(&m, "net.host", "public program relay.com"));
	assert_true(has_part(&m, "net.host", "public program part.cn"));
	assert_true(has_part(&m, "net.host", "public program ww.maker.com "));
	assert_int_equal(count(&m, "net.host"), 5);
	assert_true(has_part(&m, "net.email", "public program me@vendor.com"));
	assert_int_equal(count(&m, "net.hosts_file"), 1);
	fw_mem_free(&m);
}

static void facts_of_texts(void **state)
{
	static const char script[] = "#!/bin/sh\n# see 82.1.2.3\n"
				     "wget http://82.1.2.4/f.bin\n";
	static const char page[] = "<html>such as http://82.1.2.3:8080</html>";
	struct fw_mem m = inspect(&fw_analyzer_net_facts, fw_view_str(script));

	(void)state;
	assert_true(has_part(&m, "net.ip", "public comment 82.1.2.3 @0x10"));
	assert_true(has_part(&m, "net.ip", "public text 82.1.2.4 "));
	assert_true(
		has_part(&m, "net.url", "public text http://82.1.2.4/f.bin"));
	fw_mem_free(&m);
	m = inspect(&fw_analyzer_net_facts, fw_view_str(page));
	assert_true(has_part(&m, "net.ip", "public page 82.1.2.3 "));
	fw_mem_free(&m);
}

static void hostile_texts(void **state)
{
	static const char *const rows[] = {
		"://://://://",
		"@@@@@@@@@",
		"http://",
		"http://1.2.3.4",
		"1.2.3.4",
		">/etc/hosts",
		"a@b",
		"Host: ",
		"9999999999999999",
		"::::::::::::::::",
		"....1.1.1.1....",
		"http://a@b.com/@@@://x",
	};
	static char many[1 << 16];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i]);
		char *exact = malloc(len + 9);

		memcpy(exact, rows[i], len);
		memcpy(exact + len, "        \n", 9);
		for (size_t k = 8; k <= len + 9; k++) {
			struct fw_mem m = inspect(&fw_analyzer_net_facts,
						  fw_view_of(exact, k));

			fw_mem_free(&m);
		}
		free(exact);
	}
	for (unsigned i = 0; i < 2000; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n,
				      "82.40.%u.%u\n", i / 250, i % 250 + 1);
	struct fw_mem m = inspect(&fw_analyzer_net_facts, fw_view_of(many, n));

	assert_in_range(count(&m, "net.ip"), 100, 151);
	fw_mem_free(&m);
}

/* --- an image --- */

#define FACTS(...)                                                             \
	.facts = (const struct fw_fact[]){ __VA_ARGS__ },                      \
	.fact_count = sizeof((const struct fw_fact[]){ __VA_ARGS__ }) /        \
		      sizeof(struct fw_fact)
#define ROOT                                                                   \
	{                                                                      \
		.path = "i", .parent = UINT32_MAX, .content = UINT32_MAX       \
	}
#define PLACE(p, c, ...)                                                       \
	{                                                                      \
		.path = "i/" p, .content = (c), FACTS(__VA_ARGS__)             \
	}

static struct fw_mem correlate(const struct fw_place *places, uint32_t n)
{
	struct fw_tree tree = { .places = places, .count = n };
	struct fw_mem m = { 0 };

	fw_analyzer_network.correlate(&tree, fw_mem_out(&m, FW_STR("")));
	return m;
}

static const struct fw_mem_finding *found(const struct fw_mem *m,
					  const char *id)
{
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].kind->id, id) == 0)
			return &m->findings[i];
	return NULL;
}

static void what_stands_out(void **state)
{
	const struct fw_place places[] = {
		ROOT,
		PLACE("bin/a", 1, { "net.role", "client" },
		      { "net.ip", "public program 183.61.46.161 @0x1" },
		      { "net.ip", "resolver program 8.8.8.8 @0x20" },
		      { "net.url",
			"public program http://v.com/a?pwd=%s @0x9" },
		      { "net.p2p", "PPCS_Listen" },
		      { "net.hosts_file",
			"public text echo >> /etc/hosts @0x1" }),
		PLACE("bin/b", 1,
		      { "net.ip", "public program 183.61.46.161 @0x1" }),
	};
	struct fw_mem m = correlate(places, 3);

	(void)state;
	assert_int_equal(m.finding_count, 4);
	assert_int_equal(found(&m, "network/fixed-address")->severity,
			 FW_MEDIUM);
	assert_string_equal(found(&m, "network/fixed-address")->detail,
			    "2 addresses");
	assert_int_equal(found(&m, "network/cloud-control")->severity,
			 FW_MEDIUM);
	assert_int_equal(found(&m, "network/p2p-relay")->severity, FW_MEDIUM);
	assert_int_equal(found(&m, "network/hosts-rewrite")->severity, FW_LOW);
	fw_mem_free(&m);
}

static void what_is_ordinary(void **state)
{
	const struct fw_place quiet[] = {
		ROOT,
		PLACE("web/help/a.htm", 1,
		      { "net.ip", "public page 82.1.2.3 @0x1" }),
		PLACE("share/doc/a", 2,
		      { "net.ip", "public text 82.1.2.3 @0x1" }),
		PLACE("etc/a", 3, { "net.ip", "public comment 82.1.2.3 @0x1" },
		      { "net.ip", "private text 192.168.0.1 @0x9" }),
		PLACE("bin/a", 4, { "net.role", "client" },
		      { "net.host", "ddns program members.dyndns.org @0x1" },
		      { "net.url", "schema program http://tempuri.org/ @0x2" },
		      { "net.ip", "netmask program 255.255.255.255 @0x3" }),
		PLACE("lib/b", 5, { "net.host", "public program v.com @0x1" }),
		PLACE("var/lib/dpkg/status", 7,
		      { "net.ip", "public text 1.6.99.1 @0x1" }),
		PLACE("bin/c", 6, { "net.ip", "broken" }, { "net.url", "" }),
	};
	const struct fw_place low[] = {
		ROOT,
		PLACE("bin/a", 1, { "net.role", "client" },
		      { "net.host", "push program push.apple.com @0x1" },
		      { "net.ip", "resolver program 8.8.8.8 @0x1" },
		      { "net.ip", "public program 82.1.2.1 @0x100" },
		      { "net.ip", "public program 82.1.2.2 @0x110" },
		      { "net.ip", "public program 82.1.2.3 @0x120" },
		      { "net.ip", "public program 82.1.2.4 @0x130" },
		      { "net.ip", "public program 82.1.2.5 @0x140" },
		      { "net.ip", "public program 82.1.2.6 @0x150" }),
	};
	struct fw_mem m = correlate(quiet, 7);

	(void)state;
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	m = correlate(low, 2); /* a table of time servers */
	assert_int_equal(m.finding_count, 2);
	assert_int_equal(m.findings[0].severity, FW_LOW);
	assert_int_equal(m.findings[1].severity, FW_LOW);
	fw_mem_free(&m);
}

/* --- updates --- */

static void how_updates_are_installed(void **state)
{
	static const struct {
		const char *import, *text, *kind; /* kind NULL: silent */
	} rows[] = {
		{ "system", "/usr/bin/unzip -o /tmp/%s -d /",
		  "integrity/update-unpacked" },
		{ "system", "unzip -o /tmp/a.zip -x *b* -d /.",
		  "integrity/update-unpacked" },
		{ "system", "tar xzf /tmp/fw.tgz -C /",
		  "integrity/update-unpacked" },
		{ "RSA_verify", "tar xzf /tmp/fw.tgz -C /", NULL },
		{ "system", "unzip -o /tmp/www.zip -d /tmp", NULL },
		{ "system", "tar czf /backup.tgz -C / etc", NULL },
		{ "listen", "cat %s > /dev/mtdblock1",
		  "integrity/update-unverified" },
		{ "system", "cat %s > /dev/mtdblock1", NULL },
		{ "EVP_DigestVerifyFinal", "cat %s > /dev/mtdblock1", NULL },
		{ "accept", "image md5 checksum is not correct!",
		  "integrity/update-checksum" },
		{ "accept", "md5_verify_image", NULL },
		{ "system", "image md5 checksum is not correct!", NULL },
		{ "system", "http://dl.vendor.com/firmware/%s.bin",
		  "integrity/update-plain-http" },
		{ "system", "https://dl.vendor.com/firmware/%s.bin", NULL },
		{ "system", "http://192.168.1.1/upgrade.cgi", NULL },
		{ "system", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m = inspect_program(&fw_analyzer_update_path,
						  rows[i].import, rows[i].text,
						  strlen(rows[i].text) + 1);

		assert_int_equal(m.finding_count, rows[i].kind != NULL);
		if (rows[i].kind != NULL)
			assert_string_equal(m.findings[0].kind->id,
					    rows[i].kind);
		fw_mem_free(&m);
	}
}

static void an_update_through_the_web_server(void **state)
{
	static const char text[] = "POST /upgrade_firmware.cgi\0"
				   "cat %s > /dev/mtdblock1\0";
	struct fw_mem m = inspect_program(&fw_analyzer_update_path, "listen",
					  text, sizeof(text));

	(void)state;
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].severity, FW_HIGH);
	fw_mem_free(&m);
}

/* One that takes archives from whoever asks and unpacks them over the system.
 */
static void an_archive_through_the_web_server(void **state)
{
	static const char text[] = "POST /upgrade_htmls.cgi\0"
				   "/usr/bin/unzip -o /tmp/%s -d /\0";
	struct fw_mem m = inspect_program(&fw_analyzer_update_path, "listen",
					  text, sizeof(text));

	(void)state;
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].severity, FW_CRITICAL);
	fw_mem_free(&m);
	m = inspect_program(&fw_analyzer_update_path, "system", text,
			    sizeof(text));
	assert_int_equal(m.findings[0].severity, FW_HIGH);
	fw_mem_free(&m);
}

static void every_length_of_a_program(void **state)
{
	static struct elf_bytes w;
	static const char text[] = "http://9.9.9.1/a -d /\0a@b.com\0x.com\0";
	const struct elf_plan p = { .type = ET_EXEC,
				    .machine = EM_ARM,
				    .interp = true,
				    .stack = 6,
				    .imports = { "accept", "system" },
				    .modinfo = text,
				    .modinfo_len = sizeof(text) };

	(void)state;
	elf_build(&w, &p);
	for (size_t n = 0; n < w.n; n++) {
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, w.b, n);
		struct fw_mem m =
			inspect(&fw_analyzer_net_facts, fw_view_of(exact, n));

		fw_mem_free(&m);
		m = inspect(&fw_analyzer_update_path, fw_view_of(exact, n));
		fw_mem_free(&m);
		free(exact);
	}
}

static int load_tables(void **state)
{
	(void)state;
	return !fw_data_load(ASSAY_SOURCE_DIR "/rules/data");
}

static int free_tables(void **state)
{
	(void)state;
	fw_data_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_of_addresses),
		cmocka_unit_test(what_is_no_address),
		cmocka_unit_test(classes_of_hosts),
		cmocka_unit_test(facts_of_a_program),
		cmocka_unit_test(facts_of_texts),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(what_stands_out),
		cmocka_unit_test(what_is_ordinary),
		cmocka_unit_test(how_updates_are_installed),
		cmocka_unit_test(an_update_through_the_web_server),
		cmocka_unit_test(an_archive_through_the_web_server),
		cmocka_unit_test(every_length_of_a_program),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, load_tables, free_tables);
}
