/* sonames.c - versions that the file names of libraries carry
 *
 * rules/data/sonames.tsv: what the name begins with, what it ends with, how
 *many numbers the version between them needs, how the product's version is made
 *of them, the product, its type for a CPE ("vendor:product"), licence.
 *
 *	%	the whole
 *	1 2 3	that number of it; 2/100 divides
 *
 * A file name is a weak witness: confidence is low, and what bytes say of the
 * same product in the same file stands instead.
 */
#include "core/analyzer.h"
#include "core/data.h"

enum { NUMBERS_MAX = 4, DIGITS_MAX = 9 };

enum column { HEAD, TAIL, LEAST, MAKE, PRODUCT, CPE, LICENSE };

static bool sonames_wants(const struct fw_object *obj)
{
	return obj->meta != NULL && obj->meta->type == FW_FILE &&
	       fw_path_matches(obj->path, "*.so*");
}

/* Takes the numbers that dots part; 0 where the text is something else. */
static size_t numbers_of(struct fw_view v, unsigned long n[NUMBERS_MAX])
{
	struct fw_view part;
	size_t count = 0;

	while (fw_split(&v, '.', &part)) {
		if (part.len == 0 || part.len > DIGITS_MAX ||
		    count == NUMBERS_MAX)
			return 0;
		n[count] = 0;
		for (size_t i = 0; i < part.len; i++) {
			if (part.data[i] < '0' || part.data[i] > '9')
				return 0;
			n[count] = n[count] * 10 + (part.data[i] - '0');
		}
		count++;
	}
	return count;
}

static const char *make(struct fw_out *out, struct fw_view how,
			struct fw_view whole, const unsigned long *n,
			size_t count)
{
	const char *s = "";

	for (size_t i = 0; i < how.len; i++) {
		uint8_t ch = how.data[i];
		size_t k = (size_t)(ch - '1');
		bool hundred = fw_view_starts(fw_view_sub(how, i + 1, SIZE_MAX),
					      FW_STR("/100"));

		if (ch == '%')
			s = fw_text(out, "%s%.*s", s, FW_FMT(whole));
		else if (ch == '$' && i + 1 < how.len)
			s = fw_text(out, "%s%c", s, how.data[++i]);
		else if (k < count)
			s = fw_text(out, "%s%lu", s,
				    hundred ? n[k] / 100 : n[k]);
		else
			s = fw_text(out, "%s%c", s, ch);
		i += hundred && k < count ? 4 : 0;
	}
	return s;
}

static void emit(const struct fw_view *f, const char *version, const char *file,
		 struct fw_out *out)
{
	struct fw_software s = {
		.name = fw_text(out, "%.*s", FW_FMT(f[PRODUCT])),
		.version = version,
		.type = "library",
		.evidence = fw_text(out, "file name: %s", file),
		.confidence = FW_UNSURE,
	};

	if (f[CPE].len > 0)
		s.cpe = fw_text(out, "cpe:2.3:a:%.*s:%s:*:*:*:*:*:*:*",
				FW_FMT(f[CPE]), version);
	if (f[LICENSE].len > 0)
		s.license = fw_text(out, "%.*s", FW_FMT(f[LICENSE]));
	fw_out_software(out, &s);
}

static bool fits(const struct fw_view *f, struct fw_view name,
		 struct fw_view *middle)
{
	if (name.len <= f[HEAD].len + f[TAIL].len ||
	    !fw_view_starts(name, f[HEAD]) || !fw_view_ends(name, f[TAIL]))
		return false;
	*middle = fw_view_sub(name, f[HEAD].len,
			      name.len - f[HEAD].len - f[TAIL].len);
	return true;
}

static void sonames_inspect(const struct fw_object *obj, struct fw_out *out)
{
	const char *file = fw_basename(obj->path);
	struct fw_view name = fw_view_str(file), rest = fw_data("sonames");
	struct fw_view f[FW_DATA_FIELDS], middle;

	if (!fw_view_starts(obj->bytes, FW_STR("\177ELF")))
		return;
	while (fw_data_row(&rest, f)) {
		unsigned long n[NUMBERS_MAX], least[NUMBERS_MAX];
		size_t count;

		if (!fits(f, name, &middle) || numbers_of(f[LEAST], least) != 1)
			continue;
		count = numbers_of(middle, n);
		if (count == 0 || count < least[0])
			continue;
		emit(f, make(out, f[MAKE], middle, n, count), file, out);
		return;
	}
}

const struct fw_analyzer fw_analyzer_sonames = {
	.name = "sonames",
	.title = "versions in the file names of libraries",
	.placed = true,
	.wants = sonames_wants,
	.inspect = sonames_inspect,
};
