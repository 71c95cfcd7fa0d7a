/* code_view.h - a program as the commands that show machine code see it
 *
 * All of this runs in a sandboxed process (sealed.h). Texts that come out are
 * escaped.
 */
#ifndef FW_CLI_CODE_VIEW_H
#define FW_CLI_CODE_VIEW_H

#include "analyzers/hidden/hidden.h"
#include "engine/sealed.h"

struct code_view {
	const char *object;	  /* its name, as the user gave it */
	char *note;		  /* why not all is shown; empty: it is */
	struct hidden_code *code; /* opened; its candidates are joined */
	struct code_program *p;
	size_t candidate_count; /* of those that a scan would tell of */
	uint32_t start; /* the function asked for */
};

/* False: not a program that is read; the note says why and at which offset. */
bool code_view_open(struct code_view *v, struct fw_view bytes,
		    struct fw_arena *arena);

/* Finds the function by a symbol's name or by an address that it holds. False:
 * there is none, as the note says. */
bool code_view_at(struct code_view *v, const char *address);

/* Says why not all was analysed, where the program knows. */
void code_view_check(struct code_view *v);

/* The best candidate of a function's, or NULL. */
const struct hidden_candidate *code_view_candidate(const struct code_view *v,
						   uint32_t start);

/* "what is received equals "open"; then it starts a shell": a candidate. */
const char *code_view_noted(struct code_view *v,
			    const struct hidden_candidate *c);
/* The same in two parts: what happens, and what that does. */
const char *code_view_trigger(struct code_view *v,
			      const struct hidden_candidate *c);
const char *code_view_effect(struct code_view *v,
			     const struct hidden_candidate *c);

/* Escaped, and "..." after max bytes. */
const char *code_view_text(struct code_view *v, struct fw_view raw, size_t max);
/* A function's name, or its address, escaped. */
const char *code_view_name(struct code_view *v, uint32_t start);
/* What a compare compares with: the literal in quotes, or the number. */
const char *code_view_literal(struct code_view *v,
			      const struct code_compare *c);
/* strcmp(?, "open"): whom a call calls, with its arguments up to the last one
 * that is text. */
const char *code_view_call(struct code_view *v, const struct code_call *c);
/* Where a compared value comes from: "what is received", "what getenv("X")
 * gives", "a value". */
const char *code_view_subject(struct code_view *v,
			      const struct code_function *f,
			      const struct code_compare *c);
/* "starts a shell", "runs a fixed command "ls"". */
const char *code_view_sink(struct code_view *v, enum code_sink_kind kind,
			   const struct code_sink *s);

#endif
