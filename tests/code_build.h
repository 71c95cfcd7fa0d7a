/* code_build.h - a program around given code, for tests and fuzzing
 *
 * Always the same frame: sixteen functions that a C library would have, each
 * with a name and 16 bytes of its own, eight texts, the code, and a table of
 * texts and functions in writable data. So random code that calls into the
 * first page calls something strong.
 */
#ifndef CODE_BUILD_H
#define CODE_BUILD_H

#include <elf.h>
#include <string.h>

#include "core/arena.h"

enum {
	CODE_BASE = 0x10000,
	CODE_SYMBOLS = CODE_BASE + 0x200,
	CODE_NAMES = CODE_BASE + 0x400,
	CODE_HASH = CODE_BASE + 0x500,
	CODE_DYNAMIC = CODE_BASE + 0x600,
	CODE_TEXTS = CODE_BASE + 0x800,	   /* 8 of 16 bytes */
	CODE_LIBRARY = CODE_BASE + 0x1000, /* 16 of 16 bytes */
	CODE_TEXT = CODE_BASE + 0x1100,	   /* what is given */
	CODE_DATA = 0x4000000,		   /* the table */
	CODE_LIBRARY_COUNT = 16,
	CODE_ROWS = 16
};

struct code_plan {
	uint16_t machine;
	bool big, sections, library; /* library: ET_DYN */
	bool thumb;
	struct fw_view text;
	struct fw_view data; /* written instead of the table, where given */
};

struct code_bytes {
	uint8_t *b;
	size_t n;
	bool wide, big;
};

/* By number: 0 is CODE_LIBRARY, 1 the next 16 bytes, ... */
static const char *const code_library[CODE_LIBRARY_COUNT] = {
	"strcmp", "system", "recv",   "getenv", "memcmp", "sprintf",
	"accept", "listen", "dup2",   "execve", "crypt",  "open",
	"access", "time",   "strstr", "setuid",
};

static const char *const code_texts[8] = {
	"/bin/sh",     "%s 2>&1",     "Qz81-open",   "hjk-77-Lq",
	"/tmp/.debug", "/etc/shadow", "MAINTENANCE", "status",
};

static inline void code_put(struct code_bytes *w, size_t width, uint64_t v)
{
	for (size_t i = 0; i < width; i++)
		w->b[w->n++] = (uint8_t)(v >> 8 * (w->big ? width - 1 - i : i));
}

static inline void code_word(struct code_bytes *w, uint64_t v)
{
	code_put(w, w->wide ? 8 : 4, v);
}

static inline void code_segment(struct code_bytes *w, uint32_t type,
				uint32_t flags, uint64_t off, uint64_t address,
				uint64_t len)
{
	code_put(w, 4, type);
	if (w->wide)
		code_put(w, 4, flags);
	code_word(w, off);
	code_word(w, address);
	code_word(w, address);
	code_word(w, len);
	code_word(w, len);
	if (!w->wide)
		code_put(w, 4, flags);
	code_word(w, 4);
}

static inline void code_section(struct code_bytes *w, uint32_t name,
				uint32_t type, uint64_t flags, uint64_t address,
				uint64_t off, uint64_t len)
{
	code_put(w, 4, name);
	code_put(w, 4, type);
	code_word(w, flags);
	code_word(w, address);
	code_word(w, off);
	code_word(w, len);
	code_put(w, 4, 2);
	code_put(w, 4, 1);
	code_word(w, 1);
	code_word(w, type == SHT_DYNSYM ? (w->wide ? 24 : 16) : 0);
}

static inline void code_header(struct code_bytes *w, const struct code_plan *p,
			       uint64_t sections)
{
	const uint8_t ident[16] = {
		0x7f, 'E', 'L', 'F', w->wide ? 2 : 1, w->big ? 2 : 1, 1
	};

	memcpy(w->b, ident, 16);
	w->n = 16;
	code_put(w, 2, p->library ? ET_DYN : ET_EXEC);
	code_put(w, 2, p->machine);
	code_put(w, 4, 1);
	code_word(w, CODE_TEXT + (p->thumb ? 1 : 0));
	code_word(w, 0x40);
	code_word(w, sections);
	code_put(w, 4, p->machine == EM_ARM ? 0x05000000 : 0);
	code_put(w, 2, w->wide ? 64 : 52);
	code_put(w, 2, w->wide ? 56 : 32);
	code_put(w, 2, 3);
	code_put(w, 2, w->wide ? 64 : 40);
	code_put(w, 2, sections != 0 ? 6 : 0);
	code_put(w, 2, sections != 0 ? 5 : 0);
	w->n = 0x40;
}

static inline void code_symbols(struct code_bytes *w)
{
	size_t names = CODE_NAMES - CODE_BASE + 1;

	w->n = CODE_SYMBOLS - CODE_BASE + (w->wide ? 24 : 16);
	for (size_t i = 0; i < CODE_LIBRARY_COUNT; i++) {
		size_t len = strlen(code_library[i]) + 1;

		code_put(w, 4, names - (CODE_NAMES - CODE_BASE));
		if (!w->wide) {
			code_put(w, 4, CODE_LIBRARY + i * 16);
			code_put(w, 4, 16);
		}
		code_put(w, 1, ELF32_ST_INFO(STB_GLOBAL, STT_FUNC));
		code_put(w, 1, 0);
		code_put(w, 2, 3);
		if (w->wide) {
			code_put(w, 8, CODE_LIBRARY + i * 16);
			code_put(w, 8, 16);
		}
		memcpy(w->b + names, code_library[i], len);
		names += len;
	}
	w->n = CODE_HASH - CODE_BASE;
	code_put(w, 4, 1);
	code_put(w, 4, CODE_LIBRARY_COUNT + 1);
	for (size_t i = 0; i < 8; i++)
		memcpy(w->b + CODE_TEXTS - CODE_BASE + i * 16, code_texts[i],
		       strlen(code_texts[i]) + 1);
}

static inline void code_dynamic(struct code_bytes *w)
{
	const uint64_t rows[][2] = {
		{ DT_HASH, CODE_HASH },	   { DT_SYMTAB, CODE_SYMBOLS },
		{ DT_STRTAB, CODE_NAMES }, { DT_STRSZ, CODE_HASH - CODE_NAMES },
		{ DT_PLTGOT, CODE_DATA },  { DT_NULL, 0 }
	};

	w->n = CODE_DYNAMIC - CODE_BASE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		code_word(w, rows[i][0]);
		code_word(w, rows[i][1]);
	}
}

/* The data at offset off; returns its length. */
static inline size_t code_data(struct code_bytes *w, const struct code_plan *p,
			       size_t off)
{
	w->n = off;
	if (p->data.len > 0) {
		memcpy(w->b + off, p->data.data, p->data.len);
		w->n += p->data.len;
		return p->data.len;
	}
	for (size_t i = 0; i < CODE_ROWS; i++) {
		code_word(w, CODE_TEXTS + i % 8 * 16);
		code_word(w, CODE_TEXT + p->text.len * i / CODE_ROWS / 4 * 4 +
				     (p->thumb ? 1 : 0));
	}
	return w->n - off;
}

/* The program, in exactly as many bytes as it has. */
static inline struct fw_view code_build(const struct code_plan *p,
					struct fw_arena *a)
{
	static const char names[] = "\0.dynsym\0.dynstr\0.text\0.data";
	size_t text = CODE_TEXT - CODE_BASE;
	size_t data = (text + p->text.len + 15) / 16 * 16;
	struct code_bytes w = { .big = p->big,
				.wide = p->machine == EM_X86_64 ||
					p->machine == EM_AARCH64 };

	w.b = fw_alloc(a, data + p->data.len + 1024, 1);
	size_t len = code_data(&w, p, data), loaded = data;
	size_t table = (data + len + 31) / 16 * 16;

	if (p->text.len > 0)
		memcpy(w.b + text, p->text.data, p->text.len);
	code_header(&w, p, p->sections ? table : 0);
	code_segment(&w, PT_LOAD, PF_R | PF_X, 0, CODE_BASE, loaded);
	code_segment(&w, PT_LOAD, PF_R | PF_W, data, CODE_DATA, len);
	code_segment(&w, PT_DYNAMIC, PF_R, CODE_DYNAMIC - CODE_BASE,
		     CODE_DYNAMIC, w.wide ? 96 : 48);
	code_symbols(&w);
	code_dynamic(&w);
	w.n = data + len;
	if (!p->sections)
		return fw_view_of(w.b, w.n);
	memcpy(w.b + 0x780, names, sizeof(names));
	w.n = table;
	code_section(&w, 0, SHT_NULL, 0, 0, 0, 0);
	code_section(&w, 1, SHT_DYNSYM, SHF_ALLOC, CODE_SYMBOLS,
		     CODE_SYMBOLS - CODE_BASE,
		     (CODE_LIBRARY_COUNT + 1) * (w.wide ? 24U : 16U));
	code_section(&w, 9, SHT_STRTAB, SHF_ALLOC, CODE_NAMES,
		     CODE_NAMES - CODE_BASE, CODE_HASH - CODE_NAMES);
	code_section(&w, 17, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
		     CODE_LIBRARY, CODE_LIBRARY - CODE_BASE,
		     p->text.len + CODE_TEXT - CODE_LIBRARY);
	code_section(&w, 23, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, CODE_DATA,
		     data, len);
	code_section(&w, 0, SHT_STRTAB, 0, 0, 0x780, sizeof(names));
	return fw_view_of(w.b, w.n);
}

#endif
