/* load_private.h - what the two halves of the loader share */
#ifndef FW_REPORT_LOAD_PRIVATE_H
#define FW_REPORT_LOAD_PRIVATE_H

#include <jansson.h>

#include "report/load.h"

/* The first complaint sticks; then everything reads as 0, "" or empty. */
struct load {
	struct fw_arena *arena;
	const struct fw_load_options *opt;
	char *err;
	size_t err_len;
	bool failed;
	const char *list; /* where we are: "objects" */
	size_t index;
	struct fw_result *r;
};

void load_fail(struct load *l, const char *key, const char *why);

/* The member of an object, of the right type. */
json_t *load_object(struct load *l, json_t *o, const char *key);
json_t *load_array(struct load *l, json_t *o, const char *key);
/* Raw text, escapes taken back; NULL for null. */
const char *load_text(struct load *l, json_t *o, const char *key);
/* Never NULL. */
const char *load_word(struct load *l, json_t *o, const char *key);
/* As it stands, for paths; never NULL. */
const char *load_path(struct load *l, json_t *o, const char *key);
/* 0..max, or `null` for null; `null` above max: null is refused. */
uint64_t load_number(struct load *l, json_t *o, const char *key, uint64_t max,
		     uint64_t null);
bool load_bool(struct load *l, json_t *o, const char *key);
/* False: null. */
bool load_hash(struct load *l, json_t *o, const char *key,
	       uint8_t sha256[FW_SHA256_SIZE]);
/* The index of the word among n names. */
unsigned load_enum(struct load *l, json_t *o, const char *key, unsigned n,
		   const char *(*name)(unsigned i));

enum { LOAD_NO_NULL = 0 };

const char *load_severity_name(unsigned i);
const char *load_confidence_name(unsigned i);

/* load_parts.c */
void load_findings(struct load *l, json_t *list);
void load_components(struct load *l, json_t *list);
void load_run(struct load *l, json_t *run);

#endif
