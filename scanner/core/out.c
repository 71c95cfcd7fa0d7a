/* out.c - the checks that hold for every sink */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/analyzer.h"
#include "core/out_impl.h"

enum { FACT_MAX = 4096, SECRET_LONG = 8 };

static void no_child(struct fw_out *o, const struct fw_meta *m, bool decoded,
		     struct fw_view part)
{
	(void)o, (void)m, (void)decoded, (void)part;
}

static void no_bytes(struct fw_out *o, struct fw_view bytes)
{
	(void)o, (void)bytes;
}

static void no_err(struct fw_out *o, const struct fw_err *err)
{
	(void)o, (void)err;
}

static void no_opaque(struct fw_out *o, struct fw_view part, const char *why)
{
	(void)o, (void)part, (void)why;
}

static void no_fact(struct fw_out *o, const char *key, const char *value)
{
	(void)o, (void)key, (void)value;
}

static void no_claim(struct fw_out *o, const struct fw_claim *claim)
{
	(void)o, (void)claim;
}

static void no_software(struct fw_out *o, const struct fw_software *s)
{
	(void)o, (void)s;
}

static void no_place(struct fw_out *o, uint32_t place)
{
	(void)o, (void)place;
}

const struct fw_sink fw_sink_none = {
	.child = no_child,
	.write = no_bytes,
	.damaged = no_err,
	.opaque = no_opaque,
	.fact = no_fact,
	.claim = no_claim,
	.software = no_software,
	.at = no_place,
};

bool fw_out_ok(const struct fw_out *o)
{
	return o->err.code == FW_OK;
}

struct fw_arena *fw_out_arena(struct fw_out *o)
{
	return o->arena;
}

const char *fw_text(struct fw_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *s = fw_vsprintf(o->arena, fmt, ap);
	va_end(ap);
	return s;
}

void fw_out_child(struct fw_out *o, const struct fw_meta *m,
		  struct fw_view part)
{
	if (!fw_out_ok(o))
		return;
	o->open = false;
	o->any = true;
	o->sink->child(o, m, false, part);
}

void fw_out_open(struct fw_out *o, const struct fw_meta *m)
{
	if (!fw_out_ok(o))
		return;
	o->any = true;
	o->sink->child(o, m, true, (struct fw_view){ NULL, 0 });
	o->open = fw_out_ok(o);
}

void fw_out_write(struct fw_out *o, struct fw_view bytes)
{
	if (!fw_out_ok(o) || bytes.len == 0 || bytes.data == NULL)
		return;
	if (!o->open)
		abort(); /* a reader's bug: no child takes these bytes */
	o->sink->write(o, bytes);
}

void fw_out_zeros(struct fw_out *o, uint64_t n)
{
	if (!fw_out_ok(o) || n == 0)
		return;
	if (!o->open)
		abort();
	o->sink->write(o, (struct fw_view){ NULL, (size_t)n });
}

void fw_out_damaged(struct fw_out *o, const struct fw_err *err)
{
	if (o->any && err->code != FW_OK && fw_out_ok(o))
		o->sink->damaged(o, err);
}

void fw_out_opaque(struct fw_out *o, struct fw_view part, const char *why)
{
	if (fw_out_ok(o) && part.len > 0)
		o->sink->opaque(o, part, why);
}

void fw_out_fact(struct fw_out *o, const char *key, const char *value)
{
	if (!fw_out_ok(o))
		return;
	if (strlen(value) > FACT_MAX)
		value = fw_strdup(o->arena, fw_view_of(value, FACT_MAX));
	o->sink->fact(o, key, value);
}

void fw_out_factf(struct fw_out *o, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fw_out_fact(o, key, fw_vsprintf(o->arena, fmt, ap));
	va_end(ap);
}

void fw_out_finding(struct fw_out *o, const struct fw_kind *k, uint64_t at,
		    const char *fmt, ...)
{
	struct fw_evidence evidence = { .offset = at };
	struct fw_claim claim = FW_CLAIM(k);
	va_list ap;

	va_start(ap, fmt);
	claim.detail = fw_vsprintf(o->arena, fmt, ap);
	va_end(ap);
	claim.evidence = &evidence;
	claim.evidence_count = 1;
	fw_out_claim(o, &claim);
}

void fw_out_claim(struct fw_out *o, const struct fw_claim *claim)
{
	if (fw_out_ok(o))
		o->sink->claim(o, claim);
}

void fw_out_software(struct fw_out *o, const struct fw_software *s)
{
	if (fw_out_ok(o) && s->name != NULL)
		o->sink->software(o, s);
}

const char *fw_out_secret(struct fw_out *o, struct fw_view secret)
{
	/* Of a short one, two characters are too much to show. */
	size_t shown = secret.len >= SECRET_LONG ? 2 : 0;

	if (o->reveal)
		return fw_strdup(o->arena, secret);
	return fw_text(o, "%.*s****** (%zu characters)", (int)shown,
		       shown ? (const char *)secret.data : "", secret.len);
}

void fw_out_at(struct fw_out *o, uint32_t place)
{
	o->sink->at(o, place);
}

const char *fw_place_fact(const struct fw_place *p, const char *key, size_t n)
{
	for (size_t i = 0; i < p->fact_count; i++)
		if (strcmp(p->facts[i].key, key) == 0 && n-- == 0)
			return p->facts[i].value;
	return NULL;
}
