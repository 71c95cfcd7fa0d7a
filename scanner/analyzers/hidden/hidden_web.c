/* hidden_web.c - pages and CGI programs that wait for a secret word
 *
 * In PHP, Perl, Lua and Python: a part of the request, or its hash, is compared
 * with a constant, and what this guards runs commands that were sent, starts a
 * remote command line, or makes the visitor an administrator. A request that is
 * run without such a guard, and decoded code, are for the rules.
 */
#include "analyzers/hidden/hidden_lex.h"
#include "core/analyzer.h"

enum {
	FOUND_MAX = 8,
	TAINTED_MAX = 64,
	GUARDS_MAX = 64,
	STATEMENT_MAX = 40, /* tokens looked at of an assignment or argument */
	COND_MAX = 200,
	WORD_MIN = 5
};

static const struct fw_kind page_trigger = {
	.id = "hidden/page-trigger",
	.title = "a web program opens the device on a word that stands in it",
	.explanation =
		"The program behind a web page compares a part of the request "
		"with a value that is fixed in it. Only when they are the "
		"same it runs commands, starts a remote command line or makes "
		"the visitor an administrator. Whoever knows the value can "
		"use it; the owner does not.",
	.ask_vendor = "What is this value for, who knows it, and where is it "
		      "documented?",
	.false_alarm = "A function that the pages show and the manual "
		       "describes.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 798 },
};

static const struct fw_kind *const kinds[] = { &page_trigger, NULL };

struct guard {
	uint32_t from, to; /* tokens */
	uint32_t word;	   /* the constant */
	bool odd;	   /* that nobody would guess or need */
	bool used, is_case;
};

struct page {
	struct fw_out *out;
	struct fw_view bytes;
	struct lex x;
	struct fw_view tainted[TAINTED_MAX];
	unsigned tainted_count;
	struct guard guards[GUARDS_MAX];
	unsigned guard_count, found;
	uint32_t switch_end; /* of a choice by the request, or 0 */
};

static bool one_of(struct fw_view v, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_eq(v, fw_view_str(list[i])))
			return true;
	return false;
}

#define ONE_OF(v, list) one_of(v, list, sizeof(list) / sizeof(*(list)))

static bool holds(struct fw_view v, const char *word)
{
	return fw_view_find(v, fw_view_str(word), 0) != SIZE_MAX;
}

static const struct lex_token *token(const struct page *p, uint32_t i)
{
	static const struct lex_token none = { .kind = LEX_SIGN };

	return i < p->x.count ? &p->x.tokens[i] : &none;
}

/* Variables of CGI that the visitor chooses. */
static bool chosen(const struct lex_token *t)
{
	return (t->kind == LEX_TEXT || t->kind == LEX_NAME) &&
	       (fw_view_starts(t->text, FW_STR("HTTP_")) ||
		fw_view_eq(t->text, FW_STR("QUERY_STRING")) ||
		fw_view_eq(t->text, FW_STR("PATH_INFO")));
}

/* Whether token i stands for a part of the request. */
static bool request(const struct page *p, uint32_t i)
{
	static const char *const php[] = { "$_GET", "$_POST", "$_REQUEST",
					   "$_COOKIE" };
	static const char *const env[] = { "$_SERVER", "$ENV", "getenv",
					   "environ" };
	static const char *const call[] = { "formvalue", "getcookie",
					    "getvalue", "getfirst", "param" };
	const struct lex_token *t = token(p, i);

	if (t->kind != LEX_NAME)
		return false;
	if (ONE_OF(t->text, env))
		return chosen(token(p, i + 2)) || chosen(token(p, i + 4));
	if (p->x.language == LEX_PHP)
		return ONE_OF(t->text, php);
	return ONE_OF(t->text, call) && lex_is(&p->x, i + 1, "(");
}

static bool sent(const struct page *p, uint32_t i)
{
	const struct lex_token *t = token(p, i);

	for (unsigned k = 0; t->kind == LEX_NAME && k < p->tainted_count; k++)
		if (fw_view_eq(p->tainted[k], t->text))
			return true;
	return request(p, i);
}

static bool sent_within(const struct page *p, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to && i < from + STATEMENT_MAX; i++)
		if (sent(p, i))
			return true;
	return false;
}

/* name = ...: remembers or forgets that it holds a part of the request. */
static void assignment(struct page *p, uint32_t i)
{
	bool braces = p->x.language <= LEX_PERL;
	const struct lex_token *t = token(p, i);
	uint32_t end = i + 2;

	if (t->kind != LEX_NAME || (braces && t->text.data[0] != '$') ||
	    !lex_is(&p->x, i + 1, "="))
		return;
	while (end < p->x.count && end < i + STATEMENT_MAX &&
	       (braces ? !lex_is(&p->x, end, ";")
		       : token(p, end)->line == t->line))
		end++;
	bool now = sent_within(p, i + 2, end);

	for (unsigned k = 0; k < p->tainted_count; k++)
		if (fw_view_eq(p->tainted[k], t->text)) {
			if (!now)
				p->tainted[k] = p->tainted[--p->tainted_count];
			return;
		}
	if (now && p->tainted_count < TAINTED_MAX)
		p->tainted[p->tainted_count++] = t->text;
}

/* Letters and digits mixed, as in passwords and hashes. */
static bool odd_word(struct fw_view v)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (c <= ' ' || c == '/' || c == '.' || c == '<')
			return false;
		digits += c >= '0' && c <= '9';
		letters += (c | 32) >= 'a' && (c | 32) <= 'z';
	}
	return v.len >= WORD_MIN && digits >= 2 && letters >= 2;
}

/* The compare of a condition that has a constant: its token, or LEX_NONE. */
static uint32_t compared(const struct page *p, const struct lex_region *r,
			 bool *equal)
{
	static const char *const same[] = { "==", "===", "eq" };
	static const char *const other[] = { "!=", "!==", "~=", "ne" };
	static const char *const calls[] = { "strcmp", "hash_equals",
					     "strcasecmp" };

	for (uint32_t i = r->cond; i < r->cond_end && i < r->cond + COND_MAX;
	     i++) {
		const struct lex_token *t = token(p, i);
		uint32_t from = i > r->cond + 24 ? i - 24 : r->cond;

		if (t->kind == LEX_NAME && ONE_OF(t->text, calls)) {
			uint32_t end = token(p, i + 1)->match;

			if (end == LEX_NONE || !sent_within(p, i + 2, end))
				continue;
			*equal = fw_view_eq(t->text, FW_STR("hash_equals")) ==
				 !lex_is(&p->x, i - 1, "!");
			if (lex_is(&p->x, end + 1, "==") ||
			    lex_is(&p->x, end + 1, "==="))
				*equal = true;
			for (uint32_t k = i + 2; k < end && k < i + 24; k++)
				if (token(p, k)->kind == LEX_TEXT &&
				    !lex_is(&p->x, k - 1, "["))
					return k;
			continue;
		}
		if (t->kind == LEX_TEXT ||
		    !(ONE_OF(t->text, same) || ONE_OF(t->text, other)))
			continue;
		*equal = ONE_OF(t->text, same);
		if (token(p, i + 1)->kind == LEX_TEXT &&
		    sent_within(p, from, i))
			return i + 1;
		if (i > r->cond && token(p, i - 1)->kind == LEX_TEXT &&
		    sent_within(p, i + 1, r->cond_end))
			return i - 1;
	}
	return LEX_NONE;
}

static bool leaves(const struct page *p, uint32_t from, uint32_t to)
{
	static const char *const words[] = { "exit", "die", "return" };

	for (uint32_t i = from; i < to && i < from + STATEMENT_MAX; i++)
		if (token(p, i)->kind == LEX_NAME &&
		    ONE_OF(token(p, i)->text, words))
			return true;
	return false;
}

static void add_guard(struct page *p, uint32_t now, struct guard g)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->guard_count; i++)
		if (p->guards[i].to > now)
			p->guards[kept++] = p->guards[i];
	p->guard_count = kept;
	if (kept < GUARDS_MAX)
		p->guards[p->guard_count++] = g;
}

/* switch (request) { case "word": ... }: only odd words, as the others are what
 * such a choice is made of. */
static void note_case(struct page *p, uint32_t i)
{
	uint32_t close = token(p, i + 1)->match;

	if (lex_is(&p->x, i, "switch") && lex_is(&p->x, i + 1, "(") &&
	    lex_is(&p->x, close, ")") && lex_is(&p->x, close + 1, "{")) {
		if (sent_within(p, i + 2, close) &&
		    token(p, close + 1)->match != LEX_NONE)
			p->switch_end = token(p, close + 1)->match;
		return;
	}
	if (i >= p->switch_end ||
	    (!lex_is(&p->x, i, "case") && !lex_is(&p->x, i, "default")))
		return;
	for (unsigned k = 0; k < p->guard_count; k++)
		if (p->guards[k].is_case)
			p->guards[k].to = i;
	if (token(p, i + 1)->kind == LEX_TEXT &&
	    odd_word(token(p, i + 1)->text))
		add_guard(p, i,
			  (struct guard){ i + 2, p->switch_end, i + 1, true,
					  false, true });
}

static void note_guard(struct page *p, const struct lex_region *r)
{
	bool equal = false;
	uint32_t word = compared(p, r, &equal);

	if (word == LEX_NONE || token(p, word)->text.len == 0)
		return;
	struct guard g = { r->from, r->to, word, odd_word(token(p, word)->text),
			   false,   false };

	if (!equal && !leaves(p, r->from, r->to))
		return;
	if (!equal) {
		g.from = r->to;
		g.to = r->outer;
	}
	add_guard(p, r->cond, g);
}

static struct guard *guarded(struct page *p, uint32_t i)
{
	struct guard *best = NULL;

	for (unsigned k = 0; k < p->guard_count; k++) {
		struct guard *g = &p->guards[k];

		if (g->from <= i && i < g->to && !g->used &&
		    (best == NULL || (g->odd && !best->odd)))
			best = g;
	}
	return best;
}

static bool opens(struct fw_view command)
{
	static const char *const words[] = {
		"telnetd",     "dropbear",	  "/sshd",    "nc -l",
		"nc -e",       "/bin/sh -i",	  "useradd ", "adduser ",
		"iptables -F", "authorized_keys", "chpasswd"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (holds(command, words[i]) && !holds(command, "kill"))
			return true;
	return false;
}

/* What is called at i and what for: a text for people, or NULL. *mild: pages
 * for settings do it too. */
static const char *called(const struct page *p, uint32_t i, bool *mild)
{
	static const char *const runs[] = { "system",	    "exec",
					    "passthru",	    "shell_exec",
					    "popen",	    "execute",
					    "Popen",	    "proc_open",
					    "check_output", "call",
					    "eval",	    "assert",
					    "loadstring",   "create_function",
					    "pcntl_exec" };
	static const char *const writes[] = { "file_put_contents", "fopen",
					      "open" };
	static const char *const declared[] = { "->",  "::",  "function",
						"sub", "def", "new" };
	static const char *const made_safe[] = { "escapeshellarg", "intval",
						 "escapeshellcmd", "int" };
	const struct lex_token *t = token(p, i);
	bool run = ONE_OF(t->text, runs), text_first;
	uint32_t from = i + 2, end = token(p, i + 1)->match;

	if ((!run && !ONE_OF(t->text, writes)) ||
	    (i > 0 && ONE_OF(token(p, i - 1)->text, declared)) ||
	    !lex_is(&p->x, i + 1, "(") || end == LEX_NONE)
		return NULL;
	*mild = false;
	text_first = token(p, from)->kind == LEX_TEXT;
	bool request_in = false;

	for (uint32_t k = from; k < end && k < from + STATEMENT_MAX; k++) {
		const struct lex_token *a = token(p, k);

		if (a->kind == LEX_NAME && ONE_OF(a->text, made_safe))
			return NULL;
		if (a->kind == LEX_TEXT && opens(a->text)) {
			*mild = true;
			return "opens a way in";
		}
		request_in = request_in || sent(p, k);
	}
	return run && request_in && !text_first ? "runs what it is sent" : NULL;
}

/* Between backticks: a command that was sent, or that opens a way in. */
static const char *backticks(const struct page *p, uint32_t i, bool *mild)
{
	static const char *const php[] = { "$_GET", "$_POST", "$_REQUEST",
					   "$_COOKIE" };
	struct fw_view v = token(p, i)->text;

	*mild = opens(v);
	if (*mild)
		return "opens a way in";
	if (v.len > 0 && v.data[0] == '{')
		v = fw_view_sub(v, 1, SIZE_MAX);
	for (size_t k = 0; k < sizeof(php) / sizeof(php[0]); k++)
		if (fw_view_starts(v, fw_view_str(php[k])))
			return "runs what it is sent";
	for (unsigned k = 0; k < p->tainted_count; k++)
		if (fw_view_eq(fw_trim(v), p->tainted[k]))
			return "runs what it is sent";
	return NULL;
}

/* $_SESSION['admin'] = ... */
static const char *raised(const struct page *p, uint32_t i)
{
	static const char *const words[] = { "admin", "login", "logged",
					     "auth",  "root",  "priv" };
	struct fw_view key = token(p, i + 2)->text;

	if (p->x.language != LEX_PHP || !lex_is(&p->x, i, "$_SESSION") ||
	    !lex_is(&p->x, i + 1, "[") || !lex_is(&p->x, i + 4, "=") ||
	    lex_is(&p->x, i + 5, "false"))
		return NULL;
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (holds(key, words[k]))
			return "logs the visitor in";
	return NULL;
}

static void report(struct page *p, uint32_t i, struct guard *g,
		   const char *what, bool mild)
{
	const struct lex_token *t = token(p, i), *w = token(p, g->word);
	uint64_t at = fw_view_at(p->bytes, t->text),
		 word = fw_view_at(p->bytes, w->text);
	struct fw_view lines[2] = { fw_view_sub(p->bytes, word, 100),
				    fw_view_sub(p->bytes, at, 100) };
	struct fw_claim c = FW_CLAIM(&page_trigger);
	struct fw_evidence e[2];

	for (unsigned k = 0; k < 2; k++) {
		struct fw_view rest = lines[k];

		fw_split(&rest, '\n', &lines[k]);
		lines[k] = fw_trim(lines[k]);
	}
	e[0] = (struct fw_evidence){ .offset = word,
				     .line = w->line,
				     .text = fw_text(p->out, "%.*s",
						     FW_FMT(lines[0])) };
	e[1] = (struct fw_evidence){ .offset = at,
				     .line = t->line,
				     .text = fw_text(p->out, "%.*s",
						     FW_FMT(lines[1])) };
	if (!g->odd)
		c.severity = mild ? FW_LOW : FW_MEDIUM;
	if (!g->odd)
		c.confidence = FW_UNSURE;
	c.detail = fw_text(p->out, "%s when a part of the request is \"%.*s\"",
			   what, FW_FMT(fw_view_sub(w->text, 0, 80)));
	c.evidence = e;
	c.evidence_count = 2;
	fw_out_claim(p->out, &c);
	g->used = true;
	p->found++;
}

static void look_at(struct page *p, uint32_t i)
{
	bool mild = false;
	const struct lex_token *t = token(p, i);

	if (t->kind != LEX_NAME && t->kind != LEX_COMMAND)
		return;
	assignment(p, i);
	note_case(p, i);
	struct guard *g = guarded(p, i);

	if (g == NULL || p->found >= FOUND_MAX)
		return;
	const char *what = t->kind == LEX_COMMAND ? backticks(p, i, &mild)
						  : called(p, i, &mild);

	/* Every login page compares and lets in: only with a password in it. */
	if (what == NULL && g->odd)
		what = raised(p, i);
	if (what != NULL)
		report(p, i, g, what, mild);
}

static bool language_of(const struct fw_object *obj, enum lex_language *l)
{
	static const struct {
		const char *end;
		enum lex_language l;
	} ends[] = { { ".php", LEX_PHP }, { ".phtml", LEX_PHP },
		     { ".inc", LEX_PHP }, { ".php5", LEX_PHP },
		     { ".pl", LEX_PERL }, { ".pm", LEX_PERL },
		     { ".lua", LEX_LUA }, { ".py", LEX_PYTHON },
		     { ".cgi", LEX_PERL } };
	static const struct {
		const char *name;
		enum lex_language l;
	} runs[] = { { "php", LEX_PHP },
		     { "perl", LEX_PERL },
		     { "lua", LEX_LUA },
		     { "python", LEX_PYTHON } };
	struct fw_view path = fw_view_str(obj->path);
	struct fw_view head = fw_view_sub(obj->bytes, 0, 64), first = head;

	if (fw_view_starts(head, FW_STR("#!"))) {
		fw_split(&head, '\n', &first);
		for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
			if (holds(first, runs[i].name)) {
				*l = runs[i].l;
				return true;
			}
		return false;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (fw_view_ends(path, fw_view_str(ends[i].end))) {
			*l = ends[i].l;
			return true;
		}
	return false;
}

static bool wants(const struct fw_object *obj)
{
	struct fw_view path, name;

	if (obj->format != NULL || obj->path == NULL)
		return false;
	path = fw_view_str(obj->path);
	name = fw_view_str(fw_basename(obj->path));
	return (holds(name, ".p") || holds(name, ".lua") ||
		holds(name, ".inc") || holds(name, ".cgi") ||
		holds(path, "cgi-bin/"));
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct page p = { .out = out, .bytes = obj->bytes };
	enum lex_language l;
	uint32_t next = 0;

	if (!language_of(obj, &l) || !fw_is_text(obj->bytes))
		return;
	p.x = lex_read(fw_out_arena(out), l, obj->bytes);
	for (uint32_t i = 0; i < p.x.count && fw_out_ok(out); i++) {
		while (next < p.x.region_count && p.x.regions[next].cond <= i)
			note_guard(&p, &p.x.regions[next++]);
		look_at(&p, i);
	}
}

const struct fw_analyzer fw_analyzer_hidden_web = {
	.name = "hidden_web",
	.title = "Web programs that wait for a secret word",
	.kinds = kinds,
	.placed = true, /* the name tells the language */
	.wants = wants,
	.inspect = inspect,
};
