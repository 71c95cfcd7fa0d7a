/* test_shell.c - shell scripts: words, trees, and what they would run */
#include <stdio.h>

#include "boot_build.h"
#include "script/shell_eval.h"

/* --- the tree --- */

static const char *const kinds[] = { "list", "simple", "if",   "loop",	"for",
				     "case", "item",   "func", "group", "sub",
				     "cond", "then",   "else", "do" };

/* The tree as one line: kind(children). */
static const char *shape(struct fw_arena *a, const char *text)
{
	struct fw_sh s = fw_sh_parse(a, fw_view_str(text));
	const char *out = "";
	uint32_t open[128], depth = 0;

	for (uint32_t i = 0; i < s.count; i++) {
		while (depth > 0 && s.nodes[open[depth - 1]].end <= i) {
			out = fw_sprintf(a, "%s)", out);
			depth--;
		}
		static const char *const links[] = { " ", " && ", " || ",
						     " | " };

		out = fw_sprintf(a, "%s%s%s%s%s", out, links[s.nodes[i].link],
				 s.nodes[i].negated ? "!" : "",
				 kinds[s.nodes[i].kind],
				 s.nodes[i].background ? "&" : "");
		if (s.nodes[i].end > i + 1) {
			out = fw_sprintf(a, "%s(", out);
			open[depth++] = i;
		}
	}
	while (depth-- > 0)
		out = fw_sprintf(a, "%s)", out);
	return fw_sprintf(a, "%s%s", s.damaged ? "bad" : "ok", out);
}

static const struct {
	const char *text, *want;
} shapes[] = {
	{ "", "ok list" },
	{ "# nothing\n\n", "ok list" },
	{ "a b c", "ok list( simple)" },
	{ "a && b || c | d &",
	  "ok list( simple && simple || simple | simple&)" },
	{ "! a;b", "ok list( !simple simple)" },
	{ "a &&\n b", "ok list( simple && simple)" },
	{ "if a; then b; fi", "ok list( if( cond( simple) then( simple)))" },
	{ "if a\nthen b\nelif c\nthen d\nelse e\nfi",
	  "ok list( if( cond( simple) then( simple) cond( simple) then( "
	  "simple) else( simple)))" },
	{ "while a; do b; done < f",
	  "ok list( loop( cond( simple) do( simple)))" },
	{ "for i in 1 2; do a; done", "ok list( for( do( simple)))" },
	{ "for i do a; done", "ok list( for( do( simple)))" },
	{ "case $1 in a|b) c;; (d) e; esac",
	  "ok list( case( item( simple) item( simple)))" },
	{ "case x in esac; y", "ok list( case simple)" },
	{ "f() { a; }; b", "ok list( func( group( simple)) simple)" },
	{ "function f { a; }", "ok list( func( group( simple)))" },
	{ "f() (a)\nb", "ok list( func( sub( simple)) simple)" },
	{ "(a; b) && { c; }",
	  "ok list( sub( simple simple) && group( simple))" },
	{ "echo if then fi", "ok list( simple)" },
	{ "'if' x", "ok list( simple)" },
	{ "[[ a && b < c ]] || d", "ok list( simple || simple)" },
	{ "x=(a b) y", "ok list( simple)" },
	{ "cat <<E\nif (\nE\nb", "ok list( simple simple)" },
	{ "cat <<-'E'\n\tx\n\tE\nb", "ok list( simple simple)" },
	{ "a \\\n b", "ok list( simple)" },
	{ "a $(b; c `d`) \"$(e \"f)\")\"", "ok list( simple)" },
	{ "a ${b:-$(c)} $((1 + (2)))", "ok list( simple)" },
	{ "a 2>&1 >f", "ok list( simple)" },
	/* damaged: what could be read stays */
	{ "fi; a", "bad list( simple)" },
	{ "a; if b; then c", "bad list( simple if( cond( simple) then( "
			     "simple)))" },
	{ "a 'b", "bad list( simple)" },
	{ "a $(b", "bad list( simple)" },
	{ ") a", "bad list( simple)" },
	{ "done esac } a", "bad list( simple)" },
};

static void trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct fw_arena a = { 0 };

		assert_string_equal(shape(&a, shapes[i].text), shapes[i].want);
		fw_arena_free(&a);
	}
}

static void depth_is_bounded(void **state)
{
	struct fw_arena a = { 0 };
	static char text[40000];

	(void)state;
	memset(text, '(', 1000);
	assert_true(fw_sh_parse(&a, fw_view_str(text)).damaged);
	for (size_t i = 0; i < 10000; i++)
		memcpy(text + 4 * i, i % 2 ? "\"$((" : "$(a ", 4);
	struct fw_sh s = fw_sh_parse(&a, fw_view_of(text, sizeof(text)));

	assert_true(s.damaged);
	assert_in_range(s.count, 1, 10);
	fw_arena_free(&a);
}

/* --- what runs --- */

struct log {
	struct fw_arena *a;
	const char *text;
};

static void visit(void *ctx, const struct fw_sh_command *c)
{
	struct log *l = ctx;
	const char *t = l->text;

	if (c->argc > 0 && (strcmp(c->argv[0], "[") == 0))
		return;
	t = fw_sprintf(l->a, "%s%u", t, c->line);
	if (c->entry != NULL)
		t = fw_sprintf(l->a, "%s entry=%s", t, c->entry);
	if (c->argc == 0 && c->name != NULL)
		t = fw_sprintf(l->a, "%s %s=%s", t, c->name, c->value);
	for (uint32_t i = 0; i < c->argc; i++)
		t = fw_sprintf(l->a, "%s %s", t, c->argv[i]);
	for (uint32_t i = 0; i < c->redir_count; i++)
		t = fw_sprintf(l->a, "%s >%s", t, c->redirs[i].text);
	for (uint32_t i = 0; i < c->cond_count; i++)
		t = fw_sprintf(l->a, "%s {%s%s}", t,
			       c->conds[i].negated ? "not " : "",
			       c->conds[i].text);
	l->text = fw_sprintf(l->a, "%s%s\n", t, c->background ? " &" : "");
}

static const struct {
	const char *text, *want;
} runs[] = {
	{ "a 'b c' \"d$e\"", "1 a b\\ c d${e}\n" },
	{ "X=/bin/x; $X -l $X/y", "1 X=/bin/x\n1 /bin/x -l /bin/x/y\n" },
	{ "X='a b'; c $X \"$X\"", "1 X=a\\ b\n1 c a b a\\ b\n" },
	{ "s=`cat /etc/s`\nd -u n:$s",
	  "1 s=$(cat\\ /etc/s)\n2 d -u n:$(cat\\ /etc/s)\n" },
	{ "a ${P:-80} ${Q-\"\"}", "1 a 80\n" },
	{ "P=1; a ${P:-80} ${P:+x}", "1 P=1\n1 a 1 ${P}\n" },
	{ "[ -f /x ] && a", "1 a {exists /x}\n" },
	{ "[ -f /x ] || a; b", "1 a {not exists /x}\n1 b\n" },
	{ "[ -x /x ] || exit 0\na", "2 a {exists /x}\n" },
	{ "if [ ! -e /x ]; then exit; fi; a", "1 a {exists /x}\n" },
	{ "exit\na", "2 a {never}\n" },
	{ "if [ \"$1\" = on ]; then a; elif b; then c; else d; fi; e",
	  "1 a {eq ${1} on}\n1 b {not eq ${1} on}\n"
	  "1 c {not eq ${1} on} {runs b}\n"
	  "1 d {not eq ${1} on} {not runs b}\n1 e\n" },
	{ "D=0; if [ $D = 1 ]; then a; fi", "1 D=0\n1 a {never}\n" },
	{ "D=1; if [ x$D = x1 ]; then a; fi", "1 D=1\n1 a\n" },
	{ "if [ -f a -a -f b ]; then c; fi", "1 c {test -f a -a -f b}\n" },
	{ "if [ -f a ] && [ -n \"$x\" ]; then c; fi",
	  "1 c {all exists a, set ${x}}\n" },
	{ "if [ -f a ] || b; then c; fi",
	  "1 b {not exists a}\n1 c {any exists a, runs b}\n" },
	{ "while :; do a; done", "1 :\n1 a\n" },
	{ "for d in x y; do /sbin/$d & done", "1 /sbin/x &\n1 /sbin/y &\n" },
	{ "for d in $L; do a $d; done; b", "1 a ${L}\n1 b\n" },
	{ "case \"$1\" in start) a;; *) b;; esac",
	  "1 a {case ${1} start}\n1 b {case ${1} *}\n" },
	{ "f() { $1 -x; }; f p; f q", "1 p -x\n1 q -x\n" },
	{ "f() { return; a; }; f; b", "1 a {never}\n1 b\n" },
	{ "f() { a; }; g() { f; }", "1 entry=f a\n1 entry=g a\n" },
	{ "X=1; [ -f y ] && X=2; a $X", "1 X=1\n1 X=2 {exists y}\n1 a 2\n" },
	{ "X=1; if b; then X=2; fi; a $X",
	  "1 X=1\n1 b\n1 X=2 {runs b}\n1 a ${X}\n" },
	{ "(X=1); a $X", "1 X=1\n1 a ${X}\n" },
	{ "export X=1 Y; a $X $Y", "1 X=1\n1 a 1 ${Y}\n" },
	{ "read k; [ \"$k\" = z ] && a", "1 a {eq $(read) z}\n" },
	{ "echo x > /etc/$y", "1 echo x >/etc/${y}\n" },
	{ "a \"\" b", "1 a \"\" b\n" },
	{ "f() { f; }; f", "" },
};

static void what_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct fw_arena a = { 0 };
		struct log l = { &a, "" };
		struct fw_sh s = fw_sh_parse(&a, fw_view_str(runs[i].text));

		fw_sh_eval(&a, &s, visit, &l);
		assert_string_equal(l.text, runs[i].want);
		fw_arena_free(&a);
	}
}

static void count(void *ctx, const struct fw_sh_command *c)
{
	(void)c;
	(*(unsigned *)ctx)++;
}

/* Calls that call twice, and so on: 2^40 commands are not walked. */
static void work_is_bounded(void **state)
{
	struct fw_arena a = { 0 };
	char text[4096];
	size_t n = 0;
	unsigned visits = 0;

	(void)state;
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "f%d() { f%d; f%d; x; }\n", i, i + 1,
				      i + 1);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "f0\n");
	struct fw_sh s = fw_sh_parse(&a, fw_view_of(text, n));

	fw_sh_eval(&a, &s, count, &visits);
	assert_in_range(visits, 1, 5000);
	fw_arena_free(&a);
}

static void plain_text(void **state)
{
	struct fw_arena a = { 0 };

	(void)state;
	assert_string_equal(fw_sh_plain(&a, "a\\ b\\$\\n"), "a b$\n");
	assert_string_equal(fw_sh_plain(&a, "\"\""), "");
	assert_true(fw_sh_known("a\\$b"));
	assert_false(fw_sh_known("a${b}"));
	fw_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(what_runs),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(plain_text),
		cmocka_unit_test(work_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
