/* elf_sanity.c - headers that contradict the file or each other
 *
 * Loaders look at segments, tools for analysis at sections. A file whose two
 * tables tell different stories runs one thing and shows another.
 */
#include "code/elfread.h"

/* Each is looked up among the segments: keep the work small. */
enum { CODE_SECTIONS_MAX = 1024 };

static const struct fw_kind malformed = {
	.id = "integrity/elf-malformed",
	.title = "Program file with contradictory headers",
	.explanation = "The tables in this program file do not fit the file or "
		       "each other. That happens to damaged files, and is done "
		       "on purpose to mislead tools that analyse programs.",
	.ask_vendor = "How was this file made, and does it match the one from "
		      "your build?",
	.false_alarm = "Packers, strippers for tiny systems and separate files "
		       "with debug information leave such tables.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 345 },
};

static const struct fw_kind *const kinds[] = { &malformed, NULL };

/* A separate file with debug information keeps tables of what is elsewhere. */
static bool is_debug_file(const struct elf_file *f)
{
	for (size_t i = 0; i < f->section_count; i++)
		if (f->sections[i].h.sh_type == SHT_NOBITS &&
		    (f->sections[i].h.sh_flags & SHF_EXECINSTR) != 0)
			return true;
	return false;
}

static bool segments_fit(const struct elf_file *f, uint64_t *at)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		*at = p->p_offset;
		if (p->p_type == PT_NULL || p->p_filesz == 0)
			continue;
		if (p->p_offset > f->bytes.len ||
		    p->p_filesz > f->bytes.len - p->p_offset)
			return false;
	}
	return true;
}

static bool sizes_agree(const struct elf_file *f, uint64_t *at)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		*at = p->p_offset;
		if (p->p_type == PT_LOAD && p->p_filesz > p->p_memsz)
			return false;
	}
	return true;
}

/* Loadable segments come in the order of their addresses; a loader that trusts
 * it maps the later over the earlier. Bare-metal images are left alone. */
static bool segments_apart(const struct elf_file *f, uint64_t *at)
{
	const GElf_Phdr *last = NULL;

	if (f->dyn_count == 0)
		return true;
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type != PT_LOAD || p->p_memsz == 0)
			continue;
		*at = p->p_offset;
		if (last != NULL && p->p_vaddr >= last->p_vaddr &&
		    p->p_vaddr - last->p_vaddr < last->p_memsz)
			return false;
		last = p;
	}
	return true;
}

static bool entry_inside(const struct elf_file *f)
{
	bool any = false;

	if (f->h.e_entry == 0 ||
	    (f->h.e_type != ET_EXEC && elf_segment(f, PT_INTERP) == NULL))
		return true;
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type != PT_LOAD)
			continue;
		any = true;
		if ((f->h.e_entry >= p->p_vaddr &&
		     f->h.e_entry - p->p_vaddr < p->p_memsz) ||
		    (f->h.e_entry >= p->p_paddr && /* kernels */
		     f->h.e_entry - p->p_paddr < p->p_memsz))
			return true;
	}
	return !any;
}

static const GElf_Phdr *segment_of(const struct elf_file *f, const GElf_Shdr *h)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type == PT_LOAD && h->sh_addr >= p->p_vaddr &&
		    h->sh_addr - p->p_vaddr < p->p_filesz)
			return p;
	}
	return NULL;
}

/* Code stands in the file where both tables say. */
static bool sections_agree(const struct elf_file *f, uint64_t *at)
{
	unsigned seen = 0;

	if (f->dyn_count == 0)
		return true;
	for (size_t i = 0; i < f->section_count && seen < CODE_SECTIONS_MAX;
	     i++) {
		const GElf_Shdr *h = &f->sections[i].h;
		const GElf_Phdr *p;

		if (h->sh_type != SHT_PROGBITS || h->sh_size == 0 ||
		    (h->sh_flags & SHF_ALLOC) == 0 ||
		    (h->sh_flags & SHF_EXECINSTR) == 0)
			continue;
		seen++;
		*at = h->sh_offset;
		p = segment_of(f, h);
		if (p == NULL || h->sh_offset - p->p_offset !=
					 h->sh_addr - p->p_vaddr)
			return false;
	}
	return true;
}

/* The first contradiction, or NULL. */
static const char *contradiction(const struct elf_file *f, uint64_t *at)
{
	*at = 0;
	if (f->sections_lie)
		return "the section table or a section lies outside the file";
	if ((f->h.e_type != ET_EXEC && f->h.e_type != ET_DYN) ||
	    is_debug_file(f))
		return NULL;
	if (!segments_fit(f, at))
		return "a segment lies outside the file";
	if (!sizes_agree(f, at))
		return "a segment is larger in the file than in memory";
	if (!segments_apart(f, at))
		return "segments overlap in memory";
	if (!sections_agree(f, at))
		return "sections and segments place the code differently";
	*at = 24; /* the field */
	if (!entry_inside(f))
		return "the entry point lies outside all segments";
	return NULL;
}

static void sanity_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct elf_file f;
	uint64_t at;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	const char *what = contradiction(&f, &at);

	if (what != NULL)
		fw_out_finding(out, &malformed, at, "%s", what);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_sanity = {
	.name = "elf_sanity",
	.title = "contradictions in the headers of programs",
	.kinds = kinds,
	.wants = elf_is,
	.inspect = sanity_inspect,
};
