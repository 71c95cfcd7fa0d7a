/* wire_out.c - the sink of a job: results leave as records, bytes to a file */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/analyzer.h"
#include "engine/wire.h"

static struct wire_out *self(struct fw_out *o)
{
	return (struct wire_out *)o;
}

static void host_failed(struct wire_out *o, int error)
{
	bool limit = error == EFBIG;

	o->lost = true;
	o->out.err = (struct fw_err){ limit ? FW_LIMIT : FW_IO,
				      limit ? FW_OUT_LIMIT
				      : error == ENOSPC
					      ? "no space left on the disk"
					      : "write failed",
				      0, (uint64_t)error };
}

static void write_out(struct wire_out *o, const uint8_t *p, size_t n)
{
	while (n > 0 && !o->lost) {
		ssize_t done = write(o->out_fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			host_failed(o, errno);
			return;
		}
		p += done;
		n -= (size_t)done;
	}
}

static void flush_bytes(struct wire_out *o)
{
	size_t n = o->pending;

	o->pending = 0;
	write_out(o, o->pend, n);
}

/* After a failed write the position is where the file really ends. */
static void match_file(struct wire_out *o)
{
	off_t end = lseek(o->out_fd, 0, SEEK_END);
	uint64_t size = end > 0 ? (uint64_t)end : 0;

	if (size < o->child_start)
		size = o->child_start;
	if (size < o->out_pos)
		o->out_pos = size;
}

static void close_child(struct wire_out *o)
{
	if (!o->child_open)
		return;
	o->child_open = false;
	flush_bytes(o);
	if (o->lost)
		match_file(o);
	fw_wire_begin(o->w, WIRE_SIZE);
	fw_wire_u64(o->w, o->out_pos - o->child_start);
	fw_wire_end(o->w);
}

void fw_wire_out_close(struct wire_out *o)
{
	close_child(o);
}

static void send_child(struct fw_out *out, const struct fw_meta *m,
		       bool decoded, struct fw_view part)
{
	struct wire_out *o = self(out);
	uint64_t off = UINT64_MAX;

	close_child(o);
	if (part.data != NULL) {
		if (!fw_view_inside(o->input, part))
			abort(); /* a reader's bug */
		off = fw_view_at(o->input, part);
	}
	if (decoded) {
		if (o->out_fd < 0)
			abort();
		off = o->child_start = o->out_pos;
		o->child_open = true;
	}
	fw_wire_begin(o->w, WIRE_CHILD);
	fw_wire_u8(o->w, decoded);
	fw_wire_u64(o->w, off);
	fw_wire_u64(o->w, part.len);
	fw_wire_meta(o->w, m);
	fw_wire_end(o->w);
	if (o->w->failed)
		out->err = (struct fw_err){ FW_IO, "broker is gone", 0, 0 };
}

static void send_bytes(struct fw_out *out, struct fw_view v)
{
	struct wire_out *o = self(out);

	if (v.len > o->out_max - o->out_pos) {
		/* What still fits is kept. */
		v.len = (size_t)(o->out_max - o->out_pos);
		out->err = (struct fw_err){ FW_LIMIT, FW_OUT_LIMIT, 0,
					    o->out_max };
	}
	struct fw_err limit = out->err;

	out->err.code = FW_OK;
	o->out_pos += v.len;
	if (v.data == NULL) {
		flush_bytes(o);
		/* A hole; the last byte is written so that the size counts. */
		if (v.len > 1 && lseek(o->out_fd, (off_t)v.len - 1,
				       SEEK_CUR) < 0)
			host_failed(o, errno);
		if (v.len > 0)
			write_out(o, (const uint8_t *)"", 1);
	} else if (v.len > sizeof(o->pend) - o->pending) {
		flush_bytes(o);
		if (v.len > sizeof(o->pend) / 2) {
			write_out(o, v.data, v.len);
		} else {
			memcpy(o->pend, v.data, v.len);
			o->pending = v.len;
		}
	} else {
		memcpy(o->pend + o->pending, v.data, v.len);
		o->pending += v.len;
	}
	if (limit.code != FW_OK && fw_out_ok(out)) {
		flush_bytes(o);
		out->err = limit;
	}
}

static void send_damaged(struct fw_out *out, const struct fw_err *err)
{
	struct wire_out *o = self(out);

	fw_wire_begin(o->w, WIRE_DAMAGED);
	fw_wire_err(o->w, err);
	fw_wire_end(o->w);
}

static void send_opaque(struct fw_out *out, struct fw_view part,
			const char *why)
{
	struct wire_out *o = self(out);

	if (!fw_view_inside(o->input, part))
		abort();
	fw_wire_begin(o->w, WIRE_OPAQUE);
	fw_wire_u64(o->w, fw_view_at(o->input, part));
	fw_wire_u64(o->w, part.len);
	fw_wire_str(o->w, why, WIRE_TEXT_MAX);
	fw_wire_end(o->w);
}

static void send_fact(struct fw_out *out, const char *key, const char *value)
{
	struct wire_out *o = self(out);

	fw_wire_begin(o->w, WIRE_FACT);
	fw_wire_str(o->w, key, 128);
	fw_wire_str(o->w, value, WIRE_TEXT_MAX);
	fw_wire_end(o->w);
}

static void send_claim(struct fw_out *out, const struct fw_claim *claim)
{
	struct wire_out *o = self(out);

	fw_wire_begin(o->w, WIRE_CLAIM);
	fw_wire_claim(o->w, claim);
	fw_wire_end(o->w);
}

static void send_software(struct fw_out *out, const struct fw_software *s)
{
	struct wire_out *o = self(out);

	fw_wire_begin(o->w, WIRE_SOFTWARE);
	fw_wire_software(o->w, s);
	fw_wire_end(o->w);
}

static void send_at(struct fw_out *out, uint32_t place)
{
	struct wire_out *o = self(out);

	fw_wire_begin(o->w, WIRE_AT);
	fw_wire_u32(o->w, place);
	fw_wire_end(o->w);
}

static const struct fw_sink wire_sink = {
	.child = send_child,
	.write = send_bytes,
	.damaged = send_damaged,
	.opaque = send_opaque,
	.fact = send_fact,
	.claim = send_claim,
	.software = send_software,
	.at = send_at,
};

void fw_wire_out_init(struct wire_out *o, struct wire *w,
		      struct fw_arena *arena)
{
	o->out = (struct fw_out){ .sink = &wire_sink, .arena = arena };
	o->w = w;
	o->input = (struct fw_view){ NULL, 0 };
	o->out_fd = -1;
	o->out_max = o->out_pos = 0;
	o->child_open = o->lost = false;
	o->pending = 0;
}
