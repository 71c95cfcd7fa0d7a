/* text.c - text from images, made safe to show */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "core/text.h"

/* Length of the valid UTF-8 sequence at p (RFC 3629), code point in *cp; 0 if
 * there is none. */
static size_t utf8(const uint8_t *p, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80	 ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	if (n == 0 || n > len)
		return 0;
	*cp = n == 1 ? p[0] : p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (*cp < least[n] || *cp > 0x10ffff ||
		      (*cp >= 0xd800 && *cp < 0xe000)))
		return 0;
	return n;
}

/* Invisible or steering: C0, DEL, C1, zero width, bidirectional controls,
 * line separators, tags, byte order mark. */
static bool is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	       cp == 0x61c || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff0 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* Room for the longest escape and its NUL. */
enum { ESCAPED = 12 };

static char *escape(struct fw_arena *a, struct fw_view raw, bool name)
{
	char *out = fw_alloc(a, raw.len + 1, ESCAPED);
	char *p = out;

	for (size_t i = 0; i < raw.len;) {
		uint32_t cp = 0;
		size_t n = utf8(raw.data + i, raw.len - i, &cp);

		if (n == 0) {
			p += snprintf(p, ESCAPED, "\\x%02x", raw.data[i]);
			n = 1;
		} else if (cp == '\\') {
			p += snprintf(p, ESCAPED, "\\\\");
		} else if (cp == '\n' || cp == '\t' || cp == '\r') {
			p += snprintf(p, ESCAPED, "\\%c",
				      cp == '\n'   ? 'n'
				      : cp == '\t' ? 't'
						   : 'r');
		} else if (is_unsafe(cp)) {
			p += snprintf(p, ESCAPED,
				      cp < 0x80 ? "\\x%02x" : "\\u{%x}",
				      (unsigned)cp);
		} else if (name && cp == '/') {
			p += snprintf(p, ESCAPED, "\\x2f");
		} else {
			memcpy(p, raw.data + i, n);
			p += n;
		}
		i += n;
	}
	*p = '\0';
	return out;
}

char *fw_escape(struct fw_arena *a, struct fw_view raw)
{
	return escape(a, raw, false);
}

char *fw_escape_name(struct fw_arena *a, struct fw_view raw)
{
	if (raw.len == 0)
		return fw_strdup(a, FW_STR("\\x00"));
	if (fw_view_eq(raw, FW_STR(".")))
		return fw_strdup(a, FW_STR("\\x2e"));
	if (fw_view_eq(raw, FW_STR("..")))
		return fw_strdup(a, FW_STR("\\x2e\\x2e"));
	return escape(a, raw, true);
}

bool fw_path_matches(const char *path, const char *pattern)
{
	return fnmatch(pattern, path, FNM_NOESCAPE) == 0;
}

const char *fw_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool fw_is_text(struct fw_view v)
{
	size_t n = v.len < 4096 ? v.len : 4096, bad = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = v.data[i];

		if (c == 0)
			return false;
		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' &&
		    c != '\f' && c != 0x1b)
			bad++;
	}
	return n > 0 && bad * 50 <= n;
}

double fw_entropy(struct fw_view v)
{
	size_t count[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < v.len; i++)
		count[v.data[i]]++;
	for (size_t i = 0; i < 256; i++) {
		if (count[i] == 0)
			continue;
		double p = (double)count[i] / (double)v.len;

		bits -= p * log2(p);
	}
	return bits;
}

const char *fw_date(struct fw_arena *a, int64_t when)
{
	struct tm tm = { 0 };
	time_t t = (time_t)when;

	if (gmtime_r(&t, &tm) == NULL)
		return "";
	return fw_sprintf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			  tm.tm_mday);
}
