/* out_impl.h - what stands behind a fw_out; for sinks only, not for plug-ins */
#ifndef FW_CORE_OUT_IMPL_H
#define FW_CORE_OUT_IMPL_H

#include "core/out.h"

struct fw_sink {
	/* decoded: bytes follow by write(); else part, which may be NULL. */
	void (*child)(struct fw_out *o, const struct fw_meta *m, bool decoded,
		      struct fw_view part);
	/* bytes.data == NULL: bytes.len zeros. */
	void (*write)(struct fw_out *o, struct fw_view bytes);
	void (*damaged)(struct fw_out *o, const struct fw_err *err);
	void (*opaque)(struct fw_out *o, struct fw_view part, const char *why);
	void (*fact)(struct fw_out *o, const char *key, const char *value);
	void (*claim)(struct fw_out *o, const struct fw_claim *claim);
	void (*software)(struct fw_out *o, const struct fw_software *s);
	void (*at)(struct fw_out *o, uint32_t place);
};

/* Takes everything and keeps nothing. */
extern const struct fw_sink fw_sink_none;

struct fw_out {
	const struct fw_sink *sink;
	struct fw_arena *arena;
	struct fw_err err; /* the first LIMIT or IO failure sticks */
	bool open;	   /* the last child takes write() */
	bool any;	   /* a child was emitted */
	struct fw_ahead *ahead; /* or NULL */
	const struct fw_kept *kept; /* of codec.h, or NULL */
	bool reveal;	   /* owners' secrets are shown */
};

#endif
