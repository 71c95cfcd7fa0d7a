/* elf_harden.c - what protects a program or library, as facts
 *
 * harden.nx		yes, no (the stack is executable by request), unset (no
 *			request: old loaders then make it executable)
 * harden.relro		none, partial, full
 * harden.pie		yes, no; programs only
 * harden.canary	yes, no, unknown
 * harden.fortify	yes, no; only where a function with a checked variant is
 *			called
 * harden.rwx		yes: memory that is writable and executable at once
 */
#include "analyzers/elf/elf_facts.h"

#ifndef DF_1_PIE
#define DF_1_PIE 0x08000000
#endif

static bool one_of(struct fw_view name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_eq(name, fw_view_str(*list)))
			return true;
	return false;
}

static bool is_canary(struct fw_view name)
{
	static const char *const names[] = {
		"__stack_chk_fail", "__stack_chk_guard",
		"__stack_chk_fail_local", "__stack_smash_handler",
		"__intel_security_cookie", NULL
	};

	return one_of(name, names);
}

static bool is_fortifiable(struct fw_view name)
{
	static const char *const names[] = {
		"memcpy",  "memmove", "memset",	  "strcpy",   "strncpy",
		"strcat",  "strncat", "sprintf",  "snprintf", "vsprintf",
		"vsnprintf", "gets",  "fgets",	  "read",     "recv",
		"recvfrom", "realpath", "stpcpy", NULL
	};

	return one_of(name, names);
}

static bool is_fortified(struct fw_view name)
{
	return name.len > 6 && fw_view_starts(name, FW_STR("__")) &&
	       fw_view_ends(name, FW_STR("_chk"));
}

static void count_table(const struct elf_symbols *t, bool dynamic,
			struct elf_census *n)
{
	struct elf_symbol s;

	for (size_t i = 1; i < t->count && elf_symbol_at(t, i, &s); i++) {
		bool named = s.name.len > 0 && s.bind != STB_LOCAL;

		if (dynamic && named && s.defined && s.type != STT_SECTION)
			n->exports++;
		if (dynamic && named && !s.defined)
			n->imports++;
		if (s.name.len < 4)
			continue;
		if (is_canary(s.name)) {
			n->canary_used |= !s.defined;
			n->canary_defined |= s.defined;
		}
		n->fortified |= is_fortified(s.name);
		n->fortifiable |= is_fortifiable(s.name);
	}
}

void elf_count_symbols(const struct elf_file *f, struct elf_census *n)
{
	*n = (struct elf_census){ 0 };
	count_table(&f->dynsym, true, n);
	count_table(&f->symtab, false, n);
}

static bool has_flag(const struct elf_file *f, int64_t tag, uint64_t flag)
{
	const GElf_Dyn *d = elf_dyn(f, tag);

	return d != NULL && (d->d_un.d_val & flag) != 0;
}

static const char *relro(const struct elf_file *f)
{
	if (elf_segment(f, PT_GNU_RELRO) == NULL)
		return "none";
	/* Without a loader nothing is bound late. */
	bool now = f->dyn_count == 0 || elf_dyn(f, DT_BIND_NOW) != NULL ||
		   has_flag(f, DT_FLAGS, DF_BIND_NOW) ||
		   has_flag(f, DT_FLAGS_1, DF_1_NOW);

	return now ? "full" : "partial";
}

/* "yes", "no", or NULL for a library. Linkers before 2.26 set no DF_1_PIE, but
 * give the entries for debuggers to programs only; a library that can be run has
 * an interpreter and a name of its own. */
static const char *pie(const struct elf_file *f)
{
	if (f->h.e_type == ET_EXEC)
		return "no";
	if (f->h.e_type != ET_DYN)
		return NULL;
	if (has_flag(f, DT_FLAGS_1, DF_1_PIE))
		return "yes";
	bool program = elf_segment(f, PT_INTERP) != NULL &&
		       elf_dyn(f, DT_SONAME) == NULL;
	bool debug = elf_dyn(f, DT_DEBUG) != NULL ||
		     (f->h.e_machine == EM_MIPS &&
		      (elf_dyn(f, DT_MIPS_RLD_MAP) != NULL ||
		       elf_dyn(f, DT_MIPS_RLD_MAP_REL) != NULL));

	return program && debug ? "yes" : NULL;
}

static const char *canary(const struct elf_file *f, const struct elf_census *n)
{
	/* A C library defines the function whether it uses it or not; a static
	 * program gets it because a part of it does. */
	if (n->canary_used || (n->canary_defined && f->dyn_count == 0))
		return "yes";
	if (n->canary_defined)
		return "unknown";
	if (f->dynsym.count == 0 && f->symtab.count == 0) {
		const struct fw_view text = FW_STR("stack smashing detected");

		return fw_view_find(f->bytes, text, 0) != SIZE_MAX ? "yes" :
								     "unknown";
	}
	return "no";
}

static const char *nx(const struct elf_file *f)
{
	const GElf_Phdr *p = elf_segment(f, PT_GNU_STACK);

	if (p == NULL)
		return "unset";
	return (p->p_flags & PF_X) != 0 ? "no" : "yes";
}

void elf_emit_hardening(const struct elf_file *f, const struct elf_census *n,
			struct fw_out *out)
{
	if (f->h.e_type != ET_EXEC && f->h.e_type != ET_DYN)
		return;
	fw_out_fact(out, "harden.nx", nx(f));
	fw_out_fact(out, "harden.relro", relro(f));
	if (pie(f) != NULL)
		fw_out_fact(out, "harden.pie", pie(f));
	fw_out_fact(out, "harden.canary", canary(f, n));
	if (n->fortified || n->fortifiable)
		fw_out_fact(out, "harden.fortify", n->fortified ? "yes" : "no");
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) == 0 ||
		    (p->p_flags & PF_X) == 0)
			continue;
		fw_out_fact(out, "harden.rwx", "yes");
		return;
	}
}
