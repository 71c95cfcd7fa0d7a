/* ext.h - what the files of the ext2, ext3 and ext4 reader share */
#ifndef FW_FORMATS_EXT_H
#define FW_FORMATS_EXT_H

#include <ext2fs/ext2fs.h>

#include "core/format.h"

/* What one call of unpack knows. */
struct ext {
	ext2_filsys fs;
	struct fw_view v;
	struct fw_out *out;
	uint64_t blocks_left;  /* of files and their maps still to be visited */
	uint64_t entries_left; /* of folders still to be read */
	struct ext_seen *seen; /* open addressing, a power of two */
	size_t seen_count, seen_cap;
};

/* An inode that was emitted, and under which path first. */
struct ext_seen {
	ext2_ino_t ino; /* 0: free */
	const char *path;
};

/* The library's view of an image in memory. *fs is NULL on failure. */
errcode_t ext_open(struct fw_view v, ext2_filsys *fs);

/* Emits a regular file. */
void ext_file(struct ext *e, ext2_ino_t ino, struct ext2_inode *inode,
	      const struct fw_meta *m);

/* The target of a symbolic link; damage goes to *err. */
const char *ext_link(struct ext *e, ext2_ino_t ino, struct ext2_inode *inode,
		     struct fw_err *err);

#endif
