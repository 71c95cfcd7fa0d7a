/* services_login.c - services that ask for a password which the image gives
 * away
 *
 * A login service and an account with a known password are each worth a word;
 * together they let in anybody who is on the network.
 *
 * Source: telnetd, login and ftpd of BusyBox; sshd(8), sshd_config(5),
 * dropbear(8), securetty(5)
 */
#include "analyzers/accounts/accounts_join.h"
#include "analyzers/boot/services.h"

/* Whether a service asks login(1), or an equal, who somebody is. */
static bool asks_for_login(const struct svc_service *s)
{
	const char *program = svc_option(&s->w, "-l");

	if (s->known == NULL)
		return false;
	switch (s->known->class) {
	case SVC_TELNET:
		return svc_option(&s->w, "-u") == NULL &&
		       (program == NULL ||
			strcmp(fw_basename(program), "login") == 0);
	case SVC_SSH: /* dropbear -s: keys only */
		return svc_option(&s->w, "-s") == NULL;
	case SVC_FTP:
		return true;
	default:
		return false;
	}
}

/* SSH and FTP refuse accounts without a password unless told otherwise. */
static bool lets_in_without(const struct svc_service *s)
{
	return s->known->class == SVC_TELNET ||
	       (s->known->class == SVC_SSH && svc_option(&s->w, "-B") != NULL);
}

/* What may keep root out: a list of terminals, or the service itself. */
static bool may_refuse_root(struct svc_tree *t, const struct svc_root *r,
			    const struct svc_service *s)
{
	if (s->known->class == SVC_TELNET)
		return svc_find(t, r, "/etc/securetty") != SVC_NONE;
	if (s->known->class == SVC_SSH)
		return strcmp(s->known->name, "sshd") == 0 ||
		       svc_option(&s->w, "-w") != NULL ||
		       svc_option(&s->w, "-g") != NULL;
	return true;
}

static void judge(struct svc_tree *t, const struct svc_root *r,
		  const struct svc_service *s, const struct account *a,
		  struct svc_way_in *w)
{
	bool refused = a->uid == 0 && may_refuse_root(t, r, s);

	w->severity = a->uid == 0 ? FW_CRITICAL : FW_HIGH;
	w->confidence = FW_SURE;
	if (refused && s->known->class == SVC_TELNET)
		w->confidence = FW_LIKELY;
	else if (refused) {
		w->severity = FW_HIGH;
		w->confidence = FW_UNSURE;
	}
}

bool svc_way_in(struct svc_tree *s, const struct svc_root *r,
		const struct svc_service *service, struct fw_out *out,
		struct svc_way_in *w)
{
	static const char *const files[] = { "/etc/passwd", "/etc/shadow" };
	const struct account *a = NULL;
	const char *path = NULL;

	if (!asks_for_login(service))
		return false;
	const struct accounts_all *all = fw_accounts_of(s->t, out);

	for (size_t i = 0; i < 2 && a == NULL; i++) {
		uint32_t place = svc_find(s, r, files[i]);

		if (place == SVC_NONE)
			continue;
		a = fw_account_open(all, place, lets_in_without(service));
		path = s->t->places[place].path;
	}
	if (a == NULL)
		return false;
	judge(s, r, service, a, w);
	w->text = a->state == ACCOUNT_EMPTY || a->password[0] == '\0'
			  ? fw_text(out,
				    "anybody on the network can log in as "
				    "%.*s without a password",
				    FW_FMT(a->name))
			  : fw_text(out,
				    "anybody on the network can log in as "
				    "%.*s with the password \"%s\"",
				    FW_FMT(a->name), a->password);
	w->evidence = fw_text(out, "%s, line %u: %.*s", path, a->own.line,
			      FW_FMT(a->own.row));
	return true;
}
