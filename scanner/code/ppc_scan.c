/* ppc_scan.c - PowerPC: what raw code shows without decoding, and system calls
 *
 * Source: as in ppc.c; Linux arch/powerpc/kernel/syscalls/syscall.tbl.
 */
#include "code/ppc.h"

enum {
	NOP = 0x60000000,
	SAVE_LINK = 0x7c0802a6, /* mflr r0 */
	RETURN = 0x4e800020,
	BACK_MAX = 8, /* instructions before the frame is made */
	TARGETS = 16
};

struct look {
	struct fw_view code;
	bool big_endian;
	/* Where the last conditional branches go: within their functions. */
	size_t targets[TARGETS];
	size_t branches;
	/* r30 of position independent code, as it is being made. */
	uint32_t address, link, gp;
	enum { GP_NONE, GP_LINKED, GP_MOVED, GP_KNOWN } state;
};

static uint32_t word(const struct look *l, size_t i)
{
	const uint8_t *p = l->code.data + 4 * i;

	return l->big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
				       (uint32_t)p[2] << 8 | p[3]
			     : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
				       (uint32_t)p[1] << 8 | p[0];
}

/* blr, b, bctr, trap, padding with zeros: nothing runs on behind them. */
static bool ends(uint32_t w)
{
	return w == RETURN || w == 0x4e800420 || w == 0x7fe00008 || w == 0 ||
	       (w >> 26 == 18 && (w & 1) == 0);
}

static bool branches(uint32_t w)
{
	return w >> 26 == 16 || w >> 26 == 18 || w >> 26 == 19;
}

/* Whether what ends a function is right before word i, but for padding. */
static bool is_boundary(const struct look *l, size_t i)
{
	for (size_t n = 0; i > 0 && word(l, i - 1) == NOP && n < BACK_MAX; n++)
		i--;
	return i == 0 || ends(word(l, i - 1));
}

/* Where the function begins whose frame word i makes: behind the end of the one
 * before. i + 1 where no end is near; the frame is then made late, in a part
 * of a function. */
static size_t start_of(const struct look *l, size_t i)
{
	size_t at = i;

	while (at > 0 && i - at < BACK_MAX && word(l, at - 1) != NOP &&
	       !ends(word(l, at - 1)) && !branches(word(l, at - 1)))
		at--;
	if (is_boundary(l, at))
		return at;
	/* Behind a call that does not return: who calls has a frame already. */
	if (word(l, at - 1) >> 26 == 18 &&
	    (at == i || (at + 1 == i && word(l, at) == SAVE_LINK)))
		return at;
	return i + 1;
}

/* Notes where a conditional branch goes; i is its word's number. */
static void note_branch(struct look *l, size_t i, uint32_t w)
{
	if ((w & 3) == 0)
		l->targets[l->branches++ % TARGETS] =
			i + (size_t)((int16_t)(w & 0xfffc) / 4);
}

static bool is_target(const struct look *l, size_t i)
{
	for (size_t k = 0; k < TARGETS && k < l->branches; k++)
		if (l->targets[k] == i)
			return true;
	return false;
}

/* The word at an address, or 0. */
static uint32_t word_at(const struct look *l, uint32_t address)
{
	uint32_t off = address - l->address;

	return off % 4 == 0 && off < l->code.len && l->code.len - off >= 4
		       ? word(l, off / 4)
		       : 0;
}

/* bcl 20,31,.+4 or bl .+4; mflr r30; then addis and addi, or, as old compilers have it,
 * lwz r0 of an offset that lies before the function, and add. */
static void follow_gp(struct look *l, uint32_t at, uint32_t w)
{
	uint32_t imm = (uint32_t)ppc_simm(w);

	if (w == 0x429f0005 || w == 0x48000005) {
		l->link = at + 4;
		l->state = GP_LINKED;
	} else if (w == 0x7fc802a6 && l->state == GP_LINKED) {
		l->gp = l->link;
		l->state = GP_MOVED;
	} else if (l->state != GP_MOVED) {
		return;
	} else if (w >> 16 == 0x3fde) {
		l->gp += imm << 16;
	} else if (w >> 16 == 0x3bde) {
		l->gp += imm;
		l->state = GP_KNOWN;
	} else if (w >> 16 == 0x801e) {
		l->link = word_at(l, l->gp + imm);
	} else if (w == 0x7fc0f214 || w == 0x7fde0214) {
		l->gp += l->link;
		l->state = GP_KNOWN;
	}
}

/* A stub that jumps through memory at r30 plus an offset: which memory depends
 * on who calls. Source: binutils bfd/elf32-ppc.c, write_glink_stub(). */
static bool stub_slot(const struct look *l, uint32_t stub, uint32_t *slot)
{
	uint32_t w = word_at(l, stub);

	if (l->state != GP_KNOWN)
		return false;
	*slot = l->gp;
	if (w >> 16 == 0x3d7e) { /* addis r11,r30 */
		*slot += w << 16;
		stub += 4;
		w = word_at(l, stub);
		if (w >> 16 != 0x816b)
			return false;
	} else if (w >> 16 != 0x817e) {
		return false;
	}
	*slot += (uint32_t)ppc_simm(w);
	return word_at(l, stub + 4) == 0x7d6903a6; /* mtctr r11 */
}

static void see_branch(const struct look *l, uint64_t at, uint32_t w,
		       code_see *see, void *ctx)
{
	uint32_t off =
		(w & 0x3fffffc) | ((w & 0x2000000) != 0 ? 0xfc000000 : 0);
	uint32_t to = off + ((w & 2) != 0 ? 0 : (uint32_t)at), slot;

	if (stub_slot(l, to, &slot))
		see(ctx, CODE_SEEN_SLOT, at, slot);
	else if ((w & 1) == 0)
		see(ctx, CODE_SEEN_JUMP, at, to);
	else if (to != at + 4)
		see(ctx, CODE_SEEN_CALL, at, to);
}

void ppc_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx)
{
	struct look l = { .code = code,
			  .big_endian = mode.big_endian,
			  .address = (uint32_t)address };
	size_t count = code.len / 4;

	for (size_t i = 0; i < count; i++) {
		uint32_t w = word(&l, i);
		uint64_t at = address + 4 * i;

		follow_gp(&l, (uint32_t)at, w);
		if (w >> 26 == 18) {
			see_branch(&l, at, w, see, ctx);
		} else if (w >> 26 == 16) {
			note_branch(&l, i, w);
		} else if (w >> 16 == 0x9421 && (w & 0x8000) != 0) {
			size_t start = start_of(&l, i);

			if (start <= i && !is_target(&l, start))
				see(ctx, CODE_SEEN_START, address + 4 * start,
				    0);
		}
	}
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
	{ 164, "setresuid" },
	{ 169, "setresgid" },
	{ 171, "prctl" },
	{ 181, "chown" },
	{ 184, "capset" },
	{ 186, "sendfile" },
	{ 192, "mmap" },
	{ 202, "getdents64" },
	{ 203, "pivot_root" },
	{ 208, "tkill" },
	{ 226, "sendfile" },
	{ 234, "exit_group" },
	{ 250, "tgkill" },
	{ 268, "kexec_load" },
	{ 282, "unshare" },
	{ 283, "splice" },
	{ 286, "openat" },
	{ 287, "mkdirat" },
	{ 292, "unlinkat" },
	{ 293, "renameat" },
	{ 297, "fchmodat" },
	{ 316, "dup3" },
	{ 317, "pipe2" },
	{ 319, "perf_event_open" },
	{ 326, "socket" },
	{ 327, "bind" },
	{ 328, "connect" },
	{ 329, "listen" },
	{ 330, "accept" },
	{ 333, "socketpair" },
	{ 334, "send" },
	{ 335, "sendto" },
	{ 336, "recv" },
	{ 337, "recvfrom" },
	{ 339, "setsockopt" },
	{ 341, "sendmsg" },
	{ 342, "recvmsg" },
	{ 344, "accept4" },
	{ 350, "setns" },
	{ 351, "process_vm_readv" },
	{ 352, "process_vm_writev" },
	{ 353, "finit_module" },
	{ 358, "seccomp" },
	{ 360, "memfd_create" },
	{ 361, "bpf" },
	{ 362, "execveat" },
	{ 435, "clone3" },
	{ 437, "openat2" },
};

const char *ppc_syscall(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}
