/* wire.c - records between job and broker */
#include <errno.h>
#include <unistd.h>

#include "core/kinds.h"
#include "engine/wire.h"

/* --- sending --- */

void fw_wire_flush(struct wire *w)
{
	size_t done = 0;

	while (done < w->len && !w->failed) {
		ssize_t n = write(w->fd, w->buf + done, w->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			w->failed = true;
		else
			done += (size_t)n;
	}
	w->len = 0;
}

/* The record under construction always starts at rec_start; it is never split
 * over a flush, so its length can be filled in at the end. */
static size_t rec_start;
static uint8_t rec[WIRE_MAX];
static size_t rec_len;

void fw_wire_begin(struct wire *w, enum wire_type type)
{
	(void)w;
	rec_start = 0;
	rec[0] = (uint8_t)type;
	rec_len = WIRE_HEADER;
}

void fw_wire_bytes(struct wire *w, const void *p, size_t n)
{
	(void)w;
	if (n > sizeof(rec) - rec_len)
		n = sizeof(rec) - rec_len; /* senders bound what they send */
	if (n > 0)
		memcpy(rec + rec_len, p, n);
	rec_len += n;
}

void fw_wire_u8(struct wire *w, uint8_t x)
{
	fw_wire_bytes(w, &x, 1);
}

void fw_wire_u32(struct wire *w, uint32_t x)
{
	uint8_t b[4];

	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(x >> (8 * i));
	fw_wire_bytes(w, b, 4);
}

void fw_wire_u64(struct wire *w, uint64_t x)
{
	fw_wire_u32(w, (uint32_t)x);
	fw_wire_u32(w, (uint32_t)(x >> 32));
}

void fw_wire_str(struct wire *w, const char *s, size_t max)
{
	size_t n = s == NULL ? 0 : strnlen(s, max);

	fw_wire_u32(w, s == NULL ? UINT32_MAX : (uint32_t)n);
	fw_wire_bytes(w, s, n);
}

void fw_wire_meta(struct wire *w, const struct fw_meta *m)
{
	fw_wire_u8(w, (uint8_t)m->type);
	fw_wire_u32(w, m->mode);
	fw_wire_u32(w, m->uid);
	fw_wire_u32(w, m->gid);
	fw_wire_u32(w, m->rdev_major);
	fw_wire_u32(w, m->rdev_minor);
	fw_wire_u64(w, (uint64_t)m->mtime);
	fw_wire_str(w, m->name ? m->name : "", WIRE_NAME_MAX);
	fw_wire_str(w, m->link, WIRE_NAME_MAX);
}

void fw_wire_err(struct wire *w, const struct fw_err *e)
{
	fw_wire_u8(w, (uint8_t)e->code);
	fw_wire_u64(w, e->at);
	fw_wire_u64(w, e->value);
	fw_wire_str(w, e->what, WIRE_TEXT_MAX);
}

void fw_wire_claim(struct wire *w, const struct fw_claim *c)
{
	size_t n = c->evidence_count < WIRE_EVIDENCE_MAX ? c->evidence_count
							 : WIRE_EVIDENCE_MAX;

	fw_wire_u32(w, fw_kind_index(c->kind));
	fw_wire_u8(w, (uint8_t)c->severity);
	fw_wire_u8(w, (uint8_t)c->confidence);
	fw_wire_str(w, c->detail, WIRE_TEXT_MAX);
	fw_wire_str(w, c->rule, WIRE_TEXT_MAX);
	fw_wire_str(w, c->key, WIRE_TEXT_MAX);
	fw_wire_u32(w, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct fw_evidence *e = &c->evidence[i];

		fw_wire_u64(w, e->offset);
		fw_wire_u32(w, e->line);
		fw_wire_u64(w, e->address);
		fw_wire_str(w, e->symbol, 512);
		fw_wire_str(w, e->text, 1024);
	}
}

void fw_wire_software(struct wire *w, const struct fw_software *s)
{
	fw_wire_u8(w, (uint8_t)s->confidence);
	fw_wire_str(w, s->name, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->version, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->type, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->cpe, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->purl, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->license, WIRE_SOFTWARE_TEXT);
	fw_wire_str(w, s->evidence, WIRE_SOFTWARE_TEXT);
}

void fw_wire_end(struct wire *w)
{
	uint32_t n = (uint32_t)(rec_len - WIRE_HEADER);

	for (unsigned i = 0; i < 4; i++)
		rec[1 + i] = (uint8_t)(n >> (8 * i));
	for (size_t done = 0; done < rec_len;) {
		size_t room = sizeof(w->buf) - w->len;
		size_t part = rec_len - done < room ? rec_len - done : room;

		memcpy(w->buf + w->len, rec + done, part);
		w->len += part;
		done += part;
		if (w->len == sizeof(w->buf))
			fw_wire_flush(w);
	}
}

/* --- receiving --- */

const char *fw_unwire_str(struct fw_cursor *c, struct fw_arena *a, size_t max)
{
	uint32_t n = fw_u32le(c);

	if (n == UINT32_MAX || !fw_ok(c))
		return NULL;
	fw_require(c, n <= max, "string length", n);

	struct fw_view v = fw_bytes(c, n);

	fw_require(c, n == 0 || v.data == NULL || !memchr(v.data, 0, v.len),
		   "NUL in a string", n);
	return fw_ok(c) ? fw_strdup(a, v) : NULL;
}

void fw_unwire_meta(struct fw_cursor *c, struct fw_arena *a, struct fw_meta *m)
{
	*m = (struct fw_meta){ 0 };
	uint8_t type = fw_u8(c);

	fw_require(c, type <= FW_GAP, "type", type);
	m->type = fw_ok(c) ? (enum fw_type)type : FW_FILE;
	m->mode = fw_u32le(c);
	m->uid = fw_u32le(c);
	m->gid = fw_u32le(c);
	m->rdev_major = fw_u32le(c);
	m->rdev_minor = fw_u32le(c);
	m->mtime = (int64_t)fw_u64le(c);
	m->name = fw_unwire_str(c, a, WIRE_NAME_MAX);
	m->link = fw_unwire_str(c, a, WIRE_NAME_MAX);
	fw_require(c, m->name != NULL, "name", 0);
}

void fw_unwire_err(struct fw_cursor *c, struct fw_arena *a, struct fw_err *e)
{
	uint8_t code = fw_u8(c);

	fw_require(c, code > FW_OK && code <= FW_IO, "error code", code);
	e->code = (enum fw_code)code;
	e->at = fw_u64le(c);
	e->value = fw_u64le(c);
	e->what = fw_unwire_str(c, a, WIRE_TEXT_MAX);
}

void fw_unwire_claim(struct fw_cursor *c, struct fw_arena *a,
		     struct fw_claim *claim)
{
	uint32_t kind = fw_u32le(c);
	uint8_t severity = fw_u8(c), confidence = fw_u8(c);

	*claim = (struct fw_claim){ 0 };
	fw_require(c, kind < fw_kind_count(), "kind", kind);
	fw_require(c, severity <= FW_CRITICAL, "severity", severity);
	fw_require(c, confidence <= FW_SURE, "confidence", confidence);
	if (!fw_ok(c))
		return;
	claim->kind = fw_kind_at(kind);
	claim->severity = (enum fw_severity)severity;
	claim->confidence = (enum fw_confidence)confidence;
	claim->detail = fw_unwire_str(c, a, WIRE_TEXT_MAX);
	claim->rule = fw_unwire_str(c, a, WIRE_TEXT_MAX);
	claim->key = fw_unwire_str(c, a, WIRE_TEXT_MAX);
	uint32_t n = fw_u32le(c);

	fw_require(c, n <= WIRE_EVIDENCE_MAX, "evidence count", n);
	if (!fw_ok(c) || n == 0)
		return;
	struct fw_evidence *e = fw_alloc(a, n, sizeof(*e));

	claim->evidence = e;
	claim->evidence_count = n;
	for (uint32_t i = 0; i < n; i++) {
		e[i].offset = fw_u64le(c);
		e[i].line = fw_u32le(c);
		e[i].address = fw_u64le(c);
		e[i].symbol = fw_unwire_str(c, a, 512);
		e[i].text = fw_unwire_str(c, a, 1024);
	}
}

void fw_unwire_software(struct fw_cursor *c, struct fw_arena *a,
			struct fw_software *s)
{
	uint8_t confidence = fw_u8(c);

	fw_require(c, confidence <= FW_SURE, "confidence", confidence);
	*s = (struct fw_software){ .confidence = (enum fw_confidence)confidence };
	s->name = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->version = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->type = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->cpe = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->purl = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->license = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	s->evidence = fw_unwire_str(c, a, WIRE_SOFTWARE_TEXT);
	fw_require(c, s->name != NULL, "component name", 0);
}
