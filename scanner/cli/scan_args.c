/* scan_args.c - the options that scan and extract share */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/scan_args.h"
#include "cli/setup.h"

enum {
	ARG_JOBS = SCAN_ARG_FIRST,
	ARG_RULES,
	ARG_NO_RULES,
	ARG_NO_SANDBOX,
	ARG_HASHES,
	ARG_TMP,
	ARG_DEPTH,
	ARG_OBJECTS,
	ARG_FINDINGS,
	ARG_CRASHES,
	ARG_JOB_BYTES,
	ARG_TOTAL_BYTES,
	ARG_RATIO,
	ARG_MEMORY,
	ARG_JOB_SECONDS,
	ARG_JOB_CPU,
	ARG_DEADLINE
};

const struct option scan_args_options[] = {
	{ "jobs", required_argument, NULL, ARG_JOBS },
	{ "rules", required_argument, NULL, ARG_RULES },
	{ "no-rules", no_argument, NULL, ARG_NO_RULES },
	{ "no-sandbox", no_argument, NULL, ARG_NO_SANDBOX },
	{ "hashes", no_argument, NULL, ARG_HASHES },
	{ "tmp-dir", required_argument, NULL, ARG_TMP },
	{ "max-depth", required_argument, NULL, ARG_DEPTH },
	{ "max-objects", required_argument, NULL, ARG_OBJECTS },
	{ "max-findings", required_argument, NULL, ARG_FINDINGS },
	{ "max-crashes", required_argument, NULL, ARG_CRASHES },
	{ "max-job-bytes", required_argument, NULL, ARG_JOB_BYTES },
	{ "max-total-bytes", required_argument, NULL, ARG_TOTAL_BYTES },
	{ "max-ratio", required_argument, NULL, ARG_RATIO },
	{ "max-memory", required_argument, NULL, ARG_MEMORY },
	{ "job-seconds", required_argument, NULL, ARG_JOB_SECONDS },
	{ "job-cpu-seconds", required_argument, NULL, ARG_JOB_CPU },
	{ "deadline", required_argument, NULL, ARG_DEADLINE },
};
const size_t scan_args_count =
	sizeof(scan_args_options) / sizeof(scan_args_options[0]);

const char scan_args_help[] =
	"  -j, --jobs N            jobs at once (default: one a processor)\n"
	"  -q                      no progress on standard error\n"
	"      --rules DIR         more YARA rules, unchanged; can be repeated\n"
	"      --no-rules          without assay's own rules\n"
	"      --hashes            SHA-1, MD5, TLSH as well\n"
	"      --tmp-dir DIR       where unlinked temporary files go\n"
	"      --no-sandbox        without seccomp and Landlock (debuggers)\n"
	"Limits (K, M and G are understood); what hits one is named:\n"
	"      --max-depth N       containers in containers (16)\n"
	"      --max-objects N     objects in all (1000000)\n"
	"      --max-findings N    findings for one object (1000)\n"
	"      --max-crashes N     crashes of readers, then stop (8)\n"
	"      --max-job-bytes N   unpacked from one container (4G)\n"
	"      --max-total-bytes N unpacked in all (16G)\n"
	"      --max-ratio N       bytes out per byte in, beyond 64M (200)\n"
	"      --max-memory N      of one job, on top of its input (512M)\n"
	"      --job-seconds N     wall time of one job (120)\n"
	"      --job-cpu-seconds N processor time of one job (60)\n"
	"      --deadline N        seconds for the whole scan (3600)\n";

/* A positive number with an optional K, M or G. */
static bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	unsigned long long x = strtoull(text, &end, 10);
	unsigned shift = 0;

	if (end == text || errno != 0 || *text == '-')
		return false;
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	end += shift != 0;
	if (*end != '\0' || x == 0 || x > max >> shift)
		return false;
	*out = (uint64_t)x << shift;
	return true;
}

static uint32_t *limit_u32(struct fw_limits *l, int c)
{
	switch (c) {
	case ARG_DEPTH:
		return &l->depth;
	case ARG_OBJECTS:
		return &l->objects;
	case ARG_FINDINGS:
		return &l->findings;
	case ARG_CRASHES:
		return &l->crashes;
	case ARG_RATIO:
		return &l->ratio;
	case ARG_JOB_CPU:
		return &l->job_cpu_s;
	case ARG_DEADLINE:
		return &l->deadline_s;
	default:
		return NULL;
	}
}

static bool take_number(struct scan_args *a, int c, const char *value)
{
	struct fw_limits *l = &a->opt.limits;
	uint32_t *small = limit_u32(l, c);
	uint64_t x = 0;

	if (!number(value, small || c < ARG_DEPTH ? UINT32_MAX
						  : UINT64_MAX / 4, &x))
		return false;
	if (small != NULL)
		*small = (uint32_t)x;
	else if (c == ARG_JOBS)
		a->opt.jobs = (unsigned)x;
	else if (c == ARG_JOB_BYTES)
		l->job_out_bytes = x;
	else if (c == ARG_TOTAL_BYTES)
		l->total_bytes = x;
	else if (c == ARG_MEMORY)
		l->job_memory_bytes = x;
	else if (c == ARG_JOB_SECONDS && x < 1000000)
		l->job_wall_ms = (uint32_t)x * 1000;
	else
		return false;
	return true;
}

bool scan_args_take(struct scan_args *a, int c, const char *value, bool *bad)
{
	switch (c) {
	case 'q':
		a->quiet = true;
		return true;
	case 'j':
		c = ARG_JOBS;
		break;
	case ARG_RULES:
		*bad = a->rules_count == SCAN_PATHS_MAX;
		if (!*bad)
			a->rules[a->rules_count++] = value;
		return true;
	case ARG_NO_RULES:
		a->no_rules = true;
		return true;
	case ARG_NO_SANDBOX:
		a->opt.no_sandbox = true;
		return true;
	case ARG_HASHES:
		a->opt.more_hashes = true;
		return true;
	case ARG_TMP:
		a->opt.tmp_dir = value;
		return true;
	default:
		break;
	}
	if (c < SCAN_ARG_FIRST || c > ARG_DEADLINE)
		return false;
	if (!take_number(a, c, value)) {
		fprintf(stderr, "assay: %s is not a number that fits here\n",
			value);
		*bad = true;
	}
	return true;
}

struct fw_result *scan_args_run(struct scan_args *a)
{
	char err[512] = "";
	struct fw_result *r;

	if (!fw_setup_rules(!a->no_rules, a->rules, a->rules_count,
			    &a->matcher))
		return NULL;
	a->opt.matcher = &a->matcher;
	if (!a->quiet && isatty(STDERR_FILENO))
		a->opt.progress = fw_progress_show;
	r = fw_scan_run(&a->opt, err, sizeof(err));
	if (a->opt.progress != NULL)
		fw_progress_clear();
	if (r == NULL)
		fprintf(stderr, "assay: %s\n", err);
	return r;
}
