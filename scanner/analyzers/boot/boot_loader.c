/* boot_loader.c - which boot loader code is, by the banner that it prints
 *
 *	U-Boot    "U-Boot 2013.07 (Sep 22 2016 - 21:41:56)", "U-Boot SPL ..."
 *	barebox   "barebox 2016.04.0 #1 Fri ..."
 *	CFE       "CFE version 1.0.37-5.12 for BCM947XX (32bit,SP,BE)"
 *	RedBoot   "RedBoot(tm) bootstrap and debug environment [ROMRAM]", then
 *	          "version v2_0", or "version: 9.99"
 *	Breed     "Breed 1.1 (r1266)", "Boot and Recovery Environment for ..."
 *
 * Code has no header that would say so, hence no format. A program that talks
 * about a boot loader (fw_printenv, an updater) has a header of its own and is
 * not looked at.
 *
 * Source: U-Boot include/version.h, barebox common/version.c, Broadcom CFE
 * cfe_main.c, eCos redboot/current/src/main.c
 */
#include "core/strings.h"

enum { BANNER_MAX = 256, BANNERS = 8, LEAST = 1024 };

struct loader {
	const char *prefix, *version_key, *built_key;
	const char *name; /* as a component; NULL: made from the fact */
};

static const struct loader loaders[] = {
	{ "U-Boot SPL ", "uboot.version", "uboot.built", NULL },
	{ "U-Boot TPL ", "uboot.version", "uboot.built", NULL },
	{ "U-Boot ", "uboot.version", "uboot.built", NULL },
	{ "barebox ", "barebox.version", "barebox.built", "barebox" },
	{ "CFE version ", "cfe.version", NULL, "CFE" },
	{ "Breed ", "breed.version", NULL, "Breed" },
};

static bool digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

/* "2013.07-rc1", "1.1.4", "1.0.37-5.12": two numbers at least. */
static struct fw_view version_at(struct fw_view v)
{
	size_t n = 0, dots = 0;

	while (n < v.len && v.data[n] > ' ' && v.data[n] != '(' &&
	       v.data[n] != ',' && v.data[n] < 0x7f) {
		if (n > 0 && v.data[n] == '.' && digit(v.data[n - 1]))
			dots++;
		n++;
	}
	if (n < 3 || n > 64 || !digit(v.data[0]) || dots == 0)
		return (struct fw_view){ NULL, 0 };
	return fw_view_sub(v, 0, n);
}

/* What stands in the next brackets, as far as they look like a date: there is
 * a time of day in it. */
static struct fw_view built_at(struct fw_view v)
{
	size_t from = fw_view_find(v, FW_STR("("), 0);
	size_t to = from == SIZE_MAX ? SIZE_MAX
				     : fw_view_find(v, FW_STR(")"), from);
	struct fw_view in = { NULL, 0 };

	if (to == SIZE_MAX)
		return in;
	in = fw_view_sub(v, from + 1, to - from - 1);
	if (fw_view_find(in, FW_STR(":"), 0) == SIZE_MAX)
		in.len = 0;
	return in;
}

static bool said_before(struct fw_view *seen, size_t *n, struct fw_view v)
{
	for (size_t i = 0; i < *n; i++)
		if (fw_view_eq(seen[i], v))
			return true;
	if (*n == BANNERS)
		return true;
	seen[(*n)++] = v;
	return false;
}

static void say(const struct loader *l, struct fw_view line,
		struct fw_view version, struct fw_out *out)
{
	struct fw_view built = built_at(line);

	fw_out_factf(out, l->version_key, "%.*s", FW_FMT(version));
	if (l->built_key != NULL && built.len > 0)
		fw_out_factf(out, l->built_key, "%.*s", FW_FMT(built));
	if (l->name == NULL)
		return;
	struct fw_software s = {
		.name = l->name,
		.version = fw_text(out, "%.*s", FW_FMT(version)),
		.type = "firmware",
		.evidence = fw_text(out, "banner: %.*s", FW_FMT(line)),
		.confidence = FW_SURE,
	};

	fw_out_software(out, &s);
}

/* Its banner and its version are two texts. */
static void redboot(const struct fw_object *obj, struct fw_out *out)
{
	static const char mark[] = "RedBoot(tm) bootstrap and debug";
	struct fw_software s = { .name = "RedBoot",
				 .type = "firmware",
				 .version = "",
				 .confidence = FW_SURE };
	size_t at = fw_view_find(obj->bytes, fw_view_str(mark), 0);

	if (at == SIZE_MAX)
		return;
	struct fw_view near = fw_view_sub(obj->bytes, at, BANNER_MAX);
	size_t v = fw_view_find(near, FW_STR("version "), 0);

	if (v != SIZE_MAX) {
		struct fw_view word = fw_view_sub(near, v + 8, 32);
		size_t n = 0;

		while (n < word.len && word.data[n] > ' ' &&
		       word.data[n] < 0x7f)
			n++;
		s.version =
			fw_text(out, "%.*s", (int)n, (const char *)word.data);
		fw_out_fact(out, "redboot.version", s.version);
	}
	s.evidence = mark;
	fw_out_software(out, &s);
}

static void boot_loader_inspect(const struct fw_object *obj, struct fw_out *out)
{
	const struct fw_strings *strings = fw_object_strings(obj, out);
	struct fw_view seen[BANNERS];
	size_t n = 0;

	for (size_t i = 0; i < strings->n && fw_out_ok(out); i++) {
		struct fw_view s = fw_string_view(obj, &strings->v[i]);

		/* "\nU-Boot ...": banners begin with an empty line. */
		s = fw_trim(fw_view_sub(s, 0, BANNER_MAX));
		for (size_t k = 0; k < sizeof(loaders) / sizeof(loaders[0]);
		     k++) {
			struct fw_view head = fw_view_str(loaders[k].prefix);
			struct fw_view version, line;

			if (!fw_view_starts(s, head))
				continue;
			fw_split(&s, '\n', &line);
			version = version_at(
				fw_view_sub(line, head.len, SIZE_MAX));
			if (version.len > 0 && !said_before(seen, &n, version))
				say(&loaders[k], line, version, out);
			break;
		}
	}
	redboot(obj, out);
}

/* Code without a header; what was packed inside of it is an object of its own.
 */
static bool boot_loader_wants(const struct fw_object *obj)
{
	return obj->format == NULL && obj->bytes.len >= LEAST &&
	       !fw_is_text(obj->bytes);
}

const struct fw_analyzer fw_analyzer_boot_loader = {
	.name = "boot_loader",
	.title = "boot loaders by their banners",
	.wants = boot_loader_wants,
	.inspect = boot_loader_inspect,
};
