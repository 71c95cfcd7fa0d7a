/* model.h - what the broker knows while a scan runs
 *
 * Contents form a directed graph: one content per distinct run of bytes, and
 * under it entries, each of which places another content. Work is done once per
 * content however often it is placed; reports show the tree that the graph
 * expands to (tree.c). A content that holds itself is no danger here: it is
 * unpacked once, and the expansion stops at it.
 */
#ifndef FW_ENGINE_MODEL_H
#define FW_ENGINE_MODEL_H

#include "core/format.h"
#include "engine/scan.h"

/* What a probe has decoded of a stream, for the unpacking that follows. */
struct kept {
	int fd; /* 0: nothing */
	uint32_t codec;
	uint64_t taken, len; /* bytes of the stream; decoded */
};

/* An immutable run of bytes that entries are slices of. */
struct blob {
	int fd;
	uint64_t size;
	struct blob *next;
};

struct fact_list {
	struct fw_fact *v;
	size_t n, cap;
};

struct claim_list {
	struct fw_claim *v;
	size_t n, cap;
};

struct software_list {
	struct fw_software *v;
	size_t n, cap;
};

/* What one stage of work said. Stages are kept apart so that the order of a
 * report does not depend on which finished first. */
struct findings {
	struct fact_list facts;
	struct claim_list claims;
	struct software_list software;
};

enum stage { STAGE_EXAMINE, STAGE_UNPACK, STAGES };

struct entry;
struct path_map;

struct content {
	struct content *next_in_bucket;
	uint32_t id; /* in order of discovery: not stable, never reported */
	uint32_t depth;
	uint64_t len;
	uint8_t sha256[FW_SHA256_SIZE];
	struct blob *blob;
	uint64_t at;
	const struct fw_format *format;
	bool examined, carved, unpack_started, depth_denied;
	enum fw_state state;
	const char *note;
	struct findings said[STAGES];
	struct entry *first, *last; /* children */
	uint64_t opaque;	    /* bytes that its reader gave up on */
	struct entry *placed_waiting; /* entries waiting for the format */
	const char *some_name;	    /* of a place, for progress */
	struct kept kept;	    /* until it is unpacked */
};

struct entry {
	struct entry *parent;	/* a folder of the same container, or NULL */
	struct entry *next, *first, *last;
	struct content *container; /* NULL: an image, or in an input folder */
	struct content *content;   /* NULL until hashed, and without bytes */
	struct entry *next_waiting;
	struct fw_meta meta;
	struct blob *blob; /* NULL: no bytes */
	uint64_t at, len;
	uint64_t offset; /* in the container, or UINT64_MAX */
	const struct fw_format *hint;
	uint32_t depth;
	enum fw_state state;
	const char *note;
	struct findings said; /* of placed analyzers */
};

enum job_type { JOB_HASH, JOB_EXAMINE, JOB_UNPACK, JOB_PLACED, JOB_CORRELATE };

struct job_item {
	struct entry *entry;	 /* HASH, PLACED */
	struct content *content; /* EXAMINE, UNPACK */
	bool done;
};

struct job {
	struct job *next;
	enum job_type type;
	struct job_item *items;
	size_t item_count;
	bool alone; /* a rerun: what it said stays even if it dies */
	/* While it runs: */
	int pid, pipe_fd, out_fd;
	int helper_pid; /* of a second process, or 0 */
	struct fw_ahead *ahead; /* what both share, or NULL */
	uint64_t out_max;
	const char *out_option; /* that made out_max what it is */
	int64_t deadline_ms;
	uint64_t rss_at_fork;
	unsigned slot;
	uint8_t *buf;
	size_t buf_len, buf_cap;
	size_t current;	      /* item that records belong to */
	struct entry *open;   /* decoded child whose size is not known yet */
	struct entry *last;   /* child emitted last */
	struct path_map *map; /* paths of this unpacking */
	uint64_t out_used;
	struct kept kept;     /* EXAMINE: of the first item; fd unused */
	uint32_t place;	      /* CORRELATE */
	bool finished, killed_for_time, broken;
	enum fw_state reply_state; /* set by ERR records */
};

struct queue {
	struct job *first, *last;
};

/* Contents or entries that wait to be put in a batch. */
struct backlog {
	struct job_item *v;
	size_t head, n, cap;
	uint64_t bytes; /* of the items from head on */
};

struct limit_list {
	struct fw_limit_hit *v;
	size_t n, cap;
};

struct scan {
	struct fw_scan_options opt;
	struct fw_limits lim;
	struct fw_arena arena;
	struct blob *blobs;
	struct blob *spool; /* small outputs, one after the other */
	const char *tmp_dir;
	struct content **buckets;
	size_t bucket_count, content_count;
	struct entry **images;
	size_t image_count;
	struct job *running;
	unsigned running_count, jobs;
	uint64_t *slot_rss;
	bool *slot_used;
	struct queue unpacks, reruns;
	struct backlog hash, examine, placed;
	struct limit_list limits;
	uint64_t decoded_bytes, forks, bytes_hashed, bytes_matched, objects;
	uint32_t crashes;
	int64_t started_ms, started;
	bool stopping;
	int pid; /* of the broker */
	bool landlock;
	struct fw_progress progress;
	int64_t progress_ms;
	/* correlate: */
	const struct fw_tree *tree;
	struct findings *place_said;
};

/* limits.c: notes that a limit cost something; once per option. */
void fw_limit_note(struct scan *s, const char *option, const char *what);

/* model.c */
struct blob *fw_blob_add(struct scan *s, int fd, uint64_t size);
/* Adopts the first len bytes of fd: small ones move to the spool and fd is
 * closed. *at is where they begin. NULL when the host fails. */
struct blob *fw_blob_keep(struct scan *s, int fd, uint64_t len, uint64_t *at);
/* The same whatever the length. False: the host failed, fd is as it was. */
bool fw_blob_spool(struct scan *s, int fd, uint64_t len, struct blob **b,
		   uint64_t *at);
int fw_blob_temp(struct scan *s); /* an unlinked file, or -1 */
struct entry *fw_entry_new(struct scan *s, struct content *container,
			   struct entry *parent, const struct fw_meta *m);
struct content *fw_content_of(struct scan *s, const struct entry *e,
			      const uint8_t sha256[FW_SHA256_SIZE]);
void fw_fact_add(struct scan *s, struct fact_list *l, const char *key,
		 const char *value);
void fw_backlog_add(struct scan *s, struct backlog *b, struct entry *e,
		    struct content *c);
uint64_t fw_item_len(const struct job_item *it);
struct entry *fw_path_entry(struct scan *s, struct job *j,
			    struct content *container, struct fw_meta *m);
/* "/folder/name" of an entry in its container. */
const char *fw_entry_path(struct fw_arena *a, const struct entry *e);
/* The entry at a path of this unpacking, or NULL. */
struct entry *fw_path_lookup(struct job *j, const char *path);
void fw_path_map_free(struct path_map *m);
int64_t fw_now_ms(void);

/* broker.c */
void fw_broker_run(struct scan *s);
/* Runs one job of this type over nothing but the tree (CORRELATE). */
void fw_broker_correlate(struct scan *s);

/* reply.c: decodes what a job sent. False: the job broke the protocol. */
bool fw_reply_take(struct scan *s, struct job *j);
/* The job is over: settles its items by how it ended. */
void fw_reply_end(struct scan *s, struct job *j, int wait_status);

/* job.c: the child's side; never returns. */
_Noreturn void fw_job_main(struct scan *s, struct job *j);
/* The same for the helper of an unpacking. */
_Noreturn void fw_job_help(struct scan *s, struct job *j);

/* input.c */
bool fw_input_open(struct scan *s, char *err, size_t err_len);

/* tree.c, finish.c */
struct fw_result *fw_result_make(struct scan *s);

#endif
