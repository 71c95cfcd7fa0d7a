/* ext_io.c - libext2fs reads from memory
 *
 * The library hands an I/O manager nothing but the name it was given, so the
 * name is the address of the view in hexadecimal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/ext.h"

enum { NAME_SIZE = 24 };

static errcode_t mem_open(const char *name, int flags, io_channel *channel);
static errcode_t mem_close(io_channel ch);

static errcode_t mem_set_blksize(io_channel ch, int size)
{
	ch->block_size = size;
	return 0;
}

static errcode_t mem_read64(io_channel ch, unsigned long long block, int count,
			    void *data)
{
	const struct fw_view *v = ch->private_data;
	uint64_t size = (uint64_t)ch->block_size;
	uint64_t len = count < 0 ? (uint64_t)(-(int64_t)count)
				 : (uint64_t)count * size;

	if (block > v->len / size || len > v->len - block * size)
		return EXT2_ET_SHORT_READ;
	memcpy(data, v->data + block * size, len);
	return 0;
}

static errcode_t mem_read(io_channel ch, unsigned long block, int count,
			  void *data)
{
	return mem_read64(ch, block, count, data);
}

static errcode_t mem_write64(io_channel ch, unsigned long long block, int count,
			     const void *data)
{
	(void)ch;
	(void)block;
	(void)count;
	(void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t mem_write(io_channel ch, unsigned long block, int count,
			   const void *data)
{
	return mem_write64(ch, block, count, data);
}

static errcode_t mem_flush(io_channel ch)
{
	(void)ch;
	return 0;
}

static struct struct_io_manager mem_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "memory",
	.open = mem_open,
	.close = mem_close,
	.set_blksize = mem_set_blksize,
	.read_blk = mem_read,
	.write_blk = mem_write,
	.flush = mem_flush,
	.read_blk64 = mem_read64,
	.write_blk64 = mem_write64,
};

static errcode_t mem_open(const char *name, int flags, io_channel *channel)
{
	io_channel ch = NULL;
	errcode_t r = ext2fs_get_memzero(sizeof(*ch), &ch);

	(void)flags;
	if (r != 0)
		return r;
	r = ext2fs_get_memzero(NAME_SIZE, &ch->name);
	if (r != 0) {
		ext2fs_free_mem(&ch);
		return r;
	}
	ch->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	ch->manager = &mem_manager;
	ch->block_size = 1024;
	ch->refcount = 1;
	ch->private_data = (void *)(uintptr_t)strtoull(name, NULL, 16);
	*channel = ch;
	return 0;
}

static errcode_t mem_close(io_channel ch)
{
	if (--ch->refcount > 0)
		return 0;
	ext2fs_free_mem(&ch->name);
	return ext2fs_free_mem(&ch);
}

errcode_t ext_open(struct fw_view v, ext2_filsys *fs)
{
	/* The view must outlive this call, and does so inside the library. */
	struct fw_view *kept = NULL;
	char name[NAME_SIZE];
	errcode_t r = ext2fs_get_mem(sizeof(*kept), &kept);

	*fs = NULL;
	if (r != 0)
		return r;
	*kept = v;
	(void)snprintf(name, sizeof(name), "%" PRIxPTR, (uintptr_t)kept);
	r = ext2fs_open2(name, NULL,
			 EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP |
				 EXT2_FLAG_IGNORE_CSUM_ERRORS,
			 0, 0, &mem_manager, fs);
	if (r != 0) {
		*fs = NULL;
		ext2fs_free_mem(&kept);
		return r;
	}
	(*fs)->priv_data = kept;
	return 0;
}
