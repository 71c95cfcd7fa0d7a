/* test_extract.c - the tree on disk, and what never gets there */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/arena.h"
#include "engine/extract.h"

enum { NODES = 64 };

/* A result made by hand: nodes in preorder over one temporary file. */
struct fixture {
	char base[64], dir[80];
	int fd;
	struct fw_arena arena;
	struct fw_node nodes[NODES];
	struct fw_result r;
	struct fw_extract_report rep;
};

static const char bytes[] = "kernel bytes and a root file system";

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char file[80];

	snprintf(f->base, sizeof(f->base), "/tmp/test-extract-XXXXXX");
	if (mkdtemp(f->base) == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/out", f->base);
	snprintf(file, sizeof(file), "%s/image", f->base);
	f->fd = open(file, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (f->fd < 0 || write(f->fd, bytes, sizeof(bytes)) < 0)
		return -1;
	f->r.nodes = f->nodes;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];
	int status;

	snprintf(command, sizeof(command), "rm -rf '%s'", f->base);
	status = system(command);
	close(f->fd);
	fw_arena_free(&f->arena);
	free(f);
	return status;
}

static uint32_t add(struct fixture *f, uint32_t parent, const char *name,
		    struct fw_meta m, size_t at, size_t size)
{
	uint32_t id = (uint32_t)f->r.node_count++;
	struct fw_node *n = &f->nodes[id];
	struct fw_meta *meta = fw_alloc(&f->arena, 1, sizeof(*meta));

	assert_true(id < NODES);
	*meta = m;
	*n = (struct fw_node){
		.parent = parent,
		.name = name,
		.meta = meta,
		.at = at,
		.size = size,
		.fd = size == 0 ? -1 : f->fd,
	};
	n->path = parent == FW_NO_NODE
			  ? name
			  : fw_sprintf(&f->arena, "%s/%s",
				       f->nodes[parent].path, name);
	if (parent != FW_NO_NODE)
		f->nodes[parent].child_count++;
	return id;
}

static uint32_t root(struct fixture *f)
{
	return add(f, FW_NO_NODE, "router", FW_META(.type = FW_DIR), 0, 0);
}

static void link_to(struct fixture *f, uint32_t parent, const char *name,
		    const char *target)
{
	add(f, parent, name, FW_META(.type = FW_LINK, .link = target), 0, 0);
}

static bool run(struct fixture *f)
{
	return fw_extract(&f->r, f->dir, &f->rep);
}

static struct stat entry(struct fixture *f, const char *path)
{
	const char *full = fw_sprintf(&f->arena, "%s/%s", f->dir, path);
	struct stat st = { 0 };

	if (lstat(full, &st) != 0)
		assert_int_equal(errno, ENOENT);
	return st;
}

#define assert_there(f, path) assert_int_not_equal(entry(f, path).st_mode, 0)
#define assert_absent(f, path) assert_int_equal(entry(f, path).st_mode, 0)

static void assert_file(struct fixture *f, const char *path, const char *want)
{
	const char *full = fw_sprintf(&f->arena, "%s/%s", f->dir, path);
	char got[128] = { 0 };
	int fd = open(full, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), strlen(want));
	assert_string_equal(got, want);
	close(fd);
}

/* The manifest's line of an object; borrowed from *all. */
static json_t *listed(struct fixture *f, json_t **all, const char *path)
{
	const char *full = fw_sprintf(&f->arena, "%s/manifest.json", f->dir);
	json_t *o;
	size_t i;

	*all = json_load_file(full, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(*all);
	json_array_foreach(json_object_get(*all, "objects"), i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "path")),
			   path) == 0)
			return o;
	}
	fail_msg("not in the manifest: %s", path);
	return NULL;
}

static void bytes_and_children_are_kept_apart(void **state)
{
	struct fixture *f = *state;
	uint32_t image = add(f, FW_NO_NODE, "fw.bin", FW_META(.type = FW_FILE),
			     0, 35);
	struct fw_meta folder = { .type = FW_DIR, .mode = 01577 };
	struct fw_meta motd = { .mode = 04400, .uid = 7, .gid = 8, .mtime = 99 };
	struct fw_meta none = { .mode = 0 };
	uint32_t etc;
	json_t *all, *o;

	add(f, image, "kernel", FW_META(.type = FW_REGION), 0, 6);
	etc = add(f, image, "etc", folder, 0, 0);
	add(f, etc, "motd",
	    motd, 19, 4);
	add(f, etc, "empty", none, 0, 0);
	f->nodes[3].hashed = true;
	assert_true(run(f));
	assert_file(f, "fw.bin", "kernel bytes and a root file system");
	assert_file(f, "fw.bin.extracted/kernel", "kernel");
	assert_file(f, "fw.bin.extracted/etc/motd", "root");
	assert_file(f, "fw.bin.extracted/etc/empty", "");
	assert_int_equal(entry(f, "fw.bin.extracted/etc").st_mode,
			 S_IFDIR | 0777);
	assert_int_equal(entry(f, "fw.bin.extracted/etc/motd").st_mode,
			 S_IFREG | 0600);
	assert_int_equal(entry(f, "").st_mode, S_IFDIR | 0700);
	assert_int_equal(f->rep.files, 4);
	assert_int_equal(f->rep.folders, 2);
	assert_int_equal(f->rep.bytes, 35 + 6 + 4);
	assert_int_equal(f->rep.errors, 0);
	o = listed(f, &all, "fw.bin/etc/motd");
	assert_int_equal(json_integer_value(json_object_get(o, "mode")), 04400);
	assert_int_equal(json_integer_value(json_object_get(o, "uid")), 7);
	assert_int_equal(json_integer_value(json_object_get(o, "mtime")), 99);
	assert_int_equal(
		strlen(json_string_value(json_object_get(o, "sha256"))), 64);
	assert_string_equal(json_string_value(json_object_get(o, "disk")),
			    "fw.bin.extracted/etc/motd");
	json_decref(all);
}

static void links_stay_inside(void **state)
{
	static const struct {
		const char *target;
		uint32_t level;
		bool ok;
	} cases[] = {
		{ "busybox", 0, true },	    { "../lib/x", 1, true },
		{ "./../a//b/.", 1, true }, { "../..", 2, true },
		{ "..hidden", 0, true },    { "...", 0, true },
		{ "..", 0, false },	    { "../../x", 1, false },
		{ "/etc/passwd", 9, false }, { "", 3, false },
		{ "a/../../x", 3, false },  { "a/..", 3, false },
		{ ".//..", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fw_extract_link_ok(cases[i].target, cases[i].level) !=
		    cases[i].ok)
			fail_msg("%s at %u", cases[i].target, cases[i].level);
}

static void links_that_escape_are_left_out(void **state)
{
	struct fixture *f = *state;
	uint32_t top = root(f);
	json_t *all, *o;

	link_to(f, top, "good", "../router");
	link_to(f, top, "absolute", "/etc/passwd");
	link_to(f, top, "far", "../../x");
	/* Two links that are harmless alone. */
	link_to(f, top, "up", "..");
	link_to(f, top, "chain", "up/../..");
	assert_true(run(f));
	assert_int_equal(entry(f, "router/good").st_mode & S_IFMT, S_IFLNK);
	assert_there(f, "router/up");
	assert_absent(f, "router/absolute");
	assert_absent(f, "router/far");
	assert_absent(f, "router/chain");
	assert_int_equal(f->rep.links, 2);
	assert_int_equal(f->rep.left_out, 3);
	o = listed(f, &all, "router/absolute");
	assert_string_equal(json_string_value(json_object_get(o, "target")),
			    "/etc/passwd");
	assert_true(json_is_null(json_object_get(o, "disk")));
	json_decref(all);
}

/* A file that an image puts below its own link must not be written through. */
static void links_are_not_followed(void **state)
{
	struct fixture *f = *state;
	uint32_t top = root(f), dir;

	link_to(f, top, "etc", "..");
	dir = add(f, top, "etc", FW_META(.type = FW_DIR), 0, 0);
	add(f, dir, "evil", FW_META(.type = FW_FILE), 0, 6);
	link_to(f, top, "file", "../evil");
	add(f, top, "file", FW_META(.type = FW_FILE), 0, 6);
	assert_true(run(f));
	assert_absent(f, "evil");
	assert_file(f, "router/etc~2/evil", "kernel");
	assert_file(f, "router/file~2", "kernel");
}

static void names_are_one_part_of_a_path(void **state)
{
	struct fixture *f = *state;
	uint32_t top = root(f);
	char *name = fw_alloc(&f->arena, 1001, 1);
	json_t *all, *o;
	const char *disk;

	memset(name, 'n', 1000);
	add(f, top, "..", FW_META(.type = FW_FILE), 0, 6);
	add(f, top, "../../x", FW_META(.type = FW_FILE), 0, 6);
	add(f, top, "", FW_META(.type = FW_FILE), 0, 6);
	add(f, top, name, FW_META(.type = FW_FILE), 0, 6);
	assert_true(run(f));
	assert_file(f, "router/_..", "kernel");
	assert_file(f, "router/.._.._x", "kernel");
	assert_file(f, "router/_", "kernel");
	o = listed(f, &all, f->nodes[4].path);
	disk = json_string_value(json_object_get(o, "disk"));
	assert_int_equal(strlen(disk), strlen("router/") + 160 + 17);
	assert_file(f, disk, "kernel");
	json_decref(all);
}

static void names_that_collide_get_a_suffix(void **state)
{
	struct fixture *f = *state;
	uint32_t top = root(f);
	uint32_t a = add(f, top, "a", FW_META(.type = FW_FILE), 0, 6);

	add(f, a, "in", FW_META(.type = FW_FILE), 7, 5);
	add(f, top, "a.extracted", FW_META(.type = FW_DIR), 0, 0);
	for (int i = 0; i < 12; i++)
		add(f, top, "same", FW_META(.type = FW_FILE), 0, 6);
	add(f, FW_NO_NODE, "manifest.json", FW_META(.type = FW_FILE), 0, 6);
	assert_true(run(f));
	assert_file(f, "router/a.extracted/in", "bytes");
	assert_there(f, "router/a.extracted~2");
	assert_file(f, "router/same~2", "kernel");
	assert_file(f, "router/same~9", "kernel");
	assert_absent(f, "router/same~10");
	assert_file(f, "router/same~15", "kernel"); /* its number */
	assert_file(f, "manifest.json~2", "kernel");
	assert_int_equal(f->rep.files, 15);
}

static void devices_are_left_out(void **state)
{
	struct fixture *f = *state;
	uint32_t top = root(f);
	json_t *all, *o;

	add(f, top, "mtd0",
	    FW_META(.type = FW_CHARDEV, .rdev_major = 90, .rdev_minor = 3), 0,
	    0);
	add(f, top, "pipe", FW_META(.type = FW_FIFO), 0, 0);
	assert_true(run(f));
	assert_absent(f, "router/mtd0");
	assert_absent(f, "router/pipe");
	assert_int_equal(f->rep.left_out, 2);
	o = json_object_get(listed(f, &all, "router/mtd0"), "device");
	assert_int_equal(json_integer_value(json_object_get(o, "major")), 90);
	assert_int_equal(json_integer_value(json_object_get(o, "minor")), 3);
	json_decref(all);
}

static void a_folder_in_use_is_refused(void **state)
{
	struct fixture *f = *state;

	root(f);
	assert_true(run(f));
	assert_false(run(f));
	assert_int_equal(f->rep.errors, 1);
	assert_non_null(strstr(f->rep.first, "not empty"));
	snprintf(f->dir, sizeof(f->dir), "%s/image", f->base);
	assert_false(run(f));
	assert_non_null(strstr(f->rep.first, "Not a directory"));
}

static void a_full_disk_is_reported(void **state)
{
	struct fixture *f = *state;
	struct rlimit was, now;
	uint32_t top = root(f);
	json_t *all, *o;

	assert_int_equal(ftruncate(f->fd, 1 << 20), 0);
	add(f, top, "big", FW_META(.type = FW_FILE), 0, 1 << 20);
	add(f, top, "small", FW_META(.type = FW_FILE), 0, 6);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	now = was;
	now.rlim_cur = 1 << 16;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	assert_false(run(f));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_string_equal(f->rep.first, "router/big: File too large");
	assert_int_equal(f->rep.errors, 1);
	assert_absent(f, "router/big"); /* no half file */
	assert_file(f, "router/small", "kernel");
	o = listed(f, &all, "router/big");
	assert_string_equal(json_string_value(json_object_get(o, "left_out")),
			    "File too large");
	json_decref(all);
}

static void bytes_that_end_early_are_an_error(void **state)
{
	struct fixture *f = *state;

	add(f, root(f), "cut", FW_META(.type = FW_FILE), 30, 100);
	assert_false(run(f));
	assert_string_equal(f->rep.first, "router/cut: the bytes end early");
	assert_absent(f, "router/cut");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(bytes_and_children_are_kept_apart),
		T(links_stay_inside),
		T(links_that_escape_are_left_out),
		T(links_are_not_followed),
		T(names_are_one_part_of_a_path),
		T(names_that_collide_get_a_suffix),
		T(devices_are_left_out),
		T(a_folder_in_use_is_refused),
		T(a_full_disk_is_reported),
		T(bytes_that_end_early_are_an_error),
	};

	if (!fw_hash_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
