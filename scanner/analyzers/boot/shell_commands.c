/* shell_commands.c - programs that put text into the command line of a shell
 *
 * Reads the facts shell.* and web.server. Whether what a stranger sends really
 * reaches such a command cannot be seen from texts; that a program which
 * answers strangers builds commands this way is what has to be asked about.
 */
#include "analyzers/web/webtext.h"
#include "core/listing.h"
#include "core/roots.h"

enum {
	COMMANDS_MIN = 2, /* in one program */
	PER_PROGRAM = 6,  /* shown */
	EVIDENCE_MAX = 24,
};

static const struct fw_kind web_command = {
	.id = "weakness/web-shell-command",
	.title = "the web server puts text into commands and runs them",
	.explanation =
		"A program that answers web requests builds command lines "
		"from text and gives them to the system's shell. If "
		"text from a request or from the settings gets in "
		"unchecked, whoever sends it runs commands on the "
		"device.",
	.ask_vendor =
		"Where does the text in these commands come from, and what "
		"removes quotation marks, semicolons and $( ) from it?",
	.false_alarm =
		"The texts are interface names and checked addresses, or "
		"the program removes such characters first.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 78, 77 },
};

static const struct fw_kind command = {
	.id = "weakness/shell-command",
	.title = "programs put text into commands and run them",
	.explanation = "These programs build command lines from text and give "
		       "them to the system's shell. Text from outside that "
		       "gets in unchecked can run other commands.",
	.ask_vendor =
		"Where does the text in these commands come from, and what "
		"checks it?",
	.false_alarm = "The texts come from the program itself or from its "
		       "caller, who may run commands anyway.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.cwe = { 78 },
};

static const struct fw_kind *const kinds[] = { &web_command, &command, NULL };

struct gathered {
	struct fw_evidence v[EVIDENCE_MAX];
	size_t n, programs, commands;
	enum fw_severity worst;
};

static bool has(const struct fw_place *p, const char *key, const char *value)
{
	const char *v;

	for (size_t i = 0; (v = web_next(p, key, &i)) != NULL;)
		if (strcmp(v, value) == 0)
			return true;
	return false;
}

static bool is_class(const char *fact, const char *class)
{
	size_t n = strlen(class);

	return strncmp(fact, class, n) == 0 && fact[n] == ' ';
}

/* "value @0x12 iptables -A %s" without the first word. */
static const char *shown(const char *fact)
{
	const char *space = strchr(fact, ' ');

	return space == NULL ? fact : space + 1;
}

static void show(struct gathered *g, const struct fw_place *p,
		 const char *class, size_t *room, struct fw_out *out)
{
	const char *v;

	for (size_t i = 0; (v = web_next(p, "shell.command", &i)) != NULL;) {
		if (!is_class(v, class))
			continue;
		if (*room == 0 || g->n == EVIDENCE_MAX)
			return;
		(*room)--;
		g->v[g->n++] = (struct fw_evidence){
			.offset = FW_NO_OFFSET,
			.text = fw_text(out, "%s: %s", p->path, shown(v))
		};
	}
}

static void take(struct gathered *g, const struct fw_place *p, size_t commands,
		 enum fw_severity s, struct fw_out *out)
{
	size_t room = PER_PROGRAM;

	g->programs++;
	g->commands += commands;
	if (s > g->worst)
		g->worst = s;
	show(g, p, "text", &room, out);
	show(g, p, "value", &room, out);
	show(g, p, "device", &room, out);
}

struct pair {
	struct gathered web, other;
};

/* What answers web requests can be reached by anybody in the network; free text
 * in a command is what people type into forms. */
static void look_at(void *ctx, const struct fw_place *p, struct fw_out *out)
{
	struct pair *both = ctx;
	size_t commands = 0, texts = 0, devices = 0;
	const char *v;

	if (fw_place_fact(p, "shell.calls", 0) == NULL)
		return;
	for (size_t i = 0; (v = web_next(p, "shell.command", &i)) != NULL;) {
		texts += is_class(v, "text");
		devices += is_class(v, "device");
		commands++;
	}
	if (texts == 0 && commands < COMMANDS_MIN)
		return;
	if (fw_place_fact(p, "web.server", 0) != NULL)
		take(&both->web, p, commands, texts > 0 ? FW_CRITICAL : FW_HIGH,
		     out);
	else
		take(&both->other, p, commands,
		     has(p, "net.role", "server") && devices < commands
			     ? FW_MEDIUM
			     : FW_LOW,
		     out);
}

static void claim(const struct gathered *g, const struct fw_kind *k,
		  struct fw_out *out)
{
	struct fw_claim c = FW_CLAIM(k);

	if (g->programs == 0)
		return;
	c.severity = g->worst;
	c.detail =
		fw_text(out, "%zu %s with %zu commands", g->programs,
			g->programs == 1 ? "program" : "programs", g->commands);
	c.key = k->id;
	c.evidence = g->v;
	c.evidence_count = g->n;
	fw_out_claim(out, &c);
}

static void finish(void *ctx, uint32_t root, struct fw_out *out)
{
	struct pair *both = ctx;

	fw_out_at(out, root);
	claim(&both->web, &web_command, out);
	claim(&both->other, &command, out);
	*both = (struct pair){ 0 };
}

static void commands_correlate(const struct fw_tree *t, struct fw_out *out)
{
	static const struct fw_each each = { look_at, finish };

	fw_each_image(t, out, &each,
		      fw_alloc(fw_out_arena(out), 1, sizeof(struct pair)));
}

const struct fw_analyzer fw_analyzer_shell_commands = {
	.name = "shell_commands",
	.title = "programs that put text into commands of a shell",
	.kinds = kinds,
	.correlate = commands_correlate,
};
