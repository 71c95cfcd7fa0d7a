/* hidden_routes.h - addresses of web servers that nothing links to and whose
 * handlers do what the searches in machine code look for
 *
 * Two correlators see half of it each; what both see is one finding, made by
 * "hidden", and "web" leaves it out.
 */
#ifndef FW_ANALYZERS_HIDDEN_ROUTES_H
#define FW_ANALYZERS_HIDDEN_ROUTES_H

#include "core/analyzer.h"

struct hidden_route {
	uint32_t content;    /* of the program that answers */
	struct fw_view name; /* the address's last part, as the code has it */
	bool says;  /* its name speaks of debugging, the factory, a shell */
	bool shell; /* its name promises a command line */
	bool told;  /* for the one who makes the finding */
};

struct hidden_routes {
	struct hidden_route *v;
	size_t n, cap;
};

/* Of all images; found once a tree that has a cache. Lives as long as out's
 * arena. Never NULL. */
struct hidden_routes *hidden_routes_of(const struct fw_tree *t,
				       struct fw_out *out);

/* The one of a program by an address or a part of it, case ignored; NULL: none.
 */
struct hidden_route *hidden_route_find(struct hidden_routes *r,
				       const struct fw_place *p,
				       struct fw_view address);

#endif
