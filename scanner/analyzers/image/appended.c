/* appended.c - files that go on behind the end of what they are
 *
 * A picture is shown, an archive opens, and what stands behind its end nobody
 * sees: a classic place to hide something. The carver finds the end; this says
 * which files have such a rest, where it is large and no padding.
 */
#include <inttypes.h>

#include "core/analyzer.h"

enum { REST_LEAST = 512, WORTH_MEDIUM = 4096, EVIDENCE_MAX = 16 };

static const struct fw_kind appended = {
	.id = "integrity/appended-data",
	.title = "files carry data behind their end",
	.explanation =
		"These files are pictures, sounds or archives that end before "
		"the file does. What stands behind is not seen by whoever "
		"opens them, but a program on the device can read it.",
	.ask_vendor = "What is the data behind the end of these files, and "
		      "which program reads it?",
	.false_alarm = "A tool that left a thumbnail, a comment or a signature "
		       "there, or that wrote over an older, longer file.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 506 },
};

/* Formats whose end is sure, and behind which nothing is usual. A program with
 * something behind it (an installer, a signed module) is ordinary. */
static bool ends_surely(const char *format)
{
	static const char *const names[] = { "png",  "gif", "jpeg", "webp",
					     "wav",  "zip", "gzip", "pdf",
					     "woff", "ico" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (format != NULL && strcmp(format, names[i]) == 0)
			return true;
	return false;
}

struct rest {
	uint64_t bytes;
	bool readable; /* a program, an archive, noise: not an odd remainder */
	const char *what;
};

/* What is in file i behind its first part. Children follow in preorder. */
static struct rest rest_of(const struct fw_tree *t, uint32_t i)
{
	const struct fw_place *first = NULL;
	struct rest r = { 0 };

	for (uint32_t k = i + 1; k < t->count; k++) {
		const struct fw_place *p = &t->places[k];

		if (p->parent == i) {
			const char *guess =
				fw_place_fact(p, "content.guess", 0);

			if (first == NULL) {
				if (!ends_surely(p->format))
					return r;
				first = p;
				continue;
			}
			if (guess != NULL && strcmp(guess, "padding") == 0)
				continue;
			/* A picture behind a picture: frames, thumbnails. */
			if (p->format != NULL &&
			    strcmp(p->format, first->format) == 0)
				continue;
			if (p->size > r.bytes || r.what == NULL)
				r.what = p->format != NULL ? p->format : guess;
			r.readable = r.readable || p->format != NULL ||
				     (guess != NULL &&
				      (strcmp(guess, "code") == 0 ||
				       strcmp(guess, "encrypted") == 0));
			r.bytes += p->size;
		} else if (p->parent == UINT32_MAX || p->parent < i) {
			break;
		}
	}
	return r;
}

static void report(const struct fw_tree *t, uint32_t root, uint32_t end,
		   struct fw_out *out)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim claim = FW_CLAIM(&appended);
	size_t files = 0, n = 0;

	for (uint32_t i = root + 1; i < end; i++) {
		const struct fw_place *p = &t->places[i];
		struct rest r = { 0 };

		if (p->meta->type == FW_FILE && p->format == NULL)
			r = rest_of(t, i);
		if (r.bytes < REST_LEAST)
			continue;
		files++;
		if (r.readable && r.bytes >= WORTH_MEDIUM)
			claim.severity = FW_MEDIUM;
		if (n < EVIDENCE_MAX)
			evidence[n++] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = fw_text(out,
						"%s, %" PRIu64
						" bytes behind its end, %s",
						p->path, r.bytes,
						r.what ? r.what : "unknown")
			};
	}
	if (files == 0)
		return;
	claim.detail = fw_text(out, "%zu %s with data behind the end", files,
			       files == 1 ? "file" : "files");
	claim.key = "files";
	claim.evidence = evidence;
	claim.evidence_count = n;
	fw_out_at(out, root);
	fw_out_claim(out, &claim);
}

static void appended_correlate(const struct fw_tree *t, struct fw_out *out)
{
	for (uint32_t root = 0; root < t->count && fw_out_ok(out);) {
		uint32_t end = root + 1;

		while (end < t->count && t->places[end].parent != UINT32_MAX)
			end++;
		report(t, root, end, out);
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_appended = {
	.name = "appended",
	.title = "files with something behind their end",
	.kinds = (const struct fw_kind *const[]){ &appended, NULL },
	.correlate = appended_correlate,
};
