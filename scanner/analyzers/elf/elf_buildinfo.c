/* elf_buildinfo.c - what Go and Rust programs were built from
 *
 * Go: "\xff Go buildinf:", a byte with the size of a pointer, a byte of flags
 *
 *	flags & 2	at 32: two texts, each behind its length (varint): the
 *			compiler's version, the modules
 *	else		two pointers to {pointer, length} of the same texts;
 *			flags & 1: big endian
 *
 * The modules are lines of fields that tabs part: "path", "mod", "dep" and "=>"
 * (instead of the line before), between two marks of 16 bytes.
 *
 * Rust: messages name source files below .../registry/src/INDEX/CRATE-VERSION/,
 * and .comment names the compiler.
 *
 * Source: Go src/debug/buildinfo/buildinfo.go, Cargo registry layout
 */
#include "code/elfread.h"

enum {
	GO_HEADER = 32,
	GO_MARK = 16, /* bytes around the list of modules */
	GO_MODULES_MAX = 4096,
	TEXT_MAX = 200,
	CRATES_MAX = 512,
	CRATE_HITS_MAX = 20000,
};

/* --- Go --- */

static struct fw_view go_varint_text(struct fw_cursor *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t b = fw_u8(c);

		n |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return fw_bytes(c, n);
	}
	fw_fail(c, FW_MALFORMED, "length", n);
	return (struct fw_view){ NULL, 0 };
}

static uint64_t go_word(struct fw_cursor *c, unsigned size)
{
	return size == 8 ? fw_u64(c) : fw_u32(c);
}

/* The string whose {pointer, length} lies at an address. */
static struct fw_view go_text_at(const struct elf_file *f, uint64_t address,
				 unsigned size, bool big_endian)
{
	struct fw_cursor c = fw_cursor_of(elf_at_address(f, address));

	c.big_endian = big_endian;
	uint64_t at = go_word(&c, size), len = go_word(&c, size);
	struct fw_view text = elf_at_address(f, at);

	if (!fw_ok(&c) || len > text.len)
		return (struct fw_view){ NULL, 0 };
	return fw_view_sub(text, 0, (size_t)len);
}

/* The compiler's version and the list of modules of a header. */
static bool go_texts(const struct elf_file *f, struct fw_view v,
		     struct fw_view *version, struct fw_view *modules)
{
	struct fw_cursor c = fw_cursor_of(v);

	fw_skip(&c, 14);
	unsigned size = fw_u8(&c), flags = fw_u8(&c);

	if (flags & 2) {
		fw_seek(&c, GO_HEADER);
		*version = go_varint_text(&c);
		*modules = go_varint_text(&c);
		return fw_ok(&c);
	}
	if (size != 4 && size != 8)
		return false;
	c.big_endian = flags & 1;
	uint64_t first = go_word(&c, size), second = go_word(&c, size);

	*version = go_text_at(f, first, size, c.big_endian);
	*modules = go_text_at(f, second, size, c.big_endian);
	return fw_ok(&c) && version->len > 0;
}

static bool is_plain(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] <= ' ' || v.data[i] >= 0x7f)
			return false;
	return v.len > 0 && v.len <= TEXT_MAX;
}

/* One row: a module path and its version, "(devel)" is none. */
static void go_module(struct fw_out *out, struct fw_view path,
		      struct fw_view version, const char *type)
{
	if (!is_plain(path))
		return;
	if (!is_plain(version) || fw_view_eq(version, FW_STR("(devel)")))
		version = fw_view_of("", 0);

	const char *name = fw_text(out, "%.*s", FW_FMT(path));
	const char *v = fw_text(out, "%.*s", FW_FMT(version));
	struct fw_software s = {
		.name = name,
		.version = v,
		.type = type,
		.purl = fw_text(out, "pkg:golang/%s%s%s", name,
				*v != '\0' ? "@" : "", v),
		.evidence =
			fw_text(out, "Go build information: %s %s", name, v),
		.confidence = FW_SURE,
	};

	fw_out_software(out, &s);
}

struct go_line {
	struct fw_view kind, path, version;
};

static void go_modules(struct fw_view rest, struct fw_out *out)
{
	struct go_line held = { 0 };
	struct fw_view line;

	if (rest.len < 2 * GO_MARK + 1)
		return;
	rest = fw_view_sub(rest, GO_MARK, rest.len - 2 * GO_MARK);
	for (size_t n = 0; n < GO_MODULES_MAX && fw_out_ok(out); n++) {
		struct go_line l = { 0 };
		bool more = fw_split(&rest, '\n', &line);

		if (more && (!fw_split(&line, '\t', &l.kind) ||
			     !fw_split(&line, '\t', &l.path) ||
			     !fw_split(&line, '\t', &l.version)))
			l.version = fw_view_of("", 0);
		if (fw_view_eq(l.kind, FW_STR("=>"))) {
			held.path = l.path;
			held.version = l.version;
			continue;
		}
		if (fw_view_eq(held.kind, FW_STR("mod")))
			go_module(out, held.path, held.version, "application");
		else if (fw_view_eq(held.kind, FW_STR("dep")))
			go_module(out, held.path, held.version, "library");
		held = l;
		if (!more)
			break;
	}
}

static void go_inspect(const struct elf_file *f, struct fw_out *out)
{
	size_t at = fw_view_find(f->bytes, FW_STR("\xff Go buildinf:"), 0);
	struct fw_view version = { NULL, 0 }, modules = { NULL, 0 };

	if (at == SIZE_MAX ||
	    !go_texts(f, fw_view_sub(f->bytes, at, SIZE_MAX), &version,
		      &modules) ||
	    !fw_view_starts(version, FW_STR("go1")))
		return;
	version = fw_view_sub(version, 2, SIZE_MAX);
	for (size_t i = 0; i < version.len; i++)
		if (version.data[i] == ' ')
			version.len = i; /* "go1.20 X:nocoverageredesign" */
	if (!is_plain(version))
		return;
	const char *v = fw_text(out, "%.*s", FW_FMT(version));
	struct fw_software s = {
		.name = "Go standard library",
		.version = v,
		.type = "library",
		.cpe = fw_text(out, "cpe:2.3:a:golang:go:%s:*:*:*:*:*:*:*", v),
		.purl = fw_text(out, "pkg:golang/stdlib@%s", v),
		.license = "BSD-3-Clause",
		.evidence = fw_text(out, "Go build information: go%s", v),
		.confidence = FW_SURE,
	};

	fw_out_fact(out, "elf.go", v);
	fw_out_software(out, &s);
	go_modules(modules, out);
}

/* --- Rust --- */

/* Parts "name-1.2.3" at the first '-' before a digit that begins a version. */
static bool crate_parts(struct fw_view v, struct fw_view *name,
			struct fw_view *version)
{
	for (size_t i = 1; i + 1 < v.len; i++) {
		struct fw_view rest = fw_view_sub(v, i + 1, SIZE_MAX);

		if (v.data[i] != '-' || rest.data[0] < '0' ||
		    rest.data[0] > '9' ||
		    fw_view_find(rest, FW_STR("."), 0) == SIZE_MAX)
			continue;
		*name = fw_view_sub(v, 0, i);
		*version = rest;
		return is_plain(v);
	}
	return false;
}

static void crate(struct fw_out *out, struct fw_view name,
		  struct fw_view version)
{
	struct fw_software s = {
		.name = fw_text(out, "%.*s", FW_FMT(name)),
		.version = fw_text(out, "%.*s", FW_FMT(version)),
		.type = "library",
		.purl = fw_text(out, "pkg:cargo/%.*s@%.*s", FW_FMT(name),
				FW_FMT(version)),
		.evidence = fw_text(out, "source path of a Rust crate: %.*s",
				    FW_FMT(name)),
		.confidence = FW_LIKELY,
	};

	fw_out_software(out, &s);
}

static bool is_new(struct fw_view *seen, size_t *n, struct fw_view v)
{
	for (size_t i = 0; i < *n; i++)
		if (fw_view_eq(seen[i], v))
			return false;
	if (*n == CRATES_MAX)
		return false;
	seen[(*n)++] = v;
	return true;
}

static void rust_inspect(struct fw_view v, struct fw_out *out)
{
	const struct fw_view mark = FW_STR("/registry/src/");
	struct fw_view *seen = NULL, name, version;
	size_t n = 0, at = 0;

	for (size_t hits = 0; hits < CRATE_HITS_MAX && fw_out_ok(out); hits++) {
		struct fw_view rest, index, folder;

		at = fw_view_find(v, mark, at);
		if (at == SIZE_MAX)
			return;
		at += mark.len;
		rest = fw_view_sub(v, at, 2 * (size_t)TEXT_MAX);
		if (!fw_split(&rest, '/', &index) ||
		    !fw_split(&rest, '/', &folder) || rest.data == NULL ||
		    !is_plain(index) || !crate_parts(folder, &name, &version))
			continue;
		if (seen == NULL)
			seen = fw_alloc(fw_out_arena(out), CRATES_MAX,
					sizeof(*seen));
		if (is_new(seen, &n, folder))
			crate(out, name, version);
	}
}

static void buildinfo_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct elf_file f;

	rust_inspect(obj->bytes, out);
	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	go_inspect(&f, out);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_buildinfo = {
	.name = "elf_buildinfo",
	.title = "modules that Go and Rust programs were built from",
	.wants = elf_is,
	.inspect = buildinfo_inspect,
};
