/* code_view.c - a program, opened and searched for a command to show */
#include "cli/code_view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyzers/analyzers.h"
#include "code/listing.h"
#include "core/out_impl.h"
#include "core/text.h"

enum { NAME_MAX_SHOWN = 80, TEXT_SHOWN = 100, CALL_TEXT = 60 };
/* For one program that somebody waits for, more than a scan spends on each. */
enum { MORE_BUDGET = 40000000, MORE_MEMORY = 256 << 20 };

static bool refuse(struct code_view *v, uint64_t at, const char *why)
{
	snprintf(v->note, FW_SEALED_NOTE, "at offset 0x%" PRIx64 ": %s", at,
		 why);
	return false;
}

/* What is wrong with bytes that code_open() did not take. */
static bool explain(struct code_view *v, struct fw_view bytes, const char *why)
{
	struct fw_view machine = fw_view_sub(bytes, 18, 2);

	if (!fw_view_starts(bytes, FW_STR("\177ELF")))
		return refuse(v, 0, "no ELF file");
	if (machine.len < 2)
		return refuse(v, bytes.len, "the ELF header is cut short");
	unsigned m = bytes.data[5] == 2
			     ? machine.data[0] * 256U + machine.data[1]
			     : machine.data[1] * 256U + machine.data[0];

	if (strstr(why, "decoder") != NULL) {
		snprintf(v->note, FW_SEALED_NOTE,
			 "at offset 0x12: %s (ELF machine %u)", why, m);
		return false;
	}
	return refuse(v, strstr(why, "loaded") != NULL ? 16 : 0, why);
}

/* Notes a table or segment that leaves the file. */
static void check_end(struct code_view *v, const char *what, uint64_t at,
		      uint64_t len)
{
	size_t end = v->p->elf.bytes.len;

	if (*v->note == '\0' && (at > end || len > end - at))
		snprintf(v->note, FW_SEALED_NOTE,
			 "the file is cut short: it ends at offset 0x%zx, %s "
			 "at 0x%" PRIx64 " has 0x%" PRIx64 " bytes",
			 end, what, at, len);
}

/* A program that ends before its parts do is shown as far as it goes. */
static void look_for_cut(struct code_view *v)
{
	const struct elf_file *e = &v->p->elf;

	check_end(v, "the program header table", e->h.e_phoff,
		  (uint64_t)e->h.e_phnum * e->h.e_phentsize);
	for (size_t i = 0; i < e->segment_count; i++)
		if (e->segments[i].p_type == PT_LOAD)
			check_end(v, "a segment", e->segments[i].p_offset,
				  e->segments[i].p_filesz);
	check_end(v, "the section table", e->h.e_shoff,
		  (uint64_t)e->h.e_shnum * e->h.e_shentsize);
	if (*v->note == '\0' && v->p->text_count == 0)
		snprintf(v->note, FW_SEALED_NOTE,
			 "at offset 0x%" PRIx64 ": no segment with code",
			 (uint64_t)e->h.e_phoff);
}

/* The searches of a scan, so that their candidates and the functions that they
 * make known are here as well. */
static void search(const struct fw_object *obj, struct fw_out *o)
{
	for (size_t i = 0; i < fw_analyzer_count; i++) {
		const struct fw_analyzer *a = fw_analyzers[i];

		if (a->wants == hidden_wants &&
		    strcmp(a->name, "hidden_found") != 0)
			a->inspect(obj, o);
	}
}

/* A program that calls nothing of interest, which the searches pass over. */
static struct hidden_code *open_plain(struct fw_view bytes,
				      struct fw_arena *arena, const char **why)
{
	struct hidden_code *h = fw_alloc(arena, 1, sizeof(*h));

	h->arena.on_full = arena->on_full;
	h->arena.ctx = arena->ctx;
	if (!code_open(&h->p, bytes, &h->arena, why))
		return NULL;
	code_find_starts(&h->p);
	code_find_wrappers(&h->p);
	code_spread(&h->p);
	return h;
}

bool code_view_open(struct code_view *v, struct fw_view bytes,
		    struct fw_arena *arena)
{
	struct fw_object_cache cache = { .code = NULL };
	struct fw_object obj = { .bytes = bytes,
				 .format = "elf",
				 .cache = &cache };
	struct fw_out out = { .sink = &fw_sink_none, .arena = arena };
	const char *why = "no ELF that can be read";

	v->code = hidden_code(&obj, &out);
	if (v->code != NULL)
		search(&obj, &out);
	else
		v->code = open_plain(bytes, arena, &why);
	if (v->code == NULL)
		return explain(v, bytes, why);
	v->p = &v->code->p;
	v->candidate_count = hidden_join(v->code);
	/* The best come first. */
	while (v->candidate_count > 0 &&
	       v->code->found[v->candidate_count - 1].score < HIDDEN_LEAST)
		v->candidate_count--;
	v->p->budget += MORE_BUDGET;
	v->p->memory_max = MORE_MEMORY;
	v->p->gave_up = NULL;
	look_for_cut(v);
	return true;
}

/* By a name among the functions that were found. */
static bool by_name(struct code_view *v, const char *name)
{
	struct fw_view want = fw_view_str(name);

	for (uint32_t i = 0; i < v->p->start_count; i++)
		if (fw_view_eq(v->p->starts[i].name, want)) {
			v->start = i;
			return true;
		}
	return false;
}

static bool is_import(const struct code_program *p, const char *name)
{
	for (size_t i = 0; i < p->import_count; i++)
		if (fw_view_eq(p->imports[i].name, fw_view_str(name)))
			return true;
	return false;
}

bool code_view_at(struct code_view *v, const char *address)
{
	char *end;

	if (by_name(v, address))
		return true;
	uint64_t at = strtoull(address, &end, 16);

	if (end == address || *end != '\0' || *address == '-' ||
	    *address == '+' || *address == ' ') {
		snprintf(v->note, FW_SEALED_NOTE,
			 is_import(v->p, address)
				 ? "%.80s is imported: its code is elsewhere"
				 : "%.80s is neither a function's name nor a "
				   "hexadecimal address",
			 code_view_text(v, fw_view_str(address), 80));
		return false;
	}
	if (v->p->elf.h.e_machine == EM_ARM)
		at &= ~UINT64_C(1); /* the mark of Thumb code */
	v->start = code_start_of(v->p, at);
	if (v->start != CODE_NO_FUNCTION)
		return true;
	snprintf(v->note, FW_SEALED_NOTE,
		 "no function holds address 0x%" PRIx64
		 "; assay functions --all lists them",
		 at);
	return false;
}

void code_view_check(struct code_view *v)
{
	if (v->p->gave_up != NULL && *v->note == '\0')
		snprintf(v->note, FW_SEALED_NOTE, "not all was read: %s",
			 v->p->gave_up);
}

const struct hidden_candidate *code_view_candidate(const struct code_view *v,
						   uint32_t start)
{
	const struct hidden_candidate *best = NULL;

	for (size_t i = 0; i < v->candidate_count; i++) {
		const struct hidden_candidate *c = &v->code->found[i];

		if (c->function == start &&
		    (best == NULL || c->score > best->score))
			best = c;
	}
	return best;
}

static const char *or_nothing(struct code_view *v, const char *words)
{
	return words == NULL ? "" : code_view_text(v, fw_view_str(words), 200);
}

const char *code_view_trigger(struct code_view *v,
			      const struct hidden_candidate *c)
{
	const char *words = or_nothing(v, c->trigger);

	if (c->literal.len > 0)
		return fw_sprintf(v->p->arena, "%s \"%s\"", words,
				  code_view_text(v, c->literal, TEXT_SHOWN));
	if (c->is_number)
		return fw_sprintf(v->p->arena, "%s 0x%" PRIx64, words,
				  c->number);
	return words;
}

const char *code_view_effect(struct code_view *v,
			     const struct hidden_candidate *c)
{
	const char *words = or_nothing(v, c->effect);

	if (c->sink.weight == 0 || c->sink.text.len == 0)
		return words;
	return fw_sprintf(v->p->arena, "%s \"%s\"", words,
			  code_view_text(v, c->sink.text, TEXT_SHOWN));
}

const char *code_view_noted(struct code_view *v,
			    const struct hidden_candidate *c)
{
	return fw_sprintf(v->p->arena, "%s; then it %s",
			  code_view_trigger(v, c), code_view_effect(v, c));
}

const char *code_view_text(struct code_view *v, struct fw_view raw, size_t max)
{
	return fw_sprintf(v->p->arena, "%s%s",
			  fw_escape(v->p->arena, fw_view_sub(raw, 0, max)),
			  raw.len > max ? "..." : "");
}

const char *code_view_name(struct code_view *v, uint32_t start)
{
	return code_view_text(v, fw_view_str(code_name(v->p, start)),
			      NAME_MAX_SHOWN);
}

const char *code_view_literal(struct code_view *v, const struct code_compare *c)
{
	if (c->literal.len > 0)
		return fw_sprintf(v->p->arena, "\"%s\"",
				  code_view_text(v, c->literal, TEXT_SHOWN));
	if (c->is_number)
		return fw_sprintf(v->p->arena,
				  c->number < 10 ? "%" PRIu64 : "0x%" PRIx64,
				  c->number);
	return c->kind == CODE_COMPARE_DECODED ? "a text that is decoded first"
					       : "something";
}

static const char *argument(struct code_view *v, const struct code_call *c,
			    unsigned i)
{
	const struct code_value *k = code_value_at(&v->p->values, c->args[i]);

	if (c->text[i].len > 0)
		return fw_sprintf(v->p->arena, "\"%s\"",
				  code_view_text(v, c->text[i], CALL_TEXT));
	return k->kind == CODE_CONST
		       ? fw_sprintf(v->p->arena, "0x%" PRIx64, k->n)
		       : "?";
}

const char *code_view_call(struct code_view *v, const struct code_call *c)
{
	struct fw_view name = code_call_name(v->p, c);
	const char *s = "a function that is not known";
	unsigned n = 0;

	if (name.len > 0)
		s = code_view_text(v, name, NAME_MAX_SHOWN);
	else if (c->function != CODE_NO_FUNCTION)
		s = code_view_name(v, c->function);
	for (unsigned i = 0; i < CODE_ARGS; i++)
		if (c->text[i].len > 0)
			n = i + 1;
	for (unsigned i = 0; i < n; i++)
		s = fw_sprintf(v->p->arena, "%s%s%s%s", s, i == 0 ? "(" : ", ",
			       argument(v, c, i), i + 1 == n ? ")" : "");
	return s;
}

const char *code_view_subject(struct code_view *v,
			      const struct code_function *f,
			      const struct code_compare *c)
{
	const struct code_call *call = code_call_of(v->p, f, c->subject);
	const char *words;
	bool outside;

	if (call != NULL)
		return fw_sprintf(v->p->arena, "what %s gives",
				  code_view_call(v, call));
	words = hidden_origin(v->code, f, c->subject, &outside);
	return words != NULL ? words : "a value";
}

const char *code_view_sink(struct code_view *v, enum code_sink_kind kind,
			   const struct code_sink *s)
{
	if (s->text.len == 0)
		return code_sink_words(kind);
	return fw_sprintf(v->p->arena, "%s \"%s\"", code_sink_words(kind),
			  code_view_text(v, s->text, TEXT_SHOWN));
}
