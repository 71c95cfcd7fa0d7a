/* elfread.h - a read-only view of an ELF file
 *
 * Headers and tables by libelf from memory; ranges and strings are checked
 * against the bytes here. Works without section headers: the dynamic section is
 * found by its segment, addresses are mapped by the loadable segments.
 */
#ifndef FW_CODE_ELFREAD_H
#define FW_CODE_ELFREAD_H

#include <gelf.h>

#include "core/analyzer.h"

struct elf_section {
	struct fw_view name;
	struct fw_view bytes; /* clipped to the file; empty for NOBITS */
	GElf_Shdr h;
};

struct elf_symbols {
	Elf_Data *data;
	size_t count;
	struct fw_view names;
};

struct elf_symbol {
	struct fw_view name;
	unsigned char type, bind;
	bool defined;
	uint64_t value, size;
};

struct elf_file {
	struct fw_view bytes;
	struct fw_arena *arena;
	Elf *elf;
	GElf_Ehdr h;
	GElf_Phdr *segments;
	size_t segment_count;
	struct elf_section *sections;
	size_t section_count;
	GElf_Dyn *dyn; /* without the closing DT_NULL */
	size_t dyn_count;
	struct fw_view dynstr;
	struct elf_symbols dynsym, symtab;
	bool sections_lie; /* libelf refused the table, or it leaves the file */
};

/* True for what the ELF analyzers want to see. */
bool elf_is(const struct fw_object *obj);

/* False when the bytes are no ELF that can be read at all. */
bool elf_open(struct elf_file *f, struct fw_view bytes, struct fw_arena *a);
void elf_close(struct elf_file *f);

/* The n-th segment of a type, or NULL. */
const GElf_Phdr *elf_segment(const struct elf_file *f, uint32_t type);
const struct elf_section *elf_section(const struct elf_file *f,
				      const char *name);
/* The first dynamic entry with this tag, or NULL. */
const GElf_Dyn *elf_dyn(const struct elf_file *f, int64_t tag);
/* The string that a dynamic entry with this tag names; data NULL if none. */
struct fw_view elf_dyn_text(const struct elf_file *f, int64_t tag);

/* Up to the NUL, at most 4096 bytes; empty where off leaves the table. */
struct fw_view elf_string(struct fw_view table, uint64_t off);

/* The file's bytes from a virtual address to the end of its segment. */
struct fw_view elf_at_address(const struct elf_file *f, uint64_t address);

bool elf_symbol_at(const struct elf_symbols *t, size_t i,
		   struct elf_symbol *sym);

#endif
