/* web_join.h - the pages and links of an image, joined by name */
#ifndef FW_ANALYZERS_WEB_JOIN_H
#define FW_ANALYZERS_WEB_JOIN_H

#include "analyzers/web/webtext.h"

/* Fewer pages tell nothing about links. */
enum { WEB_PAGES_MIN = 5 };

struct web_image {
	const struct fw_tree *tree;
	uint32_t root, end;    /* places of the image */
	struct web_set links;  /* name -> who links: content + 1, or WEB_MANY */
	struct web_set routes; /* names that a server's tables hold */
	struct web_set page_names; /* name -> place + 1 */
	uint32_t *first; /* by content: one more than its first place here */
	size_t pages, known_pages;
};

/* Reads the image at root; end becomes that of the next. Memory and work are
 * linear in its places and facts. */
void web_join(const struct fw_tree *tree, uint32_t root, struct web_image *w,
	      struct fw_arena *a);

/* Whether something other than the place itself names it. */
bool web_is_linked(const struct web_image *w, struct fw_view name,
		   const struct fw_place *self);
/* The same, or a web server's tables name it: a page that is neither is not
 * reached by any way that shows. */
bool web_is_known(const struct web_image *w, struct fw_view name,
		  const struct fw_place *self);
/* Whether the pages of the image are those of this server: they link to some of
 * its addresses. */
bool web_serves_pages(const struct web_image *w, const struct fw_place *p);

/* The page of this name, or NULL. */
const struct fw_place *web_page_of(const struct web_image *w,
				   struct fw_view name);
/* Whether place i is the first of its content in the image. */
bool web_is_first(const struct web_image *w, uint32_t i);

/* Documentation, also of programs that come with pages of their own. */
bool web_is_document(const char *path);
/* A page of the device, and no documentation. */
bool web_is_page(const struct fw_place *p);
/* A program in a folder, or with a suffix, that a web server runs. */
bool web_is_cgi_file(const struct fw_place *p);
/* Pages that servers send by themselves: index, login, errors, help. */
bool web_is_generic(struct fw_view name);

/* A fact "web.name": a name, its neighbours in the program, and where. */
struct web_neighbours {
	struct fw_view name, before, after, where;
};
bool web_neighbours(const char *value, struct web_neighbours *n);
/* Whether pages know a neighbour and not the name. */
bool web_is_left_out(const struct web_image *w, const struct web_neighbours *n,
		     const struct fw_place *self);

/* The name in front of " @0x..." in a fact. */
struct fw_view web_fact_name(const char *value);

#endif
