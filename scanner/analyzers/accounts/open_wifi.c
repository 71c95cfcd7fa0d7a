/* open_wifi.c - wireless networks that the vendor's settings leave open
 *
 * Settings of an access point that name a network and switch its encryption
 * off. Of a client the same says what it would join, which is another matter.
 *
 * Source: hostapd.conf(5), OpenWrt's /etc/config/wireless, settings of Atheros
 * (wsc), Ralink (RT2860AP.dat) and Broadcom (nvram) access points
 */
#include <ctype.h>

#include "core/analyzer.h"

enum { TEXT_LEAST = 16, TEXT_MOST = 256 << 10, LINES_MAX = 5000 };

static const struct fw_kind open_wifi = {
	.id = "access/open-wifi",
	.title = "wireless network without a password by default",
	.explanation = "The settings that the device starts with make a "
		       "wireless network that anybody in reach can join and "
		       "listen to.",
	.ask_vendor = "Does the device open this network as it is shipped, and "
		      "for how long?",
	.false_alarm = "A sample, a network that is off until the owner sets a "
		       "password, or one for setting up that closes by itself.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.per_image = true,
	.cwe = { 306, 311 },
};

static const struct fw_kind *const kinds[] = { &open_wifi, NULL };

struct wifi {
	struct fw_view ssid; /* the line; data NULL: none */
	uint32_t ssid_line;
	bool open; /* encryption is said to be off */
	bool off;  /* no network at all */
	bool closed;
};

/* What an owner's device stores is the owner's choice. */
static bool wants(const struct fw_object *obj)
{
	static const char *const not [] = {
		"*/doc/*", "*/docs/*", "*/man/*",  "*/examples/*",
		"*.htm*",  "*.js",     "*.c",	   "*.h",
		"*.sh",	   "*/lang*",  "*/help/*", "*supplicant*"
	};
	static const char *const writable[] = { "jffs2", "ubifs", "yaffs",
						"f2fs" };

	if (obj->meta->type != FW_FILE || obj->format != NULL)
		return false;
	for (size_t i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
		if (obj->within != NULL &&
		    strncmp(obj->within, writable[i], strlen(writable[i])) == 0)
			return false;
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (fw_path_matches(obj->path, not [i]))
			return false;
	return true;
}

static struct fw_view unquoted(struct fw_view v)
{
	v = fw_trim(v);
	if (v.len >= 2 && (v.data[0] == '"' || v.data[0] == '\'') &&
	    v.data[v.len - 1] == v.data[0])
		v = fw_view_sub(v, 1, v.len - 2);
	return v;
}

/* "key=value" and "option key 'value'". */
static bool setting(struct fw_view line, struct fw_view *key,
		    struct fw_view *value)
{
	size_t at = 0;

	line = fw_trim(line);
	if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
		return false;
	if (fw_view_starts(line, FW_STR("option "))) {
		line = fw_trim(fw_view_sub(line, 7, SIZE_MAX));
		while (at < line.len && !isspace(line.data[at]))
			at++;
	} else {
		while (at < line.len && line.data[at] != '=')
			at++;
	}
	if (at == line.len)
		return false;
	*key = fw_trim(fw_view_sub(line, 0, at));
	*value = unquoted(fw_view_sub(line, at + 1, SIZE_MAX));
	return key->len > 0 && key->len < 32;
}

/* Whether v, its letters in any case, is or ends with a word in lower case. */
static bool ends(struct fw_view v, const char *word)
{
	size_t n = strlen(word);

	if (v.len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower(v.data[v.len - n + i]) != word[i])
			return false;
	return true;
}

static bool is(struct fw_view v, const char *word)
{
	return v.len == strlen(word) && ends(v, word);
}

static bool says_off(struct fw_view v)
{
	return is(v, "open") || is(v, "none") || is(v, "disabled") ||
	       is(v, "disable") || is(v, "0");
}

static void take(struct wifi *w, struct fw_view key, struct fw_view value,
		 struct fw_view line, uint32_t no)
{
	if (ends(key, "ssid") && !ends(key, "bssid")) {
		if (value.len > 0 && w->ssid.data == NULL) {
			w->ssid = fw_trim(line);
			w->ssid_line = no;
		}
	} else if (is(key, "key_mgmt") || is(key, "encryption") ||
		   is(key, "encryptype") || is(key, "wpa") ||
		   ends(key, "_security_mode")) {
		w->open = w->open || (value.len > 0 && says_off(value));
		w->closed = w->closed || (value.len > 0 && !says_off(value));
	} else if (ends(key, "psk") || ends(key, "passphrase") ||
		   ends(key, "nw_key") || ends(key, "wep_key0")) {
		w->closed = w->closed || value.len > 0;
	} else if (is(key, "disabled") || is(key, "wl_radio") ||
		   is(key, "radiooff")) {
		w->off = w->off || !is(value, is(key, "wl_radio") ? "1" : "0");
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_view rest = obj->bytes, line, key, value;
	struct fw_claim c = FW_CLAIM(&open_wifi);
	struct fw_evidence e = { 0 };
	struct wifi w = { 0 };

	if (obj->bytes.len < TEXT_LEAST || obj->bytes.len > TEXT_MOST ||
	    !fw_is_text(obj->bytes) || fw_view_starts(obj->bytes, FW_STR("#!")))
		return;
	for (uint32_t no = 1; no < LINES_MAX && fw_split(&rest, '\n', &line);
	     no++) {
		/* A list of networks to join. */
		if (fw_view_find(line, FW_STR("network={"), 0) != SIZE_MAX)
			return;
		if (setting(line, &key, &value))
			take(&w, key, value, line, no);
	}
	if (w.ssid.data == NULL || !w.open || w.closed || w.off)
		return;
	e.offset = fw_view_at(obj->bytes, w.ssid);
	e.line = w.ssid_line;
	e.text = fw_text(out, "%.*s, encryption off",
			 FW_FMT(fw_view_sub(w.ssid, 0, 80)));
	c.detail = e.text;
	c.evidence = &e;
	c.evidence_count = 1;
	fw_out_claim(out, &c);
}

const struct fw_analyzer fw_analyzer_open_wifi = {
	.name = "open_wifi",
	.title = "wireless networks that are left open",
	.kinds = kinds,
	.placed = true,
	.wants = wants,
	.inspect = inspect,
};
