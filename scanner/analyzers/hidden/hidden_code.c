/* hidden_code.c - a program's code, opened once for all searches */
#include "analyzers/hidden/hidden.h"

#define FORMAT 2.0f /* how odd it is to compare with one */
#define LIBRARY 0.5f /* of the weight of what the C library does */
enum { HOST_MIN = 8, DECIDES_MAX = 10 << 10 /* bytes of code */ };

#include <ctype.h>

#include "core/literals.h"

bool hidden_wants(const struct fw_object *obj)
{
	return elf_is(obj);
}

/* A plug-in that does nothing but compare and answer: its host acts on that.
 * Large ones are libraries of formats. */
static bool decides(const struct code_program *p)
{
	uint64_t size = 0;

	for (size_t i = 0; i < p->text_count; i++)
		size += p->text[i].size;
	if (size > DECIDES_MAX)
		return false;
	for (size_t i = 0; i < p->import_count; i++)
		if (p->imports[i].known != NULL &&
		    (p->imports[i].known->use & (CODE_EQUAL | CODE_FOUND)) != 0)
			return true;
	return false;
}

/* Imports, or functions of a static program, that make it worth reading. */
static bool matters(const struct code_program *p)
{
	const uint32_t ask = CODE_STRONG | CODE_AUTH | CODE_RECEIVE |
			     CODE_LISTEN | CODE_MEMORY | CODE_TRACE |
			     CODE_LOAD_CODE;

	if (p->import_count < 2)
		return true;
	for (size_t i = 0; i < p->import_count; i++)
		if (p->imports[i].known != NULL &&
		    (p->imports[i].known->use & ask) != 0)
			return true;
	return decides(p);
}

static bool is_reached(const struct hidden_code *h)
{
	for (size_t i = 0; i < h->p.import_count; i++) {
		const struct code_known *k = h->p.imports[i].known;

		if (k != NULL && ((k->use & (CODE_LISTEN | CODE_ACCEPT)) != 0 ||
				  strncmp(k->name, "recv", 4) == 0))
			return true;
		/* The speed of a serial line. */
		if (fw_view_starts(h->p.imports[i].name, FW_STR("cfset")) &&
		    fw_view_find(h->p.imports[i].name, FW_STR("speed"), 0) !=
			    SIZE_MAX)
			return true;
	}
	return h->p.import_count < 2 ||
	       fw_view_find(h->p.elf.bytes, FW_STR("QUERY_STRING"), 0) !=
		       SIZE_MAX ||
	       /* Who starts the device says what stands there. */
	       fw_view_find(h->p.elf.bytes, FW_STR("/proc/cmdline"), 0) !=
		       SIZE_MAX;
}

struct hidden_code *hidden_code(const struct fw_object *obj, struct fw_out *o)
{
	struct fw_object_cache *cache = obj->cache;
	struct hidden_code *h;
	const char *why;

	if (cache != NULL && cache->code != NULL)
		return cache->code->usable ? cache->code : NULL;
	h = fw_alloc(fw_out_arena(o), 1, sizeof(*h));
	h->arena.on_full = fw_out_arena(o)->on_full;
	h->arena.ctx = fw_out_arena(o)->ctx;
	if (cache != NULL)
		cache->code = h;
	if (!code_open(&h->p, obj->bytes, &h->arena, &why)) {
		if (h->p.elf.h.e_type == ET_EXEC || h->p.elf.h.e_type == ET_DYN)
			h->not_read = why;
		fw_arena_free(&h->arena);
		return NULL;
	}
	if (!matters(&h->p)) {
		code_close(&h->p);
		fw_arena_free(&h->arena);
		return NULL;
	}
	code_find_starts(&h->p);
	if (h->p.import_count < 2)
		code_find_library(&h->p);
	code_find_wrappers(&h->p);
	code_follow_pointers(&h->p);
	h->p.settled = true;
	h->files = code_names_files(obj->bytes);
	h->reached = is_reached(h);
	h->usable = true;
	return h;
}

uint8_t *hidden_marks(struct hidden_code *h, const struct code_function *f,
		      size_t room)
{
	h->marks[room] = fw_grow(&h->arena, h->marks[room], &h->mark_caps[room],
				 f->block_count, 1);
	return memset(h->marks[room], 0, f->block_count);
}

bool hidden_is_library(const struct hidden_code *h, uint32_t function)
{
	return h->p.library != 0 &&
	       h->p.starts[function].address >= h->p.library;
}

void hidden_note(struct hidden_code *h, const struct hidden_candidate *c)
{
	h->found = fw_grow(&h->arena, h->found, &h->found_cap,
			   h->found_count + 1, sizeof(*c));
	h->found[h->found_count++] = *c;
	if (hidden_is_library(h, c->function))
		h->found[h->found_count - 1].score *= LIBRARY;
}

const char *hidden_effect(float right, bool check, bool verdict)
{
	return right > 0 ? "gives a right that others have to prove"
	       : check	 ? "says yes where else two things have to be equal"
	       : verdict ? "gives an answer that nothing else gives"
			 : "does something that happens only then";
}

bool hidden_acts(struct hidden_code *h, const struct code_function *f,
		 uint32_t to)
{
	for (size_t i = 0; i < f->call_count; i++)
		if (code_dominates(f, to, f->calls[i].block) &&
		    !code_call_does(&h->p, &f->calls[i],
				    CODE_READS | CODE_EQUAL | CODE_FOUND))
			return true;
	for (size_t i = 0; i < f->mark_count; i++)
		if (f->marks[i].of <= CODE_OF_GLOBAL &&
		    code_dominates(f, to, f->marks[i].block))
			return true;
	return false;
}

static bool is_plain_word(struct fw_view t, size_t *upper, size_t *digits,
			  size_t *odd)
{
	*upper = *digits = *odd = 0;
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.data[i];

		*upper += isupper(c) != 0;
		*digits += isdigit(c) != 0;
		*odd += !isalnum(c) && c != '_' && c != '-' && c != '.';
	}
	return *digits == 0 && *odd == 0 &&
	       (*upper == 0 || *upper == t.len ||
		(*upper == 1 && isupper(t.data[0])));
}

bool hidden_has_lower(struct fw_view t)
{
	for (size_t i = 0; i < t.len; i++)
		if (islower(t.data[i]))
			return true;
	return false;
}

/* The longest run of letters without a vowel, and whether there are few vowels:
 * nobody can say such a word, so nobody chose it to be said. */
static float unsayable(struct fw_view t)
{
	size_t run = 0, longest = 0, vowels = 0, letters = 0;

	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = (uint8_t)tolower(t.data[i]);
		bool vowel = c != 0 && strchr("aeiouy", c) != NULL;

		letters += isalpha(c) != 0;
		vowels += vowel;
		/* "ph", "ss" are one. */
		if (isalpha(c) && !vowel && i > 0 &&
		    (tolower(t.data[i - 1]) == c ||
		     (c == 'h' &&
		      strchr("cgpstw", tolower(t.data[i - 1])) != NULL)))
			continue;
		run = isalpha(c) && !vowel ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	/* In capitals it is an abbreviation. */
	if (letters < 5 || !hidden_has_lower(t))
		return 0;
	return longest >= 6 || vowels * 7 < letters ? 2.0f
	       : longest >= 5			    ? 1.0f
						    : 0;
}

/* A path is as odd as the oddest of its names, and less than a name alone. */
static float path_oddness(struct fw_view path)
{
	struct fw_view name;
	float most = 0;

	while (fw_split(&path, '/', &name)) {
		float s = name.len < 3 ? 0 : hidden_oddness(name);

		most = s > most ? s : most;
	}
	return most < 0.8f ? 0 : most * 0.6f;
}

/* "lang=de" is a parameter with a value that may be odd; "//x", "a: b" and the
 * like are some syntax. */
static float pair_oddness(struct fw_view t)
{
	size_t at = fw_view_find(t, FW_STR("="), 0);
	float s = 0.3f, odd;

	if (at == SIZE_MAX || at == 0 || at + 1 >= t.len ||
	    memchr(t.data, ' ', t.len) != NULL)
		return s;
	odd = hidden_oddness(fw_view_sub(t, at + 1, t.len));
	return odd > s ? odd : s;
}

/* "SystemUpdateID", "eraseWlanCalData": words, and names of things. */
bool hidden_is_joined(struct fw_view t)
{
	size_t lower = 0, words = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!isalpha(t.data[i]))
			return false;
		if (islower(t.data[i]))
			lower++;
		words += isupper(t.data[i]) &&
			 (i == 0 || islower(t.data[i - 1]));
	}
	return words >= 2 && lower >= words * 2;
}

bool hidden_is_text(struct fw_view t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.data[i] < 32 || t.data[i] > 126)
			return false;
	return true;
}

float hidden_oddness(struct fw_view t)
{
	size_t upper, digits, odd;
	float score = unsayable(t);

	if (t.len > 4 && t.data[0] == '/' && !fw_literal_is_common(t))
		return path_oddness(t);

	if (fw_literal_is_common(t) || !hidden_is_text(t))
		return 0;
	/* A number, a set of characters. */
	if (fw_view_starts(t, FW_STR("0x")) ||
	    fw_view_starts(t, FW_STR("iso8859")) ||
	    fw_view_starts(t, FW_STR("ISO-8859")))
		return 0.3f;
	if (t.len < 4 || t.len > 48 || t.data[0] == '-' || t.data[0] == '/' ||
	    t.data[0] == '%' || memchr(t.data, '%', t.len) != NULL ||
	    memchr(t.data, '\n', t.len) != NULL)
		return 0;
	if (is_plain_word(t, &upper, &digits, &odd))
		return score + (t.len >= 8 && upper < t.len ? 0.5f : 0);
	if (memchr(t.data, ' ', t.len) != NULL || memchr(t.data, '=', t.len) ||
	    memchr(t.data, ':', t.len) || memchr(t.data, '/', t.len))
		return pair_oddness(t);
	/* "key=", "blob-base64-", "TRAILER!!!" are syntax. */
	if (memchr("={:-_(,;[<\"@", t.data[t.len - 1], 12) != NULL ||
	    (upper + odd == t.len && odd > 0))
		return 0.5f;
	if (digits > 0 && digits < t.len)
		score += 1.2f;
	if (upper > 1 && hidden_has_lower(t))
		score += hidden_is_joined(t) ? 0.3f : 1.0f;
	if (odd > 0)
		score += 1;
	if (t.len >= 8)
		score += 0.8f;
	return score > 4 ? 4 : score;
}

/* "drop %s id=%u" */
static bool is_format(struct fw_view t)
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < t.len; i++)
		count += t.data[i] == '%' &&
			 strchr("sdux", t.data[i + 1]) != NULL;
	return t.len >= 8 && count > 0;
}

float hidden_how_odd(const struct code_compare *c)
{
	/* Nobody compares with a format but who hides in one. */
	if (c->kind == CODE_COMPARE_CALL && is_format(c->literal))
		return FORMAT;
	return hidden_oddness(c->literal);
}

static const char *const ordinary[] = {
	"start",
	"stop",
	"restart",
	"on",
	"off",
	"yes",
	"no",
	"true",
	"false",
	"enable",
	"auto",
	"help",
	"up",
	"down",
	"add",
	"del",
	"set",
	"get",
	"static",
	"dhcp",
	"none",
	"root",
	"sh",
	"lo",
	"any",
	"all",
	"POST",
	"GET",
	"Administrator",
	"administrator",
	"admin",
	"Operator",
	"operator",
	"User",
	"user",
	"guest",
	"Guest",
	"anonymous",
	"ftp", /* the same, of old */
	"default",
	"login",
	"newgrp", /* utilities that start a shell by their nature */
	"sulogin",
	"chroot",
	"exit",
	"quit",
	"reboot",
	"shell",
	"exec",
	"reset",
	"save",
	"apply",
	"upload",
	"download",
	"upgrade",
	"update",
	"status",
	"info",
	"list",
	"ping",
	"network",
	"config",
	"restore",
	"backup",
	"logout",
	"traceroute",
	"format",
	"version",
	"debug",
	"Authorization",
	"Cookie",
	"Set-Cookie",
	"Referer",
	"Location",
	"Connection",
	"Accept",
};

/* "Content-Length", "X-Trace-Id": the names of a protocol's headers. */
bool hidden_is_header(struct fw_view t)
{
	bool head = true;
	size_t dashes = 0, digits = 0;

	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.data[i];

		if (c == '-') {
			dashes++;
			head = true;
		} else if (isdigit(c)) {
			digits++;
			head = false;
		} else if (head ? !isupper(c) : !isalpha(c) && c != ':')
			return false;
		else
			head = false;
	}
	/* "WFA-SimpleConfig-Registrar-1-0" */
	return dashes > digits && !head && t.len > 0 && isupper(t.data[0]);
}

bool hidden_is_ordinary(struct fw_view t)
{
	/* An option, a file's ending; but ".example.net" is the end of a
	 * host's name. */
	if (t.len > 0 && (t.data[0] == '-' ||
			  (t.data[0] == '.' &&
			   (t.len < HOST_MIN ||
			    memchr(t.data + 1, '.', t.len - 1) == NULL))))
		return true;
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		if (fw_view_eq(t, fw_view_str(ordinary[i])))
			return true;
	return false;
}

bool hidden_is_open(struct fw_view t)
{
	static const char open[] = "={:-_(,;[<@/+#>";

	return t.len > 0 &&
	       memchr(open, t.data[t.len - 1], sizeof(open) - 1) != NULL;
}

bool hidden_is_head(const struct hidden_code *h, const struct code_compare *c,
		    const struct code_known *k)
{
	const struct code_value *n =
		code_value_at(&h->p.values, c->call->args[2]);

	/* strncmp(x, "word", 5) looks at the end as well. */
	return (k->use & CODE_LENGTH) != 0 && (k->use & CODE_BYTES) == 0 &&
	       (n->kind != CODE_CONST || n->n <= c->literal.len);
}

bool hidden_is_reached(const struct hidden_code *h)
{
	return h->reached;
}
