/* view.c - searching and splitting borrowed bytes */
#include "core/view.h"

size_t fw_view_find(struct fw_view v, struct fw_view needle, size_t from)
{
	const uint8_t *hit;

	if (v.data == NULL || from > v.len || needle.len > v.len - from)
		return SIZE_MAX;
	hit = memmem(v.data + from, v.len - from, needle.data, needle.len);
	return hit == NULL ? SIZE_MAX : (size_t)(hit - v.data);
}

bool fw_view_inside(struct fw_view outer, struct fw_view inner)
{
	uintptr_t o = (uintptr_t)outer.data, i = (uintptr_t)inner.data;

	return inner.data != NULL && i >= o && i - o <= outer.len &&
	       inner.len <= outer.len - (i - o);
}

bool fw_split(struct fw_view *rest, uint8_t sep, struct fw_view *field)
{
	const uint8_t *end;

	if (rest->data == NULL)
		return false;
	end = rest->len ? memchr(rest->data, sep, rest->len) : NULL;
	if (end == NULL) {
		*field = *rest;
		*rest = (struct fw_view){ NULL, 0 };
		return true;
	}
	*field = fw_view_of(rest->data, (size_t)(end - rest->data));
	*rest = fw_view_of(end + 1, rest->len - field->len - 1);
	return true;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct fw_view fw_trim(struct fw_view v)
{
	while (v.len > 0 && is_space(v.data[0])) {
		v.data++;
		v.len--;
	}
	while (v.len > 0 && is_space(v.data[v.len - 1]))
		v.len--;
	return v;
}
