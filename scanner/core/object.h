/* object.h - words that formats, analyzers, engine and reports share */
#ifndef FW_CORE_OBJECT_H
#define FW_CORE_OBJECT_H

#include "core/view.h"

/* What a node of the tree is. */
enum fw_type {
	FW_FILE = 0,
	FW_DIR,
	FW_LINK,     /* symbolic */
	FW_HARDLINK, /* meta.link names an earlier child with the same bytes */
	FW_CHARDEV,
	FW_BLOCKDEV,
	FW_FIFO,
	FW_SOCKET,
	FW_REGION, /* bytes that a format marks out: a partition, a section */
	FW_GAP	   /* bytes that no format claims */
};

enum { FW_NO_MODE = 0xffffffff }; /* meta.mode, uid, gid: format has none */

/*
 * One child's place and attributes. name is a path relative to the unpacked
 * object, parts divided by '/': raw bytes of the image, NUL-terminated, made
 * safe only by report writers. Folders need not be emitted before what is in
 * them; a folder emitted later gives its attributes to the implied one. A part
 * that is empty, "." or ".." is kept, escaped, by the engine.
 */
struct fw_meta {
	const char *name;
	const char *link; /* target of a FW_LINK or FW_HARDLINK */
	enum fw_type type;
	uint32_t mode;		/* permission bits 07777 */
	uint32_t uid, gid;
	uint32_t rdev_major, rdev_minor;
	int64_t mtime;		/* seconds since 1970, 0: unknown */
};

/* A FW_META() starts with no attributes: FW_META(.name = "kernel"). */
#define FW_META(...)                                                           \
	((struct fw_meta){ .mode = FW_NO_MODE,                                 \
			   .uid = FW_NO_MODE,                                  \
			   .gid = FW_NO_MODE,                                  \
			   __VA_ARGS__ })

enum fw_severity { FW_INFO = 0, FW_LOW, FW_MEDIUM, FW_HIGH, FW_CRITICAL };
enum fw_confidence { FW_UNSURE = 0, FW_LIKELY, FW_SURE }; /* low, medium, high */

const char *fw_severity_name(enum fw_severity s);
const char *fw_confidence_name(enum fw_confidence c); /* "low", "medium", "high" */
const char *fw_type_name(enum fw_type t);

/*
 * A finding's type. id ("access/empty-password") never changes meaning; reports,
 * baselines and suppressions key on it. Texts are one or two plain sentences for
 * somebody who knows no assembler.
 */
struct fw_kind {
	const char *id, *title;
	const char *explanation; /* why it matters */
	const char *ask_vendor;	 /* the question to put to the vendor */
	const char *false_alarm; /* what would explain it away */
	enum fw_severity severity;
	enum fw_confidence confidence;
	/* Findings of this kind in one image become one with many places. */
	bool per_image;
	unsigned cwe[4];	   /* 0 ends the list */
	const char *references[4]; /* NULL ends the list */
};

/* offset of evidence that is another object of many: text is its path. */
#define FW_NO_OFFSET UINT64_MAX

/* One piece of evidence; fields that say nothing stay 0 or NULL. */
struct fw_evidence {
	uint64_t offset;  /* bytes from the object's start, or FW_NO_OFFSET */
	uint32_t line;	  /* 1-based, text files */
	uint64_t address; /* virtual address, programs */
	const char *symbol;
	const char *text; /* what stands there, or the path of one place of many */
};

/* One occurrence of a kind. */
struct fw_claim {
	const struct fw_kind *kind;
	enum fw_severity severity; /* start from FW_CLAIM(kind) */
	enum fw_confidence confidence;
	const char *detail; /* one sentence about this occurrence */
	const char *rule;   /* the rule that matched, or NULL */
	const char *key;    /* what stays the same across versions of an image;
			       NULL: detail. Goes into the fingerprint. */
	const struct fw_evidence *evidence;
	size_t evidence_count;
};

/* A named and versioned piece of software, as one object shows it. NULL fields
 * are not known; version "" is a product whose version is not known. */
struct fw_software {
	const char *name;    /* as the product calls itself: "BusyBox" */
	const char *version; /* "1.22.1" */
	const char *type;    /* "library", "application", "operating-system",
				"firmware", "device-driver" */
	const char *cpe, *purl, *license;
	const char *evidence; /* "banner: BusyBox v1.22.1 (2016-09-22)" */
	enum fw_confidence confidence;
};

#define FW_CLAIM(k)                                                            \
	((struct fw_claim){ .kind = (k),                                       \
			    .severity = (k)->severity,                         \
			    .confidence = (k)->confidence })

#endif
