/* keys.c - private keys and certificates in whatever holds them
 *
 * Looks for PEM blocks in any object, for DER in binary ones, and for files
 * that are a key as a whole. What counts is what decodes: a program that knows
 * the words "BEGIN RSA PRIVATE KEY" holds no key. Says facts; keys_judge.c
 * decides.
 */
#include <inttypes.h>

#include <openssl/evp.h>

#include "analyzers/accounts/keyread.h"
#include "analyzers/accounts/keys.h"

enum {
	BLOCK_MAX = 64 * 1024,
	KEYS_MAX = 256,	 /* of one object: a bundle of CAs has 150 */
	DER_TRIES = 4096 /* candidates of one object */
};

#define FW_BYTES(s)                                                            \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}

struct search {
	const struct fw_object *obj;
	struct fw_out *out;
	unsigned found, tries;
};

static uint32_t line_of(const struct fw_object *obj, size_t at)
{
	uint32_t line = 1;

	if (at > 1 << 20 || !fw_is_text(obj->bytes))
		return 0;
	for (size_t i = 0; i < at; i++)
		line += obj->bytes.data[i] == '\n';
	return line;
}

static void say_key(struct search *s, const struct key_info *k, size_t at)
{
	s->found++;
	fw_out_factf(s->out, FACT_KEY,
		     "algorithm=%s; bits=%u; encoding=%s; encrypted=%s; "
		     "opened=%s; public=%s; offset=%zu; line=%" PRIu32,
		     k->algorithm, k->bits, k->encoding,
		     k->encrypted ? "yes" : "no",
		     k->opened == NULL ? "-"
		     : *k->opened      ? k->opened
				       : "(empty)",
		     k->id, at, line_of(s->obj, at));
}

/* Names hold what their maker likes; "; " parts the fields of a fact. */
static const char *clean(struct fw_out *out, const char *name)
{
	char *text = fw_escape(fw_out_arena(out), fw_view_str(name));

	for (char *p = text; *p != '\0'; p++)
		if (*p == ';')
			*p = ',';
	return text;
}

static void say_cert(struct search *s, const struct cert_info *c, size_t at)
{
	s->found++;
	fw_out_factf(s->out, FACT_CERT,
		     "subject=%s; issuer=%s; from=%s; to=%s; algorithm=%s; "
		     "bits=%u; digest=%s; authority=%s; self=%s; public=%s; "
		     "sha256=%s; offset=%zu; line=%" PRIu32,
		     clean(s->out, c->subject), clean(s->out, c->issuer),
		     fw_date(fw_out_arena(s->out), c->from),
		     fw_date(fw_out_arena(s->out), c->to), c->algorithm,
		     c->bits, c->digest, c->authority ? "yes" : "no",
		     c->self_signed ? "yes" : "no", c->id, c->fingerprint, at,
		     line_of(s->obj, at));
}

/* --- PEM --- */

/* In programs the lines of a block can end in the two characters \n. */
static struct fw_view unfold(struct fw_view block, struct fw_arena *a)
{
	uint8_t *p = fw_alloc(a, block.len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < block.len; i++) {
		bool mark =
			block.data[i] == '\\' && i + 1 < block.len &&
			(block.data[i + 1] == 'n' || block.data[i + 1] == 'r');

		if (!mark) {
			p[n++] = block.data[i];
			continue;
		}
		if (block.data[++i] == 'n')
			p[n++] = '\n';
	}
	return fw_view_of(p, n);
}

/* The bytes between the lines of a block, out of Base64. */
static struct fw_view decode_body(struct fw_view block, struct fw_arena *a)
{
	size_t from = fw_view_find(block, FW_STR("-----\n"), 0);
	size_t to = fw_view_find(block, FW_STR("-----END"), 0);
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	struct fw_view out = { NULL, 0 };

	if (ctx == NULL || from == SIZE_MAX || to == SIZE_MAX ||
	    to < from + 6) {
		EVP_ENCODE_CTX_free(ctx);
		return out;
	}
	uint8_t *p = fw_alloc(a, to - from + 64, 1);
	int n = 0, tail = 0;

	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, p, &n, block.data + from + 6,
			     (int)(to - from - 6)) >= 0 &&
	    EVP_DecodeFinal(ctx, p + n, &tail) == 1)
		out = fw_view_of(p, (size_t)(n + tail));
	EVP_ENCODE_CTX_free(ctx);
	return out;
}

static void take_block(struct search *s, struct fw_view block,
		       struct fw_view label, size_t at)
{
	struct fw_arena *a = fw_out_arena(s->out);
	struct fw_view text = unfold(block, a);
	struct cert_info c;
	struct key_info k;

	if (fw_view_eq(label, FW_STR("OPENSSH PRIVATE KEY"))) {
		if (key_read_openssh(decode_body(text, a), &k))
			say_key(s, &k, at);
	} else if (fw_view_eq(label, FW_STR("PGP PRIVATE KEY BLOCK"))) {
		k = (struct key_info){ .algorithm = "GPG",
				       .encoding = "pgp",
				       .encrypted = true };
		say_key(s, &k, at);
	} else if (fw_view_ends(label, FW_STR("PRIVATE KEY"))) {
		if (key_read_pem(text, &k))
			say_key(s, &k, at);
	} else if (fw_view_ends(label, FW_STR("CERTIFICATE"))) {
		if (cert_read_pem(text, &c))
			say_cert(s, &c, at);
	}
}

static void search_pem(struct search *s)
{
	const struct fw_view begin = FW_STR("-----BEGIN ");
	struct fw_view v = s->obj->bytes;
	size_t at = 0;

	while (s->found < KEYS_MAX && fw_out_ok(s->out) &&
	       (at = fw_view_find(v, begin, at)) != SIZE_MAX) {
		struct fw_view rest = fw_view_sub(v, at, BLOCK_MAX);
		struct fw_view label = fw_view_sub(rest, begin.len, 64);
		size_t dash = fw_view_find(label, FW_STR("-----"), 0);
		size_t next = fw_view_find(rest, begin, begin.len), end;

		/* A block ends before the next begins, which also bounds how
		 * often a byte is looked at. */
		rest.len = next < rest.len ? next : rest.len;
		label.len = dash == SIZE_MAX ? 0 : dash;
		end = fw_view_find(rest, FW_STR("-----END "), 0);
		if (label.len > 0 && end != SIZE_MAX) {
			size_t len = end + 9 + label.len + 5;

			rest.len = len < rest.len ? len : rest.len;
			take_block(s, rest, label, at);
		}
		at += begin.len;
	}
}

/* --- DER in binary objects --- */

/* How a SEQUENCE of interest goes on behind its tag. Lengths of two bytes are
 * left open. */
static const struct mark {
	uint8_t first; /* of the length: 0x82, two bytes follow */
	uint8_t at;    /* of text, from the tag */
	struct fw_view text;
	bool cert;
} marks[] = {
	/* PKCS#1: version 0, modulus of 256 bytes or more, or of 128 */
	{ 0x82, 4, FW_BYTES("\x02\x01\x00\x02\x82"), false },
	{ 0x82, 4, FW_BYTES("\x02\x01\x00\x02\x81\x81\x00"), false },
	/* PKCS#8: version 0, algorithm 1.2.840.* */
	{ 0x82, 4, FW_BYTES("\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48"),
	  false },
	/* EC of 256 bits: version 1, 32 bytes */
	{ 0x77, 2, FW_BYTES("\x02\x01\x01\x04\x20"), false },
	/* X.509: a SEQUENCE in it, then [0] version 2 */
	{ 0x82, 8, FW_BYTES("\xa0\x03\x02\x01\x02\x02"), true },
};

static size_t try_der(struct search *s, size_t at, bool cert)
{
	struct fw_view v = fw_view_sub(s->obj->bytes, at, SIZE_MAX);
	struct cert_info c;
	struct key_info k;
	size_t used = 0;

	if (v.len < 64 || v.data[0] != 0x30)
		return 0;
	if (cert && cert_read_der(v, &c, &used))
		say_cert(s, &c, at);
	else if (!cert && key_read_der(v, &k, &used))
		say_key(s, &k, at);
	return used;
}

/* The structure at v, if its first bytes are of one; the bytes it takes. */
static size_t try_marks(struct search *s, struct fw_view v, size_t at)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const struct mark *m = &marks[i];

		if (v.data[1] != m->first ||
		    !fw_view_starts(fw_view_sub(v, m->at, SIZE_MAX), m->text))
			continue;
		s->tries++;
		return try_der(s, at, m->cert);
	}
	return 0;
}

/* One pass: tag and length are rare together in what is no DER. */
static void search_sequences(struct search *s)
{
	struct fw_view v = s->obj->bytes;

	for (size_t i = 0;
	     i + 64 <= v.len && s->found < KEYS_MAX && s->tries < DER_TRIES;
	     i++) {
		if (v.data[i] != 0x30 ||
		    (v.data[i + 1] != 0x82 && v.data[i + 1] != 0x77))
			continue;
		size_t used = try_marks(s, fw_view_sub(v, i, SIZE_MAX), i);

		i += used > 0 ? used - 1 : 0;
	}
}

static void search_der(struct search *s)
{
	struct fw_view v = s->obj->bytes;
	struct key_info k;

	if ((s->obj->format == NULL || s->obj->leaf) && v.len < BLOCK_MAX) {
		if (key_read_dropbear(v, &k) || key_read_pkcs12(v, &k)) {
			say_key(s, &k, 0);
			return;
		}
	}
	search_sequences(s);
}

/* Formats in which keys lie; containers are looked at when they have been
 * unpacked. */
static bool keys_wants(const struct fw_object *obj)
{
	static const char *const formats[] = { "elf",	   "der_certificate",
					       "der_key",  "dropbear_key",
					       "gpg_key",  "pkcs12",
					       "uboot_env" };

	if (obj->bytes.len < 64 || obj->format == NULL ||
	    fw_view_starts(fw_view_str(obj->format), FW_STR("linux")))
		return obj->bytes.len >= 64;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(obj->format, formats[i]) == 0)
			return true;
	return false;
}

static void keys_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct search s = { .obj = obj, .out = out };

	search_pem(&s);
	if (!fw_is_text(obj->bytes))
		search_der(&s);
}

const struct fw_analyzer fw_analyzer_keys = {
	.name = "keys",
	.title = "private keys and certificates, also inside programs",
	.kinds = key_kinds,
	.wants = keys_wants,
	.inspect = keys_inspect,
	.correlate = keys_correlate,
};
