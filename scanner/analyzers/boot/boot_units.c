/* boot_units.c - files in sections that say what is started
 *
 * systemd units, xinetd's services, Android's init.rc. One fact boot.starts a
 * command; of units also unit.wanted (by which target), unit.listens and
 * unit.if (the condition on a path).
 *
 * Source: systemd.service(5), systemd.socket(5), xinetd.conf(5), AOSP
 * system/core/init/README.md
 */
#include "analyzers/boot/boot_facts.h"

enum { UNIT_LINES_MAX = 4000 };

struct pair {
	struct fw_view key, value;
};

static const char *unit_field(struct fw_out *out, struct fw_view v)
{
	char *s = fw_strdup(fw_out_arena(out), fw_view_sub(v, 0, 120));

	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return s;
}

static struct pair pair_of(struct fw_view line)
{
	size_t eq = fw_view_find(line, FW_STR("="), 0);

	if (eq == SIZE_MAX)
		return (struct pair){ line, { NULL, 0 } };
	return (struct pair){ fw_trim(fw_view_sub(line, 0, eq)),
			      fw_trim(fw_view_sub(line, eq + 1, SIZE_MAX)) };
}

static bool key_is(struct pair p, const char *key)
{
	return fw_view_eq(p.key, fw_view_str(key));
}

/* --- systemd --- */

struct unit {
	struct fw_out *out;
	const char *user;
};

static void unit_line(struct unit *u, struct fw_view line, uint32_t n)
{
	struct pair p = pair_of(line);

	if (p.value.len == 0)
		return;
	if (key_is(p, "ExecStart") || key_is(p, "ExecStartPre") ||
	    key_is(p, "ExecStartPost")) {
		while (p.value.len > 0 &&
		       memchr("-@+!:", p.value.data[0], 5) != NULL)
			p.value = fw_view_sub(p.value, 1, SIZE_MAX);
		boot_emit_line(u->out, "systemd", n, "unit", u->user, p.value);
	} else if (fw_view_starts(p.key, FW_STR("ConditionPath")) ||
		   fw_view_starts(p.key, FW_STR("ConditionFile")) ||
		   key_is(p, "ConditionKernelCommandLine")) {
		fw_out_factf(u->out, "unit.if", "%s %s",
			     unit_field(u->out, p.key),
			     unit_field(u->out, p.value));
	} else if (key_is(p, "ListenStream") || key_is(p, "ListenDatagram")) {
		fw_out_fact(u->out, "unit.listens",
			    unit_field(u->out, p.value));
	} else if (key_is(p, "WantedBy") || key_is(p, "RequiredBy")) {
		fw_out_fact(u->out, "unit.wanted", unit_field(u->out, p.value));
	}
}

/* The user stands anywhere in the section: it is looked for first. */
static const char *unit_user(struct fw_view rest, struct fw_out *out)
{
	struct fw_view line;
	const char *user = "root";

	for (uint32_t n = 0; n < UNIT_LINES_MAX && fw_split(&rest, '\n', &line);
	     n++) {
		struct pair p = pair_of(fw_trim(line));

		if (key_is(p, "User") && p.value.len > 0)
			user = unit_field(out, p.value);
	}
	return user;
}

static void systemd(struct fw_view rest, struct fw_out *out)
{
	struct unit u = { .out = out, .user = unit_user(rest, out) };
	struct fw_view line;

	for (uint32_t n = 1; n < UNIT_LINES_MAX && fw_out_ok(out) &&
			     fw_split(&rest, '\n', &line);
	     n++)
		unit_line(&u, fw_trim(line), n);
}

/* --- xinetd --- */

struct xservice {
	struct fw_view name, server, args, user, protocol;
	uint32_t line;
	bool disabled;
};

static void xinetd_end(struct xservice *x, struct fw_out *out)
{
	struct fw_view user = x->user.len > 0 ? x->user : FW_STR("root");

	if (x->server.len > 0 && !x->disabled)
		boot_emit_line(out, "xinetd", x->line,
			       fw_text(out, "%s/%s", unit_field(out, x->name),
				       x->protocol.len > 0
					       ? unit_field(out, x->protocol)
					       : "tcp"),
			       unit_field(out, user),
			       fw_view_str(fw_text(
				       out, "%.*s %.*s", FW_FMT(x->server),
				       FW_FMT(x->args.len > 0 ? x->args
							      : FW_STR("")))));
	*x = (struct xservice){ .line = x->line };
}

static void xinetd(struct fw_view rest, struct fw_out *out)
{
	struct xservice x = { 0 };
	struct fw_view line;

	for (uint32_t n = 1; n < UNIT_LINES_MAX && fw_out_ok(out) &&
			     fw_split(&rest, '\n', &line);
	     n++) {
		line = fw_trim(line);
		struct pair p = pair_of(line);

		if (fw_view_starts(line, FW_STR("service "))) {
			xinetd_end(&x, out);
			x.name = fw_trim(fw_view_sub(line, 8, SIZE_MAX));
			x.line = n;
		} else if (key_is(p, "server")) {
			x.server = p.value;
		} else if (key_is(p, "server_args")) {
			x.args = p.value;
		} else if (key_is(p, "user")) {
			x.user = p.value;
		} else if (key_is(p, "protocol")) {
			x.protocol = p.value;
		} else if (key_is(p, "disable")) {
			x.disabled = fw_view_eq(p.value, FW_STR("yes"));
		}
	}
	xinetd_end(&x, out);
}

/* --- Android --- */

struct aservice {
	const char *name, *user;
	struct fw_view command;
	uint32_t line;
	bool disabled;
};

static void android_end(struct aservice *s, struct fw_out *out)
{
	if (s->command.len > 0)
		boot_emit_line(out, "android", s->line,
			       fw_text(out, "service %s%s", s->name,
				       s->disabled ? " disabled" : ""),
			       s->user, s->command);
	*s = (struct aservice){ .user = "root" };
}

static struct fw_view first_word(struct fw_view *rest)
{
	size_t n = 0;

	while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != '\t')
		n++;
	struct fw_view w = fw_view_sub(*rest, 0, n);

	*rest = fw_trim(fw_view_sub(*rest, n, SIZE_MAX));
	return w;
}

static void android_command(struct fw_out *out, struct fw_view line, uint32_t n,
			    const char *on)
{
	static const char *const some[] = { "exec", "exec_start", "start",
					    "setprop", "exec_background" };
	struct fw_view rest = line, verb = first_word(&rest);

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (fw_view_eq(verb, fw_view_str(some[i])))
			boot_emit_line(out, "android", n, on, "root", line);
}

static void android(struct fw_view all, struct fw_out *out)
{
	struct aservice s = { .user = "root" };
	const char *on = NULL;
	struct fw_view line;

	for (uint32_t n = 1; n < UNIT_LINES_MAX && fw_out_ok(out) &&
			     fw_split(&all, '\n', &line);
	     n++) {
		struct fw_view rest = fw_trim(line), body = rest;
		struct fw_view verb = first_word(&rest);

		if (fw_view_eq(verb, FW_STR("service"))) {
			android_end(&s, out);
			on = NULL;
			s.name = unit_field(out, first_word(&rest));
			s.command = rest;
			s.line = n;
		} else if (fw_view_eq(verb, FW_STR("on"))) {
			android_end(&s, out);
			on = fw_text(out, "on %s", unit_field(out, rest));
		} else if (fw_view_eq(verb, FW_STR("user"))) {
			s.user = unit_field(out, rest);
		} else if (fw_view_eq(verb, FW_STR("disabled"))) {
			s.disabled = true;
		} else if (on != NULL) {
			android_command(out, body, n, on);
		}
	}
	android_end(&s, out);
}

/* --- which file is what --- */

static const struct {
	const char *pattern;
	void (*read)(struct fw_view bytes, struct fw_out *out);
} sorts[] = {
	{ "*/systemd/*.service", systemd }, { "*/systemd/*.socket", systemd },
	{ "*/etc/xinetd.d/*", xinetd },	    { "*/etc/xinetd.conf", xinetd },
	{ "*/init*.rc", android },	    { "*/etc/init/*.rc", android },
};

static bool units_want(const struct fw_object *obj)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (obj->format == NULL &&
		    fw_path_matches(obj->path, sorts[i].pattern))
			return true;
	return false;
}

static void units_inspect(const struct fw_object *obj, struct fw_out *out)
{
	if (obj->bytes.len == 0 || !fw_is_text(obj->bytes))
		return;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (fw_path_matches(obj->path, sorts[i].pattern)) {
			sorts[i].read(obj->bytes, out);
			return;
		}
}

const struct fw_analyzer fw_analyzer_boot_units = {
	.name = "boot_units",
	.title = "units and sections of programs that are started",
	.kinds = NULL,
	.placed = true,
	.wants = units_want,
	.inspect = units_inspect,
};
