/* accounts_join.c - who can log in, and with which password
 *
 * Other correlators ask here as well, so the work is done once and kept. Joins
 * the rows of passwd with those of the shadow file beside it, searches the
 * passwords of their hashes, and says one thing for each file of accounts.
 */
#include "analyzers/accounts/accounts_join.h"

enum { BUDGET_US = 1000 * 1000, SHARE_LEAST_US = 4000 };

/* The folder that a file was put in: what was unpacked from passwd.gz belongs
 * where the archive lies. */
static uint32_t folder_of(const struct fw_tree *t, uint32_t i)
{
	uint32_t up = t->places[i].parent;

	while (up != UINT32_MAX && t->places[up].meta != NULL &&
	       t->places[up].meta->type == FW_FILE &&
	       t->places[up].parent != UINT32_MAX)
		up = t->places[up].parent;
	return up;
}

static const char *fact_of(enum account_table table)
{
	static const char *const keys[] = { FW_FACT_PASSWD, FW_FACT_SHADOW,
					    FW_FACT_WEB, FW_FACT_LINE };

	return keys[table];
}

static void add_file(struct accounts *c, uint32_t place)
{
	const struct fw_place *p = &c->tree->places[place];

	for (unsigned k = 0; k < ACCOUNT_TABLES; k++) {
		if (fw_place_fact(p, fact_of(k), 0) == NULL ||
		    c->file_count == ACCOUNT_FILES_MAX)
			continue;
		c->files[c->file_count++] = (struct account_file){
			.place = place,
			.table = (enum account_table)k,
			.folder = folder_of(c->tree, place),
			.name = fw_basename(p->path),
		};
	}
}

/* "passwd-" belongs to "shadow-", "default_passwd" to "default_shadow". */
static bool names_pair(const char *passwd, const char *shadow)
{
	const char *p = strstr(passwd, "passwd"), *s = strstr(shadow, "shadow");

	return p != NULL && s != NULL && p - passwd == s - shadow &&
	       strncmp(passwd, shadow, (size_t)(p - passwd)) == 0 &&
	       strcmp(p + 6, s + 6) == 0;
}

static struct account_file *shadow_of(struct accounts *c,
				      const struct account_file *passwd)
{
	struct account_file *found = NULL;

	for (size_t i = 0; i < c->file_count; i++) {
		struct account_file *f = &c->files[i];

		if (f->table != ACCOUNT_SHADOW || f->folder != passwd->folder)
			continue;
		if (names_pair(passwd->name, f->name))
			return f;
		if (strcmp(f->name, "shadow") == 0)
			found = f;
	}
	return found;
}

static bool find_shadow_row(const struct accounts *c,
			    const struct account_file *f, struct fw_view name,
			    struct fw_account_row *row)
{
	const struct fw_place *p = &c->tree->places[f->place];

	for (size_t i = 0; i < p->fact_count; i++) {
		struct fw_view v[FW_ACCOUNT_FIELDS];

		if (strcmp(p->facts[i].key, FW_FACT_SHADOW) != 0 ||
		    !fw_account_row_read(p->facts[i].value, row) ||
		    fw_account_fields(row->row, v) < 2)
			continue;
		if (fw_view_eq(v[0], name))
			return true;
	}
	return false;
}

static uint64_t number(struct fw_view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.len && i < 10; i++)
		n = n * 10 + (uint64_t)(v.data[i] - '0');
	return v.len > 0 ? n : UINT64_MAX;
}

/* Where the password is, and whether there is one. */
static void set_password(struct account *a, struct fw_view field)
{
	a->hash = fw_trim(field);
	a->state = a->hash.len == 0	       ? ACCOUNT_EMPTY
		   : fw_pwhash_locked(a->hash) ? ACCOUNT_LOCKED
					       : ACCOUNT_HASH;
}

static void join_shadow(struct accounts *c, const struct account_file *shadow,
			struct account *a)
{
	struct fw_account_row row;
	struct fw_view f[FW_ACCOUNT_FIELDS];

	a->state = ACCOUNT_ELSEWHERE;
	if (shadow == NULL)
		return;
	a->state = ACCOUNT_LOCKED; /* no row: no login */
	if (!find_shadow_row(c, shadow, a->name, &row))
		return;
	fw_account_fields(row.row, f);
	set_password(a, f[1]);
	a->shadow = shadow->place;
	a->evidence = row;
}

static struct account *new_account(struct accounts *c, size_t file)
{
	if (c->count == ACCOUNTS_MAX)
		return NULL;
	struct account *a = &c->v[c->count++];

	*a = (struct account){ .file = file,
			       .shadow = UINT32_MAX,
			       .same_as = SIZE_MAX };
	return a;
}

/* An account from one row of a file; nothing for a row that cannot be read. */
static void add_account(struct accounts *c, size_t file,
			const struct account_file *shadow, const char *value)
{
	struct fw_account_row row;
	struct fw_view f[FW_ACCOUNT_FIELDS];
	enum account_table table = c->files[file].table;

	if (!fw_account_row_read(value, &row))
		return;
	if (table == ACCOUNT_LINE) {
		struct fw_view word;

		fw_split(&row.row, ' ', &word);
	}
	size_t n = fw_account_fields(row.row, f);
	struct account *a = n >= 2 ? new_account(c, file) : NULL;

	if (a == NULL)
		return;
	bool full = n == FW_PASSWD_FIELDS && fw_is_passwd_row(f, n);

	a->name = f[0];
	a->uid = full				    ? number(f[2])
		 : fw_view_eq(f[0], FW_STR("root")) ? 0
						    : UINT64_MAX;
	a->gid = full ? number(f[3]) : UINT64_MAX;
	a->shell = full ? f[6] : fw_view_of("", 0);
	a->shell_ok = fw_is_login_shell(a->shell);
	a->own = a->evidence = row;
	a->writes = strstr(value, " writes ") != NULL;
	if (table == ACCOUNT_PASSWD && fw_view_eq(f[1], FW_STR("x")))
		join_shadow(c, shadow, a);
	else
		set_password(a, f[1]);
	if (a->state == ACCOUNT_HASH &&
	    fw_pwhash_scheme(c->arena, a->hash) == NULL)
		a->state = ACCOUNT_LOCKED; /* no password can fit it */
}

static void read_file(struct accounts *c, size_t i)
{
	struct account_file *f = &c->files[i];
	const struct fw_place *p = &c->tree->places[f->place];
	const struct account_file *shadow =
		f->table == ACCOUNT_PASSWD ? shadow_of(c, f) : NULL;

	for (size_t k = 0; k < c->file_count; k++)
		if (f->table == ACCOUNT_SHADOW &&
		    c->files[k].table == ACCOUNT_PASSWD &&
		    shadow_of(c, &c->files[k]) == f)
			return; /* read with its passwd */
	for (size_t k = 0; k < p->fact_count; k++)
		if (strcmp(p->facts[k].key, fact_of(f->table)) == 0)
			add_account(c, i, shadow, p->facts[k].value);
}

/* The same account in another file of the image: a backup, a second system. */
static void find_same(struct accounts *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct account *a = &c->v[i];

		for (size_t k = 0; k < i && a->same_as == SIZE_MAX; k++) {
			const struct account *b = &c->v[k];

			if (b->same_as == SIZE_MAX && b->state == a->state &&
			    (b->uid == 0) == (a->uid == 0) &&
			    b->shell_ok == a->shell_ok &&
			    (c->files[b->file].table == ACCOUNT_LINE) ==
				    (c->files[a->file].table == ACCOUNT_LINE) &&
			    fw_view_eq(a->name, b->name) &&
			    fw_view_eq(a->hash, b->hash))
				a->same_as = k;
		}
	}
}

static bool is_first_of_hash(const struct accounts *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (c->v[k].state >= ACCOUNT_HASH &&
		    fw_view_eq(c->v[k].hash, c->v[i].hash))
			return false;
	return true;
}

/* Hashes of accounts that can log in, each once; the budget is shared out. */
static void search_passwords(struct accounts *c, struct fw_pwsearch *s)
{
	size_t waiting = 0;

	for (size_t i = 0; i < c->count; i++)
		waiting +=
			c->v[i].state == ACCOUNT_HASH && is_first_of_hash(c, i);
	for (size_t i = 0; i < c->count; i++) {
		struct account *a = &c->v[i];

		if (a->state != ACCOUNT_HASH)
			continue;
		for (size_t k = 0; k < i && a->state == ACCOUNT_HASH; k++)
			if (c->v[k].state == ACCOUNT_KNOWN &&
			    fw_view_eq(c->v[k].hash, a->hash)) {
				a->password = c->v[k].password;
				a->state = ACCOUNT_KNOWN;
			}
		if (a->state != ACCOUNT_HASH || !is_first_of_hash(c, i))
			continue;
		uint64_t share = s->left_us / waiting;

		waiting--;
		a->password = fw_pwsearch_find(
			s, a->name, a->hash,
			share > SHARE_LEAST_US ? share : SHARE_LEAST_US);
		if (a->password != NULL)
			a->state = ACCOUNT_KNOWN;
	}
}

static void *copy_of(struct fw_arena *a, const void *v, size_t n, size_t size)
{
	void *to = fw_alloc(a, n + 1, size);

	if (n > 0)
		memcpy(to, v, n * size);
	return to;
}

/* Reads the image at root; false: it has no files of accounts. c's arrays are
 * scratch, those of *kept its own. */
static bool read_image(struct accounts *c, struct fw_pwsearch *s, uint32_t root,
		       uint32_t end, struct accounts *kept)
{
	uint64_t before = s->tries;

	c->file_count = 0;
	c->count = 0;
	c->root = root;
	for (uint32_t i = root; i < end; i++)
		add_file(c, i);
	if (c->file_count == 0)
		return false;
	for (size_t i = 0; i < c->file_count; i++)
		read_file(c, i);
	search_passwords(c, s);
	find_same(c);
	*kept = *c;
	kept->files =
		copy_of(c->arena, c->files, c->file_count, sizeof(*c->files));
	kept->v = copy_of(c->arena, c->v, c->count, sizeof(*c->v));
	kept->tries = s->tries - before;
	return true;
}

static struct accounts_all *read_all(const struct fw_tree *t,
				     struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct accounts c = { .tree = t, .out = out, .arena = a };
	struct accounts_all *all = fw_alloc(a, 1, sizeof(*all));
	struct accounts one;
	size_t cap = 0;
	struct fw_pwsearch s;

	c.files = fw_alloc(a, ACCOUNT_FILES_MAX, sizeof(*c.files));
	c.v = fw_alloc(a, ACCOUNTS_MAX, sizeof(*c.v));
	fw_pwsearch_init(&s, a, BUDGET_US);
	for (uint32_t root = 0; root < t->count && fw_out_ok(out);) {
		uint32_t end = root + 1;

		while (end < t->count && t->places[end].parent != UINT32_MAX)
			end++;
		if (read_image(&c, &s, root, end, &one)) {
			all->images = fw_grow(a, all->images, &cap,
					      all->count + 1, sizeof(one));
			all->images[all->count++] = one;
		}
		root = end;
	}
	return all;
}

const struct accounts_all *fw_accounts_of(const struct fw_tree *t,
					  struct fw_out *out)
{
	if (t->cache != NULL && t->cache->accounts != NULL)
		return t->cache->accounts;
	const struct accounts_all *all = read_all(t, out);

	if (t->cache != NULL)
		t->cache->accounts = all;
	return all;
}

static bool opens(const struct account *a, bool without)
{
	bool empty = a->state == ACCOUNT_EMPTY ||
		     (a->state == ACCOUNT_KNOWN && a->password[0] == '\0');

	return a->shell_ok && (empty ? without : a->state == ACCOUNT_KNOWN);
}

const struct account *fw_account_open(const struct accounts_all *all,
				      uint32_t place, bool without)
{
	const struct account *best = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct accounts *c = &all->images[i];

		for (size_t k = 0; k < c->count; k++) {
			const struct account *a = &c->v[k];

			if (c->files[a->file].place == place &&
			    opens(a, without) &&
			    (best == NULL || (a->uid == 0 && best->uid != 0)))
				best = a;
		}
	}
	return best;
}

static void correlate(const struct fw_tree *t, struct fw_out *out)
{
	const struct accounts_all *all = fw_accounts_of(t, out);

	for (size_t i = 0; i < all->count && fw_out_ok(out); i++) {
		struct accounts c = all->images[i];

		c.out = out;
		fw_out_at(out, c.root);
		fw_out_factf(out, "accounts.passwords-tried", "%llu",
			     (unsigned long long)c.tries);
		fw_accounts_judge(&c);
	}
}

const struct fw_analyzer fw_analyzer_accounts_join = {
	.name = "accounts_join",
	.title = "who can log in, and with which password",
	.kinds = fw_account_kinds,
	.correlate = correlate,
};
