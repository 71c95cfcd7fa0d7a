/* hidden_table.c - the odd one out in a table of names and handlers
 *
 * Servers and shells keep what they answer to in tables: a name, a function,
 * perhaps a help text. Some are made by calls, one a row. Where most handlers
 * do nothing strong, or most names are explained elsewhere in the program, the
 * one that does and is not stands out.
 */
#include <ctype.h>
#include <stdlib.h>

#include "analyzers/hidden/hidden.h"
#include "core/literals.h"

enum { WORDS_MAX = 8, ROWS_MIN = 4, ROWS_MAX = 1024, TABLES_MAX = 64, TAG = 4 };
enum { APART_MAX = 16, APART_NEAR = 32 /* words */ };
enum { NAME_MIN = 3, ADDED_MAX = 4096, NAME_MAX_LEN = 40, WRITTEN_MIN = 3 };

#define ALONE  2.0f
#define COMMON 1.0f /* the same of a name that other programs have as well */
#define OWN    1.5f /* a word that stands nowhere else */
#define KNOWN  1.5f /* none but those that others use */
#define WEAK   1.5f /* what a row without a command is worth at most */

/* A run of rows of the same length: where its names and functions are. */
struct table {
	uint64_t address;
	uint32_t rows;
	uint8_t step, name, function; /* words */
};

static bool word_at(const struct hidden_code *h, uint64_t address, uint64_t *v)
{
	const struct code_slot *s = code_slot_at(&h->p, address);

	if (s != NULL) {
		*v = s->value;
		return s->import == CODE_NO_IMPORT;
	}
	return code_read(&h->p, address, h->p.word, v);
}

/* Four letters and digits in place of a name: "MOVE" as a number. */
static struct fw_view tag_at(const struct hidden_code *h, uint64_t address)
{
	struct fw_view t = fw_view_sub(code_bytes(&h->p, address), 0, TAG);

	for (size_t i = 0; i < t.len; i++)
		if (!isalnum(t.data[i]) && t.data[i] != '_' && t.data[i] != ' ')
			t.len = 0;
	return t.len == TAG ? t : (struct fw_view){ NULL, 0 };
}

static bool has_letter(struct fw_view t)
{
	for (size_t i = 0; i < t.len; i++)
		if (isalnum(t.data[i]))
			return true;
	return false;
}

/* A word that names something: no sentence, no format. */
static struct fw_view name_at(const struct hidden_code *h, uint64_t address)
{
	struct fw_view t = { NULL, 0 };
	uint64_t v;

	if (word_at(h, address, &v))
		t = code_text(&h->p, v);
	if (t.len == 0)
		return tag_at(h, address);
	if (t.len > 40 || !has_letter(t) ||
	    memchr(t.data, '%', t.len) != NULL ||
	    memchr(t.data, '\n', t.len) != NULL ||
	    memchr(t.data, ' ', t.len) != NULL)
		t.len = 0;
	return t;
}

static bool function_at(const struct hidden_code *h, uint64_t address,
			uint32_t *function)
{
	uint64_t v;

	if (!word_at(h, address, &v) || v == 0)
		return false;
	*function = code_start_at(&h->p, v);
	return *function != CODE_NO_FUNCTION;
}

static bool is_row(const struct hidden_code *h, const struct table *t,
		   uint64_t row)
{
	uint32_t f;

	return name_at(h, row + (uint64_t)t->name * h->p.word).len > 0 &&
	       function_at(h, row + (uint64_t)t->function * h->p.word, &f);
}

/* The longest table whose first name stands at address; rows 0: none. */
static struct table table_at(const struct hidden_code *h, uint64_t address)
{
	struct table best = { .rows = 0 };

	for (uint8_t function = 1; function < WORDS_MAX; function++) {
		struct table t = { .address = address, .function = function };

		if (!is_row(h, &t, address))
			continue;
		for (t.step = (uint8_t)(function + 1); t.step <= WORDS_MAX;
		     t.step++) {
			uint64_t row = address;

			for (t.rows = 0;
			     t.rows < ROWS_MAX && is_row(h, &t, row); t.rows++)
				row += (uint64_t)t.step * h->p.word;
			if (t.rows > best.rows)
				best = t;
		}
	}
	return best;
}

/* Whether a handler gives what it is given to a shell. */
static bool is_shell(const struct hidden_code *h, uint32_t function)
{
	const struct code_start *st = &h->p.starts[function];
	const struct code_function *f = st->analysed;

	if (st->known != NULL && (st->known->use & CODE_SHELL) != 0)
		return true;
	for (size_t i = 0; f != NULL && i < f->call_count; i++) {
		const struct code_known *k =
			code_call_known(&h->p, &f->calls[i]);

		if (k != NULL && (k->use & CODE_SHELL) != 0 &&
		    k->arg < CODE_ARGS &&
		    code_value_is(&h->p.values, f->calls[i].args[k->arg],
				  CODE_ARG))
			return true;
	}
	return false;
}

static float strength(struct hidden_code *h, uint32_t function,
		      enum code_sink_kind *kind, struct code_sink *sink)
{
	const struct code_sinks *s = code_sinks_of(&h->p, function, 0);
	const struct code_start *st = &h->p.starts[function];

	if (is_shell(h, function)) {
		*kind = CODE_SINK_VARIABLE;
		*sink = (struct code_sink){ .weight = 6,
					    .at = st->address,
					    .call = st->address,
					    .function = function };
		return 6;
	}

	*kind = code_sinks_best(s);
	*sink = s->of[*kind];
	return *kind == CODE_SINK_CONSTANT ||
			       *kind == CODE_SINK_EXEC_CONSTANT ||
			       *kind == CODE_SINK_LISTEN ||
			       *kind == CODE_SINK_DELETE
		       ? sink->weight * 0.5f
		       : sink->weight;
}

struct row {
	struct fw_view name;
	uint32_t function;
	float strength;
	bool told;  /* its name stands in another text of the program */
	bool apart; /* it stands in a table of its own */
	bool bare;  /* it lacks the text that most rows have beside the name */
	enum hidden_wording wording;
};

/* A column of further texts (help) that most rows fill. */
static void find_bare(const struct hidden_code *h, const struct table *t,
		      struct row *rows)
{
	for (uint8_t k = 0; k < t->step; k++) {
		uint32_t filled = 0;
		uint64_t v;

		if (k == t->name || k == t->function)
			continue;
		for (int pass = 0; pass < 2; pass++)
			for (uint32_t i = 0; i < t->rows; i++) {
				uint64_t at =
					t->address +
					((uint64_t)i * t->step + k) * h->p.word;
				bool text = word_at(h, at, &v) && v != 0 &&
					    code_text(&h->p, v).len > 0;

				if (pass == 0)
					filled += text;
				else if (!text && filled * 10 >= t->rows * 6)
					rows[i].bare = true;
			}
	}
}

/* Whether a row hands over control and no other one does anything near it. */
static bool is_alone(const struct row *rows, uint32_t n, uint32_t at,
		     enum code_sink_kind kind, bool silent)
{
	if (kind == CODE_SINK_EVAL || rows[at].name.len < NAME_MIN ||
	    rows[at].strength < (silent ? 3.5f : 5))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (rows[i].function != rows[at].function &&
		    rows[i].strength > WEAK)
			return false;
	return true;
}

/* What a row is worth that hands over control. */
static float weigh(struct hidden_code *h, const struct row *rows, uint32_t n,
		   uint32_t at, enum code_sink_kind kind, uint32_t strong,
		   bool silent)
{
	const struct row *r = &rows[at];
	float s = r->strength * (strong == 1  ? 0.85f
				 : strong < 4 ? 0.65f
					      : 0.4f) +
		  (silent ? 2.5f : 0) +
		  (!is_alone(rows, n, at, kind, silent) ? 0
		   : fw_literal_is_common(r->name)	? COMMON
							: ALONE) +
		  hidden_oddness(r->name) * 0.5f;

	s += r->wording == HIDDEN_OWN_WORD	? OWN
	     : r->wording == HIDDEN_KNOWN_WORDS ? -KNOWN
						: 0;
	/* To run program text is what interpreters are for. */
	if (kind == CODE_SINK_EVAL)
		s *= 0.6f;
	/* Other programs have it, too. */
	if (hidden_is_ordinary(r->name))
		s *= 0.5f;
	else if (fw_literal_is_common(r->name))
		s *= 0.8f;
	if (r->told && !r->bare)
		s *= 0.7f;
	if (!hidden_is_reached(h) && !r->bare)
		s *= 0.6f;
	return s;
}

/* ... and one that does not. */
static float weigh_hint(const struct row *r, bool silent)
{
	return 0.7f +
	       (silent	  ? 0.7f
		: r->told ? 0
			  : 0.2f) +
	       hidden_oddness(r->name) * 0.1f + (r->strength > 0 ? 0.2f : 0) -
	       (hidden_is_ordinary(r->name)	? 0.3f
		: fw_literal_is_common(r->name) ? 0.2f
						: 0);
}

/* Notes what stands out among rows whose names and functions are known. */
static void judge(struct hidden_code *h, struct row *rows, uint32_t n)
{
	uint32_t strong = 0, told = 0;
	struct code_sink sink;
	enum code_sink_kind kind;

	for (uint32_t i = 0; i < n; i++) {
		rows[i].strength = strength(h, rows[i].function, &kind, &sink);
		strong += rows[i].strength >= 3;
		rows[i].told = hidden_is_told(h, rows[i].name);
		told += rows[i].told;
		rows[i].wording = hidden_wording(h, rows[i].name);
	}
	for (uint32_t i = 0; i < n; i++) {
		bool silent =
			rows[i].bare || (!rows[i].told &&
					 (rows[i].apart || told * 10 >= n * 6));
		bool hint = strong * 3 > n || rows[i].strength < 3;

		if (hint && rows[i].name.len < NAME_MIN)
			continue;
		strength(h, rows[i].function, &kind, &sink);
		hidden_note(
			h,
			&(struct hidden_candidate){
				.signal = "hidden_table",
				.hint = hint,
				.score = hint ? weigh_hint(&rows[i], silent)
					      : weigh(h, rows, n, i, kind,
						      strong, silent),
				.function = rows[i].function,
				.at = h->p.starts[rows[i].function].address,
				.block = h->p.starts[rows[i].function].address,
				.literal = rows[i].name,
				.trigger =
					silent ? "somebody asks for, unlike "
						 "the others never explained,"
					       : "somebody asks for",
				.effect = code_sink_words(kind),
				.sink = sink,
				.sink_kind = kind });
	}
}

static void read_rows(struct hidden_code *h, const struct table *t,
		      struct row *rows)
{
	for (uint32_t i = 0; i < t->rows; i++) {
		uint64_t at = t->address + (uint64_t)i * t->step * h->p.word;

		rows[i].name = name_at(h, at);
		function_at(h, at + (uint64_t)t->function * h->p.word,
			    &rows[i].function);
	}
	find_bare(h, t, rows);
}

static bool lies_in(const struct hidden_code *h, const struct table *t,
		    size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (at - t[i].address <
		    (uint64_t)t[i].rows * t[i].step * h->p.word)
			return true;
	return false;
}

/* Rows of a table's form that stand close to it, and apart: who wants that
 * nobody lists them keeps them so. How many. */
static uint32_t find_apart(const struct hidden_code *h,
			   const struct code_range *r,
			   const struct table *tables, size_t n,
			   const struct table *like, struct row *rows)
{
	uint64_t len = (uint64_t)like->rows * like->step * h->p.word;
	uint64_t from = (uint64_t)APART_NEAR * h->p.word;
	uint64_t at = like->address - r->address > from ? like->address - from
							: like->address;
	uint32_t count = 0;

	if (at == like->address)
		at = (r->address + h->p.word - 1) / h->p.word * h->p.word;
	for (; at - r->address + h->p.word <= r->bytes.len &&
	       at < like->address + len + from && count < APART_MAX;
	     at += h->p.word) {
		struct row row = { .apart = true };

		if (lies_in(h, tables, n, at) || !is_row(h, like, at) ||
		    !function_at(h, at + (uint64_t)like->function * h->p.word,
				 &row.function))
			continue;
		row.name = name_at(h, at);
		rows[count++] = row;
	}
	return count;
}

static void judge_table(struct hidden_code *h, const struct code_range *r,
			const struct table *tables, size_t n, size_t at)
{
	const struct table *t = &tables[at];
	struct row *rows =
		fw_alloc(&h->arena, t->rows + APART_MAX, sizeof(*rows));

	read_rows(h, t, rows);
	judge(h, rows,
	      t->rows + find_apart(h, r, tables, n, t, rows + t->rows));
}

/* A row that a call adds: register("name", handler). */
struct added {
	uint32_t callee; /* index of a start; an import's lies above those */
	uint8_t name, function; /* arguments */
	bool more;		/* a further text */
	struct row row;
};

static int by_callee(const void *a, const void *b)
{
	const struct added *x = a, *y = b;

	if (x->callee != y->callee)
		return x->callee < y->callee ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x->function > y->function) - (x->function < y->function);
}

/* Whether a call gives a name and a function of the program to somebody. */
static bool adds(const struct hidden_code *h, const struct code_call *c,
		 struct added *a)
{
	uint32_t to = CODE_NO_FUNCTION;
	size_t texts = 0;

	*a = (struct added){ .name = UINT8_MAX };
	for (uint8_t i = 0; i < CODE_ARGS; i++) {
		const struct code_value *v =
			code_value_at(&h->p.values, c->args[i]);
		struct fw_view t = c->text[i];

		if (t.len > 1 && t.len <= NAME_MAX_LEN &&
		    a->name == UINT8_MAX &&
		    memchr(t.data, ' ', t.len) == NULL) {
			a->name = i;
			a->row.name = t;
		} else if (t.len > 0)
			texts++;
		else if (to == CODE_NO_FUNCTION && v->kind == CODE_CONST &&
			 v->n > 0x100 && code_in_text(&h->p, v->n)) {
			to = code_start_at(&h->p, v->n);
			a->function = i;
		}
	}
	a->more = texts > 0;
	a->row.function = to;
	a->callee = c->import != CODE_NO_IMPORT
			    ? (uint32_t)h->p.start_count + c->import
			    : c->function;
	return a->name != UINT8_MAX && to != CODE_NO_FUNCTION &&
	       (c->import != CODE_NO_IMPORT || c->function != CODE_NO_FUNCTION);
}

/* Rows that calls of one function add are a table as well. */
static void judge_added(struct hidden_code *h, struct added *all, size_t n)
{
	struct row *rows = fw_alloc(&h->arena, n, sizeof(*rows));

	qsort(all, n, sizeof(*all), by_callee);
	for (size_t i = 0, k; i < n; i = k) {
		size_t more = 0;

		for (k = i; k < n && by_callee(&all[i], &all[k]) == 0; k++)
			more += all[k].more;
		for (size_t j = i; j < k; j++) {
			rows[j - i] = all[j].row;
			rows[j - i].bare =
				!all[j].more && more * 10 >= (k - i) * 6;
		}
		if (k - i >= ROWS_MIN)
			judge(h, rows, (uint32_t)(k - i));
	}
}

static bool is_name(struct fw_view t)
{
	return t.len > 1 && t.len <= NAME_MAX_LEN &&
	       memchr(t.data, ' ', t.len) == NULL &&
	       memchr(t.data, '%', t.len) == NULL &&
	       memchr(t.data, '\n', t.len) == NULL;
}

/* Rows that a function writes one after the other, where the call that adds one
 * was put in place: a name and a function take turns among its constants. */
static void judge_written(struct hidden_code *h, const struct code_function *f)
{
	struct row *rows = NULL;
	size_t n = 0, cap = 0, functions = 0, names = 0;
	/* What else a long function knows pairs by chance. */
	const size_t least = h->p.import_count < 2 ? WRITTEN_MIN : ROWS_MIN;
	struct fw_view name = { NULL, 0 }, t;
	uint32_t to, waiting = CODE_NO_FUNCTION;

	for (size_t i = 0; i < f->pointer_count; i++)
		functions += code_in_text(&h->p, f->pointers[i]);
	if (functions < least)
		return;
	for (size_t i = 0; i < f->pointer_count; i++) {
		to = code_in_text(&h->p, f->pointers[i])
			     ? code_start_at(&h->p, f->pointers[i])
			     : CODE_NO_FUNCTION;
		t = to != CODE_NO_FUNCTION ? (struct fw_view){ NULL, 0 }
					   : code_text(&h->p, f->pointers[i]);
		if (is_name(t)) {
			name = t;
			names++;
		} else if (to != CODE_NO_FUNCTION)
			waiting = to;
		if (name.len == 0 || waiting == CODE_NO_FUNCTION)
			continue;
		rows = fw_grow(&h->arena, rows, &cap, n + 1, sizeof(*rows));
		rows[n++] = (struct row){ .name = name, .function = waiting };
		name.len = 0;
		waiting = CODE_NO_FUNCTION;
	}
	if (n >= least && n <= ROWS_MAX && n == functions && names <= 2 * n)
		judge(h, rows, (uint32_t)n);
}

static void search_calls(struct hidden_code *h)
{
	struct added *all = NULL, a;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		for (size_t k = 0; f != NULL && k < f->call_count; k++) {
			if (n == ADDED_MAX || !adds(h, &f->calls[k], &a))
				continue;
			all = fw_grow(&h->arena, all, &cap, n + 1, sizeof(a));
			all[n++] = a;
		}
	}
	if (n >= ROWS_MIN)
		judge_added(h, all, n);
	for (uint32_t i = 0; i < h->p.start_count; i++)
		if (h->p.starts[i].analysed != NULL)
			judge_written(h, h->p.starts[i].analysed);
}

/* Whether rows that a table begins with belong to a longer one, of which it has
 * every other row: a row apart stands before it. */
static bool is_every_other(const struct hidden_code *h, const struct table *t)
{
	struct table next;

	if (t->step % 2 != 0)
		return false;
	next = table_at(h, t->address + (uint64_t)t->step / 2 * h->p.word);
	if (next.rows == 0)
		next = table_at(h, t->address + (uint64_t)t->step * h->p.word);
	return next.rows > t->rows && next.step * 2 == t->step;
}

/* Data that can be written, or that a loader's relocations fill. */
static void search(struct hidden_code *h, const struct code_range *r)
{
	uint64_t at = (r->address + h->p.word - 1) / h->p.word * h->p.word;
	struct table tables[TABLES_MAX];
	size_t n = 0;

	while (at - r->address + h->p.word <= r->bytes.len && n < TABLES_MAX) {
		struct table t = { .rows = 0 };

		if (name_at(h, at).len > 0)
			t = table_at(h, at);
		if (t.rows >= ROWS_MIN && !is_every_other(h, &t)) {
			tables[n++] = t;
			at += (uint64_t)t.rows * t.step * h->p.word;
		} else
			at += h->p.word;
	}
	for (size_t i = 0; i < n; i++)
		judge_table(h, r, tables, n, i);
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	for (size_t i = 0; h != NULL && i < h->p.range_count; i++)
		if (!h->p.ranges[i].exec || h->p.ranges[i].write)
			search(h, &h->p.ranges[i]);
	if (h != NULL)
		search_calls(h);
}

const struct fw_analyzer fw_analyzer_hidden_table = {
	.name = "hidden_table",
	.title = "The odd one out in tables of names and handlers",
	.wants = hidden_wants,
	.inspect = inspect,
};
