/* sink.c - strong things: what a call does, and through whom */
#include "code/sink.h"

static const float weights[CODE_SINKS] = {
	[CODE_SINK_BIND_SHELL] = 12,	  [CODE_SINK_REVERSE_SHELL] = 11,
	[CODE_SINK_SHELL] = 10,		  [CODE_SINK_COMMAND] = 9,
	[CODE_SINK_DECODED] = 9,	  [CODE_SINK_EXEC_SHELL] = 8,
	[CODE_SINK_BUFFER] = 7,		  [CODE_SINK_PARAMETER] = 7.5f,
	[CODE_SINK_VARIABLE] = 6,	  [CODE_SINK_DAEMON] = 6,
	[CODE_SINK_ACCOUNT] = 6,	  [CODE_SINK_BOOT] = 5,
	[CODE_SINK_UNPROTECT] = 4.5f,	  [CODE_SINK_EVAL] = 5,
	[CODE_SINK_EXEC_VARIABLE] = 3.5f, [CODE_SINK_FORMAT] = 3,
	[CODE_SINK_JOINED] = 3,		  [CODE_SINK_ROOT] = 3,
	[CODE_SINK_CONSTANT] = 1.5f,	  [CODE_SINK_EXEC_CONSTANT] = 1.5f,
	[CODE_SINK_LISTEN] = 1.5f,	  [CODE_SINK_DELETE] = 1,
};

const char *code_sink_words(enum code_sink_kind kind)
{
	static const char *const words[CODE_SINKS] = {
		[CODE_SINK_NONE] = "does nothing strong",
		[CODE_SINK_BIND_SHELL] =
			"waits for a connection and gives it a shell",
		[CODE_SINK_REVERSE_SHELL] =
			"connects out and gives the other end a shell",
		[CODE_SINK_SHELL] = "starts a shell",
		[CODE_SINK_COMMAND] =
			"runs a command that is given from outside",
		[CODE_SINK_DECODED] = "runs a command that is decoded first",
		[CODE_SINK_EXEC_SHELL] = "becomes a shell",
		[CODE_SINK_BUFFER] = "runs a command from a buffer",
		[CODE_SINK_PARAMETER] = "runs a parameter as a command",
		[CODE_SINK_VARIABLE] = "runs a command that cannot be told",
		[CODE_SINK_DAEMON] = "starts a login or relay service",
		[CODE_SINK_ACCOUNT] = "changes the device's accounts or keys",
		[CODE_SINK_BOOT] = "changes what runs when the device starts",
		[CODE_SINK_UNPROTECT] = "takes a protection away",
		[CODE_SINK_EVAL] = "runs program text that is given",
		[CODE_SINK_EXEC_VARIABLE] =
			"runs a program that cannot be told",
		[CODE_SINK_FORMAT] =
			"runs a command with a part from elsewhere",
		[CODE_SINK_JOINED] = "runs a command that is joined from parts",
		[CODE_SINK_ROOT] = "takes root's rights",
		[CODE_SINK_CONSTANT] = "runs a fixed command",
		[CODE_SINK_EXEC_CONSTANT] = "runs a fixed program",
		[CODE_SINK_LISTEN] = "opens a listening port",
		[CODE_SINK_DELETE] = "deletes a file",
	};

	return words[kind];
}

static void offer(struct code_sinks *s, enum code_sink_kind kind, float weight,
		  const struct code_call *c, uint32_t function,
		  struct fw_view text)
{
	if (weight > s->of[kind].weight)
		s->of[kind] = (struct code_sink){ .weight = weight,
						  .at = c->at,
						  .call = c->at,
						  .function = function,
						  .text = text };
}

static bool has(struct fw_view text, const char *word)
{
	return fw_view_find(text, fw_view_str(word), 0) != SIZE_MAX;
}

/* "sh -i" of "/bin/sh -i", wherever its bin is ("/system/bin/sh"). */
static struct fw_view without_folder(struct fw_view t)
{
	size_t end = fw_view_find(t, FW_STR(" "), 0);
	struct fw_view path = fw_view_sub(t, 0, end == SIZE_MAX ? t.len : end);
	size_t at = 0, bin;

	while (path.len > 0 && path.data[0] == '/' &&
	       (bin = fw_view_find(path, FW_STR("bin/"), at)) != SIZE_MAX)
		at = bin + 4;
	return fw_view_sub(t, at, t.len);
}

/* "/bin/sh", "sh -i", "/bin/busybox ash", but not "sh /etc/x.sh". */
static bool is_shell(struct fw_view t)
{
	static const char *const names[] = { "sh",  "bash", "ash", "dash",
					     "ksh", "zsh",  "csh" };

	t = without_folder(t);
	if (fw_view_starts(t, FW_STR("busybox ")))
		t = without_folder(fw_view_sub(t, 8, t.len));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct fw_view n = fw_view_str(names[i]);
		struct fw_view rest = fw_view_sub(t, n.len, t.len);

		if (!fw_view_starts(t, n))
			continue;
		rest = fw_trim(rest);
		if (fw_view_starts(rest, FW_STR("-i")) ||
		    fw_view_starts(rest, FW_STR("-p")))
			rest = fw_trim(fw_view_sub(rest, 2, rest.len));
		if (rest.len == 0 || rest.data[0] == ';' ||
		    rest.data[0] == '&' || rest.data[0] == '>' ||
		    rest.data[0] == '<' || rest.data[0] == '0')
			return true;
	}
	return false;
}

/* Starts a service that lets somebody in; a kill or a look at it does not. */
static bool is_daemon(struct fw_view t)
{
	static const char *const names[] = { "telnetd", "dropbear", "sshd",
					     "nc -l",	"netcat",   "ncat",
					     "nc ",	"gdbserver" };

	if (has(t, "kill") || has(t, "grep") || has(t, "pidof") ||
	    has(t, "ps ") || has(t, "stop") || has(t, "rm "))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = fw_view_find(t, fw_view_str(names[i]), 0);

		if (at != SIZE_MAX &&
		    (at == 0 || strchr(" /;&|", t.data[at - 1]) != NULL ||
		     t.data[at - 1] == 'u'))
			return true;
	}
	return false;
}

/* All of the command is one argument: "%s", "%s &", "sh -c %s", "%s > /tmp/x".
 */
bool code_is_whole(struct fw_view f)
{
	static const char *const before[] = { "sh -c ", "/bin/sh -c ", "\"",
					      "'" };
	size_t percent = fw_view_find(f, FW_STR("%"), 0);

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (fw_view_starts(f, fw_view_str(before[i])))
			f = fw_view_sub(f, strlen(before[i]), f.len);
	if (percent == SIZE_MAX || !fw_view_starts(f, FW_STR("%s")))
		return false;
	/* "%s -p %s" names a program; what follows "%s" is not the caller's. */
	f = fw_trim(fw_view_sub(f, 2, f.len));
	return f.len == 0 || strchr(";|&><\"'", f.data[0]) != NULL ||
	       fw_view_starts(f, FW_STR("2>"));
}

/* The format that a call before `c` wrote to the same buffer; len 0 with data
 * where the format is not a constant, data NULL where there is none. */
static struct fw_view format_of(const struct code_program *p,
				const struct code_function *f,
				const struct code_call *c, code_id buffer)
{
	struct fw_view best = { NULL, 0 };

	for (const struct code_call *k = code_calls_before(f, c); k < c; k++) {
		const struct code_known *n = code_call_known(p, k);

		if (n == NULL || (n->use & CODE_FORMAT) == 0 ||
		    k->args[0] != buffer || n->arg >= CODE_ARGS)
			continue;
		if (k->text[n->arg].len > 0)
			best = k->text[n->arg];
		else if (best.data == NULL)
			best = fw_view_of("", 0);
	}
	return best;
}

/* Whether a call before `c` put something known to copy into the buffer. */
static bool is_copied(const struct code_program *p,
		      const struct code_function *f, const struct code_call *c,
		      code_id buffer, bool *constant)
{
	bool copied = false;

	*constant = false;
	for (const struct code_call *k = code_calls_before(f, c); k < c; k++) {
		if (!code_call_does(p, k, CODE_COPY | CODE_RECEIVE) ||
		    (k->args[0] != buffer && k->args[1] != buffer))
			continue;
		copied = true;
		*constant |=
			code_call_does(p, k, CODE_COPY) && k->text[1].len > 0;
	}
	return copied;
}

static enum code_sink_kind by_format(struct fw_view format)
{
	if (is_daemon(format))
		return CODE_SINK_DAEMON;
	if (format.len == 0 || code_is_whole(format))
		return CODE_SINK_COMMAND;
	return has(format, "%s") ? CODE_SINK_FORMAT : CODE_SINK_CONSTANT;
}

/* A format whose arguments name a service or a shell. */
static enum code_sink_kind by_arguments(const struct code_call *c,
					unsigned from, enum code_sink_kind kind,
					struct fw_view *text)
{
	bool shell = false;

	for (unsigned i = from; i < CODE_ARGS; i++)
		shell |= is_shell(c->text[i]) && c->text[i].data[0] == '/';
	for (unsigned i = from; i < CODE_ARGS; i++)
		if (is_daemon(c->text[i])) {
			*text = shell ? FW_STR("a login service with /bin/sh")
				      : c->text[i];
			return CODE_SINK_DAEMON;
		}
	return kind;
}

static const struct {
	const char *name;
	enum code_sink_kind kind;
} files[] = {
	{ "/etc/passwd", CODE_SINK_ACCOUNT },
	{ "/etc/shadow", CODE_SINK_ACCOUNT },
	{ "authorized_keys", CODE_SINK_ACCOUNT },
	{ "/etc/sudoers", CODE_SINK_ACCOUNT },
	{ "/rc.local", CODE_SINK_BOOT },
	{ "/etc/rc.", CODE_SINK_BOOT },
	{ "/rcS", CODE_SINK_BOOT },
	{ "/init.d/", CODE_SINK_BOOT },
	{ "/rc.d/", CODE_SINK_BOOT },
	{ "/boot.d/", CODE_SINK_BOOT },
	{ "/start.d/", CODE_SINK_BOOT },
	{ "/startup.d/", CODE_SINK_BOOT },
	{ "/autostart", CODE_SINK_BOOT },
	{ "/profile.d/", CODE_SINK_BOOT },
	{ "/if-up.d/", CODE_SINK_BOOT },
	{ "/ip-up", CODE_SINK_BOOT },
	{ "/hotplug.d/", CODE_SINK_BOOT },
	{ "/systemd/system/", CODE_SINK_BOOT },
	{ "/etc/inittab", CODE_SINK_BOOT },
	{ "/crontab", CODE_SINK_BOOT },
	{ "/cron.d/", CODE_SINK_BOOT },
	{ "/etc/profile", CODE_SINK_BOOT },
	{ "ld.so.preload", CODE_SINK_BOOT },
};

/* "/data/boot/10-hook.sh": a script that by its name runs by itself. */
static bool is_start_script(struct fw_view t)
{
	static const char *const words[] = { "boot", "start", "init", "hook",
					     "autorun" };

	if (t.len < 4 || t.data[0] != '/' ||
	    memcmp(t.data + t.len - 3, ".sh", 3) != 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has(t, words[i]))
			return true;
	return false;
}

static enum code_sink_kind file_kind(struct fw_view text)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (has(text, files[i].name))
			return files[i].kind;
	return is_start_script(text) ? CODE_SINK_BOOT : CODE_SINK_NONE;
}

/* One pass over a whole program for all names that begin with "/". */
bool code_names_files(struct fw_view bytes)
{
	const uint8_t *end = bytes.data + bytes.len, *p = bytes.data;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].name[0] != '/' && has(bytes, files[i].name))
			return true;
	for (; p < end && (p = memchr(p, '/', (size_t)(end - p))) != NULL; p++)
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			if (files[i].name[0] == '/' &&
			    fw_view_starts(fw_view_of(p, (size_t)(end - p)),
					   fw_view_str(files[i].name)))
				return true;
	return false;
}

/* "iptables -F FORWARD_UPNP" empties a chain of somebody's own, which has an
 * underscore or small letters in its name. */
static bool empties_own(struct fw_view t)
{
	size_t at = fw_view_find(t, FW_STR("iptables -F "), 0);
	struct fw_view chain;

	if (at == SIZE_MAX)
		return false;
	chain = fw_view_sub(t, at + 12, t.len);
	for (size_t i = 0;
	     i < chain.len && strchr(" ;&|>", chain.data[i]) == NULL; i++)
		if (chain.data[i] == '_' ||
		    (chain.data[i] >= 'a' && chain.data[i] <= 'z'))
			return true;
	return false;
}

/* A fixed command that lets somebody in later. */
static enum code_sink_kind by_change(struct fw_view t)
{
	static const char *const protections[] = { "iptables -F",
						   "-P INPUT ACCEPT",
						   "nft flush", "chmod u+s",
						   "chmod 4755" };
	size_t to = fw_view_find(t, FW_STR(">"), 0);
	enum code_sink_kind kind = CODE_SINK_NONE;

	if (to != SIZE_MAX)
		kind = file_kind(fw_view_sub(t, to, t.len));
	if (kind != CODE_SINK_NONE)
		return kind;
	if (has(t, "chpasswd") || has(t, "adduser ") || has(t, "useradd "))
		return CODE_SINK_ACCOUNT;
	/* In one word it would be a finding in this program. */
	if (has(t, "setenforce") && has(t, " 0"))
		return CODE_SINK_UNPROTECT;
	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]);
	     i++)
		if (has(t, protections[i]) && !empties_own(t))
			return CODE_SINK_UNPROTECT;
	return CODE_SINK_CONSTANT;
}

static enum code_sink_kind by_text(struct fw_view text)
{
	if (is_shell(text))
		return CODE_SINK_SHELL;
	return is_daemon(text) ? CODE_SINK_DAEMON : by_change(text);
}

/* A service that gives a shell without a login is as strong as the shell. */
static float weight_of(enum code_sink_kind kind, struct fw_view text)
{
	if (kind == CODE_SINK_DAEMON &&
	    (has(text, "/sh") || has(text, "/ash") || has(text, "/bash")))
		return 8;
	return weights[kind];
}

/* What one of the program's own functions finds by a name: the parameter of a
 * request, a setting. */
static bool is_field(const struct code_program *p,
		     const struct code_function *f, code_id command)
{
	const struct code_call *c = code_call_of(p, f, command);

	if (c == NULL || c->function == CODE_NO_FUNCTION)
		return false;
	return c->text[0].len > 0 || c->text[1].len > 0;
}

/* A command that a call gives to a shell, by how it came about. */
static void judge_shell(struct code_program *p, const struct code_function *f,
			const struct code_call *c, unsigned arg,
			struct code_sinks *s)
{
	const struct code_value *v = code_value_at(&p->values, c->args[arg]);
	struct fw_view text = c->text[arg];
	enum code_sink_kind kind = CODE_SINK_VARIABLE;

	if (text.len > 0 && has(text, "%s"))
		kind = by_arguments(c, arg + 1, by_format(text), &text);
	else if (text.len > 0)
		kind = (c->built & 1u << arg) != 0 && !is_shell(text)
			       ? CODE_SINK_DECODED
			       : by_text(text);
	else if (v->kind == CODE_STACK || v->kind == CODE_CONST) {
		bool constant;
		bool copied = is_copied(p, f, c, c->args[arg], &constant);

		text = format_of(p, f, c, c->args[arg]);
		kind = text.data != NULL    ? by_format(text)
		       : f->xors && !copied ? CODE_SINK_DECODED
		       : copied && constant ? CODE_SINK_JOINED
					    : CODE_SINK_BUFFER;
	}
	if (kind == CODE_SINK_VARIABLE && is_field(p, f, c->args[arg]))
		kind = CODE_SINK_PARAMETER;
	offer(s, kind,
	      /* In a static program most of what fills buffers is unknown. */
	      kind == CODE_SINK_BUFFER && p->import_count < 2
		      ? weights[kind] * 0.7f
		      : weight_of(kind, text),
	      c, f->start, text);
}

static void judge_exec(struct code_program *p, const struct code_function *f,
		       const struct code_call *c, unsigned arg,
		       struct code_sinks *s)
{
	struct fw_view path = c->text[arg], command = { NULL, 0 }, text;
	enum code_sink_kind kind = CODE_SINK_EXEC_VARIABLE;
	bool given = false;

	for (unsigned i = arg + 1; i + 1 < CODE_ARGS; i++)
		if (fw_view_eq(c->text[i], FW_STR("-c"))) {
			command = c->text[i + 1];
			given = true;
			/* As system() has it. */
			if (command.len == 0 && is_shell(path)) {
				judge_shell(p, f, c, i + 1, s);
				return;
			}
		}
	if (path.len > 0 && is_shell(path))
		kind = !given		    ? CODE_SINK_EXEC_SHELL
		       : is_daemon(command) ? CODE_SINK_DAEMON
					    : CODE_SINK_CONSTANT;
	else if (path.len > 0)
		kind = is_daemon(path) ? CODE_SINK_DAEMON
				       : CODE_SINK_EXEC_CONSTANT;
	text = given ? command : path;
	kind = by_arguments(c, arg, kind, &text);
	offer(s, kind, weight_of(kind, text), c, f->start, text);
}

/* "a", "w+" of fopen(), or O_WRONLY and O_RDWR of open(). */
static bool to_write(const struct code_program *p, const struct code_call *c,
		     unsigned arg)
{
	const struct code_value *v = code_value_at(&p->values, c->args[arg]);
	struct fw_view mode = c->text[arg];

	if (mode.len > 0)
		return mode.len <= 3 && (mode.data[0] == 'w' ||
					 mode.data[0] == 'a' || has(mode, "+"));
	return v->kind == CODE_CONST && (v->n & 3) != 0;
}

static void judge_file(const struct code_program *p,
		       const struct code_function *f, const struct code_call *c,
		       unsigned arg, struct code_sinks *s)
{
	enum code_sink_kind kind = file_kind(c->text[arg]);

	if (kind != CODE_SINK_NONE && to_write(p, c, arg + 1))
		offer(s, kind, weights[kind], c, f->start, c->text[arg]);
}

/* How likely a function of the program's own writes to the file that its n-th
 * argument names: as it opens it, if that can be seen. */
static float writes_to(struct code_program *p, const struct code_call *c,
		       unsigned n)
{
	const struct code_function *f = code_function(p, c->function);

	for (size_t i = 0; f != NULL && i < f->call_count; i++) {
		const struct code_call *k = &f->calls[i];
		const struct code_known *use = code_call_known(p, k);
		const struct code_value *v;

		if (use == NULL || (use->use & CODE_FILE) == 0 ||
		    use->arg + 1 >= CODE_ARGS)
			continue;
		v = code_value_at(&p->values, k->args[use->arg]);
		if (v->kind != CODE_ARG || v->n != n ||
		    strstr(use->name, "open") == NULL)
			continue;
		/* How it is opened, the caller may say, too, or add to. */
		v = code_value_at(&p->values, k->args[use->arg + 1]);
		if (v->kind == CODE_ARG && v->n < CODE_ARGS)
			return to_write(p, c, (unsigned)v->n) ? 1.0f : 0.3f;
		if (v->kind != CODE_CONST && k->text[use->arg + 1].len == 0)
			break;
		return to_write(p, k, use->arg + 1u) ? 1.0f : 0.3f;
	}
	return 0.6f;
}

/* A function that nothing is known of, but what it gets: a file's name and
 * fopen()'s mode, or the name alone, which it may read or write. */
static void judge_unknown(struct code_program *p, const struct code_function *f,
			  const struct code_call *c, struct code_sinks *s)
{
	if (c->text[0].len > 0 && c->text[1].len > 0 && c->text[1].len <= 3)
		judge_file(p, f, c, 0, s);
	if (c->function == CODE_NO_FUNCTION ||
	    (p->starts[c->function].reach & CODE_FILE) == 0)
		return;
	for (unsigned i = 0; i < 3; i++) {
		enum code_sink_kind kind = file_kind(c->text[i]);

		if (kind != CODE_SINK_NONE)
			offer(s, kind, weights[kind] * writes_to(p, c, i), c,
			      f->start, c->text[i]);
	}
}

static void judge(struct code_program *p, const struct code_function *f,
		  const struct code_call *c, const struct code_known *k,
		  struct code_sinks *s)
{
	unsigned arg = k->arg < CODE_ARGS - 1 ? k->arg : CODE_ARGS - 2;
	const struct code_value *v = code_value_at(&p->values, c->args[arg]);
	enum code_sink_kind kind = CODE_SINK_NONE;

	if ((k->use & CODE_SHELL) != 0)
		judge_shell(p, f, c, arg, s);
	else if ((k->use & CODE_EXEC) != 0)
		judge_exec(p, f, c, arg, s);
	else if ((k->use & CODE_FILE) != 0)
		judge_file(p, f, c, arg, s);
	else if ((k->use & CODE_EVAL) != 0 && c->text[arg].len == 0)
		kind = CODE_SINK_EVAL;
	else if ((k->use & CODE_SETUID) != 0 && v->kind == CODE_CONST &&
		 v->n == 0)
		kind = CODE_SINK_ROOT;
	else if ((k->use & CODE_LISTEN) != 0)
		kind = CODE_SINK_LISTEN;
	else if ((k->use & CODE_DELETE) != 0 && c->text[arg].len > 0)
		kind = CODE_SINK_DELETE;
	if (kind != CODE_SINK_NONE)
		offer(s, kind, weights[kind], c, f->start, c->text[arg]);
}

static void merge(struct code_sinks *to, const struct code_sinks *from,
		  float factor, uint64_t at)
{
	for (size_t i = 1; i < CODE_SINKS; i++) {
		if (from->of[i].weight * factor <= to->of[i].weight)
			continue;
		to->of[i] = from->of[i];
		to->of[i].weight *= factor;
		to->of[i].at = at;
	}
}

/* A function that is given to a call (a thread, a handler) runs sooner or
 * later. */
static void merge_pointers(struct code_program *p,
			   const struct code_function *f,
			   const struct code_call *c, struct code_sinks *s)
{
	for (unsigned i = 0; i < 4; i++) {
		const struct code_value *v =
			code_value_at(&p->values, c->args[i]);
		uint32_t to = v->kind == CODE_CONST && v->n > 0x100
				      ? code_start_at(p, v->n)
				      : CODE_NO_FUNCTION;

		if (to != CODE_NO_FUNCTION && to != f->start)
			merge(s, code_sinks_of(p, to, 1), 0.75f, c->at);
	}
}

void code_sinks_of_call(struct code_program *p, const struct code_function *f,
			const struct code_call *c, struct code_sinks *s)
{
	const struct code_known *k = code_call_known(p, c);

	if (k != NULL) {
		judge(p, f, c, k, s);
		return;
	}
	judge_unknown(p, f, c, s);
	merge_pointers(p, f, c, s);
	if (c->function != CODE_NO_FUNCTION && c->function != f->start)
		merge(s, code_sinks_of(p, c->function, 0), 0.75f, c->at);
}

/* Whether a call starts a program of a fixed name that is no shell: inetd and
 * its like hand their connections to one. */
static bool is_fixed_program(const struct code_call *c)
{
	if (c->text[0].len == 0 || c->text[0].data[0] != '/' ||
	    is_daemon(c->text[0]))
		return false;
	for (unsigned i = 0; i < CODE_ARGS; i++)
		if (is_shell(c->text[i]))
			return false;
	return true;
}

/* A shell that talks to whom the function accepted or connected to. */
static void judge_sockets(struct code_program *p, const struct code_function *f,
			  struct code_sinks *s)
{
	const struct code_call *dup = NULL, *exec = NULL;
	uint32_t uses = 0;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_known *k = code_call_known(p, &f->calls[i]);

		if (k == NULL)
			continue;
		uses |= k->use;
		if ((k->use & CODE_DUP) != 0)
			dup = &f->calls[i];
		if ((k->use & (CODE_EXEC | CODE_SHELL)) != 0)
			exec = &f->calls[i];
	}
	if (dup == NULL || exec == NULL || is_fixed_program(exec))
		return;
	if ((uses & (CODE_LISTEN | CODE_ACCEPT)) != 0)
		offer(s, CODE_SINK_BIND_SHELL, weights[CODE_SINK_BIND_SHELL],
		      exec, f->start, exec->text[0]);
	else if ((uses & CODE_CONNECT) != 0)
		offer(s, CODE_SINK_REVERSE_SHELL,
		      weights[CODE_SINK_REVERSE_SHELL], exec, f->start,
		      exec->text[0]);
}

static void sum(struct code_program *p, const struct code_function *f,
		int depth, struct code_sinks *s)
{
	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(p, c);

		if (k != NULL) {
			judge(p, f, c, k, s);
			continue;
		}
		judge_unknown(p, f, c, s);
		if (c->function != CODE_NO_FUNCTION && depth < 2 &&
		    c->function != f->start)
			merge(s, code_sinks_of(p, c->function, depth + 1), 0.6f,
			      c->at);
	}
	judge_sockets(p, f, s);
}

const struct code_sinks *code_sinks_of(struct code_program *p, uint32_t start,
				       int depth)
{
	static const struct code_sinks none;
	struct code_start *st = &p->starts[start];
	const struct code_function *f;

	if (st->sinks[depth] != NULL)
		return st->sinks[depth];
	st->sinks[depth] = &none;
	if ((st->reach &
	     (CODE_STRONG | CODE_LISTEN | CODE_DELETE | CODE_FILE)) == 0 ||
	    (f = code_function(p, start)) == NULL)
		return &none;
	struct code_sinks s = none, *kept;

	sum(p, f, depth, &s);
	if (code_sinks_best(&s) == CODE_SINK_NONE)
		return &none;
	kept = fw_alloc(p->arena, 1, sizeof(*kept));
	*kept = s;
	st->sinks[depth] = kept;
	return kept;
}

void code_sinks_behind(struct code_program *p, const struct code_function *f,
		       uint32_t to, struct code_sinks *s)
{
	if (!code_spend(p, f->call_count / 4))
		return;
	for (size_t i = 0; i < f->call_count; i++)
		if (code_dominates(f, to, f->calls[i].block)) {
			code_sinks_of_call(p, f, &f->calls[i], s);
			code_spend(p, 8);
		}
}

enum code_sink_kind code_sinks_best(const struct code_sinks *s)
{
	size_t best = CODE_SINK_NONE;

	for (size_t i = 1; i < CODE_SINKS; i++)
		if (s->of[i].weight > s->of[best].weight)
			best = i;
	return (enum code_sink_kind)best;
}
