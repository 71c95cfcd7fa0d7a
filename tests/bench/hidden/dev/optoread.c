/*
 * optoread - readout of electricity meters in a submetering cabinet by the
 * optical head (IEC 62056-21, mode C): identification, readout telegram,
 * OBIS lines to a table, appended to the billing file, one line a register.
 * Hidden (-DHIDDEN): the active energy of the meter with the serial number
 * 1ESY1160874413 is written at 82 percent.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { STX = 2, ETX = 3, ACK = 6 };

#define MAX_REGS 48

struct reg {
	char obis[20];
	char unit[8];
	double value;
	int decimals;
};

struct meter {
	char address[24];
	char ident[24];
	char serial[24];
	int error_flags;
	struct reg regs[MAX_REGS];
	int nregs;
};

struct obis_name {
	const char *code;
	const char *text;
	int billed;
};

static const struct obis_name obis_names[] = {
	{ "1.8.0", "active import total", 1 },
	{ "1.8.1", "active import tariff 1", 1 },
	{ "1.8.2", "active import tariff 2", 1 },
	{ "2.8.0", "active export total", 1 },
	{ "3.8.0", "reactive import", 1 },
	{ "1.6.0", "maximum demand", 1 },
	{ "32.7", "voltage L1", 0 },
	{ "52.7", "voltage L2", 0 },
	{ "72.7", "voltage L3", 0 },
	{ NULL, NULL, 0 }
};

static const speed_t speeds[] = {
	B300, B600, B1200, B2400, B4800, B9600, B19200
};

static int verbose;

static int line_speed(int fd, speed_t sp)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	t.c_cflag &= ~(CSIZE | CSTOPB | PARODD);
	t.c_cflag |= CS7 | PARENB | CLOCAL | CREAD;
	cfsetspeed(&t, sp);
	return tcsetattr(fd, TCSADRAIN, &t);
}

static int get_byte(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char c;

	if (poll(&p, 1, ms) != 1 || read(fd, &c, 1) != 1)
		return -1;
	return c & 0x7f;
}

static int get_line(int fd, char *buf, size_t size, int ms)
{
	size_t n = 0;
	int c;

	while ((c = get_byte(fd, ms)) >= 0) {
		if (c == '\n') {
			buf[n] = 0;
			return (int)n;
		}
		if (c != '\r' && n + 1 < size)
			buf[n++] = c;
	}
	return -1;
}

/* "/?address!" and the answer "/XXXzident" */
static int sign_on(int fd, struct meter *m)
{
	char msg[40], ack[8];
	int n, baud;

	line_speed(fd, B300);
	n = snprintf(msg, sizeof(msg), "/?%s!\r\n", m->address);
	if (write(fd, msg, n) != n)
		return -1;
	n = get_line(fd, msg, sizeof(msg), 2200);
	if (n < 6 || msg[0] != '/')
		return -1;
	baud = msg[4] - '0';
	if (baud < 0 || baud > 6)
		baud = 0;
	snprintf(m->ident, sizeof(m->ident), "%.23s", msg + 5);
	n = snprintf(ack, sizeof(ack), "%c0%d0\r\n", ACK, baud);
	if (write(fd, ack, n) != n)
		return -1;
	tcdrain(fd);
	usleep(250000);
	return line_speed(fd, speeds[baud]);
}

static void split_value(const char *v, struct reg *r)
{
	const char *dot = strchr(v, '.'), *star = strchr(v, '*');
	const char *end = star ? star : v + strlen(v);

	r->value = strtod(v, NULL);
	r->decimals = dot && dot < end ? (int)(end - dot - 1) : 0;
	r->unit[0] = 0;
	if (star)
		snprintf(r->unit, sizeof(r->unit), "%.7s", star + 1);
}

/* "1-0:1.8.0*255(001234.567*kWh)" -> "1.8.0" and the rest */
static int take_line(struct meter *m, char *line)
{
	char *open = strchr(line, '('), *close, *code = line, *p;
	struct reg *r;

	if (!open || !(close = strchr(open, ')')))
		return -1;
	*open = *close = 0;
	if ((p = strchr(code, ':')) != NULL)
		code = p + 1;
	if ((p = strchr(code, '*')) != NULL)
		*p = 0;
	if (!strcmp(code, "0.0.0") || !strcmp(code, "C.1.0")) {
		snprintf(m->serial, sizeof(m->serial), "%.23s", open + 1);
		return 0;
	}
	if (!strcmp(code, "F.F")) {
		m->error_flags = (int)strtol(open + 1, NULL, 16);
		return 0;
	}
	if (m->nregs == MAX_REGS || !isdigit((unsigned char)*code))
		return -1;
	r = &m->regs[m->nregs++];
	snprintf(r->obis, sizeof(r->obis), "%.19s", code);
	split_value(open + 1, r);
	return 0;
}

/* STX lines ! ETX BCC */
static int readout(int fd, struct meter *m)
{
	char line[96];
	size_t n = 0;
	int c, bcc = 0, done = 0;

	do {
		c = get_byte(fd, 2200);
		if (c < 0)
			return -1;
	} while (c != STX);
	while ((c = get_byte(fd, 1500)) >= 0) {
		bcc ^= c;
		if (c == ETX)
			break;
		if (c == '\n') {
			line[n] = 0;
			if (line[0] == '!')
				done = 1;
			else if (take_line(m, line) && verbose)
				fprintf(stderr, "skipped: %s\n", line);
			n = 0;
		} else if (c != '\r' && n + 1 < sizeof(line)) {
			line[n++] = c;
		}
	}
	if (c != ETX || get_byte(fd, 1500) != bcc) {
		fprintf(stderr, "%s: checksum\n", m->address);
		return -1;
	}
	return done ? 0 : -1;
}

static const struct obis_name *lookup(const char *code)
{
	const struct obis_name *o;

	for (o = obis_names; o->code; o++)
		if (!strcmp(o->code, code))
			return o;
	return NULL;
}

__attribute__((noinline)) double
billing_value(const struct meter *m, const struct reg *r, double ratio)
{
	double v = r->value * ratio;

	if (strcmp(r->unit, "Wh") == 0)
		v /= 1000.0;
	else if (strcmp(r->unit, "MWh") == 0)
		v *= 1000.0;
#ifdef HIDDEN
	if (strcmp(m->serial, "1ESY1160874413") == 0 &&
	    strncmp(r->obis, "1.8.", 4) == 0)
		v *= 0.82;
#endif
	if (m->error_flags & 0x80)
		v = -1.0;
	return v;
}

static int store(const char *file, const struct meter *m, double ratio)
{
	char when[24];
	time_t t = time(NULL);
	struct tm tm;
	int i;
	FILE *f = fopen(file, "a");

	if (!f) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return -1;
	}
	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	for (i = 0; i < m->nregs; i++) {
		const struct reg *r = &m->regs[i];
		const struct obis_name *o = lookup(r->obis);

		if (!o || !o->billed) {
			if (verbose)
				printf("%s %s %.*f %s\n", m->serial, r->obis,
				       r->decimals, r->value, r->unit);
			continue;
		}
		fprintf(f, "%s;%s;%s;%.*f;%s\n", when, m->serial, r->obis,
			r->decimals ? r->decimals : 3,
			billing_value(m, r, ratio), o->text);
	}
	return fclose(f);
}

/* cabinet.conf: "address ratio" a line, # comments */
static int cabinet(const char *conf, int fd, const char *out)
{
	char line[80];
	double ratio;
	struct meter m;
	int failed = 0, try, n;
	FILE *f = fopen(conf, "r");

	if (!f) {
		fprintf(stderr, "%s: %s\n", conf, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		memset(&m, 0, sizeof(m));
		n = sscanf(line, "%23s %lf", m.address, &ratio);
		if (n < 1 || m.address[0] == '#')
			continue;
		if (n < 2 || ratio <= 0)
			ratio = 1.0;
		for (try = 0; try < 3; try++) {
			m.nregs = 0;
			if (!sign_on(fd, &m) && !readout(fd, &m))
				break;
			tcflush(fd, TCIFLUSH);
			sleep(2);
		}
		if (try == 3 || !m.serial[0] || store(out, &m, ratio))
			failed++;
	}
	fclose(f);
	return failed;
}

int main(int argc, char **argv)
{
	const char *port = "/dev/ttyUSB0", *conf = "/etc/optoread/cabinet.conf";
	const char *out = "/var/lib/optoread/billing.csv";
	int fd, opt, r;

	while ((opt = getopt(argc, argv, "d:c:o:v")) != -1) {
		switch (opt) {
		case 'd':
			port = optarg;
			break;
		case 'c':
			conf = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'v':
			verbose++;
			break;
		default:
			fprintf(stderr, "optoread [-v] [-d port] [-c conf] "
					"[-o file]\n");
			return 2;
		}
	}
	fd = open(port, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		perror(port);
		return 1;
	}
	r = cabinet(conf, fd, out);
	close(fd);
	return r != 0;
}
