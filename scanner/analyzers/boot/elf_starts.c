/* elf_starts.c - services that a program starts through the shell
 *
 * A daemon that names and starts others is a process manager of its own. What
 * it hands to system() or popen() stands among its texts: "telnetd -p 99 &",
 * "/usr/sbin/appd -c /etc/app.conf &". One fact elf.starts a command; see
 * boot_facts.h.
 */
#include "analyzers/boot/boot_facts.h"
#include "analyzers/elf/elf_use.h"
#include "analyzers/boot/services.h"
#include "core/strings.h"

enum { TEXT_MIN = 6, TEXT_MAX = 400, FACTS_MAX = 48, LOOKS_MAX = 4000 };

struct starts {
	struct fw_out *out;
	size_t off;
	unsigned facts;
};

/* Words that a sentence does not have: an option, a path, a redirection. */
static bool commanding(const struct fw_sh_command *c)
{
	if (c->background || c->redir_count > 0)
		return true;
	for (uint32_t i = 1; i < c->argc; i++)
		if (c->argv[i][0] == '-' || c->argv[i][0] == '/')
			return true;
	return false;
}

static void starts_visit(void *ctx, const struct fw_sh_command *c)
{
	struct starts *s = ctx;

	if (c->argc == 0 || s->facts >= FACTS_MAX)
		return;
	struct svc_words w = svc_unwrap(fw_out_arena(s->out), c->argv, c->argc);
	const struct svc_known *k = w.argc > 0 ? svc_known(w.argv[0]) : NULL;
	bool service = k != NULL && k->class != SVC_SHELL &&
		       k->class != SVC_GETTY && k->class != SVC_NETCAT &&
		       commanding(c);

	if (w.argc == 0 || !fw_sh_known(w.argv[0]) ||
	    strchr(w.argv[0], '%') != NULL ||
	    (!service && !(c->background && w.argv[0][0] == '/')))
		return;
	struct fw_sh_command at = *c;

	at.line = 0;
	at.argv = w.argv;
	at.argc = w.argc;
	boot_emit(
		s->out, "elf.starts", &at,
		fw_text(s->out, "@0x%zx%s", s->off, c->background ? ",&" : ""),
		NULL, NULL);
	s->facts++;
}

/* Whether a text can be a command line at all: cheap. */
static bool candidate(struct fw_view v)
{
	static const char *const names[] = { "telnetd", "ftpd",	 "dropbear",
					     "sshd",	"adbd",	 "gdbserver",
					     "httpd",	"snmpd", "upnpd" };
	struct fw_view end = fw_trim(v);

	if (v.len < TEXT_MIN || v.len > TEXT_MAX ||
	    fw_view_find(v, FW_STR("Usage"), 0) != SIZE_MAX)
		return false;
	if (end.len > 0 && end.data[end.len - 1] == '&')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_view_find(v, fw_view_str(names[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

static void starts_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct starts s = { .out = out };
	struct elf_use use = { 0 };
	struct elf_file f;
	unsigned looks = 0;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	elf_use_read(&f, &use);
	elf_close(&f);
	if (use.known && !use.shell)
		return;
	const struct fw_strings *all = fw_object_strings(obj, out);

	for (size_t i = 0; i < all->n && looks < LOOKS_MAX; i++) {
		struct fw_view v = fw_string_view(obj, &all->v[i]);

		if (!candidate(v))
			continue;
		looks++;
		s.off = all->v[i].off;
		struct fw_sh sh = fw_sh_parse(fw_out_arena(out), v);

		if (!sh.damaged)
			fw_sh_eval(fw_out_arena(out), &sh, starts_visit, &s);
	}
}

const struct fw_analyzer fw_analyzer_elf_starts = {
	.name = "elf_starts",
	.title = "services that programs start through the shell",
	.kinds = NULL,
	.wants = elf_is,
	.inspect = starts_inspect,
};
