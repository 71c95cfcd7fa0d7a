/* arm_scan.c - 32-bit ARM: what raw code calls, and system calls' numbers
 *
 * Source: ARM Architecture Reference Manual, ARMv7-A edition, A8.8.25 (BL),
 * A8.8.133 (PUSH); Linux arch/arm/tools/syscall.tbl
 */
#include "code/arm.h"

/* From here on a jump leads out of most functions: back, and ahead. */
enum { FAR = 4096, AHEAD = 512 };

/* So far a compiler may move what saves registers down from a function's begin,
 * in words and in halfwords. */
enum { DEEP = 8, DEEP_HALVES = 16 };

struct scan {
	struct fw_view code;
	uint64_t address;
	uint64_t start; /* the last function that was seen to begin */
	code_see *see;
	void *ctx;
};

static void see_start(struct scan *s, uint64_t at)
{
	s->start = at;
	s->see(s->ctx, CODE_SEEN_START, at, 0);
}

/* A jump that may be a tail call: out of the code (a linkage stub), to before
 * its function, or far. bit: 1 for Thumb. */
static void see_jump(struct scan *s, uint64_t at, int64_t off, uint64_t target,
		     unsigned bit)
{
	if (target <= s->start || target - s->address >= s->code.len ||
	    off <= -FAR || off >= AHEAD)
		s->see(s->ctx, CODE_SEEN_JUMP, at, target | bit);
}

static int64_t sign_extend(uint32_t n, unsigned bits)
{
	uint32_t sign = UINT32_C(1) << (bits - 1);

	return (int64_t)(n ^ sign) - (int64_t)sign;
}

static uint64_t target(uint64_t pc, int64_t off)
{
	return (uint32_t)(pc + (uint64_t)off);
}

static uint32_t word_at(const uint8_t *b, bool big)
{
	return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
			       (uint32_t)b[2] << 8 | b[3]
		   : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
			       (uint32_t)b[1] << 8 | b[0];
}

static uint32_t half_at(const uint8_t *b, bool big)
{
	return big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

/* push {.., lr}, str lr, [sp, #-4]! */
static bool is_push(uint32_t w)
{
	return (w & 0xffff4000) == 0xe92d4000 || w == 0xe52de004;
}

/* Thumb code lies before it, as start files often are: nop, bx lr, pop. */
static bool ends_in_thumb(uint32_t w, bool big)
{
	uint32_t last = big ? w & 0xffff : w >> 16;

	return last == 0xbf00 || last == 0x4770 || last >> 8 == 0xbd;
}

/* Nothing runs on behind it: returns, jumps, calls (before lr is saved only one
 * that never returns), nop that fills up, and small numbers, which are data. */
static bool ends_a32(uint32_t w)
{
	return (w & 0xfffffff0) == 0xe12fff10 ||
	       (w & 0xfe000000) == 0xea000000 ||
	       (w & 0xfe108000) == 0xe8108000 ||
	       (w & 0xfffff000) == 0xe1a0f000 ||
	       (w & 0xfc50f000) == 0xe410f000 ||
	       (w & 0xfff000f0) == 0xe7f000f0 || w == 0xe320f000 ||
	       w == 0xe1a00000 || w >> 24 == 0 || w >> 24 == 0xff;
}

/* Where the function begins that saves its registers at i. */
static size_t begin_a32(const struct scan *s, size_t i, bool big)
{
	for (size_t back = 4; back <= 4 * DEEP; back += 4) {
		uint32_t w =
			back > i ? 0 : word_at(s->code.data + i - back, big);

		if (back > i || ends_a32(w) || ends_in_thumb(w, big))
			return i - back + 4;
	}
	return i;
}

static void scan_a32(struct scan *s, bool big)
{
	for (size_t i = 0; i + 4 <= s->code.len; i += 4) {
		uint32_t w = word_at(s->code.data + i, big);
		uint64_t at = s->address + i;
		int64_t off = sign_extend(w & 0xffffff, 24) * 4;

		if (w >> 28 == 15 && (w & 0x0e000000) == 0x0a000000)
			s->see(s->ctx, CODE_SEEN_CALL, at,
			       target(at + 8, off + (w >> 23 & 2)) | 1);
		else if (w >> 28 != 15 && (w & 0x0f000000) == 0x0b000000)
			s->see(s->ctx, CODE_SEEN_CALL, at, target(at + 8, off));
		else if (w >> 24 == 0xea)
			see_jump(s, at, off, target(at + 8, off), 0);
		else if (is_push(w))
			see_start(s, s->address + begin_a32(s, i, big));
	}
}

/* The offset of bl, blx and the longest b. */
static int64_t thumb_offset(uint32_t h, uint32_t l)
{
	uint32_t s = h >> 10 & 1;
	uint32_t i1 = (l >> 13 & 1) ^ s ^ 1, i2 = (l >> 11 & 1) ^ s ^ 1;

	return sign_extend(s << 24 | i1 << 23 | i2 << 22 | (h & 0x3ff) << 12 |
				   (l & 0x7ff) << 1,
			   25);
}

static void thumb_pair(struct scan *s, uint32_t h, uint32_t l, uint64_t at)
{
	int64_t off = thumb_offset(h, l);

	if ((l & 0xd000) == 0xd000)
		s->see(s->ctx, CODE_SEEN_CALL, at, target(at + 4, off) | 1);
	else if ((l & 0xd001) == 0xc000)
		s->see(s->ctx, CODE_SEEN_CALL, at,
		       target((at + 4) & ~UINT64_C(3), off));
	else if ((l & 0xd000) == 0x9000)
		see_jump(s, at, off, target(at + 4, off), 1);
}

/* The first half of an instruction of four bytes. */
static bool is_wide(uint32_t h)
{
	return h >= 0xe800;
}

static bool ends_thumb(uint32_t h)
{
	return (h & 0xff87) == 0x4700 || (h & 0xff00) == 0xbd00 ||
	       (h & 0xf800) == 0xe000 || (h & 0xff00) == 0xde00 ||
	       h == 0xbf00 || h < 0x40;
}

static bool ends_thumb_wide(uint32_t h, uint32_t l)
{
	bool branch = (h & 0xf800) == 0xf000 &&
		      ((l & 0xd000) == 0x9000 || (l & 0xc000) == 0xc000);
	bool pop = (h & 0xfe50) == 0xe810 && (l & 0x8000) != 0;
	bool load = (h & 0xff70) == 0xf850 && (l & 0xf000) == 0xf000;

	return branch || pop || load || l == 0xffff;
}

/* The same in Thumb, where going back must guess how long an instruction is. */
static size_t begin_thumb(const struct scan *s, size_t i, bool big)
{
	size_t at = i;

	while (at >= 2 && i - at < 2 * DEEP_HALVES) {
		uint32_t l = half_at(s->code.data + at - 2, big);
		uint32_t h = at >= 4 ? half_at(s->code.data + at - 4, big) : 0;

		if (is_wide(h) ? ends_thumb_wide(h, l) : ends_thumb(l))
			return at;
		at -= is_wide(h) ? 4 : 2;
	}
	return at < 2 ? 0 : i;
}

static void scan_thumb(struct scan *s, bool big)
{
	for (size_t i = 0; i + 2 <= s->code.len; i += 2) {
		const uint8_t *b = s->code.data + i;
		uint32_t h = half_at(b, big);
		uint32_t l = i + 4 <= s->code.len ? half_at(b + 2, big) : 0;
		uint64_t at = s->address + i;
		int64_t off = sign_extend(h & 0x7ff, 11) * 2;

		if ((h & 0xf800) == 0xf000)
			thumb_pair(s, h, l, at);
		else if ((h & 0xf800) == 0xe000)
			see_jump(s, at, off, target(at + 4, off), 1);
		else if ((h & 0xff00) == 0xb500 ||
			 (h == 0xe92d && (l & 0xe000) == 0x4000) ||
			 (h == 0xf84d && l == 0xed04))
			see_start(s, s->address + begin_thumb(s, i, big));
	}
}

void arm_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx)
{
	struct scan s = { code, address, address, see, ctx };

	if (mode.thumb)
		scan_thumb(&s, mode.big_endian);
	else
		scan_a32(&s, mode.big_endian);
}

static const struct {
	uint16_t number;
	const char *name;
} calls[] = {
	{ 1, "exit" },
	{ 2, "fork" },
	{ 3, "read" },
	{ 4, "write" },
	{ 5, "open" },
	{ 6, "close" },
	{ 8, "creat" },
	{ 10, "unlink" },
	{ 11, "execve" },
	{ 14, "mknod" },
	{ 15, "chmod" },
	{ 21, "mount" },
	{ 23, "setuid" },
	{ 26, "ptrace" },
	{ 37, "kill" },
	{ 38, "rename" },
	{ 41, "dup" },
	{ 46, "setgid" },
	{ 52, "umount2" },
	{ 54, "ioctl" },
	{ 61, "chroot" },
	{ 63, "dup2" },
	{ 66, "setsid" },
	{ 70, "setreuid" },
	{ 88, "reboot" },
	{ 114, "wait4" },
	{ 120, "clone" },
	{ 125, "mprotect" },
	{ 128, "init_module" },
	{ 129, "delete_module" },
	{ 162, "nanosleep" },
	{ 164, "setresuid" },
	{ 170, "setresgid" },
	{ 172, "prctl" },
	{ 190, "vfork" },
	{ 192, "mmap2" },
	{ 203, "setreuid" },
	{ 208, "setresuid" },
	{ 210, "setresgid" },
	{ 213, "setuid" },
	{ 214, "setgid" },
	{ 281, "socket" },
	{ 282, "bind" },
	{ 283, "connect" },
	{ 284, "listen" },
	{ 285, "accept" },
	{ 289, "send" },
	{ 290, "sendto" },
	{ 291, "recv" },
	{ 292, "recvfrom" },
	{ 294, "setsockopt" },
	{ 296, "sendmsg" },
	{ 297, "recvmsg" },
	{ 322, "openat" },
	{ 328, "unlinkat" },
	{ 333, "fchmodat" },
	{ 358, "dup3" },
	{ 366, "accept4" },
	{ 376, "process_vm_readv" },
	{ 377, "process_vm_writev" },
	{ 379, "finit_module" },
	{ 385, "memfd_create" },
	{ 386, "bpf" },
	{ 387, "execveat" },
};

const char *arm_syscall(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}
