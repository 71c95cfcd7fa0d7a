/* elf_build.h - tiny ELF files of both classes and ends, for tests */
#ifndef ELF_BUILD_H
#define ELF_BUILD_H

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"

enum { ELF_ROOM = 1 << 14, ELF_PARTS = 12, ELF_BASE = 0x400000 };

/* What the program is to be; elf_build() writes it. */
struct elf_plan {
	bool wide, big;
	uint16_t type, machine;
	uint64_t entry;			/* 0: the first byte of code */
	int stack;			/* flags of PT_GNU_STACK, -1: none */
	bool relro, now, pie, interp, no_sections, rwx, no_symtab;
	const char *needed, *soname, *rpath, *runpath;
	const char *imports[4];		/* undefined dynamic symbols */
	const char *object;		/* data of 16 bytes, and what they are */
	const char *object_bytes;
	const char *comment;		/* two NUL-ended strings and one more NUL */
	const char *modinfo;
	size_t modinfo_len;
};

struct elf_bytes {
	uint8_t b[ELF_ROOM];
	size_t n;
	bool wide, big;
};

static inline void elf_put(struct elf_bytes *w, size_t width, uint64_t v)
{
	assert_true(width <= sizeof(w->b) - w->n);
	for (size_t i = 0; i < width; i++) {
		size_t shift = 8 * (w->big ? width - 1 - i : i);

		w->b[w->n++] = (uint8_t)(v >> shift);
	}
}

static inline void elf_word(struct elf_bytes *w, uint64_t v)
{
	elf_put(w, w->wide ? 8 : 4, v);
}

static inline size_t elf_raw(struct elf_bytes *w, const void *p, size_t n)
{
	size_t at = w->n;

	assert_true(n <= sizeof(w->b) - w->n);
	memcpy(w->b + w->n, p, n);
	w->n += n;
	return at;
}

static inline void elf_pad(struct elf_bytes *w, size_t align)
{
	while (w->n % align != 0)
		elf_put(w, 1, 0);
}

static inline void elf_phdr(struct elf_bytes *w, uint32_t type, uint32_t flags,
			    uint64_t off, uint64_t len)
{
	elf_put(w, 4, type);
	if (w->wide)
		elf_put(w, 4, flags);
	elf_word(w, off);
	elf_word(w, ELF_BASE + off);
	elf_word(w, ELF_BASE + off);
	elf_word(w, len);
	elf_word(w, len);
	if (!w->wide)
		elf_put(w, 4, flags);
	elf_word(w, 4);
}

static inline void elf_shdr(struct elf_bytes *w, uint32_t name, uint32_t type,
			    uint64_t off, uint64_t len, uint32_t link,
			    uint64_t step)
{
	elf_put(w, 4, name);
	elf_put(w, 4, type);
	elf_word(w, 0);
	elf_word(w, 0);
	elf_word(w, off);
	elf_word(w, len);
	elf_put(w, 4, link);
	elf_put(w, 4, 1);
	elf_word(w, 1);
	elf_word(w, step);
}

static inline void elf_sym(struct elf_bytes *w, uint32_t name, uint8_t info,
			   uint16_t section, uint64_t value, uint64_t size)
{
	elf_put(w, 4, name);
	if (!w->wide) {
		elf_put(w, 4, value);
		elf_put(w, 4, size);
	}
	elf_put(w, 1, info);
	elf_put(w, 1, 0);
	elf_put(w, 2, section);
	if (w->wide) {
		elf_put(w, 8, value);
		elf_put(w, 8, size);
	}
}

static inline void elf_entry(struct elf_bytes *w, uint64_t tag, uint64_t value)
{
	elf_word(w, tag);
	elf_word(w, value);
}

struct elf_strings {
	char b[512];
	size_t n;
};

static inline uint32_t elf_name(struct elf_strings *s, const char *name)
{
	size_t at = s->n, len = strlen(name) + 1;

	assert_true(len <= sizeof(s->b) - s->n);
	memcpy(s->b + at, name, len);
	s->n += len;
	return (uint32_t)at;
}

struct elf_part {
	size_t at, len;
};

static inline void elf_dynamic(struct elf_bytes *w, const struct elf_plan *p,
			       struct elf_strings *s, struct elf_part parts[4])
{
	uint32_t names[4] = { 0 };
	size_t n = 0, object = 0;

	*s = (struct elf_strings){ .n = 1 };
	if (p->object)
		object = elf_raw(w, p->object_bytes, 16);
	for (; n < 4 && p->imports[n] != NULL; n++)
		names[n] = elf_name(s, p->imports[n]);
	elf_pad(w, 8);
	parts[0].at = w->n; /* symbols */
	elf_sym(w, 0, 0, 0, 0, 0);
	for (size_t i = 0; i < n; i++)
		elf_sym(w, names[i], ELF32_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 0,
			0);
	elf_sym(w, elf_name(s, "exported"),
		ELF32_ST_INFO(STB_GLOBAL, STT_FUNC), 1, ELF_BASE, 0);
	if (p->object)
		elf_sym(w, elf_name(s, p->object),
			ELF32_ST_INFO(STB_GLOBAL, STT_OBJECT), 1,
			ELF_BASE + object, 16);
	parts[0].len = w->n - parts[0].at;
	parts[1].at = w->n; /* hash table: one bucket, so many symbols */
	elf_put(w, 4, 1);
	elf_put(w, 4, n + 2 + (p->object != NULL));
	for (size_t i = 0; i < n + 3 + (p->object != NULL); i++)
		elf_put(w, 4, 0);
	parts[1].len = w->n - parts[1].at;
	uint32_t needed = p->needed ? elf_name(s, p->needed) : 0;
	uint32_t soname = p->soname ? elf_name(s, p->soname) : 0;
	uint32_t rpath = p->rpath ? elf_name(s, p->rpath) : 0;
	uint32_t runpath = p->runpath ? elf_name(s, p->runpath) : 0;

	parts[2].at = elf_raw(w, s->b, s->n); /* strings */
	parts[2].len = s->n;
	elf_pad(w, 8);
	parts[3].at = w->n;
	if (p->needed)
		elf_entry(w, DT_NEEDED, needed);
	if (p->soname)
		elf_entry(w, DT_SONAME, soname);
	if (p->rpath)
		elf_entry(w, DT_RPATH, rpath);
	if (p->runpath)
		elf_entry(w, DT_RUNPATH, runpath);
	elf_entry(w, DT_HASH, ELF_BASE + parts[1].at);
	elf_entry(w, DT_SYMTAB, ELF_BASE + parts[0].at);
	elf_entry(w, DT_STRTAB, ELF_BASE + parts[2].at);
	elf_entry(w, DT_STRSZ, parts[2].len);
	if (p->now)
		elf_entry(w, DT_FLAGS, DF_BIND_NOW);
	if (p->pie)
		elf_entry(w, DT_FLAGS_1, 0x08000000);
	elf_entry(w, DT_NULL, 0);
	parts[3].len = w->n - parts[3].at;
}

static inline void elf_tables(struct elf_bytes *w, const struct elf_plan *p,
			      const struct elf_part parts[4], size_t *table,
			      unsigned *count)
{
	struct elf_strings s = { .n = 1 };
	size_t comment = p->comment ? elf_raw(w, p->comment,
					      strlen(p->comment) + 1) : 0;
	size_t info = p->modinfo ? elf_raw(w, p->modinfo, p->modinfo_len) : 0;
	uint32_t names[6] = { elf_name(&s, ".dynsym"), elf_name(&s, ".dynstr"),
			      elf_name(&s, ".symtab"), elf_name(&s, ".comment"),
			      elf_name(&s, ".modinfo"),
			      elf_name(&s, ".shstrtab") };
	size_t at = elf_raw(w, s.b, s.n), step = w->wide ? 24 : 16;

	elf_pad(w, 8);
	*table = w->n;
	*count = 7;
	elf_shdr(w, 0, 0, 0, 0, 0, 0);
	elf_shdr(w, names[0], SHT_DYNSYM, parts[0].at, parts[0].len, 2, step);
	elf_shdr(w, names[1], SHT_STRTAB, parts[2].at, parts[2].len, 0, 0);
	elf_shdr(w, names[2], p->no_symtab ? SHT_NULL : SHT_SYMTAB, parts[0].at,
		 parts[0].len, 2, step);
	elf_shdr(w, names[3], p->comment ? SHT_PROGBITS : SHT_NULL, comment,
		 p->comment ? strlen(p->comment) + 1 : 0, 0, 0);
	elf_shdr(w, names[4], p->modinfo ? SHT_PROGBITS : SHT_NULL, info,
		 p->modinfo_len, 0, 0);
	elf_shdr(w, names[5], SHT_STRTAB, at, s.n, 0, 0);
}

static inline void elf_header(struct elf_bytes *w, const struct elf_plan *p,
			      unsigned segments, size_t table, unsigned count,
			      size_t code)
{
	const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', p->wide ? 2 : 1,
				    p->big ? 2 : 1, 1 };

	elf_raw(w, ident, 16);
	elf_put(w, 2, p->type);
	elf_put(w, 2, p->machine);
	elf_put(w, 4, 1);
	elf_word(w, p->entry ? p->entry : ELF_BASE + code);
	elf_word(w, segments ? (p->wide ? 64 : 52) : 0);
	elf_word(w, table);
	elf_put(w, 4, 0);
	elf_put(w, 2, p->wide ? 64 : 52);
	elf_put(w, 2, p->wide ? 56 : 32);
	elf_put(w, 2, segments);
	elf_put(w, 2, p->wide ? 64 : 40);
	elf_put(w, 2, count);
	elf_put(w, 2, count ? count - 1 : 0);
}

/* Writes the plan into w: one loadable segment over all but the sections. */
static inline void elf_build(struct elf_bytes *w, const struct elf_plan *p)
{
	static const char interp[] = "/lib/ld-uClibc.so.0";
	size_t head = p->wide ? 64 : 52, step = p->wide ? 56 : 32, table = 0;
	unsigned segments = p->type == ET_REL ? 0 :
					    2u + p->interp + p->relro +
						    (p->stack >= 0);
	struct elf_part parts[4] = { 0 };
	struct elf_strings s;
	unsigned count = 0;

	*w = (struct elf_bytes){ .wide = p->wide, .big = p->big };
	w->n = head + segments * step;
	size_t code = elf_raw(w, "not really code.", 16);
	size_t loader = elf_raw(w, interp, sizeof(interp));

	elf_dynamic(w, p, &s, parts);
	size_t loaded = w->n;

	if (!p->no_sections)
		elf_tables(w, p, parts, &table, &count);
	size_t end = w->n;

	w->n = 0;
	elf_header(w, p, segments, table, count, code);
	if (segments > 0) {
		elf_phdr(w, PT_LOAD, PF_R | PF_X | (p->rwx ? PF_W : 0), 0,
			 loaded);
		elf_phdr(w, PT_DYNAMIC, PF_R, parts[3].at, parts[3].len);
		if (p->interp)
			elf_phdr(w, PT_INTERP, PF_R, loader, sizeof(interp));
		if (p->relro)
			elf_phdr(w, PT_GNU_RELRO, PF_R, parts[3].at,
				 parts[3].len);
		if (p->stack >= 0)
			elf_phdr(w, PT_GNU_STACK, (uint32_t)p->stack, 0, 0);
	}
	w->n = end;
}

static inline struct fw_view elf_view(const struct elf_bytes *w)
{
	return fw_view_of(w->b, w->n);
}

#endif
