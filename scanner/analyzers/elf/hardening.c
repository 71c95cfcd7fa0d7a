/* hardening.c - one table and at most one finding per weakness for an image
 *
 * Reads the facts elf.* and harden.* of every program and library below an
 * image; each distinct content counts once. A weakness is news when a notable
 * part of the programs has it, not when one odd helper does.
 */
#include "core/analyzer.h"
#include "core/listing.h"

enum {
	PROGRAMS_MIN = 3,
	SHARE_MIN = 20, /* per cent, exceeded */
	PATHS_MAX = 20,
};

static const struct fw_kind no_nx = {
	.id = "weakness/no-nx",
	.title = "Programs run with an executable stack",
	.explanation = "Data that an attacker sends to these programs can be run "
		       "as code. A single programming mistake in one of them is "
		       "then enough to take the device over.",
	.ask_vendor = "Why are these programs built without a non-executable "
		      "stack (GNU_STACK), and when will they be rebuilt?",
	.false_alarm = "Some processors, among them many MIPS cores, cannot "
		       "forbid execution; programs that build code at run time "
		       "need it.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 119, 693 },
};

static const struct fw_kind no_relro = {
	.id = "weakness/no-relro",
	.title = "Programs leave their jump tables writable",
	.explanation = "The tables through which programs call library functions "
		       "stay writable while they run. A memory mistake can then "
		       "redirect such a call to something of the attacker's.",
	.ask_vendor = "Can these programs be linked with -z relro -z now?",
	.false_alarm = "Old tool chains for some processors do not support it.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 693 },
};

static const struct fw_kind no_canary = {
	.id = "weakness/no-canary",
	.title = "Programs do not notice overflowing buffers",
	.explanation = "These programs lack the check that stops them when input "
		       "has overwritten more memory than it was given.",
	.ask_vendor = "Can these programs be compiled with "
		      "-fstack-protector-strong?",
	.false_alarm = "Small programs may have no buffer to protect, and "
		       "languages other than C and C++ check in other ways.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 693, 121 },
};

static const struct fw_kind no_pie = {
	.id = "weakness/no-pie",
	.title = "Programs always lie at the same address",
	.explanation = "An attacker knows beforehand where everything in these "
		       "programs lies in memory, which makes a working attack "
		       "much easier to write.",
	.ask_vendor = "Can these programs be built as position-independent "
		      "executables (-fPIE -pie)?",
	.false_alarm = "On very small devices it is left out to save memory.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 693 },
};

static const struct fw_kind rwx_segment = {
	.id = "weakness/rwx-segment",
	.title = "Programs have memory that is writable and executable",
	.explanation = "Parts of these programs can be changed and run at the "
		       "same time, so that a memory mistake can turn into code "
		       "of the attacker's.",
	.ask_vendor = "Why do these programs need memory that is writable and "
		      "executable at once?",
	.false_alarm = "Packed programs and some old linkers make such memory; "
		       "boot code without memory protection cannot avoid it.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 119, 693 },
};

static const struct fw_kind no_fortify = {
	.id = "weakness/no-fortify",
	.title = "Programs use unchecked copying functions",
	.explanation = "The C library offers variants of its copying functions "
		       "that check the size of their target. These programs "
		       "were built without them.",
	.ask_vendor = "Can these programs be compiled with -D_FORTIFY_SOURCE=2?",
	.false_alarm = "uClibc and musl have no such variants; a program built "
		       "with them may have them where sizes are known only.",
	.severity = FW_INFO,
	.confidence = FW_LIKELY,
	.cwe = { 693 },
};

static const struct fw_kind *const kinds[] = {
	&no_nx, &no_relro, &no_canary, &no_pie, &rwx_segment, &no_fortify, NULL
};

enum aspect { NX, RELRO, CANARY, PIE, RWX, FORTIFY, ASPECTS };

/* How many programs can have an aspect, how many lack it, some of their paths. */
struct tally {
	uint32_t of, lacking, path_count;
	const char *paths[PATHS_MAX];
};

struct table {
	struct tally by[ASPECTS];
	uint32_t programs, executable, unset, relro, canary, pie, stripped;
};

static bool is(const struct fw_place *p, const char *key, const char *value)
{
	const char *v = fw_place_fact(p, key, 0);

	return v != NULL && strcmp(v, value) == 0;
}

/* Counts a place if it has the fact; lacking says that the protection is
 * absent. */
static void count(struct tally *t, const struct fw_place *p, const char *key,
		  bool lacking)
{
	const char *v = fw_place_fact(p, key, 0);

	if (v == NULL || strcmp(v, "unknown") == 0)
		return;
	t->of++;
	if (!lacking)
		return;
	t->lacking++;
	if (t->path_count < PATHS_MAX)
		t->paths[t->path_count++] = p->path;
}

static void count_place(struct table *t, const struct fw_place *p)
{
	t->programs++;
	t->executable += is(p, "harden.nx", "no");
	t->unset += is(p, "harden.nx", "unset");
	t->relro += !is(p, "harden.relro", "none");
	t->canary += is(p, "harden.canary", "yes");
	t->pie += is(p, "harden.pie", "yes");
	t->stripped += is(p, "elf.stripped", "yes");
	count(&t->by[NX], p, "harden.nx", !is(p, "harden.nx", "yes"));
	count(&t->by[RELRO], p, "harden.relro", is(p, "harden.relro", "none"));
	count(&t->by[CANARY], p, "harden.canary", is(p, "harden.canary", "no"));
	count(&t->by[PIE], p, "harden.pie", is(p, "harden.pie", "no"));
	count(&t->by[RWX], p, "elf.type", is(p, "harden.rwx", "yes"));
	count(&t->by[FORTIFY], p, "harden.fortify",
	      is(p, "harden.fortify", "no"));
}

static void report(struct fw_out *out, const struct tally *t,
		   const struct fw_kind *k, const char *lack)
{
	struct fw_evidence evidence[PATHS_MAX];

	if (t->of < PROGRAMS_MIN ||
	    (uint64_t)t->lacking * 100 <= (uint64_t)t->of * SHARE_MIN)
		return;
	for (uint32_t i = 0; i < t->path_count; i++)
		evidence[i] = (struct fw_evidence){ .offset = FW_NO_OFFSET,
						     .text = t->paths[i] };
	struct fw_claim claim = FW_CLAIM(k);

	claim.detail = fw_text(out, "%u of %u %s",
			       t->lacking, t->of, lack);
	claim.key = k->id;
	claim.evidence = evidence;
	claim.evidence_count = t->path_count;
	fw_out_claim(out, &claim);
}

static void emit(struct fw_out *out, const struct table *t)
{
	fw_out_factf(out, "hardening.programs", "%u", t->programs);
	fw_out_factf(out, "hardening.nx.missing", "%u",
		     t->executable + t->unset);
	fw_out_factf(out, "hardening.stack.executable", "%u", t->executable);
	fw_out_factf(out, "hardening.stack.unset", "%u", t->unset);
	fw_out_factf(out, "hardening.relro", "%u", t->relro);
	fw_out_factf(out, "hardening.canary", "%u", t->canary);
	fw_out_factf(out, "hardening.pie", "%u", t->pie);
	fw_out_factf(out, "hardening.stripped", "%u", t->stripped);
	report(out, &t->by[NX], &no_nx,
	       "programs and libraries do not forbid an executable stack");
	report(out, &t->by[RELRO], &no_relro,
	       "programs and libraries have no RELRO");
	report(out, &t->by[CANARY], &no_canary,
	       "programs and libraries have no stack protector");
	report(out, &t->by[PIE], &no_pie,
	       "programs are not position-independent");
	report(out, &t->by[RWX], &rwx_segment,
	       "programs and libraries have a segment that is writable and "
	       "executable");
	report(out, &t->by[FORTIFY], &no_fortify,
	       "programs and libraries call unchecked functions only");
}

static void finish(struct fw_out *out, const struct table *t, uint32_t image)
{
	if (t->programs == 0)
		return;
	fw_out_at(out, image);
	emit(out, t);
}

/* Places come in preorder: what is under an image follows it. */
static void hardening_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct table *t = fw_alloc(fw_out_arena(out), 1, sizeof(*t));
	/* By content: one more than the image that counted it last. */
	uint32_t *counted = fw_alloc(fw_out_arena(out), fw_content_end(tree),
				     sizeof(*counted));
	uint32_t image = 0;

	for (uint32_t i = 0; i < tree->count && fw_out_ok(out); i++) {
		const struct fw_place *p = &tree->places[i];

		if (p->parent == UINT32_MAX) {
			finish(out, t, image);
			*t = (struct table){ 0 };
			image = i;
		}
		if (fw_place_fact(p, "harden.nx", 0) == NULL)
			continue;
		if (p->content != UINT32_MAX) {
			if (counted[p->content] == image + 1)
				continue;
			counted[p->content] = image + 1;
		}
		count_place(t, p);
	}
	finish(out, t, image);
}

const struct fw_analyzer fw_analyzer_hardening = {
	.name = "hardening",
	.title = "what protects the programs of an image",
	.kinds = kinds,
	.correlate = hardening_correlate,
};
