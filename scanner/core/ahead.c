/* ahead.c - see ahead.h
 *
 * Block k has slot k % slots and turn k / slots. The slot's word is 4 * turn
 * and a state; only the job moves it to the next turn, so it is never written
 * by two.
 *
 * Source: futex(2)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/ahead.h"
#include "core/out_impl.h"

enum {
	WINDOW = 4 << 20, /* bytes decoded ahead at most */
	SLOTS_MAX = 64,
	SLOTS_LEAST = 4,
	WAIT_NS = 20 * 1000 * 1000
};

enum state { FREE, CLAIMED, READY, TURN };

struct slot {
	_Atomic uint32_t word;
	uint32_t len;
	uint64_t key;
};

struct shared {
	_Atomic uint64_t passed; /* blocks that the job is done with */
	struct slot slots[SLOTS_MAX];
	uint8_t data[WINDOW];
};

struct fw_ahead {
	struct shared *m;
	int pipe[2]; /* the helper holds the writing end as long as it lives */
	bool helper, joined, alone;
	size_t slots, slot_bytes;
	uint64_t next;	      /* block */
	struct slot *current; /* what end() belongs to; NULL: nothing shared */
	uint32_t turn;	      /* its word, free */
};

_Static_assert(TURN + 1 == 4 && sizeof(_Atomic uint32_t) == 4,
	       "a futex is 32 bits wide");

struct fw_ahead *fw_ahead_new(void)
{
	struct fw_ahead *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->m = mmap(NULL, sizeof(*a->m), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->m == MAP_FAILED) {
		free(a);
		return NULL;
	}
	if (pipe2(a->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		munmap(a->m, sizeof(*a->m));
		free(a);
		return NULL;
	}
	return a;
}

void fw_ahead_free(struct fw_ahead *a)
{
	if (a == NULL)
		return;
	munmap(a->m, sizeof(*a->m));
	for (unsigned i = 0; i < 2; i++)
		if (a->pipe[i] >= 0)
			close(a->pipe[i]);
	free(a);
}

void fw_ahead_join(struct fw_ahead *a, bool helper)
{
	a->helper = helper;
	a->joined = true;
	close(a->pipe[helper ? 0 : 1]);
	a->pipe[helper ? 0 : 1] = -1;
}

int fw_ahead_fd(const struct fw_ahead *a)
{
	return a->pipe[a->helper ? 1 : 0];
}

struct fw_ahead *fw_out_ahead(struct fw_out *o)
{
	return o->ahead;
}

void fw_ahead_open(struct fw_ahead *a, size_t block_bytes)
{
	a->slot_bytes = block_bytes;
	a->slots = block_bytes > 0 ? WINDOW / block_bytes : 0;
	if (a->slots > SLOTS_MAX)
		a->slots = SLOTS_MAX;
	a->alone = !a->joined || a->slots < SLOTS_LEAST;
}

/* Until the word is another, or for a while. */
static void wait_for(struct slot *s, uint32_t word)
{
	struct timespec t = { 0, WAIT_NS };

	syscall(SYS_futex, &s->word, FUTEX_WAIT, word, &t, NULL, 0);
}

static void set(struct slot *s, uint32_t word)
{
	atomic_store(&s->word, word);
	syscall(SYS_futex, &s->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool claim(struct slot *s, uint32_t turn)
{
	return atomic_compare_exchange_strong(&s->word, &turn, turn + CLAIMED);
}

/* The end of the pipe is the end of the helper. */
static bool helper_lives(const struct fw_ahead *a)
{
	char byte;

	return read(a->pipe[0], &byte, 1) < 0 && errno == EAGAIN;
}

static enum fw_turn help(struct fw_ahead *a, struct slot *s, uint32_t turn,
			 uint64_t k, uint64_t key)
{
	uint32_t word;

	/* Unsigned distance: turns never go back. */
	while ((word = atomic_load(&s->word)) - turn > UINT32_MAX / 2)
		wait_for(s, word);
	uint64_t passed = atomic_load(&a->m->passed);
	bool far = k > passed && k - passed >= a->slots / 4;

	if ((k % 2 == 0 && !far) || !claim(s, turn))
		return FW_TURN_SKIP;
	s->key = key;
	a->current = s;
	return FW_TURN_DECODE;
}

/* The job is done with the block. */
static void pass(struct fw_ahead *a, struct slot *s, uint32_t turn)
{
	atomic_store(&a->m->passed, a->next);
	set(s, turn + TURN + 1);
}

static enum fw_turn take(struct fw_ahead *a, struct slot *s, uint32_t turn,
			 uint64_t key, uint8_t *dst, size_t cap, size_t *n)
{
	if (claim(s, turn)) {
		a->current = s;
		return FW_TURN_DECODE;
	}
	while (atomic_load(&s->word) == turn + CLAIMED) {
		wait_for(s, turn + CLAIMED);
		if (atomic_load(&s->word) == turn + CLAIMED &&
		    !helper_lives(a)) {
			a->alone = true;
			return FW_TURN_DECODE;
		}
	}
	size_t len = s->len; /* read once: the other side may be hostile */

	if (atomic_load(&s->word) != turn + READY || s->key != key) {
		a->alone = true;
		return FW_TURN_DECODE;
	}
	if (len <= cap && len <= a->slot_bytes) {
		memcpy(dst,
		       a->m->data + (size_t)(s - a->m->slots) * a->slot_bytes,
		       len);
		*n = len;
	}
	pass(a, s, turn);
	return len <= cap && len <= a->slot_bytes ? FW_TURN_TAKEN
						  : FW_TURN_DECODE;
}

enum fw_turn fw_ahead_begin(struct fw_ahead *a, uint64_t key, uint8_t *dst,
			    size_t cap, size_t *n)
{
	a->current = NULL;
	if (a->alone)
		return a->helper ? FW_TURN_SKIP : FW_TURN_DECODE;
	uint64_t k = a->next++;
	struct slot *s = &a->m->slots[k % a->slots];
	uint32_t turn = (uint32_t)(k / a->slots) * (TURN + 1);

	a->turn = turn;
	return a->helper ? help(a, s, turn, k, key)
			 : take(a, s, turn, key, dst, cap, n);
}

void fw_ahead_end(struct fw_ahead *a, const uint8_t *dst, size_t n, bool ok)
{
	struct slot *s = a->current;

	a->current = NULL;
	if (s == NULL)
		return;
	if (!a->helper) {
		pass(a, s, a->turn);
		return;
	}
	ok = ok && n <= a->slot_bytes;
	if (ok)
		memcpy(a->m->data + (size_t)(s - a->m->slots) * a->slot_bytes,
		       dst, n);
	s->len = ok ? (uint32_t)n : UINT32_MAX;
	set(s, a->turn + READY);
}

void fw_ahead_leave(struct fw_ahead *a)
{
	a->alone = true;
}
