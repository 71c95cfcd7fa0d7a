/* netname.c - what an address or a host name is good for */
#include "analyzers/web/netname.h"
#include "analyzers/web/webtext.h"
#include "core/data.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool net_read_ip(struct fw_view v, uint32_t *ip, size_t *len)
{
	size_t at = 0;

	*ip = 0;
	for (unsigned part = 0; part < 4; part++) {
		unsigned n = 0;
		size_t from = at;

		if (part > 0 && (at == v.len || v.data[at++] != '.'))
			return false;
		from = at;
		while (at < v.len && is_digit(v.data[at]) && at - from < 4)
			n = n * 10 + (unsigned)(v.data[at++] - '0');
		if (at == from || n > 255 ||
		    (at - from > 1 && v.data[from] == '0'))
			return false;
		*ip = *ip << 8 | n;
	}
	*len = at;
	/* "1.2.3.4.5" and "4.3.2.1.in-addr.arpa" are no addresses; "1.2.3.4."
	 * ends a sentence */
	return at == v.len ||
	       (!is_digit(v.data[at]) &&
		!(v.data[at] == '.' && at + 1 < v.len &&
		  (is_digit(v.data[at + 1]) || v.data[at + 1] == '%' ||
		   (web_lower(v.data[at + 1]) >= 'a' &&
		    web_lower(v.data[at + 1]) <= 'z'))));
}

static bool in_net(uint32_t ip, uint32_t net, unsigned bits)
{
	return (ip ^ net) >> (32 - bits) == 0;
}

/* The class of a row of the table for the text, or NULL. */
static const char *table_class(struct fw_view text, bool below)
{
	static const char *const classes[] = { "resolver",	"schema",
					       "documentation", "ddns",
					       "time",		"check",
					       "push",		NULL };
	struct fw_view rest = fw_data("network"), row[FW_DATA_FIELDS];

	while (fw_data_row(&rest, row)) {
		struct fw_view name = row[1];

		if (name.len == 0 || name.len > text.len)
			continue;
		struct fw_view tail =
			fw_view_sub(text, text.len - name.len, name.len);

		if (!fw_view_eq(tail, name) ||
		    (name.len < text.len &&
		     (!below || text.data[text.len - name.len - 1] != '.')))
			continue;
		for (size_t i = 0; classes[i] != NULL; i++)
			if (fw_view_eq(row[0], fw_view_str(classes[i])))
				return classes[i];
	}
	return NULL;
}

static bool is_netmask(uint32_t ip)
{
	uint32_t host = ~ip;

	return ip >> 24 == 255 ||
	       (ip >= 0x80000000U && (host & (host + 1)) == 0);
}

const char *net_ip_class(uint32_t ip, struct fw_view text)
{
	static const struct {
		uint32_t net;
		unsigned bits;
		const char *class;
	} nets[] = {
		{ 0x00000000, 8, "reserved" },
		{ 0x0a000000, 8, "private" },
		{ 0x64400000, 10, "private" },
		{ 0x7f000000, 8, "loopback" },
		{ 0xa9fe0000, 16, "link-local" },
		{ 0xac100000, 12, "private" },
		{ 0xc0000000, 24, "reserved" },
		{ 0xc0000200, 24, "documentation" },
		{ 0xc0586300, 24, "reserved" },
		{ 0xc0a80000, 16, "private" },
		{ 0xc6120000, 15, "documentation" },
		{ 0xc6336400, 24, "documentation" },
		{ 0xcb007100, 24, "documentation" },
		/* Of four numbers, too: 1.3.101 curves, 2.5.4 names, 2.5.29
		 * extensions of certificates (object identifiers). */
		{ 0x01036500, 24, "identifier" },
		{ 0x02050400, 24, "identifier" },
		{ 0x02051d00, 24, "identifier" },
		{ 0xe0000000, 4, "multicast" },
		{ 0xf0000000, 4, "reserved" },
	};
	const char *known;

	if (is_netmask(ip))
		return "netmask";
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (in_net(ip, nets[i].net, nets[i].bits))
			return nets[i].class;
	known = table_class(text, false);
	if (known != NULL)
		return known;
	/* 99.99.99.99 is what comes to mind when any address will do. */
	if (ip == (ip & 0xff) * 0x01010101U)
		return "example";
	/* Nobody has the first or the last address of a network. */
	return (ip & 0xff) == 0 || (ip & 0xff) == 0xff ? "network" : "public";
}

/* --- names --- */

static bool is_one_of(struct fw_view v, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_eq(v, fw_view_str(*list)))
			return true;
	return false;
}

static struct fw_view last_label(struct fw_view v)
{
	size_t dot = v.len;

	while (dot > 0 && v.data[dot - 1] != '.')
		dot--;
	return fw_view_sub(v, dot, SIZE_MAX);
}

/* Two letters are a country, and a suffix of files as well: "messages.de". */
static bool is_domain(struct fw_view tld, size_t labels)
{
	static const char *const two[] = { "com", "net",   "org", "info",
					   "biz", "cloud", "cn",  NULL };
	static const char *const three[] = {
		"io",	"tv",	  "me",	  "cc",	 "de",	"uk",  "fr",  "jp",
		"kr",	"tw",	  "hk",	  "ru",	 "it",	"nl",  "eu",  "us",
		"in",	"pl",	  "vn",	  "br",	 "au",	"ca",  "ch",  "at",
		"se",	"es",	  "to",	  "gov", "edu", "top", "xyz", "vip",
		"link", "online", "site", "app", "dev", NULL
	};

	return (labels >= 2 && is_one_of(tld, two)) ||
	       (labels >= 3 && is_one_of(tld, three));
}

/* "com.vendor.app" names a package or an interface. */
static bool is_reversed(struct fw_view v)
{
	return fw_view_starts(v, FW_STR("com.")) ||
	       fw_view_starts(v, FW_STR("org.")) ||
	       fw_view_starts(v, FW_STR("net."));
}

bool net_is_host(struct fw_view v)
{
	size_t labels = 1, len = 0;

	if (v.len < 4 || v.len > HOST_MAX || is_reversed(v))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (c == '.') {
			if (len == 0)
				return false;
			labels++;
			len = 0;
			continue;
		}
		if (!(is_digit(c) || (c >= 'a' && c <= 'z') || c == '-') ||
		    ++len > LABEL_MAX || (c == '-' && len == 1))
			return false;
	}
	return len > 0 && is_domain(last_label(v), labels);
}

static bool is_example(struct fw_view host)
{
	static const char *const tails[] = {
		"example.com",	  "example.org",  "example.net",
		"example.edu",	  ".example",	  ".test",
		".invalid",	  "mydomain.com", "domain.com",
		"yourdomain.com", "company.com",  "abc.com",
		"xxx.com",	  "foo.com",	  "foo.org",
		"bar.com",	  "here",	  NULL
	};

	for (size_t i = 0; tails[i] != NULL; i++)
		if (fw_view_ends(host, fw_view_str(tails[i])))
			return true;
	return false;
}

static bool is_local(struct fw_view host)
{
	return fw_view_find(host, FW_STR("."), 0) == SIZE_MAX ||
	       fw_view_ends(host, FW_STR(".local")) ||
	       fw_view_ends(host, FW_STR(".lan")) ||
	       fw_view_ends(host, FW_STR(".localdomain")) ||
	       fw_view_ends(host, FW_STR(".internal")) ||
	       fw_view_ends(host, FW_STR(".arpa"));
}

const char *net_host_class(struct fw_view host)
{
	const char *known;

	if (is_example(host))
		return "example";
	if (is_local(host))
		return "private";
	if (fw_view_starts(host, FW_STR("schemas.")) ||
	    fw_view_starts(host, FW_STR("schema.")))
		return "schema";
	known = table_class(host, true);
	return known != NULL ? known : "public";
}
