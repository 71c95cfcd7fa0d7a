/* cmd_functions.c - assay functions OBJECT */
#include <inttypes.h>
#include <jansson.h>

#include "cli/cli.h"
#include "cli/code_object.h"

static const char usage[] =
	"usage: assay functions [OPTION]... OBJECT\n"
	"Lists the functions of a program: what they call, what they reach, "
	"how\n"
	"many compares with a constant they make, and how a search for hidden\n"
	"functions scored them. OBJECT is an ELF file, or IMAGE!PATH: a file "
	"in\n"
	"an image, by its path as assay scan prints it or by the end of that.\n"
	"\n"
	"      --all               all functions, not only those that do "
	"something\n"
	"      --json              as JSON\n"
	"      --tmp-dir DIR       where unlinked temporary files go\n"
	"      --no-sandbox        without seccomp and Landlock (debuggers)\n"
	"  -q                      no progress on standard error\n"
	"\nExample: assay functions 'router.bin!usr/sbin/httpd'\n"
	"Exit status: 0 all listed, 2 error, 3 not all could be read\n";

enum { FLAG_ALL, FLAG_JSON };

static const struct {
	uint32_t use;
	bool alone; /* worth a line even if there is nothing else */
	const char *words;
} uses[] = {
	{ CODE_EQUAL | CODE_FOUND, true, "compares text" },
	{ CODE_SHELL, true, "runs commands" },
	{ CODE_EXEC, true, "runs programs" },
	{ CODE_EVAL, true, "runs program text" },
	{ CODE_RECEIVE, true, "receives" },
	{ CODE_LISTEN, true, "listens" },
	{ CODE_ACCEPT, true, "accepts connections" },
	{ CODE_CONNECT, true, "connects" },
	{ CODE_AUTH, true, "checks passwords" },
	{ CODE_SETUID, true, "changes the user" },
	{ CODE_DUP, true, "redirects input and output" },
	{ CODE_ENV, true, "reads the environment" },
	{ CODE_TRACE, true, "reaches into other programs" },
	{ CODE_MEMORY, true, "changes rights of memory" },
	{ CODE_LOAD_CODE, true, "loads code" },
	{ CODE_DELETE, true, "deletes files" },
	{ CODE_FORK, false, "starts processes" },
	{ CODE_SOCKET, false, "makes sockets" },
	{ CODE_FILE, false, "looks at files" },
	{ CODE_HOST, false, "asks who the host is" },
	{ CODE_CLOCK, false, "asks for the time" },
	{ CODE_FORMAT, false, "formats text" },
	{ CODE_COPY, false, "copies text" },
	{ CODE_WRITE, false, "writes" },
};
enum { USES = sizeof(uses) / sizeof(uses[0]) };

struct facts {
	const char *name;
	uint64_t address, size;
	uint32_t use;
	enum code_sink_kind best;
	struct code_sink sink;
	size_t compares;
	const char *literals; /* "a", "b" */
	json_t *list;	      /* the same, all of them */
	const struct hidden_candidate *candidate;
	bool analysed;
};

enum { LITERALS_SHOWN = 4 };

/* Where the code ends, without what fills the space up to the next function. */
static uint64_t size_of(const struct code_start *s,
			const struct code_function *f)
{
	uint64_t end = 0;

	if (f == NULL)
		return s->end - s->address;
	for (uint32_t i = 0; i < f->block_count; i++)
		if (f->blocks[i].end > end)
			end = f->blocks[i].end;
	return end - s->address;
}

static void add_compares(struct code_view *v, const struct code_function *f,
			 struct facts *x)
{
	struct code_compare *c;
	size_t n = code_compares(v->p, f, &c), shown = 0;

	for (size_t i = 0; i < n; i++) {
		if (c[i].linked || !(c[i].literal.len > 0 || c[i].is_number ||
				     c[i].kind == CODE_COMPARE_DECODED))
			continue;
		x->compares++;
		if (c[i].literal.len > 0)
			json_array_append_new(x->list,
					      json_string(code_view_text(
						      v, c[i].literal, 1024)));
		if (c[i].literal.len > 0 && shown++ < LITERALS_SHOWN)
			x->literals =
				fw_sprintf(v->p->arena, "%s%s%s", x->literals,
					   *x->literals == '\0' ? "" : ", ",
					   code_view_literal(v, &c[i]));
	}
	if (shown > LITERALS_SHOWN)
		x->literals = fw_sprintf(v->p->arena, "%s, ...", x->literals);
}

static void look(struct code_view *v, uint32_t start, struct facts *x)
{
	const struct code_start *s = &v->p->starts[start];
	const struct code_function *f = code_function(v->p, start);
	const struct code_sinks *sinks = code_sinks_of(v->p, start, 0);

	*x = (struct facts){ .name = s->name.len > 0 ? code_view_name(v, start)
						     : "-",
			     .address = s->address,
			     .size = size_of(s, f),
			     .use = s->uses,
			     .best = code_sinks_best(sinks),
			     .literals = "",
			     .list = json_array(),
			     .candidate = code_view_candidate(v, start),
			     .analysed = f != NULL };
	x->sink = sinks->of[x->best];
	for (size_t i = 0; f != NULL && i < f->call_count; i++) {
		const struct code_known *k =
			code_call_known(v->p, &f->calls[i]);

		x->use |= k == NULL ? 0 : k->use;
	}
	if (f != NULL)
		add_compares(v, f, x);
}

static bool says_something(const struct facts *x)
{
	bool any = x->best != CODE_SINK_NONE || x->candidate != NULL ||
		   *x->literals != '\0';

	for (size_t i = 0; i < USES && !any; i++)
		any = uses[i].alone && (x->use & uses[i].use) != 0;
	return any;
}

static void put_row(struct code_view *v, const struct facts *x, FILE *to)
{
	const char *between = "  ";

	fprintf(to, "0x%08" PRIx64 " %7" PRIu64 " %8zu ", x->address, x->size,
		x->compares);
	if (x->candidate == NULL)
		fputs("    -", to);
	else
		fprintf(to, "%5.1f", (double)x->candidate->score);
	fprintf(to, "  %-20s", x->name);
	for (size_t i = 0; i < USES; i++) {
		if ((x->use & uses[i].use) == 0)
			continue;
		fprintf(to, "%s%s", between, uses[i].words);
		between = ", ";
	}
	if (*x->literals != '\0')
		fprintf(to, "\n%47scompares with %s", "", x->literals);
	if (x->best != CODE_SINK_NONE)
		fprintf(to, "\n%47sreaches: %s", "",
			code_view_sink(v, x->best, &x->sink));
	if (x->candidate != NULL)
		fprintf(to, "\n%47snoted at 0x%" PRIx64 ": %s", "",
			x->candidate->at, code_view_noted(v, x->candidate));
	fputc('\n', to);
}

static json_t *hex(struct code_view *v, uint64_t n)
{
	return json_string(fw_sprintf(v->p->arena, "0x%" PRIx64, n));
}

static json_t *json_row(struct code_view *v, const struct facts *x)
{
	json_t *o = json_object(), *calls = json_array(), *hit = json_null();
	json_t *reaches = json_null();

	for (size_t i = 0; i < USES; i++)
		if ((x->use & uses[i].use) != 0)
			json_array_append_new(calls,
					      json_string(uses[i].words));
	if (x->best != CODE_SINK_NONE) {
		reaches = json_object();
		json_object_set_new(reaches, "what",
				    json_string(code_sink_words(x->best)));
		json_object_set_new(
			reaches, "text",
			json_string(code_view_text(v, x->sink.text, 1024)));
		json_object_set_new(reaches, "call", hex(v, x->sink.call));
	}
	if (x->candidate != NULL) {
		hit = json_object();
		json_object_set_new(
			hit, "score",
			json_real(
				(double)(int)(x->candidate->score * 10 + 0.5f) /
				10));
		json_object_set_new(hit, "signal",
				    json_string(x->candidate->signal));
		json_object_set_new(hit, "at", hex(v, x->candidate->at));
		json_object_set_new(
			hit, "trigger",
			json_string(code_view_trigger(v, x->candidate)));
		json_object_set_new(
			hit, "effect",
			json_string(code_view_effect(v, x->candidate)));
	}
	json_object_set_new(o, "address", hex(v, x->address));
	json_object_set_new(o, "size", json_integer((json_int_t)x->size));
	json_object_set_new(o, "name",
			    *x->name == '-' && x->name[1] == '\0'
				    ? json_null()
				    : json_string(x->name));
	json_object_set_new(o, "analysed", json_boolean(x->analysed));
	json_object_set_new(o, "calls", calls);
	json_object_set_new(o, "reaches", reaches);
	json_object_set_new(o, "compares",
			    json_integer((json_int_t)x->compares));
	json_object_set(o, "literals", x->list);
	json_object_set_new(o, "candidate", hit);
	return o;
}

static void put_json(struct code_view *v, json_t *rows, FILE *to)
{
	json_t *top = json_object();

	json_object_set_new(top, "schema", json_string("assay.functions/1"));
	json_object_set_new(
		top, "object",
		json_string(code_view_text(v, fw_view_str(v->object), 4096)));
	json_object_set_new(top, "machine", json_string(v->p->arch->name));
	json_object_set_new(top, "functions", rows);
	json_dumpf(top, to, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	fputc('\n', to);
	json_decref(top);
}

static enum fw_sealed_end show(struct code_view *v, const bool flag[2],
			       FILE *to)
{
	json_t *rows = json_array();
	uint32_t shown = 0, n = (uint32_t)v->p->start_count;

	if (!flag[FLAG_JSON])
		fputs("address       size compares score  name                "
		      "  calls\n",
		      to);
	for (uint32_t i = 0; i < n; i++) {
		struct facts x;

		look(v, i, &x);
		if (flag[FLAG_ALL] || says_something(&x)) {
			shown++;
			if (flag[FLAG_JSON])
				json_array_append_new(rows, json_row(v, &x));
			else
				put_row(v, &x, to);
		}
		json_decref(x.list);
	}
	if (flag[FLAG_JSON])
		put_json(v, rows, to);
	else
		fprintf(to, "%u of %u functions, %s\n", shown, n,
			v->p->arch->name);
	if (!flag[FLAG_JSON])
		json_decref(rows);
	code_view_check(v);
	return FW_SEALED_OK;
}

int fw_cmd_functions(int argc, char **argv)
{
	static const struct code_command command = { .name = "functions",
						     .usage = usage,
						     .flag = { "all", "json" },
						     .show = show };

	return code_command_run(&command, argc, argv);
}
