/* shell_lex.h - words and operators of a shell script */
#ifndef FW_SCRIPT_SHELL_LEX_H
#define FW_SCRIPT_SHELL_LEX_H

#include "script/shell.h"

enum { SH_HERES = 8 };

enum sh_token_kind {
	SH_END,
	SH_WORD,
	SH_NEWLINE,
	SH_SEMI,   /* ; */
	SH_DSEMI,  /* ;; ;& ;;& */
	SH_AMP,	   /* & */
	SH_AND_IF, /* && */
	SH_OR_IF,  /* || */
	SH_BAR,	   /* | |& */
	SH_OPEN,   /* ( */
	SH_CLOSE,  /* ) */
	SH_REDIR
};

struct sh_token {
	enum sh_token_kind kind;
	enum fw_sh_redir_kind redir;
	bool strip;  /* <<- */
	bool quoted; /* a word with quotes in it: no keyword */
	uint32_t line;
	size_t off;
	struct fw_sh_word word;
};

struct sh_here {
	struct fw_view delimiter;
	bool strip;
	uint32_t redir; /* whose body it is */
};

struct sh_lexer {
	struct fw_arena *arena;
	struct fw_view v;
	size_t pos;
	uint32_t line;
	bool test;    /* within [[ ]]: && || < > ( ) are words */
	bool damaged; /* a quote or a bracket is not closed */
	struct fw_sh_seg *segs;
	size_t seg_count, seg_cap;
	struct sh_here here[SH_HERES];
	unsigned here_count;
	struct fw_sh_redir *redirs;
	size_t redir_count, redir_cap;
};

struct sh_token sh_next(struct sh_lexer *x);

/* Segments of text up to its end, as in double quotes. */
void sh_quoted(struct sh_lexer *x, struct fw_view text);

#endif
