/* jffs2.h - what the files of the JFFS2 reader share */
#ifndef FW_FORMATS_JFFS2_H
#define FW_FORMATS_JFFS2_H

#include "core/format.h"

enum {
	JFFS2_DIRENT = 0xe001,
	JFFS2_INODE = 0xe002,
	JFFS2_CLEANMARKER = 0x2003,
	JFFS2_ACCURATE = 0x2000, /* cleared in place when a node is given up */
	JFFS2_ROOT = 1,
	JFFS2_COMPR_ZERO = 1,
	JFFS2_DATA_MAX = 1 << 20, /* bytes one node may decode to */
};

/* clang-format off */
#define JFFS2_NODE_HEADER(U, B)                                         \
	U(u16, magic,   "0x1985, once 0x1984")                          \
	U(u16, type,    "kind of node and what to do when unknown")     \
	U(u32, len,     "bytes, header included, without alignment")    \
	U(u32, crc,     "of the 8 bytes above")
FW_RECORD(jffs2_header, JFFS2_NODE_HEADER)

#define JFFS2_RAW_DIRENT(U, B)                                          \
	U(u32, pino,    "inode of the folder")                          \
	U(u32, version, "the highest of a name counts")                 \
	U(u32, ino,     "0: the name was deleted")                      \
	U(u32, mctime,  "seconds since 1970")                           \
	U(u8,  nsize,   "bytes of the name")                            \
	U(u8,  kind,    "DT_REG and so on")                             \
	U(u16, unused,  "")                                             \
	U(u32, crc,     "of the 32 bytes above")                        \
	U(u32, ncrc,    "of the name")
FW_RECORD(jffs2_raw_dirent, JFFS2_RAW_DIRENT)

#define JFFS2_RAW_INODE(U, B)                                           \
	U(u32, ino,     "")                                             \
	U(u32, version, "the highest gives the attributes")             \
	U(u32, mode,    "type and permissions")                         \
	U(u16, uid,     "")                                             \
	U(u16, gid,     "")                                             \
	U(u32, isize,   "bytes of the file")                            \
	U(u32, atime,   "")                                             \
	U(u32, mtime,   "")                                             \
	U(u32, ctime,   "")                                             \
	U(u32, offset,  "of this piece in the file")                    \
	U(u32, csize,   "bytes stored")                                 \
	U(u32, dsize,   "bytes decoded")                                \
	U(u8,  compr,   "compression used")                             \
	U(u8,  wanted,  "compression asked for")                        \
	U(u16, flags,   "")                                             \
	U(u32, dcrc,    "of the data")                                  \
	U(u32, crc,     "of the 60 bytes above")
FW_RECORD(jffs2_raw_inode, JFFS2_RAW_INODE)
/* clang-format on */

/* One node whose checksums hold. */
struct jffs2_node {
	uint64_t off, end; /* end is aligned, as far as there are bytes */
	uint16_t type;	   /* with JFFS2_ACCURATE set */
	bool obsolete;	   /* marked as given up */
	bool cut;	   /* the image ends inside of it */
	bool big_endian;
	union {
		struct jffs2_raw_dirent d;
		struct jffs2_raw_inode i;
	};
	struct fw_view body; /* name or data */
};

/* Reads the node at off; false when none with good checksums stands there. */
bool jffs2_node_at(struct fw_view v, uint64_t off, bool big_endian,
		   struct jffs2_node *n);

/* Next node at or after *off, stepping over holes; moves *off behind it. */
bool jffs2_next(struct fw_view v, uint64_t *off, bool big_endian,
		struct jffs2_node *n);

/* The checksum of JFFS2: starts from 0, no inversion. */
static inline uint32_t jffs2_crc(struct fw_view v)
{
	return ~fw_crc32(0xffffffff, v);
}

/* Decodes a piece into dst, which has room for i.dsize bytes. */
void jffs2_decode(const struct jffs2_node *n, uint8_t *dst,
		  struct fw_err *err);

struct jffs2_dirent {
	uint32_t pino, version, ino;
	uint8_t kind;
	bool obsolete;
	uint64_t off;
	struct fw_view name;
	bool winner; /* of its name: this entry counts */
};

struct jffs2_piece {
	uint32_t ino, version;
	bool obsolete;
	uint64_t off; /* of the node */
};

/* One inode: pieces[first .. first + count), by version. */
struct jffs2_ino {
	uint32_t ino;
	size_t first, count;
	const char *path; /* first live name, NULL: none */
	bool listed;	  /* a folder whose entries were emitted */
};

/* What one call of unpack knows. */
struct jffs2 {
	struct fw_view v;
	bool big_endian;
	struct fw_out *out;
	struct jffs2_dirent *dirents;
	size_t dirent_count, dirent_cap;
	struct jffs2_piece *pieces;
	size_t piece_count, piece_cap;
	struct jffs2_ino *inos;
	size_t ino_count;
	uint8_t *buf; /* the bytes of one file, without its holes */
	size_t buf_cap;
	struct jffs2_run *runs;
	size_t run_cap;
};

struct jffs2_run {
	uint64_t start, end; /* in the file */
	uint64_t at;	     /* in the buffer */
};

/* A file's bytes as disjoint runs in fs->buf. */
struct jffs2_content {
	struct jffs2_raw_inode top; /* attributes of the highest version */
	bool any;
	size_t runs;
	struct fw_err err; /* the first damage */
	bool whole;	   /* runs and known holes cover all of it */
};

/* Gathers one inode's bytes; stale: nodes marked obsolete count as well.
 * The bytes stay until the next call. */
void jffs2_content(struct jffs2 *fs, const struct jffs2_ino *ino, bool stale,
		   struct jffs2_content *r);

/* Writes what jffs2_content() gathered into the open child. */
void jffs2_content_write(struct jffs2 *fs, const struct jffs2_content *r);

/* SHA-256 of content without holes. */
void jffs2_content_sha256(const struct jffs2 *fs, const struct jffs2_content *r,
			  uint8_t sum[FW_SHA256_SIZE]);

/* Emits the live tree and says what was deleted. */
void jffs2_tree(struct jffs2 *fs);

#endif
