/* graph_svg.c - a graph as a picture: layers from top to bottom
 *
 * A node stands in the row of its layer; an edge that passes rows gets a place
 * in each of them, so that it crosses no box. Rows are ordered by where their
 * edges come from, once.
 *
 * Source: Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of
 * Hierarchical System Structures"; W3C SVG 1.1
 */
#include "cli/graph.h"

#include <limits.h>
#include <stdlib.h>

enum { SPOTS = GRAPH_NODES * 8, LINE_SHOWN = 56 };
enum {
	CHAR = 8,
	LINE = 17,
	PAD = 14,
	GAP = 36,
	ROW_GAP = 58,
	VIA = 24,
	BORDER = 20
};

/* A node, or (node GRAPH_NODES) where an edge passes a row. */
struct spot {
	uint32_t node, layer, number;
	int x, y, w, h; /* pixels; x and y of the centre */
	double rank;	/* mean place of those above */
};

struct picture {
	const struct graph *g;
	struct spot spots[SPOTS];
	uint32_t count, layers;
	uint32_t first[GRAPH_EDGES]; /* spots that an edge passes, in a row */
	uint32_t passes[GRAPH_EDGES];
	uint32_t order[SPOTS]; /* spots by layer, left to right */
	int row_h[GRAPH_NODES], left, right, width, height;
};

/* Characters, not bytes: texts are valid UTF-8. */
static int columns(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n < LINE_SHOWN + 3 ? n : LINE_SHOWN + 3;
}

static void set_size(const struct graph_node *n, struct spot *s)
{
	int a = columns(n->line[0]), b = columns(n->line[1]);

	s->w = (a > b ? a : b) * CHAR + 2 * PAD;
	s->h = (*n->line[1] == '\0' ? 1 : 2) * LINE + 2 * PAD;
	if (n->kind == GRAPH_COMPARE) { /* the text fits between the slopes */
		s->w = s->w * 8 / 5;
		s->h = s->h * 8 / 5;
	}
}

static void add_spots(struct picture *p)
{
	const struct graph *g = p->g;

	for (uint32_t i = 0; i < g->node_count; i++) {
		struct spot *s = &p->spots[p->count++];

		*s = (struct spot){ .node = i,
				    .layer = g->nodes[i].layer,
				    .number = i };
		set_size(&g->nodes[i], s);
		if (s->layer >= p->layers)
			p->layers = s->layer + 1;
	}
	for (uint32_t i = 0; i < g->edge_count; i++) {
		uint32_t from = g->nodes[g->edges[i].from].layer;
		uint32_t to = g->nodes[g->edges[i].to].layer;

		p->first[i] = p->count;
		for (uint32_t l = from + 1; l < to && p->count < SPOTS; l++) {
			p->spots[p->count] = (struct spot){ .node = GRAPH_NODES,
							    .layer = l,
							    .number = p->count,
							    .w = VIA };
			p->count++;
			p->passes[i]++;
		}
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->rank < y->rank || x->rank > y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* The spot above a spot on an edge. */
static void add_rank(const struct picture *p, uint32_t above, uint32_t below,
		     double *sum, uint32_t *n)
{
	sum[below] += p->spots[above].x;
	n[below]++;
}

/* Puts each spot of a row as near below those above it as its neighbours allow:
 * the mean of the places when all are pushed to the right and to the left,
 * which keeps them as far apart as both do. */
static void place_row(struct picture *p, uint32_t from, uint32_t to)
{
	uint32_t layer = p->spots[p->order[from]].layer;
	int right[SPOTS], at = INT_MIN / 2;

	for (uint32_t i = from; i < to; i++) {
		const struct spot *s = &p->spots[p->order[i]];
		int least = at + s->w / 2 + GAP;

		right[i] = (int)s->rank > least ? (int)s->rank : least;
		at = right[i] + (s->w + 1) / 2;
		if (s->h > p->row_h[layer])
			p->row_h[layer] = s->h;
	}
	at = INT_MAX / 2;
	for (uint32_t i = to; i-- > from;) {
		struct spot *s = &p->spots[p->order[i]];
		int most = at - (s->w + 1) / 2 - GAP;
		int left = (int)s->rank < most ? (int)s->rank : most;

		at = left - s->w / 2;
		s->x = (left + right[i]) / 2;
		if (s->x - s->w / 2 < p->left)
			p->left = s->x - s->w / 2;
		if (s->x + s->w / 2 > p->right)
			p->right = s->x + s->w / 2;
	}
}

/* Mean places of what stands above each spot of a layer. */
static void rank_layer(struct picture *p, uint32_t layer)
{
	const struct graph *g = p->g;
	double sum[SPOTS] = { 0 };
	uint32_t n[SPOTS] = { 0 };

	for (uint32_t e = 0; e < g->edge_count; e++) {
		uint32_t above = g->edges[e].from;

		for (uint32_t k = 0; k <= p->passes[e]; k++) {
			uint32_t below = k == p->passes[e] ? g->edges[e].to
							   : p->first[e] + k;

			if (p->spots[below].layer == layer &&
			    p->spots[above].layer < layer)
				add_rank(p, above, below, sum, n);
			above = below;
		}
	}
	for (uint32_t i = 0; i < p->count; i++)
		if (p->spots[i].layer == layer)
			p->spots[i].rank = n[i] == 0 ? 0 : sum[i] / n[i];
}

static void lay_out(struct picture *p)
{
	uint32_t done = 0;

	for (uint32_t l = 0; l < p->layers; l++) {
		struct spot row[SPOTS];
		uint32_t n = 0;

		rank_layer(p, l);
		for (uint32_t i = 0; i < p->count; i++)
			if (p->spots[i].layer == l)
				row[n++] = p->spots[i];
		qsort(row, n, sizeof(*row), by_rank);
		for (uint32_t i = 0; i < n; i++)
			p->order[done + i] = row[i].number;
		if (n > 0)
			place_row(p, done, done + n);
		done += n;
	}
	p->width = p->right - p->left + 2 * BORDER;
	p->height = BORDER;
	for (uint32_t l = 0; l < p->layers; l++) {
		for (uint32_t i = 0; i < p->count; i++)
			if (p->spots[i].layer == l) {
				p->spots[i].x += BORDER - p->left;
				p->spots[i].y = p->height + p->row_h[l] / 2;
			}
		p->height += p->row_h[l] + (l + 1 < p->layers ? ROW_GAP : 0);
	}
	p->height += BORDER;
}

/* The noncharacters U+FFFE and U+FFFF are valid UTF-8 and no XML. */
static void put_text(const char *s, int max, FILE *to)
{
	for (int n = 0; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c & 0xc0) != 0x80 && n++ == max) {
			fputs("...", to);
			return;
		}
		if (c == '&')
			fputs("&amp;", to);
		else if (c == '<')
			fputs("&lt;", to);
		else if (c == '>')
			fputs("&gt;", to);
		else if (c == '"')
			fputs("&quot;", to);
		else if (c == 0xef && (unsigned char)s[1] == 0xbf &&
			 (unsigned char)s[2] >= 0xbe) {
			fputc('?', to);
			s += 2;
		} else
			fputc(c, to);
	}
}

static void put_node(const struct picture *p, const struct spot *s, FILE *to)
{
	const struct graph_node *n = &p->g->nodes[s->node];
	int lines = *n->line[1] == '\0' ? 1 : 2;

	fputs("<g><title>", to);
	put_text(n->line[0], 200, to);
	fputs(lines == 2 ? " " : "", to);
	put_text(n->line[1], 200, to);
	fputs("</title>", to);
	if (n->kind == GRAPH_COMPARE)
		fprintf(to,
			"<polygon class=\"compare\" points=\"%d,%d %d,%d "
			"%d,%d %d,%d\"/>",
			s->x, s->y - s->h / 2, s->x + s->w / 2, s->y, s->x,
			s->y + s->h / 2, s->x - s->w / 2, s->y);
	else
		fprintf(to,
			"<rect class=\"%s\" x=\"%d\" y=\"%d\" "
			"width=\"%d\" height=\"%d\" rx=\"4\"/>",
			n->kind == GRAPH_SINK ? "sink" : "function",
			s->x - s->w / 2, s->y - s->h / 2, s->w, s->h);
	for (int i = 0; i < lines; i++) {
		fprintf(to, "<text x=\"%d\" y=\"%d\">", s->x,
			s->y + (2 * i - lines + 1) * LINE / 2 + 4);
		put_text(n->line[i], LINE_SHOWN, to);
		fputs("</text>", to);
	}
	fputs("</g>\n", to);
}

static void put_edge(const struct picture *p, uint32_t e, FILE *to)
{
	const struct graph_edge *edge = &p->g->edges[e];
	const struct spot *from = &p->spots[edge->from];
	int x = from->x, y = from->y + from->h / 2, lx = 0, ly = 0;

	fprintf(to, "<path class=\"edge\" d=\"M%d %d", x, y);
	for (uint32_t k = 0; k <= p->passes[e]; k++) {
		const struct spot *s =
			&p->spots[k == p->passes[e] ? edge->to
						    : p->first[e] + k];
		int y2 = s->y - s->h / 2;

		fprintf(to, " C%d %d %d %d %d %d", x, y + ROW_GAP / 2, s->x,
			y2 - ROW_GAP / 2, s->x, y2);
		lx = x + (s->x - x) * 3 / 4;
		ly = y + (y2 - y) * 2 / 3;
		x = s->x;
		y = y2;
		if (k < p->passes[e]) {
			y += s->h;
			fprintf(to, " L%d %d", x, y);
		}
	}
	fputs("\"/>\n", to);
	if (*edge->label == '\0')
		return;
	fprintf(to, "<text class=\"label\" x=\"%d\" y=\"%d\">", lx, ly + 4);
	put_text(edge->label, LINE_SHOWN, to);
	fputs("</text>\n", to);
}

void graph_put_svg(struct code_view *v, const struct graph *g, FILE *to)
{
	struct picture *p = fw_alloc(v->p->arena, 1, sizeof(*p));

	p->g = g;
	add_spots(p);
	lay_out(p);
	fprintf(to,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		p->width, p->height, p->width, p->height);
	fputs("<style>text{font:13px monospace;text-anchor:middle;fill:#222}"
	      ".label{font-size:11px;fill:#333;stroke:#fff;stroke-width:4;"
	      "paint-order:stroke}"
	      ".edge{fill:none;stroke:#555;marker-end:url(#tip)}"
	      ".function{fill:#eef3fa;stroke:#46678f}"
	      ".compare{fill:#fff6d6;stroke:#a07c00}"
	      ".sink{fill:#fbe3e0;stroke:#b03a2e}</style>\n"
	      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" "
	      "refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
	      "orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#555\"/>"
	      "</marker></defs>\n"
	      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
	      to);
	for (uint32_t i = 0; i < g->edge_count; i++)
		put_edge(p, i, to);
	for (uint32_t i = 0; i < g->node_count; i++)
		put_node(p, &p->spots[i], to);
	fputs("</svg>\n", to);
}
