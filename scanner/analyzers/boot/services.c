/* services.c - what a device starts, by which chain, and if what holds
 *
 * Follows each root file system from its init: tables, scripts, what they
 * source and call. Sees facts, no bytes (boot_facts.h). Conditions are decided
 * where the tree decides them: a file that the image holds exists, a script
 * that init calls with "start" takes that branch. What is left stays a
 * condition of the service.
 */
#include <stdlib.h>

#include "analyzers/boot/services_chain.h"

/* --- where it begins --- */

static void table_line(struct chain *c, uint32_t place, const char *value,
		       const char *unit)
{
	struct boot_record r = boot_read(c->arena, value);
	struct item it = { .place = place };
	struct start at = { .it = &it, .place = place };

	if (r.argc == 0)
		return;
	it.table = r.field[BOOT_TEXT];
	it.trigger = unit != NULL ? unit : r.field[BOOT_FLAGS];
	it.user = r.field[BOOT_USER];
	at.line = (uint32_t)strtoul(r.field[BOOT_LINE], NULL, 10);
	c->sourced_count = 0;
	if (chain_conditions(c, &it, &r, at.conds, &at.cond_count))
		chain_run(c, &at, r.argv, r.argc);
}

/* Actions of inittab that are no part of starting. */
static bool at_boot(const char *value)
{
	static const char *const not [] = { "\tshutdown", "\tctrlaltdel",
					    "\trestart", "\tpower" };

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (strstr(value, not [i]) != NULL)
			return false;
	return strstr(value, " disabled\t") == NULL;
}

/* Units are started when a target wants them: a link in TARGET.wants. */
static const char **wanted_units(struct chain *c)
{
	const char **wanted =
		fw_alloc(c->arena, c->s.t->count + 1U, sizeof(*wanted));

	for (uint32_t i = c->root->place + 1; i < c->root->end; i++) {
		const char *path = svc_path(&c->s, c->root, i);
		uint32_t to;

		if (!fw_path_matches(path, "*systemd/system/*.wants/*"))
			continue;
		to = svc_find(&c->s, c->root, path);
		if (to != SVC_NONE)
			wanted[to] = fw_sprintf(c->arena, "unit %s",
						fw_basename(path));
	}
	return wanted;
}

static void tables(struct chain *c, const char *only)
{
	const char **wanted = wanted_units(c);

	for (uint32_t i = c->root->place + 1; i < c->root->end; i++) {
		const struct fw_place *p = chain_place(c, i);

		for (size_t k = 0; k < p->fact_count; k++) {
			const char *v = p->facts[k].value;
			bool unit;

			if (strcmp(p->facts[k].key, "boot.starts") != 0 ||
			    (strstr(v, "\tinittab\t") != NULL) !=
				    (only != NULL) ||
			    !at_boot(v))
				continue;
			unit = strstr(v, "\tsystemd\t") != NULL;
			if (!unit || wanted[i] != NULL)
				table_line(c, i, v, wanted[i]);
			c->root->any = true;
		}
	}
}

static void begin(struct chain *c, uint32_t i, const char *arg)
{
	struct item it = { .place = i, .arg = arg };

	if (chain_is_script(c, i) && c->visits[i] == 0)
		chain_push(c, &it);
}

static void begin_paths(struct chain *c, const char *const *paths)
{
	for (; *paths != NULL; paths++) {
		uint32_t i = svc_find(&c->s, c->root, *paths);

		if (i != SVC_NONE)
			begin(c, i, NULL);
	}
	chain_drain(c);
}

/* Scripts that their names say are started. */
static void begin_named(struct chain *c, const char *const *patterns,
			const char *arg)
{
	for (uint32_t i = c->root->place + 1; i < c->root->end; i++) {
		const char *path = svc_path(&c->s, c->root, i);

		for (const char *const *p = patterns; *p != NULL; p++) {
			if (!fw_path_matches(path, *p))
				continue;
			uint32_t to = svc_find(&c->s, c->root, path);

			if (to != SVC_NONE)
				begin(c, to, arg);
		}
	}
	chain_drain(c);
}

static void one_root(struct chain *c)
{
	static const char *const init[] = { "/init", "/linuxrc", "/sbin/init",
					    NULL };
	static const char *const first[] = { "/etc/preinit",  "/etc/init.d/rcS",
					     "/etc/rc.d/rcS", "/etc/rcS",
					     "/etc/rc",	      NULL };
	static const char *const last[] = { "/etc/rc.local",
					    "/etc/rc.d/rc.local",
					    "/etc/init.d/rc.local", NULL };
	static const char *const levels[] = {
		"etc/rcS.d/S*",	     "etc/rc2.d/S*",	"etc/rc3.d/S*",
		"etc/rc5.d/S*",	     "etc/rc.d/S*",	"etc/rc.d/rc3.d/S*",
		"etc/rc.d/rc5.d/S*", "etc/init.d/S??*", NULL
	};
	static const char *const unknown[] = { "etc/init.d/*", "etc/rc*",
					       NULL };

	begin_paths(c, init);
	tables(c, "inittab");
	chain_drain(c);
	begin_paths(c, first);
	begin_named(c, levels, "start");
	begin_paths(c, last);
	tables(c, NULL);
	chain_drain(c);
	if (!c->root->any)
		begin_named(c, unknown, "start");
	for (uint32_t i = c->root->place + 1; i < c->root->end; i++) {
		if (c->visits[i] == 0 && chain_is_script(c, i))
			chain_loose(c, i);
		chain_inside(c, i);
	}
	/* Programs of other partitions that this root starts. */
	for (uint32_t i = 0; i < c->s.t->count; i++)
		if (c->started[i] != NULL &&
		    (i < c->root->place || i >= c->root->end))
			chain_inside(c, i);
}

static void services_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct chain c = { .out = out, .arena = fw_out_arena(out) };
	uint32_t count = 0;

	svc_tree_init(&c.s, tree, c.arena);
	struct svc_root *roots = svc_roots(&c.s, &count);

	for (uint32_t i = 0; i < count && fw_out_ok(out); i++) {
		c.root = &roots[i];
		c.visits = fw_alloc(c.arena, tree->count + 1U, 1);
		c.started =
			fw_alloc(c.arena, tree->count + 1U, sizeof(*c.started));
		c.items = NULL;
		c.services = NULL;
		c.item_count = c.item_cap = c.item_next = 0;
		c.count = c.cap = 0;
		one_root(&c);
		svc_report(&c.s, c.root, c.services, c.count, out);
	}
}

const struct fw_analyzer fw_analyzer_services = {
	.name = "services",
	.title = "what a device starts, by which chain",
	.kinds = svc_kinds,
	.correlate = services_correlate,
};
