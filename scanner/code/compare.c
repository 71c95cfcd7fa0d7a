/* compare.c - compares with constants, called or in place */
#include "code/compare.h"

#include "code/trace.h"

#include <stdlib.h>

enum { BYTES_MAX = CODE_LITERAL_MAX, CALLEE_MAX = 1024 };
enum { SCAN_MIN = 5 }; /* letters before the first "%" */

/* The bytes of one compare. */
struct part {
	code_id base;
	int64_t from;
	uint8_t value[8], count;
	uint8_t compares; /* further ones that it is made of */
};

/* Bytes of a literal that are compared apart, from one base address. */
struct bytes {
	code_id base;
	int64_t from[BYTES_MAX];
	uint8_t value[BYTES_MAX];
	size_t count;
};

static const struct code_value *value(const struct code_program *p, code_id id)
{
	return code_value_at(&p->values, id);
}

/* The function that a call calls, where it is the program's own and short. */
static const struct code_function *small_callee(struct code_program *p,
						const struct code_call *c)
{
	const struct code_start *s;

	if (c->function == CODE_NO_FUNCTION)
		return NULL;
	s = &p->starts[c->function];
	return s->end - s->address <= CALLEE_MAX ? code_function(p, c->function)
						 : s->analysed;
}

bool code_is_decoded(struct code_program *p, const struct code_function *f,
		     const struct code_call *c, code_id buffer)
{
	const struct code_value *v = value(p, buffer);
	const struct code_call *writer = NULL;

	if (v->kind != CODE_STACK && v->kind != CODE_CONST)
		return false;
	for (const struct code_call *k = code_calls_before(f, c); k < c; k++)
		for (unsigned i = 0; i < CODE_ARGS; i++)
			if (k->args[i] == buffer &&
			    !code_call_does(
				    p, k, CODE_EQUAL | CODE_FOUND | CODE_READS))
				writer = k;
	/* A loop behind the last call that had it in hand. */
	if (writer != NULL && f->xors && v->kind == CODE_STACK &&
	    f->xor_at > writer->at && f->xor_at < c->at)
		return true;
	if (writer != NULL) {
		const struct code_function *callee = small_callee(p, writer);

		return callee != NULL && callee->xors;
	}
	return (f->xors || f->built.len > 0) && v->kind == CODE_STACK;
}

/* A call's literal argument; false where none or both are constant. */
static bool literal_of(struct code_program *p, const struct code_function *f,
		       const struct code_call *c, struct code_compare *out)
{
	const struct code_known *k = code_call_known(p, c);
	unsigned lit = c->text[1].len > 0 ? 1 : 0;

	if (k->name == code_looks_up) {
		out->literal = c->text[k->arg];
		out->subject = c->args[k->arg == 0 ? 1 : 0];
		return out->literal.len > 0;
	}
	if ((c->text[0].len > 0) == (c->text[1].len > 0)) {
		bool a = code_is_decoded(p, f, c, c->args[0]);
		bool b = code_is_decoded(p, f, c, c->args[1]);

		if (c->text[0].len > 0 || a == b)
			return false;
		out->kind = CODE_COMPARE_DECODED;
		out->built = true;
		out->literal = f->xors ? (struct fw_view){ NULL, 0 } : f->built;
		out->subject = c->args[a ? 1 : 0];
		return true;
	}
	if (k->use & CODE_FOUND && lit == 0)
		return false; /* strstr("a,b,c", x): a list of what may be */
	out->literal = c->text[lit];
	out->built = (c->built & 1u << lit) != 0;
	out->subject = c->args[1 - lit];
	const struct code_value *n = value(p, c->args[2]);

	if ((k->use & CODE_LENGTH) != 0 && n->kind == CODE_CONST &&
	    n->n < out->literal.len)
		out->literal = fw_view_sub(out->literal, 0, n->n);
	return out->literal.len > 0;
}

static void set_edges(const struct code_block *b, bool equal_taken,
		      struct code_compare *out)
{
	out->equal = b->next[equal_taken ? 0 : 1];
	out->other = b->next[equal_taken ? 1 : 0];
}

/* A call of a function that does nothing but compare its argument with a
 * constant is that compare. */
static bool by_predicate(const struct code_program *p,
			 const struct code_block *b, const struct code_test *t,
			 const struct code_call *c, struct code_compare *out)
{
	const struct code_predicate *q =
		c->function == CODE_NO_FUNCTION
			? NULL
			: p->starts[c->function].predicate;

	if (q == NULL)
		return false;
	out->kind = CODE_COMPARE_CALL;
	out->literal = q->literal;
	out->built = q->built;
	if (q->literal.len == 0)
		out->kind = CODE_COMPARE_DECODED;
	out->subject = q->argument < CODE_ARGS ? c->args[q->argument] : t->left;
	out->at = q->at;
	out->call = c;
	set_edges(b, (t->cond == CODE_EQ) == (q->equal == 0), out);
	return true;
}

/* sscanf(x, "word %127s", rest) == 1: x begins with the word. */
static bool by_scan(const struct code_program *p, const struct code_block *b,
		    const struct code_test *t, const struct code_call *c,
		    struct code_compare *out)
{
	const struct code_value *right = value(p, t->right);
	struct fw_view form = c->text[1];
	size_t n = fw_view_find(form, FW_STR("%"), 0);

	/* A static program has lost the name. */
	struct fw_view name = code_bare_name(code_call_name(p, c));
	bool scans = name.len > 0 ? fw_view_eq(name, FW_STR("sscanf"))
				  : p->import_count < 2;

	if (right->kind != CODE_CONST || right->n == 0 || right->n > 9 ||
	    n == SIZE_MAX || n < SCAN_MIN || !scans)
		return false;
	while (n > 0 && form.data[n - 1] == ' ')
		n--;
	out->kind = CODE_COMPARE_CALL;
	out->literal = fw_view_sub(form, 0, n);
	out->subject = c->args[0];
	out->at = c->at;
	out->call = c;
	set_edges(b, t->cond == CODE_EQ, out);
	return n >= SCAN_MIN;
}

/* strstr(x, "word") == x */
static bool begins_with(const struct code_program *p,
			const struct code_function *f,
			const struct code_test *t, struct code_compare *out)
{
	for (int i = 0; i < 2; i++) {
		const struct code_call *c =
			code_call_of(p, f, i == 0 ? t->left : t->right);
		code_id other = i == 0 ? t->right : t->left;

		if (c == NULL || other == 0 || c->args[0] != other ||
		    !code_call_does(p, c, CODE_FOUND))
			continue;
		out->kind = CODE_COMPARE_CALL;
		out->at = c->at;
		out->call = c;
		return true;
	}
	return false;
}

static bool by_call(struct code_program *p, const struct code_function *f,
		    const struct code_block *b, const struct code_test *t,
		    struct code_compare *out)
{
	const struct code_value *right = value(p, t->right);
	const struct code_call *c = code_call_of(p, f, t->left);
	const struct code_known *k = c == NULL ? NULL : code_call_known(p, c);

	if (begins_with(p, f, t, out)) {
		set_edges(b, t->cond == CODE_EQ, out);
		return literal_of(p, f, out->call, out);
	}
	if (k == NULL && c != NULL && right->kind == CODE_CONST &&
	    right->n == 0)
		return by_predicate(p, b, t, c, out);
	if (k == NULL && c != NULL)
		return by_scan(p, b, t, c, out);
	if (k == NULL || (k->use & (CODE_EQUAL | CODE_FOUND)) == 0 ||
	    right->kind != CODE_CONST || right->n != 0)
		return false;
	bool found = (k->use & CODE_FOUND) != 0;

	out->kind = found ? CODE_COMPARE_SEARCH : CODE_COMPARE_CALL;
	out->at = c->at;
	out->call = c;
	set_edges(b, (t->cond == CODE_EQ) != found, out);
	return literal_of(p, f, c, out);
}

/* Writes the bytes of a number as they lie in memory. */
static void number_bytes(const struct code_program *p, uint64_t n, uint8_t size,
			 uint8_t *to)
{
	for (uint8_t i = 0; i < size; i++)
		to[p->mode.big_endian ? size - 1 - i : i] =
			(uint8_t)(n >> i * 8);
}

static bool add_bytes(const struct code_program *p, struct bytes *s,
		      code_id loaded, uint64_t n)
{
	const struct code_value *v = value(p, loaded);
	uint8_t raw[8];
	uint64_t off;

	if (v->kind != CODE_LOADED || v->size == 0 || v->size > 8 ||
	    s->count + v->size > BYTES_MAX)
		return false;
	code_id base = code_value_base(&p->values, v->base, &off);
	const struct code_value *b = value(p, base);

	if (b->kind == CODE_STACK || b->kind == CODE_CONST) {
		/* Each address is a value of its own there. */
		off = b->n;
		base = 0;
	}
	if (s->count > 0 && base != s->base)
		return false;
	s->base = base;
	number_bytes(p, n, v->size, raw);
	for (uint8_t i = 0; i < v->size; i++) {
		s->from[s->count] = (int64_t)off + i;
		s->value[s->count++] = raw[i];
	}
	return true;
}

/* What is compared, without the detours that compilers and authors take:
 * x + n == k is x == k - n, x ^ n == k is x == k ^ n. */
static code_id plain(const struct code_program *p, code_id left, uint64_t *k)
{
	for (int i = 0; i < 4; i++) {
		const struct code_value *v = value(p, left);

		if (v->kind == CODE_OFFSET)
			*k -= v->n;
		else if (v->kind == CODE_XORED)
			*k ^= v->n;
		else
			break;
		left = v->base;
	}
	return left;
}

/* (a ^ x) | (b ^ y) == 0: both are equal. */
static bool add_either(const struct code_program *p, struct bytes *s,
		       code_id left)
{
	code_id todo[16];
	size_t n = 1;

	todo[0] = left;
	while (n > 0) {
		const struct code_value *v = value(p, todo[--n]);
		uint64_t k = 0;

		if (v->kind == CODE_EITHER && n + 2 <= 16) {
			todo[n++] = v->base;
			todo[n++] = (code_id)v->n;
			continue;
		}
		code_id subject = plain(p, (code_id)(v - p->values.v), &k);

		if (!add_bytes(p, s, subject, k))
			return false;
	}
	return true;
}

/* The bytes in order of address; 0 where they leave a gap. Parts may overlap:
 * 14 bytes are compared as 8 and 8. */
static size_t join(const struct bytes *s, char *to)
{
	bool there[BYTES_MAX] = { false };
	int64_t first = INT64_MAX;
	size_t length = 0;

	for (size_t i = 0; i < s->count; i++)
		first = s->from[i] < first ? s->from[i] : first;
	for (size_t i = 0; i < s->count; i++) {
		int64_t at = s->from[i] - first;

		if (at < 0 || at >= (int64_t)s->count)
			return 0;
		to[at] = (char)s->value[i];
		there[at] = true;
		length = (size_t)at + 1 > length ? (size_t)at + 1 : length;
	}
	for (size_t i = 0; i < length; i++)
		if (!there[i])
			return 0;
	return length;
}

static size_t printable(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= 32 && s[i] < 127)
		i++;
	/* The zero at the end is compared as well. */
	return i == n || (i + 1 == n && s[i] == 0) ? i : 0;
}

static void set_literal(struct code_program *p, struct code_compare *out,
			const char *s, size_t n)
{
	size_t len = printable(s, n);

	if (len >= 2)
		out->literal = fw_view_of(
			fw_strdup(p->arena, fw_view_of(s, len)), len);
}

/* A number that is printable bytes shows them: of eight bytes, which only
 * compares of memory have, as they lie there, and of four as they are written.
 */
static void show_number(struct code_program *p, struct code_compare *out)
{
	char text[8];
	bool lies = out->size == 8 && !p->mode.big_endian &&
		    value(p, out->subject)->kind != CODE_MIXED;

	for (int turn = 0; turn < 2 && out->literal.len == 0 && out->size >= 3;
	     turn++) {
		bool swap = (turn == 1) != lies;

		for (uint8_t i = 0; i < out->size; i++)
			text[swap ? out->size - 1 - i : i] =
				(char)(out->number >> (out->size - 1 - i) * 8);
		if (printable(text, out->size) == out->size)
			set_literal(p, out, text, out->size);
	}
}

static uint8_t width(uint64_t n)
{
	return n <= 0xff ? 1 : n <= 0xffff ? 2 : n <= UINT32_MAX ? 4 : 8;
}

static bool is_large(const struct code_value *v)
{
	/* Not a small one with a sign. */
	return v->kind == CODE_CONST && v->n > 0xffff &&
	       v->n < UINT64_C(0xffffffff00000000);
}

/* toupper(p[1]) == 'Q' is about the byte. */
static code_id byte_of_call(const struct code_program *p,
			    const struct code_function *f, code_id subject)
{
	const struct code_call *c = code_call_of(p, f, subject);
	const struct code_value *v = c == NULL ? NULL : value(p, c->args[0]);

	return v != NULL && v->kind == CODE_LOADED && v->size == 1 ? c->args[0]
								   : subject;
}

/* A whole register, and nothing that was multiplied or added up. */
static bool may_be_address(const struct code_program *p,
			   const struct code_test *t, code_id subject)
{
	const struct code_value *v = value(p, subject);

	return v->kind != CODE_SUM && v->kind != CODE_MIXED &&
	       v->size % p->word == 0 && t->size >= p->word;
}

static bool by_value(struct code_program *p, const struct code_function *f,
		     const struct code_block *b, const struct code_test *t,
		     struct bytes *s, struct code_compare *out)
{
	const struct code_value *right = value(p, t->right);
	char text[BYTES_MAX];

	if (right->kind != CODE_CONST)
		return false;
	uint64_t k = right->n;

	set_edges(b, t->cond == CODE_EQ, out);
	out->at = b->end;
	out->subject = plain(p, t->left, &k);
	if (k > 32 && k < 127)
		out->subject = byte_of_call(p, f, out->subject);
	out->number = k & p->mask;
	out->is_number = true;
	s->count = 0;
	if (value(p, out->subject)->kind == CODE_EITHER && k == 0 &&
	    add_either(p, s, out->subject)) {
		out->kind = CODE_COMPARE_INLINE;
		out->is_number = false;
		set_literal(p, out, text, join(s, text));
		return out->literal.len > 0;
	}
	out->kind = CODE_COMPARE_NUMBER;
	out->size = width(out->number);
	/* An address: the end of a list, one of the program's own objects. */
	if (k > 0x1000 && may_be_address(p, t, out->subject) &&
	    code_range_of(p, k) != NULL)
		return false;
	if (!add_bytes(p, s, out->subject, k)) {
		show_number(p, out);
		return out->subject != 0 || is_large(right);
	}
	out->size = value(p, out->subject)->size;
	out->number &= out->size >= 8 ? UINT64_MAX
				      : (UINT64_C(1) << out->size * 8) - 1;
	set_literal(p, out, text, join(s, text));
	show_number(p, out);
	return true;
}

/* "strcmp(x, "literal") == 0 && !y" as compilers join it: the call's result or
 * something else, compared with 0. The part that is such a result; 0: none. */
static code_id part_of_call(const struct code_program *p,
			    const struct code_function *f,
			    const struct code_test *t)
{
	const struct code_value *v = value(p, t->left);
	const struct code_value *right = value(p, t->right);

	if (v->kind != CODE_EITHER || right->kind != CODE_CONST ||
	    right->n != 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		code_id id = i == 0 ? v->base : (code_id)v->n;
		const struct code_call *c = code_call_of(p, f, id);

		if (c != NULL && code_call_does(p, c, CODE_EQUAL))
			return id;
	}
	return 0;
}

/* a - b == 0 where one side is a constant that was loaded elsewhere. */
static bool normal(const struct code_program *p, struct code_test *t)
{
	const struct code_value *left = value(p, t->left);

	if (left->kind == CODE_DIFFERENCE &&
	    value(p, t->right)->kind == CODE_CONST &&
	    value(p, t->right)->n == 0) {
		t->right = (code_id)left->n;
		t->left = left->base;
	}
	if (value(p, t->left)->kind == CODE_CONST) {
		code_id swap = t->left;

		t->left = t->right;
		t->right = swap;
	}
	/* A hash that a loop makes is not known, what it must be is. */
	return t->left != 0 || is_large(value(p, t->right));
}

/* "test al, 0x40": what is left of a value's bits against 0. */
static bool by_bits(struct code_program *p, const struct code_block *b,
		    struct code_test *t)
{
	const struct code_value f = *value(p, b->flags);
	const struct code_value *right = value(p, (code_id)f.n);

	if (f.kind != CODE_TESTED || right->kind != CODE_CONST || f.base == 0)
		return false;
	*t = (struct code_test){ .left = code_value(&p->values, CODE_MASKED, 0,
						    f.base, right->n),
				 .right = code_const(&p->values, 0),
				 .cond = b->cond,
				 .size = f.size };
	return t->left != 0;
}

static bool one(struct code_program *p, const struct code_function *f,
		uint32_t block, struct code_compare *out, struct bytes *s)
{
	const struct code_block *b = &f->blocks[block];
	struct code_test t;

	*out = (struct code_compare){ .block = block };
	s->count = 0;
	if (!b->reached || b->cond == CODE_ALWAYS ||
	    (!code_test_of(&p->values, b->flags, b->cond, &t) &&
	     !by_bits(p, b, &t)) ||
	    !normal(p, &t))
		return false;
	if (t.cond == CODE_LESS || t.cond == CODE_GREATER) {
		if (value(p, t.right)->kind != CODE_CONST)
			return false;
		out->kind = CODE_COMPARE_ORDER;
		out->number = value(p, t.right)->n;
		out->is_number = true;
		out->subject = t.left;
		out->at = b->end;
		set_edges(b, true, out);
		return true;
	}
	if (t.cond != CODE_EQ && t.cond != CODE_NE)
		return false;
	code_id call = part_of_call(p, f, &t);

	if (call != 0)
		t.left = call;
	return by_call(p, f, b, &t, out) || by_value(p, f, b, &t, s, out);
}

/* What a choice without a branch asks for; false: nothing that counts, or a
 * branch asks for the same. */
static bool by_choice(struct code_program *p, const struct code_function *f,
		      const struct code_choice *k,
		      const struct code_compare *list, size_t n,
		      struct code_compare *out, struct bytes *s)
{
	/* As a block that ends with it. */
	const struct code_block b = { .end = k->at,
				      .next = { CODE_NO_BLOCK, CODE_NO_BLOCK },
				      .cond = k->cond };
	struct code_test t;

	*out = (struct code_compare){ .block = k->block, .kept = true };
	s->count = 0;
	if (!code_test_of(&p->values, k->flags, k->cond, &t) ||
	    !normal(p, &t) || (t.cond != CODE_EQ && t.cond != CODE_NE) ||
	    (!by_call(p, f, &b, &t, out) && !by_value(p, f, &b, &t, s, out)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (out->call != NULL
			    ? list[i].call == out->call
			    : list[i].call == NULL &&
				      list[i].subject == out->subject &&
				      list[i].number == out->number)
			return false;
	return true;
}

static struct part part_of(const struct bytes *s)
{
	struct part k = { .base = s->base };

	if (s->count == 0 || s->count > sizeof(k.value))
		return k;
	k.from = s->from[0];
	k.count = (uint8_t)s->count;
	memcpy(k.value, s->value, s->count);
	return k;
}

/* ARM: "cmp; ldrbeq; cmpeq; beq" compares several bytes in one block. Those of
 * choices before its branch are put in front of the branch's. */
static void add_choices(struct code_program *p, const struct code_function *f,
			const struct code_choice *k, size_t n, struct part *to)
{
	struct code_compare c;
	struct code_test t;
	struct bytes s;

	while (n > 0 && to->count > 0 && k[n - 1].leads) {
		const struct code_choice *last = &k[--n];
		const struct code_block b = { .end = last->at,
					      .next = { CODE_NO_BLOCK,
							CODE_NO_BLOCK },
					      .cond = last->cond };

		c = (struct code_compare){ .block = last->block };
		s.count = 0;
		if (last->cond != CODE_EQ ||
		    !code_test_of(&p->values, last->flags, last->cond, &t) ||
		    !normal(p, &t) || t.cond != CODE_EQ ||
		    !by_value(p, f, &b, &t, &s, &c) || s.count == 0 ||
		    s.base != to->base || s.count + to->count > 8U ||
		    s.from[0] + (int64_t)s.count != to->from)
			return;
		memmove(to->value + s.count, to->value, to->count);
		memcpy(to->value, s.value, s.count);
		to->count = (uint8_t)(to->count + s.count);
		to->from = s.from[0];
		to->compares++;
	}
}

static bool append(struct bytes *s, const struct part *k)
{
	if (k->count == 0 || s->count + k->count > BYTES_MAX ||
	    (s->count > 0 && k->base != s->base))
		return false;
	s->base = k->base;
	for (uint8_t i = 0; i < k->count; i++) {
		s->from[s->count] = k->from + i;
		s->value[s->count++] = k->value[i];
	}
	return true;
}

static void mark_links(struct code_compare *list, uint32_t next, size_t links,
		       const uint32_t *of_block)
{
	for (; links > 0; links--) {
		struct code_compare *c = &list[of_block[next] - 1];

		c->linked = true;
		next = c->equal;
	}
}

/* Compares of single bytes or words that follow each other over their equal
 * edges are one literal. The first of a chain takes over the last one's edge.
 */
static void chain(struct code_program *p, struct code_compare *list, size_t n,
		  const struct part *parts, const uint32_t *of_block)
{
	for (size_t i = 0; i < n; i++) {
		struct code_compare *c = &list[i];
		const struct code_compare *last = c;
		struct bytes all = { .count = 0 };
		uint32_t next = c->equal;
		char text[BYTES_MAX];
		size_t steps = 0, links = parts[i].compares;

		if (c->kind != CODE_COMPARE_NUMBER || c->linked ||
		    !append(&all, &parts[i]))
			continue;
		while (next != CODE_NO_BLOCK && of_block[next] != 0 &&
		       of_block[next] - 1 != i &&
		       /* "and something follows" leads away when equal */
		       list[of_block[next] - 1].equal != last->other &&
		       append(&all, &parts[of_block[next] - 1])) {
			last = &list[of_block[next] - 1];
			links += 1U + parts[of_block[next] - 1].compares;
			next = last->equal;
			steps++;
		}
		size_t len = links == 0 ? 0 : join(&all, text);

		if (len < 3 || printable(text, len) < 3)
			continue;
		mark_links(list, c->equal, steps, of_block);
		c->kind = CODE_COMPARE_INLINE;
		c->links = (uint8_t)links;
		c->is_number = false;
		c->equal = next;
		c->literal = (struct fw_view){ NULL, 0 };
		set_literal(p, c, text, len);
	}
}

static int by_block(const void *a, const void *b)
{
	const struct code_compare *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->kept != y->kept ? (x->kept ? -1 : 1)
				  : (x->at > y->at) - (x->at < y->at);
}

static size_t find(struct code_program *p, const struct code_function *f,
		   struct code_compare **list)
{
	uint32_t *of_block = p->compare_room =
		fw_grow(p->arena, p->compare_room, &p->compare_cap,
			f->block_count, sizeof(*of_block));
	size_t n = 0, cap = 0, from = 0, to;
	struct part *parts = p->part_room;
	struct code_compare c;
	struct bytes bytes;

	*list = NULL;
	if (p->arena->used > p->memory_max) {
		p->gave_up = "its code needs more memory than there is for it";
		return 0;
	}
	memset(of_block, 0, f->block_count * sizeof(*of_block));
	for (uint32_t b = 0; b < f->block_count; b++) {
		if (!one(p, f, b, &c, &bytes))
			continue;
		*list = fw_grow(p->arena, *list, &cap, n + 1, sizeof(c));
		parts = p->part_room = fw_grow(p->arena, parts, &p->part_cap,
					       n + 1, sizeof(*parts));
		(*list)[n] = c;
		parts[n] = part_of(&bytes);
		while (from < f->choice_count && f->choices[from].block < b)
			from++;
		for (to = from;
		     to < f->choice_count && f->choices[to].block == b;)
			to++;
		add_choices(p, f, f->choices + from, to - from, &parts[n++]);
		of_block[b] = (uint32_t)n;
	}
	chain(p, *list, n, parts, of_block);

	bool kept = false;

	for (size_t i = 0; i < f->choice_count; i++) {
		if (!by_choice(p, f, &f->choices[i], *list, n, &c, &bytes))
			continue;
		*list = fw_grow(p->arena, *list, &cap, n + 1, sizeof(c));
		(*list)[n++] = c;
		kept = true;
	}
	if (kept)
		qsort(*list, n, sizeof(**list), by_block);
	return n;
}

size_t code_compares(struct code_program *p, const struct code_function *f,
		     struct code_compare **list)
{
	struct code_function *own = p->starts[f->start].analysed;

	if (!p->settled || own != f)
		return find(p, f, list);
	if (!own->compared) {
		own->compared = true;
		own->compare_count = find(p, f, &own->compares);
		own->compare_count = code_add_traced(p, f, &own->compares,
						     own->compare_count);
		if (own->compare_count > 1)
			qsort(own->compares, own->compare_count,
			      sizeof(*own->compares), by_block);
	}
	*list = own->compares;
	return own->compare_count;
}
