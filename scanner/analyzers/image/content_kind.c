/* content_kind.c - what text is: script, settings, page, key; from its bytes
 *
 * Names lie and are missing in flash dumps, so only bytes count. The fact
 * content.kind is one of script.NAME, config.NAME, web.NAME, key.NAME or
 * cert.pem; a text that fits nothing has none.
 */
#include "core/analyzer.h"
#include "core/text.h"

enum { HEAD = 4096, LINES = 64, LEAST = 3 };

struct name {
	const char *text, *kind;
};

/* By how the line "#!" ends, without path and version. */
static const struct name interpreters[] = {
	{ "sh", "script.sh" },		{ "ash", "script.sh" },
	{ "bash", "script.sh" },	{ "dash", "script.sh" },
	{ "hush", "script.sh" },	{ "ksh", "script.sh" },
	{ "rc.common", "script.sh" },	{ "lua", "script.lua" },
	{ "luajit", "script.lua" },	{ "perl", "script.perl" },
	{ "python", "script.python" },	{ "python2", "script.python" },
	{ "python3", "script.python" }, { "php", "script.php" },
	{ "php-cgi", "script.php" },	{ "php-cli", "script.php" },
	{ "haserl", "script.haserl" },	{ "awk", "script.awk" },
	{ "gawk", "script.awk" },	{ "sed", "script.sed" },
	{ "tclsh", "script.tcl" },	{ "expect", "script.tcl" },
	{ "node", "script.js" },	{ "ruby", "script.ruby" },
	{ "ucode", "script.ucode" },	{ "make", "script.make" },
};

/* How a text begins, white space left out; letters in either case. */
static const struct name beginnings[] = {
	{ "<?php", "script.php" },
	{ "<?=", "script.php" },
	{ "<?xml", "config.xml" },
	{ "<!doctype html", "web.html" },
	{ "<html", "web.html" },
	{ "<head", "web.html" },
	{ "<script", "web.html" },
	{ "<body", "web.html" },
	{ "<!doctype plist", "config.xml" },
	{ "<svg", "web.svg" },
	{ "<meta", "web.html" },
	{ "<title", "web.html" },
	{ "<center", "web.html" },
	{ "<table", "web.html" },
	{ "<div", "web.html" },
	{ "<form", "web.html" },
	{ "<font", "web.html" },
	{ "<link", "web.html" },
	{ "<style", "web.html" },
	{ "<!--", "web.html" },
	{ "<h1", "web.html" },
	{ "<h2", "web.html" },
	{ "<p>", "web.html" },
	{ "<b>", "web.html" },
	{ "<br", "web.html" },
	{ "<tr", "web.html" },
	{ "<span", "web.html" },
	{ "<%", "web.html" },
	{ "@charset", "web.css" },
	{ "-----begin certificate", "cert.pem" },
	{ "-----begin rsa private key", "key.pem" },
	{ "-----begin ec private key", "key.pem" },
	{ "-----begin dsa private key", "key.pem" },
	{ "-----begin private key", "key.pem" },
	{ "-----begin encrypted private key", "key.pem" },
	{ "-----begin openssh private key", "key.openssh" },
	{ "-----begin public key", "key.public" },
	{ "-----begin pgp ", "key.pgp" },
	{ "putty-user-key-file", "key.putty" },
	{ "ssh-rsa aaaa", "key.public" },
	{ "ssh-ed25519 aaaa", "key.public" },
};

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
}

static bool starts(struct fw_view v, const char *low)
{
	size_t n = strlen(low);

	if (v.len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(v.data[i]) != (uint8_t)low[i])
			return false;
	return true;
}

static bool word_byte(uint8_t b)
{
	return (lower(b) >= 'a' && lower(b) <= 'z') || (b >= '0' && b <= '9') ||
	       b == '_' || b == '-' || b == '.';
}

/* The last word of a path, without "env" and without a version. */
static const char *interpreter(struct fw_view line)
{
	struct fw_view rest = fw_trim(fw_view_sub(line, 2, SIZE_MAX)), word;

	while (fw_split(&rest, ' ', &word)) {
		struct fw_view part, path = word;

		while (fw_split(&path, '/', &part))
			word = part;
		word = fw_trim(word);
		if (fw_view_eq(word, FW_STR("env")) ||
		    fw_view_eq(word, FW_STR("busybox")))
			continue;
		if (!fw_view_eq(word, FW_STR("rc.common")))
			while (word.len > 0 &&
			       (word.data[word.len - 1] == '.' ||
				(word.data[word.len - 1] >= '0' &&
				 word.data[word.len - 1] <= '9')))
				word.len--;
		for (size_t i = 0;
		     i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
			if (fw_view_eq(word, fw_view_str(interpreters[i].text)))
				return interpreters[i].kind;
		return "script.other";
	}
	return "script.other";
}

static struct fw_view skip_space(struct fw_view v)
{
	if (fw_view_starts(v, FW_STR("\xef\xbb\xbf")))
		v = fw_view_sub(v, 3, SIZE_MAX);
	while (v.len > 0 && (v.data[0] == ' ' || v.data[0] == '\t' ||
			     v.data[0] == '\r' || v.data[0] == '\n'))
		v = fw_view_sub(v, 1, SIZE_MAX);
	return v;
}

/* JSON: an object or list whose first value is one, closed at the end. */
static bool is_json(struct fw_view all)
{
	struct fw_view v = fw_trim(all);

	if (v.len < 2)
		return false;
	uint8_t open = v.data[0], close = v.data[v.len - 1];
	struct fw_view in = skip_space(fw_view_sub(v, 1, SIZE_MAX));

	if (open == '{' && close == '}') {
		const uint8_t *end;

		if (in.data[0] == '}')
			return true;
		if (in.data[0] != '"')
			return false;
		end = memchr(in.data + 1, '"', in.len - 1);
		in = end == NULL ? in
				 : fw_view_sub(in, (size_t)(end - in.data) + 1,
					       SIZE_MAX);
		return end != NULL &&
		       fw_view_starts(skip_space(in), FW_STR(":"));
	}
	return open == '[' && close == ']' &&
	       (in.data[0] == '{' || in.data[0] == '"' || in.data[0] == '[');
}

/* What the lines of a text look like; comments count for nothing. */
struct census {
	unsigned lines, sections, pairs, script, css, shell;
	bool comment; /* in one that goes over several lines */
};

static bool has(struct fw_view v, const char *what)
{
	return fw_view_find(v, fw_view_str(what), 0) != SIZE_MAX;
}

static bool is_pair(struct fw_view line)
{
	size_t n = 0;

	while (n < line.len && word_byte(line.data[n]))
		n++;
	struct fw_view rest = fw_trim(fw_view_sub(line, n, SIZE_MAX));

	return n > 0 && rest.len > 0 && rest.data[0] == '=' &&
	       line.data[line.len - 1] != ';';
}

static bool is_script(struct fw_view line)
{
	return starts(line, "var ") || starts(line, "function ") ||
	       starts(line, "function(") || starts(line, "const ") ||
	       starts(line, "let ") || starts(line, "document.") ||
	       starts(line, "window.") || starts(line, "$(") ||
	       starts(line, "(function") || starts(line, "!function") ||
	       has(line, "=function(") || has(line, "= function");
}

static bool is_css(struct fw_view line)
{
	uint8_t first = line.data[0], last = line.data[line.len - 1];

	return (last == '{' && (first == '.' || first == '#' || first == '*' ||
				first == '@')) ||
	       starts(line, "body{") || starts(line, "body {") ||
	       starts(line, "html{") ||
	       (last == ';' &&
		(starts(line, "margin") || starts(line, "padding") ||
		 starts(line, "font-") || starts(line, "background") ||
		 starts(line, "color:") || starts(line, "width:") ||
		 starts(line, "border")));
}

/* What only a shell understands: conditions, loops, and the commands that boot
 * scripts are made of. */
static bool is_shell(struct fw_view line)
{
	static const char *const first[] = {
		"if [ ",     "elif [ ", "while [ ", "for ",   "export ",
		"case ",     "insmod ", "mount ",   "mkdir ", "ifconfig ",
		"echo ",     "rm -",	"chmod ",   "cp -",   "killall ",
		"modprobe ", "touch ",	"sleep ",   ". /",    "source ",
		"ln -s ",    "umount ",
	};
	static const char *const whole[] = { "fi",   "done",   "esac",
					     "then", "else",   "do",
					     ";;",   "sync",   "reboot",
					     "echo", "exit 0", "exit 1" };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (fw_view_starts(line, fw_view_str(first[i])))
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (fw_view_eq(line, fw_view_str(whole[i])))
			return true;
	return false;
}

/* Whether the line is a comment, or inside of one. */
static bool in_comment(struct census *c, struct fw_view line)
{
	bool inside = c->comment || fw_view_starts(line, FW_STR("/*"));

	if (inside)
		c->comment = !has(line, "*/");
	return inside || line.data[0] == ';' || line.data[0] == '#' ||
	       fw_view_starts(line, FW_STR("//"));
}

static void count_line(struct census *c, struct fw_view line)
{
	line = fw_trim(line);
	/* "#id {" is a style, "# word" is not. */
	if (line.len == 0 || (in_comment(c, line) && !is_css(line)))
		return;
	c->lines++;
	c->sections += line.data[0] == '[' && line.data[line.len - 1] == ']';
	c->script += is_script(line);
	c->css += is_css(line);
	c->shell += is_shell(line);
	c->pairs += is_pair(line);
}

static const char *by_lines(struct fw_view head)
{
	struct census c = { 0 };
	struct fw_view line;

	for (unsigned i = 0; i < LINES && fw_split(&head, '\n', &line); i++)
		count_line(&c, line);
	if (c.script > 0 && c.script >= c.css && 2 * c.pairs <= c.lines &&
	    c.sections == 0)
		return "web.js";
	if (c.shell >= LEAST && 4 * c.shell >= c.lines && c.sections == 0)
		return "script.sh";
	if (c.css > 1 && 3 * c.css >= c.lines)
		return "web.css";
	if (c.sections > 0 && 2 * (c.pairs + c.sections) >= c.lines)
		return "config.ini";
	if (c.pairs >= LEAST && 5 * c.pairs >= 4 * c.lines)
		return "config.properties";
	return NULL;
}

static const char *kind_of(struct fw_view v)
{
	struct fw_view text = skip_space(v), head, line;

	if (fw_view_starts(v, FW_STR("#!"))) {
		head = fw_view_sub(v, 0, 256);
		fw_split(&head, '\n', &line);
		return interpreter(line);
	}
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (starts(text, beginnings[i].text))
			return beginnings[i].kind;
	if (is_json(text))
		return "config.json";
	head = fw_view_sub(text, 0, HEAD);
	if (has(head, "<html") || has(head, "<HTML") ||
	    (has(head, "</") && (has(head, "<div") || has(head, "<table") ||
				 has(head, "<form") || has(head, "<body"))))
		return "web.html";
	if (has(head, "-----BEGIN CERTIFICATE-----"))
		return "cert.pem";
	if (has(head, "PRIVATE KEY-----"))
		return "key.pem";
	return by_lines(head);
}

static void content_kind_inspect(const struct fw_object *obj,
				 struct fw_out *out)
{
	const char *kind = kind_of(obj->bytes);

	if (kind != NULL)
		fw_out_fact(out, "content.kind", kind);
}

static bool content_kind_wants(const struct fw_object *obj)
{
	return obj->format == NULL && obj->bytes.len > 1 &&
	       fw_is_text(obj->bytes);
}

const struct fw_analyzer fw_analyzer_content_kind = {
	.name = "content_kind",
	.title = "scripts, settings, pages and keys by their bytes",
	.wants = content_kind_wants,
	.inspect = content_kind_inspect,
};
