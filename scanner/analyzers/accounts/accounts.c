/* accounts.c - account files, and account lines in programs and scripts
 *
 * Says what stands there, as facts; accounts_join.c knows what it means. The
 * form of the rows tells an account file, not its name: backups, defaults and
 * what comes out of archives are read as well.
 *
 * Source: passwd(5), shadow(5), group(5), htpasswd(1)
 */
#include <ctype.h>
#include <stdlib.h>

#include "analyzers/accounts/accounts.h"
#include "analyzers/accounts/pwhash.h"

enum {
	FILE_MAX = 256 * 1024,
	ROWS_MAX = 256,
	ROW_MAX = 512,
	NAME_MAX_LEN = 32,
	LINES_MAX = 32, /* in one program */
	SHARE_MIN = 80, /* per cent of a file's lines that are rows */
};

static bool is_name_char(uint8_t c)
{
	return c < 0x80 && (isalnum(c) || c == '_' || c == '.' || c == '-' ||
			    c == '+' || c == '$' || c == '@');
}

static bool is_name(struct fw_view v)
{
	if (v.len == 0 || v.len > NAME_MAX_LEN || v.data[0] == '-')
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!is_name_char(v.data[i]))
			return false;
	return true;
}

static bool is_number(struct fw_view v, bool may_lack)
{
	if (v.len > 0 && v.data[0] == '-')
		v = fw_view_sub(v, 1, SIZE_MAX);
	for (size_t i = 0; i < v.len; i++)
		if (!isdigit(v.data[i]))
			return false;
	return v.len <= 10 && (v.len > 0 || may_lack);
}

static bool is_path(struct fw_view v)
{
	return v.len == 0 || v.data[0] == '/';
}

static bool has_space(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (isspace(v.data[i]))
			return true;
	return false;
}

size_t fw_account_fields(struct fw_view row,
			 struct fw_view f[FW_ACCOUNT_FIELDS])
{
	size_t n = 0;

	while (n < FW_ACCOUNT_FIELDS - 1 && fw_split(&row, ':', &f[n]))
		n++;
	if (row.data != NULL)
		f[n++] = row;
	return n;
}

bool fw_is_passwd_row(const struct fw_view *f, size_t n)
{
	return n == FW_PASSWD_FIELDS && is_name(f[0]) && !has_space(f[1]) &&
	       is_number(f[2], false) && is_number(f[3], false) &&
	       is_path(f[5]) && is_path(fw_trim(f[6]));
}

bool fw_is_shadow_row(const struct fw_view *f, size_t n)
{
	if ((n != FW_SHADOW_FIELDS && n != FW_SHADOW_FIELDS - 1) ||
	    !is_name(f[0]) || has_space(f[1]))
		return false;
	for (size_t i = 2; i < n; i++)
		if (!is_number(fw_trim(f[i]), true))
			return false;
	return true;
}

bool fw_is_group_row(const struct fw_view *f, size_t n)
{
	return n == 4 && is_name(f[0]) && !has_space(f[1]) &&
	       is_number(f[2], false) && !has_space(fw_trim(f[3]));
}

static bool is_web_row(struct fw_arena *a, const struct fw_view *f, size_t n)
{
	return n == 2 && is_name(f[0]) && fw_pwhash_scheme(a, fw_trim(f[1]));
}

bool fw_is_login_shell(struct fw_view shell)
{
	static const char *const none[] = {
		"false",  "true",     "nologin", "sync",   "shutdown", "halt",
		"reboot", "poweroff", "null",	 "passwd", "noshell",  "denysh",
	};
	struct fw_view base = fw_trim(shell);

	for (size_t i = base.len; i > 0; i--)
		if (base.data[i - 1] == '/') {
			base = fw_view_sub(base, i, SIZE_MAX);
			break;
		}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (fw_view_eq(base, fw_view_str(none[i])))
			return false;
	return true;
}

bool fw_account_row_read(const char *value, struct fw_account_row *out)
{
	char *end;

	out->line = (uint32_t)strtoul(value, &end, 10);
	if (*end != ' ')
		return false;
	out->offset = strtoull(end + 1, &end, 16);
	if (*end != ' ')
		return false;
	out->row = fw_view_str(end + 1);
	return true;
}

static void emit(struct fw_out *out, const char *key, uint32_t line, size_t at,
		 const char *tag, struct fw_view row)
{
	fw_out_factf(out, key, "%u 0x%zx %s%.*s", line, at, tag, FW_FMT(row));
}

/* --- account files --- */

enum { PASSWD, SHADOW, GROUP, WEB, TABLES };

static const char *const table_facts[TABLES] = { FW_FACT_PASSWD, FW_FACT_SHADOW,
						 FW_FACT_GROUP, FW_FACT_WEB };

static unsigned table_of(struct fw_arena *a, struct fw_view line)
{
	struct fw_view f[FW_ACCOUNT_FIELDS];
	size_t n;

	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] < 0x20 && line.data[i] != '\t')
			return TABLES;
	if (line.len > ROW_MAX)
		return TABLES;
	n = fw_account_fields(line, f);
	return fw_is_passwd_row(f, n)	? PASSWD
	       : fw_is_shadow_row(f, n) ? SHADOW
	       : fw_is_group_row(f, n)	? GROUP
	       : is_web_row(a, f, n)	? WEB
					: TABLES;
}

static bool next_line(struct fw_view *rest, struct fw_view *line)
{
	if (!fw_split(rest, '\n', line))
		return false;
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool says_something(struct fw_view line)
{
	struct fw_view t = fw_trim(line);

	return t.len > 0 && t.data[0] != '#';
}

/* The table that most lines are rows of, or TABLES. */
static unsigned classify(struct fw_arena *a, struct fw_view v)
{
	unsigned count[TABLES + 1] = { 0 }, lines = 0, best = 0;
	struct fw_view rest = v, line;

	while (next_line(&rest, &line) && lines < 4 * ROWS_MAX) {
		if (!says_something(line))
			continue;
		lines++;
		count[table_of(a, line)]++;
		if (lines == 8 && count[TABLES] == lines)
			return TABLES; /* some other text */
	}
	for (unsigned t = 1; t < TABLES; t++)
		if (count[t] > count[best])
			best = t;
	return count[best] > 0 && count[best] * 100 >= lines * SHARE_MIN
		       ? best
		       : TABLES;
}

static bool read_table(struct fw_view v, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	unsigned t = classify(a, v), rows = 0;
	struct fw_view rest = v, line;

	if (t == TABLES)
		return false;
	for (uint32_t no = 1; next_line(&rest, &line) && rows < ROWS_MAX;
	     no++) {
		if (!says_something(line) || table_of(a, line) != t)
			continue;
		emit(out, table_facts[t], no, fw_view_at(v, line), "", line);
		rows++;
	}
	return true;
}

/* --- lines in programs and scripts --- */

static bool in_line(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
}

static size_t back_to(struct fw_view v, size_t from, size_t most)
{
	size_t n = 0;

	while (n < most && n < from && in_line(v.data[from - n - 1]) &&
	       v.data[from - n - 1] != ':')
		n++;
	return n;
}

/* The account line whose hash ends at pos, or nothing. */
static struct fw_view line_around(struct fw_view v, size_t pos)
{
	struct fw_view none = { NULL, 0 };
	size_t hash = back_to(v, pos, FW_PWHASH_MAX), name, end = pos;

	if (hash >= pos || v.data[pos - hash - 1] != ':')
		return none;
	size_t colon = pos - hash - 1;

	for (name = 0; name < NAME_MAX_LEN && name < colon; name++)
		if (!is_name_char(v.data[colon - name - 1]))
			break;
	if (name == 0 || name == NAME_MAX_LEN)
		return none;
	while (end < v.len && end - pos < ROW_MAX && in_line(v.data[end]) &&
	       v.data[end] != '>' && v.data[end] != ';')
		end++;
	return fw_trim(fw_view_sub(v, colon - name, end - (colon - name)));
}

/* Shell text behind the row's last field is cut off. */
static bool trim_row(struct fw_view *row, struct fw_view *hash)
{
	struct fw_view f[FW_ACCOUNT_FIELDS];
	size_t n = fw_account_fields(*row, f), words = 0;

	if (n != FW_PASSWD_FIELDS && n != FW_SHADOW_FIELDS)
		return false;
	while (words < f[n - 1].len && !isspace(f[n - 1].data[words]))
		words++;
	f[n - 1].len = words;
	row->len = fw_view_at(*row, f[n - 1]) + words;
	*hash = f[1];
	return fw_is_shadow_row(f, n) ||
	       (fw_is_passwd_row(f, n) && f[5].len > 0 && f[6].len > 0);
}

static bool is_comment(struct fw_view v, size_t at)
{
	size_t floor = at > ROW_MAX ? at - ROW_MAX : 0;

	while (at > floor && v.data[at - 1] != '\n' && v.data[at - 1] != '\0')
		at--;
	while (at < v.len && (v.data[at] == ' ' || v.data[at] == '\t'))
		at++;
	return at < v.len && v.data[at] == '#';
}

static uint32_t line_number(struct fw_view v, size_t at)
{
	uint32_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += v.data[i] == '\n';
	return n;
}

struct hunt {
	struct fw_view v;
	struct fw_out *out;
	bool text, names_file;
	unsigned found;
};

/* A line without a password is a template of many programs; it counts where
 * the account file is named as well. */
static void try_line(struct hunt *h, size_t pos)
{
	struct fw_view row = line_around(h->v, pos), hash;

	if (row.data == NULL || !trim_row(&row, &hash))
		return;
	if (fw_pwhash_scheme(fw_out_arena(h->out), hash) == NULL &&
	    !(hash.len == 0 && h->names_file))
		return;
	size_t at = fw_view_at(h->v, row);

	if (h->text && is_comment(h->v, at))
		return;
	emit(h->out, FW_FACT_LINE, h->text ? line_number(h->v, at) : 0, at,
	     h->names_file ? "writes " : "holds ", row);
	h->found++;
}

/* The mark follows the hash, or the one field behind it. */
static void hunt(struct hunt *h, struct fw_view mark, bool field_between)
{
	size_t at = fw_view_find(h->v, mark, 0);

	while (at != SIZE_MAX && h->found < LINES_MAX && fw_out_ok(h->out)) {
		size_t day = field_between ? back_to(h->v, at, 10) + 1 : 0;

		if (at >= day)
			try_line(h, at - day);
		at = fw_view_find(h->v, mark, at + mark.len - 1);
	}
}

static bool wants(const struct fw_object *obj)
{
	return obj->bytes.len >= 8 &&
	       (obj->format == NULL || strcmp(obj->format, "elf") == 0);
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct hunt h = { .v = obj->bytes, .out = out };

	h.text = obj->format == NULL && fw_is_text(obj->bytes);
	if (h.text && obj->bytes.len <= FILE_MAX && read_table(obj->bytes, out))
		return;
	if (fw_view_find(h.v, FW_STR(":0:0:"), 0) == SIZE_MAX &&
	    fw_view_find(h.v, FW_STR(":0:99999:"), 0) == SIZE_MAX)
		return;
	h.names_file =
		fw_view_find(h.v, FW_STR("/etc/passwd"), 0) != SIZE_MAX ||
		fw_view_find(h.v, FW_STR("/etc/shadow"), 0) != SIZE_MAX;
	hunt(&h, FW_STR(":0:0:"), false);
	hunt(&h, FW_STR(":0:99999:"), true);
}

const struct fw_analyzer fw_analyzer_accounts = {
	.name = "accounts",
	.title = "account files, and account lines in programs",
	.wants = wants,
	.inspect = inspect,
};
