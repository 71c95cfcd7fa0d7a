/* limits.c - what a scan may cost, with defaults that suit a laptop */
#include "engine/model.h"

#define DEFAULT(field, value)                                                  \
	if (l->field == 0)                                                     \
	l->field = (value)

void fw_limits_default(struct fw_limits *l)
{
	DEFAULT(depth, 16);
	DEFAULT(objects, 1000000);
	DEFAULT(findings, 1000);
	DEFAULT(crashes, 8);
	DEFAULT(job_wall_ms, 120 * 1000);
	DEFAULT(job_cpu_s, 60);
	DEFAULT(deadline_s, 3600);
	DEFAULT(ratio, 200);
	DEFAULT(job_out_bytes, UINT64_C(4) << 30);
	DEFAULT(total_bytes, UINT64_C(16) << 30);
	DEFAULT(job_memory_bytes, UINT64_C(512) << 20);
}

void fw_limit_note(struct scan *s, const char *option, const char *what)
{
	struct limit_list *l = &s->limits;

	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].option, option) == 0) {
			l->v[i].count++;
			return;
		}
	}
	l->v = fw_grow(&s->arena, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct fw_limit_hit){ option, what, 1 };
}
