/* accounts_judge.c - what is said about the accounts of an image */
#include "analyzers/accounts/accounts_join.h"

enum { EVIDENCE_MAX = 24, NAMED_MAX = 4, LISTED_MAX = 12 };

static const struct fw_kind known_password = {
	.id = "access/account-known-password",
	.title = "account with a publicly known password",
	.explanation = "The password of this account is in lists that anybody "
		       "can look up and that attack programs try first. It is "
		       "the same in every unit.",
	.ask_vendor = "Why does every unit have this password, which services "
		      "accept it, and when will it be gone?",
	.false_alarm = "No service on the device asks for it, or the file is "
		       "replaced when the device is set up.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 798, 1391, 521 },
};

static const struct fw_kind empty_password = {
	.id = "access/account-empty-password",
	.title = "accounts that log in without a password",
	.explanation = "Whoever reaches a login prompt of the device is let in "
		       "under these names without being asked for anything.",
	.ask_vendor = "Why can these accounts log in, and when will they be "
		      "locked?",
	.false_alarm = "Many login services refuse empty passwords, and some "
		       "systems make the owner choose one at the first start.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 258, 1391 },
};

static const struct fw_kind shared_hash = {
	.id = "access/account-shared-hash",
	.title = "every unit has the same account password",
	.explanation = "The file holds the hash of a password that the vendor "
		       "chose. It was not among the publicly known ones, but "
		       "whoever finds it for one unit has it for all.",
	.ask_vendor = "What is this password for, who knows it, and why is it "
		      "not different in every unit?",
	.false_alarm = "The image was read from one device whose owner set "
		       "this password.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 798, 1391 },
};

static const struct fw_kind second_root = {
	.id = "hidden/second-root",
	.title = "second account with all rights",
	.explanation = "An account beside root has user number 0, so it may do "
		       "everything. Owners who change the password of root do "
		       "not close it.",
	.ask_vendor = "What is this account for, who knows its password, and "
		      "how does the owner remove it?",
	.false_alarm = "Some vendors rename their administrator this way and "
		       "tell the owner about it.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 912, 798, 266 },
};

static const struct fw_kind in_program = {
	.id = "hidden/account-in-program/passwd_line",
	.title = "program writes an all-powerful account",
	.explanation = "A program or script carries a ready account line with "
		       "its password. It can put this account back whenever it "
		       "runs, whatever the owner changes.",
	.ask_vendor = "When does this program write the account, what is the "
		      "password, and who knows it?",
	.false_alarm = "The program only makes the account file of a system "
		       "that has none, and the owner then sets the password.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 912, 798 },
};

const struct fw_kind *const fw_account_kinds[] = {
	&known_password, &empty_password, &shared_hash,
	&second_root,	 &in_program,	  NULL
};

static const struct account_file *file_of(const struct accounts *c,
					  const struct account *a)
{
	return &c->files[a->file];
}

static bool is_root_name(const struct account *a)
{
	return fw_view_eq(a->name, FW_STR("root"));
}

/* What an account is an instance of, or NULL where nobody must act. */
static const struct fw_kind *kind_of(const struct accounts *c,
				     const struct account *a)
{
	if (a->state == ACCOUNT_LOCKED)
		return NULL;
	if (file_of(c, a)->table == ACCOUNT_LINE)
		return &in_program;
	if (!a->shell_ok)
		return NULL; /* it never logs in */
	if (a->uid == 0 && !is_root_name(a))
		return &second_root;
	switch (a->state) {
	case ACCOUNT_EMPTY:
		return file_of(c, a)->table == ACCOUNT_WEB ? NULL
							   : &empty_password;
	case ACCOUNT_HASH:
		return &shared_hash;
	case ACCOUNT_KNOWN:
		return &known_password;
	case ACCOUNT_ELSEWHERE:
	case ACCOUNT_LOCKED:
		break;
	}
	return NULL;
}

/* Whether a file is there to be read by people or copied by builders. */
static bool is_sample(const char *path)
{
	static const char *const words[] = {
		"/doc/",	 "/docs/", "/examples/", "/example/", "/man/",
		"/base-passwd/", "/test/", "/tests/",	 "/testdata/"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(path, words[i]) != NULL)
			return true;
	return false;
}

static const struct fw_pwscheme *scheme_of(const struct accounts *c,
					   const struct account *a)
{
	return fw_pwhash_scheme(c->arena, a->hash);
}

/* A command line, and no program of its own that asks and allows what it likes
 * (an installer, a menu). */
static bool is_real_shell(struct fw_view shell)
{
	return shell.len == 0 || fw_view_ends(shell, FW_STR("sh")) ||
	       fw_view_ends(shell, FW_STR("/busybox"));
}

static enum fw_severity severity_of(const struct accounts *c,
				    const struct account *a,
				    const struct fw_kind *k)
{
	const struct fw_pwscheme *s = scheme_of(c, a);

	if (k == &known_password)
		return a->uid == 0 ? FW_CRITICAL : FW_HIGH;
	if (k == &shared_hash)
		return file_of(c, a)->table == ACCOUNT_WEB ? FW_MEDIUM
		       : s != NULL && s->weak		   ? FW_HIGH
							   : FW_MEDIUM;
	if (k == &second_root && a->state == ACCOUNT_ELSEWHERE)
		return is_real_shell(a->shell) ? FW_MEDIUM : FW_LOW;
	if (k == &in_program && (!a->writes || a->state == ACCOUNT_EMPTY))
		return FW_HIGH;
	if (k == &in_program && a->uid != 0)
		return FW_HIGH;
	return k->severity;
}

/* "password "5up"", "no password", "MD5 hash, easily guessed". */
static const char *password_text(const struct accounts *c,
				 const struct account *a)
{
	const struct fw_pwscheme *s = scheme_of(c, a);
	const char *name = s ? s->name : "unknown", *weak = "";

	if (s != NULL && s->weak)
		weak = fw_pwhash_unsalted(a->hash) ? ", weak, without salt"
						   : ", weak";
	switch (a->state) {
	case ACCOUNT_EMPTY:
		return "no password";
	case ACCOUNT_KNOWN:
		return a->password[0] == '\0'
			       ? fw_text(c->out, "an empty password (%s%s)",
					 name, weak)
			       : fw_text(c->out, "password \"%s\" (%s%s)",
					 a->password, name, weak);
	case ACCOUNT_HASH:
		return fw_text(c->out, "password not found (%s%s)", name, weak);
	case ACCOUNT_ELSEWHERE:
		return "its password is not in the image";
	case ACCOUNT_LOCKED:
		break;
	}
	return "locked";
}

/* An account of the image that has the same hash under another name. */
static const struct account *shares_hash(const struct accounts *c,
					 const struct account *a)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct account *b = &c->v[i];

		if (b->file == a->file && b != a && a->hash.len > 2 &&
		    b->state >= ACCOUNT_HASH && fw_view_eq(a->hash, b->hash))
			return b;
	}
	return NULL;
}

static const char *describe(const struct accounts *c, const struct account *a,
			    const struct fw_kind *k)
{
	const char *text = fw_text(c->out, "%.*s: %s", FW_FMT(a->name),
				   password_text(c, a));
	const struct account *b = shares_hash(c, a);

	if (a->gid == 0 && a->uid != 0 && a->uid != UINT64_MAX)
		text = fw_text(c->out, "%s, in the group of root", text);
	if (k == &second_root && b != NULL)
		text = fw_text(c->out, "%s, the same as %.*s", text,
			       FW_FMT(b->name));
	if (file_of(c, a)->table == ACCOUNT_PASSWD && a->shadow == UINT32_MAX &&
	    a->state >= ACCOUNT_HASH)
		text = fw_text(c->out, "%s, in a file that every program reads",
			       text);
	if (k == &in_program)
		text = fw_text(c->out, "%s, %s", text,
			       a->writes
				       ? "next to the name of the account file"
				       : "in a program or script");
	return text;
}

struct gathered {
	struct fw_evidence v[EVIDENCE_MAX];
	size_t n, accounts;
	const char *detail;
	struct fw_claim claim;
};

static void add_evidence(struct gathered *g, struct fw_evidence e)
{
	if (g->n < EVIDENCE_MAX)
		g->v[g->n++] = e;
}

/* Accounts without a password differ in their names only. */
static void name_account(struct accounts *c, struct gathered *g,
			 const struct account *a)
{
	const char *group = a->gid == 0 && a->uid != 0 && a->uid != UINT64_MAX
				    ? " (in the group of root)"
				    : "";

	if (g->accounts < LISTED_MAX)
		g->detail = fw_text(
			c->out, "%s%s%.*s%s", g->accounts ? g->detail : "",
			g->accounts ? ", " : "", FW_FMT(a->name), group);
}

static void gather(struct accounts *c, struct gathered *g,
		   const struct account *a, const struct fw_kind *k)
{
	enum fw_severity s = severity_of(c, a, k);
	const struct fw_account_row *r = &a->evidence;
	uint32_t place = file_of(c, a)->place;

	if (g->accounts == 0 || s > g->claim.severity)
		g->claim.severity = s;
	if (k == &empty_password)
		name_account(c, g, a);
	else if (g->accounts < NAMED_MAX)
		g->detail = g->accounts == 0
				    ? describe(c, a, k)
				    : fw_text(c->out, "%s; %s", g->detail,
					      describe(c, a, k));
	g->accounts++;
	add_evidence(
		g, (struct fw_evidence){ .offset = a->own.offset,
					 .line = a->own.line,
					 .text = fw_text(c->out, "%.*s",
							 FW_FMT(a->own.row)) });
	if (a->shadow != UINT32_MAX && a->shadow != place)
		add_evidence(g, (struct fw_evidence){
					.offset = FW_NO_OFFSET,
					.text = fw_text(
						c->out, "%s, line %u: %.*s",
						c->tree->places[a->shadow].path,
						r->line, FW_FMT(r->row)) });
}

/* Where else the accounts of a claim stand. */
static void add_others(struct accounts *c, struct gathered *g, size_t file,
		       const struct fw_kind *k)
{
	uint32_t last = UINT32_MAX;

	for (size_t i = 0; i < c->count; i++) {
		const struct account *a = &c->v[i];
		uint32_t place = file_of(c, a)->place;

		if (a->same_as == SIZE_MAX || a->file == file ||
		    c->v[a->same_as].file != file || place == last ||
		    kind_of(c, a) != k)
			continue;
		last = place;
		add_evidence(g, (struct fw_evidence){
					.offset = FW_NO_OFFSET,
					.text = c->tree->places[place].path });
	}
}

static void judge(struct accounts *c, size_t file, const struct fw_kind *k)
{
	struct gathered g = { .claim = FW_CLAIM(k) };
	const char *path = c->tree->places[c->files[file].place].path;

	for (size_t i = 0; i < c->count; i++) {
		struct account *a = &c->v[i];

		if (a->file == file && a->same_as == SIZE_MAX &&
		    kind_of(c, a) == k)
			gather(c, &g, a, k);
	}
	if (g.accounts == 0)
		return;
	add_others(c, &g, file, k);
	size_t named = k == &empty_password ? LISTED_MAX : NAMED_MAX;

	if (g.accounts > named)
		g.detail = fw_text(c->out, "%s and %zu more", g.detail,
				   g.accounts - named);
	if (is_sample(path)) {
		g.claim.severity = FW_LOW;
		g.claim.confidence = FW_UNSURE;
	}
	g.claim.detail = g.detail;
	g.claim.evidence = g.v;
	g.claim.evidence_count = g.n;
	fw_out_at(c->out, c->files[file].place);
	fw_out_claim(c->out, &g.claim);
}

/* One line an account, for those who read facts. */
static void say_facts(struct accounts *c)
{
	for (size_t i = 0; i < c->count && fw_out_ok(c->out); i++) {
		const struct account *a = &c->v[i];
		const char *uid = a->uid == UINT64_MAX
					  ? ""
					  : fw_text(c->out, " uid %llu",
						    (unsigned long long)a->uid);

		fw_out_at(c->out, file_of(c, a)->place);
		fw_out_factf(c->out, "account", "%.*s%s, %s, %s",
			     FW_FMT(a->name), uid,
			     a->state == ACCOUNT_LOCKED || !a->shell_ok
				     ? "never logs in"
				     : "logs in",
			     password_text(c, a));
	}
}

void fw_accounts_judge(struct accounts *c)
{
	say_facts(c);
	for (size_t i = 0; i < c->file_count && fw_out_ok(c->out); i++)
		for (size_t k = 0; fw_account_kinds[k] != NULL; k++)
			judge(c, i, fw_account_kinds[k]);
}
