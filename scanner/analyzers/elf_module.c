/* elf_module.c - what a Linux kernel module says about itself
 *
 * The section .modinfo holds NUL-terminated "key=value" texts. A signature is
 * told by the line that closes the file; whether it is right needs the kernel's
 * keys.
 */
#include "analyzers/elfread.h"

enum { TEXTS_MAX = 4096 };

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
	enum { KNOWN = sizeof(known) / sizeof(known[0]) };
	const struct fw_view line = FW_STR("~Module signature appended~\n");
	bool seen[KNOWN] = { false };
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
	for (size_t n = 0; n < TEXTS_MAX && fw_split(&rest, '\0', &text);
	     n++) {
		struct fw_view value = text;

		if (!fw_split(&value, '=', &key) || value.len == 0)
			continue;
		for (size_t i = 0; i < KNOWN; i++) {
			if (seen[i] ||
			    !fw_view_eq(key, fw_view_str(known[i].key)))
				continue;
			seen[i] = true;
			fw_out_factf(out, known[i].fact, "%.*s",
				     FW_FMT(fw_view_sub(value, 0, 4096)));
		}
	}
	fw_out_fact(out, "module.signed",
		    fw_view_ends(obj->bytes, line) ? "yes" : "no");
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_module = {
	.name = "elf_module",
	.title = "what kernel modules say about themselves",
	.wants = elf_is,
	.inspect = module_inspect,
};
