/* opaque.c - large parts of an image that nobody can read
 *
 * Looks at what the image is made of: regions, gaps, the image itself. A file in
 * a file system that is compressed or encrypted is ordinary and not counted.
 */
#include <inttypes.h>

#include "core/analyzer.h"

enum { NOISE_BYTES = 32 * 1024, DATA_BYTES = 32 * 1024, EVIDENCE_MAX = 16 };

static const struct fw_kind unreadable = {
	.id = "opaque/unreadable-region",
	.title = "part of the image cannot be read by anybody but its maker",
	.explanation = "These bytes look like noise: they are encrypted, or "
		       "compressed in a way that no reader here knows. What "
		       "is in them was not inspected, so the rest being clean "
		       "says nothing about them.",
	.ask_vendor = "What do these parts of the image hold, and can you give "
		      "us them in readable form, or the means to read them?",
	.false_alarm = "A compressed boot loader or kernel in a format that "
		       "is documented but not supported here yet.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 1277 },
};

static const struct fw_kind unknown = {
	.id = "opaque/unknown-region",
	.title = "part of the image is in a format that is not known",
	.explanation = "These bytes have some order in them, but no format "
		       "that is known here explains them. Rules were matched "
		       "against them; nothing else could be inspected.",
	.ask_vendor = "Which format are these parts of the image in, and what "
		      "do they hold?",
	.false_alarm = "Settings, calibration data or remains of an older "
		       "image in the flash memory.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
};

/* Whether a place is a part of what the image is made of, not a file in it. */
static bool is_part(const struct fw_place *p)
{
	return p->meta->type == FW_REGION || p->meta->type == FW_GAP ||
	       (p->meta->type == FW_FILE && p->parent == UINT32_MAX);
}

static const struct fw_kind *kind_of(const struct fw_place *p)
{
	const char *guess = fw_place_fact(p, "content.guess", 0);

	if (p->format != NULL || guess == NULL || !is_part(p))
		return NULL;
	if (strcmp(guess, "encrypted") == 0 || strcmp(guess, "compressed") == 0)
		return p->size >= NOISE_BYTES ? &unreadable : NULL;
	return strcmp(guess, "data") == 0 && p->size >= DATA_BYTES ? &unknown
								   : NULL;
}

/* One finding for all regions of a kind below the image at root. */
static void report(const struct fw_tree *t, uint32_t root, uint32_t end,
		   const struct fw_kind *k, struct fw_out *out)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim claim = FW_CLAIM(k);
	uint64_t bytes = 0;
	size_t regions = 0, n = 0;

	for (uint32_t i = root; i < end; i++) {
		const struct fw_place *p = &t->places[i];

		if (kind_of(p) != k)
			continue;
		bytes += p->size;
		regions++;
		if (n < EVIDENCE_MAX)
			evidence[n++] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = fw_text(out, "%s, %" PRIu64 " bytes",
						p->path, p->size)
			};
	}
	if (regions == 0)
		return;
	claim.detail = fw_text(out, "%zu %s, %" PRIu64 " bytes in all", regions,
			       regions == 1 ? "region" : "regions", bytes);
	claim.key = "regions";
	/* When it is a good part of the image, passing would be a lie. */
	if (bytes > t->places[root].size / 4 && claim.severity < FW_MEDIUM)
		claim.severity = FW_MEDIUM;
	claim.evidence = evidence;
	claim.evidence_count = n;
	fw_out_at(out, root);
	fw_out_claim(out, &claim);
}

static void opaque_correlate(const struct fw_tree *t, struct fw_out *out)
{
	for (uint32_t root = 0; root < t->count && fw_out_ok(out);) {
		uint32_t end = root + 1;

		while (end < t->count && t->places[end].parent != UINT32_MAX)
			end++;
		report(t, root, end, &unreadable, out);
		report(t, root, end, &unknown, out);
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_opaque = {
	.name = "opaque",
	.title = "large parts of an image that nobody can read",
	.kinds = (const struct fw_kind *const[]){ &unreadable, &unknown, NULL },
	.correlate = opaque_correlate,
};
