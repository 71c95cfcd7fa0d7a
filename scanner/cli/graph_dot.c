/* graph_dot.c - a graph in the DOT language
 *
 * Source: graphviz.org/doc/info/lang.html (quoted strings: only the quote and,
 * in labels, the backslash mean something)
 */
#include "cli/graph.h"

static void put_quoted(const char *s, FILE *to)
{
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', to);
		fputc(*s, to);
	}
}

void graph_put_dot(struct code_view *v, const struct graph *g, FILE *to)
{
	static const char *const shapes[] = {
		[GRAPH_FUNCTION] = "box",
		[GRAPH_COMPARE] = "diamond",
		[GRAPH_SINK] = "box, style=filled, fillcolor=mistyrose",
	};

	fputs("digraph \"", to);
	put_quoted(g->nodes[0].line[0], to);
	fputs("\" {\n\tnode [fontname=monospace];\n"
	      "\tedge [fontname=monospace];\n",
	      to);
	for (uint32_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->nodes[i];

		fprintf(to, "\tn%u [shape=%s, label=\"", i, shapes[n->kind]);
		put_quoted(n->line[0], to);
		if (*n->line[1] != '\0')
			fputs("\\n", to);
		put_quoted(n->line[1], to);
		fputs("\"];\n", to);
	}
	for (uint32_t i = 0; i < g->edge_count; i++) {
		fprintf(to, "\tn%u -> n%u [label=\"", g->edges[i].from,
			g->edges[i].to);
		put_quoted(g->edges[i].label, to);
		fputs("\"];\n", to);
	}
	fputs("}\n", to);
	(void)v;
}
