/* mips_scan.c - MIPS: what raw code shows without decoding, and system calls
 *
 * Source: as in mips.c; Linux arch/mips/kernel/syscalls/syscall_o32.tbl.
 */
#include "code/mips.h"

enum { NOP = 0, PADDING_MAX = 8, TARGETS = 16, NEAR = 24 };
enum { T9 = 25, GP = 28, SP = 29 };

struct look {
	struct fw_view code;
	bool big_endian;
	/* What registers were last loaded with from the GOT: word + 1, offset.
	 */
	size_t loaded_at[32];
	int32_t loaded[32];
	/* Where the last conditional branches go: within their functions. */
	size_t targets[TARGETS];
	size_t branches;
};

static uint32_t word(const struct look *l, size_t i)
{
	const uint8_t *p = l->code.data + 4 * i;

	return l->big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
				       (uint32_t)p[2] << 8 | p[3]
			     : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
				       (uint32_t)p[1] << 8 | p[0];
}

/* j, b, jr; and calls: a frame that is made behind one is the next function's,
 * since whoever calls has a frame already. */
static bool leaves(uint32_t w)
{
	return w >> 26 == 2 || w >> 26 == 3 || w >> 16 == 0x1000 ||
	       w >> 16 == 0x0411 || (w & 0xfc00003e) == 0x8;
}

/* break, and teq of a register with itself */
static bool traps(uint32_t w)
{
	return (w & 0xfc00003f) == 0x0d ||
	       ((w & 0xfc00003f) == 0x34 && (w >> 21 & 31) == (w >> 16 & 31));
}

/* Whether word i follows what ends a function, and its delay slot. */
static bool is_boundary(const struct look *l, size_t i)
{
	size_t skipped = 0;

	if (i == 0)
		return true;
	while (i > 0 && word(l, i - 1) == NOP && skipped < PADDING_MAX) {
		i--;
		skipped++;
	}
	if (i == 0 || skipped == PADDING_MAX)
		return true;
	if (traps(word(l, i - 1)) || (skipped > 0 && leaves(word(l, i - 1))))
		return true;
	return i > 1 && leaves(word(l, i - 2));
}

/* Notes where a conditional branch goes; i is its word's number. */
static void note_branch(struct look *l, size_t i, uint32_t w)
{
	uint32_t opcode = w >> 26;

	if ((opcode & 0x2c) == 0x04 || (opcode == 1 && (w >> 16 & 31) < 4))
		l->targets[l->branches++ % TARGETS] =
			i + 1 + (size_t)(int64_t)mips_simm(w);
}

static bool is_target(const struct look *l, size_t i)
{
	for (size_t k = 0; k < TARGETS && k < l->branches; k++)
		if (l->targets[k] == i)
			return true;
	return false;
}

/* Pushes the stack pointer down, or makes gp of t9 (in one go, or with other
 * instructions between where it is clear that a function begins). */
static bool is_start(const struct look *l, size_t i, size_t count)
{
	uint32_t w = word(l, i);

	if (w >> 16 == 0x27bd && (w & 0x8000) != 0)
		return is_boundary(l, i);
	/* clang: lui v0; addiu v0, v0; then the frame, or v0 + t9 */
	if (w >> 16 == 0x3c02 && count - i > 2 &&
	    word(l, i + 1) >> 16 == 0x2442)
		return is_boundary(l, i) &&
		       (word(l, i + 2) >> 16 == 0x27bd ||
			(word(l, i + 2) & 0xffff07ff) == 0x00590021);
	if (w >> 16 != 0x3c1c)
		return false;
	return (count - i > 2 && word(l, i + 1) >> 16 == 0x279c &&
		word(l, i + 2) == 0x0399e021) ||
	       is_boundary(l, i);
}

/* lw reg, off(gp); t9 is loaded to be called, so that the base is gp under
 * another name even where compilers keep it elsewhere. */
static bool is_got_load(struct look *l, size_t i, uint32_t w)
{
	uint32_t base = w >> 21 & 31, to = w >> 16 & 31;

	if (w >> 26 != 0x23 || base == SP || (base != GP && to != T9))
		return false;
	l->loaded_at[to] = i + 1;
	l->loaded[to] = (int32_t)mips_simm(w);
	return true;
}

/* addiu t9, reg, low behind such a load: a function in the page that it holds.
 */
static bool is_page(const struct look *l, size_t i, uint32_t w, uint64_t *value)
{
	uint32_t from = w >> 21 & 31;

	if (w >> 26 != 9 || (w >> 16 & 31) != T9 || l->loaded_at[from] == 0 ||
	    i + 1 - l->loaded_at[from] > NEAR)
		return false;
	*value = (uint64_t)(uint32_t)l->loaded[from] << 32 |
		 (uint32_t)mips_simm(w);
	return true;
}

void mips_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	       code_see *see, void *ctx)
{
	struct look l = { .code = code, .big_endian = mode.big_endian };
	size_t count = code.len / 4;

	for (size_t i = 0; i < count; i++) {
		uint32_t w = word(&l, i);
		uint64_t at = address + 4 * i, page;
		uint32_t near = (uint32_t)(at + 4) + (uint32_t)mips_simm(w) * 4;

		if (w >> 26 == 2 || w >> 26 == 3)
			see(ctx, w >> 26 == 2 ? CODE_SEEN_JUMP : CODE_SEEN_CALL,
			    at, ((at + 4) & 0xf0000000) | (w & 0x3ffffff) << 2);
		else if (w >> 16 == 0x0411 && near != at + 8)
			see(ctx, CODE_SEEN_CALL, at, near);
		else if (w >> 16 == 0x1000)
			see(ctx, CODE_SEEN_JUMP, at, near);
		else if (is_page(&l, i, w, &page))
			see(ctx, CODE_SEEN_PAGE, at, page);
		else if (is_got_load(&l, i, w))
			see(ctx, CODE_SEEN_GP, at,
			    (uint64_t)(int64_t)mips_simm(w));
		else if (is_start(&l, i, count) && !is_target(&l, i))
			see(ctx, CODE_SEEN_START, at, 0);
		else
			note_branch(&l, i, w);
	}
}

/* Numbers from 4000 on. */
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
	{ 9, "link" },
	{ 10, "unlink" },
	{ 11, "execve" },
	{ 12, "chdir" },
	{ 14, "mknod" },
	{ 15, "chmod" },
	{ 16, "lchown" },
	{ 21, "mount" },
	{ 22, "umount" },
	{ 23, "setuid" },
	{ 24, "getuid" },
	{ 26, "ptrace" },
	{ 37, "kill" },
	{ 38, "rename" },
	{ 39, "mkdir" },
	{ 41, "dup" },
	{ 42, "pipe" },
	{ 46, "setgid" },
	{ 49, "geteuid" },
	{ 52, "umount2" },
	{ 54, "ioctl" },
	{ 61, "chroot" },
	{ 63, "dup2" },
	{ 66, "setsid" },
	{ 70, "setreuid" },
	{ 71, "setregid" },
	{ 74, "sethostname" },
	{ 79, "settimeofday" },
	{ 83, "symlink" },
	{ 88, "reboot" },
	{ 90, "mmap" },
	{ 94, "fchmod" },
	{ 95, "fchown" },
	{ 102, "socketcall" },
	{ 120, "clone" },
	{ 125, "mprotect" },
	{ 128, "init_module" },
	{ 129, "delete_module" },
	{ 136, "personality" },
	{ 168, "accept" },
	{ 169, "bind" },
	{ 170, "connect" },
	{ 174, "listen" },
	{ 175, "recv" },
	{ 176, "recvfrom" },
	{ 177, "recvmsg" },
	{ 178, "send" },
	{ 179, "sendmsg" },
	{ 180, "sendto" },
	{ 181, "setsockopt" },
	{ 183, "socket" },
	{ 184, "socketpair" },
	{ 185, "setresuid" },
	{ 190, "setresgid" },
	{ 192, "prctl" },
	{ 202, "chown" },
	{ 205, "capset" },
	{ 207, "sendfile" },
	{ 210, "mmap" },
	{ 216, "pivot_root" },
	{ 219, "getdents64" },
	{ 236, "tkill" },
	{ 237, "sendfile" },
	{ 246, "exit_group" },
	{ 266, "tgkill" },
	{ 288, "openat" },
	{ 289, "mkdirat" },
	{ 294, "unlinkat" },
	{ 295, "renameat" },
	{ 299, "fchmodat" },
	{ 303, "unshare" },
	{ 304, "splice" },
	{ 311, "kexec_load" },
	{ 327, "dup3" },
	{ 328, "pipe2" },
	{ 333, "perf_event_open" },
	{ 334, "accept4" },
	{ 344, "setns" },
	{ 345, "process_vm_readv" },
	{ 346, "process_vm_writev" },
	{ 348, "finit_module" },
	{ 352, "seccomp" },
	{ 354, "memfd_create" },
	{ 355, "bpf" },
	{ 356, "execveat" },
	{ 435, "clone3" },
	{ 437, "openat2" },
};

const char *mips_syscall(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number + UINT64_C(4000) == number)
			return calls[i].name;
	return NULL;
}
