/* tokens.c - keys of cloud services, VPNs, and logins inside addresses
 *
 * Services give their keys a recognisable beginning, an alphabet and a length;
 * all three must fit, and the rest must look drawn at random, as a form letter
 * ("AKIAXXXXXXXXXXXXXXXX") does not.
 */
#include <ctype.h>
#include <math.h>
#include <strings.h>

#include "core/strings.h"

enum { TOKENS_MAX = 32, URL_MAX = 512 };

static const struct fw_kind cloud_token = {
	.id = "access/cloud-token",
	.title = "key of a cloud service is built in",
	.explanation =
		"With this key anybody can act as the vendor's device, or "
		"as the vendor, at the service that gave it out, and often "
		"reach the data of other owners.",
	.ask_vendor = "What may somebody do with this key, is it the same in "
		      "every unit, and when will it be withdrawn?",
	.false_alarm =
		"A key that only identifies an application and is meant to "
		"be public, such as one for maps on a web page.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 798, 522 },
};

static const struct fw_kind url_login = {
	.id = "access/login-in-address",
	.title = "address with a name and password in it",
	.explanation = "The device logs in at a server with a password that "
		       "stands in the firmware, where everybody can read it.",
	.ask_vendor = "Whose server is this, and what can somebody reach there "
		      "with this login?",
	.false_alarm = "An example in a help text, or a login at the device "
		       "itself.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 798 },
};

static const struct fw_kind vpn_key = {
	.id = "access/vpn-key",
	.title = "key of a private network is built in",
	.explanation =
		"Whoever holds this key can join the private network that "
		"it belongs to, or read what passes through it.",
	.ask_vendor =
		"Which network does this key open, who runs it, and is the "
		"key the same in every unit?",
	.false_alarm = "An example of a configuration, or the owner's own "
		       "network in an image read from a used device.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 321, 798 },
};

/* A shape: what it begins with, and how many of which characters follow. */
static const struct shape {
	const struct fw_kind *kind;
	const char *head, *what;
	const char *extra; /* allowed beside letters and digits */
	uint8_t min, max;
	bool upper; /* capitals and digits only */
} shapes[] = {
	/* Source: the services' documentation of their keys' formats */
	{ &cloud_token, "AKIA", "Amazon access key", "", 16, 16, true },
	{ &cloud_token, "AIza", "Google API key", "_-", 35, 35, false },
	{ &cloud_token, "AAAA", "Firebase server key", "_-:", 140, 170, false },
	{ &cloud_token, "LTAI", "Alibaba Cloud key", "", 12, 24, false },
	{ &cloud_token, "AKID", "Tencent Cloud key", "", 32, 32, false },
	{ &cloud_token, "xoxb-", "Slack token", "-", 40, 80, false },
	{ &cloud_token, "xoxp-", "Slack token", "-", 40, 80, false },
	{ &cloud_token, "ghp_", "GitHub token", "", 36, 36, false },
	{ &cloud_token, "github_pat_", "GitHub token", "_", 82, 82, false },
	{ &cloud_token, "glpat-", "GitLab token", "_-", 20, 20, false },
	{ &cloud_token, "sk_live_", "Stripe key", "", 24, 99, false },
	{ &cloud_token, "SG.", "SendGrid key", "_-.", 60, 70, false },
	{ &cloud_token, "SharedAccessKey=", "Azure key", "+/=", 44, 44, false },
	{ &vpn_key, "PrivateKey = ", "WireGuard private key", "+/=", 44, 44,
	  false },
	{ &vpn_key, "PrivateKey=", "WireGuard private key", "+/=", 44, 44,
	  false },
	{ &vpn_key, "PresharedKey = ", "WireGuard preshared key", "+/=", 44, 44,
	  false },
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static size_t body_len(struct fw_view v, const struct shape *s)
{
	size_t n = 0;

	for (; n < v.len && n <= s->max; n++) {
		uint8_t ch = v.data[n];

		if (strchr(s->extra, ch) != NULL && ch != '\0')
			continue;
		if (!isalnum(ch) || ch >= 0x80 || (s->upper && islower(ch)))
			break;
	}
	return n;
}

/* Drawn at random: many different characters for its length. */
static bool looks_random(struct fw_view v)
{
	double most = log2((double)v.len);

	return fw_entropy(v) > 0.68 * (most > 5.5 ? 5.5 : most);
}

struct search {
	const struct fw_object *obj;
	struct fw_out *out;
	const char *said[TOKENS_MAX];
	unsigned found;
};

/* The same token twice in one object is one. */
static bool is_new(struct search *s, const char *text)
{
	for (unsigned i = 0; i < s->found; i++)
		if (strcmp(s->said[i], text) == 0)
			return false;
	if (s->found == TOKENS_MAX)
		return false;
	s->said[s->found++] = text;
	return true;
}

static void claim(struct search *s, const struct fw_kind *k, struct fw_view at,
		  const char *text, const char *what)
{
	const struct fw_object *obj = s->obj;
	struct fw_out *out = s->out;

	if (!is_new(s, text))
		return;
	struct fw_evidence e = { .offset = fw_view_at(obj->bytes, at),
				 .text = text };
	struct fw_claim c = FW_CLAIM(k);

	c.detail = what;
	c.key = text;
	c.evidence = &e;
	c.evidence_count = 1;
	fw_out_claim(out, &c);
}

/* Looks for a shape at v, whose first byte begins a word. */
static void take_shape(struct search *s, struct fw_view v,
		       const struct shape *shape)
{
	struct fw_view head = fw_view_str(shape->head), body, whole;

	if (!fw_view_starts(v, head))
		return;
	body = fw_view_sub(v, head.len, SIZE_MAX);
	body.len = body_len(body, shape);
	if (body.len < shape->min || body.len > shape->max ||
	    !looks_random(body))
		return;
	whole = fw_view_sub(v, 0, head.len + body.len);
	claim(s, shape->kind, v,
	      fw_out_secret(s->out, shape->kind == &vpn_key ? body : whole),
	      shape->what);
}

/* --- logins in addresses --- */

static bool is_host_end(uint8_t ch)
{
	return ch <= ' ' || ch >= 0x7f || strchr("\"'<>`\\,;()", ch) != NULL;
}

/* Words that stand for a login instead of being one. */
static bool is_placeholder(struct fw_view v)
{
	static const char *const words[] = { "pass",	"password", "passwd",
					     "pwd",	"user",	    "username",
					     "secret",	"login",    "xxx",
					     "example", "name",	    "test" };

	if (v.len == 0 || v.data == NULL)
		return true;
	for (size_t i = 0; i < v.len; i++)
		if (strchr("%$<[{*^", v.data[i]) != NULL)
			return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (v.len == strlen(words[i]) &&
		    strncasecmp((const char *)v.data, words[i], v.len) == 0)
			return true;
	return false;
}

static bool is_example_host(struct fw_view v)
{
	static const char *const heads[] = { "example.", "host",  "proxy",
					     "server",	 "test.", "127.",
					     "localhost" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (fw_view_starts(v, fw_view_str(heads[i])))
			return true;
	return fw_view_find(v, FW_STR("example"), 0) != SIZE_MAX ||
	       memchr(v.data, '%', v.len) != NULL ||
	       memchr(v.data, '.', v.len) == NULL;
}

static size_t scheme_start(struct fw_view v, size_t colon)
{
	size_t at = colon;

	while (at > 0 && colon - at < 12 && isalpha(v.data[at - 1]))
		at--;
	return at;
}

/* v is the whole string, sep the offset of "://". */
static void take_url(struct search *s, struct fw_view v, size_t sep)
{
	struct fw_view rest = fw_view_sub(v, sep + 3, URL_MAX), host;
	size_t start = scheme_start(v, sep), n = 0, at, colon;
	struct fw_arena *a = fw_out_arena(s->out);

	while (n < rest.len && !is_host_end(rest.data[n]) &&
	       rest.data[n] != '/')
		n++;
	rest.len = n;
	at = fw_view_find(rest, FW_STR("@"), 0);
	colon = fw_view_find(rest, FW_STR(":"), 0);
	if (start == sep || at == SIZE_MAX || colon >= at || colon == 0)
		return;
	host = fw_view_sub(rest, at + 1, SIZE_MAX);
	struct fw_view password = fw_view_sub(rest, colon + 1, at - colon - 1);

	if (host.len < 4 || is_placeholder(fw_view_sub(rest, 0, colon)) ||
	    is_placeholder(password) || is_example_host(host))
		return;
	struct fw_view head = fw_view_sub(v, start, sep + 3 + colon - start);

	claim(s, &url_login, head,
	      fw_sprintf(a, "%s:%s@%s", fw_strdup(a, head),
			 fw_out_secret(s->out, password), fw_strdup(a, host)),
	      "a login at another machine");
}

static bool starts_word(struct fw_view v, size_t i)
{
	return i == 0 || !(isalnum(v.data[i - 1]) || v.data[i - 1] == '_' ||
			   v.data[i - 1] >= 0x80);
}

static void search(struct search *s, struct fw_view v, const bool *first)
{
	for (size_t i = 0; i + 8 < v.len; i++) {
		if (v.data[i] == ':' && v.data[i + 1] == '/' &&
		    v.data[i + 2] == '/')
			take_url(s, v, i);
		if (!first[v.data[i]] || !starts_word(v, i))
			continue;
		for (size_t k = 0; k < SHAPES; k++)
			take_shape(s, fw_view_sub(v, i, SIZE_MAX), &shapes[k]);
	}
}

static bool tokens_wants(const struct fw_object *obj)
{
	return obj->format == NULL || strcmp(obj->format, "elf") == 0;
}

static void tokens_inspect(const struct fw_object *obj, struct fw_out *out)
{
	const struct fw_strings *list = fw_object_strings(obj, out);
	struct search s = { .obj = obj, .out = out };
	bool first[256] = { false };

	for (size_t k = 0; k < SHAPES; k++)
		first[(uint8_t)shapes[k].head[0]] = true;
	for (size_t i = 0; i < list->n && fw_out_ok(out); i++)
		search(&s, fw_string_view(obj, &list->v[i]), first);
}

const struct fw_analyzer fw_analyzer_tokens = {
	.name = "tokens",
	.title = "keys of cloud services and VPNs, logins inside addresses",
	.kinds = (const struct fw_kind *const[]){ &cloud_token, &url_login,
						  &vpn_key, NULL },
	.wants = tokens_wants,
	.inspect = tokens_inspect,
};
