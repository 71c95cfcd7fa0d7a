/* guess.c - what bytes are that no format explains
 *
 * Code is told by how often an architecture's return and prologue instructions
 * stand at aligned offsets: about once in forty instructions in compiled code,
 * practically never in anything else. Noise is told by the chi-square statistic
 * of its byte histogram (Knuth, The Art of Computer Programming 3.3.1):
 * compressed data keeps a bias that a cipher does not.
 */
#include "core/text.h"
#include "engine/guess.h"

struct cpu_mark {
	const char *cpu;
	uint8_t align, len;
	uint8_t bytes[4], mask[4];
};

static const struct cpu_mark marks[] = {
	/* jr ra; addiu sp,sp,-n; lw ra,n(sp) */
	{ "mips", 4, 4, { 0x03, 0xe0, 0x00, 0x08 }, { 255, 255, 255, 255 } },
	{ "mips", 4, 4, { 0x27, 0xbd, 0x80, 0x00 }, { 255, 255, 0x80, 0 } },
	{ "mips", 4, 4, { 0x8f, 0xbf, 0x00, 0x00 }, { 255, 255, 0xfe, 0 } },
	{ "mipsel", 4, 4, { 0x08, 0x00, 0xe0, 0x03 }, { 255, 255, 255, 255 } },
	{ "mipsel", 4, 4, { 0x00, 0x80, 0xbd, 0x27 }, { 0, 0x80, 255, 255 } },
	{ "mipsel", 4, 4, { 0x00, 0x00, 0xbf, 0x8f }, { 0, 0xfe, 255, 255 } },
	/* bx lr; push {..lr}; pop {..pc} */
	{ "arm", 4, 4, { 0x1e, 0xff, 0x2f, 0xe1 }, { 255, 255, 255, 255 } },
	{ "arm", 4, 4, { 0x00, 0x40, 0x2d, 0xe9 }, { 0, 0x40, 255, 255 } },
	{ "arm", 4, 4, { 0x00, 0x80, 0xbd, 0xe8 }, { 0, 0x80, 255, 255 } },
	{ "thumb", 2, 2, { 0x70, 0x47 }, { 255, 255 } },
	{ "thumb", 2, 2, { 0x00, 0xb5 }, { 0, 255 } },
	{ "thumb", 2, 2, { 0x00, 0xbd }, { 0, 255 } },
	/* ret; stp x29,x30,[sp,#-n]! */
	{ "aarch64", 4, 4, { 0xc0, 0x03, 0x5f, 0xd6 }, { 255, 255, 255, 255 } },
	{ "aarch64", 4, 4, { 0xfd, 0x7b, 0x80, 0xa9 }, { 255, 255, 0xc0, 255 } },
	/* blr; mflr r0; stwu r1,-n(r1) */
	{ "ppc", 4, 4, { 0x4e, 0x80, 0x00, 0x20 }, { 255, 255, 255, 255 } },
	{ "ppc", 4, 4, { 0x7c, 0x08, 0x02, 0xa6 }, { 255, 255, 255, 255 } },
	{ "ppc", 4, 4, { 0x94, 0x21, 0xff, 0x00 }, { 255, 255, 255, 0 } },
	/* push rbp; mov rbp,rsp / push ebp; mov ebp,esp */
	{ "x86", 1, 3, { 0x55, 0x89, 0xe5 }, { 255, 255, 255 } },
	{ "x86_64", 1, 4, { 0x55, 0x48, 0x89, 0xe5 }, { 255, 255, 255, 255 } },
	{ "x86_64", 1, 4, { 0xf3, 0x0f, 0x1e, 0xfa }, { 255, 255, 255, 255 } },
};

enum { SAMPLE = 256 * 1024 };

static bool mark_at(const uint8_t *p, const struct cpu_mark *m)
{
	for (unsigned i = 0; i < m->len; i++)
		if ((p[i] & m->mask[i]) != m->bytes[i])
			return false;
	return true;
}

/* One hit in so many bytes makes code of it. */
static size_t bytes_per_mark(const struct cpu_mark *m)
{
	return m->align == 1 ? 600 : m->align == 2 ? 40 : 220;
}

static const char *guess_cpu(struct fw_view v)
{
	const size_t n = sizeof(marks) / sizeof(marks[0]);
	const char *best = NULL;
	double best_score = 1;

	if (v.len > SAMPLE)
		v.len = SAMPLE;
	for (size_t i = 0; i < n;) {
		size_t hits = 0, first = i;

		for (; i < n && !strcmp(marks[i].cpu, marks[first].cpu); i++) {
			const struct cpu_mark *m = &marks[i];

			for (size_t at = 0; at + m->len <= v.len; at += m->align)
				hits += mark_at(v.data + at, m);
		}
		double score = (double)hits *
			       (double)bytes_per_mark(&marks[first]) /
			       (double)(v.len + 1);

		if (hits >= 8 && score > best_score) {
			best_score = score;
			best = marks[first].cpu;
		}
	}
	return best;
}

static double chi_square(struct fw_view v)
{
	size_t count[256] = { 0 };
	double expected = (double)v.len / 256, sum = 0;

	for (size_t i = 0; i < v.len; i++)
		count[v.data[i]]++;
	for (size_t i = 0; i < 256; i++) {
		double d = (double)count[i] - expected;

		sum += d * d / expected;
	}
	return sum;
}

static bool one_byte(struct fw_view v)
{
	return v.len == 0 || memcmp(v.data, v.data + 1, v.len - 1) == 0;
}

enum fw_guess fw_guess(struct fw_view v, double *entropy, const char **cpu)
{
	/* 255 degrees of freedom: noise stays below 330 in 999 of 1000 runs. */
	const double noise = 330;

	*cpu = NULL;
	*entropy = 0;
	if (one_byte(v))
		return FW_GUESS_PADDING;
	*entropy = fw_entropy(v);
	if (fw_is_text(v) && *entropy < 6.6)
		return FW_GUESS_TEXT;
	if (*entropy < 7.4) {
		*cpu = guess_cpu(v);
		if (*cpu != NULL)
			return FW_GUESS_CODE;
	}
	if (v.len >= 4096 && *entropy > 7.9 && chi_square(v) < noise)
		return FW_GUESS_ENCRYPTED;
	if (v.len >= 1024 && *entropy > 7.5)
		return FW_GUESS_COMPRESSED;
	return FW_GUESS_DATA;
}

const char *fw_guess_name(enum fw_guess g)
{
	static const char *const names[] = { "padding",	   "text",
					     "code",	   "compressed",
					     "encrypted", "data" };

	return names[g];
}
