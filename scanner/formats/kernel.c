/* kernel.c - what a Linux kernel says about itself
 *
 *	banner      "Linux version RELEASE (USER@HOST) (COMPILER) #N FLAGS DATE\n"
 *	config      "IKCFG_ST", a gzip stream, "IKCFG_ED"
 *	initramfs   a cpio archive ("070701")
 *
 * Source: Linux init/version.c, kernel/configs.c, usr/initramfs_data.S
 */
#include "formats/kernel.h"

enum { KERNEL_TRIES = 4096, KERNEL_BANNER = 512 };

/* Heads that are long enough to be believed. */
static const struct {
	struct fw_view magic;
	struct fw_view rest; /* what follows one or more free bytes */
	size_t rest_at;
} kernel_streams[] = {
	{ { (const uint8_t *)"\x1f\x8b\x08\0", 4 },
	  { (const uint8_t *)"", 0 },
	  0 },
	{ { (const uint8_t *)"\xfd"
			     "7zXZ\0\0",
	    7 },
	  { (const uint8_t *)"", 0 },
	  0 },
	{ { (const uint8_t *)"\x5d\0\0", 3 },
	  { (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\0", 9 },
	  5 },
	{ { (const uint8_t *)"BZh", 3 },
	  { (const uint8_t *)"1AY&SY", 6 },
	  4 },
	{ { (const uint8_t *)"\x28\xb5\x2f\xfd", 4 },
	  { (const uint8_t *)"", 0 },
	  0 },
	{ { (const uint8_t *)"\x02\x21\x4c\x18", 4 },
	  { (const uint8_t *)"", 0 },
	  0 },
	{ { (const uint8_t *)"\x89LZO\0\x0d\x0a\x1a\x0a", 9 },
	  { (const uint8_t *)"", 0 },
	  0 },
};

enum { KERNEL_STREAMS = sizeof(kernel_streams) / sizeof(kernel_streams[0]) };

size_t kernel_banner(struct fw_view v)
{
	static const char word[] = "Linux version ";
	size_t at = 0;

	while ((at = fw_view_find(v, FW_STR("Linux version "), at)) !=
	       SIZE_MAX) {
		struct fw_view line = fw_view_sub(v, at, KERNEL_BANNER);
		size_t end = fw_view_find(line, FW_STR("\n"), 0);
		uint8_t digit = line.len >= sizeof(word) ?
					line.data[sizeof(word) - 1] :
					0;

		if (end != SIZE_MAX && digit >= '1' && digit <= '9' &&
		    fw_view_find(fw_view_sub(line, 0, end), FW_STR(") #"), 0) !=
			    SIZE_MAX)
			return at;
		at += sizeof(word) - 1;
	}
	return SIZE_MAX;
}

/* Takes "(...)", with balanced ones inside, off *rest. */
static struct fw_view kernel_brackets(struct fw_view *rest)
{
	unsigned depth = 0;
	size_t from = fw_view_find(*rest, FW_STR("("), 0);

	for (size_t i = from; i < rest->len; i++) {
		struct fw_view inside;

		if (rest->data[i] == '(')
			depth++;
		if (rest->data[i] != ')' || --depth > 0)
			continue;
		inside = fw_view_sub(*rest, from + 1, i - from - 1);
		*rest = fw_view_sub(*rest, i + 1, SIZE_MAX);
		return fw_trim(inside);
	}
	return (struct fw_view){ NULL, 0 };
}

/* From the name of the day on; else all behind the build's number. */
static struct fw_view kernel_date(struct fw_view build)
{
	static const char *const days[] = { " Mon ", " Tue ", " Wed ", " Thu ",
					    " Fri ", " Sat ", " Sun " };

	for (unsigned i = 0; i < 7; i++) {
		size_t at = fw_view_find(build, fw_view_str(days[i]), 0);

		if (at != SIZE_MAX)
			return fw_view_sub(build, at + 1, SIZE_MAX);
	}
	return fw_view_sub(build, fw_view_find(build, FW_STR(" "), 0) + 1,
			   SIZE_MAX);
}

static void kernel_facts(struct fw_view line, struct fw_out *out)
{
	struct fw_view release, builder, user, compiler;
	struct fw_view rest = fw_view_sub(line, 14, SIZE_MAX);

	fw_split(&rest, ' ', &release);
	fw_out_factf(out, "kernel.version", "%.*s", FW_FMT(release));
	builder = kernel_brackets(&rest);
	if (fw_split(&builder, '@', &user)) {
		fw_out_factf(out, "kernel.build_user", "%.*s", FW_FMT(user));
		if (builder.data != NULL)
			fw_out_factf(out, "kernel.build_host", "%.*s",
				     FW_FMT(builder));
	}
	compiler = kernel_brackets(&rest);
	if (compiler.len > 0)
		fw_out_factf(out, "kernel.compiler", "%.*s", FW_FMT(compiler));
	rest = fw_trim(rest);
	if (fw_view_starts(rest, FW_STR("#"))) {
		struct fw_view date = kernel_date(rest);

		fw_out_factf(out, "kernel.build", "%.*s", FW_FMT(rest));
		fw_out_factf(out, "kernel.date", "%.*s", FW_FMT(date));
	}
}

size_t kernel_stream(struct fw_view v, size_t from)
{
	size_t best = SIZE_MAX;

	for (unsigned s = 0; s < KERNEL_STREAMS; s++) {
		size_t at = from;

		for (unsigned tries = 0; tries < KERNEL_TRIES; tries++, at++) {
			at = fw_view_find(v, kernel_streams[s].magic, at);
			if (at == SIZE_MAX || at >= best)
				break;
			if (!fw_view_starts(fw_view_sub(v,
							at + kernel_streams[s]
								.rest_at,
							SIZE_MAX),
					    kernel_streams[s].rest))
				continue;
			best = at;
			break;
		}
	}
	return best;
}

static void kernel_config(struct fw_view v, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "config", .type = FW_REGION);
	size_t from = fw_view_find(v, FW_STR("IKCFG_ST\x1f\x8b"), 0);
	size_t to = from == SIZE_MAX ?
			    SIZE_MAX :
			    fw_view_find(v, FW_STR("IKCFG_ED"), from);

	if (to != SIZE_MAX)
		fw_out_child(out, &meta, fw_view_sub(v, from + 8, to - from - 8));
}

/* Length of the newc archive at the start of v, or 0. */
static size_t kernel_cpio(struct fw_view v)
{
	size_t end;

	if (v.len < 110)
		return 0;
	for (size_t i = 6; i < 110; i++) {
		uint8_t b = v.data[i];

		if (!(b >= '0' && b <= '9') &&
		    !((b | 0x20) >= 'a' && (b | 0x20) <= 'f'))
			return 0;
	}
	end = fw_view_find(v, FW_STR("TRAILER!!!"), 110);
	return end == SIZE_MAX ? 0 : end + 11;
}

static void kernel_initramfs(struct fw_view v, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "initramfs", .type = FW_REGION);
	size_t at = 0, len;

	for (unsigned tries = 0; tries < 64; tries++, at += 6) {
		at = fw_view_find(v, FW_STR("070701"), at);
		if (at == SIZE_MAX)
			return;
		len = kernel_cpio(fw_view_sub(v, at, SIZE_MAX));
		len = (len + 3) & ~(size_t)3;
		if (len == 0)
			continue;
		fw_out_child(out, &meta, fw_view_sub(v, at, len));
		return;
	}
}

void kernel_emit(struct fw_view v, struct fw_out *out)
{
	size_t at = kernel_banner(v);

	if (at != SIZE_MAX) {
		struct fw_view line = fw_view_sub(v, at, KERNEL_BANNER);

		line.len = fw_view_find(line, FW_STR("\n"), 0);
		kernel_facts(line, out);
	}
	kernel_config(v, out);
	kernel_initramfs(v, out);
}
