/* sandbox.c - rlimits, Landlock, seccomp
 *
 * Source: landlock(7), seccomp(2), Linux include/uapi/linux/landlock.h
 *
 * The filter kills the process at any system call that is not listed. Calls that
 * only look at paths are answered with EACCES instead: libraries ask for locale
 * and configuration files and live well without, and a kill there would cost an
 * object for nothing. Landlock denies the same calls a second time.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

enum { EXIT_NO_SANDBOX = 112 };

static scmp_filter_ctx filter;

static const int allowed[] = {
	SCMP_SYS(read),		SCMP_SYS(pread64),
	SCMP_SYS(write),	SCMP_SYS(pwrite64),
	SCMP_SYS(writev),	SCMP_SYS(lseek),
	SCMP_SYS(fstat),	SCMP_SYS(close),
	SCMP_SYS(munmap),	SCMP_SYS(mremap),
	SCMP_SYS(brk),		SCMP_SYS(madvise),
	SCMP_SYS(futex),	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom),	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(getpid),	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),	SCMP_SYS(exit_group),
	SCMP_SYS(exit),		SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
};

static const int denied[] = {
	SCMP_SYS(open),	      SCMP_SYS(openat),	   SCMP_SYS(stat),
	SCMP_SYS(lstat),      SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(ioctl),      SCMP_SYS(fcntl),	   SCMP_SYS(uname),
	SCMP_SYS(prctl),      SCMP_SYS(sysinfo),   SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getuid),     SCMP_SYS(geteuid),   SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* mmap and mprotect only without PROT_EXEC: no code can be made. */
static bool allow_memory(void)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	int bad = 0;

	for (size_t i = 0; i < 2; i++)
		bad |= seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, calls[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return bad == 0;
}

/* What the sanitizers' run-time needs to write a report before it dies. */
static bool allow_sanitizers(void)
{
	static const int calls[] = { SCMP_SYS(sigaltstack), SCMP_SYS(clone),
				     SCMP_SYS(wait4), SCMP_SYS(ptrace),
				     SCMP_SYS(getrusage), SCMP_SYS(pipe2),
				     SCMP_SYS(getdents64), SCMP_SYS(set_robust_list),
				     SCMP_SYS(getrlimit), SCMP_SYS(prlimit64) };
	int bad = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return bad == 0;
}

bool fw_sandbox_prepare(void)
{
	int bad = 0;

	if (filter != NULL)
		return true;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL || prctl(PR_GET_SECCOMP) < 0)
		return false;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
					denied[i], 0);
	if (UNDER_ASAN && !allow_sanitizers())
		bad = 1;
	return bad == 0 && allow_memory();
}

static int landlock_create(const struct landlock_ruleset_attr *attr, size_t len,
			   uint32_t flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, attr, len, flags);
}

bool fw_sandbox_landlock(void)
{
	return landlock_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

/* A rule set that handles every right and grants none. Best effort. */
static void landlock_deny_all(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs =
			LANDLOCK_ACCESS_FS_EXECUTE |
			LANDLOCK_ACCESS_FS_WRITE_FILE |
			LANDLOCK_ACCESS_FS_READ_FILE |
			LANDLOCK_ACCESS_FS_READ_DIR |
			LANDLOCK_ACCESS_FS_REMOVE_DIR |
			LANDLOCK_ACCESS_FS_REMOVE_FILE |
			LANDLOCK_ACCESS_FS_MAKE_CHAR |
			LANDLOCK_ACCESS_FS_MAKE_DIR |
			LANDLOCK_ACCESS_FS_MAKE_REG |
			LANDLOCK_ACCESS_FS_MAKE_SOCK |
			LANDLOCK_ACCESS_FS_MAKE_FIFO |
			LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	int fd = landlock_create(&attr, sizeof(attr), 0);

	if (fd < 0)
		return;
	syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
}

static void limit(__rlimit_resource_t what, uint64_t value)
{
	struct rlimit r = { value, value };

	setrlimit(what, &r);
}

/* Bytes of address space in use, from the first field of statm (pages). */
static uint64_t mapped_now(void)
{
	char buf[64] = { 0 };
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return UINT64_C(1) << 30;
	if (fgets(buf, sizeof(buf), f) == NULL)
		buf[0] = '\0';
	fclose(f);
	return strtoull(buf, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void fw_sandbox_limits_only(const struct fw_sandbox_limits *l)
{
	if (!UNDER_ASAN)
		limit(RLIMIT_AS, mapped_now() + l->memory_bytes);
	/* The soft limit first, as SIGXCPU: a SIGKILL would be anybody's. */
	setrlimit(RLIMIT_CPU, &(struct rlimit){ l->cpu_s, l->cpu_s + 1 });
	limit(RLIMIT_FSIZE, l->file_bytes);
	limit(RLIMIT_CORE, 0);
}

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Closes all but keep[], which holds at most 8 descriptors above 2. Standard
 * error stays: sanitizers and abort messages go there. */
static void close_others(const int *keep, unsigned n)
{
	int sorted[8];
	int from = 3;

	memcpy(sorted, keep, n * sizeof(int));
	qsort(sorted, n, sizeof(int), by_value);
	for (unsigned i = 0; i < n; i++) {
		if (sorted[i] < from)
			continue;
		if (sorted[i] > from)
			close_range((unsigned)from, (unsigned)sorted[i] - 1, 0);
		from = sorted[i] + 1;
	}
	close_range((unsigned)from, ~0U, 0);
	close(0);
	close(1);
}

void fw_sandbox_enter(const struct fw_sandbox_limits *l, const int *keep,
		      unsigned n)
{
	fw_sandbox_limits_only(l);
	close_others(keep, n);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(EXIT_NO_SANDBOX);
	landlock_deny_all();
	limit(RLIMIT_NOFILE, 32);
	limit(RLIMIT_NPROC, UNDER_ASAN ? 64 : 0);
	if (seccomp_load(filter) != 0)
		_exit(EXIT_NO_SANDBOX);
}
