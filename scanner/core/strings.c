/* strings.c - the printable runs of an object */
#include "core/strings.h"

enum { RUN_MAX = 64 * 1024 };

static bool is_printable(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

static struct fw_strings find(struct fw_view v, struct fw_arena *a)
{
	struct fw_string *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < v.len && n < FW_STRINGS_MAX;) {
		size_t from = i;

		while (i < v.len && is_printable(v.data[i]) &&
		       i - from < RUN_MAX)
			i++;
		if (i - from >= FW_STRING_MIN) {
			list = fw_grow(a, list, &cap, n + 1, sizeof(*list));
			list[n++] = (struct fw_string){
				.off = from,
				.len = (uint32_t)(i - from),
				.ended = i < v.len && v.data[i] == 0,
			};
		}
		if (i == from)
			i++;
	}
	return (struct fw_strings){ list, n };
}

const struct fw_strings *fw_object_strings(const struct fw_object *obj,
					   struct fw_out *o)
{
	struct fw_arena *a = fw_out_arena(o);
	struct fw_object_cache *cache = obj->cache;

	if (cache == NULL)
		cache = fw_alloc(a, 1, sizeof(*cache));
	if (cache->strings == NULL) {
		struct fw_strings *s = fw_alloc(a, 1, sizeof(*s));

		*s = find(obj->bytes, a);
		cache->strings = s;
	}
	return cache->strings;
}
