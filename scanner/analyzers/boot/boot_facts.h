/* boot_facts.h - what scripts and tables start, as facts
 *
 * One fact is one command, its fields divided by tabs. Words and conditions are
 * in the text form of script/shell_eval.h, so none holds a tab, and words are
 * divided by single spaces.
 *
 *	shell.runs     LINE FLAGS WORDS CONDITIONS
 *	shell.sources  LINE FLAGS FILE CONDITIONS
 *	shell.writes   LINE FLAGS FILE CONDITIONS TEXT
 *	boot.starts    LINE TRIGGER WORDS CONDITIONS TABLE USER
 *	elf.starts     0 @OFFSET[,&] WORDS CONDITIONS
 *
 * FLAGS are '&' (in the background), '|' (reads from the command before) and
 * "entry=NAME" (stands in a function that the script itself does not call),
 * divided by commas; '-' for none. CONDITIONS are divided by "; ".
 * TABLE is inittab, inetd, xinetd, cron, mdev, udev, systemd or android;
 *TRIGGER is in its words.
 */
#ifndef FW_ANALYZERS_BOOT_FACTS_H
#define FW_ANALYZERS_BOOT_FACTS_H

#include "core/analyzer.h"
#include "script/shell_eval.h"

enum { BOOT_FIELDS = 6, BOOT_WORDS_MAX = 24, BOOT_CONDS_MAX = 10 };

enum boot_field {
	BOOT_LINE,
	BOOT_FLAGS, /* or the trigger */
	BOOT_WORDS,
	BOOT_CONDS,
	BOOT_TEXT, /* or the table */
	BOOT_USER
};

struct boot_record {
	const char *field[BOOT_FIELDS]; /* "" where there is none */
	const char *argv[BOOT_WORDS_MAX];
	uint32_t argc;
	const char *conds[BOOT_CONDS_MAX];
	uint32_t cond_count;
};

/* A fact for a command; what is in place of FLAGS, and fields 4 and 5. */
void boot_emit(struct fw_out *out, const char *key,
	       const struct fw_sh_command *c, const char *flags,
	       const char *text, const char *user);

/* The commands of a line of shell (cmd), each as boot.starts. */
void boot_emit_line(struct fw_out *out, const char *table, uint32_t line,
		    const char *trigger, const char *user, struct fw_view cmd);

/* A fact's value taken apart; copies go to the arena. */
struct boot_record boot_read(struct fw_arena *a, const char *value);

/* Whether flags (a list with commas) have this one. */
bool boot_flag(const struct boot_record *r, const char *flag);

#endif
