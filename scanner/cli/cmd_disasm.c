/* cmd_disasm.c - assay disasm OBJECT@ADDRESS */
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/code_object.h"
#include "core/text.h"

static const char usage[] =
	"usage: assay disasm [OPTION]... OBJECT@ADDRESS\n"
	"Shows the code of the function that holds an address, block by "
	"block:\n"
	"who is called with which texts, what is compared with what, where it\n"
	"goes on when they are equal, and what runs only then. OBJECT is an "
	"ELF\n"
	"file, or IMAGE!PATH; ADDRESS is hexadecimal, or a function's name.\n"
	"\n"
	"      --tmp-dir DIR       where unlinked temporary files go\n"
	"      --no-sandbox        without seccomp and Landlock (debuggers)\n"
	"  -q                      no progress on standard error\n"
	"\nExample: assay disasm 'router.bin!usr/sbin/httpd@0x40a210'\n"
	"Exit status: 0 all shown, 2 error, 3 not all could be read\n";

struct listing {
	struct code_view *v;
	const struct code_function *f;
	struct code_guard *guards;
	size_t guard_count, next_guard;
	size_t next_call;
	uint32_t block;	    /* that is shown */
	uint32_t originals; /* blocks from here on are copies of earlier ones */
	bool known[CODE_REGS]; /* registers that hold constants, in a block */
	uint64_t value[CODE_REGS];
	uint32_t *guarded; /* by block: 1 + the first guard whose edge enters it
			    */
	uint32_t *same;	   /* by guard: 1 + the next one of the same block */
	FILE *to;
};

/* "to L4012a0", or where it leaves the function. */
static const char *place(const struct listing *l, uint32_t block)
{
	if (block == CODE_NO_BLOCK)
		return "elsewhere";
	if (block >= l->originals)
		return fw_sprintf(l->v->p->arena, "L%" PRIx64 ".%u",
				  l->f->blocks[block].start,
				  block - l->originals + 2);
	return fw_sprintf(l->v->p->arena, "L%" PRIx64,
			  l->f->blocks[block].start);
}

enum { TEXT_LEAST = 3, TEXT_SHOWN = 60, PAGE = 0xfff };

/* What an operation makes of known values. False: nothing that is known. */
static bool constant(const struct listing *l, const struct code_operation *op,
		     uint64_t *n)
{
	struct code_program *p = l->v->p;
	const struct code_range *r;
	bool known = op->a < CODE_REGS && l->known[op->a];
	uint64_t a = known ? l->value[op->a] : 0, imm = (uint64_t)op->imm;

	switch (op->op) {
	case CODE_SET:
		*n = imm;
		return true;
	case CODE_MOVE:
		*n = a;
		return known;
	case CODE_ADDI:
		*n = a + imm;
		return known;
	case CODE_ADD:
		known = known && op->b < CODE_REGS && l->known[op->b];
		*n = known ? a + l->value[op->b] : 0;
		return known;
	case CODE_ORI:
		*n = a | imm;
		return known;
	case CODE_INSERT:
		known = op->dst < CODE_REGS && l->known[op->dst] &&
			op->off >= 0 && op->off < 64;
		*n = known ? (l->value[op->dst] &
			      ~(UINT64_C(0xffff) << op->off)) |
				     (imm & 0xffff) << op->off
			   : 0;
		return known;
	case CODE_LOAD: /* a constant that lies between the code */
		r = code_range_of(p, (uint64_t)op->off & p->mask);
		return op->a == CODE_NONE && op->b == CODE_NONE && r != NULL &&
		       !r->write && op->size == p->word &&
		       code_read(p, (uint64_t)op->off & p->mask, op->size, n);
	default:
		return false;
	}
}

/* The text whose address an instruction makes, in quotes. Where an address
 * takes two instructions, the first one makes only that of a page. */
static const char *text_of(struct listing *l, const struct code_insn *in)
{
	struct code_program *p = l->v->p;
	const char *s = "";
	uint64_t n;

	for (uint8_t i = 0; i < in->count; i++) {
		const struct code_operation *op = &in->ops[i];

		if (op->op == CODE_STORE || op->dst >= CODE_REGS)
			continue;
		l->known[op->dst] = constant(l, op, &n);
		if (!l->known[op->dst])
			continue;
		n = l->value[op->dst] = n & p->mask;
		if (code_in_text(p, n) || op->op == CODE_MOVE ||
		    (op->op == CODE_SET && p->arch->step > 1 &&
		     (n & PAGE) == 0))
			continue;
		struct fw_view text = code_text(p, n);

		if (text.len >= TEXT_LEAST)
			s = fw_sprintf(p->arena, "\"%s\"",
				       code_view_text(l->v, text, TEXT_SHOWN));
	}
	return s;
}

static const char *note_of(struct listing *l, const struct code_insn *in)
{
	const struct code_function *f = l->f;
	const char *text = text_of(l, in);

	/* Calls lie in order of blocks. */
	while (l->next_call < f->call_count &&
	       (f->calls[l->next_call].block < l->block ||
		(f->calls[l->next_call].block == l->block &&
		 f->calls[l->next_call].at < in->address)))
		l->next_call++;
	if (l->next_call < f->call_count &&
	    f->calls[l->next_call].block == l->block &&
	    f->calls[l->next_call].at == in->address) {
		const struct code_call *c = &f->calls[l->next_call];

		memset(l->known, 0, sizeof(l->known));
		return fw_sprintf(l->v->p->arena, "%s%s",
				  c->tail ? "goes over to " : "",
				  code_view_call(l->v, c));
	}
	if ((in->flow == CODE_BRANCH || in->flow == CODE_JUMP) &&
	    in->target >= l->v->p->starts[f->start].address &&
	    in->target < l->v->p->starts[f->start].end)
		return fw_sprintf(l->v->p->arena, "to L%" PRIx64, in->target);
	return text;
}

static void put_line(struct listing *l, const struct code_insn *in)
{
	struct code_program *p = l->v->p;
	bool thumb = p->starts[l->f->start].thumb;
	const cs_insn *cs = code_disassemble(p, in->address, thumb);
	const char *note = note_of(l, in);

	fprintf(l->to, "  0x%08" PRIx64 "  %-7s %s", in->address,
		cs == NULL
			? "(?)"
			: code_view_text(l->v, fw_view_str(cs->mnemonic), 32),
		cs == NULL
			? ""
			: code_view_text(l->v, fw_view_str(cs->op_str), 160));
	fprintf(l->to, "%s%s\n", *note == '\0' ? "" : "  ; ", note);
}

/* What the branch at a block's end decides. */
static void put_decision(struct listing *l, uint32_t block)
{
	while (l->next_guard < l->guard_count &&
	       l->guards[l->next_guard].compare->block < block)
		l->next_guard++;
	for (; l->next_guard < l->guard_count; l->next_guard++) {
		const struct code_compare *c = l->guards[l->next_guard].compare;

		if (c->block != block)
			break;
		const char *what = code_view_subject(l->v, l->f, c);

		if (c->kind == CODE_COMPARE_SEARCH)
			fprintf(l->to, "  ; looks in %s for %s", what,
				code_view_literal(l->v, c));
		else
			fprintf(l->to, "  ; compares %s with %s", what,
				code_view_literal(l->v, c));
		if (c->kind == CODE_COMPARE_ORDER)
			fputs(" by size\n", l->to);
		else if (c->kept)
			fputs(": the answer is kept\n", l->to);
		else
			fprintf(l->to, ": %s goes to %s, else to %s\n",
				c->kind == CODE_COMPARE_SEARCH ? "found"
							       : "equal",
				place(l, c->equal), place(l, c->other));
	}
}

/* What must have been equal for a block to run. */
static void put_guards(struct listing *l, uint32_t block)
{
	for (uint32_t i = l->guarded[block]; i != 0; i = l->same[i - 1]) {
		const struct code_guard *g = &l->guards[i - 1];

		fprintf(l->to, "  ; only when %s %s",
			g->compare->kind == CODE_COMPARE_SEARCH ? "found:"
								: "equal to",
			code_view_literal(l->v, g->compare));
		if (g->or_count > 0)
			fprintf(l->to, ", or to one of %u more", g->or_count);
		if (g->best != CODE_SINK_NONE)
			fprintf(l->to, ": %s",
				code_view_sink(l->v, g->best, &g->sink));
		fputc('\n', l->to);
	}
}

static void put_block(struct listing *l, uint32_t i)
{
	const struct code_block *b = &l->f->blocks[i];
	bool thumb = l->v->p->starts[l->f->start].thumb;
	struct code_insn in;

	l->block = i;
	fprintf(l->to, "\n%s:", place(l, i));
	for (uint32_t k = 0; k < b->pred_count; k++)
		fprintf(l->to, "%s %s", k == 0 ? "  ; from" : ",",
			place(l, l->f->pred[b->preds + k]));
	if (i >= l->originals)
		fprintf(l->to, "  ; L%" PRIx64 " once more, for this way alone",
			b->start);
	if (!b->reached)
		fputs("  ; is never reached", l->to);
	fputc('\n', l->to);
	put_guards(l, i);
	memset(l->known, 0, sizeof(l->known));
	for (uint64_t at = b->start; at < b->end; at += in.size) {
		if (!code_decode(l->v->p, at, thumb, &in) && in.size == 0)
			break;
		put_line(l, &in);
	}
	put_decision(l, i);
	if (b->more_count > 0) {
		fputs("  ; by a table to", l->to);
		for (uint32_t k = 0; k < b->more_count; k++)
			fprintf(l->to, " %s",
				place(l, l->f->more[b->more + k]));
		fputc('\n', l->to);
	}
}

static void put_head(struct listing *l)
{
	struct code_view *v = l->v;
	const struct code_start *s = &v->p->starts[v->start];
	const struct code_sinks *sinks = code_sinks_of(v->p, v->start, 0);
	enum code_sink_kind best = code_sinks_best(sinks);

	fprintf(l->to,
		"; %s\n; function %s at 0x%" PRIx64 ", %s%s, %u blocks\n",
		code_view_text(v, fw_view_str(v->object), 4096),
		code_view_name(v, v->start), s->address, v->p->arch->name,
		s->thumb ? " (Thumb)" : "", l->f->block_count);
	if (best != CODE_SINK_NONE)
		fprintf(l->to, "; reaches: %s, called at 0x%" PRIx64 " in %s\n",
			code_view_sink(v, best, &sinks->of[best]),
			sinks->of[best].call,
			code_view_name(v, sinks->of[best].function));
	for (size_t i = 0; i < v->candidate_count; i++) {
		const struct hidden_candidate *c = &v->code->found[i];

		if (c->function == v->start)
			fprintf(l->to,
				"; noted at 0x%" PRIx64
				", score %.1f (%s): %s\n",
				c->at, (double)c->score, c->signal,
				code_view_noted(v, c));
	}
	if (l->f->indirect)
		fputs("; it has a jump that could not be followed\n", l->to);
}

/* Which guards' equal edges enter a block, in the order of the guards. */
static void index_guards(struct listing *l)
{
	struct fw_arena *a = l->v->p->arena;

	l->guard_count = code_guards_of(l->v->p, l->f, &l->guards);
	l->guarded = fw_alloc(a, l->f->block_count, sizeof(*l->guarded));
	l->same = fw_alloc(a, l->guard_count, sizeof(*l->same));
	for (size_t i = l->guard_count; i-- > 0;) {
		const struct code_guard *g = &l->guards[i];

		if (!g->guards || g->compare->equal == CODE_NO_BLOCK ||
		    g->compare->kind == CODE_COMPARE_ORDER)
			continue;
		l->same[i] = l->guarded[g->compare->equal];
		l->guarded[g->compare->equal] = (uint32_t)(i + 1);
	}
}

/* Blocks ascend; copies of some follow behind the last. */
static uint32_t originals(const struct code_function *f)
{
	uint32_t i = 1;

	while (i < f->block_count &&
	       (f->blocks[i].start > f->blocks[i - 1].start ||
		f->blocks[i - 1].start == f->blocks[i - 1].end))
		i++;
	return i;
}

static enum fw_sealed_end show(struct code_view *v, const bool flag[2],
			       FILE *to)
{
	struct listing l = { .v = v,
			     .f = code_function(v->p, v->start),
			     .to = to };

	(void)flag;
	if (l.f == NULL) {
		snprintf(v->note, FW_SEALED_NOTE,
			 "at address 0x%" PRIx64 ": %s",
			 v->p->starts[v->start].address,
			 v->p->gave_up != NULL ? v->p->gave_up
					       : "no code that can be read");
		return FW_SEALED_REFUSED;
	}
	l.originals = originals(l.f);
	index_guards(&l);
	put_head(&l);
	for (uint32_t i = 0; i < l.f->block_count; i++)
		if (l.f->blocks[i].end > l.f->blocks[i].start)
			put_block(&l, i);
	code_view_check(v);
	return FW_SEALED_OK;
}

int fw_cmd_disasm(int argc, char **argv)
{
	static const struct code_command command = { .name = "disasm",
						     .usage = usage,
						     .wants_address = true,
						     .show = show };

	return code_command_run(&command, argc, argv);
}
