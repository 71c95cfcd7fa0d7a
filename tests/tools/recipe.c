/* recipe.c - bytes from a text; the grammar stands in recipe.h */
#include <ctype.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "core/hash.h"
#include "tools/recipe.h"

enum { LABELS = 256, PASSES = 32, DEPTH = 16 };
static const uint64_t BYTES_MAX = UINT64_C(1) << 28;

struct label {
	struct fw_view name;
	uint64_t at;
};

struct recipe {
	struct fw_arena *a;
	const char *path;
	struct fw_view text;
	size_t pos, origin;  /* origin: where this text begins in its file */
	struct fw_view file; /* the whole file, for line numbers */
	unsigned depth;
	uint8_t *out;
	size_t len, cap;
	struct fw_view last; /* what the pass before gave */
	struct label labels[LABELS];
	unsigned label_count;
	bool first; /* labels may still be unknown */
};

static struct fw_view evaluate(struct recipe *up, struct fw_view text,
			       size_t origin);
static uint64_t expression(struct recipe *r);
static void items(struct recipe *r, bool in_block);

_Noreturn static void fail(const struct recipe *r, const char *what)
{
	unsigned line = 1;

	for (size_t i = 0; i < r->origin + r->pos && i < r->file.len; i++)
		line += r->file.data[i] == '\n';
	fprintf(stderr, "%s:%u: %s\n", r->path, line, what);
	exit(2);
}

static int peek(struct recipe *r)
{
	while (r->pos < r->text.len) {
		int ch = r->text.data[r->pos];

		if (ch == '#')
			while (r->pos < r->text.len &&
			       r->text.data[r->pos] != '\n')
				r->pos++;
		else if (!isspace(ch))
			return ch;
		else
			r->pos++;
	}
	return -1;
}

static bool accept(struct recipe *r, int ch)
{
	if (peek(r) != ch)
		return false;
	r->pos++;
	return true;
}

static void expect(struct recipe *r, int ch, const char *what)
{
	if (!accept(r, ch))
		fail(r, what);
}

static struct fw_view word(struct recipe *r)
{
	size_t from = r->pos;

	while (r->pos < r->text.len &&
	       (isalnum(r->text.data[r->pos]) || r->text.data[r->pos] == '_'))
		r->pos++;
	return fw_view_sub(r->text, from, r->pos - from);
}

static bool is(struct fw_view w, const char *name)
{
	return fw_view_eq(w, fw_view_str(name));
}

static void put(struct recipe *r, const void *bytes, size_t n)
{
	if (n > BYTES_MAX - r->len)
		fail(r, "too many bytes");
	r->out = fw_grow(r->a, r->out, &r->cap, r->len + n + 1, 1);
	if (n > 0)
		memcpy(r->out + r->len, bytes, n);
	r->len += n;
}

static void put_fill(struct recipe *r, uint64_t n, uint64_t value)
{
	if (n > BYTES_MAX - r->len)
		fail(r, "too many bytes");
	r->out = fw_grow(r->a, r->out, &r->cap, r->len + n + 1, 1);
	memset(r->out + r->len, (int)(value & 0xff), n);
	r->len += n;
}

static unsigned hex_digit(struct recipe *r)
{
	int ch = r->pos < r->text.len ? r->text.data[r->pos++] : -1;

	if (!isxdigit(ch))
		fail(r, "two hexadecimal digits wanted");
	return (unsigned)(isdigit(ch) ? ch - '0' : tolower(ch) - 'a' + 10);
}

static uint8_t hex_byte(struct recipe *r)
{
	unsigned high = hex_digit(r);
	unsigned low = hex_digit(r);

	return (uint8_t)(high << 4 | low);
}

static uint8_t escaped(struct recipe *r)
{
	int ch = r->pos < r->text.len ? r->text.data[r->pos++] : -1;

	switch (ch) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '0':
		return '\0';
	case 'x':
		return hex_byte(r);
	case '\\':
	case '"':
		return (uint8_t)ch;
	default:
		fail(r, "unknown escape");
	}
}

/* After the opening quote. */
static void put_string(struct recipe *r)
{
	while (r->pos < r->text.len && r->text.data[r->pos] != '"') {
		uint8_t byte = r->text.data[r->pos++];

		if (byte == '\\')
			byte = escaped(r);
		put(r, &byte, 1);
	}
	if (r->pos++ >= r->text.len)
		fail(r, "string without an end");
}

static uint64_t number(struct recipe *r)
{
	struct fw_view w = word(r);
	char buf[32] = "", *end;

	if (w.len == 0 || w.len >= sizeof(buf))
		fail(r, "number wanted");
	memcpy(buf, w.data, w.len);
	uint64_t n = strtoull(buf, &end, 0);

	if (*end != '\0')
		fail(r, "number wanted");
	return n;
}

static struct label *label(struct recipe *r, bool define)
{
	struct fw_view name = word(r);

	if (name.len == 0)
		fail(r, "label without a name");
	for (unsigned i = 0; i < r->label_count; i++)
		if (fw_view_eq(r->labels[i].name, name))
			return &r->labels[i];
	if (!r->first && !define)
		fail(r, "label is nowhere defined");
	if (r->label_count == LABELS)
		fail(r, "too many labels");
	r->labels[r->label_count] =
		(struct label){ .name = define ? name : FW_STR("") };
	if (define)
		return &r->labels[r->label_count++];
	return &r->labels[r->label_count]; /* unknown as yet: 0 */
}

/* "(A, B)" or "(A, B, FROM, TO)": those bytes as the last pass had them. */
static struct fw_view range(struct recipe *r)
{
	uint64_t from, to, zero = 0, zero_end = 0;

	expect(r, '(', "( wanted");
	from = expression(r);
	expect(r, ',', ", wanted");
	to = expression(r);
	if (accept(r, ',')) {
		zero = expression(r);
		expect(r, ',', ", wanted");
		zero_end = expression(r);
	}
	expect(r, ')', ") wanted");
	if (to > r->last.len || from > to)
		return FW_STR(""); /* the size is not known yet */
	uint8_t *copy = fw_alloc(r->a, to - from + 1, 1);

	memcpy(copy, r->last.data + from, to - from);
	for (uint64_t i = zero; i < zero_end; i++)
		if (i >= from && i < to)
			copy[i - from] = 0;
	return fw_view_of(copy, to - from);
}

static uint32_t sum32(struct fw_view v, bool big)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 4 <= v.len; i += 4)
		for (unsigned k = 0; k < 4; k++)
			sum += (uint32_t)v.data[i + k] << 8 * (big ? 3 - k : k);
	return sum;
}

static uint64_t function(struct recipe *r)
{
	struct fw_view name = word(r);
	struct fw_view v = range(r);
	uint64_t sum = 0;

	if (is(name, "crc32"))
		return fw_crc32(0, v);
	if (is(name, "adler32"))
		return adler32(1, v.data, (unsigned)v.len);
	if (is(name, "sum32le") || is(name, "sum32be"))
		return sum32(v, is(name, "sum32be"));
	if (!is(name, "sum8"))
		fail(r, "unknown function");
	for (size_t i = 0; i < v.len; i++)
		sum += v.data[i];
	return sum;
}

static uint64_t term(struct recipe *r)
{
	int ch = peek(r);

	if (accept(r, '(')) {
		uint64_t n = expression(r);

		expect(r, ')', ") wanted");
		return n;
	}
	if (accept(r, '~'))
		return ~term(r);
	if (accept(r, '@'))
		return label(r, false)->at;
	if (isdigit(ch))
		return number(r);
	return function(r);
}

static uint64_t expression(struct recipe *r)
{
	uint64_t n = term(r);

	for (;;) {
		uint64_t m;

		if (accept(r, '+')) {
			n += term(r);
		} else if (accept(r, '-')) {
			n -= term(r);
		} else if (accept(r, '*')) {
			n *= term(r);
		} else if (accept(r, '&')) {
			n &= term(r);
		} else if (accept(r, '|')) {
			n |= term(r);
		} else if (accept(r, '^')) {
			n ^= term(r);
		} else if (accept(r, '/')) {
			m = term(r);
			n = m == 0 ? 0 : n / m;
		} else {
			return n;
		}
	}
}

/* The width and byte order in "u16le" and such; false: another word. */
static bool put_integer(struct recipe *r, struct fw_view w)
{
	static const struct {
		const char *name;
		unsigned bytes;
		bool big;
	} kinds[] = {
		{ "u8", 1, false },   { "u16le", 2, false },
		{ "u16be", 2, true }, { "u24le", 3, false },
		{ "u24be", 3, true }, { "u32le", 4, false },
		{ "u32be", 4, true }, { "u64le", 8, false },
		{ "u64be", 8, true },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint8_t bytes[8];

		if (!is(w, kinds[i].name))
			continue;
		expect(r, ':', ": wanted");
		uint64_t value = expression(r);

		for (unsigned k = 0; k < kinds[i].bytes; k++)
			bytes[k] =
				(uint8_t)(value >>
					  8 * (kinds[i].big
						       ? kinds[i].bytes - 1 - k
						       : k));
		put(r, bytes, kinds[i].bytes);
		return true;
	}
	return false;
}

/* Past the matching brace; the text between, the opening one being read. */
static struct fw_view block(struct recipe *r)
{
	size_t from = r->pos;

	for (unsigned open = 1; open > 0;) {
		int ch = peek(r);

		if (ch < 0)
			fail(r, "} wanted");
		r->pos++;
		open += ch == '{';
		open -= ch == '}';
		if (ch != '"')
			continue;
		while (r->pos < r->text.len && r->text.data[r->pos] != '"')
			r->pos += r->text.data[r->pos] == '\\' ? 2 : 1;
		r->pos++;
	}
	return fw_view_sub(r->text, from, r->pos - 1 - from);
}

/* "(A, B)" or "{ items }" */
static struct fw_view digested(struct recipe *r)
{
	size_t origin;

	if (!accept(r, '{'))
		return range(r);
	origin = r->origin + r->pos;
	return evaluate(r, block(r), origin);
}

static bool put_digest(struct recipe *r, struct fw_view w)
{
	uint8_t sum[FW_SHA256_SIZE];

	if (is(w, "md5")) {
		fw_md5(digested(r), sum);
		put(r, sum, FW_MD5_SIZE);
	} else if (is(w, "sha1")) {
		fw_sha1(digested(r), sum);
		put(r, sum, FW_SHA1_SIZE);
	} else if (is(w, "sha256")) {
		fw_sha256(digested(r), sum);
		put(r, sum, FW_SHA256_SIZE);
	} else {
		return false;
	}
	return true;
}

static void put_deflated(struct recipe *r, struct fw_view v, int window_bits)
{
	z_stream z = { 0 };
	size_t room = v.len + v.len / 100 + 256;
	uint8_t *buf = fw_alloc(r->a, room, 1);

	if (deflateInit2(&z, 9, Z_DEFLATED, window_bits, 9,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		fail(r, "zlib does not start");
	z.next_in = (Bytef *)(uintptr_t)v.data;
	z.avail_in = (uInt)v.len;
	z.next_out = buf;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		fail(r, "zlib does not end");
	deflateEnd(&z);
	put(r, buf, room - z.avail_out);
}

static void put_lzma(struct recipe *r, struct fw_view v, bool alone)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	size_t room = v.len + v.len / 10 + 4096;
	uint8_t *buf = fw_alloc(r->a, room, 1);

	if (lzma_lzma_preset(&options, 6) ||
	    (alone ? lzma_alone_encoder(&s, &options)
		   : lzma_easy_encoder(&s, 6, LZMA_CHECK_CRC32)) != LZMA_OK)
		fail(r, "liblzma does not start");
	s.next_in = v.data;
	s.avail_in = v.len;
	s.next_out = buf;
	s.avail_out = room;
	if (lzma_code(&s, LZMA_FINISH) != LZMA_STREAM_END)
		fail(r, "liblzma does not end");
	lzma_end(&s);
	put(r, buf, room - s.avail_out);
}

static bool put_compressed(struct recipe *r, struct fw_view w)
{
	bool known = is(w, "gzip") || is(w, "zlib") || is(w, "deflate") ||
		     is(w, "xz") || is(w, "lzma");

	if (!known)
		return false;
	expect(r, '{', "{ wanted");
	size_t origin = r->origin + r->pos;
	struct fw_view v = evaluate(r, block(r), origin);

	if (is(w, "gzip"))
		put_deflated(r, v, 15 + 16);
	else if (is(w, "zlib"))
		put_deflated(r, v, 15);
	else if (is(w, "deflate"))
		put_deflated(r, v, -15);
	else
		put_lzma(r, v, is(w, "lzma"));
	return true;
}

static void put_noise(struct recipe *r, uint64_t n, uint64_t seed)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t from = r->len;

	put_fill(r, n, 0);
	for (; from < r->len; from++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		r->out[from] = (uint8_t)(x >> 32);
	}
}

static void put_repeat(struct recipe *r, uint64_t n)
{
	size_t from;

	expect(r, '{', "{ wanted");
	from = r->pos;
	if (n == 0)
		block(r);
	while (n-- > 0) {
		r->pos = from;
		items(r, true);
	}
}

static void do_patch(struct recipe *r, uint64_t off)
{
	size_t len = r->len;
	struct fw_view tail;

	expect(r, '{', "{ wanted");
	items(r, true);
	tail = fw_view_of(r->out + len, r->len - len);
	if (off > len || tail.len > len - off)
		fail(r, "patch lies outside");
	memmove(r->out + off, tail.data, tail.len);
	r->len = len;
}

/* The words that take "(A)" or "(A, B)". */
static bool placed(struct recipe *r, struct fw_view w)
{
	uint64_t a, b = 0;

	if (!is(w, "fill") && !is(w, "align") && !is(w, "repeat") &&
	    !is(w, "noise") && !is(w, "patch") && !is(w, "cut"))
		return false;
	expect(r, '(', "( wanted");
	a = expression(r);
	if (accept(r, ','))
		b = expression(r);
	expect(r, ')', ") wanted");
	if (is(w, "fill"))
		put_fill(r, a, b);
	else if (is(w, "align"))
		put_fill(r, a == 0 ? 0 : (a - r->len % a) % a, b);
	else if (is(w, "noise"))
		put_noise(r, a, b);
	else if (is(w, "repeat"))
		put_repeat(r, a);
	else if (is(w, "patch"))
		do_patch(r, a);
	else if (a <= r->len)
		r->len = a;
	else
		fail(r, "cut lies outside");
	return true;
}

/* The name in quotes, as a path from the recipe's own folder. */
static char *beside(struct recipe *r)
{
	const char *slash = strrchr(r->path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - r->path) + 1;
	size_t from;

	expect(r, '"', "\" wanted");
	from = r->pos;
	while (r->pos < r->text.len && r->text.data[r->pos] != '"')
		r->pos++;
	char *path = fw_sprintf(r->a, "%.*s%.*s", (int)dir, r->path,
				(int)(r->pos - from), r->text.data + from);

	r->pos++;
	return path;
}

static void put_file(struct recipe *r)
{
	struct fw_view v = recipe_slurp(r->a, beside(r));

	put(r, v.data, v.len);
}

static void put_include(struct recipe *r)
{
	struct recipe inner = { .a = r->a, .depth = r->depth };

	inner.path = beside(r);
	inner.file = recipe_slurp(r->a, inner.path);
	struct fw_view v = evaluate(&inner, inner.file, 0);

	put(r, v.data, v.len);
}

static void item(struct recipe *r, int ch)
{
	if (accept(r, '"')) {
		put_string(r);
		return;
	}
	if (accept(r, '@')) {
		label(r, true)->at = r->len;
		return;
	}
	struct fw_view w = isalpha(ch) ? word(r) : FW_STR("");

	if (is(w, "x")) {
		expect(r, ':', ": wanted");
		while (r->pos < r->text.len && isxdigit(r->text.data[r->pos])) {
			uint8_t byte = hex_byte(r);

			put(r, &byte, 1);
		}
	} else if (is(w, "include")) {
		put_include(r);
	} else if (is(w, "file")) {
		put_file(r);
	} else if (!put_integer(r, w) && !put_digest(r, w) &&
		   !put_compressed(r, w) && !placed(r, w)) {
		fail(r, "unknown item");
	}
}

static void items(struct recipe *r, bool in_block)
{
	for (int ch = peek(r); ch >= 0; ch = peek(r)) {
		if (ch == '}') {
			if (!in_block)
				fail(r, "} without {");
			r->pos++;
			return;
		}
		item(r, ch);
	}
	if (in_block)
		fail(r, "} wanted");
}

/* Again and again until sizes, labels and checksums stand still. */
static struct fw_view evaluate(struct recipe *up, struct fw_view text,
			       size_t origin)
{
	struct recipe *r = fw_alloc(up->a, 1, sizeof(*r));

	*r = (struct recipe){ .a = up->a,
			      .path = up->path,
			      .text = text,
			      .origin = origin,
			      .file = up->file,
			      .depth = up->depth + 1,
			      .last = FW_STR(""),
			      .first = true };
	if (r->depth >= DEPTH)
		fail(r, "blocks go too deep");
	for (unsigned pass = 0; pass < PASSES; pass++) {
		r->pos = r->len = r->cap = 0;
		r->out = NULL;
		items(r, false);
		put(r, "", 0);
		struct fw_view now = fw_view_of(r->out, r->len);

		if (!r->first && fw_view_eq(now, r->last))
			return now;
		r->first = false;
		r->last = now;
	}
	fail(r, "never comes to rest: a sum that sums itself?");
}

struct fw_view recipe_slurp(struct fw_arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t len = 0, cap = 0, n;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	do {
		data = fw_grow(a, data, &cap, len + 65536, 1);
		n = fread(data + len, 1, 65536, f);
		len += n;
	} while (n > 0);
	fclose(f);
	return fw_view_of(data, len);
}

struct fw_view recipe_load(struct fw_arena *a, const char *path)
{
	struct recipe up = { .a = a, .path = path };

	up.file = recipe_slurp(a, path);
	return evaluate(&up, up.file, 0);
}
