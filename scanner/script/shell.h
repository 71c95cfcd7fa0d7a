/* shell.h - shell scripts as trees
 *
 * Reads what ash, dash and small bash scripts are made of. Nothing is copied:
 * texts are views of the script. A script that is cut or wrong gives what could
 * be parsed, and says so.
 *
 * Source: POSIX.1-2017 XCU chapter 2; BusyBox shell/ash.c for what ash adds
 */
#ifndef FW_SCRIPT_SHELL_H
#define FW_SCRIPT_SHELL_H

#include "core/arena.h"
#include "core/view.h"

enum {
	FW_SH_BYTES_MAX = 1 << 19, /* of a script; what follows is not read */
	FW_SH_DEPTH_MAX = 96	   /* constructs in constructs */
};

/* A piece of a word. */
enum fw_sh_seg_kind {
	SH_TEXT, /* text stands for itself */
	SH_VAR,	 /* $name, ${name}, ${name op}: text is the name */
	SH_CMD,	 /* $(text) and `text` */
	SH_ARITH /* $((text)) */
};

struct fw_sh_seg {
	enum fw_sh_seg_kind kind;
	bool quoted; /* no splitting, no patterns */
	struct fw_view text;
	struct fw_view op; /* of ${name op}: ":-word", "%%x", or empty */
};

/* Segments first .. first + count - 1 of the script. None: ''. */
struct fw_sh_word {
	uint32_t first, count;
	uint64_t off; /* bytes from the script's start */
};

enum fw_sh_redir_kind {
	SH_IN,	   /* < */
	SH_OUT,	   /* > >| &> */
	SH_APPEND, /* >> */
	SH_DUP,	   /* <& >& */
	SH_HERE	   /* << <<-: body is the text */
};

struct fw_sh_redir {
	enum fw_sh_redir_kind kind;
	struct fw_sh_word target;
	struct fw_view body;
};

enum fw_sh_kind {
	SH_LIST,     /* the whole script */
	SH_SIMPLE,   /* assignments, words, redirections */
	SH_IF,	     /* SH_COND SH_THEN (SH_COND SH_THEN)* [SH_ELSE] */
	SH_LOOP,     /* while, until (negated): SH_COND SH_DO */
	SH_FOR,	     /* words: name, values; SH_DO */
	SH_CASE,     /* word: subject; SH_ITEM* */
	SH_ITEM,     /* words: patterns */
	SH_FUNC,     /* word: name; one command */
	SH_GROUP,    /* { } */
	SH_SUBSHELL, /* ( ) */
	SH_COND,
	SH_THEN,
	SH_ELSE,
	SH_DO
};

/* How a command hangs on the one before it in the same list. */
enum fw_sh_link { SH_SEQ, SH_AND, SH_OR, SH_PIPE };

struct fw_sh_node {
	enum fw_sh_kind kind;
	enum fw_sh_link link;
	bool background, negated;
	bool in;	 /* SH_FOR: has a list of values */
	uint32_t parent; /* UINT32_MAX for node 0 */
	uint32_t end;	 /* one past the last node below this one */
	uint32_t line;	 /* 1-based */
	uint64_t off;
	uint32_t word, word_count;
	uint32_t assigns; /* how many of the words are NAME=value */
	uint32_t redir, redir_count;
};

/* nodes are in preorder; node 0 is the script. */
struct fw_sh {
	struct fw_view text;
	const struct fw_sh_node *nodes;
	const struct fw_sh_word *words;
	const struct fw_sh_seg *segs;
	const struct fw_sh_redir *redirs;
	uint32_t count;
	bool damaged;  /* something did not fit the grammar, or was cut */
	uint32_t line; /* where first */
};

/* Parses at most FW_SH_BYTES_MAX bytes. Costs time and arena linear in them. */
struct fw_sh fw_sh_parse(struct fw_arena *a, struct fw_view text);

/* The text of a word that has no quotes and nothing to expand, else empty. */
struct fw_view fw_sh_bare(const struct fw_sh *s, struct fw_sh_word w);

/* Splits a text (the word of ${name:-word}, a here-document) into segments that
 * expand as in double quotes; *count says how many. */
const struct fw_sh_seg *fw_sh_split(struct fw_arena *a, struct fw_view text,
				    uint32_t *count);

bool fw_sh_name_start(uint8_t c);
bool fw_sh_name_part(uint8_t c);

#endif
