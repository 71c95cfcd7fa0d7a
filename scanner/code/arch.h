/* arch.h - what the engine must know of a processor
 *
 * One file a processor family ends in one const descriptor per processor, as a
 * format does. Decoding is libcapstone's; the lifter reads its operand arrays
 * (CS_OPT_DETAIL is on), never its text.
 */
#ifndef FW_CODE_ARCH_H
#define FW_CODE_ARCH_H

#include <capstone/capstone.h>

#include "code/ir.h"

struct code_mode {
	bool big_endian;
	bool thumb; /* this instruction is Thumb */
	bool wide;  /* 64-bit */
};

/* What a look at raw code found, without decoding all of it. */
enum code_seen {
	CODE_SEEN_CALL, /* at calls value directly (ARM: bit 0 set for Thumb) */
	CODE_SEEN_JUMP, /* at jumps to value, and is no short conditional branch:
			   possible tail calls. Only where cheap and sure */
	CODE_SEEN_SLOT, /* at loads, calls or jumps through memory at value:
			   a slot that imports may fill (call [rip+x]) */
	CODE_SEEN_GP,	/* at loads from the global pointer plus (int64_t)value
			   (MIPS lw reg, off(gp)) */
	CODE_SEEN_PAGE, /* at makes an address of what the GOT holds at the global
			   pointer plus the signed high half of value, plus the
			   signed low half (MIPS: a function of the program) */
	CODE_SEEN_START /* at begins a function, by its prologue */
};

typedef void code_see(void *ctx, enum code_seen what, uint64_t at,
		      uint64_t value);

struct code_arch {
	const char *name;  /* "mips" */
	uint16_t machine;  /* EM_MIPS */
	bool wide;	   /* for EM_X86_64 and EM_AARCH64 */
	uint8_t step;	   /* instructions start at multiples of it: 1, 2, 4 */
	cs_arch cs_arch;
	cs_mode cs_mode; /* without byte order and Thumb */

	uint8_t sp, result;
	uint8_t result_high; /* second word of the result, or CODE_NONE */
	uint8_t gp; /* holds the GOT's base in position independent code: MIPS gp,
		       i386 ebx, PowerPC r30; or CODE_NONE */
	uint8_t self; /* holds the function's own address when it is called: MIPS
			 t9; or CODE_NONE */
	uint8_t args[8]; /* registers of the first arguments, CODE_NONE ends */
	/* Where the first argument that is not in a register lies from sp on entry
	 * (i386: 4), and what a word takes. */
	int32_t stack_args;
	/* The same from sp just before a call instruction (i386: 0). */
	int32_t call_args;
	const uint8_t *clobbered; /* by a call; CODE_NONE ends */
	uint8_t syscall_number; /* register that holds the number */
	/* How a function of the C library begins that makes system calls, and
	 * the register in which it gets the number; len 0: there is none. */
	struct fw_view kernel_call;
	uint8_t passed_number;

	bool by_word; /* lift() reads nothing but address, size and bytes */
	/* The instruction in as operations. False when it is not code that a
	 * compiler makes (the block then ends). Never fails otherwise. */
	bool (*lift)(const cs_insn *in, struct code_mode mode,
		     struct code_insn *out);
	/* Goes over raw code at address in one linear pass, by bit patterns, and
	 * tells see() what it finds. False hits are allowed, misses are not. */
	void (*scan)(struct fw_view code, uint64_t address, struct code_mode mode,
		     code_see *see, void *ctx);
	/* Name of a system call by number, of those that matter: "execve",
	 * "socket", "connect", "listen", "accept", "dup2", "dup3", "recvfrom",
	 * "read", "write", "open", "openat", "setuid", "fork", "clone", "ptrace",
	 * "mount", "init_module", ...; or NULL. */
	const char *(*syscall)(uint64_t number);
};

#define FW_SOURCE(stem)
#define FW_ARCH(name, stem) extern const struct code_arch code_##name;
#include "code/arches.def"
#undef FW_ARCH
#undef FW_SOURCE

/* The descriptor for an ELF header's machine and class, or NULL: not supported
 * (MIPS64, PowerPC64, RISC-V need a decoder that libcapstone 4 lacks). */
const struct code_arch *code_arch_of(uint16_t machine, bool wide);

/* Opens the decoder for a mode, with details on. False when libcapstone was
 * built without this processor. The caller closes it. */
bool code_decoder_open(const struct code_arch *arch, struct code_mode mode,
		       csh *decoder);

/* Appends an operation; the last one is dropped when there are CODE_OPS. */
struct code_operation *code_emit(struct code_insn *in, enum code_op op,
				 uint8_t dst);

#endif
