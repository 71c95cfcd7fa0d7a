/* hidden_shape.c - how a literal or a number looks, by itself
 *
 * What somebody types, sends or presses looks otherwise than what formats,
 * protocols and programmers write; each mark of theirs takes from the weight.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "analyzers/hidden/hidden.h"
#include "core/literals.h"

#define COMMON	1.0f
#define SETTING 3.0f /* a name and its value, compared as one */
enum { RUN = 5 /* of one letter, or of the alphabet's */ };

/* Nobody writes out byte by byte what he would not hide. */
bool hidden_is_by_byte(const struct code_compare *c)
{
	return c->literal.len >= HIDDEN_LONG && c->links + 1U >= c->literal.len;
}

/* "CAM1", either way round: what a format marks its parts with. */
static bool is_code(uint64_t n)
{
	size_t letters = 0, digits = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = (uint8_t)(n >> 8 * i);

		letters += isupper(c) != 0;
		digits += isdigit(c) != 0;
	}
	return n <= UINT32_MAX && letters >= 2 && letters + digits == 4;
}

/* "msg\2": three letters of four, and a version. */
static bool is_version_mark(uint64_t n)
{
	size_t letters = 0, small = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = (uint8_t)(n >> 8 * i);

		letters += isalpha(c) != 0;
		small += c < ' ';
	}
	return letters == 3 && small == 1;
}

/* 0xc0dedbad, 0xbab1e: what programmers spell with the letters that hexadecimal
 * numbers have, to mark their own structures. */
static bool is_spelt(uint64_t n)
{
	static const char *const words[] = { "dead",   "beef", "bad",  "babe",
					     "bab1",   "cafe", "c0de", "face",
					     "feed",   "deaf", "f00d", "d00d",
					     "8675309" };
	char text[20];

	snprintf(text, sizeof(text), "%" PRIx64, n);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

/* 0x26011999, 0x19890721: a day of somebody's life, which programmers like for
 * marks, too (those of the system call reboot() are four). */
static bool is_birthday(uint64_t n)
{
	unsigned v = 0;

	for (int i = 7; i >= 0; i--) {
		unsigned digit = (unsigned)(n >> 4 * i) & 15;

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	unsigned year = v / 10000, rest = v % 10000;

	if (year < 1900 || year > 2030) {
		year = rest;
		rest = v / 10000;
	}
	unsigned a = rest / 100, b = rest % 100;

	return n <= UINT32_MAX && year >= 1900 && year <= 2030 && a > 0 &&
	       b > 0 && ((a <= 12 && b <= 31) || (a <= 31 && b <= 12));
}

bool hidden_is_mark(uint64_t n)
{
	return is_code(n) || is_birthday(n) || is_version_mark(n) ||
	       is_spelt(n);
}

/* "00:00:00:00:00:00", "ff-ff-ff": what stands for no address, or for all. */
static bool is_blank(struct fw_view t)
{
	uint8_t digit = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (strchr(":-. x", t.data[i]) != NULL)
			continue;
		if (digit == 0)
			digit = t.data[i];
		if (t.data[i] != digit)
			return false;
	}
	return t.len > 0;
}

static bool has_caseless(struct fw_view t, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= t.len; i++)
		if (strncasecmp((const char *)t.data + i, part, n) == 0)
			return true;
	return false;
}

/* "fnv1a", "yescrypt-ROMhash": ways to encrypt, to sum, to pack and to talk are
 * given out for all. */
static bool is_algorithm(struct fw_view t)
{
	static const char *const parts[] = { "crypt", "cmac",  "hmac",	"sha1",
					     "sha2",  "sha3",  "sha5",	"md5",
					     "ntlm",  "mpeg",  "ed448", "25519",
					     "fnv1",  "crc32", "ecdsa", "x509",
					     "ipv4",  "ipv6" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (has_caseless(t, parts[i]))
			return true;
	return false;
}

/* What others gave out as a name for everybody: "http://", a UUID, names with
 * dots in them ("org.bluez.Agent1", "eow@openssh.com"), "dh_rfc5114",
 * mkstemp()'s "XXXXXX".
 */
static bool is_public(struct fw_view t)
{
	size_t dots = 0, dashes = 0;

	for (size_t i = 0; i < t.len; i++) {
		dots += t.data[i] == '.' || t.data[i] == '@';
		dashes += t.data[i] == '-';
	}
	/* The kernel's names for things, too. */
	return is_blank(t) || dots > 1 || is_algorithm(t) ||
	       fw_view_starts(t, FW_STR("/sys/")) ||
	       fw_view_starts(t, FW_STR("/proc/")) ||
	       fw_view_starts(t, FW_STR("/dev/")) ||
	       fw_view_find(t, FW_STR("://"), 0) != SIZE_MAX ||
	       (t.len == 36 && dashes == 4) ||
	       fw_view_find(t, FW_STR("rfc"), 0) != SIZE_MAX ||
	       fw_view_find(t, FW_STR("XXXXXX"), 0) != SIZE_MAX;
}

/* "WB21BWDWWDDDDDDDzzzD": a format, whose letters are a few codes. And
 * "abcxxxxxxxjkl": a pattern. */
static bool is_monotonous(struct fw_view t)
{
	size_t kinds = 0, run = 0;

	for (size_t i = 0; i < t.len; i++) {
		kinds += memchr(t.data, t.data[i], i) == NULL;
		run = i > 0 && t.data[i] == t.data[i - 1] ? run + 1 : 0;
		if (run + 1 == RUN)
			return true;
	}
	return t.len >= 8 && kinds * 21 < t.len * 10;
}

/* "mov,mp4,m4a". */
static bool is_list(struct fw_view t)
{
	size_t commas = 0;

	for (size_t i = 0; i < t.len; i++)
		commas += t.data[i] == ',';
	return commas > 1;
}

bool hidden_is_scheme(struct fw_view t)
{
	return t.len > 1 && t.data[0] == '$' && t.data[t.len - 1] == '$';
}

/* "ghijklm": a part of the alphabet. */
static bool is_alphabet(struct fw_view t)
{
	size_t run = 1;

	for (size_t i = 1; i < t.len; i++) {
		run = t.data[i] == t.data[i - 1] + 1 ? run + 1 : 1;
		if (run == RUN)
			return true;
	}
	return false;
}

/* "ecdh_kdf_md", "LowMemoryWarning": how programmers name things. */
static bool is_identifier(struct fw_view t)
{
	bool lower = false;
	size_t under = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!isalnum(t.data[i]) && t.data[i] != '_')
			return false;
		lower |= islower(t.data[i]) != 0;
		under += t.data[i] == '_';
	}
	return hidden_is_joined(t) || (under > 0 && lower) || under > 1;
}

/* "^T-00[0-9]$": what texts have to look like, rather than one of them. */
static bool is_pattern(struct fw_view t)
{
	size_t letters = 0, most = 0;
	bool within = false, some = false;

	if (t.data[0] != '^' && t.data[t.len - 1] != '$')
		return false;
	for (size_t i = 0; i < t.len; i++) {
		within = t.data[i] == '[' || (within && t.data[i] != ']');
		some |= within;
		letters = !within && isalpha(t.data[i]) ? letters + 1 : 0;
		most = letters > most ? letters : most;
	}
	return some && most < 4;
}

/* "lane=4x2", compared as a whole: others look for the name, and take the value
 * as it comes. */
static bool is_setting(const struct code_compare *c)
{
	struct fw_view t = c->literal;
	size_t at = fw_view_find(t, FW_STR("="), 0);

	return c->kind == CODE_COMPARE_CALL && at != SIZE_MAX && at > 2 &&
	       at + 2 < t.len && isalnum(t.data[at - 1]) &&
	       isalnum(t.data[at + 1]);
}

/* "stowsid=", "HWaddr ": what follows is the value, and this its name. */
static bool is_name(struct fw_view t)
{
	return t.len > 0 && strchr("=:[ ", t.data[t.len - 1]) != NULL;
}

/* How a text looks that somebody types, sends or presses, and how one that a
 * format or a protocol has. */
float hidden_looks(const struct code_compare *c, float odd)
{
	struct fw_view t = c->literal;
	/* One long word, or several, is what parts of a format are called. */
	float s = odd < 0.5f ? -1.0f : odd < 0.8f ? -0.5f : 0;

	if (t.len == 0)
		return 0;
	s += t.len >= 10 ? 0.6f : t.len <= HIDDEN_LONG ? -1.2f : 0;
	if (!hidden_has_lower(t) && !hidden_is_by_byte(c))
		s -= 1.2f;
	if (memchr(t.data, ' ', t.len) != NULL)
		s -= 1.5f;
	if (hidden_is_header(t))
		s -= 1.5f;
	if (hidden_is_open(t) || memchr(",[<{;", t.data[0], 5) != NULL)
		s -= strchr("=:[", t.data[t.len - 1]) != NULL ? 1.2f : 0.7f;
	if (is_setting(c))
		s += SETTING;
	/* A parameter's or a cookie's: what follows it is what counts. */
	if (is_name(t))
		s -= 1.0f;
	/* A page's address. */
	if (t.data[0] == '/')
		s -= 0.5f;
	if (is_public(t))
		s -= 2.0f;
	if (is_identifier(t))
		s -= 1.0f;
	/* "$share", "!root": a mark before a name. */
	if (strchr("$@%", t.data[0]) != NULL)
		s -= 1.5f;
	else if (ispunct(t.data[0]) && t.data[0] != '/' && t.data[0] != '.')
		s -= 0.5f;
	if (is_pattern(t))
		s -= 3.0f;
	/* "*.lst*": any of many. */
	if (t.data[0] == '*' && t.data[t.len - 1] == '*')
		s -= 2.0f;
	if (is_monotonous(t) || is_alphabet(t) || is_list(t) ||
	    hidden_is_scheme(t))
		s -= 2.0f;
	/* What programmers keep for themselves. */
	if (fw_view_starts(t, FW_STR("__")))
		s -= 1.0f;
	/* Other programs have it, too. */
	if (fw_literal_is_common(t))
		s -= COMMON;
	return s;
}

bool hidden_is_given_out(struct fw_view t)
{
	return is_name(t) || is_public(t) || is_alphabet(t);
}
