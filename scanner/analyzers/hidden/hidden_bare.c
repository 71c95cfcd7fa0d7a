/* hidden_bare.c - logins and debug words in images without an operating system
 *
 * Firmware that is one program (VxWorks, eCos, ThreadX, FreeRTOS...) has no
 * files that tell what it is. Its texts do: a login prompt with a name and
 * something like a password beside it, or words for what owners should not use.
 * That is worth a look and no more.
 */
#include "core/analyzer.h"
#include "core/strings.h"

enum {
	BYTES_MIN = 4096,
	BYTES_MAX = 64 << 20,
	GAP_MAX = 16,	/* bytes between a name and its password */
	FAR_MAX = 4096, /* bytes between a prompt and what belongs to it */
	EVIDENCE_MAX = 6
};

static const struct fw_kind bare_login = {
	.id = "hidden/fixed-login-in-image",
	.title = "firmware may have a login that is built in",
	.explanation =
		"In a firmware that is one program, a login prompt stands "
		"near a user name with what looks like its password, or near "
		"words such as backdoor. If it is a login, it is the same in "
		"every unit.",
	.ask_vendor = "Is there a built-in login or debug command, and how "
		      "does the owner change or remove it?",
	.false_alarm = "A default that the owner must change at the first "
		       "login, or texts that only stand side by side.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.per_image = true,
	.cwe = { 798, 912 },
};

static const struct fw_kind *const kinds[] = { &bare_login, NULL };

static const char *const systems[] = { "VxWorks",   "eCos",	 "ThreadX",
				       "FreeRTOS",  "uC/OS-II",	 "NuttX",
				       "RT-Thread", "Zephyr OS", "Nucleus PLUS",
				       "U-Boot " };
static const char *const prompts[] = { "login:", "Login:", "assword:",
				       "Username:" };
static const char *const words[] = { "backdoor",       "back door",
				     "debug password", "factory password",
				     "hidden command", "secret command" };
static const char *const names[] = { "admin",	"root",	 "support", "service",
				     "factory", "debug", "guest",   "super" };

static const char *held(struct fw_view v, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_find(v, fw_view_str(list[i]), 0) != SIZE_MAX)
			return list[i];
	return NULL;
}

#define HELD(v, list) held(v, list, sizeof(list) / sizeof(*(list)))

static bool is_name(struct fw_view v)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_view_eq(v, fw_view_str(names[i])))
			return true;
	return false;
}

/* Letters and digits without anything between them. */
static bool like_password(struct fw_view v)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < v.len; i++) {
		digits += v.data[i] >= '0' && v.data[i] <= '9';
		letters += (v.data[i] | 32) >= 'a' && (v.data[i] | 32) <= 'z';
	}
	return v.len >= 5 && v.len <= 24 && digits >= 1 && letters >= 2 &&
	       v.len - digits - letters <= 2 &&
	       fw_view_find(v, FW_STR(" "), 0) == SIZE_MAX &&
	       fw_view_find(v, FW_STR("%"), 0) == SIZE_MAX;
}

struct bare {
	struct fw_out *out;
	const struct fw_object *obj;
	const struct fw_strings *all;
	struct fw_evidence e[EVIDENCE_MAX];
	size_t count;
	bool pair; /* a name with its password, or a word */
};

static void note(struct bare *b, const struct fw_string *s)
{
	if (b->count == EVIDENCE_MAX)
		return;
	b->e[b->count].offset = s->off;
	b->e[b->count].text =
		fw_text(b->out, "%.*s",
			FW_FMT(fw_view_sub(fw_string_view(b->obj, s), 0, 80)));
	b->count++;
}

/* The system and whether this is one program at all. */
static const char *system_of(const struct bare *b)
{
	const char *found = NULL;

	for (size_t i = 0; i < b->all->n; i++) {
		struct fw_view v = fw_string_view(b->obj, &b->all->v[i]);

		if (fw_view_starts(v, FW_STR("Linux version ")))
			return NULL;
		if (found == NULL)
			found = HELD(v, systems);
	}
	return found;
}

static void look_at(struct bare *b, size_t i, size_t *prompt)
{
	const struct fw_string *s = &b->all->v[i], *next;
	struct fw_view v = fw_string_view(b->obj, s);
	bool near = *prompt != SIZE_MAX &&
		    s->off - b->all->v[*prompt].off <= FAR_MAX;

	if (v.len <= 32 && HELD(v, prompts) != NULL) {
		*prompt = i;
		return;
	}
	if (v.len <= 200 && HELD(v, words) != NULL) {
		fw_out_factf(b->out, "firmware.debug_text", "%.*s", FW_FMT(v));
		if (near) {
			note(b, &b->all->v[*prompt]);
			note(b, s);
			b->pair = true;
		}
		return;
	}
	if (!near || !s->ended || !is_name(v) || i + 1 == b->all->n)
		return;
	next = s + 1;
	if (!next->ended || next->off - s->off - s->len > GAP_MAX ||
	    !like_password(fw_string_view(b->obj, next)))
		return;
	note(b, &b->all->v[*prompt]);
	note(b, s);
	note(b, next);
	b->pair = true;
}

static bool wants(const struct fw_object *obj)
{
	return obj->format == NULL && obj->bytes.len >= BYTES_MIN &&
	       obj->bytes.len <= BYTES_MAX &&
	       !fw_view_starts(obj->bytes, FW_STR("\177ELF")) &&
	       !fw_view_starts(obj->bytes, FW_STR("MZ")) &&
	       !fw_view_starts(obj->bytes, FW_STR("#!")) &&
	       !fw_is_text(obj->bytes);
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct bare b = { .out = out, .obj = obj };
	struct fw_claim c = FW_CLAIM(&bare_login);
	size_t prompt = SIZE_MAX;
	const char *system;

	b.all = fw_object_strings(obj, out);
	system = system_of(&b);
	if (system == NULL)
		return;
	fw_out_fact(out, "firmware.system", system);
	for (size_t i = 0; i < b.all->n && b.count < EVIDENCE_MAX; i++)
		look_at(&b, i, &prompt);
	if (!b.pair)
		return;
	c.detail = fw_text(out, "a program for %s", system);
	c.evidence = b.e;
	c.evidence_count = b.count;
	fw_out_claim(out, &c);
}

const struct fw_analyzer fw_analyzer_hidden_bare = {
	.name = "hidden_bare",
	.title = "Built-in logins of firmware that is one program",
	.kinds = kinds,
	.wants = wants,
	.inspect = inspect,
};
