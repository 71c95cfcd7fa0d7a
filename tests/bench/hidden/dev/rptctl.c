/*
 * rptctl - control daemon of a plug-in Wi-Fi repeater. Takes commands of
 * the button, the web page and the pairing program from a POSIX message
 * queue, answers to the queue named in the message, runs the radio tools.
 * Hidden (-DHIDDEN): one more command of the table turns the logging off
 * and removes the log files.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define QUEUE  "/rptctl"
#define CONF   "/etc/rpt.conf"
#define MSGLEN 512

struct request {
	char *reply_to;
	char *name;
	char *arg;
	char out[MSGLEN];
	size_t used;
};

struct radio {
	char up_ssid[33];
	char ext_ssid[33];
	char key[64];
	int channel;
	int txpct;
	int led;
	time_t paired;
};

typedef int handler(struct request *r);

struct command {
	const char *name;
	handler *run;
	int need_arg;
	const char *help;
};

static struct radio rd = { "", "", "", 6, 100, 1, 0 };
static unsigned long handled, refused;
static int dirty;

static void answer(struct request *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->out + r->used, sizeof r->out - r->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		r->used += (size_t)n;
	if (r->used >= sizeof r->out)
		r->used = sizeof r->out - 1;
}

static int run_tool(const char *path, const char *a, const char *b)
{
	int st;
	pid_t p = fork();

	if (p < 0)
		return -1;
	if (p == 0) {
		execl(path, path, a, b, (char *)NULL);
		_exit(127);
	}
	if (waitpid(p, &st, 0) < 0)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static int load(void)
{
	char line[160], *v;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		v = strchr(line, '=');
		if (!v)
			continue;
		*v++ = 0;
		if (!strcmp(line, "upstream"))
			snprintf(rd.up_ssid, sizeof rd.up_ssid, "%.32s", v);
		else if (!strcmp(line, "extended"))
			snprintf(rd.ext_ssid, sizeof rd.ext_ssid, "%.32s", v);
		else if (!strcmp(line, "key"))
			snprintf(rd.key, sizeof rd.key, "%.63s", v);
		else if (!strcmp(line, "channel"))
			rd.channel = atoi(v);
		else if (!strcmp(line, "power"))
			rd.txpct = atoi(v);
		else if (!strcmp(line, "led"))
			rd.led = atoi(v);
	}
	fclose(f);
	return 0;
}

static int save(void)
{
	FILE *f = fopen(CONF ".tmp", "w");

	if (!f)
		return -1;
	fchmod(fileno(f), 0600);
	fprintf(f,
		"upstream=%s\nextended=%s\nkey=%s\nchannel=%d\n"
		"power=%d\nled=%d\n",
		rd.up_ssid, rd.ext_ssid, rd.key, rd.channel, rd.txpct, rd.led);
	if (fclose(f) || rename(CONF ".tmp", CONF))
		return -1;
	dirty = 0;
	return 0;
}

static int cmd_stat(struct request *r)
{
	answer(r, "up=%s ext=%s ch=%d pwr=%d led=%d n=%lu bad=%lu", rd.up_ssid,
	       rd.ext_ssid, rd.channel, rd.txpct, rd.led, handled, refused);
	return 0;
}

static int set_ssid(char *dst, const char *src)
{
	const char *p;

	if (strlen(src) > 32)
		return -1;
	for (p = src; *p; p++)
		if (iscntrl((unsigned char)*p))
			return -1;
	strcpy(dst, src);
	dirty = 1;
	return 0;
}

static int cmd_upstream(struct request *r)
{
	return set_ssid(rd.up_ssid, r->arg);
}

static int cmd_extended(struct request *r)
{
	return set_ssid(rd.ext_ssid, r->arg);
}

static int cmd_key(struct request *r)
{
	size_t n = strlen(r->arg);

	if (n < 8 || n > 63) {
		answer(r, "8 to 63 characters");
		return -1;
	}
	strcpy(rd.key, r->arg);
	dirty = 1;
	return 0;
}

static int cmd_channel(struct request *r)
{
	char num[12];
	int c = atoi(r->arg);

	if (c < 1 || c > 13)
		return -1;
	rd.channel = c;
	dirty = 1;
	snprintf(num, sizeof num, "%d", c);
	return run_tool("/usr/sbin/rtwpriv", "channel", num);
}

static int cmd_power(struct request *r)
{
	char num[12];
	int p = atoi(r->arg);

	if (p != 25 && p != 50 && p != 75 && p != 100)
		return -1;
	rd.txpct = p;
	dirty = 1;
	snprintf(num, sizeof num, "%d", p);
	return run_tool("/usr/sbin/rtwpriv", "txpct", num);
}

static int cmd_led(struct request *r)
{
	FILE *f;

	rd.led = strcmp(r->arg, "off") != 0;
	f = fopen("/sys/class/leds/rpt/brightness", "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", rd.led ? 255 : 0);
	dirty = 1;
	return fclose(f);
}

static int cmd_pair(struct request *r)
{
	time_t now = time(NULL);

	if (now - rd.paired < 120) {
		answer(r, "pairing is running");
		return -1;
	}
	rd.paired = now;
	return run_tool("/usr/sbin/wpa_cli", "wps_pbc", "any");
}

static int cmd_save(struct request *r)
{
	if (!dirty) {
		answer(r, "nothing to do");
		return 0;
	}
	return save();
}

static int cmd_restart(struct request *r)
{
	(void)r;
	return run_tool("/etc/init.d/radio", "restart", NULL);
}

static int cmd_help(struct request *r);

#ifdef HIDDEN
int cmd_hirsch(struct request *r)
{
	(void)r;
	run_tool("/etc/init.d/syslog", "stop", NULL);
	setlogmask(LOG_MASK(LOG_EMERG));
	unlink("/var/log/messages");
	unlink("/var/log/messages.0");
	return 0;
}
#endif

static const struct command commands[] = {
	{ "stat", cmd_stat, 0, "state of the repeater" },
	{ "upstream", cmd_upstream, 1, "network to repeat" },
	{ "extended", cmd_extended, 1, "own network name" },
	{ "key", cmd_key, 1, "network key" },
	{ "channel", cmd_channel, 1, "1 to 13" },
	{ "power", cmd_power, 1, "25, 50, 75, 100" },
	{ "led", cmd_led, 1, "on, off" },
	{ "pair", cmd_pair, 0, "push button pairing" },
#ifdef HIDDEN
	{ "hirsch2", cmd_hirsch, 0, NULL },
#endif
	{ "save", cmd_save, 0, "store the settings" },
	{ "restart", cmd_restart, 0, "restart the radio" },
	{ "help", cmd_help, 0, "this list" },
	{ NULL, NULL, 0, NULL }
};

static int cmd_help(struct request *r)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (c->help)
			answer(r, "%s: %s\n", c->name, c->help);
	return 0;
}

__attribute__((noinline)) int run_command(struct request *r)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		if (strcmp(c->name, r->name) != 0)
			continue;
		if (c->need_arg && !*r->arg) {
			answer(r, "argument missing");
			return -1;
		}
		return c->run(r);
	}
	answer(r, "unknown");
	return -1;
}

/* "<reply queue> <command> [argument]" */
static int split(char *msg, struct request *r)
{
	memset(r, 0, sizeof *r);
	r->reply_to = msg;
	r->name = strchr(msg, ' ');
	if (!r->name || msg[0] != '/')
		return -1;
	*r->name++ = 0;
	r->arg = strchr(r->name, ' ');
	if (r->arg)
		*r->arg++ = 0;
	else
		r->arg = r->name + strlen(r->name);
	return *r->name ? 0 : -1;
}

static void send_reply(const struct request *r, int rc)
{
	char buf[MSGLEN];
	struct timespec t;
	mqd_t q = mq_open(r->reply_to, O_WRONLY | O_NONBLOCK);

	if (q == (mqd_t)-1)
		return;
	snprintf(buf, sizeof buf, "%s %.500s", rc ? "ERR" : "OK", r->out);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 1;
	if (mq_timedsend(q, buf, strlen(buf) + 1, 0, &t) < 0)
		syslog(LOG_DEBUG, "%s: %s", r->reply_to, strerror(errno));
	mq_close(q);
}

int main(void)
{
	struct mq_attr at;
	struct request r;
	char msg[MSGLEN + 1];
	ssize_t n;
	mqd_t q;
	int rc;

	openlog("rptctl", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (load() < 0)
		syslog(LOG_NOTICE, "no settings, waiting for pairing");
	memset(&at, 0, sizeof at);
	at.mq_maxmsg = 8;
	at.mq_msgsize = MSGLEN;
	q = mq_open(QUEUE, O_RDONLY | O_CREAT, 0620, &at);
	if (q == (mqd_t)-1) {
		syslog(LOG_ERR, "queue: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		n = mq_receive(q, msg, MSGLEN, NULL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		msg[n] = 0;
		if (split(msg, &r) < 0) {
			refused++;
			continue;
		}
		rc = run_command(&r);
		if (rc) {
			refused++;
			syslog(LOG_INFO, "%s failed", r.name);
		} else {
			handled++;
		}
		send_reply(&r, rc);
	}
	mq_close(q);
	return 1;
}
