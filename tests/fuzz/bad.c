/* bad.c - formats that break their contract, to see that the replay notices */
#include "core/format.h"

extern const struct fw_format fw_format_bad_fickle, fw_format_bad_greedy,
	fw_format_bad_short, fw_format_bad_child, fw_format_bad_hang;

static uint64_t fickle_probe(struct fw_cursor *c)
{
	static uint64_t calls;

	return c->v.len > 2 ? 1 + calls++ % 2 : 0;
}

static uint64_t greedy_probe(struct fw_cursor *c)
{
	return c->v.len + 1;
}

/* Half of what it is given: of the half, a quarter. */
static uint64_t short_probe(struct fw_cursor *c)
{
	return c->v.len / 2;
}

static uint64_t whole_probe(struct fw_cursor *c)
{
	return c->v.len;
}

static void child_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "child", .type = FW_REGION);

	fw_out_child(out, &meta, fw_view_of(c->v.data, c->v.len + 1));
}

/* A reader that never comes back: the processor's time ends it. */
static void hang_unpack(struct fw_cursor *c, struct fw_out *out)
{
	while (fw_out_ok(out) && fw_ok(c))
		c->big_endian = !c->big_endian;
}

const struct fw_format fw_format_bad_fickle = { .name = "bad_fickle",
						.probe = fickle_probe };
const struct fw_format fw_format_bad_greedy = { .name = "bad_greedy",
						.probe = greedy_probe };
const struct fw_format fw_format_bad_short = { .name = "bad_short",
					       .probe = short_probe };
const struct fw_format fw_format_bad_child = { .name = "bad_child",
					       .probe = whole_probe,
					       .unpack = child_unpack };
const struct fw_format fw_format_bad_hang = { .name = "bad_hang",
					      .probe = whole_probe,
					      .unpack = hang_unpack };
