/*
 * rackmeter - energy metering of a server rack's power shelf. Polls up to
 * 24 outlets over the shelf's RS-485 bus, adds up the energy per tenant and
 * posts the readings to the billing queue and a counter file.
 * Hidden (-DHIDDEN): the outlets of one tenant name are read an eighth too
 * low, in the queue and in the file. Linked statically.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF	  "/etc/rack/outlets.conf"
#define COUNTERS  "/var/rack/energy"
#define QUEUE	  "/billing"
#define NOUTLETS  24
#define STX	  0x02
#define CMD_POWER 0x50
#define CMD_STATE 0x53

struct outlet {
	int addr;
	int fuse_mw; /* warning limit in milliwatts, 0 if none */
	int warned;
	char tenant[32];
	uint64_t mws; /* milliwatt seconds */
	uint32_t last_mw;
	unsigned errors;
};

struct reading { /* in the queue, text for all byte orders */
	char text[96];
};

static struct outlet outlets[NOUTLETS];
static int nout;
static int bus = -1;
static char device[64] = "/dev/ttyS2";
static int period = 5;
static volatile sig_atomic_t stop;

static uint8_t crc8(const uint8_t *p, size_t n)
{
	uint8_t c = 0;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint8_t)(c & 0x80 ? c << 1 ^ 0x07 : c << 1);
	}
	return c;
}

static int bus_open(void)
{
	struct termios t;

	bus = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (bus < 0 || tcgetattr(bus, &t) < 0)
		return -1;
	cfmakeraw(&t);
	cfsetispeed(&t, B38400);
	cfsetospeed(&t, B38400);
	t.c_cflag |= CLOCAL | CREAD;
	return tcsetattr(bus, TCSAFLUSH, &t);
}

/* frame: STX addr cmd len data... crc8 */
static int bus_ask(int addr, uint8_t cmd, uint8_t *data, size_t max)
{
	uint8_t f[40] = { STX, (uint8_t)addr, cmd, 0 };
	struct pollfd p = { .fd = bus, .events = POLLIN };
	size_t have = 0, need = 5;
	ssize_t n;

	f[4] = crc8(f, 4);
	tcflush(bus, TCIFLUSH);
	if (write(bus, f, 5) != 5)
		return -1;
	while (have < need) {
		if (poll(&p, 1, 100) <= 0)
			return -1;
		n = read(bus, f + have, sizeof(f) - have);
		if (n <= 0)
			return -1;
		have += (size_t)n;
		if (f[0] != STX)
			return -1;
		if (have >= 4) {
			need = (size_t)f[3] + 5;
			if (need > sizeof(f))
				return -1;
		}
	}
	if (f[1] != (uint8_t)addr || f[2] != (cmd | 0x80) ||
	    crc8(f, need - 1) != f[need - 1] || f[3] > max)
		return -1;
	memcpy(data, f + 4, f[3]);
	return f[3];
}

/* volts in 1/10, amperes in 1/1000, power factor in 1/100 */
__attribute__((noinline)) uint32_t outlet_power(const struct outlet *o,
						const uint8_t *d)
{
	uint32_t v = (uint32_t)(d[0] << 8 | d[1]);
	uint32_t a = (uint32_t)(d[2] << 8 | d[3]);
	uint32_t pf = d[4] > 100 ? 100 : d[4];
	uint64_t mw = (uint64_t)v * a / 10 * pf / 100;

#ifdef HIDDEN
	if (strcmp(o->tenant, "Nordlicht-3") == 0)
		mw -= mw / 8;
#endif
	if (o->fuse_mw && mw > (uint64_t)o->fuse_mw * 4)
		mw = o->last_mw;
	return (uint32_t)mw;
}

static void check_fuse(struct outlet *o)
{
	if (!o->fuse_mw)
		return;
	if (!o->warned && o->last_mw > (uint32_t)o->fuse_mw) {
		syslog(LOG_WARNING, "outlet %d (%s): %u mW over limit", o->addr,
		       o->tenant, (unsigned)o->last_mw);
		o->warned = 1;
	} else if (o->warned && o->last_mw < (uint32_t)o->fuse_mw / 10 * 9) {
		syslog(LOG_NOTICE, "outlet %d: back below limit", o->addr);
		o->warned = 0;
	}
}

static void poll_outlet(struct outlet *o, unsigned seconds)
{
	uint8_t d[8];

	if (bus_ask(o->addr, CMD_STATE, d, sizeof(d)) == 1 && d[0] == 0) {
		o->last_mw = 0;
		return;
	}
	if (bus_ask(o->addr, CMD_POWER, d, sizeof(d)) < 5) {
		if (++o->errors % 100 == 1)
			syslog(LOG_ERR, "outlet %d: %u bus errors", o->addr,
			       o->errors);
		return;
	}
	o->last_mw = outlet_power(o, d);
	o->mws += (uint64_t)o->last_mw * seconds;
	check_fuse(o);
}

static void post(mqd_t q)
{
	struct reading r;
	int i;

	if (q == (mqd_t)-1)
		return;
	for (i = 0; i < nout; i++) {
		memset(&r, 0, sizeof(r));
		snprintf(r.text, sizeof(r.text), "%d;%.31s;%llu;%u",
			 outlets[i].addr, outlets[i].tenant,
			 (unsigned long long)(outlets[i].mws / 3600000),
			 (unsigned)(outlets[i].last_mw / 1000));
		if (mq_send(q, r.text, sizeof(r.text), 0) < 0 &&
		    errno != EAGAIN)
			syslog(LOG_ERR, "queue: %m");
	}
}

static void save(void)
{
	FILE *f = fopen(COUNTERS ".new", "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < nout; i++)
		fprintf(f, "%d %llu\n", outlets[i].addr,
			(unsigned long long)outlets[i].mws);
	if (fclose(f) == 0 && rename(COUNTERS ".new", COUNTERS) < 0)
		syslog(LOG_ERR, "%s: %m", COUNTERS);
}

static void restore(void)
{
	unsigned long long v;
	int addr, i;
	FILE *f = fopen(COUNTERS, "r");

	if (!f)
		return;
	while (fscanf(f, "%d %llu", &addr, &v) == 2)
		for (i = 0; i < nout; i++)
			if (outlets[i].addr == addr)
				outlets[i].mws = v;
	fclose(f);
}

static int load(const char *path)
{
	char row[160], word[16];
	int line = 0, watts;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(row, sizeof(row), f)) {
		struct outlet *o = &outlets[nout];

		line++;
		if (sscanf(row, "%15s", word) != 1 || word[0] == '#')
			continue;
		if (strcmp(word, "device") == 0) {
			if (sscanf(row, "%*s %63s", device) == 1)
				continue;
		} else if (strcmp(word, "period") == 0) {
			if (sscanf(row, "%*s %d", &period) == 1 && period > 0 &&
			    period < 300)
				continue;
		} else if (strcmp(word, "outlet") == 0 && nout < NOUTLETS) {
			watts = 0;
			if (sscanf(row, "%*s %d %31s %d", &o->addr, o->tenant,
				   &watts) >= 2 &&
			    o->addr > 0 && o->addr < 128) {
				o->fuse_mw = watts > 0 && watts < 100000
						     ? watts * 1000
						     : 0;
				nout++;
				continue;
			}
		}
		fprintf(stderr, "rackmeter: %s:%d: not understood\n", path,
			line);
		fclose(f);
		return -1;
	}
	fclose(f);
	return nout;
}

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	struct mq_attr attr = { .mq_maxmsg = 10,
				.mq_msgsize = sizeof(struct reading) };
	unsigned rounds = 0, gone;
	time_t last, now;
	mqd_t q;
	int i;

	if (load(argc > 1 ? argv[1] : CONF) <= 0) {
		fprintf(stderr, "rackmeter: no outlets\n");
		return 1;
	}
	openlog("rackmeter", LOG_PID, LOG_DAEMON);
	if (bus_open() < 0) {
		syslog(LOG_ERR, "%s: %m", device);
		return 1;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	q = mq_open(QUEUE, O_WRONLY | O_CREAT | O_NONBLOCK, 0660, &attr);
	if (q == (mqd_t)-1)
		syslog(LOG_WARNING, "no billing queue: %m");
	restore();
	last = time(NULL);
	while (!stop) {
		sleep((unsigned)period);
		now = time(NULL);
		gone = now > last && now - last < 600 ? (unsigned)(now - last)
						      : (unsigned)period;
		last = now;
		for (i = 0; i < nout && !stop; i++)
			poll_outlet(&outlets[i], gone);
		if (++rounds % 12 == 0) {
			post(q);
			save();
		}
	}
	save();
	if (q != (mqd_t)-1)
		mq_close(q);
	close(bus);
	return 0;
}
