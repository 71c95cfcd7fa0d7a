/* example.c - reads the examples of rules */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/example.h"

enum { ZEROS_MAX = 1 << 20 };

struct recipe {
	struct rule_example *e;
	struct fw_arena *arena;
	uint8_t *bytes;
	size_t len, cap;
};

static bool bad(struct recipe *r, const char *why)
{
	snprintf(r->e->error, sizeof(r->e->error), "%s", why);
	return false;
}

static void put(struct recipe *r, uint8_t byte)
{
	r->bytes = fw_grow(r->arena, r->bytes, &r->cap, r->len + 1, 1);
	r->bytes[r->len++] = byte;
}

static int digit(uint8_t ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = (uint8_t)tolower(ch);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* Two hexadecimal digits, or -1. */
static int hex_byte(struct fw_view v)
{
	if (v.len < 2 || digit(v.data[0]) < 0 || digit(v.data[1]) < 0)
		return -1;
	return digit(v.data[0]) * 16 + digit(v.data[1]);
}

/* One escape after its backslash; returns the bytes it took, 0 for none. */
static size_t put_escape(struct recipe *r, struct fw_view v)
{
	static const char from[] = "ntr0\\\"", to[] = "\n\t\r\0\\\"";

	if (v.len == 0)
		return 0;
	if (v.data[0] == 'x') {
		int byte = hex_byte(fw_view_sub(v, 1, 2));

		if (byte < 0)
			return 0;
		put(r, (uint8_t)byte);
		return 3;
	}
	const char *at = memchr(from, v.data[0], sizeof(from) - 1);

	if (at == NULL)
		return 0;
	put(r, (uint8_t)to[at - from]);
	return 1;
}

static bool only_comment(struct fw_view v)
{
	v = fw_trim(v);
	return v.len == 0 || v.data[0] == '#';
}

static bool read_text(struct recipe *r, struct fw_view v)
{
	size_t i = 1;

	while (i < v.len && v.data[i] != '"') {
		if (v.data[i] != '\\') {
			put(r, v.data[i++]);
			continue;
		}
		size_t n = put_escape(r, fw_view_sub(v, i + 1, SIZE_MAX));

		if (n == 0)
			return bad(r, "unknown escape");
		i += 1 + n;
	}
	if (i >= v.len)
		return bad(r, "text does not end");
	if (!only_comment(fw_view_sub(v, i + 1, SIZE_MAX)))
		return bad(r, "something follows the text");
	return true;
}

static bool read_hex(struct recipe *r, struct fw_view v)
{
	size_t i = 0;

	while (i < v.len && v.data[i] != '#') {
		int byte;

		if (isspace(v.data[i])) {
			i++;
			continue;
		}
		byte = hex_byte(fw_view_sub(v, i, 2));
		if (byte < 0)
			return bad(r, "neither bytes nor text");
		put(r, (uint8_t)byte);
		i += 2;
	}
	return true;
}

static bool read_setting(struct recipe *r, struct fw_view v)
{
	struct fw_view key;
	struct rule_example *e = r->e;

	fw_split(&v, ' ', &key);
	const char *value = fw_strdup(r->arena, fw_trim(v));

	if (fw_view_eq(key, FW_STR("@path")))
		e->obj.path = value;
	else if (fw_view_eq(key, FW_STR("@format")))
		e->obj.format = value;
	else if (fw_view_eq(key, FW_STR("@arch")))
		e->arch = value;
	else if (fw_view_eq(key, FW_STR("@mode")))
		e->meta.mode = (uint32_t)strtoul(value, NULL, 8) & 07777;
	else if (fw_view_eq(key, FW_STR("@uid")))
		e->meta.uid = (uint32_t)strtoul(value, NULL, 10);
	else
		return bad(r, "unknown setting");
	return true;
}

static bool read_line(struct recipe *r, struct fw_view v)
{
	v = fw_trim(v);
	if (only_comment(v))
		return true;
	if (v.data[0] == '"')
		return read_text(r, v);
	if (v.data[0] == '@')
		return read_setting(r, v);
	if (fw_view_starts(v, FW_STR("zeros "))) {
		unsigned long n = strtoul(
			fw_strdup(r->arena, fw_view_sub(v, 6, 16)), NULL, 10);

		if (n > ZEROS_MAX)
			return bad(r, "too many zeros");
		while (n-- > 0)
			put(r, 0);
		return true;
	}
	return read_hex(r, v);
}

bool rule_example_read(struct rule_example *e, struct fw_arena *a,
		       const char *name, struct fw_view source)
{
	struct recipe r = { .e = e, .arena = a };
	struct fw_view line;

	*e = (struct rule_example){ .meta = FW_META(.name = name) };
	e->obj.meta = &e->meta;
	e->obj.path = fw_sprintf(a, "/%s", name);
	e->obj.bytes = source;
	if (!fw_view_ends(fw_view_str(name), FW_STR(".hex")))
		return true;
	while (fw_split(&source, '\n', &line)) {
		e->line++;
		if (!read_line(&r, line))
			return false;
	}
	e->obj.bytes = fw_view_of(r.bytes, r.len);
	return r.len > 0 || bad(&r, "holds no bytes");
}
