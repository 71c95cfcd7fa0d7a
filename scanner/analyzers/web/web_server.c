/* web_server.c - what a program answers to, and the commands it builds
 *
 * Facts for the correlators "web" and "shell_commands":
 *	web.server	http: it answers requests; cgi: a web server starts it
 *	web.route	an address in its tables, and the offset
 *	web.name	a name that may be a handler's, and its neighbours
 *	web.link	an address in pages that it writes itself
 *	shell.calls	the function through which it runs a shell
 *	shell.command	a command line with a gap for text: class, offset, text
 *	net.role	server, client: for the severity of what else it does
 */
#include "analyzers/elf/elf_use.h"
#include "analyzers/web/webtext.h"
#include "core/strings.h"

enum {
	ROUTES_MAX = 400,
	LINKS_MAX = 400,
	COMMANDS_MAX = 200,
	NAMES_MAX = 64,
	COMMAND_TEXT = 160,
	LINE_MAX = 4096,
};

struct server {
	const struct fw_object *obj;
	struct fw_out *out;
	struct elf_use use;
	bool http, response, type, request_env;
	bool forms;	 /* has handlers that are names without a suffix */
	bool multi_call; /* many programs in one file, as BusyBox is */
	struct web_set routes, links, commands;
	size_t names;
};

/* --- what kind of program --- */

/* A name and no text: most strings of a program are names of functions. */
static bool is_name(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = web_lower(v.data[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '_'))
			return false;
	}
	return v.len > 0;
}

static void learn(struct server *s, struct fw_view v)
{
	if (v.len > LINE_MAX)
		v.len = LINE_MAX;
	if (is_name(v)) {
		s->request_env = s->request_env ||
				 fw_view_eq(v, FW_STR("QUERY_STRING")) ||
				 fw_view_eq(v, FW_STR("REQUEST_METHOD")) ||
				 fw_view_eq(v, FW_STR("CONTENT_LENGTH"));
		return;
	}
	s->http = s->http || fw_view_find(v, FW_STR("HTTP/1."), 0) != SIZE_MAX;
	s->type = s->type || web_has(v, "content-type");
	s->response =
		s->response ||
		fw_view_find(v, FW_STR("200 OK"), 0) != SIZE_MAX ||
		fw_view_find(v, FW_STR("HTTP/1.1 %d %s"), 0) != SIZE_MAX ||
		fw_view_find(v, FW_STR("HTTP/1.0 %d %s"), 0) != SIZE_MAX ||
		fw_view_find(v, FW_STR("404 Not Found"), 0) != SIZE_MAX;
	s->multi_call = s->multi_call || web_has(v, "multi-call binary");
	s->forms = s->forms || web_has(v, "/goform") || web_has(v, "/boafrm") ||
		   web_has(v, "/boaform");
}

static const char *role_in_web(const struct server *s)
{
	if (s->multi_call)
		return NULL;
	if (s->use.web_table)
		return "http";
	if ((s->use.listens || !s->use.known) && s->http && s->type &&
	    s->response)
		return "http";
	if (s->use.gets_env && !s->use.listens && s->request_env && s->type)
		return "cgi";
	return NULL;
}

/* --- routes --- */

static bool add(struct server *s, struct web_set *set, struct fw_view name,
		size_t max, const char *cut)
{
	if (set->n > max || web_set_find(set, name) != NULL)
		return false;
	web_set_add(set, name);
	if (set->n <= max)
		return true;
	fw_out_fact(s->out, cut, "cut");
	return false;
}

static bool is_path(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		      (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
		      c == '/' || c == '-'))
			return false;
	}
	return v.len > 0;
}

/* Folders of the device's file system, which web addresses do not begin with.
 */
static bool is_on_disk(struct fw_view v)
{
	static const char *const roots[] = {
		"/bin/", "/dev/",    "/etc/",  "/home/", "/lib/",   "/mnt/",
		"/opt/", "/proc/",   "/sbin/", "/sys/",	 "/tmp/",   "/usr/",
		"/var/", "/system/", "/data/", "/root/", "/media/", "/run/",
		"../",	 "./",	     NULL
	};

	for (size_t i = 0; roots[i] != NULL; i++)
		if (fw_view_starts(v, fw_view_str(roots[i])))
			return true;
	return false;
}

static struct fw_view without_method(struct fw_view v)
{
	if (fw_view_starts(v, FW_STR("GET ")))
		return fw_view_sub(v, 4, SIZE_MAX);
	if (fw_view_starts(v, FW_STR("POST ")))
		return fw_view_sub(v, 5, SIZE_MAX);
	return v;
}

/* A whole string that is an address. Shell scripts have names like pages, too,
 * but no server gives them out. */
static bool is_route(struct fw_view v)
{
	if (!is_path(v) || v.len > WEB_TARGET_MAX || is_on_disk(v))
		return false;
	if (fw_view_ends(v, FW_STR(".sh")) || fw_view_ends(v, FW_STR(".pl")))
		return false;
	if (web_is_target(v))
		return true;
	/* An address without suffix counts where its name says what it is. */
	return v.data[0] == '/' && v.len > 8 &&
	       fw_view_find(v, FW_STR("."), 0) == SIZE_MAX &&
	       web_danger(v) != WEB_PLAIN &&
	       fw_view_find(fw_view_sub(v, 1, SIZE_MAX), FW_STR("/"), 0) !=
		       SIZE_MAX;
}

static void on_link(void *ctx, struct fw_view target, bool form)
{
	struct server *s = ctx;
	struct fw_view base = web_base(target);

	(void)form;
	if (base.len <= WEB_NAME_MAX &&
	    add(s, &s->links, base, LINKS_MAX, "web.links"))
		fw_out_factf(s->out, "web.link", "%.*s", FW_FMT(base));
}

/* Markup or script: what stands in it is a link and no table of routes. */
static bool is_markup(struct fw_view v)
{
	return web_has(v, "href") || web_has(v, "<form") ||
	       web_has(v, "src=") || web_has(v, "action=") ||
	       web_has(v, "location") || web_has(v, "<script") ||
	       web_has(v, "window.open") || web_has(v, "document.");
}

static void routes_of(struct server *s, const struct fw_string *str,
		      struct fw_view v)
{
	struct fw_view path = without_method(v);

	if (str->ended && is_route(path)) {
		if (web_base(path).len > 0 &&
		    add(s, &s->routes, path, ROUTES_MAX, "web.routes"))
			fw_out_factf(s->out, "web.route", "%.*s @0x%zx",
				     FW_FMT(path), str->off);
		return;
	}
	if (is_markup(v))
		web_links(v, on_link, s);
}

/* Where handlers are registered by a name alone ("setWan" for /goform/setWan),
 * the names lie side by side. Whether this is such a table is seen from the
 * neighbours, which pages link to; so they are told as well. */
static void handler_name(struct server *s, const struct fw_strings *all,
			 size_t i)
{
	struct fw_view name = fw_string_view(s->obj, &all->v[i]);
	struct fw_view near[2] = { FW_STR("-"), FW_STR("-") };

	if (name.len > WEB_NAME_MAX || !is_name(name) ||
	    web_danger(name) == WEB_PLAIN || s->names == NAMES_MAX)
		return;
	if (i > 0)
		near[0] = fw_string_view(s->obj, &all->v[i - 1]);
	if (i + 1 < all->n)
		near[1] = fw_string_view(s->obj, &all->v[i + 1]);
	for (size_t k = 0; k < 2; k++)
		if (!is_name(near[k]) || near[k].len > WEB_NAME_MAX)
			near[k] = FW_STR("-");
	s->names++;
	fw_out_factf(s->out, "web.name", "%.*s %.*s %.*s @0x%zx", FW_FMT(name),
		     FW_FMT(near[0]), FW_FMT(near[1]), all->v[i].off);
}

/* --- commands --- */

static bool has(struct fw_view v, const char *text)
{
	return fw_view_find(v, fw_view_str(text), 0) != SIZE_MAX;
}

/* The name of the program that a command line begins with. */
static struct fw_view first_word(struct fw_view v)
{
	size_t from = 0, end = 0;

	for (; end < v.len && v.data[end] != ' '; end++)
		if (v.data[end] == '/')
			from = end + 1;
	return fw_view_sub(v, from, end - from);
}

static bool is_in(struct fw_view name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_eq(name, fw_view_str(*list)))
			return true;
	return false;
}

static bool is_program(struct fw_view name)
{
	static const char *const names[] = {
		"iptables",   "ip6tables", "ebtables",	   "ifconfig",
		"route",      "arping",	   "ping",	   "ping6",
		"traceroute", "nslookup",  "insmod",	   "rmmod",
		"modprobe",   "brctl",	   "iwpriv",	   "iwconfig",
		"iwlist",     "upnpc",	   "upnpc-static", "mailx",
		"mail",	      "sendmail",  "ftpget",	   "ftpput",
		"ftp",	      "tftp",	   "wget",	   "curl",
		"echo",	      "cat",	   "cp",	   "mv",
		"rm",	      "mkdir",	   "chmod",	   "chown",
		"kill",	      "killall",   "mount",	   "umount",
		"tar",	      "unzip",	   "gzip",	   "gunzip",
		"sh",	      "ash",	   "bash",	   "chpasswd",
		"adduser",    "useradd",   "passwd",	   "hostname",
		"tc",	      "vconfig",   "ip",	   "udhcpc",
		"telnetd",    "openssl",   "smbpasswd",	   "nvram",
		"uci",	      "dd",	   "sed",	   "awk",
		"grep",	      "touch",	   "ln",	   "wpa_supplicant",
		"wpa_cli",    "hostapd",   "printf",	   "date",
		"ntpclient",  "ntpdate",   "mknod",	   NULL
	};

	return is_in(name, names);
}

/* "file:%s" and "login: %s" report something; "%s:%s" does not. */
static bool is_labelled(struct fw_view v)
{
	for (size_t i = 1; i + 1 < v.len; i++)
		if (v.data[i] == ':' && web_lower(v.data[i - 1]) >= 'a' &&
		    web_lower(v.data[i - 1]) <= 'z' &&
		    (v.data[i + 1] == '%' || v.data[i + 1] == ' '))
			return true;
	return false;
}

/* A gap for text: %s that is not the start of %script%. */
static bool has_gap(struct fw_view v)
{
	size_t at = 0;

	while ((at = fw_view_find(v, FW_STR("%s"), at)) != SIZE_MAX) {
		at += 2;
		if (at == v.len || web_lower(v.data[at]) < 'a' ||
		    web_lower(v.data[at]) > 'z')
			return true;
	}
	return false;
}

/* Sentences begin with such words as well: "mount %s failed". */
static bool is_sentence(struct fw_view v)
{
	static const char *const words[] = {
		"fail",	     "error",	 "invalid", "cannot",  "can't",
		"usage",     "...",	 "unknown", "missing", "success",
		"not found", " is ",	 " was ",   " to be ", "denied",
		" version ", " started", " from ",  " to %",   " pid %",
		" process",  NULL
	};

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(v, words[i]))
			return true;
	return v.len > 0 &&
	       (is_labelled(v) || has(v, " = ") || v.data[v.len - 1] == ':' ||
		v.data[v.len - 1] == '.' || v.data[v.len - 1] == ',');
}

/*
 * How bad it is to put a stranger's text in: "text" where it is free text that
 * goes on into another program; "device" where a program that sets up the
 * network gets an interface or an address; "value" for what stands between;
 * NULL where it is no command.
 */
static const char *command_class(struct fw_view v)
{
	static const char *const free_text[] = {
		"mail",	     "mailx",	"sendmail", "chpasswd", "passwd",
		"smbpasswd", "adduser", "useradd",  "ftpput",	NULL
	};
	static const char *const devices[] = {
		"iptables", "ip6tables", "ebtables", "ifconfig", "route",
		"arping",   "insmod",	 "rmmod",    "modprobe", "brctl",
		"iwpriv",   "iwconfig",	 "iwlist",   "tc",	 "vconfig",
		"ip",	    "udhcpc",	 NULL
	};
	struct fw_view word = first_word(v);
	bool piped = has(v, "|") && !has(v, "||");
	bool quoted = has(v, "\"%s\"") || has(v, "'%s'");

	if (!is_program(word) || word.len == v.len || is_sentence(v))
		return NULL;
	if (has(v, "ftp") && has(v, "<<"))
		return "text";
	if (!has_gap(v))
		return NULL;
	if ((quoted && piped) || is_in(word, free_text))
		return "text";
	return is_in(word, devices) ? "device" : "value";
}

static void commands_of(struct server *s, const struct fw_string *str,
			struct fw_view v)
{
	const char *class;

	if (!str->ended || v.len > 1024)
		return;
	v = fw_trim(v);
	class = command_class(v);
	if (class == NULL ||
	    !add(s, &s->commands, v, COMMANDS_MAX, "shell.commands"))
		return;
	if (v.len > COMMAND_TEXT)
		v.len = COMMAND_TEXT;
	fw_out_factf(s->out, "shell.command", "%s @0x%zx %.*s", class, str->off,
		     FW_FMT(v));
}

/* --- the program --- */

static void emit_roles(struct server *s, const char *web)
{
	if (web != NULL)
		fw_out_fact(s->out, "web.server", web);
	if (s->use.listens)
		fw_out_fact(s->out, "net.role", "server");
	if (s->use.connects)
		fw_out_fact(s->out, "net.role", "client");
	if (s->use.p2p_sdk)
		fw_out_factf(s->out, "net.p2p", "%.*s",
			     FW_FMT(s->use.p2p_name));
	if (s->use.shell)
		fw_out_factf(s->out, "shell.calls", "%.*s",
			     FW_FMT(s->use.shell_name));
}

static void look(struct server *s)
{
	const struct fw_strings *all = fw_object_strings(s->obj, s->out);

	/* Neither reachable nor able to run a shell: nothing to say of it. */
	bool matters = s->use.listens || s->use.shell || s->use.web_table ||
		       s->use.gets_env || !s->use.known;

	for (size_t i = 0; i < all->n && matters; i++)
		learn(s, fw_string_view(s->obj, &all->v[i]));
	const char *web = role_in_web(s);

	emit_roles(s, web);
	/* In a file of many programs nobody can tell whose a text is. */
	if (s->multi_call || (web == NULL && !s->use.shell))
		return;
	for (size_t i = 0; i < all->n && fw_out_ok(s->out); i++) {
		struct fw_view v = fw_string_view(s->obj, &all->v[i]);

		if (web != NULL)
			routes_of(s, &all->v[i], v);
		if (web != NULL && (s->forms || s->use.web_table))
			handler_name(s, all, i);
		if (s->use.shell)
			commands_of(s, &all->v[i], v);
	}
}

static void server_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct elf_file f;

	if (!elf_open(&f, obj->bytes, a))
		return;
	struct server s = { .obj = obj,
			    .out = out,
			    .routes = { .arena = a },
			    .links = { .arena = a },
			    .commands = { .arena = a } };

	elf_use_read(&f, &s.use);
	if (f.h.e_type == ET_EXEC || f.h.e_type == ET_DYN)
		look(&s);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_web_server = {
	.name = "web_server",
	.title = "what web servers answer to and which commands they build",
	.wants = elf_is,
	.inspect = server_inspect,
};
