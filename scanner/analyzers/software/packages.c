/* packages.c - what the package databases of a system say is installed
 *
 *	dpkg, opkg	stanzas of "Field: value", parted by empty lines
 *	apk		stanzas of "P:name", "V:version", "L:licence"
 *	rpm		headers in SQLite or ndb (packages_rpm.c)
 *	Python		METADATA or PKG-INFO of one package, fields up to an
 *			empty line
 *	Node		package.json of one package
 *	systems		NAME=value: os-release, openwrt_release, build.prop
 *
 * Source: deb-control(5), OpenWrt opkg, Alpine apk-package(5), PEP 566,
 * os-release(5), Android build/core/Makefile
 */
#include <jansson.h>

#include "analyzers/software/packages_rpm.h"
#include "core/analyzer.h"

enum {
	PACKAGES_MAX = 20000, /* rows that one database gives */
	TEXT_MAX = 128,	      /* bytes of a name or version */
	FIELDS_MAX = 4096,    /* lines of one package's own file */
	JSON_MAX = 1 << 20,
};

enum field { NAME, VERSION, LICENSE, STATE, FIELDS };

struct row {
	struct fw_view field[FIELDS];
};

struct database {
	const char *title, *purl;
	const char *keys[FIELDS]; /* NULL: has none */
};

static const struct database dpkg = {
	"dpkg", "pkg:deb/debian/", { "Package", "Version", NULL, "Status" }
};
static const struct database opkg = {
	"opkg", "pkg:generic/", { "Package", "Version", "License", "Status" }
};
static const struct database apk = { "apk",
				     "pkg:apk/alpine/",
				     { "P", "V", "L", NULL } };
static const struct database python = {
	"Python", "pkg:pypi/", { "Name", "Version", "License", NULL }
};
static const struct database node = { "Node",
				      "pkg:npm/",
				      { "name", "version", "license", NULL } };

static const struct database rpm = { "rpm", "pkg:rpm/", { NULL } };

static const struct {
	const char *pattern;
	const struct database *db;
} places[] = {
	{ "*/var/lib/dpkg/status", &dpkg },
	{ "*/var/lib/dpkg/status.d/*", &dpkg },
	{ "*/usr/lib/opkg/status", &opkg },
	{ "*/usr/lib/opkg/info/*.control", &opkg },
	{ "*/var/lib/opkg/status", &opkg },
	{ "*/usr/lib/ipkg/status", &opkg },
	{ "*/lib/apk/db/installed", &apk },
	{ "*/rpm/rpmdb.sqlite", &rpm },
	{ "*/rpm/Packages.db", &rpm },
	{ "*.dist-info/METADATA", &python },
	{ "*.egg-info/PKG-INFO", &python },
	{ "*/node_modules/*/package.json", &node },
};

/* Files that name the whole system. */
static const struct {
	const char *pattern, *name, *version;
	const char *title; /* the product, where the file has no name */
	const char *cpe;
} systems[] = {
	{ "*/etc/os-release", "ID", "VERSION_ID", NULL, NULL },
	{ "*/usr/lib/os-release", "ID", "VERSION_ID", NULL, NULL },
	{ "*/etc/openwrt_release", "DISTRIB_ID", "DISTRIB_RELEASE", NULL,
	  NULL },
	{ "*/build.prop", NULL, "ro.build.version.release", "Android",
	  "google:android" },
};

enum {
	PLACES = sizeof(places) / sizeof(places[0]),
	SYSTEMS = sizeof(systems) / sizeof(systems[0])
};

static bool packages_wants(const struct fw_object *obj)
{
	for (size_t i = 0; i < PLACES; i++)
		if (fw_path_matches(obj->path, places[i].pattern))
			return true;
	for (size_t i = 0; i < SYSTEMS; i++)
		if (fw_path_matches(obj->path, systems[i].pattern))
			return true;
	return false;
}

/* As a string; NULL where it is empty, too long or no text. */
static const char *text_of(struct fw_out *out, struct fw_view v)
{
	v = fw_trim(v);
	if (v.len == 0 || v.len > TEXT_MAX)
		return NULL;
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < ' ' || v.data[i] == 0x7f)
			return NULL;
	return fw_text(out, "%.*s", FW_FMT(v));
}

/* Without epoch and revision, as the product's own version: "1:2.3-4" is "2.3".
 */
static const char *upstream(struct fw_out *out, const char *version)
{
	struct fw_view v = fw_view_str(version);
	size_t colon = fw_view_find(v, FW_STR(":"), 0);

	if (colon != SIZE_MAX)
		v = fw_view_sub(v, colon + 1, SIZE_MAX);
	for (size_t i = v.len; i-- > 1;) {
		if (v.data[i] == '-') {
			v.len = i;
			break;
		}
	}
	return fw_text(out, "%.*s", FW_FMT(v));
}

static bool emit(const struct database *db, const struct row *r,
		 struct fw_out *out)
{
	const char *name = text_of(out, r->field[NAME]);
	const char *version = text_of(out, r->field[VERSION]);
	bool archive = db == &dpkg || db == &opkg || db == &apk;

	if (name == NULL || version == NULL)
		return false;
	/* "deinstall ok config-files" is not there. */
	if (r->field[STATE].len > 0 &&
	    fw_view_find(r->field[STATE], FW_STR(" installed"), 0) == SIZE_MAX)
		return false;
	struct fw_software s = {
		.name = name,
		.version = archive ? upstream(out, version) : version,
		.type = db == &python || db == &node ? "library"
						     : "application",
		.purl = fw_text(out, "%s%s@%s", db->purl, name, version),
		.license = text_of(out, r->field[LICENSE]),
		.evidence = fw_text(out, "%s database: %s %s", db->title, name,
				    version),
		.confidence = FW_SURE,
	};

	fw_out_software(out, &s);
	return true;
}

static void put(const struct database *db, struct row *r, struct fw_view key,
		struct fw_view value)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (db->keys[i] != NULL && r->field[i].data == NULL &&
		    fw_view_eq(key, fw_view_str(db->keys[i])))
			r->field[i] = fw_trim(value);
}

static void read_stanzas(const struct database *db, struct fw_view rest,
			 struct fw_out *out)
{
	struct row r = { 0 };
	struct fw_view line, key;
	size_t rows = 0;
	bool more = true;

	while (more && rows < PACKAGES_MAX && fw_out_ok(out)) {
		more = fw_split(&rest, '\n', &line);
		struct fw_view value = line;

		if (!more || fw_trim(line).len == 0) {
			rows += emit(db, &r, out);
			r = (struct row){ 0 };
		} else if (line.data[0] != ' ' && line.data[0] != '\t' &&
			   fw_split(&value, ':', &key) && value.data != NULL) {
			put(db, &r, key, value);
		}
	}
	fw_out_factf(out, "packages", "%s %zu", db->title, rows);
}

static void read_fields(struct fw_view rest, struct fw_out *out)
{
	struct row r = { 0 };
	struct fw_view line, key;

	for (size_t n = 0; n < FIELDS_MAX && fw_split(&rest, '\n', &line);
	     n++) {
		struct fw_view value = line;

		if (fw_trim(line).len == 0)
			break;
		if (line.data[0] != ' ' && fw_split(&value, ':', &key) &&
		    value.data != NULL)
			put(&python, &r, key, value);
	}
	emit(&python, &r, out);
}

struct rpm_rows {
	struct fw_out *out;
	size_t n;
};

static void emit_rpm(void *ctx, const struct rpm_package *p)
{
	struct rpm_rows *rows = ctx;
	struct fw_out *out = rows->out;
	const char *name = text_of(out, p->name);
	const char *version = text_of(out, p->version);
	const char *release = text_of(out, p->release);
	const char *arch = text_of(out, p->arch);

	if (name == NULL || version == NULL || rows->n == PACKAGES_MAX)
		return;
	const char *full = release == NULL
				   ? version
				   : fw_text(out, "%s-%s", version, release);
	struct fw_software s = {
		.name = name,
		.version = version,
		.type = "application",
		.purl = fw_text(out, "%s%s@%s%s%s", rpm.purl, name, full,
				arch ? "?arch=" : "", arch ? arch : ""),
		.license = text_of(out, p->license),
		.evidence = fw_text(out, "%s database: %s %s", rpm.title, name,
				    full),
		.confidence = FW_SURE,
	};

	fw_out_software(out, &s);
	rows->n++;
}

static void read_rpm(struct fw_view v, struct fw_out *out)
{
	struct rpm_rows rows = { .out = out };

	rpm_each_package(v, fw_out_arena(out), emit_rpm, &rows);
	fw_out_factf(out, "packages", "%s %zu", rpm.title, rows.n);
}

static struct fw_view json_text(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_string(value) ? fw_view_str(json_string_value(value))
				     : (struct fw_view){ NULL, 0 };
}

static void read_json(struct fw_view v, struct fw_out *out)
{
	json_t *top = v.len > JSON_MAX ? NULL
				       : json_loadb((const char *)v.data, v.len,
						    0, NULL);
	struct row r = { 0 };

	for (size_t i = 0; top != NULL && i < STATE; i++)
		r.field[i] = json_text(top, node.keys[i]);
	emit(&node, &r, out);
	json_decref(top);
}

/* The value of "KEY=value" without its quotes. */
static struct fw_view assigned(struct fw_view rest, const char *want)
{
	struct fw_view line, key;

	while (fw_split(&rest, '\n', &line)) {
		struct fw_view value = line;

		if (!fw_split(&value, '=', &key) || value.data == NULL ||
		    !fw_view_eq(fw_trim(key), fw_view_str(want)))
			continue;
		value = fw_trim(value);
		if (value.len >= 2 &&
		    value.data[0] == value.data[value.len - 1] &&
		    (value.data[0] == '"' || value.data[0] == '\''))
			value = fw_view_sub(value, 1, value.len - 2);
		return value;
	}
	return (struct fw_view){ NULL, 0 };
}

static void read_system(size_t i, struct fw_view v, struct fw_out *out)
{
	const char *name = systems[i].name == NULL
				   ? systems[i].title
				   : text_of(out, assigned(v, systems[i].name));
	const char *version = text_of(out, assigned(v, systems[i].version));
	struct fw_view patch = assigned(v, "ro.build.version.security_patch");

	if (text_of(out, patch) != NULL)
		fw_out_fact(out, "system.security_patch", text_of(out, patch));
	if (name == NULL || version == NULL)
		return;
	struct fw_software s = {
		.name = name,
		.version = version,
		.type = "operating-system",
		.purl = fw_text(out, "pkg:generic/%s@%s", name, version),
		.evidence = fw_text(out, "release file: %s %s", name, version),
		.confidence = FW_SURE,
	};

	if (systems[i].cpe != NULL)
		s.cpe = fw_text(out, "cpe:2.3:o:%s:%s:*:*:*:*:*:*:*",
				systems[i].cpe, version);
	fw_out_software(out, &s);
}

static void packages_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_view v = obj->bytes;

	if (v.data == NULL)
		return;
	for (size_t i = 0; i < SYSTEMS; i++) {
		if (!fw_path_matches(obj->path, systems[i].pattern))
			continue;
		read_system(i, v, out);
		return;
	}
	for (size_t i = 0; i < PLACES; i++) {
		const struct database *db = places[i].db;

		if (!fw_path_matches(obj->path, places[i].pattern))
			continue;
		if (db == &python)
			read_fields(v, out);
		else if (db == &node)
			read_json(v, out);
		else if (db == &rpm)
			read_rpm(v, out);
		else
			read_stanzas(db, v, out);
		return;
	}
}

const struct fw_analyzer fw_analyzer_packages = {
	.name = "packages",
	.title = "installed packages and the name of the system",
	.placed = true,
	.wants = packages_wants,
	.inspect = packages_inspect,
};
