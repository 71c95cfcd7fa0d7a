/* modules.c - kernel modules that do not belong to the others
 *
 * A module carries the release and settings of the kernel that it was built for
 * (vermagic). In an image all agree; one that does not cannot be loaded, or
 * replaced a neighbour.
 *
 * Source: Linux include/linux/vermagic.h, kernel/module
 */
#include "core/analyzer.h"

enum {
	MAGICS_MAX = 64, /* different ones of an image */
	MODULES_MIN = 4, /* fewer are no neighbourhood */
	ODD_MAX = 4,	 /* at most one in so many can be odd */
	EVIDENCE_MAX = 20,
};

static const struct fw_kind odd_module = {
	.id = "integrity/module-vermagic",
	.title = "Kernel modules were built for another kernel than the rest",
	.explanation =
		"Parts of the kernel that are loaded at run time name the "
		"kernel that they were built for. These name another one "
		"than their neighbours: they were left behind, or came "
		"from somewhere else.",
	.ask_vendor = "Where do these modules come from, and are they loaded?",
	.false_alarm =
		"Modules for a second kernel, as of a rescue system, are "
		"meant to differ.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 1329 },
};

static const struct fw_kind *const kinds[] = { &odd_module, NULL };

struct magic {
	const char *text;
	uint32_t count;
};

struct image {
	uint32_t node, end; /* places */
	struct magic v[MAGICS_MAX];
	size_t n;
	uint32_t modules, not_signed;
	const char *kernel; /* its release, if there is one kernel */
	bool kernels_differ;
};

static struct fw_view release_of(const char *vermagic)
{
	struct fw_view v = fw_view_str(vermagic), release = v;

	fw_split(&v, ' ', &release);
	return release;
}

static void count_kernel(struct image *m, const char *release)
{
	if (release == NULL)
		return;
	if (m->kernel != NULL && strcmp(m->kernel, release) != 0)
		m->kernels_differ = true;
	m->kernel = release;
}

static void count(struct image *m, const struct fw_place *p)
{
	const char *magic = fw_place_fact(p, "module.vermagic", 0);
	const char *sign = fw_place_fact(p, "module.signed", 0);

	count_kernel(m, fw_place_fact(p, "kernel.version", 0));
	if (magic == NULL)
		return;
	m->modules++;
	m->not_signed += sign != NULL && strcmp(sign, "no") == 0;
	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->v[i].text, magic) == 0) {
			m->v[i].count++;
			return;
		}
	}
	if (m->n < MAGICS_MAX)
		m->v[m->n++] = (struct magic){ magic, 1 };
}

static const struct magic *most_common(const struct image *m)
{
	const struct magic *best = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (best == NULL || m->v[i].count > best->count)
			best = &m->v[i];
	return best;
}

/* In /lib/modules/RELEASE/ of its own release a module is where it belongs. */
static bool is_at_home(struct fw_out *out, const struct fw_place *p,
		       const char *magic)
{
	const char *folder =
		fw_text(out, "*/lib/modules/%.*s/*", FW_FMT(release_of(magic)));

	return fw_path_matches(p->path, folder);
}

static void report(const struct fw_tree *tree, const struct image *m,
		   const struct magic *best, struct fw_out *out)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim claim = FW_CLAIM(&odd_module);
	uint32_t odd = 0;

	for (uint32_t i = m->node; i < m->end; i++) {
		const struct fw_place *p = &tree->places[i];
		const char *magic = fw_place_fact(p, "module.vermagic", 0);

		if (magic == NULL || strcmp(magic, best->text) == 0 ||
		    is_at_home(out, p, magic))
			continue;
		if (odd < EVIDENCE_MAX)
			evidence[odd] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = fw_text(out, "%s: %s", p->path, magic)
			};
		odd++;
	}
	if (odd == 0 || odd * ODD_MAX > m->modules)
		return;
	claim.detail =
		fw_text(out, "%u of %u modules; the others are for \"%s\"", odd,
			m->modules, best->text);
	claim.key = odd_module.id;
	claim.evidence = evidence;
	claim.evidence_count = odd < EVIDENCE_MAX ? odd : EVIDENCE_MAX;
	fw_out_claim(out, &claim);
}

static void finish(const struct fw_tree *tree, struct image *m,
		   struct fw_out *out)
{
	const struct magic *best = most_common(m);

	if (best == NULL)
		return;
	fw_out_at(out, m->node);
	fw_out_factf(out, "modules.count", "%u", m->modules);
	fw_out_factf(out, "modules.unsigned", "%u", m->not_signed);
	fw_out_fact(out, "modules.vermagic", best->text);
	if (m->kernel != NULL && !m->kernels_differ)
		fw_out_fact(out, "modules.fit_kernel",
			    fw_view_eq(release_of(best->text),
				       fw_view_str(m->kernel))
				    ? "yes"
				    : "no");
	if (m->modules >= MODULES_MIN)
		report(tree, m, best, out);
}

static void modules_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct image *m = fw_alloc(fw_out_arena(out), 1, sizeof(*m));

	for (uint32_t i = 0; i < tree->count && fw_out_ok(out); i++) {
		if (tree->places[i].parent == UINT32_MAX) {
			m->end = i;
			finish(tree, m, out);
			*m = (struct image){ .node = i };
		}
		count(m, &tree->places[i]);
	}
	m->end = tree->count;
	finish(tree, m, out);
}

const struct fw_analyzer fw_analyzer_modules = {
	.name = "modules",
	.title = "kernel modules that differ from their neighbours",
	.kinds = kinds,
	.correlate = modules_correlate,
};
