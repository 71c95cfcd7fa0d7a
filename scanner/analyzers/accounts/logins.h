/* logins.h - names, passwords and keys that stand in settings */
#ifndef FW_ANALYZERS_LOGINS_H
#define FW_ANALYZERS_LOGINS_H

#include "core/analyzer.h"

enum { LOGINS_MAX = 128, LOGIN_KEY_MAX = 64, LOGIN_VALUE_MAX = 128 };

/* What the name of a setting says that its value is. */
enum login_class {
	LOGIN_OTHER,
	LOGIN_USER,
	LOGIN_PASSWORD,
	LOGIN_TOKEN,
	LOGIN_WIFI,
};

/* One setting. */
struct login {
	enum login_class class;
	struct fw_view key, value;
	struct fw_view user; /* the name beside a password; empty: none */
	uint64_t offset;
	uint32_t line;	      /* 0: not text */
	bool quoted, decoded; /* value was in Base64 */
};

struct logins {
	const struct fw_object *obj;
	struct fw_out *out;
	struct login v[LOGINS_MAX];
	size_t n;
	bool page;   /* a web page or program text: only pairs count */
	bool owners; /* the owner may have set what stands here */
};

enum login_class fw_login_class(struct fw_view key);

/* Whether a name of a setting is about a remote management server (TR-069). */
bool fw_login_is_remote(struct fw_view key);

/* Whether a value stands for something else: templates, words of examples,
 * switches, numbers of one digit, paths. */
bool fw_login_placeholder(struct fw_view value, enum login_class class);

/* Names that administrators have, and names of vendors' own accounts. */
bool fw_login_is_admin(struct fw_view user);
bool fw_login_is_vendor(struct fw_view user);

/* value decoded from Base64 where that gives plain text, else data == NULL. */
struct fw_view fw_login_base64(struct fw_arena *a, struct fw_view value);

/* Gatherers: add to l->v. Linear in the object's bytes. */
void fw_logins_text(struct logins *l);	  /* key=value, JSON, XML, UCI, NVRAM */
void fw_logins_records(struct logins *l); /* fixed-size fields */
bool fw_logins_named(struct logins *l);	  /* files known by their names */

/* Adds one, unless there is no room. Returns it, or NULL. */
struct login *fw_logins_add(struct logins *l, enum login_class class,
			    struct fw_view key, struct fw_view value,
			    uint32_t line);

/* Emits what there is to say. */
void fw_logins_judge(struct logins *l);

extern const struct fw_kind *const fw_login_kinds[];
extern const struct fw_kind fw_login_key, fw_login_sudo;

#endif
