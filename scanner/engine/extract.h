/* extract.h - writes the tree of a finished scan to disk
 *
 * Names come from an image and are hostile: nothing is ever followed, replaced
 * or written outside of the folder. What the disk is not given (owners, devices,
 * set-id bits, links that lead outside) stands in manifest.json.
 */
#ifndef FW_ENGINE_EXTRACT_H
#define FW_ENGINE_EXTRACT_H

#include "core/result.h"

struct fw_extract_report {
	uint64_t files, folders, links, bytes; /* written */
	uint64_t left_out; /* on purpose: devices, links that lead outside */
	uint64_t errors;   /* the host failed, or a name had no place */
	char first[1024];  /* the first error: "path: No space left on device" */
};

/*
 * dir is made if it is not there and must be empty if it is. An object of bytes
 * is the file NAME; what was found inside of it is the folder NAME.extracted.
 * An error with one object is counted and the rest goes on. True if there was
 * none. The caller ignores SIGXFSZ if files may be limited in size.
 */
bool fw_extract(const struct fw_result *r, const char *dir,
		struct fw_extract_report *rep);

/* Whether a symbolic link in a folder that many levels below the top stays
 * below the top, whatever other links it passes: relative, and "..", if at all,
 * only at its start. */
bool fw_extract_link_ok(const char *target, uint32_t level);

#endif
