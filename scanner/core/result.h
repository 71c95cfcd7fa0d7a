/* result.h - a finished scan, as reports and the exporter see it
 *
 * Everything is plain data, owned by the scan's arena, in a stable order: nodes
 * in preorder, findings by severity (worst first), then node, then kind. Names
 * and texts that came from an image are raw; writers escape them (text.h).
 */
#ifndef FW_CORE_RESULT_H
#define FW_CORE_RESULT_H

#include "core/analyzer.h"
#include "core/hash.h"

enum fw_state {
	FW_STATE_PENDING = 0,
	FW_STATE_DONE,
	FW_STATE_MALFORMED,
	FW_STATE_TRUNCATED,
	FW_STATE_CRASHED,
	FW_STATE_TIMED_OUT,
	FW_STATE_OVER_LIMIT,
	FW_STATE_VIOLATED
};

enum fw_verdict { FW_PASS = 0, FW_REVIEW, FW_FAIL, FW_INCOMPLETE };

const char *fw_state_name(enum fw_state s);	/* "done", "timed_out", ... */
const char *fw_verdict_name(enum fw_verdict v); /* "pass", "review", ... */

enum { FW_NO_NODE = 0xffffffff };

struct fw_node {
	uint32_t parent; /* index of a node before this one, or FW_NO_NODE */
	uint32_t image;	 /* index of the image it is under */
	uint32_t depth;	 /* 0: the image itself */
	uint32_t child_count;
	const char *path; /* escaped, from the image's name on */
	const char *name; /* escaped, its last part */
	const struct fw_meta *meta;	/* name and link raw */
	const struct fw_format *format; /* NULL: none known */
	/* Bytes: size is 0 without any. offset counts in the parent, or is
	 * UINT64_MAX where the bytes were decoded. fd and at tell the exporter
	 * where they lie; fd is -1 without bytes. */
	uint64_t size, offset, at;
	int fd;
	bool hashed;
	uint8_t sha256[FW_SHA256_SIZE];
	/* The worst that happened to it; note says what, NULL if nothing did. */
	enum fw_state state;
	const char *note; /* "squashfs+0x60: inode table = 7 (truncated)" */
	const struct fw_fact *facts;
	size_t fact_count;
};

struct fw_finding {
	struct fw_claim claim;
	uint32_t node;
	char fingerprint[33]; /* 128 bits, hexadecimal */
};

struct fw_coverage {
	uint64_t total, explained, padding, opaque;
};

struct fw_image {
	uint32_t node; /* its root */
	enum fw_verdict verdict;
	uint32_t objects, files;
	uint32_t findings[FW_CRITICAL + 1]; /* by severity */
	struct fw_coverage coverage;	    /* bytes of the image */
};

struct fw_component {
	const char *name, *version, *type, *cpe, *purl, *license;
	const uint32_t *nodes;
	size_t node_count;
	const char *const *evidence;
	size_t evidence_count;
	enum fw_confidence confidence;
};

/* A limit that was hit: its option's name and what was lost. */
struct fw_limit_hit {
	const char *option; /* "--max-depth" */
	const char *note;
	uint64_t count;
};

struct fw_result {
	const struct fw_node *nodes;
	size_t node_count;
	const struct fw_finding *findings;
	size_t finding_count;
	const struct fw_image *images;
	size_t image_count;
	const struct fw_component *components;
	size_t component_count;
	const struct fw_limit_hit *limits;
	size_t limit_count;
	enum fw_verdict verdict; /* the worst of the images */
	bool incomplete;	 /* damage, limits, crashes: never clean */
	enum fw_severity fail_on;
	struct {
		int64_t started; /* seconds since 1970 */
		double seconds;
		uint64_t peak_rss_bytes;
		unsigned jobs;
		bool seccomp, landlock;
		uint64_t forks, bytes_hashed, bytes_matched, contents;
	} run;
	struct {
		size_t count;
		uint8_t sha256[FW_SHA256_SIZE];
	} rules;
};

#endif
