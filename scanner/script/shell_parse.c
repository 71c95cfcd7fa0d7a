/* shell_parse.c - from words and operators to a tree in preorder
 *
 * A machine with a stack of open constructs, no recursion. A closing word that
 * has nothing to close is skipped; one that closes an outer construct closes
 * what is open inside it as well. Both mark the script as damaged.
 */
#include "script/shell_lex.h"

enum { DELIMITER_MAX = 64 };

struct parser {
	struct sh_lexer x;
	struct fw_arena *arena;
	struct sh_token t; /* the one to be looked at */
	struct fw_sh_node *nodes;
	size_t node_count, node_cap;
	struct fw_sh_word *words;
	size_t word_count, word_cap;
	uint32_t open[FW_SH_DEPTH_MAX]; /* nodes, outermost first */
	unsigned depth;
	enum fw_sh_link link; /* of the next command */
	bool negated;
	uint32_t last; /* the command that ended last; UINT32_MAX: none */
	bool damaged, full;
	uint32_t damaged_line;
};

static void damage(struct parser *p)
{
	if (!p->damaged)
		p->damaged_line = p->t.line;
	p->damaged = true;
}

static void next(struct parser *p)
{
	p->t = sh_next(&p->x);
}

static struct fw_view bare(const struct parser *p, const struct sh_token *t)
{
	const struct fw_sh_seg *s = &p->x.segs[t->word.first];

	return t->kind == SH_WORD && !t->quoted && t->word.count == 1 &&
			       s->kind == SH_TEXT
		       ? s->text
		       : (struct fw_view){ NULL, 0 };
}

static bool is(const struct parser *p, const char *text)
{
	return fw_view_eq(bare(p, &p->t), fw_view_str(text));
}

static struct fw_sh_node *top(struct parser *p)
{
	return &p->nodes[p->open[p->depth - 1]];
}

static struct fw_sh_node *new_node(struct parser *p, enum fw_sh_kind kind)
{
	p->nodes = fw_grow(p->arena, p->nodes, &p->node_cap, p->node_count + 1,
			   sizeof(*p->nodes));
	struct fw_sh_node *n = &p->nodes[p->node_count++];

	*n = (struct fw_sh_node){
		.kind = kind,
		.parent = p->depth > 0 ? p->open[p->depth - 1] : UINT32_MAX,
		.end = (uint32_t)p->node_count,
		.line = p->t.line,
		.off = p->t.off,
		.word = (uint32_t)p->word_count,
		.redir = (uint32_t)p->x.redir_count,
	};
	return n;
}

static void open_part(struct parser *p, enum fw_sh_kind kind)
{
	if (p->depth == FW_SH_DEPTH_MAX) {
		damage(p);
		p->full = true;
		return;
	}
	new_node(p, kind);
	p->open[p->depth++] = (uint32_t)p->node_count - 1;
	p->link = SH_SEQ;
	p->last = UINT32_MAX;
}

/* A command made of others. */
static void open_command(struct parser *p, enum fw_sh_kind kind)
{
	enum fw_sh_link link = p->link;
	bool negated = p->negated;

	open_part(p, kind);
	if (p->full)
		return;
	top(p)->link = link;
	top(p)->negated = negated;
	p->negated = false;
}

static void close_one(struct parser *p)
{
	uint32_t i = p->open[--p->depth];

	p->nodes[i].end = (uint32_t)p->node_count;
	p->last = i;
	p->link = SH_SEQ;
	p->negated = false;
}

/* A command has ended: with the body ends the function. */
static void ended(struct parser *p, uint32_t i)
{
	p->last = i;
	while (p->depth > 1 && top(p)->kind == SH_FUNC)
		close_one(p);
}

/* Closes what is open inside the nearest open construct of this kind. */
static bool close_to(struct parser *p, enum fw_sh_kind kind)
{
	unsigned d = p->depth;

	while (d > 1 && p->nodes[p->open[d - 1]].kind != kind)
		d--;
	if (d <= 1) {
		damage(p);
		return false;
	}
	if (d != p->depth)
		damage(p);
	while (p->depth > d)
		close_one(p);
	return true;
}

static void add_word(struct parser *p, struct fw_sh_word w)
{
	p->words = fw_grow(p->arena, p->words, &p->word_cap, p->word_count + 1,
			   sizeof(*p->words));
	p->words[p->word_count++] = w;
}

/* --- redirections --- */

static void remember_here(struct parser *p, const struct sh_token *op,
			  uint32_t redir)
{
	struct fw_view text = { NULL, 0 };

	for (uint32_t i = 0; i < p->t.word.count; i++) {
		struct fw_view g = p->x.segs[p->t.word.first + i].text;
		uint8_t *both = fw_alloc(p->arena, text.len + g.len + 1, 1);

		if (text.len > 0)
			memcpy(both, text.data, text.len);
		if (g.len > 0)
			memcpy(both + text.len, g.data, g.len);
		text = fw_view_of(both, text.len + g.len);
		if (text.len > DELIMITER_MAX)
			break;
	}
	if (p->x.here_count < SH_HERES)
		p->x.here[p->x.here_count++] =
			(struct sh_here){ text, op->strip, redir };
	else
		damage(p);
}

/* At an operator; the redirection belongs to node i. */
static void redirection(struct parser *p, uint32_t i)
{
	struct sh_token op = p->t;

	next(p);
	if (p->t.kind != SH_WORD) {
		damage(p);
		return;
	}
	p->x.redirs = fw_grow(p->arena, p->x.redirs, &p->x.redir_cap,
			      p->x.redir_count + 1, sizeof(*p->x.redirs));
	uint32_t at = (uint32_t)p->x.redir_count++;

	p->x.redirs[at] =
		(struct fw_sh_redir){ .kind = op.redir, .target = p->t.word };
	if (p->nodes[i].redir_count == 0)
		p->nodes[i].redir = at;
	p->nodes[i].redir_count++;
	if (op.redir == SH_HERE)
		remember_here(p, &op, at);
	next(p);
}

/* --- simple commands --- */

static bool is_assignment(const struct parser *p, const struct sh_token *t)
{
	const struct fw_sh_seg *s = &p->x.segs[t->word.first];

	if (t->word.count == 0 || s->kind != SH_TEXT || s->quoted ||
	    s->text.len == 0 || !fw_sh_name_start(s->text.data[0]))
		return false;
	for (size_t i = 0; i < s->text.len; i++) {
		if (s->text.data[i] == '=')
			return true;
		if (!fw_sh_name_part(s->text.data[i]))
			return s->text.data[i] == '+' && i + 1 < s->text.len &&
			       s->text.data[i + 1] == '=';
	}
	return false;
}

static void function(struct parser *p, uint32_t i)
{
	next(p); /* ( */
	if (p->t.kind == SH_CLOSE)
		next(p);
	else
		damage(p);
	p->nodes[i].kind = SH_FUNC;
	while (p->t.kind == SH_NEWLINE)
		next(p);
	if (p->depth == FW_SH_DEPTH_MAX) {
		damage(p);
		p->full = true;
		return;
	}
	p->open[p->depth++] = i;
	p->link = SH_SEQ;
}

/* name=( ... ) of bash: what is in it is skipped. */
static bool array(struct parser *p, uint32_t words, uint32_t assigns)
{
	if (p->t.kind != SH_OPEN || words == 0 || words != assigns)
		return false;
	while (p->t.kind != SH_CLOSE && p->t.kind != SH_END)
		next(p);
	next(p);
	return true;
}

static void simple(struct parser *p)
{
	struct fw_sh_node *n = new_node(p, SH_SIMPLE);
	uint32_t i = (uint32_t)p->node_count - 1, words = 0, assigns = 0;

	n->link = p->link;
	n->negated = p->negated;
	p->link = SH_SEQ;
	p->negated = false;
	p->x.test = is(p, "[[");
	while (p->t.kind == SH_WORD || p->t.kind == SH_REDIR ||
	       p->t.kind == SH_OPEN) {
		if (p->t.kind == SH_OPEN) {
			if (!array(p, words, assigns))
				break;
			continue;
		}
		if (p->t.kind == SH_REDIR) {
			redirection(p, i);
			continue;
		}
		if (assigns == words && is_assignment(p, &p->t))
			assigns++;
		add_word(p, p->t.word);
		words++;
		if (is(p, "]]"))
			p->x.test = false;
		next(p);
	}
	p->x.test = false;
	p->nodes[i].word_count = words;
	p->nodes[i].assigns = assigns;
	if (p->t.kind == SH_OPEN && words == 1)
		function(p, i);
	else
		ended(p, i);
}

/* --- constructs --- */

static void skip_newlines(struct parser *p)
{
	while (p->t.kind == SH_NEWLINE)
		next(p);
}

static void kw_if(struct parser *p)
{
	open_command(p, SH_IF);
	open_part(p, SH_COND);
}

static void kw_then(struct parser *p)
{
	if (!close_to(p, SH_COND))
		return;
	close_one(p);
	open_part(p, SH_THEN);
}

/* elif and else end the part before. */
static void kw_otherwise(struct parser *p, enum fw_sh_kind part)
{
	if (!close_to(p, SH_THEN))
		return;
	close_one(p);
	open_part(p, part);
}

static void kw_elif(struct parser *p)
{
	kw_otherwise(p, SH_COND);
}

static void kw_else(struct parser *p)
{
	kw_otherwise(p, SH_ELSE);
}

static void close_command(struct parser *p, enum fw_sh_kind kind)
{
	uint32_t i;

	if (!close_to(p, kind))
		return;
	i = p->open[p->depth - 1];
	close_one(p);
	ended(p, i);
}

static void kw_fi(struct parser *p)
{
	if (top(p)->kind == SH_THEN || top(p)->kind == SH_ELSE)
		close_one(p);
	close_command(p, SH_IF);
}

static void kw_while(struct parser *p)
{
	bool until = is(p, "until");

	open_command(p, SH_LOOP);
	if (p->full)
		return;
	top(p)->negated = until;
	open_part(p, SH_COND);
}

static void kw_for(struct parser *p)
{
	open_command(p, SH_FOR);
	if (p->full)
		return;
	uint32_t i = p->open[p->depth - 1], words = 0;

	next(p);
	while (p->t.kind == SH_WORD && words < 1) {
		add_word(p, p->t.word);
		words++;
		next(p);
	}
	skip_newlines(p);
	if (is(p, "in")) {
		p->nodes[i].in = true;
		next(p);
	}
	/* Also gets past the (( )) of bash. */
	while (p->t.kind != SH_SEMI && p->t.kind != SH_NEWLINE &&
	       p->t.kind != SH_END && !(is(p, "do") && !p->nodes[i].in)) {
		if (p->t.kind == SH_WORD && p->nodes[i].in) {
			add_word(p, p->t.word);
			words++;
		}
		next(p);
	}
	p->nodes[i].word_count = words;
}

static void kw_do(struct parser *p)
{
	if (top(p)->kind != SH_FOR) {
		if (!close_to(p, SH_COND))
			return;
		close_one(p);
	}
	open_part(p, SH_DO);
}

static void kw_done(struct parser *p)
{
	if (!close_to(p, SH_DO))
		return;
	close_one(p);
	close_command(p, top(p)->kind == SH_FOR ? SH_FOR : SH_LOOP);
}

static void kw_case(struct parser *p)
{
	open_command(p, SH_CASE);
	if (p->full)
		return;
	next(p);
	if (p->t.kind == SH_WORD) {
		add_word(p, p->t.word);
		top(p)->word_count = 1;
		next(p);
	}
	skip_newlines(p);
	if (!is(p, "in"))
		damage(p);
}

static void kw_esac(struct parser *p)
{
	if (top(p)->kind == SH_ITEM) /* the last one needs no ;; */
		close_one(p);
	close_command(p, SH_CASE);
}

static void kw_open_group(struct parser *p)
{
	open_command(p, SH_GROUP);
}

static void kw_close_group(struct parser *p)
{
	close_command(p, SH_GROUP);
}

static void kw_not(struct parser *p)
{
	p->negated = !p->negated;
}

static void kw_skip(struct parser *p)
{
	(void)p;
}

static void kw_function(struct parser *p)
{
	uint32_t i;

	next(p);
	if (p->t.kind != SH_WORD) {
		damage(p);
		return;
	}
	new_node(p, SH_FUNC);
	i = (uint32_t)p->node_count - 1;
	add_word(p, p->t.word);
	p->nodes[i].word_count = 1;
	next(p);
	if (p->t.kind == SH_OPEN) {
		function(p, i);
		return;
	}
	skip_newlines(p);
	if (p->depth < FW_SH_DEPTH_MAX)
		p->open[p->depth++] = i;
}

static const struct keyword {
	const char *text;
	void (*act)(struct parser *p);
	bool keeps;  /* the token after it is read already */
	bool closes; /* a command; redirections may follow */
} keywords[] = {
	{ "if", kw_if, false, false },
	{ "then", kw_then, false, false },
	{ "elif", kw_elif, false, false },
	{ "else", kw_else, false, false },
	{ "fi", kw_fi, false, true },
	{ "while", kw_while, false, false },
	{ "until", kw_while, false, false },
	{ "for", kw_for, true, false },
	{ "do", kw_do, false, false },
	{ "done", kw_done, false, true },
	{ "case", kw_case, false, false },
	{ "esac", kw_esac, false, true },
	{ "{", kw_open_group, false, false },
	{ "}", kw_close_group, false, true },
	{ "!", kw_not, false, false },
	{ "time", kw_skip, false, false },
	{ "function", kw_function, true, false },
};

static bool keyword(struct parser *p)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (!is(p, keywords[i].text))
			continue;
		uint32_t done = p->last;

		keywords[i].act(p);
		if (!keywords[i].keeps)
			next(p);
		while (keywords[i].closes && p->t.kind == SH_REDIR &&
		       p->last != UINT32_MAX && p->last != done)
			redirection(p, p->last);
		return true;
	}
	return false;
}

/* In a case, between its parts: patterns, or the end. */
static void patterns(struct parser *p)
{
	uint32_t words = 0;

	if (p->t.kind == SH_NEWLINE || p->t.kind == SH_SEMI ||
	    p->t.kind == SH_DSEMI) {
		next(p);
		return;
	}
	if (is(p, "esac")) {
		keyword(p);
		return;
	}
	open_part(p, SH_ITEM);
	if (p->full)
		return;
	if (p->t.kind == SH_OPEN)
		next(p);
	while (p->t.kind == SH_WORD || p->t.kind == SH_BAR) {
		if (p->t.kind == SH_WORD) {
			add_word(p, p->t.word);
			words++;
		}
		next(p);
	}
	top(p)->word_count = words;
	if (p->t.kind != SH_CLOSE)
		damage(p);
	if (p->t.kind != SH_END)
		next(p);
}

static void separator(struct parser *p)
{
	switch (p->t.kind) {
	case SH_AND_IF:
		p->link = SH_AND;
		break;
	case SH_OR_IF:
		p->link = SH_OR;
		break;
	case SH_BAR:
		p->link = SH_PIPE;
		break;
	case SH_NEWLINE: /* a line may end behind && || | */
		break;
	case SH_AMP:
		if (p->last != UINT32_MAX)
			p->nodes[p->last].background = true;
		p->link = SH_SEQ;
		break;
	case SH_DSEMI:
		if (close_to(p, SH_ITEM))
			close_one(p);
		p->link = SH_SEQ;
		break;
	case SH_OPEN:
		open_command(p, SH_SUBSHELL);
		break;
	case SH_CLOSE:
		close_command(p, SH_SUBSHELL);
		break;
	default:
		p->link = SH_SEQ;
		break;
	}
	next(p);
}

static void step(struct parser *p)
{
	if (top(p)->kind == SH_CASE)
		patterns(p);
	else if (p->t.kind == SH_REDIR && p->last != UINT32_MAX &&
		 p->nodes[p->last].kind == SH_SUBSHELL)
		redirection(p, p->last);
	else if (p->t.kind == SH_WORD && keyword(p))
		return;
	else if (p->t.kind == SH_WORD || p->t.kind == SH_REDIR)
		simple(p);
	else
		separator(p);
}

struct fw_sh fw_sh_parse(struct fw_arena *a, struct fw_view text)
{
	struct parser p = { .arena = a, .last = UINT32_MAX };

	p.x = (struct sh_lexer){ .arena = a,
				 .line = 1,
				 .v = fw_view_sub(text, 0, FW_SH_BYTES_MAX) };
	if (text.len > FW_SH_BYTES_MAX)
		p.damaged = true;
	open_part(&p, SH_LIST);
	next(&p);
	while (p.t.kind != SH_END && !p.full)
		step(&p);
	if (p.depth > 1 || p.x.damaged)
		damage(&p);
	while (p.depth > 0)
		close_one(&p);
	return (struct fw_sh){
		.text = p.x.v,
		.nodes = p.nodes,
		.words = p.words,
		.segs = p.x.segs,
		.redirs = p.x.redirs,
		.count = (uint32_t)p.node_count,
		.damaged = p.damaged,
		.line = p.damaged ? p.damaged_line : 0,
	};
}

struct fw_view fw_sh_bare(const struct fw_sh *s, struct fw_sh_word w)
{
	const struct fw_sh_seg *g = &s->segs[w.first];

	return w.count == 1 && g->kind == SH_TEXT && !g->quoted
		       ? g->text
		       : (struct fw_view){ NULL, 0 };
}

const struct fw_sh_seg *fw_sh_split(struct fw_arena *a, struct fw_view text,
				    uint32_t *count)
{
	struct sh_lexer x = { .arena = a };

	sh_quoted(&x, text);
	*count = (uint32_t)x.seg_count;
	return x.segs;
}
