/* test_archive.c - archives made by libarchive's writers, and broken ones */
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>

#include "boot_build.h"
#include "formats/formats.h"

enum { ROOM = 1 << 20, BIG = 3000 };

struct made {
	uint8_t b[ROOM];
	size_t n;
};
static struct made made;

static const struct writer {
	const char *format; /* of this project */
	int (*set)(struct archive *);
	const char *options;
	bool links, devices, owners, modes;
	size_t slack; /* that the writer leaves behind its archive */
} writers[] = {
	{ "tar", archive_write_set_format_ustar, NULL, true, true, true, true,
	  0 },
	{ "tar", archive_write_set_format_pax, NULL, true, true, true, true,
	  0 },
	{ "tar", archive_write_set_format_gnutar, NULL, true, true, true, true,
	  0 },
	{ "cpio", archive_write_set_format_cpio_newc, NULL, true, true, true,
	  true, 0 },
	{ "cpio", archive_write_set_format_cpio_odc, NULL, true, true, true,
	  true, 0 },
	{ "cpio_bin", archive_write_set_format_cpio_bin, NULL, true, true, true,
	  true, 0 },
	{ "zip", archive_write_set_format_zip, "zip:compression=store", true,
	  false, true, true, 0 },
	{ "zip", archive_write_set_format_zip, "zip:compression=deflate", true,
	  false, true, true, 0 },
	{ "sevenzip", archive_write_set_format_7zip, "7zip:compression=store",
	  true, false, false, true, 0 },
	{ "iso9660", archive_write_set_format_iso9660,
	  "iso9660:rockridge=strict", true, true, true, true, 0 },
	{ "xar", archive_write_set_format_xar, "xar:compression=none", true,
	  false, true, true, 20 },
	{ "ar", archive_write_set_format_ar_svr4, NULL, false, false, true,
	  true, 0 },
};
enum { WRITERS = sizeof(writers) / sizeof(writers[0]) };

static void add(struct archive *a, const char *name, unsigned type,
		const char *link, const char *data, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0640);
	archive_entry_set_uid(e, 7);
	archive_entry_set_gid(e, 9);
	archive_entry_set_mtime(e, 1500000000, 0);
	archive_entry_set_nlink(e, 1);
	archive_entry_set_size(e, (int64_t)len);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, link);
	if (type == AE_IFCHR) {
		archive_entry_set_rdevmajor(e, 5);
		archive_entry_set_rdevminor(e, 1);
	}
	if (archive_write_header(a, e) != ARCHIVE_OK)
		fail_msg("%s: %s", name, archive_error_string(a));
	if (len > 0)
		assert_int_equal(archive_write_data(a, data, len), len);
	archive_entry_free(e);
}

static struct fw_view make(const struct writer *w)
{
	struct archive *a = archive_write_new();
	char big[BIG];

	memset(big, 'A', sizeof(big));
	assert_int_equal(w->set(a), ARCHIVE_OK);
	if (w->options != NULL)
		assert_int_equal(archive_write_set_options(a, w->options),
				 ARCHIVE_OK);
	archive_write_set_bytes_per_block(a, 512);
	assert_int_equal(archive_write_open_memory(a, made.b, ROOM, &made.n),
			 0);
	add(a, "hello", AE_IFREG, NULL, "hello world", 11);
	add(a, "big", AE_IFREG, NULL, big, sizeof(big));
	if (w->links) {
		add(a, "dir", AE_IFDIR, NULL, NULL, 0);
		add(a, "dir/link", AE_IFLNK, "../hello", NULL, 0);
	}
	if (w->devices)
		add(a, "dir/tty", AE_IFCHR, NULL, NULL, 0);
	add(a, "none", AE_IFREG, NULL, NULL, 0);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return fw_view_of(made.b, made.n - w->slack);
}

static const struct fw_mem_child *child(const struct fw_mem *m,
					const char *name)
{
	const struct fw_mem_child *c = fw_mem_find(m, name);

	if (c == NULL)
		fail_msg("no member %s", name);
	return c;
}

static void check_listing(const struct writer *w, const struct fw_mem *m)
{
	const struct fw_mem_child *c = child(m, "hello");

	assert_int_equal(c->meta.type, FW_FILE);
	assert_true(fw_view_eq(c->bytes, FW_STR("hello world")));
	if (w->modes)
		assert_int_equal(c->meta.mode, 0640);
	if (w->owners) {
		assert_int_equal(c->meta.uid, 7);
		assert_int_equal(c->meta.gid, 9);
	}
	assert_int_equal(c->meta.mtime, 1500000000);
	assert_int_equal(child(m, "big")->bytes.len, BIG);
	assert_int_equal(child(m, "none")->bytes.len, 0);
	if (w->links) {
		assert_int_equal(child(m, "dir")->meta.type, FW_DIR);
		c = child(m, "dir/link");
		assert_int_equal(c->meta.type, FW_LINK);
		assert_string_equal(c->meta.link, "../hello");
	}
	if (w->devices) {
		c = child(m, "dir/tty");
		assert_int_equal(c->meta.type, FW_CHARDEV);
		assert_int_equal(c->meta.rdev_major, 5);
		assert_int_equal(c->meta.rdev_minor, 1);
	}
}

static uint64_t extent(const struct fw_format *f, struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint64_t n = f->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static void members(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		const struct writer *w = &writers[i];
		const struct fw_format *f = fw_format_named(w->format);
		struct fw_view v = make(w);
		struct fw_mem m = { 0 };

		assert_non_null(f);
		assert_int_equal(extent(f, v), v.len);
		assert_int_equal(fw_mem_unpack(&m, f, v).code, FW_OK);
		check_listing(w, &m);
		for (size_t k = 0; k < m.child_count; k++)
			assert_int_equal(m.children[k].err.code, FW_OK);
		fw_mem_free(&m);
	}
}

/* What is stored as it is must not be copied. */
static void stored_members_are_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		struct fw_mem m = { 0 };
		struct fw_view v = make(&writers[i]);

		if (writers[i].options != NULL)
			continue;
		fw_mem_unpack(&m, fw_format_named(writers[i].format), v);
		assert_false(child(&m, "big")->decoded);
		fw_mem_free(&m);
	}
}

static void what_follows_is_not_claimed(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		size_t n = make(&writers[i]).len;

		memset(made.b + n, 0xff, 600);
		assert_int_equal(extent(fw_format_named(writers[i].format),
					fw_view_of(made.b, n + 600)),
				 n);
	}
}

/* Every length: no crash, no more than the whole, and a short one that is taken
 * for whole keeps what it says of itself. */
static void cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		const struct fw_format *f = fw_format_named(writers[i].format);
		size_t n = make(&writers[i]).len;

		/* CD images are long: other places, less of them. */
		for (size_t len = 0; len < n; len += len < 1200	 ? 1
						     : n < 16384 ? 37
								 : 1021) {
			uint8_t *exact = malloc(len + 1);
			struct fw_mem m = { 0 };

			assert_non_null(exact);
			memcpy(exact, made.b, len);
			struct fw_view v = fw_view_of(exact, len);
			uint64_t got = extent(f, v);

			assert_true(got <= len);
			assert_int_equal(extent(f, fw_view_of(exact, got)),
					 got);
			fw_mem_unpack(&m, f, v);
			assert_true(m.child_count <= 6);
			fw_mem_free(&m);
			free(exact);
		}
	}
}

static void cut_data_is_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		const struct fw_format *f = fw_format_named(writers[i].format);
		struct fw_view v = make(&writers[i]);
		size_t at = fw_view_find(v, FW_STR("AAAAAAAA"), 0);
		struct fw_mem m = { 0 };

		if (at == SIZE_MAX)
			continue; /* packed */
		v.len = at + 1000;
		struct fw_err err = fw_mem_unpack(&m, f, v);

		assert_int_equal(extent(f, v), 0);
		assert_true(err.code == FW_TRUNCATED ||
			    child(&m, "big")->err.code == FW_TRUNCATED);
		fw_mem_free(&m);
	}
}

static void limit_is_kept(void **state)
{
	struct fw_mem m = { .max_written = 1000 };
	struct fw_view v = make(&writers[7]);

	(void)state;
	fw_mem_unpack(&m, fw_format_named("zip"), v);
	assert_true(m.written <= 1000);
	fw_mem_free(&m);
}

static void refuse_byte(const char *format, size_t writer, size_t at)
{
	struct fw_view v = make(&writers[writer]);

	made.b[at] ^= 0x41;
	assert_int_equal(extent(fw_format_named(format), v), 0);
}

static void wrong_fields(void **state)
{
	(void)state;
	refuse_byte("tar", 0, 0);   /* the sum sees the name */
	refuse_byte("tar", 0, 124); /* size */
	refuse_byte("tar", 0, 148); /* sum */
	refuse_byte("cpio", 3, 5);  /* magic */
	refuse_byte("cpio", 3, 6);  /* a digit */
	refuse_byte("cpio", 3, 94); /* name's length */
	refuse_byte("cpio", 4, 59); /* the same in odc */
	refuse_byte("cpio_bin", 5, 0);
	refuse_byte("cpio_bin", 5, 20); /* name's length */
	refuse_byte("ar", 11, 7);
	refuse_byte("sevenzip", 8, 8);	/* start's checksum */
	refuse_byte("sevenzip", 8, 20); /* header's length */
	refuse_byte("sevenzip", 8, 28); /* header's checksum */
	refuse_byte("iso9660", 9, 32768 + 80);
	refuse_byte("iso9660", 9, 32768 + 128);
	refuse_byte("iso9660", 9, 32768 + 156);
	refuse_byte("xar", 10, 7);
	refuse_byte("xar", 10, 23); /* table's size */
	refuse_byte("xar", 10, 40); /* the table */
	refuse_byte("zip", 6, 0);
	size_t n = make(&writers[6]).len;

	refuse_byte("zip", 6, n - 22); /* magic of the end */
	refuse_byte("zip", 6, n - 12); /* members */
	refuse_byte("zip", 6, n - 10); /* length of the directory */
}

/* Names come out without what would lead elsewhere in front. */
static void leading_slashes(void **state)
{
	struct archive *a = archive_write_new();
	struct fw_mem m = { 0 };

	(void)state;
	archive_write_set_format_ustar(a);
	archive_write_open_memory(a, made.b, ROOM, &made.n);
	add(a, "//etc/passwd", AE_IFREG, NULL, "x", 1);
	add(a, "./etc/shadow", AE_IFREG, NULL, "y", 1);
	add(a,
	    "b\xfc"
	    "ro",
	    AE_IFREG, NULL, "z", 1);
	archive_write_free(a);
	fw_mem_unpack(&m, fw_format_named("tar"), fw_view_of(made.b, made.n));
	child(&m, "etc/passwd");
	child(&m, "etc/shadow");
	child(&m, "b\xfc"
		  "ro");
	fw_mem_free(&m);
}

static void late_links(void **state)
{
	static const char *const names[] = { "first", "second", "last" };
	struct archive *a = archive_write_new();
	struct fw_mem m = { 0 };

	(void)state;
	archive_write_set_format_cpio_newc(a);
	archive_write_open_memory(a, made.b, ROOM, &made.n);
	for (unsigned i = 0; i < 3; i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, names[i]);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0755);
		archive_entry_set_nlink(e, 3);
		archive_entry_set_ino(e, 77);
		archive_entry_set_size(e, i == 2 ? 4 : 0);
		archive_write_header(a, e);
		if (i == 2)
			archive_write_data(a, "data", 4);
		archive_entry_free(e);
	}
	archive_write_free(a);
	fw_mem_unpack(&m, fw_format_named("cpio"), fw_view_of(made.b, made.n));
	assert_int_equal(m.child_count, 3);
	assert_true(fw_view_eq(child(&m, "last")->bytes, FW_STR("data")));
	assert_int_equal(child(&m, "first")->meta.type, FW_HARDLINK);
	assert_string_equal(child(&m, "second")->meta.link, "last");
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(stored_members_are_parts),
		cmocka_unit_test(what_follows_is_not_claimed),
		cmocka_unit_test(cut),
		cmocka_unit_test(cut_data_is_damage),
		cmocka_unit_test(limit_is_kept),
		cmocka_unit_test(wrong_fields),
		cmocka_unit_test(leading_slashes),
		cmocka_unit_test(late_links),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
