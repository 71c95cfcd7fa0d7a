/* elf_paths.c - folders from which a program loads libraries first
 *
 * RPATH and RUNPATH are searched before the system's folders. What anybody can
 * write to there lets anybody run code in the program.
 */
#include "code/elfread.h"

enum { FOLDERS_MAX = 64 };

static const struct fw_kind rpath = {
	.id = "weakness/rpath",
	.title = "Loads libraries from an unsafe folder",
	.explanation = "The program looks for its libraries first in a folder "
		       "that others may write to or create. Whoever can put a "
		       "file there decides what the program does.",
	.ask_vendor = "Why does this program search for libraries there, and can "
		      "the RPATH be removed?",
	.false_alarm = "A folder left over from the computer where the program "
		       "was built does no harm as long as nobody can create it "
		       "on the device.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 426, 427 },
};

static const struct fw_kind *const kinds[] = { &rpath, NULL };

static bool under(struct fw_view folder, const char *const *roots)
{
	for (; *roots != NULL; roots++) {
		struct fw_view root = fw_view_str(*roots);

		if (fw_view_starts(folder, root) &&
		    (folder.len == root.len || folder.data[root.len] == '/'))
			return true;
	}
	return false;
}

static bool has_part(struct fw_view folder, const char *const *parts)
{
	for (; *parts != NULL; parts++)
		if (fw_view_find(folder, fw_view_str(*parts), 0) != SIZE_MAX)
			return true;
	return false;
}

/* Why a folder is unsafe, or NULL. */
static const char *unsafe(struct fw_view folder, enum fw_severity *severity)
{
	static const char *const writable[] = { "/tmp", "/var/tmp", "/dev/shm",
						"/var/run", "/run/user", NULL };
	static const char *const building[] = { "/root", "/Users", "/builds",
						"/buildroot", "/jenkins", NULL };
	static const char *const parts[] = { "/build/", "/workspace/",
					     "/staging_dir/", "/sysroot/",
					     "/toolchain/", NULL };

	*severity = FW_MEDIUM;
	if (folder.len == 0)
		return "the current folder (an empty entry)";
	if (folder.data[0] != '/')
		return fw_view_starts(folder, FW_STR("$ORIGIN")) ||
				       fw_view_starts(folder,
						      FW_STR("${ORIGIN}")) ||
				       fw_view_starts(folder, FW_STR("$LIB")) ?
			       NULL :
			       "relative to the current folder";
	if (under(folder, writable))
		return "writable by everybody";
	*severity = FW_LOW;
	if (under(folder, building) || has_part(folder, parts) ||
	    fw_view_starts(folder, FW_STR("/home")))
		return "a folder of the computer that it was built on";
	return NULL;
}

/* One word about a program is enough: about its worst folder. */
static void check(const struct elf_file *f, int64_t tag, const char *name,
		  struct fw_out *out)
{
	struct fw_view all = elf_dyn_text(f, tag), rest = all, folder;
	struct fw_claim claim = FW_CLAIM(&rpath);
	enum fw_severity severity;

	if (all.len == 0)
		return;
	for (size_t n = 0; n < FOLDERS_MAX && fw_split(&rest, ':', &folder);
	     n++) {
		const char *why = unsafe(folder, &severity);

		if (why == NULL ||
		    (claim.detail != NULL && severity <= claim.severity))
			continue;
		claim.severity = severity;
		claim.detail = fw_text(out, "%s \"%.*s\" is %s", name,
				       FW_FMT(folder), why);
	}
	struct fw_evidence at = {
		.offset = fw_view_at(f->bytes, all),
		.text = fw_text(out, "%.*s", FW_FMT(all)),
	};

	claim.evidence = &at;
	claim.evidence_count = 1;
	if (claim.detail != NULL)
		fw_out_claim(out, &claim);
}

static void paths_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct elf_file f;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	/* RPATH counts only where there is no RUNPATH. */
	if (elf_dyn(&f, DT_RUNPATH) != NULL)
		check(&f, DT_RUNPATH, "RUNPATH", out);
	else
		check(&f, DT_RPATH, "RPATH", out);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_paths = {
	.name = "elf_paths",
	.title = "folders that programs load libraries from",
	.kinds = kinds,
	.wants = elf_is,
	.inspect = paths_inspect,
};
