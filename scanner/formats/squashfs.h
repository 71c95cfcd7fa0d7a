/* squashfs.h - what the parts of the SquashFS reader share */
#ifndef FW_FORMATS_SQUASHFS_H
#define FW_FORMATS_SQUASHFS_H

#include "codec/codec.h"
#include "core/ahead.h"
#include "core/format.h"

enum {
	SQ_META_MAX = 8192,	/* decoded bytes of a metadata block */
	SQ_META_SLOTS = 1024,	/* metadata blocks kept decoded */
	SQ_FRAGMENT_SLOTS = 64, /* fragment blocks kept decoded, at most */
	SQ_PATH_MAX = 4096,	/* longer paths are not entered */
	SQ_GUESSES = 4,		/* blocks tried to find out the codec */
	SQ_NO_FRAGMENT = 0xffffffff
};

/* The superblock, the same for all versions; absent tables are UINT64_MAX. */
struct sq_super {
	unsigned major, minor;
	bool big_endian;
	uint32_t inodes, mtime, block_size, fragments;
	unsigned block_log, compressor, flags, uids, gids;
	uint64_t root, bytes_used;
	uint64_t uid_table, gid_table, inode_table, dir_table, fragment_table;
};

/* How blocks are compressed. Vendors changed the framing of LZMA and told
 * nobody, so this is found out from the first block. */
enum sq_framing {
	SQ_UNKNOWN,
	SQ_PLAIN,	/* codec as it stands */
	SQ_LZMA_PROPS,	/* properties byte, dictionary; then LZMA */
	SQ_LZMA_PREFIX, /* header bytes that say lc, lp, pb one by one */
	SQ_LZMA_FIXED	/* no usable header: the same lc, lp, pb everywhere */
};

struct sq_codec {
	enum sq_framing framing;
	enum fw_codec codec;
	uint8_t lc, lp, pb; /* FIXED: values; PREFIX: the offsets of each */
	uint8_t skip;	    /* bytes ahead of the LZMA data */
};

struct sq_block {
	uint64_t pos; /* of the block in the image; 0: unused */
	uint64_t next;
	uint64_t age;
	uint8_t *data;
	size_t len;
};

/* Positions already walked, and the path of the first that led there. */
struct sq_seen {
	uint64_t *keys; /* inode reference + 1; 0: free */
	const char **paths;
	size_t cap, used;
};

struct sq_fs {
	struct sq_super s;
	struct fw_view image;
	struct fw_out *out;
	struct fw_arena *arena;
	struct fw_err err; /* the first damage outside a file */
	struct sq_codec codec;
	unsigned guesses; /* blocks that told nothing of the codec */
	struct sq_block *meta;	    /* SQ_META_SLOTS, by position */
	struct sq_block *fragments; /* fragment_slots, least recent goes */
	unsigned fragment_slots;
	uint64_t clock;
	uint8_t *block; /* one data block */
	uint64_t *fragment_index, *id_index;
	size_t fragment_indexes, id_indexes;
	uint64_t list_left, entry_left; /* work that the tables' size allows */
	struct sq_seen seen;
};

/* A reading position in metadata; the first failure sticks. */
struct sq_meta {
	uint64_t pos; /* of the block */
	size_t off;   /* in the decoded block */
	struct fw_err err;
};

struct sq_inode {
	enum fw_type type;
	uint32_t mode, uid, gid, mtime, nlink;
	uint32_t rdev_major, rdev_minor;
	uint64_t size, start;		  /* start: file data, or folder block */
	uint32_t fragment, offset;	  /* offset: in fragment or folder */
	unsigned link_len;
	bool narrow; /* version 1: 16-bit block sizes */
	struct sq_meta after; /* what follows: block list, link target */
};

/* squashfs_block.c */
void sq_note(struct fw_err *first, enum fw_code code, const char *what,
	     uint64_t at, uint64_t value);
size_t sq_decode(struct sq_fs *fs, struct fw_view in, size_t want, uint8_t *dst,
		 size_t cap, struct fw_err *err);
/* A block of a file, or of fragments: as sq_decode(), but a helper may have done
 * it before. In the helper, what the job does itself comes as cap bytes unset. */
size_t sq_decode_data(struct sq_fs *fs, struct fw_view in, size_t want,
		      uint8_t *dst, size_t cap, struct fw_err *err);
bool sq_meta_read(struct sq_fs *fs, struct sq_meta *m, void *dst, size_t n);
/* A cursor over the next n bytes, which it copies to buf. */
struct fw_cursor sq_meta_cursor(struct sq_fs *fs, struct sq_meta *m,
				uint8_t *buf, size_t n);
const struct sq_block *sq_fragment(struct sq_fs *fs, uint64_t pos,
				   uint32_t size, struct fw_err *err);
const char *sq_codec_name(const struct sq_fs *fs);
/* Size on disk and whether it is compressed, of a data block's list entry. */
uint32_t sq_block_len(const struct sq_fs *fs, uint32_t entry, bool *packed);

/* squashfs_codec.c */
struct sq_codec sq_codec_named(const struct sq_super *s);
bool sq_codec_find(const struct sq_super *s, struct fw_view in, size_t want,
		   uint8_t *dst, size_t cap, struct sq_codec *found);
size_t sq_codec_run(const struct sq_codec *k, struct fw_view in, size_t want,
		    uint8_t *dst, size_t cap, struct fw_err *err);

/* squashfs_inode.c */
bool sq_inode_read(struct sq_fs *fs, uint64_t ref, struct sq_inode *ino,
		   struct fw_err *err);

/* squashfs_file.c */
void sq_file_write(struct sq_fs *fs, struct sq_inode *ino, struct fw_err *err);

/* squashfs_tree.c: emits all but the root; what fails lands in fs->err */
void sq_walk(struct sq_fs *fs);

#endif
