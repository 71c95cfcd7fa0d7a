/* kernel_config.c - how a Linux kernel was configured
 *
 * The text that IKCONFIG keeps inside a kernel, /boot/config-*, or .config:
 *
 *	# Linux/mips 3.10.14 Kernel Configuration
 *	CONFIG_MODULES=y
 *	# CONFIG_SECCOMP is not set
 *
 * An option that is not named at all does not exist in that kernel, so only
 * what is said to be off counts.
 *
 * Source: Linux scripts/kconfig/confdata.c, kernel/configs.c; Kernel Self
 * Protection Project, Recommended Settings
 */
#include "core/analyzer.h"

enum {
	HEAD = 512, /* bytes that hold the title */
	LINES_MAX = 40000,
	NAMES = 5,
	EVIDENCE_MAX = 20,
};

static const struct fw_kind hardening_off = {
	.id = "weakness/kernel-hardening",
	.title = "The kernel was built without protections that it offers",
	.explanation =
		"These switches of the Linux kernel cost little and stop "
		"whole classes of attacks, or keep debug functions out. "
		"Here they were set the unsafe way.",
	.ask_vendor = "Why are these options of the kernel set this way, and "
		      "when will they be changed?",
	.false_alarm = "Some options do not exist for every processor, or slow "
		       "small ones down.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.per_image = true,
	.cwe = { 693 },
};

static const struct fw_kind *const kinds[] = { &hardening_off, NULL };

/* An option had several names over the years; one that is set is enough. */
static const struct option {
	const char *names[NAMES];
	bool wanted;
	const char *why;
} options[] = {
	{ { "STACKPROTECTOR", "STACKPROTECTOR_STRONG", "CC_STACKPROTECTOR",
	    "CC_STACKPROTECTOR_STRONG", "CC_STACKPROTECTOR_REGULAR" },
	  true,
	  "overflowing buffers are not noticed" },
	{ { "STRICT_KERNEL_RWX", "DEBUG_RODATA", "ARM_KERNMEM_PERMS" },
	  true,
	  "the kernel's code can be overwritten" },
	{ { "STRICT_MODULE_RWX", "DEBUG_SET_MODULE_RONX" },
	  true,
	  "code of modules can be overwritten" },
	{ { "RANDOMIZE_BASE" }, true, "the kernel lies at a known address" },
	{ { "MODULE_SIG" }, true, "modules load without a signature" },
	{ { "SECCOMP" }, true, "programs cannot give up system calls" },
	{ { "STRICT_DEVMEM" }, true, "/dev/mem shows all memory" },
	{ { "SECURITY_DMESG_RESTRICT" },
	  true,
	  "every user reads the kernel's messages" },
	{ { "HARDENED_USERCOPY" }, true, "copies are not checked" },
	{ { "FORTIFY_SOURCE" }, true, "copies inside are not checked" },
	{ { "SLAB_FREELIST_RANDOM" }, true, "memory is handed out in order" },
	{ { "VMAP_STACK" }, true, "overflowing stacks are not noticed" },
	{ { "DEVKMEM" }, false, "/dev/kmem writes the kernel's memory" },
	{ { "KGDB" }, false, "a debugger for the kernel is built in" },
	{ { "KEXEC" }, false, "a running system can start another kernel" },
	{ { "PROC_KCORE" }, false, "/proc/kcore shows the kernel's memory" },
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

/* What the lines say of one option. */
struct said {
	bool on, off;
	uint64_t at; /* of the line */
};

static bool config_wants(const struct fw_object *obj)
{
	struct fw_view head = fw_view_sub(obj->bytes, 0, HEAD);

	return fw_view_starts(head, FW_STR("#")) &&
	       (fw_view_find(head, FW_STR(" Kernel Configuration"), 0) !=
			SIZE_MAX ||
		fw_view_find(head, FW_STR("# Linux kernel version: "), 0) !=
			SIZE_MAX);
}

/* "# Linux/mips 3.10.14 Kernel Configuration", "# Linux kernel version: 2.6.31"
 */
static struct fw_view version_of(struct fw_view v)
{
	struct fw_view head = fw_view_sub(v, 0, HEAD), line, word, last;

	while (fw_split(&head, '\n', &line)) {
		size_t old = fw_view_find(line, FW_STR("version: "), 0);
		size_t end =
			fw_view_find(line, FW_STR(" Kernel Configuration"), 0);

		if (old != SIZE_MAX)
			return fw_trim(fw_view_sub(line, old + 9, SIZE_MAX));
		if (end == SIZE_MAX)
			continue;
		last = word = fw_view_of("", 0);
		for (line.len = end; fw_split(&line, ' ', &word);)
			last = word;
		return last;
	}
	return fw_view_of("", 0);
}

static void note(struct said *said, struct fw_view name, bool on, uint64_t at)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		for (size_t k = 0; k < NAMES; k++) {
			const char *one = options[i].names[k];

			if (one == NULL || !fw_view_eq(name, fw_view_str(one)))
				continue;
			said[i].on = said[i].on || on;
			said[i].off = said[i].off || !on;
			if (said[i].at == 0 || on)
				said[i].at = at;
			return;
		}
	}
}

static void command_line(struct fw_view value, struct fw_out *out)
{
	if (value.len > 2 && value.data[0] == '"')
		fw_out_factf(out, "kernel.config.cmdline", "%.*s",
			     FW_FMT(fw_view_sub(value, 1, value.len - 2)));
}

/* Reads all lines; how many options are set. */
static size_t read_lines(struct fw_view v, struct said *said,
			 struct fw_out *out)
{
	const struct fw_view unset = FW_STR(" is not set");
	struct fw_view rest = v, line, key;
	size_t set = 0;

	for (size_t n = 0; n < LINES_MAX && fw_split(&rest, '\n', &line); n++) {
		uint64_t at = fw_view_at(v, line);
		struct fw_view value = line;

		if (fw_view_starts(line, FW_STR("# CONFIG_")) &&
		    fw_view_ends(line, unset)) {
			note(said,
			     fw_view_sub(line, 9, line.len - 9 - unset.len),
			     false, at);
			continue;
		}
		if (!fw_view_starts(line, FW_STR("CONFIG_")) ||
		    !fw_split(&value, '=', &key) || value.data == NULL)
			continue;
		set++;
		key = fw_view_sub(key, 7, SIZE_MAX);
		note(said, key, fw_view_eq(fw_trim(value), FW_STR("y")), at);
		if (fw_view_eq(key, FW_STR("CMDLINE")))
			command_line(fw_trim(value), out);
	}
	return set;
}

static void report(const struct said *said, struct fw_out *out)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim claim = FW_CLAIM(&hardening_off);
	const char *names = "";
	size_t n = 0;

	for (size_t i = 0; i < OPTIONS && n < EVIDENCE_MAX; i++) {
		bool bad = options[i].wanted ? said[i].off && !said[i].on
					     : said[i].on;
		const char *name = options[i].names[0];

		if (!bad)
			continue;
		fw_out_factf(out, "kernel.config.unsafe", "%s %s", name,
			     options[i].wanted ? "off" : "on");
		names = fw_text(out, "%s%s%s", names, n > 0 ? ", " : "", name);
		evidence[n++] = (struct fw_evidence){
			.offset = said[i].at,
			.text = fw_text(out, "%s is %s: %s", name,
					options[i].wanted ? "off" : "on",
					options[i].why),
		};
	}
	if (n == 0)
		return;
	claim.detail = fw_text(out, "%zu options: %s", n, names);
	claim.key = hardening_off.id;
	claim.evidence = evidence;
	claim.evidence_count = n;
	fw_out_claim(out, &claim);
}

static void config_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct said said[OPTIONS] = { { .on = false } };
	struct fw_view version = version_of(obj->bytes);
	size_t set = read_lines(obj->bytes, said, out);

	if (set == 0)
		return;
	if (version.len > 0 && version.len < 64)
		fw_out_factf(out, "kernel.config.version", "%.*s",
			     FW_FMT(version));
	fw_out_factf(out, "kernel.config.options", "%zu", set);
	report(said, out);
}

const struct fw_analyzer fw_analyzer_kernel_config = {
	.name = "kernel_config",
	.title = "how the kernel was configured",
	.kinds = kinds,
	.wants = config_wants,
	.inspect = config_inspect,
};
