/* elf_facts.h - parts of the analyzer elf_facts */
#ifndef FW_ANALYZERS_ELF_FACTS_H
#define FW_ANALYZERS_ELF_FACTS_H

#include "code/elfread.h"

/* What the symbol tables say, gathered in one pass. */
struct elf_census {
	size_t imports, exports;
	bool canary_used, canary_defined; /* __stack_chk_fail and its kin */
	bool fortified;			  /* a checked variant is called */
	bool fortifiable;		  /* a function that has one */
};

void elf_count_symbols(const struct elf_file *f, struct elf_census *n);

/* harden.*: for programs and libraries only. */
void elf_emit_hardening(const struct elf_file *f, const struct elf_census *n,
			struct fw_out *out);

#endif
