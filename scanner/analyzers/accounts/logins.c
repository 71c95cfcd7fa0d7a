/* logins.c - names, passwords and keys in settings
 *
 * What the vendor ships is shown; what the owner may have set is masked. Which
 * of the two tells the container: read-only file systems and archives are the
 * vendor's, what a device writes to is the owner's.
 */
#include "analyzers/accounts/logins.h"
#include "analyzers/accounts/accounts.h"
#include "analyzers/accounts/pwhash.h"

enum { TEXT_MAX = 1 << 20, NEAR_BYTES = 512 };

static bool matches_one(const char *path, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_path_matches(path, *list))
			return true;
	return false;
}

/* Pictures, sounds, programs, translations, help texts. */
static bool is_other(const char *path)
{
	static const char *const list[] = { "*.gif",
					    "*.png",
					    "*.jpg",
					    "*.css",
					    "*.svg",
					    "*.wav",
					    "*.ttf",
					    "*.woff*",
					    "*.so*",
					    "*.ko",
					    "*.map",
					    "*.po",
					    "*.mo",
					    "*.lmo",
					    "*.pem",
					    "*.crt",
					    "*/lang*",
					    "*/i18n*",
					    "*/locale*",
					    "*lang_*",
					    "*.h",
					    "*/help/*",
					    "*Help*",
					    "*/doc/*",
					    "*/docs/*",
					    "*/man/*",
					    "*/example*",
					    "*/sample*",
					    "*/services",
					    "*/terminfo/*",
					    "*/zoneinfo/*",
					    "*/mime.types",
					    "*/nsswitch.conf",
					    "*/pam.d/*",
					    "*.md",
					    "*.oui",
					    NULL };

	return matches_one(path, list);
}

static bool is_page(const char *path)
{
	static const char *const list[] = {
		"*.htm*", "*.js",	"*.asp*", "*.php*", "*.cgi", "*.shtm*",
		"*.jsp",  "*.vue",	"*.ts",	  "*.lua",  "*.py",  "*.pl",
		"*.sh",	  "*/init.d/*", "*.c",	  NULL
	};

	return matches_one(path, list);
}

/* Names say less than what a kernel would do with the file: in a script values
 * are compared and computed, wherever it lies. */
static bool is_program_text(const struct fw_object *obj)
{
	return is_page(obj->path) || fw_view_starts(obj->bytes, FW_STR("#!"));
}

static bool is_owners(const struct fw_object *obj)
{
	static const char *const writable[] = {
		"jffs2",     "ubifs", "ext",	  "fat", "yaffs*",
		"uboot_env", "f2fs",  "littlefs", NULL
	};
	static const char *const vendors[] = { "*default*", "*factory_*",
					       "*/rom/*",   "*.dist",
					       "*.orig",    NULL };

	if (matches_one(obj->path, vendors))
		return false;
	return obj->within == NULL || matches_one(obj->within, writable);
}

static bool wants(const struct fw_object *obj)
{
	return (obj->meta->type == FW_FILE || obj->meta->type == FW_REGION) &&
	       (obj->format == NULL || strcmp(obj->format, "uboot_env") == 0) &&
	       !is_other(obj->path);
}

struct login *fw_logins_add(struct logins *l, enum login_class class,
			    struct fw_view key, struct fw_view value,
			    uint32_t line)
{
	struct fw_view bytes = l->obj->bytes;

	if (l->n == LOGINS_MAX)
		return NULL;
	struct login *e = &l->v[l->n++];

	*e = (struct login){ .class = class,
			     .key = key,
			     .value = value,
			     .line = line,
			     .user = fw_view_of("", 0) };
	/* The key may be a word of ours; the value is the image's. */
	e->offset = fw_view_inside(bytes, value) ? fw_view_at(bytes, value) : 0;
	return e;
}

static uint64_t distance(const struct login *a, const struct login *b)
{
	return a->offset > b->offset ? a->offset - b->offset
				     : b->offset - a->offset;
}

/* The user beside each password: the one before it, else the one behind. */
static void pair_up(struct logins *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct login *e = &l->v[i];

		if (e->class != LOGIN_PASSWORD)
			continue;
		for (size_t k = 1; k <= 2 && e->user.len == 0; k++) {
			const struct login *b = i >= k ? &l->v[i - k] : e;
			const struct login *f = i + k < l->n ? &l->v[i + k] : e;

			if (b->class == LOGIN_USER &&
			    distance(b, e) <= NEAR_BYTES)
				e->user = b->value;
			else if (f->class == LOGIN_USER &&
				 distance(f, e) <= NEAR_BYTES)
				e->user = f->value;
		}
	}
}

static void decode(struct logins *l)
{
	struct fw_view device;

	for (size_t i = 0; i < l->n; i++) {
		struct login *e = &l->v[i];

		if (e->class != LOGIN_PASSWORD && e->class != LOGIN_WIFI)
			continue;
		struct fw_view d =
			fw_login_base64(fw_out_arena(l->out), e->value);

		if (d.len < 4 ||
		    (d.len < 6 && !fw_password_known(d, FW_STR(""), &device)))
			continue;
		e->value = d;
		e->decoded = true;
		fw_out_factf(l->out, "login.base64", "%.*s", FW_FMT(e->key));
	}
}

/* A hash is searched where all hashes are: by the correlator of accounts. The
 * owner's is neither searched nor said. */
static bool pass_on_hash(struct logins *l, const struct login *e)
{
	struct fw_arena *a = fw_out_arena(l->out);

	if (fw_pwhash_scheme(a, e->value) == NULL ||
	    (e->value.len < 20 && e->value.data[0] != '$'))
		return false;
	if (l->owners)
		return true; /* nobody's business */
	fw_out_factf(l->out, FW_FACT_WEB, "%u 0x%llx %.*s:%.*s", e->line,
		     (unsigned long long)e->offset,
		     e->user.len ? (int)e->user.len : 5,
		     e->user.len ? (const char *)e->user.data : "admin",
		     FW_FMT(e->value));
	return true;
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct logins *l = fw_alloc(fw_out_arena(out), 1, sizeof(*l));

	if (obj->bytes.len == 0 || obj->bytes.len > TEXT_MAX)
		return;
	l->obj = obj;
	l->out = out;
	l->page = is_program_text(obj);
	l->owners = is_owners(obj);
	if (!fw_is_text(obj->bytes)) {
		fw_logins_records(l);
		if (l->n == 0)
			fw_logins_text(l); /* NVRAM: key=value and zeros */
	} else if (!fw_logins_named(l)) {
		fw_logins_text(l);
	}
	pair_up(l);
	decode(l);
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].class != LOGIN_PASSWORD ||
		    !pass_on_hash(l, &l->v[i]))
			l->v[kept++] = l->v[i];
	l->n = kept;
	fw_logins_judge(l);
}

const struct fw_analyzer fw_analyzer_logins = {
	.name = "logins",
	.title = "names, passwords and keys in settings",
	.kinds = fw_login_kinds,
	.placed = true, /* only the place tells whose they are */
	.wants = wants,
	.inspect = inspect,
};
