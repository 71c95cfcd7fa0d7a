/* ext_file.c - the bytes of files and links in ext2, ext3 and ext4
 *
 * Blocks are taken from the image in place. What a map may visit is bounded by
 * the image: no block belongs to two files, so a map that visits more loops.
 */
#include "formats/ext.h"

enum { TARGET_MAX = 4096 };

/* A file on its way out. */
struct writer {
	struct ext *e;
	uint64_t size, pos;
	struct fw_err err;
};

static void writer_fail(struct writer *w, enum fw_code code, const char *what,
			uint64_t at, uint64_t value)
{
	if (w->err.code == FW_OK)
		w->err = (struct fw_err){ code, what, at, value };
}

/* len bytes of the image at from stand at off in the file. */
static void writer_put(struct writer *w, uint64_t off, uint64_t from,
		       uint64_t len)
{
	struct fw_view part;

	if (off >= w->size)
		return;
	if (len > w->size - off)
		len = w->size - off;
	if (off < w->pos) {
		writer_fail(w, FW_MALFORMED, "block order", from, off);
		return;
	}
	fw_out_zeros(w->e->out, off - w->pos);
	part = fw_view_sub(w->e->v, from, len);
	fw_out_write(w->e->out, part);
	if (part.len < len) {
		writer_fail(w, FW_TRUNCATED, "file block", from, len);
		fw_out_zeros(w->e->out, len - part.len);
	}
	w->pos = off + len;
}

static bool spend(struct writer *w, uint64_t blocks)
{
	if (w->e->blocks_left < blocks) {
		writer_fail(w, FW_MALFORMED, "blocks used twice", 0, blocks);
		return false;
	}
	w->e->blocks_left -= blocks;
	return fw_out_ok(w->e->out);
}

static int one_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t index,
		     blk64_t ref_block, int ref_offset, void *priv)
{
	struct writer *w = priv;

	(void)ref_block;
	(void)ref_offset;
	if (!spend(w, 1))
		return BLOCK_ABORT;
	if (index >= 0 && *block <= w->e->v.len / fs->blocksize)
		writer_put(w, (uint64_t)index * fs->blocksize,
			   *block * fs->blocksize, fs->blocksize);
	else if (index >= 0)
		writer_fail(w, FW_TRUNCATED, "file block", 0, *block);
	return 0;
}

static void by_blocks(struct writer *w, ext2_ino_t ino)
{
	errcode_t r = ext2fs_block_iterate3(w->e->fs, ino,
					    BLOCK_FLAG_READ_ONLY, NULL,
					    one_block, w);

	if (r != 0)
		writer_fail(w, r == EXT2_ET_SHORT_READ ? FW_TRUNCATED
						       : FW_MALFORMED,
			    "block map", 0, ino);
}

static void one_extent(struct writer *w, const struct ext2fs_extent *x)
{
	uint64_t bs = w->e->fs->blocksize;

	if (x->e_flags & EXT2_EXTENT_FLAGS_UNINIT)
		return; /* set aside, never written: reads as zeros */
	if (x->e_pblk > w->e->v.len / bs) {
		writer_fail(w, FW_TRUNCATED, "extent", 0, x->e_pblk);
		return;
	}
	if (spend(w, x->e_len))
		writer_put(w, x->e_lblk * bs, x->e_pblk * bs, x->e_len * bs);
}

static void by_extents(struct writer *w, ext2_ino_t ino,
		       struct ext2_inode *inode)
{
	ext2_extent_handle_t h = NULL;
	struct ext2fs_extent x;
	errcode_t r = ext2fs_extent_open2(w->e->fs, ino, inode, &h);

	if (r == 0)
		r = ext2fs_extent_get(h, EXT2_EXTENT_ROOT, &x);
	while (r == 0 && w->err.code == FW_OK && spend(w, 1)) {
		if ((x.e_flags & EXT2_EXTENT_FLAGS_LEAF) &&
		    !(x.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT))
			one_extent(w, &x);
		r = ext2fs_extent_get(h, EXT2_EXTENT_NEXT, &x);
	}
	if (r != 0 && r != EXT2_ET_EXTENT_NO_NEXT)
		writer_fail(w, r == EXT2_ET_SHORT_READ ? FW_TRUNCATED
						       : FW_MALFORMED,
			    "extents", 0, ino);
	if (h != NULL)
		ext2fs_extent_free(h);
}

/* Bytes kept in the inode; NULL on failure. */
static uint8_t *inline_read(struct ext *e, ext2_ino_t ino,
			    struct ext2_inode *inode, size_t *size)
{
	uint8_t *buf;

	*size = 0;
	if (ext2fs_inline_data_size(e->fs, ino, size) != 0 ||
	    *size > e->fs->blocksize)
		return NULL;
	buf = fw_alloc(fw_out_arena(e->out), *size + 1, 1);
	return ext2fs_inline_data_get(e->fs, ino, inode, buf, size) == 0 ? buf
									 : NULL;
}

static void by_inline(struct writer *w, ext2_ino_t ino,
		      struct ext2_inode *inode)
{
	size_t len;
	uint8_t *buf = inline_read(w->e, ino, inode, &len);

	if (buf == NULL) {
		writer_fail(w, FW_MALFORMED, "inline data", 0, ino);
		return;
	}
	if (len > w->size)
		len = (size_t)w->size;
	fw_out_write(w->e->out, fw_view_of(buf, len));
	w->pos = len;
}

void ext_file(struct ext *e, ext2_ino_t ino, struct ext2_inode *inode,
	      const struct fw_meta *m)
{
	struct writer w = { .e = e, .size = EXT2_I_SIZE(inode) };

	fw_out_open(e->out, m);
	if (inode->i_flags & EXT4_ENCRYPT_FL)
		writer_fail(&w, FW_UNSUPPORTED, "encrypted file", 0, ino);
	if (inode->i_flags & EXT4_INLINE_DATA_FL)
		by_inline(&w, ino, inode);
	else if (inode->i_flags & EXT4_EXTENTS_FL)
		by_extents(&w, ino, inode);
	else if (w.size > 0)
		by_blocks(&w, ino);
	/* Where the map is damaged, the rest is unknown and not a hole. */
	if (w.err.code == FW_OK || w.err.code == FW_UNSUPPORTED)
		fw_out_zeros(e->out, w.size - w.pos);
	fw_out_damaged(e->out, &w.err);
}

const char *ext_link(struct ext *e, ext2_ino_t ino, struct ext2_inode *inode,
		     struct fw_err *err)
{
	uint64_t size = EXT2_I_SIZE(inode);
	struct fw_view raw = { NULL, 0 };
	blk64_t block = 0;
	size_t len = 0;

	if (inode->i_flags & EXT4_INLINE_DATA_FL) {
		raw.data = inline_read(e, ino, inode, &len);
		raw.len = raw.data == NULL ? 0 : len;
	} else if (size < sizeof(inode->i_block) &&
		   ext2fs_is_fast_symlink(inode)) {
		raw = fw_view_of(inode->i_block, size);
	} else if (size <= TARGET_MAX && size <= e->fs->blocksize &&
		   ext2fs_bmap2(e->fs, ino, inode, NULL, 0, 0, NULL, &block) ==
			   0 &&
		   block > 0 && block < e->v.len / e->fs->blocksize) {
		raw = fw_view_sub(e->v, block * e->fs->blocksize, size);
	}
	if (raw.len > size)
		raw.len = size;
	const char *link = fw_strdup(fw_out_arena(e->out), raw);

	if (raw.len != size || strlen(link) != size || size == 0)
		*err = (struct fw_err){ FW_MALFORMED, "link", 0, ino };
	return link;
}
