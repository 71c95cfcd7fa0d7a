/* hidden_received.c - what comes over the network runs
 *
 * A received buffer, or a command that is made of it, goes to a shell in the
 * same function; or a function that accepts or opens a connection turns it into
 * a shell.
 */
#include "analyzers/hidden/hidden.h"

/* Who fills a buffer, and whether that is surely the network. */
struct source {
	const struct code_call *call;
	code_id buffer;
	uint64_t size; /* bytes that are received at most */
	bool network;
};

enum { SOURCES_MAX = 32 };

static code_id base_of(struct hidden_code *h, code_id id)
{
	uint64_t n;

	return code_value_base(&h->p.values, id, &n);
}

/* read() of what accept() or socket() gave. */
static bool is_socket(struct hidden_code *h, const struct code_function *f,
		      code_id fd)
{
	const struct code_call *c = code_call_of(&h->p, f, fd);

	return c != NULL && code_call_does(&h->p, c, CODE_ACCEPT | CODE_SOCKET);
}

/* The stream that fgets() and its like read: made of a descriptor, which is a
 * connection's more often than not. */
static bool is_stream(struct hidden_code *h, const struct code_function *f,
		      const struct code_call *c)
{
	for (unsigned i = 0; i < 4; i++) {
		const struct code_call *s = code_call_of(&h->p, f, c->args[i]);

		if (s != NULL && code_call_does(&h->p, s, CODE_STREAM))
			return true;
	}
	return false;
}

/* The largest constant behind the buffer: a length, or a part of it. */
static uint64_t size_of(const struct hidden_code *h, const struct code_call *c,
			unsigned from)
{
	uint64_t size = 64;

	for (unsigned i = from + 1; i < from + 3 && i < CODE_ARGS; i++) {
		const struct code_value *v =
			code_value_at(&h->p.values, c->args[i]);

		if (v->kind == CODE_CONST && v->n > size && v->n < 65536)
			size = v->n;
	}
	return size;
}

static size_t sources(struct hidden_code *h, const struct code_function *f,
		      struct source *list)
{
	size_t n = 0;

	for (size_t i = 0; i < f->call_count && n < SOURCES_MAX; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(&h->p, c);

		if (k == NULL || (k->use & CODE_RECEIVE) == 0)
			continue;
		list[n++] = (struct source){
			.call = c,
			.buffer = c->args[k->arg],
			.size = size_of(h, c, k->arg),
			.network = strncmp(k->name, "recv", 4) == 0 ||
				   strstr(k->name, "_read") != NULL ||
				   is_socket(h, f, c->args[0]) ||
				   is_stream(h, f, c),
		};
	}
	return n;
}

static bool same_buffer(struct hidden_code *h, code_id a, code_id b,
			uint64_t size)
{
	const struct code_value *v = code_value_at(&h->p.values, a);
	const struct code_value *w = code_value_at(&h->p.values, b);

	if (a == 0 || b == 0)
		return false;
	if (base_of(h, a) == base_of(h, b))
		return true;
	/* Some way into the same array. */
	return v->kind == w->kind &&
	       (v->kind == CODE_STACK || v->kind == CODE_CONST) &&
	       v->n - w->n < size;
}

/* Whether a command is the buffer (1), or is formatted of it (0.5). */
static float is_made_of(struct hidden_code *h, const struct code_function *f,
			const struct code_call *c, code_id command,
			const struct source *s)
{
	if (same_buffer(h, command, s->buffer, s->size))
		return 1;
	for (const struct code_call *k = code_calls_before(f, c); k < c; k++) {
		const struct code_known *n = code_call_known(&h->p, k);

		if (n == NULL || (n->use & (CODE_FORMAT | CODE_COPY)) == 0 ||
		    !same_buffer(h, k->args[0], command, 1))
			continue;
		for (unsigned a = 1; a < CODE_ARGS; a++)
			if (same_buffer(h, k->args[a], s->buffer, s->size))
				return (n->use & CODE_COPY) != 0 ? 0.8f : 0.6f;
	}
	return 0;
}

static void commands(struct hidden_code *h, const struct code_function *f)
{
	struct source list[SOURCES_MAX];
	size_t n = sources(h, f, list);

	for (size_t i = 0; i < f->call_count && n > 0; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(&h->p, c);

		if (k == NULL || (k->use & (CODE_SHELL | CODE_EVAL)) == 0 ||
		    k->arg >= CODE_ARGS)
			continue;
		for (size_t s = 0; s < n; s++) {
			float made =
				list[s].call >= c
					? 0
					: is_made_of(h, f, c, c->args[k->arg],
						     &list[s]);

			if (made == 0)
				continue;
			hidden_note(
				h,
				&(struct hidden_candidate){
					.signal = "hidden_received",
					.score =
						made *
						(list[s].network ? 9.0f : 3.5f),
					.function = f->start,
					.at = c->at,
					.block = f->blocks[c->block].start,
					.trigger =
						list[s].network
							? "something is "
							  "received from the "
							  "network"
							: "something is read",
					.effect = "runs it as a command",
					.sink = { .weight = 9,
						  .at = c->at,
						  .call = c->at,
						  .function = f->start },
					.sink_kind = CODE_SINK_COMMAND });
			break;
		}
	}
}

/* Who accepts connections and gives a shell a command that nothing visible
 * fills: the connection does. */
static void accepted(struct hidden_code *h, const struct code_function *f)
{
	const struct code_sinks *s = code_sinks_of(&h->p, f->start, 0);
	bool accepts = false, asks = false;

	for (size_t i = 0; i < f->call_count; i++) {
		accepts |= code_call_does(&h->p, &f->calls[i], CODE_ACCEPT);
		asks |= code_call_does(&h->p, &f->calls[i],
				       CODE_AUTH | CODE_EQUAL);
	}
	for (enum code_sink_kind k = CODE_SINK_COMMAND;
	     accepts && !asks && k <= CODE_SINK_VARIABLE; k++) {
		if (s->of[k].weight < 5.5f || k == CODE_SINK_EXEC_SHELL)
			continue;
		hidden_note(
			h,
			&(struct hidden_candidate){
				.signal = "hidden_received",
				.score = k == CODE_SINK_VARIABLE ? 4.5f : 8.0f,
				.function = f->start,
				.at = s->of[k].call,
				.trigger =
					"something comes in over a connection "
					"that nobody has to log in to",
				.effect = "runs it as a command",
				.sink = s->of[k],
				.sink_kind = k });
		return;
	}
}

static void shells(struct hidden_code *h, const struct code_function *f)
{
	const struct code_sinks *s = code_sinks_of(&h->p, f->start, 0);
	bool shell = s->of[CODE_SINK_EXEC_SHELL].weight > 4 ||
		     s->of[CODE_SINK_SHELL].weight > 4;

	for (enum code_sink_kind k = CODE_SINK_BIND_SHELL;
	     k <= CODE_SINK_REVERSE_SHELL; k++) {
		if (s->of[k].weight < 8)
			continue;
		hidden_note(
			h,
			&(struct hidden_candidate){
				.signal = "hidden_received",
				.score = shell ? s->of[k].weight : 4.5f,
				.function = f->start,
				.at = s->of[k].call,
				.trigger =
					k == CODE_SINK_BIND_SHELL
						? "somebody connects"
						: "it can reach the other end",
				.effect = code_sink_words(k),
				.sink = s->of[k],
				.sink_kind = k });
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	for (uint32_t i = 0; h != NULL && i < h->p.start_count; i++) {
		const struct code_start *s = &h->p.starts[i];
		const struct code_function *f;

		if ((s->uses & (CODE_RECEIVE | CODE_DUP | CODE_ACCEPT)) == 0 ||
		    (s->reach & CODE_STRONG) == 0 ||
		    (f = code_function(&h->p, i)) == NULL)
			continue;
		if ((s->uses & CODE_RECEIVE) != 0)
			commands(h, f);
		if ((s->uses & CODE_DUP) != 0)
			shells(h, f);
		if ((s->uses & CODE_ACCEPT) != 0)
			accepted(h, f);
	}
}

const struct fw_analyzer fw_analyzer_hidden_received = {
	.name = "hidden_received",
	.title =
		"Received data that is run, and connections that become shells",
	.wants = hidden_wants,
	.inspect = inspect,
};
