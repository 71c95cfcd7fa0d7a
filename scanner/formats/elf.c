/* elf.c - ELF: how far a program, library, object or kernel module reaches
 *
 * Layout; widths follow the class, byte order the data byte:
 *
 *	0   e_ident: magic, class, data, version, ABI, padding
 *	16  the rest of the ELF header, 52 or 64 bytes with e_ident
 *	    anywhere: program headers, section headers, what both point at
 *	    kernel modules: signature, 12 bytes about it, a closing line
 *
 * The header states no length: the image ends where the last thing that it
 * points at ends. What the program says about itself is for the analyzers.
 *
 * Source: System V ABI, gABI 4.1 chapters 4 and 5; Linux kernel/module_signing.c
 */
#include <elf.h>

#include "core/format.h"

/* clang-format off */
#define ELF_IDENT(U, B)                                                \
	B(4,  magic,   "\"\\x7f\" \"ELF\"")                            \
	U(u8, class,   "1: 32 bits, 2: 64 bits")                       \
	U(u8, data,    "1: little endian, 2: big endian")              \
	U(u8, version, "1")                                            \
	B(9,  rest,    "ABI and padding")
FW_RECORD(elf_ident, ELF_IDENT)
/* clang-format on */

enum { MODULE_SIGNATURE = 12 };  /* its last four bytes: length, big endian */

/* What both classes have in common, widened. */
struct elf_head {
	bool wide;
	uint16_t type, ehsize, phentsize, phnum16, shentsize, shnum16;
	uint64_t phoff, shoff, phnum, shnum;
};

static uint64_t word(struct fw_cursor *c, bool wide)
{
	return wide ? fw_u64(c) : fw_u32(c);
}

static void read_head(struct fw_cursor *c, struct elf_head *h)
{
	struct elf_ident id;

	*h = (struct elf_head){ 0 };
	elf_ident_read(c, &id);
	fw_require(c, memcmp(id.magic, ELFMAG, SELFMAG) == 0, "magic",
		   id.magic[0]);
	fw_require(c, id.class == ELFCLASS32 || id.class == ELFCLASS64, "class",
		   id.class);
	fw_require(c, id.data == ELFDATA2LSB || id.data == ELFDATA2MSB,
		   "byte order", id.data);
	fw_require(c, id.version == EV_CURRENT, "version", id.version);
	c->big_endian = id.data == ELFDATA2MSB;
	h->wide = id.class == ELFCLASS64;
	h->type = fw_u16(c);
	fw_u16(c); /* machine: any */
	uint32_t version = fw_u32(c);

	fw_require(c, version == EV_CURRENT, "version", version);
	word(c, h->wide); /* entry */
	h->phoff = word(c, h->wide);
	h->shoff = word(c, h->wide);
	fw_u32(c); /* flags */
	h->ehsize = fw_u16(c);
	h->phentsize = fw_u16(c);
	h->phnum16 = fw_u16(c);
	h->shentsize = fw_u16(c);
	h->shnum16 = fw_u16(c);
	fw_u16(c); /* index of the section of names */
	fw_require(c,
		   (h->type >= ET_REL && h->type <= ET_CORE) ||
			   h->type >= ET_LOOS,
		   "type", h->type);
	fw_require(c, h->ehsize == (h->wide ? 64 : 52), "header size",
		   h->ehsize);
}

/* Where [off, off + len) ends; fails where that is past the data. */
static uint64_t end_of(struct fw_cursor *c, uint64_t off, uint64_t len,
		       const char *what)
{
	if (off > c->v.len || len > c->v.len - off) {
		fw_fail(c, FW_TRUNCATED, what, off);
		return 0;
	}
	return off + len;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The counts, also those too large for the header: section 0 has them then.
 * Some strippers leave the offset of a table that is gone. */
static void read_counts(struct fw_cursor *c, struct elf_head *h)
{
	uint64_t step = h->wide ? 64 : 40;

	h->phnum = h->phnum16;
	h->shnum = h->shoff == 0 ? 0 : h->shnum16;
	if (h->shoff == 0 || (h->shnum16 != 0 && h->phnum16 != PN_XNUM))
		return;
	if (h->phnum16 != PN_XNUM &&
	    (h->shoff > c->v.len || step > c->v.len - h->shoff))
		return;
	struct fw_cursor first = fw_sub(c, h->shoff, step);

	fw_skip(&first, h->wide ? 32 : 20);
	uint64_t size = word(&first, h->wide);

	fw_skip(&first, 4);
	uint32_t info = fw_u32(&first);

	if (h->shnum16 == 0 && size >= SHN_LORESERVE)
		h->shnum = size;
	if (h->phnum16 != PN_XNUM)
		return;
	h->phnum = info;
	fw_require(c, h->shnum > 0, "section headers", 0);
}

static uint64_t segments_end(struct fw_cursor *c, const struct elf_head *h)
{
	uint64_t end = 0, step = h->wide ? 56 : 32;

	if (h->phnum == 0)
		return 0;
	fw_require(c, h->phentsize == step, "program header size",
		   h->phentsize);
	fw_require(c, h->phoff >= h->ehsize, "program headers", h->phoff);
	if (h->phnum > c->v.len / step)
		fw_fail(c, FW_TRUNCATED, "program headers", h->phnum);
	if (!fw_ok(c))
		return 0;
	end = end_of(c, h->phoff, h->phnum * step, "program headers");
	fw_seek(c, h->phoff);
	for (uint64_t i = 0; i < h->phnum && fw_ok(c); i++) {
		uint32_t type = fw_u32(c);

		if (h->wide)
			fw_u32(c); /* flags */
		uint64_t off = word(c, h->wide);

		fw_skip(c, h->wide ? 16 : 8);
		uint64_t len = word(c, h->wide);

		fw_skip(c, h->wide ? 16 : 12);
		if (type != PT_NULL && len > 0 && fw_ok(c))
			end = larger(end, end_of(c, off, len, "segment"));
	}
	return end;
}

static uint64_t sections_end(struct fw_cursor *c, const struct elf_head *h)
{
	uint64_t end = 0, step = h->wide ? 64 : 40;

	if (h->shnum == 0)
		return 0;
	fw_require(c, h->shentsize == step, "section header size",
		   h->shentsize);
	fw_require(c, h->shoff >= h->ehsize, "section headers", h->shoff);
	if (h->shnum > c->v.len / step)
		fw_fail(c, FW_TRUNCATED, "section headers", h->shnum);
	if (!fw_ok(c))
		return 0;
	end = end_of(c, h->shoff, h->shnum * step, "section headers");
	fw_seek(c, h->shoff);
	for (uint64_t i = 0; i < h->shnum && fw_ok(c); i++) {
		fw_u32(c); /* name */
		uint32_t type = fw_u32(c);

		fw_skip(c, h->wide ? 16 : 8);
		uint64_t off = word(c, h->wide);
		uint64_t len = word(c, h->wide);

		fw_skip(c, h->wide ? 24 : 16);
		if (type != SHT_NULL && type != SHT_NOBITS && fw_ok(c))
			end = larger(end, end_of(c, off, len, "section"));
	}
	return end;
}

/* Bytes of a module's signature from end on, if nothing follows it. */
static uint64_t signature_len(const struct fw_cursor *c, uint64_t end)
{
	const struct fw_view line = FW_STR("~Module signature appended~\n");
	struct fw_view tail = fw_view_sub(c->v, end, c->v.len);

	if (tail.len < line.len + MODULE_SIGNATURE || !fw_view_ends(tail, line))
		return 0;
	uint64_t room = tail.len - line.len - MODULE_SIGNATURE;
	struct fw_cursor info = fw_cursor_of(tail);

	fw_seek(&info, room + MODULE_SIGNATURE - 4);
	return fw_u32be(&info) == room ? tail.len : 0;
}

static uint64_t elf_probe(struct fw_cursor *c)
{
	struct elf_head h;

	read_head(c, &h);
	if (!fw_ok(c))
		return 0;
	read_counts(c, &h);
	uint64_t end = h.ehsize;

	end = larger(end, segments_end(c, &h));
	end = larger(end, sections_end(c, &h));
	fw_require(c, h.phnum > 0 || h.shnum > 0, "headers", 0);
	if (!fw_ok(c))
		return 0;
	return h.type == ET_REL ? end + signature_len(c, end) : end;
}

const struct fw_format fw_format_elf = {
	.name = "elf",
	.title = "ELF program, library or object",
	.class = FW_EXECUTABLE,
	.bits = 64, /* magic, class, order, both versions, sizes, ranges */
	.magic = { { "\x7f"
		     "ELF",
		     4, 0 } },
	.probe = elf_probe,
};
