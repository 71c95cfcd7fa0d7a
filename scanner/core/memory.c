/* memory.c - results gathered in arrays */
#include <stdlib.h>

#include "core/memory.h"
#include "core/out_impl.h"

struct mem_out {
	struct fw_out out;
	struct fw_mem *mem;
	struct fw_view input;
	uint32_t place;
};

static struct fw_mem *mem_of(struct fw_out *o)
{
	return ((struct mem_out *)o)->mem;
}

static char *copy(struct fw_mem *m, const char *s)
{
	return s == NULL ? NULL : fw_strdup(&m->arena, fw_view_str(s));
}

static void mem_child(struct fw_out *o, const struct fw_meta *meta,
		      bool decoded, struct fw_view part)
{
	struct fw_mem *m = mem_of(o);

	/* A part that is not of the input would be a read of foreign memory. */
	if (part.data != NULL &&
	    !fw_view_inside(((struct mem_out *)o)->input, part))
		abort();
	m->children = fw_grow(&m->arena, m->children, &m->child_cap,
			      m->child_count + 1, sizeof(*m->children));
	struct fw_mem_child *c = &m->children[m->child_count++];

	*c = (struct fw_mem_child){ .meta = *meta,
				    .bytes = part,
				    .decoded = decoded };
	c->meta.name = copy(m, meta->name);
	c->meta.link = copy(m, meta->link);
	m->open_data = NULL;
	m->open_cap = 0;
	if (decoded)
		c->bytes = fw_view_of("", 0);
}

static void mem_write(struct fw_out *o, struct fw_view bytes)
{
	struct fw_mem *m = mem_of(o);
	struct fw_mem_child *c = &m->children[m->child_count - 1];

	if (bytes.len > m->max_written - m->written) {
		o->err = (struct fw_err){ FW_LIMIT, "decoded bytes", 0,
					  m->max_written };
		return;
	}
	m->written += bytes.len;
	size_t len = c->bytes.len;

	m->open_data = fw_grow(&m->arena, m->open_data, &m->open_cap,
			       len + bytes.len, 1);
	if (bytes.data != NULL)
		memcpy(m->open_data + len, bytes.data, bytes.len);
	c->bytes = fw_view_of(m->open_data, len + bytes.len);
}

static void mem_damaged(struct fw_out *o, const struct fw_err *err)
{
	struct fw_mem *m = mem_of(o);
	struct fw_mem_child *c = &m->children[m->child_count - 1];

	if (c->err.code == FW_OK)
		c->err = *err;
}

static void mem_opaque(struct fw_out *o, struct fw_view part, const char *why)
{
	(void)why;
	if (!fw_view_inside(((struct mem_out *)o)->input, part))
		abort();
	mem_of(o)->opaque_bytes += part.len;
}

static void mem_fact(struct fw_out *o, const char *key, const char *value)
{
	struct fw_mem *m = mem_of(o);

	m->facts = fw_grow(&m->arena, m->facts, &m->fact_cap,
			   m->fact_count + 1, sizeof(*m->facts));
	m->facts[m->fact_count++] =
		(struct fw_fact){ copy(m, key), copy(m, value) };
}

static void mem_claim(struct fw_out *o, const struct fw_claim *claim)
{
	struct fw_mem *m = mem_of(o);

	m->findings = fw_grow(&m->arena, m->findings, &m->finding_cap,
			      m->finding_count + 1, sizeof(*m->findings));
	m->findings[m->finding_count++] = (struct fw_mem_finding){
		.kind = claim->kind,
		.at = claim->evidence_count ? claim->evidence[0].offset : 0,
		.detail = copy(m, claim->detail ? claim->detail : ""),
		.text = copy(m, claim->evidence_count ? claim->evidence[0].text
						      : NULL),
		.place = ((struct mem_out *)o)->place,
		.severity = claim->severity,
	};
}

static void mem_software(struct fw_out *o, const struct fw_software *s)
{
	struct fw_mem *m = mem_of(o);

	m->software = fw_grow(&m->arena, m->software, &m->software_cap,
			      m->software_count + 1, sizeof(*m->software));
	m->software[m->software_count++] = (struct fw_software){
		.name = copy(m, s->name),
		.version = copy(m, s->version),
		.type = copy(m, s->type),
		.cpe = copy(m, s->cpe),
		.purl = copy(m, s->purl),
		.license = copy(m, s->license),
		.evidence = copy(m, s->evidence),
		.confidence = s->confidence,
	};
}

static void mem_at(struct fw_out *o, uint32_t place)
{
	((struct mem_out *)o)->place = place;
}

static const struct fw_sink mem_sink = {
	.child = mem_child,
	.write = mem_write,
	.damaged = mem_damaged,
	.opaque = mem_opaque,
	.fact = mem_fact,
	.claim = mem_claim,
	.software = mem_software,
	.at = mem_at,
};

struct fw_out *fw_mem_out(struct fw_mem *m, struct fw_view input)
{
	struct mem_out *o = fw_alloc(&m->arena, 1, sizeof(*o));

	if (m->max_written == 0)
		m->max_written = UINT64_C(1) << 30;
	o->out.sink = &mem_sink;
	o->out.arena = &m->arena;
	o->mem = m;
	o->input = input;
	return &o->out;
}

void fw_mem_free(struct fw_mem *m)
{
	fw_arena_free(&m->arena);
	*m = (struct fw_mem){ 0 };
}

struct fw_err fw_mem_unpack(struct fw_mem *m, const struct fw_format *f,
			    struct fw_view input)
{
	struct fw_cursor c = fw_cursor_of(input);

	if (f->unpack != NULL)
		f->unpack(&c, fw_mem_out(m, input));
	return c.err;
}

const struct fw_mem_child *fw_mem_find(const struct fw_mem *m, const char *name)
{
	for (size_t i = 0; i < m->child_count; i++)
		if (strcmp(m->children[i].meta.name, name) == 0)
			return &m->children[i];
	return NULL;
}

const char *fw_mem_fact(const struct fw_mem *m, const char *key)
{
	for (size_t i = 0; i < m->fact_count; i++)
		if (strcmp(m->facts[i].key, key) == 0)
			return m->facts[i].value;
	return NULL;
}
