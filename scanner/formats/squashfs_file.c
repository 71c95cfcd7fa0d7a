/* squashfs_file.c - the bytes of a file in a SquashFS
 *
 * A file is a run of blocks that lie one after the other from start, with their
 * lengths listed behind the inode (0: a hole), then a tail in a fragment block.
 */
#include "formats/squashfs.h"

static void zeros(struct sq_fs *fs, size_t n)
{
	fw_out_zeros(fs->out, n);
}

/* One block of want bytes decoded; damaged parts read as zeros. */
static void write_block(struct sq_fs *fs, uint64_t pos, uint32_t len,
			bool packed, size_t want, struct fw_err *err)
{
	struct fw_cursor c = fw_cursor_of(fs->image);
	struct fw_view in = fw_slice(&c, pos, len);
	size_t n = 0;

	if (!fw_ok(&c)) {
		sq_note(err, c.err.code, "file block", pos, len);
	} else if (packed) {
		n = sq_decode_data(fs, in, want, fs->block, want, err);
		in = fw_view_of(fs->block, n);
	} else {
		n = in.len < want ? in.len : want;
		in.len = n;
	}
	if (n < want)
		sq_note(err, FW_MALFORMED, "block's decoded length", pos, n);
	if (n > 0)
		fw_out_write(fs->out, in);
	zeros(fs, want - n);
}

static bool fragment_at(struct sq_fs *fs, uint32_t i, uint64_t *pos,
			uint32_t *size, struct fw_err *err)
{
	unsigned entry = fs->s.major == 2 ? 8 : 16;
	uint64_t off = (uint64_t)i * entry;
	uint8_t buf[16];

	if (i >= fs->s.fragments ||
	    off / SQ_META_MAX >= fs->fragment_indexes) {
		sq_note(err, FW_MALFORMED, "fragment", 0, i);
		return false;
	}
	struct sq_meta m = { .pos = fs->fragment_index[off / SQ_META_MAX],
			     .off = off % SQ_META_MAX };
	struct fw_cursor c = sq_meta_cursor(fs, &m, buf, entry);

	*pos = entry == 8 ? fw_u32(&c) : fw_u64(&c);
	*size = fw_u32(&c);
	if (!fw_ok(&c))
		sq_note(err, c.err.code, c.err.what, c.err.at, c.err.value);
	return fw_ok(&c);
}

static void write_tail(struct sq_fs *fs, const struct sq_inode *ino, size_t n,
		       struct fw_err *err)
{
	const struct sq_block *b = NULL;
	struct fw_view part = { NULL, 0 };
	uint64_t pos;
	uint32_t size;

	if (fragment_at(fs, ino->fragment, &pos, &size, err))
		b = sq_fragment(fs, pos, size, err);
	if (b != NULL)
		part = fw_view_sub(fw_view_of(b->data, b->len), ino->offset, n);
	if (part.len < n)
		sq_note(err, FW_MALFORMED, "tail in fragment", ino->offset, n);
	fw_out_write(fs->out, part);
	zeros(fs, n - part.len);
}

/* The next entry of the block list. */
static uint32_t next_entry(struct sq_fs *fs, struct sq_inode *ino)
{
	uint8_t buf[4];
	struct fw_cursor c = sq_meta_cursor(fs, &ino->after, buf,
					    fs->s.major == 1 ? 2 : 4);

	return fs->s.major == 1 ? fw_u16(&c) : fw_u32(&c);
}

void sq_file_write(struct sq_fs *fs, struct sq_inode *ino, struct fw_err *err)
{
	uint64_t left = ino->size, pos = ino->start;
	bool tail = ino->fragment != (uint32_t)SQ_NO_FRAGMENT;

	while (left > 0 && fw_out_ok(fs->out)) {
		size_t want = fs->s.block_size;
		bool packed;

		if (left < want && tail) {
			write_tail(fs, ino, (size_t)left, err);
			return;
		}
		if (left < want)
			want = (size_t)left;
		if (fs->list_left == 0) {
			sq_note(err, FW_LIMIT, "block lists overlap", 0, left);
			return;
		}
		fs->list_left--;

		uint32_t entry = next_entry(fs, ino);
		uint32_t len = sq_block_len(fs, entry, &packed);

		if (ino->after.err.code != FW_OK) {
			*err = ino->after.err;
			return;
		}
		if (len == 0)
			zeros(fs, want);
		else
			write_block(fs, pos, len, packed, want, err);
		pos += len;
		left -= want;
	}
}
