/* broker.c - the loop that decides: queue, fork, listen, reap
 *
 * Single-threaded, and it never touches bytes of an image: it forks a job for
 * every piece of work and takes in what the job says.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ahead.h"
#include "engine/model.h"

enum {
	BATCH_BYTES = 8 << 20,
	BATCH_BLOBS = 5,
	READ_BYTES = 64 * 1024,
	TICK_MS = 100,
	FREE_OUT = 64 << 20,
	HELP_FROM = 256 << 10, /* bytes of an image */
	KEEP_FROM = 128 << 10
};

/* --- choosing work --- */

static struct job *queue_pop(struct queue *q)
{
	struct job *j = q->first;

	if (j != NULL) {
		q->first = j->next;
		if (q->first == NULL)
			q->last = NULL;
		j->next = NULL;
	}
	return j;
}

static const struct blob *item_blob(const struct job_item *it)
{
	return it->entry ? it->entry->blob : it->content->blob;
}

static size_t clamp(size_t x, size_t least, size_t most)
{
	return x < least ? least : x > most ? most : x;
}

/* A batch is worth a process (about a millisecond) from least items or share
 * bytes on. Of an examination that dies each item is run again, so it is small.
 */
struct batch_rule {
	size_t least, most;
	uint64_t share;
};

static const struct batch_rule batch_rules[] = {
	[JOB_HASH] = { 64, 256, 1 << 20 },
	[JOB_EXAMINE] = { 8, 64, 256 << 10 },
	[JOB_PLACED] = { 64, 256, BATCH_BYTES },
};

/* How many waiting items make the next batch: bounded in number, bytes and
 * blobs, and not so much that the other processors stand idle. */
static size_t batch_size(const struct scan *s, const struct backlog *b,
			 enum job_type type)
{
	const struct batch_rule *r = &batch_rules[type];
	const struct blob *seen[BATCH_BLOBS];
	size_t waiting = b->n - b->head, blobs = 0, n = 0;
	size_t max = clamp(waiting / s->jobs + 1, r->least, r->most);
	uint64_t bytes = 0, most = BATCH_BYTES;

	if (s->jobs > 1)
		most = clamp(b->bytes / (2 * s->jobs), r->share, BATCH_BYTES);
	for (; n < waiting && n < max && bytes < most; n++) {
		const struct job_item *it = &b->v[b->head + n];
		bool known = item_blob(it) == NULL;

		for (size_t i = 0; i < blobs && !known; i++)
			known = seen[i] == item_blob(it);
		if (!known && blobs == BATCH_BLOBS)
			break;
		if (!known)
			seen[blobs++] = item_blob(it);
		if (n > 0 && fw_item_len(it) > most - bytes)
			break;
		bytes += fw_item_len(it);
	}
	return n;
}

static struct job *batch(struct scan *s, struct backlog *b, enum job_type type)
{
	size_t n = batch_size(s, b, type);

	if (n == 0)
		return NULL;
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	j->type = type;
	j->items = calloc(n, sizeof(*j->items));
	if (j->items == NULL)
		abort();
	memcpy(j->items, &b->v[b->head], n * sizeof(*j->items));
	j->item_count = n;
	j->alone = n == 1;
	for (size_t i = 0; i < n; i++)
		b->bytes -= fw_item_len(&j->items[i]);
	b->head += n;
	return j;
}

static struct job *next_job(struct scan *s)
{
	struct job *j = queue_pop(&s->reruns);

	if (j == NULL)
		j = queue_pop(&s->unpacks);
	if (j == NULL)
		j = batch(s, &s->hash, JOB_HASH);
	if (j == NULL)
		j = batch(s, &s->examine, JOB_EXAMINE);
	if (j == NULL)
		j = batch(s, &s->placed, JOB_PLACED);
	return j;
}

/* --- starting it --- */

static uint64_t own_rss(void)
{
	unsigned long long pages = 0, all = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f != NULL) {
		if (fscanf(f, "%llu %llu", &all, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Output that a job may write: by its input, by its own limit, by what is left
 * for all. */
static void set_allowance(const struct scan *s, struct job *j)
{
	const struct content *c = j->items[0].content;
	uint64_t by_ratio = FREE_OUT, left;

	if (c->len < UINT64_MAX / 2 / s->lim.ratio)
		by_ratio += c->len * s->lim.ratio;
	else
		by_ratio = UINT64_MAX;
	left = s->decoded_bytes < s->lim.total_bytes
		       ? s->lim.total_bytes - s->decoded_bytes
		       : 0;
	j->out_max = by_ratio;
	j->out_option = "--max-ratio";
	if (s->lim.job_out_bytes < j->out_max) {
		j->out_max = s->lim.job_out_bytes;
		j->out_option = "--max-job-bytes";
	}
	if (left < j->out_max) {
		j->out_max = left;
		j->out_option = "--max-total-bytes";
	}
}

/* Large and of no known format: it may turn out to be a stream, which takes as
 * long to measure as to unpack. */
static bool may_keep(const struct scan *s, const struct job *j)
{
	const struct content *c = j->items[0].content;

	return j->type == JOB_EXAMINE && c->format == NULL &&
	       c->len >= KEEP_FROM && c->depth < s->lim.depth;
}

static bool open_output(struct scan *s, struct job *j)
{
	j->out_fd = -1;
	if (may_keep(s, j)) {
		set_allowance(s, j);
		j->out_fd = fw_blob_temp(s);
		return true;
	}
	if (j->type != JOB_UNPACK)
		return true;
	set_allowance(s, j);
	j->out_fd = fw_blob_temp(s);
	return j->out_fd >= 0;
}

static unsigned free_slot(const struct scan *s)
{
	unsigned i = 0;

	while (i < s->jobs && s->slot_used[i])
		i++;
	return i;
}

/* The host has no process, pipe or file for it: said, and given up. */
static void not_started(struct scan *s, struct job *j)
{
	fw_limit_note(s, "host", "no process or temporary file for a job");
	if (j->out_fd >= 0)
		close(j->out_fd);
	j->out_fd = -1;
	j->finished = true;
	for (size_t i = 0; i < j->item_count; i++) {
		struct job_item *it = &j->items[i];

		if (it->content) {
			it->content->state = FW_STATE_OVER_LIMIT;
			it->content->note = "could not start a job";
		} else if (it->entry) {
			it->entry->state = FW_STATE_OVER_LIMIT;
			it->entry->note = "could not start a job";
		}
	}
	fw_reply_end(s, j, 0);
}

/* A second process for an unpacking that is most of the work. Nothing is lost
 * without it. */
static void prepare_help(const struct scan *s, struct job *j)
{
	const struct content *c = j->items[0].content;

	if (j->type == JOB_UNPACK && s->jobs > 1 && c->format->ahead &&
	    c->len >= HELP_FROM)
		j->ahead = fw_ahead_new();
}

static void start_help(struct scan *s, struct job *j)
{
	int pipe_fd = j->pipe_fd, out_fd = j->out_fd;

	if (j->ahead == NULL)
		return;
	j->pipe_fd = j->out_fd = -1; /* not for the helper */
	j->helper_pid = fork();
	if (j->helper_pid == 0)
		fw_job_help(s, j);
	j->pipe_fd = pipe_fd;
	j->out_fd = out_fd;
	s->forks += j->helper_pid > 0;
	/* The broker's ends of its pipe would keep it alive. */
	fw_ahead_free(j->ahead);
	j->ahead = NULL;
}

/* The helper ends with its job. True: it was an attack. */
static bool end_help(struct job *j, struct rusage *use)
{
	int status = 0;

	if (j->helper_pid <= 0)
		return false;
	kill(j->helper_pid, SIGKILL);
	while (wait4(j->helper_pid, &status, 0, use) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static uint64_t added_rss(const struct job *j, const struct rusage *use)
{
	uint64_t rss = (uint64_t)use->ru_maxrss * 1024;

	return rss > j->rss_at_fork ? rss - j->rss_at_fork : 0;
}

static void start(struct scan *s, struct job *j)
{
	int ends[2];

	if (!open_output(s, j) || pipe2(ends, O_CLOEXEC) != 0) {
		not_started(s, j);
		return;
	}
	prepare_help(s, j);
	j->rss_at_fork = own_rss();
	j->pid = fork();
	if (j->pid == 0) {
		j->pipe_fd = ends[1];
		fw_job_main(s, j);
	}
	close(ends[1]);
	if (j->pid < 0) {
		fw_ahead_free(j->ahead);
		close(ends[0]);
		not_started(s, j);
		return;
	}
	s->forks++;
	j->pipe_fd = ends[0];
	start_help(s, j);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	j->deadline_ms = fw_now_ms() + s->lim.job_wall_ms;
	j->slot = free_slot(s);
	s->slot_used[j->slot] = true;
	j->next = s->running;
	s->running = j;
	s->running_count++;
}

/* --- listening --- */

/* False at the end of the pipe or when the job broke the protocol. */
static bool listen_to(struct scan *s, struct job *j)
{
	for (;;) {
		if (j->buf_cap - j->buf_len < READ_BYTES) {
			j->buf_cap = 2 * j->buf_cap + 2 * READ_BYTES;
			j->buf = realloc(j->buf, j->buf_cap);
			if (j->buf == NULL)
				abort();
		}
		ssize_t n = read(j->pipe_fd, j->buf + j->buf_len, READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		j->buf_len += (size_t)n;
		if (!fw_reply_take(s, j))
			return false;
	}
}

static void unlink_job(struct scan *s, struct job *j)
{
	struct job **p = &s->running;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	s->running_count--;
}

static void end(struct scan *s, struct job *j)
{
	struct rusage use = { 0 }, help = { 0 };
	int status = 0;

	close(j->pipe_fd);
	/* The pipe is closed but the process may hang on: it has said all. */
	if (!j->finished)
		kill(j->pid, j->broken || j->killed_for_time ? SIGKILL : 0);
	while (wait4(j->pid, &status, 0, &use) < 0 && errno == EINTR)
		;
	if (end_help(j, &help) && WIFEXITED(status))
		status = SIGSYS; /* as if the job itself had died of it */
	uint64_t extra = added_rss(j, &use) + added_rss(j, &help);

	if (extra > s->slot_rss[j->slot])
		s->slot_rss[j->slot] = extra;
	s->slot_used[j->slot] = false;
	unlink_job(s, j);
	if (j->buf_len > 0 && j->finished)
		j->broken = true; /* half a record after the last */
	fw_reply_end(s, j, status);
}

static void kill_late(struct scan *s, int64_t now)
{
	bool late = now - s->started_ms > (int64_t)s->lim.deadline_s * 1000;

	if (late && !s->stopping) {
		fw_limit_note(s, "--deadline", "the scan was ended");
		s->stopping = true;
	}
	for (struct job *j = s->running; j != NULL; j = j->next) {
		if ((now > j->deadline_ms || s->stopping) &&
		    !j->killed_for_time) {
			j->killed_for_time = true;
			kill(j->pid, SIGKILL);
		}
	}
}

static void show_progress(struct scan *s, int64_t now)
{
	if (s->opt.progress == NULL || now - s->progress_ms < TICK_MS)
		return;
	s->progress_ms = now;
	s->progress.objects = s->objects;
	s->progress.bytes = s->bytes_hashed;
	s->progress.queued = s->hash.n - s->hash.head + s->examine.n -
			     s->examine.head + s->placed.n - s->placed.head;
	if (s->running != NULL && s->running->item_count > 0) {
		const struct job_item *it = &s->running->items[0];

		s->progress.current = it->entry ? it->entry->meta.name
						: it->content->some_name;
	}
	s->opt.progress(s->opt.progress_ctx, &s->progress);
}

static void listen_all(struct scan *s)
{
	struct pollfd fds[256];
	struct job *who[256];
	nfds_t n = 0;

	for (struct job *j = s->running; j != NULL && n < 256; j = j->next) {
		fds[n] = (struct pollfd){ .fd = j->pipe_fd, .events = POLLIN };
		who[n++] = j;
	}
	poll(fds, n, TICK_MS);
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents != 0 && !listen_to(s, who[i]))
			end(s, who[i]);
}

static void drain(struct scan *s)
{
	struct job *j;

	while (s->running != NULL) {
		listen_all(s);
		kill_late(s, fw_now_ms());
	}
	while ((j = queue_pop(&s->unpacks)) != NULL ||
	       (j = queue_pop(&s->reruns)) != NULL) {
		free(j->items);
		free(j);
	}
}

void fw_broker_run(struct scan *s)
{
	for (;;) {
		struct job *j = NULL;

		while (!s->stopping && s->running_count < s->jobs &&
		       (j = next_job(s)) != NULL)
			start(s, j);
		if (s->running == NULL || s->stopping)
			break;
		listen_all(s);
		int64_t now = fw_now_ms();

		kill_late(s, now);
		show_progress(s, now);
	}
	drain(s);
}

void fw_broker_correlate(struct scan *s)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	j->items = calloc(1, sizeof(*j->items));
	if (j->items == NULL)
		abort();
	j->type = JOB_CORRELATE;
	j->item_count = 1;
	j->place = UINT32_MAX;
	start(s, j);
	while (s->running != NULL) {
		listen_all(s);
		kill_late(s, fw_now_ms());
	}
}
