/* archive_package.c - name, version and processor of a package
 *
 *	deb, ipk	control.tar, packed or not, with a file "control":
 *			lines "Field: value"
 *	apk		a member .PKGINFO: lines "field = value"
 *
 * Source: deb-control(5), OpenWrt opkg, Alpine apk-package(5)
 */
#include <archive_entry.h>

#include "formats/archive.h"

enum { CONTROL_MAX = 64 << 10, CONTROL_MEMBERS = 64 };

struct field {
	struct fw_view word;
	const char *key;
};

static const struct field control_fields[] = {
	{ FW_STR("Package"), "package.name" },
	{ FW_STR("Version"), "package.version" },
	{ FW_STR("Architecture"), "package.arch" },
};
static const struct field pkginfo_fields[] = {
	{ FW_STR("pkgname"), "package.name" },
	{ FW_STR("pkgver"), "package.version" },
	{ FW_STR("arch"), "package.arch" },
};
enum { FIELDS = sizeof(control_fields) / sizeof(control_fields[0]) };

static void read_fields(struct fw_out *out, struct fw_view text, uint8_t sep,
			const struct field *fields)
{
	struct fw_view line, word;

	while (fw_split(&text, '\n', &line)) {
		struct fw_view value = line;

		if (!fw_split(&value, sep, &word) || value.data == NULL)
			continue;
		word = fw_trim(word);
		value = fw_trim(value);
		for (unsigned i = 0; i < FIELDS; i++)
			if (fw_view_eq(word, fields[i].word))
				fw_out_factf(out, fields[i].key, "%.*s",
					     FW_FMT(value));
	}
}

static void read_control(struct fw_out *out, struct archive *a)
{
	uint8_t *text = fw_alloc(fw_out_arena(out), CONTROL_MAX, 1);
	la_ssize_t n = archive_read_data(a, text, CONTROL_MAX);

	if (n > 0)
		read_fields(out, fw_view_of(text, (size_t)n), ':',
			    control_fields);
}

static void control_tar(struct fw_out *out, struct fw_view packed)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e = NULL;

	if (a == NULL)
		return;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	if (archive_read_open_memory(a, packed.data, packed.len) == ARCHIVE_OK)
		for (unsigned i = 0; i < CONTROL_MEMBERS; i++) {
			int r = archive_read_next_header(a, &e);
			const char *name;

			if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
				break;
			name = archive_entry_pathname(e);
			/* Skipping decodes: not through something huge. */
			if (archive_entry_size(e) > 1 << 20)
				break;
			if (name != NULL && (strcmp(name, "./control") == 0 ||
					     strcmp(name, "control") == 0)) {
				read_control(out, a);
				break;
			}
		}
	archive_read_free(a);
}

void fw_package_facts(struct fw_out *out, const char *member,
		      struct fw_view bytes)
{
	if (fw_view_starts(fw_view_str(member), FW_STR("control.tar")))
		control_tar(out, bytes);
	else if (strcmp(member, ".PKGINFO") == 0)
		read_fields(out, fw_view_sub(bytes, 0, CONTROL_MAX), '=',
			    pkginfo_fields);
}
