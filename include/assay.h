/* assay.h - scan firmware images from a program
 *
 *	struct assay_scan *s = assay_open();
 *	assay_add_image(s, "router.bin");
 *	if (assay_run(s) == 0)
 *		for (size_t i = 0; i < assay_finding_count(s); i++)
 *			puts(assay_finding_kind(s, i));
 *	assay_close(s);
 *
 * One scan at a time, from a process with one thread (jobs are forked from it).
 * Strings are UTF-8 with everything escaped that could steer a terminal; they
 * belong to the scan and live until assay_close(). Compile and link with
 * pkg-config --cflags --libs assay.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_API __attribute__((visibility("default")))

struct assay_scan;

enum assay_verdict {
	ASSAY_PASS,
	ASSAY_REVIEW,
	ASSAY_FAIL,
	ASSAY_INCOMPLETE
};

enum assay_severity {
	ASSAY_INFO,
	ASSAY_LOW,
	ASSAY_MEDIUM,
	ASSAY_HIGH,
	ASSAY_CRITICAL
};

/* A new scan with the default limits and assay's own rules; NULL without memory. */
ASSAY_API struct assay_scan *assay_open(void);
ASSAY_API void assay_close(struct assay_scan *s);

/* A file, a folder, a device, or "-". Copied. At most 64; false beyond. */
ASSAY_API bool assay_add_image(struct assay_scan *s, const char *path);
/* A folder of YARA rules besides assay's own. Copied. At most 64. */
ASSAY_API bool assay_add_rules(struct assay_scan *s, const char *dir);
/* Jobs at once; 0 (default): one a processor. */
ASSAY_API void assay_set_jobs(struct assay_scan *s, unsigned jobs);
/* From which severity on the verdict is fail; default high. */
ASSAY_API void assay_set_fail_on(struct assay_scan *s, enum assay_severity x);

/* Runs it, once. 0: there is a result, whatever it says. -1: it could not start;
 * assay_error() says why. */
ASSAY_API int assay_run(struct assay_scan *s);
ASSAY_API const char *assay_error(const struct assay_scan *s);

ASSAY_API enum assay_verdict assay_verdict(const struct assay_scan *s);
/* Something was damaged or reached a limit: a pass is not clean then. */
ASSAY_API bool assay_incomplete(const struct assay_scan *s);

/* Objects, in preorder. parent is an index, or SIZE_MAX for an image. */
ASSAY_API size_t assay_object_count(const struct assay_scan *s);
ASSAY_API const char *assay_object_path(const struct assay_scan *s, size_t i);
ASSAY_API const char *assay_object_format(const struct assay_scan *s,
					  size_t i); /* or NULL */
ASSAY_API size_t assay_object_parent(const struct assay_scan *s, size_t i);
ASSAY_API uint64_t assay_object_size(const struct assay_scan *s, size_t i);
/* 32 bytes, or NULL for an object without bytes. */
ASSAY_API const uint8_t *assay_object_sha256(const struct assay_scan *s,
					     size_t i);
/* The n-th value of a fact, raw (not escaped), or NULL. */
ASSAY_API const char *assay_object_fact(const struct assay_scan *s, size_t i,
					const char *key, size_t n);

/* Findings, the worst first. */
ASSAY_API size_t assay_finding_count(const struct assay_scan *s);
ASSAY_API const char *assay_finding_kind(const struct assay_scan *s, size_t i);
ASSAY_API const char *assay_finding_title(const struct assay_scan *s,
					  size_t i);
ASSAY_API enum assay_severity assay_finding_severity(const struct assay_scan *s,
						     size_t i);
ASSAY_API size_t assay_finding_object(const struct assay_scan *s, size_t i);
ASSAY_API const char *assay_finding_fingerprint(const struct assay_scan *s,
						size_t i);

/* Writes a report ("text", "json") to a stream. False: no such report, or errno
 * says why. */
ASSAY_API bool assay_report(const struct assay_scan *s, const char *name,
			    FILE *to);

#ifdef __cplusplus
}
#endif
#endif
