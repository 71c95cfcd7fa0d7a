/* boot_tables.c - tables with a line for each program that is started
 *
 * inittab, inetd.conf, crontabs, mdev.conf, udev rules. One fact boot.starts a
 * command; see boot_facts.h.
 *
 * Source: BusyBox init/init.c and docs/mdev.txt; inittab(5), inetd.conf(5),
 * crontab(5), udev(7)
 */
#include "analyzers/boot/boot_facts.h"

enum { LINES_MAX = 4000 };

struct table {
	const char *const *paths; /* patterns, NULL-ended */
	void (*line)(struct fw_out *out, struct fw_view line, uint32_t n,
		     const char *path);
};

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next word off *rest. */
static struct fw_view word(struct fw_view *rest)
{
	size_t n = 0;

	*rest = fw_trim(*rest);
	while (n < rest->len && !blank(rest->data[n]))
		n++;
	struct fw_view w = fw_view_sub(*rest, 0, n);

	*rest = fw_trim(fw_view_sub(*rest, n, SIZE_MAX));
	return w;
}

/* Text of an image inside a field: no tabs, no control bytes. */
static const char *field(struct fw_out *out, struct fw_view v)
{
	char *s = fw_strdup(fw_out_arena(out), fw_view_sub(v, 0, 120));

	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return s;
}

static const char *print(struct fw_out *out, const char *a, struct fw_view b)
{
	return fw_text(out, "%s%s%s", a, b.len > 0 ? " " : "", field(out, b));
}

/* id:runlevels:action:process; BusyBox's id is a terminal. */
static void inittab(struct fw_out *out, struct fw_view line, uint32_t n,
		    const char *path)
{
	struct fw_view rest = line, id, levels, action;

	(void)path;
	if (!fw_split(&rest, ':', &id) || !fw_split(&rest, ':', &levels) ||
	    !fw_split(&rest, ':', &action) || rest.len == 0)
		return;
	if (levels.len > 0 && fw_view_find(levels, FW_STR("S"), 0) > 8 &&
	    fw_view_find(levels, FW_STR("2"), 0) > 8 &&
	    fw_view_find(levels, FW_STR("3"), 0) > 8 &&
	    fw_view_find(levels, FW_STR("5"), 0) > 8)
		return; /* halt, reboot, single user */
	/* A dash makes a login shell of it; '@' and '+' say how it is noted. */
	while (rest.len > 0 && (rest.data[0] == '-' || rest.data[0] == '@' ||
				rest.data[0] == '+'))
		rest = fw_view_sub(rest, 1, SIZE_MAX);
	boot_emit_line(out, "inittab", n,
		       print(out, field(out, action), fw_trim(id)), "root",
		       rest);
}

/* service type protocol wait user program arguments */
static void inetd(struct fw_out *out, struct fw_view line, uint32_t n,
		  const char *path)
{
	struct fw_view rest = line, service = word(&rest), type = word(&rest);
	struct fw_view protocol = word(&rest), wait = word(&rest);
	struct fw_view user = word(&rest), program = word(&rest);

	(void)path;
	if (program.len == 0 || fw_view_eq(program, FW_STR("internal")) ||
	    !(fw_view_eq(type, FW_STR("stream")) ||
	      fw_view_eq(type, FW_STR("dgram"))) ||
	    wait.len == 0)
		return;
	struct fw_view name = word(&rest); /* argv[0] */
	struct fw_sh_command c = { .line = n };
	const char *argv[BOOT_WORDS_MAX] = { field(
		out, program.data[0] == '/' ? program
		     : name.len > 0	    ? name
					    : program) };

	/* A wrapper, or a busybox, is named first; then the daemon. */
	c.argc = 1;
	if (name.len > 0 && fw_view_ends(program, FW_STR("/tcpd")))
		argv[0] = field(out, name);
	else if (name.len > 0 && fw_view_ends(program, FW_STR("/busybox")))
		argv[c.argc++] = field(out, name);
	while (rest.len > 0 && c.argc < BOOT_WORDS_MAX)
		argv[c.argc++] = field(out, word(&rest));
	c.argv = argv;
	boot_emit(out, "boot.starts", &c,
		  fw_text(out, "%s/%s", field(out, service),
			  field(out, protocol)),
		  "inetd", field(out, user));
}

/* Five fields of time, or @reboot; in /etc/crontab and cron.d a user as well.
 */
static void cron(struct fw_out *out, struct fw_view line, uint32_t n,
		 const char *path)
{
	bool system = fw_path_matches(path, "*/etc/crontab") ||
		      fw_path_matches(path, "*/cron.d/*");
	struct fw_view rest = line, when, user = FW_STR("root");

	if (line.data[0] == '@') {
		when = word(&rest);
	} else {
		const uint8_t *from = rest.data;

		for (int i = 0; i < 5; i++) {
			struct fw_view w = word(&rest);

			/* NAME=value, or no crontab at all */
			if (w.len == 0 ||
			    !(w.data[0] == '*' ||
			      (w.data[0] >= '0' && w.data[0] <= '9') || i > 2))
				return;
		}
		if (rest.len == 0)
			return;
		when = fw_trim(fw_view_of(from, (size_t)(rest.data - from)));
	}
	if (system)
		user = word(&rest);
	if (rest.len > 0)
		boot_emit_line(out, "cron", n, field(out, when),
			       field(out, user), rest);
}

/* device user:group mode [=path] [@$*command] */
static void mdev(struct fw_out *out, struct fw_view line, uint32_t n,
		 const char *path)
{
	struct fw_view rest = line, device = word(&rest);

	(void)path;
	for (int i = 0; i < 4 && rest.len > 0; i++) {
		uint8_t c = rest.data[0];

		if (c == '@' || c == '$' || c == '*') {
			boot_emit_line(out, "mdev", n,
				       print(out,
					     c == '@'	? "added"
					     : c == '$' ? "removed"
							: "changed",
					     device),
				       "root", fw_view_sub(rest, 1, SIZE_MAX));
			return;
		}
		word(&rest);
	}
}

/* MATCH=="x", ..., RUN+="command" */
static void udev(struct fw_out *out, struct fw_view line, uint32_t n,
		 const char *path)
{
	struct fw_view match;
	size_t at = 0;

	(void)path;
	for (int i = 0; i < 8; i++) {
		size_t run = fw_view_find(line, FW_STR("RUN"), at);
		size_t open = run == SIZE_MAX
				      ? SIZE_MAX
				      : fw_view_find(line, FW_STR("=\""), run);

		if (open == SIZE_MAX || open > run + 12)
			return;
		size_t close = fw_view_find(line, FW_STR("\""), open + 2);

		if (close == SIZE_MAX)
			return;
		struct fw_view cmd =
			fw_view_sub(line, open + 2, close - open - 2);

		at = close + 1;
		match = fw_trim(fw_view_sub(line, 0, run));
		match.len -= match.len > 0 && match.data[match.len - 1] == ',';
		if (fw_view_find(fw_view_sub(line, run, open - run),
				 FW_STR("builtin"), 0) == SIZE_MAX)
			boot_emit_line(out, "udev", n, field(out, match),
				       "root", cmd);
	}
}

static const struct table tables[] = {
	{ (const char *const[]){ "*/etc/inittab", "*/etc/inittab.*", NULL },
	  inittab },
	{ (const char *const[]){ "*/etc/inetd.conf", "*/etc/inetd.d/*", NULL },
	  inetd },
	{ (const char *const[]){ "*/etc/crontab", "*/etc/cron.d/*",
				 "*/etc/crontabs/*", "*/spool/cron/*",
				 "*/etc/cron/crontabs/*", NULL },
	  cron },
	{ (const char *const[]){ "*/etc/mdev.conf", NULL }, mdev },
	{ (const char *const[]){ "*/udev/rules.d/*.rules", NULL }, udev },
};

static const struct table *table_of(const char *path)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const char *const *p = tables[i].paths; *p != NULL; p++)
			if (fw_path_matches(path, *p))
				return &tables[i];
	return NULL;
}

static bool tables_want(const struct fw_object *obj)
{
	return obj->format == NULL && table_of(obj->path) != NULL;
}

static void tables_inspect(const struct fw_object *obj, struct fw_out *out)
{
	const struct table *t = table_of(obj->path);
	struct fw_view rest = obj->bytes, line;

	if (t == NULL || obj->bytes.len == 0 || !fw_is_text(obj->bytes))
		return;
	for (uint32_t n = 1;
	     n < LINES_MAX && fw_out_ok(out) && fw_split(&rest, '\n', &line);
	     n++) {
		line = fw_trim(line);
		if (line.len > 0 && line.data[0] != '#')
			t->line(out, line, n, obj->path);
	}
}

const struct fw_analyzer fw_analyzer_boot_tables = {
	.name = "boot_tables",
	.title = "tables of programs that are started",
	.kinds = NULL,
	.placed = true,
	.wants = tables_want,
	.inspect = tables_inspect,
};
