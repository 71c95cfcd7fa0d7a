/* services.h - shared by the files of the correlator "services"
 *
 * services_chain.h names those that follow what starts what; services_tree.c
 * finds programs in the tree, services_words.c takes commands apart,
 * services_data.c knows programs, services_login.c who gets in,
 * services_report.c says what was found.
 */
#ifndef FW_ANALYZERS_SERVICES_H
#define FW_ANALYZERS_SERVICES_H

#include "analyzers/boot/boot_facts.h"

enum { SVC_NONE = UINT32_MAX, SVC_MOUNTS = 32, SVC_SOURCED = 12 };

/* --- programs that are known --- */

enum svc_class {
	SVC_OTHER,
	SVC_TELNET,
	SVC_FTP,
	SVC_TFTP,
	SVC_SSH,
	SVC_RSH,
	SVC_ADB,
	SVC_DEBUGGER,
	SVC_NETCAT,
	SVC_GETTY,
	SVC_SHELL,
	SVC_SUPER,   /* inetd */
	SVC_LISTENER /* serves something that is no way in by itself */
};

struct svc_known {
	const char *name;
	enum svc_class class;
	const char *port; /* "23/tcp", or NULL */
};

/* By the last part of its path, or NULL. */
const struct svc_known *svc_known(const char *name);

/* --- the tree --- */

struct svc_tree {
	const struct fw_tree *t;
	struct fw_arena *arena;
	uint32_t *slots; /* place + 1 by path; 0: free */
	uint32_t mask;
};

/* A folder or container that looks like a root file system. */
struct svc_root {
	uint32_t place, end; /* all below: place + 1 .. end - 1 */
	uint32_t image;
	const char *mounts[SVC_MOUNTS]; /* where partitions are mounted */
	bool mount_writes[SVC_MOUNTS];	/* flash or disk that is written to */
	uint32_t mount_count;
	bool super; /* inetd is started */
	bool any;   /* something is known to start */
};

void svc_tree_init(struct svc_tree *s, const struct fw_tree *t,
		   struct fw_arena *a);
struct svc_root *svc_roots(struct svc_tree *s, uint32_t *count);

/* The place at a path below a root, links followed; SVC_NONE if not there. */
uint32_t svc_find(struct svc_tree *s, const struct svc_root *r,
		  const char *path);

/* A program by name or path, as the shell looks for it. *elsewhere: found on
 * another partition of the device. */
uint32_t svc_program(struct svc_tree *s, const struct svc_root *r,
		     const char *name, bool *elsewhere);

/* The path of a place below its root, without the first '/'. */
const char *svc_path(const struct svc_tree *s, const struct svc_root *r,
		     uint32_t place);

/* --- commands --- */

/* A command without what wraps it (busybox, nohup, start-stop-daemon ...). */
struct svc_words {
	const char *argv[BOOT_WORDS_MAX];
	uint32_t argc;
	const char *port;  /* a wrapper listens here (tcpsvd) */
	const char *multi; /* the busybox that the program is part of */
	const char *shell; /* commands of sh -c, in text form */
	bool daemon;	   /* something that stays, by its wrapper */
};

struct svc_words svc_unwrap(struct fw_arena *a, const char *const *argv,
			    uint32_t argc);

/* The port in the arguments, or the known one, or NULL. */
const char *svc_port(struct fw_arena *a, const struct svc_known *k,
		     const struct svc_words *w);

/* The argument of an option, also when it is joined to it; NULL if not there.
 */
const char *svc_option(const struct svc_words *w, const char *option);

/* --- what was found --- */

enum svc_state { SVC_ACTIVE, SVC_CONDITIONAL, SVC_DEAD };

struct svc_service {
	const struct svc_known *known; /* or NULL */
	struct svc_words w;
	const char *command; /* all of it, in text form */
	const char *user, *port, *why, *table, *trigger;
	const char *conds[BOOT_CONDS_MAX]; /* not decided by the tree */
	uint32_t cond_count;
	uint32_t place, line; /* where it stands */
	uint32_t target;      /* the program, or SVC_NONE */
	enum svc_state state;
	bool daemon;
	bool loose;  /* in a script that no chain reaches */
	bool inside; /* among the texts of a program */
};

/* --- who gets in --- */

/* An account that a service lets in with a password that the image gives away,
 * or without one. */
struct svc_way_in {
	const char *text;     /* what anybody can do */
	const char *evidence; /* the row of the account */
	enum fw_severity severity;
	enum fw_confidence confidence;
};

/* Whether a service asks for a name and password over the network, and the root
 * has an account that opens it. */
bool svc_way_in(struct svc_tree *s, const struct svc_root *r,
		const struct svc_service *service, struct fw_out *out,
		struct svc_way_in *w);

/* Facts and findings about what starts in a root. */
void svc_report(struct svc_tree *s, const struct svc_root *r,
		const struct svc_service *list, size_t n, struct fw_out *out);
extern const struct fw_kind *const svc_kinds[];

#endif
