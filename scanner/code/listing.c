/* listing.c - disassembly for people */
#include "code/listing.h"

#include <inttypes.h>

#include "core/text.h"

enum { LINES_MAX = 4096, NOTE_MAX = 48 };

const char *code_name(struct code_program *p, uint32_t start)
{
	const struct code_start *s = &p->starts[start];

	if (s->name.len > 0)
		return fw_sprintf(p->arena, "%.*s", (int)s->name.len,
				  (const char *)s->name.data);
	return fw_sprintf(p->arena, "0x%" PRIx64, s->address);
}

static const struct code_call *call_at(const struct code_function *f,
				       uint64_t at)
{
	for (size_t i = 0; f != NULL && i < f->call_count; i++)
		if (f->calls[i].at == at)
			return &f->calls[i];
	return NULL;
}

/* What a reader would look up: who is called, and with which texts. */
static const char *note(struct code_program *p, const struct code_function *f,
			uint64_t at)
{
	const struct code_call *c = call_at(f, at);
	const char *text = "";

	if (c == NULL)
		return "";
	struct fw_view name = code_call_name(p, c);

	for (unsigned i = 0; i < 3; i++)
		if (c->text[i].len > 0)
			text = fw_sprintf(p->arena, "%s \"%.*s\"", text,
					  (int)(c->text[i].len < NOTE_MAX
							? c->text[i].len
							: NOTE_MAX),
					  (const char *)c->text[i].data);
	if (name.len == 0 && *text == '\0')
		return "";
	return fw_sprintf(p->arena, "  ; %.*s%s", (int)name.len,
			  name.len == 0 ? "" : (const char *)name.data, text);
}

const char *code_listing(struct code_program *p, const struct code_function *f,
			 uint64_t from, uint64_t to, size_t max)
{
	bool thumb = f != NULL && p->starts[f->start].thumb;
	const char **lines = fw_alloc(p->arena, max, sizeof(*lines));
	const char *all = "";
	struct code_insn in;
	size_t n = 0;

	for (uint64_t at = from; at < to && n < LINES_MAX; at += in.size) {
		if (!code_decode(p, at, thumb, &in) && in.size == 0)
			break;
		const cs_insn *cs = code_disassemble(p, at, thumb);

		lines[n++ % max] = fw_sprintf(
			p->arena, "0x%" PRIx64 "  %s %s%s", at,
			cs == NULL ? "(not decoded)" : cs->mnemonic,
			cs == NULL ? "" : cs->op_str, note(p, f, at));
	}
	for (size_t i = n > max ? n - max : 0; i < n; i++)
		all = fw_sprintf(p->arena, "%s%s%s", all,
				 *all == '\0' ? "" : "\n", lines[i % max]);
	return all;
}
