/* filesystem.c - modes, owners, links and names of the files in an image
 *
 * Each cause is one finding for the whole image: what matters is that somebody
 * left the doors open, not how many doors there are.
 */
#include <ctype.h>

#include "core/data.h"
#include "core/listing.h"
#include "core/roots.h"

enum { SETUID = 06000, WRITABLE = 0002, STICKY = 01000, OWNER_FIRST = 500 };
enum { TREE_MIN = 20, TREE_SHARE = 80 };

static const struct fw_kind setuid_shell = {
	.id = "hidden/setuid-shell",
	.title = "a shell or interpreter runs with root's rights for anybody",
	.explanation = "Whoever starts this file becomes the administrator, "
		       "without a password. It is a classic way to come back "
		       "after a first break-in.",
	.ask_vendor = "Why does this interpreter have the set-user-id bit?",
	.false_alarm = "BusyBox as one program for everything drops the right "
		       "for most of its commands.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 250, 732 },
};

static const struct fw_kind setuid_file = {
	.id = "access/setuid",
	.title = "unusual programs run with their owner's rights for anybody",
	.explanation =
		"A mistake in one of these programs gives whoever starts "
		"it the rights of its owner, mostly root.",
	.ask_vendor = "Why do these programs need the set-user-id bit?",
	.false_alarm = "The program drops the right at once, or the device has "
		       "no users but root.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 250 },
};

static const struct fw_kind world_writable = {
	.id = "access/world-writable",
	.title = "files that anybody on the device may change",
	.explanation = "Any program on the device, also one that was broken "
		       "into and has few rights, may change these files. Those "
		       "that root starts hand over the device.",
	.ask_vendor =
		"Which program needs to write these files, and why may all "
		"others?",
	.false_alarm =
		"The file system is read-only, or the image was packed on "
		"a machine that does not keep modes.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 732 },
};

static const struct fw_kind climbing_link = {
	.id = "integrity/link-outside",
	.title = "links that leave the file system or point into a build "
		 "machine",
	.explanation = "These links lead to places that exist on the machine "
		       "where the image was built and not on the device. They "
		       "tell about that machine, and whoever creates the place "
		       "decides what runs.",
	.ask_vendor = "What should these links point to?",
	.false_alarm = "Remains of a build that nothing uses.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 59, 1188 },
};

static const struct fw_kind odd_name = {
	.id = "hidden/odd-name",
	.title = "files whose names hide them",
	.explanation =
		"Names of dots and blanks, with control characters or with "
		"marks that reverse the writing, are overlooked in a "
		"listing. Programs do not get such names by accident.",
	.ask_vendor = "What are these files for?",
	.false_alarm = "A name in another alphabet, or a mistake in a script.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 506 },
};

static const struct fw_kind file_in_dev = {
	.id = "hidden/file-among-devices",
	.title = "ordinary programs in the folder for devices",
	.explanation = "Nobody looks for programs among the devices, which is "
		       "why rootkits keep theirs there.",
	.ask_vendor = "What are these files for, and why are they here?",
	.false_alarm = "MAKEDEV, a script of old systems, or the output of a "
		       "redirection to a device that was not there.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 506 },
};

static const struct fw_kind debug_tool = {
	.id = "weakness/debug-tool",
	.title = "tools of developers and of the factory are left in",
	.explanation = "These tools help whoever broke in to go on: to watch "
		       "traffic and programs, to move files, or to change "
		       "memory and hardware directly.",
	.ask_vendor = "Are these tools needed on a shipped device?",
	.false_alarm = "The device offers diagnosis to its owner.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 489 },
};

static const struct fw_kind leftover = {
	.id = "weakness/build-leftover",
	.title = "remains of the build and of editors are left in",
	.explanation =
		"Copies of earlier states, build files and symbols have no "
		"use on the device. They tell an attacker about it, and "
		"that nobody looked through the image before it shipped.",
	.ask_vendor =
		"Is the image checked for files that do not belong in it?",
	.false_alarm = "Files that the device offers for download.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 540, 1188 },
};

static const struct fw_kind debug_info = {
	.id = "weakness/debug-info",
	.title = "programs were shipped with their debug information",
	.explanation =
		"Names of functions, variables and source files make these "
		"programs easy to read for an attacker, as they do for us.",
	.ask_vendor = NULL,
	.false_alarm = "Open-source programs have nothing to hide.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 540 },
};

static const struct fw_kind owner = {
	.id = "integrity/developer-owner",
	.title = "system files belong to an ordinary user",
	.explanation = "These files have the number of a user of the machine "
		       "where the image was built. Whoever has that number on "
		       "the device may change them.",
	.ask_vendor = "Why do files of the system not belong to root?",
	.false_alarm = "A service's own user, or a read-only file system on a "
		       "device that has no such user.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 282, 708 },
};

static const struct fw_kind *const kinds[] = {
	&setuid_shell, &setuid_file, &world_writable, &climbing_link, &odd_name,
	&file_in_dev,  &debug_tool,  &leftover,	      &debug_info,    &owner,
	NULL
};

struct look {
	const struct fw_tree *tree;
	struct fw_roots *roots;
	struct fw_out *out;
	struct fw_listing shells, setuid, writable, folders, links, names, dev,
		tools, remains, debug, owners;
	size_t files, all_open; /* with a mode; of mode 0777 */
	bool script_open;	/* a writable file that root starts */
};

static bool is_file(const struct fw_place *p)
{
	return p->meta->type == FW_FILE || p->meta->type == FW_HARDLINK;
}

static bool is_interpreter(const char *name)
{
	static const char *const names[] = { "sh",	"ash",	"bash",
					     "dash",	"ksh",	"zsh",
					     "csh",	"env",	"perl*",
					     "python*", "lua*", "ruby*",
					     "expect",	"awk",	"gawk" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_path_matches(name, names[i]))
			return true;
	return false;
}

static bool is_usual_setuid(const char *name)
{
	struct fw_view rest = fw_data("setuid"), f[FW_DATA_FIELDS];

	while (fw_data_row(&rest, f))
		if (fw_view_eq(f[0], fw_view_str(name)))
			return true;
	return strncmp(name, "busybox", 7) == 0;
}

static bool starts_as_root(const char *path)
{
	static const char *const places[] = {
		"/etc/init.d/*", "/etc/rc*",	"/etc/inittab", "/sbin/*",
		"/usr/sbin/*",	 "/etc/cron*",	"/init",	"/linuxrc",
		"/etc/profile*", "/etc/passwd", "/etc/shadow",	"/etc/sudoers"
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (fw_path_matches(path, places[i]))
			return true;
	return false;
}

/* A file system that nobody writes to: its modes are remains of the build. */
static bool is_read_only(const struct look *l, uint32_t root)
{
	static const char *const formats[] = { "squashfs", "cramfs", "romfs",
					       "iso9660", "erofs" };
	const char *f =
		root == UINT32_MAX ? NULL : l->tree->places[root].format;

	for (size_t i = 0; f && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(f, formats[i]) == 0)
			return true;
	return false;
}

static void look_at_mode(struct look *l, const struct fw_place *p,
			 uint32_t root, const char *path)
{
	uint32_t mode = p->meta->mode;
	const char *name = fw_basename(path);

	if (!is_file(p) || mode == FW_NO_MODE)
		return;
	l->files++;
	l->all_open += (mode & 0777) == 0777;
	if ((mode & SETUID) != 0 && (mode & 0111) != 0) {
		if (is_interpreter(name) && (mode & 04000) != 0)
			fw_list(&l->shells, l->out, "%s, mode %04o, owner %u",
				p->path, mode, p->meta->uid);
		else if (!is_usual_setuid(name))
			fw_list(&l->setuid, l->out, "%s, mode %04o, owner %u",
				p->path, mode, p->meta->uid);
	}
	if ((mode & WRITABLE) != 0) {
		l->script_open = l->script_open || (starts_as_root(path) &&
						    !is_read_only(l, root));
		fw_list(&l->writable, l->out, "%s, mode %04o", p->path, mode);
	}
}

static void look_at_owner(struct look *l, const struct fw_place *p,
			  const char *path)
{
	bool system = fw_path_matches(path, "/bin/*") ||
		      fw_path_matches(path, "/sbin/*") ||
		      fw_path_matches(path, "/etc/*") ||
		      fw_path_matches(path, "/lib*/*") ||
		      fw_path_matches(path, "/usr/*");

	if (is_file(p) && system && p->meta->uid != FW_NO_MODE &&
	    p->meta->uid >= OWNER_FIRST)
		fw_list(&l->owners, l->out, "%s, user %u", p->path,
			p->meta->uid);
}

/* Folders that are filled when the device runs: what is not in them now may
 * well be there then. */
static bool is_made_at_run_time(const char *path)
{
	static const char *const heads[] = {
		"/tmp",	    "/var", "/proc",  "/sys",  "/dev",
		"/run",	    "/etc", "/media", "/jffs", "/data",
		"/overlay", "/rom", "/home",  "/root", "/boot",
		"/usr",	    "/lib", "/bin",   "/sbin"
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t n = strlen(heads[i]);

		if (strncmp(path, heads[i], n) == 0 &&
		    (path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* Whether the first folder of a path is there: another file system may be
 * mounted on it. */
static bool is_mount_point(const struct look *l, uint32_t root,
			   const char *path)
{
	const char *slash = strchr(path + 1, '/');
	struct fw_arena *a = fw_out_arena(l->out);
	size_t n = slash ? (size_t)(slash - path) : strlen(path);

	return fw_root_find(l->roots, root,
			    fw_strdup(a, fw_view_of(path, n))) != UINT32_MAX;
}

/* A path of three parts and more that nothing here leads to. */
static bool is_of_build_host(const struct look *l, uint32_t root,
			     const char *target)
{
	static const char *const hosts[] = { "/home/*/*/*",    "/root/*/*",
					     "/Users/*",       "*/workspace/*",
					     "*/buildroot*",   "*/rootfs/*",
					     "*/staging_dir/*" };

	if (fw_root_find(l->roots, root, target) != UINT32_MAX)
		return false;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (fw_path_matches(target, hosts[i]))
			return true;
	return depth_of(target) >= 4 && !is_made_at_run_time(target) &&
	       !is_mount_point(l, root, target);
}

static void look_at_link(struct look *l, const struct fw_place *p,
			 uint32_t root, const char *path)
{
	const char *to, *link = p->meta->link;
	bool climbs;

	if (p->meta->type != FW_LINK || link == NULL)
		return;
	to = fw_root_target(fw_out_arena(l->out), path, link, &climbs);
	if (to == NULL || climbs || is_of_build_host(l, root, to))
		fw_list(&l->links, l->out, "%s -> %s", p->path, link);
}

static bool hides(const char *name)
{
	size_t n = strlen(name), dots = strspn(name, ". ");

	if (n > 2 && dots == n) /* "...", ".. " */
		return true;
	if (n > 0 && (name[0] == ' ' || name[n - 1] == ' '))
		return true;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)name[i] < ' ' || (uint8_t)name[i] == 0x7f)
			return true;
	/* U+202A..U+202E and U+2066..U+2069 turn the direction of writing. */
	return strstr(name, "\xe2\x80\xaa") || strstr(name, "\xe2\x80\xab") ||
	       strstr(name, "\xe2\x80\xad") || strstr(name, "\xe2\x80\xae") ||
	       strstr(name, "\xe2\x81\xa6") || strstr(name, "\xe2\x81\xa7");
}

static void look_at_name(struct look *l, const struct fw_place *p,
			 const char *path)
{
	if (hides(p->meta->name))
		fw_list(&l->names, l->out, "%s", p->path);
	if (is_file(p) && p->size > 0 && fw_path_matches(path, "/dev/*") &&
	    strcmp(fw_basename(path), "MAKEDEV") != 0)
		fw_list(&l->dev, l->out, "%s, %llu bytes", p->path,
			(unsigned long long)p->size);
}

static void look_for_leftovers(struct look *l, const struct fw_place *p,
			       const char *path)
{
	struct fw_view rest = fw_data("leftovers"), f[FW_DATA_FIELDS];
	const char *name = fw_basename(path);
	struct fw_arena *a = fw_out_arena(l->out);
	bool program = p->format != NULL && strcmp(p->format, "elf") == 0;
	bool link = p->meta->type == FW_LINK && !strncmp(path, "/usr/", 5);

	if (!is_file(p) && !link)
		return;
	while (fw_data_row(&rest, f)) {
		if (!fw_path_matches(name, fw_strdup(a, f[0])))
			continue;
		if (!fw_view_eq(f[1], FW_STR("tool")))
			fw_list(&l->remains, l->out, "%s (%.*s)", p->path,
				FW_FMT(f[2]));
		else if (program)
			fw_list(&l->tools, l->out, "%s (%.*s)", p->path,
				FW_FMT(f[2]));
		return;
	}
}

static void look_at(struct look *l, uint32_t i)
{
	const struct fw_place *p = &l->tree->places[i];
	uint32_t root = fw_root_of(l->roots, i);
	const char *debug = fw_place_fact(p, "elf.debug", 0);

	if (p->meta->type == FW_REGION || p->meta->type == FW_GAP)
		return;
	const char *path = fw_root_path(l->roots, i);

	look_at_mode(l, p, root, path);
	look_at_link(l, p, root, path);
	look_at_name(l, p, path);
	if (!fw_root_is_system(l->roots, root))
		return;
	look_at_owner(l, p, path);
	look_for_leftovers(l, p, path);
	if (debug != NULL && strcmp(debug, "yes") == 0)
		fw_list(&l->debug, l->out, "%s", p->path);
}

static void report_writable(const struct look *l, uint32_t root)
{
	struct fw_out *out = l->out;

	/* A tree that was packed without modes is one cause, not a thousand. */
	if (l->files >= TREE_MIN &&
	    l->all_open * 100 >= l->files * TREE_SHARE) {
		struct fw_listing one = { 0 };

		fw_list(&one, out, "%zu of %zu files have mode 0777",
			l->all_open, l->files);
		fw_list_claim(&one, out, root, &world_writable, FW_LOW,
			      "tree in which everything is open");
		return;
	}
	fw_list_claim(&l->writable, out, root, &world_writable,
		      l->script_open ? FW_MEDIUM : FW_LOW, "file");
}

static void report(const struct look *l, uint32_t root)
{
	struct fw_out *out = l->out;

	fw_list_claim(&l->shells, out, root, &setuid_shell, FW_CRITICAL,
		      "interpreter");
	fw_list_claim(&l->setuid, out, root, &setuid_file, FW_LOW, "program");
	report_writable(l, root);
	fw_list_claim(&l->links, out, root, &climbing_link, FW_LOW, "link");
	fw_list_claim(&l->names, out, root, &odd_name, FW_MEDIUM, "name");
	fw_list_claim(&l->dev, out, root, &file_in_dev, FW_MEDIUM, "file");
	fw_list_claim(&l->tools, out, root, &debug_tool, FW_LOW, "tool");
	fw_list_claim(&l->remains, out, root, &leftover, FW_LOW, "file");
	fw_list_claim(&l->debug, out, root, &debug_info, FW_LOW, "program");
	fw_list_claim(&l->owners, out, root, &owner, FW_LOW, "file");
}

static void filesystem_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct fw_roots *roots = fw_roots_of(tree, fw_out_arena(out));

	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);) {
		uint32_t end = fw_image_end(tree, root);
		struct look *l = fw_alloc(fw_out_arena(out), 1, sizeof(*l));

		l->tree = tree;
		l->roots = roots;
		l->out = out;
		for (uint32_t i = root + 1; i < end; i++)
			look_at(l, i);
		report(l, root);
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_filesystem = {
	.name = "filesystem",
	.title = "modes, owners, links and names of files",
	.kinds = kinds,
	.correlate = filesystem_correlate,
};
