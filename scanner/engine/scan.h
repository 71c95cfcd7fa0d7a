/* scan.h - the main job: images in, a finished result out */
#ifndef FW_ENGINE_SCAN_H
#define FW_ENGINE_SCAN_H

#include "core/result.h"

/* 0 means the default of limits.c. Every limit is enforced by the broker or by
 * the kernel, and named in the report when it was hit. */
struct fw_limits {
	uint32_t depth;		    /* of unpacking */
	uint32_t objects;	    /* nodes of the tree */
	uint32_t findings;	    /* per object */
	uint32_t crashes;	    /* of jobs, then the scan ends */
	uint32_t job_wall_ms;
	uint32_t job_cpu_s;
	uint32_t deadline_s;	    /* of the whole scan */
	uint32_t ratio;		    /* bytes out per byte in, beyond 64 MiB */
	uint64_t job_out_bytes;	    /* decoded by one job */
	uint64_t total_bytes;	    /* decoded by all */
	uint64_t job_memory_bytes;  /* on top of the input */
};

/* Fills every 0 with its default. */
void fw_limits_default(struct fw_limits *l);

/* Rules, compiled before the first fork; the engine knows no more of them. */
struct fw_matcher {
	void *ctx;
	/* Runs in a sandboxed job. placed: only the rules that ask for path,
	 * mode or owner; else only those that do not. */
	void (*scan)(void *ctx, const struct fw_object *obj, bool placed,
		     struct fw_out *out);
	/* Whether any placed rule could apply; cheap, no bytes. */
	bool (*wants_place)(void *ctx, const struct fw_object *obj);
	size_t count;
	uint8_t sha256[FW_SHA256_SIZE];
};

struct fw_progress {
	uint64_t objects, bytes, queued;
	const char *current; /* raw */
};

struct fw_scan_options {
	const char *const *images; /* paths; "-" is standard input */
	size_t image_count;
	struct fw_limits limits;
	unsigned jobs;		/* 0: as many as there are processors */
	bool no_sandbox;	/* for debuggers and profilers only */
	bool unpack_only;	/* no analyzers, no rules */
	bool more_hashes;	/* SHA-1, MD5 and TLSH as facts */
	bool reveal;		/* owners' secrets are not masked */
	enum fw_severity fail_on;
	const char *tmp_dir;	/* NULL: $TMPDIR, /var/tmp, /tmp */
	const struct fw_matcher *matcher; /* or NULL */
	void (*progress)(void *ctx, const struct fw_progress *p);
	void *progress_ctx;
};

/*
 * Runs a scan in forked jobs; the calling process must have one thread. The
 * kinds of formats and analyzers must be registered before (kinds.h).
 * NULL when it could not start: err says why ("router.bin: Permission denied").
 * Otherwise the result, to be freed with fw_scan_free(); damage and limits are
 * inside it, never an error here.
 */
struct fw_result *fw_scan_run(const struct fw_scan_options *opt, char *err,
			      size_t err_len);

/* Frees the result and closes the descriptors of its nodes. */
void fw_scan_free(struct fw_result *r);

#endif
