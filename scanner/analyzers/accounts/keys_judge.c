/* keys_judge.c - which keys and certificates of an image somebody must act on
 *
 * One key is one finding, however often it lies there. It weighs more when it
 * belongs to a certificate that somebody else has issued, less when it is
 * encrypted or lies among tests and examples; a key that is printed in a
 * library's source is known to everybody.
 */
#include <stdlib.h>

#include "analyzers/accounts/keys.h"
#include "core/data.h"

enum { PLACES_MAX = 32, CERTS_MAX = 64, BUNDLE_MIN = 20 };

static const struct fw_kind private_key = {
	.id = "access/private-key",
	.title = "private key shipped in the firmware",
	.explanation = "A private key that is in every unit is no secret: "
		       "whoever reads one firmware file can pretend to be any "
		       "of the devices, or decrypt what they send.",
	.ask_vendor = "What is this key for, is it the same in every unit, and "
		      "how is it replaced?",
	.false_alarm = "A key for tests or examples that nothing uses, or one "
		       "that the device replaces when it first starts.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 321, 798 },
};

static const struct fw_kind public_key = {
	.id = "access/published-key",
	.title = "the firmware uses a private key that is published",
	.explanation = "This private key is printed in the source code of a "
		       "library or its tests. Everybody has it, so it protects "
		       "nothing.",
	.ask_vendor = "Where is this key used, and when is it replaced by one "
		      "that each device makes for itself?",
	.false_alarm =
		"The library carries it for its self-test and the device "
		"never uses it.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 321, 798 },
};

static const struct fw_kind expired = {
	.id = "weakness/expired-certificate",
	.title = "certificates had expired when the image was built",
	.explanation =
		"A certificate past its date is refused by programs that "
		"check it. That it is still shipped suggests that "
		"nothing here checks.",
	.ask_vendor = "Are these certificates used, and does the device check "
		      "dates of certificates at all?",
	.false_alarm =
		"Old roots in a bundle of authorities, or dates of files "
		"that were set when the image was packed.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 298 },
};

static const struct fw_kind weak = {
	.id = "weakness/weak-certificate",
	.title = "certificates with short keys or broken signatures",
	.explanation =
		"The signature or key of these certificates can be forged "
		"with moderate effort, so that they prove little.",
	.ask_vendor = "When are these certificates replaced by ones with at "
		      "least RSA-2048 and SHA-256?",
	.false_alarm = "Nobody relies on the signature of a root that signed "
		       "itself.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 326, 327 },
};

static const struct fw_kind foreign = {
	.id = "access/unknown-authority",
	.title = "the trust store holds an authority that browsers do not know",
	.explanation = "The device believes whatever this authority signs. "
		       "Whoever holds its key can pose as any server, for "
		       "example as the one that delivers updates.",
	.ask_vendor = "Whose authority is this, who holds its key, and what is "
		      "it needed for?",
	.false_alarm = "The vendor's own authority for its own servers, or one "
		       "that browsers have removed since.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 295 },
};

const struct fw_kind *const key_kinds[] = { &private_key, &public_key, &expired,
					    &weak,	  &foreign,    NULL };

struct seen {
	uint32_t place;
	const char *fact;
	struct fw_view id; /* public half; empty: hidden by encryption */
};

struct list {
	struct seen *v;
	size_t n, cap;
};

struct judge {
	const struct fw_tree *tree;
	struct fw_out *out;
	uint32_t root, end;
	struct list keys, certs;
};

/* The value of "name=" in a fact, up to "; ". */
static struct fw_view field(const char *fact, const char *name)
{
	struct fw_view v = fw_view_str(fact);
	size_t n = strlen(name);

	while (v.len > n) {
		size_t end = fw_view_find(v, FW_STR("; "), 0);
		size_t len = end == SIZE_MAX ? v.len : end;

		if (!memcmp(v.data, name, n) && v.data[n] == '=')
			return fw_view_sub(v, n + 1, len - n - 1);
		v = fw_view_sub(v, len + 2, SIZE_MAX);
	}
	return fw_view_of("", 0);
}

static bool is(const char *fact, const char *name, const char *value)
{
	return fw_view_eq(field(fact, name), fw_view_str(value));
}

static uint64_t number(const char *fact, const char *name)
{
	struct fw_view v = field(fact, name);

	return v.len > 0 ? strtoull((const char *)v.data, NULL, 10) : 0;
}

static void gather(struct judge *j, struct list *l, const char *key,
		   uint32_t place)
{
	const struct fw_place *p = &j->tree->places[place];

	for (size_t i = 0; i < p->fact_count; i++) {
		if (strcmp(p->facts[i].key, key) != 0)
			continue;
		l->v = fw_grow(fw_out_arena(j->out), l->v, &l->cap, l->n + 1,
			       sizeof(*l->v));
		l->v[l->n++] = (struct seen){
			.place = place,
			.fact = p->facts[i].value,
			.id = field(p->facts[i].value, "public"),
		};
	}
}

static int compare(struct fw_view a, struct fw_view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.data, b.data, n) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_id(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int order = compare(x->id, y->id);

	if (order == 0 && x->place != y->place)
		order = x->place < y->place ? -1 : 1;
	return order != 0 ? order : strcmp(x->fact, y->fact);
}

static void sort(struct list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
}

/* The certificate of a key, or NULL. */
static const struct seen *cert_of(const struct judge *j, const struct seen *key)
{
	size_t low = 0, high = j->certs.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(j->certs.v[mid].id, key->id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return key->id.len > 0 && low < j->certs.n &&
			       compare(j->certs.v[low].id, key->id) == 0
		       ? &j->certs.v[low]
		       : NULL;
}

static bool among_examples(const char *path)
{
	static const char *const words[] = { "*/test/*",     "*/tests/*",
					     "*/testdata/*", "*/example*/*",
					     "*/doc/*",	     "*/docs/*",
					     "*/sample*/*",  "*/demo*/*",
					     "*/testing/*" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (fw_path_matches(path, words[i]))
			return true;
	return false;
}

/* Row of public-keys.tsv for a key: its public half, where it is published. */
static struct fw_view published(struct fw_view id)
{
	struct fw_view rest = fw_data("public-keys"), f[FW_DATA_FIELDS];

	while (id.len > 0 && fw_data_row(&rest, f))
		if (fw_view_eq(f[0], id))
			return f[1];
	return (struct fw_view){ NULL, 0 };
}

static struct fw_evidence place_of(struct judge *j, const struct seen *s)
{
	const char *what =
		fw_text(j->out, "%.*s %u bits, %.*s%s",
			FW_FMT(field(s->fact, "algorithm")),
			(unsigned)number(s->fact, "bits"),
			FW_FMT(field(s->fact, "encoding")),
			is(s->fact, "encrypted", "yes") ? ", encrypted" : "");

	return (struct fw_evidence){
		.offset = number(s->fact, "offset"),
		.line = (uint32_t)number(s->fact, "line"),
		.text = what,
	};
}

/* The common name of a distinguished name, or all of it. */
static struct fw_view common_name(struct fw_view name)
{
	size_t at = 0;

	while ((at = fw_view_find(name, FW_STR("CN="), at)) != SIZE_MAX) {
		struct fw_view v = fw_view_sub(name, at + 3, SIZE_MAX);
		size_t end = fw_view_find(v, FW_STR(","), 0);

		if (at == 0 || name.data[at - 1] == ',')
			return fw_view_sub(v, 0, end);
		at += 3;
	}
	return name;
}

static const char *about(struct judge *j, const struct seen *key,
			 const struct seen *cert)
{
	struct fw_view opened = field(key->fact, "opened");
	const char *text = fw_text(j->out, "%.*s key of %u bits",
				   FW_FMT(field(key->fact, "algorithm")),
				   (unsigned)number(key->fact, "bits"));

	if (is(key->fact, "encrypted", "yes"))
		text = "encrypted key: its password must be in the device, or "
		       "typed in";
	else if (opened.len > 0 && opened.data[0] != '-')
		text = fw_text(j->out, "%s, password \"%.*s\"", text,
			       FW_FMT(opened));
	if (cert != NULL)
		text = fw_text(
			j->out,
			"%s; belongs to the certificate of %.*s, issued "
			"by %.*s, valid to %.*s",
			text, FW_FMT(common_name(field(cert->fact, "subject"))),
			FW_FMT(common_name(field(cert->fact, "issuer"))),
			FW_FMT(field(cert->fact, "to")));
	return text;
}

static void weigh(const struct judge *j, const struct seen *v, size_t n,
		  const struct seen *cert, struct fw_claim *c)
{
	bool examples = true;

	for (size_t i = 0; i < n; i++)
		examples = examples &&
			   among_examples(j->tree->places[v[i].place].path);
	if (cert != NULL && is(cert->fact, "self", "no"))
		c->severity = FW_CRITICAL;
	if (is(v[0].fact, "encrypted", "yes")) {
		c->severity = FW_LOW;
		c->confidence = FW_LIKELY;
	}
	if (examples) {
		c->severity = FW_LOW;
		c->confidence = FW_UNSURE;
	}
}

/* n places of one key. */
static void report_key(struct judge *j, const struct seen *v, size_t n)
{
	const struct fw_place *p = &j->tree->places[v[0].place];
	struct fw_view known = published(v[0].id);
	const struct seen *cert = cert_of(j, &v[0]);
	struct fw_claim c = FW_CLAIM(known.data ? &public_key : &private_key);
	struct fw_evidence e[PLACES_MAX];
	size_t count = 0;

	weigh(j, v, n, known.data ? NULL : cert, &c);
	/* The self-test of a library or kernel carries it; the device need not
	 * use it. */
	if (known.data != NULL && p->format != NULL &&
	    (strcmp(p->format, "elf") == 0 ||
	     strcmp(p->format, "linux_kernel") == 0))
		c.severity = FW_INFO;
	for (size_t i = 0; i < n && count < PLACES_MAX; i++) {
		e[count] = place_of(j, &v[i]);
		if (i > 0)
			e[count] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = j->tree->places[v[i].place].path
			};
		count++;
	}
	c.detail = about(j, &v[0], cert);
	if (known.data != NULL)
		c.detail = fw_text(j->out, "%s; published: %.*s", c.detail,
				   FW_FMT(known));
	c.key = v[0].id.len > 0 ? fw_text(j->out, "%.*s", FW_FMT(v[0].id))
				: "encrypted";
	c.evidence = e;
	c.evidence_count = count;
	fw_out_at(j->out, v[0].place);
	fw_out_claim(j->out, &c);
}

static void judge_keys(struct judge *j)
{
	for (size_t i = 0, end; i < j->keys.n && fw_out_ok(j->out); i = end) {
		end = i + 1;
		while (end < j->keys.n && j->keys.v[i].id.len > 0 &&
		       fw_view_eq(j->keys.v[end].id, j->keys.v[i].id))
			end++;
		report_key(j, &j->keys.v[i], end - i);
	}
}

/* --- certificates --- */

/* When the image was made, as far as its newest file tells: "2016-09-22", or
 * "" where files have no times. */
static int64_t built(const struct judge *j)
{
	const int64_t first = 631152000, last = 4102444800; /* 1990, 2100 */
	int64_t newest = 0;

	for (uint32_t i = j->root; i < j->end; i++) {
		const struct fw_meta *m = j->tree->places[i].meta;

		if (m->type == FW_FILE && m->mtime > newest &&
		    m->mtime > first && m->mtime < last)
			newest = m->mtime;
	}
	return newest;
}

static bool is_weak(const char *fact)
{
	bool rsa = is(fact, "algorithm", "RSA");

	if (is(fact, "self", "yes") && is(fact, "authority", "yes"))
		return rsa && number(fact, "bits") < 1024;
	return (rsa && number(fact, "bits") < 2048) ||
	       is(fact, "digest", "MD5") || is(fact, "digest", "SHA1");
}

static bool in_store(const char *path)
{
	static const char *const places[] = {
		"*/ssl/certs/*", "*ca-certificates.crt", "*ca-bundle*",
		"*/ca-cert*/*",	 "*/security/cacerts/*", "*/cacert*.pem",
		"*/cacert*.crt", "*/ca-trust/*",	 "*/trusted*/*",
		"*/CApath/*",	 "*/pki/*/certs/*",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (fw_path_matches(path, places[i]))
			return true;
	return false;
}

static bool known_root(struct fw_view fingerprint)
{
	struct fw_view rest = fw_data("ca-roots"), f[FW_DATA_FIELDS];

	while (fw_data_row(&rest, f))
		if (fw_view_eq(f[0], fingerprint))
			return true;
	return false;
}

struct certs {
	const struct seen *v[CERTS_MAX];
	size_t n, all;
};

static void note(struct certs *c, const struct seen *s)
{
	/* The same certificate in many places is one. */
	for (size_t i = 0; i < c->n; i++)
		if (fw_view_eq(field(c->v[i]->fact, "sha256"),
			       field(s->fact, "sha256")))
			return;
	if (c->n < CERTS_MAX)
		c->v[c->n++] = s;
	c->all++;
}

static void report_certs(struct judge *j, const struct fw_kind *k,
			 const struct certs *l, enum fw_severity severity)
{
	struct fw_claim c = FW_CLAIM(k);
	struct fw_evidence e[CERTS_MAX];

	if (l->n == 0)
		return;
	for (size_t i = 0; i < l->n; i++) {
		const char *f = l->v[i]->fact;

		e[i] = (struct fw_evidence){
			.offset = FW_NO_OFFSET,
			.text = fw_text(
				j->out, "%s: %.*s (%.*s-%u, %.*s, to %.*s)",
				j->tree->places[l->v[i]->place].path,
				FW_FMT(common_name(field(f, "subject"))),
				FW_FMT(field(f, "algorithm")),
				(unsigned)number(f, "bits"),
				FW_FMT(field(f, "digest")),
				FW_FMT(field(f, "to"))),
		};
	}
	c.severity = severity;
	c.detail = fw_text(j->out, "%zu certificate%s", l->all,
			   l->all == 1 ? "" : "s");
	c.key = k->id;
	c.evidence = e;
	c.evidence_count = l->n;
	fw_out_at(j->out, j->root);
	fw_out_claim(j->out, &c);
}

static void judge_certs(struct judge *j)
{
	struct certs old = { 0 }, feeble = { 0 }, strange = { 0 };
	int64_t when = built(j);
	const char *today = when > 0 ? fw_date(fw_out_arena(j->out), when) : "";
	size_t known = 0;

	for (size_t i = 0; i < j->certs.n; i++) {
		const struct seen *s = &j->certs.v[i];
		const char *path = j->tree->places[s->place].path;
		struct fw_view to = field(s->fact, "to");
		bool store = in_store(path);

		if (among_examples(path))
			continue;
		if (!store && to.len == strlen(today) && to.len > 0 &&
		    memcmp(to.data, today, to.len) < 0)
			note(&old, s);
		if (!store && is_weak(s->fact))
			note(&feeble, s);
		if (!store || !is(s->fact, "authority", "yes"))
			continue;
		if (known_root(field(s->fact, "sha256")))
			known++;
		else if (to.len == strlen(today) && to.len > 0 &&
			 memcmp(to.data, today, to.len) > 0)
			note(&strange, s);
	}
	report_certs(j, &expired, &old, FW_LOW);
	report_certs(j, &weak, &feeble, FW_LOW);
	/* Without a public bundle around it nothing tells what is foreign; and
	 * many unknown ones are a bundle of another time. */
	if (known >= BUNDLE_MIN && strange.all * 4 < known)
		report_certs(j, &foreign, &strange,
			     strange.all < 5 ? FW_MEDIUM : FW_LOW);
}

void keys_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);) {
		struct judge j = { .tree = tree, .out = out, .root = root };

		j.end = root + 1;
		while (j.end < tree->count &&
		       tree->places[j.end].parent != UINT32_MAX)
			j.end++;
		for (uint32_t i = root; i < j.end; i++) {
			gather(&j, &j.keys, FACT_KEY, i);
			gather(&j, &j.certs, FACT_CERT, i);
		}
		sort(&j.keys);
		sort(&j.certs);
		judge_keys(&j);
		judge_certs(&j);
		root = j.end;
	}
}
