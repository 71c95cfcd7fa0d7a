/* accounts_join.h - accounts of an image, joined from their files */
#ifndef FW_ANALYZERS_ACCOUNTS_JOIN_H
#define FW_ANALYZERS_ACCOUNTS_JOIN_H

#include "analyzers/accounts/accounts.h"
#include "analyzers/accounts/pwhash.h"

enum { ACCOUNT_FILES_MAX = 256, ACCOUNTS_MAX = 2048 };

enum account_table {
	ACCOUNT_PASSWD,
	ACCOUNT_SHADOW, /* one without a passwd beside it */
	ACCOUNT_WEB,
	ACCOUNT_LINE,
	ACCOUNT_TABLES
};

enum account_state {
	ACCOUNT_LOCKED,
	ACCOUNT_ELSEWHERE, /* the hash is not in the image */
	ACCOUNT_EMPTY,
	ACCOUNT_HASH, /* of a password that was not found */
	ACCOUNT_KNOWN
};

struct account_file {
	uint32_t place, folder;
	enum account_table table;
	const char *name;
};

struct account {
	size_t file;
	struct fw_view name, shell, hash;
	uint64_t uid, gid; /* UINT64_MAX: not known */
	bool shell_ok, writes;
	enum account_state state;
	const char *password;
	uint32_t shadow;	   /* place of the hash's row, or UINT32_MAX */
	struct fw_account_row own; /* its row in the file */
	struct fw_account_row evidence; /* the row that holds the hash */
	size_t same_as;			/* an earlier account, or SIZE_MAX */
};

/* The accounts of one image. */
struct accounts {
	const struct fw_tree *tree;
	struct fw_out *out;
	struct fw_arena *arena;
	uint32_t root;
	struct account_file *files;
	size_t file_count;
	struct account *v;
	size_t count;
	uint64_t tries; /* passwords that were tried */
};

/* Of all images of a tree; images without files of accounts are left out. */
struct accounts_all {
	struct accounts *images;
	size_t count;
};

/* Reads the accounts and searches their passwords, once a tree that has a
 * cache. For any correlator; costs up to a second. Lives as long as out's
 * arena. */
const struct accounts_all *fw_accounts_of(const struct fw_tree *t,
					  struct fw_out *out);

/* The account of most rights among those of the file at a place that log in
 * with a password that is known, or without one if that is asked for. NULL:
 * none. */
const struct account *fw_account_open(const struct accounts_all *all,
				      uint32_t place, bool without);

extern const struct fw_kind *const fw_account_kinds[];

/* Emits what there is to say about the accounts of an image. */
void fw_accounts_judge(struct accounts *c);

#endif
