/* services_follow.c - commands and scripts, one after the other */
#include <stdlib.h>

#include "analyzers/boot/services_chain.h"

enum {
	ITEMS_MAX = 4000,
	DEPTH_MAX = 24,
	VISITS_MAX = 4, /* of one script */
	SERVICES_MAX = 2000,
	NESTED_MAX = 4 /* sh -c in sh -c */
};

bool chain_is_script(const struct chain *c, uint32_t i)
{
	const struct fw_place *p = chain_place(c, i);

	return fw_place_fact(p, "shell.script", 0) != NULL ||
	       fw_place_fact(p, "shell.runs", 0) != NULL ||
	       fw_place_fact(p, "shell.sources", 0) != NULL;
}

/* --- services --- */

static void keep_words(struct chain *c, struct svc_words *w)
{
	for (uint32_t i = 0; i < w->argc; i++)
		w->argv[i] = fw_strdup(c->arena, fw_view_str(w->argv[i]));
}

static const char *joined(struct fw_arena *a, const char *const *argv,
			  uint32_t argc)
{
	const char *s = "";

	for (uint32_t i = 0; i < argc; i++)
		s = fw_sprintf(a, "%s%s%.120s", s, i > 0 ? " " : "", argv[i]);
	return s;
}

static void add_service(struct chain *c, const struct svc_service *s)
{
	if (c->count >= SERVICES_MAX)
		return;
	c->services = fw_grow(c->arena, c->services, &c->cap, c->count + 1,
			      sizeof(*c->services));
	struct svc_service *to = &c->services[c->count++];

	*to = *s;
	keep_words(c, &to->w);
	to->command = joined(c->arena, to->w.argv, to->w.argc);
	to->port = svc_port(c->arena, to->known, &to->w);
}

/* --- following --- */

void chain_push(struct chain *c, const struct item *it)
{
	if (it->depth > DEPTH_MAX || c->item_count >= ITEMS_MAX ||
	    c->visits[it->place] >= VISITS_MAX)
		return;
	c->visits[it->place]++;
	c->items = fw_grow(c->arena, c->items, &c->item_cap, c->item_count + 1,
			   sizeof(*c->items));
	c->items[c->item_count++] = *it;
}

static const char *step_name(struct chain *c, uint32_t place, uint32_t line)
{
	const char *path = svc_path(&c->s, c->root, place);

	return line == 0 ? path : fw_sprintf(c->arena, "%s:%u", path, line);
}

static const char *why(struct chain *c, const struct start *at)
{
	const char *step = step_name(c, at->place, at->line);

	return at->it->why == NULL
		       ? step
		       : fw_sprintf(c->arena, "%s > %s", at->it->why, step);
}

static void follow(struct chain *c, const struct start *at, uint32_t script,
		   const char *arg, const char *entry)
{
	struct item next = *at->it;

	if (at->dead)
		return;
	next.place = script;
	next.arg = arg != NULL && fw_sh_known(arg) ? fw_sh_plain(c->arena, arg)
						   : NULL;
	next.entry = entry;
	next.why = why(c, at);
	next.depth = at->it->depth + 1;
	next.cond_count = at->cond_count;
	memcpy(next.conds, at->conds, sizeof(next.conds));
	chain_push(c, &next);
}

/* Names with * in them, as a loop over a folder's files gives them. */
static void follow_pattern(struct chain *c, const struct start *at,
			   const char *pattern, const char *arg)
{
	char *p = fw_sh_plain(c->arena, pattern), *to = p;

	/* What is not known matches anything. */
	for (const char *from = p; *from != '\0';) {
		if (from[0] == '$' && (from[1] == '{' || from[1] == '(')) {
			const char *end =
				strchr(from, from[1] == '{' ? '}' : ')');

			*to++ = '*';
			from = end != NULL ? end + 1 : "";
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	if (p[0] != '/')
		return;
	for (uint32_t i = c->root->place + 1; i < c->root->end; i++) {
		const char *path = svc_path(&c->s, c->root, i) - 1;

		if (!fw_path_matches(path, p))
			continue;
		uint32_t file = svc_find(&c->s, c->root, path);

		if (file != SVC_NONE && chain_is_script(c, file) &&
		    fw_basename(path)[0] != 'K')
			follow(c, at, file, arg, NULL);
	}
}

/* mount -t TYPE DEVICE FOLDER. */
static void note_mount(struct chain *c, const struct svc_words *w)
{
	const char *type = svc_option(w, "-t");
	const char *device = NULL, *folder = NULL;
	bool flash;

	for (uint32_t i = 1; i < w->argc; i++) {
		if (w->argv[i][0] == '-') {
			i += strcmp(w->argv[i], "-t") == 0 ||
			     strcmp(w->argv[i], "-o") == 0;
		} else {
			device = device == NULL ? w->argv[i] : device;
			folder = w->argv[i];
		}
	}
	if (device == NULL || folder == device || folder[0] != '/' ||
	    strlen(folder) < 2 || c->root->mount_count >= SVC_MOUNTS)
		return;
	flash = type != NULL &&
		(strstr(type, "jffs2") != NULL ||
		 strstr(type, "ubifs") != NULL ||
		 strstr(type, "yaffs") != NULL ||
		 strncmp(type, "ext", 3) == 0 || strstr(type, "fat") != NULL);
	c->root->mounts[c->root->mount_count] =
		fw_strdup(c->arena, fw_view_str(folder));
	c->root->mount_writes[c->root->mount_count++] = flash;
}

struct nested {
	struct chain *c;
	const struct start *at;
};

static void nested_visit(void *ctx, const struct fw_sh_command *cmd)
{
	const struct nested *n = ctx;
	struct start at = *n->at;

	if (cmd->argc == 0)
		return;
	for (uint32_t i = 0; i < cmd->cond_count; i++) {
		const char *text =
			fw_sprintf(n->c->arena, "%s%s",
				   cmd->conds[i].negated ? "not " : "",
				   cmd->conds[i].text);
		enum truth t = chain_decide(n->c, text, NULL);

		if (t == FALSE)
			return;
		if (t == OPEN && at.cond_count < BOOT_CONDS_MAX)
			at.conds[at.cond_count++] = text;
	}
	at.background = at.background || cmd->background;
	chain_run(n->c, &at, cmd->argv, cmd->argc);
}

/* sh -c "commands". */
static void run_text(struct chain *c, const struct start *at, const char *text)
{
	struct nested n = { c, at };

	if (c->nested >= NESTED_MAX)
		return;
	c->nested++;
	struct fw_sh s =
		fw_sh_parse(c->arena, fw_view_str(fw_sh_plain(c->arena, text)));

	fw_sh_eval(c->arena, &s, nested_visit, &n);
	c->nested--;
}

/* A function of a sourced file, by its name. */
static bool run_function(struct chain *c, const struct start *at,
			 const char *name, const char *arg)
{
	for (uint32_t i = 0; i < c->sourced_count; i++) {
		const struct fw_place *p = chain_place(c, c->sourced[i]);
		const char *flag = fw_sprintf(c->arena, "entry=%.80s", name);

		for (size_t k = 0; k < p->fact_count; k++) {
			if (strcmp(p->facts[k].key, "shell.runs") != 0 ||
			    strstr(p->facts[k].value, flag) == NULL)
				continue;
			follow(c, at, c->sourced[i], arg,
			       fw_strdup(c->arena, fw_view_str(name)));
			return true;
		}
	}
	return false;
}

static bool stays(const struct start *at, const struct svc_words *w,
		  const struct svc_known *k)
{
	const char *table = at->it->table;

	return w->daemon || at->background ||
	       (k != NULL && k->class != SVC_SHELL) ||
	       (at->it->why == NULL && table != NULL &&
		(strcmp(table, "inetd") == 0 || strcmp(table, "xinetd") == 0 ||
		 strcmp(table, "android") == 0 ||
		 strcmp(table, "systemd") == 0 ||
		 strncmp(at->it->trigger, "respawn", 7) == 0 ||
		 strncmp(at->it->trigger, "ask", 3) == 0));
}

/* A shell that runs a file, or reads commands from where it is. */
static bool run_shell(struct chain *c, const struct start *at,
		      const struct svc_words *w)
{
	bool other;

	if (w->shell != NULL) {
		run_text(c, at, w->shell);
		return true;
	}
	for (uint32_t i = 1; i < w->argc; i++) {
		if (w->argv[i][0] == '-' || w->argv[i][0] == '+')
			continue;
		uint32_t p = svc_program(&c->s, c->root, w->argv[i], &other);

		if (p != SVC_NONE && chain_is_script(c, p))
			follow(c, at, p,
			       i + 1 < w->argc ? w->argv[i + 1] : NULL, NULL);
		return p != SVC_NONE;
	}
	return false;
}

static void record(struct chain *c, const struct start *at,
		   const struct svc_words *w, uint32_t target)
{
	const struct svc_known *k = svc_known(w->argv[0]);
	struct svc_service s = {
		.known = k,
		.w = *w,
		.user = at->it->user != NULL ? at->it->user : "root",
		.why = why(c, at),
		.table = at->it->table,
		.trigger = at->it->trigger,
		.cond_count = at->cond_count,
		.place = at->place,
		.line = at->line,
		.target = target,
		.loose = at->loose,
		.inside = at->inside,
		.state = at->dead	      ? SVC_DEAD
			 : at->cond_count > 0 ? SVC_CONDITIONAL
					      : SVC_ACTIVE,
		.daemon = stays(at, w, k),
	};

	memcpy(s.conds, at->conds, sizeof(s.conds));
	/* A program by name or in the root that is nowhere: a dead branch. On a
	 * partition that is not at hand it may be. */
	if (target == SVC_NONE && fw_sh_known(w->argv[0]) &&
	    strcmp(w->argv[0], "setprop") != 0 && /* of Android's init */
	    !(strchr(w->argv[0], '/') != NULL &&
	      chain_filled_at_run(c, w->argv[0])))
		s.state = SVC_DEAD;
	if (k != NULL && k->class == SVC_SUPER && s.state == SVC_ACTIVE)
		c->root->super = true;
	if (target != SVC_NONE && s.state != SVC_DEAD && !at->loose &&
	    c->started[target] == NULL)
		c->started[target] = s.why;
	add_service(c, &s);
}

void chain_run(struct chain *c, const struct start *at, const char *const *argv,
	       uint32_t argc)
{
	const char *full[BOOT_WORDS_MAX];
	bool other;

	if (argc > BOOT_WORDS_MAX)
		argc = BOOT_WORDS_MAX;
	for (uint32_t i = 0; i < argc; i++)
		full[i] = chain_filled(c, argv[i]);
	struct svc_words w = svc_unwrap(c->arena, full, argc);

	if (w.argc == 0 || w.argv[0][0] == '\0')
		return;
	const struct svc_known *k = svc_known(w.argv[0]);
	const char *name = w.argv[0];

	if (strcmp(fw_basename(name), "mount") == 0)
		note_mount(c, &w);
	if (w.shell != NULL || (k != NULL && k->class == SVC_SHELL))
		if (run_shell(c, at, &w))
			return;
	if (strpbrk(name, "*?[") != NULL ||
	    (name[0] == '/' && !fw_sh_known(name))) {
		follow_pattern(c, at, name, w.argc > 1 ? w.argv[1] : NULL);
		return;
	}
	if (strcmp(fw_basename(name), "run-parts") == 0 && w.argc > 1) {
		follow_pattern(c, at,
			       fw_sprintf(c->arena, "%s/*", w.argv[w.argc - 1]),
			       NULL);
		return;
	}
	uint32_t p = svc_program(&c->s, c->root, name, &other);

	if (p == SVC_NONE && w.multi != NULL)
		p = svc_program(&c->s, c->root, w.multi, &other);
	if (p != SVC_NONE && chain_is_script(c, p))
		follow(c, at, p, w.argc > 1 ? w.argv[1] : NULL, NULL);
	else if (p != SVC_NONE ||
		 !run_function(c, at, name, w.argc > 1 ? w.argv[1] : NULL))
		record(c, at, &w, p);
}

/* --- scripts --- */

/* rc.common of OpenWrt calls these when a device starts. */
static bool entry_runs(const struct item *it, const char *flags, bool wrapped)
{
	static const char *const called[] = { "start", "start_service",
					      "boot" };
	const char *entry = strstr(flags, "entry=");

	entry = entry != NULL ? entry + 6 : NULL;
	if (it->entry != NULL)
		return entry != NULL && strcmp(entry, it->entry) == 0;
	for (size_t i = 0; entry != NULL && wrapped && i < 3; i++)
		if (strcmp(entry, called[i]) == 0)
			return true;
	return entry == NULL;
}

static bool read_fact(struct chain *c, const struct item *it,
		      const struct fw_fact *f, bool wrapped, struct start *at,
		      struct boot_record *r)
{
	*r = boot_read(c->arena, f->value);
	*at = (struct start){ .it = it, .place = it->place };
	if (!entry_runs(it, r->field[BOOT_FLAGS], wrapped) || r->argc == 0)
		return false;
	at->line = (uint32_t)strtoul(r->field[BOOT_LINE], NULL, 10);
	at->background = boot_flag(r, "&");
	if (chain_conditions(c, it, r, at->conds, &at->cond_count))
		return true;
	/* That a way in stands in a branch that never runs is worth a word. */
	const struct svc_words w = svc_unwrap(c->arena, r->argv, r->argc);
	const struct svc_known *k = w.argc > 0 ? svc_known(w.argv[0]) : NULL;

	at->dead = true;
	return k != NULL && k->class == SVC_TELNET;
}

/* What a script reads in: its settings and functions, and what it runs. */
static void source(struct chain *c, const struct start *at,
		   const struct boot_record *r)
{
	const char *argv[2] = { "sh", chain_filled(c, r->argv[0]) };
	uint32_t p = SVC_NONE;
	bool other;

	if (fw_sh_known(argv[1]))
		p = svc_program(&c->s, c->root, fw_sh_plain(c->arena, argv[1]),
				&other);
	if (p == SVC_NONE) {
		if (argv[1][0] == '/' && chain_filled_at_run(c, argv[1]))
			chain_run(c, at, argv, 2);
		return;
	}
	if (c->sourced_count < SVC_SOURCED)
		c->sourced[c->sourced_count++] = p;
	follow(c, at, p, NULL, NULL);
}

/* echo /sbin/helper > /proc/sys/kernel/hotplug */
static void helper(struct chain *c, const struct start *at,
		   const struct boot_record *r)
{
	const char *last = strrchr(r->field[BOOT_TEXT], ' ');

	if (strncmp(r->argv[0], "/proc/sys/kernel/", 17) != 0 &&
	    strncmp(r->argv[0], "/sys/kernel/", 12) != 0)
		return;
	if (last == NULL || last[1] != '/')
		return;
	last++;
	chain_run(c, at, &last, 1);
}

static void script_facts(struct chain *c, const struct item *it,
			 const char *key,
			 void (*act)(struct chain *c, const struct start *at,
				     const struct boot_record *r))
{
	const struct fw_place *p = chain_place(c, it->place);
	const char *wrapper = fw_place_fact(p, "shell.wrapper", 0);
	bool wrapped = wrapper != NULL && strstr(wrapper, "rc.common") != NULL;
	struct boot_record r;
	struct start at;

	for (size_t i = 0; i < p->fact_count; i++)
		if (strcmp(p->facts[i].key, key) == 0 &&
		    read_fact(c, it, &p->facts[i], wrapped, &at, &r))
			act(c, &at, &r);
}

static void run_record(struct chain *c, const struct start *at,
		       const struct boot_record *r)
{
	chain_run(c, at, r->argv, r->argc);
}

void chain_loose(struct chain *c, uint32_t script)
{
	const struct fw_place *p = chain_place(c, script);
	struct item it = { .place = script };
	bool other;

	for (size_t i = 0; i < p->fact_count; i++) {
		if (strcmp(p->facts[i].key, "shell.runs") != 0)
			continue;
		struct boot_record r = boot_read(c->arena, p->facts[i].value);
		struct svc_words w = svc_unwrap(c->arena, r.argv, r.argc);
		const struct svc_known *k =
			w.argc > 0 ? svc_known(w.argv[0]) : NULL;
		struct start at = { .it = &it, .place = script, .loose = true };

		if (k == NULL ||
		    (k->class != SVC_TELNET && k->class != SVC_DEBUGGER) ||
		    !chain_conditions(c, &it, &r, at.conds, &at.cond_count))
			continue;
		uint32_t to = svc_program(
			&c->s, c->root, w.multi ? w.multi : w.argv[0], &other);

		at.line = (uint32_t)strtoul(r.field[BOOT_LINE], NULL, 10);
		if (to != SVC_NONE && !chain_is_script(c, to))
			record(c, &at, &w, to);
	}
}

void chain_inside(struct chain *c, uint32_t program)
{
	const struct fw_place *p = chain_place(c, program);
	struct item it = { .place = program, .why = c->started[program] };
	bool other;

	for (size_t i = 0; i < p->fact_count; i++) {
		if (strcmp(p->facts[i].key, "elf.starts") != 0)
			continue;
		struct boot_record r = boot_read(c->arena, p->facts[i].value);
		struct start at = { .it = &it,
				    .place = program,
				    .inside = true };
		struct svc_words w = svc_unwrap(c->arena, r.argv, r.argc);

		if (w.argc == 0)
			continue;
		at.background = boot_flag(&r, "&");
		at.conds[at.cond_count++] = "the program decides";
		record(c, &at, &w,
		       svc_program(&c->s, c->root, w.argv[0], &other));
	}
}

void chain_drain(struct chain *c)
{
	while (c->item_next < c->item_count && fw_out_ok(c->out)) {
		struct item it = c->items[c->item_next++];

		c->root->any = true;
		c->sourced_count = 0;
		script_facts(c, &it, "shell.sources", source);
		script_facts(c, &it, "shell.writes", helper);
		script_facts(c, &it, "shell.runs", run_record);
	}
}
