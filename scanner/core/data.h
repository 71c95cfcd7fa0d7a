/* data.h - tables that analyzers need, loaded before the first fork
 *
 * rules/data/NAME.tsv: lines of fields parted by tabs, '#' begins a comment
 * line. NAME.bin: anything; who asks for it knows its form. Jobs open no files, so all tables are read at the start.
 */
#ifndef FW_CORE_DATA_H
#define FW_CORE_DATA_H

#include "core/hash.h"

enum { FW_DATA_FIELDS = 8 };

/* Reads every *.tsv and *.bin of a folder, in order of names. A folder that is not there
 * is no error; false, with errno, where a file cannot be read. */
bool fw_data_load(const char *dir);
void fw_data_free(void);

/* SHA-256 over names and bytes of all tables; false: there are none. */
bool fw_data_sha256(uint8_t out[FW_SHA256_SIZE]);

/* Whether these are the bytes of a table. */
bool fw_data_is_table(struct fw_view v);

/* The bytes of a table; data == NULL where there is none of that name. */
struct fw_view fw_data(const char *name);

/* Takes the next line that is no comment off *rest and parts it; fields that it
 * lacks are empty. False at the end. */
bool fw_data_row(struct fw_view *rest, struct fw_view fields[FW_DATA_FIELDS]);

#endif
