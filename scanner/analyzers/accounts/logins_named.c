/* logins_named.c - files whose names say what their lines are
 *
 * Source: sshd(8) AUTHORIZED_KEYS FILE FORMAT, sudoers(5), netrc(5), pppd(8)
 */
#include <ctype.h>

#include "analyzers/accounts/logins.h"

enum { WORDS = 16, NAMED_EVIDENCE = 8 };

/* Words of a line; quotes around one are taken off. */
static size_t words_of(struct fw_view line, struct fw_view w[WORDS])
{
	size_t n = 0, i = 0;

	while (n < WORDS) {
		while (i < line.len && isspace(line.data[i]))
			i++;
		if (i == line.len || line.data[i] == '#')
			break;
		uint8_t q = line.data[i] == '"' || line.data[i] == '\''
				    ? line.data[i++]
				    : 0;
		size_t from = i;

		while (i < line.len &&
		       (q ? line.data[i] != q : !isspace(line.data[i])))
			i++;
		w[n++] = fw_view_sub(line, from, i - from);
		i += i < line.len;
	}
	return n;
}

struct named {
	struct logins *l;
	struct fw_evidence v[NAMED_EVIDENCE];
	size_t n, all;
};

static void note(struct named *f, struct fw_view line, uint32_t no)
{
	struct fw_view cut = fw_view_sub(line, 0, 120);

	f->all++;
	if (f->n < NAMED_EVIDENCE)
		f->v[f->n++] = (struct fw_evidence){
			.offset = fw_view_at(f->l->obj->bytes, line),
			.line = no,
			.text = fw_text(f->l->out, "%.*s", FW_FMT(cut)),
		};
}

static void claim(struct named *f, const struct fw_kind *k,
		  enum fw_severity severity, const char *detail)
{
	struct fw_claim c = FW_CLAIM(k);

	if (f->all == 0)
		return;
	c.severity = severity;
	c.detail = detail;
	c.evidence = f->v;
	c.evidence_count = f->n;
	fw_out_claim(f->l->out, &c);
}

typedef void each_line(struct named *f, struct fw_view line, uint32_t no);

static void lines(struct named *f, each_line *each)
{
	struct fw_view rest = f->l->obj->bytes, line;

	for (uint32_t no = 1; fw_split(&rest, '\n', &line); no++) {
		struct fw_view t = fw_trim(line);

		if (t.len > 0 && t.data[0] != '#')
			each(f, t, no);
	}
}

/* --- authorized_keys --- */

static void key_line(struct named *f, struct fw_view line, uint32_t no)
{
	static const char *const types[] = { "ssh-rsa AAAA", "ssh-dss AAAA",
					     "ssh-ed25519 AAAA",
					     "ecdsa-sha2-" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (fw_view_find(line, fw_view_str(types[i]), 0) != SIZE_MAX) {
			note(f, line, no);
			return;
		}
}

static void authorized_keys(struct logins *l)
{
	struct named f = { .l = l };
	const char *path = l->obj->path;
	bool root = fw_path_matches(path, "*/root/*") ||
		    fw_path_matches(path, "*/dropbear/*") ||
		    fw_path_matches(path, "/.ssh/*");

	lines(&f, key_line);
	claim(&f, &fw_login_key,
	      l->owners ? FW_MEDIUM
	      : root	? FW_CRITICAL
			: FW_HIGH,
	      fw_text(l->out, "%zu %s may log in%s", f.all,
		      f.all == 1 ? "key" : "keys", root ? " as root" : ""));
}

/* --- sudoers --- */

static void sudo_line(struct named *f, struct fw_view line, uint32_t no)
{
	struct fw_view w[WORDS];
	size_t n = words_of(line, w);

	if (n < 2 || !fw_view_ends(line, FW_STR("ALL")) ||
	    fw_view_find(line, FW_STR("NOPASSWD:"), 0) == SIZE_MAX ||
	    fw_view_eq(w[0], FW_STR("root")) ||
	    fw_view_eq(w[0], FW_STR("%root")))
		return;
	note(f, line, no);
}

static void sudoers(struct logins *l)
{
	struct named f = { .l = l };

	lines(&f, sudo_line);
	claim(&f, &fw_login_sudo, FW_MEDIUM,
	      fw_text(l->out, "%zu %s may do everything", f.all,
		      f.all == 1 ? "account or group" : "accounts or groups"));
}

/* --- .netrc, chap-secrets, user files of web servers --- */

static void pair(struct logins *l, struct fw_view user, struct fw_view password,
		 uint32_t no)
{
	fw_logins_add(l, LOGIN_USER, FW_STR("user"), user, no);
	fw_logins_add(l, LOGIN_PASSWORD, FW_STR("password"), password, no);
}

static void netrc_line(struct named *f, struct fw_view line, uint32_t no)
{
	struct fw_view w[WORDS];
	size_t n = words_of(line, w);

	for (size_t i = 0; i + 1 < n; i++) {
		if (fw_view_eq(w[i], FW_STR("login")))
			fw_logins_add(f->l, LOGIN_USER, w[i], w[i + 1], no);
		if (fw_view_eq(w[i], FW_STR("password")))
			fw_logins_add(f->l, LOGIN_PASSWORD, w[i], w[i + 1], no);
	}
}

static void ppp_line(struct named *f, struct fw_view line, uint32_t no)
{
	struct fw_view w[WORDS];

	if (words_of(line, w) >= 3)
		pair(f->l, w[0], w[2], no);
}

static void user_line(struct named *f, struct fw_view line, uint32_t no)
{
	struct fw_view user, rest = line, password;

	if (fw_split(&rest, ':', &user) && fw_split(&rest, ':', &password) &&
	    user.len > 0 && user.len <= 32 && password.len <= 64 &&
	    (password.len == 0 || password.data[0] != '$'))
		pair(f->l, user, password, no);
}

static bool is_user_file(const char *base)
{
	static const char *const names[] = {
		"*htpasswd*",	   "lighttpd*user*", "*webpasswd*",
		"boa*passwd*",	   "*httpd*passwd*", "*.plain",
		"*web*users*.txt", "*http*users*",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_path_matches(base, names[i]))
			return true;
	return false;
}

bool fw_logins_named(struct logins *l)
{
	struct named f = { .l = l };
	const char *base = fw_basename(l->obj->path);

	if (fw_path_matches(base, "authorized_keys*"))
		authorized_keys(l);
	else if (fw_path_matches(l->obj->path, "*/sudoers") ||
		 fw_path_matches(l->obj->path, "*/sudoers.d/*"))
		sudoers(l);
	else if (fw_path_matches(base, "*netrc"))
		lines(&f, netrc_line);
	else if (fw_path_matches(base, "*ap-secrets"))
		lines(&f, ppp_line);
	else if (is_user_file(base))
		lines(&f, user_line);
	else
		return false;
	return true;
}
