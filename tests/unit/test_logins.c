/* test_logins.c - logins, keys and tokens in settings: found, masked, silent */
#include <stdio.h>
#include <stdlib.h>

#include "boot_build.h"
#include "core/data.h"

extern const struct fw_analyzer fw_analyzer_logins;
extern const struct fw_analyzer fw_analyzer_logins_program;

struct row {
	const char *path, *within, *text;
	const char *kind; /* NULL: silent */
	enum fw_severity severity;
	const char *detail; /* a part of it */
};

static void look(struct fw_mem *m, const char *path, const char *within,
		 struct fw_view bytes)
{
	struct fw_meta meta = FW_META(.name = path);
	struct fw_object o = {
		.bytes = bytes, .path = path, .within = within, .meta = &meta
	};

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_logins.wants(&o))
		fw_analyzer_logins.inspect(&o, fw_mem_out(m, bytes));
}

static void check(const struct row *r, const struct fw_mem *m)
{
	print_message("%s\n", r->path);
	for (size_t i = 0; i < m->finding_count; i++)
		print_message("    %s: %s\n", m->findings[i].kind->id,
			      m->findings[i].detail);
	assert_int_equal(m->finding_count, r->kind != NULL);
	if (r->kind == NULL)
		return;
	assert_string_equal(m->findings[0].kind->id, r->kind);
	assert_int_equal(m->findings[0].severity, r->severity);
	assert_non_null(strstr(m->findings[0].detail, r->detail));
}

#define DEFAULT "access/default-login"
#define FIXED	"access/fixed-login"
#define STORED	"access/stored-login"

static const struct row found[] = {
	/* Vendors' defaults, in many forms: shown. */
	{ "/etc/nvram.default", "squashfs",
	  "lan_ip=10.0.0.1\nhttp_username=admin\nhttp_passwd=admin\n", DEFAULT,
	  FW_MEDIUM, "http_passwd of admin: admin" },
	{ "/etc/config/rpc", "squashfs",
	  "config login\n\toption username 'root'\n\toption password 'pass'\n",
	  DEFAULT, FW_MEDIUM, "password of root: pass" },
	{ "/etc/default.xml", "squashfs",
	  "<User><UserName>admin</UserName><Password>12345</Password></User>",
	  DEFAULT, FW_MEDIUM, "Password of admin: 12345" },
	{ "/etc/cfg.xml", "squashfs",
	  "<Value Name=\"x\" X_WebUserName=\"admin\" X_WebPassword=\"1234\"/>",
	  DEFAULT, FW_MEDIUM, "X_WebPassword of admin: 1234" },
	{ "/etc/account.json", "squashfs",
	  "{\"users\":[{\"Name\":\"x\",\"user\":\"root\",\"password\" : "
	  "\"xmhdipc\"}]}",
	  DEFAULT, FW_MEDIUM, "password of root: xmhdipc" },
	{ "/etc/web.ini", "cramfs",
	  "[web]\nuser = admin\npassword = 21232f297a57a5a743894a0e4a801fc3\n",
	  DEFAULT, FW_MEDIUM, "admin, a digest of it" },
	{ "/etc/web64.ini", "cramfs", "user=admin\npassword=YWRtaW4=\n",
	  DEFAULT, FW_MEDIUM, "admin (from Base64)" },
	{ "/etc/lighttpd.user", "cramfs", "admin:admin\n", DEFAULT, FW_MEDIUM,
	  "password of admin: admin" },
	{ "/param/login.cgi", "jffs2",
	  "var loginuser=\"admin\";\nvar loginpass=\"\";\nvar pri=255;\n",
	  DEFAULT, FW_MEDIUM, "loginpass of admin: empty" },
	/* What the vendor put there for himself. */
	{ "/etc/tr069.conf", "squashfs",
	  "acs_url=http://a.example\nacs_username=cpe\nacs_password=q7Tz99x\n",
	  FIXED, FW_HIGH, "acs_password of cpe: q7Tz99x" },
	{ "/etc/users.conf", "squashfs",
	  "username=support\npassword=K0nsole77\n", FIXED, FW_HIGH,
	  "password of support: K0nsole77" },
	{ "/etc/mail.conf", "squashfs",
	  "smtp_user=cam@v.test\nsmtp_pass=Tr0mbone\n", FIXED, FW_MEDIUM,
	  "smtp_pass of cam@v.test: Tr0mbone" },
	{ "/root/.netrc", "squashfs",
	  "machine up.example login fw password Tr0mbone\n", FIXED, FW_MEDIUM,
	  "password of fw: Tr0mbone" },
	{ "/etc/ppp/chap-secrets", "squashfs",
	  "# client server secret IP\n\"vpn\" * \"Tr0mbone\" *\n", FIXED,
	  FW_MEDIUM, "password of vpn: Tr0mbone" },
	{ "/etc/wireless.conf", "squashfs", "ssid=Dev\nwpa_psk=Tr0mbone9\n",
	  "access/shared-wifi-key", FW_MEDIUM, "wpa_psk: Tr0mbone9" },
	/* What an owner typed: masked. */
	{ "/param/login2.cgi", "jffs2",
	  "var loginuser=\"admin\";\nvar loginpass=\"Tr0mbone9\";\n", STORED,
	  FW_HIGH, "loginpass of admin: Tr****** (9 characters)" },
	{ "/mtd/wifi.conf", "jffs2", "ssid=home\nwpa_psk=Tr0mbone9\n",
	  "access/stored-wifi-key", FW_HIGH, "wpa_psk: Tr****** (9" },
	{ "/mtd/ddns.conf", "ubifs", "ddns_password=Tr0mbone9\n", STORED,
	  FW_MEDIUM, "ddns_password: Tr****** (9 characters)" },
	/* Keys and rights. */
	{ "/root/.ssh/authorized_keys", "squashfs",
	  "# staff\nssh-rsa AAAAB3NzaC1yc2EAAAADAQAB dev@host\n",
	  "access/authorized-key", FW_CRITICAL, "1 key may log in as root" },
	{ "/home/cam/.ssh/authorized_keys", "squashfs",
	  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 dev@host\n",
	  "access/authorized-key", FW_HIGH, "1 key may log in" },
	{ "/etc/sudoers", "squashfs",
	  "root ALL=(ALL) ALL\nwww ALL=(ALL) NOPASSWD: ALL\n",
	  "access/sudo-without-password", FW_MEDIUM, "1 account" },
};

static const struct row silent[] = {
	{ .path = "/etc/wpa_supplicant.conf",
	  .within = "squashfs",
	  .text = "network={\n\tssid=\"ssid_test\"\n\tkey_mgmt=WPA-PSK\n\t"
		  "psk=\"psk_test\"\n}\n" },
	{ .path = "/etc/RT2870AP.dat",
	  .within = "squashfs",
	  .text = "SSID=AP\nAuthMode=OPEN\nWPAPSK=\nKey1Str=\nDefaultKeyID=1\n"
		  "RekeyMethod=DISABLE\nWapiPskType=\n" },
	{ .path = "/etc/nsswitch.conf",
	  .within = "squashfs",
	  .text = "passwd: compat\nshadow: files\n" },
	{ .path = "/etc/x.conf",
	  .within = "squashfs",
	  .text = "password=changeme\npasswd=$PASS\npwd=%s\npassword=${X}\n"
		  "password=********\npassword=xxxx\npassword_len=8\n"
		  "PasswordAuthentication=yes\npassword=no\npassword=\n"
		  "# password=Tr0mbone\n// password=Tr0mbone\n"
		  "password_file=/etc/pw\npwd=/"
		  "home\nkey=abc\nbypass=Tr0mbone\n" },
	{ .path = "/etc/y.xml",
	  .within = "squashfs",
	  .text = "<!-- <Password>Tr0mbone</Password>\n -->\n"
		  "<Password></Password><PasswordMin>8</PasswordMin>\n"
		  "<a><Password>\nnext</Password></a>" },
	{ .path = "/www/string.js",
	  .within = "squashfs",
	  .text = "var str_user=\"User\";\nvar str_pwd=\"Password\";\n"
		  "username: \"admin\", password: \"password\"\n"
		  "form.password = form.value; x.user=\"admin\";x.pwd=a.pwd;" },
	{ .path = "/www/lang/en.js",
	  .within = "squashfs",
	  .text = "user=\"admin\";password=\"admin\";" },
	{ .path = "/etc/init.d/rcS",
	  .within = "squashfs",
	  .text = "#!/bin/sh\nPASSWD=`nvram get pw`\npasswd=$2\nuser=root\n" },
	/* A script without the suffix of one: constants that are compared. */
	{ .path = "/usr/sbin/adduser",
	  .within = "squashfs",
	  .text = "#!/usr/bin/perl\npasswd = Tr0mbone\nPASS: 0)\n"
		  "passwd: getpwnam($user)\n" },
	{ .path = "/root/.ssh/id_rsa.pub",
	  .within = "squashfs",
	  .text = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB dev@host\n" },
	{ .path = "/etc/sudoers",
	  .within = "squashfs",
	  .text = "# www ALL=(ALL) NOPASSWD: ALL\nroot ALL=(ALL) NOPASSWD: "
		  "ALL\n"
		  "www ALL=(ALL) NOPASSWD: /sbin/reboot\n" },
	{ .path = "/etc/chap.txt", .within = "squashfs", .text = "a * b *\n" },
	{ .path = "/etc/digest",
	  .within = "squashfs",
	  .text = "user=admin\npassword=00112233445566778899aabbccddeeff\n" },
};

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		struct fw_mem m;

		look(&m, found[i].path, found[i].within,
		     fw_view_str(found[i].text));
		check(&found[i], &m);
		fw_mem_free(&m);
	}
}

static void quiet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		struct fw_mem m;

		look(&m, silent[i].path, silent[i].within,
		     fw_view_str(silent[i].text));
		check(&silent[i], &m);
		fw_mem_free(&m);
	}
}

/* A hash in settings goes to the correlator of accounts. */
static void hash_is_passed_on(void **state)
{
	struct fw_mem m;

	(void)state;
	look(&m, "/etc/web.conf", "squashfs",
	     FW_STR("user=op\npassword=$1$abcdefgh$qxlsZJTFzFi9nmJ2Xwe6B/\n"));
	assert_int_equal(m.finding_count, 0);
	assert_string_equal(fw_mem_fact(&m, "account.web"),
			    "2 0x11 op:$1$abcdefgh$qxlsZJTFzFi9nmJ2Xwe6B/");
	fw_mem_free(&m);
}

static void put_text(uint8_t *b, size_t at, const char *s)
{
	memcpy(b + at, s, strlen(s));
}

/* Settings as a C struct. */
static void records(void **state)
{
	static uint8_t b[1024];
	struct fw_mem m;

	(void)state;
	put_text(b, 0x40, "admin");
	put_text(b, 0x60, "Tr0mbone9");
	look(&m, "/www/system.ini", "jffs2", fw_view_of(b, sizeof(b)));
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id, STORED);
	assert_string_equal(m.findings[0].detail,
			    "password of admin: Tr****** (9 characters)");
	assert_int_equal(m.findings[0].at, 0x60);
	fw_mem_free(&m);
	look(&m, "/www/sensor.jxl", "jffs2", fw_view_of(b, sizeof(b)));
	assert_int_equal(m.finding_count, 0); /* no settings */
	fw_mem_free(&m);

	memset(b, 0, sizeof(b));
	put_text(b, 0x10, "192.168.1.10");
	put_text(b, 0x20, "255.255.255.0");
	put_text(b, 0x80, "MyHome");
	put_text(b, 0xc0, "Tr0mbone9");
	look(&m, "/www/network.ini", "jffs2", fw_view_of(b, sizeof(b)));
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id, "access/stored-wifi-key");
	assert_string_equal(m.findings[0].detail,
			    "key: Tr****** (9 characters)");
	fw_mem_free(&m);
	look(&m, "/www/motor.ini", "jffs2", fw_view_of(b, sizeof(b)));
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
}

static size_t program(size_t gap, const char *user, const char *password,
		      const char *server)
{
	uint8_t b[1024] = { 0 };
	struct fw_object o = { .bytes = fw_view_of(b, sizeof(b)),
			       .format = "elf" };
	struct fw_mem m = { 0 };

	put_text(b, 0, "\177ELF");
	put_text(b, 64, server);
	put_text(b, 256, user);
	put_text(b, 256 + gap, password);
	assert_true(fw_analyzer_logins_program.wants(&o));
	fw_analyzer_logins_program.inspect(&o, fw_mem_out(&m, o.bytes));
	size_t n = m.finding_count;

	if (n > 0)
		assert_int_equal(m.findings[0].severity, FW_MEDIUM);
	fw_mem_free(&m);
	return n;
}

static void programs(void **state)
{
	const char *web = "WWW-Authenticate: Basic";

	(void)state;
	assert_int_equal(program(16, "admin", "admin", web), 1);
	assert_int_equal(program(32, "root", "xc3511", web), 1);
	assert_int_equal(program(8, "admin", "admin", web), 0); /* constants */
	assert_int_equal(program(16, "admin", "admin", "usage: x"), 0);
	assert_int_equal(program(16, "user", "password", web), 0);
	assert_int_equal(program(16, "admin", "guest", web), 0);
	assert_int_equal(program(16, "admin", "Tr0mbone9", web), 0);
}

static void hostile(void **state)
{
	static const char *const parts[] = {
		"password=",
		"=",
		":",
		"\"password\":\"",
		">",
		"<password>",
		"<!--",
		"option ",
		"option password '",
		"user=a\npassword=b1\n",
		"\n",
		"\"",
		"admin\0\0\0\0\0\0\0\0\0\0\0",
		"a:b\n",
		"#",
		"password=YWRtaW4=\n",
		"login password ",
	};
	static const char *const paths[] = { "/etc/a.ini",
					     "/etc/htpasswd",
					     "/root/.netrc",
					     "/etc/sudoers",
					     "/root/.ssh/authorized_keys",
					     "/etc/network.cfg",
					     "/a.js" };
	enum { SIZE = 1 << 18 };
	uint8_t *b = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t len = i == 12 ? 16 : strlen(parts[i]);

		for (size_t k = 0; k < SIZE; k++)
			b[k] = (uint8_t)parts[i][k % len];
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
			struct fw_mem m;
			size_t n = SIZE - i;
			uint8_t *exact = malloc(n);

			memcpy(exact, b, n);
			look(&m, paths[p], "jffs2", fw_view_of(exact, n));
			fw_mem_free(&m);
			look(&m, paths[p], NULL, fw_view_of(exact, i + 1));
			fw_mem_free(&m);
			free(exact);
		}
	}
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(quiet),
		cmocka_unit_test(hash_is_passed_on),
		cmocka_unit_test(records),
		cmocka_unit_test(programs),
		cmocka_unit_test(hostile),
	};

	fw_hash_init();
	if (!fw_data_load(ASSAY_SOURCE_DIR "/rules/data"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
