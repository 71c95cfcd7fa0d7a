/* shell_vars.c - variables and expansion of a script that is not run */
#include <stdio.h>

#include "script/shell_vars.h"

enum { SUBST_MAX = 512, VALUE_MAX = 240, SEGS_MAX = 64 };

void sh_put(struct sh_text *t, const char *s, size_t n)
{
	if (n > t->max - t->n)
		n = t->max - t->n;
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

void sh_puts(struct sh_text *t, const char *s)
{
	sh_put(t, s, strlen(s));
}

static void put_literal(struct sh_text *t, struct fw_view v)
{
	for (size_t i = 0; i < v.len && t->n + 2 <= t->max; i++) {
		char c = (char)v.data[i], esc[2] = { '\\', c };

		if (c == '\n' || c == '\t')
			esc[1] = c == '\n' ? 'n' : 't';
		if (strchr(" $\\;\"()\n\t", c) != NULL && c != '\0')
			sh_put(t, esc, 2);
		else
			sh_put(t, c == '\0' ? "?" : &c, 1);
	}
}

static size_t hash(struct fw_view name)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ name.data[i]) * 16777619U;
	return h % SH_BUCKETS;
}

struct sh_var *sh_var(struct sh_env *e, struct fw_view name, bool make)
{
	struct sh_var **at = &e->bucket[hash(name)], *v;

	for (v = *at; v != NULL; v = v->next)
		if (fw_view_eq(v->name, name))
			return v;
	if (!make)
		return NULL;
	v = fw_alloc(e->arena, 1, sizeof(*v));
	v->name = name;
	v->next = *at;
	*at = v;
	return v;
}

void sh_set(struct sh_env *e, struct fw_view name, const char *value)
{
	struct sh_var *v = sh_var(e, name, false);
	bool fresh = v == NULL;

	if (fresh)
		v = sh_var(e, name, true);
	e->log = fw_grow(e->arena, e->log, &e->log_cap, e->log_count + 1,
			 sizeof(*e->log));
	e->log[e->log_count++] = (struct sh_undo){ v, v->value, fresh };
	v->value = value == NULL
			   ? NULL
			   : fw_strdup(e->arena,
				       fw_view_of(value,
						  strnlen(value, VALUE_MAX)));
}

void sh_forget(struct sh_env *e, size_t mark)
{
	for (size_t i = e->log_count; i > mark; i--) {
		struct sh_undo *u = &e->log[i - 1];

		if (u->fresh || (u->was != NULL && u->var->value != NULL &&
				 strcmp(u->was, u->var->value) == 0))
			continue;
		/* A value that was empty is being filled in. */
		if (u->was != NULL && strcmp(u->was, "\"\"") == 0)
			continue;
		u->var->value = NULL;
	}
}

void sh_restore(struct sh_env *e, size_t mark)
{
	while (e->log_count > mark) {
		struct sh_undo *u = &e->log[--e->log_count];

		u->var->value = u->was;
	}
}

/* --- expansion --- */

/* A value inside a word: the mark of an empty word says nothing there. */
static void put_value(struct sh_text *out, const char *value, bool quoted)
{
	unsigned inside = 0; /* $( ) */

	if (strcmp(value, "\"\"") == 0)
		return;
	for (const char *p = value; *p != '\0'; p++) {
		inside += p[0] == '$' && p[1] == '(';
		inside -= p[0] == ')' && inside > 0;
		/* Without quotes a value is divided at its blanks. */
		if (!quoted && inside == 0 && p[0] == '\\' &&
		    (p[1] == ' ' || p[1] == 't' || p[1] == 'n')) {
			sh_put(out, " ", 1);
			p++;
		} else if (p[0] == '\\' && p[1] != '\0') {
			sh_put(out, p, out->n + 2 <= out->max ? 2 : 0);
			p++;
		} else {
			sh_put(out, p, 1);
		}
	}
}

static void put_unknown(struct sh_text *out, struct fw_view name)
{
	char s[80];
	int n = snprintf(s, sizeof(s), "${%.*s}",
			 (int)(name.len < 64 ? name.len : 64),
			 (const char *)name.data);

	if (out->n + (size_t)n <= out->max)
		sh_put(out, s, (size_t)n);
}

static void put_args(struct sh_env *e, struct sh_text *out)
{
	for (uint32_t i = 0; i < e->arg_count; i++) {
		if (i > 0)
			sh_puts(out, e->depth > 0 ? "\\ " : " ");
		sh_puts(out, e->args[i]);
	}
}

/* $1...$9, $@, $#: of the function's call when that is known. */
static bool put_positional(struct sh_env *e, struct fw_view name, bool quoted,
			   struct sh_text *out)
{
	uint8_t c = name.len == 1 ? name.data[0] : 0;

	if (e->args == NULL)
		return false;
	if (c == '@' || c == '*') {
		put_args(e, out);
		return true;
	}
	if (c < '1' || c > '9')
		return false;
	if ((uint32_t)(c - '0') <= e->arg_count)
		put_value(out, e->args[c - '1'], quoted || e->depth > 0);
	return true;
}

static void put_segs(struct sh_env *e, const struct fw_sh_seg *segs,
		     uint32_t count, size_t skip, struct sh_text *out);

/* ${name:-word}: the word, when the script never sets the name. One level only:
 * what is nested deeper stays unknown. */
static bool put_default(struct sh_env *e, const struct fw_sh_seg *g,
			struct sh_text *out)
{
	struct fw_view op = g->op;
	uint32_t n = 0;

	if (op.len > 0 && op.data[0] == ':')
		op = fw_view_sub(op, 1, SIZE_MAX);
	if (op.len == 0 || (op.data[0] != '-' && op.data[0] != '=') ||
	    op.len > SUBST_MAX || e->depth >= SH_SUBST_DEPTH)
		return false;
	struct fw_view word = fw_view_sub(op, 1, SIZE_MAX);
	uint8_t mark = word.len > 1 ? word.data[0] : 0;

	if ((mark == '"' || mark == '\'') && word.data[word.len - 1] == mark)
		word = fw_view_sub(word, 1, word.len - 2);
	const struct fw_sh_seg *segs = fw_sh_split(e->arena, word, &n);

	e->depth++;
	put_segs(e, segs, n, 0, out);
	e->depth--;
	return true;
}

static void put_var(struct sh_env *e, const struct fw_sh_seg *g,
		    struct sh_text *out)
{
	const struct sh_var *v = sh_var(e, g->text, false);
	bool plain = g->op.len == 0 || g->op.data[0] == ':' ||
		     g->op.data[0] == '-' || g->op.data[0] == '=';

	if (v == NULL && put_positional(e, g->text, g->quoted, out))
		return;
	if (v != NULL && v->value != NULL && plain &&
	    !(g->op.len > 1 && g->op.data[1] == '+') &&
	    strcmp(v->value, "\"\"") != 0) {
		put_value(out, v->value, g->quoted || e->depth > 0);
		return;
	}
	if (v != NULL && v->value != NULL && g->op.len == 0)
		return; /* set to nothing */
	if ((v == NULL || v->value != NULL) && put_default(e, g, out))
		return;
	put_unknown(out, g->text);
}

/* $(command): in text form when it is one simple command. */
static void put_command(struct sh_env *e, struct fw_view text,
			struct sh_text *out)
{
	struct fw_view cut = fw_view_sub(fw_trim(text), 0, 120);

	if (out->n + 4 > out->max)
		return;
	sh_puts(out, "$(");
	if (text.len <= SUBST_MAX && e->depth < SH_SUBST_DEPTH) {
		struct fw_sh s = fw_sh_parse(e->arena, text);
		const struct fw_sh_node *n = &s.nodes[s.count - 1];

		if (s.count == 2 && n->kind == SH_SIMPLE && n->assigns == 0 &&
		    n->redir_count == 0) {
			e->depth++;
			for (uint32_t i = 0; i < n->word_count; i++) {
				if (i > 0)
					sh_put(out, "\\ ", 2);
				sh_expand(e, &s, s.words[n->word + i], 0, out);
			}
			e->depth--;
			cut.len = 0;
		}
	}
	put_literal(out, cut);
	sh_puts(out, ")");
}

static void put_segs(struct sh_env *e, const struct fw_sh_seg *segs,
		     uint32_t count, size_t skip, struct sh_text *out)
{
	for (uint32_t i = 0; i < count && i < SEGS_MAX; i++) {
		const struct fw_sh_seg *g = &segs[i];

		if (g->kind == SH_TEXT)
			put_literal(out, fw_view_sub(g->text, i == 0 ? skip : 0,
						     SIZE_MAX));
		else if (g->kind == SH_VAR)
			put_var(e, g, out);
		else if (g->kind == SH_CMD)
			put_command(e, g->text, out);
		else
			put_unknown(out, FW_STR("(())"));
	}
}

void sh_expand(struct sh_env *e, const struct fw_sh *s, struct fw_sh_word w,
	       size_t skip, struct sh_text *out)
{
	size_t from = out->n;

	put_segs(e, s->segs + w.first, w.count, skip, out);
	/* An unquoted expansion of nothing leaves no word. */
	if (out->n == from && (w.count == 0 || s->segs[w.first].quoted ||
			       s->segs[w.first].kind == SH_TEXT))
		sh_puts(out, "\"\"");
}

bool fw_sh_known(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '$')
			return false;
		if (*text == '\\' && text[1] != '\0')
			text++;
	}
	return true;
}

char *fw_sh_plain(struct fw_arena *a, const char *text)
{
	char *out = fw_strdup(a, fw_view_str(text)), *to = out;

	if (strcmp(text, "\"\"") == 0)
		text = "";
	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0') {
			text++;
			*to++ = *text == 'n'   ? '\n'
				: *text == 't' ? '\t'
					       : *text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
	return out;
}

/* --- tests --- */

static struct fw_sh_cond cond(struct fw_arena *a, bool negated,
			      const char *verb, const char *x, const char *y)
{
	return (struct fw_sh_cond){ fw_sprintf(a, "%s %.200s%s%.200s", verb, x,
					       y != NULL ? " " : "",
					       y != NULL ? y : ""),
				    negated };
}

/* What is certain: NULL text for what always holds, "never" for what cannot. */
static struct fw_sh_cond certain(bool holds)
{
	return (struct fw_sh_cond){ holds ? NULL : "never", false };
}

static const char *joined(struct fw_arena *a, const char *const *argv,
			  uint32_t argc)
{
	struct sh_text t = { .max = 240 };

	t.s = fw_alloc(a, t.max + 1, 1);
	for (uint32_t i = 0; i < argc && t.n < t.max; i++) {
		if (i > 0)
			sh_puts(&t, " ");
		sh_puts(&t, argv[i]);
	}
	return t.s;
}

static struct fw_sh_cond test_unary(struct fw_arena *a, bool negated,
				    const char *op, const char *x)
{
	if (strcmp(op, "-n") == 0 || strcmp(op, "-z") == 0) {
		bool empty = op[1] == 'z';

		if (fw_sh_known(x))
			return certain(((strcmp(x, "\"\"") == 0) == empty) !=
				       negated);
		return cond(a, negated != empty, "set", x, NULL);
	}
	if (strlen(op) == 2 && strchr("fedxrswbchLpS", op[1]) != NULL)
		return cond(a, negated, "exists", x, NULL);
	return cond(a, negated, "test", op, x);
}

static struct fw_sh_cond test_binary(struct fw_arena *a, bool negated,
				     const char *x, const char *op,
				     const char *y)
{
	bool unequal = strcmp(op, "!=") == 0 || strcmp(op, "-ne") == 0;
	bool equal = strcmp(op, "=") == 0 || strcmp(op, "==") == 0 ||
		     strcmp(op, "-eq") == 0;

	if (!equal && !unequal)
		return cond(a, negated, "test", x,
			    fw_sprintf(a, "%s %.100s", op, y));
	/* [ "x$a" = xyes ] is an old way to write it. */
	if ((x[0] == 'x' || x[0] == 'X') && x[0] == y[0] && x[1] != '\0') {
		x++;
		y = y[1] == '\0' ? "\"\"" : y + 1;
	}
	if (fw_sh_known(x) && fw_sh_known(y) && strpbrk(y, "*?[") == NULL)
		return certain(((strcmp(x, y) == 0) == equal) != negated);
	if (strcmp(y, "\"\"") == 0)
		return cond(a, negated == equal, "set", x, NULL);
	return cond(a, negated != unequal, "eq", x, y);
}

struct fw_sh_cond sh_test(struct fw_arena *a, const char *const *argv,
			  uint32_t argc)
{
	bool negated = false;

	if (argc > 0 && argv[0][0] == '[')
		argc--; /* the closing bracket */
	argv++;
	argc -= argc > 0;
	while (argc > 1 && strcmp(argv[0], "!") == 0) {
		negated = !negated;
		argv++;
		argc--;
	}
	if (argc == 0)
		return certain(negated);
	if (argc == 1 && fw_sh_known(argv[0]))
		return certain((strcmp(argv[0], "\"\"") != 0) != negated);
	if (argc == 1)
		return cond(a, negated, "set", argv[0], NULL);
	if (argc == 2)
		return test_unary(a, negated, argv[0], argv[1]);
	if (argc == 3)
		return test_binary(a, negated, argv[0], argv[1], argv[2]);
	return cond(a, negated, "test", joined(a, argv, argc), NULL);
}
