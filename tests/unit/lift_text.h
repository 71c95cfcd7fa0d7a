/* lift_text.h - what a lifter made of an instruction, as text for tests:
 * "r0=4[sp,0x8]; f=r0 cmp 0x41 /4" and how the flow goes on: "-> eq f 0x1010"
 */
#ifndef TESTS_LIFT_TEXT_H
#define TESTS_LIFT_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "code/arch.h"

/* The processor's own registers by number from CODE_FIRST, or NULL. */
typedef const char *lift_name(unsigned reg);

struct lift_text {
	char s[1024];
	size_t n;
	lift_name *name;
};

__attribute__((format(printf, 2, 3))) static void say(struct lift_text *t,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(t->s + t->n, sizeof(t->s) - t->n, format, ap);

	va_end(ap);
	if (n > 0)
		t->n += (size_t)n;
	assert_true(t->n < sizeof(t->s));
}

static void say_number(struct lift_text *t, int64_t n)
{
	if (n < 0)
		say(t, "-0x%llx", 0 - (unsigned long long)n);
	else
		say(t, "0x%llx", (unsigned long long)n);
}

static void say_reg(struct lift_text *t, unsigned reg)
{
	if (reg == CODE_NONE)
		say(t, "-");
	else if (reg == CODE_ZERO)
		say(t, "zero");
	else if (reg < CODE_FLAGS)
		say(t, "t%u", reg);
	else if (reg == CODE_FLAGS)
		say(t, "f");
	else if (reg < CODE_FIRST)
		say(t, "f%u", reg - CODE_FLAGS + 1);
	else
		say(t, "%s", t->name(reg - CODE_FIRST));
}

static void say_value(struct lift_text *t, const struct code_operation *o)
{
	if (o->b == CODE_NONE)
		say_number(t, o->imm);
	else
		say_reg(t, o->b);
}

static void say_place(struct lift_text *t, const struct code_operation *o,
		      unsigned index)
{
	say(t, "%u[", o->size);
	say_reg(t, o->a);
	if (index != CODE_NONE) {
		say(t, "+");
		say_reg(t, index);
	}
	say(t, ",");
	say_number(t, o->off);
	say(t, "]");
}

static const char *lift_cond(unsigned cond)
{
	static const char *const names[] = { "always", "eq", "ne",
					     "lt",     "gt", "odd" };

	assert_true(cond <= CODE_ODD);
	return names[cond];
}

static void say_two(struct lift_text *t, const struct code_operation *o,
		    const char *sign)
{
	say_reg(t, o->a);
	say(t, " %s ", sign);
	say_value(t, o);
}

static void say_result(struct lift_text *t, const struct code_operation *o)
{
	static const char *const signs[] = {
		[CODE_ADDI] = "+",   [CODE_ADD] = "+",
		[CODE_SUB] = "-",    [CODE_ANDI] = "&",
		[CODE_ORI] = "|",    [CODE_OR] = "|",
		[CODE_XORI] = "^",   [CODE_XOR] = "^",
		[CODE_SHIFT] = "<<", [CODE_COMPARE] = "cmp",
		[CODE_TEST] = "test"
	};

	switch (o->op) {
	case CODE_SET:
		say_number(t, o->imm);
		break;
	case CODE_MOVE:
		say_reg(t, o->a);
		break;
	case CODE_CLOBBER:
		say(t, "?");
		break;
	case CODE_MIX:
		say(t, "mix ");
		say_reg(t, o->a);
		say(t, ",");
		say_reg(t, o->b);
		break;
	case CODE_LOAD:
		say_place(t, o, o->b);
		break;
	case CODE_CSET:
		say(t, "%s ", lift_cond(o->cond));
		say_reg(t, o->a);
		break;
	case CODE_CMOV:
		say(t, "%s ", lift_cond(o->cond));
		say_reg(t, o->a);
		say(t, " ? ");
		say_value(t, o);
		break;
	default:
		assert_true(o->op < sizeof(signs) / sizeof(signs[0]));
		say_two(t, o, signs[o->op]);
	}
	if (o->op == CODE_COMPARE || o->op == CODE_TEST)
		say(t, " /%u", o->size);
}

static void say_operation(struct lift_text *t, const struct code_operation *o)
{
	if (o->op == CODE_SYSCALL)
		say(t, "syscall");
	else if (o->op == CODE_STORE) {
		say_place(t, o, o->dst);
		say(t, "=");
		say_value(t, o);
	} else if (o->op == CODE_INSERT) {
		say_reg(t, o->dst);
		say(t, ".%lld=0x%llx", (long long)o->off,
		    (unsigned long long)o->imm);
	} else {
		say_reg(t, o->dst);
		say(t, "=");
		say_result(t, o);
	}
}

static void say_flow(struct lift_text *t, const struct code_insn *in)
{
	static const char *const names[] = {
		[CODE_NEXT] = "",	  [CODE_BRANCH] = "",
		[CODE_JUMP] = "jump ",	  [CODE_JUMP_REGISTER] = "jump ",
		[CODE_CALL] = "call ",	  [CODE_CALL_REGISTER] = "call ",
		[CODE_RETURN] = "return", [CODE_RETURN_IF] = "return ",
		[CODE_STOP] = "stop"
	};

	assert_true(in->flow <= CODE_STOP);
	if (in->flow == CODE_NEXT)
		return;
	say(t, "%s-> %s", in->count > 0 ? " " : "", names[in->flow]);
	if (in->flow == CODE_BRANCH || in->flow == CODE_RETURN_IF ||
	    (in->flow == CODE_JUMP_REGISTER && in->cond != CODE_ALWAYS))
		say(t, "%s ", lift_cond(in->cond));
	if (in->flow == CODE_BRANCH || in->flow == CODE_RETURN_IF ||
	    in->flow == CODE_JUMP_REGISTER || in->flow == CODE_CALL_REGISTER)
		say_reg(t, in->reg);
	if (in->flow == CODE_BRANCH)
		say(t, " ");
	if (in->flow == CODE_BRANCH || in->flow == CODE_JUMP ||
	    in->flow == CODE_CALL)
		say_number(t, (int64_t)in->target);
}

static void lift_say(struct lift_text *t, const struct code_insn *in,
		     lift_name *name)
{
	t->n = 0;
	t->s[0] = 0;
	t->name = name;
	for (unsigned i = 0; i < in->count; i++) {
		say(t, "%s", i > 0 ? "; " : "");
		say_operation(t, &in->ops[i]);
	}
	say_flow(t, in);
}

static size_t lift_bytes(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; hex[0] != 0 && hex[1] != 0 && n < cap; hex += 2) {
		const char two[3] = { hex[0], hex[1], 0 };

		out[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

/* What the contract says of every instruction. */
static void lift_check(const struct code_insn *in)
{
	assert_true(in->count <= CODE_OPS);
	assert_true(in->flow <= CODE_STOP);
	assert_true(in->cond <= CODE_ODD);
	assert_true(in->reg < CODE_REGS || in->reg == CODE_NONE);
	for (unsigned i = 0; i < in->count; i++) {
		const struct code_operation *o = &in->ops[i];

		assert_true(o->op <= CODE_SYSCALL);
		assert_true(o->cond <= CODE_ODD);
		assert_true(o->dst < CODE_REGS || o->dst == CODE_NONE);
		assert_true(o->a < CODE_REGS || o->a == CODE_NONE);
		assert_true(o->b < CODE_REGS || o->b == CODE_NONE);
		if (o->op != CODE_STORE && o->op != CODE_SYSCALL)
			assert_true(o->dst != CODE_NONE);
		if (o->op == CODE_LOAD || o->op == CODE_STORE)
			assert_true(o->size > 0 && o->size <= 16);
	}
}

/* Lifts all of the bytes; " | " between what becomes of each instruction. */
static void lift_row(const struct code_arch *arch, struct code_mode mode,
		     lift_name *name, const char *hex, const char *expected)
{
	uint8_t bytes[64];
	const uint8_t *at = bytes;
	size_t left = lift_bytes(hex, bytes, sizeof(bytes));
	uint64_t address = mode.thumb ? 0x10002 : 0x10000;
	struct lift_text one, all = { .n = 0 };
	csh decoder;

	assert_true(code_decoder_open(arch, mode, &decoder));
	cs_insn *in = cs_malloc(decoder);

	while (left > 0) {
		struct code_insn out;

		if (!cs_disasm_iter(decoder, &at, &left, &address, in))
			fail_msg("%s is not decoded", hex);
		memset(&out, 0xa5, sizeof(out));
		assert_true(arch->lift(in, mode, &out));
		lift_check(&out);
		assert_int_equal(out.size, in->size);
		lift_say(&one, &out, name);
		say(&all, "%s%s", at - in->size > bytes ? " | " : "", one.s);
	}
	if (strcmp(all.s, expected) != 0)
		fail_msg("%s: %s, not %s", hex, all.s, expected);
	cs_free(in, 1);
	cs_close(&decoder);
}

static uint64_t lift_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Lifts words made of random bits. */
static void lift_random_words(const struct code_arch *arch,
			      struct code_mode mode, unsigned count)
{
	uint64_t state = 0x9e3779b97f4a7c15;
	unsigned decoded = 0;
	csh decoder;

	assert_true(code_decoder_open(arch, mode, &decoder));
	cs_insn *in = cs_malloc(decoder);

	for (unsigned i = 0; i < count; i++) {
		uint64_t word = lift_random(&state), address = 0x10000;
		uint8_t bytes[4];
		const uint8_t *at = bytes;
		size_t left = sizeof(bytes);
		struct code_insn out;

		memcpy(bytes, &word, sizeof(bytes));
		if (!cs_disasm_iter(decoder, &at, &left, &address, in))
			continue;
		decoded++;
		memset(&out, 0xa5, sizeof(out));
		if (arch->lift(in, mode, &out))
			lift_check(&out);
	}
	assert_true(decoded > count / 10);
	cs_free(in, 1);
	cs_close(&decoder);
}

/* What scan() told, the last of it. */
struct lift_seen {
	unsigned count;
	enum code_seen what[16];
	uint64_t at[16], value[16];
};

static void lift_see(void *ctx, enum code_seen what, uint64_t at,
		     uint64_t value)
{
	struct lift_seen *s = ctx;

	assert_true(s->count < 16);
	s->what[s->count] = what;
	s->at[s->count] = at;
	s->value[s->count++] = value;
}

#endif
