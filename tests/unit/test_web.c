/* test_web.c - pages, handlers and commands of web servers */
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/web/webtext.h"
#include "elf_build.h"

extern const struct fw_analyzer fw_analyzer_web_pages, fw_analyzer_web_server,
	fw_analyzer_web, fw_analyzer_shell_commands, fw_analyzer_hidden;

static size_t count(const struct fw_mem *m, const char *key, const char *value)
{
	size_t n = 0;

	for (size_t i = 0; i < m->fact_count; i++)
		n += strcmp(m->facts[i].key, key) == 0 &&
		     (value == NULL || strcmp(m->facts[i].value, value) == 0);
	return n;
}

static bool has_part(const struct fw_mem *m, const char *key, const char *part)
{
	for (size_t i = 0; i < m->fact_count; i++)
		if (strcmp(m->facts[i].key, key) == 0 &&
		    strstr(m->facts[i].value, part) != NULL)
			return true;
	return false;
}

/* --- words --- */

static void names_that_say_what_they_do(void **state)
{
	static const struct {
		const char *name;
		enum web_danger danger;
	} rows[] = {
		{ "set_web_telnet_status.cgi", WEB_SHELL },
		{ "/goform/SystemCommand", WEB_SHELL },
		{ "formSysCmd.asp", WEB_SHELL },
		{ "webshell.php", WEB_SHELL },
		{ "rm_factory_cfg.cgi", WEB_DEBUG },
		{ "/RpmDebugRpm123/start.html", WEB_DEBUG },
		{ "erase_cal.html", WEB_DEBUG },
		{ "backdoor.asp", WEB_DEBUG },
		{ "restore_factory.cgi", WEB_PLAIN },
		{ "FactoryDefaultRpm.htm", WEB_PLAIN },
		{ "erase_log.cgi", WEB_PLAIN },
		{ "test_mail.cgi", WEB_PLAIN },
		{ "status.htm", WEB_PLAIN },
		{ "", WEB_PLAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(web_danger(fw_view_str(rows[i].name)),
				 rows[i].danger);
	assert_true(web_only_reads(FW_STR("get_telnet.cgi")));
	assert_false(web_only_reads(FW_STR("set_telnet.cgi")));
}

static void sets_keep_names_whatever_their_case(void **state)
{
	struct fw_mem m = { 0 };
	struct web_set s = { .arena =
				     fw_out_arena(fw_mem_out(&m, FW_STR(""))) };
	char names[300][8];

	(void)state;
	assert_null(web_set_find(&s, FW_STR("a")));
	for (size_t i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "N%zu", i);
		web_set_add(&s, fw_view_str(names[i]))->value = (uint32_t)i;
	}
	assert_int_equal(web_set_find(&s, FW_STR("n299"))->value, 299);
	assert_int_equal(web_set_add(&s, FW_STR("n7"))->value, 7);
	assert_null(web_set_find(&s, FW_STR("n300")));
	assert_int_equal(s.n, 300);
	fw_mem_free(&m);
}

/* --- pages --- */

static struct fw_mem inspect(const struct fw_analyzer *a, struct fw_view v)
{
	struct fw_object obj = { .bytes = v };
	struct fw_mem m = { 0 };

	if (a->wants(&obj))
		a->inspect(&obj, fw_mem_out(&m, v));
	return m;
}

static void links_of_a_page(void **state)
{
	static const char page[] =
		"<html><a href=\"a.htm?x=1\">a</a><a href='../b.htm#c'>b</a>\n"
		"<a href=\"http://example.org/\">c</a><a href=\"#top\">d</a>\n"
		"<form method=post action=\"/goform/setX\"></form>\n"
		"<script>go(\"set_y.cgi\"); location = 'a.htm';</script>\n"
		"<p>See README.txt and .htm, version 1.2</p></html>";
	struct fw_mem m = inspect(&fw_analyzer_web_pages, fw_view_str(page));

	(void)state;
	assert_int_equal(count(&m, "web.page", "html"), 1);
	assert_int_equal(count(&m, "web.link", "a.htm"), 1);
	assert_int_equal(count(&m, "web.link", "b.htm"), 1);
	assert_int_equal(count(&m, "web.link", "setX"), 1);
	assert_int_equal(count(&m, "web.link", "set_y.cgi"), 1);
	assert_int_equal(count(&m, "web.link", NULL), 4);
	assert_true(has_part(&m, "web.form", "/goform/setX @0x"));
	fw_mem_free(&m);
}

static void guards_of_a_script(void **state)
{
	static const char page[] =
		"<?php require_once(\"../check_login.php\");\n"
		"include 'style.php'; echo $_GET['x'];";
	struct fw_mem m = inspect(&fw_analyzer_web_pages, fw_view_str(page));

	(void)state;
	assert_int_equal(count(&m, "web.page", "php"), 1);
	assert_int_equal(count(&m, "web.guard", "check_login.php"), 1);
	assert_int_equal(count(&m, "web.guard", NULL), 1);
	assert_int_equal(count(&m, "web.input", "yes"), 1);
	fw_mem_free(&m);
}

static void settings_of_web_servers(void **state)
{
	static const char conf[] =
		"server {\n\tlocation /debug/shell {\n\t\troot /www;\n\t}\n}\n"
		"# location /no\n$HTTP[\"url\"] =~ \"^/cgi-bin\" { }\n"
		"ScriptAlias /cgi-bin/ /usr/lib/cgi-bin/\nrelocation /x\n";
	struct fw_mem m = inspect(&fw_analyzer_web_pages, fw_view_str(conf));

	(void)state;
	assert_true(has_part(&m, "web.config", "/debug/shell @0x"));
	assert_true(has_part(&m, "web.config", "/cgi-bin @0x"));
	assert_true(has_part(&m, "web.config", "/cgi-bin/ @0x"));
	assert_int_equal(count(&m, "web.config", NULL), 3);
	fw_mem_free(&m);
}

static void what_is_no_page(void **state)
{
	static const char *const rows[] = {
		"",
		"x",
		"<html",
		"href=",
		"<form action=",
		"a=b=c=d=e=f=g=h=i",
		"#!/bin/sh\nsystemctl start web\n",
		"include( include( include( include(",
		"<?php\nnamespace a;\nclass shell\n{\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m =
			inspect(&fw_analyzer_web_pages, fw_view_str(rows[i]));

		assert_int_equal(count(&m, "web.page", NULL), 0);
		assert_int_equal(count(&m, "web.link", NULL), 0);
		fw_mem_free(&m);
	}
}

static void links_are_bounded(void **state)
{
	static char page[64 * 1024];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		n += (size_t)snprintf(page + n, sizeof(page) - n, "p%04u.htm ",
				      i);
	struct fw_mem m = inspect(&fw_analyzer_web_pages, fw_view_of(page, n));

	assert_in_range(count(&m, "web.link", NULL), 100, 500);
	assert_int_equal(count(&m, "web.links", "cut"), 1);
	fw_mem_free(&m);
}

/* --- programs --- */

#define SERVER                                                                 \
	"HTTP/1.1 200 OK\0Content-Type: text/html\0/cgi/index.htm\0"           \
	"set_telnet.cgi\0POST /upload.cgi\0GET /x.asp?u=%s HTTP/1.0\0"         \
	"/tmp/www/debug/page.htm\0href=\"linked.htm\"\0restart.sh\0"
#define COMMANDS                                                               \
	"echo \"%s\"|mailx -s \"%s\" %s\0iptables -A INPUT -s %s -j DROP\0"    \
	"rm -f /tmp/%s\0mount %s failed\0kill pid %s\0unzip file:%s\0"         \
	"traceroute to %s (%s)\0udhcpc -i %iface%[[ -s %script%]]\0"           \
	"echo hello\0route\0"

static struct fw_mem inspect_program(const char *const imports[4],
				     const char *text, size_t len)
{
	static struct elf_bytes w;
	struct elf_plan p = { .type = ET_EXEC,
			      .machine = EM_MIPS,
			      .big = true,
			      .interp = true,
			      .stack = -1,
			      .modinfo = text,
			      .modinfo_len = len };

	for (size_t i = 0; i < 4; i++)
		p.imports[i] = imports[i];
	elf_build(&w, &p);
	return inspect(&fw_analyzer_web_server, elf_view(&w));
}

static void a_web_server(void **state)
{
	static const char *const imports[4] = { "accept", "system", NULL };
	static const char text[] = SERVER COMMANDS;
	struct fw_mem m = inspect_program(imports, text, sizeof(text));

	(void)state;
	assert_int_equal(count(&m, "web.server", "http"), 1);
	assert_int_equal(count(&m, "net.role", "server"), 1);
	assert_int_equal(count(&m, "shell.calls", "system"), 1);
	assert_true(has_part(&m, "web.route", "/cgi/index.htm @0x"));
	assert_true(has_part(&m, "web.route", "set_telnet.cgi @0x"));
	assert_true(has_part(&m, "web.route", "/upload.cgi @0x"));
	assert_int_equal(count(&m, "web.route", NULL), 3);
	assert_int_equal(count(&m, "web.link", "linked.htm"), 1);
	assert_true(has_part(&m, "shell.command", "echo \"%s\"|mailx"));
	assert_true(has_part(&m, "shell.command", "device @0x"));
	assert_true(has_part(&m, "shell.command", "rm -f /tmp/%s"));
	assert_int_equal(count(&m, "shell.command", NULL), 3);
	fw_mem_free(&m);
}

static void names_beside_handlers(void **state)
{
	static const char *const imports[4] = { "websFormDefine", NULL };
	static const char text[] = "setWan\0telnet\0setLan\0plain\0";
	struct fw_mem m = inspect_program(imports, text, sizeof(text));

	(void)state;
	assert_int_equal(count(&m, "web.server", "http"), 1);
	assert_true(has_part(&m, "web.name", "telnet setWan setLan @0x"));
	assert_int_equal(count(&m, "web.name", NULL), 1);
	fw_mem_free(&m);
}

static void programs_that_are_none(void **state)
{
	static const char *const client[4] = { "connect", "system", NULL };
	static const char *const plain[4] = { "accept", "printf", NULL };
	static const char text[] = SERVER COMMANDS;
	static const char multi[] = SERVER COMMANDS "multi-call binary";
	static const char *const both[4] = { "accept", "popen", NULL };
	struct fw_mem m = inspect_program(client, text, sizeof(text));

	(void)state;
	assert_int_equal(count(&m, "web.server", NULL), 0);
	assert_int_equal(count(&m, "web.route", NULL), 0);
	assert_int_equal(count(&m, "shell.command", NULL), 3);
	fw_mem_free(&m);
	m = inspect_program(plain, text, sizeof(text));
	assert_int_equal(count(&m, "shell.command", NULL), 0);
	fw_mem_free(&m);
	m = inspect_program(both, multi, sizeof(multi));
	assert_int_equal(count(&m, "web.server", NULL), 0);
	assert_int_equal(count(&m, "shell.command", NULL), 0);
	fw_mem_free(&m);
}

static void every_length_of_a_program(void **state)
{
	static struct elf_bytes w;
	static const char text[] = SERVER COMMANDS;
	const struct elf_plan p = { .type = ET_EXEC,
				    .machine = EM_ARM,
				    .interp = true,
				    .stack = 6,
				    .imports = { "accept", "system" },
				    .modinfo = text,
				    .modinfo_len = sizeof(text) };

	(void)state;
	elf_build(&w, &p);
	for (size_t n = 0; n < w.n; n++) {
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, w.b, n);
		struct fw_mem m =
			inspect(&fw_analyzer_web_server, fw_view_of(exact, n));

		fw_mem_free(&m);
		free(exact);
	}
}

/* --- an image --- */

static const struct fw_meta file = { .type = FW_FILE };

#define FACTS(...)                                                             \
	.facts = (const struct fw_fact[]){ __VA_ARGS__ },                      \
	.fact_count = sizeof((const struct fw_fact[]){ __VA_ARGS__ }) /        \
		      sizeof(struct fw_fact)
#define ROOT(n)                                                                \
	{                                                                      \
		.path = (n), .parent = UINT32_MAX, .content = UINT32_MAX,      \
		.meta = &file                                                  \
	}
#define PLACE(p, c, ...)                                                       \
	{                                                                      \
		.path = "i/" p, .content = (c), .meta = &file, .size = 9,      \
		FACTS(__VA_ARGS__)                                             \
	}
#define PAGE(p, c, ...) PLACE("www/" p, c, { "web.page", "html" }, __VA_ARGS__)

static struct fw_mem correlate(const struct fw_analyzer *a,
			       const struct fw_place *places, uint32_t n)
{
	struct fw_tree tree = { .places = places, .count = n };
	struct fw_mem m = { 0 };

	a->correlate(&tree, fw_mem_out(&m, FW_STR("")));
	return m;
}

static const struct fw_mem_finding *found(const struct fw_mem *m,
					  const char *id)
{
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].kind->id, id) == 0)
			return &m->findings[i];
	return NULL;
}

/* Five pages that link to each other and to handlers of the server. */
#define SITE                                                                   \
	ROOT("i"),                                                             \
		PAGE("a.htm", 1, { "web.link", "b.htm" },                      \
		     { "web.link", "one.cgi" }),                               \
		PAGE("b.htm", 2, { "web.link", "c.htm" },                      \
		     { "web.link", "two.cgi" }),                               \
		PAGE("c.htm", 3, { "web.link", "d.htm" },                      \
		     { "web.link", "three.cgi" }),                             \
		PAGE("d.htm", 4, { "web.link", "A.htm" },                      \
		     { "web.link", "index.htm" }),                             \
		PAGE("index.htm", 5, { "web.link", "a.htm" })
#define ROUTES                                                                 \
	{ "web.server", "http" }, { "web.route", "one.cgi @0x1" },             \
		{ "web.route", "two.cgi @0x2" },                               \
		{ "web.route", "/x/three.cgi @0x3" },                          \
	{                                                                      \
		"web.route", "a.htm @0x4"                                      \
	}

static void a_handler_that_nothing_links_to(void **state)
{
	const struct fw_place hidden[] = {
		SITE,
		PLACE("httpd", 6, ROUTES, { "web.route", "get_debug.cgi @0x5" },
		      { "web.route", "set_telnet.cgi @0x6" },
		      { "web.route", "left_over.cgi @0x7" })
	};
	const struct fw_place open[] = {
		SITE,
		PLACE("httpd", 6, ROUTES,
		      { "web.route", "set_telnet.cgi @0x6" }),
		PAGE("tools.htm", 7, { "web.link", "set_telnet.cgi" },
		     { "web.link", "tools.htm" })
	};
	struct fw_mem m = correlate(&fw_analyzer_web, hidden, 7);

	(void)state;
	assert_non_null(found(&m, "hidden/web-handler"));
	assert_int_equal(found(&m, "hidden/web-handler")->severity,
			 FW_CRITICAL);
	assert_int_equal(found(&m, "hidden/unlinked-handler")->severity,
			 FW_LOW);
	assert_null(found(&m, "hidden/unlinked-page"));
	fw_mem_free(&m);
	m = correlate(&fw_analyzer_web, open, 8);
	assert_null(found(&m, "hidden/web-handler"));
	assert_non_null(found(&m, "hidden/unlinked-page")); /* by itself only */
	fw_mem_free(&m);
}

/* A candidate of the searches in code, as hidden_found leaves it. */
#define CODE(score, trigger)                                                   \
	{                                                                      \
		"_hidden", score "\thidden_table\t10\tf\t" trigger             \
				 "\tsomebody asks for\tstarts a shell\t\tin "  \
				 "f\t"                                         \
	}

/* Runs both correlators over a site with one server, in either order; the
 * findings of both but the list of what is worth a look. */
static size_t joined(const struct fw_place *server, bool web_first,
		     struct fw_mem m[2])
{
	const struct fw_place places[] = { SITE, *server };
	struct fw_tree_cache cache = { 0 };
	struct fw_tree tree = { .places = places, .count = 7, .cache = &cache };
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		const struct fw_analyzer *a = (i == 0) == web_first
						      ? &fw_analyzer_web
						      : &fw_analyzer_hidden;

		m[i] = (struct fw_mem){ 0 };
		a->correlate(&tree, fw_mem_out(&m[i], FW_STR("")));
	}
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < m[i].finding_count; k++)
			n += strcmp(m[i].findings[k].kind->id,
				    "hidden/worth-a-look") != 0;
	return n;
}

static void a_handler_that_code_and_pages_tell_of(void **state)
{
	const struct fw_place strong =
		PLACE("httpd", 6, ROUTES, { "web.route", "/x/Odd.cgi @0x5" },
		      CODE("6.0", "/x/odd.cgi"));
	const struct fw_place shell = PLACE(
		"httpd", 6, ROUTES, { "web.route", "set_telnet.cgi @0x5" },
		CODE("4.0", "set_telnet.cgi"));
	const struct fw_place weak =
		PLACE("httpd", 6, ROUTES, { "web.route", "odd.cgi @0x5" },
		      CODE("4.0", "odd.cgi"));
	const struct fw_place named = PLACE(
		"httpd", 6, { "web.server", "http" },
		{ "web.name", "telnet one.cgi - @0x1" }, CODE("5.5", "telnet"));
	const struct {
		const struct fw_place *server;
		enum fw_severity severity;
	} rows[] = { { &strong, FW_HIGH },
		     { &shell, FW_CRITICAL },
		     { &weak, FW_MEDIUM },
		     { &named, FW_CRITICAL } };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m[2];
		bool web_first = i % 2 == 0;

		assert_int_equal(joined(rows[i / 2].server, web_first, m), 1);
		const struct fw_mem_finding *f =
			found(&m[web_first ? 1 : 0], "hidden/unlisted-command");

		assert_non_null(f);
		assert_int_equal(f->severity, rows[i / 2].severity);
		assert_non_null(strstr(f->detail, "to which no page links"));
		fw_mem_free(&m[0]);
		fw_mem_free(&m[1]);
	}
}

static void a_handler_that_only_one_tells_of(void **state)
{
	/* A page links there; it is another's name; too weak. */
	const struct fw_place linked =
		PLACE("httpd", 6, ROUTES, CODE("6.0", "one.cgi"));
	const struct fw_place other =
		PLACE("httpd", 6, ROUTES, { "web.route", "odd.cgi @0x5" },
		      CODE("6.0", "even.cgi"));
	const struct fw_place weak =
		PLACE("httpd", 6, ROUTES, { "web.route", "odd.cgi @0x5" },
		      CODE("2.5", "odd.cgi"), { "_hidden", "9" });
	const struct {
		const struct fw_place *server;
		const char *kind; /* of the one finding, or NULL */
	} rows[] = { { &linked, NULL },
		     { &other, "hidden/unlinked-handler" },
		     { &weak, "hidden/unlinked-handler" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m[2];

		joined(rows[i].server, true, m);
		for (size_t k = 0; k < m[1].finding_count; k++)
			assert_null(
				strstr(m[1].findings[k].text, "no page links"));
		assert_int_equal(m[0].finding_count, rows[i].kind != NULL);
		if (rows[i].kind != NULL)
			assert_non_null(found(&m[0], rows[i].kind));
		fw_mem_free(&m[0]);
		fw_mem_free(&m[1]);
	}
}

static void handlers_known_by_a_name_alone(void **state)
{
	const struct fw_place places[] = {
		SITE,
		PAGE("wan.htm", 7, { "web.link", "setWan" },
		     { "web.link", "index.htm" }),
		PAGE("e.htm", 8, { "web.link", "wan.htm" },
		     { "web.link", "e.htm" }),
		PLACE("httpd", 6, { "web.server", "http" },
		      { "web.name", "telnet setWan - @0x1" },
		      { "web.name", "telnetEnable foo bar @0x2" },
		      { "web.name", "broken" }),
		PLACE("nginx.conf", 9, { "web.config", "/debug @0x1" },
		      { "web.config", "/status @0x2" }),
	};
	struct fw_mem m = correlate(&fw_analyzer_web, places, 10);

	(void)state;
	assert_non_null(found(&m, "hidden/web-handler"));
	assert_int_equal(found(&m, "hidden/web-handler")->severity,
			 FW_CRITICAL);
	assert_string_equal(found(&m, "hidden/web-handler")->detail,
			    "2 addresses that nothing in the image links to");
	fw_mem_free(&m);
}

static void only_a_name_and_no_pages(void **state)
{
	const struct fw_place places[] = {
		ROOT("i"),
		PLACE("httpd", 6, ROUTES, { "web.route", "get_debug.cgi @0x5" })
	};
	struct fw_mem m = correlate(&fw_analyzer_web, places, 2);

	(void)state;
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].severity, FW_LOW);
	fw_mem_free(&m);
}

static void a_page_that_posts_to_a_debug_address(void **state)
{
	const struct fw_place hidden[] = {
		SITE, PAGE("Cal.htm", 7, { "web.link", "go.html" },
			   { "web.form", "/NatDebug1/go.html @0x9" })
	};
	const struct fw_place linked[] = {
		SITE,
		PAGE("Cal.htm", 7, { "web.form", "/NatDebug1/go.html @0x9" }),
		PAGE("e.htm", 8, { "web.link", "cal.htm" }),
		PAGE("index2.htm", 9, { "web.link", "e.htm" })
	};
	struct fw_mem m = correlate(&fw_analyzer_web, hidden, 7);

	(void)state;
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id, "hidden/debug-page");
	assert_int_equal(m.findings[0].severity, FW_HIGH);
	fw_mem_free(&m);
	m = correlate(&fw_analyzer_web, linked, 9);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
}

#define GUARDED(p, c)                                                          \
	PLACE("www/" p, c, { "web.page", "php" }, { "web.guard", "auth.php" }, \
	      { "web.input", "yes" })

static void a_page_without_its_neighbours_check(void **state)
{
	const struct fw_place places[] = {
		ROOT("i"),
		GUARDED("a.php", 1),
		GUARDED("b.php", 2),
		GUARDED("c.php", 3),
		GUARDED("d.php", 4),
		PLACE("www/login.php", 5, { "web.page", "php" },
		      { "web.input", "yes" }),
		PLACE("www/e.php", 6, { "web.page", "php" },
		      { "web.input", "yes" }),
	};
	struct fw_mem m = correlate(&fw_analyzer_web, places, 7);

	(void)state;
	/* Four of six are no rule ... */
	assert_null(found(&m, "weakness/page-without-login"));
	fw_mem_free(&m);

	struct fw_place more[9];

	memcpy(more, places, sizeof(places));
	more[7] = (struct fw_place)GUARDED("f.php", 7);
	more[8] = (struct fw_place)GUARDED("g.php", 8);
	m = correlate(&fw_analyzer_web, more, 9);
	/* ... six of eight are; the login page is none of them. */
	assert_non_null(found(&m, "weakness/page-without-login"));
	assert_string_equal(found(&m, "weakness/page-without-login")->detail,
			    "1 page");
	fw_mem_free(&m);
}

static void commands_by_who_runs_them(void **state)
{
	static const struct fw_fact free_text[] = {
		{ "shell.calls", "system" },
		{ "web.server", "http" },
		{ "shell.command", "text @0x1 echo \"%s\" | mail %s" },
		{ "shell.command", "value @0x2 rm %s" },
	};
	static const struct fw_fact daemon[] = {
		{ "shell.calls", "popen" },
		{ "net.role", "server" },
		{ "shell.command", "value @0x1 cp %s /tmp" },
		{ "shell.command", "device @0x2 ifconfig %s up" },
	};
	static const struct fw_fact tool[] = {
		{ "shell.calls", "system" },
		{ "shell.command", "value @0x1 cp %s /tmp" },
	};
	struct fw_place places[] = {
		ROOT("i"),
		{ .path = "i/a",
		  .content = 1,
		  .facts = free_text,
		  .fact_count = 4 },
		{ .path = "i/b",
		  .content = 1,
		  .facts = free_text,
		  .fact_count = 4 },
		ROOT("j"),
		{ .path = "j/b",
		  .content = 2,
		  .facts = daemon,
		  .fact_count = 4 },
		ROOT("k"),
		{ .path = "k/c", .content = 3, .facts = tool, .fact_count = 2 },
	};
	struct fw_mem m = correlate(&fw_analyzer_shell_commands, places, 7);

	(void)state;
	assert_int_equal(m.finding_count, 2);
	assert_string_equal(m.findings[0].kind->id,
			    "weakness/web-shell-command");
	assert_int_equal(m.findings[0].severity, FW_CRITICAL);
	assert_string_equal(m.findings[0].detail, "1 program with 2 commands");
	assert_string_equal(m.findings[1].kind->id, "weakness/shell-command");
	assert_int_equal(m.findings[1].severity, FW_MEDIUM);
	assert_int_equal(m.findings[1].place, 3);
	fw_mem_free(&m);
	/* Without commands there is nothing to say. */
	places[1].fact_count = places[2].fact_count = 2;
	m = correlate(&fw_analyzer_shell_commands, places, 3);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_say_what_they_do),
		cmocka_unit_test(sets_keep_names_whatever_their_case),
		cmocka_unit_test(links_of_a_page),
		cmocka_unit_test(guards_of_a_script),
		cmocka_unit_test(settings_of_web_servers),
		cmocka_unit_test(what_is_no_page),
		cmocka_unit_test(links_are_bounded),
		cmocka_unit_test(a_web_server),
		cmocka_unit_test(names_beside_handlers),
		cmocka_unit_test(programs_that_are_none),
		cmocka_unit_test(every_length_of_a_program),
		cmocka_unit_test(a_handler_that_nothing_links_to),
		cmocka_unit_test(a_handler_that_code_and_pages_tell_of),
		cmocka_unit_test(a_handler_that_only_one_tells_of),
		cmocka_unit_test(handlers_known_by_a_name_alone),
		cmocka_unit_test(only_a_name_and_no_pages),
		cmocka_unit_test(a_page_that_posts_to_a_debug_address),
		cmocka_unit_test(a_page_without_its_neighbours_check),
		cmocka_unit_test(commands_by_who_runs_them),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
