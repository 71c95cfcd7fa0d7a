/* fuzz_shell.c - the reader of shell scripts against hostile bytes
 *
 * Asked of it: nodes nest, indices lie inside, views lie in the script, the
 * walk ends, and the work is bounded by the size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/format.h"
#include "fuzz/fuzz_format.h"
#include "script/shell_eval.h"

static const struct fw_format shell = { .name = "shell" };
const struct fw_format *const fuzz_format = &shell;

enum { SECONDS_MAX = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "shell: %s\n", what);
	abort();
}

static void check_tree(const struct fw_sh *s)
{
	demand(s->count > 0 && s->nodes[0].end == s->count, "no root");
	for (uint32_t i = 1; i < s->count; i++) {
		const struct fw_sh_node *n = &s->nodes[i];

		demand(n->parent < i && n->end > i &&
			       n->end <= s->nodes[n->parent].end,
		       "nodes do not nest");
		demand(n->assigns <= n->word_count, "more values than words");
		for (uint32_t k = 0; k < n->word_count; k++) {
			struct fw_sh_word w = s->words[n->word + k];

			for (uint32_t g = 0; g < w.count; g++)
				demand(s->segs[w.first + g].text.len <=
					       s->text.len,
				       "a word is longer than the script");
		}
	}
}

static void visit(void *ctx, const struct fw_sh_command *c)
{
	uint64_t *sum = ctx;

	for (uint32_t i = 0; i < c->argc; i++)
		*sum += strlen(c->argv[i]) + fw_sh_known(c->argv[i]);
	for (uint32_t i = 0; i < c->cond_count; i++)
		*sum += strlen(c->conds[i].text);
	for (uint32_t i = 0; i < c->redir_count; i++)
		*sum += strlen(c->redirs[i].text) + c->redirs[i].body.len;
	if (c->argc == 0 && c->name != NULL)
		*sum += strlen(c->name) + strlen(c->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_arena a = { .max = (size_t)1 << 30 };
	uint8_t *exact = malloc(size > 0 ? size : 1);
	clock_t start = clock();
	uint64_t sum = 0;

	if (exact == NULL)
		return 0;
	if (size > 0)
		memcpy(exact, data, size);
	struct fw_sh s = fw_sh_parse(&a, fw_view_of(exact, size));

	check_tree(&s);
	fw_sh_eval(&a, &s, visit, &sum);
	demand((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX, "too slow");
	fw_arena_free(&a);
	free(exact);
	return 0;
}
