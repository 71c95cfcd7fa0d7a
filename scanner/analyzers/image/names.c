/* names.c - files whose content is not what their name says
 *
 * A name ending is a promise. Where the bytes break it, either somebody was
 * careless or something was to pass as something else.
 */
#include <strings.h>

#include "core/listing.h"

enum { NOISE_MIN = 512 }; /* bytes that it takes to call something noise */

static const struct fw_kind sealed = {
	.id = "opaque/encrypted-file",
	.title = "files that should be text or a program are encrypted",
	.explanation = "By their names these files are settings, pages or "
		       "programs, but what they hold looks like noise. Nobody "
		       "but the device can read what it will do with them.",
	.ask_vendor = "What is in these files, and can you give them to us in "
		      "readable form?",
	.false_alarm = "A format of the vendor's own under a common name.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 656 },
};

static const struct fw_kind disguised = {
	.id = "opaque/name-mismatch",
	.title = "files whose content is not what their name says",
	.explanation =
		"A program called a picture, or an archive called a "
		"library, passes checks that go by names and is overlooked "
		"by people.",
	.ask_vendor = "Why do these files have names of another kind of file?",
	.false_alarm = "Some programs do not care about names; pages that are "
		       "kept compressed are common.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 646 },
};

enum content { TEXT, PROGRAM, PICTURE, PACKED, NOISE, OTHER };

static const char *const content_names[] = { "text",	  "a program",
					     "a picture", "an archive",
					     "noise",	  "something else" };

/* What name endings promise. Source: IANA media types, and common use */
static const struct promise {
	const char *ending;
	enum content content;
} promises[] = {
	{ ".so", PROGRAM },   { ".ko", PROGRAM },   { ".o", PROGRAM },
	{ ".axf", PROGRAM },  { ".xml", TEXT },	    { ".htm", TEXT },
	{ ".html", TEXT },    { ".css", TEXT },	    { ".js", TEXT },
	{ ".json", TEXT },    { ".txt", TEXT },	    { ".conf", TEXT },
	{ ".cfg", TEXT },     { ".ini", TEXT },	    { ".sh", TEXT },
	{ ".asp", TEXT },     { ".php", TEXT },	    { ".lua", TEXT },
	{ ".py", TEXT },      { ".pl", TEXT },	    { ".svg", TEXT },
	{ ".pem", TEXT },     { ".csv", TEXT },	    { ".yml", TEXT },
	{ ".yaml", TEXT },    { ".service", TEXT }, { ".rules", TEXT },
	{ ".png", PICTURE },  { ".gif", PICTURE },  { ".jpg", PICTURE },
	{ ".jpeg", PICTURE }, { ".bmp", PICTURE },  { ".ico", PICTURE },
	{ ".webp", PICTURE },
};

static bool is_one_of(const char *format, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(format, list[i]) == 0)
			return true;
	return false;
}

static enum content content_of_format(const char *format)
{
	static const char *const pictures[] = { "png", "gif", "jpeg",
						"bmp", "ico", "webp" };
	static const char *const packed[] = {
		"zip", "gzip", "bzip2", "xz",	"lzma", "zstd",
		"lz4", "lzop", "tar",	"cpio", "rar",	"sevenzip",
		"cab", "ar",   "deb",	"rpm",	"lzip", "zlib"
	};

	if (strcmp(format, "elf") == 0)
		return PROGRAM;
	if (is_one_of(format, pictures, sizeof(pictures) / sizeof(*pictures)))
		return PICTURE;
	if (is_one_of(format, packed, sizeof(packed) / sizeof(*packed)))
		return PACKED;
	return OTHER;
}

static enum content content_of(const struct fw_place *p)
{
	const char *guess = fw_place_fact(p, "content.guess", 0);

	if (p->format != NULL)
		return content_of_format(p->format);
	if (guess == NULL)
		return OTHER;
	if (strcmp(guess, "text") == 0)
		return TEXT;
	if (strcmp(guess, "encrypted") == 0 || strcmp(guess, "compressed") == 0)
		return NOISE;
	return OTHER;
}

static const struct promise *promise_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(promises) / sizeof(*promises); i++)
		if (strcasecmp(dot, promises[i].ending) == 0)
			return &promises[i];
	return NULL;
}

struct look {
	struct fw_out *out;
	struct fw_listing sealed, disguised;
	bool hides_program;
};

/* Text kept compressed is ordinary for pages, and an open matter elsewhere. */
static bool is_packed_page(const struct promise *want, enum content is)
{
	static const char *const pages[] = { ".htm", ".html", ".js",  ".css",
					     ".svg", ".json", ".xml", ".asp" };

	return is == PACKED &&
	       is_one_of(want->ending, pages, sizeof(pages) / sizeof(*pages));
}

static void look_at(struct look *l, const struct fw_place *p)
{
	const struct promise *want;
	enum content is;

	if ((p->meta->type != FW_FILE && p->meta->type != FW_HARDLINK) ||
	    p->size == 0)
		return;
	want = promise_of(fw_basename(p->path));
	is = content_of(p);
	if (want == NULL || is == want->content || is == OTHER)
		return;
	if (is == NOISE && want->content != PICTURE) {
		if (p->size >= NOISE_MIN)
			fw_list(&l->sealed, l->out, "%s, %llu bytes", p->path,
				(unsigned long long)p->size);
	} else if (is != NOISE && !is_packed_page(want, is)) {
		/* A linker's script is text and called .so. */
		if (is == TEXT && (want->content == PROGRAM || p->size < 512))
			return;
		l->hides_program = l->hides_program ||
				   (is == PROGRAM && want->content == PICTURE);
		fw_list(&l->disguised, l->out, "%s is %s", p->path,
			content_names[is]);
	}
}

static void names_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);) {
		uint32_t end = fw_image_end(tree, root);
		struct look *l = fw_alloc(fw_out_arena(out), 1, sizeof(*l));

		l->out = out;
		for (uint32_t i = root + 1; i < end; i++)
			look_at(l, &tree->places[i]);
		fw_list_claim(&l->sealed, out, root, &sealed, FW_MEDIUM,
			      "file");
		fw_list_claim(&l->disguised, out, root, &disguised,
			      l->hides_program ? FW_MEDIUM : FW_LOW, "file");
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_names = {
	.name = "names",
	.title = "files whose content is not what their name says",
	.kinds = (const struct fw_kind *const[]){ &sealed, &disguised, NULL },
	.correlate = names_correlate,
};
