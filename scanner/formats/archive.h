/* archive.h - what the formats that libarchive reads have in common
 *
 * Nothing here opens a file: formats and filters are named one by one, since a
 * filter that libarchive lacks is run as a program by its "all" lists.
 */
#ifndef FW_FORMATS_ARCHIVE_H
#define FW_FORMATS_ARCHIVE_H

#include <archive.h>

#include "core/format.h"

struct fw_archive {
	/* Ends with NULL; what the bytes may be wrapped in comes along. */
	int (*const *enable)(struct archive *);
	bool late_links; /* cpio: the last of several links has the data */
	bool packages;	 /* tar: read the facts of a package inside */
};

/* All finding kinds that fw_archive_unpack() may emit. */
extern const struct fw_kind *const fw_archive_kinds[];

/* Emits the members of an archive that spans all of c. */
void fw_archive_unpack(struct fw_cursor *c, struct fw_out *out,
		       const struct fw_archive *how);

/* Facts of a package from a member of its archive: a packed tar that holds a
 * control file (deb, ipk), or the text of .PKGINFO (apk). Others say nothing.
 */
void fw_package_facts(struct fw_out *out, const char *member,
		      struct fw_view bytes);

/* Zeros from off to the next multiple of align, if all of it is there and zero:
 * that multiple, else off. */
uint64_t fw_archive_padding(const struct fw_cursor *c, uint64_t off,
			    uint64_t align);

/* A number as text in a header: digits of base, then blanks or NUL. Blanks come
 * before, too; an empty field is 0. False for anything else. */
bool fw_archive_number(struct fw_view field, unsigned base, uint64_t *n);

#endif
