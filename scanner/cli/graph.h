/* graph.h - how a function reaches what it does, as a small graph
 *
 * Runs in the sandboxed process; texts are escaped. Nodes and edges stand in
 * the order in which they were found, which is the same for the same bytes.
 */
#ifndef FW_CLI_GRAPH_H
#define FW_CLI_GRAPH_H

#include "cli/code_view.h"

enum graph_kind { GRAPH_FUNCTION, GRAPH_COMPARE, GRAPH_SINK };

enum { GRAPH_NODES = 96, GRAPH_EDGES = 192 };

struct graph_node {
	enum graph_kind kind;
	uint64_t key[2];     /* equal for equal nodes of a kind */
	const char *line[2]; /* the second one may be "" */
	uint32_t layer;	     /* 0: the function asked for */
};

struct graph_edge {
	uint32_t from, to;
	const char *label; /* the call's address, "equal", or "" */
};

struct graph {
	struct graph_node nodes[GRAPH_NODES];
	uint32_t node_count;
	struct graph_edge edges[GRAPH_EDGES];
	uint32_t edge_count;
};

/* The paths from the view's function to the strongest things it reaches. */
void graph_make(struct code_view *v, struct graph *g);

void graph_put_dot(struct code_view *v, const struct graph *g, FILE *to);
void graph_put_svg(struct code_view *v, const struct graph *g, FILE *to);

#endif
