/* logins_text.c - settings in text: key=value, JSON, XML, UCI, NVRAM
 *
 * Looks for what parts a key from its value rather than for one grammar, for
 * vendors mix them. Every step back and forth is bounded.
 */
#include <ctype.h>

#include "analyzers/accounts/logins.h"

struct scan {
	struct logins *l;
	struct fw_view v;
	uint32_t line;
	bool no_comment_end; /* of XML, from here on */
};

static bool in_key(uint8_t c)
{
	return c < 0x80 && (isalnum(c) || c == '_' || c == '.' || c == '-');
}

/* The key that ends before at, behind an optional quote and blanks. */
static struct fw_view key_before(struct fw_view v, size_t at, bool *quoted)
{
	size_t end = at, n = 0;

	while (end > 0 && at - end < 8 &&
	       (v.data[end - 1] == ' ' || v.data[end - 1] == '\t'))
		end--;
	*quoted =
		end > 0 && (v.data[end - 1] == '"' || v.data[end - 1] == '\'');
	if (*quoted)
		end--;
	while (n < end && n <= LOGIN_KEY_MAX && in_key(v.data[end - n - 1]))
		n++;
	struct fw_view key = fw_view_sub(v, end - n, n);

	/* "InternetGatewayDevice.User.1.Password" is about its last part. */
	return n > LOGIN_KEY_MAX ? fw_view_of("", 0) : key;
}

static bool ends_value(uint8_t c, bool text)
{
	return c == '\n' || c == '\r' || c == '\0' || c == '<' ||
	       (text && (c == ';' || c == ',' || c == '"' || c == '\'' ||
			 c == ' ' || c == '\t' || c == '}' || c == '>'));
}

/* The value that begins at or soon after at. */
static struct fw_view value_after(struct fw_view v, size_t at, bool *quoted)
{
	size_t n = 0;
	uint8_t q = 0;

	while (at < v.len && (v.data[at] == ' ' || v.data[at] == '\t'))
		at++;
	if (at < v.len && (v.data[at] == '"' || v.data[at] == '\''))
		q = v.data[at++];
	*quoted = q != 0;
	while (at + n < v.len && n < LOGIN_VALUE_MAX) {
		uint8_t c = v.data[at + n];

		if (q != 0 ? c == q || c == '\n' || c == '\0'
			   : ends_value(c, true))
			break;
		n++;
	}
	return fw_view_sub(v, at, n);
}

static bool is_wireless(const char *path)
{
	static const char *const words[] = { "*wireless*", "*wlan*",
					     "*wifi*",	   "*wpa*",
					     "*hostapd*",  "*wsc*" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (fw_path_matches(path, words[i]))
			return true;
	return false;
}

static void add(struct scan *s, struct fw_view key, struct fw_view value,
		bool quoted)
{
	enum login_class class = fw_login_class(key);

	if (class == LOGIN_WIFI && fw_view_ends(key, FW_STR("assphrase")) &&
	    !is_wireless(s->l->obj->path))
		class = LOGIN_PASSWORD;
	if (class == LOGIN_OTHER)
		return;
	struct login *e = fw_logins_add(s->l, class, key, value, s->line);

	if (e != NULL)
		e->quoted = quoted;
}

static void at_equals(struct scan *s, size_t i)
{
	bool key_quoted, quoted;
	struct fw_view key = key_before(s->v, i, &key_quoted);

	if (key.len == 0 || (i + 1 < s->v.len && s->v.data[i + 1] == '='))
		return;
	struct fw_view value = value_after(s->v, i + 1, &quoted);

	add(s, key, value, quoted);
}

/* JSON: a quoted key; a value without quotes is a number or a word. */
static void at_colon(struct scan *s, size_t i)
{
	bool key_quoted, quoted;
	struct fw_view key = key_before(s->v, i, &key_quoted);

	if (key.len == 0 || !key_quoted)
		return;
	struct fw_view value = value_after(s->v, i + 1, &quoted);

	if (quoted)
		add(s, key, value, true);
}

/* XML: <key ...>value</ */
static void at_tag_end(struct scan *s, size_t i)
{
	size_t back = 0, n = 0;

	while (back < i && back < LOGIN_KEY_MAX &&
	       s->v.data[i - back - 1] != '<')
		back++;
	if (back == i || s->v.data[i - back - 1] != '<')
		return;
	struct fw_view key = fw_view_sub(s->v, i - back, back);

	while (n < key.len && in_key(key.data[n]))
		n++;
	key.len = n;
	struct fw_view value = fw_view_sub(s->v, i + 1, LOGIN_VALUE_MAX);
	const uint8_t *end = memchr(value.data, '<', value.len);

	if (key.len == 0 || end == NULL ||
	    !fw_view_starts(fw_view_sub(s->v,
					fw_view_at(s->v, value) +
						(size_t)(end - value.data),
					2),
			    FW_STR("</")) ||
	    memchr(value.data, '\n', (size_t)(end - value.data)) != NULL)
		return;
	value.len = (size_t)(end - value.data);
	add(s, key, fw_trim(value), true);
}

/* UCI: option key 'value'; Cisco-like: no. */
static void at_line(struct scan *s, size_t i)
{
	struct fw_view rest = fw_view_sub(s->v, i, 16 + LOGIN_KEY_MAX);
	size_t at = 0, n = 0;
	bool quoted;

	while (at < rest.len && (rest.data[at] == ' ' || rest.data[at] == '\t'))
		at++;
	if (!fw_view_starts(fw_view_sub(rest, at, 7), FW_STR("option")))
		return;
	at += 6;
	while (at < rest.len &&
	       (rest.data[at] == ' ' || rest.data[at] == '\t' ||
		rest.data[at] == '\''))
		at++;
	while (at + n < rest.len && in_key(rest.data[at + n]))
		n++;
	struct fw_view key = fw_view_sub(rest, at, n);

	if (at + n < rest.len && rest.data[at + n] == '\'')
		n++;
	struct fw_view value = value_after(s->v, i + at + n, &quoted);

	/* In a file about wireless networks a key is the network's. */
	if (fw_view_eq(key, FW_STR("key")) && is_wireless(s->l->obj->path))
		fw_logins_add(s->l, LOGIN_WIFI, key, value, s->line);
	else
		add(s, key, value, quoted);
}

static bool comment_line(struct fw_view v, size_t i)
{
	while (i < v.len && (v.data[i] == ' ' || v.data[i] == '\t'))
		i++;
	return i < v.len &&
	       (v.data[i] == '#' ||
		(v.data[i] == '/' && i + 1 < v.len &&
		 (v.data[i + 1] == '/' || v.data[i + 1] == '*')) ||
		(v.data[i] == ';' && i + 1 < v.len && v.data[i + 1] == ' '));
}

static size_t line_end(struct fw_view v, size_t i)
{
	while (i < v.len && v.data[i] != '\n')
		i++;
	return i;
}

static size_t new_line(struct scan *s, size_t i)
{
	if (comment_line(s->v, i))
		return line_end(s->v, i);
	at_line(s, i);
	return i;
}

/* Where the comment that begins at i ends; i itself where none does. */
static size_t after_comment(struct scan *s, size_t i)
{
	if (s->no_comment_end ||
	    !fw_view_starts(fw_view_sub(s->v, i, 4), FW_STR("<!--")))
		return i;
	size_t end = fw_view_find(s->v, FW_STR("-->"), i);

	s->no_comment_end = end == SIZE_MAX;
	if (s->no_comment_end)
		return i;
	for (; i < end; i++)
		s->line += s->v.data[i] == '\n';
	return end;
}

void fw_logins_text(struct logins *l)
{
	struct scan s = { .l = l, .v = l->obj->bytes, .line = 1 };

	for (size_t i = new_line(&s, 0); i < s.v.len && l->n < LOGINS_MAX;
	     i++) {
		uint8_t c = s.v.data[i];

		if (c == '<')
			i = after_comment(&s, i);
		else if (c == '=')
			at_equals(&s, i);
		else if (c == ':')
			at_colon(&s, i);
		else if (c == '>')
			at_tag_end(&s, i);
		if (c != '\n')
			continue;
		s.line++;
		i = new_line(&s, i + 1) - 1;
	}
}
