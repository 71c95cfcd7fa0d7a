/* hidden_lex.c - PHP, Perl, Lua and Python as flat lists of tokens
 *
 * Source: the languages' manuals (PHP: basic syntax; perlop, perlpod; Lua 5.1
 * section 2.1; Python: lexical analysis)
 */
#include "analyzers/hidden/hidden_lex.h"

struct lexer {
	struct fw_arena *arena;
	enum lex_language language;
	struct fw_view text;
	size_t at, line_start;
	uint32_t line;
	bool fresh; /* no token yet on this line */
	struct lex_token *v;
	size_t count, cap;
};

static bool letter(uint8_t c)
{
	return c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x80;
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t peek(const struct lexer *l, size_t off)
{
	return off < l->text.len - l->at ? l->text.data[l->at + off] : 0;
}

static bool here(const struct lexer *l, const char *s)
{
	return fw_view_starts(fw_view_sub(l->text, l->at, 16), fw_view_str(s));
}

/* Goes on to an offset, counting the lines. */
static void go(struct lexer *l, size_t to)
{
	if (to > l->text.len)
		to = l->text.len;
	for (; l->at < to; l->at++)
		if (l->text.data[l->at] == '\n') {
			l->line++;
			l->line_start = l->at + 1;
			l->fresh = true;
		}
}

/* Goes behind the next s, or to the end. */
static void go_behind(struct lexer *l, const char *s, size_t from)
{
	size_t at = fw_view_find(l->text, fw_view_str(s), l->at + from);

	go(l, at == SIZE_MAX ? l->text.len : at + strlen(s));
}

static void add(struct lexer *l, enum lex_kind kind, size_t from, size_t len)
{
	struct lex_token *t;

	l->v = fw_grow(l->arena, l->v, &l->cap, l->count + 1, sizeof(*l->v));
	t = &l->v[l->count++];
	*t = (struct lex_token){ .kind = kind,
				 .text = fw_view_sub(l->text, from, len),
				 .line = l->line,
				 .column = LEX_NONE,
				 .match = LEX_NONE };
	if (l->fresh)
		t->column = (uint32_t)(l->at - l->line_start);
	l->fresh = false;
}

/* A text up to its closing quote; a backslash keeps the byte behind it. */
static void quoted(struct lexer *l, enum lex_kind kind, uint8_t quote,
		   bool one_line)
{
	size_t from = l->at + 1, i = from;

	while (i < l->text.len && l->text.data[i] != quote &&
	       !(one_line && l->text.data[i] == '\n'))
		i += l->text.data[i] == '\\' ? 2 : 1;
	if (i > l->text.len)
		i = l->text.len;
	add(l, kind, from, i - from);
	go(l, i + 1);
}

static bool comment(struct lexer *l)
{
	enum lex_language k = l->language;
	bool at_line = l->at == l->line_start;

	if (k == LEX_LUA && here(l, "--")) {
		if (here(l, "--[["))
			go_behind(l, "]]", 4);
		else
			go_behind(l, "\n", 0);
	} else if (k == LEX_PHP && here(l, "/*")) {
		go_behind(l, "*/", 2);
	} else if (k == LEX_PHP && here(l, "?>")) {
		go_behind(l, "<?", 2);
		if (here(l, "php"))
			go(l, l->at + 3);
	} else if ((k == LEX_PHP && (here(l, "//") || (peek(l, 0) == '#' &&
						       peek(l, 1) != '['))) ||
		   ((k == LEX_PERL || k == LEX_PYTHON) && peek(l, 0) == '#')) {
		/* the end of PHP code ends its comment as well */
		size_t end = fw_view_find(l->text, FW_STR("\n"), l->at);

		go(l, end);
	} else if (k == LEX_PERL && at_line && peek(l, 0) == '=' &&
		   (peek(l, 1) | 32) >= 'a' && (peek(l, 1) | 32) <= 'z') {
		go_behind(l, "\n=cut", 0);
	} else if (k == LEX_PERL && at_line && here(l, "__END__")) {
		go(l, l->text.len);
	} else {
		return false;
	}
	return true;
}

/* Perl: a / that no value stands before begins a pattern, which may hold
 * quotes. It ends on its line. */
static bool perl_pattern(struct lexer *l)
{
	static const char *const before[] = { "=~", "(",     ",",      "!",
					      "~",  "&&",    "||",     "{",
					      "if", "split", "unless", "and",
					      "or", ";" };
	const struct lex_token *last =
		l->count > 0 ? &l->v[l->count - 1] : NULL;
	size_t n = 1;
	bool value = true;

	if (l->language != LEX_PERL || peek(l, 0) != '/' || last == NULL)
		return false;
	if (last->kind == LEX_SIGN || last->kind == LEX_NAME)
		for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
			if (fw_view_eq(last->text, fw_view_str(before[i])))
				value = false;
	if (value)
		return false;
	while (peek(l, n) != '/' && peek(l, n) != '\n' && peek(l, n) != 0)
		n += peek(l, n) == '\\' && peek(l, n + 1) > ' ' ? 2 : 1;
	add(l, LEX_NUMBER, l->at, n);
	go(l, l->at + n + 1);
	return true;
}

static bool literal(struct lexer *l)
{
	uint8_t c = peek(l, 0);

	if (l->language == LEX_PYTHON &&
	    (here(l, "\"\"\"") || here(l, "'''"))) {
		size_t from = l->at + 3;
		const char *q = c == '"' ? "\"\"\"" : "'''";
		size_t end = fw_view_find(l->text, fw_view_str(q), from);

		if (end == SIZE_MAX)
			end = l->text.len;
		add(l, LEX_TEXT, from, end - from);
		go(l, end + 3);
	} else if (l->language == LEX_LUA && here(l, "[[")) {
		size_t end = fw_view_find(l->text, FW_STR("]]"), l->at);

		if (end == SIZE_MAX)
			end = l->text.len;
		add(l, LEX_TEXT, l->at + 2,
		    end >= l->at + 2 ? end - l->at - 2 : 0);
		go(l, end + 2);
	} else if (c == '"' || c == '\'') {
		quoted(l, LEX_TEXT, c,
		       l->language == LEX_PYTHON || l->language == LEX_LUA);
	} else if (c == '`' && l->language <= LEX_PERL) {
		quoted(l, LEX_COMMAND, c, false);
	} else if (perl_pattern(l)) {
		;
	} else {
		return false;
	}
	return true;
}

/* PHP: <<<NAME ... NAME at a line's start. */
static bool heredoc(struct lexer *l)
{
	size_t at = l->at + 3, n = 0, end;
	char mark[40] = "\n";

	if (l->language != LEX_PHP || !here(l, "<<<"))
		return false;
	while (at < l->text.len && strchr(" '\"", l->text.data[at]) != NULL &&
	       l->text.data[at] != '\0')
		at++;
	while (n + 2 < sizeof(mark) && at + n < l->text.len &&
	       letter(l->text.data[at + n])) {
		mark[n + 1] = (char)l->text.data[at + n];
		n++;
	}
	if (n == 0)
		return false;
	end = fw_view_find(l->text, fw_view_str(mark), at);
	if (end == SIZE_MAX)
		end = l->text.len;
	add(l, LEX_TEXT, at, end - at);
	go(l, end + n + 1);
	return true;
}

static void word_or_sign(struct lexer *l)
{
	static const char *const signs[] = { "===", "!==", "==", "!=", "~=",
					     "=>",  "->",  "::", "&&", "||",
					     "<=",  ">=",  "=~", "..", ".=" };
	uint8_t c = peek(l, 0);
	size_t n = 1;
	bool name = letter(c) ||
		    (c == '$' && letter(peek(l, 1)) && l->language <= LEX_PERL);

	if (name || digit(c)) {
		while (letter(peek(l, n)) || digit(peek(l, n)))
			n++;
		add(l, name ? LEX_NAME : LEX_NUMBER, l->at, n);
		go(l, l->at + n);
		return;
	}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (here(l, signs[i])) {
			n = strlen(signs[i]);
			break;
		}
	add(l, LEX_SIGN, l->at, n);
	go(l, l->at + n);
}

static void tokens(struct lexer *l)
{
	if (l->language == LEX_PHP) {
		go_behind(l, "<?", 0);
		if (here(l, "php"))
			go(l, l->at + 3);
	}
	while (l->at < l->text.len) {
		if (peek(l, 0) <= ' ')
			go(l, l->at + 1);
		else if (!comment(l) && !heredoc(l) && !literal(l))
			word_or_sign(l);
	}
}

bool lex_is(const struct lex *x, uint32_t i, const char *text)
{
	return i < x->count &&
	       (x->tokens[i].kind == LEX_SIGN ||
		x->tokens[i].kind == LEX_NAME) &&
	       fw_view_eq(x->tokens[i].text, fw_view_str(text));
}

/* Pairs brackets; also says for each { where it is closed. */
static void pair(struct lexer *l)
{
	uint32_t open[LEX_DEPTH_MAX];
	unsigned depth = 0;

	for (uint32_t i = 0; i < l->count; i++) {
		struct lex_token *t = &l->v[i];
		const char *close;

		if (t->kind != LEX_SIGN || t->text.len != 1)
			continue;
		if (strchr("([{", t->text.data[0]) != NULL) {
			if (depth < LEX_DEPTH_MAX)
				open[depth++] = i;
			continue;
		}
		close = strchr(")]}", t->text.data[0]);
		if (close == NULL || depth == 0)
			continue;
		uint8_t o = l->v[open[depth - 1]].text.data[0];

		if (o == (*close == ')' ? '(' : *close == ']' ? '[' : '{'))
			l->v[open[--depth]].match = i;
	}
}

struct regions {
	struct fw_arena *arena;
	const struct lex *x;
	struct lex_region *v;
	size_t count, cap;
};

static void add_region(struct regions *r, struct lex_region add)
{
	r->v = fw_grow(r->arena, r->v, &r->cap, r->count + 1, sizeof(*r->v));
	r->v[r->count++] = add;
}

static bool opens_if(const struct lex *x, uint32_t i)
{
	return x->tokens[i].kind == LEX_NAME &&
	       (lex_is(x, i, "if") || lex_is(x, i, "elseif") ||
		lex_is(x, i, "elsif") || lex_is(x, i, "elif"));
}

/* if (condition) { block }, or one statement. */
static void brace_regions(struct regions *r)
{
	const struct lex *x = r->x;
	uint32_t outer[LEX_DEPTH_MAX];
	unsigned depth = 0;

	for (uint32_t i = 0; i < x->count; i++) {
		const struct lex_token *t = &x->tokens[i];

		while (depth > 0 && outer[depth - 1] <= i)
			depth--;
		if (lex_is(x, i, "{") && t->match != LEX_NONE &&
		    depth < LEX_DEPTH_MAX)
			outer[depth++] = t->match;
		if (!opens_if(x, i) || !lex_is(x, i + 1, "(") ||
		    x->tokens[i + 1].match == LEX_NONE)
			continue;
		uint32_t close = x->tokens[i + 1].match, to;

		if (lex_is(x, close + 1, "{"))
			to = x->tokens[close + 1].match;
		else
			for (to = close + 1; to < x->count && to < close + 64 &&
					     !lex_is(x, to, ";");
			     to++)
				;
		if (to == LEX_NONE)
			continue;
		add_region(r, (struct lex_region){ i + 2, close, close + 1, to,
						   depth > 0 ? outer[depth - 1]
							     : x->count });
	}
}

/* if condition then ... elseif / else / end */
static void lua_regions(struct regions *r)
{
	static const char *const open[] = { "function", "do", "repeat" };
	const struct lex *x = r->x;
	size_t arm[LEX_DEPTH_MAX]; /* its region, or SIZE_MAX */
	unsigned depth = 0;

	for (uint32_t i = 0; i < x->count; i++) {
		bool ends = lex_is(x, i, "end") || lex_is(x, i, "until");
		bool turns = lex_is(x, i, "elseif") || lex_is(x, i, "else");

		for (size_t k = 0; k < sizeof(open) / sizeof(open[0]); k++)
			if (lex_is(x, i, open[k]) && depth < LEX_DEPTH_MAX)
				arm[depth++] = SIZE_MAX;
		if ((ends || turns) && depth > 0) {
			if (arm[depth - 1] != SIZE_MAX)
				r->v[arm[depth - 1]].to = i;
			arm[depth - 1] = SIZE_MAX;
			depth -= ends;
		}
		if (!opens_if(x, i))
			continue;
		uint32_t then = i + 1;

		while (then < x->count && then < i + 400 &&
		       !lex_is(x, then, "then"))
			then++;
		add_region(r, (struct lex_region){ i + 1, then, then, then,
						   x->count });
		if (lex_is(x, i, "if") && depth < LEX_DEPTH_MAX)
			arm[depth++] = r->count - 1;
		else if (depth > 0)
			arm[depth - 1] = r->count - 1;
	}
}

/* if condition: and lines that stand further in */
static void python_regions(struct regions *r)
{
	const struct lex *x = r->x;
	size_t arm[LEX_DEPTH_MAX];
	uint32_t column[LEX_DEPTH_MAX];
	unsigned depth = 0;

	for (uint32_t i = 0; i < x->count; i++) {
		uint32_t c = x->tokens[i].column, colon = i + 1;

		if (c == LEX_NONE)
			continue;
		while (depth > 0 && column[depth - 1] >= c)
			r->v[arm[--depth]].to = i;
		if (!opens_if(x, i) || depth == LEX_DEPTH_MAX)
			continue;
		while (colon < x->count && colon < i + 400 &&
		       !lex_is(x, colon, ":"))
			colon++;
		add_region(r, (struct lex_region){ i + 1, colon, colon,
						   x->count, x->count });
		column[depth] = c;
		arm[depth++] = r->count - 1;
	}
}

struct lex lex_read(struct fw_arena *a, enum lex_language k,
		    struct fw_view text)
{
	struct lexer l = { .arena = a,
			   .language = k,
			   .text = fw_view_sub(text, 0, LEX_BYTES_MAX),
			   .line = 1,
			   .fresh = true };
	struct lex x = { .language = k };
	struct regions r = { .arena = a, .x = &x };

	tokens(&l);
	pair(&l);
	x.tokens = l.v;
	x.count = (uint32_t)l.count;
	if (k == LEX_LUA)
		lua_regions(&r);
	else if (k == LEX_PYTHON)
		python_regions(&r);
	else
		brace_regions(&r);
	x.regions = r.v;
	x.region_count = (uint32_t)r.count;
	return x;
}
