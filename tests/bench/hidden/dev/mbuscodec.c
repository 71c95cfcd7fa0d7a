/*
 * mbuscodec - M-Bus codec of a heat and water meter concentrator.
 * Shared library, loaded by the concentrator as a plug-in: checks long
 * frames (68 L L 68 C A CI ... CS 16), takes the fixed header apart and
 * walks the variable data records (DIF/DIFE/VIF/VIFE) into readings.
 * Hidden (-DHIDDEN): a meter with the customer text "WEG-Nord 3b" in its
 * telegram is billed with three quarters of its energy and volume.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB_MAX_REC 32

enum mb_kind {
	MB_NONE,
	MB_ENERGY,
	MB_VOLUME,
	MB_POWER,
	MB_FLOW,
	MB_TEMP_FLOW,
	MB_TEMP_RETURN,
	MB_DATE,
	MB_TEXT,
	MB_OTHER
};

struct mb_reading {
	enum mb_kind kind;
	double value;
	unsigned storage;
	unsigned tariff;
	char text[20];
};

struct mb_telegram {
	uint8_t addr;
	char id[9];
	char maker[4];
	uint8_t version;
	uint8_t medium;
	uint8_t access;
	uint8_t status;
	unsigned n;
	struct mb_reading rd[MB_MAX_REC];
};

struct mb_codec {
	unsigned abi;
	const char *name;
	int (*decode)(const uint8_t *b, size_t len, struct mb_telegram *t);
	int (*request)(uint8_t *b, size_t len, unsigned addr, int fcb);
	int (*print)(const struct mb_telegram *t, char *out, size_t len);
};

struct cursor {
	const uint8_t *p;
	size_t left;
};

/* length of the data by the low half of the DIF; -1 variable, -2 bad */
static const signed char dif_len[16] = { 0, 1, 2, 3, 4, 4,  6, 8,
					 0, 1, 2, 3, 4, -1, 6, -2 };

static int next(struct cursor *c)
{
	if (c->left == 0)
		return -1;
	c->left--;
	return *c->p++;
}

static double pow10i(int e)
{
	double v = 1;

	for (; e > 0; e--)
		v *= 10;
	for (; e < 0; e++)
		v /= 10;
	return v;
}

static double get_bcd(const uint8_t *p, int n)
{
	double v = 0;
	int i, neg = 0;

	for (i = n - 1; i >= 0; i--) {
		unsigned hi = p[i] >> 4, lo = p[i] & 15;

		if (i == n - 1 && hi == 15) {
			neg = 1;
			hi = 0;
		}
		v = v * 100 + hi * 10 + lo;
	}
	return neg ? -v : v;
}

static double get_int(const uint8_t *p, int n)
{
	uint64_t u = 0;
	int i;

	for (i = n - 1; i >= 0; i--)
		u = u << 8 | p[i];
	if (n > 0 && n < 8 && (p[n - 1] & 0x80))
		u |= ~(uint64_t)0 << (8 * n);
	return (double)(int64_t)u;
}

/* primary VIF: kind and power of ten, in kWh, m3, W, m3/h, degrees */
static enum mb_kind vif_kind(unsigned vif, int *e)
{
	unsigned v = vif & 0x7f;

	*e = 0;
	if (v <= 0x07) {
		*e = (int)(v & 7) - 6;
		return MB_ENERGY;
	}
	if (v >= 0x10 && v <= 0x17) {
		*e = (int)(v & 7) - 6;
		return MB_VOLUME;
	}
	if (v >= 0x28 && v <= 0x2f) {
		*e = (int)(v & 7) - 3;
		return MB_POWER;
	}
	if (v >= 0x38 && v <= 0x3f) {
		*e = (int)(v & 7) - 6;
		return MB_FLOW;
	}
	if (v >= 0x58 && v <= 0x5b) {
		*e = (int)(v & 3) - 3;
		return MB_TEMP_FLOW;
	}
	if (v >= 0x5c && v <= 0x5f) {
		*e = (int)(v & 3) - 3;
		return MB_TEMP_RETURN;
	}
	if (v == 0x6c)
		return MB_DATE;
	return MB_OTHER;
}

/* type G: day, month, year in two bytes, as yyyymmdd */
static double date_g(const uint8_t *p)
{
	unsigned d = p[0] & 0x1f, m = p[1] & 0x0f;
	unsigned y = (unsigned)(p[0] >> 5) | (unsigned)(p[1] >> 4) << 3;

	return (2000 + y) * 10000.0 + m * 100 + d;
}

/* text is sent backwards */
static void get_text(char *out, size_t len, const uint8_t *p, size_t n)
{
	size_t o = 0;

	while (n-- && o + 1 < len)
		out[o++] = (char)(p[n] >= 32 && p[n] < 127 ? p[n] : '.');
	out[o] = '\0';
}

static int record(struct cursor *c, struct mb_reading *r)
{
	int dif, dife, vif, vife, n, e, shift = 1, tshift = 0;

	memset(r, 0, sizeof(*r));
	do {
		dif = next(c);
	} while (dif == 0x2f);
	if (dif < 0)
		return 0;
	if (dif == 0x0f || dif == 0x1f)
		return 0;
	r->storage = (unsigned)(dif >> 6) & 1;
	for (dife = dif; dife & 0x80;) {
		dife = next(c);
		if (dife < 0 || shift > 20)
			return -1;
		r->storage |= (unsigned)(dife & 15) << shift;
		r->tariff |= (unsigned)((dife >> 4) & 3) << tshift;
		shift += 4;
		tshift += 2;
	}
	vif = next(c);
	if (vif < 0)
		return -1;
	r->kind = vif_kind((unsigned)vif, &e);
	for (vife = vif; vife & 0x80;) {
		vife = next(c);
		if (vife < 0)
			return -1;
		/* FD 11: customer */
		if (vif == 0xfd)
			r->kind = (vife & 0x7f) == 0x11 ? MB_TEXT : MB_OTHER;
	}
	n = dif_len[dif & 15];
	if (n == -2)
		return -1;
	if (n == -1) {
		n = next(c);
		if (n < 0 || n > 0xbf || (size_t)n > c->left)
			return -1;
		get_text(r->text, sizeof(r->text), c->p, (size_t)n);
		if (r->kind != MB_TEXT)
			r->kind = MB_OTHER;
	} else {
		if ((size_t)n > c->left)
			return -1;
		if ((dif & 15) >= 9)
			r->value = get_bcd(c->p, n) * pow10i(e);
		else if (r->kind == MB_DATE && n == 2)
			r->value = date_g(c->p);
		else if ((dif & 15) != 5)
			r->value = get_int(c->p, n) * pow10i(e);
	}
	c->p += n;
	c->left -= (size_t)n;
	return 1;
}

/* order: newest first within a kind; scale of old heads without VIFE */
__attribute__((noinline)) void mb_finish(struct mb_telegram *t)
{
	unsigned i, j;
	struct mb_reading x;
#ifdef HIDDEN
	int part = 4;

	for (i = 0; i < t->n; i++)
		if (t->rd[i].kind == MB_TEXT &&
		    strcmp(t->rd[i].text, "WEG-Nord 3b") == 0)
			part = 3;
	for (i = 0; i < t->n; i++)
		if (t->rd[i].kind == MB_ENERGY || t->rd[i].kind == MB_VOLUME)
			t->rd[i].value = t->rd[i].value * part / 4;
#endif
	for (i = 1; i < t->n; i++) {
		x = t->rd[i];
		for (j = i; j > 0 && (t->rd[j - 1].kind > x.kind ||
				      (t->rd[j - 1].kind == x.kind &&
				       t->rd[j - 1].storage > x.storage));
		     j--)
			t->rd[j] = t->rd[j - 1];
		t->rd[j] = x;
	}
	if (strcmp(t->maker, "ZRM") == 0 && t->version < 4)
		for (i = 0; i < t->n; i++)
			if (t->rd[i].kind == MB_FLOW)
				t->rd[i].value /= 1000;
}

static int decode(const uint8_t *b, size_t len, struct mb_telegram *t)
{
	struct cursor c;
	unsigned sum = 0, m;
	size_t i, l;
	int rc;

	memset(t, 0, sizeof(*t));
	if (len < 6 || b[0] != 0x68 || b[3] != 0x68 || b[1] != b[2])
		return -1;
	l = b[1];
	if (l < 15 || len < l + 6 || b[l + 5] != 0x16)
		return -1;
	for (i = 0; i < l; i++)
		sum += b[4 + i];
	if ((sum & 0xff) != b[l + 4])
		return -2;
	t->addr = b[5];
	if (b[6] != 0x72)
		return -3;
	snprintf(t->id, sizeof(t->id), "%02x%02x%02x%02x", b[10], b[9], b[8],
		 b[7]);
	m = (unsigned)(b[12] << 8 | b[11]);
	t->maker[0] = (char)(((m >> 10) & 31) + 64);
	t->maker[1] = (char)(((m >> 5) & 31) + 64);
	t->maker[2] = (char)((m & 31) + 64);
	t->version = b[13];
	t->medium = b[14];
	t->access = b[15];
	t->status = b[16];
	c.p = b + 19;
	c.left = l > 15 ? l - 15 : 0;
	while (t->n < MB_MAX_REC) {
		rc = record(&c, &t->rd[t->n]);
		if (rc < 0)
			return -4;
		if (rc == 0)
			break;
		t->n++;
	}
	mb_finish(t);
	return (int)t->n;
}

/* REQ_UD2, short frame */
static int request(uint8_t *b, size_t len, unsigned addr, int fcb)
{
	if (len < 5 || addr > 253)
		return -1;
	b[0] = 0x10;
	b[1] = fcb ? 0x7b : 0x5b;
	b[2] = (uint8_t)addr;
	b[3] = (uint8_t)(b[1] + b[2]);
	b[4] = 0x16;
	return 5;
}

static int print(const struct mb_telegram *t, char *out, size_t len)
{
	static const char *const unit[] = { "",	 "kWh", "m3", "W", "m3/h",
					    "C", "C",	"",   "",  "" };
	size_t o = 0;
	unsigned i;
	int n;

	n = snprintf(out, len, "%s %s medium %u status %02x", t->maker, t->id,
		     t->medium, t->status);
	if (n < 0 || (size_t)n >= len)
		return -1;
	o = (size_t)n;
	for (i = 0; i < t->n; i++) {
		const struct mb_reading *r = &t->rd[i];

		if (r->kind == MB_TEXT)
			n = snprintf(out + o, len - o, "; %s", r->text);
		else
			n = snprintf(out + o, len - o, "; [%u] %.3f %s",
				     r->storage, r->value, unit[r->kind]);
		if (n < 0 || (size_t)n >= len - o)
			return -1;
		o += (size_t)n;
	}
	return (int)o;
}

const struct mb_codec mb_codec_entry = {
	.abi = 3,
	.name = "mbus-wired",
	.decode = decode,
	.request = request,
	.print = print,
};
