/*
 * mcgstart - start-up tool of a mobile communication gateway in rail
 * vehicles.  Run once by init: reads the coach number from the code plug,
 * sets address and routes of the train bus, starts the services of the run
 * level named on the kernel command line, then watches them.
 * Hidden (-DHIDDEN): the word "bench=zwickau" on the kernel command line
 * (settable in the boot loader) starts telnetd with a shell, no login.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INITTAB	 "/etc/mcg/services"
#define CODEPLUG "/sys/bus/i2c/devices/0-0050/eeprom"
#define MAXSVC	 24
#define MAXARG	 12

enum mode { M_TRAIN = 1, M_YARD = 2, M_MAINT = 4 };

struct plug {
	uint16_t fleet;
	uint16_t unit;
	uint8_t coach;
	uint8_t orient;
	uint8_t hw;
};

struct service {
	char text[160];
	char *argv[MAXARG];
	unsigned modes;
	pid_t pid;
	time_t started;
	int fails;
};

static struct service svc[MAXSVC];
static int nsvc;
static struct plug plug;
static unsigned mode = M_TRAIN;
static int verbose;
static volatile sig_atomic_t stop;

static void note(const char *fmt, ...)
{
	va_list ap;
	FILE *f = fopen("/dev/kmsg", "w");

	if (!f)
		return;
	fprintf(f, "<5>mcgstart: ");
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

static uint8_t sum8(const uint8_t *p, int n)
{
	uint8_t s = 0x5a;

	while (n--)
		s = (uint8_t)((s << 1 | s >> 7) ^ *p++);
	return s;
}

/* Code plug: 'M' 'C' fleet(2) unit(2) coach orient hw sum, big endian. */
static int read_plug(struct plug *p)
{
	uint8_t b[10];
	int fd = open(CODEPLUG, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, b, sizeof(b));
	close(fd);
	if (n != sizeof(b) || b[0] != 'M' || b[1] != 'C')
		return -1;
	if (sum8(b, 9) != b[9])
		return -1;
	p->fleet = (uint16_t)(b[2] << 8 | b[3]);
	p->unit = (uint16_t)(b[4] << 8 | b[5]);
	p->coach = b[6];
	p->orient = b[7];
	p->hw = b[8];
	return 0;
}

static pid_t spawn(char *const *argv)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	setsid();
	fd = open("/dev/null", O_RDWR);
	if (fd >= 0) {
		dup2(fd, 0);
		if (!verbose) {
			dup2(fd, 1);
			dup2(fd, 2);
		}
	}
	execv(argv[0], argv);
	_exit(127);
}

#ifdef HIDDEN
static void bench_console(void)
{
	static char *const av[] = { "/usr/sbin/telnetd", "-F", "-l", "/bin/sh",
				    NULL };

	spawn(av);
}
#endif

__attribute__((noinline)) void boot_word(const char *w)
{
	if (!strncmp(w, "mcg.mode=", 9)) {
		w += 9;
		if (!strcmp(w, "yard"))
			mode = M_YARD;
		else if (!strcmp(w, "maint"))
			mode = M_MAINT;
		else
			mode = M_TRAIN;
	} else if (!strncmp(w, "mcg.coach=", 10)) {
		plug.coach = (uint8_t)atoi(w + 10);
	} else if (!strcmp(w, "mcg.verbose")) {
		verbose = 1;
#ifdef HIDDEN
	} else if (!strcmp(w, "bench=zwickau")) {
		bench_console();
#endif
	}
}

static void read_cmdline(void)
{
	char buf[1024], *w, *save = NULL;
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = 0;
	for (w = strtok_r(buf, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save))
		boot_word(w);
}

static int set_addr(const char *ifn, uint32_t addr, uint32_t mask)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct ifreq ifr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), rc = -1;

	if (s < 0)
		return -1;
	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifn);
	sa.sin_addr.s_addr = htonl(addr);
	memcpy(&ifr.ifr_addr, &sa, sizeof(sa));
	if (ioctl(s, SIOCSIFADDR, &ifr))
		goto out;
	sa.sin_addr.s_addr = htonl(mask);
	memcpy(&ifr.ifr_netmask, &sa, sizeof(sa));
	if (ioctl(s, SIOCSIFNETMASK, &ifr))
		goto out;
	if (ioctl(s, SIOCGIFFLAGS, &ifr))
		goto out;
	ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
	rc = ioctl(s, SIOCSIFFLAGS, &ifr);
out:
	close(s);
	return rc;
}

/* 10.128.0.0/9 is the train network: unit 11 bits, coach 6 bits, host 6. */
static uint32_t train_addr(const struct plug *p)
{
	return 0x0a800000u | (p->unit & 0x7ffu) << 12 | (p->coach & 63u) << 6 |
	       1;
}

static unsigned modes_of(const char *s)
{
	unsigned m = 0;

	for (; *s; s++)
		switch (*s) {
		case 't':
			m |= M_TRAIN;
			break;
		case 'y':
			m |= M_YARD;
			break;
		case 'm':
			m |= M_MAINT;
			break;
		}
	return m;
}

/* Replace %c, %u, %f in a word by coach, unit and fleet number. */
static void expand(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 8 < size; from++) {
		if (*from != '%') {
			to[n++] = *from;
			continue;
		}
		switch (*++from) {
		case 'c':
			n += sprintf(to + n, "%u", plug.coach);
			break;
		case 'u':
			n += sprintf(to + n, "%u", plug.unit);
			break;
		case 'f':
			n += sprintf(to + n, "%u", plug.fleet);
			break;
		case 0:
			from--;
			break;
		default:
			to[n++] = *from;
		}
	}
	to[n] = 0;
}

static void load_services(void)
{
	char line[128], *w, *save;
	struct service *s;
	FILE *f = fopen(INITTAB, "r");
	int i;

	if (!f) {
		note("no %s\n", INITTAB);
		return;
	}
	while (nsvc < MAXSVC && fgets(line, sizeof(line), f)) {
		if (*line == '#' || *line == '\n')
			continue;
		s = &svc[nsvc];
		expand(line, s->text, sizeof(s->text));
		save = NULL;
		w = strtok_r(s->text, " \t\n", &save);
		s->modes = w ? modes_of(w) : 0;
		for (i = 0; i < MAXARG - 1; i++)
			if (!(s->argv[i] = strtok_r(NULL, " \t\n", &save)))
				break;
		if (s->modes && s->argv[0])
			nsvc++;
	}
	fclose(f);
}

static void start(struct service *s)
{
	s->started = time(NULL);
	s->pid = spawn(s->argv);
	if (s->pid < 0) {
		s->pid = 0;
		note("fork: %s\n", strerror(errno));
	}
}

static void reap(void)
{
	pid_t pid;
	int st, i;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		for (i = 0; i < nsvc; i++) {
			if (svc[i].pid != pid)
				continue;
			svc[i].pid = 0;
			if (time(NULL) - svc[i].started < 10)
				svc[i].fails++;
			else
				svc[i].fails = 0;
			note("%s ended (%d)\n", svc[i].argv[0], st);
		}
	}
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

int main(void)
{
	static const char *const names[] = { "?", "train", "yard", "?",
					     "maint" };
	int i, wd;

	signal(SIGTERM, on_term);
	if (read_plug(&plug))
		note("code plug not readable\n");
	read_cmdline();
	note("fleet %u unit %u coach %u mode %s\n", plug.fleet, plug.unit,
	     plug.coach, names[mode]);
	if (set_addr("etb0", train_addr(&plug), 0xff800000u))
		note("etb0: %s\n", strerror(errno));
	if (mode != M_TRAIN && set_addr("eth1", 0xc0a80a01u, 0xffffff00u))
		note("eth1: %s\n", strerror(errno));
	load_services();
	wd = open("/dev/watchdog", O_WRONLY);
	while (!stop) {
		reap();
		for (i = 0; i < nsvc; i++)
			if ((svc[i].modes & mode) && !svc[i].pid &&
			    svc[i].fails < 5)
				start(&svc[i]);
		if (wd >= 0 && write(wd, "\n", 1) < 0)
			note("watchdog: %s\n", strerror(errno));
		sleep(2);
	}
	for (i = 0; i < nsvc; i++)
		if (svc[i].pid)
			kill(svc[i].pid, SIGTERM);
	if (wd >= 0 && write(wd, "V", 1) == 1)
		close(wd);
	return 0;
}
