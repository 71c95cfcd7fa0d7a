/* settle.c - what follows when a job is over: states, reruns, further work */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzers/analyzers.h"
#include "engine/model.h"

enum { EXIT_NO_SANDBOX = 112, EXIT_MEMORY = 113 };

/* --- more work --- */

/* Whether anything asks for this place; decided by name, mode and format. */
static bool wants_place(struct scan *s, const struct entry *e)
{
	const struct fw_format *f = e->content ? e->content->format : NULL;
	const struct fw_matcher *m = s->opt.matcher;
	struct fw_object obj = { .format = f ? f->name : NULL,
				 .path = fw_entry_path(&s->arena, e),
				 .meta = &e->meta };

	if (s->opt.unpack_only)
		return false;
	for (size_t i = 0; i < fw_analyzer_count; i++)
		if (fw_analyzers[i]->placed &&
		    fw_analyzers[i]->inspect != NULL &&
		    fw_analyzers[i]->wants(&obj))
			return true;
	return m != NULL && m->wants_place != NULL &&
	       m->wants_place(m->ctx, &obj);
}

static void place_ready(struct scan *s, struct entry *e)
{
	if (e->meta.type != FW_REGION && e->meta.type != FW_GAP &&
	    wants_place(s, e))
		fw_backlog_add(s, &s->placed, e, NULL);
}

static void queue_unpack(struct scan *s, struct content *c)
{
	if (c->unpack_started || c->format == NULL ||
	    c->format->unpack == NULL)
		return;
	if (c->depth >= s->lim.depth) {
		c->depth_denied = true;
		return;
	}
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	j->type = JOB_UNPACK;
	j->alone = true;
	j->items = calloc(1, sizeof(*j->items));
	if (j->items == NULL)
		abort();
	j->items[0].content = c;
	j->item_count = 1;
	c->unpack_started = true;
	c->depth_denied = false;
	if (s->unpacks.last != NULL)
		s->unpacks.last->next = j;
	else
		s->unpacks.first = j;
	s->unpacks.last = j;
}

/* New entries of a content: those with bytes are hashed next. */
static void queue_children(struct scan *s, struct content *c)
{
	struct entry *e = c->first;

	while (e != NULL) {
		e->depth = c->depth + 1;
		if (e->blob != NULL)
			fw_backlog_add(s, &s->hash, e, NULL);
		else
			place_ready(s, e);
		if (e->first != NULL) {
			e = e->first;
			continue;
		}
		while (e != NULL && e->next == NULL)
			e = e->parent;
		if (e != NULL)
			e = e->next;
	}
}

/* What was carved or can be unpacked, unless it lies too deep. */
static void open_up(struct scan *s, struct content *c)
{
	if (!c->carved) {
		queue_unpack(s, c);
	} else if (c->depth < s->lim.depth) {
		c->depth_denied = false;
		queue_children(s, c);
	} else {
		c->depth_denied = true;
	}
}

static void entry_hashed(struct scan *s, struct entry *e)
{
	struct content *c = e->content;

	if (e->depth < c->depth) {
		c->depth = e->depth;
		if (c->depth_denied)
			open_up(s, c);
	}
	if (c->examined) {
		place_ready(s, e);
		return;
	}
	e->next_waiting = c->placed_waiting;
	c->placed_waiting = e;
	if (e->next_waiting == NULL) {
		c->format = e->hint;
		fw_backlog_add(s, &s->examine, NULL, c);
	}
}

static void content_examined(struct scan *s, struct content *c)
{
	c->examined = true;
	if (c->state == FW_STATE_PENDING)
		c->state = FW_STATE_DONE;
	for (struct entry *e = c->placed_waiting; e != NULL;
	     e = e->next_waiting)
		place_ready(s, e);
	c->placed_waiting = NULL;
	open_up(s, c);
}

/* --- how a job ended --- */

static enum fw_state state_of_end(const struct job *j, int status,
				  const char **why)
{
	if (j->killed_for_time) {
		*why = "took longer than --job-seconds";
		return FW_STATE_TIMED_OUT;
	}
	if (j->broken) {
		*why = "broke the protocol; its reader may be under attack";
		return FW_STATE_VIOLATED;
	}
	if (WIFSIGNALED(status)) {
		switch (WTERMSIG(status)) {
		case SIGSYS:
			*why = "tried a system call that it must not use";
			return FW_STATE_VIOLATED;
		case SIGXCPU:
			*why = "used more than --job-cpu-seconds";
			return FW_STATE_TIMED_OUT;
		case SIGKILL:
			*why = "was killed, perhaps for want of memory";
			return FW_STATE_OVER_LIMIT;
		default:
			*why = "its reader crashed";
			return FW_STATE_CRASHED;
		}
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MEMORY) {
		*why = "needs more than --max-memory";
		return FW_STATE_OVER_LIMIT;
	}
	*why = "its reader gave up";
	return FW_STATE_CRASHED;
}

static void note_limit(struct scan *s, const struct job *j, enum fw_state st,
		       int status)
{
	if (j->killed_for_time && s->stopping)
		return; /* the reason to stop is noted */
	if (j->killed_for_time)
		fw_limit_note(s, "--job-seconds", "a job ran out of time");
	else if (st == FW_STATE_TIMED_OUT)
		fw_limit_note(s, "--job-cpu-seconds", "a job ran out of time");
	else if (st == FW_STATE_OVER_LIMIT && WIFSIGNALED(status))
		fw_limit_note(s, "host", "a job was killed");
	else if (st == FW_STATE_OVER_LIMIT)
		fw_limit_note(s, "--max-memory", "a job ran out of memory");
}

static void blame(struct scan *s, struct job *j, struct job_item *it,
		  int status)
{
	const char *why;
	enum fw_state st = state_of_end(j, status, &why);
	enum fw_state *state = it->content ? &it->content->state
			       : it->entry ? &it->entry->state
					   : NULL;
	const char **note = it->content ? &it->content->note
			    : it->entry ? &it->entry->note
					: NULL;

	note_limit(s, j, st, status);
	if (st == FW_STATE_CRASHED || st == FW_STATE_VIOLATED)
		s->crashes++;
	if (state != NULL && *state < st) {
		*state = st;
		*note = why;
	}
	/* The job that looks at the whole tree has no object to blame; what it
	 * would have found is lost all the same. */
	if (state == NULL)
		fw_limit_note(s, "correlate", why);
	if (s->crashes >= s->lim.crashes && !s->stopping) {
		fw_limit_note(s, "--max-crashes", "the scan was ended");
		s->stopping = true;
	}
}

static void forget(struct job *j, struct job_item *it)
{
	struct findings *f = j->type == JOB_EXAMINE
				     ? &it->content->said[STAGE_EXAMINE]
			     : j->type == JOB_PLACED ? &it->entry->said
						     : NULL;

	if (f != NULL)
		f->facts.n = f->claims.n = f->software.n = 0;
	if (j->type == JOB_HASH)
		it->entry->content = NULL;
	if (j->type == JOB_EXAMINE) {
		it->content->first = it->content->last = NULL;
		it->content->carved = false;
	}
}

/* One job for each item that the batch did not finish. */
static void rerun(struct scan *s, struct job *j)
{
	for (size_t i = 0; i < j->item_count; i++) {
		if (j->items[i].done)
			continue;
		struct job *r = calloc(1, sizeof(*r));

		if (r == NULL)
			abort();
		r->items = calloc(1, sizeof(*r->items));
		if (r->items == NULL)
			abort();
		forget(j, &j->items[i]);
		r->items[0] = j->items[i];
		r->item_count = 1;
		r->alone = true;
		r->type = j->type;
		r->next = s->reruns.first;
		s->reruns.first = r;
	}
}

/* --- the output of an unpacking --- */

static void place_decoded(struct content *c, struct blob *b, uint64_t at)
{
	struct entry *e = c->first;

	while (e != NULL) {
		/* Decoded children have no place in the container. */
		if (e->blob == NULL && e->offset == UINT64_MAX &&
		    e->meta.type != FW_DIR && e->meta.type != FW_LINK &&
		    e->meta.type != FW_CHARDEV &&
		    e->meta.type != FW_BLOCKDEV &&
		    (e->len > 0 || e->at != UINT64_MAX)) {
			e->blob = b;
			e->at += at;
		}
		if (e->first != NULL) {
			e = e->first;
			continue;
		}
		while (e != NULL && e->next == NULL)
			e = e->parent;
		if (e != NULL)
			e = e->next;
	}
}

static void settle_output(struct scan *s, struct job *j)
{
	struct content *c = j->items[0].content;
	off_t end = lseek(j->out_fd, 0, SEEK_END);
	uint64_t at = 0, size = end > 0 ? (uint64_t)end : 0;

	if (j->open != NULL) {
		/* It died while writing: what reached the file is kept. */
		j->open->len = size > j->open->at ? size - j->open->at : 0;
		j->open->state = FW_STATE_TRUNCATED;
		j->open->note = "its reader stopped here";
		j->out_used = size;
		j->open = NULL;
	}
	if (j->out_used > size) { /* it claimed more than it wrote */
		j->broken = true;
		c->state = FW_STATE_VIOLATED;
		c->note = "claimed bytes that it did not write";
		s->crashes++;
		c->first = c->last = NULL;
		close(j->out_fd);
		return;
	}
	if (j->out_used == 0) {
		close(j->out_fd);
		/* Empty decoded files still are files. */
		place_decoded(c, s->blobs, 0);
		return;
	}
	struct blob *b = fw_blob_keep(s, j->out_fd, j->out_used, &at);

	s->decoded_bytes += j->out_used;
	place_decoded(c, b, at);
}

static void settle_item(struct scan *s, struct job *j, struct job_item *it)
{
	switch (j->type) {
	case JOB_HASH:
		if (it->entry->content != NULL)
			entry_hashed(s, it->entry);
		break;
	case JOB_EXAMINE:
		content_examined(s, it->content);
		break;
	case JOB_UNPACK:
		queue_children(s, it->content);
		break;
	default:
		break;
	}
}

/* Bytes that the job decoded on the way: worth as much as what it says. */
static void settle_kept(struct job *j, bool well)
{
	struct content *c = j->items[0].content;
	off_t end = lseek(j->out_fd, 0, SEEK_END);

	if (well && j->kept.len > 0 && end > 0 &&
	    (uint64_t)end >= j->kept.len && c->kept.fd == 0) {
		c->kept = j->kept;
		c->kept.fd = j->out_fd;
	} else {
		close(j->out_fd);
	}
}

static void drop_kept(struct content *c)
{
	if (c->kept.fd > 0)
		close(c->kept.fd);
	c->kept.fd = 0;
}

void fw_reply_end(struct scan *s, struct job *j, int status)
{
	bool well = j->finished && !j->broken && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 0;

	if (j->type == JOB_UNPACK)
		drop_kept(j->items[0].content);
	if (j->out_fd >= 0 && j->type == JOB_EXAMINE)
		settle_kept(j, well);
	else if (j->out_fd >= 0)
		settle_output(s, j);
	if (!well && !j->alone && j->type != JOB_CORRELATE) {
		rerun(s, j);
	} else if (!well) {
		for (size_t i = 0; i < j->item_count; i++)
			if (!j->items[i].done || j->broken)
				blame(s, j, &j->items[i], status);
	}
	for (size_t i = 0; i < j->item_count; i++)
		if (well || j->items[i].done || j->alone)
			settle_item(s, j, &j->items[i]);
	fw_path_map_free(j->map);
	free(j->buf);
	free(j->items);
	free(j);
}
