/* hidden_lex.h - PHP, Perl, Lua and Python as flat lists of tokens
 *
 * Enough to tell names, texts and brackets from comments, and to know what a
 * condition guards. No grammar: what does not fit is passed over.
 */
#ifndef FW_HIDDEN_LEX_H
#define FW_HIDDEN_LEX_H

#include "core/arena.h"
#include "core/view.h"

enum {
	LEX_BYTES_MAX = 1 << 20,
	LEX_DEPTH_MAX =
		256, /* brackets and blocks; deeper ones are not paired */
	LEX_NONE = UINT32_MAX
};

enum lex_language { LEX_PHP, LEX_PERL, LEX_LUA, LEX_PYTHON };

enum lex_kind {
	LEX_NAME,    /* foo; $foo of PHP and Perl with its sign */
	LEX_TEXT,    /* a literal without its quotes */
	LEX_COMMAND, /* between backticks: is run */
	LEX_NUMBER,
	LEX_SIGN /* one bracket, or an operator of up to three bytes */
};

struct lex_token {
	enum lex_kind kind;
	struct fw_view text;
	uint32_t line;	 /* 1-based */
	uint32_t column; /* bytes before it, if it is the first of its line;
			    else LEX_NONE */
	uint32_t match;	 /* of ( [ {: the bracket that closes it, or LEX_NONE */
};

/* What runs only if a condition holds: tokens from .. to - 1. */
struct lex_region {
	uint32_t cond, cond_end; /* tokens of the condition */
	uint32_t from, to;
	uint32_t outer; /* where the block around it ends */
};

struct lex {
	enum lex_language language;
	const struct lex_token *tokens;
	uint32_t count;
	const struct lex_region *regions; /* in order of cond */
	uint32_t region_count;
};

/* Reads at most LEX_BYTES_MAX bytes. Time and arena linear in them. */
struct lex lex_read(struct fw_arena *a, enum lex_language l,
		    struct fw_view text);

/* Whether token i is this name or sign. False past the end. */
bool lex_is(const struct lex *x, uint32_t i, const char *text);

#endif
