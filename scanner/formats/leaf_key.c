/* leaf_key.c - certificates and keys in binary form, named and not opened
 *
 *	der_certificate  SEQUENCE { SEQUENCE { [0] version or serial .. } .. }
 *	der_key          PKCS#1: SEQUENCE { 0, modulus, ... }; PKCS#8: SEQUENCE
 *	                 { 0, SEQUENCE { OID ..}, OCTET STRING }; SEC 1:
 *	                 SEQUENCE { 1, OCTET STRING, ... }
 *	pkcs12           SEQUENCE { 3, SEQUENCE { OID 1.2.840.113549.1.7.x ..} }
 *	dropbear_key     u32 be length and text of the sort, then numbers alike
 *	gpg_key          packets of OpenPGP, the first a key
 *
 * All must end where the file ends: they are small, and nothing else tells them
 * from chance.
 *
 * Source: X.690 8.1, RFC 5280, 8017, 5958, 5915, 7292, 4253 6.6, 4880 4.2 and
 * 5.5; dropbear signkey.c
 */
#include "core/format.h"

enum {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xa0,
	KEY_LEAST = 32, /* bytes of a file that holds one */
	RSA_INTEGERS = 9,
	GPG_PACKETS = 1 << 16,
};

/* The next value: its tag, and its bytes. */
static uint8_t der_next(struct fw_cursor *c, struct fw_view *body)
{
	uint8_t tag = fw_u8(c);
	uint8_t first = fw_u8(c);
	uint64_t len = first;

	if (first > 0x84 || first == 0x80)
		fw_require(c, false, "length", first);
	if (first > 0x80) {
		len = 0;
		for (unsigned i = 0; i < (first & 0x7fu) && i < 4; i++)
			len = len << 8 | fw_u8(c);
	}
	*body = fw_bytes(c, len);
	return fw_ok(c) ? tag : 0;
}

/* A cursor over what the outer SEQUENCE holds; it must fill the file. */
static struct fw_cursor der_open(struct fw_cursor *c)
{
	struct fw_view body;

	fw_require(c, der_next(c, &body) == DER_SEQUENCE, "sequence", 0);
	fw_require(c, c->pos >= KEY_LEAST && c->pos == c->v.len, "length",
		   c->pos);
	return fw_cursor_of(fw_ok(c) ? body : (struct fw_view){ NULL, 0 });
}

static uint64_t der_certificate_probe(struct fw_cursor *c)
{
	struct fw_cursor outer = der_open(c);
	struct fw_view signed_part, v;

	bool shape = der_next(&outer, &signed_part) == DER_SEQUENCE &&
		     der_next(&outer, &v) == DER_SEQUENCE &&
		     der_next(&outer, &v) == DER_BITS && fw_left(&outer) == 0;
	struct fw_cursor in = fw_cursor_of(signed_part);
	uint8_t tag = shape ? der_next(&in, &v) : 0;

	if (tag == DER_VERSION)
		tag = der_next(&in, &v);
	fw_require(c,
		   tag == DER_INTEGER && der_next(&in, &v) == DER_SEQUENCE &&
			   der_next(&in, &v) == DER_SEQUENCE,
		   "certificate", tag);
	return c->v.len;
}

/* PKCS#1: as many integers as a private RSA key has, and nothing else. */
static bool der_rsa(struct fw_cursor c)
{
	struct fw_view v;
	unsigned n = 0;

	while (fw_left(&c) > 0 && der_next(&c, &v) == DER_INTEGER)
		n++;
	return fw_ok(&c) && fw_left(&c) == 0 && n == RSA_INTEGERS - 1;
}

static uint64_t der_key_probe(struct fw_cursor *c)
{
	struct fw_cursor outer = der_open(c);
	struct fw_view version, v;
	bool key = false;

	if (der_next(&outer, &version) == DER_INTEGER && version.len == 1) {
		struct fw_cursor rest = outer;
		uint8_t tag = der_next(&rest, &v);

		if (version.data[0] == 1 && tag == DER_OCTETS)
			key = v.len >= 16 && v.len <= 72;
		else if (version.data[0] <= 1 && tag == DER_SEQUENCE)
			key = v.len > 0 && v.data[0] == DER_OID &&
			      der_next(&rest, &v) == DER_OCTETS;
		else if (version.data[0] == 0 && tag == DER_INTEGER)
			key = der_rsa(outer);
	}
	fw_require(c, key, "key", 0);
	return c->v.len;
}

static uint64_t pkcs12_probe(struct fw_cursor *c)
{
	struct fw_cursor outer = der_open(c);
	struct fw_view version, v;
	bool good = der_next(&outer, &version) == DER_INTEGER &&
		    fw_view_eq(version, FW_STR("\3")) &&
		    der_next(&outer, &v) == DER_SEQUENCE &&
		    fw_view_starts(v, FW_STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d"
					     "\x01\x07"));

	fw_require(c, good, "PKCS#12", 0);
	return c->v.len;
}

static uint64_t dropbear_key_probe(struct fw_cursor *c)
{
	struct fw_view sort;
	uint32_t len;
	unsigned parts = 0, want;

	c->big_endian = true;
	len = fw_u32(c);
	fw_require(c, len <= 32, "sort", len);
	sort = fw_bytes(c, len);
	want = fw_view_eq(sort, FW_STR("ssh-rsa"))		  ? 5
	       : fw_view_eq(sort, FW_STR("ssh-dss"))		  ? 5
	       : fw_view_eq(sort, FW_STR("ssh-ed25519"))	  ? 1
	       : fw_view_starts(sort, FW_STR("ecdsa-sha2-nistp")) ? 3
								  : 0;
	fw_require(c, want > 0, "sort", len);
	while (fw_left(c) > 0 && parts <= want) {
		len = fw_u32(c);
		fw_skip(c, len);
		parts++;
	}
	/* Old ones leave the primes out. */
	fw_require(c, parts == want || (want == 5 && parts == 3), "numbers",
		   parts);
	fw_require(c, fw_left(c) == 0, "length", c->pos);
	return c->v.len;
}

/* The length of a packet in the old or the new way of writing it. */
static uint64_t gpg_length(struct fw_cursor *c, uint8_t tag)
{
	uint8_t n;

	if ((tag & 0x40) == 0) {
		fw_require(c, (tag & 3) != 3, "length", tag);
		return (tag & 3) == 0	? fw_u8(c)
		       : (tag & 3) == 1 ? fw_u16(c)
					: fw_u32(c);
	}
	n = fw_u8(c);
	if (n < 192)
		return n;
	if (n < 224)
		return ((uint64_t)(n - 192) << 8) + fw_u8(c) + 192;
	fw_require(c, n == 255, "length", n);
	return fw_u32(c);
}

static uint64_t gpg_key_probe(struct fw_cursor *c)
{
	unsigned packets = 0;

	c->big_endian = true;
	for (; fw_left(c) > 0 && packets < GPG_PACKETS; packets++) {
		uint8_t tag = fw_u8(c);
		unsigned sort = (tag & 0x40) != 0 ? tag & 0x3f : tag >> 2 & 15;
		uint64_t len = gpg_length(c, tag);
		struct fw_view body = fw_bytes(c, len);

		fw_require(c, (tag & 0x80) != 0, "packet", tag);
		if (packets == 0)
			fw_require(c,
				   (sort == 5 || sort == 6) && body.len > 8 &&
					   body.data[0] >= 3 &&
					   body.data[0] <= 6 &&
					   body.data[5] > 0 &&
					   body.data[5] < 32,
				   "key", sort);
	}
	fw_require(c, packets > 1 && fw_left(c) == 0, "packets", packets);
	return c->v.len;
}

const struct fw_format fw_format_der_certificate = {
	.name = "der_certificate",
	.title = "certificate (DER)",
	.class = FW_LEAF,
	.bits = 31, /* no checksum: whole files only, as all in here */
	.probe = der_certificate_probe,
};

const struct fw_format fw_format_der_key = {
	.name = "der_key",
	.title = "private key (DER)",
	.class = FW_LEAF,
	.bits = 31,
	.probe = der_key_probe,
};

const struct fw_format fw_format_pkcs12 = {
	.name = "pkcs12",
	.title = "PKCS#12 store of keys",
	.class = FW_LEAF,
	.bits = 31,
	.probe = pkcs12_probe,
};

const struct fw_format fw_format_dropbear_key = {
	.name = "dropbear_key",
	.title = "private host key of dropbear",
	.class = FW_LEAF,
	.bits = 31,
	.probe = dropbear_key_probe,
};

const struct fw_format fw_format_gpg_key = {
	.name = "gpg_key",
	.title = "OpenPGP key",
	.class = FW_LEAF,
	.bits = 31,
	.probe = gpg_key_probe,
};
