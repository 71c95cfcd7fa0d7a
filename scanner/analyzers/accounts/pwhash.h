/* pwhash.h - password hashes, and passwords that are publicly known
 *
 * Source: crypt(5); Apache's password formats for $apr1$ and {SHA}
 */
#ifndef FW_ANALYZERS_PWHASH_H
#define FW_ANALYZERS_PWHASH_H

#include "core/analyzer.h"

enum { FW_PWHASH_MAX = 256 };

struct fw_pwscheme {
	const char *name; /* "MD5 (md5crypt)" */
	bool weak;	  /* tried by the million on one computer */
	uint32_t cost_us; /* of one try, roughly; 0: it is never tried */
};

/* The scheme of a hash as it stands in an account file, or NULL where it is
 * none: empty, locked, a word. Static or of the arena. */
const struct fw_pwscheme *fw_pwhash_scheme(struct fw_arena *a,
					   struct fw_view hash);

/* Whether the salt is empty, so that equal passwords have equal hashes. */
bool fw_pwhash_unsalted(struct fw_view hash);

/* Whether somebody locked the account: the field begins with '!' or '*', or
 * holds what can be no hash ("x", "NP", "*LK*"). An empty field is no lock. */
bool fw_pwhash_locked(struct fw_view field);

/* What is spent on searching, in microseconds of a plain computer: counted, not
 * measured, so that a scan finds the same wherever it runs. */
struct fw_pwsearch {
	struct fw_arena *arena;
	uint64_t left_us;
	uint64_t tries;
	/* Internal: */
	const struct fw_view *words;
	size_t word_count;
	void *state;
};

/* budget_us is spent over all hashes that are asked for. */
void fw_pwsearch_init(struct fw_pwsearch *s, struct fw_arena *a,
		      uint64_t budget_us);

/* The password of a user's hash among vendors' known ones (rules/data/
 * default-passwords.tsv), the user's name and variants of it; NULL where none
 * fits. share_us is the most that this hash may cost. "" is a found password.
 */
const char *fw_pwsearch_find(struct fw_pwsearch *s, struct fw_view user,
			     struct fw_view hash, uint64_t share_us);

/* Whether a password is a vendor's known default: of this user, or of any
 * where user is empty. The device it is known from goes to *device ("" where
 * the table does not say). */
bool fw_password_known(struct fw_view password, struct fw_view user,
		       struct fw_view *device);

#endif
