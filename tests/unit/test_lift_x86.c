/* test_lift_x86.c - x86-64 and i386: what instructions become, what raw code
 * shows, and that no bytes make an operation that ir.h does not know */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
// clang-format off: cmocka needs the three above
#include <cmocka.h>
// clang-format on

#include "code/x86.h"

struct row {
	bool wide;
	const char *bytes; /* in hexadecimal */
	const char *text;  /* as say() tells the operations and the flow */
};

#include "lift_x86_rows.h"

static const char *reg(uint8_t n)
{
	static const char *const names[] = {
		"0",  "t1", "t2",  "t3",  "f",	 "own", "6",   "7",  "8",  "9",
		"10", "11", "ax",  "cx",  "dx",	 "bx",	"sp",  "bp", "si", "di",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
	};
	static char lane[4][8];
	static unsigned turn;

	if (n == CODE_NONE)
		return "-";
	if (n < sizeof(names) / sizeof(names[0]))
		return names[n];
	turn = (turn + 1) % 4;
	snprintf(lane[turn], sizeof(lane[turn]), "v%d", n - X86_LANES);
	return lane[turn];
}

struct text {
	char s[1024];
	size_t n;
};

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
	if (v < 0 && v > INT64_C(-0x100000000))
		add(t, "-0x%llx", (unsigned long long)-v);
	else
		add(t, "0x%llx", (unsigned long long)v);
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

static void say_op(struct text *t, const struct code_operation *o, bool wide)
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
	if (o->op == CODE_COMPARE || o->op == CODE_TEST ||
	    (o->op != CODE_LOAD && o->op != CODE_STORE && o->size != 0 &&
	     o->size < (wide ? 8 : 4)))
		add(t, " /%d", o->size);
}

static void say_flow(struct text *t, const struct code_insn *in)
{
	static const char *const flows[] = { "next",   "branch", "jump",
					     "jump *", "call",	 "call *",
					     "return", "return", "stop" };

	if (in->flow == CODE_NEXT && !in->link_only)
		return;
	add(t, "%s", in->link_only ? "link" : flows[in->flow]);
	if (in->cond != CODE_ALWAYS)
		add(t, " %s", conds[in->cond]);
	if (in->reg != CODE_NONE)
		add(t, " %s", reg(in->reg));
	if (in->target != 0)
		add(t, " 0x%llx", (unsigned long long)in->target);
}

static void say(struct text *t, const struct code_insn *in, bool wide)
{
	*t = (struct text){ "", 0 };
	for (uint8_t i = 0; i < in->count; i++) {
		add(t, i > 0 ? "; " : "");
		say_op(t, &in->ops[i], wide);
	}
	if (in->count > 0 && (in->flow != CODE_NEXT || in->link_only))
		add(t, "; ");
	say_flow(t, in);
}

enum { AT = 0x401000 };

static const struct code_arch *arch_of(bool wide)
{
	return wide ? &code_x86_64 : &code_i386;
}

static struct code_mode mode_of(bool wide)
{
	return (struct code_mode){ .wide = wide };
}

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(s, "%2x", &v) == 1 && n < 16; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static void row_text(const struct row *row, csh decoder, struct text *t)
{
	uint8_t bytes[16];
	size_t n = unhex(row->bytes, bytes);
	cs_insn *in = NULL;
	struct code_insn out;

	if (cs_disasm(decoder, bytes, n, AT, 1, &in) != 1 || in->size != n)
		fail_msg("%s is not one instruction", row->bytes);
	memset(&out, 0xee, sizeof(out)); /* lift sets all that counts */
	if (arch_of(row->wide)->lift(in, mode_of(row->wide), &out))
		say(t, &out, row->wide);
	else
		*t = (struct text){ "no code", 7 };
	assert_int_equal(out.size, n);
	assert_int_equal(out.address, AT);
	cs_free(in, 1);
}

static void instructions(void **state)
{
	csh decoders[2];
	struct text t;
	unsigned wrong = 0;

	(void)state;
	for (unsigned w = 0; w < 2; w++)
		assert_true(code_decoder_open(arch_of(w), mode_of(w),
					      &decoders[w]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_text(&rows[i], decoders[rows[i].wide], &t);
		if (strcmp(t.s, rows[i].text) == 0)
			continue;
		print_error("%s %s\n  is     %s\n  not    %s\n",
			    arch_of(rows[i].wide)->name, rows[i].bytes, t.s,
			    rows[i].text);
		wrong++;
	}
	for (unsigned w = 0; w < 2; w++)
		cs_close(&decoders[w]);
	assert_int_equal(wrong, 0);
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
			assert_true(o->imm > -64 && o->imm < 64);
		if (memory)
			assert_true(o->size == 1 || o->size == 2 ||
				    o->size == 4 || o->size == 8);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void any_bytes(void **state)
{
	(void)state;
	for (unsigned w = 0; w < 2; w++) {
		uint32_t seed = 0x5eed + w;
		unsigned lifted = 0;
		csh decoder;

		assert_true(
			code_decoder_open(arch_of(w), mode_of(w), &decoder));

		cs_insn *in = cs_malloc(decoder);

		for (unsigned i = 0; i < 100000; i++) {
			uint8_t bytes[16];
			const uint8_t *p = bytes;
			size_t n = sizeof(bytes);
			uint64_t at = next_random(&seed);
			struct code_insn out;

			for (size_t k = 0; k < n; k++)
				bytes[k] = (uint8_t)(next_random(&seed) >> 9);
			/* half of them in the two-byte table, vectors there */
			if (i % 4 == 1)
				bytes[0] = 0x0f;
			if (i % 4 == 3)
				memcpy(bytes, "\x66\x0f", 2);
			if (!cs_disasm_iter(decoder, &p, &n, &at, in))
				continue;
			memset(&out, 0xee, sizeof(out));
			arch_of(w)->lift(in, mode_of(w), &out);
			allowed(&out);
			lifted++;
		}
		assert_in_range(lifted, 50000, 100000);
		cs_free(in, 1);
		cs_close(&decoder);
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

static void look(bool wide, struct fw_view code, struct sights *s)
{
	uint8_t *copy = malloc(code.len + 1); /* exact, for a sanitizer */

	memcpy(copy, code.data, code.len);
	s->n = 0;
	arch_of(wide)->scan(fw_view_of(copy, code.len), AT, mode_of(wide), keep,
			    s);
	free(copy);
}

static void expect(const struct sights *s, const struct sight *want, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s->s[i].what, want[i].what);
		assert_int_equal(s->s[i].at, AT + want[i].at);
		assert_int_equal(s->s[i].value, want[i].value);
	}
}

static void raw_code_64(void **state)
{
	static const struct sight want[] = {
		{ CODE_SEEN_START, 0, 0 },
		{ CODE_SEEN_CALL, 4, AT + 9 + 0x10 },
		{ CODE_SEEN_CALL, 9, AT + 14 + 0x100000 },
		{ CODE_SEEN_SLOT, 14, AT + 20 + 0x1000 },
		{ CODE_SEEN_SLOT, 20, AT + 26 - 0x10 },
		{ CODE_SEEN_SLOT, 26, AT + 33 + 0x20 },
		{ CODE_SEEN_START, 34, 0 },
		{ CODE_SEEN_JUMP, 38, AT + 43 - 43 },
	};
	struct sights s;

	(void)state;
	look(true,
	     FW_STR("\xf3\x0f\x1e\xfa"	       /* 0: endbr64 */
		    "\xe8\x10\0\0\0"	       /* 4: call inside */
		    "\xe8\0\0\x10\0"	       /* 9: call outside */
		    "\xff\x15\0\x10\0\0"       /* 14: call [rip+x] */
		    "\xff\x25\xf0\xff\xff\xff" /* 20: jmp [rip+x] */
		    "\x48\x8b\x05\x20\0\0\0"   /* 26: mov rax, [rip+x] */
		    "\xc3"		       /* 33: ret */
		    "\x55\x48\x89\xe5"	       /* 34: push, mov */
		    "\xe9\xd5\xff\xff\xff"     /* 38: jmp inside */
		    "\x31\xf6\x55\x48\x89\xe5" /* 43: not behind an end */
		    "\x8b\x83\0\0\0\0\xff\x93\0\0\0\0"), /* ebx: i386 only */
	     &s);
	expect(&s, want, sizeof(want) / sizeof(want[0]));
}

static void raw_code_32(void **state)
{
	static const struct sight want[] = {
		{ CODE_SEEN_START, 0, 0 },
		{ CODE_SEEN_CALL, 3, AT },
		{ CODE_SEEN_SLOT, 8, 0x80400000 },
		{ CODE_SEEN_SLOT, 14, 0x10 },
		{ CODE_SEEN_GP, 20, (uint64_t)-16 },
		{ CODE_SEEN_GP, 26, 0x20 },
		{ CODE_SEEN_START, 33, 0 },
	};
	struct sights s;

	(void)state;
	look(false,
	     FW_STR("\x55\x89\xe5"	       /* 0: push, mov */
		    "\xe8\xf8\xff\xff\xff"     /* 3: call to 0 */
		    "\xff\x25\0\0\x40\x80"     /* 8: jmp [x] */
		    "\xff\x15\x10\0\0\0"       /* 14: call [x] */
		    "\xff\xa3\xf0\xff\xff\xff" /* 20: jmp [ebx-16] */
		    "\x8b\x83\x20\0\0\0"       /* 26: mov eax, [ebx+x] */
		    "\xc3\xf3\x0f\x1e\xfb"     /* 32: ret, endbr32 */
		    "\xe8\0\0\0\0\xff\x15\0"), /* call $+5; cut */
	     &s);
	expect(&s, want, sizeof(want) / sizeof(want[0]));
}

/* Every cut of code, and noise: no read outside, see above. */
static void cut_code(void **state)
{
	static const uint8_t code[] = "\xe8\0\0\0\0\xff\x15\1\2\3\4\x48\x8b\x05"
				      "\1\2\3\4\xf3\x0f\x1e\xfa\x55\x48\x89"
				      "\xe5\x41\x57\x41\x56\xe9\1\0\0\0\xff";
	struct sights s;

	(void)state;
	for (size_t from = 0; from < sizeof(code); from++)
		for (size_t n = 0; n <= sizeof(code) - from; n++) {
			look(true, fw_view_of(code + from, n), &s);
			look(false, fw_view_of(code + from, n), &s);
		}
}

static void system_calls(void **state)
{
	(void)state;
	assert_string_equal(code_x86_64.syscall(59), "execve");
	assert_string_equal(code_x86_64.syscall(0), "read");
	assert_string_equal(code_x86_64.syscall(33), "dup2");
	assert_null(code_x86_64.syscall(11)); /* munmap */
	assert_null(code_x86_64.syscall(UINT16_MAX));
	assert_null(code_x86_64.syscall(UINT64_MAX));
	assert_string_equal(code_i386.syscall(11), "execve");
	assert_string_equal(code_i386.syscall(213), "setuid");
	assert_string_equal(code_i386.syscall(102), "socketcall");
	assert_null(code_i386.syscall(UINT16_MAX));
}

/* A call loses what the ABI says, and the callee keeps the rest. */
static void conventions(void **state)
{
	static const uint8_t kept[] = { X86_BX, X86_BP, X86_SP, X86_R15 };

	(void)state;
	assert_ptr_equal(code_arch_of(62, true), &code_x86_64);
	assert_ptr_equal(code_arch_of(3, false), &code_i386);
	for (unsigned w = 0; w < 2; w++)
		for (const uint8_t *c = arch_of(w)->clobbered; *c != CODE_NONE;
		     c++) {
			assert_in_range(*c, CODE_FLAGS, CODE_REGS - 1);
			assert_null(memchr(kept, *c, sizeof(kept)));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions), cmocka_unit_test(any_bytes),
		cmocka_unit_test(raw_code_64),	cmocka_unit_test(raw_code_32),
		cmocka_unit_test(cut_code),	cmocka_unit_test(system_calls),
		cmocka_unit_test(conventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
