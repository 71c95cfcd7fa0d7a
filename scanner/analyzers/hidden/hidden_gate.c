/* hidden_gate.c - a file or an environment variable that opens a way
 *
 * Not a compare with a text: the bare existence of something is what decides
 * whether a shell or a login service starts.
 */
#include <ctype.h>

#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"

#define SAME   2.0f /* it is what is run, and anybody can put it there */
#define OWN    1.0f /* a word that stands nowhere else */
#define KNOWN  0.7f /* none but those that others use */
#define PLACED 2.5f /* in a folder, and by a name, that tell */

/* What a name weighs by itself. */
#define NAMED	  2.0f
#define VARIABLE  1.0f
#define REMOVABLE 1.5f
#define UNHEARD	  1.8f
#define HEARD	  1.5f
#define ASKED	  0.7f /* whether it is there, and not what it holds */
#define RIGHT	  0.9f
#define VERDICT	  0.6f
#define TOLD	  1.5f
#define QUIET	  1.5f
#define OF_SYSTEM 1.3f
#define DEVICE	  2.5f
#define LISTED	  2.0f

static bool has(struct fw_view t, const char *word)
{
	return fw_view_find(t, fw_view_str(word), 0) != SIZE_MAX;
}

/* "/mnt/usb/debug" opens more doors than "/etc/app.conf". */
static float path_score(struct fw_view path)
{
	float s = 0;
	size_t name = path.len;

	while (name > 0 && path.data[name - 1] != '/')
		name--;
	if (name < path.len && path.data[name] == '.')
		s += 1.5f;
	if (has(path, "/tmp/") || has(path, "/mnt") || has(path, "/media") ||
	    has(path, "usb") || has(path, "sdcard") || has(path, "mmc"))
		s += 1.5f;
	if (has(path, "debug") || has(path, "factory") || has(path, "telnet") ||
	    has(path, "backdoor") || has(path, "test") || has(path, "shell"))
		s += 1.5f;
	return s;
}

/* A path's folders are known words; a name has none but its own. */
static float by_words(struct hidden_code *h, struct fw_view literal)
{
	enum hidden_wording w = literal.len > 0 && literal.data[0] == '/'
					? HIDDEN_WORDLESS
					: hidden_wording(h, literal);

	return w == HIDDEN_OWN_WORD	 ? OWN
	       : w == HIDDEN_KNOWN_WORDS ? -KNOWN
					 : 0;
}

bool hidden_note_gate(struct hidden_code *h, const struct code_function *f,
		      const struct code_call *c, uint32_t to, float extra,
		      struct fw_view literal, const char *trigger)
{
	struct code_sinks s = { .of = { { .weight = 0 } } };
	enum code_sink_kind best;

	if (to == CODE_NO_BLOCK || !code_guards(f, c->block, to))
		return false;
	code_sinks_behind(&h->p, f, to, &s);
	best = code_sinks_best(&s);
	/* The program that is looked for is the one that is run: only where
	 * anybody can put one is that odd. */
	bool same = literal.len > 0 && s.of[best].text.len >= literal.len &&
		    fw_view_find(s.of[best].text, literal, 0) != SIZE_MAX;
	bool hint = best == CODE_SINK_NONE || best == CODE_SINK_LISTEN ||
		    best == CODE_SINK_DELETE || (same && extra < PLACED);
	bool weak =
		best == CODE_SINK_CONSTANT || best == CODE_SINK_EXEC_CONSTANT;
	/* Tidying up, or the device's own drivers. */
	bool plain =
		weak && (fw_view_starts(s.of[best].text, FW_STR("rm ")) ||
			 fw_view_starts(s.of[best].text, FW_STR("insmod ")));
	/* What lets somebody in who has no password. */
	bool open = best <= CODE_SINK_SHELL || best == CODE_SINK_EXEC_SHELL ||
		    (best == CODE_SINK_DAEMON && has(s.of[best].text, "/sh"));

	/* What a date leads to is told by who looks for dates. */
	if (hint && literal.len == 0)
		return false;
	hidden_note(
		h,
		&(struct hidden_candidate){
			.signal = "hidden_gate",
			.hint = hint,
			.score =
				hint ? 0.5f + extra * 0.2f
				     : s.of[best].weight * (weak && !same ? 0.5f
							    : open	  ? 0.9f
								   : 0.7f) +
						(s.of[best].weight < 4.5f &&
								 !same
							 ? 0
							 : extra) +
						(same && !plain ? SAME : 0) +
						by_words(h, literal),
			.function = f->start,
			.at = c->at,
			.block = f->blocks[c->block].start,
			.literal = literal,
			.trigger = trigger,
			.effect = code_sink_words(best),
			.sink = s.of[best],
			.sink_kind = best });
	return !hint;
}

static bool is_stat(const struct code_known *k)
{
	return strstr(k->name, "stat") != NULL ||
	       strstr(k->name, "access") != NULL;
}

/* Whether a file is made if it is not there: open() with O_CREAT, which has one
 * of two values, fopen() to write. */
static bool makes(const struct hidden_code *h, const struct code_call *c,
		  const struct code_known *k)
{
	struct fw_view mode = c->text[k->arg + 1 < CODE_ARGS ? k->arg + 1 : 0];
	const struct code_value *v = code_value_at(
		&h->p.values, c->args[k->arg + 1 < CODE_ARGS ? k->arg + 1 : 0]);

	if (strstr(k->name, "open") == NULL)
		return false;
	if (mode.len > 0)
		return mode.data[0] == 'w' || mode.data[0] == 'a';
	return v->kind == CODE_CONST && (v->n & 0x140) != 0;
}

/* Variables that POSIX gives a meaning, and shells and pagers look at. */
static bool is_common(struct fw_view name)
{
	static const char *const names[] = {
		"IFS",	  "PATH",    "HOME",   "SHELL", "TERM",
		"USER",	  "EDITOR",  "VISUAL", "PAGER", "LOGNAME",
		"TMPDIR", "DISPLAY", "LANG",   "PWD",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_view_eq(name, fw_view_str(names[i])))
			return true;
	return false;
}

/* What stands behind the last conversion of a format: "/.service" of
 * "%s/.service". */
static struct fw_view behind_conversions(struct fw_view format)
{
	size_t i = format.len;

	while (i > 0 && format.data[i - 1] != '%')
		i--;
	if (i == 0)
		return format;
	while (i < format.len && !isalpha(format.data[i]))
		i++;
	return i < format.len ? fw_view_sub(format, i + 1, format.len)
			      : fw_view_of("", 0);
}

/* The file that a call asks for; of a name that was put together before, the
 * last part. Empty: not known. */
static struct fw_view name_of(const struct hidden_code *h,
			      const struct code_function *f,
			      const struct code_call *c, unsigned arg)
{
	struct fw_view name = c->text[arg];

	if (name.len > 0 || c->args[arg] == 0)
		return name;
	for (const struct code_call *k = code_calls_before(f, c); k < c; k++) {
		const struct code_known *n = code_call_known(&h->p, k);

		if (n == NULL || k->args[0] != c->args[arg] ||
		    (n->use & (CODE_FORMAT | CODE_COPY)) == 0)
			continue;
		if ((n->use & CODE_COPY) != 0)
			name = k->text[1];
		else if (n->arg < CODE_ARGS)
			name = behind_conversions(k->text[n->arg]);
	}
	return name;
}

/* By its folders. */
static bool is_removable(struct fw_view path)
{
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	return has(path, "/mnt") || has(path, "/media") || has(path, "usb") ||
	       has(path, "sdcard") || has(path, "/sd") || has(path, "mmc") ||
	       has(path, "stick");
}

/* "montage" of "/media/usb/montage.lst". */
static struct fw_view stem_of(struct fw_view path)
{
	size_t from = path.len, to;

	while (from > 0 && path.data[from - 1] != '/')
		from--;
	for (to = path.len; to > from + 1 && path.data[to - 1] != '.'; to--)
		;
	return fw_view_sub(path, from, to > from + 1 ? to - 1 : path.len);
}

/* What a program keeps for itself, or a distribution gives it, and parts of
 * names of which the rest is not known. */
static float plainness(struct fw_view path)
{
	static const char *const own[] = { "/run/", "/var/", "/etc/", "/lib/",
					   "/sys/", "/proc/" },
				 *const ends[] = {
					 ".conf", ".cfg", ".ini", ".pid",
					 ".lock", ".db",  ".rc",  ".log",
					 ".json", ".xml", ".sock"
				 };
	float s = 0;

	if (fw_view_starts(path, FW_STR("/dev/")))
		s += DEVICE;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (fw_view_starts(path, fw_view_str(own[i])))
			s += OF_SYSTEM;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (fw_view_ends(path, fw_view_str(ends[i])))
			s += OF_SYSTEM;
	if (path.data[0] == '.' ||
	    (path.data[0] == '/' &&
	     memchr(path.data + 1, '/', path.len - 1) == NULL))
		s += OF_SYSTEM;
	return s;
}

/* Where nothing strong is seen behind it, its name tells: one that nobody has
 * heard of, looked for where anybody can put it, and not read. */
static void note_name(struct hidden_code *h, const struct code_function *f,
		      const struct code_compare *c, const char *trigger,
		      bool is_file, bool asks)
{
	enum hidden_wording w = hidden_wording(h, stem_of(c->literal));
	float right = hidden_right(h, f, c);
	bool verdict = code_has_verdict(&h->p, f, c);
	/* Who uses a program sets variables for it. */
	float s = NAMED - (is_file ? 0 : VARIABLE) +
		  (is_removable(c->literal) ? REMOVABLE : 0) +
		  (w == HIDDEN_OWN_WORD	     ? UNHEARD
		   : w == HIDDEN_KNOWN_WORDS ? -HEARD
					     : 0) +
		  (asks ? ASKED : 0) - plainness(c->literal) + right * RIGHT +
		  (verdict ? VERDICT : 0) -
		  (hidden_is_told(h, c->literal) ? TOLD : 0);

	if (right == 0 && !verdict && !hidden_acts(h, f, c->equal))
		s -= QUIET;
	if (s < LISTED)
		return;
	hidden_note(h,
		    &(struct hidden_candidate){
			    .signal = "hidden_gate",
			    .score = s,
			    .function = f->start,
			    .at = c->at,
			    .block = f->blocks[c->block].start,
			    .literal = c->literal,
			    .trigger = trigger,
			    .effect = hidden_effect(right, false, verdict) });
}

static void by_call(struct hidden_code *h, const struct code_function *f,
		    const struct code_call *c)
{
	const struct code_known *k = code_call_known(&h->p, c);
	uint32_t block, zero, other;
	struct fw_view name;

	if (k == NULL || (k->use & (CODE_FILE | CODE_ENV)) == 0 ||
	    k->arg >= CODE_ARGS || makes(h, c, k) ||
	    !code_result_edges(&h->p, f, c, &block, &zero, &other))
		return;
	name = name_of(h, f, c, k->arg);
	/* Where it is asks for nothing: "." is always there. */
	if (((k->use & CODE_ENV) != 0 && is_common(name)) || name.len < 3)
		return;
	const bool is_file = (k->use & CODE_ENV) == 0;
	const bool swap = is_file && is_stat(k);
	const char *trigger = is_file ? "a file is there:"
				      : "an environment variable is set:";
	const struct code_compare asked = { .kind = CODE_COMPARE_CALL,
					    .block = block,
					    .equal = swap ? zero : other,
					    .other = swap ? other : zero,
					    .at = c->at,
					    .literal = name };

	if (asked.equal == CODE_NO_BLOCK)
		return;
	if (!hidden_note_gate(h, f, c, asked.equal,
			      (is_file ? path_score(name) : 0) +
				      hidden_oddness(name),
			      name, trigger))
		note_name(h, f, &asked, trigger, is_file, swap);
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	for (uint32_t i = 0; h != NULL && i < h->p.start_count; i++) {
		const struct code_start *s = &h->p.starts[i];
		const struct code_function *f;

		f = (s->reach & CODE_STRONG) != 0 ? code_function(&h->p, i)
						  : s->analysed;
		if (f == NULL || f->block_count == 0)
			continue;
		for (size_t k = 0; k < f->call_count; k++)
			by_call(h, f, &f->calls[k]);
	}
}

const struct fw_analyzer fw_analyzer_hidden_gate = {
	.name = "hidden_gate",
	.title = "Files and variables that open a way in",
	.wants = hidden_wants,
	.inspect = inspect,
};
