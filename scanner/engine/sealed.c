/* sealed.c - one piece of work on hostile bytes, in a process of its own */
#include "engine/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"
#include "engine/sandbox.h"
#include "engine/scan.h"

enum { EXIT_NO_SANDBOX = 112, EXIT_MEMORY = 113, EXIT_HOST = 114 };
enum { TEXT_MAX = 64 << 20, READ_STEP = 64 * 1024 };

_Noreturn static void out_of_memory(void *ctx)
{
	(void)ctx;
	_exit(EXIT_MEMORY);
}

/* The process's side; the pipe is a stream before the sandbox forbids to ask
 * what it is. */
_Noreturn static void child(const struct fw_sealed *s, int out, char *note,
			    const struct fw_limits *lim, int parent)
{
	struct fw_sandbox_limits l = { .memory_bytes =
					       lim->job_memory_bytes + s->len,
				       .cpu_s = lim->job_cpu_s };
	struct fw_arena arena = { .on_full = out_of_memory,
				  .max = lim->job_memory_bytes };
	uint64_t page = s->at & ~UINT64_C(4095);
	struct fw_view bytes = fw_view_of("", 0);
	FILE *to = fdopen(out, "w");
	const int keep[] = { s->fd, out };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || to == NULL)
		_exit(EXIT_HOST);
	if (s->no_sandbox)
		fw_sandbox_limits_only(&l);
	else
		fw_sandbox_enter(&l, keep, 2);
	if (s->len > 0) {
		const uint8_t *p =
			mmap(NULL, s->len + (s->at - page), PROT_READ,
			     MAP_PRIVATE, s->fd, (off_t)page);

		if (p == MAP_FAILED)
			_exit(EXIT_MEMORY);
		bytes = fw_view_of(p + (s->at - page), (size_t)s->len);
	}
	enum fw_sealed_end end = s->work(s->ctx, bytes, &arena, to, note);

	_exit(fflush(to) == 0 ? (int)end : EXIT_HOST);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct text {
	char *at;
	size_t len, cap;
};

/* All that comes over the pipe until it ends. NULL, or why that was too much.
 */
static const char *take(int fd, int64_t until, struct text *t)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - now_ms();

		if (left <= 0)
			return "it took too long";
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return strerror(errno);
		if (p.revents == 0)
			continue;
		if (t->len + READ_STEP > t->cap) {
			char *more = realloc(t->at, t->cap * 2 + READ_STEP);

			if (more == NULL || t->len > TEXT_MAX) {
				free(more == NULL ? t->at : more);
				*t = (struct text){ NULL, 0, 0 };
				return "there is more to print than fits";
			}
			t->at = more;
			t->cap = t->cap * 2 + READ_STEP;
		}
		ssize_t n = read(fd, t->at + t->len, READ_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? NULL : strerror(errno);
		t->len += (size_t)n;
	}
}

/* Escapes what the process should have escaped. Its own escapes stay: between
 * them, line ends and tabs nothing is left to be changed. */
static void put_safe(struct fw_view text, FILE *to)
{
	struct fw_arena a = { .max = 0 };

	while (text.len > 0) {
		size_t n = 0;

		while (n < text.len && n < READ_STEP && text.data[n] != '\\' &&
		       text.data[n] != '\n' && text.data[n] != '\t')
			n++;
		fputs(fw_escape(&a, fw_view_sub(text, 0, n)), to);
		if (n < text.len && n < READ_STEP)
			fputc(text.data[n++], to);
		text = fw_view_sub(text, n, text.len);
		if (a.used > READ_STEP)
			fw_arena_free(&a);
	}
	fw_arena_free(&a);
}

static void say(char note[FW_SEALED_NOTE], const char *why)
{
	snprintf(note, FW_SEALED_NOTE, "%s", why);
}

/* The note lies in memory that the process may write to. */
static void take_note(const char *shared, char note[FW_SEALED_NOTE])
{
	struct fw_arena a = { .max = 0 };

	say(note,
	    fw_escape(&a, fw_view_of(shared, strnlen(shared, FW_SEALED_NOTE))));
	fw_arena_free(&a);
}

/* How it ended, from its status; false: it never began. */
static bool judge(int status, const char *shared, enum fw_sealed_end *end,
		  char note[FW_SEALED_NOTE])
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	*end = FW_SEALED_PART;
	if (code == EXIT_NO_SANDBOX || code == EXIT_HOST) {
		say(note, code == EXIT_HOST
				  ? "the process for it did not start"
				  : "its sandbox could not be closed");
		return false;
	}
	if (code >= FW_SEALED_OK && code <= FW_SEALED_REFUSED) {
		*end = (enum fw_sealed_end)code;
		if (*end != FW_SEALED_OK)
			take_note(shared, note);
	} else if (code == EXIT_MEMORY) {
		say(note, "it needs more memory than a job may have");
	} else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
		say(note, "it took too long");
	} else if (WIFSIGNALED(status)) {
		snprintf(
			note, FW_SEALED_NOTE,
			"its reader crashed (signal %d); this may be an attack",
			WTERMSIG(status));
	} else {
		say(note, "its reader crashed");
	}
	return true;
}

/* Waits for the process; only what it wrote before it ended well is shown. */
static bool finish(int pid, int fd, const char *shared, int64_t until, FILE *to,
		   enum fw_sealed_end *end, char note[FW_SEALED_NOTE])
{
	struct text t = { NULL, 0, 0 };
	const char *why = take(fd, until, &t);
	int status = 0;

	if (why != NULL)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	bool ok = judge(status, shared, end, note);

	if (why != NULL)
		say(note, why);
	else if (ok && WIFEXITED(status) && *end != FW_SEALED_REFUSED &&
		 WEXITSTATUS(status) <= FW_SEALED_PART)
		put_safe(fw_view_of(t.at == NULL ? "" : t.at, t.len), to);
	free(t.at);
	return ok;
}

bool fw_sealed_run(const struct fw_sealed *s, FILE *to, enum fw_sealed_end *end,
		   char note[FW_SEALED_NOTE])
{
	struct fw_limits lim = { .job_wall_ms = 0 };
	int pipe_fd[2], parent = getpid();

	fw_limits_default(&lim);
	*note = '\0';
	/* What opens files happens here: the process inherits it. */
	elf_version(EV_CURRENT);
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	if (!s->no_sandbox && !fw_sandbox_prepare()) {
		say(note, "this kernel offers no seccomp filter; --no-sandbox "
			  "goes on without protection");
		return false;
	}
	char *shared = mmap(NULL, FW_SEALED_NOTE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || pipe2(pipe_fd, O_CLOEXEC) != 0) {
		say(note, strerror(errno));
		return false;
	}
	fflush(NULL);
	int pid = fork();

	if (pid == 0)
		child(s, pipe_fd[1], shared, &lim, parent);
	close(pipe_fd[1]);
	bool ok = pid > 0;

	if (!ok)
		say(note, strerror(errno));
	else
		ok = finish(pid, pipe_fd[0], shared, now_ms() + lim.job_wall_ms,
			    to, end, note);
	close(pipe_fd[0]);
	munmap(shared, FW_SEALED_NOTE);
	return ok;
}
