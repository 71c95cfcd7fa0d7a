/* program.h - an ELF program or library as code and memory
 *
 * What the loader would make of it: ranges of memory, slots that imports fill,
 * pointers that relocations make, and the places where functions begin. Works
 * without section headers. Memory is the arena's; nothing is owned but the
 * decoders, which code_close() closes.
 */
#ifndef FW_CODE_PROGRAM_H
#define FW_CODE_PROGRAM_H

#include "code/arch.h"
#include "code/elfread.h"
#include "code/known.h"
#include "code/value.h"

enum { CODE_NO_IMPORT = 0xffffffff, CODE_NO_FUNCTION = 0xffffffff };

struct code_import {
	struct fw_view name;		/* as in the symbol table */
	const struct code_known *known; /* or NULL */
};

/* A word of memory that the loader fills. */
struct code_slot {
	uint64_t address;
	uint32_t import; /* or CODE_NO_IMPORT: */
	uint64_t value;
	bool chooses; /* value is a function that returns what is put there */
};

struct code_range {
	uint64_t address;
	struct fw_view bytes; /* of the file; what lies behind is zeros */
	uint64_t size;	      /* in memory */
	bool exec, write;
};

/* Registers that a function does not write: a bit each. */
struct code_kept {
	uint64_t bits[2];
	bool known;
};

/* Found by looking, before anything is analysed. */
struct code_start {
	uint64_t address, end;		/* end: where the next one starts */
	struct fw_view name;		/* or empty */
	const struct code_known *known; /* by its name or its shape, or NULL */
	bool thumb;
	bool chosen;	/* by a function, when the program is loaded (IFUNC) */
	bool exported;	/* its name is in the dynamic symbols */
	bool plain;	/* stub.c has seen that it is no linkage stub */
	struct code_kept kept; /* keep.c */
	uint32_t uses;	/* enum code_use of what it calls, directly */
	uint32_t reach; /* ... and of what its callees do, to CODE_DEPTH */
	const struct code_predicate *predicate; /* wrap.c; or NULL */
	struct code_function *analysed;		/* or NULL */
	const struct code_sinks *sinks[3];	/* sink.h, by depth; or NULL */
};

enum { CODE_DEPTH = 4 };

/* A function that tells whether its argument, or something that it looks up
 * itself, equals a constant. */
struct code_predicate {
	struct fw_view literal; /* empty: it is kept encoded */
	bool built;
	uint64_t at; /* address of the compare */
	unsigned argument; /* CODE_ARGS: something else is compared */
	uint64_t equal; /* what it returns then, and only then */
};

/* A direct call or reference from one function to another or to an import. */
struct code_edge {
	uint64_t at;
	uint32_t from;			 /* index of a start */
	uint32_t to : 31, is_import : 1; /* of an import if is_import */
};

struct code_program {
	struct elf_file elf;
	const struct code_arch *arch;
	struct code_mode mode; /* thumb: most functions are */
	struct fw_arena *arena;
	uint64_t mask;	   /* of an address's bits */
	uint8_t word;	   /* bytes */
	uint64_t gp;	   /* base of the GOT as code sees it; 0: not known */
	bool dynamic_base; /* addresses are relative: a library or PIE */

	struct code_range *ranges; /* what is loaded, in the file's order */
	size_t range_count;
	struct code_range
		*text; /* code without linkage stubs, where told apart */
	size_t text_count;

	struct code_import *imports;
	size_t import_count;
	struct code_slot *slots; /* by address */
	size_t slot_count, slot_cap;
	struct fw_arena slot_arena; /* of slots while they are gathered */
	size_t relocation_bytes;    /* that may still be read */

	struct code_start *starts; /* by address */
	size_t start_count, start_cap;
	uint64_t library; /* where the C library of a static program begins; or
			     0 */
	struct code_edge *edges; /* by from */
	size_t edge_count, edge_cap;

	struct code_stub *stubs; /* stub.c: address -> import, a hash table */
	size_t stub_count, stub_slots;

	struct code_values values;
	csh decoders[2]; /* [1]: Thumb; 0: not opened */
	cs_insn *scratch[2];
	uint32_t *walk; /* room for outcome.c's walks, by block */
	uint8_t *walked;
	size_t walk_cap, walked_cap;
	struct code_outcome *outcomes; /* what it has found; or NULL */
	uint32_t *compare_room; /* compare.c's and guard.c's, by block */
	uint32_t *edge_room;
	uint8_t *open_room;
	struct part *part_room;
	struct code_guard *guard_room;
	size_t compare_cap, edge_room_cap, open_cap, part_cap, guard_cap;
	struct code_growing *growing; /* find.c: while starts are found */
	bool settled; /* wrappers are known: what is looked at stays as it is */
	struct flow *flow;   /* flow.h: room to work in, or NULL */
	struct trace *trace; /* trace.c: the same */
	unsigned traces;     /* made so far */
	uint64_t budget;     /* instructions that may still be lifted */
	size_t memory_max;   /* of the arena, for analysed functions */
	uint64_t work;	     /* steps of all else that may still be done */
	const char *gave_up; /* why not all was analysed, or NULL */
};

/* False when these bytes are no program of a processor that is read; *why then
 * says so, a literal. The caller closes what was opened. */
bool code_open(struct code_program *p, struct fw_view bytes,
	       struct fw_arena *arena, const char **why);
void code_close(struct code_program *p);

/* The range that holds an address, or NULL. */
const struct code_range *code_range_of(const struct code_program *p,
				       uint64_t address);
/* The file's bytes from an address to the end of its range; empty outside. */
struct fw_view code_bytes(const struct code_program *p, uint64_t address);
/* A number of size bytes (1, 2, 4, 8) as it lies in the file. */
bool code_read(const struct code_program *p, uint64_t address, uint8_t size,
	       uint64_t *n);
bool code_in_text(const struct code_program *p, uint64_t address);

const struct code_slot *code_slot_at(const struct code_program *p,
				     uint64_t address);
/* The function that begins at, or holds, an address; CODE_NO_FUNCTION. */
uint32_t code_start_at(const struct code_program *p, uint64_t address);
uint32_t code_start_of(const struct code_program *p, uint64_t address);

/* C text at an address: 1 to 512 printable bytes before a zero; empty if not.
 * Line ends, tabs and escapes count as printable. */
struct fw_view code_text(const struct code_program *p, uint64_t address);

/* Whether what lies at an address may change while the program runs. */
bool code_is_writable(const struct code_program *p, uint64_t address);

/* Decodes and lifts one instruction. False: no code there, or the program's
 * budget is used up (gave_up says so). */
bool code_decode(struct code_program *p, uint64_t address, bool thumb,
		 struct code_insn *in);

/* Pays for n steps of work on what was lifted: some ten nanoseconds each. False
 * when there is no budget left for it, and gave_up then says so. What grows
 * faster than the code does must be paid for. */
bool code_spend(struct code_program *p, uint64_t n);

/* fw_grow() in an arena that holds nothing else: what is outgrown is freed at
 * once. For lists that get large. */
void *code_grow(struct fw_arena *a, void *items, size_t *cap, size_t want,
		size_t size);

/* What a function leaves alone; a long one, or one that calls others: nothing.
 */
struct code_kept code_keeps(struct code_program *p, uint32_t function);

/* The instruction at an address with its text, for people; NULL: none. It stays
 * until the next one is decoded. */
const cs_insn *code_disassemble(struct code_program *p, uint64_t address,
				bool thumb);

/* find.c: fills starts and edges. */
void code_find_starts(struct code_program *p);

/* find.c: what is reached, once more, after wrappers were found. */
void code_spread(struct code_program *p);

/* find.c: one more reference; code_spread() takes it in. */
void code_add_edge(struct code_program *p, uint32_t from, uint32_t to);

/* find.c: further starts; what was analysed is forgotten. */
void code_add_starts(struct code_program *p, const uint64_t *addresses,
		     size_t n);

/* stub.c: what a linkage stub at address jumps to; gp: the register's value at
 * the call, or 0. CODE_NO_IMPORT when it is no stub. */
uint32_t code_stub(struct code_program *p, uint64_t address, uint64_t gp);
/* The program's own function that a stub leads to (in static programs one that
 * chooses between several); CODE_NO_FUNCTION when it is no such stub. */
uint32_t code_stub_function(struct code_program *p, uint64_t address);

/* library.c: in a program without imports, the C library's functions that can
 * be told by their shape become known. */
void code_find_library(struct code_program *p);

#endif
