/* example.h - the small texts that a rule is tested with */
#ifndef FW_RULES_EXAMPLE_H
#define FW_RULES_EXAMPLE_H

#include "core/analyzer.h"

/* What a rule sees of an example; obj.meta points into it. */
struct rule_example {
	struct fw_object obj;
	struct fw_meta meta;
	const char *arch; /* or NULL */
	char error[120];  /* of a recipe that cannot be read */
	int line;
};

/*
 * Any file but *.hex is taken as it is. A .hex recipe is read line by line:
 *
 *	# comment, also after the other kinds of line
 *	7f 45 4c 46		bytes in hexadecimal
 *	"text\n\x00"		text; \n \t \r \0 \\ \" \xNN
 *	zeros 64		that many zero bytes
 *	@path /etc/init.d/rcS	what the rule is told about the place; also
 *				@mode 0755, @uid 0, @format elf, @arch mips
 *
 * Everything lives in a. False, with error and line, for a bad recipe.
 */
bool rule_example_read(struct rule_example *e, struct fw_arena *a,
		       const char *name, struct fw_view source);

#endif
