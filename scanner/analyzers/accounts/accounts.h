/* accounts.h - rows of account files, as facts carry them to the correlator */
#ifndef FW_ANALYZERS_ACCOUNTS_H
#define FW_ANALYZERS_ACCOUNTS_H

#include "core/analyzer.h"

/* Facts, one a row: "LINE OFFSET row". A row has no control characters. */
#define FW_FACT_PASSWD "account.passwd"
#define FW_FACT_SHADOW "account.shadow"
#define FW_FACT_GROUP  "account.group"
#define FW_FACT_WEB    "account.web" /* name:hash, of a web server */
/* An account line inside a program or a script; the row's first word is
 * "writes" where the object names the account file as well, else "holds". */
#define FW_FACT_LINE "account.line"

enum { FW_PASSWD_FIELDS = 7, FW_SHADOW_FIELDS = 9, FW_ACCOUNT_FIELDS = 10 };

/* Parts a row at its colons; returns how many there are (at most
 * FW_ACCOUNT_FIELDS, where the last holds the rest). */
size_t fw_account_fields(struct fw_view row,
			 struct fw_view f[FW_ACCOUNT_FIELDS]);

/* Whether the fields are a row of passwd(5), shadow(5), group(5), htpasswd. */
bool fw_is_passwd_row(const struct fw_view *f, size_t n);
bool fw_is_shadow_row(const struct fw_view *f, size_t n);
bool fw_is_group_row(const struct fw_view *f, size_t n);

/* Whether a shell lets somebody in; an empty field means /bin/sh. */
bool fw_is_login_shell(struct fw_view shell);

/* A fact's value taken apart; false for one that is not of that form. */
struct fw_account_row {
	uint32_t line;
	uint64_t offset;
	struct fw_view row;
};
bool fw_account_row_read(const char *value, struct fw_account_row *out);

#endif
