/* logins_program.c - default logins inside web servers
 *
 * A table of defaults in a program is an array of fixed-size texts: the name
 * and its password stand a field's size apart with zeros between. Words of
 * forms ("user", "password") are constants and lie close together.
 */
#include "analyzers/accounts/pwhash.h"
#include "core/strings.h"

enum { PAIRS_MAX = 8, WORD_MAX = 32, PADDING_MIN = 8 };

static const struct fw_kind built_in = {
	.id = "access/default-login-program",
	.title = "web server with a built-in default login",
	.explanation =
		"The program that shows the device's pages carries a name "
		"and password that anybody can look up. Until the owner "
		"changes them, whoever reaches the device can log in.",
	.ask_vendor = "Does the device make its owner choose a password before "
		      "it works?",
	.false_alarm = "The words are used for something else, or the owner "
		       "must change the login at the first start.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 1392, 798 },
};

static bool wants(const struct fw_object *obj)
{
	return obj->format != NULL && strcmp(obj->format, "elf") == 0;
}

static bool is_web_server(struct fw_view v)
{
	return fw_view_find(v, FW_STR("WWW-Authenticate"), 0) != SIZE_MAX ||
	       (fw_view_find(v, FW_STR("HTTP/1."), 0) != SIZE_MAX &&
		fw_view_find(v, FW_STR("Set-Cookie"), 0) != SIZE_MAX);
}

static bool is_user(struct fw_view v)
{
	static const char *const names[] = { "admin",	     "Admin", "root",
					     "user",	     "guest", "support",
					     "administrator" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_view_eq(v, fw_view_str(names[i])))
			return true;
	return false;
}

/* Whether b stands in the field behind a's: a size that people choose, zeros
 * in between, and more of them than alignment asks for. */
static bool is_next_field(struct fw_view v, const struct fw_string *a,
			  const struct fw_string *b)
{
	size_t gap = b->off - a->off;

	if (gap < 16 || gap > 128 || gap % 4 != 0 || gap - a->len < PADDING_MIN)
		return false;
	for (size_t i = a->off + a->len; i < b->off; i++)
		if (v.data[i] != 0)
			return false;
	return true;
}

static bool is_default(struct fw_view user, struct fw_view password)
{
	struct fw_view device;

	return password.len <= WORD_MAX &&
	       !fw_view_eq(password, FW_STR("password")) &&
	       (fw_view_eq(user, password) ||
		fw_password_known(password, user, &device)) &&
	       (fw_view_eq(user, password) || !is_user(password));
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	const struct fw_strings *s;
	struct fw_evidence evidence[PAIRS_MAX];
	struct fw_claim c = FW_CLAIM(&built_in);
	size_t n = 0;

	if (!is_web_server(obj->bytes))
		return;
	s = fw_object_strings(obj, out);
	for (size_t i = 0; i + 1 < s->n && n < PAIRS_MAX; i++) {
		struct fw_view user, password;

		if (s->v[i].len > WORD_MAX || !s->v[i].ended ||
		    !s->v[i + 1].ended ||
		    !is_next_field(obj->bytes, &s->v[i], &s->v[i + 1]))
			continue;
		user = fw_string_view(obj, &s->v[i]);
		password = fw_string_view(obj, &s->v[i + 1]);
		if (!is_user(user) || !is_default(user, password))
			continue;
		evidence[n++] = (struct fw_evidence){
			.offset = s->v[i].off,
			.text = fw_text(out, "%.*s, then %.*s", FW_FMT(user),
					FW_FMT(password)),
		};
	}
	if (n == 0)
		return;
	c.detail = evidence[0].text;
	c.evidence = evidence;
	c.evidence_count = n;
	fw_out_claim(out, &c);
}

const struct fw_analyzer fw_analyzer_logins_program = {
	.name = "logins_program",
	.title = "default logins inside web servers",
	.kinds = (const struct fw_kind *const[]){ &built_in, NULL },
	.wants = wants,
	.inspect = inspect,
};
