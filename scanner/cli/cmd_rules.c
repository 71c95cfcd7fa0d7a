/* cmd_rules.c - assay rules check|test|compile|bench */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/cmd_rules.h"
#include "core/memory.h"
#include "rules/example.h"
#include "rules/ruleset.h"

static const char help[] =
	"usage: assay rules check DIR...\n"
	"       assay rules test DIR [--examples DIR]\n"
	"       assay rules bench [--data PATH]... [--top N] [--max-looks N] "
	"DIR\n"
	"       assay rules compile FILE DIR...\n"
	"\n"
	"check  compiles every .yar below the folders and asks each of the\n"
	"       project's rules for its title, severity, confidence, "
	"explanation,\n"
	"       ask_vendor, target, and a reference or CWE; a string of "
	"theirs\n"
	"       that slows every scan down is a fault\n"
	"test   runs every rule against its examples, EXAMPLES/STEM/hit* and\n"
	"       miss*; a rule without both fails. EXAMPLES is "
	"DIR/../tests/rules\n"
	"       or else DIR/tests\n"
	"bench  prints the rules that cost most: time, share of the whole, "
	"and\n"
	"       how often the matcher had to look closer, on the files of "
	"PATH\n"
	"       (default: made text and programs). More than --max-looks a MB\n"
	"       is a fault\n"
	"compile  writes what the build puts beside assay, so that a start "
	"need\n"
	"       not compile the rules again\n"
	"\n"
	"example: assay rules check rules && assay rules test rules\n";

struct tally {
	size_t examples, faults;
};

static void fault(struct tally *t, const char *file, int line, const char *text)
{
	if (line > 0)
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
	t->faults++;
}

static bool is_own(const struct fw_rule_info *rule)
{
	return strncmp(rule->id, "rules/", 6) != 0;
}

/* Whether a complaint is about one of the project's files. */
static bool file_is_own(const struct fw_ruleset *rs, const char *file)
{
	size_t count;
	const struct fw_rule_info *rules = fw_ruleset_rules(rs, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].file, file) == 0)
			return is_own(&rules[i]);
	return false;
}

/* strict: what libyara only warns of is a fault of the project's rules. */
static struct fw_ruleset *load(const char *const *dirs, size_t n, bool strict,
			       struct tally *t)
{
	struct fw_rule_errors errs = { 0 };
	struct fw_ruleset *rs = fw_ruleset_load(dirs, n, NULL, &errs);

	for (size_t i = 0; i < errs.count; i++) {
		const struct fw_rule_error *e = &errs.items[i];

		if (e->warning &&
		    !(strict && rs != NULL && file_is_own(rs, e->file)))
			fprintf(stderr, "%s:%d: warning: %s\n", e->file,
				e->line, e->text);
		else
			fault(t, e->file, e->line, e->text);
	}
	fw_rule_errors_free(&errs);
	return rs;
}

static int check(const char *const *dirs, size_t n)
{
	struct tally t = { 0 };
	struct fw_ruleset *rs = load(dirs, n, true, &t);
	size_t count;

	if (rs == NULL)
		return 2;
	const struct fw_rule_info *rules = fw_ruleset_rules(rs, &count);

	for (size_t i = 0; i < count; i++) {
		char text[300];

		if (!is_own(&rules[i]) || rules[i].missing == NULL)
			continue;
		snprintf(text, sizeof(text), "rule %s: meta lacks %s",
			 rules[i].name, rules[i].missing);
		fault(&t, rules[i].file, rules[i].line, text);
	}
	printf("%zu rules in %zu files, %zu faults\n", count,
	       fw_ruleset_files(rs), t.faults);
	fw_ruleset_free(rs);
	return t.faults > 0;
}

static bool read_all(struct fw_arena *a, const char *path, struct fw_view *v)
{
	enum { EXAMPLE_MAX = 4 << 20 };
	FILE *in = fopen(path, "rbe");

	if (in == NULL)
		return false;
	uint8_t *data = fw_alloc(a, EXAMPLE_MAX, 1);

	*v = fw_view_of(data, fread(data, 1, EXAMPLE_MAX, in));
	return fclose(in) == 0 && v->len < EXAMPLE_MAX;
}

/* Whether the finding of this very rule is among the results. */
static bool matches(struct fw_ruleset *rs, const struct fw_rule_info *rule,
		    const struct rule_example *e)
{
	struct fw_mem m = { 0 };
	struct fw_out *out = fw_mem_out(&m, e->obj.bytes);
	bool hit = false;

	fw_ruleset_scan(rs, &e->obj, rule->targets, e->arch, rule->placed, out);
	for (size_t i = 0; i < m.finding_count; i++)
		if (m.findings[i].kind == rule->kind)
			hit = true;
	fw_mem_free(&m);
	return hit;
}

/* "hit-NAME-2.txt" is an example of rule NAME; where a file holds one rule
 * only, "hit.txt" and "hit-whatever.txt" are too. */
static bool is_about(const struct fw_rule_info *rules, size_t count,
		     const struct fw_rule_info *rule, const char *rest)
{
	size_t siblings = 0, len = strlen(rule->name);

	for (size_t i = 0; i < count; i++)
		siblings += strcmp(rules[i].file, rule->file) == 0;
	if (siblings == 1)
		return true;
	return rest[0] == '-' && strncmp(rest + 1, rule->name, len) == 0 &&
	       (rest[1 + len] == '.' || rest[1 + len] == '-');
}

static void run_example(struct fw_ruleset *rs, const struct fw_rule_info *rule,
			const char *path, bool want, struct tally *t)
{
	struct fw_arena a = { 0 };
	struct rule_example e;
	struct fw_view source;
	char text[300];

	t->examples++;
	if (!read_all(&a, path, &source)) {
		fault(t, path, 0, "cannot be read, or is larger than 4 MiB");
	} else if (!rule_example_read(&e, &a, fw_basename(path), source)) {
		fault(t, path, e.line, e.error);
	} else if (matches(rs, rule, &e) != want) {
		snprintf(text, sizeof(text), "rule %s %s", rule->id,
			 want ? "misses its hit" : "hits its miss");
		fault(t, path, 0, text);
	}
	fw_arena_free(&a);
}

/* Whether text names the product of a component rule, in this version (NULL: in
 * any). */
static bool names(struct fw_ruleset *rs, const struct fw_rule_info *rule,
		  struct fw_view text, struct fw_view version)
{
	struct fw_object obj = { .bytes = text };
	struct fw_mem m = { 0 };
	bool hit = false;

	fw_ruleset_scan(rs, &obj, rule->targets, NULL, rule->placed,
			fw_mem_out(&m, text));
	for (size_t i = 0; i < m.software_count; i++)
		if (!strcmp(m.software[i].name,
			    fw_rule_component_name(rule->component)) &&
		    (version.data == NULL ||
		     fw_view_eq(version, fw_view_str(m.software[i].version))))
			hit = true;
	fw_mem_free(&m);
	return hit;
}

/* A component rule carries its examples: hit = "TEXT => VERSION", miss =
 * "TEXT".
 */
static void test_component(struct fw_ruleset *rs,
			   const struct fw_rule_info *rule, struct tally *t)
{
	const char *text;
	char say[300];

	for (size_t i = 0; i < 2; i++) {
		bool hit = i == 0;
		size_t n = 0;

		for (;
		     (text = fw_rule_example(rule->component, hit, n)) != NULL;
		     n++) {
			struct fw_view v = fw_view_str(text);
			struct fw_view want = { NULL, 0 };
			size_t arrow = fw_view_find(v, FW_STR(" => "), 0);

			if (hit && arrow != SIZE_MAX) {
				want = fw_view_sub(v, arrow + 4, SIZE_MAX);
				v.len = arrow;
			}
			t->examples++;
			if (names(rs, rule, v, want) == hit)
				continue;
			snprintf(say, sizeof(say), "rule %s %s: %.200s",
				 rule->name,
				 hit ? "misses its hit" : "hits its miss",
				 text);
			fault(t, rule->file, rule->line, say);
		}
		if (n == 0)
			fault(t, rule->file, rule->line,
			      hit ? "a component rule without a hit"
				  : "a component rule without a miss");
	}
}

static void test_rule(struct fw_ruleset *rs, const struct fw_rule_info *rule,
		      const char *examples, struct tally *t)
{
	struct dirent **names = NULL;
	struct fw_arena a = { 0 };
	size_t hits = 0, misses = 0, count;
	const struct fw_rule_info *rules = fw_ruleset_rules(rs, &count);

	char *dir = fw_sprintf(&a, "%s/%s", examples, rule->stem);
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		bool hit = strncmp(name, "hit", 3) == 0;
		bool miss = strncmp(name, "miss", 4) == 0;

		if ((hit || miss) &&
		    is_about(rules, count, rule, name + (hit ? 3 : 4))) {
			run_example(rs, rule,
				    fw_sprintf(&a, "%s/%s", dir, name), hit, t);
			hits += hit;
			misses += miss;
		}
		free(names[i]);
	}
	free(names);
	if (hits == 0 || misses == 0)
		fault(t, rule->file, rule->line,
		      fw_sprintf(&a, "rule %s has no %s example in %s",
				 rule->name, hits == 0 ? "hit" : "miss", dir));
	fw_arena_free(&a);
}

static int test(const char *dir, const char *examples)
{
	struct tally t = { 0 };
	struct stat st;
	char guess[2048];
	size_t count;

	if (examples == NULL) {
		snprintf(guess, sizeof(guess), "%s/../tests/rules", dir);
		if (stat(guess, &st) != 0)
			snprintf(guess, sizeof(guess), "%s/tests", dir);
		examples = guess;
	}
	if (stat(examples, &st) != 0 || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "assay: no folder of examples: %s\n", examples);
		return 2;
	}
	struct fw_ruleset *rs = load(&dir, 1, false, &t);

	if (rs == NULL)
		return 2;
	const struct fw_rule_info *rules = fw_ruleset_rules(rs, &count);

	for (size_t i = 0; i < count; i++)
		if (rules[i].component != NULL)
			test_component(rs, &rules[i], &t);
		else
			test_rule(rs, &rules[i], examples, &t);
	printf("%zu rules, %zu examples, %zu faults\n", count, t.examples,
	       t.faults);
	fw_ruleset_free(rs);
	return t.faults > 0;
}

static int compile(const char *file, const char *const *dirs, size_t n)
{
	struct tally t = { 0 };
	struct fw_ruleset *rs = load(dirs, n, false, &t);

	if (rs == NULL)
		return 2;
	bool ok = t.faults == 0 && fw_ruleset_save(rs, file);

	if (t.faults == 0 && !ok)
		perror(file);
	fw_ruleset_free(rs);
	return ok ? 0 : 1;
}

/* argv[2..] are the options and one folder. */
static int bench(int argc, char **argv)
{
	struct fw_bench_args args = { .top = 20 };
	const char **data = calloc((size_t)argc, sizeof(*data));
	const char *dir = NULL;
	struct tally t = { 0 };
	int status = 2;
	bool ok = data != NULL;

	args.data = data;
	for (int i = 2; ok && i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (argv[i][0] != '-') {
			ok = dir == NULL;
			dir = argv[i];
			continue;
		}
		i++;
		if (value != NULL && strcmp(argv[i - 1], "--data") == 0)
			data[args.data_count++] = value;
		else if (value != NULL && strcmp(argv[i - 1], "--top") == 0)
			args.top = strtoul(value, NULL, 10);
		else if (value != NULL &&
			 strcmp(argv[i - 1], "--max-looks") == 0)
			args.max_looks = strtoul(value, NULL, 10);
		else
			ok = false;
	}
	if (!ok || dir == NULL) {
		fputs(help, stderr);
	} else {
		struct fw_ruleset *rs = load(&dir, 1, false, &t);

		status = rs == NULL ? 2 : fw_rules_bench(rs, &args);
		fw_ruleset_free(rs);
	}
	free(data);
	return status == 0 && t.faults > 0 ? 1 : status;
}

int fw_cmd_rules(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 ||
	    (argc > 2 && strcmp(argv[2], "--help") == 0)) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 2)
		fw_hash_init();
	if (strcmp(verb, "check") == 0 && argc > 2 && argv[2][0] != '-')
		return check((const char *const *)argv + 2, (size_t)argc - 2);
	if (strcmp(verb, "test") == 0 && argc == 3 && argv[2][0] != '-')
		return test(argv[2], NULL);
	if (strcmp(verb, "test") == 0 && argc == 5 &&
	    strcmp(argv[3], "--examples") == 0)
		return test(argv[2], argv[4]);
	if (strcmp(verb, "test") == 0 && argc == 5 &&
	    strcmp(argv[2], "--examples") == 0)
		return test(argv[4], argv[3]);
	if (strcmp(verb, "bench") == 0 && argc > 2)
		return bench(argc, argv);
	if (strcmp(verb, "compile") == 0 && argc > 3 && argv[2][0] != '-')
		return compile(argv[2], (const char *const *)argv + 3,
			       (size_t)argc - 3);
	fputs(help, stderr);
	return 2;
}
