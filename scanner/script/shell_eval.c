/* shell_eval.c - walks a script as the shell would, without running it
 *
 * A stack of frames, no recursion. Each branch is walked once; the body of a
 * function once for each call (up to a limit), that of `for` once for each
 * constant value (up to a limit). All in all no more than STEPS_EACH steps a
 * node and some.
 */
#include <stdio.h>

#include "script/shell_vars.h"

enum {
	FRAMES_MAX = 2 * FW_SH_DEPTH_MAX,
	STEPS_EACH = 3,
	STEPS_MORE = 2000,
	CALLS_MAX = 12,
	ITEMS_MAX = 16,
	COMMAND_MAX = 4096, /* bytes of all arguments */
	REDIRS_MAX = 8
};

struct function {
	struct function *next;
	struct fw_view name;
	uint32_t node;
	unsigned calls;
};

/* A list of commands, or the parts of a construct, being walked. */
struct frame {
	uint32_t node, at, end;
	uint32_t base;		 /* conditions that hold for all of it */
	uint32_t prev;		 /* the command before; UINT32_MAX: none */
	uint32_t cond;		 /* SH_IF, SH_LOOP: its SH_COND, not yet used */
	struct fw_sh_cond after; /* holds from the next command or part on */
	size_t log;
	uint32_t items, item; /* SH_FOR */
	const char *const *item_text;
	const char *subject;	      /* SH_CASE */
	bool call;		      /* the body of a function */
	const char *function, *entry; /* to go back to */
	const char *const *args;
	uint32_t arg_count;
};

struct walk {
	struct fw_arena *arena;
	const struct fw_sh *s;
	void (*visit)(void *ctx, const struct fw_sh_command *c);
	void *ctx;
	struct sh_env env;
	struct frame frames[FRAMES_MAX];
	unsigned depth;
	struct fw_sh_cond conds[FW_SH_CONDS_MAX];
	uint32_t cond_count;
	struct function *functions[SH_BUCKETS];
	const char *function, *entry;
	uint64_t steps, steps_max;
	/* of the command at hand */
	char text[COMMAND_MAX + 2 * FW_SH_TEXT_MAX + 8];
	const char *argv[FW_SH_ARGS_MAX];
	uint32_t argc;
};

static bool is_list(enum fw_sh_kind k)
{
	return k != SH_IF && k != SH_LOOP && k != SH_FOR && k != SH_CASE;
}

static void push_cond(struct walk *w, struct fw_sh_cond c)
{
	if (c.text != NULL && w->cond_count < FW_SH_CONDS_MAX)
		w->conds[w->cond_count++] = c;
}

/* --- words --- */

/* Expands words first .. first + count - 1 into w->argv, divided at blanks. */
static void expand(struct walk *w, const struct fw_sh *s, uint32_t first,
		   uint32_t count)
{
	struct sh_text t = { .s = w->text, .max = COMMAND_MAX };

	w->text[0] = '\0';
	w->argc = 0;
	for (uint32_t i = 0; i < count && t.n < t.max; i++) {
		size_t from = t.n;

		if (i > 0)
			sh_puts(&t, " ");
		size_t start = t.n;
		struct sh_text one = { t.s + t.n, 0, 0, FW_SH_TEXT_MAX };

		one.s[0] = '\0';
		sh_expand(&w->env, s, s->words[first + i], 0, &one);
		t.n = start + one.n;
		if (one.n == 0)
			t.n = from;
		t.s[t.n] = '\0';
	}
	char *p = w->text;

	while (*p != '\0' && w->argc < FW_SH_ARGS_MAX) {
		w->argv[w->argc++] = p;
		while (*p != '\0' && *p != ' ')
			p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
		if (*p == ' ')
			*p++ = '\0';
		while (*p == ' ')
			p++;
	}
}

static const char *const *keep_args(struct walk *w, uint32_t from)
{
	uint32_t n = w->argc - from;
	const char **list = fw_alloc(w->arena, n + 1U, sizeof(*list));

	for (uint32_t i = 0; i < n; i++)
		list[i] = fw_strdup(w->arena, fw_view_str(w->argv[from + i]));
	return list;
}

static const char *command_text(struct walk *w, size_t max)
{
	struct sh_text t = { .max = max };

	t.s = fw_alloc(w->arena, max + 1, 1);
	for (uint32_t i = 0; i < w->argc && t.n < max; i++) {
		if (i > 0)
			sh_puts(&t, " ");
		sh_puts(&t, w->argv[i]);
	}
	return t.s;
}

/* --- conditions --- */

static bool is_test(const char *name)
{
	return strcmp(name, "[") == 0 || strcmp(name, "[[") == 0 ||
	       strcmp(name, "test") == 0;
}

/* What has to hold so that the command at node i succeeds. */
static struct fw_sh_cond command_cond(struct walk *w, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];
	struct fw_sh_cond c = { "runs {}", false };

	if (n->kind == SH_SIMPLE) {
		expand(w, w->s, n->word + n->assigns,
		       n->word_count - n->assigns);
		if (w->argc == 0 || strcmp(w->argv[0], ":") == 0 ||
		    strcmp(w->argv[0], "true") == 0)
			c.text = NULL;
		else if (strcmp(w->argv[0], "false") == 0)
			c.text = "never";
		else if (is_test(w->argv[0]))
			c = sh_test(w->arena, w->argv, w->argc);
		else
			c.text = fw_sprintf(w->arena, "runs %s",
					    command_text(w, 200));
	}
	if (n->negated && c.text == NULL)
		c.text = "never";
	else if (n->negated && strncmp(c.text, "never", 5) == 0)
		c.text = NULL;
	else if (n->negated)
		c.negated = !c.negated;
	return c;
}

static struct fw_sh_cond not(struct fw_sh_cond c)
{
	if (c.text == NULL)
		return (struct fw_sh_cond){ "never", false };
	if (strncmp(c.text, "never", 5) == 0)
		return (struct fw_sh_cond){ NULL, false };
	c.negated = !c.negated;
	return c;
}

/* Several conditions as one. */
static struct fw_sh_cond combined(struct walk *w, const char *verb,
				  const struct fw_sh_cond *c, uint32_t n)
{
	struct sh_text t = { .max = 300 };

	if (n == 0)
		return (struct fw_sh_cond){ NULL, false };
	if (n == 1)
		return c[0];
	t.s = fw_alloc(w->arena, t.max + 1, 1);
	sh_puts(&t, verb);
	for (uint32_t i = 0; i < n; i++) {
		sh_puts(&t, i == 0 ? " " : ", ");
		sh_puts(&t, c[i].negated ? "not " : "");
		sh_puts(&t, c[i].text);
	}
	return (struct fw_sh_cond){ t.s, false };
}

/* What a condition part (SH_COND) tests: that of its last list. */
static struct fw_sh_cond part_cond(struct walk *w, uint32_t part)
{
	const struct fw_sh_node *nodes = w->s->nodes;
	struct fw_sh_cond list[8], c;
	uint32_t n = 0, last = part + 1;
	bool any = false;

	for (uint32_t i = part + 1; i < nodes[part].end; i = nodes[i].end)
		if (nodes[i].link == SH_SEQ)
			last = i;
	for (uint32_t i = last; i < nodes[part].end && n < 8;
	     i = nodes[i].end) {
		any = any || nodes[i].link == SH_OR;
		if (nodes[i].link == SH_PIPE && n > 0)
			n--; /* the last of a pipeline decides */
		c = command_cond(w, i);
		if (c.text != NULL)
			list[n++] = c;
		else if (any)
			return c; /* one of them always holds */
	}
	return combined(w, any ? "any" : "all", list, n);
}

/* --- frames --- */

static struct frame *push(struct walk *w, uint32_t node, uint32_t from,
			  uint32_t end)
{
	if (w->depth == FRAMES_MAX)
		return NULL;
	struct frame *f = &w->frames[w->depth++];

	*f = (struct frame){ .node = node,
			     .at = from,
			     .end = end,
			     .base = w->cond_count,
			     .prev = UINT32_MAX,
			     .cond = UINT32_MAX,
			     .log = w->env.log_count };
	return f;
}

static struct frame *push_node(struct walk *w, uint32_t node)
{
	return push(w, node, node + 1, w->s->nodes[node].end);
}

/* Conditions of what follows an exit or return in this frame: that it was not
 * reached. */
static void cut_off(struct walk *w, struct frame *f)
{
	uint32_t n = w->cond_count > f->base ? w->cond_count - f->base : 0;

	f->after = not(combined(w, "all", &w->conds[f->base], n));
}

static void leave_early(struct walk *w, bool script)
{
	for (unsigned d = w->depth; d > 0; d--) {
		struct frame *f = &w->frames[d - 1];
		enum fw_sh_kind k = w->s->nodes[f->node].kind;

		if (is_list(k))
			cut_off(w, f);
		if (k == SH_SUBSHELL || (f->call && !script))
			return;
	}
}

static void pop(struct walk *w)
{
	struct frame *f = &w->frames[w->depth - 1];
	enum fw_sh_kind k = w->s->nodes[f->node].kind;

	if (k == SH_SUBSHELL)
		sh_restore(&w->env, f->log);
	else if (k == SH_THEN || k == SH_ELSE || k == SH_DO || k == SH_ITEM)
		sh_forget(&w->env, f->log);
	if (f->call) {
		w->function = f->function;
		w->entry = f->entry;
		w->env.args = f->args;
		w->env.arg_count = f->arg_count;
	}
	w->depth--;
	/* What the frame pushed goes; its own condition was pushed before. */
	w->cond_count = w->depth > 0 && f->base < w->cond_count ? f->base
								: w->cond_count;
}

/* --- commands --- */

static struct function *function_named(struct walk *w, const char *name)
{
	struct fw_view v = fw_view_str(name);
	size_t b = v.len == 0 ? 0 : (v.data[0] * 31U + v.len) % SH_BUCKETS;

	for (struct function *f = w->functions[b]; f != NULL; f = f->next)
		if (fw_view_eq(f->name, v))
			return f;
	return NULL;
}

static void add_functions(struct walk *w)
{
	for (uint32_t i = 0; i < w->s->count; i++) {
		const struct fw_sh_node *n = &w->s->nodes[i];

		if (n->kind != SH_FUNC || n->word_count == 0)
			continue;
		struct fw_view v = fw_sh_bare(w->s, w->s->words[n->word]);

		if (v.len == 0)
			continue;
		struct function *f = fw_alloc(w->arena, 1, sizeof(*f));
		size_t b = (v.data[0] * 31U + v.len) % SH_BUCKETS;

		*f = (struct function){ w->functions[b], v, i, 0 };
		w->functions[b] = f;
	}
}

static struct fw_sh_command new_command(struct walk *w,
					const struct fw_sh_node *n)
{
	return (struct fw_sh_command){
		.line = n->line,
		.off = n->off,
		.background = n->background,
		.piped = n->link == SH_PIPE,
		.function = w->function,
		.entry = w->entry,
		.conds = w->conds,
		.cond_count = w->cond_count,
	};
}

/* NAME=value in the word i of the script. */
static void assign(struct walk *w, const struct fw_sh_node *n, uint32_t i)
{
	const struct fw_sh_word *word = &w->s->words[i];
	struct fw_view t = w->s->segs[word->first].text;
	char buf[FW_SH_TEXT_MAX + 1] = "";
	struct sh_text value = { .s = buf, .max = FW_SH_TEXT_MAX };
	size_t eq = 0;

	while (t.data[eq] != '=')
		eq++;
	struct fw_view name = fw_view_sub(t, 0, eq);
	bool more = eq > 0 && t.data[eq - 1] == '+';

	if (more)
		name.len--;
	sh_expand(&w->env, w->s, *word, eq + 1, &value);
	struct fw_sh_command c = new_command(w, n);

	sh_set(&w->env, name, more ? NULL : value.n > 0 ? value.s : "\"\"");
	c.name = fw_strdup(w->arena, fw_view_sub(name, 0, 80));
	c.value = value.s;
	w->visit(w->ctx, &c);
}

/* export, local and their like: NAME=value among the arguments. */
static void declare(struct walk *w, const struct fw_sh_node *n)
{
	for (uint32_t i = 1; i < n->word_count; i++) {
		const struct fw_sh_word *word = &w->s->words[n->word + i];
		const struct fw_sh_seg *g = &w->s->segs[word->first];

		if (word->count > 0 && g->kind == SH_TEXT && g->text.len > 0 &&
		    fw_sh_name_start(g->text.data[0]) &&
		    memchr(g->text.data, '=', g->text.len) != NULL)
			assign(w, n, n->word + i);
	}
}

static void set_unknown(struct walk *w, uint32_t from, const char *value)
{
	for (uint32_t i = from; i < w->argc; i++)
		if (fw_sh_name_start((uint8_t)w->argv[i][0]))
			sh_set(&w->env,
			       fw_view_of(fw_strdup(w->arena,
						    fw_view_str(w->argv[i])),
					  strlen(w->argv[i])),
			       value);
}

static void enter_function(struct walk *w, struct function *fn, bool entry)
{
	const char *name = fw_strdup(w->arena, fn->name);
	const char *const *args = entry ? NULL : keep_args(w, 1);
	uint32_t argc = entry ? 0 : w->argc - 1;
	struct frame *f = push_node(w, fn->node);

	if (f == NULL)
		return;
	fn->calls++;
	f->call = true;
	f->function = w->function;
	f->entry = w->entry;
	f->args = w->env.args;
	f->arg_count = w->env.arg_count;
	w->function = name;
	if (entry)
		w->entry = name;
	w->env.args = args;
	w->env.arg_count = argc;
}

/* What a shell does itself and matters here. True: no program is started. */
static bool builtin(struct walk *w, const struct fw_sh_node *n)
{
	const char *name = w->argv[0];

	if (strcmp(name, "exit") == 0 || strcmp(name, "return") == 0) {
		leave_early(w, name[0] == 'e');
	} else if (strcmp(name, "export") == 0 || strcmp(name, "local") == 0 ||
		   strcmp(name, "readonly") == 0 ||
		   strcmp(name, "declare") == 0 ||
		   strcmp(name, "typeset") == 0) {
		declare(w, n);
	} else if (strcmp(name, "read") == 0) {
		set_unknown(w, 1, "$(read)");
	} else if (strcmp(name, "unset") == 0) {
		set_unknown(w, 1, "\"\"");
	} else if (strcmp(name, "shift") == 0) {
		if (w->env.args != NULL && w->env.arg_count > 0) {
			w->env.args++;
			w->env.arg_count--;
		}
	} else {
		return false;
	}
	return true;
}

static void redirects(struct walk *w, const struct fw_sh_node *n,
		      struct fw_sh_target *list, struct fw_sh_command *c)
{
	struct sh_text t = { .s = w->text + COMMAND_MAX + FW_SH_TEXT_MAX + 4,
			     .max = FW_SH_TEXT_MAX };

	for (uint32_t i = 0; i < n->redir_count && c->redir_count < REDIRS_MAX;
	     i++) {
		const struct fw_sh_redir *r = &w->s->redirs[n->redir + i];

		t.n = 0;
		t.s[0] = '\0';
		sh_expand(&w->env, w->s, r->target, 0, &t);
		list[c->redir_count++] = (struct fw_sh_target){
			r->kind, fw_strdup(w->arena, fw_view_str(t.s)), r->body
		};
	}
	c->redirs = list;
}

static void run_simple(struct walk *w, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];
	struct fw_sh_target list[REDIRS_MAX];
	struct fw_sh_command c = new_command(w, n);

	if (n->assigns == n->word_count)
		for (uint32_t k = 0; k < n->assigns; k++)
			assign(w, n, n->word + k);
	redirects(w, n, list, &c);
	expand(w, w->s, n->word + n->assigns, n->word_count - n->assigns);
	if (w->argc == 0 && c.redir_count == 0)
		return;
	c.argv = w->argv;
	c.argc = w->argc;
	struct function *fn =
		w->argc > 0 ? function_named(w, w->argv[0]) : NULL;

	if (fn != NULL) {
		if (fn->calls < CALLS_MAX)
			enter_function(w, fn, false);
	} else if (w->argc == 0 || !builtin(w, n)) {
		w->visit(w->ctx, &c);
	}
}

/* --- constructs --- */

static void start_for(struct walk *w, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];

	if (n->word_count > 0)
		expand(w, w->s, n->word + 1, n->word_count - 1);
	else
		w->argc = 0;
	if (w->argc > ITEMS_MAX)
		w->argc = ITEMS_MAX;
	const char *const *list = keep_args(w, 0);
	uint32_t count = w->argc;
	struct frame *f = push_node(w, i);

	if (f != NULL) {
		f->items = count;
		f->item_text = list;
	}
}

static void start_case(struct walk *w, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];

	expand(w, w->s, n->word, n->word_count);
	const char *subject = command_text(w, 200);
	struct frame *f = push_node(w, i);

	if (f != NULL)
		f->subject = subject;
}

static void start_item(struct walk *w, struct frame *parent, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];
	struct sh_text t = { .max = 200 };
	bool rest = false;

	w->cond_count = parent->base;
	expand(w, w->s, n->word, n->word_count);
	t.s = fw_alloc(w->arena, t.max + 1, 1);
	for (uint32_t k = 0; k < w->argc; k++) {
		rest = rest || strcmp(w->argv[k], "*") == 0;
		sh_puts(&t, k > 0 ? "|" : "");
		sh_puts(&t, w->argv[k]);
	}
	push_cond(w, (struct fw_sh_cond){ fw_sprintf(w->arena, "case %s %s",
						     parent->subject,
						     rest ? "*" : t.s),
					  false });
	struct frame *f = push_node(w, i);

	if (f != NULL)
		f->base = w->cond_count;
}

static void take_after(struct walk *w, struct frame *f)
{
	push_cond(w, f->after);
	f->base = w->cond_count;
	f->after.text = NULL;
}

/* A command in a list: conditions by && and || first. */
static void link_cond(struct walk *w, struct frame *f, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];

	if (n->link == SH_PIPE)
		return;
	if (n->link != SH_AND)
		w->cond_count = f->base;
	if (n->link == SH_SEQ)
		take_after(w, f);
	if (n->link == SH_SEQ || f->prev == UINT32_MAX)
		return;
	struct fw_sh_cond c = command_cond(w, f->prev);

	push_cond(w, n->link == SH_OR ? not(c) : c);
}

static void run_command(struct walk *w, struct frame *f, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];

	f->at = n->end;
	if (n->kind == SH_COND) {
		f->cond = i;
		push_node(w, i);
		return;
	}
	link_cond(w, f, i);
	f->prev = i;
	if (n->kind == SH_SIMPLE)
		run_simple(w, i);
	else if (n->kind == SH_FOR)
		start_for(w, i);
	else if (n->kind == SH_CASE)
		start_case(w, i);
	else if (n->kind != SH_FUNC)
		push_node(w, i);
}

/* The parts of if, while, for and case. */
static void run_part(struct walk *w, struct frame *f, uint32_t i)
{
	const struct fw_sh_node *n = &w->s->nodes[i];
	struct fw_sh_cond c = { NULL, false };
	bool loop = w->s->nodes[f->node].kind == SH_LOOP;

	f->at = n->end;
	w->cond_count = f->base;
	take_after(w, f);
	if (n->kind == SH_ITEM) {
		start_item(w, f, i);
		return;
	}
	if (n->kind == SH_COND) {
		f->cond = i;
		push_node(w, i);
		return;
	}
	if (f->cond != UINT32_MAX)
		c = part_cond(w, f->cond);
	f->cond = UINT32_MAX;
	if (loop && w->s->nodes[f->node].negated)
		c = not(c);
	if (n->kind == SH_THEN)
		f->after = not(c); /* for elif and else */
	push_cond(w, c);
	if (n->kind == SH_DO && f->items > 0) {
		struct fw_view name = fw_sh_bare(
			w->s, w->s->words[w->s->nodes[f->node].word]);

		if (name.len > 0)
			sh_set(&w->env, name, f->item_text[f->item]);
		if (++f->item < f->items)
			f->at = i; /* once more */
	}
	push_node(w, i);
}

static void step(struct walk *w)
{
	struct frame *f = &w->frames[w->depth - 1];

	w->steps++;
	if (f->at >= f->end)
		pop(w);
	else if (is_list(w->s->nodes[f->node].kind))
		run_command(w, f, f->at);
	else
		run_part(w, f, f->at);
}

static void run(struct walk *w)
{
	while (w->depth > 0 && w->steps < w->steps_max)
		step(w);
	w->depth = 0;
	w->cond_count = 0;
}

/* Functions that are there for whoever sources the script. */
static void run_uncalled(struct walk *w)
{
	for (uint32_t i = 0; i < w->s->count && w->steps < w->steps_max; i++) {
		const struct fw_sh_node *n = &w->s->nodes[i];

		if (n->kind != SH_FUNC || n->word_count == 0)
			continue;
		struct fw_view v = fw_sh_bare(w->s, w->s->words[n->word]);
		struct function *fn =
			v.len == 0 ? NULL
				   : function_named(w, fw_strdup(w->arena, v));

		if (fn == NULL || fn->calls > 0 || fn->node != i)
			continue;
		w->function = w->entry = NULL;
		enter_function(w, fn, true);
		run(w);
	}
}

void fw_sh_eval(struct fw_arena *a, const struct fw_sh *s,
		void (*visit)(void *ctx, const struct fw_sh_command *c),
		void *ctx)
{
	struct walk *w = fw_alloc(a, 1, sizeof(*w));

	w->arena = a;
	w->s = s;
	w->visit = visit;
	w->ctx = ctx;
	w->env.arena = a;
	w->steps_max = (uint64_t)STEPS_EACH * s->count + STEPS_MORE;
	add_functions(w);
	push_node(w, 0);
	run(w);
	run_uncalled(w);
}
