/* outliers.c - what is unlike its neighbours
 *
 * An image is built in one go: programs for one processor, by one compiler, on
 * one day. What came another way differs in several of these at once.
 */
#include <stdlib.h>

#include "core/listing.h"
#include "core/roots.h"

enum {
	PROGRAMS_MIN = 12, /* fewer say nothing about each other */
	MAJORITY = 90,	   /* per cent that make a rule */
	ODD_SHARE = 20,	   /* at most one in so many is an outlier */
	FILES_MIN = 40,
	NEWER_MAX = 5, /* files, and days that set them apart: */
	NEWER_DAYS = 30,
	PART_DAYS = 180,
	FIRST_DATE = 631152000, /* 1990: earlier ones are no dates */
	DAY = 86400
};

static const struct fw_kind other_machine = {
	.id = "integrity/other-processor",
	.title = "program for another processor than the rest",
	.explanation =
		"This program cannot run on the processor that all others "
		"are built for. Either another part of the device runs it, "
		"or it came into the image by another way than the rest.",
	.ask_vendor =
		"Which part of the device runs this program, and where does "
		"it come from?",
	.false_alarm =
		"Firmware for a radio, camera or modem chip that the device "
		"loads at start.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 506 },
};

static const struct fw_kind other_build = {
	.id = "integrity/other-build",
	.title = "program that was built unlike all others",
	.explanation =
		"It differs from its neighbours in compiler, C library or "
		"protection at once, so it was not built with them. That is "
		"how a program looks that somebody has added.",
	.ask_vendor = "Who built these programs, from which source, and how do "
		      "they get into the image?",
	.false_alarm = "Drivers and libraries that a chip's maker delivers as "
		       "finished files.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.cwe = { 506 },
};

static const struct fw_kind newer_file = {
	.id = "integrity/newer-file",
	.title = "a few files are much newer than all others",
	.explanation =
		"The rest of the image was made at one time. These files "
		"were changed long after.",
	.ask_vendor =
		"What was changed in these files, and why after the build?",
	.false_alarm =
		"Settings that the device wrote, or files copied with their "
		"own dates.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 506 },
};

static const struct fw_kind two_versions = {
	.id = "integrity/two-versions",
	.title = "one program is there in two versions",
	.explanation =
		"Which of the two runs depends on the order of folders. The "
		"second one is easily overlooked.",
	.ask_vendor =
		"Which of these programs is used, and what is the other for?",
	.false_alarm = "A full program beside a small one of the same name.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 694 },
};

static const struct fw_kind *const kinds[] = { &other_machine, &other_build,
					       &newer_file, &two_versions,
					       NULL };

enum aspect { MACHINE, LIBC, COMPILER, STRIPPED, CANARY, RELRO, PIE, ASPECTS };

static const char *const aspect_names[ASPECTS] = {
	"processor",	   "loader", "compiler", "stripped",
	"stack protector", "RELRO",  "PIE"
};

struct program {
	uint32_t place, root;
	const char *value[ASPECTS];
	const char *path;
};

struct work {
	const struct fw_tree *tree;
	struct fw_roots *roots;
	struct fw_out *out;
	struct program *v;
	size_t n, cap;
	struct fw_listing machines, builds, newer, twins;
};

/* --- gathering --- */

static const char *fact_or(const struct fw_place *p, const char *key,
			   const char *other)
{
	const char *v = fw_place_fact(p, key, 0);

	return v != NULL ? v : other;
}

/* The last compiler named is the program's own; start-up files come first. */
static const char *compiler_of(const struct fw_place *p)
{
	const char *v = NULL, *next;

	for (size_t n = 0; (next = fw_place_fact(p, "elf.comment", n)) != NULL;
	     n++)
		v = next;
	return v != NULL ? v : "not named";
}

static void add_program(struct work *w, uint32_t i)
{
	const struct fw_place *p = &w->tree->places[i];
	struct fw_out *out = w->out;

	if (fw_place_fact(p, "harden.nx", 0) == NULL)
		return; /* no program or library */
	w->v = fw_grow(fw_out_arena(out), w->v, &w->cap, w->n + 1,
		       sizeof(*w->v));
	struct program *x = &w->v[w->n++];

	*x = (struct program){ .place = i,
			       .root = fw_root_of(w->roots, i),
			       .path = fw_root_path(w->roots, i) };
	x->value[MACHINE] = fw_text(
		out, "%s, %s bits, %s endian", fact_or(p, "elf.machine", "?"),
		fact_or(p, "elf.class", "?"), fact_or(p, "elf.data", "?"));
	x->value[LIBC] = fw_basename(fact_or(p, "elf.interp", ""));
	x->value[COMPILER] = compiler_of(p);
	x->value[STRIPPED] = fact_or(p, "elf.stripped", "?");
	x->value[CANARY] = fact_or(p, "harden.canary", "?");
	x->value[RELRO] = fact_or(p, "harden.relro", "?");
	x->value[PIE] = fact_or(p, "harden.pie", "?");
}

static int by_root(const void *a, const void *b)
{
	const struct program *x = a, *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* --- unlike the rest --- */

/* The value that at least MAJORITY per cent of n share, or NULL. Candidate by
 * voting, then counted: linear. */
static const char *rule_of(const struct program *v, size_t n, enum aspect a)
{
	const char *best = NULL;
	size_t votes = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (votes == 0)
			best = v[i].value[a];
		votes += strcmp(best, v[i].value[a]) == 0 ? 1 : (size_t)-1;
	}
	for (size_t i = 0; i < n; i++)
		count += strcmp(best, v[i].value[a]) == 0;
	return count * 100 >= n * MAJORITY ? best : NULL;
}

/* The C library and the compiler's own come from the tool chain. */
static bool is_of_tool_chain(const char *path)
{
	static const char *const names[] = {
		"ld-*",	      "ld.so*",	    "libc.*",	  "libc-*",
		"libdl*",     "libm.*",	    "libm-*",	  "libpthread*",
		"libgcc_s*",  "libstdc++*", "libuClibc*", "librt*",
		"libcrypt.*", "libcrypt-*"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_path_matches(fw_basename(path), names[i]))
			return true;
	return false;
}

static void compare(struct work *w, const struct program *x,
		    const char *const rules[ASPECTS])
{
	const char *text = "";
	unsigned odd = 0;

	if (rules[MACHINE] && strcmp(x->value[MACHINE], rules[MACHINE]) != 0) {
		fw_list(&w->machines, w->out, "%s: %s; the others: %s",
			w->tree->places[x->place].path, x->value[MACHINE],
			rules[MACHINE]);
		return;
	}
	for (unsigned a = LIBC; a < ASPECTS; a++) {
		/* A library names no loader. */
		if (rules[a] == NULL || *x->value[a] == '\0' ||
		    strcmp(x->value[a], rules[a]) == 0)
			continue;
		odd++;
		text = fw_text(w->out, "%s%s%s %s (others %s)", text,
			       odd > 1 ? "; " : "", aspect_names[a],
			       x->value[a], *rules[a] ? rules[a] : "none");
	}
	if (odd >= 2 && !is_of_tool_chain(x->path))
		fw_list(&w->builds, w->out, "%s: %s",
			w->tree->places[x->place].path, text);
}

static void compare_all(struct work *w, const struct program *v, size_t n)
{
	const char *rules[ASPECTS];
	size_t before = w->builds.all;
	struct fw_listing kept = w->builds;

	if (n < PROGRAMS_MIN)
		return;
	for (unsigned a = 0; a < ASPECTS; a++)
		rules[a] = rule_of(v, n, (enum aspect)a);
	for (size_t i = 0; i < n; i++)
		compare(w, &v[i], rules);
	/* Many that differ are a second batch, not outliers. */
	if ((w->builds.all - before) * ODD_SHARE > n)
		w->builds = kept;
}

/* --- twins --- */

static int by_name(const void *a, const void *b)
{
	const struct program *const *x = a, *const *y = b;
	int order = strcmp(fw_basename((*x)->path), fw_basename((*y)->path));

	return order != 0 ? order
			  : ((*x)->place > (*y)->place) -
				    ((*x)->place < (*y)->place);
}

static bool is_in_path(const char *path)
{
	static const char *const places[] = {
		"/bin/*",      "/sbin/*",	   "/usr/bin/*",
		"/usr/sbin/*", "/usr/local/bin/*", "/usr/local/sbin/*"
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (fw_path_matches(path, places[i]))
			return true;
	return false;
}

static void find_twins(struct work *w, const struct program *v, size_t n)
{
	const struct program **list =
		fw_alloc(fw_out_arena(w->out), n + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (is_in_path(v[i].path))
			list[count++] = &v[i];
	if (count > 1)
		qsort(list, count, sizeof(*list), by_name);
	for (size_t i = 1; i < count; i++) {
		const struct fw_place *a = &w->tree->places[list[i - 1]->place];
		const struct fw_place *b = &w->tree->places[list[i]->place];

		if (strcmp(fw_basename(a->path), fw_basename(b->path)) == 0 &&
		    a->content != b->content)
			fw_list(&w->twins, w->out, "%s and %s", a->path,
				list[i]->path);
	}
}

/* --- dates --- */

struct dated {
	uint32_t root; /* of the container */
	const struct fw_place *place;
	int64_t when;
};

/* By container, newest first. */
static int by_time(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (x->when != y->when)
		return x->when > y->when ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* A gap of a month behind at most five files sets them apart. */
static void compare_files(struct work *w, const struct dated *v, size_t n)
{
	struct fw_arena *a = fw_out_arena(w->out);
	size_t newer = 0;

	for (size_t i = 1; i <= NEWER_MAX && i < n && newer == 0; i++)
		if (v[i - 1].when - v[i].when > (int64_t)NEWER_DAYS * DAY)
			newer = i;
	for (size_t i = 0; n >= FILES_MIN && i < newer; i++)
		fw_list(&w->newer, w->out, "%s, %s; the others up to %s",
			v[i].place->path, fw_date(a, v[i].when),
			fw_date(a, v[newer].when));
}

static void look_at_dates(struct work *w, uint32_t root, uint32_t end)
{
	struct dated *v =
		fw_alloc(fw_out_arena(w->out), end - root + 1, sizeof(*v));
	size_t n = 0;

	for (uint32_t i = root + 1; i < end; i++) {
		const struct fw_place *p = &w->tree->places[i];
		uint32_t up = fw_root_of(w->roots, i);

		if (p->meta->type == FW_FILE && p->meta->mtime > 0 &&
		    fw_root_is_system(w->roots, up))
			v[n++] = (struct dated){ up, p, p->meta->mtime };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_time);
	for (size_t i = 0, last; i < n; i = last) {
		last = i + 1;
		while (last < n && v[last].root == v[i].root)
			last++;
		compare_files(w, &v[i], last - i);
	}
}

/* When a part of the image was made, or 0. */
static int64_t made_at(const struct fw_place *p)
{
	const char *v = fw_place_fact(p, "squashfs.created", 0);

	if (v == NULL)
		v = fw_place_fact(p, "uimage.time", 0);
	return v != NULL ? strtoll(v, NULL, 10) : 0;
}

/* One part that is half a year younger than each of at least two others. */
static void compare_parts(struct work *w, uint32_t root, uint32_t end)
{
	struct dated *v =
		fw_alloc(fw_out_arena(w->out), end - root + 1, sizeof(*v));
	struct fw_arena *a = fw_out_arena(w->out);
	size_t n = 0;

	for (uint32_t i = root; i < end; i++) {
		const struct fw_place *p = &w->tree->places[i];
		int64_t when = made_at(p);

		if (when > FIRST_DATE)
			v[n++] = (struct dated){ 0, p, when };
	}
	if (n < 3)
		return;
	qsort(v, n, sizeof(*v), by_time);
	if (v[0].when - v[1].when > (int64_t)PART_DAYS * DAY)
		fw_list(&w->newer, w->out, "%s, made %s; other parts up to %s",
			v[0].place->path, fw_date(a, v[0].when),
			fw_date(a, v[1].when));
}

static void look_at_image(struct work *w, uint32_t root, uint32_t end)
{
	for (uint32_t i = root; i < end; i++)
		add_program(w, i);
	if (w->n > 1)
		qsort(w->v, w->n, sizeof(*w->v), by_root);
	for (size_t i = 0, last; i < w->n; i = last) {
		last = i + 1;
		while (last < w->n && w->v[last].root == w->v[i].root)
			last++;
		compare_all(w, &w->v[i], last - i);
		find_twins(w, &w->v[i], last - i);
	}
	look_at_dates(w, root, end);
	compare_parts(w, root, end);
}

static void outliers_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct fw_roots *roots = fw_roots_of(tree, fw_out_arena(out));

	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);) {
		uint32_t end = fw_image_end(tree, root);
		struct work *w = fw_alloc(fw_out_arena(out), 1, sizeof(*w));

		w->tree = tree;
		w->roots = roots;
		w->out = out;
		look_at_image(w, root, end);
		fw_list_claim(&w->machines, out, root, &other_machine, FW_LOW,
			      "program");
		fw_list_claim(&w->builds, out, root, &other_build, FW_LOW,
			      "program");
		fw_list_claim(&w->newer, out, root, &newer_file, FW_LOW,
			      "file");
		fw_list_claim(&w->twins, out, root, &two_versions, FW_LOW,
			      "pair");
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_outliers = {
	.name = "outliers",
	.title = "programs and files that are unlike their neighbours",
	.kinds = kinds,
	.correlate = outliers_correlate,
};
