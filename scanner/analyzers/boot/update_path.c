/* update_path.c - programs that install updates which nobody has signed
 *
 * Facts: update.writes (a command that unpacks over the system or writes the
 * flash memory), update.fetch (firmware asked for by plain http), update.sum (a
 * text about a checksum of firmware), update.verifies (a function that checks
 * signatures). What a program is called with is not known here: a tool that
 * writes the flash memory on somebody's behalf is none of these.
 */
#include "analyzers/boot/update_kinds.h"
#include "analyzers/elf/elf_use.h"
#include "analyzers/web/webtext.h"
#include "core/strings.h"

enum { LINE_MAX = 1024, SHOWN = 160, PLACES_MAX = 8 };

static const struct fw_kind flashed = {
	.id = "integrity/update-unverified",
	.title = "program writes firmware to the flash memory without a "
		 "signature check",
	.explanation = "A program that can be reached over the network writes "
		       "files to the flash memory, and calls no function that "
		       "checks a signature. A fake update would be installed.",
	.ask_vendor = "Who checks the signature of an update before it is "
		      "written, and with which key?",
	.false_alarm = "Another program checks it first, or the boot loader "
		       "refuses what is not signed.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.per_image = true,
	.cwe = { 494, 347 },
};

static const struct fw_kind plain_http = {
	.id = "integrity/update-plain-http",
	.title = "firmware is fetched without encryption",
	.explanation = "The program asks for updates by plain http. Anybody on "
		       "the way can see that, and send something else.",
	.ask_vendor = "How does the device make sure that what it gets is from "
		      "you?",
	.false_alarm = "The update is signed and the signature is checked.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.per_image = true,
	.cwe = { 494, 319 },
};

static const struct fw_kind summed = {
	.id = "integrity/update-checksum",
	.title = "firmware is checked by a checksum and no signature",
	.explanation = "The program compares a checksum such as MD5 or CRC "
		       "before it installs firmware. That protects against "
		       "accidents: whoever changes the firmware makes the "
		       "checksum right again.",
	.ask_vendor = "Is firmware signed, and what checks the signature?",
	.false_alarm = "The boot loader or another program checks a signature, "
		       "or this one does it with code of its own.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.per_image = true,
	.cwe = { 353, 347 },
};

static const struct fw_kind *const kinds[] = { &update_unpacked, &flashed,
					       &plain_http, &summed, NULL };

/* The first texts of one sort. */
struct texts {
	struct fw_evidence v[PLACES_MAX];
	size_t n;
};

struct update {
	struct fw_out *out;
	struct texts root, flash, fetch, sum;
	bool uploads; /* by its own web pages */
	bool listens;
	bool knows_signatures; /* by a text: the code may be its own */
};

static bool has(struct fw_view v, const char *text)
{
	return fw_view_find(v, fw_view_str(text), 0) != SIZE_MAX;
}

static void note(struct update *u, struct texts *t, const char *fact,
		 struct fw_view v, size_t at)
{
	if (t->n == PLACES_MAX)
		return;
	if (v.len > SHOWN)
		v.len = SHOWN;
	v = fw_trim(v);
	const char *text = fw_text(u->out, "%.*s", FW_FMT(v));

	t->v[t->n++] = (struct fw_evidence){ .offset = at, .text = text };
	fw_out_fact(u->out, fact, text);
}

/* Whether option stands in v and is followed by the root folder alone. */
static bool to_root(struct fw_view v, const char *option)
{
	size_t n = strlen(option), at = 0;

	while ((at = fw_view_find(v, fw_view_str(option), at)) != SIZE_MAX) {
		at += n;
		while (at < v.len && v.data[at] == ' ')
			at++;
		if (at == v.len || v.data[at++] != '/')
			continue;
		if (at < v.len && v.data[at] == '.')
			at++;
		if (at == v.len || strchr(" ;&|\"'\n\t>", v.data[at]) != NULL)
			return true;
	}
	return false;
}

static bool unpacks_to_root(struct fw_view v)
{
	if (has(v, "unzip ") && to_root(v, " -d "))
		return true;
	if (has(v, "tar ") && (to_root(v, " -C ") || to_root(v, " -C")))
		return has(v, "x");
	return has(v, "cpio ") && has(v, "-i") && has(v, "cd / ");
}

static bool writes_flash(struct fw_view v)
{
	return has(v, "> /dev/mtd") || has(v, ">/dev/mtd") ||
	       has(v, "of=/dev/mtd") || has(v, "mtd write %s") ||
	       has(v, "mtd_write write %s") || has(v, "mtd -r write ") ||
	       has(v, "flashcp %s") || has(v, "flashcp -v %s") ||
	       has(v, "nandwrite -p /dev/mtd");
}

static bool speaks_of_firmware(struct fw_view v)
{
	static const char *const words[] = { "firmware",   "upgrade",
					     "fwupdate",   "fwupgrade",
					     "ota/",	   "/update",
					     "softupdate", NULL };

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(v, words[i]))
			return true;
	return false;
}

/* http://host/... of a host outside, that leads to firmware. */
static bool fetches_firmware(struct fw_view v)
{
	size_t at = web_find(v, "http://", 0);
	struct fw_view url;

	if (at == SIZE_MAX)
		return false;
	url = fw_view_sub(v, at + 7, SIZE_MAX);
	if (url.len < 8 || !speaks_of_firmware(url))
		return false;
	return !web_has(url, ".htm") &&
	       !fw_view_starts(url, FW_STR("192.168")) &&
	       !fw_view_starts(url, FW_STR("127.")) &&
	       !fw_view_starts(url, FW_STR("schemas.")) &&
	       !has(url, "www.w3.org") && !has(url, "onvif.org");
}

static bool is_judgement(struct fw_view v)
{
	static const char *const words[] = { "correct", "fail",	    "error",
					     "verif",	"mismatch", "wrong",
					     "invalid", "check",    "bad ",
					     NULL };

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(v, words[i]))
			return true;
	return false;
}

/* "image md5 checksum is not correct", and no mere name of a function. */
static bool speaks_of_sum(struct fw_view v)
{
	bool sum = web_has(v, "md5") || web_has(v, "crc") ||
		   web_has(v, "checksum");

	return sum && has(v, " ") && is_judgement(v) &&
	       (web_has(v, "firmware") || web_has(v, "upgrade") ||
		web_has(v, "image"));
}

/* Most strings of a program are names of functions; those say nothing here. */
static bool is_line(struct fw_view v)
{
	return memchr(v.data, ' ', v.len) != NULL ||
	       memchr(v.data, '/', v.len) != NULL;
}

/* An address to which an update is sent: "POST /upgrade_firmware.cgi". */
static bool takes_upload(struct fw_view v)
{
	return (web_has(v, ".cgi") || web_has(v, "/goform/") ||
		fw_view_starts(v, FW_STR("POST /"))) &&
	       (web_has(v, "upgrade") || web_has(v, "firmware")) &&
	       !web_has(v, "http");
}

static void look_at(struct update *u, struct fw_view v, size_t at)
{
	if (unpacks_to_root(v))
		note(u, &u->root, "update.writes", v, at);
	else if (writes_flash(v))
		note(u, &u->flash, "update.writes", v, at);
	if (fetches_firmware(v))
		note(u, &u->fetch, "update.fetch", v, at);
	if (speaks_of_sum(v))
		note(u, &u->sum, "update.sum", v, at);
	u->uploads = u->uploads || takes_upload(v);
	u->knows_signatures = u->knows_signatures || web_has(v, "signature") ||
			      has(v, "dgst -verify") || has(v, "usign -V") ||
			      has(v, "rsautl -verify") ||
			      has(v, "gpg --verify");
}

static void claim(struct update *u, const struct fw_kind *k,
		  const struct texts *t)
{
	struct fw_claim c = FW_CLAIM(k);

	if (t->n == 0)
		return;
	/* Whoever reaches the web server sends the update; what is unpacked
	 * over the system needs not even be a whole firmware. */
	if (k == &flashed && u->uploads)
		c.severity = FW_HIGH;
	if (k == &update_unpacked && u->uploads && u->listens)
		c.severity = FW_CRITICAL;
	c.detail = t->v[0].text;
	c.evidence = t->v;
	c.evidence_count = t->n;
	if (u->knows_signatures)
		c.confidence = FW_UNSURE;
	fw_out_claim(u->out, &c);
}

/* One cause: the worst that is known of the program. */
static void judge(struct update *u, const struct elf_use *use)
{
	if (use->verifies) {
		fw_out_fact(u->out, "update.verifies", "yes");
		return;
	}
	u->listens = use->listens;
	claim(u, &plain_http, &u->fetch);
	if (u->root.n > 0)
		claim(u, &update_unpacked, &u->root);
	else if (u->flash.n > 0 && use->listens)
		claim(u, &flashed, &u->flash);
	else if (u->sum.n > 0 && use->listens && !u->knows_signatures)
		claim(u, &summed, &u->sum);
}

static void update_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct update *u = fw_alloc(a, 1, sizeof(*u));
	const struct fw_strings *all = fw_object_strings(obj, out);
	struct elf_use use;
	struct elf_file f;

	u->out = out;
	if (!elf_open(&f, obj->bytes, a))
		return;
	for (size_t i = 0; i < all->n; i++) {
		struct fw_view v = fw_string_view(obj, &all->v[i]);

		if (v.len >= 8 && v.len <= LINE_MAX && is_line(v))
			look_at(u, v, all->v[i].off);
	}
	if (u->root.n + u->flash.n + u->fetch.n + u->sum.n > 0 &&
	    (f.h.e_type == ET_EXEC || f.h.e_type == ET_DYN)) {
		elf_use_read(&f, &use);
		if (use.known)
			judge(u, &use);
	}
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_update_path = {
	.name = "update_path",
	.title = "how programs install updates",
	.kinds = kinds,
	.wants = elf_is,
	.inspect = update_inspect,
};
