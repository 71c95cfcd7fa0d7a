/* services_report.c - facts and findings about what starts
 *
 * One finding a kind and root: what is started twice is said once, with each
 * place as evidence. What explains a start away lowers it: a condition that
 * looks like an owner's setting, a program that is not there, a super-server
 * that nobody starts.
 */
#include "analyzers/boot/services.h"
#include "analyzers/boot/services_kinds.h"

enum { EVIDENCE_MAX = 8, KINDS_MAX = 24, FACTS_MAX = 300 };

/* What a condition depends on. */
enum mark {
	MARK_SETTING, /* the owner's, or not known */
	MARK_FILE,
	MARK_MEDIA,
	MARK_KEY,
	MARK_NAME,
	MARK_LOADER
};

struct verdict {
	const struct fw_kind *kind;
	enum fw_severity severity;
	enum fw_confidence confidence;
	const char *note; /* what explains it, or NULL */
};

/* All claims of one kind. */
struct bundle {
	struct verdict worst;
	const struct svc_service *service;
	struct fw_evidence evidence[EVIDENCE_MAX];
	size_t count, shown;
};

struct report {
	struct svc_tree *s;
	const struct svc_root *r;
	struct fw_out *out;
	struct bundle bundles[KINDS_MAX];
	size_t bundle_count;
};

static bool has(const char *s, const char *part)
{
	return s != NULL && strstr(s, part) != NULL;
}

static bool any_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (has(s, *list))
			return true;
	return false;
}

/* --- conditions --- */

static bool on_media(const char *path)
{
	static const char *const media[] = { "/mnt/",	"/media/", "/sdcard",
					     "/sd/",	"/usb",	   "/mmc",
					     "/tfcard", "/udisk",  "/tf/",
					     NULL };

	return any_of(path, media);
}

static enum mark mark_of(const char *cond)
{
	static const char *const keys[] = { "$(read)", "gpio", "/button",
					    NULL };
	static const char *const loader[] = { "/proc/cmdline", "fw_printenv",
					      NULL };
	bool file = strncmp(cond, "exists ", 7) == 0 || has(cond, " exists ") ||
		    has(cond, "test -");

	if (any_of(cond, keys))
		return MARK_KEY;
	if (any_of(cond, loader))
		return MARK_LOADER;
	if (has(cond, "$(hostname") || has(cond, "${HOSTNAME}"))
		return MARK_NAME;
	if (strncmp(cond, "not ", 4) == 0)
		return MARK_SETTING;
	if (file && on_media(cond))
		return MARK_MEDIA;
	/* A file in a folder of settings is a setting. */
	if (file && !has(cond, "/etc/default") && !has(cond, "/etc/config/") &&
	    !has(cond, "/dev/") && !has(cond, "bin/"))
		return MARK_FILE;
	return MARK_SETTING;
}

static const char *mark_text(enum mark m)
{
	static const char *const texts[] = {
		"a setting",
		"a file that the image does not hold",
		"a file on a card or stick",
		"a key",
		"the device's name",
		"what the boot loader says"
	};

	return texts[m];
}

static enum mark strongest(const struct svc_service *s, const char **cond)
{
	enum mark best = MARK_SETTING;

	*cond = s->cond_count > 0 ? s->conds[0] : "";
	for (uint32_t i = 0; i < s->cond_count; i++) {
		enum mark m = mark_of(s->conds[i]);

		if (m == MARK_SETTING)
			continue;
		best = m;
		*cond = s->conds[i];
	}
	return best;
}

/* --- kinds --- */

static bool super_table(const struct svc_service *s)
{
	return s->table != NULL && s->trigger != NULL &&
	       (strcmp(s->table, "inetd") == 0 ||
		strcmp(s->table, "xinetd") == 0);
}

static bool is_shell(const char *path)
{
	const struct svc_known *k = path != NULL ? svc_known(path) : NULL;

	return k != NULL && k->class == SVC_SHELL;
}

/* -u name:password in the arguments; -u root alone is none. */
static bool has_login(const struct svc_service *s)
{
	const char *u = svc_option(&s->w, "-u");
	const char *colon = u != NULL ? strchr(u, ':') : NULL;

	return colon != NULL && colon > u && colon[1] != '\0';
}

static const struct fw_kind *of_telnet(const struct svc_service *s)
{
	if (has_login(s))
		return &svc_hidden_login;
	if (is_shell(svc_option(&s->w, "-l")))
		return &svc_telnet_shell;
	if (super_table(s))
		return &svc_inetd_telnet;
	return s->port != NULL && strcmp(s->port, "23/tcp") != 0
		       ? &svc_telnet_port
		       : &svc_telnet;
}

/* The terminal among the arguments, or the one that a table's line is for. */
static const char *terminal(const struct svc_service *s)
{
	for (uint32_t i = 1; i < s->w.argc; i++) {
		const char *base = fw_basename(s->w.argv[i]);

		if (strncmp(base, "tty", 3) == 0)
			return base;
	}
	return s->trigger != NULL ? strstr(s->trigger, "tty") : NULL;
}

/* tty1 is a screen with a keyboard. Without a name it is the console, which is
 * serial where there is no screen. */
static bool on_serial(const struct svc_service *s)
{
	const char *tty = terminal(s);

	if (tty == NULL && has(s->trigger, "vc/"))
		return false;
	if (tty == NULL)
		return s->table != NULL && strcmp(s->table, "inittab") == 0;
	return (tty[3] >= 'A' && tty[3] <= 'Z') ||
	       (tty[3] >= 'a' && tty[3] <= 'z');
}

static bool waits_on_console(const struct svc_service *s)
{
	return s->table != NULL && strcmp(s->table, "inittab") == 0 &&
	       (strncmp(s->trigger, "respawn", 7) == 0 ||
		strncmp(s->trigger, "ask", 3) == 0);
}

static const struct fw_kind *of_console(const struct svc_service *s)
{
	if (!on_serial(s))
		return NULL;
	if (s->known->class == SVC_SHELL)
		return waits_on_console(s) ? &svc_console_shell : NULL;
	if (is_shell(svc_option(&s->w, "-l")) ||
	    has(s->command, "--autologin root") || has(s->command, " -a root"))
		return &svc_getty_shell;
	return &svc_serial_login;
}

static const struct fw_kind *of_tftp(const struct svc_service *s)
{
	if (!super_table(s))
		return &svc_tftp;
	return svc_option(&s->w, "-c") != NULL && has(s->user, "root")
		       ? &svc_inetd_tftp
		       : &svc_tftp;
}

static const struct fw_kind *kind_of(const struct svc_service *s)
{
	if (has(s->command, "setprop ") && has(s->command, ".adb.tcp.port"))
		return &svc_adb;
	if (s->known == NULL)
		return NULL;
	switch (s->known->class) {
	case SVC_TELNET:
		return of_telnet(s);
	case SVC_FTP:
		return &svc_ftp;
	case SVC_TFTP:
		return of_tftp(s);
	case SVC_RSH:
		return super_table(s) ? &svc_inetd_rsh : &svc_rsh;
	case SVC_DEBUGGER:
		return &svc_debugger;
	case SVC_GETTY:
	case SVC_SHELL:
		return of_console(s);
	default:
		return NULL;
	}
}

/* --- what explains it away --- */

static void lower(struct verdict *v, enum fw_severity to)
{
	if (v->severity > to)
		v->severity = to;
}

/* A way in that waits for a mark is hidden; one that waits for a setting is
 * worth less than one that is always open. */
static void weigh_conditions(struct report *rep, const struct svc_service *s,
			     struct verdict *v)
{
	const char *cond;
	enum mark m = strongest(s, &cond);

	if (v->kind == &svc_hidden_login) {
		v->note = fw_text(rep->out, "if %.120s", cond);
	} else if (m != MARK_SETTING && v->kind != &svc_serial_login &&
		   v->kind != &svc_ftp && v->kind != &svc_tftp) {
		v->kind = &svc_hidden_trigger;
		v->severity = svc_hidden_trigger.severity;
		v->confidence = svc_hidden_trigger.confidence;
		v->note = fw_text(rep->out, "opened by %s: %.120s",
				  mark_text(m), cond);
	} else {
		lower(v, v->severity == FW_CRITICAL ? FW_HIGH
			 : v->severity == FW_HIGH   ? FW_MEDIUM
						    : FW_LOW);
		v->confidence = FW_UNSURE;
		v->note = fw_text(rep->out, "only if %.120s", cond);
	}
}

static void weigh(struct report *rep, const struct svc_service *s,
		  struct verdict *v)
{
	if (s->loose) {
		lower(v, v->kind == &svc_hidden_login ? FW_HIGH
			 : v->kind == &svc_telnet_shell ||
					 v->kind == &svc_telnet_port
				 ? FW_MEDIUM
				 : FW_LOW);
		v->confidence = FW_UNSURE;
		v->note = "nothing that starts at boot calls this script";
	} else if (s->state == SVC_DEAD) {
		lower(v, FW_LOW);
		v->note = s->target == SVC_NONE
				  ? "a dead branch: the program is not in the "
				    "image"
				  : "a dead branch: its condition never holds";
	} else if (super_table(s) && !rep->r->super) {
		lower(v, FW_LOW);
		v->note = "nothing starts the super-server";
	} else if (s->cond_count > 0) {
		weigh_conditions(rep, s, v);
	} else if (s->target == SVC_NONE) {
		v->confidence = FW_LIKELY;
	}
}

/* --- emitting --- */

/* As it is called, and what that is where it is a link. */
static const char *program_path(struct report *rep, const struct svc_service *s)
{
	const char *name = s->w.argv[0], *path;

	if (s->target == SVC_NONE)
		return name;
	path = svc_path(rep->s, rep->r, s->target);
	if (strcmp(fw_basename(path), fw_basename(name)) == 0)
		return path;
	return fw_text(rep->out, "%s(%s)", name, path);
}

static const char *state_name(enum svc_state s)
{
	static const char *const names[] = { "active", "conditional", "dead" };

	return names[s];
}

static struct bundle *add(struct report *rep, const struct svc_service *s,
			  const struct verdict *v)
{
	struct bundle *b = NULL;

	for (size_t i = 0; i < rep->bundle_count && b == NULL; i++)
		if (rep->bundles[i].worst.kind == v->kind)
			b = &rep->bundles[i];
	if (b == NULL) {
		if (rep->bundle_count == KINDS_MAX)
			return NULL;
		b = &rep->bundles[rep->bundle_count++];
	}
	if (b->service == NULL || v->severity > b->worst.severity ||
	    (v->severity == b->worst.severity &&
	     v->confidence > b->worst.confidence)) {
		b->worst = *v;
		b->service = s;
	}
	b->count++;
	if (b->shown < EVIDENCE_MAX)
		b->evidence[b->shown++] = (struct fw_evidence){
			.offset = FW_NO_OFFSET,
			.line = s->line,
			.text = fw_text(
				rep->out, "%s:%u: %.160s",
				rep->s->t->places[s->place].path, s->line,
				fw_sh_plain(fw_out_arena(rep->out), s->command))
		};
	return b;
}

/* Of what programs start, remote command lines are worth a word. A shell
 * without login is told of by a rule for programs. */
static const struct fw_kind *inside_kind(const struct svc_service *s)
{
	if (s->known == NULL || is_shell(svc_option(&s->w, "-l")))
		return NULL;
	return s->known->class == SVC_TELNET || s->known->class == SVC_DEBUGGER
		       ? &svc_in_program
		       : NULL;
}

/* A service that is open to an account with a known password: one cause, told
 * in place of the service alone. */
static bool consider_login(struct report *rep, const struct svc_service *s)
{
	struct verdict v = { .kind = &svc_open_login };
	struct svc_way_in w;

	if (s->inside || s->loose || s->state != SVC_ACTIVE ||
	    s->cond_count > 0 || (super_table(s) && !rep->r->super) ||
	    !svc_way_in(rep->s, rep->r, s, rep->out, &w))
		return false;
	v.severity = w.severity;
	v.confidence = w.confidence;
	v.note = w.text;
	struct bundle *b = add(rep, s, &v);

	if (b != NULL && b->shown == 1)
		b->evidence[b->shown++] =
			(struct fw_evidence){ .offset = FW_NO_OFFSET,
					      .text = w.evidence };
	return true;
}

static void consider(struct report *rep, const struct svc_service *s)
{
	struct verdict v = { .kind = kind_of(s) };

	if (consider_login(rep, s))
		return;
	if (v.kind != NULL && s->inside)
		v.kind = inside_kind(s);
	if (v.kind == NULL)
		return;
	v.severity = v.kind->severity;
	v.confidence = v.kind->confidence;
	if (s->inside)
		v.note = s->state == SVC_DEAD
				 ? "whose program is not in the image"
				 : NULL;
	else
		weigh(rep, s, &v);
	if (s->inside && s->state == SVC_DEAD)
		lower(&v, FW_LOW);
	add(rep, s, &v);
}

/* A program, or the file that a shell is given, on a card or stick, or on flash
 * that is written to. */
static void consider_origin(struct report *rep, const struct svc_service *s)
{
	const char *path = s->w.argv[0];
	struct verdict v = { 0 };

	if (s->known != NULL && s->known->class == SVC_SHELL && s->w.argc > 1)
		path = s->w.argv[s->w.argv[1][0] == '-' ? s->w.argc - 1 : 1];
	if (path[0] != '/' || s->state == SVC_DEAD)
		return;
	if (on_media(path) && s->target == SVC_NONE)
		v.kind = &svc_from_media;
	else if (s->known != NULL && s->known->class == SVC_SHELL &&
		 on_media(path))
		v.kind = &svc_from_media;
	for (uint32_t i = 0; i < rep->r->mount_count && v.kind == NULL; i++) {
		size_t n = strlen(rep->r->mounts[i]);

		if (rep->r->mount_writes[i] && path[n] == '/' &&
		    strncmp(path, rep->r->mounts[i], n) == 0)
			v.kind = on_media(path) ? &svc_from_media
						: &svc_from_writable;
	}
	if (v.kind == NULL)
		return;
	v.severity = v.kind->severity;
	v.confidence = v.kind->confidence;
	add(rep, s, &v);
}

static void emit(struct report *rep, const struct bundle *b)
{
	const struct svc_service *s = b->service;
	struct fw_claim claim = FW_CLAIM(b->worst.kind);

	claim.severity = b->worst.severity;
	claim.confidence = b->worst.confidence;
	claim.detail = fw_text(
		rep->out, "%.160s%s%s%s%s, by %s%s",
		fw_sh_plain(fw_out_arena(rep->out), s->command),
		s->port != NULL ? " (port " : "",
		s->port != NULL ? s->port : "", s->port != NULL ? ")" : "",
		b->worst.note != NULL ? fw_text(rep->out, ", %s", b->worst.note)
				      : "",
		s->why,
		b->count > 1 ? fw_text(rep->out, ", and %zu more", b->count - 1)
			     : "");
	claim.key = fw_text(rep->out, "%s %s", fw_basename(s->w.argv[0]),
			    svc_path(rep->s, rep->r, s->place));
	claim.evidence = b->evidence;
	claim.evidence_count = b->shown;
	fw_out_at(rep->out, s->place);
	fw_out_claim(rep->out, &claim);
}

static const char *conditions(struct report *rep, const struct svc_service *s)
{
	const char *t = "";

	for (uint32_t i = 0; i < s->cond_count; i++)
		t = fw_text(rep->out, "%s%s%.100s", t, i == 0 ? " if=" : "; ",
			    s->conds[i]);
	return t;
}

static void service_fact(struct report *rep, const struct svc_service *s)
{
	bool off = super_table(s) && !rep->r->super;

	fw_out_factf(
		rep->out, "service", "%s%s%s user=%s%s%s state=%s why=%s%s",
		program_path(rep, s), s->w.argc > 1 ? " " : "",
		s->w.argc > 1 ? strchr(s->command, ' ') + 1 : "", s->user,
		s->port != NULL ? " port=" : "", s->port != NULL ? s->port : "",
		off ? "dead" : state_name(s->state), s->why,
		conditions(rep, s));
}

void svc_report(struct svc_tree *s, const struct svc_root *r,
		const struct svc_service *list, size_t n, struct fw_out *out)
{
	struct report *rep = fw_alloc(fw_out_arena(out), 1, sizeof(*rep));
	size_t facts = 0;

	rep->s = s;
	rep->r = r;
	rep->out = out;
	fw_out_at(out, r->image);
	for (size_t i = 0; i < n && facts < FACTS_MAX; i++) {
		if (!list[i].daemon || list[i].loose ||
		    (list[i].state == SVC_DEAD && list[i].known == NULL))
			continue;
		service_fact(rep, &list[i]);
		facts++;
	}
	for (size_t i = 0; i < n; i++) {
		consider(rep, &list[i]);
		if (!list[i].loose)
			consider_origin(rep, &list[i]);
	}
	for (size_t i = 0; i < rep->bundle_count; i++)
		emit(rep, &rep->bundles[i]);
}
