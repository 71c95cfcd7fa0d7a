/* updates.c - scripts that install firmware or programs, and what they check
 *
 * A script that writes flash or unpacks over the system decides what the device
 * runs from then on. Looked at are where the new software comes from and what
 * is asked of it: a signature, a checksum, or nothing. Scripts that write flash
 * are one finding a root file system, with each script as evidence; those that
 * unpack are claimed one by one and merged with programs that do the same.
 */
#include <stdlib.h>

#include "analyzers/boot/services.h"
#include "analyzers/boot/update_kinds.h"

enum { SCRIPTS_MAX = 8, COMMANDS_MAX = 400 };

static const struct fw_kind flash = {
	.id = "integrity/update-flash",
	.title = "firmware is written without checking who made it",
	.explanation = "A script writes new firmware to the flash memory, and "
		       "neither it nor what it reads in checks a signature. "
		       "Whoever can hand it a file, or answers in place of "
		       "the vendor's server, replaces the firmware.",
	.ask_vendor = "How does the device make sure that only the vendor's "
		      "firmware is installed?",
	.false_alarm = "The program that calls the script checks the signature "
		       "before.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 347, 494 },
};

enum origin { FROM_IMAGE, FROM_CALLER, FROM_TMP, FROM_MEDIA, FROM_NET };
enum check { CHECK_NONE, CHECK_SUM, CHECK_SIGNATURE };

/* What one script does. */
struct script {
	uint32_t place;
	bool installs[2]; /* flash, unpacked */
	const char *command[2];
	uint32_t line[2];
	enum origin origin[2];
	enum check check;
	bool net;
};

struct bundle {
	const struct fw_kind *kind;
	struct fw_evidence evidence[SCRIPTS_MAX];
	size_t shown, count;
	struct script worst;
	enum fw_severity severity;
};

struct look {
	struct svc_tree s;
	struct svc_root *root;
	struct fw_out *out;
	bool signatures; /* some script of the root checks one */
};

static bool has(const char *s, const char *part)
{
	return strstr(s, part) != NULL;
}

static bool has_word(const struct svc_words *w, const char *word)
{
	for (uint32_t i = 1; i < w->argc; i++)
		if (strcmp(w->argv[i], word) == 0)
			return true;
	return false;
}

/* --- what is checked --- */

static enum check check_of(const char *command)
{
	static const char *const signs[] = {
		"usign",    "ucert",   "signify",   "minisign", "gpgv",
		"--verify", "-verify", "rsautl",    "pkeyutl",	"smime",
		"cms",	    "verify",  "signature", "fwtool",	"secureboot"
	};
	static const char *const sums[] = { "md5",     "sha1",	"sha256",
					    "sha512",  "cksum", "crc",
					    "checksum" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (has(command, signs[i]))
			return CHECK_SIGNATURE;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (has(command, sums[i]))
			return CHECK_SUM;
	return CHECK_NONE;
}

/* --- where it comes from --- */

static bool fetches(const struct svc_words *w)
{
	static const char *const tools[] = { "wget", "curl", "tftp", "ftpget",
					     "uclient-fetch" };
	bool tool = false;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		tool = tool || strcmp(fw_basename(w->argv[0]), tools[i]) == 0;
	for (uint32_t k = 1; k < w->argc && tool; k++)
		tool = !has(w->argv[k], "https://");
	return tool;
}

static enum origin origin_of(const char *file)
{
	static const char *const media[] = { "/mnt/", "/media/", "/sdcard",
					     "/usb", "/mmc" };

	if (file == NULL || strcmp(file, "-") == 0)
		return FROM_CALLER; /* a pipe */
	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++)
		if (has(file, media[i]))
			return FROM_MEDIA;
	if (strncmp(file, "/tmp/", 5) == 0 || strncmp(file, "/var/", 5) == 0)
		return FROM_TMP;
	if (!fw_sh_known(file))
		return FROM_CALLER;
	return FROM_IMAGE; /* or a fixed place that is no way in */
}

/* --- what installs --- */

/* The first argument from i on that is no option. */
static const char *operand(const struct svc_words *w, uint32_t i)
{
	for (; i < w->argc; i++)
		if (w->argv[i][0] != '-' || w->argv[i][1] == '\0')
			return w->argv[i];
	return NULL;
}

static const char *dd_value(const struct svc_words *w, const char *key)
{
	size_t n = strlen(key);

	for (uint32_t i = 1; i < w->argc; i++)
		if (strncmp(w->argv[i], key, n) == 0)
			return w->argv[i] + n;
	return NULL;
}

static bool flash_device(const char *path)
{
	return path != NULL && (strncmp(path, "/dev/mtd", 8) == 0 ||
				strncmp(path, "/dev/ubi", 8) == 0 ||
				strncmp(path, "/dev/mmcblk", 11) == 0);
}

/* A command that writes flash; *file is what it writes. */
static bool writes_flash(const struct svc_words *w, const char **file)
{
	const char *name = fw_basename(w->argv[0]);

	if (strcmp(name, "mtd") == 0 && has_word(w, "write")) {
		for (uint32_t i = 1; i + 1 < w->argc; i++)
			if (strcmp(w->argv[i], "write") == 0)
				*file = w->argv[i + 1];
		return true;
	}
	if (strcmp(name, "mtd_write") == 0 && has_word(w, "write")) {
		*file = operand(w, 2);
		return true;
	}
	if (strcmp(name, "flashcp") == 0) {
		*file = operand(w, 1);
		return true;
	}
	if (strcmp(name, "nandwrite") == 0 ||
	    strcmp(name, "ubiupdatevol") == 0) {
		*file = w->argv[w->argc - 1];
		return !has_word(w, "-t"); /* wiping a volume */
	}
	if (strcmp(name, "dd") == 0) {
		*file = dd_value(w, "if=");
		return flash_device(dd_value(w, "of=")) &&
		       (*file == NULL || !has(*file, "/dev/"));
	}
	if (strcmp(name, "cp") == 0 && w->argc > 2) {
		*file = operand(w, 1);
		return strncmp(w->argv[w->argc - 1], "/dev/mtd", 8) == 0;
	}
	return false;
}

/* tar xf FILE -C /, unzip FILE -d / */
static bool unpacks(const struct svc_words *w, const char **file)
{
	const char *name = fw_basename(w->argv[0]), *to, *f;

	if (strcmp(name, "tar") == 0 && w->argc > 2) {
		bool extract = has(w->argv[1], "x") || has_word(w, "-x") ||
			       has_word(w, "--extract");

		to = svc_option(w, "-C");
		f = svc_option(w, "-f");
		*file = f != NULL && *f != '\0' ? f : operand(w, 2);
		return extract && to != NULL && strcmp(to, "/") == 0;
	}
	if (strcmp(name, "unzip") == 0) {
		to = svc_option(w, "-d");
		*file = operand(w, 1);
		return to != NULL && strcmp(to, "/") == 0;
	}
	return false;
}

static void look_at(struct look *l, struct script *s, const char *value)
{
	struct boot_record r = boot_read(l->s.arena, value);
	struct svc_words w = svc_unwrap(l->s.arena, r.argv, r.argc);
	const char *file = NULL;
	enum check check = check_of(r.field[BOOT_WORDS]);
	int which = -1;

	if (check > s->check)
		s->check = check;
	if (w.argc == 0)
		return;
	s->net = s->net || fetches(&w);
	if (writes_flash(&w, &file))
		which = 0;
	else if (unpacks(&w, &file))
		which = 1;
	if (which < 0)
		return;
	enum origin from = origin_of(file);

	if (s->installs[which] && from <= s->origin[which])
		return;
	s->installs[which] = true;
	s->origin[which] = from;
	s->line[which] = (uint32_t)strtoul(r.field[BOOT_LINE], NULL, 10);
	s->command[which] = fw_sh_plain(l->s.arena, r.field[BOOT_WORDS]);
}

static bool read_script(struct look *l, uint32_t place, struct script *s)
{
	const struct fw_place *p = &l->s.t->places[place];
	size_t n = 0;

	*s = (struct script){ .place = place };
	for (size_t i = 0; i < p->fact_count && n < COMMANDS_MAX; i++) {
		if (strcmp(p->facts[i].key, "shell.runs") != 0)
			continue;
		look_at(l, s, p->facts[i].value);
		n++;
	}
	return n > 0;
}

/* --- judging --- */

static enum fw_severity judge(const struct look *l, const struct script *s,
			      int which)
{
	enum origin from = s->net && s->origin[which] != FROM_IMAGE
				   ? FROM_NET
				   : s->origin[which];

	if (s->check == CHECK_SIGNATURE || from == FROM_IMAGE)
		return FW_INFO;
	if (l->signatures)
		return FW_LOW; /* another script of the system does it */
	if (from == FROM_CALLER || s->check == CHECK_SUM)
		return FW_MEDIUM;
	return FW_HIGH;
}

static void gather(struct look *l, struct bundle *b, const struct script *s,
		   int which)
{
	enum fw_severity severity;

	if (!s->installs[which])
		return;
	severity = judge(l, s, which);
	if (severity == FW_INFO)
		return;
	if (b->count++ == 0 || severity > b->severity) {
		b->severity = severity;
		b->worst = *s;
	}
	if (b->shown < SCRIPTS_MAX)
		b->evidence[b->shown++] = (struct fw_evidence){
			.offset = FW_NO_OFFSET,
			.line = s->line[which],
			.text = b->kind->per_image
					? fw_text(l->out, "%.160s",
						  s->command[which])
					: fw_text(l->out, "%s:%u: %.160s",
						  l->s.t->places[s->place].path,
						  s->line[which],
						  s->command[which])
		};
}

static void report(struct look *l, const struct bundle *b, int which)
{
	static const char *const origins[] = {
		"the image", "whoever calls the script", "the temporary folder",
		"a card or stick", "the network, unencrypted"
	};
	const struct script *s = &b->worst;
	struct fw_claim claim = FW_CLAIM(b->kind);

	if (b->count == 0)
		return;
	claim.severity = b->severity;
	claim.detail = fw_text(
		l->out, "%.120s, from %s, %s%s%s", s->command[which],
		origins[s->net ? FROM_NET : s->origin[which]],
		s->check == CHECK_SUM ? "with a checksum only"
				      : "without a check",
		l->signatures ? ", while other scripts check signatures" : "",
		b->count > 1 ? fw_text(l->out, ", and %zu more", b->count - 1)
			     : "");
	claim.key = svc_path(&l->s, l->root, s->place);
	claim.evidence = b->evidence;
	claim.evidence_count = b->shown;
	fw_out_at(l->out, s->place);
	fw_out_claim(l->out, &claim);
}

static void one_root(struct look *l)
{
	struct bundle b = { .kind = &flash };
	struct script s;

	l->signatures = false;
	for (uint32_t i = l->root->place; i < l->root->end; i++)
		if (read_script(l, i, &s))
			l->signatures =
				l->signatures || s.check == CHECK_SIGNATURE;
	for (uint32_t i = l->root->place; i < l->root->end; i++) {
		if (!read_script(l, i, &s))
			continue;
		struct bundle alone = { .kind = &update_unpacked };

		gather(l, &b, &s, 0);
		gather(l, &alone, &s, 1);
		report(l, &alone, 1);
	}
	report(l, &b, 0);
}

static void updates_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct look l = { .out = out };
	uint32_t count = 0;

	svc_tree_init(&l.s, tree, fw_out_arena(out));
	struct svc_root *roots = svc_roots(&l.s, &count);

	for (uint32_t i = 0; i < count && fw_out_ok(out); i++) {
		l.root = &roots[i];
		one_root(&l);
	}
}

const struct fw_analyzer fw_analyzer_updates = {
	.name = "updates",
	.title = "scripts that install software, and what they check",
	.kinds = (const struct fw_kind *const[]){ &flash, &update_unpacked,
						  NULL },
	.correlate = updates_correlate,
};
