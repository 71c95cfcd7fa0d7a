/* logins_words.c - what names of settings and their values mean */
#include <ctype.h>

#include "analyzers/accounts/logins.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Lower case, without what is no letter or digit, and without digits at the
 * end: "X_Wlan-Key1" is "xwlankey". */
static struct fw_view plain(struct fw_view key, char buf[LOGIN_KEY_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < key.len && n < LOGIN_KEY_MAX; i++)
		if (isalnum(key.data[i]))
			buf[n++] = (char)tolower(key.data[i]);
	while (n > 0 && isdigit((unsigned char)buf[n - 1]))
		n--;
	return fw_view_of(buf, n);
}

static bool ends_in(struct fw_view v, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_ends(v, fw_view_str(list[i])))
			return true;
	return false;
}

static bool has_one(struct fw_view v, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_find(v, fw_view_str(list[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

/* "pass" ends many words; these are about passwords. */
static bool is_short_pass(struct fw_view k)
{
	static const char *const heads[] = {
		"user",	   "login", "admin", "web",    "http", "ftp",
		"ddns",	   "mail",  "smtp",  "root",   "tel",  "telnet",
		"ppp",	   "acs",   "auth",  "db",     "mqtt", "rtsp",
		"onvif",   "guest", "sys",   "cam",    "dvr",  "def",
		"default", "cfg",   "my",    "server",
	};

	if (fw_view_ends(k, FW_STR("pass")))
		k.len -= 4;
	else if (fw_view_ends(k, FW_STR("psw")))
		k.len -= 3;
	else
		return false;
	return k.len == 0 || ends_in(k, heads, COUNT(heads));
}

enum login_class fw_login_class(struct fw_view key)
{
	static const char *const not_at_all[] = {
		"bypass",   "compass", "retype",  "confirm",	 "prompt",
		"encrypt",  "hint",    "label",	  "title",	 "error",
		"forget",   "forgot",  "reset",	  "change",	 "strength",
		"msg",	    "verify",  "again",	  "placeholder", "public",
		"trespass", "passive", "disable", "enable",	 "require",
		"invalid",  "empty",   "nopass",  "old",
	};
	static const char *const wifi[] = {
		"psk",		 "wpakey",	  "wepkey",	"wlankey",
		"wifikey",	 "wifipassword",  "wifipasswd", "wifipwd",
		"wifipass",	 "wlanpassword",  "wlanpasswd", "wlpassword",
		"wpapassphrase", "keypassphrase", "nwkey",	"networkkey",
		"presharedkey",	 "wirelesskey",	  "wlpsk",	"keystr",
		"wpapassword",	 "wifipsk",	  "appassword", "stapassword",
		"ssidpassword",	 "passphrase",
	};
	static const char *const password[] = {
		"password", "passwd", "passwrd",   "passcode",
		"pwd",	    "pswd",   "passwords",
	};
	static const char *const token[] = {
		"apikey",	"accesstoken",	"authtoken", "appsecret",
		"clientsecret", "secretkey",	"accesskey", "apptoken",
		"radiussecret", "sharedsecret",
	};
	static const char *const user[] = {
		"username", "user",	 "loginname", "userid", "account",
		"uname",    "loginuser", "login",     "usr",	"adminname",
	};
	char buf[LOGIN_KEY_MAX];
	struct fw_view k = plain(key, buf);

	if (key.len > LOGIN_KEY_MAX ||
	    has_one(k, not_at_all, COUNT(not_at_all)))
		return LOGIN_OTHER;
	if (ends_in(k, wifi, COUNT(wifi)))
		return LOGIN_WIFI;
	if (ends_in(k, password, COUNT(password)) || is_short_pass(k))
		return LOGIN_PASSWORD;
	if (ends_in(k, token, COUNT(token)))
		return LOGIN_TOKEN;
	return ends_in(k, user, COUNT(user)) ? LOGIN_USER : LOGIN_OTHER;
}

bool fw_login_is_remote(struct fw_view key)
{
	static const char *const words[] = { "acs", "cwmp", "tr069",
					     "connectionrequest",
					     "managementserver" };
	char buf[LOGIN_KEY_MAX];

	return has_one(plain(key, buf), words, COUNT(words));
}

static struct fw_view lower(struct fw_view v, char buf[LOGIN_VALUE_MAX])
{
	size_t n = v.len < LOGIN_VALUE_MAX ? v.len : LOGIN_VALUE_MAX;

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)tolower(v.data[i]);
	return fw_view_of(buf, n);
}

/* One character over and over: "****", "xxxx". */
static bool one_char(struct fw_view v)
{
	for (size_t i = 1; i < v.len; i++)
		if (v.data[i] != v.data[0])
			return false;
	return true;
}

static bool is_switch(struct fw_view v)
{
	static const char *const words[] = {
		"yes",	    "no",      "true",	     "false",	  "on",
		"off",	    "none",    "null",	     "nil",	  "enable",
		"enabled",  "disable", "disabled",   "undefined", "optional",
		"required", "text",    "string",     "auto",	  "open",
		"unset",    "empty",   "hidden",     "plain",	  "ask",
		"files",    "compat",  "wpa-psk",    "wpa2-psk",  "wpapsk",
		"wpa2psk",  "aes",     "tkip",	     "(null)",	  "username",
		"define",   "undef",   "fail",	     "failed",	  "user_name",
		"password", "passwd",  "passphrase", "input",
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (fw_view_eq(v, fw_view_str(words[i])))
			return true;
	return false;
}

bool fw_login_placeholder(struct fw_view value, enum login_class class)
{
	static const char *const samples[] = {
		"example",    "sample",	     "changeme",
		"change_me",  "change-me",   "placeholder",
		"your",	      "xxxx",	     "dummy",
		"foobar",     "insert",	     "enter ",
		"test_",      "_test",	     "testpsk",
		"mypass",     "my_pass",     "secret passphrase",
		"verysecret", "very secret", "mysecret",
	};
	static const char *const code[] = {
		"${", "$(", "%s", "%d", "<%", "{{",  "@@", "::", "://",
		"()", "==", "&&", "||", "->", "\\n", "%(", "(",	 ")"
	};
	char buf[LOGIN_VALUE_MAX];
	struct fw_view v = lower(value, buf);

	if (v.len == 0 || v.len >= LOGIN_VALUE_MAX ||
	    strchr("$%<{[/`&!(+|", v.data[0]))
		return true;
	if (v.len == 1 || (one_char(v) && !isdigit(v.data[0])))
		return true;
	if (is_switch(v) && class != LOGIN_USER)
		return class == LOGIN_WIFI ||
		       !fw_view_eq(v, FW_STR("password"));
	if (class == LOGIN_WIFI && v.len < 5)
		return true;
	return has_one(v, samples, COUNT(samples)) ||
	       has_one(v, code, COUNT(code));
}

bool fw_login_is_admin(struct fw_view user)
{
	static const char *const names[] = { "admin",	      "root",
					     "administrator", "guest",
					     "user",	      "sysadmin",
					     "ubnt",	      "superuser" };
	char buf[LOGIN_VALUE_MAX];
	struct fw_view v = lower(user, buf);

	while (v.len > 0 &&
	       (isdigit(v.data[v.len - 1]) || v.data[v.len - 1] == '_'))
		v.len--; /* "admin1234" */
	for (size_t i = 0; i < COUNT(names); i++)
		if (fw_view_eq(v, fw_view_str(names[i])))
			return true;
	return false;
}

bool fw_login_is_vendor(struct fw_view user)
{
	static const char *const names[] = {
		"support",   "telecomadmin", "superadmin", "supervisor",
		"engineer",  "factory",	     "debug",	   "service",
		"backdoor",  "maint",	     "tech",	   "manuf",
		"superuser", "super",	     "operator",   "vendor",
		"cusadmin",  "telnetadmin",  "installer",
	};
	char buf[LOGIN_VALUE_MAX];
	struct fw_view v = lower(user, buf);

	for (size_t i = 0; i < COUNT(names); i++)
		if (fw_view_eq(v, fw_view_str(names[i])))
			return true;
	return false;
}

static int base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

struct fw_view fw_login_base64(struct fw_arena *a, struct fw_view v)
{
	struct fw_view none = { NULL, 0 };
	size_t pad = 0, n = 0;
	uint32_t bits = 0;

	if (v.len < 8 || v.len % 4 != 0 || v.len >= LOGIN_VALUE_MAX)
		return none;
	while (pad < 2 && v.data[v.len - 1 - pad] == '=')
		pad++;
	uint8_t *out = fw_alloc(a, v.len, 1);

	for (size_t i = 0; i < v.len - pad; i++) {
		int d = base64_digit(v.data[i]);

		if (d < 0)
			return none;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4 != 0)
			out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	if (n > v.len / 4 * 3 - pad)
		n = v.len / 4 * 3 - pad;
	for (size_t i = 0; i < n; i++)
		if (out[i] < 0x20 || out[i] > 0x7e)
			return none;
	return fw_view_of(out, n);
}
