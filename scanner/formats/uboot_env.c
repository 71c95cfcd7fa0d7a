/* uboot_env.c - U-Boot's stored variables
 *
 * Layout:
 *
 *	0   u32 CRC-32 of the variables, in either byte order
 *	4   u8 flags, where the environment is kept twice
 *	    "name=value" texts, each ended by NUL, the last by one more, then
 *	    padding up to the environment's size, which only the CRC tells
 *
 * Source: U-Boot include/env_internal.h, env/common.c
 */
#include "core/format.h"

enum {
	ENV_LEAST = 1 << 10,
	ENV_MOST = 256 << 10,
	ENV_NAME = 64,
	ENV_VARIABLES = 1024
};

struct env {
	size_t from; /* of the first variable: 4 or 5 */
	struct fw_view text;
	uint64_t len;
};

/* Whether a variable's name and '=' stand first. Its magics are short words, so
 * most probes end here. */
static bool env_begins(struct fw_view v)
{
	for (size_t i = 0; i < v.len && i < ENV_NAME; i++) {
		if (v.data[i] == '=')
			return i > 0;
		if (v.data[i] <= 0x20 || v.data[i] > 0x7e)
			return false;
	}
	return false;
}

/* The texts up to the empty one; no view where they are none. */
static struct fw_view env_texts(struct fw_view v)
{
	size_t end =
		env_begins(v) ? fw_view_find(v, FW_STR("\0\0"), 0) : SIZE_MAX;
	struct fw_view rest = fw_view_sub(v, 0, end), line;

	if (end == SIZE_MAX || end == 0)
		return (struct fw_view){ NULL, 0 };
	for (unsigned n = 0; n < ENV_VARIABLES && fw_split(&rest, 0, &line);
	     n++) {
		size_t name = fw_view_find(line, FW_STR("="), 0);

		if (name == 0 || name == SIZE_MAX)
			return (struct fw_view){ NULL, 0 };
		for (size_t i = 0; i < name; i++)
			if (line.data[i] <= 0x20 || line.data[i] > 0x7e)
				return (struct fw_view){ NULL, 0 };
	}
	return fw_view_sub(v, 0, end);
}

/* Sizes are multiples of 1 KiB: the sum is carried from one to the next. */
static uint64_t env_size(struct fw_view v, size_t from)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint32_t want = fw_u32le(&c), swapped = __builtin_bswap32(want),
		 sum = 0;
	size_t done = from;

	for (size_t n = ENV_LEAST; n <= v.len && n <= ENV_MOST;
	     n += ENV_LEAST) {
		sum = fw_crc32(sum, fw_view_sub(v, done, n - done));
		done = n;
		if (sum == want || sum == swapped)
			return n;
	}
	return 0;
}

static bool env_read(struct fw_cursor *c, struct env *e)
{
	for (size_t from = 4; from <= 5; from++) {
		struct fw_view v = fw_view_sub(c->v, from, ENV_MOST);

		e->from = from;
		e->text = env_texts(v);
		e->len = e->text.len > 0 ? env_size(c->v, from) : 0;
		if (e->len > 0)
			return true;
	}
	return false;
}

static uint64_t uboot_env_probe(struct fw_cursor *c)
{
	struct env e;

	return env_read(c, &e) ? e.len : 0;
}

static void uboot_env_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_view line;
	struct env e;

	fw_require(c, env_read(c, &e), "checksum", 0);
	if (!fw_ok(c))
		return;
	fw_out_fact(out, "checksum.environment", "ok");
	for (unsigned n = 0;
	     n < ENV_VARIABLES && fw_out_ok(out) && fw_split(&e.text, 0, &line);
	     n++)
		fw_out_factf(out, "uboot.env", "%.*s", FW_FMT(line));
}

const struct fw_format fw_format_uboot_env = {
	.name = "uboot_env",
	.title = "U-Boot environment",
	.class = FW_BOOT,
	.bits = 32 + 32, /* CRC and names */
	.magic = { { "boot", 4, 4 },
		   { "boot", 4, 5 },
		   { "baudrate=", 9, 4 },
		   { "baudrate=", 9, 5 },
		   { "arch=", 5, 4 },
		   { "arch=", 5, 5 },
		   { "ethaddr=", 8, 4 },
		   { "ethaddr=", 8, 5 },
		   { "console=", 8, 4 },
		   { "addip=", 6, 4 },
		   { "altbootcmd=", 11, 4 },
		   { "altbootcmd=", 11, 5 } },
	.probe = uboot_env_probe,
	.unpack = uboot_env_unpack,
};
