/* pwhash.c - password hashes, and passwords that are publicly known
 *
 * Source: crypt(5), crypt_r(3) of libxcrypt; Apache's support/ for $apr1$
 */
#include <crypt.h>
#include <ctype.h>
#include <stdlib.h>

#include "analyzers/accounts/pwhash.h"
#include "core/data.h"

enum {
	DES_LEN = 13,
	WORDS_MAX = 4096,
	DEAR_US = 250 * 1000, /* one try that costs more is not made */
	ROUND_NS = 500,	      /* of SHA-256 and SHA-512 crypt */
};

static bool is_b64(uint8_t c)
{
	return isalnum(c) || c == '.' || c == '/';
}

static bool all_b64(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] >= 0x80 || !is_b64(v.data[i]))
			return false;
	return true;
}

/* The last part of "$id$salt$hash", or nothing. */
static struct fw_view last_part(struct fw_view v)
{
	for (size_t i = v.len; i > 0; i--)
		if (v.data[i - 1] == '$')
			return fw_view_sub(v, i, SIZE_MAX);
	return (struct fw_view){ NULL, 0 };
}

/* Position of a character in crypt's alphabet. */
static unsigned b64_value(uint8_t c)
{
	static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz";
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? (unsigned)(p - alphabet) : 64;
}

static uint32_t rounds_of(struct fw_view hash)
{
	struct fw_view v = fw_view_sub(hash, 3, SIZE_MAX);
	uint64_t n = 0;

	if (!fw_view_starts(v, FW_STR("rounds=")))
		return 5000;
	for (size_t i = 7; i < v.len && i < 17 && isdigit(v.data[i]); i++)
		n = n * 10 + (v.data[i] - '0');
	return n < 1000 ? 1000 : n > 999999999 ? 999999999 : (uint32_t)n;
}

/* Microseconds, or 0 for what would take too long or too much memory. */
static uint32_t cost_of(struct fw_view h, char id)
{
	uint64_t us = 0;

	if (id == '5' || id == '6') {
		us = (uint64_t)rounds_of(h) * ROUND_NS / 1000;
	} else if (id == '2' && h.len == 60 && isdigit(h.data[4]) &&
		   isdigit(h.data[5])) {
		unsigned log = (unsigned)(h.data[4] - '0') * 10 +
			       (unsigned)(h.data[5] - '0');

		us = log >= 4 && log <= 11 ? UINT64_C(70) << log : 0;
	} else if (id == 'y' && h.len > 6 && h.data[3] == 'j' &&
		   h.data[6] == '$') {
		unsigned n = b64_value(h.data[4]), r = b64_value(h.data[5]);

		us = n <= 11 && r <= 31 ? UINT64_C(18000) : 0;
	}
	return us > DEAR_US ? 0 : (uint32_t)us;
}

static const struct fw_pwscheme des = { "DES", true, 4 };
static const struct fw_pwscheme des_ext = { "extended DES", true, 0 };
static const struct fw_pwscheme md5 = { "MD5", true, 220 };
static const struct fw_pwscheme apr1 = { "MD5 of Apache", true, 400 };
static const struct fw_pwscheme sha1 = { "SHA-1 without salt", true, 1 };

static const struct {
	const char *head, *name;
	char id;
	uint8_t least; /* characters of the last part */
	const struct fw_pwscheme *fixed;
} schemes[] = {
	{ "$1$", "MD5", '1', 22, &md5 },
	{ "$apr1$", "MD5 of Apache", 'a', 22, &apr1 },
	{ "$5$", "SHA-256", '5', 43, NULL },
	{ "$6$", "SHA-512", '6', 86, NULL },
	{ "$2a$", "bcrypt", '2', 53, NULL },
	{ "$2b$", "bcrypt", '2', 53, NULL },
	{ "$2y$", "bcrypt", '2', 53, NULL },
	{ "$y$", "yescrypt", 'y', 43, NULL },
	{ "$gy$", "gost-yescrypt", 'g', 43, NULL },
	{ "$7$", "scrypt", '7', 43, NULL },
	{ "$sha1$", "SHA-1", 's', 28, NULL },
};

static const struct fw_pwscheme *modular(struct fw_arena *a, struct fw_view h)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct fw_view end = last_part(h);

		if (!fw_view_starts(h, fw_view_str(schemes[i].head)))
			continue;
		if (end.len != schemes[i].least || !all_b64(end))
			return NULL;
		if (schemes[i].fixed != NULL)
			return schemes[i].fixed;
		struct fw_pwscheme *s = fw_alloc(a, 1, sizeof(*s));

		*s = (struct fw_pwscheme){ .name = schemes[i].name,
					   .cost_us =
						   cost_of(h, schemes[i].id) };
		return s;
	}
	return NULL;
}

/* A word of 13 characters is no DES hash; a hash has letters of both cases or
 * digits among them. */
static bool mixed(struct fw_view v)
{
	unsigned upper = 0, lower = 0, other = 0;

	for (size_t i = 0; i < v.len; i++) {
		upper += isupper(v.data[i]) != 0;
		lower += islower(v.data[i]) != 0;
		other += !isalpha(v.data[i]);
	}
	return upper > 0 && lower > 0 && (other > 0 || upper > 2);
}

const struct fw_pwscheme *fw_pwhash_scheme(struct fw_arena *a, struct fw_view h)
{
	if (h.len < DES_LEN || h.len > FW_PWHASH_MAX)
		return NULL;
	if (h.data[0] == '$')
		return modular(a, h);
	if (fw_view_starts(h, FW_STR("{SHA}")))
		return h.len == 33 ? &sha1 : NULL;
	if (h.data[0] == '_' && h.len == 20 &&
	    all_b64(fw_view_sub(h, 1, SIZE_MAX)))
		return &des_ext;
	return h.len == DES_LEN && all_b64(h) && mixed(h) ? &des : NULL;
}

bool fw_pwhash_unsalted(struct fw_view h)
{
	return fw_view_starts(h, FW_STR("$1$$")) ||
	       fw_view_starts(h, FW_STR("$apr1$$")) ||
	       fw_view_starts(h, FW_STR("{SHA}"));
}

bool fw_pwhash_locked(struct fw_view f)
{
	return f.len > 0 &&
	       (f.data[0] == '!' || f.data[0] == '*' || f.len < DES_LEN);
}

/* --- known passwords --- */

bool fw_password_known(struct fw_view password, struct fw_view user,
		       struct fw_view *device)
{
	struct fw_view rest = fw_data("default-passwords"), f[FW_DATA_FIELDS];

	*device = fw_view_of("", 0);
	if (password.len == 0)
		return false;
	while (fw_data_row(&rest, f)) {
		if (!fw_view_eq(f[0], password))
			continue;
		if (user.len > 0 && f[1].len > 0 && !fw_view_eq(f[1], user))
			continue;
		*device = f[2];
		return true;
	}
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	const struct fw_view *x = *(const struct fw_view *const *)a;
	const struct fw_view *y = *(const struct fw_view *const *)b;
	size_t n = x->len < y->len ? x->len : y->len;
	int d = memcmp(x->data, y->data, n);

	if (d != 0)
		return d;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x < y ? -1 : x > y; /* the first of equals comes first */
}

/* Each password once, in the order of the table. */
static void load_words(struct fw_pwsearch *s)
{
	struct fw_view rest = fw_data("default-passwords"), f[FW_DATA_FIELDS];
	struct fw_view *v = fw_alloc(s->arena, WORDS_MAX, sizeof(*v));
	const struct fw_view **order =
		fw_alloc(s->arena, WORDS_MAX, sizeof(*order));
	bool *again = fw_alloc(s->arena, WORDS_MAX, sizeof(*again));
	size_t n = 0, kept = 0;

	while (n < WORDS_MAX && fw_data_row(&rest, f)) {
		order[n] = &v[n];
		v[n++] = fw_view_of(fw_strdup(s->arena, f[0]), f[0].len);
	}
	qsort(order, n, sizeof(*order), by_bytes);
	for (size_t i = 1; i < n; i++)
		if (fw_view_eq(*order[i - 1], *order[i]))
			again[order[i] - v] = true;
	for (size_t i = 0; i < n; i++)
		if (!again[i])
			v[kept++] = v[i];
	s->words = v;
	s->word_count = kept;
}

void fw_pwsearch_init(struct fw_pwsearch *s, struct fw_arena *a,
		      uint64_t budget_us)
{
	*s = (struct fw_pwsearch){ .arena = a, .left_us = budget_us };
}

/* --- trying --- */

static void append(uint8_t *buf, size_t *n, const void *p, size_t len)
{
	memcpy(buf + *n, p, len);
	*n += len;
}

static void apr1_digest(struct fw_view pw, struct fw_view salt, uint8_t sum[16])
{
	uint8_t buf[64 * 4];
	size_t n = 0;

	append(buf, &n, pw.data, pw.len);
	append(buf, &n, salt.data, salt.len);
	append(buf, &n, pw.data, pw.len);
	fw_md5(fw_view_of(buf, n), sum);
	n = 0;
	append(buf, &n, pw.data, pw.len);
	append(buf, &n, "$apr1$", 6);
	append(buf, &n, salt.data, salt.len);
	for (size_t left = pw.len; left > 0; left -= left > 16 ? 16 : left)
		append(buf, &n, sum, left > 16 ? 16 : left);
	for (size_t bits = pw.len; bits > 0; bits >>= 1)
		buf[n++] = bits & 1 ? 0 : pw.data[0];
	fw_md5(fw_view_of(buf, n), sum);
	for (unsigned i = 0; i < 1000; i++) {
		n = 0;
		if (i & 1)
			append(buf, &n, pw.data, pw.len);
		else
			append(buf, &n, sum, 16);
		if (i % 3)
			append(buf, &n, salt.data, salt.len);
		if (i % 7)
			append(buf, &n, pw.data, pw.len);
		if (i & 1)
			append(buf, &n, sum, 16);
		else
			append(buf, &n, pw.data, pw.len);
		fw_md5(fw_view_of(buf, n), sum);
	}
}

/* Bytes a, b, c of the digest as four characters. */
static char *four(char *p, uint32_t v, unsigned n)
{
	static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz";

	for (; n > 0; n--, v >>= 6)
		*p++ = alphabet[v & 63];
	return p;
}

static bool apr1_fits(struct fw_view pw, struct fw_view hash)
{
	struct fw_view salt = fw_view_sub(hash, 6, SIZE_MAX);
	struct fw_view end = last_part(hash);
	uint8_t d[16];
	char text[24], *p = text;

	salt.len =
		end.data > salt.data ? (size_t)(end.data - salt.data) - 1 : 0;
	if (salt.len > 8 || pw.len > 40)
		return false;
	apr1_digest(pw, salt, d);
	for (unsigned i = 0; i < 5; i++)
		p = four(p,
			 (uint32_t)d[i] << 16 | (uint32_t)d[i + 6] << 8 |
				 d[i == 4 ? 5 : i + 12],
			 4);
	p = four(p, d[11], 2);
	return fw_view_eq(end, fw_view_of(text, (size_t)(p - text)));
}

static bool sha1_fits(struct fw_view pw, struct fw_view hash)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				       "nopqrstuvwxyz0123456789+/";
	uint8_t d[24] = { 0 };
	char text[28];

	fw_sha1(pw, d);
	for (size_t i = 0; i < 28; i++) {
		uint32_t v = (uint32_t)d[i / 4 * 3] << 16 |
			     (uint32_t)d[i / 4 * 3 + 1] << 8 | d[i / 4 * 3 + 2];

		text[i] = alphabet[v >> (18 - i % 4 * 6) & 63];
	}
	text[27] = '=';
	return fw_view_eq(fw_view_sub(hash, 5, SIZE_MAX), fw_view_of(text, 28));
}

/* word ends in a NUL. */
static bool fits(struct fw_pwsearch *s, struct fw_view word, const char *hash)
{
	struct fw_view h = fw_view_str(hash);

	s->tries++;
	if (fw_view_starts(h, FW_STR("{SHA}")))
		return sha1_fits(word, h);
	if (fw_view_starts(h, FW_STR("$apr1$")))
		return apr1_fits(word, h);
	if (s->state == NULL)
		s->state = fw_alloc(s->arena, 1, sizeof(struct crypt_data));
	const char *got = crypt_r((const char *)word.data, hash, s->state);

	return got != NULL && strcmp(got, hash) == 0;
}

enum { VARIANTS = 8 };

/* The empty password, the user's name, and what people make of it. */
static size_t variants(struct fw_arena *a, struct fw_view user,
		       struct fw_view out[VARIANTS])
{
	static const char *const ends[] = {
		"", "123", "1234", "1", "!", "@123"
	};
	size_t n = 0;

	if (user.len > 32)
		user.len = 32;
	out[n++] = fw_view_of("", 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		out[n++] = fw_view_str(
			fw_sprintf(a, "%.*s%s", FW_FMT(user), ends[i]));
	char *upper = fw_strdup(a, user);

	if (user.len > 0)
		upper[0] = (char)toupper((unsigned char)upper[0]);
	out[n++] = fw_view_of(upper, user.len);
	return n;
}

static const char *search(struct fw_pwsearch *s, const struct fw_view *words,
			  size_t n, const char *hash, uint32_t cost,
			  uint64_t *share)
{
	for (size_t i = 0; i < n; i++) {
		if (*share < cost || s->left_us < cost)
			return NULL;
		*share -= cost;
		s->left_us -= cost;
		if (fits(s, words[i], hash))
			return (const char *)words[i].data;
	}
	return NULL;
}

const char *fw_pwsearch_find(struct fw_pwsearch *s, struct fw_view user,
			     struct fw_view hash, uint64_t share_us)
{
	const struct fw_pwscheme *k = fw_pwhash_scheme(s->arena, hash);
	struct fw_view own[VARIANTS];

	if (k == NULL || k->cost_us == 0)
		return NULL;
	if (s->words == NULL)
		load_words(s);
	const char *h = fw_strdup(s->arena, hash);
	size_t n = variants(s->arena, user, own);
	const char *got = search(s, own, n, h, k->cost_us, &share_us);

	if (got == NULL)
		got = search(s, s->words, s->word_count, h, k->cost_us,
			     &share_us);
	return got;
}
