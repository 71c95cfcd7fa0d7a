/* hidden_script.c - shell scripts that wait for a secret word
 *
 * A branch on a word of a web request, an argument, the host's name or the date
 * that opens the device. What waits for marks at boot (files, keys, words of
 * the boot loader) is for boot/services.c, and a request that is run without
 * any condition for the rules.
 */
#include "core/analyzer.h"
#include "script/shell_eval.h"

enum { FOUND_MAX = 8, WORD_MIN = 5, GREPS_MAX = 16 };

static const struct fw_kind script_trigger = {
	.id = "hidden/script-trigger",
	.title = "a script opens the device on a word that stands in it",
	.explanation =
		"The script compares what somebody sends with a word that is "
		"fixed in it. Only when they are the same it starts a remote "
		"command line, runs commands or changes accounts. Whoever "
		"knows the word can use it; the owner does not.",
	.ask_vendor = "What is this word for, who knows it, and where is it "
		      "documented?",
	.false_alarm = "A switch that the settings pages show and the manual "
		       "describes.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 798 },
};

static const struct fw_kind *const kinds[] = { &script_trigger, NULL };

/* FROM_INPUT: a line that is read; mostly of a file or another program. */
enum source {
	FROM_NOTHING,
	FROM_ARGUMENT,
	FROM_INPUT,
	FROM_HOST,
	FROM_REQUEST
};

struct guard {
	enum source source;
	const char *text; /* the condition */
	bool odd;	  /* a word that nobody would guess or need */
};

struct script {
	struct fw_out *out;
	bool sent; /* the command before said something of a request */
	const char *greps[GREPS_MAX];
	unsigned grep_count, found;
	uint32_t line; /* of the last finding */
};

static bool has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static bool any_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(text, words[i]))
			return true;
	return false;
}

#define ANY_OF(text, words)                                                    \
	any_of(text, words, sizeof(words) / sizeof(*(words)))

static enum source source_of(const char *word)
{
	static const char *const request[] = {
		"QUERY_STRING", "HTTP_", "REQUEST_URI", "PATH_INFO",  "{FORM_",
		"{POST_",	"{GET_", "{COOKIE_",	"REMOTE_ADDR"
	};
	static const char *const host[] = { "$(hostname", "${HOSTNAME",
					    "$(date", "$(cat\\ /proc/uptime" };

	if (ANY_OF(word, request))
		return FROM_REQUEST;
	if (ANY_OF(word, host))
		return FROM_HOST;
	if (strcmp(word, "$(read)") == 0)
		return FROM_INPUT;
	return strncmp(word, "${", 2) == 0 && word[2] >= '1' &&
			       word[2] <= '9' && word[3] == '}'
		       ? FROM_ARGUMENT
		       : FROM_NOTHING;
}

/* Letters with digits among them, or long numbers: no word of a language. */
static bool odd_word(const char *w)
{
	size_t n = 0, digits = 0, letters = 0;

	for (; w[n] != '\0'; n++) {
		digits += w[n] >= '0' && w[n] <= '9';
		letters += (w[n] | 32) >= 'a' && (w[n] | 32) <= 'z';
	}
	return n >= WORD_MIN && digits >= 2 && w[0] != '/' && w[0] != '-' &&
	       (letters > 0 || digits == n);
}

/* A cut at the first space that is not written with a backslash. */
static const char *next_word(const char *s)
{
	for (; *s != '\0' && *s != ' '; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return *s == ' ' ? s + 1 : NULL;
}

static void judge(struct script *s, const char *cond, struct guard *g)
{
	bool equal = strncmp(cond, "eq ", 3) == 0;
	const char *a = cond + (equal ? 3 : 5), *b, *known;
	enum source from;

	if (strncmp(cond, "runs ", 5) == 0) {
		known = strrchr(cond, ' ') + 1;
		for (unsigned i = 0; i < s->grep_count; i++)
			if (strcmp(s->greps[i], cond + 5) == 0)
				*g = (struct guard){ FROM_REQUEST, cond,
						     odd_word(known) };
		return;
	}
	if (!equal && strncmp(cond, "case ", 5) != 0)
		return;
	b = next_word(a);
	if (b == NULL || *b == '\0' || *b == '*')
		return;
	a = fw_text(s->out, "%.*s", (int)(b - a - 1), a);
	known = fw_sh_known(a) ? a : b;
	from = source_of(known == a ? b : a);
	if (from == FROM_NOTHING || !fw_sh_known(known) || known[0] == '\0' ||
	    strcmp(known, "\"\"") == 0 || from < g->source)
		return;
	*g = (struct guard){ from, cond, odd_word(known) };
}

static bool is(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

#define IS(name, list) is(name, list, sizeof(list) / sizeof(*(list)))

static const char *written(const struct fw_sh_command *c)
{
	for (uint32_t i = 0; i < c->redir_count; i++) {
		const char *t = c->redirs[i].text;

		if (c->redirs[i].kind != SH_OUT &&
		    c->redirs[i].kind != SH_APPEND)
			continue;
		if (has(t, "authorized_keys"))
			return "lets a key log in";
		if (strcmp(t, "/etc/passwd") == 0 ||
		    strcmp(t, "/etc/shadow") == 0)
			return "writes accounts";
	}
	return NULL;
}

/* A request as it came or after decoding, and not what a program made of it. */
static bool sent(const char *word)
{
	return source_of(word) == FROM_INPUT ||
	       (source_of(word) == FROM_REQUEST &&
		(strncmp(word, "${", 2) == 0 ||
		 strncmp(word, "$(echo", 6) == 0 ||
		 strncmp(word, "$(printf", 8) == 0));
}

static bool argument(const struct fw_sh_command *c, uint32_t from,
		     const char *text)
{
	for (uint32_t i = from; i < c->argc; i++)
		if (strcmp(c->argv[i], text) == 0)
			return true;
	return false;
}

/* What the command gives away, or NULL. *mild: settings pages do that too. */
static const char *effect(const struct fw_sh_command *c, bool *mild)
{
	static const char *const before[] = { "busybox", "nohup",   "exec",
					      "setsid",	 "command", "sudo" };
	static const char *const servers[] = { "telnetd", "utelnetd",
					       "in.telnetd", "sshd",
					       "dropbear" };
	static const char *const pipes[] = { "nc", "netcat", "ncat" };
	static const char *const shells[] = { "sh", "ash", "bash", "dash" };
	static const char *const accounts[] = { "adduser", "useradd",
						"chpasswd", "passwd" };
	uint32_t i = 0;

	*mild = false;
	while (i < c->argc && IS(fw_basename(c->argv[i]), before))
		i++;
	if (i == c->argc)
		return written(c);
	const char *name = fw_basename(c->argv[i]);
	const char *last = c->argv[c->argc - 1];

	*mild = true;
	if (IS(name, servers))
		return "starts a remote command line";
	if (IS(name, accounts))
		return "changes accounts";
	if (strcmp(name, "iptables") == 0 && argument(c, i, "-F"))
		return "takes the firewall down";
	*mild = false;
	if (IS(name, pipes) && argument(c, i, "-e"))
		return "gives a shell to the network";
	if (IS(name, shells) && argument(c, i, "-i"))
		return "opens a shell";
	if ((strcmp(name, "eval") == 0 ||
	     (IS(name, shells) && argument(c, i, "-c"))) &&
	    c->argc <= i + 3 && sent(last))
		return "runs what it is sent";
	return written(c);
}

static void report(struct script *s, const struct fw_sh_command *c,
		   const struct guard *g, const char *what, bool mild)
{
	const char *text = "";
	struct fw_claim claim = FW_CLAIM(&script_trigger);

	for (uint32_t i = 0; i < c->argc && i < 12; i++)
		text = fw_text(s->out, "%s%s%.80s", text, i > 0 ? " " : "",
			       c->argv[i]);
	struct fw_evidence e = { .offset = c->off,
				 .line = c->line,
				 .text = text };

	if (g->source != FROM_REQUEST || !g->odd)
		claim.severity = FW_MEDIUM;
	if (mild && !g->odd)
		claim.severity = FW_LOW;
	if (claim.severity < FW_HIGH)
		claim.confidence = FW_UNSURE;
	claim.detail = fw_text(s->out, "%s when: %.160s", what, g->text);
	claim.evidence = &e;
	claim.evidence_count = 1;
	fw_out_claim(s->out, &claim);
	s->found++;
	s->line = c->line;
}

/* echo "$QUERY_STRING" | grep -q word */
static void note_grep(struct script *s, const struct fw_sh_command *c)
{
	const char *name = fw_basename(c->argv[0]), *text = "";

	if (strcmp(name, "grep") == 0 && c->piped && s->sent &&
	    s->grep_count < GREPS_MAX) {
		for (uint32_t i = 0; i < c->argc; i++)
			text = fw_text(s->out, "%s%s%s", text, i > 0 ? " " : "",
				       c->argv[i]);
		s->greps[s->grep_count++] = text;
	}
	s->sent = (strcmp(name, "echo") == 0 || strcmp(name, "printf") == 0) &&
		  source_of(c->argv[c->argc - 1]) == FROM_REQUEST;
}

static void visit(void *ctx, const struct fw_sh_command *c)
{
	struct script *s = ctx;
	struct guard g = { FROM_NOTHING, NULL, false };
	bool mild;

	if (c->argc > 0)
		note_grep(s, c);
	if (s->found >= FOUND_MAX || (s->found > 0 && s->line == c->line))
		return;
	const char *what = effect(c, &mild);

	if (what == NULL)
		return;
	for (uint32_t i = 0; i < c->cond_count; i++)
		if (!c->conds[i].negated)
			judge(s, c->conds[i].text, &g);
	/* start, stop, status: words of an argument say what to do. */
	if (g.source == FROM_NOTHING || (g.source <= FROM_INPUT && !g.odd))
		return;
	report(s, c, &g, what, mild);
}

static bool wants(const struct fw_object *obj)
{
	struct fw_view line = fw_view_sub(obj->bytes, 0, 64), first;

	return obj->format == NULL && fw_view_starts(line, FW_STR("#!")) &&
	       fw_split(&line, '\n', &first) &&
	       (fw_view_find(first, FW_STR("sh"), 2) != SIZE_MAX ||
		fw_view_find(first, FW_STR("rc.common"), 2) != SIZE_MAX);
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct script s = { .out = out };
	struct fw_sh parsed = fw_sh_parse(fw_out_arena(out), obj->bytes);

	fw_sh_eval(fw_out_arena(out), &parsed, visit, &s);
}

const struct fw_analyzer fw_analyzer_hidden_script = {
	.name = "hidden_script",
	.title = "Shell scripts that wait for a secret word",
	.kinds = kinds,
	.wants = wants,
	.inspect = inspect,
};
