/* aarch64_scan.c - AArch64: what raw code calls, and system calls' numbers
 *
 * Source: Arm Architecture Reference Manual for A-profile, C4.1; Linux
 * include/uapi/asm-generic/unistd.h
 */
#include "code/aarch64.h"

/* FAR, AHEAD: from here on a jump leads out of most functions, back and ahead.
 * NEAR: how many bytes behind adrp its page is still thought to be in the
 * register. */
enum { FAR = 4096, AHEAD = 512, NEAR = 32, REGISTERS = 32 };

/* So many instructions a compiler may move what saves registers down from a
 * function's begin. */
enum { DEEP = 8 };

enum {
	STP_FRAME = 0xa9807bfd, /* stp x29, x30, [sp, #-n]! */
	STP_SAVED = 0xa9007bfd, /* stp x29, x30, [sp, #n] */
	PACIASP = 0xd503233f,
	PACIBSP = 0xd503237f,
	BTI_C = 0xd503245f
};

struct scan {
	struct fw_view code;
	uint64_t address;
	uint64_t start; /* the last function that was seen to begin */
	uint64_t page[REGISTERS], at[REGISTERS];
	bool seen; /* any such function */
	code_see *see;
	void *ctx;
};

static int64_t branch_offset(uint32_t w)
{
	int64_t off = (int64_t)((w & 0x3ffffff) ^ 0x2000000) - 0x2000000;

	return off * 4;
}

static uint32_t word_at(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[1] << 8 | b[0];
}

static bool is_landing(uint32_t w)
{
	return w == PACIASP || w == PACIBSP || w == BTI_C;
}

/* Nothing runs on behind it: returns, jumps, calls (before x30 is saved only
 * one that never returns), traps, nop that fills up, and data. */
static bool ends(uint32_t w)
{
	return (w & 0xfffffc1f) == 0xd65f0000 ||
	       (w & 0xfffffc1f) == 0xd61f0000 ||
	       (w & 0x7c000000) == 0x14000000 ||
	       (w & 0xffe0001f) == 0xd4200000 || w == 0xd503201f ||
	       w >> 24 == 0;
}

/* Where the function begins that saves its registers at i. */
static size_t begin(const struct scan *s, size_t i)
{
	for (size_t back = 4; back <= (size_t)4 * DEEP; back += 4) {
		uint32_t w = back > i ? 0 : word_at(s->code.data + i - back);

		if (is_landing(w))
			return i - back;
		if (ends(w))
			return i - back + 4;
	}
	return i;
}

static void see_start(struct scan *s, size_t i, uint32_t w)
{
	uint32_t next =
		i + 8 <= s->code.len ? word_at(s->code.data + i + 4) : 0;
	bool frame = (w & 0xffe07fff) == (STP_FRAME | 0x200000);
	bool room = (w & 0xffc003ff) == 0xd10003ff && /* sub sp, sp, #n */
		    (next & 0xffe07fff) == STP_SAVED;
	size_t at = i;

	if (frame || room)
		at = begin(s, i);
	else if (!is_landing(w) ||
		 (i >= 4 && is_landing(word_at(s->code.data + i - 4))))
		return;
	if (s->start == s->address + at && s->seen)
		return;
	s->seen = true;
	s->start = s->address + at;
	s->see(s->ctx, CODE_SEEN_START, s->start, 0);
}

/* A jump that may be a tail call: out of the code (a linkage stub), to before
 * its function, or far. */
static void see_jump(struct scan *s, uint64_t at, int64_t off)
{
	uint64_t target = at + (uint64_t)off;

	if (target <= s->start || target - s->address >= s->code.len ||
	    off <= -FAR || off >= AHEAD)
		s->see(s->ctx, CODE_SEEN_JUMP, at, target);
}

/* adrp, and a load of 8 bytes from its page soon after. */
static void see_slot(struct scan *s, uint32_t w, uint64_t at)
{
	unsigned dst = w & 31, base = w >> 5 & 31;

	if ((w & 0x9f000000) == 0x90000000) {
		uint64_t n = (w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);
		uint64_t sign = UINT64_C(1) << 20;

		s->page[dst] =
			(at & ~UINT64_C(0xfff)) + (((n ^ sign) - sign) << 12);
		s->at[dst] = at;
	} else if ((w & 0xffc00000) == 0xf9400000 && s->at[base] != 0 &&
		   at - s->at[base] <= NEAR)
		s->see(s->ctx, CODE_SEEN_SLOT, at,
		       s->page[base] + (uint64_t)(w >> 10 & 0xfff) * 8);
}

/* Instructions are little-endian in big-endian programs too. */
void a64_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx)
{
	struct scan s = { .code = code,
			  .address = address,
			  .start = address,
			  .see = see,
			  .ctx = ctx };

	(void)mode;
	for (size_t i = 0; i + 4 <= code.len; i += 4) {
		uint32_t w = word_at(code.data + i);
		uint64_t at = address + i;
		int64_t off = branch_offset(w);

		if ((w & 0xfc000000) == 0x94000000)
			see(ctx, CODE_SEEN_CALL, at, at + (uint64_t)off);
		else if ((w & 0xfc000000) == 0x14000000)
			see_jump(&s, at, off);
		else {
			see_start(&s, i, w);
			see_slot(&s, w, at);
		}
	}
}

static const struct {
	uint16_t number;
	const char *name;
} calls[] = {
	{ 24, "dup3" },
	{ 29, "ioctl" },
	{ 33, "mknodat" },
	{ 35, "unlinkat" },
	{ 38, "renameat" },
	{ 39, "umount2" },
	{ 40, "mount" },
	{ 51, "chroot" },
	{ 53, "fchmodat" },
	{ 56, "openat" },
	{ 57, "close" },
	{ 63, "read" },
	{ 64, "write" },
	{ 93, "exit" },
	{ 94, "exit_group" },
	{ 101, "nanosleep" },
	{ 105, "init_module" },
	{ 106, "delete_module" },
	{ 117, "ptrace" },
	{ 129, "kill" },
	{ 142, "reboot" },
	{ 144, "setgid" },
	{ 145, "setreuid" },
	{ 146, "setuid" },
	{ 147, "setresuid" },
	{ 149, "setresgid" },
	{ 157, "setsid" },
	{ 167, "prctl" },
	{ 198, "socket" },
	{ 200, "bind" },
	{ 201, "listen" },
	{ 202, "accept" },
	{ 203, "connect" },
	{ 206, "sendto" },
	{ 207, "recvfrom" },
	{ 208, "setsockopt" },
	{ 211, "sendmsg" },
	{ 212, "recvmsg" },
	{ 220, "clone" },
	{ 221, "execve" },
	{ 222, "mmap" },
	{ 226, "mprotect" },
	{ 242, "accept4" },
	{ 260, "wait4" },
	{ 270, "process_vm_readv" },
	{ 271, "process_vm_writev" },
	{ 273, "finit_module" },
	{ 276, "renameat2" },
	{ 279, "memfd_create" },
	{ 280, "bpf" },
	{ 281, "execveat" },
	{ 435, "clone3" },
};

const char *a64_syscall(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}
