/* graph.c - the paths from a function to the strong things it reaches */
#include "cli/graph.h"

#include <inttypes.h>

#include "core/text.h"

enum { HOPS = 4, PATHS = 8 };

static uint32_t node(struct graph *g, enum graph_kind kind, uint64_t a,
		     uint64_t b)
{
	for (uint32_t i = 0; i < g->node_count; i++)
		if (g->nodes[i].kind == kind && g->nodes[i].key[0] == a &&
		    g->nodes[i].key[1] == b)
			return i;
	if (g->node_count == GRAPH_NODES)
		return GRAPH_NODES;
	g->nodes[g->node_count] = (struct graph_node){ .kind = kind,
						       .key = { a, b },
						       .line = { "", "" } };
	return g->node_count++;
}

static void edge(struct graph *g, uint32_t from, uint32_t to, const char *label)
{
	if (from == GRAPH_NODES || to == GRAPH_NODES)
		return;
	for (uint32_t i = 0; i < g->edge_count; i++)
		if (g->edges[i].from == from && g->edges[i].to == to &&
		    strcmp(g->edges[i].label, label) == 0)
			return;
	if (g->edge_count < GRAPH_EDGES)
		g->edges[g->edge_count++] =
			(struct graph_edge){ from, to, label };
}

static uint32_t function_node(struct code_view *v, struct graph *g,
			      uint32_t start)
{
	uint32_t n = node(g, GRAPH_FUNCTION, v->p->starts[start].address, 0);

	if (n < GRAPH_NODES) {
		g->nodes[n].line[0] = code_view_name(v, start);
		g->nodes[n].line[1] =
			v->p->starts[start].name.len == 0
				? ""
				: fw_sprintf(v->p->arena, "0x%" PRIx64,
					     v->p->starts[start].address);
	}
	return n;
}

static uint32_t sink_node(struct code_view *v, struct graph *g,
			  enum code_sink_kind kind, const struct code_sink *s)
{
	uint32_t n = node(g, GRAPH_SINK, kind, s->call);

	if (n < GRAPH_NODES) {
		g->nodes[n].line[0] = code_sink_words(kind);
		g->nodes[n].line[1] = code_view_text(v, s->text, 100);
	}
	return n;
}

/* The compare that decides whether a call is made, and on which edge. */
struct decision {
	const struct code_compare *compare; /* NULL: none */
	bool equal;
	uint32_t block; /* that the edge enters */
};

/* Whether a compare asks something outside of the program for a yes or no: a
 * file that is there, a variable that is set, a password that is right. */
static bool asks(const struct code_program *p, const struct code_function *f,
		 const struct code_compare *c, bool equal)
{
	const struct code_call *call = code_call_of(p, f, c->subject);

	if (c->kind != CODE_COMPARE_NUMBER || c->number != 0 || call == NULL)
		return false;
	return code_call_does(p, call,
			      CODE_AUTH | CODE_HOST |
				      (equal ? CODE_FILE : CODE_ENV));
}

/* Of the compares before a call the one nearest to it; what somebody chose goes
 * before a mere question. */
static struct decision decider(struct code_view *v,
			       const struct code_function *f,
			       const struct code_call *call)
{
	struct decision best = { .compare = NULL };
	struct code_guard *list;
	size_t n = code_guards_of(v->p, f, &list);
	bool chosen = false;

	for (size_t i = 0; i < 2 * n; i++) {
		const struct code_compare *c = list[i / 2].compare;
		bool equal = i % 2 == 0, trigger = code_is_trigger(c) && equal;
		uint32_t to = equal ? c->equal : c->other;

		if (to == CODE_NO_BLOCK || (chosen && !trigger) ||
		    !(equal ? list[i / 2].guards
			    : code_guards(f, c->block, to)) ||
		    !(trigger || asks(v->p, f, c, equal)) ||
		    !code_dominates(f, to, call->block))
			continue;
		if (best.compare == NULL || (trigger && !chosen) ||
		    code_dominates(f, best.block, to))
			best = (struct decision){ c, equal, to };
		chosen |= trigger;
	}
	return best;
}

static void say_decision(struct code_view *v, const struct code_function *f,
			 const struct decision *d, struct graph_node *n)
{
	const struct code_compare *c = d->compare;
	const struct code_call *call = code_call_of(v->p, f, c->subject);
	struct fw_arena *a = v->p->arena;

	n->line[1] = fw_sprintf(a, "at 0x%" PRIx64, c->at);
	if (code_is_trigger(c) || call == NULL)
		n->line[0] = fw_sprintf(
			a, "%s %s",
			c->kind == CODE_COMPARE_SEARCH ? "contains" : "equals",
			code_view_literal(v, c));
	else
		n->line[0] = fw_sprintf(a, "%s %s", code_view_call(v, call),
					d->equal ? "gives 0" : "is not 0");
}

/* Where the edge to what a call does begins: at the function's node, or at the
 * compare that decides. */
static uint32_t decide(struct code_view *v, struct graph *g, uint32_t from,
		       const struct code_function *f,
		       const struct code_call *call)
{
	struct decision d = decider(v, f, call);

	if (d.compare == NULL)
		return from;
	uint32_t n = node(g, GRAPH_COMPARE, d.compare->at, d.equal);

	if (n < GRAPH_NODES)
		say_decision(v, f, &d, &g->nodes[n]);
	edge(g, from, n, "");
	return n;
}

static const struct code_call *call_at(const struct code_function *f,
				       uint64_t at)
{
	for (size_t i = 0; i < f->call_count; i++)
		if (f->calls[i].at == at)
			return &f->calls[i];
	return NULL;
}

/* One path, call by call. sinks_of() joins what callees do down to a depth; the
 * same questions asked again give the calls between. */
static void add_path(struct code_view *v, struct graph *g,
		     enum code_sink_kind kind)
{
	uint32_t start = v->start, from = function_node(v, g, start);

	for (int depth = 0; depth < HOPS; depth++) {
		int level = depth < 2 ? depth : 2;
		const struct code_sink *s =
			&code_sinks_of(v->p, start, level)->of[kind];
		const struct code_function *f = code_function(v->p, start);
		const struct code_call *c;

		if (s->weight == 0 || f == NULL ||
		    (c = call_at(f, s->at)) == NULL)
			return;
		uint32_t at = decide(v, g, from, f, c);
		const char *label =
			fw_sprintf(v->p->arena, "0x%" PRIx64, s->at);

		if (s->function == start || c->function == CODE_NO_FUNCTION) {
			edge(g, at, sink_node(v, g, kind, s), label);
			return;
		}
		start = c->function;
		from = function_node(v, g, start);
		edge(g, at, from, label);
	}
}

/* Every edge leads down; one that closes a circle is left as it lies. */
static void set_layers(struct graph *g)
{
	for (uint32_t round = 0; round < g->node_count; round++) {
		bool moved = false;

		for (uint32_t i = 0; i < g->edge_count; i++) {
			struct graph_node *to = &g->nodes[g->edges[i].to];
			uint32_t want = g->nodes[g->edges[i].from].layer + 1;

			if (to->layer >= want || want >= g->node_count ||
			    g->edges[i].to == 0)
				continue;
			to->layer = want;
			moved = true;
		}
		if (!moved)
			break;
	}
}

/* What a search noted that needs no call: a login that a literal passes. */
static void add_noted(struct code_view *v, struct graph *g,
		      const struct hidden_candidate *c)
{
	uint32_t at = node(g, GRAPH_COMPARE, c->at, true);
	uint32_t to = node(g, GRAPH_SINK, CODE_SINK_NONE, c->at);

	if (to == GRAPH_NODES)
		return;
	g->nodes[at].line[0] = code_view_trigger(v, c);
	g->nodes[at].line[1] = fw_sprintf(v->p->arena, "at 0x%" PRIx64, c->at);
	g->nodes[to].line[0] = code_view_effect(v, c);
	edge(g, 0, at, "");
	edge(g, at, to, "");
}

void graph_make(struct code_view *v, struct graph *g)
{
	struct code_sinks left = *code_sinks_of(v->p, v->start, 0);

	*g = (struct graph){ .node_count = 0 };
	function_node(v, g, v->start);
	for (int i = 0; i < PATHS; i++) {
		enum code_sink_kind kind = code_sinks_best(&left);

		if (kind == CODE_SINK_NONE)
			break;
		add_path(v, g, kind);
		left.of[kind].weight = 0;
	}
	for (size_t i = 0; i < v->candidate_count && i < GRAPH_NODES; i++)
		if (v->code->found[i].function == v->start &&
		    v->code->found[i].sink.weight == 0)
			add_noted(v, g, &v->code->found[i]);
	if (g->edge_count == 0) {
		uint32_t n = node(g, GRAPH_SINK, CODE_SINK_NONE, 0);

		if (n < GRAPH_NODES)
			g->nodes[n].line[0] = code_sink_words(CODE_SINK_NONE);
		edge(g, 0, n, "");
	}
	set_layers(g);
}
