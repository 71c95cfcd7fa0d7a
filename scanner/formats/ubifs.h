/* ubifs.h - what the files of the UBIFS reader share */
#ifndef FW_FORMATS_UBIFS_H
#define FW_FORMATS_UBIFS_H

#include "core/format.h"

/* clang-format off */
#define UBIFS_HEADER(U, B)                                              \
	U(u32, magic, "0x06101831")                                     \
	U(u32, crc,   "of what follows, from all ones, not inverted")   \
	U(u64, sqnum, "grows with every node written")                  \
	U(u32, len,   "bytes, header included")                         \
	U(u8,  type,  "")                                               \
	U(u8,  group, "")                                               \
	U(u16, pad,   "")
FW_RECORD(ubifs_header, UBIFS_HEADER)

#define UBIFS_INODE(U, B)                                               \
	B(16,  key,        "")                                          \
	U(u64, created,    "sequence number")                           \
	U(u64, size,       "bytes of the file")                         \
	U(u64, atime,      "")                                          \
	U(u64, ctime,      "")                                          \
	U(u64, mtime,      "")                                          \
	B(12,  nsec,       "")                                          \
	U(u32, nlink,      "0: deleted")                                \
	U(u32, uid,        "")                                          \
	U(u32, gid,        "")                                          \
	U(u32, mode,       "type and permissions")                      \
	U(u32, flags,      "")                                          \
	U(u32, data_len,   "of a link's target or a device's number")   \
	B(44,  pad,        "")
FW_RECORD(ubifs_inode, UBIFS_INODE)
/* clang-format on */

struct ubifs_node {
	struct ubifs_header h;
	uint64_t off;
	struct fw_view raw;
};

/* A node in a table; fields that its kind does not have are 0. */
struct ubifs_key {
	uint32_t ino, low; /* inode or folder; block of data or hash of name */
	uint64_t sqnum, off, size;
	uint32_t target;
	uint8_t kind;
	bool listed;
	struct fw_view name;
	const char *path; /* of an inode: the first name emitted */
};

struct ubifs_table {
	struct ubifs_key *keys;
	size_t count, cap;
};

struct ubifs {
	struct fw_view v;
	struct fw_out *out;
	struct ubifs_table inos, dents, data, truns;
};

/* The whole node with a good checksum at off, or false. */
bool ubifs_node_at(struct fw_view v, uint64_t off, struct ubifs_node *n);

void ubifs_add(struct ubifs *u, struct ubifs_table *t,
	       const struct ubifs_key *k);

/* Emits the tree of the newest nodes. */
void ubifs_tree(struct ubifs *u);

#endif
