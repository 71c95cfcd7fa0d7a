/* library.c - the public interface of include/assay.h */
#include <stdlib.h>
#include <string.h>

#include "assay.h"
#include "core/format.h"
#include "cli/setup.h"
#include "report/report.h"

enum { LIST_MAX = 64 };

struct assay_scan {
	char *images[LIST_MAX], *rules[LIST_MAX];
	size_t image_count, rule_count;
	struct fw_scan_options opt;
	struct fw_matcher matcher;
	struct fw_result *result;
	char error[512];
};

struct assay_scan *assay_open(void)
{
	struct assay_scan *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->opt.fail_on = FW_HIGH;
	return s;
}

void assay_close(struct assay_scan *s)
{
	if (s == NULL)
		return;
	fw_scan_free(s->result);
	if (s->matcher.ctx != NULL)
		fw_setup_free(&s->matcher);
	for (size_t i = 0; i < s->image_count; i++)
		free(s->images[i]);
	for (size_t i = 0; i < s->rule_count; i++)
		free(s->rules[i]);
	free(s);
}

static bool add(char **list, size_t *n, const char *text)
{
	if (*n == LIST_MAX || (list[*n] = strdup(text)) == NULL)
		return false;
	(*n)++;
	return true;
}

bool assay_add_image(struct assay_scan *s, const char *path)
{
	return add(s->images, &s->image_count, path);
}

bool assay_add_rules(struct assay_scan *s, const char *dir)
{
	return add(s->rules, &s->rule_count, dir);
}

void assay_set_jobs(struct assay_scan *s, unsigned jobs)
{
	s->opt.jobs = jobs;
}

void assay_set_fail_on(struct assay_scan *s, enum assay_severity x)
{
	s->opt.fail_on = (enum fw_severity)x;
}

static int refuse(struct assay_scan *s, const char *why)
{
	snprintf(s->error, sizeof(s->error), "%s", why);
	return -1;
}

int assay_run(struct assay_scan *s)
{
	if (s->result != NULL || s->image_count == 0)
		return refuse(s, s->result ? "a scan runs once" : "no image");
	fw_setup_kinds();
	if (!fw_setup_rules(true, (const char *const *)s->rules, s->rule_count,
			    &s->matcher))
		return refuse(s, "rules could not be loaded");
	s->opt.matcher = &s->matcher;
	s->opt.images = (const char *const *)s->images;
	s->opt.image_count = s->image_count;
	s->result = fw_scan_run(&s->opt, s->error, sizeof(s->error));
	return s->result == NULL ? -1 : 0;
}

const char *assay_error(const struct assay_scan *s)
{
	return s->error;
}

enum assay_verdict assay_verdict(const struct assay_scan *s)
{
	return (enum assay_verdict)s->result->verdict;
}

bool assay_incomplete(const struct assay_scan *s)
{
	return s->result->incomplete;
}

size_t assay_object_count(const struct assay_scan *s)
{
	return s->result->node_count;
}

const char *assay_object_path(const struct assay_scan *s, size_t i)
{
	return s->result->nodes[i].path;
}

const char *assay_object_format(const struct assay_scan *s, size_t i)
{
	const struct fw_format *f = s->result->nodes[i].format;

	return f ? f->name : NULL;
}

size_t assay_object_parent(const struct assay_scan *s, size_t i)
{
	uint32_t p = s->result->nodes[i].parent;

	return p == FW_NO_NODE ? SIZE_MAX : p;
}

uint64_t assay_object_size(const struct assay_scan *s, size_t i)
{
	return s->result->nodes[i].size;
}

const uint8_t *assay_object_sha256(const struct assay_scan *s, size_t i)
{
	const struct fw_node *n = &s->result->nodes[i];

	return n->hashed ? n->sha256 : NULL;
}

const char *assay_object_fact(const struct assay_scan *s, size_t i,
			      const char *key, size_t n)
{
	const struct fw_node *node = &s->result->nodes[i];

	for (size_t k = 0; k < node->fact_count; k++)
		if (!strcmp(node->facts[k].key, key) && n-- == 0)
			return node->facts[k].value;
	return NULL;
}

size_t assay_finding_count(const struct assay_scan *s)
{
	return s->result->finding_count;
}

const char *assay_finding_kind(const struct assay_scan *s, size_t i)
{
	return s->result->findings[i].claim.kind->id;
}

const char *assay_finding_title(const struct assay_scan *s, size_t i)
{
	return s->result->findings[i].claim.kind->title;
}

enum assay_severity assay_finding_severity(const struct assay_scan *s,
					   size_t i)
{
	return (enum assay_severity)s->result->findings[i].claim.severity;
}

size_t assay_finding_object(const struct assay_scan *s, size_t i)
{
	return s->result->findings[i].node;
}

const char *assay_finding_fingerprint(const struct assay_scan *s, size_t i)
{
	return s->result->findings[i].fingerprint;
}

bool assay_report(const struct assay_scan *s, const char *name, FILE *to)
{
	struct fw_report_options opt = { 0 };

	for (size_t i = 0; i < fw_report_writer_count; i++)
		if (!strcmp(fw_report_writers[i]->name, name))
			return fw_report_writers[i]->write(s->result, &opt,
							   to);
	return false;
}
