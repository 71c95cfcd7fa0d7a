/* code_object.c - the object and the address that a command is asked about */
#include "cli/code_object.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "core/text.h"
#include "engine/scan.h"

enum { ARG_FLAG = 500, ARG_SANDBOX = 502, ARG_TMP, OFFERS_MAX = 8 };

struct call {
	const struct code_command *command;
	bool flag[2], no_sandbox, quiet;
	const char *tmp_dir;
	char *object;	     /* as given, without the address */
	const char *address; /* or NULL */
	char *file;	     /* on disk */
	const char *path;    /* in it, or NULL */
	int fd;
	uint64_t at, len;
	struct fw_result *result; /* that owns fd, or NULL */
};

static void complain(const struct call *c, const char *why)
{
	struct fw_arena a = { .max = 0 };

	fprintf(stderr, "assay: %s: %s\n",
		fw_escape(&a, fw_view_str(c->object)), why);
	fw_arena_free(&a);
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* The address is what follows the last '@', if no '/' does: paths of carved
 * regions hold that sign as well. */
static bool cut_address(struct call *c)
{
	char *at = strrchr(c->object, '@');

	if (!c->command->wants_address)
		return true;
	if (at == NULL || at == c->object || at[1] == '\0' ||
	    strchr(at, '/') != NULL) {
		fprintf(stderr,
			"assay: %s needs OBJECT@ADDRESS; see assay %s --help\n",
			c->command->name, c->command->name);
		return false;
	}
	*at = '\0';
	c->address = at + 1;
	return true;
}

/* A file's name may hold a '!': the shortest part before one that is a file. */
static void cut_path(struct call *c)
{
	c->file = c->object;
	if (is_file(c->object))
		return;
	for (char *mark = strchr(c->object, '!'); mark != NULL;
	     mark = strchr(mark + 1, '!')) {
		char *file = strndup(c->object, (size_t)(mark - c->object));

		if (file == NULL)
			abort();
		if (is_file(file)) {
			c->file = file;
			c->path = mark + 1;
			return;
		}
		free(file);
	}
}

static bool open_file(struct call *c)
{
	struct stat st;

	c->fd = open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0 || fstat(c->fd, &st) != 0) {
		complain(c, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		complain(c, "is no regular file");
		return false;
	}
	c->len = (uint64_t)st.st_size;
	return true;
}

/* A node's path without the image's name. */
static const char *inner_path(const struct fw_result *r,
			      const struct fw_node *n)
{
	size_t skip = strlen(r->nodes[0].path);

	return n->path[skip] == '/' ? n->path + skip + 1 : "";
}

/* The object at a path, else the only ones that end in it. */
static size_t find_nodes(const struct call *c, const struct fw_node **found)
{
	const struct fw_result *r = c->result;
	const char *want = c->path + (*c->path == '/');
	size_t len = strlen(want), n = 0;

	for (size_t i = 1; i < r->node_count; i++) {
		const struct fw_node *node = &r->nodes[i];
		const char *path = inner_path(r, node);
		size_t all = strlen(path);

		if (node->size == 0 || all < len)
			continue;
		if (strcmp(path, want) == 0) {
			found[0] = node;
			return 1;
		}
		if (path[all - len - 1] == '/' &&
		    strcmp(path + all - len, want) == 0 && n++ < OFFERS_MAX)
			found[n - 1] = node;
	}
	return n;
}

/* One file at several places is no choice. */
static bool all_same(const struct fw_node *const *found, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (i == OFFERS_MAX ||
		    memcmp(found[i]->sha256, found[0]->sha256,
			   FW_SHA256_SIZE) != 0)
			return false;
	return true;
}

static bool pick_node(struct call *c)
{
	const struct fw_node *found[OFFERS_MAX];
	size_t n = find_nodes(c, found);

	if (n == 0) {
		complain(c, c->result->incomplete
				    ? "is not in the image, as far as it could "
				      "be read"
				    : "is not in the image; assay scan prints "
				      "the paths");
		return false;
	}
	if (n > 1 && !all_same(found, n)) {
		complain(c, "fits several objects:");
		for (size_t i = 0; i < n && i < OFFERS_MAX; i++)
			fprintf(stderr, "  %s!%s\n", c->file,
				inner_path(c->result, found[i]));
		return false;
	}
	c->fd = found[0]->fd;
	c->at = found[0]->at;
	c->len = found[0]->size;
	if (c->fd < 0)
		complain(c, "its bytes are not at hand");
	return c->fd >= 0;
}

/* Unpacks the image as a scan does; its parts stay in unlinked files. */
static bool open_in_image(struct call *c)
{
	const char *images[] = { c->file };
	struct fw_scan_options opt = { .images = images,
				       .image_count = 1,
				       .unpack_only = true,
				       .no_sandbox = c->no_sandbox,
				       .tmp_dir = c->tmp_dir };
	char err[512] = "";

	if (!c->quiet && isatty(STDERR_FILENO))
		opt.progress = fw_progress_show;
	c->result = fw_scan_run(&opt, err, sizeof(err));
	if (opt.progress != NULL)
		fw_progress_clear();
	if (c->result == NULL) {
		fprintf(stderr, "assay: %s\n", err);
		return false;
	}
	return pick_node(c);
}

static enum fw_sealed_end work(void *ctx, struct fw_view bytes,
			       struct fw_arena *arena, FILE *to,
			       char note[FW_SEALED_NOTE])
{
	const struct call *c = ctx;
	struct code_view v = { .note = note, .object = c->object };

	if (!code_view_open(&v, bytes, arena) ||
	    (c->command->wants_address && !code_view_at(&v, c->address)))
		return FW_SEALED_REFUSED;
	enum fw_sealed_end end = c->command->show(&v, c->flag, to);

	return end == FW_SEALED_OK && *note != '\0' ? FW_SEALED_PART : end;
}

static int run(struct call *c)
{
	enum fw_sealed_end end = FW_SEALED_REFUSED;
	char note[FW_SEALED_NOTE];

	if (!cut_address(c))
		return FW_EXIT_ERROR;
	cut_path(c);
	if (c->path == NULL ? !open_file(c) : !open_in_image(c))
		return FW_EXIT_ERROR;
	struct fw_sealed s = { .fd = c->fd,
			       .at = c->at,
			       .len = c->len,
			       .no_sandbox = c->no_sandbox,
			       .work = work,
			       .ctx = c };

	if (!fw_sealed_run(&s, stdout, &end, note)) {
		complain(c, note);
		return FW_EXIT_ERROR;
	}
	if (fflush(stdout) != 0) {
		fprintf(stderr, "assay: standard output: %s\n",
			strerror(errno));
		return FW_EXIT_ERROR;
	}
	if (end != FW_SEALED_OK)
		complain(c, note);
	return end == FW_SEALED_OK     ? FW_EXIT_OK
	       : end == FW_SEALED_PART ? FW_EXIT_INCOMPLETE
				       : FW_EXIT_ERROR;
}

static int parse(struct call *c, int argc, char **argv)
{
	const struct code_command *k = c->command;
	struct option all[8] = {
		{ "no-sandbox", no_argument, NULL, ARG_SANDBOX },
		{ "tmp-dir", required_argument, NULL, ARG_TMP },
		{ "help", no_argument, NULL, 'h' },
	};
	size_t n = 3;
	int o;

	for (int i = 0; i < 2 && k->flag[i] != NULL; i++)
		all[n++] = (struct option){ k->flag[i], no_argument, NULL,
					    ARG_FLAG + i };
	while ((o = getopt_long(argc, argv, "hq", all, NULL)) != -1) {
		if (o == 'h') {
			fputs(k->usage, stdout);
			return FW_EXIT_OK;
		}
		if (o == '?')
			return FW_EXIT_ERROR;
		if (o == 'q')
			c->quiet = true;
		else if (o == ARG_SANDBOX)
			c->no_sandbox = true;
		else if (o == ARG_TMP)
			c->tmp_dir = optarg;
		else
			c->flag[o - ARG_FLAG] = true;
	}
	if (optind == argc - 1)
		return -1;
	fprintf(stderr, "assay: %s takes one object; see assay %s --help\n",
		k->name, k->name);
	return FW_EXIT_ERROR;
}

int code_command_run(const struct code_command *command, int argc, char **argv)
{
	struct call c = { .command = command, .fd = -1 };
	int status = parse(&c, argc, argv);

	if (status >= 0)
		return status;
	c.object = strdup(argv[optind]);
	if (c.object == NULL)
		abort();
	status = run(&c);
	if (c.result != NULL)
		fw_scan_free(c.result);
	else if (c.fd >= 0)
		close(c.fd);
	if (c.file != c.object)
		free(c.file);
	free(c.object);
	return status;
}
