/* boot_facts.c - what scripts and tables start, as facts */
#include <stdio.h>

#include "analyzers/boot/boot_facts.h"

enum { WORDS_MAX = 600, CONDS_MAX = 600 };

struct text {
	char *s;
	size_t n, max;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (n > t->max - t->n)
		n = t->max - t->n;
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

static struct text text_of(struct fw_arena *a, size_t max)
{
	return (struct text){ fw_alloc(a, max + 1, 1), 0, max };
}

void boot_emit(struct fw_out *out, const char *key,
	       const struct fw_sh_command *c, const char *flags,
	       const char *text, const char *user)
{
	struct text words = text_of(fw_out_arena(out), WORDS_MAX);
	struct text conds = text_of(fw_out_arena(out), CONDS_MAX);

	for (uint32_t i = 0; i < c->argc && i < BOOT_WORDS_MAX; i++) {
		put(&words, i > 0 ? " " : "");
		put(&words, c->argv[i]);
	}
	for (uint32_t i = 0; i < c->cond_count; i++) {
		put(&conds, i > 0 ? "; " : "");
		put(&conds, c->conds[i].negated ? "not " : "");
		put(&conds, c->conds[i].text);
	}
	fw_out_factf(out, key, "%u\t%s\t%s\t%s%s%s%s%s", c->line, flags,
		     words.s, conds.s, text != NULL ? "\t" : "",
		     text != NULL ? text : "", user != NULL ? "\t" : "",
		     user != NULL ? user : "");
}

struct line_context {
	struct fw_out *out;
	const char *table, *trigger, *user;
	uint32_t line;
};

static void line_visit(void *ctx, const struct fw_sh_command *c)
{
	const struct line_context *l = ctx;
	struct fw_sh_command at = *c;

	if (c->argc == 0 || strcmp(c->argv[0], "[") == 0)
		return;
	at.line = l->line;
	boot_emit(l->out, "boot.starts", &at, l->trigger, l->table, l->user);
}

void boot_emit_line(struct fw_out *out, const char *table, uint32_t line,
		    const char *trigger, const char *user, struct fw_view cmd)
{
	struct line_context l = { out, table, trigger, user, line };
	struct fw_sh s = fw_sh_parse(fw_out_arena(out), cmd);

	fw_sh_eval(fw_out_arena(out), &s, line_visit, &l);
}

/* Cuts s at every sep; returns how many parts there are, max at most. */
static uint32_t cut(char *s, const char *sep, const char **list, uint32_t max)
{
	uint32_t n = 0;
	size_t len = strlen(sep);

	if (*s == '\0')
		return 0;
	while (n < max) {
		char *end = s;

		/* A backslash takes the next byte out of the search. */
		while (*end != '\0' && strncmp(end, sep, len) != 0)
			end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
		list[n++] = s;
		if (*end == '\0')
			break;
		*end = '\0';
		s = end + len;
	}
	return n;
}

struct boot_record boot_read(struct fw_arena *a, const char *value)
{
	struct boot_record r = { 0 };
	char *s = fw_strdup(a, fw_view_str(value));
	uint32_t n = 0;

	for (uint32_t i = 0; i < BOOT_FIELDS; i++)
		r.field[i] = "";
	while (s != NULL && n < BOOT_FIELDS) {
		char *end = strchr(s, '\t');

		r.field[n++] = s;
		if (end != NULL)
			*end++ = '\0';
		s = end;
	}
	r.argc = cut(fw_strdup(a, fw_view_str(r.field[BOOT_WORDS])), " ",
		     r.argv, BOOT_WORDS_MAX);
	r.cond_count = cut(fw_strdup(a, fw_view_str(r.field[BOOT_CONDS])), "; ",
			   r.conds, BOOT_CONDS_MAX);
	return r;
}

bool boot_flag(const struct boot_record *r, const char *flag)
{
	const char *p = r->field[BOOT_FLAGS];
	size_t n = strlen(flag);

	while (p != NULL) {
		if (strncmp(p, flag, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return true;
		p = strchr(p, ',');
		p += p != NULL;
	}
	return false;
}
