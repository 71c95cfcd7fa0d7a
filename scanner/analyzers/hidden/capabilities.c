/* capabilities.c - what a program can do at all, by the functions it calls
 *
 * The fact code.capabilities, for people and for odd_capability.c: some of
 * "listens connects executes loads-code changes-accounts writes-flash
 * raw-sockets traces", in this order.
 */
#include "analyzers/hidden/capabilities.h"

#include <stdio.h>

#include "analyzers/hidden/hidden.h"
#include "core/strings.h"

enum {
	SOCKETS_MAX = 16, /* functions that are asked what they open */
	FAMILY_NETLINK = 16,
	FAMILY_PACKET = 17,
	KIND_RAW = 3,
	KIND_BITS = 0xf
};

/* In the order of enum hidden_can. */
static const char *const names[] = { "listens",		 "connects",
				     "executes",	 "loads-code",
				     "changes-accounts", "writes-flash",
				     "raw-sockets",	 "traces" };

uint32_t hidden_can_read(const char *fact)
{
	struct fw_view rest = fw_view_str(fact), word;
	uint32_t can = 0;

	while (fw_split(&rest, ' ', &word))
		for (unsigned i = 0; i < HIDDEN_CANS; i++)
			if (fw_view_eq(word, fw_view_str(names[i])))
				can |= 1U << i;
	return can;
}

static uint32_t of_use(uint32_t use)
{
	return ((use & CODE_LISTEN) != 0 ? HIDDEN_LISTENS : 0) |
	       ((use & CODE_CONNECT) != 0 ? HIDDEN_CONNECTS : 0) |
	       ((use & (CODE_SHELL | CODE_EXEC)) != 0 ? HIDDEN_EXECUTES : 0) |
	       ((use & CODE_LOAD_CODE) != 0 ? HIDDEN_LOADS : 0) |
	       ((use & CODE_TRACE) != 0 ? HIDDEN_TRACES : 0);
}

/* Functions that say by their name what nothing else is for. */
static uint32_t of_name(struct fw_view name)
{
	static const struct {
		const char *name;
		uint32_t can;
	} rows[] = {
		{ "putpwent", HIDDEN_ACCOUNTS },
		{ "putspent", HIDDEN_ACCOUNTS },
		{ "putgrent", HIDDEN_ACCOUNTS },
		{ "lckpwdf", HIDDEN_ACCOUNTS },
		{ "mtd_write", HIDDEN_FLASH },
		{ "mtd_erase", HIDDEN_FLASH },
		{ "flash_write", HIDDEN_FLASH },
		{ "pcap_open_live", HIDDEN_RAW },
		{ "pcap_activate", HIDDEN_RAW },
		{ "libnet_init", HIDDEN_RAW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fw_view_eq(name, fw_view_str(rows[i].name)))
			return rows[i].can;
	return 0;
}

/* In a static program every function of the C library is its own; only those
 * count that code of another name or none calls. */
static uint32_t of_own(const struct code_program *p)
{
	uint32_t can = 0;

	for (size_t i = 0; i < p->edge_count; i++) {
		const struct code_edge *e = &p->edges[i];

		if (!e->is_import && p->starts[e->from].known == NULL &&
		    p->starts[e->to].known != NULL)
			can |= of_use(p->starts[e->to].known->use);
	}
	return can;
}

static bool is_number(const struct code_program *p, code_id id, uint64_t *n)
{
	const struct code_value *v = code_value_at(&p->values, id);

	*n = v->n;
	return v->kind == CODE_CONST;
}

/* socket(AF_PACKET, ...) or socket(.., SOCK_RAW, ..), but for netlink, where
 * raw means nothing. */
static bool opens_raw(struct code_program *p, const struct code_function *f)
{
	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(p, c);
		uint64_t family, kind;

		if (k == NULL || strcmp(k->name, "socket") != 0 ||
		    !is_number(p, c->args[0], &family))
			continue;
		if (family == FAMILY_PACKET)
			return true;
		if (family != FAMILY_NETLINK &&
		    is_number(p, c->args[1], &kind) &&
		    (kind & KIND_BITS) == KIND_RAW)
			return true;
	}
	return false;
}

static uint32_t of_sockets(struct code_program *p)
{
	uint32_t last = CODE_NO_FUNCTION;
	size_t looked = 0;

	for (size_t i = 0; i < p->edge_count && looked < SOCKETS_MAX; i++) {
		const struct code_edge *e = &p->edges[i];
		const struct code_known *k = e->is_import
						     ? p->imports[e->to].known
						     : p->starts[e->to].known;

		if (k == NULL || strcmp(k->name, "socket") != 0 ||
		    e->from == last)
			continue;
		last = e->from;
		looked++;
		const struct code_function *f = code_function(p, e->from);

		if (f != NULL && opens_raw(p, f))
			return HIDDEN_RAW;
	}
	return 0;
}

/* What the searches before this one have seen in functions. */
static uint32_t of_sinks(const struct code_program *p)
{
	for (size_t i = 0; i < p->start_count; i++)
		if (p->starts[i].sinks[0] != NULL &&
		    p->starts[i].sinks[0]->of[CODE_SINK_ACCOUNT].weight > 0)
			return HIDDEN_ACCOUNTS;
	return 0;
}

static bool names_flash(const struct fw_object *obj, struct fw_out *o)
{
	const struct fw_strings *s = fw_object_strings(obj, o);

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].ended &&
		    fw_view_starts(fw_string_view(obj, &s->v[i]),
				   FW_STR("/dev/mtd")))
			return true;
	return false;
}

static uint32_t read_all(const struct fw_object *obj, struct hidden_code *h,
			 struct fw_out *o)
{
	uint32_t can = 0;
	bool writes = false;

	for (size_t i = 0; i < h->p.import_count; i++) {
		const struct code_import *m = &h->p.imports[i];

		can |= of_name(m->name);
		if (m->known == NULL)
			continue;
		can |= of_use(m->known->use);
		writes = writes || (m->known->use & CODE_WRITE) != 0;
	}
	if (h->p.import_count < 2)
		can |= of_own(&h->p);
	if (writes && names_flash(obj, o))
		can |= HIDDEN_FLASH;
	return can | of_sockets(&h->p) | of_sinks(&h->p);
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);
	char text[128];
	size_t len = 0;

	if (h == NULL)
		return;
	uint32_t can = read_all(obj, h, o);

	for (unsigned i = 0; i < HIDDEN_CANS; i++)
		if ((can & 1U << i) != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s", len == 0 ? "" : " ",
						names[i]);
	if (len > 0)
		fw_out_fact(o, "code.capabilities", text);
}

const struct fw_analyzer fw_analyzer_capabilities = {
	.name = "capabilities",
	.title = "What programs can do, by the functions that they call",
	.wants = hidden_wants,
	.inspect = inspect,
};
