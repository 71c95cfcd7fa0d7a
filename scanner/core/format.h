/* format.h - what the author of a format includes
 *
 * One format is one file that ends in one const descriptor, and one line in
 * formats/formats.def. ADDING_A_FORMAT.md walks through one.
 */
#ifndef FW_CORE_FORMAT_H
#define FW_CORE_FORMAT_H

#include "core/arena.h"
#include "core/cursor.h"
#include "core/hash.h"
#include "core/object.h"
#include "core/out.h"
#include "core/record.h"

enum fw_class {
	FW_STREAM,     /* one compressed child */
	FW_ARCHIVE,    /* files and folders */
	FW_FILESYSTEM, /* files, folders, links, devices with owners and modes */
	FW_BOOT,       /* kernels, boot loaders' images, device trees */
	FW_CONTAINER,  /* a vendor's header around parts */
	FW_TABLE,      /* partitions */
	FW_EXECUTABLE, /* ELF, PE: children only where something is embedded */
	FW_LEAF	       /* named, not opened */
};

struct fw_magic {
	const char *bytes;
	uint8_t len;	 /* 2..16; 0 ends the list */
	uint32_t offset; /* of the bytes from the object's first byte */
};

enum { FW_MAGICS = 12 };

struct fw_format {
	const char *name;  /* stable id = file stem = corpus directory */
	const char *title; /* for lists and reports */
	const char *gaps;  /* what is not supported, NULL if nothing */
	enum fw_class class;
	/* Bits a good probe has verified (magic, checksums, ranges). Fewer than
	 * 32 count at offset 0 of an object only. Also decides ties. */
	unsigned bits;
	struct fw_magic magic[FW_MAGICS]; /* none: probed at offset 0 only */
	/* Several formats can live in one file: name them with a suffix there. */
	/* Length in bytes of the image at c's origin, c reaching to the end of
	 * what may belong to it; ignored if c failed, 0 is a no. Pure, free of
	 * allocation, cheap on a false hit: it runs at every magic hit. */
	uint64_t (*probe)(struct fw_cursor *c);
	/* Emits the children of an image spanning all of c. What was emitted
	 * before a failure stays. NULL: a leaf. */
	void (*unpack)(struct fw_cursor *c, struct fw_out *out);
	const struct fw_kind *const *kinds; /* all it may emit, NULL-ended */
	/* unpack() passes its blocks to fw_ahead_begin(): a second processor
	 * can help (ahead.h). */
	bool ahead;
};

#endif
