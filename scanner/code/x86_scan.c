/* x86_scan.c - x86: what raw code shows without decoding, and system calls
 *
 * Instructions start anywhere, so a pattern may lie inside another instruction:
 * calls and jumps count where they lead into the code that is looked at.
 *
 * Source: Linux arch/x86/entry/syscalls/syscall_64.tbl, syscall_32.tbl.
 */
#include "code/x86.h"

struct look {
	const uint8_t *p;
	size_t len;
	uint64_t address;
	bool wide;
	code_see *see;
	void *ctx;
};

static bool has(const struct look *l, size_t at, const char *bytes, size_t n)
{
	return n <= l->len - at && memcmp(l->p + at, bytes, n) == 0;
}

static int32_t disp(const struct look *l, size_t at)
{
	const uint8_t *p = l->p + at;

	return (int32_t)(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			 (uint32_t)p[3] << 24);
}

static uint64_t cut(const struct look *l, uint64_t v)
{
	return l->wide ? v : (uint32_t)v;
}

static void see_relative(const struct look *l, enum code_seen what, size_t at)
{
	if (l->len - at < 5)
		return;

	uint64_t next = l->address + at + 5;
	uint64_t to = cut(l, next + (uint64_t)(int64_t)disp(l, at + 1));

	if (to != next)
		l->see(l->ctx, what, l->address + at, to);
}

/* A memory operand of a fixed address at modrm, whose instruction is at at. */
static void see_memory(const struct look *l, size_t at, size_t modrm)
{
	int64_t d = disp(l, modrm + 1);
	uint64_t end = l->address + modrm + 5;

	l->see(l->ctx, CODE_SEEN_SLOT, l->address + at,
	       l->wide ? end + (uint64_t)d : (uint32_t)d);
}

/* call, jmp through memory: ff /2, ff /4. */
static void see_indirect(const struct look *l, size_t at)
{
	if (l->len - at < 6)
		return;

	uint8_t modrm = l->p[at + 1];

	if (modrm == 0x15 || modrm == 0x25)
		see_memory(l, at, at + 1);
	else if (!l->wide && (modrm == 0x93 || modrm == 0xa3))
		l->see(l->ctx, CODE_SEEN_GP, l->address + at,
		       (uint64_t)(int64_t)disp(l, at + 2));
}

/* mov r64, [rip + x]; mov r32, [ebx + x]. */
static void see_load(const struct look *l, size_t at)
{
	if (l->len - at < 6)
		return;

	uint8_t modrm = l->p[at + 1];

	if (l->wide && (modrm & 0xc7) == 0x05 && at > 0 &&
	    (l->p[at - 1] & 0xfb) == 0x48)
		see_memory(l, at - 1, at + 1);
	else if (!l->wide && (modrm & 0xc7) == 0x83)
		l->see(l->ctx, CODE_SEEN_GP, l->address + at,
		       (uint64_t)(int64_t)disp(l, at + 2));
}

/* Whether a function may begin here: aligned, or behind what ends one. */
static bool is_boundary(const struct look *l, size_t at)
{
	const uint8_t *p = l->p + at;

	if ((l->address + at) % 16 == 0 || at == 0)
		return true;
	if (p[-1] == 0xc3 || p[-1] == 0x90 || p[-1] == 0xcc || p[-1] == 0xf4 ||
	    p[-1] == 0)
		return true;
	return (at >= 2 && (p[-2] == 0xeb || (p[-2] == 0x0f && p[-1] == 0x0b) ||
			    (p[-2] == 0xff && (p[-1] & 0xf8) == 0xe0))) ||
	       (at >= 3 && p[-3] == 0xc2) || (at >= 5 && p[-5] == 0xe9);
}

/* Pushes of several registers that the callee must keep. They begin a function
 * only where they are aligned: one is also split up behind an early return. */
static bool pushes(const struct look *l, size_t at)
{
	if ((l->address + at) % 16 != 0)
		return false;
	if (l->wide)
		return has(l, at, "\x41\x57\x41\x56", 4) ||
		       has(l, at, "\x41\x56\x41\x55", 4) ||
		       has(l, at, "\x41\x55\x41\x54", 4) ||
		       has(l, at, "\x41\x54\x55", 3);
	return has(l, at, "\x55\x57\x56", 3) || has(l, at, "\x57\x56\x53", 3);
}

static bool sets_frame(const struct look *l, size_t at)
{
	if (l->wide)
		return has(l, at, "\x55\x48\x89\xe5", 4) ||
		       has(l, at, "\x55\x48\x8b\xec", 4);
	return has(l, at, "\x55\x89\xe5", 3) || has(l, at, "\x55\x8b\xec", 3);
}

static bool is_landing(const struct look *l, size_t at)
{
	return has(l, at, l->wide ? "\xf3\x0f\x1e\xfa" : "\xf3\x0f\x1e\xfb", 4);
}

static void see_start(const struct look *l, size_t at)
{
	if (is_boundary(l, at) &&
	    (is_landing(l, at) || sets_frame(l, at) || pushes(l, at)))
		l->see(l->ctx, CODE_SEEN_START, l->address + at, 0);
}

void x86_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx)
{
	struct look l = { code.data, code.len, address, mode.wide, see, ctx };

	for (size_t i = 0; i < l.len; i++) {
		switch (l.p[i]) {
		case 0xe8:
			see_relative(&l, CODE_SEEN_CALL, i);
			break;
		case 0xe9:
			see_relative(&l, CODE_SEEN_JUMP, i);
			break;
		case 0xff:
			see_indirect(&l, i);
			break;
		case 0x8b:
			see_load(&l, i);
			break;
		case 0x41:
		case 0x55:
		case 0x57:
		case 0xf3:
			see_start(&l, i);
			break;
		default:
			break;
		}
	}
}

struct call {
	uint16_t wide, narrow; /* numbers on x86-64 and i386, or NO */
	const char *name;
};

enum { NO = UINT16_MAX };

static const struct call calls[] = {
	{ 0, 3, "read" },
	{ 1, 4, "write" },
	{ 2, 5, "open" },
	{ 257, 295, "openat" },
	{ 437, 437, "openat2" },
	{ 85, 8, "creat" },
	{ 3, 6, "close" },
	{ 32, 41, "dup" },
	{ 33, 63, "dup2" },
	{ 292, 330, "dup3" },
	{ 22, 42, "pipe" },
	{ 293, 331, "pipe2" },
	{ 16, 54, "ioctl" },
	{ 40, 187, "sendfile" },
	{ 275, 313, "splice" },
	{ 41, 359, "socket" },
	{ 53, 360, "socketpair" },
	{ 42, 362, "connect" },
	{ 43, NO, "accept" },
	{ 288, 364, "accept4" },
	{ 49, 361, "bind" },
	{ 50, 363, "listen" },
	{ 54, 366, "setsockopt" },
	{ 44, 369, "sendto" },
	{ 45, 371, "recvfrom" },
	{ 46, 370, "sendmsg" },
	{ 47, 372, "recvmsg" },
	{ NO, 102, "socketcall" },
	{ 59, 11, "execve" },
	{ 322, 358, "execveat" },
	{ 57, 2, "fork" },
	{ 58, 190, "vfork" },
	{ 56, 120, "clone" },
	{ 435, 435, "clone3" },
	{ 60, 1, "exit" },
	{ 231, 252, "exit_group" },
	{ 62, 37, "kill" },
	{ 200, 238, "tkill" },
	{ 234, 270, "tgkill" },
	{ 101, 26, "ptrace" },
	{ 157, 172, "prctl" },
	{ 317, 354, "seccomp" },
	{ 272, 310, "unshare" },
	{ 308, 346, "setns" },
	{ 105, 23, "setuid" },
	{ 106, 46, "setgid" },
	{ 113, 70, "setreuid" },
	{ 114, 71, "setregid" },
	{ 117, 164, "setresuid" },
	{ 119, 170, "setresgid" },
	{ 102, 24, "getuid" },
	{ 107, 49, "geteuid" },
	{ 112, 66, "setsid" },
	{ 126, 185, "capset" },
	{ 90, 15, "chmod" },
	{ 91, 94, "fchmod" },
	{ 268, 306, "fchmodat" },
	{ 92, 182, "chown" },
	{ 93, 95, "fchown" },
	{ 86, 9, "link" },
	{ 88, 83, "symlink" },
	{ 82, 38, "rename" },
	{ 264, 302, "renameat" },
	{ 87, 10, "unlink" },
	{ 263, 301, "unlinkat" },
	{ 83, 39, "mkdir" },
	{ 133, 14, "mknod" },
	{ 161, 61, "chroot" },
	{ 155, 217, "pivot_root" },
	{ 80, 12, "chdir" },
	{ 165, 21, "mount" },
	{ 166, 52, "umount2" },
	{ 169, 88, "reboot" },
	{ 170, 74, "sethostname" },
	{ 164, 79, "settimeofday" },
	{ 175, 128, "init_module" },
	{ 313, 350, "finit_module" },
	{ 176, 129, "delete_module" },
	{ 246, 283, "kexec_load" },
	{ 320, NO, "kexec_file_load" },
	{ 9, 90, "mmap" },
	{ 10, 125, "mprotect" },
	{ 319, 356, "memfd_create" },
	{ 310, 347, "process_vm_readv" },
	{ 311, 348, "process_vm_writev" },
	{ 298, 336, "perf_event_open" },
	{ 321, 357, "bpf" },
	{ 172, 110, "iopl" },
	{ 173, 101, "ioperm" },
	{ 135, 136, "personality" },
	{ 217, 220, "getdents64" },
	{ 425, 425, "io_uring_setup" },
	{ NO, 213, "setuid" },
	{ NO, 214, "setgid" },
	{ NO, 203, "setreuid" },
	{ NO, 204, "setregid" },
	{ NO, 208, "setresuid" },
	{ NO, 210, "setresgid" },
	{ NO, 192, "mmap" },
	{ NO, 212, "chown" },
	{ NO, 207, "fchown" },
	{ NO, 239, "sendfile" },
	{ NO, 199, "getuid" },
	{ NO, 201, "geteuid" },
	{ NO, 22, "umount" },
};

const char *x86_syscall_64(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].wide == number && number != NO)
			return calls[i].name;
	return NULL;
}

const char *x86_syscall_32(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].narrow == number && number != NO)
			return calls[i].name;
	return NULL;
}
