/* cmdline.c - command lines that a kernel is started with
 *
 * They stand in kernel settings (CONFIG_CMDLINE), in device trees (/chosen), in
 * the environment of U-Boot, and as plain text in boot loaders and kernels:
 * "bootargs=console=ttyS0,115200 root=..." or "console=ttyS0 root=...".
 *
 * Source: Linux Documentation/admin-guide/kernel-parameters.txt
 */
#include "core/analyzer.h"

enum {
	COMMAND_MAX = 1024,
	LINES_MAX = 16, /* command lines of one object */
	TRIES = 256,
	WORDS_MAX = 128,
	EVIDENCE_MAX = 20,
};

/* --- finding them in bytes --- */

static bool is_plain(uint8_t ch)
{
	return ch >= ' ' && ch < 0x7f;
}

static bool bootargs_wants(const struct fw_object *obj)
{
	return obj->format == NULL
		       ? !fw_is_text(obj->bytes)
		       : strcmp(obj->format, "linux_kernel") == 0 ||
				 strcmp(obj->format, "arm64_image") == 0;
}

static bool has(struct fw_view v, const char *text)
{
	return fw_view_find(v, fw_view_str(text), 0) != SIZE_MAX;
}

/* Every text that begins with head, of which the first skip bytes are no part
 * of the command line. */
static void find_lines(struct fw_view v, struct fw_view head, size_t skip,
		       struct fw_out *out)
{
	size_t at = 0, found = 0;

	for (size_t n = 0; n < TRIES && found < LINES_MAX;
	     n++, at += head.len) {
		at = fw_view_find(v, head, at);
		if (at == SIZE_MAX)
			return;
		struct fw_view line = fw_view_sub(v, at, COMMAND_MAX);
		size_t len = 0;

		while (len < line.len && is_plain(line.data[len]))
			len++;
		line = fw_view_sub(line, skip, len - skip);
		if ((at > 0 && is_plain(v.data[at - 1])) ||
		    !has(line, "console=") ||
		    (!has(line, "root=") && !has(line, "mem=") &&
		     !has(line, "init=")))
			continue;
		fw_out_factf(out, "kernel.cmdline", "%.*s", FW_FMT(line));
		found++;
	}
}

static void bootargs_inspect(const struct fw_object *obj, struct fw_out *out)
{
	find_lines(obj->bytes, FW_STR("bootargs="), 9, out);
	find_lines(obj->bytes, FW_STR("console=tty"), 0, out);
}

const struct fw_analyzer fw_analyzer_bootargs = {
	.name = "bootargs",
	.title = "command lines in boot loaders and kernels",
	.wants = bootargs_wants,
	.inspect = bootargs_inspect,
};

/* --- what they say --- */

static const struct fw_kind opens = {
	.id = "access/kernel-cmdline",
	.title = "The system can start into a shell without a login",
	.explanation = "The settings with which the kernel is started make it "
		       "open a command line or a debugger instead of the usual "
		       "programs. Whoever reaches the console then has full "
		       "control, without any password.",
	.ask_vendor = "When is this command line used, and how is the console "
		      "closed on devices that are sold?",
	.false_alarm = "It can be a spare setting for repairs that nothing "
		       "selects; the console may have no connector.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 306, 489 },
};

static const struct fw_kind weakens = {
	.id = "weakness/kernel-cmdline",
	.title = "Protections of the kernel are switched off at start",
	.explanation = "The settings with which the kernel is started switch "
		       "off protections that were built into it.",
	.ask_vendor = "Why are these protections switched off?",
	.false_alarm = "A protection that the processor lacks is not missed.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 693 },
};

static const struct fw_kind *const kinds[] = { &opens, &weakens, NULL };

static bool is_one_of(struct fw_view word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_eq(word, fw_view_str(*list)))
			return true;
	return false;
}

static bool is_shell(struct fw_view path)
{
	static const char *const shells[] = { "sh",  "ash", "bash", "dash",
					      "msh", "ksh", NULL };
	struct fw_view part, last = { NULL, 0 };

	while (fw_split(&path, '/', &part))
		last = part;
	return is_one_of(last, shells);
}

static const struct fw_kind *judge(struct fw_view word)
{
	static const char *const open_words[] = {
		"single",
		"S",
		"s",
		"emergency",
		"rescue",
		"rd.break",
		"kgdbwait",
		"systemd.debug-shell",
		"systemd.debug_shell",
		"systemd.debug-shell=1",
		"systemd.unit=rescue.target",
		"systemd.unit=emergency.target",
		NULL
	};
	static const char *const weak_words[] = {
		"nokaslr",
		"nosmep",
		"nosmap",
		"nopti",
		"norandmaps",
		"mitigations=off",
		"noexec=off",
		"selinux=0",
		"enforcing=0",
		"apparmor=0",
		"security=none",
		"iomem=relaxed",
		"module.sig_enforce=0",
		"androidboot.selinux=permissive",
		"androidboot.selinux=disabled",
		"androidboot.veritymode=disabled",
		"lockdown=none",
		NULL
	};
	struct fw_view value = word, key;

	if (fw_split(&value, '=', &key) && value.data != NULL &&
	    (fw_view_eq(key, FW_STR("init")) ||
	     fw_view_eq(key, FW_STR("rdinit"))) &&
	    is_shell(value))
		return &opens;
	if (is_one_of(word, open_words))
		return &opens;
	return is_one_of(word, weak_words) ? &weakens : NULL;
}

struct hits {
	struct fw_evidence v[EVIDENCE_MAX];
	const char *first; /* the word */
	size_t n;
};

static void add(struct hits *h, struct fw_out *out, const char *path,
		struct fw_view word, struct fw_view line)
{
	if (h->n == EVIDENCE_MAX)
		return;
	if (h->first == NULL)
		h->first = fw_text(out, "%.*s", FW_FMT(word));
	h->v[h->n++] = (struct fw_evidence){
		.offset = FW_NO_OFFSET,
		.text = fw_text(out, "%s: %.*s in \"%.*s\"", path, FW_FMT(word),
				FW_FMT(line))
	};
}

/* The command line that a fact is; data NULL: it is none. */
static struct fw_view line_of(const struct fw_fact *f)
{
	struct fw_view v = fw_view_str(f->value), key;

	if (strcmp(f->key, "kernel.cmdline") == 0 ||
	    strcmp(f->key, "kernel.config.cmdline") == 0 ||
	    strcmp(f->key, "dtb.bootargs") == 0)
		return v;
	if (strcmp(f->key, "uboot.env") == 0 && fw_split(&v, '=', &key) &&
	    fw_view_starts(key, FW_STR("bootargs")))
		return v;
	return (struct fw_view){ NULL, 0 };
}

static void read_line(struct hits *by, struct fw_out *out, const char *path,
		      struct fw_view line)
{
	struct fw_view rest = line, word;

	for (size_t n = 0; n < WORDS_MAX && fw_split(&rest, ' ', &word); n++) {
		const struct fw_kind *k = judge(word);

		/* What follows "--" is for init. */
		if (fw_view_eq(word, FW_STR("--")))
			return;
		if (k != NULL)
			add(&by[k == &weakens], out, path, word, line);
	}
}

static void finish(struct hits *by, struct fw_out *out, uint32_t image)
{
	for (size_t i = 0; i < 2; i++) {
		const struct fw_kind *k = i == 0 ? &opens : &weakens;
		struct fw_claim claim = FW_CLAIM(k);

		if (by[i].n == 0)
			continue;
		claim.detail = fw_text(out, "the kernel is started with \"%s\"",
				       by[i].first);
		claim.key = k->id;
		claim.evidence = by[i].v;
		claim.evidence_count = by[i].n;
		fw_out_at(out, image);
		fw_out_claim(out, &claim);
		by[i] = (struct hits){ .n = 0 };
	}
}

static void cmdline_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct hits *by = fw_alloc(fw_out_arena(out), 2, sizeof(*by));
	uint32_t image = 0;

	for (uint32_t i = 0; i < tree->count && fw_out_ok(out); i++) {
		const struct fw_place *p = &tree->places[i];

		if (p->parent == UINT32_MAX) {
			finish(by, out, image);
			image = i;
		}
		for (size_t k = 0; k < p->fact_count; k++) {
			struct fw_view line = line_of(&p->facts[k]);

			if (line.data != NULL)
				read_line(by, out, p->path, line);
		}
	}
	finish(by, out, image);
}

const struct fw_analyzer fw_analyzer_cmdline = {
	.name = "cmdline",
	.title = "what the kernel is told at its start",
	.kinds = kinds,
	.correlate = cmdline_correlate,
};
