/* linux_kernel.c - Linux kernels that are not compressed
 *
 * linux_kernel: code without any header, as it comes out of a boot image. It is
 * known by its banner and by the pattern of /proc/version, which every kernel
 * has besides. In a dump of a whole flash these stand near the front, in a
 * kernel behind the code, which is the larger part.
 *
 * arm64_image, little endian: 64 bytes of header, then code
 *
 *	16  u64 memory that it takes, more than the file holds
 *	32  u64 0[3]
 *	56  "ARM\x64"
 *
 * Source: Linux init/version.c, Documentation/arch/arm64/booting.rst
 */
#include "formats/kernel.h"

enum { LINUX_LEAST = 32 << 10, ARM64_HEADER = 64 };

static uint64_t linux_kernel_probe(struct fw_cursor *c)
{
	size_t at;

	if (c->v.len < LINUX_LEAST ||
	    fw_view_starts(c->v, FW_STR("\x7f"
					"ELF")))
		return 0;
	at = kernel_banner(c->v);
	if (at == SIZE_MAX || at < c->v.len / 4 ||
	    fw_view_find(c->v, FW_STR("%s version %s ("), 0) == SIZE_MAX)
		return 0;
	return c->v.len;
}

static void linux_kernel_unpack(struct fw_cursor *c, struct fw_out *out)
{
	kernel_emit(c->v, out);
}

static uint64_t arm64_image_probe(struct fw_cursor *c)
{
	uint64_t size;

	fw_seek(c, 16);
	size = fw_u64(c);
	fw_skip(c, 8);
	for (unsigned i = 0; i < 3; i++)
		fw_require(c, fw_u64(c) == 0, "reserved", i);
	fw_require(c, fw_u32le(c) == 0x644d5241, "magic", 0);
	fw_require(c, size >= ARM64_HEADER, "size", size);
	if (size > c->v.len)
		size = c->v.len;
	/* Another kernel's banner may follow: it says nothing of this one. */
	fw_require(c,
		   kernel_banner(fw_view_sub(c->v, 0, (size_t)size)) !=
			   SIZE_MAX,
		   "banner", 0);
	return size;
}

static void arm64_image_unpack(struct fw_cursor *c, struct fw_out *out)
{
	fw_out_fact(out, "kernel.arch", "arm64");
	fw_slice(c, 0, ARM64_HEADER);
	kernel_emit(c->v, out);
}

const struct fw_format fw_format_linux_kernel = {
	.name = "linux_kernel",
	.title = "Linux kernel, not compressed",
	.gaps = "an initramfs that is compressed inside the kernel",
	.class = FW_BOOT,
	.bits = 24,
	.probe = linux_kernel_probe,
	.unpack = linux_kernel_unpack,
};

const struct fw_format fw_format_arm64_image = {
	.name = "arm64_image",
	.title = "Linux kernel image for arm64",
	.class = FW_BOOT,
	.bits = 64,
	.magic = { { "ARM\x64", 4, 56 } },
	.probe = arm64_image_probe,
	.unpack = arm64_image_unpack,
};
