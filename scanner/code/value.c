/* value.c - a table of values without doubles */
#include "code/value.h"

enum { FIRST_SLOTS = 1024 };

void code_values_init(struct code_values *t, struct fw_arena *a, size_t max)
{
	*t = (struct code_values){ .arena = a, .max = max };
	t->slot_count = FIRST_SLOTS;
	t->slots = fw_alloc(a, t->slot_count, sizeof(*t->slots));
	t->v = fw_grow(a, NULL, &t->cap, 1, sizeof(*t->v));
	t->v[0] = (struct code_value){ .kind = CODE_UNKNOWN };
	t->count = 1;
}

static size_t hash_of(const struct code_value *v)
{
	uint64_t h = v->n * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)v->base << 16 | (uint64_t)v->kind << 8 | v->size) *
	     UINT64_C(0xc2b2ae3d27d4eb4f);
	return (size_t)(h ^ h >> 29);
}

static void rehash(struct code_values *t)
{
	size_t n = t->slot_count * 4;
	code_id *s = fw_alloc(t->arena, n, sizeof(*s));

	for (size_t i = 1; i < t->count; i++) {
		size_t at = hash_of(&t->v[i]) & (n - 1);

		while (s[at] != 0)
			at = (at + 1) & (n - 1);
		s[at] = (code_id)i;
	}
	t->slots = s;
	t->slot_count = n;
}

code_id code_value(struct code_values *t, enum code_value_kind kind,
		   uint8_t size, code_id base, uint64_t n)
{
	struct code_value v = {
		.kind = (uint8_t)kind, .size = size, .base = base, .n = n
	};
	size_t at = hash_of(&v) & (t->slot_count - 1);

	for (; t->slots[at] != 0; at = (at + 1) & (t->slot_count - 1)) {
		const struct code_value *w = &t->v[t->slots[at]];

		if (w->n == n && w->base == base && w->kind == v.kind &&
		    w->size == size)
			return t->slots[at];
	}
	if (t->count >= t->max)
		return 0;
	t->v = fw_grow(t->arena, t->v, &t->cap, t->count + 1, sizeof(v));
	t->v[t->count] = v;
	t->slots[at] = (code_id)t->count++;
	code_id id = t->slots[at];

	if (t->count * 2 > t->slot_count)
		rehash(t);
	return id;
}

code_id code_value_base(const struct code_values *t, code_id id, uint64_t *n)
{
	*n = 0;
	if (t->v[id].kind != CODE_OFFSET)
		return id;
	*n = t->v[id].n;
	return t->v[id].base;
}

code_id code_value_add(struct code_values *t, code_id id, uint64_t n,
		       uint64_t mask)
{
	struct code_value v = t->v[id];

	switch ((enum code_value_kind)v.kind) {
	case CODE_UNKNOWN:
		return 0;
	case CODE_CONST:
		return code_const(t, (v.n + n) & mask);
	case CODE_STACK:
		return code_value(t, CODE_STACK, 0, 0, v.n + n);
	case CODE_OFFSET:
		n += v.n;
		id = v.base;
		break;
	case CODE_COMPARED:
	case CODE_TESTED:
	case CODE_CONDITION:
		return n == 0 ? id : 0;
	default:
		break;
	}
	return n == 0 ? id : code_value(t, CODE_OFFSET, 0, id, n);
}
