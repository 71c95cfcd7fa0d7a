/* hidden.c - findings from what was found in all programs' code
 *
 * Only what scores as benign programs rarely do is a finding. The rest of each
 * image is one ranked list of at most ten, which never fails a build.
 */
#include <stdlib.h>

#include "analyzers/hidden/hidden_kinds.h"
#include "analyzers/hidden/hidden_mention.h"
#include "analyzers/hidden/hidden_routes.h"
#include "core/listing.h"
#include "core/roots.h"

/* From the benchmark's benign programs: see tests/bench/hidden. */
#define HIGH 5.25f
/* ... and below which nothing is worth a look. */
#define WORTH	2.0f
#define ADDRESS 5.0f /* of a web server, to which nothing links */
enum { LISTED = 10, FIELDS = 10, LINES = 12 /* of the deciding block */ };

struct item {
	uint32_t place;
	float score;
	struct fw_view field[FIELDS];
	const char *mention; /* what the rest of the image says of it */
	const struct hidden_route *route; /* it is an address, too; or NULL */
};

static struct item parse(uint32_t place, const char *text)
{
	struct item it = { .place = place, .score = strtof(text, NULL) };
	struct fw_view rest = fw_view_str(text), f;

	for (size_t i = 0; i < FIELDS && fw_split(&rest, '\t', &f); i++)
		it.field[i] = f;
	return it;
}

static const char *str(struct fw_out *o, const struct item *it, size_t i)
{
	return fw_strdup(fw_out_arena(o), it->field[i]);
}

/* "The program starts a shell when what is received equals "xyzzy"." */
static const char *sentence(struct fw_out *o, const struct item *it)
{
	const char *trigger = str(o, it, 4), *text = str(o, it, 7);

	return fw_text(o, "%s%s%s%s when %s%s%s%s%s", str(o, it, 6),
		       *text == '\0' ? "" : " (", text,
		       *text == '\0' ? "" : ")", str(o, it, 5),
		       *trigger == '\0' ? "" : " \"", trigger,
		       *trigger == '\0' ? "" : "\"", it->mention);
}

/* Commands that an address runs are ordinary by themselves. */
static void weigh_address(const struct item *it, struct fw_claim *c)
{
	bool strong = it->score >= ADDRESS || it->route->says;

	c->severity = !strong		 ? FW_MEDIUM
		      : it->route->shell ? FW_CRITICAL
					 : FW_HIGH;
	c->confidence = strong ? FW_SURE : FW_LIKELY;
}

static void report(const struct item *it, struct fw_out *o)
{
	const char *way = str(o, it, 8);
	struct fw_evidence e[1 + LINES] = {
		{ .offset = FW_NO_OFFSET,
		  .address = strtoull(str(o, it, 2), NULL, 16),
		  .symbol = str(o, it, 3),
		  .text = *way == '\0' ? "here it is decided" : way },
	};
	struct fw_view listing = it->field[9], line;
	size_t n = 1;

	struct fw_claim c = FW_CLAIM(hidden_kind_of(it->field[1]));

	if (it->route != NULL)
		weigh_address(it, &c);
	c.detail = sentence(o, it);
	c.key = fw_text(o, "%s %s %s", str(o, it, 1), str(o, it, 4),
			str(o, it, 6));
	/* Each line apart: one text with line ends in it shows them escaped. */
	while (n < 1 + LINES && fw_split(&listing, '\n', &line))
		if (line.len > 0)
			e[n++] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = fw_strdup(fw_out_arena(o), line)
			};
	c.evidence = e;
	c.evidence_count = n;
	fw_out_at(o, it->place);
	fw_out_claim(o, &c);
}

static int by_score(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static void list(const struct fw_tree *tree, uint32_t image,
		 const struct item *items, size_t n, struct fw_out *o)
{
	struct fw_evidence e[LISTED];
	struct fw_claim c = FW_CLAIM(&hidden_look);

	n = n < LISTED ? n : LISTED;
	for (size_t i = 0; i < n; i++)
		e[i] = (struct fw_evidence){
			.offset = FW_NO_OFFSET,
			.address = strtoull(str(o, &items[i], 2), NULL, 16),
			.symbol = str(o, &items[i], 3),
			.text = fw_text(o, "%s: %s (%.1f)",
					tree->places[items[i].place].path,
					sentence(o, &items[i]),
					(double)items[i].score)
		};
	c.detail = fw_text(o, "%zu places in code, the likeliest first", n);
	c.key = "";
	c.evidence = e;
	c.evidence_count = n;
	fw_out_at(o, image);
	fw_out_claim(o, &c);
}

/* Contents that stand at several places are judged once, at the first. */
static bool is_first(const struct fw_tree *tree, uint32_t place, uint8_t *seen)
{
	uint32_t c = tree->places[place].content;

	if (c == UINT32_MAX || c >= tree->count)
		return true;
	bool first = !seen[c];

	seen[c] = 1;
	return first;
}

/* One image: findings, and a list of the rest. */
struct image {
	uint32_t root;
	struct hidden_routes *routes;
	uint32_t *seen;			 /* for the mentions, of all images */
	struct hidden_mentions mentions; /* tree NULL: not asked for yet */
	struct item *items;
	size_t n, cap;
};

/* An address of a web server that no page links to, and that does this: each
 * says what the other lacks, so together they are one finding, and sure. */
static bool is_address(const struct fw_tree *tree, struct hidden_routes *routes,
		       struct item *it, struct fw_out *o)
{
	struct hidden_route *r = hidden_route_find(
		routes, &tree->places[it->place], it->field[4]);

	if (r == NULL || r->told)
		return false;
	r->told = true;
	it->route = r;
	/* That nothing else mentions it goes without saying then. */
	it->mention = fw_text(o,
			      "%s; it is an address of the web server, to "
			      "which no page links",
			      it->mention[0] == ',' ? it->mention : "");
	return true;
}

static void look_at(const struct fw_tree *tree, uint32_t place,
		    struct image *image, struct fw_out *o)
{
	const char *text;

	if (image->mentions.tree == NULL)
		image->mentions = hidden_mentions_of(
			tree, image->root, image->seen, fw_out_arena(o));
	for (size_t k = 0;
	     (text = fw_place_fact(&tree->places[place], "_hidden", k)) != NULL;
	     k++) {
		struct item it = parse(place, text);

		it.score = hidden_mention(&image->mentions, place, it.field[4],
					  it.score, HIGH, &it.mention, o);
		if (is_address(tree, image->routes, &it, o) ||
		    it.score >= HIGH) {
			report(&it, o);
			continue;
		}
		if (it.score < WORTH)
			continue;
		image->items = fw_grow(fw_out_arena(o), image->items,
				       &image->cap, image->n + 1, sizeof(it));
		image->items[image->n++] = it;
	}
}

static void correlate(const struct fw_tree *tree, struct fw_out *o)
{
	struct fw_arena *a = fw_out_arena(o);
	uint8_t *seen = fw_alloc(a, tree->count + 1, 1);
	uint32_t *in_image =
		fw_alloc(a, fw_content_end(tree) + 1U, sizeof(*in_image));
	struct hidden_routes *routes = hidden_routes_of(tree, o);

	for (uint32_t root = 0, end; root < tree->count; root = end) {
		struct image image = { .root = root,
				       .routes = routes,
				       .seen = in_image };

		end = fw_image_end(tree, root);
		for (uint32_t i = root; i < end; i++)
			if (fw_place_fact(&tree->places[i], "_hidden", 0) !=
				    NULL &&
			    is_first(tree, i, seen))
				look_at(tree, i, &image, o);
		if (image.n == 0)
			continue;
		qsort(image.items, image.n, sizeof(*image.items), by_score);
		list(tree, root, image.items, image.n, o);
	}
}

const struct fw_analyzer fw_analyzer_hidden = {
	.name = "hidden",
	.title = "Hidden functions that machine code shows",
	.kinds = hidden_kinds,
	.correlate = correlate,
};
