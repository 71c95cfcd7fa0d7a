/* shell_lex.c - words and operators of a shell script
 *
 * Each byte is looked at a bounded number of times: what is not closed runs to
 * the end of the script, so no search is repeated.
 */
#include "script/shell_lex.h"

enum { NEST_MAX = 64 };

bool fw_sh_name_start(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool fw_sh_name_part(uint8_t c)
{
	return fw_sh_name_start(c) || (c >= '0' && c <= '9');
}

static int peek(const struct sh_lexer *x, size_t ahead)
{
	return ahead < x->v.len - x->pos ? x->v.data[x->pos + ahead] : -1;
}

static void add_seg(struct sh_lexer *x, enum fw_sh_seg_kind kind, bool quoted,
		    struct fw_view text, struct fw_view op)
{
	x->segs = fw_grow(x->arena, x->segs, &x->seg_cap, x->seg_count + 1,
			  sizeof(*x->segs));
	x->segs[x->seg_count++] = (struct fw_sh_seg){ kind, quoted, text, op };
}

static void add_text(struct sh_lexer *x, bool quoted, size_t from, size_t to)
{
	if (to > from)
		add_seg(x, SH_TEXT, quoted, fw_view_sub(x->v, from, to - from),
			(struct fw_view){ NULL, 0 });
}

static void count_lines(struct sh_lexer *x, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < x->v.len; i++)
		x->line += x->v.data[i] == '\n';
}

/* The end of a quoted run that starts behind its opening mark. */
static size_t quote_end(struct fw_view v, size_t at, uint8_t mark)
{
	while (at < v.len && v.data[at] != mark)
		at += v.data[at] == '\\' && mark != '\'' ? 2 : 1;
	return at < v.len ? at : v.len;
}

/* One step of the search for a closing bracket: past a quote or an escape, or
 * one byte on. */
static size_t skip_one(struct fw_view v, size_t at)
{
	uint8_t c = v.data[at];

	if (c == '\\')
		return at + 2;
	if (c == '\'' || c == '`')
		return quote_end(v, at + 1, c) + 1;
	return at + 1;
}

/*
 * The offset of the bracket that closes what is open at `at` (just behind the
 * opening one), or v.len. Quotes inside are respected; a double quote inside
 * which there is "$(" again is a level of its own. ${ } within $( ) counts.
 */
static size_t bracket_end(struct fw_view v, size_t at, uint8_t close)
{
	uint8_t stack[NEST_MAX];
	unsigned depth = 0;

	stack[depth++] = close;
	while (at < v.len) {
		uint8_t c = v.data[at], top = stack[depth - 1];

		if (c == top) {
			if (--depth == 0)
				return at;
			at++;
		} else if (depth == NEST_MAX) {
			return v.len;
		} else if (c == '$' && at + 1 < v.len &&
			   (v.data[at + 1] == '(' || v.data[at + 1] == '{')) {
			stack[depth++] = v.data[at + 1] == '(' ? ')' : '}';
			at += 2;
		} else if (c == '"') {
			stack[depth++] = '"';
			at++;
		} else if (c == '(' && top == ')') {
			stack[depth++] = ')';
			at++;
		} else {
			at = top == '"' && c == '\'' ? at + 1 : skip_one(v, at);
		}
	}
	return v.len;
}

static bool special(int c)
{
	return c == '@' || c == '*' || c == '#' || c == '?' || c == '-' ||
	       c == '$' || c == '!' || (c >= '0' && c <= '9');
}

/* What closes at end, and whether it does. */
static size_t closed(struct sh_lexer *x, size_t end)
{
	if (end < x->v.len)
		return end + 1;
	x->damaged = true;
	return x->v.len;
}

/* ${...}: a name and what is done with it. */
static void brace(struct sh_lexer *x, bool quoted)
{
	size_t from = x->pos + 2, end = bracket_end(x->v, from, '}'), n = from;

	if (n < end && x->v.data[n] == '#' && end - n > 1)
		n++; /* the length of a value */
	size_t name = n;

	if (n < end && special(x->v.data[n]))
		n++;
	else
		while (n < end && fw_sh_name_part(x->v.data[n]))
			n++;
	struct fw_view op = fw_view_sub(x->v, n, end - n);

	if (name > from)
		op = FW_STR("#");
	add_seg(x, SH_VAR, quoted, fw_view_sub(x->v, name, n - name), op);
	count_lines(x, from, end);
	x->pos = closed(x, end);
}

/* $( ) and $(( )). */
static void command(struct sh_lexer *x, bool quoted)
{
	size_t from = x->pos + 2, end = bracket_end(x->v, from, ')');
	bool arith = peek(x, 2) == '(' && end > from + 1 &&
		     x->v.data[end - 1] == ')';

	add_seg(x, arith ? SH_ARITH : SH_CMD, quoted,
		arith ? fw_view_sub(x->v, from + 1, end - from - 2)
		      : fw_view_sub(x->v, from, end - from),
		(struct fw_view){ NULL, 0 });
	count_lines(x, from, end);
	x->pos = closed(x, end);
}

/* At a '$'. False: it stands for itself. */
static bool dollar(struct sh_lexer *x, bool quoted)
{
	int c = peek(x, 1);
	size_t n = x->pos + 1;

	if (c == '{') {
		brace(x, quoted);
		return true;
	}
	if (c == '(') {
		command(x, quoted);
		return true;
	}
	if (special(c))
		n++;
	else
		while (n < x->v.len && fw_sh_name_part(x->v.data[n]))
			n++;
	if (n == x->pos + 1)
		return false;
	add_seg(x, SH_VAR, quoted,
		fw_view_sub(x->v, x->pos + 1, n - x->pos - 1),
		(struct fw_view){ NULL, 0 });
	x->pos = n;
	return true;
}

static void backtick(struct sh_lexer *x, bool quoted)
{
	size_t from = x->pos + 1, end = quote_end(x->v, from, '`');

	add_seg(x, SH_CMD, quoted, fw_view_sub(x->v, from, end - from),
		(struct fw_view){ NULL, 0 });
	count_lines(x, from, end);
	x->pos = closed(x, end);
}

static bool escapes_in_quotes(int c)
{
	return c == '$' || c == '`' || c == '"' || c == '\\' || c == '\n';
}

/* The inside of double quotes, up to the closing one or, for text without, to
 * the end. */
static void quoted_run(struct sh_lexer *x, bool closing)
{
	size_t from = x->pos;

	while (x->pos < x->v.len && !(closing && x->v.data[x->pos] == '"')) {
		uint8_t c = x->v.data[x->pos];

		if (c == '\\' && escapes_in_quotes(peek(x, 1))) {
			bool newline = peek(x, 1) == '\n';

			add_text(x, true, from, x->pos);
			x->line += newline;
			from = x->pos + (newline ? 2 : 1);
			x->pos += 2;
		} else if (c == '`' ||
			   (c == '$' &&
			    (special(peek(x, 1)) || peek(x, 1) == '{' ||
			     peek(x, 1) == '(' ||
			     (peek(x, 1) > 0 &&
			      fw_sh_name_part((uint8_t)peek(x, 1)))))) {
			add_text(x, true, from, x->pos);
			if (c == '`')
				backtick(x, true);
			else
				dollar(x, true);
			from = x->pos;
		} else {
			x->line += c == '\n';
			x->pos++;
		}
	}
	add_text(x, true, from, x->pos);
}

void sh_quoted(struct sh_lexer *x, struct fw_view text)
{
	x->v = text;
	x->pos = 0;
	quoted_run(x, false);
}

static bool ends_word(const struct sh_lexer *x, int c)
{
	if (c < 0 || c == ' ' || c == '\t' || c == '\n' || c == '\r')
		return true;
	if (c == ';')
		return true;
	return !x->test && (c == '&' || c == '|' || c == '<' || c == '>' ||
			    c == '(' || c == ')');
}

/* A quote at x->pos; an empty one still makes a word. */
static void quote(struct sh_lexer *x, struct sh_token *t)
{
	uint8_t c = x->v.data[x->pos++];
	size_t count = x->seg_count;

	t->quoted = true;
	if (c == '"') {
		quoted_run(x, true);
		x->pos = closed(x, x->pos);
	} else {
		size_t end = quote_end(x->v, x->pos, '\'');

		add_text(x, true, x->pos, end);
		count_lines(x, x->pos, end);
		x->pos = closed(x, end);
	}
	if (x->seg_count == count)
		add_seg(x, SH_TEXT, true, FW_STR(""),
			(struct fw_view){ NULL, 0 });
}

static void escape(struct sh_lexer *x, struct sh_token *t)
{
	if (peek(x, 1) == '\n') {
		x->line++;
	} else if (peek(x, 1) >= 0) {
		add_text(x, true, x->pos + 1, x->pos + 2);
		t->quoted = true;
	}
	x->pos += x->v.len - x->pos < 2 ? 1 : 2;
}

static void word(struct sh_lexer *x, struct sh_token *t)
{
	size_t from = x->pos;

	t->kind = SH_WORD;
	t->word = (struct fw_sh_word){ (uint32_t)x->seg_count, 0, x->pos };
	while (!ends_word(x, peek(x, 0))) {
		uint8_t c = x->v.data[x->pos];

		if (c != '\'' && c != '"' && c != '\\' && c != '`' &&
		    c != '$') {
			x->pos++;
			continue;
		}
		add_text(x, false, from, x->pos);
		from = x->pos;
		if (c == '\\')
			escape(x, t);
		else if (c == '`')
			backtick(x, false);
		else if (c != '$')
			quote(x, t);
		else if (!dollar(x, false)) {
			x->pos++;
			continue;
		}
		from = x->pos;
	}
	add_text(x, false, from, x->pos);
	t->word.count = (uint32_t)x->seg_count - t->word.first;
}

/* The lines up to the delimiter become the body. */
static void here_body(struct sh_lexer *x, const struct sh_here *h)
{
	size_t from = x->pos, end = x->v.len;

	while (x->pos < x->v.len) {
		const uint8_t *p = x->v.data + x->pos;
		const uint8_t *nl = memchr(p, '\n', x->v.len - x->pos);
		size_t n = nl != NULL ? (size_t)(nl - p) : x->v.len - x->pos;
		struct fw_view line = fw_view_of(p, n);

		if (h->strip)
			while (line.len > 0 && line.data[0] == '\t')
				line = fw_view_sub(line, 1, SIZE_MAX);
		end = x->pos;
		x->pos += n + (nl != NULL);
		x->line += nl != NULL;
		if (fw_view_eq(line, h->delimiter))
			break;
		end = x->pos;
	}
	x->redirs[h->redir].body = fw_view_sub(x->v, from, end - from);
}

static void blanks(struct sh_lexer *x)
{
	for (int c = peek(x, 0); c >= 0; c = peek(x, 0)) {
		if (c == '\\' && peek(x, 1) == '\n') {
			x->pos += 2;
			x->line++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			x->pos++;
		} else if (c == '#') {
			while (peek(x, 0) >= 0 && peek(x, 0) != '\n')
				x->pos++;
		} else {
			return;
		}
	}
}

static void redirect(struct sh_lexer *x, struct sh_token *t)
{
	int c = peek(x, 0), d = peek(x, 1);

	t->kind = SH_REDIR;
	t->redir = c == '<' ? SH_IN : SH_OUT;
	x->pos++;
	if (c == '<' && d == '<') {
		t->redir = SH_HERE;
		x->pos++;
		t->strip = peek(x, 0) == '-';
		x->pos += t->strip;
		if (peek(x, 0) == '<') { /* <<< word */
			t->redir = SH_IN;
			x->pos++;
		}
	} else if (c == '>' && d == '>') {
		t->redir = SH_APPEND;
		x->pos++;
	} else if (d == '&') {
		t->redir = SH_DUP;
		x->pos++;
	} else if (d == '|' || d == '>') {
		x->pos++;
	}
}

/* A digit that belongs to a redirection: 2>&1. */
static bool number_before(const struct sh_lexer *x)
{
	size_t n = 0;

	while (n < 3 && peek(x, n) >= '0' && peek(x, n) <= '9')
		n++;
	return n > 0 && (peek(x, n) == '<' || peek(x, n) == '>');
}

static enum sh_token_kind operator_of(struct sh_lexer *x, int c)
{
	bool twice = peek(x, 1) == c;

	x->pos += twice && (c == '&' || c == '|' || c == ';') ? 2 : 1;
	switch (c) {
	case '&':
		return twice ? SH_AND_IF : SH_AMP;
	case '|':
		if (!twice && peek(x, 0) == '&')
			x->pos++;
		return twice ? SH_OR_IF : SH_BAR;
	case ';':
		if (peek(x, 0) == '&')
			x->pos++;
		return twice || x->v.data[x->pos - 1] == '&' ? SH_DSEMI
							     : SH_SEMI;
	case '(':
		return SH_OPEN;
	default:
		return SH_CLOSE;
	}
}

static void newline(struct sh_lexer *x)
{
	x->pos++;
	x->line++;
	for (unsigned i = 0; i < x->here_count; i++)
		here_body(x, &x->here[i]);
	x->here_count = 0;
}

struct sh_token sh_next(struct sh_lexer *x)
{
	blanks(x);
	struct sh_token t = { .line = x->line, .off = x->pos };
	int c = peek(x, 0);

	if (c < 0) {
		t.kind = SH_END;
	} else if (c == '\n') {
		t.kind = SH_NEWLINE;
		newline(x);
	} else if (x->test && c != ';') {
		word(x, &t);
	} else if (number_before(x)) {
		while (peek(x, 0) != '<' && peek(x, 0) != '>')
			x->pos++;
		redirect(x, &t);
	} else if (c == '<' || c == '>') {
		redirect(x, &t);
	} else if (c == '&' && peek(x, 1) == '>') {
		x->pos++;
		redirect(x, &t);
		t.redir = t.redir == SH_APPEND ? SH_APPEND : SH_OUT;
	} else if (ends_word(x, c)) {
		t.kind = operator_of(x, c);
	} else {
		word(x, &t);
	}
	return t;
}
