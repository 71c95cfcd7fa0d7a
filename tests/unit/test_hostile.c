/* test_hostile.c - what a job said, and a saved result, after somebody got at
 * it
 *
 * Mutation k is the same in every run. What is asked: that nothing is read or
 * written outside (sanitizer builds see it), that all of it ends, and that what
 * was taken in holds together.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../result_build.h"
#include "core/kinds.h"
#include "engine/model.h"
#include "engine/wire.h"
#include "report/load.h"
#include "report/report.h"

enum {
	STREAMS = 20000,
	REPORTS = 4000,
	RECORDS = 24,
	STREAM_MAX = 64 * 1024,
	CONTENT = 1000,
	OUT_MAX = 5000
};

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x >> 11;
}

/* Small most of the time, and what overflows when it is not. */
static uint64_t number(uint64_t *x)
{
	static const uint64_t odd[] = { CONTENT,     CONTENT - 1,
					CONTENT + 1, OUT_MAX,
					UINT32_MAX,  INT64_MAX,
					UINT64_MAX,  UINT64_MAX - CONTENT };

	return next(x) % 3 ? next(x) % 8 : odd[next(x) % 8];
}

static const char *text(uint64_t *x)
{
	static const char *const all[] = { NULL,   "",	       "a",
					   "a/b",  "../../x",  "/",
					   "a/b/", "//./..//", "\x1b[2J\n" };

	return all[next(x) % 9];
}

/* --- the reply decoder --- */

static void write_honest(struct wire *w, enum wire_type type, uint64_t *x)
{
	struct fw_meta m =
		FW_META(.name = "name", .type = (enum fw_type)(next(x) % 10));
	struct fw_err e = { (enum fw_code)(next(x) % 5), "what", number(x), 1 };

	m.name = text(x);
	m.link = text(x);
	if (m.name == NULL)
		m.name = "name";
	if (type == WIRE_CHILD) {
		fw_wire_u8(w, next(x) % 2);
		fw_wire_u64(w, number(x));
		fw_wire_u64(w, number(x));
		fw_wire_meta(w, &m);
	} else if (type == WIRE_ERR || type == WIRE_DAMAGED) {
		fw_wire_err(w, &e);
	} else if (type == WIRE_FACT) {
		fw_wire_str(w, text(x), 100);
		fw_wire_str(w, text(x), 100);
	} else if (type == WIRE_REGION) {
		fw_wire_u64(w, number(x));
		fw_wire_u64(w, number(x));
		fw_wire_u32(w, (uint32_t)number(x));
		fw_wire_str(w, text(x), 100);
	} else if (type == WIRE_OPAQUE || type == WIRE_SIZE ||
		   type == WIRE_MATCHED) {
		fw_wire_u64(w, number(x));
		if (type == WIRE_OPAQUE) {
			fw_wire_u64(w, number(x));
			fw_wire_str(w, text(x), 100);
		}
	} else if (type == WIRE_ITEM || type == WIRE_FORMAT ||
		   type == WIRE_AT) {
		fw_wire_u32(w, (uint32_t)number(x));
	} else if (type == WIRE_HASH) {
		for (unsigned i = 0; i < FW_SHA256_SIZE; i++)
			fw_wire_u8(w, (uint8_t)next(x) % 2);
	} else if (type == WIRE_CLAIM) {
		struct fw_claim c = { .kind = fw_kind_at(0),
				      .severity = FW_HIGH,
				      .detail = text(x),
				      .rule = text(x) };

		fw_wire_claim(w, &c);
	}
}

/* A payload of numbers and texts that belong to no record. */
static void write_noise(struct wire *w, uint64_t *x)
{
	for (uint64_t n = next(x) % 12; n > 0; n--)
		switch (next(x) % 4) {
		case 0:
			fw_wire_u8(w, (uint8_t)next(x));
			break;
		case 1:
			fw_wire_u32(w, (uint32_t)number(x));
			break;
		case 2:
			fw_wire_u64(w, number(x));
			break;
		default:
			fw_wire_str(w, text(x), 100);
			break;
		}
}

/* Records into buf; where one goes wrong is as random as how. */
static size_t write_stream(uint8_t *buf, uint64_t *x)
{
	static struct wire w;
	int fd = memfd_create("stream", 0);

	assert_true(fd >= 0);
	w = (struct wire){ .fd = fd };
	for (uint64_t n = next(x) % RECORDS; n > 0; n--) {
		enum wire_type type =
			(enum wire_type)(next(x) % (WIRE_DONE + 2));

		fw_wire_begin(&w, type);
		if (next(x) % 16)
			write_honest(&w, type, x);
		else
			write_noise(&w, x);
		fw_wire_end(&w);
	}
	fw_wire_flush(&w);
	ssize_t len = pread(fd, buf, STREAM_MAX, 0);

	close(fd);
	assert_true(len >= 0);
	for (uint64_t n = next(x) % 4; n > 2 && len > 0; n--)
		buf[next(x) % (uint64_t)len] ^= (uint8_t)(1 << next(x) % 8);
	return (size_t)len;
}

static void check_children(const struct content *k, const struct job *j)
{
	for (const struct entry *e = k->first; e != NULL; e = e->next) {
		assert_non_null(e->meta.name);
		if (e->blob == NULL) /* decoded, or without bytes */
			assert_true(e->len <= OUT_MAX);
		else
			assert_true(e->at <= CONTENT &&
				    e->len <= CONTENT - e->at);
	}
	assert_true(j->out_used <= OUT_MAX);
}

/* One stream of records, in two pieces, to a job; whether all was taken. */
static bool take_stream(enum job_type type, const uint8_t *bytes, size_t len,
			uint64_t *x)
{
	struct scan s = { .lim = { .objects = 50, .findings = 5 } };
	struct fw_tree tree = { .count = 1 };
	struct findings said = { 0 };
	struct blob blob = { .fd = -1, .size = CONTENT };
	struct content k = { .len = CONTENT, .blob = &blob };
	struct fw_meta m = FW_META(.name = "x", .type = FW_FILE);
	size_t first = len > 0 ? next(x) % len : 0;

	s.tree = &tree;
	s.place_said = &said;
	struct entry *e = fw_entry_new(&s, NULL, NULL, &m);

	e->blob = &blob;
	e->len = CONTENT;
	struct job_item items[2] = { { e, NULL, false }, { e, NULL, false } };

	if (type == JOB_EXAMINE || type == JOB_UNPACK)
		items[0] = items[1] = (struct job_item){ NULL, &k, false };
	struct job j = { .type = type,
			 .items = items,
			 .item_count = type == JOB_UNPACK ? 1 : 2,
			 .out_max = OUT_MAX,
			 .buf = malloc(len + 1) };

	assert_non_null(j.buf);
	memcpy(j.buf, bytes, first);
	j.buf_len = first;
	if (fw_reply_take(&s, &j)) {
		j.buf = realloc(j.buf, j.buf_len + len - first + 1);
		assert_non_null(j.buf);
		memcpy(j.buf + j.buf_len, bytes + first, len - first);
		j.buf_len += len - first;
		(void)fw_reply_take(&s, &j);
	}
	bool whole = !j.broken;

	check_children(&k, &j);
	assert_true(s.objects <= 50 + 5 + RECORDS);
	fw_path_map_free(j.map);
	free(j.buf);
	fw_arena_free(&s.arena);
	return whole;
}

static void replies(void **state)
{
	static uint8_t buf[STREAM_MAX];
	size_t whole = 0;

	(void)state;
	assert_true(fw_kinds_add(
		(const struct fw_kind *const[]){ &built_shell, NULL }));
	for (uint64_t k = 0; k < STREAMS; k++) {
		uint64_t x = (k + 1) * UINT64_C(0x9e3779b97f4a7c15);
		size_t len = write_stream(buf, &x);

		whole += take_stream((enum job_type)(k % (JOB_CORRELATE + 1)),
				     buf, len, &x);
	}
	assert_in_range(whole, STREAMS / 20, STREAMS - 1);
}

/* --- a saved result --- */

static void change(char *text_, size_t *len, uint64_t *x)
{
	static const char *const words[] = { "null",	"-1",	       "1e99",
					     "[]",	"{}",	       "\"",
					     "\\u0000", "99999999999", "true",
					     ",",	"}",	       "\xff" };
	const char *word = words[next(x) % 12];
	size_t at = next(x) % *len, n = strlen(word);

	switch (next(x) % 4) {
	case 0:
		text_[at] = (char)next(x);
		break;
	case 1:
		*len = at + 1;
		break;
	case 2: /* leave out */
		n = next(x) % 40;
		if (n < *len - at)
			memmove(text_ + at, text_ + at + n, *len - at - n);
		break;
	default: /* a value in place of a value */
		while (at < *len && text_[at] != ':')
			at++;
		if (at + 1 + n < *len)
			memcpy(text_ + at + 1, word, n);
		break;
	}
}

/* Writes a result that was taken in: what does not hold together shows here. */
static void write_all(const struct fw_result *r)
{
	static const char *const writers[] = { "json", "text" };
	struct fw_report_options opt = { .verbose = true };

	for (size_t i = 0; i < 2; i++) {
		FILE *null = fopen("/dev/null", "w");

		assert_non_null(null);
		(void)fw_report_named(writers[i])->write(r, &opt, null);
		fclose(null);
	}
}

static void saved_results(void **state)
{
	struct fw_report_options opt = { .verbose = true };
	struct fw_load_options none = { 0 };
	char *good = NULL;
	size_t good_len = 0, taken = 0;
	FILE *to = open_memstream(&good, &good_len);

	(void)state;
	assert_non_null(to);
	assert_true(fw_report_named("json")->write(&built_result, &opt, to));
	fclose(to);
	for (uint64_t k = 0; k < REPORTS; k++) {
		uint64_t x = (k + 1) * UINT64_C(0x9e3779b97f4a7c15);
		struct fw_arena a = { 0 };
		char err[200] = "", *bad = malloc(good_len + 1);
		size_t len = good_len;

		assert_non_null(bad);
		memcpy(bad, good, good_len);
		for (uint64_t n = 1 + next(&x) % 3; n > 0; n--)
			change(bad, &len, &x);
		FILE *in = fmemopen(bad, len, "r");

		assert_non_null(in);
		const struct fw_result *r =
			fw_result_load(in, &a, &none, err, sizeof(err));

		fclose(in);
		if (r != NULL) {
			taken++;
			write_all(r);
		} else {
			assert_string_not_equal(err, "");
		}
		free(bad);
		fw_arena_free(&a);
	}
	free(good);
	assert_in_range(taken, 1, REPORTS - 1);
}

/* The job over the whole tree has no object that could carry its state: its
 * end must still be told, or an incomplete scan would look clean. */
static void a_dead_correlation_is_told(void **state)
{
	static const struct {
		int wait_status;
		bool finished;
		size_t limits;
	} rows[] = { { 0, true, 0 },
		     { SIGSEGV, false, 1 },
		     { SIGSYS, true, 1 },
		     { 0, false, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scan s = { .lim = { .crashes = 8 } };
		struct job *j = calloc(1, sizeof(*j));

		assert_non_null(j);
		*j = (struct job){ .type = JOB_CORRELATE,
				   .items = calloc(1, sizeof(*j->items)),
				   .item_count = 1,
				   .out_fd = -1,
				   .finished = rows[i].finished };
		fw_reply_end(&s, j, rows[i].wait_status);
		assert_int_equal(s.limits.n, rows[i].limits);
		if (s.limits.n > 0)
			assert_string_equal(s.limits.v[0].option, "correlate");
		fw_arena_free(&s.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_correlation_is_told),
		cmocka_unit_test(replies),
		cmocka_unit_test(saved_results),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
