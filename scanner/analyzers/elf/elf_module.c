/* elf_module.c - what a Linux kernel module says about itself
 *
 * The section .modinfo holds NUL-terminated "key=value" texts. A signature is
 * told by the line that closes the file; whether it is right needs the kernel's
 * keys.
 */
#include "code/elfread.h"

enum { TEXTS_MAX = 4096, TEXT_MAX = 64 };

/* struct module begins with its state, two pointers, and its name. */
static struct fw_view module_name(const struct elf_file *f)
{
	const struct elf_section *s =
		elf_section(f, ".gnu.linkonce.this_module");
	bool wide = f->h.e_ident[EI_CLASS] == ELFCLASS64;

	if (s == NULL)
		return (struct fw_view){ NULL, 0 };
	return elf_string(fw_view_sub(s->bytes, 0, 24 + TEXT_MAX),
			  wide ? 24 : 12);
}

/* A driver that somebody maintains outside of the kernel has a version. */
static void module_software(const struct elf_file *f, struct fw_view name,
			    struct fw_view version, struct fw_view license,
			    struct fw_out *out)
{
	if (name.len == 0)
		name = module_name(f);
	if (name.len == 0 || version.len == 0 || version.len > TEXT_MAX)
		return;
	struct fw_software s = {
		.name = fw_text(out, "%.*s", FW_FMT(name)),
		.version = fw_text(out, "%.*s", FW_FMT(version)),
		.type = "device-driver",
		.evidence = fw_text(out, "kernel module: version=%.*s",
				    FW_FMT(version)),
		.confidence = FW_SURE,
	};

	if (license.len > 0 && license.len <= TEXT_MAX)
		s.license = fw_text(out, "%.*s", FW_FMT(license));
	fw_out_software(out, &s);
}

static void module_inspect(const struct fw_object *obj, struct fw_out *out)
{
	static const struct {
		const char *key, *fact;
	} known[] = {
		{ "name", "module.name" },
		{ "vermagic", "module.vermagic" },
		{ "license", "module.license" },
		{ "depends", "module.depends" },
		{ "version", "module.version" },
		{ "author", "module.author" },
		{ "description", "module.description" },
		{ "srcversion", "module.srcversion" },
	};
	enum {
		MODULE_NAME = 0,
		MODULE_LICENSE = 2,
		MODULE_VERSION = 4,
		KNOWN = sizeof(known) / sizeof(known[0])
	};
	const struct fw_view line = FW_STR("~Module signature appended~\n");
	struct fw_view seen[KNOWN] = { { NULL, 0 } };
	bool in_tree = false;
	struct elf_file f;
	struct fw_view rest, text, key;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	const struct elf_section *s = elf_section(&f, ".modinfo");

	if (s == NULL || s->bytes.len == 0) {
		elf_close(&f);
		return;
	}
	rest = s->bytes;
	for (size_t n = 0; n < TEXTS_MAX && fw_split(&rest, '\0', &text); n++) {
		struct fw_view value = text;

		if (!fw_split(&value, '=', &key) || value.len == 0)
			continue;
		in_tree = in_tree || fw_view_eq(key, FW_STR("intree"));
		for (size_t i = 0; i < KNOWN; i++) {
			if (seen[i].data != NULL ||
			    !fw_view_eq(key, fw_view_str(known[i].key)))
				continue;
			seen[i] = value;
			fw_out_factf(out, known[i].fact, "%.*s",
				     FW_FMT(fw_view_sub(value, 0, 4096)));
		}
	}
	fw_out_fact(out, "module.signed",
		    fw_view_ends(obj->bytes, line) ? "yes" : "no");
	if (!in_tree)
		module_software(&f, seen[MODULE_NAME], seen[MODULE_VERSION],
				seen[MODULE_LICENSE], out);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_module = {
	.name = "elf_module",
	.title = "what kernel modules say about themselves",
	.wants = elf_is,
	.inspect = module_inspect,
};
