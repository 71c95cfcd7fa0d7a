/* text_layers.c - what the image is made of, and what nobody can read */
#include <stdlib.h>

#include "core/format.h"
#include "report/text.h"

enum {
	OPAQUE_SHOWN = 3,
	OPAQUE_SMALL = 512, /* bytes: too little to hide much in */
	LAYERS_SHOWN = 10,
	NAME_COLUMNS = 20,
	FORMAT_COLUMN = 26 + NAME_COLUMNS
};

/* Padding is a gap, but one that hides nothing. */
static bool is_padding(const struct fw_node *n)
{
	const char *guess = fw_node_fact(n, "content.guess");

	return guess != NULL && strcmp(guess, "padding") == 0;
}

/* What the coverage counts as opaque: a part of the image that no format and no
 * sound guess explains. */
static bool is_opaque(const struct fw_node *n)
{
	const char *guess = fw_node_fact(n, "content.guess");

	if ((n->meta->type != FW_GAP && n->meta->type != FW_REGION) ||
	    n->offset == UINT64_MAX || n->size == 0 || n->format != NULL ||
	    n->child_count > 0)
		return false;
	return guess == NULL ||
	       (strcmp(guess, "padding") != 0 && strcmp(guess, "text") != 0 &&
		strcmp(guess, "code") != 0);
}

struct opaque {
	uint64_t size;
	uint32_t node;
};

static int larger(const void *a, const void *b)
{
	const struct opaque *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->node < y->node ? -1 : 1;
}

static const char *place_text(struct text *t, uint32_t node)
{
	uint64_t at;

	if (!fw_node_place(t->r, node, &at))
		return "decoded";
	return fw_sprintf(&t->arena, "0x%08llx", (unsigned long long)at);
}

/* What bytes look like, in words that promise no more than that. */
static const char *text_guess(struct text *t, const char *guess)
{
	if (guess == NULL)
		return "unknown";
	if (strcmp(guess, "encrypted") == 0)
		return "looks encrypted, or compressed";
	if (strcmp(guess, "compressed") == 0)
		return "looks compressed";
	if (strcmp(guess, "data") == 0)
		return "data of an unknown format";
	return fw_show_raw(&t->arena, guess);
}

/* The largest first; of the smallest only how many there are. */
static void opaque_regions(struct text *t, uint32_t image)
{
	struct opaque *v = NULL;
	size_t n = 0, cap = 0;
	size_t max = t->opt->verbose ? SIZE_MAX : OPAQUE_SHOWN, small = 0;
	uint64_t small_bytes = 0;

	for (uint32_t i = 0; i < t->r->node_count; i++) {
		if (t->r->nodes[i].image != image ||
		    !is_opaque(&t->r->nodes[i]))
			continue;
		if (!t->opt->verbose && t->r->nodes[i].size < OPAQUE_SMALL) {
			small++;
			small_bytes += t->r->nodes[i].size;
			continue;
		}
		v = fw_grow(&t->arena, v, &cap, n + 1, sizeof(*v));
		v[n++] = (struct opaque){ t->r->nodes[i].size, i };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), larger);
	for (size_t i = 0; i < n && i < max; i++) {
		const struct fw_node *o = &t->r->nodes[v[i].node];
		const char *guess = fw_node_fact(o, "content.guess");

		text_line(
			t, "  %-10s %11s  opaque: %s", place_text(t, v[i].node),
			fw_show_size(&t->arena, o->size), text_guess(t, guess));
	}
	if (n > max)
		text_line(t, "  and %zu more, -v shows all", n - max);
	if (small > 0)
		text_line(t,
			  "  %-10s %11s  opaque: %zu small part%s of less "
			  "than %d bytes",
			  "", fw_show_size(&t->arena, small_bytes), small,
			  small == 1 ? "" : "s", OPAQUE_SMALL);
}

/* Bytes are explained, and yet their code was not read to its end. */
static void code_not_read(struct text *t, uint32_t image)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t->r->node_count; i++)
		n += t->r->nodes[i].image == image &&
		     fw_node_fact(&t->r->nodes[i], "code.gave-up") != NULL;
	if (n > 0)
		text_line(
			t,
			"  machine code of %zu program%s was not, or not all, "
			"looked into",
			n, n == 1 ? "" : "s");
}

void text_coverage(struct text *t, uint32_t image)
{
	const struct fw_coverage *c = &t->r->images[image].coverage;
	struct fw_arena *a = &t->arena;

	text_head(t, TEXT_BOLD, "COVERAGE");
	text_wrap(t, 11, 11, 0,
		  fw_sprintf(a,
			     "%s explained (%s), %s padding (%s), %s opaque "
			     "(%s)",
			     fw_show_share(a, c->explained, c->total),
			     fw_show_size(a, c->explained),
			     fw_show_share(a, c->padding, c->total),
			     fw_show_size(a, c->padding),
			     fw_show_share(a, c->opaque, c->total),
			     fw_show_size(a, c->opaque)));
	opaque_regions(t, image);
	code_not_read(t, image);
}

/* Files and folders below, of a node that is followed by them in preorder. */
static uint32_t files_below(const struct fw_result *r, uint32_t node)
{
	uint32_t n = 0;

	for (uint32_t i = node + 1;
	     i < r->node_count && r->nodes[i].depth > r->nodes[node].depth; i++)
		n += r->nodes[i].meta->type == FW_FILE;
	return n;
}

/* A file system or archive: what is in it are files, not layers. */
static bool holds_files(const struct fw_node *n)
{
	return n->format != NULL && (n->format->class == FW_FILESYSTEM ||
				     n->format->class == FW_ARCHIVE);
}

/* "@0x40.trx" stands beside its offset: "trx" says the rest. */
static const char *layer_name(struct text *t, const struct fw_node *n)
{
	const char *name = fw_show_path(&t->arena, n->name);

	if (n->parent == FW_NO_NODE)
		return "the image";
	const char *dot = strchr(name, '.');

	return strncmp(name, "@0x", 3) == 0 && dot != NULL ? dot + 1 : name;
}

static void layer(struct text *t, uint32_t node, uint32_t depth)
{
	const struct fw_node *n = &t->r->nodes[node];
	const char *what, *name = layer_name(t, n);
	const char *guess = fw_node_fact(n, "content.guess");
	int indent = (int)(depth > 6 ? 6 : depth);

	if (n->format != NULL)
		what = n->format->title;
	else if (guess != NULL)
		what = text_guess(t, guess);
	else
		what = n->child_count > 0 ? "a part" : "unknown";
	if (holds_files(n))
		what = fw_sprintf(&t->arena, "%s, %u files", what,
				  files_below(t->r, node));
	name = text_middle(t, name, (size_t)(NAME_COLUMNS - indent));
	fprintf(t->to, "  %-10s %11s  %*s%s%*s ", place_text(t, node),
		fw_show_size(&t->arena, n->size), indent, "", name,
		(int)(NAME_COLUMNS - (size_t)indent - text_columns(name)), "");
	text_wrap(t, FORMAT_COLUMN, FORMAT_COLUMN, t->opt->verbose ? 0 : 1,
		  what);
}

static void layers_head(struct text *t)
{
	text_head(t, TEXT_BOLD, "LAYERS");
	text_line(t, "offset in the image, size, name, format");
}

/* All but what lies in a file system or archive. Preorder makes one pass do. */
void text_layers(struct text *t, uint32_t image)
{
	const struct fw_result *r = t->r;
	uint32_t root = r->images[image].node, shown = 0, left = 0;
	uint32_t max = t->opt->verbose ? UINT32_MAX : LAYERS_SHOWN;
	uint32_t inside = UINT32_MAX; /* depth of a file system we are in */

	for (uint32_t i = root; i < r->node_count; i++) {
		const struct fw_node *n = &r->nodes[i];

		if (i > root && n->depth <= r->nodes[root].depth)
			break;
		if (n->depth > inside)
			continue;
		inside = holds_files(n) ? n->depth : UINT32_MAX;
		if (n->size == 0 || is_padding(n) ||
		    (i == root && n->format == NULL))
			continue;
		if (shown == 0)
			layers_head(t);
		if (shown < max) {
			layer(t, i, n->depth - r->nodes[root].depth);
			shown++;
		} else {
			left++;
		}
	}
	if (left > 0)
		text_line(t, "  and %u more, -v shows all", left);
}

static const char *mode_text(struct text *t, const struct fw_meta *m)
{
	if (m->mode == FW_NO_MODE)
		return "    ";
	return fw_sprintf(&t->arena, "%04o", m->mode & 07777);
}

void text_tree(struct text *t, uint32_t image)
{
	const struct fw_result *r = t->r;
	uint32_t root = r->images[image].node;

	text_line(t, "%s", "");
	text_head(t, TEXT_BOLD, "TREE");
	text_line(t, "mode, kind, size, name");
	for (uint32_t i = root; i < r->node_count; i++) {
		const struct fw_node *n = &r->nodes[i];
		uint32_t depth = n->depth - r->nodes[root].depth;
		const char *link =
			n->meta->type == FW_LINK || n->meta->type == FW_HARDLINK
				? n->meta->link
				: NULL;

		if (i > root && n->depth <= r->nodes[root].depth)
			break;
		text_line(t, "  %s %-8s %11s  %*s%s%s%s%s%s%s%s",
			  mode_text(t, n->meta), fw_type_name(n->meta->type),
			  n->size == 0 ? "" : fw_show_size(&t->arena, n->size),
			  (int)(depth > 20 ? 40 : 2 * depth), "",
			  fw_show_path(&t->arena, n->name),
			  link == NULL ? "" : " -> ",
			  link == NULL ? "" : fw_show_raw(&t->arena, link),
			  n->format == NULL ? "" : "  [",
			  n->format == NULL ? "" : n->format->name,
			  n->format == NULL ? "" : "]",
			  fw_state_is_damage(n->state)
				  ? fw_sprintf(&t->arena, "  (%s)",
					       fw_state_name(n->state))
				  : "");
		if (t->arena.used > (4U << 20)) {
			fw_arena_free(&t->arena);
			t->arena = (struct fw_arena){ 0 };
		}
	}
}
