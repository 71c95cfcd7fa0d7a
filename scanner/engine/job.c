/* job.c - the child's side: one job, then exit
 *
 * Everything here runs after the sandbox is closed. The job inherits the
 * broker's memory, so requests need no encoding; it answers over a pipe.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "analyzers/analyzers.h"
#include "codec/codec.h"
#include "core/ahead.h"
#include "core/similarity.h"
#include "engine/carve.h"
#include "engine/guess.h"
#include "engine/model.h"
#include "engine/sandbox.h"
#include "engine/wire.h"
#include "formats/formats.h"

enum { EXIT_MEMORY = 113, BIG_PADDING = 64 * 1024 };

static struct wire wire;
static struct wire_out sink;

_Noreturn static void leave(int status)
{
	fw_wire_flush(&wire);
	_exit(status);
}

static void send_err(const struct fw_err *e)
{
	if (e->code == FW_OK)
		return;
	fw_wire_begin(&wire, WIRE_ERR);
	fw_wire_err(&wire, e);
	fw_wire_end(&wire);
}

_Noreturn static void out_of_memory(void *ctx)
{
	struct fw_err e = { FW_LIMIT, FW_MEMORY_LIMIT, 0, 0 };

	(void)ctx;
	fw_wire_out_close(&sink);
	send_err(&e);
	leave(EXIT_MEMORY);
}

/* Maps a slice of a blob; bytes before and after it on its pages are out of the
 * view but not out of reach, which the sandbox makes harmless. */
static struct fw_view map_slice(const struct blob *b, uint64_t at, uint64_t len)
{
	uint64_t page = at & ~UINT64_C(4095);

	if (len == 0)
		return fw_view_of("", 0);
	uint8_t *p = mmap(NULL, len + (at - page), PROT_READ, MAP_SHARED, b->fd,
			  (off_t)page);

	if (p == MAP_FAILED)
		out_of_memory(NULL);
	return fw_view_of(p + (at - page), (size_t)len);
}

static void unmap_slice(struct fw_view v)
{
	uintptr_t at = (uintptr_t)v.data, page = at & ~(uintptr_t)4095;

	if (v.len > 0)
		munmap((void *)page, v.len + (at - page)); // NOLINT
}

static void begin_item(size_t i)
{
	fw_wire_begin(&wire, WIRE_ITEM);
	fw_wire_u32(&wire, (uint32_t)i);
	fw_wire_end(&wire);
}

static void end_item(void)
{
	fw_wire_begin(&wire, WIRE_ITEM_DONE);
	fw_wire_end(&wire);
}

static void hash_item(const struct entry *e)
{
	struct fw_view v = map_slice(e->blob, e->at, e->len);
	uint8_t sum[FW_SHA256_SIZE];

	fw_sha256(v, sum);
	fw_wire_begin(&wire, WIRE_HASH);
	fw_wire_bytes(&wire, sum, sizeof(sum));
	fw_wire_end(&wire);
	unmap_slice(v);
}

/* --- EXAMINE --- */

static uint32_t format_number(const struct fw_format *f)
{
	for (size_t i = 0; i < fw_format_count; i++)
		if (fw_formats[i] == f)
			return (uint32_t)i;
	abort();
}

static void send_extents(const struct fw_extent *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fw_wire_begin(&wire, WIRE_REGION);
		fw_wire_u64(&wire, x[i].off);
		fw_wire_u64(&wire, x[i].len);
		fw_wire_u32(&wire,
			    x[i].format ? format_number(x[i].format) + 1 : 0);
		fw_wire_str(&wire, NULL, 0);
		fw_wire_end(&wire);
	}
}

/* Whether the extents say more than that these bytes are of no format: a file
 * that merely has some zeros in it stays whole, a flash dump does not. */
static bool worth_carving(struct fw_view v, const struct fw_extent *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (x[i].format != NULL)
			return true;
		if (x[i].len >= BIG_PADDING && x[i].len < v.len &&
		    !memcmp(v.data + x[i].off, v.data + x[i].off + 1,
			    x[i].len - 1))
			return true;
	}
	return false;
}

static void send_format(const struct fw_format *f)
{
	fw_wire_begin(&wire, WIRE_FORMAT);
	fw_wire_u32(&wire, format_number(f));
	fw_wire_end(&wire);
}

static void send_guess(struct fw_view v)
{
	double entropy;
	const char *cpu;
	enum fw_guess g = fw_guess(v, &entropy, &cpu);

	fw_out_fact(&sink.out, "content.guess", fw_guess_name(g));
	if (cpu != NULL)
		fw_out_fact(&sink.out, "content.cpu", cpu);
	fw_out_factf(&sink.out, "content.entropy", "%.2f", entropy);
}

static void more_hashes(struct fw_view v)
{
	uint8_t sum[FW_SHA1_SIZE];
	char hex[2 * FW_SHA1_SIZE + 1], similar[FW_TLSH_SIZE];

	fw_sha1(v, sum);
	fw_hex(sum, FW_SHA1_SIZE, hex);
	fw_out_fact(&sink.out, "hash.sha1", hex);
	fw_md5(v, sum);
	fw_hex(sum, FW_MD5_SIZE, hex);
	fw_out_fact(&sink.out, "hash.md5", hex);
	if (fw_tlsh(v.data, v.len, similar))
		fw_out_fact(&sink.out, "hash.tlsh", similar);
}

static void match(const struct scan *s, const struct fw_object *obj,
		  bool placed)
{
	const struct fw_matcher *m = s->opt.matcher;

	if (m == NULL)
		return;
	m->scan(m->ctx, obj, placed, &sink.out);
	fw_wire_begin(&wire, WIRE_MATCHED);
	fw_wire_u64(&wire, obj->bytes.len);
	fw_wire_end(&wire);
}

static void analyze(const struct scan *s, const struct fw_object *obj,
		    bool placed)
{
	if (s->opt.unpack_only)
		return;
	for (size_t i = 0; i < fw_analyzer_count; i++) {
		const struct fw_analyzer *a = fw_analyzers[i];

		if (a->placed == placed && a->inspect != NULL &&
		    a->wants(obj) && fw_out_ok(&sink.out))
			a->inspect(obj, &sink.out);
	}
	match(s, obj, placed);
}

/* An image that ends too early makes the scan incomplete. */
static void send_cut(const struct fw_cut *cut)
{
	struct fw_err e = cut->err;

	if (cut->format == NULL)
		return;
	e.at += cut->off;
	e.what = fw_sprintf(sink.out.arena, "%s%s: %s", cut->format->name,
			    e.code == FW_LIMIT ? "" : " is cut short",
			    e.what ? e.what : "");
	send_err(&e);
}

static bool is_leaf(const struct fw_format *f)
{
	return f != NULL && f->class == FW_LEAF;
}

static void send_kept(const struct fw_keep *k)
{
	fw_wire_begin(&wire, WIRE_KEPT);
	fw_wire_u32(&wire, k->codec);
	fw_wire_u64(&wire, k->taken);
	fw_wire_u64(&wire, k->len);
	fw_wire_end(&wire);
}

/* keep_fd takes what is decoded on the way, or is -1. */
static void examine_item(const struct scan *s, const struct content *c,
			 int keep_fd, uint64_t keep_max)
{
	struct fw_view v = map_slice(c->blob, c->at, c->len);
	const struct fw_format *f = c->format;
	struct fw_extent *x = NULL;
	struct fw_cut cut = { 0 };
	size_t n = 0;

	struct fw_keep keep = { .at = v.data, .fd = keep_fd, .max = keep_max };

	fw_decode_keep(keep_fd >= 0 ? &keep : NULL);
	if (f == NULL)
		n = fw_carve(v, fw_formats, fw_format_count, sink.out.arena, &x,
			     &cut);
	fw_decode_keep(NULL);
	if (n == 1 && x[0].format != NULL)
		f = x[0].format;
	else if (!worth_carving(v, x, n))
		n = 0;
	if (f != NULL && f->class == FW_STREAM && keep.done)
		send_kept(&keep);
	if (f != NULL)
		send_format(f);
	else if (n > 1)
		send_extents(x, n);
	/* What is carved is examined as its parts; matching rules against the
	 * whole as well would say everything twice. */
	if (f != NULL || n <= 1) {
		struct fw_object_cache cache = { 0 };
		struct fw_object obj = { .bytes = v,
					 .format = f ? f->name : NULL,
					 .leaf = is_leaf(f),
					 .cache = &cache };

		if (f == NULL)
			send_guess(v);
		analyze(s, &obj, false);
	}
	if (s->opt.more_hashes)
		more_hashes(v);
	send_cut(&cut);
	send_err(&sink.out.err);
	sink.out.err.code = FW_OK;
	unmap_slice(v);
}

/* --- PLACED, UNPACK, CORRELATE --- */

static void placed_item(const struct scan *s, const struct entry *e)
{
	struct fw_view v = e->blob ? map_slice(e->blob, e->at, e->len)
				   : (struct fw_view){ NULL, 0 };
	const struct fw_format *f = e->content ? e->content->format : NULL;
	const struct fw_format *in = e->container ? e->container->format : NULL;
	struct fw_object_cache cache = { 0 };
	struct fw_object obj = { .bytes = v,
				 .format = f ? f->name : NULL,
				 .leaf = is_leaf(f),
				 .within = in ? in->name : NULL,
				 .cache = &cache,
				 .path = fw_entry_path(sink.out.arena, e),
				 .meta = &e->meta };

	analyze(s, &obj, true);
	unmap_slice(v);
}

static void unpack_item(const struct job *j, const struct content *c)
{
	struct fw_view v = map_slice(c->blob, c->at, c->len);
	struct fw_cursor cur = fw_cursor_of(v);

	struct fw_kept kept = { .at = v.data,
				.codec = (enum fw_codec)c->kept.codec,
				.taken = c->kept.taken };

	sink.input = v;
	sink.out_fd = j->out_fd;
	sink.out_max = j->out_max;
	/* With less room than that the decoder says where it ended. */
	if (c->kept.fd > 0 && c->kept.len <= j->out_max) {
		struct blob b = { .fd = c->kept.fd };

		kept.bytes = map_slice(&b, 0, c->kept.len);
		sink.out.kept = &kept;
	}
	c->format->unpack(&cur, &sink.out);
	fw_wire_out_close(&sink);
	send_err(&cur.err);
	send_err(&sink.out.err);
}

static void correlate(const struct scan *s)
{
	for (size_t i = 0; i < fw_analyzer_count && !s->opt.unpack_only; i++)
		if (fw_analyzers[i]->correlate != NULL)
			fw_analyzers[i]->correlate(s->tree, &sink.out);
}

static void run_items(struct scan *s, struct job *j)
{
	for (size_t i = 0; i < j->item_count; i++) {
		const struct job_item *it = &j->items[i];

		begin_item(i);
		if (j->type == JOB_HASH)
			hash_item(it->entry);
		else if (j->type == JOB_EXAMINE)
			examine_item(s, it->content, i == 0 ? j->out_fd : -1,
				     j->out_max);
		else if (j->type == JOB_PLACED)
			placed_item(s, it->entry);
		else if (j->type == JOB_UNPACK)
			unpack_item(j, it->content);
		else
			correlate(s);
		end_item();
		/* So that a crash of the next item costs this one nothing. */
		fw_wire_flush(&wire);
		if (j->type != JOB_UNPACK && j->type != JOB_CORRELATE)
			fw_arena_free(sink.out.arena);
	}
}

static void enter(const struct scan *s, const struct job *j)
{
	struct fw_sandbox_limits l = {
		.memory_bytes = s->lim.job_memory_bytes,
		.file_bytes = j->out_max,
		.cpu_s = s->lim.job_cpu_s,
	};
	int keep[8];
	unsigned n = 0;

	for (size_t i = 0; i < j->item_count; i++) {
		const struct job_item *it = &j->items[i];
		const struct blob *b = it->entry     ? it->entry->blob
				       : it->content ? it->content->blob
						     : NULL;

		l.memory_bytes += it->entry	? it->entry->len
				  : it->content ? it->content->len
						: 0;
		bool known = b == NULL;

		for (unsigned k = 0; k < n && !known; k++)
			known = keep[k] == b->fd;
		if (!known && n < 5) /* batches are cut at five blobs */
			keep[n++] = b->fd;
	}
	if (j->pipe_fd >= 0)
		keep[n++] = j->pipe_fd;
	if (j->ahead != NULL)
		keep[n++] = fw_ahead_fd(j->ahead);
	if (j->out_fd >= 0)
		keep[n++] = j->out_fd;
	if (j->type == JOB_UNPACK && j->items[0].content->kept.fd > 0) {
		keep[n++] = j->items[0].content->kept.fd;
		l.memory_bytes += j->items[0].content->kept.len;
	}
	if (s->opt.no_sandbox)
		fw_sandbox_limits_only(&l);
	else
		fw_sandbox_enter(&l, keep, n);
}

/* What a job and its helper do before they read a byte. */
static void close_in(struct scan *s, struct job *j, bool helper)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a killed scan leaves no jobs */
	if (getppid() != s->pid)
		_exit(0);
	signal(SIGXFSZ, SIG_IGN); /* write() says EFBIG instead */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* Archives hold local times: the same ones on every machine, and no
	 * look at the host's zone file. */
	setenv("TZ", "UTC0", 1);
	tzset();
	if (j->ahead != NULL)
		fw_ahead_join(j->ahead, helper);
	enter(s, j);
}

_Noreturn void fw_job_main(struct scan *s, struct job *j)
{
	struct fw_arena arena = { .on_full = out_of_memory };

	close_in(s, j, false);
	wire.fd = j->pipe_fd;
	arena.max = s->lim.job_memory_bytes;
	fw_wire_out_init(&sink, &wire, &arena);
	sink.out.reveal = s->opt.reveal;
	sink.out.ahead = j->ahead;
	run_items(s, j);
	fw_wire_begin(&wire, WIRE_DONE);
	fw_wire_end(&wire);
	leave(0);
}

/* --- the helper of an unpacking --- */

_Noreturn static void help_out_of_memory(void *ctx)
{
	(void)ctx;
	_exit(EXIT_MEMORY);
}

_Noreturn void fw_job_help(struct scan *s, struct job *j)
{
	struct fw_arena arena = { .on_full = help_out_of_memory,
				  .max = s->lim.job_memory_bytes };
	struct fw_out out = { .sink = &fw_sink_none,
			      .arena = &arena,
			      .ahead = j->ahead };
	const struct content *c = j->items[0].content;

	close_in(s, j, true);

	struct fw_cursor cur = fw_cursor_of(map_slice(c->blob, c->at, c->len));

	c->format->unpack(&cur, &out);
	_exit(0);
}
