/* network.c - addresses and hosts that stand out
 *
 * Reads the facts net.* of every object. What the owner chooses (dynamic DNS,
 * time servers), what only names a format (schemas) and what stands in help
 * pages, comments and documentation is left to the facts.
 */
#include "analyzers/web/webtext.h"
#include "core/listing.h"
#include "core/roots.h"

enum {
	EVIDENCE_MAX = 24,
	LIST_MIN = 6,	   /* addresses in one table: */
	LIST_BYTES = 1024, /* this many in so few bytes */
};

static const struct fw_kind fixed_address = {
	.id = "network/fixed-address",
	.title = "addresses on the internet are built in as numbers",
	.explanation =
		"The device knows computers on the internet by number and "
		"not by name. Nobody can tell whom the number belongs "
		"to, it can pass to somebody else, and no certificate "
		"stands for it.",
	.ask_vendor = "Whose addresses are these, what does the device send "
		      "there, and can the owner change or block them?",
	.false_alarm =
		"Public name servers and time servers, example settings, "
		"or four numbers that are no address.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 1051 },
};

static const struct fw_kind cloud = {
	.id = "network/cloud-control",
	.title = "programs talk to servers of the vendor or of third parties",
	.explanation =
		"These programs know hosts on the internet that the owner "
		"did not choose. What the device reports there, and what "
		"these hosts can make it do, does not show in the "
		"firmware. Requests by plain http can be read and "
		"changed on the way.",
	.ask_vendor = "What does the device send to each of these hosts, what "
		      "can they make it do, and can the owner switch it off?",
	.false_alarm = "A service that the owner chooses in the settings, or a "
		       "host that is only named in a text.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 319, 923 },
};

static const struct fw_kind relay = {
	.id = "network/p2p-relay",
	.title = "a relay service makes the device reachable from the internet",
	.explanation = "The program holds a library that keeps a connection to "
		       "relay servers open, so that an app reaches the device "
		       "behind the owner's router. Whoever knows or guesses "
		       "the device's number can try to log in; several of "
		       "these services let strangers in.",
	.ask_vendor = "Which relay service is this, in which version, who runs "
		      "the servers, and can the owner switch it off?",
	.false_alarm = "The library is there but is not started.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 923, 441 },
	.references = { "https://nvd.nist.gov/vuln/detail/CVE-2019-11219",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-28372" },
};

static const struct fw_kind hosts_file = {
	.id = "network/hosts-rewrite",
	.title = "names on the internet are given another address",
	.explanation =
		"The device adds names to its file of hosts. It then goes "
		"where that file says, whatever the owner's name server "
		"answers.",
	.ask_vendor = "Why is the address of this name fixed, and whose is it?",
	.false_alarm = "The device's own name, so that it finds itself.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 350 },
};

static const struct fw_kind *const kinds[] = { &fixed_address, &cloud, &relay,
					       &hosts_file, NULL };

struct gathered {
	struct fw_evidence v[EVIDENCE_MAX];
	size_t n, all;
	enum fw_severity worst;
};

struct network {
	struct gathered fixed, cloud, relay, hosts_file;
	bool plain;
};

/* The first of the worst stands in front. */
static void note(struct gathered *g, enum fw_severity s, const char *text)
{
	struct fw_evidence e = { .offset = FW_NO_OFFSET, .text = text };

	if (g->all++ == 0 || s > g->worst) {
		if (g->n > 0 && g->n < EVIDENCE_MAX)
			g->v[g->n++] = g->v[0];
		g->v[0] = e;
		g->n = g->n == 0 ? 1 : g->n;
		g->worst = s;
	} else if (g->n < EVIDENCE_MAX) {
		g->v[g->n++] = e;
	}
}

/* "CLASS WHERE VALUE @0xOFFSET" in its parts. */
struct said {
	struct fw_view class, where, value;
	uint64_t at;
	const char *shown; /* from VALUE on */
};

static bool part(const char *fact, struct said *s)
{
	struct fw_view rest = fw_view_str(fact);
	size_t at;

	if (!fw_split(&rest, ' ', &s->class) ||
	    !fw_split(&rest, ' ', &s->where) || rest.data == NULL)
		return false;
	s->shown = (const char *)rest.data;
	at = fw_view_find(rest, FW_STR(" @0x"), 0);
	s->value = fw_view_sub(rest, 0, at == SIZE_MAX ? rest.len : at);
	s->at = 0;
	for (at += 4; at < rest.len && s->at < UINT32_MAX; at++) {
		uint8_t c = web_lower(rest.data[at]);

		s->at = s->at * 16 +
			(uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return true;
}

static bool is(struct fw_view v, const char *word)
{
	return fw_view_eq(v, fw_view_str(word));
}

/* Text for readers and data of others: addresses in it are not the device's. */
static bool is_reading(const char *path)
{
	static const char *const patterns[] = { "*/share/doc/*",
						"*/share/man/*",
						"*/share/info/*",
						"*/help/*",
						"*/doc/*",
						"*/docs/*",
						"*/examples/*",
						"*/locale/*",
						"*/zoneinfo/*",
						"*readme*",
						"*README*",
						"*LICENSE*",
						"*COPYING*",
						"*copyright*",
						"*changelog*",
						"*ChangeLog*",
						"*/share/perl*",
						"*/share/python*",
						"*/python3*",
						"*.pem",
						"*.js",
						"*.htm",
						"*.html",
						"*.asp",
						"*.xml",
						"*.css",
						"*.svg",
						"*/test/*",
						"*/tests/*",
						"*/Test/*",
						"*.crt",
						"*/lintian/*",
						"*/lib/dpkg/*",
						"*/lib/opkg/*",
						"*/bash-completion/*",
						NULL };

	for (size_t i = 0; patterns[i] != NULL; i++)
		if (fw_path_matches(path, patterns[i]))
			return true;
	return false;
}

/* --- numbers --- */

/* How many public addresses a program has close around one: many are a table,
 * mostly of time servers. */
static size_t neighbours(const struct fw_place *p, uint64_t at)
{
	size_t n = 0;
	const char *v;

	for (size_t i = 0;
	     n < LIST_MIN && (v = web_next(p, "net.ip", &i)) != NULL;) {
		struct said s;

		if (part(v, &s) && is(s.class, "public"))
			n += (s.at > at ? s.at - at : at - s.at) < LIST_BYTES;
	}
	return n;
}

static void take_ips(struct network *w, const struct fw_place *p,
		     struct fw_out *out)
{
	const char *v;
	struct said s;

	for (size_t i = 0; (v = web_next(p, "net.ip", &i)) != NULL;) {
		bool known;

		if (!part(v, &s) ||
		    !(is(s.where, "program") || is(s.where, "text")))
			continue;
		known = is(s.class, "resolver");
		if (!known && !is(s.class, "public"))
			continue;
		bool table = !known && neighbours(p, s.at) >= LIST_MIN;

		note(&w->fixed, known || table ? FW_LOW : FW_MEDIUM,
		     fw_text(out, "%s: %s%s", p->path, s.shown,
			     known   ? " (public name server)"
			     : table ? " (one of a table)"
				     : ""));
	}
}

/* --- hosts --- */

static bool sends_secret(struct fw_view url)
{
	static const char *const words[] = {
		"pwd=", "pass=", "passwd=", "password=", "token=", "key=", NULL
	};

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(url, words[i]))
			return true;
	return false;
}

/* With values put in, or sent to a program: a request and no mere name. */
static bool is_request(struct fw_view url)
{
	static const char *const marks[] = { "%",    "?",    ".asp",  ".php",
					     ".cgi", ".bin", ".json", ".jsp",
					     "/api", NULL };

	for (size_t i = 0; marks[i] != NULL; i++)
		if (web_has(url, marks[i]))
			return true;
	return false;
}

/* Plain http to a host that nobody chose is worse than knowing its name. */
static void take_urls(struct network *w, const struct fw_place *p,
		      struct fw_out *out)
{
	const char *v;
	struct said s;

	for (size_t i = 0; (v = web_next(p, "net.url", &i)) != NULL;) {
		if (!part(v, &s) || !is(s.where, "program") ||
		    !(is(s.class, "public") || is(s.class, "push")))
			continue;
		bool plain = fw_view_starts(s.value, FW_STR("http://")) &&
			     is_request(s.value);

		w->plain = w->plain || plain;
		note(&w->cloud, plain ? FW_MEDIUM : FW_LOW,
		     fw_text(out, "%s: %s%s", p->path, s.shown,
			     plain && sends_secret(s.value)
				     ? " (a secret in clear text)"
				     : ""));
	}
}

static void take_hosts(struct network *w, const struct fw_place *p,
		       struct fw_out *out)
{
	const char *v;
	struct said s;

	for (size_t i = 0; (v = web_next(p, "net.host", &i)) != NULL;)
		if (part(v, &s) && is(s.where, "program") &&
		    (is(s.class, "public") || is(s.class, "push")))
			note(&w->cloud, FW_LOW,
			     fw_text(out, "%s: %s", p->path, s.shown));
}

static void take_rest(struct network *w, const struct fw_place *p,
		      struct fw_out *out)
{
	const char *v = fw_place_fact(p, "net.p2p", 0);
	struct said s;

	if (v != NULL)
		note(&w->relay, FW_MEDIUM, fw_text(out, "%s: %s", p->path, v));
	for (size_t i = 0; (v = web_next(p, "net.hosts_file", &i)) != NULL;)
		if (part(v, &s) && !is(s.where, "comment"))
			note(&w->hosts_file, FW_LOW,
			     fw_text(out, "%s: %s", p->path, s.shown));
}

static void take(void *ctx, const struct fw_place *p, struct fw_out *out)
{
	struct network *w = ctx;

	if (p->fact_count == 0 || is_reading(p->path))
		return;
	take_ips(w, p, out);
	take_rest(w, p, out);
	/* A program that opens no connections only names its hosts. */
	if (fw_place_fact(p, "net.role", 0) == NULL)
		return;
	take_urls(w, p, out);
	take_hosts(w, p, out);
}

static void claim(const struct gathered *g, const struct fw_kind *k,
		  const char *detail, struct fw_out *out)
{
	struct fw_claim c = FW_CLAIM(k);

	if (g->all == 0)
		return;
	c.severity = g->worst;
	c.detail = detail;
	c.key = k->id;
	c.evidence = g->v;
	c.evidence_count = g->n;
	fw_out_claim(out, &c);
}

static void finish(void *ctx, uint32_t root, struct fw_out *out)
{
	struct network *w = ctx;

	fw_out_at(out, root);
	claim(&w->fixed, &fixed_address,
	      fw_text(out, "%zu %s", w->fixed.all,
		      w->fixed.all == 1 ? "address" : "addresses"),
	      out);
	claim(&w->cloud, &cloud,
	      fw_text(out, "%zu %s%s", w->cloud.all,
		      w->cloud.all == 1 ? "host" : "hosts",
		      w->plain ? ", some by plain http" : ""),
	      out);
	claim(&w->relay, &relay,
	      fw_text(out, "%zu %s", w->relay.all,
		      w->relay.all == 1 ? "program" : "programs"),
	      out);
	claim(&w->hosts_file, &hosts_file,
	      fw_text(out, "%zu %s", w->hosts_file.all,
		      w->hosts_file.all == 1 ? "place" : "places"),
	      out);
	*w = (struct network){ 0 };
}

static void network_correlate(const struct fw_tree *t, struct fw_out *out)
{
	static const struct fw_each each = { take, finish };

	fw_each_image(t, out, &each,
		      fw_alloc(fw_out_arena(out), 1, sizeof(struct network)));
}

const struct fw_analyzer fw_analyzer_network = {
	.name = "network",
	.title = "addresses and hosts that stand out",
	.kinds = kinds,
	.correlate = network_correlate,
};
