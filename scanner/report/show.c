/* show.c - values of a result, as people read them */
#include <stdlib.h>

#include "core/text.h"
#include "report/show.h"

const char *fw_show_raw(struct fw_arena *a, const char *s)
{
	return s == NULL ? NULL : fw_escape(a, fw_view_str(s));
}

const char *fw_show_path(struct fw_arena *a, const char *s)
{
	if (s == NULL)
		return NULL;
	char *p = fw_escape(a, fw_view_str(s)), *to = p;

	for (const char *from = p; *from != '\0'; from++) {
		/* fw_escape() writes one that was there as two */
		if (from[0] == '\\' && from[1] == '\\')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return p;
}

static size_t put_utf8(char *to, unsigned long cp)
{
	if (cp < 0x800) {
		to[0] = (char)(0xc0 | cp >> 6);
		to[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		to[0] = (char)(0xe0 | cp >> 12);
		to[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		to[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | cp >> 18);
	to[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	to[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	to[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* One escape at p: writes what it stands for, returns its length; 0 if it is
 * none that fw_escape() writes. */
static size_t unescape_one(const char *p, char **to)
{
	static const char short_ones[] = "\\\\n\nt\tr\r";
	char *end;

	for (size_t i = 0; i + 1 < sizeof(short_ones); i += 2) {
		if (p[1] == short_ones[i]) {
			*(*to)++ = short_ones[i + 1];
			return 2;
		}
	}
	if (p[1] == 'x' && p[2] != '\0' && p[3] != '\0') {
		char hex[3] = { p[2], p[3], '\0' };
		unsigned long x = strtoul(hex, &end, 16);

		if (end != hex + 2 || x == 0)
			return 0;
		*(*to)++ = (char)x;
		return 4;
	}
	if (p[1] == 'u' && p[2] == '{') {
		unsigned long x = strtoul(p + 3, &end, 16);

		if (*end != '}' || end == p + 3 || end > p + 9 || x < 0x80 ||
		    x > 0x10ffff)
			return 0;
		*to += put_utf8(*to, x);
		return (size_t)(end + 1 - p);
	}
	return 0;
}

const char *fw_unescape(struct fw_arena *a, const char *s)
{
	if (s == NULL)
		return NULL;
	char *text = fw_alloc(a, strlen(s) + 1, 1), *to = text;

	while (*s != '\0') {
		size_t n = *s == '\\' ? unescape_one(s, &to) : 0;

		if (n == 0) {
			*to++ = *s;
			n = 1;
		}
		s += n;
	}
	*to = '\0';
	return text;
}

const char *fw_show_size(struct fw_arena *a, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double x = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024)
		return fw_sprintf(a, "%llu byte%s", (unsigned long long)bytes,
				  bytes == 1 ? "" : "s");
	for (x /= 1024; x >= 1023.95 && unit + 2 < sizeof(units); unit++)
		x /= 1024;
	return fw_sprintf(a, "%.1f %ciB", x, units[unit]);
}

const char *fw_show_share(struct fw_arena *a, uint64_t part, uint64_t whole)
{
	double x = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	if (part > 0 && x < 0.1)
		return "<0.1%";
	if (part < whole && x > 99.9)
		return ">99.9%";
	return fw_sprintf(a, "%.1f%%", x);
}

const char *fw_show_hex(struct fw_arena *a, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = fw_alloc(a, 2 * n + 1, 1);

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	return hex;
}

const char *fw_node_fact(const struct fw_node *n, const char *key)
{
	for (size_t i = 0; i < n->fact_count; i++)
		if (strcmp(n->facts[i].key, key) == 0)
			return n->facts[i].value;
	return NULL;
}

bool fw_node_place(const struct fw_result *r, uint32_t node, uint64_t *at)
{
	*at = 0;
	while (r->nodes[node].parent != FW_NO_NODE) {
		const struct fw_node *n = &r->nodes[node];

		if (n->offset == UINT64_MAX || n->size == 0 ||
		    __builtin_add_overflow(*at, n->offset, at))
			return false;
		node = n->parent;
	}
	return true;
}

bool fw_state_is_damage(enum fw_state s)
{
	return s > FW_STATE_DONE;
}
