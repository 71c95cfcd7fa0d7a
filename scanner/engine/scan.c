/* scan.c - the main job: set up, run the broker, make the result */
#include <dirent.h>
#include <libelf.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "engine/carve.h"
#include "engine/model.h"
#include "engine/sandbox.h"
#include "formats/formats.h"

enum { JOBS_MAX = 128 };

/* The result is the first thing in it, so that one pointer serves both. */
struct scan_result {
	struct fw_result result;
	struct scan *scan;
};

static bool refuse(char *err, size_t err_len, const char *why)
{
	snprintf(err, err_len, "%s", why);
	return false;
}

/* Forking a process that has other threads would copy locks nobody frees. */
static bool single_threaded(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned n = 0;

	if (d == NULL)
		return true;
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n == 1;
}

static void raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static const char *find_tmp(struct scan *s)
{
	const char *dirs[] = { s->opt.tmp_dir, getenv("TMPDIR"), "/var/tmp",
			       "/tmp" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (dirs[i] == NULL || dirs[i][0] == '\0')
			continue;
		s->tmp_dir = dirs[i];
		int fd = fw_blob_temp(s);

		if (fd >= 0) {
			close(fd);
			return dirs[i];
		}
		if (i == 0)
			return NULL; /* the user named it: no other will do */
	}
	return NULL;
}

/* Everything that would open a file or fetch an algorithm happens here, before
 * the first fork: jobs inherit it. */
static bool warm_up(struct scan *s, char *err, size_t err_len)
{
	if (!fw_hash_init())
		return refuse(err, err_len, "libcrypto has no SHA-256");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return refuse(err, err_len, "libelf is too old");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	fw_carve_init(fw_formats, fw_format_count);
	if (s->opt.no_sandbox)
		return true;
	if (!fw_sandbox_prepare())
		return refuse(err, err_len,
			      "this kernel offers no seccomp filter; "
			      "--no-sandbox scans without protection");
	s->landlock = fw_sandbox_landlock();
	return true;
}

static bool set_up(struct scan *s, char *err, size_t err_len)
{
	if (!single_threaded())
		return refuse(err, err_len,
			      "a scan needs a process with one thread");
	raise_descriptors();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the host's own limit: write() says it */
	s->pid = getpid();
	fw_limits_default(&s->lim);
	s->jobs = s->opt.jobs;
	if (s->jobs == 0)
		s->jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (s->jobs > JOBS_MAX)
		s->jobs = JOBS_MAX;
	s->slot_rss = fw_alloc(&s->arena, s->jobs, sizeof(uint64_t));
	s->slot_used = fw_alloc(&s->arena, s->jobs + 1, sizeof(bool));
	s->started = time(NULL);
	s->started_ms = fw_now_ms();
	s->tmp_dir = find_tmp(s);
	if (s->tmp_dir == NULL)
		return refuse(err, err_len,
			      "no folder for temporary files; see --tmp-dir");
	return warm_up(s, err, err_len) && fw_input_open(s, err, err_len);
}

static void free_scan(struct scan *s)
{
	for (struct blob *b = s->blobs; b != NULL; b = b->next)
		close(b->fd);
	for (size_t i = 0; i < s->bucket_count; i++)
		for (struct content *c = s->buckets[i]; c != NULL;
		     c = c->next_in_bucket)
			if (c->kept.fd > 0)
				close(c->kept.fd);
	fw_arena_free(&s->arena);
	free(s);
}

struct fw_result *fw_scan_run(const struct fw_scan_options *opt, char *err,
			      size_t err_len)
{
	struct scan *s = calloc(1, sizeof(*s));
	struct scan_result *r = calloc(1, sizeof(*r));

	if (s == NULL || r == NULL)
		abort();
	s->opt = *opt;
	s->lim = opt->limits;
	if (!set_up(s, err, err_len)) {
		free(r);
		free_scan(s);
		return NULL;
	}
	fw_broker_run(s);
	r->result = *fw_result_make(s);
	r->scan = s;
	return &r->result;
}

void fw_scan_free(struct fw_result *r)
{
	struct scan_result *sr = (struct scan_result *)r;

	if (r == NULL)
		return;
	free_scan(sr->scan);
	free(sr);
}
