/* logins_judge.c - what is said about passwords and keys in settings */
#include <ctype.h>
#include <stdio.h>

#include "analyzers/accounts/logins.h"
#include "analyzers/accounts/pwhash.h"
#include "core/data.h"

enum { EVIDENCE_MAX = 16 };

static const struct fw_kind default_login = {
	.id = "access/default-login",
	.title = "settings with a well-known default login",
	.explanation =
		"The device starts with a name and password that anybody "
		"can look up. Until the owner changes them, whoever "
		"reaches the device can log in.",
	.ask_vendor = "Does the device make its owner choose a password before "
		      "it works?",
	.false_alarm = "The owner must change the login at the first start, or "
		       "the settings are of a service that is off.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 1392, 798 },
};

static const struct fw_kind fixed_login = {
	.id = "access/fixed-login",
	.title = "password that the vendor put into the settings",
	.explanation = "A password stands in a file that is the same in every "
		       "unit. Whoever reads one firmware file knows it for all "
		       "devices, or for the vendor's server.",
	.ask_vendor = "What does this login open, who else has it, and why is "
		      "it not different in every unit?",
	.false_alarm =
		"An example, or a login that is replaced when the device "
		"is set up.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 798, 259 },
};

static const struct fw_kind stored_login = {
	.id = "access/stored-login",
	.title = "login stored in readable form",
	.explanation = "The settings hold a password as plain text. Whoever "
		       "gets a copy of the device's memory, an old unit for "
		       "instance, can log in with it.",
	.ask_vendor =
		"Why are passwords stored as they are typed, and are they "
		"wiped when the owner resets the device?",
	.false_alarm = "The vendor's own settings, not yet used by an owner.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 256, 312 },
};

static const struct fw_kind stored_wifi = {
	.id = "access/stored-wifi-key",
	.title = "key of a wireless network stored in readable form",
	.explanation = "The settings hold the key of the owner's wireless "
		       "network as plain text. Whoever gets a copy of the "
		       "device's memory can join that network.",
	.ask_vendor = "How is the key protected in the device's memory, and is "
		      "it wiped when the owner resets the device?",
	.false_alarm = "The vendor's own settings, not yet used by an owner.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 256, 312 },
};

static const struct fw_kind shared_wifi = {
	.id = "access/shared-wifi-key",
	.title = "every unit has the same wireless key",
	.explanation = "The key of a wireless network stands in a file that is "
		       "the same in every unit.",
	.ask_vendor = "Is this key used, and why is it not different in every "
		      "unit?",
	.false_alarm = "A sample that is replaced when the device is set up.",
	.severity = FW_MEDIUM,
	.confidence = FW_UNSURE,
	.cwe = { 798, 1392 },
};

const struct fw_kind fw_login_key = {
	.id = "access/authorized-key",
	.title = "somebody's key may log in at every unit",
	.explanation = "The device accepts this key instead of a password. "
		       "Whoever holds its other half can log in at every unit, "
		       "and the owner is not told.",
	.ask_vendor = "Whose key is this, where is its private half kept, and "
		      "how does the owner remove it?",
	.false_alarm = "No SSH server runs, or the owner put the key there.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 912, 798 },
};

const struct fw_kind fw_login_sudo = {
	.id = "access/sudo-without-password",
	.title = "accounts get all rights without a password",
	.explanation = "Programs that run under these accounts can do "
		       "everything, so a fault in one of them gives away the "
		       "whole device.",
	.ask_vendor =
		"Which programs need this, and can it be narrowed to what "
		"they need?",
	.false_alarm = "The account belongs to an administrator.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 250, 269 },
};

const struct fw_kind *const fw_login_kinds[] = { &default_login, &fixed_login,
						 &stored_login,	 &stored_wifi,
						 &shared_wifi,	 &fw_login_key,
						 &fw_login_sudo, NULL };

struct verdict {
	const struct fw_kind *kind;
	enum fw_severity severity;
	struct fw_view shown; /* the password to show */
	bool masked;
	const char *note;
};

/* The known password whose digest a value is, in hexadecimal. */
static bool digest_of(struct fw_view value, struct fw_view *password)
{
	struct fw_view rest = fw_data("default-passwords"), f[FW_DATA_FIELDS];
	char hex[2 * FW_SHA256_SIZE + 1], low[2 * FW_SHA256_SIZE];
	uint8_t sum[FW_SHA256_SIZE];

	if (value.len != 32 && value.len != 40 && value.len != 64)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (!isxdigit(value.data[i]))
			return false;
		low[i] = (char)tolower(value.data[i]);
	}
	while (fw_data_row(&rest, f)) {
		if (value.len == 32)
			fw_md5(f[0], sum);
		else if (value.len == 40)
			fw_sha1(f[0], sum);
		else
			fw_sha256(f[0], sum);
		fw_hex(sum, value.len / 2, hex);
		if (memcmp(hex, low, value.len) == 0) {
			*password = f[0];
			return true;
		}
	}
	return false;
}

static bool is_digest(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!isxdigit(v.data[i]))
			return false;
	return v.len == 32 || v.len == 40 || v.len == 64;
}

/* Names that mean the login is for the vendor and not for the owner. */
static bool is_for_vendor(const struct login *e)
{
	return fw_login_is_remote(e->key) || fw_login_is_vendor(e->user);
}

static void judge_wifi(const struct logins *l, const struct login *e,
		       struct verdict *v)
{
	struct fw_view device;

	if (fw_password_known(e->value, fw_view_of("", 0), &device) ||
	    !l->owners) {
		v->kind = &shared_wifi;
	} else {
		v->kind = &stored_wifi;
		v->masked = true;
	}
	v->severity = v->kind->severity;
}

static void judge_password(const struct logins *l, const struct login *e,
			   struct verdict *v)
{
	struct fw_view device;
	bool known = e->class == LOGIN_PASSWORD &&
		     (fw_password_known(e->value, e->user, &device) ||
		      (e->user.len > 0 && fw_view_eq(e->user, e->value)));

	if (e->class == LOGIN_PASSWORD && digest_of(e->value, &v->shown)) {
		known = true;
		v->note = "a digest of it stands here";
	} else if (is_digest(e->value)) {
		return; /* of a password that is not known */
	}
	v->kind = known	      ? &default_login
		  : l->owners ? &stored_login
			      : &fixed_login;
	v->masked = v->kind == &stored_login;
	v->severity = v->kind->severity;
	if (is_for_vendor(e)) {
		v->severity = FW_HIGH;
		v->kind = v->kind == &default_login ? &fixed_login : v->kind;
	}
	if (v->kind == &fixed_login && e->user.len > 0 &&
	    fw_login_is_admin(e->user))
		v->severity = FW_HIGH;
	if (e->class == LOGIN_TOKEN)
		v->severity = FW_MEDIUM;
	/* A word in a page or program may be anything. */
	if (v->kind == &stored_login && e->user.len == 0 &&
	    v->severity > FW_MEDIUM)
		v->severity = FW_MEDIUM;
}

/* An administrator whose password is set, to nothing. */
static bool is_empty_login(const struct login *e)
{
	return e->class == LOGIN_PASSWORD && e->value.len == 0 && e->quoted &&
	       fw_login_is_admin(e->user);
}

/* In pages and programs most such words are labels, "User" and "Password". */
static bool counts_in_page(const struct login *e)
{
	return e->quoted && fw_login_is_admin(e->user) &&
	       !isupper(e->user.data[0]) &&
	       !fw_view_eq(e->value, FW_STR("Password")) &&
	       !fw_view_eq(e->value, FW_STR("password"));
}

static struct verdict verdict_of(const struct logins *l, const struct login *e)
{
	struct verdict v = { .shown = e->value, .note = "" };

	if (e->class == LOGIN_USER || e->class == LOGIN_OTHER)
		return v;
	if (l->page && !counts_in_page(e))
		return v;
	if (is_empty_login(e)) {
		v.kind = &default_login;
		v.severity = FW_MEDIUM;
		v.shown = FW_STR("empty");
		return v;
	}
	if (fw_login_placeholder(e->value, e->class) ||
	    (e->user.len > 0 && fw_login_placeholder(e->user, LOGIN_USER)))
		return v;
	if (e->class == LOGIN_WIFI)
		judge_wifi(l, e, &v);
	else
		judge_password(l, e, &v);
	return v;
}

static bool is_mail_address(struct fw_view v)
{
	return v.len > 0 && memchr(v.data, '@', v.len) != NULL;
}

static const char *show(const struct logins *l, const struct login *e,
			const struct verdict *v)
{
	const char *secret =
		v->masked ? fw_out_secret(l->out, v->shown)
			  : fw_text(l->out, "%.*s", FW_FMT(v->shown));
	const char *user = "";

	if (e->user.len > 0 && v->masked && is_mail_address(e->user))
		user = fw_text(l->out, " of %s",
			       fw_out_secret(l->out, e->user));
	else if (e->user.len > 0)
		user = fw_text(l->out, " of %.*s", FW_FMT(e->user));
	return fw_text(l->out, "%.*s%s: %s%s%s%s", FW_FMT(e->key), user, secret,
		       e->decoded ? " (from Base64)" : "",
		       v->note[0] ? ", " : "", v->note);
}

static void claim(struct logins *l, const struct fw_kind *k,
		  const struct verdict *v)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim c = FW_CLAIM(k);
	size_t n = 0, all = 0;

	c.severity = FW_INFO;
	for (size_t i = 0; i < l->n; i++) {
		if (v[i].kind != k)
			continue;
		const char *text = show(l, &l->v[i], &v[i]);

		if (v[i].severity > c.severity)
			c.severity = v[i].severity;
		if (all++ == 0)
			c.detail = text;
		if (n < EVIDENCE_MAX)
			evidence[n++] =
				(struct fw_evidence){ .offset = l->v[i].offset,
						      .line = l->v[i].line,
						      .text = text };
	}
	if (all == 0)
		return;
	if (all > 1)
		c.detail =
			fw_text(l->out, "%s, and %zu more", c.detail, all - 1);
	if (l->page || l->v[0].line == 0)
		c.confidence = FW_UNSURE;
	c.key = l->obj->path;
	c.evidence = evidence;
	c.evidence_count = n;
	fw_out_claim(l->out, &c);
}

void fw_logins_judge(struct logins *l)
{
	struct verdict *v =
		fw_alloc(fw_out_arena(l->out), l->n + 1, sizeof(*v));

	for (size_t i = 0; i < l->n; i++)
		v[i] = verdict_of(l, &l->v[i]);
	for (size_t k = 0; fw_login_kinds[k] != NULL; k++)
		claim(l, fw_login_kinds[k], v);
}
