/* odd_capability.c - programs that can do what their role does not need
 *
 * Judged against the rest of the image: a tool for files that listens, a
 * library that alone of all both listens and runs commands. Interpreters, buses
 * and debuggers do such things by profession.
 */
#include "analyzers/hidden/capabilities.h"
#include "core/listing.h"

enum {
	PROGRAMS_MIN = 12, /* fewer say nothing about each other */
	CHECKS = 5
};

static const struct fw_kind odd = {
	.id = "hidden/odd-capability",
	.title = "a program can do what its role does not need",
	.explanation =
		"The program or library calls functions that no other of its "
		"sort in the image calls together, and that its name does not "
		"explain: a tool for files that waits for connections, a "
		"library that listens and starts programs. What was added to "
		"a program later shows so.",
	.ask_vendor = "What does this program need these functions for, and "
		      "from which source was it built?",
	.false_alarm = "A library that the vendor wrote for its own services, "
		       "or a tool with an uncommon option.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.cwe = { 506, 912 },
};

static const struct fw_kind *const kinds[] = { &odd, NULL };

/* What tools for files, text and processes have no use for. */
#define FOR_NO_TOOL                                                            \
	(uint32_t)(HIDDEN_LISTENS | HIDDEN_CONNECTS | HIDDEN_RAW |             \
		   HIDDEN_TRACES)

/* What is odd together; all bits are needed. */
static const struct check {
	uint32_t can;
	bool library; /* else programs */
	const char *words;
} checks[CHECKS] = {
	{ HIDDEN_LISTENS | HIDDEN_EXECUTES, true,
	  "waits for connections and runs programs" },
	{ HIDDEN_LISTENS | HIDDEN_ACCOUNTS, true,
	  "waits for connections and changes accounts" },
	{ HIDDEN_RAW | HIDDEN_EXECUTES, true,
	  "reads raw packets and runs programs" },
	{ HIDDEN_TRACES | HIDDEN_LISTENS, false,
	  "waits for connections and changes other programs" },
	{ HIDDEN_TRACES | HIDDEN_CONNECTS, false,
	  "connects to others and changes other programs" },
};

static bool one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_path_matches(name, *list))
			return true;
	return false;
}

static bool is_tool(const char *name)
{
	static const char *const tools[] = {
		"ls",	    "cat",	 "cp",	      "mv",	  "rm",
		"ln",	    "dd",	 "df",	      "du",	  "wc",
		"date",	    "echo",	 "true",      "false",	  "sleep",
		"head",	    "tail",	 "sort",      "uniq",	  "tr",
		"cut",	    "expr",	 "test",      "mkdir",	  "rmdir",
		"chmod",    "chown",	 "chgrp",     "touch",	  "pwd",
		"env",	    "printf",	 "uname",     "id",	  "whoami",
		"tty",	    "stty",	 "seq",	      "basename", "dirname",
		"tee",	    "od",	 "hexdump",   "cksum",	  "md5sum",
		"sha1sum",  "sha256sum", "sha512sum", "cmp",	  "diff",
		"grep",	    "egrep",	 "fgrep",     "sed",	  "gzip",
		"gunzip",   "bzip2",	 "xz",	      "find",	  "xargs",
		"kill",	    "free",	 "uptime",    "dmesg",	  "umount",
		"readlink", "realpath",	 "mktemp",    "more",	  "less",
		"clear",    "reset",	 "sync",      "base64",	  "cal",
		"hwclock",  "fdisk",	 "blkid",     "lsblk",	  "lsmod",
		"insmod",   "rmmod",	 "depmod",    "strings",  "which",
		NULL
	};

	return one_of(name, tools);
}

/* The tool chain's own, interpreters, what programs talk to each other by, and
 * what is made for all services or to look into programs. Of some 900
 * libraries of Debian 12 no other has a combination of the above. */
static bool does_so_by_profession(const char *name)
{
	static const char *const names[] = {
		"ld-*",	       "ld.so*",      "libc.*",
		"libc-*",      "libdl*",      "libpthread*",
		"libuClibc*",  "libnsl*",     "libresolv*",
		"libnss*",     "libutil*",    "libc.so*",
		"libasan*",    "libtsan*",    "libubsan*",
		"liblsan*",    "libperl*",    "libpython*",
		"libruby*",    "liblua*",     "libphp*",
		"libnode*",    "libjvm*",     "libmozjs*",
		"libtcl*",     "libguile*",   "libdbus*",
		"libsystemd*", "libnetsnmp*", "libcurl*",
		"libglib*",    "libgio*",     "libuv*",
		"libapr*",     "libubox*",    "libQt*",
		"libICE*",     "libpcap*",    "libsmb*",
		"libbusybox*", "libasound*",  "libnspr*",
		"librsvg*",    "libssh*",     "libwebsockets*",
		"libxtables*", "libip*tc*",   "*gdb*",
		"*strace*",    "*ltrace*",    "*perf*",
		"*trace*",     "*debug*",     "busybox*",
		"toybox*",     "systemd*",    NULL
	};

	return one_of(name, names);
}

static bool is_library(const struct fw_place *p)
{
	return fw_view_find(fw_view_str(fw_basename(p->path)), FW_STR(".so"),
			    0) != SIZE_MAX;
}

struct work {
	const struct fw_tree *tree;
	struct fw_out *out;
	uint32_t *seen; /* by content: 1 + the last image it was in */
	struct fw_listing list;
	enum fw_severity worst;
	uint32_t root;
	size_t programs;
	size_t count[CHECKS];	/* that meet a check */
	uint32_t first[CHECKS]; /* of them: its place */
};

static void look_at_tool(struct work *w, const struct fw_place *p, uint32_t can)
{
	const char *what = (can & HIDDEN_LISTENS) != 0 ? "waits for connections"
			   : (can & HIDDEN_RAW) != 0   ? "reads raw packets"
			   : (can & HIDDEN_TRACES) != 0
				   ? "changes other programs"
				   : "connects to others";

	if ((can & FOR_NO_TOOL) == 0)
		return;
	fw_list(&w->list, w->out, "%s: by its name a simple tool, but %s",
		p->path, what);
	if ((can & HIDDEN_LISTENS) != 0)
		w->worst = FW_MEDIUM;
}

static void look(struct work *w, uint32_t i)
{
	const struct fw_place *p = &w->tree->places[i];
	const char *fact = fw_place_fact(p, "code.capabilities", 0);
	const char *name = fw_basename(p->path);

	if (fw_place_fact(p, "elf.machine", 0) == NULL ||
	    (p->content != UINT32_MAX && w->seen[p->content] == w->root + 1))
		return;
	if (p->content != UINT32_MAX)
		w->seen[p->content] = w->root + 1;
	w->programs++;
	/* Without libraries of its own kind to call, all of the C library is in
	 * the program, and what of it is used cannot be told. */
	if (fact == NULL || fw_place_fact(p, "elf.needed", 0) == NULL)
		return;
	uint32_t can = hidden_can_read(fact);

	if (is_tool(name))
		look_at_tool(w, p, can);
	if (does_so_by_profession(name))
		return;
	for (size_t k = 0; k < CHECKS; k++) {
		if ((can & checks[k].can) != checks[k].can ||
		    checks[k].library != is_library(p))
			continue;
		if (w->count[k]++ == 0)
			w->first[k] = i;
	}
}

/* One that is alone with it is odd; what several share is a habit. */
static void judge(struct work *w)
{
	for (size_t k = 0; k < CHECKS; k++) {
		const struct fw_place *p;

		if (w->count[k] == 0)
			continue;
		p = &w->tree->places[w->first[k]];
		if (w->count[k] > 1 || w->programs < PROGRAMS_MIN)
			continue;
		fw_list(&w->list, w->out,
			"%s: it alone of all %s of the image %s", p->path,
			checks[k].library ? "libraries" : "programs",
			checks[k].words);
	}
}

static void correlate(const struct fw_tree *tree, struct fw_out *out)
{
	uint32_t *seen = fw_alloc(fw_out_arena(out), fw_content_end(tree) + 1U,
				  sizeof(*seen));

	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);) {
		uint32_t end = fw_image_end(tree, root);
		struct work w = { .tree = tree,
				  .out = out,
				  .seen = seen,
				  .worst = FW_LOW,
				  .root = root };

		for (uint32_t i = root; i < end; i++)
			look(&w, i);
		judge(&w);
		fw_list_claim(&w.list, out, root, &odd, w.worst, "program");
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_odd_capability = {
	.name = "odd_capability",
	.title = "Programs that can do what their role does not need",
	.kinds = kinds,
	.correlate = correlate,
};
