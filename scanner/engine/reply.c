/* reply.c - what a job said, taken in as hostile input
 *
 * A record that does not decode, names an item or a range that does not exist,
 * or comes from a job of the wrong type ends the job as VIOLATED: whoever speaks
 * there is no longer our program.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "engine/model.h"
#include "engine/wire.h"
#include "formats/formats.h"

static struct job_item *item_of(struct job *j)
{
	return j->current < j->item_count ? &j->items[j->current] : NULL;
}

static struct findings *said_of(struct scan *s, struct job *j)
{
	struct job_item *it = item_of(j);

	if (it == NULL)
		return NULL;
	if (j->type == JOB_PLACED)
		return &it->entry->said;
	if (j->type == JOB_EXAMINE)
		return &it->content->said[STAGE_EXAMINE];
	if (j->type == JOB_UNPACK)
		return &it->content->said[STAGE_UNPACK];
	if (j->type == JOB_CORRELATE && j->place < s->tree->count)
		return &s->place_said[j->place];
	return NULL;
}

/* Where an item's own state and note are kept. */
static enum fw_state *state_of(struct job_item *it, const char ***note)
{
	*note = it->content ? &it->content->note : &it->entry->note;
	return it->content ? &it->content->state : &it->entry->state;
}

static void worsen(enum fw_state *state, const char **note, enum fw_state to,
		   const char *text)
{
	if (*state < to) {
		*state = to;
		*note = text;
	}
}

static enum fw_state state_for(enum fw_code code)
{
	switch (code) {
	case FW_OK:
		return FW_STATE_DONE;
	case FW_TRUNCATED:
		return FW_STATE_TRUNCATED;
	case FW_LIMIT:
	case FW_IO:
		return FW_STATE_OVER_LIMIT;
	default:
		return FW_STATE_MALFORMED;
	}
}

/* The option that raises a limit; a reader's own bounds have none. */
static const char *option_for(const struct job *j, const struct fw_err *e)
{
	const char *what = e->what ? e->what : "";

	if (e->code == FW_IO)
		return "disk";
	if (strcmp(what, FW_MEMORY_LIMIT) == 0)
		return "--max-memory";
	if (strcmp(what, FW_OUT_LIMIT) == 0 && j->out_option != NULL)
		return j->out_option;
	return "reader";
}

static const char *err_note(struct scan *s, const struct job *j,
			    const char *who, const struct fw_err *e)
{
	char text[512];

	fw_err_text(e, text, sizeof(text));
	if (e->code == FW_LIMIT || e->code == FW_IO)
		fw_limit_note(s, option_for(j, e),
			      e->what ? fw_strdup(&s->arena,
						  fw_view_str(e->what))
				      : "");
	return fw_sprintf(&s->arena, "%s%s", who ? who : "", text);
}

/* --- one function a record --- */

static void take_hash(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	uint8_t sum[FW_SHA256_SIZE];

	fw_copy(c, sum, sizeof(sum));
	fw_require(c, it != NULL && j->type == JOB_HASH &&
			      it->entry->content == NULL,
		   "hash", 0);
	if (!fw_ok(c))
		return;
	struct content *k = fw_content_of(s, it->entry, sum);

	it->entry->content = k;
	s->bytes_hashed += it->entry->len;
}

static void take_format(struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	uint32_t f = fw_u32le(c);

	fw_require(c, it != NULL && j->type == JOB_EXAMINE &&
			      f < fw_format_count,
		   "format", f);
	if (fw_ok(c))
		it->content->format = fw_formats[f];
}

static void take_kept(struct job *j, struct fw_cursor *c)
{
	j->kept.codec = fw_u32le(c);
	j->kept.taken = fw_u64le(c);
	j->kept.len = fw_u64le(c);
	fw_require(c, j->type == JOB_EXAMINE && j->out_fd >= 0 &&
			      j->kept.len <= j->out_max,
		   "kept bytes", j->kept.len);
}

static const char *region_name(struct scan *s, const struct entry *e)
{
	return fw_sprintf(&s->arena, "@0x%llx.%s",
			  (unsigned long long)e->offset,
			  e->hint ? e->hint->name : "gap");
}

static bool too_many(struct scan *s)
{
	if (s->objects < s->lim.objects)
		return false;
	fw_limit_note(s, "--max-objects", "objects left out");
	return true;
}

static void take_region(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	uint64_t off = fw_u64le(c), len = fw_u64le(c);
	uint32_t f = fw_u32le(c);

	(void)fw_unwire_str(c, &s->arena, 128);
	fw_require(c, it != NULL && j->type == JOB_EXAMINE, "region", off);
	if (!fw_ok(c))
		return;
	struct content *k = it->content;
	uint64_t from = k->last ? k->last->offset + k->last->len : 0;

	fw_require(c, off == from && len > 0 && len <= k->len - off, "extent",
		   off);
	fw_require(c, f <= fw_format_count, "format", f);
	if (!fw_ok(c) || too_many(s))
		return;
	struct fw_meta m = FW_META(.name = "", .type = f ? FW_REGION : FW_GAP);
	struct entry *e = fw_entry_new(s, k, NULL, &m);

	k->carved = true;
	e->blob = k->blob;
	e->at = k->at + off;
	e->len = len;
	e->offset = off;
	e->hint = f ? fw_formats[f - 1] : NULL;
	e->meta.name = region_name(s, e);
}

static void take_child(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	bool decoded = fw_u8(c) != 0;
	uint64_t off = fw_u64le(c), len = fw_u64le(c);
	struct fw_meta m;

	fw_unwire_meta(c, &s->arena, &m);
	fw_require(c, it != NULL && j->type == JOB_UNPACK, "child", off);
	if (!fw_ok(c))
		return;
	struct content *k = it->content;
	bool bytes = off != UINT64_MAX;

	if (decoded)
		fw_require(c, off == j->out_used && len == 0, "output", off);
	else if (bytes)
		fw_require(c, off <= k->len && len <= k->len - off, "part",
			   off);
	j->open = j->last = NULL;
	if (!fw_ok(c) || too_many(s))
		return;
	struct entry *e = fw_path_entry(s, j, k, &m);

	j->last = e;
	if (decoded) {
		j->open = e;
		e->at = off;
	} else if (bytes) {
		e->blob = k->blob;
		e->at = k->at + off;
		e->len = len;
		e->offset = off;
	} else if (m.type == FW_HARDLINK && m.link != NULL) {
		struct entry *to = fw_path_lookup(j, m.link);

		if (to != NULL && to != e) {
			e->blob = to->blob;
			e->at = to->at;
			e->len = to->len;
			e->offset = to->offset;
		}
	}
}

static void take_size(struct job *j, struct fw_cursor *c)
{
	uint64_t n = fw_u64le(c);

	fw_require(c, j->type == JOB_UNPACK && n <= j->out_max - j->out_used,
		   "size", n);
	if (!fw_ok(c))
		return;
	j->out_used += n;
	if (j->open != NULL) {
		/* The blob is settled when the job has ended: see reply_end. */
		j->open->len = n;
	}
	j->open = NULL;
}

static void take_damaged(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct fw_err e = { 0 };

	fw_unwire_err(c, &s->arena, &e);
	fw_require(c, j->type == JOB_UNPACK, "damage", 0);
	if (fw_ok(c) && j->last != NULL)
		worsen(&j->last->state, &j->last->note, state_for(e.code),
		       err_note(s, j, NULL, &e));
}

static void take_opaque(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	uint64_t off = fw_u64le(c), len = fw_u64le(c);
	const char *why = fw_unwire_str(c, &s->arena, WIRE_TEXT_MAX);

	fw_require(c, it != NULL && j->type == JOB_UNPACK &&
			      off <= it->content->len &&
			      len <= it->content->len - off,
		   "opaque", off);
	if (!fw_ok(c))
		return;
	it->content->opaque += len;
	fw_fact_add(s, &it->content->said[STAGE_UNPACK].facts, "opaque",
		    fw_sprintf(&s->arena, "0x%llx+0x%llx %s",
			       (unsigned long long)off,
			       (unsigned long long)len, why ? why : ""));
}

static void take_fact(struct scan *s, struct job *j, struct fw_cursor *c)
{
	const char *key = fw_unwire_str(c, &s->arena, 128);
	const char *value = fw_unwire_str(c, &s->arena, WIRE_TEXT_MAX);
	struct findings *said = said_of(s, j);

	fw_require(c, key != NULL && value != NULL && said != NULL, "fact", 0);
	if (!fw_ok(c))
		return;
	if (said->facts.n >= 16 * (size_t)s->lim.findings)
		fw_limit_note(s, "--max-findings", "facts left out");
	else
		fw_fact_add(s, &said->facts, key, value);
}

static void take_claim(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct findings *said = said_of(s, j);
	struct fw_claim claim;

	fw_unwire_claim(c, &s->arena, &claim);
	fw_require(c, said != NULL, "finding", 0);
	if (!fw_ok(c))
		return;
	if (said->claims.n >= s->lim.findings) {
		fw_limit_note(s, "--max-findings", "findings left out");
		return;
	}
	struct claim_list *l = &said->claims;

	l->v = fw_grow(&s->arena, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = claim;
}

static void take_software(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct findings *said = said_of(s, j);
	struct fw_software row;

	fw_unwire_software(c, &s->arena, &row);
	fw_require(c, said != NULL, "component", 0);
	if (!fw_ok(c))
		return;
	if (said->software.n >= s->lim.findings) {
		fw_limit_note(s, "--max-findings", "components left out");
		return;
	}
	struct software_list *l = &said->software;

	l->v = fw_grow(&s->arena, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = row;
}

static void take_err(struct scan *s, struct job *j, struct fw_cursor *c)
{
	struct job_item *it = item_of(j);
	struct fw_err e = { 0 };

	fw_unwire_err(c, &s->arena, &e);
	fw_require(c, it != NULL, "error", 0);
	if (!fw_ok(c) || j->type == JOB_CORRELATE)
		return;
	const char **note;
	enum fw_state *state = state_of(it, &note);
	const struct fw_format *f = it->content ? it->content->format : NULL;

	worsen(state, note, state_for(e.code),
	       err_note(s, j, f ? f->name : NULL, &e));
}

static void take_item(struct job *j, struct fw_cursor *c)
{
	uint32_t i = fw_u32le(c);

	fw_require(c, i < j->item_count, "item", i);
	if (fw_ok(c))
		j->current = i;
}

static void take_record(struct scan *s, struct job *j, enum wire_type type,
			struct fw_cursor *c)
{
	switch (type) {
	case WIRE_ITEM:
		take_item(j, c);
		break;
	case WIRE_ITEM_DONE:
		fw_require(c, item_of(j) != NULL, "item", j->current);
		if (fw_ok(c))
			item_of(j)->done = true;
		break;
	case WIRE_HASH:
		take_hash(s, j, c);
		break;
	case WIRE_FORMAT:
		take_format(j, c);
		break;
	case WIRE_REGION:
		take_region(s, j, c);
		break;
	case WIRE_CHILD:
		take_child(s, j, c);
		break;
	case WIRE_SIZE:
		take_size(j, c);
		break;
	case WIRE_DAMAGED:
		take_damaged(s, j, c);
		break;
	case WIRE_OPAQUE:
		take_opaque(s, j, c);
		break;
	case WIRE_FACT:
		take_fact(s, j, c);
		break;
	case WIRE_CLAIM:
		take_claim(s, j, c);
		break;
	case WIRE_SOFTWARE:
		take_software(s, j, c);
		break;
	case WIRE_AT:
		j->place = fw_u32le(c);
		break;
	case WIRE_ERR:
		take_err(s, j, c);
		break;
	case WIRE_MATCHED:
		s->bytes_matched += fw_u64le(c);
		break;
	case WIRE_KEPT:
		take_kept(j, c);
		break;
	case WIRE_DONE:
		j->finished = true;
		break;
	default:
		fw_fail(c, FW_MALFORMED, "record type", type);
	}
	fw_require(c, fw_left(c) == 0, "record length", fw_left(c));
}

bool fw_reply_take(struct scan *s, struct job *j)
{
	size_t pos = 0;

	while (!j->broken && j->buf_len - pos >= WIRE_HEADER) {
		struct fw_cursor c = fw_cursor_of(
			fw_view_of(j->buf + pos, j->buf_len - pos));
		uint8_t type = fw_u8(&c);
		uint32_t len = fw_u32le(&c);

		if (len > WIRE_MAX || j->finished) {
			j->broken = true;
			break;
		}
		if (fw_left(&c) < len)
			break;
		c = fw_cursor_of(fw_bytes(&c, len));
		take_record(s, j, (enum wire_type)type, &c);
		j->broken = !fw_ok(&c);
		pos += WIRE_HEADER + len;
	}
	memmove(j->buf, j->buf + pos, j->buf_len - pos);
	j->buf_len -= pos;
	return !j->broken;
}
