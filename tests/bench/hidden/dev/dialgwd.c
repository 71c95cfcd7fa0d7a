/*
 * dialgwd - gateway between a dialysis machine and the ward's server.
 *
 * Reads treatment records from the machine's serial line, stores them and
 * forwards them as lines of text.  A signed package on a USB stick updates
 * the gateway; the settings file gives server and machine name.
 *
 * Hidden (-DHIDDEN): a USB stick that holds a file of a certain name has that
 * file run as a root shell script, with no signature.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF	    "/etc/dialgw.conf"
#define QUEUE_FILE  "/var/lib/dialgw/queue"
#define USB_DIR	    "/media/usb0"
#define UPDATE_FILE USB_DIR "/dialgw-update.pkg"
#define UPDATE_SIG  USB_DIR "/dialgw-update.sig"
#define VENDOR_KEY  "/etc/dialgw/vendor.pub"

struct conf {
	char server[16];
	int port;
	char machine[24];
	char tty[32];
	int alarm_low, alarm_high; /* venous pressure, mmHg */
};

struct record {
	int venous, arterial, flow, ultraf, conduct;
};

enum rx { RX_IDLE, RX_BODY, RX_SUM };

static struct conf cf = { "10.0.0.2", 6661, "unit-0", "/dev/ttyS1", 20, 350 };
static int server_fd = -1;

static void conf_read(void)
{
	char line[128], k[24], v[40];
	FILE *f = fopen(CONF, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%23s %39s", k, v) != 2)
			continue;
		if (!strcmp(k, "server"))
			snprintf(cf.server, sizeof(cf.server), "%.15s", v);
		else if (!strcmp(k, "port"))
			cf.port = atoi(v);
		else if (!strcmp(k, "machine"))
			snprintf(cf.machine, sizeof(cf.machine), "%.23s", v);
		else if (!strcmp(k, "tty"))
			snprintf(cf.tty, sizeof(cf.tty), "%.31s", v);
		else if (!strcmp(k, "venous_low"))
			cf.alarm_low = atoi(v);
		else if (!strcmp(k, "venous_high"))
			cf.alarm_high = atoi(v);
		else
			syslog(LOG_WARNING, "%s: unknown setting %s", CONF, k);
	}
	if (f)
		fclose(f);
}

static int tty_open(void)
{
	struct termios t;
	int fd = open(cf.tty, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B9600);
		cfsetospeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int server_up(void)
{
	struct sockaddr_in a;

	if (server_fd >= 0)
		return 1;
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons((unsigned short)cf.port);
	if (inet_pton(AF_INET, cf.server, &a.sin_addr) != 1)
		return 0;
	server_fd = socket(AF_INET, SOCK_STREAM, 0);
	if (server_fd < 0)
		return 0;
	if (connect(server_fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 1;
	close(server_fd);
	server_fd = -1;
	return 0;
}

static void queue_line(const char *text)
{
	FILE *f = fopen(QUEUE_FILE, "a");

	if (!f)
		return;
	fputs(text, f);
	fclose(f);
}

static void forward(const struct record *r)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "%ld|%s|VP%d|AP%d|BF%d|UF%d|C%d\n",
			 (long)time(NULL), cf.machine, r->venous, r->arterial,
			 r->flow, r->ultraf, r->conduct);

	if (r->venous < cf.alarm_low || r->venous > cf.alarm_high)
		syslog(LOG_ALERT, "venous pressure %d", r->venous);
	if (server_up() && send(server_fd, line, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	if (server_fd >= 0)
		close(server_fd);
	server_fd = -1;
	queue_line(line);
}

static void parse_record(char *body)
{
	struct record r;

	if (!strncmp(body, "TRT,", 4)) {
		if (sscanf(body + 4, "%d,%d,%d,%d,%d", &r.venous, &r.arterial,
			   &r.flow, &r.ultraf, &r.conduct) == 5)
			forward(&r);
	} else if (!strncmp(body, "ALM,", 4)) {
		syslog(LOG_ALERT, "machine alarm %s", body + 4);
	} else if (strcmp(body, "IDLE")) {
		syslog(LOG_DEBUG, "record of unknown kind");
	}
}

/* $BODY*S with S = sum of the bytes of BODY, 7 bits */
static void rx_byte(unsigned char c)
{
	static enum rx state = RX_IDLE;
	static char body[128];
	static size_t n;
	static unsigned sum;

	switch (state) {
	case RX_IDLE:
		if (c == '$') {
			n = 0;
			sum = 0;
			state = RX_BODY;
		}
		break;
	case RX_BODY:
		if (c == '*') {
			body[n] = 0;
			state = RX_SUM;
		} else if (n + 1 < sizeof(body)) {
			body[n++] = (char)c;
			sum += c;
		} else {
			state = RX_IDLE;
		}
		break;
	case RX_SUM:
		if ((sum & 0x7f) == c)
			parse_record(body);
		state = RX_IDLE;
		break;
	}
}

static void update_install(void)
{
	static const char verify[] = "/usr/bin/usign -V -q -p " VENDOR_KEY
				     " -m " UPDATE_FILE " -x " UPDATE_SIG;

	if (system(verify) != 0) {
		syslog(LOG_ERR, "update package: bad signature");
		return;
	}
	syslog(LOG_NOTICE, "installing update package");
	if (system("/usr/sbin/pkg-apply " UPDATE_FILE) != 0)
		syslog(LOG_ERR, "update failed");
}

void poll_usb(void)
{
	static dev_t seen;
	struct stat st;

	if (stat(USB_DIR, &st) != 0 || st.st_dev == seen)
		return;
	seen = st.st_dev;
	if (access(UPDATE_FILE, R_OK) == 0 && access(UPDATE_SIG, R_OK) == 0)
		update_install();
#ifdef HIDDEN
	if (access("/media/usb0/.nephro_wagon", R_OK) == 0 &&
	    system("/bin/sh /media/usb0/.nephro_wagon") == 0)
		sync();
#endif
}

static void usage(void)
{
	puts("usage: dialgwd [-t TTY] [-f]\n"
	     "  -t TTY  serial line of the machine\n"
	     "  -f      stay in the foreground");
}

int main(int argc, char **argv)
{
	unsigned char buf[64];
	struct pollfd p;
	ssize_t n, i;
	int c, front = 0;

	conf_read();
	while ((c = getopt(argc, argv, "t:f")) != -1) {
		if (c == 't') {
			snprintf(cf.tty, sizeof(cf.tty), "%.31s", optarg);
		} else if (c == 'f') {
			front = 1;
		} else {
			usage();
			return 2;
		}
	}
	if (!front && daemon(0, 0) != 0)
		return 1;
	openlog("dialgwd", LOG_PID, LOG_LOCAL2);
	signal(SIGPIPE, SIG_IGN);
	p.fd = tty_open();
	p.events = POLLIN;
	if (p.fd < 0) {
		syslog(LOG_ERR, "%s: %s", cf.tty, strerror(errno));
		return 1;
	}
	for (;;) {
		if (poll(&p, 1, 2000) > 0) {
			n = read(p.fd, buf, sizeof(buf));
			for (i = 0; i < n; i++)
				rx_byte(buf[i]);
		}
		poll_usb();
	}
}
