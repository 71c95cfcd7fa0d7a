/* hidden_start.c - code that runs before a program or library is used
 *
 * Constructors set up data, and IFUNC resolvers ask the CPU. One that opens
 * connections, runs programs, patches memory or looks at who loads it does what
 * no caller asked for.
 */
#include "analyzers/hidden/hidden.h"

enum { RESOLVERS_MAX = 512 };

static float worth(uint32_t uses, uint32_t reach, bool resolver)
{
	float s = 0;

	if ((reach & (CODE_SHELL | CODE_EXEC)) != 0)
		s = 8;
	else if ((uses & (CODE_CONNECT | CODE_SETUID | CODE_TRACE)) != 0)
		s = 6;
	else if ((uses & CODE_MEMORY) != 0)
		s = 5;
	else if (resolver && (uses & (CODE_ENV | CODE_FILE | CODE_LOAD_CODE |
				      CODE_SOCKET)) != 0)
		s = 5;
	if (s > 0 && (uses & (CODE_ENV | CODE_HOST | CODE_FILE)) != 0)
		s += 1.5f;
	return resolver && s > 0 ? s + 2 : s;
}

/* What it surely calls, or reaches through that: the raw look at the code takes
 * what follows a function for a part of it. */
static uint32_t calls(const struct hidden_code *h,
		      const struct code_function *f, bool reach)
{
	uint32_t uses = 0;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(&h->p, c);

		if (k != NULL)
			uses |= k->use;
		else if (reach && c->function != CODE_NO_FUNCTION)
			uses |= h->p.starts[c->function].reach;
	}
	return uses;
}

static void look_at(struct hidden_code *h, uint64_t address, bool resolver)
{
	uint32_t i = code_start_at(&h->p, address);
	const struct code_start *s;
	const struct code_function *f;

	if (i == CODE_NO_FUNCTION)
		return;
	s = &h->p.starts[i];
	f = worth(s->uses, s->reach, resolver) > 0 ? code_function(&h->p, i)
						   : NULL;
	if (f == NULL)
		return;
	float score = worth(calls(h, f, false), calls(h, f, true), resolver);

	if (score == 0)
		return;
	const struct code_sinks *sinks = code_sinks_of(&h->p, i, 0);
	enum code_sink_kind best = code_sinks_best(sinks);

	hidden_note(
		h,
		&(struct hidden_candidate){
			.signal = "hidden_start",
			.score = score,
			.function = i,
			.at = s->address,
			.block = s->address,
			.trigger = resolver ? "the loader looks for a function"
					    : "it is loaded",
			.effect =
				best != CODE_SINK_NONE
					? code_sink_words(best)
					: "does more than set up its own data",
			.sink = sinks->of[best],
			.sink_kind = best });
}

static void constructors(struct hidden_code *h)
{
	const GElf_Dyn *at = elf_dyn(&h->p.elf, DT_INIT_ARRAY);
	const GElf_Dyn *size = elf_dyn(&h->p.elf, DT_INIT_ARRAYSZ);
	uint64_t n;

	for (uint64_t k = 0;
	     at != NULL && size != NULL && k < size->d_un.d_val && k < 4096;
	     k += h->p.word) {
		uint64_t a = at->d_un.d_ptr + k;
		const struct code_slot *s = code_slot_at(&h->p, a);

		if (s != NULL && s->import == CODE_NO_IMPORT)
			look_at(h, s->value, false);
		else if (code_read(&h->p, a, h->p.word, &n))
			look_at(h, n, false);
	}
}

static void resolvers(struct hidden_code *h)
{
	struct elf_symbol s;
	size_t left = RESOLVERS_MAX;

	for (size_t i = 0; i < h->p.elf.dynsym.count && left > 0; i++)
		if (elf_symbol_at(&h->p.elf.dynsym, i, &s) && s.defined &&
		    s.type == STT_GNU_IFUNC) {
			look_at(h, s.value, true);
			left--;
		}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	if (h == NULL)
		return;
	constructors(h);
	resolvers(h);
}

const struct fw_analyzer fw_analyzer_hidden_start = {
	.name = "hidden_start",
	.title = "Code that runs when a program is loaded",
	.wants = hidden_wants,
	.inspect = inspect,
};
