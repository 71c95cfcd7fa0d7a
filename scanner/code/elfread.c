/* elfread.c - a read-only view of an ELF file */
#include "code/elfread.h"

/* Symbols are many and their names may overlap: keep the work linear. */
enum { STRING_MAX = 4096, SYMBOL_MAX = 512, SEGMENTS_MAX = 4096 };

bool elf_is(const struct fw_object *obj)
{
	if (obj->format != NULL && strcmp(obj->format, "elf") == 0)
		return true;
	return fw_view_starts(obj->bytes, FW_STR("\x7f"
						 "ELF"));
}

static struct fw_view string_of(struct fw_view table, uint64_t off, size_t max)
{
	struct fw_view s = fw_view_sub(table, off, max);
	const uint8_t *nul =
		s.len == 0 ? NULL : memchr(s.data, '\0', s.len);

	if (nul != NULL)
		s.len = (size_t)(nul - s.data);
	return s;
}

struct fw_view elf_string(struct fw_view table, uint64_t off)
{
	return string_of(table, off, STRING_MAX);
}

const GElf_Phdr *elf_segment(const struct elf_file *f, uint32_t type)
{
	for (size_t i = 0; i < f->segment_count; i++)
		if (f->segments[i].p_type == type)
			return &f->segments[i];
	return NULL;
}

const struct elf_section *elf_section(const struct elf_file *f,
				      const char *name)
{
	for (size_t i = 0; i < f->section_count; i++)
		if (fw_view_eq(f->sections[i].name, fw_view_str(name)))
			return &f->sections[i];
	return NULL;
}

const GElf_Dyn *elf_dyn(const struct elf_file *f, int64_t tag)
{
	for (size_t i = 0; i < f->dyn_count; i++)
		if (f->dyn[i].d_tag == tag)
			return &f->dyn[i];
	return NULL;
}

struct fw_view elf_dyn_text(const struct elf_file *f, int64_t tag)
{
	const GElf_Dyn *d = elf_dyn(f, tag);

	if (d == NULL)
		return (struct fw_view){ NULL, 0 };
	return elf_string(f->dynstr, d->d_un.d_val);
}

struct fw_view elf_at_address(const struct elf_file *f, uint64_t address)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type != PT_LOAD || address < p->p_vaddr ||
		    address - p->p_vaddr >= p->p_filesz)
			continue;
		struct fw_view part =
			fw_view_sub(f->bytes, p->p_offset, p->p_filesz);

		return fw_view_sub(part, address - p->p_vaddr, part.len);
	}
	return (struct fw_view){ NULL, 0 };
}

bool elf_symbol_at(const struct elf_symbols *t, size_t i,
		   struct elf_symbol *sym)
{
	GElf_Sym s;

	if (i >= t->count || gelf_getsym(t->data, (int)i, &s) == NULL)
		return false;
	*sym = (struct elf_symbol){
		.name = string_of(t->names, s.st_name, SYMBOL_MAX),
		.type = GELF_ST_TYPE(s.st_info),
		.bind = GELF_ST_BIND(s.st_info),
		.defined = s.st_shndx != SHN_UNDEF,
		.value = s.st_value,
		.size = s.st_size,
	};
	return true;
}

/* len bytes of part as records of a type, converted; NULL where empty. */
static Elf_Data *records(const struct elf_file *f, struct fw_view part,
			 Elf_Type type, size_t step, size_t *count)
{
	*count = 0;
	part.len -= part.len % step;
	if (part.data == NULL || part.len == 0)
		return NULL;
	uint64_t at = fw_view_at(f->bytes, part);
	Elf_Data *d = elf_getdata_rawchunk(f->elf, (int64_t)at, part.len, type);

	*count = d == NULL ? 0 : part.len / step;
	return d;
}

static size_t size_of(const struct elf_file *f, Elf_Type type)
{
	return gelf_fsize(f->elf, type, 1, EV_CURRENT);
}

static void read_segments(struct elf_file *f)
{
	size_t n = 0;

	if (elf_getphdrnum(f->elf, &n) != 0)
		return;
	if (n > SEGMENTS_MAX)
		n = SEGMENTS_MAX;
	f->segments = fw_alloc(f->arena, n, sizeof(*f->segments));
	for (size_t i = 0; i < n; i++) {
		if (gelf_getphdr(f->elf, (int)i, &f->segments[i]) == NULL)
			return;
		f->segment_count = i + 1;
	}
}

static void read_sections(struct elf_file *f)
{
	size_t n = 0, names = 0;
	uint64_t len = (uint64_t)f->h.e_shnum * f->h.e_shentsize;

	/* libelf passes over a table that is not in the file. */
	if (f->h.e_shnum > 0 &&
	    (f->h.e_shoff > f->bytes.len || len > f->bytes.len - f->h.e_shoff))
		f->sections_lie = true;
	if (elf_getshdrnum(f->elf, &n) != 0 || n > f->bytes.len)
		return;
	f->sections = fw_alloc(f->arena, n, sizeof(*f->sections));
	for (size_t i = 0; i < n; i++) {
		struct elf_section *s = &f->sections[i];
		Elf_Scn *scn = elf_getscn(f->elf, i);

		if (scn == NULL || gelf_getshdr(scn, &s->h) == NULL)
			break;
		f->section_count = i + 1;
		if (s->h.sh_type == SHT_NULL || s->h.sh_type == SHT_NOBITS)
			continue;
		s->bytes = fw_view_sub(f->bytes, s->h.sh_offset, s->h.sh_size);
		if (s->bytes.len < s->h.sh_size)
			f->sections_lie = true;
	}
	if (elf_getshdrstrndx(f->elf, &names) != 0 || names >= f->section_count)
		return;
	for (size_t i = 0; i < f->section_count; i++)
		f->sections[i].name = elf_string(f->sections[names].bytes,
						 f->sections[i].h.sh_name);
}

static void read_dynamic(struct elf_file *f)
{
	const GElf_Phdr *p = elf_segment(f, PT_DYNAMIC);
	struct fw_view part = { NULL, 0 };
	size_t n;

	if (p != NULL) {
		part = fw_view_sub(elf_at_address(f, p->p_vaddr), 0,
				   p->p_filesz);
		if (part.len == 0)
			part = fw_view_sub(f->bytes, p->p_offset, p->p_filesz);
	}
	Elf_Data *d = records(f, part, ELF_T_DYN, size_of(f, ELF_T_DYN), &n);

	if (d == NULL)
		return;
	f->dyn = fw_alloc(f->arena, n, sizeof(*f->dyn));
	for (size_t i = 0; i < n; i++) {
		if (gelf_getdyn(d, (int)i, &f->dyn[i]) == NULL ||
		    f->dyn[i].d_tag == DT_NULL)
			break;
		f->dyn_count = i + 1;
	}
	const GElf_Dyn *at = elf_dyn(f, DT_STRTAB);
	const GElf_Dyn *len = elf_dyn(f, DT_STRSZ);

	if (at != NULL)
		f->dynstr = fw_view_sub(elf_at_address(f, at->d_un.d_ptr), 0,
					len == NULL ? SIZE_MAX :
						      len->d_un.d_val);
}

/* Symbols that a GNU hash table covers: the last one of its longest chain. */
static size_t gnu_hash_count(const struct elf_file *f, uint64_t address)
{
	struct fw_cursor c = fw_cursor_of(elf_at_address(f, address));
	uint64_t wide = f->h.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	uint32_t last = 0;

	c.big_endian = f->h.e_ident[EI_DATA] == ELFDATA2MSB;
	uint32_t buckets = fw_u32(&c);
	uint32_t first = fw_u32(&c);
	uint32_t bloom = fw_u32(&c);

	fw_skip(&c, 4 + bloom * wide);
	for (uint32_t i = 0; i < buckets && fw_ok(&c); i++) {
		uint32_t b = fw_u32(&c);

		last = b > last ? b : last;
	}
	if (!fw_ok(&c) || last < first)
		return first;
	fw_skip(&c, UINT64_C(4) * (last - first));
	while (fw_ok(&c) && (fw_u32(&c) & 1) == 0)
		last++;
	return (size_t)last + 1;
}

/* How many dynamic symbols there are, from what the loader itself would use. */
static size_t dynsym_count(const struct elf_file *f, uint64_t symtab)
{
	const GElf_Dyn *d = elf_dyn(f, DT_HASH);

	if (d != NULL) {
		struct fw_cursor c =
			fw_cursor_of(elf_at_address(f, d->d_un.d_ptr));

		c.big_endian = f->h.e_ident[EI_DATA] == ELFDATA2MSB;
		fw_skip(&c, 4);
		uint32_t n = fw_u32(&c);

		if (n > 0)
			return n;
	}
	d = elf_dyn(f, DT_MIPS_SYMTABNO);
	if (d != NULL && f->h.e_machine == EM_MIPS)
		return d->d_un.d_val;
	d = elf_dyn(f, DT_GNU_HASH);
	if (d != NULL)
		return gnu_hash_count(f, d->d_un.d_ptr);
	d = elf_dyn(f, DT_STRTAB);
	if (d != NULL && d->d_un.d_ptr > symtab)
		return (d->d_un.d_ptr - symtab) / size_of(f, ELF_T_SYM);
	return 0;
}

static void read_symbols(struct elf_file *f)
{
	const GElf_Dyn *d = elf_dyn(f, DT_SYMTAB);
	size_t step = size_of(f, ELF_T_SYM);

	for (size_t i = 0; i < f->section_count; i++) {
		const struct elf_section *s = &f->sections[i];
		struct elf_symbols *t = s->h.sh_type == SHT_SYMTAB ? &f->symtab :
					s->h.sh_type == SHT_DYNSYM ? &f->dynsym :
								     NULL;

		if (t == NULL || t->data != NULL ||
		    s->h.sh_link >= f->section_count)
			continue;
		t->data = records(f, s->bytes, ELF_T_SYM, step, &t->count);
		t->names = f->sections[s->h.sh_link].bytes;
	}
	if (d == NULL || f->dynsym.data != NULL)
		return;
	struct fw_view part = elf_at_address(f, d->d_un.d_ptr);
	size_t n = dynsym_count(f, d->d_un.d_ptr);

	if (n < part.len / step)
		part.len = n * step;
	f->dynsym.data = records(f, part, ELF_T_SYM, step, &f->dynsym.count);
	f->dynsym.names = f->dynstr;
}

/* A copy whose header denies that there are sections. */
static struct fw_view without_sections(struct fw_view v, struct fw_arena *a)
{
	bool wide = v.data[EI_CLASS] == ELFCLASS64;
	uint8_t *p = fw_alloc(a, v.len, 1);

	memcpy(p, v.data, v.len);
	memset(p + (wide ? 40 : 32), 0, wide ? 8 : 4);
	memset(p + (wide ? 60 : 48), 0, 4);
	return fw_view_of(p, v.len);
}

/* libelf never writes to an image that it was given to read. */
static Elf *from_memory(struct fw_view v)
{
	Elf *e = elf_memory((char *)(uintptr_t)v.data, v.len);

	if (e != NULL && elf_kind(e) != ELF_K_ELF) {
		elf_end(e);
		return NULL;
	}
	return e;
}

bool elf_open(struct elf_file *f, struct fw_view bytes, struct fw_arena *a)
{
	*f = (struct elf_file){ .bytes = bytes, .arena = a };
	if (bytes.len < sizeof(Elf32_Ehdr) ||
	    memcmp(bytes.data, ELFMAG, SELFMAG) != 0 ||
	    (bytes.data[EI_CLASS] == ELFCLASS64 &&
	     bytes.len < sizeof(Elf64_Ehdr)))
		return false;
	elf_version(EV_CURRENT);
	f->elf = from_memory(bytes);
	if (f->elf == NULL) {
		f->bytes = without_sections(bytes, a);
		f->sections_lie = true;
		f->elf = from_memory(f->bytes);
	}
	if (f->elf == NULL)
		return false;
	if (gelf_getehdr(f->elf, &f->h) == NULL) {
		elf_close(f);
		return false;
	}
	read_segments(f);
	read_sections(f);
	read_dynamic(f);
	read_symbols(f);
	return true;
}

void elf_close(struct elf_file *f)
{
	if (f->elf != NULL)
		elf_end(f->elf);
	f->elf = NULL;
}
