/* services_conds.c - conditions that the tree decides, words that it fills in
 */
#include "analyzers/boot/services_chain.h"

/* --- conditions --- */

/* Places that a running system fills: what is not in the image says nothing. */
bool chain_filled_at_run(const struct chain *c, const char *path)
{
	static const char *const heads[] = { "/tmp/",	"/var/", "/proc/",
					     "/sys/",	"/dev/", "/mnt/",
					     "/media/", "/run/", "/sdcard/" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(path, heads[i], strlen(heads[i])) == 0)
			return true;
	for (uint32_t i = 0; i < c->root->mount_count; i++) {
		size_t n = strlen(c->root->mounts[i]);

		if (strncmp(path, c->root->mounts[i], n) == 0 && path[n] == '/')
			return true;
	}
	return path[0] != '/';
}

static bool pattern_holds(const char *list, const char *value)
{
	char one[64];

	while (*list != '\0') {
		size_t n = strcspn(list, "|");

		if (n < sizeof(one)) {
			memcpy(one, list, n);
			one[n] = '\0';
			if (fw_path_matches(value, one))
				return true;
		}
		list += n + (list[n] == '|');
	}
	return false;
}

/* "case ${1} start|boot", "eq ${1} start": by what the script is called with.
 */
static enum truth of_argument(const char *rest, const char *arg)
{
	if (strncmp(rest, "${1} ", 5) != 0 || arg == NULL)
		return OPEN;
	rest += 5;
	if (strcmp(rest, "*") == 0)
		return OPEN; /* the others decide */
	return pattern_holds(rest, arg) ? TRUE : FALSE;
}

static enum truth of_file(struct chain *c, const char *path)
{
	if (!fw_sh_known(path))
		return OPEN;
	path = fw_sh_plain(c->arena, path);
	if (path[0] != '/')
		return OPEN;
	if (svc_find(&c->s, c->root, path) != SVC_NONE)
		return TRUE;
	/* A program that is not there will not come; other files may. */
	if (!chain_filled_at_run(c, path) && strstr(path, "bin/") != NULL)
		return FALSE;
	return OPEN;
}

enum truth chain_decide(struct chain *c, const char *cond, const char *arg)
{
	bool negated = strncmp(cond, "not ", 4) == 0;
	enum truth t = OPEN;

	cond += negated ? 4 : 0;
	if (strncmp(cond, "never", 5) == 0)
		t = FALSE;
	else if (strncmp(cond, "case ", 5) == 0)
		t = of_argument(cond + 5, arg);
	else if (strncmp(cond, "eq ", 3) == 0)
		t = of_argument(cond + 3, arg);
	else if (strncmp(cond, "exists ", 7) == 0)
		t = of_file(c, cond + 7);
	else if (strncmp(cond, "set ${1}", 8) == 0 && arg != NULL)
		t = TRUE;
	if (t == OPEN && negated && strncmp(cond, "case ${1}", 9) == 0)
		return TRUE; /* the branches before it ended the script */
	if (t == OPEN || !negated)
		return t;
	return t == TRUE ? FALSE : TRUE;
}

/* What the tree leaves open goes to list. FALSE: the command does not run. */
bool chain_conditions(struct chain *c, const struct item *it,
		      const struct boot_record *r, const char **list,
		      uint32_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < it->cond_count; i++)
		list[(*count)++] = it->conds[i];
	for (uint32_t i = 0; i < r->cond_count; i++) {
		enum truth t = chain_decide(c, r->conds[i], it->arg);

		if (t == FALSE)
			return false;
		if (t == OPEN && *count < BOOT_CONDS_MAX)
			list[(*count)++] = r->conds[i];
	}
	return true;
}

/* --- what other files say --- */

/* ${NAME} by the settings of a script that was sourced. */
static const char *setting(struct chain *c, const char *name, size_t n)
{
	for (uint32_t i = 0; i < c->sourced_count; i++) {
		const struct fw_place *p = chain_place(c, c->sourced[i]);

		for (size_t k = 0; k < p->fact_count; k++)
			if (strcmp(p->facts[k].key, "shell.sets") == 0 &&
			    strncmp(p->facts[k].value, name, n) == 0 &&
			    p->facts[k].value[n] == '=')
				return p->facts[k].value + n + 1;
	}
	return NULL;
}

/* $(cat FILE) by the line that the image's file holds. */
static const char *file_line(struct chain *c, const char *path, size_t n)
{
	const char *name =
		fw_sh_plain(c->arena, fw_strdup(c->arena, fw_view_of(path, n)));
	uint32_t i = svc_find(&c->s, c->root, name);

	return i == SVC_NONE ? NULL
			     : fw_place_fact(chain_place(c, i), "_text.line", 0);
}

/* A word with its unknown parts filled in where the image says what they are.
 */
const char *chain_filled(struct chain *c, const char *word)
{
	const char *at = strchr(word, '$'), *value = NULL, *end;

	if (at == NULL || c->nested > 64)
		return word;
	if (strncmp(at, "$(cat\\ ", 7) == 0) {
		end = strchr(at, ')');
		value = end == NULL
				? NULL
				: file_line(c, at + 7, (size_t)(end - at) - 7);
	} else {
		end = at[1] == '{' ? strchr(at, '}') : NULL;
		value = end == NULL
				? NULL
				: setting(c, at + 2, (size_t)(end - at) - 2);
	}
	if (value == NULL || strlen(value) > 200)
		return word;
	return fw_sprintf(c->arena, "%.*s%s%.200s", (int)(at - word), word,
			  value, end + 1);
}
