/* test_graph.c - graphs as DOT and SVG: hostile texts, long edges, full tables
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/graph.h"

enum { ROOM = 1 << 20 };

static const char hostile[] = "]]><a b=\"c\"> & \\n \xef\xbf\xbf \xc3\xa9 --";

static char *drawn(const struct graph *g, bool svg)
{
	struct fw_arena arena = { .max = 0 };
	struct code_program p = { .arena = &arena };
	struct code_view v = { .p = &p };
	char *text = calloc(ROOM, 1);
	FILE *to = tmpfile();

	assert_non_null(text);
	assert_non_null(to);
	if (svg)
		graph_put_svg(&v, g, to);
	else
		graph_put_dot(&v, g, to);
	rewind(to);
	assert_in_range(fread(text, 1, ROOM - 1, to), 1, ROOM - 2);
	fclose(to);
	fw_arena_free(&arena);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (text = strstr(text, what); text != NULL;
	     text = strstr(text + 1, what))
		n++;
	return n;
}

/* Tags close, entities are known, and nothing is there that XML forbids. */
static void check_xml(const char *text)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
						"&quot;" };
	bool tag = false;
	size_t known = 0;

	for (const char *c = text; *c != '\0'; c++) {
		assert_true(*c == '\n' || (unsigned char)*c >= ' ');
		assert_false(*c == '<' && tag);
		if (*c == '<' || *c == '>')
			tag = *c == '<';
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		known += count(text, entities[i]);
	assert_int_equal(known, count(text, "&"));
	assert_null(strstr(text, "\xef\xbf\xbf"));
	assert_int_equal(count(text, "<g>"), count(text, "</g>"));
	assert_int_equal(count(text, "<text"), count(text, "</text>"));
	assert_int_equal(count(text, "</svg>\n"), 1);
}

/* An edge that passes two rows bends there; every node is drawn once. */
static void draws_long_edges(void **state)
{
	static struct graph g = {
		.nodes = { { GRAPH_FUNCTION, { 1, 0 }, { "main", "" }, 0 },
			   { GRAPH_COMPARE, { 2, 0 }, { hostile, "at" }, 1 },
			   { GRAPH_FUNCTION, { 3, 0 }, { "run", "0x3" }, 2 },
			   { GRAPH_SINK, { 4, 0 }, { "starts", hostile }, 3 } },
		.node_count = 4,
		.edges = { { 0, 1, "0x1" },
			   { 1, 2, "" },
			   { 2, 3, "0x2" },
			   { 0, 3, "<&>" } },
		.edge_count = 4,
	};
	char *svg = drawn(&g, true), *again = drawn(&g, true);
	char *dot = drawn(&g, false);

	(void)state;
	check_xml(svg);
	assert_string_equal(svg, again);
	assert_int_equal(count(svg, "<g>"), 4);
	assert_int_equal(count(svg, "<polygon"), 1);
	assert_int_equal(count(svg, " C"), 4 + 2);
	assert_int_equal(count(dot, " -> "), 4);
	assert_non_null(strstr(dot, "b=\\\"c\\\"> & \\\\n "));
	free(svg);
	free(again);
	free(dot);
}

/* All tables full: chains, edges over all rows, and one that leads up. */
static void draws_full_tables(void **state)
{
	static struct graph g;
	char *svg;

	(void)state;
	for (uint32_t chain = 0; chain < 2; chain++) {
		g.node_count = GRAPH_NODES;
		g.edge_count = GRAPH_EDGES;
		for (uint32_t i = 0; i < GRAPH_NODES; i++)
			g.nodes[i] = (struct graph_node){
				.kind = (enum graph_kind)(i % 3),
				.key = { i, 0 },
				.line = { hostile, i % 2 == 0 ? "" : hostile },
				.layer = chain != 0 ? i : i % 4
			};
		for (uint32_t i = 0; i < GRAPH_EDGES; i++)
			g.edges[i] =
				(struct graph_edge){ i % GRAPH_NODES,
						     (i * 7 + 5) % GRAPH_NODES,
						     "0x1" };
		svg = drawn(&g, true);
		check_xml(svg);
		assert_int_equal(count(svg, "<g>"), GRAPH_NODES);
		free(svg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_long_edges),
		cmocka_unit_test(draws_full_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
