/* packages_rpm.h - the packages in a database of rpm */
#ifndef FW_ANALYZERS_PACKAGES_RPM_H
#define FW_ANALYZERS_PACKAGES_RPM_H

#include "core/analyzer.h"

/* Fields of one package; data NULL: not there. Borrowed. */
struct rpm_package {
	struct fw_view name, version, release, arch, license;
};

typedef void rpm_package_fn(void *ctx, const struct rpm_package *p);

/* Calls fn for each package of a database, SQLite (rpmdb.sqlite) or ndb
 * (Packages.db), by its first bytes. Not read: Berkeley DB. Linear in db; what
 * is damaged is left out. Memory comes from a. */
void rpm_each_package(struct fw_view db, struct fw_arena *a, rpm_package_fn *fn,
		      void *ctx);

#endif
