/* tree.c - the graph of contents, expanded to the tree that people see
 *
 * A content that is placed twice shows its children twice; one that holds itself
 * stops there. The number of nodes is bounded by --max-objects, counted in
 * preorder, so the same nodes are left out whatever order jobs finished in.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "engine/model.h"
#include "engine/software.h"
#include "engine/tree.h"

struct frame {
	const struct entry *next; /* sibling to go on with */
	uint32_t parent;
	const struct content *opened; /* whose children these are, or NULL */
};

static bool is_open(const struct frame *stack, size_t depth,
		    const struct content *c)
{
	for (size_t i = 0; i < depth; i++)
		if (stack[i].opened == c)
			return true;
	return false;
}

static void worst(struct fw_node *n, enum fw_state state, const char *note)
{
	if (state > n->state) {
		n->state = state;
		n->note = note;
	}
}

static const char *gap_name(struct scan *s, const struct entry *e)
{
	const char *what = "unknown";

	for (size_t i = 0; e->content != NULL &&
			   i < e->content->said[STAGE_EXAMINE].facts.n;
	     i++) {
		const struct fw_fact *f =
			&e->content->said[STAGE_EXAMINE].facts.v[i];

		if (strcmp(f->key, "content.guess") == 0)
			what = f->value;
	}
	if (strcmp(what, "data") == 0)
		what = "unknown";
	return fw_sprintf(&s->arena, "@0x%llx.%s",
			  (unsigned long long)e->offset, what);
}

static void add_facts(struct tree *t, const struct findings *f)
{
	for (size_t i = 0; i < f->facts.n; i++) {
		t->facts = fw_grow(&t->s->arena, t->facts, &t->fact_cap,
				   t->fact_count + 1, sizeof(*t->facts));
		t->facts[t->fact_count++] = f->facts.v[i];
	}
}

static void gather_facts(struct tree *t, struct fw_node *n,
			 const struct entry *e)
{
	t->facts = NULL;
	t->fact_count = t->fact_cap = 0;
	if (e->content != NULL)
		for (unsigned i = 0; i < STAGES; i++)
			add_facts(t, &e->content->said[i]);
	add_facts(t, &e->said);
	n->facts = t->facts;
	n->fact_count = t->fact_count;
}

static uint32_t add_node(struct tree *t, const struct entry *e, uint32_t parent)
{
	struct scan *s = t->s;
	uint32_t at = (uint32_t)t->count++;

	t->nodes = fw_grow(&s->arena, t->nodes, &t->cap, t->count,
			   sizeof(*t->nodes));
	t->entries = fw_grow(&s->arena, t->entries, &t->entry_cap, t->count,
			     sizeof(*t->entries));
	t->entries[at] = e;
	struct fw_node *n = &t->nodes[at];
	struct fw_node *up = parent == FW_NO_NODE ? NULL : &t->nodes[parent];
	const struct content *c = e->content;

	*n = (struct fw_node){ .parent = parent,
			       .image = t->image,
			       .depth = up ? up->depth + 1 : 0,
			       .meta = &e->meta,
			       .format = c ? c->format : NULL,
			       .size = e->len,
			       .offset = e->offset,
			       .at = e->at,
			       .fd = e->blob ? e->blob->fd : -1,
			       .hashed = c != NULL };
	n->name = e->meta.type == FW_GAP
			  ? gap_name(s, e)
			  : fw_escape_name(&s->arena,
					   fw_view_str(e->meta.name));
	n->path = up ? fw_sprintf(&s->arena, "%s/%s", up->path, n->name)
		     : n->name;
	if (up != NULL)
		up->child_count++;
	if (c != NULL)
		memcpy(n->sha256, c->sha256, FW_SHA256_SIZE);
	n->state = FW_STATE_DONE;
	worst(n, e->state, e->note);
	if (c != NULL)
		worst(n, c->state, c->note);
	if (c != NULL && c->depth_denied && c->depth >= s->lim.depth)
		worst(n, FW_STATE_OVER_LIMIT, "deeper than --max-depth");
	gather_facts(t, n, e);
	return at;
}

static void push(struct tree *t, const struct entry *first, uint32_t parent,
		 const struct content *opened)
{
	if (first == NULL)
		return;
	t->stack = fw_grow(&t->s->arena, t->stack, &t->stack_cap, t->depth + 1,
			   sizeof(*t->stack));
	t->stack[t->depth++] = (struct frame){ first, parent, opened };
}

static void push_children(struct tree *t, const struct entry *e, uint32_t at)
{
	const struct content *c = e->content;

	push(t, e->first, at, NULL);
	if (c == NULL || c->first == NULL)
		return;
	if (is_open(t->stack, t->depth, c))
		worst(&t->nodes[at], FW_STATE_OVER_LIMIT, "holds itself");
	else
		push(t, c->first, at, c);
}

static void expand_image(struct tree *t, const struct entry *root)
{
	uint32_t at = add_node(t, root, FW_NO_NODE);

	t->depth = 0;
	push_children(t, root, at);
	while (t->depth > 0) {
		struct frame *f = &t->stack[t->depth - 1];
		const struct entry *e = f->next;

		if (e == NULL) {
			t->depth--;
			continue;
		}
		f->next = e->next;
		if (t->count >= t->s->lim.objects) {
			fw_limit_note(t->s, "--max-objects",
				      "objects left out");
			break;
		}
		at = add_node(t, e, f->parent);
		push_children(t, e, at);
	}
}

void fw_tree_expand(struct tree *t)
{
	for (size_t i = 0; i < t->s->image_count; i++) {
		t->image = (uint32_t)i;
		t->roots[i] = (uint32_t)t->count;
		expand_image(t, t->s->images[i]);
	}
}

struct fw_place *fw_tree_places(const struct tree *t)
{
	struct fw_place *p = fw_alloc(&t->s->arena, t->count + 1, sizeof(*p));

	for (size_t i = 0; i < t->count; i++) {
		const struct fw_node *n = &t->nodes[i];
		const struct content *c = t->entries[i]->content;

		p[i] = (struct fw_place){
			.path = n->path,
			.parent = n->parent,
			.content = c ? c->id : UINT32_MAX,
			.meta = n->meta,
			.format = n->format ? n->format->name : NULL,
			.size = n->size,
			.facts = n->facts,
			.fact_count = n->fact_count,
		};
		p[i].software = fw_software_at(t, (uint32_t)i,
					       &p[i].software_count);
	}
	return p;
}
