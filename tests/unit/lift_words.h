/* lift_words.h - what the tests of lifters for 32-bit instruction words share:
 * operations told as text, and operations checked against ir.h */
#ifndef LIFT_WORDS_H
#define LIFT_WORDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
// clang-format off: cmocka needs those above
#include <cmocka.h>
// clang-format on

#include "code/arch.h"

struct row {
	uint32_t word;
	const char *text;   /* as lift_say() tells operations and flow */
	const char *little; /* in little endian order, if not the same */
};

struct text {
	char s[1024];
	size_t n;
};

enum { AT = 0x401000 };

/* The name of a register, of each processor's test. */
static const char *reg(uint8_t n);

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->n += (size_t)vsnprintf(t->s + t->n, sizeof(t->s) - t->n, format,
				  args);
	va_end(args);
	assert_true(t->n < sizeof(t->s));
}

static void say_number(struct text *t, int64_t v)
{
	add(t, "%s0x%llx", v < 0 ? "-" : "",
	    (unsigned long long)(v < 0 ? -v : v));
}

static void say_b(struct text *t, const struct code_operation *o)
{
	if (o->b != CODE_NONE)
		add(t, "%s", reg(o->b));
	else
		say_number(t, o->imm);
}

static void say_place(struct text *t, const struct code_operation *o,
		      uint8_t index)
{
	add(t, "%d[%s", o->size, reg(o->a));
	if (index != CODE_NONE)
		add(t, "+%s", reg(index));
	add(t, ",");
	say_number(t, o->off);
	add(t, "]");
}

static const char *const conds[] = { "always", "eq", "ne", "lt", "gt", "odd" };

static void say_op(struct text *t, const struct code_operation *o)
{
	static const char *const signs[] = {
		[CODE_ADDI] = "+",   [CODE_ADD] = "+",
		[CODE_SUB] = "-",    [CODE_ANDI] = "&",
		[CODE_ORI] = "|",    [CODE_OR] = "|",
		[CODE_XORI] = "^",   [CODE_XOR] = "^",
		[CODE_SHIFT] = "<<", [CODE_COMPARE] = "cmp",
		[CODE_TEST] = "test"
	};

	if (o->op != CODE_STORE)
		add(t, "%s=", reg(o->dst));
	switch (o->op) {
	case CODE_SET:
		say_number(t, o->imm);
		break;
	case CODE_MOVE:
		add(t, "%s", reg(o->a));
		break;
	case CODE_MIX:
		add(t, "mix %s %s", reg(o->a), reg(o->b));
		break;
	case CODE_CLOBBER:
		add(t, "?");
		break;
	case CODE_LOAD:
		say_place(t, o, o->b);
		break;
	case CODE_STORE:
		say_place(t, o, o->dst);
		add(t, "=");
		say_b(t, o);
		break;
	case CODE_CSET:
		add(t, "%s %s", conds[o->cond], reg(o->a));
		break;
	case CODE_CMOV:
		add(t, "%s %s ", conds[o->cond], reg(o->a));
		say_b(t, o);
		break;
	case CODE_SYSCALL:
		add(t, "syscall %s", reg(o->a));
		break;
	default:
		add(t, "%s %s ", reg(o->a), signs[o->op]);
		say_b(t, o);
		break;
	}
}

static void say_flow(struct text *t, const struct code_insn *in)
{
	static const char *const flows[] = { "",       "branch", "jump",
					     "jump *", "call",	 "call *",
					     "return", "return", "stop" };

	add(t, "%s", in->link_only ? "link" : flows[in->flow]);
	if (in->cond != CODE_ALWAYS)
		add(t, " %s", conds[in->cond]);
	if (in->reg != CODE_NONE)
		add(t, " %s", reg(in->reg));
	if (in->target != 0)
		add(t, " 0x%llx", (unsigned long long)in->target);
	if (in->delay)
		add(t, "%s", in->likely ? " likely" : " delay");
}

static void lift_say(struct text *t, const struct code_insn *in)
{
	*t = (struct text){ "", 0 };
	for (uint8_t i = 0; i < in->count; i++) {
		add(t, i > 0 ? "; " : "");
		say_op(t, &in->ops[i]);
	}
	if (in->count > 0 && (in->flow != CODE_NEXT || in->link_only))
		add(t, "; ");
	say_flow(t, in);
}

static void put_word(uint8_t *p, uint32_t w, bool big_endian)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(w >> (big_endian ? 24 - 8 * i : 8 * i));
}

/* Each row in both byte orders, of which libcapstone reads each: a lifter that
 * reads words must not be given what the listing cannot show. */
static unsigned lift_rows(const struct code_arch *arch, const struct row *rows,
			  size_t count, bool big_endian)
{
	struct code_mode mode = { .big_endian = big_endian };
	unsigned wrong = 0;
	csh decoder;

	assert_true(code_decoder_open(arch, mode, &decoder));

	cs_insn *in = cs_malloc(decoder);

	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[4];
		const uint8_t *p = bytes;
		size_t n = sizeof(bytes);
		uint64_t at = AT;
		struct code_insn out;
		struct text t = { "no code", 7 };
		const char *want = rows[i].text;

		if (!big_endian && rows[i].little != NULL)
			want = rows[i].little;

		put_word(bytes, rows[i].word, big_endian);
		if (!cs_disasm_iter(decoder, &p, &n, &at, in))
			t = (struct text){ "no listing", 10 };
		memset(&out, 0xee, sizeof(out)); /* lift sets what counts */
		if (t.n == 7 && arch->lift(in, mode, &out))
			lift_say(&t, &out);
		if (strcmp(t.s, want) == 0)
			continue;
		print_error("%08x\n  is     %s\n  not    %s\n", rows[i].word,
			    t.s, want);
		wrong++;
	}
	cs_free(in, 1);
	cs_close(&decoder);
	return wrong;
}

/* Every operation as ir.h allows it. */
static bool known_register(uint8_t n)
{
	return n < CODE_REGS || n == CODE_NONE;
}

static void allowed(const struct code_insn *in)
{
	assert_in_range(in->count, 0, CODE_OPS);
	assert_in_range(in->flow, CODE_NEXT, CODE_STOP);
	assert_in_range(in->cond, CODE_ALWAYS, CODE_ODD);
	assert_true(known_register(in->reg));
	for (uint8_t i = 0; i < in->count; i++) {
		const struct code_operation *o = &in->ops[i];
		bool memory = o->op == CODE_LOAD || o->op == CODE_STORE;

		assert_in_range(o->op, CODE_SET, CODE_SYSCALL);
		assert_in_range(o->cond, CODE_ALWAYS, CODE_ODD);
		assert_true(known_register(o->dst) && known_register(o->a) &&
			    known_register(o->b));
		if (o->op != CODE_STORE)
			assert_in_range(o->dst, CODE_TMP, CODE_REGS - 1);
		if (o->op == CODE_SHIFT)
			assert_true(o->imm > -32 && o->imm < 32);
		if (memory)
			assert_true(o->size == 1 || o->size == 2 ||
				    o->size == 4 || o->size == 8);
	}
}

/* 200,000 random words, which need not be code. */
static void lift_noise(const struct code_arch *arch)
{
	uint32_t seed = 0x5eed;

	for (unsigned i = 0; i < 200000; i++) {
		struct code_mode mode = { .big_endian = i % 2 != 0 };
		cs_insn in = { .address = AT, .size = 4 };
		struct code_insn out;

		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		put_word(in.bytes, seed, true);
		memset(&out, 0xee, sizeof(out));
		arch->lift(&in, mode, &out);
		allowed(&out);
		assert_int_equal(out.size, 4);
		assert_int_equal(out.address, AT);
	}
}

struct sight {
	enum code_seen what;
	uint64_t at, value;
};

struct sights {
	struct sight s[32];
	size_t n;
};

static void keep(void *ctx, enum code_seen what, uint64_t at, uint64_t value)
{
	struct sights *s = ctx;

	assert_true(s->n < 32);
	s->s[s->n++] = (struct sight){ what, at, value };
}

/* Scans words in both byte orders, cut at every byte: no read outside, and what
 * is seen of all is as wanted. */
static void lift_scan(const struct code_arch *arch, const uint32_t *words,
		      size_t count, const struct sight *want, size_t wanted)
{
	for (unsigned order = 0; order < 2; order++) {
		struct code_mode mode = { .big_endian = order != 0 };
		struct sights s = { .n = 0 };

		for (size_t len = 0; len <= 4 * count; len++) {
			uint8_t *copy = malloc(len + 1);

			s.n = 0;
			for (size_t i = 0; i < len / 4; i++)
				put_word(copy + 4 * i, words[i],
					 mode.big_endian);
			copy = realloc(copy, len > 0 ? len : 1);
			arch->scan(fw_view_of(copy, len), AT, mode, keep, &s);
			free(copy);
		}
		assert_int_equal(s.n, wanted);
		for (size_t i = 0; i < wanted; i++) {
			assert_int_equal(s.s[i].what, want[i].what);
			assert_int_equal(s.s[i].at, AT + want[i].at);
			assert_int_equal(s.s[i].value, want[i].value);
		}
	}
}

#endif
