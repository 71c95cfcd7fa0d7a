/* cmd_graph.c - assay graph OBJECT@ADDRESS */
#include "cli/cli.h"
#include "cli/code_object.h"
#include "cli/graph.h"

static const char usage[] =
	"usage: assay graph [OPTION]... OBJECT@ADDRESS\n"
	"Draws how the function that holds an address reaches what it does: "
	"the\n"
	"calls on the way, the compares that decide, and the commands run at "
	"the\n"
	"end. Writes DOT, which graphviz draws, to standard output. OBJECT is "
	"an\n"
	"ELF file, or IMAGE!PATH; ADDRESS is hexadecimal, or a function's "
	"name.\n"
	"\n"
	"      --svg               a picture instead of DOT\n"
	"      --tmp-dir DIR       where unlinked temporary files go\n"
	"      --no-sandbox        without seccomp and Landlock (debuggers)\n"
	"  -q                      no progress on standard error\n"
	"\nExample: assay graph --svg 'router.bin!usr/sbin/httpd@main' > "
	"main.svg\n"
	"Exit status: 0 all drawn, 2 error, 3 not all could be read\n";

static enum fw_sealed_end show(struct code_view *v, const bool flag[2],
			       FILE *to)
{
	struct graph *g = fw_alloc(v->p->arena, 1, sizeof(*g));

	graph_make(v, g);
	if (flag[0])
		graph_put_svg(v, g, to);
	else
		graph_put_dot(v, g, to);
	code_view_check(v);
	return FW_SEALED_OK;
}

int fw_cmd_graph(int argc, char **argv)
{
	static const struct code_command command = { .name = "graph",
						     .usage = usage,
						     .wants_address = true,
						     .flag = { "svg", NULL },
						     .show = show };

	return code_command_run(&command, argc, argv);
}
