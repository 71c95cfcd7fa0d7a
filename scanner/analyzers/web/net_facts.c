/* net_facts.c - every address, host, URL and mailbox, and what it is good for
 *
 * Facts, each "CLASS WHERE VALUE @0xOFFSET"; classes are those of netname.h:
 *	net.ip, net.host, net.url, net.email
 *	net.hosts_file	a command that adds a name to /etc/hosts
 * WHERE is program; text (settings, scripts); comment; page (web pages, help).
 */
#include "analyzers/web/netname.h"
#include "analyzers/web/webtext.h"
#include "code/elfread.h"
#include "core/strings.h"

enum {
	VALUES_MAX = 150, /* a key and object */
	HOSTS_FILE_MAX = 8,
	URL_MAX = 160,
	TEXT_MAX = 8 << 20,
	LINE_MAX = 64 * 1024,
	BEFORE = 24, /* bytes looked at in front of an address */
};

struct net {
	struct fw_view all;
	struct fw_out *out;
	const char *where;
	struct web_set ips, hosts, urls, emails;
	unsigned hosts_file;
};

static bool add(struct net *n, struct web_set *set, struct fw_view v,
		const char *cut)
{
	if (set->n > VALUES_MAX || web_set_find(set, v) != NULL)
		return false;
	web_set_add(set, v);
	if (set->n <= VALUES_MAX)
		return true;
	fw_out_fact(n->out, cut, "cut");
	return false;
}

static void emit(struct net *n, const char *key, const char *class,
		 struct fw_view v)
{
	fw_out_factf(n->out, key, "%s %s %.*s @0x%zx", class, n->where,
		     FW_FMT(v), (size_t)fw_view_at(n->all, v));
}

static bool is_letter(uint8_t c)
{
	return web_lower(c) >= 'a' && web_lower(c) <= 'z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_host_char(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}

/* --- addresses --- */

static bool all_small(uint32_t ip)
{
	return (ip >> 24) < 32 && (ip >> 16 & 0xff) < 32 &&
	       (ip >> 8 & 0xff) < 32 && (ip & 0xff) < 32;
}

/* Whether four numbers are a version, a release of a browser, or the name of a
 * node in a tree of numbers rather than an address. */
static bool is_version(struct fw_view line, size_t at, size_t len, uint32_t ip)
{
	static const char *const words[] = { "ver",	 "rev",	 "release",
					     "build",	 "libs", "mozilla",
					     "chrome",	 "lsdk", "oid",
					     "firmware", NULL };
	size_t from = at > BEFORE ? at - BEFORE : 0;
	struct fw_view before = fw_view_sub(line, from, at - from);
	uint8_t next = at + len < line.len ? line.data[at + len] : 0;
	bool in_url = fw_view_ends(before, FW_STR("://")) ||
		      fw_view_ends(before, FW_STR("@"));

	if (in_url || (next == ':' && at + len + 1 < line.len &&
		       is_digit(line.data[at + len + 1])))
		return false;
	if (fw_view_ends(before, FW_STR("/")) || all_small(ip))
		return true;
	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(before, words[i]) && !web_has(before, "server"))
			return true;
	return false;
}

/* A value in the query of a request, or a line of a text for readers. */
static bool is_sample(const struct net *n, struct fw_view line, size_t at,
		      size_t len)
{
	struct fw_view before = fw_view_sub(line, 0, at);
	struct fw_view after = fw_view_sub(line, at + len, SIZE_MAX);

	if (fw_view_ends(before, FW_STR("=")) &&
	    (fw_view_starts(after, FW_STR("&")) ||
	     fw_view_find(before, FW_STR("&"), 0) != SIZE_MAX))
		return true;
	if (strcmp(n->where, "program") != 0 ||
	    fw_view_ends(before, FW_STR("://")))
		return false;
	return fw_view_find(fw_trim(line), FW_STR("\n"), 0) != SIZE_MAX ||
	       web_has(line, "e.g.") || web_has(line, "example");
}

static void take_ip(struct net *n, struct fw_view line, size_t at, size_t len,
		    uint32_t ip)
{
	struct fw_view v = fw_view_sub(line, at, len);
	const char *class = net_ip_class(ip, v);
	uint8_t next = at + len < line.len ? line.data[at + len] : 0;

	if (strcmp(class, "public") == 0 && is_version(line, at, len, ip))
		class = "version";
	else if (strcmp(class, "public") == 0 && is_sample(n, line, at, len))
		class = "example";
	else if (strcmp(class, "public") == 0 && next == '/' &&
		 at + len + 1 < line.len && is_digit(line.data[at + len + 1]))
		class = "network";
	if (strcmp(class, "version") != 0 && add(n, &n->ips, v, "net.ips"))
		emit(n, "net.ip", class, v);
}

/* Where a number begins that no letter, dot or number stands in front of. */
static size_t try_ip(struct net *n, struct fw_view line, size_t at)
{
	struct fw_view rest = fw_view_sub(line, at, 16);
	size_t len;
	uint32_t ip;

	if (at > 0 && (is_host_char(line.data[at - 1]) ||
		       line.data[at - 1] == '_' || line.data[at - 1] == '%'))
		return 0;
	if (!net_read_ip(rest, &ip, &len))
		return 0;
	if (at + len < line.len &&
	    (is_letter(line.data[at + len]) || line.data[at + len] == '_' ||
	     line.data[at + len] == '-'))
		return 0;
	take_ip(n, line, at, len, ip);
	return len;
}

/* --- URLs --- */

static bool ends_url(uint8_t c)
{
	return c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '<' ||
	       c == '>' || c == '\\' || c == ')' || c == '`' || c == '|' ||
	       c == ';' || c == ',' || c == '(';
}

static bool ends_with(struct fw_view v, const char *const *tails)
{
	for (; *tails != NULL; tails++)
		if (fw_view_ends(v, fw_view_str(*tails)))
			return true;
	return false;
}

/* Whether a URL is told to a reader and not asked for by the program: it stands
 * in a sentence, or it leads to a text. */
static bool is_told(struct fw_view line, size_t at, struct fw_view url)
{
	static const char *const pages[] = { ".html", ".htm",  ".txt", ".pdf",
					     ".xsd",  ".wsdl", ".dtd", NULL };
	static const char *const asked[] = { "GET ",  "POST ", "PUT ",
					     "=",     "\"",    "'",
					     "wget ", "curl ", NULL };
	struct fw_view before = fw_view_sub(line, 0, at);
	bool gaps = fw_view_find(url, FW_STR("%"), 0) != SIZE_MAX ||
		    fw_view_find(url, FW_STR("?"), 0) != SIZE_MAX;

	if (gaps)
		return false;
	return ends_with(url, pages) ||
	       (before.len > 0 && !ends_with(before, asked));
}

static void take_host(struct net *n, struct fw_view v)
{
	if (net_is_host(v) && add(n, &n->hosts, v, "net.hosts"))
		emit(n, "net.host", net_host_class(v), v);
}

/* Behind a value that is put in: "%s.vendor.com", also of a URL. */
static void take_behind_value(struct net *n, struct fw_view v)
{
	size_t end = 3;

	if (!fw_view_starts(v, FW_STR("%s.")))
		return;
	while (end < v.len && is_host_char(v.data[end]))
		end++;
	if (end == v.len || v.data[end] == '/' || v.data[end] == ':')
		take_host(n, fw_view_sub(v, 3, end - 3));
}

static void take_url(struct net *n, struct fw_view line, size_t from,
		     size_t host_at)
{
	size_t end = host_at, host_end;
	uint32_t ip;
	size_t len;

	while (end < line.len && is_host_char(line.data[end]))
		end++;
	host_end = end;
	while (end < line.len && end - from < URL_MAX &&
	       !ends_url(line.data[end]))
		end++;
	struct fw_view host = fw_view_sub(line, host_at, host_end - host_at);
	struct fw_view url = fw_view_sub(line, from, end - from);
	const char *class;

	if (strcmp(n->where, "program") == 0)
		take_behind_value(n, fw_view_sub(line, host_at, end - host_at));
	/* "http://%s/" and "http://192.168.%d" name nobody. */
	if (host.len < 3 || (host_end < line.len && line.data[host_end] == '%'))
		return;
	/* A name that the internet does not have is one of the device's own. */
	if (net_read_ip(host, &ip, &len) && len == host.len)
		class = net_ip_class(ip, host);
	else
		class = net_is_host(host) ? net_host_class(host) : "private";
	if (strcmp(class, "public") == 0 && fw_view_ends(url, FW_STR("#")))
		class = "schema";
	else if (strcmp(class, "public") == 0 &&
		 strcmp(n->where, "program") == 0 && is_told(line, from, url))
		class = "documentation";
	if (add(n, &n->urls, url, "net.urls"))
		emit(n, "net.url", class, url);
}

/* At a "://": a URL if a scheme stands in front. */
static void try_url(struct net *n, struct fw_view line, size_t colon)
{
	size_t from = colon;

	while (from > 0 && is_letter(line.data[from - 1]) && colon - from < 8)
		from--;
	if (colon - from >= 2 && colon + 3 < line.len &&
	    line.data[colon + 1] == '/' && line.data[colon + 2] == '/')
		take_url(n, line, from, colon + 3);
}

/* --- mailboxes and names --- */

static void try_email(struct net *n, struct fw_view line, size_t at)
{
	size_t from = at, end = at + 1;

	while (from > 0 && at - from < 64 &&
	       (is_host_char(line.data[from - 1]) ||
		line.data[from - 1] == '_' || line.data[from - 1] == '+'))
		from--;
	while (end < line.len && end - at < 128 && is_host_char(line.data[end]))
		end++;
	while (end > at + 1 && line.data[end - 1] == '.')
		end--;
	struct fw_view host = fw_view_sub(line, at + 1, end - at - 1);
	struct fw_view v = fw_view_sub(line, from, end - from);

	if (from < at && net_is_host(host) &&
	    add(n, &n->emails, v, "net.emails"))
		emit(n, "net.email", net_host_class(host), v);
}

/* A name with more behind its domain: "www.vendor.com.of.somebody". Only names
 * of web servers: packages and keys of settings have the same form. */
static void take_front(struct net *n, struct fw_view v)
{
	static const char *const ends[] = { ".com.", ".net.", ".org." };
	size_t dot = v.len;

	if (!fw_view_starts(v, FW_STR("www.")) &&
	    !fw_view_starts(v, FW_STR("ww.")))
		return;
	for (size_t i = 0; i < v.len; i++)
		if (!is_host_char(v.data[i]))
			return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t at = fw_view_find(v, fw_view_str(ends[i]), 4);

		dot = at < dot ? at : dot;
	}
	if (dot < v.len)
		take_host(n, fw_view_sub(v, 0, dot + 4));
}

/* A name that is all of a string, or that a request is sent to. */
static void try_host(struct net *n, struct fw_view line)
{
	size_t at = fw_view_find(line, FW_STR("Host: "), 0), end;

	struct fw_view v = fw_trim(line);

	take_behind_value(n, v);
	if (net_is_host(v))
		take_host(n, v);
	else
		take_front(n, v);
	if (at == SIZE_MAX)
		return;
	for (end = at += 6; end < line.len && is_host_char(line.data[end]);)
		end++;
	take_host(n, fw_view_sub(line, at, end - at));
}

/* A command that adds a name of the internet to the file of names. */
static void try_hosts_file(struct net *n, struct fw_view line)
{
	size_t at = fw_view_find(line, FW_STR("/etc/hosts"), 0), from = 0;
	uint8_t next;

	if (at == SIZE_MAX || line.len > 512 || n->hosts_file == HOSTS_FILE_MAX)
		return;
	next = at + 10 < line.len ? line.data[at + 10] : ' ';
	size_t arrow = fw_view_find(line, FW_STR(">"), 0);

	if (is_letter(next) || next == '.' || next == '_' ||
	    arrow == SIZE_MAX || arrow > at)
		return;
	for (size_t i = 0; i <= arrow; i++) {
		if (is_host_char(line.data[i]))
			continue;
		if (net_is_host(fw_view_sub(line, from, i - from))) {
			emit(n, "net.hosts_file", "public", line);
			n->hosts_file++;
			return;
		}
		from = i + 1;
	}
}

static void read_line(struct net *n, struct fw_view line)
{
	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];

		if (is_digit(c))
			i += try_ip(n, line, i);
		if (i >= line.len)
			break;
		if (line.data[i] == ':')
			try_url(n, line, i);
		else if (line.data[i] == '@')
			try_email(n, line, i);
	}
	try_hosts_file(n, line);
}

/* --- objects --- */

static void read_program(struct net *n, const struct fw_object *obj)
{
	const struct fw_strings *all = fw_object_strings(obj, n->out);

	n->where = "program";
	for (size_t i = 0; i < all->n && fw_out_ok(n->out); i++) {
		struct fw_view v = fw_string_view(obj, &all->v[i]);

		read_line(n, v);
		if (all->v[i].ended)
			try_host(n, v);
	}
}

static bool is_comment(struct fw_view line)
{
	line = fw_trim(line);
	return fw_view_starts(line, FW_STR("#")) ||
	       fw_view_starts(line, FW_STR("//")) ||
	       fw_view_starts(line, FW_STR(";")) ||
	       fw_view_starts(line, FW_STR("*")) ||
	       fw_view_starts(line, FW_STR("/*")) ||
	       fw_view_starts(line, FW_STR("<!--"));
}

static bool is_page(struct fw_view text)
{
	static const char *const marks[] = {
		"<html",     "<head",	   "<body", "<?xml",
		"<script",   "<!doctype",  "<div",  "<svg",
		"function(", "function (", NULL
	};
	struct fw_view head = fw_view_sub(text, 0, 4096);

	for (size_t i = 0; marks[i] != NULL; i++)
		if (web_has(head, marks[i]))
			return true;
	return false;
}

static void read_text(struct net *n)
{
	const char *where = is_page(n->all) ? "page" : "text";
	struct fw_view rest = n->all, line;

	while (fw_out_ok(n->out) && fw_split(&rest, '\n', &line)) {
		if (line.len > LINE_MAX)
			line.len = LINE_MAX;
		n->where = is_comment(line) ? "comment" : where;
		read_line(n, line);
	}
}

static bool net_wants(const struct fw_object *obj)
{
	return elf_is(obj) ||
	       (obj->format == NULL && obj->bytes.len >= 8 &&
		obj->bytes.len <= TEXT_MAX && fw_is_text(obj->bytes));
}

static void net_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct net n = { .all = obj->bytes,
			 .out = out,
			 .ips = { .arena = a },
			 .hosts = { .arena = a },
			 .urls = { .arena = a },
			 .emails = { .arena = a } };

	if (elf_is(obj))
		read_program(&n, obj);
	else
		read_text(&n);
}

const struct fw_analyzer fw_analyzer_net_facts = {
	.name = "net_facts",
	.title = "addresses, hosts, URLs and mailboxes",
	.wants = net_wants,
	.inspect = net_inspect,
};
